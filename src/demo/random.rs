//! The random generator of the demo.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::{Rng, SeedableRng};

use crate::time::Elapsed;

/// A generator whose values are the same everywhere and in every release.
#[derive(Clone, Debug)]
pub(super) struct Random(Pcg32);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(Pcg32::seed_from_u64(seed))
    }

    /// An independent generator, seeded by this one.
    pub(super) fn child(&mut self) -> Self {
        Self::new(self.0.next_u64())
    }

    /// A number from 0 up to, not including, `bound`.
    pub(super) fn below(&mut self, bound: i64) -> i64 {
        // The high half of a product avoids a division; its bias does not matter here.
        (i64::from(self.0.next_u32()) * bound.clamp(1, 1 << 31)) >> 32
    }

    /// True this often of a thousand times.
    pub(super) fn happens(&mut self, per_mille: i64) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of these values.
    pub(super) fn one_of<T: Copy, const N: usize>(&mut self, of: [T; N]) -> T {
        const { assert!(N > 0) };
        let index = self.below(i64::try_from(N).unwrap_or(1));
        of[usize::try_from(index).unwrap_or(0).min(N - 1)]
    }

    /// A length from `least` up to, not including, `most`.
    pub(super) fn between(&mut self, least: Elapsed, most: Elapsed) -> Elapsed {
        // Seconds first: a bound of 2^31 ms is only 24 days.
        let seconds = self.below(most.less(least).ms() / 1_000);
        Elapsed::from_ms(least.ms() + 1_000 * seconds + self.below(1_000))
    }

    /// A length around `usual`: between a seventh and five times of it.
    pub(super) fn around(&mut self, usual: Elapsed) -> Elapsed {
        let percent = self.one_of([15, 30, 50, 75, 100, 100, 140, 200, 300, 420]);
        let jitter = 80 + self.below(40);
        let fine = self.below(1_000);
        Elapsed::from_ms(usual.ms() / 10_000 * percent * jitter + fine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY_MS;

    #[test]
    fn a_seed_gives_the_same_values_in_every_release() {
        let mut random = Random::new(7);
        let drawn: Vec<i64> = (0..6).map(|_| random.below(1_000)).collect();
        assert_eq!(drawn, [568, 96, 638, 820, 552, 318]);
    }

    #[test]
    fn lengths_lie_within_their_bounds() {
        let mut random = Random::new(1);
        let [least, most] = [Elapsed::from_ms(DAY_MS), Elapsed::from_ms(60 * DAY_MS)];
        for _ in 0..10_000 {
            let drawn = random.between(least, most);
            assert!((least..most).contains(&drawn), "{drawn}");
            let around = random.around(least);
            assert!((least.ms() / 10..5 * least.ms() + 5 * DAY_MS / 10).contains(&around.ms()));
        }
    }
}
