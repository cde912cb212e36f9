//! The Kafka client: its configuration, and the state that its callbacks record for the worker.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::{TopicPartitionList, TopicPartitionListElem};
use rdkafka::types::RDKafkaRespErr;

use super::trouble::{LatestTrouble, OpenTransaction, Trouble};
use crate::config::Kafka;
use crate::service::outage::{Outage, in_seconds};

/// Polls that return nothing and call nothing back, after which nothing is there.
pub(super) const EMPTY_POLLS: usize = 3;

/// Statistics that are ignored after a partition was assigned and the queue was empty.
const STATISTICS_IGNORED: u8 = 2;

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
    /// The latest error of the client; none once everything is read again.
    pub(super) trouble: LatestTrouble,
    /// Whether the client has failed for good. Only a new one helps.
    pub(super) is_dead: bool,
    /// Where reading ends while a transaction is open, by partition.
    pub(super) open_transactions: BTreeMap<i32, OpenTransaction>,
    /// Offsets up to which the client had delivered everything when it made its last statistics.
    pub(super) delivered: BTreeMap<i32, i64>,
    /// Partitions whose statistics are still ignored.
    pub(super) ignored: BTreeMap<i32, IgnoredStatistics>,
    /// Bytes that are fetched and not polled.
    pub(super) fetched_bytes: u64,
    /// The id of the topic.
    pub(super) topic_id: Option<Arc<str>>,
    pub(super) commit_failures: u64,
    /// Offsets that the broker did not accept, by partition.
    pub(super) uncommitted: BTreeMap<i32, i64>,
    /// Since when offsets are not committed.
    pub(super) commit_outage: Outage,
    /// Whether the worker has ended, so that the callback must carry out changes itself.
    pub(super) is_leaving: bool,
}

impl CallbackState {
    /// Forgets what the client reported of a partition before it was assigned.
    pub(super) fn reset(&mut self, number: i32) {
        self.delivered.remove(&number);
        self.open_transactions.remove(&number);
        let ignored = IgnoredStatistics { is_drained: false, left: STATISTICS_IGNORED };
        self.ignored.insert(number, ignored);
    }

    /// Notes offsets that are not committed. They are committed again.
    pub(super) fn commit_failed(&mut self, offsets: &TopicPartitionList, error: &KafkaError) {
        self.commit_failures += 1;
        let known = |element: TopicPartitionListElem<'_>| {
            Some((element.partition(), element.offset().to_raw().filter(|offset| *offset >= 0)?))
        };
        self.uncommitted.extend(offsets.elements().into_iter().filter_map(known));
        if self.commit_outage.begin() {
            tracing::warn!(
                "failed to commit offsets: {error}; retrying; only tools that show the lag use them"
            );
        }
    }

    /// Notes that offsets are committed.
    pub(super) fn committed(&mut self) {
        if let Some(outage) = self.commit_outage.end() {
            tracing::info!("offsets are committed again after {}", in_seconds(outage));
        }
    }

    /// Notes that all that the client had is taken, with the statistics that it made before.
    pub(super) fn drained(&mut self) {
        self.ignored.values_mut().for_each(|ignored| ignored.is_drained = true);
    }
}

/// Statistics that were made before a partition was assigned. A worker that had to wait finds several of
/// them.
#[derive(Debug)]
pub(super) struct IgnoredStatistics {
    /// Whether those that the client had when the partition was assigned are taken.
    is_drained: bool,
    /// Those that are ignored after that: the client may assign it a little later.
    left: u8,
}

pub(super) struct WorkerContext {
    pub(super) kafka: Kafka,
    pub(super) callback_state: Arc<Mutex<CallbackState>>,
    /// Whether the topic was deleted and recreated, and the worker has not noticed yet.
    is_recreated: AtomicBool,
    /// Callbacks that were called.
    called: AtomicU64,
}

impl WorkerContext {
    pub(super) fn new(kafka: &Kafka, callback_state: Arc<Mutex<CallbackState>>) -> Self {
        Self {
            kafka: kafka.clone(),
            callback_state,
            is_recreated: AtomicBool::new(false),
            called: AtomicU64::new(0),
        }
    }

    /// How often a callback was called. A poll that returns nothing may have called one: only if this stays
    /// the same, the client had nothing.
    pub(super) fn called(&self) -> u64 {
        self.called.load(Ordering::Relaxed)
    }

    fn count_call(&self) {
        self.called.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the topic was deleted and recreated since the last call. The client reports it before the
    /// first record of the new topic.
    pub(super) fn take_recreated(&self) -> bool {
        self.is_recreated.load(Ordering::Relaxed)
            && self.is_recreated.swap(false, Ordering::Relaxed)
    }

    fn note(&self, note: impl FnOnce(&mut CallbackState)) {
        note(&mut self.callback_state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Notes the id of the topic. The client has no other interface for it than this line of its log.
    fn read_topic_id(&self, message: &str) {
        let Some((before, ids)) = message.split_once(" changed id from ") else { return };
        let is_ours = before.rsplit(' ').next() == Some(&self.kafka.topic);
        let Some((_, id)) = ids.split_once(" to ").filter(|_| is_ours) else { return };
        self.note(|callback_state| {
            let before = callback_state.topic_id.replace(id.trim().into());
            if before.is_some_and(|before| *before != *id.trim()) {
                self.is_recreated.store(true, Ordering::Relaxed);
            }
        });
    }
}

impl ClientContext for WorkerContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.count_call();
        // For debugging only: errors arrive through `error`.
        tracing::debug!(target: "librdkafka", ?level, facility, message);
        if facility == "METADATA" {
            self.read_topic_id(message);
        }
        if let Some(trouble) = Trouble::of_log(&self.kafka, facility, message) {
            self.note(|callback_state| callback_state.trouble.set(trouble));
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.count_call();
        let Some(code) = error.rdkafka_error_code() else { return };
        // The client also reports the end of a partition here, which is no error. The worker handles an
        // offset that no longer exists.
        if matches!(code, RDKafkaErrorCode::PartitionEOF | RDKafkaErrorCode::AutoOffsetReset) {
            return;
        }
        tracing::debug!(?code, reason, "the Kafka client reports an error");
        self.note(|callback_state| {
            *callback_state.errors.entry(format!("{code:?}")).or_default() += 1;
            callback_state.is_dead |= code == RDKafkaErrorCode::Fatal;
            callback_state.trouble.report(&self.kafka, code, reason);
        });
    }

    fn stats(&self, statistics: Statistics) {
        self.count_call();
        let is_connected = |address: &str| {
            let mut brokers = statistics.brokers.values();
            brokers.any(|broker| broker.nodename == address && broker.state == "UP")
        };
        self.note(|callback_state| {
            let trouble = callback_state.trouble.latest();
            if trouble.and_then(Trouble::advertised).is_some_and(is_connected) {
                callback_state.trouble.clear();
            }
        });
        let Some(topic) = statistics.topics.get(&self.kafka.topic) else { return };
        let held = topic.partitions.values().filter(|partition| partition.partition >= 0);
        self.note(|callback_state| {
            callback_state.fetched_bytes =
                held.clone().map(|partition| partition.fetchq_size).sum();
            for partition in held {
                let number = partition.partition;
                if let Some(ignored) = callback_state.ignored.get_mut(&number) {
                    ignored.left -= u8::from(ignored.is_drained);
                    if ignored.left == 0 {
                        callback_state.ignored.remove(&number);
                    }
                    continue;
                }
                // Both are of one answer of the broker.
                let (stable_end, end) = (partition.ls_offset, partition.hi_offset);
                if stable_end >= 0 && stable_end < end {
                    let open = OpenTransaction { stable_end, end };
                    callback_state.open_transactions.insert(number, open);
                } else {
                    callback_state.open_transactions.remove(&number);
                }
                // At the end of a partition the next offset may be beyond markers that are not delivered.
                if partition.eof_offset >= 0 && partition.next_offset == partition.eof_offset {
                    callback_state.delivered.insert(number, partition.eof_offset);
                }
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
        self.count_call();
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

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        self.count_call();
        self.note(|callback_state| match &result {
            Ok(()) => callback_state.committed(),
            Err(error) => callback_state.commit_failed(offsets, error),
        });
    }
}

/// Whether the group uses the cooperative protocol, in which partitions are assigned one by one.
pub(super) fn is_cooperative(consumer: &BaseConsumer<WorkerContext>) -> bool {
    matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative)
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
        // How soon a member learns of a rebalance.
        ("heartbeat.interval.ms", "1000"),
        // How soon added partitions and returned rights are noticed.
        ("topic.metadata.refresh.interval.ms", "5000"),
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
        ("statistics.interval.ms", "1000"),
        // The topic's id is in these lines.
        ("debug", "metadata"),
    ] {
        config.set(key, value);
    }
    config.set_log_level(RDKafkaLogLevel::Debug);
    config
}

/// The configuration of a client that asks questions and reads no records. It sees open transactions, too.
pub(super) fn probe_config(kafka: &Kafka) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("reconnect.backoff.max.ms", "2000");
    for (key, value) in &kafka.properties {
        if !key.starts_with("group.") {
            config.set(key, value);
        }
    }
    let client = format!("{}-{}-probe", kafka.group, std::process::id());
    for (key, value) in [
        ("bootstrap.servers", kafka.brokers.join(",").as_str()),
        ("client.id", &client),
        ("isolation.level", "read_uncommitted"),
        ("topic.metadata.refresh.interval.ms", "5000"),
    ] {
        config.set(key, value);
    }
    config
}

#[cfg(test)]
mod tests {
    use rdkafka::statistics;

    use super::*;

    fn context() -> WorkerContext {
        let kafka = Kafka {
            brokers: vec!["127.0.0.1:1".to_owned()],
            topic: "t".to_owned(),
            group: "g".to_owned(),
            workers: 1,
            properties: Vec::new(),
            dead_letters: None,
            mapping: None,
        };
        WorkerContext::new(&kafka, Arc::new(Mutex::new(CallbackState::default())))
    }

    #[test]
    fn a_lost_broker_is_a_trouble_and_the_end_of_a_partition_is_not() {
        let context = context();
        let state = Arc::clone(&context.callback_state);
        context
            .error(KafkaError::Global(RDKafkaErrorCode::PartitionEOF), "reached end of partition");
        assert_eq!(state.lock().unwrap().trouble.latest(), None);
        assert!(state.lock().unwrap().errors.is_empty());
        context.error(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        assert!(state.lock().unwrap().trouble.latest().is_some());
        let refused = "127.0.0.1:1/1: Connect failed: Connection refused (after 0ms)";
        let failure = KafkaError::Global(RDKafkaErrorCode::BrokerTransportFailure);
        let down = KafkaError::Global(RDKafkaErrorCode::AllBrokersDown);
        context.error(failure, refused);
        context.error(down.clone(), "1/1 brokers are down");
        let refuses = |trouble: &Trouble| trouble.to_string().contains("Connection refused");
        assert!(state.lock().unwrap().trouble.latest().is_some_and(refuses));
        state.lock().unwrap().trouble.clear();
        context.error(down, "1/1 brokers are down");
        assert!(state.lock().unwrap().trouble.latest().is_some_and(refuses), "it says more");
    }

    #[test]
    fn statistics_of_before_an_assignment_are_ignored_however_many_there_are() {
        let context = context();
        let statistics = |offset| {
            let partition = statistics::Partition {
                eof_offset: offset,
                next_offset: offset,
                ..statistics::Partition::default()
            };
            let topic = statistics::Topic {
                partitions: [(0, partition)].into(),
                ..statistics::Topic::default()
            };
            context.stats(Statistics {
                topics: [("t".to_owned(), topic)].into(),
                ..Statistics::default()
            });
            context.callback_state.lock().unwrap().delivered.get(&0).copied()
        };
        assert_eq!(statistics(70), Some(70));
        let state = || context.callback_state.lock().unwrap();
        state().reset(0);
        // The worker had to wait while the client made these.
        for _ in 0..20 {
            assert_eq!(statistics(70), None);
        }
        state().drained();
        // The client had not assigned it yet.
        assert_eq!([statistics(70), statistics(70)], [None, None]);
        assert_eq!(statistics(7), Some(7));
        let called = context.called();
        statistics(8);
        assert!(context.called() > called, "a poll that takes statistics has found something");
    }

    #[test]
    fn a_topic_that_changes_its_id_was_created_anew() {
        let context = context();
        let line = |topic, from, to| {
            context.log(
                RDKafkaLogLevel::Debug,
                "METADATA",
                &format!("[thrd:main]: Topic {topic} changed id from {from} to {to}"),
            );
            context.take_recreated()
        };
        assert!(!line("t", "AAAAAAAAAAAAAAAAAAAAAA", "a1"), "it was not known before");
        assert!(!line("other", "b1", "b2"), "it is another topic");
        assert!(line("t", "a1", "a2"));
        assert!(!context.take_recreated(), "it is noticed once");
        assert_eq!(context.callback_state.lock().unwrap().topic_id.as_deref(), Some("a2"));
    }
}
