//! The pipeline over a whole history: all events first, then readings at any instants.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::alert::Transition;
use crate::catalog::Catalog;
use crate::event::{Event, Outcome, Outcomes};
use crate::explain::Explained;
use crate::shard::Shard;
use crate::time::{DAY_MS, Elapsed, Timestamp};
use crate::view::View;

mod alert_history;

/// Instants that one replay reads at most: an hour's step over eleven years.
pub const INSTANTS_MAX: i64 = 100_000;

/// Tickets that are named to who asks for one that is not there, at most.
const SIMILAR_MAX: usize = 3;

/// A history being read.
///
/// Use: [`Replay::take`] every event, in any order, then [`Replay::into_readings`].
#[derive(Debug)]
pub struct Replay {
    shard: Shard,
    /// Absent where teams are taken as they come: known once all events are.
    catalog: Option<Arc<Catalog>>,
    outcomes: Outcomes,
}

/// A whole history, to be read at one instant after the other.
#[derive(Debug)]
pub struct Readings {
    shard: Shard,
    view: Option<View>,
    catalog: Arc<Catalog>,
    /// Absent where nothing is agreed on, and so nothing to watch.
    watch: Option<alert_history::AlertHistory>,
    /// Whether there were more teams than are told apart, and no agreement that says which count.
    pub too_many_teams: bool,
}

impl Replay {
    /// A replay by these rules; without any, every team as it comes.
    pub fn new(catalog: Option<Arc<Catalog>>) -> Self {
        let placeholder = || Arc::new(Catalog::from_observed_teams(std::iter::empty()).catalog);
        Self {
            shard: Shard::new(catalog.clone().unwrap_or_else(placeholder)),
            catalog,
            outcomes: Outcomes::default(),
        }
    }

    /// Takes in what a record decoded to, and says what became of it.
    pub fn take(&mut self, decoded: Result<Event<'_>, Outcome>) -> Outcome {
        let outcome = match decoded {
            Ok(event) => self.shard.apply(&event, &mut ()),
            Err(outcome) => outcome,
        };
        self.outcomes.count(&outcome);
        outcome
    }

    /// How many records had which outcome so far.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// The instants to read at: those given and, `every` so often, from midnight UTC of the first event's
    /// day up to the last event, and that; without either, the last event. Ascending.
    ///
    /// # Errors
    /// How many there would be, if more than [`INSTANTS_MAX`].
    pub fn instants(
        &self,
        at: &[Timestamp],
        every: Option<Elapsed>,
    ) -> Result<Vec<Timestamp>, i64> {
        let mut instants: BTreeSet<Timestamp> = at.iter().copied().collect();
        if let Some((first, last)) = self.shard.span() {
            if let Some(step) = every {
                let midnight = first.floor_to(Elapsed::from_ms(DAY_MS));
                let count = last.since(midnight).ms() / step.ms().max(1) + 1;
                if count > INSTANTS_MAX {
                    return Err(count);
                }
                let steps = std::iter::successors(Some(midnight), |at| Some(at.plus(step)));
                instants.extend(steps.take_while(|at| *at <= last));
            }
            if every.is_some() || at.is_empty() {
                instants.insert(last);
            }
        }
        Ok(instants.into_iter().collect())
    }

    /// The time of the last event; none without any.
    pub fn last_event(&self) -> Option<Timestamp> {
        self.shard.span().map(|(_, last)| last)
    }

    /// All events are in: from here on it is read.
    pub fn into_readings(mut self) -> Readings {
        let (catalog, too_many_teams) = match self.catalog.take() {
            Some(catalog) => (catalog, false),
            None => {
                let observed = Catalog::from_observed_teams(self.shard.team_names());
                let catalog = Arc::new(observed.catalog);
                self.shard.adopt(Arc::clone(&catalog), &mut ());
                (catalog, observed.too_many)
            }
        };
        let watch = catalog.objectives().next().map(|_| alert_history::AlertHistory::new(&catalog));
        Readings { shard: self.shard, view: None, catalog, watch, too_many_teams }
    }
}

impl Readings {
    /// One ticket explained as of an instant; none where no ticket has that id.
    pub fn explain(&mut self, ticket: &str, now: Timestamp) -> Option<Explained<'_>> {
        let steps = self.shard.trace(ticket, now)?;
        Some(Explained::new(ticket, steps, &self.catalog, now))
    }

    /// Ids of tickets that differ little from one that is not there.
    pub fn similar_tickets(&self, ticket: &str) -> Vec<String> {
        self.shard.similar_tickets(ticket, SIMILAR_MAX)
    }

    /// The view at an instant, which must not be before the one asked for last; and what became of alerts
    /// since then, or since the first event, in order of time, objective and kind.
    pub fn at(&mut self, now: Timestamp) -> (&View, Vec<Transition>) {
        let view = self.view.get_or_insert_with(|| {
            // Before the first event there is nothing to watch.
            let begin = match (&self.watch, self.shard.span()) {
                (Some(_), Some((first, _))) => first.minus(Elapsed::from_ms(1)).min(now),
                (Some(_) | None, _) => now,
            };
            View::new(Arc::clone(&self.catalog), begin)
        });
        let mut transitions = Vec::new();
        if let Some(watch) = &mut self.watch {
            watch.run(&mut self.shard, view, now, &mut transitions);
        }
        view.advance(now);
        match &mut self.watch {
            Some(watch) => self.shard.advance(now, &mut watch.sink(view)),
            None => self.shard.advance(now, view),
        }
        (view, transitions)
    }
}
