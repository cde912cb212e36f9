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

const DECISIONS: &str = r#"
{"id":"1","type":"team.decided","time":"2026-11-03T08:00:00Z","team":"billing","decision":"d-1","by":"aino","text":"A second phone line.","due":"2026-11-10"}
{"id":"2","type":"team.decided","time":"2026-11-03T09:00:00Z","team":"billing","decision":"d-2","by":"sara","text":"A rota for chats.","due":"2026-11-10"}
{"id":"3","type":"team.decision_moved","time":"2026-11-10T08:00:00Z","team":"billing","decision":"d-2","by":"mikko","due":"2026-11-24","text":"The desk moves first."}
{"id":"4","type":"team.decision_dropped","time":"2026-11-11T08:00:00Z","team":"billing","decision":"d-1","by":"aino","text":"Nobody calls."}
{"id":"5","type":"team.decision_done","time":"2026-11-11T08:00:01Z","team":"billing","decision":"d-1","by":"sara"}
"#;

#[test]
fn a_dropped_decision_and_a_new_day_are_seen_in_one_talk() {
    let all = ["05T10", "10T07", "10T10", "12T10", "16T10", "23T10"].map(|day| {
        let at = format!("2026-11-{day}:00:00Z");
        format!("{day}\n{}", section(DECISIONS.trim(), "Decided last time", &at))
    });
    insta::assert_snapshot!(all.join("\n"));
}

const BROUGHT: &str = r#"
{"id":"1","type":"ticket.created","time":"2026-11-03T08:00:00Z","team":"billing","ticket":"T-1"}
{"id":"2","type":"team.ticket_brought","time":"2026-11-04T08:00:00Z","team":"billing","ticket":"T-1","by":"aino","text":"Who calls back?"}
{"id":"2","type":"team.ticket_brought","time":"2026-11-04T08:00:00Z","team":"billing","ticket":"T-1","by":"aino","text":"Who calls back?"}
{"id":"4","type":"team.ticket_discussed","time":"2026-11-09T09:30:00Z","team":"billing","ticket":"T-1","by":"sara","text":"The lead does."}
"#;

#[test]
fn a_ticket_that_is_brought_without_a_score_stays_until_it_is_talked_about() {
    let all = ["05T10", "10T10", "16T10"].map(|day| {
        let at = format!("2026-11-{day}:00:00Z");
        format!("{day}\n{}", section(BROUGHT.trim(), "Brought to the team", &at))
    });
    insta::assert_snapshot!(all.join("\n"));
}
