//! What a turn of duty checks, and what each member judges of their own work.
//!
//! # Design
//! Whoever judges a ticket sees the ticket, not other people's judgements of it. Where several have judged
//! the same ticket, the page of the turn shows how far they differ, without names, once all who are asked to
//! judge it have done so, or the turn is over.

use maud::{Markup, html};

use super::agenda;
use super::agenda_forms::{
    Forms, TEXT_CHARS_MAX, by_field, hidden_fields, kept, member_field, news,
};
use super::agenda_sections;
use super::components::{awaited_words, breadcrumbs, instant, name};
use super::duty;
use super::form_action::FormAction;
use super::view_model::{Board, shown};
use crate::address;
use crate::catalog::ScopeId;
use crate::check_list::{CheckItem, CheckList, CheckReason};
use crate::review::Review;
use crate::service::http::writing::FormWriter;
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// How long judgements that differ are shown.
const DIFFERENCES_FOR: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// The text of a reason.
fn reason_key(reason: CheckReason) -> &'static str {
    match reason {
        CheckReason::Missed => "check-missed",
        CheckReason::Unanswered => "check-unanswered",
        CheckReason::Drawn => "check-drawn",
    }
}

/// The page of the present turn.
pub(super) fn turn_page(board: &Board<'_>, scope: ScopeId, forms: &Forms) -> Markup {
    let texts = board.texts;
    html! {
        (breadcrumbs(board, Some(scope), &texts.text("turn")))
        h1 { (texts.text("turn")) " – " (name(board, scope)) }
        (news(board, forms))
        @match board.check_list(scope) {
            None => { p class="reason" { (texts.text(why_no_list(board, scope))) } }
            Some(list) => { (turn(board, scope, list, forms)) }
        }
        // Until the list is made, it is not known who is asked to judge what.
        @if board.check_list(scope).is_some() || board.catalog.duty(scope).is_none() {
            (differences(board, scope))
        }
    }
}

/// Why a team has no list.
fn why_no_list(board: &Board<'_>, scope: ScopeId) -> &'static str {
    if board.catalog.duty(scope).is_some() { "turn-being-made" } else { "turn-none" }
}

fn turn(board: &Board<'_>, scope: ScopeId, list: &CheckList, forms: &Forms) -> Markup {
    let texts = board.texts;
    let duty = board.catalog.duty(scope);
    let turn = duty.zip(board.at).and_then(|(duty, at)| duty.turn_at(at));
    html! {
        @if let Some(turn) = turn { p { (duty::sentence(board, turn)) } }
        p { a class="more" href=(board.reader.link(&address::own(board.label(scope)))) {
            (texts.text("own-link"))
        } }
        p { (agenda::link(board, scope)) }
        section class="agenda" {
            h2 { (texts.text("check-heading")) }
            p class="legend" {
                (texts.format("check-explained", &[
                    ("from", board.instant(list.from).into()), ("to", board.instant(list.to).into()),
                ]))
            }
            @if list.items.is_empty() {
                p class="reason" { (texts.text("check-nothing")) }
            } @else {
                @let is_done = |item: &&CheckItem| Judged::of(board, list, &item.ticket).is_done();
                @let done = list.items.iter().filter(is_done).count() as u64;
                p { (texts.format("check-count", &[
                    ("done", done.into()), ("all", (list.items.len() as u64).into()),
                ])) }
            }
            ul {
                @for item in &list.items {
                    @let judged = Judged::of(board, list, &item.ticket);
                    @let is_marked = !judged.is_done() && item.reason != CheckReason::Drawn;
                    li class=[is_marked.then_some("marked")] {
                        (ticket_line(board, &item.ticket, &texts.text(reason_key(item.reason)), judged))
                        @if judged != Judged::InTurn {
                            (judge_form(board, scope, &item.ticket, forms, None))
                        }
                    }
                }
            }
        }
        section class="agenda" {
            h2 { (texts.text("check-meters")) }
            (meters(board, scope))
        }
    }
}

/// Whether somebody has judged a ticket of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    /// Nobody has.
    No,
    /// At this instant, before the time that the list is about. So it does not count for what is listed.
    Long(Timestamp),
    /// In the time that the list is about: the turn before.
    Before,
    /// Since the handover.
    InTurn,
}

impl Judged {
    fn of(board: &Board<'_>, list: &CheckList, ticket: &str) -> Self {
        match board.reviews(ticket).last().map(|review| review.at) {
            None => Self::No,
            Some(at) if at < list.from => Self::Long(at),
            Some(at) if at < list.to => Self::Before,
            Some(_) => Self::InTurn,
        }
    }

    /// Whether nothing is left to do about it.
    const fn is_done(self) -> bool {
        matches!(self, Self::Before | Self::InTurn)
    }

    fn words(self, board: &Board<'_>) -> String {
        let texts = board.texts;
        match self {
            Self::No => texts.text("check-open"),
            Self::Long(at) => {
                texts.format("check-judged-long", &[("at", board.instant(at).into())])
            }
            Self::Before => texts.text("check-judged-before"),
            Self::InTurn => texts.text("check-done"),
        }
    }
}

/// The ticket, why it is listed, and whether it is judged.
fn ticket_line(board: &Board<'_>, ticket: &str, why: &str, judged: Judged) -> Markup {
    let texts = board.texts;
    html! {
        p {
            a href=(board.reader.link(&address::ticket(ticket))) { bdi { (shown(ticket)) } }
            @if let Some(url) = board.ticket_links().of(ticket) {
                " · " a href=(url) rel="noreferrer" { (texts.text("check-at-desk")) }
            }
        }
        p class="legend" {
            (why) " · " (judged.words(board))
        }
    }
}

/// What else a turn looks at: the meters themselves.
fn meters(board: &Board<'_>, scope: ScopeId) -> Markup {
    let texts = board.texts;
    let (waiting, _) = board.waiting_for_answer(board.catalog.unclaimed());
    let undeclared = board.undeclared_teams();
    html! {
        ul {
            @for (text, more) in agenda_sections::look_again_lines(board, scope) {
                li { p { (text) } p class="legend" { (more) } }
            }
            @if waiting > 0 {
                li { p { a href=(board.reader.link(&board.team_path(board.catalog.unclaimed()))) {
                    (texts.format("check-unclaimed", &[("count", waiting.into())]))
                } } }
            }
            @if undeclared > 0 {
                li { p { a href=(board.reader.link(address::STREAM)) {
                    (texts.format("check-undeclared", &[("count", undeclared.into())]))
                } } }
            }
        }
    }
}

/// The page of what a member judges themselves.
pub(super) fn own_page(
    board: &Board<'_>,
    scope: ScopeId,
    forms: &Forms,
    says: Option<&str>,
) -> Markup {
    let texts = board.texts;
    let person = match &forms.writer {
        FormWriter::Person(person) => Some(person.as_str()),
        FormWriter::SaysWho => says,
        FormWriter::Nobody => None,
    };
    let list = board.check_list(scope);
    html! {
        (breadcrumbs(board, Some(scope), &texts.text("own")))
        h1 { (texts.text("own")) " – " (name(board, scope)) }
        (news(board, forms))
        @match (list, person) {
            (None, _) => { p class="reason" { (texts.text(why_no_list(board, scope))) } }
            (Some(_), None) if forms.writer == FormWriter::SaysWho => { (choose(board, scope, forms)) }
            (Some(_), None) => { p class="reason" { (texts.text("own-nobody")) } }
            (Some(list), Some(person)) => { (own(board, scope, list, forms, person)) }
        }
    }
}

/// The form by which a person on this machine says who they are.
fn choose(board: &Board<'_>, scope: ScopeId, forms: &Forms) -> Markup {
    html! {
        form class="say" method="get" action=(address::own(board.label(scope))) {
            @if board.reader.is_asked {
                input type="hidden" name="lang" value=(board.reader.language.code());
            }
            (member_field(board, scope, forms.remembered.as_deref(), false))
            button type="submit" { (board.texts.text("own-show")) }
        }
    }
}

fn own(board: &Board<'_>, scope: ScopeId, list: &CheckList, forms: &Forms, person: &str) -> Markup {
    let texts = board.texts;
    let together =
        list.together.iter().filter(|(_, judges)| judges.iter().any(|one| **one == *person));
    let mut tickets: Vec<(&str, &str)> =
        together.map(|(ticket, _)| (&**ticket, "own-together")).collect();
    let own = list.own.get(person).into_iter().flatten();
    tickets.extend(own.map(|ticket| (&**ticket, "own-answered")));
    let of = if forms.writer == FormWriter::SaysWho { "own-of-anyone" } else { "own-of" };
    html! {
        p { (texts.format(of, &[("member", shown(person).into())])) }
        p { (agenda::link(board, scope)) }
        section class="agenda" {
            h2 { (texts.text("own-heading")) }
            p class="legend" {
                (texts.format("own-explained", &[
                    ("from", board.instant(list.from).into()), ("to", board.instant(list.to).into()),
                ]))
            }
            @if tickets.is_empty() { p class="reason" { (texts.text("own-nothing")) } }
            ul {
                @for (ticket, why) in &tickets {
                    @let mine = board.reviews(ticket).iter().find(|one| {
                        *one.by == *person && one.at >= list.from
                    });
                    li {
                        @let judged = if mine.is_some() { Judged::InTurn } else { Judged::No };
                        (ticket_line(board, ticket, &texts.text(why), judged))
                        @match mine {
                            Some(review) => { (judgement(board, review)) }
                            None => { (judge_form(board, scope, ticket, forms, Some(person))) }
                        }
                    }
                }
            }
        }
    }
}

/// What a person said of a ticket, shown to that person only.
fn judgement(board: &Board<'_>, review: &Review) -> Markup {
    let texts = board.texts;
    html! {
        p class="legend" {
            @if let Some(score) = review.score {
                (texts.format("own-score", &[("score", u64::from(score).into())])) " "
            }
            @if let Some(note) = &review.note { bdi { (shown(note)) } " " }
            (instant(board, review.at))
        }
    }
}

/// The form to judge a ticket. `person`: who judges, where the page is theirs.
fn judge_form(
    board: &Board<'_>,
    scope: ScopeId,
    ticket: &str,
    forms: &Forms,
    person: Option<&str>,
) -> Markup {
    if forms.writer == FormWriter::Nobody {
        return html! {};
    }
    let texts = board.texts;
    let kept = kept(forms, FormAction::Review).filter(|kept| kept.value("ticket") == Some(ticket));
    let label = board.label(scope);
    let path = if person.is_some() { address::own(label) } else { address::turn(label) };
    let categories = board.catalog.about(scope).map_or(&[][..], |about| &about.review_categories);
    html! {
        details open[kept.is_some()] {
            summary { (texts.text("judge")) }
            form class="say" method="post" action=(board.reader.link(&path)) {
                (hidden_fields(board, FormAction::Review))
                input type="hidden" name="ticket" value=(ticket);
                @match person {
                    Some(person) => { input type="hidden" name="by" value=(person); }
                    None => { (by_field(board, scope, forms, kept, false)) }
                }
                @let score = kept.and_then(|kept| kept.value("score"));
                (score_field(board, "score", &texts.text("judge-score"), score))
                @for category in categories {
                    @let name = format!("category:{category}");
                    (score_field(board, &name, &shown(category), kept.and_then(|kept| kept.value(&name))))
                }
                label class="wide" {
                    span { (texts.text("judge-note")) }
                    textarea name="note" maxlength=(TEXT_CHARS_MAX) rows="2" {
                        (kept.and_then(|kept| kept.value("note")).unwrap_or_default())
                    }
                }
                label class="check" {
                    input type="checkbox" name="bring_to_team" value="true"
                        checked[kept.is_some_and(|kept| kept.value("bring_to_team").is_some())];
                    span { (texts.text("judge-bring")) }
                }
                button type="submit" { (texts.text("judge-send")) }
            }
        }
    }
}

/// A choice from 1 to 5. A category may not apply; the score itself must be chosen.
fn score_field(board: &Board<'_>, field: &str, label: &str, kept: Option<&str>) -> Markup {
    let is_score = field == "score";
    let none = board.texts.text(if is_score { "judge-choose" } else { "judge-not-apply" });
    html! {
        label {
            span { (label) }
            select name=(field) required[is_score] {
                option value="" { (none) }
                @for score in 1..=5 {
                    option value=(score) selected[kept == Some(score.to_string().as_str())] { (score) }
                }
            }
        }
    }
}

/// Where the judgements of one ticket differ, without names.
fn differences(board: &Board<'_>, scope: ScopeId) -> Markup {
    let texts = board.texts;
    let since = board.at.map_or(Timestamp::EVENT_MIN, |at| at.minus(DIFFERENCES_FOR));
    let judged = board.judged_by_several(scope);
    let recent: Vec<_> = judged
        .into_iter()
        .filter(|(_, reviews)| reviews.iter().all(|review| review.at >= since))
        .collect();
    html! {
        @if !recent.is_empty() {
            section class="agenda" {
                h2 { (texts.text("differ-heading")) }
                p class="legend" { (texts.text("differ-explained")) }
                ul {
                    @for (ticket, reviews) in &recent {
                        li {
                            p {
                                a href=(board.reader.link(&address::ticket(ticket))) {
                                    bdi { (shown(ticket)) }
                                }
                            }
                            p class="legend" {
                                @match board.awaited_judges(scope, ticket) {
                                    Some(awaited) => { (awaited_words(board, awaited)) }
                                    None => { (scores(board, reviews).join("; ")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The scores of a ticket, and of each category, the lowest first.
fn scores(board: &Board<'_>, reviews: &[Review]) -> Vec<String> {
    let line = |label: &str, mut scores: Vec<u8>| {
        scores.sort_unstable();
        let scores: Vec<String> = scores.iter().map(ToString::to_string).collect();
        (!scores.is_empty()).then(|| format!("{label}: {}", scores.join(", ")))
    };
    let whole = reviews.iter().filter_map(|review| review.score).collect();
    let mut categories: Vec<&str> =
        reviews.iter().flat_map(|review| &review.categories).map(|(name, _)| &**name).collect();
    categories.sort_unstable();
    categories.dedup();
    let of_category = |category: &&str| {
        let all = reviews.iter().flat_map(|review| &review.categories);
        let of = all.filter(|(name, _)| **name == **category).filter_map(|(_, score)| *score);
        line(&shown(category), of.collect())
    };
    let whole = line(&board.texts.text("differ-whole"), whole);
    whole.into_iter().chain(categories.iter().filter_map(of_category)).collect()
}

#[cfg(test)]
mod tests;
