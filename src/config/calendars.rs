//! A calendar file: named calendars of weekly opening hours, with holidays and other exceptions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use self::ics::Feeds;
use super::diagnostic::Diagnostics;
use super::disk::Disk;
use super::fields::{Field, File, boolean};
use super::yaml::{Node, SourcePosition, YamlKey, YamlValue};
use super::zones::{ZoneData, ZoneFinder};
use crate::calendar::{Calendar, Definition, Holiday, MonthDay, Opening, Zone};
use crate::name;
use crate::time::{Elapsed, HOUR_MS, MINUTE_MS};

mod ics;
pub(super) mod zone;

pub(super) use self::ics::IcsFile;
pub use self::ics::NamedHoliday;

/// Calendars by name.
pub type Calendars = BTreeMap<Box<str>, Arc<Calendar>>;

/// Maximum calendars. Each takes about 400 kB of memory and a few ms to compute.
pub(super) const CALENDARS_MAX: usize = 256;
/// Maximum openings of one day, and breaks of one date. Each takes 8 bytes for every day of 110 years.
const OPENINGS_MAX: usize = 24;
/// Open time of a week, below which a calendar is a warning.
const WEEK_OPEN_MIN: Elapsed = Elapsed::from_ms(5 * HOUR_MS);
/// Days closed in a row by holidays, above which a calendar is a warning.
const CLOSED_DAYS_MAX: usize = 30;
/// The days of the week as files write them, from Monday.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// The name of the built-in calendar, which is always open.
pub const ALWAYS: &str = "always";

/// What a calendar follows from, to tell why a date is closed.
#[derive(Clone, Debug)]
pub struct CalendarRules {
    /// Weekly openings, holidays and other exceptions.
    pub definition: Definition,
    /// The holidays of the definition with their names.
    pub holidays: Vec<NamedHoliday>,
}

/// A calendar as it is read.
#[derive(Debug)]
pub(super) struct ReadCalendar {
    pub(super) name: Box<str>,
    pub(super) at: SourcePosition,
    /// Always open if it has errors, so that the agreements that name it do not get errors as well.
    pub(super) calendar: Calendar,
    /// `None` without a time zone.
    pub(super) rules: Option<CalendarRules>,
}

/// What calendars are read from, besides the configuration files. Everything is read once.
pub(super) struct CalendarSources<'d> {
    zones: ZoneFinder<'d>,
    feeds: Feeds<'d>,
}

impl<'d> CalendarSources<'d> {
    pub(super) fn new(disk: &'d dyn Disk) -> Self {
        Self { zones: ZoneFinder::new(disk), feeds: Feeds::new(disk) }
    }

    /// The iCalendar files that were read since the last call.
    pub(super) fn take_ics_files(&mut self) -> Vec<IcsFile> {
        self.feeds.take_files()
    }

    /// What finds time zones, for the files that are read later.
    pub(super) fn zones(&mut self) -> &mut ZoneFinder<'d> {
        &mut self.zones
    }

    /// The time zone data that was used.
    pub(super) fn into_zone_data(self) -> ZoneData {
        self.zones.into_data()
    }
}

/// Reads the calendars of a file, with the iCalendar files that it refers to.
pub(super) fn read(
    node: &Node,
    path: &Path,
    sources: &mut CalendarSources<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<ReadCalendar> {
    let mut file = File { path, diagnostics };
    let mut read = Vec::new();
    let Some(mut fields) = Field::root(node).fields(&mut file) else { return read };
    if let Some(group) = fields.take("calendars").and_then(|field| field.fields(&mut file)) {
        for (key, field) in group.all() {
            check_name(&key.text, key.at, &field.key, &mut file);
            let errors = file.diagnostics.errors.len();
            let rules = rules(&field, &mut file, sources);
            let calendar = match rules.as_ref().map(|rules| Calendar::new(&rules.definition)) {
                Some(Ok(calendar)) => {
                    rules
                        .iter()
                        .for_each(|rules| warn_of_closed_time(key, &field, rules, &mut file));
                    calendar
                }
                Some(Err(never)) if file.diagnostics.errors.len() == errors => {
                    let advice =
                        "write at least one opening, such as `week: { mon: [\"08:00-16:00\"] }`";
                    file.error(key.at, &field.key, format!("{never}; {advice}"));
                    Calendar::always()
                }
                Some(Err(_)) | None => Calendar::always(),
            };
            let name = key.text.as_str().into();
            read.push(ReadCalendar { name, at: key.at, calendar, rules });
        }
    }
    fields.finish(&mut file);
    read
}

/// Warns of calendars in which hardly any time is open: no target of open time is missed then.
fn warn_of_closed_time(
    key: &YamlKey,
    field: &Field<'_>,
    rules: &CalendarRules,
    file: &mut File<'_>,
) {
    let week = rules.definition.usual_week();
    if week < WEEK_OPEN_MIN {
        let problem = format!(
            "is open for {} minutes in a week, so targets of open time last for weeks; check the hours",
            week.ms() / MINUTE_MS
        );
        file.warn(key.at, &field.key, problem);
    }
    if let Some((first, days)) =
        rules.definition.longest_closure().filter(|(_, days)| *days > CLOSED_DAYS_MAX)
    {
        let problem = format!(
            "has holidays on {days} days in a row from {first}, in which no target of open time is missed; \
             check the dates"
        );
        file.warn(key.at, &field.key, problem);
    }
}

fn check_name(name: &str, at: SourcePosition, key: &str, file: &mut File<'_>) {
    if name == ALWAYS {
        let problem = "is the built-in calendar that is always open; choose another name";
        file.error(at, key, problem);
    } else if !name::is_id(name) {
        let problem =
            "cannot be a calendar's name; write 1 to 128 letters, digits or . _ : / @ # + -";
        file.error(at, key, problem);
    }
}

/// Reads one calendar; `None` if its time zone is missing or unknown.
fn rules(
    field: &Field<'_>,
    file: &mut File<'_>,
    sources: &mut CalendarSources<'_>,
) -> Option<CalendarRules> {
    let mut fields = field.fields(file)?;
    let zone = fields
        .require("zone", file, "write an IANA time zone, such as `zone: Europe/Helsinki`")
        .and_then(|field| zone::read(&field, file, &mut sources.zones));
    let mut definition = Definition::new(zone.clone().unwrap_or(Zone::UTC));
    if let Some(mut week) = fields.take("week").and_then(|week| week.fields(file)) {
        for (day, openings_of_day) in WEEKDAYS.into_iter().zip(&mut definition.week) {
            if let Some(field) = week.take(day) {
                *openings_of_day = openings(&field, file);
            }
        }
        week.finish(file);
    }
    let mut holidays = Vec::new();
    for item in fields.take("holidays").map_or_else(Vec::new, |list| list.list(file)) {
        if let (Some(dates), YamlValue::Scalar(text)) = (holiday(&item, file), &item.node.value) {
            holidays.push(NamedHoliday { dates, entry: format!("holidays: {text}").into() });
        }
    }
    let listed = holidays.len();
    for item in fields.take("holidays_ics").map_or_else(Vec::new, |list| list.list(file)) {
        holidays.extend(sources.feeds.holidays(&item, &definition.zone, file));
    }
    definition.holidays = holidays.iter().map(|holiday| holiday.dates).collect();
    if let Some(list) = fields.take("except") {
        except(&list, &mut definition, file);
    }
    if let Some(group) = fields.take("special") {
        let listed = holidays.get(..listed).unwrap_or_default();
        special(&group, listed, &mut definition, file);
        warn_of_holidays(&group, &definition, file);
    }
    if let Some(group) = fields.take("breaks").and_then(|group| group.fields(file)) {
        for (key, field) in group.all() {
            let openings = openings(&field, file);
            definition.breaks.extend(date_of(key, &field, file).map(|date| (date, openings)));
        }
    }
    fields.finish(file);
    zone.map(|_| CalendarRules { definition, holidays })
}

/// Reads the dates that are no holidays. One that no holiday has is a warning: it may be a wrong date.
fn except(list: &Field<'_>, definition: &mut Definition, file: &mut File<'_>) {
    for item in list.list(file) {
        let Some(dates) = holiday(&item, file) else { continue };
        if !definition.has_holiday_in(dates) {
            item.warn(file, "is no holiday anyway; correct the date, or remove it");
        }
        definition.except.push(dates);
    }
}

/// Reads the openings of single dates: a list, or a group that says whether they hold on a holiday.
///
/// Without that word they hold on holidays of every year and of iCalendar files: whoever writes the openings
/// of one date knows that date. If `listed`, the holidays of this file, has that very date, one of the two is
/// a mistake, and the date stays closed.
fn special(
    group: &Field<'_>,
    listed: &[NamedHoliday],
    definition: &mut Definition,
    file: &mut File<'_>,
) {
    let Some(group) = group.fields(file) else { return };
    for (key, field) in group.all() {
        let mut even_on_holidays = None;
        let openings = if field.node.is_map() {
            let Some(mut fields) = field.fields(file) else { continue };
            let advice = "write, for example, openings: [\"08:00-12:00\"]";
            let openings = fields.require("openings", file, advice);
            let even = fields.take("even_on_holidays");
            let problem = "is neither true nor false; write one of the two";
            even_on_holidays = even.and_then(|even| even.parse(file, problem, boolean));
            fields.finish(file);
            openings.map_or_else(Vec::new, |field| self::openings(&field, file))
        } else {
            openings(&field, file)
        };
        let Some(date) = date_of(key, &field, file) else { continue };
        definition.special.insert(date, openings);
        let is_listed = |holiday: &NamedHoliday| {
            matches!(holiday.dates, Holiday::Once(..)) && holiday.dates.holds_on(date)
        };
        if even_on_holidays.unwrap_or_else(|| !listed.iter().any(is_listed)) {
            definition.except.push(Holiday::once(date));
        }
    }
}

/// Warns once of all special hours on dates that stay closed the whole day, unless the file says of a date
/// that a holiday closes it.
fn warn_of_holidays(special: &Field<'_>, definition: &Definition, file: &mut File<'_>) {
    let YamlValue::Map(entries) = &special.node.value else { return };
    let mut without_effect = entries.iter().filter(|(key, node)| {
        let is_holiday = date(&key.text).is_some_and(|date| definition.is_holiday(date));
        is_holiday && node.value_of("even_on_holidays").is_none()
    });
    let Some((first, written)) = without_effect.next() else { return };
    let others: Vec<&str> = without_effect.map(|(key, _)| key.text.as_str()).collect();
    let as_are = match others.as_slice() {
        [] => String::new(),
        [one] => format!(", and so is {one}"),
        [shown @ .., last] => format!(", and so are {} and {last}", shown.join(", ")),
    };
    let problem = format!(
        "is a holiday{as_are}: these hours have no effect; to be open then, write {{ openings: [{}], \
         even_on_holidays: true }}",
        quoted_openings(written)
    );
    file.warn(first.at, &format!("{}.{}", special.key, first.text), problem);
}

/// The openings of a date as the file has them, in double quotes.
fn quoted_openings(written: &Node) -> String {
    let list = written.value_of("openings").unwrap_or(written);
    let YamlValue::List(items) = &list.value else { return String::new() };
    let quoted = items.iter().filter_map(|item| match &item.value {
        YamlValue::Scalar(text) => Some(format!("{text:?}")),
        YamlValue::Null | YamlValue::Map(_) | YamlValue::List(_) => None,
    });
    quoted.collect::<Vec<String>>().join(", ")
}

/// Reads the openings of a day.
fn openings(field: &Field<'_>, file: &mut File<'_>) -> Vec<Opening> {
    let mut openings: Vec<(Opening, String)> = Vec::new();
    let list = field.list(file);
    if list.len() > OPENINGS_MAX {
        let problem =
            format!("has {} openings; at most {OPENINGS_MAX} per day are allowed", list.len());
        file.error(field.node.at, &field.key, format!("{problem}: join those that touch"));
        return Vec::new();
    }
    for item in list {
        let Some(opening) = opening(&item, file) else { continue };
        if let Some((_, other)) = openings.iter().find(|(other, _)| opening.overlaps(*other)) {
            item.error(file, &format!("overlaps {other}; join the two or shorten one"));
        }
        openings.push((opening, item.node.shown()));
    }
    openings.into_iter().map(|(opening, _)| opening).collect()
}

fn opening(field: &Field<'_>, file: &mut File<'_>) -> Option<Opening> {
    let problem = match &field.node.value {
        YamlValue::Scalar(text) => match text.split_once('-') {
            Some((start, end)) if start == end => {
                "ends when it begins; for a whole day, write \"00:00-24:00\""
            }
            Some(_) | None => OPENING_FORM,
        },
        YamlValue::Null | YamlValue::List(_) | YamlValue::Map(_) => OPENING_FORM,
    };
    field.parse(file, problem, Opening::parse)
}

const OPENING_FORM: &str = "is not an opening; write, for example, \"08:00-16:00\" (00:00 to 24:00), or \
                            \"22:00-02:00\" to pass midnight";

/// The date that a key is.
fn date_of(key: &YamlKey, field: &Field<'_>, file: &mut File<'_>) -> Option<NaiveDate> {
    let date = date(&key.text);
    if date.is_none() {
        let problem = "is not a date from 1990 to 2099; write, for example, 2026-12-23";
        file.error(key.at, &field.key, problem);
    }
    date
}

fn holiday(field: &Field<'_>, file: &mut File<'_>) -> Option<Holiday> {
    let holiday = field.parse(file, HOLIDAY_FORM, |text| {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        match (date(first), date(last)) {
            (Some(first), Some(last)) => Some(Holiday::Once(first, last)),
            (None, None) => Some(Holiday::EveryYear(month_day(first)?, month_day(last)?)),
            (Some(_), None) | (None, Some(_)) => None,
        }
    })?;
    if matches!(holiday, Holiday::Once(first, last) if last < first) {
        field.error(file, "ends before it begins; write the earlier date first");
        return None;
    }
    Some(holiday)
}

const HOLIDAY_FORM: &str = "is not a holiday; write a date from 1990 to 2099 (2026-12-24), a date of every \
                            year (12-06), or a range of either kind (2026-12-24..2026-12-26)";

/// `YYYY-MM-DD`, from 1990 to 2099.
fn date(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (text.len() == 10 && (1990..2100).contains(&date.year())).then_some(date)
}

/// `MM-DD`.
fn month_day(text: &str) -> Option<MonthDay> {
    let (month, day) = text.split_once('-')?;
    let number = |text: &str| (text.len() == 2).then(|| text.parse().ok()).flatten();
    MonthDay::new(number(month)?, number(day)?)
}
