//! Reload: teams are added and removed while the service runs, and no other series changes.

use std::fs;

use crate::harness::{Metrics, Service, broker, create_topic, fresh, record, wait_for};
use crate::notified::{Alertmanager, Webhook};

const BILLING: &str = "\
team: billing
objectives:
  - name: limit
    measure: first_reply
    none_over: 1s
    alerts: { missed: { for: 0s, keep_firing_for: 0s } }
";

/// All series of a team.
fn of_team(metrics: &Metrics, team: &str) -> Vec<String> {
    let label = format!("team=\"{team}\"");
    metrics.0.lines().filter(|line| line.contains(&label)).map(str::to_owned).collect()
}

#[test]
fn adding_or_removing_a_team_changes_no_other_team_and_resolves_no_alert() {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let topic = fresh("reloaded");
    create_topic(&broker, &topic, 3);
    let kafka =
        format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, workers: 2 }}");
    let more =
        format!("alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}]\n", alertmanager.port());
    let agreements = [BILLING.to_owned(), "team: support\n".to_owned()];
    let service = Service::start_all(&kafka, &agreements, &more);
    wait_for("the service to be ready", || service.get("/-/ready"));
    let mut events = Vec::new();
    for ticket in 0..50 {
        let id = format!("T-{ticket}");
        events.push(record(ticket * 3, "created", &id));
        if ticket % 2 == 0 {
            events.push(record(ticket * 3 + 1, "agent_replied", &id));
        }
    }
    let legal = record(1_000, "created", "L-1").replace("billing", "legal");
    events.push(legal);
    assert!(service.publish(&events.join("\n")).status.success());
    wait_for("the alert to fire", || {
        (webhook.counts().get("limit") == Some(&(1, 0))).then_some(())
    });
    let waiting = |team: &str| {
        format!(
            "vaste_waiting_tickets{{team=\"{team}\",measure=\"first_reply\",basis=\"calendar\"}}"
        )
    };
    let responses =
        "vaste_responses_total{team=\"billing\",measure=\"first_reply\",basis=\"calendar\"}";
    let before = service.metrics();
    assert_eq!(before.value(&waiting("billing")), Some(25.0));
    assert_eq!(before.value(&waiting("_unclaimed")), Some(1.0));
    assert_eq!(before.value(responses), Some(25.0));

    // A team is added: its ticket was unclaimed until now. Every scrape has the series of the
    // others.
    fs::write(service.folder.path().join("agreement-2.yaml"), "team: legal\n").unwrap();
    service.child.signal("HUP");
    let after = wait_for("the new team", || {
        let metrics = service.metrics();
        assert_eq!(metrics.value(&waiting("billing")), Some(25.0), "the other team has no gap");
        assert_eq!(metrics.value(responses), Some(25.0), "no sample counts twice");
        metrics.value(&waiting("legal")).map(|_| metrics)
    });
    assert_eq!(after.value(&waiting("legal")), Some(1.0));
    assert_eq!(after.value(&waiting("_unclaimed")), Some(0.0));
    assert_eq!(of_team(&after, "support").len(), of_team(&before, "support").len());

    // A team is removed: its series end with the next view.
    fs::remove_file(service.folder.path().join("agreement-1.yaml")).unwrap();
    service.child.signal("HUP");
    let gone = wait_for("the team to be gone", || {
        let metrics = service.metrics();
        assert_eq!(metrics.value(&waiting("billing")), Some(25.0), "the other team has no gap");
        of_team(&metrics, "support").is_empty().then_some(metrics)
    });
    assert_eq!(gone.value("vaste_config_last_reload_successful"), Some(1.0));
    assert_eq!(of_team(&gone, "billing").len(), of_team(&before, "billing").len());

    // A faulty configuration changes nothing, and is reported.
    fs::write(service.folder.path().join("agreement-2.yaml"), "team: legal\nobjective: []\n")
        .unwrap();
    service.child.signal("HUP");
    wait_for("the refusal", || {
        (service.metrics().value("vaste_config_last_reload_successful") == Some(0.0)).then_some(())
    });
    assert_eq!(service.metrics().value(&waiting("legal")), Some(1.0));
    assert!(service.log().contains("objective: unknown key"), "{}", service.log());
    assert_eq!(webhook.counts().get("limit"), Some(&(1, 0)), "notified once, and never resolved");
    let breaches = "vaste_objective_breaches_total{objective=\"limit\",team=\"billing\"}";
    assert_eq!(service.metrics().value(breaches), Some(1.0));
}
