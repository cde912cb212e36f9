//! Where the waiting went: of all that an objective's missed had to wait, how much with which team,
//! unclaimed, pending, on hold, and in closed hours.

use std::collections::BTreeMap;

use super::View;
use super::verdicts::is_over;
use crate::agreement::Target;
use crate::catalog::{ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::Basis;
use crate::reading::BreakdownShown;
use crate::ticket::{Running, StopwatchPosition, WaitLocation};
use crate::time::{Elapsed, Timestamp};

impl View {
    /// How long the missed of an objective waited where, all together, from the start of each to its end or
    /// to now; in order of place. It looks at everyone who waits over target: for pages, not for every event.
    pub fn breakdown(&self, id: ObjectiveId) -> Vec<(WaitLocation, Elapsed)> {
        let (owner, objective) = self.catalog.objective(id);
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let mut sums: BTreeMap<WaitLocation, i64> = BTreeMap::new();
        let mut add = |location, ms: i64| *sums.entry(location).or_default() += ms;
        if let Some(series) = self.series(owner, stopwatch_kind)
            && let Some(sum) = series.ring().sum(objective.over_at(self.now))
        {
            sum.breakdown(series.levels(), id).for_each(|(location, ms)| add(location, ms));
        }
        let level = objective.level_at(self.now);
        let priorities = std::iter::once(None).chain(Priority::ALL.into_iter().map(Some));
        let holders: Vec<ScopeId> =
            self.waiting_of(owner, stopwatch_kind).map(|(scope, _)| scope).collect();
        for priority in priorities {
            let target = level.target(priority);
            for &scope in &holders {
                self.went_of_waiting(id, (scope, stopwatch_kind, priority), target, &mut add);
            }
        }
        let all = sums.into_iter().filter(|(_, ms)| *ms != 0);
        all.map(|(location, ms)| (location, Elapsed::from_ms(ms))).collect()
    }

    /// The same as it is printed; none where nobody waited too long.
    pub fn breakdown_shown(&self, id: ObjectiveId) -> Option<BreakdownShown> {
        let breakdown = self.breakdown(id);
        (!breakdown.is_empty()).then(|| BreakdownShown::new(breakdown.into_iter(), &self.catalog))
    }

    /// Adds where the waiting of those went who wait over a target, or stay over it.
    fn went_of_waiting(
        &self,
        id: ObjectiveId,
        (scope, stopwatch_kind, priority): (ScopeId, StopwatchKindId, Option<Priority>),
        target: Target,
        add: &mut impl FnMut(WaitLocation, i64),
    ) {
        let now = self.instant(scope, stopwatch_kind, self.now);
        let hours = self.catalog.calendar(self.catalog.hours_of(scope));
        let opened = hours.cumulative(self.now);
        // Those who were with the holder from the start: what they waited follows from their start.
        let mut add_here = |start: Timestamp, by: i64| {
            let open = opened - hours.cumulative(start);
            add(WaitLocation::With(scope), by * open);
            add(WaitLocation::Closed, by * (self.now.since(start).ms() - open));
        };
        let before = match target.basis {
            Basis::Calendar => Some(self.now.minus(target.elapsed)),
            Basis::Open => {
                let calendar =
                    self.catalog.calendar(self.catalog.calendar_id_of(stopwatch_kind, scope));
                calendar.reaches(now.opened - target.elapsed.ms())
            }
        };
        let Some(before) = before else { return };
        for (_, waiting) in self.waiting_of(scope, stopwatch_kind) {
            waiting.started_before(priority, before).for_each(|start| add_here(start, 1));
        }
        // The others are among these: what follows from their effective start is not what they waited.
        for running in self.wandering_of(stopwatch_kind, scope, priority) {
            let start = Timestamp::from_ms(running.position.calendar);
            if !running.position.is_paused && start < before {
                add_here(start, -1);
            }
        }
        for running in self.wandering_of(stopwatch_kind, scope, priority) {
            if !is_over(running.position, target, now) && !running.over.contains(&id) {
                continue;
            }
            match &running.breakdown_so_far {
                Some(breakdown_so_far) => {
                    breakdown_so_far
                        .breakdown
                        .iter()
                        .for_each(|(location, elapsed)| add(location, elapsed.ms()));
                    breakdown_so_far.ticket_position.pieces(
                        breakdown_so_far.since,
                        self.now,
                        hours,
                        &mut *add,
                    );
                }
                None => {
                    let start = Timestamp::from_ms(running.position.calendar);
                    let open = opened - hours.cumulative(start);
                    add(WaitLocation::With(scope), open);
                    add(WaitLocation::Closed, self.now.since(start).ms() - open);
                }
            }
        }
    }

    fn wandering_of(
        &self,
        stopwatch_kind: StopwatchKindId,
        scope: ScopeId,
        priority: Option<Priority>,
    ) -> impl Iterator<Item = &Running> {
        let least = (stopwatch_kind, scope, priority, StopwatchPosition::LEAST);
        let of_these = self.breakdown_so_far.range(least..);
        of_these
            .take_while(move |((c, s, p, _), _)| (*c, *s, *p) == (stopwatch_kind, scope, priority))
            .flat_map(|(_, all)| all)
    }
}
