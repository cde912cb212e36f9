//! Running stopwatches by effective start: ages, misses and the oldest at any `now`, touching no ticket.

use crate::event::Priority;
use crate::time::{Elapsed, Timestamp};

/// Starts in one chunk at most; a full chunk splits.
const CHUNK_MAX: usize = 512;

/// A multiset of instants, sorted, that answers how many lie before another.
///
/// # Design
/// Chunks of sorted instants: one insertion moves at most 4 kB however many wait, and a rank looks at one
/// number a chunk. A balanced tree with counts would be faster for millions and three times as large.
#[derive(Clone, Debug, Default)]
pub struct WaitingSet {
    chunks: Vec<Vec<Timestamp>>,
    len: u64,
}

impl WaitingSet {
    /// Puts one in, or takes one out where `by` is negative.
    pub fn add(&mut self, start: Timestamp, by: i64) {
        for _ in 0..by.unsigned_abs() {
            if by > 0 {
                self.insert(start);
            } else {
                self.remove(start);
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The earliest.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.chunks.first().and_then(|chunk| chunk.first()).copied()
    }

    /// The earliest at or after `at`.
    pub fn first_from(&self, at: Timestamp) -> Option<Timestamp> {
        let whole =
            self.chunks.partition_point(|chunk| chunk.last().is_some_and(|&last| last < at));
        let chunk = self.chunks.get(whole)?;
        chunk.get(chunk.partition_point(|&start| start < at)).copied()
    }

    /// How many lie before `at`.
    pub fn before(&self, at: Timestamp) -> u64 {
        let whole =
            self.chunks.partition_point(|chunk| chunk.last().is_some_and(|&last| last < at));
        let in_part =
            self.chunks.get(whole).map_or(0, |chunk| chunk.partition_point(|&start| start < at));
        let wholes: usize = self.chunks.iter().take(whole).map(Vec::len).sum();
        (wholes + in_part) as u64
    }

    /// All, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Timestamp> {
        self.chunks.iter().flatten().copied()
    }

    /// The chunk that `start` is in or belongs into.
    fn chunk_of(&self, start: Timestamp) -> usize {
        let after =
            self.chunks.partition_point(|chunk| chunk.last().is_some_and(|&last| last < start));
        after.min(self.chunks.len().saturating_sub(1))
    }

    fn insert(&mut self, start: Timestamp) {
        self.len += 1;
        let index = self.chunk_of(start);
        let Some(chunk) = self.chunks.get_mut(index) else {
            self.chunks.push(vec![start]);
            return;
        };
        let at = chunk.partition_point(|&other| other < start);
        chunk.insert(at, start);
        if chunk.len() >= CHUNK_MAX {
            // New stopwatches come last: a split at the end leaves full chunks behind.
            let keep = if at + 1 == chunk.len() { CHUNK_MAX - 1 } else { CHUNK_MAX / 2 };
            let rest = chunk.split_off(keep);
            chunk.shrink_to_fit();
            self.chunks.insert(index + 1, rest);
        }
    }

    fn remove(&mut self, start: Timestamp) {
        let index = self.chunk_of(start);
        let Some(chunk) = self.chunks.get_mut(index) else {
            return;
        };
        let Ok(at) = chunk.binary_search(&start) else {
            debug_assert!(false, "taking back what was never there");
            return;
        };
        chunk.remove(at);
        self.len -= 1;
        if chunk.is_empty() {
            self.chunks.remove(index);
        }
    }
}

/// Those who wait for one team and measure, by priority, since targets may differ by it.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    /// Without a priority, then by [`Priority::ALL`].
    sets: [WaitingSet; Priority::ALL.len() + 1],
}

impl Waiting {
    /// The place of a priority in [`Waiting::sets`].
    fn index(priority: Option<Priority>) -> usize {
        priority.map_or(0, |priority| priority.index() + 1)
    }

    /// Puts one in, or takes one out where `by` is negative.
    pub fn add(&mut self, priority: Option<Priority>, start: Timestamp, by: i64) {
        self.sets[Self::index(priority)].add(start, by);
    }

    /// Those of each priority.
    pub fn sets(&self) -> impl Iterator<Item = (Option<Priority>, &WaitingSet)> {
        let priorities = std::iter::once(None).chain(Priority::ALL.into_iter().map(Some));
        priorities.zip(&self.sets)
    }

    /// How many wait.
    pub fn len(&self) -> u64 {
        self.sets.iter().map(WaitingSet::len).sum()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Since when the longest waits.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.sets.iter().filter_map(WaitingSet::oldest).min()
    }

    /// How many wait longer than a target that may differ by priority.
    pub fn over(&self, target: impl Fn(Option<Priority>) -> Elapsed, now: Timestamp) -> u64 {
        self.sets().map(|(priority, set)| set.before(now.minus(target(priority)))).sum()
    }

    /// All starts, each priority's ascending.
    pub fn starts(&self) -> impl Iterator<Item = Timestamp> {
        self.sets.iter().flat_map(WaitingSet::iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(crate::proptest_cases(64))]

        #[test]
        fn ranks_equal_those_of_a_sorted_list(
            steps in proptest::collection::vec((0_i64..5_000, any::<bool>()), 1..4_000),
            asked in 0_i64..5_000,
        ) {
            let mut set = WaitingSet::default();
            let mut list = Vec::new();
            for (ms, insert) in steps {
                let start = Timestamp::from_ms(ms);
                if insert || list.is_empty() {
                    set.add(start, 1);
                    list.push(start);
                } else {
                    let gone = list.swap_remove(usize::try_from(ms).unwrap() % list.len());
                    set.add(gone, -1);
                }
            }
            list.sort_unstable();
            let asked = Timestamp::from_ms(asked);
            prop_assert_eq!(set.before(asked), list.iter().filter(|&&s| s < asked).count() as u64);
            prop_assert_eq!(set.first_from(asked), list.iter().find(|&&s| s >= asked).copied());
            prop_assert_eq!(set.oldest(), list.first().copied());
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), list);
        }
    }
}
