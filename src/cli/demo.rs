//! `vaste demo`

use std::io;

use super::run::log;
use super::{DemoArgs, Exit, LogFormat, Terminal};
use crate::demo::{ORGANISATION, cast};
use crate::service::demo::{Demo, Options};

pub(super) fn run(arguments: &DemoArgs, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let DemoArgs { seed, calm, listen } = *arguments;
    log(LogFormat::Text, "warn");
    let demo = match Demo::new(Options { seed, calm, listen }) {
        Ok(demo) => demo,
        Err(error) => {
            writeln!(terminal.diagnostics, "error: {error}")?;
            return Ok(Exit::Failed);
        }
    };
    introduce(arguments, &demo, terminal)?;
    // The service runs from here on: what is said must be seen now.
    terminal.out.flush()?;
    match demo.run() {
        Ok(()) => Ok(Exit::Good),
        Err(error) => {
            writeln!(terminal.diagnostics, "error: {error}")?;
            Ok(Exit::Failed)
        }
    }
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
