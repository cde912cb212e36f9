//! One stopwatch of a ticket: it runs or is paused until it has ended, and may go on after that.

use smallvec::SmallVec;

use super::breakdown::{Breakdown, BreakdownSoFar, TicketPosition, Totals, WaitLocation};
use super::change::{Ended, Ending, Rated, Running, Sink, StopwatchPosition};
use crate::calendar::Calendar;
use crate::catalog::{Catalog, ChannelId, ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::Measure;
use crate::name::NameId;
use crate::time::Timestamp;

/// What the stopwatches of one shard are derived by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DerivationContext<'a> {
    pub(crate) catalog: &'a Catalog,
    /// The slot of each interned team name.
    pub(crate) scopes: &'a [ScopeId],
    /// The channel of each interned channel name.
    pub(crate) channels: &'a [ChannelId],
}

impl DerivationContext<'_> {
    pub(super) fn scope(&self, team: Option<NameId>) -> ScopeId {
        team.and_then(|team| self.scopes.get(team.index()))
            .copied()
            .unwrap_or_else(|| self.catalog.unclaimed())
    }

    pub(super) fn channel(&self, name: Option<NameId>) -> ChannelId {
        name.and_then(|name| self.channels.get(name.index())).copied().unwrap_or_default()
    }

    /// How much the calendar of a kind of stopwatch has opened until `at` while a slot holds the ticket.
    pub(super) fn opened(
        &self,
        stopwatch_kind: StopwatchKindId,
        scope: ScopeId,
        at: Timestamp,
    ) -> i64 {
        if self.catalog.has_calendars() {
            self.catalog.calendar(self.catalog.calendar_id_of(stopwatch_kind, scope)).cumulative(at)
        } else {
            0
        }
    }

    /// The hours of a slot's team.
    pub(super) fn hours(&self, scope: ScopeId) -> &Calendar {
        self.catalog.calendar(self.catalog.hours_of(scope))
    }
}

/// Where the endings of a walk go; nowhere where only the state is wanted.
pub(crate) struct Out<'a> {
    pub(crate) sink: Option<&'a mut dyn Sink>,
}

impl Out<'_> {
    pub(super) fn ended(&mut self, ended: &[Ended], by: i64) {
        if let Some(sink) = &mut self.sink {
            ended.iter().for_each(|ended| sink.ended(ended, by));
        }
    }

    pub(super) fn rated(&mut self, rated: &Rated, by: i64) {
        if let Some(sink) = &mut self.sink {
            sink.rated(rated, by);
        }
    }
}

/// Whom an ending counts for, when, and by what it is judged.
#[derive(Clone, Copy)]
pub(super) struct CountsFor {
    pub(super) at: Timestamp,
    pub(super) scope: ScopeId,
    pub(super) priority: Option<Priority>,
    pub(super) channel: ChannelId,
    /// Who holds the ticket, by whose calendar it runs.
    pub(super) holder: ScopeId,
}

/// Where a ticket stands, and where its time went before.
#[derive(Clone, Copy)]
pub(super) struct PositionHistory<'a> {
    pub(super) totals: Option<&'a Totals>,
    pub(super) ticket_position: TicketPosition,
    /// Up to when the totals are.
    pub(super) since: Timestamp,
    /// Since when its holder has it.
    pub(super) held_since: Timestamp,
}

/// Where a stopwatch is in its life.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// The question is asked, but on a ticket that is not open: it runs once that is reopened.
    Latent,
    /// It runs or is paused.
    Running,
    /// It has ended; one for each of the measure's courses.
    Ended(SmallVec<[Ended; 1]>),
}

/// One stopwatch of a ticket, with hands for each of its measure's courses.
#[derive(Clone, Debug)]
pub(super) struct Stopwatch {
    pub(super) measure: Measure,
    pub(super) phase: Phase,
    pub(super) started: Timestamp,
    positions: SmallVec<[StopwatchPosition; 1]>,
    over: Vec<ObjectiveId>,
    /// Where the ticket's time had gone before it started, as the state has it.
    before: Option<Box<Totals>>,
}

impl Stopwatch {
    pub(super) fn started(
        measure: Measure,
        at: Timestamp,
        holder: ScopeId,
        before: Option<Box<Totals>>,
        context: DerivationContext<'_>,
    ) -> Self {
        let stopwatch_kinds = context.catalog.stopwatch_kinds_of(measure);
        let position = |stopwatch_kind| {
            StopwatchPosition::started(at, context.opened(stopwatch_kind, holder, at))
        };
        Self {
            measure,
            phase: Phase::Running,
            started: at,
            positions: stopwatch_kinds.map(position).collect(),
            over: Vec::new(),
            before,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running)
    }

    /// Whether it goes on unseen until the ticket is reopened or answered.
    pub(super) fn is_unseen(&self) -> bool {
        !self.is_running() && !self.is_answered()
    }

    /// Whether it has ended with a sample.
    pub(super) fn is_answered(&self) -> bool {
        self.ending() == Some(Ending::Answered)
    }

    /// How it ended, if it has.
    pub(super) fn ending(&self) -> Option<Ending> {
        match &self.phase {
            Phase::Latent | Phase::Running => None,
            Phase::Ended(ended) => ended.first().map(|ended| ended.ending),
        }
    }

    /// Leaves out the time that it was solved.
    fn leaves_out_solved(&self) -> bool {
        matches!(self.measure, Measure::Resolution | Measure::CustomerWait | Measure::AgentWork)
    }

    /// Where its time went since it started.
    fn breakdown(&self, totals: Option<&Totals>) -> Breakdown {
        let before = self.before.as_deref();
        totals.map_or_else(Breakdown::default, |all| all.since(before, !self.leaves_out_solved()))
    }

    /// The ticket waits, or waits no longer, for the customer or a third party.
    pub(super) fn pause(
        &mut self,
        (pending, on_hold): (bool, bool),
        at: Timestamp,
        holder: ScopeId,
        context: DerivationContext<'_>,
    ) {
        // What has ended with a sample stands still until that is withdrawn.
        if self.is_answered() {
            return;
        }
        for (stopwatch_kind, position) in
            context.catalog.stopwatch_kinds_of(self.measure).zip(&mut self.positions)
        {
            let pauses = context.catalog.stopwatch_kind(stopwatch_kind).pauses;
            let is_paused = pauses.pending && pending || pauses.on_hold && on_hold;
            if position.is_paused != is_paused {
                position.set_paused(is_paused, at, context.opened(stopwatch_kind, holder, at));
            }
        }
    }

    /// The ticket goes from one holder to another: it goes by the other's calendar from here on.
    pub(super) fn change_holder(
        &mut self,
        from: ScopeId,
        to: ScopeId,
        at: Timestamp,
        context: DerivationContext<'_>,
    ) {
        let catalog = context.catalog;
        for (stopwatch_kind, position) in
            catalog.stopwatch_kinds_of(self.measure).zip(&mut self.positions)
        {
            if catalog.calendar_id_of(stopwatch_kind, from)
                != catalog.calendar_id_of(stopwatch_kind, to)
            {
                let opened = |scope| context.opened(stopwatch_kind, scope, at);
                position.change_calendar(opened(from), opened(to));
            }
        }
    }

    /// Ends it, and says so.
    pub(super) fn end(
        &mut self,
        ending: Ending,
        counts_for: CountsFor,
        totals: Option<&Totals>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let at = counts_for.at;
        let stopwatch_kinds = context.catalog.stopwatch_kinds_of(self.measure).zip(&self.positions);
        let ended = stopwatch_kinds.map(|(stopwatch_kind, position)| {
            let opened = context.opened(stopwatch_kind, counts_for.holder, at);
            let [elapsed, open] = position.elapsed(at, opened);
            let mut ended = Ended {
                stopwatch_kind,
                measure: self.measure,
                ending,
                scope: counts_for.scope,
                priority: counts_for.priority,
                channel: counts_for.channel,
                started: self.started,
                at,
                elapsed,
                open,
                missed: SmallVec::new(),
                breakdown: None,
            };
            judge(&mut ended, &self.over, context.catalog);
            if !ended.missed.is_empty() {
                ended.breakdown = Some(Box::new(self.breakdown(totals)));
            }
            ended
        });
        let ended: SmallVec<[Ended; 1]> = ended.collect();
        out.ended(&ended, 1);
        if ending == Ending::Answered {
            for (stopwatch_kind, position) in
                context.catalog.stopwatch_kinds_of(self.measure).zip(&mut self.positions)
            {
                position.set_paused(
                    true,
                    at,
                    context.opened(stopwatch_kind, counts_for.holder, at),
                );
            }
        }
        self.phase = Phase::Ended(ended);
    }

    /// Takes its ending back. It goes on from its old start as if never given up; if it had been answered,
    /// the time since then does not count.
    pub(super) fn go_on(
        &mut self,
        at: Timestamp,
        holder: ScopeId,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        if let Phase::Ended(ended) = &self.phase {
            out.ended(ended, -1);
            if self.is_answered() {
                for (stopwatch_kind, position) in
                    context.catalog.stopwatch_kinds_of(self.measure).zip(&mut self.positions)
                {
                    position.set_paused(false, at, context.opened(stopwatch_kind, holder, at));
                }
            }
        }
        self.phase = Phase::Running;
    }

    /// The priority is about to change: what is over a target that depends on it stays over.
    ///
    /// That holds for what was given up or solved, too, since it may go on: else raising the target of a
    /// solved ticket and reopening it would turn a miss into a wait within target.
    pub(super) fn stay_over(
        &mut self,
        priority: Option<Priority>,
        at: Timestamp,
        (judging, holder): (ScopeId, ScopeId),
        context: DerivationContext<'_>,
    ) {
        // A wait that has not begun yet is over nothing.
        if matches!(self.phase, Phase::Latent) {
            return;
        }
        let catalog = context.catalog;
        for (stopwatch_kind, position) in
            catalog.stopwatch_kinds_of(self.measure).zip(&self.positions)
        {
            let judging = [judging, catalog.organisation()]
                .map(|scope| catalog.judging(scope, stopwatch_kind));
            for &id in judging.into_iter().flatten() {
                let (_, objective) = catalog.objective(id);
                let level = objective.level_at(at);
                // What one target alone is for all stays over it anyway.
                let varies = level.differs_by_priority() || !objective.previous_levels.is_empty();
                if !varies || self.over.contains(&id) {
                    continue;
                }
                let target = level.target(priority);
                let elapsed = position.elapsed(at, context.opened(stopwatch_kind, holder, at));
                if elapsed[target.basis.index()] > target.elapsed {
                    self.over.push(id);
                }
            }
        }
        self.over.sort_unstable();
    }

    /// Calls `visit` with how each of its courses stands.
    pub(super) fn visit_running(
        &self,
        counts_for: CountsFor,
        history: PositionHistory<'_>,
        context: DerivationContext<'_>,
        visit: &mut impl FnMut(Running),
    ) {
        for (stopwatch_kind, &position) in
            context.catalog.stopwatch_kinds_of(self.measure).zip(&self.positions)
        {
            let mut breakdown_so_far = None;
            if context.catalog.has_objectives() {
                let PositionHistory { totals, ticket_position, since, held_since } = history;
                let here = [WaitLocation::With(counts_for.scope), WaitLocation::Closed];
                let may_be_here = ticket_position.location == here[0]
                    && held_since <= self.started
                    && position.calendar == self.started.ms();
                // Most tickets have never been anywhere else: no need to work out since when.
                let is_here = may_be_here
                    && (totals.is_none_or(|all| all.are_within(&here))
                        || self.breakdown(totals).is_within(&here));
                breakdown_so_far = (!is_here).then(|| {
                    Box::new(BreakdownSoFar {
                        breakdown: self.breakdown(totals),
                        ticket_position,
                        since,
                    })
                });
            }
            visit(Running {
                stopwatch_kind,
                measure: self.measure,
                scope: counts_for.scope,
                priority: counts_for.priority,
                channel: counts_for.channel,
                started: self.started,
                position,
                over: self.over.clone(),
                breakdown_so_far,
            });
        }
    }
}

/// Says which objectives it is over: those whose target it exceeds, and those it stays over.
pub(super) fn judge(ended: &mut Ended, stays_over: &[ObjectiveId], catalog: &Catalog) {
    for scope in [ended.scope, catalog.organisation()] {
        for &id in catalog.judging(scope, ended.stopwatch_kind) {
            let target = catalog.objective(id).1.level_at(ended.at).target(ended.priority);
            if stays_over.contains(&id) || ended.elapsed_in(target.basis) > target.elapsed {
                ended.missed.push(id);
            }
        }
    }
}
