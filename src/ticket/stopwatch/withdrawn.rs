//! Finished waits that a reopening withdrew.
//!
//! # Design
//! A reopening withdraws the finished wait, because the ticket waits again: the same stopwatch goes on, and
//! is over target where it was so before. Only another solve replaces the finished wait for good. Until then
//! it counts wherever the wait that goes on does not count in its place:
//!
//! - for the team that had finished, while another team holds the ticket, or if it left the wait behind;
//! - for that team and the organisation, once the ticket is marked as spam: then nothing else counts.
//!
//! It counts at the instant at which it had finished, as given up with the reason
//! [`GivenUp::Reopened`]: only where it was over target. Each event compares what is wanted with what was
//! sent, so the sum depends on the events alone.

use smallvec::SmallVec;

use super::{Out, Phase, Stopwatch};
use crate::agreement::Level;
use crate::catalog::{Catalog, ScopeId};
use crate::ticket::change::{CountedFor, Ended, Ending, GivenUp};

/// A finished wait that a reopening withdrew, until the ticket is solved again.
#[derive(Clone, Debug)]
pub(in crate::ticket) struct Withdrawn {
    /// One for each kind of stopwatch of the measure.
    ended: SmallVec<[Ended; 1]>,
    /// What it was sent for; `None` while it does not count.
    counted: Option<CountedFor>,
}

impl Withdrawn {
    pub(in crate::ticket) fn new(finished: &[Ended], catalog: &Catalog) -> Self {
        let withdraw = |finished: &Ended| {
            let mut ended = finished.clone();
            ended.ending = Ending::GivenUp(GivenUp::Reopened);
            // Under a limit for all tickets, a late end is no miss.
            let is_share = |id| !matches!(catalog.objective(id).1.level, Level::NoneOver(_));
            ended.missed.retain(|id| is_share(*id));
            ended.breakdown = ended.breakdown.filter(|_| !ended.missed.is_empty());
            ended
        };
        Self { ended: finished.iter().map(withdraw).collect(), counted: None }
    }

    /// Lets it count for `wanted` from now on, and no longer for anything else.
    pub(in crate::ticket) fn count(&mut self, wanted: Option<CountedFor>, out: &mut Out<'_>) {
        if self.counted == wanted {
            return;
        }
        if self.counted.is_some() {
            out.ended(&self.ended, -1);
        }
        if let Some(counted_for) = wanted {
            self.ended.iter_mut().for_each(|ended| ended.counted_for = counted_for);
            out.ended(&self.ended, 1);
        }
        self.counted = wanted;
    }

    /// The team that had finished.
    fn scope(&self) -> Option<ScopeId> {
        self.ended.first().map(|ended| ended.scope)
    }
}

impl Stopwatch {
    /// An event is applied: counts the withdrawn wait where this stopwatch does not count in its place.
    pub(in crate::ticket) fn count_withdrawn(&mut self, holder: ScopeId, out: &mut Out<'_>) {
        let Some(withdrawn) = &mut self.withdrawn else { return };
        let counts_for = match &self.phase {
            Phase::Latent | Phase::Running => Some(holder),
            Phase::Ended(ended) => ended
                .first()
                .filter(|ended| match ended.ending {
                    Ending::Answered => true,
                    Ending::GivenUp(reason) => reason.is_decided(),
                })
                .map(|ended| ended.scope),
        };
        let wanted = match counts_for {
            None => Some(CountedFor::TeamAndOrganisation),
            scope if scope == withdrawn.scope() => None,
            Some(_) => Some(CountedFor::Team),
        };
        withdrawn.count(wanted, out);
    }
}
