//! The table of bucket bounds, the same for all windows, instances and versions.
//!
//! # Design
//! The mapping of `DDSketch` (Masson, Rim, Lee, PVLDB 12(12), 2019) with 1 % relative error, on whole
//! milliseconds and with integers only. A bucket that begins at `lo` has the representative
//! `r = lo + ⌊lo / 100⌋`, at most 1 % above `lo`. It ends at `⌊100 r / 99⌋`, of which `r` is at least 99 %.
//! Up to 99 every bucket holds one value, so counts (of contacts) are exact too. Zero has bucket 0.
//!
//! The table is our own code rather than a sketch library. Libraries compute bounds with floats and
//! collapse buckets under a size limit, so merging and subtracting them is not exact. With one integer
//! table, merging adds and leaving a window subtracts, and both are exact on every machine.

use crate::time::Elapsed;

/// The largest possible elapsed time in milliseconds: from 1990 to 2100.
const ELAPSED_MS_MAX: i64 = 4_102_444_800_000 - 631_152_000_000;

/// A bucket: its index in the table.
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

/// The largest value of each bucket in milliseconds.
static UPPER_MS: [i64; Bucket::COUNT] = {
    let mut table = [0; Bucket::COUNT];
    let mut index = 1;
    while index < Bucket::COUNT {
        table[index] = upper_of(table[index - 1] + 1);
        index += 1;
    }
    table
};

/// For each number of significant bits, the first bucket whose values can have that many.
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
    /// The number of buckets.
    pub const COUNT: usize = count_buckets();

    /// The bucket of zero.
    pub const ZERO: Self = Self(0);

    /// The bucket that holds `elapsed`; the last one for anything longer than 110 years.
    pub fn of(elapsed: Elapsed) -> Self {
        let ms = elapsed.ms();
        let bits = (64 - ms.leading_zeros()) as usize;
        let first = usize::from(FIRST_BY_BITS[bits]);
        let last = usize::from(FIRST_BY_BITS[(bits + 1).min(64)]);
        let within = UPPER_MS[first..=last].partition_point(|&upper| upper < ms);
        Self::at((first + within).min(Self::COUNT - 1))
    }

    /// The bucket at an index of the table, which must be below [`Bucket::COUNT`].
    pub fn at(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// Its index in the table.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The value that represents the bucket: within 1 % of every value in it.
    pub fn value(self) -> Elapsed {
        let Some(below) = self.index().checked_sub(1) else {
            return Elapsed::ZERO;
        };
        let lo = UPPER_MS.get(below).copied().unwrap_or(ELAPSED_MS_MAX).saturating_add(1);
        Elapsed::from_ms(lo.saturating_add(lo / 100))
    }

    /// The largest value in the bucket.
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
    fn the_table_never_changes() {
        // Other instances and versions count by the same table.
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
