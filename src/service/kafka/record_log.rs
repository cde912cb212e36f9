//! What is logged and noted about single records.

use std::sync::Arc;

use rdkafka::message::{BorrowedMessage, Message};

use super::producer_notes::{RecordPlace, cut};
use super::status::{MismatchedTimes, StreamStatus};
use crate::catalog::Catalog;
use crate::event::{
    IgnoredField, Outcome, Outcomes, Rejection, Skip, type_of, unknown_type_advice,
};
use crate::partition::AHEAD_MAX;
use crate::time::Timestamp;

/// Maximum characters of a record's key in the log.
const TICKET_CHARS_MAX: usize = 64;

/// The first records of a kind are logged one by one. After that each doubling of their count is: poison
/// would fill the log.
const LOGGED_ONE_BY_ONE: u64 = 10;

/// Names the fields that were left out of an event that counts.
pub(super) fn name_ignored(
    message: &BorrowedMessage<'_>,
    ignored: &[IgnoredField],
    outcomes: &Outcomes,
) {
    for one in ignored {
        let left_out = outcomes.ignored(one.field);
        if is_logged(left_out) {
            let (partition, offset, ticket) = place(message);
            let (field, advice) = (one.field.label(), &one.advice);
            tracing::warn!(
                partition,
                offset,
                ticket,
                field,
                left_out,
                "field left out, the event counts: {advice}"
            );
        }
    }
}

/// Whether the record with this number among those of its kind is logged.
fn is_logged(number: u64) -> bool {
    number <= LOGGED_ONE_BY_ONE || number.is_power_of_two()
}

/// The place of a record in a log line: partition, offset, and its key, which should be its ticket.
fn place(message: &BorrowedMessage<'_>) -> (i32, i64, String) {
    let key = String::from_utf8_lossy(message.key().unwrap_or_default());
    let ticket: String = key.chars().take(TICKET_CHARS_MAX).collect();
    (message.partition(), message.offset(), ticket)
}

/// A record that was read.
pub(super) struct ReadRecord<'m> {
    pub(super) message: &'m BorrowedMessage<'m>,
    /// The attributes of a CloudEvent in binary mode.
    pub(super) attributes: &'m [(&'m str, &'m str)],
    /// Whether a filter makes events of the records.
    pub(super) is_mapped: bool,
}

impl ReadRecord<'_> {
    /// Logs and notes a record that does not count as its producer meant it. Others cost nothing.
    pub(super) fn note(
        &self,
        outcome: &Outcome,
        undeclared_team: Option<&str>,
        catalog: &Catalog,
        stream: &mut StreamStatus,
    ) {
        let StreamStatus { producer_notes: notes, outcomes, .. } = stream;
        match outcome {
            Outcome::Applied => {
                if let Some(team) = undeclared_team {
                    stream.undeclared_team_events += 1;
                    Arc::make_mut(notes).undeclared_team(team, self.place(), catalog);
                }
            }
            Outcome::Skipped(Skip::UnknownType) => {
                // With a filter, the payload has no such type: the filter gave it.
                let payload = self.message.payload().filter(|_| !self.is_mapped);
                let label = payload.and_then(|payload| type_of(self.attributes, payload));
                let label = label.as_deref();
                log_unknown_type(self.message, label, outcomes.skipped(Skip::UnknownType));
                Arc::make_mut(notes).unknown_type(label, self.place());
            }
            Outcome::Rejected(rejection) => {
                Arc::make_mut(notes).rejected(rejection, self.place());
                log_rejection(self.message, rejection, outcomes.rejected_total());
            }
            Outcome::Duplicate | Outcome::Skipped(_) => {}
        }
    }

    /// Where its producer can look it up.
    fn place(&self) -> RecordPlace {
        let source = self.attributes.iter().find(|(name, _)| *name == "source");
        RecordPlace {
            published: self.message.timestamp().to_millis().map(Timestamp::from_ms),
            partition: self.message.partition(),
            offset: self.message.offset(),
            key: cut(&String::from_utf8_lossy(self.message.key().unwrap_or_default())),
            source: source.map(|(_, source)| cut(source)),
        }
    }
}

/// Logs a record with an unknown type, unless enough of the `skipped` ones so far were logged.
fn log_unknown_type(message: &BorrowedMessage<'_>, label: Option<&str>, skipped: u64) {
    if is_logged(skipped) {
        let advice = unknown_type_advice(label.unwrap_or_default());
        let (partition, offset, ticket) = place(message);
        tracing::warn!(partition, offset, ticket, skipped, "record skipped: {advice}");
    }
}

/// Logs a rejected record, unless enough of the `rejected` ones so far were logged.
fn log_rejection(message: &BorrowedMessage<'_>, rejection: &Rejection, rejected: u64) {
    if is_logged(rejected) {
        let (partition, offset, ticket) = place(message);
        let reason = rejection.reason.label();
        tracing::warn!(partition, offset, ticket, reason, rejected, "record rejected: {rejection}");
    }
}

/// Counts and names an event whose time and record timestamp do not fit together.
pub(super) fn mismatched_times(
    message: &BorrowedMessage<'_>,
    event: Timestamp,
    now: Timestamp,
    counts: &mut MismatchedTimes,
) {
    let (partition, offset, ticket) = place(message);
    if event > now.plus(AHEAD_MAX) {
        counts.event += 1;
        if is_logged(counts.event) {
            tracing::warn!(
                partition,
                offset,
                ticket,
                "the event's time {event} is ahead of the clock, and it counts from then on: correct the clock \
                 of its producer"
            );
        }
    } else {
        counts.record += 1;
        if is_logged(counts.record) {
            let record = message.timestamp().to_millis().map_or(0, |ms| ms);
            let record = Timestamp::from_ms(record);
            tracing::warn!(
                partition,
                offset,
                ticket,
                "the record's timestamp {record}, which its producer has set, is more than 5 minutes before the \
                 event's time {event}; the event counts at its own time; let the producer leave the record's \
                 timestamp out, or set message.timestamp.type=LogAppendTime"
            );
        }
    }
}
