//! Verdicts that are fair and end: alerts of quiet teams, expired hours, lowered priorities, targets by
//! priority, ownership of deleted tickets. Each through the command line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use serde_json::Value;

use crate::check::{diagnostics_text, read};

/// Open on weekdays from 8 to 16, in UTC.
const OFFICE: &str = "calendars:
  office: { zone: UTC, week: { mon: [\"08:00-16:00\"], tue: [\"08:00-16:00\"], wed: [\"08:00-16:00\"],
    thu: [\"08:00-16:00\"], fri: [\"08:00-16:00\"] } }
  tuesdays: { zone: UTC, week: { tue: [\"10:00-14:00\"] } }
";

/// Runs `vaste` on agreements, [`OFFICE`] and events, and returns its standard output.
pub(crate) fn vaste(command: &[&str], agreements: &[&str], events: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("calendars.yaml", OFFICE);
    write("events.ndjson", events);
    let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
    vaste.args(command).args(["--format", "json", "--calendars", "calendars.yaml"]);
    for (number, agreement) in agreements.iter().enumerate() {
        let name = format!("{number}.yaml");
        write(&name, agreement);
        vaste.args(["--agreements", &name]);
    }
    let output = vaste.arg("events.ndjson").current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Decided and missed tickets of each objective at an instant.
pub(crate) fn tallies(agreements: &[&str], events: &str, at: &str) -> BTreeMap<String, (u64, u64)> {
    let rows = rows(&vaste(&["replay", "--at", at], agreements, events));
    let verdicts = rows.iter().filter(|row| row["decided"].is_u64());
    let tally = |row: &Value| {
        let number = |key: &str| row[key].as_u64().unwrap();
        (row["objective"].as_str().unwrap().to_owned(), (number("decided"), number("missed")))
    };
    verdicts.map(tally).collect()
}

/// Events, one a line: type, time and ticket, then further fields.
pub(crate) fn events(lines: &[(&str, &str, &str)]) -> String {
    let mut text = String::new();
    for (id, (kind, time, more)) in lines.iter().enumerate() {
        let more = if more.is_empty() { String::new() } else { format!(",{more}") };
        writeln!(
            text,
            r#"{{"id":{id},"type":"ticket.{kind}","time":"{time}","ticket":"T-1"{more}}}"#
        )
        .unwrap();
    }
    text
}

/// A small team never has the tickets for a verdict. Its alert fires since a miss was certain, and must end
/// once the late tickets have left the window.
#[test]
fn an_alert_of_a_team_with_few_tickets_ends_without_a_miss_and_with_the_agreed_share() {
    for hours in ["", "hours: office\n"] {
        let agreement = format!(
            "team: mail\n{hours}objectives: [{{ name: o, measure: first_reply, within: 1h, min_tickets: 20, \
             alerts: {{ missed: {{ confidence: plain }} }} }}]\n"
        );
        let good = [ON_TIME; 11];
        let bad = [[LATE; 3].as_slice(), &[ON_TIME; 8]].concat();
        let end = "2026-07-10T00:00:00Z";
        let state = |weeks_of: &[&[i64]]| {
            let all = transitions(&agreement, &weeks(weeks_of), end);
            all.into_iter().map(|(state, _)| state).collect::<Vec<_>>()
        };
        let over = ["pending", "firing", "resolved"];
        assert_eq!(state(&[&bad, &good, &good]), over, "{hours}");
        // One of eleven is late: 90.9 % are within target.
        let one_late = [[LATE].as_slice(), &[ON_TIME; 10]].concat();
        assert_eq!(
            state(&[&bad, &one_late, &one_late, &one_late, &one_late, &one_late]),
            over,
            "{hours}"
        );
        // Two of eleven are below the agreed share: it cannot be said that the team is well again.
        let two_late = [[LATE; 2].as_slice(), &[ON_TIME; 9]].concat();
        let all = [&bad[..], &two_late, &two_late, &two_late, &two_late, &two_late];
        assert_eq!(state(&all), over[..2], "{hours}");
        // Too few tickets never start one.
        assert_eq!(state(&[&two_late]), [""; 0], "{hours}");
    }
}

/// Three of twelve are late in the first week and none after it. With a confidence, the alert rests on 28
/// days of so few tickets, and ends when the true share is rather above the level than below it.
#[test]
fn an_alert_with_a_confidence_ends_when_a_small_team_answers_in_time_again() {
    for hours in ["", "hours: office\n"] {
        let agreement = format!(
            "team: mail\n{hours}objectives: [{{ name: o, measure: first_reply, within: 1h, min_tickets: 20 }}]\n"
        );
        let bad = [[LATE; 3].as_slice(), &[ON_TIME; 9]].concat();
        let good = [ON_TIME; 12];
        let all = [&bad[..], &good, &good, &good, &good, &good, &good, &good, &good, &good];
        let events = weeks(&all);
        let found = transitions(&agreement, &events, "2026-08-03T00:00:00Z");
        let states: Vec<&str> = found.iter().map(|(state, _)| &**state).collect();
        assert_eq!(states, ["pending", "firing", "resolved"], "{hours}");
        assert!(*found[2].1 < *"2026-06-22", "in the third week: {found:?}");
        let tally = tallies(&[&agreement], &events, "2026-08-03T00:00:00Z");
        assert_eq!(tally["o"], (12, 0), "{hours}");
    }
}

/// Tickets of the team `mail` in weeks from Monday 1 June 2026: each is answered after these minutes.
fn weeks(weeks: &[&[i64]]) -> String {
    let mut text = String::new();
    for (week, tickets) in (0..).zip(weeks) {
        for (number, minutes) in (0..).zip(*tickets) {
            let begin = chrono::DateTime::parse_from_rfc3339("2026-06-01T09:00:00Z").unwrap();
            let at = begin + chrono::TimeDelta::minutes(week * 7 * 24 * 60 + number * 30);
            for (kind, at) in
                [("created", at), ("agent_replied", at + chrono::TimeDelta::minutes(*minutes))]
            {
                writeln!(
                    text,
                    r#"{{"id":"{kind}-{week}-{number}","type":"ticket.{kind}","time":"{}","ticket":"W-{week}-{number}","team":"mail"}}"#,
                    at.to_rfc3339()
                )
                .unwrap();
            }
        }
    }
    text
}

/// The changes of the alert for missing an objective.
fn transitions(agreement: &str, events: &str, until: &str) -> Vec<(String, String)> {
    let rows = rows(&vaste(&["replay", "--at", until], &[agreement], events));
    let alerts = rows.iter().filter(|row| row["alert"] == "VasteObjectiveMissed");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    alerts.map(|row| (text(&row["state"]), text(&row["at"]))).collect()
}

const ON_TIME: i64 = 20;
const LATE: i64 = 200;

/// A team without hours judges in calendar time, also tickets that a team with hours held. An earlier level
/// with hours is the past.
#[test]
fn expired_hours_of_an_earlier_level_change_no_verdict_of_today() {
    let desk = "team: desk\nhours: office\n";
    let night = |was: &str| {
        format!(
            "team: night\nobjectives: [{{ name: o, measure: first_reply, within: 3h, min_tickets: 1{was} }}]\n"
        )
    };
    // Saturday, when the desk is closed.
    let events = events(&[
        ("created", "2026-06-06T01:00:00Z", r#""team":"desk""#),
        ("agent_replied", "2026-06-06T07:00:00Z", r#""team":"night""#),
    ]);
    for was in [
        "",
        ", was: [{ within: 5h, until: 2024-03-01 }]",
        ", was: [{ within: 5h, hours: always, until: 2024-03-01 }]",
        ", was: [{ within: 5h, hours: tuesdays, until: 2024-03-01 }]",
        ", was: [{ hours: always, until: 2024-03-01 }, { hours: office, until: 2023-03-01 }]",
    ] {
        let agreements = [desk, &night(was)];
        let tallies = tallies(&agreements, &events, "2026-06-06T08:00:00Z");
        assert_eq!(tallies["o"], (1, 1), "{was}");
    }
    // While those hours were in force, they counted: on a Saturday no time at all.
    let night = night(", was: [{ within: 5h, hours: tuesdays, until: 2026-07-01 }]");
    assert_eq!(tallies(&[desk, &night], &events, "2026-06-06T08:00:00Z")["o"], (1, 0));
    // Always open then, with hours today: all time counted then.
    let events = events_of_night();
    for (until, missed) in [("2026-07-01", 1), ("2024-03-01", 0)] {
        let agreement = format!(
            "team: night\nhours: office\nobjectives: [{{ name: o, measure: first_reply, within: 3h, \
             min_tickets: 1, was: [{{ hours: always, until: {until} }}] }}]\n"
        );
        let tallies = tallies(&[desk, &agreement], &events, "2026-06-06T08:00:00Z");
        assert_eq!(tallies["o"], (1, missed), "{until}");
    }
}

/// Held and answered by the team itself on a Saturday.
fn events_of_night() -> String {
    events(&[
        ("created", "2026-06-06T01:00:00Z", r#""team":"night""#),
        ("agent_replied", "2026-06-06T07:00:00Z", ""),
    ])
}

/// A customer writes on a solved, urgent ticket. The priority is lowered while nothing runs.
#[test]
fn a_priority_lowered_before_a_ticket_is_reopened_ends_no_miss() {
    for agreement in [URGENT.to_owned(), URGENT.replace("team: mail", "team: mail\nhours: office")]
    {
        for (lowered, missed) in [("2026-06-03T09:05:00Z", 0), ("2026-06-04T09:00:00Z", 1)] {
            for lower in ["note_added", "assigned"] {
                let mut lines = vec![
                    ("created", "2026-06-01T09:00:00Z", r#""team":"mail","priority":"urgent""#),
                    ("agent_replied", "2026-06-01T09:02:00Z", ""),
                    ("solved", "2026-06-01T10:00:00Z", ""),
                    ("customer_replied", "2026-06-03T09:00:00Z", ""),
                    (lower, lowered, r#""priority":"low""#),
                    ("reopened", "2026-06-04T10:00:00Z", ""),
                ];
                let told =
                    |lines: &[_]| tallies(&[&agreement], &events(lines), "2026-06-04T11:00:00Z");
                assert_eq!(told(&lines)["next"], (missed, missed), "waiting, {lowered}");
                lines.push(("agent_replied", "2026-06-04T10:30:00Z", ""));
                assert_eq!(told(&lines)["next"], (1, missed), "answered, {lowered}");
            }
        }
    }
}

const URGENT: &str = "team: mail
objectives:
  - { name: next, measure: next_reply, within: 4d, min_tickets: 1, by_priority: { urgent: 10m } }
";

/// The other team lowers the priority and hands the ticket back.
#[test]
fn a_priority_lowered_by_another_team_ends_no_miss() {
    for hours in ["", "hours: office\n"] {
        let agreement = URGENT.replace("objectives", &format!("{hours}objectives"));
        let agreement = agreement.replace("next_reply", "first_reply");
        for (handed_on, missed) in [("2026-06-03T09:10:00Z", 0), ("2026-06-03T09:10:00.001Z", 1)] {
            let lines = [
                ("created", "2026-06-03T09:00:00Z", r#""team":"mail","priority":"urgent""#),
                ("assigned", handed_on, r#""team":"desk""#),
                ("note_added", "2026-06-03T09:30:00Z", r#""priority":"low""#),
                ("assigned", "2026-06-03T09:40:00Z", r#""team":"mail""#),
                ("agent_replied", "2026-06-03T10:00:00Z", ""),
            ];
            let agreements = [&agreement, "team: desk\n"];
            let tallies = tallies(&agreements, &events(&lines), "2026-06-03T11:00:00Z");
            assert_eq!(tallies["next"], (1, missed), "{hours} {handed_on}");
        }
    }
}

/// `always` of `within` holds for its priorities, too.
#[test]
fn targets_by_priority_count_what_within_counts() {
    let agreement = |within: &str, urgent: &str, more: &str| {
        format!(
            "team: mail\nhours: office\nobjectives: [{{ name: o, measure: first_reply, within: {within}, \
             min_tickets: 1, by_priority: {{ urgent: {urgent} }}{more} }}]\n"
        )
    };
    // From Friday evening to Monday morning the office is closed.
    let events = events(&[
        ("created", "2026-06-05T17:00:00Z", r#""team":"mail","priority":"urgent""#),
        ("agent_replied", "2026-06-08T07:00:00Z", ""),
    ]);
    for (agreement, missed) in [
        (agreement("48h always", "45m", ""), 1),
        (agreement("48h", "45m", ""), 0),
        (agreement("48h", "45m always", ""), 1),
        (agreement("48h always", "1 working day", ""), 0),
        // Levels of then: what they do not name is as it is written now, and counts their time.
        (agreement("48h", "45m", ", was: [{ within: 20h always, until: 2026-07-01 }]"), 1),
        (agreement("48h always", "45m", ", was: [{ within: 20h, until: 2026-07-01 }]"), 0),
        (agreement("48h", "45m", ", was: [{ hours: always, until: 2026-07-01 }]"), 1),
    ] {
        let tallies = tallies(&[&agreement], &events, "2026-06-08T08:00:00Z");
        assert_eq!(tallies["o"], (1, missed), "{agreement}");
    }
}

/// `always` of `within` holds for the market, too: over the weekend the office is open for 0 minutes.
#[test]
fn the_market_counts_what_within_counts() {
    let events = events(&[
        ("created", "2026-06-05T17:00:00Z", r#""team":"mail""#),
        ("agent_replied", "2026-06-08T07:00:00Z", ""),
    ]);
    for (within, market, behind) in [
        ("90h always", "24h", true),
        ("90h always", "24h always", true),
        ("90h", "24h", false),
        ("90h", "24h always", true),
        ("90h always", "1 working day", false),
    ] {
        let agreement = format!(
            "team: mail\nhours: office\nobjectives: [{{ name: o, measure: first_reply, within: {within}, \
             min_tickets: 1, market: {{ within: {market}, source: survey }} }}]\n"
        );
        let at = ["replay", "--at", "2026-06-08T08:00:00Z"];
        let rows = rows(&vaste(&at, &[&agreement], &events));
        let verdict = rows.iter().find(|row| row["objective"] == "o").unwrap();
        assert_eq!(verdict["behind_market"], behind, "{within}, {market}");
        assert_eq!(verdict["missed"], 0, "{within}, {market}");
    }
}

/// A deleted ticket goes to another team and comes back: only the time with the team itself is ownership.
#[test]
fn ownership_ends_when_a_deleted_ticket_goes_to_another_team() {
    let agreement = |team: &str| {
        format!(
            "team: {team}\nhours: office\nobjectives: [{{ name: {team}, measure: ownership, within: 2h, min_tickets: 1 }}]\n"
        )
    };
    let agreements = [&*agreement("mail"), &*agreement("desk")];
    for removed in ["deleted", "marked_spam", "merged"] {
        let mut lines = vec![
            ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#),
            (removed, "2026-06-02T09:00:00Z", ""),
            ("assigned", "2026-06-02T09:10:00Z", r#""team":"desk""#),
            ("assigned", "2026-06-02T13:00:00Z", r#""team":"mail""#),
            ("reopened", "2026-06-02T13:30:00Z", ""),
            ("solved", "2026-06-02T14:30:00Z", ""),
        ];
        let explained = |lines: &[_]| {
            let text = vaste(&["explain", "T-1"], &agreements, &events(lines));
            let rows = rows(&text).into_iter().filter(|row| row["measure"] == "ownership");
            let row = |row: Value| {
                (row["state"].as_str().unwrap().to_owned(), row["elapsed_open"].as_u64().unwrap())
            };
            rows.map(row).collect::<Vec<_>>()
        };
        let ended = if removed == "merged" { "given_up" } else { "cancelled" };
        let periods = [(ended.to_owned(), 3_600), ("stopped".to_owned(), 3_600)];
        assert_eq!(explained(&lines), periods, "{removed}");
        // With the same team all the time, the period goes on from its old start.
        lines.drain(2..4);
        assert_eq!(explained(&lines), [("stopped".to_owned(), 6 * 3_600 + 1_800)], "{removed}");
    }
}

/// A paused stopwatch has a due time if its target was used up before the pause: config/example/README.md.
#[test]
fn a_paused_stopwatch_has_the_due_time_that_is_past() {
    let agreement = "team: mail\nhours: office\n\
                     objectives: [{ name: o, measure: customer_wait, within: 2h }]\n";
    for (paused, due) in [
        ("09:59:59", None),
        ("10:00:00", Some("2026-06-02T10:00:00Z")),
        ("12:00:00", Some("2026-06-02T10:00:00Z")),
    ] {
        let paused = format!("2026-06-02T{paused}Z");
        let lines =
            [("created", "2026-06-02T08:00:00Z", r#""team":"mail""#), ("pending", &*paused, "")];
        let text = vaste(
            &["explain", "T-1", "--at", "2026-06-02T15:00:00Z"],
            &[agreement],
            &events(&lines),
        );
        let rows = rows(&text);
        let row = rows.iter().find(|row| row["measure"] == "customer_wait").unwrap();
        assert_eq!(
            (row["state"].as_str(), row["due_at"].as_str()),
            (Some("paused"), due),
            "{paused}"
        );
    }
}

/// What `vaste check` says of a team with this objective, and of a calendar with these lines.
fn checked(objective: &str, calendar: &str) -> String {
    let agreement = format!(
        "team: mail\nhours: c\nobjectives:\n  - {{ name: none, measure: first_reply, none_over: 5d always }}\n  \
         - {{ name: o, measure: first_reply, within: 1h, {objective} }}\n"
    );
    let calendar = format!("calendars: {{ c: {{ zone: UTC, {calendar} }} }}\n");
    let config = read(&[("c.yaml", &calendar), ("m.yaml", &agreement)], &["c.yaml", "m.yaml"]);
    assert!(!config.diagnostics.has_errors(), "{}", diagnostics_text(&config));
    diagnostics_text(&config)
}

#[test]
fn check_warns_of_levels_and_hours_by_which_hardly_anything_is_missed() {
    let week = "week: { mon: [\"08:00-13:00\"] }";
    let holidays = |dates: &str| format!("{week}, holidays: [{dates}]");
    let mondays = |count: u64| {
        let first = chrono::NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
        let dates = (0..count).map(|n| (first + chrono::Days::new(7 * n)).to_string());
        holidays(&dates.collect::<Vec<_>>().join(", "))
    };
    for (objective, calendar, said) in [
        ("share: 50%", week, ""),
        ("share: 49.99%", week, "share: `49.99%` is less than half of the tickets"),
        ("over: 24h", week, ""),
        ("over: 23h", week, "over: `23h` is less than a day"),
        ("was: [{ within: 2h, share: 10%, over: 2h, until: 2026-01-01 }]", week, ""),
        ("was: [{ within: 2h, until: 2099-01-01 }]", week, "until: `2099-01-01` is to come"),
        ("", "week: { mon: [\"08:00-12:59\"] }", "calendars.c: is open for 299 minutes in a week"),
        ("", &holidays("06-01..06-30"), ""),
        (
            "",
            &holidays("06-01..07-01"),
            "calendars.c: has holidays on 31 days in a row from 1990-06-01",
        ),
        ("", &holidays("2026-06-01..2026-07-01, 12-24"), "on 31 days in a row from 2026-06-01"),
        // One Monday after another: nothing is open in between.
        ("", &mondays(5), ""),
        ("", &mondays(6), "on 36 days in a row from 2026-06-01"),
    ] {
        let all = checked(objective, calendar);
        let warnings = all.matches("warning: ").count();
        assert_eq!(warnings, usize::from(!said.is_empty()), "{objective} {calendar}: {all}");
        assert!(all.contains(said), "{objective} {calendar}: {all}");
    }
}

/// A ticket that is deleted over target stays a miss for one window, also when it was solved late before and
/// reopened. Spam is only shown.
#[test]
fn deleting_a_ticket_over_target_ends_no_miss() {
    let agreement = "team: mail\nhours: office\nobjectives:
  - { name: first, measure: first_reply, within: 2h, min_tickets: 1 }
  - { name: solved, measure: resolution, within: 3h always, min_tickets: 1 }
";
    let told = |lines: &[_], at| {
        let tallies = tallies(&[agreement], &events(lines), at);
        [tallies["first"], tallies["solved"]]
    };
    let created = ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#);
    for (removed, at, tally) in [
        ("deleted", "2026-06-02T10:00:00Z", [(0, 0), (0, 0)]),
        ("deleted", "2026-06-02T10:00:01Z", [(1, 1), (0, 0)]),
        ("deleted", "2026-06-02T11:00:01Z", [(1, 1), (1, 1)]),
        ("marked_spam", "2026-06-02T11:00:01Z", [(0, 0), (0, 0)]),
    ] {
        let lines = [created, (removed, at, "")];
        assert_eq!(told(&lines, "2026-06-05T00:00:00Z"), tally, "{removed} {at}");
        assert_eq!(told(&lines, "2026-06-12T00:00:00Z"), [(0, 0), (0, 0)], "{removed} {at}, later");
    }
    let lines = [
        created,
        ("agent_replied", "2026-06-02T08:10:00Z", ""),
        ("solved", "2026-06-02T15:00:00Z", ""),
        ("reopened", "2026-06-02T15:10:00Z", ""),
        ("deleted", "2026-06-02T15:20:00Z", ""),
    ];
    assert_eq!(told(&lines, "2026-06-05T00:00:00Z"), [(1, 0), (1, 1)]);
}

/// A message on a solved ticket starts no wait. It is counted, once for the time in which the ticket was
/// solved, until the ticket is reopened.
#[test]
fn a_message_on_a_solved_ticket_is_counted_until_the_ticket_is_reopened() {
    for hours in ["", "hours: office\n"] {
        let agreement = format!(
            "team: mail\n{hours}objectives: [{{ name: o, measure: next_reply, within: 2h, min_tickets: 1 }}]\n"
        );
        let mut lines = vec![
            ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#),
            ("agent_replied", "2026-06-02T08:10:00Z", ""),
            ("customer_replied", "2026-06-02T08:20:00Z", ""),
            ("agent_replied", "2026-06-02T08:30:00Z", ""),
            ("solved", "2026-06-02T09:00:00Z", ""),
            ("customer_replied", "2026-06-04T08:00:00Z", ""),
            ("customer_replied", "2026-06-04T09:00:00Z", ""),
        ];
        let counted = |lines: &[_]| {
            let at = ["replay", "--at", "2026-06-05T10:00:00Z"];
            let rows = rows(&vaste(&at, &[&agreement], &events(lines)));
            let is_it = |row: &&Value| row["measure"] == "next_reply" && row["window"] == "7d";
            let row = rows.iter().find(|row| is_it(row) && row["team"] == "mail").unwrap();
            (row["flags"]["wrote_after_solved"].as_u64(), row["waiting"].as_u64())
        };
        assert_eq!(counted(&lines), (Some(1), Some(0)), "{hours}");
        lines.push(("reopened", "2026-06-04T10:00:00Z", ""));
        assert_eq!(counted(&lines), (None, Some(1)), "{hours}");
        lines.push(("solved", "2026-06-04T11:00:00Z", ""));
        lines.push(("customer_replied", "2026-06-05T08:00:00Z", ""));
        assert_eq!(counted(&lines), (Some(1), Some(0)), "{hours}");
    }
}
