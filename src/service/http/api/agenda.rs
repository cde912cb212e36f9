//! The agenda of a team's talk.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::VARY;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};

use super::problem::{PROBLEM_JSON, Problem};
use super::response::{TEAM_LABEL, respond, trusted};
use crate::address;
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::http::board::{AgendaShown, PageLanguage, agenda_shown};
use crate::service::http::page_response::page_language;

/// The agenda of a team's talk, as the page has it. Its texts are in the language of the query `lang`, else
/// of `Accept-Language`. Unclaimed tickets have no team that could talk; they are on the organisation's
/// agenda.
#[utoipa::path(
    get,
    path = address::API_AGENDA,
    operation_id = "agenda",
    params(
        ("team" = String, Path, description = TEAM_LABEL),
        ("lang" = Option<String>, Query, description = "Language of the texts, such as `fi`."),
    ),
    responses(
        (status = 200, description = "The agenda.", body = AgendaShown),
        (status = 404, description = "No such team.", body = Problem, content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve(
    State(shared): State<Shared>,
    team: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let published = shared.published.load();
    let team = team.map_err(|_| Problem::unreadable_name());
    let reader = page_language(&headers, &uri);
    let response = respond(team.and_then(|Path(team)| agenda(&published, &team, reader)));
    ([(VARY, "accept-language")], response).into_response()
}

fn agenda(
    published: &PublishedView,
    team: &str,
    reader: PageLanguage,
) -> Result<AgendaShown, Problem> {
    let (shown, _) = trusted(published)?;
    agenda_shown(published, team, reader).ok_or_else(|| Problem::unknown_team(team, &shown.catalog))
}
