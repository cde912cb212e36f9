//! The search: tickets by the beginning of their ids or by their numbers, and teams by a part of a name. It
//! works without a script.

use maud::{Markup, html};

use super::components::{breadcrumbs, name};
use super::ticket::TicketShown;
use super::tickets;
use super::view_model::{Board, shown};
use crate::address;
use crate::agreement::About;
use crate::catalog::ScopeId;

/// Maximum teams that are listed.
const TEAMS_MAX: usize = 50;

/// Maximum tickets that are listed: the first by id. One more says that there are more.
const TICKETS_MAX: usize = 20;

/// The form in the header of every page.
pub(super) fn form(board: &Board<'_>) -> Markup {
    let texts = board.texts;
    html! {
        form class="search" role="search" action=(address::SEARCH) method="get" {
            @if board.reader.is_asked {
                input type="hidden" name="lang" value=(board.reader.language.code());
            }
            input type="search" name=(address::SEARCHED) maxlength="128" autocomplete="off"
                aria-label=(texts.text("search-label")) placeholder=(texts.text("search-label"));
            button type="submit" { (texts.text("search")) }
        }
    }
}

/// The tickets and teams that were found; no ticket has exactly that id.
pub(super) fn page(board: &Board<'_>, searched: &str, tickets: &TicketShown) -> Markup {
    let texts = board.texts;
    let teams = found(board, searched);
    html! {
        (breadcrumbs(board, None, &texts.text("search")))
        h1 { (texts.text("search")) @if !searched.is_empty() { ": " bdi { (shown(searched)) } } }
        @if searched.is_empty() {
            p { (texts.text("search-empty")) }
        } @else if teams.is_empty() {
            (tickets_found(board, tickets))
            p { (texts.text("search-no-team")) }
        } @else {
            @if !is_nothing(tickets) { (tickets_found(board, tickets)) }
            h2 { (texts.text("search-teams")) }
            ul {
                @for scope in teams.iter().take(TEAMS_MAX) {
                    li { a href=(board.reader.link(&board.team_path(*scope))) { (name(board, *scope)) } }
                }
            }
            @if teams.len() > TEAMS_MAX {
                p { (texts.format("search-more-teams", &[("count", (teams.len() as u64).into())])) }
            }
        }
    }
}

/// Whether no ticket matches.
fn is_nothing(tickets: &TicketShown) -> bool {
    matches!(tickets, TicketShown::Unknown(ids) if ids.is_empty())
}

/// The tickets whose ids match what was searched.
fn tickets_found(board: &Board<'_>, tickets: &TicketShown) -> Markup {
    let texts = board.texts;
    html! {
        @match tickets {
            TicketShown::Unknown(ids) if !ids.is_empty() => {
                h2 { (texts.text("search-tickets")) }
                ul { @for id in ids.iter().take(TICKETS_MAX) { li { (tickets::id(board, id)) } } }
                @if ids.len() > TICKETS_MAX {
                    p { (texts.format("search-more-tickets", &[("count", (TICKETS_MAX as u64).into())])) }
                }
            }
            TicketShown::Unknown(_) | TicketShown::Found(_) => {
                p { (texts.text("search-no-ticket")) }
            }
            TicketShown::Late => { p { (texts.text("ticket-late")) } }
            TicketShown::Hidden => {}
        }
    }
}

/// The teams with this in one of their names, of any language, in alphabetical order; then the organisation
/// and the unclaimed tickets.
fn found(board: &Board<'_>, searched: &str) -> Vec<ScopeId> {
    let searched = searched.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&searched);
    let has_name = |about: &About| {
        let names = about.names.iter().map(|(_, name)| name);
        names.chain([&about.name]).chain(&about.former_names).any(|name| has(name))
    };
    let mut teams = board.teams();
    teams.extend([board.catalog.organisation(), board.catalog.unclaimed()]);
    teams.retain(|scope| {
        let is_named = || board.catalog.about(*scope).is_some_and(has_name);
        let is_called = || has(board.label(*scope)) || has(&board.name(*scope));
        !searched.is_empty() && (is_called() || is_named())
    });
    teams
}
