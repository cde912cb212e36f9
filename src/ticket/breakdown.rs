//! Where tickets wait: with which team, unclaimed, for the customer, for a third party, or in closed hours.

use smallvec::SmallVec;

use crate::calendar::Calendar;
use crate::catalog::ScopeId;
use crate::time::{Elapsed, Timestamp};

/// Where a ticket waits. If two apply at once, the later variant counts: a ticket that waits for the customer
/// in closed hours is [`WaitLocation::Pending`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitLocation {
    /// With a team that is open, or unclaimed.
    With(ScopeId),
    /// With a team that is closed.
    Closed,
    /// For a third party.
    OnHold,
    /// For the customer.
    Pending,
}

/// How long a ticket waited at each location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown(SmallVec<[(WaitLocation, i64); 2]>);

impl Breakdown {
    /// The locations with their durations, in order of location.
    pub fn iter(&self) -> impl Iterator<Item = (WaitLocation, Elapsed)> {
        self.0.iter().map(|(location, ms)| (*location, Elapsed::from_ms(*ms)))
    }

    /// Whether it has no time at any location.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all its time is at these locations.
    pub(super) fn is_within(&self, locations: &[WaitLocation]) -> bool {
        self.0.iter().all(|(location, _)| locations.contains(location))
    }

    /// Adds `ms` milliseconds at a location. A location whose sum becomes 0 is removed.
    pub fn add(&mut self, location: WaitLocation, ms: i64) {
        if ms == 0 {
            return;
        }
        match self.0.binary_search_by_key(&location, |(location, _)| *location) {
            Ok(at) => {
                self.0[at].1 += ms;
                if self.0[at].1 == 0 {
                    self.0.remove(at);
                }
            }
            Err(at) => self.0.insert(at, (location, ms)),
        }
    }

    /// Adds another breakdown `by` times.
    pub fn merge(&mut self, other: &Self, by: i64) {
        for (location, ms) in &other.0 {
            self.add(*location, ms.wrapping_mul(by));
        }
    }
}

/// Where a ticket waits at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketPosition {
    /// Where it waits. Never [`WaitLocation::Closed`]: opening hours decide that later.
    pub location: WaitLocation,
    /// Whether it is solved. Some measures leave out the time in which it is.
    pub is_solved: bool,
}

impl TicketPosition {
    /// Splits the stretch from `from` to `to` by the holder's `hours`, and calls `add` with each location and
    /// its ms.
    pub fn pieces(
        self,
        from: Timestamp,
        to: Timestamp,
        hours: &Calendar,
        mut add: impl FnMut(WaitLocation, i64),
    ) {
        let all = to.ms() - from.ms();
        match self.location {
            WaitLocation::With(_) => {
                let open = hours.cumulative(to) - hours.cumulative(from);
                add(self.location, open);
                add(WaitLocation::Closed, all - open);
            }
            WaitLocation::Closed | WaitLocation::OnHold | WaitLocation::Pending => {
                add(self.location, all)
            }
        }
    }
}

/// Where a ticket that still waits has waited until now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakdownSoFar {
    /// Where it waited up to `since`.
    pub breakdown: Breakdown,
    /// Where it waits from `since` on.
    pub ticket_position: TicketPosition,
    /// The start of the stretch that still runs; `None` while the stopwatch leaves out the time.
    pub since: Option<Timestamp>,
}

/// Where a ticket has waited since its first event, split by whether it was solved at the time.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    unsolved: Breakdown,
    solved: Breakdown,
}

impl Totals {
    /// Adds the stretch from `from` to `to`. `hours` are those of the ticket's holder.
    pub(super) fn add(
        &mut self,
        ticket_position: TicketPosition,
        from: Timestamp,
        to: Timestamp,
        hours: &Calendar,
    ) {
        let breakdown =
            if ticket_position.is_solved { &mut self.solved } else { &mut self.unsolved };
        ticket_position.pieces(from, to, hours, |location, ms| breakdown.add(location, ms));
    }

    /// Turns the time since earlier totals into time in which the ticket was solved.
    pub(super) fn count_as_solved_since(&mut self, earlier: Option<&Self>) {
        let mut since = self.unsolved.clone();
        if let Some(earlier) = earlier {
            since.merge(&earlier.unsolved, -1);
        }
        self.unsolved.merge(&since, -1);
        self.solved.merge(&since, 1);
    }

    /// Whether all time is at these locations.
    pub(super) fn are_within(&self, locations: &[WaitLocation]) -> bool {
        self.unsolved.is_within(locations) && self.solved.is_within(locations)
    }

    /// The difference to earlier totals, with or without the time in which the ticket was solved.
    pub(super) fn since(&self, earlier: Option<&Self>, with_solved: bool) -> Breakdown {
        let mut breakdown = self.unsolved.clone();
        if with_solved {
            breakdown.merge(&self.solved, 1);
        }
        if let Some(earlier) = earlier {
            breakdown.merge(&earlier.unsolved, -1);
            if with_solved {
                breakdown.merge(&earlier.solved, -1);
            }
        }
        breakdown
    }
}
