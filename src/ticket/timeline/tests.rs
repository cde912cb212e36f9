//! Worked examples: how a late event is put in its place, and how many events are stored.

use super::*;
use crate::event::{Kind, Priority};
use crate::measure::Measure;
use crate::ticket::sink::EffectLog;
use crate::ticket::test_support::{Example, agreement, at, lines};

fn example() -> Example {
    Example::new(&[agreement("billing", None, Vec::new())], &[Measure::FirstReply])
}

/// Inserts an event that is new, and returns where it was inserted.
fn insert(timeline: &mut Timeline, event: &Entry<'_>, names: &Names) -> InsertPoint {
    let Placement::Insert(point) = timeline.find(event, names) else { panic!("{event:?}") };
    timeline.insert(point, event);
    point
}

/// ```text
/// arrival     1. created 09:00   2. closed 11:00   3. reply 10:00
///
///             entry 0            entry 1
/// stored      [created 09:00]    [closed 11:00]
/// reply                       ^ belongs before entry 1
///
/// at 12:00, without the reply    first_reply given up after 120 min
/// at 12:00, with the reply       first_reply answered after 60 min
/// ```
#[test]
fn a_late_event_takes_back_what_followed_from_the_old_order() {
    let example = example();
    let (names, context) = (&example.names, example.context());
    let mut timeline = Timeline::new(b"T-1");
    insert(&mut timeline, &example.event(Kind::Created, "09:00"), names);
    insert(&mut timeline, &example.event(Kind::Closed, "11:00"), names);
    let mut log = EffectLog::default();
    assert_eq!(timeline.advance(at("12:00"), context, &mut log).next, None, "no event after 12:00");
    assert_eq!(lines(log), ["+1 first_reply given up (closed) after 120 min"]);

    let reply = example.event(Kind::AgentReplied, "10:00");
    let Placement::Insert(point) = timeline.find(&reply, names) else { panic!("it is new") };
    assert_eq!(point.spot, Spot { block: 0, entry: 1 });
    assert!(timeline.is_late(point) && timeline.disturbs(point));
    let mut log = EffectLog::default();
    timeline.unwind(point.spot, context, &mut log);
    timeline.insert(point, &reply);
    timeline.advance(at("12:00"), context, &mut log);
    assert_eq!(
        lines(log),
        ["-1 first_reply given up (closed) after 120 min", "+1 first_reply answered after 60 min",]
    );
    let times: Vec<_> = timeline.times().collect();
    assert_eq!(times, [at("09:00"), at("10:00"), at("11:00")]);
}

/// Events after `now` wait in the timeline.
///
/// ```text
///          09:00     now 09:30     10:00
/// stored   created                 reply
/// sent     created
/// ```
#[test]
fn an_event_after_now_is_stored_and_not_yet_derived() {
    let example = example();
    let (names, context) = (&example.names, example.context());
    let mut timeline = Timeline::new(b"T-1");
    insert(&mut timeline, &example.event(Kind::Created, "09:00"), names);
    insert(&mut timeline, &example.event(Kind::AgentReplied, "10:00"), names);
    let mut log = EffectLog::default();
    assert_eq!(timeline.advance(at("09:30"), context, &mut log).next, Some(at("10:00")));
    assert_eq!(lines(log), ["+1 first_reply running since 2026-03-02T09:00:00Z"]);
    let mut log = EffectLog::default();
    timeline.advance(at("10:00"), context, &mut log);
    assert_eq!(
        lines(log),
        [
            "+1 first_reply answered after 60 min",
            "-1 first_reply running since 2026-03-02T09:00:00Z",
        ]
    );
}

/// Two events with the same identity are one event. If their content differs, the order decides, so that all
/// readers keep the same one.
#[test]
fn of_two_events_with_one_identity_the_one_that_sorts_first_stays() {
    let example = example();
    let names = &example.names;
    let mut timeline = Timeline::new(b"T-1");
    let plain = example.event(Kind::Created, "09:00");
    let urgent = Entry { priority: Some(Priority::Urgent), ..plain };
    insert(&mut timeline, &urgent, names);
    assert!(matches!(timeline.find(&urgent, names), Placement::Duplicate));
    // No priority sorts before any priority.
    assert!(matches!(timeline.find(&plain, names), Placement::Wins));
    timeline.remove_twin(&plain, names);
    insert(&mut timeline, &plain, names);
    assert!(matches!(timeline.find(&urgent, names), Placement::Loses));
    assert_eq!(timeline.times().count(), 1);
}

/// ```text
/// up to 128 events   one byte string
/// more               blocks:  [ 0..127 ][ 128..255 ][ 256.. ]   and an index of identities
/// ```
#[test]
fn a_long_timeline_is_stored_in_blocks_and_stays_in_order() {
    let example = example();
    let names = &example.names;
    let mut timeline = Timeline::new(b"T-1");
    let minute = |index: i64| Timestamp::from_ms(at("00:00").ms() + index * 60_000);
    let event = |index: i64| Entry {
        time: minute(index),
        identity: index.unsigned_abs(),
        ..example.event(Kind::NoteAdded, "00:00")
    };
    // 7 and 500 have no common factor: this visits every index, out of order.
    for step in 0..500 {
        insert(&mut timeline, &event(step * 7 % 500), names);
    }
    let Log::Long(long) = &timeline.log else { panic!("500 events are many") };
    assert!(long.blocks.len() >= 4);
    assert!(long.blocks.iter().all(|block| usize::from(block.count) <= BLOCK_EVENTS_MAX));
    assert!(timeline.times().eq((0..500).map(minute)));
    assert!(
        (0..500).all(|index| matches!(timeline.find(&event(index), names), Placement::Duplicate))
    );
}
