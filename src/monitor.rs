//! The monitor: the view, the alerts, and whether their data is current. Pure: the caller has the clock
//! and the partitions.
//!
//! Use, a few times a second:
//! 1. [`Monitor::look`] at the clock.
//! 2. [`Monitor::instant`] gives the `now` for all partitions.
//! 3. [`Monitor::advance`], then apply the effects of the partitions to [`Monitor::view_mut`].
//! 4. [`Monitor::trust`] sets whether the data is current.
//! 5. [`Monitor::evaluate`] evaluates what is due, and returns what to send and to store.
//!
//! # Design
//! *Data trouble never resolves an alert.* While data is not current, every verdict and all alert timers
//! are frozen. Downtime counts as data trouble, too: a process that starts restores the alert state log,
//! and stays frozen until it has caught up.

mod clock_guard;
mod held_verdicts;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::clock_guard::{ClockGuard, GuardedTime};

use self::clock_guard::JUMP_MAX;
use self::held_verdicts::HeldVerdicts;
use crate::agreement::VerdictState;
use crate::alert::{
    AlertStateLog, Alerts, DutyTurns, Notice, RemovedAlerts, SelfAlerts, Sender, Transition,
    WaitAlarmPolicies, WaitAlarms,
};
use crate::catalog::{Catalog, ObjectiveId};
use crate::responses::Responses;
use crate::time::{Elapsed, SECOND_MS, Timestamp};
use crate::view::View;

/// The longest time between two alert state logs.
const LOG_EVERY: Elapsed = Elapsed::from_ms(15 * SECOND_MS);

/// The result of an evaluation.
#[derive(Debug)]
pub struct Evaluation {
    /// Its instant, a whole second.
    pub at: Timestamp,
    /// Alerts whose status has changed.
    pub transitions: Vec<Transition>,
    /// Alerts that the last change of the agreements has ended, each with the reason.
    pub removed: Vec<String>,
    /// Objectives whose verdict has changed to missed.
    pub breaches: Vec<ObjectiveId>,
    /// Notices to send to every Alertmanager.
    pub notices: Vec<Notice>,
    /// The alert state log to store; `None` if it is not due.
    pub log: Option<AlertStateLog>,
}

/// What has just happened to the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockNews {
    /// It shows another time than the one that has passed.
    Jumped {
        /// The time expected from the monotonic clock.
        from: Timestamp,
        /// The time that it shows.
        to: Timestamp,
    },
    /// It is back where it should be.
    RightAgain,
    /// It has stayed at its new time for a minute, which is accepted now.
    Accepted,
}

/// The samples counted in one partition.
#[derive(Debug)]
struct CountedPartition {
    tenure: u64,
    /// What was counted in it before the process took it over, as far as others show it.
    before: Arc<Responses>,
    /// What it had counted when it was last looked at.
    last: Arc<Responses>,
    /// What the counters show of it.
    shown: Responses,
}

/// The view and the alerts of one process.
#[derive(Debug)]
pub struct Monitor {
    catalog: Arc<Catalog>,
    view: View,
    held_verdicts: HeldVerdicts,
    alerts: Alerts,
    /// Alerts that the last change of the agreements has removed.
    removed: RemovedAlerts,
    /// Which these are and why they ended, until the next evaluation.
    ended: Vec<String>,
    wait_alarms: WaitAlarms,
    duty_turns: DutyTurns,
    self_alerts: SelfAlerts,
    sender: Sender,
    clock_guard: ClockGuard,
    /// The last reading of the clock.
    time: GuardedTime,
    /// Whether data has ever been current.
    has_caught_up: bool,
    /// The last evaluation.
    evaluated_at: Timestamp,
    /// The last evaluation with current data.
    trusted_at: Timestamp,
    /// The last alert state log.
    logged_at: Timestamp,
    /// For each objective, whether it was missed when data was last current; `None` if that is not known.
    was_missed: Vec<Option<bool>>,
    /// The samples counted in each partition that was ever held. They stay when a partition moves to another
    /// instance, since counters must not decrease.
    counted: BTreeMap<i32, CountedPartition>,
    /// Whether the counters are shown: all partitions that were held at first have been read to their end.
    is_counting: bool,
    /// Their sum.
    responses: Arc<Responses>,
    /// Their sum when the counters were first shown.
    responses_at_first: Arc<Responses>,
}

impl Monitor {
    /// Creates a monitor. Restores the alerts from the alert state log, if there is one.
    pub fn new(
        catalog: Arc<Catalog>,
        log: Option<&AlertStateLog>,
        stale_after: Elapsed,
        wait_alarms: WaitAlarmPolicies,
        sender: Sender,
    ) -> Self {
        let mut monitor = Self {
            view: View::new(Arc::clone(&catalog), Timestamp::EVENT_MIN),
            held_verdicts: HeldVerdicts::new(&catalog),
            alerts: Alerts::new(&catalog),
            removed: RemovedAlerts::default(),
            ended: Vec::new(),
            wait_alarms: WaitAlarms::new(wait_alarms),
            duty_turns: DutyTurns::default(),
            self_alerts: SelfAlerts::new(stale_after),
            sender,
            clock_guard: ClockGuard::default(),
            time: GuardedTime { now: Timestamp::EVENT_MIN, is_steady: true },
            has_caught_up: false,
            evaluated_at: Timestamp::EVENT_MIN,
            trusted_at: Timestamp::EVENT_MIN,
            logged_at: Timestamp::EVENT_MIN,
            was_missed: catalog.objectives().map(|_| None).collect(),
            counted: BTreeMap::new(),
            is_counting: false,
            responses: Arc::new(Responses::new(&catalog)),
            responses_at_first: Arc::new(Responses::new(&catalog)),
            catalog,
        };
        if let Some(log) = log {
            monitor.adopt(log);
            monitor.wait_alarms.restore(log.waits(), &monitor.catalog, &monitor.sender);
            let removed = &mut monitor.removed;
            monitor.ended = removed.add(log, &monitor.alerts, &monitor.catalog, &monitor.sender);
        }
        monitor
    }

    /// Restores the alerts from a log that an instance with current data has written, if it is later than the
    /// last evaluation with current data here. Called before the first evaluation, and when data becomes
    /// current again.
    pub fn adopt(&mut self, log: &AlertStateLog) {
        if log.evaluated_at() <= self.trusted_at {
            return;
        }
        self.alerts.restore(log, &self.catalog);
        // The log may have been written by a clock that was ahead.
        if self.time.is_steady && self.time.now > Timestamp::EVENT_MIN {
            self.alerts.correct_time(self.time.now);
        }
        for (id, _, _) in self.catalog.objectives() {
            self.was_missed[id.index()] = Some(log.was_missed(id, &self.catalog));
        }
    }

    /// Puts another catalog in force. The view is empty until the partitions have counted by it. Alerts of
    /// objectives that are still agreed keep their status; the others are resolved, and say why.
    pub fn adopt_catalog(&mut self, catalog: Arc<Catalog>) {
        let at = self.evaluates_at();
        let log = self.log(at);
        let now = self.view.now();
        for counted in self.counted.values_mut() {
            counted.before = Arc::new(counted.before.by_other_catalog(&self.catalog, &catalog));
            counted.last = Arc::new(counted.last.by_other_catalog(&self.catalog, &catalog));
            counted.shown = counted.shown.by_other_catalog(&self.catalog, &catalog);
        }
        for shown in [&mut self.responses, &mut self.responses_at_first] {
            *shown = Arc::new(shown.by_other_catalog(&self.catalog, &catalog));
        }
        self.was_missed = catalog.objectives().map(|_| None).collect();
        self.alerts = Alerts::new(&catalog);
        self.view = View::new(Arc::clone(&catalog), now);
        self.held_verdicts = HeldVerdicts::new(&catalog);
        self.catalog = catalog;
        self.trusted_at = Timestamp::EVENT_MIN;
        self.adopt(&log);
        self.ended = self.removed.add(&log, &self.alerts, &self.catalog, &self.sender);
        self.trusted_at = at;
    }

    /// Reads the clock: the wall clock time, and the monotonic time since a fixed start. Returns what has
    /// just happened to it.
    pub fn look(&mut self, wall: Timestamp, elapsed: Elapsed) -> Option<ClockNews> {
        let before = std::mem::replace(&mut self.time, self.clock_guard.look(wall, elapsed));
        match (before.is_steady, self.time.is_steady) {
            (true, false) => Some(ClockNews::Jumped { from: self.time.now, to: wall }),
            (false, true) => {
                let moved_ms = wall.ms().saturating_sub(before.now.ms());
                let is_right = moved_ms.abs() <= JUMP_MAX.ms();
                Some(if is_right { ClockNews::RightAgain } else { ClockNews::Accepted })
            }
            (true, true) | (false, false) => None,
        }
    }

    /// Takes the time of an accelerated clock, without a check for jumps.
    pub fn look_at_accelerated(&mut self, now: Timestamp) {
        self.time = GuardedTime { now, is_steady: true };
    }

    /// The `now` for all partitions: the wall clock once everything is caught up. Before that it is the
    /// time of the latest event, at most the wall clock. It never goes back. If a new second has begun
    /// since the last call, it is that whole second, since alerts are evaluated at whole seconds.
    pub fn instant(&self, is_caught_up: bool, latest_event: Option<Timestamp>) -> Timestamp {
        let wall = self.time.now;
        let now = if is_caught_up || self.has_caught_up {
            wall
        } else {
            latest_event.map_or(self.view.now(), |latest| latest.min(wall))
        };
        let second = now.floor_to(Elapsed::from_ms(SECOND_MS));
        if second > self.view.now() { second } else { now.max(self.view.now()) }
    }

    /// Advances the windows.
    pub fn advance(&mut self, now: Timestamp) {
        self.view.advance(now);
    }

    /// The time to go on from, if the clock is steady and far behind the view: it was ahead before. `None` if
    /// it was not.
    pub fn time_to_correct(&self) -> Option<Timestamp> {
        let GuardedTime { now, is_steady } = self.time;
        (is_steady && now.plus(JUMP_MAX) < self.view.now()).then_some(now)
    }

    /// Goes on from `now`, which is before the instant that a wrong clock had set. The view is empty until
    /// the partitions have counted again. Alerts keep their status; times after `now` become `now`.
    pub fn correct_time(&mut self, now: Timestamp) {
        self.view = View::new(Arc::clone(&self.catalog), Timestamp::EVENT_MIN);
        self.held_verdicts = HeldVerdicts::new(&self.catalog);
        self.alerts.correct_time(now);
        self.removed.correct_time(now);
        self.wait_alarms.correct_time(now);
        self.duty_turns.correct_time();
        self.self_alerts.correct_time(now);
        for at in [&mut self.evaluated_at, &mut self.trusted_at, &mut self.logged_at] {
            *at = (*at).min(now);
        }
    }

    /// Whether the clock is steady and not far behind the view.
    pub fn is_clock_sane(&self) -> bool {
        self.time.is_steady && self.time.now.plus(JUMP_MAX) >= self.view.now()
    }

    /// Sets whether the data is current. Returns true when it is for the first time: the present instant is
    /// then an event time of the past, and the next is the first to show and evaluate.
    pub fn trust(&mut self, is_trusted: bool) -> bool {
        self.view.set_frozen(!is_trusted);
        let is_first = is_trusted && !self.has_caught_up;
        self.has_caught_up |= is_trusted;
        is_first
    }

    /// Records the samples counted in a partition that is read to its end. `tenure` differs each time that it
    /// is assigned.
    ///
    /// The counters never decrease. What another instance has counted is not counted here: a partition that
    /// comes later adds what is new since `before`, which is what the instance before had counted when it
    /// gave the partition up. Without that, since it crashed, nobody knows what it had shown, and the
    /// partition adds what is new from now on. A partition that starts from zero, since its checkpoints are
    /// lost, is ignored until it has counted more than before.
    pub fn count(
        &mut self,
        partition: i32,
        tenure: u64,
        before: Option<&Arc<Responses>>,
        responses: &Arc<Responses>,
    ) {
        let before = || Arc::clone(before.unwrap_or(responses));
        let counted = self.counted.entry(partition).or_insert_with(|| CountedPartition {
            tenure,
            before: before(),
            last: before(),
            shown: Responses::new(&self.catalog),
        });
        if counted.tenure != tenure {
            (counted.tenure, counted.before, counted.last) = (tenure, before(), before());
        }
        if !self.is_counting {
            (counted.before, counted.last) = (before(), Arc::clone(responses));
        } else if responses.total() > counted.last.total() {
            counted.shown.add_between(&counted.last, responses);
            counted.last = Arc::clone(responses);
            self.sum_counted();
        }
    }

    /// Begins to show the counters. With all partitions of the topic they go on from where the checkpoints
    /// are, with what was answered while no instance ran. Otherwise another instance may show what was
    /// counted before, and they begin at zero.
    pub fn begin_counting(&mut self, has_all_partitions: bool) {
        if self.is_counting {
            return;
        }
        self.is_counting = true;
        if has_all_partitions {
            self.counted.values_mut().for_each(|counted| counted.shown.merge(&counted.last));
            self.sum_counted();
            self.responses_at_first = Arc::clone(&self.responses);
        } else {
            let add = |counted: &mut CountedPartition| {
                counted.shown.add_between(&counted.before, &counted.last);
            };
            self.counted.values_mut().for_each(add);
            self.sum_counted();
        }
    }

    fn sum_counted(&mut self) {
        let mut all = Responses::new(&self.catalog);
        self.counted.values().for_each(|counted| all.merge(&counted.shown));
        self.responses = Arc::new(all);
    }

    /// Evaluates all objectives, once per second. `not_ready` is why the data is not current; `None` if
    /// it is, as [`Monitor::trust`] was called.
    ///
    /// Before the data was ever current, the view is of the past. Alerts that fired when the process last ran
    /// are sent all the same, with `frozen_since`.
    pub fn evaluate(&mut self, not_ready: Option<&str>) -> Option<Evaluation> {
        let at = self.evaluates_at();
        let second = at.floor_to(Elapsed::from_ms(SECOND_MS));
        let is_time = !self.has_caught_up || at == second;
        (is_time && second > self.evaluated_at).then(|| self.evaluate_at(second, not_ready))
    }

    /// Evaluates once more. On shutdown, firing alerts are sent once more with `endsAt` 15 minutes ahead,
    /// so that a deploy neither pages nor ends a page.
    pub fn shutdown(&mut self, not_ready: Option<&str>) -> Evaluation {
        let at = self.evaluated_at.max(self.evaluates_at());
        let mut evaluation = self.evaluate_at(at, not_ready);
        let final_notices = self.sender.final_notices(&mut self.alerts, &self.view, at);
        // The final notice of an alert replaces the one of this evaluation.
        evaluation
            .notices
            .retain(|notice| final_notices.iter().all(|last| last.labels != notice.labels));
        evaluation.notices.extend(final_notices);
        evaluation.log = not_ready.is_none().then(|| self.log(at).last());
        evaluation
    }

    /// The instant of the next evaluation: the view's, or the clock's until the data was first current.
    fn evaluates_at(&self) -> Timestamp {
        if self.has_caught_up { self.view.now() } else { self.time.now }
    }

    fn evaluate_at(&mut self, at: Timestamp, not_ready: Option<&str>) -> Evaluation {
        self.evaluated_at = at;
        if not_ready.is_none() {
            self.trusted_at = at;
        }
        let (mut transitions, mut breaches) = (Vec::new(), Vec::new());
        for (id, _, _) in self.catalog.objectives() {
            let verdicts = self.held_verdicts.of(id, &self.view);
            if verdicts.own.state != VerdictState::Frozen {
                let is_missed = verdicts.own.state == VerdictState::Missed;
                let was_missed = self.was_missed[id.index()].replace(is_missed);
                if is_missed && was_missed == Some(false) {
                    breaches.push(id);
                }
            }
            transitions.extend(self.alerts.evaluate(id, verdicts, &self.catalog, at));
        }
        self.view.forget_touched();
        let due = self.sender.take_due(&mut self.alerts, &self.view, at);
        let mut notices: Vec<Notice> = due.into_iter().map(|(notice, _)| notice).collect();
        notices.extend(self.removed.take_due(at));
        let is_current = not_ready.is_none();
        notices.extend(self.wait_alarms.take_due(is_current, &self.view, &self.sender, at));
        notices.extend(self.duty_turns.take_due(&self.catalog, &self.sender, at));
        let is_news = !transitions.is_empty() || !notices.is_empty();
        let is_time = is_news || self.logged_at.plus(LOG_EVERY) <= at;
        // Without current data nothing is written: it could replace the log of an instance that has it.
        let log = (is_time && not_ready.is_none()).then(|| self.log(at));
        notices.extend(self.self_alerts.take_due(not_ready, &self.sender, at));
        let removed = std::mem::take(&mut self.ended);
        Evaluation { at, transitions, removed, breaches, notices, log }
    }

    fn log(&mut self, at: Timestamp) -> AlertStateLog {
        self.logged_at = at;
        let ids = self.catalog.objectives().map(|(id, _, _)| id);
        let missed = ids.filter(|id| self.was_missed[id.index()] == Some(true));
        AlertStateLog::of(&self.alerts, &self.wait_alarms, missed, &self.catalog, at)
    }

    /// The windows.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The windows, to apply the effects of partitions.
    pub fn view_mut(&mut self) -> &mut View {
        &mut self.view
    }

    /// The alarms about tickets that nobody has agreed to answer.
    pub fn wait_alarms(&self) -> &WaitAlarms {
        &self.wait_alarms
    }

    /// The alerts.
    pub fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// The samples counted in all partitions that were ever held, each once; `None` until they are known.
    pub fn responses(&self) -> Option<&Arc<Responses>> {
        self.is_counting.then_some(&self.responses)
    }

    /// What the counters began with. Prometheus takes no increase from the first value that it sees.
    pub fn responses_at_first(&self) -> &Arc<Responses> {
        &self.responses_at_first
    }

    /// Whether the data has ever been current.
    pub fn has_caught_up(&self) -> bool {
        self.has_caught_up
    }
}
