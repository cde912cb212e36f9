//! The teams: how they behave, and what they agreed on.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::hours::{self, WorkingHours};
use super::{BACKLOG, PLAY, SILENCE, Scenario};
use crate::config::{Config, Disk, PatternError};
use crate::time::{DAY_MS, Elapsed, MINUTE_MS, Timestamp};

/// The organisation's name.
pub const ORGANISATION: &str = "Esimerkki Oy";

/// The topic of its events.
pub const TOPIC: &str = "ticket-events";

/// When a campaign begins, as an hour of the day; until when customers ask six times as often; until when
/// who asks waits long.
const CAMPAIGN_HOURS: [i64; 3] = [10, 13, 18];

/// How a team behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// As agreed.
    ClockGuard,
    /// Slower every day from the fifth on, until its level is far away.
    Drifts,
    /// As agreed, but for one silence.
    Stops,
    /// As agreed, but every third day brings a campaign.
    Bursts,
}

/// One team, or nobody's tickets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Team {
    /// Its name; none for tickets that nobody answers for.
    pub(super) name: Option<&'static str>,
    pub(super) manner: Manner,
    /// Tickets of a weekday.
    pub(super) per_day: i64,
    /// The usual working time until an answer.
    pub(super) usual: Elapsed,
    pub(super) hours: WorkingHours,
    /// How many of a thousand answers take six times as long.
    pub(super) strays_per_mille: i64,
    /// How many of a thousand tickets are never answered.
    pub(super) silent_per_mille: i64,
    pub(super) agents: [&'static str; 3],
}

const OFFICE: WorkingHours = WorkingHours { weekdays: [8, 18], weekends: [10, 16], silence: None };

const STEADY: Team = Team {
    name: None,
    manner: Manner::ClockGuard,
    per_day: 36,
    usual: Elapsed::from_ms(60 * MINUTE_MS),
    hours: OFFICE,
    strays_per_mille: 15,
    silent_per_mille: 0,
    agents: ["aino", "mikko", "sara"],
};

/// The team that has not agreed on anything; it also takes what came to the wrong place.
pub(super) const RETURNS: &str = "returns";

/// The team with the ticket that is months old.
pub(super) const TECHNICAL: &str = "technical";

/// The team that drifts.
pub(super) const DRIFTING: &str = "deliveries";

/// All who have tickets, in the order in which they draw lots.
pub(super) fn teams(scenario: Scenario) -> [Team; 8] {
    let silence = Some(SILENCE.map(|after| scenario.begin.plus(after)));
    let drift = if scenario.calm { Manner::ClockGuard } else { Manner::Drifts };
    [
        Team { name: Some("billing"), ..STEADY },
        Team {
            name: Some(DRIFTING),
            manner: drift,
            strays_per_mille: 0,
            agents: ["onni", "lumi", "veikko"],
            ..STEADY
        },
        Team {
            name: Some("shop"),
            manner: Manner::Stops,
            usual: Elapsed::from_ms(30 * MINUTE_MS),
            hours: WorkingHours { weekdays: [8, 20], weekends: [8, 20], silence },
            strays_per_mille: 0,
            agents: ["helmi", "eero", "kerttu"],
            ..STEADY
        },
        Team {
            name: Some("orders"),
            manner: Manner::Bursts,
            per_day: 30,
            strays_per_mille: 0,
            agents: ["toivo", "aada", "niilo"],
            ..STEADY
        },
        Team {
            name: Some(TECHNICAL),
            per_day: 30,
            strays_per_mille: 8,
            agents: ["ilona", "oskari", "vieno"],
            ..STEADY
        },
        Team {
            name: Some(RETURNS),
            per_day: 15,
            usual: Elapsed::from_ms(150 * MINUTE_MS),
            agents: ["seela", "arvo", "hilja"],
            ..STEADY
        },
        // No file declares this team.
        Team {
            name: Some("warranty"),
            per_day: 3,
            silent_per_mille: 500,
            agents: ["noel", "alma", "urho"],
            ..STEADY
        },
        Team { per_day: 3, silent_per_mille: 700, agents: ["seela", "arvo", "hilja"], ..STEADY },
    ]
}

impl Team {
    /// How long an answer takes that is asked for now, in percent of the usual.
    pub(super) fn slowness_percent(&self, scenario: Scenario, at: Timestamp) -> i64 {
        match self.manner {
            Manner::ClockGuard | Manner::Stops => 100,
            Manner::Drifts => {
                let calm = Elapsed::from_ms(5 * DAY_MS);
                let drifted = at.since(scenario.begin.plus(calm)).ms().min(BACKLOG.less(calm).ms());
                100 + 1_500 * drifted / BACKLOG.less(calm).ms()
            }
            Manner::Bursts => {
                let [begins, _, ends] = CAMPAIGN_HOURS;
                let is_slow =
                    is_campaign_day(scenario, at) && (begins..ends).contains(&hours::hour(at));
                if is_slow { 400 } else { 100 }
            }
        }
    }

    /// How many of a million minutes like this one bring a ticket.
    pub(super) fn tickets_per_million(&self, scenario: Scenario, at: Timestamp) -> i64 {
        let usual = hours::tickets_per_million(at, self.per_day);
        match self.manner {
            Manner::ClockGuard | Manner::Drifts | Manner::Stops => usual,
            Manner::Bursts => {
                let [begins, ends, _] = CAMPAIGN_HOURS;
                let is_burst =
                    is_campaign_day(scenario, at) && (begins..ends).contains(&hours::hour(at));
                if is_burst { 6 * usual } else { usual }
            }
        }
    }
}

fn is_campaign_day(scenario: Scenario, at: Timestamp) -> bool {
    (hours::day(at) - hours::day(scenario.begin)).rem_euclid(3) == 0
}

/// Who plays which part, in words: the team and what it does.
pub fn cast(calm: bool) -> [(&'static str, &'static str); 7] {
    let drift = if calm {
        "answers as agreed: this is the calm story"
    } else {
        "takes longer every week: its level is missed"
    };
    [
        ("billing", "answers as agreed"),
        (DRIFTING, drift),
        ("shop", "stops answering on day 29, begins again on day 33"),
        ("orders", "has a campaign every third day, falls behind and recovers"),
        (TECHNICAL, "answers as agreed, but one customer has asked for a call for months"),
        (RETURNS, "is measured and has not agreed on a level yet"),
        ("unclaimed", "tickets of no team, or of one that nobody declared"),
    ]
}

/// The files of the organisation, as its teams would write them.
const FILES: [(&str, &str); 7] = [
    ("agreements/billing.yaml", include_str!("agreements/billing.yaml")),
    ("agreements/deliveries.yaml", include_str!("agreements/deliveries.yaml")),
    ("agreements/esimerkki.yaml", include_str!("agreements/esimerkki.yaml")),
    ("agreements/orders.yaml", include_str!("agreements/orders.yaml")),
    ("agreements/returns.yaml", include_str!("agreements/returns.yaml")),
    ("agreements/shop.yaml", include_str!("agreements/shop.yaml")),
    ("agreements/technical.yaml", include_str!("agreements/technical.yaml")),
];

/// The configuration of the demo: a service that listens there and reads from these brokers, and what the
/// teams agreed on before the story began.
pub fn config(begin: Timestamp, listen: SocketAddr, brokers: &str) -> Config {
    let service = format!(
        "kafka: {{ brokers: [\"{brokers}\"], topic: {TOPIC}, group: vaste-demo }}\n\
         agreements: [\"agreements/*.yaml\"]\n\
         http: {{ listen: \"{listen}\" }}\n"
    );
    let days = |days| Elapsed::from_ms(days * DAY_MS);
    let agreed = date(begin.minus(days(60)));
    let look_again = date(begin.plus(BACKLOG).plus(PLAY).plus(days(90)));
    let mut files = BTreeMap::from([("vaste.yaml", service)]);
    files.extend(FILES.map(|(name, text)| {
        (name, text.replace("$AGREED_ON", &agreed).replace("$LOOK_AGAIN", &look_again))
    }));
    let today = date(begin.plus(BACKLOG));
    Config::read(&[PathBuf::from("vaste.yaml")], &Table(files), &today)
}

/// The day of an instant, `YYYY-MM-DD`.
fn date(at: Timestamp) -> String {
    at.to_string().split('T').next().unwrap_or_default().to_owned()
}

/// Files that are nowhere but here.
struct Table(BTreeMap<&'static str, String>);

impl Disk for Table {
    fn read(&self, path: &Path) -> io::Result<String> {
        let found = self.0.iter().find(|(name, _)| Path::new(name) == path);
        found
            .map(|(_, text)| text.clone())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }

    fn list(&self, pattern: &str) -> Result<Vec<PathBuf>, PatternError> {
        let folder = pattern.trim_end_matches("*.yaml");
        Ok(self.0.keys().filter(|name| name.starts_with(folder)).map(PathBuf::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_have_no_fault_and_nothing_to_warn_of() {
        let begin = Timestamp::parse("2026-10-20T09:30:00Z").unwrap();
        let config = config(begin, SocketAddr::from(([127, 0, 0, 1], 9464)), "127.0.0.1:9092");
        let warnings: Vec<String> =
            config.diagnostics.warnings.iter().map(ToString::to_string).collect();
        assert!(!config.diagnostics.has_errors(), "{:?}", config.diagnostics.errors);
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(config.agreements.len(), FILES.len());
        assert_eq!(config.service.unwrap().kafka.topic, TOPIC);
    }
}
