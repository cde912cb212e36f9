//! `vaste checkpoint`.

use std::io;
use std::path::{Path, PathBuf};

use super::arguments::{CheckpointArgs, CheckpointCommand};
use super::exit::{CommandError, Exit};
use super::terminal::Terminal;
use crate::checkpoint::{self, CheckpointError};

/// Why the file of a checkpoint cannot be shown.
#[derive(Debug, thiserror::Error)]
enum InspectError {
    #[error("failed to read {}: {error}", file.display())]
    Damaged { file: PathBuf, error: CheckpointError },
    #[error("failed to read {}: {error}; name a file that is there", file.display())]
    Unreadable { file: PathBuf, error: io::Error },
}

/// Runs the sub-command.
pub(super) fn run(
    arguments: &CheckpointArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let CheckpointCommand::Inspect { file } = &arguments.command;
    inspect(file, terminal)
}

/// Prints what a checkpoint holds.
fn inspect(file: &Path, terminal: &mut Terminal<'_>) -> Result<Exit, CommandError> {
    let bytes = std::fs::read(file)
        .map_err(|error| InspectError::Unreadable { file: file.to_owned(), error })
        .map_err(CommandError::failed)?;
    let image = checkpoint::read(&bytes)
        .map_err(|error| InspectError::Damaged { file: file.to_owned(), error })
        .map_err(CommandError::failed)?;
    let origin = &image.origin;
    let history = origin.history_from.map_or("whole".to_owned(), |from| format!("from {from}"));
    for (label, value) in [
        ("format", image.version.to_string()),
        ("topic", origin.topic.clone()),
        ("topic id", origin.topic_id.clone().unwrap_or_else(|| "not known".to_owned())),
        ("partition", origin.partition.to_string()),
        ("epoch", origin.epoch.to_string()),
        ("position", origin.position.to_string()),
        ("written at", origin.written_at.to_string()),
        ("history", history),
        ("timelines", image.timelines().to_string()),
        ("forgotten", image.stubs().to_string()),
        ("names", image.names().to_string()),
        ("samples", format!("{} up to {}", image.samples(), origin.counted_to)),
        ("bytes", bytes.len().to_string()),
    ] {
        writeln!(terminal.out, "{label:<12} {value}")?;
    }
    Ok(Exit::Success)
}
