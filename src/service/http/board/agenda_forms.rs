//! The forms by which the members of a team say something.

use maud::{Markup, html};

use super::form_action::FormAction;
use super::refusals;
use super::view_model::{Board, shown};
use crate::catalog::ScopeId;
use crate::service::http::writing::{FormWriter, Refusal};

/// Maximum characters of a text in a form. An event keeps 500 bytes, and a letter such as ä has two.
pub(super) const TEXT_CHARS_MAX: u16 = 250;

/// Who may write on a page, and what became of what they sent.
pub(in crate::service::http) struct Forms {
    /// Who writes.
    pub(in crate::service::http) writer: FormWriter,
    /// The name that was last chosen in this browser, where no proxy says who writes. It is only offered
    /// again.
    pub(in crate::service::http) remembered: Option<String>,
    /// Whether the page comes after something was written.
    pub(in crate::service::http) is_sent: bool,
    /// What was not written, so that nobody has to type it again; `None` if all was.
    pub(in crate::service::http) refused: Option<RefusedForm>,
}

/// A form that was not written.
pub(in crate::service::http) struct RefusedForm {
    /// What it was to do.
    pub(in crate::service::http) action: Option<FormAction>,
    /// Why.
    pub(in crate::service::http) refusal: Refusal,
    /// The fields.
    pub(in crate::service::http) fields: Vec<(String, String)>,
}

impl RefusedForm {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What became of what was sent.
pub(super) fn news(board: &Board<'_>, forms: &Forms) -> Markup {
    let texts = board.texts;
    html! {
        @if forms.is_sent { p class="sent" role="status" { (texts.text("agenda-sent")) } }
        @if let Some(refused) = &forms.refused {
            section class="banner" role="alert" data-kept {
                @let is_away = refused.refusal.is_for_now();
                h2 { (texts.text(if is_away { "agenda-away" } else { "agenda-refused" })) }
                p { (refusals::words(board, refused.action, &refused.refusal)) }
                p { (texts.text("agenda-kept")) }
                @if let Some(problem) = refusals::for_who_runs_it(&refused.refusal) {
                    p lang="en" { (shown(&problem)) }
                }
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
pub(super) fn short_form(
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
        FormAction::RaiseAgain => ("concern", "agenda-raise-again"),
        FormAction::Finish => ("decision", "agenda-finish"),
        FormAction::Move => ("decision", "agenda-move"),
        FormAction::Drop => ("decision", "agenda-drop"),
        FormAction::Discuss => ("review", "agenda-discuss"),
        FormAction::Raise
        | FormAction::Decide
        | FormAction::Note
        | FormAction::Review
        | FormAction::Bring => return html! {},
    };
    let kept = kept(forms, action).filter(|kept| kept.value(field) == Some(id));
    let needs_text = action == FormAction::RaiseAgain;
    let value = |name| kept.and_then(|kept| kept.value(name));
    let form = html! {
        form class="say" method="post" action=(board.reader.link(&board.agenda_path(scope))) {
            (hidden_fields(board, action))
            input type="hidden" name=(field) value=(id);
            (by_field(board, scope, forms, kept, true))
            @if action == FormAction::Move {
                label {
                    span { (texts.text("agenda-new-day")) }
                    input type="date" name="due" required value=[value("due")];
                }
            }
            @if let Some(text) = action.label_of_text() {
                label {
                    span { (texts.text(text)) }
                    input type="text" name="text" maxlength=(TEXT_CHARS_MAX) autocomplete="off"
                        required[needs_text] value=[value("text")];
                }
            }
            button type="submit" { (texts.text(label)) }
        }
    };
    // What is done seldom opens on request, so that the list stays short.
    let is_seldom = matches!(action, FormAction::RaiseAgain | FormAction::Move | FormAction::Drop);
    if !is_seldom {
        return form;
    }
    html! {
        details open[kept.is_some()] {
            summary { (texts.text(label)) }
            (form)
        }
    }
}

/// A form at the end of a section. `tickets`: those that a decision may be about, with their values.
pub(super) fn long_form(
    board: &Board<'_>,
    scope: ScopeId,
    action: FormAction,
    tickets: &[(String, String)],
    forms: &Forms,
) -> Markup {
    if forms.writer == FormWriter::Nobody {
        return html! {};
    }
    let texts = board.texts;
    let button = match action {
        FormAction::Raise => "agenda-raise",
        FormAction::Decide => "agenda-decide",
        FormAction::Note => "agenda-note",
        // It stands on the page of the ticket, and here to be corrected.
        FormAction::Bring => {
            let kept = kept(forms, action).and_then(|kept| kept.value("ticket"));
            return kept.map_or_else(|| html! {}, |ticket| bring_form(board, scope, ticket, forms));
        }
        FormAction::Settle
        | FormAction::RaiseAgain
        | FormAction::Finish
        | FormAction::Move
        | FormAction::Drop
        | FormAction::Review
        | FormAction::Discuss => return html! {},
    };
    let kept = kept(forms, action);
    html! {
        form class="say" method="post" action=(board.reader.link(&board.agenda_path(scope))) {
            (hidden_fields(board, action))
            (by_field(board, scope, forms, kept, action != FormAction::Note))
            @if let Some(text) = action.label_of_text() {
                label class="wide" {
                    span { (texts.text(text)) }
                    textarea name="text" maxlength=(TEXT_CHARS_MAX) rows="2" required {
                        (kept.and_then(|kept| kept.value("text")).unwrap_or_default())
                    }
                }
            }
            @if action == FormAction::Decide {
                (ticket_field(board, tickets, kept))
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

/// The form that brings a ticket to the talk of a team.
pub(super) fn bring_form(board: &Board<'_>, scope: ScopeId, ticket: &str, forms: &Forms) -> Markup {
    let texts = board.texts;
    let kept = kept(forms, FormAction::Bring);
    html! {
        form class="say" method="post" action=(board.reader.link(&board.agenda_path(scope))) {
            (hidden_fields(board, FormAction::Bring))
            input type="hidden" name="ticket" value=(ticket);
            (by_field(board, scope, forms, kept, true))
            label class="wide" {
                span { (texts.text("bring-why")) }
                input type="text" name="text" maxlength=(TEXT_CHARS_MAX) autocomplete="off" required
                    value=[kept.and_then(|kept| kept.value("text"))];
            }
            button type="submit" {
                (texts.format("bring-send", &[("team", board.name(scope).into())]))
            }
        }
    }
}

/// The field for the ticket that a decision is about; nothing without tickets.
fn ticket_field(
    board: &Board<'_>,
    tickets: &[(String, String)],
    kept: Option<&RefusedForm>,
) -> Markup {
    let kept = kept.and_then(|kept| kept.value("review"));
    html! {
        @if !tickets.is_empty() {
            label {
                span { (board.texts.text("agenda-about-ticket")) }
                select name="review" {
                    option value="" { (board.texts.text("agenda-no-ticket")) }
                    @for (value, text) in tickets {
                        option value=(value) selected[kept == Some(value)] { (text) }
                    }
                }
            }
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
            @let name = kept.and_then(|kept| kept.value("by")).or(forms.remembered.as_deref());
            (member_field(board, scope, name, is_for_all))
        }
    }
}

/// The field for a person, with a name that is chosen at first: one of the members; any name in a team
/// without turns of duty, and where it is for all.
pub(super) fn member_field(
    board: &Board<'_>,
    scope: ScopeId,
    name: Option<&str>,
    is_for_all: bool,
) -> Markup {
    let members = board.catalog.duty(scope).map_or(&[][..], |duty| &duty.members);
    html! {
        label {
            span { (board.texts.text("agenda-by")) }
            @if members.is_empty() || is_for_all {
                input type="text" name="by" maxlength="128" required autocomplete="username" value=[name];
            } @else {
                select name="by" required {
                    option value="" { (board.texts.text("agenda-choose")) }
                    @for member in members {
                        option value=(member) selected[name == Some(&**member)] { (shown(member)) }
                    }
                }
            }
        }
    }
}

pub(super) fn kept(forms: &Forms, action: FormAction) -> Option<&RefusedForm> {
    forms.refused.as_ref().filter(|refused| refused.action == Some(action))
}
