//! Tickets over target that are marked as spam: shown, and no way to a verdict that is met.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::fair::{rows, vaste};

/// The last instant of the week of [`week`] at which tickets are marked as spam.
pub(crate) const FRIDAY: &str = "2026-06-05T15:00:00Z";

/// [`tickets`] of which all but `late` are answered after 20 minutes. The late ones are marked as spam at an
/// instant, if there is one.
fn week(late: usize, spam_at: Option<&str>) -> String {
    tickets(|number, created| {
        if number >= late {
            Some(("agent_replied", created + chrono::TimeDelta::minutes(20)))
        } else {
            spam_at.map(|at| ("marked_spam", at.parse().unwrap()))
        }
    })
}

/// Thirty tickets of the team `mail`, six each day of one week from 9 o'clock on. Each may have one more
/// event, by its number and its creation.
pub(crate) fn tickets(
    end: impl Fn(usize, DateTime<Utc>) -> Option<(&'static str, DateTime<Utc>)>,
) -> String {
    let mut text = String::new();
    let begin: DateTime<Utc> = "2026-06-01T09:00:00Z".parse().unwrap();
    for (number, day) in (0..30).zip((0..5).cycle()) {
        let tens = i64::try_from(number % 6).unwrap();
        let created = begin + chrono::TimeDelta::minutes(day * 24 * 60 + tens * 10);
        let ended = end(number, created);
        for (kind, at) in std::iter::once(("created", created)).chain(ended) {
            let time = at.to_rfc3339();
            writeln!(
                text,
                r#"{{"id":"{kind}-{number}","type":"ticket.{kind}","time":"{time}","ticket":"S-{number}","team":"mail"}}"#
            )
            .unwrap();
        }
    }
    text
}

/// The verdict on the only objective at an instant.
pub(crate) fn verdict(agreement: &str, events: &str, at: &str) -> Value {
    let rows = rows(&vaste(&["replay", "--at", at], &[agreement], events));
    rows.into_iter().find(|row| row["decided"].is_u64()).unwrap()
}

/// Changes of the alert for missing the objective, as state and day.
pub(crate) fn alerts(agreement: &str, events: &str, until: &str) -> Vec<(String, String)> {
    let rows = rows(&vaste(&["replay", "--at", until], &[agreement], events));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.iter()
        .filter(|row| row["alert"] == "VasteObjectiveMissed")
        .map(|row| (text(&row["state"]), text(&row["at"]).split('T').next().unwrap().to_owned()))
        .collect()
}

fn agreement(hours: &str, level: &str) -> String {
    format!(
        "team: mail\n{hours}objectives: [{{ name: o, measure: first_reply, {level}, min_tickets: 20 }}]\n"
    )
    .replace("none_over: 1h, min_tickets: 20", "none_over: 1h")
}

pub(crate) const SATURDAY: &str = "2026-06-06T00:00:00Z";

#[test]
fn tickets_over_target_that_are_marked_as_spam_keep_an_objective_from_being_met() {
    for hours in ["", "hours: office\n"] {
        let agreement = agreement(hours, "within: 1h");
        for (late, spam_at, expected) in [
            (9, None, ("missed", 30, 9, 0)),
            (9, Some(FRIDAY), ("at_risk", 21, 0, 9)),
            // Of 26 and 4 spam more than 10 % are spam, of 27 and 3 exactly 10 %.
            (4, Some(FRIDAY), ("at_risk", 26, 0, 4)),
            (3, Some(FRIDAY), ("met", 27, 0, 3)),
            (0, None, ("met", 30, 0, 0)),
            // Nineteen are too few for a verdict.
            (11, Some(FRIDAY), ("insufficient_data", 19, 0, 11)),
        ] {
            let found = verdict(&agreement, &week(late, spam_at), SATURDAY);
            let count = |key: &str| found[key].as_u64().unwrap();
            let found = (
                found["state"].as_str().unwrap(),
                count("decided"),
                count("missed"),
                count("spam_over_target"),
            );
            assert_eq!(found, expected, "{hours} {late} {spam_at:?}");
        }
        // A week later they have left the window.
        let later = verdict(&agreement, &week(9, Some(FRIDAY)), "2026-06-12T15:00:01Z");
        assert_eq!(later["spam_over_target"], 0, "{hours}");
    }
}

#[test]
fn spam_that_was_not_over_target_is_no_matter() {
    for hours in ["", "hours: office\n"] {
        // Nobody waited for a day, in either kind of time.
        let found = verdict(&agreement(hours, "within: 30d"), &week(9, Some(FRIDAY)), SATURDAY);
        assert_eq!((&found["state"], &found["spam_over_target"]), (&"met".into(), &0.into()));
    }
}

#[test]
fn a_limit_is_at_risk_with_one_ticket_over_target_that_is_marked_as_spam() {
    for hours in ["", "hours: office\n"] {
        let agreement = agreement(hours, "none_over: 1h");
        for (late, spam_at, expected) in
            [(1, None, ("missed", 0)), (1, Some(FRIDAY), ("at_risk", 1)), (0, None, ("met", 0))]
        {
            let found = verdict(&agreement, &week(late, spam_at), SATURDAY);
            let found =
                (found["state"].as_str().unwrap(), found["spam_over_target"].as_u64().unwrap());
            assert_eq!(found, expected, "{hours} {late}");
        }
    }
}

#[test]
fn spam_ends_no_alert_until_it_has_left_the_window() {
    for hours in ["", "hours: office\n"] {
        for level in
            ["within: 1h", "within: 1h, alerts: { missed: { confidence: plain } }", "none_over: 1h"]
        {
            let agreement = agreement(hours, level);
            let states = |late| {
                let all = alerts(&agreement, &week(late, Some(FRIDAY)), "2026-06-20T00:00:00Z");
                all.into_iter().map(|(state, day)| format!("{state} {day}")).collect::<Vec<_>>()
            };
            let found = states(9);
            assert_eq!(found.len(), 3, "{hours} {level}: {found:?}");
            assert!(found[1].starts_with("firing 2026-06-0"), "{hours} {level}: {found:?}");
            assert_eq!(found[2], "resolved 2026-06-12", "{hours} {level}");
        }
    }
}

#[test]
fn the_table_says_how_many_were_marked_as_spam() {
    let folder = crate::run::Folder::new();
    folder.write("mail.yaml", agreement("", "within: 1h"));
    folder.write("events.ndjson", week(9, Some(FRIDAY)));
    let output =
        folder.vaste(&["replay", "--at", SATURDAY, "--agreements", "mail.yaml", "events.ndjson"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("at risk, 9 over target marked as spam"), "{printed}");
}
