//! A worked example: one ticket over a night, by the calendar of its team.

use std::sync::Arc;

use super::Explained;
use crate::agreement::{About, Agreement, Level, Objective, Owner, Target};
use crate::amount::Amount;
use crate::calendar::{Calendar, Definition, Opening, Zone};
use crate::catalog::Catalog;
use crate::event::decode;
use crate::measure::Measure;
use crate::reading::Seconds;
use crate::shard::Shard;
use crate::share::Share;
use crate::time::{Elapsed, MINUTE_MS, Timestamp};

fn at(clock: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-11-{clock}:00Z")).unwrap()
}

fn minutes(minutes: i64) -> Elapsed {
    Elapsed::from_ms(minutes * MINUTE_MS)
}

/// `billing` is open Monday to Friday from 08:00 to 16:00 UTC, and agreed: first replies within 4 open hours.
fn catalog() -> Arc<Catalog> {
    let mut office = Definition::new(Zone::UTC);
    for day in 0..5 {
        office.week[day] = vec![Opening::parse("08:00-16:00").unwrap()];
    }
    let level = Level::Within {
        target: Target::open(minutes(4 * 60)),
        by_priority: [None; 4],
        share: Share::parse("90%").unwrap(),
        min_tickets: 1,
    };
    let agreement = Agreement {
        owner: Owner::Team("billing".into()),
        hours: Some(Arc::new(Calendar::new(&office).unwrap())),
        objectives: vec![Objective::new("first-reply", Measure::FirstReply, level)],
        about: About::default(),
    };
    Arc::new(Catalog::new(&[agreement], &[]))
}

/// ```text
///   Monday 23rd              night              Tuesday 24th
///  14:00       16:00                     08:00       09:30 09:40   10:00
///    | created   ┊         closed          ┊     replied ● ■ solved  ◆ due
///    |━━ 2 h ━━━━┊                         ┊━━ 1 h 30 ━━━●
///    |───────────────── 19 h 30 of calendar time ────────●
/// ```
fn shard(catalog: &Arc<Catalog>) -> Shard {
    let mut shard = Shard::new(Arc::clone(catalog));
    for (clock, kind) in
        [("23T14:00", "created"), ("24T09:30", "agent_replied"), ("24T09:40", "solved")]
    {
        let record = format!(
            r#"{{"id":"{clock}","type":"ticket.{kind}","time":"2026-11-{clock}:00Z",
                "ticket":"T-1","team":"billing"}}"#
        );
        shard.apply(&decode(record.as_bytes()).unwrap(), &mut ());
    }
    shard
}

#[test]
fn a_reply_is_explained_by_open_hours_and_a_due_time() {
    let catalog = catalog();
    let mut shard = shard(&catalog);
    let now = at("24T12:00");
    let explained = Explained::new("T-1", shard.trace("T-1", now).unwrap(), &catalog, now);

    let [row] = explained.rows() else { panic!("{:?}", explained.rows()) };
    assert_eq!(
        (row.measure, row.n, &*row.team, row.state),
        (Measure::FirstReply, 1, "billing", "stopped")
    );
    assert_eq!((row.started_at, row.stopped_at), (at("23T14:00"), Some(at("24T09:30"))));
    assert_eq!(row.elapsed_open, Amount::Time(minutes(3 * 60 + 30)));
    assert_eq!(row.elapsed_calendar, Amount::Time(minutes(19 * 60 + 30)));
    assert_eq!((row.due_at, row.over), (Some(at("24T10:00")), false));

    // The ticket was open with its team for 2 h and 1 h 40 min, and closed overnight. Solved, it no longer
    // waits.
    let lengths: Vec<i64> =
        explained.stretches().iter().map(|stretch| stretch.length().ms() / MINUTE_MS).collect();
    assert_eq!(lengths, [120, 16 * 60, 100, 140]);
    let breakdown = explained.breakdown();
    assert_eq!(breakdown.teams["billing"], Seconds(minutes(220)));
    assert_eq!(breakdown.closed, Seconds(minutes(16 * 60)));
}

#[test]
fn before_the_reply_the_stopwatch_runs_towards_the_same_due_time() {
    let catalog = catalog();
    let mut shard = shard(&catalog);
    let now = at("24T09:00");
    let explained = Explained::new("T-1", shard.trace("T-1", now).unwrap(), &catalog, now);
    let [row] = explained.rows() else { panic!("{:?}", explained.rows()) };
    assert_eq!((row.state, row.stopped_at), ("running", None));
    assert_eq!(row.elapsed_open, Amount::Time(minutes(3 * 60)));
    assert_eq!((row.due_at, row.over), (Some(at("24T10:00")), false));
}
