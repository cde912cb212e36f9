//! What differs from former files, and the verdicts under both texts.

use std::collections::BTreeMap;
use std::io;

use crate::agreement::{Agreement, AgreementChanges};
use crate::calendar::CalendarChanges;
use crate::cli::arguments::CheckArgs;
use crate::cli::disk::{RealDisk, files_of, now, today};
use crate::cli::exit::CommandError;
use crate::cli::history;
use crate::cli::table::{ComparedVerdict, compared};
use crate::cli::terminal::Terminal;
use crate::config::Config;
use crate::measure::Measure;
use crate::reading::Verdict;
use crate::replay::Replay;
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// The verdicts are compared at the end of the four weeks, and this many days before it.
const DAYS_BEFORE: [i64; 4] = [21, 14, 7, 0];

/// The name of a team, `None` for the organisation, and that of an objective.
type ObjectiveKey = (Option<Box<str>>, Box<str>);

/// Prints what differs between the former files and the present ones.
///
/// # Errors
/// If the former files have errors, which are printed, or the history cannot be read.
pub(super) fn print(
    arguments: &CheckArgs,
    present: &Config,
    terminal: &mut Terminal<'_>,
) -> Result<(), CommandError> {
    let mut files = Vec::new();
    for argument in &arguments.against {
        // A file that does not exist is reported with the other errors.
        files.extend(files_of(argument).unwrap_or_else(|_| vec![argument.into()]));
    }
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
        let catalogs = [&former, present].map(Config::catalog);
        Some(history::read_twice(&arguments.history, &arguments.format, catalogs, terminal)?)
    };
    let last_event = replays.as_ref().and_then(|[_, present]| present.last_event());
    let at = arguments.at.or(last_event).unwrap_or_else(now);
    print_changes(&former, present, at, terminal)?;
    match replays {
        Some(replays) => print_verdicts(&former, present, replays, at, terminal)?,
        None => writeln!(
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
    let instants = DAYS_BEFORE.map(|days| at.minus(Elapsed::from_ms(days * DAY_MS)));
    let [mut before, after] = replays.map(|replay| verdicts(replay, &instants));
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
    let mut keys: Vec<&ObjectiveKey> = after.keys().chain(before.keys()).collect();
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
    writeln!(terminal.out, "\n{}", compared(&rows))
}

/// The verdicts on each objective, one for each instant.
fn verdicts(replay: Replay, instants: &[Timestamp]) -> BTreeMap<ObjectiveKey, Vec<Verdict>> {
    let mut readings = replay.into_readings();
    let mut verdicts: BTreeMap<ObjectiveKey, Vec<Verdict>> = BTreeMap::new();
    for instant in instants {
        let (view, _) = readings.at(*instant);
        for verdict in view.verdicts() {
            let key = (verdict.team.clone(), verdict.objective.clone());
            verdicts.entry(key).or_default().push(verdict);
        }
    }
    verdicts
}
