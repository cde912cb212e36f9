//! Events and readings for tests.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Value, json};
use vaste::catalog::Catalog;
use vaste::event::{Event, Kind, Maker, Outcome, Priority, Subject};
use vaste::shard::Shard;
use vaste::ticket::{RatingKind, WaitLocation};
use vaste::time::Timestamp;
use vaste::view::View;

/// An event of a ticket, with required fields only.
pub(crate) fn event(kind: Kind, ticket: &str, at: Timestamp, identity: u64) -> Event<'static> {
    Event {
        kind,
        time: at,
        identity,
        subject: Subject::Ticket(Cow::Owned(ticket.to_owned())),
        team: None,
        priority: None,
        channel: None,
        agent: None,
        maker: Maker::Customer,
        detail: None,
        ignored: Vec::new(),
    }
}

/// The same event with a team.
pub(crate) fn of_team(mut event: Event<'static>, team: &str) -> Event<'static> {
    event.team = Some(Cow::Owned(team.to_owned()));
    event
}

/// The same event with a priority.
pub(crate) fn with_priority(mut event: Event<'static>, priority: Priority) -> Event<'static> {
    event.priority = Some(priority);
    event
}

fn location_name(catalog: &Catalog, location: WaitLocation) -> String {
    match location {
        WaitLocation::With(scope) => catalog.scope_name(scope).unwrap_or("nowhere").to_owned(),
        WaitLocation::Closed => "closed".to_owned(),
        WaitLocation::OnHold => "on_hold".to_owned(),
        WaitLocation::Pending => "pending".to_owned(),
    }
}

/// Any number of shards that feed one view.
pub(crate) struct Pipeline {
    shards: Vec<Shard>,
    view: View,
}

impl Pipeline {
    /// An empty pipeline as of `now`.
    pub(crate) fn new(catalog: &Arc<Catalog>, shards: usize, now: Timestamp) -> Self {
        let shard = || Shard::new(Arc::clone(catalog));
        Self {
            shards: std::iter::repeat_with(shard).take(shards).collect(),
            view: View::new(Arc::clone(catalog), now),
        }
    }

    /// Applies an event to the shard of its ticket.
    pub(crate) fn apply(&mut self, event: &Event<'_>) -> Outcome {
        let (Subject::Ticket(key) | Subject::Team(key)) = &event.subject;
        let sum: usize = key.bytes().map(usize::from).sum();
        let shard = sum % self.shards.len();
        self.shards[shard].apply(event, &mut self.view)
    }

    /// Advances all shards and the view to `now`.
    pub(crate) fn advance(&mut self, now: Timestamp) -> &View {
        self.view.advance(now);
        for shard in &mut self.shards {
            // In the smallest steps that a worker can take.
            while shard.advance_some(now, 1, &mut self.view) {}
        }
        &self.view
    }

    /// All readings and verdicts at `now` as they are printed. Breakdowns of missed waits and
    /// ratings follow, in a JSON form of these tests.
    pub(crate) fn printed(&mut self, now: Timestamp) -> String {
        let view = self.advance(now);
        let readings = view.readings().into_iter().map(|r| serde_json::to_string(&r));
        let verdicts = view.verdicts().into_iter().map(|v| serde_json::to_string(&v));
        let mut lines: Vec<String> = readings.chain(verdicts).collect::<Result<_, _>>().unwrap();
        let catalog = view.catalog();
        for (id, ..) in catalog.objectives() {
            let breakdown: serde_json::Map<String, Value> = view
                .breakdown(id)
                .into_iter()
                .map(|(location, elapsed)| (location_name(catalog, location), elapsed.ms().into()))
                .collect();
            let bands = view.rating_bands(id).map(|scores| (scores.count, scores.sum));
            lines.push(json!({ "breakdown": breakdown, "bands": bands }).to_string());
        }
        for scope in catalog.reading_scopes() {
            for (kind, &window) in RatingKind::ALL
                .iter()
                .flat_map(|kind| catalog.windows().iter().map(move |window| (kind, window)))
            {
                let scores = view.ratings(scope, *kind, window);
                let line = json!({
                    "team": catalog.scope_name(scope), "kind": kind.label(), "window": window.to_string(),
                    "ratings": scores.count, "sum": scores.sum,
                });
                lines.push(line.to_string());
            }
        }
        lines.join("\n")
    }

    /// Changes to another catalog.
    pub(crate) fn adopt(&mut self, catalog: &Arc<Catalog>, now: Timestamp) {
        for shard in &mut self.shards {
            shard.adopt(Arc::clone(catalog), &mut self.view);
        }
        assert!(self.view.readings().is_empty(), "all samples are retracted");
        self.view = View::new(Arc::clone(catalog), now);
    }
}
