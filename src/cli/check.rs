//! `vaste check`

use std::io;

use super::disk::{RealDisk, files_of, today};
use super::{CheckArgs, Exit, Terminal};
use crate::config::{Config, Diagnostics};

pub(super) fn run(arguments: &CheckArgs, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let mut files = Vec::new();
    for argument in &arguments.files {
        // What is not there is a fault like any other, with the others.
        files.extend(files_of(argument).unwrap_or_else(|_| vec![argument.into()]));
    }
    let config = Config::read(&files, &RealDisk, &today());
    say(&config.diagnostics, terminal)?;
    if config.diagnostics.has_errors() {
        let files = plural(config.files.len(), "file");
        let faults = plural(config.diagnostics.errors.len(), "fault");
        writeln!(terminal.diagnostics, "{faults} in {files}")?;
        return Ok(Exit::Config);
    }
    let mut found = Vec::new();
    if !config.agreements.is_empty() || config.calendars.is_empty() {
        let objectives: usize = config.agreements.iter().map(|a| a.objectives.len()).sum();
        let agreements = plural(config.agreements.len(), "agreement");
        found.push(format!("{agreements} with {}", plural(objectives, "objective")));
    }
    if !config.calendars.is_empty() {
        found.push(plural(config.calendars.len(), "calendar"));
    }
    let files = plural(config.files.len(), "file");
    writeln!(terminal.out, "{files} good: {}", found.join(", "))?;
    Ok(Exit::Good)
}

/// Prints faults and warnings.
pub(super) fn say(diagnostics: &Diagnostics, terminal: &mut Terminal<'_>) -> io::Result<()> {
    for fault in &diagnostics.errors {
        writeln!(terminal.diagnostics, "error: {fault}")?;
    }
    for warning in &diagnostics.warnings {
        writeln!(terminal.diagnostics, "warning: {warning}")?;
    }
    Ok(())
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
