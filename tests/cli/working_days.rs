//! Targets in working days, through `check`, `replay` and `explain`.

use crate::check::{diagnostics_text, read_with_calendars};
use crate::run::{Folder, page};

const CALENDAR: &str = "calendars:
  desk:
    zone: Europe/Tallinn
    week: { mon: [\"10:00-16:00\"], tue: [\"10:00-16:00\"], wed: [\"10:00-16:00\"], thu: [\"10:00-18:00\"] }
    holidays: [2027-02-24]
";

const AGREEMENT: &str = "team: parcels
hours: desk
objectives:
  - name: first-reply
    measure: first_reply
    within: 2 working days
    share: 50%
    min_tickets: 1
    by_priority: { urgent: 1 working day, low: 96h always }
    market: { within: 3 working days, source: trade survey }
  - name: nobody-forgotten
    measure: first_reply
    none_over: 5 working days
";

/// A ticket of Tuesday evening answered at closing time on Monday, one an hour later, one that is urgent
/// and waits, and one in calendar time.
const EVENTS: &str = r#"
{"id":"1","type":"ticket.created","time":"2027-02-23T15:30:00Z","ticket":"A-1","team":"parcels"}
{"id":"2","type":"ticket.agent_replied","time":"2027-03-01T14:00:00Z","ticket":"A-1"}
{"id":"3","type":"ticket.created","time":"2027-02-23T15:30:00Z","ticket":"A-2","team":"parcels"}
{"id":"4","type":"ticket.agent_replied","time":"2027-03-02T09:00:00Z","ticket":"A-2"}
{"id":"5","type":"ticket.created","time":"2027-02-26T09:00:00Z","ticket":"A-3","team":"parcels","priority":"urgent"}
{"id":"6","type":"ticket.created","time":"2027-02-23T15:30:00Z","ticket":"A-4","team":"parcels","priority":"low"}
{"id":"7","type":"ticket.agent_replied","time":"2027-02-27T15:30:00Z","ticket":"A-4"}
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("calendars.yaml", CALENDAR);
    folder.write("parcels.yaml", AGREEMENT);
    folder.write("events.ndjson", EVENTS.trim_start());
    folder
}

const FILES: [&str; 4] = ["--agreements", "parcels.yaml", "--calendars", "calendars.yaml"];

#[test]
fn replay_counts_them_in_open_and_calendar_time() {
    let folder = folder();
    let at = ["--at", "2027-03-01T14:00:00Z", "--at", "2027-03-02T09:30:00Z", "events.ndjson"];
    let output = folder.vaste(&[&["replay", "--format", "json"], &FILES[..], &at].concat());
    let printed = String::from_utf8(output.stdout.clone()).unwrap();
    let shown = printed.lines().filter(|line| {
        line.contains("\"objective\"") && line.contains("\"decided\"")
            || line.contains("\"window\":\"28d\"") && line.contains("\"team\":\"parcels\"")
    });
    // Of a reading, the counts within targets.
    let shown: Vec<String> = shown
        .map(|line| match line.split_once("\"within\":") {
            Some((head, within)) => format!("{} … {within}", head.get(..96).unwrap_or(head)),
            None => line.to_owned(),
        })
        .collect();
    insta::assert_snapshot!("working_days_replay", shown.join("\n"));
}

#[test]
fn explain_names_the_closing_time_at_which_they_end() {
    let folder = folder();
    let mut printed = String::new();
    for (ticket, at) in [
        ("A-1", "2027-03-02T09:30:00Z"),
        ("A-2", "2027-03-02T09:30:00Z"),
        ("A-3", "2027-03-01T10:00:00Z"),
        ("A-3", "2027-03-02T09:30:00Z"),
        ("A-4", "2027-03-02T09:30:00Z"),
    ] {
        for format in ["text", "json"] {
            let asked = ["explain", ticket, "--at", at, "--format", format];
            let output = folder.vaste(&[&asked, &FILES[..], &["events.ndjson"]].concat());
            let text = String::from_utf8(output.stdout.clone()).unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", page(&output));
            let rows = text.lines().filter(|line| line.contains("first reply") || format == "json");
            printed.extend(rows.map(|row| format!("{row}\n")));
        }
    }
    insta::assert_snapshot!("working_days_explain", printed);
}

#[test]
fn check_names_each_fault_and_warns_of_days_of_open_time() {
    let agreement = |hours: &str, lines: &str| {
        let text = format!(
            "team: billing\n{hours}objectives:\n  - name: o\n    measure: first_reply\n{lines}  \
             - {{ name: limit, measure: first_reply, none_over: 9d always }}\n"
        );
        diagnostics_text(&read_with_calendars(&text))
    };
    let office = "hours: office-fi\n";
    assert_eq!(agreement(office, "    within: 1 working day\n"), "");
    assert_eq!(agreement(office, "    within: 60 working days\n"), "");
    let mut printed = String::new();
    for (hours, lines) in [
        ("", "    within: 2 working days\n"),
        (office, "    within: 2 working days always\n"),
        (office, "    within: 0 working days\n"),
        (office, "    within: 2.5 working days\n"),
        (office, "    within: 61 working days\n"),
        (office, "    within: two working days\n"),
        (office, "    within: 2 workdays\n"),
        (office, "    within: 2d\n"),
        (office, "    within: 48h\n    by_priority: { low: 2w, high: 2d always }\n"),
        (office, "    within: 4h\n    was: [{ within: 2d, until: 2026-11-02 }]\n"),
        ("hours: night-fi\n", "    within: 1d\n    market: { within: 3d, source: survey }\n"),
    ] {
        printed.push_str(&agreement(hours, lines));
    }
    insta::assert_snapshot!("working_days_check", printed);
    let count = "team: billing\nhours: office-fi\n\
                 objectives: [{ name: o, measure: contacts, within: 2 working days }]\n";
    let count = diagnostics_text(&read_with_calendars(count));
    assert!(count.contains("is not a target of a count"), "{count}");
}
