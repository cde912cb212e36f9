//! Decides whether another instance handles a frozen alert.

use crate::time::{Elapsed, SECOND_MS, Timestamp};

use super::REFRESH_EVERY;

/// A sender is silent after three missed refreshes.
const SILENT_AFTER: i64 = 3;

/// How long after the freeze our own last notice may arrive.
const IN_FLIGHT: Elapsed = Elapsed::from_ms(15 * SECOND_MS);

/// An alert as an Alertmanager lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// When any instance last sent it.
    pub updated_at: Timestamp,
    /// Whether the sender's data was not current: the notice has `frozen_since`.
    pub is_frozen: bool,
}

/// Whether another instance handles an alert that fires here and is frozen since `frozen_since`. If so,
/// it must not be sent to this Alertmanager, which has run since `started_at`. `listed` is the alert as
/// the Alertmanager lists it; `None` if it does not.
///
/// - It is listed, and an instance with current data refreshes it: that instance handles it.
/// - It is not listed, and the Alertmanager has not restarted since: another instance resolved it. Sending it
///   would page again.
pub fn is_handled_elsewhere(
    frozen_since: Timestamp,
    listed: Option<Listed>,
    started_at: Timestamp,
    at: Timestamp,
) -> bool {
    match listed {
        Some(listed) => {
            let silent = Elapsed::from_ms(REFRESH_EVERY.ms() * SILENT_AFTER);
            let own_last = frozen_since.plus(IN_FLIGHT);
            let is_kept = listed.updated_at >= own_last && listed.updated_at.plus(silent) > at;
            is_kept && !listed.is_frozen
        }
        None => started_at < frozen_since,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_alert_is_left_to_an_instance_with_current_data() {
        let at = |second: i64| Timestamp::from_ms(second * SECOND_MS);
        let handled = |listed: Option<(i64, bool)>, started: i64, now: i64| {
            let listed =
                listed.map(|(updated, is_frozen)| Listed { updated_at: at(updated), is_frozen });
            is_handled_elsewhere(at(1_000), listed, at(started), at(now))
        };
        assert!(handled(Some((1_030, false)), 0, 1_060), "an instance with current data sends it");
        assert!(!handled(Some((990, false)), 0, 1_060), "no instance has sent it since it froze");
        assert!(!handled(Some((1_002, false)), 0, 1_060), "that was our own last notice");
        assert!(
            !handled(Some((1_030, true)), 0, 1_060),
            "the data of the sender is not current either"
        );
        assert!(handled(Some((1_030, false)), 0, 1_209), "the sender may be late");
        assert!(!handled(Some((1_030, false)), 0, 1_210), "the sender is silent");
        assert!(handled(None, 0, 1_060), "another instance resolved it");
        assert!(!handled(None, 1_010, 1_060), "the Alertmanager restarted and lost it");
    }
}
