//! How sure a verdict is, in what `replay` prints, and alerts with and without a confidence.

use std::fmt::Write as _;

use serde_json::Value;

use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

use crate::run::Folder;

/// An agreement of a share of 90 % within four hours over 7 days, with these alerts.
fn agreement(alerts: &str) -> String {
    format!(
        "team: billing\nobjectives:\n  - {{ name: reply, measure: first_reply, within: 4h, alerts: {alerts} }}\n"
    )
}

/// A ticket at the same time on each of some days, counted from a Monday: answered after an hour, or after
/// five where `is_late`.
fn tickets(days: i64, each_day: i64, is_late: impl Fn(i64, i64) -> bool) -> String {
    let monday = Timestamp::parse("2026-06-01T08:00:00Z").unwrap();
    let mut rows = "id,team,created,replied\n".to_owned();
    for day in 0..days {
        for number in 0..each_day {
            let created = monday.plus(Elapsed::from_ms(day * DAY_MS + number * 60_000));
            let hours = if is_late(day, number) { 5 } else { 1 };
            let replied = created.plus(Elapsed::from_ms(hours * HOUR_MS));
            writeln!(rows, "T-{day}-{number},billing,{created},{replied}").unwrap();
        }
    }
    rows
}

/// What is printed by an agreement.
fn printed(agreement: &str, tickets: &str) -> String {
    let folder = Folder::new();
    folder.write("billing.yaml", agreement);
    folder.write("tickets.csv", tickets);
    let columns = "created=created,first_reply=replied,solved=replied,team=team,ticket=id";
    let files = ["--agreements", "billing.yaml", "--csv", columns, "tickets.csv"];
    let output = folder.vaste(&[&["replay", "--format", "json"], &files[..]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The rows that are printed of the objective: verdicts and alerts.
fn replayed(alerts: &str, tickets: &str) -> Vec<Value> {
    let printed = printed(&agreement(alerts), tickets);
    let rows = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.filter(|row| row["objective"] == "reply").collect()
}

/// When the alert fired and when it was resolved.
fn alerts(rows: &[Value]) -> Vec<String> {
    let changes = rows.iter().filter(|row| row["alert"] == "VasteObjectiveMissed");
    let fired = changes.filter(|row| !row["fired_at"].is_null());
    fired
        .map(|row| format!("{} {}", row["state"].as_str().unwrap(), row["at"].as_str().unwrap()))
        .collect()
}

fn verdict(rows: &[Value]) -> &Value {
    rows.iter().find(|row| row["decided"].is_number()).unwrap()
}

#[test]
fn four_late_of_thirty_are_a_miss_but_no_alert_unless_the_plain_rule_is_asked_for() {
    // Monday to Friday, six a day; the first of each day but one is late.
    let tickets = tickets(5, 6, |day, number| number == 0 && day > 0);
    for (rule, expected) in [
        ("{}", &[][..]),
        ("{ missed: { confidence: 90% } }", &[]),
        ("{ missed: { confidence: 70% } }", &["firing 2026-06-05T12:10:01Z"]),
        // Three of twenty already.
        ("{ missed: { confidence: plain } }", &["firing 2026-06-04T12:10:01Z"]),
    ] {
        let rows = replayed(rule, &tickets);
        let verdict = verdict(&rows);
        assert_eq!((&verdict["decided"], &verdict["missed"]), (&30.into(), &4.into()));
        assert_eq!(verdict["state"], "missed");
        // By mpmath: the quantiles 5 % and 95 % of Beta(26.5, 4.5), and its mass below 0.9.
        assert_eq!(verdict["interval"].to_string(), "{\"high\":0.9428,\"low\":0.7406}");
        assert_eq!(verdict["below_level"].to_string(), "0.7455");
        assert_eq!(alerts(&rows), expected, "{rule}");
    }
}

#[test]
fn a_small_team_that_misses_every_fourth_ticket_is_seen_by_the_stretched_window() {
    // One a day, every fourth late, for six weeks; then none is late.
    let tickets = tickets(12 * 7, 1, |day, _| day < 42 && day % 4 == 0);
    let plain = replayed("{ missed: { confidence: plain } }", &tickets);
    assert_eq!(alerts(&plain), Vec::<String>::new(), "two a week are too few for the plain rule");
    let sure = replayed("{}", &tickets);
    // The third miss is sure enough. The end comes when a miss leaves 28 days, without an event.
    let expected = ["firing 2026-06-09T12:10:01Z", "resolved 2026-07-31T12:30:01Z"];
    assert_eq!(alerts(&sure), expected);
}

#[test]
fn a_limit_has_no_interval() {
    let agreement = agreement("{}").replace("within: 4h", "none_over: 4h");
    let printed = printed(&agreement, &tickets(2, 1, |_, _| true));
    assert!(printed.contains("\"interval\":null,\"below_level\":null"), "{printed}");
}
