//! Gaming: no action on an overdue ticket but an answer improves a verdict.
//!
//! Method: a generated history is read with and without further events on a ticket that has waited
//! over the target of an objective. These events solve, close, merge, delete, pause, re-prioritise
//! or reopen the ticket, and have no team. They must leave every verdict of that objective at least as
//! bad until one window later.
//!
//! A miss that has ended stays likewise, whatever happens to the ticket, until it is solved again.
//!
//! Other acts may make a verdict better without an answer: a ticket is deleted in time, moved,
//! paused, its message said to need no reply.
//! Each of these must be visible in a count of its team and measure.
//!
//! A ticket that is closed just before its target is no miss either. But it is counted as unanswered
//! beside the verdict, and a ceiling that is exceeded leaves no verdict `met`.
//!
//! Spam is no miss. But beyond the share of tickets that may be over target, overdue tickets that are
//! marked as spam leave no verdict `met`.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use vaste::agreement::{Level, Objective, VerdictState};
use vaste::catalog::{Catalog, ScopeId};
use vaste::event::{Event, EventDetail, Kind, Priority};
use vaste::measure::Measure;
use vaste::reading::Verdict;
use vaste::ticket::Flag;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use vaste::view::View;
use vaste::window::from_of;

use crate::generate::{BEGIN_MS, DECLARED, History, history};
use crate::history::{Pipeline, event, of_team};

/// An action on an overdue ticket that is no answer.
fn move_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        2 => Just(Kind::Solved),
        2 => Just(Kind::Closed),
        2 => Just(Kind::Merged),
        1 => Just(Kind::Deleted),
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

/// One of the instants of a history.
pub(crate) fn any_instant(history: &History) -> Timestamp {
    let count = u64::try_from(history.instants.len()).unwrap();
    history.instants[usize::try_from(history.seed % count).unwrap()]
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
pub(crate) fn is_no_better(played: &Verdict, honest: &Verdict) -> bool {
    // One more miss may be the ticket that makes a verdict out of too few.
    let is_first_verdict =
        played.missed > honest.missed && honest.state == VerdictState::InsufficientData;
    // The states are declared in order of precedence.
    played.missed >= honest.missed && (played.state <= honest.state || is_first_verdict)
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
    let now = any_instant(history);
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
fn has_finished(view: &View, objective: &Objective) -> bool {
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

/// An act that is no answer and no solve.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// An event of this kind without fields.
    Plain(Kind),
    /// The ticket goes to another team.
    Move(&'static str),
    /// The ticket takes over another one, which may not wait.
    TakeOver(i64),
    /// The ticket gets the lowest priority.
    Lower,
}

fn act() -> impl Strategy<Value = Act> {
    let kind = prop_oneof![
        Just(Kind::Merged),
        Just(Kind::Deleted),
        Just(Kind::MarkedSpam),
        Just(Kind::Pending),
        Just(Kind::OnHold),
        Just(Kind::NoReplyNeeded),
        Just(Kind::NoReplyNeeded),
        Just(Kind::NoteAdded),
        Just(Kind::BotReplied),
    ];
    prop_oneof![
        6 => kind.prop_map(Act::Plain),
        2 => prop_oneof![Just("billing"), Just("support"), Just("elsewhere")].prop_map(Act::Move),
        1 => (0_i64..4).prop_map(Act::TakeOver),
        2 => Just(Act::Lower),
    ]
}

/// The acts as events after `now`, on these tickets.
pub(crate) fn played(now: Timestamp, acts: &[(Act, usize, i64)]) -> Vec<Event<'static>> {
    let mut at = now.plus(Elapsed::from_ms(1));
    let event_of = |(number, (act, ticket, minutes)): (u64, &(Act, usize, i64))| {
        at = at.plus(Elapsed::from_ms(minutes * MINUTE_MS));
        let on = |kind| event(kind, &format!("T-{ticket}"), at, u64::MAX - number);
        match act {
            Act::Plain(kind) => on(*kind),
            Act::Lower => Event { priority: Some(Priority::Low), ..on(Kind::NoteAdded) },
            Act::Move(team) => of_team(on(Kind::Assigned), team),
            Act::TakeOver(from) => {
                let detail = EventDetail {
                    from: Some(format!("T-{from}").into()),
                    waiting_since: Some(at),
                    ..EventDetail::default()
                };
                Event { detail: Some(Box::new(detail)), ..on(Kind::TookOver) }
            }
        }
    };
    (0..).zip(acts).map(event_of).collect()
}

/// All counts of a team and measure in a window that show acts.
fn counts(view: &View, scope: ScopeId, measure: Measure, window: Elapsed) -> Vec<u64> {
    let flags = view.flags(scope, measure, window);
    let acts = Flag::ALL.map(|flag| flags.of(flag));
    acts.into_iter().chain(view.given_up(scope, measure, window)).collect()
}

fn check_visible(history: &History, acts: &[(Act, usize, i64)]) -> Result<bool, TestCaseError> {
    let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
    let now = any_instant(history);
    let known = || history.events.iter().filter(|event| event.time <= now);
    let begin = Timestamp::from_ms(BEGIN_MS);
    let [mut honest, mut gamed] = [(), ()].map(|()| Pipeline::new(&catalog, 1, begin));
    known().for_each(|event| drop(honest.apply(event)));
    known().for_each(|event| drop(gamed.apply(event)));
    let acts = played(now, acts);
    acts.iter().for_each(|event| drop(gamed.apply(event)));
    let mut is_better_once = false;
    let nows = acts.iter().map(|event| event.time);
    let last = acts.last().map_or(now, |event| event.time);
    for now in nows.chain([HOUR_MS, DAY_MS].map(|ms| last.plus(Elapsed::from_ms(ms)))) {
        let (honest, gamed) = (honest.advance(now), gamed.advance(now));
        let verdicts = honest.verdicts().into_iter().zip(gamed.verdicts());
        for ((_, scope, objective), (honest_verdict, verdict)) in catalog.objectives().zip(verdicts)
        {
            // Moved, a ticket goes by other hours, and a team's own part ends.
            let is_of_all = scope == catalog.organisation();
            if is_no_better(&verdict, &honest_verdict)
                || objective.measure == Measure::Ownership
                || is_of_all && acts.iter().any(|event| event.kind == Kind::Assigned)
            {
                continue;
            }
            is_better_once = true;
            // The acts are not older than the shortest of these windows.
            let window = objective.over_at(now).max(Elapsed::from_ms(28 * DAY_MS));
            let of = |view: &View| counts(view, scope, objective.measure, window);
            let (before, after) = (of(honest), of(gamed));
            let is_visible = before.iter().zip(&after).any(|(before, after)| after > before);
            prop_assert!(
                is_visible,
                "at {now}: {verdict:?}\ninstead of {honest_verdict:?}\nby {acts:?}"
            );
        }
    }
    Ok(is_better_once)
}

pub(crate) fn acts() -> impl Strategy<Value = Vec<(Act, usize, i64)>> {
    proptest::collection::vec((act(), 0_usize..4, 0_i64..90), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3_000,
        failure_persistence: Some(Box::new(
            FileFailurePersistence::Direct("tests/regressions/gaming.txt")
        )),
        ..ProptestConfig::default()
    })]

    #[test]
    fn an_act_that_improves_a_verdict_without_an_answer_is_counted(
        history in history(), acts in acts(),
    ) {
        check_visible(&history, &acts)?;
    }
}

/// Marks tickets as spam and looks at the objectives that they were over target for. Returns how many
/// verdicts were at risk because of it.
fn check_spam(history: &History, tickets: &[bool; 4]) -> Result<u64, TestCaseError> {
    let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
    let now = any_instant(history);
    let mut known: Vec<Event<'static>> =
        history.events.iter().filter(|event| event.time <= now).cloned().collect();
    let marked: Vec<String> =
        (0..4).filter(|ticket| tickets[*ticket]).map(|ticket| format!("T-{ticket}")).collect();
    let overdue: Vec<u64> = catalog
        .objectives()
        .map(|(id, _, objective)| {
            // Another level may come into force, and other waits may have ended as spam before.
            if ends_by_solving(objective) {
                return 0;
            }
            let is_over = |ticket: &&String| overdue_alone(&catalog, &known, ticket, now, id);
            u64::try_from(marked.iter().filter(is_over).count()).unwrap()
        })
        .collect();
    let at = now.plus(Elapsed::from_ms(1));
    let spam =
        |(number, ticket): (u64, &String)| event(Kind::MarkedSpam, ticket, at, u64::MAX - number);
    known.extend((0..).zip(&marked).map(spam));
    let mut at_risk = 0;
    for later in [0, HOUR_MS, 5 * HOUR_MS, DAY_MS].map(|ms| at.plus(Elapsed::from_ms(ms))) {
        let verdicts = verdicts(&catalog, &known, &[later]).remove(0);
        for (((_, _, objective), verdict), &over) in
            catalog.objectives().zip(&verdicts).zip(&overdue)
        {
            if over == 0 || from_of(later, objective.over) > at {
                continue;
            }
            let allowed = match &objective.level {
                Level::NoneOver(_) => 0,
                Level::Within { share, .. } => {
                    u64::from(10_000 - share.basis_points()) * (verdict.decided + over)
                }
            };
            let is_excess = over * 10_000 > allowed;
            prop_assert!(verdict.spam_over_target >= over, "{over} of {marked:?}: {verdict:?}");
            prop_assert!(
                !is_excess || verdict.state != VerdictState::Met,
                "at {later}: {verdict:?}\nby spam {marked:?}"
            );
            at_risk += u64::from(is_excess && verdict.state == VerdictState::AtRisk);
        }
    }
    Ok(at_risk)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: Some(Box::new(
            FileFailurePersistence::Direct("tests/regressions/gaming.txt")
        )),
        ..ProptestConfig::default()
    })]

    #[test]
    fn marking_overdue_tickets_as_spam_leaves_no_verdict_met_beyond_the_allowed_share(
        history in history(), tickets in any::<[bool; 4]>(),
    ) {
        check_spam(&history, &tickets)?;
    }
}

/// Closes a ticket that waits and is not over target, without a word. Returns how many objectives show it.
fn check_close(history: &History, ticket: usize) -> Result<u64, TestCaseError> {
    let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
    let now = any_instant(history);
    let known: Vec<Event<'static>> =
        history.events.iter().filter(|event| event.time <= now).cloned().collect();
    let ticket = format!("T-{ticket}");
    let mut alone = Pipeline::new(&catalog, 1, Timestamp::from_ms(BEGIN_MS));
    let subject = vaste::event::Subject::Ticket(ticket.clone().into());
    known
        .iter()
        .filter(|event| event.subject == subject)
        .for_each(|event| drop(alone.apply(event)));
    let at = now.plus(Elapsed::from_ms(1));
    let alone = alone.advance(at);
    let played: Vec<Event<'static>> =
        known.iter().cloned().chain([event(Kind::Closed, &ticket, at, u64::MAX)]).collect();
    let (honest, gamed) = (verdicts(&catalog, &known, &[at]), verdicts(&catalog, &played, &[at]));
    let mut shown = 0;
    for (((id, scope, objective), honest), gamed) in
        catalog.objectives().zip(&honest[0]).zip(&gamed[0])
    {
        let is_reply =
            matches!(objective.measure, Measure::FirstReply | Measure::NextReply | Measure::Update);
        let waits = alone.waiting(scope, objective.measure).count > 0;
        if !is_reply
            || !waits
            || alone.waiting_over(id) > 0
            || objective.over_at(at) < at.since(now)
        {
            continue;
        }
        shown += 1;
        let context = format!("{gamed:?}\ninstead of {honest:?}\nby closing {ticket} at {at}");
        prop_assert!(gamed.unanswered == honest.unanswered + 1, "{}", context);
        prop_assert!(gamed.missed <= honest.missed, "no miss: {}", context);
        let ended = gamed.answered + gamed.unanswered;
        let is_above = objective
            .unanswered_max_at(at)
            .is_some_and(|max| gamed.unanswered * 10_000 > u64::from(max.basis_points()) * ended);
        let is_enough = match objective.level_at(at) {
            Level::NoneOver(_) => true,
            Level::Within { min_tickets, .. } => ended >= *min_tickets,
        };
        prop_assert!(
            !is_above || !is_enough || gamed.state == VerdictState::Missed,
            "the ceiling: {}",
            context
        );
    }
    Ok(shown)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: Some(Box::new(
            FileFailurePersistence::Direct("tests/regressions/gaming.txt")
        )),
        ..ProptestConfig::default()
    })]

    #[test]
    fn closing_a_ticket_in_time_without_an_answer_is_shown_beside_the_verdict(
        history in history(), ticket in 0_usize..4,
    ) {
        check_close(&history, ticket)?;
    }
}

#[test]
fn tickets_that_wait_in_time_are_closed() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut shown = 0;
    for _ in 0..400 {
        let history = history().new_tree(&mut runner).unwrap().current();
        shown += check_close(&history, 0).unwrap();
    }
    assert!(shown >= 5, "{shown} of 400");
}

#[test]
fn marked_tickets_put_some_verdicts_at_risk() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut at_risk = 0;
    for _ in 0..200 {
        let history = history().new_tree(&mut runner).unwrap().current();
        at_risk += u64::from(check_spam(&history, &[true; 4]).unwrap() > 0);
    }
    assert!(at_risk >= 3, "{at_risk} of 200");
}

#[test]
fn acts_often_improve_a_verdict() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut better = 0;
    for _ in 0..400 {
        let history = history().new_tree(&mut runner).unwrap().current();
        let acts = acts().new_tree(&mut runner).unwrap().current();
        better += usize::from(check_visible(&history, &acts).unwrap());
    }
    assert!(better >= 10, "{better} of 400");
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
