//! Targets that a stopwatch exceeds, and those that it stays over when the ticket changes.

use super::{Attribution, Bookmark, DerivationContext, Stopwatch};
use crate::agreement::Target;
use crate::catalog::{Catalog, ObjectiveId};
use crate::ticket::change::{ElapsedByBasis, Ended};

/// A property of a ticket that is about to change, after which a stopwatch stays over what it exceeds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::ticket) enum PropertyChange {
    /// The priority.
    Priority,
    /// The team that holds the ticket.
    Team,
}

impl Stopwatch {
    /// Notes which targets it exceeds just before the priority or the team changes: it stays over these.
    /// `attribution` has the old priority, and the team whose objectives judge.
    ///
    /// # Design
    /// A lower priority must not turn a miss into a wait within target. That includes stopwatches that do not
    /// run but may yet: given up, solved, or for a message on a solved ticket. Otherwise someone could lower
    /// the priority of a solved ticket and reopen it. It also includes the objectives of a team that hands
    /// the ticket on: otherwise another team could lower the priority and hand it back.
    pub(in crate::ticket) fn keep_overdue(
        &mut self,
        attribution: Attribution,
        change: PropertyChange,
        context: DerivationContext<'_>,
    ) {
        let Attribution { at, holder, .. } = attribution;
        let elapsed = self.elapsed(at, holder, context);
        let mut over = std::mem::take(&mut self.newly_over);
        self.add_overdue(&elapsed, attribution, change, context.catalog, &mut over);
        self.newly_over = over;
    }

    /// The event is applied: from now on the stopwatch stays over what it exceeded just before.
    pub(in crate::ticket) fn stay_over(&mut self) {
        if self.newly_over.is_empty() {
            return;
        }
        self.over.append(&mut self.newly_over);
        self.over.sort_unstable();
        self.over.dedup();
    }

    /// Notes the same in a bookmark: what it exceeds there does not depend on the time since.
    pub(in crate::ticket) fn keep_overdue_in(
        &self,
        bookmark: &mut Bookmark,
        attribution: Attribution,
        change: PropertyChange,
        catalog: &Catalog,
    ) {
        let Bookmark { elapsed, over } = bookmark;
        self.add_overdue(elapsed, attribution, change, catalog, over);
    }

    /// Adds the objectives whose targets are exceeded by these times, one for each kind of stopwatch.
    fn add_overdue(
        &self,
        elapsed: &[ElapsedByBasis],
        attribution: Attribution,
        change: PropertyChange,
        catalog: &Catalog,
        over: &mut Vec<ObjectiveId>,
    ) {
        let Attribution { at, scope, priority, .. } = attribution;
        for (stopwatch_kind, elapsed) in catalog.stopwatch_kinds_of(self.measure).zip(elapsed) {
            let judging =
                [scope, catalog.organisation()].map(|scope| catalog.judging(scope, stopwatch_kind));
            for &id in judging.into_iter().flatten() {
                let (_, objective) = catalog.objective(id);
                let level = objective.level_at(at);
                let target = level.target(priority);
                // With one target for all priorities and times, the elapsed time alone decides. A target in
                // working days differs by the team that holds the ticket. Without a target by priority, a
                // team that gets the ticket back judges it as if it had never left.
                let varies = match change {
                    PropertyChange::Priority => {
                        level.differs_by_priority()
                            || !objective.previous_levels.is_empty()
                            || matches!(target, Target::WorkingDays(_))
                    }
                    PropertyChange::Team => level.differs_by_priority(),
                };
                if !varies || over.contains(&id) {
                    continue;
                }
                let allowance = catalog.allowance(target, stopwatch_kind, scope, self.started);
                if elapsed.of(target.basis()) > allowance {
                    over.push(id);
                }
            }
        }
        over.sort_unstable();
    }
}

/// The objectives that a finished wait stays over once it goes on: those that it missed, where targets
/// differ by priority. The team that had finished may not be the one that held the ticket, so
/// [`Stopwatch::keep_overdue`] did not see it.
pub(in crate::ticket) fn stays_over(
    finished: &[Ended],
    catalog: &Catalog,
) -> impl Iterator<Item = ObjectiveId> {
    let missed = finished.iter().flat_map(|ended| ended.missed.iter().map(|id| (*id, ended.at)));
    missed.filter_map(|(id, at)| {
        let (_, objective) = catalog.objective(id);
        objective.level_at(at).differs_by_priority().then_some(id)
    })
}

/// Fills in the objectives that the ending misses: those whose target it exceeds, and those in `stays_over`.
pub(in crate::ticket) fn judge(ended: &mut Ended, stays_over: &[ObjectiveId], catalog: &Catalog) {
    for scope in [ended.scope, catalog.organisation()] {
        for &id in catalog.judging(scope, ended.stopwatch_kind) {
            let target = catalog.objective(id).1.level_at(ended.at).target(ended.priority);
            if stays_over.contains(&id) || ended.exceeds(target, catalog) {
                ended.missed.push(id);
            }
        }
    }
}
