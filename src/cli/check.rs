//! `vaste check`.

use super::arguments::CheckArgs;
use super::configuration;
use super::disk::files_named;
use super::exit::{CommandError, Exit};
use super::terminal::Terminal;

mod against;
mod past;

/// Reads files and prints their errors and warnings, or what they hold, what the past says of it, and what
/// differs from former files.
pub(super) fn run(
    arguments: &CheckArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let config = configuration::load(&files_named(&arguments.files), terminal)?;
    configuration::print_warnings(&config.diagnostics.service_warnings, terminal)?;
    let read = plural(config.files.len(), "file");
    if config.diagnostics.has_errors() {
        let errors = plural(config.diagnostics.errors.len(), "fault");
        writeln!(terminal.diagnostics, "{errors} in {read}")?;
        return Err(CommandError::InvalidConfig);
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
    writeln!(terminal.out, "{read} good: {}", found.join(", "))?;
    if !config.calendars.is_empty() {
        writeln!(terminal.out, "time zones: {}", config.zone_data)?;
    }
    if !arguments.against.is_empty() {
        against::print(arguments, &config, terminal)?;
    } else if !arguments.history.is_empty() {
        past::print(arguments, &config, terminal)?;
    }
    Ok(Exit::Success)
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
