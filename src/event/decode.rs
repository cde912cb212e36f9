//! Decodes the bytes of a record into an [`Event`], or into the outcome that explains why not.

use std::borrow::Cow;

use serde_json::error::Category;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::rejection::{Outcome, Reason, Rejection, Skip};
use super::wire::{EventKey, EventValue, Wire};
use super::{Event, EventDetail, Kind, Maker, Priority, Subject};
use crate::name;
use crate::time::Timestamp;

/// Maximum bytes of one record. A longer record is rejected as `too_large` before it is parsed.
///
/// A real event has 150 bytes; the longest text in it has 500.
pub const RECORD_BYTES_MAX: usize = 256 * 1024;

/// Maximum bytes of a `text` or `note`.
pub const TEXT_BYTES_MAX: usize = 500;

/// Maximum characters of a refused value that its rejection repeats.
const EXCERPT_CHARS_MAX: usize = 60;

/// Decodes one record of bare JSON.
///
/// # Errors
/// The record's outcome if it is not an event: [`Outcome::Skipped`] or [`Outcome::Rejected`].
pub fn decode(record: &[u8]) -> Result<Event<'_>, Outcome> {
    let text = as_text(record).map_err(Outcome::Rejected)?;
    let mut wire: Wire<'_> = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    let kind = match kind_of(wire.take(EventKey::Type)) {
        Ok(Some(kind)) => kind,
        Ok(None) => return Err(Outcome::Skipped(Skip::UnknownType)),
        Err(rejection) => return Err(Outcome::Rejected(rejection)),
    };
    event_of(kind, &mut wire).map_err(Outcome::Rejected)
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

/// What to do about a record whose `type` Vaste does not know.
pub fn unknown_type_advice(record: &[u8]) -> String {
    let wire: Option<Wire<'_>> =
        as_text(record).ok().and_then(|text| serde_json::from_str(text).ok());
    let label = wire.map(|mut wire| wire.take(EventKey::Type));
    let Some(EventValue::Text(label)) = label else { return Skip::UnknownType.advice().to_owned() };
    let shown = excerpt(&label);
    let known = || Kind::ALL.into_iter().map(Kind::label);
    // `created` for `ticket.created`.
    let is_rest = |known: &&str| known.split_once('.').is_some_and(|(_, rest)| rest == label);
    match name::similar(&label, known()).or_else(|| known().find(is_rest)) {
        Some(known) => format!("`type` is {shown}: did you mean \"{known}\"?"),
        None => format!("`type` is {shown}: Vaste does not use such events; nothing to do"),
    }
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
        Category::Data if what.starts_with("invalid type") => (
            Reason::BadSchema,
            "the record is not a JSON object; write one, such as {\"id\":…}".to_owned(),
        ),
        Category::Data => (Reason::BadSchema, format!("{what}; keep one")),
        Category::Io | Category::Syntax | Category::Eof => {
            (Reason::Malformed, format!("this is not JSON: {what}; write one JSON object"))
        }
    };
    Outcome::Rejected(Rejection::boxed(reason, advice))
}

/// The kind; `None` if the type is unknown.
fn kind_of(value: EventValue<'_>) -> Checked<Option<Kind>> {
    if let EventValue::Text(label) = &value {
        return Ok(Kind::from_label(label));
    }
    Err(wrong(EventKey::Type, &value, "write a type such as \"ticket.created\""))
}

fn event_of<'a>(kind: Kind, wire: &mut Wire<'a>) -> Checked<Event<'a>> {
    let id = required(wire, EventKey::Id, "give every event a unique id")?;
    if !name::is_identity(&id) {
        return Err(bad(Reason::BadId, EventKey::Id, &id, IDENTITY_FORM));
    }
    let source = optional(wire, EventKey::Source, "a text")?;
    if let Some(source) = source.as_deref().filter(|source| !name::is_identity(source)) {
        return Err(bad(Reason::BadId, EventKey::Source, source, IDENTITY_FORM));
    }
    let time = required(wire, EventKey::Time, TIME_FORM)?;
    let time = match Timestamp::parse(&time) {
        None => return Err(bad(Reason::BadTimestamp, EventKey::Time, &time, TIME_FORM)),
        Some(at) if !at.is_event_time() => {
            return Err(bad(
                Reason::BadTimestamp,
                EventKey::Time,
                &time,
                "write a time from 1990 to 2099",
            ));
        }
        Some(at) => at,
    };
    let team = optional(wire, EventKey::Team, "a text")?;
    if let Some(team) = team.as_deref().filter(|team| !name::is_team(team)) {
        return Err(bad(Reason::BadTeam, EventKey::Team, team, TEAM_FORM));
    }
    let (subject, team) = subject_of(kind, wire, team)?;
    Ok(Event {
        kind,
        time,
        identity: identity_hash(source.as_deref(), &id),
        subject,
        team,
        priority: priority_of(wire)?,
        channel: short_name(wire, EventKey::Channel)?,
        agent: if matches!(kind, Kind::AgentReplied | Kind::Assigned) {
            checked_id(wire, EventKey::Agent)?
        } else {
            None
        },
        maker: if kind == Kind::Created { maker_of(wire)? } else { Maker::default() },
        detail: detail_of(kind, wire)?,
    })
}

/// The event's subject, and its team field if the subject is a ticket.
fn subject_of<'a>(
    kind: Kind,
    wire: &mut Wire<'a>,
    team: Option<Cow<'a, str>>,
) -> Checked<(Subject<'a>, Option<Cow<'a, str>>)> {
    if kind.is_of_team() {
        let missing =
            || wrong(EventKey::Team, &EventValue::Absent, "name the team that it is about");
        return Ok((Subject::Team(team.ok_or_else(missing)?), None));
    }
    let ticket = required(wire, EventKey::Ticket, "name the ticket that it happened to")?;
    if !name::is_id(&ticket) {
        return Err(bad(Reason::BadId, EventKey::Ticket, &ticket, ID_FORM));
    }
    Ok((Subject::Ticket(ticket), team))
}

fn detail_of<'a>(kind: Kind, wire: &mut Wire<'a>) -> Checked<Option<Box<EventDetail<'a>>>> {
    let detail = match kind {
        Kind::Merged | Kind::Deleted | Kind::MarkedSpam => {
            EventDetail { into: checked_id(wire, EventKey::Into)?, ..EventDetail::default() }
        }
        Kind::Rated => EventDetail { score: score_of(wire)?, ..EventDetail::default() },
        Kind::Reviewed => EventDetail {
            by: short_name(wire, EventKey::By)?,
            score: score_of(wire)?,
            note: bounded_text(wire, EventKey::Note)?,
            bring_to_team: flag_of(wire, EventKey::BringToTeam)?,
            ..EventDetail::default()
        },
        Kind::ConcernRaised | Kind::ConcernSettled => {
            let Some(concern) = checked_id(wire, EventKey::Concern)? else {
                return Err(wrong(
                    EventKey::Concern,
                    &EventValue::Absent,
                    "give the concern an id",
                ));
            };
            EventDetail {
                by: short_name(wire, EventKey::By)?,
                concern: Some(concern),
                text: bounded_text(wire, EventKey::Text)?,
                ..EventDetail::default()
            }
        }
        Kind::Created
        | Kind::Reopened
        | Kind::Resumed
        | Kind::CustomerReplied
        | Kind::BotReplied
        | Kind::AgentReplied
        | Kind::NoteAdded
        | Kind::Pending
        | Kind::OnHold
        | Kind::Solved
        | Kind::Closed
        | Kind::Assigned => return Ok(None),
    };
    Ok((detail != EventDetail::default()).then(|| Box::new(detail)))
}

fn required<'a>(wire: &mut Wire<'a>, key: EventKey, way_out: &str) -> Checked<Cow<'a, str>> {
    let value = wire.take(key);
    if let EventValue::Text(text) = value { Ok(text) } else { Err(wrong(key, &value, way_out)) }
}

fn optional<'a>(wire: &mut Wire<'a>, key: EventKey, form: &str) -> Checked<Option<Cow<'a, str>>> {
    let value = wire.take(key);
    if let EventValue::Text(text) = value {
        Ok(Some(text))
    } else if value == EventValue::Absent {
        Ok(None)
    } else {
        Err(wrong(key, &value, &format!("write {form}, or leave it out")))
    }
}

fn checked_id<'a>(wire: &mut Wire<'a>, key: EventKey) -> Checked<Option<Cow<'a, str>>> {
    let id = optional(wire, key, "a text")?;
    match id.as_deref().filter(|id| !name::is_id(id)) {
        Some(id) => Err(bad(Reason::BadId, key, id, ID_FORM)),
        None => Ok(id),
    }
}

fn short_name<'a>(wire: &mut Wire<'a>, key: EventKey) -> Checked<Option<Cow<'a, str>>> {
    let name = optional(wire, key, "a text")?;
    match name.as_deref().filter(|name| !name::is_name(name)) {
        Some(name) => Err(bad(Reason::BadSchema, key, name, NAME_FORM)),
        None => Ok(name),
    }
}

fn bounded_text<'a>(wire: &mut Wire<'a>, key: EventKey) -> Checked<Option<Cow<'a, str>>> {
    let text = optional(wire, key, "a text")?;
    match text.as_deref().filter(|text| text.len() > TEXT_BYTES_MAX) {
        Some(text) => {
            let way_out = format!("shorten it to {TEXT_BYTES_MAX} bytes, it has {}", text.len());
            Err(bad(Reason::BadSchema, key, text, &way_out))
        }
        None => Ok(text),
    }
}

fn priority_of(wire: &mut Wire<'_>) -> Checked<Option<Priority>> {
    const FORM: &str = "write low, normal, high or urgent, or leave it out";
    optional(wire, EventKey::Priority, "low, normal, high or urgent")?
        .map(|label| {
            Priority::from_label(&label)
                .ok_or_else(|| bad(Reason::BadSchema, EventKey::Priority, &label, FORM))
        })
        .transpose()
}

fn maker_of(wire: &mut Wire<'_>) -> Checked<Maker> {
    const FORM: &str = "write customer, agent or system, or leave it out for the customer";
    let by = optional(wire, EventKey::By, "customer, agent or system")?;
    by.map_or(Ok(Maker::Customer), |label| {
        Maker::from_label(&label).ok_or_else(|| bad(Reason::BadSchema, EventKey::By, &label, FORM))
    })
}

fn score_of(wire: &mut Wire<'_>) -> Checked<Option<u8>> {
    let value = wire.take(EventKey::Score);
    if let EventValue::Integer(score @ 1..=5) = value {
        Ok(u8::try_from(score).ok())
    } else if value == EventValue::Absent {
        Ok(None)
    } else {
        Err(wrong(EventKey::Score, &value, "write a whole number from 1 to 5, or leave it out"))
    }
}

fn flag_of(wire: &mut Wire<'_>, key: EventKey) -> Checked<Option<bool>> {
    let value = wire.take(key);
    if let EventValue::Bool(flag) = value {
        Ok(Some(flag))
    } else if value == EventValue::Absent {
        Ok(None)
    } else {
        Err(wrong(key, &value, "write true or false, or leave it out"))
    }
}

const IDENTITY_FORM: &str = "write 1 to 256 bytes of text without control characters";
const ID_FORM: &str = "write 1 to 128 letters, digits or . _ : / @ # + -";
const NAME_FORM: &str = "write 1 to 128 bytes of text without control characters";
const TEAM_FORM: &str = "write 1 to 128 bytes of text without control characters, not one of the \
                         reserved unclaimed, _all, _unclaimed";
const TIME_FORM: &str = "write RFC 3339 with an offset, such as \"2026-11-21T09:14:03.120+02:00\"";

/// A rejection of a value that has the right type.
fn bad(reason: Reason, key: EventKey, text: &str, way_out: &str) -> Box<Rejection> {
    Rejection::boxed(reason, format!("`{}` is {}: {way_out}", key.label(), excerpt(text)))
}

/// A rejection of a value that is missing or has the wrong type.
fn wrong(key: EventKey, value: &EventValue<'_>, way_out: &str) -> Box<Rejection> {
    let what = match value {
        EventValue::Absent => "missing".to_owned(),
        EventValue::Text(text) => excerpt(text),
        EventValue::Integer(number) => format!("the number {number}"),
        EventValue::Number(number) => format!("the number {number}"),
        EventValue::Bool(flag) => flag.to_string(),
        EventValue::Array => "an array".to_owned(),
        EventValue::Object => "an object".to_owned(),
    };
    Rejection::boxed(Reason::BadSchema, format!("`{}` is {what}: {way_out}", key.label()))
}

/// A value in quotes, shortened and with control characters escaped, fit for terminals and logs.
fn excerpt(text: &str) -> String {
    let mut cut: String = text.chars().take(EXCERPT_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}
