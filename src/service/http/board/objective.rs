//! The page of an objective. Alerts link to it.

use maud::{Markup, html};

use super::components::{
    about, breadcrumbs, fact, history_start_in_window, instant, name, reason, row, share_bar,
    targets, title, verdict, waiting_label, waiting_summary,
};
use super::view_model::{Allowance, Board, ObjectiveView, shown};
use super::{
    ages, alerts, breakdown, causes, certainty, changes, flags, market, past, ratings, tickets,
    tried,
};
use crate::agreement::{Level, Tally, VerdictState};
use crate::share::MaxShare;
use crate::time::{Elapsed, Timestamp};
use crate::window::from_of;

/// The page of an objective.
pub(super) fn page(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let title = title(board, view);
    let is_timed = view.objective.measure.is_timed();
    let measure = ("measure", view.objective.measure.label().into());
    html! {
        (breadcrumbs(board, Some(view.scope), &title))
        p class="team" { (name(board, view.scope)) }
        h1 { (title) }
        (verdict(board, view))
        @if let Some(reason) = reason(board, view) {
            p class="reason large" {
                (reason)
                @if let Some(at) = board.at {
                    " " span class="detail" {
                        (texts.format("reason-as-of", &[("at", board.instant(at).into())]))
                    }
                }
            }
        }
        (share_bar(view))
        (changes::recent(board, view))
        section {
            h2 { (texts.text("heading-state")) }
            dl { (numbers(board, view)) }
            @if board.at.is_some() {
                p class="legend" {
                    @if view.has_share() { (texts.format("decided-explained", &[measure])) " " }
                    @if is_timed { (texts.text("due-soon-explained")) }
                }
            }
        }
        (ages::section(board, view))
        (tickets::section(board, view))
        (past::section(board, view))
        (tried::section(board, view))
        (certainty::section(board, view))
        (breakdown::breakdown(board, view))
        (market::section(board, view))
        (ratings::by_wait(board, view))
        (flags::of_objective(board, view))
        section {
            h2 { (texts.text("heading-agreed")) }
            p { (agreed(board, view)) }
            dl {
                (about(board, view.scope))
                (row(board, "row-name", &html! { bdi { (shown(&view.objective.name)) } }))
            }
            (levels(board, view))
        }
        (changes::of_objective(board, view))
    }
}

/// The agreed level as a sentence.
fn agreed(board: &Board<'_>, view: ObjectiveView<'_>) -> String {
    let texts = board.texts;
    let measure = view.objective.measure;
    let targets = targets(board, measure, view.level);
    let measure = || ("measure", measure.label().into());
    let level = match view.level {
        Level::Within { share, min_tickets, .. } => texts.format(
            "agreed-within",
            &[
                measure(),
                ("window", texts.window(view.over).into()),
                ("share", texts.percent(share.basis_points()).into()),
                ("target", targets.into()),
                ("minimum", (*min_tickets).into()),
            ],
        ),
        Level::NoneOver(_) => {
            let length = ("length", texts.lasting(view.over).into());
            texts.format("agreed-none-over", &[measure(), length, ("limit", targets.into())])
        }
    };
    let ceiling = view.unanswered_max.map(|max| {
        let max = ("max", texts.percent(max.basis_points()).into());
        texts.format("agreed-unanswered", &[measure(), max])
    });
    std::iter::once(level).chain(ceiling).collect::<Vec<_>>().join(" ")
}

/// A level and the time until which it held.
struct LevelPeriod<'a> {
    level: &'a Level,
    over: Elapsed,
    unanswered_max: Option<MaxShare>,
    /// `None` for the last level.
    until: Option<Timestamp>,
}

/// All levels in order of time, the one in force marked; empty if there was only one.
fn levels(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let objective = view.objective;
    let current = LevelPeriod {
        level: &objective.level,
        over: objective.over,
        unanswered_max: objective.unanswered_max,
        until: None,
    };
    let earlier = objective.previous_levels.iter().map(|previous| LevelPeriod {
        level: &previous.level,
        over: previous.over,
        unanswered_max: previous.unanswered_max,
        until: Some(previous.until),
    });
    html! {
        @if !objective.previous_levels.is_empty() {
            h3 { (texts.text("levels")) }
            table class="levels" {
                thead {
                    tr {
                        th scope="col" { (texts.text("column-when")) }
                        th scope="col" { (texts.text("column-level")) }
                    }
                }
                tbody {
                    @for period in earlier.chain([current]) {
                        @let in_force = std::ptr::eq(period.level, view.level);
                        tr aria-current=[in_force.then_some("true")] {
                            th scope="row" {
                                (period_end(board, view, period.until))
                                @if in_force { " (" (texts.text("in-force")) ")" }
                            }
                            td { (level_summary(board, view, &period)) }
                        }
                    }
                }
            }
            @if objective.hours.is_some() {
                p class="legend" { (texts.text("levels-hours")) }
            }
        }
    }
}

/// The first day on which a level no longer held, in the team's time zone.
fn period_end(board: &Board<'_>, view: ObjectiveView<'_>, until: Option<Timestamp>) -> String {
    let texts = board.texts;
    let catalog = board.catalog;
    let is_organisation = view.scope == catalog.organisation();
    let scope = if is_organisation { catalog.unclaimed() } else { view.scope };
    let zone = catalog.calendar(catalog.hours_of(scope)).zone();
    let day = until.and_then(|until| Some(zone.local_time(until)?.date_naive()));
    day.map_or_else(
        || texts.text("since-then"),
        |day| texts.format("before-day", &[("day", texts.date(day).into())]),
    )
}

/// A level and its window in one line.
fn level_summary(board: &Board<'_>, view: ObjectiveView<'_>, period: &LevelPeriod<'_>) -> String {
    let texts = board.texts;
    let measure = view.objective.measure;
    let targets = targets(board, measure, period.level);
    let window = ("window", texts.window(period.over).into());
    let level = match period.level {
        Level::Within { share, min_tickets, .. } => texts.format(
            "level-within",
            &[
                ("measure", measure.label().into()),
                ("share", texts.percent(share.basis_points()).into()),
                ("target", targets.into()),
                window,
                ("minimum", (*min_tickets).into()),
            ],
        ),
        Level::NoneOver(_) => texts.format("level-none-over", &[("limit", targets.into()), window]),
    };
    let ceiling = period.unanswered_max.map(|max| {
        let max = ("max", texts.percent(max.basis_points()).into());
        texts.format("level-unanswered", &[("measure", measure.label().into()), max])
    });
    std::iter::once(level).chain(ceiling).collect::<Vec<_>>().join(", ")
}

/// The reason for the verdict and all numbers it is computed from.
fn numbers(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let measure = view.objective.measure;
    let count = |key, count: u64| {
        let label = texts.format(key, &[("measure", measure.label().into())]);
        fact(&label, &html! { (texts.format("count", &[("count", count.into())])) })
    };
    let from = board.at.map(|at| (from_of(at, view.over), at));
    html! {
        (row(board, "row-why", &html! { (why(board, view)) }))
        @if board.at.is_some() {
            (row(board, "row-alert", &html! { (alerts::of_objective(board, view)) }))
        }
        @if let (Some(verdict), Some((from, to))) = (view.verdict, from) {
            (share(board, view))
            @if view.has_share() { (count("row-decided", verdict.decided)) }
            (count("row-missed", verdict.missed))
            @if verdict.spam_over_target > 0 {
                (count("row-spam-over-target", verdict.spam_over_target))
            }
            @if let Some(share) = view.shown_unanswered() {
                @let args = [
                    ("unanswered", verdict.unanswered.into()),
                    ("ended", verdict.tally().ended().into()),
                    ("share", texts.percent(share).into()),
                ];
                @let label = texts.format("column-given-up", &[("measure", measure.label().into())]);
                (fact(&label, &html! { (texts.format("unanswered-of", &args)) }))
            }
            @if let Some(max) = view.unanswered_max {
                (row(board, "row-unanswered-max", &html! { (texts.percent(max.basis_points())) }))
            }
            @if let Some(Allowance { allowed, among }) = view.allowance() {
                @let args = [("allowed", allowed.into()), ("of", among.into())];
                (row(board, "row-allowed", &html! { (texts.format("allowed-among", &args)) }))
                @if verdict.missed > allowed {
                    (count("row-overspent", verdict.missed - allowed))
                } @else {
                    (count("row-left", allowed - verdict.missed))
                }
            }
            // The count of a ticket is known when it is solved. No ticket waits for it.
            @if measure.is_timed() {
                (fact(&waiting_label(board, measure), &waiting_summary(board, view.scope, measure)))
                (count("row-over-target", view.over_target()))
                (count("row-due-soon", view.due_soon()))
            }
            (row(board, "row-window", &html! { (instant(board, from)) " – " (instant(board, to)) }))
        }
    }
}

/// The share within target and the agreed share.
fn share(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let Level::Within { share, .. } = view.level else { return html! {} };
    let label =
        board.texts.format("row-share", &[("measure", view.objective.measure.label().into())]);
    let percent = |bp| html! { (board.texts.percent(bp)) };
    let none = || html! { (board.texts.text("none")) };
    html! {
        (fact(&label, &view.shown_share(*share).map_or_else(none, percent)))
        (row(board, "row-level", &percent(share.basis_points())))
    }
}

/// Whether more tickets over target were marked as spam than the level allows.
fn has_excess_spam(board: &Board<'_>, view: ObjectiveView<'_>) -> bool {
    board.at.is_some_and(|at| view.objective.has_excess_spam(view.tally(), at))
}

/// The reason for the verdict in sentences.
fn why(board: &Board<'_>, view: ObjectiveView<'_>) -> String {
    let of_level = || causes::with_causes(board, view, why_level(board, view));
    let Some(unanswered) = why_unanswered(board, view) else { return of_level() };
    let misses_level = |at| view.objective.misses_level(view.tally(), at);
    if board.at.is_some_and(misses_level) {
        format!("{} {unanswered}", of_level())
    } else {
        unanswered
    }
}

/// That too many waits ended unanswered; `None` unless the objective is missed by that.
fn why_unanswered(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let exceeds = view.objective.exceeds_unanswered_max(view.tally(), board.at?);
    let is_missed = board.state(view) == VerdictState::Missed;
    let max = view.unanswered_max.filter(|_| exceeds && is_missed)?;
    Some(board.texts.format(
        "why-unanswered",
        &[
            ("measure", view.objective.measure.label().into()),
            ("share", board.texts.percent(view.shown_unanswered()?).into()),
            ("ended", view.tally().ended().into()),
            ("max", board.texts.percent(max.basis_points()).into()),
        ],
    ))
}

/// How many tickets are over target, and how many the level allows.
fn why_counts(board: &Board<'_>, view: ObjectiveView<'_>) -> String {
    let Tally { decided, missed, .. } = view.tally();
    let allowed = view.allowance().map_or(0, |allowance| allowance.allowed);
    let counts =
        [("missed", missed.into()), ("decided", decided.into()), ("allowed", allowed.into())];
    board.texts.format("why-counts", &counts)
}

/// The reason for the verdict by its level as a sentence.
fn why_level(board: &Board<'_>, view: ObjectiveView<'_>) -> String {
    let texts = board.texts;
    let decided = view.tally().decided;
    let history = || {
        let at = history_start_in_window(board, view)?;
        Some(texts.format("why-history", &[("at", board.instant(at).into())]))
    };
    let few = |key, minimum: u64| {
        texts.format(key, &[("minimum", minimum.into()), ("decided", decided.into())])
    };
    match (view.level, board.state(view)) {
        (_, VerdictState::Frozen | VerdictState::NotAgreed) => texts.text("why-frozen"),
        (Level::Within { .. }, VerdictState::Met) => why_counts(board, view),
        (_, VerdictState::AtRisk) if has_excess_spam(board, view) => {
            texts.format("why-excess-spam", &[("count", view.tally().spam_over_target.into())])
        }
        (Level::Within { .. }, VerdictState::AtRisk) => texts.text("why-at-risk"),
        (Level::Within { min_tickets, .. }, VerdictState::Missed) if decided < *min_tickets => {
            few("why-missed-certain", *min_tickets)
        }
        (Level::Within { .. }, VerdictState::Missed) => why_counts(board, view),
        (Level::Within { min_tickets, .. }, VerdictState::InsufficientData) => {
            history().unwrap_or_else(|| few("why-few", *min_tickets))
        }
        (Level::NoneOver(_), VerdictState::Met | VerdictState::AtRisk) => {
            texts.text("why-none-over-met")
        }
        (Level::NoneOver(_), VerdictState::Missed) => texts.text("why-none-over-missed"),
        (Level::NoneOver(_), VerdictState::InsufficientData) => history().unwrap_or_default(),
    }
}
