//! Dead letters: rejected records, written unchanged to a topic of their own, with the reason in headers.
//!
//! Use: [`DeadLetters::send`] each rejected record, [`DeadLetters::poll`] often, and write no checkpoint that
//! ends beyond [`DeadLetters::lowest_pending`].
//!
//! # Design
//! A letter is written or lost, and never holds up a partition for long. The client retries for 30
//! seconds. If its queue is full because the broker accepts nothing, `send` waits for it once, and not
//! again before a letter is written.
//!
//! A checkpoint, and with it the committed offset, waits for the letters of the records before it. After a
//! crash, records after the checkpoint are read, rejected and written again; records before it are not. A
//! partition that is read from its start, because it has no usable checkpoint, writes its letters once more.

mod letter;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};

use self::letter::LetterContent;
use super::client::ClientError;
use crate::config::Kafka;
use crate::event::Rejection;
use crate::service::clock;
use crate::service::kafka::send::send_when_room;
use crate::service::outage::{Outage, in_seconds};

/// How long the client retries one letter before it is lost, in milliseconds.
const RETRY_BUDGET_MS: &str = "30000";

/// How long the client looks for a topic that is missing, in milliseconds: it may have just been created.
const TOPIC_WAIT_MS: &str = "10000";

/// How long a full queue may hold up the worker.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum bytes of a message: the largest letter, our headers, and framing.
const MESSAGE_BYTES_MAX: &str = "1040000";

/// The first losses are logged one by one. After that each doubling of the count is.
const LOSSES_LOGGED: u64 = 10;

/// Counts of letters that were written and lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct DeadLetterCounts {
    pub(in crate::service) written: u64,
    pub(in crate::service) lost: u64,
}

impl DeadLetterCounts {
    pub(in crate::service) fn merge(&mut self, other: Self) {
        self.written += other.written;
        self.lost += other.lost;
    }
}

/// Why dead letters cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum DeadLettersError {
    /// The topic is the one that is read.
    #[error(
        "kafka.dead_letters is `{0}`, the topic that is read: Vaste would read and reject its own letters \
         endlessly; name another topic, such as {0}.dlq"
    )]
    SourceTopic(String),
    /// The producer cannot be created.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Writes the letters of one worker.
pub(in crate::service) struct DeadLetters {
    producer: BaseProducer<DeadLetterContext>,
    topic: String,
    state: Arc<Mutex<DeliveryState>>,
    /// Letters sent so far. It numbers the letters, since one record may be sent twice.
    sent: u64,
    /// The count of written letters when waiting for a full queue last timed out.
    timed_out_at: Cell<Option<u64>>,
    /// To make a new producer when this one has failed for good.
    kafka: Kafka,
}

/// A letter, identified by its record and its number.
#[derive(Clone, Copy, Debug)]
struct Letter {
    partition: i32,
    offset: i64,
    number: u64,
}

/// The delivery state of the letters that were sent.
#[derive(Debug, Default)]
struct DeliveryState {
    /// Letters in flight, as offset and number, by the partition of their records.
    pending: BTreeMap<i32, BTreeSet<(i64, u64)>>,
    counts: DeadLetterCounts,
    /// Since when letters are lost.
    outage: Outage,
    /// Whether the client has failed for good. Only a new one helps.
    is_dead: bool,
}

impl DeliveryState {
    fn begin(&mut self, letter: Letter) {
        self.pending.entry(letter.partition).or_default().insert((letter.offset, letter.number));
    }

    /// Counts a letter that is no longer in flight.
    fn end(&mut self, letter: Letter, lost: Option<&KafkaError>) {
        if let Some(pending) = self.pending.get_mut(&letter.partition) {
            pending.remove(&(letter.offset, letter.number));
        }
        let Some(error) = lost else {
            self.counts.written += 1;
            if let Some(outage) = self.outage.end() {
                let (after, lost) = (in_seconds(outage), self.counts.lost);
                tracing::info!(lost, "dead letters are written again after {after}");
            }
            return;
        };
        self.counts.lost += 1;
        self.outage.begin();
        let Letter { partition, offset, .. } = letter;
        let lost = self.counts.lost;
        if lost <= LOSSES_LOGGED || lost.is_power_of_two() {
            let code = error.rdkafka_error_code();
            let problem = code.map_or(error.to_string(), |code| code.to_string());
            tracing::warn!(
                partition,
                offset,
                lost,
                "dead letter lost: {problem}: check that the topic kafka.dead_letters exists, and that the user \
                 in kafka.properties may write to it"
            );
        }
    }

    fn pending(&self) -> usize {
        self.pending.values().map(BTreeSet::len).sum()
    }

    fn lowest(&self, partition: i32) -> Option<i64> {
        self.pending.get(&partition)?.first().map(|(offset, _)| *offset)
    }
}

struct DeadLetterContext(Arc<Mutex<DeliveryState>>);

impl ClientContext for DeadLetterContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", ?level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // The delivery callback reports lost letters. After a fatal error every letter is lost.
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            tracing::error!(
                "the client that writes dead letters has failed: {reason}; making a new one"
            );
            self.0.lock().unwrap_or_else(PoisonError::into_inner).is_dead = true;
        } else {
            tracing::debug!(%error, reason, "dead letters");
        }
    }
}

impl ProducerContext for DeadLetterContext {
    type DeliveryOpaque = Box<Letter>;

    fn delivery(&self, result: &DeliveryResult<'_>, letter: Box<Letter>) {
        let lost = result.as_ref().err().map(|(error, _)| error);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).end(*letter, lost);
    }
}

impl DeadLetters {
    /// Creates the producer, which connects later.
    ///
    /// # Errors
    /// When the topic is the one that is read, or the client refuses its configuration.
    pub(in crate::service) fn new(kafka: &Kafka, topic: &str) -> Result<Self, DeadLettersError> {
        if topic == kafka.topic {
            return Err(DeadLettersError::SourceTopic(topic.to_owned()));
        }
        let state = Arc::new(Mutex::new(DeliveryState::default()));
        Ok(Self {
            producer: producer(kafka, &state)?,
            topic: topic.to_owned(),
            state,
            sent: 0,
            timed_out_at: Cell::new(None),
            kafka: kafka.clone(),
        })
    }

    /// Sends a rejected record, or counts it as lost if the queue stays full.
    pub(in crate::service) fn send(
        &mut self,
        message: &BorrowedMessage<'_>,
        rejection: &Rejection,
    ) {
        self.sent += 1;
        let (partition, offset) = (message.partition(), message.offset());
        let letter = Letter { partition, offset, number: self.sent };
        self.state().begin(letter);
        let content = LetterContent::new(message, rejection);
        let mut record = BaseRecord::with_opaque_to(&self.topic, Box::new(letter));
        record.key = content.key;
        let replaced = content.replaced_value.as_deref().map(str::as_bytes);
        record.payload = replaced.or(message.payload());
        record.headers = Some(content.headers);
        record.timestamp = message.timestamp().to_millis();
        let until = clock::instant() + QUEUE_TIMEOUT;
        let drain = |pause| {
            let may_wait = self.may_wait(until);
            if may_wait {
                self.producer.poll(pause);
            }
            may_wait
        };
        if let Err(error) = send_when_room(record, |record| self.producer.send(record).err(), drain)
        {
            self.state().end(letter, Some(&error));
        }
    }

    /// Whether to wait for a full queue: until `until`, and after a timeout not before a letter is written.
    fn may_wait(&self, until: Instant) -> bool {
        let written = self.counts().written;
        if self.timed_out_at.get() == Some(written) {
            return false;
        }
        let may = clock::instant() < until;
        self.timed_out_at.set((!may).then_some(written));
        may
    }

    /// Serves delivery callbacks. Does not wait. Replaces a client that has failed for good.
    pub(in crate::service) fn poll(&mut self) {
        let is_dead = std::mem::take(&mut self.state().is_dead);
        if is_dead {
            match producer(&self.kafka, &self.state) {
                Ok(producer) => self.producer = producer,
                Err(error) => tracing::error!("no dead letter can be written: {error}"),
            }
        }
        loop {
            let before = self.state().pending();
            self.producer.poll(Duration::ZERO);
            if self.state().pending() == before {
                break;
            }
        }
    }

    /// The lowest offset of a partition whose letter is neither written nor lost yet.
    pub(in crate::service) fn lowest_pending(&self, partition: i32) -> Option<i64> {
        self.state().lowest(partition)
    }

    /// Waits until all letters are written or lost, at most `timeout`.
    pub(in crate::service) fn flush(&mut self, timeout: Duration) {
        if let Err(error) = self.producer.flush(timeout) {
            let pending = self.state().pending();
            tracing::warn!(pending, "dead letters take too long: {error}");
        }
    }

    pub(in crate::service) fn counts(&self) -> DeadLetterCounts {
        self.state().counts
    }

    fn state(&self) -> MutexGuard<'_, DeliveryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A producer of dead letters, which connects later.
fn producer(
    kafka: &Kafka,
    state: &Arc<Mutex<DeliveryState>>,
) -> Result<BaseProducer<DeadLetterContext>, ClientError> {
    client_config(kafka)
        .create_with_context(DeadLetterContext(Arc::clone(state)))
        .map_err(|error| ClientError::new(kafka, &error))
}

/// The producer's configuration: the properties of the consumer, and a small queue.
fn client_config(kafka: &Kafka) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (key, value) in
        [("linger.ms", "20"), ("compression.type", "zstd"), ("reconnect.backoff.max.ms", "10000")]
    {
        config.set(key, value);
    }
    for (key, value) in &kafka.properties {
        config.set(key, value);
    }
    let client = format!("{}-{}-dead-letters", kafka.group, std::process::id());
    for (key, value) in [
        ("bootstrap.servers", kafka.brokers.join(",").as_str()),
        ("client.id", &client),
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("message.timeout.ms", RETRY_BUDGET_MS),
        ("topic.metadata.propagation.max.ms", TOPIC_WAIT_MS),
        ("queue.buffering.max.kbytes", "16384"),
        ("message.max.bytes", MESSAGE_BYTES_MAX),
    ] {
        config.set(key, value);
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kafka(topic: &str) -> Kafka {
        Kafka {
            brokers: vec!["127.0.0.1:1".to_owned()],
            topic: topic.to_owned(),
            group: "g".to_owned(),
            workers: 1,
            properties: Vec::new(),
            dead_letters: None,
            mapping: None,
        }
    }

    #[test]
    fn the_source_topic_is_refused() {
        let refused = DeadLetters::new(&kafka("t"), "t").err();
        assert_eq!(
            refused.unwrap().to_string(),
            "kafka.dead_letters is `t`, the topic that is read: Vaste would read and reject its own letters \
             endlessly; name another topic, such as t.dlq"
        );
        assert!(DeadLetters::new(&kafka("t"), "t.dlq").is_ok());
    }

    #[test]
    fn the_lowest_pending_offset_of_a_partition_is_known() {
        let mut state = DeliveryState::default();
        let letter = |offset, number| Letter { partition: 1, offset, number };
        assert_eq!(state.lowest(1), None);
        // The same record twice: its partition was revoked and assigned again.
        for (offset, number) in [(7, 1), (9, 2), (7, 3)] {
            state.begin(letter(offset, number));
        }
        assert_eq!((state.lowest(1), state.lowest(0)), (Some(7), None));
        state.end(letter(7, 1), None);
        assert_eq!(state.lowest(1), Some(7));
        state.end(letter(7, 3), Some(&KafkaError::Canceled));
        assert_eq!((state.lowest(1), state.pending()), (Some(9), 1));
        state.end(letter(9, 2), None);
        assert_eq!(state.lowest(1), None);
        assert_eq!(state.counts, DeadLetterCounts { written: 2, lost: 1 });
    }
}
