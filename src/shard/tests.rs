//! Worked examples: one partition's events in order of arrival, and the changes that the sink receives.

use super::*;
use crate::event::{Kind, Maker};
use crate::ticket::EffectLog;
use crate::ticket::test_support::{agreement, at, lines};

fn shard() -> Shard {
    let agreements = [agreement("billing", None, Vec::new())];
    Shard::new(Arc::new(Catalog::new(&agreements, &[Measure::FirstReply])))
}

fn event(ticket: &'static str, kind: Kind, clock: &str) -> Event<'static> {
    let time = at(clock);
    Event {
        kind,
        time,
        identity: time.ms().unsigned_abs(),
        subject: Subject::Ticket(ticket.into()),
        team: Some("billing".into()),
        priority: None,
        channel: None,
        agent: None,
        maker: Maker::Customer,
        detail: None,
        ignored: Vec::new(),
    }
}

/// ```text
/// arrival   A created 09:00   B created 09:10   A reply 10:00 | now 10:30 |  A reply 09:40 | now 11:00
///
///           09:00     09:10     09:40     10:00
/// A         created             (late)    reply     first_reply 60 min, then corrected to 40 min
/// B                   created                       first_reply runs
/// ```
#[test]
fn a_late_reply_corrects_a_sample_without_a_new_one() {
    let mut shard = shard();
    let mut log = EffectLog::default();
    for event in [
        event("A", Kind::Created, "09:00"),
        event("B", Kind::Created, "09:10"),
        event("A", Kind::AgentReplied, "10:00"),
    ] {
        assert_eq!(shard.apply(&event, &mut log), Outcome::Applied);
    }
    assert!(lines(std::mem::take(&mut log)).is_empty(), "nothing is derived before an advance");
    assert_eq!(shard.settled_at(), None, "events are pending");
    shard.advance(at("10:30"), &mut log);
    assert_eq!(
        lines(std::mem::take(&mut log)),
        [
            "+1 first_reply answered after 60 min",
            "+1 new sample of first_reply",
            "+1 first_reply running since 2026-03-02T09:10:00Z",
        ]
    );
    assert_eq!(shard.settled_at(), Some(at("10:30")));

    let late = event("A", Kind::AgentReplied, "09:40");
    assert_eq!(shard.apply(&late, &mut log), Outcome::Applied);
    shard.advance(at("11:00"), &mut log);
    assert_eq!(
        lines(log),
        [
            "-1 first_reply answered after 60 min",
            "+1 late event that corrects",
            "+1 first_reply answered after 40 min",
        ]
    );
    assert_eq!(shard.apply(&late, &mut ()), Outcome::Duplicate);
}

/// ```text
///           09:00    10:00      horizon 11:00      12:00
/// A         created  reply      evicted: a stub    a reply opens a new, partial timeline
///                               remains            an event up to 10:00 is too old
/// B         created             its stopwatch runs, so it stays
/// ```
#[test]
fn a_ticket_at_rest_is_evicted_and_leaves_a_stub() {
    let mut shard = shard();
    for event in [
        event("A", Kind::Created, "09:00"),
        event("B", Kind::Created, "09:00"),
        event("A", Kind::AgentReplied, "10:00"),
    ] {
        shard.apply(&event, &mut ());
    }
    shard.advance(at("10:30"), &mut ());
    assert_eq!(shard.forget_some(at("11:00"), 10), 1);
    assert_eq!((shard.timelines(), shard.stub_count()), (1, 1));
    let again = event("A", Kind::AgentReplied, "10:00");
    assert_eq!(shard.apply(&again, &mut ()), Outcome::Skipped(Skip::TooOld));
    let later = event("A", Kind::AgentReplied, "12:00");
    assert_eq!(shard.apply(&later, &mut ()), Outcome::Applied);
    assert_eq!(shard.timelines(), 2);
}
