//! Clocks that differ: an Alertmanager judges by its own whether an alert is over.

use chrono::DateTime;

use crate::alert::Notice;
use crate::service::clock;
use crate::time::{SECOND_MS, Timestamp};

/// From here on it is said that the clocks differ.
const WARN_OVER_MS: u64 = 30_000;

/// Below it they agree again.
const AGREE_BELOW_MS: u64 = 15_000;

/// From here on times are sent by the other clock. Below it, the five minutes that a firing alert is sent
/// ahead are enough.
const CORRECT_OVER_MS: u64 = 60_000;

/// A `Date` is in whole seconds, and an answer takes a while: less than this is no other difference.
const CHANGE_OVER_MS: u64 = 30_000;

/// How far our clock is ahead of that of one Alertmanager, in milliseconds, and what was done about it.
#[derive(Debug, Default)]
pub(super) struct Skew {
    /// What times that are sent are put back by.
    correction_ms: i64,
    /// The difference that was said last; none while they agree.
    said_ms: Option<i64>,
    has_moved: bool,
}

/// Our clock minus that of a `Date` header, in milliseconds.
pub(super) fn of(date: &str) -> Option<i64> {
    let theirs = DateTime::parse_from_rfc2822(date).ok()?.timestamp_millis();
    Some(clock::wall().ms().saturating_sub(theirs))
}

/// What there is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Say {
    Nothing,
    Differs,
    Agrees,
}

impl Skew {
    /// Takes note of a difference, and says so where it is a new one.
    pub(super) fn see(&mut self, skew_ms: i64, alertmanager: &str) {
        match self.take(skew_ms) {
            Say::Nothing => {}
            Say::Differs => tracing::warn!(
                alertmanager,
                "its clock and ours differ by {} s (ours minus its): over a minute, alerts are sent by its \
                 clock; set both clocks by NTP",
                skew_ms / SECOND_MS
            ),
            Say::Agrees => tracing::info!(alertmanager, "its clock and ours agree again"),
        }
    }

    fn take(&mut self, skew_ms: i64) -> Say {
        let size = skew_ms.unsigned_abs();
        let correction_ms = if size > CORRECT_OVER_MS {
            skew_ms
        } else if size < WARN_OVER_MS || skew_ms.abs_diff(self.correction_ms) > CORRECT_OVER_MS {
            0
        } else {
            // In between it stays as it is, where that is near: a difference near the bound must not go back
            // and forth, and one that is gone must not leave times in the past of the other clock.
            self.correction_ms
        };
        if correction_ms.abs_diff(self.correction_ms) > CHANGE_OVER_MS {
            self.correction_ms = correction_ms;
            self.has_moved = true;
        }
        let is_over = size > WARN_OVER_MS;
        match self.said_ms {
            None if is_over => {}
            Some(said) if is_over && skew_ms.abs_diff(said) > CHANGE_OVER_MS => {}
            Some(_) if size < AGREE_BELOW_MS => {
                self.said_ms = None;
                return Say::Agrees;
            }
            None | Some(_) => return Say::Nothing,
        }
        self.said_ms = Some(skew_ms);
        Say::Differs
    }

    /// A time of theirs by our clock.
    pub(super) fn ours(&self, theirs: Timestamp) -> Timestamp {
        Timestamp::from_ms(theirs.ms().saturating_add(self.correction_ms))
    }

    /// Whether times were sent by another correction than the one that holds now; said once.
    pub(super) fn take_moved(&mut self) -> bool {
        std::mem::take(&mut self.has_moved)
    }

    /// The same alerts, with times by the other clock.
    pub(super) fn correct(&self, batch: &[Notice]) -> Vec<Notice> {
        let put_back =
            |at: Timestamp| Timestamp::from_ms(at.ms().saturating_sub(self.correction_ms));
        let by_its_clock = |notice: &Notice| Notice {
            starts_at: put_back(notice.starts_at),
            ends_at: put_back(notice.ends_at),
            ..notice.clone()
        };
        batch.iter().map(by_its_clock).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_said_once_and_corrected_from_a_minute_on() {
        let mut skew = Skew::default();
        for (seen, say, correction, moved) in [
            (0, Say::Nothing, 0, false),
            (-30, Say::Nothing, 0, false),
            (31, Say::Differs, 0, false),
            (60, Say::Nothing, 0, false),
            (61, Say::Nothing, 61, true),
            // Near the bound nothing goes back and forth.
            (60, Say::Nothing, 61, false),
            (35, Say::Nothing, 61, false),
            (600, Say::Differs, 600, true),
            (601, Say::Nothing, 600, false),
            // A correction that is far from what is seen must go, however small the difference is.
            (45, Say::Differs, 0, true),
            (-600, Say::Differs, -600, true),
            (29, Say::Nothing, 0, true),
            (10, Say::Agrees, 0, false),
            (11, Say::Nothing, 0, false),
        ] {
            assert_eq!(skew.take(seen * SECOND_MS), say, "{seen}");
            assert_eq!(skew.correction_ms, correction * SECOND_MS, "{seen}");
            assert_eq!(skew.take_moved(), moved, "{seen}");
            assert!(!skew.take_moved(), "{seen}");
        }
    }

    #[test]
    fn a_date_that_is_none_says_nothing() {
        assert_eq!(of("yesterday"), None);
        let epoch = of("Thu, 01 Jan 1970 00:00:00 GMT").unwrap();
        assert!(epoch.abs_diff(clock::wall().ms()) < 2_000, "{epoch}");
    }
}
