//! Where the waiting goes: with which team, unclaimed, pending, on hold, or in closed hours.

use smallvec::SmallVec;

use crate::calendar::Calendar;
use crate::catalog::ScopeId;
use crate::time::{Elapsed, Timestamp};

/// Where a ticket waits. Of two that hold at once, the later here counts; a team's own time is that in which
/// it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitLocation {
    /// With a team, or with nobody.
    With(ScopeId),
    /// Its holder is closed.
    Closed,
    /// For a third party.
    OnHold,
    /// For the customer.
    Pending,
}

/// How long a wait was where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown(SmallVec<[(WaitLocation, i64); 2]>);

impl Breakdown {
    /// The places with how long, in order of place.
    pub fn iter(&self) -> impl Iterator<Item = (WaitLocation, Elapsed)> {
        self.0.iter().map(|(location, ms)| (*location, Elapsed::from_ms(*ms)))
    }

    /// Whether it was nowhere.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it was in these places alone.
    pub(super) fn is_within(&self, locations: &[WaitLocation]) -> bool {
        self.0.iter().all(|(location, _)| locations.contains(location))
    }

    /// Adds so many ms at a place; what comes to nothing goes.
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

    /// Adds all of another, `by` times.
    pub fn merge(&mut self, other: &Self, by: i64) {
        for (location, ms) in &other.0 {
            self.add(*location, ms.wrapping_mul(by));
        }
    }
}

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketPosition {
    /// With whom, or for whom it waits. Never [`WaitLocation::Closed`].
    pub location: WaitLocation,
    /// Whether it is solved: measures that leave that time out leave out what went by in it.
    pub is_solved: bool,
}

impl TicketPosition {
    /// Calls `add` for the pieces of a stretch in which the ticket stood here; `hours` are the holder's.
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

/// Where a wait that goes on went until now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakdownSoFar {
    /// How long it was where, up to `since`.
    pub breakdown: Breakdown,
    /// Where it stands since then.
    pub ticket_position: TicketPosition,
    /// The beginning of the stretch that goes on.
    pub since: Timestamp,
}

/// All that a ticket's time went to since its first event, split by whether it was solved then.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    unsolved: Breakdown,
    solved: Breakdown,
}

impl Totals {
    /// Adds a stretch.
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

    /// Whether the time went to these places alone.
    pub(super) fn are_within(&self, locations: &[WaitLocation]) -> bool {
        self.unsolved.is_within(locations) && self.solved.is_within(locations)
    }

    /// What was added since an earlier state, with or without the time it was solved.
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
