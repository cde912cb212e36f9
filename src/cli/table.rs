//! Readings and verdicts for people.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, Table, presets};

use crate::agreement::{Level, Objective, State};
use crate::reading::{Reading, Seconds, Verdict};
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use crate::view::View;
use crate::window::Waited;

/// Prints what a view says: verdicts first, since they are what was agreed on.
pub(super) fn print(view: &View, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "as of {}", view.now())?;
    let verdicts = verdicts(view);
    if !verdicts.is_empty() {
        writeln!(out, "\n{verdicts}")?;
    }
    let readings = readings(view);
    if readings.is_empty() {
        writeln!(out, "\nno ticket was answered, waits or was given up in any window\n")
    } else {
        writeln!(out, "\n{readings}\n")
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}

fn text(text: impl ToString) -> Cell {
    Cell::new(text)
}

fn number(number: impl ToString) -> Cell {
    Cell::new(number).set_alignment(CellAlignment::Right)
}

fn verdicts(view: &View) -> Table {
    let mut table =
        table(&["team", "objective", "agreed", "verdict", "share", "decided", "missed"]);
    let rules = view.rules();
    for (verdict, (_, _, objective)) in view.verdicts().iter().zip(rules.objectives()) {
        table.add_row([
            text(team_name(verdict.team.as_deref())),
            text(&verdict.objective),
            text(agreed(objective)),
            text(state_in_words(verdict.state)),
            number(verdict.compliance.map_or("–".to_owned(), percent)),
            number(verdict.decided),
            number(verdict.missed),
        ]);
    }
    let agreed_on = |team: &str| {
        let is_of = |verdict: &Verdict| verdict.team.as_deref() == Some(team);
        view.verdicts().iter().any(is_of)
    };
    // Where there are no agreements at all nobody needs to be told so of every team.
    if rules.objectives().next().is_some() {
        for team in rules.teams().filter(|team| !agreed_on(team)) {
            let state = state_in_words(State::NotAgreed);
            table.add_row([text(team), text("–"), text("–"), text(state)]);
        }
    }
    table
}

fn state_in_words(state: State) -> &'static str {
    match state {
        State::NotAgreed => "not agreed yet",
        State::Frozen => "frozen",
        State::Missed => "missed",
        State::InsufficientData => "too few tickets",
        State::AtRisk => "at risk",
        State::Met => "met",
    }
}

fn agreed(objective: &Objective) -> String {
    let measure = objective.measure.label();
    match &objective.level {
        Level::Within { target, share, .. } => {
            format!("{share} {measure} within {target}, over {}", objective.over)
        }
        Level::NoneOver(limit) => format!("no {measure} over {limit}"),
    }
}

fn readings(view: &View) -> Table {
    let mut table = table(&[
        "team",
        "measure",
        "window",
        "answered",
        "median",
        "90 %",
        "90 % with waiting",
        "waiting",
        "longest wait",
        "given up",
    ]);
    let mut above: Option<Reading> = None;
    for reading in view.readings() {
        table.add_row(row(&reading, above.as_ref(), view.now()));
        above = Some(reading);
    }
    table
}

/// One line; what is as in the line above is left out, so that teams and measures stand out.
fn row(reading: &Reading, above: Option<&Reading>, now: Timestamp) -> [Cell; 10] {
    let same_team = above.is_some_and(|above| above.team == reading.team);
    let same_measure = same_team && above.is_some_and(|above| above.measure == reading.measure);
    let unless = |same: bool, name| text(if same { "" } else { name });
    let shown = |seconds: Option<Seconds>| {
        number(seconds.map_or("–".to_owned(), |Seconds(elapsed)| in_words(elapsed)))
    };
    [
        unless(same_team, team_name(reading.team.as_deref())),
        unless(same_measure, reading.measure.label()),
        text(reading.window),
        number(reading.answered),
        shown(reading.q.p50),
        shown(reading.q.p90),
        number(match reading.q_with_waiting.p90 {
            Waited::Value(elapsed) => in_words(elapsed),
            Waited::MoreThan(elapsed) => format!("> {}", in_words(elapsed)),
            Waited::TooFew(_) => "too few".to_owned(),
        }),
        number(reading.waiting),
        shown(reading.oldest_waiting_since.map(|since| Seconds(now.since(since)))),
        number(reading.given_up),
    ]
}

fn team_name(team: Option<&str>) -> &str {
    team.unwrap_or("all together")
}

/// `92.65 %`, with what is needed of two decimals.
fn percent(bp: u32) -> String {
    Share::from_basis_points(bp).map_or("0%".to_owned(), |share| share.to_string())
}

/// A duration in its two largest units.
fn in_words(elapsed: Elapsed) -> String {
    const UNITS: [(i64, &str); 4] =
        [(DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "m"), (SECOND_MS, "s")];
    let ms = elapsed.ms();
    let Some(first) = UNITS.iter().position(|(unit, _)| ms >= *unit) else {
        return if ms == 0 { "0s".to_owned() } else { "< 1s".to_owned() };
    };
    let (unit, letter) = UNITS[first];
    let whole = format!("{}{letter}", ms / unit);
    match UNITS.get(first + 1).map(|(smaller, letter)| (ms % unit / smaller, letter)) {
        Some((rest, letter)) if rest > 0 => format!("{whole} {rest}{letter}"),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_in_their_two_largest_units() {
        for (ms, words) in [
            (0, "0s"),
            (999, "< 1s"),
            (61_000, "1m 1s"),
            (3_600_000, "1h"),
            (93_784_000, "1d 2h"),
            (86_400_000 * 400, "400d"),
        ] {
            assert_eq!(in_words(Elapsed::from_ms(ms)), words);
        }
    }
}
