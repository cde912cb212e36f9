//! What other levels would have meant: each candidate, week by week, over a whole history.
//!
//! # Design
//! Each candidate is an objective of its own in one catalog, and the history is replayed once. Every figure
//! is the one that `replay` prints with that level in the agreement: verdicts at the end of each week, alerts
//! at every second. A further candidate costs less than another replay, since events are read and derived
//! once; its alerts are evaluated for themselves.
//!
//! | file | it holds |
//! |---|---|
//! | `week` | weeks of ISO 8601 in a time zone |
//! | `suggestion` | levels that fit the past, and the rules by which they are found |
//! | `written` | a suggestion as an agreement's file |
//! | this one | the candidates and their weeks |

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::agreement::{Agreement, Objective, Owner, Tally, TargetShown, VerdictState};
use crate::alert::{AlertKind, Transition};
use crate::calendar::Zone;
use crate::catalog::{Catalog, ObjectiveId};
use crate::measure::{Basis, Measure};
use crate::reading::{Seconds, as_ratio, as_text, basis_label, measure_label, state_label};
use crate::replay::Replay;
use crate::time::{Elapsed, Timestamp};

mod suggestion;
mod week;
mod written;

pub use suggestion::{
    LIMIT_TRIED, LevelSuggestion, SUGGESTED_WEEKS, SuggestedKind, SuggestionRun, targets_to_try,
};
pub use week::IsoWeek;
pub use written::WrittenAgreement;

/// The maximum of candidates of one run. More do not fit into a table.
pub const CANDIDATES_MAX: usize = 20;

/// What separates the name of an objective from the number of its candidate. No name has it.
const SEPARATOR: char = '\u{1f}';

/// Candidates of one owner, to be compared over one history.
#[derive(Debug)]
pub struct WhatIf {
    catalog: Arc<Catalog>,
    ids: Vec<ObjectiveId>,
    zone: Zone,
}

/// One week with all candidates, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriedWeek {
    /// The week.
    pub week: IsoWeek,
    /// The instant of the verdicts: the end of the week, or the last event if that comes first.
    pub at: Timestamp,
    /// By candidate.
    pub verdicts: Vec<TriedVerdict>,
}

/// What a candidate would have meant in one week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriedVerdict {
    /// The tickets in the window that ends with the week.
    pub tally: Tally,
    /// The verdict on them.
    pub state: VerdictState,
    /// The alert `VasteObjectiveMissed` in this week; `None` where it was not evaluated.
    pub alert: Option<TriedAlert>,
}

/// The alert of a candidate in one week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TriedAlert {
    /// How often it began to fire.
    pub fired: u32,
    /// How long it fired.
    pub firing: Elapsed,
}

/// A candidate in one week, as it is printed.
#[derive(Clone, Debug, Serialize)]
pub struct WhatIfRow<'a> {
    /// The team; null for the whole organisation.
    pub team: Option<&'a str>,
    /// What is measured.
    #[serde(serialize_with = "measure_label")]
    pub measure: Measure,
    /// The target.
    pub within: TargetShown,
    /// The kind of time of the target.
    #[serde(serialize_with = "basis_label")]
    pub basis: Basis,
    /// The share of tickets that must be within target, in basis points; null for a `none_over` limit.
    pub share_bp: Option<u32>,
    /// The length of the window.
    #[serde(serialize_with = "as_text")]
    pub over: Elapsed,
    /// The week.
    pub week: IsoWeek,
    /// The number of decided tickets in the window that ends with the week.
    pub decided: u64,
    /// The number of decided tickets over target.
    pub missed: u64,
    /// The share of decided tickets within target, 0 to 1 with 4 decimals; null without decided tickets.
    #[serde(serialize_with = "as_ratio")]
    pub compliance: Option<u32>,
    /// The verdict.
    #[serde(serialize_with = "state_label")]
    pub state: VerdictState,
    /// How long the alert fired in the week; null where it was not evaluated.
    pub alert_seconds: Option<Seconds>,
}

impl<'a> WhatIfRow<'a> {
    /// The row of a candidate in one week.
    pub fn new(
        owner: &'a Owner,
        candidate: &Objective,
        week: IsoWeek,
        verdict: &TriedVerdict,
    ) -> Self {
        let target = candidate.level.target(None);
        let share = candidate.level.share();
        Self {
            team: owner.team(),
            measure: candidate.measure,
            within: target.shown(candidate.measure),
            basis: target.basis(),
            share_bp: share.map(|share| share.basis_points()),
            over: candidate.over,
            week,
            decided: verdict.tally.decided,
            missed: verdict.tally.missed,
            compliance: share.and_then(|_| verdict.tally.compliance_bp()),
            state: verdict.state,
            alert_seconds: verdict.alert.map(|alert| Seconds(alert.firing)),
        }
    }
}

impl WhatIf {
    /// Compiles the candidates in place of the owner's objectives. Those of all others are left out; their
    /// names and hours count all the same.
    pub fn new(agreements: &[Agreement], owner: &Owner, candidates: &[Objective]) -> Self {
        let tried = agreements.iter().map(|agreement| {
            let is_own = agreement.owner == *owner;
            let own = candidates.iter().enumerate().filter(|_| is_own);
            let objectives = own.map(|(number, candidate)| Objective {
                name: format!("{}{SEPARATOR}{number}", candidate.name).into(),
                ..candidate.clone()
            });
            Agreement { objectives: objectives.collect(), ..agreement.clone() }
        });
        let catalog = Catalog::new(&tried.collect::<Vec<_>>(), &[]);
        let ids = catalog.objectives().map(|(id, _, _)| id).collect();
        let zone = catalog.zone_of(catalog.scope_by_name(owner.team())).clone();
        Self { catalog: Arc::new(catalog), ids, zone }
    }

    /// The time zone of the weeks: the owner's.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The weeks of a history: from the first in which any candidate has a decided ticket, to the week of the
    /// last event.
    pub fn weeks(&self, replay: Replay) -> Vec<TriedWeek> {
        let Some((first, last)) = replay.span() else { return Vec::new() };
        let mut history = replay.into_verdicts_by(&self.catalog);
        let mut alerts = AlertTimes::new(&self.catalog, first);
        let mut weeks = Vec::new();
        for week in IsoWeek::between(first, last, &self.zone) {
            let at = week.end(&self.zone).min(last);
            let (view, transitions) = history.at(at);
            let alerts = alerts.until(at, &transitions);
            let verdicts = self.ids.iter().zip(alerts).map(|(id, alert)| {
                let verdict = view.verdict(*id);
                let (tally, state) = (verdict.tally(), verdict.state);
                TriedVerdict { tally, state, alert: Some(alert) }
            });
            weeks.push(TriedWeek { week, at, verdicts: verdicts.collect() });
        }
        let has_ticket = |week: &TriedWeek| week.verdicts.iter().any(|one| one.tally.decided > 0);
        let start = weeks.iter().position(has_ticket).unwrap_or(weeks.len());
        weeks.split_off(start)
    }
}

/// The alerts of all candidates, added up by week.
struct AlertTimes {
    /// The start of the week.
    from: Timestamp,
    /// The index of each candidate by the name of its objective.
    by_name: BTreeMap<Box<str>, usize>,
    /// By candidate: since when its alert fires.
    firing_since: Vec<Option<Timestamp>>,
}

impl AlertTimes {
    fn new(catalog: &Catalog, from: Timestamp) -> Self {
        let names = catalog.objectives().map(|(_, _, objective)| objective.name.clone());
        let by_name: BTreeMap<Box<str>, usize> = names.zip(0..).collect();
        Self { from, firing_since: vec![None; by_name.len()], by_name }
    }

    /// Adds the transitions up to the end of a week, and begins the next one.
    fn until(&mut self, end: Timestamp, transitions: &[Transition]) -> Vec<TriedAlert> {
        let mut alerts = vec![TriedAlert::default(); self.firing_since.len()];
        let of_missed = transitions.iter().filter(|change| change.alert == AlertKind::Missed);
        for change in of_missed {
            let Some(index) = self.by_name.get(&change.objective).copied() else { continue };
            let (Some(alert), Some(since)) =
                (alerts.get_mut(index), self.firing_since.get_mut(index))
            else {
                continue;
            };
            if change.is_firing() {
                alert.fired += 1;
                *since = Some(change.at);
            } else if let Some(began) = since.take() {
                alert.add(began.max(self.from), change.at);
            }
        }
        for (alert, since) in alerts.iter_mut().zip(&self.firing_since) {
            if let Some(since) = since {
                alert.add((*since).max(self.from), end);
            }
        }
        self.from = end;
        alerts
    }
}

impl TriedAlert {
    fn add(&mut self, from: Timestamp, to: Timestamp) {
        self.firing = Elapsed::from_ms(self.firing.ms() + to.since(from).ms().max(0));
    }
}
