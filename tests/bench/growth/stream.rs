//! The records of a stream, in the order in which they arrive.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write;
use std::ops::Range;

use vaste::time::{DAY_MS, Elapsed, MINUTE_MS, Timestamp};

use crate::case::Case;
use crate::random::Random;
use crate::simulated_team::wait;

/// The median wait between two events of a ticket.
const WAIT_MS: i64 = 30 * MINUTE_MS;

/// One ticket in this many is never answered.
const UNANSWERED_ONE_OF: u64 = 10;

/// A stream. Only tickets in progress are in memory.
pub(crate) struct Stream {
    case: Case,
    begin: Timestamp,
    random: Random,
    /// The next ticket to be created.
    next: u64,
    pending: BinaryHeap<Reverse<Arrival>>,
}

/// An event that will arrive. Times are milliseconds since the beginning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    at: i64,
    time: i64,
    ticket: u64,
    number: u64,
}

/// One record of a batch.
pub(crate) struct BatchRecord {
    pub(crate) partition: usize,
    pub(crate) key: Range<usize>,
    pub(crate) payload: Range<usize>,
}

/// Records and their bytes.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) text: String,
    pub(crate) records: Vec<BatchRecord>,
    /// When the last one arrives.
    pub(crate) at: Option<Timestamp>,
}

impl Stream {
    pub(crate) fn new(case: &Case) -> Self {
        let begin = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        Self { case: *case, begin, random: Random::new(7), next: 0, pending: BinaryHeap::new() }
    }

    /// The end of the stream.
    pub(crate) fn end(&self) -> Timestamp {
        self.begin.plus(Elapsed::from_ms(self.span()))
    }

    fn span(&self) -> i64 {
        self.case.days() * DAY_MS
    }

    /// Fills a batch with the next records, at most this many. An empty one is the end.
    pub(crate) fn fill(&mut self, batch: &mut Batch, most: usize) {
        batch.text.clear();
        batch.records.clear();
        while batch.records.len() < most {
            let Some(arrival) = self.arrival() else { return };
            batch.at = Some(self.begin.plus(Elapsed::from_ms(arrival.at)));
            self.write(arrival, batch);
        }
    }

    /// The next event that arrives before the end.
    fn arrival(&mut self) -> Option<Arrival> {
        let span = self.span();
        loop {
            let created = self.created(self.next);
            let is_first = |Reverse(first): &Reverse<Arrival>| created < first.at;
            if self.next < self.case.tickets && self.pending.peek().is_none_or(is_first) {
                self.expect(created, self.next, 0);
                self.next += 1;
                continue;
            }
            let Reverse(arrival) = self.pending.pop()?;
            if arrival.at < span {
                return Some(arrival);
            }
        }
    }

    /// When a ticket is created: at a steady rate.
    fn created(&self, ticket: u64) -> i64 {
        let per_ticket = i128::from(self.span()) * i128::from(ticket);
        i64::try_from(per_ticket / i128::from(self.case.tickets)).unwrap()
    }

    /// Adds an event of a ticket, and the next one where this one is late and so cannot bring it.
    fn expect(&mut self, time: i64, ticket: u64, number: u64) {
        let mut event = Arrival { at: time, time, ticket, number };
        while self.random.below(100) < self.case.late_percent {
            event.at += 1 + self.random.below(self.case.late_days * DAY_MS);
            self.pending.push(Reverse(event));
            let Some(next) = self.after(event) else { return };
            event = next;
        }
        self.pending.push(Reverse(event));
    }

    /// The event of the same ticket after one.
    fn after(&mut self, event: Arrival) -> Option<Arrival> {
        let number = event.number + 1;
        let time = event.time + wait(&mut self.random, WAIT_MS);
        (number < self.case.events_per_ticket).then_some(Arrival {
            at: time,
            time,
            number,
            ..event
        })
    }

    fn write(&mut self, arrival: Arrival, batch: &mut Batch) {
        let Arrival { at, time, ticket, number } = arrival;
        if at == time
            && let Some(next) = self.after(arrival)
        {
            self.expect(next.time, ticket, next.number);
        }
        let is_last = number + 1 == self.case.events_per_ticket;
        let kind = match number {
            0 => "created",
            _ if ticket.is_multiple_of(UNANSWERED_ONE_OF) => "customer_replied",
            _ if is_last => "solved",
            _ if number % 2 == 1 => "agent_replied",
            _ => "customer_replied",
        };
        let team = ticket % self.case.teams;
        let time = self.begin.plus(Elapsed::from_ms(time));
        let text = &mut batch.text;
        let from = text.len();
        write!(text, "T-{ticket:08}").unwrap();
        let key = from..text.len();
        write!(
            text,
            "{{\"id\":\"{ticket}-{number}\",\"type\":\"ticket.{kind}\",\"time\":\"{time}\",\
             \"ticket\":\"T-{ticket:08}\",\"team\":\"team-{team}\",\"channel\":\"email\"}}"
        )
        .unwrap();
        let payload = key.end..text.len();
        let partition = usize::try_from(ticket / self.case.teams % self.case.partitions).unwrap();
        batch.records.push(BatchRecord { partition, key, payload });
    }
}
