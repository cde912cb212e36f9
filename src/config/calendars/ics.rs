//! Holidays from iCalendar files: an all-day event closes its dates, unless it is an observance.
//!
//! An event that cannot be used is a warning with the event's name, so that no holiday is lost silently.
//! calcard (of the Stalwart mail server) parses the file and expands recurrences.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz as IcsZone;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarFrequency, ICalendarProperty,
    ICalendarRecurrenceRule, ICalendarStatus, ICalendarValue,
};
use calcard::{Entry, Parser};
use chrono::{Datelike, Days, NaiveDate};

use crate::calendar::{Holiday, Zone};
use crate::config::disk::{Disk, unreadable};
use crate::config::fields::{Field, File, boolean};
use crate::time::Timestamp;

mod selection;

/// Maximum events of one file. A public calendar has about twenty a year.
const EVENTS_MAX: usize = 10_000;
/// Maximum dates of one recurrence: every day of 110 years.
const OCCURRENCES_MAX: usize = 41_000;
/// The last year of calendars.
const YEAR_LAST: u16 = 2099;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Dates that are closed, and why.
#[derive(Clone, Debug)]
pub struct NamedHoliday {
    /// The dates.
    pub dates: Holiday,
    /// The entry of the file, such as `holidays: 12-24..12-26` or `finland.ics: Midsummer Eve`.
    pub entry: Arc<str>,
}

/// An iCalendar file that was read.
#[derive(Debug)]
pub(in crate::config) struct IcsFile {
    pub(in crate::config) path: PathBuf,
    pub(in crate::config) text: String,
}

/// The iCalendar files of all calendars, each read once.
pub(super) struct Feeds<'d> {
    disk: &'d dyn Disk,
    /// The events of each file, or why it has none.
    read: BTreeMap<PathBuf, Result<Rc<[ICalendarComponent]>, Rc<str>>>,
    /// The files that were read since they were last taken.
    files: Vec<IcsFile>,
    /// The warnings that were given, with the file that they are about.
    given: BTreeSet<(PathBuf, String)>,
}

/// An entry of `holidays_ics`.
struct FeedEntry {
    /// The file as written.
    name: String,
    /// Whether events that are free time are holidays too.
    close_transparent: bool,
}

impl<'d> Feeds<'d> {
    pub(super) fn new(disk: &'d dyn Disk) -> Self {
        Self { disk, read: BTreeMap::new(), files: Vec::new(), given: BTreeSet::new() }
    }

    pub(super) fn take_files(&mut self) -> Vec<IcsFile> {
        std::mem::take(&mut self.files)
    }

    /// The holidays of the file that a field names. Its path is relative to the configuration file. Each
    /// warning about a file is given once.
    pub(super) fn holidays(
        &mut self,
        field: &Field<'_>,
        zone: &Zone,
        file: &mut File<'_>,
    ) -> Vec<NamedHoliday> {
        let Some(entry) = entry(field, file) else { return Vec::new() };
        let name = PathBuf::from(&entry.name);
        let path = file.path.parent().map_or_else(|| name.clone(), |folder| folder.join(&name));
        let events = match self.events(path.clone()) {
            Ok(events) => events,
            Err(problem) => {
                let shown = entry.name.escape_debug();
                file.error(field.node.at, &field.key, format!("`{shown}` {problem}"));
                return Vec::new();
            }
        };
        let Closing { holidays, warnings } = closing(&events, &entry, zone);
        for warning in warnings {
            if self.given.insert((path.clone(), warning.clone())) {
                let shown = entry.name.escape_debug();
                file.warn(field.node.at, &field.key, format!("`{shown}`: {warning}"));
            }
        }
        holidays
    }

    /// The events of a file.
    fn events(&mut self, path: PathBuf) -> Result<Rc<[ICalendarComponent]>, Rc<str>> {
        if let Some(known) = self.read.get(&path) {
            return known.clone();
        }
        let read = match self.disk.read(&path) {
            Ok(text) => {
                let events = events(&text).map(Rc::from).map_err(|error| error.to_string().into());
                self.files.push(IcsFile { path: path.clone(), text });
                events
            }
            Err(error) => Err(format!("({}) {}", path.display(), unreadable(&error)).into()),
        };
        self.read.insert(path, read.clone());
        read
    }
}

/// Reads an entry: the name of a file, or a group with more keys.
fn entry(field: &Field<'_>, file: &mut File<'_>) -> Option<FeedEntry> {
    let problem = "is not a file; write, for example, finland.ics";
    let text = |text: &str| Some(text.to_owned());
    if !field.node.is_map() {
        let name = field.parse(file, problem, text)?;
        return Some(FeedEntry { name, close_transparent: false });
    }
    let mut fields = field.fields(file)?;
    let name = fields.require("file", file, "write, for example, file: finland.ics");
    let name = name.and_then(|name| name.parse(file, problem, text));
    let close = fields.take("close_transparent");
    let neither = "is neither true nor false; write one of the two";
    let close_transparent = close.and_then(|close| close.parse(file, neither, boolean));
    fields.finish(file);
    Some(FeedEntry { name: name?, close_transparent: close_transparent.unwrap_or_default() })
}

/// Why a file gives no holidays at all.
#[derive(Debug, thiserror::Error)]
enum IcsError {
    #[error("is not an iCalendar file; export it again as iCalendar (.ics)")]
    NotICalendar,
    #[error("has an event outside of a calendar; export it again as iCalendar (.ics)")]
    EventOutside,
    #[error("has {0} events; at most {EVENTS_MAX} are allowed: split the file")]
    TooManyEvents(usize),
    #[error(
        "is truncated: it does not end with END:VCALENDAR; export it again as iCalendar (.ics)"
    )]
    Truncated,
}

/// The events of a text that is one whole iCalendar file.
fn events(text: &str) -> Result<Vec<ICalendarComponent>, IcsError> {
    let mut parser = Parser::new(text);
    let mut events = Vec::new();
    let mut calendars = 0;
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => {
                let [outer, components @ ..] = calendar.components.as_slice() else { continue };
                if outer.component_type != ICalendarComponentType::VCalendar {
                    return Err(IcsError::EventOutside);
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
            | _ => return Err(IcsError::NotICalendar),
        }
    }
    let last = text.trim_end().lines().next_back().unwrap_or_default();
    if calendars == 0 {
        Err(IcsError::NotICalendar)
    } else if !last.trim().eq_ignore_ascii_case("END:VCALENDAR") {
        Err(IcsError::Truncated)
    } else if events.len() > EVENTS_MAX {
        Err(IcsError::TooManyEvents(events.len()))
    } else {
        Ok(events)
    }
}

/// What the events of a file close.
struct Closing {
    holidays: Vec<NamedHoliday>,
    /// About events that close no date.
    warnings: Vec<String>,
}

fn closing(events: &[ICalendarComponent], entry: &FeedEntry, zone: &Zone) -> Closing {
    let file = &entry.name;
    let mut holidays = Vec::new();
    let mut warnings = Vec::new();
    let selection = selection::select(events, file, entry.close_transparent);
    let all = (1..).zip(events).zip(selection.is_holiday);
    for ((number, event), _) in all.filter(|(_, is_holiday)| *is_holiday) {
        let name = selection::name(event);
        match dates(event, zone) {
            Ok(dates) => {
                let name = name.unwrap_or_else(|| format!("event {number}"));
                let entry: Arc<str> = format!("{file}: {name}").into();
                let named = |dates| NamedHoliday { dates, entry: Arc::clone(&entry) };
                holidays.extend(dates.into_iter().map(named));
            }
            Err(error) => {
                let name = name.as_deref().unwrap_or("without a name");
                warnings.push(format!("event {number} ({name}) {error}"));
            }
        }
    }
    warnings.extend(selection.warnings);
    Closing { holidays, warnings }
}

/// Why an event closes no date.
#[derive(Debug, thiserror::Error)]
enum EventError {
    #[error("is cancelled, so it closes no date; remove it")]
    Cancelled,
    #[error("ends before it begins, so it closes no date; correct it")]
    EndsBeforeStart,
    #[error(
        "moves one date of another event, which is not supported, so it closes no date; list the date under \
         `holidays`"
    )]
    MovesOccurrence,
    #[error("has no valid date, so it closes no date; correct it")]
    NoDate,
    #[error(
        "has a recurrence that is not supported, so it closes no date; list its dates under `holidays`"
    )]
    Recurrence,
    #[error("has a time of day, so it closes no date; make it an all-day event")]
    TimeOfDay,
}

/// The dates that an event closes.
fn dates(event: &ICalendarComponent, zone: &Zone) -> Result<Vec<Holiday>, EventError> {
    if event.status() == Some(&ICalendarStatus::Cancelled) {
        return Err(EventError::Cancelled);
    }
    if event.has_property(&ICalendarProperty::RecurrenceId) {
        return Err(EventError::MovesOccurrence);
    }
    let AllDay { first, days } = first_dates(event)?;
    let recurrences = event.properties(&ICalendarProperty::Rrule).count();
    if recurrences == 0 && !event.has_property(&ICalendarProperty::Rdate) {
        return Ok(vec![holiday(first, days)]);
    }
    if recurrences > 1 || event.has_property(&ICalendarProperty::Exrule) {
        return Err(EventError::Recurrence);
    }
    let mut event = event.clone();
    for entry in &mut event.entries {
        if entry.name == ICalendarProperty::Rrule {
            let Some(ICalendarValue::RecurrenceRule(rule)) = entry.values.first_mut() else {
                return Err(EventError::Recurrence);
            };
            bound(rule, zone)?;
        }
    }
    let expanded =
        ICalendar { components: vec![event] }.expand_dates(IcsZone::Floating, OCCURRENCES_MAX);
    if !expanded.errors.is_empty() || expanded.events.is_empty() {
        return Err(EventError::Recurrence);
    }
    let starts = expanded.events.iter().map(|event| event.start.naive_local().date());
    Ok(starts.map(|first| holiday(first, days)).collect())
}

/// The first occurrence of an all-day event.
struct AllDay {
    first: NaiveDate,
    /// Its length in days, at least 1.
    days: u64,
}

fn holiday(first: NaiveDate, days: u64) -> Holiday {
    let last = first.checked_add_days(Days::new(days.saturating_sub(1)));
    Holiday::Once(first, last.unwrap_or(first))
}

/// The first occurrence of an event.
fn first_dates(event: &ICalendarComponent) -> Result<AllDay, EventError> {
    let value = |property| event.property(&property).map(|entry| entry.values.first());
    let date = |value: Option<&ICalendarValue>| match value {
        Some(ICalendarValue::PartialDateTime(at)) if at.has_time() => Err(EventError::TimeOfDay),
        Some(ICalendarValue::PartialDateTime(at)) => date_of(at).ok_or(EventError::NoDate),
        _ => Err(EventError::NoDate),
    };
    let first = date(value(ICalendarProperty::Dtstart).flatten())?;
    let days = match (value(ICalendarProperty::Dtend), value(ICalendarProperty::Duration)) {
        // The end is excluded.
        (Some(end), _) => date(end)?.signed_duration_since(first).num_days(),
        (None, Some(Some(ICalendarValue::Duration(length)))) => {
            let seconds = length.as_seconds();
            if seconds % DAY_SECONDS != 0 {
                return Err(EventError::TimeOfDay);
            }
            seconds / DAY_SECONDS
        }
        (None, Some(_)) => return Err(EventError::NoDate),
        (None, None) => 1,
    };
    // Some programs write the same date as start and end of one day.
    match u64::try_from(days) {
        Ok(days) => Ok(AllDay { first, days: days.max(1) }),
        Err(_) => Err(EventError::EndsBeforeStart),
    }
}

fn date_of(at: &PartialDateTime) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(at.year?.into(), at.month?.into(), at.day?.into())
}

/// Limits a recurrence to the years of calendars. One by hours or less is refused.
fn bound(rule: &mut ICalendarRecurrenceRule, zone: &Zone) -> Result<(), EventError> {
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
        return Err(EventError::Recurrence);
    }
    let DateParts { year, month, day } = match &rule.until {
        Some(until) => {
            let last = last_date(until, zone).ok_or(EventError::Recurrence)?;
            let year = u16::try_from(last.year()).map_err(|_| EventError::Recurrence)?;
            if year > YEAR_LAST {
                LAST_DATE
            } else {
                DateParts { year, month: last.month(), day: last.day() }
            }
        }
        None => LAST_DATE,
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

/// A date in the types that calcard and chrono share.
struct DateParts {
    year: u16,
    month: u32,
    day: u32,
}

const LAST_DATE: DateParts = DateParts { year: YEAR_LAST, month: 12, day: 31 };

/// The last date of a recurrence. An instant is converted to the time zone of the calendar.
fn last_date(until: &PartialDateTime, zone: &Zone) -> Option<NaiveDate> {
    let written = until.to_date_time()?;
    if until.has_zone() && until.has_time() {
        let utc = written.date_time.checked_sub_offset(written.offset?)?;
        let instant = Timestamp::from_ms(utc.and_utc().timestamp_millis());
        return Some(zone.local_time(instant)?.date_naive());
    }
    date_of(until)
}
