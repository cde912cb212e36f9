//! `vaste check-events`

use std::io;

use super::feed::feed;
use super::{CheckEventsArgs, Exit, Terminal};
use crate::event::Outcome;
use crate::input::InputSource;
use crate::replay::Replay;

pub(super) fn run(arguments: &CheckEventsArgs, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let source = InputSource::from_argument(&arguments.file);
    let mut replay = Replay::new(None);
    let mut printed = Ok(());
    let fed = feed(std::slice::from_ref(&source), None, |source, line, decoded| {
        let what = decoded.as_ref().map_or(String::new(), |event| event.to_string());
        let outcome = replay.take(decoded);
        if printed.is_ok() && !(arguments.problems_only && outcome == Outcome::Applied) {
            let name = source.name();
            let said = said(&outcome, &what);
            printed = writeln!(terminal.out, "{name}:{line}: {said}");
        }
    });
    printed?;
    if let Err(error) = fed {
        terminal.out.flush()?;
        writeln!(terminal.diagnostics, "error: {error}")?;
        return Ok(Exit::Failed);
    }
    writeln!(terminal.out, "{}", replay.outcomes())?;
    Ok(if replay.outcomes().rejected_total() > 0 { Exit::Failed } else { Exit::Good })
}

fn said(outcome: &Outcome, what: &str) -> String {
    match outcome {
        Outcome::Applied => format!("applied: {what}"),
        Outcome::Duplicate => format!("duplicate: {what} is there already"),
        Outcome::Skipped(skip) => {
            format!("skipped ({}): {}", skip.label(), skip.advice())
        }
        Outcome::Rejected(rejection) => {
            format!("rejected ({}): {rejection}", rejection.reason.label())
        }
    }
}
