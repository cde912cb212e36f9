//! `vaste explain`

use std::io;

use super::replay::read;
use super::{Exit, ExplainArgs, ExplainFormat, History, Terminal};

pub(super) fn run(arguments: &ExplainArgs, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let History { files, agreed, csv } = &arguments.history;
    let replay = match read(files, agreed, csv.as_ref(), terminal)? {
        Ok(replay) => replay,
        Err(exit) => return Ok(exit),
    };
    let last = replay.last_event();
    let mut readings = replay.into_readings();
    let ticket = &arguments.ticket;
    let explained = arguments.at.or(last).and_then(|now| readings.explain(ticket, now));
    let Some(explained) = explained else {
        let similar = readings.similar_tickets(ticket);
        let way_out = if similar.is_empty() {
            "name one that has events in these files".to_owned()
        } else {
            format!("did you mean {}?", similar.join(" or "))
        };
        writeln!(terminal.diagnostics, "error: there is no ticket `{ticket}`; {way_out}")?;
        return Ok(Exit::Failed);
    };
    match arguments.format {
        ExplainFormat::Text => write!(terminal.out, "{explained}")?,
        ExplainFormat::Json => {
            for row in explained.rows() {
                serde_json::to_writer(&mut *terminal.out, row)?;
                writeln!(terminal.out)?;
            }
        }
    }
    Ok(Exit::Good)
}
