//! Sparse counts by bucket.
//!
//! # Design
//! An entry is one `u32`: 11 bits of bucket, 21 bits of count. A larger count continues in the next entry of
//! the same bucket. No real pane needs that, a window's sum may. Four bytes an entry instead of eight matter
//! because the panes of small teams hold one sample an entry, and there are millions of them.
//!
//! This is our own code because a window subtracts the panes that leave it: general sketches only merge.

use super::bucket::Bucket;

const COUNT_BITS: u32 = 21;
const COUNT_MAX: u32 = (1 << COUNT_BITS) - 1;

/// The number of samples in each bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    entries: Vec<u32>,
}

impl Histogram {
    /// An empty histogram.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Adds `by` samples to a bucket, or removes them where `by` is negative.
    pub fn add(&mut self, bucket: Bucket, by: i64) {
        if by >= 0 {
            self.put(bucket, by.unsigned_abs());
        } else {
            self.take(bucket, by.unsigned_abs());
        }
    }

    /// Adds another histogram where `sign` is 1, and subtracts it where `sign` is −1.
    pub fn merge(&mut self, other: &Self, sign: i64) {
        for &entry in &other.entries {
            let (bucket, count) = split(entry);
            self.add(bucket, sign * i64::from(count));
        }
    }

    /// The buckets in use with their counts, ascending. A bucket may appear more than once in a row.
    pub fn counts(&self) -> impl DoubleEndedIterator<Item = (Bucket, u64)> {
        self.entries.iter().map(|&entry| {
            let (bucket, count) = split(entry);
            (bucket, u64::from(count))
        })
    }

    /// The buckets in use above `bucket`, with their counts.
    pub fn counts_above(&self, bucket: Bucket) -> impl Iterator<Item = (Bucket, u64)> {
        self.counts().rev().take_while(move |(above, _)| *above > bucket)
    }

    /// The number of samples.
    pub fn total(&self) -> u64 {
        self.counts().map(|(_, count)| count).sum()
    }

    /// The highest bucket in use; `None` without samples.
    pub fn highest(&self) -> Option<Bucket> {
        self.counts().next_back().map(|(bucket, _)| bucket)
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bucket at a quantile in per mille, by nearest rank; `None` without samples.
    pub fn quantile(&self, per_mille: u64) -> Option<Bucket> {
        let rank = (self.total() * per_mille).div_ceil(1_000).max(1);
        let mut below = 0;
        self.counts().find_map(|(bucket, count)| {
            below += count;
            (below >= rank).then_some(bucket)
        })
    }

    fn put(&mut self, bucket: Bucket, mut count: u64) {
        while count > 0 {
            let after = self.after(bucket);
            let last = after.checked_sub(1).and_then(|index| self.entries.get_mut(index));
            match last.map(|entry| (split(*entry), entry)) {
                Some(((same, held), entry)) if same == bucket && held < COUNT_MAX => {
                    let fits = count.min(u64::from(COUNT_MAX - held));
                    *entry += u32::try_from(fits).unwrap_or(0);
                    count -= fits;
                }
                _ => {
                    if self.entries.len() == self.entries.capacity() {
                        // Doubling would waste up to half the memory of many small panes.
                        self.entries.reserve_exact(1 + self.entries.len() / 4);
                    }
                    self.entries.insert(after, joined(bucket, 0));
                }
            }
        }
    }

    fn take(&mut self, bucket: Bucket, mut count: u64) {
        while count > 0 {
            let index = self.after(bucket).wrapping_sub(1);
            let Some((same, held)) = self.entries.get(index).map(|&entry| split(entry)) else {
                break;
            };
            if same != bucket {
                break;
            }
            let taken = count.min(u64::from(held));
            count -= taken;
            if taken == u64::from(held) {
                self.entries.remove(index);
            } else {
                self.entries[index] -= u32::try_from(taken).unwrap_or(0);
            }
        }
        debug_assert!(count == 0, "removing a sample that was never added");
    }

    /// The index after the last entry of a bucket.
    fn after(&self, bucket: Bucket) -> usize {
        self.entries.partition_point(|&entry| split(entry).0 <= bucket)
    }
}

fn split(entry: u32) -> (Bucket, u32) {
    (Bucket::at((entry >> COUNT_BITS) as usize), entry & COUNT_MAX)
}

fn joined(bucket: Bucket, count: u32) -> u32 {
    (u32::try_from(bucket.index()).unwrap_or(0) << COUNT_BITS) | count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(crate::proptest_cases(256))]

        #[test]
        fn adding_and_taking_equal_a_map_of_counts(
            steps in proptest::collection::vec((0_usize..Bucket::COUNT, 1_i64..5_000_000), 1..40),
            keep in proptest::collection::vec(any::<bool>(), 40),
        ) {
            let mut histogram = Histogram::default();
            let mut map = BTreeMap::new();
            for &(bucket, count) in &steps {
                histogram.add(Bucket::at(bucket), count);
                *map.entry(bucket).or_insert(0_i64) += count;
            }
            for (&(bucket, count), _) in steps.iter().zip(&keep).filter(|(_, keep)| !**keep) {
                histogram.add(Bucket::at(bucket), -count);
                *map.entry(bucket).or_insert(0_i64) -= count;
            }
            map.retain(|_, count| *count > 0);
            let mut counts = BTreeMap::new();
            for (bucket, count) in histogram.counts() {
                *counts.entry(bucket.index()).or_insert(0_i64) += i64::try_from(count).unwrap();
            }
            prop_assert_eq!(&counts, &map);
            prop_assert_eq!(histogram.highest().map(Bucket::index), map.keys().next_back().copied());
            let total: i64 = map.values().sum();
            for per_mille in [500_i64, 900, 950, 990] {
                let rank = (total * per_mille + 999) / 1_000;
                let mut below = 0;
                let expected = map.iter().find(|(_, count)| {
                    below += **count;
                    below >= rank
                });
                let quantile = histogram.quantile(u64::try_from(per_mille).unwrap());
                prop_assert_eq!(quantile.map(Bucket::index), expected.map(|(bucket, _)| *bucket));
            }
        }
    }
}
