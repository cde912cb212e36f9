//! `vaste explain` on instructive tickets, as text and as JSON.

use std::fmt::Write as _;
use std::process::{Command, Output};

use serde_json::json;

use super::run::{Folder, page};

const CALENDARS: &str = "\
calendars:
  office-fi:
    zone: Europe/Helsinki
    week:
      mon: [\"08:00-16:00\"]
      tue: [\"08:00-16:00\"]
      wed: [\"08:00-16:00\"]
      thu: [\"08:00-16:00\"]
      fri: [\"08:00-15:00\"]
    holidays: [12-06, 2026-12-24..2026-12-26]
  office-ny:
    zone: America/New_York
    week:
      mon: [\"09:00-17:00\"]
      tue: [\"09:00-17:00\"]
      wed: [\"09:00-17:00\"]
      thu: [\"09:00-17:00\"]
      fri: [\"09:00-17:00\"]
  night-fi:
    zone: Europe/Helsinki
    week: { fri: [\"22:00-06:00\"], sat: [\"22:00-06:00\"] }
";

const BILLING: &str = "\
team: billing
hours: office-fi
objectives:
  - { name: first-reply, measure: first_reply, within: 4h, by_priority: { urgent: 1h, high: 2h } }
  - { name: next-reply, measure: next_reply, within: 8h }
  - { name: solved, measure: resolution, within: 24h }
  - { name: asked-once, measure: contacts, within: 2 }
  - { name: nobody-forgotten, measure: first_reply, none_over: 5d always }
";

const SUPPORT: &str = "\
team: support
hours: office-ny
objectives:
  - { name: first-reply, measure: first_reply, within: 2h }
  - { name: passed-on, measure: ownership, within: 4h }
";

const NIGHT: &str = "\
team: night
hours: night-fi
objectives:
  - { name: first-reply, measure: first_reply, within: 6h }
";

const DELIVERY: &str = "\
team: delivery
objectives:
  - { name: solved, measure: resolution, within: 2d, pauses: [on_hold] }
  - name: first-reply
    measure: first_reply
    within: 4h
    was:
      - { within: 8h, until: 2026-11-02 }
";

/// A ticket: its name and events. An event has an instant in UTC, a type, and further fields.
type Ticket = (&'static str, &'static [(&'static str, &'static str, &'static str)]);

const TICKETS: &[Ticket] = &[
    (
        "reopened",
        &[
            ("2026-11-16 07:10", "created", "team=billing channel=email priority=normal"),
            ("2026-11-16 08:00", "agent_replied", "team=billing agent=aino"),
            ("2026-11-16 08:00", "solved", "team=billing"),
            ("2026-11-18 06:30", "customer_replied", ""),
            ("2026-11-18 06:30", "reopened", ""),
            ("2026-11-19 12:00", "agent_replied", "team=billing agent=mikko"),
            ("2026-11-20 09:00", "solved", "team=billing"),
            ("2026-11-21 09:00", "rated", "score=2"),
        ],
    ),
    (
        "transferred",
        &[
            ("2026-11-16 11:30", "created", "team=billing priority=high"),
            ("2026-11-16 12:15", "note_added", "team=billing agent=aino"),
            ("2026-11-16 13:30", "assigned", "team=support"),
            ("2026-11-16 20:00", "agent_replied", "team=support agent=kim"),
            ("2026-11-17 15:00", "solved", "team=support"),
        ],
    ),
    (
        "paused_and_written_to",
        &[
            ("2026-11-16 06:00", "created", "team=billing"),
            ("2026-11-16 07:00", "agent_replied", "team=billing agent=sara"),
            ("2026-11-16 07:00", "pending", ""),
            ("2026-11-16 09:00", "customer_replied", ""),
            ("2026-11-17 12:00", "agent_replied", "team=billing agent=sara"),
            ("2026-11-17 12:00", "pending", ""),
        ],
    ),
    (
        "off_hours",
        &[
            ("2026-11-20 18:00", "created", "team=billing"),
            ("2026-11-21 10:00", "agent_replied", "team=billing agent=ville"),
        ],
    ),
    (
        "dst_night",
        &[
            ("2026-03-28 20:30", "created", "team=night"),
            ("2026-03-29 02:45", "agent_replied", "team=night agent=ylva"),
        ],
    ),
    (
        "merged",
        &[
            ("2026-11-16 07:00", "created", "team=billing channel=web"),
            ("2026-11-16 09:00", "customer_replied", ""),
            ("2026-11-16 13:30", "merged", "into=reopened"),
        ],
    ),
    (
        "never_answered",
        &[
            ("2026-11-16 07:00", "created", "team=billing priority=low"),
            ("2026-11-17 10:00", "customer_replied", ""),
            ("2026-11-19 10:00", "bot_replied", ""),
            ("2026-11-21 10:00", "customer_replied", ""),
        ],
    ),
    (
        "given_up_and_reopened",
        &[
            ("2026-11-16 07:00", "created", "team=billing"),
            ("2026-11-16 12:30", "solved", "team=billing"),
            ("2026-11-17 07:00", "reopened", ""),
            ("2026-11-17 08:00", "agent_replied", "team=billing agent=aino"),
        ],
    ),
    (
        "answered_after_it_was_solved",
        &[
            ("2026-11-16 07:00", "created", "team=billing"),
            ("2026-11-16 08:30", "solved", "team=billing"),
            ("2026-11-16 12:00", "agent_replied", "team=billing agent=aino"),
            ("2026-11-16 13:00", "rated", "score=4"),
        ],
    ),
    (
        "late_event",
        &[
            ("2026-11-16 10:00", "customer_replied", ""),
            ("2026-11-16 12:00", "solved", "team=billing"),
            ("2026-11-16 07:00", "created", "team=billing"),
            ("2026-11-16 08:00", "agent_replied", "team=billing agent=mikko"),
        ],
    ),
    (
        "priority_lowered",
        &[
            ("2026-11-16 07:00", "created", "team=billing priority=urgent"),
            ("2026-11-16 09:00", "note_added", "priority=normal"),
            ("2026-11-16 10:00", "agent_replied", "team=billing agent=aino"),
        ],
    ),
    (
        "priority_raised",
        &[
            ("2026-11-16 07:00", "created", "team=billing priority=normal"),
            ("2026-11-16 09:00", "note_added", "priority=urgent"),
            ("2026-11-16 09:20", "agent_replied", "team=billing agent=aino"),
        ],
    ),
    (
        "solved_without_a_word",
        &[
            ("2026-11-16 07:00", "created", "team=billing"),
            ("2026-11-16 12:30", "solved", "team=billing"),
        ],
    ),
    (
        "asked_five_times",
        &[
            ("2026-11-16 06:30", "created", "team=billing channel=email"),
            ("2026-11-16 07:00", "agent_replied", "team=billing agent=aino"),
            ("2026-11-16 08:00", "customer_replied", ""),
            ("2026-11-16 09:00", "customer_replied", ""),
            ("2026-11-16 12:00", "agent_replied", "team=billing agent=aino"),
            ("2026-11-16 12:00", "solved", "team=billing"),
            ("2026-11-17 07:30", "customer_replied", ""),
            ("2026-11-17 07:30", "reopened", ""),
            ("2026-11-17 12:00", "agent_replied", "team=billing agent=mikko"),
            ("2026-11-18 07:00", "customer_replied", "channel=phone"),
            ("2026-11-19 12:10", "agent_replied", "team=billing agent=sara"),
            ("2026-11-19 12:10", "solved", "team=billing"),
        ],
    ),
    (
        "own_pauses",
        &[
            ("2026-11-16 07:00", "created", "team=delivery"),
            ("2026-11-16 08:00", "agent_replied", "team=delivery agent=aino"),
            ("2026-11-16 09:00", "on_hold", ""),
            ("2026-11-18 09:00", "resumed", ""),
            ("2026-11-18 10:00", "pending", ""),
            ("2026-11-19 10:00", "on_hold", ""),
        ],
    ),
    (
        "earlier_level",
        &[
            ("2026-11-01 08:00", "created", "team=delivery"),
            ("2026-11-01 14:00", "agent_replied", "team=delivery agent=aino"),
            ("2026-11-01 14:00", "solved", "team=delivery"),
        ],
    ),
    (
        "level_of_today",
        &[
            ("2026-11-01 19:00", "created", "team=delivery"),
            ("2026-11-02 01:00", "agent_replied", "team=delivery agent=aino"),
        ],
    ),
    (
        "unclaimed",
        &[
            ("2026-11-16 07:00", "created", "channel=chat"),
            ("2026-11-16 19:00", "assigned", "team=facilities"),
            ("2026-11-17 07:00", "assigned", "team=billing"),
            ("2026-11-17 08:00", "agent_replied", "team=billing agent=aino"),
        ],
    ),
    (
        "began_in_the_middle",
        &[
            ("2026-11-16 07:00", "customer_replied", "team=billing"),
            ("2026-11-16 10:00", "agent_replied", "team=billing agent=aino"),
            ("2026-11-17 10:00", "customer_replied", ""),
        ],
    ),
    (
        "made_by_an_agent",
        &[
            ("2026-11-16 07:00", "created", "by=agent team=billing"),
            ("2026-11-16 07:00", "agent_replied", "team=billing agent=aino"),
            ("2026-11-16 12:30", "customer_replied", ""),
            ("2026-11-17 07:15:30.250", "agent_replied", "team=billing agent=aino"),
        ],
    ),
    (
        "spam",
        &[
            ("2026-11-16 07:00", "created", "team=billing"),
            ("2026-11-17 12:30", "marked_spam", "team=billing"),
        ],
    ),
];

/// All tickets in one file, in the order in which they are listed here, or reversed.
fn events(is_reversed: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (name, ticket) in TICKETS {
        for (number, (at, kind, rest)) in ticket.iter().enumerate() {
            let (day, time) = at.split_once(' ').unwrap();
            let seconds = if time.len() > 5 { "" } else { ":00" };
            let mut event = json!({
                "id": format!("{name}-{number}"), "type": format!("ticket.{kind}"), "ticket": name,
                "time": format!("{day}T{time}{seconds}Z"),
            });
            for pair in rest.split_whitespace() {
                let (key, value) = pair.split_once('=').unwrap();
                event[key] =
                    value.parse::<u8>().map_or_else(|_| json!(value), |score| json!(score));
            }
            lines.push(event.to_string());
        }
    }
    if is_reversed {
        lines.reverse();
    }
    lines.join("\n")
}

/// A folder with the tickets, the agreements and the calendars.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("events.ndjson", events(false));
    folder.write("calendars.yaml", CALENDARS);
    for (name, text) in [
        ("billing.yaml", BILLING),
        ("support.yaml", SUPPORT),
        ("night.yaml", NIGHT),
        ("delivery.yaml", DELIVERY),
    ] {
        folder.write(name, text);
    }
    folder.write(
        "vaste.yaml",
        "agreements: [billing.yaml, support.yaml, night.yaml, delivery.yaml]\n\
         calendars: [calendars.yaml]\nmeasures: [first_reply, next_reply, resolution]\n",
    );
    folder
}

fn explain(folder: &Folder, arguments: &[&str]) -> Output {
    let after = ["--config", "vaste.yaml", "events.ndjson"];
    folder.vaste(&[&["explain"], arguments, &after].concat())
}

/// The output as text and as JSON.
fn both(folder: &Folder, arguments: &[&str]) -> String {
    let mut both = String::new();
    for format in ["text", "json"] {
        let output = explain(folder, &[arguments, &["--format", format]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", page(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().all(|line| line.trim_end() == line), "no trailing spaces:\n{text}");
        write!(both, "--- {format}\n{text}").unwrap();
    }
    both
}

/// The instant as of which a ticket is explained: its last event, or later if it goes on.
fn explained_at(name: &str) -> Option<&'static str> {
    match name {
        "reopened" | "asked_five_times" => Some("2026-11-21T09:00:00Z"),
        "never_answered" => Some("2026-11-23T09:00:00Z"),
        "paused_and_written_to" => Some("2026-11-18T09:00:00Z"),
        "began_in_the_middle" => Some("2026-11-17T11:30:00Z"),
        "own_pauses" => Some("2026-11-19T22:00:00Z"),
        _ => None,
    }
}

#[test]
fn instructive_tickets_are_explained() {
    let folder = folder();
    for (name, ticket) in TICKETS {
        let last = ticket.iter().map(|(at, ..)| *at).max().unwrap().replace(' ', "T");
        let seconds = if last.len() > 16 { "" } else { ":00" };
        let at = explained_at(name).map_or_else(|| format!("{last}{seconds}Z"), str::to_owned);
        insta::assert_snapshot!(*name, both(&folder, &[name, "--at", &at]));
    }
}

#[test]
fn the_order_of_the_file_makes_no_difference() {
    let folder = folder();
    let tell = |folder: &Folder| {
        let explained = TICKETS.iter().map(|(name, _)| both(folder, &[name]));
        explained.collect::<Vec<_>>()
    };
    let explained = tell(&folder);
    folder.write("events.ndjson", events(true));
    assert_eq!(tell(&folder), explained);
}

#[test]
fn no_agent_is_named() {
    let folder = folder();
    for (name, _) in TICKETS {
        let explained = both(&folder, &[name]);
        for agent in ["aino", "mikko", "sara", "ville", "kim", "ylva"] {
            assert!(!explained.contains(agent), "{agent} in {explained}");
        }
    }
}

#[test]
fn an_explanation_as_of_an_instant_knows_no_later_event() {
    let folder = folder();
    let mut explained = String::new();
    for at in ["2026-11-15T00:00:00Z", "2026-11-16T08:30:00Z", "2026-11-18T07:00:00Z"] {
        writeln!(explained, "===== {at}\n{}", both(&folder, &["reopened", "--at", at])).unwrap();
    }
    insta::assert_snapshot!("earlier_instants", explained);
}

#[test]
fn without_agreements_every_team_is_taken_as_it_comes() {
    let folder = folder();
    let output = folder.vaste(&["explain", "transferred", "events.ndjson"]);
    insta::assert_snapshot!("as_they_come", page(&output));
}

#[test]
fn the_error_for_an_unknown_ticket_says_what_to_do() {
    let folder = folder();
    let mut printed = String::new();
    for ticket in ["reopend", "T-1", "unclaimed ", "spam1"] {
        let output = explain(&folder, &[ticket]);
        assert_eq!(output.status.code(), Some(1));
        writeln!(printed, "{}", page(&output)).unwrap();
    }
    folder.write("events.ndjson", "");
    writeln!(printed, "{}", page(&explain(&folder, &["reopened"]))).unwrap();
    insta::assert_snapshot!("not_there", printed);
}

#[test]
fn help_of_explain() {
    let folder = Folder::new();
    let mut printed = page(&folder.vaste(&["explain", "--help"]));
    for arguments in
        [&["explain"][..], &["explain", "T-1"], &["explain", "T-1", "x", "--at", "now"]]
    {
        let output = folder.vaste(arguments);
        assert_eq!(output.status.code(), Some(2));
        writeln!(printed, "\nvaste {}\n{}", arguments.join(" "), page(&output)).unwrap();
    }
    insta::assert_snapshot!("help", printed);
}

/// The ticket of the example in README.
#[test]
fn the_ticket_of_readme_is_instructive() {
    let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["explain", "T-265", "--agreements", "config/example/agreements"])
        .arg("config/example/events.ndjson")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    insta::assert_snapshot!("readme", page(&output));
}
