//! How people judged tickets: reviews, of which each reviewer's latest counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::catalog::{Catalog, ScopeId};
use crate::name::UNCLAIMED;
use crate::team_log::{Discussion, TeamLog};
use crate::time::Timestamp;

/// A score from 1 to 5 in a category; `None` where the category does not apply.
pub type CategoryScore = (Arc<str>, Option<u8>);

/// Who judged a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReviewedBy {
    /// Somebody who had answered it before.
    Oneself,
    /// Anyone else.
    Other,
}

impl ReviewedBy {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Oneself, Self::Other];

    /// The value of the label `by`. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Oneself => "self",
            Self::Other => "other",
        }
    }
}

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
    /// Whether the reviewer had answered the ticket before.
    pub reviewed_by: ReviewedBy,
    /// The score, 1 to 5; `None` without one.
    pub score: Option<u8>,
    /// Scores by category, sorted by name.
    pub categories: Vec<CategoryScore>,
    /// The note.
    pub note: Option<Arc<str>>,
    /// Whether the team is to talk about it.
    pub bring_to_team: bool,
}

/// A ticket that was brought to a team, with a review or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BroughtTicket<'a> {
    /// When.
    pub at: Timestamp,
    /// Hash of the source and id of the event.
    identity: u64,
    /// Its id.
    pub ticket: &'a str,
    /// Who brought it; `None` with a review, which is shown without a name, and if the event does not say.
    pub by: Option<&'a str>,
    /// The score, 1 to 5; `None` without one.
    pub score: Option<u8>,
    /// The words; `None` without any.
    pub note: Option<&'a str>,
    /// Whether it came with a review.
    pub is_reviewed: bool,
    /// Whether the team has talked about the ticket since.
    pub discussion: Discussion<'a>,
}

impl BroughtTicket<'_> {
    /// Names it in forms, which need not show the ticket.
    pub fn reference(&self) -> String {
        format!("{:016x}", self.identity)
    }
}

/// How many reviews there were, by the name of the team that held the ticket, and by who judged it.
///
/// Of each person and ticket only the first review counts, so the counts follow from the set of events, and a
/// review that replaces another changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewCounts(BTreeMap<(Arc<str>, ReviewedBy), u64>);

impl ReviewCounts {
    /// The counts of these reviews.
    pub fn of<'r>(reviews: impl Iterator<Item = &'r Review>) -> Self {
        let mut all: Vec<&Review> = reviews.collect();
        all.sort_unstable();
        let mut counted = BTreeSet::new();
        let mut counts = Self::default();
        for review in all {
            if counted.insert((&review.ticket, &review.by)) {
                let team = review.team.clone().unwrap_or_else(|| UNCLAIMED.into());
                counts.add(team, review.reviewed_by, 1);
            }
        }
        counts
    }

    /// Adds reviews of a team's tickets.
    pub fn add(&mut self, team: Arc<str>, by: ReviewedBy, count: u64) {
        let known = self.0.entry((team, by)).or_default();
        *known = known.saturating_add(count);
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(team, by, count)| self.add(team.into(), by, count));
    }

    /// Raises each count to that of `before`: a counter does not decrease when a late event corrects it.
    pub fn raise_to(&mut self, before: &Self) {
        for (key, count) in &before.0 {
            let ours = self.0.entry(key.clone()).or_default();
            *ours = (*ours).max(*count);
        }
    }

    /// The same by the present names of the teams that a catalog has. Tickets of other teams are unclaimed.
    #[must_use]
    pub fn by_declared_team(&self, catalog: &Catalog) -> Self {
        let mut counts = Self::default();
        for (team, by, count) in self.iter() {
            let scope = catalog.scope_of_team(team);
            counts.add(catalog.scope_name(scope).unwrap_or(UNCLAIMED).into(), by, count);
        }
        counts
    }

    /// The count of a team's name.
    pub fn get(&self, team: &str, by: ReviewedBy) -> u64 {
        self.0.get(&(team.into(), by)).copied().unwrap_or_default()
    }

    /// All counts, by team.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, ReviewedBy, u64)> {
        self.0.iter().map(|((team, by), count)| (&**team, *by, *count))
    }
}

/// The latest review of each reviewer, of all tickets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reviews {
    by_ticket: BTreeMap<Arc<str>, Vec<Review>>,
    counts: ReviewCounts,
    digest: u64,
}

impl Reviews {
    /// Merges the reviews of all partitions. Of two reviews of one ticket by one person the later one counts.
    /// `evicted`: the counts of the tickets that the partitions have evicted.
    pub fn merged(partitions: &[Arc<Vec<Review>>], evicted: &[Arc<ReviewCounts>]) -> Self {
        let mut counts = ReviewCounts::of(partitions.iter().flat_map(|reviews| &**reviews));
        evicted.iter().for_each(|evicted| counts.merge(evicted));
        let mut all: Vec<&Review> = partitions.iter().flat_map(|reviews| &**reviews).collect();
        all.sort_unstable();
        let mut by_ticket: BTreeMap<Arc<str>, Vec<Review>> = BTreeMap::new();
        for review in all {
            let of_ticket = by_ticket.entry(Arc::clone(&review.ticket)).or_default();
            of_ticket.retain(|other| other.by != review.by);
            of_ticket.push(review.clone());
        }
        let digest = xxh3_64(format!("{by_ticket:?}").as_bytes());
        Self { by_ticket, counts, digest }
    }

    /// The same with counts that are not less than these.
    #[must_use]
    pub fn counted_after(mut self, before: &ReviewCounts) -> Self {
        self.counts.raise_to(before);
        self
    }

    /// How many reviews there were, those of evicted tickets included.
    pub fn counts(&self) -> &ReviewCounts {
        &self.counts
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

    /// The tickets that were brought to a team, in order of time; with reviews to the organisation, those
    /// that no team held. `log` is what it has said.
    pub fn brought_to<'a>(
        &'a self,
        scope: ScopeId,
        catalog: &Catalog,
        log: Option<&'a TeamLog>,
    ) -> Vec<BroughtTicket<'a>> {
        let holder = |review: &Review| match &review.team {
            Some(team) => catalog.scope_of_team(team),
            None => catalog.unclaimed(),
        };
        let is_of_scope = |review: &&Review| {
            let holder = holder(review);
            holder == scope || scope == catalog.organisation() && holder == catalog.unclaimed()
        };
        let discussion =
            |ticket: &str, at| log.map_or(Discussion::Open, |log| log.discussion(ticket, at));
        let all = self.by_ticket.values().flatten().filter(|review| review.bring_to_team);
        let reviewed = all.filter(is_of_scope).map(|review| BroughtTicket {
            at: review.at,
            identity: review.identity,
            ticket: &review.ticket,
            by: None,
            score: review.score,
            note: review.note.as_deref(),
            is_reviewed: true,
            discussion: discussion(&review.ticket, review.at),
        });
        let others = log.into_iter().flat_map(|log| &log.brought).map(|one| BroughtTicket {
            at: one.said.at,
            identity: one.identity,
            ticket: &one.ticket,
            by: one.said.by.as_deref(),
            score: None,
            note: one.said.text.as_deref(),
            is_reviewed: false,
            discussion: discussion(&one.ticket, one.said.at),
        });
        let mut brought: Vec<BroughtTicket<'_>> = reviewed.chain(others).collect();
        brought.sort_by_key(|one| (one.at, one.identity));
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
            reviewed_by: ReviewedBy::Other,
            score: Some(score),
            categories: Vec::new(),
            note: None,
            bring_to_team: false,
        }
    }

    #[test]
    fn what_is_brought_stays_open_until_the_team_has_talked_about_it() {
        use crate::agreement::{About, Agreement, Owner};
        use crate::event::Kind;
        use crate::team_log::{TeamEvent, TeamEvents, TeamLogs};
        let agreement = Agreement {
            owner: Owner::Team("billing".into()),
            hours: None,
            objectives: Vec::new(),
            about: About::default(),
        };
        let catalog = Catalog::new(&[agreement], &[]);
        let scope = catalog.scope_of_team("billing");
        let brought =
            |minute, ticket, by| Review { bring_to_team: true, ..review(minute, ticket, by, 2) };
        let elsewhere = Review { team: Some("sales".into()), ..brought(4, "T-4", "aino") };
        let reviews = Reviews::merged(
            &[
                Arc::new(vec![brought(6, "T-1", "sara"), review(2, "T-3", "aino", 3)]),
                Arc::new(vec![brought(1, "T-1", "aino"), brought(3, "T-2", "aino"), elsewhere]),
            ],
            &[],
        );
        let open = |talks: &[(i64, &str)]| {
            let talk = |(minute, ticket): &(i64, &str)| TeamEvent {
                at: Timestamp::from_ms(minute * 60_000),
                kind: Kind::TicketDiscussed,
                identity: minute.unsigned_abs(),
                id: None,
                by: None,
                text: None,
                ticket: Some((*ticket).into()),
                owner: None,
                due: None,
            };
            let events: Vec<TeamEvent> = talks.iter().map(talk).collect();
            let partition = Arc::new(TeamEvents::from([("billing".into(), events)]));
            let logs = TeamLogs::merged(&[partition], &catalog);
            let all = reviews.brought_to(scope, &catalog, logs.of(scope));
            let open = all.into_iter().filter(|one| one.discussion == Discussion::Open);
            open.map(|one| (one.at.ms() / 60_000, one.ticket.to_owned())).collect()
        };
        let expect = |all: &[(i64, &str)]| -> Vec<(i64, String)> {
            all.iter().map(|(minute, ticket)| (*minute, (*ticket).to_owned())).collect()
        };
        let none: Vec<(i64, String)> = open(&[]);
        assert_eq!(none, expect(&[(1, "T-1"), (3, "T-2"), (6, "T-1")]));
        assert_eq!(open(&[(2, "T-1")]), expect(&[(3, "T-2"), (6, "T-1")]), "brought again");
        assert_eq!(open(&[(9, "T-1"), (2, "T-2")]), expect(&[(3, "T-2")]));
    }

    #[test]
    fn the_latest_review_of_each_person_counts_in_any_order() {
        let all = [
            review(1, "T-1", "aino", 2),
            review(5, "T-1", "aino", 4),
            review(3, "T-1", "sara", 5),
            review(2, "T-2", "aino", 3),
        ];
        let one = Reviews::merged(&[Arc::new(all.to_vec())], &[]);
        let mut reversed = all.to_vec();
        reversed.reverse();
        let (first, second) = reversed.split_at(2);
        let other = Reviews::merged(&[first, second].map(|part| Arc::new(part.to_vec())), &[]);
        assert_eq!(one, other);
        let scores: Vec<_> = one.of("T-1").iter().map(|review| review.score.unwrap()).collect();
        assert_eq!(scores, [5, 4]);
        assert_eq!(one.judged_by_several().map(|(ticket, _)| ticket).collect::<Vec<_>>(), ["T-1"]);
    }
    #[test]
    fn each_person_and_ticket_counts_once_with_the_first_review() {
        let own = |review: Review| Review { reviewed_by: ReviewedBy::Oneself, ..review };
        let moved = Review { team: Some("shop".into()), ..review(9, "T-1", "aino", 5) };
        let all = [
            own(review(1, "T-1", "aino", 2)),
            own(moved),
            review(3, "T-1", "sara", 5),
            Review { team: None, ..review(2, "T-2", "aino", 3) },
        ];
        let mut expected = ReviewCounts::default();
        expected.add("billing".into(), ReviewedBy::Oneself, 1);
        expected.add("billing".into(), ReviewedBy::Other, 1);
        expected.add(UNCLAIMED.into(), ReviewedBy::Other, 1);
        let repeated = all.iter().rev().chain(&all);
        assert_eq!(ReviewCounts::of(repeated), expected, "in any order, with any duplicates");
        let (first, second) = all.split_at(2);
        let reviews = Reviews::merged(
            &[Arc::new(second.to_vec()), Arc::new(first.to_vec())],
            &[Arc::new(expected.clone())],
        );
        assert_eq!(reviews.counts().get("billing", ReviewedBy::Other), 2, "one is evicted");
        let after =
            Reviews::merged(&[Arc::new(first.to_vec())], &[]).counted_after(reviews.counts());
        assert_eq!(after.counts(), reviews.counts(), "a counter does not decrease");
    }
}
