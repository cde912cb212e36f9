//! Tables with one row per ticket and one column per time: the export that every helpdesk has.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufRead;

use crate::event::{
    Event, Kind, Maker, Outcome, Priority, Reason, Rejection, Subject, identity_hash,
};
use crate::name;
use crate::time::Timestamp;

use super::{InputError, InputSource};

/// The names of the columns in the header of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    created: String,
    first_reply: String,
    solved: String,
    team: String,
    ticket: Option<String>,
    priority: Option<String>,
}

/// Why a list of columns is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// A part is not `key=column`.
    #[error("`{0}` is not a column; write such as created=\"Created at\"")]
    Form(String),
    /// A required key is missing.
    #[error("`{0}` is missing; write {0}=COLUMN")]
    Missing(&'static str),
    /// A key is unknown.
    #[error(
        "`{0}` is not a key; the keys are created, first_reply, solved, team, ticket, priority"
    )]
    UnknownKey(String),
}

impl Columns {
    /// Reads `created=COL,first_reply=COL,solved=COL,team=COL[,ticket=COL][,priority=COL]`. Of a key that
    /// comes twice the last one counts.
    ///
    /// # Errors
    /// If a part is malformed, unknown or missing.
    pub fn parse(text: &str) -> Result<Self, ColumnsError> {
        const KEYS: [&str; 6] = ["created", "first_reply", "solved", "team", "ticket", "priority"];
        let mut columns = BTreeMap::new();
        for part in text.split(',') {
            let Some((key, column)) = part.split_once('=').filter(|(_, column)| !column.is_empty())
            else {
                return Err(ColumnsError::Form(part.to_owned()));
            };
            let Some(known) = KEYS.into_iter().find(|known| *known == key.trim()) else {
                return Err(ColumnsError::UnknownKey(key.to_owned()));
            };
            columns.insert(known, column.to_owned());
        }
        let mut take = |key| columns.remove(key).ok_or(ColumnsError::Missing(key));
        Ok(Self {
            created: take("created")?,
            first_reply: take("first_reply")?,
            solved: take("solved")?,
            team: take("team")?,
            ticket: take("ticket").ok(),
            priority: take("priority").ok(),
        })
    }

    /// Whether a column has the ticket ids. Otherwise a row's number is its ticket.
    pub fn names_tickets(&self) -> bool {
        self.ticket.is_some()
    }
}

/// The indexes of the columns in a table.
struct ColumnIndexes {
    created: usize,
    first_reply: usize,
    solved: usize,
    team: usize,
    ticket: Option<usize>,
    priority: Option<usize>,
}

impl ColumnIndexes {
    fn find(
        columns: &Columns,
        header: &csv::StringRecord,
        source: &InputSource,
    ) -> Result<Self, InputError> {
        let find = |column: &String| {
            header.iter().position(|name| name.trim() == column).ok_or_else(|| {
                let known: Vec<&str> = header.iter().collect();
                InputError::Column {
                    name: source.name(),
                    column: column.clone(),
                    known: known.join(", "),
                }
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

/// Calls `visit` with the line number of a row and the event that each of its times decodes to. An empty cell
/// gives no event. The identity of an event is the ticket (or the row number) and the column.
///
/// # Errors
/// If reading fails, or a column is missing.
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
    let indexes = ColumnIndexes::find(columns, &header, source)?;
    let mut row = csv::StringRecord::new();
    let mut number: u64 = 0;
    while rows.read_record(&mut row).map_err(|error| failed(line, error))? {
        line = row.position().map_or(line, csv::Position::line);
        number += 1;
        visit_row(columns, &indexes, &row, number, |decoded| visit(line, decoded));
    }
    Ok(())
}

/// The cells of a row that all of its events share.
struct TicketCells<'a> {
    ticket: &'a str,
    team: Option<&'a str>,
    priority: Option<&'a str>,
}

fn visit_row(
    columns: &Columns,
    indexes: &ColumnIndexes,
    row: &csv::StringRecord,
    number: u64,
    mut visit: impl FnMut(Result<Event<'_>, Outcome>),
) {
    let cell = |index: usize| row.get(index).map(str::trim).filter(|text| !text.is_empty());
    let number = number.to_string();
    let cells = TicketCells {
        ticket: indexes.ticket.map_or(Some(&*number), cell).unwrap_or_default(),
        team: cell(indexes.team),
        priority: indexes.priority.and_then(cell),
    };
    for (kind, index, column) in [
        (Kind::Created, indexes.created, &columns.created),
        (Kind::AgentReplied, indexes.first_reply, &columns.first_reply),
        (Kind::Solved, indexes.solved, &columns.solved),
    ] {
        let Some(time) = cell(index) else { continue };
        visit(event_of(kind, column, time, &cells));
    }
}

fn event_of<'a>(
    kind: Kind,
    column: &str,
    time: &str,
    cells: &TicketCells<'a>,
) -> Result<Event<'a>, Outcome> {
    let TicketCells { ticket, team, priority } = *cells;
    let reject = |reason, advice: String| Outcome::Rejected(Box::new(Rejection { reason, advice }));
    if !name::is_id(ticket) {
        let advice =
            format!("the ticket is {ticket:?}: write 1 to 128 letters, digits or . _ : / @ # + -");
        return Err(reject(Reason::BadId, advice));
    }
    if let Some(team) = team.filter(|team| !name::is_team(team)) {
        let advice =
            format!("the team is {team:?}: write 1 to 128 bytes of text, no reserved name");
        return Err(reject(Reason::BadTeam, advice));
    }
    let at = Timestamp::parse_lenient(time).filter(|at| at.is_event_time()).ok_or_else(|| {
        let advice = format!(
            "`{column}` is {time:?}: write RFC 3339, or such as 2026-11-21 09:14:03 for UTC, from 1990 to \
             2099"
        );
        reject(Reason::BadTimestamp, advice)
    })?;
    let priority = priority.map(|label| {
        Priority::from_label(&label.to_ascii_lowercase()).ok_or_else(|| {
            let advice = format!("the priority is {label:?}: write low, normal, high or urgent");
            reject(Reason::BadSchema, advice)
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
        ignored: Vec::new(),
    })
}
