//! The agenda of a team's own talk: what was brought, what worries someone, what was missed, what was decided
//! last time and whether it is done.
//!
//! # Design
//! The content is a list of sections with plain texts, of which the page, Markdown and plain text are made.
//! So all three say the same.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::agenda_forms::{Forms, long_form, news, short_form};
use super::components::{awaited_words, breadcrumbs, name, reason, title};
use super::form_action::FormAction;
use super::view_model::{Board, ObjectiveView, shown};
use crate::address;
use crate::agreement::{Level, VerdictState};
use crate::catalog::ScopeId;
use crate::past::{Hour, PastPoint};
use crate::review::BroughtTicket;
use crate::team_log::{Concern, ConcernBefore, Decision, Discussion, Moved, Said, TeamLog};
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// Notes of turns are shown for this long; settled concerns and done decisions, where a team has no turns of
/// duty.
const SHOWN_FOR: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// The period of an agenda.
const PERIOD: Elapsed = Elapsed::from_ms(7 * DAY_MS);

/// What one can do about a decision that is open.
const DECISION_FORMS: [FormAction; 3] = [FormAction::Finish, FormAction::Move, FormAction::Drop];

/// Maximum tickets shown that were brought to the team: the oldest.
const BROUGHT_SHOWN_MAX: usize = 50;

/// What is open for longer than this is old.
const OLD_AFTER: Elapsed = Elapsed::from_ms(14 * DAY_MS);

/// One section.
pub(super) struct AgendaSection {
    /// Its name in the API, the same in all languages.
    pub(super) name: &'static str,
    pub(super) heading: String,
    pub(super) items: Vec<AgendaItem>,
    /// What it says without items.
    pub(super) nothing: String,
    /// The form at its end.
    pub(super) form: Option<FormAction>,
}

/// One item.
pub(super) struct AgendaItem {
    pub(super) text: String,
    /// When, by whom, and what became of it.
    pub(super) more: String,
    /// The page about it.
    pub(super) link: Option<String>,
    /// Whether it needs attention.
    pub(super) is_marked: bool,
    /// What one can do about it, and the id of the concern or decision.
    pub(super) form: Option<(&'static [FormAction], String)>,
}

impl AgendaItem {
    pub(super) fn new(text: String, more: String) -> Self {
        Self { text, more, link: None, is_marked: false, form: None }
    }
}

/// The scope of a label that has an agenda: unclaimed tickets have no team that could talk.
pub(super) fn scope_of(board: &Board<'_>, label: &str) -> Option<ScopeId> {
    board.catalog.scope_by_label(label).filter(|scope| *scope != board.catalog.unclaimed())
}

/// The times that an agenda is about.
#[derive(Clone, Copy)]
pub(super) struct AgendaPeriod {
    /// The handover before the last one, so that the talk at a handover is about the whole turn that ends;
    /// without turns of duty, a week ago.
    pub(super) since: Timestamp,
    /// The last handover; `None` without turns of duty.
    pub(super) handover: Option<Timestamp>,
}

impl AgendaPeriod {
    pub(super) fn of(board: &Board<'_>, scope: ScopeId) -> Self {
        let Some(at) = board.at else {
            return Self { since: Timestamp::EVENT_MIN, handover: None };
        };
        let duty = board.catalog.duty(scope);
        let turn = duty.and_then(|duty| Some((duty, duty.turn_at(at)?.starts)));
        let Some((duty, handover)) = turn else {
            return Self { since: at.minus(PERIOD), handover: None };
        };
        let before = duty.turn_at(handover.minus(Elapsed::from_ms(1)));
        let since = before.map_or_else(|| handover.minus(PERIOD), |turn| turn.starts);
        Self { since, handover: Some(handover) }
    }

    /// Whether what ended at an instant is still shown: until the handover after the first one at which it
    /// had ended, so that each talk sees it once; without turns of duty, for a while.
    fn has(self, board: &Board<'_>, ended: Timestamp) -> bool {
        match self.handover {
            Some(_) => ended >= self.since,
            None => is_recent(board, ended),
        }
    }
}

/// The tickets that are to be talked about, without the names of those who judged. Each stays until somebody
/// says that it was talked about, and then until the next handover.
pub(super) fn brought(board: &Board<'_>, scope: ScopeId, period: AgendaPeriod) -> AgendaSection {
    let texts = board.texts;
    let all = board.brought(scope);
    let is_shown = |brought: &&BroughtTicket<'_>| match brought.discussion {
        Discussion::Open => true,
        Discussion::Recorded(said) => said.at >= period.handover.unwrap_or(period.since),
        Discussion::Dropped => false,
    };
    let shown: Vec<&BroughtTicket<'_>> = all.iter().filter(is_shown).collect();
    let item = |brought: &&BroughtTicket<'_>| brought_item(board, scope, brought);
    let mut items: Vec<AgendaItem> = shown.iter().take(BROUGHT_SHOWN_MAX).map(item).collect();
    let others = shown.len().saturating_sub(BROUGHT_SHOWN_MAX) as u64;
    if others > 0 {
        let text = texts.format("agenda-others-brought", &[("count", others.into())]);
        items.push(AgendaItem::new(text, String::new()));
    }
    AgendaSection {
        name: "brought",
        heading: texts.text("agenda-brought"),
        items,
        nothing: texts.text("agenda-nothing-brought"),
        form: Some(FormAction::Bring),
    }
}

fn brought_item(board: &Board<'_>, scope: ScopeId, brought: &BroughtTicket<'_>) -> AgendaItem {
    let (texts, at) = (board.texts, brought.at);
    let note = brought.note.map_or_else(|| texts.text("agenda-no-words"), shown);
    let score = brought.score;
    let score =
        score.map(|score| texts.format("agenda-score", &[("score", u64::from(score).into())]));
    let when = if brought.is_reviewed {
        board.instant(at)
    } else {
        who_and_when(board, "agenda-raised", brought.by, at)
    };
    let awaited = board.awaited_judges(scope, brought.ticket).filter(|_| brought.is_reviewed);
    let awaited = awaited.map(|awaited| awaited_words(board, awaited));
    let mut more: Vec<String> = score.into_iter().chain(awaited).chain([when]).collect();
    let age = board.at.map_or(Elapsed::ZERO, |now| now.since(at));
    let is_open = brought.discussion == Discussion::Open;
    match brought.discussion {
        Discussion::Open => {
            more.push(texts.format("agenda-not-discussed", &[("wait", texts.wait(age).into())]));
        }
        Discussion::Recorded(said) => more.push(with_words(board, "agenda-discussed", said)),
        Discussion::Dropped => {}
    }
    let shows_ids = board.ticket_links().shows_ids;
    let text = if shows_ids { format!("{}: {note}", shown(brought.ticket)) } else { note };
    AgendaItem {
        link: shows_ids.then(|| address::ticket(brought.ticket)),
        is_marked: is_open && age >= OLD_AFTER,
        form: is_open.then(|| (&[FormAction::Discuss][..], brought.reference())),
        ..AgendaItem::new(text, more.join("; "))
    }
}

/// The tickets that a decision may be about: those that were brought and are not talked about. Each with the
/// value of its form field.
fn tickets_to_decide(board: &Board<'_>, scope: ScopeId) -> Vec<(String, String)> {
    let mut tickets: Vec<(String, String)> = Vec::new();
    let open = board.brought(scope).into_iter().filter(|one| one.discussion == Discussion::Open);
    for brought in open.take(BROUGHT_SHOWN_MAX) {
        let shows_ids = board.ticket_links().shows_ids;
        let text = if shows_ids { shown(brought.ticket) } else { board.instant(brought.at) };
        if tickets.iter().all(|(_, other)| *other != text) {
            tickets.push((brought.reference(), text));
        }
    }
    tickets
}

/// The link to the agenda, with the numbers of open concerns and of brought tickets still to talk about.
pub(super) fn link(board: &Board<'_>, scope: ScopeId) -> Markup {
    let concerns = board.team_log(scope).map_or(0, |log| log.open_concerns().count() as u64);
    let brought = board.brought(scope);
    let tickets = brought.iter().filter(|one| one.discussion == Discussion::Open).count() as u64;
    let parts = [("agenda-link-concerns", concerns), ("agenda-link-tickets", tickets)];
    let parts = parts.into_iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> =
        parts.map(|(key, count)| board.texts.format(key, &[("count", count.into())])).collect();
    let link = board.texts.text("agenda-link");
    let text = if parts.is_empty() { link } else { format!("{link}: {}", parts.join(", ")) };
    html! { a class="more" href=(board.reader.link(&board.agenda_path(scope))) { (text) } }
}

/// Concerns that are open, and those that were settled: the talk at the next handover sees each once.
pub(super) fn concerns(board: &Board<'_>, log: &TeamLog, period: AgendaPeriod) -> AgendaSection {
    let texts = board.texts;
    let is_shown = |concern: &&Concern| {
        concern.settled.as_ref().is_none_or(|settled| period.has(board, settled.at))
    };
    let item = |concern: &Concern| concern_item(board, concern);
    AgendaSection {
        name: "concerns",
        heading: texts.text("agenda-concerns"),
        items: log.concerns.iter().filter(is_shown).map(item).collect(),
        nothing: texts.text("agenda-no-concerns"),
        form: Some(FormAction::Raise),
    }
}

/// Parts of a line. The full stop of what someone said is left out before the next part.
fn joined(parts: &[String]) -> String {
    let last = parts.len().saturating_sub(1);
    let part = |(at, part): (usize, &String)| {
        (if at < last { part.trim_end_matches('.') } else { part }).to_owned()
    };
    parts.iter().enumerate().map(part).collect::<Vec<_>>().join("; ")
}

fn concern_item(board: &Board<'_>, concern: &Concern) -> AgendaItem {
    let texts = board.texts;
    let Concern { id, raised, settled, before } = concern;
    let first = before.as_ref().map_or(raised, |before| &before.raised);
    let mut more = vec![by_and_when(board, "agenda-raised", first)];
    if let Some(ConcernBefore { raised: _, settled }) = before {
        more.push(with_words(board, "agenda-settled", settled));
        more.push(with_words(board, "agenda-raised-again", raised));
    }
    let text = said_text(board, first);
    if let Some(settled) = settled {
        more.push(with_words(board, "agenda-settled", settled));
        return AgendaItem {
            form: Some((&[FormAction::RaiseAgain], id.to_string())),
            ..AgendaItem::new(text, joined(&more))
        };
    }
    let age = board.at.map_or(Elapsed::ZERO, |at| at.since(raised.at));
    more.push(texts.format("agenda-open-for", &[("wait", texts.wait(age).into())]));
    AgendaItem {
        is_marked: age >= OLD_AFTER,
        form: Some((&[FormAction::Settle], id.to_string())),
        ..AgendaItem::new(text, joined(&more))
    }
}

/// Objectives that are missed or nearly, each with its reason and where the time went.
pub(super) fn misses(board: &Board<'_>, scope: ScopeId) -> AgendaSection {
    let texts = board.texts;
    let is_missed = |view: &&ObjectiveView<'_>| {
        matches!(view.last_state(), VerdictState::Missed | VerdictState::AtRisk)
    };
    let item = |view: &ObjectiveView<'_>| {
        let spent = super::breakdown::longest_in_words(board, *view);
        let more: Vec<String> = reason(board, *view).into_iter().chain(spent).collect();
        AgendaItem {
            link: Some(board.objective_path(*view)),
            is_marked: view.last_state() == VerdictState::Missed,
            ..AgendaItem::new(title(board, *view), more.join(". "))
        }
    };
    AgendaSection {
        name: "misses",
        heading: texts.text("agenda-misses"),
        items: board.objectives(scope).iter().filter(is_missed).map(item).collect(),
        nothing: texts.text(if board.objectives(scope).is_empty() {
            "agenda-no-objectives"
        } else {
            "agenda-no-misses"
        }),
        form: None,
    }
}

/// The share now and at an earlier point; `None` where a level has none.
fn shares(
    board: &Board<'_>,
    view: ObjectiveView<'_>,
    before: PastPoint,
    since: Timestamp,
) -> Option<String> {
    let Level::Within { share, .. } = view.level else { return None };
    let now = board.texts.percent(view.shown_share(*share)?);
    let before = super::past::share_of(board, view, before, since);
    Some(board.texts.format("agenda-shares", &[("now", now.into()), ("before", before.into())]))
}

/// How each objective stands, and how it stood at the beginning of the period.
pub(super) fn verdicts(board: &Board<'_>, scope: ScopeId, since: Timestamp) -> AgendaSection {
    let texts = board.texts;
    let word = |state| texts.text(super::components::state_key(state));
    let item = |view: &ObjectiveView<'_>| {
        let now = view.last_state();
        let hour = Hour::until(since);
        let before = board.past.and_then(|derived| {
            let mut points = derived.past.points_of(view.id);
            points.find(|(at, _)| *at == hour).map(|(_, point)| point)
        });
        let shares = before.and_then(|point| shares(board, *view, point, since));
        let more = match before.map(|point| point.state) {
            Some(before) if before != now => texts.format(
                "agenda-verdict-changed",
                &[("before", word(before).into()), ("now", word(now).into())],
            ),
            Some(_) => texts.format("agenda-verdict-same", &[("now", word(now).into())]),
            None => word(now),
        };
        let changed = super::changes::last_since(board, *view, since);
        let more: Vec<String> = std::iter::once(more).chain(shares).collect();
        let more: Vec<String> = std::iter::once(more.join("; ")).chain(changed).collect();
        AgendaItem {
            link: Some(board.objective_path(*view)),
            ..AgendaItem::new(title(board, *view), more.join(". "))
        }
    };
    let since = ("since", board.instant(since).into());
    AgendaSection {
        name: "verdicts",
        heading: texts.format("agenda-verdicts", &[since]),
        items: board.objectives(scope).iter().map(item).collect(),
        nothing: texts.text("agenda-no-objectives"),
        form: None,
    }
}

/// What was decided, and whether it is done. With turns of duty, what was decided before the last handover
/// stands apart: the team looks at it first. What is done or dropped is shown at the next handover once more,
/// and so is a new day.
pub(super) fn decisions(
    board: &Board<'_>,
    log: &TeamLog,
    period: AgendaPeriod,
) -> Vec<AgendaSection> {
    let texts = board.texts;
    let is_shown =
        |decision: &Decision| decision.ended().is_none_or(|ended| period.has(board, ended.at));
    let items = |is_of_section: &dyn Fn(&Decision) -> bool| {
        let of_section = log.decisions.iter().filter(|one| is_shown(one) && is_of_section(one));
        of_section.map(|decision| decision_item(board, decision, period)).collect::<Vec<_>>()
    };
    let section = |name, heading: String, nothing, items, form| AgendaSection {
        name,
        heading,
        items,
        nothing: texts.text(nothing),
        form,
    };
    let form = Some(FormAction::Decide);
    let Some(handover) = period.handover else {
        let heading = texts.text("agenda-decisions");
        return vec![section("decisions", heading, "agenda-no-decisions", items(&|_| true), form)];
    };
    let before = items(&|decision| decision.decided.at < handover);
    let after = items(&|decision| decision.decided.at >= handover);
    let at = ("at", board.instant(handover).into());
    vec![
        section(
            "decided_last",
            texts.text("agenda-decided-last"),
            "agenda-nothing-decided-last",
            before,
            None,
        ),
        section(
            "decisions",
            texts.format("agenda-decided-since", &[at]),
            "agenda-nothing-decided",
            after,
            form,
        ),
    ]
}

fn decision_item(board: &Board<'_>, decision: &Decision, period: AgendaPeriod) -> AgendaItem {
    let texts = board.texts;
    let mut more = vec![by_and_when(board, "agenda-decided", &decision.decided)];
    if let Some(ticket) = decision.ticket.as_deref().filter(|_| board.ticket_links().shows_ids) {
        more.push(texts.format("agenda-about", &[("ticket", shown(ticket).into())]));
    }
    let owner = decision.owner.as_deref().map_or_else(|| texts.text("agenda-nobody"), shown);
    more.push(texts.format("agenda-owner", &[("owner", owner.into())]));
    if let Some(due) = decision.due {
        more.push(texts.format("agenda-due", &[("date", texts.date(due).into())]));
        let moved = decision.moved.as_ref().filter(|moved| period.has(board, moved.said.at));
        more.extend(moved.map(|moved| moved_words(board, moved, due)));
    }
    if let Some(ended) = decision.ended() {
        let key = if decision.done.is_some() { "agenda-done" } else { "agenda-dropped" };
        more.push(with_words(board, key, ended));
        return AgendaItem::new(said_text(board, &decision.decided), joined(&more));
    }
    let today = board.at.and_then(|at| board.zone.local_time(at)).map(|at| at.date_naive());
    let is_late = decision.due.zip(today).is_some_and(|(due, today)| due < today);
    more.push(texts.text(if is_late { "agenda-late" } else { "agenda-not-done" }));
    if let Some(at) = board.at.filter(|_| decision.decided.at < period.since) {
        let age = texts.wait(at.since(decision.decided.at));
        more.push(texts.format("agenda-open-for", &[("wait", age.into())]));
    }
    AgendaItem {
        is_marked: is_late,
        form: Some((&DECISION_FORMS, decision.id.to_string())),
        ..AgendaItem::new(said_text(board, &decision.decided), joined(&more))
    }
}

/// From which day to which a decision was moved.
fn moved_words(board: &Board<'_>, moved: &Moved, to: NaiveDate) -> String {
    let texts = board.texts;
    let to = ("to", texts.date(to).into());
    let days = match moved.from {
        Some(from) => texts.format("agenda-moved", &[("from", texts.date(from).into()), to]),
        None => texts.format("agenda-moved-first", &[to]),
    };
    format!("{days} {}", with_words(board, "agenda-moved-by", &moved.said))
}

/// The notes of the last turns.
pub(super) fn notes(board: &Board<'_>, log: &TeamLog) -> AgendaSection {
    let item = |note: &Said| {
        AgendaItem::new(said_text(board, note), by_and_when(board, "agenda-noted", note))
    };
    AgendaSection {
        name: "notes",
        heading: board.texts.text("agenda-notes"),
        items: log.notes.iter().filter(|note| is_recent(board, note.at)).map(item).collect(),
        nothing: board.texts.text("agenda-no-notes"),
        form: Some(FormAction::Note),
    }
}

/// Which levels and which figures of the market are due for another look.
pub(super) fn look_again(board: &Board<'_>, scope: ScopeId) -> AgendaSection {
    let texts = board.texts;
    let today = board.today();
    let about = board.catalog.about(scope);
    let agreed = about.and_then(|about| about.look_again).map(|date| {
        let is_past = today.is_some_and(|today| date <= today);
        let key = if is_past { "agenda-look-now" } else { "agenda-look-later" };
        AgendaItem {
            is_marked: is_past,
            ..AgendaItem::new(
                texts.text("agenda-level"),
                texts.format(key, &[("date", texts.date(date).into())]),
            )
        }
    });
    let markets = board.objectives(scope).iter().filter_map(|view| {
        let date = view.objective.market.as_ref()?.as_of?;
        let more = texts.format("agenda-market-of", &[("date", texts.date(date).into())]);
        Some(AgendaItem::new(title(board, *view), more))
    });
    AgendaSection {
        name: "look_again",
        heading: texts.text("agenda-look-again"),
        items: agreed.into_iter().chain(markets).collect(),
        nothing: texts.text("agenda-nothing-to-look-at"),
        form: None,
    }
}

fn is_recent(board: &Board<'_>, at: Timestamp) -> bool {
    board.at.is_none_or(|now| now.since(at) <= SHOWN_FOR)
}

fn said_text(board: &Board<'_>, said: &Said) -> String {
    said.text.as_deref().map_or_else(|| board.texts.text("agenda-no-words"), shown)
}

fn by_and_when(board: &Board<'_>, key: &str, said: &Said) -> String {
    who_and_when(board, key, said.by.as_deref(), said.at)
}

fn who_and_when(board: &Board<'_>, key: &str, by: Option<&str>, at: Timestamp) -> String {
    let by = by.filter(|_| board.ticket_links().shows_people);
    let by = by.map_or_else(|| board.texts.text("agenda-someone"), shown);
    board.texts.format(key, &[("by", by.into()), ("at", board.instant(at).into())])
}

/// Who did something and when, and what they said about it.
fn with_words(board: &Board<'_>, key: &str, said: &Said) -> String {
    let words = said.text.as_deref().map_or_else(String::new, |text| format!(": {}", shown(text)));
    format!("{}{words}", by_and_when(board, key, said))
}

/// The page with these sections.
pub(super) fn page(
    board: &Board<'_>,
    scope: ScopeId,
    sections: &[AgendaSection],
    forms: &Forms,
) -> Markup {
    let texts = board.texts;
    html! {
        (breadcrumbs(board, Some(scope), &texts.text("agenda")))
        h1 { (texts.text("agenda")) " – " (name(board, scope)) }
        (news(board, forms))
        p { a class="more" href=(board.reader.link(&board.agenda_markdown_path(scope))) {
            (texts.text("agenda-markdown"))
        } }
        div class="columns" {
            @for section in sections {
                section class="agenda" {
                    h2 { (section.heading) }
                    @if section.items.is_empty() { p class="reason" { (section.nothing) } }
                    ul {
                        @for item in &section.items {
                            li class=[item.is_marked.then_some("marked")] {
                                p {
                                    @match &item.link {
                                        Some(path) => { a href=(board.reader.link(path)) { (item.text) } }
                                        None => { bdi { (item.text) } }
                                    }
                                }
                                @if !item.more.is_empty() { p class="legend" { (item.more) } }
                                @if let Some((actions, id)) = &item.form {
                                    @for action in *actions {
                                        (short_form(board, scope, *action, id, forms))
                                    }
                                }
                            }
                        }
                    }
                    @if let Some(action) = section.form {
                        @let tickets = tickets_to_decide(board, scope);
                        (long_form(board, scope, action, &tickets, forms))
                    }
                }
            }
        }
    }
}
