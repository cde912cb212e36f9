//! Takes what people say, in forms of pages and through the API, and writes it to the topic as events.
//!
//! # Design
//! Nothing is kept here: what is written comes back from the topic like every other event, so a restart loses
//! nothing. An event is checked by the decoder of the stream before it is written; what it would refuse or
//! leave out is refused here, so that nobody's words are cut off unnoticed.
//!
//! A form that is sent twice makes the same event twice, which counts once: its id follows from its content
//! and from the page that it stood on.
//!
//! Only a ticket that a partition of this instance has can be judged or brought to a team. Otherwise a
//! misspelt id would make a ticket that nobody has. An instance that does not have the whole topic cannot
//! tell a misspelt id from a ticket of another instance, so it asks to try again later; it never guesses.
//!
//! # Security
//! Writing is on if a proxy names the person in a header, or if only this machine can reach the address. A
//! page of another site may not write: browsers name the origin of a form, which must be this site. On a
//! loopback address the name of the host is checked too, because a foreign name may resolve to it.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota};
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_128;

use crate::config::Http;
use crate::event::{IgnoredField, Kind, OptionalField, Outcome, decode};
use crate::name;
use crate::service::clock::Clock;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::http::lookup::{LookupResult, TicketLookup};
use crate::service::kafka::event_writer::{EventWriter, WriteError};
use crate::time::Timestamp;

/// The `source` of events that are written here.
const SOURCE: &str = "vaste";

/// Maximum events of one person in a minute, at once or spread.
const PER_PERSON: NonZeroU32 = NonZeroU32::new(30).unwrap();

/// Maximum events of all people in a minute.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(300).unwrap();

/// Maximum people whose limits are remembered before those at rest are dropped.
const PEOPLE_MAX: usize = 10_000;

/// Events whose times are remembered, so that one that is sent twice is the same event.
const REMEMBERED_MAX: usize = 1_000;

/// Where the name of whoever writes comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) enum FormWriter {
    /// Nobody may write.
    Nobody,
    /// The proxy has named them.
    Person(String),
    /// They say who they are.
    SaysWho,
}

/// What someone says, before it is checked.
#[derive(Clone, Debug)]
pub(super) struct Submission {
    /// What kind of event it becomes.
    pub(super) kind: Kind,
    /// The fields of the event, as in the topic. `by` is replaced by the name from the proxy.
    pub(super) fields: Map<String, Value>,
    /// What makes it different from another one of the same content: the page that its form stood on.
    pub(super) seed: Option<String>,
}

/// An event that the brokers have stored.
#[derive(Clone, Debug)]
pub(super) struct WrittenEvent {
    /// Its id.
    pub(super) id: String,
    /// Its time.
    pub(super) time: Timestamp,
    /// The id of the concern or of the decision.
    pub(super) subject_id: Option<String>,
}

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Nobody may write here; the reason.
    Off(&'static str),
    /// It comes from a page of another site.
    OtherSite,
    /// The proxy has not named anyone.
    NoPerson(HeaderName),
    /// Nobody says who writes.
    Nameless,
    /// Too many events in a minute.
    TooOften,
    /// The team is not known.
    UnknownTeam(String),
    /// The ticket is not known.
    UnknownTicket {
        /// Its id.
        ticket: String,
        /// An id that was probably meant; `None` without one, and where ids are not shown.
        similar: Option<String>,
    },
    /// Whether there is such a ticket cannot be told now; why.
    TicketNotFoundYet(String),
    /// It lacks something, or something cannot be read.
    Wrong {
        /// What is wrong, for pages, which name fields by their labels.
        fault: Fault,
        /// What is wrong, with the key of the field and the way out, for the API.
        problem: String,
    },
    /// Kafka has not stored it.
    NotStored(WriteError),
}

/// What is wrong with what someone says. Fields are named by their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The field is missing or empty.
    Missing(&'static str),
    /// The text of the field is too long.
    TooLong(&'static str),
    /// The value of the field cannot be read.
    Unreadable(&'static str),
    /// It is not about a field that people fill in.
    Other,
}

impl Fault {
    /// Why a field would be left out. Of a text, only a part would be.
    fn of(ignored: &IgnoredField) -> Self {
        let key = ignored.field.label();
        match ignored.field {
            OptionalField::Text | OptionalField::Note => Self::TooLong(key),
            OptionalField::Agent
            | OptionalField::BringToTeam
            | OptionalField::By
            | OptionalField::Categories
            | OptionalField::Channel
            | OptionalField::Due
            | OptionalField::From
            | OptionalField::Into
            | OptionalField::Owner
            | OptionalField::Priority
            | OptionalField::Score
            | OptionalField::Source
            | OptionalField::Team
            | OptionalField::Ticket
            | OptionalField::WaitingSince => Self::Unreadable(key),
        }
    }
}

impl Refusal {
    pub(super) fn wrong(fault: Fault, problem: &str) -> Self {
        Self::Wrong { fault, problem: problem.to_owned() }
    }

    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Off(_) | Self::OtherSite | Self::NoPerson(_) | Self::Nameless => {
                StatusCode::FORBIDDEN
            }
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::UnknownTeam(_) | Self::UnknownTicket { .. } => StatusCode::NOT_FOUND,
            Self::Wrong { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TicketNotFoundYet(_) | Self::NotStored(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether the same may be written later.
    pub(super) const fn is_for_now(&self) -> bool {
        matches!(self, Self::TicketNotFoundYet(_) | Self::NotStored(_))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off(why) => f.write_str(why),
            Self::OtherSite => f.write_str(
                "the request comes from a page of another site; use the forms of this site, or a program",
            ),
            Self::NoPerson(header) => write!(
                f,
                "the header {header} does not say who you are; ask through the proxy that sets it \
                 (http.person_header)"
            ),
            Self::Nameless => f.write_str("`by` is missing: say who you are"),
            Self::TooOften => {
                write!(f, "more than {PER_PERSON} events of one person in a minute; wait a minute")
            }
            Self::UnknownTeam(team) => write!(f, "no team is named {team:?}"),
            Self::UnknownTicket { ticket, similar } => {
                write!(f, "no ticket has the id {ticket:?}")?;
                match similar {
                    Some(similar) => write!(f, "; did you mean {similar:?}?"),
                    None => f.write_str(
                        "; judge one that events have named, and that is not forgotten (state.reopen_within)",
                    ),
                }
            }
            Self::TicketNotFoundYet(why) => {
                write!(f, "the ticket is not found, and may be once everything is read: {why}; try again")
            }
            Self::Wrong { fault: _, problem } => f.write_str(problem),
            Self::NotStored(error) => write!(f, "{error}; try again"),
        }
    }
}

/// Writes events of people.
pub(in crate::service) struct EventWriting {
    /// Writes them; or why nobody may.
    writer: Result<EventWriter, &'static str>,
    /// The header in which a proxy names the person; `None` where they say who they are.
    person_header: Option<HeaderName>,
    /// The host of the URL for people.
    own_host: Option<String>,
    per_person: DefaultKeyedRateLimiter<String>,
    per_minute: DefaultDirectRateLimiter,
    /// The clock of the service, which in the demo is behind.
    clock: Clock,
    /// The times of the last events, by id.
    remembered: Mutex<VecDeque<(u128, Timestamp)>>,
    /// Finds the tickets that are judged.
    tickets: TicketLookup,
}

impl EventWriting {
    /// Whether people may write; if so, `writer` makes the client. `tickets` finds the tickets that they
    /// judge.
    ///
    /// # Errors
    /// Those of `writer`.
    pub(in crate::service) fn new<E>(
        http: &Http,
        (listening, clock): (SocketAddr, Clock),
        has_foreign_records: bool,
        tickets: TicketLookup,
        writer: impl FnOnce() -> Result<EventWriter, E>,
    ) -> Result<Self, E> {
        let writer = if !http.writing {
            Err("writing is off (http.writing: false)")
        } else if has_foreign_records {
            Err(
                "the topic holds records of another product (kafka.map), so events cannot be written to it",
            )
        } else if http.person_header.is_none() && !listening.ip().is_loopback() {
            Err("writing needs a proxy that says who writes: set http.person_header")
        } else {
            Ok(writer()?)
        };
        // The configuration has only names that can be headers.
        let person_header =
            http.person_header.as_deref().and_then(|name| HeaderName::try_from(name).ok());
        let url = http.external_url.as_deref().and_then(|url| url.parse::<Uri>().ok());
        Ok(Self {
            writer,
            person_header,
            own_host: url.as_ref().and_then(|url| url.authority()).map(ToString::to_string),
            per_person: DefaultKeyedRateLimiter::hashmap(Quota::per_minute(PER_PERSON)),
            per_minute: DefaultDirectRateLimiter::direct(Quota::per_minute(PER_MINUTE)),
            clock,
            remembered: Mutex::default(),
            tickets,
        })
    }

    /// Nobody may write.
    #[cfg(test)]
    pub(in crate::service) fn off() -> Self {
        Self {
            writer: Err("writing is off"),
            person_header: None,
            own_host: None,
            per_person: DefaultKeyedRateLimiter::hashmap(Quota::per_minute(PER_PERSON)),
            per_minute: DefaultDirectRateLimiter::direct(Quota::per_minute(PER_MINUTE)),
            clock: Clock::Wall,
            remembered: Mutex::default(),
            tickets: TicketLookup::new(Vec::new()),
        }
    }

    /// Who writes, as forms show it.
    pub(super) fn writer(&self, headers: &HeaderMap) -> FormWriter {
        match (&self.writer, &self.person_header) {
            (Err(_), _) => FormWriter::Nobody,
            (Ok(_), None) => FormWriter::SaysWho,
            (Ok(_), Some(header)) => {
                person(headers, header).map_or(FormWriter::Nobody, FormWriter::Person)
            }
        }
    }

    /// Checks what someone says, and writes it.
    ///
    /// # Errors
    /// Why it was not written.
    pub(super) async fn submit(
        &self,
        submission: Submission,
        headers: &HeaderMap,
        published: &PublishedView,
    ) -> Result<WrittenEvent, Refusal> {
        let writer = self.writer.as_ref().map_err(|why| Refusal::Off(why))?;
        self.check_site(headers)?;
        let Submission { kind, mut fields, seed } = submission;
        if let Some(header) = &self.person_header {
            let person =
                person(headers, header).ok_or_else(|| Refusal::NoPerson(header.clone()))?;
            fields.insert("by".to_owned(), person.into());
        }
        let by = fields.get("by").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        if by.is_empty() {
            return Err(Refusal::Nameless);
        }
        check_subject(kind, &fields, published)?;
        self.limit(&by)?;
        let now = self.clock.now();
        let seed = seed.unwrap_or_else(|| now.to_string());
        let hash = xxh3_128(json!([kind.label(), seed, fields]).to_string().as_bytes());
        let id = format!("{hash:032x}");
        let subject_id = subject_id(kind, &mut fields, &id);
        let time = self.time_of(hash, now);
        let named = fields.get("ticket").and_then(Value::as_str).map(str::to_owned);
        let (key, event) = event_of(kind, fields, &id, time)?;
        if let Some(ticket) = named.filter(|_| names_new_ticket(kind)) {
            self.check_ticket(&ticket, published).await?;
        }
        writer.write(&key, &event).await.map_err(Refusal::NotStored)?;
        Ok(WrittenEvent { id, time, subject_id })
    }

    /// Refuses to judge or to bring a ticket that no partition of this instance has.
    async fn check_ticket(&self, id: &str, published: &PublishedView) -> Result<(), Refusal> {
        match self.tickets.find(id).await {
            LookupResult::Found(_) => Ok(()),
            LookupResult::Unknown(similar) => Err(match &published.frozen {
                Some(not_ready) => Refusal::TicketNotFoundYet(not_ready.to_string()),
                None => Refusal::UnknownTicket {
                    ticket: id.to_owned(),
                    similar: similar
                        .into_iter()
                        .next()
                        .filter(|_| published.ticket_links.shows_ids),
                },
            }),
            LookupResult::Late => {
                Err(Refusal::TicketNotFoundYet("a worker is busy with the stream".to_owned()))
            }
        }
    }

    /// Refuses pages of other sites. A program sends no `Origin`.
    fn check_site(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(HOST).unwrap_or_default();
        let is_own = |named: &str| self.own_host.as_deref() == Some(named);
        if self.person_header.is_none() && !is_loopback(host) && !is_own(host) {
            return Err(Refusal::OtherSite);
        }
        // Browsers say by themselves where a request comes from. Their `Origin` is `null` then, because pages
        // send no referrer.
        if let Some(site) = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok()) {
            let is_own = ["same-origin", "none"].contains(&site);
            return if is_own { Ok(()) } else { Err(Refusal::OtherSite) };
        }
        if !headers.contains_key(ORIGIN) {
            return Ok(());
        }
        let origin = text(ORIGIN).unwrap_or_default();
        let named = origin.split_once("://").map_or(origin, |(_, authority)| authority);
        if named == host || is_own(named) { Ok(()) } else { Err(Refusal::OtherSite) }
    }

    fn limit(&self, by: &str) -> Result<(), Refusal> {
        if self.per_person.len() > PEOPLE_MAX {
            self.per_person.retain_recent();
        }
        let is_within =
            self.per_person.check_key(&by.to_owned()).is_ok() && self.per_minute.check().is_ok();
        if is_within { Ok(()) } else { Err(Refusal::TooOften) }
    }

    /// The time of an event, which is the time of the first attempt.
    fn time_of(&self, hash: u128, now: Timestamp) -> Timestamp {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, time)) = remembered.iter().find(|(known, _)| *known == hash) {
            return *time;
        }
        if remembered.len() == REMEMBERED_MAX {
            remembered.pop_front();
        }
        remembered.push_back((hash, now));
        now
    }
}

/// The person whom a proxy has named.
fn person(headers: &HeaderMap, header: &HeaderName) -> Option<String> {
    // A proxy that appends to what a client sent would let the client choose.
    let mut values = headers.get_all(header).iter();
    let (first, second) = (values.next()?, values.next());
    let person = first.to_str().ok()?.trim();
    (second.is_none() && name::is_name(person)).then(|| person.to_owned())
}

/// Whether the host of a request is this machine.
fn is_loopback(host: &str) -> bool {
    let without_port = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].contains(&without_port)
}

/// Refuses a team that no page shows, and a concern, a decision or a brought ticket that the team does not
/// have.
fn check_subject(
    kind: Kind,
    fields: &Map<String, Value>,
    published: &PublishedView,
) -> Result<(), Refusal> {
    let Some(team) = fields.get("team").and_then(Value::as_str) else {
        return if kind.is_of_team() {
            Err(Refusal::wrong(Fault::Other, "`team` is missing: name the team that it is about"))
        } else {
            Ok(())
        };
    };
    let catalog = &published.catalog;
    let scope = catalog.scope_by_label(team).filter(|scope| *scope != catalog.unclaimed());
    let scope = scope.ok_or_else(|| Refusal::UnknownTeam(team.to_owned()))?;
    let log = published.team_logs.of(scope);
    let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
    let (key, is_known) = if kind == Kind::ConcernSettled {
        let mut all = log.into_iter().flat_map(|log| &log.concerns);
        ("concern", all.any(|concern| *concern.id == *text("concern")))
    } else if kind.is_of_decision() && kind != Kind::Decided {
        let mut all = log.into_iter().flat_map(|log| &log.decisions);
        ("decision", all.any(|decision| *decision.id == *text("decision")))
    } else if kind == Kind::TicketDiscussed {
        let mut all = published.brought_to(scope).into_iter();
        ("ticket", all.any(|brought| *brought.ticket == *text("ticket")))
    } else {
        return Ok(());
    };
    let id = text(key);
    // What cannot be an id is refused with its form.
    if is_known || !name::is_id(id) {
        return Ok(());
    }
    let problem =
        format!("`{key}` is {id:?}, which the team does not have: take one of its agenda");
    Err(Refusal::wrong(Fault::Other, &problem))
}

/// Whether an event of this kind may name any ticket. The others name one that was brought.
const fn names_new_ticket(kind: Kind) -> bool {
    matches!(kind, Kind::Reviewed | Kind::TicketBrought)
}

/// Gives a new concern or decision its id. Returns the id of the subject.
fn subject_id(kind: Kind, fields: &mut Map<String, Value>, id: &str) -> Option<String> {
    let is_decision = kind.is_of_decision();
    let key = if is_decision { "decision" } else { "concern" };
    let is_new = matches!(kind, Kind::ConcernRaised | Kind::Decided);
    if is_new && !fields.contains_key(key) {
        let prefix = if is_decision { "d" } else { "c" };
        fields.insert(key.to_owned(), format!("{prefix}-{}", id.get(..16).unwrap_or(id)).into());
    }
    fields.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// The key and the JSON of an event, if the stream would read all of it.
fn event_of(
    kind: Kind,
    mut fields: Map<String, Value>,
    id: &str,
    time: Timestamp,
) -> Result<(String, String), Refusal> {
    let says_nothing = |key: &str| {
        fields.get(key).and_then(Value::as_str).is_none_or(|text| text.trim().is_empty())
    };
    let needs_text =
        matches!(kind, Kind::ConcernRaised | Kind::Decided | Kind::TurnNoted | Kind::TicketBrought);
    if needs_text && says_nothing("text") {
        let problem = "`text` is empty: say it in a sentence or two";
        return Err(Refusal::wrong(Fault::Missing("text"), problem));
    }
    if kind == Kind::Reviewed && fields.get("score").is_none_or(Value::is_null) {
        let problem = "`score` is missing: choose a number from 1 to 5";
        return Err(Refusal::wrong(Fault::Missing("score"), problem));
    }
    if kind == Kind::DecisionMoved && says_nothing("due") {
        let problem = "`due` is missing: give the day until which it is to be done";
        return Err(Refusal::wrong(Fault::Missing("due"), problem));
    }
    let subject = if kind.is_of_team() { "team" } else { "ticket" };
    let key = fields.get(subject).and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, value) in
        [("id", id), ("source", SOURCE), ("type", kind.label()), ("time", &time.to_string())]
    {
        fields.insert(name.to_owned(), value.into());
    }
    let event = Value::Object(fields).to_string();
    match decode(event.as_bytes()) {
        Ok(read) => match read.ignored.first() {
            None => Ok((key, event)),
            Some(ignored) => Err(Refusal::wrong(Fault::of(ignored), &ignored.advice)),
        },
        Err(Outcome::Rejected(rejection)) => {
            Err(Refusal::wrong(Fault::Other, &rejection.to_string()))
        }
        Err(_) => Err(Refusal::wrong(Fault::Other, "it is no event that Vaste knows")),
    }
}

#[cfg(test)]
mod tests;
