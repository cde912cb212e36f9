//! Instants and durations as integer milliseconds, and how they are read and written.
//!
//! # Design
//! chrono parses and prints at the edges. Inside, an instant is one `i64`: chrono's `+` panics on overflow,
//! and packed timelines hold integers. All arithmetic here saturates. Event times are bounded to the years
//! 1990 to 2099, so no accepted event reaches saturation.
//!
//! Durations are read and written by our own code. The crates for it (`humantime`, `jiff`) print other forms
//! than configuration uses (`24h`, `7d`), and metric labels hold these forms.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

mod read;

/// Milliseconds of one second.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds of one minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds of one hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds of one day of 24 hours.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest event time that is accepted: 1990-01-01T00:00:00Z.
    pub const EVENT_MIN: Self = Self(631_152_000_000);
    /// The first instant that is too late for an event: 2100-01-01T00:00:00Z.
    pub const EVENT_END: Self = Self(4_102_444_800_000);

    /// The instant `ms` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with an offset, and the forms next to it that producers write: without seconds, with a
    /// comma before the fraction, with the offset as `+0200`, `+02`, `UTC` or `GMT`, after a blank, or
    /// followed by a zone in brackets (RFC 9557, as Java prints it). Fractions beyond milliseconds are
    /// truncated; second `:60` is the next second. `None` for anything else; [`Timestamp::why_unread`] says
    /// why.
    pub fn parse(text: &str) -> Option<Self> {
        let strict = |text: &str| DateTime::parse_from_rfc3339(text).ok();
        // chrono represents a leap second as second 59 with 1 000 ms or more, which adds up to the next
        // second.
        let at = strict(text).or_else(|| strict(&read::as_rfc3339(text)?))?;
        Some(Self(at.timestamp_millis()))
    }

    /// What is wrong with a text that [`Timestamp::parse`] does not read, as the rest of a sentence about it.
    pub fn why_unread(text: &str) -> &'static str {
        read::why_unread(text)
    }

    /// Seconds since 1970-01-01T00:00:00Z, exact to the millisecond.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds are exact to 2^53")]
    pub fn unix_seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// Whether an event may have this time: 1990 to before 2100.
    pub fn is_event_time(self) -> bool {
        (Self::EVENT_MIN..Self::EVENT_END).contains(&self)
    }

    /// The time from `earlier` to this instant; zero where `earlier` is later.
    pub fn since(self, earlier: Self) -> Elapsed {
        Elapsed::from_ms(self.0.saturating_sub(earlier.0))
    }

    /// The instant that much later.
    #[must_use]
    pub fn plus(self, elapsed: Elapsed) -> Self {
        Self(self.0.saturating_add(elapsed.ms()))
    }

    /// The instant that much earlier.
    #[must_use]
    pub fn minus(self, elapsed: Elapsed) -> Self {
        Self(self.0.saturating_sub(elapsed.ms()))
    }

    /// The last multiple of `step` since 1970 at or before this instant.
    #[must_use]
    pub fn floor_to(self, step: Elapsed) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(step.ms().max(1))))
    }

    /// The first multiple of `step` since 1970 at or after this instant.
    #[must_use]
    pub fn ceil_to(self, step: Elapsed) -> Self {
        let floor = self.floor_to(step);
        if floor == self { self } else { floor.plus(step) }
    }
}

/// RFC 3339 in UTC, with milliseconds where they are not zero.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp_millis(self.0) {
            Some(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// A length of time of at least zero, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Elapsed(i64);

impl Elapsed {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// `ms` milliseconds; zero where `ms` is negative.
    pub const fn from_ms(ms: i64) -> Self {
        Self(if ms < 0 { 0 } else { ms })
    }

    /// The milliseconds.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// The seconds, exact to the millisecond.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds are exact to 2^53")]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// This length less another, at least zero.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self::from_ms(self.0.saturating_sub(other.0))
    }

    /// For people: the two largest units, such as `4h 30m`, `2d`, `< 1s`.
    pub fn in_words(self) -> String {
        const UNITS: [(i64, &str); 4] =
            [(DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "m"), (SECOND_MS, "s")];
        let Some(first) = UNITS.iter().position(|(unit, _)| self.0 >= *unit) else {
            return if self.0 == 0 { "0s".to_owned() } else { "< 1s".to_owned() };
        };
        let (unit, letter) = UNITS[first];
        let whole = format!("{}{letter}", self.0 / unit);
        match UNITS.get(first + 1).map(|(smaller, letter)| (self.0 % unit / smaller, letter)) {
            Some((rest, letter)) if rest > 0 => format!("{whole} {rest}{letter}"),
            _ => whole,
        }
    }

    /// Reads a duration as configuration writes it: whole numbers with units, such as `90s`, `30m`, `4h`,
    /// `1h30m`, `5d` or `2w`. `None` for anything else, and for zero.
    pub fn parse(text: &str) -> Option<Self> {
        let mut total: i64 = 0;
        let mut digits: Option<i64> = None;
        for symbol in text.chars() {
            if let Some(digit) = symbol.to_digit(10) {
                let so_far = digits.unwrap_or(0);
                digits = Some(so_far.checked_mul(10)?.checked_add(i64::from(digit))?);
                continue;
            }
            let unit = match symbol {
                's' => SECOND_MS,
                'm' => MINUTE_MS,
                'h' => HOUR_MS,
                'd' => DAY_MS,
                'w' => DAY_MS.saturating_mul(7),
                _ => return None,
            };
            total = total.checked_add(digits.take()?.checked_mul(unit)?)?;
        }
        (digits.is_none() && total > 0).then_some(Self(total))
    }
}

/// As configuration writes it, in the largest units that fit: `4h`, `1h30m`, `7d`. One day is `24h`, as the
/// window of that length is called.
impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        if rest == DAY_MS {
            return f.write_str("24h");
        }
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, letter) in [(DAY_MS, 'd'), (HOUR_MS, 'h'), (MINUTE_MS, 'm'), (SECOND_MS, 's')] {
            let count = rest / unit;
            if count > 0 {
                write!(f, "{count}{letter}")?;
                rest %= unit;
            }
        }
        if rest > 0 {
            write!(f, "{rest}ms")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<i64> {
        Timestamp::parse(text).map(Timestamp::ms)
    }

    #[test]
    fn fractions_are_cut_to_milliseconds_and_second_sixty_is_the_next_second() {
        assert_eq!(parsed("1970-01-01T00:00:01.9999Z"), Some(1_999));
        assert_eq!(parsed("1969-12-31T23:59:59.9999Z"), Some(-1));
        assert_eq!(parsed("2016-12-31T23:59:60Z"), parsed("2017-01-01T00:00:00Z"));
        assert_eq!(parsed("2016-12-31T23:59:60.5Z"), parsed("2017-01-01T00:00:00.5Z"));
        assert_eq!(parsed("2026-11-21T09:14:03.120+02:00"), parsed("2026-11-21T07:14:03.12Z"));
        assert_eq!(parsed("2026-11-21T09:14:03"), None);
        assert_eq!(parsed("yesterday"), None);
    }

    #[test]
    fn durations_read_and_print_the_same_way() {
        for (text, ms) in [("90s", 90_000), ("1h30m", 5_400_000), ("7d", 604_800_000)] {
            assert_eq!(Elapsed::parse(text), Some(Elapsed(ms)), "{text}");
        }
        assert_eq!(Elapsed::parse("2w").map(|e| e.to_string()).as_deref(), Some("14d"));
        assert_eq!(Elapsed::parse("1d").map(|e| e.to_string()).as_deref(), Some("24h"));
        assert_eq!(Elapsed(90_000).to_string(), "1m30s");
        for text in ["", "4", "h", "4 h", "-4h", "0h", "1.5h", "99999999999999999999h"] {
            assert_eq!(Elapsed::parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_read_in_their_two_largest_units() {
        for (ms, words) in [
            (0, "0s"),
            (999, "< 1s"),
            (61_000, "1m 1s"),
            (3_600_000, "1h"),
            (93_784_000, "1d 2h"),
            (86_400_000 * 400, "400d"),
        ] {
            assert_eq!(Elapsed(ms).in_words(), words);
        }
    }

    #[test]
    fn rounding_is_to_multiples_since_the_epoch() {
        let step = Elapsed(300_000);
        assert_eq!(Timestamp(600_001).floor_to(step), Timestamp(600_000));
        assert_eq!(Timestamp(600_001).ceil_to(step), Timestamp(900_000));
        assert_eq!(Timestamp(600_000).ceil_to(step), Timestamp(600_000));
        assert_eq!(Timestamp(-1).floor_to(step), Timestamp(-300_000));
    }
}
