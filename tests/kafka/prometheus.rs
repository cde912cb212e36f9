//! What Prometheus itself makes of the metrics.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::parts::{
    Metrics, Running, Service, broker, create_topic, fetch, free_port, fresh, wait_for,
};

const AGREEMENT: &str = "\
team: billing
objectives:
  - { name: first-reply, measure: first_reply, within: 4h, min_tickets: 1 }
  - { name: nobody-forgotten, measure: first_reply, none_over: 5d }
";

/// A service with one ticket of a month ago that nobody has answered.
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
        let is_there =
            metrics.value(waiting) == Some(1.0) && metrics.value("vaste_ready") == Some(1.0);
        is_there.then_some(())
    });
    service
}

#[test]
fn promtool_has_nothing_to_say_about_the_metrics() {
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
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn a_real_prometheus_scrapes_the_service_and_answers_a_query() {
    let Some(broker) = broker() else { return };
    let Ok(prometheus) = std::env::var("VASTE_TEST_PROMETHEUS") else { return };
    let service = service(&broker);
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = format!(
        "scrape_configs: [{{ job_name: vaste, scrape_interval: 1s, static_configs: [{{ targets: \
         [\"127.0.0.1:{}\"] }}] }}]",
        service.port()
    );
    fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    let child = Command::new(prometheus)
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _prometheus = Running(child);
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
}
