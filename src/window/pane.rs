//! Panes: aligned pieces of time that hold what ended in them, coarser with age.

use super::bucket::Bucket;
use super::histogram::Histogram;
use crate::ticket::{Ended, Ending, GivenUp};
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
pub struct PaneTally {
    /// Those answered, by elapsed.
    pub answered: Histogram,
    /// The elapsed time of the answered, in ms, summed up.
    pub answered_ms: i128,
    /// Those given up; few panes have some.
    given_up: Option<Box<GivenUpTally>>,
    /// Exact counts at targets and objectives, see [`super::Levels`].
    pub(super) marks: Box<[u32]>,
}

#[derive(Clone, Debug, Default)]
struct GivenUpTally {
    /// Those whose customer still waited, by elapsed.
    censored: Histogram,
    by_reason: [u64; GivenUp::ALL.len()],
}

impl PaneTally {
    /// Counts one ending, `by` times.
    pub(super) fn add(&mut self, ended: &Ended, bucket: Bucket, by: i64) {
        match ended.ending {
            Ending::Answered => {
                self.answered.add(bucket, by);
                self.answered_ms += i128::from(ended.elapsed.ms()) * i128::from(by);
            }
            Ending::GivenUp(reason) => {
                let given_up = self.given_up.get_or_insert_default();
                if reason.is_censored() {
                    given_up.censored.add(bucket, by);
                }
                let count = &mut given_up.by_reason[reason as usize];
                *count = count.saturating_add_signed(by);
                self.drop_empty();
            }
        }
    }

    /// Adds all of another tally, or takes it away.
    pub(super) fn merge(&mut self, other: &Self, sign: i64) {
        self.answered.merge(&other.answered, sign);
        self.answered_ms += other.answered_ms * i128::from(sign);
        if let Some(theirs) = &other.given_up {
            let ours = self.given_up.get_or_insert_default();
            ours.censored.merge(&theirs.censored, sign);
            for (count, other) in ours.by_reason.iter_mut().zip(theirs.by_reason) {
                *count = count.saturating_add_signed(sign * other.cast_signed());
            }
            self.drop_empty();
        }
        for (index, &mark) in other.marks.iter().enumerate() {
            self.mark(index, other.marks.len(), sign * i64::from(mark));
        }
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

    /// Those given up whose customer still waited, by elapsed.
    pub fn censored(&self) -> Option<&Histogram> {
        self.given_up.as_ref().map(|given_up| &given_up.censored)
    }

    /// How many were given up for that reason.
    pub fn given_up(&self, reason: GivenUp) -> u64 {
        self.given_up.as_ref().map_or(0, |given_up| given_up.by_reason[reason as usize])
    }

    fn drop_empty(&mut self) {
        let is_empty = |tally: &GivenUpTally| tally.by_reason.iter().all(|&count| count == 0);
        if self.given_up.as_deref().is_some_and(is_empty) {
            self.given_up = None;
        }
    }

    /// Whether nothing ended in it.
    pub fn is_empty(&self) -> bool {
        self.answered.is_empty() && self.given_up.is_none() && self.marks.iter().all(|&m| m == 0)
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
