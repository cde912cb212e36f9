//! The command line. With `main`, the only module that prints and that reads the clock, the arguments and
//! the configuration files.

use std::ffi::OsString;
use std::io;

use clap::Parser as _;

use arguments::{Cli, Command};
use exit::{CommandError, EXIT_USAGE, Exit};
use terminal::Terminal;

mod agenda;
mod arguments;
mod calendar;
mod check;
mod check_events;
mod checkpoint;
mod configuration;
mod demo;
mod disk;
pub mod exit;
mod explain;
mod feed;
mod help_files;
mod history;
mod map;
mod open_metrics;
mod publish;
mod replay;
mod rules;
mod run;
mod schema;
mod table;
mod terminal;
mod whatif;

/// Runs the command that the arguments name; returns its exit code, one of [`exit`].
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing is left to do if standard error is closed.
            drop(error.print());
            return u8::try_from(error.exit_code()).unwrap_or(EXIT_USAGE);
        }
    };
    // Not locked: other threads of the service log to standard error, and the demo prints its steps.
    let mut out = io::BufWriter::new(io::stdout());
    let mut diagnostics = io::stderr();
    let mut terminal = Terminal { out: &mut out, diagnostics: &mut diagnostics };
    let ended = run_command(cli.command, &mut terminal);
    let flushed = terminal.out.flush().map_err(CommandError::Output);
    let error = match ended.and_then(|exit| flushed.map(|()| exit)) {
        Ok(exit) => return exit.code(),
        Err(error) => error,
    };
    if error.must_be_printed() {
        drop(writeln!(terminal.diagnostics, "error: {error}"));
    }
    error.exit().code()
}

fn run_command(command: Command, terminal: &mut Terminal<'_>) -> Result<Exit, CommandError> {
    match command {
        Command::Calendar(arguments) => calendar::run(&arguments, terminal),
        Command::Check(arguments) => check::run(&arguments, terminal),
        Command::CheckEvents(arguments) => check_events::run(&arguments, terminal),
        Command::Checkpoint(arguments) => checkpoint::run(&arguments, terminal),
        Command::Completions(arguments) => help_files::print_completions(arguments, terminal),
        Command::Demo(arguments) => demo::run(&arguments, terminal),
        Command::Agenda(arguments) => agenda::run(&arguments, terminal),
        Command::Explain(arguments) => explain::run(&arguments, terminal),
        Command::Man(arguments) => help_files::write_pages(&arguments, terminal),
        Command::Map(arguments) => map::run(&arguments, terminal),
        Command::Publish(arguments) => publish::run(&arguments, terminal),
        Command::Replay(arguments) => replay::run(&arguments, terminal),
        Command::Rules(arguments) => rules::run(&arguments, terminal),
        Command::Run(arguments) => run::run(&arguments, terminal),
        Command::Schema(arguments) => schema::run(&arguments, terminal),
        Command::WhatIf(arguments) => whatif::run(&arguments, terminal),
    }
}
