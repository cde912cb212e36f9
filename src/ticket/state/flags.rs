//! Sends flags: acts that change figures without a sooner answer.

use smallvec::SmallVec;

use super::TicketState;
use crate::catalog::ScopeId;
use crate::event::{Kind, Priority};
use crate::measure::Measure;
use crate::name::NameId;
use crate::ticket::entry::Entry;
use crate::ticket::flag::{AT_ONCE_MAX, Flag, Flagged};
use crate::ticket::status::{FirstReply, TicketStatus};
use crate::ticket::stopwatch::{DerivationContext, Out, Stopwatch};
use crate::time::Timestamp;

impl TicketState {
    /// The measure of the reply that the customer waits for, and since when; `None` while no reply is due.
    pub(super) fn waiting(&self) -> Option<(Measure, Timestamp)> {
        let since = self.unanswered_since.filter(|_| self.is_reply_awaited())?;
        let measure = match self.first_reply {
            FirstReply::Wanted => Measure::FirstReply,
            FirstReply::NotAsked | FirstReply::Given => Measure::NextReply,
        };
        Some((measure, since))
    }

    /// Flags an act, unless the measure does not run.
    pub(super) fn flag(
        flag: Flag,
        measure: Measure,
        scope: ScopeId,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        if context.catalog.is_measured(measure) {
            out.flagged(&Flagged { flag, measure, scope, at }, 1);
        }
    }

    /// The measures whose stopwatches run and meet a condition.
    fn running_measures(&self, is_it: impl Fn(&Stopwatch) -> bool) -> SmallVec<[Measure; 8]> {
        let running = self.stopwatches.iter().filter(|stopwatch| stopwatch.is_running());
        running.filter(|stopwatch| is_it(stopwatch)).map(|stopwatch| stopwatch.measure).collect()
    }

    /// Flags a lower priority of a ticket that waits. A reply's own priority comes too late to matter, and
    /// `created` sets the first one.
    pub(super) fn flag_priority(
        &self,
        event: &Entry<'_>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let is_lower =
            event.priority.is_some_and(|new| new < self.priority.unwrap_or(Priority::Normal));
        let is_creation = event.kind == Kind::Created && self.created.is_none();
        if is_lower && event.kind != Kind::AgentReplied && !is_creation {
            let holder = context.scope(self.team);
            for measure in self.running_measures(|_| true) {
                Self::flag(Flag::PriorityLowered, measure, holder, event.time, context, out);
            }
        }
    }

    /// Flags each measure that runs when an event comes of which another version was sent.
    pub(super) fn flag_sent_twice(
        &self,
        event: &Entry<'_>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let is_creation = event.kind == Kind::Created && self.created.is_none();
        if event.is_sent_twice && !is_creation {
            let holder = context.scope(self.team);
            for measure in self.running_measures(|_| true) {
                Self::flag(Flag::IdSentTwice, measure, holder, event.time, context, out);
            }
        }
    }

    /// Flags an answer that names another team than the one that holds the ticket. Of a team that is not
    /// declared it counts for the holder; of another team the wait is that team's, and the holder's miss is
    /// gone.
    pub(super) fn flag_answering_team(
        &self,
        answered_by: Option<NameId>,
        measure: Measure,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let (holder, unclaimed) = (context.scope(self.team), context.catalog.unclaimed());
        if answered_by.is_none() || holder == unclaimed {
            return;
        }
        let answering = context.scope(answered_by);
        if answering == unclaimed {
            Self::flag(Flag::AnsweredByUndeclaredTeam, measure, holder, at, context, out);
        } else if answering != holder {
            Self::flag(Flag::AnsweredByOtherTeam, measure, holder, at, context, out);
        }
    }

    /// Flags that a ticket that waits leaves a team. The team's own part, its ownership, ends by that.
    pub(super) fn flag_move(
        &self,
        from: ScopeId,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        if from == context.catalog.unclaimed() {
            return;
        }
        for measure in self.running_measures(|one| one.measure != Measure::Ownership) {
            Self::flag(Flag::MovedWaiting, measure, from, at, context, out);
        }
    }

    /// Flags each measure that a change of status pauses, and again if the customer waits for a reply.
    pub(super) fn flag_pause(
        &self,
        status: TicketStatus,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let holder = context.scope(self.team);
        for measure in self.running_measures(|one| one.is_paused_by(status, context)) {
            Self::flag(Flag::Paused, measure, holder, at, context, out);
            if self.waiting().is_some() {
                Self::flag(Flag::PausedUnanswered, measure, holder, at, context, out);
            }
        }
    }

    /// Flags the first message of the customer on a solved ticket.
    pub(super) fn flag_message_after_solved(
        &mut self,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let measure = Measure::NextReply;
        let is_first = self.message_after_solved.is_none() && context.catalog.is_measured(measure);
        if self.status == TicketStatus::Solved && is_first {
            let (flag, scope) = (Flag::WroteAfterSolved, context.scope(self.team));
            let flagged = Flagged { flag, measure, scope, at };
            out.flagged(&flagged, 1);
            self.message_after_solved = Some(Box::new(flagged));
        }
    }

    /// The ticket is open again: its message is answered or waits there.
    pub(super) fn take_back_message_after_solved(&mut self, out: &mut Out<'_>) {
        if let Some(flagged) = self.message_after_solved.take() {
            out.flagged(&flagged, -1);
        }
    }

    /// Flags an answer that came at once, or just before its target.
    pub(super) fn flag_answer(
        &self,
        answered: &Stopwatch,
        scope: ScopeId,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        if at.since(answered.started) <= AT_ONCE_MAX {
            Self::flag(Flag::AnsweredAtOnce, answered.measure, scope, at, context, out);
        }
        if answered.is_answered_near_target(context.catalog) {
            Self::flag(Flag::AnsweredNearTarget, answered.measure, scope, at, context, out);
        }
    }
}
