//! The export that every helpdesk has: one row a ticket, a column for each time.

use std::borrow::Cow;
use std::io::BufRead;

use crate::event::{
    Event, Kind, Maker, Outcome, Priority, Reason, Rejection, Subject, identity_hash,
};
use crate::name;
use crate::time::Timestamp;

use super::{InputError, InputSource};

/// Which column holds what, by the names in the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    created: String,
    first_reply: String,
    solved: String,
    team: String,
    ticket: Option<String>,
    priority: Option<String>,
}

/// Why a list of columns cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// A part that is not `key=column`.
    #[error("`{0}` is not a column; write such as created=\"Created at\"")]
    Form(String),
    /// A key that means nothing.
    #[error(
        "`{0}` is not a key; the keys are created, first_reply, solved, team, ticket, priority"
    )]
    EventKey(String),
    /// A key that must be there.
    #[error("`{0}` is missing; write {0}=COLUMN")]
    Missing(&'static str),
}

impl Columns {
    /// Reads `created=COL,first_reply=COL,solved=COL,team=COL[,ticket=COL][,priority=COL]`.
    ///
    /// # Errors
    /// When a part is malformed, unknown or missing.
    pub fn parse(text: &str) -> Result<Self, ColumnsError> {
        let mut columns: [Option<String>; 6] = Default::default();
        const KEYS: [&str; 6] = ["created", "first_reply", "solved", "team", "ticket", "priority"];
        for part in text.split(',') {
            let Some((key, column)) = part.split_once('=').filter(|(_, column)| !column.is_empty())
            else {
                return Err(ColumnsError::Form(part.to_owned()));
            };
            match KEYS.iter().position(|known| *known == key.trim()) {
                Some(index) => columns[index] = Some(column.to_owned()),
                None => return Err(ColumnsError::EventKey(key.to_owned())),
            }
        }
        let [created, first_reply, solved, team, ticket, priority] = columns;
        Ok(Self {
            created: created.ok_or(ColumnsError::Missing("created"))?,
            first_reply: first_reply.ok_or(ColumnsError::Missing("first_reply"))?,
            solved: solved.ok_or(ColumnsError::Missing("solved"))?,
            team: team.ok_or(ColumnsError::Missing("team"))?,
            ticket,
            priority,
        })
    }

    /// Whether tickets are told apart by a column, not by the number of their row.
    pub fn names_tickets(&self) -> bool {
        self.ticket.is_some()
    }
}

/// The places of the columns in a file.
struct Places {
    created: usize,
    first_reply: usize,
    solved: usize,
    team: usize,
    ticket: Option<usize>,
    priority: Option<usize>,
}

impl Places {
    fn of(columns: &Columns, header: &csv::StringRecord) -> Result<Self, String> {
        let find = |column: &String| {
            header.iter().position(|name| name.trim() == column).ok_or_else(|| {
                let known: Vec<&str> = header.iter().collect();
                format!("there is no column `{column}`; the columns are {}", known.join(", "))
            })
        };
        Ok(Self {
            created: find(&columns.created)?,
            first_reply: find(&columns.first_reply)?,
            solved: find(&columns.solved)?,
            team: find(&columns.team)?,
            ticket: columns.ticket.as_ref().map(find).transpose()?,
            priority: columns.priority.as_ref().map(find).transpose()?,
        })
    }
}

/// Calls `visit` with the line of every row and what each of its times decodes to. An empty cell is no
/// event; a row's events are told apart by ticket, else row number, and column.
///
/// # Errors
/// When reading fails, or a column is not there.
pub fn read_csv(
    source: &InputSource,
    reader: &mut dyn BufRead,
    columns: &Columns,
    mut visit: impl FnMut(u64, Result<Event<'_>, Outcome>),
) -> Result<(), InputError> {
    let mut line = 0;
    let failed = |line, error: csv::Error| InputError::Read {
        name: source.name(),
        line,
        error: std::io::Error::other(error),
    };
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
    let header = rows.headers().map_err(|error| failed(line, error))?.clone();
    let places = Places::of(columns, &header)
        .map_err(|problem| InputError::Columns { name: source.name(), problem })?;
    let mut row = csv::StringRecord::new();
    let mut number: u64 = 0;
    while rows.read_record(&mut row).map_err(|error| failed(line, error))? {
        line = row.position().map_or(line, csv::Position::line);
        number += 1;
        visit_row(columns, &places, &row, number, |decoded| visit(line, decoded));
    }
    Ok(())
}

fn visit_row(
    columns: &Columns,
    places: &Places,
    row: &csv::StringRecord,
    number: u64,
    mut visit: impl FnMut(Result<Event<'_>, Outcome>),
) {
    let cell = |place: usize| row.get(place).map(str::trim).filter(|text| !text.is_empty());
    let number = number.to_string();
    let ticket = places.ticket.map_or(Some(&*number), cell).unwrap_or_default();
    let team = cell(places.team);
    let priority = places.priority.and_then(cell);
    for (kind, place, column) in [
        (Kind::Created, places.created, &columns.created),
        (Kind::AgentReplied, places.first_reply, &columns.first_reply),
        (Kind::Solved, places.solved, &columns.solved),
    ] {
        let Some(time) = cell(place) else { continue };
        visit(event_of(kind, column, time, ticket, team, priority));
    }
}

fn event_of<'a>(
    kind: Kind,
    column: &str,
    time: &str,
    ticket: &'a str,
    team: Option<&'a str>,
    priority: Option<&str>,
) -> Result<Event<'a>, Outcome> {
    let bad = |reason, advice: String| Outcome::Rejected(Box::new(Rejection { reason, advice }));
    if !name::is_id(ticket) {
        let advice =
            format!("the ticket is {ticket:?}: write 1 to 128 letters, digits or . _ : / @ # + -");
        return Err(bad(Reason::BadId, advice));
    }
    if let Some(team) = team.filter(|team| !name::is_team(team)) {
        let advice =
            format!("the team is {team:?}: write 1 to 128 bytes of text, no reserved name");
        return Err(bad(Reason::BadTeam, advice));
    }
    let at = Timestamp::parse_lenient(time).filter(|at| at.is_event_time()).ok_or_else(|| {
        let advice = format!(
            "`{column}` is {time:?}: write RFC 3339, or such as 2026-11-21 09:14:03 for UTC, from 1990 to \
             2099"
        );
        bad(Reason::BadTimestamp, advice)
    })?;
    let priority = priority.map(|label| {
        Priority::from_label(&label.to_ascii_lowercase()).ok_or_else(|| {
            let advice = format!("the priority is {label:?}: write low, normal, high or urgent");
            bad(Reason::BadSchema, advice)
        })
    });
    Ok(Event {
        kind,
        time: at,
        identity: identity_hash(Some(column), ticket),
        subject: Subject::Ticket(Cow::Borrowed(ticket)),
        team: team.map(Cow::Borrowed),
        priority: priority.transpose()?,
        channel: None,
        agent: None,
        maker: Maker::Customer,
        detail: None,
    })
}
