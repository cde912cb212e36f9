//! Scenarios of teams: their verdicts over time.

use std::sync::Arc;

use vaste::agreement::{About, Agreement, Level, Objective, Owner, Target, VerdictState};
use vaste::catalog::Catalog;
use vaste::event::{Kind, Priority};
use vaste::measure::Measure;
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

use crate::history::{Pipeline, event, of_team, with_priority};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn after(start: Timestamp, ms: i64) -> Timestamp {
    start.plus(Elapsed::from_ms(ms))
}

fn within(hours: i64, percent: u32, min_tickets: u64) -> Level {
    Level::Within {
        target: Target::calendar(Elapsed::from_ms(hours * HOUR_MS)),
        by_priority: [None; 4],
        share: Share::from_basis_points(percent * 100).unwrap(),
        min_tickets,
    }
}

fn catalog(levels: Vec<Level>) -> Arc<Catalog> {
    let objective =
        |(number, level)| Objective::new(&format!("o{number}"), Measure::FirstReply, level);
    let owner = Owner::Team("billing".into());
    let objectives = levels.into_iter().enumerate().map(objective).collect();
    Arc::new(Catalog::new(
        &[Agreement { owner, hours: None, objectives, about: About::default() }],
        &[],
    ))
}

/// A pipeline, and a count of its events as their identities.
struct Scenario {
    pipeline: Pipeline,
    events: u64,
}

impl Scenario {
    fn new(catalog: &Arc<Catalog>, begin: Timestamp) -> Self {
        Self { pipeline: Pipeline::new(catalog, 2, begin), events: 0 }
    }

    fn happens(&mut self, kind: Kind, ticket: &str, at: Timestamp) {
        self.events += 1;
        let event = of_team(event(kind, ticket, at, self.events), "billing");
        self.pipeline.apply(&event);
    }

    fn happens_with(&mut self, kind: Kind, ticket: &str, at: Timestamp, priority: Priority) {
        self.events += 1;
        let event = of_team(event(kind, ticket, at, self.events), "billing");
        self.pipeline.apply(&with_priority(event, priority));
    }

    fn states(&mut self, now: Timestamp) -> Vec<VerdictState> {
        self.pipeline.advance(now).verdicts().iter().map(|verdict| verdict.state).collect()
    }

    fn state(&mut self, now: Timestamp) -> VerdictState {
        self.states(now)[0]
    }

    fn missed(&mut self, now: Timestamp) -> u64 {
        self.pipeline.advance(now).verdicts()[0].missed
    }
}

#[test]
fn a_team_that_stops_answering_turns_missed_by_time_alone() {
    // A ticket every hour, answered within the hour, for five days. Then no more answers come.
    let begin = at("2026-03-02T00:00:00Z");
    let mut scenario = Scenario::new(&catalog(vec![within(4, 90, 20)]), begin);
    for hour in 0..150 {
        let created = after(begin, hour * HOUR_MS);
        scenario.happens(Kind::Created, &format!("T-{hour}"), created);
        if hour < 120 {
            scenario.happens(
                Kind::AgentReplied,
                &format!("T-{hour}"),
                after(created, 30 * MINUTE_MS),
            );
        }
    }
    // No event comes from here on, and none is needed: only `now` moves.
    let mut turned = None;
    for hour in 120..200 {
        let now = after(begin, hour * HOUR_MS);
        let state = scenario.state(now);
        if state == VerdictState::Missed && turned.is_none() {
            turned = Some(hour);
        }
        assert!(turned.is_none() || state == VerdictState::Missed, "stays missed at hour {hour}");
    }
    // 120 are met. The m-th waiting ticket reaches its target at hour 124 + m, and exceeds it just
    // after. The objective is missed once m / (120 + m) > 10 %: m = 14, first read at the next
    // whole hour.
    assert_eq!(turned, Some(120 + 13 + 4 + 1));
}

#[test]
fn a_team_with_few_tickets_turns_missed_once_the_share_is_out_of_reach() {
    let begin = at("2026-03-02T00:00:00Z");
    let mut scenario = Scenario::new(&catalog(vec![within(4, 90, 20)]), begin);
    for ticket in 0..3 {
        scenario.happens(Kind::Created, &format!("T-{ticket}"), after(begin, ticket * HOUR_MS));
    }
    // Two of 20 may miss. The third one decides it, at the moment it is over target.
    assert_eq!(scenario.state(after(begin, 6 * HOUR_MS)), VerdictState::InsufficientData);
    assert_eq!(scenario.state(after(begin, 6 * HOUR_MS + 1)), VerdictState::Missed);
}

#[test]
fn one_ticket_over_none_over_turns_the_objective_missed() {
    // One ticket waits among a thousand that are answered at once.
    let begin = at("2026-03-02T00:00:00Z");
    let limit = Level::NoneOver(Target::calendar(Elapsed::from_ms(5 * DAY_MS)));
    let mut scenario = Scenario::new(&catalog(vec![within(4, 90, 20), limit]), begin);
    scenario.happens(Kind::Created, "T-forgotten", begin);
    for ticket in 0..1_000 {
        let created = after(begin, ticket * 10 * MINUTE_MS);
        scenario.happens(Kind::Created, &format!("T-{ticket}"), created);
        scenario.happens(Kind::AgentReplied, &format!("T-{ticket}"), after(created, MINUTE_MS));
    }
    let due = after(begin, 5 * DAY_MS);
    assert_eq!(scenario.states(due), [VerdictState::Met, VerdictState::Met]);
    assert_eq!(scenario.states(after(due, 1)), [VerdictState::Met, VerdictState::Missed]);
    // The same months later. Closing it without an answer keeps the objective missed for one
    // window.
    let closed = after(begin, 100 * DAY_MS);
    scenario.happens(Kind::Closed, "T-forgotten", closed);
    assert_eq!(scenario.states(closed)[1], VerdictState::Missed);
    assert_eq!(scenario.states(after(closed, 7 * DAY_MS - HOUR_MS))[1], VerdictState::Missed);
    assert_eq!(scenario.states(after(closed, 7 * DAY_MS + HOUR_MS))[1], VerdictState::Met);
}

#[test]
fn a_miss_begins_at_the_first_instant_beyond_the_target_for_answered_and_waiting_alike() {
    let begin = at("2026-03-02T00:00:00Z");
    let mut scenario = Scenario::new(&catalog(vec![within(4, 90, 1)]), begin);
    scenario.happens(Kind::Created, "T-1", begin);
    scenario.happens(Kind::Created, "T-2", begin);
    scenario.happens(Kind::Created, "T-3", begin);
    let due = after(begin, 4 * HOUR_MS);
    scenario.happens(Kind::AgentReplied, "T-1", due);
    scenario.happens(Kind::AgentReplied, "T-2", after(due, 1));
    assert_eq!(scenario.missed(due), 0);
    assert_eq!(scenario.missed(after(due, 1)), 2, "one was answered too late, one waits");
}

#[test]
fn raising_the_target_by_priority_of_an_overdue_ticket_does_not_help() {
    let begin = at("2026-03-02T00:00:00Z");
    let mut by_priority = [None; 4];
    by_priority[Priority::Urgent.index()] = Some(Target::calendar(Elapsed::from_ms(HOUR_MS)));
    let Level::Within { target, share, min_tickets, .. } = within(24, 90, 1) else {
        unreachable!()
    };
    let level = Level::Within { target, by_priority, share, min_tickets };
    let mut scenario = Scenario::new(&catalog(vec![level]), begin);
    scenario.happens_with(Kind::Created, "T-over", begin, Priority::Urgent);
    scenario.happens_with(Kind::Created, "T-not", begin, Priority::Urgent);
    // At the target it is not over yet; one millisecond later it is.
    let due = after(begin, HOUR_MS);
    scenario.happens_with(Kind::NoteAdded, "T-not", due, Priority::Low);
    scenario.happens_with(Kind::NoteAdded, "T-over", after(due, 1), Priority::Low);
    assert_eq!(scenario.missed(after(due, 2)), 1);
    // Solved it stays a miss, and also reopened and answered a day later.
    let later = after(due, HOUR_MS);
    scenario.happens(Kind::Solved, "T-over", later);
    assert_eq!(scenario.missed(later), 1);
    scenario.happens(Kind::Reopened, "T-over", after(later, HOUR_MS));
    assert_eq!(scenario.missed(after(later, HOUR_MS)), 1);
    scenario.happens(Kind::AgentReplied, "T-over", after(later, 2 * HOUR_MS));
    scenario.happens(Kind::AgentReplied, "T-not", after(later, 2 * HOUR_MS));
    assert_eq!(scenario.missed(after(later, 2 * HOUR_MS)), 1);
}

#[test]
fn history_that_begins_within_a_window_gives_insufficient_data() {
    let begin = at("2026-03-02T00:00:00Z");
    let catalog = catalog(vec![within(4, 90, 1)]);
    let mut view = vaste::view::View::new(Arc::clone(&catalog), begin);
    let mut shard = vaste::shard::Shard::new(Arc::clone(&catalog));
    let created = of_team(event(Kind::Created, "T-1", begin, 1), "billing");
    shard.apply(&created, &mut view);
    view.set_history_from(Some(begin));
    let id = catalog.objectives().next().unwrap().0;
    // An alert rests on a longer window only once that is known, too.
    for (day, state, alert_window) in [
        (1, VerdictState::InsufficientData, None),
        (6, VerdictState::InsufficientData, None),
        (8, VerdictState::Missed, Some(7)),
        (27, VerdictState::Missed, Some(7)),
        (29, VerdictState::Missed, Some(28)),
    ] {
        let now = after(begin, day * DAY_MS);
        view.advance(now);
        shard.advance(now, &mut view);
        let verdict = &view.verdicts()[0];
        assert_eq!((verdict.state, verdict.history_from), (state, Some(begin)), "day {day}");
        let window = view.evidence(id).map(|evidence| evidence.window.ms() / DAY_MS);
        assert_eq!(window, alert_window, "day {day}");
    }
    view.set_frozen(true);
    assert_eq!(view.verdicts()[0].state, VerdictState::Frozen);
}

#[test]
fn a_ticket_holds_a_limited_number_of_events() {
    use vaste::event::{Outcome, Skip};
    use vaste::ticket::EVENTS_PER_TICKET_MAX;
    let begin = at("2026-03-02T00:00:00Z");
    let catalog = catalog(vec![within(4, 90, 1)]);
    let mut pipeline = Pipeline::new(&catalog, 1, begin);
    let most = i64::try_from(EVENTS_PER_TICKET_MAX).unwrap();
    // Every event once, in a scattered order: the step has no divisor in common with the number.
    for number in 0..most {
        let place = number * 77_777 % most;
        let kind = [Kind::CustomerReplied, Kind::AgentReplied][usize::from(place % 2 == 1)];
        let moment = after(begin, place * MINUTE_MS);
        let event = of_team(event(kind, "T-1", moment, place.unsigned_abs()), "billing");
        assert_eq!(pipeline.apply(&event), Outcome::Applied);
    }
    let again = of_team(event(Kind::CustomerReplied, "T-1", begin, 0), "billing");
    assert_eq!(pipeline.apply(&again), Outcome::Duplicate);
    let other = event(Kind::Solved, "T-1", after(begin, HOUR_MS), u64::MAX);
    assert_eq!(pipeline.apply(&other), Outcome::Skipped(Skip::TicketFull));
    let now = after(begin, most * MINUTE_MS);
    let catalog = Arc::new(Catalog::new(&[], &[Measure::NextReply]));
    pipeline.advance(now);
    pipeline.adopt(&catalog, now);
    let readings = pipeline.advance(now).readings();
    // Half of the minutes of a day have an answer, each to a question of the minute before.
    assert_eq!(readings[1].window, Elapsed::from_ms(DAY_MS));
    assert_eq!(readings[1].answered, 12 * 60);
    assert_eq!(readings[1].mean, Some(vaste::amount::Amount::Time(Elapsed::from_ms(MINUTE_MS))));
}

#[test]
fn a_notice_says_how_sure_the_miss_is_and_by_which_window() {
    let begin = at("2026-03-02T00:00:00Z");
    let catalog = catalog(vec![within(4, 90, 20)]);
    let mut pipeline = Pipeline::new(&catalog, 1, begin);
    for number in 1..=3 {
        let created = event(Kind::Created, &format!("T-{number}"), begin, number);
        pipeline.apply(&of_team(created, "billing"));
    }
    let id = catalog.objectives().next().unwrap().0;
    let mut alerts = vaste::alert::Alerts::new(&catalog);
    let sender = vaste::alert::Sender::default();
    let mut notices = Vec::new();
    for minutes in [0, 10] {
        let now = after(begin, 5 * HOUR_MS + minutes * MINUTE_MS);
        let view = pipeline.advance(now);
        alerts.evaluate(id, view.alert_verdicts(id), &catalog, now);
        notices.extend(sender.take_due(&mut alerts, view, now));
    }
    let [(notice, _)] = &notices[..] else { unreachable!("it fires after ten minutes") };
    let said = |name: &str| notice.annotations[name].as_str();
    assert_eq!(said("certainty"), "99%");
    assert!(said("summary").ends_with("the objective o0 is missed (99% sure)."));
    assert_eq!(
        said("description"),
        "Agreed: first reply within 4h for 90% of the tickets of 7d. Now: 0.00% within target; 3 of 3 \
         tickets missed it. Since 2026-03-02 05:00 UTC, for 10m. It is 99% sure that in the long run fewer \
         than 90% are within target: 3 of 3 tickets missed it in 28d. Nothing was answered in the last hour. \
         Waiting: 3, 3 of them over target, longest 5h 10m, since 2026-03-02 00:00 UTC. Missed tickets \
         spent their time with billing 100%. First: answer those who wait over target, the longest wait \
         first."
    );
}
