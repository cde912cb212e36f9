//! Readings and verdicts as tables for people.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use terminal_size::{Width, terminal_size_of};

use crate::agreement::{Level, Objective, VerdictState};
use crate::alert::Transition;
use crate::amount::Amount;
use crate::measure::Basis;
use crate::reading::{Reading, SplitShown, Verdict};
use crate::share::Share;
use crate::time::Timestamp;
use crate::view::View;
use crate::window::WaitedQuantile;

/// Prints the verdicts of a view, the alerts since the previous instant, and the readings.
pub(super) fn print(
    view: &View,
    transitions: &[Transition],
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "as of {}", view.now())?;
    let verdicts = verdicts(view);
    if !verdicts.is_empty() {
        writeln!(out, "\n{verdicts}")?;
    }
    let alerts = alerts(transitions);
    if !alerts.is_empty() {
        writeln!(out, "\n{alerts}")?;
    }
    let readings = readings(view);
    if readings.is_empty() {
        writeln!(out, "\nno ticket was answered, waits or ended unanswered in any window\n")?;
    } else {
        writeln!(out, "\n{readings}\n")?;
    }
    let flags = flags(view);
    if !flags.is_empty() {
        writeln!(out, "{flags}\n")?;
    }
    Ok(())
}

/// Columns of a line where the output is no terminal, or the terminal does not say.
const COLUMNS: u16 = 100;

/// Columns of a line below which a table cannot be read.
const COLUMNS_MIN: u16 = 40;

/// The columns of a line: those of the terminal.
pub(super) fn line_columns() -> u16 {
    let size = terminal_size_of(io::stdout());
    size.map_or(COLUMNS, |(Width(columns), _)| columns.max(COLUMNS_MIN))
}

/// A table that breaks its cells so that it is not wider than this. Its first and its last column, which have
/// names and sentences, are broken only where a line is short.
pub(super) fn table_within(columns: u16, header: &[&str]) -> Table {
    let mut table = table(header);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
    for index in [0, header.len().saturating_sub(1)] {
        if columns >= COLUMNS
            && let Some(column) = table.column_mut(index)
        {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}

pub(super) fn text(text: impl ToString) -> Cell {
    Cell::new(text)
}

pub(super) fn number(number: impl ToString) -> Cell {
    Cell::new(number).set_alignment(CellAlignment::Right)
}

fn verdicts(view: &View) -> Table {
    let mut table = table(&[
        "team",
        "objective",
        "agreed",
        "verdict",
        "share",
        "decided",
        "over target",
        "ended unanswered",
    ]);
    let catalog = view.catalog();
    for (verdict, (_, _, objective)) in view.verdicts().iter().zip(catalog.objectives()) {
        table.add_row([
            text(team_name(verdict.team.as_deref())),
            text(&verdict.objective),
            text(objective.said_at(verdict.at)),
            text(verdict_with_reason(verdict, objective)),
            number(verdict.compliance.map_or("–".to_owned(), percent)),
            number(verdict.decided),
            number(verdict.missed),
            number(verdict.unanswered_share.map_or("–".to_owned(), percent)),
        ]);
    }
    let agreed_on = |team: &str| {
        let is_of = |verdict: &Verdict| verdict.team.as_deref() == Some(team);
        view.verdicts().iter().any(is_of)
    };
    // Without any agreement, a row per team would say nothing.
    if catalog.objectives().next().is_some() {
        for team in catalog.teams().filter(|team| !agreed_on(team)) {
            let state = state_in_words(VerdictState::NotAgreed);
            table.add_row([text(team), text("–"), text("–"), text(state)]);
        }
    }
    table
}

/// Alerts that fired, and their resolutions. Alerts that were only pending are left out.
fn alerts(transitions: &[Transition]) -> Table {
    let mut table = table(&["team", "objective", "alert", "state", "at"]);
    for transition in transitions.iter().filter(|transition| transition.fired_at.is_some()) {
        table.add_row([
            text(team_name(transition.team.as_deref())),
            text(&transition.objective),
            text(transition.alert.label()),
            text(transition.state),
            text(transition.at),
        ]);
    }
    table
}

/// A verdict, and what a table says of it.
#[derive(Debug)]
pub(super) struct PastVerdict {
    pub(super) verdict: Verdict,
    pub(super) said: String,
}

/// The verdicts of one objective as of an instant, under two texts of its agreement. `None` where a text does
/// not have the objective.
pub(super) struct ComparedVerdict<'v> {
    pub(super) team: Option<&'v str>,
    pub(super) objective: &'v str,
    pub(super) at: Timestamp,
    /// Under the former text and under the present one.
    pub(super) verdicts: [Option<&'v PastVerdict>; 2],
}

/// Verdicts under two texts, side by side.
pub(super) fn compared(rows: &[ComparedVerdict<'_>]) -> Table {
    let mut table = table(&[
        "team",
        "objective",
        "as of",
        "former verdict",
        "share",
        "decided",
        "over target",
        "present verdict",
        "share",
        "decided",
        "over target",
    ]);
    for ComparedVerdict { team, objective, at, verdicts } in rows {
        let mut cells = vec![text(team_name(*team)), text(objective), text(at)];
        for past in verdicts {
            let none = || "–".to_owned();
            let verdict = past.map(|past| &past.verdict);
            cells.extend([
                text(past.map_or_else(none, |past| past.said.clone())),
                number(verdict.and_then(|v| v.compliance).map_or_else(none, percent)),
                number(verdict.map_or_else(none, |verdict| verdict.decided.to_string())),
                number(verdict.map_or_else(none, |verdict| verdict.missed.to_string())),
            ]);
        }
        table.add_row(cells);
    }
    table
}

/// The verdict in words. Too few tickets always say how many of how many, and a miss says if too many tickets
/// ended unanswered.
pub(super) fn verdict_with_reason(verdict: &Verdict, objective: &Objective) -> String {
    match (objective.level_at(verdict.at), verdict.state) {
        (Level::Within { min_tickets, .. }, VerdictState::InsufficientData) => {
            let decided = verdict.decided;
            format!("{}: {decided} of {min_tickets}", verdict_in_words(verdict))
        }
        (_, VerdictState::Missed)
            if objective.exceeds_unanswered_max(verdict.tally(), verdict.at) =>
        {
            format!("{}, too many ended unanswered", verdict_in_words(verdict))
        }
        _ => verdict_in_words(verdict),
    }
}

fn verdict_in_words(verdict: &Verdict) -> String {
    let spam = match verdict.spam_over_target {
        0 => String::new(),
        count => format!(", {count} over target marked as spam"),
    };
    let behind = if verdict.behind_market { ", behind the market" } else { "" };
    format!("{}{spam}{behind}", state_in_words(verdict.state))
}

pub(super) fn state_in_words(state: VerdictState) -> &'static str {
    match state {
        VerdictState::NotAgreed => "not agreed yet",
        VerdictState::Frozen => "frozen",
        VerdictState::Missed => "missed",
        VerdictState::InsufficientData => "too few tickets",
        VerdictState::AtRisk => "at risk",
        VerdictState::Met => "met",
    }
}

/// The columns that not every table of readings has.
#[derive(Clone, Copy)]
struct OptionalColumns {
    /// The kind of time: calendar or open.
    basis: bool,
    /// The part of a split.
    part: bool,
}

/// The readings. The columns for the basis and for the part of a split appear only if some reading needs
/// them.
fn readings(view: &View) -> Table {
    let all = view.readings();
    let optional = OptionalColumns {
        basis: all.iter().any(|reading| reading.basis == Basis::Open),
        part: all.iter().any(|reading| reading.split.is_some()),
    };
    let header = [
        Some("team"),
        Some("measure"),
        optional.basis.then_some("time"),
        optional.part.then_some("of"),
        Some("window"),
        Some("answered"),
        Some("median"),
        Some("90 %"),
        Some("90 % with waiting"),
        Some("waiting"),
        Some("longest wait"),
        Some("ended unanswered"),
    ];
    let mut table = table(&header.into_iter().flatten().collect::<Vec<_>>());
    let mut above: Option<&Reading> = None;
    for reading in &all {
        table.add_row(row(reading, above, optional, view.now()));
        above = Some(reading);
    }
    table
}

/// The flags of each team and measure, in the longest window that has any. It holds those of shorter ones.
fn flags(view: &View) -> Table {
    let mut table = table(&["team", "measure", "window", "flags"]);
    let all = view.readings();
    let flagged = all.iter().filter(|reading| !reading.flags.is_empty());
    let mut longest: Vec<&Reading> = Vec::new();
    for reading in flagged {
        let same =
            |other: &&mut &Reading| other.team == reading.team && other.measure == reading.measure;
        match longest.iter_mut().find(same) {
            Some(other) if other.window < reading.window => *other = reading,
            // Both kinds of time have the same flags.
            Some(_) => {}
            None => longest.push(reading),
        }
    }
    for reading in longest {
        let counts = reading.flags.iter().map(|(flag, count)| format!("{flag} {count}"));
        table.add_row([
            text(team_name(reading.team.as_deref())),
            text(reading.measure.label()),
            text(reading.window),
            text(counts.collect::<Vec<_>>().join(", ")),
        ]);
    }
    table
}

/// One row. A cell that equals the one above it is blank, so that teams and measures stand out.
fn row(
    reading: &Reading,
    above: Option<&Reading>,
    optional: OptionalColumns,
    now: Timestamp,
) -> Vec<Cell> {
    let same_team = above.is_some_and(|above| above.team == reading.team);
    let same_measure = same_team && above.is_some_and(|above| above.measure == reading.measure);
    let same_time = same_measure && above.is_some_and(|above| above.basis == reading.basis);
    let same_part = same_time && above.is_some_and(|above| above.split == reading.split);
    let unless = |same: bool, name| text(if same { "" } else { name });
    let shown =
        |amount: Option<Amount>| number(amount.map_or_else(|| "–".to_owned(), Amount::in_words));
    // A wait in calendar time cannot be compared with waits in open time.
    let since = reading.oldest_waiting_since.filter(|_| reading.basis == Basis::Calendar);
    let part = match &reading.split {
        None => "all",
        Some(SplitShown::Priority(priority)) => priority,
        Some(SplitShown::Channel(channel)) => channel,
    };
    let mut cells = vec![
        unless(same_team, team_name(reading.team.as_deref())),
        unless(same_measure, reading.measure.label()),
    ];
    cells.extend(optional.basis.then(|| unless(same_time, reading.basis.label())));
    cells.extend(optional.part.then(|| unless(same_part, part)));
    cells.extend([
        text(reading.window),
        number(reading.answered),
        shown(reading.q.p50),
        shown(reading.q.p90),
        number(match reading.q_with_waiting.p90 {
            WaitedQuantile::Value(amount) => amount.in_words(),
            WaitedQuantile::MoreThan(amount) => format!("> {}", amount.in_words()),
            WaitedQuantile::TooFew(count) => format!("too few ({count})"),
        }),
        number(reading.waiting),
        shown(since.map(|since| Amount::Time(now.since(since)))),
        number(reading.given_up),
    ]);
    cells
}

/// The name of a team; `None` is the organisation.
pub(super) fn team_name(team: Option<&str>) -> &str {
    team.unwrap_or("all together")
}

/// A share as `92.65%`, with at most two decimals.
pub(super) fn percent(bp: u32) -> String {
    Share::from_basis_points(bp).map_or("0%".to_owned(), |share| share.to_string())
}
