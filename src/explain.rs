//! One ticket explained: its events, where its waiting went, and every stopwatch down to its due time.
//!
//! # Design
//! Nothing here measures anew. The same state machine that feeds the windows is walked event by event
//! ([`Step`]), and what it says of stopwatches is put in rows: so an explanation cannot disagree with the
//! number it explains.

use serde::Serialize;

use crate::agreement::{Level, Objective};
use crate::amount::Amount;
use crate::catalog::{Catalog, ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::{Basis, Measure, Pauses};
use crate::reading::BreakdownShown;
use crate::ticket::{
    Breakdown, Ended, Ending, GivenUp, Running, Step, StopwatchPosition, TicketPosition,
    WaitLocation,
};
use crate::time::{Elapsed, Timestamp};

mod stretch;
mod text;

pub use stretch::Stretch;

/// One ticket as of one instant.
#[derive(Debug)]
pub struct Explained<'r> {
    catalog: &'r Catalog,
    ticket: String,
    now: Timestamp,
    steps: Vec<Step>,
    stretches: Vec<Stretch>,
    rows: Vec<StopwatchRow>,
}

/// One stopwatch of the ticket. It prints as the JSON that others build on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StopwatchRow {
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
    /// The calendar time that it ran, or the count.
    pub elapsed_calendar: Amount,
    /// The open time that it ran, each stretch by the calendar of its holder then; or the count.
    pub elapsed_open: Amount,
    /// The target of the objective that judges it; `None` without one.
    pub target: Option<Amount>,
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
struct RowBuilder {
    stopwatch_kind: StopwatchKindId,
    measure: Measure,
    started: Timestamp,
    ended: Option<Ended>,
    running: Option<Running>,
    /// From when on its hands stood so, and who held the ticket then.
    position: Vec<(Timestamp, StopwatchPosition, ScopeId)>,
    /// The same of what it does unseen: it counts once it goes on as if it never had been given up.
    unseen: Vec<(Timestamp, StopwatchPosition, ScopeId)>,
}

impl<'r> Explained<'r> {
    /// A ticket from its steps up to `now`.
    pub fn new(ticket: &str, steps: Vec<Step>, catalog: &'r Catalog, now: Timestamp) -> Self {
        let watches = watches(&steps);
        let rows = rows(ticket, watches, catalog, now);
        let stretches = stretch::of(&steps, catalog, now);
        Self { catalog, ticket: ticket.to_owned(), now, steps, stretches, rows }
    }

    /// Every stopwatch, in order of measure and start.
    pub fn rows(&self) -> &[StopwatchRow] {
        &self.rows
    }

    /// Its life in stretches: where it stood when, open and closed hours apart.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Where its waiting went, from the first event to the end: that of the ticket as long as it is neither
    /// solved nor gone.
    pub fn breakdown(&self) -> BreakdownShown {
        let mut breakdown = Breakdown::default();
        for stretch in self.stretches.iter().filter(|stretch| stretch.waits()) {
            breakdown.add(stretch.location, stretch.length().ms());
        }
        BreakdownShown::new(breakdown.iter(), self.catalog)
    }
}

/// Puts together what each step says of stopwatches.
fn watches(steps: &[Step]) -> Vec<RowBuilder> {
    let mut watches: Vec<RowBuilder> = Vec::new();
    for step in steps {
        for (ended, by) in &step.ended {
            if *by < 0 {
                let taken_back = watches.iter_mut().rev().find(|w| w.ended.as_ref() == Some(ended));
                if let Some(builder) = taken_back {
                    builder.go_on();
                }
                continue;
            }
            let index = open(&mut watches, ended.stopwatch_kind, ended.measure, ended.started);
            watches[index].end(ended);
        }
        for running in &step.running {
            let index =
                open(&mut watches, running.stopwatch_kind, running.measure, running.started);
            watches[index].run(running, step.at);
        }
        for unseen in &step.unseen {
            let given_up = watches.iter().rposition(|builder| {
                builder.stopwatch_kind == unseen.stopwatch_kind
                    && builder.started == unseen.started
                    && builder.ended.is_some()
                    && !builder.is_answered()
            });
            let index = given_up.unwrap_or_else(|| {
                open(&mut watches, unseen.stopwatch_kind, unseen.measure, unseen.started)
            });
            watches[index].run_unseen(unseen, step.at);
        }
    }
    watches.sort_by_key(|builder| (builder.measure, builder.started));
    watches
}

/// The stopwatch of a course that started then and has not ended; a new one if there is none.
fn open(
    watches: &mut Vec<RowBuilder>,
    stopwatch_kind: StopwatchKindId,
    measure: Measure,
    started: Timestamp,
) -> usize {
    let is_open = |builder: &RowBuilder| {
        builder.stopwatch_kind == stopwatch_kind
            && builder.started == started
            && builder.ended.is_none()
    };
    watches.iter().rposition(is_open).unwrap_or_else(|| {
        watches.push(RowBuilder::new(stopwatch_kind, measure, started));
        watches.len() - 1
    })
}

impl RowBuilder {
    fn new(stopwatch_kind: StopwatchKindId, measure: Measure, started: Timestamp) -> Self {
        Self {
            stopwatch_kind,
            measure,
            started,
            ended: None,
            running: None,
            position: Vec::new(),
            unseen: Vec::new(),
        }
    }

    fn run(&mut self, running: &Running, at: Timestamp) {
        self.position.append(&mut self.unseen);
        stand(&mut self.position, running, at);
        self.running = Some(running.clone());
    }

    fn run_unseen(&mut self, running: &Running, at: Timestamp) {
        stand(&mut self.unseen, running, at);
    }

    /// Its ending is taken back.
    fn go_on(&mut self) {
        self.ended = None;
        self.position.append(&mut self.unseen);
    }

    fn end(&mut self, ended: &Ended) {
        // A count has no hands; and what ended with a sample stands still until that is withdrawn.
        if ended.ending == Ending::Answered && ended.measure.is_timed() {
            let position = StopwatchPosition {
                is_paused: true,
                calendar: ended.elapsed.ms(),
                open: ended.open.ms(),
            };
            let scope = self.position.last().map_or(ended.scope, |(_, _, scope)| *scope);
            self.position.push((ended.at, position, scope));
        }
        self.ended = Some(ended.clone());
    }

    fn is_answered(&self) -> bool {
        self.ended.as_ref().is_some_and(|ended| ended.ending == Ending::Answered)
    }

    /// The first instant at which it reaches a target, at or before `until` where that is known; later only
    /// where it still runs.
    fn due(&self, target: Elapsed, basis: Basis, catalog: &Catalog) -> Option<Timestamp> {
        let reaches = |(from, position, scope): &(Timestamp, StopwatchPosition, ScopeId)| {
            if position.is_paused {
                return None;
            }
            let constant = position.of(basis).saturating_add(target.ms());
            let at = match basis {
                Basis::Calendar => Timestamp::from_ms(constant),
                Basis::Open => catalog
                    .calendar(catalog.calendar_id_of(self.stopwatch_kind, *scope))
                    .reaches(constant)?,
            };
            Some(at.max(*from))
        };
        let mut last = None;
        for (index, stretch) in self.position.iter().enumerate() {
            let until = self.position.get(index + 1).map(|(from, ..)| *from);
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
fn stand(
    position: &mut Vec<(Timestamp, StopwatchPosition, ScopeId)>,
    running: &Running,
    at: Timestamp,
) {
    let stands = (running.position, running.scope);
    if position.last().is_none_or(|(_, position, scope)| (*position, *scope) != stands) {
        position.push((at, stands.0, stands.1));
    }
}

/// The rows of stopwatches, numbered by measure.
fn rows(
    ticket: &str,
    watches: Vec<RowBuilder>,
    catalog: &Catalog,
    now: Timestamp,
) -> Vec<StopwatchRow> {
    let mut rows: Vec<StopwatchRow> = Vec::new();
    for builder in watches {
        if !is_shown(&builder, catalog) {
            continue;
        }
        let pauses = own_pauses(builder.stopwatch_kind, catalog);
        let before =
            rows.iter().filter(|row| row.measure == builder.measure && row.pauses == pauses);
        let n = before.count() + 1;
        if let Some(row) = row(ticket, n, &builder, pauses, catalog, now) {
            rows.push(row);
        }
    }
    rows
}

/// Whether a stopwatch is shown: a measure's own, unless its team and the organisation judge that measure by
/// others alone; and those by which they do.
fn is_shown(builder: &RowBuilder, catalog: &Catalog) -> bool {
    let scope = match (&builder.ended, &builder.running) {
        (Some(ended), _) => ended.scope,
        (None, Some(running)) => running.scope,
        (None, None) => return false,
    };
    let judges = |stopwatch_kind| {
        let scopes = [scope, catalog.organisation()];
        scopes.into_iter().any(|scope| !catalog.judging(scope, stopwatch_kind).is_empty())
    };
    judges(builder.stopwatch_kind)
        || catalog.is_standard(builder.stopwatch_kind)
            && !catalog.stopwatch_kinds_of(builder.measure).any(judges)
}

fn own_pauses(stopwatch_kind: StopwatchKindId, catalog: &Catalog) -> Option<Vec<&'static str>> {
    let stopwatch_kind = catalog.stopwatch_kind(stopwatch_kind);
    let Pauses { pending, on_hold } = stopwatch_kind.pauses;
    let named = [("pending", pending), ("on_hold", on_hold)];
    let named = named.into_iter().filter(|(_, pauses)| *pauses).map(|(name, _)| name).collect();
    (stopwatch_kind.pauses != stopwatch_kind.measure.pauses()).then_some(named)
}

fn row(
    ticket: &str,
    n: usize,
    builder: &RowBuilder,
    pauses: Option<Vec<&'static str>>,
    catalog: &Catalog,
    now: Timestamp,
) -> Option<StopwatchRow> {
    let (scope, priority, at) = match (&builder.ended, &builder.running) {
        (Some(ended), _) => (ended.scope, ended.priority, ended.at),
        (None, Some(running)) => (running.scope, running.priority, now),
        (None, None) => return None,
    };
    let judged = judge(builder.stopwatch_kind, scope, catalog);
    let target = judged.map(|id| catalog.objective(id).1.level_at(at).target(priority));
    let (state, elapsed, given_up) = match (&builder.ended, &builder.running) {
        (Some(ended), _) => {
            let (state, given_up) = match ended.ending {
                Ending::Answered => ("stopped", None),
                Ending::GivenUp(reason) if reason.is_decided() => ("given_up", Some(reason)),
                Ending::GivenUp(reason) => ("cancelled", Some(reason)),
            };
            (state, [ended.elapsed, ended.open], given_up)
        }
        (None, Some(running)) => {
            let calendar = catalog.calendar(catalog.calendar_id_of(builder.stopwatch_kind, scope));
            let elapsed = running.position.elapsed(now, calendar.cumulative(now));
            (if running.position.is_paused { "paused" } else { "running" }, elapsed, None)
        }
        (None, None) => return None,
    };
    // Where no team has hours, open time is calendar time.
    let elapsed = if catalog.has_calendars() { elapsed } else { [elapsed[0]; 2] };
    let over = match (&builder.ended, &builder.running, judged.zip(target)) {
        (Some(ended), _, Some((id, _))) => ended.missed.contains(&id),
        (None, Some(running), Some((id, target))) => {
            running.over.contains(&id) || elapsed[target.basis.index()] > target.elapsed
        }
        _ => false,
    };
    let amount = |raw: Elapsed| builder.measure.amount(raw);
    Some(StopwatchRow {
        ticket: ticket.to_owned(),
        measure: builder.measure,
        n,
        team: catalog.scope_name(scope).unwrap_or_default().into(),
        started_at: builder.started,
        stopped_at: builder.ended.as_ref().map(|ended| ended.at),
        state,
        elapsed_calendar: amount(elapsed[0]),
        elapsed_open: amount(elapsed[1]),
        target: target.map(|target| amount(target.elapsed)),
        due_at: target.and_then(|target| builder.due(target.elapsed, target.basis, catalog)),
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
fn judge(
    stopwatch_kind: StopwatchKindId,
    scope: ScopeId,
    catalog: &Catalog,
) -> Option<ObjectiveId> {
    [scope, catalog.organisation()].into_iter().find_map(|scope| {
        let judging = catalog.judging(scope, stopwatch_kind);
        let is_share = |id: &&ObjectiveId| {
            matches!(catalog.objective(**id).1, Objective { level: Level::Within { .. }, .. })
        };
        judging.iter().find(is_share).or(judging.first()).copied()
    })
}
