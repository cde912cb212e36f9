//! The scenario of `vaste demo` for many seeds, weekdays and times of day.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use vaste::agreement::VerdictState;
use vaste::catalog::Catalog;
use vaste::demo::{self, BACKLOG, DemoRecord, EventGenerator, PLAY, Scenario};
use vaste::event::{Outcome, decode};
use vaste::replay::{Readings, Replay};
use vaste::time::{Elapsed, HOUR_MS, Timestamp};
use vaste::view::View;

fn hours(hours: i64) -> Elapsed {
    Elapsed::from_ms(hours * HOUR_MS)
}

/// A scenario that begins on its own weekday and hour.
fn scenario(seed: u64, calm: bool) -> Scenario {
    let monday = Timestamp::parse("2026-10-19T00:00:00Z").unwrap();
    // 37 hours are a day and a half: every weekday and every part of the day occurs.
    let begin = monday.plus(hours(37 * i64::try_from(seed).unwrap()));
    Scenario { seed, calm, begin }
}

fn catalog(scenario: Scenario) -> Catalog {
    let config =
        demo::config(scenario.begin, SocketAddr::from(([127, 0, 0, 1], 0)), "localhost:9092");
    assert!(!config.diagnostics.has_errors(), "{:?}", config.diagnostics.errors);
    config.catalog()
}

/// The scenario up to its end.
fn read(scenario: Scenario) -> Readings {
    let mut replay = Replay::new(Some(Arc::new(catalog(scenario))));
    let end = scenario.begin.plus(BACKLOG).plus(PLAY);
    for record in EventGenerator::new(scenario).take_while(|record| record.delivered <= end) {
        let outcome = replay.take(decode(record.payload.as_bytes()));
        let is_good = matches!(outcome, Outcome::Applied | Outcome::Duplicate);
        assert!(is_good, "{outcome:?}: {}", record.payload);
    }
    replay.into_readings()
}

/// The state of an objective of a team.
fn state(view: &View, team: &str, objective: &str) -> VerdictState {
    let verdicts = view.verdicts();
    let found = verdicts
        .iter()
        .find(|verdict| verdict.team.as_deref() == Some(team) && &*verdict.objective == objective);
    found.unwrap().state
}

#[test]
fn at_the_start_each_team_is_in_the_state_of_its_role() {
    for (seed, calm) in (0..24).flat_map(|seed| [(seed, false), (seed, true)]) {
        let scenario = scenario(seed, calm);
        let mut readings = read(scenario);
        let (view, _) = readings.at(scenario.begin.plus(BACKLOG));
        let drift = if calm { VerdictState::Met } else { VerdictState::Missed };
        for (team, objective, expected) in [
            ("billing", "first-reply", VerdictState::Met),
            ("billing", "next-reply", VerdictState::Met),
            ("billing", "resolution", VerdictState::Met),
            ("billing", "nobody-forgotten", VerdictState::Met),
            ("deliveries", "first-reply", drift),
            ("deliveries", "next-reply", drift),
            ("shop", "first-reply", VerdictState::Met),
            ("shop", "nobody-forgotten", VerdictState::Met),
            ("technical", "first-reply", VerdictState::Met),
            ("technical", "next-reply", VerdictState::Met),
            ("technical", "nobody-forgotten", VerdictState::Missed),
        ] {
            let found = state(view, team, objective);
            assert_eq!(found, expected, "{scenario:?}: {team} {objective}");
        }
        let drifting = view.verdicts().into_iter().find(|verdict| {
            verdict.team.as_deref() == Some("deliveries") && &*verdict.objective == "first-reply"
        });
        let share = drifting.unwrap().compliance.unwrap();
        assert!(if calm { share > 9_500 } else { share < 6_000 }, "{scenario:?}: {share}");
        let unclaimed = view.readings().into_iter().find(|reading| {
            reading.team.as_deref() == Some("unclaimed") && reading.measure.label() == "first_reply"
        });
        assert!(unclaimed.unwrap().waiting >= 20, "{scenario:?}");
    }
}

#[test]
fn during_the_scenario_one_team_stops_and_another_falls_behind_and_recovers() {
    for seed in 0..24 {
        let scenario = scenario(seed, false);
        let mut readings = read(scenario);
        let play = scenario.begin.plus(BACKLOG);
        let mut orders = BTreeSet::new();
        let mut silent_from = None;
        for hour in 0..PLAY.ms() / HOUR_MS {
            let (view, _) = readings.at(play.plus(hours(hour)));
            orders.insert(state(view, "orders", "first-reply"));
            for (team, objective) in [
                ("billing", "first-reply"),
                ("billing", "nobody-forgotten"),
                ("deliveries", "nobody-forgotten"),
                ("technical", "first-reply"),
            ] {
                let found = state(view, team, objective);
                assert_eq!(found, VerdictState::Met, "{scenario:?}: {hour} h: {team} {objective}");
            }
            let states = ["first-reply", "nobody-forgotten"].map(|name| state(view, "shop", name));
            if states == [VerdictState::Missed; 2] {
                silent_from.get_or_insert(hour);
            }
            assert!(
                hour > 10 || states == [VerdictState::Met; 2],
                "{scenario:?}: {hour} h: {states:?}"
            );
            assert!(
                hour < 72 || states[0] == VerdictState::Missed,
                "{scenario:?}: {hour} h: {states:?}"
            );
        }
        assert!(
            orders.contains(&VerdictState::Missed) && orders.contains(&VerdictState::Met),
            "{scenario:?}"
        );
        // The scenario shows a day in about two minutes.
        assert!(silent_from.is_some_and(|hour| hour < 42), "{scenario:?}: {silent_from:?}");
    }
}

#[test]
fn a_seed_gives_one_scenario_and_calm_changes_only_the_drifting_team() {
    let records = |calm| {
        let scenario = scenario(7, calm);
        let end = scenario.begin.plus(BACKLOG).plus(PLAY);
        let records =
            EventGenerator::new(scenario).take_while(move |record| record.delivered <= end);
        records.collect::<Vec<_>>()
    };
    let drifting = records(false);
    assert_eq!(drifting, records(false));
    let drifts: BTreeSet<&str> = drifting
        .iter()
        .filter(|record| record.payload.contains("\"team\":\"deliveries\""))
        .map(|record| record.key.as_str())
        .collect();
    let others = |records: &[DemoRecord]| -> Vec<DemoRecord> {
        let of_others = records.iter().filter(|record| !drifts.contains(record.key.as_str()));
        of_others.cloned().collect()
    };
    let calm = records(true);
    assert_ne!(calm, drifting);
    assert!(others(&drifting).len() > 20_000);
    assert_eq!(others(&calm), others(&drifting));
    let later =
        Scenario { begin: scenario(7, false).begin.plus(hours(24 * 7)), ..scenario(7, false) };
    for (record, later) in drifting.iter().zip(EventGenerator::new(later)) {
        assert_eq!(record.key, later.key);
        assert_eq!(record.time.plus(hours(24 * 7)), later.time);
    }
}

#[test]
fn records_come_in_order_none_before_its_event_and_all_fit_the_broker_of_the_demo() {
    for seed in 0..24 {
        let scenario = scenario(seed, false);
        let looks = scenario.begin.plus(BACKLOG);
        let ends = looks.plus(PLAY);
        let mut last = Timestamp::EVENT_MIN;
        let mut late = 0;
        let mut backlog = 0;
        let mut bytes = 0;
        for record in EventGenerator::new(scenario).take_while(|record| record.delivered <= ends) {
            assert!(last <= record.delivered && record.time <= record.delivered);
            last = record.delivered;
            late += u32::from(record.time < record.delivered);
            backlog += u32::from(record.delivered <= looks);
            bytes += record.key.len() + record.payload.len();
        }
        assert!((25_000..40_000).contains(&backlog), "{backlog} records");
        assert!(late > 500, "{late} late records");
        // Four partitions of 5 MB: even a partition with twice its share has room.
        assert!(bytes < 4 * 5_000_000 / 2, "{bytes} bytes");
    }
}
