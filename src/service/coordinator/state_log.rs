//! Access to the alert state log in the store, without waiting for the store.

use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant};

use crate::alert::AlertStateLog;
use crate::service::clock;
use crate::service::store::Job;

/// How long the store may take to read the log.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads and writes the alert state log through the store's thread.
pub(super) struct StateLogAccess {
    /// `None` without a store.
    jobs: Option<Sender<Job>>,
    pending: Option<PendingRead>,
}

/// A read that the store has not answered yet.
struct PendingRead {
    since: Instant,
    log: Receiver<Option<AlertStateLog>>,
}

/// The progress of a read.
pub(super) enum ReadProgress {
    Pending,
    /// Over, with the log if there is one that can be read in time.
    Done(Option<AlertStateLog>),
}

impl StateLogAccess {
    pub(super) fn new(jobs: Option<Sender<Job>>) -> Self {
        Self { jobs, pending: None }
    }

    /// Starts a read, or continues the pending one. Does not wait.
    pub(super) fn read(&mut self) -> ReadProgress {
        let Some(jobs) = &self.jobs else { return ReadProgress::Done(None) };
        let Some(PendingRead { since, log }) = &self.pending else {
            let (done, log) = mpsc::channel();
            self.pending = Some(PendingRead { since: clock::instant(), log });
            return match jobs.send(Job::ReadAlertStateLog { done }) {
                Ok(()) => ReadProgress::Pending,
                Err(_) => ReadProgress::Done(None),
            };
        };
        let log = match log.try_recv() {
            Ok(log) => log,
            Err(TryRecvError::Empty) if since.elapsed() < READ_TIMEOUT => {
                return ReadProgress::Pending;
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
                tracing::warn!(
                    "the store does not return the alert state log; alerts go on without what other \
                     instances have sent"
                );
                None
            }
        };
        self.pending = None;
        ReadProgress::Done(log)
    }

    /// Drops the pending read: its answer would be out of date.
    pub(super) fn cancel_read(&mut self) {
        self.pending = None;
    }

    /// Has the store write the log.
    pub(super) fn write(&self, log: &AlertStateLog) {
        if let Some(jobs) = &self.jobs
            && jobs.send(Job::AlertStateLog { bytes: log.bytes() }).is_err()
        {
            tracing::debug!("the store's thread has ended");
        }
    }
}
