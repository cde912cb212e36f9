//! Verdicts on objectives, and the tickets that they rest on.

use super::{StickyKey, View, WaitingNow};
use crate::agreement::{
    AlertVerdicts, Completeness, DecidedVerdict, Level, ShareEvidence, Tally, Target,
};
use crate::catalog::{ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::{Basis, Measure};
use crate::reading::Verdict;
use crate::ticket::{GivenUp, Running, StopwatchPosition};
use crate::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};
use crate::window::{
    Instant, OverCounts, PaneContent as _, Spent, WindowSum, begins_from, from_of,
};

/// The lengths of waits by which waiting tickets are grouped, ascending.
pub const AGE_EDGES: [Elapsed; 8] = [
    Elapsed::from_ms(HOUR_MS),
    Elapsed::from_ms(4 * HOUR_MS),
    Elapsed::from_ms(8 * HOUR_MS),
    Elapsed::from_ms(DAY_MS),
    Elapsed::from_ms(3 * DAY_MS),
    Elapsed::from_ms(7 * DAY_MS),
    Elapsed::from_ms(14 * DAY_MS),
    Elapsed::from_ms(28 * DAY_MS),
];
/// The number of groups that [`AGE_EDGES`] make.
pub const AGE_GROUPS: usize = 9;

/// The waiting tickets of an objective over target, counted by what may be why. One ticket may count several
/// times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverdueCauses {
    /// Those that no declared team holds.
    pub unclaimed: u64,
    /// Those that are paused: they wait for the customer or for a third party.
    pub paused: u64,
    /// Those that run while the team that holds them is closed.
    pub closed: u64,
    /// Those of each priority, in the order of [`Priority::ALL`].
    pub by_priority: [u64; Priority::ALL.len()],
}

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
        let share = match objective.level_at(self.now) {
            Level::Within { share, .. } => Some(*share),
            Level::NoneOver(_) => None,
        };
        Verdict {
            at: self.now,
            team: self.catalog.scope_name(owner).map(Into::into),
            objective: objective.name.clone(),
            decided: tally.decided,
            missed: tally.missed,
            compliance: share.and_then(|_| tally.compliance_bp()),
            interval: share.and_then(|_| tally.interval()).map(Into::into),
            below_level: share.and_then(|share| tally.probability_below_bp(share)),
            answered: tally.answered,
            unanswered: tally.unanswered,
            unanswered_share: tally.unanswered_bp(),
            spam_over_target: tally.spam_over_target,
            state: verdicts.own.state,
            behind_market: verdicts.is_behind_market(),
            history_from: self.history_from,
            breakdown: None,
        }
    }

    /// The verdicts that the alerts of an objective are evaluated by.
    pub fn alert_verdicts(&self, id: ObjectiveId) -> AlertVerdicts {
        let waiting = self.waiting_over(id);
        let belief = self.evidence_with(id, waiting).map(|evidence| evidence.belief);
        AlertVerdicts { belief, ..self.verdicts_of_tally(id, self.tally_with(id, waiting)) }
    }

    /// What the windows of an objective say about the true share. `None` where its alert follows the
    /// verdict, and while its window is not known.
    pub fn evidence(&self, id: ObjectiveId) -> Option<ShareEvidence> {
        self.evidence_with(id, self.waiting_over(id))
    }

    /// The same where `waiting` tickets wait and are over target.
    fn evidence_with(&self, id: ObjectiveId, waiting: u64) -> Option<ShareEvidence> {
        let (_, objective) = self.catalog.objective(id);
        objective.confidence_at(self.now)?;
        objective.evidence(self.now, |length| {
            let is_known = self.completeness(length) == Completeness::Whole;
            is_known.then(|| self.ended(id, length, false).share_tally(waiting))
        })
    }

    /// The verdicts without a belief. The market is judged by the same rules, `min_tickets` included.
    fn verdicts_of_tally(&self, id: ObjectiveId, own: Tally) -> AlertVerdicts {
        let (_, objective) = self.catalog.objective(id);
        let completeness = self.completeness(objective.over_at(self.now));
        let judge = |tally: Tally| DecidedVerdict {
            state: objective.judge(tally, completeness, self.now),
            is_reached: objective.is_reached(tally, completeness, self.now),
        };
        AlertVerdicts { own: judge(own), market: self.market(id).map(judge), belief: None }
    }

    fn completeness(&self, over: Elapsed) -> Completeness {
        let from = from_of(self.now, over);
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
        self.tally_with(id, self.waiting_over(id))
    }

    /// The same where `waiting` tickets wait and are over target.
    fn tally_with(&self, id: ObjectiveId, waiting: u64) -> Tally {
        let (_, objective) = self.catalog.objective(id);
        let ended = self.ended(id, objective.over_at(self.now), false);
        match objective.level_at(self.now) {
            Level::Within { .. } => ended.share_tally(waiting),
            // An answered ticket waits no longer, however late the answer was.
            Level::NoneOver(_) => {
                let missed = ended.over.given_up + waiting;
                Tally { decided: missed, missed, ..ended.share_tally(waiting) }
            }
        }
    }

    /// The same tickets compared with the market's target; `None` where the objective has no market. Spam and
    /// unanswered tickets are not compared with it.
    pub fn market(&self, id: ObjectiveId) -> Option<Tally> {
        let (owner, objective) = self.catalog.objective(id);
        let within = objective.market.as_ref()?.within;
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let waiting: u64 = self
            .waiting_of(owner, stopwatch_kind)
            .map(|(scope, waiting)| {
                let now = self.instant(scope, stopwatch_kind, self.now);
                waiting.beyond(|_| within, Spent::All, now)
            })
            .sum();
        let over = objective.over_at(self.now);
        let Tally { decided, missed, .. } = self.ended(id, over, true).share_tally(waiting);
        Some(Tally { decided, missed, ..Tally::default() })
    }

    /// The answers of an objective in the window of a length, and how many of them were over target; `None`
    /// if there is no window of that length.
    pub fn ended_over(&self, id: ObjectiveId, length: Elapsed) -> Option<(u64, u64)> {
        self.catalog.windows().contains(&length).then(|| {
            let ended = self.ended(id, length, false);
            (ended.answered, ended.over.answered)
        })
    }

    /// The endings in the window of a length, counted by an objective's own targets or by its market's
    /// target.
    fn ended(&self, id: ObjectiveId, length: Elapsed, by_market: bool) -> EndedCounts {
        let (owner, _) = self.catalog.objective(id);
        let series = self.series(owner, self.catalog.stopwatch_kind_of(id));
        let window = series.and_then(|series| Some((series, series.ring().sum(length)?)));
        window.map_or_else(EndedCounts::default, |(series, sum)| {
            let levels = series.levels();
            let over = if by_market {
                sum.over_market(levels, id)
            } else {
                sum.over_objective(levels, id)
            };
            let unanswered = GivenUp::ALL.into_iter().filter(|reason| reason.is_counted_given_up());
            EndedCounts {
                answered: sum.answered(levels),
                unanswered: unanswered.map(|reason| sum.tally.given_up(reason)).sum(),
                over,
            }
        })
    }

    /// The number of waiting tickets that are over target, or have used at least 80 % of it.
    pub fn waiting_due_soon(&self, id: ObjectiveId) -> u64 {
        let (_, objective) = self.catalog.objective(id);
        let level = objective.level_at(self.now);
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        // Of those that stay over a former target, some have used little of the present one.
        let others = self.staying_over(id).filter(|(key, _)| {
            let target = level.target(key.priority);
            let allowance = self.catalog.allowance(target, stopwatch_kind, key.holder, key.started);
            let now = self.instant(key.holder, stopwatch_kind, self.now);
            let elapsed = key.position.elapsed(now.at, now.opened).of(target.basis());
            elapsed.ms() <= Spent::Most.limit(allowance.ms())
        });
        self.beyond(id, Spent::Most) + others.map(|(_, count)| count).sum::<u64>()
    }

    /// The number of waiting tickets over target.
    pub fn waiting_over(&self, id: ObjectiveId) -> u64 {
        self.beyond(id, Spent::All) + self.staying_over(id).map(|(_, count)| count).sum::<u64>()
    }

    /// The tickets that stay over a former target and are within the present one, with their number.
    fn staying_over(&self, id: ObjectiveId) -> impl Iterator<Item = (&StickyKey, u64)> {
        let (_, objective) = self.catalog.objective(id);
        let level = objective.level_at(self.now);
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let staying = self.sticky_of(id).filter(move |(key, _)| {
            let now = self.instant(key.holder, stopwatch_kind, self.now);
            let wait = WaitJudged {
                stopwatch_kind,
                holder: key.holder,
                started: key.started,
                position: key.position,
            };
            !self.is_over(wait, level.target(key.priority), now)
        });
        staying.map(|(key, count)| (key, *count))
    }

    /// The waiting tickets over target, counted by what may be why.
    pub fn overdue_causes(&self, id: ObjectiveId) -> OverdueCauses {
        let (owner, objective) = self.catalog.objective(id);
        let level = objective.level_at(self.now);
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let mut causes = OverdueCauses::default();
        for (holder, waiting) in self.waiting_of(owner, stopwatch_kind) {
            let now = self.instant(holder, stopwatch_kind, self.now);
            let target = |priority| level.target(priority);
            for (priority, counts) in waiting.beyond_by_priority(target, Spent::All, now) {
                self.add_cause(&mut causes, holder, priority, counts);
            }
        }
        for (key, count) in self.staying_over(id) {
            let counts = if key.position.is_paused { [0, count] } else { [count, 0] };
            self.add_cause(&mut causes, key.holder, key.priority, counts);
        }
        causes
    }

    fn add_cause(
        &self,
        causes: &mut OverdueCauses,
        holder: ScopeId,
        priority: Option<Priority>,
        [running, paused]: [u64; 2],
    ) {
        let all = running + paused;
        let hours = self.catalog.calendar(self.catalog.hours_of(holder));
        causes.unclaimed += if holder == self.catalog.unclaimed() { all } else { 0 };
        causes.closed += if hours.is_open(self.now) { 0 } else { running };
        causes.paused += paused;
        if let Some(priority) = priority {
            causes.by_priority[priority.index()] += all;
        }
    }

    /// The number of waiting tickets that have spent their target.
    fn beyond(&self, id: ObjectiveId, spent: Spent) -> u64 {
        let (owner, objective) = self.catalog.objective(id);
        let level = objective.level_at(self.now);
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let waiting = self.waiting_of(owner, stopwatch_kind);
        waiting
            .map(|(scope, waiting)| {
                let now = self.instant(scope, stopwatch_kind, self.now);
                waiting.beyond(|priority| level.target(priority), spent, now)
            })
            .sum()
    }

    /// The number of tickets that wait and have waited for longer than each of [`AGE_EDGES`], in the kind of
    /// time of the objective's target. The first is the number of all that wait.
    pub fn waiting_longer_than(&self, id: ObjectiveId) -> [u64; AGE_GROUPS] {
        let (owner, objective) = self.catalog.objective(id);
        let basis = objective.level_at(self.now).target(None).basis();
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let mut counts = [0; AGE_GROUPS];
        for (scope, waiting) in self.waiting_of(owner, stopwatch_kind) {
            let now = self.instant(scope, stopwatch_kind, self.now);
            let longer = AGE_EDGES.map(|elapsed| {
                waiting.part_over(&|_, _| true, Target::Fixed { elapsed, basis }, now)
            });
            let all = std::iter::once(waiting.len(&|_, _| true)).chain(longer);
            counts.iter_mut().zip(all).for_each(|(count, more)| *count += more);
        }
        counts
    }

    /// Whether a waiting stopwatch is over a target; `now` is by the calendar of its holder.
    pub(super) fn is_over(&self, wait: WaitJudged, target: Target, now: Instant) -> bool {
        let WaitJudged { stopwatch_kind, holder, started, position } = wait;
        let allowance = self.catalog.allowance(target, stopwatch_kind, holder, started);
        position.elapsed(now.at, now.opened).of(target.basis()) > allowance
    }

    fn sticky_of(&self, id: ObjectiveId) -> impl Iterator<Item = (&StickyKey, &u64)> {
        let first = StickyKey {
            objective: id,
            holder: ScopeId::FIRST,
            priority: None,
            started: Timestamp::from_ms(i64::MIN),
            position: StopwatchPosition::LEAST,
        };
        self.sticky_overdue.range(first..).take_while(move |(key, _)| key.objective == id)
    }

    /// The first instant after `now` at which an objective's verdicts can change without an event: a ticket
    /// exceeds its target, one leaves a window, another level comes into force, or a window no longer begins
    /// before the known history. `None` if never.
    pub fn changes_at(&self, id: ObjectiveId) -> Option<Timestamp> {
        let (owner, objective) = self.catalog.objective(id);
        let stopwatch_kind = self.catalog.stopwatch_kind_of(id);
        let level = objective.level_at(self.now);
        let market = objective.market.as_ref().map(|market| market.within);
        let overdue = self.waiting_of(owner, stopwatch_kind).flat_map(|(scope, waiting)| {
            let now = self.instant(scope, stopwatch_kind, self.now);
            let own = waiting.next_over(|priority| level.target(priority), now);
            let markets = market.into_iter().flat_map(move |m| waiting.next_over(move |_| m, now));
            own.chain(markets).filter_map(move |(basis, limit)| {
                self.over_from(scope, stopwatch_kind, basis, limit)
            })
        });
        let series = self.series(owner, stopwatch_kind);
        let sums = objective
            .alert_windows(self.now)
            .filter_map(|length| series.and_then(|series| series.ring().sum(length)));
        let moves = sums.filter(|sum| !sum.tally.is_empty()).map(WindowSum::leaves_at);
        let levels = objective
            .previous_levels
            .iter()
            .map(|previous| previous.until)
            .filter(|until| *until > self.now);
        let known = self.history_from.into_iter().flat_map(|history| {
            let windows = objective.alert_windows(self.now);
            windows.map(move |length| begins_from(history, length))
        });
        let known = known.filter(|at| *at > self.now);
        overdue.chain(moves).chain(levels).chain(known).min()
    }

    /// The first instant from the view's on at which a stopwatch that waits is over the target of an
    /// objective, or over its market's, if nothing else happens; `None` if never.
    pub(crate) fn counts_over_from(&self, id: ObjectiveId, running: &Running) -> Option<Timestamp> {
        let (_, objective) = self.catalog.objective(id);
        if running.over.contains(&id) {
            return Some(self.now);
        }
        let Running { stopwatch_kind, scope, priority, started, position, .. } = *running;
        let now = self.instant(scope, stopwatch_kind, self.now);
        let over_from = |target: Target| {
            let allowance = self.catalog.allowance(target, stopwatch_kind, scope, started);
            if position.elapsed(now.at, now.opened).of(target.basis()) > allowance {
                return Some(self.now);
            }
            if position.is_paused {
                return None;
            }
            let limit = position.of(target.basis()).saturating_add(allowance.ms());
            self.over_from(scope, stopwatch_kind, target.basis(), limit)
        };
        let own = over_from(objective.level_at(self.now).target(priority));
        let market = objective.market.as_ref().and_then(|market| over_from(market.within));
        own.into_iter().chain(market).min()
    }

    /// The first instant at which a running stopwatch is over a target that it reaches at `limit`, in that
    /// kind of time; `None` if never.
    fn over_from(
        &self,
        scope: ScopeId,
        stopwatch_kind: StopwatchKindId,
        basis: Basis,
        limit: i64,
    ) -> Option<Timestamp> {
        let first = limit.saturating_add(1);
        match basis {
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
    unanswered: u64,
    over: OverCounts,
}

impl EndedCounts {
    /// The tickets that a share is judged by, with those waiting over target.
    fn share_tally(self, waiting_over: u64) -> Tally {
        Tally {
            decided: self.answered + self.over.given_up + waiting_over,
            missed: self.over.answered + self.over.given_up + waiting_over,
            spam_over_target: self.over.spam,
            answered: self.answered,
            unanswered: self.unanswered,
        }
    }
}

/// A waiting stopwatch that is compared with a target.
#[derive(Clone, Copy)]
pub(super) struct WaitJudged {
    pub(super) stopwatch_kind: StopwatchKindId,
    pub(super) holder: ScopeId,
    pub(super) started: Timestamp,
    pub(super) position: StopwatchPosition,
}

impl WaitJudged {
    pub(super) fn of(running: &Running) -> Self {
        Self {
            stopwatch_kind: running.stopwatch_kind,
            holder: running.scope,
            started: running.started,
            position: running.position,
        }
    }
}
