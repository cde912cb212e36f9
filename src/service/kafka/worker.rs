//! A worker: one consumer of the group on a plain thread, and its partitions.
//!
//! # Design
//! The worker decodes the borrowed payload of `BaseConsumer::poll`, which copies nothing. Every poll also
//! serves rebalances, errors and statistics, which streams and split queues are known to miss. It polls
//! without waiting and then sleeps until the client wakes it, because the client's own waits go by the wall
//! clock: one that is set back would make them as long as it was wrong (librdkafka issue 2145).
//!
//! An assigned partition is restored from its checkpoint, and the client starts fetching at the offset where
//! that ends. The rebalance callback only records the change; the worker carries it out right after the poll,
//! since it owns the partitions. Offsets are committed once the checkpoint that contains their effect is
//! durable. Vaste never reads the commits; they are for tools that show the lag.
//!
//! A client that has failed for good, such as one that another process has fenced, is replaced by a new one.

mod assignment;
mod replacement;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;

use super::changes::Effects;
use super::checkpointer::Checkpointer;
use super::client::{
    AssignmentChange, CallbackState, ClientError, EMPTY_POLLS, WorkerContext, client_config,
};
use super::partitions::PartitionSet;
use super::probe::Answers;
use crate::catalog::Catalog;
use crate::config::{Kafka, StateConfig};
use crate::service::clock::{self, Clock};
use crate::service::instruments::Instruments;
use crate::service::kafka::dead_letters::{DeadLetters, DeadLettersError};
use crate::service::kafka::status::StreamStatus;
use crate::service::kafka::ticket_question::TicketQuestion;
use crate::service::store::{Job, Store, StoreError};
use crate::split_tickets::{SplitQuestion, TicketInPartition};
use crate::time::Timestamp;

/// How long the worker sleeps when nothing comes. Commands wait as long.
const SLEEP: Duration = Duration::from_millis(50);

/// Maximum records between two looks for a command.
const BATCH_MAX: usize = 1_000;

/// Interval at which the client's own thread is woken. It waits by the wall clock, which may be set back, and
/// sends the heartbeats.
const NUDGE_EVERY: Duration = Duration::from_secs(1);

/// How long the broker may take to return the first offset and the end of a partition.
const WATERMARK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long checkpoints may take when partitions are revoked. The group waits for them.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(5);

/// Delay before an assignment is retried that failed because of the store or the broker.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// How long a worker waits at the start for the others of its process to take their share. Without that the
/// first one to join reads all partitions, only to give up most of them.
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Interval at which to look whether the group has assigned all partitions.
const CLAIM_EVERY: Duration = Duration::from_secs(5);

/// How long a partition may have records and give none before it is fetched again.
const STALL_MAX: Duration = Duration::from_secs(15);

/// How often a partition is fetched again before the client is replaced.
const MENDS_MAX: u32 = 3;

/// An error of the client is over once everything was read that was there this short a time ago.
const TROUBLE_OVER: Duration = Duration::from_secs(3);

/// Why a partition is read from its start.
const RECREATED: &str = "the topic was deleted and recreated under the same name";

/// Interval at which a worker looks whether the others have taken their share.
const JOIN_POLL: Duration = Duration::from_millis(50);

/// Maximum tickets of a partition that is copied: with them a copy takes about 500 MB until it is used up.
const COPIED_TICKETS_MAX: usize = 1_000_000;

/// A command of the coordinator.
#[derive(Clone, Debug)]
pub(in crate::service) enum WorkerCommand {
    /// Advance all shards to this instant. Answer with the changes, and with the tickets of the question that
    /// this worker holds.
    Advance(Timestamp, Arc<SplitQuestion>),
    /// Count by another catalog. All effects start from zero.
    Adopt(Arc<Catalog>),
    /// The clock was ahead and is right again: count from this instant. All effects start from zero.
    CorrectTime(Timestamp),
    /// Send a copy of a partition, if it is held here.
    Copy(i32, Sender<PartitionCopy>),
    /// Say what a ticket went through, if it is held here.
    Explain(TicketQuestion),
    /// Write checkpoints, leave the group and end.
    Stop,
}

/// A partition as it was at one moment.
#[derive(Debug)]
pub(in crate::service) enum PartitionCopy {
    /// The copy.
    Made {
        /// The bytes of a checkpoint.
        bytes: Vec<u8>,
        /// Tickets that are not counted because another partition has events of them, as hashes of their
        /// keys.
        aside: Vec<u64>,
    },
    /// It has more than [`COPIED_TICKETS_MAX`] tickets.
    TooLarge,
}

/// A part of a worker's answer to [`WorkerCommand::Advance`]. The last part has the status.
#[derive(Debug)]
pub(in crate::service) struct Batch {
    pub(in crate::service) worker: usize,
    pub(in crate::service) effects: Effects,
    /// The status of the worker, in the last part.
    pub(in crate::service) stream: Option<StreamStatus>,
    /// The earliest time of an event that was applied since the batch before; `None` if none was.
    pub(in crate::service) oldest_event: Option<Timestamp>,
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
    kafka: Kafka,
    /// The random number of this process.
    process: u64,
    answers: Answers,
    started: Instant,
    store: Option<Store>,
    /// Whether the store was found to belong to this cluster.
    has_checked_cluster: bool,
    /// Partitions that the group has assigned and that are not taken up yet, with the time to try.
    unassigned: BTreeMap<i32, Instant>,
    /// Partitions that the client fetches.
    fetched: BTreeSet<i32>,
    /// Partitions whose next offset has changed, where the client has not gone there yet. Their records are
    /// ignored until it has.
    repositioning: BTreeSet<i32>,
    /// When a change of position is tried again that failed.
    reposition_at: Instant,
    /// A client that has failed for good.
    dead: Option<DeadConsumer>,
    /// When the client was last fenced while it joined.
    fenced_joining_at: Option<Instant>,
    nudged_at: Instant,
    /// When offsets were last committed.
    committed_at: Instant,
    /// When to look again whether the group has assigned all partitions.
    claim_at: Instant,
    /// Partitions that have records and give none.
    stalls: BTreeMap<i32, Stall>,
    /// Partitions of which a copy is wanted, and by whom.
    copies_wanted: Vec<(i32, Sender<PartitionCopy>)>,
}

/// A partition that has records and gives none.
struct Stall {
    position: i64,
    since: Instant,
    /// How often it was fetched again because of that.
    mended: u32,
}

/// A client that has failed for good.
struct DeadConsumer {
    since: Instant,
    look_at: Instant,
    /// The `group.instance.id` that another process uses; `None` if the client has failed otherwise.
    fenced: Option<String>,
}

/// The parts of the service that a worker uses.
pub(in crate::service) struct WorkerConfig<'a> {
    pub(in crate::service) kafka: &'a Kafka,
    pub(in crate::service) state: &'a StateConfig,
    pub(in crate::service) catalog: &'a Arc<Catalog>,
    pub(in crate::service) clock: Clock,
    pub(in crate::service) instruments: &'a Arc<Instruments>,
    pub(in crate::service) jobs: Option<Sender<Job>>,
    /// What the brokers answer to the probe.
    pub(in crate::service) answers: Answers,
    /// The random number of this process.
    pub(in crate::service) process: u64,
    /// Whether ids of tickets are shown.
    pub(in crate::service) shows_ids: bool,
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
        let WorkerConfig { kafka, state, catalog, clock, instruments, jobs, answers, .. } = config;
        let WorkerConfig { process, shows_ids, .. } = config;
        let catalog = Arc::clone(catalog);
        let callback_state = Arc::new(Mutex::new(CallbackState::default()));
        let consumer = join(kafka, number, &callback_state)?;
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
        partitions.set_mapping(kafka.mapping.clone());
        partitions.set_shows_ids(*shows_ids);
        Ok(Self {
            number,
            consumer,
            callback_state,
            instruments: Arc::clone(instruments),
            partitions,
            checkpointer: Checkpointer::new(jobs.clone(), state.checkpoint_every, instruments),
            kafka: (*kafka).clone(),
            process: *process,
            answers: answers.clone(),
            started: clock::instant(),
            store,
            has_checked_cluster: false,
            unassigned: BTreeMap::new(),
            fetched: BTreeSet::new(),
            repositioning: BTreeSet::new(),
            reposition_at: clock::instant(),
            dead: None,
            fenced_joining_at: None,
            nudged_at: clock::instant(),
            committed_at: clock::instant(),
            claim_at: clock::instant() + CLAIM_EVERY,
            stalls: BTreeMap::new(),
            copies_wanted: Vec::new(),
        })
    }

    /// Reads until a stop command, or until the coordinator has ended.
    pub(in crate::service) fn run(
        mut self,
        commands: &Receiver<WorkerCommand>,
        batches: &SyncSender<Batch>,
    ) {
        self.wake_when_records_come();
        loop {
            self.poll();
            self.replace_dead_consumer();
            self.claim_unassigned_partitions();
            self.take_up_due();
            self.reposition();
            self.commit_durable(CommitMode::Async);
            match commands.try_recv() {
                Ok(WorkerCommand::Advance(now, question)) => {
                    let found = self.partitions.answer(&question);
                    if !self.advance(now, found, batches) {
                        break;
                    }
                    self.partitions.walk();
                    self.partitions.name_undeclared_teams();
                    self.checkpointer.make_next_due(&mut self.partitions);
                    self.send_copies();
                }
                Ok(WorkerCommand::Adopt(catalog)) => self.partitions.adopt(&catalog),
                Ok(WorkerCommand::CorrectTime(now)) => self.partitions.correct_time(now),
                Ok(WorkerCommand::Copy(number, to)) => self.copies_wanted.push((number, to)),
                Ok(WorkerCommand::Explain(question)) => question.answer(&mut self.partitions),
                Ok(WorkerCommand::Stop) | Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {}
            }
        }
        self.leave();
    }

    /// Has the client wake this thread when its queue is no longer empty.
    fn wake_when_records_come(&mut self) {
        let worker = thread::current();
        self.consumer.set_nonempty_callback(move || worker.unpark());
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

    /// Applies the records that are available, or waits a little for one.
    fn poll(&mut self) {
        let mut began = None;
        let mut empty = 0;
        self.partitions.begin_batch();
        for _ in 0..BATCH_MAX {
            let called = self.consumer.context().called();
            match self.poll_one() {
                Some(is_record) => {
                    empty = 0;
                    if is_record {
                        began.get_or_insert_with(clock::instant);
                    }
                }
                // It was something for a callback. Statistics come before the records that the client has
                // already.
                None if self.consumer.context().called() != called => empty = 0,
                None => empty += 1,
            }
            if empty == EMPTY_POLLS {
                self.skip_undelivered();
                break;
            }
        }
        if let Some(began) = began {
            self.instruments.apply_duration.observe(began.elapsed().as_secs_f64());
        }
        if let Some(dead_letters) = self.partitions.dead_letters() {
            dead_letters.poll();
        }
        let changes = std::mem::take(&mut self.callback_state().changes);
        if began.is_none() && changes.is_empty() {
            thread::park_timeout(SLEEP);
        }
        changes.into_iter().for_each(|change| self.change(change));
        if self.nudged_at.elapsed() >= NUDGE_EVERY {
            self.nudged_at = clock::instant();
            drop(self.consumer.assignment());
        }
    }

    /// Polls once, without waiting. Returns whether it was a record; `None` if nothing came.
    fn poll_one(&mut self) -> Option<bool> {
        // Separate borrows: the message borrows the consumer while partitions change.
        let Self { consumer, partitions, repositioning, .. } = self;
        match consumer.poll(Duration::ZERO)? {
            Ok(message) => {
                if consumer.context().take_recreated() {
                    drop(message);
                    self.restart_all();
                    return Some(false);
                }
                let partition = message.partition();
                if repositioning.contains(&partition) {
                    return Some(false);
                }
                if partitions.take(&message) {
                    return Some(true);
                }
                drop(message);
                self.restart_partition(partition, RECREATED);
                Some(false)
            }
            Err(KafkaError::PartitionEOF(_)) => Some(false),
            Err(KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset)) => {
                self.check_offsets();
                Some(false)
            }
            Err(KafkaError::MessageConsumptionFatal(_)) => {
                self.callback_state().is_dead = true;
                Some(false)
            }
            // The context has seen the others before.
            Err(error) => {
                tracing::debug!(%error, "the consumer reports an error");
                Some(false)
            }
        }
    }

    /// Moves positions ahead over offsets that are delivered to no reader. Called when all that the client
    /// had is taken: the offsets that its statistics gave before are passed then.
    fn skip_undelivered(&mut self) {
        let delivered = {
            let mut callback_state = self.callback_state();
            callback_state.drained();
            std::mem::take(&mut callback_state.delivered)
        };
        for (number, position) in delivered {
            if !self.repositioning.contains(&number) && self.fetched.contains(&number) {
                self.partitions.skip_to(number, position);
            }
        }
        if self.consumer.context().take_recreated() {
            self.restart_all();
        }
    }

    fn change(&mut self, change: AssignmentChange) {
        match change {
            AssignmentChange::Assign(partitions) => self.assign(&partitions),
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
        loop {
            let has_more = self.partitions.derive(now);
            let stream = (!has_more).then(|| self.report());
            let batch = Batch {
                worker: self.number,
                effects: self.partitions.take_effects(),
                stream,
                oldest_event: self.partitions.take_oldest_event(),
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

    /// Sends the copies that are wanted. Called right after all events have been derived: no copy can be
    /// made while some have not. Whoever wants a partition that is not held here gets none.
    fn send_copies(&mut self) {
        for (number, to) in std::mem::take(&mut self.copies_wanted) {
            let Some(partition) = self.partitions.get(number) else { continue };
            let copy = if partition.shard().timelines() > COPIED_TICKETS_MAX {
                Some(PartitionCopy::TooLarge)
            } else {
                let aside = partition.shard().tickets_aside();
                partition.copy(clock::wall()).map(|bytes| PartitionCopy::Made { bytes, aside })
            };
            if copy.is_some_and(|copy| to.send(copy).is_err()) {
                tracing::debug!(
                    partition = number,
                    "the copy of the partition is no longer wanted"
                );
            }
        }
    }

    /// The status of the worker.
    fn report(&mut self) -> StreamStatus {
        let topic = self.answers.topic();
        if topic.is_compacted == Some(true) {
            self.partitions.lost_history();
        }
        let mut stream = self.partitions.report(&topic);
        let state = Arc::clone(&self.callback_state);
        let mut callback_state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_current = stream.partitions.values().all(|progress| {
            progress.read_to.is_some_and(|read_to| read_to.elapsed() < TROUBLE_OVER)
        });
        if is_current && !stream.partitions.is_empty() {
            callback_state.trouble.clear();
        }
        stream.is_static_member = self.kafka.is_static_member();
        stream.rebalances = callback_state.rebalances;
        stream.commit_failures = callback_state.commit_failures;
        stream.fetched_bytes = callback_state.fetched_bytes;
        stream.errors.clone_from(&callback_state.errors);
        stream.client_trouble = callback_state.trouble.latest().cloned();
        for (partition, progress) in &mut stream.partitions {
            progress.open_transaction = callback_state.open_transactions.get(partition).copied();
        }
        self.partitions.look_at_transactions(&mut stream.partitions);
        drop(callback_state);
        self.mend_stalls(&stream);
        stream
    }
}

/// Creates a consumer that joins the group.
fn join(
    kafka: &Kafka,
    number: usize,
    callback_state: &Arc<Mutex<CallbackState>>,
) -> Result<BaseConsumer<WorkerContext>, ClientError> {
    let context = WorkerContext::new(kafka, Arc::clone(callback_state));
    let refused = |error: KafkaError| ClientError::new(kafka, &error);
    let consumer: BaseConsumer<WorkerContext> =
        client_config(kafka, number).create_with_context(context).map_err(refused)?;
    consumer.subscribe(&[&kafka.topic]).map_err(refused)?;
    Ok(consumer)
}
