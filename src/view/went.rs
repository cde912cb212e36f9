//! Where the waiting went: of all that an objective's missed had to wait, how much with which team,
//! unclaimed, pending, on hold, and in closed hours.

use std::collections::BTreeMap;

use super::View;
use super::judged::is_over;
use crate::agreement::Target;
use crate::event::Priority;
use crate::measure::Basis;
use crate::reading::WentShown;
use crate::rules::{CourseId, ObjectiveId, Slot};
use crate::ticket::{Hands, Place, Running};
use crate::time::{Elapsed, Timestamp};

impl View {
    /// How long the missed of an objective waited where, all together, from the start of each to its end or
    /// to now; in order of place. It looks at everyone who waits over target: for pages, not for every event.
    pub fn went(&self, id: ObjectiveId) -> Vec<(Place, Elapsed)> {
        let (owner, objective) = self.rules.objective(id);
        let course = self.rules.course_judged(id);
        let mut sums: BTreeMap<Place, i64> = BTreeMap::new();
        let mut add = |place, ms: i64| *sums.entry(place).or_default() += ms;
        if let Some(series) = self.series(owner, course)
            && let Some(sum) = series.ring().sum(objective.over_at(self.now))
        {
            sum.went(series.levels(), id).for_each(|(place, ms)| add(place, ms));
        }
        let level = objective.level_at(self.now);
        let priorities = std::iter::once(None).chain(Priority::ALL.into_iter().map(Some));
        let holders: Vec<Slot> = self.waiting_of(owner, course).map(|(slot, _)| slot).collect();
        for priority in priorities {
            let target = level.target(priority);
            for &slot in &holders {
                self.went_of_waiting(id, (slot, course, priority), target, &mut add);
            }
        }
        let all = sums.into_iter().filter(|(_, ms)| *ms != 0);
        all.map(|(place, ms)| (place, Elapsed::from_ms(ms))).collect()
    }

    /// The same as it is printed; none where nobody waited too long.
    pub fn went_shown(&self, id: ObjectiveId) -> Option<WentShown> {
        let went = self.went(id);
        (!went.is_empty()).then(|| WentShown::new(went.into_iter(), &self.rules))
    }

    /// Adds where the waiting of those went who wait over a target, or stay over it.
    fn went_of_waiting(
        &self,
        id: ObjectiveId,
        (slot, course, priority): (Slot, CourseId, Option<Priority>),
        target: Target,
        add: &mut impl FnMut(Place, i64),
    ) {
        let now = self.instant(slot, course, self.now);
        let hours = self.rules.calendar(self.rules.hours_of(slot));
        let opened = hours.cumulative(self.now);
        // Those who were with the holder from the start: what they waited follows from their start.
        let mut add_here = |start: Timestamp, by: i64| {
            let open = opened - hours.cumulative(start);
            add(Place::With(slot), by * open);
            add(Place::Closed, by * (self.now.since(start).ms() - open));
        };
        let before = match target.basis {
            Basis::Calendar => Some(self.now.minus(target.elapsed)),
            Basis::Open => {
                let calendar = self.rules.calendar(self.rules.calendar_id_of(course, slot));
                calendar.reaches(now.opened - target.elapsed.ms())
            }
        };
        let Some(before) = before else { return };
        for (_, waiting) in self.waiting_of(slot, course) {
            waiting.started_before(priority, before).for_each(|start| add_here(start, 1));
        }
        // The others are among these: what follows from their effective start is not what they waited.
        for running in self.wandering_of(course, slot, priority) {
            let start = Timestamp::from_ms(running.hands.calendar);
            if !running.hands.is_paused && start < before {
                add_here(start, -1);
            }
        }
        for running in self.wandering_of(course, slot, priority) {
            if !is_over(running.hands, target, now) && !running.over.contains(&id) {
                continue;
            }
            match &running.wandering {
                Some(wandering) => {
                    wandering.went.iter().for_each(|(place, elapsed)| add(place, elapsed.ms()));
                    wandering.standing.pieces(wandering.since, self.now, hours, &mut *add);
                }
                None => {
                    let start = Timestamp::from_ms(running.hands.calendar);
                    let open = opened - hours.cumulative(start);
                    add(Place::With(slot), open);
                    add(Place::Closed, self.now.since(start).ms() - open);
                }
            }
        }
    }

    fn wandering_of(
        &self,
        course: CourseId,
        slot: Slot,
        priority: Option<Priority>,
    ) -> impl Iterator<Item = &Running> {
        let least = (course, slot, priority, Hands::LEAST);
        let of_these = self.wandering.range(least..);
        of_these
            .take_while(move |((c, s, p, _), _)| (*c, *s, *p) == (course, slot, priority))
            .flat_map(|(_, all)| all)
    }
}
