//! Gaming: no action on an overdue ticket but an answer improves a verdict.
//!
//! Method: a generated history is read with and without further events on a ticket that has waited
//! over the target of an objective. These events solve, close, merge, pause, re-prioritise or
//! reopen the ticket, and have no team. They must leave every verdict of that objective at least as
//! bad until one window later.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use vaste::agreement::{Level, Objective};
use vaste::catalog::Catalog;
use vaste::event::{Event, Kind, Priority};
use vaste::measure::Measure;
use vaste::reading::Verdict;
use vaste::time::{Elapsed, MINUTE_MS, Timestamp};
use vaste::window::from_of;

use crate::generate::{BEGIN_MS, DECLARED, History, history};
use crate::history::{Pipeline, event};

/// An action on an overdue ticket that is no answer.
fn move_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        2 => Just(Kind::Solved),
        2 => Just(Kind::Closed),
        2 => Just(Kind::Merged),
        1 => Just(Kind::Pending),
        1 => Just(Kind::OnHold),
        2 => Just(Kind::Reopened),
        1 => Just(Kind::Resumed),
        3 => Just(Kind::NoteAdded),
    ]
}

/// Actions with the minutes between them, and a priority where one is set.
fn moves() -> impl Strategy<Value = Vec<(Kind, i64, Option<Priority>)>> {
    let priority = proptest::option::of((0_usize..4).prop_map(|index| Priority::ALL[index]));
    proptest::collection::vec((move_kind(), 0_i64..90, priority), 1..6)
}

fn verdicts(
    catalog: &Arc<Catalog>,
    events: &[Event<'static>],
    nows: &[Timestamp],
) -> Vec<Vec<Verdict>> {
    let mut pipeline = Pipeline::new(catalog, 1, Timestamp::from_ms(BEGIN_MS));
    for event in events {
        pipeline.apply(event);
    }
    nows.iter().map(|&now| pipeline.advance(now).verdicts()).collect()
}

/// Whether the verdict and its counts are no better after the actions.
fn is_no_better(played: &Verdict, honest: &Verdict) -> bool {
    // The states are declared in order of precedence.
    played.missed >= honest.missed && played.state <= honest.state
}

/// Whether an action may rightly end the wait of the objective: a solve is what `resolution` asks
/// for, and under `none_over` a ticket that was served waits no longer.
fn ends_by_solving(objective: &Objective) -> bool {
    let limits_all = matches!(objective.level, Level::NoneOver(_));
    let is_solving = matches!(
        objective.measure,
        Measure::CustomerWait | Measure::AgentWork | Measure::Resolution | Measure::FirstResolution
    );
    // Each reopening starts another ownership period, which may be short. And another level may
    // come into force meanwhile, under which the wait is no miss.
    limits_all && is_solving
        || objective.measure == Measure::Ownership
        || !objective.previous_levels.is_empty()
}

fn check(
    history: &History,
    moves: &[(Kind, i64, Option<Priority>)],
) -> Result<bool, TestCaseError> {
    let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
    let now = history.instants[0];
    let known: Vec<Event<'static>> =
        history.events.iter().filter(|event| event.time <= now).cloned().collect();
    let mut seen_overdue = false;
    for ticket in 0..4 {
        let ticket = format!("T-{ticket}");
        for (index, (id, _, objective)) in catalog.objectives().enumerate() {
            if ends_by_solving(objective) || !overdue_alone(&catalog, &known, &ticket, now, id) {
                continue;
            }
            seen_overdue = true;
            let mut played = known.clone();
            // After `now`: at the same instant `solved` sorts before a known `assigned`.
            let mut at = now.plus(Elapsed::from_ms(1));
            let mut nows = vec![now];
            for (number, (kind, minutes, priority)) in (0..).zip(moves) {
                at = at.plus(Elapsed::from_ms(minutes * MINUTE_MS));
                let mut event = event(*kind, &ticket, at, u64::MAX - number);
                event.priority = *priority;
                played.push(event);
                nows.push(at);
            }
            // Until the window that held the first action no longer does: the wait ended then at
            // the earliest.
            let moved = nows[1];
            let end = moved.plus(objective.over);
            nows.extend(
                (0..20).map(|step| Timestamp::from_ms(at.ms() + end.since(at).ms() * step / 20)),
            );
            nows.retain(|now| from_of(*now, objective.over) <= moved);
            nows.sort_unstable();
            let honest = verdicts(&catalog, &known, &nows);
            let gamed = verdicts(&catalog, &played, &nows);
            for ((honest, gamed), now) in honest.iter().zip(&gamed).zip(&nows) {
                prop_assert!(
                    is_no_better(&gamed[index], &honest[index]),
                    "at {now}: {:?}\ninstead of {:?}\nby {moves:?} on {ticket}",
                    gamed[index],
                    honest[index]
                );
            }
        }
    }
    Ok(seen_overdue)
}

/// Whether this waiting ticket is decided and missed for the objective.
fn overdue_alone(
    catalog: &Arc<Catalog>,
    known: &[Event<'static>],
    ticket: &str,
    now: Timestamp,
    id: vaste::catalog::ObjectiveId,
) -> bool {
    let subject = vaste::event::Subject::Ticket(ticket.into());
    let mut pipeline = Pipeline::new(catalog, 1, Timestamp::from_ms(BEGIN_MS));
    for event in known.iter().filter(|event| event.subject == subject) {
        pipeline.apply(event);
    }
    let view = pipeline.advance(now);
    let (scope, objective) = catalog.objective(id);
    let team = catalog.scope_name(scope);
    let waits = view.readings().iter().any(|reading| {
        reading.team.as_deref() == team
            && reading.measure == objective.measure
            && reading.waiting > 0
    });
    waits && view.tally(id).missed > 0 && !has_finished(view, objective)
}

/// Whether an earlier, finished wait of the ticket is in a window: its miss may rightly leave it.
fn has_finished(view: &vaste::view::View, objective: &Objective) -> bool {
    view.readings().iter().any(|reading| {
        reading.measure == objective.measure && (reading.answered > 0 || reading.given_up > 0)
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: Some(Box::new(
            FileFailurePersistence::Direct("tests/regressions/gaming.txt")
        )),
        ..ProptestConfig::default()
    })]

    #[test]
    fn handling_an_overdue_ticket_without_an_answer_never_improves_its_verdict(
        history in history(), moves in moves(),
    ) {
        check(&history, &moves)?;
    }
}

#[test]
fn generated_histories_often_hold_overdue_tickets() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut overdue = 0;
    for _ in 0..300 {
        let history = history().new_tree(&mut runner).unwrap().current();
        let moves = moves().new_tree(&mut runner).unwrap().current();
        overdue += usize::from(check(&history, &moves).unwrap());
    }
    assert!(overdue >= 60, "{overdue} of 300; teams {DECLARED:?}");
}
