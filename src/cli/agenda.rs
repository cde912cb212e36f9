//! `vaste agenda`.

use super::arguments::{AgendaArgs, AgendaFormatArg};
use super::exit::{CommandError, Exit};
use super::history;
use super::terminal::Terminal;
use crate::name::{similar, team_label};
use crate::service::{AgendaFormat, PastAgendaInputs, agenda_of};

/// There is no agenda to print.
#[derive(Debug, thiserror::Error)]
enum NoAgenda {
    #[error("the files have no event, so there is nothing to talk about")]
    NoEvent,
    #[error("no agreement is of the team `{team}`; {advice}")]
    UnknownTeam { team: String, advice: String },
}

/// Prints the agenda of a team.
pub(super) fn run(
    arguments: &AgendaArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let (replay, config) = history::read_with_config(&arguments.history, terminal)?;
    let last = replay.last_event();
    let outcomes = replay.outcomes().clone();
    let mut readings = replay.into_readings();
    let Some(now) = arguments.at.or(last) else {
        return Err(CommandError::failed(NoAgenda::NoEvent));
    };
    let service = config.and_then(|config| config.service);
    let inputs = PastAgendaInputs {
        team_logs: readings.team_logs(now),
        reviews: readings.reviews(now),
        undeclared: readings.take_undeclared(),
        wait_alarms: service.map_or_else(Default::default, |service| service.waiting_alarms),
    };
    let (view, _) = readings.at(now);
    let format = match arguments.format {
        AgendaFormatArg::Text => AgendaFormat::Text,
        AgendaFormatArg::Markdown => AgendaFormat::Markdown,
    };
    let Some(agenda) = agenda_of(view, inputs, &arguments.team, &arguments.lang, format) else {
        let catalog = readings.catalog();
        let known = catalog.reading_scopes().map(|scope| team_label(catalog.scope_name(scope)));
        let advice = match similar(&arguments.team, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "name one that these agreements or events have".to_owned(),
        };
        let team = arguments.team.clone();
        return Err(CommandError::failed(NoAgenda::UnknownTeam { team, advice }));
    };
    write!(terminal.out, "{agenda}")?;
    Ok(history::exit(&arguments.history, &outcomes))
}
