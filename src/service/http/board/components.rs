//! Parts that several pages share: state badges, share bars, objective summaries, lists of facts.

use maud::{Markup, html};

use super::alerts;
use super::view_model::{Board, ObjectiveView, shown};
use crate::address;
use crate::agreement::{AgreedOn, Level, Target, VerdictState};
use crate::catalog::ScopeId;
use crate::event::Priority;
use crate::measure::{Basis, Measure, Pauses};
use crate::service::coordinator::published_view::AwaitedJudges;
use crate::share::Share;
use crate::time::Timestamp;
use crate::view::WaitingNow;

/// A team's name, isolated from the writing direction of the text around it.
pub(super) fn name(board: &Board<'_>, scope: ScopeId) -> Markup {
    html! { bdi { (board.name(scope)) } }
}

/// An instant as text, with a machine-readable `datetime`.
pub(super) fn instant(board: &Board<'_>, at: Timestamp) -> Markup {
    html! { time datetime=(at) { (board.instant(at)) } }
}

/// The message id of a state.
pub(super) const fn state_key(state: VerdictState) -> &'static str {
    match state {
        VerdictState::NotAgreed => "state-not-agreed",
        VerdictState::Frozen => "state-frozen",
        VerdictState::Missed => "state-missed",
        VerdictState::InsufficientData => "state-insufficient-data",
        VerdictState::AtRisk => "state-at-risk",
        VerdictState::Met => "state-met",
    }
}

/// The message id of a state on this board. Before the first trusted view, frozen reads as "being
/// read".
pub(super) fn shown_state_key(board: &Board<'_>, state: VerdictState) -> &'static str {
    if state == VerdictState::Frozen && board.at.is_none() {
        "state-reading"
    } else {
        state_key(state)
    }
}

/// The CSS class that colours a state.
pub(super) const fn state_class(state: VerdictState) -> &'static str {
    match state {
        VerdictState::NotAgreed => "not-agreed",
        VerdictState::Frozen => "frozen",
        VerdictState::Missed => "missed",
        VerdictState::InsufficientData => "insufficient",
        VerdictState::AtRisk => "at-risk",
        VerdictState::Met => "met",
    }
}

/// The icon of a state. Shapes differ, so that a reader does not depend on colour.
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

/// The state of an objective as colour, shape and text. While frozen: the last known state and its
/// instant.
fn badge(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let (state, last) = (board.state(view), view.last_state());
    let text = texts.text(shown_state_key(board, last));
    let text = match board.at.filter(|_| state != last) {
        Some(at) => {
            let args = [("state", text.into()), ("at", board.instant(at).into())];
            texts.format("state-as-of", &args)
        }
        None => text,
    };
    html! {
        p class={ "state " (state_class(last)) } data-team=(board.label(view.scope))
            data-objective=(view.objective.name) data-state=(state.label())
            data-last-state=(last.label()) {
            (shape(last)) span { (text) }
        }
    }
}

/// The state of an objective, the mark for "behind the market", and the objective's own pause
/// rules.
pub(super) fn verdict(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    html! {
        div class="verdict" { (badge(board, view)) (behind(board, view)) }
        (pauses(board, view))
    }
}

/// The mark of an objective that is behind the market. It may still meet its own level.
fn behind(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    html! {
        @if view.is_behind_market() {
            p class="state missed behind" data-behind-market="true" {
                svg class="shape" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" {
                    rect class="full" x="1" y="1" width="22" height="22" rx="5" {}
                    path class="sign" d="M6.5 6.5l5.5 4.5 5.5-4.5M6.5 13l5.5 4.5 5.5-4.5" {}
                }
                span { (board.texts.text("behind-market")) }
            }
        }
    }
}

/// When the stopwatches of an objective pause; empty if it uses the defaults of its measure.
fn pauses(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let key = |pauses: Pauses| match (pauses.pending, pauses.on_hold) {
        (false, false) => "pauses-never",
        (true, false) => "pauses-pending",
        (false, true) => "pauses-on-hold",
        (true, true) => "pauses-both",
    };
    html! {
        @if let Some(pauses) = view.objective.pauses {
            p class="pauses" { (board.texts.text(key(pauses))) }
        }
    }
}

/// The message id and the CSS class of a team without objectives.
pub(super) fn words_without_agreement(
    board: &Board<'_>,
    scope: ScopeId,
) -> (&'static str, &'static str) {
    if board.waits_for_nobody(scope) {
        ("overview-waits-too-long", "at-risk unowned")
    } else if scope == board.catalog.unclaimed() {
        ("state-unclaimed", "unclaimed")
    } else {
        (state_key(VerdictState::NotAgreed), state_class(VerdictState::NotAgreed))
    }
}

/// The badge of a team without objectives.
pub(super) fn badge_without_agreement(board: &Board<'_>, scope: ScopeId) -> Markup {
    let (key, tone) = words_without_agreement(board, scope);
    let state = VerdictState::NotAgreed;
    html! {
        p class={ "state " (tone) } data-team=(board.label(scope)) data-objective=""
            data-state=(state.label()) {
            (shape(state)) span { (board.texts.text(key)) }
        }
    }
}

/// The heading of an objective: its measure and its targets.
pub(super) fn title(board: &Board<'_>, view: ObjectiveView<'_>) -> String {
    let measure = view.objective.measure;
    let targets = targets(board, measure, view.level);
    let measure = ("measure", measure.label().into());
    match view.level {
        Level::Within { .. } => {
            board.texts.format("objective-within", &[measure, ("target", targets.into())])
        }
        Level::NoneOver(_) => {
            board.texts.format("objective-none-over", &[measure, ("limit", targets.into())])
        }
    }
}

/// The targets of a level: the common one, then the targets of single priorities.
///
/// Open time is always marked, once for all targets if they are all of open time. Calendar time is
/// marked only if there are targets of other kinds too. Working days need no mark.
pub(super) fn targets(board: &Board<'_>, measure: Measure, level: &Level) -> String {
    let texts = board.texts;
    let of_all = level.target(None);
    let kind = |target: Target| target.elapsed().map(|_| target.basis());
    let is_mixed = level.targets().any(|target| kind(target) != kind(of_all));
    let is_limit = matches!(level, Level::NoneOver(_));
    let format_target = |target: Target| match kind(target) {
        None if is_limit => texts.limit(measure, target),
        Some(Basis::Open) if is_mixed => texts.target(measure, target),
        Some(Basis::Calendar) if is_mixed => {
            let time = texts.plain_target(measure, target);
            texts.format("of-calendar-time", &[("time", time.into())])
        }
        Some(Basis::Open | Basis::Calendar) | None => texts.plain_target(measure, target),
    };
    let all = with_priorities(board, level, format_target);
    if kind(of_all) == Some(Basis::Open) && !is_mixed {
        texts.format("of-open-time", &[("time", all.into())])
    } else {
        all
    }
}

/// The common target, followed by the targets of single priorities.
fn with_priorities(
    board: &Board<'_>,
    level: &Level,
    format_target: impl Fn(Target) -> String,
) -> String {
    let texts = board.texts;
    let target = format_target(level.target(None));
    let Level::Within { by_priority, .. } = level else { return target };
    let own = |(priority, target): (Priority, &Option<Target>)| {
        let key = match priority {
            Priority::Low => "target-low",
            Priority::Normal => "target-normal",
            Priority::High => "target-high",
            Priority::Urgent => "target-urgent",
        };
        target.map(|target| texts.format(key, &[("target", format_target(target).into())]))
    };
    let others: Vec<String> = Priority::ALL.into_iter().zip(by_priority).filter_map(own).collect();
    if others.is_empty() {
        return target;
    }
    texts.format("targets", &[("target", target.into()), ("others", others.join(", ").into())])
}

/// The numbers behind a verdict in one line.
pub(super) fn reason(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let texts = board.texts;
    let verdict = view.verdict?;
    if let Some(from) = history_start_in_window(board, view) {
        return Some(texts.format("history-too-short", &[("at", board.instant(from).into())]));
    }
    let measure = || ("measure", view.objective.measure.label().into());
    let numbers = match view.level {
        Level::Within { share, min_tickets, .. } => {
            let target = ("target", targets(board, view.objective.measure, view.level).into());
            let agreed = ("agreed", texts.percent(share.basis_points()).into());
            let numbers = match view.shown_share(*share) {
                Some(shown) => {
                    let shown = ("share", texts.percent(shown).into());
                    let decided = ("decided", verdict.decided.into());
                    texts.format("share-of", &[measure(), shown, decided, target, agreed])
                }
                None => texts.format("share-of-none", &[measure(), target, agreed]),
            };
            if verdict.state == VerdictState::InsufficientData && verdict.decided > 0 {
                let minimum = ("minimum", (*min_tickets).into());
                let few = texts.format("below-minimum", &[minimum]);
                format!("{numbers}; {few}")
            } else {
                numbers
            }
        }
        Level::NoneOver(_) => {
            let limit = ("limit", targets(board, view.objective.measure, view.level).into());
            if verdict.missed == 0 {
                texts.format("nobody-over", &[limit])
            } else {
                let waiting = ("waiting", view.over_target().into());
                texts.format("somebody-over", &[("missed", verdict.missed.into()), limit, waiting])
            }
        }
    };
    let spam = (verdict.spam_over_target > 0)
        .then(|| texts.format("spam-over-target", &[("count", verdict.spam_over_target.into())]));
    let unanswered = unanswered(board, view);
    Some(std::iter::once(numbers).chain(spam).chain(unanswered).collect::<Vec<_>>().join("; "))
}

/// The share that ended unanswered, with the ceiling if there is one; `None` if none did.
fn unanswered(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let texts = board.texts;
    let share = view.shown_unanswered().filter(|share| *share > 0)?;
    let measure = ("measure", view.objective.measure.label().into());
    let share = ("share", texts.percent(share).into());
    Some(match view.unanswered_max {
        None => texts.format("unanswered-line", &[measure, share]),
        Some(max) => {
            let max = ("max", texts.percent(max.basis_points()).into());
            texts.format("unanswered-line-max", &[measure, share, max])
        }
    })
}

/// The start of the known history, if there is no verdict because it lies inside the window.
pub(super) fn history_start_in_window(
    board: &Board<'_>,
    view: ObjectiveView<'_>,
) -> Option<Timestamp> {
    let verdict = view.verdict.filter(|verdict| verdict.state == VerdictState::InsufficientData)?;
    let from = crate::window::from_of(board.at?, view.over);
    verdict.history_from.filter(|history| from < *history)
}

/// The share within target as a bar, with a line at the agreed level. The text next to it gives
/// both numbers.
pub(super) fn share_bar(view: ObjectiveView<'_>) -> Markup {
    let Level::Within { share, .. } = view.level else { return html! {} };
    let agreed = share.basis_points();
    let whole = Share::WHOLE_BP;
    // The line is 0.8 percentage points wide and must not be cut off at either end.
    let mark = agreed.saturating_sub(40).min(whole - 80);
    html! {
        svg class={ "bar " (state_class(view.last_state())) } viewBox={ "0 0 " (whole) " 100" } width="100%"
            height="14" preserveAspectRatio="none" aria-hidden="true" {
            rect class="empty" x="0" y="20" width=(whole) height="60" {}
            @if let Some(reached) = view.tally().compliance_bp() {
                rect class="filled" x="0" y="20" width=(reached) height="60" {}
            }
            rect class="agreed" x=(mark) y="0" width="80" height="100" {}
        }
    }
}

/// One objective as a list item: its targets, its state, the numbers behind it, then `more`.
pub(super) fn objective_summary(
    board: &Board<'_>,
    view: ObjectiveView<'_>,
    more: &Markup,
) -> Markup {
    let texts = board.texts;
    let waiting = [("over-target-line", view.over_target()), ("due-soon-line", view.due_soon())];
    let waiting: Vec<String> = waiting
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(key, count)| texts.format(key, &[("count", count.into())]))
        .collect();
    html! {
        li class="objective" {
            h3 {
                a href=(board.reader.link(&board.objective_path(view))) {
                    (title(board, view))
                }
            }
            (verdict(board, view))
            @if let Some(reason) = reason(board, view) { p class="reason" { (reason) } }
            (share_bar(view))
            @if let Some(alert) = alerts::firing(board, view) { p class="detail alert" { (alert) } }
            @if !waiting.is_empty() {
                p class="detail" {
                    (waiting_label(board, view.objective.measure)) ": " (waiting.join(", "))
                }
            }
            (more)
        }
    }
}

/// The number of waiting tickets and the longest wait of a team, by measure.
pub(super) fn waiting_table(board: &Board<'_>, scope: ScopeId) -> Markup {
    let texts = board.texts;
    html! {
        table class="waiting" {
            caption class="hidden" { (texts.text("waiting-caption")) }
            thead {
                tr {
                    td {}
                    th scope="col" { (texts.text("waiting-column")) }
                    th scope="col" { (texts.text("longest-wait")) }
                }
            }
            tbody {
                // The count of a ticket is known when it is solved. No ticket waits for it.
                @for measure in board.measures(scope).filter(|measure| measure.is_timed()) {
                    @let waiting = waiting_now(board, scope, measure);
                    tr {
                        th scope="row" { (measure_name(board, measure)) }
                        td { (texts.format("count", &[("count", waiting.count.into())])) }
                        td { (longest_wait(board, waiting)) }
                    }
                }
            }
        }
    }
}

/// The tickets of one team that wait for one measure.
fn waiting_now(board: &Board<'_>, scope: ScopeId, measure: Measure) -> WaitingNow {
    let reading = board.readings(scope, measure).first();
    reading.map_or_else(WaitingNow::default, |reading| WaitingNow {
        count: reading.waiting,
        oldest_since: reading.oldest_waiting_since,
    })
}

/// The label of a measure's waiting tickets.
pub(super) fn waiting_label(board: &Board<'_>, measure: Measure) -> String {
    board.texts.format("waiting-now", &[("measure", measure.label().into())])
}

/// The longest wait, or a dash.
fn longest_wait(board: &Board<'_>, waiting: WaitingNow) -> String {
    let wait =
        waiting.oldest_since.zip(board.at).map(|(since, at)| board.texts.wait(at.since(since)));
    wait.unwrap_or_else(|| board.texts.text("none"))
}

/// The name of a measure.
pub(super) fn measure_name(board: &Board<'_>, measure: Measure) -> String {
    board.texts.format("measure", &[("measure", measure.label().into())])
}

/// The number of waiting tickets and the longest wait in one line.
pub(super) fn waiting_summary(board: &Board<'_>, scope: ScopeId, measure: Measure) -> Markup {
    let texts = board.texts;
    let WaitingNow { count, oldest_since } = waiting_now(board, scope, measure);
    html! {
        @match (oldest_since, board.at) {
            (Some(since), Some(at)) => {
                (texts.format("wait-since", &[
                    ("count", count.into()),
                    ("wait", texts.wait(at.since(since)).into()),
                    ("at", board.instant(since).into()),
                ]))
            }
            (_, _) => { (texts.text("nobody")) }
        }
    }
}

/// The facts of an agreement: hours, when it was agreed and by how many people, the review date,
/// the runbook.
pub(super) fn about(board: &Board<'_>, scope: ScopeId) -> Markup {
    let texts = board.texts;
    let Some(about) = board.catalog.about(scope) else { return html! {} };
    html! {
        @if scope == board.catalog.organisation() && board.catalog.has_hours() {
            (row(board, "row-hours", &html! {
                (texts.text("hours-of-each-team"))
                @if let Some(hours) = &about.hours {
                    "; " (texts.text("hours-of-unclaimed")) " " bdi { (shown(hours)) }
                }
            }))
        } @else if let Some(hours) = &about.hours {
            (row(board, "row-hours", &html! { bdi { (shown(hours)) } }))
        }
        @if let Some(AgreedOn { date, people }) = about.agreed {
            @let people = people as u64;
            (row(board, "row-agreed-on", &html! {
                (texts.format("agreed-on", &[("date", texts.date(date).into()), ("count", people.into())]))
            }))
        }
        @if let Some(date) = about.look_again {
            (row(board, "row-look-again", &html! {
                (texts.date(date))
                @if board.today().is_some_and(|today| about.is_review_due(today)) {
                    ": " strong { (texts.text("look-again-due")) }
                }
            }))
        }
        @if let Some(url) = &about.runbook_url {
            (row(board, "row-runbook", &html! { a href=(url) rel="noreferrer" { bdi { (url) } } }))
        }
    }
}

/// One fact of a list; `key` is the message id of its label.
pub(super) fn row(board: &Board<'_>, key: &str, value: &Markup) -> Markup {
    fact(&board.texts.text(key), value)
}

/// One fact of a list.
pub(super) fn fact(label: &str, value: &Markup) -> Markup {
    html! { div { dt { (label) } dd { (value) } } }
}

/// The path from the front page to this page.
pub(super) fn breadcrumbs(board: &Board<'_>, team: Option<ScopeId>, here: &str) -> Markup {
    let texts = board.texts;
    html! {
        nav class="breadcrumbs" aria-label=(texts.text("you-are-here")) {
            ol {
                li { a href=(board.reader.link(address::TEAMS)) { (texts.text("title")) } }
                @if let Some(team) = team {
                    li { a href=(board.reader.link(&board.team_path(team))) { (name(board, team)) } }
                }
                li aria-current="page" { bdi { (here) } }
            }
        }
    }
}

/// How many of those who are asked have judged a ticket.
pub(super) fn awaited_words(board: &Board<'_>, awaited: AwaitedJudges) -> String {
    let AwaitedJudges { judged, asked } = awaited;
    let counts = [("judged", (judged as u64).into()), ("asked", (asked as u64).into())];
    board.texts.format("differ-awaited", &counts)
}
