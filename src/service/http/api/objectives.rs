//! The objectives of a team, and one objective.

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::labels::{NamesInPath, ratio};
use super::problem::{PROBLEM_JSON, Problem};
use super::response::{NO_DATA, TEAM_LABEL, frozen, respond, trusted};
use crate::address;
use crate::agreement::{
    EvidenceSubject, Level, Objective, PreviousLevel, ShareEvidence, TargetShown, VerdictState,
};
use crate::agreement_log::ObjectiveChange;
use crate::catalog::ObjectiveId;
use crate::event::Priority;
use crate::measure::{Basis, Measure};
use crate::reading::{BreakdownShown, Seconds, Verdict, flags_shown};
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::{ObjectiveDetail, PublishedView};
use crate::service::http::board::{Allowance, ObjectiveView};
use crate::share::MaxShare;
use crate::ticket::{Band, GivenUp};
use crate::time::{Elapsed, Timestamp};
use crate::view::{AGE_EDGES, OverdueCauses};
use crate::window::FlagCounts;

/// All objectives of a team, each with everything behind its verdict.
#[utoipa::path(
    get,
    path = address::API_OBJECTIVES,
    operation_id = "objectives",
    params(("team" = String, Path, description = TEAM_LABEL)),
    responses(
        (status = 200, description = "The objectives in the order of the agreement.",
            body = ObjectiveList<'_>),
        (status = 404, description = "No such team.", body = Problem, content_type = PROBLEM_JSON),
        (status = 503, description = NO_DATA, body = Problem, content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve_list(
    State(shared): State<Shared>,
    path: Result<Path<NamesInPath>, PathRejection>,
) -> Response {
    let published = shared.published.load();
    respond(NamesInPath::of(path).and_then(|names| list(&published, &names)))
}

/// One objective: its verdict, its level, and everything behind the verdict.
#[utoipa::path(
    get,
    path = address::API_OBJECTIVE,
    operation_id = "objective",
    params(
        ("team" = String, Path, description = TEAM_LABEL),
        ("objective" = String, Path, description = "Name of the objective in the agreement."),
    ),
    responses(
        (status = 200, description = "The objective.", body = ObjectiveShown<'_>),
        (status = 404, description = "No such team or objective.", body = Problem,
            content_type = PROBLEM_JSON),
        (status = 503, description = NO_DATA, body = Problem, content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve_one(
    State(shared): State<Shared>,
    path: Result<Path<NamesInPath>, PathRejection>,
) -> Response {
    let published = shared.published.load();
    respond(NamesInPath::of(path).and_then(|names| objective(&published, &names)))
}

/// The objectives of a team.
#[derive(Serialize, ToSchema)]
struct ObjectiveList<'a> {
    /// The instant of all values. While frozen, the last instant at which the data could be trusted.
    at: Timestamp,
    /// Why verdicts are frozen, in words; null while the data can be trusted.
    #[schema(required)]
    frozen: Option<String>,
    /// The objectives, in the order of the agreement.
    objectives: Vec<ObjectiveShown<'a>>,
}

/// One objective: the row that `vaste replay` prints, and what its page on the board shows.
#[derive(Serialize, ToSchema)]
pub(super) struct ObjectiveShown<'a> {
    #[serde(flatten)]
    verdict: Verdict,
    /// Why verdicts are frozen, in words; null while the data can be trusted. All values are then those of
    /// the last instant at which they could be.
    #[schema(required)]
    frozen: Option<String>,
    /// What is measured.
    #[serde(serialize_with = "crate::reading::measure_label")]
    measure: Measure,
    /// The level in force.
    level: LevelShown,
    /// The levels before the one that the agreement has now, in order of time.
    previous_levels: Vec<LevelShown>,
    /// States of a ticket that pause the measure for this objective; null where they are the measure's own.
    #[schema(required)]
    pauses: Option<PausesShown>,
    /// The share of the allowed misses that may be spent before the objective is at risk, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    at_risk_from: f64,
    /// Tickets that wait now and are over target.
    overdue: u64,
    /// Tickets that wait now, are within target and have used 80 % of it.
    due_soon: u64,
    /// What may be why the tickets in `overdue` are over target.
    overdue_causes: CausesShown,
    /// Tickets that wait now, by the length of their wait in the kind of time of the target; empty for a
    /// count.
    waiting_by_length: Vec<WaitingShown>,
    /// The tickets over target that the level allows; null for a `none_over` limit.
    #[schema(required)]
    allowance: Option<AllowanceShown>,
    /// What the alert `VasteObjectiveMissed` rests on; null where it follows the verdict.
    #[schema(required)]
    evidence: Option<EvidenceShown>,
    /// The comparison with what others achieve; null if the agreement names nothing to compare with.
    #[schema(required)]
    market: Option<MarketShown<'a>>,
    /// Customers' ratings in the window, by how long they had waited compared with the target.
    ratings_by_wait: Vec<RatingsShown>,
    /// What changed the figures of the objective's measure without a sooner answer, in its window, by kind,
    /// such as `paused` or `reopened_for_nothing`. Kinds that did not occur are absent.
    flags: BTreeMap<&'static str, u64>,
    /// What changed in its agreement in the last 90 days, in order of time.
    changes: Vec<&'a ObjectiveChange>,
}

/// A level of an objective.
#[derive(Serialize, ToSchema)]
struct LevelShown {
    /// The share of tickets that must be within target, 0 to 1; null if no ticket may be over it
    /// (`none_over`).
    #[schema(required, minimum = 0, maximum = 1)]
    share: Option<f64>,
    /// The target of tickets whose priority has none of its own.
    target: TargetShown,
    /// The kind of time of the target.
    #[serde(serialize_with = "crate::reading::basis_label")]
    basis: Basis,
    /// The targets by priority, where they differ.
    by_priority: BTreeMap<&'static str, TargetShown>,
    /// Decided tickets that a verdict needs; null for a `none_over` limit.
    #[schema(required)]
    min_tickets: Option<u64>,
    /// The length of the rolling window.
    #[schema(example = "7d")]
    over: String,
    /// The largest share of ended waits that may end unanswered, 0 to 1; null without a ceiling.
    #[schema(required, minimum = 0, maximum = 1)]
    unanswered_max: Option<f64>,
    /// The first instant at which it is no longer in force; null for the level that the agreement has now.
    #[schema(required)]
    until: Option<Timestamp>,
}

/// States of a ticket that pause a measure.
#[derive(Serialize, ToSchema)]
struct PausesShown {
    /// The ticket waits for the customer.
    pending: bool,
    /// The ticket waits for a third party.
    on_hold: bool,
}

/// How many tickets may be over target.
#[derive(Serialize, ToSchema)]
struct AllowanceShown {
    /// Tickets that may be over target.
    allowed: u64,
    /// The tickets that this is computed from: those decided, and at least `min_tickets`.
    among: u64,
}

/// Tickets that wait over target, counted by what may be why. One ticket may count several times.
#[derive(Serialize, ToSchema)]
struct CausesShown {
    /// Tickets that no team with an agreement holds.
    unclaimed: u64,
    /// Tickets whose stopwatch is paused.
    paused: u64,
    /// Tickets that run in closed hours of the team that holds them.
    closed: u64,
    /// Tickets by their priority, where they have one; a priority without tickets is absent.
    by_priority: BTreeMap<&'static str, u64>,
}

/// Tickets that have waited about as long.
#[derive(Serialize, ToSchema)]
struct WaitingShown {
    /// They have waited for longer than this, in seconds; 0 for the first group, which has all others.
    longer_than: Seconds,
    /// They have waited for at most this, in seconds; null for the last group.
    #[schema(required)]
    at_most: Option<Seconds>,
    /// The number of tickets.
    count: u64,
}

/// What an alert with a confidence rests on.
#[derive(Serialize, ToSchema)]
struct EvidenceShown {
    /// What it is about: tickets within target, or waits that ended answered.
    #[schema(schema_with = subjects)]
    subject: &'static str,
    /// The length of its window, which may be shorter than the objective's.
    #[schema(example = "1d")]
    window: String,
    /// Tickets decided in it, or waits that ended in it.
    decided: u64,
    /// How many of them are over target, or unanswered.
    missed: u64,
    /// The probability that the true share is below the level, 0.01 to 0.99.
    #[schema(minimum = 0, maximum = 1)]
    probability: f64,
    /// The probability with which the alert starts, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    needed: f64,
}

/// What others achieve, and how the objective's tickets compare with it.
#[derive(Serialize, ToSchema)]
struct MarketShown<'a> {
    /// The time within which others answer.
    target: TargetShown,
    /// Tickets decided by it in the window.
    decided: u64,
    /// How many of them are over that time.
    missed: u64,
    /// Where the figure comes from.
    source: &'a str,
    /// The day of the figure; null if the agreement does not say.
    #[schema(required, format = Date)]
    as_of: Option<String>,
}

/// Ratings of customers who had waited about as long.
#[derive(Serialize, ToSchema)]
struct RatingsShown {
    /// The wait compared with the target: up to half of it, within it, up to twice as long, longer.
    #[schema(schema_with = bands)]
    band: &'static str,
    /// The number of ratings.
    count: u64,
    /// The sum of their scores, each from 1 to 5.
    sum: u64,
}

/// The objectives of a team, by the team's label.
fn list<'a>(
    published: &'a PublishedView,
    names: &NamesInPath,
) -> Result<ObjectiveList<'a>, Problem> {
    let scope = names.scope(&published.shown().unwrap_or(published).catalog)?;
    let (shown, at) = trusted(published)?;
    let of_team = shown.catalog.objectives().filter(|(_, owner, _)| *owner == scope);
    Ok(ObjectiveList {
        at,
        frozen: frozen(published),
        objectives: of_team
            .filter_map(|(id, _, objective)| present(shown, id, objective, published))
            .collect(),
    })
}

/// One objective of a team, by the team's label and the objective's name.
pub(super) fn objective<'a>(
    published: &'a PublishedView,
    names: &NamesInPath,
) -> Result<ObjectiveShown<'a>, Problem> {
    let catalog = &*published.shown().unwrap_or(published).catalog;
    let (id, objective) = names.objective(catalog)?;
    let (shown, _) = trusted(published)?;
    present(shown, id, objective, published)
        .ok_or_else(|| Problem::not_ready(published.frozen.as_ref()))
}

/// An objective of the view that is shown; `None` if the view has no verdict of it.
fn present<'a>(
    shown: &'a PublishedView,
    id: ObjectiveId,
    objective: &'a Objective,
    published: &'a PublishedView,
) -> Option<ObjectiveShown<'a>> {
    let (owner, _) = shown.catalog.objective(id);
    let view = ObjectiveView::new(Some(shown), id, owner, objective);
    let (mut verdict, detail) = (view.verdict?.clone(), view.detail?);
    verdict.breakdown = Some(BreakdownShown::new(detail.breakdown.iter().copied(), &shown.catalog));
    if published.frozen.is_some() {
        verdict.state = VerdictState::Frozen;
    }
    let changes = published.changes.iter().filter(|change| {
        *change.objective == *objective.name
            && shown.catalog.scope_by_label(&change.team) == Some(owner)
    });
    let allowance = view.allowance();
    Some(ObjectiveShown {
        verdict,
        frozen: frozen(published),
        measure: objective.measure,
        level: LevelShown::new(
            objective.measure,
            view.level,
            view.over,
            view.unanswered_max,
            level_end(objective, shown.at?),
        ),
        previous_levels: objective
            .previous_levels
            .iter()
            .map(|previous| {
                let PreviousLevel { until, level, over, unanswered_max } = previous;
                LevelShown::new(objective.measure, level, *over, *unanswered_max, Some(*until))
            })
            .collect(),
        pauses: objective
            .pauses
            .map(|pauses| PausesShown { pending: pauses.pending, on_hold: pauses.on_hold }),
        at_risk_from: ratio(objective.at_risk.basis_points()),
        overdue: view.over_target(),
        due_soon: view.due_soon(),
        overdue_causes: CausesShown::new(&detail.causes),
        waiting_by_length: waiting_by_length(objective.measure, detail),
        allowance: allowance.map(|Allowance { allowed, among }| AllowanceShown { allowed, among }),
        evidence: detail.evidence.map(EvidenceShown::new),
        market: market(objective, detail),
        ratings_by_wait: ratings(detail),
        flags: flags(shown, id, objective),
        changes: changes.collect(),
    })
}

/// The end of the level that is in force at an instant; `None` for the last one.
fn level_end(objective: &Objective, at: Timestamp) -> Option<Timestamp> {
    objective.previous_levels.iter().map(|previous| previous.until).find(|until| at < *until)
}

impl LevelShown {
    fn new(
        measure: Measure,
        level: &Level,
        over: Elapsed,
        unanswered_max: Option<MaxShare>,
        until: Option<Timestamp>,
    ) -> Self {
        let (share, min_tickets) = match level {
            Level::Within { share, min_tickets, .. } => (Some(*share), Some(*min_tickets)),
            Level::NoneOver(_) => (None, None),
        };
        let target = level.target(None);
        let by_priority = Priority::ALL.map(|priority| (priority, level.target(Some(priority))));
        let other = by_priority.into_iter().filter(|(_, own)| *own != target);
        Self {
            share: share.map(|share| ratio(share.basis_points())),
            target: target.shown(measure),
            basis: target.basis(),
            by_priority: other.map(|(of, own)| (of.label(), own.shown(measure))).collect(),
            min_tickets,
            over: over.to_string(),
            unanswered_max: unanswered_max.map(|max| ratio(max.basis_points())),
            until,
        }
    }
}

impl CausesShown {
    fn new(causes: &OverdueCauses) -> Self {
        let OverdueCauses { unclaimed, paused, closed, by_priority } = *causes;
        let by_priority = Priority::ALL.into_iter().zip(by_priority);
        let by_priority = by_priority.filter(|(_, count)| *count > 0);
        Self {
            unclaimed,
            paused,
            closed,
            by_priority: by_priority.map(|(priority, count)| (priority.label(), count)).collect(),
        }
    }
}

/// The waiting tickets in groups. No ticket waits for a count.
fn waiting_by_length(measure: Measure, detail: &ObjectiveDetail) -> Vec<WaitingShown> {
    if !measure.is_timed() {
        return Vec::new();
    }
    let longer = detail.waiting_longer_than;
    let next = longer.iter().skip(1).chain([&0]);
    let counts = longer.iter().zip(next).map(|(longer, next)| longer.saturating_sub(*next));
    let edges = AGE_EDGES.map(Seconds);
    let from = std::iter::once(Seconds(Elapsed::ZERO)).chain(edges);
    let to = edges.into_iter().map(Some).chain([None]);
    let groups = from.zip(to).zip(counts);
    groups
        .map(|((longer_than, at_most), count)| WaitingShown { longer_than, at_most, count })
        .collect()
}

impl EvidenceShown {
    fn new(evidence: ShareEvidence) -> Self {
        Self {
            subject: subject(evidence.subject),
            window: evidence.window.to_string(),
            decided: evidence.tally.decided,
            missed: evidence.tally.missed,
            probability: ratio(evidence.percent() * 100),
            needed: ratio(evidence.needed_bp()),
        }
    }
}

const fn subject(subject: EvidenceSubject) -> &'static str {
    match subject {
        EvidenceSubject::WithinTarget => "within_target",
        EvidenceSubject::Answered => "answered",
    }
}

fn subjects() -> utoipa::openapi::Object {
    let all = [EvidenceSubject::WithinTarget, EvidenceSubject::Answered];
    crate::reading::schema::labels(&all.map(subject), "What the evidence is about.")
}

fn bands() -> utoipa::openapi::Object {
    let about =
        "The wait compared with the target: up to half of it, within it, up to double, longer.";
    crate::reading::schema::labels(&Band::ALL.map(Band::label), about)
}

/// The flagged acts that concern the measure of an objective, in its window.
fn flags(
    published: &PublishedView,
    id: ObjectiveId,
    objective: &Objective,
) -> BTreeMap<&'static str, u64> {
    let (owner, _) = published.catalog.objective(id);
    let over = published.at.map_or(objective.over, |at| objective.over_at(at));
    let key = (owner, objective.measure, over);
    let mut given_up = published.given_up.iter().filter(|(s, m, w, _)| (*s, *m, *w) == key);
    let by_reason = given_up.next().map_or([0; GivenUp::ALL.len()], |(.., counts)| *counts);
    let mut acts = published.flags.iter().filter(|(s, m, w, _)| (*s, *m, *w) == key);
    let counts = acts.next().map_or_else(FlagCounts::default, |(.., counts)| *counts);
    flags_shown(&by_reason, counts)
}

fn market<'a>(objective: &'a Objective, detail: &ObjectiveDetail) -> Option<MarketShown<'a>> {
    let (market, tally) = objective.market.as_ref().zip(detail.market)?;
    Some(MarketShown {
        target: market.within.shown(objective.measure),
        decided: tally.decided,
        missed: tally.missed,
        source: &market.source,
        as_of: market.as_of.map(|day| day.to_string()),
    })
}

fn ratings(detail: &ObjectiveDetail) -> Vec<RatingsShown> {
    let bands = Band::ALL.into_iter().zip(&detail.bands);
    bands
        .map(|(band, scores)| RatingsShown {
            band: band.label(),
            count: scores.count,
            sum: scores.sum,
        })
        .collect()
}
