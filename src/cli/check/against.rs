//! What differs from former files, and the verdicts under both texts.

use std::io;

use super::past::{self, ObjectiveKey};
use super::scaled;
use crate::agreement::{Agreement, AgreementChanges};
use crate::calendar::CalendarChanges;
use crate::cli::arguments::CheckArgs;
use crate::cli::disk::{RealDisk, files_named, now, today};
use crate::cli::exit::CommandError;
use crate::cli::history;
use crate::cli::table::{ComparedVerdict, compared};
use crate::cli::terminal::Terminal;
use crate::config::Config;
use crate::measure::Measure;
use crate::replay::Replay;
use crate::time::Timestamp;

/// Prints what differs between the former files and the present ones.
///
/// # Errors
/// If the former files have errors, which are printed, or the history cannot be read.
pub(super) fn print(
    arguments: &CheckArgs,
    present: &Config,
    terminal: &mut Terminal<'_>,
) -> Result<(), CommandError> {
    let files = files_named(&arguments.against);
    let former = Config::read_former(&files, &RealDisk, &today(), present);
    for error in &former.diagnostics.errors {
        writeln!(terminal.diagnostics, "error: --against: {error}")?;
    }
    if former.diagnostics.has_errors() {
        return Err(CommandError::InvalidConfig);
    }
    let replays = if arguments.history.is_empty() {
        None
    } else {
        let (files, format) = (&arguments.history, &arguments.format);
        let former = Some(former.catalog());
        Some(history::read_by(files, format, scaled::catalog(present), former, terminal)?)
    };
    let last_event = replays.as_ref().and_then(|(present, _)| present.last_event());
    let at = arguments.at.or(last_event).unwrap_or_else(now);
    print_changes(&former, present, at, terminal)?;
    match replays {
        Some((after, Some(before))) => {
            print_verdicts(&former, present, [before, after], at, terminal)?
        }
        Some((_, None)) | None => writeln!(
            terminal.out,
            "\nthe verdicts under both texts need events: add --history FILE"
        )?,
    }
    Ok(())
}

fn print_changes(
    former: &Config,
    present: &Config,
    at: Timestamp,
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    let agreements = AgreementChanges::between(&former.agreements, &present.agreements, at);
    let mut lines: Vec<String> = agreements.iter().map(ToString::to_string).collect();
    for (name, calendar) in &present.calendars {
        match former.calendars.get(name) {
            Some(before) => {
                if let Some(changes) = CalendarChanges::between(before, calendar, at) {
                    let changes = changes.to_string();
                    let indented = changes.lines().map(|line| format!("  {line}\n"));
                    lines.push(format!("calendar {name}\n{}", indented.collect::<String>()));
                }
            }
            None => lines.push(format!("calendar {name}: added\n")),
        }
    }
    let gone = former.calendars.keys().filter(|name| !present.calendars.contains_key(*name));
    lines.extend(gone.map(|name| format!("calendar {name}: removed\n")));
    if former.measures != present.measures {
        let labels = |measures: &[Measure]| {
            let labels: Vec<&str> = measures.iter().map(|measure| measure.label()).collect();
            labels.join(", ")
        };
        let (before, after) = (labels(&former.measures), labels(&present.measures));
        lines.push(format!("measures: [{before}] → [{after}]\n"));
    }
    if former.priority_names != present.priority_names {
        lines.push("priorities: the names of priorities differ\n".to_owned());
    }
    if lines.is_empty() {
        writeln!(
            terminal.out,
            "\nnothing differs from the former text; open hours were compared from 28 days before {at} to 365 \
             days after it"
        )?;
    }
    for line in lines {
        write!(terminal.out, "\n{line}")?;
    }
    Ok(())
}

fn print_verdicts(
    former: &Config,
    present: &Config,
    replays: [Replay; 2],
    at: Timestamp,
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    let instants = past::instants(at);
    let [mut before, after] = replays.map(|replay| past::verdicts(replay, &instants));
    // Former verdicts are listed below the present name of their team.
    for agreement in &present.agreements {
        let Some(of_former) = agreement.former_in(&former.agreements) else { continue };
        let team = |agreement: &Agreement| agreement.owner.team().map(Box::from);
        let (name, former_name): (Option<Box<str>>, _) = (team(agreement), team(of_former));
        if name != former_name {
            for objective in &of_former.objectives {
                let key = (former_name.clone(), objective.name.clone());
                if let Some(verdicts) = before.remove(&key) {
                    before.insert((name.clone(), objective.name.clone()), verdicts);
                }
            }
        }
    }
    let keys = after.keys().chain(before.keys());
    let mut keys: Vec<&ObjectiveKey> = keys.filter(|key| !scaled::is_scaled(&key.1)).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut rows = Vec::new();
    for key in keys {
        let (team, objective) = key;
        for (index, at) in instants.into_iter().enumerate() {
            let verdicts =
                [&before, &after].map(|all| all.get(key).and_then(|verdicts| verdicts.get(index)));
            rows.push(ComparedVerdict { team: team.as_deref(), objective, at, verdicts });
        }
    }
    if rows.is_empty() {
        return writeln!(terminal.out, "\nneither text has an objective");
    }
    writeln!(terminal.out, "\n{}", compared(&rows))?;
    past::warn_of_excused(&rows, terminal)?;
    past::warn_of_volume(present, &after, terminal)?;
    scaled::warn_of_levels(present, &after, terminal)
}
