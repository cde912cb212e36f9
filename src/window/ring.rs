//! A ring of panes, and its sums over every window.

use std::collections::VecDeque;

use super::pane::{PaneSize, PaneSpan, from_of, leaves_at};
use crate::time::{Elapsed, Timestamp};

/// The number of panes up to which they never merge.
const PANES_FEW: usize = 16;

/// After every instant.
const NEVER: Timestamp = Timestamp::from_ms(i64::MAX);

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
///
/// # Design
/// Adding costs one pane and one sum for each window; advancing costs the panes that leave a window, and
/// nothing while none does: most teams of a large organisation answer less often than windows move. Panes
/// merge when there are a quarter more than after the last merge. A sum does not show whether they have: a
/// window begins where its oldest panes begin, merged or not.
#[derive(Debug)]
pub struct Ring<T> {
    /// Ascending by start.
    panes: VecDeque<Pane<T>>,
    /// Ascending by length.
    sums: Vec<WindowSum<T>>,
    /// The instant that the starts of the windows are of.
    now: Timestamp,
    /// The instant up to which panes have merged.
    merged_at: Timestamp,
    /// The number of panes above which they merge.
    merges_above: usize,
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
    /// What the panes in it count.
    pub tally: T,
    /// The first instant of the window, included.
    from: Timestamp,
    /// The start of the oldest pane that it counts, or an instant before it.
    oldest: Timestamp,
    /// When that pane leaves the window.
    leaves_at: Timestamp,
}

impl<T> WindowSum<T> {
    /// The first instant at which the sum can change without [`Ring::add`].
    pub fn leaves_at(&self) -> Timestamp {
        self.leaves_at
    }

    /// Notes that it counts a pane.
    fn note(&mut self, start: Timestamp) {
        if start < self.oldest {
            self.oldest = start;
            self.leaves_at = leaves_at(start, self.length);
        }
    }
}

impl<T: PaneContent> Ring<T> {
    /// An empty ring as of `now` for window lengths in ascending order.
    pub fn new(windows: &[Elapsed], now: Timestamp) -> Self {
        let sum = |&length: &Elapsed| WindowSum {
            length,
            tally: T::default(),
            from: from_of(now, length),
            oldest: NEVER,
            leaves_at: NEVER,
        };
        Self {
            panes: VecDeque::new(),
            sums: windows.iter().map(sum).collect(),
            now,
            merged_at: now,
            merges_above: PANES_FEW,
            moves_at: NEVER,
        }
    }

    /// The first instant at which a pane leaves a window. Before it, [`Ring::advance`] changes nothing.
    pub fn moves_at(&self) -> Timestamp {
        self.moves_at
    }

    /// Counts something that happened at `at`, which must not be after `now`. It goes into the pane of its
    /// own time, however late it arrives, and into every window that reaches back to it. Anything older than
    /// all windows is ignored.
    pub fn add(&mut self, at: Timestamp, now: Timestamp, count: impl Fn(&mut T)) {
        if self.now < now {
            self.now = now;
            self.sums.iter_mut().for_each(|sum| sum.from = from_of(now, sum.length));
        }
        if self.sums.iter().all(|sum| at < sum.from) {
            return;
        }
        let PaneSpan { start, length } = PaneSpan::of(at, now);
        let index = match self.panes.back() {
            Some(last) if last.start == start => self.panes.len() - 1,
            _ => {
                // What is taken back must be in this pane, not in a finer one that has not merged yet.
                self.merge(start, start.plus(length), length);
                self.panes.partition_point(|pane| pane.start < start)
            }
        };
        let is_new = self.panes.get(index).is_none_or(|pane| pane.start != start);
        if is_new {
            self.panes.insert(index, Pane { start, tally: T::default() });
        }
        count(&mut self.panes[index].tally);
        for sum in self.sums.iter_mut().filter(|sum| at >= sum.from) {
            count(&mut sum.tally);
            sum.note(start);
            self.moves_at = self.moves_at.min(sum.leaves_at);
        }
        if is_new && self.panes.len() > self.merges_above {
            self.merge_aged(now);
        }
    }

    /// Moves on to `now`. Panes that left a window are subtracted from its sum, and panes older than all
    /// windows are dropped. The longest window may begin after a shorter one that has finer panes.
    pub fn advance(&mut self, now: Timestamp) {
        if now < self.moves_at {
            return;
        }
        self.now = now;
        self.moves_at = NEVER;
        for sum in &mut self.sums {
            let from = from_of(now, sum.length);
            if now >= sum.leaves_at {
                let first = self.panes.partition_point(|pane| pane.start < sum.from);
                let leaving = self.panes.range(first..).take_while(|pane| pane.start < from);
                leaving.for_each(|pane| sum.tally.merge(&pane.tally, -1));
                sum.oldest = NEVER;
                sum.leaves_at = NEVER;
                let staying = self.panes.partition_point(|pane| pane.start < from);
                if let Some(pane) = self.panes.get(staying) {
                    sum.note(pane.start);
                }
            }
            sum.from = from;
            self.moves_at = self.moves_at.min(sum.leaves_at);
        }
        if let Some(horizon) = self.sums.iter().map(|sum| sum.from).min() {
            while self.panes.front().is_some_and(|pane| pane.start < horizon) {
                self.panes.pop_front();
            }
        }
    }

    /// Merges the panes that are old enough at `now`.
    fn merge_aged(&mut self, now: Timestamp) {
        // The coarsest size comes first, so that finer sizes skip the panes that it has merged.
        let mut merged_to = None;
        for size in PaneSize::COARSER.into_iter().rev() {
            let before = size.coarse_before(self.merged_at);
            let after = size.coarse_before(now);
            self.merge(merged_to.max(Some(before)).unwrap_or(before), after, size.length);
            merged_to = merged_to.max(Some(after));
        }
        self.merged_at = now;
        self.merges_above = PANES_FEW.max(self.panes.len() + self.panes.len() / 4);
    }

    /// Merges the panes that begin in `[from, to)` into panes of that length.
    fn merge(&mut self, from: Timestamp, to: Timestamp, length: Elapsed) {
        if from >= to {
            return;
        }
        let first = self.panes.partition_point(|pane| pane.start < from);
        let last = self.panes.partition_point(|pane| pane.start < to);
        if self.panes.range(first..last).all(|pane| pane.start == from) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS};

    impl PaneContent for i64 {
        fn merge(&mut self, other: &Self, sign: i64) {
            *self += sign * other;
            assert!(*self >= 0, "taken from a sum that never had it");
        }

        fn is_empty(&self) -> bool {
            *self == 0
        }
    }

    /// What happens: time passes, then something is counted at an instant before, and may be taken back.
    #[derive(Clone, Copy, Debug)]
    struct Step {
        passes_ms: i64,
        ago_ms: i64,
        takes_back: Option<usize>,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let span = || {
            prop_oneof![Just(0), 0..2 * MINUTE_MS, 0..2 * HOUR_MS, 0..2 * DAY_MS, 0..10 * DAY_MS]
        };
        let step = (span(), span(), proptest::option::of(0_usize..100));
        let step =
            step.prop_map(|(passes_ms, ago_ms, takes_back)| Step { passes_ms, ago_ms, takes_back });
        proptest::collection::vec(step, 1..120)
    }

    proptest! {
        #![proptest_config(crate::proptest_cases(512))]

        // Method: each window counts what a filter over all instants finds in it, and its sum does not
        // change before the instant that it names.
        #[test]
        fn windows_count_what_is_in_them(steps in steps()) {
            let windows = ["1h", "2h", "24h", "7d", "8d"].map(|text| Elapsed::parse(text).unwrap());
            let mut now = Timestamp::EVENT_MIN.plus(Elapsed::from_ms(100 * DAY_MS));
            let mut ring: Ring<i64> = Ring::new(&windows, now);
            let mut counted: Vec<Timestamp> = Vec::new();
            for Step { passes_ms, ago_ms, takes_back } in steps {
                now = now.plus(Elapsed::from_ms(passes_ms));
                ring.advance(now);
                let at = now.minus(Elapsed::from_ms(ago_ms));
                ring.add(at, now, |count| *count += 1);
                counted.push(at);
                if let Some(index) = takes_back.filter(|index| *index < counted.len()) {
                    let at = counted.swap_remove(index);
                    ring.add(at, now, |count| count.merge(&1, -1));
                }
                for sum in ring.sums() {
                    let from = from_of(now, sum.length);
                    let inside = counted.iter().filter(|at| **at >= from);
                    prop_assert_eq!(sum.tally, i64::try_from(inside.clone().count()).unwrap());
                    let first_leaves = inside.map(|at| leaves_at(*at, sum.length)).min();
                    prop_assert!(first_leaves.is_none_or(|at| sum.leaves_at() <= at));
                    prop_assert!(sum.leaves_at() > now);
                }
            }
        }
    }
}
