//! Response counters: each response time is counted once and never taken back. Prometheus derives rates and
//! shares from them.
//!
//! # Design
//! A late event corrects a window, but a counter must not decrease. So a sample counts here when it is first
//! made, and later corrections change nothing. Checkpoints store these counts, and no other derived data:
//! evicted timelines cannot be counted again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::agreement::{Level, Target};
use crate::amount::Unit;
use crate::catalog::{Catalog, ScopeId};
use crate::measure::{Basis, Measure};
use crate::name::UNCLAIMED;
use crate::ticket::{Change, Ended, Sink};
use crate::time::{Elapsed, MINUTE_MS};

/// Bucket bounds of response times for every team, in minutes: from a minute to four weeks.
const TIMES: [i64; 10] = [1, 5, 15, 60, 240, 480, 1_440, 4_320, 10_080, 40_320];

/// Bucket bounds of contacts, which count how often customers had to ask.
const COUNTS: [i64; 10] = [0, 1, 2, 3, 4, 5, 7, 10, 20, 50];

/// Maximum targets of one measure that get a bucket bound, the shortest first. Every team's series has the
/// buckets of all teams' targets, so the number of series grows with both.
const TARGETS_MAX: usize = 40;

/// The samples of every team and measure. The whole organisation is their sum, so it has no series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Responses {
    all: BTreeMap<(ScopeId, Measure), ResponseCounts>,
    total: u64,
}

/// The samples of one team and measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseCounts {
    /// The kind of time of the samples.
    pub basis: Basis,
    /// The bounds of the buckets, ascending.
    pub bounds: Arc<[Elapsed]>,
    /// The samples of each bucket. The last entry has those above all bounds.
    pub counts: Vec<u64>,
    /// The sum of the samples in ms. For contacts, the sum of the counts.
    pub sum_ms: i64,
}

/// One series as a checkpoint stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResponseCountsImage<'b> {
    /// The team's name; [`UNCLAIMED`] for tickets without a declared team.
    pub(crate) team: &'b str,
    pub(crate) measure: Measure,
    pub(crate) basis: Basis,
    pub(crate) sum_ms: i64,
    pub(crate) buckets: Vec<BucketImage>,
}

/// One bucket of a series as a checkpoint stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BucketImage {
    /// The upper bound, included; `None` for the last bucket.
    pub(crate) bound: Option<Elapsed>,
    pub(crate) samples: u64,
}

impl Responses {
    /// Empty series for every team and measure of the catalog.
    pub fn new(catalog: &Catalog) -> Self {
        let mut all = BTreeMap::new();
        for &measure in catalog.measures() {
            let bounds = bounds(catalog, measure);
            for scope in catalog.ticket_scopes() {
                let counted = ResponseCounts {
                    basis: catalog.basis_shown(scope, measure),
                    bounds: Arc::clone(&bounds),
                    counts: vec![0; bounds.len() + 1],
                    sum_ms: 0,
                };
                all.insert((scope, measure), counted);
            }
        }
        Self { all, total: 0 }
    }

    /// Counts a new sample.
    pub fn count(&mut self, ended: &Ended) {
        if let Some(counted) = self.all.get_mut(&(ended.scope, ended.measure)) {
            let elapsed = ended.elapsed_in(counted.basis);
            let bucket = counted.bounds.partition_point(|bound| *bound < elapsed);
            counted.counts[bucket] = counted.counts[bucket].saturating_add(1);
            self.total = self.total.saturating_add(1);
            counted.sum_ms = counted.sum_ms.saturating_add(elapsed.ms());
        }
    }

    /// Every series, by team and measure.
    pub fn iter(&self) -> impl Iterator<Item = (ScopeId, Measure, &ResponseCounts)> {
        self.all.iter().map(|((scope, measure), counted)| (*scope, *measure, counted))
    }

    /// Adds the counts of another partition, which must have the same catalog.
    pub fn merge(&mut self, other: &Self) {
        for (key, theirs) in &other.all {
            let Some(ours) = self.all.get_mut(key) else { continue };
            for (ours, theirs) in ours.counts.iter_mut().zip(&theirs.counts) {
                *ours = ours.saturating_add(*theirs);
            }
            ours.sum_ms = ours.sum_ms.saturating_add(theirs.sum_ms);
        }
        self.total = total(&self.all);
    }

    /// Adds what a partition has counted between two looks at it. All must have the same catalog.
    pub(crate) fn add_between(&mut self, earlier: &Self, later: &Self) {
        for (key, later) in &later.all {
            let (Some(ours), Some(earlier)) = (self.all.get_mut(key), earlier.all.get(key)) else {
                continue;
            };
            let counts = later.counts.iter().zip(&earlier.counts);
            for (ours, (later, earlier)) in ours.counts.iter_mut().zip(counts) {
                *ours = ours.saturating_add(later.saturating_sub(*earlier));
            }
            let sum_ms = later.sum_ms.saturating_sub(earlier.sum_ms);
            ours.sum_ms = ours.sum_ms.saturating_add(sum_ms);
        }
        self.total = total(&self.all);
    }

    /// The number of all samples.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The same counts in the series of another catalog.
    pub fn by_other_catalog(&self, catalog: &Catalog, others: &Catalog) -> Self {
        Self::restore(others, &self.images(catalog))
    }

    /// All series with samples, for a checkpoint.
    pub(crate) fn images<'a>(&'a self, catalog: &'a Catalog) -> Vec<ResponseCountsImage<'a>> {
        let counted = self.all.iter().filter(|(_, counted)| counted.total() > 0);
        counted
            .map(|((scope, measure), counted)| ResponseCountsImage {
                team: catalog.scope_name(*scope).unwrap_or(UNCLAIMED),
                measure: *measure,
                basis: counted.basis,
                sum_ms: counted.sum_ms,
                buckets: counted
                    .bounds
                    .iter()
                    .map(|bound| Some(*bound))
                    .chain([None])
                    .zip(&counted.counts)
                    .map(|(bound, samples)| BucketImage { bound, samples: *samples })
                    .collect(),
            })
            .collect()
    }

    /// Restores counts that another catalog may have made. A bucket whose bound no longer exists is added
    /// to the next longer one. Series of undeclared teams, and series in another kind of time, are dropped.
    pub(crate) fn restore(catalog: &Catalog, images: &[ResponseCountsImage<'_>]) -> Self {
        let mut responses = Self::new(catalog);
        for image in images {
            let scope = catalog.scope_of_team(image.team);
            let is_declared = image.team == UNCLAIMED || scope != catalog.unclaimed();
            let counted = responses.all.get_mut(&(scope, image.measure));
            let Some(counted) = counted.filter(|counted| counted.basis == image.basis) else {
                continue;
            };
            if !is_declared {
                continue;
            }
            for BucketImage { bound, samples } in &image.buckets {
                let bucket = bound.map_or(counted.bounds.len(), |bound| {
                    counted.bounds.partition_point(|own| *own < bound)
                });
                counted.counts[bucket] = counted.counts[bucket].saturating_add(*samples);
            }
            counted.sum_ms = counted.sum_ms.saturating_add(image.sum_ms);
        }
        responses.total = total(&responses.all);
        responses
    }
}

impl ResponseCounts {
    /// The number of samples.
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// The sum over all series. It saturates like the counts, because a forged image may have any count.
fn total(all: &BTreeMap<(ScopeId, Measure), ResponseCounts>) -> u64 {
    all.values().fold(0, |sum, counted| sum.saturating_add(counted.total()))
}

/// The bucket bounds of a measure: the usual ones, and the agreed targets of all teams except working days.
/// All teams have the same bounds, so that their series can be added.
fn bounds(catalog: &Catalog, measure: Measure) -> Arc<[Elapsed]> {
    let of_measure = catalog.objectives().filter(|(_, _, objective)| objective.measure == measure);
    let targets = of_measure.flat_map(|(_, _, o)| o.levels().flat_map(Level::targets));
    let targets: BTreeSet<Elapsed> = targets.filter_map(Target::elapsed).collect();
    let usual = match measure.unit() {
        Unit::Count => COUNTS.map(Unit::count),
        Unit::Time => TIMES.map(|minutes| Elapsed::from_ms(minutes * MINUTE_MS)),
    };
    let all: BTreeSet<Elapsed> = targets.into_iter().take(TARGETS_MAX).chain(usual).collect();
    all.into_iter().collect()
}

/// Passes all changes on, and counts the new samples.
pub(crate) struct ResponseCounter<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) responses: &'a mut Responses,
}

impl Sink for ResponseCounter<'_> {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        match change {
            Change::NewSample(ended) => self.responses.count(ended),
            Change::Ended(_)
            | Change::Running(_)
            | Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_)
            | Change::LateEvent { .. } => {}
        }
        self.sink.apply(change, by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fuzzer found that the sum over all series overflowed.
    #[test]
    fn the_largest_counts_saturate() {
        let catalog = Catalog::new(&[], &Measure::ALL);
        let image = |measure| ResponseCountsImage {
            team: UNCLAIMED,
            measure,
            basis: catalog.basis_shown(catalog.unclaimed(), measure),
            sum_ms: i64::MAX,
            buckets: [None, Some(Elapsed::ZERO)]
                .map(|bound| BucketImage { bound, samples: u64::MAX })
                .to_vec(),
        };
        let images = Measure::ALL.map(image);
        let mut restored = Responses::restore(&catalog, &images);
        assert_eq!(restored.total(), u64::MAX);
        restored.merge(&Responses::restore(&catalog, &images));
        assert_eq!(restored.total(), u64::MAX);
    }
}
