//! The page of a team, and "not found".

use maud::{Markup, html};

use super::components::{
    about, badge_without_agreement, breadcrumbs, measure_name, name, objective_summary, shape,
    shown_state_key, state_class, waiting_label, waiting_summary,
};
use super::view_model::{Board, ObjectiveView, shown, urgency};
use super::{agenda, duty, flags, market, ratings, tickets};
use crate::address;
use crate::agreement::VerdictState;
use crate::amount::Amount;
use crate::catalog::ScopeId;
use crate::measure::{Basis, Measure};
use crate::reading::{Reading, SplitShown};
use crate::time::{DAY_MS, Elapsed};
use crate::window::WaitedQuantile;

/// The window of one-line summaries and of splits.
const SUMMARY_WINDOW: Elapsed = Elapsed::from_ms(7 * DAY_MS);

/// The state of a team as words: its worst objectives, counted. `None` without objectives.
pub(super) fn state_words(board: &Board<'_>, scope: ScopeId) -> Option<(VerdictState, String)> {
    let objectives = board.objectives(scope);
    let worst = objectives.first()?.last_state();
    let key = match worst {
        VerdictState::Met => "team-met",
        VerdictState::AtRisk => "team-at-risk",
        VerdictState::Missed => "team-missed",
        VerdictState::InsufficientData => "team-insufficient-data",
        VerdictState::Frozen | VerdictState::NotAgreed => shown_state_key(board, worst),
    };
    let same = |view: &&ObjectiveView<'_>| urgency(view.last_state()) == urgency(worst);
    let count = objectives.iter().filter(same).count() as u64;
    Some((worst, board.texts.format(key, &[("count", count.into())])))
}

/// The state of a team.
fn team_state(board: &Board<'_>, scope: ScopeId) -> Markup {
    let Some((worst, words)) = state_words(board, scope) else {
        return badge_without_agreement(board, scope);
    };
    html! {
        p class={ "summary " (state_class(worst)) } data-team=(board.label(scope))
            data-team-state=(worst.label()) {
            (shape(worst)) strong { (words) }
        }
    }
}

/// The numbers of a team without an agreed level, as text.
pub(super) fn without_agreement(board: &Board<'_>, scope: ScopeId) -> Markup {
    let texts = board.texts;
    let is_unclaimed = scope == board.catalog.unclaimed();
    let why = if is_unclaimed { "unclaimed-why" } else { "team-not-agreed-why" };
    html! {
        @if scope != board.catalog.organisation() { p class="reason" { (texts.text(why)) } }
        @if board.has_readings(scope) {
            ul class="numbers" {
                @for measure in board.measures(scope) {
                    @if let Some(summary) = reading_summary(board, scope, measure) {
                        li { strong { (measure_name(board, measure)) } ". " (summary) }
                    }
                }
            }
        } @else if board.at.is_some() {
            p class="reason" { (nothing_yet(board)) }
        }
    }
}

fn nothing_yet(board: &Board<'_>) -> String {
    let longest = board.catalog.windows().last().copied().unwrap_or(SUMMARY_WINDOW);
    board.texts.format("nothing-yet", &[("length", board.texts.ending(longest).into())])
}

/// One measure of a team over [`SUMMARY_WINDOW`], in one line.
fn reading_summary(board: &Board<'_>, scope: ScopeId, measure: Measure) -> Option<String> {
    let texts = board.texts;
    let readings = board.readings(scope, measure);
    let reading = readings.iter().find(|reading| reading.window == SUMMARY_WINDOW)?;
    let answered = ("answered", reading.answered.into());
    let length = ("length", texts.ending(SUMMARY_WINDOW).into());
    let mut parts = vec![
        texts.format("summary-answered", &[answered, ("measure", measure.label().into()), length]),
    ];
    let quantiles = [("summary-half", reading.q.p50), ("summary-most", reading.q.p90)];
    parts.extend(quantiles.into_iter().filter_map(|(key, amount)| {
        let shown = texts.amount_within(amount?);
        Some(texts.format(key, &[("measure", measure.label().into()), ("wait", shown.into())]))
    }));
    Some(parts.join(", "))
}

/// The page of a team.
pub(super) fn team(board: &Board<'_>, scope: ScopeId) -> Markup {
    let texts = board.texts;
    let objectives = board.objectives(scope);
    let shows_agreement = board.catalog.about(scope).is_some_and(|about| {
        about.agreed.is_some() || about.runbook_url.is_some() || about.hours.is_some()
    });
    html! {
        (breadcrumbs(board, None, &board.name(scope)))
        h1 { (name(board, scope)) }
        (team_state(board, scope))
        @if scope != board.catalog.unclaimed() {
            p { (agenda::link(board, scope)) }
            @if board.catalog.duty(scope).is_some() {
                p { a class="more" href=(board.reader.link(&address::turn(board.label(scope)))) {
                    (texts.text("turn-link"))
                } }
                p { a class="more" href=(board.reader.link(&address::own(board.label(scope)))) {
                    (texts.text("own-link"))
                } }
            }
        }
        @if objectives.is_empty() {
            (without_agreement(board, scope))
            (tickets::of_scope(board, scope))
        } @else {
            section {
                h2 { (texts.text("objectives")) }
                ul class="objectives wide" {
                    @for view in objectives {
                        (objective_summary(board, *view, &market::summary(board, *view)))
                    }
                }
            }
        }
        @if shows_agreement {
            section {
                h2 { (texts.text("agreement")) }
                dl { (about(board, scope)) }
            }
        }
        (duty::of_team(board, scope))
        (ratings::of_team(board, scope))
        @if board.at.is_some() && (!objectives.is_empty() || board.has_readings(scope)) {
            section {
                h2 { (texts.text("readings")) }
                @if board.has_readings(scope) {
                    p class="legend" { (texts.text("readings-explained")) }
                    @for measure in board.catalog.measures() {
                        (measure_section(board, scope, *measure))
                    }
                } @else {
                    p { (nothing_yet(board)) }
                }
            }
        }
        (flags::of_team(board, scope))
    }
}

/// One measure of a team: waiting tickets, every window, every split.
fn measure_section(board: &Board<'_>, scope: ScopeId, measure: Measure) -> Markup {
    let texts = board.texts;
    let readings = board.readings(scope, measure);
    let label = || ("measure", measure.label().into());
    html! {
        @if !readings.is_empty() {
            h3 { (measure_name(board, measure)) }
            p class="legend" {
                (texts.format("measure-explained", &[label()]))
                @if board.catalog.basis_shown(scope, measure) == Basis::Open {
                    " " (texts.text("times-are-open"))
                }
            }
            @if measure.is_timed() {
                p {
                    (waiting_label(board, measure)) ": "
                    strong { (waiting_summary(board, scope, measure)) }
                }
            }
            div class="scroll" tabindex="0" role="region" aria-label=(measure_name(board, measure)) {
                table class="stacked" {
                    thead {
                        tr {
                            th scope="col" { (texts.text("column-window")) }
                            (columns(board, measure))
                        }
                    }
                    tbody {
                        @for reading in readings {
                            tr {
                                th scope="row" { (texts.window(reading.window)) }
                                (values(board, reading))
                            }
                        }
                    }
                }
            }
            (split_table(board, scope, measure))
        }
    }
}

/// The names of the columns of a reading.
fn column_names(board: &Board<'_>, measure: Measure) -> [String; 5] {
    ["column-answered", "column-half", "column-most", "column-most-waiting", "column-given-up"]
        .map(|key| board.texts.format(key, &[("measure", measure.label().into())]))
}

/// The column headings of a reading.
fn columns(board: &Board<'_>, measure: Measure) -> Markup {
    html! { @for name in column_names(board, measure) { th scope="col" { (name) } } }
}

/// A measure split by priority, then by channel.
///
/// Priorities are in their own order and channels in alphabetical order; the remainder of each is
/// last.
fn split_table(board: &Board<'_>, scope: ScopeId, measure: Measure) -> Markup {
    let texts = board.texts;
    let mut splits: Vec<_> = board.splits(scope, measure, SUMMARY_WINDOW).collect();
    splits.sort_by_key(|reading| match &reading.split {
        Some(SplitShown::Priority(priority)) => (0, *priority == "none"),
        Some(SplitShown::Channel(channel)) => (1, **channel == *"other"),
        None => (2, false),
    });
    let measure_name = measure_name(board, measure);
    let caption = texts.format("split-caption", &[("window", texts.window(SUMMARY_WINDOW).into())]);
    html! {
        @if !splits.is_empty() {
            div class="scroll splits" tabindex="0" role="region"
                aria-label=(format!("{measure_name}: {caption}")) {
                table class="stacked" {
                    caption { (caption) }
                    thead {
                        tr {
                            th scope="col" { (texts.text("column-split")) }
                            (columns(board, measure))
                            @if measure.is_timed() {
                                th scope="col" { (texts.text("waiting-column")) }
                            }
                        }
                    }
                    tbody {
                        @for reading in splits {
                            tr {
                                th scope="row" { (split_name(board, reading.split.as_ref())) }
                                (values(board, reading))
                                @if measure.is_timed() {
                                    td data-label=(texts.text("waiting-column")) {
                                        (texts.format("count", &[("count", reading.waiting.into())]))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The name of a split.
fn split_name(board: &Board<'_>, split: Option<&SplitShown>) -> Markup {
    let texts = board.texts;
    html! {
        @match split {
            Some(SplitShown::Priority(priority)) => {
                (texts.format("split-priority", &[("priority", (*priority).into())]))
            }
            Some(SplitShown::Channel(channel)) if **channel == *"other" => {
                (texts.text("split-channel-other"))
            }
            Some(SplitShown::Channel(channel)) => {
                (texts.text("split-channel")) " " bdi { (shown(channel)) }
            }
            None => {}
        }
    }
}

/// The cells of one reading. On a narrow screen each row is a block, and each cell has its column's name.
fn values(board: &Board<'_>, reading: &Reading) -> Markup {
    let texts = board.texts;
    let value = |amount: Option<Amount>| {
        amount.map_or_else(|| texts.text("none"), |amount| texts.amount(amount))
    };
    let with_waiting = match reading.q_with_waiting.p90 {
        WaitedQuantile::Value(wait) => texts.amount(wait),
        WaitedQuantile::MoreThan(wait) => {
            texts.format("more-than", &[("wait", texts.amount(wait).into())])
        }
        WaitedQuantile::TooFew(count) => texts.format("too-few", &[("count", count.into())]),
    };
    let count = |count: u64| texts.format("count", &[("count", count.into())]);
    let cells = [
        count(reading.answered),
        value(reading.q.p50),
        value(reading.q.p90),
        with_waiting,
        count(reading.given_up),
    ];
    html! {
        @for (name, cell) in column_names(board, reading.measure).into_iter().zip(cells) {
            td data-label=(name) { (cell) }
        }
    }
}

/// The page for an unknown address: the reason, and links back.
pub(super) fn not_found(board: &Board<'_>, why: &'static str, team: Option<ScopeId>) -> Markup {
    let texts = board.texts;
    html! {
        h1 { (texts.text("not-found-title")) }
        p { (texts.text(why)) }
        @if let Some(team) = team {
            p {
                a href=(board.reader.link(&board.team_path(team))) {
                    (texts.text("back-to-team")) " " (name(board, team))
                }
            }
        }
        p { a href=(board.reader.link(address::TEAMS)) { (texts.text("back")) } }
    }
}
