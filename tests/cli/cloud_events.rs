//! CloudEvents in structured mode: the same events in another envelope.

use std::fs;

use serde_json::{Value, json};

use crate::run::{AFTER_ALL, Folder, page};

/// What an event of bare JSON is as a CloudEvent: the attributes of the specification outside, the rest in
/// `data`, and the ticket as the subject.
fn enveloped(line: &str) -> String {
    let mut data: Value = serde_json::from_str(line).unwrap();
    let fields = data.as_object_mut().unwrap();
    let mut event = json!({
        "specversion": "1.0",
        "id": fields.remove("id").unwrap(),
        "source": fields.remove("source").unwrap_or(json!("/desk")),
        "type": format!("com.example.{}.v1", fields.remove("type").unwrap().as_str().unwrap()),
        "time": fields.remove("time").unwrap(),
        "datacontenttype": "application/json",
    });
    if let Some(ticket) = fields.remove("ticket") {
        event["subject"] = ticket;
    }
    // Data may have an id, a type, a time and a subject of its own.
    for key in ["id", "type", "time", "source", "subject", "specversion"] {
        fields.insert(key.to_owned(), json!("of the desk"));
    }
    event["data"] = data;
    event.to_string()
}

#[test]
fn the_example_log_as_cloud_events_gives_the_same_readings() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config/example");
    let log = fs::read_to_string(format!("{example}/events.ndjson")).unwrap();
    let folder = Folder::new();
    folder.write("bare.ndjson", &log);
    let lines: Vec<String> = log.lines().map(enveloped).collect();
    folder.write("cloud.ndjson", lines.join("\n"));
    let agreements = format!("{example}/agreements");
    let read = |file: &str| {
        let arguments =
            ["replay", "--format", "json", "--every", "1w", "--agreements", &agreements];
        page(&folder.vaste(&[&arguments[..], &[file]].concat()))
    };
    let bare = read("bare.ndjson");
    assert!(bare.contains("\"state\":\"missed\""), "{bare}");
    assert_eq!(read("cloud.ndjson"), bare);
}

#[test]
fn what_a_cloud_event_must_have_is_named() {
    let folder = Folder::new();
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let event = |more: &str| {
        format!(r#"{{"specversion":"1.0","source":"/desk","time":"2026-11-02T09:00:00Z",{more}}}"#)
    };
    let records = [
        event(r#""id":"1","type":"ticket.created","subject":"T-1""#),
        event(r#""id":"2","type":"fi.example.desk.ticket.agent_replied","subject":"T-1","data":{"team":"billing"}"#),
        event(r#""data":{"ticket":"T-2","team":"billing","data":{"data":[]}},"id":"3","type":"ticket.created","subject":"mail""#),
        event(r#""id":"4","type":"a.ticket.created.v12","ticket":"T-3","team":"billing","data":"text","subject":null"#),
        event(r#""id":"5","type":"team.concern_raised","data":{"team":"billing","concern":"C-1"},"subject":"x""#),
        event(r#""id":"6","type":"ticket.created""#),
        event(r#""id":"7","type":"ticket.created","data":{"ticket":"T 7"}"#),
        event(r#""id":"8","type":"a.ticket.creatd","subject":"T-8""#),
        event(r#""id":"9","type":"ticket.created.v1.2","subject":"T-9""#),
        event(r#""id":"10","type":"ticket.created","subject":"T-10","data_base64":"e30=""#),
        event(r#""id":"11","type":"ticket.created","subject":"T-11""#).replace("1.0", "0.3"),
        event(r#""id":"12","type":"ticket.created","subject":"T-12""#).replace("\"1.0\"", "1.0"),
        event(r#""type":"ticket.created","subject":"T-13","data":{"id":"13"}"#),
        event(&format!(r#""id":"14","type":"ticket.created","subject":"T-14","data":{{"x":{deep}}}"#)),
        // The subject of an event about a team is not taken for its ticket.
        event(r#""id":"18","type":"team.decided","data":{"team":"billing","decision":"D-1"},"subject":"a b""#),
        event(r#""id":"19","type":"team.ticket_discussed","data":{"team":"billing"},"subject":"T-1""#),
        event(r#""id":"20","type":"team.ticket_discussed","data":{"team":"billing","ticket":"T-1"}"#),
        // No CloudEvent: `data` and `subject` are keys that Vaste does not know, as before.
        r#"{"id":"15","type":"ticket.created","time":"2026-11-02T09:00:00Z","subject":"T-15","data":{"ticket":"T-15"}}"#.to_owned(),
        r#"{"id":"16","type":"a.ticket.created","time":"2026-11-02T09:00:00Z","ticket":"T-16"}"#.to_owned(),
        r#"{"id":"17","type":"ticket.created","time":"2026-11-02T09:00:00Z","ticket":"T-17","data":{"team":"billing"}}"#.to_owned(),
    ];
    folder.write("events.ndjson", records.join("\n"));
    let checked = folder.vaste(&["check-events", "--at", AFTER_ALL, "events.ndjson"]);
    insta::assert_snapshot!("envelopes", page(&checked));
}
