//! Decodes the bytes of a record into an [`Event`], or into the outcome that explains why not.

use std::borrow::Cow;

use serde_json::error::Category;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::ignored::OptionalField;
use super::optional::{
    ID_FORM, IDENTITY_FORM, NAME_FORM, OptionalFields, TEAM_FORM, TIME_FORM, bad_text, wrong_text,
};
use super::rejection::{Outcome, Reason, Rejection, Skip};
use super::usual_record::usual_record;
use super::utc_time::utc_time;
use super::wire::{EventKey, EventValue, Wire};
use super::{Event, EventDetail, Kind, Maker, Subject};
use crate::name;
use crate::time::Timestamp;

/// Maximum bytes of one record. A longer record is rejected as `too_large` before it is parsed.
///
/// A real event has 150 bytes; the longest text in it has 500.
pub const RECORD_BYTES_MAX: usize = 256 * 1024;

/// Decodes one record: bare JSON, or a CloudEvent in structured mode, which is JSON with a `specversion`.
/// Only `id`, `type`, `time` and the subject can refuse it: other fields that cannot be read are left out
/// and listed in [`Event::ignored`].
///
/// # Errors
/// The record's outcome if it is not an event: [`Outcome::Skipped`] or [`Outcome::Rejected`].
pub fn decode(record: &[u8]) -> Result<Event<'_>, Outcome> {
    decode_with(&[], record)
}

/// The same of a record with the attributes of a CloudEvent in binary mode: names as in structured mode, and
/// values. Without attributes it is as in [`decode()`].
///
/// # Errors
/// As [`decode()`].
pub fn decode_with<'a>(
    attributes: &[(&'a str, &'a str)],
    record: &'a [u8],
) -> Result<Event<'a>, Outcome> {
    let mut wire = wire_of(attributes, record)?;
    let kind = match kind_of(&mut wire) {
        Ok(Some(kind)) => kind,
        Ok(None) => return Err(Outcome::Skipped(Skip::UnknownType)),
        Err(rejection) => return Err(Outcome::Rejected(rejection)),
    };
    if wire.is_cloud_event() {
        check_cloud_event(&mut wire).map_err(Outcome::Rejected)?;
        wire = wire.into_flat(kind.is_of_team());
    }
    event_of(kind, &mut wire).map_err(Outcome::Rejected)
}

pub(super) fn wire_of<'a>(
    attributes: &[(&'a str, &'a str)],
    record: &'a [u8],
) -> Result<Wire<'a>, Outcome> {
    let is_enveloped = !attributes.is_empty();
    if is_enveloped && record.is_empty() {
        return Ok(Wire::of_cloud_event(attributes, Wire::default()));
    }
    let text = as_text(record).map_err(Outcome::Rejected)?;
    let wire = match usual_record(text) {
        Some(wire) => wire,
        None => serde_json::from_str(text).map_err(|error| not_json(&error))?,
    };
    Ok(if is_enveloped { Wire::of_cloud_event(attributes, wire) } else { wire })
}

/// Refuses data that is not JSON. Every version of the specification has the same attributes.
fn check_cloud_event(wire: &mut Wire<'_>) -> Checked<()> {
    match wire.take(EventKey::DataBase64) {
        EventValue::Absent => Ok(()),
        EventValue::Text(_)
        | EventValue::Integer(_)
        | EventValue::Bool(_)
        | EventValue::Number(_)
        | EventValue::Repeated
        | EventValue::Array
        | EventValue::Object
        | EventValue::Unread(_) => {
            let advice =
                "the CloudEvent has `data_base64`; write its data as a JSON object in `data`";
            Err(Rejection::boxed(Reason::UnsupportedEncoding, advice.to_owned()))
        }
    }
}

/// The JSON of a record that is no event yet.
///
/// # Errors
/// [`Outcome::Rejected`] if it is not JSON.
pub fn json_of(record: &[u8]) -> Result<serde_json::Value, Outcome> {
    let text = as_text(record).map_err(Outcome::Rejected)?;
    serde_json::from_str(text).map_err(|error| not_json(&error))
}

/// The rejection of a record of `bytes` bytes, which is more than [`RECORD_BYTES_MAX`].
pub fn too_large(bytes: usize) -> Box<Rejection> {
    let advice = format!(
        "the record has {bytes} bytes; at most {RECORD_BYTES_MAX} are read: leave out what Vaste does not \
         need"
    );
    Rejection::boxed(Reason::TooLarge, advice)
}

/// The rejection of an event whose time is too far after the time at which the broker stored its record.
pub fn too_far_ahead(event: Timestamp, record: Timestamp) -> Box<Rejection> {
    let advice = format!(
        "`time` is {event}, more than 5 minutes after the broker stored the record at {record}: correct the \
         clock of whoever publishes it"
    );
    Rejection::boxed(Reason::Future, advice)
}

/// The identity of an event: a hash of its `source` and `id`.
///
/// # Design
/// Identities are compared within one timeline of at most 200 000 events. With 64 bits, the probability of a
/// collision in a full timeline is below 10⁻⁸. The hash must never change, because checkpoints store it.
pub fn identity_hash(source: Option<&str>, id: &str) -> u64 {
    match source {
        None => xxh3_64(id.as_bytes()),
        Some(source) => xxh3_64_with_seed(id.as_bytes(), xxh3_64(source.as_bytes()) | 1),
    }
}

type Checked<T> = Result<T, Box<Rejection>>;

fn as_text(record: &[u8]) -> Checked<&str> {
    if record.len() > RECORD_BYTES_MAX {
        return Err(too_large(record.len()));
    }
    let unsupported =
        |advice: &str| Err(Rejection::boxed(Reason::UnsupportedEncoding, advice.into()));
    match record {
        [0 | 1, ..] => unsupported(
            "the record begins with a schema registry's frame; publish plain JSON, without a registry's \
             serializer",
        ),
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => {
            unsupported("the record is UTF-16; publish JSON in UTF-8")
        }
        [0xEF, 0xBB, 0xBF, ..] => {
            unsupported("the record begins with a byte order mark; publish JSON without it")
        }
        _ => std::str::from_utf8(record).map_err(|error| {
            let at = error.valid_up_to() + 1;
            Rejection::boxed(
                Reason::Malformed,
                format!("byte {at} is not UTF-8; publish JSON in UTF-8"),
            )
        }),
    }
}

fn not_json(error: &serde_json::Error) -> Outcome {
    // serde_json writes "at line 1 column 7"; a record is one line, so the line says nothing.
    let what = error.to_string().replace(" at line 1 column ", " at column ");
    let (reason, advice) = match error.classify() {
        Category::Data => (
            Reason::BadSchema,
            "the record is not a JSON object; write one, such as {\"id\":…}".to_owned(),
        ),
        Category::Io | Category::Syntax | Category::Eof => {
            (Reason::Malformed, format!("this is not JSON: {what}; write one JSON object"))
        }
    };
    Outcome::Rejected(Rejection::boxed(reason, advice))
}

/// The kind; `None` if the type is unknown.
///
/// Types of CloudEvents begin with a reversed domain name and may end with a version, as the specification
/// advises: `com.example.ticket.created.v1`.
fn kind_of(wire: &mut Wire<'_>) -> Checked<Option<Kind>> {
    let value = wire.take(EventKey::Type);
    if let EventValue::Text(label) = &value {
        let kind = Kind::from_label(label);
        return Ok(kind.or_else(|| {
            let label = wire.is_cloud_event().then(|| without_version(label))?;
            let begin = label.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
            Kind::from_label(label.get(begin..)?)
        }));
    }
    Err(wrong(EventKey::Type, &value, "write a type such as \"ticket.created\""))
}

/// A type without a version at its end.
fn without_version(label: &str) -> &str {
    match label.rsplit_once(".v") {
        Some((label, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => label,
        Some(_) | None => label,
    }
}

fn event_of<'a>(kind: Kind, wire: &mut Wire<'a>) -> Checked<Event<'a>> {
    let id = required(wire, EventKey::Id, "give every event a unique id")?;
    if !name::is_identity(&id) {
        return Err(bad(Reason::BadId, EventKey::Id, &id, IDENTITY_FORM));
    }
    let time = time_of(wire)?;
    let mut optional = OptionalFields { wire, ignored: Vec::new() };
    let source = optional.source();
    let subject = subject_of(kind, &mut optional)?;
    let team = match subject {
        Subject::Ticket(_) => optional.name(OptionalField::Team, name::is_team, TEAM_FORM),
        Subject::Team(_) => None,
    };
    Ok(Event {
        kind,
        time,
        identity: identity_hash(source.as_deref(), &id),
        subject,
        team,
        priority: optional.priority(),
        channel: optional.name(OptionalField::Channel, name::is_name, NAME_FORM),
        agent: if matches!(kind, Kind::AgentReplied | Kind::Assigned | Kind::NoReplyNeeded) {
            optional.text(OptionalField::Agent, name::is_id, ID_FORM)
        } else {
            None
        },
        maker: if kind == Kind::Created { optional.maker() } else { Maker::default() },
        detail: detail_of(kind, time, &mut optional)?,
        ignored: optional.ignored,
    })
}

fn time_of(wire: &mut Wire<'_>) -> Checked<Timestamp> {
    let value = wire.take(EventKey::Time);
    let EventValue::Text(text) = &value else {
        return Err(wrong(EventKey::Time, &value, TIME_FORM));
    };
    let refuse = |way_out: &str| Err(bad(Reason::BadTimestamp, EventKey::Time, text, way_out));
    match utc_time(text).or_else(|| Timestamp::parse(text)) {
        None => refuse(&format!("{}; {TIME_FORM}", Timestamp::why_unread(text))),
        Some(at) if !at.is_event_time() => refuse("write a time from 1990 to 2099"),
        Some(at) => Ok(at),
    }
}

/// The ticket or team that the event is about.
fn subject_of<'a>(kind: Kind, fields: &mut OptionalFields<'_, 'a>) -> Checked<Subject<'a>> {
    if kind.is_of_team() {
        let team = required(fields.wire, EventKey::Team, "name the team that it is about")?;
        let team = name::into_normal(team);
        // What concerns the whole organisation is sent under the name that it has in readings.
        if !name::is_team(&team) && team != name::ALL_TEAMS {
            return Err(bad(Reason::BadTeam, EventKey::Team, &team, TEAM_FORM));
        }
        return Ok(Subject::Team(team));
    }
    let ticket = required(fields.wire, EventKey::Ticket, "name the ticket that it happened to")?;
    if !name::is_id(&ticket) {
        return Err(bad(Reason::BadId, EventKey::Ticket, &ticket, ID_FORM));
    }
    Ok(Subject::Ticket(ticket))
}

fn detail_of<'a>(
    kind: Kind,
    time: Timestamp,
    fields: &mut OptionalFields<'_, 'a>,
) -> Checked<Option<Box<EventDetail<'a>>>> {
    let detail = match kind {
        Kind::Merged | Kind::Deleted | Kind::MarkedSpam => EventDetail {
            into: fields.text(OptionalField::Into, name::is_id, ID_FORM),
            ..EventDetail::default()
        },
        Kind::TookOver => EventDetail {
            from: fields.text(OptionalField::From, name::is_id, ID_FORM),
            waiting_since: fields.waiting_since(time),
            ..EventDetail::default()
        },
        Kind::Rated => EventDetail { score: fields.score(), ..EventDetail::default() },
        Kind::Reviewed => EventDetail {
            by: fields.text(OptionalField::By, name::is_name, NAME_FORM),
            score: fields.score(),
            note: fields.bounded_text(OptionalField::Note),
            bring_to_team: fields.bring_to_team(),
            categories: fields.categories(),
            ..EventDetail::default()
        },
        Kind::ConcernRaised | Kind::ConcernSettled => {
            let concern = required_id(fields.wire, EventKey::Concern, "give the concern an id")?;
            EventDetail { concern: Some(concern), ..said(fields) }
        }
        Kind::Decided => {
            let decision = required_id(fields.wire, EventKey::Decision, "give the decision an id")?;
            let owner = fields.text(OptionalField::Owner, name::is_name, NAME_FORM);
            let due = fields.due();
            let into = fields.text(OptionalField::Ticket, name::is_id, ID_FORM);
            EventDetail { decision: Some(decision), owner, due, into, ..said(fields) }
        }
        Kind::DecisionMoved | Kind::DecisionDone | Kind::DecisionDropped => {
            let decision =
                required_id(fields.wire, EventKey::Decision, "name the decision by its id")?;
            let due = if kind == Kind::DecisionMoved { fields.due() } else { None };
            EventDetail { decision: Some(decision), due, ..said(fields) }
        }
        Kind::TurnNoted => said(fields),
        Kind::TicketBrought | Kind::TicketDiscussed => {
            let way_out = if kind == Kind::TicketBrought {
                "name the ticket that is to be talked about"
            } else {
                "name the ticket that was talked about"
            };
            let into = Some(required_id(fields.wire, EventKey::Ticket, way_out)?);
            EventDetail { into, ..said(fields) }
        }
        Kind::Created
        | Kind::Reopened
        | Kind::Resumed
        | Kind::CustomerReplied
        | Kind::BotReplied
        | Kind::AgentReplied
        | Kind::NoteAdded
        | Kind::NoReplyNeeded
        | Kind::Pending
        | Kind::OnHold
        | Kind::Solved
        | Kind::Closed
        | Kind::Assigned => return Ok(None),
    };
    Ok((detail != EventDetail::default()).then(|| Box::new(detail)))
}

/// Who said something, and what.
fn said<'a>(fields: &mut OptionalFields<'_, 'a>) -> EventDetail<'a> {
    EventDetail {
        by: fields.text(OptionalField::By, name::is_name, NAME_FORM),
        text: fields.bounded_text(OptionalField::Text),
        ..EventDetail::default()
    }
}

/// The id of a concern, of a decision, or of a ticket that a team talked about.
fn required_id<'a>(wire: &mut Wire<'a>, key: EventKey, way_out: &str) -> Checked<Cow<'a, str>> {
    let id = required(wire, key, way_out)?;
    if name::is_id(&id) { Ok(id) } else { Err(bad(Reason::BadId, key, &id, ID_FORM)) }
}

/// A text, or a whole number as text: many helpdesks number their tickets, events and agents.
fn required<'a>(wire: &mut Wire<'a>, key: EventKey, way_out: &str) -> Checked<Cow<'a, str>> {
    let value = wire.take(key);
    match value {
        EventValue::Text(text) => Ok(text),
        EventValue::Integer(number) => Ok(number.to_string().into()),
        EventValue::Absent
        | EventValue::Bool(_)
        | EventValue::Number(_)
        | EventValue::Repeated
        | EventValue::Array
        | EventValue::Object
        | EventValue::Unread(_) => Err(wrong(key, &value, way_out)),
    }
}

/// A rejection of a value that has the right type.
fn bad(reason: Reason, key: EventKey, text: &str, way_out: &str) -> Box<Rejection> {
    Rejection::boxed(reason, bad_text(key, text, way_out))
}

/// A rejection of a value that is missing or has the wrong type.
fn wrong(key: EventKey, value: &EventValue<'_>, way_out: &str) -> Box<Rejection> {
    Rejection::boxed(Reason::BadSchema, wrong_text(key, value, way_out))
}
