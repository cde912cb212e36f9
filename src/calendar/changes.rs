//! What differs between two texts of a calendar: open time in total, and open hours by date.

use std::fmt;

use chrono::{Days, NaiveDate};

use super::{Calendar, OpenStretch, Zone, instant, local_midnight, ms, seconds, since_1990};
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

/// Days before now that are compared: the windows of most verdicts.
pub const PAST_DAYS: u16 = 28;
/// Days after now that are compared: every holiday of a year.
pub const COMING_DAYS: u16 = 365;
/// Dates that are listed at most; the others are counted.
const DATES_MAX: usize = 12;

/// What differs between two calendars, from 28 days before an instant to 365 days after it.
///
/// Its text is one line for the totals of each side of the instant, and one for each date that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarChanges {
    /// The time zones, if they differ.
    pub zones: Option<[Box<str>; 2]>,
    /// The open time of the last 28 days, former and present.
    pub past: [Elapsed; 2],
    /// The open time of the coming 365 days, former and present.
    pub coming: [Elapsed; 2],
    /// The first dates whose open hours differ, at most 12.
    pub dates: Vec<DateChange>,
    /// How many more dates differ.
    pub more: usize,
}

/// A date whose open hours differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateChange {
    /// The date, in the present time zone.
    pub date: NaiveDate,
    /// Its open hours in the present time zone, former and present: `08:00-11:30, 12:00-16:00` or `closed`.
    pub open: [String; 2],
}

impl CalendarChanges {
    /// Compares two calendars around `now`; `None` if nothing differs in that time.
    pub fn between(former: &Calendar, present: &Calendar, now: Timestamp) -> Option<Self> {
        if former == present {
            return None;
        }
        let zone = present.zone();
        let first =
            zone.local_time(now)?.date_naive().checked_sub_days(Days::new(PAST_DAYS.into()))?;
        let count = PAST_DAYS.saturating_add(COMING_DAYS);
        let end = first.checked_add_days(Days::new(count.into()))?;
        let dates = first.iter_days().take(count.into());
        let span = [first, end].map(|date| second_of(local_midnight(zone, date)));
        let within = |calendar: &Calendar| -> Vec<OpenStretch> {
            calendar.stretches().filter_map(|stretch| clip(stretch, span)).collect()
        };
        let stretches = [former, present].map(within);
        let mut differing = dates.filter_map(|date| {
            let day = [date, date.succ_opt()?].map(|date| second_of(local_midnight(zone, date)));
            let of_day = |all: &Vec<OpenStretch>| -> Vec<OpenStretch> {
                all.iter().filter_map(|stretch| clip(*stretch, day)).collect()
            };
            let [before, after] = [&stretches[0], &stretches[1]].map(of_day);
            let shown = |hours: Vec<OpenStretch>| hours_of_day(&hours, day, zone);
            (before != after).then(|| DateChange { date, open: [shown(before), shown(after)] })
        });
        let dates: Vec<DateChange> = differing.by_ref().take(DATES_MAX).collect();
        let more = differing.count();
        let names = [former, present].map(|calendar| Box::from(calendar.zone().name()));
        let zones = (former.zone().name() != zone.name()).then_some(names);
        if dates.is_empty() && zones.is_none() {
            return None;
        }
        let open = |from, to| [former.open_time(from, to), present.open_time(from, to)];
        let days = |days: u16| Elapsed::from_ms(DAY_MS.saturating_mul(days.into()));
        let (past, coming) = (days(PAST_DAYS), days(COMING_DAYS));
        Some(Self {
            zones,
            past: open(now.minus(past), now),
            coming: open(now, now.plus(coming)),
            dates,
            more,
        })
    }

    /// Open time in the last 28 days, then in the coming 365, each by the former and by the present
    /// calendar: `152h 30m`.
    pub fn open_hours(&self) -> [[String; 2]; 2] {
        [self.past, self.coming].map(|both| both.map(hours))
    }
}

impl fmt::Display for CalendarChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some([former, present]) = &self.zones {
            writeln!(f, "zone: {former} → {present}")?;
        }
        let [past, coming] = self.open_hours().map(|both| both.join(" → "));
        writeln!(f, "open in the last {PAST_DAYS} days: {past}")?;
        writeln!(f, "open in the coming {COMING_DAYS} days: {coming}")?;
        for DateChange { date, open } in &self.dates {
            let [former, present] = open;
            writeln!(f, "{}: {former} → {present}", date.format("%a %Y-%m-%d"))?;
        }
        if self.more > 0 {
            writeln!(f, "and {} more dates", self.more)?;
        }
        Ok(())
    }
}

/// An instant as calendars count it: seconds since 1990.
fn second_of(at: Timestamp) -> u32 {
    seconds(since_1990(at))
}

fn clip(stretch: OpenStretch, [from, to]: [u32; 2]) -> Option<OpenStretch> {
    stretch.clip(from, to)
}

/// The open hours of a day in local time.
fn hours_of_day(hours: &[OpenStretch], [_, midnight]: [u32; 2], zone: &Zone) -> String {
    let local = |second: u32| {
        let local = zone.local_time(instant(ms(second)));
        local.map_or_else(String::new, |local| local.format("%H:%M").to_string())
    };
    let end = |second: u32| if second == midnight { "24:00".to_owned() } else { local(second) };
    let shown = |one: &OpenStretch| format!("{}-{}", local(one.start), end(one.end));
    let shown: Vec<String> = hours.iter().map(shown).collect();
    if shown.is_empty() { "closed".to_owned() } else { shown.join(", ") }
}

/// Open time in hours, as people say it: `152h 30m`.
fn hours(open: Elapsed) -> String {
    let minutes = open.ms() / MINUTE_MS;
    match (open.ms() / HOUR_MS, minutes % 60) {
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Definition, Holiday, Opening};

    /// Open from 08:00 to 16:00 UTC every day, with these holidays.
    fn calendar(holidays: &[&str]) -> Calendar {
        let mut definition = Definition::new(Zone::UTC);
        for day in &mut definition.week {
            day.extend(Opening::parse("08:00-16:00"));
        }
        definition.holidays = holidays.iter().map(|text| Holiday::once(date(text))).collect();
        Calendar::new(&definition).unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
    }

    const NOW: &str = "2026-11-28T00:00:00Z";

    fn changes(former: &Calendar, present: &Calendar) -> Option<CalendarChanges> {
        CalendarChanges::between(former, present, Timestamp::parse(NOW).unwrap())
    }

    #[test]
    fn dates_that_differ_are_listed_from_28_days_ago_to_a_year_ahead() {
        let (plain, none) = (calendar(&[]), calendar(&["2026-10-30", "2027-11-28"]));
        assert_eq!(changes(&plain, &plain), None);
        assert_eq!(changes(&plain, &none), None, "one day too early, one too late");
        let some = calendar(&["2026-10-31", "2026-11-27", "2026-11-28", "2027-11-27"]);
        let found = changes(&plain, &some).unwrap();
        let dates: Vec<String> = found.dates.iter().map(|day| day.date.to_string()).collect();
        assert_eq!(dates, ["2026-10-31", "2026-11-27", "2026-11-28", "2027-11-27"]);
        insta::assert_snapshot!(found, @r"
        open in the last 28 days: 224h → 208h
        open in the coming 365 days: 2920h → 2904h
        Sat 2026-10-31: 08:00-16:00 → closed
        Fri 2026-11-27: 08:00-16:00 → closed
        Sat 2026-11-28: 08:00-16:00 → closed
        Sat 2027-11-27: 08:00-16:00 → closed
        ");
    }

    #[test]
    fn the_list_of_dates_is_bounded() {
        let found = changes(&calendar(&[]), &Calendar::always()).unwrap();
        assert_eq!((found.dates.len(), found.more), (12, 28 + 365 - 12));
        assert_eq!(found.dates[0].open, ["08:00-16:00", "00:00-24:00"]);
    }

    #[test]
    fn hours_that_move_within_a_day_differ_although_the_day_is_as_long() {
        let mut definition = Definition::new(Zone::UTC);
        for day in &mut definition.week {
            day.extend(Opening::parse("08:00-16:00"));
        }
        let monday = date("2026-11-30");
        definition.special.insert(monday, vec![Opening::parse("14:00-22:00").unwrap()]);
        let found = changes(&calendar(&[]), &Calendar::new(&definition).unwrap()).unwrap();
        let open = ["08:00-16:00", "14:00-22:00"].map(str::to_owned);
        assert_eq!(found.dates, [DateChange { date: monday, open }]);
    }
}
