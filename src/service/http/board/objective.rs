//! The page of an objective: where an alert leads.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::components::{
    bar, instant, name, reason, targets, title, unknown_before, verdict, waiting_words,
};
use super::pages::{about, fact, row, way_back, who_waits};
use super::view_model::{Board, ObjectiveView, shown};
use super::{breakdown, market};
use crate::agreement::{Level, VerdictState};
use crate::time::{Elapsed, Timestamp};
use crate::window::from_of;

/// The page of an objective.
pub(super) fn page(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    let words = board.words;
    let title = title(board, line);
    let is_timed = line.objective.measure.is_timed();
    let measure = ("measure", line.objective.measure.label().into());
    html! {
        (way_back(board, Some(line.scope), &title))
        p class="team" { (name(board, line.scope)) }
        h1 { (title) }
        (verdict(board, line))
        @if let Some(reason) = reason(board, line) { p class="reason large" { (reason) } }
        (bar(line))
        section {
            h2 { (words.text("what-is")) }
            dl { (ticket_position(board, line)) }
            @if board.at.is_some() {
                p class="legend" {
                    @if line.has_share() { (words.say("decided-explained", &[measure])) " " }
                    @if is_timed { (words.text("due-soon-explained")) }
                }
            }
        }
        (breakdown::breakdown(board, line))
        (market::market(board, line))
        (market::ratings_by_wait(board, line))
        section {
            h2 { (words.text("what-is-agreed")) }
            p { (agreed(board, line)) }
            dl {
                (about(board, line.scope))
                (row(board, "row-name", &html! { bdi { (shown(&line.objective.name)) } }))
            }
            (levels(board, line))
        }
    }
}

/// What is agreed, in a sentence.
fn agreed(board: &Board<'_>, line: ObjectiveView<'_>) -> String {
    let words = board.words;
    let measure = line.objective.measure;
    let targets = targets(board, measure, line.level);
    let measure = ("measure", measure.label().into());
    match line.level {
        Level::Within { share, min_tickets, .. } => words.say(
            "agreed-within",
            &[
                measure,
                ("window", words.window(line.over).into()),
                ("share", words.percent(share.basis_points()).into()),
                ("target", targets.into()),
                ("minimum", (*min_tickets).into()),
            ],
        ),
        Level::NoneOver(_) => {
            let length = ("length", words.lasting(line.over).into());
            words.say("agreed-none-over", &[measure, length, ("limit", targets.into())])
        }
    }
}

/// The levels that held one after the other, the one in force marked; nothing where there was but one.
fn levels(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    let words = board.words;
    let objective = line.objective;
    let now = (&objective.level, objective.over, None);
    let earlier =
        objective.previous_levels.iter().map(|was| (&was.level, was.over, Some(was.until)));
    html! {
        @if !objective.previous_levels.is_empty() {
            h3 { (words.text("levels")) }
            table class="levels" {
                thead {
                    tr {
                        th scope="col" { (words.text("column-when")) }
                        th scope="col" { (words.text("column-level")) }
                    }
                }
                tbody {
                    @for (level, over, until) in earlier.chain([now]) {
                        @let in_force = std::ptr::eq(level, line.level);
                        tr aria-current=[in_force.then_some("true")] {
                            th scope="row" {
                                (when(board, line, until))
                                @if in_force { " (" (words.text("in-force")) ")" }
                            }
                            td { (level_said(board, line, level, over)) }
                        }
                    }
                }
            }
            @if objective.hours.is_some() {
                p class="legend" { (words.text("levels-hours")) }
            }
        }
    }
}

/// Until which day a level held: the first on which it did not, where its team is.
fn when(board: &Board<'_>, line: ObjectiveView<'_>, until: Option<Timestamp>) -> String {
    let words = board.words;
    let catalog = board.catalog;
    let whose = if line.scope == catalog.organisation() { catalog.unclaimed() } else { line.scope };
    let zone = catalog.calendar(catalog.hours_of(whose)).zone();
    let day = until.and_then(|until| {
        let utc = DateTime::<Utc>::from_timestamp_millis(until.ms())?;
        Some(utc.with_timezone(&zone).date_naive())
    });
    day.map_or_else(
        || words.text("since-then"),
        |day| words.say("before-day", &[("day", words.date(day).into())]),
    )
}

/// A level in few words.
fn level_said(board: &Board<'_>, line: ObjectiveView<'_>, level: &Level, over: Elapsed) -> String {
    let words = board.words;
    let measure = line.objective.measure;
    let targets = targets(board, measure, level);
    let window = ("window", words.window(over).into());
    match level {
        Level::Within { share, min_tickets, .. } => words.say(
            "level-within",
            &[
                ("measure", measure.label().into()),
                ("share", words.percent(share.basis_points()).into()),
                ("target", targets.into()),
                window,
                ("minimum", (*min_tickets).into()),
            ],
        ),
        Level::NoneOver(_) => words.say("level-none-over", &[("limit", targets.into()), window]),
    }
}

/// How an objective stands: the verdict's reason and all numbers it rests on.
fn ticket_position(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    let words = board.words;
    let measure = line.objective.measure;
    let count = |key, count: u64| {
        let what = words.say(key, &[("measure", measure.label().into())]);
        fact(&what, &html! { (words.say("count", &[("count", count.into())])) })
    };
    let from = board.at.map(|at| (from_of(at, line.over), at));
    html! {
        (row(board, "row-why", &html! { (why(board, line)) }))
        @if let (Some(verdict), Some((from, to))) = (line.verdict, from) {
            (share(board, line))
            @if line.has_share() { (count("row-decided", verdict.decided)) }
            (count("row-missed", verdict.missed))
            @if let Some((allowed, among)) = line.allowance() {
                @let args = [("allowed", allowed.into()), ("of", among.into())];
                (row(board, "row-allowed", &html! { (words.say("allowed-among", &args)) }))
                @if verdict.missed > allowed {
                    (count("row-overspent", verdict.missed - allowed))
                } @else {
                    (count("row-left", allowed - verdict.missed))
                }
            }
            // A count is known once the ticket is solved: until then nobody waits for it.
            @if measure.is_timed() {
                (fact(&waiting_words(board, measure), &who_waits(board, line.scope, measure)))
                (count("row-over-target", line.over_target()))
                (count("row-due-soon", line.due_soon()))
            }
            (row(board, "row-window", &html! { (instant(board, from)) " – " (instant(board, to)) }))
        }
    }
}

/// The share within target beside the agreed one.
fn share(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    let Level::Within { share, .. } = line.level else { return html! {} };
    let what = board.words.say("row-share", &[("measure", line.objective.measure.label().into())]);
    let percent = |bp| html! { (board.words.percent(bp)) };
    let none = || html! { (board.words.text("none")) };
    html! {
        (fact(&what, &line.shown_share(*share).map_or_else(none, percent)))
        (row(board, "row-level", &percent(share.basis_points())))
    }
}

/// The verdict's reason in a sentence.
fn why(board: &Board<'_>, line: ObjectiveView<'_>) -> String {
    let words = board.words;
    let decided = line.tally().decided;
    let history = || {
        let at = unknown_before(board, line)?;
        Some(words.say("why-history", &[("at", board.instant(at).into())]))
    };
    let few = |key, minimum: u64| {
        words.say(key, &[("minimum", minimum.into()), ("decided", decided.into())])
    };
    match (line.level, board.state(line)) {
        (_, VerdictState::Frozen | VerdictState::NotAgreed) => words.text("why-frozen"),
        (Level::Within { .. }, VerdictState::Met) => words.text("why-met"),
        (Level::Within { .. }, VerdictState::AtRisk) => words.text("why-at-risk"),
        (Level::Within { min_tickets, .. }, VerdictState::Missed) if decided < *min_tickets => {
            few("why-missed-certain", *min_tickets)
        }
        (Level::Within { .. }, VerdictState::Missed) => words.text("why-missed"),
        (Level::Within { min_tickets, .. }, VerdictState::InsufficientData) => {
            history().unwrap_or_else(|| few("why-few", *min_tickets))
        }
        (Level::NoneOver(_), VerdictState::Met | VerdictState::AtRisk) => {
            words.text("why-none-over-met")
        }
        (Level::NoneOver(_), VerdictState::Missed) => words.text("why-none-over-missed"),
        (Level::NoneOver(_), VerdictState::InsufficientData) => history().unwrap_or_default(),
    }
}
