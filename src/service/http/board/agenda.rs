//! The agenda of a team's own talk: what worries someone, what was missed, what was decided. With forms to
//! say something.
//!
//! # Design
//! The content is a list of sections with plain texts, of which the page, Markdown and plain text are made.
//! So all three say the same.

use maud::{Markup, html};

use super::components::{breadcrumbs, name, reason, title};
use super::view_model::{Board, ObjectiveView, shown};
use crate::address;
use crate::agreement::VerdictState;
use crate::catalog::ScopeId;
use crate::past::Hour;
use crate::review::Review;
use crate::service::http::writing::FormWriter;
use crate::team_log::{Concern, Decision, Said, TeamLog};
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// Settled concerns, done decisions and notes of turns are shown for this long.
const SHOWN_FOR: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// The period of an agenda.
const PERIOD: Elapsed = Elapsed::from_ms(7 * DAY_MS);

/// Maximum characters of a text in a form. An event keeps 500 bytes, and a letter such as ä has two.
pub(super) const TEXT_CHARS_MAX: u16 = 250;

/// A concern that is open for longer than this is old.
const OLD_AFTER: Elapsed = Elapsed::from_ms(14 * DAY_MS);

/// What a form does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service::http) enum FormAction {
    /// Raises a concern.
    Raise,
    /// Settles a concern.
    Settle,
    /// Records a decision.
    Decide,
    /// Records that a decision is done.
    Finish,
    /// Leaves a note about the turn of duty.
    Note,
    /// Judges how a ticket was handled.
    Review,
}

impl FormAction {
    /// All actions.
    pub(in crate::service::http) const ALL: [Self; 6] =
        [Self::Raise, Self::Settle, Self::Decide, Self::Finish, Self::Note, Self::Review];

    /// The value of the field `action`.
    pub(in crate::service::http) const fn label(self) -> &'static str {
        match self {
            Self::Raise => "raise",
            Self::Settle => "settle",
            Self::Decide => "decide",
            Self::Finish => "finish",
            Self::Note => "note",
            Self::Review => "review",
        }
    }
}

/// Who may write on a page, and what became of what they sent.
pub(in crate::service::http) struct Forms {
    /// Who writes.
    pub(in crate::service::http) writer: FormWriter,
    /// Whether the page comes after something was written.
    pub(in crate::service::http) is_sent: bool,
    /// What was not written, so that nobody has to type it again; `None` if all was.
    pub(in crate::service::http) refused: Option<RefusedForm>,
}

/// A form that was not written.
pub(in crate::service::http) struct RefusedForm {
    /// What it was to do.
    pub(in crate::service::http) action: Option<FormAction>,
    /// Whether Kafka cannot be reached, so that it may be sent again.
    pub(in crate::service::http) is_away: bool,
    /// Why, in English as in the API.
    pub(in crate::service::http) problem: String,
    /// The fields.
    pub(in crate::service::http) fields: Vec<(String, String)>,
}

impl RefusedForm {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One section.
pub(super) struct AgendaSection {
    pub(super) heading: String,
    pub(super) items: Vec<AgendaItem>,
    /// What it says without items.
    pub(super) nothing: String,
    /// The form at its end.
    form: Option<FormAction>,
}

/// One item.
pub(super) struct AgendaItem {
    pub(super) text: String,
    /// When, by whom, and what became of it.
    pub(super) more: String,
    /// The page about it.
    link: Option<String>,
    /// Whether it needs attention.
    is_marked: bool,
    /// What one can do about it, and the id of the concern or decision.
    form: Option<(FormAction, String)>,
}

impl AgendaItem {
    fn new(text: String, more: String) -> Self {
        Self { text, more, link: None, is_marked: false, form: None }
    }
}

/// The scope of a label that has an agenda: unclaimed tickets have no team that could talk.
pub(super) fn scope_of(board: &Board<'_>, label: &str) -> Option<ScopeId> {
    board.catalog.scope_by_label(label).filter(|scope| *scope != board.catalog.unclaimed())
}

/// The begin of the period that an agenda is about: the handover before the last one, so that the talk at a
/// handover is about the whole turn that ends; without turns of duty, a week ago.
pub(super) fn since(board: &Board<'_>, scope: ScopeId) -> Timestamp {
    let Some(at) = board.at else { return Timestamp::EVENT_MIN };
    let duty = board.catalog.duty(scope);
    let turn = duty.and_then(|duty| {
        let turn = duty.turn_at(at)?;
        duty.turn_at(turn.starts.minus(Elapsed::from_ms(1)))
    });
    turn.map_or_else(|| at.minus(PERIOD), |turn| turn.starts)
}

/// The sections of a team's agenda, of what happened since an instant.
pub(super) fn sections(board: &Board<'_>, scope: ScopeId, since: Timestamp) -> Vec<AgendaSection> {
    let none = TeamLog::default();
    let log = board.team_log(scope).unwrap_or(&none);
    vec![
        brought(board, scope, since),
        concerns(board, log),
        misses(board, scope),
        verdicts(board, scope, since),
        decisions(board, log),
        notes(board, log),
        look_again(board, scope),
    ]
}

/// What was judged and is to be talked about, without names.
fn brought(board: &Board<'_>, scope: ScopeId, since: Timestamp) -> AgendaSection {
    let texts = board.texts;
    let item = |review: &Review| {
        let note = review.note.as_deref().map_or_else(|| texts.text("agenda-no-words"), shown);
        let score = review
            .score
            .map(|score| texts.format("agenda-score", &[("score", u64::from(score).into())]));
        let more: Vec<String> = score.into_iter().chain([board.instant(review.at)]).collect();
        let shows_ids = board.ticket_links().shows_ids;
        let text = if shows_ids { format!("{}: {note}", shown(&review.ticket)) } else { note };
        AgendaItem {
            link: shows_ids.then(|| address::ticket(&review.ticket)),
            ..AgendaItem::new(text, more.join("; "))
        }
    };
    let brought = board.brought(scope).into_iter().filter(|review| review.at >= since);
    AgendaSection {
        heading: texts.text("agenda-brought"),
        items: brought.map(item).collect(),
        nothing: texts.text("agenda-nothing-brought"),
        form: None,
    }
}

/// What is due for another look, as a text and when.
pub(super) fn look_again_lines(board: &Board<'_>, scope: ScopeId) -> Vec<(String, String)> {
    let section = look_again(board, scope);
    section.items.into_iter().map(|item| (item.text, item.more)).collect()
}

/// Concerns that are open, and those that were settled not long ago.
fn concerns(board: &Board<'_>, log: &TeamLog) -> AgendaSection {
    let texts = board.texts;
    let item = |concern: &Concern| {
        let text = said_text(board, &concern.raised);
        let raised = by_and_when(board, "agenda-raised", &concern.raised);
        if let Some(settled) = &concern.settled {
            let how =
                settled.text.as_deref().map_or_else(String::new, |how| format!(": {}", shown(how)));
            let settled = by_and_when(board, "agenda-settled", settled);
            return AgendaItem::new(text, format!("{raised}; {settled}{how}"));
        }
        let age = board.at.map_or(Elapsed::ZERO, |at| at.since(concern.raised.at));
        let open = texts.format("agenda-open-for", &[("wait", texts.wait(age).into())]);
        AgendaItem {
            is_marked: age >= OLD_AFTER,
            form: Some((FormAction::Settle, concern.id.to_string())),
            ..AgendaItem::new(text, format!("{raised}; {open}"))
        }
    };
    let is_shown = |concern: &&Concern| {
        concern.settled.as_ref().is_none_or(|settled| is_recent(board, settled.at))
    };
    AgendaSection {
        heading: texts.text("agenda-concerns"),
        items: log.concerns.iter().filter(is_shown).map(item).collect(),
        nothing: texts.text("agenda-no-concerns"),
        form: Some(FormAction::Raise),
    }
}

/// Objectives that are missed or nearly, each with its reason and where the time went.
fn misses(board: &Board<'_>, scope: ScopeId) -> AgendaSection {
    let texts = board.texts;
    let is_missed = |view: &&ObjectiveView<'_>| {
        matches!(view.last_state(), VerdictState::Missed | VerdictState::AtRisk)
    };
    let item = |view: &ObjectiveView<'_>| {
        let spent = longest_location(board, *view);
        let spent = spent.map(|place| texts.format("agenda-time-went", &[("place", place.into())]));
        let more: Vec<String> = reason(board, *view).into_iter().chain(spent).collect();
        AgendaItem {
            link: Some(board.objective_path(*view)),
            is_marked: view.last_state() == VerdictState::Missed,
            ..AgendaItem::new(title(board, *view), more.join(". "))
        }
    };
    AgendaSection {
        heading: texts.text("agenda-misses"),
        items: board.objectives(scope).iter().filter(is_missed).map(item).collect(),
        nothing: texts.text("agenda-no-misses"),
        form: None,
    }
}

/// Where missed tickets spent most of their time.
fn longest_location(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let spent = &view.detail?.breakdown;
    let (location, elapsed) = spent.iter().max_by_key(|(_, elapsed)| *elapsed)?;
    let place = super::breakdown::location_name(board, *location);
    Some(format!("{place}, {}", board.texts.wait(*elapsed)))
}

/// How each objective stands, and how it stood at the beginning of the period.
fn verdicts(board: &Board<'_>, scope: ScopeId, since: Timestamp) -> AgendaSection {
    let texts = board.texts;
    let word = |state| texts.text(super::components::state_key(state));
    let item = |view: &ObjectiveView<'_>| {
        let now = view.last_state();
        let hour = Hour::until(since);
        let before = board.past.and_then(|derived| {
            let mut points = derived.past.points_of(view.id);
            points.find(|(at, _)| *at == hour).map(|(_, point)| point.state)
        });
        let more = match before {
            Some(before) if before != now => texts.format(
                "agenda-verdict-changed",
                &[("before", word(before).into()), ("now", word(now).into())],
            ),
            Some(_) => texts.format("agenda-verdict-same", &[("now", word(now).into())]),
            None => word(now),
        };
        AgendaItem {
            link: Some(board.objective_path(*view)),
            ..AgendaItem::new(title(board, *view), more)
        }
    };
    let since = ("since", board.instant(since).into());
    AgendaSection {
        heading: texts.format("agenda-verdicts", &[since]),
        items: board.objectives(scope).iter().map(item).collect(),
        nothing: texts.text("agenda-no-objectives"),
        form: None,
    }
}

/// What was decided, and whether it is done.
fn decisions(board: &Board<'_>, log: &TeamLog) -> AgendaSection {
    let texts = board.texts;
    let item = |decision: &Decision| {
        let mut more = vec![by_and_when(board, "agenda-decided", &decision.decided)];
        let owner = decision.owner.as_deref().map_or_else(|| texts.text("agenda-nobody"), shown);
        more.push(texts.format("agenda-owner", &[("owner", owner.into())]));
        if let Some(due) = decision.due {
            more.push(texts.format("agenda-due", &[("date", texts.date(due).into())]));
        }
        if let Some(done) = &decision.done {
            more.push(by_and_when(board, "agenda-done", done));
            return AgendaItem::new(said_text(board, &decision.decided), more.join("; "));
        }
        let today = board.at.and_then(|at| board.zone.local_time(at)).map(|at| at.date_naive());
        let is_late = decision.due.zip(today).is_some_and(|(due, today)| due < today);
        more.push(texts.text(if is_late { "agenda-late" } else { "agenda-not-done" }));
        AgendaItem {
            is_marked: is_late,
            form: Some((FormAction::Finish, decision.id.to_string())),
            ..AgendaItem::new(said_text(board, &decision.decided), more.join("; "))
        }
    };
    let is_shown =
        |decision: &&Decision| decision.done.as_ref().is_none_or(|done| is_recent(board, done.at));
    AgendaSection {
        heading: texts.text("agenda-decisions"),
        items: log.decisions.iter().filter(is_shown).map(item).collect(),
        nothing: texts.text("agenda-no-decisions"),
        form: Some(FormAction::Decide),
    }
}

/// The notes of the last turns.
fn notes(board: &Board<'_>, log: &TeamLog) -> AgendaSection {
    let item = |note: &Said| {
        AgendaItem::new(said_text(board, note), by_and_when(board, "agenda-noted", note))
    };
    AgendaSection {
        heading: board.texts.text("agenda-notes"),
        items: log.notes.iter().filter(|note| is_recent(board, note.at)).map(item).collect(),
        nothing: board.texts.text("agenda-no-notes"),
        form: Some(FormAction::Note),
    }
}

/// Which levels and which figures of the market are due for another look.
fn look_again(board: &Board<'_>, scope: ScopeId) -> AgendaSection {
    let texts = board.texts;
    let today = board.at.and_then(|at| board.zone.local_time(at)).map(|at| at.date_naive());
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
    let by = said.by.as_deref().filter(|_| board.ticket_links().shows_people);
    let by = by.map_or_else(|| board.texts.text("agenda-someone"), shown);
    board.texts.format(key, &[("by", by.into()), ("at", board.instant(said.at).into())])
}

/// The page.
pub(super) fn page(board: &Board<'_>, scope: ScopeId, since: Timestamp, forms: &Forms) -> Markup {
    let texts = board.texts;
    html! {
        (breadcrumbs(board, Some(scope), &texts.text("agenda")))
        h1 { (texts.text("agenda")) " – " (name(board, scope)) }
        (news(board, forms))
        p { a class="more" href=(board.reader.link(&board.agenda_markdown_path(scope))) {
            (texts.text("agenda-markdown"))
        } }
        div class="columns" {
            @for section in sections(board, scope, since) {
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
                                p class="legend" { (item.more) }
                                @if let Some((action, id)) = &item.form {
                                    (short_form(board, scope, *action, id, forms))
                                }
                            }
                        }
                    }
                    @if let Some(action) = section.form { (long_form(board, scope, action, forms)) }
                }
            }
        }
    }
}

/// What became of what was sent.
pub(super) fn news(board: &Board<'_>, forms: &Forms) -> Markup {
    let texts = board.texts;
    html! {
        @if forms.is_sent { p class="sent" role="status" { (texts.text("agenda-sent")) } }
        @if let Some(refused) = &forms.refused {
            section class="banner" role="alert" data-kept {
                h2 { (texts.text(if refused.is_away { "agenda-away" } else { "agenda-refused" })) }
                p { (texts.text("agenda-kept")) }
                p lang="en" { (shown(&refused.problem)) }
            }
        }
    }
}

/// The hidden fields of a form: what it does, and what makes it one event.
pub(super) fn hidden_fields(board: &Board<'_>, action: FormAction) -> Markup {
    html! {
        input type="hidden" name="action" value=(action.label());
        // Sent twice, it is one event.
        @if let Some(at) = board.at { input type="hidden" name="seed" value=(at); }
    }
}

/// A button about one item.
fn short_form(
    board: &Board<'_>,
    scope: ScopeId,
    action: FormAction,
    id: &str,
    forms: &Forms,
) -> Markup {
    if forms.writer == FormWriter::Nobody {
        return html! {};
    }
    let texts = board.texts;
    let (field, label) = match action {
        FormAction::Settle => ("concern", "agenda-settle"),
        FormAction::Finish => ("decision", "agenda-finish"),
        FormAction::Raise | FormAction::Decide | FormAction::Note | FormAction::Review => {
            return html! {};
        }
    };
    let kept = kept(forms, action).filter(|kept| kept.value(field) == Some(id));
    html! {
        form class="say" method="post" action=(board.reader.link(&board.agenda_path(scope))) {
            (hidden_fields(board, action))
            input type="hidden" name=(field) value=(id);
            (by_field(board, scope, forms, kept, false))
            @if action == FormAction::Settle {
                label {
                    span { (texts.text("agenda-how")) }
                    input type="text" name="text" maxlength=(TEXT_CHARS_MAX) autocomplete="off"
                        value=[kept.and_then(|kept| kept.value("text"))];
                }
            }
            button type="submit" { (texts.text(label)) }
        }
    }
}

/// A form at the end of a section.
fn long_form(board: &Board<'_>, scope: ScopeId, action: FormAction, forms: &Forms) -> Markup {
    if forms.writer == FormWriter::Nobody {
        return html! {};
    }
    let texts = board.texts;
    let (text, button) = match action {
        FormAction::Raise => ("agenda-what-worries", "agenda-raise"),
        FormAction::Decide => ("agenda-what-decided", "agenda-decide"),
        FormAction::Note => ("agenda-what-noted", "agenda-note"),
        FormAction::Settle | FormAction::Finish | FormAction::Review => return html! {},
    };
    let kept = kept(forms, action);
    html! {
        form class="say" method="post" action=(board.reader.link(&board.agenda_path(scope))) {
            (hidden_fields(board, action))
            (by_field(board, scope, forms, kept, action == FormAction::Raise))
            label class="wide" {
                span { (texts.text(text)) }
                textarea name="text" maxlength=(TEXT_CHARS_MAX) rows="2" required {
                    (kept.and_then(|kept| kept.value("text")).unwrap_or_default())
                }
            }
            @if action == FormAction::Decide {
                label {
                    span { (texts.text("agenda-who")) }
                    input type="text" name="owner" maxlength="128" autocomplete="off"
                        value=[kept.and_then(|kept| kept.value("owner"))];
                }
                label {
                    span { (texts.text("agenda-until")) }
                    input type="date" name="due" value=[kept.and_then(|kept| kept.value("due"))];
                }
            }
            button type="submit" { (texts.text(button)) }
        }
    }
}

/// The field for who writes, where no proxy says it.
pub(super) fn by_field(
    board: &Board<'_>,
    scope: ScopeId,
    forms: &Forms,
    kept: Option<&RefusedForm>,
    is_for_all: bool,
) -> Markup {
    html! {
        @if forms.writer == FormWriter::SaysWho {
            (member_field(board, scope, kept.and_then(|kept| kept.value("by")), is_for_all))
        }
    }
}

/// The field for a person: one of the members; any name in a team without turns of duty, and where it is for
/// all.
pub(super) fn member_field(
    board: &Board<'_>,
    scope: ScopeId,
    kept: Option<&str>,
    is_for_all: bool,
) -> Markup {
    let members = board.catalog.duty(scope).map_or(&[][..], |duty| &duty.members);
    html! {
        label {
            span { (board.texts.text("agenda-by")) }
            @if members.is_empty() || is_for_all {
                input type="text" name="by" maxlength="128" required autocomplete="username" value=[kept];
            } @else {
                select name="by" required {
                    option value="" { (board.texts.text("agenda-choose")) }
                    @for member in members {
                        option value=(member) selected[kept == Some(&**member)] { (shown(member)) }
                    }
                }
            }
        }
    }
}

pub(super) fn kept(forms: &Forms, action: FormAction) -> Option<&RefusedForm> {
    forms.refused.as_ref().filter(|refused| refused.action == Some(action))
}
