use proptest::prelude::*;

use super::*;

fn event(minute: i64, kind: Kind, id: &str, by: &str, text: &str) -> TeamEvent {
    TeamEvent {
        at: Timestamp::from_ms(minute * 60_000),
        kind,
        identity: u64::try_from(minute).unwrap(),
        id: Some(id.into()),
        by: Some(by.into()),
        text: Some(text.into()),
        ticket: None,
        owner: None,
        due: None,
    }
}

#[test]
fn a_concern_is_open_until_someone_settles_it() {
    let raised = event(1, Kind::ConcernRaised, "c-1", "aino", "invoices are late");
    let settled = event(5, Kind::ConcernSettled, "c-1", "sara", "two more people");
    let at_once = event(5, Kind::ConcernSettled, "c-1", "mikko", "done");
    let at_once = TeamEvent { identity: 6, ..at_once };

    let open = TeamLog::of(vec![raised.clone()]);
    assert_eq!(open.open_concerns().map(|one| &*one.id).collect::<Vec<_>>(), ["c-1"]);
    // Of two who settle it at once, the first in order counts.
    let log = TeamLog::of(vec![at_once, settled, raised]);
    assert_eq!(log.open_concerns().count(), 0);
    let settled = log.concerns[0].settled.as_ref().unwrap();
    assert_eq!(settled.by.as_deref(), Some("sara"));
}

#[test]
fn a_concern_that_is_raised_again_keeps_its_time_or_is_open_again() {
    let raised = event(1, Kind::ConcernRaised, "c-1", "aino", "invoices are late");
    let corrected = event(2, Kind::ConcernRaised, "c-1", "aino", "invoices of May are late");
    let settled = event(5, Kind::ConcernSettled, "c-1", "sara", "sent");
    let again = event(9, Kind::ConcernRaised, "c-1", "mikko", "still late");

    let log = TeamLog::of(vec![raised.clone(), corrected.clone()]);
    assert_eq!(log.concerns[0].raised.at, raised.at);
    assert_eq!(log.concerns[0].raised.text, corrected.text);
    let log = TeamLog::of(vec![raised.clone(), corrected.clone(), settled, again.clone()]);
    assert_eq!((log.concerns[0].raised.at, log.concerns[0].settled.is_none()), (again.at, true));
    let before = log.concerns[0].before.as_ref().unwrap();
    assert_eq!((before.raised.at, &before.raised.text), (raised.at, &corrected.text));
    assert_eq!(before.settled.text.as_deref(), Some("sent"));
}

#[test]
fn a_concern_keeps_its_first_words_however_often_it_is_raised_again() {
    let raised = |minute, text| event(minute, Kind::ConcernRaised, "c-1", "aino", text);
    let settled = |minute, text| event(minute, Kind::ConcernSettled, "c-1", "sara", text);
    let events = vec![
        raised(1, "invoices are late"),
        settled(2, "sent"),
        raised(3, "late again"),
        settled(4, "two more people"),
        raised(5, "and again"),
        settled(6, "a new program"),
    ];
    let text = |said: &Said| said.text.as_deref().unwrap().to_owned();
    let concern = &TeamLog::of(events).concerns[0];
    let before = concern.before.as_ref().unwrap();
    assert_eq!(text(&before.raised), "invoices are late");
    assert_eq!(text(&before.settled), "two more people");
    assert_eq!(text(&concern.raised), "and again");
    assert_eq!(concern.settled.as_ref().map(text).as_deref(), Some("a new program"));
}

#[test]
fn what_ends_before_it_begins_is_still_open() {
    let settled = event(1, Kind::ConcernSettled, "c-1", "sara", "sent");
    let raised = event(2, Kind::ConcernRaised, "c-1", "aino", "late");
    assert_eq!(TeamLog::of(vec![settled, raised]).open_concerns().count(), 1);
    let done = event(1, Kind::DecisionDone, "d-1", "sara", "done");
    let decided = event(2, Kind::Decided, "d-1", "aino", "answer chats first");
    assert_eq!(TeamLog::of(vec![done, decided]).open_decisions().count(), 1);
}

/// A day in December; `None` for 0.
fn day(day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, 12, day)
}

fn decision(minute: i64, kind: Kind, due: u32, by: &str) -> TeamEvent {
    TeamEvent { due: day(due), ..event(minute, kind, "d-1", by, "words") }
}

#[test]
fn the_last_day_that_an_open_decision_is_given_holds() {
    let decided = decision(1, Kind::Decided, 1, "aino");
    let first = decision(2, Kind::DecisionMoved, 8, "sara");
    let second = decision(3, Kind::DecisionMoved, 15, "mikko");
    let same = decision(4, Kind::DecisionMoved, 15, "ville");
    let without = decision(5, Kind::DecisionMoved, 0, "ville");
    let done = decision(6, Kind::DecisionDone, 0, "sara");
    let late = decision(7, Kind::DecisionMoved, 22, "ville");
    let log = TeamLog::of(vec![late, done, without, same, second, first, decided.clone()]);
    let known = &log.decisions[0];
    let moved = known.moved.as_ref().unwrap();
    assert_eq!((known.due, moved.from), (day(15), day(8)));
    assert_eq!(moved.said.by.as_deref(), Some("mikko"), "the same day moves nothing");

    let corrected = decision(4, Kind::Decided, 4, "aino");
    let log = TeamLog::of(vec![decided, decision(2, Kind::DecisionMoved, 8, "sara"), corrected]);
    assert_eq!((log.decisions[0].due, &log.decisions[0].moved), (day(4), &None));
}

#[test]
fn the_first_who_ends_an_open_decision_counts() {
    let decided = decision(1, Kind::Decided, 1, "aino");
    let dropped = decision(2, Kind::DecisionDropped, 0, "sara");
    let done = decision(3, Kind::DecisionDone, 0, "mikko");
    let log = TeamLog::of(vec![done.clone(), dropped.clone(), decided.clone()]);
    let known = &log.decisions[0];
    assert_eq!(known.dropped.as_ref().unwrap().by.as_deref(), Some("sara"));
    assert_eq!((&known.done, log.open_decisions().count()), (&None, 0));

    let again = decision(4, Kind::Decided, 2, "aino");
    let log = TeamLog::of(vec![again, done.clone(), dropped.clone(), decided.clone()]);
    assert_eq!((&log.decisions[0].dropped, log.open_decisions().count()), (&None, 1));

    // At one instant, what is done is done.
    let at_once = TeamEvent { at: done.at, ..dropped };
    let log = TeamLog::of(vec![at_once, done, decided]);
    assert!(log.decisions[0].done.is_some() && log.decisions[0].dropped.is_none());
}

#[test]
fn open_ones_stay_and_the_oldest_ended_ones_are_dropped() {
    let mut events = vec![event(0, Kind::ConcernRaised, "old", "aino", "still open")];
    for number in 1..=300 {
        let id = format!("c-{number}");
        events.push(event(number, Kind::ConcernRaised, &id, "aino", "late"));
        events.push(event(1_000 + number, Kind::ConcernSettled, &id, "sara", "sent"));
        events.push(event(number, Kind::TurnNoted, &id, "sara", "a quiet week"));
    }
    let log = TeamLog::of(events);
    assert_eq!(&*log.concerns[0].id, "old");
    assert_eq!(log.concerns.len(), 1 + LOGGED_MAX);
    assert_eq!(&*log.concerns[1].id, "c-300");
    assert_eq!(log.notes.len(), LOGGED_MAX);
    assert_eq!(log.notes[0].at, Timestamp::from_ms(300 * 60_000));
}

/// A talk about a ticket; with an id, by a decision that names it.
fn talk(minute: i64, ticket: &str, decision: Option<&str>) -> TeamEvent {
    let kind = if decision.is_some() { Kind::Decided } else { Kind::TicketDiscussed };
    TeamEvent {
        id: decision.map(Into::into),
        ticket: Some(ticket.into()),
        ..event(minute, kind, "", "sara", "call back")
    }
}

#[test]
fn a_ticket_is_talked_about_from_the_first_talk_after_it_was_brought() {
    let at = |minute: i64| Timestamp::from_ms(minute * 60_000);
    let log = TeamLog::of(vec![
        talk(30, "T-1", None),
        talk(20, "T-1", Some("d-1")),
        talk(10, "T-1", None),
        talk(25, "T-2", None),
    ]);
    let discussed = |ticket, brought| match log.discussion(ticket, at(brought)) {
        Discussion::Recorded(said) => Some(said.at),
        Discussion::Open => None,
        Discussion::Dropped => unreachable!("none is dropped"),
    };
    assert_eq!(discussed("T-1", 5), Some(at(10)));
    assert_eq!(discussed("T-1", 10), Some(at(10)), "at the same instant");
    assert_eq!(discussed("T-1", 11), Some(at(20)), "by a decision");
    assert_eq!(discussed("T-1", 31), None, "brought again");
    assert_eq!(discussed("T-3", 5), None);
    assert_eq!(log.decisions[0].ticket.as_deref(), Some("T-1"));
}

fn brought(minute: i64, ticket: &str) -> TeamEvent {
    TeamEvent { kind: Kind::TicketBrought, ..talk(minute, ticket, None) }
}

#[test]
fn a_ticket_that_is_brought_stays_until_the_team_has_talked_about_it() {
    let log = TeamLog::of(vec![
        talk(20, "T-1", None),
        talk(5, "T-2", None),
        brought(30, "T-1"),
        brought(11, "T-2"),
        brought(10, "T-1"),
    ]);
    let is_open =
        |one: &&TicketBrought| log.discussion(&one.ticket, one.said.at) == Discussion::Open;
    let open = log.brought.iter().filter(is_open);
    let open: Vec<_> = open.map(|one| (one.said.at.ms() / 60_000, &*one.ticket)).collect();
    assert_eq!(open, [(11, "T-2"), (30, "T-1")]);
    assert_eq!(log.brought.len(), 3, "what was talked about is kept for a while");
}

#[test]
fn the_oldest_brought_tickets_that_were_talked_about_are_dropped() {
    let most = i64::try_from(LOGGED_MAX).unwrap();
    let mut events = vec![brought(0, "T-0")];
    for minute in 1..=most + 1 {
        events.extend([brought(minute, &format!("T-{minute}"))]);
        events.push(talk(minute + 1, &format!("T-{minute}"), None));
    }
    let log = TeamLog::of(events);
    let tickets: Vec<&str> = log.brought.iter().map(|one| &*one.ticket).take(2).collect();
    assert_eq!(tickets, ["T-0", "T-2"]);
    assert_eq!(log.brought.len(), 1 + LOGGED_MAX);
}

#[test]
fn tickets_brought_before_all_talks_that_are_kept_do_not_come_back() {
    let most = i64::try_from(DISCUSSED_MAX).unwrap();
    let talks = |count: i64| {
        let all = (1..=count).map(|minute| talk(minute, &format!("T-{minute}"), None));
        TeamLog::of(all.rev().collect())
    };
    let at = |minute: i64| Timestamp::from_ms(minute * 60_000);
    let (few, many) = (talks(most - 1), talks(most + 1));
    assert_eq!(few.discussion("old", at(0)), Discussion::Open);
    assert_eq!(many.discussion("T-1", at(1)), Discussion::Dropped);
    assert_eq!(many.discussion("new", at(2)), Discussion::Open);
    assert!(matches!(many.discussion("T-2", at(2)), Discussion::Recorded(_)));
}

proptest! {
    #![proptest_config(crate::proptest_cases(300))]

    #[test]
    fn any_order_and_any_duplicates_give_the_same_log(
        chosen in proptest::collection::vec((0_i64..6, 0_usize..9, 0_usize..2, 0_u64..3), 0..12),
        order in any::<u64>(),
    ) {
        let kinds = [
            Kind::ConcernRaised, Kind::ConcernSettled, Kind::Decided, Kind::DecisionDone,
            Kind::TurnNoted, Kind::TicketDiscussed, Kind::DecisionMoved, Kind::DecisionDropped,
            Kind::TicketBrought,
        ];
        let of = |&(minute, kind, id, identity): &(i64, usize, usize, u64)| TeamEvent {
            identity,
            ticket: [2, 5, 8].contains(&kind).then(|| ["T-1", "T-2"][id].into()),
            due: day(u32::try_from(identity).unwrap()).filter(|_| kind == 2 || kind == 6),
            ..event(minute, kinds[kind], ["a", "b"][id], "aino", "text")
        };
        let events: Vec<TeamEvent> = chosen.iter().map(of).collect();
        let mut other = events.clone();
        other.extend(events.iter().take(3).cloned());
        if !other.is_empty() {
            let turns = usize::try_from(order % 7).unwrap() % other.len();
            other.rotate_left(turns);
        }
        other.reverse();
        prop_assert_eq!(TeamLog::of(events), TeamLog::of(other));
    }
}
