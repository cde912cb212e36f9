//! Restart: a service stops while an alert fires, and starts again. There is one notification, and
//! no alert is resolved.

use vaste::time::{Elapsed, MINUTE_MS, SECOND_MS, Timestamp};

use crate::harness::{Service, broker, create_topic, fresh, record, wait_for, wall_clock};
use crate::notified::{Alertmanager, Webhook};

const AGREEMENT: &str = "\
team: billing
objectives:
  - name: limit
    measure: first_reply
    none_over: 2s
    alerts: { missed: { for: 1s, keep_firing_for: 0s } }
";

fn time(alert: &serde_json::Value, name: &str) -> Timestamp {
    Timestamp::parse(alert[name].as_str().unwrap()).unwrap()
}

#[test]
fn a_deploy_and_a_crash_neither_page_nor_resolve() {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let topic = fresh("deployed");
    create_topic(&broker, &topic, 2);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    );
    let more = format!(
        "alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}]\nstate: {{ store: state, \
         checkpoint_every: 0s }}\n",
        alertmanager.port()
    );
    let mut service = Service::start_with(&kafka, AGREEMENT, &more);
    wait_for("the service to be ready", || service.get("/-/ready"));
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    wait_for("the alert to fire", || {
        (webhook.counts().get("limit") == Some(&(1, 0))).then_some(())
    });
    let held = || alertmanager.held().get("limit").cloned();
    let began = time(&held().unwrap(), "startsAt");

    // A deploy: the final notice keeps the alert firing until a service runs again.
    let stopped = wall_clock();
    assert_eq!(service.stop(), Some(0));
    let left = held().unwrap();
    let lasts = time(&left, "endsAt").since(stopped);
    assert!(lasts >= Elapsed::from_ms(14 * MINUTE_MS), "the final notice lasts for {lasts}");
    let started = wall_clock();
    service.start_again();
    let again = wait_for("the alert to be sent again", || {
        held().filter(|alert| time(alert, "updatedAt") > started)
    });
    let late = time(&again, "updatedAt").since(started);
    assert!(late < Elapsed::from_ms(30 * SECOND_MS), "sent again after {late}");
    wait_for("the service to be ready", || service.get("/-/ready"));
    assert_eq!(time(&held().unwrap(), "startsAt"), began, "it is the same alert");

    // A crash.
    service.kill();
    let started = wall_clock();
    service.start_again();
    wait_for("the alert to be sent again", || {
        held().filter(|alert| time(alert, "updatedAt") > started)
    });
    wait_for("the service to be ready", || service.get("/-/ready"));
    assert_eq!(time(&held().unwrap(), "startsAt"), began, "it is the same alert");
    assert_eq!(webhook.counts().get("limit"), Some(&(1, 0)), "notified once, and never resolved");
    let breaches = "vaste_objective_breaches_total{objective=\"limit\",team=\"billing\"}";
    assert_eq!(
        service.metrics().value(breaches),
        Some(0.0),
        "it was missed before, and is no new breach"
    );

    // The answer comes while no service runs. The alert is resolved once, when a service runs
    // again.
    assert_eq!(service.stop(), Some(0));
    assert!(service.publish(&record(2, "agent_replied", "T-1")).status.success());
    service.start_again();
    wait_for("the alert to be resolved", || {
        (webhook.counts().get("limit") == Some(&(1, 1))).then_some(())
    });
    assert_eq!(service.stop(), Some(0));
    service.start_again();
    wait_for("the service to be ready", || service.get("/-/ready"));
    assert_eq!(webhook.counts().get("limit"), Some(&(1, 1)));
}

#[test]
fn the_watchdog_alert_fires_while_the_service_runs() {
    let Some(broker) = broker() else { return };
    let Some(alertmanager) = Alertmanager::start(Webhook::default().listen()) else { return };
    let topic = fresh("watched");
    create_topic(&broker, &topic, 1);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let more = format!(
        "alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}]\nexternal_labels: {{ cluster: north }}\n",
        alertmanager.port()
    );
    let _service = Service::start_with(&kafka, AGREEMENT, &more);
    let watchdog = wait_for("the watchdog", || {
        let (_, body) = crate::harness::fetch(alertmanager.port(), "/api/v2/alerts")?;
        let all: Vec<serde_json::Value> = serde_json::from_str(&body).unwrap();
        all.into_iter().find(|alert| alert["labels"]["alertname"] == "VasteWatchdog")
    });
    let expected = serde_json::json!({
        "alertname": "VasteWatchdog", "severity": "none", "cluster": "north",
    });
    assert_eq!(watchdog["labels"], expected);
    assert!(watchdog["annotations"]["summary"].as_str().unwrap().ends_with('.'));
}
