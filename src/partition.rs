//! A shard with its place in the topic: what it has read, what it keeps of that, and where it takes up again.
//! Pure: no clock, no Kafka, no files.
//!
//! Use: [`Partition::new`] or [`Partition::restore`]; read from [`Partition::start`] on, [`Partition::take`]
//! every record; [`Partition::advance_some`] until nothing is left; then [`Partition::image`] is what a
//! checkpoint must hold. Once that is durable, [`Origin::position`] may be committed.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::checkpoint::{self, Checkpoint, CheckpointError, Origin, RecordFingerprint};
use crate::event::{Event, Kind, Outcome, Skip, Subject, decode, too_far_ahead};
use crate::responses::{ResponseCounter, Responses};
use crate::shard::Shard;
use crate::ticket::Sink;
use crate::time::{Elapsed, MINUTE_MS, Timestamp};

/// How far an event may lie after its own record's timestamp. What lies further is refused before it can
/// move anything: one record from a wrong clock must not carry `now` along.
const AHEAD_MAX: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);

/// One record of a topic, borrowed from whoever read it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// Its place in the partition.
    pub offset: i64,
    /// Its key; absent where it has none.
    pub key: Option<&'r [u8]>,
    /// Its value; absent for a tombstone.
    pub payload: Option<&'r [u8]>,
    /// Its Kafka timestamp in ms since the epoch; absent where the broker has none.
    pub timestamp: Option<i64>,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was read before the checkpoint was written.
    AlreadyRead,
    /// It is not the one that was read at that offset before: the topic is another one of the same name.
    OtherTopic,
    /// It was looked at.
    Processed {
        /// What became of it.
        outcome: Outcome,
        /// Kind and time of its event, where it is one.
        event: Option<(Kind, Timestamp)>,
        /// Whether its key is not its ticket's id.
        is_misplaced: bool,
    },
}

/// From where on a partition must be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From its beginning.
    Beginning,
    /// From this offset.
    At(i64),
}

/// One source partition as this process has it.
#[derive(Debug)]
pub struct Partition {
    topic: Arc<str>,
    number: i32,
    epoch: u64,
    catalog: Arc<Catalog>,
    shard: Shard,
    responses: Responses,
    position: i64,
    last_record: Option<RecordFingerprint>,
    history_from: Option<Timestamp>,
    /// Whether records are lost that came just before the next one.
    follows_gap: bool,
    /// The position of the latest image.
    imaged_at: Option<i64>,
}

impl Partition {
    /// One of which nothing is known yet. `epoch` is higher than that of any image of it.
    pub fn new(catalog: Arc<Catalog>, topic: &Arc<str>, number: i32, epoch: u64) -> Self {
        let mut shard = Shard::new(Arc::clone(&catalog));
        // From the first ticket on.
        shard.take_opened();
        Self {
            topic: Arc::clone(topic),
            number,
            epoch,
            shard,
            responses: Responses::new(&catalog),
            catalog,
            position: 0,
            last_record: None,
            history_from: None,
            follows_gap: false,
            imaged_at: None,
        }
    }

    /// As its image has it, to be judged by these rules.
    ///
    /// # Errors
    /// When the image is of another partition, or cannot be read.
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
        Ok(Self {
            topic: Arc::clone(topic),
            number,
            epoch,
            shard: image.restore(Arc::clone(&catalog))?,
            responses: image.responses(&catalog),
            catalog,
            position: origin.position,
            last_record: origin.last_record,
            history_from: origin.history_from,
            follows_gap: false,
            imaged_at: Some(origin.position),
        })
    }

    /// From where on it must be read: one that was restored from the last record that it knows, to see that
    /// the topic is still the same.
    pub fn start(&self) -> Start {
        match self.last_record {
            Some(last) => Start::At(last.offset),
            None if self.position > 0 => Start::At(self.position),
            None => Start::Beginning,
        }
    }

    /// Takes in one record. What the sink knew of later events of that ticket is taken back from it.
    pub fn take(&mut self, record: &Record<'_>, sink: &mut dyn Sink) -> Taken {
        let fingerprint = RecordFingerprint {
            offset: record.offset,
            timestamp: record.timestamp.unwrap_or_default(),
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
        let decoded = match record.payload {
            None => Err(Outcome::Skipped(Skip::Tombstone)),
            Some(payload) => decode(payload).and_then(|event| in_time(event, record.timestamp)),
        };
        if self.follows_gap {
            self.follows_gap = false;
            let published = record.timestamp.map(Timestamp::from_ms);
            let published = published.or_else(|| decoded.as_ref().ok().map(|event| event.time));
            // Until now it was the instant at which the gap was seen.
            self.history_from = self.history_from.map(|seen| published.unwrap_or(seen).min(seen));
        }
        match decoded {
            Ok(event) => {
                let (Subject::Ticket(subject) | Subject::Team(subject)) = &event.subject;
                Taken::Processed {
                    is_misplaced: record.key != Some(subject.as_bytes()),
                    outcome: self.shard.apply(&event, sink),
                    event: Some((event.kind, event.time)),
                }
            }
            Err(outcome) => Taken::Processed { outcome, event: None, is_misplaced: false },
        }
    }

    /// Brings the sink up to `now`, at most so many timelines at a time, and counts the samples that are
    /// made; whether some are left.
    pub fn advance_some(&mut self, now: Timestamp, most: usize, sink: &mut dyn Sink) -> bool {
        let mut counting = ResponseCounter { sink, responses: &mut self.responses };
        self.shard.advance_some(now, most, &mut counting)
    }

    /// Judges by other rules from now on. Nothing is taken back: the sink begins anew, too.
    pub fn adopt(&mut self, catalog: Arc<Catalog>) {
        self.responses = self.responses.by_other_catalog(&self.catalog, &catalog);
        self.shard.adopt(Arc::clone(&catalog), &mut ());
        self.catalog = catalog;
    }

    /// Takes everything back from the sink, as when it goes to another instance.
    pub fn withdraw(&mut self, sink: &mut dyn Sink) {
        self.shard.withdraw(sink);
    }

    /// Looks at so many tickets in turn, and forgets those at rest whose last event is older than both the
    /// longest window and `reopen_within`.
    pub fn forget_some(&mut self, now: Timestamp, reopen_within: Elapsed, most: usize) -> usize {
        let windows = self.catalog.windows().last().copied().unwrap_or(Elapsed::ZERO);
        self.shard.forget_some(now.minus(windows.max(reopen_within)), most)
    }

    /// Says that records are lost that came before the next one: deleted by the topic's retention before
    /// they were read, or gone with the topic. What is known stays known; `seen` is when it was noticed.
    pub fn lost_records(&mut self, seen: Timestamp) {
        // Offsets begin anew: what is kept from here on must hold over what was kept at higher ones.
        self.epoch = self.epoch.saturating_add(1);
        self.history_from = Some(seen);
        self.follows_gap = true;
        self.last_record = None;
        self.position = 0;
        self.imaged_at = None;
    }

    /// The tickets that were opened since this was last asked, as hashes of their keys.
    pub fn take_opened(&mut self) -> Vec<u64> {
        self.shard.take_opened()
    }

    /// Leaves a ticket out of the counts, since other events of it are in another partition. Whether it is
    /// here.
    pub fn set_aside(&mut self, key: u64, sink: &mut dyn Sink) -> bool {
        self.shard.set_aside(key, sink)
    }

    /// The image of it as of now, for a checkpoint; none while something has not been brought up to the
    /// sink's instant, and so is not counted.
    pub fn image(&mut self, written_at: Timestamp) -> Option<(Origin, Vec<u8>)> {
        let origin = Origin {
            topic: self.topic.to_string(),
            partition: self.number,
            epoch: self.epoch,
            position: self.position,
            written_at,
            history_from: self.history_from,
            counted_to: self.shard.settled_at()?,
            last_record: self.last_record,
        };
        let bytes = checkpoint::write(&self.shard, &self.responses, &self.catalog, &origin);
        self.imaged_at = Some(self.position);
        Some((origin, bytes))
    }

    /// Whether it has read anything since its latest image.
    pub fn has_news(&self) -> bool {
        self.imaged_at != Some(self.position)
    }

    /// The offset of the next record that it does not know.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// How often it had been taken over.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// From when on its history is whole; absent where it is from the topic's beginning.
    pub fn history_from(&self) -> Option<Timestamp> {
        self.history_from
    }

    /// The samples that it has counted.
    pub fn responses(&self) -> &Responses {
        &self.responses
    }

    /// The instant up to which its samples are counted; absent before the first.
    pub fn counted_to(&self) -> Option<Timestamp> {
        self.shard.counted_to()
    }

    /// Its timelines.
    pub fn shard(&self) -> &Shard {
        &self.shard
    }
}

/// Refuses an event too far after its own record's timestamp; without one there is no such check.
fn in_time(event: Event<'_>, timestamp: Option<i64>) -> Result<Event<'_>, Outcome> {
    let Some(ms) = timestamp else { return Ok(event) };
    let record = Timestamp::from_ms(ms);
    if event.time > record.plus(AHEAD_MAX) {
        return Err(Outcome::Rejected(too_far_ahead(event.time, record)));
    }
    Ok(event)
}

/// The name that a checkpoint is kept by, and in which order they hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Of two the later epoch holds.
    pub epoch: u64,
    /// Of two of one epoch the later position holds.
    pub position: i64,
}

impl Name {
    /// The last part of the path, such as `7-1042.vaste`.
    pub fn file(&self) -> String {
        format!("{}-{}.vaste", self.epoch, self.position)
    }

    /// The name that the last part of a path says; none where it is of something else.
    pub fn of_file(file: &str) -> Option<Self> {
        let (epoch, position) = file.strip_suffix(".vaste")?.split_once('-')?;
        Some(Self { epoch: epoch.parse().ok()?, position: position.parse().ok()? })
    }

    /// Which of a partition's checkpoints may go once `self` is durable: all but it and the one before.
    pub fn obsolete<'n>(&self, all: &'n BTreeSet<Self>) -> impl Iterator<Item = &'n Self> {
        let mut older = all.range(..self.clone()).rev();
        older.next();
        older
    }
}
