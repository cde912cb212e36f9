//! The page of a ticket: what happened to it, where it waited, and every stopwatch with its due time. The
//! facts are those of `vaste explain`.

use maud::{Markup, html};

use super::agenda;
use super::agenda_forms::{Forms, bring_form};
use super::components::{breadcrumbs, instant, measure_name};
use super::tickets;
use super::view_model::{Board, shown};
use crate::address;
use crate::agreement::TargetShown;
use crate::amount::Amount;
use crate::catalog::ScopeId;
use crate::event::Kind;
use crate::explain::{Explained, LifeLine, LifeMark, StopwatchRow, Stretch, TicketCondition};
use crate::measure::Basis;
use crate::review::BroughtTicket;
use crate::service::http::writing::FormWriter;
use crate::service::kafka::ticket_question::FoundTicket;
use crate::team_log::Discussion;
use crate::ticket::{GivenUp, WaitLocation};
use crate::time::{Elapsed, Timestamp};

/// What the page of a ticket is made of.
#[derive(Debug)]
pub(in crate::service::http) enum TicketShown {
    /// The ticket.
    Found(FoundTicket),
    /// No partition of this instance has it. These ids are similar.
    Unknown(Vec<String>),
    /// Not all workers answered in time.
    Late,
    /// Ids of tickets are not shown.
    Hidden,
}

/// The width of the drawn timeline, in units of its own.
const WIDTH: i64 = 10_000;

/// The page of a ticket that was found.
pub(super) fn page(board: &Board<'_>, id: &str, found: FoundTicket, forms: &Forms) -> Markup {
    let texts = board.texts;
    let FoundTicket { steps, catalog, now, is_split } = found;
    let explained = Explained::new(id, steps, &catalog, now);
    html! {
        (breadcrumbs(board, None, id))
        h1 { (texts.text("column-ticket")) " " (tickets::desk_link(board, id)) }
        @if let Some(state) = state(board, &explained) { p class="reason large" { (state) } }
        @if is_split { p class="reason" { (texts.text("ticket-split")) } }
        @if explained.has_begun_in_the_middle() { p class="reason" { (texts.text("ticket-partial")) } }
        @if explained.steps().is_empty() { p class="reason" { (texts.text("ticket-not-yet")) } }
        section class="life" {
            h2 { (texts.text("heading-life")) }
            (drawing(&explained))
            ol { @for line in explained.life() { (life_line(board, &explained, line)) } }
        }
        @if !explained.rows().is_empty() { (stopwatches(board, &explained)) }
        (locations(board, &explained))
        (to_the_talk(board, id, &explained, forms))
    }
}

/// The form that brings the ticket to the talk of the team that holds it, else of the organisation; or that
/// it is on the agenda.
fn to_the_talk(board: &Board<'_>, id: &str, explained: &Explained<'_>, forms: &Forms) -> Markup {
    let (texts, catalog) = (board.texts, explained.catalog());
    let holder = explained.steps().last().and_then(|step| catalog.scope_name(step.holder));
    let holder = holder.and_then(|name| agenda::scope_of(board, name));
    let scope = holder.unwrap_or_else(|| board.catalog.organisation());
    let is_waiting =
        |one: &BroughtTicket<'_>| one.ticket == id && one.discussion == Discussion::Open;
    let is_brought = board.brought(scope).iter().any(is_waiting);
    html! {
        @if is_brought {
            p {
                a class="more" href=(board.reader.link(&board.agenda_path(scope))) {
                    (texts.format("bring-waits", &[("team", board.name(scope).into())]))
                }
            }
        } @else if forms.writer != FormWriter::Nobody {
            section class="bring" {
                h2 { (texts.text("bring-heading")) }
                (bring_form(board, scope, id, forms))
            }
        }
    }
}

/// The page of a ticket that was not found.
pub(super) fn missing(board: &Board<'_>, id: &str, why: &TicketShown) -> Markup {
    let texts = board.texts;
    let (key, similar): (_, &[String]) = match why {
        TicketShown::Unknown(similar) => ("ticket-unknown", similar),
        TicketShown::Late | TicketShown::Found(_) => ("ticket-late", &[]),
        TicketShown::Hidden => ("tickets-without-ids", &[]),
    };
    html! {
        h1 { (texts.text("column-ticket")) " " bdi { (shown(id)) } }
        p { (texts.text(key)) }
        @if !similar.is_empty() {
            p { (texts.text("ticket-similar")) }
            ul { @for other in similar { li { (tickets::id(board, other)) } } }
        }
        p { a href=(board.reader.link(address::TEAMS)) { (texts.text("back")) } }
    }
}

/// The present state of the ticket, in one line.
fn state(board: &Board<'_>, explained: &Explained<'_>) -> Option<Markup> {
    let texts = board.texts;
    let condition = match explained.condition()? {
        TicketCondition::Open => "open",
        TicketCondition::Pending => "pending",
        TicketCondition::OnHold => "on_hold",
        TicketCondition::Solved => "solved",
        TicketCondition::Merged => "merged",
        TicketCondition::Deleted => "deleted",
        TicketCondition::Spam => "spam",
    };
    let holder = explained.steps().last()?.holder;
    let (priority, channel) = explained.priority_and_channel();
    Some(html! {
        (texts.format("ticket-condition", &[("condition", condition.into())]))
        " · " (held_by(board, explained, holder))
        @if priority.is_some() {
            " · " (texts.text("column-priority")) ": " (tickets::priority(board, priority))
        }
        @if let Some(channel) = channel { " · " bdi { (shown(channel)) } }
    })
}

/// The team that holds the ticket. The catalog of the ticket may be newer than the one of the board.
fn held_by(board: &Board<'_>, explained: &Explained<'_>, holder: ScopeId) -> Markup {
    let catalog = explained.catalog();
    html! {
        @if holder == catalog.unclaimed() {
            (board.texts.text("unclaimed"))
        } @else {
            bdi { (team_name(board, explained, catalog.scope_name(holder).unwrap_or_default())) }
        }
    }
}

/// The name of a team in the language of the page.
fn team_name(board: &Board<'_>, explained: &Explained<'_>, label: &str) -> String {
    let catalog = explained.catalog();
    let scope = catalog.scope_of_team(label);
    if scope == catalog.unclaimed() {
        return shown(label);
    }
    let about = catalog.about(scope).map(|about| about.name_in(board.reader.language.code()));
    shown(about.filter(|name| !name.is_empty()).unwrap_or(label))
}

/// The stretches of the ticket as a bar, with a line for each event and a diamond for each due time. The list
/// below it says the same.
fn drawing(explained: &Explained<'_>) -> Markup {
    let lines = explained.life();
    let at_of = |line: &LifeLine| match line {
        LifeLine::Mark { at, .. } => Some(*at),
        LifeLine::Between(_) | LifeLine::Future => None,
    };
    let (Some(first), Some(last)) =
        (lines.iter().find_map(at_of), lines.iter().rev().find_map(at_of))
    else {
        return html! {};
    };
    let length = i128::from(last.since(first).ms().max(1));
    let x = |at: Timestamp| {
        let part = i128::from(at.since(first).ms()) * i128::from(WIDTH) / length;
        i64::try_from(part).unwrap_or(0).clamp(0, WIDTH)
    };
    html! {
        svg class="bar life-bar" viewBox={ "-60 0 " (WIDTH + 120) " 300" } width="100%" height="42"
            preserveAspectRatio="none" aria-hidden="true" {
            @for stretch in explained.stretches() {
                @let from = x(stretch.from);
                rect class=(stretch_class(explained, stretch)) x=(from) y="90"
                    width=(x(stretch.to) - from) height="120" {}
            }
            @for line in &lines {
                @if let LifeLine::Mark { at, mark } = line {
                    @let at = x(*at);
                    @match mark {
                        LifeMark::Event(_) => {
                            rect class="event" x=(at - 8) y="40" width="16" height="220" {}
                        }
                        LifeMark::Due(_) => {
                            path class="due" d={ "M" (at) " 60l60 90-60 90-60-90z" } {}
                        }
                        LifeMark::Now => { rect class="now" x=(at - 15) y="0" width="30" height="300" {} }
                    }
                }
            }
        }
    }
}

fn stretch_class(explained: &Explained<'_>, stretch: &Stretch) -> &'static str {
    if !stretch.waits() {
        return "rest-piece";
    }
    match stretch.location {
        WaitLocation::With(_) if stretch.holder == explained.catalog().unclaimed() => {
            "unclaimed-piece"
        }
        WaitLocation::With(_) => "team-piece",
        WaitLocation::Closed => "closed-piece",
        WaitLocation::Pending => "pending-piece",
        WaitLocation::OnHold => "on-hold-piece",
    }
}

fn life_line(board: &Board<'_>, explained: &Explained<'_>, line: LifeLine) -> Markup {
    let texts = board.texts;
    match line {
        LifeLine::Mark { at, mark } => html! {
            li class="mark" {
                (instant(board, at)) " "
                @match mark {
                    LifeMark::Event(index) => { strong { (event(board, explained, index)) } }
                    LifeMark::Due(index) => {
                        @if let Some(row) = explained.rows().get(index) {
                            @let name = ("stopwatch", row_name(board, explained, row).into());
                            (texts.format("ticket-due", &[name]))
                        }
                    }
                    LifeMark::Now => { (texts.text("ticket-now")) }
                }
            }
        },
        LifeLine::Between(stretch) => html! {
            li class={ "stretch " (stretch_class(explained, &stretch)) } {
                (texts.duration(stretch.length())) " "
                (stretch_words(board, &stretch))
                @if stretch.waits() { ", " (held_by(board, explained, stretch.holder)) }
            }
        },
        LifeLine::Future => html! { li class="stretch" { "⋮" } },
    }
}

fn stretch_words(board: &Board<'_>, stretch: &Stretch) -> String {
    let place = if stretch.is_solved {
        "solved"
    } else if stretch.is_gone {
        "gone"
    } else if stretch.is_idle {
        "idle"
    } else {
        match stretch.location {
            WaitLocation::With(_) => "open",
            WaitLocation::Closed => "closed",
            WaitLocation::Pending => "pending",
            WaitLocation::OnHold => "on_hold",
        }
    };
    board.texts.format("ticket-stretch", &[("place", place.into())])
}

/// An event in words, with team, priority and channel where the event changed them. Agents are not named.
fn event(board: &Board<'_>, explained: &Explained<'_>, index: usize) -> Markup {
    let texts = board.texts;
    let Some(step) = explained.steps().get(index) else { return html! {} };
    let news = explained.news(index);
    let kind = step.kind.label().rsplit('.').next().unwrap_or_default();
    html! {
        (texts.format("ticket-event", &[("kind", kind.into())]))
        @if let Some(into) = &step.into { " " (tickets::id(board, into)) }
        @if let Some(from) = &step.from { " " (tickets::id(board, from)) }
        @if let Some(since) = step.waiting_since {
            ", " (texts.text("ticket-waits-since")) " " (instant(board, since))
        }
        // Whoever judges their own work does so for themselves; what was brought stands on the agenda.
        @if let Some(score) = step.score.filter(|_| step.kind != Kind::Reviewed) {
            ", " (texts.format("ticket-score", &[("score", u64::from(score).into())]))
        }
        @if let Some(team) = news.team {
            ": " bdi { (team_name(board, explained, team)) }
            @if step.kind == Kind::Assigned && step.holder == explained.catalog().unclaimed() {
                " (" (texts.text("ticket-undeclared")) ")"
            }
        }
        @if news.priority.is_some() {
            ", " (texts.text("column-priority")) ": " (tickets::priority(board, news.priority))
        }
        @if let Some(channel) = news.channel { ", " bdi { (shown(channel)) } }
    }
}

/// The name of a stopwatch, numbered where there are several.
fn row_name(board: &Board<'_>, explained: &Explained<'_>, row: &StopwatchRow) -> String {
    let name = measure_name(board, row.measure);
    let is_one_of_many = |other: &StopwatchRow| other.measure == row.measure && other.n > 1;
    let numbered = if explained.rows().iter().any(is_one_of_many) {
        format!("{name} {}", row.n)
    } else {
        name
    };
    let Some(pauses) = &row.pauses else { return numbered };
    let key = match (pauses.contains(&"pending"), pauses.contains(&"on_hold")) {
        (false, false) => "never",
        (true, false) => "pending",
        (false, true) => "on_hold",
        (true, true) => "both",
    };
    let pauses = board.texts.format("ticket-pauses", &[("pauses", key.into())]);
    format!("{numbered} ({pauses})")
}

/// Every stopwatch with its target, due time and verdict.
fn stopwatches(board: &Board<'_>, explained: &Explained<'_>) -> Markup {
    let texts = board.texts;
    let has_hours = explained.catalog().has_calendars();
    let label = |key: &str| texts.text(key);
    html! {
        section {
            h2 { (texts.text("heading-stopwatches")) }
            table class="tickets stacked" {
                thead {
                    tr {
                        th scope="col" { (label("column-stopwatch")) }
                        th scope="col" { (label("column-of")) }
                        @if has_hours { th scope="col" { (label("column-open-time")) } }
                        th scope="col" { (label("column-elapsed")) }
                        th scope="col" { (label("ticket-column-target")) }
                        th scope="col" { (label("column-due")) }
                        th scope="col" { (label("ticket-column-verdict")) }
                    }
                }
                tbody {
                    @for row in explained.rows() {
                        tr class=[row.over.then_some("over")] {
                            th scope="row" { (row_name(board, explained, row)) }
                            td data-label=(label("column-of")) {
                                (held_by(board, explained, explained.catalog().scope_of_team(&row.team)))
                            }
                            @if has_hours {
                                td data-label=(label("column-open-time")) { (open_time(board, row)) }
                            }
                            td data-label=(label("column-elapsed")) { (amount(board, row.elapsed_calendar)) }
                            td data-label=(label("ticket-column-target")) { (target(board, explained, row)) }
                            td data-label=(label("column-due")) {
                                @match row.due_at {
                                    Some(at) => { (instant(board, at)) }
                                    None => { (texts.text("none")) }
                                }
                            }
                            td data-label=(label("ticket-column-verdict")) {
                                (row_verdict(board, explained, row))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn open_time(board: &Board<'_>, row: &StopwatchRow) -> String {
    if row.measure.is_timed() { amount(board, row.elapsed_open) } else { board.texts.text("none") }
}

/// An exact amount: unlike a quantile, it is not rounded.
fn amount(board: &Board<'_>, amount: Amount) -> String {
    match amount {
        Amount::Time(elapsed) => board.texts.duration(elapsed),
        Amount::Count { .. } => board.texts.amount(amount),
    }
}

fn target(board: &Board<'_>, explained: &Explained<'_>, row: &StopwatchRow) -> Markup {
    let texts = board.texts;
    let Some((id, target)) = row.objective().zip(row.target) else {
        return html! { (texts.text("none")) };
    };
    let (_, objective) = explained.catalog().objective(id);
    let time = match target {
        TargetShown::Amount(time) => amount(board, time),
        TargetShown::WorkingDays(days) => {
            texts.format("working-days", &[("count", days.count().into())])
        }
    };
    let is_open = matches!(target, TargetShown::Amount(_)) && row.basis() == Basis::Open;
    let time = if is_open { texts.format("of-open-time", &[("time", time.into())]) } else { time };
    html! { (time) " (" bdi { (shown(&objective.name)) } ")" }
}

/// The verdict on a stopwatch, in words.
fn row_verdict(board: &Board<'_>, explained: &Explained<'_>, row: &StopwatchRow) -> String {
    let texts = board.texts;
    let state = match (row.state, row.given_up()) {
        ("running", _) => "waiting",
        ("paused", _) => "paused",
        (_, None) => "answered",
        (_, Some(GivenUp::Deleted)) if row.over => "deleted-miss",
        (_, Some(GivenUp::Reopened)) => "reopened-miss",
        (_, Some(reason)) => reason.label(),
    };
    let leaves_out = matches!(row.given_up(), Some(GivenUp::NoReplyNeeded | GivenUp::Spam))
        || row.given_up() == Some(GivenUp::Deleted) && !row.over;
    let measure = ("measure", row.measure.label().into());
    let state = texts.format("ticket-ended", &[("state", state.into()), measure]);
    let against =
        row.allowance().filter(|_| !leaves_out).map(|allowance| against(board, row, allowance));
    let rest = explained.counted_at_rest(row);
    let rest = (rest > Elapsed::ZERO)
        .then(|| texts.format("ticket-at-rest", &[("time", texts.duration(rest).into())]));
    let parts = std::iter::once(state).chain(against).chain(rest);
    parts.filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(", ")
}

/// A stopwatch compared with the time that its target allows.
fn against(board: &Board<'_>, row: &StopwatchRow, allowance: Amount) -> String {
    let texts = board.texts;
    let elapsed = row.elapsed();
    let time = |one: Amount| ("time", amount(board, one).into());
    match (row.over, elapsed > allowance) {
        (true, true) => texts.format("ticket-over-by", &[time(elapsed.less(allowance))]),
        (true, false) => texts.text("ticket-stays-over"),
        (false, _) if row.stopped_at.is_none() => {
            texts.format("ticket-left", &[time(allowance.less(elapsed))])
        }
        (false, _) if row.given_up().is_some() => texts.text("ticket-not-over"),
        (false, _) => texts.text("ticket-in-time"),
    }
}

/// Where the ticket waited.
fn locations(board: &Board<'_>, explained: &Explained<'_>) -> Markup {
    let texts = board.texts;
    let breakdown = explained.breakdown();
    let text = |key| html! { (texts.text(key)) };
    let mut all = vec![(text("unclaimed"), breakdown.unclaimed.0)];
    all.extend(
        breakdown.teams.iter().map(|(team, seconds)| {
            (html! { bdi { (team_name(board, explained, team)) } }, seconds.0)
        }),
    );
    all.push((text("location-pending"), breakdown.pending.0));
    all.push((text("location-on-hold"), breakdown.on_hold.0));
    all.push((text("location-closed"), breakdown.closed.0));
    all.retain(|(_, elapsed)| *elapsed > Elapsed::ZERO);
    let total: i64 = all.iter().map(|(_, elapsed)| elapsed.ms()).sum();
    let percent = |elapsed: Elapsed| {
        let rounded =
            (i128::from(elapsed.ms()) * 100 + i128::from(total / 2)) / i128::from(total.max(1));
        texts.percent(u32::try_from(rounded * 100).unwrap_or_default())
    };
    html! {
        @if !all.is_empty() {
            section class="breakdown" {
                h2 { (texts.text("heading-where-waited")) }
                table {
                    thead class="hidden" {
                        tr {
                            th scope="col" { (texts.text("column-location")) }
                            th scope="col" { (texts.text("column-share")) }
                            th scope="col" { (texts.text("column-time")) }
                        }
                    }
                    tbody {
                        @for (name, elapsed) in &all {
                            tr {
                                th scope="row" { (name) }
                                td { (percent(*elapsed)) }
                                td { (texts.duration(*elapsed)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
