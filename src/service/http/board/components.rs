//! What several pages are made of: the badge of a state, the bar of a share, one objective in short.

use maud::{Markup, html};

use super::view_model::{Board, ObjectiveView};
use crate::agreement::{Level, Target, VerdictState};
use crate::catalog::ScopeId;
use crate::event::Priority;
use crate::measure::{Basis, Measure, Pauses};
use crate::share::Share;
use crate::time::Timestamp;

/// The name of a team, in its own direction of writing.
pub(super) fn name(board: &Board<'_>, scope: ScopeId) -> Markup {
    html! { bdi { (board.name(scope)) } }
}

/// An instant in words, and for machines.
pub(super) fn instant(board: &Board<'_>, at: Timestamp) -> Markup {
    html! { time datetime=(at) { (board.instant(at)) } }
}

/// The key of a state's words.
const fn state_key(state: VerdictState) -> &'static str {
    match state {
        VerdictState::NotAgreed => "state-not-agreed",
        VerdictState::Frozen => "state-frozen",
        VerdictState::Missed => "state-missed",
        VerdictState::InsufficientData => "state-insufficient-data",
        VerdictState::AtRisk => "state-at-risk",
        VerdictState::Met => "state-met",
    }
}

/// The key of the words of a state on this board: what was never known is being read.
pub(super) fn said_key(board: &Board<'_>, state: VerdictState) -> &'static str {
    if state == VerdictState::Frozen && board.at.is_none() {
        "state-reading"
    } else {
        state_key(state)
    }
}

/// The class that gives a state its colour.
pub(super) const fn tone(state: VerdictState) -> &'static str {
    match state {
        VerdictState::NotAgreed => "not-agreed",
        VerdictState::Frozen => "frozen",
        VerdictState::Missed => "missed",
        VerdictState::InsufficientData => "insufficient",
        VerdictState::AtRisk => "at-risk",
        VerdictState::Met => "met",
    }
}

/// A shape of its own for every state, so that nobody needs colours.
pub(super) fn shape(state: VerdictState) -> Markup {
    html! {
        svg class="shape" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" {
            @match state {
                VerdictState::Met => {
                    circle class="full" cx="12" cy="12" r="11" {}
                    path class="sign" d="M6.5 12.5l3.8 3.8 7.2-8" {}
                }
                VerdictState::AtRisk => {
                    path class="full" d="M12 1.5 23.5 22H.5z" {}
                    path class="sign" d="M12 8.5v6.5M12 18.2v.6" {}
                }
                VerdictState::Missed => {
                    path class="full" d="M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z" {}
                    path class="sign" d="M7.8 7.8l8.4 8.4M16.2 7.8l-8.4 8.4" {}
                }
                VerdictState::InsufficientData => {
                    circle class="line dashed" cx="12" cy="12" r="10" {}
                    path class="mark" d="M6.9 12h.2M11.9 12h.2M16.9 12h.2" {}
                }
                VerdictState::Frozen => {
                    rect class="line" x="2" y="2" width="20" height="20" rx="5" {}
                    path class="mark" d="M9 8v8M15 8v8" {}
                }
                VerdictState::NotAgreed => {
                    circle class="line" cx="12" cy="12" r="10" {}
                    path class="mark" d="M7 12h10" {}
                }
            }
        }
    }
}

/// How an objective stands: colour, shape and words. While frozen, as it stood, and as of when.
fn badge(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    let words = board.words;
    let (state, last) = (board.state(line), line.last_state());
    let said = words.text(said_key(board, last));
    let said = match board.at.filter(|_| state != last) {
        Some(at) => {
            let args = [("state", said.into()), ("at", board.instant(at).into())];
            words.say("state-as-of", &args)
        }
        None => said,
    };
    html! {
        p class={ "state " (tone(last)) } data-team=(board.label(line.scope))
            data-objective=(line.objective.name) data-state=(state.label())
            data-last-state=(last.label()) {
            (shape(last)) span { (said) }
        }
    }
}

/// How an objective stands by its own level, and beside others; and in words what pauses its stopwatches,
/// where that is its own.
pub(super) fn verdict(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    html! {
        div class="verdict" { (badge(board, line)) (behind(board, line)) }
        (pauses(board, line))
    }
}

/// The mark of an objective whose team is behind what others achieve, though it may reach its own level.
fn behind(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    html! {
        @if line.is_behind_market() {
            p class="state missed behind" data-behind-market="true" {
                svg class="shape" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" {
                    rect class="full" x="1" y="1" width="22" height="22" rx="5" {}
                    path class="sign" d="M6.5 6.5l5.5 4.5 5.5-4.5M6.5 13l5.5 4.5 5.5-4.5" {}
                }
                span { (board.words.text("behind-market")) }
            }
        }
    }
}

/// What pauses the stopwatches of an objective that has agreed on pauses of its own.
fn pauses(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    let key = |pauses: Pauses| match (pauses.pending, pauses.on_hold) {
        (false, false) => "pauses-never",
        (true, false) => "pauses-pending",
        (false, true) => "pauses-on-hold",
        (true, true) => "pauses-both",
    };
    html! {
        @if let Some(pauses) = line.objective.pauses {
            p class="pauses" { (board.words.text(key(pauses))) }
        }
    }
}

/// How a team without objectives stands.
pub(super) fn badge_without_agreement(board: &Board<'_>, scope: ScopeId) -> Markup {
    let is_unclaimed = scope == board.catalog.unclaimed();
    let key = if is_unclaimed { "state-unclaimed" } else { state_key(VerdictState::NotAgreed) };
    let state = VerdictState::NotAgreed;
    html! {
        p class={ "state " (tone(state)) } data-team=(board.label(scope)) data-objective=""
            data-state=(state.label()) {
            (shape(state)) span { (board.words.text(key)) }
        }
    }
}

/// What an objective asks for, as its heading.
pub(super) fn title(board: &Board<'_>, line: ObjectiveView<'_>) -> String {
    let measure = line.objective.measure;
    let targets = targets(board, measure, line.level);
    let measure = ("measure", measure.label().into());
    match line.level {
        Level::Within { .. } => {
            board.words.say("objective-within", &[measure, ("target", targets.into())])
        }
        Level::NoneOver(_) => {
            board.words.say("objective-none-over", &[measure, ("limit", targets.into())])
        }
    }
}

/// The target of a level, and those of priorities that have their own. Open time is said as such; calendar
/// time only where the other kind stands beside it.
pub(super) fn targets(board: &Board<'_>, measure: Measure, level: &Level) -> String {
    let words = board.words;
    let of_all = level.target(None);
    let is_mixed = level.targets().any(|target| target.basis != of_all.basis);
    let said = |target: Target| match target.basis {
        Basis::Open if is_mixed => words.target(measure, target),
        Basis::Calendar if is_mixed => {
            let time = words.duration(target.elapsed);
            words.say("of-calendar-time", &[("time", time.into())])
        }
        Basis::Open | Basis::Calendar => {
            words.target(measure, Target { basis: Basis::Calendar, ..target })
        }
    };
    let whole = with_priorities(board, level, said);
    if of_all.basis == Basis::Open && !is_mixed {
        words.say("of-open-time", &[("time", whole.into())])
    } else {
        whole
    }
}

fn with_priorities(board: &Board<'_>, level: &Level, said: impl Fn(Target) -> String) -> String {
    let words = board.words;
    let target = said(level.target(None));
    let Level::Within { by_priority, .. } = level else { return target };
    let own = |(priority, target): (Priority, &Option<Target>)| {
        let key = match priority {
            Priority::Low => "target-low",
            Priority::Normal => "target-normal",
            Priority::High => "target-high",
            Priority::Urgent => "target-urgent",
        };
        target.map(|target| words.say(key, &[("target", said(target).into())]))
    };
    let others: Vec<String> = Priority::ALL.into_iter().zip(by_priority).filter_map(own).collect();
    if others.is_empty() {
        return target;
    }
    words.say("targets", &[("target", target.into()), ("others", others.join(", ").into())])
}

/// Why an objective stands as it does, in one line of numbers.
pub(super) fn reason(board: &Board<'_>, line: ObjectiveView<'_>) -> Option<String> {
    let words = board.words;
    let verdict = line.verdict?;
    if let Some(from) = unknown_before(board, line) {
        return Some(words.say("history", &[("at", board.instant(from).into())]));
    }
    let measure = || ("measure", line.objective.measure.label().into());
    Some(match line.level {
        Level::Within { share, min_tickets, .. } => {
            let target = ("target", targets(board, line.objective.measure, line.level).into());
            let agreed = ("agreed", words.percent(share.basis_points()).into());
            let numbers = match line.shown_share(*share) {
                Some(shown) => {
                    let shown = ("share", words.percent(shown).into());
                    let decided = ("decided", verdict.decided.into());
                    words.say("share-of", &[measure(), shown, decided, target, agreed])
                }
                None => words.say("share-of-none", &[measure(), target, agreed]),
            };
            if verdict.state == VerdictState::InsufficientData && verdict.decided > 0 {
                let minimum = ("minimum", (*min_tickets).into());
                let few = words.say("few", &[minimum]);
                format!("{numbers}; {few}")
            } else {
                numbers
            }
        }
        Level::NoneOver(_) => {
            let limit = ("limit", targets(board, line.objective.measure, line.level).into());
            if verdict.missed == 0 {
                words.say("nobody-over", &[limit])
            } else {
                let waiting = ("waiting", line.over_target().into());
                words.say("somebody-over", &[("missed", verdict.missed.into()), limit, waiting])
            }
        }
    })
}

/// Where the known history begins, if the objective cannot be judged for want of it.
pub(super) fn unknown_before(board: &Board<'_>, line: ObjectiveView<'_>) -> Option<Timestamp> {
    let verdict = line.verdict.filter(|verdict| verdict.state == VerdictState::InsufficientData)?;
    let from = crate::window::from_of(board.at?, line.over);
    verdict.history_from.filter(|history| from < *history)
}

/// The share within target as a bar, with the agreed level across it. What it shows stands beside it in
/// words.
pub(super) fn bar(line: ObjectiveView<'_>) -> Markup {
    let Level::Within { share, .. } = line.level else { return html! {} };
    let agreed = share.basis_points();
    let whole = Share::WHOLE_BP;
    // Two tenths of a percent to each side; at the ends it must not be cut off.
    let mark = agreed.saturating_sub(40).min(whole - 80);
    html! {
        svg class={ "bar " (tone(line.last_state())) } viewBox={ "0 0 " (whole) " 100" } width="100%"
            height="14" preserveAspectRatio="none" aria-hidden="true" {
            rect class="empty" x="0" y="20" width=(whole) height="60" {}
            @if let Some(reached) = line.tally().compliance_bp() {
                rect class="filled" x="0" y="20" width=(reached) height="60" {}
            }
            rect class="agreed" x=(mark) y="0" width="80" height="100" {}
        }
    }
}

/// One objective in short: what is agreed, how it stands, and why; then what else is said of it.
pub(super) fn objective(board: &Board<'_>, line: ObjectiveView<'_>, more: &Markup) -> Markup {
    let words = board.words;
    let soon = [("over-target-line", line.over_target()), ("due-soon-line", line.due_soon())];
    let soon: Vec<String> = soon
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(key, count)| words.say(key, &[("count", count.into())]))
        .collect();
    html! {
        li class="objective" {
            h3 {
                a href=(board.reader.link(&board.objective_path(line))) {
                    (title(board, line))
                }
            }
            (verdict(board, line))
            @if let Some(reason) = reason(board, line) { p class="reason" { (reason) } }
            (bar(line))
            @if !soon.is_empty() {
                p class="soon" {
                    (waiting_words(board, line.objective.measure)) ": " (soon.join(", "))
                }
            }
            (more)
        }
    }
}

/// Who waits for a team now, by measure.
pub(super) fn waiting(board: &Board<'_>, scope: ScopeId) -> Markup {
    let words = board.words;
    html! {
        table class="waiting" {
            caption class="hidden" { (words.text("waiting-caption")) }
            thead {
                tr {
                    td {}
                    th scope="col" { (words.text("waiting-column")) }
                    th scope="col" { (words.text("longest-wait")) }
                }
            }
            tbody {
                // A count is known once the ticket is solved: until then nobody waits for it.
                @for measure in board.measures(scope).filter(|measure| measure.is_timed()) {
                    @let (count, since) = waiting_now(board, scope, measure);
                    tr {
                        th scope="row" { (measure_name(board, measure)) }
                        td { (words.say("count", &[("count", count.into())])) }
                        td { (longest(board, since)) }
                    }
                }
            }
        }
    }
}

/// How many wait now, and since when the longest.
pub(super) fn waiting_now(
    board: &Board<'_>,
    scope: ScopeId,
    measure: Measure,
) -> (u64, Option<Timestamp>) {
    let reading = board.readings(scope, measure).first();
    reading.map_or((0, None), |reading| (reading.waiting, reading.oldest_waiting_since))
}

/// What those wait for who wait now.
pub(super) fn waiting_words(board: &Board<'_>, measure: Measure) -> String {
    board.words.say("waiting-now", &[("measure", measure.label().into())])
}

/// How long the longest has waited.
fn longest(board: &Board<'_>, since: Option<Timestamp>) -> String {
    let wait = since.zip(board.at).map(|(since, at)| board.words.wait(at.since(since)));
    wait.unwrap_or_else(|| board.words.text("none"))
}

/// A measure's name.
pub(super) fn measure_name(board: &Board<'_>, measure: Measure) -> String {
    board.words.say("measure", &[("measure", measure.label().into())])
}
