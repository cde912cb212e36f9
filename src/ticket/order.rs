//! The total order of a timeline's events.

use std::cmp::Ordering;

use super::entry::{Entry, unpack_detail};
use crate::name::{NameId, Names};

/// Orders two events by time, then by kind, then by content, then by identity.
///
/// Absent fields sort first; texts sort as UTF-8. The order depends on the events alone and never on their
/// arrival, so every reader applies them in the same order. Events that compare equal are interchangeable.
pub(crate) fn compare(a: &Entry<'_>, b: &Entry<'_>, names: &Names) -> Ordering {
    (a.time, a.kind)
        .cmp(&(b.time, b.kind))
        .then_with(|| compare_content(a, b, names))
        .then_with(|| a.identity.cmp(&b.identity))
}

/// Whether two events with the same identity are the same event. The field `into` does not count: it only
/// explains.
pub(crate) fn is_same(a: &Entry<'_>, b: &Entry<'_>, names: &Names) -> bool {
    compare(a, b, names).is_eq()
}

fn compare_content(a: &Entry<'_>, b: &Entry<'_>, names: &Names) -> Ordering {
    // The ids number names in order of arrival, so they must not decide the order.
    let text = |id: Option<NameId>| id.map(|id| names.text(id));
    text(a.team)
        .cmp(&text(b.team))
        .then_with(|| a.priority.map(|p| p.label()).cmp(&b.priority.map(|p| p.label())))
        .then_with(|| text(a.channel).cmp(&text(b.channel)))
        .then_with(|| text(a.agent).cmp(&text(b.agent)))
        .then_with(|| a.maker.cmp(&b.maker))
        .then_with(|| {
            let (mut a, mut b) = (unpack_detail(a.detail), unpack_detail(b.detail));
            (a.into, b.into) = (None, None);
            a.cmp(&b)
        })
}
