//! Why data is not current and verdicts are frozen, with the text for `/-/ready` and the log.

use std::fmt;
use std::time::{Duration, Instant};

use crate::service::kafka::probe::TopicState;
use crate::service::kafka::status::{PartitionProgress, StreamStatus};
use crate::service::kafka::trouble::Trouble;
use crate::shard::TIMELINES_MAX;

/// How old the latest moment may be up to which a partition has been read, so that it counts as current.
/// Longer than a few questions to its broker may take, and shorter than the usual `for` of an alert.
const CURRENT_MAX: Duration = Duration::from_secs(5);

/// How long an open transaction may hide records. Ordinary ones end sooner.
const HIDDEN_MAX: Duration = Duration::from_secs(3);

/// Why data is not current. Its `Display` is the text for `/-/ready` and the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) enum NotReady {
    /// The service has just started, or is reading the alert state log.
    Starting,
    /// Kafka or the store cannot be read, or not as a whole.
    Trouble(Trouble),
    /// The broker has not returned the topic's partitions yet.
    PartitionsUnknown,
    /// This instance does not hold all partitions.
    PartitionsElsewhere {
        /// Partitions that it holds.
        held: usize,
        /// All of the topic.
        all: usize,
        /// Whether `group.instance.id` is set.
        is_static: bool,
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

/// What it means to be current at one instant.
#[derive(Clone, Copy, Debug)]
pub(in crate::service) struct Currency {
    now: Instant,
    /// When the process last went on after a pause. What was read before says nothing about the present.
    awake_since: Instant,
}

impl Currency {
    pub(in crate::service) fn new(now: Instant, awake_since: Instant) -> Self {
        Self { now, awake_since }
    }

    /// Whether a partition has been read up to a moment that is recent enough.
    fn is_current(self, progress: &PartitionProgress) -> bool {
        let is_hidden = progress
            .hidden_since
            .is_some_and(|since| self.now.saturating_duration_since(since) > HIDDEN_MAX);
        progress.is_caught_up
            && !is_hidden
            && progress.read_to.is_some_and(|read_to| {
                read_to >= self.awake_since
                    && self.now.saturating_duration_since(read_to) <= CURRENT_MAX
            })
    }
}

impl NotReady {
    /// Why the data of the workers is not current; `None` if it is. `topic` is what the brokers last said.
    pub(in crate::service) fn of(
        status: &StreamStatus,
        topic: &TopicState,
        currency: Currency,
    ) -> Option<Self> {
        if let Some(blocked) = &status.blocked {
            return Some(Self::Trouble(blocked.clone()));
        }
        let client_trouble = status.client_trouble.clone();
        // The client may know why the probe gets no answer.
        let trouble = match (&topic.trouble, &client_trouble) {
            (Some(Trouble::Silent { .. }), Some(why)) if why.is_connection() => {
                client_trouble.clone()
            }
            (trouble, _) => trouble.clone(),
        };
        let Some(all) = topic.partitions else {
            let trouble = trouble.or(client_trouble);
            return Some(trouble.map_or(Self::PartitionsUnknown, Self::Trouble));
        };
        let exists = |number: &i32| usize::try_from(*number).is_ok_and(|number| number < all);
        let held = status.partitions.iter().filter(|(number, _)| exists(number));
        let (held_count, behind) = held.clone().fold((0, 0), |(held, behind), (_, progress)| {
            (held + 1, behind + usize::from(!currency.is_current(progress)))
        });
        if held_count == all && behind == 0 {
            return status.partitions.values().any(|p| p.is_full).then_some(Self::Full);
        }
        if let Some(trouble) = trouble {
            return Some(Self::Trouble(trouble));
        }
        if let Some(unreadable) = topic.unreadable() {
            return Some(Self::Trouble(unreadable));
        }
        if held_count < all {
            // Brokers have answered just now, but perhaps not the one that coordinates the group.
            let client_trouble = client_trouble
                .filter(|trouble| !trouble.is_connection() || trouble.advertised().is_some());
            let is_static = status.is_static_member;
            let elsewhere = Self::PartitionsElsewhere { held: held_count, all, is_static };
            return Some(client_trouble.map_or(elsewhere, Self::Trouble));
        }
        // The leaders of all partitions have answered just now.
        let client_trouble = client_trouble.filter(|trouble| !trouble.is_connection());
        let open = held.clone().find_map(|(number, progress)| open_transaction(*number, progress));
        open.or(client_trouble).map(Self::Trouble).or(Some(Self::Behind { behind, all }))
    }

    /// Whether it is the same reason as another one, perhaps with other numbers.
    pub(in crate::service) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Trouble(ours), Self::Trouble(theirs)) => {
                std::mem::discriminant(ours) == std::mem::discriminant(theirs)
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// The open transaction behind which records of a partition wait; `None` if there is none.
fn open_transaction(partition: i32, progress: &PartitionProgress) -> Option<Trouble> {
    let behind = progress.hidden_records();
    (behind > 0).then_some(Trouble::OpenTransaction { partition, behind })
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => f.write_str("Vaste has just started"),
            Self::Trouble(trouble) => trouble.fmt(f),
            Self::PartitionsUnknown => {
                f.write_str("the broker has not returned the topic's partitions yet")
            }
            Self::PartitionsElsewhere { held, all, is_static } => write!(
                f,
                "{held} of {all} partitions are assigned to this instance: it is joining the group, other \
                 instances hold the others, or the session of the previous process has not expired yet; \
                 partitions then arrive within session.timeout.ms, 45s by default{}",
                if *is_static { "" } else { " (set group.instance.id to avoid this)" }
            ),
            Self::Behind { behind, all } => {
                write!(f, "{behind} of {all} partitions are not read to their end yet")
            }
            Self::Jumped => f.write_str(
                "the clock of this machine has jumped: if it is wrong, correct it; Vaste goes by the new time \
                 once it has held for a minute",
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
