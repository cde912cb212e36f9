//! The alert at a handover of duty.

use std::fmt::Write as _;

use vaste::address::TicketLinks;
use vaste::agreement::{About, Agreement, Owner};
use vaste::alert::{DutyTurns, Notice, Sender};
use vaste::calendar::Zone;
use vaste::catalog::Catalog;
use vaste::duty::{Absence, Duty, DutySwap, TurnLength};
use vaste::time::{DAY_MS, Elapsed, MINUTE_MS, SECOND_MS, Timestamp};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Weekly turns of billing from Monday 2026-11-16, 09:00 in Helsinki: aino, mikko, by swap mikko, nobody,
/// then aino in her own turn.
fn catalog() -> Catalog {
    let date = |text: &str| text.parse().unwrap();
    let away = |who: &str, from, to| Absence { who: who.into(), from: date(from), to: date(to) };
    let duty = Duty {
        members: ["aino", "mikko"].map(Into::into).into(),
        since: date("2026-11-18"),
        every: TurnLength::DEFAULT,
        handover: chrono::NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
        zone: Zone::compiled_in("Europe/Helsinki"),
        swaps: vec![DutySwap { on: date("2026-12-01"), to: "mikko".into() }],
        absences: vec![
            away("aino", "2026-12-07", "2026-12-08"),
            away("mikko", "2026-12-06", "2026-12-21"),
        ],
        check: 10,
    };
    let about = About {
        name: "billing".into(),
        duty: Some(duty),
        labels: vec![("tier".into(), "1".into())],
        runbook_url: Some("https://wiki.example/duty".into()),
        ..About::default()
    };
    let owner = Owner::Team("billing".into());
    Catalog::new(&[Agreement { owner, hours: None, objectives: Vec::new(), about }], &[])
}

fn sender(shows_people: bool) -> Sender {
    Sender {
        external_url: "https://vaste.example".to_owned(),
        external_labels: vec![("cluster".into(), "north".into())],
        tickets: TicketLinks { shows_people, ..TicketLinks::default() },
        ..Sender::default()
    }
}

/// What is sent from an instant on for a day, with one look each minute.
fn sent_from(from: Timestamp, turns: &mut DutyTurns, sender: &Sender) -> Vec<(Timestamp, Notice)> {
    let catalog = catalog();
    let mut sent = Vec::new();
    for minute in 0..24 * 60 {
        let now = from.plus(Elapsed::from_ms(minute * MINUTE_MS));
        sent.extend(turns.take_due(&catalog, sender, now).into_iter().map(|notice| (now, notice)));
    }
    sent
}

#[test]
fn a_handover_is_an_alert_for_an_hour_once_a_turn() {
    let starts = at("2026-11-23T07:00:00Z");
    let minute = Elapsed::from_ms(MINUTE_MS);
    let mut turns = DutyTurns::default();
    let before = starts.minus(Elapsed::from_ms(SECOND_MS));
    assert_eq!(turns.take_due(&catalog(), &sender(true), before), []);
    let sent = sent_from(starts, &mut turns, &sender(true));
    assert_eq!(sent[0].0, starts, "at once");
    let last = sent.last().unwrap().0;
    assert!(last < starts.plus(Elapsed::from_ms(60 * MINUTE_MS)), "{last}");
    assert!(last > starts.plus(Elapsed::from_ms(57 * MINUTE_MS)), "refreshed to the end: {last}");
    assert!(sent.iter().all(|(_, notice)| *notice == sent[0].1), "the same alert each time");
    insta::assert_snapshot!(
        "the_alert_at_a_handover",
        serde_json::to_string_pretty(&sent[0].1).unwrap()
    );
    // A restart within the hour sends the same alert, with the same start.
    let restarted = starts.plus(minute).plus(minute);
    let again = DutyTurns::default().take_due(&catalog(), &sender(true), restarted);
    assert_eq!(again, [sent[0].1.clone()]);
    // A clock that was ahead is forgotten.
    turns.correct_time();
    assert_eq!(turns.take_due(&catalog(), &sender(true), restarted).len(), 1);
}

#[test]
fn the_alert_names_who_has_the_turn_in_annotations_only_and_only_if_that_is_allowed() {
    let mut text = String::new();
    for week in 0..5 {
        let from = at("2026-11-16T07:00:00Z").plus(Elapsed::from_ms(week * 7 * DAY_MS));
        for shows_people in [true, false] {
            let sent = sent_from(from, &mut DutyTurns::default(), &sender(shows_people));
            let (now, notice) = &sent[0];
            assert_eq!(*now, notice.starts_at);
            let labels = serde_json::to_string(&*notice.labels).unwrap();
            let json = serde_json::to_string(notice).unwrap();
            for name in ["aino", "mikko"] {
                assert!(!labels.contains(name), "{labels}");
                assert!(shows_people || !json.contains(name), "{json}");
            }
            let told = |name: &str| notice.annotations.get(name).map_or("–", |text| text);
            let (who, summary, more) = (told("on_duty"), told("summary"), told("description"));
            writeln!(text, "{now} {who}: {summary} {more}").unwrap();
        }
    }
    insta::assert_snapshot!("who_has_the_turn", text);
}

#[test]
fn without_duty_there_is_no_alert() {
    let about = About { name: "billing".into(), ..About::default() };
    let owner = Owner::Team("billing".into());
    let agreement = Agreement { owner, hours: None, objectives: Vec::new(), about };
    let catalog = Catalog::new(&[agreement], &[]);
    let now = at("2026-11-23T07:00:00Z");
    assert_eq!(DutyTurns::default().take_due(&catalog, &sender(true), now), []);
}
