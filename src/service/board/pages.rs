//! The pages: all teams, one team, one objective.

use maud::{Markup, html};

use super::parts::{
    badge, badge_without_agreement, bar, instant, measure_name, name, objective, reason, said_key,
    shape, targets, title, tone, unknown_before, waiting, waiting_now, waiting_words,
};
use super::sight::{Board, Line, shown, urgency};
use crate::agreement::{Level, State};
use crate::measure::Measure;
use crate::reading::{Reading, Seconds};
use crate::rules::Slot;
use crate::time::{DAY_MS, Elapsed};
use crate::window::Waited;

/// The window that a team without a level is shown in words by.
const IN_WORDS: Elapsed = Elapsed::from_ms(7 * DAY_MS);

/// Every team: the organisation, the teams by name, what nobody answers for.
pub(super) fn teams(board: &Board<'_>) -> Markup {
    let organisation = board.rules.organisation();
    let shows_it = board.rules.about(organisation).is_some() || board.has_readings(organisation);
    html! {
        h1 { (board.words.text("title")) }
        div class="cards" {
            @if shows_it { (card(board, organisation)) }
            @for slot in board.teams() { (card(board, slot)) }
            @if board.has_readings(board.rules.unclaimed()) {
                (card(board, board.rules.unclaimed()))
            }
        }
        p class="legend" { (board.words.text("legend-bar")) }
        p class="legend" { (board.words.text("legend-order")) }
    }
}

/// One team in short.
fn card(board: &Board<'_>, slot: Slot) -> Markup {
    let lines = board.lines(slot);
    html! {
        article class={ "card " (team_tone(board, slot)) } {
            h2 { a href=(board.reader.link(&board.team_path(slot))) { (name(board, slot)) } }
            (team_state(board, slot))
            @if lines.is_empty() {
                (without_agreement(board, slot))
            } @else {
                ul class="objectives" { @for line in lines { (objective(board, *line)) } }
            }
            @if board.at.is_some() { (waiting(board, slot)) }
        }
    }
}

/// The class of a team's colour.
fn team_tone(board: &Board<'_>, slot: Slot) -> &'static str {
    if slot == board.rules.unclaimed() {
        return "unclaimed";
    }
    tone(board.lines(slot).first().map_or(State::NotAgreed, |line| line.last_state()))
}

/// How a team stands: its worst objectives, counted.
fn team_state(board: &Board<'_>, slot: Slot) -> Markup {
    let lines = board.lines(slot);
    let Some(worst) = lines.first().map(|line| line.last_state()) else {
        return badge_without_agreement(board, slot);
    };
    let key = match worst {
        State::Met => "team-met",
        State::AtRisk => "team-at-risk",
        State::Missed => "team-missed",
        State::InsufficientData => "team-insufficient-data",
        State::Frozen | State::NotAgreed => said_key(board, worst),
    };
    let same = |line: &&Line<'_>| urgency(line.last_state()) == urgency(worst);
    let count = lines.iter().filter(same).count() as u64;
    html! {
        p class={ "summary " (tone(worst)) } data-team=(board.label(slot))
            data-team-state=(worst.label()) {
            (shape(worst)) strong { (board.words.say(key, &[("count", count.into())])) }
        }
    }
}

/// What is known of a team that has not agreed on a level, in words.
fn without_agreement(board: &Board<'_>, slot: Slot) -> Markup {
    let words = board.words;
    let is_unclaimed = slot == board.rules.unclaimed();
    let why = if is_unclaimed { "unclaimed-why" } else { "team-not-agreed-why" };
    html! {
        @if slot != board.rules.organisation() { p class="reason" { (words.text(why)) } }
        @if board.has_readings(slot) {
            ul class="numbers" {
                @for measure in board.measures(slot) {
                    @if let Some(said) = in_words(board, slot, measure) {
                        li { strong { (measure_name(board, measure)) } ": " (said) }
                    }
                }
            }
        } @else if board.at.is_some() {
            p class="reason" { (nothing_yet(board)) }
        }
    }
}

fn nothing_yet(board: &Board<'_>) -> String {
    let longest = board.rules.windows().last().copied().unwrap_or(IN_WORDS);
    board.words.say("nothing-yet", &[("length", board.words.duration(longest).into())])
}

/// One measure of a team over the last days.
fn in_words(board: &Board<'_>, slot: Slot, measure: Measure) -> Option<String> {
    let words = board.words;
    let readings = board.readings(slot, measure);
    let reading = readings.iter().find(|reading| reading.window == IN_WORDS)?;
    let answered = ("answered", reading.answered.into());
    let window = ("window", words.window(IN_WORDS).into());
    let mut said =
        vec![words.say("in-words", &[answered, ("measure", measure.label().into()), window])];
    let quantiles = [("in-words-half", reading.q.p50), ("in-words-most", reading.q.p90)];
    said.extend(quantiles.into_iter().filter_map(|(key, wait)| {
        wait.map(|Seconds(wait)| words.say(key, &[("wait", words.wait(wait).into())]))
    }));
    Some(said.join(", "))
}

/// The page of a team.
pub(super) fn team(board: &Board<'_>, slot: Slot) -> Markup {
    let words = board.words;
    let lines = board.lines(slot);
    let about_it = board.rules.about(slot);
    let says_more = about_it.is_some_and(|it| it.agreed.is_some() || it.runbook_url.is_some());
    html! {
        (way_back(board, None, &board.name(slot)))
        h1 { (name(board, slot)) }
        (team_state(board, slot))
        @if lines.is_empty() {
            (without_agreement(board, slot))
        } @else {
            section {
                h2 { (words.text("objectives")) }
                ul class="objectives wide" { @for line in lines { (objective(board, *line)) } }
            }
        }
        @if says_more {
            section {
                h2 { (words.text("agreement")) }
                dl { (about(board, slot)) }
            }
        }
        @if board.at.is_some() && (!lines.is_empty() || board.has_readings(slot)) {
            section {
                h2 { (words.text("readings")) }
                @if board.has_readings(slot) {
                    p class="legend" { (words.text("readings-explained")) }
                    @for measure in board.rules.measures() { (measured(board, slot, *measure)) }
                } @else {
                    p { (nothing_yet(board)) }
                }
            }
        }
    }
}

/// When it was agreed, by how many, when it is looked at again, and what to do.
fn about(board: &Board<'_>, slot: Slot) -> Markup {
    let words = board.words;
    let Some(about) = board.rules.about(slot) else { return html! {} };
    html! {
        @if let Some((date, people)) = about.agreed {
            @let people = people as u64;
            (row(board, "row-agreed-on", &html! {
                (words.say("agreed-on", &[("date", words.date(date).into()), ("count", people.into())]))
            }))
        }
        @if let Some(date) = about.look_again {
            (row(board, "row-look-again", &html! { (words.date(date)) }))
        }
        @if let Some(url) = &about.runbook_url {
            (row(board, "row-runbook", &html! { a href=(url) rel="noreferrer" { bdi { (url) } } }))
        }
    }
}

/// One line of a list of facts.
fn row(board: &Board<'_>, key: &str, value: &Markup) -> Markup {
    fact(&board.words.text(key), value)
}

fn fact(what: &str, value: &Markup) -> Markup {
    html! { div { dt { (what) } dd { (value) } } }
}

/// One measure of a team: who waits, and every window.
fn measured(board: &Board<'_>, slot: Slot, measure: Measure) -> Markup {
    let words = board.words;
    let readings = board.readings(slot, measure);
    let label = || ("measure", measure.label().into());
    html! {
        @if !readings.is_empty() {
            h3 { (measure_name(board, measure)) }
            p class="legend" { (words.say("measure-explained", &[label()])) }
            p {
                (waiting_words(board, measure)) ": "
                strong { (who_waits(board, slot, measure)) }
            }
            div class="scroll" tabindex="0" role="region" aria-label=(measure_name(board, measure)) {
                table {
                    thead {
                        tr {
                            th scope="col" { (words.text("column-window")) }
                            th scope="col" { (words.say("column-answered", &[label()])) }
                            @for key in ["column-half", "column-most", "column-most-waiting"] {
                                th scope="col" { (words.text(key)) }
                            }
                            th scope="col" { (words.text("column-given-up")) }
                        }
                    }
                    tbody { @for reading in readings { (window(board, reading)) } }
                }
            }
        }
    }
}

/// How many wait now and since when the longest, in words.
fn who_waits(board: &Board<'_>, slot: Slot, measure: Measure) -> Markup {
    let words = board.words;
    let (count, since) = waiting_now(board, slot, measure);
    html! {
        @match (since, board.at) {
            (Some(since), Some(at)) => {
                (words.say("count", &[("count", count.into())])) ". "
                (words.text("longest-wait")) ": "
                (words.say("wait-since", &[
                    ("wait", words.wait(at.since(since)).into()),
                    ("at", board.instant(since).into()),
                ]))
            }
            (_, _) => { (words.text("nobody")) }
        }
    }
}

/// One window of one measure.
fn window(board: &Board<'_>, reading: &Reading) -> Markup {
    let words = board.words;
    let wait = |wait: Option<Seconds>| {
        wait.map_or_else(|| words.text("none"), |Seconds(wait)| words.wait(wait))
    };
    let with_waiting = match reading.q_with_waiting.p90 {
        Waited::Value(wait) => words.wait(wait),
        Waited::MoreThan(wait) => words.say("more-than", &[("wait", words.wait(wait).into())]),
        Waited::TooFew(_) => words.text("too-few"),
    };
    let count = |count: u64| words.say("count", &[("count", count.into())]);
    html! {
        tr {
            th scope="row" { (words.window(reading.window)) }
            td { (count(reading.answered)) }
            td { (wait(reading.q.p50)) }
            td { (wait(reading.q.p90)) }
            td { (with_waiting) }
            td { (count(reading.given_up)) }
        }
    }
}

/// The page of an objective: where an alert leads.
pub(super) fn one_objective(board: &Board<'_>, line: Line<'_>) -> Markup {
    let words = board.words;
    let title = title(board, line.objective);
    html! {
        (way_back(board, Some(line.slot), &title))
        p class="team" { (name(board, line.slot)) }
        h1 { (title) }
        (badge(board, line))
        @if let Some(reason) = reason(board, line) { p class="reason large" { (reason) } }
        (bar(line))
        section {
            h2 { (words.text("what-is")) }
            dl { (standing(board, line)) }
            @if board.at.is_some() {
                p class="legend" {
                    @if line.has_share() { (words.text("decided-explained")) " " }
                    (words.text("due-soon-explained"))
                }
            }
        }
        section {
            h2 { (words.text("what-is-agreed")) }
            p { (agreed(board, line)) }
            dl {
                (about(board, line.slot))
                (row(board, "row-name", &html! { bdi { (shown(&line.objective.name)) } }))
            }
        }
    }
}

/// What is agreed, in a sentence.
fn agreed(board: &Board<'_>, line: Line<'_>) -> String {
    let words = board.words;
    let measure = ("measure", line.objective.measure.label().into());
    let window = ("window", words.window(line.objective.over).into());
    match &line.objective.level {
        Level::Within { share, min_tickets, .. } => words.say(
            "agreed-within",
            &[
                measure,
                window,
                ("share", words.percent(share.basis_points()).into()),
                ("target", targets(board, line.objective).into()),
                ("minimum", (*min_tickets).into()),
            ],
        ),
        Level::NoneOver(limit) => words.say(
            "agreed-none-over",
            &[measure, window, ("limit", words.duration(limit.elapsed).into())],
        ),
    }
}

/// How an objective stands: the verdict's reason and all numbers it rests on.
fn standing(board: &Board<'_>, line: Line<'_>) -> Markup {
    let words = board.words;
    let count = |key, count: u64| {
        row(board, key, &html! { (words.say("count", &[("count", count.into())])) })
    };
    let from = board.at.map(|at| (crate::window::from_of(at, line.objective.over), at));
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
            (fact(
                &waiting_words(board, line.objective.measure),
                &who_waits(board, line.slot, line.objective.measure),
            ))
            (count("row-over-target", line.over_target))
            (count("row-due-soon", line.due_soon))
            (row(board, "row-window", &html! { (instant(board, from)) " – " (instant(board, to)) }))
        }
    }
}

/// The share within target beside the agreed one.
fn share(board: &Board<'_>, line: Line<'_>) -> Markup {
    let Level::Within { share, .. } = &line.objective.level else { return html! {} };
    let percent = |bp| html! { (board.words.percent(bp)) };
    let none = || html! { (board.words.text("none")) };
    html! {
        (row(board, "row-share", &line.shown_share(*share).map_or_else(none, percent)))
        (row(board, "row-level", &percent(share.basis_points())))
    }
}

/// The verdict's reason in a sentence.
fn why(board: &Board<'_>, line: Line<'_>) -> String {
    let words = board.words;
    let decided = line.tally().decided;
    let history = || {
        let at = unknown_before(board, line)?;
        Some(words.say("why-history", &[("at", board.instant(at).into())]))
    };
    let few = |key, minimum: u64| {
        words.say(key, &[("minimum", minimum.into()), ("decided", decided.into())])
    };
    match (&line.objective.level, board.state(line)) {
        (_, State::Frozen | State::NotAgreed) => words.text("why-frozen"),
        (Level::Within { .. }, State::Met) => words.text("why-met"),
        (Level::Within { .. }, State::AtRisk) => words.text("why-at-risk"),
        (Level::Within { min_tickets, .. }, State::Missed) if decided < *min_tickets => {
            few("why-missed-certain", *min_tickets)
        }
        (Level::Within { .. }, State::Missed) => words.text("why-missed"),
        (Level::Within { min_tickets, .. }, State::InsufficientData) => {
            history().unwrap_or_else(|| few("why-few", *min_tickets))
        }
        (Level::NoneOver(_), State::Met | State::AtRisk) => words.text("why-none-over-met"),
        (Level::NoneOver(_), State::Missed) => words.text("why-none-over-missed"),
        (Level::NoneOver(_), State::InsufficientData) => history().unwrap_or_default(),
    }
}

/// What is shown where there is no such page, with the way back.
pub(super) fn not_found(board: &Board<'_>, why: &'static str, team: Option<Slot>) -> Markup {
    let words = board.words;
    html! {
        h1 { (words.text("not-found-title")) }
        p { (words.text(why)) }
        @if let Some(team) = team {
            p {
                a href=(board.reader.link(&board.team_path(team))) {
                    (words.text("back-to-team")) " " (name(board, team))
                }
            }
        }
        p { a href=(board.reader.link("/")) { (words.text("back")) } }
    }
}

/// Where a page is below the board.
fn way_back(board: &Board<'_>, team: Option<Slot>, here: &str) -> Markup {
    let words = board.words;
    html! {
        nav class="way" aria-label=(words.text("you-are-here")) {
            ol {
                li { a href=(board.reader.link("/")) { (words.text("title")) } }
                @if let Some(team) = team {
                    li { a href=(board.reader.link(&board.team_path(team))) { (name(board, team)) } }
                }
                li aria-current="page" { bdi { (here) } }
            }
        }
    }
}
