//! The status that workers report: progress, outcomes, errors.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::dead_letters::DeadLetterCounts;
use crate::event::{Kind, Outcomes};
use crate::responses::Responses;
use crate::time::Timestamp;

/// The status of one worker, or of all workers merged.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct StreamStatus {
    pub(in crate::service) topic: String,
    pub(in crate::service) partitions: BTreeMap<i32, PartitionProgress>,
    /// Number of partitions of the topic; `None` until the broker has reported it.
    pub(in crate::service) partitions_of_topic: Option<usize>,
    pub(in crate::service) outcomes: Outcomes,
    pub(in crate::service) applied: BTreeMap<Kind, u64>,
    /// Records whose key is not their ticket or team.
    pub(in crate::service) key_mismatches: u64,
    /// Times that records were deleted unread, or the topic was recreated.
    pub(in crate::service) gaps: u64,
    pub(in crate::service) commit_failures: u64,
    /// Dead letters; `None` without a topic for them.
    pub(in crate::service) dead_letters: Option<DeadLetterCounts>,
    pub(in crate::service) rebalances: u64,
    /// Errors of the client, by code.
    pub(in crate::service) errors: BTreeMap<String, u64>,
    /// The current error of Kafka or the store, with what to do.
    pub(in crate::service) connection_error: Option<String>,
    /// Bytes that the client has fetched and the worker has not polled.
    pub(in crate::service) fetched_bytes: u64,
}

/// The progress of one partition.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct PartitionProgress {
    /// The next offset to read.
    pub(in crate::service) position: i64,
    /// The end offset of the partition, as last reported.
    pub(in crate::service) end: Option<i64>,
    /// Whether its end has been reached since it was assigned.
    pub(in crate::service) is_caught_up: bool,
    pub(in crate::service) records: u64,
    pub(in crate::service) bytes: u64,
    /// The latest time of an applied event.
    pub(in crate::service) event_time_max: Option<Timestamp>,
    /// When the last event was applied.
    pub(in crate::service) applied_at: Option<Timestamp>,
    /// Records read since it was assigned until its end was reached.
    pub(in crate::service) replayed: u64,
    /// The samples counted in this partition.
    pub(in crate::service) responses: Arc<Responses>,
    /// Since when its history is complete; `None` if it is complete from the start of the topic.
    pub(in crate::service) history_from: Option<Timestamp>,
    pub(in crate::service) timelines: u64,
    /// Tombstones of evicted tickets, their size, and those dropped because of the maximum.
    pub(in crate::service) stubs: u64,
    pub(in crate::service) stub_bytes: u64,
    pub(in crate::service) stubs_evicted: u64,
    /// Whether it has the maximum of open tickets and refuses new ones.
    pub(in crate::service) is_full: bool,
}

impl StreamStatus {
    /// Adds the status of one worker.
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

    /// Since when the history of all partitions is complete; `None` if it is complete from the start.
    pub(in crate::service) fn history_from(&self) -> Option<Timestamp> {
        self.partitions.values().filter_map(|progress| progress.history_from).max()
    }

    /// The latest time of an event applied in any partition.
    pub(in crate::service) fn event_time_max(&self) -> Option<Timestamp> {
        self.partitions.values().filter_map(|progress| progress.event_time_max).max()
    }
}
