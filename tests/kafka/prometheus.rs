//! Prometheus and promtool on the metrics of a running service.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::harness::{
    ChildProcess, Metrics, Service, broker, create_topic, fetch, free_port, fresh, root, wait_for,
};

pub(crate) const AGREEMENT: &str = "\
team: billing
objectives:
  - { name: first-reply, measure: first_reply, within: 4h, min_tickets: 1 }
  - { name: nobody-forgotten, measure: first_reply, none_over: 5d }
";

/// Families that were added, or whose help text changed, after the catalogue was written.
const ADDED: [&str; 23] = [
    "vaste_agendas_total",
    "vaste_alerts ",
    "vaste_fields_ignored_total",
    "vaste_kafka_topic_compacted",
    "vaste_market_as_of_timestamp_seconds",
    "vaste_merged_waiting_total",
    "vaste_mismatched_times_total",
    "vaste_objective_compliance_high_ratio",
    "vaste_objective_compliance_low_ratio",
    "vaste_objective_compliance_ratio",
    "vaste_objective_spam_over_target",
    "vaste_objective_target_seconds",
    "vaste_objective_target_working_days",
    "vaste_objective_unanswered_ratio",
    "vaste_rating",
    "vaste_records_applied_total",
    "vaste_records_rejected_total",
    "vaste_records_skipped_total",
    "vaste_response",
    "vaste_undeclared_team_events_total",
    "vaste_waiting_oldest_start_timestamp_seconds",
    "vaste_waiting_tickets",
    "vaste_window_",
];

/// A service with one ticket of a month ago that was never answered.
fn service(broker: &str) -> Service {
    let topic = fresh("scraped");
    create_topic(broker, &topic, 3);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start(&kafka, AGREEMENT);
    let record = "{\"id\":\"1\",\"type\":\"ticket.created\",\"time\":\"2026-01-05T08:00:00Z\",\
                  \"ticket\":\"T-1\",\"team\":\"billing\"}";
    assert!(service.publish(record).status.success());
    wait_for("the ticket", || {
        let waiting =
            "vaste_waiting_tickets{team=\"billing\",measure=\"first_reply\",basis=\"calendar\"}";
        let metrics = service.metrics();
        // Alerts are evaluated at the next whole second.
        let is_there = metrics.value(waiting) == Some(1.0)
            && metrics.value("vaste_ready") == Some(1.0)
            && metrics.0.contains("\nvaste_alerts{");
        is_there.then_some(())
    });
    service
}

#[test]
fn promtool_accepts_the_metrics() {
    let Some(broker) = broker() else { return };
    let Ok(promtool) = std::env::var("VASTE_TEST_PROMTOOL") else { return };
    let service = service(&broker);
    let Metrics(text) = service.metrics();
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && printed.is_empty(), "{}", String::from_utf8_lossy(&printed));
}

/// The families with their types and label names, on which dashboards and rules depend.
fn families(text: &str) -> String {
    let mut page = String::new();
    let mut labels: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("vaste_")) {
        let (name, rest) = line.split_once('{').unwrap_or((line.split_once(' ').unwrap().0, ""));
        let names = rest.split('"').step_by(2).filter_map(|part| part.strip_suffix('='));
        let names = names.map(|name| name.trim_start_matches(',').to_owned());
        labels.entry(name).or_default().insert(names.collect::<Vec<_>>().join(","));
    }
    // Series of errors exist only after an error.
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE vaste_"));
    for line in types.filter(|line| !line.starts_with("kafka_broker_errors")) {
        let (name, kind) = line.split_once(' ').unwrap();
        writeln!(page, "vaste_{name} {kind}").unwrap();
        for part in ["", "_bucket", "_sum", "_count"] {
            for names in labels.get(format!("vaste_{name}{part}").as_str()).into_iter().flatten() {
                writeln!(page, "  {part}{{{names}}}").unwrap();
            }
        }
    }
    page
}

#[test]
fn metric_families_keep_their_names_types_and_labels() {
    let Some(broker) = broker() else { return };
    let service = service(&broker);
    let Metrics(text) = service.metrics();
    insta::assert_snapshot!("families", families(&text));
    let lines = |text: &str| -> BTreeSet<String> {
        let about =
            |line: &&str| line.starts_with("# HELP vaste_") || line.starts_with("# TYPE vaste_");
        text.lines().filter(about).map(str::to_owned).collect()
    };
    // If the catalogue of metrics exists, it has every family with the same help text.
    if let Ok(catalogue) = fs::read_to_string(root().join("../shared/catalogue.prom")) {
        let is_added = |line: &&String| ADDED.iter().any(|name| line.contains(name));
        let ours = lines(&text);
        let known = lines(&catalogue);
        let unknown: Vec<_> = ours.difference(&known).filter(|line| !is_added(line)).collect();
        assert!(unknown.is_empty(), "{unknown:#?}");
    }
}

/// A Prometheus with this configuration, which listens on a port.
pub(crate) fn prometheus(
    program: &str,
    folder: &tempfile::TempDir,
    port: u16,
    config: &str,
) -> ChildProcess {
    fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    ChildProcess::start(&mut command)
}

#[test]
fn a_real_prometheus_scrapes_the_service_and_answers_a_query() {
    let Some(broker) = broker() else { return };
    let Ok(program) = std::env::var("VASTE_TEST_PROMETHEUS") else { return };
    let service = service(&broker);
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = format!(
        "scrape_configs: [{{ job_name: vaste, scrape_interval: 1s, static_configs: [{{ targets: \
         [\"127.0.0.1:{}\"] }}] }}]",
        service.port()
    );
    let _prometheus = prometheus(&program, &folder, port, &config);
    let query = "/api/v1/query?query=vaste_objective_state%7Bstate%3D%22missed%22%2Cteam%3D%22billing%22%7D";
    let answer = wait_for("Prometheus to know the missed objectives", || {
        let (_, body) = fetch(port, query)?;
        let answer: serde_json::Value = serde_json::from_str(&body).ok()?;
        let results = answer["data"]["result"].as_array()?.clone();
        (results.len() == 2).then_some(results)
    });
    for result in answer {
        assert_eq!(result["value"][1], "1", "{result}");
        assert_eq!(result["metric"]["job"], "vaste", "{result}");
    }
    // It asked for OpenMetrics, which names this counter without the suffix of its samples.
    let about = |metric: &str| {
        let (_, body) = fetch(port, &format!("/api/v1/metadata?metric={metric}")).unwrap();
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        answer["data"][metric][0]["type"].as_str().map(str::to_owned)
    };
    assert_eq!(about("vaste_records_applied").as_deref(), Some("counter"));
    assert_eq!(about("vaste_records_applied_total"), None);
}
