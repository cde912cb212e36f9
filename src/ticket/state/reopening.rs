//! Reopened tickets, and messages that need no reply.
//!
//! # Design
//! A customer's "thank you" often reopens a solved ticket. Once an agent says that the message needs no
//! reply, the resolution is as it was before the reopening: the time in which the ticket was open for nothing
//! counts as solved. The next message of the customer, or a reply, ends that.
//!
//! A message on a solved ticket may also ask again without a reopening, if the team agreed on that. Then only
//! the wait for a reply runs: the ticket stays solved, and its resolution stays as it is.

use super::TicketState;
use crate::catalog::Catalog;
use crate::measure::Measure;
use crate::ticket::change::{Ending, GivenUp};
use crate::ticket::flag::Flag;
use crate::ticket::status::{FirstReply, TicketStatus};
use crate::ticket::stopwatch::{
    Attribution, Bookmark, DerivationContext, Out, Phase, PropertyChange, Reopening, Stopwatch,
};
use crate::time::Timestamp;

impl TicketState {
    /// Reopened: stopwatches resume, and their endings are retracted.
    pub(super) fn reopen(
        &mut self,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let was_live = self.status.is_live();
        let was_solved = self.status == TicketStatus::Solved;
        self.end_void_reopening(at, context);
        self.change_status(TicketStatus::Open, at, context);
        self.is_solved = false;
        if was_live {
            return;
        }
        self.is_asked_again = false;
        self.take_back_merge(out);
        self.take_back_message_after_solved(out);
        self.count_reopening(at);
        self.withdraw_contacts(context, out);
        let holder = context.scope(self.team);
        let resumes = |stopwatch: &Stopwatch| match stopwatch.measure {
            // A finished ownership period stays finished, and only one resolution is the first.
            Measure::Ownership | Measure::FirstResolution => !stopwatch.is_answered(),
            Measure::FirstReply
            | Measure::NextReply
            | Measure::Update
            | Measure::CustomerWait
            | Measure::AgentWork
            | Measure::Resolution
            | Measure::Contacts => true,
        };
        for stopwatch in self.stopwatches.iter_mut().filter(|stopwatch| resumes(stopwatch)) {
            if stopwatch.is_answered() {
                let stopwatch_kinds = context.catalog.stopwatch_kinds_of(stopwatch.measure);
                stopwatch_kinds.for_each(|stopwatch_kind| {
                    self.finished_waits.retain(|wait| wait.stopwatch_kind != stopwatch_kind)
                });
            }
            stopwatch.resume(at, holder, context, out);
        }
        self.stopwatches
            .retain(|stopwatch| stopwatch.measure != Measure::Ownership || stopwatch.is_running());
        self.start_ownership_period(at, context);
        self.reopening = was_solved.then(|| Box::new(self.reopening(at, context)));
        self.send_taken_over(out);
    }

    /// What the ticket is like now, to come back to if it was reopened for nothing.
    fn reopening(&self, at: Timestamp, context: DerivationContext<'_>) -> Reopening {
        let holder = context.scope(self.team);
        let running = self
            .stopwatches
            .iter()
            .filter(|stopwatch| stopwatch.is_running() && stopwatch.leaves_out_solved());
        let bookmarks =
            running.map(|stopwatch| (stopwatch.measure, stopwatch.bookmark(at, holder, context)));
        Reopening { stopwatches: bookmarks.collect(), totals: self.totals.clone() }
    }

    /// An agent says that the customer's last message needs no reply. That does not hold for the first reply,
    /// nor for a ticket that is gone.
    pub(super) fn need_no_reply(
        &mut self,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        if self.status == TicketStatus::Gone || self.first_reply != FirstReply::Given {
            return;
        }
        self.unanswered_since = None;
        self.is_asked_again = false;
        if let Some(index) = self.find(Measure::NextReply) {
            self.accrue(at, context);
            let held_by = self.attribution(at, context.scope(self.team), context);
            let mut stopwatch = self.stopwatches.remove(index);
            // A message on a solved ticket has not waited.
            if matches!(stopwatch.phase, Phase::Latent) {
                stopwatch.rewind(&Bookmark::default());
            }
            // What was given up stays so: a miss does not go away.
            if !matches!(stopwatch.phase, Phase::Ended(_)) {
                let ending = Ending::GivenUp(GivenUp::NoReplyNeeded);
                stopwatch.end(ending, held_by, self.totals.as_deref(), context, out);
            }
        }
        let Some(reopening) = self.reopening.take() else { return };
        self.accrue(at, context);
        let holder = context.scope(self.team);
        for stopwatch in &mut self.stopwatches {
            let before = reopening.stopwatches.iter().find(|(of, _)| *of == stopwatch.measure);
            if let Some((_, bookmark)) = before {
                stopwatch.rewind(bookmark);
                let measure = stopwatch.measure;
                Self::flag(Flag::ReopenedForNothing, measure, holder, at, context, out);
            }
        }
        if let Some(totals) = &mut self.totals {
            totals.count_as_solved_since(reopening.totals.as_deref());
        }
        self.is_reopened_for_nothing = true;
        // A second message may need no reply, too.
        self.reopening = Some(reopening);
    }

    /// Whether a message of the customer now asks again, though the ticket is solved. If one did so before,
    /// the wait runs, whoever holds the ticket since.
    pub(super) fn asks_again(&self, context: DerivationContext<'_>) -> bool {
        let is_agreed = || context.catalog.asks_again_on_solved(context.scope(self.team));
        self.is_asked_again || self.status == TicketStatus::Solved && is_agreed()
    }

    /// The wait for a reply runs on a solved ticket. One that was given up, or that another message began
    /// before, goes on from its old start, as after a reopening.
    pub(super) fn ask_again(
        &mut self,
        measure: Measure,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        self.is_asked_again = true;
        self.take_back_message_after_solved(out);
        let holder = context.scope(self.team);
        if let Some(index) = self.find(measure) {
            self.stopwatches[index].resume(at, holder, context, out);
        }
        self.send_taken_over(out);
    }

    /// Whether a wait for a reply runs here: the ticket is open, or it is solved and was asked again.
    pub(super) fn is_reply_awaited(&self) -> bool {
        self.status.is_live() || self.is_asked_again
    }

    /// Notes the targets that were exceeded when the ticket was reopened, before a property changes: a
    /// lower priority must not turn a miss into a wait within target.
    pub(super) fn keep_overdue_in_reopening(
        &mut self,
        attribution: Attribution,
        change: PropertyChange,
        catalog: &Catalog,
    ) {
        let Some(reopening) = &mut self.reopening else { return };
        for (measure, bookmark) in &mut reopening.stopwatches {
            let stopwatch = self.stopwatches.iter().find(|one| one.measure == *measure);
            if let Some(stopwatch) = stopwatch {
                stopwatch.keep_overdue_in(bookmark, attribution, change, catalog);
            }
        }
    }

    /// Something is to be done for the ticket again.
    pub(super) fn end_void_reopening(&mut self, at: Timestamp, context: DerivationContext<'_>) {
        if !self.is_reopened_for_nothing {
            return;
        }
        self.accrue(at, context);
        self.is_reopened_for_nothing = false;
        let (status, holder) = (self.status, context.scope(self.team));
        for stopwatch in &mut self.stopwatches {
            stopwatch.follow_status(status, false, at, holder, context);
        }
    }
}
