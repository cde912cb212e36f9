//! Writes single events: what people say on pages, to the topic that is read, and agendas, to a topic of
//! their own.
//!
//! # Design
//! The answer waits until the brokers have stored the event, for at most [`WRITE_TIMEOUT_MS`]. So whoever
//! sends a form knows whether it counts, and nothing has to be kept in memory. A write whose result is not
//! known may be repeated: an event with the same id counts once.
//!
//! There is no thread that waits in the client: after the clock of the machine has been ahead, it would wait
//! until that time, and the service could not stop.

use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use tokio::sync::oneshot::{self, error::TryRecvError};

use super::client::ClientError;
use crate::config::Kafka;

/// How long the brokers may take to store an event, in milliseconds.
const WRITE_TIMEOUT_MS: &str = "5000";

/// Interval between two looks whether the brokers have stored an event.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How long an event that is on its way may take when the service stops.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Why an event was not written.
#[derive(Debug, thiserror::Error)]
pub(in crate::service) enum WriteError {
    /// The brokers have not stored it.
    #[error("Kafka has not stored it: {0}")]
    Kafka(#[from] KafkaError),
    /// The client has ended.
    #[error("the service is stopping")]
    Stopping,
}

/// Writes single events.
pub(in crate::service) struct EventWriter {
    producer: BaseProducer<EventWriterContext>,
    topic: String,
    /// The header `content-type` of its records; `None` for no header.
    content_type: Option<&'static str>,
}

/// The content type of a CloudEvent in structured mode.
const CLOUD_EVENT: &str = "application/cloudevents+json; charset=UTF-8";

/// What the client of agendas has besides: it says soon that the topic is missing, and an agenda is larger
/// than an event.
const OF_AGENDAS: [(&str, &str); 3] = [
    ("topic.metadata.propagation.max.ms", "3000"),
    ("compression.type", "zstd"),
    ("message.max.bytes", "4000000"),
];

type StoredAnswer = oneshot::Sender<Result<(), KafkaError>>;

struct EventWriterContext;

impl ClientContext for EventWriterContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", ?level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // The answer to the request reports what was not written.
        tracing::debug!(%error, reason, "events");
    }
}

impl ProducerContext for EventWriterContext {
    type DeliveryOpaque = Box<StoredAnswer>;

    fn delivery(&self, result: &DeliveryResult<'_>, answer: Box<StoredAnswer>) {
        let result = result.as_ref().map(|_| ()).map_err(|(error, _)| error.clone());
        if answer.send(result).is_err() {
            tracing::debug!("nobody waits for the result of an event any more");
        }
    }
}

impl EventWriter {
    /// Creates the client for events of pages, which connects at the first event.
    ///
    /// # Errors
    /// When the client refuses its configuration.
    pub(in crate::service) fn new(kafka: &Kafka) -> Result<Self, ClientError> {
        Self::create(kafka, &client_config(kafka, "pages"), &kafka.topic, None)
    }

    /// Creates the client for agendas, in the same way.
    ///
    /// # Errors
    /// When the client refuses its configuration.
    pub(in crate::service) fn of_agendas(kafka: &Kafka, topic: &str) -> Result<Self, ClientError> {
        let mut config = client_config(kafka, "agendas");
        for (key, value) in OF_AGENDAS {
            config.set(key, value);
        }
        Self::create(kafka, &config, topic, Some(CLOUD_EVENT))
    }

    fn create(
        kafka: &Kafka,
        config: &ClientConfig,
        topic: &str,
        content_type: Option<&'static str>,
    ) -> Result<Self, ClientError> {
        let producer = config
            .create_with_context(EventWriterContext)
            .map_err(|error| ClientError::new(kafka, &error))?;
        Ok(Self { producer, topic: topic.to_owned(), content_type })
    }

    /// Writes an event, and waits until the brokers have stored it.
    ///
    /// # Errors
    /// When they have not.
    pub(in crate::service) async fn write(&self, key: &str, event: &str) -> Result<(), WriteError> {
        let (answer, mut stored) = oneshot::channel();
        let mut record =
            BaseRecord::with_opaque_to(&self.topic, Box::new(answer)).key(key).payload(event);
        record.headers = self.content_type.map(|value| {
            OwnedHeaders::new().insert(Header { key: "content-type", value: Some(value) })
        });
        self.producer.send(record).map_err(|(error, _)| error)?;
        loop {
            self.producer.poll(Duration::ZERO);
            match stored.try_recv() {
                Ok(result) => return Ok(result?),
                Err(TryRecvError::Empty) => tokio::time::sleep(LOOK_EVERY).await,
                Err(TryRecvError::Closed) => return Err(WriteError::Stopping),
            }
        }
    }
}

impl Drop for EventWriter {
    fn drop(&mut self) {
        if self.producer.in_flight_count() > 0
            && let Err(error) = self.producer.flush(FLUSH_TIMEOUT)
        {
            tracing::warn!("an event may not be written: {error}");
        }
    }
}

/// A producer's configuration: the properties of the consumer, and a short wait. `name`: what it writes.
fn client_config(kafka: &Kafka, name: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("reconnect.backoff.max.ms", "2000");
    for (key, value) in &kafka.properties {
        config.set(key, value);
    }
    let client = format!("{}-{}-{name}", kafka.group, std::process::id());
    for (key, value) in [
        ("bootstrap.servers", kafka.brokers.join(",").as_str()),
        ("client.id", &client),
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("linger.ms", "0"),
        ("message.timeout.ms", WRITE_TIMEOUT_MS),
    ] {
        config.set(key, value);
    }
    config
}
