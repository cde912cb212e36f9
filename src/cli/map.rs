//! `vaste map`: the built-in filters, to read or to change.

use super::arguments::MapArgs;
use super::exit::{CommandError, Exit};
use super::terminal::Terminal;
use crate::mapping::BUILT_IN;

/// Prints one filter.
///
/// # Errors
/// If standard output is closed.
pub(super) fn run(arguments: &MapArgs, terminal: &mut Terminal<'_>) -> Result<Exit, CommandError> {
    for (_, text) in BUILT_IN.iter().filter(|(name, _)| *name == arguments.name) {
        terminal.out.write_all(text.as_bytes())?;
    }
    Ok(Exit::Success)
}
