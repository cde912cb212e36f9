//! Weeks of ISO 8601: Monday to Sunday, in the local time of a zone.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Serialize, Serializer};

use crate::calendar::{Zone, local_midnight};
use crate::time::Timestamp;

/// A week, by its Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IsoWeek(NaiveDate);

impl IsoWeek {
    /// The week of an instant in a zone.
    pub fn of(at: Timestamp, zone: &Zone) -> Self {
        let date = zone.local_time(at).map_or(NaiveDate::MIN, |local| local.date_naive());
        let after_monday = u64::from(date.weekday().num_days_from_monday());
        Self(date.checked_sub_days(Days::new(after_monday)).unwrap_or(date))
    }

    /// The week that is written so: `2026-W46`. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, week) = text.split_once("-W")?;
        let monday =
            NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, Weekday::Mon)?;
        Some(Self(monday)).filter(|week| week.to_string() == text)
    }

    /// The weeks from that of `first` to that of `last`.
    pub fn between(
        first: Timestamp,
        last: Timestamp,
        zone: &Zone,
    ) -> impl Iterator<Item = Self> + use<> {
        let last = Self::of(last, zone);
        let weeks = std::iter::successors(Some(Self::of(first, zone)), |week| week.next());
        weeks.take_while(move |week| *week <= last)
    }

    /// The first instant that is no longer in it: 00:00 of the next Monday.
    pub fn end(self, zone: &Zone) -> Timestamp {
        local_midnight(zone, self.next().unwrap_or(self).0)
    }

    fn next(self) -> Option<Self> {
        self.0.checked_add_days(Days::new(7)).map(Self)
    }
}

/// As ISO 8601 writes it: `2026-W46`.
impl fmt::Display for IsoWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let week = self.0.iso_week();
        write!(f, "{:04}-W{:02}", week.year(), week.week())
    }
}

impl Serialize for IsoWeek {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> Zone {
        Zone::compiled_in("Europe/Helsinki").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_week_begins_on_monday_in_local_time_and_belongs_to_the_year_of_its_thursday() {
        let week = |text| IsoWeek::of(at(text), &zone()).to_string();
        assert_eq!(week("2026-11-15T21:59:59.999Z"), "2026-W46");
        assert_eq!(week("2026-11-15T22:00:00Z"), "2026-W47");
        assert_eq!(week("2027-01-03T12:00:00Z"), "2026-W53");
        assert_eq!(week("2024-12-30T12:00:00Z"), "2025-W01");
    }

    #[test]
    fn a_week_over_a_change_of_the_clocks_ends_at_local_midnight() {
        let end = |text| IsoWeek::parse(text).unwrap().end(&zone()).to_string();
        // The clocks go forward on Sunday 2026-03-29 and back on Sunday 2026-10-25.
        assert_eq!(end("2026-W13"), "2026-03-29T21:00:00Z");
        assert_eq!(end("2026-W43"), "2026-10-25T22:00:00Z");
        let weeks =
            IsoWeek::between(at("2026-12-20T12:00:00Z"), at("2027-01-04T12:00:00Z"), &zone());
        let weeks: Vec<String> = weeks.map(|week| week.to_string()).collect();
        assert_eq!(weeks, ["2026-W51", "2026-W52", "2026-W53", "2027-W01"]);
    }

    #[test]
    fn a_week_is_read_only_as_it_is_written() {
        for text in ["2026-W46", "2026-W01", "2026-W53"] {
            assert_eq!(IsoWeek::parse(text).map(|week| week.to_string()).as_deref(), Some(text));
        }
        for text in ["2026-46", "2026-W6", "2026-W54", "2025-W53", "W46", "2026-W046", ""] {
            assert_eq!(IsoWeek::parse(text), None, "{text}");
        }
    }
}
