//! What the teams have said, and how people judged tickets, merged over partitions.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::review::{Review, ReviewCounts, Reviews};
use crate::team_log::{TeamEvents, TeamLogs};

/// The logs of all teams and all reviews, and what they were merged from.
#[derive(Debug, Default)]
pub(super) struct MergedTeamLogs {
    sources: Vec<Arc<TeamEvents>>,
    catalog: Option<Arc<Catalog>>,
    logs: Arc<TeamLogs>,
    review_sources: Vec<Arc<Vec<Review>>>,
    evicted_sources: Vec<Arc<ReviewCounts>>,
    reviews: Arc<Reviews>,
}

impl MergedTeamLogs {
    /// The logs; merged again if a partition or the catalog has changed.
    pub(super) fn update(
        &mut self,
        sources: Vec<Arc<TeamEvents>>,
        catalog: &Arc<Catalog>,
    ) -> Arc<TeamLogs> {
        let is_same_catalog =
            self.catalog.as_ref().is_some_and(|known| Arc::ptr_eq(known, catalog));
        if !is_same_catalog || !are_same(&self.sources, &sources) {
            self.logs = Arc::new(TeamLogs::merged(&sources, catalog));
            self.sources = sources;
            self.catalog = Some(Arc::clone(catalog));
        }
        Arc::clone(&self.logs)
    }

    /// Merges the reviews again if a partition has changed.
    ///
    /// `evicted`: the reviews of evicted tickets. The counts never decrease.
    pub(super) fn update_reviews(
        &mut self,
        sources: Vec<Arc<Vec<Review>>>,
        evicted: Vec<Arc<ReviewCounts>>,
    ) {
        let is_known = are_same(&self.review_sources, &sources);
        if !is_known || !are_same(&self.evicted_sources, &evicted) {
            let reviews = Reviews::merged(&sources, &evicted);
            self.reviews = Arc::new(reviews.counted_after(self.reviews.counts()));
            self.review_sources = sources;
            self.evicted_sources = evicted;
        }
    }

    /// How people judged tickets.
    pub(super) fn reviews(&self) -> &Arc<Reviews> {
        &self.reviews
    }
}

/// Whether these are the same values, not only equal ones.
fn are_same<T>(known: &[Arc<T>], new: &[Arc<T>]) -> bool {
    known.len() == new.len() && known.iter().zip(new).all(|(one, other)| Arc::ptr_eq(one, other))
}
