//! Working days: when the second open day after an instant ends.
//!
//! # Design
//! An opening belongs to the date on which it begins, as everywhere in a calendar: the night shift of Monday,
//! `22:00-06:00`, is part of Monday, and its closing time is Tuesday 06:00. Dates with *any* open time would
//! make its last hours a day of their own, and would end Monday at midnight, in the middle of the shift. A
//! calendar keeps only open stretches, which join openings that touch. So a stretch of up to 24 hours belongs
//! to the date on which it begins, and a longer one, such as a week of `00:00-24:00`, is cut at midnight.
#![warn(clippy::arithmetic_side_effects)]

use std::fmt;

use chrono::NaiveDate;

use super::local::local_midnight;
use super::{Calendar, DAY_SECONDS, OpenStretch, instant, ms, since_1990};
use crate::time::{Elapsed, Timestamp};

/// A number of open days: 1 to 60.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkingDays(u8);

impl WorkingDays {
    /// The largest number. Sixty working days are about as long as the longest other target, 90 days.
    pub const MAX: u8 = 60;

    /// `None` unless `count` is 1 to [`WorkingDays::MAX`].
    pub fn new(count: u8) -> Option<Self> {
        (1..=Self::MAX).contains(&count).then_some(Self(count))
    }

    /// The number of days.
    pub const fn count(self) -> u8 {
        self.0
    }
}

/// As configuration writes it: `1 working day`, `2 working days`.
impl fmt::Display for WorkingDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} working day{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

impl Calendar {
    /// The last closing time of the open day that many open days after the day of `from`; `None` if there is
    /// none up to 2100.
    ///
    /// While open, the day of `from` is the date on which that opening began; while closed it is the local
    /// date, open or not. So one working day after Saturday ends on Monday, and one after Monday 07:00,
    /// before opening time, ends on Tuesday.
    pub fn end_of_working_days(&self, from: Timestamp, days: WorkingDays) -> Option<Timestamp> {
        let from = since_1990(from);
        let mut count = DayCount::after(self.working_date(from), days);
        for stretch in self.stretches_from(from) {
            if stretch.is_of_one_day() {
                count.add(self.date(ms(stretch.start)), ms(stretch.end));
            } else {
                let first = self.date(ms(stretch.start).max(from));
                for date in first.iter_days() {
                    let opens = self.midnight(date).max(ms(stretch.start));
                    if opens >= ms(stretch.end) || count.is_over {
                        break;
                    }
                    let closes = self.midnight(next(date)).min(ms(stretch.end));
                    // A date may not exist: Samoa had no 2011-12-30.
                    if opens < closes {
                        count.add(date, closes);
                    }
                }
            }
            if count.is_over {
                break;
            }
        }
        count.closing.map(instant)
    }

    /// The open time from `from` to the end of that many working days. It is longer than any wait if they do
    /// not end up to 2100.
    pub fn working_time(&self, from: Timestamp, days: WorkingDays) -> Elapsed {
        let end = self.end_of_working_days(from, days);
        end.map_or(Elapsed::from_ms(i64::MAX), |end| self.open_time(from, end))
    }

    /// The date of the opening that holds an instant, in milliseconds since 1990; while closed, the local
    /// date.
    fn working_date(&self, at: i64) -> NaiveDate {
        let stretch = self.stretches_from(at).next();
        let holds = |stretch: &OpenStretch| ms(stretch.start) <= at && at < ms(stretch.end);
        match stretch.filter(holds) {
            Some(stretch) if stretch.is_of_one_day() => self.date(ms(stretch.start)),
            Some(_) | None => self.date(at),
        }
    }

    /// The local date of an instant in milliseconds since 1990.
    fn date(&self, at: i64) -> NaiveDate {
        self.zone().local_time(instant(at)).map(|local| local.date_naive()).unwrap_or_default()
    }

    /// Milliseconds since 1990 at 00:00 of a date, clamped to the years that calendars cover.
    fn midnight(&self, date: NaiveDate) -> i64 {
        since_1990(local_midnight(self.zone(), date))
    }
}

impl OpenStretch {
    /// Whether it belongs to the date on which it begins.
    fn is_of_one_day(self) -> bool {
        self.end.saturating_sub(self.start) <= DAY_SECONDS
    }
}

/// Open days, counted in order.
struct DayCount {
    /// The days still to come, the last one included.
    left: u8,
    /// The date that was counted last.
    day: NaiveDate,
    /// The latest closing time of the last day, in milliseconds since 1990; `None` before that day.
    closing: Option<i64>,
    /// Whether an opening after the last day was seen.
    is_over: bool,
}

impl DayCount {
    fn after(day: NaiveDate, days: WorkingDays) -> Self {
        Self { left: days.0, day, closing: None, is_over: false }
    }

    /// Adds an opening of a date. Dates never go back.
    fn add(&mut self, date: NaiveDate, closes: i64) {
        if date > self.day {
            self.is_over = self.left == 0;
            self.left = self.left.saturating_sub(1);
            self.day = date;
        }
        // At least one day is counted, so this is not the day before the first.
        if self.left == 0 && !self.is_over {
            self.closing = Some(closes);
        }
    }
}

/// The day after a date.
fn next(date: NaiveDate) -> NaiveDate {
    date.succ_opt().unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Definition, Holiday, Opening, Zone};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn calendar(zone: &str, week: [&[&str]; 7], holidays: &[&str]) -> Calendar {
        let mut definition = Definition::new(Zone::compiled_in(zone).unwrap());
        let opening = |text: &&str| Opening::parse(text).unwrap();
        definition.week = week.map(|day| day.iter().map(opening).collect());
        let holiday = |date: &&str| Holiday::once(date.parse().unwrap());
        definition.holidays = holidays.iter().map(holiday).collect();
        Calendar::new(&definition).unwrap()
    }

    fn end(calendar: &Calendar, from: &str, days: u8) -> String {
        let days = WorkingDays::new(days).unwrap();
        calendar.end_of_working_days(at(from), days).map_or("never".into(), |end| end.to_string())
    }

    #[test]
    fn they_end_at_the_last_closing_time_of_an_open_day() {
        let day: &[&str] = &["09:00-12:00", "13:00-17:00"];
        let friday: &[&str] = &["09:00-15:00"];
        let week = [day, day, day, day, friday, &[], &[]];
        // Tuesday 2027-03-09 is a holiday.
        let office = calendar("Europe/Stockholm", week, &["2027-03-09"]);
        for (from, days, ends) in [
            // Thursday, before opening, at lunch and late in the evening: Friday.
            ("2027-03-04T05:00:00Z", 1, "2027-03-05T14:00:00Z"),
            ("2027-03-04T11:30:00Z", 1, "2027-03-05T14:00:00Z"),
            ("2027-03-04T22:59:59.999Z", 1, "2027-03-05T14:00:00Z"),
            // Friday 00:00 in Stockholm: Monday.
            ("2027-03-04T23:00:00Z", 1, "2027-03-08T16:00:00Z"),
            // From Saturday the first open day is Monday, the second Wednesday.
            ("2027-03-06T10:00:00Z", 1, "2027-03-08T16:00:00Z"),
            ("2027-03-06T10:00:00Z", 2, "2027-03-10T16:00:00Z"),
            // Summer time begins on 2027-03-28.
            ("2027-03-26T10:00:00Z", 1, "2027-03-29T15:00:00Z"),
            ("2099-12-29T10:00:00Z", 3, "never"),
        ] {
            assert_eq!(end(&office, from, days), ends, "{days} from {from}");
        }
        assert_eq!(office.usual_day(), Elapsed::from_ms(34 * 3_600_000 / 5));
        let two = WorkingDays::new(2).unwrap();
        // Four hours of Friday and seven hours each of Monday and Wednesday.
        let open = office.working_time(at("2027-03-05T10:00:00Z"), two);
        assert_eq!(open, Elapsed::from_ms((4 + 7 + 7) * 3_600_000));
        let never = office.working_time(at("2099-12-31T10:00:00Z"), two);
        assert_eq!(never, Elapsed::from_ms(i64::MAX));
    }

    #[test]
    fn a_night_shift_belongs_to_the_day_on_which_it_begins() {
        let night: &[&str] = &["22:00-06:00"];
        let nights = calendar("UTC", [night, night, night, night, night, &[], &[]], &[]);
        // Monday 2027-03-08 at 23:00 and Tuesday at 05:00 are in one shift; Tuesday at 06:00 is not.
        assert_eq!(end(&nights, "2027-03-08T23:00:00Z", 1), "2027-03-10T06:00:00Z");
        assert_eq!(end(&nights, "2027-03-09T05:00:00Z", 1), "2027-03-10T06:00:00Z");
        assert_eq!(end(&nights, "2027-03-09T06:00:00Z", 1), "2027-03-11T06:00:00Z");
        // The shift of Friday ends on Saturday, which is no open day.
        assert_eq!(end(&nights, "2027-03-12T23:00:00Z", 1), "2027-03-16T06:00:00Z");
    }

    #[test]
    fn where_all_time_is_open_every_date_is_an_open_day() {
        let all: &[&str] = &["00:00-24:00"];
        let whole = calendar("Pacific/Apia", [all; 7], &[]);
        // 2011-12-29 in Samoa, whose next date was the 31st, 14 hours ahead of UTC.
        assert_eq!(end(&whole, "2011-12-29T12:00:00Z", 1), "2011-12-31T10:00:00Z");
        assert_eq!(end(&Calendar::always(), "2027-03-06T10:00:00Z", 2), "2027-03-09T00:00:00Z");
        assert_eq!(Calendar::always().usual_day(), Elapsed::from_ms(24 * 3_600_000));
    }

    #[test]
    fn they_are_from_1_to_60() {
        assert_eq!(
            [0, 1, 60, 61].map(|n| WorkingDays::new(n).is_some()),
            [false, true, true, false]
        );
        let shown = [1, 2].map(|count| WorkingDays::new(count).unwrap().to_string());
        assert_eq!(shown, ["1 working day", "2 working days"]);
    }
}
