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

/// A ticket is solved one hour late and reopened. The miss stays with its team, wherever the ticket goes,
/// until it is solved again. For the organisation it counts once.
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

/// A team agrees that a customer's message on a solved ticket asks again.
fn asking_again(hours: &str, rule: &str) -> String {
    format!(
        "team: mail\n{hours}{rule}objectives:
  - {{ name: first, measure: first_reply, within: 2h, min_tickets: 1 }}
  - {{ name: next, measure: next_reply, within: 2h, min_tickets: 1 }}
  - {{ name: solved, measure: resolution, within: 2h, min_tickets: 1 }}
"
    )
}

const ASKS_AGAIN: &str = "message_on_solved: asks_again\n";

/// Solved after an hour. The customer writes two days later.
const WROTE_AFTER_SOLVED: [(&str, &str, &str); 4] = [
    ("created", "2026-06-02T08:00:00Z", r#""team":"mail""#),
    ("agent_replied", "2026-06-02T08:10:00Z", ""),
    ("solved", "2026-06-02T09:00:00Z", ""),
    ("customer_replied", "2026-06-04T08:00:00Z", ""),
];

#[test]
fn a_message_on_a_solved_ticket_asks_again_where_the_team_agreed_so() {
    let (none, in_time, miss) = ((0, 0), (1, 0), (1, 1));
    let late = "2026-06-04T10:30:00Z";
    for hours in HOURS {
        for (rule, acts, next) in [
            ("", &[][..], none),
            ("message_on_solved: counted\n", &[], none),
            (ASKS_AGAIN, &[], miss),
            (ASKS_AGAIN, &[("customer_replied", "2026-06-04T10:20:00Z", "")], miss),
            (ASKS_AGAIN, &[("agent_replied", "2026-06-04T10:00:00Z", "")], in_time),
            (ASKS_AGAIN, &[("agent_replied", late, "")], miss),
            (ASKS_AGAIN, &[("no_reply_needed", late, "")], none),
            (ASKS_AGAIN, &[("solved", late, "")], miss),
            (ASKS_AGAIN, &[("closed", late, "")], miss),
            (ASKS_AGAIN, &[("closed", "2026-06-04T10:00:00Z", "")], none),
            (ASKS_AGAIN, &[("merged", late, "")], miss),
            (ASKS_AGAIN, &[("deleted", late, "")], miss),
            (ASKS_AGAIN, &[("marked_spam", late, "")], none),
            // Reopened, the same wait goes on.
            (
                ASKS_AGAIN,
                &[
                    ("reopened", "2026-06-04T09:00:00Z", ""),
                    ("agent_replied", "2026-06-04T10:00:00Z", ""),
                    ("solved", "2026-06-04T10:10:00Z", ""),
                ],
                in_time,
            ),
        ] {
            let text = events(&[&WROTE_AFTER_SOLVED, acts].concat());
            let agreement = asking_again(hours, rule);
            let told = tallies(&[&agreement], &text, "2026-06-04T11:00:00Z");
            assert_eq!(told["next"], next, "{hours} {rule} {acts:?}");
            // Only a reopening touches the resolution: an hour, and 1 h 10 min after it.
            let solved = if acts.len() == 3 { miss } else { in_time };
            assert_eq!(told["solved"], solved, "{hours} {rule} {acts:?}");
        }
        let text = events(&WROTE_AFTER_SOLVED);
        for (at, next) in [("2026-06-04T10:00:00Z", none), ("2026-06-04T10:00:01Z", miss)] {
            let told = tallies(&[&asking_again(hours, ASKS_AGAIN)], &text, at);
            assert_eq!(told["next"], next, "{hours} {at}");
        }
    }
}

/// Without a first reply the message asks for that one again: the wait that was given up goes on.
#[test]
fn a_message_on_a_ticket_that_was_solved_without_a_word_waits_for_the_first_reply() {
    for hours in HOURS {
        let agreement = asking_again(hours, ASKS_AGAIN);
        let told = |created, at| {
            let text = events(&[
                ("created", "2026-06-02T08:00:00Z", created),
                ("solved", "2026-06-02T08:30:00Z", ""),
                ("customer_replied", "2026-06-04T08:00:00Z", ""),
            ]);
            let tallies = tallies(&[&agreement], &text, at);
            (tallies["first"], tallies["next"])
        };
        let by_customer = r#""team":"mail""#;
        assert_eq!(told(by_customer, "2026-06-04T07:59:59Z"), ((0, 0), (0, 0)), "{hours}");
        assert_eq!(told(by_customer, "2026-06-04T08:00:01Z"), ((1, 1), (0, 0)), "{hours}");
        // The customer had not asked for anything before.
        let by_agent = r#""team":"mail","by":"agent""#;
        assert_eq!(told(by_agent, "2026-06-04T10:00:00Z"), ((0, 0), (0, 0)), "{hours}");
        assert_eq!(told(by_agent, "2026-06-04T10:00:01Z"), ((1, 1), (0, 0)), "{hours}");
    }
}

/// The rule is the holder's when the message comes. The organisation's is for tickets of no team.
#[test]
fn whether_a_message_on_a_solved_ticket_asks_again_is_up_to_its_holder() {
    let waiting = |agreements: &[&str], lines: &[_]| {
        let at = ["replay", "--at", "2026-06-04T12:00:00Z"];
        let rows = rows(&vaste(&at, agreements, &events(lines)));
        let next = rows.into_iter().filter(|row| {
            row["measure"] == "next_reply" && row["window"] == "7d" && row["basis"] == "calendar"
        });
        let told = next.filter(|row| !row["team"].is_null()).map(|row| {
            let flagged = row["flags"]["wrote_after_solved"].as_u64().unwrap_or_default();
            format!("{} {} {flagged}", row["team"].as_str().unwrap(), row["waiting"])
        });
        told.filter(|row| !row.ends_with(" 0 0")).collect::<Vec<_>>()
    };
    let mail = asking_again("", ASKS_AGAIN);
    let chat = "team: chat\nobjectives: [{ name: o, measure: next_reply, within: 2h }]\n";
    let all = "organisation: All\nmessage_on_solved: asks_again\n";
    let [created, replied, solved, wrote] = WROTE_AFTER_SOLVED;
    let to = |team| ("assigned", "2026-06-04T08:30:00Z", team);
    let first_to = |team| ("assigned", "2026-06-03T08:30:00Z", team);
    let (chats, nobodys) = (r#""team":"chat""#, r#""team":"ghost""#);
    let all_three = [&mail, chat, all];
    let told = |lines: &[_]| waiting(&all_three, lines);
    assert_eq!(told(&WROTE_AFTER_SOLVED), ["mail 1 0"]);
    // The wait goes where the ticket goes.
    assert_eq!(told(&[created, replied, solved, wrote, to(chats)]), ["chat 1 0"]);
    assert_eq!(told(&[created, replied, solved, first_to(chats), wrote]), ["chat 0 1"]);
    assert_eq!(told(&[created, replied, solved, first_to(nobodys), wrote]), ["unclaimed 1 0"]);
    let without = waiting(&[&mail, chat], &[created, replied, solved, first_to(nobodys), wrote]);
    assert_eq!(without, ["unclaimed 0 1"]);
    // A second message, when the ticket is back with the team that agreed on it.
    let again = ("customer_replied", "2026-06-04T09:00:00Z", "");
    let back = to(r#""team":"mail""#);
    let lines = [created, replied, solved, first_to(chats), wrote, back];
    assert_eq!(told(&lines), ["chat 0 1"]);
    assert_eq!(told(&[&lines[..], &[again]].concat()), ["mail 1 0"]);
}

/// A wrong value is told with its place and what to write. The change of an agreement names the setting.
#[test]
fn check_tells_a_wrong_value_and_a_change_of_what_a_message_on_a_solved_ticket_is() {
    let folder = tempfile::tempdir().unwrap();
    let run = |agreement: &str, arguments: &[&str]| {
        std::fs::write(folder.path().join("mail.yaml"), agreement).unwrap();
        let mut vaste = std::process::Command::new(env!("CARGO_BIN_EXE_vaste"));
        vaste.args(["check", "mail.yaml"]).args(arguments);
        let output = vaste.current_dir(folder.path()).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let told = run("team: mail\nmessage_on_solved: sometimes\n", &[]);
    let place = "mail.yaml:2:20: message_on_solved: `sometimes` is not what a customer's message";
    assert!(told.contains(place), "{told}");
    assert!(told.contains("write `counted` (the default) or `asks_again`"), "{told}");
    let (counted, asks_again) = (asking_again("", ""), asking_again("", ASKS_AGAIN));
    for (former, present, change) in [
        (&counted, &asks_again, "message_on_solved: counted → asks_again\n"),
        (&asks_again, &counted, "message_on_solved: asks_again → counted (looser)\n"),
    ] {
        std::fs::write(folder.path().join("former.yaml"), former).unwrap();
        let told = run(present, &["--against", "former.yaml"]);
        assert!(told.contains(change), "{told}");
    }
}
