//! The past of an objective, hour by hour, and what other targets would have meant.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::labels::{NamesInPath, ratio};
use super::problem::{PROBLEM_JSON, Problem};
use super::response::{TEAM_LABEL, respond, trusted};
use crate::address;
use crate::agreement::{Level, Objective, Tally, Target, TargetShown, VerdictState};
use crate::catalog::ObjectiveId;
use crate::past::{Hour, PastPoint, Trend};
use crate::service::coordinator::published_view::{PublishedView, Shared};
use crate::service::derived_past::DerivedPast;
use crate::time::Timestamp;

/// The past of an objective: its tally and verdict at each whole hour, as far back as 90 days and the longest
/// window.
#[utoipa::path(
    get,
    path = address::API_HISTORY,
    operation_id = "history",
    params(
        ("team" = String, Path, description = TEAM_LABEL),
        ("objective" = String, Path, description = "Name of the objective in the agreement."),
    ),
    responses(
        (status = 200, description = "The past of the objective.", body = HistoryShown),
        (status = 404, description = "No such team or objective.", body = Problem,
            content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve(
    State(shared): State<Shared>,
    path: Result<Path<NamesInPath>, PathRejection>,
) -> Response {
    let published = shared.published.load();
    respond(NamesInPath::of(path).and_then(|names| history(&published, &names)))
}

/// The past of an objective. It follows from the events: one that comes late corrects it.
#[derive(Serialize, ToSchema)]
struct HistoryShown {
    /// The last hour that has a point; null while the past is being derived for the first time.
    #[schema(required)]
    to: Option<Timestamp>,
    /// Where the objective is going: the last point compared with the one a week earlier, or a day where the
    /// window is shorter than a week. Null where one of them has no verdict.
    #[schema(required)]
    trend: Option<TrendShown>,
    /// The hour since which the objective has the verdict of the last point; null if it has had it since
    /// before the first hour that is kept.
    #[schema(required)]
    unchanged_since: Option<Timestamp>,
    /// One point for each whole hour, in order of time, from the first hour that has a ticket.
    points: Vec<PointShown>,
    /// The objective with other targets, as if each had been agreed on four weeks ago; ascending by target.
    /// Empty where none were tried.
    tried: Vec<TriedShown>,
}

/// Where an objective is going. A share is better or worse from two percentage points and three tickets on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TrendShown {
    /// It is getting better.
    Better,
    /// Neither.
    Steady,
    /// It is getting worse.
    Worse,
}

/// An objective at one whole hour, by the level in force then.
#[derive(Serialize, ToSchema)]
struct PointShown {
    /// The hour.
    at: Timestamp,
    /// The number of decided tickets in the window that ended then.
    decided: u32,
    /// Those over target.
    missed: u32,
    /// The share of decided tickets within target, 0 to 1; null while nothing is decided, and for a
    /// `none_over` limit.
    #[schema(required, minimum = 0, maximum = 1)]
    compliance: Option<f64>,
    /// The verdict.
    #[serde(serialize_with = "crate::reading::state_label")]
    state: VerdictState,
    /// Waits that began in the hour before.
    arrived: u16,
    /// Waits that were answered in the hour before.
    answered: u16,
}

/// An objective with another target.
#[derive(Serialize, ToSchema)]
struct TriedShown {
    /// The target of tickets whose priority has none of its own.
    target: TargetShown,
    /// Whether it is the target in force.
    is_agreed: bool,
    /// The number of decided tickets at `to`.
    decided: u32,
    /// Those over this target.
    missed: u32,
    /// The hours of the last four weeks at which the objective would have been missed.
    hours_missed: u64,
    /// The hours at which there would have been a verdict.
    hours_known: u64,
}

fn history(published: &PublishedView, names: &NamesInPath) -> Result<HistoryShown, Problem> {
    let (shown, _) = trusted(published)?;
    let (id, objective) = names.objective(&shown.catalog)?;
    let derived = shown.past.as_deref();
    let trend = derived.and_then(|derived| derived.past.trend(id, &shown.catalog));
    let points = derived.into_iter().flat_map(|derived| derived.past.points_of(id));
    Ok(HistoryShown {
        to: derived.map(|derived| derived.past.last.start()),
        trend: trend.map(|trend| match trend {
            Trend::Better => TrendShown::Better,
            Trend::Steady => TrendShown::Steady,
            Trend::Worse => TrendShown::Worse,
        }),
        unchanged_since: derived
            .and_then(|derived| derived.past.unchanged_since(id))
            .map(Hour::start),
        points: points
            .skip_while(is_before_tickets)
            .map(|(hour, point)| point_shown(objective, hour, point))
            .collect(),
        tried: derived.map_or_else(Vec::new, |derived| tried(objective, id, derived)),
    })
}

/// Whether an hour is before those that have a ticket.
fn is_before_tickets((_, point): &(Hour, PastPoint)) -> bool {
    point.decided == 0 && point.arrived == 0
}

fn point_shown(objective: &Objective, hour: Hour, point: PastPoint) -> PointShown {
    let PastPoint { decided, missed, state, arrived, answered } = point;
    let tally = Tally { decided: decided.into(), missed: missed.into(), ..Tally::default() };
    let at = hour.start();
    let share =
        tally.compliance_bp().filter(|_| matches!(objective.level_at(at), Level::Within { .. }));
    PointShown { at, decided, missed, compliance: share.map(ratio), state, arrived, answered }
}

fn tried(objective: &Objective, id: ObjectiveId, derived: &DerivedPast) -> Vec<TriedShown> {
    let tried = &derived.tried;
    let agreed = objective.level_at(tried.past.last.start()).target(None);
    let one = |target: Target, id| {
        let (_, last) = tried.past.points_of(id).next_back()?;
        let count = |holds: fn(VerdictState) -> bool| {
            tried.past.points_of(id).filter(|(_, point)| holds(point.state)).count() as u64
        };
        Some(TriedShown {
            target: target.shown(objective.measure),
            is_agreed: target == agreed,
            decided: last.decided,
            missed: last.missed,
            hours_missed: count(|state| state == VerdictState::Missed),
            hours_known: count(|state| state != VerdictState::InsufficientData),
        })
    };
    tried.targets_of(id).iter().filter_map(|tried| one(tried.target, tried.id)).collect()
}
