//! `vaste explain`.

use super::arguments::{ExplainArgs, ExplainFormat};
use super::exit::{CommandError, Exit};
use super::history;
use super::terminal::Terminal;

/// The files have no event of the ticket.
#[derive(Debug, thiserror::Error)]
#[error("there is no ticket `{ticket}`; {advice}")]
struct UnknownTicket {
    ticket: String,
    advice: String,
}

/// Prints the timeline and the stopwatches of one ticket.
pub(super) fn run(
    arguments: &ExplainArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let replay = history::read(&arguments.history, terminal)?;
    let last = replay.last_event();
    let outcomes = replay.outcomes().clone();
    let mut readings = replay.into_readings();
    let ticket = &arguments.ticket;
    let explained = arguments.at.or(last).and_then(|now| readings.explain(ticket, now));
    let Some(explained) = explained else {
        let similar = readings.similar_tickets(ticket);
        let advice = if similar.is_empty() {
            "name one that has events in these files".to_owned()
        } else {
            format!("did you mean {}?", similar.join(" or "))
        };
        return Err(CommandError::failed(UnknownTicket { ticket: ticket.clone(), advice }));
    };
    match arguments.format {
        ExplainFormat::Text => write!(terminal.out, "{explained}")?,
        ExplainFormat::Json => {
            for row in explained.rows() {
                terminal.print_json(row)?;
            }
            history::print_rejected(&outcomes, terminal)?;
        }
    }
    Ok(history::exit(&arguments.history, &outcomes))
}
