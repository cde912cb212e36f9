//! The workers as the coordinator sees them: commands to them, their answers, their latest status.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use crate::catalog::Catalog;
use crate::service::kafka::status::StreamStatus;
use crate::service::kafka::trouble::Trouble;
use crate::service::kafka::worker::{Batch, WorkerCommand};
use crate::split_tickets::SplitQuestion;
use crate::time::Timestamp;

/// How long a worker may take to answer before a view is published without its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// All workers of the process.
pub(super) struct Workers {
    commands: Vec<Sender<WorkerCommand>>,
    batches: Receiver<Batch>,
    states: Vec<WorkerState>,
    answer_timeout: Duration,
}

/// What is known of one worker.
#[derive(Default)]
struct WorkerState {
    /// Its latest status.
    status: StreamStatus,
    /// Whether the answer to its last command is outstanding.
    owes_answer: bool,
}

impl Workers {
    pub(super) fn new(commands: Vec<Sender<WorkerCommand>>, batches: Receiver<Batch>) -> Self {
        let states = commands.iter().map(|_| WorkerState::default()).collect();
        Self { commands, batches, states, answer_timeout: ANSWER_TIMEOUT }
    }

    /// Sets the answer timeout to zero: in a test an answer is there already or does not come.
    #[cfg(test)]
    pub(super) fn answer_at_once(&mut self) {
        self.answer_timeout = Duration::ZERO;
    }

    /// Whether an answer is outstanding.
    pub(super) fn is_behind(&self) -> bool {
        self.states.iter().any(|state| state.owes_answer)
    }

    /// The latest status of all workers together.
    pub(super) fn status(&self) -> StreamStatus {
        let mut all = StreamStatus::default();
        for WorkerState { status, .. } in &self.states {
            all.merge(status);
            all.topic.clone_from(&status.topic);
        }
        all
    }

    /// Asks every worker that owes no answer to advance to this instant.
    pub(super) fn advance(&mut self, now: Timestamp, question: &Arc<SplitQuestion>) {
        for (commands, state) in self.commands.iter().zip(&mut self.states) {
            if !state.owes_answer {
                let command = WorkerCommand::Advance(now, Arc::clone(question));
                state.owes_answer = commands.send(command).is_ok();
                if !state.owes_answer {
                    state.status.blocked = Some(Trouble::WorkerFailed);
                }
            }
        }
    }

    /// Receives batches until no answer is outstanding, or the next one takes too long.
    pub(super) fn receive(&mut self, mut apply: impl FnMut(Batch)) {
        while self.is_behind() {
            let Ok(mut batch) = self.batches.recv_timeout(self.answer_timeout) else { break };
            if let Some(status) = batch.stream.take() {
                self.states[batch.worker] = WorkerState { status, owes_answer: false };
            }
            apply(batch);
        }
    }

    /// Has all workers count by another catalog.
    pub(super) fn adopt(&self, catalog: &Arc<Catalog>) {
        self.command_all(&WorkerCommand::Adopt(Arc::clone(catalog)));
    }

    /// Has all workers count from an instant that is before the last one.
    pub(super) fn correct_time(&self, now: Timestamp) {
        self.command_all(&WorkerCommand::CorrectTime(now));
    }

    /// Stops all workers.
    pub(super) fn stop(&self) {
        self.command_all(&WorkerCommand::Stop);
    }

    fn command_all(&self, command: &WorkerCommand) {
        for commands in &self.commands {
            if commands.send(command.clone()).is_err() {
                tracing::debug!("a worker has ended already");
            }
        }
    }
}
