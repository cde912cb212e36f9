//! `vaste checkpoint`

use std::io;
use std::path::Path;

use super::{CheckpointArgs, CheckpointCommand, Exit, Terminal};
use crate::checkpoint;

pub(super) fn run(arguments: &CheckpointArgs, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let CheckpointCommand::Inspect { file } = &arguments.command;
    inspect(file, terminal)
}

/// Says what a checkpoint holds, or why it is not read.
fn inspect(file: &Path, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let name = file.display();
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            let way_out = "name a file that is there";
            writeln!(terminal.diagnostics, "error: failed to read {name}: {error}; {way_out}")?;
            return Ok(Exit::Failed);
        }
    };
    let image = match checkpoint::read(&bytes) {
        Ok(image) => image,
        Err(damage) => {
            writeln!(terminal.diagnostics, "error: failed to read {name}: {damage}")?;
            return Ok(Exit::Failed);
        }
    };
    let origin = &image.origin;
    let history = origin.history_from.map_or("whole".to_owned(), |from| format!("from {from}"));
    for (what, value) in [
        ("format", image.version.to_string()),
        ("topic", origin.topic.clone()),
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
        writeln!(terminal.out, "{what:<12} {value}")?;
    }
    Ok(Exit::Good)
}
