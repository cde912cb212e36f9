//! The front page: one row for each team, trouble first.
//!
//! # Design
//! Whoever opens the page wants to know which team is in trouble, and why. So the rows are in the order of
//! trouble: missed, at risk, then tickets that nobody has agreed to answer and that have waited for long,
//! then the rest. Within one state they are in the order of their names, since states are not compared
//! further. A row opens into the objectives of its team. It is an element of HTML that opens by itself,
//! without a script.

use maud::{Markup, html};

use super::components::{
    name, objective_summary, reason, shape, share_bar, state_class, waiting_table,
    words_without_agreement,
};
use super::pages::{state_words, without_agreement};
use super::past;
use super::view_model::{Board, ObjectiveView};
use crate::address;
use crate::agreement::{Level, VerdictState};
use crate::catalog::ScopeId;
use crate::measure::Measure;
use crate::time::Timestamp;

/// The order of the teams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::service) enum TeamOrder {
    /// Those in trouble come first.
    #[default]
    TroubleFirst,
    /// By name.
    ByName,
}

/// What a customer waits for: an answer.
const REPLIES: [Measure; 2] = [Measure::FirstReply, Measure::NextReply];

/// Maximum rows of a page whose rows open. What is in them makes most of the page: with 200 teams it would be
/// three times as long.
const OPENING_MAX: usize = 40;

/// The front page.
pub(super) fn page(board: &Board<'_>, order: TeamOrder) -> Markup {
    let texts = board.texts;
    let scopes = ordered_scopes(board, order);
    html! {
        div class="overview-head" {
            h1 { (texts.text("title")) }
            (order_switch(board, order))
        }
        ul class="overview" {
            @for scope in &scopes { (row(board, *scope, scopes.len() <= OPENING_MAX)) }
        }
        p class="legend" { (texts.text("legend-bar")) }
        @if board.past.is_some() { p class="legend" { (texts.text("legend-strip")) } }
        p class="legend" {
            (texts.text(match order {
                TeamOrder::TroubleFirst => "legend-trouble",
                TeamOrder::ByName => "legend-order",
            }))
            " " (texts.text("legend-refresh")) " "
            a href=(board.reader.link_with(address::TEAMS, Some(address::WALL))) {
                (texts.text("wall-link"))
            }
        }
        p class="legend" {
            a href=(board.reader.link(address::STREAM)) { (texts.text("stream-link")) }
        }
    }
}

/// The teams that have something to show, in an order.
pub(super) fn ordered_scopes(board: &Board<'_>, order: TeamOrder) -> Vec<ScopeId> {
    let mut scopes = shown_scopes(board);
    if order == TeamOrder::TroubleFirst {
        // Who looks for a team in trouble wants a team first.
        let is_whole = |scope| scope == board.catalog.organisation();
        scopes.sort_by_key(|scope| (trouble(board, *scope), is_whole(*scope)));
    }
    scopes
}

/// The organisation, the teams by name, and unclaimed tickets; those that have nothing to show are left out.
fn shown_scopes(board: &Board<'_>) -> Vec<ScopeId> {
    let (organisation, unclaimed) = (board.catalog.organisation(), board.catalog.unclaimed());
    let has_organisation =
        board.catalog.about(organisation).is_some() || board.has_readings(organisation);
    let first = has_organisation.then_some(organisation);
    let last = board.has_readings(unclaimed).then_some(unclaimed);
    first.into_iter().chain(board.teams()).chain(last).collect()
}

/// The place of a team in the order of trouble; the lowest comes first.
fn trouble(board: &Board<'_>, scope: ScopeId) -> u8 {
    match worst(board, scope) {
        Some(VerdictState::Missed) => 0,
        Some(VerdictState::AtRisk) => 1,
        _ if board.waits_for_nobody(scope) => 2,
        Some(VerdictState::Frozen) => 3,
        Some(VerdictState::InsufficientData) => 4,
        Some(VerdictState::Met) => 5,
        Some(VerdictState::NotAgreed) | None => 6,
    }
}

/// The worst state of a team's objectives; `None` without objectives.
fn worst(board: &Board<'_>, scope: ScopeId) -> Option<VerdictState> {
    board.objectives(scope).first().map(|view| view.last_state())
}

/// The links between the two orders.
fn order_switch(board: &Board<'_>, order: TeamOrder) -> Markup {
    let texts = board.texts;
    html! {
        nav class="order" aria-label=(texts.text("order")) {
            ul {
                @for (other, key, query) in [
                    (TeamOrder::TroubleFirst, "order-trouble", None),
                    (TeamOrder::ByName, "order-name", Some(address::ORDER_BY_NAME)),
                ] {
                    li {
                        @if other == order {
                            span aria-current="true" { (texts.text(key)) }
                        } @else {
                            a href=(board.reader.link_with(address::TEAMS, query)) {
                                (texts.text(key))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The row of a team. It opens into its objectives, or is a link to the team's page.
fn row(board: &Board<'_>, scope: ScopeId, opens: bool) -> Markup {
    let path = board.reader.link(&board.team_path(scope));
    html! {
        li class={ "team-row " (tone(board, scope)) } data-key=(board.label(scope)) {
            @if opens {
                details {
                    summary class="row" { (columns(board, scope)) }
                    (more(board, scope, &path))
                }
            } @else {
                a class="row" href=(path) { (columns(board, scope)) }
            }
        }
    }
}

/// What a row shows.
fn columns(board: &Board<'_>, scope: ScopeId) -> Markup {
    let is_organisation = scope == board.catalog.organisation();
    html! {
        (state(board, scope))
        h2 class="row-team" {
            (name(board, scope))
            @if is_organisation && board.catalog.about(scope).is_some() {
                " " small { (board.texts.text("organisation")) }
            }
        }
        span class="row-why" { (why(board, scope)) }
        span class="row-share" { (share(board, scope)) }
        span class="row-wait" { (longest_wait(board, scope)) }
        span class="row-strip" {
            @if let Some(view) = board.objectives(scope).first() { (past::strip(board, *view)) }
        }
    }
}

/// What an opened row shows.
fn more(board: &Board<'_>, scope: ScopeId, path: &str) -> Markup {
    let objectives = board.objectives(scope);
    html! {
        div class="row-more" {
            p { a href=(path) { (board.texts.text("to-team")) } }
            @if objectives.is_empty() {
                (without_agreement(board, scope))
            } @else {
                ul class="objectives" {
                    @for view in objectives { (objective_summary(board, *view, &html! {})) }
                }
            }
            @if board.at.is_some() { (waiting_table(board, scope)) }
        }
    }
}

/// The state of a team as shape and words.
pub(super) fn state(board: &Board<'_>, scope: ScopeId) -> Markup {
    let agreed = state_words(board, scope);
    let nothing = agreed.is_none().then_some("");
    let (state, words) = agreed.unwrap_or_else(|| {
        let (key, _) = words_without_agreement(board, scope);
        (VerdictState::NotAgreed, board.texts.text(key))
    });
    html! {
        span class={ "state row-state " (tone(board, scope)) } data-team=(board.label(scope))
            data-objective=[nothing] data-state=[nothing.map(|_| state.label())]
            data-team-state=(state.label()) {
            (shape(state))
            span {
                (words)
                @if let Some(view) = board.objectives(scope).first()
                    && let Some(trend) = past::trend_word(board, *view) {
                    " " span class="trend" { (trend) }
                }
            }
        }
    }
}

/// The CSS class that colours a row.
pub(super) fn tone(board: &Board<'_>, scope: ScopeId) -> &'static str {
    worst(board, scope).map_or_else(|| words_without_agreement(board, scope).1, state_class)
}

/// Why the team is in its state, in one or two lines: its worst objective, over which time.
pub(super) fn why(board: &Board<'_>, scope: ScopeId) -> String {
    let texts = board.texts;
    let Some(view) = board.objectives(scope).first() else {
        let key = match (board.waits_for_nobody(scope), scope == board.catalog.unclaimed()) {
            (true, true) => "overview-unclaimed-waits",
            (true, false) => "overview-not-agreed-waits",
            (false, true) => "overview-unclaimed",
            (false, false) => "overview-not-agreed",
        };
        let count = REPLIES.iter().map(|measure| waiting(board, scope, *measure).0).sum::<u64>();
        return texts.format(key, &[("count", count.into())]);
    };
    let measure = ("measure", view.objective.measure.label().into());
    let measure = texts.format("measure", &[measure]);
    let over = ("window", texts.window(view.over).into());
    if let Some(key) = why_in_numbers(board, *view) {
        let tally = view.tally();
        let target = texts.limit(view.objective.measure, view.level.target(None));
        let missed = ("missed", tally.missed.into());
        let decided = ("decided", tally.decided.into());
        let all = [("measure", measure.into()), missed, decided, ("target", target.into()), over];
        return texts.format(key, &all);
    }
    let Some(reason) = reason(board, *view) else { return String::new() };
    texts.format("overview-why", &[("measure", measure.into()), ("reason", reason.into()), over])
}

/// The message that says the state of an objective in numbers; `None` where something else decides it.
fn why_in_numbers(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<&'static str> {
    let tally = view.tally();
    let says_it = match view.last_state() {
        VerdictState::Missed => view.objective.misses_level(tally, board.at?),
        VerdictState::AtRisk | VerdictState::Met => tally.spam_over_target == 0,
        VerdictState::InsufficientData | VerdictState::Frozen | VerdictState::NotAgreed => false,
    };
    let key = if view.has_share() { "overview-why-share" } else { "overview-why-limit" };
    says_it.then_some(key)
}

/// The share within target next to the agreed one, or how many are over a limit.
pub(super) fn share(board: &Board<'_>, scope: ScopeId) -> Markup {
    let texts = board.texts;
    let Some(view) = board.objectives(scope).first() else { return html! {} };
    match view.level {
        Level::Within { share, .. } => {
            let shown =
                view.shown_share(*share).map_or_else(|| texts.text("none"), |bp| texts.percent(bp));
            let agreed = ("agreed", texts.percent(share.basis_points()).into());
            html! {
                strong { (shown) } " "
                span class="detail" { (texts.format("overview-agreed", &[agreed])) }
                (share_bar(*view))
            }
        }
        Level::NoneOver(_) => {
            let limit = texts.limit(view.objective.measure, view.level.target(None));
            let count = view.tally().missed.into();
            html! {
                strong {
                    (texts.format("overview-over", &[("count", count), ("limit", limit.into())]))
                }
            }
        }
    }
}

/// The longest wait now for anything that an objective measures; without one, for an answer.
pub(super) fn longest_wait(board: &Board<'_>, scope: ScopeId) -> Markup {
    let texts = board.texts;
    let own = board.objectives(scope).iter().map(|view| view.objective.measure);
    let own: Vec<Measure> = own.filter(|measure| measure.is_timed()).collect();
    let measures = if own.is_empty() { &REPLIES[..] } else { &own };
    let since = measures.iter().filter_map(|measure| waiting(board, scope, *measure).1).min();
    html! {
        @if let (Some(since), Some(at)) = (since, board.at) {
            strong { (texts.wait(at.since(since))) } " "
            span class="detail" { (texts.text("overview-longest")) }
        } @else if board.at.is_some() {
            span class="detail" { (texts.text("overview-nobody-waits")) }
        }
    }
}

/// How many of a team's tickets wait, and since when the longest does.
fn waiting(board: &Board<'_>, scope: ScopeId, measure: Measure) -> (u64, Option<Timestamp>) {
    let reading = board.readings(scope, measure).first();
    reading.map_or((0, None), |reading| (reading.waiting, reading.oldest_waiting_since))
}
