//! The pages: all teams, one team, none.

use maud::{Markup, html};

use super::components::{
    badge_without_agreement, measure_name, name, objective, said_key, shape, tone, waiting,
    waiting_now, waiting_words,
};
use super::market;
use super::view_model::{Board, ObjectiveView, shown, urgency};
use crate::agreement::VerdictState;
use crate::amount::Amount;
use crate::catalog::ScopeId;
use crate::measure::{Basis, Measure};
use crate::reading::{Reading, SplitShown};
use crate::time::{DAY_MS, Elapsed};
use crate::window::WaitedQuantile;

/// The window that a team without a level is shown in words by.
const IN_WORDS: Elapsed = Elapsed::from_ms(7 * DAY_MS);

/// Every team: the organisation, the teams by name, what nobody answers for.
pub(super) fn teams(board: &Board<'_>) -> Markup {
    let organisation = board.catalog.organisation();
    let shows_it = board.catalog.about(organisation).is_some() || board.has_readings(organisation);
    html! {
        h1 { (board.words.text("title")) }
        div class="cards" {
            @if shows_it { (card(board, organisation)) }
            @for scope in board.teams() { (card(board, scope)) }
            @if board.has_readings(board.catalog.unclaimed()) {
                (card(board, board.catalog.unclaimed()))
            }
        }
        p class="legend" { (board.words.text("legend-bar")) }
        p class="legend" { (board.words.text("legend-order")) }
    }
}

/// One team in short.
fn card(board: &Board<'_>, scope: ScopeId) -> Markup {
    let lines = board.lines(scope);
    html! {
        article class={ "card " (team_tone(board, scope)) } {
            h2 { a href=(board.reader.link(&board.team_path(scope))) { (name(board, scope)) } }
            (team_state(board, scope))
            @if lines.is_empty() {
                (without_agreement(board, scope))
            } @else {
                ul class="objectives" { @for line in lines { (objective(board, *line, &html! {})) } }
            }
            @if board.at.is_some() { (waiting(board, scope)) }
        }
    }
}

/// The class of a team's colour.
fn team_tone(board: &Board<'_>, scope: ScopeId) -> &'static str {
    if scope == board.catalog.unclaimed() {
        return "unclaimed";
    }
    tone(board.lines(scope).first().map_or(VerdictState::NotAgreed, |line| line.last_state()))
}

/// How a team stands: its worst objectives, counted.
fn team_state(board: &Board<'_>, scope: ScopeId) -> Markup {
    let lines = board.lines(scope);
    let Some(worst) = lines.first().map(|line| line.last_state()) else {
        return badge_without_agreement(board, scope);
    };
    let key = match worst {
        VerdictState::Met => "team-met",
        VerdictState::AtRisk => "team-at-risk",
        VerdictState::Missed => "team-missed",
        VerdictState::InsufficientData => "team-insufficient-data",
        VerdictState::Frozen | VerdictState::NotAgreed => said_key(board, worst),
    };
    let same = |line: &&ObjectiveView<'_>| urgency(line.last_state()) == urgency(worst);
    let count = lines.iter().filter(same).count() as u64;
    html! {
        p class={ "summary " (tone(worst)) } data-team=(board.label(scope))
            data-team-state=(worst.label()) {
            (shape(worst)) strong { (board.words.say(key, &[("count", count.into())])) }
        }
    }
}

/// What is known of a team that has not agreed on a level, in words.
fn without_agreement(board: &Board<'_>, scope: ScopeId) -> Markup {
    let words = board.words;
    let is_unclaimed = scope == board.catalog.unclaimed();
    let why = if is_unclaimed { "unclaimed-why" } else { "team-not-agreed-why" };
    html! {
        @if scope != board.catalog.organisation() { p class="reason" { (words.text(why)) } }
        @if board.has_readings(scope) {
            ul class="numbers" {
                @for measure in board.measures(scope) {
                    @if let Some(said) = in_words(board, scope, measure) {
                        li { strong { (measure_name(board, measure)) } ". " (said) }
                    }
                }
            }
        } @else if board.at.is_some() {
            p class="reason" { (nothing_yet(board)) }
        }
    }
}

fn nothing_yet(board: &Board<'_>) -> String {
    let longest = board.catalog.windows().last().copied().unwrap_or(IN_WORDS);
    board.words.say("nothing-yet", &[("length", board.words.duration(longest).into())])
}

/// One measure of a team over the last days.
fn in_words(board: &Board<'_>, scope: ScopeId, measure: Measure) -> Option<String> {
    let words = board.words;
    let readings = board.readings(scope, measure);
    let reading = readings.iter().find(|reading| reading.window == IN_WORDS)?;
    let answered = ("answered", reading.answered.into());
    let length = ("length", words.duration(IN_WORDS).into());
    let mut said =
        vec![words.say("in-words", &[answered, ("measure", measure.label().into()), length])];
    let quantiles = [("in-words-half", reading.q.p50), ("in-words-most", reading.q.p90)];
    said.extend(quantiles.into_iter().filter_map(|(key, amount)| {
        let shown = words.amount_within(amount?);
        Some(words.say(key, &[("measure", measure.label().into()), ("wait", shown.into())]))
    }));
    Some(said.join(", "))
}

/// The page of a team.
pub(super) fn team(board: &Board<'_>, scope: ScopeId) -> Markup {
    let words = board.words;
    let lines = board.lines(scope);
    let about_it = board.catalog.about(scope);
    let says_more = about_it.is_some_and(|about| {
        about.agreed.is_some() || about.runbook_url.is_some() || about.hours.is_some()
    });
    html! {
        (way_back(board, None, &board.name(scope)))
        h1 { (name(board, scope)) }
        (team_state(board, scope))
        @if lines.is_empty() {
            (without_agreement(board, scope))
        } @else {
            section {
                h2 { (words.text("objectives")) }
                ul class="objectives wide" {
                    @for line in lines { (objective(board, *line, &market::in_short(board, *line))) }
                }
            }
        }
        @if says_more {
            section {
                h2 { (words.text("agreement")) }
                dl { (about(board, scope)) }
            }
        }
        (market::ratings_of_team(board, scope))
        @if board.at.is_some() && (!lines.is_empty() || board.has_readings(scope)) {
            section {
                h2 { (words.text("readings")) }
                @if board.has_readings(scope) {
                    p class="legend" { (words.text("readings-explained")) }
                    @for measure in board.catalog.measures() { (measured(board, scope, *measure)) }
                } @else {
                    p { (nothing_yet(board)) }
                }
            }
        }
    }
}

/// When it was agreed, by how many, when it is looked at again, and what to do.
pub(super) fn about(board: &Board<'_>, scope: ScopeId) -> Markup {
    let words = board.words;
    let Some(about) = board.catalog.about(scope) else { return html! {} };
    html! {
        @if scope == board.catalog.organisation() && board.catalog.has_hours() {
            (row(board, "row-hours", &html! {
                (words.text("hours-of-each-team"))
                @if let Some(hours) = &about.hours {
                    "; " (words.text("hours-of-unclaimed")) " " bdi { (shown(hours)) }
                }
            }))
        } @else if let Some(hours) = &about.hours {
            (row(board, "row-hours", &html! { bdi { (shown(hours)) } }))
        }
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
pub(super) fn row(board: &Board<'_>, key: &str, value: &Markup) -> Markup {
    fact(&board.words.text(key), value)
}

pub(super) fn fact(what: &str, value: &Markup) -> Markup {
    html! { div { dt { (what) } dd { (value) } } }
}

/// One measure of a team: who waits, and every window.
fn measured(board: &Board<'_>, scope: ScopeId, measure: Measure) -> Markup {
    let words = board.words;
    let readings = board.readings(scope, measure);
    let label = || ("measure", measure.label().into());
    html! {
        @if !readings.is_empty() {
            h3 { (measure_name(board, measure)) }
            p class="legend" {
                (words.say("measure-explained", &[label()]))
                @if board.catalog.basis_shown(scope, measure) == Basis::Open {
                    " " (words.text("times-are-open"))
                }
            }
            @if measure.is_timed() {
                p {
                    (waiting_words(board, measure)) ": "
                    strong { (who_waits(board, scope, measure)) }
                }
            }
            div class="scroll" tabindex="0" role="region" aria-label=(measure_name(board, measure)) {
                table {
                    thead {
                        tr {
                            th scope="col" { (words.text("column-window")) }
                            (columns(board, measure))
                        }
                    }
                    tbody {
                        @for reading in readings {
                            tr {
                                th scope="row" { (words.window(reading.window)) }
                                (values(board, reading))
                            }
                        }
                    }
                }
            }
            (split(board, scope, measure))
        }
    }
}

/// What is said of every stretch of time, and of every part.
fn columns(board: &Board<'_>, measure: Measure) -> Markup {
    let label = || ("measure", measure.label().into());
    html! {
        @for key in
            ["column-answered", "column-half", "column-most", "column-most-waiting", "column-given-up"]
        {
            th scope="col" { (board.words.say(key, &[label()])) }
        }
    }
}

/// The parts of a measure's tickets: those of each priority, of each channel. In the order of priorities and
/// of channels' names, each with the rest last.
fn split(board: &Board<'_>, scope: ScopeId, measure: Measure) -> Markup {
    let words = board.words;
    let mut parts: Vec<_> = board.splits(scope, measure, IN_WORDS).collect();
    parts.sort_by_key(|reading| match &reading.split {
        Some(SplitShown::Priority(priority)) => (0, *priority == "none"),
        Some(SplitShown::Channel(channel)) => (1, **channel == *"other"),
        None => (2, false),
    });
    let measure_name = measure_name(board, measure);
    let caption = words.say("split-caption", &[("window", words.window(IN_WORDS).into())]);
    html! {
        @if !parts.is_empty() {
            div class="scroll parts" tabindex="0" role="region"
                aria-label=(format!("{measure_name}: {caption}")) {
                table {
                    caption { (caption) }
                    thead {
                        tr {
                            th scope="col" { (words.text("column-part")) }
                            (columns(board, measure))
                            @if measure.is_timed() {
                                th scope="col" { (words.text("waiting-column")) }
                            }
                        }
                    }
                    tbody {
                        @for reading in parts {
                            tr {
                                th scope="row" { (part(board, reading.split.as_ref())) }
                                (values(board, reading))
                                @if measure.is_timed() {
                                    td { (words.say("count", &[("count", reading.waiting.into())])) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a part is called.
fn part(board: &Board<'_>, split: Option<&SplitShown>) -> Markup {
    let words = board.words;
    html! {
        @match split {
            Some(SplitShown::Priority(priority)) => {
                (words.say("part-priority", &[("priority", (*priority).into())]))
            }
            Some(SplitShown::Channel(channel)) if **channel == *"other" => {
                (words.text("part-channel-other"))
            }
            Some(SplitShown::Channel(channel)) => {
                (words.text("part-channel")) " " bdi { (shown(channel)) }
            }
            None => {}
        }
    }
}

/// How many wait now and since when the longest, in words.
pub(super) fn who_waits(board: &Board<'_>, scope: ScopeId, measure: Measure) -> Markup {
    let words = board.words;
    let (count, since) = waiting_now(board, scope, measure);
    html! {
        @match (since, board.at) {
            (Some(since), Some(at)) => {
                (words.say("wait-since", &[
                    ("count", count.into()),
                    ("wait", words.wait(at.since(since)).into()),
                    ("at", board.instant(since).into()),
                ]))
            }
            (_, _) => { (words.text("nobody")) }
        }
    }
}

/// What one reading says.
fn values(board: &Board<'_>, reading: &Reading) -> Markup {
    let words = board.words;
    let value = |amount: Option<Amount>| {
        amount.map_or_else(|| words.text("none"), |amount| words.amount(amount))
    };
    let with_waiting = match reading.q_with_waiting.p90 {
        WaitedQuantile::Value(wait) => words.amount(wait),
        WaitedQuantile::MoreThan(wait) => {
            words.say("more-than", &[("wait", words.amount(wait).into())])
        }
        WaitedQuantile::TooFew(_) => words.text("too-few"),
    };
    let count = |count: u64| words.say("count", &[("count", count.into())]);
    html! {
        td { (count(reading.answered)) }
        td { (value(reading.q.p50)) }
        td { (value(reading.q.p90)) }
        td { (with_waiting) }
        td { (count(reading.given_up)) }
    }
}

/// What is shown where there is no such page, with the way back.
pub(super) fn not_found(board: &Board<'_>, why: &'static str, team: Option<ScopeId>) -> Markup {
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
pub(super) fn way_back(board: &Board<'_>, team: Option<ScopeId>, here: &str) -> Markup {
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
