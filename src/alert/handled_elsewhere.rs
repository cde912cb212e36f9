//! Whether a frozen alert is somebody else's to send.

use crate::time::{Elapsed, SECOND_MS, Timestamp};

use super::REFRESH_EVERY;

/// Who has not sent an alert for so many refreshes has fallen silent.
const SILENT_AFTER: i64 = 3;

/// What was sent just before it froze may have arrived so much later.
const ON_ITS_WAY: Elapsed = Elapsed::from_ms(15 * SECOND_MS);

/// An alert as an Alertmanager lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// When it was last sent by anybody.
    pub updated_at: Timestamp,
    /// Whether whoever sent it was in doubt.
    pub is_frozen: bool,
}

/// Whether an alert that fires, and of which it is not known since `frozen_since` whether it still does, must
/// not be sent to an Alertmanager that has run since `started_at`.
///
/// With several instances another one may know better. Where the alert is listed and somebody without doubt
/// keeps it, it is in good hands, unless these have fallen silent. Where it is not listed any more though the
/// Alertmanager has not forgotten it by a restart, somebody has resolved it: to send it would page again.
pub fn is_handled_elsewhere(
    frozen_since: Timestamp,
    listed: Option<Listed>,
    started_at: Timestamp,
    at: Timestamp,
) -> bool {
    match listed {
        Some(listed) => {
            let silent = Elapsed::from_ms(REFRESH_EVERY.ms() * SILENT_AFTER);
            let own_last = frozen_since.plus(ON_ITS_WAY);
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
    fn a_frozen_alert_is_left_to_who_knows_better() {
        let at = |second: i64| Timestamp::from_ms(second * SECOND_MS);
        let told = |listed: Option<(i64, bool)>, started: i64, now: i64| {
            let listed =
                listed.map(|(updated, is_frozen)| Listed { updated_at: at(updated), is_frozen });
            is_handled_elsewhere(at(1_000), listed, at(started), at(now))
        };
        assert!(told(Some((1_030, false)), 0, 1_060), "somebody who knows keeps it");
        assert!(!told(Some((990, false)), 0, 1_060), "nobody has since it froze");
        assert!(!told(Some((1_002, false)), 0, 1_060), "that was our own last word");
        assert!(!told(Some((1_030, true)), 0, 1_060), "who keeps it does not know either");
        assert!(told(Some((1_030, false)), 0, 1_209), "they may be late");
        assert!(!told(Some((1_030, false)), 0, 1_210), "they have fallen silent");
        assert!(told(None, 0, 1_060), "somebody has resolved it");
        assert!(!told(None, 1_010, 1_060), "it was forgotten, not resolved");
    }
}
