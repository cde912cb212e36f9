//! The alerts of a whole history, evaluated at every whole second at which something can change.
//!
//! # Design
//! The service evaluates every objective at every second. A year has thirty million seconds, and nearly none
//! of them changes anything. So a replay jumps to the next second at which the tickets of an objective's
//! verdict change, a window moves, or a timer of an alert ends. It evaluates only the objectives concerned.
//! The result is the same: `tests/pipeline/alerts.rs` compares both.
//!
//! Each timeline is derived once for a stretch of time, not once for each of its events. What objectives are
//! judged by goes to a log in this pass, and the alerts follow the log in the order of time, with a view of
//! their own. All other changes go to the view that is read, at once: it needs no order.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::judged_log::JudgedLog;
use crate::agreement::Level;
use crate::alert::{Alerts, Transition};
use crate::catalog::{Catalog, ObjectiveId, ScopeId, StopwatchKindId};
use crate::shard::Shard;
use crate::ticket::{Change, Ended, Ending, Running, Sink};
use crate::time::{DAY_MS, Elapsed, SECOND_MS, Timestamp};
use crate::view::View;

/// The length of the first stretch that timelines are derived for.
const STRETCH_FIRST: Elapsed = Elapsed::from_ms(DAY_MS);

/// The shortest stretch.
const STRETCH_MIN: Elapsed = Elapsed::from_ms(SECOND_MS);

/// The number of changes in the log above which the next stretch is shorter: about 30 MB. With a quarter of
/// them, it is longer.
const LOGGED_MANY: usize = 250_000;

/// The alerts of a history while it is replayed.
#[derive(Debug)]
pub(super) struct AlertHistory {
    alerts: Alerts,
    /// What the verdicts rest on.
    view: View,
    /// The instant up to which timelines are derived.
    derived_to: Timestamp,
    /// The length of the next stretch that timelines are derived for.
    stretch: Elapsed,
    log: JudgedLog,
    /// When each objective must be evaluated next, even without an event.
    wakes: BTreeSet<(Timestamp, ObjectiveId)>,
    /// The same, by objective.
    wake_of: Vec<Option<Timestamp>>,
    /// Objectives whose verdict may have changed since their last evaluation, in no order.
    touched: Vec<ObjectiveId>,
}

impl AlertHistory {
    /// The alerts before `begin`; no event is at or before it.
    pub(super) fn new(catalog: &Arc<Catalog>, begin: Timestamp) -> Self {
        Self {
            alerts: Alerts::new(catalog),
            view: View::for_alerts(Arc::clone(catalog), begin),
            derived_to: begin,
            stretch: STRETCH_FIRST,
            log: JudgedLog::default(),
            wakes: BTreeSet::new(),
            wake_of: catalog.objectives().map(|_| None).collect(),
            // A `none_over` limit can be missed from the start, so every objective is evaluated once.
            touched: catalog.objectives().map(|(id, _, _)| id).collect(),
        }
    }

    /// What the verdicts rest on. It has no readings.
    pub(super) fn view(&self) -> &View {
        &self.view
    }

    /// The alerts after the last evaluation.
    pub(super) fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// Derives all timelines to `until`, and evaluates every second up to and including it. All changes go to
    /// `sink`, in no order.
    pub(super) fn run(
        &mut self,
        shard: &mut Shard,
        until: Timestamp,
        sink: &mut dyn Sink,
        transitions: &mut Vec<Transition>,
    ) {
        loop {
            let to = self.derived_to.plus(self.stretch).min(until);
            shard.advance_by_event(to, sink, &mut self.log);
            self.derived_to = self.derived_to.max(to);
            self.stretch = self.next_stretch();
            self.evaluate_to(to, transitions);
            if to >= until {
                break;
            }
        }
    }

    /// The length of the next stretch, by the number of changes of this one.
    fn next_stretch(&self) -> Elapsed {
        let ms = self.stretch.ms();
        match self.log.len() {
            many if many > LOGGED_MANY => Elapsed::from_ms(ms / 2).max(STRETCH_MIN),
            few if few < LOGGED_MANY / 4 => Elapsed::from_ms(ms.saturating_mul(2)),
            _ => self.stretch,
        }
    }

    /// Evaluates every second up to and including `until` at which something can change. The view then is as
    /// of `until`.
    fn evaluate_to(&mut self, until: Timestamp, transitions: &mut Vec<Transition>) {
        let mut log = std::mem::take(&mut self.log);
        log.sort();
        while let Some(second) = self.next_second(log.next_at()).filter(|at| *at <= until) {
            self.advance_view(second, &mut log);
            while let Some(&(at, id)) = self.wakes.first().filter(|(at, _)| *at <= second) {
                self.wakes.remove(&(at, id));
                self.wake_of[id.index()] = None;
                self.touched.push(id);
            }
            let mut touched = std::mem::take(&mut self.touched);
            touched.sort_unstable();
            touched.dedup();
            for id in touched.drain(..) {
                let verdicts = self.view.alert_verdicts(id);
                let catalog = self.view.catalog();
                transitions.extend(self.alerts.evaluate(id, verdicts, catalog, second));
                let timer = self.alerts.wakes_at(id, second);
                self.wake(id, self.view.changes_at(id).into_iter().chain(timer).min());
            }
            self.touched = touched;
        }
        // What happened since the last whole second counts at the next one.
        self.advance_view(until, &mut log);
        log.clear();
        self.log = log;
    }

    /// Moves the view on to `now`.
    fn advance_view(&mut self, now: Timestamp, log: &mut JudgedLog) {
        self.view.advance(now);
        while let Some(logged) = log.next_until(now) {
            let (change, by) = logged.content();
            self.view.apply(change, by);
            self.note(change);
        }
    }

    /// Notes which objectives must be evaluated because of a change that the view has now, and when.
    fn note(&mut self, change: Change<'_>) {
        match change {
            Change::Ended(ended) => {
                let catalog = self.view.catalog();
                let all = judging(ended.scope, ended.stopwatch_kind, catalog);
                let now = self.view.now();
                self.touched.extend(all.filter(|id| is_judged_by(ended, *id, catalog, now)));
            }
            Change::Running(running) => {
                let catalog = Arc::clone(self.view.catalog());
                for id in judging(running.scope, running.stopwatch_kind, &catalog) {
                    self.note_waiting(id, running);
                }
            }
            // The log has none of these.
            Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_)
            | Change::NewSample(_)
            | Change::LateEvent { .. } => {}
        }
    }

    /// A stopwatch that waits, or waits no longer, counts only if it is over target. If it will be, the
    /// objective is evaluated then at the latest.
    fn note_waiting(&mut self, id: ObjectiveId, running: &Running) {
        let Some(over_from) = self.view.counts_over_from(id, running) else { return };
        if over_from <= self.view.now() {
            self.touched.push(id);
        } else if self.wake_of[id.index()].is_none_or(|wake| over_from < wake) {
            self.wake(id, Some(over_from));
        }
    }

    /// The next whole second at which something can change.
    fn next_second(&self, logged: Option<Timestamp>) -> Option<Timestamp> {
        let touched = (!self.touched.is_empty()).then_some(self.view.now());
        let woken = self.wakes.first().map(|(at, _)| *at);
        let next = [touched, woken, logged].into_iter().flatten().min()?;
        Some(next.ceil_to(Elapsed::from_ms(SECOND_MS)))
    }

    /// Sets when an objective must be evaluated next, even without an event.
    fn wake(&mut self, id: ObjectiveId, at: Option<Timestamp>) {
        let before = std::mem::replace(&mut self.wake_of[id.index()], at);
        if before != at {
            if let Some(before) = before {
                self.wakes.remove(&(before, id));
            }
            self.wakes.extend(at.map(|at| (at, id)));
        }
    }
}

/// The objectives of a scope and of the organisation that are judged by this kind of stopwatch.
fn judging(
    scope: ScopeId,
    stopwatch_kind: StopwatchKindId,
    catalog: &Catalog,
) -> impl Iterator<Item = ObjectiveId> {
    let scopes = [scope, catalog.organisation()];
    scopes.into_iter().flat_map(move |scope| catalog.judging(scope, stopwatch_kind)).copied()
}

/// Whether the verdict on an objective can depend on an ending. Under a limit for all tickets, one that is
/// answered counts for nothing but a ceiling.
fn is_judged_by(ended: &Ended, id: ObjectiveId, catalog: &Catalog, now: Timestamp) -> bool {
    let (_, objective) = catalog.objective(id);
    ended.ending != Ending::Answered
        || !matches!(objective.level_at(now), Level::NoneOver(_))
        || objective.unanswered_max_at(now).is_some()
}
