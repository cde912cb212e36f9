//! Errors of the API: problem details of RFC 9457.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::body::json;
use crate::address;
use crate::catalog::Catalog;
use crate::name::{similar, team_label};
use crate::reading::schema::labels;
use crate::service::coordinator::readiness::NotReady;
use crate::service::http::past_rows::PeriodError;
use crate::service::http::writing::Refusal;

/// The media type of an error.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// Maximum characters of a name from a request that an error repeats.
const NAME_CHARS_MAX: usize = 100;

/// Why a request has no answer: problem details of RFC 9457.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::service::http) struct Problem {
    /// What kind of error it is.
    #[serde(rename = "type", serialize_with = "uri")]
    #[schema(schema_with = kinds)]
    kind: ProblemKind,
    /// The kind in words.
    title: &'static str,
    /// The HTTP status code.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong with this request, and what to do.
    detail: String,
}

/// The kinds of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProblemKind {
    /// No page of the API has that address.
    UnknownAddress,
    /// The address cannot do what the request asks for.
    MethodNotAllowed,
    /// No team has that name.
    UnknownTeam,
    /// The team has no objective of that name.
    UnknownObjective,
    /// No ticket has that id.
    UnknownTicket,
    /// A value of the query cannot be read.
    InvalidQuery,
    /// No view was trusted since the start.
    NotReady,
    /// The body of the request cannot be read.
    UnreadableBody,
    /// Nothing can be written here, or not by this request.
    WritingRefused,
    /// What is said cannot become an event.
    InvalidEvent,
    /// Too much was written in a minute.
    TooManyEvents,
    /// Kafka has not stored the event.
    NotStored,
}

impl ProblemKind {
    const ALL: [Self; 12] = [
        Self::UnknownAddress,
        Self::MethodNotAllowed,
        Self::UnknownTeam,
        Self::UnknownObjective,
        Self::UnknownTicket,
        Self::InvalidQuery,
        Self::NotReady,
        Self::UnreadableBody,
        Self::WritingRefused,
        Self::InvalidEvent,
        Self::TooManyEvents,
        Self::NotStored,
    ];

    /// The value of `type`. A closed set: changing one is a breaking change.
    const fn uri(self) -> &'static str {
        match self {
            Self::UnknownAddress => "urn:vaste:problem:unknown-address",
            Self::MethodNotAllowed => "urn:vaste:problem:method-not-allowed",
            Self::UnknownTeam => "urn:vaste:problem:unknown-team",
            Self::UnknownObjective => "urn:vaste:problem:unknown-objective",
            Self::UnknownTicket => "urn:vaste:problem:unknown-ticket",
            Self::InvalidQuery => "urn:vaste:problem:invalid-query",
            Self::NotReady => "urn:vaste:problem:not-ready",
            Self::UnreadableBody => "urn:vaste:problem:unreadable-body",
            Self::WritingRefused => "urn:vaste:problem:writing-refused",
            Self::InvalidEvent => "urn:vaste:problem:invalid-event",
            Self::TooManyEvents => "urn:vaste:problem:too-many-events",
            Self::NotStored => "urn:vaste:problem:not-stored",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::UnknownAddress => "the API has no such address",
            Self::MethodNotAllowed => "the address has no such method",
            Self::UnknownTeam => "there is no team of that name",
            Self::UnknownObjective => "the team has no objective of that name",
            Self::UnknownTicket => "there is no ticket with that id",
            Self::InvalidQuery => "a value in the address cannot be read",
            Self::NotReady => "there is no data yet, or not all",
            Self::UnreadableBody => "the body cannot be read",
            Self::WritingRefused => "nothing is written by this request",
            Self::InvalidEvent => "this cannot become an event",
            Self::TooManyEvents => "too much was written in a minute",
            Self::NotStored => "the event is not stored",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::UnknownAddress
            | Self::UnknownTeam
            | Self::UnknownObjective
            | Self::UnknownTicket => StatusCode::NOT_FOUND,
            Self::InvalidQuery => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotReady | Self::NotStored => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnreadableBody => StatusCode::BAD_REQUEST,
            Self::WritingRefused => StatusCode::FORBIDDEN,
            Self::InvalidEvent => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyEvents => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl Problem {
    fn new(kind: ProblemKind, detail: String) -> Self {
        Self { kind, title: kind.title(), status: kind.status().as_u16(), detail }
    }

    /// No page of the API has this path.
    pub(in crate::service::http) fn unknown_address(path: &str) -> Self {
        let detail = format!("{} is not described in {}", quoted(path), address::API_DESCRIPTION);
        Self::new(ProblemKind::UnknownAddress, detail)
    }

    /// The address has no such method.
    pub(in crate::service::http) fn method_not_allowed() -> Self {
        let detail = format!("the header `allow` and {} say which", address::API_DESCRIPTION);
        Self::new(ProblemKind::MethodNotAllowed, detail)
    }

    /// The body of a request is not the JSON that is described.
    pub(super) fn unreadable_body(error: &serde_json::Error) -> Self {
        let detail = format!("{error}; {} describes it", address::API_DESCRIPTION);
        Self::new(ProblemKind::UnreadableBody, detail)
    }

    /// What someone says was not written.
    pub(super) fn not_written(refusal: &Refusal) -> Self {
        let kind = match refusal {
            Refusal::Off(_) | Refusal::OtherSite | Refusal::NoPerson(_) | Refusal::Nameless => {
                ProblemKind::WritingRefused
            }
            Refusal::TooOften => ProblemKind::TooManyEvents,
            Refusal::UnknownTeam(_) => ProblemKind::UnknownTeam,
            Refusal::UnknownTicket { .. } => ProblemKind::UnknownTicket,
            Refusal::TicketNotFoundYet(_) => ProblemKind::NotReady,
            Refusal::Wrong { .. } => ProblemKind::InvalidEvent,
            Refusal::NotStored(_) => ProblemKind::NotStored,
        };
        Self::new(kind, refusal.to_string())
    }

    /// No team has this label.
    pub(super) fn unknown_team(label: &str, catalog: &Catalog) -> Self {
        let known = catalog.reading_scopes().map(|scope| team_label(catalog.scope_name(scope)));
        let advice = advice(similar(label, known), address::API_TEAMS);
        Self::new(ProblemKind::UnknownTeam, format!("no team is named {}{advice}", quoted(label)))
    }

    /// No team has a name that is not UTF-8.
    pub(super) fn unreadable_name() -> Self {
        let detail = "the name in the address is not UTF-8: percent-encode its UTF-8 bytes";
        Self::new(ProblemKind::UnknownTeam, detail.to_owned())
    }

    /// A team has objectives with these names, and not this one.
    pub(super) fn unknown_objective<'c>(
        name: &str,
        team: &str,
        known: impl Iterator<Item = &'c str>,
    ) -> Self {
        let advice = advice(similar(name, known), &address::api_objectives(team));
        let detail = format!("no objective of the team is named {}{advice}", quoted(name));
        Self::new(ProblemKind::UnknownObjective, detail)
    }

    /// A period is not given as instants.
    pub(in crate::service::http) fn invalid_query(error: &PeriodError) -> Self {
        let PeriodError { key, value, .. } = error;
        let detail = format!("`{key}` is {}, which is no instant: {error}", quoted(value));
        Self::new(ProblemKind::InvalidQuery, detail)
    }

    /// No view was trusted since the start.
    pub(super) fn not_ready(reason: Option<&NotReady>) -> Self {
        let reason = reason.map_or_else(String::new, |reason| format!("{reason}; "));
        let detail = format!("{reason}ask again when {} answers with 200", address::READY);
        Self::new(ProblemKind::NotReady, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let headers = [(CONTENT_TYPE, PROBLEM_JSON), (CACHE_CONTROL, "no-store")];
        (self.kind.status(), headers, json(&self)).into_response()
    }
}

/// A name of a request as an error repeats it.
fn quoted(name: &str) -> String {
    let mut chars = name.chars();
    let start: String = chars.by_ref().take(NAME_CHARS_MAX).collect();
    let more = if chars.next().is_some() { "…" } else { "" };
    format!("`{start}{more}`")
}

fn advice(similar: Option<&str>, list: &str) -> String {
    similar.map_or_else(
        || format!(": {list} lists those that exist"),
        |name| format!(": did you mean `{name}`?"),
    )
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn uri<S: Serializer>(kind: &ProblemKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.uri())
}

fn kinds() -> utoipa::openapi::Object {
    labels(&ProblemKind::ALL.map(ProblemKind::uri), "What kind of error it is.")
}
