//! Rejected records: `replay` and `explain` say how many there are, and fail.

use std::process::Output;

use serde_json::Value;

use super::run::{Folder, page};

const EVENTS: &str = r#"{"id":"1","type":"ticket.created","time":"2026-11-16T08:00:00Z","ticket":"T-1","team":"billing"}
{"id":"2","type":"ticket.agent_replied","time":"2026-11-16T09:00:00Z","ticket":"T-1","team":"billing"}
"#;
const REJECTED: &str =
    "{\"id\":\"3\",\"type\":\"ticket.solved\",\"time\":\"noon\",\"ticket\":\"T-1\"}\n";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("good.ndjson", EVENTS);
    folder.write("half.ndjson", format!("{EVENTS}{REJECTED}"));
    folder
}

fn rows(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_rejected_record_makes_replay_and_explain_exit_with_1_and_json_ends_with_the_counts() {
    let folder = folder();
    for command in [&["replay"][..], &["explain", "T-1"]] {
        let json = [command, &["--format", "json"]].concat();
        let good = folder.vaste(&[&json[..], &["good.ndjson"]].concat());
        assert_eq!(good.status.code(), Some(0), "{}", page(&good));
        assert!(rows(&good).iter().all(|row| row.get("records").is_none()));

        let half = folder.vaste(&[&json[..], &["half.ndjson"]].concat());
        assert_eq!(half.status.code(), Some(1), "{}", page(&half));
        let mut half_rows = rows(&half);
        let counts = serde_json::json!({ "records": {
            "total": 3, "applied": 2, "duplicate": 0, "skipped": 0, "rejected": 1,
        }});
        assert_eq!(half_rows.pop(), Some(counts));
        assert_eq!(half_rows, rows(&good), "the rows of the result come first");
        let notes = String::from_utf8_lossy(&half.stderr);
        assert!(
            notes.ends_with(
                "3 records: 2 applied, 0 duplicate, 0 skipped, 1 rejected (bad_timestamp 1)\n\
                 warning: 1 of 3 records were rejected and are missing from the result; the exit code is 1 \
                 (0 with --allow-rejected)\n"
            ),
            "{notes}"
        );

        let text = folder.vaste(&[command, &["half.ndjson"]].concat());
        assert_eq!(text.status.code(), Some(1), "{}", page(&text));
        assert!(!String::from_utf8_lossy(&text.stdout).contains("records"), "{}", page(&text));
    }
}

#[test]
fn rejected_records_can_be_allowed_and_are_counted_all_the_same() {
    let folder = folder();
    for command in [&["replay"][..], &["explain", "T-1"]] {
        let allowed = ["--format", "json", "--allow-rejected", "half.ndjson"];
        let output = folder.vaste(&[command, &allowed].concat());
        assert_eq!(output.status.code(), Some(0), "{}", page(&output));
        assert_eq!(rows(&output).pop().unwrap()["records"]["rejected"], 1);
        let notes = String::from_utf8_lossy(&output.stderr);
        assert!(
            notes.ends_with(
                "warning: 1 of 3 records were rejected and are missing from the result\n"
            ),
            "{notes}"
        );
    }
}
