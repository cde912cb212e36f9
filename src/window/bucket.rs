//! One integer table of bucket bounds for all windows, instances and versions.
//!
//! # Design
//! The mapping of `DDSketch` (Masson, Rim, Lee, PVLDB 12(12), 2019) with 1 % relative error, but on whole
//! milliseconds and built with integers: a bucket that begins at `lo` has the representative
//! `r = lo + ⌊lo / 100⌋`, at most 1 % above `lo`, and ends at `⌊100 r / 99⌋`, of which `r` is at least
//! 99 %. Up to 99 ms every bucket is one value, so that counts (of contacts) are exact, too. Zero has
//! bucket 0. The same table everywhere makes merging an addition and leaving a subtraction, both exact.

use crate::time::Elapsed;

/// The largest elapsed time there can be, in ms: from 1990 to 2100.
const ELAPSED_MS_MAX: i64 = 4_102_444_800_000 - 631_152_000_000;

/// A bucket: its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket(u16);

const fn upper_of(lo: i64) -> i64 {
    (lo + lo / 100) * 100 / 99
}

const fn count_buckets() -> usize {
    let mut count = 1;
    let mut lo = 1;
    while lo <= ELAPSED_MS_MAX {
        lo = upper_of(lo) + 1;
        count += 1;
    }
    count
}

/// The largest value of each bucket, in ms.
static UPPER_MS: [i64; Bucket::COUNT] = {
    let mut table = [0; Bucket::COUNT];
    let mut index = 1;
    while index < Bucket::COUNT {
        table[index] = upper_of(table[index - 1] + 1);
        index += 1;
    }
    table
};

/// For each number of significant bits, the first bucket whose values can have so many.
static FIRST_BY_BITS: [u16; 65] = {
    let mut table = [0; 65];
    let mut bits = 1;
    while bits < 65 {
        let least = if bits > 62 { i64::MAX } else { 1_i64 << (bits - 1) };
        let mut index = table[bits - 1] as usize;
        while index < Bucket::COUNT - 1 && UPPER_MS[index] < least {
            index += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "there are fewer than 2^11 buckets")]
        {
            table[bits] = index as u16;
        }
        bits += 1;
    }
    table
};

impl Bucket {
    /// How many buckets there are.
    pub const COUNT: usize = count_buckets();

    /// The bucket of zero.
    pub const ZERO: Self = Self(0);

    /// The bucket that `elapsed` falls into; the last for what is longer than any can be.
    pub fn of(elapsed: Elapsed) -> Self {
        let ms = elapsed.ms();
        let bits = (64 - ms.leading_zeros()) as usize;
        let first = usize::from(FIRST_BY_BITS[bits]);
        let last = usize::from(FIRST_BY_BITS[(bits + 1).min(64)]);
        let within = UPPER_MS[first..=last].partition_point(|&upper| upper < ms);
        Self::at((first + within).min(Self::COUNT - 1))
    }

    /// The bucket at a place of the table, which must be below [`Bucket::COUNT`].
    pub fn at(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// Its place in the table.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The value shown for its values: within 1 % of each of them.
    pub fn value(self) -> Elapsed {
        let Some(below) = self.index().checked_sub(1) else {
            return Elapsed::ZERO;
        };
        let lo = UPPER_MS.get(below).copied().unwrap_or(ELAPSED_MS_MAX).saturating_add(1);
        Elapsed::from_ms(lo.saturating_add(lo / 100))
    }

    /// The largest of its values.
    pub fn upper(self) -> Elapsed {
        Elapsed::from_ms(UPPER_MS[self.index().min(Self::COUNT - 1)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(ms: i64) {
        let bucket = Bucket::of(Elapsed::from_ms(ms));
        let shown = bucket.value().ms();
        assert!((shown - ms).abs() * 100 <= ms, "{ms} ms shows as {shown} ms");
        assert!(UPPER_MS[bucket.index()] >= ms);
        assert!(bucket.index() == 0 || UPPER_MS[bucket.index() - 1] < ms);
    }

    #[test]
    fn every_bound_is_within_one_percent_of_what_is_shown() {
        for upper in UPPER_MS {
            check(upper);
            if upper < ELAPSED_MS_MAX {
                check(upper + 1);
            }
        }
        (0..100_000).for_each(check);
    }

    #[test]
    fn the_table_is_this_for_ever() {
        // Checkpoints and other instances count by it.
        assert_eq!(Bucket::COUNT, 1_311);
        assert_eq!(Bucket::of(Elapsed::from_ms(99)).value().ms(), 99);
        assert_eq!(Bucket::of(Elapsed::from_ms(3_600_000)).index(), 621);
        assert_eq!(Bucket::of(Elapsed::from_ms(i64::MAX)).index(), Bucket::COUNT - 1);
    }

    proptest! {
        #![proptest_config(crate::proptest_cases(256))]

        #[test]
        fn any_time_is_within_one_percent_of_what_is_shown(ms in 0..=ELAPSED_MS_MAX) {
            check(ms);
        }
    }
}
