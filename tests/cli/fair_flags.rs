//! Counts by team of what makes figures better without better service: unknown and late creations, answers of
//! undeclared teams, ids that are sent twice. Each through the command line.

use serde_json::{Value, json};

use crate::fair::{events, rows, tallies, vaste};
use crate::run::{Folder, page};

const MAIL: &str = "team: mail
objectives:
  - { name: first, measure: first_reply, within: 2h, min_tickets: 1 }
  - { name: next, measure: next_reply, within: 2h, min_tickets: 1 }
  - { name: solved, measure: resolution, within: 2h, min_tickets: 1 }
";

/// Open on weekdays from 8 to 16. 2 June 2026 is a Tuesday.
fn agreements() -> [String; 2] {
    [MAIL.to_owned(), MAIL.replace("objectives:", "hours: office\nobjectives:")]
}

/// The flags of the team `mail` for a measure, in seven days.
fn flags(agreement: &str, events: &str, measure: &str) -> Value {
    let at = ["replay", "--at", "2026-06-05T00:00:00Z"];
    let rows = rows(&vaste(&at, &[agreement], events));
    let is_it =
        |row: &&Value| row["measure"] == measure && row["window"] == "7d" && row["team"] == "mail";
    let flags = rows.iter().find(is_it).map(|row| row["flags"].clone());
    flags.filter(Value::is_object).unwrap_or_else(|| json!({}))
}

/// It counts for the team that holds the ticket, which sees how many there are.
#[test]
fn an_answer_of_an_undeclared_team_is_counted_for_the_holder() {
    for agreement in agreements() {
        for (named, flagged) in [
            (r#""team":"ghost""#, json!({ "answered_by_undeclared_team": 1 })),
            (r#""team":"mail""#, json!({})),
            ("", json!({})),
        ] {
            let text = events(&[
                ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#),
                ("agent_replied", "2026-06-02T09:00:00Z", named),
            ]);
            assert_eq!(tallies(&[&agreement], &text, "2026-06-05T00:00:00Z")["first"], (1, 0));
            assert_eq!(flags(&agreement, &text, "first_reply"), flagged, "{named}");
        }
        // A ticket of nobody has no team to count for.
        let text = events(&[
            ("created", "2026-06-02T08:00:00Z", ""),
            ("agent_replied", "2026-06-02T09:00:00Z", r#""team":"ghost""#),
        ]);
        let at = ["replay", "--at", "2026-06-05T00:00:00Z"];
        assert!(!vaste(&at, &[&agreement], &text).contains("undeclared"), "{agreement}");
    }
}

/// A team that is declared for nothing else takes the misses of another one, which sees how many it took.
#[test]
fn an_answer_in_the_name_of_another_team_is_counted_for_the_holder() {
    let dummy = "team: dummy\n";
    for agreement in agreements() {
        let late = |answering: &str| {
            events(&[
                ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#),
                ("agent_replied", "2026-06-02T12:00:00Z", answering),
                ("customer_replied", "2026-06-02T12:30:00Z", ""),
                ("agent_replied", "2026-06-02T15:30:00Z", answering),
            ])
        };
        let (own, other) = (late(""), late(r#""team":"dummy""#));
        let at = "2026-06-05T00:00:00Z";
        let tallies = |text: &str| tallies(&[&agreement, dummy], text, at);
        assert_eq!((tallies(&own)["first"], tallies(&own)["next"]), ((1, 1), (1, 1)));
        assert_eq!((tallies(&other)["first"], tallies(&other)["next"]), ((0, 0), (0, 0)));
        for measure in ["first_reply", "next_reply"] {
            let rows = rows(&vaste(&["replay", "--at", at], &[&agreement, dummy], &other));
            let flags = |team: &str| {
                let is_it = |row: &&Value| {
                    row["measure"] == measure && row["window"] == "7d" && row["team"] == team
                };
                rows.iter().find(is_it).map(|row| row["flags"].clone())
            };
            assert_eq!(flags("mail"), Some(json!({ "answered_by_other_team": 1 })), "{measure}");
            assert_eq!(flags("dummy"), Some(Value::Null), "{measure}");
        }
    }
}

/// Without `created` the first reply counts as given, and the resolution does not run.
#[test]
fn a_ticket_that_was_never_created_is_counted_once() {
    let replied = ("agent_replied", "2026-06-02T12:00:00Z", "");
    let wrote = ("customer_replied", "2026-06-02T11:00:00Z", "");
    let solved = ("solved", "2026-06-02T13:00:00Z", "");
    let assigned = ("assigned", "2026-06-02T10:00:00Z", r#""team":"mail""#);
    let created = ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#);
    for agreement in agreements() {
        let missing = json!({ "created_missing": 1 });
        for (lines, flagged) in [
            (&[assigned][..], json!({})),
            (&[assigned, wrote], missing.clone()),
            (&[assigned, replied], missing.clone()),
            (&[assigned, solved], missing.clone()),
            (&[assigned, wrote, replied, solved], missing.clone()),
            // Whenever it comes, the creation settles it.
            (&[assigned, wrote, replied, solved, created], json!({})),
        ] {
            for measure in ["first_reply", "resolution"] {
                assert_eq!(flags(&agreement, &events(lines), measure), flagged, "{lines:?}");
            }
        }
    }
}

/// What is older than the creation counts for nothing: the wait begins later than it did.
#[test]
fn a_creation_that_is_later_than_another_event_is_counted() {
    let created = |at| ("created", at, r#""team":"mail""#);
    let assigned = ("assigned", "2026-06-02T10:00:00Z", r#""team":"mail""#);
    let wrote = ("customer_replied", "2026-06-02T10:00:00Z", "");
    let solved = ("solved", "2026-06-02T10:00:00Z", "");
    let noted = ("note_added", "2026-06-02T10:00:00Z", "");
    for agreement in agreements() {
        for (first, at, count) in [
            (assigned, "2026-06-02T10:01:00Z", None),
            (assigned, "2026-06-02T10:01:01Z", Some(1)),
            (wrote, "2026-06-02T14:00:00Z", Some(1)),
            (solved, "2026-06-02T14:00:00Z", Some(1)),
            (noted, "2026-06-02T14:00:00Z", None),
        ] {
            let text = events(&[first, created(at)]);
            for measure in ["first_reply", "resolution"] {
                let counted = flags(&agreement, &text, measure)["created_late"].as_u64();
                assert_eq!(counted, count, "{first:?} {at} {measure}");
            }
        }
    }
}

/// An answer that is sent again with an earlier time counts at that time, whichever comes first. It is
/// counted that the id was sent twice. The same event again is no other event.
#[test]
fn an_id_that_is_sent_again_with_an_earlier_time_is_counted() {
    let line = |id: u8, kind: &str, hour: u8| {
        let time = format!("2026-06-02T{hour:02}:00:00Z");
        format!(
            r#"{{"id":{id},"type":"ticket.{kind}","time":"{time}","ticket":"T-1","team":"mail"}}"#
        )
    };
    let created = line(1, "created", 8);
    let (late, early) = (line(2, "agent_replied", 15), line(2, "agent_replied", 9));
    for agreement in agreements() {
        let told = |lines: &[&String]| {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let tally = tallies(&[&agreement], &text, "2026-06-05T00:00:00Z")["first"];
            (tally, flags(&agreement, &text, "first_reply")["id_sent_twice"].as_u64())
        };
        assert_eq!(told(&[&created, &late]), ((1, 1), None));
        assert_eq!(told(&[&created, &late, &late]), ((1, 1), None));
        assert_eq!(told(&[&created, &early]), ((1, 0), None));
        let sent_twice = ((1, 0), Some(1));
        assert_eq!(told(&[&created, &late, &early]), sent_twice);
        assert_eq!(told(&[&created, &early, &late]), sent_twice);
        assert_eq!(told(&[&late, &early, &created]), sent_twice);
        assert_eq!(told(&[&created, &early, &late, &early, &late, &late]), sent_twice);
    }
}

/// The table names the flags of each team and measure once, where the JSON has them in every window.
#[test]
fn the_table_shows_the_flags_where_there_are_any() {
    let folder = Folder::new();
    folder.write("mail.yaml", MAIL);
    let table = |more: &[(&str, &str, &str)]| {
        let quiet = [
            ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#),
            ("agent_replied", "2026-06-02T09:00:00Z", r#""team":"mail""#),
        ];
        folder.write("events.ndjson", events(&[&quiet, more].concat()));
        let arguments = ["replay", "--at", "2026-06-05T00:00:00Z", "--agreements", "mail.yaml"];
        page(&folder.vaste(&[&arguments[..], &["events.ndjson"]].concat()))
    };
    assert!(!table(&[]).contains("flags"));
    let acts = [
        ("customer_replied", "2026-06-02T10:00:00Z", ""),
        ("agent_replied", "2026-06-02T10:00:05Z", r#""team":"ghost""#),
        ("pending", "2026-06-02T11:00:00Z", ""),
        ("customer_replied", "2026-06-04T12:00:00Z", ""),
        ("no_reply_needed", "2026-06-04T13:00:00Z", ""),
    ];
    insta::assert_snapshot!("flags_in_the_table", table(&acts));
}
