//! Opening hours with what producers send: former and misspelt names, numbers as ids, unreadable fields,
//! times of other forms, and targets in working days. Through `run`, `replay` and `explain`, counted by hand.

use std::process::Command;

use serde_json::Value;
use vaste::time::{DAY_MS, Elapsed, Timestamp};

use crate::harness::{Service, broker, create_topic, fresh, wait_for, wall_clock};

/// The name has an e with an accent as one character; events have it as two.
const AGREEMENT: &str = "\
team: Caf\u{e9}
hours: desk
was_named: [kahvila]
objectives:
  - { name: quick, measure: first_reply, within: 8h, share: 50%, over: 28d, min_tickets: 1 }
  - { name: days, measure: first_reply, within: 2 working days, share: 50%, over: 28d, min_tickets: 1 }
  - { name: nobody, measure: first_reply, none_over: 9d always }
";

/// Open day and night, but not three days ago.
fn calendars(today: Timestamp) -> String {
    format!(
        "calendars:\n  desk:\n    zone: UTC\n    week: {{ mon: &all [\"00:00-24:00\"], tue: [\"00:00-24:00\"], wed: \
         [\"00:00-24:00\"], thu: [\"00:00-24:00\"], fri: [\"00:00-24:00\"], sat: [\"00:00-24:00\"], sun: \
         [\"00:00-24:00\"] }}\n    holidays: [{}]\n",
        date(today, 3)
    )
    .replace("&all ", "")
}

/// The date some days before today.
fn date(today: Timestamp, days: i64) -> String {
    let at = today.minus(Elapsed::from_ms(days * DAY_MS)).to_string();
    at.split('T').next().unwrap().to_owned()
}

/// Four tickets around the closed day. In open time the waits are 6, 24, 62:59 and 63:01 hours. Only the
/// last one ends after the second working day.
fn events(today: Timestamp) -> Vec<String> {
    let day = |days| date(today, days);
    let created = |id: u32, ticket: &str, time: &str, fields: &str| {
        format!(
            "{{\"id\":{id},\"type\":\"ticket.created\",\"time\":\"{time}\",\"ticket\":{ticket}{fields}}}"
        )
    };
    let replied = |id: u32, ticket: &str, time: &str| {
        format!(
            "{{\"id\":\"{id}\",\"type\":\"ticket.agent_replied\",\"time\":\"{time}\",\"ticket\":{ticket},\"agent\":7}}"
        )
    };
    let two_characters = "e\u{301}";
    vec![
        created(
            1,
            "\"T-1\"",
            &format!("{}T22:00+0200", day(4)),
            ",\"team\":\"kahvila\",\"priority\":\"Medium rare\"",
        ),
        replied(2, "\"T-1\"", &format!("{} 02:00:00Z", day(2))),
        created(
            3,
            "77",
            &format!("{}T10:00:00Z", day(4)),
            &format!(",\"team\":\" Caf{two_characters} \",\"source\":\"\""),
        ),
        replied(4, "77", &format!("{}T10:00:00,000Z", day(2))),
        created(5, "\"T-3\"", &format!("{}T09:00:00Z", day(5)), ",\"team\":\"Caf\u{e9}\""),
        replied(6, "\"T-3\"", &format!("{}T23:59:00Z", day(2))),
        created(
            7,
            "\"T-4\"",
            &format!("{} 09:00 UTC", day(5)),
            ",\"team\":\"kahvila\",\"channel\":\"\"",
        ),
        replied(8, "\"T-4\"", &format!("{}T00:01:00Z", day(1))),
    ]
}

#[test]
fn waits_across_a_closed_day_count_in_open_time_and_in_working_days_whatever_the_producer_writes() {
    let Some(broker) = broker() else { return };
    let topic = fresh("open-hours");
    create_topic(&broker, &topic, 2);
    let today = wall_clock().floor_to(Elapsed::from_ms(DAY_MS));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("calendars.yaml"), calendars(today)).unwrap();
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let agreements = [AGREEMENT.to_owned()];
    let service = Service::start_in(folder, &kafka, &agreements, "calendars: [calendars.yaml]\n");
    service.wait_until_ready();
    let events = events(today);
    assert!(service.publish(&events.join("\n")).status.success());
    let verdict = |name: &str| -> Option<Value> {
        let body = service.get(&format!("/api/v1/teams/Caf%C3%A9/objectives/{name}"))?;
        Some(serde_json::from_str(&body).unwrap())
    };
    wait_for("the tickets", || verdict("quick").filter(|quick| quick["decided"] == 4));
    let shown = ["quick", "days"].map(|name| verdict(name).unwrap());
    let counts = shown.each_ref().map(|one| (one["decided"].clone(), one["missed"].clone()));
    assert_eq!(counts, [(4.into(), 3.into()), (4.into(), 1.into())]);
    assert_eq!(
        service.metrics().value("vaste_fields_ignored_total{field=\"priority\"}"),
        Some(1.0)
    );

    // `replay` of the same events at the same instant prints the same rows.
    std::fs::write(service.folder.path().join("events.ndjson"), events.join("\n")).unwrap();
    let vaste = |arguments: &[&str]| {
        let files = ["--agreements", "agreement-0.yaml", "--calendars", "calendars.yaml"];
        let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args([arguments, &files, &["events.ndjson"]].concat())
            .current_dir(service.folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for shown in shown {
        let replayed =
            vaste(&["replay", "--format", "json", "--at", shown["at"].as_str().unwrap()]);
        let is_it = |row: &Value| row["objective"] == shown["objective"];
        let row = replayed.lines().map(|line| serde_json::from_str(line).unwrap()).find(is_it);
        let row = row.unwrap();
        for key in ["team", "decided", "missed", "compliance", "state"] {
            assert_eq!(row[key], shown[key], "{key}: {row}");
        }
    }
    // `explain` shows a day of open time within two days.
    let explained = vaste(&["explain", "77", "--at", &format!("{}T12:00:00Z", date(today, 2))]);
    let row = explained.lines().find(|line| line.trim_start().starts_with("first reply ")).unwrap();
    assert!(row.contains("1d         2d") && row.contains("over by 16h"), "{explained}");
}
