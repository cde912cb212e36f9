//! `vaste calendar`.

use std::sync::Arc;

use serde_json::Value;

use super::arguments::{CalendarArgs, CalendarQuestion};
use super::configuration;
use super::disk::files_of;
use super::exit::{CommandError, Exit};
use super::terminal::Terminal;
use crate::calendar::Calendar;
use crate::config::{ALWAYS, Calendars, Config};
use crate::time::{Elapsed, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

mod days;
mod questions;

/// Answers one question in words, or every question of standard input.
pub(super) fn run(
    arguments: &CalendarArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let files = match &arguments.question {
        CalendarQuestion::Elapsed { calendars, .. }
        | CalendarQuestion::Due { calendars, .. }
        | CalendarQuestion::Open { calendars, .. }
        | CalendarQuestion::Days { calendars, .. }
        | CalendarQuestion::Ask { calendars } => &calendars.calendars,
    };
    let Config { calendars, calendar_rules, .. } = read(files, terminal)?;
    let answer = match &arguments.question {
        CalendarQuestion::Ask { .. } => {
            return questions::answer_all(&calendars, terminal).map_err(CommandError::Output);
        }
        CalendarQuestion::Days { calendar, year, .. } => {
            if let Some(name) = calendar {
                find(name, &calendars).map_err(CommandError::failed)?;
            }
            let is_asked = |name: &str| calendar.as_deref().is_none_or(|asked| asked == name);
            for (name, rules) in calendar_rules.iter().filter(|(name, _)| is_asked(name)) {
                days::print(name, rules, *year, terminal)?;
            }
            if calendar_rules.is_empty() || calendar.as_deref() == Some(ALWAYS) {
                writeln!(terminal.out, "{ALWAYS}: no date is closed")?;
            }
            return Ok(Exit::Success);
        }
        CalendarQuestion::Elapsed { calendar, from, to, .. } => {
            find(calendar, &calendars).map(|calendar| elapsed_in_words(calendar, *from, *to))
        }
        CalendarQuestion::Due { calendar, from, target, .. } => {
            find(calendar, &calendars).map(|calendar| due_in_words(calendar, *from, *target))
        }
        CalendarQuestion::Open { calendar, at, .. } => {
            find(calendar, &calendars).map(|calendar| open_in_words(calendar, *at))
        }
    };
    writeln!(terminal.out, "{}", answer.map_err(CommandError::failed)?)?;
    Ok(Exit::Success)
}

/// Reads the calendars of the files, and adds the built-in one.
fn read(arguments: &[String], terminal: &mut Terminal<'_>) -> Result<Config, CommandError> {
    let mut files = Vec::new();
    for argument in arguments {
        files.extend(files_of(argument).map_err(CommandError::config)?);
    }
    let mut config = configuration::read(&files, terminal)?;
    config.calendars.insert(ALWAYS.into(), Arc::new(Calendar::always()));
    Ok(config)
}

/// No file defines the calendar.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is not a calendar of these files; there are {known}", name.escape_debug())]
struct UnknownCalendar {
    name: String,
    /// The names of all calendars.
    known: String,
}

fn find<'c>(name: &str, calendars: &'c Calendars) -> Result<&'c Calendar, UnknownCalendar> {
    calendars.get(name).map(|calendar| &**calendar).ok_or_else(|| {
        let names: Vec<&str> = calendars.keys().map(|name| &**name).collect();
        UnknownCalendar { name: name.to_owned(), known: names.join(", ") }
    })
}

fn elapsed_in_words(calendar: &Calendar, from: Timestamp, to: Timestamp) -> String {
    let open = calendar.open_time(from, to);
    let all = in_hours(to.since(from));
    format!("{} open ({} s) of {all}", in_hours(open), seconds(open))
}

fn due_in_words(calendar: &Calendar, from: Timestamp, target: Elapsed) -> String {
    match calendar.due(from, target) {
        Some(due) => format!("due {}", local(due, calendar)),
        None => "never due before 2100".to_owned(),
    }
}

fn open_in_words(calendar: &Calendar, at: Timestamp) -> String {
    match calendar.next_open(at) {
        Some(next) if next == at => format!("open at {}", local(at, calendar)),
        Some(next) => format!("closed; opens {}", local(next, calendar)),
        None => "closed; never opens before 2100".to_owned(),
    }
}

/// An instant, in UTC and in the time zone of the calendar.
fn local(at: Timestamp, calendar: &Calendar) -> String {
    let zone = calendar.zone();
    let there =
        zone.local_time(at).map(|local| local.format("%a %Y-%m-%d %H:%M:%S%.f").to_string());
    format!("{at} ({} in {})", there.unwrap_or_default(), zone.name())
}

/// A duration in hours, minutes and seconds: `39h 30m`. Not in days: a day of open time is shorter than 24 h.
fn in_hours(length: Elapsed) -> String {
    let mut words = Vec::new();
    let mut rest = length.ms();
    for (unit, letter) in [(HOUR_MS, "h"), (MINUTE_MS, "m"), (SECOND_MS, "s"), (1, "ms")] {
        if rest >= unit {
            words.push(format!("{}{letter}", rest / unit));
            rest %= unit;
        }
    }
    if words.is_empty() { "0h".to_owned() } else { words.join(" ") }
}

/// Seconds as a JSON number: an integer, or with milliseconds.
fn seconds(length: Elapsed) -> Value {
    if length.ms() % SECOND_MS == 0 {
        Value::from(length.ms() / SECOND_MS)
    } else {
        Value::from(length.seconds())
    }
}
