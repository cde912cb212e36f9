//! `vaste whatif --suggest`.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

use super::printed::{how_sure, level_in_words, targets_in_words};
use super::tried_levels::base;
use crate::agreement::{Agreement, NAME_PLACEHOLDER, Objective, Tally, TargetShown};
use crate::cli::arguments::{WhatIfArgs, WhatIfFormat};
use crate::cli::disk::today;
use crate::cli::exit::CommandError;
use crate::cli::table::{line_columns, table_within, team_name, text};
use crate::cli::terminal::Terminal;
use crate::measure::Basis;
use crate::reading::basis_label;
use crate::replay::Replay;
use crate::time::Elapsed;
use crate::whatif::{LevelSuggestion, SuggestedKind, SuggestionRun, WrittenAgreement};

/// Why no level is suggested or written.
#[derive(Debug, thiserror::Error)]
enum SuggestError {
    #[error("no week has ended in these events; levels are suggested from ended weeks")]
    NoWeek,
    #[error(
        "none of the last {weeks} weeks has enough tickets, not even over {over}: a verdict needs \
         {min_tickets} decided tickets; try a smaller --min-tickets"
    )]
    TooFewTickets { weeks: usize, over: Elapsed, min_tickets: u64 },
    #[error("--level: no level `{}` was found; choose one of those above", .0.label())]
    NotFound(SuggestedKind),
    #[error("--write: {file} exists already; name a file that does not, and compare both")]
    Exists { file: String },
    #[error("--write: failed to write {file}: {error}")]
    Write { file: String, error: std::io::Error },
}

/// One suggestion as it is printed.
#[derive(Serialize)]
struct SuggestionRow<'a> {
    team: Option<&'a str>,
    measure: &'static str,
    suggest: &'static str,
    within: TargetShown,
    #[serde(serialize_with = "basis_label")]
    basis: Basis,
    share_bp: Option<u32>,
    over: String,
    min_tickets: Option<u64>,
    weeks: usize,
    weeks_known: usize,
    weeks_reached: usize,
}

/// Prints levels that fit the past, and writes one of them.
pub(super) fn run(
    arguments: &WhatIfArgs,
    agreements: &[Agreement],
    present: &Agreement,
    replay: Replay,
    terminal: &mut Terminal<'_>,
) -> Result<(), CommandError> {
    let base = base(arguments, present);
    let run = SuggestionRun::new(agreements, &present.owner, &base, replay);
    if run.weeks.is_empty() {
        return Err(CommandError::failed(SuggestError::NoWeek));
    }
    let has_tickets = |level: &&LevelSuggestion| level.known() > 0;
    if !run.found.iter().any(|(_, level)| has_tickets(&level)) {
        let (weeks, over) = (run.weeks.len(), run.over);
        let min_tickets = base.level.min_tickets().unwrap_or_default();
        let error = SuggestError::TooFewTickets { weeks, over, min_tickets };
        return Err(CommandError::failed(error));
    }
    match arguments.format {
        WhatIfFormat::Table => print(present, &run, terminal)?,
        WhatIfFormat::Json => {
            for (kind, level) in &run.found {
                terminal.print_json(&row(present, *kind, level))?;
            }
        }
    }
    if let Some(file) = &arguments.write {
        terminal.out.flush()?;
        let kind = arguments.level;
        let level =
            run.level(kind).ok_or_else(|| CommandError::failed(SuggestError::NotFound(kind)))?;
        let replaced = present.objectives.iter().find(|one| one.name == base.name);
        let date = chrono::NaiveDate::parse_from_str(&today(), "%Y-%m-%d");
        let today = date.unwrap_or_default();
        let written = WrittenAgreement { present, replaced, run: &run, level, kind, today };
        write(file, &written.text()).map_err(CommandError::failed)?;
        let hours = if present.hours.is_some() { ", with the file of its calendar" } else { "" };
        writeln!(
            terminal.diagnostics,
            "{file} is written with the level `{kind}`: put those who agreed in place of {NAME_PLACEHOLDER}, then run `vaste \
             check {file}`{hours}",
            file = file.display(),
            kind = kind.in_words()
        )?;
    }
    Ok(())
}

fn row<'a>(
    present: &'a Agreement,
    kind: SuggestedKind,
    level: &LevelSuggestion,
) -> SuggestionRow<'a> {
    let objective = &level.objective;
    let target = objective.level.target(None);
    SuggestionRow {
        team: present.owner.team(),
        measure: objective.measure.label(),
        suggest: kind.label(),
        within: target.shown(objective.measure),
        basis: target.basis(),
        share_bp: objective.level.share().map(|share| share.basis_points()),
        over: objective.over.to_string(),
        min_tickets: objective.level.min_tickets(),
        weeks: level.verdicts.len(),
        weeks_known: level.known(),
        weeks_reached: level.reached(),
    }
}

fn print(
    present: &Agreement,
    run: &SuggestionRun,
    terminal: &mut Terminal<'_>,
) -> std::io::Result<()> {
    let (Some(first), Some(last)) = (run.weeks.first(), run.weeks.last()) else { return Ok(()) };
    let objective: Option<&Objective> = run.found.first().map(|(_, level)| &level.objective);
    let level = objective.map(level_in_words).unwrap_or_default();
    writeln!(
        terminal.out,
        "{}: levels that fit the weeks {} to {}: {level}\n{}\n",
        team_name(present.owner.team()),
        first.week,
        last.week,
        objective.map(targets_in_words).unwrap_or_default()
    )?;
    if run.is_longer {
        let over = run.over;
        writeln!(
            terminal.out,
            "fewer than 4 ended weeks have enough tickets, so the window is {over}\n"
        )?;
    }
    let header = ["level", "within", "reached", "last week, the true share is probably"];
    let mut found = table_within(line_columns(), &header);
    for kind in SuggestedKind::ALL {
        let cells = match run.level(kind) {
            Some(level) => [
                level.objective.shown(level.objective.level.target(None)),
                format!("in {} of {} weeks", level.reached(), level.known()),
                how_sure(level.verdicts.last().map_or_else(Tally::default, |one| one.tally)),
            ],
            None => ["–".to_owned(), not_found(kind).to_owned(), String::new()],
        };
        let mut row = vec![text(kind.in_words())];
        row.extend(cells.map(text));
        found.add_row(row);
    }
    writeln!(terminal.out, "{found}\n")?;
    let limit = &run.limit;
    writeln!(
        terminal.out,
        "somebody waited longer than {} at the end of {} of these {} weeks\n",
        limit.objective.shown(limit.objective.level.target(None)),
        limit.verdicts.len() - limit.reached(),
        limit.verdicts.len()
    )?;
    for kind in SuggestedKind::ALL {
        writeln!(terminal.out, "{}: {}", kind.in_words(), kind.rule())?;
    }
    Ok(())
}

/// Why a level is missing.
fn not_found(kind: SuggestedKind) -> &'static str {
    match kind {
        SuggestedKind::Now => "no round target was reached in each week",
        SuggestedKind::Better => "there is no shorter round target",
        SuggestedKind::Market => {
            "what others achieve is not known; write `market` in the agreement"
        }
    }
}

/// Writes a file that does not exist yet.
fn write(path: &Path, text: &str) -> Result<(), SuggestError> {
    let file = path.display().to_string();
    let created = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let mut created = created.map_err(|error| {
        let file = file.clone();
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            SuggestError::Exists { file }
        } else {
            SuggestError::Write { file, error }
        }
    })?;
    created.write_all(text.as_bytes()).map_err(|error| SuggestError::Write { file, error })
}
