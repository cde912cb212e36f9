//! A worker: one consumer of the group on a plain thread, and the shards of its partitions.
//!
//! # Design
//! `BaseConsumer::poll` on the borrowed payload: the fastest shape there is, and every poll serves
//! rebalances, errors and statistics, which streams and split queues are known to miss. The state is
//! rebuilt from the topic's beginning: offsets are seeded inside the rebalance callback, where nothing has
//! been fetched yet; nothing is committed, since no checkpoint holds the effect.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::local::LocalHistogram;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message, Timestamp as KafkaTimestamp};

use self::client::{Change, Context, Noted};
use super::clock::{self, Clock};
use super::instruments::Instruments;
use super::picture::{Progress, Stream};
use crate::config::Kafka;
use crate::event::{Event, Outcome, Skip, Subject, decode, too_far_ahead};
use crate::rules::Rules;
use crate::shard::Shard;
use crate::time::{Elapsed, MINUTE_MS, Timestamp};

mod client;
mod effects;

pub use client::client_config;
pub(super) use effects::Effects;

/// How long a poll waits for a record: how late a worker may notice a command.
const POLL_WAIT: Duration = Duration::from_millis(50);

/// Records that are taken before a command is looked for.
const BATCH_MAX: usize = 1_000;

/// Timelines whose effects go into one batch: a million would be a hundred megabytes on their way.
const DERIVED_AT_ONCE: usize = 20_000;

/// How far an event may lie after its own record's timestamp. What lies further is refused before it can
/// move anything: one record from a wrong clock must not carry `now` along.
const AHEAD_MAX: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);

/// Rejected records that are logged one by one; after that every doubling.
const REJECTIONS_LOGGED: u64 = 10;

/// What the viewer tells a worker.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    /// Bring all shards up to this instant and say what changed.
    Advance(Timestamp),
    /// Leave the group and end.
    Stop,
}

/// What a worker answers: some batches of effects, the last with how far it is.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) worker: usize,
    pub(super) effects: Effects,
    pub(super) stream: Option<Stream>,
}

/// A worker with its shards.
pub(super) struct Worker {
    number: usize,
    consumer: BaseConsumer<Context>,
    noted: Arc<Mutex<Noted>>,
    instruments: Arc<Instruments>,
    holding: Holding,
}

/// What a worker holds.
struct Holding {
    rules: Arc<Rules>,
    clock: Clock,
    shards: BTreeMap<i32, Shard>,
    effects: Effects,
    stream: Stream,
    /// How long events were on their way, since the last report.
    event_delay: LocalHistogram,
}

impl Worker {
    /// Joins the group.
    ///
    /// # Errors
    /// When the client refuses its configuration, in words.
    pub(super) fn new(
        number: usize,
        kafka: &Kafka,
        rules: Arc<Rules>,
        clock: Clock,
        instruments: &Arc<Instruments>,
    ) -> Result<Self, String> {
        let noted = Arc::new(Mutex::new(Noted::default()));
        let context = Context { topic: kafka.topic.clone(), noted: Arc::clone(&noted) };
        let refused =
            |error: KafkaError| format!("the Kafka client refuses kafka.properties: {error}");
        let consumer: BaseConsumer<Context> =
            client_config(kafka, number).create_with_context(context).map_err(refused)?;
        consumer.subscribe(&[&kafka.topic]).map_err(refused)?;
        let holding = Holding {
            rules,
            clock,
            shards: BTreeMap::new(),
            effects: Effects::default(),
            stream: Stream { topic: kafka.topic.clone(), ..Stream::default() },
            event_delay: instruments.event_delay.local(),
        };
        Ok(Self { number, consumer, noted, instruments: Arc::clone(instruments), holding })
    }

    /// Reads until told to stop.
    pub(super) fn run(mut self, commands: &Receiver<Command>, batches: &SyncSender<Batch>) {
        loop {
            self.poll();
            match commands.try_recv() {
                Ok(Command::Advance(now)) => {
                    if !self.advance(now, batches) {
                        return;
                    }
                }
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => {}
            }
        }
    }

    /// Waits for a record, and takes those that are there already along with it.
    fn poll(&mut self) {
        let mut wait = POLL_WAIT;
        let mut began = None;
        for _ in 0..BATCH_MAX {
            let Some(taken) = self.poll_one(wait) else { break };
            wait = Duration::ZERO;
            if taken {
                began.get_or_insert_with(clock::instant);
            }
        }
        if let Some(began) = began {
            self.instruments.apply_duration.observe(began.elapsed().as_secs_f64());
        }
    }

    /// None if nothing was there; else whether it was a record.
    fn poll_one(&mut self, wait: Duration) -> Option<bool> {
        // The message borrows from the consumer, and the shards are beside it.
        let Self { consumer, holding, noted, .. } = self;
        let polled = consumer.poll(wait);
        let changes = {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            if noted.changes.iter().any(|change| matches!(change, Change::Assigned(_))) {
                noted.trouble = None;
            }
            std::mem::take(&mut noted.changes)
        };
        // Before the record: it may be the first of a partition that the very same poll assigned.
        changes.into_iter().for_each(|change| holding.change(change));
        match polled? {
            Ok(message) => {
                holding.take(&message);
                return Some(true);
            }
            Err(KafkaError::PartitionEOF(partition)) => holding.reached_end(partition),
            // Most errors have come to the context before, with more words.
            Err(error) => {
                let is_known =
                    noted.lock().unwrap_or_else(PoisonError::into_inner).trouble.is_some();
                if !is_known {
                    let code = error.rdkafka_error_code();
                    let reason = code.map_or(error.to_string(), |code| code.to_string());
                    consumer.context().error(error, &reason);
                }
            }
        }
        Some(false)
    }

    /// Brings the shards up to `now` and hands on what changed, in batches of bounded size. False once nobody
    /// listens.
    fn advance(&mut self, now: Timestamp, batches: &SyncSender<Batch>) -> bool {
        let partitions_of_topic = self.holding.stream.partitions_of_topic;
        self.holding.stream.partitions_of_topic =
            partitions_of_topic.or_else(|| self.partitions_of_topic());
        loop {
            let has_more = self.holding.derive(now);
            let stream = (!has_more).then(|| self.report());
            let effects = std::mem::take(&mut self.holding.effects);
            if batches.send(Batch { worker: self.number, effects, stream }).is_err() {
                return false;
            }
            if !has_more {
                return true;
            }
        }
    }

    fn report(&mut self) -> Stream {
        let mut stream = self.holding.report();
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        stream.rebalances = noted.rebalances;
        stream.fetched_bytes = noted.fetched_bytes;
        stream.errors.clone_from(&noted.errors);
        stream.trouble = noted.trouble.as_ref().map(|trouble| trouble.said.clone());
        for (partition, progress) in &mut stream.partitions {
            progress.end = progress.end.max(noted.ends.get(partition).copied());
        }
        stream
    }

    /// How many partitions the topic has; asked only until it is known, since asking takes time.
    fn partitions_of_topic(&self) -> Option<usize> {
        let metadata =
            self.consumer.fetch_metadata(Some(&self.holding.stream.topic), POLL_WAIT).ok()?;
        let topic = metadata.topics().first().filter(|topic| topic.error().is_none())?;
        Some(topic.partitions().len()).filter(|count| *count > 0)
    }
}

impl Holding {
    fn change(&mut self, change: Change) {
        match change {
            Change::Assigned(partition) => {
                tracing::info!(partition, "assigned: reading from its beginning");
                self.shards.insert(partition, Shard::new(Arc::clone(&self.rules)));
                self.stream.partitions.insert(partition, Progress::default());
            }
            Change::Revoked(partition) => {
                tracing::info!(partition, "revoked: its tickets are forgotten here");
                if let Some(mut shard) = self.shards.remove(&partition) {
                    shard.withdraw(&mut self.effects);
                }
                self.stream.partitions.remove(&partition);
            }
        }
    }

    fn reached_end(&mut self, partition: i32) {
        if let Some(progress) = self.stream.partitions.get_mut(&partition) {
            progress.is_caught_up = true;
            progress.end = Some(progress.end.unwrap_or(0).max(progress.position));
        }
    }

    /// Brings shards some way up to `now`; whether more is to do.
    ///
    /// A partition that is still read from its beginning waits: each look in between would derive its tickets
    /// anew, and nothing is judged before it is whole.
    fn derive(&mut self, now: Timestamp) -> bool {
        let Self { shards, effects, stream, .. } = self;
        let is_whole = |partition: &i32| {
            stream.partitions.get(partition).is_some_and(|progress| progress.is_caught_up)
        };
        let mut whole = shards.iter_mut().filter(|(partition, _)| is_whole(partition));
        whole.any(|(_, shard)| shard.advance_some(now, DERIVED_AT_ONCE, effects))
    }

    /// Says how far it is.
    fn report(&mut self) -> Stream {
        self.event_delay.flush();
        self.stream.timelines = self.shards.values().map(|shard| shard.timelines() as u64).sum();
        self.stream.clone()
    }

    /// Applies one record.
    fn take(&mut self, message: &BorrowedMessage<'_>) {
        let Self { clock, shards, effects, stream, event_delay, .. } = self;
        let partition = message.partition();
        let Some(shard) = shards.get_mut(&partition) else { return };
        let Some(progress) = stream.partitions.get_mut(&partition) else { return };
        let bytes = message.key().map_or(0, <[u8]>::len) + message.payload_len();
        progress.position = message.offset() + 1;
        progress.records += 1;
        progress.bytes += bytes as u64;
        let decoded = match message.payload() {
            None => Err(Outcome::Skipped(Skip::Tombstone)),
            Some(payload) => decode(payload).and_then(|event| in_time(event, message.timestamp())),
        };
        let outcome = match decoded {
            Ok(event) => {
                let (Subject::Ticket(subject) | Subject::Team(subject)) = &event.subject;
                if message.key() != Some(subject.as_bytes()) {
                    stream.key_mismatches += 1;
                }
                let outcome = shard.apply(&event, effects);
                if outcome == Outcome::Applied {
                    let now = clock.now();
                    *stream.applied.entry(event.kind).or_default() += 1;
                    progress.event_time_max = progress.event_time_max.max(Some(event.time));
                    progress.applied_at = Some(now);
                    // What is only read again was on its way once.
                    if progress.is_caught_up {
                        event_delay.observe(now.since(event.time).seconds());
                    }
                }
                outcome
            }
            Err(outcome) => outcome,
        };
        stream.outcomes.count(&outcome);
        if let Outcome::Rejected(rejection) = &outcome {
            let rejected = stream.outcomes.rejected_total();
            // Where to look, not what it holds; the tenth, then ever fewer, so that poison does not fill
            // the log.
            if rejected <= REJECTIONS_LOGGED || rejected.is_power_of_two() {
                let (offset, reason) = (message.offset(), rejection.reason.label());
                tracing::warn!(partition, offset, reason, rejected, "record rejected");
            }
        }
    }
}

/// Refuses an event too far after its own record's timestamp; without one there is no such check.
fn in_time(event: Event<'_>, timestamp: KafkaTimestamp) -> Result<Event<'_>, Outcome> {
    let Some(ms) = timestamp.to_millis() else { return Ok(event) };
    let record = Timestamp::from_ms(ms);
    if event.time > record.plus(AHEAD_MAX) {
        return Err(Outcome::Rejected(too_far_ahead(event.time, record)));
    }
    Ok(event)
}
