//! A seeded random number generator, so that a failure can be repeated.

/// A xorshift generator. Its sequences never change: logs in the repository and recorded failures
/// depend on them.
pub(crate) struct Random(u64);

impl Random {
    /// A generator with a seed. Seeds near each other give unrelated sequences.
    pub(crate) fn new(seed: u64) -> Self {
        Self::from_state(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A generator with this internal state. Its lowest bit is set, because zero would stay zero.
    pub(crate) fn from_state(state: u64) -> Self {
        Self(state | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 up to, not including, `bound`.
    pub(crate) fn below(&mut self, bound: i64) -> i64 {
        i64::try_from(self.next() >> 2).unwrap_or(0) % bound.max(1)
    }

    /// An index from 0 up to, not including, `length`.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap_or(0) % length
    }

    /// Puts items into a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.index(index + 1));
        }
    }

    /// A number between 0 and 1, both excluded.
    pub(crate) fn uniform(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "32 bits fit")]
        let high = (self.next() >> 32) as f64;
        (high + 0.5) / 4_294_967_296.0
    }

    /// A number of the standard normal distribution, by the method of Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}
