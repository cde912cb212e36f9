//! Solved tickets that come back. Each through the command line, in calendar time and in open time.

use serde_json::Value;

use crate::fair::{events, rows, tallies, vaste};

/// Open on weekdays from 8 to 16. 2 June 2026 is a Tuesday.
const HOURS: [&str; 2] = ["", "hours: office\n"];

/// Decided and missed tickets of the teams `mail` and `chat`, and of the organisation.
fn by_scope(hours: &str, measure: &str, within: &str, text: &str, at: &str) -> [(u64, u64); 3] {
    let agreement = |owner: &str, name: &str| {
        format!(
            "{owner}\n{hours}objectives: [{{ name: {name}, measure: {measure}, within: {within}, \
             min_tickets: 1 }}]\n"
        )
    };
    let mail = agreement("team: mail", "of-mail");
    let chat = agreement("team: chat", "of-chat");
    let all = agreement("organisation: All", "of-all");
    let tallies = tallies(&[&mail, &chat, &all], text, at);
    ["of-mail", "of-chat", "of-all"].map(|name| tallies[name])
}

/// A ticket is solved one hour late and reopened. The miss stays with its team, wherever the ticket goes, until
/// it is solved again. For the organisation it counts once.
#[test]
fn a_finished_miss_stays_until_the_ticket_is_solved_again() {
    let solved_late = [
        ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#),
        ("agent_replied", "2026-06-02T08:10:00Z", ""),
        ("solved", "2026-06-02T11:00:00Z", ""),
        ("reopened", "2026-06-02T12:00:00Z", ""),
    ];
    let assigned = |team| ("assigned", "2026-06-02T12:10:00Z", team);
    let (to_chat, to_nobody) = (assigned(r#""team":"chat""#), assigned(r#""team":"ghost""#));
    let spam = ("marked_spam", "2026-06-02T12:20:00Z", "");
    let back = ("assigned", "2026-06-02T12:30:00Z", r#""team":"mail""#);
    let solved = ("solved", "2026-06-02T12:40:00Z", "");
    let reopened = ("reopened", "2026-06-02T12:50:00Z", "");
    let merged = ("merged", "2026-06-02T12:20:00Z", "");
    let (none, miss) = ((0, 0), (1, 1));
    for hours in HOURS {
        for (acts, expected) in [
            (&[][..], [miss, none, miss]),
            (&[spam], [miss, none, miss]),
            (&[to_chat], [miss, miss, miss]),
            (&[to_nobody], [miss, none, miss]),
            (&[to_chat, spam], [miss, none, miss]),
            (&[to_nobody, merged], [miss, none, miss]),
            (&[to_chat, back], [miss, none, miss]),
            (&[to_chat, solved], [none, miss, miss]),
            (&[to_chat, solved, reopened], [none, miss, miss]),
            (
                &[to_chat, spam, back, reopened, ("solved", "2026-06-02T13:00:00Z", "")],
                [miss, none, miss],
            ),
        ] {
            let text = events(&[&solved_late, acts].concat());
            let told = |within, at| by_scope(hours, "resolution", within, &text, at);
            assert_eq!(told("2h", "2026-06-03T00:00:00Z"), expected, "{hours} {acts:?}");
            // What was in time is no miss, and counts only where the ticket is.
            let in_time = told("4h", "2026-06-02T12:55:00Z");
            assert!(
                in_time.iter().all(|(_, missed)| *missed == 0),
                "{hours} {acts:?}: {in_time:?}"
            );
        }
        // One window later it is gone, at its old time.
        let text = events(&[&solved_late[..], &[spam]].concat());
        for (at, expected) in [("2026-06-09T11:00:00Z", miss), ("2026-06-09T11:30:00Z", none)] {
            let [mail, _, all] = by_scope(hours, "resolution", "2h", &text, at);
            assert_eq!([mail, all], [expected; 2], "{hours} {at}");
        }
    }
}

/// How often the customer had to ask is known when the ticket is solved. A reopening takes no miss away.
#[test]
fn too_many_contacts_stay_a_miss_while_the_ticket_is_reopened() {
    let mut lines = vec![
        ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#),
        ("customer_replied", "2026-06-02T08:10:00Z", ""),
        ("customer_replied", "2026-06-02T08:20:00Z", ""),
        ("solved", "2026-06-02T09:00:00Z", ""),
    ];
    for act in [
        ("reopened", "2026-06-02T09:10:00Z", ""),
        ("marked_spam", "2026-06-02T09:20:00Z", ""),
        ("reopened", "2026-06-02T09:30:00Z", ""),
        ("solved", "2026-06-02T09:40:00Z", ""),
    ] {
        lines.push(act);
        let told = by_scope("", "contacts", "1", &events(&lines), "2026-06-03T00:00:00Z");
        assert_eq!(told, [(1, 1), (0, 0), (1, 1)], "{act:?}");
    }
}

/// A team sees why its old miss counts: in its readings, and in the story of the ticket.
#[test]
fn a_reopened_miss_is_told_in_readings_and_by_explain() {
    let agreement =
        "team: mail\nobjectives: [{ name: o, measure: resolution, within: 2h, min_tickets: 1 }]\n";
    let text = events(&[
        ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#),
        ("solved", "2026-06-02T11:00:00Z", ""),
        ("reopened", "2026-06-02T12:00:00Z", ""),
        ("marked_spam", "2026-06-02T12:20:00Z", ""),
    ]);
    let readings = rows(&vaste(&["replay", "--at", "2026-06-03T00:00:00Z"], &[agreement], &text));
    let is_it = |row: &&Value| {
        row["measure"] == "resolution" && row["window"] == "7d" && row["team"] == "mail"
    };
    let row = readings.iter().find(is_it).unwrap();
    assert_eq!(row["flags"], serde_json::json!({ "spam": 1, "reopened": 1 }));
    let told =
        rows(&vaste(&["explain", "T-1", "--at", "2026-06-03T00:00:00Z"], &[agreement], &text));
    let resolution = told.iter().filter(|row| row["measure"] == "resolution");
    let ends: Vec<_> = resolution.map(|row| (&row["stopped_at"], &row["over"])).collect();
    let [spam, late] = &ends[..] else { panic!("{told:?}") };
    assert_eq!((spam.0.as_str(), spam.1), (Some("2026-06-02T12:20:00Z"), &Value::Bool(true)));
    assert_eq!((late.0.as_str(), late.1), (Some("2026-06-02T11:00:00Z"), &Value::Bool(true)));
}
