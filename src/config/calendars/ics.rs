//! Holidays from iCalendar files: all-day events close their dates.
//!
//! What cannot be read is a warning that names the event: a holiday must not be lost in silence. calcard
//! (of the Stalwart mail server) reads the file and works recurrences out.

use std::path::PathBuf;

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz as IcsZone;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarFrequency, ICalendarProperty,
    ICalendarRecurrenceRule, ICalendarStatus, ICalendarValue,
};
use calcard::{Entry, Parser};
use chrono::{Datelike, Days, NaiveDate, TimeZone};
use chrono_tz::Tz;

use crate::calendar::Holiday;
use crate::config::disk::Disk;
use crate::config::fields::{Field, File};

/// Events of one file at most; a public calendar has some twenty a year.
const EVENTS_MAX: usize = 10_000;
/// Dates that one recurrence gives at most: every day of 110 years.
const OCCURRENCES_MAX: usize = 41_000;
/// The last year that calendars know.
const YEAR_LAST: u16 = 2099;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The holidays of the file that a field names, relative to the file that the field is in.
pub(super) fn read(
    field: &Field<'_>,
    zone: Tz,
    file: &mut File<'_>,
    disk: &dyn Disk,
    texts: &mut Vec<(PathBuf, String)>,
) -> Vec<Holiday> {
    let problem = "is not a file; write such as finland.ics";
    let Some(name) = field.parse(file, problem, |text| Some(text.to_owned())) else {
        return Vec::new();
    };
    let path = file.path.parent().map_or_else(|| PathBuf::from(&name), |folder| folder.join(&name));
    let text = match disk.read(&path) {
        Ok(text) => text,
        Err(error) => {
            let problem = format!("cannot be read: {error}; name a file that is there");
            field.fault(file, &format!("({}) {problem}", path.display()));
            return Vec::new();
        }
    };
    let holidays = match events(&text) {
        Ok(events) => holidays(&events, zone, field, file),
        Err(problem) => {
            field.fault(file, &problem);
            Vec::new()
        }
    };
    texts.push((path, text));
    holidays
}

/// The events of a text, if it is iCalendar as a whole.
fn events(text: &str) -> Result<Vec<ICalendarComponent>, String> {
    let mut parser = Parser::new(text);
    let mut events = Vec::new();
    let mut calendars = 0;
    let way_out = "export it again, as iCalendar (.ics)";
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => {
                let [outer, components @ ..] = calendar.components.as_slice() else { continue };
                if outer.component_type != ICalendarComponentType::VCalendar {
                    return Err(format!("has an event outside of a calendar; {way_out}"));
                }
                calendars += 1;
                let is_event = |one: &&ICalendarComponent| one.component_type.is_event();
                events.extend(components.iter().filter(is_event).cloned());
            }
            Entry::Eof => break,
            Entry::VCard(_)
            | Entry::InvalidLine(_)
            | Entry::UnexpectedComponentEnd { .. }
            | Entry::UnterminatedComponent(_)
            | Entry::TooManyComponents
            | _ => return Err(format!("is not an iCalendar file; {way_out}")),
        }
    }
    let last = text.trim_end().lines().next_back().unwrap_or_default();
    if calendars == 0 {
        Err(format!("is not an iCalendar file; {way_out}"))
    } else if !last.trim().eq_ignore_ascii_case("END:VCALENDAR") {
        Err(format!("is cut short: it does not end with END:VCALENDAR; {way_out}"))
    } else if events.len() > EVENTS_MAX {
        Err(format!("has {} events; at most {EVENTS_MAX} are read: split it", events.len()))
    } else {
        Ok(events)
    }
}

fn holidays(
    events: &[ICalendarComponent],
    zone: Tz,
    field: &Field<'_>,
    file: &mut File<'_>,
) -> Vec<Holiday> {
    let mut holidays = Vec::new();
    for (number, event) in (1..).zip(events) {
        match dates(event, zone) {
            Ok(dates) => holidays.extend(dates),
            Err(problem) => {
                let name = event
                    .property(&ICalendarProperty::Summary)
                    .or(event.property(&ICalendarProperty::Uid));
                let name = name.and_then(|name| name.values.first()?.as_text());
                let name = name.unwrap_or("without a name").escape_debug().to_string();
                let problem = format!("{}: event {number} ({name}) {problem}", field.node.shown());
                file.warn(field.node.at, &field.key, problem);
            }
        }
    }
    holidays
}

/// The dates that an event closes, or why it closes none.
fn dates(event: &ICalendarComponent, zone: Tz) -> Result<Vec<Holiday>, &'static str> {
    if event.status() == Some(&ICalendarStatus::Cancelled) {
        return Err("is cancelled: it closes nothing; take it out");
    }
    if event.has_property(&ICalendarProperty::RecurrenceId) {
        return Err(
            "moves one date of another event, which is not read: list that date under `holidays`",
        );
    }
    let (first, days) = first_dates(event)?;
    let catalog = event.properties(&ICalendarProperty::Rrule).count();
    if catalog == 0 && !event.has_property(&ICalendarProperty::Rdate) {
        return Ok(vec![holiday(first, days)]);
    }
    if catalog > 1 || event.has_property(&ICalendarProperty::Exrule) {
        return Err(NO_RECURRENCE);
    }
    let mut event = event.clone();
    for entry in &mut event.entries {
        if entry.name == ICalendarProperty::Rrule {
            let Some(ICalendarValue::RecurrenceRule(rule)) = entry.values.first_mut() else {
                return Err(NO_RECURRENCE);
            };
            bound(rule, zone)?;
        }
    }
    let expanded =
        ICalendar { components: vec![event] }.expand_dates(IcsZone::Floating, OCCURRENCES_MAX);
    if !expanded.errors.is_empty() || expanded.events.is_empty() {
        return Err(NO_RECURRENCE);
    }
    let starts = expanded.events.iter().map(|event| event.start.naive_local().date());
    Ok(starts.map(|first| holiday(first, days)).collect())
}

const NO_RECURRENCE: &str =
    "has a recurrence that is not read: it closes nothing; list its dates under `holidays`";

fn holiday(first: NaiveDate, days: u64) -> Holiday {
    let last = first.checked_add_days(Days::new(days.saturating_sub(1)));
    Holiday::Once(first, last.unwrap_or(first))
}

/// The first date of an all-day event, and how many days it lasts.
fn first_dates(event: &ICalendarComponent) -> Result<(NaiveDate, u64), &'static str> {
    let value = |property| event.property(&property).map(|entry| entry.values.first());
    let whole_days = "has a time of day: it closes nothing; make it an all-day event";
    let date = |value: Option<&ICalendarValue>| match value {
        Some(ICalendarValue::PartialDateTime(at)) if at.has_time() => Err(whole_days),
        Some(ICalendarValue::PartialDateTime(at)) => date_of(at).ok_or(NO_DATE),
        _ => Err(NO_DATE),
    };
    let first = date(value(ICalendarProperty::Dtstart).flatten())?;
    let days = match (value(ICalendarProperty::Dtend), value(ICalendarProperty::Duration)) {
        // The end is excluded.
        (Some(end), _) => date(end)?.signed_duration_since(first).num_days(),
        (None, Some(Some(ICalendarValue::Duration(length)))) => {
            let seconds = length.as_seconds();
            if seconds % DAY_SECONDS != 0 {
                return Err(whole_days);
            }
            seconds / DAY_SECONDS
        }
        (None, Some(_)) => return Err(NO_DATE),
        (None, None) => 1,
    };
    // Some write the same date twice for one day.
    match u64::try_from(days) {
        Ok(days) => Ok((first, days.max(1))),
        Err(_) => Err("ends before it begins: it closes nothing; write it again"),
    }
}

const NO_DATE: &str = "has no date that can be read: it closes nothing; write it again";

fn date_of(at: &PartialDateTime) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(at.year?.into(), at.month?.into(), at.day?.into())
}

/// Sees to it that a recurrence is one of days and ends where calendars end.
fn bound(rule: &mut ICalendarRecurrenceRule, zone: Tz) -> Result<(), &'static str> {
    let of_days = match rule.freq {
        ICalendarFrequency::Yearly
        | ICalendarFrequency::Monthly
        | ICalendarFrequency::Weekly
        | ICalendarFrequency::Daily => {
            rule.byhour.is_empty() && rule.byminute.is_empty() && rule.bysecond.is_empty()
        }
        ICalendarFrequency::Hourly
        | ICalendarFrequency::Minutely
        | ICalendarFrequency::Secondly => false,
    };
    if !of_days || rule.rscale.is_some() || rule.skip.is_some() {
        return Err(NO_RECURRENCE);
    }
    let (year, month, day) = match &rule.until {
        Some(until) => {
            let last = last_date(until, zone).ok_or(NO_RECURRENCE)?;
            let year = u16::try_from(last.year()).map_err(|_| NO_RECURRENCE)?;
            if year > YEAR_LAST { END } else { (year, last.month(), last.day()) }
        }
        None => END,
    };
    let part = |number: u32| u8::try_from(number).ok();
    rule.until = Some(PartialDateTime {
        year: Some(year),
        month: part(month),
        day: part(day),
        hour: Some(23),
        minute: Some(59),
        second: Some(59),
        ..PartialDateTime::default()
    });
    Ok(())
}

const END: (u16, u32, u32) = (YEAR_LAST, 12, 31);

/// The last date that a recurrence may give: as it is written, or, where that is an instant, in the zone.
fn last_date(until: &PartialDateTime, zone: Tz) -> Option<NaiveDate> {
    let written = until.to_date_time()?;
    if until.has_zone() && until.has_time() {
        let utc = written.date_time.checked_sub_offset(written.offset?)?;
        return Some(zone.from_utc_datetime(&utc).date_naive());
    }
    date_of(until)
}
