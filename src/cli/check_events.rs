//! `vaste check-events`.

use super::arguments::CheckEventsArgs;
use super::exit::{CommandError, Exit};
use super::feed::feed;
use super::terminal::Terminal;
use crate::event::Outcome;
use crate::input::InputSource;
use crate::replay::Replay;

/// Prints the outcome of every record, then the counts.
pub(super) fn run(
    arguments: &CheckEventsArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let source = InputSource::from_argument(&arguments.file);
    let mut replay = Replay::new(None);
    let mut printed = Ok(());
    let fed = feed(std::slice::from_ref(&source), None, |source, line, decoded| {
        let event = decoded.as_ref().map_or(String::new(), |event| event.to_string());
        let outcome = replay.take(decoded);
        if printed.is_ok() && !(arguments.problems_only && outcome == Outcome::Applied) {
            let name = source.name();
            let described = describe(&outcome, &event);
            printed = writeln!(terminal.out, "{name}:{line}: {described}");
        }
    });
    printed?;
    fed.map_err(CommandError::failed)?;
    writeln!(terminal.out, "{}", replay.outcomes())?;
    Ok(if replay.outcomes().rejected_total() > 0 { Exit::Failed } else { Exit::Success })
}

fn describe(outcome: &Outcome, event: &str) -> String {
    match outcome {
        Outcome::Applied => format!("applied: {event}"),
        Outcome::Duplicate => format!("duplicate: {event} is there already"),
        Outcome::Skipped(skip) => {
            format!("skipped ({}): {}", skip.label(), skip.advice())
        }
        Outcome::Rejected(rejection) => {
            format!("rejected ({}): {rejection}", rejection.reason.label())
        }
    }
}
