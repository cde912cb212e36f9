//! Filters that make events of the payloads of other products: the built-in ones on invented payloads, one
//! file for each product, and wrong filters.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use super::run::{Folder, page};

const MAPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/maps");

fn payloads(product: &str) -> String {
    fs::read_to_string(format!("{MAPS}/{product}.ndjson")).unwrap()
}

/// What becomes of each payload of a product, and the explanation of these tickets.
fn story(product: &str, tickets: [&str; 3]) -> String {
    let folder = Folder::new();
    folder.write("payloads.ndjson", payloads(product));
    let mut text = page(&folder.vaste(&["check-events", "--map", product, "payloads.ndjson"]));
    for ticket in tickets {
        let explained =
            page(&folder.vaste(&["explain", ticket, "--map", product, "payloads.ndjson"]));
        write!(text, "\n===== {ticket}\n{explained}").unwrap();
    }
    text
}

/// Team and seconds of each stopwatch of a ticket that an answer or a solve has ended.
fn stopwatches(product: &str, ticket: &str) -> String {
    let folder = Folder::new();
    folder.write("payloads.ndjson", payloads(product));
    let arguments = ["explain", ticket, "--format", "json", "--map", product, "payloads.ndjson"];
    let output = folder.vaste(&arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let stopped = rows.filter(|row| row["state"] == "stopped");
    let shown = stopped.map(|row| {
        let [measure, team] = ["measure", "team"].map(|key| row[key].as_str().unwrap().to_owned());
        format!("{measure} {team} {}", row["elapsed_calendar"])
    });
    shown.collect::<Vec<_>>().join(", ")
}

// Goal: the figures are those that a person reads off the payloads.
#[test]
fn the_figures_of_each_product_are_right() {
    let (quarter, minute, hour) = (900, 60, 3_600);
    for number in 0..3 {
        // Created at 8, the second ticket at 9. Answered after 11, and again at 14 after the message of 12.
        let first = 3 * hour + number * quarter - (number % 2) * hour;
        let given = stopwatches("zendesk", &(5101 + number).to_string());
        let expected = format!("first_reply 3601 {first}, next_reply 3602 {},", 2 * hour);
        assert!(given.starts_with(&expected), "{given}");
        // Created at 8, answered after 9, asked at 10, answered at 11:30.
        let first = hour + number * 10 * minute;
        for (product, ticket, teams) in [
            ("jira", format!("HELP-{}", 41 + number), ["help", "help"]),
            ("zammad", format!("48{number}17"), ["support", "technik"]),
            ("freshdesk", (91 + number).to_string(), ["billing", "billing"]),
        ] {
            let given = stopwatches(product, &ticket);
            let expected = format!(
                "first_reply {} {first}, next_reply {} {},",
                teams[0],
                teams[1],
                90 * minute
            );
            assert!(given.starts_with(&expected), "{product} {given}");
        }
        // Created at 8, answered after 9, asked at 10, answered at 10:30.
        let given = stopwatches("chatwoot", &(310 + number).to_string());
        let expected = format!("first_reply billing {first}, next_reply billing {},", 30 * minute);
        assert!(given.starts_with(&expected), "{given}");
        // Created at 8, answered after 9, asked at 9:55, answered at 10:30.
        let first = hour + number * 20 * minute;
        let given = stopwatches("github", &format!("acme/shop#{}", 12 + number));
        let expected =
            format!("first_reply payments {first}, next_reply payments {},", 35 * minute);
        assert!(given.starts_with(&expected), "{given}");
    }
}

#[test]
fn a_payload_that_comes_again_changes_nothing() {
    let folder = Folder::new();
    for product in ["chatwoot", "freshdesk", "github", "jira", "zammad", "zendesk"] {
        let once = payloads(product);
        let mut again: Vec<&str> = once.lines().chain(once.lines()).collect();
        again.reverse();
        folder.write("once.ndjson", &once);
        folder.write("again.ndjson", again.join("\n"));
        let read = |file: &str| {
            let output = folder.vaste(&["replay", "--format", "json", "--map", product, file]);
            assert_eq!(output.status.code(), Some(0));
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap())
        };
        let ([readings, notes], [readings_again, notes_again]) =
            (read("once.ndjson"), read("again.ndjson"));
        assert_eq!(readings, readings_again, "{product}");
        let applied =
            |notes: &str| notes.split(", ").next().unwrap().rsplit(": ").next().unwrap().to_owned();
        assert_eq!(applied(&notes), applied(&notes_again), "{product}");
        assert!(!notes_again.contains("conflicting"), "{notes_again}");
    }
}

#[test]
fn a_printed_filter_is_the_built_in_one_and_may_be_changed() {
    let folder = Folder::new();
    folder.write("payloads.ndjson", payloads("zendesk"));
    let printed = folder.vaste(&["map", "zendesk"]);
    assert_eq!(printed.status.code(), Some(0));
    let text = String::from_utf8(printed.stdout).unwrap();
    let groups = text.replace("def groups: {};", "def groups: { \"3601\": \"billing\" };");
    assert_ne!(text, groups);
    folder.write("same.jq", &text);
    folder.write("groups.jq", &groups);
    let explain = |map: &str| {
        let output = folder.vaste(&["explain", "5101", "--map", map, "payloads.ndjson"]);
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(explain("same.jq"), explain("zendesk"));
    assert!(explain("groups.jq").contains("created (billing)"));
}

#[test]
fn what_a_filter_cannot_do_is_said_with_place_value_and_way_out() {
    let folder = Folder::new();
    folder.write("empty.ndjson", "{}\n");
    let mut said = String::new();
    for (name, filter) in [
        ("open.jq", "# Our desk.\n{\n  id: .id,\n  type: (\"ticket.\" + .kind\n}\n"),
        ("unknown.jq", "{ id: .id, time: (.at | strftime(\"%c\")) }\n| selct(.id)\n"),
        ("clock.jq", "{ id: .id, time: now }\n"),
        ("endless.jq", "def again: again;\nagain\n"),
    ] {
        folder.write(name, filter);
        let output = folder.vaste(&["check-events", "--map", name, "empty.ndjson"]);
        writeln!(said, "{}", page(&output)).unwrap();
    }
    for map in ["zendisk", "desk.jq"] {
        writeln!(said, "{}", page(&folder.vaste(&["replay", "--map", map, "empty.ndjson"])))
            .unwrap();
    }
    let columns = "created=a,first_reply=b,solved=c,team=d";
    let both = folder.vaste(&["replay", "--map", "jira", "--csv", columns, "empty.ndjson"]);
    writeln!(said, "{}", page(&both)).unwrap();
    folder.write(
        "vaste.yaml",
        "kafka: { brokers: [\"localhost:9092\"], topic: t, map: unknown.jq }\n",
    );
    writeln!(said, "{}", page(&folder.vaste(&["check", "vaste.yaml"]))).unwrap();
    folder
        .write("vaste.yaml", "kafka: { brokers: [\"localhost:9092\"], topic: t, map: zendisk }\n");
    writeln!(said, "{}", page(&folder.vaste(&["check", "vaste.yaml"]))).unwrap();
    folder
        .write("vaste.yaml", "kafka: { brokers: [\"localhost:9092\"], topic: t, map: zendesk }\n");
    let published = folder.vaste(&["publish", "--config", "vaste.yaml", "empty.ndjson"]);
    writeln!(said, "{}", page(&published)).unwrap();
    insta::assert_snapshot!("wrong_filters", said);
}

#[test]
fn a_filter_that_fails_on_a_record_rejects_that_record() {
    let folder = Folder::new();
    let (at, message) = ("2026-11-02T09:00:00Z", "a secret of a customer");
    let record = |kind: Value| json!({ "id": 7, "kind": kind, "at": at, "message": message });
    let records = [
        record(json!("created")),
        record(json!("created")),
        record(json!("number")),
        record(json!("text")),
        record(json!("fails")),
        record(json!("nothing")),
        record(json!("endless")),
        record(json!("many")),
        record(json!("unknown")),
        record(json!("two")),
        record(json!(["solved"])),
    ];
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    folder.write("records.ndjson", lines.join("\n") + "\n[1]\nno JSON\n");
    folder.write(
        "desk.jq",
        "def event($type): { id: \"\\(.id)-\\($type)\", type: \"ticket.\\($type)\", time: .at, ticket: .id };\n\
         if type == \"array\" then {}\n\
         elif .kind == \"number\" then .id\n\
         elif .kind == \"text\" then .message.author\n\
         elif .kind == \"fails\" then error(\"a record of an unknown desk\")\n\
         elif .kind == \"nothing\" then empty\n\
         elif .kind == \"endless\" then [range(1e12)]\n\
         elif .kind == \"many\" then range(1000) | {}\n\
         elif .kind == \"two\" then event(\"solved\"), event(\"closed\") + { time: \"yesterday\" }\n\
         else event(.kind)\n\
         end\n",
    );
    let output = folder.vaste(&["check-events", "--map", "desk.jq", "records.ndjson"]);
    insta::assert_snapshot!("records_of_a_filter", page(&output));
}

#[test]
fn zendesk() {
    insta::assert_snapshot!("zendesk", story("zendesk", ["5101", "5102", "5103"]));
}

#[test]
fn jira() {
    insta::assert_snapshot!("jira", story("jira", ["HELP-41", "HELP-42", "HELP-43"]));
}

#[test]
fn github() {
    insta::assert_snapshot!(
        "github",
        story("github", ["acme/shop#12", "acme/shop#13", "acme/app#5"])
    );
}

#[test]
fn zammad() {
    insta::assert_snapshot!("zammad", story("zammad", ["48017", "48117", "48217"]));
}

#[test]
fn chatwoot() {
    insta::assert_snapshot!("chatwoot", story("chatwoot", ["310", "311", "312"]));
}

#[test]
fn freshdesk() {
    insta::assert_snapshot!("freshdesk", story("freshdesk", ["91", "92", "93"]));
}
