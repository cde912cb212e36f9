//! The Kafka client: its configuration, and the state that its callbacks record for the worker.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::{TopicPartitionList, TopicPartitionListElem};
use rdkafka::types::RDKafkaRespErr;

use crate::config::Kafka;

/// A broker that has sent nothing for this long counts as silent.
const SILENT_MAX_MICROS: i64 = 10_000_000;

/// The Kafka client refuses its configuration. The text has no secrets.
#[derive(Debug, thiserror::Error)]
#[error("the Kafka client refuses kafka.properties: {0}")]
pub struct ClientError(String);

impl ClientError {
    /// Removes the secrets of the configuration from the client's text.
    pub(super) fn new(kafka: &Kafka, error: &KafkaError) -> Self {
        Self(kafka.without_secrets(&error.to_string()))
    }
}

/// A change of assignment that the group asks for. The callback records it, and the worker carries it out
/// right after the poll, since it owns the shards. The group waits for that.
#[derive(Debug)]
pub(super) enum AssignmentChange {
    Assign(Vec<i32>),
    Revoke(Vec<i32>),
}

/// State that the callbacks of the client record. They run within `poll`, on the worker's thread.
#[derive(Debug, Default)]
pub(super) struct CallbackState {
    pub(super) changes: Vec<AssignmentChange>,
    pub(super) rebalances: u64,
    /// Errors by code.
    pub(super) errors: BTreeMap<String, u64>,
    pub(super) connection_error: Option<ConnectionError>,
    /// The end offset of each partition.
    pub(super) ends: BTreeMap<i32, i64>,
    /// Bytes that are fetched and not polled.
    pub(super) fetched_bytes: u64,
    /// Number of partitions of the topic; `None` until the broker has reported it.
    pub(super) partitions_of_topic: Option<usize>,
    pub(super) commit_failures: u64,
    /// Whether the worker has ended, so that the callback must carry out changes itself.
    pub(super) is_leaving: bool,
}

/// A current error of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConnectionError {
    /// The error and what to do, for `/-/ready` and the log.
    pub(super) text: String,
    /// Whether it ends once a broker answers. Otherwise it ends once partitions are assigned.
    is_connection: bool,
}

pub(super) struct WorkerContext {
    pub(super) topic: String,
    pub(super) callback_state: Arc<Mutex<CallbackState>>,
}

impl WorkerContext {
    fn note(&self, note: impl FnOnce(&mut CallbackState)) {
        note(&mut self.callback_state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl ClientContext for WorkerContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // For debugging only: errors arrive through `error`.
        tracing::debug!(target: "librdkafka", ?level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else { return };
        // The client also reports the end of a partition here, which is no error. The worker handles an
        // offset that no longer exists.
        if matches!(code, RDKafkaErrorCode::PartitionEOF | RDKafkaErrorCode::AutoOffsetReset) {
            return;
        }
        let connection_error = connection_error(code, reason, &self.topic);
        self.note(|callback_state| {
            *callback_state.errors.entry(format!("{code:?}")).or_default() += 1;
            // "All brokers down" must not replace the more specific error of one broker.
            let is_less_specific = code == RDKafkaErrorCode::AllBrokersDown
                && callback_state.connection_error.is_some();
            if !is_less_specific
                && callback_state.connection_error.as_ref() != Some(&connection_error)
            {
                tracing::error!("{}", connection_error.text);
                callback_state.connection_error = Some(connection_error);
            }
        });
    }

    fn stats(&self, statistics: Statistics) {
        let up =
            statistics.brokers.values().filter(|broker| broker.nodeid >= 0 && broker.state == "UP");
        // Without this check a silent connection is noticed after the request timeout, a minute by default. A
        // broker answers fetches several times a second.
        let silent_for = up.map(|broker| broker.rxidle).min();
        match silent_for {
            Some(micros) if micros < SILENT_MAX_MICROS => self.note(|callback_state| {
                callback_state.connection_error = callback_state
                    .connection_error
                    .take()
                    .filter(|connection_error| !connection_error.is_connection);
            }),
            Some(_) => {
                let reason = "no broker has answered for 10 seconds";
                self.error(KafkaError::Global(RDKafkaErrorCode::BrokerTransportFailure), reason);
            }
            None => {}
        }
        let Some(topic) = statistics.topics.get(&self.topic) else { return };
        let fetched = topic.partitions.values().map(|partition| partition.fetchq_size);
        let fetched: u64 = fetched.sum();
        let partitions = topic.partitions.keys().filter(|number| **number >= 0).count();
        self.note(|callback_state| {
            callback_state.fetched_bytes = fetched;
            callback_state.partitions_of_topic = Some(partitions).filter(|count| *count > 0);
            for partition in topic.partitions.values().filter(|partition| partition.hi_offset >= 0)
            {
                callback_state.ends.insert(partition.partition, partition.hi_offset);
            }
        });
    }
}

impl ConsumerContext for WorkerContext {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let assigns = code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let numbers: Vec<i32> =
            partitions.elements().iter().map(TopicPartitionListElem::partition).collect();
        let mut is_leaving = false;
        self.note(|callback_state| {
            is_leaving = callback_state.is_leaving;
            callback_state.rebalances += u64::from(!numbers.is_empty());
            if !is_leaving {
                let change =
                    if assigns { AssignmentChange::Assign } else { AssignmentChange::Revoke };
                callback_state.changes.push(change(numbers));
            }
        });
        if is_leaving {
            let done = if assigns {
                Ok(())
            } else if is_cooperative(consumer) {
                consumer.incremental_unassign(partitions)
            } else {
                consumer.unassign()
            };
            if let Err(error) = done {
                tracing::debug!("failed to give up partitions during shutdown: {error}");
            }
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!(
                "failed to commit offsets: {error}; only tools that show the lag use them"
            );
            self.note(|callback_state| callback_state.commit_failures += 1);
        }
    }
}

/// Whether the group uses the cooperative protocol, in which partitions are assigned one by one.
pub(super) fn is_cooperative(consumer: &BaseConsumer<WorkerContext>) -> bool {
    matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative)
}

/// The text for an error of the client: cause and what to do.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the client has a hundred codes; these have specific advice"
)]
fn connection_error(code: RDKafkaErrorCode, reason: &str, topic: &str) -> ConnectionError {
    let advice = match code {
        RDKafkaErrorCode::AllBrokersDown
        | RDKafkaErrorCode::BrokerTransportFailure
        | RDKafkaErrorCode::Resolve => {
            "check kafka.brokers, and that the broker runs and is reachable from here"
        }
        RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SaslAuthenticationFailed => {
            "check the user and password in kafka.properties (sasl.username, sasl.password)"
        }
        RDKafkaErrorCode::SSL => {
            "check the certificates in kafka.properties (ssl.ca.location, ssl.certificate.location)"
        }
        RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic => {
            let text = format!(
                "Kafka has no topic `{topic}`: create it, or correct kafka.topic; retrying"
            );
            return ConnectionError { text, is_connection: false };
        }
        RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::GroupAuthorizationFailed => {
            let advice = "allow this user to read the topic and the group";
            let text = format!("Kafka cannot be read: {reason}: {advice}; retrying");
            return ConnectionError { text, is_connection: false };
        }
        _ => "if this does not pass, check the broker",
    };
    // The client appends the elapsed time, which would make every text different.
    let reason = reason.split(" (after ").next().unwrap_or(reason);
    let text = format!("Kafka cannot be read: {reason}: {advice}; retrying");
    ConnectionError { text, is_connection: true }
}

/// The client's configuration for the worker of this number. librdkafka's defaults for the fetch queue make
/// reading four times slower: over its limit it postpones the next fetch by a whole second.
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
        // How soon added partitions are noticed.
        ("topic.metadata.refresh.interval.ms", "30000"),
    ] {
        config.set(key, value);
    }
    for (key, value) in &kafka.properties {
        // Each worker is a member of its own: two with the same id would fence each other.
        if key == "group.instance.id" && kafka.workers > 1 {
            config.set(key, format!("{value}-{number}"));
        } else {
            config.set(key, value);
        }
    }
    let client = format!("{}-{}-{number}", kafka.group, std::process::id());
    for (key, value) in [
        ("bootstrap.servers", kafka.brokers.join(",").as_str()),
        ("group.id", &kafka.group),
        ("client.id", &client),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        // The worker must learn of an offset that no longer exists.
        ("auto.offset.reset", "error"),
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
    fn a_lost_broker_is_a_connection_error_and_the_end_of_a_partition_is_not() {
        let callback_state = Arc::new(Mutex::new(CallbackState::default()));
        let context =
            WorkerContext { topic: "t".to_owned(), callback_state: Arc::clone(&callback_state) };
        context
            .error(KafkaError::Global(RDKafkaErrorCode::PartitionEOF), "reached end of partition");
        assert_eq!(callback_state.lock().unwrap().connection_error, None);
        assert!(callback_state.lock().unwrap().errors.is_empty());
        context.error(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        assert!(callback_state.lock().unwrap().connection_error.is_some());
    }
}
