//! Looks a ticket up: asks all workers, and waits for their answers without blocking a thread.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

use crate::name;
use crate::service::kafka::ticket_question::{
    FoundTicket, MATCHING_MAX, OtherIds, TicketAnswer, TicketQuestion,
};
use crate::service::kafka::worker::WorkerCommand;

/// How long workers may take to answer. One that reads a large history answers later.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum tickets that are looked up at once: workers read the stream meanwhile.
const LOOKUPS_MAX: usize = 4;

/// Maximum suggestions for an unknown ticket id.
const SIMILAR_MAX: usize = 5;

/// Asks the workers about tickets.
#[derive(Clone, Debug)]
pub(in crate::service) struct TicketLookup {
    workers: Vec<Sender<WorkerCommand>>,
    permits: Arc<Semaphore>,
}

/// What was found.
#[derive(Debug)]
pub(super) enum LookupResult {
    /// The ticket.
    Found(FoundTicket),
    /// No partition of this instance has it. These ids are similar, or begin with it.
    Unknown(Vec<String>),
    /// Not all workers answered in time.
    Late,
}

impl TicketLookup {
    pub(in crate::service) fn new(workers: Vec<Sender<WorkerCommand>>) -> Self {
        Self { workers, permits: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }

    /// Looks up a ticket by its id.
    pub(super) async fn find(&self, ticket: &str) -> LookupResult {
        match self.ask(ticket, OtherIds::Similar).await {
            LookupResult::Unknown(mut similar) => {
                similar.sort_by_key(|other| strsim::damerau_levenshtein(other, ticket));
                similar.truncate(SIMILAR_MAX);
                LookupResult::Unknown(similar)
            }
            result @ (LookupResult::Found(_) | LookupResult::Late) => result,
        }
    }

    /// Looks up a ticket by its id, or else the first tickets whose ids begin with it or have it as their
    /// number, in order of id.
    pub(super) async fn search(&self, searched: &str) -> LookupResult {
        match self.ask(searched, OtherIds::Matching).await {
            LookupResult::Unknown(mut all) => {
                all.truncate(MATCHING_MAX);
                LookupResult::Unknown(all)
            }
            result @ (LookupResult::Found(_) | LookupResult::Late) => result,
        }
    }

    async fn ask(&self, ticket: &str, others: OtherIds) -> LookupResult {
        if !name::is_id(ticket) {
            return LookupResult::Unknown(Vec::new());
        }
        let found = timeout(ANSWER_TIMEOUT, self.ask_workers(ticket, others)).await;
        found.unwrap_or(LookupResult::Late)
    }

    async fn ask_workers(&self, ticket: &str, others: OtherIds) -> LookupResult {
        let Ok(_permit) = self.permits.acquire().await else { return LookupResult::Late };
        let (to, mut answers) = mpsc::unbounded_channel();
        let question = TicketQuestion { ticket: ticket.into(), others, to };
        let mut asked = 0;
        for worker in &self.workers {
            let command = WorkerCommand::Explain(question.clone());
            asked += usize::from(worker.send(command).is_ok());
        }
        drop(question);
        let mut ids = BTreeSet::new();
        let mut answered = 0;
        while let Some(answer) = answers.recv().await {
            answered += 1;
            match answer {
                TicketAnswer::Found(found) => return LookupResult::Found(found),
                TicketAnswer::Unknown(others) => ids.extend(others),
            }
        }
        if answered < asked || asked < self.workers.len() {
            return LookupResult::Late;
        }
        LookupResult::Unknown(ids.into_iter().collect())
    }
}
