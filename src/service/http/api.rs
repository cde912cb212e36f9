//! The board's data as JSON for other services: `/api/v1/…`, described by OpenAPI.
//!
//! # Design
//! A response comes from the same published view as the page. While verdicts are frozen, it holds
//! the last trusted numbers, the state `frozen` and the reason. Before the first trusted view, the
//! response is an error.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::address;
use crate::agreement::{Objective, TargetShown, VerdictState};
use crate::agreement_log::ObjectiveChange;
use crate::catalog::ObjectiveId;
use crate::reading::{BreakdownShown, Verdict, flags_shown};
use crate::service::coordinator::published_view::{ObjectiveDetail, PublishedView};
use crate::ticket::{Band, GivenUp};
use crate::window::FlagCounts;

#[cfg(test)]
mod tests;

/// The OpenAPI description of the API.
pub(super) const OPENAPI: &str = include_str!("api/openapi.json");

/// The response to a request.
#[derive(Debug)]
pub(super) enum ApiResponse {
    /// The JSON body.
    Found(String),
    /// Why there is no body.
    Missing(Missing),
}

/// Why a response has no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// No team has that name.
    Team,
    /// The team has no objective of that name.
    Objective,
    /// No view was trusted since the start.
    NotYet,
}

impl Missing {
    /// The error as a JSON body.
    pub(super) fn body(self) -> String {
        let error = match self {
            Self::Team => "there is no team of that name".to_owned(),
            Self::Objective => "the team has no objective of that name".to_owned(),
            Self::NotYet => format!("no data yet: see {}", address::READY),
        };
        json(&serde_json::json!({ "error": error }))
    }
}

/// One objective, as the API returns it.
#[derive(Serialize)]
struct ObjectiveShown<'a> {
    /// The row that `replay` prints, plus the breakdown of the missed tickets.
    #[serde(flatten)]
    verdict: Verdict,
    /// Why the verdict is frozen; null while it is not.
    frozen: Option<String>,
    market: Option<MarketShown<'a>>,
    ratings_by_wait: Vec<RatingsShown>,
    /// What changed the figures of its measure without a sooner answer, in its window.
    flags: BTreeMap<&'static str, u64>,
    /// What changed in its agreement, in order of time.
    changes: Vec<&'a ObjectiveChange>,
}

#[derive(Serialize)]
struct MarketShown<'a> {
    target: TargetShown,
    decided: u64,
    missed: u64,
    source: &'a str,
    as_of: Option<String>,
}

#[derive(Serialize)]
struct RatingsShown {
    band: &'static str,
    count: u64,
    sum: u64,
}

/// One objective of a team, by the team's label and the objective's name.
pub(super) fn objective(published: &PublishedView, team: &str, name: &str) -> ApiResponse {
    let shown = published.shown();
    let catalog = &*shown.unwrap_or(published).catalog;
    let Some(scope) = catalog.scope_by_label(team) else {
        return ApiResponse::Missing(Missing::Team);
    };
    let mut objectives = catalog.objectives();
    let found =
        objectives.find(|(_, owner, objective)| *owner == scope && *objective.name == *name);
    let Some((id, _, objective)) = found else { return ApiResponse::Missing(Missing::Objective) };
    match shown.and_then(|shown| present(shown, id, objective, published)) {
        Some(body) => ApiResponse::Found(json(&body)),
        None => ApiResponse::Missing(Missing::NotYet),
    }
}

/// An objective of the view that is shown; `None` if the view has no verdict of it.
fn present<'a>(
    shown: &'a PublishedView,
    id: ObjectiveId,
    objective: &'a Objective,
    published: &'a PublishedView,
) -> Option<ObjectiveShown<'a>> {
    let not_ready = published.frozen.as_ref();
    let mut verdict = shown.verdicts.get(id.index())?.clone();
    let detail = shown.details.get(id.index())?;
    verdict.breakdown = Some(BreakdownShown::new(detail.breakdown.iter().copied(), &shown.catalog));
    if not_ready.is_some() {
        verdict.state = VerdictState::Frozen;
    }
    let (owner, _) = shown.catalog.objective(id);
    let changes = published.changes.iter().filter(|change| {
        *change.objective == *objective.name
            && shown.catalog.scope_by_label(&change.team) == Some(owner)
    });
    Some(ObjectiveShown {
        verdict,
        frozen: not_ready.map(ToString::to_string),
        market: market(objective, detail),
        ratings_by_wait: ratings(detail),
        flags: flags(shown, id, objective),
        changes: changes.collect(),
    })
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

/// Serializes `value`. It cannot fail for the types above; the empty object is for the compiler.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned()) + "\n"
}
