//! What changed a team's figures without a sooner answer.

use maud::{Markup, html};

use super::components::measure_name;
use super::view_model::{Board, ObjectiveView};
use crate::catalog::ScopeId;
use crate::measure::Measure;
use crate::ticket::{Flag, GivenUp};
use crate::time::{DAY_MS, Elapsed};

/// The window of a team's counts. It is long, since most of these acts are rare.
const FLAGS_WINDOW: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// The flagged acts of a team by measure; empty without any.
pub(super) fn of_team(board: &Board<'_>, scope: ScopeId) -> Markup {
    let all = board
        .catalog
        .measures()
        .iter()
        .map(|measure| (*measure, lines(board, scope, *measure, FLAGS_WINDOW)));
    let all: Vec<(Measure, Vec<String>)> = all.filter(|(_, lines)| !lines.is_empty()).collect();
    html! {
        @if !all.is_empty() {
            section {
                h2 { (board.texts.text("flags")) }
                (legend(board, FLAGS_WINDOW))
                @for (measure, lines) in &all {
                    h3 { (measure_name(board, *measure)) }
                    (list(lines))
                }
            }
        }
    }
}

/// The flagged acts in the window of an objective that concern its measure; empty without any.
pub(super) fn of_objective(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let lines = lines(board, view.scope, view.objective.measure, view.over);
    html! {
        @if !lines.is_empty() {
            section {
                h2 { (board.texts.text("flags")) }
                (legend(board, view.over))
                (list(&lines))
            }
        }
    }
}

fn legend(board: &Board<'_>, window: Elapsed) -> Markup {
    let window = board.texts.window(window);
    html! {
        p class="legend" { (board.texts.format("flags-explained", &[("window", window.into())])) }
    }
}

fn list(lines: &[String]) -> Markup {
    html! {
        ul class="flags" { @for line in lines { li { (line) } } }
    }
}

/// One line for each kind of act.
fn lines(board: &Board<'_>, scope: ScopeId, measure: Measure, window: Elapsed) -> Vec<String> {
    let texts = board.texts;
    let by_reason = board.given_up(scope, measure, window);
    let answered = board
        .readings(scope, measure)
        .iter()
        .find(|reading| reading.window == window)
        .map_or(0, |reading| reading.answered);
    let ends = answered + by_reason.iter().sum::<u64>();
    let ways_out = GivenUp::ALL.into_iter().zip(by_reason);
    let ways_out = ways_out.filter_map(|(reason, count)| Some((way_out_key(reason)?, count)));
    let counts = board.flags(scope, measure, window);
    let acts = Flag::ALL.into_iter().map(|flag| (flag_key(flag), counts.of(flag)));
    let shown = ways_out.chain(acts).filter(|(_, count)| *count > 0);
    let line = |(key, count): (&str, u64)| {
        let share = count.saturating_mul(10_000).checked_div(ends).unwrap_or_default();
        let share = u32::try_from(share).unwrap_or(u32::MAX);
        let numbers = [("count", count.into()), ("share", texts.percent(share / 10 * 10).into())];
        texts.format(key, &numbers)
    };
    shown.map(line).collect()
}

const fn way_out_key(reason: GivenUp) -> Option<&'static str> {
    match reason {
        GivenUp::Deleted => Some("flag-deleted"),
        GivenUp::Spam => Some("flag-spam"),
        GivenUp::NoReplyNeeded => Some("flag-no-reply-needed"),
        GivenUp::Reopened => Some("flag-reopened"),
        // Misses where they were over target.
        GivenUp::Solved | GivenUp::Closed | GivenUp::Merged => None,
    }
}

const fn flag_key(flag: Flag) -> &'static str {
    match flag {
        Flag::AnsweredBeforeCreated => "flag-answered-before-created",
        Flag::AnsweredAtOnce => "flag-answered-at-once",
        Flag::AnsweredNearTarget => "flag-answered-near-target",
        Flag::AnsweredByUndeclaredTeam => "flag-answered-by-undeclared-team",
        Flag::AnsweredByOtherTeam => "flag-answered-by-other-team",
        Flag::CreatedMissing => "flag-created-missing",
        Flag::CreatedLate => "flag-created-late",
        Flag::IdSentTwice => "flag-id-sent-twice",
        Flag::MadeByAgent => "flag-made-by-agent",
        Flag::MergedWaiting => "flag-merged-waiting",
        Flag::MovedWaiting => "flag-moved-waiting",
        Flag::Paused => "flag-paused",
        Flag::PausedUnanswered => "flag-paused-unanswered",
        Flag::ReopenedForNothing => "flag-reopened-for-nothing",
        Flag::PriorityLowered => "flag-priority-lowered",
        Flag::WroteAfterSolved => "flag-wrote-after-solved",
    }
}
