//! How people judged tickets: reviews, of which each reviewer's latest counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::catalog::{Catalog, ScopeId};
use crate::time::Timestamp;

/// A score from 1 to 5 in a category; `None` where the category does not apply.
pub type CategoryScore = (Arc<str>, Option<u8>);

/// How someone judged how a ticket was handled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Review {
    /// When.
    pub at: Timestamp,
    /// Hash of the source and id of the event.
    pub identity: u64,
    /// The ticket.
    pub ticket: Arc<str>,
    /// The name of the team that holds the ticket; `None` if none does.
    pub team: Option<Arc<str>>,
    /// The reviewer; empty if the event does not say.
    pub by: Arc<str>,
    /// The score, 1 to 5; `None` without one.
    pub score: Option<u8>,
    /// Scores by category, sorted by name.
    pub categories: Vec<CategoryScore>,
    /// The note.
    pub note: Option<Arc<str>>,
    /// Whether the team is to talk about it.
    pub bring_to_team: bool,
}

/// The latest review of each reviewer, of all tickets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reviews {
    by_ticket: BTreeMap<Arc<str>, Vec<Review>>,
    digest: u64,
}

impl Reviews {
    /// Merges the reviews of all partitions. Of two reviews of one ticket by one person the later one counts.
    pub fn merged(partitions: &[Arc<Vec<Review>>]) -> Self {
        let mut all: Vec<&Review> = partitions.iter().flat_map(|reviews| &**reviews).collect();
        all.sort_unstable();
        let mut by_ticket: BTreeMap<Arc<str>, Vec<Review>> = BTreeMap::new();
        for review in all {
            let of_ticket = by_ticket.entry(Arc::clone(&review.ticket)).or_default();
            of_ticket.retain(|other| other.by != review.by);
            of_ticket.push(review.clone());
        }
        let digest = xxh3_64(format!("{by_ticket:?}").as_bytes());
        Self { by_ticket, digest }
    }

    /// A number that changes with the reviews.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// The reviews of a ticket, in order of time.
    pub fn of(&self, ticket: &str) -> &[Review] {
        self.by_ticket.get(ticket).map_or(&[], Vec::as_slice)
    }

    /// Whether somebody has judged a ticket at or after an instant.
    pub fn is_judged_since(&self, ticket: &str, since: Timestamp) -> bool {
        self.of(ticket).iter().any(|review| review.at >= since)
    }

    /// The reviews that are to be talked about in a team, in order of time; in the organisation, those of
    /// tickets that no team holds.
    pub fn brought_to(&self, scope: ScopeId, catalog: &Catalog) -> Vec<&Review> {
        let holder = |review: &Review| match &review.team {
            Some(team) => catalog.scope_of_team(team),
            None => catalog.unclaimed(),
        };
        let is_of_scope = |review: &&Review| {
            let holder = holder(review);
            holder == scope || scope == catalog.organisation() && holder == catalog.unclaimed()
        };
        let all = self.by_ticket.values().flatten().filter(|review| review.bring_to_team);
        let mut brought: Vec<&Review> = all.filter(is_of_scope).collect();
        brought.sort_unstable();
        brought
    }

    /// The tickets that several people have judged, by id.
    pub fn judged_by_several(&self) -> impl Iterator<Item = (&str, &[Review])> {
        let several = self.by_ticket.iter().filter(|(_, reviews)| reviews.len() > 1);
        several.map(|(ticket, reviews)| (&**ticket, reviews.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(minute: i64, ticket: &str, by: &str, score: u8) -> Review {
        Review {
            at: Timestamp::from_ms(minute * 60_000),
            identity: minute.unsigned_abs(),
            ticket: ticket.into(),
            team: Some("billing".into()),
            by: by.into(),
            score: Some(score),
            categories: Vec::new(),
            note: None,
            bring_to_team: false,
        }
    }

    #[test]
    fn the_latest_review_of_each_person_counts_in_any_order() {
        let all = [
            review(1, "T-1", "aino", 2),
            review(5, "T-1", "aino", 4),
            review(3, "T-1", "sara", 5),
            review(2, "T-2", "aino", 3),
        ];
        let one = Reviews::merged(&[Arc::new(all.to_vec())]);
        let mut reversed = all.to_vec();
        reversed.reverse();
        let (first, second) = reversed.split_at(2);
        let other = Reviews::merged(&[Arc::new(first.to_vec()), Arc::new(second.to_vec())]);
        assert_eq!(one, other);
        let scores: Vec<_> = one.of("T-1").iter().map(|review| review.score.unwrap()).collect();
        assert_eq!(scores, [5, 4]);
        assert_eq!(one.judged_by_several().map(|(ticket, _)| ticket).collect::<Vec<_>>(), ["T-1"]);
    }
}
