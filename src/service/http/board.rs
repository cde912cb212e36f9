//! The board: how teams stand, in HTML, for people.
//!
//! # Design
//! [`page`] is a pure function of the picture, the route and the reader, so that every page can be tested
//! without sockets. Pages are made on the server without scripts: they show on a phone, on a television on
//! the wall and in a screen reader alike, and a strict content security policy leaves nothing to inject.
//! maud escapes all that is put in, at compile time and without template files.
//!
//! No page orders or compares teams: they stand in alphabetical order. Only a team's own objectives come
//! the worst first.

use maud::{DOCTYPE, Markup, html};

pub(super) use i18n::Language;
pub(super) use view_model::PageLanguage;

use self::view_model::{Board, in_language};
use crate::service::coordinator::published_view::PublishedView;
use crate::service::coordinator::readiness::NotReady;

mod objective;
mod market;
mod pages;
mod components;
mod view_model;
#[cfg(test)]
mod tests;
mod breakdown;
mod i18n;

/// The style of all pages.
pub(super) const STYLE: &str = include_str!("board/board.css");

/// The sign of the site.
pub(super) const ICON: &str = include_str!("board/icon.svg");

/// Which page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Every team.
    Teams,
    /// One team, by its name; `_all` is the organisation, `_unclaimed` what nobody answers for.
    Team(String),
    /// One objective of a team.
    Objective(String, String),
    /// None that there is.
    Unknown,
}

/// A page, and whether there is one.
#[derive(Debug)]
pub(super) struct Page {
    /// Whether what was asked for exists.
    pub(super) is_found: bool,
    /// The whole document.
    pub(super) html: Markup,
}

/// The page of a route, for a reader.
pub(super) fn page(published: &PublishedView, route: &Route, reader: PageLanguage) -> Page {
    let board = Board::new(published, reader);
    let found = |title: String, path: String, content: Markup| Page {
        is_found: true,
        html: document(&board, &title, &path, &content),
    };
    let none = |why, team| Page {
        is_found: false,
        html: document(
            &board,
            &board.words.text("not-found-title"),
            "/",
            &pages::not_found(&board, why, team),
        ),
    };
    match route {
        Route::Teams => found(board.words.text("title"), "/".to_owned(), pages::teams(&board)),
        Route::Team(label) => match board.slot_of_label(label) {
            Some(scope) => {
                found(board.name(scope), board.team_path(scope), pages::team(&board, scope))
            }
            None => none("not-found-team", None),
        },
        Route::Objective(label, name) => {
            let Some(scope) = board.slot_of_label(label) else {
                return none("not-found-team", None);
            };
            let mut lines = board.lines(scope).iter();
            match lines.find(|line| *line.objective.name == **name) {
                Some(line) => found(
                    format!("{} – {}", components::title(&board, *line), board.name(scope)),
                    board.objective_path(*line),
                    objective::page(&board, *line),
                ),
                None => none("not-found-objective", Some(scope)),
            }
        }
        Route::Unknown => none("not-found-page", None),
    }
}

/// A whole document around its content.
fn document(board: &Board<'_>, title: &str, path: &str, content: &Markup) -> Markup {
    let words = board.words;
    html! {
        (DOCTYPE)
        html lang=(board.reader.language.code()) {
            head {
                meta charset="utf-8";
                title { (title) " – Vaste" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="refresh" content="30";
                link rel="stylesheet" href="/assets/board.css";
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
            }
            body class=[board.not_ready.map(|_| "stale")] {
                header {
                    a class="brand" href=(board.reader.link("/")) { "Vaste" }
                    @if let Some(at) = board.at {
                        p class="as-of" {
                            time datetime=(at) {
                                (words.say("as-of", &[("at", board.instant(at).into())]))
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

/// The same page in every language.
fn languages(board: &Board<'_>, path: &str) -> Markup {
    html! {
        nav class="languages" aria-label=(board.words.text("languages")) {
            ul {
                @for language in Language::all() {
                    @let name = language.words().text("language");
                    @let code = language.code();
                    li lang=(code) {
                        @if language == board.reader.language {
                            span aria-current="true" { (name) }
                        } @else {
                            a href=(in_language(path, language)) hreflang=(code) { (name) }
                        }
                    }
                }
            }
        }
    }
}

/// Says that the data cannot be trusted now, why, and what is shown meanwhile.
fn banner(board: &Board<'_>, not_ready: &NotReady) -> Markup {
    let words = board.words;
    html! {
        section class="banner" {
            h2 { (words.text("frozen-title")) }
            p {
                @match not_ready {
                    NotReady::Starting => { (words.text("doubt-starting")) }
                    NotReady::ConnectionError(connection_error) => {
                        (words.text("doubt-trouble")) " "
                        // What the client of Kafka says comes in English alone.
                        q lang="en" { (connection_error) }
                    }
                    NotReady::Full => { (words.text("doubt-full")) }
                    NotReady::Jumped => { (words.text("doubt-jumped")) }
                    NotReady::Overloaded => { (words.text("doubt-overloaded")) }
                    NotReady::PartitionsUnknown => { (words.text("doubt-partitions-unknown")) }
                    NotReady::PartitionsElsewhere { held, all } => {
                        (words.say("doubt-partitions-elsewhere", &[
                            ("held", (*held as u64).into()),
                            ("all", (*all as u64).into()),
                        ]))
                    }
                    NotReady::Behind { behind, all } => {
                        (words.say("doubt-behind", &[
                            ("behind", (*behind as u64).into()),
                            ("all", (*all as u64).into()),
                        ]))
                    }
                }
            }
            p {
                @match board.at {
                    Some(at) => {
                        (words.say("frozen-kept", &[("at", board.instant(at).into())]))
                    }
                    None => { (words.text("frozen-reading")) }
                }
            }
        }
    }
}
