//! Counts merges of waiting tickets that no ticket took over.
//!
//! # Design
//! A counter never decreases, but a takeover may come after its merge, or from a partition that is read
//! later. So a merge counts only while the data is current, and once it is [`SETTLED_AFTER`] old. After a
//! restart the counter begins with the merges that the process knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use prometheus::IntCounterVec;

use crate::catalog::Catalog;
use crate::name::team_label;
use crate::time::{Elapsed, MINUTE_MS, Timestamp};
use crate::view::View;

/// How long after a merge its takeover is expected.
const SETTLED_AFTER: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);

/// The counted merges above which old ones are dropped for the first time.
const PRUNE_AT_FIRST: usize = 1_000;

/// The counter and the merges that it has.
#[derive(Debug)]
pub(super) struct MergedWaiting {
    total: IntCounterVec,
    counted: Mutex<CountedMerges>,
}

#[derive(Debug)]
struct CountedMerges {
    /// The time of the last counted merge of each ticket.
    last: BTreeMap<Box<str>, Timestamp>,
    /// The number of tickets at which old merges are dropped.
    prune_at: usize,
    /// The labels of the teams that have a counter.
    teams: BTreeSet<String>,
}

impl MergedWaiting {
    /// Counts in a counter by team.
    pub(super) fn new(total: IntCounterVec) -> Self {
        let (last, teams) = (BTreeMap::new(), BTreeSet::new());
        let counted = CountedMerges { last, prune_at: PRUNE_AT_FIRST, teams };
        Self { total, counted: Mutex::new(counted) }
    }

    /// Adds the counters of all teams, which begin with zero, and removes those of teams that are gone.
    pub(super) fn add_teams(&self, catalog: &Catalog) {
        let label = |scope| team_label(catalog.scope_name(scope)).to_owned();
        let teams: BTreeSet<String> = catalog.ticket_scopes().map(label).collect();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in counted.teams.difference(&teams) {
            // The counter may not exist.
            drop(self.total.remove_label_values(&[gone.as_str()]));
        }
        for team in &teams {
            self.total.with_label_values(&[team.as_str()]).inc_by(0);
        }
        counted.teams = teams;
    }

    /// Counts the merges of a view that are not counted yet. The view must be current: a partition that is
    /// behind may have takeovers.
    pub(super) fn count(&self, view: &View) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let catalog = view.catalog();
        let settled = view.now().minus(SETTLED_AFTER);
        for (ticket, wait) in view.merged_waiting() {
            let is_new = counted.last.get(ticket).is_none_or(|at| *at < wait.at);
            if wait.at <= settled && is_new {
                counted.last.insert(ticket.into(), wait.at);
                let team = team_label(catalog.scope_name(wait.scope));
                self.total.with_label_values(&[team]).inc();
            }
        }
        if counted.last.len() > counted.prune_at {
            // The view has dropped older ones, too.
            let longest = catalog.windows().last().copied().unwrap_or(Elapsed::ZERO);
            let horizon = view.now().minus(longest);
            counted.last.retain(|_, at| *at >= horizon);
            counted.prune_at = 2 * counted.last.len().max(PRUNE_AT_FIRST);
        }
    }
}
