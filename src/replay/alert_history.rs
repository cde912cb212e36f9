//! The alerts there would have been: a whole history, evaluated at every whole second at which something can
//! change.
//!
//! # Design
//! The service evaluates every objective at every second. Over a year that is thirty million seconds, nearly
//! all of which change nothing: here the next second is that of the next event, of somebody whose target
//! passes, of a window that moves on, or of an alert whose time is up; and only the objectives concerned are
//! evaluated. The result is the same, which a test holds.

use std::collections::BTreeSet;

use crate::alert::{Alerts, Transition};
use crate::catalog::{Catalog, ObjectiveId, ScopeId, StopwatchKindId};
use crate::shard::Shard;
use crate::ticket::{Ended, Rated, Running, Sink};
use crate::time::{Elapsed, SECOND_MS, Timestamp};
use crate::view::View;

/// Alerts on their way through a history.
#[derive(Debug)]
pub(super) struct AlertHistory {
    alerts: Alerts,
    /// When each objective must be looked at next, though no event comes.
    wakes: BTreeSet<(Timestamp, ObjectiveId)>,
    /// The same, by objective.
    wake_of: Vec<Option<Timestamp>>,
    /// Objectives that events have touched since they were looked at.
    touched: BTreeSet<ObjectiveId>,
}

impl AlertHistory {
    pub(super) fn new(catalog: &Catalog) -> Self {
        Self {
            alerts: Alerts::new(catalog),
            wakes: BTreeSet::new(),
            wake_of: catalog.objectives().map(|_| None).collect(),
            // A limit may be missed from the first on; and who has nothing yet is looked at once.
            touched: catalog.objectives().map(|(id, _, _)| id).collect(),
        }
    }

    /// Hands effects on to the view and notes which objectives they touch.
    pub(super) fn sink<'a>(&'a mut self, view: &'a mut View) -> Touching<'a> {
        Touching { touched: &mut self.touched, view }
    }

    /// Evaluates up to `until`, included where it is a whole second.
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
                let judged = view.state(id);
                transitions.extend(self.alerts.evaluate(id, judged, view.catalog(), second));
                self.sleep(id, view);
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

    fn sleep(&mut self, id: ObjectiveId, view: &View) {
        let time_up = self.alerts.wakes_at(id, view.now());
        let wake = view.changes_at(id).into_iter().chain(time_up).min();
        let before = std::mem::replace(&mut self.wake_of[id.index()], wake);
        if before != wake {
            if let Some(at) = before {
                self.wakes.remove(&(at, id));
            }
            self.wakes.extend(wake.map(|at| (at, id)));
        }
    }
}

/// Hands on what ends and runs, and notes whom it concerns.
pub(super) struct Touching<'a> {
    touched: &'a mut BTreeSet<ObjectiveId>,
    view: &'a mut View,
}

impl Touching<'_> {
    fn touch(&mut self, scope: ScopeId, stopwatch_kind: StopwatchKindId) {
        let catalog = self.view.catalog();
        for scope in [scope, catalog.organisation()] {
            self.touched.extend(catalog.judging(scope, stopwatch_kind));
        }
    }
}

impl Sink for Touching<'_> {
    fn ended(&mut self, ended: &Ended, by: i64) {
        self.touch(ended.scope, ended.stopwatch_kind);
        self.view.ended(ended, by);
    }

    fn running(&mut self, running: &Running, by: i64) {
        self.touch(running.scope, running.stopwatch_kind);
        self.view.running(running, by);
    }

    fn rated(&mut self, rated: &Rated, by: i64) {
        self.view.rated(rated, by);
    }
}
