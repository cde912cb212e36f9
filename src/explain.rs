//! One ticket explained: its events, where its waiting went, and every stopwatch down to its due time.
//!
//! # Design
//! Nothing here measures anew. The same state machine that feeds the windows is walked event by event
//! ([`Step`]), and what it says of stopwatches is put in rows: so an explanation cannot disagree with the
//! number it explains.

use serde::Serialize;

use crate::agreement::{Level, Objective};
use crate::event::Priority;
use crate::measure::{Basis, Measure, Pauses};
use crate::reading::{Seconds, WentShown, shown};
use crate::rules::{CourseId, ObjectiveId, Rules, Slot};
use crate::ticket::{Ended, Ending, GivenUp, Hands, Place, Running, Standing, Step, Went};
use crate::time::{Elapsed, Timestamp};

mod stretch;
mod text;

pub use stretch::Stretch;

/// One ticket as of one instant.
#[derive(Debug)]
pub struct Explained<'r> {
    rules: &'r Rules,
    ticket: String,
    now: Timestamp,
    steps: Vec<Step>,
    stretches: Vec<Stretch>,
    rows: Vec<Row>,
}

/// One stopwatch of the ticket. It prints as the JSON that others build on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The ticket.
    pub ticket: String,
    /// What it measures.
    #[serde(serialize_with = "crate::reading::measure_label")]
    pub measure: Measure,
    /// The how many-th of that measure.
    pub n: usize,
    /// The team that it counts for; `unclaimed` where there is none.
    pub team: Box<str>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended; none while it runs or is paused.
    pub stopped_at: Option<Timestamp>,
    /// `running`, `paused`, `stopped`, `given_up` (solved, closed or merged without a word) or `cancelled`
    /// (deleted, spam).
    pub state: &'static str,
    /// How long it ran in calendar time. Of a count, the number.
    pub elapsed_calendar: Seconds,
    /// How long it ran in the open time of whoever held the ticket.
    pub elapsed_open: Seconds,
    /// The target of the objective that judges it; none where there is none.
    pub target: Option<Seconds>,
    /// When the target is or was used up; none without a target, while it is paused, and where it ended while
    /// it was.
    pub due_at: Option<Timestamp>,
    /// Whether it is or was over target.
    pub over: bool,
    /// What pauses it, where an objective has pauses of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pauses: Option<Vec<&'static str>>,
    #[serde(skip)]
    judged: Option<ObjectiveId>,
    #[serde(skip)]
    basis: Basis,
    #[serde(skip)]
    priority: Option<Priority>,
    #[serde(skip)]
    given_up: Option<GivenUp>,
}

/// A stopwatch while its rows are put together.
struct Watch {
    course: CourseId,
    measure: Measure,
    started: Timestamp,
    ended: Option<Ended>,
    running: Option<Running>,
    /// From when on its hands stood so, and who held the ticket then.
    hands: Vec<(Timestamp, Hands, Slot)>,
    /// The same of what it does unseen: it counts once it goes on as if it never had been given up.
    unseen: Vec<(Timestamp, Hands, Slot)>,
}

impl<'r> Explained<'r> {
    /// A ticket from its steps up to `now`.
    pub fn new(ticket: &str, steps: Vec<Step>, rules: &'r Rules, now: Timestamp) -> Self {
        let watches = watches(&steps);
        let rows = rows(ticket, watches, rules, now);
        let stretches = stretch::of(&steps, rules, now);
        Self { rules, ticket: ticket.to_owned(), now, steps, stretches, rows }
    }

    /// Every stopwatch, in order of measure and start.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Its life in stretches: where it stood when, open and closed hours apart.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Where its waiting went, from the first event to the end: that of the ticket as long as it is neither
    /// solved nor gone.
    pub fn went(&self) -> WentShown {
        let mut went = Went::default();
        for stretch in self.stretches.iter().filter(|stretch| stretch.waits()) {
            went.add(stretch.place, stretch.length().ms());
        }
        WentShown::new(went.iter(), self.rules)
    }
}

/// Puts together what each step says of stopwatches.
fn watches(steps: &[Step]) -> Vec<Watch> {
    let mut watches: Vec<Watch> = Vec::new();
    for step in steps {
        for (ended, by) in &step.ended {
            if *by < 0 {
                let taken_back = watches.iter_mut().rev().find(|w| w.ended.as_ref() == Some(ended));
                if let Some(watch) = taken_back {
                    watch.go_on();
                }
                continue;
            }
            let index = open(&mut watches, ended.course, ended.measure, ended.started);
            watches[index].end(ended);
        }
        for running in &step.running {
            let index = open(&mut watches, running.course, running.measure, running.started);
            watches[index].run(running, step.at);
        }
        for unseen in &step.unseen {
            let given_up = watches.iter().rposition(|watch| {
                watch.course == unseen.course
                    && watch.started == unseen.started
                    && watch.ended.is_some()
                    && !watch.is_answered()
            });
            let index = given_up.unwrap_or_else(|| {
                open(&mut watches, unseen.course, unseen.measure, unseen.started)
            });
            watches[index].run_unseen(unseen, step.at);
        }
    }
    watches.sort_by_key(|watch| (watch.measure, watch.started));
    watches
}

/// The stopwatch of a course that started then and has not ended; a new one if there is none.
fn open(watches: &mut Vec<Watch>, course: CourseId, measure: Measure, started: Timestamp) -> usize {
    let is_open =
        |watch: &Watch| watch.course == course && watch.started == started && watch.ended.is_none();
    watches.iter().rposition(is_open).unwrap_or_else(|| {
        watches.push(Watch::new(course, measure, started));
        watches.len() - 1
    })
}

impl Watch {
    fn new(course: CourseId, measure: Measure, started: Timestamp) -> Self {
        Self {
            course,
            measure,
            started,
            ended: None,
            running: None,
            hands: Vec::new(),
            unseen: Vec::new(),
        }
    }

    fn run(&mut self, running: &Running, at: Timestamp) {
        self.hands.append(&mut self.unseen);
        stand(&mut self.hands, running, at);
        self.running = Some(running.clone());
    }

    fn run_unseen(&mut self, running: &Running, at: Timestamp) {
        stand(&mut self.unseen, running, at);
    }

    /// Its ending is taken back.
    fn go_on(&mut self) {
        self.ended = None;
        self.hands.append(&mut self.unseen);
    }

    fn end(&mut self, ended: &Ended) {
        // A count has no hands; and what ended with a sample stands still until that is withdrawn.
        if ended.ending == Ending::Answered && !ended.measure.is_count() {
            let hands =
                Hands { is_paused: true, calendar: ended.elapsed.ms(), open: ended.open.ms() };
            let slot = self.hands.last().map_or(ended.slot, |(_, _, slot)| *slot);
            self.hands.push((ended.at, hands, slot));
        }
        self.ended = Some(ended.clone());
    }

    fn is_answered(&self) -> bool {
        self.ended.as_ref().is_some_and(|ended| ended.ending == Ending::Answered)
    }

    /// The first instant at which it reaches a target, at or before `until` where that is known; later only
    /// where it still runs.
    fn due(&self, target: Elapsed, basis: Basis, rules: &Rules) -> Option<Timestamp> {
        let reaches = |(from, hands, slot): &(Timestamp, Hands, Slot)| {
            if hands.is_paused {
                return None;
            }
            let constant = hands.of(basis).saturating_add(target.ms());
            let at = match basis {
                Basis::Calendar => Timestamp::from_ms(constant),
                Basis::Open => {
                    rules.calendar(rules.calendar_id_of(self.course, *slot)).reaches(constant)?
                }
            };
            Some(at.max(*from))
        };
        let mut last = None;
        for (index, stretch) in self.hands.iter().enumerate() {
            let until = self.hands.get(index + 1).map(|(from, ..)| *from);
            let due = reaches(stretch);
            if let (Some(due), Some(until)) = (due, until)
                && due <= until
            {
                return Some(due);
            }
            // Where it ended in time, when it would have been due; where it is paused, or was when it was
            // given up, nobody knows.
            let is_end = until.is_none() && self.is_answered();
            last = if stretch.1.is_paused && !is_end { None } else { due.or(last) };
        }
        last
    }
}

/// Notes how hands stand from an instant on, if they stood otherwise.
fn stand(hands: &mut Vec<(Timestamp, Hands, Slot)>, running: &Running, at: Timestamp) {
    let stands = (running.hands, running.slot);
    if hands.last().is_none_or(|(_, hands, slot)| (*hands, *slot) != stands) {
        hands.push((at, stands.0, stands.1));
    }
}

/// The rows of stopwatches, numbered by measure.
fn rows(ticket: &str, watches: Vec<Watch>, rules: &Rules, now: Timestamp) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for watch in watches {
        if !is_shown(&watch, rules) {
            continue;
        }
        let pauses = own_pauses(watch.course, rules);
        let before = rows.iter().filter(|row| row.measure == watch.measure && row.pauses == pauses);
        let n = before.count() + 1;
        if let Some(row) = row(ticket, n, &watch, pauses, rules, now) {
            rows.push(row);
        }
    }
    rows
}

/// Whether a stopwatch is shown: a measure's own, unless its team and the organisation judge that measure by
/// others alone; and those by which they do.
fn is_shown(watch: &Watch, rules: &Rules) -> bool {
    let slot = match (&watch.ended, &watch.running) {
        (Some(ended), _) => ended.slot,
        (None, Some(running)) => running.slot,
        (None, None) => return false,
    };
    let judges = |course| {
        let slots = [slot, rules.organisation()];
        slots.into_iter().any(|slot| !rules.judging(slot, course).is_empty())
    };
    judges(watch.course)
        || rules.is_standard(watch.course) && !rules.courses_of(watch.measure).any(judges)
}

fn own_pauses(course: CourseId, rules: &Rules) -> Option<Vec<&'static str>> {
    let course = rules.course(course);
    let Pauses { pending, on_hold } = course.pauses;
    let named = [("pending", pending), ("on_hold", on_hold)];
    let named = named.into_iter().filter(|(_, pauses)| *pauses).map(|(name, _)| name).collect();
    (course.pauses != course.measure.pauses()).then_some(named)
}

fn row(
    ticket: &str,
    n: usize,
    watch: &Watch,
    pauses: Option<Vec<&'static str>>,
    rules: &Rules,
    now: Timestamp,
) -> Option<Row> {
    let (slot, priority, at) = match (&watch.ended, &watch.running) {
        (Some(ended), _) => (ended.slot, ended.priority, ended.at),
        (None, Some(running)) => (running.slot, running.priority, now),
        (None, None) => return None,
    };
    let judged = judge(watch.course, slot, rules);
    let target = judged.map(|id| rules.objective(id).1.level_at(at).target(priority));
    let (state, elapsed, given_up) = match (&watch.ended, &watch.running) {
        (Some(ended), _) => {
            let (state, given_up) = match ended.ending {
                Ending::Answered => ("stopped", None),
                Ending::GivenUp(reason) if reason.is_decided() => ("given_up", Some(reason)),
                Ending::GivenUp(reason) => ("cancelled", Some(reason)),
            };
            (state, [ended.elapsed, ended.open], given_up)
        }
        (None, Some(running)) => {
            let calendar = rules.calendar(rules.calendar_id_of(watch.course, slot));
            let elapsed = running.hands.elapsed(now, calendar.cumulative(now));
            (if running.hands.is_paused { "paused" } else { "running" }, elapsed, None)
        }
        (None, None) => return None,
    };
    // Where no team has hours, open time is calendar time.
    let elapsed = if rules.has_calendars() { elapsed } else { [elapsed[0]; 2] };
    let over = match (&watch.ended, &watch.running, judged.zip(target)) {
        (Some(ended), _, Some((id, _))) => ended.missed.contains(&id),
        (None, Some(running), Some((id, target))) => {
            running.over.contains(&id) || elapsed[target.basis.index()] > target.elapsed
        }
        _ => false,
    };
    let shown = |elapsed: Elapsed| shown(watch.measure, elapsed);
    Some(Row {
        ticket: ticket.to_owned(),
        measure: watch.measure,
        n,
        team: rules.slot_name(slot).unwrap_or_default().into(),
        started_at: watch.started,
        stopped_at: watch.ended.as_ref().map(|ended| ended.at),
        state,
        elapsed_calendar: shown(elapsed[0]),
        elapsed_open: shown(elapsed[1]),
        target: target.map(|target| shown(target.elapsed)),
        due_at: target.and_then(|target| watch.due(target.elapsed, target.basis, rules)),
        over,
        pauses,
        judged,
        basis: target.map_or(Basis::Calendar, |target| target.basis),
        priority,
        given_up,
    })
}

/// The objective that a row is held against: the first `within` in the team's file for that kind of
/// stopwatch, else the first limit for all; else the organisation's likewise.
fn judge(course: CourseId, slot: Slot, rules: &Rules) -> Option<ObjectiveId> {
    [slot, rules.organisation()].into_iter().find_map(|slot| {
        let judging = rules.judging(slot, course);
        let is_share = |id: &&ObjectiveId| {
            matches!(rules.objective(**id).1, Objective { level: Level::Within { .. }, .. })
        };
        judging.iter().find(is_share).or(judging.first()).copied()
    })
}
