//! `vaste publish`

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::metadata::MetadataTopic;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};

use super::arguments::PublishArgs;
use super::configuration::{ServiceConfig, read_service};
use super::exit::{CommandError, Exit};
use super::feed::REJECTIONS_PRINTED_MAX;
use super::terminal::Terminal;
use crate::config::Kafka;
use crate::event::{Event, Outcome, Skip, Subject, type_of, unknown_type_advice};
use crate::input::{InputError, InputSource, read_events};
use crate::service::{drain, send_when_room};

/// How long the broker may take to accept the last records.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the broker may take to return the topic.
const METADATA_TIMEOUT: Duration = Duration::from_secs(10);

/// How many times to look for the topic, and the pause in between.
const TOPIC_ATTEMPTS: u32 = 10;
const TOPIC_PAUSE: Duration = Duration::from_millis(200);

/// Delivery results of the records that were sent.
#[derive(Debug, Default)]
struct Reports {
    delivered: AtomicU64,
    failed: AtomicU64,
    first_failure: Mutex<Option<String>>,
}

struct PublishContext(Arc<Reports>);

impl ClientContext for PublishContext {
    fn error(&self, error: KafkaError, reason: &str) {
        // The delivery callback reports failures.
        tracing::debug!(%error, reason);
    }
}

impl ProducerContext for PublishContext {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.0.delivered.fetch_add(1, Ordering::Relaxed);
            }
            Err((error, _)) => {
                self.0.failed.fetch_add(1, Ordering::Relaxed);
                let mut first = self.0.first_failure.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert_with(|| error.to_string());
            }
        }
    }
}

/// The topic holds payloads of another product, so events do not belong there.
#[derive(Debug, thiserror::Error)]
#[error(
    "kafka.map is {filter}, so the records of {topic} are payloads of another product, and an event among them \
     would be taken for one; publish to a topic of events, by a configuration without kafka.map"
)]
struct ForeignTopic {
    topic: String,
    filter: String,
}

pub(super) fn run(
    arguments: &PublishArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let kafka = topic_of_events(arguments, terminal)?;
    let source = InputSource::from_argument(&arguments.file);
    // Said at once, and not after the wait for a broker.
    if let InputSource::File(_) = source
        && let Err(error) = source.open(arguments.encoding, |_| ())
    {
        writeln!(terminal.diagnostics, "error: {error}")?;
        return Ok(Exit::Failed);
    }
    let reports = Arc::new(Reports::default());
    let producer = match producer(&kafka, &reports) {
        Ok(producer) => producer,
        Err(error) => {
            let error = kafka.without_secrets(&error.to_string());
            writeln!(
                terminal.diagnostics,
                "error: the Kafka client refuses kafka.properties: {error}"
            )?;
            return Ok(Exit::Config);
        }
    };
    if let Err(problem) = find_topic(&producer, &kafka) {
        writeln!(terminal.diagnostics, "error: nothing is published: {problem}")?;
        return Ok(Exit::Failed);
    }
    let (mut rejected, mut without_event) = (0_u64, 0_u64);
    let sent = send_all(&source, arguments, &producer, &kafka.topic, &mut |line, problem| {
        let Some(problem) = problem else {
            without_event += 1;
            return;
        };
        rejected += 1;
        if rejected <= REJECTIONS_PRINTED_MAX {
            let name = source.name();
            drop(writeln!(terminal.diagnostics, "{name}:{line}: not published: {problem}"));
        }
    });
    if without_event > 0 {
        writeln!(terminal.diagnostics, "the filter made no event of {without_event} records")?;
    }
    if rejected > REJECTIONS_PRINTED_MAX {
        let more = rejected - REJECTIONS_PRINTED_MAX;
        let advice = "`vaste check-events` lists all of them";
        writeln!(terminal.diagnostics, "and {more} more not published: {advice}")?;
    }
    let flushed = producer.flush(FLUSH_TIMEOUT);
    if let Err(error) = sent {
        writeln!(terminal.diagnostics, "error: {error}")?;
        return Ok(Exit::Failed);
    }
    let delivered = reports.delivered.load(Ordering::Relaxed);
    let failed = reports.failed.load(Ordering::Relaxed);
    writeln!(
        terminal.out,
        "{delivered} delivered to {}, {failed} failed, {rejected} not published",
        kafka.topic
    )?;
    let first = reports.first_failure.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(problem) = first.or(flushed.as_ref().err().map(ToString::to_string)) {
        let brokers = kafka.brokers.join(", ");
        writeln!(
            terminal.diagnostics,
            "error: failed to deliver: {problem}: check that the broker at {brokers} runs and has the \
             topic; it is safe to publish the file again, duplicates are ignored"
        )?;
    }
    Ok(if failed == 0 && rejected == 0 && flushed.is_ok() { Exit::Success } else { Exit::Failed })
}

/// The settings of the topic, which must be one of events.
///
/// # Errors
/// If the configuration has errors, or the topic holds payloads of another product.
fn topic_of_events(
    arguments: &PublishArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Kafka, CommandError> {
    let ServiceConfig { service, .. } =
        read_service(&arguments.config, &arguments.overrides, terminal)?;
    let kafka = service.kafka;
    if let Some(mapping) = &kafka.mapping {
        let (topic, filter) = (kafka.topic, mapping.name().to_owned());
        return Err(CommandError::config(ForeignTopic { topic, filter }));
    }
    Ok(kafka)
}

/// Why the topic cannot be published to.
#[derive(Debug, thiserror::Error)]
enum TopicError {
    /// No broker answers.
    #[error("no broker answers at {brokers}: {error}: check kafka.brokers and kafka.properties")]
    Unreachable { brokers: String, error: KafkaError },
    /// The topic does not exist.
    #[error("Kafka has no topic `{0}`: create it, or correct kafka.topic")]
    Missing(String),
}

/// Checks that the topic exists, so that a missing one is reported once and not for every line.
///
/// # Errors
/// When no broker answers, or the topic does not exist.
fn find_topic(
    producer: &ThreadedProducer<PublishContext>,
    kafka: &Kafka,
) -> Result<(), TopicError> {
    let topic = &kafka.topic;
    for _ in 0..TOPIC_ATTEMPTS {
        let metadata = producer.client().fetch_metadata(Some(topic), METADATA_TIMEOUT);
        let metadata = metadata.map_err(|error| TopicError::Unreachable {
            brokers: kafka.brokers.join(", "),
            error,
        })?;
        let exists =
            |found: &MetadataTopic| found.error().is_none() && !found.partitions().is_empty();
        if metadata.topics().iter().any(exists) {
            return Ok(());
        }
        // A broker that creates topics automatically needs a moment.
        std::thread::park_timeout(TOPIC_PAUSE);
    }
    Err(TopicError::Missing(topic.clone()))
}

fn producer(
    kafka: &Kafka,
    reports: &Arc<Reports>,
) -> Result<ThreadedProducer<PublishContext>, KafkaError> {
    let mut config = ClientConfig::new();
    config.set("linger.ms", "20").set("message.timeout.ms", "20000");
    for (key, value) in &kafka.properties {
        config.set(key, value);
    }
    config
        .set("bootstrap.servers", kafka.brokers.join(","))
        .set("enable.idempotence", "true")
        .create_with_context(PublishContext(Arc::clone(reports)))
}

/// Sends every valid event, keyed by its ticket or team, in the order of the file. Calls `refuse` with the
/// line number and the reason for each other one, without a reason for a record of which the filter makes no
/// event.
fn send_all(
    source: &InputSource,
    arguments: &PublishArgs,
    producer: &ThreadedProducer<PublishContext>,
    topic: &str,
    refuse: &mut dyn FnMut(u64, Option<&str>),
) -> Result<(), InputError> {
    let mut reader = source.open(arguments.encoding, |_| {})?;
    read_events(source, &mut *reader, |number, line| {
        line.decode_by(arguments.map.as_deref(), |bytes, decoded| match decoded {
            Ok(event) => {
                if let Err(error) = send(producer, topic, &event, bytes) {
                    refuse(number, Some(&error.to_string()));
                }
            }
            Err(Outcome::Rejected(rejection)) => refuse(number, Some(&rejection.to_string())),
            Err(Outcome::Skipped(Skip::NoEvent)) => refuse(number, None),
            Err(Outcome::Skipped(Skip::UnknownType)) => {
                refuse(
                    number,
                    Some(&unknown_type_advice(&type_of(&[], bytes).unwrap_or_default())),
                );
            }
            Err(Outcome::Skipped(skip)) => refuse(number, Some(skip.advice())),
            Err(Outcome::Applied | Outcome::Duplicate) => {}
        });
    })
}

/// Sends one record, keyed by its ticket or team. Waits while the producer's queue is full.
fn send(
    producer: &ThreadedProducer<PublishContext>,
    topic: &str,
    event: &Event<'_>,
    payload: &[u8],
) -> Result<(), KafkaError> {
    let (Subject::Ticket(key) | Subject::Team(key)) = &event.subject;
    let record = BaseRecord::to(topic).key(key.as_bytes()).payload(payload);
    send_when_room(record, |record| producer.send(record).err(), |pause| drain(producer, pause))
}
