//! One stopwatch of a ticket: it runs or is paused until it has ended, and may go on after that.

use smallvec::SmallVec;

use super::effect::{Ended, Ending, Hands, Rated, Running, Sink};
use super::place::{Place, Standing, Totals, Wandering, Went};
use crate::calendar::Calendar;
use crate::event::Priority;
use crate::measure::Measure;
use crate::name::NameId;
use crate::rules::{ChannelId, CourseId, ObjectiveId, Rules, Slot};
use crate::time::{Elapsed, Timestamp};

/// What the stopwatches of one shard are derived by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) rules: &'a Rules,
    /// The slot of each interned team name.
    pub(crate) slots: &'a [Slot],
    /// The channel of each interned channel name.
    pub(crate) channels: &'a [ChannelId],
}

impl Context<'_> {
    pub(super) fn slot(&self, team: Option<NameId>) -> Slot {
        team.and_then(|team| self.slots.get(team.index()))
            .copied()
            .unwrap_or_else(|| self.rules.unclaimed())
    }

    pub(super) fn channel(&self, name: Option<NameId>) -> ChannelId {
        name.and_then(|name| self.channels.get(name.index())).copied().unwrap_or_default()
    }

    /// How much the calendar of a kind of stopwatch has opened until `at` while a slot holds the ticket.
    pub(super) fn opened(&self, course: CourseId, slot: Slot, at: Timestamp) -> i64 {
        if self.rules.has_calendars() {
            self.rules.calendar(self.rules.calendar_id_of(course, slot)).cumulative(at)
        } else {
            0
        }
    }

    /// The hours of a slot's team.
    pub(super) fn hours(&self, slot: Slot) -> &Calendar {
        self.rules.calendar(self.rules.hours_of(slot))
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
    pub(super) slot: Slot,
    pub(super) priority: Option<Priority>,
    pub(super) channel: ChannelId,
    /// Who holds the ticket, by whose calendar it runs.
    pub(super) holder: Slot,
}

/// Where a ticket stands, and where its time went before.
#[derive(Clone, Copy)]
pub(super) struct Stands<'a> {
    pub(super) totals: Option<&'a Totals>,
    pub(super) standing: Standing,
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
    hands: SmallVec<[Hands; 1]>,
    over: Vec<ObjectiveId>,
    /// Where the ticket's time had gone before it started, as the state has it.
    before: Option<Box<Totals>>,
}

impl Stopwatch {
    pub(super) fn started(
        measure: Measure,
        at: Timestamp,
        holder: Slot,
        before: Option<Box<Totals>>,
        context: Context<'_>,
    ) -> Self {
        let courses = context.rules.courses_of(measure);
        let hands = |course| Hands::started(at, context.opened(course, holder, at));
        Self {
            measure,
            phase: Phase::Running,
            started: at,
            hands: courses.map(hands).collect(),
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
    fn went(&self, totals: Option<&Totals>) -> Went {
        let before = self.before.as_deref();
        totals.map_or_else(Went::default, |all| all.since(before, !self.leaves_out_solved()))
    }

    /// The ticket waits, or waits no longer, for the customer or a third party.
    pub(super) fn pause(
        &mut self,
        (pending, on_hold): (bool, bool),
        at: Timestamp,
        holder: Slot,
        context: Context<'_>,
    ) {
        // What has ended with a sample stands still until that is withdrawn.
        if self.is_answered() {
            return;
        }
        for (course, hands) in context.rules.courses_of(self.measure).zip(&mut self.hands) {
            let pauses = context.rules.course(course).pauses;
            let is_paused = pauses.pending && pending || pauses.on_hold && on_hold;
            if hands.is_paused != is_paused {
                hands.set_paused(is_paused, at, context.opened(course, holder, at));
            }
        }
    }

    /// The ticket goes from one holder to another: it goes by the other's calendar from here on.
    pub(super) fn change_holder(
        &mut self,
        from: Slot,
        to: Slot,
        at: Timestamp,
        context: Context<'_>,
    ) {
        let rules = context.rules;
        for (course, hands) in rules.courses_of(self.measure).zip(&mut self.hands) {
            if rules.calendar_id_of(course, from) != rules.calendar_id_of(course, to) {
                let opened = |slot| context.opened(course, slot, at);
                hands.change_calendar(opened(from), opened(to));
            }
        }
    }

    /// Ends it, and says so.
    pub(super) fn end(
        &mut self,
        ending: Ending,
        counts_for: CountsFor,
        totals: Option<&Totals>,
        context: Context<'_>,
        out: &mut Out<'_>,
    ) {
        let at = counts_for.at;
        let courses = context.rules.courses_of(self.measure).zip(&self.hands);
        let ended = courses.map(|(course, hands)| {
            let opened = context.opened(course, counts_for.holder, at);
            let [elapsed, open] = hands.elapsed(at, opened);
            let mut ended = Ended {
                course,
                measure: self.measure,
                ending,
                slot: counts_for.slot,
                priority: counts_for.priority,
                channel: counts_for.channel,
                started: self.started,
                at,
                elapsed,
                open,
                missed: SmallVec::new(),
                went: None,
            };
            judge(&mut ended, &self.over, context.rules);
            if !ended.missed.is_empty() {
                ended.went = Some(Box::new(self.went(totals)));
            }
            ended
        });
        let ended: SmallVec<[Ended; 1]> = ended.collect();
        out.ended(&ended, 1);
        if ending == Ending::Answered {
            for (course, hands) in context.rules.courses_of(self.measure).zip(&mut self.hands) {
                hands.set_paused(true, at, context.opened(course, counts_for.holder, at));
            }
        }
        self.phase = Phase::Ended(ended);
    }

    /// Takes its ending back. It goes on from its old start as if never given up; if it had been answered,
    /// the time since then does not count.
    pub(super) fn go_on(
        &mut self,
        at: Timestamp,
        holder: Slot,
        context: Context<'_>,
        out: &mut Out<'_>,
    ) {
        if let Phase::Ended(ended) = &self.phase {
            out.ended(ended, -1);
            if self.is_answered() {
                for (course, hands) in context.rules.courses_of(self.measure).zip(&mut self.hands) {
                    hands.set_paused(false, at, context.opened(course, holder, at));
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
        (judging, holder): (Slot, Slot),
        context: Context<'_>,
    ) {
        // A wait that has not begun yet is over nothing.
        if matches!(self.phase, Phase::Latent) {
            return;
        }
        let rules = context.rules;
        for (course, hands) in rules.courses_of(self.measure).zip(&self.hands) {
            let judging = [judging, rules.organisation()].map(|slot| rules.judging(slot, course));
            for &id in judging.into_iter().flatten() {
                let (_, objective) = rules.objective(id);
                let level = objective.level_at(at);
                // What one target alone is for all stays over it anyway.
                let varies = level.differs_by_priority() || !objective.was.is_empty();
                if !varies || self.over.contains(&id) {
                    continue;
                }
                let target = level.target(priority);
                let elapsed = hands.elapsed(at, context.opened(course, holder, at));
                if elapsed[target.basis.index()] > target.elapsed {
                    self.over.push(id);
                }
            }
        }
        self.over.sort_unstable();
    }

    /// Calls `visit` with how each of its courses stands.
    pub(super) fn stands(
        &self,
        counts_for: CountsFor,
        stands: Stands<'_>,
        context: Context<'_>,
        visit: &mut impl FnMut(Running),
    ) {
        for (course, &hands) in context.rules.courses_of(self.measure).zip(&self.hands) {
            let mut wandering = None;
            if context.rules.has_objectives() {
                let Stands { totals, standing, since, held_since } = stands;
                let here = [Place::With(counts_for.slot), Place::Closed];
                let may_be_here = standing.place == here[0]
                    && held_since <= self.started
                    && hands.calendar == self.started.ms();
                // Most tickets have never been anywhere else: no need to work out since when.
                let is_here = may_be_here
                    && (totals.is_none_or(|all| all.are_within(&here))
                        || self.went(totals).is_within(&here));
                wandering = (!is_here)
                    .then(|| Box::new(Wandering { went: self.went(totals), standing, since }));
            }
            visit(Running {
                course,
                measure: self.measure,
                slot: counts_for.slot,
                priority: counts_for.priority,
                channel: counts_for.channel,
                started: self.started,
                hands,
                over: self.over.clone(),
                wandering,
            });
        }
    }
}

/// Says which objectives it is over: those whose target it exceeds, and those it stays over.
pub(super) fn judge(ended: &mut Ended, stays_over: &[ObjectiveId], rules: &Rules) {
    for slot in [ended.slot, rules.organisation()] {
        for &id in rules.judging(slot, ended.course) {
            let target = rules.objective(id).1.level_at(ended.at).target(ended.priority);
            if stays_over.contains(&id) || ended.elapsed_in(target.basis) > target.elapsed {
                ended.missed.push(id);
            }
        }
    }
}

/// A count as a stopwatch shows it: so many ms.
pub(super) fn count_of(count: u32) -> Elapsed {
    Elapsed::from_ms(i64::from(count))
}
