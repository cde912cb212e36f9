//! Where the missed tickets of an objective waited: with which team, unclaimed, pending, on hold, or in
//! closed hours.
//!
//! # Design
//! Most waiting tickets have been with one team from the start. Their breakdown follows from their start
//! and that team's calendar, so the view keeps nothing for them. It keeps the others one by one
//! (`View::tracked`). They are in the waiting sets too, so they are subtracted there first.

use std::collections::BTreeMap;

use super::verdicts::WaitJudged;
use super::{TrackedKey, View, WaitingGroup};
use crate::agreement::Target;
use crate::catalog::{ObjectiveId, ScopeId};
use crate::event::Priority;
use crate::measure::Basis;
use crate::reading::BreakdownShown;
use crate::ticket::{Running, StopwatchPosition, WaitLocation};
use crate::time::{Elapsed, Timestamp};

impl View {
    /// The total time that an objective's missed tickets waited at each location, from the start of each to
    /// its end or to now. Looks at every ticket that waits over target: for pages, not for every event.
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
                let group = WaitingGroup { stopwatch_kind, holder: scope, priority };
                self.add_waiting(id, group, target, &mut add);
            }
        }
        let all = sums.into_iter().filter(|(_, ms)| *ms != 0);
        all.map(|(location, ms)| (location, Elapsed::from_ms(ms))).collect()
    }

    /// The same in printed form; `None` without missed tickets.
    pub fn breakdown_shown(&self, id: ObjectiveId) -> Option<BreakdownShown> {
        let breakdown = self.breakdown(id);
        (!breakdown.is_empty()).then(|| BreakdownShown::new(breakdown.into_iter(), &self.catalog))
    }

    /// Adds where the waiting tickets of a group have waited that are over a target, or stay over it.
    fn add_waiting(
        &self,
        id: ObjectiveId,
        group: WaitingGroup,
        target: Target,
        add: &mut impl FnMut(WaitLocation, i64),
    ) {
        let WaitingGroup { stopwatch_kind, holder: scope, priority } = group;
        let now = self.instant(scope, stopwatch_kind, self.now);
        let hours = self.catalog.calendar(self.catalog.hours_of(scope));
        let opened = hours.cumulative(self.now);
        // A ticket that was with the holder from the start: its breakdown follows from its start.
        let mut add_here = |start: Timestamp, by: i64| {
            let open = opened - hours.cumulative(start);
            add(WaitLocation::With(scope), by * open);
            add(WaitLocation::Closed, by * (self.now.since(start).ms() - open));
        };
        let calendar = self.catalog.calendar(self.catalog.calendar_id_of(stopwatch_kind, scope));
        // A wait that started later ends its working days later: this holds up to some start.
        let is_early = |start: Timestamp| {
            let allowance = self.catalog.allowance(target, stopwatch_kind, scope, start);
            let elapsed = match target.basis() {
                Basis::Calendar => self.now.since(start),
                Basis::Open => calendar.open_time(start, self.now),
            };
            elapsed > allowance
        };
        for (_, waiting) in self.waiting_of(scope, stopwatch_kind) {
            waiting.started_while(priority, &is_early).for_each(|start| add_here(start, 1));
        }
        // Tracked tickets are among these too, and their breakdown does not follow from their start.
        for running in self.tracked_in(group) {
            let start = Timestamp::from_ms(running.position.calendar);
            if !running.position.is_paused && is_early(start) {
                add_here(start, -1);
            }
        }
        for running in self.tracked_in(group) {
            if !self.is_over(WaitJudged::of(running), target, now) && !running.over.contains(&id) {
                continue;
            }
            match &running.breakdown_so_far {
                Some(breakdown_so_far) => {
                    breakdown_so_far
                        .breakdown
                        .iter()
                        .for_each(|(location, elapsed)| add(location, elapsed.ms()));
                    if let Some(since) = breakdown_so_far.since {
                        let ticket_position = breakdown_so_far.ticket_position;
                        ticket_position.pieces(since, self.now, hours, &mut *add);
                    }
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

    fn tracked_in(&self, group: WaitingGroup) -> impl Iterator<Item = &Running> {
        let first = TrackedKey { group, position: StopwatchPosition::LEAST };
        let of_group = self.tracked.range(first..).take_while(move |(key, _)| key.group == group);
        of_group.flat_map(|(_, all)| all)
    }
}
