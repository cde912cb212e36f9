//! One timeline step by step: what each event did, for who asks why.

use super::breakdown::TicketPosition;
use super::change::{Ended, Rated, Running, Sink};
use super::entry::{Entry, unpack_detail};
use super::state::TicketState;
use super::stopwatch::{DerivationContext, Out};
use super::timeline::Timeline;
use crate::catalog::ScopeId;
use crate::event::{Kind, Priority};
use crate::name::Names;
use crate::time::Timestamp;

/// One event, and how the ticket stands after it.
#[derive(Clone, Debug)]
pub struct Step {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: Kind,
    /// The team that it names.
    pub team: Option<Box<str>>,
    /// The agent that it names.
    pub agent: Option<Box<str>>,
    /// The priority from it on.
    pub priority: Option<Priority>,
    /// The channel from it on.
    pub channel: Option<Box<str>>,
    /// The ticket that it went into.
    pub into: Option<Box<str>>,
    /// The score of a rating or review.
    pub score: Option<u8>,
    /// What ended by it, and what was taken back, in order.
    pub ended: Vec<(Ended, i64)>,
    /// What runs or is paused after it.
    pub running: Vec<Running>,
    /// What goes on unseen after it: given up, or asked while the ticket was at rest. It is as if it had run
    /// all the time once the ticket is reopened, or answered after all.
    pub unseen: Vec<Running>,
    /// Where the ticket stands after it.
    pub ticket_position: TicketPosition,
    /// Who holds it after it.
    pub holder: ScopeId,
    /// Whether nothing runs until it is reopened.
    pub is_over: bool,
    /// Whether the ticket's creation is known.
    pub is_created: bool,
}

impl Timeline {
    /// Its events up to and including `now`, in order, each with what it did.
    ///
    /// What sorts before `created` did nothing but name team, priority and channel: of it no ending is told.
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
            let mut effects = Effects(Vec::new());
            state.step(event, context, &mut Out { sink: Some(&mut effects) });
            let is_before = created.is_some_and(|created| index < created);
            let (mut running, mut unseen) = (Vec::new(), Vec::new());
            if !is_before {
                state.running(context, |one| running.push(one));
                state.unseen(context, |one| unseen.push(one));
            }
            let (holder, is_over) = state.holder(context);
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
                score: detail.score,
                ended: if is_before { Vec::new() } else { effects.0 },
                running,
                unseen,
                ticket_position: state.ticket_position(context),
                holder,
                is_over,
                is_created: state.is_created(),
            });
        }
        steps
    }
}

/// What ends by one event.
struct Effects(Vec<(Ended, i64)>);

impl Sink for Effects {
    fn ended(&mut self, ended: &Ended, by: i64) {
        self.0.push((ended.clone(), by));
    }

    fn running(&mut self, _: &Running, _: i64) {}

    fn rated(&mut self, _: &Rated, _: i64) {}
}
