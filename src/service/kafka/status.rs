//! The status that workers report: progress, outcomes, errors.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::dead_letters::DeadLetterCounts;
use super::producer_notes::ProducerNotes;
use super::trouble::{OpenTransaction, Trouble};
use crate::event::{Kind, Outcomes};
use crate::responses::Responses;
use crate::review::{Review, ReviewCounts};
use crate::team_log::TeamEvents;
use crate::time::Timestamp;
use crate::waiting_list::WaitingLists;

/// The status of one worker, or of all workers merged.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct StreamStatus {
    pub(in crate::service) topic: String,
    pub(in crate::service) partitions: BTreeMap<i32, PartitionProgress>,
    /// Partitions that were held before, as they were when they were given up.
    pub(in crate::service) given_up: BTreeMap<i32, GivenUpPartition>,
    pub(in crate::service) outcomes: Outcomes,
    pub(in crate::service) applied: BTreeMap<Kind, u64>,
    /// What producers must know. It is replaced only when there is news.
    pub(in crate::service) producer_notes: Arc<ProducerNotes>,
    /// Applied events of teams without an agreement.
    pub(in crate::service) undeclared_team_events: u64,
    /// Records whose key is not their ticket or team.
    pub(in crate::service) key_mismatches: u64,
    /// Times that records were deleted unread, or the topic was recreated.
    pub(in crate::service) gaps: u64,
    pub(in crate::service) commit_failures: u64,
    /// Dead letters; `None` without a topic for them.
    pub(in crate::service) dead_letters: Option<DeadLetterCounts>,
    pub(in crate::service) rebalances: u64,
    /// Whether `group.instance.id` is set.
    pub(in crate::service) is_static_member: bool,
    /// Errors of the client, by code.
    pub(in crate::service) errors: BTreeMap<String, u64>,
    /// Events whose time and record timestamp do not fit together.
    pub(in crate::service) mismatched_times: MismatchedTimes,
    /// Why partitions of this instance are not read at all; `None` if all are.
    pub(in crate::service) blocked: Option<Trouble>,
    /// The latest error of the Kafka client; `None` once everything was read since.
    pub(in crate::service) client_trouble: Option<Trouble>,
    /// Bytes that the client has fetched and the worker has not polled.
    pub(in crate::service) fetched_bytes: u64,
}

/// Events that are more than five minutes after the timestamp that their producer gave the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct MismatchedTimes {
    /// The event is ahead of the clock, and waits until its time.
    pub(in crate::service) event: u64,
    /// The event is not: the record's timestamp is too early.
    pub(in crate::service) record: u64,
}

/// The progress of one partition.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct PartitionProgress {
    /// The epoch in which this process took it over from another.
    pub(in crate::service) tenure: u64,
    /// The next offset to read.
    pub(in crate::service) position: i64,
    /// The end offset of the partition, as last reported.
    pub(in crate::service) end: Option<i64>,
    /// Whether its end has been reached since it was assigned.
    pub(in crate::service) is_caught_up: bool,
    /// The latest moment at which it had nothing that has not been read since; `None` if there is none.
    pub(in crate::service) read_to: Option<Instant>,
    /// Since when all that can be read is read while a transaction hides the rest; `None` while it does not.
    pub(in crate::service) hidden_since: Option<Instant>,
    /// Where reading ends while a producer's transaction is open; `None` while none is.
    pub(in crate::service) open_transaction: Option<OpenTransaction>,
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
    /// The tickets that wait longest; `None` where ids of tickets are not shown.
    pub(in crate::service) waiting_lists: Option<WaitingLists>,
    /// The events of teams in it.
    pub(in crate::service) team_events: Arc<TeamEvents>,
    /// The reviews of its tickets.
    pub(in crate::service) reviews: Arc<Vec<Review>>,
    /// The reviews of the tickets that it has evicted.
    pub(in crate::service) evicted_reviews: Arc<ReviewCounts>,
    /// See [`Partition::counted_before`](crate::partition::Partition::counted_before).
    pub(in crate::service) counted_before: Option<Arc<Responses>>,
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

/// A partition that was given up, and what was counted in it until then.
#[derive(Clone, Debug)]
pub(in crate::service) struct GivenUpPartition {
    /// See [`PartitionProgress::tenure`].
    pub(in crate::service) tenure: u64,
    /// The samples counted in it.
    pub(in crate::service) responses: Arc<Responses>,
}

impl PartitionProgress {
    /// Records between the position and the end; `None` while the end is not known.
    pub(in crate::service) fn lag(&self) -> Option<u64> {
        self.end.map(|end| (end - self.position).max(0).unsigned_abs())
    }

    /// The end as far as it is known: brokers are asked for it now and then, and records come meanwhile.
    pub(in crate::service) fn known_end(&self) -> Option<i64> {
        self.end.map(|end| end.max(self.position))
    }

    /// The number of records behind an open transaction, if all before it is read; 0 without one.
    pub(in crate::service) fn hidden_records(&self) -> i64 {
        let Some(OpenTransaction { stable_end, end }) = self.open_transaction else { return 0 };
        if self.position >= stable_end { end - stable_end } else { 0 }
    }
}

impl StreamStatus {
    /// Adds the status of one worker.
    pub(in crate::service) fn merge(&mut self, other: &Self) {
        self.partitions.extend(other.partitions.clone());
        for (number, theirs) in &other.given_up {
            let is_later = |ours: &GivenUpPartition| ours.tenure < theirs.tenure;
            if self.given_up.get(number).is_none_or(is_later) {
                self.given_up.insert(*number, theirs.clone());
            }
        }
        self.outcomes.merge(&other.outcomes);
        for (kind, count) in &other.applied {
            *self.applied.entry(*kind).or_default() += count;
        }
        for (code, count) in &other.errors {
            *self.errors.entry(code.clone()).or_default() += count;
        }
        if *self.producer_notes == ProducerNotes::default() {
            self.producer_notes = Arc::clone(&other.producer_notes);
        } else {
            Arc::make_mut(&mut self.producer_notes).merge(&other.producer_notes);
        }
        self.undeclared_team_events += other.undeclared_team_events;
        self.key_mismatches += other.key_mismatches;
        self.gaps += other.gaps;
        self.commit_failures += other.commit_failures;
        if let Some(counts) = other.dead_letters {
            self.dead_letters.get_or_insert_default().merge(counts);
        }
        self.rebalances += other.rebalances;
        self.is_static_member |= other.is_static_member;
        self.fetched_bytes += other.fetched_bytes;
        self.mismatched_times.event += other.mismatched_times.event;
        self.mismatched_times.record += other.mismatched_times.record;
        for (ours, theirs) in
            [(&mut self.blocked, &other.blocked), (&mut self.client_trouble, &other.client_trouble)]
        {
            if ours.is_none() {
                ours.clone_from(theirs);
            }
        }
    }

    /// The lists of waiting tickets of all partitions.
    pub(in crate::service) fn waiting_lists(&self) -> Vec<WaitingLists> {
        self.partitions.values().filter_map(|progress| progress.waiting_lists.clone()).collect()
    }

    /// The events of teams in all partitions.
    pub(in crate::service) fn team_events(&self) -> Vec<Arc<TeamEvents>> {
        self.partitions.values().map(|progress| Arc::clone(&progress.team_events)).collect()
    }

    /// The reviews of the tickets of all partitions.
    pub(in crate::service) fn reviews(&self) -> Vec<Arc<Vec<Review>>> {
        self.partitions.values().map(|progress| Arc::clone(&progress.reviews)).collect()
    }

    /// The reviews of the tickets that the partitions have evicted.
    pub(in crate::service) fn evicted_reviews(&self) -> Vec<Arc<ReviewCounts>> {
        self.partitions.values().map(|progress| Arc::clone(&progress.evicted_reviews)).collect()
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
