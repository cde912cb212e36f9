//! Verdicts: the tickets that objectives are judged by.

use super::View;
use crate::agreement::{Completeness, Judgement, Level, Objective, Tally, Target};
use crate::catalog::{ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::{Basis, Measure};
use crate::reading::Verdict;
use crate::ticket::StopwatchPosition;
use crate::time::{Elapsed, Timestamp};
use crate::window::{Instant, OverCounts, PaneContent as _, from_of};

impl View {
    /// How every objective stands: the teams' in order of team and line, then the organisation's.
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.catalog.objectives().map(|(id, _, _)| self.verdict(id)).collect()
    }

    /// How one objective stands. Where the waiting went is looked up apart: [`View::breakdown_shown`].
    pub fn verdict(&self, id: ObjectiveId) -> Verdict {
        let (owner, objective) = self.catalog.objective(id);
        let tally = self.tally(id);
        let judged = self.judged(id, tally);
        Verdict {
            at: self.now,
            team: self.catalog.scope_name(owner).map(Into::into),
            objective: objective.name.clone(),
            decided: tally.decided,
            missed: tally.missed,
            compliance: tally.compliance_bp(),
            state: judged.state,
            behind_market: judged.is_behind_market(),
            history_from: self.history_from,
            breakdown: None,
        }
    }

    /// How an objective stands, by its own targets and by what others achieve: what alerts go by.
    pub fn state(&self, id: ObjectiveId) -> Judgement {
        self.judged(id, self.tally(id))
    }

    /// Both are judged alike, so that a handful of tickets is behind nobody.
    fn judged(&self, id: ObjectiveId, own: Tally) -> Judgement {
        let (_, objective) = self.catalog.objective(id);
        let completeness = self.completeness(objective);
        let state = |tally| objective.judge(tally, completeness, self.now);
        let market = self.market(id).map(|tally| (state(tally), tally.decided));
        Judgement { state: state(own), decided: own.decided, market }
    }

    fn completeness(&self, objective: &Objective) -> Completeness {
        let from = from_of(self.now, objective.over_at(self.now));
        if self.is_frozen {
            Completeness::Stale
        } else if self.history_from.is_some_and(|history| from < history) {
            Completeness::InPart
        } else {
            Completeness::Whole
        }
    }

    /// The tickets that an objective is judged by.
    pub fn tally(&self, id: ObjectiveId) -> Tally {
        let (_, objective) = self.catalog.objective(id);
        let waiting = self.waiting_over(id);
        let ended = self.ended(id, false);
        match objective.level_at(self.now) {
            Level::Within { .. } => ended.share_tally(waiting),
            // An answered ticket waits no longer, however late the answer was.
            Level::NoneOver(_) => {
                let missed = ended.over.given_up + waiting;
                Tally { decided: missed, missed }
            }
        }
    }

    /// The same tickets, beside what others achieve; none where the objective does not compare.
    pub fn market(&self, id: ObjectiveId) -> Option<Tally> {
        let (owner, objective) = self.catalog.objective(id);
        let within = objective.market.as_ref()?.within;
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let waiting: u64 = self
            .waiting_of(owner, stopwatch_kind)
            .map(|(scope, waiting)| {
                waiting.over(|_| within, self.instant(scope, stopwatch_kind, self.now))
            })
            .sum();
        Some(self.ended(id, true).share_tally(waiting))
    }

    /// The endings in an objective's window, counted by its own targets or by its market's target.
    fn ended(&self, id: ObjectiveId, by_market: bool) -> EndedCounts {
        let (owner, objective) = self.catalog.objective(id);
        let series = self.series(owner, self.catalog.stopwatch_kind_of(id));
        let over = objective.over_at(self.now);
        let window = series.and_then(|series| Some((series, series.ring().sum(over)?)));
        window.map_or_else(EndedCounts::default, |(series, sum)| {
            let levels = series.levels();
            let over = if by_market {
                sum.over_market(levels, id)
            } else {
                sum.over_objective(levels, id)
            };
            EndedCounts { answered: sum.tally.answered(Basis::Calendar).total(), over }
        })
    }

    /// Those who have used at least `percent` of the time that an objective allows, by now.
    pub fn waiting_beyond(&self, id: ObjectiveId, percent: i64) -> u64 {
        let (_, objective) = self.catalog.objective(id);
        let level = objective.level_at(self.now);
        let part = |priority| {
            let target = level.target(priority);
            let ms = target.elapsed.ms() * percent / 100;
            // From that instant on, not only after it.
            Target { elapsed: Elapsed::from_ms(ms - 1), ..target }
        };
        self.over(id, part)
    }

    /// Those who wait longer than an objective allows.
    pub fn waiting_over(&self, id: ObjectiveId) -> u64 {
        let (_, objective) = self.catalog.objective(id);
        let level = objective.level_at(self.now);
        let over = self.over(id, |priority| level.target(priority));
        // Those who stay over count once more unless they are over the present target, too.
        let sticky_overdue = self.stuck_of(id).filter(|(scope, priority, position, _)| {
            let target = level.target(*priority);
            let now = self.instant(*scope, self.catalog.stopwatch_kind_of(id), self.now);
            !is_over(*position, target, now)
        });
        over + sticky_overdue.map(|(.., count)| count).sum::<u64>()
    }

    fn over(&self, id: ObjectiveId, target: impl Fn(Option<Priority>) -> Target) -> u64 {
        let (owner, _) = self.catalog.objective(id);
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let waiting = self.waiting_of(owner, stopwatch_kind);
        waiting
            .map(|(scope, w)| w.over(&target, self.instant(scope, stopwatch_kind, self.now)))
            .sum()
    }

    fn stuck_of(
        &self,
        id: ObjectiveId,
    ) -> impl Iterator<Item = (ScopeId, Option<Priority>, StopwatchPosition, u64)> {
        let least = (id, ScopeId::FIRST, None, StopwatchPosition::LEAST);
        let of_this =
            self.sticky_overdue.range(least..).take_while(move |((other, ..), _)| *other == id);
        of_this
            .map(|((_, scope, priority, position), count)| (*scope, *priority, *position, *count))
    }

    /// The first instant after `now` at which the tickets that an objective is judged by can change though
    /// no event comes: somebody waits beyond the target, the window moves on, or another level comes into
    /// force. None if never.
    pub fn changes_at(&self, id: ObjectiveId) -> Option<Timestamp> {
        let (owner, objective) = self.catalog.objective(id);
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let level = objective.level_at(self.now);
        let market = objective.market.as_ref().map(|market| market.within);
        let overdue = self.waiting_of(owner, stopwatch_kind).flat_map(|(scope, waiting)| {
            let now = self.instant(scope, stopwatch_kind, self.now);
            let own = waiting.next_over(|priority| level.target(priority), now);
            let markets = market.into_iter().flat_map(move |m| waiting.next_over(move |_| m, now));
            own.chain(markets).filter_map(move |(target, start)| {
                self.over_from(scope, stopwatch_kind, target, start)
            })
        });
        let series = self.series(owner, stopwatch_kind);
        let sum = series.and_then(|series| series.ring().sum(objective.over_at(self.now)));
        let after = |at: Timestamp| at.plus(Elapsed::from_ms(1));
        let moves =
            sum.filter(|sum| !sum.tally.is_empty()).map(|sum| after(sum.from.plus(sum.length)));
        let levels =
            objective.previous_levels.iter().map(|was| was.until).filter(|until| *until > self.now);
        overdue.chain(moves).chain(levels).min()
    }

    /// The first instant at which one who effectively started there is over a target; none if never.
    fn over_from(
        &self,
        scope: ScopeId,
        stopwatch_kind: StopwatchKindId,
        target: Target,
        start: i64,
    ) -> Option<Timestamp> {
        let first = start.saturating_add(target.elapsed.ms()).saturating_add(1);
        match target.basis {
            Basis::Calendar => Some(Timestamp::from_ms(first)),
            Basis::Open => self
                .catalog
                .calendar(self.catalog.calendar_id_of(stopwatch_kind, scope))
                .reaches(first),
        }
    }

    /// How many wait for a slot and measure, and since when the longest of them.
    pub fn waiting(&self, scope: ScopeId, measure: Measure) -> (u64, Option<Timestamp>) {
        let all = &|_, _| true;
        let Some(stopwatch_kind) = self.catalog.standard(measure) else { return (0, None) };
        let waiting = || self.waiting_of(scope, stopwatch_kind).map(|(_, waiting)| waiting);
        let oldest = waiting().filter_map(|waiting| waiting.oldest(all, self.now)).min();
        (waiting().map(|waiting| waiting.len(all)).sum(), oldest)
    }
}

/// The endings in an objective's window.
#[derive(Clone, Copy, Debug, Default)]
struct EndedCounts {
    answered: u64,
    over: OverCounts,
}

impl EndedCounts {
    /// The tickets that a share is judged by, with those waiting over target.
    fn share_tally(self, waiting_over: u64) -> Tally {
        Tally {
            decided: self.answered + self.over.given_up + waiting_over,
            missed: self.over.answered + self.over.given_up + waiting_over,
        }
    }
}

/// Whether a stopwatch in this position is over a target.
pub(super) fn is_over(position: StopwatchPosition, target: Target, now: Instant) -> bool {
    position.elapsed(now.at, now.opened)[target.basis.index()] > target.elapsed
}
