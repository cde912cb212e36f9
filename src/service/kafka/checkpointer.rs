//! Schedules the checkpoints of a worker's partitions.
//!
//! # Design
//! The worker makes the image between two batches, when the state belongs to exactly one position. That
//! copies bytes that are packed already. The store's thread writes the image. Both together take 5 % of the
//! time at most: large partitions are written less often, and take longer to catch up after a crash. Of two
//! checkpoints in a row the cheaper one counts: a process that is stopped during one, or a store that hangs
//! once, does not put off the next one for as long as twenty such stops.
//!
//! An image waits until the dead letters of the records before it are written or lost. After a restart from
//! this checkpoint those records are not read again, so their letters would never be sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use super::partitions::PartitionSet;
use crate::checkpoint::{CheckpointName, Origin};
use crate::partition::Partition;
use crate::service::clock;
use crate::service::instruments::Instruments;
use crate::service::store::{Job, Written};
use crate::time::Timestamp;

/// Checkpoints may take one part in this many of the time.
const TIME_SHARE: u32 = 20;

/// How long the store may take to write a checkpoint before that is said.
const HANGING_AFTER: Duration = Duration::from_secs(10);

/// [`Partition::image`] or [`Partition::last_image`].
type MakeImage = fn(&mut Partition, Timestamp) -> Option<(Origin, Vec<u8>)>;

/// An image that has not been handed to the store yet.
struct Image {
    name: CheckpointName,
    bytes: Vec<u8>,
}

/// When an image was made, and what it cost.
struct LatestImage {
    made_at: Instant,
    /// Time to make the image, and to write it once that is known.
    cost: Duration,
    /// The same of the image before; `None` for the first.
    cost_before: Option<Duration>,
}

impl LatestImage {
    /// What an image costs without an interruption that is not its own.
    fn usual_cost(&self) -> Duration {
        self.cost_before.map_or(self.cost, |before| before.min(self.cost))
    }
}

/// Schedules the checkpoints of a worker's partitions.
pub(super) struct Checkpointer {
    /// The store's thread; `None` without a store, and then there are no checkpoints.
    jobs: Option<Sender<Job>>,
    /// The shortest time between two checkpoints of one partition.
    every: Duration,
    done: Sender<Written>,
    written: Receiver<Written>,
    /// Images that wait for dead letters, by partition.
    waiting: BTreeMap<i32, Image>,
    /// Partitions whose checkpoint is being written, with the time since when.
    pending: BTreeMap<i32, Instant>,
    /// Whether the store does not answer, which was said.
    is_hanging: bool,
    instruments: Arc<Instruments>,
    /// Partitions whose last checkpoint could not be written.
    failed: BTreeSet<i32>,
    /// The latest image of each partition.
    latest: BTreeMap<i32, LatestImage>,
    /// Durable positions that are not committed yet, by partition.
    durable: BTreeMap<i32, i64>,
}

impl Checkpointer {
    /// Makes checkpoints for this store at this interval; without a store, none.
    pub(super) fn new(
        jobs: Option<Sender<Job>>,
        every: Duration,
        instruments: &Arc<Instruments>,
    ) -> Self {
        let (done, written) = mpsc::channel();
        Self {
            jobs,
            every,
            done,
            written,
            waiting: BTreeMap::new(),
            pending: BTreeMap::new(),
            is_hanging: false,
            instruments: Arc::clone(instruments),
            failed: BTreeSet::new(),
            latest: BTreeMap::new(),
            durable: BTreeMap::new(),
        }
    }

    /// Has the store marked as that of a cluster.
    pub(super) fn claim_store(&self, cluster: String) {
        if let Some(jobs) = &self.jobs
            && jobs.send(Job::ClaimForCluster(cluster)).is_err()
        {
            tracing::debug!("the store's thread has ended");
        }
    }

    /// Makes the checkpoint that has been due for longest, if one is due. One per call: calls are frequent.
    pub(super) fn make_next_due(&mut self, partitions: &mut PartitionSet) {
        self.receive_written();
        self.notice_hanging_store();
        self.hand_settled(partitions);
        let interval = self.interval();
        let due = |number: &i32| {
            let latest = self.latest.get(number);
            let is_due = latest.is_none_or(|latest| latest.made_at.elapsed() >= interval);
            let is_under_way =
                self.pending.contains_key(number) || self.waiting.contains_key(number);
            is_due && self.is_wanted(*number, partitions) && !is_under_way
        };
        let age = |number: &i32| self.latest.get(number).map(|latest| latest.made_at);
        let next = partitions.numbers().into_iter().filter(due).min_by_key(age);
        if let Some(number) = next {
            self.make_image(number, partitions, Partition::image);
        }
    }

    /// Makes the last checkpoints of partitions that are given up, and waits until they are durable, at most
    /// `timeout`.
    pub(super) fn make_last(
        &mut self,
        numbers: &[i32],
        partitions: &mut PartitionSet,
        timeout: Duration,
    ) {
        for &number in numbers {
            // Without news, too: the next member learns from it where the counters end.
            if partitions.is_caught_up(number) {
                partitions.derive_all_of(number);
                self.make_image(number, partitions, Partition::last_image);
            }
        }
        if let Some(dead_letters) = partitions.dead_letters() {
            dead_letters.flush(timeout);
            self.hand_settled(partitions);
        }
        for number in numbers {
            if self.waiting.remove(number).is_some() {
                // From the checkpoint before, these records are rejected and sent again.
                tracing::warn!(
                    partition = number,
                    "dead letters are still being sent: the partition is handed over without a new \
                     checkpoint, and the next member reads some records again"
                );
            }
        }
        let until = clock::instant() + timeout;
        while numbers.iter().any(|number| self.pending.contains_key(number)) {
            let rest = until.saturating_duration_since(clock::instant());
            let Ok(written) = self.written.recv_timeout(rest) else {
                tracing::warn!(
                    "checkpoints take too long: the next member reads some records again"
                );
                break;
            };
            self.record_written(&written);
        }
        for number in numbers {
            self.latest.remove(number);
        }
    }

    /// Notes that a partition was restored from a durable checkpoint, whose offset may not be committed yet.
    pub(super) fn restored(&mut self, number: i32, position: i64) {
        self.durable.insert(number, position);
    }

    /// The positions that have become durable since the last call, by partition.
    pub(super) fn take_durable(&mut self) -> BTreeMap<i32, i64> {
        self.receive_written();
        std::mem::take(&mut self.durable)
    }

    /// Whether a partition is caught up and has changed since its last durable checkpoint.
    fn is_wanted(&self, number: i32, partitions: &PartitionSet) -> bool {
        let has_news = partitions.get(number).is_some_and(Partition::has_news);
        partitions.is_caught_up(number) && (has_news || self.failed.contains(&number))
    }

    /// The time from one checkpoint of a partition to the next.
    fn interval(&self) -> Duration {
        let costs: Duration = self.latest.values().map(LatestImage::usual_cost).sum();
        self.every.max(costs.saturating_mul(TIME_SHARE))
    }

    fn make_image(&mut self, number: i32, partitions: &mut PartitionSet, image: MakeImage) {
        if self.jobs.is_none() {
            return;
        }
        let began = clock::instant();
        let Some(partition) = partitions.get_mut(number) else { return };
        let Some((origin, bytes)) = image(partition, clock::wall()) else { return };
        let cost_before = self.latest.get(&number).map(|latest| latest.cost);
        let latest = LatestImage { made_at: began, cost: began.elapsed(), cost_before };
        self.latest.insert(number, latest);
        let name = origin.name();
        self.waiting.insert(number, Image { name, bytes });
        self.hand_settled(partitions);
    }

    /// Hands the images to the store that no longer wait for dead letters.
    fn hand_settled(&mut self, partitions: &PartitionSet) {
        let Some(jobs) = &self.jobs else { return };
        let settled =
            |number: &i32, image: &mut Image| partitions.has_settled(*number, image.name.position);
        for (partition, Image { name, bytes }) in self.waiting.extract_if(.., settled) {
            let done = self.done.clone();
            if jobs.send(Job::Checkpoint { partition, name, bytes, done }).is_ok() {
                self.pending.insert(partition, clock::instant());
            }
        }
    }

    /// Drops the waiting image of a partition that is revoked or read from its start.
    pub(super) fn drop_waiting(&mut self, number: i32) {
        self.waiting.remove(&number);
    }

    /// Says and counts that a checkpoint is not written in time, once until one is.
    fn notice_hanging_store(&mut self) {
        let is_late = self.pending.values().any(|since| since.elapsed() > HANGING_AFTER);
        if is_late && !self.is_hanging {
            self.is_hanging = true;
            self.instruments.checkpoints.failures.inc();
            tracing::error!(
                "the store does not answer: no checkpoint is written, and a restart reads more records again; \
                 check state.store"
            );
        }
    }

    fn receive_written(&mut self) {
        while let Ok(written) = self.written.try_recv() {
            self.record_written(&written);
        }
    }

    fn record_written(&mut self, written: &Written) {
        self.pending.remove(&written.partition);
        if std::mem::take(&mut self.is_hanging) {
            tracing::info!(partition = written.partition, "the store answers again");
        }
        if let Some(latest) = self.latest.get_mut(&written.partition) {
            latest.cost += written.took;
        }
        if written.is_durable {
            self.failed.remove(&written.partition);
            self.durable.insert(written.partition, written.position);
        } else {
            self.failed.insert(written.partition);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_interrupted_checkpoint_does_not_put_off_the_next_and_two_slow_ones_do() {
        let instruments =
            Arc::new(Instruments::new(&[], 0, "2026a", Timestamp::EVENT_MIN).unwrap());
        let every = Duration::from_secs(1);
        let mut checkpointer = Checkpointer::new(None, every, &instruments);
        let mut image = |cost, cost_before: Option<u64>| {
            let cost = Duration::from_secs(cost);
            let cost_before = cost_before.map(Duration::from_secs);
            let latest = LatestImage { made_at: clock::instant(), cost, cost_before };
            checkpointer.latest.insert(0, latest);
            checkpointer.interval()
        };
        assert_eq!(image(0, None), every);
        assert_eq!(image(28_800, Some(0)), every, "the machine slept for eight hours");
        assert_eq!(image(0, Some(28_800)), every);
        assert_eq!(image(2, Some(3)), Duration::from_secs(40));
        assert_eq!(image(3, None), Duration::from_secs(60));
    }
}
