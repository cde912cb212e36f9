//! The reviews of a shard's tickets, which are few.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Shard;
use super::keys::CHUNK;
use crate::catalog::Catalog;
use crate::event::Kind;
use crate::name::{NameId, Names};
use crate::review::{Review, ReviewCounts, ReviewedBy};
use crate::ticket::{Entry, Timeline, unpack_detail};
use crate::time::Timestamp;

/// The reviews as they were last collected.
#[derive(Debug, Default)]
pub(super) struct CollectedReviews {
    /// The numbers of the timelines that have reviews.
    pub(super) timelines: BTreeSet<u32>,
    /// Whether a review has come or gone since.
    pub(super) has_changed: bool,
    /// The time of the first review that was still to come.
    next: Option<Timestamp>,
    reviews: Arc<Vec<Review>>,
}

impl Shard {
    /// The reviews of all tickets up to `now`, several of one person included. The same value as before if
    /// none has come. The tickets that another partition has too are left out.
    pub fn reviews(&mut self, now: Timestamp) -> Arc<Vec<Review>> {
        let kept = &self.reviews;
        if !kept.has_changed && kept.next.is_none_or(|next| next > now) {
            return Arc::clone(&kept.reviews);
        }
        let mut reviews = Vec::new();
        let mut next: Option<Timestamp> = None;
        for &number in &kept.timelines {
            let number = number as usize;
            let Some(timeline) =
                self.timelines.get(number / CHUNK).and_then(|chunk| chunk.get(number % CHUNK))
            else {
                continue;
            };
            if timeline.split {
                continue;
            }
            let to_come = collect(timeline, now, self.lookup.names(), &mut reviews);
            next = [next, to_come].into_iter().flatten().min();
        }
        self.reviews.has_changed = false;
        self.reviews.next = next;
        self.reviews.reviews = Arc::new(reviews);
        Arc::clone(&self.reviews.reviews)
    }
}

/// Collects the reviews of a ticket up to `now`. Returns the time of the first one after that.
fn collect(
    timeline: &Timeline,
    now: Timestamp,
    names: &Names,
    reviews: &mut Vec<Review>,
) -> Option<Timestamp> {
    let mut team = None;
    let mut answered = BTreeSet::new();
    for entry in timeline.events() {
        let gives = matches!(entry.kind, Kind::Created | Kind::Assigned) || team.is_none();
        team = entry.team.filter(|_| gives).or(team);
        if entry.kind == Kind::AgentReplied {
            answered.extend(entry.agent);
        }
        if entry.kind != Kind::Reviewed {
            continue;
        }
        if entry.time > now {
            return Some(entry.time);
        }
        let mut review = review(timeline, &entry, team, names);
        if answered.iter().any(|agent| *names.text(*agent) == *review.by) {
            review.reviewed_by = ReviewedBy::Oneself;
        }
        reviews.push(review);
    }
    None
}

/// The counts of the reviews of a ticket that is being evicted, by the teams that the catalog has.
pub(super) fn counts_of(timeline: &Timeline, names: &Names, catalog: &Catalog) -> ReviewCounts {
    let mut reviews = Vec::new();
    collect(timeline, Timestamp::EVENT_END, names, &mut reviews);
    ReviewCounts::of(reviews.iter()).by_declared_team(catalog)
}

fn review(timeline: &Timeline, entry: &Entry<'_>, team: Option<NameId>, names: &Names) -> Review {
    let detail = unpack_detail(entry.detail);
    let categories = detail.categories.iter().map(|(name, score)| (Arc::from(&**name), *score));
    Review {
        at: entry.time,
        identity: entry.identity,
        ticket: String::from_utf8_lossy(timeline.key()).into(),
        team: team.map(|team| names.text(team).into()),
        by: detail.by.as_deref().unwrap_or_default().into(),
        reviewed_by: ReviewedBy::Other,
        score: detail.score,
        categories: categories.collect(),
        note: detail.note.as_deref().map(Arc::from),
        bring_to_team: detail.bring_to_team == Some(true),
    }
}
