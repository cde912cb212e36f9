//! The levels that a running Vaste has tried, by its API.

use std::collections::BTreeMap;
use std::io::{BufReader, Read as _};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use url::Url;

use super::tried_levels::TriedLevels;
use crate::address;
use crate::agreement::{Level, Objective, Owner, Tally, Target, VerdictState};
use crate::amount::Unit;
use crate::calendar::WorkingDays;
use crate::cli::arguments::WhatIfArgs;
use crate::config::read_target;
use crate::event::Priority;
use crate::measure::{Basis, Measure};
use crate::name;
use crate::share::Share;
use crate::time::{Elapsed, Timestamp};
use crate::whatif::{IsoWeek, TriedVerdict, TriedWeek};

/// Timeout of one request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum bytes of a response: the past of an objective has about 1 MB.
const RESPONSE_MAX: u64 = 64 << 20;

/// Why a running Vaste does not tell.
#[derive(Debug, thiserror::Error)]
pub(super) enum RemoteError {
    #[error(
        "--url: {url:?} is not the address of a Vaste; write, for example, http://127.0.0.1:9464"
    )]
    Url { url: String },
    #[error("failed to read {url}: {problem}")]
    Request { url: String, problem: String },
    #[error(
        "{team} has no objective of {measure}; it has {known}. Other measures can be tried on files of events"
    )]
    NoObjective { team: String, measure: &'static str, known: String },
    #[error(
        "{url} has not tried other targets for {objective}: its past is still being derived, or there are too \
         many objectives; try again in a minute, or name files of events"
    )]
    NotTried { url: String, objective: String },
    #[error("--within: {text}: {problem}")]
    Target { text: String, problem: String },
}

#[derive(Deserialize)]
struct ObjectiveRows {
    objectives: Vec<ObjectiveRow>,
}

#[derive(Deserialize)]
struct ObjectiveRow {
    team: Option<Box<str>>,
    objective: String,
    measure: String,
    level: LevelRow,
}

#[derive(Deserialize)]
struct LevelRow {
    share: Option<f64>,
    basis: String,
    /// Those that differ from the general one.
    by_priority: BTreeMap<String, TargetRow>,
    min_tickets: Option<u64>,
    over: String,
}

#[derive(Deserialize)]
struct HistoryRows {
    zone: String,
    tried: Vec<TriedRow>,
}

#[derive(Deserialize)]
struct TriedRow {
    target: TargetRow,
    weeks: Vec<WeekRow>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TargetRow {
    Amount(f64),
    WorkingDays { working_days: u8 },
}

#[derive(Deserialize)]
struct WeekRow {
    week: String,
    at: String,
    decided: u64,
    missed: u64,
    state: String,
}

/// An error of the API, as RFC 9457 has it.
#[derive(Deserialize)]
struct ProblemRow {
    detail: String,
}

/// What the Vaste at `url` has tried for the objective of the measure.
pub(super) fn comparison(url: &str, arguments: &WhatIfArgs) -> Result<TriedLevels, RemoteError> {
    let server = server(url)?;
    let team = name::normal(&arguments.team);
    let measure = arguments.measure;
    let path = address::api_objectives(&team);
    let ObjectiveRows { objectives } = get(&server, &path)?;
    let known: Vec<String> =
        objectives.iter().map(|one| format!("{} ({})", one.objective, one.measure)).collect();
    let of_measure = || objectives.iter().filter(|one| one.measure == measure.label());
    let with_share = of_measure().find(|one| one.level.share.is_some());
    let found =
        with_share.or_else(|| of_measure().next()).ok_or_else(|| RemoteError::NoObjective {
            team: team.to_string(),
            measure: measure.label(),
            known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
        })?;
    let path = address::api_history(&team, &found.objective);
    let HistoryRows { zone, mut tried } = get(&server, &path)?;
    let unreadable = || RemoteError::Request {
        url: format!("{server}{path}"),
        problem: "it is of another version of Vaste than this one".to_owned(),
    };
    let basis = Basis::ALL.into_iter().find(|basis| basis.label() == found.level.basis);
    let basis = basis.ok_or_else(unreadable)?;
    let read: Option<Vec<Target>> =
        tried.iter().map(|one| one.target.target(measure, basis)).collect();
    let mut targets = read.ok_or_else(unreadable)?;
    if targets.is_empty() {
        let objective = found.objective.clone();
        return Err(RemoteError::NotTried { url: server, objective });
    }
    keep_named(arguments, basis, &mut targets, &mut tried)?;
    let candidates: Option<Vec<Objective>> =
        targets.into_iter().map(|target| found.candidate(measure, target)).collect();
    let candidates = candidates.ok_or_else(unreadable)?;
    let weeks = weeks(&tried).ok_or_else(unreadable)?;
    let owner = found.team.clone().map_or(Owner::Organisation, Owner::Team);
    Ok(TriedLevels { owner, candidates, weeks, zone })
}

/// Leaves out the targets that `--within` does not name.
fn keep_named(
    arguments: &WhatIfArgs,
    basis: Basis,
    targets: &mut Vec<Target>,
    tried: &mut Vec<TriedRow>,
) -> Result<(), RemoteError> {
    if arguments.within.is_empty() {
        return Ok(());
    }
    let mut named = Vec::new();
    for text in &arguments.within {
        let text = text.trim();
        let read = read_target(text, arguments.measure, basis == Basis::Open);
        let target =
            read.map_err(|problem| RemoteError::Target { text: text.to_owned(), problem })?;
        if !targets.contains(&target) {
            let known: Vec<String> = targets
                .iter()
                .map(|target| target.written(arguments.measure, basis == Basis::Open))
                .collect();
            let problem = format!(
                "was not tried there; it has tried {}. Others can be tried on files of events",
                known.join(", ")
            );
            return Err(RemoteError::Target { text: text.to_owned(), problem });
        }
        named.push(target);
    }
    let mut kept = targets.iter().map(|target| named.contains(target));
    tried.retain(|_| kept.next().unwrap_or(false));
    targets.retain(|target| named.contains(target));
    Ok(())
}

impl TargetRow {
    fn target(&self, measure: Measure, basis: Basis) -> Option<Target> {
        match self {
            Self::WorkingDays { working_days } => {
                WorkingDays::new(*working_days).map(Target::WorkingDays)
            }
            Self::Amount(amount) => {
                let elapsed = match measure.unit() {
                    Unit::Time => Elapsed::from_ms(whole(amount * 1_000.0)),
                    Unit::Count => Unit::count(whole(*amount)),
                };
                Some(Target::Fixed { elapsed, basis })
            }
        }
    }
}

impl ObjectiveRow {
    fn candidate(&self, measure: Measure, target: Target) -> Option<Objective> {
        let level = match (self.level.share, self.level.min_tickets) {
            (Some(share), Some(min_tickets)) => {
                let bp = u32::try_from(whole(share * 10_000.0)).ok()?;
                let share = Share::from_basis_points(bp)?;
                let mut by_priority = [None; Priority::ALL.len()];
                for (priority, own) in Priority::ALL.into_iter().zip(&mut by_priority) {
                    if let Some(row) = self.level.by_priority.get(priority.label()) {
                        *own = Some(row.target(measure, target.basis())?);
                    }
                }
                Level::Within { target, by_priority, share, min_tickets }
            }
            _ => Level::NoneOver(target),
        };
        let over = Elapsed::parse(&self.level.over)?;
        Some(Objective { over, ..Objective::new(&self.objective, measure, level) })
    }
}

/// The weeks, with the verdicts of all targets in each.
fn weeks(tried: &[TriedRow]) -> Option<Vec<TriedWeek>> {
    let first = tried.first()?;
    let mut weeks = Vec::new();
    for (number, row) in first.weeks.iter().enumerate() {
        let verdicts: Option<Vec<TriedVerdict>> =
            tried.iter().map(|one| one.weeks.get(number)?.verdict()).collect();
        weeks.push(TriedWeek {
            week: IsoWeek::parse(&row.week)?,
            at: Timestamp::parse(&row.at)?,
            verdicts: verdicts?,
        });
    }
    Some(weeks)
}

impl WeekRow {
    fn verdict(&self) -> Option<TriedVerdict> {
        let tally = Tally { decided: self.decided, missed: self.missed, ..Tally::default() };
        Some(TriedVerdict { tally, state: VerdictState::of_label(&self.state)?, alert: None })
    }
}

/// A number that is whole but for rounding.
#[expect(clippy::cast_possible_truncation, reason = "amounts and shares are far below 2^53")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// The address without a slash at its end.
fn server(url: &str) -> Result<String, RemoteError> {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let parsed = Url::parse(url).ok().filter(is_web);
    if parsed.is_none() {
        return Err(RemoteError::Url { url: url.to_owned() });
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// Reads JSON.
fn get<T: DeserializeOwned>(server: &str, path: &str) -> Result<T, RemoteError> {
    let url = format!("{server}{path}");
    let failed = |problem: String| RemoteError::Request { url: url.clone(), problem };
    let tls = TlsConfig::builder()
        .provider(TlsProvider::NativeTls)
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .build();
    let agent: Agent = config.into();
    let mut response = agent.get(&url).call().map_err(|error| {
        failed(format!("{error}; is Vaste running there, and is it the address of `http.listen`?"))
    })?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    BufReader::new(response.body_mut().with_config().limit(RESPONSE_MAX).reader())
        .read_to_end(&mut body)
        .map_err(|error| failed(error.to_string()))?;
    if status != 200 {
        let detail = serde_json::from_slice(&body).map(|ProblemRow { detail }| detail);
        let detail = detail.unwrap_or_else(|_| "it is probably not a Vaste".to_owned());
        return Err(failed(format!("it answers {status}: {detail}")));
    }
    serde_json::from_slice(&body).map_err(|error| {
        failed(format!("{error}; it is not a Vaste, or one of another version than this one"))
    })
}
