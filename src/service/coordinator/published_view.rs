//! The published view: everything that pages, API and metrics show, as of one instant. Immutable.

use std::borrow::Cow;
use std::sync::Arc;

use super::readiness::NotReady;
use crate::address::TicketLinks;
use crate::agreement::{ShareEvidence, Tally};
use crate::agreement_log::ObjectiveChange;
use crate::alert::{Alerts, WaitAlarms};
use crate::catalog::{Catalog, ObjectiveId, ScopeId, WINDOWS};
use crate::measure::Measure;
use crate::reading::{Reading, Verdict};
use crate::responses::Responses;
use crate::review::{BroughtTicket, Reviews};
use crate::service::derived_past::DerivedPast;
use crate::service::kafka::probe::TopicState;
use crate::service::kafka::producer_notes::ProducerNotes;
use crate::service::kafka::status::StreamStatus;
use crate::team_log::TeamLogs;
use crate::ticket::{Band, GivenUp, RatingKind, WaitLocation};
use crate::time::{Elapsed, Timestamp};
use crate::view::{AGE_GROUPS, OverdueCauses, View};
use crate::waiting_list::{self, ListOf, TicketList, WaitingLists};
use crate::window::{FlagCounts, Scores};

/// Team, measure, window, and the tickets given up in it by reason.
type GivenUpRow = (ScopeId, Measure, Elapsed, [u64; GivenUp::ALL.len()]);

/// Team, measure, window, and the acts that are flagged in it.
type FlagsRow = (ScopeId, Measure, Elapsed, FlagCounts);

/// Everything that can be shown, as of one instant.
#[derive(Debug)]
pub(in crate::service) struct PublishedView {
    /// The instant of all readings and verdicts; `None` before the first.
    pub(in crate::service) at: Option<Timestamp>,
    pub(in crate::service) catalog: Arc<Catalog>,
    pub(in crate::service) readings: Vec<Reading>,
    pub(in crate::service) verdicts: Vec<Verdict>,
    /// What verdicts do not contain, by objective.
    pub(in crate::service) details: Vec<ObjectiveDetail>,
    /// Tickets given up, by team, measure and window; the counts are in the order of [`GivenUp::ALL`].
    pub(in crate::service) given_up: Vec<GivenUpRow>,
    /// The flagged acts by team, measure and window; those without any are left out.
    pub(in crate::service) flags: Vec<FlagsRow>,
    /// Scores of ratings by team, kind and window.
    pub(in crate::service) ratings: Vec<(ScopeId, RatingKind, Elapsed, Scores)>,
    pub(in crate::service) alerts: Alerts,
    /// The alarms about tickets that nobody has agreed to answer.
    pub(in crate::service) wait_alarms: WaitAlarms,
    /// The lists of waiting tickets of each partition.
    pub(in crate::service) waiting_lists: Vec<WaitingLists>,
    /// What the teams have said.
    pub(in crate::service) team_logs: Arc<TeamLogs>,
    /// How people judged tickets.
    pub(in crate::service) reviews: Arc<Reviews>,
    /// How tickets are named.
    pub(in crate::service) ticket_links: Arc<TicketLinks>,
    pub(in crate::service) stream: StreamStatus,
    /// The topic as the brokers last described it.
    pub(in crate::service) topic: TopicState,
    /// The samples counted in all partitions held since the start, each once; `None` until they are known.
    pub(in crate::service) responses: Option<Arc<Responses>>,
    /// What those counters began with, for the first scrape; `None` later.
    pub(in crate::service) responses_at_first: Option<Arc<Responses>>,
    /// Tickets with events in two partitions.
    pub(in crate::service) tickets_split: u64,
    /// When the service started.
    pub(in crate::service) started: Timestamp,
    /// When all partitions were first caught up.
    pub(in crate::service) caught_up_at: Option<Timestamp>,
    /// Why verdicts are frozen; `None` while they are not.
    pub(in crate::service) frozen: Option<NotReady>,
    /// What changed in the agreements, in order of time.
    pub(in crate::service) changes: Arc<Vec<ObjectiveChange>>,
    /// The past of all objectives; `None` until it is derived for this catalog.
    pub(in crate::service) past: Option<Arc<DerivedPast>>,
    /// While frozen, the last view that was not; `None` if there was none since the start.
    pub(in crate::service) trusted: Option<Arc<Self>>,
}

/// The numbers of one objective that its verdict does not contain.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct ObjectiveDetail {
    /// Tickets that wait now and are over target.
    pub(in crate::service) overdue: u64,
    /// Tickets that have waited for 80 % of the target or longer.
    pub(in crate::service) used_most: u64,
    /// Tickets that have waited for longer than each of [`crate::view::AGE_EDGES`]; the first are all that
    /// wait.
    pub(in crate::service) waiting_longer_than: [u64; AGE_GROUPS],
    /// What may be why the overdue ones are.
    pub(in crate::service) causes: OverdueCauses,
    /// What the alert `missed` rests on; `None` where it follows the verdict.
    pub(in crate::service) evidence: Option<ShareEvidence>,
    /// The tickets compared with the market; `None` without a market in the agreement.
    pub(in crate::service) market: Option<Tally>,
    /// Where missed tickets spent their time, in the order of the locations; empty if none is missed.
    pub(in crate::service) breakdown: Vec<(WaitLocation, Elapsed)>,
    /// The customers' ratings by their wait, in the order of [`Band::ALL`].
    pub(in crate::service) bands: [Scores; Band::ALL.len()],
}

impl ObjectiveDetail {
    /// Computes the details of one objective, which has this many missed tickets.
    pub(in crate::service) fn of(view: &View, id: ObjectiveId, missed: u64) -> Self {
        Self {
            overdue: view.waiting_over(id),
            used_most: view.waiting_due_soon(id),
            waiting_longer_than: view.waiting_longer_than(id),
            causes: view.overdue_causes(id),
            evidence: view.evidence(id),
            market: view.market(id),
            // Expensive: it visits every ticket that waits over target.
            breakdown: if missed > 0 { view.breakdown(id) } else { Vec::new() },
            bands: view.rating_bands(id),
        }
    }

    /// Computes the details of all objectives, in their order.
    pub(in crate::service) fn all(view: &View, verdicts: &[Verdict]) -> Vec<Self> {
        let all = view.catalog().objectives().zip(verdicts);
        all.map(|((id, _, _), verdict)| Self::of(view, id, verdict.missed)).collect()
    }
}

/// The tickets given up, by team, measure and window.
pub(in crate::service) fn given_up(view: &View) -> Vec<GivenUpRow> {
    let (catalog, windows) = (view.catalog(), view.catalog().windows());
    let series = catalog
        .reading_scopes()
        .flat_map(|scope| catalog.measures().iter().map(move |measure| (scope, *measure)));
    series
        .flat_map(|(scope, measure)| {
            windows.iter().map(move |window| {
                (scope, measure, *window, view.given_up(scope, measure, *window))
            })
        })
        .collect()
}

/// The scores of every team's ratings, by kind and window.
pub(in crate::service) fn ratings(view: &View) -> Vec<(ScopeId, RatingKind, Elapsed, Scores)> {
    let scopes = view.catalog().reading_scopes();
    let kinds = scopes.flat_map(|scope| RatingKind::ALL.map(|kind| (scope, kind)));
    let all = kinds.flat_map(|(scope, kind)| WINDOWS.map(|window| (scope, kind, window)));
    all.map(|(scope, kind, window)| (scope, kind, window, view.ratings(scope, kind, window)))
        .collect()
}

/// How many of those who are asked to judge a ticket have done so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) struct AwaitedJudges {
    /// Those who have, each with one review.
    pub(in crate::service) judged: usize,
    /// All who are asked.
    pub(in crate::service) asked: usize,
}

impl PublishedView {
    /// The view of a service that has just started and has read nothing.
    pub(in crate::service) fn new(catalog: &Arc<Catalog>, started: Timestamp, topic: &str) -> Self {
        Self {
            at: None,
            catalog: Arc::clone(catalog),
            readings: Vec::new(),
            verdicts: Vec::new(),
            details: Vec::new(),
            given_up: Vec::new(),
            flags: Vec::new(),
            ratings: Vec::new(),
            alerts: Alerts::new(catalog),
            wait_alarms: WaitAlarms::default(),
            waiting_lists: Vec::new(),
            team_logs: Arc::default(),
            reviews: Arc::default(),
            ticket_links: Arc::default(),
            stream: StreamStatus { topic: topic.to_owned(), ..StreamStatus::default() },
            topic: TopicState::default(),
            responses: None,
            responses_at_first: None,
            tickets_split: 0,
            started,
            caught_up_at: None,
            frozen: Some(NotReady::Starting),
            changes: Arc::default(),
            past: None,
            trusted: None,
        }
    }

    /// A view of past events, with everything that follows from them, as if a service had just published it.
    pub(in crate::service) fn of_past(view: &View, alerts: Alerts) -> Self {
        let verdicts = view.verdicts();
        Self {
            at: Some(view.now()),
            readings: view.readings(),
            details: ObjectiveDetail::all(view, &verdicts),
            verdicts,
            given_up: given_up(view),
            flags: view.all_flags().collect(),
            ratings: ratings(view),
            waiting_lists: view.waiting_lists().to_vec(),
            team_logs: Arc::clone(view.team_logs()),
            alerts,
            frozen: None,
            ..Self::new(view.catalog(), view.now(), "")
        }
    }

    /// The first waiting tickets of a list; none where ids are not shown.
    pub(in crate::service) fn waiting_tickets(&self, of: ListOf) -> TicketList {
        let listed = |at| waiting_list::merged(&self.waiting_lists, of, &self.catalog, at);
        self.at.filter(|_| self.ticket_links.shows_ids).map(listed).unwrap_or_default()
    }

    /// The readings that pages and metrics show: of all tickets, on the basis that is shown for the team and
    /// measure.
    pub(in crate::service) fn readings_shown(&self) -> impl Iterator<Item = &Reading> {
        self.of_basis_shown().filter(|reading| reading.split.is_none())
    }

    /// The same readings by priority and channel.
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

    /// The tickets that were brought to a team, or to the organisation, in order of time.
    pub(in crate::service) fn brought_to(&self, scope: ScopeId) -> Vec<BroughtTicket<'_>> {
        let mut all = self.reviews.brought_to(scope, &self.catalog, self.team_logs.of(scope));
        for brought in &mut all {
            if self.awaited_judges(scope, brought.ticket).is_some() {
                brought.score = None;
            }
        }
        all
    }

    /// How many of those whom the present turn asks to judge a ticket have done so; `None` once all have, and
    /// if nobody is asked. Until then nobody sees the score of another.
    pub(in crate::service) fn awaited_judges(
        &self,
        scope: ScopeId,
        ticket: &str,
    ) -> Option<AwaitedJudges> {
        let list = self.past.as_ref()?.checks.of(scope)?;
        let asked = list.asked(ticket);
        let reviews = self.reviews.of(ticket).iter().filter(|review| review.at >= list.from);
        let judged = reviews.filter(|review| asked.contains(&*review.by)).count();
        (judged < asked.len()).then_some(AwaitedJudges { judged, asked: asked.len() })
    }

    /// What producers must know; without ids of tickets where these are not shown.
    pub(in crate::service) fn producer_notes(&self) -> Cow<'_, ProducerNotes> {
        let notes = &*self.stream.producer_notes;
        if self.ticket_links.shows_ids {
            Cow::Borrowed(notes)
        } else {
            Cow::Owned(notes.without_ids())
        }
    }

    /// The view to show: this one, or while it is frozen the last one that was not, if there was one.
    pub(in crate::service) fn shown(&self) -> Option<&Self> {
        if self.frozen.is_none() { Some(self) } else { self.trusted.as_deref() }
    }

    /// The last view that was not frozen, up to and including this one.
    pub(in crate::service) fn last_trusted(this: &Arc<Self>) -> Option<Arc<Self>> {
        if this.frozen.is_none() && this.at.is_some() {
            Some(Arc::clone(this))
        } else {
            this.trusted.clone()
        }
    }
}
