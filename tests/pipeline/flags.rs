//! Bounds of flags, and what a reply before the creation and a message without need of a reply count as.

use std::sync::Arc;

use vaste::agreement::{About, Agreement, Level, Objective, Owner, PreviousLevel, Split, Target};
use vaste::catalog::Catalog;
use vaste::event::{Event, Kind, Priority};
use vaste::measure::Measure;
use vaste::share::Share;
use vaste::ticket::Flag;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, SECOND_MS, Timestamp};

use crate::generate::BEGIN_MS;
use crate::history::{Pipeline, event, of_team, with_priority};

fn within(seconds: i64) -> Level {
    Level::Within {
        target: Target::calendar(Elapsed::from_ms(seconds * SECOND_MS)),
        by_priority: [None; 4],
        share: Share::EIGHTY_PERCENT,
        min_tickets: 1,
    }
}

fn care(objective: Objective) -> Arc<Catalog> {
    let owner = Owner::Team("care".into());
    let about = About::default();
    let agreement = Agreement { owner, hours: None, objectives: vec![objective], about };
    Arc::new(Catalog::new(&[agreement], &[Measure::FirstReply, Measure::NextReply]))
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(BEGIN_MS + ms)
}

fn of_care(kind: Kind, ticket: &str, ms: i64) -> Event<'static> {
    let identity = ms.unsigned_abs() * 32 + kind as u64;
    of_team(event(kind, ticket, at(ms), identity), "care")
}

fn pipeline(catalog: &Arc<Catalog>, events: &[Event<'_>]) -> Pipeline {
    let mut pipeline = Pipeline::new(catalog, 1, at(-HOUR_MS));
    for event in events {
        pipeline.apply(event);
    }
    pipeline
}

/// How often a flag is set for the first reply that comes after so many milliseconds.
fn flagged(objective: Objective, flag: Flag, after: i64) -> u64 {
    let catalog = care(objective);
    let events = [of_care(Kind::Created, "T", 0), of_care(Kind::AgentReplied, "T", after)];
    let mut pipeline = pipeline(&catalog, &events);
    let view = pipeline.advance(at(DAY_MS));
    let scope = catalog.scope_of_team("care");
    view.flags(scope, Measure::FirstReply, Elapsed::from_ms(7 * DAY_MS)).of(flag)
}

fn first_reply(level: Level) -> Objective {
    Objective::new("soon", Measure::FirstReply, level)
}

#[test]
fn an_answer_is_at_once_up_to_ten_seconds() {
    let at_once = |ms| flagged(first_reply(within(1_000)), Flag::AnsweredAtOnce, ms);
    assert_eq!([0, 10_000, 10_001].map(at_once), [1, 1, 0]);
}

#[test]
fn an_answer_is_near_its_target_above_nine_tenths_of_it_and_up_to_it() {
    let near = |ms| flagged(first_reply(within(1_000)), Flag::AnsweredNearTarget, ms);
    assert_eq!([900_000, 900_001, 1_000_000, 1_000_001].map(near), [0, 1, 1, 0]);
    // The level in force at the answer counts.
    let mut objective = first_reply(within(100_000));
    let level = within(1_000);
    let until = at(DAY_MS / 2);
    objective.previous_levels =
        vec![PreviousLevel { until, level, over: objective.over, unanswered_max: None }];
    assert_eq!(flagged(objective, Flag::AnsweredNearTarget, 950_000), 1);
}

#[test]
fn a_reply_before_the_creation_has_the_priority_and_channel_that_the_ticket_is_created_with() {
    let split = Split { priority: true, channels: vec!["chat".into()] };
    let catalog = care(Objective { split, ..first_reply(within(1_000)) });
    let reply = with_priority(of_care(Kind::AgentReplied, "T", 0), Priority::Low);
    let mut created = with_priority(of_care(Kind::Created, "T", 60_000), Priority::High);
    created.channel = Some("chat".into());
    let mut pipeline = pipeline(&catalog, &[created, reply]);
    let printed = pipeline.printed(at(DAY_MS));
    let parts: Vec<&str> = printed
        .lines()
        .filter(|line| line.contains("\"team\":\"care\"") && line.contains("\"window\":\"7d\""))
        .filter_map(|line| line.split_once("\"split\":").map(|(_, split)| split))
        .collect();
    assert_eq!(parts, ["{\"priority\":\"high\"}}", "{\"channel\":\"chat\"}}"]);
}

#[test]
fn a_message_that_needs_no_reply_is_no_sample_of_any_length() {
    let catalog = care(first_reply(within(1_000)));
    let ticket = |name: &str, needless: bool| {
        let kind = if needless { Kind::NoReplyNeeded } else { Kind::AgentReplied };
        let end = if needless { 10 * HOUR_MS } else { 3 * HOUR_MS };
        [
            of_care(Kind::Created, name, 0),
            of_care(Kind::AgentReplied, name, HOUR_MS),
            of_care(Kind::CustomerReplied, name, 2 * HOUR_MS),
            of_care(kind, name, end),
        ]
    };
    let quantiles = |needless: usize| {
        let answered = (0..6).map(|number| ticket(&format!("A-{number}"), false));
        let needless = (0..needless).map(|number| ticket(&format!("N-{number}"), true));
        let events: Vec<_> = answered.chain(needless).flatten().collect();
        let mut pipeline = pipeline(&catalog, &events);
        let view = pipeline.advance(at(DAY_MS));
        let readings = view.readings();
        let next = readings.iter().find(|reading| {
            reading.measure == Measure::NextReply && reading.window == Elapsed::from_ms(7 * DAY_MS)
        });
        let next = next.unwrap();
        (next.answered, serde_json::to_string(&next.q_with_waiting).unwrap())
    };
    assert_eq!(quantiles(20), quantiles(0));
}
