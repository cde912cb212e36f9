//! The time of a start from checkpoints: from opening the objects to the first complete view, on
//! two threads as with two workers. Also the time to make the checkpoints.
//!
//! `cargo bench --bench restore [TICKETS]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics when it cannot go on"
)]

#[expect(dead_code, reason = "other benchmarks need more of it")]
#[path = "../support/bench.rs"]
mod bench;

use std::fs;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use bench::{catalog_of_teams, now};
use vaste::checkpoint;
use vaste::partition::{Partition, Published, Record};
use vaste::ticket::EffectLog;
use vaste::time::{DAY_MS, Elapsed, MINUTE_MS, Timestamp};
use vaste::view::View;

const TEAMS: u64 = 30;
const DAYS: i64 = 28;

/// Partitions of one worker.
const PARTITIONS: u64 = 3;
const WORKERS: u64 = 2;

fn main() {
    let tickets: u64 =
        std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let catalog = catalog_of_teams(TEAMS);
    let folder = tempfile::tempdir().unwrap();
    let begin = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let end = begin.plus(Elapsed::from_ms(DAYS * DAY_MS));
    let topic: Arc<str> = "events".into();
    let (mut bytes, mut imaging) = (0, 0.0);
    for number in 0..PARTITIONS * WORKERS {
        let partition = i32::try_from(number).unwrap();
        let mut partition = Partition::new(Arc::clone(&catalog), &topic, partition, 1);
        for ticket in (number..tickets).step_by(usize::try_from(PARTITIONS * WORKERS).unwrap()) {
            fill(&mut partition, ticket, tickets, begin);
        }
        while partition.advance_some(end, usize::MAX, &mut ()) {}
        let began = now();
        let (_, image) = partition.image(end).unwrap();
        imaging += began.elapsed().as_secs_f64();
        bytes += image.len();
        fs::write(folder.path().join(number.to_string()), image).unwrap();
    }
    println!("{tickets} tickets: images of {bytes} bytes, made in {:.0} ms", imaging * 1e3);
    for _ in 0..3 {
        let began = now();
        let mut view = View::new(Arc::clone(&catalog), end);
        let (batches, came) = mpsc::sync_channel::<EffectLog>(2);
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (catalog, batches) = (Arc::clone(&catalog), batches.clone());
                let paths: Vec<_> = (0..PARTITIONS)
                    .map(|number| folder.path().join((number * WORKERS + worker).to_string()))
                    .collect();
                thread::spawn(move || {
                    for path in paths {
                        let bytes = fs::read(path).unwrap();
                        let image = checkpoint::read(&bytes).unwrap();
                        let (topic, number) = ("events".into(), image.origin.partition);
                        let mut partition =
                            Partition::restore(&image, Arc::clone(&catalog), &topic, number, 2)
                                .unwrap();
                        drop(bytes);
                        let mut effects = EffectLog::default();
                        while partition.advance_some(end, 20_000, &mut effects) {
                            batches.send(std::mem::take(&mut effects)).unwrap();
                        }
                        batches.send(effects).unwrap();
                    }
                })
            })
            .collect();
        drop(batches);
        for effects in came {
            effects.apply_to(&mut view);
        }
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        assert!(!view.readings().is_empty());
        let seconds = began.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a count of tickets")]
        let rate = tickets as f64 / seconds;
        println!("restored and shown in {:.0} ms: {rate:.0} tickets/s", seconds * 1e3);
    }
}

/// Six events of one ticket. One ticket in ten stays open.
fn fill(partition: &mut Partition, ticket: u64, tickets: u64, begin: Timestamp) {
    let span = (DAYS - 1) * DAY_MS;
    let offset = i64::try_from(ticket).unwrap() * (span / i64::try_from(tickets).unwrap());
    let last = if ticket.is_multiple_of(10) { "customer_replied" } else { "solved" };
    let kinds = ["created", "assigned", "agent_replied", "customer_replied", "agent_replied", last];
    let key = format!("T-{ticket:08}");
    for (number, kind) in (0_i64..).zip(kinds) {
        let wait = number * (20 + i64::try_from(ticket % 100).unwrap()) * MINUTE_MS + number;
        let time = begin.plus(Elapsed::from_ms(offset + wait));
        let team = ticket % TEAMS;
        let payload = format!(
            "{{\"id\":\"{ticket}-{number}\",\"type\":\"ticket.{kind}\",\"time\":\"{time}\",\"ticket\":\"{key}\",\
             \"team\":\"team-{team}\",\"channel\":\"email\",\"agent\":\"agent-1\"}}"
        );
        let record = Record {
            offset: partition.position(),
            key: Some(key.as_bytes()),
            attributes: &[],
            payload: Some(payload.as_bytes()),
            mapping: None,
            published: Published::Unknown,
        };
        partition.take(&record, &mut ());
    }
}
