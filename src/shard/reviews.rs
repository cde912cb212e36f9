//! The reviews of a shard's tickets, which are few.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Shard;
use super::keys::CHUNK;
use crate::event::Kind;
use crate::name::{NameId, Names};
use crate::review::Review;
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
            let mut team = None;
            for entry in timeline.events() {
                let gives = matches!(entry.kind, Kind::Created | Kind::Assigned) || team.is_none();
                team = entry.team.filter(|_| gives).or(team);
                if entry.kind != Kind::Reviewed {
                    continue;
                }
                if entry.time > now {
                    next = Some(next.map_or(entry.time, |next| next.min(entry.time)));
                } else {
                    reviews.push(review(timeline, &entry, team, self.lookup.names()));
                }
            }
        }
        self.reviews.has_changed = false;
        self.reviews.next = next;
        self.reviews.reviews = Arc::new(reviews);
        Arc::clone(&self.reviews.reviews)
    }
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
        score: detail.score,
        categories: categories.collect(),
        note: detail.note.as_deref().map(Arc::from),
        bring_to_team: detail.bring_to_team == Some(true),
    }
}
