//! Asks the brokers, apart from the stream, for what the stream cannot show.
//!
//! # Design
//! A consumer that receives nothing cannot tell an idle topic from one that it cannot read: a broker may
//! hang, a transaction may be open, a group may wait. So readiness does not go by what the consumer
//! receives. A thread with a client of its own asks the leader of each partition for its end once a second.
//! A partition is current if everything that it had at a moment of the last seconds has been read, whatever
//! would prevent that. Errors of the client only explain why it is not.
//!
//! The ends are high watermarks: they include records of open transactions.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext as _, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use rdkafka::{Offset, TopicPartitionList};

use super::client::{ClientError, EMPTY_POLLS, probe_config};
use super::trouble::{LatestTrouble, Trouble};
use crate::config::{AgendaTopic, Kafka};
use crate::service::clock;

/// Interval between rounds of questions.
const ROUND_EVERY: Duration = Duration::from_secs(1);

/// How long one question may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum callbacks that are served in one go.
const CALLBACKS_MAX: usize = 1_000;

/// The topic as the brokers last described it.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct TopicState {
    /// Number of partitions; `None` until a broker has reported it.
    pub(in crate::service) partitions: Option<usize>,
    /// The end of each partition.
    pub(in crate::service) ends: BTreeMap<i32, PartitionEnd>,
    /// Why the last round was not answered; `None` if it was.
    pub(in crate::service) trouble: Option<Trouble>,
    /// Whether the topic keeps only the latest record of each key; `None` until a broker has reported it.
    pub(in crate::service) is_compacted: Option<bool>,
}

/// The end of one partition.
#[derive(Clone, Debug)]
pub(in crate::service) struct PartitionEnd {
    /// When the question was sent that was last answered, and the answer.
    pub(in crate::service) answered: Option<EndAt>,
    /// Why the last question was not answered; `None` if it was.
    pub(in crate::service) unreadable: Option<Unreadable>,
}

/// The end of a partition at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) struct EndAt {
    /// When the question was sent. The partition had these records then.
    pub(in crate::service) asked_at: Instant,
    /// The offset after the last record.
    pub(in crate::service) end: i64,
}

/// Why a partition's leader does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) struct Unreadable {
    /// The broker, such as `broker 2 at kafka-2:9092`.
    pub(in crate::service) broker: String,
    /// Its advertised address, if that has a host name that cannot be resolved here.
    pub(in crate::service) unresolved: Option<String>,
    /// What it does.
    pub(in crate::service) problem: String,
}

impl TopicState {
    /// Why some partitions cannot be read although brokers answer; `None` if all can.
    pub(in crate::service) fn unreadable(&self) -> Option<Trouble> {
        let failing =
            |(number, end): (&i32, &PartitionEnd)| Some((*number, end.unreadable.clone()?));
        let (_, Unreadable { broker, unresolved, problem }) = self.ends.iter().find_map(failing)?;
        if let Some(broker) = unresolved {
            return Some(Trouble::AdvertisedUnresolved { broker });
        }
        let same = self.ends.iter().filter_map(failing).filter(|(_, other)| other.broker == broker);
        let numbers: Vec<String> = same.map(|(number, _)| number.to_string()).collect();
        let noun = if numbers.len() == 1 { "partition" } else { "partitions" };
        let partitions = format!("{noun} {}", numbers.join(", "));
        Some(Trouble::PartitionsUnreadable { partitions, broker, problem })
    }
}

/// The thread that asks, and what it was answered.
#[derive(Debug)]
pub(in crate::service) struct Probe {
    state: Arc<Mutex<TopicState>>,
    is_stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// What the thread was answered, to be read by workers and the coordinator.
#[derive(Clone, Debug)]
pub(in crate::service) struct Answers {
    state: Arc<Mutex<TopicState>>,
    asking: thread::Thread,
}

impl Answers {
    /// The topic as the brokers last described it.
    pub(in crate::service) fn topic(&self) -> TopicState {
        lock(&self.state).clone()
    }

    /// Asks again now, and not in a second.
    pub(in crate::service) fn ask_now(&self) {
        self.asking.unpark();
    }
}

#[cfg(test)]
impl Answers {
    /// Answers that stay as they are.
    pub(in crate::service) fn fixed(topic: TopicState) -> Self {
        Self { state: Arc::new(Mutex::new(topic)), asking: thread::current() }
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Probe {
    /// Starts the thread. `agendas`: where agendas are posted.
    ///
    /// # Errors
    /// When the client refuses its configuration, or the system a thread.
    pub(in crate::service) fn start(
        kafka: &Kafka,
        agendas: Option<&AgendaTopic>,
    ) -> Result<Self, ProbeError> {
        let errors = Arc::new(Mutex::new(ClientErrors::default()));
        let context = ProbeContext { kafka: kafka.clone(), errors: Arc::clone(&errors) };
        let consumer = probe_config(kafka)
            .create_with_context(context)
            .map_err(|error| ClientError::new(kafka, &error))?;
        let state = Arc::new(Mutex::new(TopicState::default()));
        let is_stopping = Arc::new(AtomicBool::new(false));
        let asking = Asking {
            kafka: kafka.clone(),
            consumer,
            errors,
            state: Arc::clone(&state),
            is_stopping: Arc::clone(&is_stopping),
            leaders: BTreeMap::new(),
            brokers: BTreeMap::new(),
            led_by: BTreeMap::new(),
            unchecked: topics_written(kafka, agendas),
        };
        let thread = thread::Builder::new().name("probe".into()).spawn(move || asking.run())?;
        Ok(Self { state, is_stopping, thread })
    }

    /// What it is answered.
    pub(in crate::service) fn answers(&self) -> Answers {
        Answers { state: Arc::clone(&self.state), asking: self.thread.thread().clone() }
    }

    /// Has the thread end. It does so once its present question is answered.
    pub(in crate::service) fn stop(self) -> JoinHandle<()> {
        self.is_stopping.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread
    }
}

/// Why the thread cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The client refuses its configuration.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The system refuses a thread.
    #[error("failed to run: {0}")]
    Thread(#[from] std::io::Error),
}

/// How long an error of one broker explains why it does not answer. The client reports the same error again
/// after 30 seconds, and tries every two.
const ERROR_VALID: Duration = Duration::from_secs(35);

/// What the client has reported, and no answer has refuted. An answer of one broker does not refute the error
/// of another.
#[derive(Debug, Default)]
struct ClientErrors {
    latest: LatestTrouble,
    /// The latest error of each broker of the cluster, by its advertised address.
    of_brokers: BTreeMap<String, (Instant, Trouble)>,
}

impl ClientErrors {
    /// Notes which broker the latest error is about.
    fn note_broker(&mut self) {
        let Some(trouble) = self.latest.latest() else { return };
        if let Some(address) = trouble.advertised() {
            // Brokers come and go under other addresses.
            self.of_brokers.retain(|_, (at, _)| at.elapsed() < ERROR_VALID);
            self.of_brokers.insert(address.to_owned(), (clock::instant(), trouble.clone()));
        }
    }
}

/// Keeps the errors of the client.
struct ProbeContext {
    kafka: Kafka,
    errors: Arc<Mutex<ClientErrors>>,
}

impl ClientContext for ProbeContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", ?level, facility, message);
        if let Some(trouble) = Trouble::of_log(&self.kafka, facility, message) {
            let mut errors = lock(&self.errors);
            errors.latest.set(trouble);
            errors.note_broker();
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else { return };
        tracing::debug!(?code, reason, "probe");
        let mut errors = lock(&self.errors);
        errors.latest.report(&self.kafka, code, reason);
        if code != RDKafkaErrorCode::AllBrokersDown {
            errors.note_broker();
        }
    }
}

impl ConsumerContext for ProbeContext {}

/// The state of the thread.
struct Asking {
    kafka: Kafka,
    consumer: BaseConsumer<ProbeContext>,
    errors: Arc<Mutex<ClientErrors>>,
    state: Arc<Mutex<TopicState>>,
    is_stopping: Arc<AtomicBool>,
    /// The partitions that each broker leads; those without a leader under -1.
    leaders: BTreeMap<i32, Vec<i32>>,
    /// The address of each broker that was ever seen.
    brokers: BTreeMap<i32, String>,
    /// The last leader of each partition that had one.
    led_by: BTreeMap<i32, i32>,
    /// The topics that are written, until they were looked for.
    unchecked: Vec<WrittenTopic>,
}

impl Asking {
    fn run(mut self) {
        while !self.is_stopping.load(Ordering::Relaxed) {
            let began = clock::instant();
            self.round();
            thread::park_timeout(ROUND_EVERY.saturating_sub(began.elapsed()));
        }
    }

    /// Asks everything once.
    fn round(&mut self) {
        let metadata = self.consumer.fetch_metadata(Some(&self.kafka.topic), ANSWER_TIMEOUT);
        self.serve();
        match metadata {
            Ok(metadata) => {
                lock(&self.errors).latest.clear();
                self.take_metadata(&metadata);
            }
            Err(error) => {
                let trouble = self.why(&error);
                lock(&self.state).trouble = Some(trouble);
            }
        }
        // Asked even if the metadata is not: another broker may have been asked for it.
        for (leader, partitions) in self.leaders.clone() {
            self.ask_ends(leader, &partitions);
        }
        let is_compacted = lock(&self.state).is_compacted;
        if is_compacted.is_none() && !self.leaders.is_empty() {
            self.ask_compaction();
        }
        self.check_written();
    }

    /// Serves the client's callbacks. No records come: nothing is assigned.
    fn serve(&self) {
        let mut empty = 0;
        for _ in 0..CALLBACKS_MAX {
            empty = if self.consumer.poll(Duration::ZERO).is_none() { empty + 1 } else { 0 };
            if empty == EMPTY_POLLS {
                break;
            }
        }
    }

    /// Why a question was not answered.
    fn why(&self, error: &KafkaError) -> Trouble {
        let latest = lock(&self.errors).latest.latest().cloned();
        if let Some(trouble) = latest {
            return trouble;
        }
        match error.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::RequestTimedOut
                | RDKafkaErrorCode::BrokerTransportFailure,
            )
            | None => Trouble::Silent {
                brokers: self.kafka.brokers.join(", "),
                seconds: ANSWER_TIMEOUT.as_secs(),
            },
            Some(code) => Trouble::of_client(&self.kafka, code, &code.to_string()),
        }
    }

    fn take_metadata(&mut self, metadata: &Metadata) {
        for broker in metadata.brokers() {
            self.brokers.insert(broker.id(), format!("{}:{}", broker.host(), broker.port()));
        }
        let mut state = lock(&self.state);
        let topic = metadata.topics().iter().find(|topic| topic.name() == self.kafka.topic);
        let error = topic.and_then(|topic| topic.error().map(RDKafkaErrorCode::from));
        match (topic, error) {
            (Some(topic), None) if !topic.partitions().is_empty() => {
                self.leaders.clear();
                for partition in topic.partitions() {
                    self.leaders.entry(partition.leader()).or_default().push(partition.id());
                    if partition.leader() >= 0 {
                        self.led_by.insert(partition.id(), partition.leader());
                    }
                }
                let count = topic.partitions().len();
                state.partitions = Some(count);
                state.ends.retain(|number, _| usize::try_from(*number).is_ok_and(|n| n < count));
                state.trouble = None;
            }
            (_, Some(code)) => {
                self.leaders.clear();
                state.ends.clear();
                state.trouble = Some(Trouble::of_client(&self.kafka, code, &code.to_string()));
            }
            // It is just being created.
            (Some(_) | None, None) => {
                self.leaders.clear();
                state.ends.clear();
                state.trouble = Some(Trouble::TopicMissing { topic: self.kafka.topic.clone() });
            }
        }
    }

    /// Asks one broker for the ends of the partitions that it leads.
    fn ask_ends(&self, leader: i32, partitions: &[i32]) {
        let asked_at = clock::instant();
        let answer = if leader < 0 {
            Err((None, "is down, and no other broker leads them".to_owned()))
        } else {
            let ends = self.ends(partitions);
            self.serve();
            if let (Ok(_), Some(address)) = (&ends, self.brokers.get(&leader)) {
                lock(&self.errors).of_brokers.remove(address);
            }
            ends.map_err(|_| self.why_silent(leader))
        };
        let mut state = lock(&self.state);
        for &number in partitions {
            let end = state
                .ends
                .entry(number)
                .or_insert(PartitionEnd { answered: None, unreadable: None });
            match &answer {
                Ok(ends) => {
                    if let Some(&offset) = ends.get(&number) {
                        end.answered = Some(EndAt { asked_at, end: offset });
                        end.unreadable = None;
                    }
                }
                Err((unresolved, problem)) => {
                    let leader = self.led_by.get(&number).copied().unwrap_or(leader);
                    let (unresolved, problem) = (unresolved.clone(), problem.clone());
                    let broker = self.broker_name(leader);
                    end.unreadable = Some(Unreadable { broker, unresolved, problem });
                }
            }
        }
    }

    /// Why a leader has not answered: its address if that cannot be resolved, and what it does.
    fn why_silent(&self, leader: i32) -> (Option<String>, String) {
        let errors = lock(&self.errors);
        let reported = self.brokers.get(&leader).and_then(|address| errors.of_brokers.get(address));
        match reported.filter(|(at, _)| at.elapsed() < ERROR_VALID) {
            Some((_, Trouble::AdvertisedUnresolved { broker })) => {
                (Some(broker.clone()), "has a name that cannot be resolved here".to_owned())
            }
            Some((_, Trouble::AdvertisedUnreachable { problem, .. })) => {
                (None, format!("does not answer ({problem})"))
            }
            _ => (None, format!("does not answer within {} seconds", ANSWER_TIMEOUT.as_secs())),
        }
    }

    /// A broker in words.
    fn broker_name(&self, id: i32) -> String {
        match self.brokers.get(&id) {
            Some(address) => format!("broker {id} at {address}"),
            None => "their broker".to_owned(),
        }
    }

    /// The ends of partitions of one leader.
    fn ends(&self, partitions: &[i32]) -> Result<BTreeMap<i32, i64>, KafkaError> {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for &number in partitions {
            // Asking for the time `End` gives the end, as `ListOffsets` of Kafka's protocol has it.
            list.add_partition_offset(&self.kafka.topic, number, Offset::End)?;
        }
        let answer = self.consumer.offsets_for_times(list, ANSWER_TIMEOUT)?;
        let mut ends = BTreeMap::new();
        for element in answer.elements() {
            element.error()?;
            if let Offset::Offset(end) = element.offset() {
                ends.insert(element.partition(), end);
            }
        }
        Ok(ends)
    }

    /// Asks whether the topic is compacted, and warns if it is.
    fn ask_compaction(&self) {
        let policy = self.cleanup_policy();
        let Some(policy) = policy else { return };
        let is_compacted = policy.split(',').any(|one| one.trim() == "compact");
        if is_compacted {
            let topic = &self.kafka.topic;
            tracing::error!(
                topic,
                policy,
                "the topic keeps only the latest record of each ticket, so what happened before is lost: \
                 windows count from now on; set cleanup.policy=delete and a retention of at least the \
                 longest window"
            );
        }
        lock(&self.state).is_compacted = Some(is_compacted);
    }

    /// The topic's `cleanup.policy`; `None` if the broker does not tell it.
    fn cleanup_policy(&self) -> Option<String> {
        let admin: AdminClient<_> =
            AdminClient::from_config_and_context(&probe_config(&self.kafka), QuietContext).ok()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().ok()?;
        let options = AdminOptions::new().request_timeout(Some(ANSWER_TIMEOUT));
        let topic = [ResourceSpecifier::Topic(&self.kafka.topic)];
        let described = runtime.block_on(admin.describe_configs(&topic, &options));
        let resource = described.ok()?.into_iter().next()?.ok()?;
        resource.get("cleanup.policy")?.value.clone()
    }

    /// Says if a topic that is written is missing, before anything is lost.
    fn check_written(&mut self) {
        let mut unchecked = std::mem::take(&mut self.unchecked);
        unchecked.retain(|written| {
            let WrittenTopic { topic, key, effect } = written;
            let Ok(metadata) = self.consumer.fetch_metadata(Some(topic), ANSWER_TIMEOUT) else {
                return true;
            };
            let found = metadata.topics().iter().find(|found| found.name() == topic);
            let error = found.and_then(|found| found.error().map(RDKafkaErrorCode::from));
            if let Some(error) = error {
                tracing::error!(
                    topic,
                    "{effect}: {error}: create the topic of {key}, and let this user write to it"
                );
            }
            false
        });
        self.unchecked = unchecked;
    }
}

/// A topic that Vaste writes.
struct WrittenTopic {
    topic: String,
    /// The key of the configuration that names it.
    key: &'static str,
    /// What happens if it is missing.
    effect: &'static str,
}

fn topics_written(kafka: &Kafka, agendas: Option<&AgendaTopic>) -> Vec<WrittenTopic> {
    let dead_letters = kafka.dead_letters.as_ref().map(|topic| WrittenTopic {
        topic: topic.clone(),
        key: "kafka.dead_letters",
        effect: "rejected records cannot be written",
    });
    let agendas = agendas.map(|agendas| WrittenTopic {
        topic: agendas.topic.clone(),
        key: "agendas.topic",
        effect: "agendas cannot be posted",
    });
    dead_letters.into_iter().chain(agendas).collect()
}

/// Passes the client's log on for debugging only.
struct QuietContext;

impl ClientContext for QuietContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", ?level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "the topic's settings");
    }
}
