//! One ring of panes, and its sums over every window.

use std::collections::VecDeque;

use super::pane::{COARSER, coarse_before, from_of, pane_of};
use crate::time::{Elapsed, Timestamp};

/// What is counted in panes: it adds up, and can be taken away again, both exactly.
pub trait PaneContent: Default {
    /// Adds all of another, or takes it away where `sign` is negative.
    fn merge(&mut self, other: &Self, sign: i64);
    /// Whether nothing is counted.
    fn is_empty(&self) -> bool;
}

/// A ring of panes, with its sums.
#[derive(Debug)]
pub struct Ring<T> {
    panes: VecDeque<Pane<T>>,
    sums: Vec<WindowSum<T>>,
    /// The instant that panes have merged for.
    merged_at: Timestamp,
    moves_at: Timestamp,
}

#[derive(Debug)]
struct Pane<T> {
    start: Timestamp,
    tally: T,
}

/// All of one window.
#[derive(Debug)]
pub struct WindowSum<T> {
    /// Its length.
    pub length: Elapsed,
    /// Its first instant, included.
    pub from: Timestamp,
    /// What happened in it.
    pub tally: T,
}

impl<T: PaneContent> Ring<T> {
    /// An empty ring as of `now`.
    pub fn new(windows: &[Elapsed], now: Timestamp) -> Self {
        let sum = |&length: &Elapsed| WindowSum {
            length,
            from: from_of(now, length),
            tally: T::default(),
        };
        let sums: Vec<WindowSum<T>> = windows.iter().map(sum).collect();
        let moves_at = moves_after(&sums, now);
        Self { panes: VecDeque::new(), sums, merged_at: now, moves_at }
    }

    /// The first instant at which a window moves or panes may merge: before it, [`Ring::advance`] does
    /// nothing.
    pub fn moves_at(&self) -> Timestamp {
        self.moves_at
    }

    /// Counts what happened at an instant at or before `now`, in the pane of its own time and in every
    /// window that reaches so far back.
    pub fn add(&mut self, at: Timestamp, now: Timestamp, count: impl Fn(&mut T)) {
        if self.sums.last().is_none_or(|longest| at < longest.from) {
            return;
        }
        let (start, _) = pane_of(at, now);
        let index = match self.panes.back() {
            Some(last) if last.start == start => self.panes.len() - 1,
            _ => self.panes.partition_point(|pane| pane.start < start),
        };
        if self.panes.get(index).is_none_or(|pane| pane.start != start) {
            self.panes.insert(index, Pane { start, tally: T::default() });
        }
        count(&mut self.panes[index].tally);
        for sum in self.sums.iter_mut().filter(|sum| at >= sum.from) {
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
        let mut merged: Vec<Pane<T>> = Vec::new();
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
    pub fn sums(&self) -> &[WindowSum<T>] {
        &self.sums
    }

    /// The sum over the window of that length.
    pub fn sum(&self, length: Elapsed) -> Option<&WindowSum<T>> {
        self.sums.iter().find(|sum| sum.length == length)
    }

    /// What happened from `from` on, by panes: the middle of each, and its tally.
    pub fn panes_from(
        &self,
        from: Timestamp,
        now: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, &T)> {
        let first = self.panes.partition_point(|pane| pane.start < from);
        self.panes.range(first..).map(move |pane| {
            let (start, length) = pane_of(pane.start, now);
            (start.plus(Elapsed::from_ms(length.ms() / 2)), &pane.tally)
        })
    }
}

/// The next instant at which one of these windows moves, or panes may merge.
fn moves_after<T>(sums: &[WindowSum<T>], now: Timestamp) -> Timestamp {
    let after = |sum: &WindowSum<T>| sum.from.plus(sum.length).plus(Elapsed::from_ms(1));
    let merges = COARSER
        .into_iter()
        .map(|(length, age)| coarse_before(now, length, age).plus(length).plus(age));
    sums.iter().map(after).chain(merges).min().unwrap_or(now)
}
