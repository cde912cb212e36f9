//! The board: the state of all teams as HTML pages.
//!
//! # Design
//! [`page`] is a pure function of the published view, the route and the language, so that tests
//! need no sockets. Pages are rendered on the server and have no scripts: they work on a phone, on
//! a wall display and in a screen reader, and the content security policy can forbid all scripts.
//! maud checks templates at compile time and escapes every value.
//!
//! The front page shows teams in trouble first, and by name on request. No page orders or compares people.

use maud::{DOCTYPE, Markup, html};

pub(super) use i18n::Language;
pub(super) use overview::TeamOrder;
pub(super) use view_model::{Allowance, ObjectiveView, PageLanguage, urgency};

use self::view_model::Board;
use crate::address;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::coordinator::readiness::NotReady;

mod ages;
mod breakdown;
mod certainty;
mod changes;
mod components;
mod flags;
mod i18n;
mod market;
mod objective;
mod overview;
mod pages;
mod past;
mod ratings;
#[cfg(test)]
mod tests;
mod tried;
mod view_model;

/// The style sheet of all pages.
pub(super) const STYLE: &str = include_str!("board/board.css");

/// The script of the slider that tries other targets.
pub(super) const TRIED_SCRIPT: &str = include_str!("board/tried.js");

/// The icon of the site.
pub(super) const ICON: &str = include_str!("board/icon.svg");

/// The page that an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The front page with every team, in an order.
    Teams(TeamOrder),
    /// One team, by its label: its name, `_all` for the organisation, `_unclaimed` for unclaimed
    /// tickets.
    Team(String),
    /// One objective.
    Objective {
        /// The label of its team.
        team: String,
        /// Its name.
        name: String,
    },
    /// An address without a page.
    Unknown,
}

/// A rendered page.
#[derive(Debug)]
pub(super) struct Page {
    /// Whether the address exists; if not, the page says so.
    pub(super) is_found: bool,
    /// The HTML document.
    pub(super) html: Markup,
}

/// The page of a route in a language.
pub(super) fn page(published: &PublishedView, route: &Route, reader: PageLanguage) -> Page {
    let board = Board::new(published, reader);
    let of_team = match route {
        Route::Team(team) | Route::Objective { team, .. } => board.catalog.scope_by_label(team),
        Route::Teams(_) | Route::Unknown => None,
    };
    let board = match of_team {
        Some(scope) => board.in_zone_of(scope),
        None => board,
    };
    let found = |title: String, path: String, content: Markup| Page {
        is_found: true,
        html: document(&board, &title, &path, &content),
    };
    let none = |why, team| Page {
        is_found: false,
        html: document(
            &board,
            &board.texts.text("not-found-title"),
            address::TEAMS,
            &pages::not_found(&board, why, team),
        ),
    };
    match route {
        Route::Teams(order) => found(
            board.texts.text("title"),
            address::TEAMS.to_owned(),
            overview::page(&board, *order),
        ),
        Route::Team(label) => match board.catalog.scope_by_label(label) {
            Some(scope) => {
                found(board.name(scope), board.team_path(scope), pages::team(&board, scope))
            }
            None => none("not-found-team", None),
        },
        Route::Objective { team: label, name } => {
            let Some(scope) = board.catalog.scope_by_label(label) else {
                return none("not-found-team", None);
            };
            let mut objectives = board.objectives(scope).iter();
            match objectives.find(|view| *view.objective.name == **name) {
                Some(view) => found(
                    format!("{} – {}", components::title(&board, *view), board.name(scope)),
                    board.objective_path(*view),
                    objective::page(&board, *view),
                ),
                None => none("not-found-objective", Some(scope)),
            }
        }
        Route::Unknown => none("not-found-page", None),
    }
}

/// An HTML document around the content of a page.
fn document(board: &Board<'_>, title: &str, path: &str, content: &Markup) -> Markup {
    let texts = board.texts;
    html! {
        (DOCTYPE)
        html lang=(board.reader.language.code()) {
            head {
                meta charset="utf-8";
                title { (title) " – Vaste" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="refresh" content="30";
                link rel="stylesheet" href=(address::STYLE);
                script src=(address::TRIED_SCRIPT) defer {}
                link rel="icon" href=(address::ICON) type="image/svg+xml";
            }
            body class=[board.not_ready.map(|_| "stale")] {
                header {
                    a class="brand" href=(board.reader.link(address::TEAMS)) { "Vaste" }
                    @if let Some(at) = board.at {
                        p class="as-of" {
                            time datetime=(at) {
                                (texts.format("as-of", &[
                                    ("at", board.instant(at).into()),
                                    ("zone", board.zone_name(at).into()),
                                ]))
                            }
                        }
                    }
                    (languages(board, path))
                }
                main {
                    @if let Some(not_ready) = board.not_ready { (banner(board, not_ready)) }
                    (content)
                }
            }
        }
    }
}

/// Links to the same page in every other language.
fn languages(board: &Board<'_>, path: &str) -> Markup {
    html! {
        nav class="languages" aria-label=(board.texts.text("languages")) {
            ul {
                @for language in Language::all() {
                    @let name = language.texts().text("language");
                    @let code = language.code();
                    li lang=(code) {
                        @if language == board.reader.language {
                            span aria-current="true" { (name) }
                        } @else {
                            a href=(address::in_language(path, code)) hreflang=(code) { (name) }
                        }
                    }
                }
            }
        }
    }
}

/// The banner while verdicts are frozen: the reason, and what the page shows meanwhile.
fn banner(board: &Board<'_>, not_ready: &NotReady) -> Markup {
    let texts = board.texts;
    html! {
        section class="banner" {
            h2 { (texts.text("frozen-title")) }
            p {
                @match not_ready {
                    NotReady::Starting => { (texts.text("not-ready-starting")) }
                    NotReady::Trouble(trouble) => {
                        (texts.text("not-ready-trouble")) " "
                        // For whoever runs Vaste, in English like the log.
                        q lang="en" { (trouble) }
                    }
                    NotReady::Full => { (texts.text("not-ready-full")) }
                    NotReady::Jumped => { (texts.text("not-ready-jumped")) }
                    NotReady::Overloaded => { (texts.text("not-ready-overloaded")) }
                    NotReady::PartitionsUnknown => { (texts.text("not-ready-partitions-unknown")) }
                    NotReady::PartitionsElsewhere { held, all, .. } => {
                        (texts.format("not-ready-partitions-elsewhere", &[
                            ("held", (*held as u64).into()),
                            ("all", (*all as u64).into()),
                        ]))
                    }
                    NotReady::Behind { behind, all } => {
                        (texts.format("not-ready-behind", &[
                            ("behind", (*behind as u64).into()),
                            ("all", (*all as u64).into()),
                        ]))
                    }
                }
            }
            p {
                @match board.at {
                    Some(at) => {
                        (texts.format("frozen-kept", &[("at", board.instant(at).into())]))
                    }
                    None => { (texts.text("frozen-reading")) }
                }
            }
        }
    }
}
