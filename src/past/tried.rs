//! What other targets would have meant: the past of each objective as if another target had been agreed on.
//!
//! # Design
//! Each target that is tried is an objective of its own in a second catalog, and everything is derived by it
//! as by the first. So the figures are those of a replay with that target written into the agreement, also
//! where the priority of a ticket changed while it waited.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Hour, HourlyTallies, Past};
use crate::agreement::{Agreement, Objective, Target};
use crate::amount::Unit;
use crate::calendar::WorkingDays;
use crate::catalog::{Catalog, ObjectiveId};
use crate::event::PriorityNames;
use crate::measure::{Basis, Measure};
use crate::time::{DAY_MS, Elapsed, MINUTE_MS, Timestamp};

/// The maximum of objectives for which other targets are tried. Beyond it memory would grow to hundreds of
/// megabytes.
pub const TRIED_OBJECTIVES_MAX: usize = 200;

/// How long a past the tried targets have.
pub const TRIED_FOR: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// How many targets are tried on each side of the agreed one.
const TRIED_BESIDE: usize = 9;

/// Targets that people agree on, in minutes of calendar time.
const CALENDAR_MINUTES: [i64; 22] = [
    5, 10, 15, 30, 60, 120, 180, 240, 360, 480, 720, 960, 1_440, 2_880, 4_320, 5_760, 7_200,
    10_080, 14_400, 20_160, 30_240, 40_320,
];

/// The same in minutes of open time.
const OPEN_MINUTES: [i64; 19] = [
    5, 10, 15, 30, 60, 120, 180, 240, 300, 360, 480, 720, 960, 1_440, 1_920, 2_400, 3_840, 4_800,
    9_600,
];

/// Counts that people agree on.
const COUNTS: [i64; 15] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50];

/// What separates the name of an objective from the number of its target. No name has it.
const SEPARATOR: char = '\u{1f}';

/// The agreements with other targets, compiled.
#[derive(Debug)]
pub struct TriedCatalog {
    catalog: Arc<Catalog>,
}

/// One objective with another target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriedTarget {
    /// The target of all priorities that have none of their own.
    pub target: Target,
    /// The objective with this target.
    pub id: ObjectiveId,
}

/// The past of objectives with other targets.
#[derive(Debug)]
pub struct TriedPast {
    /// The hours and points, by the objectives of the tried catalog.
    pub past: Past,
    /// By objective of the catalog in force: the targets, ascending. Among them is the agreed one.
    by_objective: BTreeMap<ObjectiveId, Vec<TriedTarget>>,
}

impl TriedCatalog {
    /// Compiles the agreements with other targets in place of the present ones; with none for those beyond
    /// [`TRIED_OBJECTIVES_MAX`].
    pub fn new(agreements: &[Agreement], measures: &[Measure], names: &PriorityNames) -> Self {
        let mut left = TRIED_OBJECTIVES_MAX;
        let tried = agreements.iter().map(|agreement| {
            let some = agreement.objectives.iter().take(left);
            let objectives: Vec<Objective> = some.flat_map(with_other_targets).collect();
            left = left.saturating_sub(agreement.objectives.len());
            Agreement { objectives, ..agreement.clone() }
        });
        let tried: Vec<Agreement> = tried.collect();
        let catalog = Catalog::new(&tried, measures).with_priority_names(names.clone());
        Self { catalog: Arc::new(catalog) }
    }

    /// The catalog by which partitions are derived.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Tallies without a ticket, for the last [`TRIED_FOR`] before `now`.
    pub fn tallies(&self, now: Timestamp) -> HourlyTallies {
        let first = Hour::from(now.minus(TRIED_FOR));
        let tallies = HourlyTallies::from_hour(Arc::clone(&self.catalog), first, now);
        HourlyTallies { has_evicted: false, ..tallies }
    }

    /// The past of the objectives of `present`, the catalog in force, by the tallies of all tickets.
    pub fn past(&self, tallies: HourlyTallies, present: &Catalog) -> TriedPast {
        let ids: BTreeMap<(Option<&str>, &str), ObjectiveId> = present
            .objectives()
            .map(|(id, owner, objective)| ((present.scope_name(owner), &*objective.name), id))
            .collect();
        let mut by_objective: BTreeMap<ObjectiveId, Vec<TriedTarget>> = BTreeMap::new();
        for (id, owner, objective) in self.catalog.objectives() {
            let name = objective.name.split(SEPARATOR).next().unwrap_or_default();
            if let Some(own) = ids.get(&(self.catalog.scope_name(owner), name)) {
                let target = objective.level.target(None);
                by_objective.entry(*own).or_default().push(TriedTarget { target, id });
            }
        }
        TriedPast { past: tallies.into_past(), by_objective }
    }
}

impl TriedPast {
    /// The tried targets of an objective, ascending; empty if none were tried.
    pub fn targets_of(&self, id: ObjectiveId) -> &[TriedTarget] {
        self.by_objective.get(&id).map_or(&[], Vec::as_slice)
    }
}

/// An objective with each of the targets that are tried. Earlier levels are left out: the target is tried for
/// the whole past.
fn with_other_targets(objective: &Objective) -> impl Iterator<Item = Objective> + '_ {
    let agreed = objective.level.target(None);
    let market = objective.market.as_ref().map(|market| market.within);
    targets_around(agreed, market, objective.measure).into_iter().enumerate().map(
        move |(number, target)| Objective {
            name: format!("{}{SEPARATOR}{number}", objective.name).into(),
            previous_levels: Vec::new(),
            market: None,
            ..objective.with_target(target)
        },
    )
}

/// The agreed target, the market's if it is of the same kind of time, and the nearest usual ones, ascending.
fn targets_around(agreed: Target, market: Option<Target>, measure: Measure) -> Vec<Target> {
    let mut all = match agreed {
        Target::WorkingDays(_) => {
            (1..=20).filter_map(WorkingDays::new).map(Target::WorkingDays).collect()
        }
        Target::Fixed { basis, .. } => usual_targets(basis, measure),
    };
    all.push(agreed);
    let is_alike = |market: &Target| {
        market.basis() == agreed.basis()
            && market.working_days().is_some() == agreed.working_days().is_some()
    };
    all.extend(market.filter(is_alike));
    all.sort_unstable();
    all.dedup();
    let at = all.iter().position(|target| *target == agreed).unwrap_or_default();
    let first = at.saturating_sub(TRIED_BESIDE);
    all.into_iter().skip(first).take(at - first + TRIED_BESIDE + 1).collect()
}

/// Round targets that people agree on, ascending.
pub fn usual_targets(basis: Basis, measure: Measure) -> Vec<Target> {
    let minutes = |all: &[i64]| -> Vec<Elapsed> {
        all.iter().map(|minutes| Elapsed::from_ms(minutes * MINUTE_MS)).collect()
    };
    let all = match (measure.unit(), basis) {
        (Unit::Count, _) => COUNTS.into_iter().map(Unit::count).collect(),
        (Unit::Time, Basis::Calendar) => minutes(&CALENDAR_MINUTES),
        (Unit::Time, Basis::Open) => minutes(&OPEN_MINUTES),
    };
    all.into_iter().map(|elapsed| Target::Fixed { elapsed, basis }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agreed_target_is_among_the_tried_ones_and_few_are_beside_it() {
        let hours = |hours: i64| Target::calendar(Elapsed::from_ms(hours * 60 * MINUTE_MS));
        let all = targets_around(hours(5), Some(hours(3)), Measure::FirstReply);
        assert!(all.is_sorted() && all.contains(&hours(5)) && all.contains(&hours(24)));
        assert_eq!(all.len(), 8 + 1 + TRIED_BESIDE);
        let long = targets_around(hours(10_000), None, Measure::FirstReply);
        assert_eq!(long.len(), TRIED_BESIDE + 1);
        assert_eq!(long.last(), Some(&hours(10_000)));
    }
}
