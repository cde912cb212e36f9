//! The worker's assignment: takes up partitions from their checkpoints, hands them over, commits offsets.

use std::sync::Arc;

use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::{HANDOVER_TIMEOUT, STORE_RETRY, Unassigned, WATERMARK_TIMEOUT, Worker};
use crate::partition::{Partition, Start};
use crate::service::clock;
use crate::service::kafka::client::is_cooperative;
use crate::service::store::{StoreError, StoredPartition};

/// Why a partition cannot be taken up.
#[derive(Debug, thiserror::Error)]
enum TakeUpError {
    /// Its checkpoint cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker does not return its watermarks.
    #[error(
        "Kafka does not return the first and last offset of partition {partition} of {topic}: {error}"
    )]
    Watermarks { topic: String, partition: i32, error: KafkaError },
}

impl Worker {
    /// Takes up partitions from their checkpoints, and starts fetching where these end.
    pub(super) fn assign(&mut self, partitions: &[i32]) {
        let mut list = TopicPartitionList::new();
        for &number in partitions {
            let start = match self.take_up(number) {
                Ok(start) => start,
                Err(error) => {
                    self.partitions.set_connection_error(Some(error.to_string()));
                    // The group asked for the whole list, so it is retried as a whole.
                    self.unassigned = Some(Unassigned {
                        partitions: partitions.to_vec(),
                        retry_at: clock::instant() + STORE_RETRY,
                    });
                    return;
                }
            };
            let offset = match start {
                Start::Beginning => Offset::Beginning,
                Start::At(offset) => Offset::Offset(offset),
            };
            let topic = self.partitions.topic();
            if let Err(error) = list.add_partition_offset(topic, number, offset) {
                tracing::error!(number, "failed to add an offset to the list: {error}");
            }
        }
        self.partitions.set_connection_error(None);
        let assigned = if is_cooperative(&self.consumer) {
            self.consumer.incremental_assign(&list)
        } else {
            self.consumer.assign(&list)
        };
        if let Err(error) = assigned {
            tracing::error!("failed to assign partitions: {error}");
        }
    }

    /// Retries an assignment that failed, once it is time.
    pub(super) fn retry_assignment(&mut self) {
        let is_due = |unassigned: &mut Unassigned| {
            clock::instant().checked_duration_since(unassigned.retry_at).is_some()
        };
        if let Some(unassigned) = self.unassigned.take_if(is_due) {
            self.assign(&unassigned.partitions);
        }
    }

    /// Restores one partition from its checkpoint and holds it. Returns where to start fetching.
    fn take_up(&mut self, number: i32) -> Result<Start, TakeUpError> {
        let found = match &self.store {
            Some(store) => {
                store.find(self.partitions.catalog(), self.partitions.topic_shared(), number)?
            }
            None => StoredPartition { partition: None, epoch: 1, is_damaged: false },
        };
        if found.is_damaged {
            tracing::error!(
                number,
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
        let (first, end) = watermarks.map_err(|error| TakeUpError::Watermarks {
            topic: topic.to_owned(),
            partition: number,
            error,
        })?;
        if let Some(loss) = find_loss(&partition, first, end) {
            tracing::error!(number, position = partition.position(), "{loss}");
            self.partitions.lost_records(&mut partition, is_restored);
        }
        let (position, timelines) = (partition.position(), partition.shard().timelines());
        if is_restored {
            tracing::info!(number, position, timelines, "assigned: restored from its checkpoint");
        } else {
            tracing::info!(number, "assigned: reading from its start");
        }
        let start = partition.start();
        self.partitions.insert(number, partition);
        Ok(start)
    }

    /// Finds the partitions whose next offset no longer exists, and reads them from their start.
    pub(super) fn check_offsets(&mut self) {
        for number in self.partitions.numbers() {
            let Ok((first, end)) =
                self.consumer.fetch_watermarks(self.partitions.topic(), number, WATERMARK_TIMEOUT)
            else {
                continue;
            };
            let loss = self.partitions.get(number).and_then(|p| find_loss(p, first, end));
            if let Some(loss) = loss {
                self.restart_partition(number, loss);
            }
        }
    }

    /// Reads a partition from its start. Its tickets stay known.
    pub(super) fn restart_partition(&mut self, number: i32, why: &str) {
        tracing::error!(number, "{why}: its history has a gap; reading from its start");
        self.checkpointer.drop_waiting(number);
        self.partitions.restart(number);
        self.rewinding.insert(number);
    }

    /// Seeks partitions to their start that must be read from there. A seek that fails is retried.
    pub(super) fn rewind(&mut self) {
        let Self { rewinding, consumer, partitions, .. } = self;
        rewinding.retain(|number| {
            let sought =
                consumer.seek(partitions.topic(), *number, Offset::Beginning, WATERMARK_TIMEOUT);
            if let Err(error) = &sought {
                tracing::error!(number, "failed to seek to the start: {error}; retrying");
            }
            sought.is_err()
        });
    }

    /// Writes checkpoints of partitions and gives them up.
    pub(super) fn revoke(&mut self, partitions: &[i32]) {
        if let Some(unassigned) = &mut self.unassigned {
            unassigned.partitions.retain(|number| !partitions.contains(number));
        }
        // A lost assignment belongs to another member, and the broker would refuse a commit.
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

    /// Writes checkpoints of partitions and commits their offsets, so that another member can go on from
    /// there.
    pub(super) fn hand_over(&mut self, partitions: &[i32]) {
        self.checkpointer.make_now(partitions, &mut self.partitions, HANDOVER_TIMEOUT);
        self.commit_durable(CommitMode::Sync);
    }

    /// Commits the offsets of checkpoints that have become durable.
    pub(super) fn commit_durable(&mut self, mode: CommitMode) {
        let durable = self.checkpointer.take_durable();
        if durable.is_empty() {
            return;
        }
        let mut list = TopicPartitionList::new();
        for (number, position) in durable {
            let offset = Offset::Offset(position);
            if let Err(error) = list.add_partition_offset(self.partitions.topic(), number, offset) {
                tracing::error!(number, "failed to add an offset to the list: {error}");
            }
        }
        if let Err(error) = self.consumer.commit(&list, mode) {
            tracing::warn!(
                "failed to commit offsets: {error}; only tools that show the lag use them"
            );
            self.callback_state().commit_failures += 1;
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
