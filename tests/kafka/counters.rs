//! Counters that Prometheus reads over kills and hand-overs: no sample is counted twice, and none is
//! missing.

use std::fs;
use std::process::{Command, Stdio};

use crate::crash::{caught_up, producer, publish};
use crate::harness::{
    ChildProcess, Metrics, Service, broker, create_topic, fetch, free_port, fresh, record,
    wait_for, wall_clock,
};
use crate::service::AGREEMENT;
use vaste::time::{Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

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

/// A Prometheus that scrapes one service.
struct Scraper {
    port: u16,
    _folder: tempfile::TempDir,
    _process: ChildProcess,
}

impl Scraper {
    fn start(prometheus: &str, target: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let config = format!(
            "scrape_configs: [{{ job_name: vaste, scrape_interval: 500ms, scrape_timeout: 500ms, \
             static_configs: [{{ targets: [\"127.0.0.1:{target}\"] }}] }}]"
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

    /// The value of the first series.
    fn query(&self, query: &str) -> Option<f64> {
        let query: String =
            query.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let (_, body) = fetch(self.port, &format!("/api/v1/query?query={query}"))?;
        let answer: serde_json::Value = serde_json::from_str(&body).ok()?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
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
    // What was counted before Prometheus looked is in no increase.
    publish(&producer, &topic, &answered(0, 5_000));
    caught_up(&service, &topic, 2);
    let scraper = Scraper::start(&prometheus, service.port());
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
    assert_eq!(last.zip(first).map(|(last, first)| last - first), Some(600.0));
    let increase = query(&format!("increase({RESPONSES}[10m])")).unwrap();
    println!("increase: {increase}");
    assert!((increase - 600.0).abs() < 60.0, "{increase}");
}
