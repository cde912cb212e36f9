//! The notices that wait for one Alertmanager.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::api::AlertLabels;
use crate::alert::Notice;
use crate::service::instruments::Delivered;

/// Maximum alerts in one request (Prometheus' `DefaultMaxBatchSize`).
pub(super) const BATCH_MAX: usize = 256;

/// Maximum alerts that wait for one Alertmanager: two of each objective of 2 000 teams with seven. Each waits
/// once, in its latest state. Beyond it the oldest is dropped and counted.
pub(super) const PENDING_MAX: usize = 30_000;

/// The notices that wait for one Alertmanager, shared with its delivery thread.
#[derive(Debug, Default)]
pub(super) struct PendingNotices {
    state: Mutex<PendingState>,
    changed: Condvar,
}

/// The latest notice of each alert that waits.
#[derive(Debug, Default)]
pub(super) struct PendingState {
    /// Each with its place in the order.
    notices: BTreeMap<AlertLabels, (i64, Notice)>,
    /// The alerts in the order in which they are sent.
    order: BTreeMap<i64, AlertLabels>,
    pub(super) is_stopping: bool,
}

impl PendingNotices {
    pub(super) fn lock(&self) -> MutexGuard<'_, PendingState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds notices and wakes the delivery thread.
    pub(super) fn add(&self, notices: &[Notice], delivered: &Delivered) {
        let mut state = self.lock();
        for notice in notices {
            state.put(notice.clone(), delivered);
        }
        delivered.pending.set(state.len());
        drop(state);
        self.changed.notify_all();
    }

    /// Asks the delivery thread to end.
    pub(super) fn stop(&self) {
        self.lock().is_stopping = true;
        self.changed.notify_all();
    }

    /// Waits until something changes, at most `timeout`.
    pub(super) fn wait<'a>(
        &self,
        state: MutexGuard<'a, PendingState>,
        timeout: Duration,
    ) -> MutexGuard<'a, PendingState> {
        let woken = self.changed.wait_timeout(state, timeout);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl PendingState {
    pub(super) fn is_empty(&self) -> bool {
        self.notices.is_empty()
    }

    /// The number of notices that wait, as the metric has it.
    pub(super) fn len(&self) -> i64 {
        i64::try_from(self.notices.len()).unwrap_or(i64::MAX)
    }

    /// Adds a notice in place of an older one of the same alert.
    pub(super) fn put(&mut self, notice: Notice, delivered: &Delivered) {
        let last = self.order.last_key_value().map_or(0, |(place, _)| *place);
        self.insert(last.saturating_add(1), notice);
        if self.notices.len() > PENDING_MAX && self.take_first().is_some() {
            delivered.dropped.inc();
        }
    }

    fn insert(&mut self, place: i64, notice: Notice) {
        let labels = Arc::clone(&notice.labels);
        if let Some((before, _)) = self.notices.insert(Arc::clone(&labels), (place, notice)) {
            self.order.remove(&before);
        }
        self.order.insert(place, labels);
    }

    fn take_first(&mut self) -> Option<Notice> {
        let (_, labels) = self.order.pop_first()?;
        self.notices.remove(&labels).map(|(_, notice)| notice)
    }

    /// Takes the notices that have waited longest, at most [`BATCH_MAX`].
    pub(super) fn take_batch(&mut self) -> Vec<Notice> {
        std::iter::from_fn(|| self.take_first()).take(BATCH_MAX).collect()
    }

    /// Puts back notices that were not delivered before all others, except where a newer one waits.
    pub(super) fn put_back(&mut self, notices: Vec<Notice>) {
        for notice in notices.into_iter().rev() {
            if !self.notices.contains_key(&notice.labels) {
                let first = self.order.first_key_value().map_or(0, |(place, _)| *place);
                self.insert(first.saturating_sub(1), notice);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::service::instruments::Instruments;
    use crate::time::Timestamp;

    fn notice(objective: &str) -> Notice {
        Notice {
            labels: Arc::new(BTreeMap::from([("objective".into(), objective.into())])),
            annotations: Arc::default(),
            not_ready_since: None,
            starts_at: Timestamp::from_ms(0),
            ends_at: Timestamp::from_ms(300_000),
            generator_url: "http://127.0.0.1/".to_owned(),
        }
    }

    #[test]
    fn the_latest_notice_of_an_alert_wins_and_the_oldest_is_dropped_beyond_the_maximum() {
        let instruments =
            Instruments::new(&["http://am".to_owned()], 0, "2026a", Timestamp::from_ms(0)).unwrap();
        let delivered = Arc::clone(&instruments.delivered[0]);
        let mut state = PendingState::default();
        let old = notice("o0");
        let newer = Notice { ends_at: Timestamp::from_ms(1), ..old.clone() };
        state.put(newer.clone(), &delivered);
        state.put_back(vec![old]);
        assert_eq!(state.take_batch(), [newer], "a failed notice does not follow a newer one");
        for number in 0..=PENDING_MAX {
            state.put(notice(&number.to_string()), &delivered);
        }
        assert_eq!(state.notices.len(), PENDING_MAX);
        assert_eq!(delivered.dropped.get(), 1);
        assert!(!state.notices.contains_key(&notice("0").labels), "the first arrived first");
        assert_eq!(state.take_batch().len(), BATCH_MAX);
    }
}
