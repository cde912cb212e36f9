//! What a measure yields: a time or a count.
//!
//! # Design
//! Most measures are times; `contacts` is a count. Tickets, windows, targets and checkpoints hold either as
//! one integer without a unit, an [`Elapsed`] in *raw form*: the milliseconds of a time, or a count itself.
//! So the hot path adds and compares without asking for the unit. Only this module knows the raw form.
//! Everything that a person or a program reads is an [`Amount`].
//!
//! ```text
//! `4h`, `2` ──Unit::parse──┐                                            ┌─► JSON, metrics
//!                          ├─► raw form: targets, samples, windows ─────┤   Unit::amount, Unit::mean
//! counted  ──Unit::count───┘                                            └─► Amount: words
//! ```

use std::fmt;

use crate::time::Elapsed;

/// The unit of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A length of time.
    Time,
    /// A number.
    Count,
}

impl Unit {
    /// The raw form of a count.
    pub const fn count(number: i64) -> Elapsed {
        Elapsed::from_ms(number)
    }

    /// Reads an amount as configuration writes it, into its raw form: a duration such as `4h`, or a whole
    /// number of at least 0. `None` for anything else.
    pub fn parse(self, text: &str) -> Option<Elapsed> {
        match self {
            Self::Time => Elapsed::parse(text),
            Self::Count => text.parse().ok().filter(|number| *number >= 0).map(Self::count),
        }
    }

    /// The amount that a raw form stands for.
    pub fn amount(self, raw: Elapsed) -> Amount {
        match self {
            Self::Time => Amount::Time(raw),
            Self::Count => Amount::Count { thousandths: raw.ms().saturating_mul(THOUSAND) },
        }
    }

    /// The mean of `samples` raw forms with this sum, rounded to the nearest thousandth of a second or of
    /// one; `None` without samples.
    pub fn mean(self, sum: i64, samples: u64) -> Option<Amount> {
        let scale = match self {
            Self::Time => 1,
            Self::Count => THOUSAND,
        };
        let (sum, samples) = (i128::from(sum) * i128::from(scale), i128::from(samples));
        let rounded = (2 * sum + samples).checked_div(2 * samples)?;
        let thousandths = i64::try_from(rounded).unwrap_or(i64::MAX);
        Some(match self {
            Self::Time => Amount::Time(Elapsed::from_ms(thousandths)),
            Self::Count => Amount::Count { thousandths },
        })
    }
}

/// A time or a count. Only amounts of the same unit are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amount {
    /// A length of time.
    Time(Elapsed),
    /// A number. It has thousandths because the mean of counts need not be whole.
    Count {
        /// The number times 1000.
        thousandths: i64,
    },
}

impl Amount {
    /// Milliseconds of a time, thousandths of a count.
    pub const fn thousandths(self) -> i64 {
        match self {
            Self::Time(elapsed) => elapsed.ms(),
            Self::Count { thousandths } => thousandths,
        }
    }

    /// Seconds of a time, or the number of a count. Exact to the thousandth.
    #[expect(clippy::cast_precision_loss, reason = "thousandths are exact to 2^53")]
    pub fn as_f64(self) -> f64 {
        self.thousandths() as f64 / 1_000.0
    }

    /// This amount less another of the same unit, at least zero.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        let rest = self.thousandths().saturating_sub(other.thousandths()).max(0);
        match self {
            Self::Time(_) => Self::Time(Elapsed::from_ms(rest)),
            Self::Count { .. } => Self::Count { thousandths: rest },
        }
    }

    /// For people: a time in its two largest units such as `4h 30m`, or the number.
    pub fn in_words(self) -> String {
        match self {
            Self::Time(elapsed) => elapsed.in_words(),
            Self::Count { .. } => self.as_f64().to_string(),
        }
    }
}

/// As configuration writes it: `4h`, or `2`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(elapsed) => elapsed.fmt(f),
            Self::Count { .. } => self.as_f64().fmt(f),
        }
    }
}

const THOUSAND: i64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR_MS;

    #[test]
    fn a_count_is_the_number_and_a_time_has_its_unit() {
        let read = |unit: Unit, text| unit.parse(text).map(|raw| unit.amount(raw));
        let (four_hours, two) = (read(Unit::Time, "4h").unwrap(), read(Unit::Count, "2").unwrap());
        assert_eq!(four_hours, Amount::Time(Elapsed::from_ms(4 * HOUR_MS)));
        assert_eq!(two, Amount::Count { thousandths: 2_000 });
        assert_eq!([four_hours.to_string(), two.to_string()], ["4h", "2"]);
        assert_eq!((Unit::Time.parse("2"), Unit::Count.parse("4h")), (None, None));
        assert_eq!((Unit::Time.parse("0s"), Unit::Count.parse("-1")), (None, None));
        assert_eq!(Unit::Count.parse("0"), Some(Elapsed::ZERO));
    }

    #[test]
    fn a_mean_is_rounded_to_the_nearest_thousandth_of_its_unit() {
        let mean = |unit: Unit, sum, samples| unit.mean(sum, samples).map(Amount::in_words);
        assert_eq!(mean(Unit::Count, 4, 3).as_deref(), Some("1.333"));
        assert_eq!(mean(Unit::Count, 4, 2).as_deref(), Some("2"));
        assert_eq!(mean(Unit::Time, 9_000, 2).as_deref(), Some("4s"));
        assert_eq!(Unit::Time.mean(3, 2), Some(Amount::Time(Elapsed::from_ms(2))));
        assert_eq!(mean(Unit::Count, 0, 0), None);
    }

    #[test]
    fn amounts_subtract_down_to_zero() {
        let count = |number| Unit::Count.amount(Unit::count(number));
        assert_eq!(count(5).less(count(3)), count(2));
        assert_eq!(count(3).less(count(5)), count(0));
    }
}
