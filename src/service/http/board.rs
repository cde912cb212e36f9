//! The board: the state of all teams as HTML pages.
//!
//! # Design
//! [`page`] is a pure function of the published view, the route and the language, so that tests
//! need no sockets. Pages are rendered on the server and are whole without scripts: they work on a phone, on
//! a wall display and in a screen reader. One script keeps open pages up to date. The content security policy
//! forbids all others. maud checks templates at compile time and escapes every value.
//!
//! The front page shows teams in trouble first, and by name on request. No page orders or compares people.

use std::sync::Arc;

use maud::{DOCTYPE, Markup, html};

pub(super) use agenda_forms::{Forms, RefusedForm};
pub use agenda_json::agenda_schemas;
pub(in crate::service) use agenda_json::{AgendaPosted, AgendaShown, agenda_posted, agenda_shown};
pub(super) use duty_feed::calendar as duty_calendar;
pub(super) use form_action::FormAction;
pub(in crate::service) use i18n::Language;
pub(super) use overview::TeamOrder;
pub(super) use past::{PastDay, days};
pub(super) use ticket::TicketShown;
pub(in crate::service) use view_model::PageLanguage;
pub(super) use view_model::{Allowance, ObjectiveView, urgency};

use self::view_model::Board;
use crate::address;
use crate::alert::{Alerts, WaitAlarmPolicies, WaitAlarms};
use crate::review::Reviews;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::coordinator::readiness::NotReady;
use crate::service::kafka::producer_notes::ProducerNotes;
use crate::team_log::TeamLogs;
use crate::view::View;

mod agenda;
mod agenda_forms;
mod agenda_json;
mod agenda_sections;
mod agenda_text;
mod ages;
mod alerts;
mod breakdown;
mod causes;
mod certainty;
mod checks;
mod changes;
mod components;
mod duty;
mod duty_feed;
mod flags;
mod form_action;
mod i18n;
mod market;
mod objective;
mod overview;
mod pages;
mod past;
mod ratings;
mod refusals;
mod search;
mod ticket;
mod tickets;
#[cfg(test)]
mod same_numbers;
mod stream;
#[cfg(test)]
mod tests;
mod tried;
mod unanswered_for;
mod view_model;
mod wall;
mod week;

/// The style sheet of all pages.
pub(super) const STYLE: &str = include_str!("board/board.css");

/// The script of all pages.
pub(super) const SCRIPT: &str =
    concat!(include_str!("board/board.js"), include_str!("board/tried.js"));

/// The icon of the site.
pub(super) const ICON: &str = include_str!("board/icon.svg");

/// The page that an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The front page with every team, in an order.
    Teams(TeamOrder),
    /// The front page for a screen across the room.
    Wall,
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
    /// The waiting tickets of an objective.
    ObjectiveTickets {
        /// The label of its team.
        team: String,
        /// Its name.
        name: String,
    },
    /// The stream of events.
    Stream,
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
        Route::Team(team)
        | Route::Objective { team, .. }
        | Route::ObjectiveTickets { team, .. } => board.catalog.scope_by_label(team),
        Route::Teams(_) | Route::Wall | Route::Stream | Route::Unknown => None,
    };
    let board = match of_team {
        Some(scope) => board.in_zone_of(scope),
        None => board,
    };
    let found = |title: String, path: String, content: Markup| Page {
        is_found: true,
        html: document(&board, &title, Some(&path), &content),
    };
    let none = |why, team| Page {
        is_found: false,
        html: document(
            &board,
            &board.texts.text("not-found-title"),
            Some(address::TEAMS),
            &pages::not_found(&board, why, team),
        ),
    };
    match route {
        Route::Teams(order) => found(
            board.texts.text("title"),
            address::TEAMS.to_owned(),
            overview::page(&board, *order),
        ),
        Route::Wall => Page {
            is_found: true,
            html: document(&board, &board.texts.text("title"), None, &wall::page(&board)),
        },
        Route::Team(label) => match board.catalog.scope_by_label(label) {
            Some(scope) => {
                found(board.name(scope), board.team_path(scope), pages::team(&board, scope))
            }
            None => none("not-found-team", None),
        },
        Route::Objective { team: label, name } | Route::ObjectiveTickets { team: label, name } => {
            let Some(scope) = board.catalog.scope_by_label(label) else {
                return none("not-found-team", None);
            };
            let mut objectives = board.objectives(scope).iter();
            match objectives.find(|view| *view.objective.name == **name) {
                Some(view) if matches!(route, Route::ObjectiveTickets { .. }) => found(
                    format!("{} – {}", board.texts.text("heading-tickets"), board.name(scope)),
                    board.objective_tickets_path(*view),
                    tickets::page(&board, *view),
                ),
                Some(view) => found(
                    format!("{} – {}", components::title(&board, *view), board.name(scope)),
                    board.objective_path(*view),
                    objective::page(&board, *view),
                ),
                None => none("not-found-objective", Some(scope)),
            }
        }
        Route::Stream => found(
            board.texts.text("stream-title"),
            address::STREAM.to_owned(),
            stream::page(&board, published),
        ),
        Route::Unknown => none("not-found-page", None),
    }
}

/// The page of a ticket.
pub(super) fn ticket_page(
    published: &PublishedView,
    id: &str,
    ticket: TicketShown,
    reader: PageLanguage,
    forms: &Forms,
) -> Page {
    let board = Board::new(published, reader);
    let (path, title) = (address::ticket(id), view_model::shown(id));
    match ticket {
        TicketShown::Found(found) => Page {
            is_found: true,
            html: document(&board, &title, Some(&path), &ticket::page(&board, id, found, forms)),
        },
        TicketShown::Unknown(_) | TicketShown::Late | TicketShown::Hidden => Page {
            is_found: false,
            html: document(&board, &title, Some(&path), &ticket::missing(&board, id, &ticket)),
        },
    }
}

/// A page on which the members of a team write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TeamPage {
    /// The agenda of its talk.
    Agenda,
    /// What its present turn of duty checks.
    Turn,
    /// What a member judges of their own work.
    Own,
}

impl TeamPage {
    /// The path, by the team's label.
    pub(super) fn path(self, label: &str) -> String {
        match self {
            Self::Agenda => address::agenda(label),
            Self::Turn => address::turn(label),
            Self::Own => address::own(label),
        }
    }
}

/// A page on which the members of a team write; "not found" without such a team. `says`: who looks, where no
/// proxy says it.
pub(super) fn team_page(
    published: &PublishedView,
    shown: TeamPage,
    team: &str,
    reader: PageLanguage,
    forms: &Forms,
    says: Option<&str>,
) -> Page {
    let board = Board::new(published, reader);
    let Some(scope) = agenda::scope_of(&board, team) else {
        return page(published, &Route::Unknown, reader);
    };
    let board = board.in_zone_of(scope);
    let (title, content) = match shown {
        TeamPage::Agenda => {
            let sections = agenda_sections::sections(&board, scope);
            ("agenda", agenda::page(&board, scope, &sections, forms))
        }
        TeamPage::Turn => ("turn", checks::turn_page(&board, scope, forms)),
        TeamPage::Own => ("own", checks::own_page(&board, scope, forms, says)),
    };
    let title = format!("{} – {}", board.texts.text(title), board.name(scope));
    let path = shown.path(board.label(scope));
    let frame = Frame { path: Some(&path), keeps: forms.refused.is_some() };
    Page { is_found: true, html: framed(&board, &title, frame, &content) }
}

/// The agenda of a team, or of the organisation, as a text; `None` without such a team.
pub(super) fn agenda_text(
    published: &PublishedView,
    team: &str,
    reader: PageLanguage,
    format: AgendaFormat,
) -> Option<String> {
    let board = Board::new(published, reader);
    let scope = agenda::scope_of(&board, team)?;
    let board = board.in_zone_of(scope);
    Some(match format {
        AgendaFormat::Text => agenda_text::plain_text(&board, scope),
        AgendaFormat::Markdown => agenda_text::markdown(&board, scope),
    })
}

/// How an agenda is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgendaFormat {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
}

/// What an agenda by past events needs besides their view.
#[derive(Debug)]
pub struct PastAgendaInputs {
    /// What the teams have said.
    pub team_logs: TeamLogs,
    /// How people judged tickets.
    pub reviews: Reviews,
    /// The names of teams without an agreement that events have had.
    pub undeclared: Vec<String>,
    /// When alarms about tickets that nobody has agreed to answer fire.
    pub wait_alarms: WaitAlarmPolicies,
}

/// The agenda of a team by past events, in a language by its code; `None` without such a team or language.
/// `team` is a label: a name, or `_all` for the organisation.
pub fn agenda_of(
    view: &View,
    inputs: PastAgendaInputs,
    team: &str,
    language: &str,
    format: AgendaFormat,
) -> Option<String> {
    let PastAgendaInputs { team_logs, reviews, undeclared, wait_alarms } = inputs;
    let mut published = PublishedView {
        team_logs: Arc::new(team_logs),
        reviews: Arc::new(reviews),
        wait_alarms: WaitAlarms::new(wait_alarms),
        ..PublishedView::of_past(view, Alerts::new(view.catalog()))
    };
    let notes = ProducerNotes::of_undeclared_teams(&undeclared, view.catalog());
    published.stream.producer_notes = Arc::new(notes);
    let reader = PageLanguage { language: Language::from_tag(language)?, is_asked: false };
    agenda_text(&published, team, reader, format)
}

/// The tickets and teams that a search has found. No ticket has exactly that id.
pub(super) fn search_page(
    published: &PublishedView,
    searched: &str,
    tickets: &TicketShown,
    reader: PageLanguage,
) -> Page {
    let board = Board::new(published, reader);
    let content = search::page(&board, searched, tickets);
    let title = board.texts.text("search");
    Page { is_found: true, html: document(&board, &title, Some(address::SEARCH), &content) }
}

/// An HTML document around the content of a page. Without a `path` of its own, it is for a screen across the
/// room, where nobody follows links.
fn document(board: &Board<'_>, title: &str, path: Option<&str>, content: &Markup) -> Markup {
    framed(board, title, Frame { path, keeps: false }, content)
}

/// What surrounds the content of a page.
#[derive(Clone, Copy)]
struct Frame<'p> {
    /// Its path; `None` for a screen across the room.
    path: Option<&'p str>,
    /// Whether it keeps what someone has written, so that it must not be loaded again.
    keeps: bool,
}

fn framed(board: &Board<'_>, title: &str, frame: Frame<'_>, content: &Markup) -> Markup {
    let Frame { path, keeps } = frame;
    html! {
        (DOCTYPE)
        html lang=(board.reader.language.code()) class=[path.is_none().then_some("wall")] {
            head {
                meta charset="utf-8";
                title { (title) " – Vaste" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // The script does it without loading the page again.
                @if !keeps { noscript { meta http-equiv="refresh" content="30"; } }
                link rel="stylesheet" href=(address::STYLE);
                link rel="icon" href=(address::ICON) type="image/svg+xml";
                script src=(address::SCRIPT) defer {}
            }
            body class=[board.not_ready.map(|_| "stale")] {
                header {
                    a class="brand" href=(board.reader.link(address::TEAMS)) { "Vaste" }
                    (as_of(board))
                    @if let Some(path) = path {
                        (search::form(board))
                        (languages(board, path))
                    }
                }
                // The script says here that the connection is lost.
                p id="connection" class="connection" role="status" {}
                main data-lost=(lost(board)) {
                    @if let Some(not_ready) = board.not_ready { (banner(board, not_ready)) }
                    (content)
                }
            }
        }
    }
}

/// The instant of the page, with the zone of all its times.
fn as_of(board: &Board<'_>) -> Markup {
    html! {
        @if let Some(at) = board.at {
            p class="as-of" {
                time datetime=(at) {
                    (board.texts.format("as-of", &[
                        ("at", board.instant(at).into()),
                        ("zone", board.zone_name(at).into()),
                    ]))
                }
            }
        }
    }
}

/// What the script says once the server cannot be reached.
fn lost(board: &Board<'_>) -> String {
    let at = board.at.map(|at| ("at", board.instant(at).into()));
    at.map_or_else(
        || board.texts.text("connection-lost"),
        |at| board.texts.format("connection-lost-as-of", &[at]),
    )
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
    let reason = match not_ready {
        NotReady::Starting => "not-ready-starting",
        NotReady::Trouble(_) => "not-ready-trouble",
        NotReady::Full => "not-ready-full",
        NotReady::Jumped => "not-ready-jumped",
        NotReady::Overloaded => "not-ready-overloaded",
        NotReady::PartitionsUnknown => "not-ready-unknown",
        NotReady::PartitionsElsewhere { .. } => "not-ready-elsewhere",
        NotReady::Behind { .. } => "not-ready-behind",
    };
    html! {
        section class="banner" {
            h2 { (texts.text("frozen-title")) }
            p { (texts.text(reason)) }
            p {
                @match board.at {
                    Some(at) => {
                        (texts.format("frozen-kept", &[("at", board.instant(at).into())]))
                    }
                    None => { (texts.text("frozen-reading")) }
                }
            }
            details {
                summary { (texts.text("for-the-operator")) }
                // In English, as in the log.
                p lang="en" { (not_ready) }
            }
        }
    }
}
