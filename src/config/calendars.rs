//! A calendar file: named calendars of weekly opening hours, with holidays and other exceptions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::diagnostic::Diagnostics;
use super::disk::Disk;
use super::fields::{Field, Fields, File};
use super::yaml::{Node, SourcePosition, YamlValue};
use crate::calendar::{Calendar, Definition, Holiday, MonthDay, Opening};
use crate::name;

mod ics;

/// Calendars by name.
pub type Calendars = BTreeMap<Box<str>, Arc<Calendar>>;

/// Maximum calendars. Each takes about 400 kB of memory and a few ms to compute.
pub(super) const CALENDARS_MAX: usize = 256;
/// Maximum openings of one day, and breaks of one date. Each takes 8 bytes for every day of 110 years.
const OPENINGS_MAX: usize = 24;
/// The days of the week as files write them, from Monday.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// The name of the built-in calendar, which is always open.
pub const ALWAYS: &str = "always";

/// The content of a calendar file.
#[derive(Debug, Default)]
pub(super) struct CalendarFile {
    /// Its calendars.
    pub(super) calendars: Vec<ReadCalendar>,
    /// The iCalendar files that it names.
    pub(super) ics_files: Vec<IcsFile>,
}

/// A calendar as it is read.
#[derive(Debug)]
pub(super) struct ReadCalendar {
    pub(super) name: Box<str>,
    pub(super) at: SourcePosition,
    /// Always open if it has errors, so that the agreements that name it do not get errors as well.
    pub(super) calendar: Calendar,
}

/// An iCalendar file that was read.
#[derive(Debug)]
pub(super) struct IcsFile {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// Reads a calendar file and the iCalendar files that it refers to.
pub(super) fn read(
    node: &Node,
    path: &Path,
    disk: &dyn Disk,
    diagnostics: &mut Diagnostics,
) -> CalendarFile {
    let mut file = File { path, diagnostics };
    let mut read = CalendarFile::default();
    let Some(mut fields) = Field::root(node).fields(&mut file) else { return read };
    if let Some(group) = fields.take("calendars").and_then(|field| field.fields(&mut file)) {
        for (key, field) in group.all() {
            check_name(&key.text, key.at, &field.key, &mut file);
            let errors = file.diagnostics.errors.len();
            let definition = definition(&field, &mut file, disk, &mut read.ics_files);
            let calendar = match definition.map(|definition| Calendar::new(&definition)) {
                Some(Ok(calendar)) => calendar,
                Some(Err(never)) if file.diagnostics.errors.len() == errors => {
                    let advice =
                        "write at least one opening, such as `week: { mon: [\"08:00-16:00\"] }`";
                    file.error(key.at, &field.key, format!("{never}; {advice}"));
                    Calendar::always()
                }
                Some(Err(_)) | None => Calendar::always(),
            };
            let name = key.text.as_str().into();
            read.calendars.push(ReadCalendar { name, at: key.at, calendar });
        }
    }
    fields.finish(&mut file);
    read
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
fn definition(
    field: &Field<'_>,
    file: &mut File<'_>,
    disk: &dyn Disk,
    ics_files: &mut Vec<IcsFile>,
) -> Option<Definition> {
    let mut fields = field.fields(file)?;
    let zone = fields
        .require("zone", file, "write an IANA time zone, such as `zone: Europe/Helsinki`")
        .and_then(|field| zone(&field, file));
    let mut definition = Definition::new(zone.unwrap_or(Tz::UTC));
    if let Some(mut week) = fields.take("week").and_then(|week| week.fields(file)) {
        for (day, openings_of_day) in WEEKDAYS.into_iter().zip(&mut definition.week) {
            if let Some(field) = week.take(day) {
                *openings_of_day = openings(&field, file);
            }
        }
        week.finish(file);
    }
    for item in fields.take("holidays").map_or_else(Vec::new, |list| list.list(file)) {
        definition.holidays.extend(holiday(&item, file));
    }
    for item in fields.take("holidays_ics").map_or_else(Vec::new, |list| list.list(file)) {
        definition.holidays.extend(ics::read(&item, definition.zone, file, disk, ics_files));
    }
    let special = fields.take("special");
    let breaks = fields.take("breaks");
    for (group, by_date) in [(&special, &mut definition.special), (&breaks, &mut definition.breaks)]
    {
        if let Some(group) = group.as_ref().and_then(|group| group.fields(file)) {
            *by_date = dated(&group, file);
        }
    }
    if let Some(special) = special {
        warn_of_holidays(&special, &definition, file);
    }
    fields.finish(file);
    zone.map(|_| definition)
}

/// Warns of opening hours on a holiday: the holiday closes the whole day.
fn warn_of_holidays(special: &Field<'_>, definition: &Definition, file: &mut File<'_>) {
    let YamlValue::Map(entries) = &special.node.value else { return };
    for (key, _) in entries {
        if date(&key.text).is_some_and(|date| definition.is_holiday(date)) {
            let path = format!("{}.{}", special.key, key.text);
            let problem = "is a holiday, so these hours have no effect; remove them, or remove the date \
                           from the holidays";
            file.warn(key.at, &path, problem);
        }
    }
}

fn zone(field: &Field<'_>, file: &mut File<'_>) -> Option<Tz> {
    let advice = match &field.node.value {
        YamlValue::Scalar(text) => match (Tz::from_str(text), nearest_zone(text)) {
            (Ok(zone), _) => return Some(zone),
            (Err(_), Some(near)) => format!("did you mean `{near}`?"),
            (Err(_), None) => "write an IANA name, such as Europe/Helsinki".to_owned(),
        },
        YamlValue::Null | YamlValue::List(_) | YamlValue::Map(_) => {
            "write an IANA name, such as Europe/Helsinki".to_owned()
        }
    };
    field.error(file, &format!("is not a time zone; {advice}"));
    None
}

/// The zone whose name or city has the smallest edit distance, if that is at most 2 and a third of the text.
fn nearest_zone(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase().replace(' ', "_");
    let differs = |zone: &Tz| {
        let name = zone.name().to_lowercase();
        let city = name.rsplit('/').next().unwrap_or_default();
        strsim::damerau_levenshtein(&text, &name).min(strsim::damerau_levenshtein(&text, city))
    };
    let (least, zone) =
        TZ_VARIANTS.iter().map(|zone| (differs(zone), zone)).min_by_key(|(least, _)| *least)?;
    (least <= 2 && least * 3 <= text.len()).then(|| zone.name())
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

/// Reads openings by date.
fn dated(group: &Fields<'_>, file: &mut File<'_>) -> BTreeMap<NaiveDate, Vec<Opening>> {
    let mut by_date = BTreeMap::new();
    for (key, field) in group.all() {
        let openings = openings(&field, file);
        match date(&key.text) {
            Some(date) => drop(by_date.insert(date, openings)),
            None => {
                let problem = "is not a date from 1990 to 2099; write, for example, 2026-12-23";
                file.error(key.at, &field.key, problem);
            }
        }
    }
    by_date
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
