//! A worker: one consumer of the group on a plain thread, and its partitions.
//!
//! # Design
//! The worker decodes the borrowed payload of `BaseConsumer::poll`, which copies nothing. Every poll also
//! serves rebalances, errors and statistics, which streams and split queues are known to miss.
//!
//! An assigned partition is restored from its checkpoint, and the client starts fetching at the offset where
//! that ends. The rebalance callback only records the change; the worker carries it out right after the poll,
//! since it owns the partitions. Offsets are committed once the checkpoint that contains their effect is
//! durable. Vaste never reads the commits; they are for tools that show the lag.

mod assignment;

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;

use super::changes::Effects;
use super::checkpointer::Checkpointer;
use super::client::{AssignmentChange, CallbackState, ClientError, WorkerContext, client_config};
use super::partitions::PartitionSet;
use crate::catalog::Catalog;
use crate::config::{Kafka, StateConfig};
use crate::service::clock::{self, Clock};
use crate::service::instruments::Instruments;
use crate::service::kafka::dead_letters::{DeadLetters, DeadLettersError};
use crate::service::kafka::status::StreamStatus;
use crate::service::store::{Job, Store, StoreError};
use crate::split_tickets::{SplitQuestion, TicketInPartition};
use crate::time::Timestamp;

/// How long a poll waits for a record. Commands wait as long.
const POLL_TIMEOUT: Duration = Duration::from_millis(50);

/// Maximum records between two looks for a command.
const BATCH_MAX: usize = 1_000;

/// How long the broker may take to return the first offset and the end of a partition.
const WATERMARK_TIMEOUT: Duration = Duration::from_secs(5);

/// How long checkpoints may take when partitions are revoked. The group waits for them.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(10);

/// Delay before an assignment is retried that failed because of the store or the broker.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// A command of the coordinator.
#[derive(Clone, Debug)]
pub(in crate::service) enum WorkerCommand {
    /// Advance all shards to this instant. Answer with the changes, and with the tickets of the question that
    /// this worker holds.
    Advance(Timestamp, Arc<SplitQuestion>),
    /// Count by another catalog. All effects start from zero.
    Adopt(Arc<Catalog>),
    /// Write checkpoints, leave the group and end.
    Stop,
}

/// A part of a worker's answer to [`WorkerCommand::Advance`]. The last part has the status.
#[derive(Debug)]
pub(in crate::service) struct Batch {
    pub(in crate::service) worker: usize,
    pub(in crate::service) effects: Effects,
    /// The status of the worker, in the last part.
    pub(in crate::service) stream: Option<StreamStatus>,
    /// Keys of the tickets that partitions have opened since the last answer, by partition.
    pub(in crate::service) opened: Vec<(i32, Vec<u64>)>,
    /// Tickets of the question that this worker holds.
    pub(in crate::service) found: Vec<TicketInPartition>,
}

/// A worker with its partitions.
pub(in crate::service) struct Worker {
    number: usize,
    consumer: BaseConsumer<WorkerContext>,
    callback_state: Arc<Mutex<CallbackState>>,
    instruments: Arc<Instruments>,
    partitions: PartitionSet,
    checkpointer: Checkpointer,
    store: Option<Store>,
    unassigned: Option<Unassigned>,
    /// Partitions to read from their start, where the client has not sought back yet. Their records are
    /// ignored until it has.
    rewinding: BTreeSet<i32>,
}

/// Partitions that the group has assigned and that cannot be taken up yet.
struct Unassigned {
    partitions: Vec<i32>,
    retry_at: Instant,
}

/// The parts of the service that a worker uses.
pub(in crate::service) struct WorkerConfig<'a> {
    pub(in crate::service) kafka: &'a Kafka,
    pub(in crate::service) state: &'a StateConfig,
    pub(in crate::service) catalog: &'a Arc<Catalog>,
    pub(in crate::service) clock: Clock,
    pub(in crate::service) instruments: &'a Arc<Instruments>,
    pub(in crate::service) jobs: Option<Sender<Job>>,
}

/// Why a worker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The consumer cannot be created.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The dead-letter producer cannot be created.
    #[error(transparent)]
    DeadLetters(#[from] DeadLettersError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Worker {
    /// Joins the group.
    ///
    /// # Errors
    /// When a client refuses its configuration or the store cannot be opened.
    pub(in crate::service) fn new(
        number: usize,
        config: &WorkerConfig<'_>,
    ) -> Result<Self, WorkerError> {
        let WorkerConfig { kafka, state, catalog, clock, instruments, jobs } = config;
        let catalog = Arc::clone(catalog);
        let callback_state = Arc::new(Mutex::new(CallbackState::default()));
        let context = WorkerContext {
            topic: kafka.topic.clone(),
            callback_state: Arc::clone(&callback_state),
        };
        let refused = |error: KafkaError| ClientError::new(kafka, &error);
        let consumer: BaseConsumer<WorkerContext> =
            client_config(kafka, number).create_with_context(context).map_err(refused)?;
        consumer.subscribe(&[&kafka.topic]).map_err(refused)?;
        let store = match &state.store {
            Some(address) => Some(Store::open(address, &kafka.group)?),
            None => None,
        };
        let mut partitions =
            PartitionSet::new(&kafka.topic, catalog, *clock, state.reopen_within, instruments);
        let dead_letters = kafka.dead_letters.as_ref();
        partitions.set_dead_letters(
            dead_letters.map(|topic| DeadLetters::new(kafka, topic)).transpose()?,
        );
        Ok(Self {
            number,
            consumer,
            callback_state,
            instruments: Arc::clone(instruments),
            partitions,
            checkpointer: Checkpointer::new(jobs.clone(), state.checkpoint_every),
            store,
            unassigned: None,
            rewinding: BTreeSet::new(),
        })
    }

    /// Reads until a stop command, or until the coordinator has ended.
    pub(in crate::service) fn run(
        mut self,
        commands: &Receiver<WorkerCommand>,
        batches: &SyncSender<Batch>,
    ) {
        loop {
            self.poll();
            self.retry_assignment();
            self.rewind();
            self.commit_durable(CommitMode::Async);
            match commands.try_recv() {
                Ok(WorkerCommand::Advance(now, question)) => {
                    let found = self.partitions.answer(&question);
                    if !self.advance(now, found, batches) {
                        break;
                    }
                    self.partitions.forget();
                    self.checkpointer.make_next_due(&mut self.partitions);
                }
                Ok(WorkerCommand::Adopt(catalog)) => self.partitions.adopt(&catalog),
                Ok(WorkerCommand::Stop) | Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {}
            }
        }
        self.leave();
    }

    /// Writes checkpoints of all partitions, commits their offsets, and leaves the group.
    fn leave(mut self) {
        let all = self.partitions.numbers();
        self.hand_over(&all);
        self.callback_state().is_leaving = true;
    }

    fn callback_state(&self) -> std::sync::MutexGuard<'_, CallbackState> {
        self.callback_state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a record and applies it, together with those that are available already.
    fn poll(&mut self) {
        let mut wait = POLL_TIMEOUT;
        let mut began = None;
        for _ in 0..BATCH_MAX {
            let Some(is_record) = self.poll_one(wait) else { break };
            wait = Duration::ZERO;
            if is_record {
                began.get_or_insert_with(clock::instant);
            }
        }
        if let Some(began) = began {
            self.instruments.apply_duration.observe(began.elapsed().as_secs_f64());
        }
        if let Some(dead_letters) = self.partitions.dead_letters() {
            dead_letters.poll();
        }
        let changes = std::mem::take(&mut self.callback_state().changes);
        changes.into_iter().for_each(|change| self.change(change));
    }

    /// Polls once. Returns whether it was a record; `None` if nothing came.
    fn poll_one(&mut self, wait: Duration) -> Option<bool> {
        // Separate borrows: the message borrows the consumer while partitions change.
        let Self { consumer, partitions, rewinding, .. } = self;
        match consumer.poll(wait)? {
            Ok(message) => {
                let partition = message.partition();
                if rewinding.contains(&partition) {
                    return Some(false);
                }
                if partitions.take(&message) {
                    return Some(true);
                }
                drop(message);
                self.restart_partition(partition, "the topic was recreated under the same name");
                Some(false)
            }
            Err(KafkaError::PartitionEOF(partition)) => {
                if !rewinding.contains(&partition) {
                    partitions.reached_end(partition);
                }
                Some(false)
            }
            Err(KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset)) => {
                self.check_offsets();
                Some(false)
            }
            // The context has seen most errors before, with a better text.
            Err(error) => {
                if self.callback_state().connection_error.is_none() {
                    let code = error.rdkafka_error_code();
                    let reason = code.map_or(error.to_string(), |code| code.to_string());
                    self.consumer.context().error(error, &reason);
                }
                Some(false)
            }
        }
    }

    fn change(&mut self, change: AssignmentChange) {
        match change {
            AssignmentChange::Assign(partitions) => {
                self.callback_state().connection_error = None;
                self.assign(&partitions);
            }
            AssignmentChange::Revoke(partitions) => self.revoke(&partitions),
        }
    }

    /// Advances the shards to `now` and sends the changes in batches of bounded size. Returns false once the
    /// coordinator has ended.
    fn advance(
        &mut self,
        now: Timestamp,
        mut found: Vec<TicketInPartition>,
        batches: &SyncSender<Batch>,
    ) -> bool {
        if self.callback_state().partitions_of_topic.is_none() {
            let count = self.partitions_of_topic();
            self.callback_state().partitions_of_topic = count;
        }
        loop {
            let has_more = self.partitions.derive(now);
            let stream = (!has_more).then(|| self.report());
            let batch = Batch {
                worker: self.number,
                effects: self.partitions.take_effects(),
                stream,
                opened: if has_more { Vec::new() } else { self.partitions.take_opened() },
                found: std::mem::take(&mut found),
            };
            if batches.send(batch).is_err() {
                return false;
            }
            if !has_more {
                return true;
            }
        }
    }

    /// The status of the worker.
    fn report(&mut self) -> StreamStatus {
        let mut stream = self.partitions.report();
        let callback_state = self.callback_state();
        stream.partitions_of_topic = callback_state.partitions_of_topic;
        stream.rebalances = callback_state.rebalances;
        stream.commit_failures = callback_state.commit_failures;
        stream.fetched_bytes = callback_state.fetched_bytes;
        stream.errors.clone_from(&callback_state.errors);
        let connection_error = callback_state
            .connection_error
            .as_ref()
            .map(|connection_error| connection_error.text.clone());
        stream.connection_error = stream.connection_error.or(connection_error);
        for (partition, progress) in &mut stream.partitions {
            progress.end = progress.end.max(callback_state.ends.get(partition).copied());
        }
        drop(callback_state);
        stream
    }

    /// Asks the broker for the number of partitions. Later the client's statistics report it.
    fn partitions_of_topic(&self) -> Option<usize> {
        let metadata =
            self.consumer.fetch_metadata(Some(self.partitions.topic()), POLL_TIMEOUT).ok()?;
        let topic = metadata.topics().first().filter(|topic| topic.error().is_none())?;
        Some(topic.partitions().len()).filter(|count| *count > 0)
    }
}
