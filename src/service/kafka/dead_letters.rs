//! Dead letters: rejected records, written to a topic of their own as they came, with why they were rejected.
//!
//! Use: [`DeadLetters::send`] each rejected record, [`DeadLetters::poll`] often, and hand no checkpoint over
//! that ends beyond [`DeadLetters::lowest_pending`].
//!
//! # Design
//! The headers have the names that Kafka Connect gives them, which most tools know. What they say of the
//! reason is fixed words: what a record holds stays in its value.
//!
//! A letter is written or lost, and never holds a partition up for long: the client tries for 30 seconds, and
//! where its queue is full because nothing is taken off, that is waited for once. A checkpoint, and with it
//! the committed offset, waits for the letters before it: after a crash the records from the checkpoint on
//! are read, rejected and written again, those before it never. Only a partition that is read from its
//! beginning, because no checkpoint of it is whole or none is kept, writes its letters once more.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use sha2::{Digest as _, Sha256};

use crate::config::Kafka;
use crate::event::Rejection;
use crate::service::clock;
use crate::service::kafka::send::send_when_room;

/// How long the client tries to write one letter before it is lost.
const RETRY_BUDGET_MS: &str = "30000";

/// How long a topic that is not there is looked for: it may have been made just now.
const TOPIC_WAIT_MS: &str = "10000";

/// How long a full queue holds the worker up.
const QUEUE_PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of key, value and headers of a record at most that its letter keeps. A topic takes batches of 1 MiB
/// unless it is told otherwise.
const LETTER_BYTES_MAX: usize = 1_000_000;

/// What the client takes at most: what is kept, our own headers, and the frames around them.
const MESSAGE_BYTES_MAX: &str = "1040000";

/// What one header takes beside its name and value.
const HEADER_FRAME: usize = 10;

/// Losses that are logged one by one; after that every doubling.
const LOSSES_LOGGED: u64 = 10;

/// Letters that were written and lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct Counts {
    pub(in crate::service) written: u64,
    pub(in crate::service) lost: u64,
}

impl Counts {
    pub(in crate::service) fn merge(&mut self, other: Self) {
        self.written += other.written;
        self.lost += other.lost;
    }
}

/// Writes the letters of one worker.
pub(in crate::service) struct DeadLetters {
    producer: BaseProducer<DeadLetterContext>,
    topic: String,
    state: Arc<Mutex<DeliveryState>>,
    /// Letters sent so far: it tells two of one record apart.
    sent: u64,
    /// How many were written when a full queue was waited for in vain.
    in_vain_at: Cell<Option<u64>>,
}

/// Which record a letter is of.
#[derive(Clone, Copy, Debug)]
struct Letter {
    partition: i32,
    offset: i64,
    number: u64,
}

/// What is known of the letters that were sent.
#[derive(Debug, Default)]
struct DeliveryState {
    /// Letters on their way, by partition of their records.
    pending: BTreeMap<i32, BTreeSet<(i64, u64)>>,
    counts: Counts,
}

impl DeliveryState {
    fn begin(&mut self, letter: Letter) {
        self.pending.entry(letter.partition).or_default().insert((letter.offset, letter.number));
    }

    /// A letter is no longer on its way.
    fn end(&mut self, letter: Letter, lost: Option<&KafkaError>) {
        if let Some(pending) = self.pending.get_mut(&letter.partition) {
            pending.remove(&(letter.offset, letter.number));
        }
        let Some(error) = lost else {
            self.counts.written += 1;
            return;
        };
        self.counts.lost += 1;
        let Letter { partition, offset, .. } = letter;
        let lost = self.counts.lost;
        if lost <= LOSSES_LOGGED || lost.is_power_of_two() {
            let code = error.rdkafka_error_code();
            let problem = code.map_or(error.to_string(), |code| code.to_string());
            tracing::warn!(
                partition,
                offset,
                lost,
                "dead letter lost: {problem}: check that the topic kafka.dead_letters is there, and that \
                 kafka.properties allow to write to it"
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
        // The letters themselves say in the end whether they were written; after this none is any more.
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            tracing::error!("no dead letter can be written any more: {reason}; start Vaste again");
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
    /// Begins; nothing is asked of the broker yet.
    ///
    /// # Errors
    /// When the topic is the one that is read, or the client refuses its configuration, in words.
    pub(in crate::service) fn new(kafka: &Kafka, topic: &str) -> Result<Self, String> {
        if topic == kafka.topic {
            return Err(format!(
                "kafka.dead_letters is `{topic}`, the topic that is read: every rejected record would come \
                 back for ever; name another one, such as {topic}.dlq"
            ));
        }
        let state = Arc::new(Mutex::new(DeliveryState::default()));
        let producer = client_config(kafka)
            .create_with_context(DeadLetterContext(Arc::clone(&state)))
            .map_err(|error: KafkaError| {
                format!("the Kafka client refuses kafka.properties: {error}")
            })?;
        Ok(Self { producer, topic: topic.to_owned(), state, sent: 0, in_vain_at: Cell::new(None) })
    }

    /// Sends a rejected record, or gives it up when the queue stays full.
    pub(in crate::service) fn send(
        &mut self,
        message: &BorrowedMessage<'_>,
        rejection: &Rejection,
    ) {
        self.sent += 1;
        let (partition, offset) = (message.partition(), message.offset());
        let letter = Letter { partition, offset, number: self.sent };
        self.state().begin(letter);
        let parts = HeaderParts::of(message, rejection);
        let mut record = BaseRecord::with_opaque_to(&self.topic, Box::new(letter));
        record.key = parts.key;
        record.payload = parts.replaced.as_deref().map(str::as_bytes).or(message.payload());
        record.headers = Some(parts.headers);
        record.timestamp = message.timestamp().to_millis();
        let until = clock::instant() + QUEUE_PATIENCE;
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

    /// Whether a full queue may be waited for: until then, and after that not before something was written.
    fn may_wait(&self, until: Instant) -> bool {
        let written = self.counts().written;
        if self.in_vain_at.get() == Some(written) {
            return false;
        }
        let may = clock::instant() < until;
        self.in_vain_at.set((!may).then_some(written));
        may
    }

    /// Hears what became of letters; does not wait.
    pub(in crate::service) fn poll(&mut self) {
        loop {
            let before = self.state().pending();
            self.producer.poll(Duration::ZERO);
            if self.state().pending() == before {
                break;
            }
        }
    }

    /// The first record of a partition whose letter is neither written nor lost yet.
    pub(in crate::service) fn lowest_pending(&self, partition: i32) -> Option<i64> {
        self.state().lowest(partition)
    }

    /// Sends at once what is on its way, and waits for it, but not for ever.
    pub(in crate::service) fn flush(&mut self, patience: Duration) {
        if let Err(error) = self.producer.flush(patience) {
            let pending = self.state().pending();
            tracing::warn!(pending, "dead letters take too long: {error}");
        }
    }

    pub(in crate::service) fn counts(&self) -> Counts {
        self.state().counts
    }

    fn state(&self) -> MutexGuard<'_, DeliveryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a letter holds, beside the value that came.
struct HeaderParts<'m> {
    key: Option<&'m [u8]>,
    headers: OwnedHeaders,
    /// What stands for a value that is too large.
    replaced: Option<String>,
}

impl<'m> HeaderParts<'m> {
    fn of(message: &'m BorrowedMessage<'_>, rejection: &Rejection) -> Self {
        let value = message.payload().unwrap_or_default();
        let key = message.key();
        let own = message.headers();
        let header_bytes: usize = own.map_or(0, |headers| {
            let bytes = |header: Header<'_, &[u8]>| {
                header.key.len() + header.value.map_or(0, <[u8]>::len) + HEADER_FRAME
            };
            headers.iter().map(bytes).sum()
        });
        let about = key.map_or(0, <[u8]>::len) + header_bytes;
        if about + value.len() <= LETTER_BYTES_MAX {
            let headers =
                own.map_or_else(|| OwnedHeaders::new_with_capacity(6), |headers| headers.detach());
            return Self { key, headers: explained(headers, message, rejection), replaced: None };
        }
        let replaced = stand_in(value);
        // Where key and headers are as large, they are left out, too.
        let is_value = about <= LETTER_BYTES_MAX;
        let own = own.filter(|_| is_value);
        let headers = own.map_or_else(OwnedHeaders::new, |headers| headers.detach());
        let what: &str = if is_value { "value" } else { "key, headers and value" };
        let headers = explained(headers, message, rejection)
            .insert(Header { key: "vaste.dead_letter.too_large", value: Some(what) });
        Self { key: key.filter(|_| is_value), headers, replaced: Some(replaced) }
    }
}

/// What stands for a value that does not fit: enough to find it again in the topic that it came from.
fn stand_in(value: &[u8]) -> String {
    let sha256: String = Sha256::digest(value).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{\"sha256\":\"{sha256}\",\"bytes\":{}}}", value.len())
}

/// The headers that came, and those that say where from and why.
fn explained(
    headers: OwnedHeaders,
    message: &BorrowedMessage<'_>,
    rejection: &Rejection,
) -> OwnedHeaders {
    let (partition, offset) = (message.partition().to_string(), message.offset().to_string());
    [
        ("__connect.errors.topic", message.topic()),
        ("__connect.errors.partition", &partition),
        ("__connect.errors.offset", &offset),
        ("__connect.errors.stage", "VALUE_CONVERTER"),
        ("__connect.errors.exception.class.name", rejection.reason.label()),
        ("__connect.errors.exception.message", rejection.reason.words()),
    ]
    .into_iter()
    .fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
}

/// The producer's configuration: like the consumer's where it can be, and small.
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
        }
    }

    #[test]
    fn the_topic_that_is_read_is_refused() {
        let refused = DeadLetters::new(&kafka("t"), "t").err();
        assert_eq!(
            refused.unwrap(),
            "kafka.dead_letters is `t`, the topic that is read: every rejected record would come back for \
             ever; name another one, such as t.dlq"
        );
        assert!(DeadLetters::new(&kafka("t"), "t.dlq").is_ok());
    }

    #[test]
    fn what_is_on_its_way_is_known_by_its_lowest_record() {
        let mut state = DeliveryState::default();
        let letter = |offset, number| Letter { partition: 1, offset, number };
        assert_eq!(state.lowest(1), None);
        // The same record twice: its partition came, went and came again.
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
        assert_eq!(state.counts, Counts { written: 2, lost: 1 });
    }

    #[test]
    fn what_stands_for_a_value_is_its_hash_and_size() {
        // The first example of FIPS 180-2.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(stand_in(b"abc"), format!("{{\"sha256\":\"{sha256}\",\"bytes\":3}}"));
    }
}
