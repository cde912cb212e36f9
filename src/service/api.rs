//! What the board shows, as JSON for other services: `/api/v1/…`, described by OpenAPI.
//!
//! # Design
//! An answer is made of the same picture as the page, and as of the same instant: while the data cannot be
//! trusted, it is the last that could be, its state is `frozen`, and it says why. Where nothing was ever
//! known since the start there is no answer yet.

use serde::Serialize;

use super::picture::{Detail, Doubt, Picture};
use crate::agreement::{Objective, State};
use crate::name::team_label;
use crate::reading::{Seconds, Verdict, WentShown, shown};
use crate::rules::{ObjectiveId, Slot};
use crate::ticket::Band;

#[cfg(test)]
mod tests;

/// The description of the API, as it is served.
pub(super) const OPENAPI: &str = include_str!("api/openapi.json");

/// What came of a question.
#[derive(Debug)]
pub(super) enum Answer {
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
    target: Seconds,
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
pub(super) fn objective(picture: &Picture, team: &str, name: &str) -> Answer {
    let shown = picture.shown();
    let rules = &*shown.unwrap_or(picture).rules;
    let is_asked = |slot: &Slot| team_label(rules.slot_name(*slot)) == team;
    let Some(slot) = rules.reading_slots().find(is_asked) else {
        return Answer::Missing(Missing::Team);
    };
    let mut objectives = rules.objectives();
    let found = objectives.find(|(_, owner, line)| *owner == slot && *line.name == *name);
    let Some((id, _, line)) = found else { return Answer::Missing(Missing::Objective) };
    match shown.and_then(|shown| page(shown, id, line, picture.frozen.as_ref())) {
        Some(page) => Answer::Found(json(&page)),
        None => Answer::Missing(Missing::NotYet),
    }
}

fn page<'a>(
    picture: &'a Picture,
    id: ObjectiveId,
    objective: &'a Objective,
    doubt: Option<&Doubt>,
) -> Option<ObjectivePage<'a>> {
    let mut verdict = picture.verdicts.get(id.index())?.clone();
    let detail = picture.details.get(id.index())?;
    verdict.went = Some(WentShown::new(detail.went.iter().copied(), &picture.rules));
    if doubt.is_some() {
        verdict.state = State::Frozen;
    }
    Some(ObjectivePage {
        verdict,
        frozen: doubt.map(ToString::to_string),
        market: market(objective, detail),
        ratings_by_wait: ratings(detail),
    })
}

fn market<'a>(objective: &'a Objective, detail: &Detail) -> Option<MarketShown<'a>> {
    let (market, tally) = objective.market.as_ref().zip(detail.market)?;
    Some(MarketShown {
        target: shown(objective.measure, market.within.elapsed),
        decided: tally.decided,
        missed: tally.missed,
        source: &market.source,
        as_of: market.as_of.map(|day| day.to_string()),
    })
}

fn ratings(detail: &Detail) -> Vec<RatingsShown> {
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
