//! `vaste replay`.

use std::io;

use super::arguments::{ReplayArgs, ReplayFormat};
use super::exit::{CommandError, Exit};
use super::history;
use super::open_metrics::OpenMetrics;
use super::table;
use super::terminal::Terminal;
use crate::alert::Transition;
use crate::catalog::TEAMS_MAX;
use crate::replay::{Replay, TooManyInstants};
use crate::service::families_of;
use crate::time::Timestamp;
use crate::view::View;

/// `--every` cannot be followed.
#[derive(Debug, thiserror::Error)]
#[error("--every gives {0}")]
struct EveryError(TooManyInstants);

/// Prints readings, verdicts and alerts as of every instant asked for.
pub(super) fn run(
    arguments: &ReplayArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let replay = history::read(&arguments.history, terminal)?;
    let instants = replay
        .instants(&arguments.at, arguments.every)
        .map_err(|error| CommandError::failed(EveryError(error)))?;
    let outcomes = replay.outcomes().clone();
    print(arguments, replay, instants, terminal)?;
    if arguments.format == ReplayFormat::Json {
        history::print_rejected(&outcomes, terminal)?;
    }
    Ok(history::exit(&arguments.history, &outcomes))
}

fn print(
    arguments: &ReplayArgs,
    replay: Replay,
    instants: Vec<Timestamp>,
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    let mut readings = replay.into_readings();
    if readings.too_many_teams {
        writeln!(
            terminal.diagnostics,
            "warning: there are more than {TEAMS_MAX} teams; the first {TEAMS_MAX} by name are told apart, \
             the others are unclaimed: declare those that count with --agreements"
        )?;
    }
    if instants.is_empty() {
        writeln!(terminal.diagnostics, "there is no event, and so nothing to read")?;
    }
    let mut metrics = OpenMetrics::new(&arguments.job);
    for now in instants {
        match arguments.format {
            ReplayFormat::Json => {
                let (view, transitions) = readings.at(now);
                print_json(view, &transitions, terminal)?;
            }
            ReplayFormat::Table => {
                let (view, transitions) = readings.at(now);
                table::print(view, &transitions, terminal.out)?;
            }
            ReplayFormat::OpenMetrics => {
                readings.at(now);
                let families = readings.view().map(|view| families_of(view, readings.alerts()));
                metrics.add(now, &families.unwrap_or_default());
            }
        }
    }
    if arguments.format == ReplayFormat::OpenMetrics {
        metrics.print(terminal.out)?;
    }
    Ok(())
}

/// Prints readings, verdicts, and the alerts since the previous instant, one JSON object a line.
fn print_json(
    view: &View,
    transitions: &[Transition],
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    for reading in view.readings() {
        terminal.print_json(&reading)?;
    }
    for (mut verdict, (id, ..)) in view.verdicts().into_iter().zip(view.catalog().objectives()) {
        verdict.breakdown = view.breakdown_shown(id);
        terminal.print_json(&verdict)?;
    }
    for transition in transitions {
        terminal.print_json(transition)?;
    }
    Ok(())
}
