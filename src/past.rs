//! The past of every objective: its tally at each whole hour, as a sum over tickets.
//!
//! ```text
//! timeline ─► changes, hour by hour ─► spans of hours ─┬─► HourlyTallies ─► points, with verdicts
//! evicted timeline ────────────────────────────────────┴─► EvictedPast ──────┘ (kept in checkpoints)
//! ```
//!
//! # Design
//! A tally at a past hour counts tickets one by one, so it is a sum of what each ticket adds. A ticket adds
//! one to a few ranges of hours: an answer counts from its hour on until it leaves the window, a wait counts
//! while it is over target. So the past follows from timelines, in any order and from any partition, and an
//! event that comes late corrects it. Only differences between hours are stored, two numbers for each range.
//!
//! Nothing is recorded while time passes: a record made then would not know what came late, and hours in
//! which no process ran would be missing. What evicted tickets add is summed up when they are evicted.
//!
//! This is not done with a view of all windows for each hour, as there are thousands of hours.
//!
//! | file | it holds |
//! |---|---|
//! | `hour` | whole hours |
//! | `contribution` | what one ticket adds to the tallies |
//! | `evicted` | the sums of evicted tickets |
//! | `trend` | whether an objective is getting better or worse |
//! | `tried` | the same with other targets than those agreed on |
//! | this one | the sums of all tickets, and the verdicts on them |

use std::sync::Arc;

use crate::agreement::{Completeness, Tally, VerdictState};
use crate::catalog::{Catalog, ObjectiveId};
use crate::ticket::{DerivationContext, Timeline};
use crate::time::{DAY_MS, Elapsed, Timestamp};
use crate::window::from_of;

mod contribution;
mod evicted;
mod hour;
mod trend;
mod tried;

pub use evicted::{EvictedImage, EvictedPast, HourChange};
pub use hour::Hour;
pub use trend::Trend;
pub use tried::{
    TRIED_FOR, TRIED_OBJECTIVES_MAX, TriedCatalog, TriedPast, TriedTarget, usual_targets,
};

pub(crate) use contribution::Contributions;

/// How long the past of an objective is kept, in addition to the longest window.
pub const PAST_FOR: Elapsed = Elapsed::from_ms(90 * DAY_MS);

/// Changes of a tally from one hour to the next, or a tally itself. The fields are those of
/// [`crate::agreement::Tally`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourCounts {
    /// Decided tickets.
    pub decided: i32,
    /// Those over target.
    pub missed: i32,
    /// Answered in the window.
    pub answered: i32,
    /// Ended unanswered in the window.
    pub unanswered: i32,
    /// Over target when they were marked as spam.
    pub spam_over_target: i32,
}

impl HourCounts {
    /// Adds another `by` times.
    fn add(&mut self, other: Self, by: i32) {
        let Self { decided, missed, answered, unanswered, spam_over_target } = other;
        self.decided += decided * by;
        self.missed += missed * by;
        self.answered += answered * by;
        self.unanswered += unanswered * by;
        self.spam_over_target += spam_over_target * by;
    }

    /// Half of each count, rounded towards zero.
    fn half(self) -> Self {
        let Self { decided, missed, answered, unanswered, spam_over_target } = self;
        Self {
            decided: decided / 2,
            missed: missed / 2,
            answered: answered / 2,
            unanswered: unanswered / 2,
            spam_over_target: spam_over_target / 2,
        }
    }

    fn tally(self) -> Tally {
        let count = |count: i32| u64::try_from(count).unwrap_or(0);
        Tally {
            decided: count(self.decided),
            missed: count(self.missed),
            answered: count(self.answered),
            unanswered: count(self.unanswered),
            spam_over_target: count(self.spam_over_target),
        }
    }
}

/// Receives what tickets add to tallies.
pub(crate) trait TallyChanges {
    /// From this hour on, the tally of an objective differs by these counts from what it would be.
    fn change_from(&mut self, objective: ObjectiveId, hour: Hour, counts: HourCounts);

    /// A wait that an objective judges began (`arrived`), or was answered, within this hour.
    fn count_in(&mut self, objective: ObjectiveId, hour: Hour, flow: HourFlow);
}

/// What happened within one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourFlow {
    /// The number of waits that began.
    pub arrived: i32,
    /// The number of waits that were answered.
    pub answered: i32,
}

/// An objective's tally at one hour, and the verdict on it by the level in force then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastPoint {
    /// The number of decided tickets.
    pub decided: u32,
    /// Those over target.
    pub missed: u32,
    /// The verdict.
    pub state: VerdictState,
    /// The waits that began in the hour before.
    pub arrived: u16,
    /// The waits that were answered in the hour before.
    pub answered: u16,
}

/// The tallies of all objectives at each hour of the past, while tickets are added.
///
/// Use: add every partition once (`Checkpoint::add_to_past`), then read [`HourlyTallies::into_past`].
#[derive(Debug)]
pub struct HourlyTallies {
    catalog: Arc<Catalog>,
    first: Hour,
    last: Hour,
    /// By objective: differences from one hour to the next. Those before `first` are in the first.
    changes: Vec<Vec<HourCounts>>,
    /// By objective.
    flows: Vec<Vec<HourFlow>>,
    /// The start of the known history; `None` if all of it is known.
    known_from: Option<Timestamp>,
    /// Whether evicted tickets were counted by this catalog.
    has_evicted: bool,
}

/// The past of all objectives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The hour of the first point of each objective.
    pub first: Hour,
    /// The hour of the last point of each objective.
    pub last: Hour,
    /// By objective, in the order of the catalog: one point for each hour from `first` to `last`.
    pub points: Vec<Vec<PastPoint>>,
}

impl HourlyTallies {
    /// No ticket yet. The hours are those up to `now` for which the past is kept.
    pub fn new(catalog: Arc<Catalog>, now: Timestamp) -> Self {
        let longest = catalog.windows().last().copied().unwrap_or(Elapsed::ZERO);
        Self::from_hour(catalog, Hour::from(now.minus(longest).minus(PAST_FOR)), now)
    }

    /// The same from a first hour on.
    fn from_hour(catalog: Arc<Catalog>, first: Hour, now: Timestamp) -> Self {
        let last = Hour::until(now);
        let hours = last.since(first).map_or(0, |hours| hours + 1);
        let objectives = catalog.objectives().count();
        Self {
            catalog,
            first,
            last,
            changes: vec![vec![HourCounts::default(); hours]; objectives],
            flows: vec![vec![HourFlow::default(); hours]; objectives],
            known_from: None,
            has_evicted: true,
        }
    }

    /// The catalog by which tickets are counted.
    pub(crate) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Notes that the history before an instant is not known. Verdicts whose windows begin before it have
    /// insufficient data.
    pub fn known_from(&mut self, from: Option<Timestamp>) {
        self.known_from = self.known_from.max(from);
    }

    /// Adds a ticket of which nothing is derived yet.
    pub(crate) fn add(&mut self, timeline: &mut Timeline, context: DerivationContext<'_>) {
        let last = self.last;
        Contributions::of(context.catalog, self).derive(timeline, last, context);
    }

    /// Adds what evicted tickets have left. The latest event of them was at `evicted_to`.
    pub fn add_evicted(&mut self, evicted: &EvictedPast, evicted_to: Option<Timestamp>) {
        if !self.has_evicted {
            self.known_from(evicted_to);
            return;
        }
        self.known_from(evicted.known_from());
        let catalog = Arc::clone(&self.catalog);
        for (id, owner, objective) in catalog.objectives() {
            let team = catalog.scope_name(owner);
            for change in evicted.changes_of(team, &objective.name) {
                self.change_from(id, change.hour, change.counts);
            }
        }
    }

    /// The past of all objectives. It begins with the first hour that has a ticket.
    pub fn into_past(self) -> Past {
        let Self { catalog, first, last, changes, flows, known_from, .. } = self;
        let used = |all: &Vec<HourCounts>| all.iter().position(|one| *one != HourCounts::default());
        let start = changes.iter().filter_map(used).min().unwrap_or(0);
        let first = first.plus(start);
        let points = catalog.objectives().zip(changes.into_iter().zip(flows));
        let points = points.map(|((id, _, _), (changes, flows))| {
            let mut sum = HourCounts::default();
            let mut hours = (0..).map(|index| first.plus(index));
            let mut point = |change: &HourCounts, flow: &HourFlow| {
                sum.add(*change, 1);
                let at = hours.next().unwrap_or(last).start();
                point_at(&catalog, id, sum, *flow, at, known_from)
            };
            // Nothing is before `start`, so the sum begins there.
            let both = changes.iter().zip(&flows).skip(start);
            both.map(|(change, flow)| point(change, flow)).collect()
        });
        Past { first, last, points: points.collect() }
    }

    fn index(&self, hour: Hour) -> usize {
        hour.since(self.first).unwrap_or(0)
    }
}

fn point_at(
    catalog: &Catalog,
    id: ObjectiveId,
    sum: HourCounts,
    flow: HourFlow,
    at: Timestamp,
    known_from: Option<Timestamp>,
) -> PastPoint {
    let (_, objective) = catalog.objective(id);
    let tally = sum.tally();
    let from = from_of(at, objective.over_at(at));
    let is_whole = known_from.is_none_or(|known| from >= known);
    let completeness = if is_whole { Completeness::Whole } else { Completeness::InPart };
    let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let flow_count = |count: i32| u16::try_from(count.max(0)).unwrap_or(u16::MAX);
    PastPoint {
        decided: count(tally.decided),
        missed: count(tally.missed),
        state: objective.judge(tally, completeness, at),
        arrived: flow_count(flow.arrived),
        answered: flow_count(flow.answered),
    }
}

impl TallyChanges for HourlyTallies {
    fn change_from(&mut self, objective: ObjectiveId, hour: Hour, counts: HourCounts) {
        let index = self.index(hour);
        if let Some(change) =
            self.changes.get_mut(objective.index()).and_then(|all| all.get_mut(index))
        {
            change.add(counts, 1);
        }
    }

    fn count_in(&mut self, objective: ObjectiveId, hour: Hour, flow: HourFlow) {
        let Some(index) = hour.since(self.first) else { return };
        if let Some(sum) = self.flows.get_mut(objective.index()).and_then(|all| all.get_mut(index))
        {
            sum.arrived += flow.arrived;
            sum.answered += flow.answered;
        }
    }
}

impl Past {
    /// The points of an objective with their hours, in order of time.
    pub fn points_of(&self, id: ObjectiveId) -> impl DoubleEndedIterator<Item = (Hour, PastPoint)> {
        let points = self.points.get(id.index()).map_or(&[][..], Vec::as_slice);
        points.iter().enumerate().map(|(index, point)| (self.first.plus(index), *point))
    }

    /// The point of an objective at an hour; `None` outside the known hours.
    pub fn point(&self, id: ObjectiveId, hour: Hour) -> Option<PastPoint> {
        self.points.get(id.index())?.get(hour.since(self.first)?).copied()
    }

    /// The first hour since which an objective has the verdict that it has at the last hour; `None` if it has
    /// had it since before the first hour.
    pub fn unchanged_since(&self, id: ObjectiveId) -> Option<Hour> {
        let last = self.point(id, self.last)?.state;
        let (before, _) = self.points_of(id).rev().find(|(_, point)| point.state != last)?;
        Some(before.plus(1))
    }

    /// The point that the trend of an objective compares with the last one; `None` if there is none.
    pub fn compared_point(&self, id: ObjectiveId, catalog: &Catalog) -> Option<(Hour, PastPoint)> {
        let at = self.last.start();
        let over = catalog.objective(id).1.over_at(at);
        let hour = Hour::until(at.minus(Trend::compared_with(over)));
        Some((hour, self.point(id, hour)?))
    }

    /// Where an objective is going, by the level and the window of its last point; `None` where that is not
    /// known.
    pub fn trend(&self, id: ObjectiveId, catalog: &Catalog) -> Option<Trend> {
        let (_, before) = self.compared_point(id, catalog)?;
        let level = catalog.objective(id).1.level_at(self.last.start());
        Trend::between(before, self.point(id, self.last)?, level)
    }

    /// Its approximate memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.points.iter().map(|points| points.capacity() * size_of::<PastPoint>()).sum()
    }
}
