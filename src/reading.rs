//! What windows and verdicts say at one instant, as it is printed.
//!
//! The JSON is an interface that others build on: names, order and formats stay.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::agreement::VerdictState;
use crate::amount::Amount;
use crate::catalog::Catalog;
use crate::measure::{Basis, Measure};
use crate::ticket::WaitLocation;
use crate::time::{Elapsed, Timestamp};
use crate::window::WaitedQuantile;

/// The quantiles of every reading, per mille.
pub const QUANTILES_PER_MILLE: [u32; 4] = [500, 900, 950, 990];

/// What one team's window says of one measure.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// The instant it is for: made of events at or before it.
    pub at: Timestamp,
    /// The team; none for the whole organisation, `unclaimed` for what nobody answers for.
    pub team: Option<Box<str>>,
    /// What is measured.
    #[serde(serialize_with = "measure_label")]
    pub measure: Measure,
    /// The kind of time.
    #[serde(serialize_with = "basis_label")]
    pub basis: Basis,
    /// The length of the window.
    #[serde(serialize_with = "as_text")]
    pub window: Elapsed,
    /// The first instant of the window, included.
    pub from: Timestamp,
    /// Samples in the window.
    pub answered: u64,
    /// Their mean; none without samples.
    pub mean: Option<Amount>,
    /// Their quantiles by nearest rank, within 1 %; none without samples.
    pub q: Quantiles<Option<Amount>>,
    /// The longest, within 1 %; none without samples.
    pub max: Option<Amount>,
    /// Those who wait now.
    pub waiting: u64,
    /// Since when the longest of them waits.
    pub oldest_waiting_since: Option<Timestamp>,
    /// Those given up in the window: solved, closed or merged without a word.
    pub given_up: u64,
    /// Quantiles with those still waiting counted as such.
    pub q_with_waiting: Quantiles<WaitedQuantile<Amount>>,
    /// The share within each agreed target of that kind of time, exact.
    pub within: Vec<Within>,
    /// Which tickets it is of; absent where it is of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitShown>,
}

/// The part of a team's tickets that a reading is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitShown {
    /// Those of that priority; `none` without one.
    Priority(&'static str),
    /// Those of that channel; `other` for all that are not told apart.
    Channel(Box<str>),
}

/// Tickets within one agreed target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Within {
    /// The target.
    pub target: Amount,
    /// Answered within it.
    pub met: u64,
    /// Decided at it: answered, or over it when given up or waiting now.
    pub of: u64,
}

/// How one objective stands.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The instant it is for.
    pub at: Timestamp,
    /// The team; none for the whole organisation.
    pub team: Option<Box<str>>,
    /// The name of the objective.
    pub objective: Box<str>,
    /// Tickets decided.
    pub decided: u64,
    /// Those of them over target.
    pub missed: u64,
    /// The share within target, with 4 decimals; none while nothing is decided.
    #[serde(serialize_with = "as_ratio")]
    pub compliance: Option<u32>,
    /// The verdict.
    #[serde(serialize_with = "state_label")]
    pub state: VerdictState,
    /// Whether the share within what others achieve is below the agreed share.
    pub behind_market: bool,
    /// Where the known history begins; none where it is whole.
    pub history_from: Option<Timestamp>,
    /// Where the waiting of the missed went; absent where none is, and where nobody looked it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<BreakdownShown>,
}

/// One value for each of [`QUANTILES_PER_MILLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantiles<T> {
    /// The median.
    #[serde(rename = "0.5")]
    pub p50: T,
    /// 9 of 10.
    #[serde(rename = "0.9")]
    pub p90: T,
    /// 19 of 20.
    #[serde(rename = "0.95")]
    pub p95: T,
    /// 99 of 100.
    #[serde(rename = "0.99")]
    pub p99: T,
}

impl<T> From<[T; 4]> for Quantiles<T> {
    fn from([p50, p90, p95, p99]: [T; 4]) -> Self {
        Self { p50, p90, p95, p99 }
    }
}

/// Where waiting went, as it is printed: seconds by place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BreakdownShown {
    /// With nobody who answers for it.
    pub unclaimed: Seconds,
    /// With each team, by name.
    pub teams: BTreeMap<Box<str>, Seconds>,
    /// For the customer.
    pub pending: Seconds,
    /// For a third party.
    pub on_hold: Seconds,
    /// In closed hours of whoever held the ticket.
    pub closed: Seconds,
}

impl BreakdownShown {
    /// Of places and how long.
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

/// A duration that prints as a number of seconds, to the millisecond.
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it in so")]
fn basis_label<S: Serializer>(basis: &Basis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(basis.label())
}

fn state_label<S: Serializer>(state: &VerdictState, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(state.label())
}

fn as_text<S: Serializer>(length: &Elapsed, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(length)
}

#[expect(clippy::ref_option, reason = "serde hands it in so")]
fn as_ratio<S: Serializer>(bp: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
    bp.map(|bp| f64::from(bp) / 10_000.0).serialize(serializer)
}
