//! Due times in open time are reached without any event: only `now` moves.

use std::sync::Arc;

use vaste::agreement::{
    About, Agreement, Level, Market, Objective, Owner, PreviousLevel, Target, VerdictState,
};
use vaste::calendar::{Calendar, Definition, Opening, Zone};
use vaste::catalog::Catalog;
use vaste::event::Kind;
use vaste::measure::{Basis, Measure, Pauses};
use vaste::share::Share;
use vaste::time::{Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

use crate::history::{Pipeline, event, of_team};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn hours(hours: i64) -> Elapsed {
    Elapsed::from_ms(hours * HOUR_MS)
}

/// Monday to Friday, 08:00 to 16:00 in Helsinki: 06:00 to 14:00 UTC in winter.
fn office() -> Arc<Calendar> {
    let mut definition = Definition::new(Zone::compiled_in("Europe/Helsinki").unwrap());
    for day in definition.week.iter_mut().take(5) {
        *day = vec![Opening::parse("08:00-16:00").unwrap()];
    }
    Arc::new(Calendar::new(&definition).unwrap())
}

fn agreement(team: &str, hours: Option<Arc<Calendar>>, objectives: Vec<Objective>) -> Agreement {
    Agreement { owner: Owner::Team(team.into()), hours, objectives, about: About::default() }
}

fn limit(measure: Measure, open: Elapsed) -> Objective {
    Objective::new("limit", measure, Level::NoneOver(Target::open(open)))
}

/// A pipeline, and a count of its events as their identities.
struct Scenario(Pipeline, u64);

impl Scenario {
    fn new(agreements: &[Agreement]) -> Self {
        let catalog = Arc::new(Catalog::new(agreements, &[]));
        Self(Pipeline::new(&catalog, 2, at("2026-01-01T00:00:00Z")), 0)
    }

    fn happens(&mut self, kind: Kind, team: &str, time: &str) {
        self.1 += 1;
        self.0.apply(&of_team(event(kind, "T-1", at(time), self.1), team));
    }

    /// Checks that an objective becomes missed at this millisecond, and that this instant was
    /// predicted.
    fn turns_missed(&mut self, known_from: &str, first: &str) {
        let id = |view: &vaste::view::View| view.catalog().objectives().next().unwrap().0;
        let view = self.0.advance(at(known_from));
        assert_eq!(view.changes_at(id(view)), Some(at(first)), "the instant was predicted");
        let before = at(first).minus(Elapsed::from_ms(1));
        assert_eq!(
            self.0.advance(before).verdicts()[0].state,
            VerdictState::Met,
            "the instant before"
        );
        assert_eq!(self.0.advance(at(first)).verdicts()[0].state, VerdictState::Missed);
    }
}

#[test]
fn a_ticket_of_friday_afternoon_is_over_one_hour_on_monday_morning() {
    // Fri 15:30 ── 16:00 closed … Mon 08:00 ── 08:30: one hour of open time. Over from the next ms
    // on.
    let mut scenario = Scenario::new(&[agreement(
        "billing",
        Some(office()),
        vec![limit(Measure::FirstReply, hours(1))],
    )]);
    scenario.happens(Kind::Created, "billing", "2026-01-09T13:30:00Z");
    scenario.turns_missed("2026-01-10T12:00:00Z", "2026-01-12T06:30:00.001Z");
}

#[test]
fn a_target_used_up_at_closing_time_is_exceeded_when_the_team_opens_again() {
    // Fri 15:00 ── 16:00: exactly one hour. Elapsed time exceeds it only in the first open ms of
    // Monday.
    let mut scenario = Scenario::new(&[agreement(
        "billing",
        Some(office()),
        vec![limit(Measure::FirstReply, hours(1))],
    )]);
    scenario.happens(Kind::Created, "billing", "2026-01-09T13:00:00Z");
    scenario.turns_missed("2026-01-09T20:00:00Z", "2026-01-12T06:00:00.001Z");
}

#[test]
fn a_paused_stopwatch_does_not_come_due_and_goes_on_where_it_was() {
    // Mon 08:00 ── 09:00 pending … Tue 10:00 the customer writes ── 11:00: two hours of open time.
    let mut scenario = Scenario::new(&[agreement(
        "billing",
        Some(office()),
        vec![limit(Measure::CustomerWait, hours(2))],
    )]);
    scenario.happens(Kind::Created, "billing", "2026-01-12T06:00:00Z");
    scenario.happens(Kind::Pending, "billing", "2026-01-12T07:00:00Z");
    let view = scenario.0.advance(at("2026-01-12T20:00:00Z"));
    let (id, scope, _) = view.catalog().objectives().next().unwrap();
    assert_eq!(view.changes_at(id), None, "paused, it never comes due");
    assert_eq!(view.waiting(scope, Measure::CustomerWait).count, 1, "and it still waits");
    scenario.happens(Kind::CustomerReplied, "billing", "2026-01-13T08:00:00Z");
    scenario.turns_missed("2026-01-13T08:00:00Z", "2026-01-13T09:00:00.001Z");
}

#[test]
fn each_stretch_counts_by_the_hours_of_its_holder() {
    // Support is always open. Sat 10:00 ── 11:00 with support, then with billing, which is closed
    // until Monday. Of two hours one is left, which ends on Mon 09:00.
    let mut scenario = Scenario::new(&[
        agreement("billing", Some(office()), vec![limit(Measure::FirstReply, hours(2))]),
        agreement("support", None, Vec::new()),
    ]);
    scenario.happens(Kind::Created, "support", "2026-01-10T08:00:00Z");
    scenario.happens(Kind::Assigned, "billing", "2026-01-10T09:00:00Z");
    scenario.turns_missed("2026-01-10T12:00:00Z", "2026-01-12T07:00:00.001Z");
}

#[test]
fn an_objective_with_its_own_pauses_has_its_own_stopwatches() {
    let paused = Objective {
        pauses: Some(Pauses { pending: true, on_hold: false }),
        ..limit(Measure::Resolution, hours(2))
    };
    let mut scenario = Scenario::new(&[agreement(
        "billing",
        Some(office()),
        vec![paused, Objective { name: "plain".into(), ..limit(Measure::Resolution, hours(2)) }],
    )]);
    scenario.happens(Kind::Created, "billing", "2026-01-12T06:00:00Z");
    scenario.happens(Kind::Pending, "billing", "2026-01-12T07:00:00Z");
    let view = scenario.0.advance(at("2026-01-13T06:30:00Z"));
    let states: Vec<VerdictState> = view.verdicts().iter().map(|verdict| verdict.state).collect();
    assert_eq!(states, [VerdictState::Met, VerdictState::Missed]);
    let readings = view.readings();
    let resolutions = readings.iter().filter(|r| {
        r.measure == Measure::Resolution && r.basis == Basis::Open && r.window == hours(1)
    });
    assert_eq!(resolutions.count(), 2, "the organisation and the team have one each");
}

#[test]
fn an_earlier_level_judges_waits_that_ended_under_it_and_its_hours_count_for_its_time() {
    // The team was always open until Tuesday, and has the hours of the office since then. Asked Mon
    // 12:00 (14:00 in Helsinki), answered Wed 09:00: 12 h + 10 h to midnight of Tuesday there, and
    // then 8 h + 1 h of the office.
    let until = at("2026-01-12T22:00:00Z");
    let level = Level::Within {
        target: Target::open(hours(18)),
        by_priority: [None; 4],
        share: Share::from_basis_points(9_000).unwrap(),
        min_tickets: 1,
    };
    let earlier = Level::Within {
        target: Target::open(hours(30)),
        by_priority: [None; 4],
        share: Share::from_basis_points(5_000).unwrap(),
        min_tickets: 1,
    };
    let objective = Objective {
        hours: Some(Arc::new(Calendar::spliced(&Calendar::always(), until, &office()))),
        previous_levels: vec![PreviousLevel {
            until,
            level: earlier,
            over: hours(7 * 24),
            unanswered_max: None,
        }],
        ..Objective::new("reply", Measure::FirstReply, level)
    };
    let agreements = [agreement("billing", Some(office()), vec![objective])];
    let mut scenario = Scenario::new(&agreements);
    scenario.happens(Kind::Created, "billing", "2026-01-12T12:00:00Z");
    let answered = at("2026-01-14T07:00:00Z");
    scenario.happens(Kind::AgentReplied, "billing", "2026-01-14T07:00:00Z");
    // 10 h + 8 h + 1 h = 19 h: over 18 h. By the office hours alone it would be 2 + 8 + 1.
    let verdict = &scenario.0.advance(answered).verdicts()[0];
    assert_eq!((verdict.decided, verdict.missed, verdict.state), (1, 1, VerdictState::Missed));
    // The wait that was answered under the earlier level stays judged by it.
    let mut scenario = Scenario::new(&agreements);
    scenario.happens(Kind::Created, "billing", "2026-01-11T12:00:00Z");
    scenario.happens(Kind::AgentReplied, "billing", "2026-01-12T12:00:00Z");
    let verdict = &scenario.0.advance(answered).verdicts()[0];
    assert_eq!((verdict.decided, verdict.missed, verdict.state), (1, 0, VerdictState::Met));
}

#[test]
fn a_team_that_meets_its_level_can_be_behind_the_market() {
    let level = Level::Within {
        target: Target::calendar(hours(24)),
        by_priority: [None; 4],
        share: Share::from_basis_points(9_000).unwrap(),
        min_tickets: 1,
    };
    let market =
        Market { within: Target::calendar(hours(2)), source: "trade survey".into(), as_of: None };
    let objective =
        Objective { market: Some(market), ..Objective::new("reply", Measure::FirstReply, level) };
    let mut scenario = Scenario::new(&[agreement("billing", None, vec![objective])]);
    scenario.happens(Kind::Created, "billing", "2026-01-12T06:00:00Z");
    let view = scenario.0.advance(at("2026-01-12T08:00:00Z"));
    assert!(!view.verdicts()[0].behind_market, "exactly two hours are within two hours");
    let id = view.catalog().objectives().next().unwrap().0;
    assert_eq!(view.changes_at(id), Some(at("2026-01-12T08:00:00.001Z")));
    scenario.happens(Kind::AgentReplied, "billing", "2026-01-12T09:00:00Z");
    let verdict = &scenario.0.advance(at("2026-01-12T09:00:00Z")).verdicts()[0];
    assert_eq!((verdict.state, verdict.behind_market), (VerdictState::Met, true));
    let after = Elapsed::from_ms(7 * 24 * HOUR_MS + 30 * MINUTE_MS);
    let gone = &scenario.0.advance(at("2026-01-12T09:00:00Z").plus(after)).verdicts()[0];
    assert!(!gone.behind_market, "an empty window is not behind the market");
}
