//! The turns of duty of a team.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::labels::NamesInPath;
use super::problem::{PROBLEM_JSON, Problem};
use super::response::{NO_DATA, TEAM_LABEL, frozen, respond, trusted};
use crate::address;
use crate::duty::{Turn, TurnReason};
use crate::reading::schema::labels;
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::time::Timestamp;

/// The number of coming turns that a response has.
const NEXT: usize = 10;

/// The turns of duty of a team: the one of now, and the next ten.
#[utoipa::path(
    get,
    path = address::API_DUTY,
    operation_id = "duty",
    params(("team" = String, Path, description = TEAM_LABEL)),
    responses(
        (status = 200, description = "The turns.", body = DutyShown<'_>),
        (status = 404, description = "No such team.", body = Problem, content_type = PROBLEM_JSON),
        (status = 503, description = NO_DATA, body = Problem, content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve(
    State(shared): State<Shared>,
    path: Result<Path<NamesInPath>, PathRejection>,
) -> Response {
    let published = shared.published.load();
    respond(NamesInPath::of(path).and_then(|names| duty(&published, &names)))
}

/// The turns of duty of a team.
#[derive(Serialize, ToSchema)]
struct DutyShown<'a> {
    /// The instant of all values. While frozen, the last instant at which the data could be trusted.
    at: Timestamp,
    /// Why verdicts are frozen, in words; null while the data can be trusted.
    #[schema(required)]
    frozen: Option<String>,
    /// The turn at `at`; null before the first turn, and without turns in the agreement.
    #[schema(required)]
    current: Option<TurnShown<'a>>,
    /// The next ten turns, in order; empty without turns in the agreement.
    next: Vec<TurnShown<'a>>,
}

/// One turn of duty.
#[derive(Serialize, ToSchema)]
struct TurnShown<'a> {
    /// Its number: 0 for the first turn of the rotation.
    index: u32,
    /// The handover that it starts with.
    starts: Timestamp,
    /// The handover that it ends with, which starts the next turn.
    ends: Timestamp,
    /// Who has it; null if nobody has it, or if the configuration hides names of people.
    #[schema(required)]
    member: Option<&'a str>,
    /// Whether nobody has it, since all members are away.
    vacant: bool,
    /// Why they have it: the `rotation`, a `swap`, or the `absence` of the member whose turn it would be.
    #[schema(schema_with = reasons)]
    because: &'static str,
}

fn duty<'a>(published: &'a PublishedView, names: &NamesInPath) -> Result<DutyShown<'a>, Problem> {
    let scope = names.scope(&published.shown().unwrap_or(published).catalog)?;
    let (shown, at) = trusted(published)?;
    let all = shown.catalog.duty(scope).into_iter().flat_map(|duty| duty.turns_from(at));
    let mut turns = all.take(NEXT + 1).peekable();
    let current = turns.next_if(|turn| turn.starts <= at);
    let show = |turn: Turn<'a>| TurnShown {
        index: turn.index,
        starts: turn.starts,
        ends: turn.ends,
        member: turn.member.filter(|_| published.ticket_links.shows_people),
        vacant: turn.member.is_none(),
        because: turn.because.label(),
    };
    let next = turns.take(NEXT).map(show).collect();
    Ok(DutyShown { at, frozen: frozen(published), current: current.map(show), next })
}

fn reasons() -> utoipa::openapi::Object {
    let all = [TurnReason::Rotation, TurnReason::Swap, TurnReason::Absence];
    let about = "Why they have it: the `rotation`, a `swap`, or the `absence` of the member whose turn it \
                 would be.";
    labels(&all.map(TurnReason::label), about)
}
