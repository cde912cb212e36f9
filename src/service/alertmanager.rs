//! Delivery: every Alertmanager is told of every alert, on a thread of its own.
//!
//! # Design
//! For each Alertmanager the latest state of each alert is kept, not a queue: a stale *firing* that came
//! after the *resolved* would page again. One request is under way at a time, so no older state ever follows
//! a newer one; one that hangs delays no other. An Alertmanager judges times by its own clock: one whose
//! clock is far from ours would lose alerts without a word, and is sent times of its own.
//!
//! The client is ureq: blocking suits a thread of its own, and its native TLS is the OpenSSL that the Kafka
//! client is built with, so there is one TLS to keep patched.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use self::client::{Client, RequestOutcome};
use crate::alert::{Listed, Notice, RESOLVED_FOR, is_handled_elsewhere};
use crate::config::Alertmanager;
use crate::service::clock;
use crate::service::instruments::Delivered;
use crate::time::Timestamp;

mod client;
mod skew;

/// Alerts of one request at most (Prometheus' `DefaultMaxBatchSize`).
const BATCH_MAX: usize = 256;

/// Alerts that wait for one Alertmanager at most; beyond it the one that waits longest is dropped, and
/// counted (`--alertmanager.notification-queue-capacity`).
const PENDING_MAX: usize = 10_000;

/// The first wait after a failure; it doubles up to [`BACKOFF_MAX`], and a random part of it is waited.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// The wait after an answer that only another configuration can change.
const REFUSED_WAIT: Duration = Duration::from_secs(60);

/// What identifies an alert.
type AlertLabels = BTreeMap<Box<str>, Box<str>>;

/// All Alertmanagers.
#[derive(Debug)]
pub(super) struct Delivery {
    waiting: Vec<Arc<PendingNotices>>,
    threads: Vec<thread::JoinHandle<()>>,
}

/// What waits for one Alertmanager.
#[derive(Debug, Default)]
struct PendingNotices {
    state: Mutex<EndpointState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct EndpointState {
    /// The latest of each alert, with when it came, as a number.
    notices: BTreeMap<AlertLabels, (u64, Notice)>,
    came: u64,
    is_stopping: bool,
}

impl Delivery {
    /// Starts a thread for each Alertmanager.
    ///
    /// # Errors
    /// When certificates cannot be read or the system refuses threads.
    pub(super) fn start(
        alertmanagers: &[Alertmanager],
        delivered: &[Arc<Delivered>],
    ) -> io::Result<Self> {
        let mut delivery = Self { waiting: Vec::new(), threads: Vec::new() };
        for (alertmanager, delivered) in alertmanagers.iter().zip(delivered) {
            let waiting = Arc::new(PendingNotices::default());
            let endpoint = Endpoint {
                client: Client::new(alertmanager, delivered)?,
                waiting: Arc::clone(&waiting),
                delivered: Arc::clone(delivered),
                told: BTreeMap::new(),
            };
            let thread = thread::Builder::new().name(delivered.name.clone());
            delivery.threads.push(thread.spawn(move || endpoint.run())?);
            delivery.waiting.push(waiting);
        }
        Ok(delivery)
    }

    /// Hands alerts to every Alertmanager's thread; returns at once.
    pub(super) fn send(&self, notices: &[Notice], delivered: &[Arc<Delivered>]) {
        for (waiting, delivered) in self.waiting.iter().zip(delivered) {
            let mut state = waiting.lock();
            for notice in notices {
                state.put(notice.clone(), delivered);
            }
            delivered.pending.set(state.len());
            drop(state);
            waiting.changed.notify_all();
        }
    }

    /// Ends the threads: what waits is sent once more, and what then fails is left.
    pub(super) fn stop(self) {
        for waiting in &self.waiting {
            waiting.lock().is_stopping = true;
            waiting.changed.notify_all();
        }
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread that delivers alerts had failed before the end");
            }
        }
    }
}

impl EndpointState {
    fn len(&self) -> i64 {
        i64::try_from(self.notices.len()).unwrap_or(i64::MAX)
    }

    fn put(&mut self, notice: Notice, delivered: &Delivered) {
        self.came += 1;
        self.notices.insert(notice.labels.clone(), (self.came, notice));
        if self.notices.len() > PENDING_MAX {
            let oldest = self.notices.iter().min_by_key(|(_, (came, _))| *came);
            if let Some(labels) = oldest.map(|(labels, _)| labels.clone()) {
                self.notices.remove(&labels);
                delivered.dropped.inc();
            }
        }
    }

    /// Takes those that have waited longest.
    fn take_batch(&mut self) -> Vec<Notice> {
        let mut by_age: Vec<(u64, AlertLabels)> =
            self.notices.iter().map(|(labels, (came, _))| (*came, labels.clone())).collect();
        by_age.sort_unstable();
        by_age.truncate(BATCH_MAX);
        let notices = by_age.iter().filter_map(|(_, labels)| self.notices.remove(labels));
        notices.map(|(_, notice)| notice).collect()
    }

    /// Puts back what was not delivered, unless there is something newer.
    fn put_back(&mut self, notices: Vec<Notice>) {
        for notice in notices {
            self.notices.entry(notice.labels.clone()).or_insert((0, notice));
        }
    }
}

impl PendingNotices {
    fn lock(&self) -> MutexGuard<'_, EndpointState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an Alertmanager has, and since when it runs, by our clock.
struct Listing {
    started_at: Timestamp,
    alerts: BTreeMap<AlertLabels, Listed>,
}

/// Whoever takes alerts.
trait Post {
    /// What it has. An answer of [`RequestOutcome::Later`] may be otherwise next time.
    fn ask(&self) -> Result<Listing, RequestOutcome>;

    /// Sends one batch.
    fn post(&self, batch: &[Notice]) -> RequestOutcome;

    /// Whether what was sent so far had times that are wrong there; said once.
    fn take_moved(&self) -> bool;
}

/// One Alertmanager and what is sent to it.
struct Endpoint<P> {
    client: P,
    waiting: Arc<PendingNotices>,
    delivered: Arc<Delivered>,
    /// What it was told last of each alert, as long as that is said again.
    told: BTreeMap<AlertLabels, Notice>,
}

impl<P: Post> Endpoint<P> {
    fn run(mut self) {
        let mut failures: u32 = 0;
        let mut not_before: Option<Instant> = None;
        while let Some(batch) = self.next_batch(not_before) {
            match self.deliver_all(batch) {
                None => {
                    failures = 0;
                    not_before = None;
                }
                Some(wait) => {
                    failures = failures.saturating_add(1);
                    not_before = Some(clock::instant() + wait.unwrap_or_else(|| backoff(failures)));
                }
            }
        }
    }

    /// Sends a batch, and all that it was told before once more where its times were wrong there.
    fn deliver_all(&mut self, batch: Vec<Notice>) -> Option<Option<Duration>> {
        let (batch, held_back) = self.leave_to_others(batch);
        let wait = if batch.is_empty() { None } else { self.deliver(batch) };
        let wait = wait.or(held_back.then_some(None));
        // Only now that no half of the batch is left: what was told before must not follow it.
        if self.client.take_moved() {
            let mut state = self.waiting.lock();
            state.put_back(self.told.values().cloned().collect());
            self.delivered.pending.set(state.len());
        }
        wait
    }

    /// Leaves out what others know better: an alert of which it is not known here whether it still fires may
    /// be over, and to send it would page again. Whether some are held back, since it cannot be asked now.
    fn leave_to_others(&mut self, mut batch: Vec<Notice>) -> (Vec<Notice>, bool) {
        if batch.iter().all(|notice| notice.not_ready_since.is_none()) {
            return (batch, false);
        }
        match self.client.ask() {
            Ok(listing) => {
                let at = clock::wall();
                batch.retain(|notice| {
                    let listed = listing.alerts.get(&notice.labels).copied();
                    notice.not_ready_since.is_none_or(|since| {
                        !is_handled_elsewhere(since, listed, listing.started_at, at)
                    })
                });
                (batch, false)
            }
            Err(RequestOutcome::Later(said, _)) => {
                self.say(&said, "trying again");
                let (sure, doubted) =
                    batch.into_iter().partition(|notice| notice.not_ready_since.is_none());
                self.waiting.lock().put_back(doubted);
                (sure, true)
            }
            // Whoever lets alerts in and shows none: better told twice than not at all.
            Err(
                RequestOutcome::Accepted
                | RequestOutcome::BadAlert(_)
                | RequestOutcome::Misconfigured(_),
            ) => (batch, false),
        }
    }

    fn remember(&mut self, batch: Vec<Notice>) {
        let forgotten = clock::wall().minus(RESOLVED_FOR);
        self.told.retain(|_, notice| notice.ends_at > forgotten);
        for notice in batch {
            if self.told.len() < PENDING_MAX || self.told.contains_key(&notice.labels) {
                self.told.insert(notice.labels.clone(), notice);
            }
        }
    }

    /// Waits for something to send, and for the time after a failure; none when it ends.
    fn next_batch(&self, not_before: Option<Instant>) -> Option<Vec<Notice>> {
        let mut state = self.waiting.lock();
        loop {
            let wait = not_before.and_then(|at| at.checked_duration_since(clock::instant()));
            let is_time = wait.is_none() || state.is_stopping;
            if is_time && !state.notices.is_empty() {
                // A second failure at the end would only keep the process.
                if state.is_stopping && not_before.is_some() {
                    return None;
                }
                return Some(state.take_batch());
            }
            if state.is_stopping {
                return None;
            }
            let patience = wait.unwrap_or(REFUSED_WAIT);
            let woken = self.waiting.changed.wait_timeout(state, patience);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Sends a batch. None if it is done with; else how long to wait, if the Alertmanager says so.
    fn deliver(&mut self, batch: Vec<Notice>) -> Option<Option<Duration>> {
        let count = batch.len() as u64;
        let wait = match self.client.post(&batch) {
            RequestOutcome::Accepted => {
                self.delivered.sent.inc_by(count);
                self.delivered.last_success.set(clock::wall().unix_seconds());
                self.remember(batch);
                None
            }
            RequestOutcome::BadAlert(said) => {
                self.delivered.failed.inc_by(count);
                self.deliver_halves(batch, &said)
            }
            RequestOutcome::Later(said, wait) => {
                self.delivered.failed.inc_by(count);
                self.say(&said, "trying again");
                self.waiting.lock().put_back(batch);
                Some(wait)
            }
            RequestOutcome::Misconfigured(said) => {
                self.delivered.failed.inc_by(count);
                self.say(
                    &said,
                    "check alertmanagers in the configuration; trying again every minute",
                );
                self.waiting.lock().put_back(batch);
                Some(Some(REFUSED_WAIT))
            }
        };
        self.delivered.pending.set(self.waiting.lock().len());
        wait
    }

    /// One alert must not sink a batch: the halves go alone, down to the one that is refused.
    fn deliver_halves(&mut self, mut batch: Vec<Notice>, said: &str) -> Option<Option<Duration>> {
        if batch.len() <= 1 {
            self.delivered.rejected.inc();
            for notice in batch {
                self.told.remove(&notice.labels);
                self.say(said, &format!("the alert {:?} is left out", notice.labels));
            }
            return None;
        }
        let rest = batch.split_off(batch.len() / 2);
        let first = self.deliver(batch);
        if first.is_some() {
            self.waiting.lock().put_back(rest);
            return first;
        }
        self.deliver(rest)
    }

    fn say(&self, said: &str, then: &str) {
        tracing::error!(
            alertmanager = self.delivered.name,
            "alerts are not delivered: {said}; {then}"
        );
    }
}

/// A random part of a wait that doubles with every failure: many clients must not come back together.
fn backoff(failures: u32) -> Duration {
    let whole =
        BACKOFF_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(5)).min(BACKOFF_MAX);
    let random = RandomState::new().hash_one(failures);
    whole.mul_f64(f64::from(u32::try_from(random >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
