//! What became of a record, and why.

use std::fmt;

/// What became of one record. Every record ends as exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It changed a timeline.
    Applied,
    /// The timeline had it already.
    Duplicate,
    /// It is valid, and left out.
    Skipped(Skip),
    /// It is refused.
    Rejected(Box<Rejection>),
}

/// Why a valid record was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// Another event of its timeline has the same `source` and `id` and other content; of the two, the one
    /// that sorts first is kept.
    Conflicting,
    /// Its timeline holds as many events as one may.
    TicketFull,
    /// Its ticket was forgotten, and it happened no later than the last event known then.
    TooOld,
    /// It has no value: Kafka's way to say that a key is gone, which is no event.
    Tombstone,
    /// Its `type` is not one we know: newer producers may send more.
    UnknownType,
}

impl Skip {
    /// All reasons.
    pub const ALL: [Self; 5] =
        [Self::Conflicting, Self::TicketFull, Self::TooOld, Self::Tombstone, Self::UnknownType];

    /// The `reason` label. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Conflicting => "conflicting",
            Self::TicketFull => "ticket_full",
            Self::TooOld => "too_old",
            Self::Tombstone => "tombstone",
            Self::UnknownType => "unknown_type",
        }
    }

    /// The reason in words, with the way out.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Conflicting => {
                "another event of this ticket has the same `id` and other content; of the two the one \
                 that sorts first is kept; give every event an `id` of its own"
            }
            Self::TicketFull => "this ticket holds 200000 events, more are not kept",
            Self::TooOld => {
                "this ticket was forgotten: nothing of it ran any more, and this happened before; nothing to do"
            }
            Self::Tombstone => "a record without a value is no event; nothing to do",
            Self::UnknownType => "this `type` is not one that Vaste counts; nothing to do",
        }
    }
}

/// Why a record was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// An id that is empty, too long, or holds what ids may not.
    BadId,
    /// A field that is missing, of the wrong type, or not one of the values it may have.
    BadSchema,
    /// A team name that is empty, too long, reserved, or holds control characters.
    BadTeam,
    /// A time that cannot be read, or lies outside 1990 to 2099.
    BadTimestamp,
    /// A time too far after its own record's.
    Future,
    /// Not JSON.
    Malformed,
    /// Longer than a record may be.
    TooLarge,
    /// Not plain JSON in UTF-8, but some framing or other encoding.
    UnsupportedEncoding,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 8] = [
        Self::BadId,
        Self::BadSchema,
        Self::BadTeam,
        Self::BadTimestamp,
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
            Self::Future => "future",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::UnsupportedEncoding => "unsupported_encoding",
        }
    }

    /// The reason in words, with nothing of the record in them.
    pub const fn words(self) -> &'static str {
        match self {
            Self::BadId => "an id is empty, too long, or holds what ids may not",
            Self::BadSchema => {
                "a field is missing, of the wrong type, comes twice, or is not one of its values"
            }
            Self::BadTeam => {
                "the team's name is empty, too long, reserved, or holds control characters"
            }
            Self::BadTimestamp => "the time cannot be read, or lies outside 1990 to 2099",
            Self::Future => "the time is more than 5 minutes after the record's own",
            Self::Malformed => "the value is not JSON",
            Self::TooLarge => "the value is longer than a record may be",
            Self::UnsupportedEncoding => "the value is not plain JSON in UTF-8",
        }
    }
}

/// Why one record was refused: the reason, and in words what is wrong where, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The class it is counted under.
    pub reason: Reason,
    /// Key, value and way out, for the one who publishes the events.
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

/// How many records had which outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Records that changed a timeline.
    pub applied: u64,
    /// Records that were there already.
    pub duplicate: u64,
    skipped: [u64; Skip::ALL.len()],
    rejected: [u64; Reason::ALL.len()],
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
    }

    /// Records left out for this reason.
    pub fn skipped(&self, skip: Skip) -> u64 {
        self.skipped[skip as usize]
    }

    /// Records refused for this reason.
    pub fn rejected(&self, reason: Reason) -> u64 {
        self.rejected[reason as usize]
    }

    /// Records left out for any reason.
    pub fn skipped_total(&self) -> u64 {
        self.skipped.iter().sum()
    }

    /// Records refused for any reason.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.iter().sum()
    }

    /// All records: the four outcomes add up to it.
    pub fn total(&self) -> u64 {
        self.applied + self.duplicate + self.skipped_total() + self.rejected_total()
    }
}

/// `5 records: 2 applied, 1 duplicate, 1 skipped (unknown_type 1), 1 rejected (malformed 1)`
impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let noun = if total == 1 { "record" } else { "records" };
        write!(f, "{total} {noun}: {} applied, {} duplicate", self.applied, self.duplicate)?;
        let mut part = |name: &str, counts: &[u64], labels: &[&str]| {
            write!(f, ", {} {name}", counts.iter().sum::<u64>())?;
            let mut separator = " (";
            for (count, label) in counts.iter().zip(labels).filter(|(count, _)| **count > 0) {
                write!(f, "{separator}{label} {count}")?;
                separator = ", ";
            }
            if separator == ", " { f.write_str(")") } else { Ok(()) }
        };
        part("skipped", &self.skipped, &Skip::ALL.map(Skip::label))?;
        part("rejected", &self.rejected, &Reason::ALL.map(Reason::label))
    }
}
