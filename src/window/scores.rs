//! Ratings in panes and windows.

use super::ring::PaneContent;

/// The number of ratings and the sum of their scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// The number of ratings.
    pub count: u64,
    /// The sum of their scores, each 1 to 5.
    pub sum: u64,
}

impl Scores {
    /// Counts one score `by` times.
    pub fn add(&mut self, score: u8, by: i64) {
        self.count = self.count.saturating_add_signed(by);
        self.sum = self.sum.saturating_add_signed(i64::from(score) * by);
    }
}

impl PaneContent for Scores {
    fn merge(&mut self, other: &Self, sign: i64) {
        self.count = self.count.saturating_add_signed(sign * other.count.cast_signed());
        self.sum = self.sum.saturating_add_signed(sign * other.sum.cast_signed());
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }
}
