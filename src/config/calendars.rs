//! A calendar file: named calendars of weekly opening hours, with holidays and other exceptions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use super::diagnostic::Diagnostics;
use super::disk::Disk;
use super::fields::{Field, Fields, File};
use super::yaml::{Node, SourcePosition, YamlValue};
use super::zones::ZoneFinder;
use crate::calendar::{Calendar, Definition, Holiday, MonthDay, Opening, Zone};
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
    zones: &mut ZoneFinder<'_>,
    diagnostics: &mut Diagnostics,
) -> CalendarFile {
    let mut file = File { path, diagnostics };
    let mut read = CalendarFile::default();
    let Some(mut fields) = Field::root(node).fields(&mut file) else { return read };
    if let Some(group) = fields.take("calendars").and_then(|field| field.fields(&mut file)) {
        for (key, field) in group.all() {
            check_name(&key.text, key.at, &field.key, &mut file);
            let errors = file.diagnostics.errors.len();
            let definition = definition(&field, &mut file, disk, zones, &mut read.ics_files);
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
    zones: &mut ZoneFinder<'_>,
    ics_files: &mut Vec<IcsFile>,
) -> Option<Definition> {
    let mut fields = field.fields(file)?;
    let zone = fields
        .require("zone", file, "write an IANA time zone, such as `zone: Europe/Helsinki`")
        .and_then(|field| zone(&field, file, zones));
    let mut definition = Definition::new(zone.clone().unwrap_or(Zone::UTC));
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
        definition.holidays.extend(ics::read(&item, &definition.zone, file, disk, ics_files));
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

fn zone(field: &Field<'_>, file: &mut File<'_>, zones: &mut ZoneFinder<'_>) -> Option<Zone> {
    let advice = match &field.node.value {
        YamlValue::Scalar(text) => {
            let warn = |problem: String| field.warn(file, &problem);
            if let Some(zone) = zones.zone(text, warn) {
                warn_of_sign(&zone, field, file);
                return Some(zone);
            }
            offset_advice(text).or_else(|| Some(format!("did you mean `{}`?", nearest_zone(text)?)))
        }
        YamlValue::Null | YamlValue::List(_) | YamlValue::Map(_) => None,
    };
    let advice = advice.unwrap_or_else(|| "write an IANA name, such as Europe/Helsinki".to_owned());
    field.error(file, &format!("is not a time zone; {advice}"));
    None
}

/// Warns of `Etc/GMT+2`, which is behind UTC: most people take it for a time ahead of UTC.
fn warn_of_sign(zone: &Zone, field: &Field<'_>, file: &mut File<'_>) {
    let Some((sign, hours)) = zone.name().strip_prefix("Etc/GMT").and_then(sign_and_number) else {
        return;
    };
    let side = match sign {
        Sign::Plus => "behind",
        Sign::Minus => "ahead of",
    };
    if hours > 0 {
        let problem = format!(
            "is {} {side} UTC all year: its sign is the other way round; write the place whose clocks it shows, such \
             as Europe/Helsinki",
            in_hours(hours)
        );
        field.warn(file, &problem);
    }
}

/// Advice for an offset in place of a zone, such as `GMT+2`, `UTC-05:00` or `+2`; `None` for other texts.
fn offset_advice(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let rest = upper.strip_prefix("GMT").or_else(|| upper.strip_prefix("UTC"));
    let offset = rest.unwrap_or(&upper).trim_start();
    let is_offset = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ':' | '.');
    if !offset.contains(|c: char| c.is_ascii_digit()) || !offset.chars().all(is_offset) {
        return None;
    }
    let place = "write an IANA name, such as Europe/Helsinki";
    let name = |(sign, hours)| match sign {
        Sign::Plus => (format!("{} ahead of UTC", in_hours(hours)), format!("Etc/GMT-{hours}")),
        Sign::Minus => (format!("{} behind UTC", in_hours(hours)), format!("Etc/GMT+{hours}")),
    };
    let whole_hours = offset.strip_suffix(":00").unwrap_or(offset);
    let fixed = sign_and_number(whole_hours).filter(|(_, hours)| *hours > 0).map(name);
    Some(match fixed.filter(|(_, zone)| Zone::compiled_in(zone).is_some()) {
        Some((words, zone)) => {
            format!("{place} ({words} is {zone}: its sign is the other way round)")
        }
        None => place.to_owned(),
    })
}

enum Sign {
    Plus,
    Minus,
}

/// Reads `+2` or `-05`.
fn sign_and_number(text: &str) -> Option<(Sign, u8)> {
    let number =
        |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?;
    match text.strip_prefix('+') {
        Some(digits) => Some((Sign::Plus, number(digits)?)),
        None => Some((Sign::Minus, number(text.strip_prefix('-')?)?)),
    }
}

fn in_hours(hours: u8) -> String {
    if hours == 1 { "1 hour".to_owned() } else { format!("{hours} hours") }
}

/// The zone whose name or city has the smallest edit distance, if that is at most 2 and a third of the text.
/// One of a fixed offset, such as `Etc/GMT+2`, must have the same letters: another digit is another offset.
fn nearest_zone(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase().replace(' ', "_");
    let differs = |name: &str| {
        let name = name.to_lowercase();
        let city = name.rsplit('/').next().unwrap_or_default();
        strsim::damerau_levenshtein(&text, &name).min(strsim::damerau_levenshtein(&text, city))
    };
    let is_offset =
        |name: &str| name.contains("GMT") && name.ends_with(|c: char| c.is_ascii_digit());
    let (least, name) = Zone::compiled_in_names()
        .filter(|name| !is_offset(name) || name.eq_ignore_ascii_case(&text))
        .map(|name| (differs(name), name))
        .min_by_key(|(least, _)| *least)?;
    (least <= 2 && least * 3 <= text.len()).then_some(name)
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
