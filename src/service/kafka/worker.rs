//! A worker: one consumer of the group on a plain thread, and its partitions.
//!
//! # Design
//! `BaseConsumer::poll` on the borrowed payload: the fastest shape there is, and every poll serves
//! rebalances, errors and statistics, which streams and split queues are known to miss.
//!
//! A partition that is assigned is taken up where its checkpoint ends, and the client begins to fetch at that
//! very offset: the callback only notes what the group asks for, and the worker carries it out right after
//! the poll, where it has its partitions at hand. Offsets are committed once the checkpoint that holds their
//! effect is durable; nothing is ever read back from the commits, they are for tools that show lag.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use super::changes::Effects;
use super::checkpointer::Checkpointer;
use super::client::{CallbackState, Change, WorkerContext, client_config, is_cooperative};
use super::partitions::PartitionSet;
use crate::catalog::Catalog;
use crate::config::{Kafka, StateConfig};
use crate::partition::{Partition, Start};
use crate::service::clock::{self, Clock};
use crate::service::instruments::Instruments;
use crate::service::kafka::dead_letters::DeadLetters;
use crate::service::kafka::status::StreamStatus;
use crate::service::store::{Store, StoredPartition};
use crate::split_tickets::{SplitQuestion, TicketInPartition};
use crate::time::Timestamp;

/// How long a poll waits for a record: how late a worker may notice a command.
const POLL_WAIT: Duration = Duration::from_millis(50);

/// Records that are taken before a command is looked for.
const BATCH_MAX: usize = 1_000;

/// How long the broker may take to say where a partition begins and ends.
const ASK_WAIT: Duration = Duration::from_secs(5);

/// How long checkpoints may take when partitions are given up: others wait for them.
const HANDOVER_WAIT: Duration = Duration::from_secs(10);

/// How soon a store that cannot be read is tried again.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// What the viewer tells a worker.
#[derive(Clone, Debug)]
pub(in crate::service) enum WorkerCommand {
    /// Bring all shards up to this instant and say what changed, and what they have of these tickets.
    Advance(Timestamp, Arc<SplitQuestion>),
    /// Judge by other rules, which all begins anew.
    Adopt(Arc<Catalog>),
    /// Keep all that is known, leave the group and end.
    Stop,
}

/// What a worker answers: some batches of effects, the last with how far it is.
#[derive(Debug)]
pub(in crate::service) struct Batch {
    pub(in crate::service) worker: usize,
    pub(in crate::service) effects: Effects,
    pub(in crate::service) stream: Option<StreamStatus>,
    /// The tickets that partitions have opened, and those that were asked for and are here.
    pub(in crate::service) opened: Vec<(i32, Vec<u64>)>,
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
    /// Partitions that are assigned and cannot be taken up yet, and when to try again.
    unread: Option<(Vec<i32>, Instant)>,
    /// Partitions that must be read from their beginning, and where the client has not gone back yet: what
    /// comes of them meanwhile is not taken.
    rewinding: BTreeSet<i32>,
}

/// What a worker needs of the service.
pub(in crate::service) struct WorkerConfig<'a> {
    pub(in crate::service) kafka: &'a Kafka,
    pub(in crate::service) state: &'a StateConfig,
    pub(in crate::service) catalog: &'a Arc<Catalog>,
    pub(in crate::service) clock: Clock,
    pub(in crate::service) instruments: &'a Arc<Instruments>,
    pub(in crate::service) jobs: Option<std::sync::mpsc::Sender<crate::service::store::Job>>,
}

impl Worker {
    /// Joins the group.
    ///
    /// # Errors
    /// When the client refuses its configuration or the store cannot be opened, in words.
    pub(in crate::service) fn new(
        number: usize,
        config: &WorkerConfig<'_>,
    ) -> Result<Self, String> {
        let WorkerConfig { kafka, state, catalog, clock, instruments, jobs } = config;
        let catalog = Arc::clone(catalog);
        let callback_state = Arc::new(Mutex::new(CallbackState::default()));
        let context = WorkerContext {
            topic: kafka.topic.clone(),
            callback_state: Arc::clone(&callback_state),
        };
        let refused =
            |error: KafkaError| format!("the Kafka client refuses kafka.properties: {error}");
        let consumer: BaseConsumer<WorkerContext> =
            client_config(kafka, number).create_with_context(context).map_err(refused)?;
        consumer.subscribe(&[&kafka.topic]).map_err(refused)?;
        let store = match &state.store {
            Some(place) => Some(Store::open(place, &kafka.group)?),
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
            unread: None,
            rewinding: BTreeSet::new(),
        })
    }

    /// Reads until told to stop.
    pub(in crate::service) fn run(
        mut self,
        commands: &Receiver<WorkerCommand>,
        batches: &SyncSender<Batch>,
    ) {
        loop {
            self.poll();
            self.retry_unread();
            self.rewind();
            self.commit_durable(CommitMode::Async);
            match commands.try_recv() {
                Ok(WorkerCommand::Advance(now, question)) => {
                    let found = self.partitions.answer(&question);
                    if !self.advance(now, found, batches) {
                        break;
                    }
                    self.partitions.forget();
                    self.checkpointer.keep_due(&mut self.partitions);
                }
                Ok(WorkerCommand::Adopt(catalog)) => self.partitions.adopt(&catalog),
                Ok(WorkerCommand::Stop) | Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {}
            }
        }
        self.leave();
    }

    /// Keeps what is known of all partitions, says where others may go on, and leaves the group.
    fn leave(mut self) {
        let all = self.partitions.numbers();
        self.hand_over(&all);
        self.callback_state().is_leaving = true;
    }

    fn callback_state(&self) -> std::sync::MutexGuard<'_, CallbackState> {
        self.callback_state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a record, and takes those that are there already along with it.
    fn poll(&mut self) {
        let mut wait = POLL_WAIT;
        let mut began = None;
        for _ in 0..BATCH_MAX {
            let Some(taken) = self.poll_one(wait) else { break };
            wait = Duration::ZERO;
            if taken {
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

    /// None if nothing was there; else whether it was a record.
    fn poll_one(&mut self, wait: Duration) -> Option<bool> {
        // The message borrows from the consumer, and the partitions are beside it.
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
                self.begin_again(partition, "the topic is another one of the same name");
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
            // Most errors have come to the context before, with more words.
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

    fn change(&mut self, change: Change) {
        match change {
            Change::Assign(partitions) => {
                self.callback_state().connection_error = None;
                self.assign(&partitions);
            }
            Change::Revoke(partitions) => self.revoke(&partitions),
        }
    }

    /// Takes partitions up where their checkpoints end, and fetches from there on.
    fn assign(&mut self, partitions: &[i32]) {
        let mut list = TopicPartitionList::new();
        for &number in partitions {
            let start = match self.take_up(number) {
                Ok(start) => start,
                Err(said) => {
                    self.partitions.set_connection_error(Some(said));
                    // All together: the list is what the group asked for.
                    self.unread = Some((partitions.to_vec(), clock::instant() + STORE_RETRY));
                    return;
                }
            };
            let offset = match start {
                Start::Beginning => Offset::Beginning,
                Start::At(offset) => Offset::Offset(offset),
            };
            let topic = self.partitions.topic();
            if let Err(error) = list.add_partition_offset(topic, number, offset) {
                tracing::error!(number, "failed to name an offset: {error}");
            }
        }
        self.partitions.set_connection_error(None);
        let assigned = if is_cooperative(&self.consumer) {
            self.consumer.incremental_assign(&list)
        } else {
            self.consumer.assign(&list)
        };
        if let Err(error) = assigned {
            tracing::error!("failed to begin with partitions: {error}");
        }
    }

    /// Tries again to read checkpoints that could not be read.
    fn retry_unread(&mut self) {
        if let Some((partitions, _)) =
            self.unread.take_if(|(_, at)| clock::instant().checked_duration_since(*at).is_some())
        {
            self.assign(&partitions);
        }
    }

    /// Takes up one partition; where to read on.
    fn take_up(&mut self, number: i32) -> Result<Start, String> {
        let found = match &self.store {
            Some(store) => {
                store.find(self.partitions.catalog(), self.partitions.topic_shared(), number)?
            }
            None => StoredPartition { partition: None, epoch: 1, is_damaged: false },
        };
        if found.is_damaged {
            tracing::error!(
                number,
                "no checkpoint of this partition is whole: its state is rebuilt from the topic's beginning"
            );
        }
        let is_restored = found.partition.is_some();
        let mut partition = found.partition.unwrap_or_else(|| {
            let (catalog, topic) = (self.partitions.catalog(), self.partitions.topic_shared());
            Partition::new(Arc::clone(catalog), topic, number, found.epoch)
        });
        let topic = self.partitions.topic();
        let asked = self.consumer.fetch_watermarks(topic, number, ASK_WAIT);
        // To begin without knowing would take a gap for a whole history.
        let (first, end) = asked.map_err(|error| {
            format!(
                "Kafka does not say where partition {number} of {topic} begins and ends: {error}"
            )
        })?;
        if let Some(what) = what_is_lost(&partition, first, end) {
            tracing::error!(number, position = partition.position(), "{what}");
            self.partitions.lost_records(&mut partition, is_restored);
        }
        let (position, timelines) = (partition.position(), partition.shard().timelines());
        if is_restored {
            tracing::info!(number, position, timelines, "assigned: going on from its checkpoint");
        } else {
            tracing::info!(number, "assigned: reading from its beginning");
        }
        let start = partition.start();
        self.partitions.insert(number, partition);
        Ok(start)
    }

    /// An offset that was to be read is not there: finds which.
    fn check_offsets(&mut self) {
        for number in self.partitions.numbers() {
            let Ok((first, end)) =
                self.consumer.fetch_watermarks(self.partitions.topic(), number, ASK_WAIT)
            else {
                continue;
            };
            let lost = self.partitions.get(number).and_then(|p| what_is_lost(p, first, end));
            if let Some(what) = lost {
                self.begin_again(number, what);
            }
        }
    }

    /// Reads a partition from its beginning; what is known of its tickets stays known.
    fn begin_again(&mut self, number: i32, why: &str) {
        tracing::error!(number, "{why}: its history has a gap; reading from its beginning");
        self.checkpointer.drop_waiting(number);
        self.partitions.begin_again(number);
        self.rewinding.insert(number);
    }

    /// Has the client go back to the beginning where it must; what fails is tried again.
    fn rewind(&mut self) {
        let Self { rewinding, consumer, partitions, .. } = self;
        rewinding.retain(|number| {
            let back = consumer.seek(partitions.topic(), *number, Offset::Beginning, ASK_WAIT);
            if let Err(error) = &back {
                tracing::error!(
                    number,
                    "failed to go back to the beginning: {error}; trying again"
                );
            }
            back.is_err()
        });
    }

    /// Gives partitions up, when all that is known of them is kept.
    fn revoke(&mut self, partitions: &[i32]) {
        if let Some((unread, _)) = &mut self.unread {
            unread.retain(|number| !partitions.contains(number));
        }
        // Where it is lost already, somebody else has it, and a commit would be refused.
        if !self.consumer.assignment_lost() {
            self.hand_over(partitions);
        }
        for &number in partitions {
            tracing::info!(number, "revoked");
            self.rewinding.remove(&number);
            self.checkpointer.drop_waiting(number);
            self.partitions.remove(number);
        }
        let mut list = TopicPartitionList::new();
        for &number in partitions {
            list.add_partition(self.partitions.topic(), number);
        }
        let done = if is_cooperative(&self.consumer) {
            self.consumer.incremental_unassign(&list)
        } else {
            self.consumer.unassign()
        };
        if let Err(error) = done {
            tracing::error!("failed to give up partitions: {error}");
        }
    }

    /// Keeps what is known of partitions and commits how far that is, so that others can go on from there.
    fn hand_over(&mut self, partitions: &[i32]) {
        self.checkpointer.keep_now(partitions, &mut self.partitions, HANDOVER_WAIT);
        self.commit_durable(CommitMode::Sync);
    }

    /// Commits the positions of checkpoints that have become durable.
    fn commit_durable(&mut self, mode: CommitMode) {
        let durable = self.checkpointer.take_durable();
        if durable.is_empty() {
            return;
        }
        let mut list = TopicPartitionList::new();
        for (number, position) in durable {
            let offset = Offset::Offset(position);
            if let Err(error) = list.add_partition_offset(self.partitions.topic(), number, offset) {
                tracing::error!(number, "failed to name an offset: {error}");
            }
        }
        if let Err(error) = self.consumer.commit(&list, mode) {
            tracing::warn!("failed to commit offsets, which only lag tools miss: {error}");
            self.callback_state().commit_failures += 1;
        }
    }

    /// Brings the shards up to `now` and hands on what changed, in batches of bounded size. False once nobody
    /// listens.
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
            .map(|connection_error| connection_error.said.clone());
        stream.connection_error = stream.connection_error.or(connection_error);
        for (partition, progress) in &mut stream.partitions {
            progress.end = progress.end.max(callback_state.ends.get(partition).copied());
        }
        drop(callback_state);
        stream
    }

    /// How many partitions the topic has, asked of the broker: later the client's statistics say so.
    fn partitions_of_topic(&self) -> Option<usize> {
        let metadata =
            self.consumer.fetch_metadata(Some(self.partitions.topic()), POLL_WAIT).ok()?;
        let topic = metadata.topics().first().filter(|topic| topic.error().is_none())?;
        Some(topic.partitions().len()).filter(|count| *count > 0)
    }
}

/// What of a partition's records is lost where it now begins and ends there; none where nothing is.
fn what_is_lost(partition: &Partition, first: i64, end: i64) -> Option<&'static str> {
    let next = match partition.start() {
        Start::Beginning if first > 0 => return Some("the topic no longer has its first records"),
        Start::Beginning => return None,
        Start::At(offset) => offset,
    };
    if next > end || partition.position() > end {
        return Some("the topic ends before what was read of it: it was truncated or made anew");
    }
    // The last record that is known may be gone; the one after it must not.
    (partition.position() < first).then_some("records were deleted before they were read")
}
