//! Where the waiting goes: with which team, unclaimed, pending, on hold, or in closed hours.

use smallvec::SmallVec;

use crate::calendar::Calendar;
use crate::rules::Slot;
use crate::time::{Elapsed, Timestamp};

/// Where a ticket waits. Of two that hold at once, the later here counts; a team's own time is that in which
/// it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// With a team, or with nobody.
    With(Slot),
    /// Its holder is closed.
    Closed,
    /// For a third party.
    OnHold,
    /// For the customer.
    Pending,
}

/// How long a wait was where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Went(SmallVec<[(Place, i64); 2]>);

impl Went {
    /// The places with how long, in order of place.
    pub fn iter(&self) -> impl Iterator<Item = (Place, Elapsed)> {
        self.0.iter().map(|(place, ms)| (*place, Elapsed::from_ms(*ms)))
    }

    /// Whether it was nowhere.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it was in these places alone.
    pub(super) fn is_within(&self, places: &[Place]) -> bool {
        self.0.iter().all(|(place, _)| places.contains(place))
    }

    /// Adds so many ms at a place; what comes to nothing goes.
    pub fn add(&mut self, place: Place, ms: i64) {
        if ms == 0 {
            return;
        }
        match self.0.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(at) => {
                self.0[at].1 += ms;
                if self.0[at].1 == 0 {
                    self.0.remove(at);
                }
            }
            Err(at) => self.0.insert(at, (place, ms)),
        }
    }

    /// Adds all of another, `by` times.
    pub fn merge(&mut self, other: &Self, by: i64) {
        for (place, ms) in &other.0 {
            self.add(*place, ms.wrapping_mul(by));
        }
    }
}

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// With whom, or for whom it waits. Never [`Place::Closed`].
    pub place: Place,
    /// Whether it is solved: measures that leave that time out leave out what went by in it.
    pub is_solved: bool,
}

impl Standing {
    /// Calls `add` for the pieces of a stretch in which the ticket stood here; `hours` are the holder's.
    pub fn pieces(
        self,
        from: Timestamp,
        to: Timestamp,
        hours: &Calendar,
        mut add: impl FnMut(Place, i64),
    ) {
        let all = to.ms() - from.ms();
        match self.place {
            Place::With(_) => {
                let open = hours.cumulative(to) - hours.cumulative(from);
                add(self.place, open);
                add(Place::Closed, all - open);
            }
            Place::Closed | Place::OnHold | Place::Pending => add(self.place, all),
        }
    }
}

/// Where a wait that goes on went until now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wandering {
    /// How long it was where, up to `since`.
    pub went: Went,
    /// Where it stands since then.
    pub standing: Standing,
    /// The beginning of the stretch that goes on.
    pub since: Timestamp,
}

/// All that a ticket's time went to since its first event, split by whether it was solved then.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    unsolved: Went,
    solved: Went,
}

impl Totals {
    /// Adds a stretch.
    pub(super) fn add(
        &mut self,
        standing: Standing,
        from: Timestamp,
        to: Timestamp,
        hours: &Calendar,
    ) {
        let went = if standing.is_solved { &mut self.solved } else { &mut self.unsolved };
        standing.pieces(from, to, hours, |place, ms| went.add(place, ms));
    }

    /// Whether the time went to these places alone.
    pub(super) fn are_within(&self, places: &[Place]) -> bool {
        self.unsolved.is_within(places) && self.solved.is_within(places)
    }

    /// What was added since an earlier state, with or without the time it was solved.
    pub(super) fn since(&self, earlier: Option<&Self>, with_solved: bool) -> Went {
        let mut went = self.unsolved.clone();
        if with_solved {
            went.merge(&self.solved, 1);
        }
        if let Some(earlier) = earlier {
            went.merge(&earlier.unsolved, -1);
            if with_solved {
                went.merge(&earlier.solved, -1);
            }
        }
        went
    }
}
