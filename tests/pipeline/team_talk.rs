//! What teams say, in any order, with any duplicates, in whatever partitions: the same log.

use std::sync::Arc;

use proptest::prelude::*;
use vaste::agreement::{About, Agreement, Owner};
use vaste::catalog::Catalog;
use vaste::event::{Kind, decode};
use vaste::shard::Shard;
use vaste::team_log::TeamLogs;
use vaste::time::{Elapsed, Timestamp};

use crate::generate::cases;

fn catalog() -> Arc<Catalog> {
    let agreement = Agreement {
        owner: Owner::Team("billing".into()),
        hours: None,
        objectives: Vec::new(),
        about: About::default(),
    };
    Arc::new(Catalog::new(&[agreement], &[]))
}

/// One event of a team: when, what, about which concern, decision and ticket, and until which day.
type Said = (i64, usize, usize, Option<u32>);

fn record(number: usize, &(minute, kind, about, day): &Said) -> String {
    let of_team: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_of_team()).collect();
    let kind = of_team[kind % of_team.len()];
    let begin = Timestamp::parse("2026-11-02T08:00:00Z").unwrap();
    let time = begin.plus(Elapsed::from_ms(minute * 60_000));
    let label = kind.label();
    let due = day.map_or_else(String::new, |day| format!(r#","due":"2026-12-{day:02}""#));
    // A decision without a ticket is not a talk about one.
    let ticket = if kind == Kind::Decided && day.is_none() {
        String::new()
    } else {
        format!(r#","ticket":"T-{about}""#)
    };
    format!(
        r#"{{"id":"{number}","type":"{label}","time":"{time}","team":"billing","concern":"c-{about}","decision":"d-{about}","by":"p-{number}","text":"words {number}"{ticket}{due}}}"#
    )
}

fn shard(catalog: &Arc<Catalog>, records: &[&String]) -> Shard {
    let mut shard = Shard::new(Arc::clone(catalog));
    for record in records {
        shard.apply(&decode(record.as_bytes()).unwrap(), &mut ());
    }
    shard
}

fn logs(catalog: &Arc<Catalog>, shards: &mut [Shard], now: Timestamp) -> TeamLogs {
    let events: Vec<_> = shards.iter_mut().map(|shard| shard.team_events(now)).collect();
    TeamLogs::merged(&events, catalog)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_a_team_says_gives_the_same_log_in_any_order(
        said in proptest::collection::vec(
            (0_i64..5, 0_usize..20, 0_usize..2, proptest::option::of(1_u32..4)), 0..16
        ),
        order in any::<u64>(),
        until in 0_i64..6,
    ) {
        let catalog = catalog();
        let records: Vec<String> =
            said.iter().enumerate().map(|(number, said)| record(number, said)).collect();
        let in_order: Vec<&String> = records.iter().collect();
        let mut other = in_order.clone();
        other.extend(records.iter().take(5));
        other.sort_by_key(|record| {
            record.bytes().fold(order, |hash, byte| hash.rotate_left(5) ^ u64::from(byte))
        });
        let begin = Timestamp::parse("2026-11-02T08:00:00Z").unwrap();
        let now = begin.plus(Elapsed::from_ms(until * 60_000));
        let expected = logs(&catalog, &mut [shard(&catalog, &in_order)], now);
        let mut one = [shard(&catalog, &other)];
        prop_assert_eq!(&logs(&catalog, &mut one, now), &expected);
        let (first, second) = other.split_at(other.len() / 2);
        let mut two = [shard(&catalog, first), shard(&catalog, second)];
        prop_assert_eq!(&logs(&catalog, &mut two, now), &expected);
    }
}
