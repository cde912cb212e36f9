//! What panes and windows of response times count: the answered, the given up, and where missed tickets
//! waited.

use std::collections::BTreeMap;

use super::bucket::Bucket;
use super::histogram::Histogram;
use super::ring::PaneContent;
use crate::measure::Basis;
use crate::ticket::{Breakdown, Ending, GivenUp, WaitLocation};
use crate::time::Elapsed;

/// The stopwatches of one series that ended in a pane or a window.
///
/// Counts add up and are taken away again, both exactly: a window is the sum of its panes.
#[derive(Clone, Debug, Default)]
pub struct SeriesTally {
    calendar: AnsweredTally,
    /// The same in open time; absent where every team is always open.
    open: Option<Box<AnsweredTally>>,
    /// Absent in most panes.
    rare: Option<Box<RareTally>>,
    /// Exact counts at targets and objectives; [`super::Levels`] says which index is which.
    pub(super) marks: Box<[u32]>,
}

/// The bucket and the value of one sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct BucketedSample {
    bucket: Bucket,
    elapsed: Elapsed,
}

impl BucketedSample {
    pub(super) fn new(elapsed: Elapsed) -> Self {
        Self { bucket: Bucket::of(elapsed), elapsed }
    }
}

/// The answered, in one kind of time.
#[derive(Clone, Debug, Default)]
struct AnsweredTally {
    histogram: Histogram,
    /// The sum of their values. It wraps, and subtracting undoes a wrap: only more than two million tickets
    /// of a hundred years each would show.
    sum: i64,
}

impl AnsweredTally {
    fn add(&mut self, sample: BucketedSample, by: i64) {
        self.histogram.add(sample.bucket, by);
        self.sum = self.sum.wrapping_add(sample.elapsed.ms().wrapping_mul(by));
    }

    fn merge(&mut self, other: &Self, sign: i64) {
        self.histogram.merge(&other.histogram, sign);
        self.sum = self.sum.wrapping_add(other.sum.wrapping_mul(sign));
    }
}

/// The given up, and where the tickets over target waited.
#[derive(Clone, Debug, Default)]
struct RareTally {
    /// The given up whose customer still waited, by elapsed time, for each [`Basis`].
    censored: [Histogram; 2],
    by_reason: [u64; GivenUp::ALL.len()],
    /// Milliseconds by objective (its index in [`super::Levels`]) and location.
    breakdown: BTreeMap<(usize, WaitLocation), i64>,
}

static EMPTY: Histogram = Histogram::new();

impl SeriesTally {
    /// Counts one ending `by` times; `open` is absent where every team is always open.
    pub(super) fn add(
        &mut self,
        ending: Ending,
        calendar: BucketedSample,
        open: Option<BucketedSample>,
        by: i64,
    ) {
        match ending {
            Ending::Answered => {
                self.calendar.add(calendar, by);
                if let Some(open) = open {
                    self.open.get_or_insert_default().add(open, by);
                }
            }
            Ending::GivenUp(reason) => {
                let rare = self.rare.get_or_insert_default();
                if reason.is_censored() {
                    rare.censored[0].add(calendar.bucket, by);
                    if let Some(open) = open {
                        rare.censored[1].add(open.bucket, by);
                    }
                }
                self.add_given_up(reason, by);
            }
        }
    }

    /// Counts one that was given up `by` times, without its time.
    pub(super) fn add_given_up(&mut self, reason: GivenUp, by: i64) {
        let rare = self.rare.get_or_insert_default();
        let count = &mut rare.by_reason[reason as usize];
        *count = count.saturating_add_signed(by);
        self.drop_empty();
    }

    /// Counts `by` times where a ticket over the target of an objective waited.
    pub(super) fn add_breakdown(&mut self, objective: usize, breakdown: &Breakdown, by: i64) {
        let rare = self.rare.get_or_insert_default();
        for (location, elapsed) in breakdown.iter() {
            rare.add_breakdown((objective, location), elapsed.ms().wrapping_mul(by));
        }
        self.drop_empty();
    }

    /// Where the tickets over the target of an objective waited, in milliseconds.
    pub(super) fn breakdown_of(
        &self,
        objective: usize,
    ) -> impl Iterator<Item = (WaitLocation, i64)> {
        let all = self.rare.iter().flat_map(|rare| &rare.breakdown);
        all.filter(move |((of, _), _)| *of == objective).map(|((_, location), ms)| (*location, *ms))
    }

    /// Adds to the exact count at `index` of `len`.
    pub(super) fn mark(&mut self, index: usize, len: usize, by: i64) {
        if by == 0 {
            return;
        }
        if self.marks.is_empty() {
            self.marks = vec![0; len].into();
        }
        let count = i64::from(self.marks[index]) + by;
        debug_assert!(count >= 0, "removing a sample that was never added");
        self.marks[index] = u32::try_from(count).unwrap_or(0);
    }

    /// The answered, by elapsed time of that kind.
    pub fn answered(&self, basis: Basis) -> &Histogram {
        match basis {
            Basis::Calendar => &self.calendar.histogram,
            Basis::Open => self.open.as_ref().map_or(&EMPTY, |open| &open.histogram),
        }
    }

    /// The sum of the answered in that kind of time: milliseconds, or for a counting measure the number.
    pub fn answered_sum(&self, basis: Basis) -> i64 {
        match basis {
            Basis::Calendar => self.calendar.sum,
            Basis::Open => self.open.as_ref().map_or(0, |open| open.sum),
        }
    }

    /// The given up whose customer still waited, by elapsed time of that kind.
    pub fn censored(&self, basis: Basis) -> &Histogram {
        self.rare.as_ref().map_or(&EMPTY, |rare| &rare.censored[basis.index()])
    }

    /// The number given up for that reason.
    pub fn given_up(&self, reason: GivenUp) -> u64 {
        self.rare.as_ref().map_or(0, |rare| rare.by_reason[reason as usize])
    }

    fn drop_empty(&mut self) {
        let is_empty = |rare: &RareTally| {
            rare.by_reason.iter().all(|&count| count == 0) && rare.breakdown.is_empty()
        };
        if self.rare.as_deref().is_some_and(is_empty) {
            self.rare = None;
        }
    }
}

impl RareTally {
    fn add_breakdown(&mut self, key: (usize, WaitLocation), ms: i64) {
        let sum = self.breakdown.entry(key).or_default();
        *sum = sum.wrapping_add(ms);
        if *sum == 0 {
            self.breakdown.remove(&key);
        }
    }
}

impl PaneContent for SeriesTally {
    fn merge(&mut self, other: &Self, sign: i64) {
        self.calendar.merge(&other.calendar, sign);
        if let Some(theirs) = &other.open {
            self.open.get_or_insert_default().merge(theirs, sign);
        }
        if let Some(theirs) = &other.rare {
            let ours = self.rare.get_or_insert_default();
            for (ours, theirs) in ours.censored.iter_mut().zip(&theirs.censored) {
                ours.merge(theirs, sign);
            }
            for (count, other) in ours.by_reason.iter_mut().zip(theirs.by_reason) {
                *count = count.saturating_add_signed(sign * other.cast_signed());
            }
            for (key, ms) in &theirs.breakdown {
                ours.add_breakdown(*key, ms.wrapping_mul(sign));
            }
            self.drop_empty();
        }
        for (index, &mark) in other.marks.iter().enumerate() {
            self.mark(index, other.marks.len(), sign * i64::from(mark));
        }
    }

    fn is_empty(&self) -> bool {
        self.calendar.histogram.is_empty()
            && self.rare.is_none()
            && self.marks.iter().all(|&mark| mark == 0)
    }
}
