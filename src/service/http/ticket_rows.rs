//! The waiting tickets of an objective as rows for programs: comma-separated values and JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::name::team_label;
use crate::reading::Seconds;
use crate::service::coordinator::published_view::PublishedView;
use crate::ticket::WaitLocation;
use crate::time::{Elapsed, Timestamp};
use crate::waiting_list::{ListOf, ListedTicket, TicketList};

/// One waiting ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketRow {
    /// The id of the ticket.
    ticket: String,
    /// `over_target`, or `due_soon`: within target, with 80 % of it used. `waiting` without a target.
    state: &'static str,
    /// How long it has waited, in seconds of the kind of time of its target.
    waited_seconds: Seconds,
    /// When its target is or was used up; null while it is paused before that.
    #[schema(required)]
    due_at: Option<Timestamp>,
    /// The seconds left until then, in the kind of time of its target; null once it is used up.
    #[schema(required)]
    left_seconds: Option<Seconds>,
    /// By how many seconds the target is exceeded, in the same kind of time; null while it is not.
    #[schema(required)]
    overdue_seconds: Option<Seconds>,
    /// The kind of time of its target: `calendar`, or `open` for opening hours.
    #[schema(required)]
    basis: Option<&'static str>,
    /// Whether its stopwatch is paused.
    paused: bool,
    /// Where it waits: `open` with its team, `pending` for the customer, `on_hold` for a third party.
    status: &'static str,
    /// The label of the team that holds it.
    team: String,
    /// Its priority, `low`, `normal`, `high` or `urgent`; null without one.
    #[schema(required)]
    priority: Option<&'static str>,
    /// Its address at the desk; null if none is configured.
    #[schema(required)]
    url: Option<String>,
}

/// The rows of an objective, by the team's label and the objective's name; `None` if there is no such
/// objective. No rows where ids are not shown.
fn rows(published: &PublishedView, team: &str, name: &str) -> Option<Vec<TicketRow>> {
    let shown = published.shown();
    let catalog = &*shown.unwrap_or(published).catalog;
    let scope = catalog.scope_by_label(team)?;
    let mut objectives = catalog.objectives();
    let (id, ..) = objectives.find(|(_, owner, one)| *owner == scope && *one.name == *name)?;
    let list = shown.map(|shown| shown.waiting_tickets(ListOf::Objective(id)));
    let TicketList { tickets, .. } = list.unwrap_or_default();
    let row = |one: ListedTicket| row(published, one);
    Some(tickets.into_iter().map(row).collect())
}

/// A listed ticket as a row.
pub(super) fn row(published: &PublishedView, one: ListedTicket) -> TicketRow {
    let catalog = &*published.shown().unwrap_or(published).catalog;
    let seconds = |ms: i64| Seconds(Elapsed::from_ms(ms));
    let ListedTicket { ticket, waited, left_ms, is_over } = one;
    TicketRow {
        state: match ticket.allowance {
            _ if is_over => "over_target",
            Some(_) => "due_soon",
            None => "waiting",
        },
        waited_seconds: Seconds(waited),
        due_at: ticket.due_at,
        left_seconds: left_ms.filter(|ms| *ms >= 0).map(seconds),
        overdue_seconds: left_ms.filter(|ms| *ms < 0).map(|ms| seconds(-ms)),
        basis: ticket.allowance.map(|(basis, _)| basis.label()),
        paused: ticket.position.is_paused,
        status: match ticket.location {
            WaitLocation::Pending => "pending",
            WaitLocation::OnHold => "on_hold",
            WaitLocation::With(_) | WaitLocation::Closed => "open",
        },
        team: team_label(catalog.scope_name(ticket.holder)).to_owned(),
        priority: ticket.priority.map(|priority| priority.label()),
        url: published.ticket_links.of(&ticket.id),
        ticket: ticket.id.to_string(),
    }
}

/// The columns of the comma-separated values.
const COLUMNS: [&str; 12] = [
    "ticket",
    "state",
    "waited_seconds",
    "due_at",
    "left_seconds",
    "overdue_seconds",
    "basis",
    "paused",
    "status",
    "team",
    "priority",
    "url",
];

/// The waiting tickets of an objective as comma-separated values (RFC 4180); `None` if there is no such
/// objective.
pub(super) fn csv(published: &PublishedView, team: &str, name: &str) -> Option<Vec<u8>> {
    let rows = rows(published, team, name)?;
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let number = |seconds: Option<Seconds>| {
        seconds.map_or_else(String::new, |Seconds(elapsed)| (elapsed.ms() / 1_000).to_string())
    };
    writer.write_record(COLUMNS).ok()?;
    for row in rows {
        let cells = [
            harmless(row.ticket),
            row.state.to_owned(),
            number(Some(row.waited_seconds)),
            row.due_at.map_or_else(String::new, |at| at.to_string()),
            number(row.left_seconds),
            number(row.overdue_seconds),
            row.basis.unwrap_or_default().to_owned(),
            row.paused.to_string(),
            row.status.to_owned(),
            harmless(row.team),
            row.priority.unwrap_or_default().to_owned(),
            row.url.unwrap_or_default(),
        ];
        writer.write_record(&cells).ok()?;
    }
    writer.into_inner().ok()
}

/// A cell that no spreadsheet takes for a formula: one that would begin like a formula gets an apostrophe.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}
