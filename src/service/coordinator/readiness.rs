//! Why verdicts are frozen, in words for `/-/ready` and the log.

use std::fmt;

use crate::service::kafka::status::StreamStatus;
use crate::shard::TIMELINES_MAX;

/// Why what is known cannot be trusted. It prints in words, for `/-/ready` and the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) enum NotReady {
    /// Nothing has been asked of the broker yet.
    Starting,
    /// Something is wrong; the text says what, and the way out.
    ConnectionError(String),
    /// The broker has not said which partitions there are.
    PartitionsUnknown,
    /// Not all partitions are here.
    PartitionsElsewhere {
        /// Those that are.
        held: usize,
        /// All of the topic.
        all: usize,
    },
    /// Partitions are being read up to their end.
    Behind {
        /// So many of them.
        behind: usize,
        /// All of the topic.
        all: usize,
    },
    /// A worker has not answered for seconds.
    Overloaded,
    /// Tickets were refused for want of room.
    Full,
    /// The clock of the machine has jumped.
    Jumped,
}

impl NotReady {
    /// Why the data of all workers cannot be trusted; `None` if it can.
    pub(in crate::service) fn of(status: &StreamStatus) -> Option<Self> {
        if let Some(connection_error) = &status.connection_error {
            return Some(Self::ConnectionError(connection_error.clone()));
        }
        let Some(all) = status.partitions_of_topic else { return Some(Self::PartitionsUnknown) };
        let held = status.partitions.len();
        if held < all {
            return Some(Self::PartitionsElsewhere { held, all });
        }
        let behind = status.partitions.values().filter(|p| !p.is_caught_up).count();
        if behind > 0 {
            return Some(Self::Behind { behind, all });
        }
        status.partitions.values().any(|p| p.is_full).then_some(Self::Full)
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => f.write_str("it has just started"),
            Self::ConnectionError(connection_error) => f.write_str(connection_error),
            Self::PartitionsUnknown => {
                f.write_str("the broker has not said yet which partitions there are")
            }
            Self::PartitionsElsewhere { held, all } => write!(
                f,
                "{held} of {all} partitions are here; the others are with other instances of the group, or \
                 not assigned yet"
            ),
            Self::Behind { behind, all } => {
                write!(f, "{behind} of {all} partitions are being read up to their end")
            }
            Self::Jumped => f.write_str(
                "the clock of this machine has jumped; if it is right now, wait a minute, and restart Vaste where \
                 it went back",
            ),
            Self::Full => write!(
                f,
                "a partition has more than {TIMELINES_MAX} open tickets, and new ones are refused: add partitions \
                 and make the topic anew, or solve tickets that nobody needs"
            ),
            Self::Overloaded => {
                f.write_str("a worker has not answered for seconds: is the machine overloaded?")
            }
        }
    }
}
