//! The alerts of a whole history, evaluated at every whole second at which something can change.
//!
//! # Design
//! The service evaluates every objective at every second. A year has thirty million seconds, and nearly none
//! of them changes anything. So a replay jumps to the next second at which an event happens, a ticket exceeds
//! a target, a window moves, or a timer of an alert ends. It evaluates only the objectives concerned. The
//! result is the same: `tests/pipeline/alerts.rs` compares both.

use std::collections::BTreeSet;

use crate::alert::{Alerts, Transition};
use crate::catalog::{Catalog, ObjectiveId, ScopeId, StopwatchKindId};
use crate::shard::Shard;
use crate::ticket::{Change, Sink};
use crate::time::{Elapsed, SECOND_MS, Timestamp};
use crate::view::View;

/// The alerts of a history while it is replayed.
#[derive(Debug)]
pub(super) struct AlertHistory {
    alerts: Alerts,
    /// When each objective must be evaluated next, even without an event.
    wakes: BTreeSet<(Timestamp, ObjectiveId)>,
    /// The same, by objective.
    wake_of: Vec<Option<Timestamp>>,
    /// Objectives that events have touched since their last evaluation.
    touched: BTreeSet<ObjectiveId>,
}

impl AlertHistory {
    /// The alerts after the last evaluation.
    pub(super) fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    pub(super) fn new(catalog: &Catalog) -> Self {
        Self {
            alerts: Alerts::new(catalog),
            wakes: BTreeSet::new(),
            wake_of: catalog.objectives().map(|_| None).collect(),
            // A `none_over` limit can be missed from the start, so every objective is evaluated once.
            touched: catalog.objectives().map(|(id, _, _)| id).collect(),
        }
    }

    /// A sink that passes changes to the view and marks the objectives that they touch.
    pub(super) fn sink<'a>(&'a mut self, view: &'a mut View) -> TouchRecorder<'a> {
        TouchRecorder { touched: &mut self.touched, view }
    }

    /// Evaluates every second up to and including `until`.
    pub(super) fn run(
        &mut self,
        shard: &mut Shard,
        view: &mut View,
        until: Timestamp,
        transitions: &mut Vec<Transition>,
    ) {
        shard.advance(view.now(), &mut self.sink(view));
        while let Some(second) = self.next_second(shard, view.now()).filter(|at| *at <= until) {
            view.advance(second);
            shard.advance(second, &mut self.sink(view));
            while let Some(&(at, id)) = self.wakes.first().filter(|(at, _)| *at <= second) {
                self.wakes.remove(&(at, id));
                self.wake_of[id.index()] = None;
                self.touched.insert(id);
            }
            for id in std::mem::take(&mut self.touched) {
                let verdicts = view.alert_verdicts(id);
                transitions.extend(self.alerts.evaluate(id, verdicts, view.catalog(), second));
                self.schedule(id, view);
            }
        }
    }

    /// The next whole second at which something can change.
    fn next_second(&self, shard: &Shard, now: Timestamp) -> Option<Timestamp> {
        let second = Elapsed::from_ms(SECOND_MS);
        let touched = (!self.touched.is_empty()).then_some(now);
        let woken = self.wakes.first().map(|(at, _)| *at);
        let next = [touched, woken, shard.next_event()].into_iter().flatten().min()?;
        Some(next.ceil_to(second))
    }

    /// Schedules the next evaluation of an objective.
    fn schedule(&mut self, id: ObjectiveId, view: &View) {
        let timer = self.alerts.wakes_at(id, view.now());
        let wake = view.changes_at(id).into_iter().chain(timer).min();
        let before = std::mem::replace(&mut self.wake_of[id.index()], wake);
        if before != wake {
            if let Some(at) = before {
                self.wakes.remove(&(at, id));
            }
            self.wakes.extend(wake.map(|at| (at, id)));
        }
    }
}

/// Passes changes to the view and marks the objectives that they touch.
pub(super) struct TouchRecorder<'a> {
    touched: &'a mut BTreeSet<ObjectiveId>,
    view: &'a mut View,
}

impl TouchRecorder<'_> {
    fn touch(&mut self, scope: ScopeId, stopwatch_kind: StopwatchKindId) {
        let catalog = self.view.catalog();
        for scope in [scope, catalog.organisation()] {
            self.touched.extend(catalog.judging(scope, stopwatch_kind));
        }
    }
}

impl Sink for TouchRecorder<'_> {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        match change {
            Change::Ended(ended) => self.touch(ended.scope, ended.stopwatch_kind),
            Change::Running(running) => self.touch(running.scope, running.stopwatch_kind),
            // No objective is judged by these.
            Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_)
            | Change::NewSample(_)
            | Change::LateEvent { .. } => {}
        }
        self.view.apply(change, by);
    }
}
