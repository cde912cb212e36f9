//! The events of teams, which are few.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Shard;
use super::keys::CHUNK;
use crate::team_log::{TeamEvent, TeamEvents};
use crate::ticket::{Entry, Timeline, unpack_detail};
use crate::time::Timestamp;

/// The events of teams as they were last collected.
#[derive(Debug, Default)]
pub(super) struct CollectedTeamEvents {
    /// The timelines of teams, by number. A team's timeline is never evicted.
    pub(super) timelines: Vec<u32>,
    /// Whether one of them has changed since.
    pub(super) has_changed: bool,
    /// The time of the first event that was still to come.
    next: Option<Timestamp>,
    events: Arc<TeamEvents>,
}

impl Shard {
    /// The events of all teams up to `now`. The same value as before if none has come.
    pub fn team_events(&mut self, now: Timestamp) -> Arc<TeamEvents> {
        let kept = &self.team_events;
        if !kept.has_changed && kept.next.is_none_or(|next| next > now) {
            return Arc::clone(&kept.events);
        }
        let mut events = BTreeMap::new();
        let mut next: Option<Timestamp> = None;
        for &number in &kept.timelines {
            let number = number as usize;
            let Some(timeline) =
                self.timelines.get(number / CHUNK).and_then(|chunk| chunk.get(number % CHUNK))
            else {
                continue;
            };
            let to_come = timeline.times().find(|at| *at > now);
            next = [next, to_come].into_iter().flatten().min();
            let known = timeline.events().take_while(|entry| entry.time <= now);
            events.insert(team_of(timeline), known.map(|entry| team_event(&entry)).collect());
        }
        self.team_events.has_changed = false;
        self.team_events.next = next;
        self.team_events.events = Arc::new(events);
        Arc::clone(&self.team_events.events)
    }
}

/// The team of a timeline whose key is a space and its name.
fn team_of(timeline: &Timeline) -> Arc<str> {
    let name = timeline.key().get(1..).unwrap_or_default();
    String::from_utf8_lossy(name).into()
}

fn team_event(entry: &Entry<'_>) -> TeamEvent {
    let detail = unpack_detail(entry.detail);
    let id = if entry.kind.is_of_decision() { detail.decision } else { detail.concern };
    TeamEvent {
        at: entry.time,
        kind: entry.kind,
        identity: entry.identity,
        id: id.as_deref().map(Arc::from),
        by: detail.by.as_deref().map(Arc::from),
        text: detail.text.as_deref().map(Arc::from),
        ticket: detail.into.as_deref().map(Arc::from),
        owner: detail.owner.as_deref().map(Arc::from),
        due: detail.due,
    }
}
