//! One timeline step by step: what each event changed. `explain` shows these steps.

use super::breakdown::TicketPosition;
use super::change::{Ended, Running};
use super::entry::{Entry, unpack_detail};
use super::sink::{Effect, EffectLog};
use super::state::TicketState;
use super::stopwatch::{DerivationContext, Out};
use super::timeline::Timeline;
use crate::catalog::ScopeId;
use crate::event::{Kind, Priority};
use crate::name::Names;
use crate::time::Timestamp;

/// One event, and the ticket's state after it.
#[derive(Clone, Debug)]
pub struct Step {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: Kind,
    /// The team that the event names.
    pub team: Option<Box<str>>,
    /// The agent that the event names.
    pub agent: Option<Box<str>>,
    /// The priority that the event sets.
    pub priority: Option<Priority>,
    /// The channel that the event sets.
    pub channel: Option<Box<str>>,
    /// The ticket that this one was merged into.
    pub into: Option<Box<str>>,
    /// The merged ticket that this one takes over.
    pub from: Option<Box<str>>,
    /// Since when the customer has waited for an answer of the ticket that is taken over.
    pub waiting_since: Option<Timestamp>,
    /// The score of a rating or review, 1 to 5.
    pub score: Option<u8>,
    /// The stopwatches that the event ended (+1), and the endings that it retracted (−1), in order.
    pub ended: Vec<(Ended, i64)>,
    /// The stopwatches that run or are paused after it.
    pub running: Vec<Running>,
    /// The stopwatches that are suspended after it: given up, or started while the ticket was not open. If
    /// the ticket is reopened or answered, they count as if they had run all the time.
    pub suspended: Vec<Running>,
    /// Where the ticket waits after it.
    pub ticket_position: TicketPosition,
    /// The team that holds the ticket after it.
    pub holder: ScopeId,
    /// Whether the ticket is solved, closed or gone after it: nothing runs until it is reopened.
    pub is_over: bool,
    /// Whether the ticket's creation is known by then.
    pub is_created: bool,
}

impl Timeline {
    /// The events up to and including `now`, in order, each with what it changed.
    ///
    /// Events before `created` only set team, priority and channel, so their steps show no stopwatches.
    pub(crate) fn trace(
        &self,
        now: Timestamp,
        names: &Names,
        context: DerivationContext<'_>,
    ) -> Vec<Step> {
        let events: Vec<Entry<'_>> = self.events().take_while(|event| event.time <= now).collect();
        let created = events.iter().position(|event| event.kind == Kind::Created);
        let mut state = TicketState::default();
        let mut steps = Vec::new();
        for (index, event) in events.iter().enumerate() {
            let mut effects = EffectLog::default();
            state.step(event, context, &mut Out { sink: Some(&mut effects), ticket: self.key() });
            let is_before = created.is_some_and(|created| index < created);
            let (mut ended, mut running, mut suspended) = (Vec::new(), Vec::new(), Vec::new());
            if !is_before {
                ended.extend(effects.into_iter().filter_map(as_ending));
                state.running(context, |one| running.push(one));
                state.suspended(context, |one| suspended.push(one));
            }
            let text = |id| names.text(id).into();
            let detail = unpack_detail(event.detail);
            steps.push(Step {
                at: event.time,
                kind: event.kind,
                team: event.team.map(text),
                agent: event.agent.map(text),
                priority: event.priority,
                channel: event.channel.map(text),
                into: detail.into.as_deref().map(Into::into),
                from: detail.from.as_deref().map(Into::into),
                waiting_since: detail.waiting_since,
                score: detail.score,
                ended,
                running,
                suspended,
                ticket_position: state.ticket_position(context),
                holder: state.holder(context),
                is_over: state.is_over(),
                is_created: state.is_created(),
            });
        }
        steps
    }
}

fn as_ending((effect, by): (Effect, i64)) -> Option<(Ended, i64)> {
    match effect {
        Effect::Ended(ended) => Some((ended, by)),
        Effect::Running(_)
        | Effect::Rated(_)
        | Effect::Flagged(_)
        | Effect::Merged { .. }
        | Effect::TookOver(_)
        | Effect::NewSample(_)
        | Effect::LateEvent { .. } => None,
    }
}
