//! The Kafka client: its configuration, and what its callbacks note for the worker.

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

/// A broker that has sent nothing for so long does not answer.
const SILENT_MAX_MICROS: i64 = 10_000_000;

/// A change of assignment that the group asks for: the callback notes it, and the worker carries it out right
/// after the poll, since it has the shards. The group waits until it has.
#[derive(Debug)]
pub(super) enum Change {
    Assign(Vec<i32>),
    Revoke(Vec<i32>),
}

/// What callbacks of the client note; they run within `poll`, on the worker's own thread.
#[derive(Debug, Default)]
pub(super) struct CallbackState {
    pub(super) changes: Vec<Change>,
    pub(super) rebalances: u64,
    pub(super) errors: BTreeMap<String, u64>,
    pub(super) connection_error: Option<ConnectionError>,
    pub(super) ends: BTreeMap<i32, i64>,
    pub(super) fetched_bytes: u64,
    /// Partitions that the topic has, once the broker has said.
    pub(super) partitions_of_topic: Option<usize>,
    pub(super) commit_failures: u64,
    /// Whether the worker is leaving: nobody will carry out a change any more.
    pub(super) is_leaving: bool,
}

/// What is wrong now, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConnectionError {
    pub(super) said: String,
    /// Whether it is over once a broker answers; else once partitions are assigned.
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
        // The client's own words, for who wants them; what matters comes through `error`.
        tracing::debug!(target: "librdkafka", ?level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else { return };
        // The client reports the end of a partition here, too; it is what we asked it for, not an error.
        // An offset that is gone is the worker's to deal with.
        if matches!(code, RDKafkaErrorCode::PartitionEOF | RDKafkaErrorCode::AutoOffsetReset) {
            return;
        }
        let connection_error = connection_error(code, reason, &self.topic);
        self.note(|callback_state| {
            *callback_state.errors.entry(format!("{code:?}")).or_default() += 1;
            // That no broker is left says less than what was said of one of them.
            let says_less = code == RDKafkaErrorCode::AllBrokersDown
                && callback_state.connection_error.is_some();
            if !says_less && callback_state.connection_error.as_ref() != Some(&connection_error) {
                tracing::error!("{}", connection_error.said);
                callback_state.connection_error = Some(connection_error);
            }
        });
    }

    fn stats(&self, statistics: Statistics) {
        let up =
            statistics.brokers.values().filter(|broker| broker.nodeid >= 0 && broker.state == "UP");
        // A connection that is open and silent says nothing for as long as a request may take, a minute by
        // default; while it fetches, a broker answers several times a second.
        let silent_for = up.map(|broker| broker.rxidle).min();
        match silent_for {
            Some(micros) if micros < SILENT_MAX_MICROS => self.note(|callback_state| {
                callback_state.connection_error = callback_state
                    .connection_error
                    .take()
                    .filter(|connection_error| !connection_error.is_connection);
            }),
            Some(_) => {
                let reason = "no broker has answered for ten seconds";
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
                let change = if assigns { Change::Assign } else { Change::Revoke };
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
                tracing::debug!("failed to give up partitions while leaving: {error}");
            }
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!("failed to commit offsets, which only lag tools miss: {error}");
            self.note(|callback_state| callback_state.commit_failures += 1);
        }
    }
}

/// Whether partitions come and go one by one.
pub(super) fn is_cooperative(consumer: &BaseConsumer<WorkerContext>) -> bool {
    matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative)
}

/// What an error of the client means, and the way out.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the client has a hundred codes; these have advice"
)]
fn connection_error(code: RDKafkaErrorCode, reason: &str, topic: &str) -> ConnectionError {
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
            return ConnectionError { said, is_connection: false };
        }
        RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::GroupAuthorizationFailed => {
            let way_out = "allow this user to read the topic and the group";
            let said = format!("Kafka cannot be read: {reason}: {way_out}; trying again");
            return ConnectionError { said, is_connection: false };
        }
        _ => "see whether it passes",
    };
    // The client adds how long it took, which makes every line another one.
    let reason = reason.split(" (after ").next().unwrap_or(reason);
    let said = format!("Kafka cannot be read: {reason}: {way_out}; trying again");
    ConnectionError { said, is_connection: true }
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
        // How soon partitions that are added are seen.
        ("topic.metadata.refresh.interval.ms", "30000"),
    ] {
        config.set(key, value);
    }
    for (key, value) in &kafka.properties {
        // A member of its own for each worker: two with one name would throw each other out.
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
        // An offset that is gone must be noticed, not passed over.
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
    fn the_end_of_a_partition_is_no_trouble_and_a_lost_broker_is_one() {
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
