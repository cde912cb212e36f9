//! The board's data as JSON for other services: `/api/v1/…`, described by OpenAPI.
//!
//! | module | what it answers |
//! |---|---|
//! | `teams` | the list of teams; one team with its readings, ratings, flags and alerts |
//! | `duty` | the turns of duty of a team: the one of now, and the next ten |
//! | `objectives` | the objectives of a team; one objective with its verdict and everything behind it |
//! | `tickets` | the waiting tickets of an objective |
//! | `history` | the past of an objective, and what other targets would have meant |
//! | `team_log` | what a team has said: concerns, decisions, notes of its turns; what was brought to it |
//! | `agenda` | the agenda of a team's talk |
//! | `turn` | what the present turn of duty checks |
//! | `writes` | takes what people say, and writes it to the topic |
//! | `stream` | what producers must know, and how far each partition is read |
//! | `problem` | errors, as RFC 9457 |
//! | `labels`, `response`, `body` | what responses share |
//!
//! # Design
//! A response comes from the same published view as the page. While verdicts are frozen, it holds
//! the last trusted numbers, the state `frozen` and the reason. Before the first trusted view, the
//! response is an error.
//!
//! The OpenAPI description is made from the handlers and the types of their responses. The doc comments of
//! handlers, types and fields are what it says, so they name units and what null means.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use utoipa::openapi::response::{Response as Described, ResponseBuilder};
use utoipa::openapi::{Header, OpenApi as Description, RefOr};
use utoipa::{OpenApi, PartialSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::problem::Problem;
use crate::address;
use crate::service::coordinator::publication::Shared;

mod agenda;
mod body;
mod duty;
mod history;
mod labels;
mod objectives;
mod problem;
mod response;
mod stream;
mod team_log;
mod teams;
mod tickets;
mod turn;
mod writes;
#[cfg(test)]
mod tests;

/// The description without its paths.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vaste",
        version = "1",
        description = "The board's data as JSON: the state of each team's objectives, and the reasons. \
                       Times are RFC 3339 in UTC. Durations are seconds with up to three decimals; for the \
                       measure `contacts`, which is a count, they are plain numbers. Shares are numbers from \
                       0 to 1. New fields and new values of open sets may be added; what is described here \
                       stays. Each response has an ETag: a request that names it in If-None-Match is \
                       answered with 304 while nothing has changed. Errors are problem details of RFC 9457.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This instance."))
)]
struct ApiDescription;

/// The routes of the API.
pub(super) fn routes() -> Router<Shared> {
    let (router, description) = described();
    // Keys are strings, so it can be written as JSON.
    let description = description.to_pretty_json().unwrap_or_default() + "\n";
    let serve = move || async move { body::found(description) };
    router.route(address::API_DESCRIPTION, get(serve))
}

/// The routes, and what they answer.
fn described() -> (Router<Shared>, Description) {
    let (router, mut description) = OpenApiRouter::with_openapi(ApiDescription::openapi())
        .routes(routes!(teams::serve_list))
        .routes(routes!(teams::serve_one))
        .routes(routes!(duty::serve))
        .routes(routes!(objectives::serve_list))
        .routes(routes!(objectives::serve_one))
        .routes(routes!(history::serve))
        .routes(routes!(tickets::serve))
        .routes(routes!(stream::serve))
        .routes(routes!(team_log::serve))
        .routes(routes!(turn::serve))
        .routes(routes!(agenda::serve))
        .routes(routes!(writes::concern))
        .routes(routes!(writes::decision))
        .routes(routes!(writes::turn_note))
        .routes(routes!(writes::brought_ticket))
        .routes(routes!(writes::ticket_talk))
        .routes(routes!(writes::review))
        .split_for_parts();
    let operations = description.paths.paths.values_mut().filter_map(|path| path.get.as_mut());
    operations.for_each(|operation| describe_common(&mut operation.responses.responses));
    (router, description)
}

/// Adds to the responses of one operation what all operations have: the `ETag`, and 304.
fn describe_common(responses: &mut BTreeMap<String, RefOr<Described>>) {
    if let Some(RefOr::T(found)) = responses.get_mut("200") {
        let mut etag = Header::new(String::schema());
        etag.description = Some("Names this response; for If-None-Match.".to_owned());
        found.headers.insert("etag".to_owned(), etag.into());
    }
    let unchanged = "Nothing has changed since the response that If-None-Match names.";
    let unchanged = ResponseBuilder::new().description(unchanged).build();
    responses.insert("304".to_owned(), unchanged.into());
}
