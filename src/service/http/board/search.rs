//! The search: a ticket by its id, and teams by a part of their name. It works without a script.

use maud::{Markup, html};

use super::components::{breadcrumbs, name};
use super::view_model::{Board, shown};
use crate::address;
use crate::catalog::ScopeId;

/// Maximum teams that are listed.
const TEAMS_MAX: usize = 50;

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

/// The teams that were found; no ticket has that id.
pub(super) fn page(board: &Board<'_>, searched: &str) -> Markup {
    let texts = board.texts;
    let teams = found(board, searched);
    html! {
        (breadcrumbs(board, None, &texts.text("search")))
        h1 { (texts.text("search")) @if !searched.is_empty() { ": " bdi { (shown(searched)) } } }
        @if board.ticket_links().shows_ids && !searched.is_empty() {
            p { (texts.text("search-no-ticket")) }
        }
        @if teams.is_empty() {
            p { (texts.text("search-no-team")) }
        } @else {
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

/// The teams with this in their name or label, in alphabetical order.
fn found(board: &Board<'_>, searched: &str) -> Vec<ScopeId> {
    let searched = searched.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&searched);
    let mut teams = board.teams();
    teams.retain(|scope| {
        !searched.is_empty() && (has(&board.name(*scope)) || has(board.label(*scope)))
    });
    teams
}
