//! Counters that Prometheus reads over kills and hand-overs: no sample is counted twice, and none is
//! missing.

use std::fs;
use std::process::{Command, Stdio};

use rdkafka::producer::BaseProducer;
use vaste::time::{Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

use crate::crash::{caught_up, producer, publish};
use crate::harness::{
    ChildProcess, Metrics, Service, broker, create_topic, fetch, free_port, fresh, record,
    wait_for, wall_clock,
};
use crate::service::AGREEMENT;

const RESPONSES: &str =
    "vaste_responses_total{team=\"billing\",measure=\"first_reply\",basis=\"calendar\"}";

/// An event of a ticket, some minutes after this instant.
fn at(begin: Timestamp, minutes: i64, id: &str, kind: &str, ticket: &str) -> String {
    let time = begin.plus(Elapsed::from_ms(minutes * MINUTE_MS));
    format!(
        "{{\"id\":\"{id}\",\"type\":\"ticket.{kind}\",\"time\":\"{time}\",\"ticket\":\"{ticket}\",\
         \"team\":\"billing\"}}"
    )
}

#[test]
fn late_events_before_a_crash_count_no_sample_twice() {
    let Some(broker) = broker() else { return };
    let topic = fresh("late-crash");
    create_topic(&broker, &topic, 2);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    );
    let more = "state: { store: state, checkpoint_every: 1h }\n";
    let mut service = Service::start_with(&kafka, AGREEMENT, more);
    service.wait_until_ready();
    let begin = wall_clock().minus(Elapsed::from_ms(3 * HOUR_MS));
    let tickets = 0..100_u32;
    let producer = producer(&broker);
    let answered: Vec<String> = tickets
        .clone()
        .flat_map(|n| {
            let ticket = format!("T-{n}");
            [
                at(begin, 0, &format!("c{n}"), "created", &ticket),
                at(begin, 60, &format!("a{n}"), "agent_replied", &ticket),
            ]
        })
        .collect();
    publish(&producer, &topic, &answered);
    let count = |service: &Service, responses: f64| {
        wait_for("the samples", || {
            let metrics = Metrics(service.get("/metrics")?);
            (metrics.value(RESPONSES) == Some(responses)).then_some(())
        });
    };
    count(&service, 100.0);
    // A clean stop writes a checkpoint of them.
    assert_eq!(service.stop(), Some(0));
    service.start_again();
    count(&service, 100.0);
    let notes = |minute: i64| -> Vec<String> {
        let note =
            |n| at(begin, minute, &format!("n{minute}-{n}"), "note_added", &format!("T-{n}"));
        tickets.clone().map(note).collect()
    };
    let written = |service: &Service| {
        wait_for("a checkpoint of both partitions", || {
            let count = "vaste_checkpoint_duration_seconds_count";
            (Metrics(service.get("/metrics")?).value(count) >= Some(2.0)).then_some(())
        });
    };
    for round in 0..6 {
        // The first news after a start are in a checkpoint, the next ones only after an hour.
        publish(&producer, &topic, &notes(10 + 2 * round));
        written(&service);
        // Notes between creation and answer: every sample is taken back and comes again.
        publish(&producer, &topic, &notes(11 + 2 * round));
        caught_up(&service, &topic, 2);
        count(&service, 100.0);
        service.kill();
        service.start_again();
        caught_up(&service, &topic, 2);
        count(&service, 100.0);
        let read_again = "vaste_records_applied_total{type=\"ticket.note_added\"}";
        assert!(
            service.metrics().value(read_again) >= Some(100.0),
            "those of after the checkpoint are read again"
        );
    }
}

/// A Prometheus that scrapes services.
struct Scraper {
    port: u16,
    _folder: tempfile::TempDir,
    _process: ChildProcess,
}

impl Scraper {
    fn start(prometheus: &str, targets: &[u16]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let targets: Vec<String> =
            targets.iter().map(|port| format!("\"127.0.0.1:{port}\"")).collect();
        let targets = targets.join(", ");
        let config = format!(
            "scrape_configs: [{{ job_name: vaste, scrape_interval: 500ms, scrape_timeout: 500ms, \
             static_configs: [{{ targets: [{targets}] }}] }}]"
        );
        fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        let mut command = Command::new(prometheus);
        command
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = ChildProcess::start(&mut command);
        Self { port, _folder: folder, _process: process }
    }

    /// The result of a query.
    fn result(&self, query: &str) -> Option<serde_json::Value> {
        let query: String =
            query.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let (_, body) = fetch(self.port, &format!("/api/v1/query?query={query}"))?;
        let mut answer: serde_json::Value = serde_json::from_str(&body).ok()?;
        Some(answer["data"]["result"].take())
    }

    /// The value of the first series.
    fn query(&self, query: &str) -> Option<f64> {
        self.result(query)?[0]["value"][1].as_str()?.parse().ok()
    }

    /// What each target has added since the first sample of it: what `increase` counts, without its
    /// extrapolation to the ends of the range. A lower value is a counter reset.
    fn added(&self, series: &str) -> Vec<(String, f64)> {
        let result = self.result(&format!("{series}[30m]")).unwrap();
        let one = |target: &serde_json::Value| {
            let samples = target["values"].as_array().unwrap();
            let value = |sample: &serde_json::Value| sample[1].as_str().unwrap().parse().unwrap();
            let values: Vec<f64> = samples.iter().map(value).collect();
            let step = |pair: &[f64]| if pair[1] < pair[0] { pair[1] } else { pair[1] - pair[0] };
            (target["metric"]["instance"].to_string(), values.windows(2).map(step).sum())
        };
        result.as_array().unwrap().iter().map(one).collect()
    }
}

#[test]
fn prometheus_counts_each_answer_once_over_kills_and_restarts() {
    let Some(broker) = broker() else { return };
    let Ok(prometheus) = std::env::var("VASTE_TEST_PROMETHEUS") else { return };
    let topic = fresh("increase");
    create_topic(&broker, &topic, 2);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    );
    let more = "state: { store: state, checkpoint_every: 1s }\n";
    let mut service = Service::start_with(&kafka, AGREEMENT, more);
    service.wait_until_ready();
    let producer = producer(&broker);
    let answered = |from: u32, to: u32| -> Vec<String> {
        (from..to)
            .flat_map(|n| {
                let ticket = format!("T-{n}");
                [record(n, "created", &ticket), record(n + 100_000, "agent_replied", &ticket)]
            })
            .collect()
    };
    // The first scrape shows what the counters began with, so that these are an increase, too.
    publish(&producer, &topic, &answered(0, 5_000));
    caught_up(&service, &topic, 2);
    let scraper = Scraper::start(&prometheus, &[service.port()]);
    let query = |text: &str| scraper.query(text);
    let seen = |count: f64| {
        wait_for("Prometheus to see the count", || (query(RESPONSES) == Some(count)).then_some(()));
    };
    seen(5_000.0);
    let mut total = 5_000;
    for round in 0..4 {
        publish(&producer, &topic, &answered(total, total + 100));
        total += 100;
        seen(f64::from(total));
        if round % 2 == 0 {
            service.kill();
        } else {
            assert_eq!(service.stop(), Some(0));
        }
        // Some come while it is away.
        publish(&producer, &topic, &answered(total, total + 50));
        total += 50;
        service.start_again();
        seen(f64::from(total));
    }
    let resets = query(&format!("resets({RESPONSES}[10m])"));
    assert_eq!(resets, Some(0.0), "it never decreases");
    // `increase` extrapolates to the ends of its range; the difference does not.
    let first = query(&format!("min_over_time({RESPONSES}[10m])"));
    let last = query(&format!("max_over_time({RESPONSES}[10m])"));
    assert_eq!(last.zip(first).map(|(last, first)| last - first), Some(5_600.0));
    let increase = query(&format!("increase({RESPONSES}[10m])")).unwrap();
    println!("increase: {increase}");
    assert!((increase - 5_600.0).abs() < 560.0, "{increase}");
}

/// Tickets that are answered, each in its own records.
fn answered(from: u32, to: u32) -> Vec<String> {
    (from..to)
        .flat_map(|n| {
            let ticket = format!("T-{n}");
            [record(n, "created", &ticket), record(n + 1_000_000, "agent_replied", &ticket)]
        })
        .collect()
}

/// Two services that share a topic, and a Prometheus that scrapes both.
struct Pair {
    topic: String,
    producer: BaseProducer,
    first: Service,
    second: Service,
    scraper: Scraper,
    /// Tickets that were answered.
    total: u32,
    _folder: tempfile::TempDir,
}

impl Pair {
    /// The second has just started; the first has counted [`BEFORE`] answers.
    fn start(broker: &str, prometheus: &str) -> Self {
        let topic = fresh("handed-counts");
        create_topic(broker, &topic, 4);
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("state");
        let more = format!("state: {{ store: \"{}\", checkpoint_every: 1s }}\n", store.display());
        let kafka = format!(
            "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
             properties: {{ session.timeout.ms: \"6000\" }} }}"
        );
        let producer = producer(broker);
        let first = Service::start_with(&kafka, AGREEMENT, &more);
        first.wait_until_ready();
        publish(&producer, &topic, &answered(0, BEFORE));
        caught_up(&first, &topic, 4);
        let second = Service::start_with(&kafka, AGREEMENT, &more);
        let scraper = Scraper::start(prometheus, &[first.port(), second.port()]);
        wait_for("Prometheus to see the first", || {
            (scraper.query(RESPONSES) == Some(f64::from(BEFORE))).then_some(())
        });
        Self { topic, producer, first, second, scraper, total: BEFORE, _folder: folder }
    }

    /// The number of partitions that a service holds.
    fn assigned(&self, service: &Service) -> Option<f64> {
        let topic = &self.topic;
        let metrics = Metrics(service.get("/metrics")?);
        metrics.value(&format!("vaste_kafka_assigned_partitions{{topic=\"{topic}\"}}"))
    }

    /// Publishes tickets with their answers.
    fn publish(&mut self) {
        publish(&self.producer, &self.topic, &answered(self.total, self.total + 40));
        self.total += 40;
    }

    /// Waits until Prometheus has seen at least all answers but `missing`. It never sees more.
    fn seen(&self, missing: u32) {
        let expected = f64::from(self.total);
        wait_for("the answers to be added", || {
            let added = self.scraper.added(RESPONSES);
            let all: f64 = added.iter().map(|(_, added)| added).sum();
            assert!(all <= expected, "{added:?} of {expected}");
            (all >= expected - f64::from(missing)).then(|| println!("{added:?} of {expected}"))
        });
    }

    /// Waits until the second holds a half, and shows what it counts there.
    fn shared(&mut self) {
        wait_for("the half of the partitions", || {
            (self.assigned(&self.second) == Some(2.0)).then_some(())
        });
        self.publish();
        wait_for("its counters", || Metrics(self.second.get("/metrics")?).value(RESPONSES));
        self.publish();
        self.seen(0);
    }

    /// Waits until the first holds all partitions.
    fn alone(&mut self) {
        self.publish();
        wait_for("all partitions", || (self.assigned(&self.first) == Some(4.0)).then_some(()));
        self.publish();
    }
}

/// Answers that the first counts before the second starts.
const BEFORE: u32 = 5_000;

#[test]
fn prometheus_counts_each_answer_once_while_partitions_go_from_instance_to_instance() {
    let Some(broker) = broker() else { return };
    let Ok(prometheus) = std::env::var("VASTE_TEST_PROMETHEUS") else { return };
    let mut pair = Pair::start(&broker, &prometheus);
    for _ in 0..2 {
        pair.publish();
        pair.shared();
        assert_eq!(pair.second.stop(), Some(0));
        pair.alone();
        pair.seen(0);
        pair.second.start_again();
    }
    pair.shared();
    // After a crash nobody knows what had been shown: some may be missing, and none is counted twice.
    pair.publish();
    pair.second.kill();
    pair.alone();
    caught_up(&pair.first, &pair.topic, 4);
    pair.publish();
    pair.seen(120);
}
