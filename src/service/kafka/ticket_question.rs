//! What one ticket went through, asked of the workers: only they have its events.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::partitions::PartitionSet;
use crate::catalog::Catalog;
use crate::shard::Shard;
use crate::ticket::Step;
use crate::time::Timestamp;

/// Maximum suggestions of one worker for an unknown ticket id.
const SIMILAR_MAX: usize = 5;

/// Maximum tickets of a partition that an unknown id is compared with: about 10 ms.
const CONSIDERED_MAX: usize = 50_000;

/// Maximum ids of one worker that match what was searched.
pub(in crate::service) const MATCHING_MAX: usize = 21;

/// Maximum tickets of a partition whose ids are searched: about 50 ms.
const SEARCHED_MAX: usize = 500_000;

/// The ids that are wanted if no ticket has the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum OtherIds {
    /// Those that differ little from it.
    Similar,
    /// Those that begin with it, or have it as their number.
    Matching,
}

/// A question about one ticket. Each worker answers once.
#[derive(Clone, Debug)]
pub(in crate::service) struct TicketQuestion {
    pub(in crate::service) ticket: Arc<str>,
    pub(in crate::service) others: OtherIds,
    pub(in crate::service) to: UnboundedSender<TicketAnswer>,
}

/// The answer of one worker.
#[derive(Debug)]
pub(in crate::service) enum TicketAnswer {
    /// It has the ticket.
    Found(FoundTicket),
    /// It has no such ticket, but tickets with these ids.
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
            || TicketAnswer::Unknown(partitions.other_ids(&self.ticket, self.others)),
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

    fn other_ids(&mut self, ticket: &str, others: OtherIds) -> Vec<String> {
        match others {
            OtherIds::Similar => {
                let similar =
                    |shard: &mut Shard| shard.similar_tickets(ticket, SIMILAR_MAX, CONSIDERED_MAX);
                let mut all: Vec<String> = self.shards_mut().flat_map(similar).collect();
                all.truncate(SIMILAR_MAX);
                all
            }
            OtherIds::Matching => {
                let matching =
                    |shard: &mut Shard| shard.tickets_matching(ticket, MATCHING_MAX, SEARCHED_MAX);
                self.shards_mut().flat_map(matching).collect()
            }
        }
    }
}
