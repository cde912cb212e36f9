//! The difference between our clock and an Alertmanager's. An Alertmanager decides by its own clock whether
//! an alert is over.

use chrono::DateTime;

use crate::alert::Notice;
use crate::service::clock;
use crate::time::{SECOND_MS, Timestamp};

/// Above this difference a warning is logged.
const WARN_OVER_MS: u64 = 30_000;

/// Below this difference the clocks agree again.
const AGREE_BELOW_MS: u64 = 15_000;

/// Above this difference times are corrected. Below it, the five minutes that a firing alert is sent ahead
/// are enough.
const CORRECT_OVER_MS: u64 = 60_000;

/// A smaller change is not a change: a `Date` header has whole seconds, and a response takes a while.
const CHANGE_OVER_MS: u64 = 30_000;

/// How far our clock is ahead of one Alertmanager's, in milliseconds, and what was done about it.
#[derive(Debug, Default)]
pub(super) struct Skew {
    /// Subtracted from every time that is sent.
    correction_ms: i64,
    /// The difference that was last logged; `None` while the clocks agree.
    logged_ms: Option<i64>,
    has_correction_changed: bool,
}

/// Our clock minus a `Date` header, in milliseconds; `None` if the header cannot be parsed.
pub(super) fn of_date(date: &str) -> Option<i64> {
    let theirs = DateTime::parse_from_rfc2822(date).ok()?.timestamp_millis();
    Some(clock::wall().ms().saturating_sub(theirs))
}

/// The log line that a new difference calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SkewLog {
    Nothing,
    Differs,
    Agrees,
}

impl Skew {
    /// Records a difference. Logs it if it is new.
    pub(super) fn observe(&mut self, skew_ms: i64, alertmanager: &str) {
        match self.update(skew_ms) {
            SkewLog::Nothing => {}
            SkewLog::Differs => tracing::warn!(
                alertmanager,
                "its clock and ours differ by {} s (ours minus its); if that is over a minute, alerts are \
                 sent with corrected times; synchronise both clocks by NTP",
                skew_ms / SECOND_MS
            ),
            SkewLog::Agrees => tracing::info!(alertmanager, "its clock and ours agree again"),
        }
    }

    fn update(&mut self, skew_ms: i64) -> SkewLog {
        let size = skew_ms.unsigned_abs();
        let correction_ms = if size > CORRECT_OVER_MS {
            skew_ms
        } else if size < WARN_OVER_MS || skew_ms.abs_diff(self.correction_ms) > CORRECT_OVER_MS {
            0
        } else {
            // Hysteresis: a difference near the limit must not switch back and forth. A correction that no
            // longer matches goes, since it would put times into the Alertmanager's past.
            self.correction_ms
        };
        if correction_ms.abs_diff(self.correction_ms) > CHANGE_OVER_MS {
            self.correction_ms = correction_ms;
            self.has_correction_changed = true;
        }
        let is_over = size > WARN_OVER_MS;
        match self.logged_ms {
            None if is_over => {}
            Some(logged) if is_over && skew_ms.abs_diff(logged) > CHANGE_OVER_MS => {}
            Some(_) if size < AGREE_BELOW_MS => {
                self.logged_ms = None;
                return SkewLog::Agrees;
            }
            None | Some(_) => return SkewLog::Nothing,
        }
        self.logged_ms = Some(skew_ms);
        SkewLog::Differs
    }

    /// Converts a time of the Alertmanager to our clock.
    pub(super) fn ours(&self, theirs: Timestamp) -> Timestamp {
        Timestamp::from_ms(theirs.ms().saturating_add(self.correction_ms))
    }

    /// Whether the correction has changed since the last call.
    pub(super) fn take_correction_changed(&mut self) -> bool {
        std::mem::take(&mut self.has_correction_changed)
    }

    /// The same notices, with times by the Alertmanager's clock.
    pub(super) fn correct(&self, batch: &[Notice]) -> Vec<Notice> {
        let theirs =
            |ours: Timestamp| Timestamp::from_ms(ours.ms().saturating_sub(self.correction_ms));
        let corrected = |notice: &Notice| Notice {
            starts_at: theirs(notice.starts_at),
            ends_at: theirs(notice.ends_at),
            ..notice.clone()
        };
        batch.iter().map(corrected).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_logged_once_and_corrected_above_a_minute() {
        let mut skew = Skew::default();
        for (seen, log, correction, changed) in [
            (0, SkewLog::Nothing, 0, false),
            (-30, SkewLog::Nothing, 0, false),
            (31, SkewLog::Differs, 0, false),
            (60, SkewLog::Nothing, 0, false),
            (61, SkewLog::Nothing, 61, true),
            // Near the limit nothing switches back and forth.
            (60, SkewLog::Nothing, 61, false),
            (35, SkewLog::Nothing, 61, false),
            (600, SkewLog::Differs, 600, true),
            (601, SkewLog::Nothing, 600, false),
            // A correction that is far from the difference goes, however small the difference is.
            (45, SkewLog::Differs, 0, true),
            (-600, SkewLog::Differs, -600, true),
            (29, SkewLog::Nothing, 0, true),
            (10, SkewLog::Agrees, 0, false),
            (11, SkewLog::Nothing, 0, false),
        ] {
            assert_eq!(skew.update(seen * SECOND_MS), log, "{seen}");
            assert_eq!(skew.correction_ms, correction * SECOND_MS, "{seen}");
            assert_eq!(skew.take_correction_changed(), changed, "{seen}");
            assert!(!skew.take_correction_changed(), "{seen}");
        }
    }

    #[test]
    fn a_date_that_cannot_be_parsed_is_ignored() {
        assert_eq!(of_date("yesterday"), None);
        let epoch = of_date("Thu, 01 Jan 1970 00:00:00 GMT").unwrap();
        assert!(epoch.abs_diff(clock::wall().ms()) < 2_000, "{epoch}");
    }
}
