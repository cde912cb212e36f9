//! What a ticket's events do to its stopwatches.
//!
//! [`TicketState`] is the ticket after some of its events; [`TicketState::step`] applies one more and reports
//! which stopwatches ended. Nothing here knows `now`: a running stopwatch is its effective start, and the windows
//! tell whether it is over target by now.
//!
//! # Design
//! What an event takes back (a reopened ticket withdraws its resolution, an answer after giving up
//! withdraws that) is said by ending the same stopwatch minus once, at the event that does it. So a whole
//! timeline is a sum of endings, and can be taken back by walking it again.

use smallvec::SmallVec;

use super::breakdown::{TicketPosition, Totals, WaitLocation};
use super::change::{Band, Ended, Ending, GivenUp, Rated, RatingKind, Running};
use super::entry::{Entry, unpack_detail};
use super::status::{FirstReply, TicketStatus};
use super::stopwatch::{
    CountsFor, DerivationContext, Out, Phase, PositionHistory, Stopwatch, judge,
};
use crate::agreement::Level;
use crate::amount::Unit;
use crate::catalog::{ScopeId, StopwatchKindId};
use crate::event::{Kind, Maker, Priority};
use crate::measure::{Basis, Measure};
use crate::name::NameId;
use crate::time::{Elapsed, Timestamp};

/// A ticket after some of its events.
#[derive(Clone, Debug, Default)]
pub(crate) struct TicketState {
    /// When it was created, once that is known. Before that the timeline is partial.
    created: Option<Timestamp>,
    team: Option<NameId>,
    priority: Option<Priority>,
    channel: Option<NameId>,
    status: TicketStatus,
    /// Whether it has been solved since it was last open, whatever it became after that.
    is_solved: bool,
    first_reply: FirstReply,
    /// Customer messages since creation, and reopenings.
    contacts: u32,
    /// The count, while the ticket is solved.
    contacts_ended: Option<Ended>,
    /// Of each measure at most one.
    stopwatches: SmallVec<[Stopwatch; 3]>,
    /// Whose stint of ownership was the last.
    ownership_period: Option<NameId>,
    /// Where its time went, up to `ticket_position_since`. `None` while that is nowhere, and where there are
    /// no objectives.
    totals: Option<Box<Totals>>,
    ticket_position_since: Option<Timestamp>,
    /// Since when its holder has it; absent where that is from the first event on.
    held_since: Option<Timestamp>,
    /// The last finished wait of each course, while it is not withdrawn.
    waited: SmallVec<[FinishedWait; 2]>,
    rated: Option<Rated>,
    /// By reviewer.
    reviewed: Vec<(Box<str>, Rated)>,
}

/// A finished wait, for the ratings that come after it.
#[derive(Clone, Copy, Debug)]
struct FinishedWait {
    stopwatch_kind: StopwatchKindId,
    at: Timestamp,
    priority: Option<Priority>,
    elapsed: [Elapsed; 2],
}

impl TicketState {
    /// Whether the ticket's creation is known.
    pub(crate) fn is_created(&self) -> bool {
        self.created.is_some()
    }

    /// Moves on by one event, the next in order.
    ///
    /// At `created`, what came before it is forgotten but for team, priority and channel: the caller takes
    /// back what it had ended.
    pub(crate) fn step(
        &mut self,
        event: &Entry<'_>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let holder = context.scope(self.team);
        let at = event.time;
        let changes_priority = event.priority.is_some_and(|new| self.priority != Some(new));
        if changes_priority {
            self.stay_over(at, holder, context);
        }
        if event.kind == Kind::Created && self.created.is_none() {
            self.create(event, context);
        } else if event.team.is_some()
            && (matches!(event.kind, Kind::Created | Kind::Assigned) || self.team.is_none())
        {
            self.change_team(event, context, out);
        }
        match event.kind {
            Kind::Reopened => {
                self.reopen(at, context, out);
                // A wait that goes back to a message from before begins here, already so old.
                if changes_priority {
                    self.stay_over(at, holder, context);
                }
            }
            Kind::Resumed if self.status.is_live() => {
                self.change_status(TicketStatus::Open, at, context)
            }
            Kind::Pending if self.status.is_live() => {
                self.change_status(TicketStatus::Pending, at, context);
            }
            Kind::OnHold if self.status.is_live() => {
                self.change_status(TicketStatus::OnHold, at, context);
            }
            Kind::CustomerReplied => self.ask(at, context),
            Kind::AgentReplied => self.answer(event, context, out),
            Kind::Solved => self.solve(event, GivenUp::Solved, context, out),
            Kind::Closed => self.solve(event, GivenUp::Closed, context, out),
            Kind::Merged => self.leave(at, GivenUp::Merged, context, out),
            Kind::Deleted => self.leave(at, GivenUp::Deleted, context, out),
            Kind::MarkedSpam => self.leave(at, GivenUp::Spam, context, out),
            Kind::Rated | Kind::Reviewed => self.rate(event, context, out),
            // These neither start nor stop anything.
            Kind::Created
            | Kind::Resumed
            | Kind::BotReplied
            | Kind::NoteAdded
            | Kind::Pending
            | Kind::OnHold
            | Kind::Assigned
            | Kind::ConcernRaised
            | Kind::ConcernSettled => {}
        }
        // Last, since what the event that stops a stopwatch says of these is too late for it.
        self.priority = event.priority.or(self.priority);
        self.channel = event.channel.or(self.channel);
    }

    /// Calls `visit` with every stopwatch that runs or is paused.
    pub(crate) fn running(&self, context: DerivationContext<'_>, visit: impl FnMut(Running)) {
        self.visit(Stopwatch::is_running, context, visit);
    }

    /// Calls `visit` with every stopwatch that goes on unseen: given up, or asked on a ticket at rest.
    pub(crate) fn unseen(&self, context: DerivationContext<'_>, visit: impl FnMut(Running)) {
        self.visit(Stopwatch::is_unseen, context, visit);
    }

    fn visit(
        &self,
        is_meant: impl Fn(&Stopwatch) -> bool,
        context: DerivationContext<'_>,
        mut visit: impl FnMut(Running),
    ) {
        let counts_for = self.counts_for(Timestamp::EVENT_MIN, context.scope(self.team), context);
        let since = self.ticket_position_since.unwrap_or(Timestamp::EVENT_MIN);
        let ticket_position = self.ticket_position(context);
        let held_since = self.held_since.unwrap_or(Timestamp::EVENT_MIN);
        let visit_running =
            PositionHistory { totals: self.totals.as_deref(), ticket_position, since, held_since };
        for stopwatch in self.stopwatches.iter().filter(|stopwatch| is_meant(stopwatch)) {
            stopwatch.visit_running(counts_for, visit_running, context, &mut visit);
        }
    }

    fn create(&mut self, event: &Entry<'_>, context: DerivationContext<'_>) {
        let at = event.time;
        *self = Self {
            created: Some(at),
            team: event.team.or(self.team),
            priority: self.priority,
            channel: self.channel,
            ticket_position_since: Some(at),
            first_reply: match event.maker {
                Maker::Customer | Maker::System => FirstReply::Wanted,
                Maker::Agent => FirstReply::NotAsked,
            },
            ..Self::default()
        };
        if self.first_reply == FirstReply::Wanted {
            self.start(Measure::FirstReply, at, context);
        }
        for measure in [
            Measure::CustomerWait,
            Measure::AgentWork,
            Measure::Resolution,
            Measure::FirstResolution,
        ] {
            self.start(measure, at, context);
        }
        self.start_stint(at, context);
    }

    fn ask(&mut self, at: Timestamp, context: DerivationContext<'_>) {
        self.contacts = self.contacts.saturating_add(1);
        // Nobody can stop the clock against a customer who wrote.
        if self.status == TicketStatus::Pending {
            self.change_status(TicketStatus::Open, at, context);
        }
        let measure = match self.first_reply {
            FirstReply::Wanted => return,
            FirstReply::NotAsked => Measure::FirstReply,
            FirstReply::Given => Measure::NextReply,
        };
        if self.first_reply == FirstReply::NotAsked {
            self.first_reply = FirstReply::Wanted;
        }
        if self.find(measure).is_none() {
            self.start(measure, at, context);
        }
    }

    fn answer(&mut self, event: &Entry<'_>, context: DerivationContext<'_>, out: &mut Out<'_>) {
        if self.status == TicketStatus::Gone {
            return;
        }
        let measure = match self.first_reply {
            FirstReply::Wanted => Some(Measure::FirstReply),
            FirstReply::Given => Some(Measure::NextReply),
            // A reply before the customer has asked for anything counts for nothing.
            FirstReply::NotAsked => None,
        };
        let counts_for = self.counts_for(event.time, self.acting(event, context), context);
        if let Some(measure) = measure {
            self.first_reply = FirstReply::Given;
            self.finish(measure, counts_for, context, out);
        }
        self.finish(Measure::Update, counts_for, context, out);
        self.start(Measure::Update, event.time, context);
    }

    /// Ends a stopwatch with a sample, also one that was given up, and forgets it.
    fn finish(
        &mut self,
        measure: Measure,
        counts_for: CountsFor,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let Some(index) = self.find(measure) else { return };
        let at = counts_for.at;
        self.accrue(at, context);
        let mut stopwatch = self.stopwatches.remove(index);
        if matches!(stopwatch.phase, Phase::Latent) {
            return;
        }
        stopwatch.go_on(at, counts_for.holder, context, out);
        stopwatch.end(Ending::Answered, counts_for, self.totals.as_deref(), context, out);
        self.note_wait(&stopwatch, context);
    }

    fn solve(
        &mut self,
        event: &Entry<'_>,
        reason: GivenUp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        // Solved, then closed, changes nothing; and the first reason of giving up stays.
        if !self.status.is_live() {
            return;
        }
        let at = event.time;
        self.accrue(at, context);
        let solved_by = self.counts_for(event.time, self.acting(event, context), context);
        let held_by = self.counts_for(at, context.scope(self.team), context);
        let mut stopwatches = std::mem::take(&mut self.stopwatches);
        for stopwatch in stopwatches.iter_mut().filter(|stopwatch| stopwatch.is_running()) {
            let (ending, counts_for) = match stopwatch.measure {
                Measure::CustomerWait
                | Measure::AgentWork
                | Measure::Resolution
                | Measure::FirstResolution => (Ending::Answered, solved_by),
                Measure::Ownership => (Ending::Answered, held_by),
                Measure::FirstReply | Measure::NextReply | Measure::Update | Measure::Contacts => {
                    (Ending::GivenUp(reason), held_by)
                }
            };
            stopwatch.end(ending, counts_for, self.totals.as_deref(), context, out);
            if ending == Ending::Answered {
                self.note_wait(stopwatch, context);
            }
        }
        self.stopwatches = stopwatches;
        self.count_contacts(solved_by, context, out);
        self.change_status(TicketStatus::Solved, at, context);
        self.is_solved = true;
    }

    /// Merged, deleted or spam: what still runs ends without samples, for the holder.
    fn leave(
        &mut self,
        at: Timestamp,
        reason: GivenUp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        if self.status.is_live() {
            self.accrue(at, context);
            let counts_for = self.counts_for(at, context.scope(self.team), context);
            let running = self.stopwatches.iter_mut().filter(|stopwatch| stopwatch.is_running());
            for stopwatch in running {
                let ending = Ending::GivenUp(reason);
                stopwatch.end(ending, counts_for, self.totals.as_deref(), context, out);
            }
        }
        self.change_status(TicketStatus::Gone, at, context);
    }

    fn reopen(&mut self, at: Timestamp, context: DerivationContext<'_>, out: &mut Out<'_>) {
        let was_live = self.status.is_live();
        self.change_status(TicketStatus::Open, at, context);
        self.is_solved = false;
        if was_live {
            return;
        }
        self.contacts = self.contacts.saturating_add(1);
        if let Some(ended) = self.contacts_ended.take() {
            out.ended(std::slice::from_ref(&ended), -1);
        }
        let holder = context.scope(self.team);
        let is_same_stint = self.ownership_period == self.team;
        // A stint that is over is; a reopened ticket begins another.
        let goes_on = |stopwatch: &Stopwatch| match stopwatch.measure {
            Measure::Ownership => !stopwatch.is_answered() && is_same_stint,
            // The first resolution is that for good.
            Measure::FirstResolution => !stopwatch.is_answered(),
            Measure::FirstReply
            | Measure::NextReply
            | Measure::Update
            | Measure::CustomerWait
            | Measure::AgentWork
            | Measure::Resolution
            | Measure::Contacts => true,
        };
        for stopwatch in self.stopwatches.iter_mut().filter(|stopwatch| goes_on(stopwatch)) {
            if stopwatch.is_answered() {
                let stopwatch_kinds = context.catalog.stopwatch_kinds_of(stopwatch.measure);
                stopwatch_kinds.for_each(|stopwatch_kind| {
                    self.waited.retain(|waited| waited.stopwatch_kind != stopwatch_kind)
                });
            }
            stopwatch.go_on(at, holder, context, out);
        }
        self.stopwatches
            .retain(|stopwatch| stopwatch.measure != Measure::Ownership || stopwatch.is_running());
        self.start_stint(at, context);
    }

    /// Another team, or the first, gets the ticket.
    fn change_team(
        &mut self,
        event: &Entry<'_>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let (team, at) = (event.team, event.time);
        if team == self.team {
            return;
        }
        self.accrue(at, context);
        let (from, to) = (context.scope(self.team), context.scope(team));
        if self.status.is_live() {
            let counts_for = self.counts_for(at, from, context);
            self.finish(Measure::Ownership, counts_for, context, out);
        }
        if from != to {
            self.held_since = Some(at);
            for stopwatch in &mut self.stopwatches {
                stopwatch.change_holder(from, to, at, context);
            }
        }
        self.team = team;
        // Whoever is first named by the event that ends the ticket has not had it.
        let ends = matches!(
            event.kind,
            Kind::Solved | Kind::Closed | Kind::Merged | Kind::Deleted | Kind::MarkedSpam
        );
        if self.status.is_live() && !ends {
            self.start_stint(at, context);
        }
    }

    /// A stint of ownership begins, unless it goes on or nobody has the ticket.
    fn start_stint(&mut self, at: Timestamp, context: DerivationContext<'_>) {
        if self.team.is_some() && self.find(Measure::Ownership).is_none() {
            self.start(Measure::Ownership, at, context);
        }
        self.ownership_period = self.team;
    }

    fn change_status(
        &mut self,
        status: TicketStatus,
        at: Timestamp,
        context: DerivationContext<'_>,
    ) {
        if status == self.status {
            return;
        }
        self.accrue(at, context);
        self.status = status;
        let holder = context.scope(self.team);
        let waits_for = (status == TicketStatus::Pending, status == TicketStatus::OnHold);
        for stopwatch in &mut self.stopwatches {
            stopwatch.pause(waits_for, at, holder, context);
        }
    }

    /// Starts a stopwatch; on a ticket that is not open it runs once that is reopened.
    fn start(&mut self, measure: Measure, at: Timestamp, context: DerivationContext<'_>) {
        if !context.catalog.is_measured(measure) {
            return;
        }
        self.accrue(at, context);
        let holder = context.scope(self.team);
        let mut stopwatch = Stopwatch::started(measure, at, holder, self.totals.clone(), context);
        if !self.status.is_live() {
            stopwatch.phase = Phase::Latent;
        }
        let waits_for = (self.status == TicketStatus::Pending, self.status == TicketStatus::OnHold);
        stopwatch.pause(waits_for, at, holder, context);
        self.stopwatches.push(stopwatch);
    }

    fn find(&self, measure: Measure) -> Option<usize> {
        self.stopwatches.iter().position(|stopwatch| stopwatch.measure == measure)
    }

    /// What is over a target of `judging`, or of the organisation, stays over.
    fn stay_over(&mut self, at: Timestamp, judging: ScopeId, context: DerivationContext<'_>) {
        let holder = context.scope(self.team);
        for stopwatch in &mut self.stopwatches {
            stopwatch.stay_over(self.priority, at, (judging, holder), context);
        }
    }

    /// How often the customer had to ask, in a ticket whose beginning is known.
    fn count_contacts(
        &mut self,
        counts_for: CountsFor,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let Some(stopwatch_kind) = context.catalog.standard(Measure::Contacts) else { return };
        if self.created.is_none() {
            return;
        }
        let mut ended = Ended {
            stopwatch_kind,
            measure: Measure::Contacts,
            ending: Ending::Answered,
            scope: counts_for.scope,
            priority: counts_for.priority,
            channel: counts_for.channel,
            started: self.created.unwrap_or(counts_for.at),
            at: counts_for.at,
            elapsed: Unit::count(self.contacts.into()),
            open: Unit::count(self.contacts.into()),
            missed: SmallVec::new(),
            breakdown: None,
        };
        judge(&mut ended, &[], context.catalog);
        out.ended(std::slice::from_ref(&ended), 1);
        self.contacts_ended = Some(ended);
    }

    fn rate(&mut self, event: &Entry<'_>, context: DerivationContext<'_>, out: &mut Out<'_>) {
        let detail = unpack_detail(event.detail);
        let Some(score) = detail.score else { return };
        let is_review = event.kind == Kind::Reviewed;
        let scope = self.acting(event, context);
        let mut rated = Rated {
            kind: if is_review { RatingKind::Reviewed } else { RatingKind::Rated },
            scope,
            at: event.time,
            score,
            bands: SmallVec::new(),
        };
        if is_review {
            out.rated(&rated, 1);
            let by = detail.by.unwrap_or_default();
            match self.reviewed.iter_mut().find(|(other, _)| **other == *by) {
                Some((_, before)) => out.rated(&std::mem::replace(before, rated), -1),
                None => self.reviewed.push((by.into(), rated)),
            }
            return;
        }
        for waited in &self.waited {
            for scope in [scope, context.catalog.organisation()] {
                for &id in context.catalog.judging(scope, waited.stopwatch_kind) {
                    let level = context.catalog.objective(id).1.level_at(waited.at);
                    if matches!(level, Level::Within { .. }) {
                        let target = level.target(waited.priority);
                        let elapsed = waited.elapsed[target.basis.index()];
                        rated.bands.push((id, Band::of(elapsed, target.elapsed)));
                    }
                }
            }
        }
        out.rated(&rated, 1);
        if let Some(before) = self.rated.replace(rated) {
            out.rated(&before, -1);
        }
    }

    /// Remembers a finished wait for the ratings that come after it.
    fn note_wait(&mut self, stopwatch: &Stopwatch, context: DerivationContext<'_>) {
        if !context.catalog.has_objectives() {
            return;
        }
        let Phase::Ended(all) = &stopwatch.phase else { return };
        for ended in all {
            self.waited.retain(|waited| waited.stopwatch_kind != ended.stopwatch_kind);
            self.waited.push(FinishedWait {
                stopwatch_kind: ended.stopwatch_kind,
                at: ended.at,
                priority: ended.priority,
                elapsed: Basis::ALL.map(|basis| ended.elapsed_in(basis)),
            });
        }
    }

    /// Who holds the ticket, and whether nothing of it runs until it is reopened.
    pub(crate) fn holder(&self, context: DerivationContext<'_>) -> (ScopeId, bool) {
        (context.scope(self.team), !self.status.is_live())
    }

    /// Where the ticket stands.
    pub(crate) fn ticket_position(&self, context: DerivationContext<'_>) -> TicketPosition {
        let location = match self.status {
            TicketStatus::Pending => WaitLocation::Pending,
            TicketStatus::OnHold => WaitLocation::OnHold,
            TicketStatus::Open | TicketStatus::Solved | TicketStatus::Gone => {
                WaitLocation::With(context.scope(self.team))
            }
        };
        TicketPosition { location, is_solved: self.is_solved }
    }

    /// Adds the stretch up to `at` to where the ticket's time went: before anything of that changes, and
    /// when a stopwatch starts or ends.
    fn accrue(&mut self, at: Timestamp, context: DerivationContext<'_>) {
        if !context.catalog.has_objectives() {
            return;
        }
        if let Some(since) = self.ticket_position_since
            && since < at
        {
            let hours = context.hours(context.scope(self.team));
            let ticket_position = self.ticket_position(context);
            self.totals.get_or_insert_default().add(ticket_position, since, at, hours);
        }
        self.ticket_position_since = Some(at);
    }

    fn counts_for(
        &self,
        at: Timestamp,
        scope: ScopeId,
        context: DerivationContext<'_>,
    ) -> CountsFor {
        CountsFor {
            at,
            scope,
            priority: self.priority,
            channel: context.channel(self.channel),
            holder: context.scope(self.team),
        }
    }

    /// Whom a sample that this event makes counts for: the team that the event names, if declared, else
    /// the holder.
    fn acting(&self, event: &Entry<'_>, context: DerivationContext<'_>) -> ScopeId {
        let acted = context.scope(event.team);
        if acted == context.catalog.unclaimed() { context.scope(self.team) } else { acted }
    }
}
