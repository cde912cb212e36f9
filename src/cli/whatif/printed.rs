//! Levels that were tried, as tables for people.

use std::io::{self, Write};

use comfy_table::Table;

use super::tried_levels::TriedLevels;
use crate::agreement::{Level, Objective, Tally, VerdictState};
use crate::cli::table::{number, percent, state_in_words, table, team_name, text};
use crate::time::Elapsed;
use crate::whatif::TriedVerdict;

/// The weeks that the table of weeks has at most: a quarter.
const WEEKS_SHOWN: usize = 13;

/// Prints what each candidate would have meant, and the last weeks one by one.
pub(super) fn print(comparison: &TriedLevels, out: &mut dyn Write) -> io::Result<()> {
    let (Some(first), Some(last)) = (comparison.weeks.first(), comparison.weeks.last()) else {
        return Ok(());
    };
    let candidate = comparison.candidates.first();
    let level = candidate.map(level_in_words).unwrap_or_default();
    writeln!(
        out,
        "{}: {level}; weeks {} to {} in {}, the last one as of {}\n\n{}\n",
        team_name(comparison.owner.team()),
        first.week,
        last.week,
        comparison.zone,
        last.at,
        summary(comparison)
    )?;
    let skipped = comparison.weeks.len().saturating_sub(WEEKS_SHOWN);
    if skipped > 0 {
        writeln!(
            out,
            "the last {WEEKS_SHOWN} weeks; --format json has the {skipped} before them\n"
        )?;
    }
    writeln!(out, "{}", weeks(comparison, skipped))
}

/// What the candidates have in common.
pub(super) fn level_in_words(candidate: &Objective) -> String {
    let (measure, over) = (candidate.measure.label(), candidate.over);
    match candidate.level {
        Level::Within { share, min_tickets, .. } => {
            format!("{share} {measure} over {over}, of at least {min_tickets} tickets")
        }
        Level::NoneOver(_) => format!("no {measure} over the limit"),
    }
}

/// One row for each candidate.
fn summary(comparison: &TriedLevels) -> Table {
    let last = comparison.weeks.last().map_or_else(String::new, |week| week.week.to_string());
    let mut table = table(&[
        "within",
        "weeks missed",
        "weeks met",
        "too few tickets",
        "alerts",
        "alert for",
        &format!("share in {last}"),
        "the true share is probably",
    ]);
    for (index, candidate) in comparison.candidates.iter().enumerate() {
        let of_weeks = || comparison.weeks.iter().filter_map(|week| week.verdicts.get(index));
        let count = |holds: fn(&TriedVerdict) -> bool| of_weeks().filter(|one| holds(one)).count();
        let alerts: Option<Vec<_>> = of_weeks().map(|one| one.alert).collect();
        let none = || "–".to_owned();
        let (fired, firing) = match &alerts {
            None => (none(), none()),
            Some(alerts) => {
                let firing: i64 = alerts.iter().map(|alert| alert.firing.ms()).sum();
                let fired: u32 = alerts.iter().map(|alert| alert.fired).sum();
                (fired.to_string(), Elapsed::from_ms(firing).in_words())
            }
        };
        let tally = of_weeks().next_back().map_or_else(Tally::default, |one| one.tally);
        table.add_row([
            text(candidate.shown(candidate.level.target(None))),
            number(count(|one| one.state == VerdictState::Missed)),
            number(count(|one| matches!(one.state, VerdictState::Met | VerdictState::AtRisk))),
            number(count(|one| one.state == VerdictState::InsufficientData)),
            number(fired),
            number(firing),
            number(tally.compliance_bp().map_or_else(none, percent)),
            text(how_sure(tally)),
        ]);
    }
    table
}

/// How sure a share is: `between 78% and 91%, by 42 tickets`.
pub(super) fn how_sure(tally: Tally) -> String {
    let tickets = if tally.decided == 1 { "ticket" } else { "tickets" };
    match tally.interval() {
        None => "not known: no ticket is decided".to_owned(),
        Some(interval) => format!(
            "between {}% and {}%, by {} {tickets}",
            interval.low_bp / 100,
            interval.high_bp.div_ceil(100),
            tally.decided
        ),
    }
}

/// One row for each week.
fn weeks(comparison: &TriedLevels, skipped: usize) -> Table {
    let shown = |one: &Objective| one.shown(one.level.target(None));
    let header: Vec<String> = comparison.candidates.iter().map(shown).collect();
    let mut header: Vec<&str> = header.iter().map(String::as_str).collect();
    header.insert(0, "week");
    let mut table = table(&header);
    for week in comparison.weeks.iter().skip(skipped) {
        let mut cells = vec![text(week.week)];
        cells.extend(week.verdicts.iter().map(|one| text(week_in_words(one))));
        table.add_row(cells);
    }
    table
}

/// A week of a candidate: `92.5% met`, `too few tickets (7)`.
fn week_in_words(verdict: &TriedVerdict) -> String {
    let state = state_in_words(verdict.state);
    if verdict.state == VerdictState::InsufficientData {
        return format!("{state} ({})", verdict.tally.decided);
    }
    match verdict.tally.compliance_bp() {
        Some(share) => format!("{} {state}", percent(share)),
        None => state.to_owned(),
    }
}
