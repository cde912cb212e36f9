//! What the board shows, as JSON for other services: `/api/v1/…`, described by OpenAPI.
//!
//! # Design
//! An answer is made of the same picture as the page, and as of the same instant: while the data cannot be
//! trusted, it is the last that could be, its state is `frozen`, and it says why. Where nothing was ever
//! known since the start there is no answer yet.

use serde::Serialize;

use crate::agreement::{Objective, VerdictState};
use crate::amount::Amount;
use crate::catalog::{ObjectiveId, ScopeId};
use crate::name::team_label;
use crate::reading::{BreakdownShown, Verdict};
use crate::service::coordinator::published_view::{ObjectiveDetail, PublishedView};
use crate::service::coordinator::readiness::NotReady;
use crate::ticket::Band;

#[cfg(test)]
mod tests;

/// The description of the API, as it is served.
pub(super) const OPENAPI: &str = include_str!("api/openapi.json");

/// What came of a question.
#[derive(Debug)]
pub(super) enum ApiResponse {
    /// What was asked for.
    Found(String),
    /// Why there is no such thing, or not yet.
    Missing(Missing),
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// No team is called so.
    Team,
    /// The team has no objective of that name.
    Objective,
    /// Nothing is known yet.
    NotYet,
}

impl Missing {
    /// The body that says so.
    pub(super) fn body(self) -> String {
        let error = match self {
            Self::Team => "there is no team of that name",
            Self::Objective => "the team has no objective of that name",
            Self::NotYet => "nothing is known yet: see /-/ready",
        };
        json(&serde_json::json!({ "error": error }))
    }
}

/// An objective's page.
#[derive(Serialize)]
struct ObjectivePage<'a> {
    /// The row that `replay` prints, with where the waiting of the missed went.
    #[serde(flatten)]
    verdict: Verdict,
    /// Why nothing is decided now; null while it is.
    frozen: Option<String>,
    market: Option<MarketShown<'a>>,
    ratings_by_wait: Vec<RatingsShown>,
}

#[derive(Serialize)]
struct MarketShown<'a> {
    target: Amount,
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

/// One objective of a team; `_all` is the organisation, `_unclaimed` what nobody answers for.
pub(super) fn objective(published: &PublishedView, team: &str, name: &str) -> ApiResponse {
    let shown = published.shown();
    let catalog = &*shown.unwrap_or(published).catalog;
    let is_asked = |scope: &ScopeId| team_label(catalog.scope_name(*scope)) == team;
    let Some(scope) = catalog.reading_scopes().find(is_asked) else {
        return ApiResponse::Missing(Missing::Team);
    };
    let mut objectives = catalog.objectives();
    let found = objectives.find(|(_, owner, line)| *owner == scope && *line.name == *name);
    let Some((id, _, line)) = found else { return ApiResponse::Missing(Missing::Objective) };
    match shown.and_then(|shown| page(shown, id, line, published.frozen.as_ref())) {
        Some(page) => ApiResponse::Found(json(&page)),
        None => ApiResponse::Missing(Missing::NotYet),
    }
}

fn page<'a>(
    published: &'a PublishedView,
    id: ObjectiveId,
    objective: &'a Objective,
    not_ready: Option<&NotReady>,
) -> Option<ObjectivePage<'a>> {
    let mut verdict = published.verdicts.get(id.index())?.clone();
    let detail = published.details.get(id.index())?;
    verdict.breakdown =
        Some(BreakdownShown::new(detail.breakdown.iter().copied(), &published.catalog));
    if not_ready.is_some() {
        verdict.state = VerdictState::Frozen;
    }
    Some(ObjectivePage {
        verdict,
        frozen: not_ready.map(ToString::to_string),
        market: market(objective, detail),
        ratings_by_wait: ratings(detail),
    })
}

fn market<'a>(objective: &'a Objective, detail: &ObjectiveDetail) -> Option<MarketShown<'a>> {
    let (market, tally) = objective.market.as_ref().zip(detail.market)?;
    Some(MarketShown {
        target: objective.measure.amount(market.within.elapsed),
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

/// Of these structures it cannot fail; an empty object would say nothing wrong.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned()) + "\n"
}
