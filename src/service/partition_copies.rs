//! Copies of the partitions that the workers hold, for threads that derive the past.
//!
//! # Design
//! The workers copy their partitions one by one, as for a checkpoint. The stream waits only while a partition
//! is copied, and memory holds one copy at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use crate::catalog::Catalog;
use crate::check_list::CheckDraw;
use crate::checkpoint::{self, CheckpointError};
use crate::partition::Partition;
use crate::past::HourlyTallies;
use crate::service::kafka::worker::{PartitionCopy, WorkerCommand};

/// How long a worker may take to copy a partition before its reader begins again.
const COPY_TIMEOUT: Duration = Duration::from_secs(10);

/// Asks the workers for copies.
#[derive(Clone)]
pub(super) struct PartitionCopies {
    /// One for each worker.
    workers: Vec<Sender<WorkerCommand>>,
    topic: Arc<str>,
    /// Set when the service stops.
    pub(super) is_stopping: Arc<AtomicBool>,
}

/// Why there is no copy now.
pub(super) enum Obstacle {
    /// There can be one later: data is not current, or a partition moves to another worker.
    NotYet,
    /// There cannot be one.
    Never(&'static str),
}

/// A copy of a partition.
pub(super) struct CopiedPartition {
    number: i32,
    bytes: Vec<u8>,
    /// The tickets that are not counted.
    aside: Vec<u64>,
}

impl PartitionCopies {
    /// Copies of the partitions of a topic; `workers`: the commands of each worker.
    pub(super) fn new(workers: &[Sender<WorkerCommand>], topic: &str) -> Self {
        let is_stopping = Arc::new(AtomicBool::new(false));
        Self { workers: workers.to_vec(), topic: topic.into(), is_stopping }
    }

    /// Whether the service stops.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// A copy of a partition.
    pub(super) fn copy_of(&self, number: i32) -> Result<CopiedPartition, Obstacle> {
        if self.is_stopping() {
            return Err(Obstacle::NotYet);
        }
        let (to, copies) = mpsc::channel();
        for worker in &self.workers {
            if worker.send(WorkerCommand::Copy(number, to.clone())).is_err() {
                tracing::debug!("a worker has ended already");
            }
        }
        drop(to);
        match copies.recv_timeout(COPY_TIMEOUT) {
            Ok(PartitionCopy::Made { bytes, aside }) => {
                Ok(CopiedPartition { number, bytes, aside })
            }
            Ok(PartitionCopy::TooLarge) => {
                Err(Obstacle::Never("a partition has too many tickets to copy it"))
            }
            Err(_) => Err(Obstacle::NotYet),
        }
    }

    /// A copied partition, restored to be counted by a catalog.
    pub(super) fn restored(
        &self,
        copy: &CopiedPartition,
        catalog: &Arc<Catalog>,
    ) -> Result<Partition, Obstacle> {
        let CopiedPartition { number, bytes, aside } = copy;
        let restored = checkpoint::read(bytes).and_then(|copy| {
            Partition::restore(&copy, Arc::clone(catalog), &self.topic, *number, 1)
        });
        let mut partition = restored.map_err(|error| copy.unreadable(&error))?;
        for ticket in aside {
            partition.set_aside(*ticket, &mut ());
        }
        Ok(partition)
    }
}

impl CopiedPartition {
    /// Adds its tickets to the past, each by the catalog of these tallies, and to the lists of what turns of
    /// duty check.
    pub(super) fn add_to<const N: usize>(
        &self,
        tallies: [&mut HourlyTallies; N],
        draw: &mut CheckDraw,
    ) -> Result<(), Obstacle> {
        let copy = checkpoint::read(&self.bytes).map_err(|error| self.unreadable(&error))?;
        for tallies in tallies {
            copy.add_to_past(tallies, &self.aside).map_err(|error| self.unreadable(&error))?;
        }
        copy.add_to_checks(draw, &self.aside).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &CheckpointError) -> Obstacle {
        let partition = self.number;
        tracing::error!(partition, "the copy of the partition cannot be read: {error}");
        Obstacle::Never("the copy of a partition cannot be read")
    }
}
