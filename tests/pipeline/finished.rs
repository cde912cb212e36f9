//! A finished miss stays until its ticket is solved again, whatever else happens to the ticket after it is
//! reopened.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use vaste::agreement::Level;
use vaste::catalog::Catalog;
use vaste::event::Kind;
use vaste::measure::Measure;
use vaste::time::Timestamp;
use vaste::view::View;
use vaste::window::from_of;

use crate::gaming::{Act, acts, any_instant, is_no_better, played};
use crate::generate::{BEGIN_MS, History, history};
use crate::history::{Pipeline, event};

/// Whether the ticket waits for nothing any more, and was late. One that left without an end still waits.
fn finished_late(view: &View, id: vaste::catalog::ObjectiveId) -> bool {
    let (_, objective) = view.catalog().objective(id);
    let organisation = view.catalog().organisation();
    let given_up = view.given_up(organisation, objective.measure, objective.over);
    let waits = view.readings().iter().any(|reading| reading.waiting > 0);
    let is_finished = !waits && given_up.iter().all(|count| *count == 0);
    is_finished && view.tally(id).missed > 0 && matches!(objective.level, Level::Within { .. })
}

/// The ticket is solved and reopened, and then anything happens to it but a solve or an answer.
fn check_finished(history: &History, acts: &[(Act, usize, i64)]) -> Result<bool, TestCaseError> {
    let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
    let now = any_instant(history);
    let begin = Timestamp::from_ms(BEGIN_MS);
    let mut seen_late = false;
    for ticket in 0..4 {
        let subject = vaste::event::Subject::Ticket(format!("T-{ticket}").into());
        let known = history.events.iter().filter(|e| e.time <= now && e.subject == subject);
        let mut pipeline = Pipeline::new(&catalog, 1, begin);
        known.for_each(|event| drop(pipeline.apply(event)));
        let solved = event(Kind::Solved, &format!("T-{ticket}"), now, u64::MAX - 100);
        pipeline.apply(&solved);
        let view = pipeline.advance(now);
        let late: Vec<_> = catalog
            .objectives()
            .filter(|(id, scope, objective)| {
                // Moved, a ticket goes by other hours: a later wait of the organisation may be in time. And
                // another level may come into force meanwhile.
                let is_steady = *scope != catalog.organisation()
                    && objective.previous_levels.is_empty()
                    && objective.measure != Measure::Ownership;
                is_steady && finished_late(view, *id)
            })
            .map(|(id, _, objective)| (id, objective.over, view.verdict(id)))
            .collect();
        if late.is_empty() {
            continue;
        }
        seen_late = true;
        let reopened = (Act::Plain(Kind::Reopened), ticket, 0);
        let acts = acts.iter().map(|(act, _, minutes)| (act.clone(), ticket, *minutes));
        let acts: Vec<_> = std::iter::once(reopened).chain(acts).collect();
        let events = played(now, &acts);
        events.iter().for_each(|event| drop(pipeline.apply(event)));
        for at in events.iter().map(|event| event.time) {
            let view = pipeline.advance(at);
            // In a window that begins where it did, the miss is still there.
            let same = late.iter().filter(|(_, over, _)| from_of(at, *over) == from_of(now, *over));
            for (id, _, honest) in same {
                let verdict = view.verdict(*id);
                prop_assert!(
                    is_no_better(&verdict, honest),
                    "at {at}: {verdict:?}\ninstead of {honest:?}\nby {events:?}"
                );
            }
        }
    }
    Ok(seen_late)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000,
        failure_persistence: Some(Box::new(
            FileFailurePersistence::Direct("tests/regressions/gaming.txt")
        )),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_finished_miss_stays_until_the_ticket_is_solved_again(history in history(), acts in acts()) {
        check_finished(&history, &acts)?;
    }
}

#[test]
fn generated_histories_often_hold_finished_misses() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut late = 0;
    for _ in 0..300 {
        let history = history().new_tree(&mut runner).unwrap().current();
        let acts = acts().new_tree(&mut runner).unwrap().current();
        late += usize::from(check_finished(&history, &acts).unwrap());
    }
    assert!(late >= 30, "{late} of 300");
}
