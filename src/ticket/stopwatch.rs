//! One stopwatch of a ticket: it runs or is paused until it ends, and may resume after that.
//!
//! A stopwatch measures one wait of one measure. Several kinds can apply to that measure: the standard one,
//! and one for each set of pauses or hours that an objective has of its own. The stopwatch keeps one position
//! for each kind.

use smallvec::SmallVec;

use super::breakdown::{Breakdown, BreakdownSoFar, TicketPosition, Totals, WaitLocation};
use super::change::{CountedFor, ElapsedByBasis, Ended, Ending, Rated, Running, StopwatchPosition};
use super::flag::{Flagged, MergedWait, NEAR_TARGET_PERCENT, TakenOver};
use super::sink::{Change, Sink};
use super::status::TicketStatus;
use crate::calendar::Calendar;
use crate::catalog::{Catalog, ChannelId, ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::Measure;
use crate::name::NameId;
use crate::time::Timestamp;

mod overdue;
mod withdrawn;

pub(super) use overdue::{PropertyChange, judge, stays_over};
pub(super) use withdrawn::Withdrawn;

/// The catalog, and what the interned names of one shard mean in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DerivationContext<'a> {
    pub(crate) catalog: &'a Catalog,
    /// The scope of each interned name, taken as a team's.
    pub(crate) scopes: &'a [ScopeId],
    /// The channel of each interned name, taken as a channel's.
    pub(crate) channels: &'a [ChannelId],
    /// Whether an earlier part of the ticket was evicted, so that its creation may have been known.
    pub(crate) is_resumed: bool,
}

impl DerivationContext<'_> {
    /// The scope of a team; unclaimed if there is no team, or none that is declared.
    pub(super) fn scope(&self, team: Option<NameId>) -> ScopeId {
        team.and_then(|team| self.scopes.get(team.index()))
            .copied()
            .unwrap_or_else(|| self.catalog.unclaimed())
    }

    /// Whether two names are of one team: the same name, or two names of one declared team.
    pub(super) fn is_same_team(&self, one: Option<NameId>, other: Option<NameId>) -> bool {
        let scope = self.scope(one);
        one == other || scope == self.scope(other) && scope != self.catalog.unclaimed()
    }

    /// The channel of that name; the default channel if no objective splits by it.
    pub(super) fn channel(&self, name: Option<NameId>) -> ChannelId {
        name.and_then(|name| self.channels.get(name.index())).copied().unwrap_or_default()
    }

    /// The total open time until `at`, in ms, of the calendar that this kind of stopwatch uses while `scope`
    /// holds the ticket. 0 if no team has a calendar.
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

    /// Whether an objective of a scope or of the organisation is judged by this kind of stopwatch.
    pub(super) fn is_judged(&self, scope: ScopeId, stopwatch_kind: StopwatchKindId) -> bool {
        let scopes = [scope, self.catalog.organisation()];
        scopes.into_iter().any(|scope| !self.catalog.judging(scope, stopwatch_kind).is_empty())
    }

    /// The opening hours of a scope.
    pub(super) fn hours(&self, scope: ScopeId) -> &Calendar {
        self.catalog.calendar(self.catalog.hours_of(scope))
    }
}

/// The sink of a walk.
pub(crate) struct Out<'a> {
    /// `None` if only the state is wanted.
    pub(crate) sink: Option<&'a mut dyn Sink>,
    /// The key of the timeline.
    pub(crate) ticket: &'a [u8],
}

impl Out<'_> {
    pub(super) fn ended(&mut self, ended: &[Ended], by: i64) {
        if let Some(sink) = &mut self.sink {
            ended.iter().for_each(|ended| sink.apply(Change::Ended(ended), by));
        }
    }

    pub(super) fn rated(&mut self, rated: &Rated, by: i64) {
        if let Some(sink) = &mut self.sink {
            sink.apply(Change::Rated(rated), by);
        }
    }

    pub(super) fn flagged(&mut self, flagged: &Flagged, by: i64) {
        if let Some(sink) = &mut self.sink {
            sink.apply(Change::Flagged(flagged), by);
        }
    }

    pub(super) fn merged(&mut self, wait: &MergedWait, by: i64) {
        if let (Some(sink), Ok(ticket)) = (&mut self.sink, std::str::from_utf8(self.ticket)) {
            sink.apply(Change::Merged { ticket, wait }, by);
        }
    }

    pub(super) fn took_over(&mut self, taken: &TakenOver) {
        if let Some(sink) = &mut self.sink {
            sink.apply(Change::TookOver(taken), 1);
        }
    }
}

/// Which team a change counts for, and the ticket's properties by which it is judged.
#[derive(Clone, Copy)]
pub(super) struct Attribution {
    pub(super) at: Timestamp,
    pub(super) scope: ScopeId,
    pub(super) priority: Option<Priority>,
    pub(super) channel: ChannelId,
    /// The team that holds the ticket: open time follows its calendar.
    pub(super) holder: ScopeId,
}

/// Where a ticket waits, and where it has waited.
#[derive(Clone, Copy)]
pub(super) struct PositionHistory<'a> {
    /// Where it waited up to `since`.
    pub(super) totals: Option<&'a Totals>,
    /// Where it waits from `since` on.
    pub(super) ticket_position: TicketPosition,
    pub(super) since: Timestamp,
    /// Since when its holder has held it.
    pub(super) held_since: Timestamp,
}

/// The phase that a stopwatch is in.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// It was started while the ticket was not open. It runs once the ticket is reopened.
    Latent,
    /// It runs or is paused.
    Running,
    /// It has ended. One entry for each kind of stopwatch of the measure.
    Ended(SmallVec<[Ended; 1]>),
}

/// One stopwatch of a ticket.
#[derive(Clone, Debug)]
pub(super) struct Stopwatch {
    pub(super) measure: Measure,
    pub(super) phase: Phase,
    pub(super) started: Timestamp,
    /// One for each kind of stopwatch of the measure.
    positions: SmallVec<[StopwatchPosition; 1]>,
    /// The objectives that it stays over. Sorted.
    over: Vec<ObjectiveId>,
    /// The same by the present event. If that event ends the stopwatch, its priority and team come too late.
    newly_over: Vec<ObjectiveId>,
    /// The ticket's totals when it started.
    before: Option<Box<Totals>>,
    /// Where the customer waited before that, on tickets that this one took over.
    inherited: Option<Box<Breakdown>>,
    /// The finished wait that a reopening withdrew, until it finishes again.
    withdrawn: Option<Box<Withdrawn>>,
}

/// How far a stopwatch had run at an instant. The default is its start.
#[derive(Clone, Debug, Default)]
pub(super) struct Bookmark {
    /// One for each kind of stopwatch of the measure.
    elapsed: SmallVec<[ElapsedByBasis; 1]>,
    /// The objectives that it stayed over.
    over: Vec<ObjectiveId>,
}

/// What a ticket was like when it was reopened after it was solved.
#[derive(Clone, Debug)]
pub(super) struct Reopening {
    /// The stopwatches that leave out solved time.
    pub(super) stopwatches: Vec<(Measure, Bookmark)>,
    pub(super) totals: Option<Box<Totals>>,
}

impl Stopwatch {
    /// A stopwatch that starts at `at`. `before` are the ticket's totals up to then.
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
            newly_over: Vec::new(),
            before,
            inherited: None,
            withdrawn: None,
        }
    }

    /// Moves the start back to `since`, from which on the customer waits on a ticket that this one took over.
    /// A later instant changes nothing. The time in between counts as time with the present holder.
    pub(super) fn start_earlier(
        &mut self,
        since: Timestamp,
        holder: ScopeId,
        context: DerivationContext<'_>,
    ) {
        if since >= self.started {
            return;
        }
        let calendar = self.started.since(since).ms();
        let stopwatch_kinds = context.catalog.stopwatch_kinds_of(self.measure);
        for (stopwatch_kind, position) in stopwatch_kinds.zip(&mut self.positions) {
            let opened = |at| context.opened(stopwatch_kind, holder, at);
            position.add_elapsed(calendar, opened(self.started) - opened(since));
        }
        if context.catalog.has_objectives() {
            let here = TicketPosition { location: WaitLocation::With(holder), is_solved: false };
            let inherited = self.inherited.get_or_insert_default();
            let hours = context.hours(holder);
            here.pieces(since, self.started, hours, |location, ms| inherited.add(location, ms));
        }
        self.started = since;
    }

    /// How far it has run, to come back to.
    pub(super) fn bookmark(
        &self,
        at: Timestamp,
        holder: ScopeId,
        context: DerivationContext<'_>,
    ) -> Bookmark {
        Bookmark { elapsed: self.elapsed(at, holder, context), over: self.over.clone() }
    }

    /// How long each of its kinds has run.
    fn elapsed(
        &self,
        at: Timestamp,
        holder: ScopeId,
        context: DerivationContext<'_>,
    ) -> SmallVec<[ElapsedByBasis; 1]> {
        let kinds = context.catalog.stopwatch_kinds_of(self.measure).zip(&self.positions);
        kinds
            .map(|(kind, position)| position.elapsed(at, context.opened(kind, holder, at)))
            .collect()
    }

    /// Goes back to a bookmark and pauses there.
    pub(super) fn rewind(&mut self, to: &Bookmark) {
        let elapsed = to.elapsed.iter().copied().chain(std::iter::repeat(ElapsedByBasis::ZERO));
        for (position, elapsed) in self.positions.iter_mut().zip(elapsed) {
            *position = StopwatchPosition::paused(elapsed);
        }
        self.over.clone_from(&to.over);
        self.newly_over.clear();
    }

    /// Whether it runs or is paused: it has neither ended nor waits for the ticket to be reopened.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running)
    }

    /// Whether it may still count if the ticket is reopened or answered: given up, or not yet running.
    pub(super) fn is_suspended(&self) -> bool {
        !self.is_running() && !self.is_answered()
    }

    /// Whether it has ended with a sample.
    pub(super) fn is_answered(&self) -> bool {
        self.ending() == Some(Ending::Answered)
    }

    /// How it ended; `None` if it has not.
    pub(super) fn ending(&self) -> Option<Ending> {
        match &self.phase {
            Phase::Latent | Phase::Running => None,
            Phase::Ended(ended) => ended.first().map(|ended| ended.ending),
        }
    }

    /// Whether the time in which the ticket was solved does not count.
    pub(super) fn leaves_out_solved(&self) -> bool {
        matches!(self.measure, Measure::Resolution | Measure::CustomerWait | Measure::AgentWork)
    }

    /// Where the ticket has waited since the stopwatch started.
    fn breakdown(&self, totals: Option<&Totals>) -> Breakdown {
        let before = self.before.as_deref();
        let since = |all: &Totals| all.since(before, !self.leaves_out_solved());
        let mut breakdown = totals.map_or_else(Breakdown::default, since);
        if let Some(inherited) = &self.inherited {
            breakdown.merge(inherited, 1);
        }
        breakdown
    }

    /// The ticket's status changed: pauses or resumes each kind of stopwatch as its pauses say. While
    /// `is_void`, the ticket is only open because it was reopened for nothing: that time counts as solved.
    pub(super) fn follow_status(
        &mut self,
        status: TicketStatus,
        is_void: bool,
        at: Timestamp,
        holder: ScopeId,
        context: DerivationContext<'_>,
    ) {
        // Once it has ended with a sample, it stays paused until the sample is retracted.
        if self.is_answered() {
            return;
        }
        let is_left_out = is_void && self.leaves_out_solved();
        for (stopwatch_kind, position) in
            context.catalog.stopwatch_kinds_of(self.measure).zip(&mut self.positions)
        {
            let pauses = context.catalog.stopwatch_kind(stopwatch_kind).pauses;
            let is_paused = status.is_paused_by(pauses) || is_left_out;
            if position.is_paused != is_paused {
                position.set_paused(is_paused, at, context.opened(stopwatch_kind, holder, at));
            }
        }
    }

    /// Whether a change of status pauses one of its kinds that runs.
    pub(super) fn is_paused_by(
        &self,
        status: TicketStatus,
        context: DerivationContext<'_>,
    ) -> bool {
        let kinds = context.catalog.stopwatch_kinds_of(self.measure).zip(&self.positions);
        let pauses = |kind| context.catalog.stopwatch_kind(kind).pauses;
        self.is_running()
            && kinds
                .into_iter()
                .any(|(kind, position)| !position.is_paused && status.is_paused_by(pauses(kind)))
    }

    /// Whether it was answered within a target of its team, and took more than [`NEAR_TARGET_PERCENT`] of it.
    pub(super) fn is_answered_near_target(&self, catalog: &Catalog) -> bool {
        let Phase::Ended(all) = &self.phase else { return false };
        all.iter().any(|ended| {
            catalog.judging(ended.scope, ended.stopwatch_kind).iter().any(|&id| {
                let target = catalog.objective(id).1.level_at(ended.at).target(ended.priority);
                let elapsed = ended.elapsed_in(target.basis()).ms();
                let Ended { stopwatch_kind, scope, started, .. } = *ended;
                let allowance = catalog.allowance(target, stopwatch_kind, scope, started).ms();
                let most = allowance.saturating_mul(NEAR_TARGET_PERCENT) / 100;
                (most + 1..=allowance).contains(&elapsed)
            })
        })
    }

    /// The ticket moves from one holder to another: open time follows the new holder's calendar.
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

    /// Ends it, and sends an ending for each kind of stopwatch.
    pub(super) fn end(
        &mut self,
        ending: Ending,
        attribution: Attribution,
        totals: Option<&Totals>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let at = attribution.at;
        let stopwatch_kinds = context.catalog.stopwatch_kinds_of(self.measure).zip(&self.positions);
        let ended = stopwatch_kinds.map(|(stopwatch_kind, position)| {
            let opened = context.opened(stopwatch_kind, attribution.holder, at);
            let elapsed = position.elapsed(at, opened);
            let mut ended = Ended {
                stopwatch_kind,
                measure: self.measure,
                ending,
                scope: attribution.scope,
                priority: attribution.priority,
                channel: attribution.channel,
                started: self.started,
                at,
                counted_for: CountedFor::TeamAndOrganisation,
                elapsed: elapsed.calendar,
                open: elapsed.open,
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
            if let Some(mut withdrawn) = self.withdrawn.take() {
                withdrawn.count(None, out);
            }
            for (stopwatch_kind, position) in
                context.catalog.stopwatch_kinds_of(self.measure).zip(&mut self.positions)
            {
                position.set_paused(
                    true,
                    at,
                    context.opened(stopwatch_kind, attribution.holder, at),
                );
            }
        }
        self.phase = Phase::Ended(ended);
    }

    /// Retracts its ending and lets it run from its old start. If it was given up, the time since then
    /// counts; if it was answered, that time does not count, and it stays over the targets that it exceeded.
    pub(super) fn resume(
        &mut self,
        at: Timestamp,
        holder: ScopeId,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        if let Phase::Ended(ended) = &self.phase {
            out.ended(ended, -1);
            if self.is_answered() {
                self.over.extend(stays_over(ended, context.catalog));
                self.over.sort_unstable();
                self.over.dedup();
                self.withdrawn = Some(Box::new(Withdrawn::new(ended, context.catalog)));
                for (stopwatch_kind, position) in
                    context.catalog.stopwatch_kinds_of(self.measure).zip(&mut self.positions)
                {
                    position.set_paused(false, at, context.opened(stopwatch_kind, holder, at));
                }
            }
        }
        self.phase = Phase::Running;
    }

    /// Calls `visit` with the present state of each of its kinds that an objective is judged by, without
    /// breakdowns.
    pub(super) fn visit_judged(
        &self,
        attribution: Attribution,
        context: DerivationContext<'_>,
        visit: &mut impl FnMut(Running),
    ) {
        let kinds = context.catalog.stopwatch_kinds_of(self.measure).zip(&self.positions);
        for (stopwatch_kind, &position) in kinds {
            if context.is_judged(attribution.scope, stopwatch_kind) {
                visit(self.running_as(stopwatch_kind, position, attribution));
            }
        }
    }

    /// One of its kinds as it runs, without a breakdown.
    fn running_as(
        &self,
        stopwatch_kind: StopwatchKindId,
        position: StopwatchPosition,
        attribution: Attribution,
    ) -> Running {
        Running {
            stopwatch_kind,
            measure: self.measure,
            scope: attribution.scope,
            priority: attribution.priority,
            channel: attribution.channel,
            started: self.started,
            position,
            over: self.over.clone(),
            breakdown_so_far: None,
        }
    }

    /// Calls `visit` with the present state of each of its kinds.
    pub(super) fn visit_running(
        &self,
        attribution: Attribution,
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
                let is_left_out = ticket_position.is_solved && self.leaves_out_solved();
                let here = [WaitLocation::With(attribution.scope), WaitLocation::Closed];
                let may_be_here = ticket_position.location == here[0]
                    && held_since <= self.started
                    && position.calendar == self.started.ms();
                // Most tickets have waited nowhere else: then there is no breakdown to compute.
                let is_here = may_be_here
                    && (totals.is_none_or(|all| all.are_within(&here))
                        || self.breakdown(totals).is_within(&here));
                breakdown_so_far = (!is_here).then(|| {
                    Box::new(BreakdownSoFar {
                        breakdown: self.breakdown(totals),
                        ticket_position,
                        since: Some(since).filter(|_| !is_left_out),
                    })
                });
            }
            let running = self.running_as(stopwatch_kind, position, attribution);
            visit(Running { breakdown_so_far, ..running });
        }
    }
}

#[cfg(test)]
mod tests;
