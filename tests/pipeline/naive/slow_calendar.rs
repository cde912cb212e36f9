//! A calendar that decides every minute of a few months, and shares no code with the crate.
//!
//! # Design
//! Everything is computed once: the local minute of each minute of the span, which of them each
//! opening covers, and the open time before each. A local time that does not exist is taken one
//! hour later. One that exists twice means the first. An opening belongs to the date on which it
//! begins. A closed date removes the openings that begin on it, and none that began the day before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The first instant of the span: 2025-12-01T00:00Z, a Monday.
pub(crate) const BEGIN_MS: i64 = 1_764_547_200_000;
/// The length of the span in days.
pub(crate) const DAYS: i64 = 150;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;
/// Days before and after the span, for time zone offsets and openings past midnight.
const MARGIN_DAYS: i64 = 4;

/// The offset of local time from UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Minutes by which local time is ahead of UTC.
    pub offset_minutes: i64,
    /// An instant in ms, and the offset from then on.
    pub shift: Option<(i64, i64)>,
}

/// A year, a month from 1 and a day from 1.
pub(crate) type Date = (i32, u32, u32);

/// Openings of one day as local minutes since its midnight. The second is excluded; where it is not
/// after the first, it is on the next day.
pub(crate) type Openings = Vec<(i64, i64)>;

/// Open time, minute by minute.
pub(crate) struct SlowCalendar {
    /// Whether each minute of the span is open.
    open: Vec<bool>,
    /// The open milliseconds before each minute of the span, and before its end.
    before: Vec<i64>,
    /// The openings in order, in minutes of the span, each with the local day on which it begins.
    openings: Vec<(i64, std::ops::Range<i64>)>,
    zone: Zone,
}

impl SlowCalendar {
    /// A calendar of a week, Monday first, that is closed on some local dates.
    pub(crate) fn new(zone: Zone, week: &[Openings; 7], closed: &[Date]) -> Self {
        let firsts = first_minutes(zone);
        let minute_of = |local: i64| {
            let later = || firsts.get(&(local + 60));
            *firsts.get(&local).or_else(later).expect("a gap is of one hour at most")
        };
        let closed: BTreeSet<Date> = closed.iter().copied().collect();
        let mut is_open = BTreeSet::new();
        let mut all = Vec::new();
        // 2025-11-29 was a Saturday, two days before the span.
        let mut date = (2025, 11, 29);
        for day in -2..DAYS + 2 {
            let weekday = usize::try_from(day.rem_euclid(7)).expect("one of seven");
            for &(from, to) in week[weekday].iter().filter(|_| !closed.contains(&date)) {
                let to = if to <= from { to + DAY_MINUTES } else { to };
                let midnight = day * DAY_MINUTES;
                let opening = minute_of(midnight + from)..minute_of(midnight + to);
                is_open.extend(opening.clone());
                all.push((day, opening));
            }
            date = next(date);
        }
        let open: Vec<bool> = (0..DAYS * DAY_MINUTES).map(|at| is_open.contains(&at)).collect();
        let mut before = vec![0];
        let mut sum = 0;
        for &is_open in &open {
            sum += if is_open { MINUTE_MS } else { 0 };
            before.push(sum);
        }
        Self { open, before, openings: all, zone }
    }

    /// The open milliseconds between two instants.
    pub(crate) fn open_ms(&self, from: i64, to: i64) -> i64 {
        self.open_until(to) - self.open_until(from)
    }

    /// When the last opening ends of the open day that many open days after the one of `from`: the day of the
    /// opening that holds it, else its local date.
    pub(crate) fn end_of_working_days(&self, from: i64, days: usize) -> i64 {
        let minute = (from - BEGIN_MS).div_euclid(MINUTE_MS);
        let holding = self.openings.iter().find(|(_, opening)| opening.contains(&minute));
        let local_day = (minute + offset_at(self.zone, from)).div_euclid(DAY_MINUTES);
        let first = holding.map_or(local_day, |(day, _)| *day);
        let later: BTreeSet<i64> =
            self.openings.iter().map(|(day, _)| *day).filter(|day| *day > first).collect();
        let last = later.iter().nth(days - 1).expect("the span is long enough");
        let ends = self.openings.iter().filter(|(day, _)| day == last);
        let end = ends.map(|(_, opening)| opening.end).max().expect("the day is open");
        BEGIN_MS + end * MINUTE_MS
    }

    /// The open milliseconds from the begin of the span to an instant of it.
    fn open_until(&self, at: i64) -> i64 {
        let known = BEGIN_MS..=BEGIN_MS + DAYS * DAY_MINUTES * MINUTE_MS;
        assert!(known.contains(&at), "the slow calendar does not know {at}");
        let minute = usize::try_from((at - BEGIN_MS) / MINUTE_MS).expect("not negative");
        let is_open = self.open.get(minute).copied().unwrap_or_default();
        self.before[minute] + if is_open { (at - BEGIN_MS) % MINUTE_MS } else { 0 }
    }
}

impl fmt::Debug for SlowCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlowCalendar of {:?} open ms", self.before.last())
    }
}

/// The first minute of the span that shows each local minute. Local minutes count from midnight of
/// the first local date.
fn first_minutes(zone: Zone) -> BTreeMap<i64, i64> {
    let mut firsts = BTreeMap::new();
    for minute in -MARGIN_DAYS * DAY_MINUTES..(DAYS + MARGIN_DAYS) * DAY_MINUTES {
        let at = BEGIN_MS + minute * MINUTE_MS;
        firsts.entry(minute + offset_at(zone, at)).or_insert(minute);
    }
    firsts
}

/// The minutes by which local time is ahead of UTC at an instant.
fn offset_at(zone: Zone, at: i64) -> i64 {
    let shifted = zone.shift.filter(|&(from, _)| at >= from);
    shifted.map_or(zone.offset_minutes, |(_, offset)| offset)
}

/// The next day.
fn next((year, month, day): Date) -> Date {
    let is_leap = year % 4 == 0;
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day < days {
        (year, month, day + 1)
    } else if month < 12 {
        (year, month + 1, 1)
    } else {
        (year + 1, 1, 1)
    }
}
