//! Merged tickets that still waited, and the tickets that took them over.
//!
//! # Design
//! The two tickets may be in different partitions, and either may come first. The view keeps both facts, and
//! decides again whether a wait goes on whenever one of them changes. So the answer depends on the facts
//! alone, like everything else in the view. Each ticket adds at most one wait and
//! [`crate::ticket::TAKEN_OVER_MAX`] takeovers.

use std::collections::{BTreeMap, BTreeSet};

use crate::ticket::{MergedWait, TakenOver};
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

/// The longest time before a merge at which a ticket can take it over. A ticket that was merged, reopened and
/// merged again needs a second takeover.
const BEFORE_MERGE_MAX: Elapsed = Elapsed::from_ms(DAY_MS);

/// By how much `waiting_since` may be too late: some helpdesks cut off the seconds.
const SINCE_TOLERANCE: Elapsed = Elapsed::from_ms(MINUTE_MS);

/// How often facts that are older than all windows are dropped.
const PRUNE_EVERY: Elapsed = Elapsed::from_ms(HOUR_MS);

/// Waits of merged tickets by ticket, with what other tickets say of them.
#[derive(Debug, Default)]
pub(super) struct MergedTickets {
    facts: BTreeMap<Box<str>, MergeFacts>,
    /// The tickets with a wait that no ticket goes on with.
    left_behind: BTreeSet<Box<str>>,
    /// The next instant at which old facts are dropped.
    prune_at: Option<Timestamp>,
}

/// What is known about one merged ticket.
#[derive(Debug, Default)]
pub(super) struct MergeFacts {
    waits: Vec<MergedWait>,
    takeovers: Vec<TakenOver>,
}

impl MergeFacts {
    /// The waits that no ticket goes on with.
    pub(super) fn left_behind(&self) -> impl Iterator<Item = &MergedWait> {
        let goes_on = |wait: &MergedWait| {
            self.takeovers.iter().any(|taken| {
                taken.waiting_since <= wait.since.plus(SINCE_TOLERANCE)
                    && taken.at.plus(BEFORE_MERGE_MAX) >= wait.at
            })
        };
        self.waits.iter().filter(move |wait| !goes_on(wait))
    }

    fn has_left_behind(&self) -> bool {
        self.left_behind().next().is_some()
    }
}

impl MergedTickets {
    /// Adds the wait of a merged ticket, or removes it where `by` is negative. Returns the waits that were
    /// left behind before and after.
    pub(super) fn merged(
        &mut self,
        ticket: &str,
        wait: &MergedWait,
        by: i64,
    ) -> [Vec<MergedWait>; 2] {
        self.change(ticket, |facts| count(&mut facts.waits, wait, by))
    }

    /// Adds a takeover, or removes it where `by` is negative, likewise.
    pub(super) fn took_over(&mut self, taken: &TakenOver, by: i64) -> [Vec<MergedWait>; 2] {
        self.change(&taken.from, |facts| count(&mut facts.takeovers, taken, by))
    }

    /// Drops what no window can show: waits that ended before `horizon`, and the takeovers of such.
    pub(super) fn prune(&mut self, now: Timestamp, horizon: Timestamp) {
        if self.prune_at.is_some_and(|at| now < at) {
            return;
        }
        self.prune_at = Some(now.plus(PRUNE_EVERY));
        self.facts.retain(|_, facts| {
            facts.waits.retain(|wait| wait.at >= horizon);
            facts.takeovers.retain(|taken| taken.at.plus(BEFORE_MERGE_MAX) >= horizon);
            !facts.waits.is_empty() || !facts.takeovers.is_empty()
        });
        let facts = &self.facts;
        self.left_behind
            .retain(|ticket| facts.get(ticket).is_some_and(MergeFacts::has_left_behind));
    }

    /// The latest takeover of a ticket; `None` without any.
    pub(super) fn takeover_of(&self, ticket: &str) -> Option<&TakenOver> {
        self.facts.get(ticket)?.takeovers.iter().max_by_key(|taken| taken.at)
    }

    /// The waits that no ticket goes on with, by ticket.
    pub(super) fn left_behind(&self) -> impl Iterator<Item = (&str, &MergedWait)> {
        let all = self.left_behind.iter().filter_map(|ticket| self.facts.get_key_value(ticket));
        all.flat_map(|(ticket, facts)| facts.left_behind().map(move |wait| (&**ticket, wait)))
    }

    fn change(
        &mut self,
        ticket: &str,
        change: impl FnOnce(&mut MergeFacts),
    ) -> [Vec<MergedWait>; 2] {
        let facts = self.facts.entry(ticket.into()).or_default();
        let before = facts.left_behind().copied().collect();
        change(facts);
        let after: Vec<MergedWait> = facts.left_behind().copied().collect();
        if after.is_empty() {
            self.left_behind.remove(ticket);
        } else {
            self.left_behind.insert(ticket.into());
        }
        if facts.waits.is_empty() && facts.takeovers.is_empty() {
            self.facts.remove(ticket);
        }
        [before, after]
    }
}

/// Adds a fact `by` times, or removes it. One that was dropped because of its age is not there.
fn count<T: Clone + PartialEq>(facts: &mut Vec<T>, fact: &T, by: i64) {
    for _ in 0..by.unsigned_abs() {
        if by > 0 {
            facts.push(fact.clone());
        } else if let Some(at) = facts.iter().position(|other| other == fact) {
            facts.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::measure::Measure;

    fn ms(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    /// The number of waits left behind by a merge at 1 000 000 000 ms of a wait since 900 000 000 ms.
    fn left_behind(waiting_since: i64, taken_at: i64) -> usize {
        let mut merged = MergedTickets::default();
        let wait = MergedWait {
            measure: Measure::FirstReply,
            since: ms(900_000_000),
            at: ms(1_000_000_000),
            scope: Catalog::new(&[], &[]).unclaimed(),
        };
        let taken =
            TakenOver { from: "T-1".into(), waiting_since: ms(waiting_since), at: ms(taken_at) };
        merged.merged("T-1", &wait, 1);
        merged.took_over(&taken, 1);
        merged.left_behind().count()
    }

    #[test]
    fn a_takeover_may_be_a_minute_late_in_its_start_and_a_day_earlier_than_the_merge() {
        assert_eq!(left_behind(900_060_000, 1_000_000_000), 0);
        assert_eq!(left_behind(900_060_001, 1_000_000_000), 1, "the wait would be younger");
        assert_eq!(left_behind(900_000_000, 1_000_000_000 - DAY_MS), 0);
        assert_eq!(left_behind(900_000_000, 1_000_000_000 - DAY_MS - 1), 1, "of an earlier merge");
        assert_eq!(left_behind(0, i64::MAX), 0, "a takeover may come at any time later");
    }

    #[test]
    fn what_no_window_can_show_is_dropped() {
        let mut merged = MergedTickets::default();
        let wait = MergedWait {
            measure: Measure::FirstReply,
            since: ms(0),
            at: ms(1_000),
            scope: Catalog::new(&[], &[]).unclaimed(),
        };
        merged.merged("T-1", &wait, 1);
        merged.prune(ms(2_000), ms(1_000));
        assert_eq!(merged.left_behind().count(), 1);
        merged.prune(ms(2_000 + HOUR_MS), ms(1_001));
        assert_eq!(merged.left_behind().count(), 0);
        let [before, after] = merged.merged("T-1", &wait, -1);
        assert!(before.is_empty() && after.is_empty(), "it is gone already");
    }
}
