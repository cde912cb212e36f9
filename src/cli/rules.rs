//! `vaste rules`: rules for Prometheus, and routes for Alertmanager.

use std::io;

use super::arguments::{RulesArgs, RulesFormat};
use super::configuration;
use super::disk::files_named;
use super::exit::{CommandError, Exit};
use super::terminal::Terminal;
use crate::agreement::Owner;
use crate::name;

/// The rules about Vaste itself, with the scrape job [`JOB`].
const ABOUT_VASTE: &str = include_str!("../../deploy/prometheus/vaste.rules.yaml");

/// The rules by which Prometheus raises the alerts of teams.
const TEAM_ALERTS: &str = include_str!("../../deploy/prometheus/teams.rules.yaml");

/// The scrape job of [`ABOUT_VASTE`], as its expressions have it.
const JOB: &str = "job=\"vaste\"";

/// What comes before the routes of teams. `VasteWatchdog` always fires: who receives it notices that it does
/// not come any more.
const BEFORE_ROUTES: &str = "\
# Routes of alerts to the teams that own them: `vaste rules --format alertmanager` makes this file.
# Add to each receiver how it is reached, such as `email_configs`, or move routes, receivers and inhibitions
# into the configuration that you have.
route:
  receiver: vaste-operators
  group_by: [alertname, team]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 12h
  routes:
    # Always fires while Vaste is healthy: send it to a service that warns you when it stops coming.
    - matchers: ['alertname=\"VasteWatchdog\"']
      receiver: vaste-watchdog
      group_wait: 0s
      group_interval: 1m
      repeat_interval: 1m
";

/// What comes after the receivers of teams. Stale data mutes nothing: an alert that fires then is of a miss
/// that was seen while the data was current.
const INHIBITIONS: &str = "\
inhibit_rules:
  # A level that is missed is at risk, too.
  - source_matchers: ['alertname=\"VasteObjectiveMissed\"']
    target_matchers: ['alertname=\"VasteObjectiveAtRisk\"']
    equal: [team, objective]
";

/// Prints rules or routes.
///
/// # Errors
/// If agreements cannot be read.
pub(super) fn run(
    arguments: &RulesArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    match arguments.format {
        RulesFormat::Prometheus => {
            let job = format!("job={}", quoted(&arguments.job));
            write!(terminal.out, "{}", ABOUT_VASTE.replace(JOB, &job))?;
        }
        RulesFormat::TeamAlerts => write!(terminal.out, "{TEAM_ALERTS}")?,
        RulesFormat::Alertmanager => {
            let config = configuration::read(&files_named(&arguments.files), terminal)?;
            let owners = config.agreements.iter().map(|agreement| &agreement.owner);
            print_routes(&mut owners.map(Owner::team).collect::<Vec<_>>(), terminal)?;
        }
    }
    Ok(Exit::Success)
}

/// Prints one route and one receiver for each team; `None` is the whole organisation.
fn print_routes(teams: &mut Vec<Option<&str>>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    teams.sort_unstable();
    teams.dedup();
    write!(terminal.out, "{BEFORE_ROUTES}")?;
    for team in &*teams {
        let matcher = format!("team={}", quoted(name::team_label(*team))).replace('\'', "''");
        let receiver = quoted(&receiver(*team));
        writeln!(terminal.out, "    - matchers: ['{matcher}']\n      receiver: {receiver}")?;
    }
    writeln!(terminal.out, "receivers:\n  - name: vaste-operators\n  - name: vaste-watchdog")?;
    for team in &*teams {
        writeln!(terminal.out, "  - name: {}", quoted(&receiver(*team)))?;
    }
    write!(terminal.out, "{INHIBITIONS}")
}

/// The name of a team's receiver. No team's name begins with an underscore and is the organisation's label.
fn receiver(team: Option<&str>) -> String {
    format!("vaste-team {}", name::team_label(team))
}

/// A string in double quotes, as JSON, YAML, matchers of Alertmanager and Prometheus all read it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
