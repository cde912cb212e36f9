//! A naive model of the law: it keeps every event and recounts everything for every question.
//!
//! # Design
//! Written from the words of the design alone, sharing nothing with the crate but the event type,
//! so that a misunderstanding in one of the two shows. No stopwatch is moved from event to event: a
//! ticket's events are laid out with what held before and after each ([`Step`]), and a stopwatch is
//! found by asking when its question was put, when answered, and when the ticket last left `Open`.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use vaste::event::{Event, Kind, Maker, Priority, Subject};
use vaste::measure::Measure;

/// What a team, or the whole organisation, agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Objective {
    /// Whose it is; `None` is the whole organisation.
    pub team: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it measures.
    pub measure: Measure,
    /// The level to reach.
    pub level: Level,
    /// The length of its window; kept for the caller, who says where the window begins.
    pub over_ms: i64,
}

/// The level of an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// A share of the waits is to be at most as long as the target.
    Within {
        /// The target where the priority has none of its own.
        target_ms: i64,
        /// The targets of single priorities.
        by_priority: Vec<(Priority, i64)>,
        /// The share to reach, in basis points.
        share_bp: u64,
        /// Fewer decided tickets than this are too few to tell.
        min_tickets: u64,
        /// The part of the budget, in basis points, that puts the objective at risk once spent.
        at_risk_spent_bp: u64,
    },
    /// Nobody is to wait longer than this.
    NoneOver(i64),
}

/// What one team, or the organisation, did in one measure and window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// How long each wait took that was answered in the window, ascending.
    pub answered: Vec<i64>,
    /// Since when each still waits, whether it began in the window or before it, ascending.
    pub waiting: Vec<i64>,
    /// How many were given up in the window by a solve, a close or a merge.
    pub given_up: u64,
    /// For each target how many met it, of how many.
    pub within: Vec<(u64, u64)>,
}

/// How an objective stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// How many count.
    pub decided: u64,
    /// How many of those were over target.
    pub missed: u64,
    /// `met`, `at_risk`, `missed` or `insufficient_data`.
    pub state: &'static str,
}

/// Everything that ever happened.
#[derive(Debug)]
pub(crate) struct Model {
    teams: Vec<String>,
    objectives: Vec<Objective>,
    /// One a ticket: its events without duplicates, in order.
    timelines: Vec<Vec<Note>>,
}

impl Model {
    /// A model of all that the events tell, in whatever order and however often they do.
    ///
    /// What is of none of the `teams` is unclaimed.
    pub(crate) fn new(teams: &[&str], objectives: Vec<Objective>, events: &[Event<'_>]) -> Self {
        let mut tickets: BTreeMap<&str, Vec<&Event<'_>>> = BTreeMap::new();
        for event in events {
            match &event.subject {
                Subject::Ticket(ticket) => tickets.entry(ticket).or_default().push(event),
                Subject::Team(_) => {}
            }
        }
        Self {
            teams: teams.iter().map(|&team| team.to_owned()).collect(),
            objectives,
            timelines: tickets.into_values().map(timeline).collect(),
        }
    }

    /// The reading of a window, both ends included.
    ///
    /// The team `None` is the whole organisation, the team `unclaimed` what nobody answers for.
    pub(crate) fn reading(
        &self,
        team: Option<&str>,
        measure: Measure,
        from: i64,
        now: i64,
        targets: &[i64],
    ) -> Reading {
        let waits = self.waits(team, measure, from, now);
        let all = |end: End| waits.iter().filter(move |wait| wait.end == end);
        let mut answered: Vec<i64> = all(End::Answered).map(|wait| wait.elapsed).collect();
        answered.sort_unstable();
        let mut waiting: Vec<i64> = all(End::Waiting).map(|wait| now - wait.elapsed).collect();
        waiting.sort_unstable();
        let within = targets.iter().map(|&target| {
            let (decided, missed) = tally(&waits, |wait| wait.elapsed > target);
            (decided - missed, decided)
        });
        Reading { given_up: count(all(End::GivenUp)), within: within.collect(), answered, waiting }
    }

    /// The verdict on one of the model's objectives over a window, both ends included.
    pub(crate) fn verdict(&self, objective: &Objective, from: i64, now: i64) -> Verdict {
        let is_known = self.objectives.contains(objective);
        assert!(is_known, "the model has no objective {objective:?}");
        let waits = self.waits(objective.team.as_deref(), objective.measure, from, now);
        let (decided, missed, state) = match &objective.level {
            Level::NoneOver(limit) => {
                let (_, missed) =
                    tally(&waits, |wait| wait.end != End::Answered && wait.elapsed > *limit);
                (missed, missed, if missed > 0 { "missed" } else { "met" })
            }
            Level::Within { target_ms, by_priority, share_bp, min_tickets, at_risk_spent_bp } => {
                let target = |priority: Option<Priority>| {
                    let own = by_priority.iter().find(|(of, _)| Some(*of) == priority);
                    own.map_or(*target_ms, |(_, target)| *target)
                };
                let concerned =
                    |holder: &str| objective.team.as_deref().is_none_or(|team| team == holder);
                // What was over just before its priority changed stays over, for the objectives of
                // the holder then and of the organisation. With one target that says nothing more.
                let (decided, missed) = tally(&waits, |wait| {
                    wait.elapsed > target(wait.priority)
                        || wait.changes.iter().any(|change| {
                            concerned(&change.holder) && change.elapsed > target(change.priority)
                        })
                });
                let state = state(decided, missed, *share_bp, *min_tickets, *at_risk_spent_bp);
                (decided, missed, state)
            }
        };
        Verdict { decided, missed, state }
    }

    /// All waits of a measure that count for a team and bear on a window: what ended in it, but by
    /// being deleted or marked as spam, and what still waits.
    fn waits(&self, team: Option<&str>, measure: Measure, from: i64, now: i64) -> Vec<Wait> {
        self.timelines
            .iter()
            .flat_map(|notes| Life::new(&self.teams, notes, now).waits(measure))
            .filter(|wait| team.is_none_or(|team| team == wait.team))
            .filter(|wait| match wait.end {
                End::Answered | End::GivenUp => (from..=now).contains(&wait.at),
                End::Waiting => true,
                End::Cancelled => false,
            })
            .collect()
    }
}

/// How many of the waits are decided, and how many of those are missed, by what is over target:
/// the answered are decided whatever became of them, all others only by being over.
fn tally(waits: &[Wait], over: impl Fn(&Wait) -> bool) -> (u64, u64) {
    let missed = count(waits.iter().filter(|wait| over(wait)));
    let met = count(waits.iter().filter(|wait| wait.end == End::Answered && !over(wait)));
    (met + missed, missed)
}

/// What the numbers of a share mean.
fn state(
    decided: u64,
    missed: u64,
    share_bp: u64,
    min_tickets: u64,
    at_risk_spent_bp: u64,
) -> &'static str {
    let met = decided - missed;
    let budget_bp = 10_000 - share_bp;
    let enough = decided >= min_tickets;
    let below = met * 10_000 < share_bp * decided;
    let certainly_below = missed * 10_000 > budget_bp * min_tickets;
    if (enough && below) || (!enough && certainly_below) {
        "missed"
    } else if !enough {
        "insufficient_data"
    } else if missed > 0 && missed * 10_000 * 10_000 >= at_risk_spent_bp * budget_bp * decided {
        "at_risk"
    } else {
        "met"
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    items.map(|_| 1).sum()
}

/// A ticket's events in order, each identity once: the one that sorts first.
fn timeline(mut events: Vec<&Event<'_>>) -> Vec<Note> {
    events.sort_by(|a, b| total_order(a, b));
    let mut seen = BTreeSet::new();
    events.retain(|event| seen.insert(event.identity));
    events.into_iter().map(Note::new).collect()
}

fn total_order(a: &Event<'_>, b: &Event<'_>) -> Ordering {
    let rank = |kind: Kind| ORDER.iter().position(|&other| other == kind);
    (a.time.ms().cmp(&b.time.ms()))
        .then_with(|| rank(a.kind).cmp(&rank(b.kind)))
        .then_with(|| content(a).cmp(&content(b)))
        .then_with(|| a.identity.cmp(&b.identity))
}

/// In which order the events of one instant come, as the design lists them.
const ORDER: [Kind; 17] = [
    Kind::Created,
    Kind::Reopened,
    Kind::Resumed,
    Kind::CustomerReplied,
    Kind::BotReplied,
    Kind::AgentReplied,
    Kind::NoteAdded,
    Kind::Pending,
    Kind::OnHold,
    Kind::Solved,
    Kind::Closed,
    Kind::Merged,
    Kind::Deleted,
    Kind::MarkedSpam,
    Kind::Rated,
    Kind::Reviewed,
    Kind::Assigned,
];

/// What an event says, in the order in which it decides, what is absent first. With nothing but
/// `into` in its detail it says the same as without any.
fn content(event: &Event<'_>) -> impl Ord {
    let detail = event.detail.as_deref().cloned().unwrap_or_default();
    (
        event.team.as_deref(),
        event.priority.map(Priority::label),
        event.channel.as_deref(),
        event.agent.as_deref(),
        match event.maker {
            Maker::Customer => None,
            Maker::Agent => Some("agent"),
            Maker::System => Some("system"),
        },
        (detail.by, detail.score, detail.note),
        (detail.bring_to_team, detail.concern, detail.text),
    )
}

/// What the model keeps of an event.
#[derive(Debug)]
struct Note {
    at: i64,
    kind: Kind,
    team: Option<String>,
    priority: Option<Priority>,
    maker: Maker,
}

impl Note {
    fn new(event: &Event<'_>) -> Self {
        Self {
            at: event.time.ms(),
            kind: event.kind,
            team: event.team.as_deref().map(str::to_owned),
            priority: event.priority,
            maker: event.maker,
        }
    }
}

/// One stopwatch as it stands at `now`.
struct Wait {
    end: End,
    /// When it ended, or `now`.
    at: i64,
    elapsed: i64,
    /// For whom it counts.
    team: String,
    /// By which priority it is judged.
    priority: Option<Priority>,
    /// Every change of priority that it lived through.
    changes: Vec<Change>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It is a sample.
    Answered,
    /// The ticket was solved, closed or merged without a word.
    GivenUp,
    /// The ticket was deleted or marked as spam.
    Cancelled,
    /// It has not ended.
    Waiting,
}

/// How a stopwatch stood just before its ticket's priority changed.
struct Change {
    holder: String,
    priority: Option<Priority>,
    elapsed: i64,
}

/// What holds of a ticket.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Open,
    /// Solved or closed.
    Solved,
    /// Merged, deleted or spam.
    Gone,
}

/// What happened, and what held before and after.
struct Step<'m> {
    note: &'m Note,
    before: Held<'m>,
    after: Held<'m>,
}

#[derive(Clone, Copy, Default)]
struct Held<'m> {
    holder: Option<&'m str>,
    priority: Option<Priority>,
    status: Status,
}

/// One ticket up to `now`.
struct Life<'m> {
    teams: &'m [String],
    now: i64,
    steps: Vec<Step<'m>>,
    /// What holds after all steps.
    held: Held<'m>,
    /// The step that created it; none in a partial timeline.
    created: Option<usize>,
}

impl<'m> Life<'m> {
    fn new(teams: &'m [String], notes: &'m [Note], now: i64) -> Self {
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
            if created.is_none_or(|created| index > created) {
                held.status = status_after(held.status, note.kind);
            }
            let after = held;
            steps.push(Step { note, before, after });
        }
        Self { teams, now, steps, held, created }
    }

    fn waits(&self, measure: Measure) -> Vec<Wait> {
        match measure {
            Measure::FirstReply => self.first_reply().1.into_iter().collect(),
            Measure::NextReply => self.next_replies(),
            Measure::Resolution => self.resolution().into_iter().collect(),
            Measure::FirstResolution => self.first_resolution().into_iter().collect(),
            Measure::Update
            | Measure::CustomerWait
            | Measure::AgentWork
            | Measure::Ownership
            | Measure::Contacts => Vec::new(),
        }
    }

    /// The step of the first reply, where one was given, and its stopwatch, where there was one.
    fn first_reply(&self) -> (Option<usize>, Option<Wait>) {
        let question = self.created.and_then(|created| match self.steps[created].note.maker {
            Maker::Customer | Maker::System => Some(created),
            Maker::Agent => self.question_from(created + 1),
        });
        question.map_or((None, None), |question| self.exchange(question))
    }

    /// The stopwatches from a question to its answer, one after the other, since the first reply.
    fn next_replies(&self) -> Vec<Wait> {
        // In a partial timeline a first reply counts as given.
        let mut from = match self.created {
            None => Some(0),
            Some(_) => self.first_reply().0.map(|answer| answer + 1),
        };
        let mut waits = Vec::new();
        while let Some(question) = from.and_then(|from| self.question_from(from)) {
            let (answer, wait) = self.exchange(question);
            waits.extend(wait);
            from = answer.map(|answer| answer + 1);
        }
        waits
    }

    /// What became of a question: the step of its answer, and its stopwatch. It has one if, at some
    /// step before the answer, it is asked and the ticket open; the time counts from the question.
    /// A reply to a ticket that is gone is no answer.
    fn exchange(&self, question: usize) -> (Option<usize>, Option<Wait>) {
        let asked_at = self.steps[question].note.at;
        let answer = self.first_from(question + 1, |step| {
            step.note.kind == Kind::AgentReplied && step.before.status != Status::Gone
        });
        let started = self
            .first_from(question, |step| step.after.status == Status::Open)
            .filter(|&started| answer.is_none_or(|answer| started < answer));
        let wait = started.map(|started| self.wait(started, answer, &|at| at - asked_at));
        (answer, wait)
    }

    /// From creation to the solve that the ticket rests in, without the time it was solved before.
    fn resolution(&self) -> Option<Wait> {
        let created = self.created?;
        let created_at = self.steps[created].note.at;
        let solve = self.left_open().filter(|&left| self.steps[left].solves());
        Some(self.wait(created, solve, &|at| at - created_at - self.solved_until(at)))
    }

    /// From creation to the first solve of all.
    fn first_resolution(&self) -> Option<Wait> {
        let created = self.created?;
        let created_at = self.steps[created].note.at;
        let solve = self.first_from(created, Step::solves);
        Some(self.wait(created, solve, &|at| at - created_at))
    }

    /// A stopwatch that started at a step and that its answer ended; without an answer, that the
    /// ticket is not open any more.
    ///
    /// Answered, it counts for the team that answered, if that is declared, else for the holder; at
    /// its end, or at `now`. The priority of the step that ends it is too late for it.
    fn wait(&self, started: usize, answer: Option<usize>, elapsed_at: &dyn Fn(i64) -> i64) -> Wait {
        let answered_by = answer.and_then(|answer| self.steps[answer].note.team.as_deref());
        let ended = answer.or_else(|| self.left_open());
        let (at, holder, priority) = match ended.map(|ended| &self.steps[ended]) {
            Some(step) => (step.note.at, step.after.holder, step.before.priority),
            None => (self.now, self.held.holder, self.held.priority),
        };
        Wait {
            end: match (answer, ended) {
                (Some(_), _) => End::Answered,
                (None, Some(left)) => self.end_by(left),
                (None, None) => End::Waiting,
            },
            at,
            elapsed: elapsed_at(at),
            team: answered_by
                .filter(|team| self.is_declared(team))
                .unwrap_or(self.claimed_by(holder))
                .to_owned(),
            priority,
            changes: self
                .steps
                .iter()
                .take(ended.unwrap_or(self.steps.len()))
                // A reopening starts its stopwatch before its own priority takes effect. Given up
                // and taken up again, a stopwatch counts as if never given up.
                .skip(started)
                .filter(|step| step.before.priority != step.after.priority)
                .map(|step| Change {
                    holder: self.claimed_by(step.before.holder).to_owned(),
                    priority: step.before.priority,
                    elapsed: elapsed_at(step.note.at),
                })
                .collect(),
        }
    }

    /// The first customer message at or after a step.
    fn question_from(&self, from: usize) -> Option<usize> {
        self.first_from(from, |step| step.note.kind == Kind::CustomerReplied)
    }

    /// The step by which the ticket ceased to be open, if it is not open.
    fn left_open(&self) -> Option<usize> {
        match self.held.status {
            Status::Open => None,
            Status::Solved | Status::Gone => self.steps.iter().rposition(Step::leaves_open),
        }
    }

    /// How what was running ended when the ticket left without a word.
    fn end_by(&self, left: usize) -> End {
        let kind = self.steps[left].note.kind;
        if matches!(kind, Kind::Deleted | Kind::MarkedSpam) { End::Cancelled } else { End::GivenUp }
    }

    /// How long the ticket was solved, all told, up to an instant: each time from the solve to the
    /// reopening, whatever else it became in between.
    fn solved_until(&self, at: i64) -> i64 {
        let solves = self.steps.iter().enumerate().filter(|(_, step)| step.solves());
        solves
            .map(|(index, solve)| {
                let reopened = self.first_from(index, |step| step.after.status == Status::Open);
                let end = reopened.map_or(at, |reopened| self.steps[reopened].note.at.min(at));
                (end - solve.note.at).max(0)
            })
            .sum()
    }

    fn first_from(&self, from: usize, is_it: impl Fn(&Step<'m>) -> bool) -> Option<usize> {
        let mut steps = self.steps.iter().enumerate().skip(from);
        steps.find(|(_, step)| is_it(step)).map(|(index, _)| index)
    }

    fn claimed_by<'h>(&self, holder: Option<&'h str>) -> &'h str {
        holder.filter(|holder| self.is_declared(holder)).unwrap_or("unclaimed")
    }

    fn is_declared(&self, team: &str) -> bool {
        self.teams.iter().any(|declared| declared == team)
    }
}

impl Step<'_> {
    fn leaves_open(&self) -> bool {
        self.before.status == Status::Open && self.after.status != Status::Open
    }

    fn solves(&self) -> bool {
        self.before.status == Status::Open && self.after.status == Status::Solved
    }
}

fn status_after(status: Status, kind: Kind) -> Status {
    if kind == Kind::Reopened {
        Status::Open
    } else if matches!(kind, Kind::Merged | Kind::Deleted | Kind::MarkedSpam) {
        Status::Gone
    } else if matches!(kind, Kind::Solved | Kind::Closed) && status == Status::Open {
        Status::Solved
    } else {
        status
    }
}
