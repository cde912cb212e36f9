//! The pipeline over a whole history: first all events, then readings at any instants.

use std::collections::BTreeSet;
use std::sync::Arc;

use self::alert_history::AlertHistory;
use crate::alert::{Alerts, Transition};
use crate::catalog::{Catalog, ObservedTeams};
use crate::event::{Event, Outcome, Outcomes, Skip};
use crate::explain::Explained;
use crate::review::Reviews;
use crate::shard::Shard;
use crate::team_log::TeamLogs;
use crate::time::{DAY_MS, Elapsed, Timestamp};
use crate::view::View;

mod alert_history;
mod judged_log;

/// The maximum of instants in one replay: hourly readings of eleven years.
pub const INSTANTS_MAX: i64 = 100_000;

/// The maximum of suggestions for an unknown ticket id.
const SIMILAR_MAX: usize = 3;

/// More readings were asked for than [`INSTANTS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{count} readings; at most {INSTANTS_MAX} are printed: write a longer step")]
pub struct TooManyInstants {
    /// The number that was asked for.
    pub count: i64,
}

/// A history while it is read.
///
/// Use: [`Replay::take`] every event in any order, then [`Replay::into_readings`].
#[derive(Debug)]
pub struct Replay {
    shard: Shard,
    /// `None` for every team that events name: known once all events are read.
    catalog: Option<Arc<Catalog>>,
    /// The times of the first and the last event that was applied.
    span: Option<(Timestamp, Timestamp)>,
    outcomes: Outcomes,
}

/// A whole history, read at ascending instants.
#[derive(Debug)]
pub struct Readings {
    shard: Shard,
    view: Option<View>,
    catalog: Arc<Catalog>,
    /// `None` without objectives.
    alerts: Option<AlertHistory>,
    /// Whether events name more teams than [`crate::catalog::TEAMS_MAX`] and no agreements say which count.
    pub too_many_teams: bool,
}

/// The verdicts and alerts of a whole history at ascending instants, without readings.
#[derive(Debug)]
pub struct VerdictHistory {
    shard: Shard,
    alerts: AlertHistory,
}

impl Replay {
    /// A replay by a catalog. Without one, every team that events name is a team.
    pub fn new(catalog: Option<Arc<Catalog>>) -> Self {
        let placeholder = || Arc::new(Catalog::from_observed_teams(std::iter::empty()).catalog);
        Self {
            shard: Shard::new(catalog.clone().unwrap_or_else(placeholder)),
            catalog,
            span: None,
            outcomes: Outcomes::default(),
        }
    }

    /// Applies a decoded record and returns its outcome.
    pub fn take(&mut self, decoded: Result<Event<'_>, Outcome>) -> Outcome {
        let outcome = match decoded {
            Ok(mut event) => {
                if let Some(catalog) = &self.catalog {
                    event.read_priority(catalog.priority_names());
                }
                self.outcomes.count_ignored(&event.ignored);
                let outcome = self.shard.apply(&event, &mut ());
                if outcome == Outcome::Applied {
                    let (from, to) = self.span.unwrap_or((event.time, event.time));
                    self.span = Some((from.min(event.time), to.max(event.time)));
                }
                outcome
            }
            Err(outcome) => outcome,
        };
        self.outcomes.count(&outcome);
        outcome
    }

    /// The number of records by outcome so far.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// The instants to read at, ascending: those in `at`, and with `every` one a step from midnight UTC of
    /// the first event's day up to the last event, and the last event. Without both, only the last event.
    ///
    /// # Errors
    /// [`TooManyInstants`] if the steps are more than [`INSTANTS_MAX`].
    pub fn instants(
        &self,
        at: &[Timestamp],
        every: Option<Elapsed>,
    ) -> Result<Vec<Timestamp>, TooManyInstants> {
        let mut instants: BTreeSet<Timestamp> = at.iter().copied().collect();
        if let Some((first, last)) = self.span() {
            if let Some(step) = every {
                let midnight = first.floor_to(Elapsed::from_ms(DAY_MS));
                let count = last.since(midnight).ms() / step.ms().max(1) + 1;
                if count > INSTANTS_MAX {
                    return Err(TooManyInstants { count });
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

    /// The time of the last event; `None` without events.
    pub fn last_event(&self) -> Option<Timestamp> {
        self.span().map(|(_, last)| last)
    }

    /// The times of the first and the last event; `None` without events.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        // An event that is replaced by another one with its identity is no longer there.
        let has_replaced = self.outcomes.skipped(Skip::Conflicting) > 0;
        if has_replaced { self.shard.span() } else { self.span }
    }

    /// The teams that events name, as a replay without a catalog has them.
    pub fn observed_teams(&self) -> ObservedTeams {
        Catalog::from_observed_teams(self.shard.team_names())
    }

    /// Ends reading events and begins verdicts by another catalog than the one by which events were read. Its
    /// names of priorities are without effect.
    pub fn into_verdicts_by(mut self, catalog: &Arc<Catalog>) -> VerdictHistory {
        self.shard.adopt(Arc::clone(catalog), &mut ());
        let alerts = AlertHistory::new(catalog, self.begin());
        VerdictHistory { shard: self.shard, alerts }
    }

    /// The last instant before the first event: no alert can change up to it.
    fn begin(&self) -> Timestamp {
        let first = self.span().map_or(Timestamp::EVENT_MIN, |(first, _)| first);
        first.minus(Elapsed::from_ms(1))
    }

    /// Ends reading events and begins readings.
    pub fn into_readings(mut self) -> Readings {
        let begin = self.begin();
        let (catalog, too_many_teams) = match self.catalog.take() {
            Some(catalog) => (catalog, false),
            None => {
                let observed = self.observed_teams();
                let catalog = Arc::new(observed.catalog);
                self.shard.adopt(Arc::clone(&catalog), &mut ());
                (catalog, observed.too_many)
            }
        };
        let alerts = catalog.has_objectives().then(|| AlertHistory::new(&catalog, begin));
        Readings { shard: self.shard, view: None, catalog, alerts, too_many_teams }
    }
}

impl VerdictHistory {
    /// The verdicts at an instant, which must not be before the previous one, and the alert transitions since
    /// then, as [`Readings::at`] has them.
    pub fn at(&mut self, now: Timestamp) -> (&View, Vec<Transition>) {
        let mut transitions = Vec::new();
        self.alerts.run(&mut self.shard, now, &mut (), &mut transitions);
        (self.alerts.view(), transitions)
    }
}

impl Readings {
    /// One ticket explained as of an instant; `None` if no ticket has that id.
    pub fn explain(&mut self, ticket: &str, now: Timestamp) -> Option<Explained<'_>> {
        let steps = self.shard.trace(ticket, now)?;
        Some(Explained::new(ticket, steps, &self.catalog, now))
    }

    /// Known ticket ids that are similar to an unknown one.
    pub fn similar_tickets(&self, ticket: &str) -> Vec<String> {
        self.shard.similar_tickets(ticket, SIMILAR_MAX, usize::MAX)
    }

    /// What the teams have said up to an instant.
    pub fn team_logs(&mut self, now: Timestamp) -> TeamLogs {
        TeamLogs::merged(&[self.shard.team_events(now)], &self.catalog)
    }

    /// How people judged tickets up to an instant.
    pub fn reviews(&mut self, now: Timestamp) -> Reviews {
        Reviews::merged(&[self.shard.reviews(now)], &[])
    }

    /// The names of teams without an agreement that events have had, each once. The next call returns none.
    pub fn take_undeclared(&mut self) -> Vec<String> {
        self.shard.take_undeclared()
    }

    /// The catalog by which it reads.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The view of the last [`Readings::at`]; `None` before the first.
    pub fn view(&self) -> Option<&View> {
        self.view.as_ref()
    }

    /// The alerts as they are after [`Readings::at`]; without objectives there are none.
    pub fn alerts(&self) -> Alerts {
        match &self.alerts {
            Some(history) => history.alerts().clone(),
            None => Alerts::new(&self.catalog),
        }
    }

    /// The view at an instant, which must not be before the previous one. With it, the alert transitions
    /// since the previous instant (at first, since the first event), in order of time, objective and kind.
    pub fn at(&mut self, now: Timestamp) -> (&View, Vec<Transition>) {
        let view = self.view.get_or_insert_with(|| View::new(Arc::clone(&self.catalog), now));
        view.advance(now);
        let mut transitions = Vec::new();
        match &mut self.alerts {
            Some(alerts) => alerts.run(&mut self.shard, now, view, &mut transitions),
            None => self.shard.advance(now, view),
        }
        (view, transitions)
    }
}
