//! Verdicts on objectives, and the tickets that they rest on.

use super::{StickyKey, View, WaitingNow};
use crate::agreement::{
    AlertVerdicts, Completeness, DecidedVerdict, Level, Objective, Tally, Target,
};
use crate::catalog::{ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::{Basis, Measure};
use crate::reading::Verdict;
use crate::ticket::StopwatchPosition;
use crate::time::{Elapsed, Timestamp};
use crate::window::{Instant, OverCounts, PaneContent as _, from_of};

impl View {
    /// The verdicts on all objectives, in the order of [`crate::catalog::Catalog::objectives`].
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.catalog.objectives().map(|(id, _, _)| self.verdict(id)).collect()
    }

    /// The verdict on one objective, without its breakdown: see [`View::breakdown_shown`].
    pub fn verdict(&self, id: ObjectiveId) -> Verdict {
        let (owner, objective) = self.catalog.objective(id);
        let tally = self.tally(id);
        let verdicts = self.verdicts_of_tally(id, tally);
        Verdict {
            at: self.now,
            team: self.catalog.scope_name(owner).map(Into::into),
            objective: objective.name.clone(),
            decided: tally.decided,
            missed: tally.missed,
            compliance: tally.compliance_bp(),
            state: verdicts.own.state,
            behind_market: verdicts.is_behind_market(),
            history_from: self.history_from,
            breakdown: None,
        }
    }

    /// The verdicts that the alerts of an objective are evaluated by.
    pub fn alert_verdicts(&self, id: ObjectiveId) -> AlertVerdicts {
        self.verdicts_of_tally(id, self.tally(id))
    }

    /// The market is judged by the same rules, `min_tickets` included.
    fn verdicts_of_tally(&self, id: ObjectiveId, own: Tally) -> AlertVerdicts {
        let (_, objective) = self.catalog.objective(id);
        let completeness = self.completeness(objective);
        let judge = |tally: Tally| DecidedVerdict {
            state: objective.judge(tally, completeness, self.now),
            decided: tally.decided,
        };
        AlertVerdicts { own: judge(own), market: self.market(id).map(judge) }
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

    /// The tickets that an objective's verdict rests on.
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

    /// The same tickets compared with the market's target; `None` where the objective has no market.
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

    /// The number of waiting tickets that have used at least `percent` of the target.
    pub fn waiting_beyond(&self, id: ObjectiveId, percent: i64) -> u64 {
        let (_, objective) = self.catalog.objective(id);
        let level = objective.level_at(self.now);
        let part = |priority| {
            let target = level.target(priority);
            let ms = target.elapsed.ms() * percent / 100;
            // At least, not more than: one millisecond less.
            Target { elapsed: Elapsed::from_ms(ms - 1), ..target }
        };
        self.over(id, part)
    }

    /// The number of waiting tickets over target.
    pub fn waiting_over(&self, id: ObjectiveId) -> u64 {
        let (_, objective) = self.catalog.objective(id);
        let level = objective.level_at(self.now);
        let over = self.over(id, |priority| level.target(priority));
        // Tickets that stay over a former target are not counted yet, unless over the present one too.
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let sticky = self.sticky_of(id).filter(|(key, _)| {
            let now = self.instant(key.holder, stopwatch_kind, self.now);
            !is_over(key.position, level.target(key.priority), now)
        });
        over + sticky.map(|(_, count)| count).sum::<u64>()
    }

    fn over(&self, id: ObjectiveId, target: impl Fn(Option<Priority>) -> Target) -> u64 {
        let (owner, _) = self.catalog.objective(id);
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let waiting = self.waiting_of(owner, stopwatch_kind);
        waiting
            .map(|(scope, w)| w.over(&target, self.instant(scope, stopwatch_kind, self.now)))
            .sum()
    }

    fn sticky_of(&self, id: ObjectiveId) -> impl Iterator<Item = (&StickyKey, &u64)> {
        let first = StickyKey {
            objective: id,
            holder: ScopeId::FIRST,
            priority: None,
            position: StopwatchPosition::LEAST,
        };
        self.sticky_overdue.range(first..).take_while(move |(key, _)| key.objective == id)
    }

    /// The first instant after `now` at which an objective's tally can change without an event: a ticket
    /// exceeds its target, the window moves, or another level comes into force. `None` if never.
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
        let levels = objective
            .previous_levels
            .iter()
            .map(|previous| previous.until)
            .filter(|until| *until > self.now);
        overdue.chain(moves).chain(levels).min()
    }

    /// The first instant at which a running stopwatch with that effective start is over a target; `None` if
    /// never.
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

    /// The tickets that wait for a scope and measure.
    pub fn waiting(&self, scope: ScopeId, measure: Measure) -> WaitingNow {
        let stopwatch_kind = self.catalog.standard(measure);
        stopwatch_kind.map_or_else(WaitingNow::default, |stopwatch_kind| {
            self.waiting_now(scope, stopwatch_kind, &|_, _| true)
        })
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
    position.elapsed(now.at, now.opened).of(target.basis) > target.elapsed
}
