//! What one ticket went through, asked of the workers: only they have its events.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::partitions::PartitionSet;
use crate::catalog::Catalog;
use crate::ticket::Step;
use crate::time::Timestamp;

/// Maximum suggestions of one worker for an unknown ticket id.
const SIMILAR_MAX: usize = 5;

/// Maximum tickets of a partition that an unknown id is compared with: about 10 ms.
const CONSIDERED_MAX: usize = 50_000;

/// A question about one ticket. Each worker answers once.
#[derive(Clone, Debug)]
pub(in crate::service) struct TicketQuestion {
    pub(in crate::service) ticket: Arc<str>,
    pub(in crate::service) to: UnboundedSender<TicketAnswer>,
}

/// The answer of one worker.
#[derive(Debug)]
pub(in crate::service) enum TicketAnswer {
    /// It has the ticket.
    Found(FoundTicket),
    /// It has no such ticket, but tickets with these ids, which are similar.
    Unknown(Vec<String>),
}

/// A ticket, to be explained.
#[derive(Debug)]
pub(in crate::service) struct FoundTicket {
    /// Its events.
    pub(in crate::service) steps: Vec<Step>,
    /// The catalog that they were derived by.
    pub(in crate::service) catalog: Arc<Catalog>,
    /// The instant that they were derived to.
    pub(in crate::service) now: Timestamp,
    /// Whether it is not counted because another partition has events of it.
    pub(in crate::service) is_split: bool,
}

impl TicketQuestion {
    /// Answers for the partitions of one worker.
    pub(super) fn answer(&self, partitions: &mut PartitionSet) {
        let answer = partitions.find_ticket(&self.ticket).map_or_else(
            || TicketAnswer::Unknown(partitions.similar_tickets(&self.ticket)),
            TicketAnswer::Found,
        );
        if self.to.send(answer).is_err() {
            tracing::debug!("a page of a ticket is no longer wanted");
        }
    }
}

impl PartitionSet {
    fn find_ticket(&mut self, ticket: &str) -> Option<FoundTicket> {
        let (now, catalog) = (self.now(), Arc::clone(self.catalog()));
        self.shards_mut().find_map(|shard| {
            let steps = shard.trace(ticket, now)?;
            let is_split = shard.is_aside(ticket);
            Some(FoundTicket { steps, catalog: Arc::clone(&catalog), now, is_split })
        })
    }

    fn similar_tickets(&mut self, ticket: &str) -> Vec<String> {
        let similar = |shard: &mut crate::shard::Shard| {
            shard.similar_tickets(ticket, SIMILAR_MAX, CONSIDERED_MAX)
        };
        let mut all: Vec<String> = self.shards_mut().flat_map(similar).collect();
        all.truncate(SIMILAR_MAX);
        all
    }
}
