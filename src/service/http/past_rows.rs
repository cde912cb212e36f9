//! The past of an objective as rows for programs: comma-separated values and JSON.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use crate::agreement::{Level, Objective, Tally, VerdictState};
use crate::catalog::ObjectiveId;
use crate::past::{Hour, Past, PastPoint};
use crate::service::coordinator::published_view::PublishedView;
use crate::service::derived_past::DerivedPast;
use crate::time::Timestamp;

/// The key of the start of a period in a query.
pub(super) const FROM: &str = "from";
/// The key of its end.
pub(super) const TO: &str = "to";

/// The period that a request asks for: start included, end excluded. Without one of them it is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Period {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// A value of a query that is no instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PeriodError {
    /// The key.
    pub(super) key: &'static str,
    /// The value.
    pub(super) value: String,
    /// What is wrong with it.
    pub(super) why: &'static str,
}

impl Period {
    /// The period of a query string. Other keys are left out.
    pub(super) fn of(query: &str) -> Result<Self, PeriodError> {
        let mut period = Self::default();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let (key, end) = match &*key {
                FROM => (FROM, &mut period.from),
                TO => (TO, &mut period.to),
                _ => continue,
            };
            let error = |why| PeriodError { key, value: value.to_string(), why };
            let at = Timestamp::parse(&value);
            let at = at.ok_or_else(|| error(Timestamp::why_unread(&value)))?;
            if end.replace(at).is_some() {
                return Err(error("the key is given twice"));
            }
        }
        Ok(period)
    }

    fn has(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

impl fmt::Display for PeriodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)?;
        f.write_str("; write it as in 2026-11-21T09:00:00Z, and a plus sign as %2B")
    }
}

/// An objective at one whole hour, by the level in force then.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PointShown {
    /// The hour.
    at: Timestamp,
    /// The number of decided tickets in the window that ended then.
    decided: u32,
    /// Those over target.
    missed: u32,
    /// The share of decided tickets within target, 0 to 1; null while nothing is decided, and for a
    /// `none_over` limit.
    #[serde(serialize_with = "crate::reading::as_ratio")]
    #[schema(value_type = Option<f64>, required, minimum = 0, maximum = 1)]
    compliance: Option<u32>,
    /// The share of decided tickets within the time that others achieve, 0 to 1; null without a comparison,
    /// and before the last four weeks.
    #[serde(serialize_with = "crate::reading::as_ratio")]
    #[schema(value_type = Option<f64>, required, minimum = 0, maximum = 1)]
    market_compliance: Option<u32>,
    /// The verdict.
    #[serde(serialize_with = "crate::reading::state_label")]
    state: VerdictState,
    /// Waits that began in the hour before.
    arrived: u16,
    /// Waits that were answered in the hour before.
    answered: u16,
}

/// The points of an objective in a period, in order of time, from the first hour that has a
/// ticket of any objective.
pub(super) fn points(
    derived: &DerivedPast,
    id: ObjectiveId,
    objective: &Objective,
    period: Period,
) -> Vec<PointShown> {
    let market = market_past(derived, id, objective);
    let points = derived.past.points_of(id).filter(|(hour, _)| period.has(hour.start()));
    points.map(|(hour, point)| point_shown(objective, market, hour, point)).collect()
}

/// The past of an objective by the market's target; `None` where that was not tried.
fn market_past<'a>(
    derived: &'a DerivedPast,
    id: ObjectiveId,
    objective: &Objective,
) -> Option<(&'a Past, ObjectiveId)> {
    let within = objective.market.as_ref()?.within;
    let mut targets = derived.tried.targets_of(id).iter();
    let found = targets.find(|tried| tried.target == within)?;
    Some((&derived.tried.past, found.id))
}

fn point_shown(
    objective: &Objective,
    market: Option<(&Past, ObjectiveId)>,
    hour: Hour,
    point: PastPoint,
) -> PointShown {
    let PastPoint { decided, missed, state, arrived, answered } = point;
    let at = hour.start();
    let has_share = matches!(objective.level_at(at), Level::Within { .. });
    let share = |decided: u32, missed: u32| {
        let tally = Tally { decided: decided.into(), missed: missed.into(), ..Tally::default() };
        tally.compliance_bp().filter(|_| has_share)
    };
    let by_market = market.and_then(|(past, id)| past.point(id, hour));
    let by_market = by_market.filter(|point| point.state != VerdictState::InsufficientData);
    PointShown {
        at,
        decided,
        missed,
        compliance: share(decided, missed),
        market_compliance: by_market.and_then(|point| share(point.decided, point.missed)),
        state,
        arrived,
        answered,
    }
}

/// The past of an objective as comma-separated values (RFC 4180), with the fields of [`PointShown`]; `None`
/// if there is no such objective. No rows while the past is being derived for the first time.
pub(super) fn csv(
    published: &PublishedView,
    team: &str,
    name: &str,
    period: Period,
) -> Option<Vec<u8>> {
    let shown = published.shown();
    let catalog = &*shown.unwrap_or(published).catalog;
    let scope = catalog.scope_by_label(team)?;
    let mut objectives = catalog.objectives();
    let (id, _, objective) =
        objectives.find(|(_, owner, one)| *owner == scope && *one.name == *name)?;
    let derived = shown.and_then(|shown| shown.past.as_deref());
    let points = derived.map(|derived| points(derived, id, objective, period));
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(COLUMNS).ok()?;
    for point in points.into_iter().flatten() {
        writer.serialize(point).ok()?;
    }
    writer.into_inner().ok()
}

/// The columns of the comma-separated values: the fields of [`PointShown`], in their order.
const COLUMNS: [&str; 8] =
    ["at", "decided", "missed", "compliance", "market_compliance", "state", "arrived", "answered"];
