//! Panes: aligned pieces of time that hold what ended in them, coarser with age.

use std::collections::BTreeMap;

use super::bucket::Bucket;
use super::histogram::Histogram;
use super::ring::PaneContent;
use crate::measure::Basis;
use crate::ticket::{Breakdown, Ending, GivenUp, WaitLocation};
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

/// The length of a pane, and how old the whole of the next coarser one must be before panes merge into it.
const FINEST: Elapsed = Elapsed::from_ms(MINUTE_MS);
pub(super) const COARSER: [(Elapsed, Elapsed); 3] = [
    (Elapsed::from_ms(5 * MINUTE_MS), Elapsed::from_ms(HOUR_MS)),
    (Elapsed::from_ms(30 * MINUTE_MS), Elapsed::from_ms(DAY_MS)),
    (Elapsed::from_ms(2 * HOUR_MS), Elapsed::from_ms(7 * DAY_MS)),
];

/// The first instant of the window of that length at `now`, which it includes: `now − length`, rounded up
/// to the length of the panes there.
pub fn from_of(now: Timestamp, length: Elapsed) -> Timestamp {
    let older = COARSER.iter().rev().find(|(_, age)| length > *age);
    now.minus(length).ceil_to(older.map_or(FINEST, |(pane, _)| *pane))
}

/// Panes that begin before this are at least of that length at `now`.
pub(super) fn coarse_before(now: Timestamp, length: Elapsed, age: Elapsed) -> Timestamp {
    now.minus(age).floor_to(length)
}

/// The pane that `at` is in at `now`: its first instant and its length.
pub(super) fn pane_of(at: Timestamp, now: Timestamp) -> (Timestamp, Elapsed) {
    COARSER
        .iter()
        .rev()
        .map(|(length, age)| (at.floor_to(*length), *length, *age))
        .find(|(start, length, age)| start.plus(*length) <= now.minus(*age))
        .map_or((at.floor_to(FINEST), FINEST), |(start, length, _)| (start, length))
}

/// What ended in a pane or a window.
#[derive(Clone, Debug, Default)]
pub struct ObjectiveTally {
    calendar: Timed,
    /// The same in open time, where some team is not always open.
    open: Option<Box<Timed>>,
    /// What few panes have.
    rare: Option<Box<Rare>>,
    /// Exact counts at targets and objectives, see [`super::Levels`].
    pub(super) marks: Box<[u32]>,
}

/// Those answered, in one kind of time.
#[derive(Clone, Debug, Default)]
struct Timed {
    answered: Histogram,
    /// Their elapsed time in ms, summed up. It wraps, which taking away undoes: only more than two million
    /// tickets of a hundred years each would show.
    ms: i64,
}

impl Timed {
    fn merge(&mut self, other: &Self, sign: i64) {
        self.answered.merge(&other.answered, sign);
        self.ms = self.ms.wrapping_add(other.ms.wrapping_mul(sign));
    }
}

/// Those given up, and where the waiting of those over target went.
#[derive(Clone, Debug, Default)]
struct Rare {
    /// Those given up whose customer still waited, by elapsed, in each kind of time.
    censored: [Histogram; 2],
    by_reason: [u64; GivenUp::ALL.len()],
    /// In ms, by objective and place.
    breakdown: BTreeMap<(usize, WaitLocation), i64>,
}

static EMPTY: Histogram = Histogram::new();

impl ObjectiveTally {
    /// Counts one ending, `by` times; elapsed with its bucket, in open time where that counts.
    pub(super) fn add(
        &mut self,
        ending: Ending,
        (bucket, elapsed): (Bucket, Elapsed),
        open: Option<(Bucket, Elapsed)>,
        by: i64,
    ) {
        match ending {
            Ending::Answered => {
                self.calendar.answered.add(bucket, by);
                self.calendar.ms = self.calendar.ms.wrapping_add(elapsed.ms().wrapping_mul(by));
                if let Some((bucket, elapsed)) = open {
                    let timed = self.open.get_or_insert_default();
                    timed.answered.add(bucket, by);
                    timed.ms = timed.ms.wrapping_add(elapsed.ms().wrapping_mul(by));
                }
            }
            Ending::GivenUp(reason) => {
                let rare = self.rare.get_or_insert_default();
                if reason.is_censored() {
                    rare.censored[0].add(bucket, by);
                    if let Some((bucket, _)) = open {
                        rare.censored[1].add(bucket, by);
                    }
                }
                let count = &mut rare.by_reason[reason as usize];
                *count = count.saturating_add_signed(by);
                self.drop_empty();
            }
        }
    }

    /// Counts where the waiting of one over the target of an objective went, `by` times.
    pub(super) fn add_breakdown(&mut self, objective: usize, breakdown: &Breakdown, by: i64) {
        let rare = self.rare.get_or_insert_default();
        for (location, elapsed) in breakdown.iter() {
            rare.add_breakdown((objective, location), elapsed.ms().wrapping_mul(by));
        }
        self.drop_empty();
    }

    /// Where the waiting of those over the target of an objective went.
    pub(super) fn breakdown_of(
        &self,
        objective: usize,
    ) -> impl Iterator<Item = (WaitLocation, i64)> {
        let all = self.rare.iter().flat_map(|rare| &rare.breakdown);
        all.filter(move |((of, _), _)| *of == objective).map(|((_, location), ms)| (*location, *ms))
    }

    /// Adds to one of `marks` exact counts.
    pub(super) fn mark(&mut self, index: usize, marks: usize, by: i64) {
        if by == 0 {
            return;
        }
        if self.marks.is_empty() {
            self.marks = vec![0; marks].into();
        }
        let count = i64::from(self.marks[index]) + by;
        debug_assert!(count >= 0, "taking back what was never there");
        self.marks[index] = u32::try_from(count).unwrap_or(0);
    }

    /// Those answered, by elapsed in that kind of time.
    pub fn answered(&self, basis: Basis) -> &Histogram {
        match basis {
            Basis::Calendar => &self.calendar.answered,
            Basis::Open => self.open.as_ref().map_or(&EMPTY, |open| &open.answered),
        }
    }

    /// The elapsed time of the answered in that kind of time, in ms, summed up.
    pub fn answered_ms(&self, basis: Basis) -> i64 {
        match basis {
            Basis::Calendar => self.calendar.ms,
            Basis::Open => self.open.as_ref().map_or(0, |open| open.ms),
        }
    }

    /// Those given up whose customer still waited, by elapsed in that kind of time.
    pub fn censored(&self, basis: Basis) -> &Histogram {
        self.rare.as_ref().map_or(&EMPTY, |rare| &rare.censored[basis.index()])
    }

    /// How many were given up for that reason.
    pub fn given_up(&self, reason: GivenUp) -> u64 {
        self.rare.as_ref().map_or(0, |rare| rare.by_reason[reason as usize])
    }

    fn drop_empty(&mut self) {
        let is_empty = |rare: &Rare| {
            rare.by_reason.iter().all(|&count| count == 0) && rare.breakdown.is_empty()
        };
        if self.rare.as_deref().is_some_and(is_empty) {
            self.rare = None;
        }
    }
}

impl Rare {
    fn add_breakdown(&mut self, key: (usize, WaitLocation), ms: i64) {
        let sum = self.breakdown.entry(key).or_default();
        *sum = sum.wrapping_add(ms);
        if *sum == 0 {
            self.breakdown.remove(&key);
        }
    }
}

impl PaneContent for ObjectiveTally {
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
        self.calendar.answered.is_empty()
            && self.rare.is_none()
            && self.marks.iter().all(|&mark| mark == 0)
    }
}

/// Scores of ratings: how many, and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
}

impl Scores {
    /// Counts one score, `by` times.
    pub fn add(&mut self, score: u8, by: i64) {
        self.count = self.count.saturating_add_signed(by);
        self.sum = self.sum.saturating_add_signed(i64::from(score) * by);
    }
}

impl PaneContent for Scores {
    fn merge(&mut self, other: &Self, sign: i64) {
        self.count = self.count.saturating_add_signed(sign * other.count.cast_signed());
        self.sum = self.sum.saturating_add_signed(sign * other.sum.cast_signed());
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// One tally for each of a few kinds.
impl<T: PaneContent, const N: usize> PaneContent for [T; N]
where
    Self: Default,
{
    fn merge(&mut self, other: &Self, sign: i64) {
        self.iter_mut().zip(other).for_each(|(ours, theirs)| ours.merge(theirs, sign));
    }

    fn is_empty(&self) -> bool {
        self.iter().all(PaneContent::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn windows_begin_at_the_bounds_of_their_panes() {
        let now = at("2026-11-21T10:07:31.5Z");
        for (length, from) in [
            ("1h", "2026-11-21T09:08:00Z"),
            ("2h", "2026-11-21T08:10:00Z"),
            ("24h", "2026-11-20T10:10:00Z"),
            ("25h", "2026-11-20T09:30:00Z"),
            ("7d", "2026-11-14T10:30:00Z"),
            ("8d", "2026-11-13T12:00:00Z"),
            ("28d", "2026-10-24T12:00:00Z"),
        ] {
            assert_eq!(from_of(now, Elapsed::parse(length).unwrap()), at(from), "{length}");
        }
        assert_eq!(
            from_of(at("2026-11-21T00:00:00Z"), Elapsed::from_ms(7 * DAY_MS)),
            at("2026-11-14T00:00:00Z")
        );
    }

    #[test]
    fn panes_merge_only_once_the_whole_coarser_one_is_old_enough() {
        // |08:00       09:00  09:05        10:05  10:07 = now|
        // |[ 5 min each      )[ 1 min each               )    |
        let now = at("2026-11-21T10:07:00Z");
        let pane = |text| {
            let (start, length) = pane_of(at(text), now);
            (start.to_string(), length.to_string())
        };
        assert_eq!(pane("2026-11-21T09:04:59Z"), ("2026-11-21T09:00:00Z".into(), "5m".into()));
        assert_eq!(pane("2026-11-21T09:05:00Z"), ("2026-11-21T09:05:00Z".into(), "1m".into()));
        assert_eq!(pane("2026-11-20T09:59:00Z"), ("2026-11-20T09:30:00Z".into(), "30m".into()));
        assert_eq!(pane("2026-11-20T10:01:00Z"), ("2026-11-20T10:00:00Z".into(), "5m".into()));
        assert_eq!(pane("2026-11-14T09:59:00Z"), ("2026-11-14T08:00:00Z".into(), "2h".into()));
        assert_eq!(pane("2026-11-14T10:00:00Z"), ("2026-11-14T10:00:00Z".into(), "30m".into()));
    }
}
