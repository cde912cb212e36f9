//! When a worker's partitions are kept as checkpoints.
//!
//! # Design
//! An image is made by the worker between two batches, since only then it is of one position; it is copying
//! bytes that lie packed already. Writing it is the store's business. Both together take 5 % of the time at
//! most: the more there is to keep, the rarer it is kept, and the longer is the way back after a crash.
//!
//! An image waits until the dead letters of the records before it are written or lost: who goes on from it
//! never rejects those again, and would not send them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use super::partitions::PartitionSet;
use crate::partition::{Name, Partition};
use crate::service::clock;
use crate::service::store::{Job, Written};

/// The part of the time that checkpoints may take.
const SHARE: u32 = 20;

/// Makes checkpoints of a worker's partitions.
pub(super) struct Checkpointer {
    jobs: Option<Sender<Job>>,
    /// The shortest time between two checkpoints of one partition.
    every: Duration,
    done: (Sender<Written>, Receiver<Written>),
    /// Images that wait for dead letters, one a partition at most.
    waiting: BTreeMap<i32, (Name, Vec<u8>)>,
    /// What is being written.
    pending: BTreeSet<i32>,
    /// What could not be written the last time.
    failed: BTreeSet<i32>,
    /// When the latest image of each partition was made, and how long it took with its writing.
    latest: BTreeMap<i32, (Instant, Duration)>,
    /// Positions that are durable and not committed yet.
    durable: BTreeMap<i32, i64>,
}

impl Checkpointer {
    /// One that hands its checkpoints over there, or makes none.
    pub(super) fn new(jobs: Option<Sender<Job>>, every: Duration) -> Self {
        Self {
            jobs,
            every,
            done: mpsc::channel(),
            waiting: BTreeMap::new(),
            pending: BTreeSet::new(),
            failed: BTreeSet::new(),
            latest: BTreeMap::new(),
            durable: BTreeMap::new(),
        }
    }

    /// Makes the checkpoint that is due longest, if one is. One at a time: the next turn comes soon.
    pub(super) fn keep_due(&mut self, partitions: &mut PartitionSet) {
        self.hear();
        self.hand_settled(partitions);
        let interval = self.interval();
        let due = |number: &i32| {
            let is_due = self.latest.get(number).is_none_or(|(at, _)| at.elapsed() >= interval);
            let is_under_way = self.pending.contains(number) || self.waiting.contains_key(number);
            is_due && self.is_wanted(*number, partitions) && !is_under_way
        };
        let age = |number: &i32| self.latest.get(number).map(|(at, _)| *at);
        let next = partitions.numbers().into_iter().filter(due).min_by_key(age);
        if let Some(number) = next {
            self.keep(number, partitions);
        }
    }

    /// Makes checkpoints of these at once, and waits until they are durable, but not for ever.
    pub(super) fn keep_now(
        &mut self,
        numbers: &[i32],
        partitions: &mut PartitionSet,
        patience: Duration,
    ) {
        for &number in numbers {
            if self.is_wanted(number, partitions) {
                partitions.derive_all_of(number);
                self.keep(number, partitions);
            }
        }
        if let Some(dead_letters) = partitions.dead_letters() {
            dead_letters.flush(patience);
            self.hand_settled(partitions);
        }
        for number in numbers {
            if self.waiting.remove(number).is_some() {
                // Who goes on from the checkpoint before rejects these records again, and sends them.
                tracing::warn!(
                    number,
                    "dead letters are still on their way: no checkpoint is handed over"
                );
            }
        }
        let until = clock::instant() + patience;
        while numbers.iter().any(|number| self.pending.contains(number)) {
            let rest = until.saturating_duration_since(clock::instant());
            let Ok(written) = self.done.1.recv_timeout(rest) else {
                tracing::warn!("checkpoints take too long: who goes on reads some records again");
                break;
            };
            self.note(&written);
        }
        for number in numbers {
            self.latest.remove(number);
        }
    }

    /// Positions that have become durable since it was last asked.
    pub(super) fn take_durable(&mut self) -> BTreeMap<i32, i64> {
        self.hear();
        std::mem::take(&mut self.durable)
    }

    /// Whether there is something to keep that is whole.
    fn is_wanted(&self, number: i32, partitions: &PartitionSet) -> bool {
        let has_news = partitions.get(number).is_some_and(Partition::has_news);
        partitions.is_caught_up(number) && (has_news || self.failed.contains(&number))
    }

    /// How long from one checkpoint of a partition to the next.
    fn interval(&self) -> Duration {
        let costs: Duration = self.latest.values().map(|(_, cost)| *cost).sum();
        self.every.max(costs.saturating_mul(SHARE))
    }

    fn keep(&mut self, number: i32, partitions: &mut PartitionSet) {
        if self.jobs.is_none() {
            return;
        }
        let began = clock::instant();
        let Some(partition) = partitions.get_mut(number) else { return };
        let Some((origin, bytes)) = partition.image(clock::wall()) else { return };
        self.latest.insert(number, (began, began.elapsed()));
        let name = Name { epoch: origin.epoch, position: origin.position };
        self.waiting.insert(number, (name, bytes));
        self.hand_settled(partitions);
    }

    /// Hands over what waits no longer for dead letters.
    fn hand_settled(&mut self, partitions: &PartitionSet) {
        let Some(jobs) = &self.jobs else { return };
        let settled = |number: &i32, (name, _): &mut (Name, Vec<u8>)| {
            partitions.has_settled(*number, name.position)
        };
        for (partition, (name, bytes)) in self.waiting.extract_if(.., settled) {
            let done = self.done.0.clone();
            if jobs.send(Job::Checkpoint { partition, name, bytes, done }).is_ok() {
                self.pending.insert(partition);
            }
        }
    }

    /// Lets go of an image that waits: its partition is given up, or read from its beginning.
    pub(super) fn drop_waiting(&mut self, number: i32) {
        self.waiting.remove(&number);
    }

    fn hear(&mut self) {
        while let Ok(written) = self.done.1.try_recv() {
            self.note(&written);
        }
    }

    fn note(&mut self, written: &Written) {
        self.pending.remove(&written.partition);
        if let Some((_, cost)) = self.latest.get_mut(&written.partition) {
            *cost += written.took;
        }
        if !written.is_durable {
            self.failed.insert(written.partition);
        } else {
            self.failed.remove(&written.partition);
            self.durable.insert(written.partition, written.position);
        }
    }
}
