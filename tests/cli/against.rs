//! `vaste check --against`: what differs from former files, and the verdicts under both texts.

use std::fmt::Write as _;

use crate::run::{Folder, page};

const FORMER: &str = "\
team: billing
agreed: { on: 2026-06-01, by: [aino, mikko, sara] }
hours: office
objectives:
  - name: first-reply
    measure: first_reply
    within: 4h
    by_priority: { urgent: 1h, high: 2h }
    share: 90%
    min_tickets: 5
  - { name: next-reply, measure: next_reply, within: 1d always, over: 28d }
  - { name: solved, measure: resolution, within: 5d }
  - { name: nobody-forgotten, measure: first_reply, none_over: 3d }
";

/// Every way to make a level easier to meet, and some others.
const PRESENT: &str = "\
team: invoicing
was_named: [billing]
agreed: { on: 2026-11-20, by: [aino, mikko], look_again: 2099-02-01 }
hours: rarely
objectives:
  - name: first-reply
    measure: first_reply
    within: 8h
    by_priority: { urgent: 30m }
    share: 80%
    min_tickets: 500
    over: 14d
    was:
      - { within: 20h, share: 50%, until: 2026-11-09 }
  - { name: next-reply, measure: next_reply, within: 1d, over: 28d, pauses: [pending], pauses_agreed: true }
  - { name: ask-again, measure: contacts, within: 2, share: 70% }
  - { name: nobody-forgotten, measure: first_reply, none_over: 2d }
";

const FORMER_CALENDARS: &str = "\
calendars:
  office:
    zone: UTC
    week: { mon: [\"08:00-16:00\"], tue: [\"08:00-16:00\"], wed: [\"08:00-16:00\"] }
  gone: { zone: UTC, week: { sun: [\"08:00-16:00\"] } }
  same: { zone: UTC, week: { sun: [\"08:00-16:00\"] } }
";

const PRESENT_CALENDARS: &str = "\
calendars:
  office:
    zone: UTC
    week: { mon: [\"08:00-16:00\"], tue: [\"08:00-16:00\"], wed: [\"08:00-16:00\"] }
    holidays: [2026-11-16..2026-11-18, 2027-01-06, 2027-11-30]
    special: { 2026-12-23: [\"08:00-11:30\"] }
  rarely: { zone: Europe/Helsinki, week: { mon: [\"08:00-09:00\"] } }
  same: { zone: UTC, week: { sun: [\"08:00-16:00\"] } }
";

const AT: &str = "2026-11-28T00:00:00Z";

/// Two tickets a day in November 2026: one answered within an hour, one after six hours.
fn events(team: &str) -> String {
    let mut events = String::new();
    for day in 1..=28 {
        for (ticket, hour) in [("quick", 9), ("slow", 14)] {
            let mut event = |kind: &str, hour: u32| {
                writeln!(
                    events,
                    r#"{{"id":"{ticket}-{day}-{kind}","type":"ticket.{kind}","time":"2026-11-{day:02}T{hour:02}:00:00Z","ticket":"{ticket}-{day}","team":"{team}"}}"#
                )
                .unwrap();
            };
            event("created", 8);
            event("agent_replied", hour);
        }
    }
    events
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("old.yaml", FORMER);
    folder.write("new.yaml", PRESENT);
    folder.write("old-calendars.yaml", FORMER_CALENDARS);
    folder.write("new-calendars.yaml", PRESENT_CALENDARS);
    folder.write("events.ndjson", events("billing"));
    folder
}

/// The page of a run that must end with this exit code.
fn checked(folder: &Folder, arguments: &[&str], code: i32) -> String {
    let output = folder.vaste(&[&["check"], arguments].concat());
    assert_eq!(output.status.code(), Some(code), "{}", page(&output));
    format!("vaste check {}\n{}\n", arguments.join(" "), page(&output))
}

#[test]
fn every_changed_setting_and_date_is_printed_with_its_former_and_present_value() {
    let all = [
        "--against",
        "old.yaml",
        "--against",
        "old-calendars.yaml",
        "--at",
        AT,
        "new.yaml",
        "new-calendars.yaml",
    ];
    insta::assert_snapshot!("changes", checked(&folder(), &all, 0));
}

#[test]
fn what_no_former_file_has_is_taken_as_unchanged() {
    let folder = folder();
    folder.write("b.yaml", FORMER.replace("within: 4h", "within: 6h"));
    folder.write(
        "c.yaml",
        FORMER_CALENDARS.replace("wed: [\"08:00-16:00\"]", "wed: [\"08:00-12:00\"]"),
    );
    let mut said = String::new();
    let new = ["old.yaml", "old-calendars.yaml", "--at", AT];
    for former in [
        &["--against", "b.yaml"][..],
        &["--against", "c.yaml"],
        &["--against", "b.yaml", "--against", "c.yaml"],
        &["--against", "old.yaml"],
        &["--against", "old-calendars.yaml"],
    ] {
        said += &checked(&folder, &[former, &new].concat(), 0);
    }
    insta::assert_snapshot!("partial", said);
}

#[test]
fn an_agreement_that_is_new_or_gone_is_named_with_its_objectives() {
    let folder = folder();
    folder.write("support.yaml", "team: support\n");
    let old = ["--against", "old.yaml", "--against", "old-calendars.yaml", "--at", AT];
    let said = checked(&folder, &[&old[..], &["support.yaml", "old-calendars.yaml"]].concat(), 0);
    insta::assert_snapshot!("owners", said);
}

#[test]
fn measures_and_priorities_of_the_configuration_are_compared() {
    let folder = folder();
    let kafka = "kafka: { brokers: [\"localhost:9092\"], topic: t }\nagreements: [old.yaml]\ncalendars: \
                 [old-calendars.yaml]\n";
    folder.write(
        "v.yaml",
        format!("{kafka}measures: [first_reply, update]\npriorities: {{ P1: urgent }}\n"),
    );
    folder.write("w.yaml", format!("{kafka}measures: [first_reply]\npriorities: {{ P1: low }}\n"));
    let said = checked(&folder, &["--against", "v.yaml", "--at", AT, "w.yaml"], 0);
    let said = said.split("--- notes").next().unwrap();
    insta::assert_snapshot!("settings", said);
}

#[test]
fn verdicts_of_the_last_four_weeks_are_compared_side_by_side() {
    let folder = folder();
    let level = |level: &str| {
        format!(
            "team: billing\nobjectives:\n  - {{ name: first-reply, measure: first_reply, min_tickets: 5, {level} }}\n"
        )
    };
    folder.write("a.yaml", level("within: 4h"));
    folder.write("loose.yaml", level("within: 4h, share: 50%"));
    let excused = level("within: 4h, was: [{ within: 8h, until: 2026-11-15 }]");
    folder.write("excused.yaml", &excused);
    folder.write("renamed.yaml", excused.replace("billing", "invoicing\nwas_named: [billing]"));
    folder.write(
        "other.yaml",
        level("within: 4h")
            .replace("first-reply", "reply")
            .replace("min_tickets: 5", "min_tickets: 90"),
    );
    let mut said = String::new();
    for present in ["loose.yaml", "excused.yaml", "renamed.yaml", "other.yaml"] {
        let arguments = ["--against", "a.yaml", "--history", "events.ndjson", present];
        said += &checked(&folder, &arguments, 0);
    }
    let earlier = [
        "--against",
        "a.yaml",
        "--history",
        "events.ndjson",
        "--at",
        "2026-11-20T12:00:00Z",
        "loose.yaml",
    ];
    said += &checked(&folder, &earlier, 0);
    insta::assert_snapshot!("verdicts", said);
}

#[test]
fn holidays_that_are_added_afterwards_show_in_the_verdicts() {
    let folder = folder();
    let agreement = "team: billing\nhours: office\nobjectives:\n  - { name: first-reply, measure: \
                     first_reply, min_tickets: 5, within: 4h, over: 28d }\n";
    folder.write("a.yaml", agreement);
    let mut holidays = FORMER_CALENDARS.to_owned();
    holidays = holidays.replacen(
        "    zone: UTC\n",
        "    zone: UTC\n    holidays: [2026-11-01..2026-11-23]\n",
        1,
    );
    folder.write("c.yaml", holidays);
    let arguments =
        ["--against", "old-calendars.yaml", "--history", "events.ndjson", "a.yaml", "c.yaml"];
    insta::assert_snapshot!("holidays", checked(&folder, &arguments, 0));
}

/// 3 of 10 tickets are closed without a word. The shares say nothing of it, so the reason stands next to the
/// verdict.
#[test]
fn a_verdict_by_the_ceiling_of_unanswered_tickets_says_so() {
    let folder = Folder::new();
    let agreement = |max: &str| {
        format!(
            "team: billing\nobjectives: [{{ name: o, measure: first_reply, within: 4h, min_tickets: 5, \
             unanswered_max: {max} }}]\n"
        )
    };
    folder.write("old.yaml", agreement("10%"));
    folder.write("new.yaml", agreement("40%"));
    let mut events = String::new();
    for ticket in 0..10 {
        let end = if ticket < 3 { "closed" } else { "agent_replied" };
        for (kind, hour) in [("created", 8), (end, 9)] {
            writeln!(
                events,
                r#"{{"id":"{kind}","type":"ticket.{kind}","time":"2026-11-27T{hour:02}:00:00Z","ticket":"{ticket}","team":"billing"}}"#
            )
            .unwrap();
        }
    }
    folder.write("events.ndjson", events);
    let arguments = ["--against", "old.yaml", "--history", "events.ndjson", "--at", AT, "new.yaml"];
    let said = checked(&folder, &arguments, 0);
    let last = said.lines().find(|line| line.contains("2026-11-28T00:00:00Z  ")).unwrap();
    let words = last.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("missed, too many ended unanswered 100% 7 0 met 100% 7 0"), "{said}");
}

/// 14 tickets in 7 days: 15 are too many to ask for, 14 are not.
#[test]
fn more_tickets_than_the_team_has_are_named() {
    let folder = folder();
    let agreement = |min_tickets: u32, over: &str| {
        format!(
            "team: billing\nobjectives:\n  - {{ name: first-reply, measure: first_reply, within: 4h, share: 50%, \
             min_tickets: {min_tickets}, over: {over} }}\n  \
             - {{ name: none, measure: first_reply, none_over: 3d }}\n"
        )
    };
    let history = ["--history", "events.ndjson"];
    let mut said = String::new();
    for (min_tickets, over, at) in [
        (15, "7d", "2026-11-28T15:00:00Z"),
        (14, "7d", "2026-11-28T15:00:00Z"),
        (15, "8d", "2026-11-28T15:00:00Z"),
        (2, "7d", "2026-10-28T15:00:00Z"),
    ] {
        folder.write("a.yaml", agreement(min_tickets, over));
        said += &checked(&folder, &[&history[..], &["--at", at, "a.yaml"]].concat(), 0);
    }
    folder.write("b.yaml", agreement(14, "7d"));
    folder.write("a.yaml", agreement(15, "7d"));
    let against = ["--against", "b.yaml", "a.yaml"];
    said += &checked(&folder, &[&history[..], &against].concat(), 0);
    insta::assert_snapshot!("volume", said);
}

#[test]
fn faults_of_either_text_exit_with_78_and_wrong_usage_with_2() {
    let folder = folder();
    folder.write("bad.yaml", FORMER.replace("within: 4h", "within: soon"));
    let mut said = String::new();
    let present = ["old.yaml", "old-calendars.yaml"];
    for (former, present, code) in [
        (&["--against", "bad.yaml"][..], &present[..], 78),
        (&["--against", "nowhere.yaml"], &present, 78),
        (&["--against", "old.yaml"], &["bad.yaml", "old-calendars.yaml"], 78),
        (&["--against", "old.yaml", "--history", "nowhere.ndjson"], &present, 1),
        (&["--history", "nowhere.ndjson"], &present, 1),
        (&["--against", "old.yaml", "--encoding", "windows-1252"], &present, 2),
        (&["--at", AT], &present, 2),
    ] {
        said += &checked(&folder, &[former, present].concat(), code);
    }
    let events = format!("{{}}\n{}", events("billing"));
    folder.write("events.ndjson", events);
    let rejected = ["--against", "old.yaml", "--history", "events.ndjson"];
    said += &checked(&folder, &[&rejected[..], &present].concat(), 0);
    insta::assert_snapshot!("faults", said);
}
