//! An explanation agrees with the numbers that it explains. Its rows equal the readings of the
//! naive model, its due times equal the elapsed time then, and its stretches cover the life of the
//! ticket.
//!
//! Method: generated histories, explained ticket by ticket at several instants. A due time is
//! checked with a second explanation as of that instant.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use vaste::agreement::{About, Agreement, Level, Objective, Owner, Target, TargetShown};
use vaste::amount::Amount;
use vaste::catalog::Catalog;
use vaste::event::{Event, Kind, Priority, Subject};
use vaste::explain::{Explained, StopwatchRow};
use vaste::measure::Measure;
use vaste::reading::{BreakdownShown, Seconds};
use vaste::shard::Shard;
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

use crate::convergence::model_of;
use crate::generate::{BEGIN_MS, HOURS, History, cases, history};
use crate::history::{event, of_team};
use crate::naive;

/// Histories of each test.
const CASES: u32 = 3_000;
/// The beginning of a window that holds everything.
const EVER: i64 = i64::MIN;

/// Whether a case occurred in at least every third history, so that the test means something.
fn is_enough(seen: usize) -> bool {
    seen * 3 > cases(CASES) as usize
}

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig {
        cases: cases(CASES),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/regressions/explain.txt",
        ))),
        ..ProptestConfig::default()
    })
}

/// Events in a shard, to be explained.
struct Explainer {
    catalog: Arc<Catalog>,
    shard: Shard,
    tickets: BTreeSet<String>,
}

impl Explainer {
    /// All events that a filter keeps.
    fn new(history: &History, catalog: &Arc<Catalog>, keeps: impl Fn(&Event<'_>) -> bool) -> Self {
        let mut shard = Shard::new(Arc::clone(catalog));
        let mut tickets = BTreeSet::new();
        for event in history.events.iter().filter(|event| keeps(event)) {
            shard.apply(event, &mut ());
            if let Subject::Ticket(ticket) = &event.subject {
                tickets.insert(ticket.to_string());
            }
        }
        Self { catalog: Arc::clone(catalog), shard, tickets }
    }

    fn explain(&mut self, ticket: &str, now: Timestamp) -> Explained<'_> {
        let steps = self.shard.trace(ticket, now).unwrap();
        Explained::new(ticket, steps, &self.catalog, now)
    }

    /// All rows of all tickets.
    fn rows(&mut self, now: Timestamp) -> Vec<StopwatchRow> {
        let tickets: Vec<String> = self.tickets.iter().cloned().collect();
        tickets.iter().flat_map(|ticket| self.explain(ticket, now).rows().to_vec()).collect()
    }
}

/// The same agreements without pauses of their own, so that every stopwatch is that of its measure.
fn without_own_pauses(mut history: History) -> History {
    for line in history.agreements.iter_mut().flat_map(|agreement| &mut agreement.objectives) {
        line.pauses = None;
    }
    history
}

#[test]
fn rows_are_the_waits_of_the_naive_model() {
    let seen = Cell::new([0_usize; 3]);
    let law = |history: History| {
        let history = without_own_pauses(history);
        let model = model_of(&history);
        let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
        let mut explainer = Explainer::new(&history, &catalog, |_| true);
        for &now in &history.instants {
            let rows = explainer.rows(now);
            for measure in Measure::ALL {
                let rows: Vec<&StopwatchRow> =
                    rows.iter().filter(|row| row.measure == measure).collect();
                for basis in [naive::Basis::Calendar, naive::Basis::Open] {
                    let reading = model.reading(None, measure, basis, None, EVER, now.ms(), &[]);
                    let at = format!("{measure:?} {basis:?} at {now}");
                    let answered = elapsed(&rows, &["stopped"], basis);
                    let waiting = elapsed(&rows, &["running", "paused"], basis);
                    let given_up = rows.iter().filter(|row| row.state == "given_up").count();
                    let [a, w, g] = seen.get();
                    seen.set([a + answered.len(), w + waiting.len(), g + given_up]);
                    prop_assert_eq!(answered, reading.answered, "answered: {}", at);
                    prop_assert_eq!(waiting, reading.waiting, "waiting: {}", at);
                    prop_assert_eq!(given_up as u64, reading.given_up, "given up: {}", at);
                }
            }
        }
        Ok(())
    };
    runner().run(&history(), law).unwrap();
    assert!(seen.get().into_iter().all(is_enough), "too few cases: {:?}", seen.get());
}

/// The elapsed times of the rows in these states, ascending. For a count, the counts.
fn elapsed(rows: &[&StopwatchRow], states: &[&str], basis: naive::Basis) -> Vec<i64> {
    let some = rows.iter().filter(|row| states.contains(&row.state));
    let elapsed = some.map(|row| {
        let [calendar, open] = both(row).map(raw);
        match basis {
            naive::Basis::Calendar => calendar,
            naive::Basis::Open => open,
        }
    });
    let mut elapsed: Vec<i64> = elapsed.collect();
    elapsed.sort_unstable();
    elapsed
}

fn both(row: &StopwatchRow) -> [Amount; 2] {
    [row.elapsed_calendar, row.elapsed_open]
}

/// Milliseconds of a time, the number of a count.
fn raw(amount: Amount) -> i64 {
    match amount {
        Amount::Time(elapsed) => elapsed.ms(),
        Amount::Count { thousandths } => thousandths / 1_000,
    }
}

#[test]
fn at_the_due_time_the_target_had_elapsed_and_no_sooner() {
    let seen = Cell::new([0_usize; 3]);
    let count = |which: usize| {
        let mut counts = seen.get();
        counts[which] += 1;
        seen.set(counts);
    };
    let law = |history: History| {
        let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
        for &now in &history.instants {
            // No further event comes, so that the due time is reached as predicted.
            let mut explainer = Explainer::new(&history, &catalog, |event| event.time <= now);
            for row in explainer.rows(now) {
                let target = match row.target {
                    Some(TargetShown::Amount(target @ Amount::Time(_))) => target,
                    // What working days allow depends on who held the ticket when.
                    Some(TargetShown::WorkingDays(_)) => continue,
                    Some(TargetShown::Amount(Amount::Count { .. })) | None => {
                        prop_assert_eq!(row.due_at, None);
                        continue;
                    }
                };
                let bases = bases(&row, &history.agreements, now);
                prop_assert!(!bases.is_empty(), "no objective has the target of {:?}", row);
                let end = row.stopped_at.unwrap_or(now);
                let Some(due) = row.due_at else {
                    // It has not run that long, and it is paused or has ended.
                    let is_below = |basis: &usize| both(&row)[*basis] < target;
                    prop_assert!(bases.iter().any(is_below), "{:?} has no due time", row);
                    prop_assert!(row.state != "running", "{:?} has no due time", row);
                    continue;
                };
                prop_assert!(due >= row.started_at, "{:?} is due before it started", row);
                let is_reached = |basis: &usize| (due <= end) == (both(&row)[*basis] >= target);
                prop_assert!(bases.iter().any(is_reached), "{:?} is not due by {}", row, end);
                count(usize::from(due > now));
                // A row that ended in time would have been due then.
                if row.stopped_at.is_some_and(|stopped| stopped < due) {
                    continue;
                }
                // A question on a solved or given-up ticket did not run then.
                let Some(then) = running_then(&mut explainer, &row, due) else { continue };
                let just_before = due.minus(Elapsed::from_ms(1)).max(row.started_at);
                let before = running_then(&mut explainer, &row, just_before);
                // A wait that is taken over may be over target at once.
                let was_later = |before: &StopwatchRow| before.started_at > then.started_at;
                let is_inherited = then.started_at < due && before.as_ref().is_none_or(was_later);
                let fits = |basis: &usize| {
                    let is_sooner = before
                        .as_ref()
                        .is_some_and(|before| just_before < due && both(before)[*basis] >= target);
                    let elapsed = both(&then)[*basis];
                    (elapsed == target || is_inherited && elapsed > target) && !is_sooner
                };
                prop_assert!(
                    bases.iter().any(fits),
                    "{:?}\nwas {:?} at its due time and {:?} just before",
                    row,
                    then,
                    before
                );
                count(2);
            }
        }
        Ok(())
    };
    runner().run(&history(), law).unwrap();
    assert!(seen.get().into_iter().all(is_enough), "too few cases: {:?}", seen.get());
}

/// The bases (calendar 0, open 1) of the objectives that may have given a row its target: those of
/// its team or the organisation with that measure, those pauses, and that target for any priority.
fn bases(row: &StopwatchRow, agreements: &[Agreement], now: Timestamp) -> BTreeSet<usize> {
    let mut bases = BTreeSet::new();
    for agreement in agreements {
        let concerns = match &agreement.owner {
            Owner::Team(team) => *team == row.team,
            Owner::Organisation => true,
        };
        let lines = agreement.objectives.iter();
        for line in lines.filter(|line| concerns && line.measure == row.measure) {
            let level = line.level_at(row.stopped_at.unwrap_or(now));
            let priorities = Priority::ALL.map(Some);
            for priority in priorities.into_iter().chain([None]) {
                let target = level.target(priority);
                if line.pauses.is_some() == row.pauses.is_some()
                    && Some(target.shown(row.measure)) == row.target
                {
                    bases.insert(target.basis().index());
                }
            }
        }
    }
    bases
}

/// The same stopwatch as of another instant, if it was running or paused then.
fn running_then(
    explainer: &mut Explainer,
    row: &StopwatchRow,
    at: Timestamp,
) -> Option<StopwatchRow> {
    let is_same = |then: &&StopwatchRow| {
        // Not by its start: that may be moved back later, when its ticket takes over another.
        (then.measure, &then.pauses, then.n) == (row.measure, &row.pauses, row.n)
            && ["running", "paused"].contains(&then.state)
    };
    explainer.explain(&row.ticket, at).rows().iter().find(is_same).cloned()
}

#[test]
fn the_breakdown_of_a_ticket_covers_all_its_open_and_paused_time() {
    let seen = Cell::new(0_usize);
    let law = |history: History| {
        let model = model_of(&history);
        let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
        let mut explainer = Explainer::new(&history, &catalog, |_| true);
        for &now in &history.instants {
            let expected = model.worked_on(now.ms());
            let tickets: Vec<String> = explainer.tickets.iter().cloned().collect();
            prop_assert_eq!(expected.len(), tickets.len());
            for (ticket, expected) in tickets.iter().zip(expected) {
                let explained = explainer.explain(ticket, now);
                prop_assert_eq!(sum(&explained.breakdown()), expected, "{} at {}", ticket, now);
                let stretches = explained.stretches();
                let touches = stretches.windows(2).all(|pair| pair[0].to == pair[1].from);
                prop_assert!(touches, "{} at {}: {:?}", ticket, now, stretches);
                seen.set(seen.get() + usize::from(expected > 0));
            }
        }
        Ok(())
    };
    runner().run(&history(), law).unwrap();
    assert!(is_enough(seen.get()), "too few cases: {}", seen.get());
}

fn sum(breakdown: &BreakdownShown) -> i64 {
    let locations = [breakdown.unclaimed, breakdown.pending, breakdown.on_hold, breakdown.closed];
    let all = locations.iter().chain(breakdown.teams.values());
    all.map(|Seconds(elapsed)| elapsed.ms()).sum()
}

/// The rows of the only ticket of a history as of an instant, by one objective of billing.
fn explained_rows(
    measure: Measure,
    hours: Option<usize>,
    events: &[Event<'static>],
    now: i64,
) -> Vec<StopwatchRow> {
    let day = Elapsed::from_ms(DAY_MS);
    let level = Level::Within {
        target: if hours.is_some() { Target::open(day) } else { Target::calendar(day) },
        by_priority: [None; 4],
        share: Share::EIGHTY_PERCENT,
        min_tickets: 1,
    };
    let agreement = Agreement {
        owner: Owner::Team("billing".into()),
        hours: hours.map(|index| Arc::clone(&HOURS[index].fast)),
        objectives: vec![Objective::new("o", measure, level)],
        about: About::default(),
    };
    let catalog = Arc::new(Catalog::new(&[agreement], &[measure]));
    let mut shard = Shard::new(Arc::clone(&catalog));
    for event in events {
        shard.apply(event, &mut ());
    }
    let now = Timestamp::from_ms(BEGIN_MS + now);
    Explained::new("T", shard.trace("T", now).unwrap(), &catalog, now).rows().to_vec()
}

fn at(kind: Kind, ms: i64, identity: u64) -> Event<'static> {
    event(kind, "T", Timestamp::from_ms(BEGIN_MS + ms), identity)
}

#[test]
fn a_wait_given_up_while_paused_has_no_due_time_2026_11_24() {
    let events = [
        of_team(at(Kind::Created, 0, 0), "billing"),
        at(Kind::Pending, HOUR_MS, 1),
        at(Kind::Merged, 3 * DAY_MS, 2),
    ];
    let rows = explained_rows(Measure::CustomerWait, None, &events, 3 * DAY_MS);
    assert_eq!((rows[0].state, rows[0].due_at, rows[0].over), ("given_up", None, false));
}

#[test]
fn a_wait_that_goes_on_after_it_was_given_up_is_due_by_the_hours_of_its_holders_2026_11_24() {
    // The ticket is solved without an answer, and billing gets it then. From there on its due time
    // follows billing's nights in Nepal.
    let events = [
        at(Kind::Created, 0, 0),
        at(Kind::Solved, HOUR_MS, 1),
        of_team(at(Kind::Assigned, HOUR_MS, 2), "billing"),
        of_team(at(Kind::AgentReplied, 9 * DAY_MS, 3), "billing"),
    ];
    let rows = explained_rows(Measure::FirstReply, Some(1), &events, 9 * DAY_MS);
    let due = rows[0].due_at.unwrap();
    let begun = Timestamp::from_ms(BEGIN_MS + HOUR_MS);
    let left = Elapsed::from_ms(DAY_MS - HOUR_MS);
    assert_eq!(Some(due), HOURS[1].fast.due(begun, left));
    assert!(rows[0].over);
}
