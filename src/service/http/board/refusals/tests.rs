//! Pages say what is wrong in their language, with the labels of their fields.

use super::*;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::http::board::{Language, PageLanguage};
use crate::service::scenario::{ViewBuilder, agreements};

fn published() -> PublishedView {
    ViewBuilder::new(&agreements()).publish()
}

#[test]
fn a_page_names_a_field_by_its_label_and_never_by_its_key() {
    let published = published();
    let mut lines = Vec::new();
    for language in Language::all() {
        let board = Board::new(&published, PageLanguage { language, is_asked: false });
        for action in FormAction::ALL {
            for key in ["by", "text", "due", "owner", "score", "categories", "note", "concern"] {
                let refusal = Refusal::wrong(Fault::Missing(key), &format!("`{key}` is missing"));
                let said = words(&board, Some(action), &refusal);
                assert!(!said.contains('`') && !said.contains(key) || key == "note", "{said}");
            }
        }
        for (action, fault) in [
            (FormAction::RaiseAgain, Fault::Missing("text")),
            (FormAction::Move, Fault::Missing("due")),
            (FormAction::Decide, Fault::Unreadable("due")),
            (FormAction::Bring, Fault::TooLong("text")),
            (FormAction::Review, Fault::Missing("score")),
            (FormAction::Finish, Fault::Other),
        ] {
            lines.push(words(&board, Some(action), &Refusal::wrong(fault, "")));
        }
        lines.push(words(&board, Some(FormAction::Raise), &Refusal::Nameless));
        let similar = Some("T-1".to_owned());
        let unknown = Refusal::UnknownTicket { ticket: "T-11".to_owned(), similar };
        lines.push(words(&board, Some(FormAction::Bring), &unknown));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_only_the_operator_can_mend_is_shown_as_the_api_says_it() {
    let off = Refusal::Off("writing is off (http.writing: false)");
    assert_eq!(for_who_runs_it(&off).as_deref(), Some("writing is off (http.writing: false)"));
    assert_eq!(for_who_runs_it(&Refusal::Nameless), None);
}
