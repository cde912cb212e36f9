//! The partitions of one worker, their progress and their effects.

use std::collections::BTreeMap;
use std::sync::Arc;

use prometheus::local::LocalHistogram;
use rdkafka::message::{BorrowedMessage, Message};

use super::changes::Effects;
use crate::catalog::Catalog;
use crate::event::Outcome;
use crate::partition::{Partition, Record, Taken};
use crate::service::clock::{self, Clock};
use crate::service::instruments::Instruments;
use crate::service::kafka::dead_letters::DeadLetters;
use crate::service::kafka::status::{PartitionProgress, StreamStatus};
use crate::split_tickets::{SplitQuestion, TicketInPartition};
use crate::time::{Elapsed, Timestamp};

/// Maximum timelines whose effects go into one batch: those of a million take a hundred megabytes.
const DERIVED_AT_ONCE: usize = 20_000;

/// Each command checks one part in this many of a partition's timelines for eviction: all of them within
/// about ten minutes.
const EVICTION_PARTS: usize = 3_000;

/// The first rejected records are logged one by one. After that each doubling of the count is.
const REJECTIONS_LOGGED: u64 = 10;

/// The partitions that a worker holds.
pub(super) struct PartitionSet {
    topic: Arc<str>,
    catalog: Arc<Catalog>,
    clock: Clock,
    reopen_within: Elapsed,
    partitions: BTreeMap<i32, Partition>,
    /// The instant that they were last advanced to.
    now: Timestamp,
    effects: Effects,
    stream: StreamStatus,
    connection_error: Option<String>,
    /// The delay of events since the last report.
    event_delay: LocalHistogram,
    /// Writes rejected records to a topic; `None` if they are only logged.
    dead_letters: Option<DeadLetters>,
}

impl PartitionSet {
    pub(super) fn new(
        topic: &str,
        catalog: Arc<Catalog>,
        clock: Clock,
        reopen_within: Elapsed,
        instruments: &Instruments,
    ) -> Self {
        Self {
            topic: topic.into(),
            catalog,
            clock,
            reopen_within,
            partitions: BTreeMap::new(),
            now: Timestamp::EVENT_MIN,
            effects: Effects::default(),
            stream: StreamStatus { topic: topic.to_owned(), ..StreamStatus::default() },
            connection_error: None,
            event_delay: instruments.event_delay.local(),
            dead_letters: None,
        }
    }

    /// Sets where rejected records are written.
    pub(super) fn set_dead_letters(&mut self, dead_letters: Option<DeadLetters>) {
        self.dead_letters = dead_letters;
    }

    pub(super) fn dead_letters(&mut self) -> Option<&mut DeadLetters> {
        self.dead_letters.as_mut()
    }

    /// Whether each dead letter of a partition's records before this position is written or lost.
    pub(super) fn has_settled(&self, number: i32, position: i64) -> bool {
        let pending = self.dead_letters.as_ref().and_then(|letters| letters.lowest_pending(number));
        pending.is_none_or(|pending| pending >= position)
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    pub(super) fn topic_shared(&self) -> &Arc<str> {
        &self.topic
    }

    pub(super) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    pub(super) fn numbers(&self) -> Vec<i32> {
        self.partitions.keys().copied().collect()
    }

    pub(super) fn get(&self, number: i32) -> Option<&Partition> {
        self.partitions.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: i32) -> Option<&mut Partition> {
        self.partitions.get_mut(&number)
    }

    /// Whether a partition has been read to its end since it was assigned.
    pub(super) fn is_caught_up(&self, number: i32) -> bool {
        self.stream.partitions.get(&number).is_some_and(|progress| progress.is_caught_up)
    }

    /// Sets an error of the store or the broker that the client does not report, and logs a new one.
    pub(super) fn set_connection_error(&mut self, connection_error: Option<String>) {
        if let Some(connection_error) =
            connection_error.as_ref().filter(|_| connection_error != self.connection_error)
        {
            tracing::error!("{connection_error}; retrying");
        }
        self.connection_error = connection_error;
    }

    /// Adds a partition.
    pub(super) fn insert(&mut self, number: i32, partition: Partition) {
        let progress = PartitionProgress {
            position: partition.position(),
            event_time_max: partition.counted_to(),
            responses: Arc::new(partition.responses().clone()),
            history_from: partition.history_from(),
            ..PartitionProgress::default()
        };
        self.stream.partitions.insert(number, progress);
        self.partitions.insert(number, partition);
    }

    /// Removes a partition and retracts its effects.
    pub(super) fn remove(&mut self, number: i32) {
        if let Some(mut partition) = self.partitions.remove(&number) {
            partition.withdraw(&mut self.effects);
        }
        self.stream.partitions.remove(&number);
    }

    /// Records that records of a partition were deleted unread.
    pub(super) fn lost_records(&mut self, partition: &mut Partition, is_known: bool) {
        partition.lost_records(clock::wall());
        // Records that retention deleted before the first read are not a gap.
        self.stream.gaps += u64::from(is_known);
    }

    /// Prepares to read a partition from its start, keeping its tickets.
    pub(super) fn restart(&mut self, number: i32) {
        if let Some(partition) = self.partitions.get_mut(&number) {
            partition.lost_records(clock::wall());
            self.stream.gaps += 1;
        }
        if let Some(progress) = self.stream.partitions.get_mut(&number) {
            progress.is_caught_up = false;
            progress.end = None;
        }
    }

    pub(super) fn reached_end(&mut self, partition: i32) {
        if let Some(progress) = self.stream.partitions.get_mut(&partition) {
            progress.is_caught_up = true;
            progress.end = Some(progress.end.unwrap_or(0).max(progress.position));
        }
    }

    /// Advances some timelines to `now`. Returns whether more remain.
    ///
    /// A partition that is not caught up is left out. Each call would derive its tickets again, and verdicts
    /// are frozen until it is.
    pub(super) fn derive(&mut self, now: Timestamp) -> bool {
        self.now = self.now.max(now);
        let Self { partitions, effects, stream, .. } = self;
        let is_whole = |number: &i32| {
            stream.partitions.get(number).is_some_and(|progress| progress.is_caught_up)
        };
        let mut whole = partitions.iter_mut().filter(|(number, _)| is_whole(number));
        whole.any(|(_, partition)| partition.advance_some(now, DERIVED_AT_ONCE, effects))
    }

    /// Advances one partition to the latest instant.
    pub(super) fn derive_all_of(&mut self, number: i32) {
        if let Some(partition) = self.partitions.get_mut(&number) {
            while partition.advance_some(self.now, usize::MAX, &mut self.effects) {}
        }
    }

    /// Counts by another catalog. All effects start from zero.
    pub(super) fn adopt(&mut self, catalog: &Arc<Catalog>) {
        for partition in self.partitions.values_mut() {
            partition.adopt(Arc::clone(catalog));
        }
        self.catalog = Arc::clone(catalog);
        self.effects = Effects::default();
    }

    /// Stops counting split tickets, and returns which tickets that another partition opened are here.
    pub(super) fn answer(&mut self, question: &SplitQuestion) -> Vec<TicketInPartition> {
        for ticket in &question.aside {
            if let Some(partition) = self.partitions.get_mut(&ticket.partition) {
                partition.set_aside(ticket.key, &mut self.effects);
            }
        }
        let mut found = Vec::new();
        for &ticket in &question.opened {
            let others = self.partitions.iter_mut();
            for (_, partition) in others.filter(|(number, _)| **number != ticket.partition) {
                if partition.set_aside(ticket.key, &mut self.effects) {
                    found.push(ticket);
                }
            }
        }
        found
    }

    /// Keys of the tickets that partitions have opened since the last call, by partition.
    pub(super) fn take_opened(&mut self) -> Vec<(i32, Vec<u64>)> {
        let all = self.partitions.iter_mut();
        all.map(|(number, partition)| (*number, partition.take_opened()))
            .filter(|(_, keys)| !keys.is_empty())
            .collect()
    }

    /// Evicts some of the timelines that have been at rest for long.
    pub(super) fn forget(&mut self) {
        for (number, partition) in &mut self.partitions {
            let is_whole = self.stream.partitions.get(number).is_some_and(|p| p.is_caught_up);
            if is_whole {
                let part = partition.shard().timelines() / EVICTION_PARTS + 1;
                partition.forget_some(self.now, self.reopen_within, part);
            }
        }
    }

    pub(super) fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// The status of this worker's partitions.
    pub(super) fn report(&mut self) -> StreamStatus {
        self.event_delay.flush();
        for (number, partition) in &self.partitions {
            let Some(progress) = self.stream.partitions.get_mut(number) else { continue };
            if progress.responses.total() != partition.responses().total() {
                progress.responses = Arc::new(partition.responses().clone());
            }
            progress.history_from = partition.history_from();
            let shard = partition.shard();
            progress.timelines = shard.timelines() as u64;
            progress.stubs = shard.stub_count() as u64;
            progress.stub_bytes = shard.stub_bytes() as u64;
            progress.stubs_evicted = shard.stubs_evicted();
            progress.is_full = shard.is_full();
        }
        let dead_letters = self.dead_letters.as_ref().map(DeadLetters::counts);
        StreamStatus {
            connection_error: self.connection_error.clone(),
            dead_letters,
            ..self.stream.clone()
        }
    }

    /// Applies one record. Returns false if the topic was recreated.
    pub(super) fn take(&mut self, message: &BorrowedMessage<'_>) -> bool {
        let Self { clock, partitions, effects, stream, event_delay, dead_letters, .. } = self;
        let number = message.partition();
        let Some(partition) = partitions.get_mut(&number) else { return true };
        let Some(progress) = stream.partitions.get_mut(&number) else { return true };
        let record = Record {
            offset: message.offset(),
            key: message.key(),
            payload: message.payload(),
            timestamp: message.timestamp().to_millis(),
        };
        let (outcome, event, is_misplaced) = match partition.take(&record, effects) {
            Taken::AlreadyRead => return true,
            Taken::OtherTopic => return false,
            Taken::Processed { outcome, event, is_misplaced } => (outcome, event, is_misplaced),
        };
        progress.position = partition.position();
        progress.records += 1;
        progress.replayed += u64::from(!progress.is_caught_up);
        progress.bytes += (message.key().map_or(0, <[u8]>::len) + message.payload_len()) as u64;
        stream.key_mismatches += u64::from(is_misplaced);
        if let (Outcome::Applied, Some((kind, time))) = (&outcome, event) {
            let now = clock.now();
            *stream.applied.entry(kind).or_default() += 1;
            progress.event_time_max = progress.event_time_max.max(Some(time));
            progress.applied_at = Some(now);
            // While catching up, the delay would measure the backlog.
            if progress.is_caught_up {
                event_delay.observe(now.since(time).seconds());
            }
        }
        stream.outcomes.count(&outcome);
        if let Outcome::Rejected(rejection) = &outcome {
            let rejected = stream.outcomes.rejected_total();
            // Only the position, since the content may be confidential. Not every record, since poison would
            // fill the log.
            if rejected <= REJECTIONS_LOGGED || rejected.is_power_of_two() {
                let (offset, reason) = (message.offset(), rejection.reason.label());
                tracing::warn!(partition = number, offset, reason, rejected, "record rejected");
            }
            if let Some(dead_letters) = dead_letters {
                dead_letters.send(message, rejection);
            }
        }
        true
    }
}
