//! The past of an objective in the API: equal to `vaste replay --every 1h` of the same events, after a
//! restart and after events that came late.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::Value;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

use crate::harness::{
    Service, broker, create_topic, fresh, key, wait_for, wait_for_members, wall_clock,
};
use crate::simulated_team::{Team, log};

const AGREEMENT: &str = "\
team: billing
objectives:
  - name: quick
    measure: first_reply
    within: 12h
    share: 50%
    min_tickets: 5
  - name: limit
    measure: resolution
    none_over: 30h
    over: 24h
";

const DAYS: i64 = 40;

/// Decided, missed and verdict by hour.
type Hours = BTreeMap<String, (u64, u64, String)>;

fn path_of(objective: &str) -> String {
    format!("/api/v1/teams/billing/objectives/{objective}/history")
}

fn history(service: &Service, objective: &str) -> Option<Value> {
    let body = service.get(&path_of(objective))?;
    Some(serde_json::from_str(&body).unwrap())
}

fn hours<'a>(rows: impl Iterator<Item = &'a Value>) -> Hours {
    let one = |row: &Value| {
        let at = Timestamp::parse(row["at"].as_str().unwrap()).unwrap();
        let [decided, missed] = ["decided", "missed"].map(|name| row[name].as_u64().unwrap());
        (at.to_string(), (decided, missed, row["state"].as_str().unwrap().to_owned()))
    };
    rows.map(one).collect()
}

/// The hours that `replay` prints for the records.
fn replayed(service: &Service, records: &[String], objective: &str) -> Hours {
    fs::write(service.folder.path().join("replayed.ndjson"), records.concat()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["replay", "--every", "1h", "--format", "json"])
        .args(["--agreements", "agreement-0.yaml", "replayed.ndjson"])
        .current_dir(service.folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let verdicts =
        rows.iter().filter(|row| row["objective"] == objective && row["decided"].is_u64());
    let mut hours = hours(verdicts);
    // At the end stands the instant of the last event.
    hours.retain(|at, _| at.ends_with(":00:00Z"));
    hours
}

/// Waits until the past of both objectives is that of a replay.
fn is_as_replayed(service: &Service, records: &[String], what: &str) {
    let mut states = BTreeSet::new();
    for objective in ["quick", "limit"] {
        let expected = replayed(service, records, objective);
        assert!(expected.len() > 24 * 30, "{} hours", expected.len());
        states.extend(expected.values().map(|(_, _, state)| state.clone()));
        let mut last = Hours::new();
        wait_for(what, || {
            let shown = history(service, objective)?;
            let points = hours(shown["points"].as_array().unwrap().iter());
            last = points.into_iter().filter(|(at, _)| expected.contains_key(at)).collect();
            let first = last.keys().next()?;
            let known: Hours = expected
                .range(first.clone()..)
                .map(|(at, row)| (at.clone(), row.clone()))
                .collect();
            (last == known && last.len() > 24 * 30).then_some(())
        });
    }
    assert!(states.len() > 1, "several verdicts: {states:?}");
}

#[test]
fn the_past_is_that_of_a_replay_after_a_restart_and_after_late_events() {
    let Some(broker) = broker() else { return };
    let topic = fresh("past");
    create_topic(&broker, &topic, 3);
    let kafka =
        format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, workers: 2 }}");
    // No ticket is evicted, as none is in a replay. The events of evicted ones are too old to count.
    let more = "state: { store: state, checkpoint_every: 0s, reopen_within: 60d }\n";
    let mut service = Service::start_with(&kafka, AGREEMENT, more);
    let team = Team {
        name: "billing",
        every_minutes: 90,
        answers_minutes: 60,
        slows_percent: 400,
        forgets_one_of: 60,
    };
    let begin = wall_clock().minus(Elapsed::from_ms(DAYS * DAY_MS));
    let records: Vec<String> = log(&[team], begin.floor_to(Elapsed::from_ms(HOUR_MS)), DAYS, 9)
        .into_iter()
        .map(|record| record + "\n")
        .collect();
    // Every seventh record comes later than the rest, after a restart.
    let (late, timely): (Vec<_>, Vec<_>) =
        records.iter().cloned().enumerate().partition(|(index, _)| index % 7 == 2);
    let [late, timely] =
        [late, timely].map(|all| all.into_iter().map(|(_, record)| record).collect());
    let (late, timely): (Vec<String>, Vec<String>) = (late, timely);
    assert!(service.publish(&timely.concat()).status.success());
    is_as_replayed(&service, &timely, "the past of the first records");
    assert_eq!(service.stop(), Some(0));
    service.start_again();
    is_as_replayed(&service, &timely, "the past after a restart");
    assert!(service.publish(&late.concat()).status.success());
    is_as_replayed(&service, &records, "the past with the late records");
    service.kill();
    service.start_again();
    is_as_replayed(&service, &records, "the past after a crash");
    let shown = history(&service, "quick").unwrap();
    let agreed: Vec<&Value> = shown["tried"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tried| tried["is_agreed"] == true)
        .collect();
    let last = shown["points"].as_array().unwrap().last().unwrap();
    assert_eq!(agreed.len(), 1);
    let counts = |row: &Value| [row["decided"].clone(), row["missed"].clone()];
    assert_eq!(counts(agreed[0]), counts(last), "the agreed target is tried like the others");
}

/// The partitions that an instance reads: number, position and end.
fn partitions(service: &Service) -> Option<Vec<[i64; 3]>> {
    let stream: Value = serde_json::from_str(&service.get("/api/v1/stream")?).unwrap();
    let one = |partition: &Value| {
        let [number, position, end] =
            ["partition", "position", "end"].map(|key| partition[key].as_i64());
        Some([number?, position?, end?])
    };
    stream["partitions"].as_array()?.iter().map(one).collect()
}

/// The partition that the test puts a record in.
fn partition_of(record: &str) -> i32 {
    i32::from(key(record).bytes().fold(0_u8, u8::wrapping_add) % 2)
}

/// One instance has read all, a second one takes over a partition, reads late events of it and goes. The
/// first one then restores what the second one has stored, and reads none of these events itself.
#[test]
fn the_past_has_what_another_instance_read_of_a_partition_that_comes_back() {
    let Some(broker) = broker() else { return };
    let topic = fresh("past-shared");
    create_topic(&broker, &topic, 2);
    let kafka =
        format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, workers: 1 }}");
    let store = tempfile::tempdir().unwrap();
    let more = format!(
        "state: {{ store: \"{}\", checkpoint_every: 0s, reopen_within: 60d }}\n",
        store.path().display()
    );
    let team = Team {
        name: "billing",
        every_minutes: 90,
        answers_minutes: 60,
        slows_percent: 400,
        forgets_one_of: 60,
    };
    let begin = wall_clock().minus(Elapsed::from_ms(DAYS * DAY_MS));
    let records: Vec<String> = log(&[team], begin.floor_to(Elapsed::from_ms(HOUR_MS)), DAYS, 9)
        .into_iter()
        .map(|record| record + "\n")
        .collect();
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", &broker).create().unwrap();
    let publish = |records: &[String]| {
        for record in records {
            let to = BaseRecord::to(&topic).partition(partition_of(record));
            let sent = producer.send(to.key(key(record)).payload(record.trim_end()));
            sent.map_err(|(error, _)| error).unwrap();
        }
        producer.flush(Duration::from_secs(30)).unwrap();
    };
    let (late, timely): (Vec<_>, Vec<_>) =
        records.into_iter().enumerate().partition(|(index, _)| index % 7 == 2);
    let only = |records: Vec<(usize, String)>| -> Vec<String> {
        records.into_iter().map(|(_, record)| record).collect()
    };
    let (late, timely) = (only(late), only(timely));
    publish(&timely);
    let first = Service::start_with(&kafka, AGREEMENT, &more);
    is_as_replayed(&first, &timely, "the past of the first records");
    let second = Service::start_with(&kafka, AGREEMENT, &more);
    wait_for_members(&broker, &topic, 2);
    let taken = wait_for("the second instance to read a partition", || {
        let partitions = partitions(&second)?;
        let [number, position, end] = *partitions.first()?;
        (partitions.len() == 1 && position == end && end > 0).then_some((number, end))
    });
    let of_taken = |record: &String| i64::from(partition_of(record)) == taken.0;
    let late: Vec<String> = late.into_iter().filter(of_taken).collect();
    assert!(late.len() > 10, "{} late records", late.len());
    publish(&late);
    let end = taken.1 + i64::try_from(late.len()).unwrap();
    wait_for("the second instance to read the late records", || {
        (partitions(&second)?.first()? == &[taken.0, end, end]).then_some(())
    });
    assert_eq!(second.terminate(), Some(0));
    let all = [timely, late].concat();
    is_as_replayed(&first, &all, "the past with what the second instance read");
}
