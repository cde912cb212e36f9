//! `vaste completions` and `vaste man`: what shells and `man` read, made from the same text as `--help`.

use clap::CommandFactory as _;

use super::arguments::{Cli, CompletionsArgs, ManArgs};
use super::exit::{CommandError, Exit};
use super::terminal::Terminal;

/// A manual page could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write manual pages to {folder}: {error}; name an existing folder")]
struct PagesNotWritten {
    folder: String,
    error: std::io::Error,
}

/// Prints the completions of a shell.
pub(super) fn print_completions(
    arguments: CompletionsArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "vaste", &mut text);
    terminal.out.write_all(&text)?;
    Ok(Exit::Success)
}

/// Writes one manual page for each command, and one for all.
///
/// # Errors
/// If the folder does not exist or cannot be written.
pub(super) fn write_pages(
    arguments: &ManArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let folder = &arguments.folder;
    clap_mangen::generate_to(Cli::command(), folder).map_err(|error| {
        CommandError::failed(PagesNotWritten { folder: folder.display().to_string(), error })
    })?;
    writeln!(terminal.out, "manual pages are in {}", folder.display())?;
    Ok(Exit::Success)
}
