//! The past at every whole hour: equal to the view at that hour, whatever came late or was evicted.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use vaste::agreement::{Agreement, Level, Objective, Owner, PreviousLevel, Target, VerdictState};
use vaste::catalog::Catalog;
use vaste::checkpoint::{self, Origin};
use vaste::event::decode;
use vaste::measure::Measure;
use vaste::partition::{Partition, Published, Record, Taken};
use vaste::past::{Hour, HourlyTallies, PAST_FOR, Past, PastPoint};
use vaste::replay::Replay;
use vaste::responses::Responses;
use vaste::shard::Shard;
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};
use vaste::view::View;

use crate::generate::{BEGIN_MS, History, SPAN_MS, cases, history};
use crate::random::Random;
use crate::simulated_team::{Team, log};

/// An objective's decided and missed tickets at an hour, and its verdict.
type Row = (Hour, usize, u64, u64, VerdictState);

fn rows_of(past: &Past, catalog: &Catalog) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (id, _, _) in catalog.objectives() {
        rows.extend(past.points_of(id).map(|(hour, point)| {
            let PastPoint { decided, missed, state, .. } = point;
            (hour, id.index(), decided.into(), missed.into(), state)
        }));
    }
    rows.sort_unstable();
    rows
}

/// The rows of a view that is read at every hour.
fn rows_at(view: &View, rows: &mut Vec<Row>) {
    let hour = Hour::from(view.now());
    for ((id, _, _), verdict) in view.catalog().objectives().zip(view.verdicts()) {
        rows.push((hour, id.index(), verdict.decided, verdict.missed, verdict.state));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(150).min(600),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/regressions/past.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_hour_of_the_past_is_as_the_view_was(history in history()) {
        let History { mut events, agreements, seed, .. } = history;
        let catalog = Arc::new(Catalog::new(&agreements, &Measure::ALL));
        let now = Timestamp::from_ms(BEGIN_MS + SPAN_MS + 20 * DAY_MS);
        let mut random = Random::new(seed);
        random.shuffle(&mut events);
        let mut shard = Shard::new(Arc::clone(&catalog));
        for event in &events {
            shard.apply(event, &mut ());
        }
        let past = past_of(&written(&shard, &catalog), &catalog, now);
        let mut view = View::new(Arc::clone(&catalog), past.first.start());
        let mut rows = Vec::new();
        let hours = past.last.since(past.first).unwrap();
        for hour in (0..=hours).map(|index| past.first.plus(index)) {
            view.advance(hour.start());
            shard.advance(hour.start(), &mut view);
            rows_at(&view, &mut rows);
        }
        prop_assert_eq!(rows_of(&past, &catalog), rows);
    }
}

const DAYS: i64 = 200;

fn day(days: i64) -> Timestamp {
    Timestamp::parse("2026-01-05T00:00:00Z").unwrap().plus(Elapsed::from_ms(days * DAY_MS))
}

fn hours(hours: i64) -> Target {
    Target::calendar(Elapsed::from_ms(hours * HOUR_MS))
}

/// Two teams and the organisation. A level of billing was changed on day 90, its window, too.
fn catalog() -> Arc<Catalog> {
    let share = |target| Level::Within {
        target,
        by_priority: [None; 4],
        share: Share::from_basis_points(5_000).unwrap(),
        min_tickets: 5,
    };
    let agreements = ["billing", "support", ""].map(|team| Agreement {
        owner: if team.is_empty() { Owner::Organisation } else { Owner::Team(team.into()) },
        hours: None,
        objectives: vec![
            Objective {
                previous_levels: vec![PreviousLevel {
                    until: day(90),
                    level: share(hours(12)),
                    over: Elapsed::from_ms(28 * DAY_MS),
                    unanswered_max: None,
                }],
                ..Objective::new("quick", Measure::FirstReply, share(hours(24)))
            },
            Objective::new("limit", Measure::Resolution, Level::NoneOver(hours(30))),
        ],
        about: Default::default(),
    });
    Arc::new(Catalog::new(&agreements, &[]))
}

fn records() -> Vec<String> {
    let team = |name, answers_minutes| Team {
        name,
        every_minutes: 120,
        answers_minutes,
        slows_percent: 100,
        forgets_one_of: 400,
    };
    log(&[team("billing", 70), team("support", 150)], day(0), DAYS, 23)
}

fn time_of(record: &str) -> Timestamp {
    let (_, time) = record.split_once("\"time\":\"").unwrap();
    Timestamp::parse(time.split_once('"').unwrap().0).unwrap()
}

fn take(partition: &mut Partition, record: &str) {
    let (offset, payload) = (partition.position(), Some(record.as_bytes()));
    let published = Published::Unknown;
    let record = Record { offset, key: None, attributes: &[], payload, mapping: None, published };
    assert!(matches!(partition.take(&record, &mut ()), Taken::Processed(_)));
}

fn restored(partition: &mut Partition, catalog: &Arc<Catalog>, now: Timestamp) -> Partition {
    let (_, bytes) = partition.image(now).unwrap();
    let image = checkpoint::read(&bytes).unwrap();
    Partition::restore(&image, Arc::clone(catalog), &"events".into(), 0, 2).unwrap()
}

/// The checkpoint of a shard of which all is known.
fn written(shard: &Shard, catalog: &Catalog) -> Vec<u8> {
    let start = Timestamp::from_ms(BEGIN_MS);
    let origin = Origin {
        topic: "events".into(),
        topic_id: None,
        tenure: None,
        partition: 0,
        epoch: 1,
        position: 0,
        written_at: start,
        history_from: None,
        counted_to: start,
        last_record: None,
        is_handed_over: false,
    };
    checkpoint::write(shard, &Responses::new(catalog), catalog, &origin)
}

fn past_of(image: &[u8], catalog: &Arc<Catalog>, now: Timestamp) -> Past {
    let mut tallies = HourlyTallies::new(Arc::clone(catalog), now);
    checkpoint::read(image).unwrap().add_to_past(&mut tallies, &[]).unwrap();
    tallies.into_past()
}

/// The same by `replay --every 1h`, from a first hour on.
fn replayed(records: &[String], catalog: &Arc<Catalog>, first: Hour, last: Hour) -> Vec<Row> {
    let mut replay = Replay::new(Some(Arc::clone(catalog)));
    for record in records {
        replay.take(decode(record.as_bytes()));
    }
    let mut readings = replay.into_readings();
    let mut rows = Vec::new();
    for index in 0..=last.since(first).unwrap() {
        rows_at(readings.at(first.plus(index).start()).0, &mut rows);
    }
    rows.sort_unstable();
    rows
}

#[test]
fn the_past_of_a_service_that_evicts_and_restarts_is_that_of_a_replay() {
    let catalog = catalog();
    let all = records();
    // A tenth of the records comes ten days late, after others of its tickets.
    let (late, timely): (Vec<_>, Vec<_>) =
        all.iter().cloned().enumerate().partition(|(index, _)| index % 10 == 3);
    let ten_days = Elapsed::from_ms(10 * DAY_MS);
    let mut arrivals: Vec<(Timestamp, String)> = timely
        .into_iter()
        .map(|(_, record)| (time_of(&record), record))
        .chain(late.into_iter().map(|(_, record)| (time_of(&record).plus(ten_days), record)))
        .collect();
    arrivals.sort();
    let mut partition = Partition::new(Arc::clone(&catalog), &"events".into(), 0, 1);
    let (mut today, mut evicted) = (1, 0);
    for (at, record) in &arrivals {
        while day(today) < *at {
            while partition.advance_some(day(today), usize::MAX, &mut ()) {}
            evicted += partition.forget_some(day(today), Elapsed::from_ms(40 * DAY_MS), usize::MAX);
            if today % 60 == 0 {
                partition = restored(&mut partition, &catalog, day(today));
            }
            today += 1;
        }
        take(&mut partition, record);
    }
    let now = day(DAYS + 10);
    while partition.advance_some(now, usize::MAX, &mut ()) {}
    assert!(evicted > 1_000, "{evicted} evicted");
    let past = past_of(&partition.image(now).unwrap().1, &catalog, now);
    let kept = Elapsed::from_ms(28 * DAY_MS).ms() + PAST_FOR.ms();
    assert_eq!(
        (past.first, past.last),
        (Hour::from(now.minus(Elapsed::from_ms(kept))), Hour::from(now))
    );
    let rows = rows_of(&past, &catalog);
    assert_eq!(rows, replayed(&all, &catalog, past.first, past.last));
    let mut states: Vec<&str> = rows.iter().map(|row| row.4.label()).collect();
    states.sort_unstable();
    states.dedup();
    assert!(states.len() >= 2, "several verdicts: {states:?}");
}

#[test]
fn the_memory_of_an_hour_and_objective_is_bounded() {
    let catalog = catalog();
    let mut partition = Partition::new(Arc::clone(&catalog), &"events".into(), 0, 1);
    records().iter().for_each(|record| take(&mut partition, record));
    let now = day(DAYS);
    while partition.advance_some(now, usize::MAX, &mut ()) {}
    partition.forget_some(now, Elapsed::from_ms(56 * DAY_MS), usize::MAX);
    let past = past_of(&partition.image(now).unwrap().1, &catalog, now);
    let hours: usize = past.points.iter().map(Vec::len).sum();
    let bytes = past.bytes() + partition.shard().evicted_past().bytes();
    assert!(bytes <= 40 * hours, "{} bytes an hour and objective", bytes / hours);
}

#[test]
fn before_the_known_history_there_is_no_verdict() {
    let catalog = catalog();
    let mut partition = Partition::new(Arc::clone(&catalog), &"events".into(), 0, 1);
    records().iter().for_each(|record| take(&mut partition, record));
    let now = day(DAYS);
    while partition.advance_some(now, usize::MAX, &mut ()) {}
    partition.lost_history(day(150));
    let past = past_of(&partition.image(now).unwrap().1, &catalog, now);
    let (quick, _, _) = catalog.objectives().find(|(_, _, one)| &*one.name == "quick").unwrap();
    let known = |(hour, _): &(Hour, PastPoint)| hour.start() >= day(157);
    let (after, before): (Vec<_>, Vec<_>) = past.points_of(quick).partition(known);
    let is_unknown = |point: &PastPoint| point.state == VerdictState::InsufficientData;
    assert!(before.iter().all(|(_, point)| is_unknown(point)));
    assert!(after.iter().all(|(_, point)| !is_unknown(point)));
}
