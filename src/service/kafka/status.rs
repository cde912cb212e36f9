//! What workers report of themselves: progress, outcomes, errors.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::dead_letters::Counts;
use crate::event::{Kind, Outcomes};
use crate::responses::Responses;
use crate::time::Timestamp;

/// What all workers together have done and met.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct StreamStatus {
    pub(in crate::service) topic: String,
    pub(in crate::service) partitions: BTreeMap<i32, PartitionProgress>,
    /// Partitions that the topic has; absent while the broker has not said.
    pub(in crate::service) partitions_of_topic: Option<usize>,
    pub(in crate::service) outcomes: Outcomes,
    pub(in crate::service) applied: BTreeMap<Kind, u64>,
    pub(in crate::service) key_mismatches: u64,
    /// Times that records were gone before they were read, or the topic was another one.
    pub(in crate::service) gaps: u64,
    pub(in crate::service) commit_failures: u64,
    /// Rejected records written to a topic of their own; absent where none is.
    pub(in crate::service) dead_letters: Option<Counts>,
    pub(in crate::service) rebalances: u64,
    pub(in crate::service) errors: BTreeMap<String, u64>,
    /// What is wrong with the connection now, and the way out.
    pub(in crate::service) connection_error: Option<String>,
    /// Fetched by the client and not taken yet.
    pub(in crate::service) fetched_bytes: u64,
}

/// How far one partition is.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct PartitionProgress {
    /// The next offset to read.
    pub(in crate::service) position: i64,
    /// The end of the partition, as last seen.
    pub(in crate::service) end: Option<i64>,
    /// Whether its end has been reached since it was assigned.
    pub(in crate::service) is_caught_up: bool,
    pub(in crate::service) records: u64,
    pub(in crate::service) bytes: u64,
    /// The latest event time that was applied.
    pub(in crate::service) event_time_max: Option<Timestamp>,
    /// When the last record was applied.
    pub(in crate::service) applied_at: Option<Timestamp>,
    /// Records read since it was assigned until its end was reached.
    pub(in crate::service) replayed: u64,
    /// The samples that it has counted.
    pub(in crate::service) responses: Arc<Responses>,
    /// From when on its history is whole; absent where it is from the topic's beginning.
    pub(in crate::service) history_from: Option<Timestamp>,
    pub(in crate::service) timelines: u64,
    /// Forgotten tickets that it would know again, and those that were dropped for want of room.
    pub(in crate::service) stubs: u64,
    pub(in crate::service) stub_bytes: u64,
    pub(in crate::service) stubs_evicted: u64,
    /// Whether it has refused tickets for want of room.
    pub(in crate::service) is_full: bool,
}

impl StreamStatus {
    /// Adds what one worker says.
    pub(in crate::service) fn merge(&mut self, other: &Self) {
        self.partitions.extend(other.partitions.clone());
        self.partitions_of_topic = self.partitions_of_topic.max(other.partitions_of_topic);
        self.outcomes.merge(&other.outcomes);
        for (kind, count) in &other.applied {
            *self.applied.entry(*kind).or_default() += count;
        }
        for (code, count) in &other.errors {
            *self.errors.entry(code.clone()).or_default() += count;
        }
        self.key_mismatches += other.key_mismatches;
        self.gaps += other.gaps;
        self.commit_failures += other.commit_failures;
        if let Some(counts) = other.dead_letters {
            self.dead_letters.get_or_insert_default().merge(counts);
        }
        self.rebalances += other.rebalances;
        self.fetched_bytes += other.fetched_bytes;
        if self.connection_error.is_none() {
            self.connection_error.clone_from(&other.connection_error);
        }
    }

    /// Tickets held in memory.
    pub(in crate::service) fn timelines(&self) -> u64 {
        self.partitions.values().map(|progress| progress.timelines).sum()
    }

    /// From when on the history of all partitions is whole; absent where it always was.
    pub(in crate::service) fn history_from(&self) -> Option<Timestamp> {
        self.partitions.values().filter_map(|progress| progress.history_from).max()
    }

    /// The latest event time that was applied anywhere.
    pub(in crate::service) fn event_time_max(&self) -> Option<Timestamp> {
        self.partitions.values().filter_map(|progress| progress.event_time_max).max()
    }
}
