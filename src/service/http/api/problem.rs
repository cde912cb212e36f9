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
    /// No view was trusted since the start.
    NotReady,
}

impl ProblemKind {
    const ALL: [Self; 5] = [
        Self::UnknownAddress,
        Self::MethodNotAllowed,
        Self::UnknownTeam,
        Self::UnknownObjective,
        Self::NotReady,
    ];

    /// The value of `type`. A closed set: changing one is a breaking change.
    const fn uri(self) -> &'static str {
        match self {
            Self::UnknownAddress => "urn:vaste:problem:unknown-address",
            Self::MethodNotAllowed => "urn:vaste:problem:method-not-allowed",
            Self::UnknownTeam => "urn:vaste:problem:unknown-team",
            Self::UnknownObjective => "urn:vaste:problem:unknown-objective",
            Self::NotReady => "urn:vaste:problem:not-ready",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::UnknownAddress => "the API has no such address",
            Self::MethodNotAllowed => "the API is read only",
            Self::UnknownTeam => "there is no team of that name",
            Self::UnknownObjective => "the team has no objective of that name",
            Self::NotReady => "there is no data yet",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::UnknownAddress | Self::UnknownTeam | Self::UnknownObjective => {
                StatusCode::NOT_FOUND
            }
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotReady => StatusCode::SERVICE_UNAVAILABLE,
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

    /// Requests that may change something are refused.
    pub(in crate::service::http) fn method_not_allowed() -> Self {
        Self::new(ProblemKind::MethodNotAllowed, "use GET or HEAD".to_owned())
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
