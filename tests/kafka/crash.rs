//! Crash test: the service is killed with SIGKILL at any moment. No record is lost, and none counts
//! twice.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use vaste::event::{Event, decode};
use vaste::measure::Measure;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

use crate::harness::process::now;
use crate::harness::{Metrics, Service, broker, create_topic, fresh, key, wait_for, wall_clock};
use crate::naive;
use crate::random::Random;
use crate::service::{AGREEMENT, compare_objectives, compare_windows, objectives};
use crate::simulated_team::{Team, log};

/// The number of kills; `VASTE_KILLS` overrides it.
const KILLS: usize = 40;

const PARTITIONS: i32 = 4;

/// The records of the last nine days. Each ticket is in order, and some records are delivered
/// twice.
pub(crate) fn records() -> Vec<String> {
    let team = |name| Team {
        name,
        every_minutes: 6,
        answers_minutes: 70,
        slows_percent: 80,
        forgets_one_of: 50,
    };
    let begin =
        wall_clock().minus(Elapsed::from_ms(9 * DAY_MS)).floor_to(Elapsed::from_ms(HOUR_MS));
    let records = log(&[team("billing"), team("support"), team("ghost")], begin, 9, 5);
    let mut random = Random::new(17);
    let twice = |record: String| {
        let copies = if random.below(20) == 0 { 2 } else { 1 };
        std::iter::repeat_n(record, copies)
    };
    records.into_iter().flat_map(twice).collect()
}

pub(crate) fn producer(broker: &str) -> BaseProducer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker).set("linger.ms", "2");
    config.set("enable.idempotence", "true").create().unwrap()
}

pub(crate) fn publish(producer: &BaseProducer, topic: &str, records: &[String]) {
    for record in records {
        producer.send(BaseRecord::to(topic).key(key(record)).payload(record)).unwrap();
    }
    producer.flush(Duration::from_secs(30)).unwrap();
}

/// The checkpoints that are being written: to a temporary name next to the final one. A crash leaves
/// such files behind.
fn half_written(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |path: PathBuf| {
        if path.is_dir() {
            half_written(&path)
        } else {
            path.to_string_lossy().contains(".vaste#").then_some(path).into_iter().collect()
        }
    };
    entries.flat_map(|entry| of(entry.path())).collect()
}

/// Waits for a time.
fn idle(ms: i64) {
    let begin = now();
    let span = Duration::from_millis(ms.unsigned_abs());
    while let Some(rest) = span.checked_sub(now().duration_since(begin)) {
        std::thread::park_timeout(rest);
    }
}

/// Waits until the service has read all records and is ready.
pub(crate) fn caught_up(service: &Service, topic: &str, partitions: i32) -> Metrics {
    // The service asks for the ends of partitions once a second. Those of before now may be old.
    let asked = wall_clock().unix_seconds() + 1.5;
    wait_for("the service to be caught up", || {
        let metrics = Metrics(service.get("/metrics")?);
        metrics.value("vaste_view_timestamp_seconds").filter(|at| *at >= asked)?;
        let lag = |partition: i32| {
            let labels = format!("{{topic=\"{topic}\",partition=\"{partition}\"}}");
            metrics.value(&format!("vaste_kafka_consumer_lag_records{labels}"))
        };
        let is_read = (0..partitions).all(|partition| lag(partition) == Some(0.0));
        (is_read && metrics.value("vaste_ready") == Some(1.0)).then_some(metrics)
    })
}

/// All series of the families that count each sample once.
pub(crate) fn counted(metrics: &Metrics) -> Vec<&str> {
    let is_count = |line: &&str| {
        line.starts_with("vaste_responses_total{")
            || line.starts_with("vaste_response_duration_seconds")
    };
    metrics.0.lines().filter(is_count).collect()
}

/// The instant of a scrape's view.
pub(crate) fn instant(metrics: &Metrics) -> Timestamp {
    let seconds = metrics.value("vaste_view_timestamp_seconds").unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^52")]
    Timestamp::from_ms((seconds * 1_000.0).round() as i64)
}

/// Compares windows and verdicts of a scrape with the naive model.
pub(crate) fn compare(metrics: &Metrics, records: &[String]) {
    let events: Vec<Event<'_>> =
        records.iter().map(|record| decode(record.as_bytes()).unwrap()).collect();
    let model = naive::Model::new(&["billing"], objectives(), &events);
    compare_windows(metrics, &model, instant(metrics));
    compare_objectives(metrics, &model, instant(metrics));
}

#[test]
fn killed_anywhere_nothing_is_lost_and_nothing_counts_twice() {
    let Some(broker) = broker() else { return };
    let kills = std::env::var("VASTE_KILLS").ok().and_then(|kills| kills.parse().ok());
    let kills: usize = kills.unwrap_or(KILLS);
    let topic = fresh("killed");
    create_topic(&broker, &topic, PARTITIONS);
    // With a static group id the member rejoins at once, and the group need not wait for its
    // session timeout.
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, workers: 2, \
         properties: {{ group.instance.id: one }} }}"
    );
    let more = "state: { store: state, checkpoint_every: 0s }\n";
    let mut service = Service::start_all(&kafka, &[AGREEMENT.to_owned()], more);
    let state = service.folder.path().join("state");
    let records = records();
    assert!(records.len() > 20_000, "{} records", records.len());
    let producer = producer(&broker);
    let mut random = Random::new(23);
    let mut inside = 0;
    let share = records.len().div_ceil(kills);
    let mut chunks = records.chunks(share);
    for kill in 0..kills {
        publish(&producer, &topic, chunks.next().unwrap_or_default());
        if kill % 2 == 0 {
            // At any moment: while it starts, restores, catches up, or runs.
            idle(random.below(900));
        } else {
            // While a checkpoint is being written, if that is seen in time.
            let begin = now();
            let left_behind = half_written(&state);
            let mut seen = false;
            while !seen && now().duration_since(begin) < Duration::from_secs(8) {
                seen = !half_written(&state).is_subset(&left_behind);
                std::thread::yield_now();
            }
            inside += usize::from(seen);
        }
        service.kill();
        service.start_again();
    }
    chunks.for_each(|rest| publish(&producer, &topic, rest));
    println!("killed {kills} times, {inside} of them while a checkpoint was being written");
    assert!(inside * 4 >= kills, "{inside} of {kills} inside a checkpoint");
    let metrics = caught_up(&service, &topic, PARTITIONS);
    compare(&metrics, &records);
    // It continued from checkpoints, and did not read everything again each time.
    let restored = service.log().matches("restored from its checkpoint").count();
    assert!(restored >= kills, "{restored} partitions were restored");
    // The samples equal those of a service that was never interrupted.
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}-whole }}");
    let whole = Service::start(&kafka, AGREEMENT);
    let metrics_whole = caught_up(&whole, &topic, PARTITIONS);
    assert!(
        metrics_whole.value(
            "vaste_responses_total{team=\"billing\",measure=\"first_reply\",basis=\"calendar\"}"
        ) > Some(1_000.0)
    );
    for (line, line_whole) in counted(&metrics).iter().zip(counted(&metrics_whole)) {
        assert_eq!(*line, line_whole);
    }
    assert_eq!(counted(&metrics).len(), counted(&metrics_whole).len());
    for measure in Measure::DEFAULT {
        assert!(counted(&metrics).iter().any(|line| line.contains(measure.label())));
    }
    assert_eq!(service.stop(), Some(0));
}
