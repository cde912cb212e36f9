//! The partitions of one worker, their progress and their effects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use prometheus::local::LocalHistogram;
use rdkafka::message::{self, BorrowedMessage, Headers as _, Message};
use smallvec::SmallVec;

use super::changes::Effects;
use super::ends_ahead::EndsAhead;
use crate::catalog::{Catalog, undeclared_team_advice};
use crate::event::Outcome;
use crate::mapping::Mapping;
use crate::partition::{Partition, ProcessedRecord, Published, Record, Taken};
use crate::service::clock::{self, Clock};
use crate::service::instruments::Instruments;
use crate::service::kafka::dead_letters::DeadLetters;
use crate::service::kafka::probe::TopicState;
use crate::service::kafka::record_log::{ReadRecord, mismatched_times, name_ignored};
use crate::service::kafka::status::{GivenUpPartition, PartitionProgress, StreamStatus};
use crate::service::kafka::trouble::Trouble;
use crate::service::kafka::waiting_walks::WaitingWalks;
use crate::shard::Shard;
use crate::split_tickets::{SplitQuestion, TicketInPartition};
use crate::time::{Elapsed, Timestamp};

/// Maximum timelines whose effects go into one batch: those of a million take a hundred megabytes.
const DERIVED_AT_ONCE: usize = 20_000;

/// Each command checks one part in this many of a partition's timelines for eviction: all of them within
/// about ten minutes.
const EVICTION_PARTS: usize = 3_000;

/// Maximum undeclared teams that are named in the log.
const TEAMS_NAMED_MAX: usize = 100;

/// The partitions that a worker holds.
pub(super) struct PartitionSet {
    topic: Arc<str>,
    catalog: Arc<Catalog>,
    clock: Clock,
    reopen_within: Elapsed,
    partitions: BTreeMap<i32, Partition>,
    waiting_walks: WaitingWalks,
    /// Ends that the brokers have reported and that are not reached yet, the oldest first.
    ends_ahead: BTreeMap<i32, EndsAhead>,
    /// The undeclared teams that were named in the log.
    named: BTreeSet<String>,
    /// The instant that they were last advanced to.
    now: Timestamp,
    /// When the batch of records began that is being applied. A batch takes milliseconds, and asking for the
    /// time takes as long as some parts of a record's work.
    batch_at: Timestamp,
    effects: Effects,
    stream: StreamStatus,
    /// The earliest time of an event that was applied since it was last asked for.
    oldest_event: Option<Timestamp>,
    /// Why assigned partitions are not taken up.
    blocked: Option<Trouble>,
    /// The delay of events since the last report.
    event_delay: LocalHistogram,
    /// Writes rejected records to a topic; `None` if they are only logged.
    dead_letters: Option<DeadLetters>,
    /// Makes events of the records; `None` if they are events.
    mapping: Option<Arc<Mapping>>,
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
            waiting_walks: WaitingWalks::default(),
            ends_ahead: BTreeMap::new(),
            named: BTreeSet::new(),
            now: Timestamp::EVENT_MIN,
            batch_at: clock.now(),
            effects: Effects::default(),
            stream: StreamStatus { topic: topic.to_owned(), ..StreamStatus::default() },
            oldest_event: None,
            blocked: None,
            event_delay: instruments.event_delay.local(),
            dead_letters: None,
            mapping: None,
        }
    }

    /// Sets the filter that makes events of the records.
    pub(super) fn set_mapping(&mut self, mapping: Option<Arc<Mapping>>) {
        self.mapping = mapping;
    }

    /// Sets whether the ids of waiting tickets are shown. Called before the first partition is taken up.
    pub(super) fn set_shows_ids(&mut self, shows_ids: bool) {
        self.waiting_walks = WaitingWalks::new(shows_ids);
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

    /// The instant that partitions were last advanced to.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn shards_mut(&mut self) -> impl Iterator<Item = &mut Shard> {
        self.partitions.values_mut().map(Partition::shard_mut)
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

    /// Sets why assigned partitions are not taken up; `None` if all are.
    pub(super) fn set_blocked(&mut self, blocked: Option<Trouble>) {
        self.blocked = blocked;
    }

    /// Adds a partition.
    pub(super) fn insert(&mut self, number: i32, mut partition: Partition) {
        self.waiting_walks.begin(number, &mut partition);
        // Another instance may have read events of any time.
        self.oldest_event = Some(Timestamp::EVENT_MIN);
        let progress = PartitionProgress {
            tenure: partition.held_since(),
            position: partition.position(),
            event_time_max: partition.counted_to(),
            responses: Arc::new(partition.responses().clone()),
            counted_before: partition.counted_before().cloned(),
            history_from: partition.history_from(),
            ..PartitionProgress::default()
        };
        self.stream.given_up.remove(&number);
        self.stream.partitions.insert(number, progress);
        self.partitions.insert(number, partition);
        self.ends_ahead.insert(number, EndsAhead::new());
    }

    /// Removes a partition and retracts its effects.
    pub(super) fn remove(&mut self, number: i32) {
        self.waiting_walks.end(number);
        let progress = self.stream.partitions.remove(&number);
        if let Some(mut partition) = self.partitions.remove(&number) {
            if progress.is_some_and(|progress| progress.is_caught_up) {
                let tenure = partition.held_since();
                let responses = Arc::new(partition.responses().clone());
                self.stream.given_up.insert(number, GivenUpPartition { tenure, responses });
            }
            partition.withdraw(&mut self.effects);
        }
        self.ends_ahead.remove(&number);
    }

    /// Records that records of a partition were deleted unread.
    pub(super) fn lost_records(&mut self, partition: &mut Partition, is_known: bool) {
        partition.lost_records(clock::wall());
        // Records that retention deleted before the first read are not a gap.
        self.stream.gaps += u64::from(is_known);
    }

    /// Prepares to read a partition from its start, keeping its tickets.
    pub(super) fn restart(&mut self, number: i32, topic_id: Option<&Arc<str>>) {
        if let Some(partition) = self.partitions.get_mut(&number) {
            if let Some(id) = topic_id {
                partition.set_topic_id(id);
            }
            partition.lost_records(clock::wall());
            self.stream.gaps += 1;
        }
        if let Some(progress) = self.stream.partitions.get_mut(&number) {
            progress.is_caught_up = false;
            progress.read_to = None;
            progress.end = None;
            progress.open_transaction = None;
        }
        self.ends_ahead.insert(number, EndsAhead::new());
    }

    /// Moves a partition ahead over offsets that are delivered to no reader.
    pub(super) fn skip_to(&mut self, number: i32, position: i64) {
        if let Some(partition) = self.partitions.get_mut(&number)
            && let Some(progress) = self.stream.partitions.get_mut(&number)
        {
            partition.skip_to(position);
            progress.position = partition.position();
        }
    }

    /// Notes that a partition has no history before now, if the topic does not keep it.
    pub(super) fn lost_history(&mut self) {
        let now = clock::wall();
        self.partitions.values_mut().for_each(|partition| partition.lost_history(now));
    }

    /// Notes the ends that the brokers have reported, and which of them are reached.
    fn look_at_ends(&mut self, topic: &TopicState) {
        for (number, ahead) in &mut self.ends_ahead {
            let Some(progress) = self.stream.partitions.get_mut(number) else { continue };
            let Some(end) = topic.ends.get(number).and_then(|end| end.answered) else { continue };
            ahead.add(end);
            progress.end = Some(end.end);
            if let Some(reached) = ahead.reach(progress.position) {
                progress.read_to = Some(reached);
                progress.is_caught_up = true;
            }
        }
    }

    /// Notes since when open transactions hide records.
    pub(super) fn look_at_transactions(&mut self, reported: &mut BTreeMap<i32, PartitionProgress>) {
        for (number, report) in reported {
            let Some(progress) = self.stream.partitions.get_mut(number) else { continue };
            let is_hidden = report.hidden_records() > 0;
            progress.hidden_since = if is_hidden {
                Some(progress.hidden_since.unwrap_or_else(clock::instant))
            } else {
                None
            };
            report.hidden_since = progress.hidden_since;
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
        for (number, partition) in &mut self.partitions {
            partition.adopt(Arc::clone(catalog));
            if let Some(progress) = self.stream.partitions.get_mut(number) {
                progress.responses = Arc::new(partition.responses().clone());
                progress.counted_before = partition.counted_before().cloned();
            }
        }
        self.stream.given_up.clear();
        Arc::make_mut(&mut self.stream.producer_notes).adopt(catalog);
        self.catalog = Arc::clone(catalog);
        self.effects = Effects::default();
    }

    /// Counts from `now`, which is before the instant that a wrong clock had set. All effects start from
    /// zero.
    pub(super) fn correct_time(&mut self, now: Timestamp) {
        for partition in self.partitions.values_mut() {
            partition.correct_time(now);
        }
        self.now = now;
        self.effects = Effects::default();
    }

    /// Names each team of an event that has no agreement, once.
    pub(super) fn name_undeclared_teams(&mut self) {
        for partition in self.partitions.values_mut() {
            for team in partition.take_undeclared() {
                if self.named.len() >= TEAMS_NAMED_MAX || !self.named.insert(team.clone()) {
                    continue;
                }
                let advice = undeclared_team_advice(&team, &self.catalog);
                tracing::info!(
                    team = &*team,
                    "events of a team without an agreement: its tickets are unclaimed, and what it does on \
                     tickets of other teams counts for those; {advice}"
                );
            }
        }
    }

    /// Stops counting split tickets, and returns which tickets that another partition opened are here.
    pub(super) fn answer(&mut self, question: &SplitQuestion) -> Vec<TicketInPartition> {
        let mut noted = Vec::new();
        for ticket in &question.aside {
            if let Some(partition) = self.partitions.get_mut(&ticket.partition)
                && partition.set_aside(ticket.key, &mut self.effects)
            {
                noted.push(*ticket);
            }
        }
        let mut found = Vec::new();
        for &ticket in &question.opened {
            let others = self.partitions.iter_mut();
            for (number, partition) in others.filter(|(number, _)| **number != ticket.partition) {
                if partition.set_aside(ticket.key, &mut self.effects) {
                    found.push(ticket);
                    noted.push(TicketInPartition { partition: *number, ..ticket });
                }
            }
        }
        self.note_split_tickets(&noted);
        found
    }

    /// Names tickets that have events in one of these partitions and in another one.
    fn note_split_tickets(&mut self, tickets: &[TicketInPartition]) {
        for ticket in tickets {
            let partition = self.partitions.get(&ticket.partition);
            if let Some(id) = partition.and_then(|partition| partition.ticket_of(ticket.key)) {
                let notes = Arc::make_mut(&mut self.stream.producer_notes);
                notes.split_ticket(id, ticket.partition);
            }
        }
    }

    /// Keys of the tickets that partitions have opened since the last call, by partition.
    pub(super) fn take_opened(&mut self) -> Vec<(i32, Vec<u64>)> {
        let all = self.partitions.iter_mut();
        all.map(|(number, partition)| (*number, partition.take_opened()))
            .filter(|(_, keys)| !keys.is_empty())
            .collect()
    }

    /// Evicts some of the timelines that have been at rest for long, and looks at some for the lists of those
    /// that wait.
    pub(super) fn walk(&mut self) {
        for (number, partition) in &mut self.partitions {
            let is_whole = self.stream.partitions.get(number).is_some_and(|p| p.is_caught_up);
            if is_whole {
                self.waiting_walks.go_on(*number, partition, self.now);
                let part = partition.shard().timelines() / EVICTION_PARTS + 1;
                partition.forget_some(self.now, self.reopen_within, part);
            }
        }
    }

    /// The earliest time of an event that was applied since the last call; `None` if none was.
    pub(super) fn take_oldest_event(&mut self) -> Option<Timestamp> {
        self.oldest_event.take()
    }

    pub(super) fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// The status of this worker's partitions, with the topic as the brokers last described it.
    pub(super) fn report(&mut self, topic: &TopicState) -> StreamStatus {
        self.event_delay.flush();
        self.look_at_ends(topic);
        for (number, partition) in &mut self.partitions {
            let Some(progress) = self.stream.partitions.get_mut(number) else { continue };
            if progress.is_caught_up {
                progress.waiting_lists = self.waiting_walks.follow(*number, partition, self.now);
            }
            if progress.responses.total() != partition.responses().total() {
                progress.responses = Arc::new(partition.responses().clone());
            }
            progress.team_events = partition.shard_mut().team_events(self.now);
            progress.reviews = partition.reviews(self.now);
            progress.evicted_reviews = Arc::clone(partition.shard().evicted_past().reviews());
            progress.history_from = partition.history_from();
            let shard = partition.shard();
            progress.timelines = shard.timelines() as u64;
            progress.stubs = shard.stub_count() as u64;
            progress.stub_bytes = shard.stub_bytes() as u64;
            progress.stubs_evicted = shard.stubs_evicted();
            progress.is_full = shard.is_full();
        }
        let dead_letters = self.dead_letters.as_ref().map(DeadLetters::counts);
        StreamStatus { blocked: self.blocked.clone(), dead_letters, ..self.stream.clone() }
    }

    /// Notes that a batch of records begins.
    pub(super) fn begin_batch(&mut self) {
        self.batch_at = self.clock.now();
    }

    /// Applies one record of the batch. Returns false if the topic was recreated.
    pub(super) fn take(&mut self, message: &BorrowedMessage<'_>) -> bool {
        let Self {
            catalog,
            batch_at,
            partitions,
            effects,
            stream,
            event_delay,
            dead_letters,
            mapping,
            ..
        } = self;
        let oldest_event = &mut self.oldest_event;
        let number = message.partition();
        let Some(partition) = partitions.get_mut(&number) else { return true };
        let Some(progress) = stream.partitions.get_mut(&number) else { return true };
        let attributes = cloud_event_attributes(message);
        let record = Record {
            offset: message.offset(),
            key: message.key(),
            attributes: &attributes,
            payload: message.payload(),
            mapping: mapping.as_deref(),
            published: published(message.timestamp()),
        };
        let processed = match partition.take(&record, effects) {
            Taken::AlreadyRead => return true,
            Taken::OtherTopic => return false,
            Taken::Processed(processed) => processed,
        };
        let ProcessedRecord { outcome, applied, is_misplaced, ahead, ignored } = processed;
        progress.position = partition.position();
        let undeclared_team = partition.take_undeclared_last();
        progress.records += 1;
        progress.replayed += u64::from(!progress.is_caught_up);
        progress.bytes += (message.key().map_or(0, <[u8]>::len) + message.payload_len()) as u64;
        stream.key_mismatches += u64::from(is_misplaced);
        if !applied.is_empty() {
            let now = *batch_at;
            progress.applied_at = Some(now);
            for (kind, time) in applied {
                *stream.applied.entry(kind).or_default() += 1;
                progress.event_time_max = progress.event_time_max.max(Some(time));
                *oldest_event = Some(oldest_event.map_or(time, |oldest| oldest.min(time)));
                // While catching up, the delay would measure the backlog.
                if progress.is_caught_up {
                    event_delay.observe(now.since(time).seconds());
                }
            }
            if let Some(time) = ahead {
                mismatched_times(message, time, now, &mut stream.mismatched_times);
            }
        }
        stream.outcomes.count(&outcome);
        stream.outcomes.count_ignored(&ignored);
        name_ignored(message, &ignored, &stream.outcomes);
        let read = ReadRecord { message, attributes: &attributes, is_mapped: mapping.is_some() };
        read.note(&outcome, undeclared_team, catalog, stream);
        if let (Outcome::Rejected(rejection), Some(dead_letters)) = (&outcome, dead_letters) {
            dead_letters.send(message, rejection);
        }
        true
    }
}

/// When a record was published, and by whose clock.
pub fn published(timestamp: message::Timestamp) -> Published {
    match timestamp {
        message::Timestamp::NotAvailable => Published::Unknown,
        message::Timestamp::CreateTime(ms) => Published::Created(Timestamp::from_ms(ms)),
        message::Timestamp::LogAppendTime(ms) => Published::Appended(Timestamp::from_ms(ms)),
    }
}

/// The attributes of a CloudEvent in binary mode, by name; none if a record is no such event
/// (CloudEvents, Kafka Protocol Binding 1.0.2, §3.2). A header that is not UTF-8 is left out.
pub fn cloud_event_attributes<'m>(
    message: &'m BorrowedMessage<'_>,
) -> SmallVec<[(&'m str, &'m str); 6]> {
    let Some(headers) = message.headers() else { return SmallVec::new() };
    let attributes = headers.iter().filter_map(|header| {
        let name = header.key.strip_prefix("ce_")?;
        Some((name, std::str::from_utf8(header.value?).ok()?))
    });
    let attributes: SmallVec<_> = attributes.collect();
    let has_version = attributes.iter().any(|(name, _)| *name == "specversion");
    if has_version { attributes } else { SmallVec::new() }
}
