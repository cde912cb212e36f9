//! Replay compared with decoding the same events only, on one core and in the same run.
//!
//! `cargo bench --bench replay [EVENTS]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics when it cannot go on"
)]

#[expect(dead_code, reason = "other benchmarks need more of it")]
#[path = "../support/bench.rs"]
mod bench;
#[expect(dead_code, reason = "the benchmark draws whole numbers only")]
#[path = "../support/random.rs"]
mod random;
#[path = "../support/simulated_team.rs"]
mod simulated_team;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bench::{median, timed, two_objectives};
use simulated_team::{Team, log};
use vaste::agreement::Objective;
use vaste::calendar::{Calendar, Definition, Opening, Zone};
use vaste::catalog::Catalog;
use vaste::event::decode;
use vaste::input::{InputLine, InputSource, read_lines};
use vaste::measure::Measure;
use vaste::replay::Replay;
use vaste::time::Timestamp;

/// How often all ways are run, in turn.
const ROUNDS: usize = 5;

fn main() {
    let events = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let path = std::env::temp_dir().join(format!("vaste-bench-{}.ndjson", std::process::id()));
    let bytes = write_log(&path, events);
    let source = InputSource::File(path.clone());
    let (mut ratios, mut open) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let decoding = timed(|| decode_all(&source));
        let replaying = timed(|| replay_all(&source, None));
        let with = |hours| timed(|| replay_all(&source, Some(agreed(hours))));
        let (agreed, with_hours) = (with(None), with(Some(office())));
        open.push(with_hours.as_secs_f64() / agreed.as_secs_f64());
        ratios.push(decoding.as_secs_f64() / replaying.as_secs_f64());
        println!(
            "decode {:>9.0} events/s   replay {:>9.0} events/s   ratio {:.2}   with 60 objectives and their \
             alerts {:>9.0} events/s   in open time {:>9.0} events/s",
            rate(events, decoding),
            rate(events, replaying),
            ratios.last().unwrap(),
            rate(events, agreed),
            rate(events, with_hours)
        );
    }
    fs::remove_file(&path).unwrap();
    println!(
        "{events} events of {} bytes; ratio: median {:.2}; open time takes {:.2} of the time of calendar time",
        bytes / events,
        median(ratios),
        median(open)
    );
}

const NAMES: [&str; 30] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet",
    "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango",
    "uniform", "victor", "whiskey", "xray", "yankee", "zulu", "one", "two", "three", "four",
];

/// An office: five days, a lunch break, in a zone with summer time.
fn office() -> Arc<Calendar> {
    let mut definition = Definition::new(Zone::compiled_in("Europe/Helsinki").unwrap());
    for day in definition.week.iter_mut().take(5) {
        *day = ["08:00-11:30", "12:00-16:00"].map(|text| Opening::parse(text).unwrap()).into();
    }
    Arc::new(Calendar::new(&definition).unwrap())
}

/// Two objectives for each team, with these hours.
fn agreed(hours: Option<Arc<Calendar>>) -> Arc<Catalog> {
    let agreements = NAMES.map(|team| two_objectives(team, hours.clone(), Objective::OVER_DEFAULT));
    Arc::new(Catalog::new(&agreements, &Measure::DEFAULT))
}

/// Writes a log of this many events of thirty teams. Returns its bytes.
fn write_log(path: &Path, events: usize) -> usize {
    let teams = NAMES.map(|name| Team {
        name,
        every_minutes: 5,
        answers_minutes: 60,
        slows_percent: 100,
        forgets_one_of: 40,
    });
    let begin = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let days = i64::try_from(events / 45_000 + 2).unwrap();
    let mut lines = log(&teams, begin, days, 1);
    assert!(lines.len() >= events, "{} lines", lines.len());
    lines.truncate(events);
    let text = lines.join("\n");
    fs::write(path, &text).unwrap();
    text.len()
}

fn decode_all(source: &InputSource) {
    let mut count = 0;
    let mut reader = source.open(None, |_| {}).unwrap();
    read_lines(source, &mut *reader, |_, line| {
        if let InputLine::Record(bytes) = line {
            count += usize::from(std::hint::black_box(decode(bytes)).is_ok());
        }
    })
    .unwrap();
    assert!(count > 0);
}

fn replay_all(source: &InputSource, catalog: Option<Arc<Catalog>>) {
    let mut replay = Replay::new(catalog);
    let mut reader = source.open(None, |_| {}).unwrap();
    read_lines(source, &mut *reader, |_, line| {
        if let InputLine::Record(bytes) = line {
            replay.take(decode(bytes));
        }
    })
    .unwrap();
    let last = replay.instants(&[], None).unwrap();
    let mut readings = replay.into_readings();
    assert!(!readings.at(last[0]).0.readings().is_empty());
}

#[expect(clippy::cast_precision_loss, reason = "a rate to print")]
fn rate(events: usize, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64()
}
