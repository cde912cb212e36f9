//! One ring of panes for one team and measure, and its sums over every window.

use std::collections::VecDeque;

use super::bucket::Bucket;
use super::pane::{COARSER, PaneTally, coarse_before, from_of, pane_of};
use crate::agreement::Objective;
use crate::measure::Measure;
use crate::rules::{ObjectiveId, Rules, Slot};
use crate::ticket::{Ended, Ending};
use crate::time::{Elapsed, Timestamp};

/// What a series counts exactly: tickets within each agreed target, and over that of each objective.
///
/// ```text
/// marks: [ answered, by the first target they are within | beyond all ]
///        [ given up, by how many targets they are over: 0, 1, … ]
///        [ answered over target, by objective ][ given up over target, by objective ]
/// ```
#[derive(Clone, Debug, Default)]
pub struct Levels {
    targets: Vec<Elapsed>,
    objectives: Vec<ObjectiveId>,
}

impl Levels {
    /// The levels of a slot's agreement for a measure.
    pub fn of(rules: &Rules, slot: Slot, measure: Measure) -> Self {
        let objectives = rules.judging(slot, measure).to_vec();
        let all = objectives.iter().flat_map(|&id| rules.objective(id).1.targets());
        let mut targets: Vec<Elapsed> = all.collect();
        targets.sort_unstable();
        targets.dedup();
        Self { targets, objectives }
    }

    /// The agreed targets, ascending.
    pub fn targets(&self) -> &[Elapsed] {
        &self.targets
    }

    fn len(&self) -> usize {
        if self.targets.is_empty() {
            0
        } else {
            2 * (self.targets.len() + 1 + self.objectives.len())
        }
    }

    /// How many targets an elapsed time is over.
    fn targets_below(&self, elapsed: Elapsed) -> usize {
        self.targets.partition_point(|&target| target < elapsed)
    }

    /// The marks that an ending leaves.
    fn marks_of(&self, ended: &Ended, rules: &Rules) -> Vec<usize> {
        let mut marks = Vec::new();
        if self.targets.is_empty() {
            return marks;
        }
        let (first, over_first) = match ended.ending {
            Ending::Answered => (0, 0),
            Ending::GivenUp(reason) if reason.is_decided() => {
                (self.targets.len() + 1, self.objectives.len())
            }
            Ending::GivenUp(_) => return marks,
        };
        marks.push(first + self.targets_below(ended.elapsed));
        let objectives_at = 2 * (self.targets.len() + 1) + over_first;
        for (index, id) in self.objectives.iter().enumerate() {
            let (_, objective) = rules.objective(*id);
            if is_over(*id, objective, ended) {
                marks.push(objectives_at + index);
            }
        }
        marks
    }
}

fn is_over(id: ObjectiveId, objective: &Objective, ended: &Ended) -> bool {
    ended.over.contains(&id) || ended.elapsed > objective.target(ended.priority)
}

/// The ring of panes of one slot and measure, with its sums.
#[derive(Debug)]
pub struct Series {
    levels: Levels,
    panes: VecDeque<Pane>,
    sums: Vec<WindowSum>,
    /// The instant that panes have merged for.
    merged_at: Timestamp,
    moves_at: Timestamp,
}

#[derive(Debug)]
struct Pane {
    start: Timestamp,
    tally: PaneTally,
}

/// All of one window.
#[derive(Debug)]
pub struct WindowSum {
    /// Its length.
    pub length: Elapsed,
    /// Its first instant, included.
    pub from: Timestamp,
    /// What ended in it.
    pub tally: PaneTally,
}

impl Series {
    /// An empty series as of `now`.
    pub fn new(levels: Levels, windows: &[Elapsed], now: Timestamp) -> Self {
        let sum = |&length: &Elapsed| WindowSum {
            length,
            from: from_of(now, length),
            tally: PaneTally::default(),
        };
        let sums: Vec<WindowSum> = windows.iter().map(sum).collect();
        let moves_at = moves_after(&sums, now);
        Self { levels, panes: VecDeque::new(), sums, merged_at: now, moves_at }
    }

    /// The first instant at which a window moves or panes may merge: before it, [`Series::advance`] does
    /// nothing.
    pub fn moves_at(&self) -> Timestamp {
        self.moves_at
    }

    /// Counts an ending at or before `now`, `by` times, in the pane of its own time.
    pub fn add(&mut self, ended: &Ended, by: i64, rules: &Rules, now: Timestamp) {
        if self.sums.last().is_none_or(|longest| ended.at < longest.from) {
            return;
        }
        let bucket = Bucket::of(ended.elapsed);
        let marks = self.levels.marks_of(ended, rules);
        let len = self.levels.len();
        let count = |tally: &mut PaneTally| {
            tally.add(ended, bucket, by);
            for &mark in &marks {
                tally.mark(mark, len, by);
            }
        };
        let (start, _) = pane_of(ended.at, now);
        let index = match self.panes.back() {
            Some(last) if last.start == start => self.panes.len() - 1,
            _ => self.panes.partition_point(|pane| pane.start < start),
        };
        if self.panes.get(index).is_none_or(|pane| pane.start != start) {
            self.panes.insert(index, Pane { start, tally: PaneTally::default() });
        }
        count(&mut self.panes[index].tally);
        for sum in self.sums.iter_mut().filter(|sum| ended.at >= sum.from) {
            count(&mut sum.tally);
        }
    }

    /// Moves on to `now`: what left a window leaves its sum, panes that are old enough merge, and those
    /// that no window reaches go.
    pub fn advance(&mut self, now: Timestamp) {
        if now < self.moves_at {
            return;
        }
        for sum in &mut self.sums {
            let from = from_of(now, sum.length);
            if from == sum.from {
                continue;
            }
            let first = self.panes.partition_point(|pane| pane.start < sum.from);
            let leaving = self.panes.range(first..).take_while(|pane| pane.start < from);
            leaving.for_each(|pane| sum.tally.merge(&pane.tally, -1));
            sum.from = from;
        }
        // The coarsest first: what it takes in is none of the finer ones' business.
        let mut taken_in = None;
        for (length, age) in COARSER.into_iter().rev() {
            let (before, after) =
                (coarse_before(self.merged_at, length, age), coarse_before(now, length, age));
            self.merge(taken_in.max(Some(before)).unwrap_or(before), after, length);
            taken_in = taken_in.max(Some(after));
        }
        self.merged_at = now;
        self.moves_at = moves_after(&self.sums, now);
        if let Some(horizon) = self.sums.last().map(|longest| longest.from) {
            while self.panes.front().is_some_and(|pane| pane.start < horizon) {
                self.panes.pop_front();
            }
        }
    }

    /// Merges the panes that begin from `from` on and before `to` into panes of that length.
    fn merge(&mut self, from: Timestamp, to: Timestamp, length: Elapsed) {
        if from >= to {
            return;
        }
        let first = self.panes.partition_point(|pane| pane.start < from);
        let last = self.panes.partition_point(|pane| pane.start < to);
        if first >= last {
            return;
        }
        let mut merged: Vec<Pane> = Vec::new();
        for pane in self.panes.drain(first..last).filter(|pane| !pane.tally.is_empty()) {
            let start = pane.start.floor_to(length);
            match merged.last_mut() {
                Some(last) if last.start == start => last.tally.merge(&pane.tally, 1),
                _ => merged.push(Pane { start, tally: pane.tally }),
            }
        }
        for (index, pane) in (first..).zip(merged) {
            self.panes.insert(index, pane);
        }
    }

    /// The sums over its windows, shortest first.
    pub fn sums(&self) -> &[WindowSum] {
        &self.sums
    }

    /// The sum over the window of that length.
    pub fn sum(&self, length: Elapsed) -> Option<&WindowSum> {
        self.sums.iter().find(|sum| sum.length == length)
    }

    /// What ended from `from` on, by panes: the middle of each, and its tally.
    pub fn panes_from(
        &self,
        from: Timestamp,
        now: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, &PaneTally)> {
        let first = self.panes.partition_point(|pane| pane.start < from);
        self.panes.range(first..).map(move |pane| {
            let (start, length) = pane_of(pane.start, now);
            (start.plus(Elapsed::from_ms(length.ms() / 2)), &pane.tally)
        })
    }

    /// What it counts exactly.
    pub fn levels(&self) -> &Levels {
        &self.levels
    }
}

/// The next instant at which one of these windows moves, or panes may merge.
fn moves_after(sums: &[WindowSum], now: Timestamp) -> Timestamp {
    let after = |sum: &WindowSum| sum.from.plus(sum.length).plus(Elapsed::from_ms(1));
    let merges = COARSER
        .into_iter()
        .map(|(length, age)| coarse_before(now, length, age).plus(length).plus(age));
    sums.iter().map(after).chain(merges).min().unwrap_or(now)
}

impl WindowSum {
    /// Answered within the target of that number, exact.
    pub fn answered_within(&self, levels: &Levels, target: usize) -> u64 {
        debug_assert!(target < levels.targets.len());
        self.tally.marks.iter().take(target + 1).map(|&count| u64::from(count)).sum()
    }

    /// Given up over the target of that number, exact.
    pub fn given_up_over(&self, levels: &Levels, target: usize) -> u64 {
        let targets = levels.targets.len();
        let over = self.tally.marks.iter().skip(targets + 1).take(targets + 1).skip(target + 1);
        over.map(|&count| u64::from(count)).sum()
    }

    /// Over the target of that objective, exact: answered, and given up.
    pub fn over_objective(&self, levels: &Levels, id: ObjectiveId) -> (u64, u64) {
        let Some(index) = levels.objectives.iter().position(|&other| other == id) else {
            return (0, 0);
        };
        let at = 2 * (levels.targets.len() + 1) + index;
        let mark = |at: usize| self.tally.marks.get(at).map_or(0, |&count| u64::from(count));
        (mark(at), mark(at + levels.objectives.len()))
    }
}
