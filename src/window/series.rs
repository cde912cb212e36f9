//! The response times of one scope and kind of stopwatch: panes, sums, and exact counts.

use smallvec::SmallVec;

use super::ring::{Ring, WindowSum};
use super::tally::{BucketedSample, SeriesTally};
use crate::agreement::{Level, Objective, Target};
use crate::catalog::{Catalog, ChannelId, ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::Basis;
use crate::ticket::{Ended, Ending, GivenUp, WaitLocation};
use crate::time::{Elapsed, Timestamp};

/// The number of groups of targets.
const GROUPS: usize = 3;

/// The group of a target. Two targets of one group compare like the waits that are within them.
fn group_of(target: Target) -> usize {
    match target {
        Target::Fixed { basis, .. } => basis.index(),
        Target::WorkingDays(_) => Basis::ALL.len(),
    }
}

/// What a series counts exactly: tickets within each agreed target, over each objective's target, and over
/// the target of each objective's market.
///
/// ```text
/// marks: for calendar time, open time and working days
///          [ answered, by the first target they are within | beyond all ]
///          [ given up, by how many targets they are over: 0, 1, … ]
///        [ answered over target, by objective ][ given up over target, by objective ]
///        [ answered over market, by objective that has one ][ given up over market, likewise ]
///        [ marked as spam over target, by objective ]
/// ```
#[derive(Clone, Debug, Default)]
pub struct Levels {
    /// By [`group_of`], ascending: a wait within one target of a group is within all that follow.
    targets: [Vec<Target>; GROUPS],
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
        let mut targets: [Vec<Target>; GROUPS] = Default::default();
        for target in objectives.iter().flat_map(all) {
            targets[group_of(target)].push(target);
        }
        for group in &mut targets {
            group.sort_unstable();
            group.dedup();
        }
        if is_part {
            return Self { targets, ..Self::default() };
        }
        let markets = objectives.iter().filter(|id| line(id).market.is_some()).copied().collect();
        Self { targets, objectives: objectives.to_vec(), markets }
    }

    /// The index of the first mark of the answered of a group.
    fn answered_at(&self, group: usize) -> usize {
        let block = |targets: &Vec<Target>| {
            if targets.is_empty() { 0 } else { 2 * (targets.len() + 1) }
        };
        self.targets.iter().take(group).map(block).sum()
    }

    /// The index of the first mark of the given up of a group, which must have targets.
    fn given_up_at(&self, group: usize) -> usize {
        self.answered_at(group) + self.targets[group].len() + 1
    }

    fn objectives_at(&self) -> usize {
        self.answered_at(GROUPS)
    }

    fn markets_at(&self) -> usize {
        self.objectives_at() + 2 * self.objectives.len()
    }

    fn spam_at(&self) -> usize {
        self.markets_at() + 2 * self.markets.len()
    }

    fn len(&self) -> usize {
        if self.targets.iter().all(Vec::is_empty) {
            0
        } else {
            self.spam_at() + self.objectives.len()
        }
    }

    /// The marks that one ending adds to.
    fn marks_of(&self, ended: &Ended, catalog: &Catalog) -> SmallVec<[usize; 8]> {
        let mut marks = SmallVec::new();
        if self.len() == 0 {
            return marks;
        }
        let missed = self.objectives.iter().enumerate().filter(|(_, id)| ended.missed.contains(id));
        let is_given_up = match ended.ending {
            Ending::Answered => false,
            Ending::GivenUp(reason) if reason.is_decided() => true,
            Ending::GivenUp(GivenUp::Spam) => {
                marks.extend(missed.map(|(index, _)| self.spam_at() + index));
                return marks;
            }
            Ending::GivenUp(_) => return marks,
        };
        let half = usize::from(is_given_up);
        for (group, targets) in self.targets.iter().enumerate() {
            if targets.is_empty() {
                continue;
            }
            let first = if is_given_up { self.given_up_at(group) } else { self.answered_at(group) };
            let over = targets.partition_point(|&target| ended.exceeds(target, catalog));
            marks.push(first + over);
        }
        let first = self.objectives_at() + half * self.objectives.len();
        marks.extend(missed.map(|(index, _)| first + index));
        for (index, id) in self.markets.iter().enumerate() {
            let market = catalog.objective(*id).1.market.as_ref();
            if market.is_some_and(|market| ended.exceeds(market.within, catalog)) {
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

/// The windows that an objective's alerts may rest on, by its present level and by former ones.
fn windows_of(objective: &Objective) -> impl Iterator<Item = Elapsed> {
    let last_instants =
        objective.previous_levels.iter().map(|one| one.until.minus(Elapsed::from_ms(1)));
    let instants = last_instants.chain(std::iter::once(Timestamp::EVENT_END));
    instants.flat_map(|at| objective.alert_windows(at))
}

/// The response times of one scope and kind of stopwatch.
#[derive(Debug)]
pub struct Series {
    levels: Levels,
    ring: Ring<SeriesTally>,
    /// Whether open time is counted too.
    has_open: bool,
    /// Whether readings are made of it: they need the distribution of the times, verdicts only counts.
    has_readings: bool,
}

impl Series {
    /// An empty series as of `now`.
    pub fn new(levels: Levels, catalog: &Catalog, now: Timestamp) -> Self {
        let ring = Ring::new(catalog.windows(), now);
        Self { levels, ring, has_open: catalog.has_hours(), has_readings: true }
    }

    /// An empty series as of `now` with the windows that the alerts of its objectives rest on, and without
    /// readings.
    pub fn for_alerts(levels: Levels, catalog: &Catalog, now: Timestamp) -> Self {
        let objectives = levels.objectives.iter().map(|id| catalog.objective(*id).1);
        let mut windows: Vec<Elapsed> = objectives.flat_map(windows_of).collect();
        windows.sort_unstable();
        windows.dedup();
        let ring = Ring::new(&windows, now);
        Self { levels, ring, has_open: catalog.has_hours(), has_readings: false }
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
        let marks = self.levels.marks_of(ended, catalog);
        let len = self.levels.len();
        if !self.has_readings {
            self.ring.add(ended.at, now, |tally| {
                if let Ending::GivenUp(reason) = ended.ending {
                    tally.add_given_up(reason, by);
                }
                for &mark in &marks {
                    tally.mark(mark, len, by);
                }
            });
            return;
        }
        let open = self.has_open.then(|| BucketedSample::new(ended.open));
        let calendar = BucketedSample::new(ended.elapsed);
        let breakdown = ended.breakdown.as_deref();
        let missed: SmallVec<[usize; 4]> = if breakdown.is_some() {
            self.levels.missed_by(ended, catalog).collect()
        } else {
            SmallVec::new()
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

    /// The number of answered. Only of a series with objectives.
    pub fn answered(&self, levels: &Levels) -> u64 {
        let Some(group) = levels.targets.iter().position(|targets| !targets.is_empty()) else {
            return 0;
        };
        (levels.answered_at(group)..levels.given_up_at(group)).map(|at| self.mark(at)).sum()
    }

    /// The exact number answered within an agreed target.
    pub fn answered_within(&self, levels: &Levels, target: Target) -> u64 {
        let group = group_of(target);
        let answered = levels.answered_at(group);
        let within = levels.targets[group].partition_point(|&other| other <= target);
        (answered..answered + within).map(|at| self.mark(at)).sum()
    }

    /// The exact number given up over an agreed target.
    pub fn given_up_over(&self, levels: &Levels, target: Target) -> u64 {
        let group = group_of(target);
        let targets = &levels.targets[group];
        if targets.is_empty() {
            return 0;
        }
        let given_up = levels.given_up_at(group);
        let over = targets.partition_point(|&other| other <= target);
        (given_up + over..=given_up + targets.len()).map(|at| self.mark(at)).sum()
    }

    /// The exact number of endings over the objective's target.
    pub fn over_objective(&self, levels: &Levels, id: ObjectiveId) -> OverCounts {
        let index = levels.objectives.iter().position(|&other| other == id);
        let spam = index.map_or(0, |index| self.mark(levels.spam_at() + index));
        OverCounts { spam, ..self.over(levels.objectives_at(), &levels.objectives, id) }
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
            spam: 0,
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
    /// Given up over the target, by a reason that is decided.
    pub given_up: u64,
    /// Marked as spam over the target; zero for the market's target.
    pub spam: u64,
}

/// One part of the tickets that a reading can be split into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Tickets of this priority, or without one.
    Priority(Option<Priority>),
    /// Tickets of this channel, or of all channels that no split names.
    Channel(ChannelId),
}
