//! What one ticket adds to the tallies of objectives at whole hours.

use std::ops::Range;

use super::{Hour, HourCounts, HourFlow, TallyChanges};
use crate::agreement::{Level, Objective};
use crate::catalog::{Catalog, ObjectiveId};
use crate::measure::Basis;
use crate::ticket::{
    Change, CountedFor, DerivationContext, Ended, Ending, GivenUp, Running, Sink, Timeline,
};
use crate::time::{Elapsed, Timestamp};
use crate::window::leaves_at;

/// Turns the changes of a timeline into changes of tallies.
pub(crate) struct Contributions<'a, T> {
    catalog: &'a Catalog,
    tallies: &'a mut T,
    /// The hour at which the changes are known: the first after their events.
    hour: Hour,
}

/// The hours in which one level of an objective is in force, half-open.
struct LevelSpan<'a> {
    hours: Range<Hour>,
    level: &'a Level,
    over: Elapsed,
}

impl<'a, T: TallyChanges> Contributions<'a, T> {
    pub(crate) fn of(catalog: &'a Catalog, tallies: &'a mut T) -> Self {
        Self { catalog, tallies, hour: Hour::MIN }
    }

    /// Derives a timeline of which nothing is derived yet, up to an hour. All events before the same hour are
    /// derived at once: what they change in between is over when the hour comes.
    pub(crate) fn derive(
        mut self,
        timeline: &mut Timeline,
        last: Hour,
        context: DerivationContext<'_>,
    ) {
        let mut next = timeline.times().next();
        while let Some(hour) = next.map(Hour::from).filter(|hour| *hour <= last) {
            self.hour = hour;
            next = timeline.advance(hour.start(), context, &mut self).next;
        }
    }

    fn ended(&mut self, ended: &Ended, by: i32) {
        let catalog = self.catalog;
        let organisation = match ended.counted_for {
            CountedFor::Team => None,
            CountedFor::TeamAndOrganisation => Some(catalog.organisation()),
        };
        for scope in [Some(ended.scope), organisation].into_iter().flatten() {
            for &id in catalog.judging(scope, ended.stopwatch_kind) {
                let objective = catalog.objective(id).1;
                let is_missed = ended.missed.contains(&id);
                for span in spans(objective) {
                    let from = self.hour.max(Hour::from(ended.at)).max(span.hours.start);
                    let until = Hour::from(leaves_at(ended.at, span.over)).min(span.hours.end);
                    self.add(id, from..until, counts_of(ended.ending, is_missed, span.level), by);
                }
                self.arrived(id, ended.started, by);
                if ended.ending == Ending::Answered {
                    let flow = HourFlow { arrived: 0, answered: by };
                    self.tallies.count_in(id, Hour::from(ended.at), flow);
                }
            }
        }
    }

    fn running(&mut self, running: &Running, by: i32) {
        let catalog = self.catalog;
        let counts = HourCounts { decided: 1, missed: 1, ..HourCounts::default() };
        for scope in [running.scope, catalog.organisation()] {
            for &id in catalog.judging(scope, running.stopwatch_kind) {
                for span in spans(catalog.objective(id).1) {
                    let first = if running.over.contains(&id) {
                        Some(Hour::MIN)
                    } else {
                        self.over_from(running, span.level)
                    };
                    if let Some(first) = first {
                        let from = self.hour.max(first).max(span.hours.start);
                        self.add(id, from..span.hours.end, counts, by);
                    }
                }
                self.arrived(id, running.started, by);
            }
        }
    }

    /// The first hour at which a wait is over the target of a level, as long as nothing happens; `None` if
    /// never.
    fn over_from(&self, running: &Running, level: &Level) -> Option<Hour> {
        let Running { stopwatch_kind, scope, priority, started, position, .. } = *running;
        let target = level.target(priority);
        let allowance = self.catalog.allowance(target, stopwatch_kind, scope, started);
        let position_in = position.of(target.basis());
        if position.is_paused {
            return (position_in > allowance.ms()).then_some(Hour::MIN);
        }
        // In the last millisecond of the target it is still within.
        let first = position_in.saturating_add(allowance.ms()).saturating_add(1);
        let at = match target.basis() {
            Basis::Calendar => Timestamp::from_ms(first),
            Basis::Open => {
                let calendar = self.catalog.calendar_id_of(stopwatch_kind, scope);
                self.catalog.calendar(calendar).reaches(first)?
            }
        };
        Some(Hour::from(at))
    }

    fn arrived(&mut self, id: ObjectiveId, started: Timestamp, by: i32) {
        self.tallies.count_in(id, Hour::from(started), HourFlow { arrived: by, answered: 0 });
    }

    fn add(&mut self, id: ObjectiveId, hours: Range<Hour>, counts: HourCounts, by: i32) {
        if hours.is_empty() || counts == HourCounts::default() {
            return;
        }
        let times = |by: i32| {
            let mut changed = HourCounts::default();
            changed.add(counts, by);
            changed
        };
        self.tallies.change_from(id, hours.start, times(by));
        if hours.end < Hour::MAX {
            self.tallies.change_from(id, hours.end, times(-by));
        }
    }
}

impl<T: TallyChanges> Sink for Contributions<'_, T> {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        let by = i32::try_from(by).unwrap_or(0);
        match change {
            Change::Ended(ended) => self.ended(ended, by),
            Change::Running(running) => self.running(running, by),
            // No tally counts them.
            Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_)
            | Change::NewSample(_)
            | Change::LateEvent { .. } => {}
        }
    }
}

/// What an ending adds to a tally. The view counts it likewise, in windows of the present.
fn counts_of(ending: Ending, is_missed: bool, level: &Level) -> HourCounts {
    let none = HourCounts::default();
    let missed = i32::from(is_missed);
    match (ending, level) {
        (Ending::Answered, Level::Within { .. }) => {
            HourCounts { answered: 1, decided: 1, missed, ..none }
        }
        // An answered ticket waits no longer, however late the answer was.
        (Ending::Answered, Level::NoneOver(_)) => HourCounts { answered: 1, ..none },
        (Ending::GivenUp(reason), Level::Within { .. } | Level::NoneOver(_)) => {
            let counted = if reason.is_decided() { missed } else { 0 };
            HourCounts {
                decided: counted,
                missed: counted,
                unanswered: i32::from(reason.is_counted_given_up()),
                spam_over_target: if reason == GivenUp::Spam { missed } else { 0 },
                ..none
            }
        }
    }
}

/// The levels of an objective, each with the hours in which it is in force.
fn spans(objective: &Objective) -> impl Iterator<Item = LevelSpan<'_>> {
    let previous = &objective.previous_levels;
    let ends = previous.iter().map(|level| Hour::from(level.until)).chain([Hour::MAX]);
    let starts =
        std::iter::once(Hour::MIN).chain(previous.iter().map(|level| Hour::from(level.until)));
    let hours = starts.zip(ends).map(|(start, end)| start..end);
    let levels = objective.levels().zip(objective.overs());
    hours.zip(levels).map(|(hours, (level, over))| LevelSpan { hours, level, over })
}
