//! How long an agenda shows what became of a concern or of a decision: until the handover after the first one
//! at which it had ended.

use crate::run::{Folder, page};

const BILLING: &str = "\
team: billing
duty: { members: [aino, sara], since: 2026-11-02, handover: \"Mon 09:00 UTC\" }
";

/// The section of the agenda with this heading, at an instant.
fn section(events: &str, heading: &str, at: &str) -> String {
    let folder = Folder::new();
    folder.write("events.ndjson", events);
    folder.write("billing.yaml", BILLING);
    let all = ["agenda", "--agreements", "billing.yaml", "--team", "billing", "--at", at];
    let printed = page(&folder.vaste(&[&all[..], &["events.ndjson"]].concat()));
    let sections = printed.split("\n\n");
    sections.filter(|section| section.starts_with(heading)).collect::<Vec<_>>().join("\n")
}

const CONCERN: &str = r#"
{"id":"1","type":"team.concern_raised","time":"2026-11-03T08:00:00Z","team":"billing","concern":"c-1","by":"aino","text":"Invoices are late."}
{"id":"2","type":"team.concern_settled","time":"2026-11-04T08:00:00Z","team":"billing","concern":"c-1","by":"sara","text":"Two more people help."}
{"id":"3","type":"team.concern_settled","time":"2026-11-04T08:00:01Z","team":"billing","concern":"c-1","by":"mikko","text":"Done."}
{"id":"4","type":"team.concern_raised","time":"2026-11-18T08:00:00Z","team":"billing","concern":"c-1","by":"mikko","text":"They are late again."}
{"id":"5","type":"team.concern_settled","time":"2026-11-24T08:00:00Z","team":"billing","concern":"c-1","by":"aino","text":"A new program."}
"#;

#[test]
fn a_settled_concern_is_seen_in_one_talk_and_again_when_it_is_open_again() {
    let days = ["03T12", "04T12", "09T08", "09T10", "16T08", "16T10", "18T12", "24T12", "30T10"];
    let all = days.map(|day| {
        let at = format!("2026-11-{day}:00:00Z");
        format!("{day}\n{}", section(CONCERN.trim(), "What worries someone", &at))
    });
    insta::assert_snapshot!(all.join("\n"));
}
