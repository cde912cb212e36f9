//! What a calendar is defined by, and how open stretches follow from it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};

use super::local::unix_second;
use super::zone::Zone;
use super::{OpenStretch, SPAN_SECONDS};
use crate::time::{DAY_MS, Elapsed, MINUTE_MS, SECOND_MS, Timestamp};

/// Weekly openings with exceptions, in one time zone.
///
/// Precedence on a date: a holiday closes it, unless `except` has it; else `special` replaces its weekday's
/// openings; breaks are subtracted from all open time. In a calendar file, a date of `special` is one of
/// `except`, too, unless that file lists the very date as a holiday.
///
/// An opening belongs to the date on which it begins. Where Saturday is open `22:00-02:00`, a holiday on
/// Saturday closes all four hours, and one on Sunday closes none of them.
///
/// Openings that overlap or touch are joined. Opening and closing times are resolved separately by the rule
/// of [`local_midnight`](super::local_midnight). If nothing is left between them, as on a day whose clocks go
/// forward, there is no opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The time zone of all times.
    pub zone: Zone,
    /// The openings of each day of the week, from Monday.
    pub week: [Vec<Opening>; 7],
    /// The dates that are closed all day.
    pub holidays: Vec<Holiday>,
    /// The dates that are no holidays, whatever `holidays` has.
    pub except: Vec<Holiday>,
    /// The openings of a date, instead of those of its weekday; empty means closed.
    pub special: BTreeMap<NaiveDate, Vec<Opening>>,
    /// Closed stretches of a date within its openings.
    pub breaks: BTreeMap<NaiveDate, Vec<Opening>>,
}

/// An opening `[start, end)` in minutes of a local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opening {
    start: u16,
    end: u16,
}

/// A date of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    month: u32,
    day: u32,
}

/// Dates that are closed all day, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holiday {
    /// Every year. A range that ends before it begins passes the new year.
    EveryYear(MonthDay, MonthDay),
    /// Once.
    Once(NaiveDate, NaiveDate),
}

/// A definition that leaves no open time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is never open from 1990 to 2100")]
pub struct NeverOpen;

impl Definition {
    /// A definition for a time zone, without openings.
    pub fn new(zone: Zone) -> Self {
        Self {
            zone,
            week: Default::default(),
            holidays: Vec::new(),
            except: Vec::new(),
            special: BTreeMap::new(),
            breaks: BTreeMap::new(),
        }
    }

    /// Whether a date is closed all day.
    pub fn is_holiday(&self, date: NaiveDate) -> bool {
        let has = |dates: &[Holiday]| dates.iter().any(|dates| dates.holds_on(date));
        has(&self.holidays) && !has(&self.except)
    }

    /// Whether any of these dates is one of the holidays, `except` aside.
    pub fn has_holiday_in(&self, dates_asked: Holiday) -> bool {
        let holidays = dates_of(&self.holidays);
        dates().zip(holidays).any(|(date, is_holiday)| is_holiday && dates_asked.holds_on(date))
    }

    /// The openings of a date as written, without regard to holidays and breaks.
    pub fn openings(&self, date: NaiveDate) -> &[Opening] {
        let weekday = date.weekday().num_days_from_monday() as usize;
        self.special.get(&date).unwrap_or(&self.week[weekday])
    }

    /// The open time of an open day of the week, on average; 24 hours if the week has no openings.
    pub(super) fn usual_day(&self) -> Elapsed {
        let days =
            self.week.iter().filter(|day| !day.is_empty()).fold(0_i64, |n, _| n.saturating_add(1));
        let ms = self.usual_week().ms().checked_div(days);
        Elapsed::from_ms(ms.unwrap_or(DAY_MS))
    }

    /// The open time of a week without holidays and other exceptions.
    pub fn usual_week(&self) -> Elapsed {
        let minutes = self.week.iter().fold(0_i64, |minutes, day| {
            let lengths = day.iter().map(|opening| i64::from(opening.end.abs_diff(opening.start)));
            let length = lengths.fold(0, i64::saturating_add).min(DAY_MINUTES.into());
            minutes.saturating_add(length)
        });
        Elapsed::from_ms(minutes.saturating_mul(MINUTE_MS))
    }

    /// The first of the longest stretches of dates that holidays close, from one holiday to another: its
    /// first date and the number of dates. Dates between them on which the week has no opening are part of
    /// it. `None` without holidays.
    pub fn longest_closure(&self) -> Option<(NaiveDate, usize)> {
        let lifted = dates_of(&self.except);
        let closed = dates_of(&self.holidays).into_iter().zip(lifted);
        let mut longest: Option<(NaiveDate, usize)> = None;
        let mut current: Option<(NaiveDate, usize)> = None;
        let mut free: usize = 0;
        for (date, (is_closed, is_lifted)) in dates().zip(closed) {
            if is_closed && !is_lifted {
                let (first, length) = current.unwrap_or((date, 0));
                let length = length.saturating_add(free).saturating_add(1);
                current = Some((first, length));
                free = 0;
                if longest.is_none_or(|(_, most)| length > most) {
                    longest = current;
                }
            } else if current.is_some() && self.openings(date).is_empty() {
                free = free.saturating_add(1);
            } else {
                (current, free) = (None, 0);
            }
        }
        longest
    }

    /// The open stretches within 1990 to 2100, ascending and disjoint.
    pub(super) fn stretches(&self) -> Vec<OpenStretch> {
        let lifted = dates_of(&self.except);
        let closed = dates_of(&self.holidays).into_iter().zip(lifted);
        let open = dates()
            .zip(closed.map(|(closed, lifted)| closed && !lifted))
            .filter_map(|(date, closed)| (!closed).then_some(date))
            .flat_map(|date| self.openings(date).iter().map(move |opening| (date, *opening)));
        let breaks = self.breaks.iter().flat_map(|(date, all)| all.iter().map(|one| (*date, *one)));
        without(&self.resolved(open), &self.resolved(breaks))
    }

    /// Openings of dates as stretches, ascending and disjoint.
    fn resolved(&self, openings: impl Iterator<Item = (NaiveDate, Opening)>) -> Vec<OpenStretch> {
        let mut stretches: Vec<OpenStretch> = openings
            .filter_map(|(date, opening)| {
                OpenStretch::new(self.second(date, opening.start), self.second(date, opening.end))
            })
            .collect();
        stretches.sort();
        stretches.dedup_by(|next, kept| {
            let joins = next.start <= kept.end;
            if joins {
                kept.end = kept.end.max(next.end);
            }
            joins
        });
        stretches
    }

    /// Seconds since 1990 of a minute of a local date, clamped to the years that calendars cover.
    fn second(&self, date: NaiveDate, minute: u16) -> u32 {
        let midnight = date.and_time(NaiveTime::MIN);
        let local = midnight.checked_add_signed(TimeDelta::minutes(minute.into()));
        let unix = unix_second(&self.zone, local.unwrap_or(midnight));
        let since_1990 = unix.saturating_sub(Timestamp::EVENT_MIN.ms() / SECOND_MS);
        u32::try_from(since_1990.max(0)).unwrap_or(u32::MAX).min(SPAN_SECONDS)
    }
}

impl Opening {
    /// An opening in minutes after midnight. `None` unless `start` is within the day and `end` is after it
    /// by at most a day.
    pub fn new(start: u16, end: u16) -> Option<Self> {
        let length = end.checked_sub(start)?;
        (start < DAY_MINUTES && (1..=DAY_MINUTES).contains(&length)).then_some(Self { start, end })
    }

    /// Reads `08:00-16:00`. An end before the start is on the next day (`22:00-02:00`). The same time twice
    /// is ambiguous and gives `None`; a whole day is `00:00-24:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        let (start, end) = (minute_of_day(start)?, minute_of_day(end)?);
        let end = if end < start { end.saturating_add(DAY_MINUTES) } else { end };
        Self::new(start, end)
    }

    /// The start in minutes after midnight: 0 to 1439.
    pub fn start(self) -> u16 {
        self.start
    }

    /// The end in minutes after the same midnight: 1 to 2879.
    pub fn end(self) -> u16 {
        self.end
    }

    /// Whether both contain some minute.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// As [`Opening::parse`] reads it: `22:00-02:00`.
impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end =
            if self.end > DAY_MINUTES { self.end.saturating_sub(DAY_MINUTES) } else { self.end };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.start / 60, self.start % 60, end / 60, end % 60)
    }
}

impl MonthDay {
    /// A month and a day, both from 1; `None` if no year has that date.
    pub fn new(month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(LEAP_YEAR, month, day).map(|_| Self { month, day })
    }

    /// The date in a year; `None` for 29 February of a common year.
    pub fn in_year(self, year: i32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(year, self.month, self.day)
    }

    fn of(date: NaiveDate) -> Self {
        Self { month: date.month(), day: date.day() }
    }

    /// Its index in a table of 12 months with 31 days each.
    fn index(self) -> usize {
        let (month, day) = (self.month.saturating_sub(1), self.day.saturating_sub(1));
        month.saturating_mul(31).saturating_add(day) as usize
    }
}

impl Holiday {
    /// One date of every year.
    pub fn every_year(day: MonthDay) -> Self {
        Self::EveryYear(day, day)
    }

    /// One date.
    pub fn once(date: NaiveDate) -> Self {
        Self::Once(date, date)
    }

    /// The first and last index among [`dates`] of a holiday that holds once.
    fn indexes(self) -> Option<(usize, usize)> {
        let Self::Once(first, last) = self else { return None };
        let index = |date: NaiveDate| {
            usize::try_from(date.signed_duration_since(FIRST_DATE).num_days()).ok()
        };
        let last = index(last.min(LAST_DATE))?;
        Some((index(first.max(FIRST_DATE))?, last)).filter(|(first, last)| first <= last)
    }

    /// Whether this date is closed.
    pub fn holds_on(self, date: NaiveDate) -> bool {
        match self {
            Self::Once(first, last) => (first..=last).contains(&date),
            Self::EveryYear(first, last) => {
                let day = MonthDay::of(date);
                if first <= last {
                    (first..=last).contains(&day)
                } else {
                    day >= first || day <= last
                }
            }
        }
    }
}

/// Whether each of [`dates`] is one of these holidays.
fn dates_of(holidays: &[Holiday]) -> Vec<bool> {
    let mut every_year = [false; 12 * 31];
    for date in LEAP_DAYS.filter_map(|day| NaiveDate::from_yo_opt(LEAP_YEAR, day)) {
        let is_every_year = |holiday: &&Holiday| matches!(holiday, Holiday::EveryYear(..));
        let mut all = holidays.iter().filter(is_every_year);
        every_year[MonthDay::of(date).index()] = all.any(|holiday| holiday.holds_on(date));
    }
    let mut closed: Vec<bool> =
        dates().map(|date| every_year[MonthDay::of(date).index()]).collect();
    // Each date is filled once, since holidays may be long, many, and overlapping.
    let mut once: Vec<(usize, usize)> = holidays.iter().filter_map(|one| one.indexes()).collect();
    once.sort_unstable();
    let mut filled = 0;
    for (first, last) in once {
        let first = filled.max(first);
        if let Some(range) = closed.get_mut(first..=last) {
            range.fill(true);
            filled = last;
        }
    }
    closed
}

/// Subtracts breaks from stretches. Both, and the result, are ascending and disjoint.
fn without(stretches: &[OpenStretch], breaks: &[OpenStretch]) -> Vec<OpenStretch> {
    let mut left = Vec::with_capacity(stretches.len());
    let mut breaks = breaks.iter().peekable();
    for OpenStretch { start, end } in stretches.iter().copied() {
        let mut from = start;
        while let Some(pause) = breaks.peek().copied().filter(|pause| pause.start < end) {
            left.extend(OpenStretch::new(from, pause.start));
            from = from.max(pause.end);
            if pause.end > end {
                // The break may reach into the next stretch too.
                break;
            }
            breaks.next();
        }
        left.extend(OpenStretch::new(from, end));
    }
    left
}

/// Minutes after midnight of `HH:MM`, `24:00` included.
fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute).filter(|minute| *minute < 60)?);
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    (minutes <= DAY_MINUTES).then_some(minutes)
}

const DAY_MINUTES: u16 = 24 * 60;
/// A year that has every date.
const LEAP_YEAR: i32 = 2000;
const LEAP_DAYS: std::ops::RangeInclusive<u32> = 1..=366;
/// The dates whose openings can reach into the span: openings pass midnight, and zones are up to a day apart.
const FIRST_DATE: NaiveDate = edge(1989, 12, 29);
const LAST_DATE: NaiveDate = edge(2100, 1, 3);

fn dates() -> impl Iterator<Item = NaiveDate> {
    FIRST_DATE.iter_days().take_while(|date| *date <= LAST_DATE)
}

const fn edge(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}
