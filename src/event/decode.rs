//! Decodes the bytes of a record into an [`Event`], or into the outcome that explains why not.

use std::borrow::Cow;

use serde_json::error::Category;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::ignored::{IgnoredField, OptionalField};
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
        wire = wire.into_flat();
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
    let wire = serde_json::from_str(text).map_err(|error| not_json(&error))?;
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
        | EventValue::Object => {
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
    match Timestamp::parse(text) {
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
        if !name::is_team(&team) {
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
            ..EventDetail::default()
        },
        Kind::ConcernRaised | Kind::ConcernSettled => {
            let concern = required(fields.wire, EventKey::Concern, "give the concern an id")?;
            if !name::is_id(&concern) {
                return Err(bad(Reason::BadId, EventKey::Concern, &concern, ID_FORM));
            }
            EventDetail {
                by: fields.text(OptionalField::By, name::is_name, NAME_FORM),
                concern: Some(concern),
                text: fields.bounded_text(OptionalField::Text),
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
        | Kind::NoReplyNeeded
        | Kind::Pending
        | Kind::OnHold
        | Kind::Solved
        | Kind::Closed
        | Kind::Assigned => return Ok(None),
    };
    Ok((detail != EventDetail::default()).then(|| Box::new(detail)))
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
        | EventValue::Object => Err(wrong(key, &value, way_out)),
    }
}

/// The key of a field in a record.
const fn key_of(field: OptionalField) -> EventKey {
    match field {
        OptionalField::Agent => EventKey::Agent,
        OptionalField::BringToTeam => EventKey::BringToTeam,
        OptionalField::By => EventKey::By,
        OptionalField::Channel => EventKey::Channel,
        OptionalField::From => EventKey::From,
        OptionalField::Into => EventKey::Into,
        OptionalField::Note => EventKey::Note,
        OptionalField::Priority => EventKey::Priority,
        OptionalField::Score => EventKey::Score,
        OptionalField::Source => EventKey::Source,
        OptionalField::Team => EventKey::Team,
        OptionalField::Text => EventKey::Text,
        OptionalField::WaitingSince => EventKey::WaitingSince,
    }
}

/// Reads fields without which the event keeps its meaning. What cannot be read is left out and listed.
struct OptionalFields<'w, 'a> {
    wire: &'w mut Wire<'a>,
    ignored: Vec<IgnoredField>,
}

impl<'a> OptionalFields<'_, 'a> {
    /// A text, or a whole number as text.
    fn raw(&mut self, field: OptionalField, form: &str) -> Option<Cow<'a, str>> {
        match self.wire.take(key_of(field)) {
            EventValue::Text(text) => Some(text),
            EventValue::Integer(number) => Some(number.to_string().into()),
            EventValue::Absent => None,
            value @ (EventValue::Bool(_)
            | EventValue::Number(_)
            | EventValue::Repeated
            | EventValue::Array
            | EventValue::Object) => {
                self.leave_out(field, wrong_text(key_of(field), &value, form));
                None
            }
        }
    }

    /// The same without blanks around it. An empty text is absent: forms send it for nothing.
    fn trimmed(&mut self, field: OptionalField, form: &str) -> Option<Cow<'a, str>> {
        let text = match self.raw(field, form)? {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        (!text.is_empty()).then_some(text)
    }

    /// The source, as it is: the identity of events that are stored contains it.
    fn source(&mut self) -> Option<Cow<'a, str>> {
        let field = OptionalField::Source;
        let source = self.raw(field, IDENTITY_FORM).filter(|source| !source.is_empty())?;
        if name::is_identity(&source) {
            return Some(source);
        }
        self.leave_out(field, bad_text(key_of(field), &source, IDENTITY_FORM));
        None
    }

    fn text(
        &mut self,
        field: OptionalField,
        is_valid: impl FnOnce(&str) -> bool,
        form: &str,
    ) -> Option<Cow<'a, str>> {
        let text = self.trimmed(field, form)?;
        if is_valid(&text) {
            return Some(text);
        }
        self.leave_out(field, bad_text(key_of(field), &text, form));
        None
    }

    /// A name, in the form in which names are compared.
    fn name(
        &mut self,
        field: OptionalField,
        is_valid: impl FnOnce(&str) -> bool,
        form: &str,
    ) -> Option<Cow<'a, str>> {
        self.text(field, |text| is_valid(&name::normal(text)), form).map(name::into_normal)
    }

    /// A text of at most [`TEXT_BYTES_MAX`]; of a longer one, its beginning.
    fn bounded_text(&mut self, field: OptionalField) -> Option<Cow<'a, str>> {
        let text = self.trimmed(field, "write a text")?;
        if text.len() <= TEXT_BYTES_MAX {
            return Some(text);
        }
        let way_out =
            format!("it has {} bytes and only {TEXT_BYTES_MAX} are kept: shorten it", text.len());
        self.leave_out(field, bad_text(key_of(field), &text, &way_out));
        let end = text.floor_char_boundary(TEXT_BYTES_MAX);
        Some(match text {
            Cow::Borrowed(text) => text.split_at_checked(end).map_or(text, |(kept, _)| kept).into(),
            Cow::Owned(mut text) => {
                text.truncate(end);
                text.into()
            }
        })
    }

    fn priority(&mut self) -> Option<Priority> {
        const FORM: &str = "write low, normal, high or urgent, or name it under `priorities:` in the \
                            configuration";
        let field = OptionalField::Priority;
        let text = self.trimmed(field, FORM)?;
        let priority = Priority::from_label(&text);
        if priority.is_none() {
            let advice = bad_text(EventKey::Priority, &text, FORM);
            self.ignored.push(IgnoredField { field, advice, text: Some((&*text).into()) });
        }
        priority
    }

    fn maker(&mut self) -> Maker {
        const FORM: &str =
            "write customer, agent or system; without it, the customer made the ticket";
        let Some(text) = self.trimmed(OptionalField::By, FORM) else { return Maker::Customer };
        Maker::from_label(&text).unwrap_or_else(|| {
            self.leave_out(OptionalField::By, bad_text(EventKey::By, &text, FORM));
            Maker::Customer
        })
    }

    fn score(&mut self) -> Option<u8> {
        let value = self.wire.take(EventKey::Score);
        let score = match &value {
            EventValue::Integer(score) => u8::try_from(*score).ok(),
            // As PHP sends the numbers of a form.
            EventValue::Text(text) => text.trim().parse().ok(),
            EventValue::Absent
            | EventValue::Bool(_)
            | EventValue::Number(_)
            | EventValue::Repeated
            | EventValue::Array
            | EventValue::Object => None,
        };
        if let Some(1..=5) = score {
            return score;
        }
        self.unless_absent(OptionalField::Score, &value, "write a whole number from 1 to 5");
        None
    }

    fn bring_to_team(&mut self) -> Option<bool> {
        let value = self.wire.take(EventKey::BringToTeam);
        if let EventValue::Bool(flag) = value {
            return Some(flag);
        }
        self.unless_absent(OptionalField::BringToTeam, &value, "write true or false");
        None
    }

    /// Since when the customer of a merged ticket waits. One after the event itself counts as the event's
    /// time.
    fn waiting_since(&mut self, event: Timestamp) -> Option<Timestamp> {
        let field = OptionalField::WaitingSince;
        let text = self.trimmed(field, TIME_FORM)?;
        let way_out = match Timestamp::parse(&text) {
            Some(at) if at > event && at.is_event_time() => {
                let way_out = format!(
                    "it is after the event itself, so the wait counts from {event} on; write the time of the \
                     oldest unanswered message"
                );
                self.leave_out(field, bad_text(key_of(field), &text, &way_out));
                return Some(event);
            }
            Some(at) if at.is_event_time() => return Some(at),
            Some(_) => "write a time from 1990 to 2099".to_owned(),
            None => format!("{}; {TIME_FORM}", Timestamp::why_unread(&text)),
        };
        self.leave_out(field, bad_text(key_of(field), &text, &way_out));
        None
    }

    fn unless_absent(&mut self, field: OptionalField, value: &EventValue<'_>, form: &str) {
        if *value != EventValue::Absent {
            self.leave_out(field, wrong_text(key_of(field), value, form));
        }
    }

    fn leave_out(&mut self, field: OptionalField, advice: String) {
        self.ignored.push(IgnoredField { field, advice, text: None });
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
    Rejection::boxed(reason, bad_text(key, text, way_out))
}

fn bad_text(key: EventKey, text: &str, way_out: &str) -> String {
    format!("`{}` is {}: {way_out}", key.label(), excerpt(text))
}

/// A rejection of a value that is missing or has the wrong type.
fn wrong(key: EventKey, value: &EventValue<'_>, way_out: &str) -> Box<Rejection> {
    Rejection::boxed(Reason::BadSchema, wrong_text(key, value, way_out))
}

fn wrong_text(key: EventKey, value: &EventValue<'_>, way_out: &str) -> String {
    let label = key.label();
    let what = match value {
        EventValue::Absent => "missing".to_owned(),
        EventValue::Text(text) => excerpt(text),
        EventValue::Integer(number) => format!("the number {number}"),
        EventValue::Number(number) => {
            let problem = "a number with a fraction or an exponent, or a very large one";
            return format!(
                "`{label}` is {number:?}, {problem}: {way_out}, without them or in quotes"
            );
        }
        EventValue::Bool(flag) => flag.to_string(),
        EventValue::Repeated => return format!("`{label}` is there more than once: keep one"),
        EventValue::Array => "an array".to_owned(),
        EventValue::Object => "an object".to_owned(),
    };
    format!("`{label}` is {what}: {way_out}")
}

/// A value in quotes, shortened and with control characters escaped, fit for terminals and logs.
pub(super) fn excerpt(text: &str) -> String {
    let mut cut: String = text.chars().take(EXCERPT_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}
