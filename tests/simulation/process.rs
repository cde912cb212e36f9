//! A process of the group: what the threads of the service do, in steps of one second.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use vaste::agreement::{About, Agreement, Level, Objective, Owner, Target};
use vaste::alert::{AlertStateLog, Notice, Sender, WaitAlarmPolicies, is_handled_elsewhere};
use vaste::catalog::Catalog;
use vaste::checkpoint::{self, CheckpointName};
use vaste::measure::Measure;
use vaste::monitor::Monitor;
use vaste::partition::{Partition, Published, Record, Start, Taken};
use vaste::responses::Responses;
use vaste::share::Share;
use vaste::time::{Elapsed, SECOND_MS, Timestamp};

use crate::at;
use crate::world::World;

/// Records that one partition reads in a second. More may arrive.
const READ_AT_ONCE: usize = 40;

/// A partition that a process holds.
struct HeldPartition {
    partition: Partition,
    offset: i64,
    is_caught_up: bool,
}

/// An object to be stored, with its due second.
enum Job {
    Checkpoint(i32, CheckpointName, Vec<u8>),
    Log(i64, Vec<u8>),
}

/// One process of the group.
pub(crate) struct Process {
    name: usize,
    catalog: Arc<Catalog>,
    monitor: Option<Monitor>,
    held: BTreeMap<i32, HeldPartition>,
    jobs: VecDeque<(i64, Job)>,
    /// The latest notice of each alert that the Alertmanager has not accepted yet.
    pending: BTreeMap<String, Notice>,
    starts_at: i64,
    stalls_until: i64,
    clock_off: (Elapsed, i64, i64),
    was_not_ready: bool,
    assigned: Vec<i32>,
}

/// The readings and counters of a process at the end.
pub(crate) struct Reading {
    pub(crate) lines: Vec<String>,
    pub(crate) counted: Responses,
}

/// The latest alert-state log that can be read.
fn latest_log(world: &World) -> Option<AlertStateLog> {
    let logs = world.store.logs.values().rev();
    logs.filter_map(|bytes| AlertStateLog::read(bytes).ok()).next()
}

fn catalog() -> Arc<Catalog> {
    let within = |seconds: i64| Target::calendar(Elapsed::from_ms(seconds * SECOND_MS));
    let team = |name: &str, level: Level| {
        let mut objective = Objective::new(name, Measure::FirstReply, level);
        objective.alerts.missed.hold = Elapsed::from_ms(5 * SECOND_MS);
        objective.alerts.missed.keep_firing_for = Elapsed::from_ms(3 * SECOND_MS);
        Agreement {
            owner: Owner::Team(name.into()),
            hours: None,
            objectives: vec![objective],
            about: About::default(),
        }
    };
    let fine = Level::Within {
        target: within(1_000),
        by_priority: [None; 4],
        share: Share::from_basis_points(1_000).unwrap(),
        min_tickets: 1,
    };
    let agreements = [
        team("forgotten", Level::NoneOver(within(20))),
        team("answered", Level::NoneOver(within(20))),
        team("fine", fine),
    ];
    Arc::new(Catalog::new(&agreements, &Measure::DEFAULT))
}

impl Process {
    pub(crate) fn new(name: usize) -> Self {
        Self {
            name,
            catalog: catalog(),
            monitor: None,
            held: BTreeMap::new(),
            jobs: VecDeque::new(),
            pending: BTreeMap::new(),
            starts_at: 0,
            stalls_until: 0,
            clock_off: (Elapsed::ZERO, 1, 0),
            was_not_ready: true,
            assigned: Vec::new(),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.monitor.is_some()
    }

    pub(crate) fn has(&self, partition: i32) -> bool {
        self.assigned.contains(&partition)
    }

    /// Starts with the stored alert states.
    pub(crate) fn start(&mut self, world: &mut World, second: i64) {
        // A clock that is wrong from the start cannot be distinguished from a right one.
        self.clock_off.2 = self.clock_off.2.min(second);
        let log = latest_log(world);
        let stale_after = Elapsed::from_ms(60 * SECOND_MS);
        let catalog = Arc::clone(&self.catalog);
        let mut monitor = Monitor::new(
            catalog,
            log.as_ref(),
            stale_after,
            WaitAlarmPolicies::default(),
            Sender::default(),
        );
        monitor.look(at(second), Elapsed::from_ms(second * SECOND_MS));
        self.monitor = Some(monitor);
        self.was_not_ready = true;
        self.pending.clear();
        self.jobs.clear();
        let assigned = std::mem::take(&mut self.assigned);
        self.assign(&assigned, world, second);
    }

    /// Restores partitions from their latest intact checkpoints.
    pub(crate) fn assign(&mut self, partitions: &[i32], world: &mut World, second: i64) {
        self.assigned.extend(partitions);
        if self.monitor.is_none() {
            return;
        }
        let topic: Arc<str> = "events".into();
        for &number in partitions {
            let kept = world.store.checkpoints.get(&number);
            let epoch = kept.and_then(|kept| kept.keys().last()).map_or(1, |name| name.epoch + 1);
            let whole = kept.and_then(|kept| {
                kept.values().rev().find_map(|bytes| {
                    let image = checkpoint::read(bytes).ok()?;
                    Partition::restore(&image, Arc::clone(&self.catalog), &topic, number, epoch)
                        .ok()
                })
            });
            let partition = whole.unwrap_or_else(|| {
                Partition::new(Arc::clone(&self.catalog), &topic, number, epoch)
            });
            let offset = match partition.start() {
                Start::Beginning => 0,
                Start::At(offset) => offset,
            };
            world.note(second, &format!("{} takes {number} up at {offset}", self.name));
            self.held.insert(number, HeldPartition { partition, offset, is_caught_up: false });
        }
    }

    /// Gives a partition up, and saves its checkpoint if it has caught up.
    pub(crate) fn revoke(&mut self, number: i32, world: &mut World, second: i64) {
        self.assigned.retain(|other| *other != number);
        let Some(mut held) = self.held.remove(&number) else { return };
        let Some(monitor) = &mut self.monitor else { return };
        if held.is_caught_up {
            let now = monitor.view().now();
            while held.partition.advance_some(now, usize::MAX, monitor.view_mut()) {}
            if let Some((origin, bytes)) = held.partition.image(at(second))
                && second >= world.store.fails_until
            {
                let name = origin.name();
                world.store.save(number, &name, bytes);
            }
        }
        held.partition.withdraw(monitor.view_mut());
        world.note(second, &format!("{} gives {number} up", self.name));
    }

    /// Ends at once. Objects on their way to the store may be stored or not.
    pub(crate) fn crash(&mut self, world: &mut World, back_at: i64, second: i64) {
        if self.monitor.take().is_none() {
            return;
        }
        world.note(second, &format!("{} crashes", self.name));
        self.held.clear();
        if second.rem_euclid(2) == 0 {
            self.jobs.clear();
        } else {
            self.store_due(i64::MAX, world);
        }
        self.starts_at = back_at;
    }

    /// Shuts down cleanly.
    pub(crate) fn stop(&mut self, world: &mut World, back_at: i64, second: i64) {
        let Some(mut monitor) = self.monitor.take() else { return };
        world.note(second, &format!("{} stops", self.name));
        let not_ready = self.not_ready(world, &monitor, second);
        let evaluation = monitor.shutdown(not_ready);
        self.send(&evaluation.notices, world);
        if let Some(log) = evaluation.log
            && second >= world.store.fails_until
        {
            world.store.save_log(evaluation.at.ms(), log.bytes());
        }
        self.monitor = Some(monitor);
        for number in self.assigned.clone() {
            self.revoke(number, world, second);
            self.assigned.push(number);
        }
        self.monitor = None;
        self.held.clear();
        self.store_due(second, world);
        self.starts_at = back_at;
    }

    pub(crate) fn stall_until(&mut self, second: i64) {
        self.stalls_until = second;
    }

    /// Its clock is off for a while, and only once. A clock that jumps twice to the same time
    /// cannot be detected.
    pub(crate) fn clock_off(&mut self, by: Elapsed, sign: i64, until: i64) {
        if self.clock_off.2 == 0 {
            self.clock_off = (by, sign, until);
        }
    }

    /// Ends all faults of this process.
    pub(crate) fn recover(&mut self, world: &mut World, second: i64) {
        self.stalls_until = second;
        self.clock_off.2 = self.clock_off.2.min(second);
        if self.monitor.is_none() {
            self.start(world, second);
        }
    }

    /// One second.
    pub(crate) fn tick(&mut self, second: i64, world: &mut World) {
        if self.monitor.is_none() && second >= self.starts_at {
            self.start(world, second);
        }
        if self.monitor.is_none() || second < self.stalls_until {
            return;
        }
        self.store_due(second, world);
        if !world.is_broker_away(second) {
            self.read_some(world);
        }
        self.judge(second, world);
        self.save_checkpoints(second, world);
        self.retry(world);
    }

    fn read_some(&mut self, world: &World) {
        let Some(monitor) = &mut self.monitor else { return };
        for (number, held) in &mut self.held {
            let records = &world.topic[usize::try_from(*number).unwrap()];
            let from = usize::try_from(held.offset).unwrap();
            for (offset, kept) in (from..).zip(records.iter().skip(from).take(READ_AT_ONCE)) {
                let record = Record {
                    offset: i64::try_from(offset).unwrap(),
                    key: Some(kept.key.as_bytes()),
                    attributes: &[],
                    payload: Some(kept.payload.as_bytes()),
                    mapping: None,
                    published: Published::Appended(Timestamp::from_ms(kept.timestamp)),
                };
                let taken = held.partition.take(&record, monitor.view_mut());
                assert_ne!(taken, Taken::OtherTopic);
                held.offset = record.offset + 1;
            }
            held.is_caught_up |= held.offset == i64::try_from(records.len()).unwrap();
        }
    }

    /// The reason why it is not ready. `None` if it is ready.
    fn not_ready(&self, world: &World, monitor: &Monitor, second: i64) -> Option<&'static str> {
        if !monitor.is_clock_sane() {
            Some("the clock has jumped")
        } else if world.is_broker_away(second) {
            Some("the broker is away")
        } else if self.held.len() < world.topic.len() {
            Some("partitions are elsewhere")
        } else if self.held.values().any(|held| !held.is_caught_up) {
            Some("it is behind")
        } else {
            None
        }
    }

    fn judge(&mut self, second: i64, world: &mut World) {
        let Some(mut monitor) = self.monitor.take() else { return };
        let (by, sign, until) = self.clock_off;
        let wall = match sign {
            _ if second >= until => at(second),
            1 => at(second).plus(by),
            _ => at(second).minus(by),
        };
        monitor.look(wall, Elapsed::from_ms(second * SECOND_MS));
        let latest = self.held.values().filter_map(|held| held.partition.counted_to()).max();
        let is_caught_up = self.not_ready(world, &monitor, second).is_none();
        let now = monitor.instant(is_caught_up, latest);
        monitor.advance(now);
        for held in self.held.values_mut().filter(|held| held.is_caught_up) {
            while held.partition.advance_some(now, 7, monitor.view_mut()) {}
        }
        let not_ready = self.not_ready(world, &monitor, second);
        if not_ready.is_none()
            && std::mem::take(&mut self.was_not_ready)
            && let Some(log) = latest_log(world)
        {
            monitor.adopt(&log);
        }
        self.was_not_ready = not_ready.is_some();
        if !monitor.trust(not_ready.is_none())
            && let Some(evaluation) = monitor.evaluate(not_ready)
        {
            for transition in &evaluation.transitions {
                let (objective, state) = (&transition.objective, transition.state);
                world.note(second, &format!("{} says {objective} is {state}", self.name));
            }
            self.send(&evaluation.notices, world);
            if let Some(log) = evaluation.log {
                let slow = if second < world.store.slow_until { 9 } else { 1 };
                self.jobs.push_back((second + slow, Job::Log(evaluation.at.ms(), log.bytes())));
            }
        }
        self.monitor = Some(monitor);
    }

    /// Saves a checkpoint of a partition every few seconds.
    fn save_checkpoints(&mut self, second: i64, world: &World) {
        for (number, held) in &mut self.held {
            let is_turn = (second + i64::from(*number)).rem_euclid(5) == 0;
            let is_pending = self
                .jobs
                .iter()
                .any(|(_, job)| matches!(job, Job::Checkpoint(other, ..) if other == number));
            if !is_turn || is_pending || !held.is_caught_up || !held.partition.has_news() {
                continue;
            }
            if let Some((origin, bytes)) = held.partition.image(at(second)) {
                let name = origin.name();
                let slow = if second < world.store.slow_until { 15 } else { 1 };
                self.jobs.push_back((second + slow, Job::Checkpoint(*number, name, bytes)));
            }
        }
    }

    fn store_due(&mut self, second: i64, world: &mut World) {
        while let Some((due, _)) = self.jobs.front()
            && *due <= second
        {
            let Some((_, job)) = self.jobs.pop_front() else { return };
            if second < world.store.fails_until {
                continue;
            }
            match job {
                Job::Checkpoint(partition, name, bytes) => {
                    world.note(second, &format!("{} keeps {partition} as {name:?}", self.name));
                    world.store.save(partition, &name, bytes);
                }
                Job::Log(at, bytes) => world.store.save_log(at, bytes),
            }
        }
    }

    fn send(&mut self, notices: &[Notice], world: &mut World) {
        for notice in notices {
            self.pending.insert(format!("{:?}", notice.labels), notice.clone());
        }
        self.retry(world);
    }

    /// Sends the latest state of each alert that was not accepted yet. A frozen alert is not sent
    /// if another process handles it.
    fn retry(&mut self, world: &mut World) {
        let now = world.now();
        let mut sent = Vec::new();
        self.pending.retain(|labels, notice| {
            let objective = notice.labels.get("objective");
            if let (Some(objective), Some(since)) = (objective, notice.not_ready_since) {
                // Without an answer to the query the notice waits.
                let Some(listed) = world.alertmanager.listed(objective) else { return true };
                if is_handled_elsewhere(since, listed, Timestamp::EVENT_MIN, now) {
                    return false;
                }
            }
            sent.push((labels.clone(), notice.clone()));
            true
        });
        let notices: Vec<Notice> = sent.iter().map(|(_, notice)| notice.clone()).collect();
        if !notices.is_empty() && world.alertmanager.post(&notices) {
            sent.iter().for_each(|(labels, _)| drop(self.pending.remove(labels)));
        }
    }

    /// Whether an alert of this objective is active here.
    pub(crate) fn is_alerting(&self, objective: &str) -> bool {
        let Some(monitor) = &self.monitor else { return false };
        let mut active = monitor.alerts().iter().filter(|alert| alert.status().is_active());
        active.any(|alert| *self.catalog.objective(alert.objective).1.name == *objective)
    }

    /// All readings and verdicts, and the counted samples.
    pub(crate) fn read(&self) -> Reading {
        let monitor = self.monitor.as_ref().unwrap();
        let view = monitor.view();
        let mut counted = Responses::new(&self.catalog);
        self.held.values().for_each(|held| counted.merge(held.partition.responses()));
        let readings = view.readings();
        let readings = readings.iter().map(|reading| serde_json::to_string(reading).unwrap());
        let verdicts = view.verdicts();
        let verdicts = verdicts.iter().map(|verdict| serde_json::to_string(verdict).unwrap());
        Reading { lines: readings.chain(verdicts).collect(), counted }
    }
}
