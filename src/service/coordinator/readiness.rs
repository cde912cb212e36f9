//! Why data is not current and verdicts are frozen, with the text for `/-/ready` and the log.

use std::fmt;

use crate::service::kafka::status::StreamStatus;
use crate::shard::TIMELINES_MAX;

/// Why data is not current. Its `Display` is the text for `/-/ready` and the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) enum NotReady {
    /// The service has just started, or is reading the alert state log.
    Starting,
    /// The connection to Kafka or to the store fails. The text has the cause and what to do.
    ConnectionError(String),
    /// The broker has not returned the topic's partitions yet.
    PartitionsUnknown,
    /// This instance does not hold all partitions.
    PartitionsElsewhere {
        /// Partitions that it holds.
        held: usize,
        /// All of the topic.
        all: usize,
    },
    /// Partitions are not read to their end yet.
    Behind {
        /// Partitions that are not.
        behind: usize,
        /// All of the topic.
        all: usize,
    },
    /// A worker has not answered within seconds.
    Overloaded,
    /// A partition has the maximum of open tickets and refuses new ones.
    Full,
    /// The clock of the machine has jumped.
    Jumped,
}

impl NotReady {
    /// Why the data of the workers is not current; `None` if it is.
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
            Self::Starting => f.write_str("Vaste has just started"),
            Self::ConnectionError(connection_error) => f.write_str(connection_error),
            Self::PartitionsUnknown => {
                f.write_str("the broker has not returned the topic's partitions yet")
            }
            Self::PartitionsElsewhere { held, all } => write!(
                f,
                "{held} of {all} partitions are assigned to this instance: other instances of the group hold \
                 the others, or the session of the previous process has not expired yet; partitions then \
                 arrive within session.timeout.ms, 45s by default (set group.instance.id to avoid this)"
            ),
            Self::Behind { behind, all } => {
                write!(f, "{behind} of {all} partitions are not read to their end yet")
            }
            Self::Jumped => f.write_str(
                "the clock of this machine has jumped; if it is right now, wait a minute; if it went back, \
                 restart Vaste",
            ),
            Self::Full => write!(
                f,
                "a partition has the maximum of {TIMELINES_MAX} tickets and refuses new ones: recreate the \
                 topic with more partitions, or lower state.reopen_within and restart"
            ),
            Self::Overloaded => {
                f.write_str("a worker has not answered within seconds: check the load of the machine")
            }
        }
    }
}
