//! A ticket's life in stretches of time.

use super::{Step, TicketPosition, WaitLocation};
use crate::calendar::Calendar;
use crate::catalog::{Catalog, ScopeId};
use crate::time::{Elapsed, Timestamp};

/// A stretch of time `[from, to)` in which a ticket was at one location, and its holder open or closed
/// throughout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Where the ticket was.
    pub location: WaitLocation,
    /// The scope that held it.
    pub holder: ScopeId,
    /// Whether the ticket was solved.
    pub is_solved: bool,
    /// Whether the ticket was merged, deleted or spam.
    pub is_gone: bool,
    /// Whether it was open only because a message that needs no reply had reopened it.
    pub is_idle: bool,
}

impl Stretch {
    /// Its length.
    pub fn length(&self) -> Elapsed {
        self.to.since(self.from)
    }

    /// Whether the customer waited: the ticket was neither solved nor gone.
    pub fn waits(&self) -> bool {
        !self.is_solved && !self.is_gone && !self.is_idle
    }
}

/// The stretches between the steps and from the last one to `now`. They begin at creation where it is known.
pub(super) fn of(steps: &[Step], catalog: &Catalog, now: Timestamp) -> Vec<Stretch> {
    let first = steps.iter().position(|step| step.is_created).unwrap_or(0);
    let mut stretches: Vec<Stretch> = Vec::new();
    for (index, step) in steps.iter().enumerate().skip(first) {
        let to = steps.get(index + 1).map_or(now, |next| next.at);
        let TicketPosition { location, is_solved } = step.ticket_position;
        let stretch = |from, to, location| Stretch {
            from,
            to,
            location,
            holder: step.holder,
            is_solved: is_solved && step.is_over,
            is_gone: step.is_over && !is_solved,
            is_idle: is_solved && !step.is_over,
        };
        let mut from = step.at;
        // Opening hours matter only while a ticket waits for its holder.
        let waits_here = matches!(location, WaitLocation::With(_)) && !step.is_over && !is_solved;
        let hours = catalog.calendar(catalog.hours_of(step.holder));
        while from < to {
            let next = if !waits_here {
                stretch(from, to, location)
            } else if hours.is_open(from) {
                stretch(from, closing(hours, from, to), location)
            } else {
                let opens = hours.next_open(from).map_or(to, |opens| opens.min(to));
                stretch(from, opens, WaitLocation::Closed)
            };
            from = next.to;
            match stretches.last_mut() {
                Some(last)
                    if last.to == next.from
                        && Stretch { from: next.from, to: next.to, ..*last } == next =>
                {
                    last.to = next.to;
                }
                _ => stretches.push(next),
            }
        }
    }
    stretches
}

/// The first instant after `from` at which the opening that contains `from` has ended; at most `to`.
fn closing(hours: &Calendar, from: Timestamp, to: Timestamp) -> Timestamp {
    let opened = hours.cumulative(from);
    // All of `[from, at)` is open if its open time equals its length. Bisection finds the last such `at`.
    let (mut open, mut closed) = (from.ms(), to.ms());
    let is_open_up_to =
        |at: i64| hours.cumulative(Timestamp::from_ms(at)) - opened == at - from.ms();
    if is_open_up_to(closed) {
        return to;
    }
    while open + 1 < closed {
        let middle = open + (closed - open) / 2;
        if is_open_up_to(middle) { open = middle } else { closed = middle }
    }
    Timestamp::from_ms(open)
}
