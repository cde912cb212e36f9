//! What a ticket's events do to its stopwatches.
//!
//! [`State`] is the ticket after some of its events; [`State::step`] moves it on by one and says which
//! stopwatches ended. Nothing here knows `now`: a running stopwatch is its effective start, and whether it
//! is over target by itself is asked of the windows.
//!
//! # Design
//! What an event takes back (a reopened ticket withdraws its resolution, an answer after giving up
//! withdraws that) is said by ending the same stopwatch minus once, at the event that does it. So a whole
//! timeline is a sum of endings, and can be taken back by walking it again.

use crate::agreement::Objective;
use crate::event::{Kind, Maker, Priority};
use crate::measure::Measure;
use crate::name::NameId;
use crate::rules::{ObjectiveId, Rules, Slot};
use crate::ticket::Entry;
use crate::time::{Elapsed, Timestamp};

/// A stopwatch that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What it measured.
    pub measure: Measure,
    /// How it ended.
    pub ending: Ending,
    /// Whom it counts for: the team that answered; the holder where it was given up.
    pub slot: Slot,
    /// The priority in force just before.
    pub priority: Option<Priority>,
    /// When it ended.
    pub at: Timestamp,
    /// How long it ran.
    pub elapsed: Elapsed,
    /// The objectives whose target it was over just before its priority changed: it stays over those.
    pub over: Vec<ObjectiveId>,
}

/// How a stopwatch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// With a sample.
    Answered,
    /// Without one.
    GivenUp(GivenUp),
}

/// Why a stopwatch ended without a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GivenUp {
    /// Solved without a word.
    Solved,
    /// Closed without a word.
    Closed,
    /// Merged into another ticket.
    Merged,
    /// Deleted.
    Deleted,
    /// Spam.
    Spam,
}

impl GivenUp {
    /// All reasons.
    pub const ALL: [Self; 5] =
        [Self::Solved, Self::Closed, Self::Merged, Self::Deleted, Self::Spam];

    /// The `reason` label. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Solved => "solved",
            Self::Closed => "closed",
            Self::Merged => "merged",
            Self::Deleted => "deleted",
            Self::Spam => "spam",
        }
    }

    /// Whether one that was over target then is decided and missed. Deleted and spam are no miss.
    pub const fn is_decided(self) -> bool {
        match self {
            Self::Solved | Self::Closed | Self::Merged => true,
            Self::Deleted | Self::Spam => false,
        }
    }

    /// Whether the customer was still waiting then: such a wait is known to have lasted at least so long.
    pub const fn is_censored(self) -> bool {
        match self {
            Self::Solved | Self::Closed => true,
            Self::Merged | Self::Deleted | Self::Spam => false,
        }
    }
}

/// A stopwatch that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// What it measures.
    pub measure: Measure,
    /// Who holds the ticket.
    pub slot: Slot,
    /// The ticket's priority.
    pub priority: Option<Priority>,
    /// The instant it would have started at, had it run without interruption.
    pub start: Timestamp,
    /// The objectives whose target it was over just before its priority changed: it stays over those.
    pub over: Vec<ObjectiveId>,
}

/// Where the endings and running stopwatches of tickets go. Each comes with `by`: +1 to count it, −1 to
/// take it back.
pub trait Sink {
    /// A stopwatch ended.
    fn ended(&mut self, ended: &Ended, by: i64);
    /// A stopwatch runs.
    fn running(&mut self, running: &Running, by: i64);
    /// The sample that just ended is one that was never there before, not one that was taken back and made
    /// again. Counters that never step back count these.
    fn sample_made(&mut self, _: &Ended) {}
    /// An event came late: later ones of its ticket were known already; whether samples were taken back.
    fn came_late(&mut self, _corrects: bool) {}
}

/// Nowhere: for a shard that has not been advanced yet, and so has nothing to take back.
impl Sink for () {
    fn ended(&mut self, _: &Ended, _: i64) {}
    fn running(&mut self, _: &Running, _: i64) {}
}

/// What the stopwatches of one shard are derived by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) rules: &'a Rules,
    /// The slot of each interned team name.
    pub(crate) slots: &'a [Slot],
}

impl Context<'_> {
    fn slot(&self, team: Option<NameId>) -> Slot {
        team.and_then(|team| self.slots.get(team.index()))
            .copied()
            .unwrap_or_else(|| self.rules.unclaimed())
    }
}

/// Where the endings of a walk go; nowhere where only the state is wanted.
pub(crate) struct Out<'a> {
    pub(crate) sink: Option<&'a mut dyn Sink>,
}

impl Out<'_> {
    fn ended_of(&mut self, stopwatch: &Stopwatch, rules: &Rules) {
        if let Some(ended) = &stopwatch.ended {
            self.ended(ended, 1, rules);
        }
    }

    fn ended(&mut self, ended: &Ended, by: i64, rules: &Rules) {
        if let Some(sink) = &mut self.sink
            && rules.measures_it(ended.measure)
        {
            sink.ended(ended, by);
        }
    }
}

/// A ticket after some of its events.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// When it was created, once that is known. Before that the timeline is partial.
    created: Option<Timestamp>,
    team: Option<NameId>,
    priority: Option<Priority>,
    phase: Phase,
    /// The oldest customer message that no agent has answered.
    asked: Option<Timestamp>,
    first_reply: FirstReply,
    next_reply: Option<Stopwatch>,
    resolution: Option<Stopwatch>,
    first_resolution: Option<Stopwatch>,
}

/// Where a ticket is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// Solved or closed: an answer still counts.
    Solved,
    /// Merged, deleted or spam: nothing runs until it is reopened.
    Gone,
}

#[derive(Clone, Debug, Default)]
enum FirstReply {
    /// An agent made the ticket and the customer has not written yet.
    NotAsked,
    /// It runs, or was given up.
    Wanted(Stopwatch),
    /// Given; and in a partial timeline it counts as given.
    #[default]
    Given,
}

/// One stopwatch of a ticket: runs until it has ended, and may go on after that.
#[derive(Clone, Debug)]
struct Stopwatch {
    start: Timestamp,
    over: Vec<ObjectiveId>,
    ended: Option<Ended>,
}

impl Stopwatch {
    fn started(at: Timestamp) -> Self {
        Self { start: at, over: Vec::new(), ended: None }
    }

    /// How long it has run at `at`, as if it had never been given up.
    fn elapsed(&self, at: Timestamp) -> Elapsed {
        match &self.ended {
            Some(ended) if ended.ending == Ending::Answered => ended.elapsed,
            _ => at.since(self.start),
        }
    }

    fn end(
        &mut self,
        ending: Ending,
        measure: Measure,
        (slot, priority): (Slot, Option<Priority>),
        at: Timestamp,
    ) {
        let elapsed = self.elapsed(at);
        let over = self.over.clone();
        self.ended = Some(Ended { measure, ending, slot, priority, at, elapsed, over });
    }

    /// Takes its ending back. It goes on from its old start as if never given up; if it had been answered,
    /// the time since then does not count.
    fn go_on(&mut self, at: Timestamp, out: &mut Out<'_>, rules: &Rules) {
        let Some(ended) = self.ended.take() else {
            return;
        };
        out.ended(&ended, -1, rules);
        if ended.ending == Ending::Answered {
            self.start = self.start.plus(at.since(ended.at));
        }
    }
}

impl State {
    /// Whether the ticket's creation is known.
    pub(crate) fn is_created(&self) -> bool {
        self.created.is_some()
    }

    /// Moves on by one event, the next in order.
    ///
    /// At `created`, what came before it is forgotten but for team and priority: the caller takes back
    /// what it had ended.
    pub(crate) fn step(&mut self, event: &Entry<'_>, context: Context<'_>, out: &mut Out<'_>) {
        let held_by = context.slot(self.team);
        let changes_priority = event.priority.is_some_and(|new| self.priority != Some(new));
        if changes_priority {
            self.stay_over(event.time, held_by, context);
        }
        if event.team.is_some()
            && (matches!(event.kind, Kind::Created | Kind::Assigned) || self.team.is_none())
        {
            self.team = event.team;
        }
        match event.kind {
            Kind::Created => self.create(event),
            Kind::Reopened => {
                self.reopen(event.time, context, out);
                // A wait that goes back to a message from before begins here, already so old.
                if changes_priority {
                    self.stay_over(event.time, held_by, context);
                }
            }
            Kind::CustomerReplied => self.ask(event.time),
            Kind::AgentReplied => self.answer(event, context, out),
            Kind::Solved => self.solve(event, GivenUp::Solved, context, out),
            Kind::Closed => self.solve(event, GivenUp::Closed, context, out),
            Kind::Merged => self.leave(event.time, GivenUp::Merged, context, out),
            Kind::Deleted => self.leave(event.time, GivenUp::Deleted, context, out),
            Kind::MarkedSpam => self.leave(event.time, GivenUp::Spam, context, out),
            // These neither start nor stop any of the measures; pauses touch none of them.
            Kind::Resumed
            | Kind::BotReplied
            | Kind::NoteAdded
            | Kind::Pending
            | Kind::OnHold
            | Kind::Rated
            | Kind::Reviewed
            | Kind::Assigned
            | Kind::ConcernRaised
            | Kind::ConcernSettled => {}
        }
        // Last, since a priority on the event that stops a stopwatch is too late for it.
        self.priority = event.priority.or(self.priority);
    }

    /// Calls `visit` with every running stopwatch.
    pub(crate) fn running(&self, context: Context<'_>, mut visit: impl FnMut(Running)) {
        let slot = context.slot(self.team);
        for (measure, stopwatch) in self.stopwatches() {
            if stopwatch.ended.is_none() && context.rules.measures_it(measure) {
                visit(Running {
                    measure,
                    slot,
                    priority: self.priority,
                    start: stopwatch.start,
                    over: stopwatch.over.clone(),
                });
            }
        }
    }

    fn stopwatches(&self) -> impl Iterator<Item = (Measure, &Stopwatch)> {
        let first = match &self.first_reply {
            FirstReply::Wanted(stopwatch) => Some(stopwatch),
            FirstReply::NotAsked | FirstReply::Given => None,
        };
        [
            (Measure::FirstReply, first),
            (Measure::NextReply, self.next_reply.as_ref()),
            (Measure::Resolution, self.resolution.as_ref()),
            (Measure::FirstResolution, self.first_resolution.as_ref()),
        ]
        .into_iter()
        .filter_map(|(measure, stopwatch)| Some((measure, stopwatch?)))
    }

    fn stopwatches_mut(&mut self) -> impl Iterator<Item = (Measure, &mut Stopwatch)> {
        let first = match &mut self.first_reply {
            FirstReply::Wanted(stopwatch) => Some(stopwatch),
            FirstReply::NotAsked | FirstReply::Given => None,
        };
        [
            (Measure::FirstReply, first),
            (Measure::NextReply, self.next_reply.as_mut()),
            (Measure::Resolution, self.resolution.as_mut()),
            (Measure::FirstResolution, self.first_resolution.as_mut()),
        ]
        .into_iter()
        .filter_map(|(measure, stopwatch)| Some((measure, stopwatch?)))
    }

    /// The priority is about to change: what is over a target that depends on it stays over.
    ///
    /// That holds for what was given up or solved, too, since it may go on: else raising the target of a
    /// solved ticket and reopening it would turn a miss into a wait within target.
    fn stay_over(&mut self, at: Timestamp, held_by: Slot, context: Context<'_>) {
        let priority = self.priority;
        let slots = [held_by, context.rules.organisation()];
        for (measure, stopwatch) in self.stopwatches_mut() {
            let elapsed = stopwatch.elapsed(at);
            for slot in slots {
                for &id in context.rules.judging(slot, measure) {
                    let (_, objective) = context.rules.objective(id);
                    if objective.differs_by_priority()
                        && elapsed > Objective::target(objective, priority)
                        && !stopwatch.over.contains(&id)
                    {
                        stopwatch.over.push(id);
                    }
                }
            }
            stopwatch.over.sort_unstable();
        }
    }

    fn create(&mut self, event: &Entry<'_>) {
        if self.created.is_some() {
            return;
        }
        let at = event.time;
        *self = Self {
            created: Some(at),
            team: self.team,
            priority: self.priority,
            phase: Phase::Open,
            asked: None,
            first_reply: match event.maker {
                Maker::Customer | Maker::System => FirstReply::Wanted(Stopwatch::started(at)),
                Maker::Agent => FirstReply::NotAsked,
            },
            next_reply: None,
            resolution: Some(Stopwatch::started(at)),
            first_resolution: Some(Stopwatch::started(at)),
        };
    }

    fn ask(&mut self, at: Timestamp) {
        self.asked.get_or_insert(at);
        // On a solved ticket a message starts nothing by itself.
        if self.phase == Phase::Open {
            self.start_reply();
        }
    }

    /// Starts the stopwatch for the oldest unanswered customer message, unless it runs.
    fn start_reply(&mut self) {
        let Some(asked) = self.asked else { return };
        match &self.first_reply {
            FirstReply::NotAsked => {
                self.first_reply = FirstReply::Wanted(Stopwatch::started(asked));
            }
            FirstReply::Given => {
                self.next_reply.get_or_insert_with(|| Stopwatch::started(asked));
            }
            FirstReply::Wanted(_) => {}
        }
    }

    fn answer(&mut self, event: &Entry<'_>, context: Context<'_>, out: &mut Out<'_>) {
        if self.phase == Phase::Gone {
            return;
        }
        // A reply before the customer has asked for anything counts for nothing.
        if matches!(self.first_reply, FirstReply::NotAsked) && self.asked.is_none() {
            return;
        }
        self.asked = None;
        let first_reply = std::mem::take(&mut self.first_reply);
        let (measure, stopwatch) = match first_reply {
            FirstReply::Wanted(stopwatch) => (Measure::FirstReply, Some(stopwatch)),
            FirstReply::NotAsked => (Measure::FirstReply, None),
            FirstReply::Given => (Measure::NextReply, self.next_reply.take()),
        };
        let Some(mut stopwatch) = stopwatch else {
            return;
        };
        stopwatch.go_on(event.time, out, context.rules);
        let counts_for = (self.acting(event, context), self.priority);
        stopwatch.end(Ending::Answered, measure, counts_for, event.time);
        out.ended_of(&stopwatch, context.rules);
    }

    fn solve(
        &mut self,
        event: &Entry<'_>,
        reason: GivenUp,
        context: Context<'_>,
        out: &mut Out<'_>,
    ) {
        // Solved, then closed, changes nothing; and the first reason of giving up stays.
        if self.phase != Phase::Open {
            return;
        }
        self.phase = Phase::Solved;
        let slot = self.acting(event, context);
        let priority = self.priority;
        for (measure, stopwatch) in self.stopwatches_mut() {
            if matches!(measure, Measure::Resolution | Measure::FirstResolution)
                && stopwatch.ended.is_none()
            {
                stopwatch.end(Ending::Answered, measure, (slot, priority), event.time);
                out.ended_of(stopwatch, context.rules);
            }
        }
        self.give_up(event.time, reason, context, out);
    }

    /// Merged, deleted or spam.
    fn leave(&mut self, at: Timestamp, reason: GivenUp, context: Context<'_>, out: &mut Out<'_>) {
        if self.phase == Phase::Open {
            self.give_up(at, reason, context, out);
        }
        self.phase = Phase::Gone;
    }

    /// Ends what still runs, without samples, for the holder.
    fn give_up(&mut self, at: Timestamp, reason: GivenUp, context: Context<'_>, out: &mut Out<'_>) {
        let counts_for = (context.slot(self.team), self.priority);
        for (measure, stopwatch) in self.stopwatches_mut() {
            if stopwatch.ended.is_none() {
                stopwatch.end(Ending::GivenUp(reason), measure, counts_for, at);
                out.ended_of(stopwatch, context.rules);
            }
        }
    }

    fn reopen(&mut self, at: Timestamp, context: Context<'_>, out: &mut Out<'_>) {
        if self.phase == Phase::Open {
            return;
        }
        self.phase = Phase::Open;
        for (measure, stopwatch) in self.stopwatches_mut() {
            let finished =
                stopwatch.ended.as_ref().is_some_and(|ended| ended.ending == Ending::Answered);
            // The first resolution is that for good.
            if !(measure == Measure::FirstResolution && finished) {
                stopwatch.go_on(at, out, context.rules);
            }
        }
        self.start_reply();
    }

    /// Whom a sample that this event makes counts for: the team that the event names, if declared, else
    /// the holder.
    fn acting(&self, event: &Entry<'_>, context: Context<'_>) -> Slot {
        let acted = context.slot(event.team);
        if acted == context.rules.unclaimed() { context.slot(self.team) } else { acted }
    }
}
