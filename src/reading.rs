//! Readings and verdicts as they are printed.
//!
//! The JSON is a stable interface: other programs rely on names, order and formats.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::agreement::{ShareInterval, Tally, TargetShown, VerdictState};
use crate::amount::Amount;
use crate::catalog::Catalog;
use crate::measure::{Basis, Measure};
use crate::ticket::{Flag, GivenUp, WaitLocation};
use crate::time::{Elapsed, Timestamp};
use crate::window::{FlagCounts, WaitedQuantile};

pub(crate) mod schema;

/// The quantiles of every reading, in per mille.
pub const QUANTILES_PER_MILLE: [u32; 4] = [500, 900, 950, 990];

/// One window of one team and measure, as of an instant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reading {
    /// The instant: the reading is made of events at or before it.
    pub at: Timestamp,
    /// The team; null for the whole organisation; `unclaimed` for tickets of no declared team.
    #[schema(required)]
    pub team: Option<Box<str>>,
    /// The measure.
    #[serde(serialize_with = "measure_label")]
    pub measure: Measure,
    /// The kind of time.
    #[serde(serialize_with = "basis_label")]
    pub basis: Basis,
    /// The length of the window.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "7d")]
    pub window: Elapsed,
    /// The first instant of the window, included.
    pub from: Timestamp,
    /// The number of samples in the window.
    pub answered: u64,
    /// The mean of the samples, exact; null without samples.
    #[schema(required)]
    pub mean: Option<Amount>,
    /// The quantiles of the samples by nearest rank, within 1 %; null without samples.
    #[schema(value_type = schema::AnsweredQuantiles)]
    pub q: Quantiles<Option<Amount>>,
    /// The largest sample, within 1 %; null without samples.
    #[schema(required)]
    pub max: Option<Amount>,
    /// The number that wait now: running and paused stopwatches.
    pub waiting: u64,
    /// The effective start of the longest wait; null if none waits.
    #[schema(required)]
    pub oldest_waiting_since: Option<Timestamp>,
    /// The number that ended unanswered in the window: solved, closed or merged without a reply.
    pub given_up: u64,
    /// The quantiles that include those still waiting (Kaplan-Meier).
    #[schema(value_type = schema::WaitedQuantiles)]
    pub q_with_waiting: Quantiles<WaitedQuantile<Amount>>,
    /// The exact counts within each agreed target of that kind of time.
    pub within: Vec<Within>,
    /// What changed these figures without a sooner answer, by kind, and the number deleted, spam or in need
    /// of no reply. Absent if there was none, and in a part of a split.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub flags: BTreeMap<&'static str, u64>,
    /// The part of the tickets; absent for all tickets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitShown>,
}

/// The part of the tickets in a reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitShown {
    /// Tickets of that priority; `none` for tickets without one.
    Priority(&'static str),
    /// Tickets of that channel; `other` for all channels that the split does not name.
    Channel(Box<str>),
}

/// Counts at one agreed target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Within {
    /// The target.
    pub target: TargetShown,
    /// Answered within the target.
    pub met: u64,
    /// Decided: answered, given up over the target, or waiting over the target now.
    pub of: u64,
}

/// The verdict on one objective, as of an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Verdict {
    /// The instant.
    pub at: Timestamp,
    /// The team; null for the whole organisation; `unclaimed` for tickets of no declared team.
    #[schema(required)]
    pub team: Option<Box<str>>,
    /// The name of the objective.
    pub objective: Box<str>,
    /// The number of decided tickets.
    pub decided: u64,
    /// The number of decided tickets over target.
    pub missed: u64,
    /// The share of decided tickets within target, 0 to 1 with 4 decimals; null without decided tickets and
    /// for a `none_over` limit, which counts only tickets over it. Held in basis points.
    #[serde(serialize_with = "as_ratio")]
    #[schema(value_type = Option<f64>, required, minimum = 0, maximum = 1)]
    pub compliance: Option<u32>,
    /// The interval that holds the true share with a probability of 90 % (Jeffreys); null without decided
    /// tickets and for a `none_over` limit.
    #[schema(required)]
    pub interval: Option<IntervalShown>,
    /// The probability that the true share is below the agreed one, 0 to 1 with 4 decimals; null together
    /// with the interval. Held in basis points.
    #[serde(serialize_with = "as_ratio")]
    #[schema(value_type = Option<f64>, required, minimum = 0, maximum = 1)]
    pub below_level: Option<u32>,
    /// The number answered in the window, within target or over it.
    pub answered: u64,
    /// The number solved, closed or merged in the window without what the measure waits for, within target or
    /// over it.
    pub unanswered: u64,
    /// The share of these two that is unanswered, 0 to 1 with 4 decimals; null while none ended. Held in
    /// basis points.
    #[serde(serialize_with = "as_ratio")]
    #[schema(value_type = Option<f64>, required, minimum = 0, maximum = 1)]
    pub unanswered_share: Option<u32>,
    /// The number marked as spam in the window while over target. They are not decided.
    pub spam_over_target: u64,
    /// The verdict.
    #[serde(serialize_with = "state_label")]
    pub state: VerdictState,
    /// Whether the share within the market's target is below the agreed share.
    pub behind_market: bool,
    /// Where the known history begins; null if all of it is known.
    #[schema(required)]
    pub history_from: Option<Timestamp>,
    /// Where missed tickets waited; absent without missed tickets, and where it was not looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<BreakdownShown>,
}

impl Verdict {
    /// The tickets that it rests on.
    pub fn tally(&self) -> Tally {
        let Self { decided, missed, spam_over_target, answered, unanswered, .. } = *self;
        Tally { decided, missed, spam_over_target, answered, unanswered }
    }
}

/// An interval of the share within target, 0 to 1 with 4 decimals. Held in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct IntervalShown {
    /// The lower bound.
    #[serde(serialize_with = "bp_as_ratio")]
    #[schema(value_type = f64, minimum = 0, maximum = 1)]
    pub low: u32,
    /// The upper bound.
    #[serde(serialize_with = "bp_as_ratio")]
    #[schema(value_type = f64, minimum = 0, maximum = 1)]
    pub high: u32,
}

impl From<ShareInterval> for IntervalShown {
    fn from(ShareInterval { low_bp, high_bp }: ShareInterval) -> Self {
        Self { low: low_bp, high: high_bp }
    }
}

/// One value for each of [`QUANTILES_PER_MILLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantiles<T> {
    /// The median.
    #[serde(rename = "0.5")]
    pub p50: T,
    /// The 90 % quantile.
    #[serde(rename = "0.9")]
    pub p90: T,
    /// The 95 % quantile.
    #[serde(rename = "0.95")]
    pub p95: T,
    /// The 99 % quantile.
    #[serde(rename = "0.99")]
    pub p99: T,
}

impl<T> From<[T; 4]> for Quantiles<T> {
    fn from([p50, p90, p95, p99]: [T; 4]) -> Self {
        Self { p50, p90, p95, p99 }
    }
}

/// Where tickets waited, in seconds by location.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BreakdownShown {
    /// Unclaimed.
    pub unclaimed: Seconds,
    /// With each team, by name, in its open time.
    pub teams: BTreeMap<Box<str>, Seconds>,
    /// Pending: for the customer.
    pub pending: Seconds,
    /// On hold: for a third party.
    pub on_hold: Seconds,
    /// In closed hours of the ticket's holder.
    pub closed: Seconds,
}

impl BreakdownShown {
    /// From times by location.
    pub fn new(
        breakdown: impl Iterator<Item = (WaitLocation, Elapsed)>,
        catalog: &Catalog,
    ) -> Self {
        let mut shown = Self::default();
        for (location, elapsed) in breakdown {
            match location {
                WaitLocation::With(scope) if scope == catalog.unclaimed() => {
                    shown.unclaimed = Seconds(elapsed)
                }
                WaitLocation::With(scope) => {
                    let team = catalog.scope_name(scope).unwrap_or_default();
                    shown.teams.insert(team.into(), Seconds(elapsed));
                }
                WaitLocation::Pending => shown.pending = Seconds(elapsed),
                WaitLocation::OnHold => shown.on_hold = Seconds(elapsed),
                WaitLocation::Closed => shown.closed = Seconds(elapsed),
            }
        }
        shown
    }
}

/// The flagged acts, and the ways to end a wait that do not count as ended unanswered, by label. Those that
/// did not occur are left out. `by_reason` is in the order of [`GivenUp::ALL`].
pub fn flags_shown(
    by_reason: &[u64; GivenUp::ALL.len()],
    counts: FlagCounts,
) -> BTreeMap<&'static str, u64> {
    let ways_out = GivenUp::ALL.into_iter().zip(by_reason);
    let ways_out = ways_out.filter(|(reason, _)| !reason.is_counted_given_up());
    let ways_out = ways_out.map(|(reason, count)| (reason.label(), *count));
    let acts = Flag::ALL.into_iter().map(|flag| (flag.label(), counts.of(flag)));
    ways_out.chain(acts).filter(|(_, count)| *count > 0).collect()
}

/// A duration that prints as a number of seconds with up to three decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub Elapsed);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Amount::Time(self.0).serialize(serializer)
    }
}

/// The number of seconds or of what is counted: whole where it is, else with up to three decimals.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let thousandths = self.thousandths();
        if thousandths % 1_000 == 0 {
            serializer.serialize_i64(thousandths / 1_000)
        } else {
            serializer.serialize_f64(self.as_f64())
        }
    }
}

/// A number like an [`Amount`], or `{"working_days":2}`.
impl Serialize for TargetShown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Amount(amount) => amount.serialize(serializer),
            Self::WorkingDays(days) => serializer.collect_map([("working_days", days.count())]),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<T: Serialize> Serialize for WaitedQuantile<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::MoreThan(longest) => serializer.collect_map([("more_than", longest)]),
            Self::TooFew(at_risk) => serializer.collect_map([("too_few", at_risk)]),
        }
    }
}

pub(crate) fn measure_label<S: Serializer>(
    measure: &Measure,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(measure.label())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) fn basis_label<S: Serializer>(basis: &Basis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(basis.label())
}

pub(crate) fn state_label<S: Serializer>(
    state: &VerdictState,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(state.label())
}

pub(crate) fn as_text<S: Serializer>(length: &Elapsed, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(length)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn bp_as_ratio<S: Serializer>(bp: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    as_ratio(&Some(*bp), serializer)
}

/// Serialises basis points as a number from 0 to 1.
#[expect(clippy::ref_option, reason = "serde passes a reference")]
pub(crate) fn as_ratio<S: Serializer>(bp: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
    bp.map(|bp| f64::from(bp) / 10_000.0).serialize(serializer)
}
