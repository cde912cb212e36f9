//! The alerts that a real Alertmanager holds, and the notifications that it sends.

use std::collections::BTreeMap;

use vaste::time::{Elapsed, SECOND_MS, Timestamp};

use crate::harness::{Service, broker, create_topic, fresh, record, wait_for, wall_clock};
use crate::notified::{Alertmanager, Webhook, hangs};

/// The first is met as soon as no ticket waits, the second when half of all tickets were answered
/// in time.
const AGREEMENT: &str = "\
team: billing
name: { en: Billing }
objectives:
  - name: limit
    measure: first_reply
    none_over: 2s
    alerts: { missed: { for: 1s, keep_firing_for: 0s } }
  - name: share
    measure: first_reply
    within: 2s
    share: 50%
    min_tickets: 1
    alerts: { missed: { for: 1s, keep_firing_for: 0s, confidence: plain } }
labels: { tier: \"1\" }
";

/// Checks the labels, the links and the start of each alert.
fn check(alerts: &BTreeMap<String, serde_json::Value>, begun: Timestamp, service: &Service) {
    for (objective, alert) in alerts {
        let label = |name: &str| alert["labels"][name].as_str().unwrap().to_owned();
        assert_eq!(label("alertname"), "VasteObjectiveMissed");
        assert_eq!(
            (label("team"), label("severity")),
            ("billing".to_owned(), "critical".to_owned())
        );
        assert_eq!((label("tier"), label("cluster")), ("1".to_owned(), "north".to_owned()));
        let path = format!("/teams/billing/objectives/{objective}");
        let page = format!("http://127.0.0.1:{}{path}", service.port());
        assert_eq!(alert["generatorURL"], page);
        assert_eq!(alert["annotations"]["page_url"], page);
        assert!(service.get(&path).is_some(), "the link opens the page");
        let starts = Timestamp::parse(alert["startsAt"].as_str().unwrap()).unwrap();
        let due = begun.plus(Elapsed::from_ms(3 * SECOND_MS));
        assert!(starts >= due, "fires at {starts}, not before {due}");
        assert_eq!(starts.ms() % SECOND_MS, 0, "evaluated at whole seconds");
    }
}

#[test]
fn a_miss_pages_once_and_an_answer_resolves_it_once_though_another_alertmanager_hangs() {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let port = alertmanager.port();
    let topic = fresh("paged");
    create_topic(&broker, &topic, 2);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let hanging = hangs();
    let more = format!(
        "alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}, {{ url: \"http://127.0.0.1:{port}/\" }}]\n\
         external_labels: {{ cluster: north }}\n",
        hanging
    );
    let service = Service::start_with(&kafka, AGREEMENT, &more);
    wait_for("the service to be ready", || service.get("/-/ready"));

    let begun = wall_clock();
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    // No further event comes.
    let alerts = wait_for("Alertmanager to hold both", || {
        let alerts = alertmanager.held();
        (alerts.len() == 2).then_some(alerts)
    });
    let late_ms = wall_clock().since(begun).ms() - 2 * SECOND_MS - SECOND_MS;
    assert!(late_ms <= 2 * SECOND_MS, "{late_ms} ms after target and `for`");
    println!("held by Alertmanager {late_ms} ms after target and `for`");
    check(&alerts, begun, &service);
    let firing = "vaste_alerts{team=\"billing\",objective=\"limit\",\
                  alertname=\"VasteObjectiveMissed\",severity=\"critical\",state=\"firing\"}";
    assert_eq!(service.metrics().value(firing), Some(1.0));
    assert_eq!(webhook.counts().get("limit"), Some(&(1, 0)), "one notification");

    // An answer ends the wait. A ticket answered in time meets half of all.
    let answers = [
        record(2, "agent_replied", "T-1"),
        record(3, "created", "T-2"),
        record(4, "agent_replied", "T-2"),
    ];
    assert!(service.publish(&answers.join("\n")).status.success());
    wait_for("both to be resolved", || {
        let counts = webhook.counts();
        counts.values().all(|(_, resolved)| *resolved > 0).then_some(())
    });
    assert!(alertmanager.held().is_empty());
    let metrics = service.metrics();
    assert_eq!(metrics.value(firing), None);
    let sent = |port: u16| {
        let address = format!("http://127.0.0.1:{port}");
        metrics
            .value(&format!("vaste_alertmanager_alerts_sent_total{{alertmanager=\"{address}\"}}"))
    };
    assert!(sent(port) >= Some(3.0));
    assert_eq!(sent(hanging), Some(0.0), "the hanging one accepts nothing");
    let breaches = "vaste_objective_breaches_total{objective=\"limit\",team=\"billing\"}";
    assert_eq!(metrics.value(breaches), Some(1.0));
    // Two more group intervals: nothing more is sent.
    let resolved = wall_clock();
    wait_for("two intervals", || (wall_clock().since(resolved).ms() > 2_500).then_some(()));
    let once = (1, 1);
    let expected = [("limit".to_owned(), once), ("share".to_owned(), once)];
    assert_eq!(webhook.counts(), BTreeMap::from(expected));
}
