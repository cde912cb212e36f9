//! Whole hours.

use std::fmt;

use crate::time::{Elapsed, HOUR_MS, Timestamp};

/// A whole hour of UTC, as the number of hours since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hour(i32);

impl Hour {
    /// Before all others.
    pub const MIN: Self = Self(i32::MIN);
    /// After all others.
    pub const MAX: Self = Self(i32::MAX);

    /// The hour of that number since 1970.
    pub const fn new(number: i32) -> Self {
        Self(number)
    }

    /// Its number since 1970.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The first whole hour at or after an instant.
    pub fn from(at: Timestamp) -> Self {
        Self::at(at.ceil_to(Elapsed::from_ms(HOUR_MS)))
    }

    /// The last whole hour at or before an instant.
    pub fn until(at: Timestamp) -> Self {
        Self::at(at.floor_to(Elapsed::from_ms(HOUR_MS)))
    }

    fn at(hour: Timestamp) -> Self {
        let number = hour.ms().div_euclid(HOUR_MS);
        Self(i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX }))
    }

    /// Its instant.
    pub fn start(self) -> Timestamp {
        Timestamp::from_ms(i64::from(self.0).saturating_mul(HOUR_MS))
    }

    /// The number of hours since an earlier one; `None` if that is later.
    pub fn since(self, earlier: Self) -> Option<usize> {
        usize::try_from(i64::from(self.0) - i64::from(earlier.0)).ok()
    }

    /// That many hours later.
    #[must_use]
    pub fn plus(self, hours: usize) -> Self {
        Self(self.0.saturating_add(i32::try_from(hours).unwrap_or(i32::MAX)))
    }
}

/// Its instant.
impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.start().fmt(f)
    }
}
