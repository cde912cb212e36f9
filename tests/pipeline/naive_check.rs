//! The naive model against numbers worked out by hand.
//!
//! All minutes count from Monday 2026-01-05T00:00Z, five weeks after the first day of the slow
//! calendar.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::slice::from_ref;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use vaste::event::{Event, EventDetail, Kind, Priority};
use vaste::measure::{Measure, Pauses};
use vaste::time::{DAY_MS, MINUTE_MS, Timestamp};

use crate::generate::{BEGIN_MS as HISTORY_BEGIN_MS, DECLARED, SPAN_MS, history};
use crate::history::{event, of_team, with_priority};
use crate::naive::agreed::Epoch;
use crate::naive::slow_calendar::{BEGIN_MS, Openings, SlowCalendar, Zone};
use crate::naive::{Basis, Level, Model, Objective, Reading, Split, Target};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

fn at(minute: i64) -> i64 {
    BEGIN_MS + 35 * DAY_MS + minute * MINUTE_MS
}

/// Events of a ticket: kind, minute, and team. An empty team is none.
fn ticket_events(ticket: &str, events: &[(Kind, i64, &str)]) -> Vec<Event<'static>> {
    let ticket_events = (0..).zip(events).map(|(identity, &(kind, minute, team))| {
        let event = event(kind, ticket, Timestamp::from_ms(at(minute)), identity);
        if team.is_empty() { event } else { of_team(event, team) }
    });
    ticket_events.collect()
}

fn model(objectives: &[Objective], events: &[Event<'_>]) -> Model {
    Model::new(&["billing", "support"], objectives.to_vec(), events)
}

/// A reading in minutes, of everything up to a minute.
fn read(model: &Model, team: Option<&str>, measure: Measure, basis: Basis, now: i64) -> Reading {
    minutes(model.reading(team, measure, basis, None, at(0), at(now), &[]))
}

fn minutes(mut reading: Reading) -> Reading {
    let times = reading.answered.iter_mut().chain(&mut reading.waiting);
    times.for_each(|ms| *ms /= MINUTE_MS);
    reading
}

/// Minutes answered, minutes waiting, and the number given up, in calendar time.
fn of(model: &Model, team: Option<&str>, measure: Measure, now: i64) -> (Vec<i64>, Vec<i64>, u64) {
    let reading = read(model, team, measure, Basis::Calendar, now);
    (reading.answered, reading.waiting, reading.given_up)
}

fn objective(team: &str, measure: Measure, target: Target) -> Objective {
    Objective {
        team: Some(team.to_owned()),
        name: "o".to_owned(),
        measure,
        pauses: None,
        level: half(target),
        over_ms: 7 * DAY_MS,
        unanswered_max_bp: None,
        previous_levels: Vec::new(),
        market: None,
    }
}

/// Half of the waits within the target. One decided ticket is enough.
fn half(target: Target) -> Level {
    Level::Within {
        target,
        by_priority: Vec::new(),
        share_bp: 5_000,
        min_tickets: 1,
        at_risk_spent_bp: 8_000,
    }
}

/// Monday to Friday from one local minute to another.
fn workdays(zone: Zone, from: i64, to: i64) -> Arc<SlowCalendar> {
    let open = || vec![(from, to)];
    let week = [open(), open(), open(), open(), open(), Vec::new(), Vec::new()];
    Arc::new(SlowCalendar::new(zone, &week, &[]))
}

fn open_minutes(calendar: &SlowCalendar, from: i64, to: i64) -> i64 {
    calendar.open_ms(at(from), at(to)) / MINUTE_MS
}

#[test]
fn an_update_runs_from_reply_to_reply_and_a_reply_after_the_solve_answers_it_after_all() {
    let events = ticket_events(
        "T",
        &[
            (Kind::Created, 0, "billing"),
            (Kind::AgentReplied, 10, ""),
            (Kind::Pending, 20, ""),
            (Kind::CustomerReplied, 50, ""),
            (Kind::AgentReplied, 80, ""),
            (Kind::Solved, 100, ""),
            (Kind::AgentReplied, 130, ""),
            (Kind::AgentReplied, 140, ""),
            (Kind::Reopened, 200, ""),
        ],
    );
    let model = model(&[], &events);
    let update = |now| of(&model, Some("billing"), Measure::Update, now);
    // 10 to 80, without 20 to 50.
    assert_eq!(update(90), (vec![40], vec![10], 0));
    assert_eq!(update(120), (vec![40], vec![], 1));
    // 80 to 130. The reply at 140 ends no wait, and none is running then.
    assert_eq!(update(150), (vec![40, 50], vec![], 0));
    // From the latest reply made while solved: 140 to 230.
    assert_eq!(update(230), (vec![40, 50], vec![90], 0));
}

#[test]
fn customer_wait_and_agent_work_are_resolution_without_pauses() {
    let events = ticket_events(
        "T",
        &[
            (Kind::Created, 0, ""),
            (Kind::Pending, 10, ""),
            (Kind::Resumed, 30, ""),
            (Kind::OnHold, 40, ""),
            (Kind::CustomerReplied, 50, ""),
            (Kind::Resumed, 70, ""),
            (Kind::Solved, 100, ""),
            (Kind::Reopened, 150, ""),
            (Kind::Solved, 160, ""),
        ],
    );
    let model = model(&[], &events);
    // Pending is 10 to 30. The customer's message does not end being on hold: 40 to 70. Solved 100
    // to 150.
    for (measure, at_60, first, second) in [
        (Measure::Resolution, 60, 100, 110),
        (Measure::CustomerWait, 40, 80, 90),
        (Measure::AgentWork, 20, 50, 60),
    ] {
        let of = |now| of(&model, None, measure, now);
        assert_eq!(of(60), (vec![], vec![at_60], 0), "{measure:?}");
        assert_eq!(of(120), (vec![first], vec![], 0), "{measure:?}");
        assert_eq!(of(155), (vec![], vec![first + 5], 0), "{measure:?}");
        assert_eq!(of(170), (vec![second], vec![], 0), "{measure:?}");
    }
    assert_eq!(of(&model, None, Measure::FirstResolution, 170), (vec![100], vec![], 0));
}

#[test]
fn each_team_has_its_ownership_period_and_a_merged_one_goes_on_with_the_same_holder() {
    let events = ticket_events(
        "T",
        &[
            (Kind::Assigned, -10, "billing"),
            (Kind::Created, 0, ""),
            (Kind::Assigned, 30, "support"),
            (Kind::Pending, 40, ""),
            (Kind::CustomerReplied, 60, ""),
            (Kind::Merged, 70, ""),
            (Kind::Reopened, 90, ""),
            (Kind::Assigned, 100, "ghost"),
            (Kind::Solved, 130, "billing"),
            (Kind::Assigned, 140, "support"),
            (Kind::Reopened, 150, ""),
        ],
    );
    let model = model(&[], &events);
    let stints = |team, now| of(&model, Some(team), Measure::Ownership, now);
    // The team is named before creation, and its ownership starts at creation: 0 to 30.
    assert_eq!(stints("billing", 200), (vec![30], vec![], 0));
    assert_eq!(stints("support", 80), (vec![], vec![], 1));
    // 30 to 100 without 40 to 60; the time while merged counts. Another period starts at 150.
    assert_eq!(stints("support", 145), (vec![50], vec![], 0));
    assert_eq!(stints("support", 200), (vec![50], vec![50], 0));
    // Solved by billing, but held by a team that is not declared: 100 to 130.
    assert_eq!(stints("unclaimed", 200), (vec![30], vec![], 0));
}

#[test]
fn an_ownership_period_whose_holder_changed_while_merged_stays_given_up() {
    let events = ticket_events(
        "T",
        &[
            (Kind::Created, 0, "billing"),
            (Kind::Merged, 10, ""),
            (Kind::Assigned, 20, "support"),
            (Kind::Reopened, 30, ""),
        ],
    );
    let model = model(&[], &events);
    let stints = |team| of(&model, Some(team), Measure::Ownership, 45);
    assert_eq!(stints("billing"), (vec![], vec![], 1));
    assert_eq!(stints("support"), (vec![], vec![15], 0));
}

#[test]
fn contacts_are_messages_after_creation_and_real_reopenings() {
    let events = ticket_events(
        "T",
        &[
            (Kind::CustomerReplied, -5, ""),
            (Kind::Created, 0, ""),
            (Kind::CustomerReplied, 5, ""),
            (Kind::Reopened, 6, ""),
            (Kind::Solved, 10, ""),
            (Kind::CustomerReplied, 20, ""),
            (Kind::Reopened, 30, ""),
            (Kind::CustomerReplied, 40, ""),
            (Kind::Closed, 50, "support"),
        ],
    );
    let model = model(&[], &events);
    let contacts = |team, now| {
        let basis = Basis::Open;
        let read = model.reading(
            team,
            Measure::Contacts,
            basis,
            None,
            at(0),
            at(now),
            &[3, 4].map(Target::calendar),
        );
        (read.answered, read.waiting.len(), read.within)
    };
    // The message at 5; at 6 the ticket was not solved, so nothing was reopened.
    assert_eq!(contacts(None, 15), (vec![1], 0, vec![(1, 1), (1, 1)]));
    assert_eq!(contacts(None, 35), (vec![], 0, vec![(0, 0), (0, 0)]));
    // The messages at 5, 20 and 40. The one at 20 caused the reopening at 30.
    assert_eq!(contacts(Some("support"), 60), (vec![3], 0, vec![(1, 1), (1, 1)]));
}

#[test]
fn open_time_follows_the_calendar_of_each_holder() {
    let events = ticket_events(
        "T",
        &[
            (Kind::Created, 7 * HOUR, "billing"),
            (Kind::Assigned, 10 * HOUR, "support"),
            (Kind::Assigned, 14 * HOUR, "ghost"),
            (Kind::AgentReplied, 15 * HOUR, ""),
        ],
    );
    let winter = Zone { offset_minutes: 60, shift: None };
    let model = model(&[], &events)
        .with_hours("billing", &workdays(Zone::default(), 8 * HOUR, 16 * HOUR))
        .with_hours("support", &workdays(winter, 12 * HOUR, 20 * HOUR))
        .with_hours("unclaimed", &workdays(Zone::default(), 14 * HOUR + 45, 24 * HOUR));
    // Billing 08:00 to 10:00; support opens at 11:00 UTC, until 14:00; then from 14:45 to 15:00.
    let open = read(&model, None, Measure::FirstReply, Basis::Open, 16 * HOUR);
    assert_eq!(open.answered, [120 + 180 + 15]);
    assert_eq!(of(&model, None, Measure::FirstReply, 16 * HOUR).0, [8 * HOUR]);
    // At 10:30 it has waited since 08:00 in open time, and since 07:00 in calendar time.
    let open = read(&model, Some("support"), Measure::FirstReply, Basis::Open, 10 * HOUR + 30);
    assert_eq!((open.waiting, open.oldest_since), (vec![120], Some(at(7 * HOUR))));
}

#[test]
fn the_slow_calendar_opens_past_midnight_and_moves_times_that_do_not_exist() {
    let nights = |shift, sunday: (i64, i64)| {
        let mut week: [Openings; 7] = std::array::from_fn(|_| Vec::new());
        week[5] = vec![(22 * HOUR, 2 * HOUR)];
        week[6] = vec![sunday];
        SlowCalendar::new(Zone { offset_minutes: 120, shift: Some(shift) }, &week, &[(2026, 1, 10)])
    };
    // 2026-03-29, 01:00 UTC: 03:00 local is 04:00 local.
    let spring = 83 * DAY + HOUR;
    let calendar = nights((at(spring), 180), (3 * HOUR + 30, 5 * HOUR));
    // Saturday 22:00 to Sunday 02:00; then 03:30 is 04:30, which is 01:30 UTC, until 02:00 UTC.
    assert_eq!(open_minutes(&calendar, spring - 13 * HOUR, spring + 12 * HOUR), 4 * HOUR + 30);
    assert_eq!(open_minutes(&calendar, spring, spring + 30), 0);
    assert_eq!(open_minutes(&calendar, spring + 30, spring + 60), 30);
    // Saturday the 10th is closed, including its opening past midnight; Sunday is open 90 minutes.
    assert_eq!(open_minutes(&calendar, 5 * DAY, 7 * DAY), 90);
    assert_eq!(open_minutes(&calendar, 12 * DAY, 14 * DAY), 4 * HOUR + 90);
    // To the millisecond: it opens on Sunday the 11th at 01:30 UTC.
    let opens = at(6 * DAY + 90);
    assert_eq!(calendar.open_ms(opens - 7, opens + 12_345), 12_345);
    // On 2026-01-11 at 01:00 UTC 03:00 local is 02:00 local again: 02:30 is first 00:30 UTC.
    let autumn = 6 * DAY + HOUR;
    let calendar = nights((at(autumn), 60), (2 * HOUR + 30, 2 * HOUR + 45));
    assert_eq!(open_minutes(&calendar, autumn - 30, autumn - 15), 15);
    assert_eq!(open_minutes(&calendar, autumn - 15, autumn + 12 * HOUR), 0);
}

#[test]
fn a_finished_wait_is_judged_by_the_level_in_force_at_its_end() {
    let mut agreed = objective("billing", Measure::FirstReply, Target::calendar(240 * MINUTE_MS));
    agreed.previous_levels = vec![Epoch {
        until_ms: at(12 * HOUR),
        over_ms: DAY_MS,
        unanswered_max_bp: None,
        level: half(Target::calendar(60 * MINUTE_MS)),
    }];
    agreed.market = Some(Target::calendar(90 * MINUTE_MS));
    let mut events =
        ticket_events("A", &[(Kind::Created, 0, "billing"), (Kind::AgentReplied, 2 * HOUR, "")]);
    let late = [(Kind::Created, 11 * HOUR, "billing"), (Kind::AgentReplied, 13 * HOUR, "")];
    events.extend(ticket_events("B", &late));
    let model = model(from_ref(&agreed), &events);
    let verdict = |now| {
        let verdict = model.verdict(&agreed, at(0), at(now));
        (verdict.decided, verdict.missed, verdict.state, verdict.behind_market)
    };
    // A took 2 h, and 1 h was agreed then. B waits 59 min of 1 h, then 60 min of 4 h.
    assert_eq!(verdict(12 * HOUR - 1), (1, 1, "missed", true));
    assert_eq!(verdict(12 * HOUR), (1, 1, "missed", true));
    // B took 2 h, and 4 h were agreed. 1 of 2 within is half, and the budget of 1 is spent. Both
    // are over the 1 h 30 min of the market.
    assert_eq!(verdict(14 * HOUR), (2, 1, "at_risk", true));
    assert_eq!((agreed.over_ms_at(at(0)), agreed.over_ms_at(at(12 * HOUR))), (DAY_MS, 7 * DAY_MS));
}

#[test]
fn a_running_wait_is_judged_by_the_present_level_unless_its_priority_changed() {
    let mut agreed = objective("billing", Measure::FirstReply, Target::calendar(240 * MINUTE_MS));
    agreed.previous_levels = vec![Epoch {
        until_ms: at(12 * HOUR),
        over_ms: DAY_MS,
        unanswered_max_bp: None,
        level: half(Target::calendar(60 * MINUTE_MS)),
    }];
    let mut events = ticket_events("A", &[(Kind::Created, 10 * HOUR, "billing")]);
    let plain = model(from_ref(&agreed), &events);
    // 119 min are over 1 h; 120 min are not over 4 h.
    assert_eq!(plain.verdict(&agreed, at(0), at(12 * HOUR - 1)).missed, 1);
    assert_eq!(plain.verdict(&agreed, at(0), at(12 * HOUR)).missed, 0);
    let note = ticket_events("A", &[(Kind::Created, 0, ""), (Kind::NoteAdded, 11 * HOUR + 30, "")])
        .remove(1);
    events.push(with_priority(note, Priority::Low));
    let changed = model(from_ref(&agreed), &events);
    // At 11:30 it was over the level of one hour, and that stays.
    assert_eq!(changed.verdict(&agreed, at(0), at(12 * HOUR)).missed, 1);
}

#[test]
fn an_objective_with_pauses_of_its_own_leaves_out_only_those() {
    let events = ticket_events(
        "T",
        &[
            (Kind::Created, 0, "billing"),
            (Kind::Pending, 10, ""),
            (Kind::OnHold, 30, ""),
            (Kind::Reopened, 70, ""),
            (Kind::Solved, 100, ""),
        ],
    );
    // Pending 10 to 30, on hold 30 to 70: 80 min by the usual list, 60 min by its own.
    let usual = objective("billing", Measure::CustomerWait, Target::calendar(70 * MINUTE_MS));
    let pauses = Some(Pauses { pending: false, on_hold: true });
    let own = Objective { pauses, ..usual.clone() };
    let model = model(&[usual.clone(), own.clone()], &events);
    assert_eq!(model.verdict(&usual, at(0), at(110)).missed, 1);
    assert_eq!(model.verdict(&own, at(0), at(110)).missed, 0);
}

#[test]
fn the_breakdown_holds_every_minute_of_the_missed_waits_once() {
    let events = ticket_events(
        "T",
        &[
            (Kind::Created, 14 * HOUR, "billing"),
            (Kind::Pending, 15 * HOUR, ""),
            (Kind::Resumed, 15 * HOUR + 30, ""),
            (Kind::Assigned, DAY + 9 * HOUR, "support"),
            (Kind::OnHold, DAY + 10 * HOUR, ""),
            (Kind::Resumed, DAY + 12 * HOUR, ""),
            (Kind::Solved, DAY + 12 * HOUR + 30, ""),
            (Kind::Reopened, DAY + 20 * HOUR, ""),
            (Kind::Solved, DAY + 20 * HOUR + 10, ""),
        ],
    );
    let agreed = objective("support", Measure::AgentWork, Target::open(HOUR * MINUTE_MS));
    let model = model(from_ref(&agreed), &events)
        .with_hours("billing", &workdays(Zone::default(), 8 * HOUR, 16 * HOUR));
    let breakdown: BTreeMap<String, i64> = model
        .breakdown(&agreed, at(0), at(2 * DAY))
        .into_iter()
        .map(|(to, ms)| (to, ms / MINUTE_MS))
        .collect();
    // Billing 14:00 to 15:00, 15:30 to 16:00, 08:00 to 09:00. Closed from 16:00 to 08:00. Support, always
    // open, 09:00 to 10:00, 12:00 to 12:30, and ten minutes after the solved time. Together 1360 minutes.
    let minutes =
        [("billing", 150), ("closed", 960), ("on_hold", 120), ("pending", 30), ("support", 100)];
    let expected: BTreeMap<String, i64> =
        minutes.into_iter().map(|(to, minutes)| (to.to_owned(), minutes)).collect();
    assert_eq!(breakdown, expected);
    assert_eq!(breakdown.values().sum::<i64>(), DAY - 90 + 10);
}

#[test]
fn the_last_rating_of_a_ticket_counts_and_the_last_review_of_each_reviewer() {
    let score = |kind, minute, by: Option<&'static str>, score, identity| {
        let mut event = event(kind, "T", Timestamp::from_ms(at(minute)), identity);
        let by = by.map(Cow::Borrowed);
        event.detail =
            Some(Box::new(EventDetail { by, score: Some(score), ..EventDetail::default() }));
        event
    };
    let mut events = ticket_events("T", &[(Kind::Created, 0, "billing")]);
    events.extend([
        score(Kind::Rated, -5, None, 3, 1),
        score(Kind::Rated, 10, None, 5, 2),
        of_team(score(Kind::Rated, 20, None, 2, 3), "support"),
        score(Kind::Reviewed, 11, Some("aino"), 4, 4),
        score(Kind::Reviewed, 12, Some("mikko"), 3, 5),
        score(Kind::Reviewed, 13, Some("aino"), 1, 6),
    ]);
    let model = model(&[], &events);
    let rated = |team, from, now| model.ratings(team, Kind::Rated, at(from), at(now));
    assert_eq!(rated(None, -9, 9), (0, 0));
    assert_eq!(rated(Some("billing"), 0, 15), (1, 5));
    // The second replaces the first, even if only the first is in the window or belongs to another
    // team.
    assert_eq!(rated(None, 0, 25), (1, 2));
    assert_eq!((rated(Some("billing"), 0, 25), rated(Some("support"), 0, 25)), ((0, 0), (1, 2)));
    assert_eq!(rated(None, 21, 25), (0, 0));
    assert_eq!(model.ratings(None, Kind::Reviewed, at(0), at(25)), (2, 3 + 1));
}

#[test]
fn a_split_goes_by_priority_and_channel_just_before_the_end_or_now() {
    let mut events =
        ticket_events("A", &[(Kind::Created, 0, "billing"), (Kind::AgentReplied, 10, "billing")]);
    for event in &mut events {
        event.channel = Some(Cow::Borrowed("chat"));
        event.priority = Some(Priority::High);
    }
    events[0].channel = Some(Cow::Borrowed("email"));
    events[0].priority = None;
    let mut waiting =
        ticket_events("B", &[(Kind::Created, 0, "billing"), (Kind::NoteAdded, 5, "")]);
    waiting[1].channel = Some(Cow::Borrowed("phone"));
    waiting[1].priority = Some(Priority::High);
    events.extend(waiting);
    let model = model(&[], &events);
    let of = |split| {
        let split = Some(split);
        let basis = Basis::Calendar;
        let read = model.reading(None, Measure::FirstReply, basis, split, at(0), at(20), &[]);
        (minutes(read.clone()).answered, minutes(read).waiting)
    };
    // The channel and priority of the reply come too late for it; those of the note hold now.
    let named = &["email", "chat"];
    assert_eq!(of(Split::Channel { is: Some("email"), named }), (vec![10], vec![]));
    assert_eq!(of(Split::Channel { is: Some("chat"), named }), (vec![], vec![]));
    assert_eq!(of(Split::Channel { is: None, named }), (vec![], vec![20]));
    assert_eq!(of(Split::Priority(None)), (vec![10], vec![]));
    assert_eq!(of(Split::Priority(Some(Priority::High))), (vec![], vec![20]));
}

/// Built once, because that takes longer than a case.
static OFFICE: LazyLock<Arc<SlowCalendar>> =
    LazyLock::new(|| workdays(Zone { offset_minutes: 120, shift: None }, 8 * HOUR, 16 * HOUR));

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_teams_and_splits_of_the_model_add_up_in_every_measure(history in history()) {
        let plain = Model::new(&DECLARED, Vec::new(), &history.events);
        let with_hours = Model::new(&DECLARED, Vec::new(), &history.events)
            .with_hours(DECLARED[0], &OFFICE)
            .with_hours("unclaimed", &OFFICE);
        let now = history.instants[0].ms();
        let from = HISTORY_BEGIN_MS.max(now - SPAN_MS / 2);
        for measure in Measure::ALL {
            let read = |model: &Model, team, basis| {
                model.reading(team, measure, basis, None, from, now, &[])
            };
            let all = read(&plain, None, Basis::Calendar);
            // With calendars that are always open, open time is calendar time.
            prop_assert_eq!(&read(&plain, None, Basis::Open), &all);
            let open = read(&with_hours, None, Basis::Open);
            prop_assert_eq!(open.oldest_since, all.oldest_since);
            let pairs = open.answered.iter().zip(&all.answered);
            prop_assert!(pairs.clone().count() == all.answered.len());
            prop_assert!(pairs.chain(open.waiting.iter().zip(&all.waiting)).all(|(a, b)| a <= b));
            // The organisation is the sum of its teams and the unclaimed tickets.
            let teams = DECLARED.into_iter().chain(["unclaimed"]);
            let parts: Vec<Reading> =
                teams.map(|team| read(&with_hours, Some(team), Basis::Open)).collect();
            let mut answered: Vec<i64> = parts.iter().flat_map(|p| p.answered.clone()).collect();
            answered.sort_unstable();
            prop_assert_eq!(&answered, &open.answered);
            prop_assert_eq!(parts.iter().map(|p| p.given_up).sum::<u64>(), open.given_up);
            prop_assert_eq!(parts.iter().filter_map(|p| p.oldest_since).min(), open.oldest_since);
        }
    }
}
