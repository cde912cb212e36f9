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
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message, Timestamp as KafkaTimestamp};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};

use super::clock::{self, Clock};
use super::instruments::Instruments;
use super::picture::{Progress, Stream};
use crate::config::Kafka;
use crate::event::{Event, Outcome, Skip, Subject, decode, too_far_ahead};
use crate::rules::Rules;
use crate::shard::Shard;
use crate::ticket::{Ended, Running, Sink};
use crate::time::{Elapsed, MINUTE_MS, Timestamp};

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

/// What ended and what runs, in order.
#[derive(Debug, Default)]
pub(super) struct Effects {
    all: Vec<Effect>,
    /// Events that came late: those that took samples back, and the others.
    late: [u64; 2],
}

#[derive(Debug)]
enum Effect {
    Ended(Ended, i64),
    Made(Ended),
    Running(Running, i64),
}

impl Sink for Effects {
    fn ended(&mut self, ended: &Ended, by: i64) {
        self.all.push(Effect::Ended(ended.clone(), by));
    }

    fn running(&mut self, running: &Running, by: i64) {
        self.all.push(Effect::Running(running.clone(), by));
    }

    /// That it ended has just been said.
    fn sample_made(&mut self, ended: &Ended) {
        if let Some(last) = self.all.last_mut() {
            *last = Effect::Made(ended.clone());
        }
    }

    fn came_late(&mut self, corrects: bool) {
        self.late[usize::from(!corrects)] += 1;
    }
}

impl Effects {
    /// Hands all on.
    pub(super) fn apply(self, sink: &mut dyn Sink) {
        for effect in self.all {
            match effect {
                Effect::Ended(ended, by) => sink.ended(&ended, by),
                Effect::Made(ended) => {
                    sink.ended(&ended, 1);
                    sink.sample_made(&ended);
                }
                Effect::Running(running, by) => sink.running(&running, by),
            }
        }
        for (corrects, events) in [true, false].into_iter().zip(self.late) {
            (0..events).for_each(|_| sink.came_late(corrects));
        }
    }
}

/// A change of assignment, noted by the callback and carried out by the worker.
#[derive(Debug)]
enum Change {
    Assigned(i32),
    Revoked(i32),
}

/// What callbacks of the client note; they run within `poll`, on the worker's own thread.
#[derive(Debug, Default)]
struct Noted {
    changes: Vec<Change>,
    rebalances: u64,
    errors: BTreeMap<String, u64>,
    trouble: Option<Trouble>,
    ends: BTreeMap<i32, i64>,
    fetched_bytes: u64,
}

/// What is wrong now, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trouble {
    said: String,
    /// Whether it is over once a broker answers; else once partitions are assigned.
    is_connection: bool,
}

struct Context {
    topic: String,
    noted: Arc<Mutex<Noted>>,
}

impl Context {
    fn note(&self, note: impl FnOnce(&mut Noted)) {
        note(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // The client's own words, for who wants them; what matters comes through `error`.
        tracing::debug!(target: "librdkafka", ?level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else { return };
        // The client reports the end of a partition here, too; it is what we asked it for, not an error.
        if code == RDKafkaErrorCode::PartitionEOF {
            return;
        }
        let trouble = trouble(code, reason, &self.topic);
        self.note(|noted| {
            *noted.errors.entry(format!("{code:?}")).or_default() += 1;
            // That no broker is left says less than what was said of one of them.
            let says_less = code == RDKafkaErrorCode::AllBrokersDown && noted.trouble.is_some();
            if !says_less && noted.trouble.as_ref() != Some(&trouble) {
                tracing::error!("{}", trouble.said);
                noted.trouble = Some(trouble);
            }
        });
    }

    fn stats(&self, statistics: Statistics) {
        let answers =
            statistics.brokers.values().any(|broker| broker.nodeid >= 0 && broker.state == "UP");
        if answers {
            self.note(|noted| {
                noted.trouble = noted.trouble.take().filter(|trouble| !trouble.is_connection);
            });
        }
        let Some(topic) = statistics.topics.get(&self.topic) else { return };
        let fetched = topic.partitions.values().map(|partition| partition.fetchq_size);
        let fetched: u64 = fetched.sum();
        self.note(|noted| {
            noted.fetched_bytes = fetched;
            for partition in topic.partitions.values().filter(|partition| partition.hi_offset >= 0)
            {
                noted.ends.insert(partition.partition, partition.hi_offset);
            }
        });
    }
}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
        let assigns = code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let numbers: Vec<i32> = partitions
            .elements()
            .iter()
            .map(rdkafka::topic_partition_list::TopicPartitionListElem::partition)
            .collect();
        let done = if assigns {
            let seeded = numbers.iter().try_for_each(|number| {
                partitions.set_partition_offset(&self.topic, *number, Offset::Beginning)
            });
            seeded.and_then(|()| {
                if cooperative {
                    consumer.incremental_assign(partitions)
                } else {
                    consumer.assign(partitions)
                }
            })
        } else if cooperative {
            consumer.incremental_unassign(partitions)
        } else {
            consumer.unassign()
        };
        if let Err(error) = done {
            tracing::error!("failed to change the assignment of partitions: {error}");
        }
        self.note(|noted| {
            noted.rebalances += u64::from(!numbers.is_empty());
            let change = if assigns { Change::Assigned } else { Change::Revoked };
            noted.changes.extend(numbers.into_iter().map(change));
        });
    }
}

/// What an error of the client means, and the way out.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the client has a hundred codes; these have advice"
)]
fn trouble(code: RDKafkaErrorCode, reason: &str, topic: &str) -> Trouble {
    let way_out = match code {
        RDKafkaErrorCode::AllBrokersDown
        | RDKafkaErrorCode::BrokerTransportFailure
        | RDKafkaErrorCode::Resolve => {
            "check kafka.brokers, and that the broker runs and can be reached from here"
        }
        RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SaslAuthenticationFailed => {
            "check the user and password in kafka.properties (sasl.username, sasl.password)"
        }
        RDKafkaErrorCode::SSL => {
            "check the certificates in kafka.properties (ssl.ca.location, ssl.certificate.location)"
        }
        RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic => {
            let said = format!(
                "Kafka has no topic `{topic}`: create it, or correct kafka.topic; trying again"
            );
            return Trouble { said, is_connection: false };
        }
        RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::GroupAuthorizationFailed => {
            let way_out = "allow this user to read the topic and the group";
            let said = format!("Kafka cannot be read: {reason}: {way_out}; trying again");
            return Trouble { said, is_connection: false };
        }
        _ => "see whether it passes",
    };
    // The client adds how long it took, which makes every line another one.
    let reason = reason.split(" (after ").next().unwrap_or(reason);
    let said = format!("Kafka cannot be read: {reason}: {way_out}; trying again");
    Trouble { said, is_connection: true }
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
                        event_delay.observe(seconds(now.since(event.time)));
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

#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact to 2^53")]
fn seconds(elapsed: Elapsed) -> f64 {
    elapsed.ms() as f64 / 1_000.0
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

/// The client's configuration, for the worker of that number. librdkafka's defaults for the fetch queue cost
/// a factor of four: over its bound it postpones the next fetch by a whole second.
pub fn client_config(kafka: &Kafka, number: usize) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (key, value) in [
        ("fetch.queue.backoff.ms", "20"),
        ("queued.min.messages", "20000"),
        ("queued.max.messages.kbytes", "16384"),
        ("fetch.wait.max.ms", "100"),
        ("isolation.level", "read_committed"),
        ("reconnect.backoff.max.ms", "10000"),
        ("partition.assignment.strategy", "cooperative-sticky"),
    ] {
        config.set(key, value);
    }
    for (key, value) in &kafka.properties {
        config.set(key, value);
    }
    let client = format!("{}-{}-{number}", kafka.group, std::process::id());
    for (key, value) in [
        ("bootstrap.servers", kafka.brokers.join(",").as_str()),
        ("group.id", &kafka.group),
        ("client.id", &client),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "earliest"),
        ("enable.partition.eof", "true"),
        ("statistics.interval.ms", "2000"),
    ] {
        config.set(key, value);
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_partition_is_no_trouble_and_a_lost_broker_is_one() {
        let noted = Arc::new(Mutex::new(Noted::default()));
        let context = Context { topic: "t".to_owned(), noted: Arc::clone(&noted) };
        context
            .error(KafkaError::Global(RDKafkaErrorCode::PartitionEOF), "reached end of partition");
        assert_eq!(noted.lock().unwrap().trouble, None);
        assert!(noted.lock().unwrap().errors.is_empty());
        context.error(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        assert!(noted.lock().unwrap().trouble.is_some());
    }
}
