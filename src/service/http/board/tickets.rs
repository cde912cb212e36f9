//! The tickets that wait for an objective, by id: on its page, and on a page of their own.

use maud::{Markup, html};

use super::components::{breadcrumbs, instant, name, title};
use super::view_model::{Board, ObjectiveView};
use crate::address;
use crate::catalog::ScopeId;
use crate::event::Priority;
use crate::measure::Basis;
use crate::ticket::WaitLocation;
use crate::time::Elapsed;
use crate::waiting_list::{LISTED_MAX, ListOf, ListedTicket, TicketList};

/// Maximum tickets on the page of an objective or a team. Their own page has all that are listed.
const FIRST_TICKETS: usize = 10;

/// The section on the page of an objective: the first tickets. Empty where ids are not shown.
pub(super) fn section(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let list = board.waiting_tickets(ListOf::Objective(view.id));
    let page = board.objective_tickets_path(view);
    html! {
        @if is_shown(board, view) {
            section class="waiting-tickets whole" id="tickets" {
                h2 { (texts.text("heading-tickets")) }
                (counts(board, view, &list, FIRST_TICKETS))
                (table(board, &list, FIRST_TICKETS))
                @if !list.tickets.is_empty() {
                    p class="more" {
                        @if list.tickets.len() > FIRST_TICKETS {
                            a href=(board.reader.link(&page)) {
                                (texts.format("tickets-more", &[("count", shown_count(&list).into())]))
                            }
                            " · "
                        }
                        (download(board, view))
                    }
                }
            }
        }
    }
}

/// The page with all tickets of an objective that are listed.
pub(super) fn page(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let list = board.waiting_tickets(ListOf::Objective(view.id));
    html! {
        (breadcrumbs(board, Some(view.scope), &texts.text("heading-tickets")))
        p class="team" { (name(board, view.scope)) }
        h1 { (texts.text("heading-tickets")) }
        p { a href=(board.reader.link(&board.objective_path(view))) { (title(board, view)) } }
        @if is_shown(board, view) {
            section class="waiting-tickets" {
                (counts(board, view, &list, LISTED_MAX))
                (table(board, &list, LISTED_MAX))
                @if !list.tickets.is_empty() { p class="more" { (download(board, view)) } }
            }
        } @else if !board.ticket_links().shows_ids {
            p { (texts.text("tickets-without-ids")) }
        }
    }
}

/// The section on the page of a scope without objectives: the tickets that have waited longest for an answer.
pub(super) fn of_scope(board: &Board<'_>, scope: ScopeId) -> Markup {
    let list = board.waiting_tickets(ListOf::Scope(scope));
    html! {
        @if !list.tickets.is_empty() {
            section class="waiting-tickets" id="tickets" {
                h2 { (board.texts.text("heading-longest-waits")) }
                (table(board, &list, FIRST_TICKETS))
            }
        }
    }
}

/// Whether tickets are named. Nothing waits for a count.
fn is_shown(board: &Board<'_>, view: ObjectiveView<'_>) -> bool {
    board.ticket_links().shows_ids && board.at.is_some() && view.objective.measure.is_timed()
}

fn shown_count(list: &TicketList) -> u64 {
    list.tickets.len() as u64
}

fn download(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let name = board.catalog.scope_name(view.scope);
    let path = address::objective_tickets_csv(name, &view.objective.name);
    html! { a href=(path) download { (board.texts.text("tickets-csv")) } }
}

/// How many there are, and how many of them the table has.
fn counts(board: &Board<'_>, view: ObjectiveView<'_>, list: &TicketList, most: usize) -> Markup {
    let texts = board.texts;
    let (over, soon) = (view.over_target(), view.due_soon());
    let shown = shown_count(list).min(most as u64);
    html! {
        p class="legend" {
            @if over + soon == 0 {
                (texts.text("tickets-none"))
            } @else {
                (texts.format("tickets-counts", &[("over", over.into()), ("soon", soon.into())]))
                @if shown < over + soon {
                    " " (texts.format("tickets-first", &[("count", shown.into())]))
                }
                @if list.tickets.iter().any(|one| basis(one) == Basis::Open) {
                    " " (texts.text("times-are-open"))
                }
            }
            @if !list.is_whole { " " (texts.text("tickets-not-whole")) }
        }
    }
}

fn basis(one: &ListedTicket) -> Basis {
    one.ticket.allowance.map_or(Basis::Calendar, |(basis, _)| basis)
}

/// The first tickets of a list. On a narrow screen each row is a block, and each cell has its column's name.
fn table(board: &Board<'_>, list: &TicketList, most: usize) -> Markup {
    let texts = board.texts;
    let has_targets = list.tickets.iter().any(|one| one.ticket.allowance.is_some());
    let column = |key: &str| texts.text(key);
    html! {
        @if !list.tickets.is_empty() {
            table class="tickets stacked" {
                thead {
                    tr {
                        th scope="col" { (column("column-ticket")) }
                        th scope="col" { (column("column-waited")) }
                        @if has_targets {
                            th scope="col" { (column("column-due")) }
                            th scope="col" { (column("column-left")) }
                        }
                        th scope="col" { (column("column-holder")) }
                        th scope="col" { (column("column-priority")) }
                    }
                }
                tbody {
                    @for one in list.tickets.iter().take(most) {
                        tr class=[one.is_over.then_some("over")] {
                            th scope="row" { (id(board, &one.ticket.id)) }
                            td data-label=(column("column-waited")) { (texts.wait(one.waited)) }
                            @if has_targets {
                                td data-label=(column("column-due")) { (due(board, one)) }
                                td data-label=(column("column-left")) { (left(board, one)) }
                            }
                            td data-label=(column("column-holder")) { (holder(board, one)) }
                            td data-label=(column("column-priority")) {
                                (priority(board, one.ticket.priority))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A ticket's id: a link to its page, and one to the desk where its address is known.
pub(super) fn id(board: &Board<'_>, id: &str) -> Markup {
    html! {
        a href=(board.reader.link(&address::ticket(id))) { bdi { (id) } }
        (to_desk(board, id))
    }
}

/// A ticket's id on its own page.
pub(super) fn desk_link(board: &Board<'_>, id: &str) -> Markup {
    html! { bdi { (id) } (to_desk(board, id)) }
}

/// A link to the desk, where its address is known.
fn to_desk(board: &Board<'_>, id: &str) -> Markup {
    html! {
        @if let Some(url) = board.ticket_links().of(id) {
            " "
            a class="desk" href=(url) rel="noreferrer"
                aria-label=(board.texts.format("open-in-desk", &[("ticket", id.into())])) {
                (board.texts.text("desk"))
            }
        }
    }
}

/// When the target is or was used up; that the clock stands still.
fn due(board: &Board<'_>, one: &ListedTicket) -> Markup {
    let paused = match one.ticket.location {
        WaitLocation::OnHold => "paused-on-hold",
        WaitLocation::Pending => "paused-pending",
        WaitLocation::With(_) | WaitLocation::Closed => "paused",
    };
    html! {
        @if let Some(at) = one.ticket.due_at { (instant(board, at)) }
        @if one.ticket.position.is_paused {
            @if one.ticket.due_at.is_some() { ", " }
            (board.texts.text(paused))
        }
    }
}

/// The time left, or how long it is over target.
fn left(board: &Board<'_>, one: &ListedTicket) -> String {
    let texts = board.texts;
    let length = |ms: i64| ("time", texts.wait(Elapsed::from_ms(ms)).into());
    match one.left_ms {
        // After a change of priority, its present target may not be used up.
        Some(left) if one.is_over && left >= 0 => texts.text("ticket-stays-over"),
        Some(left) if one.is_over => texts.format("ticket-over-by", &[length(-left)]),
        Some(left) => texts.format("ticket-left", &[length(left)]),
        None => texts.text("none"),
    }
}

/// Who holds the ticket.
fn holder(board: &Board<'_>, one: &ListedTicket) -> Markup {
    name(board, one.ticket.holder)
}

/// A priority in words; a dash without one.
pub(super) fn priority(board: &Board<'_>, priority: Option<Priority>) -> String {
    let Some(priority) = priority else { return board.texts.text("none") };
    board.texts.format("ticket-priority", &[("priority", priority.label().into())])
}

#[cfg(test)]
mod tests;
