//! One ticket as it is known at an instant, and all its stopwatches.

use std::ops::Range;

use vaste::event::{Kind, Maker, Priority};
use vaste::measure::{Measure, Pauses};

use super::order::Note;
use super::{Basis, Model, Target};

#[path = "flags.rs"]
mod flags;
#[path = "ownership.rs"]
mod ownership;
#[path = "reopened.rs"]
mod reopened;
#[path = "takeover.rs"]
mod takeover;

pub(super) use flags::Act;
use reopened::Void;
use takeover::Inherited;

/// One stopwatch at `now`.
pub(super) struct Wait {
    /// How it ended, if it did.
    pub end: End,
    /// When it ended, or `now`.
    pub at: i64,
    /// The step from whose instant it counts.
    pub since: usize,
    /// Its steps: from the one that started it to just before the one that ended it.
    pub lived: Range<usize>,
    /// The team for which it counts.
    pub team: String,
    /// The priority that judges it.
    pub priority: Option<Priority>,
    /// Its channel.
    pub channel: Option<String>,
    /// Whether it counts for its team only.
    pub is_of_team_only: bool,
    /// Its count, for a measure that is no time.
    count: Option<i64>,
    /// The stretches before its first step, in which the customer waited on merged tickets.
    inherited: Vec<Inherited>,
}

/// How a stopwatch ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is a sample.
    Answered,
    /// The ticket was solved, closed or merged without an answer.
    GivenUp,
    /// The ticket was deleted.
    Deleted,
    /// The ticket was marked as spam.
    Spam,
    /// An agent said that no reply is needed.
    NoReplyNeeded,
    /// It was answered, and the ticket was reopened and not solved again.
    Reopened,
    /// It has not ended.
    Waiting,
}

/// The time that a stopwatch leaves out.
#[derive(Clone, Copy)]
pub(super) struct Exclusions {
    pauses: Pauses,
    solved: bool,
}

impl Exclusions {
    /// The pauses of a measure, or a list of own pauses instead.
    pub(super) fn of(measure: Measure, pauses: Option<Pauses>) -> Self {
        let pending = matches!(
            measure,
            Measure::Update | Measure::CustomerWait | Measure::Ownership | Measure::AgentWork
        );
        let usual = Pauses { pending, on_hold: measure == Measure::AgentWork };
        let solved =
            matches!(measure, Measure::Resolution | Measure::CustomerWait | Measure::AgentWork);
        Self { pauses: pauses.unwrap_or(usual), solved }
    }

    fn leaves_out(&self, held: &Held<'_>) -> bool {
        self.solved && held.is_solved
            || self.pauses.pending && held.status == Status::Pending
            || self.pauses.on_hold && held.status == Status::OnHold
    }
}

/// The status of a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Status {
    /// A reply is due.
    #[default]
    Open,
    /// It waits for the customer.
    Pending,
    /// It waits for a third party.
    OnHold,
    /// Solved or closed.
    Solved,
    /// Merged, deleted or spam.
    Gone,
}

impl Status {
    /// Whether it is open, pending or on hold.
    fn is_active(self) -> bool {
        matches!(self, Self::Open | Self::Pending | Self::OnHold)
    }

    fn after(self, note: &Note) -> Self {
        let kind = note.kind;
        let asks =
            kind == Kind::CustomerReplied || kind == Kind::TookOver && note.waiting_since.is_some();
        if kind == Kind::Reopened {
            Self::Open
        } else if matches!(kind, Kind::Merged | Kind::Deleted | Kind::MarkedSpam) {
            Self::Gone
        } else if !self.is_active() {
            self
        } else if matches!(kind, Kind::Solved | Kind::Closed) {
            Self::Solved
        } else if kind == Kind::Pending {
            Self::Pending
        } else if kind == Kind::OnHold {
            Self::OnHold
        } else if kind == Kind::Resumed || asks && self == Self::Pending {
            Self::Open
        } else {
            self
        }
    }
}

/// The state of a ticket between two of its events.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held<'m> {
    /// The team that holds it, as written.
    pub holder: Option<&'m str>,
    /// Its priority.
    pub priority: Option<Priority>,
    /// Its channel.
    pub channel: Option<&'m str>,
    /// Its status.
    pub status: Status,
    /// Whether it was solved and not reopened since, whatever its status became.
    is_solved: bool,
    /// Whether the customer asked again while it was solved.
    is_asked_again: bool,
}

impl Held<'_> {
    /// Whether the customer's waits run.
    fn awaits_reply(&self) -> bool {
        self.status.is_active() || self.is_asked_again
    }
}

/// An event, with the state before and after it.
pub(super) struct Step<'m> {
    /// The event.
    pub note: &'m Note,
    /// The state just before.
    pub before: Held<'m>,
    /// The state just after.
    pub after: Held<'m>,
}

impl Step<'_> {
    fn leaves(&self) -> bool {
        self.before.status.is_active() && !self.after.status.is_active()
    }

    /// Whether the customer's waits stop, by a reply or without one.
    fn ends_waits(&self) -> bool {
        self.before.awaits_reply() && !self.after.awaits_reply()
    }

    fn comes_back(&self) -> bool {
        !self.before.status.is_active() && self.after.status.is_active()
    }

    pub(super) fn solves(&self) -> bool {
        self.leaves() && self.after.status == Status::Solved
    }

    /// Whether an agent replies to a ticket that is not gone.
    fn replies(&self) -> bool {
        self.note.kind == Kind::AgentReplied && self.before.status != Status::Gone
    }

    /// Whether an agent says that no reply is needed, on a ticket that is not gone.
    fn dismisses(&self) -> bool {
        self.note.kind == Kind::NoReplyNeeded && self.before.status != Status::Gone
    }

    fn hands_on(&self) -> bool {
        self.before.holder != self.after.holder
    }
}

/// A stretch of time between two events.
pub(super) struct Stretch<'l, 'm> {
    /// The state during it.
    pub held: &'l Held<'m>,
    /// Its begin.
    pub from: i64,
    /// Its end.
    pub to: i64,
}

/// One ticket up to `now`.
pub(super) struct TicketLife<'m> {
    model: &'m Model,
    now: i64,
    /// Its events in order.
    pub steps: Vec<Step<'m>>,
    /// The state after all steps.
    held: Held<'m>,
    /// The step that created it. `None` in a partial timeline.
    created: Option<usize>,
    /// Reopenings for nothing.
    voids: Vec<Void>,
}

impl<'m> TicketLife<'m> {
    /// The ticket of these events as it is known at `now`.
    pub(super) fn new(model: &'m Model, notes: &'m [Note], now: i64) -> Self {
        let notes: Vec<&Note> = notes.iter().filter(|note| note.at <= now).collect();
        let created = notes.iter().position(|note| note.kind == Kind::Created);
        let mut held = Held::default();
        let mut steps = Vec::new();
        for (index, &note) in notes.iter().enumerate() {
            let before = held;
            let names_holder =
                matches!(note.kind, Kind::Created | Kind::Assigned) || held.holder.is_none();
            if names_holder && note.team.is_some() {
                held.holder = note.team.as_deref();
            }
            held.priority = note.priority.or(held.priority);
            held.channel = note.channel.as_deref().or(held.channel);
            if created.is_none_or(|created| index > created) {
                held.status = held.status.after(note);
            }
            let is_solved = before.is_solved || held.status == Status::Solved;
            held.is_solved = is_solved && !held.status.is_active();
            steps.push(Step { note, before, after: held });
        }
        let mut life = Self { model, now, steps, held, created, voids: Vec::new() };
        life.find_asked_again();
        life.voids = life.find_voids();
        life
    }

    /// All stopwatches of the ticket for a measure.
    pub(super) fn waits(&self, measure: Measure) -> Vec<Wait> {
        match measure {
            Measure::FirstReply => self.first_reply().1.into_iter().collect(),
            Measure::NextReply => self.next_replies(),
            Measure::Update => self.updates(),
            Measure::CustomerWait | Measure::AgentWork | Measure::Resolution => {
                self.resolution().into_iter().chain(self.reopened_resolution()).collect()
            }
            Measure::FirstResolution => self.first_resolution().into_iter().collect(),
            Measure::Ownership => self.ownership_periods(),
            Measure::Contacts => self.contacts().into_iter().collect(),
        }
    }

    /// The elapsed time just before a step, or at `now` after the last one.
    pub(super) fn elapsed(
        &self,
        wait: &Wait,
        until: usize,
        exclusions: Exclusions,
        basis: Basis,
    ) -> i64 {
        let times = self.stretches(wait, until, exclusions).map(|stretch| match basis {
            Basis::Calendar => stretch.to - stretch.from,
            Basis::Open => self.open_ms(&stretch),
        });
        let inherited = wait.inherited.iter().filter(|inherited| inherited.step < until);
        let inherited = inherited.map(|inherited| match basis {
            Basis::Calendar => inherited.to - inherited.from,
            Basis::Open => self.inherited_open_ms(inherited),
        });
        wait.count.unwrap_or_else(|| times.sum::<i64>() + inherited.sum::<i64>())
    }

    /// Whether it had run longer than a target just before a step. Working days are those of a team.
    pub(super) fn is_longer(
        &self,
        wait: &Wait,
        until: usize,
        exclusions: Exclusions,
        target: Target,
        team: &str,
    ) -> bool {
        let (basis, allowed) = self.allowed(wait, until, target, team);
        self.elapsed(wait, until, exclusions, basis) > allowed
    }

    /// The stretches that a stopwatch counted before a step.
    fn stretches<'l>(
        &'l self,
        wait: &Wait,
        until: usize,
        exclusions: Exclusions,
    ) -> impl Iterator<Item = Stretch<'l, 'm>> {
        let all = (wait.since..until).map(|index| {
            let to = self.steps.get(index + 1).map_or(self.now, |next| next.note.at);
            let held = &self.steps[index].after;
            (index, Stretch { held, from: self.steps[index].note.at, to })
        });
        let ended = wait.lived.end;
        let is_void = move |index: usize| {
            let is_known = |void: &Void| {
                (void.reopened..void.said).contains(&index) && void.said < ended
                    || (void.said..void.end).contains(&index)
            };
            exclusions.solved && self.voids.iter().any(is_known)
        };
        let all =
            all.filter(move |(index, one)| !exclusions.leaves_out(one.held) && !is_void(*index));
        all.map(|(_, stretch)| stretch)
    }

    /// All stretches from the start of a stopwatch to its end, including pauses. The solved time is
    /// excluded if its measure excludes it. A count has none.
    pub(super) fn span<'l>(
        &'l self,
        wait: &Wait,
        exclusions: Exclusions,
    ) -> impl Iterator<Item = Stretch<'l, 'm>> {
        let never = Pauses { pending: false, on_hold: false };
        self.stretches(wait, wait.lived.end, Exclusions { pauses: never, ..exclusions })
    }

    /// How long it was neither solved nor gone nor open for nothing, from its creation or else its first
    /// event on.
    pub(super) fn worked_on(&self) -> i64 {
        let times = (self.created.unwrap_or(0)..self.steps.len()).map(|index| {
            let to = self.steps.get(index + 1).map_or(self.now, |next| next.note.at);
            let is_idle = self.voids.iter().any(|void| (void.said..void.end).contains(&index));
            let is_active = self.steps[index].after.status.is_active() && !is_idle;
            if is_active { to - self.steps[index].note.at } else { 0 }
        });
        times.sum()
    }

    /// The open time of a stretch, by the calendar of the ticket's holder.
    pub(super) fn open_ms(&self, stretch: &Stretch<'_, '_>) -> i64 {
        let hours = self.model.hours_of(self.model.claimed_by(stretch.held.holder));
        hours.map_or(stretch.to - stretch.from, |hours| hours.open_ms(stretch.from, stretch.to))
    }

    /// The step from which on messages wait for a next reply, once a first reply is given, and the
    /// stopwatch of that first reply.
    fn first_reply(&self) -> (Option<usize>, Option<Wait>) {
        let Some(created) = self.created else { return (None, None) };
        let is_by_agent = self.steps[created].note.maker == Maker::Agent;
        if let Some(early) = self.early_reply().filter(|_| !is_by_agent) {
            let mut wait = self.ended(created, created, Some((created, End::Answered)), "");
            let acting = self.steps[early].note.team.as_deref();
            let acting = acting.filter(|team| self.model.is_declared(team));
            let held = &self.steps[created].after;
            wait.team = acting.unwrap_or_else(|| self.model.claimed_by(held.holder)).to_owned();
            (wait.priority, wait.channel) = (held.priority, held.channel.map(str::to_owned));
            return (Some(created), Some(wait));
        }
        let question = if is_by_agent { self.question_from(created) } else { Some(created) };
        let (answer, wait) = question.map_or((None, None), |question| self.exchange(question));
        (answer.map(|answer| answer + 1), wait)
    }

    /// The last reply up to an hour before the creation.
    fn early_reply(&self) -> Option<usize> {
        let created = self.created?;
        let early =
            self.steps[..created].iter().rposition(|s| s.note.kind == Kind::AgentReplied)?;
        let before = self.steps[created].note.at - self.steps[early].note.at;
        (before <= 3_600_000).then_some(early)
    }

    /// The stopwatches from a question to its answer, in order, after the first reply.
    fn next_replies(&self) -> Vec<Wait> {
        // In a partial timeline the first reply counts as given.
        let mut from = match self.created {
            None => Some(0),
            Some(_) => self.first_reply().0,
        };
        let mut waits = Vec::new();
        while let Some(question) = from.and_then(|from| self.question_from(from)) {
            let (answer, wait) = self.exchange(question);
            let dismissal = self.first_from(question + 1, Step::dismisses);
            match dismissal.filter(|&said| answer.is_none_or(|answer| said < answer)) {
                Some(said) => {
                    waits.push(self.dismissed(question, said));
                    from = Some(said + 1);
                }
                None => {
                    waits.extend(wait);
                    from = answer.map(|answer| answer + 1);
                }
            }
        }
        waits
    }

    /// The stopwatches from each reply to the next.
    fn updates(&self) -> Vec<Wait> {
        let early = self.created.filter(|&created| {
            self.steps[created].note.maker != Maker::Agent && self.early_reply().is_some()
        });
        let replies = self.after_creation().filter(|&step| self.steps[step].replies());
        early.into_iter().chain(replies).filter_map(|reply| self.update(reply)).collect()
    }

    /// The stopwatch from a reply to the next. It runs while the ticket is active.
    fn update(&self, reply: usize) -> Option<Wait> {
        let next = self.first_from(reply + 1, Step::replies);
        let started = self.first_from(reply, |step| step.after.status.is_active())?;
        next.is_none_or(|next| started < next).then(|| self.wait(reply, started, next))
    }

    /// The step that answers a question, and its stopwatch. There is a stopwatch if the question is
    /// asked and a reply is awaited at some step before the answer. The time counts from the
    /// question. A reply to a ticket that is gone is no answer.
    fn exchange(&self, question: usize) -> (Option<usize>, Option<Wait>) {
        let answer = self.first_from(question + 1, Step::replies);
        let started = self
            .first_from(question, |step| step.after.awaits_reply())
            .filter(|&started| answer.is_none_or(|answer| started < answer));
        let left = || self.steps.iter().rposition(Step::ends_waits);
        let left = if self.held.awaits_reply() { None } else { left() };
        let wait = started.map(|started| Wait {
            inherited: self.inherited_by(question, answer),
            ..self.wait_until(question, started, answer, left)
        });
        (answer, wait)
    }

    /// From creation to the solve in which the ticket rests.
    fn resolution(&self) -> Option<Wait> {
        let created = self.created?;
        Some(self.wait(created, created, self.resting_solve()))
    }

    /// From creation to the first solve.
    fn first_resolution(&self) -> Option<Wait> {
        let created = self.created?;
        Some(self.wait(created, created, self.first_from(created, Step::solves)))
    }

    /// A stopwatch that ends at its answer, or without an answer when the ticket is no longer
    /// active.
    ///
    /// Answered, it counts for the team that answered, if that is declared, else for the holder at
    /// its end or at `now`.
    fn wait(&self, since: usize, started: usize, answer: Option<usize>) -> Wait {
        self.wait_until(since, started, answer, self.left())
    }

    /// The same, for a stopwatch that ends at another step without an answer.
    fn wait_until(
        &self,
        since: usize,
        started: usize,
        answer: Option<usize>,
        left: Option<usize>,
    ) -> Wait {
        let ended = match answer {
            Some(answer) => Some((answer, End::Answered)),
            None => left.map(|left| (left, self.end_by(left))),
        };
        let holder = ended.map_or(self.held, |(step, _)| self.steps[step].after).holder;
        let team = match answer {
            Some(answer) => self.acting_in(answer),
            None => self.model.claimed_by(holder),
        };
        self.ended(since, started, ended, team)
    }

    /// A stopwatch that ended at a step, or still runs. Changes by that step come too late for it.
    ///
    /// A reopening starts its stopwatch before its own priority takes effect. A stopwatch that is
    /// given up and then resumed counts as never given up.
    fn ended(&self, since: usize, started: usize, ended: Option<(usize, End)>, team: &str) -> Wait {
        let held = ended.map_or(&self.held, |(step, _)| &self.steps[step].before);
        Wait {
            end: ended.map_or(End::Waiting, |(_, end)| end),
            at: ended.map_or(self.now, |(step, _)| self.steps[step].note.at),
            since,
            lived: started..ended.map_or(self.steps.len(), |(step, _)| step),
            team: team.to_owned(),
            priority: held.priority,
            channel: held.channel.map(str::to_owned),
            is_of_team_only: false,
            count: None,
            inherited: Vec::new(),
        }
    }

    /// The team for which an action counts: the acting team if it is declared, else the holder.
    pub(super) fn acting_in(&self, step: usize) -> &str {
        let step = &self.steps[step];
        let acting = step.note.team.as_deref().filter(|team| self.model.is_declared(team));
        acting.unwrap_or_else(|| self.model.claimed_by(step.after.holder))
    }

    /// The steps after creation; in a partial timeline all.
    pub(super) fn after_creation(&self) -> Range<usize> {
        self.created.map_or(0, |created| created + 1)..self.steps.len()
    }

    /// The first step at or after another that waits for a reply: a message of the customer, or a
    /// wait that is taken over.
    fn question_from(&self, from: usize) -> Option<usize> {
        let asks = |&index: &usize| {
            let note = self.steps[index].note;
            note.kind == Kind::CustomerReplied
                || note.kind == Kind::TookOver && note.waiting_since.is_some()
                || self.created == Some(index) && !self.taken_over_before().is_empty()
        };
        (from..self.steps.len()).find(asks)
    }

    /// The step by which the ticket ceased to be active, if it did.
    fn left(&self) -> Option<usize> {
        let is_away = !self.held.status.is_active();
        is_away.then(|| self.steps.iter().rposition(Step::leaves)).flatten()
    }

    /// The solve in which the ticket rests, whatever its status became since.
    fn resting_solve(&self) -> Option<usize> {
        self.left().filter(|&left| self.steps[left].solves())
    }

    /// How running waits ended when the ticket left without an answer.
    fn end_by(&self, left: usize) -> End {
        let kind = self.steps[left].note.kind;
        let others = [(Kind::Deleted, End::Deleted), (Kind::MarkedSpam, End::Spam)];
        others.into_iter().find(|(of, _)| *of == kind).map_or(End::GivenUp, |(_, end)| end)
    }

    fn first_from(&self, from: usize, is_it: impl Fn(&Step<'m>) -> bool) -> Option<usize> {
        let mut steps = self.steps.iter().enumerate().skip(from);
        steps.find(|(_, step)| is_it(step)).map(|(index, _)| index)
    }
}

/// Days in milliseconds.
fn days_of_utc(days: usize) -> i64 {
    i64::try_from(days).expect("few") * 24 * 60 * 60 * 1_000
}
