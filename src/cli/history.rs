//! The events that `replay`, `explain`, `whatif` and `check --history` read, and the agreements of the first
//! three.

use std::io;
use std::sync::Arc;

use serde::Serialize;

use super::arguments::{Agreed, EventFormat, History};
use super::configuration;
use super::exit::{CommandError, Exit};
use super::feed::{REJECTIONS_PRINTED_MAX, feed_on_all_cores};
use super::terminal::Terminal;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::event::{Event, Outcome, Outcomes};
use crate::input::{Columns, InputSource};
use crate::replay::Replay;

/// A row of a table has no ticket id of its own if the table has no column for it.
#[derive(Debug, thiserror::Error)]
#[error(
    "rows of several files cannot be told apart by their number: name the column of the ticket with \
     ticket=COLUMN, or read one file"
)]
struct RowsWithoutTicket;

/// A shell makes several arguments of an unquoted pattern, and an option takes the first one.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} is YAML, and events are JSON or a table: write a pattern of agreements in quotes, --agreements \"*.yaml\", \
     or name the folder"
)]
struct YamlAsEvents(String);

/// The counts of records as a row of JSON output: `{"records":{"total":5,…,"rejected":2}}`.
#[derive(Debug, Serialize)]
struct RecordsRow {
    records: RecordCounts,
}

/// The number of records, in total and by outcome.
#[derive(Debug, Serialize)]
struct RecordCounts {
    total: u64,
    applied: u64,
    duplicate: u64,
    skipped: u64,
    rejected: u64,
}

impl RecordsRow {
    fn new(outcomes: &Outcomes) -> Self {
        Self {
            records: RecordCounts {
                total: outcomes.total(),
                applied: outcomes.applied,
                duplicate: outcomes.duplicate,
                skipped: outcomes.skipped_total(),
                rejected: outcomes.rejected_total(),
            },
        }
    }
}

/// Reads whole files of events. Prints the first rejected records, and the counts of all outcomes.
///
/// # Errors
/// If agreements or events cannot be read.
pub(super) fn read(history: &History, terminal: &mut Terminal<'_>) -> Result<Replay, CommandError> {
    Ok(read_with_config(history, terminal)?.0)
}

/// The same, with the configuration whose agreements the replay goes by; `None` to report every team of the
/// events.
///
/// # Errors
/// If agreements or events cannot be read.
pub(super) fn read_with_config(
    history: &History,
    terminal: &mut Terminal<'_>,
) -> Result<(Replay, Option<Config>), CommandError> {
    let config = config(&history.agreed, terminal)?;
    let mut replay = Replay::new(config.as_ref().map(|config| Arc::new(config.catalog())));
    take_all(&history.files, &history.format, terminal, |decoded| replay.take(decoded))?;
    let exit =
        if history.allow_rejected { "" } else { "; the exit code is 1 (0 with --allow-rejected)" };
    print_outcomes(replay.outcomes(), exit, terminal)?;
    Ok((replay, config))
}

/// Reads whole files of events once, by the present agreements and by former ones.
///
/// # Errors
/// If events cannot be read.
pub(super) fn read_by(
    files: &[String],
    format: &EventFormat,
    present: Catalog,
    former: Option<Catalog>,
    terminal: &mut Terminal<'_>,
) -> Result<(Replay, Option<Replay>), CommandError> {
    let replay = |catalog| Replay::new(Some(Arc::new(catalog)));
    let (mut present, mut former) = (replay(present), former.map(replay));
    take_all(files, format, terminal, |decoded| {
        if let Some(former) = &mut former {
            former.take(decoded.clone());
        }
        present.take(decoded)
    })?;
    print_outcomes(present.outcomes(), "", terminal)?;
    Ok((present, former))
}

/// Hands every record of the files to `take`, which returns its outcome. Prints the first rejected records.
fn take_all(
    files: &[String],
    format: &EventFormat,
    terminal: &mut Terminal<'_>,
    mut take: impl FnMut(Result<Event<'_>, Outcome>) -> Outcome + Send,
) -> Result<(), CommandError> {
    let is_yaml = |file: &&String| file.ends_with(".yaml") || file.ends_with(".yml");
    if let Some(file) = files.iter().find(is_yaml) {
        return Err(CommandError::failed(YamlAsEvents(file.clone())));
    }
    let is_ambiguous = |csv: &Columns| !csv.names_tickets();
    if files.len() > 1 && format.csv.as_ref().is_some_and(is_ambiguous) {
        return Err(CommandError::failed(RowsWithoutTicket));
    }
    let sources: Vec<InputSource> =
        files.iter().map(|file| InputSource::from_argument(file)).collect();
    let mut rejected = 0;
    let mut printed = Vec::new();
    let fed = feed_on_all_cores(&sources, format, |source, line, decoded| {
        if let Outcome::Rejected(rejection) = take(decoded) {
            rejected += 1;
            if rejected <= REJECTIONS_PRINTED_MAX {
                let (name, reason) = (source.name(), rejection.reason.label());
                printed.push(format!("{name}:{line}: rejected ({reason}): {rejection}"));
            }
        }
    });
    for line in printed {
        writeln!(terminal.diagnostics, "{line}")?;
    }
    if rejected > REJECTIONS_PRINTED_MAX {
        let more = rejected - REJECTIONS_PRINTED_MAX;
        writeln!(
            terminal.diagnostics,
            "and {more} more rejected: `vaste check-events{}` names them all",
            match (&format.csv, &format.map) {
                (Some(_), _) => " --csv",
                (None, Some(_)) => " --map",
                (None, None) => "",
            }
        )?;
    }
    fed.map_err(CommandError::failed)?.print(terminal)?;
    Ok(())
}

/// Prints the counts of all outcomes, and a warning of rejected records that ends with `exit`.
fn print_outcomes(outcomes: &Outcomes, exit: &str, terminal: &mut Terminal<'_>) -> io::Result<()> {
    writeln!(terminal.diagnostics, "{outcomes}")?;
    if outcomes.rejected_total() > 0 {
        let (rejected, total) = (outcomes.rejected_total(), outcomes.total());
        writeln!(
            terminal.diagnostics,
            "warning: {rejected} of {total} records were rejected and are missing from the result{exit}"
        )?;
    }
    Ok(())
}

/// Ends JSON output with the counts of records, if a record was rejected.
///
/// # Errors
/// If it cannot be written.
pub(super) fn print_rejected(outcomes: &Outcomes, terminal: &mut Terminal<'_>) -> io::Result<()> {
    if outcomes.rejected_total() == 0 {
        return Ok(());
    }
    terminal.print_json(&RecordsRow::new(outcomes))
}

/// How a command ends that has read these records: a rejected record is a failure, unless it is allowed.
pub(super) fn exit(history: &History, outcomes: &Outcomes) -> Exit {
    let is_complete = outcomes.rejected_total() == 0 || history.allow_rejected;
    if is_complete { Exit::Success } else { Exit::Failed }
}

/// The agreements that the arguments name; `None` to report every team of the events.
fn config(agreed: &Agreed, terminal: &mut Terminal<'_>) -> Result<Option<Config>, CommandError> {
    let files = agreed.files().map_err(CommandError::config)?;
    if files.is_empty() {
        return Ok(None);
    }
    let config = configuration::read(&files, terminal)?;
    // Calendars alone declare no team.
    Ok(agreed.declares_teams().then_some(config))
}
