//! Tells when something that failed works again.

use std::time::{Duration, Instant};

use super::clock;

/// One thing that fails and works again: the broker, an Alertmanager, the store. It is said once that it
/// fails, and once that it works again, with how long that took.
#[derive(Debug, Default)]
pub(super) struct Outage {
    since: Option<Instant>,
}

impl Outage {
    /// Notes a failure. Returns whether it is the first since it last worked.
    pub(super) fn begin(&mut self) -> bool {
        let is_first = self.since.is_none();
        self.since.get_or_insert_with(clock::instant);
        is_first
    }

    /// Notes that it works. Returns how long it had failed; `None` if it worked before.
    pub(super) fn end(&mut self) -> Option<Duration> {
        self.since.take().map(|since| since.elapsed())
    }
}

/// A duration in a log line: whole seconds from 10 seconds on, tenths below.
pub(super) fn in_seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outage_begins_once_and_ends_once() {
        let mut outage = Outage::default();
        assert_eq!(outage.end(), None);
        assert_eq!([outage.begin(), outage.begin()], [true, false]);
        assert!(outage.end().is_some());
        assert_eq!(outage.end(), None);
        assert!(outage.begin());
    }

    #[test]
    fn a_short_duration_has_tenths() {
        assert_eq!(in_seconds(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(in_seconds(Duration::from_millis(61_700)), "62 s");
    }
}
