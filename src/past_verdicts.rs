//! Verdicts at several instants of the past, by any catalog, from shards that are used up for it.
//!
//! # Design
//! There is one view for each instant. A shard is advanced through the instants once. Its changes up to an
//! instant go to the view of that instant and to those of all later ones. Counting commutes, so shards can be
//! added one after the other, and only one needs to be in memory.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::partition::Partition;
use crate::reading::Verdict;
use crate::ticket::{Change, Sink};
use crate::time::Timestamp;
use crate::view::View;

/// Verdicts by one catalog at ascending instants.
///
/// Use: [`PastVerdicts::add`] every partition, then read [`PastVerdicts::verdicts`].
#[derive(Debug)]
pub struct PastVerdicts {
    /// One for each instant, in order of time.
    views: Vec<View>,
}

/// Passes changes to several views.
struct EachView<'v>(&'v mut [View]);

impl Sink for EachView<'_> {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        for view in &mut *self.0 {
            view.apply(change, by);
        }
    }
}

impl PastVerdicts {
    /// Verdicts by this catalog at these instants, which ascend. No window has a ticket yet.
    pub fn new(catalog: &Arc<Catalog>, instants: &[Timestamp]) -> Self {
        let view = |at: &Timestamp| View::new(Arc::clone(catalog), *at);
        Self { views: instants.iter().map(view).collect() }
    }

    /// Adds the tickets of a partition, which was restored for the same catalog and has not been advanced.
    /// Windows that lack tickets, because they begin before the known history or before the last event of
    /// an evicted ticket, have insufficient data.
    pub fn add(&mut self, mut partition: Partition) {
        let evicted_to = partition.shard().evicted_to();
        let known_from = evicted_to.max(partition.history_from());
        for first in 0..self.views.len() {
            let Some(views) = self.views.get_mut(first..) else { continue };
            let Some(at) = views.first().map(View::now) else { continue };
            while partition.advance_some(at, usize::MAX, &mut EachView(&mut *views)) {}
        }
        for view in &mut self.views {
            view.set_history_from(view.history_from().max(known_from));
        }
    }

    /// The verdicts on all objectives at each instant: in order of time, then in the order of
    /// [`Catalog::objectives`].
    pub fn verdicts(&self) -> Vec<Vec<Verdict>> {
        self.views.iter().map(View::verdicts).collect()
    }
}
