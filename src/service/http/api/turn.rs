//! What the present turn of a team's duty checks.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{PROBLEM_JSON, Problem};
use super::response::{TEAM_LABEL, frozen, respond, trusted};
use crate::address;
use crate::check_list::{CheckItem, CheckReason};
use crate::reading::schema::labels;
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::time::Timestamp;

/// What the present turn of a team's duty checks. Each member's own list is on a page for them only.
#[utoipa::path(
    get,
    path = address::API_TURN,
    operation_id = "turn",
    params(("team" = String, Path, description = TEAM_LABEL)),
    responses(
        (status = 200, description = "The turn's list.", body = TurnListShown<'_>),
        (status = 404, description = "No such team.", body = Problem, content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve(
    State(shared): State<Shared>,
    team: Result<Path<String>, PathRejection>,
) -> Response {
    let published = shared.published.load();
    let team = team.map_err(|_| Problem::unreadable_name());
    respond(team.and_then(|Path(team)| turn(&published, &team)))
}

/// What a turn checks.
#[derive(Serialize, ToSchema)]
struct TurnListShown<'a> {
    /// The instant of all values. While frozen, the last instant at which the data could be trusted.
    at: Timestamp,
    /// Why verdicts are frozen, in words; null while the data can be trusted.
    #[schema(required)]
    frozen: Option<String>,
    /// The list; null without turns of duty, until it is made, and where ids of tickets are not shown.
    #[schema(required)]
    list: Option<CheckListShown<'a>>,
}

/// The tickets of a turn.
#[derive(Serialize, ToSchema)]
struct CheckListShown<'a> {
    /// Waits that ended from here on are considered: the begin of the turn before.
    from: Timestamp,
    /// The handover. Tickets are as they were then.
    to: Timestamp,
    /// The number of tickets with a wait that ended over target in that time.
    missed: u64,
    /// The number of those that ended without an answer, or still waited over target at the handover.
    unanswered: u64,
    /// The number of the others, from which the rest of the list is drawn: the lowest by XXH3 (64 bits) of
    /// the team's label, the handover in RFC 3339 (UTC) and the ticket's id, with a space between them. The
    /// missed and the unanswered are in that order, too.
    answered: u64,
    /// The tickets, at most as many as the agreement says: missed, then unanswered, then drawn ones.
    tickets: Vec<CheckItemShown<'a>>,
    /// The number of them that nobody has judged since `from`.
    open: u64,
}

/// A ticket of a turn.
#[derive(Serialize, ToSchema)]
struct CheckItemShown<'a> {
    /// Its id.
    ticket: &'a str,
    /// Why it is on the list.
    #[schema(schema_with = reasons)]
    reason: &'static str,
    /// Whether somebody has judged it since the `from` of the list: in the turn, or in the one before.
    is_judged: bool,
}

fn reasons() -> utoipa::openapi::Object {
    labels(&CheckReason::ALL.map(CheckReason::label), "Why it is on the list.")
}

fn turn<'p>(published: &'p PublishedView, team: &str) -> Result<TurnListShown<'p>, Problem> {
    let (shown, at) = trusted(published)?;
    let scope = shown
        .catalog
        .scope_by_label(team)
        .ok_or_else(|| Problem::unknown_team(team, &shown.catalog))?;
    let derived = shown.past.as_ref().filter(|_| shown.ticket_links.shows_ids);
    let list = derived.and_then(|derived| derived.checks.of(scope)).map(|list| {
        let item = |item: &'p CheckItem| CheckItemShown {
            ticket: &item.ticket,
            reason: item.reason.label(),
            is_judged: shown.reviews.is_judged_since(&item.ticket, list.from),
        };
        let tickets: Vec<_> = list.items.iter().map(item).collect();
        let [missed, unanswered, answered] = list.candidates.map(|count| count as u64);
        CheckListShown {
            from: list.from,
            to: list.to,
            missed,
            unanswered,
            answered,
            open: tickets.iter().filter(|item| !item.is_judged).count() as u64,
            tickets,
        }
    });
    Ok(TurnListShown { at, frozen: frozen(published), list })
}
