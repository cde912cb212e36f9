//! An Alertmanager whose clock is not ours.
//!
//! # Design
//! An Alertmanager ends an alert by its own clock: where ours is some minutes slow, it answers 200 to alerts
//! that have ended before they came, and tells nobody. Its `Date` header says what time it is there, so what
//! is sent to it is told in its own time. That header has whole seconds and every answer takes a while, so a
//! skew is taken up where it matters, and then kept until it is another one.

use std::cell::Cell;

use crate::alert::Notice;
use crate::time::{SECOND_MS, Timestamp};

/// From where on the log says so.
const WARNED_MS: i64 = 30 * SECOND_MS;

/// From where on times are told by the other clock. Below it the five minutes that an alert lasts are enough.
const CORRECTED_MS: i64 = 60 * SECOND_MS;

/// How far our clock is ahead of that of one Alertmanager, in milliseconds: negative where ours is behind.
pub(super) struct Skew {
    warned: Settled,
    corrected: Settled,
}

impl Default for Skew {
    fn default() -> Self {
        Self { warned: Settled::beyond(WARNED_MS), corrected: Settled::beyond(CORRECTED_MS) }
    }
}

impl Skew {
    /// Takes note of what a `Date` header says at `now`: the skew, if it can be read. Says so in the log,
    /// once for each change.
    pub(super) fn look(&self, date: &str, now: Timestamp, alertmanager: &str) -> Option<i64> {
        let theirs = chrono::DateTime::parse_from_rfc2822(date).ok()?.timestamp_millis();
        let skew_ms = now.ms().saturating_sub(theirs);
        if self.warned.look(skew_ms) {
            match self.warned.at_ms.get() {
                0 => tracing::info!(alertmanager, "its clock and ours agree again"),
                at_ms => tracing::warn!(
                    alertmanager,
                    "our clock is {} s {} that of this Alertmanager: set both by NTP; beyond {} s it is told \
                     of alerts in its own time",
                    at_ms.saturating_abs() / SECOND_MS,
                    if at_ms < 0 { "behind" } else { "ahead of" },
                    CORRECTED_MS / SECOND_MS,
                ),
            }
        }
        self.corrected.look(skew_ms);
        Some(skew_ms)
    }

    /// What is taken from our times to tell them in those of the other clock.
    pub(super) fn correction_ms(&self) -> i64 {
        self.corrected.at_ms.get()
    }

    /// The same alerts by the other clock.
    pub(super) fn told(&self, batch: &[Notice]) -> Vec<Notice> {
        let theirs =
            |ours: Timestamp| Timestamp::from_ms(ours.ms().saturating_sub(self.correction_ms()));
        let told = |notice: &Notice| Notice {
            starts_at: theirs(notice.starts_at),
            ends_at: theirs(notice.ends_at),
            ..notice.clone()
        };
        batch.iter().map(told).collect()
    }
}

/// A skew that does not follow every jitter: nothing until it is `far`, and then what it was until it differs
/// by as much.
struct Settled {
    far_ms: i64,
    at_ms: Cell<i64>,
}

impl Settled {
    fn beyond(far_ms: i64) -> Self {
        Self { far_ms, at_ms: Cell::new(0) }
    }

    /// Whether it is another one now.
    fn look(&self, skew_ms: i64) -> bool {
        let is_far = |ms: i64| ms.saturating_abs() > self.far_ms;
        if !is_far(skew_ms.saturating_sub(self.at_ms.get())) {
            return false;
        }
        self.at_ms.set(if is_far(skew_ms) { skew_ms } else { 0 });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skew_is_taken_up_where_it_matters_and_kept_until_it_is_another_one() {
        let settled = Settled::beyond(CORRECTED_MS);
        for (skew, at) in [
            (0, 0),
            (60, 0),
            (61, 61),
            (55, 61),
            (121, 61),
            (122, 122),
            (62, 122),
            (61, 61),
            (1, 61),
            (0, 0),
            (-60, 0),
            (-600, -600),
            (-599, -600),
            (600, 600),
            (-2, 0),
        ] {
            settled.look(skew * SECOND_MS);
            assert_eq!(settled.at_ms.get(), at * SECOND_MS, "{skew} s");
        }
    }
}
