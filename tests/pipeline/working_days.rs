//! Targets in working days: due at closing time, whatever moves the wait in between.

use std::sync::Arc;

use vaste::agreement::{About, Agreement, Level, Market, Objective, Owner, Target, VerdictState};
use vaste::calendar::{Calendar, Definition, Opening, WorkingDays, Zone};
use vaste::catalog::Catalog;
use vaste::event::{Kind, Priority};
use vaste::explain::Explained;
use vaste::measure::{Measure, Pauses};
use vaste::shard::Shard;
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

use crate::history::{Pipeline, event, of_team, with_priority};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn days(count: u8) -> Target {
    Target::WorkingDays(WorkingDays::new(count).unwrap())
}

/// A calendar in UTC with the same opening on the first days of the week.
fn first_days(opening: &str, count: usize) -> Arc<Calendar> {
    let mut definition = Definition::new(Zone::UTC);
    for day in definition.week.iter_mut().take(count) {
        *day = vec![Opening::parse(opening).unwrap()];
    }
    Arc::new(Calendar::new(&definition).unwrap())
}

fn share(target: Target, by_priority: [Option<Target>; 4]) -> Level {
    let share = Share::from_basis_points(5_000).unwrap();
    Level::Within { target, by_priority, share, min_tickets: 1 }
}

fn agreement(team: &str, hours: Arc<Calendar>, objectives: Vec<Objective>) -> Agreement {
    let owner = Owner::Team(team.into());
    Agreement { owner, hours: Some(hours), objectives, about: About::default() }
}

/// A pipeline in which `billing` is open Monday to Friday 09:00-17:00, and `support` Monday to Sunday
/// 10:00-20:00.
fn pipeline(objective: Objective) -> Pipeline {
    let theirs = Objective { name: "theirs".into(), ..objective.clone() };
    let agreements = [
        agreement("billing", first_days("09:00-17:00", 5), vec![objective]),
        agreement("support", first_days("10:00-20:00", 7), vec![theirs]),
    ];
    let catalog = Arc::new(Catalog::new(&agreements, &[]));
    Pipeline::new(&catalog, 2, at("2027-05-01T00:00:00Z"))
}

/// Decided and missed tickets of an objective, of `billing` (0) or `support` (1).
fn tally(pipeline: &mut Pipeline, of: usize, now: &str) -> (u64, u64) {
    let verdict = &pipeline.advance(at(now)).verdicts()[of];
    (verdict.decided, verdict.missed)
}

/// Checks that an objective becomes missed at an instant, and that this instant was predicted.
fn turns_missed(pipeline: &mut Pipeline, of: usize, known_from: &str, first: &str) {
    let view = pipeline.advance(at(known_from));
    let (id, ..) = view.catalog().objectives().nth(of).unwrap();
    assert_eq!(view.changes_at(id), Some(at(first)), "the instant was predicted");
    assert_eq!(view.waiting_over(id), 0);
    let before = at(first).minus(Elapsed::from_ms(1));
    assert_eq!(pipeline.advance(before).waiting_over(id), 0, "the instant before");
    let view = pipeline.advance(at(first));
    assert_eq!((view.waiting_over(id), view.verdicts()[of].missed), (1, 1));
}

#[test]
fn a_wait_is_late_from_the_first_open_instant_after_its_last_working_day() {
    // 2027-05-06 is a Thursday.
    let limit = || Objective::new("limit", Measure::FirstReply, Level::NoneOver(days(2)));
    let mut late = pipeline(limit());
    late.apply(&of_team(event(Kind::Created, "T-1", at("2027-05-06T16:30:00Z"), 1), "billing"));
    // Closing time on Monday is not late: the next open instant is on Tuesday.
    turns_missed(&mut late, 0, "2027-05-06T18:00:00Z", "2027-05-11T09:00:00.001Z");
    // Two hours of Thursday and twenty of the next two days: late on Sunday.
    let mut weekend = pipeline(limit());
    weekend.apply(&of_team(event(Kind::Created, "T-1", at("2027-05-06T18:00:00Z"), 1), "support"));
    turns_missed(&mut weekend, 1, "2027-05-06T18:00:00Z", "2027-05-09T10:00:00.001Z");
}

#[test]
fn a_reply_at_closing_time_is_in_time_and_one_in_the_next_opening_is_not() {
    let objective = Objective::new("o", Measure::FirstReply, share(days(1), [None; 4]));
    let mut billing = pipeline(objective);
    for (ticket, replied, identity) in [
        ("T-1", "2027-05-07T17:00:00Z", 10),
        // On the evening of Friday: no open time has passed since closing time.
        ("T-2", "2027-05-07T21:00:00Z", 20),
        ("T-3", "2027-05-10T09:00:00.001Z", 30),
    ] {
        let created = event(Kind::Created, ticket, at("2027-05-06T09:00:00Z"), identity);
        billing.apply(&of_team(created, "billing"));
        billing.apply(&event(Kind::AgentReplied, ticket, at(replied), identity + 1));
    }
    assert_eq!(tally(&mut billing, 0, "2027-05-10T12:00:00Z"), (3, 1));
    let within = billing.advance(at("2027-05-10T12:00:00Z")).readings().into_iter().find_map(|r| {
        let is_week = r.window == Elapsed::from_ms(7 * DAY_MS);
        let is_theirs = r.team.as_deref() == Some("billing");
        (is_week && is_theirs && !r.within.is_empty()).then(|| r.within[0])
    });
    let printed = serde_json::to_string(&within.unwrap()).unwrap();
    assert_eq!(printed, r#"{"target":{"working_days":1},"met":2,"of":3}"#);
}

#[test]
fn open_time_of_a_pause_is_added_after_the_last_working_day() {
    let pauses = Some(Pauses { pending: true, on_hold: false });
    let limit = Objective::new("limit", Measure::Resolution, Level::NoneOver(days(1)));
    let mut billing = pipeline(Objective { pauses, ..limit });
    billing.apply(&of_team(event(Kind::Created, "T-1", at("2027-05-03T10:00:00Z"), 1), "billing"));
    billing.apply(&event(Kind::Pending, "T-1", at("2027-05-03T12:00:00Z"), 2));
    let view = billing.advance(at("2027-05-20T10:00:00Z"));
    let (id, ..) = view.catalog().objectives().next().unwrap();
    assert_eq!((view.changes_at(id), view.waiting_over(id)), (None, 0), "paused, it is never due");
    // 7 + 8 open hours less the 2 of Monday are left: the rest of Thursday, and 6 hours of Friday.
    billing.apply(&event(Kind::Resumed, "T-1", at("2027-05-20T10:00:00Z"), 3));
    turns_missed(&mut billing, 0, "2027-05-20T11:00:00Z", "2027-05-21T15:00:00.001Z");
    billing.apply(&event(Kind::Pending, "T-1", at("2027-05-21T16:00:00Z"), 4));
    let view = billing.advance(at("2027-06-20T10:00:00Z"));
    assert_eq!(view.waiting_over(id), 1, "paused over target");
}

#[test]
fn after_a_transfer_the_start_stays_and_the_calendar_is_that_of_the_new_holder() {
    let limit = Objective::new("limit", Measure::FirstReply, Level::NoneOver(days(1)));
    let mut both = pipeline(limit);
    // Friday 12:00. Billing has until Monday 17:00, support until Saturday 20:00: 8 + 10 hours.
    both.apply(&of_team(event(Kind::Created, "T-1", at("2027-05-07T12:00:00Z"), 1), "billing"));
    both.apply(&of_team(event(Kind::Assigned, "T-1", at("2027-05-07T14:00:00Z"), 2), "support"));
    turns_missed(&mut both, 1, "2027-05-07T15:00:00Z", "2027-05-09T10:00:00.001Z");
    assert_eq!(tally(&mut both, 0, "2027-05-12T00:00:00Z"), (0, 0));
}

#[test]
fn a_ticket_over_target_stays_over_when_its_priority_changes() {
    let mut by_priority = [None; 4];
    by_priority[Priority::Low.index()] = Some(days(5));
    let objective = Objective::new("o", Measure::FirstReply, share(days(1), by_priority));
    let mut billing = pipeline(objective);
    billing.apply(&of_team(event(Kind::Created, "T-1", at("2027-05-03T10:00:00Z"), 1), "billing"));
    billing.apply(&of_team(event(Kind::Created, "T-2", at("2027-05-04T10:00:00Z"), 2), "billing"));
    for (ticket, identity) in [("T-1", 3), ("T-2", 4)] {
        let note = event(Kind::NoteAdded, ticket, at("2027-05-05T12:00:00Z"), identity);
        billing.apply(&with_priority(note, Priority::Low));
    }
    // The first was late since Wednesday 09:00, the second would have been on Thursday.
    assert_eq!(tally(&mut billing, 0, "2027-05-07T12:00:00Z"), (1, 1));
    assert_eq!(tally(&mut billing, 0, "2027-05-11T18:00:00Z"), (1, 1));
    assert_eq!(tally(&mut billing, 0, "2027-05-12T09:00:00.001Z"), (2, 2));
}

#[test]
fn a_ticket_that_has_used_four_fifths_of_the_open_time_is_due_soon() {
    let limit = Objective::new("limit", Measure::FirstReply, Level::NoneOver(days(1)));
    let mut billing = pipeline(limit);
    // Monday 15:00: ten hours until Tuesday 17:00. Eight of them have passed at 15:00.
    billing.apply(&of_team(event(Kind::Created, "T-1", at("2027-05-03T15:00:00Z"), 1), "billing"));
    let mut due_soon = |now: &str| {
        let view = billing.advance(at(now));
        let (id, ..) = view.catalog().objectives().next().unwrap();
        view.waiting_due_soon(id)
    };
    assert_eq!(due_soon("2027-05-04T14:59:59.999Z"), 0);
    assert_eq!(due_soon("2027-05-04T15:00:00Z"), 1);
}

#[test]
fn what_an_earlier_holder_used_up_counts_only_while_it_stays_used_up() {
    // Late with billing since Tuesday 17:00, after ten open hours. Support gets it at 18:00. By its hours, a
    // working day from Monday 15:00 on has 15, of which three are left at 20:00 when it closes.
    let limit = Objective::new("limit", Measure::FirstReply, Level::NoneOver(days(1)));
    let everyone = Agreement {
        owner: Owner::Organisation,
        ..agreement("", first_days("09:00-17:00", 5), vec![limit])
    };
    let agreements = [
        everyone,
        agreement("billing", first_days("09:00-17:00", 5), Vec::new()),
        agreement("support", first_days("10:00-20:00", 7), Vec::new()),
    ];
    let catalog = Arc::new(Catalog::new(&agreements, &[]));
    let mut shard = Shard::new(Arc::clone(&catalog));
    let created = event(Kind::Created, "T-1", at("2027-05-03T15:00:00Z"), 1);
    shard.apply(&of_team(created, "billing"), &mut ());
    let due = |shard: &mut Shard, now| {
        let explained = Explained::new("T-1", shard.trace("T-1", now).unwrap(), &catalog, now);
        explained.rows()[0].due_at
    };
    let now = at("2027-05-05T14:00:00Z");
    assert_eq!(due(&mut shard, now), Some(at("2027-05-04T17:00:00Z")));
    let assigned = event(Kind::Assigned, "T-1", at("2027-05-04T18:00:00Z"), 2);
    shard.apply(&of_team(assigned, "support"), &mut ());
    assert_eq!(due(&mut shard, now), Some(at("2027-05-05T13:00:00Z")));
}

#[test]
fn a_market_in_working_days_is_compared_with_the_same_tickets() {
    let four_hours = Target::open(Elapsed::from_ms(4 * HOUR_MS));
    let market = Market { within: days(1), source: "trade survey".into(), as_of: None };
    let objective = Objective::new("o", Measure::FirstReply, share(four_hours, [None; 4]));
    let mut billing = pipeline(Objective { market: Some(market), ..objective });
    billing.apply(&of_team(event(Kind::Created, "T-1", at("2027-05-03T10:00:00Z"), 1), "billing"));
    billing.apply(&event(Kind::AgentReplied, "T-1", at("2027-05-04T16:00:00Z"), 2));
    let verdict = |pipeline: &mut Pipeline, now| {
        let verdict = pipeline.advance(at(now)).verdicts().remove(0);
        (verdict.state, verdict.behind_market)
    };
    let missed = VerdictState::Missed;
    assert_eq!(verdict(&mut billing, "2027-05-04T18:00:00Z"), (missed, false));
    for (ticket, identity) in [("T-2", 3), ("T-3", 4)] {
        let created = event(Kind::Created, ticket, at("2027-05-04T10:00:00Z"), identity);
        billing.apply(&of_team(created, "billing"));
    }
    assert_eq!(verdict(&mut billing, "2027-05-06T08:00:00Z"), (missed, false));
    assert_eq!(verdict(&mut billing, "2027-05-06T09:00:00.001Z"), (missed, true));
}
