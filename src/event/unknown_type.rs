//! What a record with an unknown `type` was probably meant to be.

use super::Kind;
use super::decode::wire_of;
use super::optional::excerpt;
use super::rejection::Skip;
use super::wire::{EventKey, EventValue};
use crate::name;

/// The `type` of a record; `None` if it has none that can be read. `attributes` are as in
/// [`super::decode_with`].
pub fn type_of(attributes: &[(&str, &str)], record: &[u8]) -> Option<String> {
    match wire_of(attributes, record).map(|mut wire| wire.take(EventKey::Type)) {
        Ok(EventValue::Text(label)) => Some(label.into_owned()),
        Ok(
            EventValue::Absent
            | EventValue::Integer(_)
            | EventValue::Bool(_)
            | EventValue::Number(_)
            | EventValue::Repeated
            | EventValue::Array
            | EventValue::Object
            | EventValue::Unread(_),
        )
        | Err(_) => None,
    }
}

/// What to do about a record whose `type` Vaste does not know; an empty type is one that cannot be read.
pub fn unknown_type_advice(label: &str) -> String {
    if label.is_empty() {
        return Skip::UnknownType.advice().to_owned();
    }
    let shown = excerpt(label);
    match similar_types(label).join("\" or \"") {
        known if known.is_empty() => format!(
            "`type` is {shown}: Vaste does not use such events; nothing to do (`vaste schema event` has those \
             that it uses)"
        ),
        known => format!("`type` is {shown}: did you mean \"{known}\"?"),
    }
}

/// The types that an unknown type was probably meant to be; empty if there is none like it.
pub fn similar_types(label: &str) -> Vec<&'static str> {
    let known = || Kind::ALL.into_iter().map(Kind::label);
    // `created` for `ticket.created`.
    let is_rest = |known: &&str| known.split_once('.').is_some_and(|(_, rest)| rest == label);
    // `com.example.ticket.creatd` of a CloudEvent.
    let begin = label.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    let end = label.get(begin..).unwrap_or_default();
    let known = name::similar(label, known())
        .or_else(|| known().find(is_rest))
        .or_else(|| name::similar(end, known()));
    known.map_or_else(|| other_word(end), |known| vec![known])
}

/// Words of other systems for what happens to a ticket, and the types that they may mean.
const OTHER_WORDS: [(&[&str], &[Kind]); 9] = [
    (&["added", "new", "opened", "received", "submitted"], &[Kind::Created]),
    (&["answered", "responded"], &[Kind::AgentReplied]),
    (&["commented", "message", "replied", "reply"], &[Kind::AgentReplied, Kind::CustomerReplied]),
    (&["note", "noted"], &[Kind::NoteAdded]),
    (&["awaiting", "snoozed", "waiting"], &[Kind::Pending, Kind::OnHold]),
    (&["completed", "done", "fixed", "resolved"], &[Kind::Solved]),
    (&["archived", "ended"], &[Kind::Closed]),
    (&["escalated", "moved", "routed", "transferred"], &[Kind::Assigned]),
    (&["removed", "trashed"], &[Kind::Deleted]),
];

/// The types that a word of another system may mean. `ticket.answered` and `answered` are one word.
fn other_word(label: &str) -> Vec<&'static str> {
    let word = name::folded(label.rsplit('.').next().unwrap_or(label));
    let meant = OTHER_WORDS.iter().find(|(words, _)| words.contains(&&*word));
    meant.map_or(&[][..], |(_, kinds)| kinds).iter().copied().map(Kind::label).collect()
}
