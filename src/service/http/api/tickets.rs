//! The waiting tickets of an objective.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::labels::NamesInPath;
use super::problem::{PROBLEM_JSON, Problem};
use super::response::{TEAM_LABEL, frozen, respond, trusted};
use crate::address;
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::http::ticket_rows::{TicketRow, row};
use crate::time::Timestamp;
use crate::waiting_list::ListOf;

/// The waiting tickets of an objective that are over target or due soon: the first 100 by due time, and the
/// number of all.
#[utoipa::path(
    get,
    path = address::API_OBJECTIVE_TICKETS,
    operation_id = "waiting_tickets",
    params(
        ("team" = String, Path, description = TEAM_LABEL),
        ("objective" = String, Path, description = "Name of the objective in the agreement."),
    ),
    responses(
        (status = 200, description = "The waiting tickets.", body = WaitingTicketsShown),
        (status = 404, description = "No such team or objective.", body = Problem,
            content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve(
    State(shared): State<Shared>,
    path: Result<Path<NamesInPath>, PathRejection>,
) -> Response {
    let published = shared.published.load();
    respond(NamesInPath::of(path).and_then(|names| waiting(&published, &names)))
}

/// The waiting tickets of an objective.
#[derive(Serialize, ToSchema)]
struct WaitingTicketsShown {
    /// The instant of all values. While frozen, the last instant at which the data could be trusted.
    at: Timestamp,
    /// Why verdicts are frozen, in words; null while the data can be trusted.
    #[schema(required)]
    frozen: Option<String>,
    /// The number of all waiting tickets over target.
    over_target: u64,
    /// The number of all waiting tickets within target that have used 80 % of it.
    due_soon: u64,
    /// Whether all waiting tickets were considered. Until then earlier ones may be missing.
    is_whole: bool,
    /// The first of them, the earliest due time first. At most 100; none where ids of tickets are not shown.
    tickets: Vec<TicketRow>,
}

fn waiting(published: &PublishedView, names: &NamesInPath) -> Result<WaitingTicketsShown, Problem> {
    let (shown, at) = trusted(published)?;
    let (id, _) = names.objective(&shown.catalog)?;
    let detail = shown.details.get(id.index());
    let detail = detail.ok_or_else(|| Problem::not_ready(published.frozen.as_ref()))?;
    let list = shown.waiting_tickets(ListOf::Objective(id));
    Ok(WaitingTicketsShown {
        at,
        frozen: frozen(published),
        over_target: detail.overdue,
        due_soon: detail.used_most.saturating_sub(detail.overdue),
        is_whole: list.is_whole,
        tickets: list.tickets.into_iter().map(|one| row(published, one)).collect(),
    })
}
