//! How often the customer had to ask.

use smallvec::SmallVec;

use super::TicketState;
use crate::amount::Unit;
use crate::measure::Measure;
use crate::ticket::change::{CountedFor, Ended, Ending};
use crate::ticket::flag::ONE_CONTACT_MAX;
use crate::ticket::stopwatch::{Attribution, DerivationContext, Out, Withdrawn, judge};
use crate::time::Timestamp;

impl TicketState {
    /// Counts a contact for a message of the customer, unless its reopening was counted.
    pub(super) fn count_message(&mut self, at: Timestamp) {
        let reopened = self.reopened_without_message.take();
        let is_counted = reopened.is_some_and(|reopened| at.since(reopened) <= ONE_CONTACT_MAX);
        if !is_counted {
            self.contacts = self.contacts.saturating_add(1);
        }
        if !self.status.is_live() {
            self.has_message_since_end = true;
        }
    }

    /// Counts a contact for a reopening, unless the message that caused it was counted.
    pub(super) fn count_reopening(&mut self, at: Timestamp) {
        if !std::mem::take(&mut self.has_message_since_end) {
            self.contacts = self.contacts.saturating_add(1);
            self.reopened_without_message = Some(at);
        }
    }

    /// Reports how often the customer had to ask, if the ticket's creation is known.
    pub(super) fn count_contacts(
        &mut self,
        attribution: Attribution,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let Some(stopwatch_kind) = context.catalog.standard(Measure::Contacts) else { return };
        if self.created.is_none() {
            return;
        }
        let mut ended = Ended {
            stopwatch_kind,
            measure: Measure::Contacts,
            ending: Ending::Answered,
            scope: attribution.scope,
            priority: attribution.priority,
            channel: attribution.channel,
            started: self.created.unwrap_or(attribution.at),
            at: attribution.at,
            counted_for: CountedFor::TeamAndOrganisation,
            elapsed: Unit::count(self.contacts.into()),
            open: Unit::count(self.contacts.into()),
            missed: SmallVec::new(),
            breakdown: None,
        };
        judge(&mut ended, &[], context.catalog);
        if let Some(mut withdrawn) = self.contacts_withdrawn.take() {
            withdrawn.count(None, out);
        }
        out.ended(std::slice::from_ref(&ended), 1);
        self.contacts_ended = Some(ended);
    }

    /// A reopening takes the count back. Over target, it stays a miss until the ticket is solved again: no
    /// wait of this measure runs that could count in its place.
    pub(super) fn withdraw_contacts(&mut self, context: DerivationContext<'_>, out: &mut Out<'_>) {
        let Some(ended) = self.contacts_ended.take() else { return };
        let ended = std::slice::from_ref(&ended);
        out.ended(ended, -1);
        let mut withdrawn = Box::new(Withdrawn::new(ended, context.catalog));
        withdrawn.count(Some(CountedFor::TeamAndOrganisation), out);
        self.contacts_withdrawn = Some(withdrawn);
    }
}
