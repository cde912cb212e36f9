//! What evicted tickets have added to the tallies of past hours.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Contributions, Hour, HourCounts, HourFlow, PAST_FOR, TallyChanges};
use crate::catalog::{Catalog, ObjectiveId};
use crate::review::ReviewCounts;
use crate::ticket::{DerivationContext, Timeline};
use crate::time::{Elapsed, Timestamp};

/// The sums of evicted tickets, by objective.
///
/// They are counted by the agreements that were in force when the ticket was evicted, which is when all its
/// windows were over. Objectives are found by name, so they survive a change of the agreements.
#[derive(Clone, Debug, Default)]
pub struct EvictedPast {
    /// In order of time.
    by_objective: BTreeMap<OwnerAndName, Vec<PackedChange>>,
    /// The sums lack tickets whose last event was before; `None` if they lack none.
    known_from: Option<Timestamp>,
    /// The hour up to which old changes were last summed up.
    pruned_to: Option<Hour>,
    /// The reviews of evicted tickets.
    reviews: Arc<ReviewCounts>,
}

/// A team (`None` for the organisation), and the name of an objective.
type OwnerAndName = (Option<Box<str>>, Box<str>);

/// A change in 16 bytes, as there may be one for each hour. More than fit into it are several of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PackedChange {
    hour: Hour,
    counts: [i16; 5],
}

impl PackedChange {
    /// `None` if a count is too large.
    fn of(change: HourChange) -> Option<Self> {
        let HourCounts { decided, missed, answered, unanswered, spam_over_target } = change.counts;
        let mut counts = [0; 5];
        let all = [decided, missed, answered, unanswered, spam_over_target];
        for (packed, count) in counts.iter_mut().zip(all) {
            *packed = i16::try_from(count).ok()?;
        }
        Some(Self { hour: change.hour, counts })
    }

    fn unpacked(self) -> HourChange {
        let [decided, missed, answered, unanswered, spam_over_target] = self.counts.map(i32::from);
        let counts = HourCounts { decided, missed, answered, unanswered, spam_over_target };
        HourChange { hour: self.hour, counts }
    }
}

/// Appends a change, in as many parts as it takes.
fn push(all: &mut Vec<PackedChange>, at: usize, change: HourChange) {
    match PackedChange::of(change) {
        Some(packed) => all.insert(at, packed),
        None => {
            let half = change.counts.half();
            let mut rest = change.counts;
            rest.add(half, -1);
            for counts in [half, rest] {
                push(all, at, HourChange { counts, ..change });
            }
        }
    }
}

/// From an hour on, a tally differs by these counts from the hour before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourChange {
    /// The hour.
    pub hour: Hour,
    /// By how much.
    pub counts: HourCounts,
}

/// The sums of one objective as a checkpoint has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvictedImage<'b> {
    /// The team; `None` for the organisation.
    pub team: Option<&'b str>,
    /// The name of the objective.
    pub objective: &'b str,
    /// In order of time.
    pub changes: Vec<HourChange>,
}

/// The changes of one ticket.
#[derive(Default)]
struct Collected(Vec<(ObjectiveId, HourChange)>);

impl TallyChanges for Collected {
    fn change_from(&mut self, objective: ObjectiveId, hour: Hour, counts: HourCounts) {
        self.0.push((objective, HourChange { hour, counts }));
    }

    // Hours so long ago are shown without it.
    fn count_in(&mut self, _: ObjectiveId, _: Hour, _: HourFlow) {}
}

impl EvictedPast {
    /// The sums and the reviews that a checkpoint has. `known_from` as [`EvictedPast::known_from`].
    pub fn restore(
        images: &[EvictedImage<'_>],
        known_from: Option<Timestamp>,
        reviews: ReviewCounts,
    ) -> Self {
        let by_objective = images.iter().map(|image| {
            let key = (image.team.map(Into::into), image.objective.into());
            let mut all = Vec::new();
            for change in &image.changes {
                let end = all.len();
                push(&mut all, end, *change);
            }
            (key, all)
        });
        Self {
            by_objective: by_objective.collect(),
            known_from,
            pruned_to: None,
            reviews: Arc::new(reviews),
        }
    }

    /// The sums as a checkpoint has them, in the order of their names.
    pub fn images(&self) -> impl Iterator<Item = EvictedImage<'_>> {
        self.by_objective.iter().map(|((team, objective), changes)| EvictedImage {
            team: team.as_deref(),
            objective,
            changes: changes.iter().map(|change| change.unpacked()).collect(),
        })
    }

    /// The sums lack tickets whose last event was before this instant, as an earlier version has evicted
    /// them; `None` if they lack none.
    pub fn known_from(&self) -> Option<Timestamp> {
        self.known_from
    }

    /// The reviews of evicted tickets.
    pub fn reviews(&self) -> &Arc<ReviewCounts> {
        &self.reviews
    }

    /// Adds the reviews of a ticket that is being evicted.
    pub(crate) fn add_reviews(&mut self, reviews: &ReviewCounts) {
        Arc::make_mut(&mut self.reviews).merge(reviews);
    }

    /// Adds a ticket that is being evicted.
    pub(crate) fn add(&mut self, timeline: &Timeline, context: DerivationContext<'_>) {
        let Some(mut copy) = Timeline::from_image(&timeline.image(), |_| true) else { return };
        let mut collected = Collected::default();
        Contributions::of(context.catalog, &mut collected).derive(&mut copy, Hour::MAX, context);
        for (id, change) in collected.0 {
            self.change(context.catalog, id, change);
        }
    }

    fn change(&mut self, catalog: &Catalog, id: ObjectiveId, change: HourChange) {
        let (owner, objective) = catalog.objective(id);
        let key = (catalog.scope_name(owner).map(Into::into), objective.name.clone());
        let all = self.by_objective.entry(key).or_default();
        let at = all.partition_point(|other| other.hour < change.hour);
        let known = all.get(at).filter(|other| other.hour == change.hour);
        let mut sum = known.map_or_else(HourCounts::default, |other| other.unpacked().counts);
        if known.is_some() {
            all.remove(at);
        }
        sum.add(change.counts, 1);
        if sum != HourCounts::default() {
            push(all, at, HourChange { counts: sum, ..change });
        }
    }

    /// Sums up the hours that are no longer shown at `now`, with windows of at most `longest`.
    pub(crate) fn prune(&mut self, now: Timestamp, longest: Elapsed) {
        let first = Hour::from(now.minus(longest).minus(PAST_FOR));
        if self.pruned_to.is_some_and(|pruned| first <= pruned) {
            return;
        }
        self.pruned_to = Some(first);
        self.by_objective.retain(|_, all| {
            let old = all.partition_point(|change| change.hour <= first);
            if old > 1 {
                let mut sum = HourCounts::default();
                all.drain(..old).for_each(|change| sum.add(change.unpacked().counts, 1));
                if sum != HourCounts::default() {
                    push(all, 0, HourChange { hour: first, counts: sum });
                }
            }
            all.shrink_to_fit();
            !all.is_empty()
        });
        self.known_from = self.known_from.filter(|from| *from > first.start());
    }

    /// The changes of an objective's tally, in order of time.
    pub fn changes_of(
        &self,
        team: Option<&str>,
        objective: &str,
    ) -> impl Iterator<Item = HourChange> {
        let key = (team.map(Into::into), objective.into());
        let changes = self.by_objective.get(&key).map_or(&[][..], Vec::as_slice);
        changes.iter().map(|change| change.unpacked())
    }

    /// The approximate memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.by_objective.values().map(|all| all.capacity() * size_of::<PackedChange>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{Agreement, Level, Objective, Owner, Target};
    use crate::measure::Measure;

    #[test]
    fn more_than_fits_into_one_change_is_kept_in_several() {
        let level = Level::NoneOver(Target::calendar(Elapsed::from_ms(1)));
        let agreement = Agreement {
            owner: Owner::Organisation,
            hours: None,
            objectives: vec![Objective::new("limit", Measure::FirstReply, level)],
            about: Default::default(),
        };
        let catalog = Catalog::new(&[agreement], &[]);
        let (id, ..) = catalog.objectives().next().unwrap();
        let mut past = EvictedPast::default();
        let change = |missed| HourChange {
            hour: Hour::new(7),
            counts: HourCounts { missed, decided: -missed, ..HourCounts::default() },
        };
        let sum = |past: &EvictedPast| {
            let all = past.changes_of(None, "limit").map(|change| change.counts.missed);
            all.map(i64::from).sum::<i64>()
        };
        for _ in 0..100 {
            past.change(&catalog, id, change(1_001));
        }
        assert_eq!(sum(&past), 100_100);
        let restored =
            EvictedPast::restore(&past.images().collect::<Vec<_>>(), None, ReviewCounts::default());
        assert_eq!(sum(&restored), 100_100);
        for _ in 0..100 {
            past.change(&catalog, id, change(-1_001));
        }
        assert_eq!(sum(&past), 0);
    }
}
