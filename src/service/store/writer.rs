//! The thread that writes to the store.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::error::StoreError;
use super::objects::Store;
use crate::agenda_log::AgendaLog;
use crate::alert::AlertStateLog;
use crate::checkpoint::CheckpointName;
use crate::service::clock;
use crate::service::instruments::Instruments;
use crate::service::outage::{Outage, in_seconds};

/// Work for the store's thread.
pub(in crate::service) enum Job {
    /// Writes a partition's checkpoint.
    Checkpoint {
        /// The partition.
        partition: i32,
        /// The name of the checkpoint.
        name: CheckpointName,
        /// Its content.
        bytes: Vec<u8>,
        /// Receives the result.
        done: Sender<Written>,
    },
    /// Claims the store for a cluster.
    ClaimForCluster(String),
    /// Writes the alert state log.
    AlertStateLog {
        /// Its content.
        bytes: Vec<u8>,
    },
    /// Writes the agreement log.
    AgreementLog {
        /// Its content.
        bytes: Vec<u8>,
        /// Receives whether it is durable.
        done: Sender<bool>,
    },
    /// Writes the agenda log.
    AgendaLog {
        /// Its content.
        bytes: Vec<u8>,
        /// Receives whether it is durable.
        done: Sender<bool>,
    },
    /// Reads the agenda log, which another instance may have written meanwhile.
    ReadAgendaLog {
        /// Receives the log; `None` if there is none.
        done: Sender<Result<Option<AgendaLog>, StoreError>>,
    },
    /// Reads the alert state log, which another instance may have written meanwhile.
    ReadAlertStateLog {
        /// Receives the log; `None` if there is none, or none that can be read.
        done: Sender<Option<AlertStateLog>>,
    },
}

/// The result of writing a checkpoint.
#[derive(Debug)]
pub(in crate::service) struct Written {
    pub(in crate::service) partition: i32,
    /// The offset up to which records are in the checkpoint, exclusive.
    pub(in crate::service) position: i64,
    pub(in crate::service) is_durable: bool,
    pub(in crate::service) took: Duration,
}

/// The handle of the store's thread.
pub(in crate::service) struct Writer {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(in crate::service) fn start(
        store: Store,
        topic: &str,
        instruments: &Arc<Instruments>,
    ) -> io::Result<Self> {
        let (jobs, receiver) = mpsc::channel();
        let mut writing = Writing {
            store,
            topic: topic.to_owned(),
            instruments: Arc::clone(instruments),
            outage: Outage::default(),
            state_log_outage: Outage::default(),
        };
        let thread = thread::Builder::new().name("store".into());
        let thread = thread.spawn(move || writing.run(&receiver))?;
        Ok(Self { jobs, thread })
    }

    /// A sender for jobs. The thread ends once all senders are dropped.
    pub(in crate::service) fn jobs(&self) -> Sender<Job> {
        self.jobs.clone()
    }

    /// Waits until all jobs are done, at most `timeout`.
    pub(in crate::service) fn finish(self, timeout: Duration) {
        let Self { jobs, thread } = self;
        drop(jobs);
        clock::join(vec![thread], timeout);
    }
}

/// The state of the store's thread.
struct Writing {
    store: Store,
    topic: String,
    instruments: Arc<Instruments>,
    /// Since when checkpoints are not written.
    outage: Outage,
    /// Since when the alert state log is not written.
    state_log_outage: Outage,
}

/// The result of a write: whether it is durable, and how long it took.
struct WriteResult {
    is_durable: bool,
    took: Duration,
}

impl Writing {
    fn run(&mut self, jobs: &Receiver<Job>) {
        while let Ok(mut job) = jobs.recv() {
            // Only the latest of several alert state logs is written.
            while let Job::AlertStateLog { .. } = job
                && let Ok(next) = jobs.try_recv()
            {
                if !matches!(next, Job::AlertStateLog { .. }) {
                    self.carry_out(job);
                }
                job = next;
            }
            self.carry_out(job);
        }
    }

    fn carry_out(&mut self, job: Job) {
        match job {
            Job::Checkpoint { partition, name, bytes, done } => {
                let WriteResult { is_durable, took } = self.checkpoint(partition, &name, bytes);
                let written = Written { partition, position: name.position, is_durable, took };
                if done.send(written).is_err() {
                    tracing::debug!(partition, "the worker of this checkpoint has ended");
                }
            }
            Job::ClaimForCluster(cluster) => {
                if let Err(error) = self.store.claim_for_cluster(&cluster) {
                    tracing::error!(
                        "the store is not marked as that of this cluster: {error}; check state.store"
                    );
                }
            }
            Job::AlertStateLog { bytes } => {
                self.alert_state_log(bytes);
            }
            Job::AgreementLog { bytes, done } => {
                let written = self.store.write_agreement_log(bytes);
                if let Err(error) = &written {
                    tracing::error!(
                        "the agreement log is not written: {error}; retrying; until then a restart does not know \
                         what changed in the agreements; check state.store"
                    );
                }
                if done.send(written.is_ok()).is_err() {
                    tracing::debug!("nobody waits for the agreement log any more");
                }
            }
            Job::AgendaLog { bytes, done } => {
                let written = self.store.write_agenda_log(bytes);
                if let Err(error) = &written {
                    tracing::error!(
                        "the agenda log is not written: {error}; retrying; until then a restart may post an \
                         agenda again, with the same id; check state.store"
                    );
                }
                if done.send(written.is_ok()).is_err() {
                    tracing::debug!("nobody waits for the agenda log any more");
                }
            }
            Job::ReadAgendaLog { done } => {
                if done.send(self.store.agenda_log()).is_err() {
                    tracing::debug!("nobody waits for the agenda log any more");
                }
            }
            Job::ReadAlertStateLog { done } => {
                let log = self.store.alert_state_log().unwrap_or_else(|error| {
                    tracing::error!("{error}");
                    None
                });
                if done.send(log).is_err() {
                    tracing::debug!("the coordinator no longer waits for the alert state log");
                }
            }
        }
    }

    fn alert_state_log(&mut self, bytes: Vec<u8>) {
        match self.store.write_state_log(bytes) {
            Ok(()) => {
                if let Some(outage) = self.state_log_outage.end() {
                    let after = in_seconds(outage);
                    tracing::info!("the alert state log is written again after {after}");
                }
            }
            // Another log follows within a minute.
            Err(error) if self.state_log_outage.begin() => {
                tracing::error!(
                    "the alert state log is not written: {error}; retrying; until then a restart begins from \
                     the log before; check state.store"
                );
            }
            Err(error) => tracing::debug!("the alert state log is not written: {error}"),
        }
    }

    fn checkpoint(&mut self, partition: i32, name: &CheckpointName, bytes: Vec<u8>) -> WriteResult {
        let began = clock::instant();
        let size = bytes.len();
        let folder = self.store.checkpoint_folder(&self.topic, partition);
        let written = self.store.write_checkpoint(&folder, name, bytes);
        let took = began.elapsed();
        let checkpoints = &self.instruments.checkpoints;
        checkpoints.duration.observe(took.as_secs_f64());
        match &written {
            Ok(()) => {
                checkpoints.last_success.set(clock::wall().unix_seconds());
                checkpoints.size.set(i64::try_from(size).unwrap_or(i64::MAX));
                tracing::debug!(partition, size, ?took, "checkpoint {} written", name.file());
                if let Some(outage) = self.outage.end() {
                    let after = in_seconds(outage);
                    tracing::info!(partition, "checkpoints are written again after {after}");
                }
            }
            Err(error) => {
                checkpoints.failures.inc();
                if self.outage.begin() {
                    tracing::error!(
                        partition,
                        "the checkpoint is not written: {error}; retrying, as for other partitions; check \
                         state.store"
                    );
                } else {
                    tracing::debug!(partition, "the checkpoint is not written: {error}");
                }
            }
        }
        WriteResult { is_durable: written.is_ok(), took }
    }
}
