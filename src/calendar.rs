//! Opening hours: the open time between two instants, and due times.
//!
//! # Design
//! Everything follows from one function, *cumulative open time* C(t), which never falls:
//! `open_time(a, b) = C(b) − C(a)`, and [`Calendar::due`] is its inverse.
//!
//! ```text
//! C(t)                     ╭──────  C(b)
//!              ╭───────────╯
//!        ╭─────╯                    C(a)
//! ───────╯
//!     open a   closed   open b      t
//! ```
//!
//! Every event asks for it several times. So zones, weeks and holidays are resolved once, at construction:
//! into the open stretches of 110 years, in UTC, as seconds since 1990 in `u32`. A table gives for every day
//! of UTC the number of stretches before it, so an instant is found without a search over the years. A
//! calendar of working days takes about 400 kB; further stretches take 8 bytes each.
//!
//! [`Definition`] says how weeks, holidays, special hours and breaks combine.
#![warn(clippy::arithmetic_side_effects)]

use std::fmt;

use crate::time::{DAY_MS, Elapsed, SECOND_MS, Timestamp};

mod changes;
mod definition;
mod local;
mod working_days;
mod zone;

pub use changes::{COMING_DAYS, CalendarChanges, DateChange, PAST_DAYS};
pub use definition::{Definition, Holiday, MonthDay, NeverOpen, Opening};
pub use local::local_midnight;
pub use working_days::WorkingDays;
pub use zone::{InvalidTzif, Zone};

/// The opening hours of a team from 1990 to before 2100. Outside these years there is no open time.
///
/// [`Calendar::cumulative`] and [`Calendar::open_time`] are O(1); [`Calendar::reaches`] and
/// [`Calendar::due`] are O(log n) in the stretches of 110 years. Share it in an `Arc`: a copy is large.
#[derive(PartialEq, Eq)]
pub struct Calendar {
    zone: Zone,
    /// `None` where all time is open.
    hours: Option<OpenHours>,
    /// See [`Calendar::usual_day`].
    usual_day: Elapsed,
}

impl Calendar {
    /// The built-in calendar that is always open: open time is calendar time. Its zone is UTC.
    pub fn always() -> Self {
        Self { zone: Zone::UTC, hours: None, usual_day: Elapsed::from_ms(DAY_MS) }
    }

    /// Resolves a definition.
    ///
    /// # Errors
    /// [`NeverOpen`] if the definition leaves no open time.
    pub fn new(definition: &Definition) -> Result<Self, NeverOpen> {
        let stretches = definition.stretches();
        if stretches.is_empty() {
            return Err(NeverOpen);
        }
        Ok(Self {
            zone: definition.zone.clone(),
            hours: Some(OpenHours::new(&stretches)),
            usual_day: definition.usual_day(),
        })
    }

    /// A calendar whose hours changed: `earlier` up to `until`, then `later`. The zone is that of `later`.
    /// `until` is truncated to whole seconds.
    pub fn spliced(earlier: &Self, until: Timestamp, later: &Self) -> Self {
        if earlier.is_always() && later.is_always() {
            return Self::always();
        }
        let until = seconds(since_1990(until));
        let before = earlier.stretches().filter_map(|stretch| stretch.clip(0, until));
        let after = later.stretches().filter_map(|stretch| stretch.clip(until, SPAN_SECONDS));
        let mut stretches: Vec<OpenStretch> = Vec::new();
        for stretch in before.chain(after) {
            match stretches.last_mut() {
                Some(last) if last.end == stretch.start => last.end = stretch.end,
                _ => stretches.push(stretch),
            }
        }
        Self {
            zone: later.zone.clone(),
            hours: Some(OpenHours::new(&stretches)),
            usual_day: later.usual_day,
        }
    }

    /// Whether this is the built-in calendar that is always open.
    pub fn is_always(&self) -> bool {
        self.hours.is_none()
    }

    /// The time zone of its hours; UTC for the built-in calendar.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The open time of an open day of its week, on average; 24 hours if its week has none.
    pub fn usual_day(&self) -> Elapsed {
        self.usual_day
    }

    /// C(t): the open milliseconds from 1990-01-01T00:00:00Z to `at`. It is 0 before 1990 and constant from
    /// 2100 on.
    pub fn cumulative(&self, at: Timestamp) -> i64 {
        let at = since_1990(at);
        let Some(hours) = &self.hours else {
            return at;
        };
        hours.at(at).map_or(0, |(mark, next)| {
            let inside = at.saturating_sub(ms(mark.start));
            ms(mark.open).saturating_add(inside).min(ms(next.open))
        })
    }

    /// The first instant t with C(t) ≥ `open`; `None` if there is none up to 2100. For `open` ≤ 0 it is
    /// 1990-01-01T00:00:00Z.
    pub fn reaches(&self, open: i64) -> Option<Timestamp> {
        if open <= 0 {
            return Some(Timestamp::EVENT_MIN);
        }
        let since_1990 = match &self.hours {
            None => Some(open).filter(|open| *open <= SPAN_MS),
            Some(hours) => hours.reaches(open),
        };
        since_1990.map(instant)
    }

    /// The open time from `from` to `to`; zero unless `to` is after `from`.
    pub fn open_time(&self, from: Timestamp, to: Timestamp) -> Elapsed {
        Elapsed::from_ms(self.cumulative(to).saturating_sub(self.cumulative(from)))
    }

    /// The first instant at or after `from` at which the open time from `from` reaches `target`; `None` if
    /// there is none up to 2100. A target that is used up at closing time is due then, not at the next
    /// opening. A target of zero is due at once.
    pub fn due(&self, from: Timestamp, target: Elapsed) -> Option<Timestamp> {
        if target == Elapsed::ZERO {
            return Some(from);
        }
        self.reaches(self.cumulative(from).saturating_add(target.ms()))
    }

    /// Whether it is open at this instant. The opening instant is open, the closing instant is not.
    pub fn is_open(&self, at: Timestamp) -> bool {
        at.is_event_time()
            && self.hours.as_ref().is_none_or(|hours| {
                let at = since_1990(at);
                hours.at(at).is_some_and(|(mark, next)| {
                    at.saturating_sub(ms(mark.start)) < ms(next.open).saturating_sub(ms(mark.open))
                })
            })
    }

    /// The first open instant at or after `at`; `None` if there is none before 2100.
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        let at = at.max(Timestamp::EVENT_MIN);
        if self.is_open(at) {
            return Some(at);
        }
        let hours = self.hours.as_ref()?;
        let next = hours.stretches().get(hours.begun_by(seconds(since_1990(at))))?;
        Some(instant(ms(next.start)))
    }

    /// Its open stretches, ascending and disjoint.
    fn stretches(&self) -> impl Iterator<Item = OpenStretch> + '_ {
        self.stretches_from(0)
    }

    /// Its open stretches from the last one on that begins at or before an instant in milliseconds since
    /// 1990.
    fn stretches_from(&self, at: i64) -> impl Iterator<Item = OpenStretch> + '_ {
        let whole = OpenStretch { start: 0, end: SPAN_SECONDS };
        let all = self.is_always().then_some(whole);
        let marks = self.hours.as_ref().map_or(&[][..], |hours| {
            let begun = hours.begun_by(seconds(at)).saturating_sub(1);
            hours.marks.get(begun..).unwrap_or_default()
        });
        let pairs = marks.iter().zip(marks.iter().skip(1));
        all.into_iter().chain(pairs.map(|(mark, next)| {
            let length = next.open.saturating_sub(mark.open);
            OpenStretch { start: mark.start, end: mark.start.saturating_add(length) }
        }))
    }
}

impl Default for Calendar {
    fn default() -> Self {
        Self::always()
    }
}

/// Leaves out the stretches: there are tens of thousands.
impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calendar")
            .field("zone", &self.zone.name())
            .field("always", &self.is_always())
            .finish_non_exhaustive()
    }
}

/// An open stretch `[start, end)` in seconds since 1990, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OpenStretch {
    start: u32,
    end: u32,
}

impl OpenStretch {
    /// Returns `None` unless `start < end`.
    fn new(start: u32, end: u32) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The part of it within `[from, to)`.
    fn clip(self, from: u32, to: u32) -> Option<Self> {
        Self::new(self.start.max(from), self.end.min(to))
    }
}

/// Open stretches, indexed for lookup.
#[derive(PartialEq, Eq)]
struct OpenHours {
    /// One for each stretch, ascending and disjoint, and a last one with the total.
    marks: Box<[StretchStart]>,
    /// The number of stretches before each day of UTC since 1990, and before the day after the last.
    days: Box<[u32]>,
}

/// The beginning of a stretch, and the open time before it. Its end follows from the next mark.
#[derive(Clone, Copy, PartialEq, Eq)]
struct StretchStart {
    /// Seconds since 1990.
    start: u32,
    /// Open seconds since 1990 before it.
    open: u32,
}

impl OpenHours {
    /// Indexes stretches that are ascending, disjoint, and within 1990 to 2100.
    fn new(stretches: &[OpenStretch]) -> Self {
        let mut open: u32 = 0;
        let mut marks = Vec::with_capacity(stretches.len().saturating_add(1));
        for OpenStretch { start, end } in stretches {
            marks.push(StretchStart { start: *start, open });
            open = open.saturating_add(end.saturating_sub(*start));
        }
        let mut begun: usize = 0;
        let days = (0..=SPAN_DAYS).map(|day| {
            let midnight = day.saturating_mul(DAY_SECONDS);
            while marks.get(begun).is_some_and(|mark| mark.start < midnight) {
                begun = begun.saturating_add(1);
            }
            u32::try_from(begun).unwrap_or(u32::MAX)
        });
        let days = days.collect();
        marks.push(StretchStart { start: SPAN_SECONDS, open });
        Self { marks: marks.into(), days }
    }

    /// The marks of the stretches, without the last one.
    fn stretches(&self) -> &[StretchStart] {
        self.marks.split_last().map_or(&[], |(_, stretches)| stretches)
    }

    /// The number of stretches that begin at or before a second.
    fn begun_by(&self, second: u32) -> usize {
        let day = (second / DAY_SECONDS) as usize;
        let before = self.days[day] as usize;
        let after = self.days.get(day.saturating_add(1)).map_or(before, |count| *count as usize);
        let today = self.marks.get(before..after).unwrap_or_default();
        before.saturating_add(today.partition_point(|mark| mark.start <= second))
    }

    /// The last stretch that begins at or before an instant in milliseconds since 1990, and the mark after
    /// it.
    fn at(&self, at: i64) -> Option<(StretchStart, StretchStart)> {
        let begun = self.begun_by(seconds(at));
        Some((self.marks[begun.checked_sub(1)?], self.marks[begun]))
    }

    /// The first millisecond since 1990 at which the open time reaches `open`, which must be positive.
    fn reaches(&self, open: i64) -> Option<i64> {
        if self.marks.last().is_none_or(|all| ms(all.open) < open) {
            return None;
        }
        let later = self.stretches().partition_point(|mark| ms(mark.open) < open);
        let mark = self.marks[later.checked_sub(1)?];
        Some(ms(mark.start).saturating_add(open.saturating_sub(ms(mark.open))))
    }
}

const DAY_SECONDS: u32 = 24 * 60 * 60;
const SPAN_MS: i64 = Timestamp::EVENT_END.ms() - Timestamp::EVENT_MIN.ms();
/// Days of UTC from 1990 to 2100.
const SPAN_DAYS: u32 = seconds(SPAN_MS) / DAY_SECONDS;
const SPAN_SECONDS: u32 = seconds(SPAN_MS);
const _: () = assert!(SPAN_DAYS as i64 * DAY_MS == SPAN_MS, "the span is whole days");

/// Milliseconds since 1990, clamped to the years that calendars cover.
fn since_1990(at: Timestamp) -> i64 {
    at.ms().saturating_sub(Timestamp::EVENT_MIN.ms()).clamp(0, SPAN_MS)
}

/// The instant at that many milliseconds since 1990.
fn instant(since_1990: i64) -> Timestamp {
    Timestamp::EVENT_MIN.plus(Elapsed::from_ms(since_1990))
}

/// Whole seconds of a number of milliseconds within the span.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "110 years are fewer than 2^32 seconds"
)]
const fn seconds(ms: i64) -> u32 {
    (ms / SECOND_MS) as u32
}

fn ms(seconds: u32) -> i64 {
    i64::from(seconds).saturating_mul(SECOND_MS)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::time::{HOUR_MS, MINUTE_MS};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn openings(texts: &[&str]) -> Vec<Opening> {
        texts.iter().map(|text| Opening::parse(text).unwrap()).collect()
    }

    /// Helsinki, Monday to Friday 08:00-16:00, Saturday night 22:00-02:00.
    fn office() -> Definition {
        let mut office = Definition::new(Zone::compiled_in("Europe/Helsinki").unwrap());
        for day in 0..5 {
            office.week[day] = openings(&["08:00-16:00"]);
        }
        office.week[5] = openings(&["22:00-02:00"]);
        office
    }

    fn hours(calendar: &Calendar, from: &str, to: &str) -> i64 {
        let open = calendar.open_time(at(from), at(to)).ms();
        assert_eq!(open % HOUR_MS, 0, "{open} ms");
        open / HOUR_MS
    }

    #[test]
    fn openings_are_half_open_and_due_at_closing_time_stays_there() {
        let office = Calendar::new(&office()).unwrap();
        // Monday 2026-11-23, 06:00Z to 14:00Z.
        assert!(!office.is_open(at("2026-11-23T05:59:59.999Z")));
        assert!(office.is_open(at("2026-11-23T06:00:00Z")));
        assert!(office.is_open(at("2026-11-23T13:59:59.999Z")));
        assert!(!office.is_open(at("2026-11-23T14:00:00Z")));
        let from = at("2026-11-23T10:00:00.250Z");
        let due = |ms| office.due(from, Elapsed::from_ms(ms)).unwrap().to_string();
        assert_eq!(due(0), "2026-11-23T10:00:00.250Z");
        assert_eq!(due(4 * HOUR_MS - 250), "2026-11-23T14:00:00Z");
        assert_eq!(due(4 * HOUR_MS - 249), "2026-11-24T06:00:00.001Z");
        let next = |text| office.next_open(at(text)).unwrap().to_string();
        assert_eq!(next("2026-11-23T13:00:00.001Z"), "2026-11-23T13:00:00.001Z");
        assert_eq!(next("2026-11-23T14:00:00Z"), "2026-11-24T06:00:00Z");
        assert_eq!(next("2026-11-27T14:00:00Z"), "2026-11-28T20:00:00Z");
    }

    #[test]
    fn special_hours_replace_the_weeks_holidays_void_both_and_breaks_subtract() {
        let mut plan = office();
        plan.special.insert(date("2026-12-23"), openings(&["08:00-12:00"]));
        plan.special.insert(date("2026-12-24"), openings(&["08:00-12:00"]));
        plan.special.insert(date("2026-12-27"), openings(&["08:00-09:00"]));
        plan.holidays.push(Holiday::Once(date("2026-12-24"), date("2026-12-26")));
        plan.holidays.push(Holiday::every_year(MonthDay::new(12, 6).unwrap()));
        plan.breaks.insert(date("2026-12-28"), openings(&["07:00-09:00", "15:00-18:00"]));
        let calendar = Calendar::new(&plan).unwrap();
        let day = |from, to| hours(&calendar, from, to);
        assert_eq!(day("2026-12-22T22:00:00Z", "2026-12-23T22:00:00Z"), 4, "special");
        assert_eq!(day("2026-12-23T22:00:00Z", "2026-12-26T22:00:00Z"), 0, "holidays");
        assert_eq!(day("2026-12-26T22:00:00Z", "2026-12-27T22:00:00Z"), 1, "special on a Sunday");
        assert_eq!(day("2026-12-27T22:00:00Z", "2026-12-28T22:00:00Z"), 6, "breaks");
        assert_eq!(day("2028-12-05T22:00:00Z", "2028-12-06T22:00:00Z"), 0, "6 December 2028");
    }

    #[test]
    fn dates_left_out_are_no_holidays() {
        let mut plan = office();
        plan.holidays.push(Holiday::Once(date("2026-12-21"), date("2026-12-25")));
        plan.except.push(Holiday::once(date("2026-12-22")));
        plan.except.push(Holiday::every_year(MonthDay::new(12, 24).unwrap()));
        plan.special.insert(date("2026-12-24"), openings(&["08:00-12:00"]));
        assert!(!plan.is_holiday(date("2026-12-22")) && plan.is_holiday(date("2026-12-23")));
        let calendar = Calendar::new(&plan).unwrap();
        let open = |day: u8| {
            let midnight = |day| format!("2026-12-{day}T00:00:00+02:00");
            hours(&calendar, &midnight(day), &midnight(day + 1))
        };
        assert_eq!([21, 22, 23, 24, 25].map(open), [0, 8, 0, 4, 0]);
    }

    #[test]
    fn holidays_of_every_year_may_pass_the_new_year_and_be_leap_days() {
        let day = |month, day| MonthDay::new(month, day).unwrap();
        let winter = Holiday::EveryYear(day(12, 30), day(1, 2));
        for (text, closed) in [
            ("2025-12-29", false),
            ("2025-12-30", true),
            ("2026-01-02", true),
            ("2026-01-03", false),
            ("2026-06-19", false),
        ] {
            assert_eq!(winter.holds_on(date(text)), closed, "{text}");
        }
        let leap_day = Holiday::every_year(day(2, 29));
        assert!(leap_day.holds_on(date("2024-02-29")));
        assert!(!leap_day.holds_on(date("2023-02-28")) && !leap_day.holds_on(date("2023-03-01")));
        assert!(MonthDay::new(2, 30).is_none() && MonthDay::new(13, 1).is_none());
    }

    #[test]
    fn an_opening_belongs_to_the_day_on_which_it_begins() {
        let mut plan = office();
        // The night from Saturday 2026-11-28 to Sunday.
        let night = ("2026-11-28T12:00:00Z", "2026-11-29T12:00:00Z");
        plan.holidays = vec![Holiday::once(date("2026-11-29"))];
        assert_eq!(hours(&Calendar::new(&plan).unwrap(), night.0, night.1), 4);
        plan.holidays = vec![Holiday::once(date("2026-11-28"))];
        assert_eq!(hours(&Calendar::new(&plan).unwrap(), night.0, night.1), 0);
        plan.holidays.clear();
        plan.breaks.insert(date("2026-11-29"), openings(&["00:00-01:00"]));
        assert_eq!(hours(&Calendar::new(&plan).unwrap(), night.0, night.1), 3);
    }

    #[test]
    fn days_have_the_hours_they_have() {
        let mut plan = Definition::new(Zone::compiled_in("Europe/Helsinki").unwrap());
        plan.week[6] = openings(&["00:00-24:00"]);
        let sundays = Calendar::new(&plan).unwrap();
        for (around, long) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-01", 24)] {
            let noon = at(&format!("{around}T12:00:00Z"));
            let span = Elapsed::from_ms(20 * HOUR_MS);
            let open = sundays.open_time(noon.minus(span), noon.plus(span));
            assert_eq!(open.ms(), long * HOUR_MS, "{around}");
        }
        let mut gone = Definition::new(Zone::compiled_in("America/Los_Angeles").unwrap());
        gone.week[6] = openings(&["02:30-03:15"]);
        // On 2006-04-02 there is no 02:30: it means 03:30, which is after 03:15.
        let calendar = Calendar::new(&gone).unwrap();
        let open = calendar.open_time(at("2006-04-02T00:00:00Z"), at("2006-04-03T00:00:00Z"));
        assert_eq!(open, Elapsed::ZERO);
        let open = calendar.open_time(at("2006-04-09T00:00:00Z"), at("2006-04-10T00:00:00Z"));
        assert_eq!(open.ms(), 45 * MINUTE_MS);
    }

    #[test]
    fn outside_of_1990_to_2100_there_is_no_open_time() {
        let mut plan = Definition::new(Zone::compiled_in("Pacific/Auckland").unwrap());
        plan.week = std::array::from_fn(|_| openings(&["00:00-24:00"]));
        let in_zone = Calendar::new(&plan).unwrap();
        assert!(!in_zone.is_always() && Calendar::always().is_always());
        for calendar in [in_zone, Calendar::always()] {
            let (first, end) = (Timestamp::EVENT_MIN, Timestamp::EVENT_END);
            let (before, after) = (Timestamp::from_ms(0), Timestamp::from_ms(i64::MAX));
            assert_eq!(calendar.cumulative(before), 0);
            assert_eq!(calendar.cumulative(end), end.ms() - first.ms());
            assert_eq!(calendar.cumulative(after), end.ms() - first.ms());
            assert!(!calendar.is_open(before) && calendar.is_open(first));
            assert!(!calendar.is_open(end));
            assert_eq!(calendar.next_open(before), Some(first));
            assert_eq!(calendar.next_open(end), None);
            assert_eq!(calendar.reaches(-1), Some(first));
            assert_eq!(calendar.reaches(end.ms() - first.ms()), Some(end));
            assert_eq!(calendar.reaches(end.ms() - first.ms() + 1), None);
            assert_eq!(calendar.due(first, Elapsed::from_ms(i64::MAX)), None);
            assert_eq!(calendar.due(first, Elapsed::from_ms(1)).unwrap().ms(), first.ms() + 1);
        }
    }

    #[test]
    fn a_calendar_that_is_never_open_is_refused() {
        let mut plan = Definition::new(Zone::UTC);
        assert_eq!(Calendar::new(&plan), Err(NeverOpen));
        plan.special.insert(date("2026-12-24"), openings(&["08:00-12:00"]));
        assert!(Calendar::new(&plan).is_ok());
        plan.breaks.insert(date("2026-12-24"), openings(&["00:00-24:00"]));
        assert_eq!(Calendar::new(&plan), Err(NeverOpen));
    }

    #[test]
    fn spliced_calendars_hold_one_after_the_other() {
        let office = Calendar::new(&office()).unwrap();
        let until =
            local_midnight(&Zone::compiled_in("Europe/Helsinki").unwrap(), date("2026-11-25"));
        let calendar = Calendar::spliced(&office, until, &Calendar::always());
        assert_eq!(hours(&calendar, "2026-11-23T22:00:00Z", "2026-11-24T22:00:00Z"), 8);
        assert_eq!(hours(&calendar, "2026-11-24T22:00:00Z", "2026-11-25T22:00:00Z"), 24);
        assert_eq!((calendar.zone(), calendar.is_always()), (&Zone::UTC, false));
        let same = Calendar::spliced(&office, until, &office);
        assert!(same == office, "nothing changes where nothing changed");
        let always = Calendar::spliced(&Calendar::always(), until, &Calendar::always());
        assert!(always.is_always());
    }

    #[test]
    fn openings_read_as_they_are_written() {
        for (text, start, end) in [
            ("08:00-16:00", 480, 960),
            ("22:00-02:00", 1320, 1560),
            ("22:00-24:00", 1320, 1440),
            ("00:00-24:00", 0, 1440),
            ("17:00-09:00", 1020, 1980),
        ] {
            let opening = Opening::parse(text).unwrap();
            assert_eq!((opening.start(), opening.end()), (start, end), "{text}");
        }
        for text in
            ["09:00-09:00", "25:00-26:00", "24:00-02:00", "8:00-16:00", "08:60-09:00", "08:00"]
        {
            assert_eq!(Opening::parse(text), None, "{text}");
        }
    }
}
