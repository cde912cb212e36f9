//! Nobody can turn red to green by handling a ticket that is overdue without answering it.
//!
//! Method: a generated history is read with and without further events on a ticket that waits over the
//! target of an objective. Solving, closing, merging, pausing or re-prioritising it, reopening it in
//! between, by events without a team, must leave every verdict of that objective at least as bad until one
//! window later.

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

/// What is done to an overdue ticket instead of answering it.
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

/// Moves with the minutes between them, and a priority where one is set.
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

/// The objective's verdict and tally are no better for the moves.
fn is_no_better(played: &Verdict, honest: &Verdict) -> bool {
    // The states are declared in the order in which they outrank each other.
    played.missed >= honest.missed && played.state <= honest.state
}

/// Whether a move can lawfully end the wait that the objective is about: solving is what `resolution` asks
/// for, and with no share agreed on, who was served in the end waits no longer.
fn ends_by_solving(objective: &Objective) -> bool {
    let limits_all = matches!(objective.level, Level::NoneOver(_));
    let is_solving = matches!(
        objective.measure,
        Measure::CustomerWait | Measure::AgentWork | Measure::Resolution | Measure::FirstResolution
    );
    // Each reopening begins another stint of ownership, which may be short. And another level may come into
    // force meanwhile, by which it is no miss.
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
            // After `now`: at one instant `solved` sorts before an `assigned` that is known.
            let mut at = now.plus(Elapsed::from_ms(1));
            let mut nows = vec![now];
            for (number, (kind, minutes, priority)) in (0..).zip(moves) {
                at = at.plus(Elapsed::from_ms(minutes * MINUTE_MS));
                let mut event = event(*kind, &ticket, at, u64::MAX - number);
                event.priority = *priority;
                played.push(event);
                nows.push(at);
            }
            // Until the window that held the first move no longer does: the wait ended then at the
            // earliest.
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

/// Whether this ticket is decided and missed for the objective while it waits.
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
    fn handling_an_overdue_ticket_without_answering_never_improves_its_verdict(
        history in history(), moves in moves(),
    ) {
        check(&history, &moves)?;
    }
}

#[test]
fn histories_hold_overdue_tickets_often_enough_for_the_property_to_mean_something() {
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
