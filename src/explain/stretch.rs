//! A ticket's life in stretches.

use super::{Step, TicketPosition, WaitLocation};
use crate::calendar::Calendar;
use crate::catalog::{Catalog, ScopeId};
use crate::time::{Elapsed, Timestamp};

/// A stretch of time in which a ticket stood in one place, its holder open or closed throughout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Where the ticket stood.
    pub location: WaitLocation,
    /// Who held it.
    pub holder: ScopeId,
    /// Whether it was solved.
    pub is_solved: bool,
    /// Whether it was merged, deleted or spam.
    pub is_gone: bool,
}

impl Stretch {
    /// Its length.
    pub fn length(&self) -> Elapsed {
        self.to.since(self.from)
    }

    /// Whether the customer waited in it: the ticket was neither solved nor gone.
    pub fn waits(&self) -> bool {
        !self.is_solved && !self.is_gone
    }
}

/// The stretches between the steps, and from the last to `now`, from creation on where that is known.
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
            is_solved,
            is_gone: step.is_over && !is_solved,
        };
        let mut from = step.at;
        // Only who waits with somebody waits for their opening.
        let waits_here = matches!(location, WaitLocation::With(_)) && !step.is_over;
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
                        && (last.location, last.holder, last.is_solved, last.is_gone)
                            == (next.location, next.holder, next.is_solved, next.is_gone) =>
                {
                    last.to = next.to;
                }
                _ => stretches.push(next),
            }
        }
    }
    stretches
}

/// The first instant after `from`, at most `to`, at which an opening that holds `from` has ended.
fn closing(hours: &Calendar, from: Timestamp, to: Timestamp) -> Timestamp {
    let opened = hours.cumulative(from);
    // Open throughout up to an instant is where as much has opened as went by: found by halving.
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
