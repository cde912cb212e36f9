//! `vaste whatif`.

use tried_levels::{TriedLevels, base};

use super::arguments::{WhatIfArgs, WhatIfFormat};
use super::exit::{CommandError, Exit};
use super::history;
use super::table::team_name;
use super::terminal::Terminal;
use crate::agreement::{About, Agreement, Objective, Owner, Target};
use crate::catalog::TEAMS_MAX;
use crate::config::{Config, read_target};
use crate::measure::Measure;
use crate::name;
use crate::replay::Replay;
use crate::whatif::{CANDIDATES_MAX, WhatIf, WhatIfRow};

mod printed;
mod remote;
mod suggest;
mod tried_levels;

/// Why nothing can be compared.
#[derive(Debug, thiserror::Error)]
enum WhatIfError {
    #[error("--within: {text}: {problem}")]
    Target { text: String, problem: String },
    #[error("--within: {count} targets; at most {CANDIDATES_MAX} are compared in one run")]
    TooManyTargets { count: usize },
    #[error("--team: {0}")]
    Team(String),
    #[error("there is no event, and so nothing to compare")]
    NoEvents,
    #[error(
        "{team} has no decided {measure} in these events: nothing was answered, and nobody waits longer than \
         these targets; `vaste replay` shows what the events hold",
        team = team_name(.0.team()), measure = .1.label()
    )]
    NoTickets(Owner, Measure),
}

/// Prints what each level would have meant, or suggests levels.
pub(super) fn run(
    arguments: &WhatIfArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    if let Some(url) = &arguments.url {
        let comparison = remote::comparison(url, arguments).map_err(CommandError::failed)?;
        print(&comparison, arguments.format, terminal)?;
        return Ok(Exit::Success);
    }
    let (replay, config) = history::read_with_config(&arguments.history, terminal)?;
    let outcomes = replay.outcomes().clone();
    if replay.span().is_none() {
        return Err(CommandError::failed(WhatIfError::NoEvents));
    }
    let agreements = agreements(config, &replay);
    let present = find_agreement(&arguments.team, &agreements).map_err(CommandError::failed)?;
    if arguments.suggest {
        suggest::run(arguments, &agreements, present, replay, terminal)?;
    } else {
        let comparison =
            compare(arguments, &agreements, present, replay).map_err(CommandError::failed)?;
        print(&comparison, arguments.format, terminal)?;
    }
    if arguments.format == WhatIfFormat::Json {
        history::print_rejected(&outcomes, terminal)?;
    }
    Ok(history::exit(&arguments.history, &outcomes))
}

/// The agreements of the files; without any, one without objectives for each team that events name.
fn agreements(config: Option<Config>, replay: &Replay) -> Vec<Agreement> {
    if let Some(config) = config {
        return config.agreements;
    }
    let declared = |owner: Owner, name: &str| Agreement {
        owner,
        hours: None,
        objectives: Vec::new(),
        about: About { name: name.into(), ..About::default() },
    };
    let observed = replay.observed_teams().catalog;
    observed.teams().map(|team| declared(Owner::Team(team.into()), team)).collect()
}

/// The agreement of a team, by a present or a former name.
fn find_agreement<'a>(
    team: &str,
    agreements: &'a [Agreement],
) -> Result<&'a Agreement, WhatIfError> {
    let team = name::normal(team);
    if *team == *name::team_label(None) {
        let whole = agreements.iter().find(|agreement| agreement.owner == Owner::Organisation);
        return whole.ok_or_else(|| {
            let problem =
                "no agreement is of the whole organisation; write one with `organisation: NAME`";
            WhatIfError::Team(problem.to_owned())
        });
    }
    let is_named = |agreement: &&Agreement| {
        let former = agreement.about.former_names.iter().any(|former| **former == *team);
        agreement.owner.team() == Some(&*team) || former
    };
    agreements.iter().find(is_named).ok_or_else(|| WhatIfError::Team(unknown(&team, agreements)))
}

fn unknown(team: &str, agreements: &[Agreement]) -> String {
    let known = || agreements.iter().filter_map(|agreement| agreement.owner.team());
    let shown: Vec<&str> = known().take(10).collect();
    let advice = match name::similar(team, known()) {
        Some(similar) => format!("did you mean {similar:?}?"),
        None if shown.is_empty() => "no event and no agreement names a team".to_owned(),
        None if known().count() > shown.len() => format!(
            "there are {} teams, such as {}; of teams without an agreement, the first {TEAMS_MAX} count",
            known().count(),
            shown.join(", ")
        ),
        None => format!("the teams are {}", shown.join(", ")),
    };
    format!("no team is called {team:?}; {advice}")
}

fn compare(
    arguments: &WhatIfArgs,
    agreements: &[Agreement],
    present: &Agreement,
    replay: Replay,
) -> Result<TriedLevels, WhatIfError> {
    let base = base(arguments, present);
    let targets = targets(arguments, present.hours.is_some())?;
    let candidates: Vec<Objective> =
        targets.into_iter().map(|target| base.with_target(target)).collect();
    let what_if = WhatIf::new(agreements, &present.owner, &candidates);
    let weeks = what_if.weeks(replay);
    let owner = present.owner.clone();
    if weeks.is_empty() {
        return Err(WhatIfError::NoTickets(owner, arguments.measure));
    }
    Ok(TriedLevels { owner, candidates, weeks, zone: what_if.zone().name().to_owned() })
}

/// The targets of `--within`, each once.
fn targets(arguments: &WhatIfArgs, has_hours: bool) -> Result<Vec<Target>, WhatIfError> {
    let mut targets = Vec::new();
    for text in &arguments.within {
        let text = text.trim();
        let target = read_target(text, arguments.measure, has_hours)
            .map_err(|problem| WhatIfError::Target { text: text.to_owned(), problem })?;
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    if targets.len() > CANDIDATES_MAX {
        return Err(WhatIfError::TooManyTargets { count: targets.len() });
    }
    Ok(targets)
}

fn print(
    comparison: &TriedLevels,
    format: WhatIfFormat,
    terminal: &mut Terminal<'_>,
) -> std::io::Result<()> {
    match format {
        WhatIfFormat::Table => printed::print(comparison, terminal.out),
        WhatIfFormat::Json => {
            for (number, candidate) in comparison.candidates.iter().enumerate() {
                for week in &comparison.weeks {
                    let Some(verdict) = week.verdicts.get(number) else { continue };
                    let row = WhatIfRow::new(&comparison.owner, candidate, week.week, verdict);
                    terminal.print_json(&row)?;
                }
            }
            Ok(())
        }
    }
}
