//! The events and agreements that `replay` and `explain` read.

use std::sync::Arc;

use super::arguments::{Agreed, History};
use super::configuration;
use super::exit::CommandError;
use super::feed::{REJECTIONS_PRINTED_MAX, feed};
use super::terminal::Terminal;
use crate::catalog::Catalog;
use crate::event::Outcome;
use crate::input::{Columns, InputSource};
use crate::replay::Replay;

/// A row of a table has no ticket id of its own if the table has no column for it.
#[derive(Debug, thiserror::Error)]
#[error(
    "rows of several files cannot be told apart by their number: name the column of the ticket with \
     ticket=COLUMN, or read one file"
)]
struct RowsWithoutTicket;

/// Reads whole files of events. Prints the first rejected records, and the counts of all outcomes.
///
/// # Errors
/// If agreements or events cannot be read.
pub(super) fn read(history: &History, terminal: &mut Terminal<'_>) -> Result<Replay, CommandError> {
    let catalog = catalog(&history.agreed, terminal)?;
    let is_ambiguous = |csv: &Columns| !csv.names_tickets();
    if history.files.len() > 1 && history.csv.as_ref().is_some_and(is_ambiguous) {
        return Err(CommandError::failed(RowsWithoutTicket));
    }
    let sources: Vec<InputSource> =
        history.files.iter().map(|file| InputSource::from_argument(file)).collect();
    let mut replay = Replay::new(catalog);
    let mut rejected = 0;
    let mut printed = Ok(());
    let fed = feed(&sources, history.csv.as_ref(), |source, line, decoded| {
        if let Outcome::Rejected(rejection) = replay.take(decoded) {
            rejected += 1;
            if rejected <= REJECTIONS_PRINTED_MAX && printed.is_ok() {
                let (name, reason) = (source.name(), rejection.reason.label());
                printed = writeln!(
                    terminal.diagnostics,
                    "{name}:{line}: rejected ({reason}): {rejection}"
                );
            }
        }
    });
    printed?;
    if rejected > REJECTIONS_PRINTED_MAX {
        let more = rejected - REJECTIONS_PRINTED_MAX;
        writeln!(
            terminal.diagnostics,
            "and {more} more rejected: `vaste check-events` names them all"
        )?;
    }
    fed.map_err(CommandError::failed)?;
    writeln!(terminal.diagnostics, "{}", replay.outcomes())?;
    Ok(replay)
}

/// The agreements that the arguments name; `None` to report every team of the events.
fn catalog(
    agreed: &Agreed,
    terminal: &mut Terminal<'_>,
) -> Result<Option<Arc<Catalog>>, CommandError> {
    let files = agreed.files().map_err(CommandError::config)?;
    if files.is_empty() {
        return Ok(None);
    }
    let config = configuration::read(&files, terminal)?;
    // Calendars alone declare no team.
    Ok(agreed.declares_teams().then(|| Arc::new(config.catalog())))
}
