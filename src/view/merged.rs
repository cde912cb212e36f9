//! Merged tickets that still waited, and the tickets that took them over.
//!
//! # Design
//! The two tickets may be in different partitions, and either may come first. Both facts are kept, and the
//! question whether a wait goes on is asked anew whenever one of them changes. So the answer depends on the
//! facts alone, like everything else in the view.

use std::collections::BTreeMap;

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
    }

    /// The waits that no ticket goes on with, by ticket.
    pub(super) fn left_behind(&self) -> impl Iterator<Item = (&str, &MergedWait)> {
        let all = self.facts.iter();
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
        let after = facts.left_behind().copied().collect();
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
