//! Throughput from Kafka to windows, compared with the same consumers that only drain the topic.
//! Both run in turn, with the broker on the same cores. Also the time until an event is visible in
//! `/metrics`.
//!
//! `tests/run --bench` starts a broker for it. Otherwise: `VASTE_TEST_KAFKA=host:port cargo bench
//! --bench kafka [RECORDS]`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics when it cannot go on"
)]

#[expect(dead_code, reason = "other benchmarks need more of it")]
#[path = "../support/bench.rs"]
mod bench;
#[expect(dead_code, reason = "tests need more of it")]
#[path = "../kafka/harness.rs"]
mod harness;
#[expect(dead_code, reason = "the benchmark draws whole numbers only")]
#[path = "../support/random.rs"]
mod random;
#[path = "../support/simulated_team.rs"]
mod simulated_team;

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, Producer};
use vaste::config::Kafka;
use vaste::time::{DAY_MS, Elapsed, Timestamp};

use bench::median;
use harness::process::now;
use harness::{Metrics, Service, broker, create_topic, fresh, key, send, wait_for, wall_clock};
use random::Random;
use simulated_team::{Team, log};

/// Partitions of the topics.
const PARTITIONS: i32 = 6;

/// How often both ways are run, in turn.
const ROUNDS: usize = 3;

/// The load in events a second while visibility is measured, and its length.
const LOAD_PER_SECOND: usize = 100_000;
const LOAD_SECONDS: usize = 12;

/// The tickets whose way to `/metrics` is timed: ten a second, none in the last two seconds.
const PROBES: usize = 10 * (LOAD_SECONDS - 2);

/// How long after the load the last of them may become visible.
const PROBES_TIMEOUT: Duration = Duration::from_secs(20);

const TEAMS: [&str; 12] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet",
    "kilo", "lima",
];

fn main() {
    let records = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(2_000_000);
    let Some(broker) = broker() else { return };
    let topic = fresh("bench");
    create_topic(&broker, &topic, PARTITIONS);
    let events = events(records);
    let bytes: usize = events.iter().map(String::len).sum();
    produce(&broker, &topic, &events);
    println!("{} records of {} bytes, {PARTITIONS} partitions", events.len(), bytes / events.len());
    for workers in [1, 2] {
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let drained = drain(&broker, &topic, workers, events.len());
            let applied = apply(&broker, &topic, workers, events.len());
            ratios.push(drained.seconds / applied.seconds);
            println!(
                "{workers} workers: drain {:>9.0} records/s, {:.2} CPU s a million   windows {:>9.0} records/s, \
                 {:.2} CPU s a million   ratio {:.2}",
                rate(events.len(), drained.seconds),
                per_million(drained.cpu, events.len()),
                rate(events.len(), applied.seconds),
                per_million(applied.cpu, events.len()),
                drained.seconds / applied.seconds,
            );
        }
        println!("{workers} workers: ratio, median {:.2}", median(ratios));
    }
    visible(&broker, "");
    visible(&broker, "state: { store: state, checkpoint_every: 0s }\n");
}

/// Wall time of a run from its first record to its last, and its CPU time, both in seconds.
struct Took {
    seconds: f64,
    cpu: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of records")]
fn rate(records: usize, seconds: f64) -> f64 {
    records as f64 / seconds
}

#[expect(clippy::cast_precision_loss, reason = "counts of records")]
fn per_million(cpu: f64, records: usize) -> f64 {
    cpu * 1e6 / records as f64
}

/// This many events of the last weeks.
fn events(records: usize) -> Vec<String> {
    let teams = TEAMS.map(|name| Team {
        name,
        every_minutes: 1,
        answers_minutes: 60,
        slows_percent: 100,
        forgets_one_of: 40,
    });
    let days = i64::try_from(records / 80_000 + 2).unwrap();
    let begin = wall_clock().minus(Elapsed::from_ms((days + 1) * DAY_MS));
    let mut events = log(&teams, begin, days, 5);
    assert!(events.len() >= records, "{}", events.len());
    events.truncate(records);
    events
}

fn producer(broker: &str) -> BaseProducer {
    let mut config = ClientConfig::new();
    for (key, value) in [
        ("bootstrap.servers", broker),
        ("linger.ms", "20"),
        ("batch.num.messages", "20000"),
        ("queue.buffering.max.messages", "500000"),
    ] {
        config.set(key, value);
    }
    config.create().unwrap()
}

fn produce(broker: &str, topic: &str, events: &[String]) {
    let producer = producer(broker);
    for event in events {
        send(&producer, topic, key(event), event);
    }
    producer.flush(Duration::from_secs(120)).unwrap();
}

/// Reads the topic with Vaste's consumers, and ignores the records.
fn drain(broker: &str, topic: &str, workers: usize, records: usize) -> Took {
    let group = fresh("drain");
    let cpu = cpu_seconds("self");
    let kafka = Kafka {
        brokers: vec![broker.to_owned()],
        topic: topic.to_owned(),
        group,
        workers,
        properties: Vec::new(),
        dead_letters: None,
        mapping: None,
    };
    let drain_one = |number| {
        let kafka = kafka.clone();
        thread::spawn(move || {
            let mut config = vaste::service::client_config(&kafka, number);
            // Vaste itself sets the start offsets, and this consumer does not.
            let consumer: BaseConsumer =
                config.set("auto.offset.reset", "earliest").create().unwrap();
            consumer.subscribe(&[&kafka.topic]).unwrap();
            let mut first = None;
            let mut ended = BTreeSet::new();
            let mut taken = 0_usize;
            let share = usize::try_from(PARTITIONS).unwrap() / kafka.workers;
            while ended.len() < share {
                if first.is_none() && consumer.assignment().is_ok_and(|all| all.count() > 0) {
                    first = Some(now());
                }
                match consumer.poll(Duration::from_millis(50)) {
                    Some(Ok(message)) => {
                        taken += usize::from(message.payload_len() > 0);
                    }
                    Some(Err(KafkaError::PartitionEOF(partition))) => {
                        ended.insert(partition);
                    }
                    Some(Err(error)) => unreachable!("{error}"),
                    None => {}
                }
            }
            (first.unwrap(), now(), taken)
        })
    };
    let threads: Vec<_> = (0..workers).map(drain_one).collect();
    let ended: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(ended.iter().map(|(_, _, taken)| taken).sum::<usize>() >= records);
    let first = ended.iter().map(|(first, _, _)| *first).min().unwrap();
    let last = ended.iter().map(|(_, last, _)| *last).max().unwrap();
    Took { seconds: last.duration_since(first).as_secs_f64(), cpu: cpu_seconds("self") - cpu }
}

/// Two objectives for each team.
fn agreements(service_teams: &[&str]) -> Vec<String> {
    let one = |team: &&str| {
        format!(
            "team: {team}\nobjectives:\n  - {{ name: first-reply, measure: first_reply, within: 4h }}\n  - {{ \
             name: nobody-forgotten, measure: first_reply, none_over: 5d }}\n"
        )
    };
    service_teams.iter().map(one).collect()
}

/// Runs the service from its first assignment until it has caught up.
fn apply(broker: &str, topic: &str, workers: usize, records: usize) -> Took {
    let group = fresh("windows");
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {group}, workers: {workers} }}"
    );
    let service = Service::start_all(&kafka, &agreements(&TEAMS), "");
    wait_for("the service to be ready", || service.get("/-/ready"));
    let metrics = service.metrics();
    let consumed: f64 = (0..PARTITIONS).filter_map(|p| consumed(&metrics, topic, p)).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    let all = records as f64;
    assert!(consumed >= all, "{consumed}");
    // The log has both instants: the first partition, and the end of catching up.
    let log = service.log();
    let at = |what: &str| {
        let line = log.lines().find(|line| line.contains(what)).unwrap();
        Timestamp::parse(line.split_whitespace().next().unwrap()).unwrap()
    };
    let ms = at("caught up").since(at("reading from its start")).ms();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
    Took { seconds: ms as f64 / 1e3, cpu: cpu_seconds(&service.child.id()) }
}

fn consumed(metrics: &Metrics, topic: &str, partition: i32) -> Option<f64> {
    let labels = format!("{{topic=\"{topic}\",partition=\"{partition}\"}}");
    metrics.value(&format!("vaste_kafka_records_consumed_total{labels}"))
}

/// CPU seconds of a process so far.
fn cpu_seconds(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    // The kernel reports hundredths of a second.
    ticks / 100.0
}

/// The time from publishing an event until a scrape shows it, under load and with further
/// configuration. Also the CPU time of that load.
fn visible(broker: &str, more: &str) {
    let topic = fresh("visible");
    create_topic(broker, &topic, PARTITIONS);
    let kafka =
        format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, workers: 2 }}");
    let mut teams = TEAMS.to_vec();
    teams.push("probe");
    let service = Service::start_all(&kafka, &agreements(&teams), more);
    wait_for("the service to be ready", || service.get("/-/ready"));
    let process = service.child.id();
    let cpu = cpu_seconds(&process);
    let load = thread::spawn({
        let (broker, topic) = (broker.to_owned(), topic.clone());
        move || publish_load(&broker, &topic)
    });
    let mut seen: Vec<Timestamp> = Vec::new();
    let waiting =
        "vaste_waiting_tickets{team=\"probe\",measure=\"first_reply\",basis=\"calendar\"}";
    // On a busy machine the last events become visible after the load has ended.
    let mut ended = None;
    while ended
        .is_none_or(|ended| seen.len() < PROBES && now().duration_since(ended) < PROBES_TIMEOUT)
    {
        if load.is_finished() {
            ended.get_or_insert_with(now);
        }
        let metrics = service.metrics();
        let at = wall_clock();
        let count = metrics.value(waiting).unwrap_or(0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        seen.resize((count as usize).max(seen.len()), at);
        // Three hundred times as often as Prometheus, but rare enough to be no load itself.
        thread::park_timeout(Duration::from_millis(50));
    }
    let cpu = cpu_seconds(&process) - cpu;
    let (sent, rate) = load.join().unwrap();
    let mut delays: Vec<i64> =
        sent.iter().zip(&seen).map(|(sent, seen)| seen.since(*sent).ms()).collect();
    assert_eq!((sent.len(), delays.len()), (PROBES, PROBES), "published and seen");
    delays.sort_unstable();
    let at = |percent: usize| delays[(delays.len() * percent / 100).min(delays.len() - 1)];
    println!(
        "visible in /metrics at {rate:.0} events/s, {}: median {} ms, p99 {} ms, longest {} ms, of {} events; \
         {:.2} CPU s a million",
        if more.is_empty() { "nothing kept" } else { "with checkpoints" },
        at(50),
        at(99),
        at(100),
        delays.len(),
        per_million(cpu, LOAD_PER_SECOND * LOAD_SECONDS),
    );
}

/// Publishes a steady load, and ten tickets a second that are never answered. Returns when each of
/// these was handed to the client, and the events a second.
fn publish_load(broker: &str, topic: &str) -> (Vec<Timestamp>, f64) {
    let producer = {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", broker).set("linger.ms", "5");
        config.set("queue.buffering.max.messages", "500000");
        config.create::<BaseProducer>().unwrap()
    };
    let began = now();
    let mut random = Random::new(9);
    let mut probes = Vec::new();
    let slices = LOAD_SECONDS * 100;
    let mut number = 0_usize;
    for slice in 0..slices {
        let time = wall_clock();
        for _ in 0..LOAD_PER_SECOND / 100 {
            number += 1;
            let team = TEAMS[random.index(TEAMS.len())];
            let kind = ["created", "agent_replied", "customer_replied"];
            let kind = kind[random.index(kind.len())];
            let ticket = random.below(200_000);
            let event = format!(
                "{{\"id\":\"l-{number}\",\"type\":\"ticket.{kind}\",\"time\":\"{time}\",\"ticket\":\"T-{ticket}\",\
                 \"team\":\"{team}\",\"channel\":\"email\"}}"
            );
            send(&producer, topic, key(&event), &event);
        }
        if slice % 10 == 0 && slice < slices - 200 {
            let event = format!(
                "{{\"id\":\"p-{slice}\",\"type\":\"ticket.created\",\"time\":\"{time}\",\"ticket\":\"P-{slice}\",\
                 \"team\":\"probe\"}}"
            );
            probes.push(wall_clock());
            send(&producer, topic, key(&event), &event);
        }
        producer.poll(Duration::ZERO);
        let due = Duration::from_millis(10) * u32::try_from(slice + 1).unwrap();
        while now().duration_since(began) < due {
            producer.poll(Duration::from_millis(1));
        }
    }
    let rate = rate(number, now().duration_since(began).as_secs_f64());
    producer.flush(Duration::from_secs(20)).unwrap();
    (probes, rate)
}
