//! The past of an objective, hour by hour, and what other targets would have meant.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::labels::NamesInPath;
use super::problem::{PROBLEM_JSON, Problem};
use super::response::{TEAM_LABEL, respond, trusted};
use crate::address;
use crate::agreement::{Objective, TargetShown, VerdictState};
use crate::calendar::Zone;
use crate::catalog::ObjectiveId;
use crate::past::{Hour, Past, PastPoint, TRIED_FOR, Trend, TriedTarget};
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::derived_past::DerivedPast;
use crate::service::http::board::{PastDay, days};
use crate::service::http::past_rows::{Period, PointShown, points};
use crate::time::{DAY_MS, Timestamp};
use crate::whatif::IsoWeek;

/// The past of an objective: its tally and verdict at each whole hour, as far back as 90 days and the longest
/// window.
#[utoipa::path(
    get,
    path = address::API_HISTORY,
    operation_id = "history",
    params(
        ("team" = String, Path, description = TEAM_LABEL),
        ("objective" = String, Path, description = "Name of the objective in the agreement."),
        ("from" = Option<Timestamp>, Query, description = "Points before this instant are left out."),
        ("to" = Option<Timestamp>, Query, description = "Points from this instant on are left out."),
    ),
    responses(
        (status = 200, description = "The past of the objective.", body = HistoryShown),
        (status = 400, description = "`from` or `to` is no instant.", body = Problem,
            content_type = PROBLEM_JSON),
        (status = 404, description = "No such team or objective.", body = Problem,
            content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve(
    State(shared): State<Shared>,
    path: Result<Path<NamesInPath>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    let published = shared.published.load();
    let period = Period::of(&query.unwrap_or_default());
    let period = period.map_err(|error| Problem::invalid_query(&error));
    let names = NamesInPath::of(path);
    respond(names.and_then(|names| history(&published, &names, period?)))
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
    /// The time zone of the team. Its days are those of `days_missed` and of the board, its weeks those of
    /// `weeks`.
    #[schema(example = "Europe/Helsinki")]
    zone: String,
    /// One point for each whole hour of the period that was asked for, in order of time, from the first hour
    /// that has a ticket of any objective.
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
    /// The days of the last four weeks on most of whose hours it would have been missed, in the time zone of
    /// the team.
    days_missed: u64,
    /// The days with a verdict on most of their hours.
    days_known: u64,
    /// The weeks of the last four weeks, in order of time.
    weeks: Vec<TriedWeekShown>,
}

/// An objective with another target in one week.
#[derive(Serialize, ToSchema)]
struct TriedWeekShown {
    /// The week by ISO 8601, in the time zone of the team.
    #[schema(value_type = String, example = "2026-W46")]
    week: IsoWeek,
    /// The last hour up to the end of the week, or the last hour of all.
    at: Timestamp,
    /// The number of decided tickets then.
    decided: u32,
    /// Those over this target.
    missed: u32,
    /// The verdict there would have been.
    #[serde(serialize_with = "crate::reading::state_label")]
    state: VerdictState,
}

fn history(
    published: &PublishedView,
    names: &NamesInPath,
    period: Period,
) -> Result<HistoryShown, Problem> {
    let (shown, _) = trusted(published)?;
    let scope = names.scope(&shown.catalog)?;
    let (id, objective) = names.objective(&shown.catalog)?;
    let derived = shown.past.as_deref();
    let trend = derived.and_then(|derived| derived.past.trend(id, &shown.catalog));
    let zone = shown.catalog.zone_of(scope);
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
        zone: zone.name().to_owned(),
        points: derived.map_or_else(Vec::new, |derived| points(derived, id, objective, period)),
        tried: derived.map_or_else(Vec::new, |derived| tried(objective, id, derived, zone)),
    })
}

fn tried(
    objective: &Objective,
    id: ObjectiveId,
    derived: &DerivedPast,
    zone: &Zone,
) -> Vec<TriedShown> {
    let tried = &derived.tried;
    let agreed = objective.level_at(tried.past.last.start()).target(None);
    let one = |TriedTarget { target, id }: &TriedTarget| {
        let (_, last) = tried.past.points_of(*id).next_back()?;
        let hours = |holds: fn(VerdictState) -> bool| {
            tried.past.points_of(*id).filter(|(_, point)| holds(point.state)).count() as u64
        };
        let most = usize::try_from(TRIED_FOR.ms() / DAY_MS).unwrap_or(0);
        let by_day = days(tried.past.points_of(*id), zone, most);
        let days = |holds: fn(VerdictState) -> bool| {
            by_day.iter().filter(|day: &&PastDay| holds(day.state)).count() as u64
        };
        let is_missed = |state| state == VerdictState::Missed;
        let is_known = |state| state != VerdictState::InsufficientData;
        Some(TriedShown {
            target: target.shown(objective.measure),
            is_agreed: *target == agreed,
            decided: last.decided,
            missed: last.missed,
            hours_missed: hours(is_missed),
            hours_known: hours(is_known),
            days_missed: days(is_missed),
            days_known: days(is_known),
            weeks: weeks(&tried.past, *id, zone),
        })
    };
    tried.targets_of(id).iter().filter_map(one).collect()
}

/// The points at the ends of weeks. The first week is the first that ends within the known hours.
fn weeks(past: &Past, id: ObjectiveId, zone: &Zone) -> Vec<TriedWeekShown> {
    let (first, last) = (past.first.start(), past.last.start());
    let shown = |week: IsoWeek| {
        let hour = Hour::until(week.end(zone)).min(past.last);
        let point = past.point(id, hour)?;
        let PastPoint { decided, missed, state, .. } = point;
        Some(TriedWeekShown { week, at: hour.start(), decided, missed, state })
    };
    IsoWeek::between(first, last, zone).filter_map(shown).collect()
}
