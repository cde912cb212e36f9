//! Kafka fails or is unreachable while an alert fires: no alert is resolved, the outage is
//! reported, and no record is lost.

use std::time::Duration;

use vaste::time::SECOND_MS;

use crate::crash::{caught_up, compare, counted, producer, publish};
use crate::harness::{Metrics, Service, create_topic, fetch, record, wait_for, wall_clock};
use crate::notified::{Alertmanager, Webhook};
use crate::own_broker::Broker;
use crate::proxy::Network;
use crate::service::AGREEMENT;
use crate::simulated_team::{Team, log};

/// One alert that fires when a ticket waits for two seconds, and the objectives of other tests.
fn agreement() -> String {
    let limit = "  - { name: limit, measure: first_reply, none_over: 2s, \
                 alerts: { missed: { for: 1s, keep_firing_for: 0s } } }\n";
    let lines: Vec<&str> = AGREEMENT.lines().collect();
    let index = lines.iter().position(|line| *line == "objectives:").unwrap() + 1;
    let (head, rest) = lines.split_at(index);
    format!("{}\n{limit}{}\n", head.join("\n"), rest.join("\n"))
}

const PARTITIONS: i32 = 2;

struct Scene {
    broker: Broker,
    service: Service,
    alertmanager: Alertmanager,
    webhook: Webhook,
    topic: String,
    records: Vec<String>,
}

/// The records of three days. At the end only tickets wait that were never answered.
fn records() -> Vec<String> {
    let team = |name| Team {
        name,
        every_minutes: 10,
        answers_minutes: 30,
        slows_percent: 0,
        forgets_one_of: 0,
    };
    let begin = wall_clock().minus(vaste::time::Elapsed::from_ms(72 * 3_600 * SECOND_MS));
    log(&[team("support"), team("ghost")], begin, 3, 5)
}

/// A service that has read a third of the records, with one alert that fires.
fn scene(name: &str, is_cut: bool) -> Option<Scene> {
    let broker = Broker::start()?;
    let webhook = Webhook::default();
    let alertmanager = Alertmanager::start(webhook.listen())?;
    let topic = name.to_owned();
    create_topic(&broker.address(), &topic, PARTITIONS);
    let address = if is_cut { broker.address_cut() } else { broker.address() };
    let kafka = format!(
        "{{ brokers: [\"{address}\"], topic: {topic}, group: {topic}, properties: {{ \
         socket.timeout.ms: \"4000\", reconnect.backoff.max.ms: \"500\", group.instance.id: one }} }}"
    );
    let more = format!(
        "alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}]\nstate: {{ store: state, \
         checkpoint_every: 1s }}\nstale_after: 3s\n",
        alertmanager.port()
    );
    let mut records = records();
    let third = records.len() / 3;
    let producer = producer(&broker.address());
    publish(&producer, &topic, &records[..third]);
    let service = Service::start_with(&kafka, &agreement(), &more);
    caught_up(&service, &topic, PARTITIONS);
    // From here on a ticket waits.
    let waits = record(1, "created", "W-1");
    publish(&producer, &topic, std::slice::from_ref(&waits));
    records.push(waits);
    wait_for("the alert to fire", || {
        (webhook.counts().get("limit") == Some(&(1, 0))).then_some(())
    });
    Some(Scene { broker, service, alertmanager, webhook, topic, records })
}

impl Scene {
    /// The names of the alerts that Alertmanager holds.
    fn names(&self) -> Vec<String> {
        let (_, body) = fetch(self.alertmanager.port(), "/api/v2/alerts").unwrap();
        let all: Vec<serde_json::Value> = serde_json::from_str(&body).unwrap();
        all.iter().map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned()).collect()
    }

    fn has(&self, name: &str) -> bool {
        self.names().iter().any(|held| held == name)
    }

    /// The stale-data alert fires. The firing alert goes on, with the instant since which its data
    /// is frozen.
    fn check_frozen(&self) {
        wait_for("the stale-data alert", || self.has("VasteDataStale").then_some(()));
        let held = self.alertmanager.held();
        let limit = held.get("limit").unwrap();
        assert!(limit["annotations"]["frozen_since"].is_string(), "{limit}");
        assert_eq!(self.webhook.counts().get("limit"), Some(&(1, 0)), "nothing is resolved");
        assert_eq!(self.service.metrics().value("vaste_ready"), Some(0.0));
        assert_eq!(self.service.page("/-/healthy").map(|(status, _)| status), Some(200));
        assert!(self.service.page("/metrics").is_some());
    }

    /// The service is ready again, and the answer to the waiting ticket resolves the alert once.
    fn check_recovered(mut self) {
        wait_for("the service to be ready again", || self.service.get("/-/ready"));
        wait_for("the stale-data alert to end", || (!self.has("VasteDataStale")).then_some(()));
        let producer = producer(&self.broker.address());
        // The rest of the records, as continuing load.
        let third = (self.records.len() - 1) / 3;
        let rest = self.records[third..self.records.len() - 1].to_vec();
        publish(&producer, &self.topic, &rest);
        let answer = record(2, "agent_replied", "W-1");
        publish(&producer, &self.topic, std::slice::from_ref(&answer));
        self.records.push(answer);
        wait_for("the alert to be resolved", || {
            (self.webhook.counts().get("limit") == Some(&(1, 1))).then_some(())
        });
        let metrics = caught_up(&self.service, &self.topic, PARTITIONS);
        compare(&metrics, &self.records);
        // The result equals that of a service without an outage.
        let kafka = format!(
            "{{ brokers: [\"{}\"], topic: {}, group: {}-whole }}",
            self.broker.address(),
            self.topic,
            self.topic
        );
        let whole = Service::start(&kafka, &agreement());
        let metrics_whole: Metrics = caught_up(&whole, &self.topic, PARTITIONS);
        assert_eq!(counted(&metrics), counted(&metrics_whole));
        assert_eq!(metrics.value("vaste_kafka_broker_errors_total{code=\"HistoryGap\"}"), None);
        assert_eq!(
            self.webhook.counts().get("limit"),
            Some(&(1, 1)),
            "notified once, resolved once"
        );
    }
}

#[test]
fn a_broker_that_dies_under_load_and_comes_back_loses_nothing_and_resolves_nothing() {
    let Some(mut scene) = scene("died", false) else { return };
    scene.broker.kill();
    scene.check_frozen();
    scene.broker.start_again();
    scene.check_recovered();
}

#[test]
fn a_stalled_network_freezes_alerts_until_it_recovers() {
    let Some(scene) = scene("stalled", true) else { return };
    scene.broker.network().set(Network::Stall);
    scene.check_frozen();
    scene.broker.network().set(Network::Pass);
    scene.check_recovered();
}

#[test]
fn a_resetting_network_freezes_alerts_until_it_recovers() {
    let Some(scene) = scene("reset", true) else { return };
    scene.broker.network().set(Network::Reset);
    scene.check_frozen();
    scene.broker.network().set(Network::Pass);
    scene.check_recovered();
}

#[test]
fn a_network_that_delays_changes_nothing() {
    let Some(scene) = scene("delayed", true) else { return };
    scene.broker.network().set(Network::Delay(Duration::from_millis(300)));
    let begin = wall_clock();
    wait_for("some seconds of delay", || {
        (wall_clock().since(begin).ms() > 5 * SECOND_MS).then_some(())
    });
    assert_eq!(scene.webhook.counts().get("limit"), Some(&(1, 0)), "nothing is resolved");
    scene.broker.network().set(Network::Pass);
    scene.check_recovered();
}

#[test]
fn an_alert_resolved_by_another_service_is_not_sent_again_by_a_service_without_data() {
    let Some(mut scene) = scene("elsewhere", true) else { return };
    scene.broker.network().set(Network::Stall);
    scene.check_frozen();
    // Another service, which has current data, resolves it.
    let mut alert = scene.alertmanager.held().remove("limit").unwrap();
    alert["endsAt"] = serde_json::json!(wall_clock().to_string());
    let body = serde_json::json!([{
        "labels": alert["labels"], "startsAt": alert["startsAt"], "endsAt": alert["endsAt"],
    }]);
    let port = scene.alertmanager.port();
    let post = ureq::post(format!("http://127.0.0.1:{port}/api/v2/alerts"));
    post.content_type("application/json").send(body.to_string()).unwrap();
    wait_for("the alert to be resolved", || {
        (scene.webhook.counts().get("limit") == Some(&(1, 1))).then_some(())
    });
    // A service that starts now and cannot read anything would send the alert that fired when it
    // last had data.
    scene.service.kill();
    scene.service.start_again();
    let evaluations = || {
        let metrics = Metrics(scene.service.get("/metrics")?);
        metrics.value("vaste_alert_evaluations_total").filter(|count| *count >= 4.0)
    };
    wait_for("some evaluations", evaluations);
    assert!(scene.alertmanager.held().is_empty(), "{:?}", scene.alertmanager.held());
    assert_eq!(
        scene.webhook.counts().get("limit"),
        Some(&(1, 1)),
        "there is no second notification"
    );
}
