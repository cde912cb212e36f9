//! Acts of a helpdesk: replies before the creation, merges, messages that need no reply. Each in calendar and
//! in open time, through `replay`, `explain` and `check-events`.

use serde_json::Value;

use crate::run::AFTER_ALL;

const CALENDARS: &str = "calendars:\n  office: { zone: Europe/Helsinki, week: { mon: [\"08:00-16:00\"], \
                         tue: [\"08:00-16:00\"], wed: [\"08:00-16:00\"] } }\n";
const AGREEMENT: &str = "team: care
hours: office
objectives:
  - { name: first, measure: first_reply, within: 8h, min_tickets: 1 }
  - { name: next, measure: next_reply, within: 2h, min_tickets: 1 }
  - { name: once, measure: contacts, within: 2, min_tickets: 1 }
";

/// Monday is 2 November 2026. Times are UTC: the office is open from 06:00 to 14:00.
const EVENTS: &str = r#"
{"id":1,"type":"ticket.created","time":"2026-11-02T07:00Z","ticket":"A-1","team":"care"}
{"id":2,"type":"ticket.created","time":"2026-11-02T13:00Z","ticket":"A-2","team":"care"}
{"id":3,"type":"ticket.merged","time":"2026-11-03T07:00Z","ticket":"A-1","into":"A-2"}
{"id":4,"type":"ticket.took_over","time":"2026-11-03T07:00Z","ticket":"A-2","from":"A-1","waiting_since":"2026-11-02T07:00Z"}
{"id":5,"type":"ticket.agent_replied","time":"2026-11-03T08:00Z","ticket":"A-2"}
{"id":6,"type":"ticket.solved","time":"2026-11-03T08:10Z","ticket":"A-2"}
{"id":7,"type":"ticket.created","time":"2026-11-02T07:00Z","ticket":"B-1","team":"care"}
{"id":8,"type":"ticket.merged","time":"2026-11-02T08:00Z","ticket":"B-1","into":"B-404"}
{"id":9,"type":"ticket.agent_replied","time":"2026-11-02T06:00Z","ticket":"C-1","team":"care"}
{"id":10,"type":"ticket.created","time":"2026-11-02T07:00Z","ticket":"C-1","team":"care"}
{"id":11,"type":"ticket.agent_replied","time":"2026-11-02T05:59:59.999Z","ticket":"C-2","team":"care"}
{"id":12,"type":"ticket.created","time":"2026-11-02T07:00Z","ticket":"C-2","team":"care"}
{"id":13,"type":"ticket.created","time":"2026-11-02T07:00Z","ticket":"D-1","team":"care"}
{"id":14,"type":"ticket.agent_replied","time":"2026-11-02T07:30Z","ticket":"D-1"}
{"id":15,"type":"ticket.solved","time":"2026-11-02T08:00Z","ticket":"D-1"}
{"id":16,"type":"ticket.reopened","time":"2026-11-02T12:00Z","ticket":"D-1"}
{"id":17,"type":"ticket.customer_replied","time":"2026-11-02T12:00:20Z","ticket":"D-1"}
{"id":18,"type":"ticket.no_reply_needed","time":"2026-11-03T12:00Z","ticket":"D-1","agent":"aino"}
{"id":19,"type":"ticket.solved","time":"2026-11-04T07:00Z","ticket":"D-1"}
"#;

fn vaste(folder: &tempfile::TempDir, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vaste"));
    let output = command.args(arguments).current_dir(folder.path()).output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("calendars.yaml", CALENDARS);
    write("care.yaml", AGREEMENT);
    write("events.ndjson", EVENTS.trim_start());
    folder
}

const FILES: [&str; 5] =
    ["--agreements", "care.yaml", "--calendars", "calendars.yaml", "events.ndjson"];

#[test]
fn replies_before_creation_merges_and_messages_without_need_of_a_reply_are_explained() {
    let folder = folder();
    let mut page =
        vaste(&folder, &["check-events", "--at", AFTER_ALL, "--problems-only", "events.ndjson"]);
    for ticket in ["A-1", "A-2", "C-1", "C-2", "D-1"] {
        page += "\n";
        page += &vaste(&folder, &[&["explain", ticket][..], &FILES].concat());
    }
    insta::assert_snapshot!("acts", page);
}

#[test]
fn a_takeover_that_makes_the_wait_younger_is_named() {
    let folder = folder();
    let events = r#"
{"id":1,"type":"ticket.created","time":"2026-11-02T07:00Z","ticket":"A-1","team":"care"}
{"id":2,"type":"ticket.created","time":"2026-11-02T08:00Z","ticket":"A-2","team":"care"}
{"id":3,"type":"ticket.merged","time":"2026-11-03T07:00Z","ticket":"A-1","into":"A-2"}
{"id":4,"type":"ticket.took_over","time":"2026-11-03T07:00Z","ticket":"A-2","from":"A-1","waiting_since":"2026-11-03T09:00Z"}
"#;
    std::fs::write(folder.path().join("younger.ndjson"), events.trim_start()).unwrap();
    let page =
        vaste(&folder, &["check-events", "--at", AFTER_ALL, "--problems-only", "younger.ndjson"]);
    insta::assert_snapshot!("younger", page);
}

#[test]
fn the_readings_count_the_same_waits_in_calendar_and_in_open_time() {
    let folder = folder();
    let printed = vaste(&folder, &[&["replay", "--format", "json"][..], &FILES].concat());
    let lines: Vec<Value> =
        printed.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let reading = |measure: &str, basis: &str| {
        let is_it = |line: &&Value| {
            (line["team"].as_str(), line["measure"].as_str()) == (Some("care"), Some(measure))
                && (line["basis"].as_str(), line["window"].as_str()) == (Some(basis), Some("28d"))
        };
        lines.iter().find(is_it).unwrap_or_else(|| panic!("{measure} {basis}: {printed}"))
    };
    // A-2 waited for 25 hours, 9 of them open; C-1 not at all; D-1 for half an hour.
    for (basis, mean, max) in [("calendar", 30_600, 90_000.0), ("open", 11_400, 32_400.0)] {
        let first = reading("first_reply", basis);
        assert_eq!((&first["answered"], &first["mean"]), (&3.into(), &mean.into()), "{first}");
        assert!((first["max"].as_f64().unwrap() / max - 1.0).abs() < 0.01, "{first}");
        assert_eq!(first["waiting"], 1, "C-2, whose reply came too early: {first}");
        assert_eq!(first["given_up"], 2, "A-1 and B-1 were merged: {first}");
        let flags = serde_json::json!({"answered_before_created": 1, "merged_waiting": 1});
        assert_eq!(first["flags"], flags, "{first}");
        let next = reading("next_reply", basis);
        assert_eq!((&next["answered"], &next["waiting"]), (&0.into(), &0.into()), "{next}");
        assert_eq!(next["flags"], serde_json::json!({"no_reply_needed": 1}), "{next}");
    }
    // D-1: one hour until it was solved, whatever came after that. A-2: from its own creation on.
    let resolution = reading("resolution", "calendar");
    assert_eq!(resolution["mean"], (3_600 + 69_000) / 2, "{resolution}");
    // A-2: the other ticket. D-1: one message that reopened it.
    assert_eq!(reading("contacts", "calendar")["mean"], 1);
}
