//! `vaste check`.

use super::arguments::CheckArgs;
use super::configuration;
use super::disk::{files_named, now};
use super::exit::{CommandError, Exit};
use super::history;
use super::terminal::Terminal;
use crate::config::Config;

mod against;
mod past;
mod scaled;

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
        print_past(arguments, &config, terminal)?;
    }
    Ok(Exit::Success)
}

/// Reads the history, and warns of settings that do not fit it.
///
/// # Errors
/// If the history cannot be read.
fn print_past(
    arguments: &CheckArgs,
    config: &Config,
    terminal: &mut Terminal<'_>,
) -> Result<(), CommandError> {
    let (files, format) = (&arguments.history, &arguments.format);
    let (replay, _) = history::read_by(files, format, scaled::catalog(config), None, terminal)?;
    let at = arguments.at.or(replay.last_event()).unwrap_or_else(now);
    let verdicts = past::verdicts(replay, &past::instants(at));
    past::warn_of_volume(config, &verdicts, terminal)?;
    scaled::warn_of_levels(config, &verdicts, terminal)?;
    Ok(())
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
