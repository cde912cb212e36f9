//! Tickets whose events came in two partitions.
//!
//! Partitions that are added to a topic in use split the tickets that are open then: their later events go
//! elsewhere. Neither half has all, so neither is counted, and it is said how many there are.
//!
//! # Design
//! Nobody keeps a table of all tickets for the rare case: a partition says which tickets it opened, and the
//! others look these up in what they have. Only at the start, when all are new, the lists are held against
//! each other instead, which is sorting once.

use std::collections::BTreeSet;

/// A ticket in a partition: the hash of its key, and the partition's number.
pub type TicketInPartition = (u64, i32);

/// Finds tickets that are in two partitions.
#[derive(Debug, Default)]
pub struct SplitTickets {
    /// All tickets seen, until the first whole view.
    seen: Option<Vec<TicketInPartition>>,
    has_begun: bool,
    /// What the partitions must look up: opened elsewhere.
    opened: Vec<TicketInPartition>,
    /// What partitions must leave out.
    aside: Vec<TicketInPartition>,
    all: BTreeSet<u64>,
}

/// What all partitions are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitQuestion {
    /// Tickets that a partition opened: whoever else has one leaves it out, and says so.
    pub opened: Vec<TicketInPartition>,
    /// Tickets that this very partition must leave out.
    pub aside: Vec<TicketInPartition>,
}

impl SplitTickets {
    /// A partition has opened these tickets.
    pub fn opened(&mut self, partition: i32, keys: Vec<u64>) {
        let places = keys.into_iter().map(|key| (key, partition));
        if self.has_begun {
            self.opened.extend(places);
        } else {
            self.seen.get_or_insert_default().extend(places);
        }
    }

    /// Another partition has these, too, and leaves them out: those who asked for them must do so as well.
    pub fn found(&mut self, asked: Vec<TicketInPartition>) {
        for place in asked {
            self.all.insert(place.0);
            self.aside.push(place);
        }
    }

    /// What to ask all partitions now. `is_whole` says that all of them have been read up to their end.
    pub fn question(&mut self, is_whole: bool) -> SplitQuestion {
        if is_whole && !self.has_begun {
            self.has_begun = true;
            let mut seen = self.seen.take().unwrap_or_default();
            seen.sort_unstable();
            seen.dedup();
            for pair in seen.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
                self.all.extend(pair.first().map(|(key, _)| *key));
                self.aside.extend(pair);
            }
        }
        SplitQuestion {
            opened: std::mem::take(&mut self.opened),
            aside: std::mem::take(&mut self.aside),
        }
    }

    /// How many tickets are known to be split.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_two_partitions_is_found_at_the_start_and_later() {
        let mut split_tickets = SplitTickets::default();
        split_tickets.opened(0, vec![5, 7, 9]);
        split_tickets.opened(1, vec![8, 7]);
        assert_eq!(
            split_tickets.question(false),
            SplitQuestion::default(),
            "not before all is read"
        );
        let question = split_tickets.question(true);
        assert_eq!(question, SplitQuestion { opened: Vec::new(), aside: vec![(7, 0), (7, 1)] });
        split_tickets.opened(1, vec![9, 11]);
        let question = split_tickets.question(true);
        assert_eq!(question, SplitQuestion { opened: vec![(9, 1), (11, 1)], aside: Vec::new() });
        // Partition 0 has ticket 9, and left it out.
        split_tickets.found(vec![(9, 1)]);
        assert_eq!(split_tickets.question(true).aside, vec![(9, 1)]);
        assert_eq!(split_tickets.len(), 2);
        assert_eq!(split_tickets.question(true), SplitQuestion::default());
    }
}
