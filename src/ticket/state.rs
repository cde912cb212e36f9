//! A ticket's state: what its events do to its stopwatches.
//!
//! [`TicketState`] is the ticket after some of its events. [`TicketState::step`] applies one more event and
//! sends the stopwatches that it ended. Nothing here knows `now`: a running stopwatch is kept by its
//! effective start, and the windows decide whether it is over target.
//!
//! # Design
//! Some events retract an earlier ending: reopening a ticket retracts its resolution, an answer retracts
//! that the wait was given up. The retraction is sent as the same ending with weight −1, at the event that
//! causes it. A whole timeline is therefore a sum of endings, and a second walk can take it back.

use smallvec::SmallVec;

use super::breakdown::{TicketPosition, Totals, WaitLocation};
use super::change::{Ended, Ending, FinishedWait, GivenUp, Rated, Running};
use super::entry::Entry;
use super::flag::{BeforeCreation, EARLY_REPLY_MAX, Flag, Flagged, MergedWait, Takeover};
use super::status::{FirstReply, TicketStatus};
use super::stopwatch::{
    Attribution, DerivationContext, Out, Phase, PositionHistory, PropertyChange, Reopening,
    Stopwatch, Withdrawn,
};
use crate::catalog::ScopeId;
use crate::event::{Kind, Maker, Priority};
use crate::measure::Measure;
use crate::name::NameId;
use crate::time::Timestamp;

mod before_creation;
mod contacts;
mod flags;
mod merge;
mod rating;
mod reopening;

/// A ticket after some of its events.
#[derive(Clone, Debug, Default)]
pub(crate) struct TicketState {
    /// When it was created; `None` while that is unknown, which makes the timeline partial.
    created: Option<Timestamp>,
    team: Option<NameId>,
    priority: Option<Priority>,
    channel: Option<NameId>,
    status: TicketStatus,
    /// Whether it was solved since it was last open, even if it was merged or deleted after that.
    is_solved: bool,
    first_reply: FirstReply,
    /// The latest reply before the ticket's creation; `None` once that is known.
    early_reply: Option<EarlyReply>,
    /// What happened before the ticket's creation, or while that is unknown.
    before_creation: BeforeCreation,
    /// The oldest message of the customer that was not answered, on this ticket or on one that it took over.
    unanswered_since: Option<Timestamp>,
    /// The merged tickets that it took over.
    taken_over: Vec<Takeover>,
    /// The wait that it left behind when it was merged.
    merged_wait: Option<Box<MergedWait>>,
    /// The first message of the customer since the ticket was solved, if it is not open again.
    message_after_solved: Option<Box<Flagged>>,
    /// Whether it is solved and its customer waits for a reply all the same: a message asked again.
    is_asked_again: bool,
    /// Its latest reopening after it was solved, until an agent replies or it is solved again.
    reopening: Option<Box<Reopening>>,
    /// Whether it is open only because a message that needs no reply reopened it.
    is_reopened_for_nothing: bool,
    /// Customer messages since the creation, reopenings without a message of their own, and tickets that were
    /// taken over.
    contacts: u32,
    /// Whether the customer has written since the ticket was last open: that message causes a reopening.
    has_message_since_end: bool,
    /// When it was reopened, if the message that caused it is not known.
    reopened_without_message: Option<Timestamp>,
    /// The ending that reported `contacts`, while the ticket is solved.
    contacts_ended: Option<Ended>,
    /// The same after a reopening, until the ticket is solved again.
    contacts_withdrawn: Option<Box<Withdrawn>>,
    /// At most one for each measure.
    stopwatches: SmallVec<[Stopwatch; 3]>,
    /// Where the ticket waited up to `ticket_position_since`. `None` at the start, and always `None` if no
    /// agreement has an objective.
    totals: Option<Box<Totals>>,
    ticket_position_since: Option<Timestamp>,
    /// Since when its holder has held it; `None` if since the first event.
    held_since: Option<Timestamp>,
    /// The last finished wait of each kind of stopwatch, unless it was retracted.
    finished_waits: SmallVec<[FinishedWait; 2]>,
    rated: Option<Rated>,
    /// The latest review of each reviewer.
    reviewed: Vec<(Box<str>, Rated)>,
}

/// A reply that is older than its ticket.
#[derive(Clone, Copy, Debug)]
struct EarlyReply {
    at: Timestamp,
    /// The team that replied, if the event names it.
    team: Option<NameId>,
}

impl TicketState {
    /// Whether the ticket's creation is known.
    pub(crate) fn is_created(&self) -> bool {
        self.created.is_some()
    }

    /// Applies one event, the next in order.
    ///
    /// At the first `created` event the state starts over. It keeps only team, priority, channel, a reply
    /// shortly before and taken over tickets of the events before. The caller takes back what they ended.
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
            self.keep_overdue(at, holder, PropertyChange::Priority, context);
            self.flag_priority(event, context, out);
        }
        self.flag_sent_twice(event, context, out);
        if event.kind == Kind::Created && self.created.is_none() {
            self.create(event, context, out);
        } else if event.team.is_some()
            && (matches!(event.kind, Kind::Created | Kind::Assigned) || self.team.is_none())
        {
            self.change_team(event, context, out);
        }
        if self.created.is_none() {
            self.note_before_creation(event, context, out);
        }
        match event.kind {
            Kind::Reopened => {
                self.reopen(at, context, out);
                // The bookmark of the reopening may be overdue, too.
                if changes_priority {
                    self.keep_overdue(at, holder, PropertyChange::Priority, context);
                }
            }
            Kind::Resumed if self.status.is_live() => {
                self.change_status(TicketStatus::Open, at, context)
            }
            Kind::Pending if self.status.is_live() => {
                self.flag_pause(TicketStatus::Pending, at, context, out);
                self.change_status(TicketStatus::Pending, at, context);
            }
            Kind::OnHold if self.status.is_live() => {
                self.flag_pause(TicketStatus::OnHold, at, context, out);
                self.change_status(TicketStatus::OnHold, at, context);
            }
            Kind::CustomerReplied => self.ask(at, context, out),
            Kind::TookOver => self.take_over(event, context, out),
            Kind::AgentReplied => self.answer(event, context, out),
            Kind::NoReplyNeeded => self.need_no_reply(at, context, out),
            Kind::Solved => self.solve(event, GivenUp::Solved, context, out),
            Kind::Closed => self.solve(event, GivenUp::Closed, context, out),
            Kind::Merged => self.remove(at, GivenUp::Merged, context, out),
            Kind::Deleted => self.remove(at, GivenUp::Deleted, context, out),
            Kind::MarkedSpam => self.remove(at, GivenUp::Spam, context, out),
            Kind::Rated | Kind::Reviewed => self.rate(event, context, out),
            // These events neither start nor stop a stopwatch.
            Kind::Created
            | Kind::Resumed
            | Kind::BotReplied
            | Kind::NoteAdded
            | Kind::Pending
            | Kind::OnHold
            | Kind::Assigned
            | Kind::ConcernRaised
            | Kind::ConcernSettled
            | Kind::Decided
            | Kind::DecisionMoved
            | Kind::DecisionDone
            | Kind::DecisionDropped
            | Kind::TurnNoted
            | Kind::TicketBrought
            | Kind::TicketDiscussed => {}
        }
        self.stopwatches.iter_mut().for_each(Stopwatch::stay_over);
        let holder = context.scope(self.team);
        self.stopwatches.iter_mut().for_each(|stopwatch| stopwatch.count_withdrawn(holder, out));
        // Last: the event that stops a stopwatch is judged by the priority and channel before it.
        self.priority = event.priority.or(self.priority);
        self.channel = event.channel.or(self.channel);
    }

    /// Calls `visit` with every stopwatch that runs or is paused.
    pub(crate) fn running(&self, context: DerivationContext<'_>, visit: impl FnMut(Running)) {
        self.visit(Stopwatch::is_running, context, visit);
    }

    /// Calls `visit` with every stopwatch that runs or is paused and that an objective is judged by, without
    /// breakdowns.
    pub(crate) fn running_judged(
        &self,
        context: DerivationContext<'_>,
        mut visit: impl FnMut(Running),
    ) {
        let attribution = self.attribution(Timestamp::EVENT_MIN, context.scope(self.team), context);
        for stopwatch in self.stopwatches.iter().filter(|stopwatch| stopwatch.is_running()) {
            stopwatch.visit_judged(attribution, context, &mut visit);
        }
    }

    /// Calls `visit` with every suspended stopwatch: given up, or started while the ticket was not open.
    pub(crate) fn suspended(&self, context: DerivationContext<'_>, visit: impl FnMut(Running)) {
        self.visit(Stopwatch::is_suspended, context, visit);
    }

    fn visit(
        &self,
        is_wanted: impl Fn(&Stopwatch) -> bool,
        context: DerivationContext<'_>,
        mut visit: impl FnMut(Running),
    ) {
        let attribution = self.attribution(Timestamp::EVENT_MIN, context.scope(self.team), context);
        let since = self.ticket_position_since.unwrap_or(Timestamp::EVENT_MIN);
        let ticket_position = self.ticket_position(context);
        let held_since = self.held_since.unwrap_or(Timestamp::EVENT_MIN);
        let history =
            PositionHistory { totals: self.totals.as_deref(), ticket_position, since, held_since };
        for stopwatch in self.stopwatches.iter().filter(|stopwatch| is_wanted(stopwatch)) {
            stopwatch.visit_running(attribution, history, context, &mut visit);
        }
    }

    fn create(&mut self, event: &Entry<'_>, context: DerivationContext<'_>, out: &mut Out<'_>) {
        let at = event.time;
        let early_reply = self.early_reply.filter(|early| at.since(early.at) <= EARLY_REPLY_MAX);
        let takeovers = std::mem::take(&mut self.taken_over);
        let first_act = self.before_creation.first_act;
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
        self.start_ownership_period(at, context);
        self.flag_late_creation(first_act, at, context, out);
        match self.first_reply {
            FirstReply::Wanted => {
                self.unanswered_since = Some(at);
                if let Some(early) = early_reply {
                    self.answer_early(early, event, context, out);
                }
            }
            FirstReply::NotAsked | FirstReply::Given => {
                let holder = context.scope(self.team);
                Self::flag(Flag::MadeByAgent, Measure::FirstReply, holder, at, context, out);
            }
        }
        let answered = early_reply.map(|early| early.at);
        self.take_over_again(takeovers, answered, at, context, out);
    }

    /// A reply shortly before the creation answers the ticket: it is created answered. The sample has the
    /// priority and channel that the ticket is created with.
    fn answer_early(
        &mut self,
        early: EarlyReply,
        created: &Entry<'_>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let at = created.time;
        let attribution = Attribution {
            priority: created.priority.or(self.priority),
            channel: context.channel(created.channel.or(self.channel)),
            ..self.attribution(at, self.acting_for(early.team, context), context)
        };
        self.first_reply = FirstReply::Given;
        self.unanswered_since = None;
        self.finish(Measure::FirstReply, attribution, context, out);
        let scope = attribution.scope;
        self.flag_answering_team(early.team, Measure::FirstReply, at, context, out);
        Self::flag(Flag::AnsweredBeforeCreated, Measure::FirstReply, scope, at, context, out);
        self.start(Measure::Update, at, context);
    }

    /// The customer wrote.
    fn ask(&mut self, at: Timestamp, context: DerivationContext<'_>, out: &mut Out<'_>) {
        let asks_again = self.asks_again(context);
        self.count_message(at);
        if !asks_again {
            self.flag_message_after_solved(at, context, out);
        }
        self.end_void_reopening(at, context);
        let measure = self.wait_for_reply(at, context);
        if asks_again {
            self.ask_again(measure, at, context, out);
        }
    }

    /// From `at` on the customer waits for a reply, unless one is due already. Returns the reply's measure.
    fn wait_for_reply(&mut self, at: Timestamp, context: DerivationContext<'_>) -> Measure {
        self.unanswered_since.get_or_insert(at);
        // A message from the customer ends the wait for the customer.
        if self.status == TicketStatus::Pending {
            self.change_status(TicketStatus::Open, at, context);
        }
        let measure = match self.first_reply {
            FirstReply::Wanted => return Measure::FirstReply,
            FirstReply::NotAsked => Measure::FirstReply,
            FirstReply::Given => Measure::NextReply,
        };
        if self.first_reply == FirstReply::NotAsked {
            self.first_reply = FirstReply::Wanted;
        }
        if self.find(measure).is_none() {
            self.start(measure, at, context);
        }
        measure
    }

    /// An agent replied.
    fn answer(&mut self, event: &Entry<'_>, context: DerivationContext<'_>, out: &mut Out<'_>) {
        if self.created.is_none() {
            self.early_reply = Some(EarlyReply { at: event.time, team: event.team });
        }
        if self.status == TicketStatus::Gone {
            return;
        }
        let measure = match self.first_reply {
            FirstReply::Wanted => Some(Measure::FirstReply),
            FirstReply::Given => Some(Measure::NextReply),
            // The agent wrote before the customer asked anything: nobody waited for this reply.
            FirstReply::NotAsked => None,
        };
        self.end_void_reopening(event.time, context);
        self.reopening = None;
        self.unanswered_since = None;
        self.is_asked_again = false;
        let attribution = self.attribution(event.time, self.acting(event, context), context);
        if let Some(measure) = measure {
            self.first_reply = FirstReply::Given;
            if let Some(answered) = self.finish(measure, attribution, context, out) {
                self.flag_answering_team(event.team, measure, event.time, context, out);
                self.flag_answer(&answered, attribution.scope, event.time, context, out);
            }
        }
        self.finish(Measure::Update, attribution, context, out);
        self.start(Measure::Update, event.time, context);
    }

    /// Ends and removes the stopwatch of a measure, given up or not. Returns it if it gave a sample.
    fn finish(
        &mut self,
        measure: Measure,
        attribution: Attribution,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) -> Option<Stopwatch> {
        let index = self.find(measure)?;
        let at = attribution.at;
        self.accrue(at, context);
        let mut stopwatch = self.stopwatches.remove(index);
        if matches!(stopwatch.phase, Phase::Latent) {
            return None;
        }
        stopwatch.resume(at, attribution.holder, context, out);
        stopwatch.end(Ending::Answered, attribution, self.totals.as_deref(), context, out);
        self.keep_finished_wait(&stopwatch, context);
        Some(stopwatch)
    }

    /// Solved or closed: resolutions and ownership end with samples, waits for a reply are given up.
    fn solve(
        &mut self,
        event: &Entry<'_>,
        reason: GivenUp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let at = event.time;
        // Closing a solved ticket gives up a wait that asks again. It changes nothing else, and the first
        // reason for giving up stays.
        if !self.status.is_live() {
            self.give_up(at, reason, context, out);
            return;
        }
        self.accrue(at, context);
        let solved_by = self.attribution(event.time, self.acting(event, context), context);
        let held_by = self.attribution(at, context.scope(self.team), context);
        let mut stopwatches = std::mem::take(&mut self.stopwatches);
        for stopwatch in stopwatches.iter_mut().filter(|stopwatch| stopwatch.is_running()) {
            let (ending, attribution) = match stopwatch.measure {
                Measure::CustomerWait
                | Measure::AgentWork
                | Measure::Resolution
                | Measure::FirstResolution => (Ending::Answered, solved_by),
                Measure::Ownership => (Ending::Answered, held_by),
                Measure::FirstReply | Measure::NextReply | Measure::Update | Measure::Contacts => {
                    (Ending::GivenUp(reason), held_by)
                }
            };
            stopwatch.end(ending, attribution, self.totals.as_deref(), context, out);
            if ending == Ending::Answered {
                self.keep_finished_wait(stopwatch, context);
            }
        }
        self.stopwatches = stopwatches;
        self.count_contacts(solved_by, context, out);
        self.change_status(TicketStatus::Solved, at, context);
        self.is_solved = true;
        self.is_reopened_for_nothing = false;
        self.reopening = None;
        (self.has_message_since_end, self.reopened_without_message) = (false, None);
    }

    /// A team gets the ticket: the first one, or another.
    fn change_team(
        &mut self,
        event: &Entry<'_>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let (team, at) = (event.team, event.time);
        if context.is_same_team(team, self.team) {
            return;
        }
        self.accrue(at, context);
        let (from, to) = (context.scope(self.team), context.scope(team));
        if self.status.is_live() {
            let attribution = self.attribution(at, from, context);
            self.finish(Measure::Ownership, attribution, context, out);
        } else {
            // Its ownership period is over: it does not go on if the ticket comes back to the team.
            self.stopwatches.retain(|stopwatch| stopwatch.measure != Measure::Ownership);
        }
        if from != to {
            // Back with the team, the ticket may have a lower priority.
            self.keep_overdue(at, from, PropertyChange::Team, context);
            self.flag_move(from, at, context, out);
            self.held_since = Some(at);
            for stopwatch in &mut self.stopwatches {
                stopwatch.change_holder(from, to, at, context);
            }
        }
        self.team = team;
        // A team that is named first by the event that ends the ticket never owned it.
        let ends = matches!(
            event.kind,
            Kind::Solved | Kind::Closed | Kind::Merged | Kind::Deleted | Kind::MarkedSpam
        );
        if self.status.is_live() && !ends {
            self.start_ownership_period(at, context);
        }
    }

    /// Starts an ownership period, unless one runs or the ticket has no team.
    fn start_ownership_period(&mut self, at: Timestamp, context: DerivationContext<'_>) {
        if self.team.is_some() && self.find(Measure::Ownership).is_none() {
            self.start(Measure::Ownership, at, context);
        }
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
        let (is_void, holder) = (self.is_reopened_for_nothing, context.scope(self.team));
        for stopwatch in &mut self.stopwatches {
            stopwatch.follow_status(status, is_void, at, holder, context);
        }
    }

    /// Starts a stopwatch. If the ticket is not open, it runs once the ticket is reopened.
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
        stopwatch.follow_status(self.status, self.is_reopened_for_nothing, at, holder, context);
        self.stopwatches.push(stopwatch);
    }

    fn find(&self, measure: Measure) -> Option<usize> {
        self.stopwatches.iter().position(|stopwatch| stopwatch.measure == measure)
    }

    /// Notes the targets of `judging` and of the organisation that are exceeded at `at`, before the priority
    /// or the team changes.
    fn keep_overdue(
        &mut self,
        at: Timestamp,
        judging: ScopeId,
        change: PropertyChange,
        context: DerivationContext<'_>,
    ) {
        let attribution = self.attribution(at, judging, context);
        for stopwatch in &mut self.stopwatches {
            stopwatch.keep_overdue(attribution, change, context);
        }
        self.keep_overdue_in_reopening(attribution, change, context.catalog);
    }

    /// Whether it took over a merged ticket.
    pub(crate) fn has_taken_over(&self) -> bool {
        !self.taken_over.is_empty()
    }

    /// The team that holds the ticket.
    pub(crate) fn holder(&self, context: DerivationContext<'_>) -> ScopeId {
        context.scope(self.team)
    }

    /// Whether nothing runs until the ticket is reopened.
    pub(crate) fn is_over(&self) -> bool {
        !self.status.is_live()
    }

    /// Where the ticket waits.
    pub(crate) fn ticket_position(&self, context: DerivationContext<'_>) -> TicketPosition {
        let location = match self.status {
            TicketStatus::Pending => WaitLocation::Pending,
            TicketStatus::OnHold => WaitLocation::OnHold,
            TicketStatus::Open | TicketStatus::Solved | TicketStatus::Gone => {
                WaitLocation::With(context.scope(self.team))
            }
        };
        TicketPosition { location, is_solved: self.is_solved || self.is_reopened_for_nothing }
    }

    /// Adds the time since the last call to the totals of where the ticket waited. Called before holder or
    /// status change, and when a stopwatch starts or ends.
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

    /// The attribution of a change at `at` that counts for `scope`.
    fn attribution(
        &self,
        at: Timestamp,
        scope: ScopeId,
        context: DerivationContext<'_>,
    ) -> Attribution {
        Attribution {
            at,
            scope,
            priority: self.priority,
            channel: context.channel(self.channel),
            holder: context.scope(self.team),
        }
    }

    /// The team that an event's sample counts for: the one that the event names, if it is declared;
    /// otherwise the holder.
    fn acting(&self, event: &Entry<'_>, context: DerivationContext<'_>) -> ScopeId {
        self.acting_for(event.team, context)
    }

    fn acting_for(&self, team: Option<NameId>, context: DerivationContext<'_>) -> ScopeId {
        let acted = context.scope(team);
        if acted == context.catalog.unclaimed() { context.scope(self.team) } else { acted }
    }
}

#[cfg(test)]
mod tests;
