//! `vaste replay`

use std::io;
use std::sync::Arc;

use super::disk::{RealDisk, today};
use super::feed::feed;
use super::{
    Agreed, Exit, Format, History, REJECTIONS_TOLD_MAX, ReplayArgs, Terminal, check, table,
};
use crate::alert::Transition;
use crate::catalog::{Catalog, TEAMS_MAX};
use crate::config::Config;
use crate::event::Outcome;
use crate::input::{Columns, InputSource};
use crate::replay::{INSTANTS_MAX, Replay};
use crate::time::Timestamp;
use crate::view::View;

pub(super) fn run(arguments: &ReplayArgs, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let History { files, agreed, csv } = &arguments.history;
    let replay = match read(files, agreed, csv.as_ref(), terminal)? {
        Ok(replay) => replay,
        Err(exit) => return Ok(exit),
    };
    match replay.instants(&arguments.at, arguments.every) {
        Ok(instants) => print(arguments, replay, instants, terminal).map(|()| Exit::Good),
        Err(count) => {
            let problem = format!(
                "--every gives {count} readings; at most {INSTANTS_MAX} are printed: write a longer step"
            );
            writeln!(terminal.diagnostics, "error: {problem}")?;
            Ok(Exit::Failed)
        }
    }
}

/// Reads whole files of events, by what they are held against; what keeps it from that is told.
pub(super) fn read(
    files: &[String],
    agreed: &Agreed,
    csv: Option<&Columns>,
    terminal: &mut Terminal<'_>,
) -> io::Result<Result<Replay, Exit>> {
    let catalog = match catalog(agreed, terminal)? {
        Ok(catalog) => catalog,
        Err(exit) => return Ok(Err(exit)),
    };
    if let Some(columns) = csv
        && files.len() > 1
        && !columns.names_tickets()
    {
        let problem = "rows of several files cannot be told apart by their number: name the column of the \
                       ticket with ticket=COLUMN, or read one file";
        writeln!(terminal.diagnostics, "error: {problem}")?;
        return Ok(Err(Exit::Failed));
    }
    let sources: Vec<InputSource> = files.iter().map(|f| InputSource::from_argument(f)).collect();
    let mut replay = Replay::new(catalog);
    let mut told = 0;
    let mut noted = Ok(());
    let fed = feed(&sources, csv, |source, line, decoded| {
        if let Outcome::Rejected(rejection) = replay.take(decoded) {
            told += 1;
            if told <= REJECTIONS_TOLD_MAX && noted.is_ok() {
                let reason = rejection.reason.label();
                let name = source.name();
                noted = writeln!(
                    terminal.diagnostics,
                    "{name}:{line}: rejected ({reason}): {rejection}"
                );
            }
        }
    });
    noted?;
    if told > REJECTIONS_TOLD_MAX {
        let more = told - REJECTIONS_TOLD_MAX;
        writeln!(
            terminal.diagnostics,
            "and {more} more rejected: `vaste check-events` names them all"
        )?;
    }
    if let Err(error) = fed {
        writeln!(terminal.diagnostics, "error: {error}")?;
        return Ok(Err(Exit::Failed));
    }
    writeln!(terminal.diagnostics, "{}", replay.outcomes())?;
    Ok(Ok(replay))
}

fn print(
    arguments: &ReplayArgs,
    replay: Replay,
    instants: Vec<Timestamp>,
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    let mut readings = replay.into_readings();
    if readings.too_many_teams {
        writeln!(
            terminal.diagnostics,
            "warning: there are more than {TEAMS_MAX} teams; the first {TEAMS_MAX} by name are told apart, \
             the others are unclaimed: declare those that count with --agreements"
        )?;
    }
    if instants.is_empty() {
        writeln!(terminal.diagnostics, "there is no event, and so nothing to read")?;
    }
    for now in instants {
        let (view, transitions) = readings.at(now);
        match arguments.format {
            Format::Json => print_json(view, &transitions, terminal)?,
            Format::Table => table::print(view, &transitions, terminal.out)?,
        }
    }
    Ok(())
}

/// Readings, verdicts, and the alerts since the instant printed before.
fn print_json(
    view: &View,
    transitions: &[Transition],
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    for reading in view.readings() {
        serde_json::to_writer(&mut *terminal.out, &reading)?;
        writeln!(terminal.out)?;
    }
    for (mut verdict, (id, ..)) in view.verdicts().into_iter().zip(view.catalog().objectives()) {
        verdict.breakdown = view.breakdown_shown(id);
        serde_json::to_writer(&mut *terminal.out, &verdict)?;
        writeln!(terminal.out)?;
    }
    for transition in transitions {
        serde_json::to_writer(&mut *terminal.out, transition)?;
        writeln!(terminal.out)?;
    }
    Ok(())
}

/// The rules that the arguments name; none where every team is taken as it comes.
fn catalog(
    agreed: &Agreed,
    terminal: &mut Terminal<'_>,
) -> io::Result<Result<Option<Arc<Catalog>>, Exit>> {
    let files = match agreed.files() {
        Ok(files) => files,
        Err(problem) => {
            writeln!(terminal.diagnostics, "error: {problem}")?;
            return Ok(Err(Exit::Config));
        }
    };
    if files.is_empty() {
        return Ok(Ok(None));
    }
    let config = Config::read(&files, &RealDisk, &today());
    check::say(&config.diagnostics, terminal)?;
    if config.diagnostics.has_errors() {
        return Ok(Err(Exit::Config));
    }
    // Calendars alone declare no team.
    Ok(Ok(agreed.declares_teams().then(|| Arc::new(config.catalog()))))
}
