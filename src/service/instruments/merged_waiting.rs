//! Counts merges of waiting tickets that no ticket took over.
//!
//! # Design
//! A counter never decreases, but a takeover may come after its merge. So a merge counts once it is
//! [`SETTLED_AFTER`] old. After a restart the counter begins with the merges that the process knows: like a
//! sample of the same process, it does not step back while these are remembered.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use prometheus::IntCounterVec;

use crate::catalog::Catalog;
use crate::name::team_label;
use crate::time::{Elapsed, MINUTE_MS, Timestamp};
use crate::view::View;

/// How long after a merge its takeover is expected.
const SETTLED_AFTER: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);

/// The counter and the merges that it has.
#[derive(Debug)]
pub(super) struct MergedWaiting {
    total: IntCounterVec,
    counted: Mutex<BTreeSet<(Timestamp, Box<str>)>>,
    /// The labels of the teams that have a counter.
    teams: Mutex<BTreeSet<String>>,
}

impl MergedWaiting {
    /// Counts in a counter by team.
    pub(super) fn new(total: IntCounterVec) -> Self {
        Self { total, counted: Mutex::default(), teams: Mutex::default() }
    }

    /// Adds the counters of all teams, which begin with zero, and removes those of teams that are gone.
    pub(super) fn add_teams(&self, catalog: &Catalog) {
        let label = |scope| team_label(catalog.scope_name(scope)).to_owned();
        let teams: BTreeSet<String> = catalog.ticket_scopes().map(label).collect();
        let mut known = self.teams.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in known.difference(&teams) {
            // The counter may not exist.
            drop(self.total.remove_label_values(&[gone.as_str()]));
        }
        for team in &teams {
            self.total.with_label_values(&[team.as_str()]).inc_by(0);
        }
        *known = teams;
    }

    /// Counts the merges of a view that are not counted yet.
    pub(super) fn count(&self, view: &View) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let catalog = view.catalog();
        let longest = catalog.windows().last().copied().unwrap_or(Elapsed::ZERO);
        // The view has dropped older ones, too.
        *counted = counted.split_off(&(view.now().minus(longest), "".into()));
        for (ticket, wait) in view.merged_waiting() {
            let is_settled = wait.at.plus(SETTLED_AFTER) <= view.now();
            if is_settled && counted.insert((wait.at, ticket.into())) {
                let team = team_label(catalog.scope_name(wait.scope));
                self.total.with_label_values(&[team]).inc();
            }
        }
    }
}
