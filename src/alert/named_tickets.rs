//! The tickets that a notice names: those to answer first.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::TicketLinks;
use crate::view::View;
use crate::waiting_list::ListOf;

/// Maximum tickets that a notice names.
const NAMED_MAX: usize = 3;

/// The annotation with their ids.
const IDS: &str = "tickets";

/// The annotation with their addresses at the desk.
const URLS: &str = "ticket_urls";

/// The tickets of a list to answer first.
#[derive(Debug)]
pub(super) struct NamedTickets {
    /// What a description says of them.
    pub(super) sentence: String,
    /// The annotations about them.
    pub(super) annotations: Vec<(&'static str, String)>,
}

impl NamedTickets {
    /// The first tickets of a list; `None` if none waits, or ids are not shown.
    pub(super) fn of(list: ListOf, view: &View, links: &TicketLinks) -> Option<Self> {
        let listed = links.shows_ids.then(|| view.waiting_tickets(list).tickets)?;
        let named: Vec<_> = listed.into_iter().take(NAMED_MAX).collect();
        let ids: Vec<&str> = named.iter().map(|one| &*one.ticket.id).collect();
        let first = ids.first()?;
        let waits = named.iter().zip(&ids).map(|(one, id)| {
            let waited = one.ticket.position.elapsed(view.now(), 0).calendar.in_words();
            let waits = if id == first { "waiting for " } else { "" };
            format!("{id} ({waits}{waited})")
        });
        let waits: Vec<String> = waits.collect();
        let which = match list {
            ListOf::Objective(_) => "Due first",
            ListOf::Scope(_) => "Waiting longest",
        };
        let sentence = format!("{which}: {}.", waits.join(", "));
        let urls: Vec<String> = ids.iter().filter_map(|id| links.of(id)).collect();
        let mut annotations = vec![(IDS, ids.join(", "))];
        annotations.extend((!urls.is_empty()).then(|| (URLS, urls.join(" "))));
        Some(Self { sentence, annotations })
    }
}

/// Removes what names tickets from restored annotations, if ids are no longer shown.
pub(super) fn hide(annotations: &mut Arc<BTreeMap<String, String>>, links: &TicketLinks) {
    if !links.shows_ids && annotations.contains_key(IDS) {
        let annotations = Arc::make_mut(annotations);
        for name in [IDS, URLS, "description"] {
            annotations.remove(name);
        }
    }
}
