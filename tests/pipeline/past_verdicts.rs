//! Verdicts at past instants from copies of partitions: equal to those of a pipeline that was read at each
//! instant.

use std::sync::Arc;

use vaste::agreement::{Agreement, Level, Objective, Owner, Target};
use vaste::catalog::Catalog;
use vaste::checkpoint;
use vaste::event::decode;
use vaste::measure::Measure;
use vaste::partition::{Partition, Published, Record, Taken};
use vaste::past_verdicts::PastVerdicts;
use vaste::reading::Verdict;
use vaste::replay::Replay;
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

use crate::simulated_team::{Team, log};

const DAYS: i64 = 60;

fn begin() -> Timestamp {
    Timestamp::parse("2026-03-02T00:00:00Z").unwrap()
}

fn day(number: i64) -> Timestamp {
    begin().plus(Elapsed::from_ms(number * DAY_MS))
}

/// Billing and the organisation, with a share within `hours`.
fn catalog(hours: i64, share_bp: u32) -> Arc<Catalog> {
    let level = Level::Within {
        target: Target::calendar(Elapsed::from_ms(hours * HOUR_MS)),
        by_priority: [None; 4],
        share: Share::from_basis_points(share_bp).unwrap(),
        min_tickets: 5,
    };
    let limit = Level::NoneOver(Target::calendar(Elapsed::from_ms(hours * 8 * HOUR_MS)));
    let agreements = [Owner::Team("billing".into()), Owner::Organisation].map(|owner| Agreement {
        owner,
        hours: None,
        objectives: vec![
            Objective::new("quick", Measure::FirstReply, level.clone()),
            Objective::new("solved", Measure::Resolution, level.clone()),
            Objective::new("limit", Measure::FirstReply, limit.clone()),
        ],
        about: Default::default(),
    });
    Arc::new(Catalog::new(&agreements, &[]))
}

fn records() -> Vec<String> {
    let team = |name| Team {
        name,
        every_minutes: 240,
        answers_minutes: 200,
        slows_percent: 100,
        forgets_one_of: 40,
    };
    log(&[team("billing"), team("support")], begin(), DAYS, 17)
}

/// The partition of a record: by its ticket.
fn partition_of(record: &str) -> usize {
    let (_, ticket) = record.split_once("\"ticket\":\"").unwrap();
    ticket.split_once('"').unwrap().0.bytes().map(usize::from).sum::<usize>() % 3
}

/// Three partitions that count by a catalog of their own, read up to `now`.
fn partitions(records: &[String], now: Timestamp) -> Vec<Partition> {
    let catalog = catalog(1, 5_000);
    let new = |number| Partition::new(Arc::clone(&catalog), &"events".into(), number, 1);
    let mut partitions: Vec<Partition> = (0..3).map(new).collect();
    for text in records {
        let partition = &mut partitions[partition_of(text)];
        let (offset, payload) = (partition.position(), Some(text.as_bytes()));
        let record = Record {
            offset,
            key: None,
            attributes: &[],
            payload,
            mapping: None,
            published: Published::Unknown,
        };
        assert!(matches!(partition.take(&record, &mut ()), Taken::Processed(_)));
    }
    for partition in &mut partitions {
        while partition.advance_some(now, usize::MAX, &mut ()) {}
    }
    partitions
}

/// The verdicts from copies of the partitions, by another catalog.
fn from_copies(
    partitions: &[Partition],
    catalog: &Arc<Catalog>,
    instants: &[Timestamp],
    now: Timestamp,
) -> Vec<Vec<Verdict>> {
    let mut past = PastVerdicts::new(catalog, instants);
    for (number, partition) in (0..).zip(partitions) {
        let bytes = partition.copy(now).unwrap();
        let copy = checkpoint::read(&bytes).unwrap();
        let topic = "events".into();
        past.add(Partition::restore(&copy, Arc::clone(catalog), &topic, number, 1).unwrap());
    }
    past.verdicts()
}

/// The same by a replay of the records.
fn from_replay(records: &[String], catalog: &Arc<Catalog>, at: &[Timestamp]) -> Vec<Vec<Verdict>> {
    let mut replay = Replay::new(Some(Arc::clone(catalog)));
    for record in records {
        replay.take(decode(record.as_bytes()));
    }
    let mut readings = replay.into_readings();
    at.iter().map(|at| readings.at(*at).0.verdicts()).collect()
}

#[test]
fn copies_of_partitions_give_the_verdicts_of_a_replay_by_any_catalog() {
    let records = records();
    let now = day(DAYS);
    let partitions = partitions(&records, now);
    let instants = [21, 14, 7, 0].map(|days| day(DAYS - days));
    let mut states = Vec::new();
    for (hours, share_bp) in [(2, 9_000), (12, 6_000), (72, 1_000)] {
        let catalog = catalog(hours, share_bp);
        let copied = from_copies(&partitions, &catalog, &instants, now);
        assert_eq!(copied, from_replay(&records, &catalog, &instants), "{hours}h");
        states.extend(copied.iter().flatten().map(|verdict| verdict.state.label()));
    }
    states.sort_unstable();
    states.dedup();
    assert!(states.len() >= 2, "several verdicts: {states:?}");
}

#[test]
fn windows_that_lack_evicted_tickets_have_insufficient_data() {
    let records = records();
    let now = day(DAYS);
    let mut partitions = partitions(&records, now);
    let keep = Elapsed::from_ms(28 * DAY_MS);
    let evicted: usize =
        partitions.iter_mut().map(|partition| partition.forget_some(now, keep, usize::MAX)).sum();
    assert!(evicted > 20, "{evicted}");
    let last = partitions.iter().filter_map(|one| one.shard().evicted_to()).max().unwrap();
    let (catalog, instants) = (catalog(2, 9_000), [21, 14, 7, 0].map(|days| day(DAYS - days)));
    let copied = from_copies(&partitions, &catalog, &instants, now);
    let replayed = from_replay(&records, &catalog, &instants);
    let mut whole = 0;
    for (copied, replayed) in copied.iter().flatten().zip(replayed.iter().flatten()) {
        let window = Elapsed::from_ms(7 * DAY_MS);
        if copied.at.minus(window) < last {
            let is_limit = &*copied.objective == "limit";
            assert!(is_limit || copied.state.label() == "insufficient_data", "{copied:?}");
        } else {
            let replayed = Verdict { history_from: copied.history_from, ..replayed.clone() };
            assert_eq!(*copied, replayed);
            whole += 1;
        }
    }
    assert!(whole >= 12, "the last two weeks are known at least: {whole}");
}
