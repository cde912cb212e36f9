//! The delivery loop of one Alertmanager.
//!
//! # Back-off
//! Retries use full jitter: a random part of a delay that doubles, so that many instances do not return
//! together. The `backon` crate does not fit. Its jitter adds up to the whole delay to the delay, so waits
//! would start at the full delay and exceed the maximum. Its retry functions sleep, while this loop must take
//! newer notices, honour `Retry-After` and notice a shutdown during the wait.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::api::{AlertLabels, AlertmanagerApi, RequestOutcome};
use super::pending::{PENDING_MAX, PendingNotices};
use crate::alert::{Notice, RESOLVED_FOR, is_handled_elsewhere};
use crate::service::clock;
use crate::service::instruments::Delivered;
use crate::service::outage::{Outage, in_seconds};

/// Longest delay after the first failure. It doubles with each failure, up to [`BACKOFF_MAX`].
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// Delay after a response that only another configuration can change.
const MISCONFIGURED_DELAY: Duration = Duration::from_secs(60);

/// The result of sending a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DeliveryResult {
    /// Every notice is accepted or given up.
    Done,
    /// Notices were put back, to be retried after the delay. `None` leaves the delay to the back-off.
    Retry(Option<Duration>),
}

/// One Alertmanager, and the notices for it.
pub(super) struct Endpoint<A> {
    client: A,
    pending: Arc<PendingNotices>,
    delivered: Arc<Delivered>,
    /// The last notice of each alert that the Alertmanager accepted, until the alert is no longer sent.
    accepted: BTreeMap<AlertLabels, Notice>,
    /// Since when it accepts nothing.
    outage: Outage,
}

impl<A: AlertmanagerApi> Endpoint<A> {
    pub(super) fn new(client: A, pending: Arc<PendingNotices>, delivered: Arc<Delivered>) -> Self {
        Self { client, pending, delivered, accepted: BTreeMap::new(), outage: Outage::default() }
    }

    /// Delivers notices until the pending set is stopped.
    pub(super) fn run(mut self) {
        let mut failures: u32 = 0;
        let mut not_before: Option<Instant> = None;
        while let Some(batch) = self.next_batch(not_before) {
            match self.deliver_all(batch) {
                DeliveryResult::Done => {
                    failures = 0;
                    not_before = None;
                }
                DeliveryResult::Retry(delay) => {
                    failures = failures.saturating_add(1);
                    not_before =
                        Some(clock::instant() + delay.unwrap_or_else(|| backoff(failures)));
                }
            }
        }
    }

    /// Sends a batch. If the correction of times has changed, puts back every accepted notice to send it
    /// again with the right times.
    fn deliver_all(&mut self, batch: Vec<Notice>) -> DeliveryResult {
        let SendableBatch { batch, is_held_back } = self.leave_to_others(batch);
        let sent = if batch.is_empty() { DeliveryResult::Done } else { self.deliver(batch) };
        let result = match sent {
            DeliveryResult::Done if is_held_back => DeliveryResult::Retry(None),
            DeliveryResult::Done | DeliveryResult::Retry(_) => sent,
        };
        // Only after the whole batch: an accepted notice must not follow a newer one.
        if self.client.take_correction_changed() {
            let mut state = self.pending.lock();
            state.put_back(self.accepted.values().cloned().collect());
            self.delivered.pending.set(state.len());
        }
        result
    }

    /// Leaves out uncertain notices that another instance handles: their alerts may be over, and sending them
    /// would page again. Holds them back while the Alertmanager cannot list its alerts.
    fn leave_to_others(&mut self, mut batch: Vec<Notice>) -> SendableBatch {
        if batch.iter().all(|notice| notice.not_ready_since.is_none()) {
            return SendableBatch { batch, is_held_back: false };
        }
        match self.client.list() {
            Ok(listing) => {
                let at = clock::wall();
                batch.retain(|notice| {
                    let listed = listing.alerts.get(&notice.labels).copied();
                    notice.not_ready_since.is_none_or(|since| {
                        !is_handled_elsewhere(since, listed, listing.started_at, at)
                    })
                });
                SendableBatch { batch, is_held_back: false }
            }
            Err(RequestOutcome::Later(answer, _)) => {
                self.log_failure(&answer, "retrying");
                let (certain, uncertain) =
                    batch.into_iter().partition(|notice| notice.not_ready_since.is_none());
                self.pending.lock().put_back(uncertain);
                SendableBatch { batch: certain, is_held_back: true }
            }
            // An Alertmanager may accept alerts and list none: sending twice is better than not at all.
            Err(
                RequestOutcome::Accepted
                | RequestOutcome::BadAlert(_)
                | RequestOutcome::Misconfigured(_),
            ) => SendableBatch { batch, is_held_back: false },
        }
    }

    fn remember(&mut self, batch: Vec<Notice>) {
        let oldest = clock::wall().minus(RESOLVED_FOR);
        self.accepted.retain(|_, notice| notice.ends_at > oldest);
        for notice in batch {
            if self.accepted.len() < PENDING_MAX || self.accepted.contains_key(&notice.labels) {
                self.accepted.insert(Arc::clone(&notice.labels), notice);
            }
        }
    }

    /// Waits for notices, and not to send before `not_before`. `None` once the loop must end.
    fn next_batch(&self, not_before: Option<Instant>) -> Option<Vec<Notice>> {
        let mut state = self.pending.lock();
        loop {
            let delay = not_before.and_then(|at| at.checked_duration_since(clock::instant()));
            let is_time = delay.is_none() || state.is_stopping;
            if is_time && !state.is_empty() {
                // A second failure at shutdown would only delay the exit.
                if state.is_stopping && not_before.is_some() {
                    return None;
                }
                return Some(state.take_batch());
            }
            if state.is_stopping {
                return None;
            }
            state = self.pending.wait(state, delay.unwrap_or(MISCONFIGURED_DELAY));
        }
    }

    /// Sends a batch.
    fn deliver(&mut self, batch: Vec<Notice>) -> DeliveryResult {
        let count = batch.len() as u64;
        let result = match self.client.post(&batch) {
            RequestOutcome::Accepted => {
                self.delivered.sent.inc_by(count);
                self.delivered.last_success.set(clock::wall().unix_seconds());
                if let Some(outage) = self.outage.end() {
                    let (alertmanager, after) = (&*self.delivered.name, in_seconds(outage));
                    tracing::info!(alertmanager, "alerts are delivered again after {after}");
                }
                self.remember(batch);
                DeliveryResult::Done
            }
            RequestOutcome::BadAlert(answer) => {
                self.delivered.failed.inc_by(count);
                self.deliver_halves(batch, &answer)
            }
            RequestOutcome::Later(answer, delay) => {
                self.delivered.failed.inc_by(count);
                self.log_failure(&answer, "retrying");
                self.pending.lock().put_back(batch);
                DeliveryResult::Retry(delay)
            }
            RequestOutcome::Misconfigured(answer) => {
                self.delivered.failed.inc_by(count);
                self.log_failure(
                    &answer,
                    "check alertmanagers in the configuration; retrying every minute",
                );
                self.pending.lock().put_back(batch);
                DeliveryResult::Retry(Some(MISCONFIGURED_DELAY))
            }
        };
        self.delivered.pending.set(self.pending.lock().len());
        result
    }

    /// Sends a refused batch in halves, down to the single alert that is refused, so that the others arrive.
    fn deliver_halves(&mut self, mut batch: Vec<Notice>, answer: &str) -> DeliveryResult {
        if batch.len() <= 1 {
            self.delivered.rejected.inc();
            for notice in batch {
                self.accepted.remove(&notice.labels);
                self.log_failure(answer, &format!("the alert {:?} is dropped", notice.labels));
            }
            return DeliveryResult::Done;
        }
        let rest = batch.split_off(batch.len() / 2);
        let first = self.deliver(batch);
        if first != DeliveryResult::Done {
            self.pending.lock().put_back(rest);
            return first;
        }
        self.deliver(rest)
    }

    fn log_failure(&mut self, answer: &str, consequence: &str) {
        self.outage.begin();
        tracing::error!(
            alertmanager = self.delivered.name,
            "alerts are not delivered: {answer}; {consequence}"
        );
    }
}

/// A batch without the notices that another instance handles.
struct SendableBatch {
    batch: Vec<Notice>,
    /// Whether notices were put back because the Alertmanager does not list its alerts now.
    is_held_back: bool,
}

/// The delay after this many failures in a row: a random part of [`BACKOFF_FIRST`], doubled for each failure
/// after the first, at most [`BACKOFF_MAX`].
fn backoff(failures: u32) -> Duration {
    let longest =
        BACKOFF_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(5)).min(BACKOFF_MAX);
    let random = RandomState::new().hash_one(failures);
    let random = u32::try_from(random >> 32).unwrap_or(u32::MAX);
    longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
