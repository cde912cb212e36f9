//! The response times of one scope and kind of stopwatch: panes, sums, and exact counts.

use super::ring::{Ring, WindowSum};
use super::tally::{BucketedSample, SeriesTally};
use crate::agreement::Level;
use crate::catalog::{Catalog, ChannelId, ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::Basis;
use crate::ticket::{Ended, Ending, WaitLocation};
use crate::time::{Elapsed, Timestamp};

/// What a series counts exactly: tickets within each agreed target, over each objective's target, and over
/// the target of each objective's market.
///
/// ```text
/// marks: for each kind of time
///          [ answered, by the first target they are within | beyond all ]
///          [ given up, by how many targets they are over: 0, 1, … ]
///        [ answered over target, by objective ][ given up over target, by objective ]
///        [ answered over market, by objective that has one ][ given up over market, likewise ]
/// ```
#[derive(Clone, Debug, Default)]
pub struct Levels {
    /// By kind of time, ascending.
    targets: [Vec<Elapsed>; 2],
    objectives: Vec<ObjectiveId>,
    markets: Vec<ObjectiveId>,
}

impl Levels {
    /// The levels of a scope's agreement for a kind of stopwatch. A part of a split counts targets only.
    pub fn of(
        catalog: &Catalog,
        scope: ScopeId,
        stopwatch_kind: StopwatchKindId,
        is_part: bool,
    ) -> Self {
        let objectives = catalog.judging(scope, stopwatch_kind);
        let line = |id: &ObjectiveId| catalog.objective(*id).1;
        let all = |id| line(id).levels().flat_map(Level::targets);
        let targets = Basis::ALL.map(|basis| {
            let of_basis = objectives.iter().flat_map(all).filter(|target| target.basis == basis);
            let mut targets: Vec<Elapsed> = of_basis.map(|target| target.elapsed).collect();
            targets.sort_unstable();
            targets.dedup();
            targets
        });
        if is_part {
            return Self { targets, ..Self::default() };
        }
        let markets = objectives.iter().filter(|id| line(id).market.is_some()).copied().collect();
        Self { targets, objectives: objectives.to_vec(), markets }
    }

    /// The agreed targets in that kind of time, ascending.
    pub fn targets(&self, basis: Basis) -> &[Elapsed] {
        &self.targets[basis.index()]
    }

    /// The index of the first mark of the answered in that kind of time.
    fn answered_at(&self, basis: Basis) -> usize {
        let block = |targets: &Vec<Elapsed>| 2 * (targets.len() + 1);
        self.targets.iter().take(basis.index()).map(block).sum()
    }

    /// The index of the first mark of the given up in that kind of time.
    fn given_up_at(&self, basis: Basis) -> usize {
        self.answered_at(basis) + self.targets(basis).len() + 1
    }

    fn objectives_at(&self) -> usize {
        self.given_up_at(Basis::Open) + self.targets(Basis::Open).len() + 1
    }

    fn markets_at(&self) -> usize {
        self.objectives_at() + 2 * self.objectives.len()
    }

    fn len(&self) -> usize {
        if self.targets.iter().all(Vec::is_empty) {
            0
        } else {
            self.markets_at() + 2 * self.markets.len()
        }
    }

    /// The marks that one ending adds to.
    fn marks_of(&self, ended: &Ended, catalog: &Catalog) -> Vec<usize> {
        let mut marks = Vec::new();
        if self.len() == 0 {
            return marks;
        }
        let is_given_up = match ended.ending {
            Ending::Answered => false,
            Ending::GivenUp(reason) if reason.is_decided() => true,
            Ending::GivenUp(_) => return marks,
        };
        let half = usize::from(is_given_up);
        for basis in Basis::ALL {
            let first = if is_given_up { self.given_up_at(basis) } else { self.answered_at(basis) };
            let elapsed = ended.elapsed_in(basis);
            marks.push(first + self.targets(basis).partition_point(|&target| target < elapsed));
        }
        for (index, id) in self.objectives.iter().enumerate() {
            if ended.missed.contains(id) {
                marks.push(self.objectives_at() + half * self.objectives.len() + index);
            }
        }
        for (index, id) in self.markets.iter().enumerate() {
            let market = catalog.objective(*id).1.market.as_ref();
            if market.is_some_and(|m| ended.elapsed_in(m.within.basis) > m.within.elapsed) {
                marks.push(self.markets_at() + half * self.markets.len() + index);
            }
        }
        marks
    }

    /// The objectives that count an ending as missed. A `none_over` limit counts only the given up.
    fn missed_by(&self, ended: &Ended, catalog: &Catalog) -> impl Iterator<Item = usize> {
        let counts = move |id: &ObjectiveId| {
            let level = catalog.objective(*id).1.level_at(ended.at);
            let is_decided = match ended.ending {
                Ending::Answered => matches!(level, Level::Within { .. }),
                Ending::GivenUp(reason) => reason.is_decided(),
            };
            is_decided && ended.missed.contains(id)
        };
        let all = self.objectives.iter().enumerate();
        all.filter(move |(_, id)| counts(id)).map(|(index, _)| index)
    }
}

/// The response times of one scope and kind of stopwatch.
#[derive(Debug)]
pub struct Series {
    levels: Levels,
    ring: Ring<SeriesTally>,
    /// Whether open time is counted too.
    has_open: bool,
}

impl Series {
    /// An empty series as of `now`.
    pub fn new(levels: Levels, catalog: &Catalog, now: Timestamp) -> Self {
        let ring = Ring::new(catalog.windows(), now);
        Self { levels, ring, has_open: catalog.has_hours() }
    }

    /// Its panes and sums.
    pub fn ring(&self) -> &Ring<SeriesTally> {
        &self.ring
    }

    /// Moves on to `now`.
    pub fn advance(&mut self, now: Timestamp) {
        self.ring.advance(now);
    }

    /// Counts an ending `by` times in the pane of its own time, which must not be after `now`.
    pub fn add(&mut self, ended: &Ended, by: i64, catalog: &Catalog, now: Timestamp) {
        let open = self.has_open.then(|| BucketedSample::new(ended.open));
        let calendar = BucketedSample::new(ended.elapsed);
        let marks = self.levels.marks_of(ended, catalog);
        let len = self.levels.len();
        let breakdown = ended.breakdown.as_deref();
        let missed: Vec<usize> = if breakdown.is_some() {
            self.levels.missed_by(ended, catalog).collect()
        } else {
            Vec::new()
        };
        self.ring.add(ended.at, now, |tally| {
            tally.add(ended.ending, calendar, open, by);
            for &mark in &marks {
                tally.mark(mark, len, by);
            }
            for (&index, breakdown) in missed.iter().zip(breakdown.into_iter().cycle()) {
                tally.add_breakdown(index, breakdown, by);
            }
        });
    }

    /// What it counts exactly.
    pub fn levels(&self) -> &Levels {
        &self.levels
    }
}

impl WindowSum<SeriesTally> {
    fn mark(&self, at: usize) -> u64 {
        self.tally.marks.get(at).map_or(0, |&count| u64::from(count))
    }

    /// The exact number answered within a target of that kind of time.
    pub fn answered_within(&self, levels: &Levels, basis: Basis, target: Elapsed) -> u64 {
        let answered = levels.answered_at(basis);
        let within = levels.targets(basis).partition_point(|&other| other <= target);
        (answered..answered + within).map(|at| self.mark(at)).sum()
    }

    /// The exact number given up over a target of that kind of time.
    pub fn given_up_over(&self, levels: &Levels, basis: Basis, target: Elapsed) -> u64 {
        let given_up = levels.given_up_at(basis);
        let targets = levels.targets(basis);
        let over = targets.partition_point(|&other| other <= target);
        (given_up + over..=given_up + targets.len()).map(|at| self.mark(at)).sum()
    }

    /// The exact number of endings over the objective's target.
    pub fn over_objective(&self, levels: &Levels, id: ObjectiveId) -> OverCounts {
        self.over(levels.objectives_at(), &levels.objectives, id)
    }

    /// The exact number of endings over the market's target; zero where the objective has no market.
    pub fn over_market(&self, levels: &Levels, id: ObjectiveId) -> OverCounts {
        self.over(levels.markets_at(), &levels.markets, id)
    }

    fn over(&self, first: usize, ids: &[ObjectiveId], id: ObjectiveId) -> OverCounts {
        let Some(index) = ids.iter().position(|&other| other == id) else {
            return OverCounts::default();
        };
        OverCounts {
            answered: self.mark(first + index),
            given_up: self.mark(first + ids.len() + index),
        }
    }

    /// Where the ended tickets over the objective's target waited: location and milliseconds.
    pub fn breakdown(
        &self,
        levels: &Levels,
        id: ObjectiveId,
    ) -> impl Iterator<Item = (WaitLocation, i64)> {
        let index = levels.objectives.iter().position(|&other| other == id);
        index.into_iter().flat_map(|index| self.tally.breakdown_of(index))
    }
}

/// Endings over a target in one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverCounts {
    /// Answered over the target.
    pub answered: u64,
    /// Given up over the target.
    pub given_up: u64,
}

/// One part of the tickets that a reading can be split into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Tickets of this priority, or without one.
    Priority(Option<Priority>),
    /// Tickets of this channel, or of all channels that no split names.
    Channel(ChannelId),
}
