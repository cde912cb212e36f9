//! Three real event logs with exact reference results. They are not part of the project: these
//! tests are skipped where the logs are missing, and `tests/run` says so.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use vaste::event::decode;
use vaste::input::{InputLine, InputSource, read_lines};
use vaste::replay::Replay;
use vaste::time::Timestamp;

use crate::random::Random;

const LOGS: [&str; 3] = ["bpic13_incidents_volvo", "helpdesk_italian", "twitter_care_ibm"];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name)
}

/// The records of a log and its reference results. `None` if they are missing.
fn log(name: &str) -> Option<(Vec<Vec<u8>>, Value)> {
    let expected = std::fs::read_to_string(path(&format!("{name}.expected.json"))).ok()?;
    let source = InputSource::File(path(&format!("{name}.ndjson.gz")));
    let mut records = Vec::new();
    let mut reader = source.open(None, |_| {}).unwrap();
    read_lines(&source, &mut *reader, |_, line| {
        if let InputLine::Record(bytes) = line {
            records.push(bytes.to_vec());
        }
    })
    .unwrap();
    assert_eq!(records.len() as u64, expected_events(&expected));
    Some((records, serde_json::from_str(&expected).unwrap()))
}

fn expected_events(expected: &str) -> u64 {
    let expected: Value = serde_json::from_str(expected).unwrap();
    expected["events"].as_u64().unwrap()
}

/// All printed readings at these instants.
fn printed(records: &[&[u8]], instants: &[Timestamp]) -> Vec<String> {
    let mut replay = Replay::new(None);
    for record in records {
        replay.take(decode(record));
    }
    let outcomes = replay.outcomes().clone();
    assert_eq!(outcomes.total(), records.len() as u64);
    assert_eq!(outcomes.applied + outcomes.duplicate, records.len() as u64);
    let mut readings = replay.into_readings();
    let line = |value: &vaste::reading::Reading| serde_json::to_string(value).unwrap();
    instants.iter().flat_map(|&at| readings.at(at).0.readings()).map(|r| line(&r)).collect()
}

fn instants(expected: &Value) -> Vec<Timestamp> {
    let windows = expected["windows"].as_array().unwrap();
    windows.iter().map(|w| Timestamp::parse(w["end"].as_str().unwrap()).unwrap()).collect()
}

/// Compares one reading of 7 days with the reference results of its group.
fn compare(reading: Option<&Value>, group: &Value, context: &str) {
    let count = group["count"].as_u64().unwrap();
    let answered = reading.map_or(0, |reading| reading["answered"].as_u64().unwrap());
    assert_eq!(answered, count, "{context}");
    let Some(reading) = reading.filter(|_| count > 0) else { return };
    for (shown, exact) in [
        (&reading["q"]["0.5"], &group["nearest_rank"]["p50"]),
        (&reading["q"]["0.9"], &group["nearest_rank"]["p90"]),
        (&reading["q"]["0.99"], &group["nearest_rank"]["p99"]),
        (&reading["max"], &group["max"]),
    ] {
        let (shown, exact) = (shown.as_f64().unwrap(), exact.as_f64().unwrap());
        assert!((shown - exact).abs() <= exact * 0.01 + 1e-9, "{shown} for {exact}: {context}");
    }
    let sum = group["sum"].as_f64().unwrap();
    #[expect(clippy::cast_precision_loss, reason = "counts of tickets")]
    let mean = sum / count as f64;
    assert!((reading["mean"].as_f64().unwrap() - mean).abs() <= 0.000_501, "{context}");
}

#[test]
fn the_windows_of_real_logs_are_exact_in_counts_and_within_one_percent_in_quantiles() {
    for name in LOGS {
        let Some((records, expected)) = log(name) else { continue };
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let lines = printed(&records, &instants(&expected));
        let readings: Vec<Value> = lines.iter().map(|l| serde_json::from_str(l).unwrap()).collect();
        let mut compared = 0;
        for window in expected["windows"].as_array().unwrap() {
            let teams = window["by_team"].as_object().unwrap();
            let groups = teams.iter().map(|(team, group)| (Value::from(team.as_str()), group));
            for (team, group) in groups.chain([(Value::Null, &window["overall"])]) {
                for (measure, key) in
                    [("first_reply", "frt"), ("first_resolution", "resolution_first")]
                {
                    let reading = readings.iter().find(|reading| {
                        reading["at"] == window["end"]
                            && reading["team"] == team
                            && reading["measure"] == measure
                            && reading["window"] == "7d"
                    });
                    compare(reading, &group[key], &format!("{name} {team} {measure}"));
                    compared += 1;
                }
            }
        }
        assert!(compared >= 10, "{name}: {compared}");
    }
}

#[test]
fn real_logs_read_the_same_shuffled_and_with_a_fifth_of_duplicates() {
    for name in LOGS {
        let Some((records, expected)) = log(name) else { continue };
        let plain: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let mut delivery = plain.clone();
        delivery.extend(plain.iter().step_by(5));
        Random::new(1).shuffle(&mut delivery);
        let instants = instants(&expected);
        let (one, other) = (printed(&plain, &instants), printed(&delivery, &instants));
        assert!(!one.is_empty());
        assert!(one == other, "{name} reads differently when shuffled");
    }
}

#[test]
fn no_quantile_of_a_real_log_rests_on_fewer_than_five_at_risk() {
    for name in LOGS {
        let Some((records, expected)) = log(name) else { continue };
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let mut given = 0;
        for line in printed(&records, &instants(&expected)) {
            let reading: Value = serde_json::from_str(&line).unwrap();
            let count = |key: &str| reading[key].as_u64().unwrap();
            let at_risk = count("answered") + count("waiting") + count("given_up");
            for quantile in reading["q_with_waiting"].as_object().unwrap().values() {
                let is_given = quantile.is_number();
                assert!(!is_given || at_risk >= 5, "{name}: {line}");
                given += usize::from(is_given);
            }
        }
        assert!(given > 100, "{name}: {given} quantiles");
    }
}

/// Teams are collected per log, so a log is read with its own teams only.
#[test]
fn a_catalog_without_agreements_has_every_team_of_a_log() {
    let Some((records, expected)) = log("helpdesk_italian") else { return };
    let mut replay = Replay::new(None);
    for record in &records {
        replay.take(decode(record));
    }
    let mut readings = replay.into_readings();
    let (view, _) = readings.at(instants(&expected)[0]);
    assert_eq!(Arc::clone(view.catalog()).teams().count(), 4);
}
