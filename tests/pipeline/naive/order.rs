//! A ticket's events in the total order of the design, each identity once.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use vaste::event::{Event, Kind, Maker, Priority};

/// A ticket's events in order, with the first-sorted event of each identity.
pub(super) fn timeline(mut events: Vec<&Event<'_>>) -> Vec<Note> {
    events.sort_by(|a, b| total_order(a, b));
    let mut seen = BTreeSet::new();
    let all = events.clone();
    events.retain(|event| seen.insert(event.identity));
    let note = |event: &Event<'_>| {
        let is_other = |other: &&&Event<'_>| {
            other.identity == event.identity && total_order(other, event).is_ne()
        };
        Note { is_sent_twice: all.iter().any(|other| is_other(&other)), ..Note::new(event) }
    };
    events.into_iter().map(note).collect()
}

fn total_order(a: &Event<'_>, b: &Event<'_>) -> Ordering {
    let rank = |kind: Kind| ORDER.iter().position(|&other| other == kind);
    (a.time.ms().cmp(&b.time.ms()))
        .then_with(|| rank(a.kind).cmp(&rank(b.kind)))
        .then_with(|| content(a).cmp(&content(b)))
        .then_with(|| a.identity.cmp(&b.identity))
}

/// The order of simultaneous events, as the design lists them.
const ORDER: [Kind; 19] = [
    Kind::Created,
    Kind::Reopened,
    Kind::Resumed,
    Kind::CustomerReplied,
    Kind::TookOver,
    Kind::BotReplied,
    Kind::AgentReplied,
    Kind::NoteAdded,
    Kind::NoReplyNeeded,
    Kind::Pending,
    Kind::OnHold,
    Kind::Solved,
    Kind::Closed,
    Kind::Merged,
    Kind::Deleted,
    Kind::MarkedSpam,
    Kind::Rated,
    Kind::Reviewed,
    Kind::Assigned,
];

/// The content of an event as a sort key. Absent fields come first. A detail with only `into`
/// counts as no detail.
fn content(event: &Event<'_>) -> impl Ord {
    let detail = event.detail.as_deref().cloned().unwrap_or_default();
    (
        event.team.as_deref(),
        event.priority.map(Priority::label),
        event.channel.as_deref(),
        event.agent.as_deref(),
        match event.maker {
            Maker::Customer => None,
            Maker::Agent => Some("agent"),
            Maker::System => Some("system"),
        },
        (detail.by, detail.score, detail.note),
        (detail.bring_to_team, detail.concern, detail.text),
        (detail.from, detail.waiting_since),
    )
}

/// The fields of an event that the model keeps.
#[derive(Debug)]
pub(super) struct Note {
    /// When it happened.
    pub at: i64,
    /// What happened.
    pub kind: Kind,
    /// The team that owes the answer, or that acted.
    pub team: Option<String>,
    /// The priority from here on.
    pub priority: Option<Priority>,
    /// The channel from here on.
    pub channel: Option<String>,
    /// Who created the ticket.
    pub maker: Maker,
    /// The reviewer.
    pub by: Option<String>,
    /// The score of a rating or a review.
    pub score: Option<u8>,
    /// The merged ticket that this one takes over.
    pub from: Option<String>,
    /// Since when the customer of the merged ticket waits; never after the event.
    pub waiting_since: Option<i64>,
    /// Whether another event has the same identity.
    pub is_sent_twice: bool,
}

impl Note {
    fn new(event: &Event<'_>) -> Self {
        let detail = event.detail.as_deref();
        Self {
            at: event.time.ms(),
            kind: event.kind,
            team: event.team.as_deref().map(str::to_owned),
            priority: event.priority,
            channel: event.channel.as_deref().map(str::to_owned),
            maker: event.maker,
            by: detail.and_then(|detail| detail.by.as_deref()).map(str::to_owned),
            score: detail.and_then(|detail| detail.score),
            from: detail.and_then(|detail| detail.from.as_deref()).map(str::to_owned),
            waiting_since: detail
                .and_then(|detail| detail.waiting_since)
                .map(|since| since.ms().min(event.time.ms())),
            is_sent_twice: false,
        }
    }
}
