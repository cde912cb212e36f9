//! One ticket explained: its events, where it waited, and every stopwatch with its due time.
//!
//! # Design
//! Nothing is measured here. The state machine that feeds the windows runs event by event, and each [`Step`]
//! holds what it emitted. This module only arranges that in rows, so an explanation cannot disagree with the
//! number that it explains.
//!
//! ```text
//! Step (event, ended, running) ─► RowBuilder, one a stopwatch ─► StopwatchRow ─┬─► JSON
//!          └─────────────────────► Stretch, where the ticket was when ─────────┴─► text (explain::text)
//! ```

use serde::Serialize;

use crate::agreement::{Level, Target, TargetShown};
use crate::amount::Amount;
use crate::catalog::{Catalog, ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::{Basis, Measure, Pauses};
use crate::reading::BreakdownShown;
use crate::ticket::{
    Breakdown, ElapsedByBasis, Ended, Ending, GivenUp, Running, Step, StopwatchPosition,
    TicketPosition, WaitLocation,
};
use crate::time::{Elapsed, Timestamp};

mod life;
mod stretch;
mod text;

#[cfg(test)]
mod tests;

pub use life::{EventNews, LifeLine, LifeMark, TicketCondition};
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

/// One stopwatch of the ticket. Its JSON is a stable interface.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StopwatchRow {
    /// The ticket.
    pub ticket: String,
    /// What it measures.
    #[serde(serialize_with = "crate::reading::measure_label")]
    pub measure: Measure,
    /// The number among the ticket's stopwatches of that measure, from 1.
    pub n: usize,
    /// The team that it counts for, or `unclaimed`.
    pub team: Box<str>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended; `None` while it runs or is paused.
    pub stopped_at: Option<Timestamp>,
    /// `running`, `paused`, `stopped`, `given_up` (solved, closed or merged without a reply) or `cancelled`
    /// (deleted, spam, no reply needed, or reopened: finished late and not solved again).
    pub state: &'static str,
    /// The calendar time that it ran, or the count.
    pub elapsed_calendar: Amount,
    /// The open time that it ran, each stretch by the calendar of its holder then; or the count.
    pub elapsed_open: Amount,
    /// The target of the objective that judges it; `None` without one.
    pub target: Option<TargetShown>,
    /// When the target is or was used up. `None` without a target, and where it is paused, or ended paused,
    /// before that.
    pub due_at: Option<Timestamp>,
    /// Whether it is over target, or was when it ended.
    pub over: bool,
    /// What pauses it; present only where an objective has pauses of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pauses: Option<Vec<&'static str>>,
    #[serde(skip)]
    objective: Option<ObjectiveId>,
    /// How long it may run to be within the target.
    #[serde(skip)]
    allowance: Option<Amount>,
    #[serde(skip)]
    basis: Basis,
    #[serde(skip)]
    priority: Option<Priority>,
    #[serde(skip)]
    given_up: Option<GivenUp>,
}

impl StopwatchRow {
    /// The objective that it is compared with; `None` without one.
    pub fn objective(&self) -> Option<ObjectiveId> {
        self.objective
    }

    /// The kind of time of its target.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// How long it may run to be within the target; `None` without one.
    pub fn allowance(&self) -> Option<Amount> {
        self.allowance
    }

    /// How long it ran in the kind of time of its target.
    pub fn elapsed(&self) -> Amount {
        match self.basis {
            Basis::Calendar => self.elapsed_calendar,
            Basis::Open => self.elapsed_open,
        }
    }

    /// Why it ended without a sample; `None` if it did not.
    pub fn given_up(&self) -> Option<GivenUp> {
        self.given_up
    }
}

/// A stopwatch while its row is built.
struct RowBuilder {
    stopwatch_kind: StopwatchKindId,
    measure: Measure,
    started: Timestamp,
    ended: Option<Ended>,
    running: Option<Running>,
    /// Its positions, each until the next.
    positions: Vec<PositionSince>,
    /// Its positions after it was given up. They count if it goes on as if never given up.
    unseen: Vec<PositionSince>,
}

/// A position of a stopwatch from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PositionSince {
    from: Timestamp,
    position: StopwatchPosition,
    /// The scope that holds the ticket.
    holder: ScopeId,
}

impl<'r> Explained<'r> {
    /// Explains a ticket from its steps up to `now`.
    pub fn new(ticket: &str, steps: Vec<Step>, catalog: &'r Catalog, now: Timestamp) -> Self {
        let builders = builders(&steps);
        let rows = rows(ticket, builders, catalog, now);
        let stretches = stretch::of(&steps, catalog, now);
        Self { catalog, ticket: ticket.to_owned(), now, steps, stretches, rows }
    }

    /// The ticket's id.
    pub fn ticket(&self) -> &str {
        &self.ticket
    }

    /// The catalog that it is explained by.
    pub fn catalog(&self) -> &'r Catalog {
        self.catalog
    }

    /// The instant of the explanation.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The events up to then, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Every stopwatch, in order of measure and start.
    pub fn rows(&self) -> &[StopwatchRow] {
        &self.rows
    }

    /// Where the ticket was and when; open and closed hours are separate stretches.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Where the ticket waited, from its first event on, while neither solved nor gone.
    pub fn breakdown(&self) -> BreakdownShown {
        let mut breakdown = Breakdown::default();
        for stretch in self.stretches.iter().filter(|stretch| stretch.waits()) {
            breakdown.add(stretch.location, stretch.length().ms());
        }
        BreakdownShown::new(breakdown.iter(), self.catalog)
    }
}

/// When the target of an objective was used up by a stopwatch that runs or is paused, as
/// [`StopwatchRow::due_at`] has it. `None` if it was not, and is not if it goes on.
pub(crate) fn due_of(
    steps: &[Step],
    id: ObjectiveId,
    running: &Running,
    catalog: &Catalog,
    now: Timestamp,
) -> Option<Timestamp> {
    let target = catalog.objective(id).1.level_at(now).target(running.priority);
    let builders = builders(steps);
    let own = builders.iter().rfind(|builder| {
        builder.stopwatch_kind == running.stopwatch_kind
            && builder.ended.is_none()
            && builder.started == running.started
    });
    own?.due(target, catalog)
}

/// Collects the stopwatches of all steps.
fn builders(steps: &[Step]) -> Vec<RowBuilder> {
    let mut builders: Vec<RowBuilder> = Vec::new();
    for step in steps {
        for (ended, by) in &step.ended {
            if ended.ending == Ending::GivenUp(GivenUp::Reopened) {
                if *by < 0 {
                    builders.retain(|builder| builder.ended.as_ref() != Some(ended));
                } else if !ended.missed.is_empty() {
                    let withdrawn = RowBuilder::withdrawn(ended, &builders);
                    builders.push(withdrawn);
                }
                continue;
            }
            if *by < 0 {
                let retracted =
                    builders.iter_mut().rev().find(|builder| builder.ended.as_ref() == Some(ended));
                if let Some(builder) = retracted {
                    builder.go_on();
                }
                continue;
            }
            let index = open(&mut builders, ended.stopwatch_kind, ended.measure, ended.started);
            builders[index].end(ended);
        }
        for running in &step.running {
            let index =
                open(&mut builders, running.stopwatch_kind, running.measure, running.started);
            builders[index].run(running, step.at);
        }
        for unseen in &step.suspended {
            let given_up = builders.iter().rposition(|builder| {
                builder.stopwatch_kind == unseen.stopwatch_kind
                    && builder.started >= unseen.started
                    && builder.is_given_up()
            });
            let index = given_up.unwrap_or_else(|| {
                open(&mut builders, unseen.stopwatch_kind, unseen.measure, unseen.started)
            });
            // It starts earlier once its ticket takes over another.
            builders[index].started = unseen.started;
            builders[index].run_unseen(unseen, step.at);
        }
    }
    builders.sort_by_key(|builder| (builder.measure, builder.started));
    builders
}

/// The index of the stopwatch of that kind that has not ended; a new one if there is none.
fn open(
    builders: &mut Vec<RowBuilder>,
    stopwatch_kind: StopwatchKindId,
    measure: Measure,
    started: Timestamp,
) -> usize {
    let is_open = |builder: &RowBuilder| {
        // One that runs starts earlier once its ticket takes over another.
        builder.stopwatch_kind == stopwatch_kind
            && builder.ended.is_none()
            && (builder.started == started || builder.running.is_some())
    };
    if let Some(open) = builders.iter().rposition(is_open) {
        builders[open].started = started;
        return open;
    }
    builders.push(RowBuilder::new(stopwatch_kind, measure, started));
    builders.len() - 1
}

impl RowBuilder {
    fn new(stopwatch_kind: StopwatchKindId, measure: Measure, started: Timestamp) -> Self {
        Self {
            stopwatch_kind,
            measure,
            started,
            ended: None,
            running: None,
            positions: Vec::new(),
            unseen: Vec::new(),
        }
    }

    /// A finished wait that a reopening withdrew, and that stays a miss.
    fn withdrawn(ended: &Ended, others: &[Self]) -> Self {
        let mut builder = Self::new(ended.stopwatch_kind, ended.measure, ended.started);
        let goes_on = others.iter().find(|other| {
            other.stopwatch_kind == ended.stopwatch_kind && other.started == ended.started
        });
        let positions = goes_on.into_iter().flat_map(|other| &other.positions);
        builder.positions.extend(positions.filter(|since| since.from <= ended.at));
        builder.ended = Some(ended.clone());
        builder
    }

    fn run(&mut self, running: &Running, at: Timestamp) {
        self.positions.append(&mut self.unseen);
        let from = self.forget_void(running.position, at);
        push_position(&mut self.positions, running, from);
        self.running = Some(running.clone());
    }

    /// Forgets the positions since a reopening for nothing, if the new position goes back before it. Returns
    /// the instant from which on the new position holds.
    fn forget_void(&mut self, new: StopwatchPosition, at: Timestamp) -> Timestamp {
        let elapsed_at = |position: StopwatchPosition, at: Timestamp| {
            if position.is_paused { position.calendar } else { at.ms() - position.calendar }
        };
        let elapsed = elapsed_at(new, at);
        let is_rewound =
            self.positions.last().is_some_and(|last| elapsed_at(last.position, at) > elapsed);
        let mut from = at;
        while is_rewound
            && let Some(last) =
                self.positions.pop_if(|last| elapsed_at(last.position, last.from) >= elapsed)
        {
            from = last.from;
        }
        from
    }

    fn run_unseen(&mut self, running: &Running, at: Timestamp) {
        push_position(&mut self.unseen, running, at);
    }

    /// Its ending is retracted.
    fn go_on(&mut self) {
        self.ended = None;
        self.positions.append(&mut self.unseen);
    }

    fn end(&mut self, ended: &Ended) {
        // A count has no position. A stopwatch that ended with a sample is paused until the sample is
        // retracted.
        if ended.ending == Ending::Answered && ended.measure.is_timed() {
            let position = StopwatchPosition {
                is_paused: true,
                calendar: ended.elapsed.ms(),
                open: ended.open.ms(),
            };
            let holder = self.positions.last().map_or(ended.scope, |last| last.holder);
            self.positions.push(PositionSince { from: ended.at, position, holder });
        }
        self.ended = Some(ended.clone());
    }

    fn is_answered(&self) -> bool {
        self.ended.as_ref().is_some_and(|ended| ended.ending == Ending::Answered)
    }

    /// Whether it was given up and may go on. One that needs no reply does not, and of one that was reopened
    /// the stopwatch that goes on has a row of its own.
    fn is_given_up(&self) -> bool {
        self.ended.as_ref().is_some_and(|ended| match ended.ending {
            Ending::Answered => false,
            Ending::GivenUp(reason) => {
                !matches!(reason, GivenUp::NoReplyNeeded | GivenUp::Reopened)
            }
        })
    }

    /// Since when it has used up a target, by the holder of each time; else when it will have, if it goes on
    /// running. What it had used up with an earlier holder counts only while it has stayed used up.
    fn due(&self, target: Target, catalog: &Catalog) -> Option<Timestamp> {
        let reaches = |since: &PositionSince| {
            let (kind, basis) = (self.stopwatch_kind, target.basis());
            let allowance = catalog.allowance(target, kind, since.holder, self.started);
            if since.position.is_paused {
                // A wait that it took over while it was paused was longer than the target.
                let is_over = since.position.of(basis) >= allowance.ms();
                return is_over.then_some(since.from);
            }
            let constant = since.position.of(basis).saturating_add(allowance.ms());
            let at = match basis {
                Basis::Calendar => Timestamp::from_ms(constant),
                Basis::Open => catalog
                    .calendar(catalog.calendar_id_of(self.stopwatch_kind, since.holder))
                    .reaches(constant)?,
            };
            Some(at.max(since.from))
        };
        let mut latest_first = self.positions.iter().rev();
        let mut since = latest_first.next()?;
        let Some(mut due) = reaches(since) else {
            // After an answer in time, this is when it would have been due. The due time of a stopwatch that
            // is paused, or was when it was given up, is unknown.
            let before = if self.is_answered() { latest_first.next() } else { None };
            return before.and_then(reaches);
        };
        for before in latest_first {
            // Of positions from the same instant on, only the last one takes time.
            if before.from == since.from {
                continue;
            }
            let earlier = reaches(before).filter(|earlier| *earlier < since.from);
            let Some(earlier) = earlier.filter(|_| due == since.from) else { break };
            (since, due) = (before, earlier);
        }
        Some(due)
    }
}

/// Adds the position of a running stopwatch from `at` on, if it differs from the last one.
fn push_position(positions: &mut Vec<PositionSince>, running: &Running, at: Timestamp) {
    let new = PositionSince { from: at, position: running.position, holder: running.scope };
    let is_same = |last: &PositionSince| last.position == new.position && last.holder == new.holder;
    if !positions.last().is_some_and(is_same) {
        positions.push(new);
    }
}

/// The rows of all stopwatches, numbered by measure.
fn rows(
    ticket: &str,
    builders: Vec<RowBuilder>,
    catalog: &Catalog,
    now: Timestamp,
) -> Vec<StopwatchRow> {
    let mut rows: Vec<StopwatchRow> = Vec::new();
    for builder in builders {
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

/// Whether a stopwatch has a row: if an objective of its team or of the organisation uses its kind. A
/// measure's own stopwatch has one too, unless such objectives use only other kinds of that measure.
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
    let objective = objective_of(builder.stopwatch_kind, scope, catalog);
    let target = objective.map(|id| catalog.objective(id).1.level_at(at).target(priority));
    let allowance = target
        .map(|target| catalog.allowance(target, builder.stopwatch_kind, scope, builder.started));
    let (state, elapsed, given_up) = match (&builder.ended, &builder.running) {
        (Some(ended), _) => {
            let (state, given_up) = match ended.ending {
                Ending::Answered => ("stopped", None),
                Ending::GivenUp(reason) if reason.is_counted_given_up() => {
                    ("given_up", Some(reason))
                }
                Ending::GivenUp(reason) => ("cancelled", Some(reason)),
            };
            let elapsed = ElapsedByBasis { calendar: ended.elapsed, open: ended.open };
            (state, elapsed, given_up)
        }
        (None, Some(running)) => {
            let calendar = catalog.calendar(catalog.calendar_id_of(builder.stopwatch_kind, scope));
            let elapsed = running.position.elapsed(now, calendar.cumulative(now));
            (if running.position.is_paused { "paused" } else { "running" }, elapsed, None)
        }
        (None, None) => return None,
    };
    // Without calendars, open time equals calendar time.
    let open = if catalog.has_calendars() { elapsed.open } else { elapsed.calendar };
    let elapsed = ElapsedByBasis { open, ..elapsed };
    let basis = target.map_or(Basis::Calendar, Target::basis);
    let over = match (&builder.ended, &builder.running, objective.zip(allowance)) {
        (Some(ended), _, Some((id, _))) => ended.missed.contains(&id),
        (None, Some(running), Some((id, allowance))) => {
            running.over.contains(&id) || elapsed.of(basis) > allowance
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
        elapsed_calendar: amount(elapsed.calendar),
        elapsed_open: amount(elapsed.open),
        target: target.map(|target| target.shown(builder.measure)),
        due_at: target.and_then(|target| builder.due(target, catalog)),
        over,
        pauses,
        objective,
        allowance: allowance.map(amount),
        basis,
        priority,
        given_up,
    })
}

/// The objective that a row is compared with: the team's first `within` for that kind of stopwatch, else its
/// first `none_over`, else the organisation's likewise.
fn objective_of(
    stopwatch_kind: StopwatchKindId,
    scope: ScopeId,
    catalog: &Catalog,
) -> Option<ObjectiveId> {
    [scope, catalog.organisation()].into_iter().find_map(|scope| {
        let judging = catalog.judging(scope, stopwatch_kind);
        let is_share =
            |id: &&ObjectiveId| matches!(catalog.objective(**id).1.level, Level::Within { .. });
        judging.iter().find(is_share).or(judging.first()).copied()
    })
}
