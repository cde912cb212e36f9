//! Tickets whose events are in two partitions.
//!
//! A topic that gets more partitions while it is in use splits its open tickets: later events go to another
//! partition. No partition then has the whole ticket, so the ticket is left out of all counts, and the number
//! of such tickets is reported.
//!
//! # Design
//! A table of all tickets would cost memory for a rare case. Instead each partition lists the tickets that it
//! opened, and the others look these up among their own. At the start all tickets are new: then the lists are
//! compared with each other, which costs one sort.

use std::collections::BTreeSet;

/// A ticket in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TicketInPartition {
    /// The hash of the ticket's key.
    pub key: u64,
    /// The partition's number.
    pub partition: i32,
}

/// Finds tickets that are in two partitions.
#[derive(Debug, Default)]
pub struct SplitTickets {
    /// All tickets seen before all partitions were read to their end for the first time.
    seen: Vec<TicketInPartition>,
    /// Whether all partitions were read to their end once.
    has_begun: bool,
    /// Tickets that the other partitions must look up.
    opened: Vec<TicketInPartition>,
    /// Tickets that the partition named must leave out.
    aside: Vec<TicketInPartition>,
    all: BTreeSet<u64>,
}

/// The question to all partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitQuestion {
    /// Tickets that one partition opened. Any other partition that has one leaves it out and reports it.
    pub opened: Vec<TicketInPartition>,
    /// Tickets that the partition named must leave out.
    pub aside: Vec<TicketInPartition>,
}

impl SplitTickets {
    /// Notes the tickets that a partition opened, as hashes of their keys.
    pub fn opened(&mut self, partition: i32, keys: Vec<u64>) {
        let tickets = keys.into_iter().map(|key| TicketInPartition { key, partition });
        if self.has_begun {
            self.opened.extend(tickets);
        } else {
            self.seen.extend(tickets);
        }
    }

    /// Notes tickets that a second partition has and has left out. The partition that opened them must leave
    /// them out, too.
    pub fn found(&mut self, opened: Vec<TicketInPartition>) {
        self.all.extend(opened.iter().map(|ticket| ticket.key));
        self.aside.extend(opened);
    }

    /// The next question to all partitions. `is_whole` says that all of them were read to their end.
    pub fn question(&mut self, is_whole: bool) -> SplitQuestion {
        if is_whole && !self.has_begun {
            self.has_begun = true;
            let mut seen = std::mem::take(&mut self.seen);
            seen.sort_unstable();
            seen.dedup();
            for same in seen.chunk_by(|one, other| one.key == other.key) {
                if let [first, _, ..] = same {
                    self.all.insert(first.key);
                    self.aside.extend(same);
                }
            }
        }
        SplitQuestion {
            opened: std::mem::take(&mut self.opened),
            aside: std::mem::take(&mut self.aside),
        }
    }

    /// The number of tickets known to be split.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether no ticket is known to be split.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(key: u64, partition: i32) -> TicketInPartition {
        TicketInPartition { key, partition }
    }

    #[test]
    fn tickets_in_two_partitions_are_found_at_the_start_and_later() {
        let mut split_tickets = SplitTickets::default();
        split_tickets.opened(0, vec![5, 7, 9]);
        split_tickets.opened(1, vec![8, 7]);
        assert_eq!(
            split_tickets.question(false),
            SplitQuestion::default(),
            "not before all partitions are read"
        );
        let question = split_tickets.question(true);
        let aside = vec![ticket(7, 0), ticket(7, 1)];
        assert_eq!(question, SplitQuestion { opened: Vec::new(), aside });
        split_tickets.opened(1, vec![9, 11]);
        let question = split_tickets.question(true);
        let opened = vec![ticket(9, 1), ticket(11, 1)];
        assert_eq!(question, SplitQuestion { opened, aside: Vec::new() });
        // Partition 0 has ticket 9, and left it out.
        split_tickets.found(vec![ticket(9, 1)]);
        assert_eq!(split_tickets.question(true).aside, vec![ticket(9, 1)]);
        assert_eq!(split_tickets.len(), 2);
        assert_eq!(split_tickets.question(true), SplitQuestion::default());
    }
}
