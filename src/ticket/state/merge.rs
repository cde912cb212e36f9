//! Tickets that are merged, deleted or spam, and tickets that take over others.
//!
//! # Design
//! A timeline is one ticket's only state, so a merge cannot look at the other ticket. Two facts are sent
//! instead: the merged ticket sends the wait that it leaves behind, and the ticket that took it over sends
//! that it goes on with that wait. The view joins them, whichever comes first and from whichever
//! partition. A wait that no ticket goes on with stays visible.

use super::TicketState;
use crate::ticket::change::{Ending, GivenUp};
use crate::ticket::entry::{Entry, unpack_detail};
use crate::ticket::flag::{MergedWait, TAKEN_OVER_MAX, TakenOver, Takeover};
use crate::ticket::status::TicketStatus;
use crate::ticket::stopwatch::{DerivationContext, Out};
use crate::time::Timestamp;

impl TicketState {
    /// Merged, deleted or spam: running stopwatches end without samples and count for the holder.
    pub(super) fn remove(
        &mut self,
        at: Timestamp,
        reason: GivenUp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        if reason == GivenUp::Merged {
            self.leave_wait(at, context, out);
        }
        self.give_up(at, reason, context, out);
        self.change_status(TicketStatus::Gone, at, context);
    }

    /// Running stopwatches end without samples and count for the holder. On a solved ticket, that is at most
    /// the wait of a message that asked again.
    pub(super) fn give_up(
        &mut self,
        at: Timestamp,
        reason: GivenUp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        self.accrue(at, context);
        let attribution = self.attribution(at, context.scope(self.team), context);
        let running = self.stopwatches.iter_mut().filter(|stopwatch| stopwatch.is_running());
        for stopwatch in running {
            let ending = Ending::GivenUp(reason);
            stopwatch.end(ending, attribution, self.totals.as_deref(), context, out);
        }
        self.is_asked_again = false;
    }

    /// This ticket takes over a merged one.
    pub(super) fn take_over(
        &mut self,
        event: &Entry<'_>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let detail = unpack_detail(event.detail);
        let takeover = Takeover {
            from: detail.from.as_deref().map(Into::into),
            waiting_since: detail.waiting_since.map(|since| since.min(event.time)),
            at: event.time,
            is_sent: false,
        };
        self.go_on_with(&takeover, event.time, context);
        if self.taken_over.len() < TAKEN_OVER_MAX {
            self.taken_over.push(takeover);
        }
        self.send_taken_over(out);
    }

    /// Takes over again what was taken over before the ticket was created. A wait that was `answered` after
    /// that is over.
    pub(super) fn take_over_again(
        &mut self,
        takeovers: Vec<Takeover>,
        answered: Option<Timestamp>,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        for mut takeover in takeovers {
            takeover.is_sent = false;
            let is_answered = answered.is_some_and(|answered| answered >= takeover.at);
            let waiting_since = takeover.waiting_since.filter(|_| !is_answered);
            self.go_on_with(&Takeover { waiting_since, ..takeover.clone() }, at, context);
            self.taken_over.push(takeover);
        }
        self.send_taken_over(out);
    }

    /// Counts the contact of a merged ticket, and lets the wait for a reply go on from the earlier of both.
    fn go_on_with(&mut self, takeover: &Takeover, at: Timestamp, context: DerivationContext<'_>) {
        // The customer asked once more, on the other ticket. Two events about it are one contact.
        let is_known = |other: &Takeover| takeover.from.is_some() && other.from == takeover.from;
        if !self.taken_over.iter().any(is_known) {
            self.contacts = self.contacts.saturating_add(1);
        }
        let Some(since) = takeover.waiting_since else { return };
        self.end_void_reopening(at, context);
        let measure = self.wait_for_reply(at, context);
        self.unanswered_since = self.unanswered_since.map(|oldest| oldest.min(since));
        let holder = context.scope(self.team);
        if let Some(index) = self.find(measure) {
            self.stopwatches[index].start_earlier(since, holder, context);
        }
    }

    /// Sends the merged tickets whose waits go on here: while the ticket is open, or solved and asked again.
    pub(super) fn send_taken_over(&mut self, out: &mut Out<'_>) {
        if !self.is_reply_awaited() {
            return;
        }
        for takeover in self.taken_over.iter_mut().filter(|takeover| !takeover.is_sent) {
            takeover.is_sent = true;
            if let (Some(from), Some(waiting_since)) = (&takeover.from, takeover.waiting_since) {
                out.took_over(&TakenOver { from: from.clone(), waiting_since, at: takeover.at });
            }
        }
    }

    /// Sends the wait that a merge leaves behind.
    fn leave_wait(&mut self, at: Timestamp, context: DerivationContext<'_>, out: &mut Out<'_>) {
        let Some((measure, since)) = self.waiting() else { return };
        let scope = context.scope(self.team);
        let wait = MergedWait { measure, since, at, scope };
        out.merged(&wait, 1);
        self.merged_wait = Some(Box::new(wait));
    }

    /// The ticket is open again: its wait is its own.
    pub(super) fn take_back_merge(&mut self, out: &mut Out<'_>) {
        if let Some(wait) = self.merged_wait.take() {
            out.merged(&wait, -1);
        }
    }
}
