//! The outcome of a record, with the reason.

use std::fmt;

use super::ignored::{IgnoredField, OptionalField};

/// The outcome of one record. Every record has exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The event entered its timeline.
    Applied,
    /// The timeline already had the event.
    Duplicate,
    /// The record is valid, but not used.
    Skipped(Skip),
    /// The record is invalid.
    Rejected(Box<Rejection>),
}

/// Why a valid record was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// Another event of its timeline has the same `source` and `id` but other content. The one that sorts
    /// first is kept.
    Conflicting,
    /// The filter of `kafka.map` or `--map` makes no event of it.
    NoEvent,
    /// Its timeline has the maximum number of events, or its partition the maximum number of tickets.
    TicketFull,
    /// Its ticket was evicted, and the event is not later than the last event known then.
    TooOld,
    /// The record has no value: Kafka's tombstone for a deleted key.
    Tombstone,
    /// Its `type` is unknown. Newer producers may send more types.
    UnknownType,
}

impl Skip {
    /// All reasons.
    pub const ALL: [Self; 6] = [
        Self::Conflicting,
        Self::NoEvent,
        Self::TicketFull,
        Self::TooOld,
        Self::Tombstone,
        Self::UnknownType,
    ];

    /// The `reason` label. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Conflicting => "conflicting",
            Self::NoEvent => "no_event",
            Self::TicketFull => "ticket_full",
            Self::TooOld => "too_old",
            Self::Tombstone => "tombstone",
            Self::UnknownType => "unknown_type",
        }
    }

    /// The reason as a sentence, with what to do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Conflicting => {
                "another event of this ticket has the same `id` but other content; only the one that \
                 sorts first is kept, by time; give every event a unique `id`"
            }
            Self::NoEvent => "the filter makes no event of it; nothing to do",
            Self::TicketFull => {
                "this ticket has the maximum of 200000 events, or its partition the maximum of tickets; \
                 further ones are not kept"
            }
            Self::TooOld => {
                "this ticket was evicted at rest, and this event is older than that; nothing to do"
            }
            Self::Tombstone => "a record without a value is not an event; nothing to do",
            Self::UnknownType => "Vaste does not use events of this `type`; nothing to do",
        }
    }
}

/// Why a record was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// An id is empty, too long, or has a character that ids may not have.
    BadId,
    /// A field is missing, has the wrong type, or has a value that it may not have.
    BadSchema,
    /// A team name is empty, too long, reserved, or has control characters.
    BadTeam,
    /// A time cannot be parsed, or is outside 1990 to 2099.
    BadTimestamp,
    /// The filter of `kafka.map` or `--map` fails on the record, or gives something else than events.
    FilterFailed,
    /// A time is too far after the time at which the broker stored the record.
    Future,
    /// The value is not JSON.
    Malformed,
    /// The value has more than the maximum number of bytes.
    TooLarge,
    /// The value is not plain JSON in UTF-8: it has a schema registry's frame or another encoding.
    UnsupportedEncoding,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::BadId,
        Self::BadSchema,
        Self::BadTeam,
        Self::BadTimestamp,
        Self::FilterFailed,
        Self::Future,
        Self::Malformed,
        Self::TooLarge,
        Self::UnsupportedEncoding,
    ];

    /// The `reason` label. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::BadId => "bad_id",
            Self::BadSchema => "bad_schema",
            Self::BadTeam => "bad_team",
            Self::BadTimestamp => "bad_timestamp",
            Self::FilterFailed => "filter_failed",
            Self::Future => "future",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::UnsupportedEncoding => "unsupported_encoding",
        }
    }

    /// The reason as a sentence, without any content of the record.
    pub const fn words(self) -> &'static str {
        match self {
            Self::BadId => "an id is empty, too long, or has invalid characters",
            Self::BadSchema => {
                "a field is missing, repeated, of the wrong type, or has an invalid value"
            }
            Self::BadTeam => {
                "the team's name is empty, too long, reserved, or has control characters"
            }
            Self::BadTimestamp => "the time cannot be parsed, or is outside 1990 to 2099",
            Self::FilterFailed => {
                "the filter fails on the record, or gives something else than events"
            }
            Self::Future => "the time is more than 5 minutes after the broker stored the record",
            Self::Malformed => "the value is not JSON",
            Self::TooLarge => "the value is longer than 256 KiB",
            Self::UnsupportedEncoding => "the value is not plain JSON in UTF-8",
        }
    }
}

/// Why one record was rejected, with advice for its producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The reason that it is counted under.
    pub reason: Reason,
    /// The key, its value and the correction, for whoever publishes the events.
    pub advice: String,
}

impl Rejection {
    pub(super) fn boxed(reason: Reason, advice: String) -> Box<Self> {
        Box::new(Self { reason, advice })
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.advice)
    }
}

/// Counts of records by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Records whose event entered its timeline.
    pub applied: u64,
    /// Records whose event was already there.
    pub duplicate: u64,
    skipped: [u64; Skip::ALL.len()],
    rejected: [u64; Reason::ALL.len()],
    ignored: [u64; OptionalField::ALL.len()],
}

impl Outcomes {
    /// Counts one outcome.
    pub fn count(&mut self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Applied => &mut self.applied,
            Outcome::Duplicate => &mut self.duplicate,
            Outcome::Skipped(skip) => &mut self.skipped[*skip as usize],
            Outcome::Rejected(rejection) => &mut self.rejected[rejection.reason as usize],
        };
        *counter += 1;
    }

    /// Counts the fields that were left out of an event.
    pub fn count_ignored(&mut self, fields: &[IgnoredField]) {
        for one in fields {
            self.ignored[one.field as usize] += 1;
        }
    }

    /// Adds the counts of other records.
    pub fn merge(&mut self, other: &Self) {
        self.applied += other.applied;
        self.duplicate += other.duplicate;
        for (count, more) in self.skipped.iter_mut().zip(other.skipped) {
            *count += more;
        }
        for (count, more) in self.rejected.iter_mut().zip(other.rejected) {
            *count += more;
        }
        for (count, more) in self.ignored.iter_mut().zip(other.ignored) {
            *count += more;
        }
    }

    /// Records skipped for this reason.
    pub fn skipped(&self, skip: Skip) -> u64 {
        self.skipped[skip as usize]
    }

    /// Records rejected for this reason.
    pub fn rejected(&self, reason: Reason) -> u64 {
        self.rejected[reason as usize]
    }

    /// Values of this field that were left out of events that count.
    pub fn ignored(&self, field: OptionalField) -> u64 {
        self.ignored[field as usize]
    }

    /// Records skipped for any reason.
    pub fn skipped_total(&self) -> u64 {
        self.skipped.iter().sum()
    }

    /// Records rejected for any reason.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.iter().sum()
    }

    /// All records: the sum of the four outcomes.
    pub fn total(&self) -> u64 {
        self.applied + self.duplicate + self.skipped_total() + self.rejected_total()
    }
}

/// `5 records: 2 applied, 1 duplicate, 1 skipped (unknown_type 1), 1 rejected (malformed 1)`, and `; 1 field
/// left out (priority 1)` if there is one.
impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let noun = if total == 1 { "record" } else { "records" };
        write!(f, "{total} {noun}: {} applied, {} duplicate", self.applied, self.duplicate)?;
        let mut part = |before: &str, name: &str, counts: &[u64], labels: &[&str]| {
            write!(f, "{before}{} {name}", counts.iter().sum::<u64>())?;
            let mut separator = " (";
            for (count, label) in counts.iter().zip(labels).filter(|(count, _)| **count > 0) {
                write!(f, "{separator}{label} {count}")?;
                separator = ", ";
            }
            if separator == ", " { f.write_str(")") } else { Ok(()) }
        };
        part(", ", "skipped", &self.skipped, &Skip::ALL.map(Skip::label))?;
        part(", ", "rejected", &self.rejected, &Reason::ALL.map(Reason::label))?;
        let labels = OptionalField::ALL.map(OptionalField::label);
        match self.ignored.iter().sum() {
            0_u64 => Ok(()),
            1 => part("; ", "field left out", &self.ignored, &labels),
            _ => part("; ", "fields left out", &self.ignored, &labels),
        }
    }
}
