//! Response times counted once each and never taken back: for rates, and for shares over teams.
//!
//! # Design
//! A window corrects itself when an event comes late; a counter must not step back. So what is counted here
//! is a sample when it is first made, and these counts are the one derived thing that a checkpoint keeps:
//! timelines that are forgotten cannot be counted again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::agreement::Level;
use crate::amount::Unit;
use crate::catalog::{Catalog, ScopeId};
use crate::measure::{Basis, Measure};
use crate::name::UNCLAIMED;
use crate::ticket::{Ended, Rated, Running, Sink};
use crate::time::{Elapsed, MINUTE_MS};

/// Bounds of response times that every team has, in minutes: from a minute to four weeks.
const TIMES: [i64; 10] = [1, 5, 15, 60, 240, 480, 1_440, 4_320, 10_080, 40_320];

/// The same of how often customers had to ask.
const COUNTS: [i64; 10] = [0, 1, 2, 3, 4, 5, 7, 10, 20, 50];

/// Targets of one measure that have a bucket at most, the shortest first: every team's series has them all.
const TARGETS_MAX: usize = 40;

/// The samples of every team and measure. The whole organisation is their sum, so it has none of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Responses {
    all: BTreeMap<(ScopeId, Measure), ResponseCounts>,
    total: u64,
}

/// The samples of one team and measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseCounts {
    /// The kind of time that they are in.
    pub basis: Basis,
    /// The bounds of the buckets, ascending.
    pub bounds: Arc<[Elapsed]>,
    /// Samples of each bucket, and last those beyond all bounds.
    pub counts: Vec<u64>,
    /// Their elapsed time in ms, summed up; of a count, a thousand times the sum would be seconds.
    pub sum_ms: i64,
}

/// One series as a checkpoint has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResponseCountsImage<'b> {
    /// The team, as readings name it: `unclaimed` for what nobody answers for.
    pub(crate) team: &'b str,
    pub(crate) measure: Measure,
    pub(crate) basis: Basis,
    pub(crate) sum_ms: i64,
    /// Upper bound and samples of each bucket; the last without a bound.
    pub(crate) buckets: Vec<(Option<Elapsed>, u64)>,
}

impl Responses {
    /// Nothing counted yet, of every team and measure of the rules.
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

    /// Counts a sample that was never there before.
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

    /// Adds those of another partition, counted by the same rules.
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

    /// How many samples there are in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The same as other rules have it.
    pub fn by_other_catalog(&self, catalog: &Catalog, others: &Catalog) -> Self {
        Self::restore(others, &self.images(catalog))
    }

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
                    .zip(counted.counts.iter().copied())
                    .collect(),
            })
            .collect()
    }

    /// Takes over what was counted before, perhaps by other rules: a bucket that is no more goes to the next
    /// longer one, a team that is no more is left out, and another kind of time is another series.
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
            for (bound, count) in &image.buckets {
                let bucket = bound.map_or(counted.bounds.len(), |bound| {
                    counted.bounds.partition_point(|own| *own < bound)
                });
                counted.counts[bucket] = counted.counts[bucket].saturating_add(*count);
            }
            counted.sum_ms = counted.sum_ms.saturating_add(image.sum_ms);
        }
        responses.total = total(&responses.all);
        responses
    }
}

impl ResponseCounts {
    /// How many samples there are.
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// All samples. It saturates as the counts do: an image may say anything.
fn total(all: &BTreeMap<(ScopeId, Measure), ResponseCounts>) -> u64 {
    all.values().fold(0, |sum, counted| sum.saturating_add(counted.total()))
}

/// The bounds of a measure: some for all, and every agreed target of whatever team, so that those of teams
/// can be added up.
fn bounds(catalog: &Catalog, measure: Measure) -> Arc<[Elapsed]> {
    let of_measure = catalog.objectives().filter(|(_, _, objective)| objective.measure == measure);
    let targets = of_measure.flat_map(|(_, _, o)| o.levels().flat_map(Level::targets));
    let targets: BTreeSet<Elapsed> = targets.map(|target| target.elapsed).collect();
    let usual = match measure.unit() {
        Unit::Count => COUNTS.map(Unit::count),
        Unit::Time => TIMES.map(|minutes| Elapsed::from_ms(minutes * MINUTE_MS)),
    };
    let all: BTreeSet<Elapsed> = targets.into_iter().take(TARGETS_MAX).chain(usual).collect();
    all.into_iter().collect()
}

/// Counts the samples that are made on their way to a sink.
pub(crate) struct ResponseCounter<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) responses: &'a mut Responses,
}

impl Sink for ResponseCounter<'_> {
    fn ended(&mut self, ended: &Ended, by: i64) {
        self.sink.ended(ended, by);
    }

    fn running(&mut self, running: &Running, by: i64) {
        self.sink.running(running, by);
    }

    fn rated(&mut self, rated: &Rated, by: i64) {
        self.sink.rated(rated, by);
    }

    fn sample_made(&mut self, ended: &Ended) {
        self.responses.count(ended);
        self.sink.sample_made(ended);
    }

    fn came_late(&mut self, corrects: bool) {
        self.sink.came_late(corrects);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by the fuzzer: the sum over all series overflowed.
    #[test]
    fn counts_as_large_as_there_are_saturate() {
        let catalog = Catalog::new(&[], &Measure::ALL);
        let image = |measure| ResponseCountsImage {
            team: UNCLAIMED,
            measure,
            basis: catalog.basis_shown(catalog.unclaimed(), measure),
            sum_ms: i64::MAX,
            buckets: vec![(None, u64::MAX), (Some(Elapsed::ZERO), u64::MAX)],
        };
        let images = Measure::ALL.map(image);
        let mut restored = Responses::restore(&catalog, &images);
        assert_eq!(restored.total(), u64::MAX);
        restored.merge(&Responses::restore(&catalog, &images));
        assert_eq!(restored.total(), u64::MAX);
    }
}
