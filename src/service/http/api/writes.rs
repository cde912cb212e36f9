//! What people say through the API: concerns, decisions, notes of turns, talks about tickets, reviews. It
//! becomes events.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{Object, ObjectBuilder, Schema};
use utoipa::{IntoResponses, ToSchema};

use super::body::json;
use super::problem::{PROBLEM_JSON, Problem};
use crate::address;
use crate::event::{CATEGORIES_MAX, Kind};
use crate::service::coordinator::publication::Shared;
use crate::service::http::writing::{EventWriting, Fault, Refusal, Submission, WrittenEvent};
use crate::time::Timestamp;

/// A concern to raise, to settle, or to raise again.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConcernSaid {
    /// Label of the team, as in the list of teams; `_all` for the whole organisation.
    #[schema(min_length = 1, max_length = 128)]
    team: String,
    /// Id of the concern. Required to settle it, or to raise a settled one again; a new one gets an id
    /// without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z0-9._:/@#+-]{1,128}$")]
    concern: Option<String>,
    /// What it is about, why it is open again, or what came of it; at most 500 bytes. Required to raise a
    /// concern.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    text: Option<String>,
    /// Who says it. Ignored where a proxy names the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[^\\x00-\\x20\\x7f-\\xa0][^\\x00-\\x1f\\x7f-\\x9f]{0,31}$")]
    by: Option<String>,
    /// Whether the concern is settled.
    #[serde(default, skip_serializing)]
    settled: bool,
}

/// A decision to record, to give another day, or to record as done or dropped.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionSaid {
    /// Label of the team, as in the list of teams; `_all` for the whole organisation.
    #[schema(min_length = 1, max_length = 128)]
    team: String,
    /// Id of the decision. A new one gets an id without it; all else requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z0-9._:/@#+-]{1,128}$")]
    decision: Option<String>,
    /// What was decided, or why it is moved or dropped; at most 500 bytes. Required for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    text: Option<String>,
    /// The role that is to do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// The day by which it is to be done. Required to move it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    due: Option<String>,
    /// Id of the ticket that it is about. If the ticket was brought to the team, it leaves the agenda.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z0-9._:/@#+-]{1,128}$")]
    ticket: Option<String>,
    /// Who says it. Ignored where a proxy names the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[^\\x00-\\x20\\x7f-\\xa0][^\\x00-\\x1f\\x7f-\\x9f]{0,31}$")]
    by: Option<String>,
    /// Whether it is done.
    #[serde(default, skip_serializing)]
    done: bool,
    /// Whether the team no longer wants it. It is not done then.
    #[serde(default, skip_serializing)]
    dropped: bool,
    /// Whether it is open, with another day.
    #[serde(default, skip_serializing)]
    moved: bool,
}

/// A note about a turn of duty.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TurnNoteSaid {
    /// Label of the team, as in the list of teams; `_all` for the whole organisation.
    #[schema(min_length = 1, max_length = 128)]
    team: String,
    /// The note; at most 500 bytes.
    text: String,
    /// Who says it. Ignored where a proxy names the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[^\\x00-\\x20\\x7f-\\xa0][^\\x00-\\x1f\\x7f-\\x9f]{0,31}$")]
    by: Option<String>,
}

/// A ticket that the team has talked about.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TicketTalkSaid {
    /// Label of the team, as in the list of teams; `_all` for the whole organisation.
    #[schema(min_length = 1, max_length = 128)]
    team: String,
    /// Id of the ticket, which was brought to the team.
    #[schema(pattern = "^[A-Za-z0-9._:/@#+-]{1,128}$")]
    ticket: String,
    /// What came of it; at most 500 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    text: Option<String>,
    /// Who says it. Ignored where a proxy names the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[^\\x00-\\x20\\x7f-\\xa0][^\\x00-\\x1f\\x7f-\\x9f]{0,31}$")]
    by: Option<String>,
}

/// A ticket that the team is to talk about.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TicketBroughtSaid {
    /// Label of the team, as in the list of teams; `_all` for the whole organisation.
    #[schema(min_length = 1, max_length = 128)]
    team: String,
    /// Id of the ticket.
    #[schema(pattern = "^[A-Za-z0-9._:/@#+-]{1,128}$")]
    ticket: String,
    /// Why; at most 500 bytes.
    #[schema(max_length = 500)]
    text: String,
    /// Who says it. Ignored where a proxy names the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[^\\x00-\\x20\\x7f-\\xa0][^\\x00-\\x1f\\x7f-\\x9f]{0,31}$")]
    by: Option<String>,
}

/// A review of how a ticket was handled.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReviewSaid {
    /// Id of the ticket.
    #[schema(pattern = "^[A-Za-z0-9._:/@#+-]{1,128}$")]
    ticket: String,
    /// The score.
    #[serde(deserialize_with = "score")]
    #[schema(minimum = 1, maximum = 5)]
    score: u8,
    /// Scores by category, 1 to 5; null where one does not apply.
    #[serde(default, deserialize_with = "scores", skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = categories)]
    categories: BTreeMap<String, Option<u8>>,
    /// A note; at most 500 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    note: Option<String>,
    /// Whether the team is to talk about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    bring_to_team: Option<bool>,
    /// Who reviewed it. Ignored where a proxy names the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[^\\x00-\\x20\\x7f-\\xa0][^\\x00-\\x1f\\x7f-\\x9f]{0,31}$")]
    by: Option<String>,
}

/// The event that was stored.
#[derive(Serialize, ToSchema)]
struct EventStored {
    /// Its id.
    id: String,
    /// Its type.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its time.
    time: Timestamp,
    /// The id of the concern or of the decision; null for other events.
    #[schema(required)]
    subject: Option<String>,
}

/// What all of these answer.
#[derive(IntoResponses)]
#[expect(
    dead_code,
    reason = "it describes the responses of `write` for the description of the API"
)]
enum WriteResponse {
    /// It is stored in the topic.
    #[response(status = 202)]
    Stored(EventStored),
    /// Why it is not written, and what to do.
    #[response(status = "4XX", content_type = PROBLEM_JSON)]
    Refused(Problem),
    /// Kafka has not stored it.
    #[response(status = 503, content_type = PROBLEM_JSON)]
    NotStored(Problem),
}

/// Raises a concern of a team, or settles it. A settled one that is raised again is open again, and keeps
/// what was said. It is written to the topic and shown once it is read from there.
#[utoipa::path(
    post,
    path = address::API_CONCERNS,
    operation_id = "say_concern",
    request_body = ConcernSaid,
    responses(WriteResponse)
)]
pub(super) async fn concern(
    State(shared): State<Shared>,
    Extension(writing): Extension<Arc<EventWriting>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = |said: &ConcernSaid| {
        Ok(if said.settled { Kind::ConcernSettled } else { Kind::ConcernRaised })
    };
    write(&shared, &writing, &headers, &body, kind).await
}

/// Records a decision of a team, that it has another day, or that it is done or dropped. It is written to the
/// topic and shown once it is read from there.
#[utoipa::path(
    post,
    path = address::API_DECISIONS,
    operation_id = "say_decision",
    request_body = DecisionSaid,
    responses(WriteResponse)
)]
pub(super) async fn decision(
    State(shared): State<Shared>,
    Extension(writing): Extension<Arc<EventWriting>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = |said: &DecisionSaid| match (said.done, said.dropped, said.moved) {
        (false, false, false) => Ok(Kind::Decided),
        (true, false, false) => Ok(Kind::DecisionDone),
        (false, true, false) => Ok(Kind::DecisionDropped),
        (false, false, true) => Ok(Kind::DecisionMoved),
        (true, true, _) | (true, _, true) | (_, true, true) => Err(Refusal::wrong(
            Fault::Other,
            "`done`, `dropped` and `moved` exclude each other: choose one",
        )),
    };
    write(&shared, &writing, &headers, &body, kind).await
}

/// Records a note about a turn of duty. It is written to the topic and shown once it is read from there.
#[utoipa::path(
    post,
    path = address::API_TURN_NOTES,
    operation_id = "say_turn_note",
    request_body = TurnNoteSaid,
    responses(WriteResponse)
)]
pub(super) async fn turn_note(
    State(shared): State<Shared>,
    Extension(writing): Extension<Arc<EventWriting>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    write(&shared, &writing, &headers, &body, |_: &TurnNoteSaid| Ok(Kind::TurnNoted)).await
}

/// Records that a team has talked about a ticket that was brought to it, so that it leaves the agenda. It is
/// written to the topic and shown once it is read from there.
#[utoipa::path(
    post,
    path = address::API_TICKET_TALKS,
    operation_id = "say_ticket_talk",
    request_body = TicketTalkSaid,
    responses(WriteResponse)
)]
pub(super) async fn ticket_talk(
    State(shared): State<Shared>,
    Extension(writing): Extension<Arc<EventWriting>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    write(&shared, &writing, &headers, &body, |_: &TicketTalkSaid| Ok(Kind::TicketDiscussed)).await
}

/// Brings a ticket to the talk of a team. It is written to the topic and is on the agenda once it is read
/// from there.
#[utoipa::path(
    post,
    path = address::API_BROUGHT_TICKETS,
    operation_id = "bring_ticket",
    request_body = TicketBroughtSaid,
    responses(WriteResponse)
)]
pub(super) async fn brought_ticket(
    State(shared): State<Shared>,
    Extension(writing): Extension<Arc<EventWriting>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    write(&shared, &writing, &headers, &body, |_: &TicketBroughtSaid| Ok(Kind::TicketBrought)).await
}

/// Records a review of a ticket. It is written to the topic, and replaces the reviewer's earlier one.
#[utoipa::path(
    post,
    path = address::API_REVIEWS,
    operation_id = "say_review",
    request_body = ReviewSaid,
    responses(WriteResponse)
)]
pub(super) async fn review(
    State(shared): State<Shared>,
    Extension(writing): Extension<Arc<EventWriting>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    write(&shared, &writing, &headers, &body, |_: &ReviewSaid| Ok(Kind::Reviewed)).await
}

/// Names of categories with their scores.
fn categories() -> Object {
    let score = ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::Integer, Type::Null]))
        .minimum(Some(1))
        .maximum(Some(5));
    let form = "^[^\\x00-\\x20\\x7f-\\xa0][^\\x00-\\x1f\\x7f-\\x9f]{0,31}$";
    let name = ObjectBuilder::new().schema_type(Type::String).pattern(Some(form));
    ObjectBuilder::new()
        .description(Some("Scores by category, 1 to 5; null where one does not apply."))
        .additional_properties(Some(Schema::Object(score.build())))
        .property_names(Some(name.build()))
        .max_properties(Some(CATEGORIES_MAX))
        .build()
}

/// A score as a number of JSON, which may have a fraction of zero: 4.0 is a whole number there.
fn whole(number: f64) -> Option<u8> {
    (1..=5_u8).find(|score| f64::from(*score).total_cmp(&number).is_eq())
}

fn score<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let number = f64::deserialize(deserializer)?;
    whole(number).ok_or_else(|| no_score(number))
}

fn scores<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Option<u8>>, D::Error> {
    let scores = BTreeMap::<String, Option<f64>>::deserialize(deserializer)?;
    let read = |(category, number): (String, Option<f64>)| match number {
        None => Ok((category, None)),
        Some(number) => {
            let score = whole(number).ok_or_else(|| no_score(number))?;
            Ok((category, Some(score)))
        }
    };
    scores.into_iter().map(read).collect()
}

fn no_score<E: serde::de::Error>(number: f64) -> E {
    E::custom(format!("{number} is no whole number from 1 to 5"))
}

/// Writes the body of a request as an event of a kind.
async fn write<T: for<'de> Deserialize<'de> + Serialize>(
    shared: &Shared,
    writing: &EventWriting,
    headers: &HeaderMap,
    body: &[u8],
    kind: impl Fn(&T) -> Result<Kind, Refusal>,
) -> Response {
    let said: T = match serde_json::from_slice(body) {
        Ok(said) => said,
        Err(error) => return Problem::unreadable_body(&error).into_response(),
    };
    let kind = match kind(&said) {
        Ok(kind) => kind,
        Err(refusal) => return Problem::not_written(&refusal).into_response(),
    };
    let Ok(Value::Object(fields)) = serde_json::to_value(&said) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let published = shared.published.load_full();
    let submission = Submission { kind, fields, seed: None };
    match writing.submit(submission, headers, &published).await {
        Ok(WrittenEvent { id, time, subject_id: subject }) => {
            let stored = EventStored { id, kind: kind.label(), time, subject };
            let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
            (StatusCode::ACCEPTED, headers, json(&stored)).into_response()
        }
        Err(refusal) => Problem::not_written(&refusal).into_response(),
    }
}
