//! What the service knows at one instant: immutable, shared by everything that reads.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::readiness::NotReady;
use crate::agreement::Tally;
use crate::alert::Alerts;
use crate::catalog::{Catalog, ObjectiveId, ScopeId, WINDOWS};
use crate::measure::Measure;
use crate::reading::{Reading, Verdict};
use crate::responses::Responses;
use crate::service::instruments::Instruments;
use crate::service::kafka::status::StreamStatus;
use crate::ticket::{Band, RatingKind, WaitLocation};
use crate::time::{Elapsed, Timestamp};
use crate::view::View;
use crate::window::Scores;

/// Who has used this part of the time that an objective allows is due soon.
const DUE_SOON_PERCENT: i64 = 80;

/// What the parts of the process share.
#[derive(Clone, Debug)]
pub(in crate::service) struct Shared {
    pub(in crate::service) published: Arc<ArcSwap<PublishedView>>,
    pub(in crate::service) instruments: Arc<Instruments>,
}

/// Everything that can be read, as of one instant.
#[derive(Debug)]
pub(in crate::service) struct PublishedView {
    /// The instant of all readings and verdicts; absent until the first.
    pub(in crate::service) at: Option<Timestamp>,
    pub(in crate::service) catalog: Arc<Catalog>,
    pub(in crate::service) readings: Vec<Reading>,
    pub(in crate::service) verdicts: Vec<Verdict>,
    /// What verdicts do not say, by objective.
    pub(in crate::service) details: Vec<ObjectiveDetail>,
    /// Given up by reason, in the order of [`crate::ticket::GivenUp::ALL`], by team, measure and window.
    pub(in crate::service) given_up: Vec<(ScopeId, Measure, Elapsed, [u64; 5])>,
    /// Scores of ratings by team, kind and window.
    pub(in crate::service) ratings: Vec<(ScopeId, RatingKind, Elapsed, Scores)>,
    pub(in crate::service) alerts: Alerts,
    pub(in crate::service) stream: StreamStatus,
    /// The samples that were counted, each once, of all partitions seen since start.
    pub(in crate::service) responses: Arc<Responses>,
    /// Tickets with events in two partitions.
    pub(in crate::service) tickets_split: u64,
    /// When the service started.
    pub(in crate::service) started: Timestamp,
    /// When it first caught up.
    pub(in crate::service) caught_up_at: Option<Timestamp>,
    /// Why verdicts are frozen; absent while they are not.
    pub(in crate::service) frozen: Option<NotReady>,
    /// While frozen, the last picture that was not; absent if there was none since start.
    pub(in crate::service) trusted: Option<Arc<Self>>,
}

/// What is known of one objective beside its verdict.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct ObjectiveDetail {
    /// Waiting over target now.
    pub(in crate::service) overdue: u64,
    /// Waiting now for 80 % of the target or longer.
    pub(in crate::service) used_most: u64,
    /// The tickets beside what others achieve; absent where it does not compare.
    pub(in crate::service) market: Option<Tally>,
    /// Where the waiting of the missed went, in order of place; empty where none is missed.
    pub(in crate::service) breakdown: Vec<(WaitLocation, Elapsed)>,
    /// The customers' ratings by how long they had waited, in the order of [`Band::ALL`].
    pub(in crate::service) bands: [Scores; Band::ALL.len()],
}

impl ObjectiveDetail {
    /// Of one objective, of which so many are missed.
    pub(in crate::service) fn of(view: &View, id: ObjectiveId, missed: u64) -> Self {
        Self {
            overdue: view.waiting_over(id),
            used_most: view.waiting_beyond(id, DUE_SOON_PERCENT),
            market: view.market(id),
            // It looks at everyone who waits over target.
            breakdown: if missed > 0 { view.breakdown(id) } else { Vec::new() },
            bands: view.rating_bands(id),
        }
    }

    /// Of all objectives, in their order.
    pub(in crate::service) fn all(view: &View, verdicts: &[Verdict]) -> Vec<Self> {
        let all = view.catalog().objectives().zip(verdicts);
        all.map(|((id, _, _), verdict)| Self::of(view, id, verdict.missed)).collect()
    }
}

/// The scores of every team's ratings in the windows that every team has.
pub(in crate::service) fn ratings(view: &View) -> Vec<(ScopeId, RatingKind, Elapsed, Scores)> {
    let scopes = view.catalog().reading_scopes();
    let kinds = scopes.flat_map(|scope| RatingKind::ALL.map(|kind| (scope, kind)));
    let all = kinds.flat_map(|(scope, kind)| WINDOWS.map(|window| (scope, kind, window)));
    all.map(|(scope, kind, window)| (scope, kind, window, view.ratings(scope, kind, window)))
        .collect()
}

#[cfg(test)]
impl Shared {
    /// What a service that has just started shares.
    pub(in crate::service) fn new(catalog: &Arc<Catalog>) -> Self {
        let instruments = Instruments::new(0, (0, Timestamp::EVENT_MIN));
        Self {
            published: Arc::new(ArcSwap::from_pointee(PublishedView::new(
                catalog,
                Timestamp::EVENT_MIN,
                "",
            ))),
            instruments: Arc::new(instruments.unwrap()),
        }
    }
}

impl PublishedView {
    /// Of a service that has just started and knows nothing yet.
    pub(in crate::service) fn new(catalog: &Arc<Catalog>, started: Timestamp, topic: &str) -> Self {
        Self {
            at: None,
            catalog: Arc::clone(catalog),
            readings: Vec::new(),
            verdicts: Vec::new(),
            details: Vec::new(),
            given_up: Vec::new(),
            ratings: Vec::new(),
            alerts: Alerts::new(catalog),
            stream: StreamStatus { topic: topic.to_owned(), ..StreamStatus::default() },
            responses: Arc::new(Responses::new(catalog)),
            tickets_split: 0,
            started,
            caught_up_at: None,
            frozen: Some(NotReady::Starting),
            trusted: None,
        }
    }

    /// The readings that pages and metrics show: of all tickets, and of one kind of time for each team and
    /// measure.
    pub(in crate::service) fn readings_shown(&self) -> impl Iterator<Item = &Reading> {
        self.of_basis_shown().filter(|reading| reading.split.is_none())
    }

    /// The same of the parts that readings are split by.
    pub(in crate::service) fn splits_shown(&self) -> impl Iterator<Item = &Reading> {
        self.of_basis_shown().filter(|reading| reading.split.is_some())
    }

    fn of_basis_shown(&self) -> impl Iterator<Item = &Reading> {
        let catalog = &self.catalog;
        self.readings.iter().filter(|reading| {
            let scope = catalog.scope_by_name(reading.team.as_deref());
            reading.basis == catalog.basis_shown(scope, reading.measure)
        })
    }

    /// The picture that people are shown: while this one is frozen, the last that was not, if there was one.
    pub(in crate::service) fn shown(&self) -> Option<&Self> {
        if self.frozen.is_none() { Some(self) } else { self.trusted.as_deref() }
    }

    /// What follows this picture must keep if it is frozen: the last one that was not.
    pub(in crate::service) fn last_trusted(this: &Arc<Self>) -> Option<Arc<Self>> {
        if this.frozen.is_none() && this.at.is_some() {
            Some(Arc::clone(this))
        } else {
            this.trusted.clone()
        }
    }
}
