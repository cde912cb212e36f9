//! Tickets that are closed before their target without an answer: shown beside every verdict, with a ceiling
//! that a team can agree on.

use chrono::TimeDelta;

use crate::check::{diagnostics_text, read};
use crate::spam::{SATURDAY, alerts, tickets, verdict};

/// Thirty tickets: the first `closed` of them are closed after 20 minutes without an answer, the next
/// `waiting` are never answered, and the others are answered after 20 minutes.
fn week(closed: usize, waiting: usize) -> String {
    tickets(|number, created| {
        let after = created + TimeDelta::minutes(20);
        if number < closed {
            Some(("closed", after))
        } else if number < closed + waiting {
            None
        } else {
            Some(("agent_replied", after))
        }
    })
}

fn agreement(hours: &str, level: &str) -> String {
    format!("team: mail\n{hours}objectives: [{{ name: o, measure: first_reply, {level} }}]\n")
}

/// The state, and the answered, unanswered and their share.
fn judged(agreement: &str, events: &str) -> (String, u64, u64, Option<f64>) {
    let found = verdict(agreement, events, SATURDAY);
    let count = |key: &str| found[key].as_u64().unwrap();
    let state = found["state"].as_str().unwrap().to_owned();
    (state, count("answered"), count("unanswered"), found["unanswered_share"].as_f64())
}

#[test]
fn the_share_of_tickets_that_end_unanswered_stands_beside_every_verdict() {
    for hours in ["", "hours: office\n"] {
        for level in ["within: 1h", "none_over: 5d"] {
            let agreement = agreement(hours, level);
            for (closed, state, share) in
                [(0, "met", Some(0.0)), (3, "met", Some(0.1)), (10, "met", Some(0.3333))]
            {
                let expected = (state.to_owned(), 30 - closed, closed, share);
                let closed = usize::try_from(closed).unwrap();
                assert_eq!(judged(&agreement, &week(closed, 0)), expected, "{hours} {level}");
            }
            let nothing = judged(&agreement, "");
            assert_eq!((nothing.1, nothing.2, nothing.3), (0, 0, None), "{hours} {level}");
        }
    }
}

#[test]
fn an_objective_is_missed_when_more_end_unanswered_than_its_ceiling_allows() {
    for hours in ["", "hours: office\n"] {
        for (level, closed, state) in [
            ("within: 1h, unanswered_max: 10%", 3, "met"),
            ("within: 1h, unanswered_max: 10%", 4, "missed"),
            ("within: 1h, unanswered_max: 0%", 0, "met"),
            ("within: 1h, unanswered_max: 0%", 1, "missed"),
            ("within: 1h, unanswered_max: none", 9, "met"),
            ("within: 1h, unanswered_max: 99.99%", 10, "met"),
            // Nothing is decided when all are closed in time.
            ("within: 1h", 30, "insufficient_data"),
            ("within: 1h, unanswered_max: 99.99%", 30, "missed"),
            // Thirty ended, so forty are too few.
            ("within: 1h, unanswered_max: 10%, min_tickets: 27", 4, "missed"),
            ("within: 1h, unanswered_max: 10%, min_tickets: 40", 4, "insufficient_data"),
            ("none_over: 5d, unanswered_max: 10%", 3, "met"),
            ("none_over: 5d, unanswered_max: 10%", 4, "missed"),
            // The past is judged by the ceiling of then.
            (
                "within: 1h, unanswered_max: 10%, was: [{ unanswered_max: none, until: 2026-07-01 }]",
                9,
                "met",
            ),
            ("within: 1h, was: [{ unanswered_max: 10%, until: 2026-07-01 }]", 9, "missed"),
            (
                "within: 1h, unanswered_max: 10%, was: [{ within: 2h, until: 2026-07-01 }]",
                9,
                "missed",
            ),
        ] {
            let found = judged(&agreement(hours, level), &week(closed, 0));
            assert_eq!(found.0, state, "{hours} {level} {closed}");
        }
    }
}

#[test]
fn a_wait_that_goes_on_has_not_ended() {
    let agreement = agreement("", "within: 30d, unanswered_max: 20%");
    // Of ten that ended, two were closed.
    let (state, answered, unanswered, _) = judged(&agreement, &week(2, 20));
    assert_eq!((&*state, answered, unanswered), ("insufficient_data", 8, 2));
}

#[test]
fn the_alert_starts_and_ends_by_the_ceiling() {
    for hours in ["", "hours: office\n"] {
        for level in
            ["within: 1h", "within: 1h, alerts: { missed: { confidence: plain } }", "none_over: 5d"]
        {
            let states = |max: &str, closed| {
                let agreement =
                    agreement(hours, &format!("{level}, over: 28d, unanswered_max: {max}"));
                let all = alerts(&agreement, &week(closed, 0), "2026-07-20T00:00:00Z");
                all.into_iter().map(|(state, _)| state).collect::<Vec<_>>()
            };
            let over = ["pending", "firing", "resolved"];
            assert_eq!(states("10%", 12), over, "{hours} {level}");
            assert_eq!(states("10%", 0), [""; 0], "{hours} {level}");
            // Of a limit, one ticket closed of one that ended is above any ceiling.
            if level.starts_with("within") {
                assert_eq!(states("50%", 12), [""; 0], "{hours} {level}");
            }
        }
    }
}

#[test]
fn the_table_says_that_too_many_ended_unanswered() {
    let folder = crate::run::Folder::new();
    folder.write("mail.yaml", agreement("", "within: 1h, unanswered_max: 12.5%"));
    folder.write("events.ndjson", week(6, 0));
    let output =
        folder.vaste(&["replay", "--at", SATURDAY, "--agreements", "mail.yaml", "events.ndjson"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    for said in ["missed, too many ended unanswered", "at most 12.5% unanswered", " 20%"] {
        assert!(printed.contains(said), "{printed}");
    }
}

#[test]
fn check_reports_ceilings_that_cannot_be_read() {
    let faults = |lines: &str| {
        let text = agreement("", lines);
        diagnostics_text(&read(&[("m.yaml", &text)], &["m.yaml"]))
    };
    for written in ["100%", "10", "-5%", "all", "10.123%"] {
        let found = faults(&format!("within: 1h, unanswered_max: {written}"));
        let said = format!(
            "objectives[0].unanswered_max: `{written}` is not a share below 100%; write a percentage from 0% to \
             99.99%, such as 10%, or `none`"
        );
        assert!(found.contains(&said), "{found}");
    }
    let found = faults("within: 1h, unanswerd_max: 10%");
    assert!(found.contains("did you mean `unanswered_max`?"), "{found}");
    let found = faults("within: 1h, was: [{ unanswered_max: 100%, until: 2026-01-01 }]");
    assert!(found.contains("objectives[0].was[0].unanswered_max"), "{found}");
    for right in ["0%", "99.99%", "none"] {
        let found = faults(&format!("within: 1h, unanswered_max: {right}"));
        assert!(!found.contains("error: "), "{found}");
    }
}

#[test]
fn a_ceiling_that_is_raised_or_removed_is_looser() {
    let folder = crate::run::Folder::new();
    for (former, present, said) in [
        ("10%", "20%", "unanswered_max: 10% → 20% (looser)\n"),
        ("10%", "none", "unanswered_max: 10% → none (looser)\n"),
        ("20%", "10%", "unanswered_max: 20% → 10%\n"),
        ("none", "10%", "unanswered_max: none → 10%\n"),
    ] {
        let text = |max| agreement("", &format!("within: 1h, unanswered_max: {max}"));
        folder.write("former.yaml", text(former));
        folder.write("mail.yaml", text(present));
        let output = folder.vaste(&["check", "--against", "former.yaml", "mail.yaml"]);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains(said), "{printed}");
    }
}
