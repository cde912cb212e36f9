//! The cells of one row, and the events that they give.

use std::borrow::Cow;

use csv::ByteRecord;

use super::columns::Columns;
use super::header::ColumnIndexes;
use super::time::CellTime;
use crate::event::{Event, Kind, Maker, Priority, Reason, Rejection, Subject, identity_hash};
use crate::name;

/// The most events of one row: created, answered, solved.
pub(super) const EVENTS_MAX: usize = 3;

/// Why a row gives no events.
#[derive(Debug)]
pub(super) enum RowError {
    /// A cell that is needed is not UTF-8: this is its first other byte.
    Encoding(u8),
    /// A cell cannot be read, so the row is left out as a whole.
    Rejected(Box<Rejection>),
}

impl RowError {
    pub(super) fn rejected(reason: Reason, advice: String) -> Self {
        Self::Rejected(Box::new(Rejection { reason, advice }))
    }
}

/// What a row says.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    /// Its events; `None` for empty cells.
    pub(super) events: [Option<Event<'a>>; EVENTS_MAX],
    /// Whether one of its times was taken as UTC, because nothing says which zone it is in.
    pub(super) is_assumed_utc: bool,
    /// The name of a priority that is not known. The events have none.
    pub(super) unknown_priority: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// Reads a row. The identity of an event is the ticket and the column. `number` is the ticket of tables
    /// without ticket ids.
    pub(super) fn read(
        columns: &Columns,
        indexes: &ColumnIndexes,
        cells: &'a ByteRecord,
        number: &'a str,
    ) -> Result<Self, RowError> {
        let ticket = match indexes.ticket {
            Some(index) => text(cells, index)?.unwrap_or_default(),
            None => number,
        };
        let team = text(cells, indexes.team)?.filter(|team| !is_nothing(team));
        let priority = match indexes.priority {
            Some(index) => text(cells, index)?.filter(|name| !is_nothing(name)),
            None => None,
        };
        let known = priority.and_then(|name| columns.priority_of(name));
        let mut row =
            Self { unknown_priority: priority.filter(|_| known.is_none()), ..Self::default() };
        // Every cell that is wrong counts, and the first is shown.
        let mut problems = Vec::from_iter(problem_of_names(ticket, team));
        for (slot, (kind, index, column)) in row.events.iter_mut().zip([
            (Kind::Created, indexes.created, &columns.created),
            (Kind::AgentReplied, indexes.first_reply, &columns.first_reply),
            (Kind::Solved, indexes.solved, &columns.solved),
        ]) {
            let Some(cell) = text(cells, index)?.filter(|cell| !is_no_time(cell)) else {
                if kind == Kind::Created {
                    let advice = format!("`{column}` is empty; a wait begins there: fill it");
                    problems.push((Reason::BadTimestamp, advice));
                }
                continue;
            };
            match columns.times.read(cell) {
                Ok(time) => {
                    row.is_assumed_utc |= time.is_assumed_utc;
                    *slot =
                        Some(event_of(kind, column, time, &TicketCells { ticket, team, known }));
                }
                Err(error) => {
                    let shown = excerpt(cell);
                    problems
                        .push((Reason::BadTimestamp, format!("`{column}` is {shown}: {error}")));
                }
            }
        }
        let others = problems.len().saturating_sub(1);
        match problems.into_iter().next() {
            None => Ok(row),
            Some((reason, advice)) => Err(RowError::rejected(
                reason,
                match others {
                    0 => advice,
                    1 => format!("{advice} (and one more cell of this row)"),
                    _ => format!("{advice} (and {others} more cells of this row)"),
                },
            )),
        }
    }
}

/// The cells that all events of a row share.
struct TicketCells<'a> {
    ticket: &'a str,
    team: Option<&'a str>,
    known: Option<Priority>,
}

fn event_of<'a>(kind: Kind, column: &str, time: CellTime, cells: &TicketCells<'a>) -> Event<'a> {
    Event {
        kind,
        time: time.at,
        identity: identity_hash(Some(column), cells.ticket),
        subject: Subject::Ticket(Cow::Borrowed(cells.ticket)),
        team: cells.team.map(Cow::Borrowed),
        priority: cells.known,
        channel: None,
        agent: None,
        maker: Maker::Customer,
        detail: None,
        ignored: Vec::new(),
    }
}

/// The text of a cell; `None` if it is missing or blank.
fn text(cells: &ByteRecord, index: usize) -> Result<Option<&str>, RowError> {
    let Some(bytes) = cells.get(index) else { return Ok(None) };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        RowError::Encoding(bytes.get(error.valid_up_to()).copied().unwrap_or_default())
    })?;
    Ok(Some(text.trim()).filter(|text| !text.is_empty()))
}

/// A value in quotes, cut after 60 characters.
fn excerpt(text: &str) -> String {
    let mut cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}

fn problem_of_names(ticket: &str, team: Option<&str>) -> Option<(Reason, String)> {
    if !name::is_id(ticket) {
        let advice = format!(
            "the ticket is {}: write 1 to 128 letters, digits or . _ : / @ # + -",
            excerpt(ticket)
        );
        return Some((Reason::BadId, advice));
    }
    let team = team.filter(|team| !name::is_team(team))?;
    let advice =
        format!("the team is {}: write 1 to 128 bytes of text, no reserved name", excerpt(team));
    Some((Reason::BadTeam, advice))
}

/// Whether a cell has one of the usual words for an empty one.
fn is_nothing(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "-",
        "--",
        "–",
        "—",
        "n/a",
        "#n/a",
        "null",
        "(null)",
        "nil",
        "none",
        "(none)",
        "(blank)",
        "undefined",
        "\\n",
    ];
    WORDS.contains(&&*text.to_lowercase())
}

/// Whether a cell of times has one of the usual words for no time. `NA` could be the name of a team.
fn is_no_time(text: &str) -> bool {
    const WORDS: [&str; 5] = ["na", "nan", "nat", "never", "."];
    text.starts_with("0000-00-00") || is_nothing(text) || WORDS.contains(&&*text.to_lowercase())
}
