//! Why something was not written, in the language of the page and with the labels of its forms.

use super::form_action::FormAction;
use super::view_model::{Board, shown};
use crate::service::http::writing::{Fault, Refusal};

/// Why a form was not written, and what to do.
pub(super) fn words(board: &Board<'_>, action: Option<FormAction>, refusal: &Refusal) -> String {
    let texts = board.texts;
    match refusal {
        Refusal::Off(_) => texts.text("refused-off"),
        Refusal::OtherSite => texts.text("refused-other-site"),
        Refusal::NoPerson(_) => texts.text("refused-no-person"),
        Refusal::Nameless => of_field(board, action, "refused-missing", "by"),
        Refusal::TooOften => texts.text("refused-too-often"),
        Refusal::UnknownTeam(_) => texts.text("not-found-team"),
        Refusal::UnknownTicket { ticket, similar } => {
            let ticket = ("ticket", shown(ticket).into());
            match similar {
                Some(similar) => {
                    let similar = ("similar", shown(similar).into());
                    texts.format("refused-ticket-similar", &[ticket, similar])
                }
                None => texts.format("refused-ticket", &[ticket]),
            }
        }
        Refusal::TicketNotFoundYet(_) => texts.text("refused-ticket-later"),
        Refusal::Wrong { fault, problem: _ } => match *fault {
            Fault::Missing(key) => of_field(board, action, "refused-missing", key),
            Fault::TooLong(key) => of_field(board, action, "refused-too-long", key),
            Fault::Unreadable(key) => of_field(board, action, "refused-unreadable", key),
            Fault::Other => texts.text("refused-other"),
        },
        Refusal::NotStored(_) => texts.text("refused-not-stored"),
    }
}

/// What whoever runs Vaste must know, in English as in the API; `None` if whoever writes can help themselves.
pub(super) fn for_who_runs_it(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Off(_)
        | Refusal::OtherSite
        | Refusal::NoPerson(_)
        | Refusal::TicketNotFoundYet(_)
        | Refusal::NotStored(_) => Some(refusal.to_string()),
        Refusal::Nameless
        | Refusal::TooOften
        | Refusal::UnknownTeam(_)
        | Refusal::UnknownTicket { .. }
        | Refusal::Wrong { .. } => None,
    }
}

/// A sentence about a field; of one without a label, that something cannot be read.
fn of_field(board: &Board<'_>, action: Option<FormAction>, sentence: &str, key: &str) -> String {
    let texts = board.texts;
    match action.and_then(|action| action.label_of(key)) {
        Some(label) => texts.format(sentence, &[("field", texts.text(label).into())]),
        None => texts.text("refused-other"),
    }
}

#[cfg(test)]
mod tests;
