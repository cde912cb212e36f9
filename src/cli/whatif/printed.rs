//! Levels that were tried, as tables for people.

use std::io::{self, Write};

use comfy_table::Table;

use super::tried_levels::TriedLevels;
use crate::agreement::{Level, Objective, Tally, VerdictState};
use crate::cli::table::{
    line_columns, number, percent, state_in_words, table, table_within, team_name, text,
};
use crate::event::Priority;
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
        "{}: {level}\nweeks {} to {} in {}, the last one as of {}\n{}\n\n{}\n",
        team_name(comparison.owner.team()),
        first.week,
        last.week,
        comparison.zone,
        last.at,
        candidate.map(targets_in_words).unwrap_or_default(),
        summary(comparison)
    )?;
    let skipped = comparison.weeks.len().saturating_sub(WEEKS_SHOWN);
    if skipped > 0 {
        writeln!(
            out,
            "the last {WEEKS_SHOWN} weeks; --format json has the {skipped} before them\n"
        )?;
    }
    for table in weeks(comparison, skipped, line_columns().into()) {
        writeln!(out, "{table}\n")?;
    }
    Ok(())
}

/// Which targets are tried: `tried: the general target; targets by priority stay as agreed: urgent 1h`.
pub(super) fn targets_in_words(candidate: &Objective) -> String {
    let own: Vec<String> = match &candidate.level {
        Level::Within { by_priority, .. } => Priority::ALL
            .into_iter()
            .zip(by_priority)
            .filter_map(|(of, own)| Some(format!("{} {}", of.label(), candidate.shown((*own)?))))
            .collect(),
        Level::NoneOver(_) => Vec::new(),
    };
    if own.is_empty() {
        return "tried: one target for all tickets".to_owned();
    }
    format!("tried: the general target; targets by priority stay as agreed: {}", own.join(", "))
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

/// One row for each candidate. A running service does not evaluate alerts, so its table has none.
fn summary(comparison: &TriedLevels) -> Table {
    let of_candidate =
        |index| comparison.weeks.iter().filter_map(move |week| week.verdicts.get(index));
    let has_alerts = of_candidate(0).all(|one| one.alert.is_some());
    let alert_columns = if has_alerts { &["alerts", "alert for"][..] } else { &[] };
    let header = [
        &["within", "weeks missed", "weeks met", "no verdict"],
        alert_columns,
        &["share in the last week", "the true share is probably"],
    ];
    let mut table = table_within(line_columns(), &header.concat());
    for (index, candidate) in comparison.candidates.iter().enumerate() {
        let of_weeks = || of_candidate(index);
        let count = |holds: fn(&TriedVerdict) -> bool| of_weeks().filter(|one| holds(one)).count();
        let tally = of_weeks().next_back().map_or_else(Tally::default, |one| one.tally);
        let mut row = vec![
            text(candidate.shown(candidate.level.target(None))),
            number(count(|one| one.state == VerdictState::Missed)),
            number(count(|one| matches!(one.state, VerdictState::Met | VerdictState::AtRisk))),
            number(count(|one| one.state == VerdictState::InsufficientData)),
        ];
        if has_alerts {
            let alerts = || of_weeks().filter_map(|one| one.alert);
            let firing: i64 = alerts().map(|alert| alert.firing.ms()).sum();
            row.push(number(alerts().map(|alert| alert.fired).sum::<u32>()));
            row.push(number(Elapsed::from_ms(firing).in_words()));
        }
        row.extend([
            number(tally.compliance_bp().map_or_else(|| "–".to_owned(), percent)),
            text(how_sure(tally)),
        ]);
        table.add_row(row);
    }
    table
}

/// How sure a share is: `78% to 91%, by 42 tickets`.
pub(super) fn how_sure(tally: Tally) -> String {
    let tickets = if tally.decided == 1 { "ticket" } else { "tickets" };
    match tally.interval() {
        None => "not known: no ticket is decided".to_owned(),
        Some(interval) => format!(
            "{}% to {}%, by {} {tickets}",
            interval.low_bp / 100,
            interval.high_bp.div_ceil(100),
            tally.decided
        ),
    }
}

/// One row for each week, and one column for each candidate; more tables where a line has no room for all.
fn weeks(comparison: &TriedLevels, skipped: usize, line: usize) -> Vec<Table> {
    let shown_weeks = || comparison.weeks.iter().skip(skipped);
    let first: Vec<String> = shown_weeks().map(|week| week.week.to_string()).collect();
    let columns = comparison.candidates.iter().enumerate().map(|(index, candidate)| {
        let header = candidate.shown(candidate.level.target(None));
        let verdicts = shown_weeks().map(|week| week.verdicts.get(index));
        let in_words = |one| week_in_words(one, candidate);
        let cells = verdicts.map(|one| one.map_or_else(String::new, in_words));
        std::iter::once(header).chain(cells).collect::<Vec<String>>()
    });
    let first: Vec<String> = std::iter::once("week".to_owned()).chain(first).collect();
    // Each column has a blank on both sides.
    let width = |column: &[String]| {
        column.iter().map(|cell| cell.chars().count()).max().unwrap_or_default() + 2
    };
    let mut groups: Vec<Vec<Vec<String>>> = Vec::new();
    let mut used = usize::MAX;
    for column in columns {
        let own = width(&column);
        if used.saturating_add(own) > line {
            groups.push(vec![first.clone()]);
            used = width(&first);
        }
        used += own;
        groups.last_mut().into_iter().for_each(|group| group.push(column.clone()));
    }
    groups.into_iter().map(|group| week_table(&group)).collect()
}

/// A table of columns, each with its heading first.
fn week_table(columns: &[Vec<String>]) -> Table {
    let row = |number: usize| columns.iter().filter_map(move |column| column.get(number));
    let header: Vec<&str> = row(0).map(String::as_str).collect();
    let mut table = table(&header);
    let rows = columns.first().map_or(0, Vec::len);
    for number in 1..rows {
        table.add_row(row(number).map(text).collect::<Vec<_>>());
    }
    table
}

/// A week of a candidate: `92.5% met`, `too few tickets (7)`; `history too short (211)` where the window
/// begins before the known history.
fn week_in_words(verdict: &TriedVerdict, candidate: &Objective) -> String {
    let state = state_in_words(verdict.state);
    let decided = verdict.tally.decided;
    if verdict.state == VerdictState::InsufficientData {
        return match candidate.level {
            Level::Within { min_tickets, .. } if decided < min_tickets => {
                format!("{state} ({decided})")
            }
            Level::Within { .. } | Level::NoneOver(_) => format!("history too short ({decided})"),
        };
    }
    match verdict.tally.compliance_bp() {
        Some(share) => format!("{} {state}", percent(share)),
        None => state.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::Target;
    use crate::measure::Measure;
    use crate::share::Share;

    #[test]
    fn a_week_without_a_verdict_says_whether_tickets_or_history_are_missing() {
        let target = Target::calendar(Elapsed::from_ms(1));
        let within = Level::Within {
            target,
            by_priority: [None; 4],
            share: Share::NINETY_PERCENT,
            min_tickets: 20,
        };
        let words = |decided, level: &Level| {
            let tally = Tally { decided, ..Tally::default() };
            let verdict =
                TriedVerdict { tally, state: VerdictState::InsufficientData, alert: None };
            week_in_words(&verdict, &Objective::new("share", Measure::FirstReply, level.clone()))
        };
        assert_eq!(words(19, &within), "too few tickets (19)");
        assert_eq!(words(20, &within), "history too short (20)");
        assert_eq!(words(0, &Level::NoneOver(target)), "history too short (0)");
    }
}
