//! A ring of panes, and its sums over every window.

use std::collections::VecDeque;

use super::pane::{PaneSize, PaneSpan, from_of};
use crate::time::{Elapsed, Timestamp};

/// What a pane counts. It adds up and is taken away again, both exactly.
pub trait PaneContent: Default {
    /// Adds all of another where `sign` is 1, and takes it away where `sign` is −1.
    fn merge(&mut self, other: &Self, sign: i64);
    /// Whether nothing is counted.
    fn is_empty(&self) -> bool;
}

/// The same content once for each of a few kinds.
impl<T: PaneContent, const N: usize> PaneContent for [T; N]
where
    Self: Default,
{
    fn merge(&mut self, other: &Self, sign: i64) {
        self.iter_mut().zip(other).for_each(|(ours, theirs)| ours.merge(theirs, sign));
    }

    fn is_empty(&self) -> bool {
        self.iter().all(PaneContent::is_empty)
    }
}

/// Panes up to the longest window, and one sum for each window.
///
/// Use: [`Ring::advance`] to an instant before [`Ring::add`] at or before it. The instant never goes back.
/// Adding costs one pane and one sum for each window; advancing costs the panes that leave a window or
/// merge.
#[derive(Debug)]
pub struct Ring<T> {
    /// Ascending by start.
    panes: VecDeque<Pane<T>>,
    /// Ascending by length.
    sums: Vec<WindowSum<T>>,
    /// The instant up to which panes have merged.
    merged_at: Timestamp,
    moves_at: Timestamp,
}

#[derive(Debug)]
struct Pane<T> {
    start: Timestamp,
    tally: T,
}

/// The sum of all panes in one window.
#[derive(Debug)]
pub struct WindowSum<T> {
    /// The length of the window.
    pub length: Elapsed,
    /// The first instant of the window, included.
    pub from: Timestamp,
    /// What the panes in it count.
    pub tally: T,
}

impl<T: PaneContent> Ring<T> {
    /// An empty ring as of `now` for window lengths in ascending order.
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

    /// The first instant at which a window moves or panes can merge. Before it, [`Ring::advance`] changes
    /// nothing.
    pub fn moves_at(&self) -> Timestamp {
        self.moves_at
    }

    /// Counts something that happened at `at`, which must not be after `now`. It goes into the pane of its
    /// own time, however late it arrives, and into every window that reaches back to it. Anything older than
    /// all windows is ignored.
    pub fn add(&mut self, at: Timestamp, now: Timestamp, count: impl Fn(&mut T)) {
        if self.sums.iter().all(|sum| at < sum.from) {
            return;
        }
        let start = PaneSpan::of(at, now).start;
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

    /// Moves on to `now`. Panes that left a window are subtracted from its sum, panes that are old enough
    /// merge, and panes older than all windows are dropped. The longest window may begin after a shorter one
    /// that has finer panes.
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
        // The coarsest size comes first, so that finer sizes skip the panes that it has merged.
        let mut merged_to = None;
        for size in PaneSize::COARSER.into_iter().rev() {
            let before = size.coarse_before(self.merged_at);
            let after = size.coarse_before(now);
            self.merge(merged_to.max(Some(before)).unwrap_or(before), after, size.length);
            merged_to = merged_to.max(Some(after));
        }
        self.merged_at = now;
        self.moves_at = moves_after(&self.sums, now);
        if let Some(horizon) = self.sums.iter().map(|sum| sum.from).min() {
            while self.panes.front().is_some_and(|pane| pane.start < horizon) {
                self.panes.pop_front();
            }
        }
    }

    /// Merges the panes that begin in `[from, to)` into panes of that length.
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

    /// The sums over all windows, shortest window first.
    pub fn sums(&self) -> &[WindowSum<T>] {
        &self.sums
    }

    /// The sum over the window of that length; `None` if the ring has no such window.
    pub fn sum(&self, length: Elapsed) -> Option<&WindowSum<T>> {
        self.sums.iter().find(|sum| sum.length == length)
    }

    /// The panes from `from` on: the middle of each, and its content.
    pub fn panes_from(
        &self,
        from: Timestamp,
        now: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, &T)> {
        let first = self.panes.partition_point(|pane| pane.start < from);
        let panes = self.panes.range(first..);
        panes.map(move |pane| (PaneSpan::of(pane.start, now).middle(), &pane.tally))
    }
}

/// The first instant after `now` at which one of these windows moves, or panes can merge.
fn moves_after<T>(sums: &[WindowSum<T>], now: Timestamp) -> Timestamp {
    let after = |sum: &WindowSum<T>| sum.from.plus(sum.length).plus(Elapsed::from_ms(1));
    let merges = PaneSize::COARSER.into_iter().map(|size| size.merges_after(now));
    sums.iter().map(after).chain(merges).min().unwrap_or(now)
}
