//! A source partition: a shard, the position in the topic, and the response counters. It has no clock and
//! uses neither Kafka nor files.
//!
//! Use:
//! 1. Make one with [`Partition::new`] or [`Partition::restore`].
//! 2. Read the topic from [`Partition::start`] on, and [`Partition::take`] every record.
//! 3. Call [`Partition::advance_some`] until nothing is left.
//! 4. Write [`Partition::image`] to a checkpoint. Once that is durable, commit [`Origin::position`].

use std::sync::Arc;

use smallvec::SmallVec;

use crate::catalog::Catalog;
use crate::checkpoint::{self, Checkpoint, CheckpointError, Origin, RecordFingerprint, Tenure};
use crate::event::{Event, IgnoredField, Kind, Outcome, Skip, Subject, decode_with, too_far_ahead};
use crate::mapping::Mapping;
use crate::name;
use crate::responses::{ResponseCounter, Responses};
use crate::review::Review;
use crate::shard::Shard;
use crate::ticket::Sink;
use crate::time::{DAY_MS, Elapsed, MINUTE_MS, Timestamp};

/// Maximum time by which an event may be after the time at which its own record was published.
pub const AHEAD_MAX: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);

/// How far the clock may be ahead of the latest record and still evict tickets.
const AHEAD_OF_RECORDS_MAX: Elapsed = Elapsed::from_ms(DAY_MS);

/// When a record was published, and by whose clock.
///
/// # Design
/// Whether an event is refused depends on its record alone, so that each delivery meets the same fate. Only
/// the broker's clock can refuse one: what a producer writes as the record's timestamp may be the creation of
/// the ticket, seconds instead of milliseconds, or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// The broker's clock when it stored the record (`message.timestamp.type=LogAppendTime`). An event more
    /// than [`AHEAD_MAX`] after it is refused before it has any effect.
    Appended(Timestamp),
    /// The producer's word (`CreateTime`, the default of Kafka). It refuses nothing; an event ahead of the
    /// clock waits in its timeline until its time.
    Created(Timestamp),
    /// The record has no timestamp.
    Unknown,
}

impl Published {
    /// The time, by whichever clock.
    pub fn time(self) -> Option<Timestamp> {
        match self {
            Self::Appended(at) | Self::Created(at) => Some(at),
            Self::Unknown => None,
        }
    }

    /// The time by the broker's clock.
    fn appended(self) -> Option<Timestamp> {
        match self {
            Self::Appended(at) => Some(at),
            Self::Created(_) | Self::Unknown => None,
        }
    }
}

/// One record of a topic, borrowed from its reader.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// The offset in the partition.
    pub offset: i64,
    /// The key; `None` if it has none.
    pub key: Option<&'r [u8]>,
    /// The attributes of a CloudEvent in binary mode, by name; none for other records.
    pub attributes: &'r [(&'r str, &'r str)],
    /// The value; `None` for a tombstone.
    pub payload: Option<&'r [u8]>,
    /// The filter that makes events of the value; `None` if the value is an event.
    pub mapping: Option<&'r Mapping>,
    /// When it was published.
    pub published: Published,
}

/// The result of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The partition has it already: it was read before the checkpoint was written.
    AlreadyRead,
    /// Another record was read at that offset before: the topic was recreated.
    OtherTopic,
    /// It was decoded, and applied if it is an event.
    Processed(ProcessedRecord),
}

/// What became of one record. Without a filter a record is at most one event. With one it may be several:
/// those that can be are applied, also if another is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessedRecord {
    /// The outcome. Of several events, it is that of a rejected one, else of an applied one, else of a
    /// duplicate.
    pub outcome: Outcome,
    /// Kinds and times of the events that were applied.
    pub applied: SmallVec<[(Kind, Timestamp); 1]>,
    /// Whether the record's key differs from the ticket or team of an event.
    pub is_misplaced: bool,
    /// The time of an event that is more than [`AHEAD_MAX`] after the timestamp that its producer gave the
    /// record: one of the two times is wrong. `None` if there is none.
    pub ahead: Option<Timestamp>,
    /// The fields that were left out of the events.
    pub ignored: Vec<IgnoredField>,
}

impl ProcessedRecord {
    fn new() -> Self {
        Self {
            outcome: Outcome::Skipped(Skip::Tombstone),
            applied: SmallVec::new(),
            is_misplaced: false,
            ahead: None,
            ignored: Vec::new(),
        }
    }

    /// Adds the outcome of an event.
    fn add(&mut self, outcome: Outcome) {
        let is_decisive = match (&self.outcome, &outcome) {
            (Outcome::Rejected(_), _) => false,
            (_, Outcome::Rejected(_)) => true,
            (Outcome::Applied, _) => false,
            (_, Outcome::Applied) => true,
            (Outcome::Duplicate, _) => false,
            (Outcome::Skipped(_), Outcome::Duplicate | Outcome::Skipped(_)) => true,
        };
        if is_decisive {
            self.outcome = outcome;
        }
    }
}

/// Where to start reading a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At its first record.
    Beginning,
    /// At this offset.
    At(i64),
}

/// Whether the key of a record is the id of its ticket, or the name of its team.
fn is_key_of(key: Option<&[u8]>, subject: &str) -> bool {
    let is_same_name =
        |key: &[u8]| std::str::from_utf8(key).is_ok_and(|key| *name::normal(key) == *subject);
    key.is_some_and(|key| key == subject.as_bytes() || is_same_name(key))
}

/// The state of one source partition.
#[derive(Debug)]
pub struct Partition {
    topic: Arc<str>,
    /// The id that Kafka gave the topic when it was created; `None` while it is not known.
    topic_id: Option<Arc<str>>,
    tenure: Option<Tenure>,
    number: i32,
    epoch: u64,
    catalog: Arc<Catalog>,
    shard: Shard,
    responses: Responses,
    /// What the process before had counted when it gave the partition up; `None` if it did not give it up, or
    /// the present process held it before.
    counted_before: Option<Arc<Responses>>,
    position: i64,
    last_record: Option<RecordFingerprint>,
    history_from: Option<Timestamp>,
    /// Whether records before the next one are lost.
    follows_gap: bool,
    /// The position of the latest image.
    imaged_at: Option<i64>,
    /// The latest time of a record, by whoever set it; `None` before the first record.
    published_to: Option<Timestamp>,
}

impl Partition {
    /// An empty partition. `epoch` must be higher than that of any checkpoint of this partition.
    pub fn new(catalog: Arc<Catalog>, topic: &Arc<str>, number: i32, epoch: u64) -> Self {
        let mut shard = Shard::new(Arc::clone(&catalog));
        // Start the list of opened tickets with the first one.
        shard.take_opened();
        Self {
            topic: Arc::clone(topic),
            topic_id: None,
            tenure: None,
            number,
            epoch,
            shard,
            responses: Responses::new(&catalog),
            counted_before: None,
            catalog,
            position: 0,
            last_record: None,
            history_from: None,
            follows_gap: false,
            imaged_at: None,
            published_to: None,
        }
    }

    /// Restores a partition from its image, for `catalog`.
    ///
    /// # Errors
    /// If the image is of another partition, or cannot be read.
    pub fn restore(
        image: &Checkpoint<'_>,
        catalog: Arc<Catalog>,
        topic: &Arc<str>,
        number: i32,
        epoch: u64,
    ) -> Result<Self, CheckpointError> {
        let origin = &image.origin;
        if *origin.topic != **topic || origin.partition != number {
            return Err(CheckpointError::Elsewhere {
                topic: origin.topic.clone(),
                partition: origin.partition,
            });
        }
        let responses = image.responses(&catalog);
        Ok(Self {
            topic: Arc::clone(topic),
            topic_id: origin.topic_id.as_deref().map(Arc::from),
            tenure: origin.tenure,
            number,
            epoch,
            shard: image.restore(Arc::clone(&catalog))?,
            counted_before: origin.is_handed_over.then(|| Arc::new(responses.clone())),
            responses,
            catalog,
            position: origin.position,
            last_record: origin.last_record,
            history_from: origin.history_from,
            follows_gap: false,
            imaged_at: Some(origin.position),
            published_to: None,
        })
    }

    /// Where to start reading. A restored partition starts at its last known record, to check that the
    /// topic is still the same.
    pub fn start(&self) -> Start {
        match self.last_record {
            Some(last) => Start::At(last.offset),
            None if self.position > 0 => Start::At(self.position),
            None => Start::Beginning,
        }
    }

    /// Processes one record. If its event is late, the changes of later events of that ticket are taken back
    /// from the sink.
    pub fn take(&mut self, record: &Record<'_>, sink: &mut dyn Sink) -> Taken {
        let fingerprint = RecordFingerprint {
            offset: record.offset,
            timestamp: record.published.time().map_or(0, Timestamp::ms),
            bytes: u32::try_from(record.payload.map_or(0, <[u8]>::len)).unwrap_or(u32::MAX),
        };
        if record.offset < self.position {
            let is_other = self
                .last_record
                .is_some_and(|last| last.offset == fingerprint.offset && last != fingerprint);
            return if is_other { Taken::OtherTopic } else { Taken::AlreadyRead };
        }
        self.position = record.offset + 1;
        self.last_record = Some(fingerprint);
        if self.follows_gap {
            self.follows_gap = false;
            // Until now `history_from` was the instant at which the gap was noticed. The producer's timestamp
            // says nothing about the gap: the first record left may be an old event that was sent late.
            let appended = record.published.appended();
            self.history_from =
                self.history_from.map(|seen| appended.map_or(seen, |at| at.max(seen)));
        }
        let mut processed = ProcessedRecord::new();
        match (record.payload, record.mapping) {
            (None, _) => {}
            (Some(payload), None) => {
                let decoded = decode_with(record.attributes, payload);
                self.take_event(record, decoded, &mut processed, sink);
            }
            (Some(payload), Some(mapping)) => mapping.decode(payload, |_, decoded| {
                self.take_event(record, decoded, &mut processed, sink);
            }),
        }
        self.published_to = self.published_to.max(record.published.time());
        Taken::Processed(processed)
    }

    /// Applies one event of a record.
    fn take_event(
        &mut self,
        record: &Record<'_>,
        decoded: Result<Event<'_>, Outcome>,
        processed: &mut ProcessedRecord,
        sink: &mut dyn Sink,
    ) {
        let mut event = match decoded.and_then(|event| in_time(event, record.published)) {
            Ok(event) => event,
            Err(outcome) => return processed.add(outcome),
        };
        event.read_priority(self.catalog.priority_names());
        let (Subject::Ticket(subject) | Subject::Team(subject)) = &event.subject;
        processed.is_misplaced |= !is_key_of(record.key, subject);
        match record.published {
            Published::Created(at) if event.time > at.plus(AHEAD_MAX) => {
                processed.ahead = processed.ahead.max(Some(event.time));
            }
            Published::Created(_) | Published::Appended(_) => {}
            Published::Unknown => self.published_to = self.published_to.max(Some(event.time)),
        }
        let outcome = self.shard.apply(&event, sink);
        if outcome == Outcome::Applied {
            processed.applied.push((event.kind, event.time));
        }
        processed.add(outcome);
        processed.ignored.append(&mut event.ignored);
    }

    /// Advances at most `most` timelines to `now` and counts their new samples. Returns whether some are
    /// left.
    pub fn advance_some(&mut self, now: Timestamp, most: usize, sink: &mut dyn Sink) -> bool {
        let mut counting = ResponseCounter { sink, responses: &mut self.responses };
        self.shard.advance_some(now, most, &mut counting)
    }

    /// Switches to another catalog. Nothing is taken back: the sink must start empty, too.
    pub fn adopt(&mut self, catalog: Arc<Catalog>) {
        self.responses = self.responses.by_other_catalog(&self.catalog, &catalog);
        self.counted_before = self
            .counted_before
            .take()
            .map(|before| Arc::new(before.by_other_catalog(&self.catalog, &catalog)));
        self.shard.adopt(Arc::clone(&catalog), &mut ());
        self.catalog = catalog;
    }

    /// Takes all changes back from the sink, as when the partition is revoked.
    pub fn withdraw(&mut self, sink: &mut dyn Sink) {
        self.shard.withdraw(sink);
    }

    /// Considers the next `most` tickets in turn, and evicts those at rest whose last event is older than
    /// both the longest window and `reopen_within`. Returns how many were evicted.
    ///
    /// A clock that is more than a day ahead of the records evicts nothing more: what it says may be wrong,
    /// and an evicted ticket does not come back.
    pub fn forget_some(&mut self, now: Timestamp, reopen_within: Elapsed, most: usize) -> usize {
        let Some(published) = self.published_to else { return 0 };
        let now = now.min(published.plus(AHEAD_OF_RECORDS_MAX));
        let windows = self.catalog.windows().last().copied().unwrap_or(Elapsed::ZERO);
        self.shard.forget_some(now.minus(windows.max(reopen_within)), most)
    }

    /// Notes that records before the next one are lost: the topic's retention deleted them unread, or the
    /// topic was recreated. The known state stays. `seen` is when the loss was noticed.
    pub fn lost_records(&mut self, seen: Timestamp) {
        // Offsets may restart at 0, so later checkpoints need a higher epoch to hold over earlier ones.
        self.epoch = self.epoch.saturating_add(1);
        self.history_from = Some(seen);
        self.follows_gap = true;
        self.last_record = None;
        self.position = 0;
        self.imaged_at = None;
    }

    /// Notes that the topic keeps only the latest record of each key: what it had before `now` is not whole.
    pub fn lost_history(&mut self, now: Timestamp) {
        self.history_from.get_or_insert(now);
    }

    /// Sets the id of the topic. Returns whether it differs from the one known before: the topic was deleted
    /// and recreated, and its offsets say nothing about the records that were read.
    pub fn set_topic_id(&mut self, id: &Arc<str>) -> bool {
        let before = self.topic_id.replace(Arc::clone(id));
        before.is_some_and(|before| before != *id)
    }

    /// Notes that a process holds the partition from now on. If it held it before, and no other process has
    /// since, its tenure goes on.
    pub fn hold(&mut self, process: u64) {
        if self.tenure.is_none_or(|tenure| tenure.process != process) {
            self.tenure = Some(Tenure { process, since_epoch: self.epoch });
        } else {
            self.counted_before = None;
        }
    }

    /// What the process before had counted when it gave the partition up to this one; `None` if it did not.
    pub fn counted_before(&self) -> Option<&Arc<Responses>> {
        self.counted_before.as_ref()
    }

    /// The epoch in which the present process took it over; 0 if that is not known.
    pub fn held_since(&self) -> u64 {
        self.tenure.map_or(0, |tenure| tenure.since_epoch)
    }

    /// Notes the first offset that the topic still has. If the last record that was read is gone, reading
    /// goes on from the next one: the broker refuses an offset before its first.
    pub fn starts_at(&mut self, first: i64) {
        if self.position >= first {
            self.last_record = self.last_record.filter(|last| last.offset >= first);
        }
    }

    /// Moves the position ahead over offsets that no reader is given: markers of transactions, and records
    /// that were aborted.
    pub fn skip_to(&mut self, position: i64) {
        self.position = self.position.max(position);
    }

    /// Corrects what is dated after `now`: the clock was ahead, or was when the checkpoint was written. All
    /// changes are taken back; the sink must start empty. Returns whether there was anything to correct.
    pub fn correct_time(&mut self, now: Timestamp) -> bool {
        let is_late = self.history_from.is_some_and(|from| from > now);
        self.history_from = self.history_from.map(|from| from.min(now));
        self.shard.correct_time(now) || is_late
    }

    /// The team of the last event, if it has no agreement; `None` if that was returned before. If one
    /// record has several events, the last one counts.
    pub fn take_undeclared_last(&mut self) -> Option<&str> {
        self.shard.take_undeclared_last()
    }

    /// The id of the ticket with that hash; `None` if the partition has none.
    pub fn ticket_of(&self, key: u64) -> Option<&str> {
        self.shard.ticket_of(key)
    }

    /// The names of teams without an agreement that events have had since the last call, each once.
    pub fn take_undeclared(&mut self) -> Vec<String> {
        self.shard.take_undeclared()
    }

    /// The tickets that were opened since the last call, as hashes of their keys.
    pub fn take_opened(&mut self) -> Vec<u64> {
        self.shard.take_opened()
    }

    /// Leaves a ticket out of all counts because another partition has other events of it. Returns whether
    /// this partition has the ticket.
    pub fn set_aside(&mut self, key: u64, sink: &mut dyn Sink) -> bool {
        self.shard.set_aside(key, sink)
    }

    /// The image for a checkpoint, with its origin. `None` while events are pending: their samples are not
    /// counted yet.
    pub fn image(&mut self, written_at: Timestamp) -> Option<(Origin, Vec<u8>)> {
        self.make_image(written_at, false)
    }

    /// The same for the last checkpoint of this process: it gives the partition up, and counts no more.
    pub fn last_image(&mut self, written_at: Timestamp) -> Option<(Origin, Vec<u8>)> {
        self.make_image(written_at, true)
    }

    fn make_image(
        &mut self,
        written_at: Timestamp,
        is_handed_over: bool,
    ) -> Option<(Origin, Vec<u8>)> {
        let image = self.bytes(written_at, is_handed_over)?;
        self.imaged_at = Some(self.position);
        Some(image)
    }

    /// A copy of the partition as it is now, to be restored for any catalog. `None` while events are pending.
    pub fn copy(&self, now: Timestamp) -> Option<Vec<u8>> {
        self.bytes(now, false).map(|(_, bytes)| bytes)
    }

    fn bytes(&self, written_at: Timestamp, is_handed_over: bool) -> Option<(Origin, Vec<u8>)> {
        let origin = Origin {
            topic: self.topic.to_string(),
            topic_id: self.topic_id.as_deref().map(str::to_owned),
            tenure: self.tenure,
            partition: self.number,
            epoch: self.epoch,
            position: self.position,
            written_at,
            history_from: self.history_from,
            counted_to: self.shard.settled_at()?,
            last_record: self.last_record,
            is_handed_over,
        };
        let bytes = checkpoint::write(&self.shard, &self.responses, &self.catalog, &origin);
        Some((origin, bytes))
    }

    /// The reviews of its tickets up to `now`; see [`Shard::reviews`].
    pub fn reviews(&mut self, now: Timestamp) -> Arc<Vec<Review>> {
        self.shard.reviews(now)
    }

    /// Whether it has read records since its latest image.
    pub fn has_news(&self) -> bool {
        self.imaged_at != Some(self.position)
    }

    /// The offset of the next record to read.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// How often the partition was assigned or started over.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The start of the known history; `None` if it is the whole topic.
    pub fn history_from(&self) -> Option<Timestamp> {
        self.history_from
    }

    /// The response counters.
    pub fn responses(&self) -> &Responses {
        &self.responses
    }

    /// The instant up to which samples are counted; `None` before the first advance.
    pub fn counted_to(&self) -> Option<Timestamp> {
        self.shard.counted_to()
    }

    /// The shard.
    pub fn shard(&self) -> &Shard {
        &self.shard
    }

    /// The shard, for queries that look up names first.
    pub(crate) fn shard_mut(&mut self) -> &mut Shard {
        &mut self.shard
    }
}

/// Rejects an event that is too far after the time at which the broker stored its record.
fn in_time(event: Event<'_>, published: Published) -> Result<Event<'_>, Outcome> {
    match published.appended() {
        Some(appended) if event.time > appended.plus(AHEAD_MAX) => {
            Err(Outcome::Rejected(too_far_ahead(event.time, appended)))
        }
        Some(_) | None => Ok(event),
    }
}
