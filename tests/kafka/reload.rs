//! Reload: teams are added and removed while the service runs, and no other series changes.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::harness::{Metrics, Service, broker, create_topic, fresh, record, wait_for, wall_clock};
use crate::notified::{Alertmanager, Webhook};

const BILLING: &str = "\
team: billing
objectives:
  - name: limit
    measure: first_reply
    none_over: 1s
    alerts: { missed: { for: 0s, keep_firing_for: 0s } }
";

/// All series of a team, but that of a frozen alert: while a change is applied, an alert may be frozen.
fn of_team(metrics: &Metrics, team: &str) -> Vec<String> {
    let label = format!("team=\"{team}\"");
    let is_frozen =
        |line: &str| line.starts_with("vaste_alerts{") && line.contains("state=\"frozen\"");
    let lines = metrics.0.lines().filter(|line| line.contains(&label) && !is_frozen(line));
    lines.map(str::to_owned).collect()
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

/// Status and body of an answer to `POST /-/reload` with these further headers.
fn ask_to_reload(service: &Service, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", service.port())).unwrap();
    let request =
        format!("POST /-/reload HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Counts of windows, waiting tickets and objectives, which the same events give at any time of the day.
fn counts(metrics: &Metrics) -> BTreeSet<&str> {
    let families =
        ["window_tickets", "waiting_tickets", "objective_tickets", "objective_missed_tickets"];
    let is_counted =
        |line: &&str| families.iter().any(|family| line.starts_with(&format!("vaste_{family}{{")));
    metrics.0.lines().filter(is_counted).collect()
}

#[test]
fn a_request_reloads_where_that_is_on_and_gives_what_a_new_start_gives() {
    let Some(broker) = broker() else { return };
    let topic = fresh("asked");
    create_topic(&broker, &topic, 1);
    let kafka =
        |group: &str| format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {group} }}");
    let off = Service::start_all(&kafka(&fresh("off")), &[BILLING.to_owned()], "");
    let (status, body) = ask_to_reload(&off, "");
    assert_eq!((status, body.contains("set `reload: { endpoint: true }`")), (403, true), "{body}");

    let on =
        Service::start_all(&kafka(&topic), &[BILLING.to_owned()], "reload: { endpoint: true }\n");
    let events = [record(1, "created", "T-1"), record(2, "agent_replied", "T-1")];
    let support =
        events.clone().map(|event| event.replace("billing", "support").replace("T-1", "T-2"));
    assert!(on.publish(&[events, support].concat().join("\n")).status.success());
    assert_eq!(on.page("/-/reload").map(|(status, _)| status), Some(405), "GET changes nothing");
    let (status, body) = ask_to_reload(&on, "Origin: https://elsewhere.example\r\n");
    assert_eq!((status, body.contains("a page may not")), (403, true), "{body}");
    let support = BILLING
        .replace("billing", "support")
        .replace("none_over: 1s", "within: 1s, min_tickets: 1");
    let support =
        support.replace("    within: 1s, min_tickets: 1", "    within: 1s\n    min_tickets: 1");
    let file = on.folder.path().join("agreement-1.yaml");
    fs::write(&file, support.replace("within", "withn")).unwrap();
    let (status, body) = ask_to_reload(&on, "");
    assert_eq!((status, body.contains("withn: unknown key")), (500, true), "{body}");
    fs::write(&file, &support).unwrap();
    assert_eq!(ask_to_reload(&on, ""), (200, "reloaded\n".to_owned()));

    let fresh = Service::start_all(&kafka(&fresh("new")), &[BILLING.to_owned(), support], "");
    let (reloaded, started) = wait_for("equal counts", || {
        let all = [&on, &fresh].map(Service::metrics);
        let answered = "vaste_objective_tickets{team=\"support\",objective=\"limit\"}";
        let are_read = all.iter().all(|metrics| metrics.value(answered) == Some(1.0));
        are_read.then(|| all.into())
    });
    assert_eq!(counts(&reloaded), counts(&started));
    assert!(counts(&reloaded).len() > 20);
}

#[test]
fn at_an_interval_files_are_loaded_if_they_differ_and_errors_are_said_once() {
    let Some(broker) = broker() else { return };
    let topic = fresh("watched");
    create_topic(&broker, &topic, 1);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start_all(&kafka, &[BILLING.to_owned()], "reload: { every: 1s }\n");
    let loaded = |metrics: &Metrics| metrics.value("vaste_config_last_reload_successful");
    let has = |team: &str| {
        wait_for(team, || (!of_team(&service.metrics(), team).is_empty()).then_some(()));
    };
    has("billing");
    let write = |name: &str, text: &str| fs::write(service.folder.path().join(name), text).unwrap();
    write("agreement-1.yaml", "team: support\n");
    has("support");
    write("agreement-2.yaml", "team: legal\nobjective: []\n");
    wait_for("the refusal", || (loaded(&service.metrics()) == Some(0.0)).then_some(()));
    // Three further evaluations a second apart: the files are read in between.
    let evaluations = "vaste_alert_evaluations_total";
    let first = service.metrics().value(evaluations).unwrap();
    wait_for("three seconds", || {
        (service.metrics().value(evaluations)? >= first + 3.0).then_some(())
    });
    assert_eq!(service.logged("objective: unknown key"), 1, "{}", service.log());
    // The text of before again: it is loaded, or the failure would stay in the metrics.
    fs::remove_file(service.folder.path().join("agreement-2.yaml")).unwrap();
    wait_for("the success", || (loaded(&service.metrics()) == Some(1.0)).then_some(()));
    assert_eq!(service.logged("the configuration is not loaded"), 1, "{}", service.log());
}

/// The text of an agreement with one objective of that name.
fn with_objective(name: &str) -> String {
    format!(
        "team: billing\nobjectives: [{{ name: {name}, measure: first_reply, none_over: 5h }}]\n"
    )
}

#[test]
fn files_are_read_again_at_the_interval_also_after_the_process_stood_still() {
    let Some(broker) = broker() else { return };
    let topic = fresh("read-again");
    create_topic(&broker, &topic, 1);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start_with(&kafka, &with_objective("first"), "reload: { every: 1s }\n");
    service.wait_until_ready();
    let file = service.folder.path().join("agreement-0.yaml");
    let is_shown = |name: &str| {
        wait_for(name, || service.get(&format!("/teams/billing/objectives/{name}")));
    };
    is_shown("first");
    for name in ["second", "third"] {
        service.child.signal("STOP");
        fs::write(&file, with_objective(name)).unwrap();
        // Longer than two intervals.
        let begin = wall_clock();
        wait_for("time to pass", || (wall_clock().since(begin).ms() > 2_500).then_some(()));
        service.child.signal("CONT");
        is_shown(name);
    }
    // It goes on at the interval, and not only once.
    fs::write(&file, with_objective("fourth")).unwrap();
    is_shown("fourth");
}
