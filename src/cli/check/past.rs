//! What the last four weeks say of an agreement.

use std::collections::BTreeMap;
use std::io;

use crate::agreement::{Level, VerdictState};
use crate::cli::table::{ComparedVerdict, PastVerdict, team_name, verdict_with_reason};
use crate::cli::terminal::Terminal;
use crate::config::Config;
use crate::replay::Replay;
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// Verdicts are read at the end of the four weeks, and this many days before it.
const DAYS_BEFORE: [i64; 4] = [21, 14, 7, 0];

/// The name of a team, `None` for the organisation, and that of an objective.
pub(super) type ObjectiveKey = (Option<Box<str>>, Box<str>);

/// The verdicts on each objective, one for each instant.
pub(super) type VerdictsByObjective = BTreeMap<ObjectiveKey, Vec<PastVerdict>>;

/// The instants at which verdicts are read, the earliest first.
pub(super) fn instants(at: Timestamp) -> [Timestamp; DAYS_BEFORE.len()] {
    DAYS_BEFORE.map(|days| at.minus(Elapsed::from_ms(days * DAY_MS)))
}

/// The verdicts on each objective, one for each instant.
pub(super) fn verdicts(replay: Replay, instants: &[Timestamp]) -> VerdictsByObjective {
    let mut readings = replay.into_readings();
    let mut verdicts = VerdictsByObjective::new();
    for instant in instants {
        let (view, _) = readings.at(*instant);
        for (verdict, (_, _, objective)) in
            view.verdicts().into_iter().zip(view.catalog().objectives())
        {
            let key = (verdict.team.clone(), verdict.objective.clone());
            let said = verdict_with_reason(&verdict, objective);
            verdicts.entry(key).or_default().push(PastVerdict { verdict, said });
        }
    }
    verdicts
}

/// Warns of objectives that had too few tickets for a verdict at every instant.
pub(super) fn warn_of_volume(
    config: &Config,
    verdicts: &VerdictsByObjective,
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    for agreement in &config.agreements {
        for objective in &agreement.objectives {
            let Level::Within { min_tickets, .. } = objective.level else { continue };
            let key = (agreement.owner.team().map(Box::from), objective.name.clone());
            let decided = verdicts.get(&key).into_iter().flatten().map(|past| past.verdict.decided);
            let Some(most) = decided.max().filter(|most| *most < min_tickets) else { continue };
            let (team, name, over) = (team_name(key.0.as_deref()), &objective.name, objective.over);
            writeln!(
                terminal.diagnostics,
                "warning: {team} {name}: needs {min_tickets} tickets in {over}, and had at most {most} at any \
                 of the four instants 7 days apart: it has no verdict unless a miss is certain; choose a \
                 smaller `min_tickets` or a longer `over`"
            )?;
        }
    }
    Ok(())
}

/// Warns of objectives that were missed by the former text and are not by the present one.
pub(super) fn warn_of_excused(
    rows: &[ComparedVerdict<'_>],
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    let mut excused: BTreeMap<(Option<&str>, &str), Vec<String>> = BTreeMap::new();
    for row in rows {
        let is_missed = |past: Option<&PastVerdict>| {
            past.is_some_and(|past| past.verdict.state == VerdictState::Missed)
        };
        let [former, present] = row.verdicts.map(is_missed);
        if former && !present {
            excused.entry((row.team, row.objective)).or_default().push(row.at.to_string());
        }
    }
    for ((team, objective), instants) in excused {
        writeln!(
            terminal.diagnostics,
            "warning: {} {objective}: missed by the former text and not by the present one, as of {}: the \
             change excuses misses that were judged already",
            team_name(team),
            instants.join(", ")
        )?;
    }
    Ok(())
}
