//! The dates of a year on which a calendar differs from its week, and why.

use std::io;

use chrono::{NaiveDate, Weekday};
use comfy_table::{Table, presets};

use crate::calendar::Opening;
use crate::cli::terminal::Terminal;
use crate::config::CalendarRules;

const WEEK: [Weekday; 7] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
    Weekday::Sun,
];

/// Prints the dates of one calendar.
pub(super) fn print(
    name: &str,
    rules: &CalendarRules,
    year: i32,
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    let definition = &rules.definition;
    writeln!(terminal.out, "{name} in {year} ({})", definition.zone.name())?;
    let closed = WEEK.iter().zip(&definition.week).filter(|(_, openings)| openings.is_empty());
    let closed: Vec<String> = closed.map(|(day, _)| day.to_string()).collect();
    if !closed.is_empty() {
        writeln!(terminal.out, "closed every {}", closed.join(", "))?;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for date in (1..=366).filter_map(|day| NaiveDate::from_yo_opt(year, day)) {
        if let Some(Day { hours, why }) = day(rules, date) {
            table.add_row([date.format("%a %Y-%m-%d").to_string(), hours, why]);
        }
    }
    if table.is_empty() {
        return writeln!(terminal.out, "every date is like its day of the week");
    }
    for line in table.lines() {
        writeln!(terminal.out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A date that differs from its day of the week.
struct Day {
    hours: String,
    /// The entries of the file that make it differ.
    why: String,
}

/// What differs on a date; `None` if nothing does.
fn day(rules: &CalendarRules, date: NaiveDate) -> Option<Day> {
    let definition = &rules.definition;
    let holidays = rules.holidays.iter().filter(|holiday| holiday.dates.holds_on(date));
    let mut entries: Vec<&str> = holidays.map(|holiday| &*holiday.entry).collect();
    entries.dedup();
    let entries = entries.join(", ");
    if definition.is_holiday(date) {
        return Some(Day { hours: "closed".to_owned(), why: entries });
    }
    let is_special = definition.special.contains_key(&date);
    let mut why = match (is_special, entries.is_empty()) {
        (true, true) => vec!["special".to_owned()],
        (true, false) => vec![format!("special (overrides {entries})")],
        (false, true) => Vec::new(),
        (false, false) => vec![format!("except (overrides {entries})")],
    };
    if let Some(breaks) = definition.breaks.get(&date).filter(|breaks| !breaks.is_empty()) {
        why.push(format!("breaks: {}", listed(breaks)));
    }
    let openings = definition.openings(date);
    let hours = if openings.is_empty() { "closed".to_owned() } else { listed(openings) };
    (!why.is_empty()).then(|| Day { hours, why: why.join("; ") })
}

fn listed(openings: &[Opening]) -> String {
    openings.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
