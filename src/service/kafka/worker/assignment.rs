//! The worker's assignment: takes up partitions from their checkpoints, hands them over, commits offsets.

use std::sync::Arc;

use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};

use super::{
    HANDOVER_TIMEOUT, JOIN_POLL, JOIN_TIMEOUT, RECREATED, STORE_RETRY, WATERMARK_TIMEOUT, Worker,
};
use crate::partition::{Partition, Start};
use crate::service::clock;
use crate::service::kafka::client::is_cooperative;
use crate::service::kafka::trouble::Trouble;
use crate::service::store::{StoreError, StoredPartition};

/// Why a partition cannot be taken up.
#[derive(Debug, thiserror::Error)]
enum TakeUpError {
    /// Its checkpoint cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker does not return its watermarks, or its cluster's id.
    #[error("no answer of the broker about partition {partition}: {problem}")]
    Broker { partition: i32, problem: String },
}

impl TakeUpError {
    fn trouble(&self) -> Trouble {
        match self {
            Self::Store(error) => Trouble::Store(error.to_string()),
            Self::Broker { partition, problem } => {
                Trouble::NoOffsets { partition: *partition, problem: problem.clone() }
            }
        }
    }
}

impl Worker {
    /// Accepts partitions. They are taken up in [`Worker::take_up_due`], so that neither a store nor a broker
    /// that does not answer holds up the group.
    pub(super) fn assign(&mut self, partitions: &[i32]) {
        let now = clock::instant();
        self.unassigned.extend(partitions.iter().map(|number| (*number, now)));
        // Without this answer the group cannot go on.
        self.fetch(&TopicPartitionList::new());
    }

    /// Takes up assigned partitions whose time has come, and starts fetching where their checkpoints end.
    pub(super) fn take_up_due(&mut self) {
        let now = clock::instant();
        let due = |(number, at): (&i32, &std::time::Instant)| (*at <= now).then_some(*number);
        let due: Vec<i32> = self.unassigned.iter().filter_map(due).collect();
        if due.is_empty() {
            return;
        }
        if !self.has_only_its_share() {
            self.unassigned.values_mut().for_each(|at| *at = now + JOIN_POLL);
            return;
        }
        let mut list = TopicPartitionList::new();
        for number in due {
            let start = match self.take_up(number) {
                Ok(start) => start,
                Err(error) => {
                    tracing::debug!(partition = number, "not taken up: {error}");
                    self.partitions.set_blocked(Some(error.trouble()));
                    self.unassigned.insert(number, clock::instant() + STORE_RETRY);
                    // The others wait for the next turn: this one may have waited for a broker.
                    break;
                }
            };
            self.unassigned.remove(&number);
            let offset = match start {
                Start::Beginning => Offset::Beginning,
                Start::At(offset) => Offset::Offset(offset),
            };
            self.add_to(&mut list, number, offset);
        }
        if self.unassigned.is_empty() {
            self.partitions.set_blocked(None);
        }
        if list.count() > 0 {
            self.fetch(&list);
            // The first answer after the assignment decides whether it is caught up.
            self.answers.ask_now();
        }
    }

    /// Whether this worker has no more partitions than its share, so that the others of the process have
    /// joined; or they take too long.
    fn has_only_its_share(&self) -> bool {
        let workers = self.kafka.workers;
        if workers == 1 || self.started.elapsed() >= JOIN_TIMEOUT {
            return true;
        }
        let assigned = self.unassigned.len() + self.partitions.numbers().len();
        let all = self.answers.topic().partitions;
        all.is_some_and(|all| assigned <= all.div_ceil(workers))
    }

    fn add_to(&self, list: &mut TopicPartitionList, number: i32, offset: Offset) {
        if let Err(error) = list.add_partition_offset(self.partitions.topic(), number, offset) {
            tracing::error!(partition = number, "failed to add an offset to the list: {error}");
        }
    }

    /// Has the client fetch these partitions, too.
    fn fetch(&mut self, list: &TopicPartitionList) {
        for element in list.elements() {
            self.fetched.insert(element.partition());
            self.callback_state().reset(element.partition());
        }
        let assigned = if is_cooperative(&self.consumer) {
            self.consumer.incremental_assign(list)
        } else {
            self.consumer.assign(list)
        };
        if let Err(error) = assigned {
            tracing::error!("failed to assign partitions: {error}");
        }
    }

    /// Has the client fetch these partitions no longer. It refuses a list with one that it does not fetch.
    fn stop_fetching(&mut self, partitions: &[i32]) -> KafkaResult<()> {
        let mut list = TopicPartitionList::new();
        for number in partitions {
            if self.fetched.remove(number) {
                list.add_partition(self.partitions.topic(), *number);
            }
        }
        if is_cooperative(&self.consumer) {
            self.consumer.incremental_unassign(&list)
        } else {
            self.consumer.unassign()
        }
    }

    /// Refuses a store whose checkpoints are of another cluster.
    fn check_cluster(&mut self, partition: i32) -> Result<(), TakeUpError> {
        let Some(store) = self.store.as_ref().filter(|_| !self.has_checked_cluster) else {
            return Ok(());
        };
        let problem = "the id of its cluster is not known yet".to_owned();
        let id = self
            .consumer
            .client()
            .fetch_cluster_id(WATERMARK_TIMEOUT)
            .ok_or(TakeUpError::Broker { partition, problem })?;
        if !store.check_cluster(&id)? {
            self.checkpointer.claim_store(id);
        }
        self.has_checked_cluster = true;
        Ok(())
    }

    /// Restores one partition from its checkpoint and holds it. Returns where to start fetching.
    fn take_up(&mut self, number: i32) -> Result<Start, TakeUpError> {
        self.check_cluster(number)?;
        let found = match &self.store {
            Some(store) => {
                store.find(self.partitions.catalog(), self.partitions.topic_shared(), number)?
            }
            None => StoredPartition { partition: None, epoch: 1, is_damaged: false },
        };
        if found.is_damaged {
            tracing::error!(
                partition = number,
                "all checkpoints of this partition are damaged: its state is rebuilt from the start of \
                 the topic"
            );
        }
        let is_restored = found.partition.is_some();
        let mut partition = found.partition.unwrap_or_else(|| {
            let (catalog, topic) = (self.partitions.catalog(), self.partitions.topic_shared());
            Partition::new(Arc::clone(catalog), topic, number, found.epoch)
        });
        let topic = self.partitions.topic();
        let watermarks = self.consumer.fetch_watermarks(topic, number, WATERMARK_TIMEOUT);
        // Required: without the first offset a gap would look like a complete history.
        let (first, end) = watermarks.map_err(|error| TakeUpError::Broker {
            partition: number,
            problem: error.rdkafka_error_code().map_or(error.to_string(), |code| code.to_string()),
        })?;
        partition.hold(self.process);
        let topic_id = self.callback_state().topic_id.clone();
        let is_other_topic = topic_id.is_some_and(|id| partition.set_topic_id(&id));
        let loss = if is_other_topic { Some(RECREATED) } else { find_loss(&partition, first, end) };
        if let Some(loss) = loss {
            tracing::error!(partition = number, position = partition.position(), "{loss}");
            self.partitions.lost_records(&mut partition, is_restored);
        }
        partition.starts_at(first);
        if partition.correct_time(clock::wall()) {
            tracing::warn!(
                partition = number,
                "its checkpoint was written by a clock that was ahead: times after now are corrected"
            );
        }
        let (position, timelines) = (partition.position(), partition.shard().timelines());
        if is_restored {
            self.checkpointer.restored(number, position);
            tracing::info!(
                partition = number,
                position,
                timelines,
                "assigned: restored from its checkpoint"
            );
        } else {
            tracing::info!(partition = number, "assigned: reading from its start");
        }
        let start = partition.start();
        self.partitions.insert(number, partition);
        Ok(start)
    }

    /// Finds the partitions whose next offset no longer exists, and reads them from their start.
    ///
    /// The client does not say which partition it is, and it has stopped fetching that one. So the others are
    /// positioned again, too, where they are.
    pub(super) fn check_offsets(&mut self) {
        for number in self.partitions.numbers() {
            if self.repositioning.contains(&number) {
                continue;
            }
            let watermarks =
                self.consumer.fetch_watermarks(self.partitions.topic(), number, WATERMARK_TIMEOUT);
            let loss = watermarks.ok().and_then(|(first, end)| {
                let partition = self.partitions.get_mut(number)?;
                let loss = find_loss(partition, first, end);
                partition.starts_at(first);
                loss
            });
            match loss {
                Some(loss) => self.restart_partition(number, loss),
                None => drop(self.repositioning.insert(number)),
            }
        }
    }

    /// Reads a partition from its start. Its tickets stay known.
    pub(super) fn restart_partition(&mut self, number: i32, why: &str) {
        tracing::error!(
            partition = number,
            "{why}: its history has a gap; reading from the first record left"
        );
        self.checkpointer.drop_waiting(number);
        let topic_id = self.callback_state().topic_id.clone();
        self.partitions.restart(number, topic_id.as_ref());
        self.repositioning.insert(number);
        self.reposition_at = clock::instant();
    }

    /// Reads all partitions from their start: the topic was deleted and recreated.
    pub(super) fn restart_all(&mut self) {
        for number in self.partitions.numbers() {
            self.restart_partition(number, RECREATED);
        }
    }

    /// Has the client go to the next offset of partitions where that has changed. What fails is tried again.
    ///
    /// The client stops fetching a partition whose offset does not exist, and then refuses to seek. It has to
    /// be assigned again.
    pub(super) fn reposition(&mut self) {
        if self.repositioning.is_empty() || clock::instant() < self.reposition_at {
            return;
        }
        let numbers: Vec<i32> = self.repositioning.iter().copied().collect();
        if let Err(error) = self.stop_fetching(&numbers) {
            tracing::warn!("failed to go to another offset: {error}; retrying");
            self.fetched.extend(&numbers);
            self.reposition_at = clock::instant() + STORE_RETRY;
            return;
        }
        let mut list = TopicPartitionList::new();
        for number in numbers {
            let Some(partition) = self.partitions.get(number) else { continue };
            let offset = match partition.start() {
                Start::Beginning => Offset::Beginning,
                Start::At(offset) => Offset::Offset(offset),
            };
            self.add_to(&mut list, number, offset);
        }
        self.fetch(&list);
        self.repositioning.clear();
    }

    /// Writes checkpoints of partitions and gives them up.
    pub(super) fn revoke(&mut self, partitions: &[i32]) {
        // A lost assignment belongs to another member, and the broker would refuse a commit.
        if !self.consumer.assignment_lost() {
            self.hand_over(partitions);
        }
        for number in partitions {
            if self.partitions.get(*number).is_some() {
                tracing::info!(partition = number, "revoked");
            }
        }
        self.drop_partitions(partitions);
        if let Err(error) = self.stop_fetching(partitions) {
            tracing::error!("failed to give up partitions: {error}");
        }
    }

    /// Forgets partitions, and takes their effects back.
    pub(super) fn drop_partitions(&mut self, partitions: &[i32]) {
        for &number in partitions {
            self.unassigned.remove(&number);
            self.repositioning.remove(&number);
            self.checkpointer.drop_waiting(number);
            self.partitions.remove(number);
        }
        if self.unassigned.is_empty() {
            self.partitions.set_blocked(None);
        }
    }

    /// Writes checkpoints of partitions and commits their offsets, so that another member can go on from
    /// there.
    pub(super) fn hand_over(&mut self, partitions: &[i32]) {
        self.checkpointer.make_last(partitions, &mut self.partitions, HANDOVER_TIMEOUT);
        self.commit_durable(CommitMode::Sync);
    }

    /// Commits the offsets of checkpoints that have become durable.
    pub(super) fn commit_durable(&mut self, mode: CommitMode) {
        let mut durable = {
            let mut callback_state = self.callback_state();
            let is_early =
                !callback_state.uncommitted.is_empty() && self.committed_at.elapsed() < STORE_RETRY;
            if is_early && matches!(mode, CommitMode::Async) {
                return;
            }
            std::mem::take(&mut callback_state.uncommitted)
        };
        durable.extend(self.checkpointer.take_durable());
        durable.retain(|number, _| self.partitions.get(*number).is_some());
        if durable.is_empty() {
            return;
        }
        self.committed_at = clock::instant();
        let mut list = TopicPartitionList::new();
        for (number, position) in durable {
            let offset = Offset::Offset(position);
            if let Err(error) = list.add_partition_offset(self.partitions.topic(), number, offset) {
                tracing::error!(partition = number, "failed to add an offset to the list: {error}");
            }
        }
        if let Err(error) = self.consumer.commit(&list, mode) {
            self.callback_state().commit_failed(&list, &error);
        }
    }
}

/// Which records of a partition are lost, if its first offset and its end are now these; `None` if none are.
fn find_loss(partition: &Partition, first: i64, end: i64) -> Option<&'static str> {
    let next = match partition.start() {
        Start::Beginning if first > 0 => return Some("the topic no longer has its first records"),
        Start::Beginning => return None,
        Start::At(offset) => offset,
    };
    if next > end || partition.position() > end {
        return Some("the topic ends before the last record read: it was truncated or recreated");
    }
    // The last record that was read may be gone. The next one must exist.
    (partition.position() < first).then_some("records were deleted before they were read")
}
