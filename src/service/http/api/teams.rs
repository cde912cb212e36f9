//! The list of teams, and one team.

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::labels::{NamesInPath, ScopeShown};
use super::problem::{PROBLEM_JSON, Problem};
use super::response::{NO_DATA, TEAM_LABEL, frozen, respond, trusted};
use crate::address;
use crate::agreement::{About, VerdictState};
use crate::alert::{DUTY_SEVERITY, DUTY_TURN, turns_begun};
use crate::catalog::ScopeId;
use crate::measure::Measure;
use crate::name::team_label;
use crate::reading::schema::labels;
use crate::reading::{Reading, flags_shown};
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::http::board::urgency;
use crate::service::http::ticket_rows::{TicketRow, row};
use crate::ticket::{GivenUp, RatingKind};
use crate::time::Timestamp;
use crate::waiting_list::ListOf;
use crate::window::FlagCounts;

/// All teams, each with its state and those of its objectives.
#[utoipa::path(
    get,
    path = address::API_TEAMS,
    operation_id = "teams",
    responses(
        (status = 200, description = "The organisation, the teams by name, and unclaimed tickets.",
            body = TeamList<'_>),
        (status = 503, description = NO_DATA, body = Problem, content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve_list(State(shared): State<Shared>) -> Response {
    respond(list(&shared.published.load()))
}

/// One team: its state, agreement, readings, ratings, flags and alerts.
#[utoipa::path(
    get,
    path = address::API_TEAM,
    operation_id = "team",
    params(("team" = String, Path, description = TEAM_LABEL)),
    responses(
        (status = 200, description = "The team.", body = TeamShown<'_>),
        (status = 404, description = "No such team.", body = Problem, content_type = PROBLEM_JSON),
        (status = 503, description = NO_DATA, body = Problem, content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve_one(
    State(shared): State<Shared>,
    path: Result<Path<NamesInPath>, PathRejection>,
) -> Response {
    let published = shared.published.load();
    respond(NamesInPath::of(path).and_then(|names| team(&published, &names)))
}

/// All teams.
#[derive(Serialize, ToSchema)]
struct TeamList<'a> {
    /// The instant of all values. While frozen, the last instant at which the data could be trusted.
    at: Timestamp,
    /// Why verdicts are frozen, in words; null while the data can be trusted.
    #[schema(required)]
    frozen: Option<String>,
    /// The organisation, the teams in order of their names, and unclaimed tickets.
    teams: Vec<TeamSummary<'a>>,
}

/// The state of a team.
#[derive(Serialize, ToSchema)]
struct TeamSummary<'a> {
    #[serde(flatten)]
    scope: ScopeShown<'a>,
    /// The most urgent state of its objectives: missed, at risk, insufficient data, met. `not_agreed` without
    /// objectives, and `frozen` while verdicts are frozen.
    #[serde(serialize_with = "crate::reading::state_label")]
    state: VerdictState,
    /// Whether tickets that nobody has agreed to answer have waited here for so long that an alert fires.
    waits_too_long: bool,
    /// Its objectives, in the order of the agreement.
    objectives: Vec<ObjectiveState<'a>>,
}

/// The state of an objective.
#[derive(Serialize, ToSchema)]
struct ObjectiveState<'a> {
    /// Its name in the agreement.
    objective: &'a str,
    /// Its state.
    #[serde(serialize_with = "crate::reading::state_label")]
    state: VerdictState,
}

/// One team.
#[derive(Serialize, ToSchema)]
struct TeamShown<'a> {
    /// The instant of all values. While frozen, the last instant at which the data could be trusted.
    at: Timestamp,
    /// Why verdicts are frozen, in words; null while the data can be trusted.
    #[schema(required)]
    frozen: Option<String>,
    #[serde(flatten)]
    summary: TeamSummary<'a>,
    /// Its agreement; null without one.
    #[schema(required)]
    agreement: Option<AgreementShown<'a>>,
    /// Its readings by measure and window, in the kind of time that the board shows, and their parts by
    /// priority and channel. A reading without samples, waiting or unanswered tickets is absent.
    readings: Vec<&'a Reading>,
    /// Its ratings by kind and window.
    ratings: Vec<RatingsInWindow>,
    /// Tickets that ended without an answer, by measure and window; absent where there are none.
    given_up: Vec<CountsInWindow>,
    /// What changed figures without a sooner answer, by measure and window; absent where there is none.
    flags: Vec<CountsInWindow>,
    /// Its alerts that are pending or firing.
    alerts: Vec<AlertShown<'a>>,
    /// The tickets that have waited longest for an answer, the longest wait first. At most 100; none where
    /// the team has objectives, whose own lists name tickets, and where ids of tickets are not shown.
    longest_waiting: Vec<TicketRow>,
}

/// What an agreement says besides its objectives.
#[derive(Serialize, ToSchema)]
struct AgreementShown<'a> {
    /// The name of the calendar of its opening hours; null where always open.
    #[schema(required)]
    hours: Option<&'a str>,
    /// Names that the team had before. Events with one of them count for the team.
    former_names: Vec<&'a str>,
    /// The day on which it was agreed on; null if the agreement does not say.
    #[schema(required, format = Date)]
    agreed_on: Option<String>,
    /// The number of people who agreed on it; null if the agreement does not say.
    #[schema(required)]
    agreed_by: Option<u64>,
    /// The day on which the team wants to review it; null if the agreement does not say.
    #[schema(required, format = Date)]
    look_again: Option<String>,
    /// The web address of the team's runbook; null without one.
    #[schema(required)]
    runbook_url: Option<&'a str>,
}

/// Ratings of one kind in one window.
#[derive(Serialize, ToSchema)]
struct RatingsInWindow {
    /// Who rated: the customer (`rated`), or a reviewer (`reviewed`).
    #[schema(schema_with = rating_kinds)]
    kind: &'static str,
    /// The length of the rolling window.
    #[schema(example = "7d")]
    window: String,
    /// The number of ratings.
    count: u64,
    /// The sum of their scores, each from 1 to 5.
    sum: u64,
}

/// Counts of one measure in one window.
#[derive(Serialize, ToSchema)]
struct CountsInWindow {
    /// What is measured.
    #[serde(serialize_with = "crate::reading::measure_label")]
    measure: Measure,
    /// The length of the rolling window.
    #[schema(example = "7d")]
    window: String,
    /// The counts by label; those of 0 are absent.
    counts: BTreeMap<&'static str, u64>,
}

/// An alert that is pending or firing.
#[derive(Serialize, ToSchema)]
struct AlertShown<'a> {
    /// The label `alertname`.
    alertname: &'a str,
    /// The name of its objective; null for an alert about tickets that nobody has agreed to answer, and at a
    /// handover of duty.
    #[schema(required)]
    objective: Option<&'a str>,
    /// The label `severity`.
    severity: &'a str,
    /// Whether it is pending or firing.
    #[schema(schema_with = alert_states)]
    state: &'a str,
    /// Since when it fires; while it is pending, since when its condition holds.
    since: Timestamp,
    /// Since when its condition is not known; null while it is.
    #[schema(required)]
    frozen_since: Option<Timestamp>,
}

fn list(published: &PublishedView) -> Result<TeamList<'_>, Problem> {
    let (shown, at) = trusted(published)?;
    let scopes = shown.catalog.reading_scopes();
    let teams = scopes.map(|scope| summary(shown, published, scope)).collect();
    Ok(TeamList { at, frozen: frozen(published), teams })
}

fn summary<'a>(
    shown: &'a PublishedView,
    published: &PublishedView,
    scope: ScopeId,
) -> TeamSummary<'a> {
    let is_frozen = published.frozen.is_some();
    let of_team = shown.catalog.objectives().zip(&shown.verdicts);
    let of_team = of_team.filter(|((_, owner, _), _)| *owner == scope);
    let objectives: Vec<_> = of_team
        .map(|((.., objective), verdict)| ObjectiveState {
            objective: &objective.name,
            state: if is_frozen { VerdictState::Frozen } else { verdict.state },
        })
        .collect();
    let states = objectives.iter().map(|objective| objective.state);
    let label = team_label(shown.catalog.scope_name(scope));
    TeamSummary {
        scope: ScopeShown::of(scope, &shown.catalog),
        state: states.min_by_key(|state| urgency(*state)).unwrap_or(VerdictState::NotAgreed),
        waits_too_long: shown.wait_alarms.has_waiting_tickets(label),
        objectives,
    }
}

/// A team, by its label.
fn team<'a>(published: &'a PublishedView, names: &NamesInPath) -> Result<TeamShown<'a>, Problem> {
    let scope = names.scope(&published.shown().unwrap_or(published).catalog)?;
    let (shown, at) = trusted(published)?;
    let team = shown.catalog.scope_name(scope);
    let readings = shown.readings_shown().chain(shown.splits_shown());
    let ratings = shown.ratings.iter().filter(|(owner, ..)| *owner == scope);
    Ok(TeamShown {
        at,
        frozen: frozen(published),
        summary: summary(shown, published, scope),
        agreement: shown.catalog.about(scope).map(AgreementShown::new),
        readings: readings.filter(|reading| reading.team.as_deref() == team).collect(),
        ratings: ratings
            .map(|(_, kind, window, scores)| RatingsInWindow {
                kind: kind.label(),
                window: window.to_string(),
                count: scores.count,
                sum: scores.sum,
            })
            .collect(),
        given_up: given_up(shown, scope),
        flags: flags(shown, scope),
        alerts: alerts(shown, scope),
        longest_waiting: shown
            .waiting_tickets(ListOf::Scope(scope))
            .tickets
            .into_iter()
            .map(|one| row(published, one))
            .collect(),
    })
}

impl<'a> AgreementShown<'a> {
    fn new(about: &'a About) -> Self {
        Self {
            hours: about.hours.as_deref(),
            former_names: about.former_names.iter().map(|name| &**name).collect(),
            agreed_on: about.agreed.map(|agreed| agreed.date.to_string()),
            agreed_by: about.agreed.map(|agreed| agreed.people as u64),
            look_again: about.look_again.map(|day| day.to_string()),
            runbook_url: about.runbook_url.as_deref(),
        }
    }
}

/// The tickets of a team that ended without an answer, by all reasons.
fn given_up(shown: &PublishedView, scope: ScopeId) -> Vec<CountsInWindow> {
    let rows = shown.given_up.iter().filter(|(owner, ..)| *owner == scope);
    let rows = rows.map(|(_, measure, window, by_reason)| {
        let by_reason = GivenUp::ALL.into_iter().zip(by_reason);
        let counts = by_reason.filter(|(_, count)| **count > 0);
        CountsInWindow {
            measure: *measure,
            window: window.to_string(),
            counts: counts.map(|(reason, count)| (reason.label(), *count)).collect(),
        }
    });
    rows.filter(|row| !row.counts.is_empty()).collect()
}

/// The flagged acts of a team.
fn flags(shown: &PublishedView, scope: ScopeId) -> Vec<CountsInWindow> {
    let rows = shown.flags.iter().filter(|(owner, ..)| *owner == scope);
    let none_given_up = [0; GivenUp::ALL.len()];
    rows.map(|(_, measure, window, counts): &(_, _, _, FlagCounts)| CountsInWindow {
        measure: *measure,
        window: window.to_string(),
        counts: flags_shown(&none_given_up, *counts),
    })
    .collect()
}

/// The alerts of a team that are pending or firing.
fn alerts(shown: &PublishedView, scope: ScopeId) -> Vec<AlertShown<'_>> {
    let of_objectives = shown.alerts.iter().filter_map(|alert| {
        let since = alert.status().since()?;
        let (owner, objective) = shown.catalog.objective(alert.objective);
        (owner == scope).then(|| AlertShown {
            alertname: alert.kind.label(),
            objective: Some(&objective.name),
            severity: &alert.policy.severity,
            state: alert.status().label(),
            since,
            frozen_since: alert.frozen_since(),
        })
    });
    let label = team_label(shown.catalog.scope_name(scope));
    let alarms = shown.wait_alarms.firing().filter(|alarm| alarm.team == label);
    let of_waits = alarms.map(|alarm| AlertShown {
        alertname: alarm.alertname,
        objective: None,
        severity: alarm.severity,
        state: "firing",
        since: alarm.since,
        frozen_since: shown.wait_alarms.frozen_since(),
    });
    let begun = shown.at.into_iter().flat_map(|at| turns_begun(&shown.catalog, at));
    let of_duty = begun.filter(|(team, ..)| *team == scope).map(|(.., turn)| AlertShown {
        alertname: DUTY_TURN,
        objective: None,
        severity: DUTY_SEVERITY,
        state: "firing",
        since: turn.starts,
        frozen_since: None,
    });
    of_objectives.chain(of_waits).chain(of_duty).collect()
}

fn rating_kinds() -> utoipa::openapi::Object {
    let about = "Who rated: the customer (`rated`), or a reviewer (`reviewed`).";
    labels(&RatingKind::ALL.map(RatingKind::label), about)
}

fn alert_states() -> utoipa::openapi::Object {
    labels(&["pending", "firing"], "Whether it is pending or firing.")
}
