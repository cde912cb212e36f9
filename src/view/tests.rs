//! A worked example: four tickets of one team, in one window of one hour.

use std::sync::Arc;

use super::{View, WaitingNow};
use crate::agreement::{
    About, Agreement, Level, Objective, Owner, Target, TargetShown, VerdictState,
};
use crate::catalog::{Catalog, ObjectiveId};
use crate::event::decode;
use crate::measure::Measure;
use crate::reading::{Reading, Within};
use crate::shard::Shard;
use crate::share::Share;
use crate::time::{Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

fn at(clock: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-11-23T{clock}:00Z")).unwrap()
}

fn minutes(minutes: i64) -> Elapsed {
    Elapsed::from_ms(minutes * MINUTE_MS)
}

/// `billing` agreed: half of the first replies within 30 minutes, over one hour.
fn catalog() -> Arc<Catalog> {
    let level = Level::Within {
        target: Target::calendar(minutes(30)),
        by_priority: [None; 4],
        share: Share::parse("50%").unwrap(),
        min_tickets: 1,
    };
    let objective = Objective {
        over: Elapsed::from_ms(HOUR_MS),
        ..Objective::new("first-reply", Measure::FirstReply, level)
    };
    let agreement = Agreement {
        owner: Owner::Team("billing".into()),
        hours: None,
        objectives: vec![objective],
        about: About::default(),
    };
    Arc::new(Catalog::new(&[agreement], &[]))
}

/// The service in small: one shard, and the view that it reports to.
struct SmallService {
    shard: Shard,
    view: View,
}

impl SmallService {
    /// Four tickets, as of 12:00. `|` a customer asks, `●` an agent replies, `►` the ticket still waits.
    ///
    /// ```text
    ///      10:00         11:00         12:00
    ///        |             [──── 1h ─────]    target: 30 min
    /// T-1    |         |━━━━●            |    10:50 to 11:10: 20 min, within
    /// T-2    |             |  |━━━━━━━━● |    11:10 to 11:50: 40 min, over
    /// T-3    |   |━━━━━━━━━━━━━━━━━━━━━━━►    since 10:20: 100 min, over
    /// T-4    ||━━●         |             |    10:05 to 10:15: before the window
    /// ```
    fn new() -> Self {
        let catalog = catalog();
        let view = View::new(Arc::clone(&catalog), at("10:00"));
        let mut example = Self { shard: Shard::new(catalog), view };
        example.apply("10:50", "created", "T-1");
        example.apply("11:10", "agent_replied", "T-1");
        example.apply("11:10", "created", "T-2");
        example.apply("11:50", "agent_replied", "T-2");
        example.apply("10:20", "created", "T-3");
        example.apply("10:05", "created", "T-4");
        example.apply("10:15", "agent_replied", "T-4");
        example.advance("12:00");
        example
    }

    fn apply(&mut self, clock: &str, kind: &str, ticket: &str) {
        let record = format!(
            r#"{{"id":"{ticket} {clock}","type":"ticket.{kind}","time":"2026-11-23T{clock}:00Z",
                "ticket":"{ticket}","team":"billing"}}"#
        );
        self.shard.apply(&decode(record.as_bytes()).unwrap(), &mut self.view);
    }

    fn advance(&mut self, clock: &str) {
        self.view.advance(at(clock));
        self.shard.advance(at(clock), &mut self.view);
    }

    fn reading(&self) -> Reading {
        let hour = Elapsed::from_ms(HOUR_MS);
        let is_it = |reading: &Reading| {
            reading.team.as_deref() == Some("billing") && reading.window == hour
        };
        self.view.readings().into_iter().find(is_it).unwrap()
    }

    fn objective(&self) -> ObjectiveId {
        self.view.catalog().objectives().next().unwrap().0
    }

    /// The number of decided tickets, the number of missed ones, and the verdict.
    fn verdict(&self) -> (u64, u64, VerdictState) {
        let verdict = self.view.verdict(self.objective());
        (verdict.decided, verdict.missed, verdict.state)
    }
}

#[test]
fn the_answered_and_the_overdue_make_a_reading_and_a_verdict() {
    let example = SmallService::new();
    let reading = example.reading();
    assert_eq!((reading.from, reading.at), (at("11:00"), at("12:00")));
    assert_eq!((reading.answered, reading.waiting, reading.given_up), (2, 1, 0), "T-1, T-2; T-3");
    let amount = |elapsed| Measure::FirstReply.amount(elapsed);
    assert_eq!(reading.mean, Some(amount(minutes(30))), "of 20 and 40 minutes");
    let within = Within { target: TargetShown::Amount(amount(minutes(30))), met: 1, of: 3 };
    assert_eq!(reading.within, [within], "T-1 of T-1, T-2 and T-3");
    assert_eq!(example.verdict(), (3, 2, VerdictState::Missed), "a third, where half is agreed");
    let billing = example.view.catalog().scope_of_team("billing");
    let waiting = WaitingNow { count: 1, oldest_since: Some(at("10:20")) };
    assert_eq!(example.view.waiting(billing, Measure::FirstReply), waiting);
}

#[test]
fn a_late_event_corrects_the_past() {
    let mut example = SmallService::new();
    // An agent had replied to T-2 at 11:30. That event arrives only now: the sample of 40 minutes is
    // retracted, and one of 20 minutes takes its place.
    example.apply("11:30", "agent_replied", "T-2");
    example.advance("12:00");
    assert_eq!(example.verdict(), (3, 1, VerdictState::Met), "T-1 and T-2 within, T-3 over");
}

#[test]
fn the_window_moves_and_those_waiting_stay_in_it() {
    let mut example = SmallService::new();
    // At 12:11 the window is [11:11, 12:11]: T-1, answered at 11:10, has left it. T-3 stays as long as it
    // waits.
    example.advance("12:11");
    assert_eq!(example.verdict(), (2, 2, VerdictState::Missed), "T-2 and T-3");
    // Answered at last, it is a sample of the window: over target, and waiting no more.
    example.apply("12:20", "agent_replied", "T-3");
    example.advance("12:20");
    assert_eq!(example.verdict(), (2, 2, VerdictState::Missed), "T-2 and T-3");
    assert_eq!((example.reading().answered, example.reading().waiting), (2, 0));
}
