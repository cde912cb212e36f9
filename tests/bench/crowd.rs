//! A million open tickets of five hundred teams in a running service: memory, the time of an
//! evaluation of all objectives, and the time of a scrape. Also the memory of an idle service.
//!
//! `tests/run --bench` starts a broker for it. Otherwise: `VASTE_TEST_KAFKA=host:port cargo bench
//! --bench crowd [TICKETS]`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics when it cannot go on"
)]

#[expect(dead_code, reason = "tests need more of it")]
#[path = "../kafka/harness.rs"]
mod harness;

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, Producer};
use vaste::time::{Elapsed, MINUTE_MS};

use harness::memory::memory_bytes;
use harness::process::now;
use harness::{Service, broker, create_topic, fresh, send, wait_for, wall_clock};

const TEAMS: usize = 500;
const PARTITIONS: i32 = 6;

fn main() {
    let tickets: usize =
        std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let Some(broker) = broker() else { return };
    idle(&broker);
    let topic = fresh("crowd");
    create_topic(&broker, &topic, PARTITIONS);
    produce(&broker, &topic, tickets);
    let agreements: Vec<String> = (0..TEAMS)
        .map(|team| {
            format!(
                "team: team-{team}\nobjectives: [{{ name: o, measure: first_reply, within: 4h }}]\n"
            )
        })
        .collect();
    let kafka =
        format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, workers: 2 }}");
    let service = Service::start_all(&kafka, &agreements, "");
    // Workers that join one after the other cause a rebalance, and partitions are read again.
    wait_for("the service to have read all", || {
        let tracked = service.metrics().value("vaste_tickets_tracked{state=\"remembered\"}")?;
        #[expect(clippy::cast_precision_loss, reason = "a count of tickets")]
        let is_whole = tracked >= tickets as f64;
        is_whole.then(|| service.get("/-/ready")).flatten()
    });
    let evaluations = || service.metrics().value("vaste_alert_evaluations_total").unwrap();
    let first = evaluations();
    wait_for("some evaluations", || (evaluations() >= first + 5.0).then_some(()));
    let metrics = service.metrics();
    let value = |name: &str| metrics.value(name).unwrap();
    let evaluation = value("vaste_alert_evaluation_duration_seconds_sum")
        / value("vaste_alert_evaluation_duration_seconds_count");
    let mut scrapes: Vec<Duration> = (0..20)
        .map(|_| {
            let began = now();
            assert!(service.get("/metrics").is_some());
            began.elapsed()
        })
        .collect();
    scrapes.sort_unstable();
    let tracked = value("vaste_tickets_tracked{state=\"remembered\"}");
    println!(
        "{tracked} open tickets of {TEAMS} teams: {} MiB resident, an evaluation {:.1} ms, a scrape of {} kB \
         {} ms (longest of 20: {} ms)",
        resident_mib(&service),
        evaluation * 1e3,
        metrics.0.len() / 1_000,
        scrapes[10].as_millis(),
        scrapes[19].as_millis(),
    );
}

/// A service with one team and an empty topic.
fn idle(broker: &str) {
    let topic = fresh("idle");
    create_topic(broker, &topic, 1);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start(&kafka, "team: billing\n");
    wait_for("the service to be ready", || service.get("/-/ready"));
    for _ in 0..20 {
        assert!(service.get("/metrics").is_some());
    }
    println!("with nothing to do: {} MiB resident", resident_mib(&service));
}

fn produce(broker: &str, topic: &str, tickets: usize) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker).set("linger.ms", "20");
    config.set("queue.buffering.max.messages", "1000000");
    let producer: BaseProducer = config.create().unwrap();
    let begin = wall_clock().minus(Elapsed::from_ms(300 * MINUTE_MS));
    for ticket in 0..tickets {
        let minutes = i64::try_from(ticket % 290).unwrap();
        let time = begin.plus(Elapsed::from_ms(minutes * MINUTE_MS));
        let (key, team) = (format!("T-{ticket:07}"), ticket % TEAMS);
        let event = format!(
            "{{\"id\":\"{ticket}\",\"type\":\"ticket.created\",\"time\":\"{time}\",\"ticket\":\"{key}\",\
             \"team\":\"team-{team}\"}}"
        );
        send(&producer, topic, &key, &event);
    }
    producer.flush(Duration::from_secs(120)).unwrap();
}

/// Resident memory of the service in MiB.
fn resident_mib(service: &Service) -> u64 {
    memory_bytes(&service.child.id(), "VmRSS") >> 20
}
