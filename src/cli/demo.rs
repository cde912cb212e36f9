//! `vaste demo`.

use std::io::{self, BufRead as _, Write as _};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use agreements::PreparedFolder;

use super::arguments::{DemoArgs, LogFormat};
use super::exit::{CommandError, Exit};
use super::run::init_logging;
use super::terminal::Terminal;
use crate::demo::{ORGANISATION, RELOAD_SECONDS, cast};
use crate::service::demo::{Demo, Options, Stepped, Steps};

mod agreements;

/// The longest step, in days: as long as time passes by hand.
const STEP_DAYS_MAX: u16 = 28;

/// Logged by default. With agreements in a folder, also what has changed in them.
const LOGGED: &str = "warn";
const LOGGED_WITH_CHANGES: &str = "warn,vaste::service::comparer=info,vaste::service::reload=info";

/// How soon a changed file takes effect at the latest: it is read, and verdicts follow.
const EFFECT_SECONDS: u64 = RELOAD_SECONDS + 3;

/// Runs the demo until SIGTERM or an interrupt.
pub(super) fn run(arguments: &DemoArgs, terminal: &mut Terminal<'_>) -> Result<Exit, CommandError> {
    let DemoArgs { seed, calm, steps, listen, ref agreements } = *arguments;
    init_logging(LogFormat::Text, if agreements.is_some() { LOGGED_WITH_CHANGES } else { LOGGED });
    let steps = if steps { Some(steps_from_input()?) } else { None };
    let demo = Demo::new(Options { seed, calm, listen }, steps).map_err(CommandError::failed)?;
    let prepare = |name: &String| agreements::prepare(name, demo.begin(), terminal);
    let prepared = agreements.as_ref().map(prepare).transpose()?;
    introduce(arguments, &demo, prepared.as_ref(), terminal)?;
    // The service runs until it is stopped: the introduction must be visible now.
    terminal.out.flush()?;
    demo.run(prepared.map(|prepared| prepared.folder)).map_err(CommandError::failed)?;
    Ok(Exit::Success)
}

/// The steps that somebody writes to standard input. A thread reads them and prints the time after each.
fn steps_from_input() -> io::Result<Steps> {
    let (to_demo, days) = mpsc::channel();
    let (done, from_demo) = mpsc::channel();
    let read = move || {
        // Without input or output nobody steps any more; the demo goes on.
        drop(read_steps(&to_demo, &from_demo));
    };
    thread::Builder::new().name("steps".into()).spawn(read)?;
    Ok(Steps { days, done })
}

fn read_steps(to_demo: &Sender<u16>, from_demo: &Receiver<Stepped>) -> io::Result<()> {
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let days = match line.trim() {
            "" => Some(1),
            days => days.parse().ok().filter(|days| (1..=STEP_DAYS_MAX).contains(days)),
        };
        let Some(days) = days else {
            writeln!(
                out,
                "press Enter for a day, or write a number of days from 1 to {STEP_DAYS_MAX}"
            )?;
            continue;
        };
        if to_demo.send(days).is_err() {
            return Ok(());
        }
        let Ok(Stepped { now, is_present }) = from_demo.recv() else { return Ok(()) };
        let end = if is_present {
            ", the present: time moves on by itself only; start the demo again to see the weeks again"
        } else {
            ""
        };
        writeln!(out, "it is {now}{end}")?;
    }
    Ok(())
}

fn introduce(
    arguments: &DemoArgs,
    demo: &Demo,
    prepared: Option<&PreparedFolder>,
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    let DemoArgs { seed, calm, steps, ref agreements, .. } = *arguments;
    let (address, out) = (demo.address(), &mut *terminal.out);
    writeln!(out, "Vaste demo: the customer service of {ORGANISATION} and its teams.")?;
    writeln!(
        out,
        "All of it is made up: organisation, people, tickets and times (seed {seed}).\n"
    )?;
    for (team, part) in cast(calm) {
        writeln!(out, "  {team:<11} {part}")?;
    }
    let time = if steps {
        "Four weeks flow in within seconds. Then time runs at its normal speed, and you let four more\n\
         weeks pass: press Enter for a day, or write a number of days."
    } else {
        "Four weeks flow in within seconds, a fifth one (days 29 to 35) plays in about 15 minutes,\n\
         and then it is real time."
    };
    let kept = match agreements.as_ref().zip(prepared) {
        Some((name, PreparedFolder { is_written, .. })) => {
            let are = if *is_written {
                "has written its agreements to"
            } else {
                "uses the agreements in"
            };
            format!(
                "The demo {are} {name}; nothing else is kept.\n\
                 Change a file: it takes effect within {EFFECT_SECONDS} s. A file with an error is named \
                 here, and the\nagreements before it stay. A new level also judges the past, unless `was` \
                 says what held before:\n\"Copy as YAML\" on the page of an objective has the lines."
            )
        }
        None => "Nothing is kept. The agreements stay as they are; with --agreements DIR you can \
                 change them."
            .to_owned(),
    };
    writeln!(
        out,
        "\n{time}\n{kept}\n\n\
         \x20 board       http://{address}/\n\
         \x20 metrics     http://{address}/metrics\n\n\
         Stop with Ctrl-C."
    )
}
