//! `vaste demo`.

use std::io;

use super::arguments::{DemoArgs, LogFormat};
use super::exit::{CommandError, Exit};
use super::run::init_logging;
use super::terminal::Terminal;
use crate::demo::{ORGANISATION, cast};
use crate::service::demo::{Demo, Options};

/// Runs the demo until SIGTERM or an interrupt.
pub(super) fn run(arguments: &DemoArgs, terminal: &mut Terminal<'_>) -> Result<Exit, CommandError> {
    let DemoArgs { seed, calm, listen } = *arguments;
    init_logging(LogFormat::Text, "warn");
    let demo = Demo::new(Options { seed, calm, listen }).map_err(CommandError::failed)?;
    introduce(arguments, &demo, terminal)?;
    // The service runs until it is stopped: the introduction must be visible now.
    terminal.out.flush()?;
    demo.run().map_err(CommandError::failed)?;
    Ok(Exit::Success)
}

fn introduce(arguments: &DemoArgs, demo: &Demo, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let DemoArgs { seed, calm, .. } = *arguments;
    let (address, out) = (demo.address(), &mut *terminal.out);
    writeln!(out, "Vaste demo: the customer service of {ORGANISATION} and its teams.")?;
    writeln!(
        out,
        "All of it is made up: organisation, people, tickets and times (seed {seed}).\n"
    )?;
    for (team, part) in cast(calm) {
        writeln!(out, "  {team:<11} {part}")?;
    }
    writeln!(
        out,
        "\nFour weeks flow in within seconds, a fifth one (days 29 to 35) plays in about 15 minutes,\n\
         and then it is real time. Nothing is kept.\n\n\
         \x20 board       http://{address}/\n\
         \x20 metrics     http://{address}/metrics\n\n\
         Stop with Ctrl-C."
    )
}
