//! Panes: aligned pieces of time, coarser with age, and the windows that they make up.
//!
//! ```text
//!        age > 7d            > 24h               > 1h            ≤ 1h
//! ─[    2h    )[    2h    )[ 30m )[ 30m )[ 5m )[ 5m )[1m)[1m)[1m)─► now
//! ```
//!
//! All instants here are multiples of a pane's length since 1970, so every shard, instance and version cuts
//! time at the same places.

use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

/// The first instant of the window of that length at `now`: `now − length`, rounded up to the length of the
/// panes of that age. The window includes this instant and `now`.
pub fn from_of(now: Timestamp, length: Elapsed) -> Timestamp {
    now.minus(length).ceil_to(PaneSize::oldest_in(length))
}

/// The first instant whose window of that length no longer includes `at`.
pub fn leaves_at(at: Timestamp, length: Elapsed) -> Timestamp {
    let pane = PaneSize::oldest_in(length);
    at.floor_to(pane).plus(length).plus(Elapsed::from_ms(1))
}

/// The first instant whose window of that length begins at `at` or later.
pub fn begins_from(at: Timestamp, length: Elapsed) -> Timestamp {
    let pane = PaneSize::oldest_in(length);
    at.ceil_to(pane).minus(pane).plus(length).plus(Elapsed::from_ms(1))
}

/// One pane: `[start, start + length)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PaneSpan {
    pub(super) start: Timestamp,
    pub(super) length: Elapsed,
}

impl PaneSpan {
    /// The pane that holds `at`, as panes are cut at `now`.
    pub(super) fn of(at: Timestamp, now: Timestamp) -> Self {
        let aligned = |length| Self { start: at.floor_to(length), length };
        let is_old_enough = |size: &&PaneSize| {
            aligned(size.length).start.plus(size.length) <= now.minus(size.age_min)
        };
        let size = PaneSize::COARSER.iter().rev().find(is_old_enough);
        aligned(size.map_or(PaneSize::FINEST, |size| size.length))
    }

    /// Its middle, which stands for the times of all that is counted in it.
    pub(super) fn middle(self) -> Timestamp {
        self.start.plus(Elapsed::from_ms(self.length.ms() / 2))
    }
}

/// One of the coarser pane lengths, and the age from which it applies.
#[derive(Clone, Copy, Debug)]
pub(super) struct PaneSize {
    pub(super) length: Elapsed,
    /// Finer panes merge into one of this length once the whole of it is at least this old.
    age_min: Elapsed,
}

impl PaneSize {
    /// The length of the youngest panes.
    const FINEST: Elapsed = Elapsed::from_ms(MINUTE_MS);

    /// The coarser lengths, ascending by length and age.
    pub(super) const COARSER: [Self; 3] = [
        Self::new(5 * MINUTE_MS, HOUR_MS),
        Self::new(30 * MINUTE_MS, DAY_MS),
        Self::new(2 * HOUR_MS, 7 * DAY_MS),
    ];

    const fn new(length_ms: i64, age_min_ms: i64) -> Self {
        Self { length: Elapsed::from_ms(length_ms), age_min: Elapsed::from_ms(age_min_ms) }
    }

    /// The length of the oldest panes in a window of that length.
    fn oldest_in(length: Elapsed) -> Elapsed {
        let older = Self::COARSER.iter().rev().find(|size| length > size.age_min);
        older.map_or(Self::FINEST, |size| size.length)
    }

    /// Panes that begin before this instant have at least this length at `now`.
    pub(super) fn coarse_before(self, now: Timestamp) -> Timestamp {
        now.minus(self.age_min).floor_to(self.length)
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
    fn an_instant_leaves_a_window_once_the_window_begins_after_it() {
        for length in ["1h", "2h", "24h", "25h", "7d", "8d", "28d"] {
            let length = Elapsed::parse(length).unwrap();
            for text in
                ["2026-11-21T10:00:00Z", "2026-11-21T10:07:31.5Z", "2026-11-21T11:59:59.999Z"]
            {
                let instant = at(text);
                let leaves = leaves_at(instant, length);
                let before = leaves.minus(Elapsed::from_ms(1));
                assert!(from_of(leaves, length) > instant, "{text} {length}");
                assert!(from_of(before, length) <= instant, "{text} {length}");
            }
        }
    }

    #[test]
    fn panes_merge_only_once_the_whole_coarser_one_is_old_enough() {
        // |08:00       09:00  09:05        10:05  10:07 = now|
        // |[ 5 min each      )[ 1 min each               )    |
        let now = at("2026-11-21T10:07:00Z");
        let pane = |text| {
            let PaneSpan { start, length } = PaneSpan::of(at(text), now);
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
