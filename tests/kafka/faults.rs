//! Faults of the network and of Alertmanager.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use vaste::time::Timestamp;

use crate::harness::process::now;
use crate::harness::{
    Service, broker, create_topic, free_port, fresh, record, wait_for, wall_clock,
};
use crate::notified::{Alertmanager, Webhook, hangs};
use crate::proxy::{Network, Proxy};

/// A server that echoes what it receives.
fn echo() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut piece = [0; 1024];
                while let Ok(count @ 1..) = stream.read(&mut piece) {
                    if stream.write_all(&piece[..count]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

#[test]
fn the_network_of_these_tests_passes_stalls_delays_and_resets() {
    let proxy = Proxy::before(echo());
    let client = || {
        let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        stream
    };
    let mut received = [0; 4];
    let mut streams: Vec<TcpStream> = (0..20).map(|_| client()).collect();
    for stream in &mut streams {
        stream.write_all(b"one ").unwrap();
        stream.read_exact(&mut received).unwrap();
        assert_eq!(&received, b"one ");
    }
    proxy.set(Network::Stall);
    streams.push(client());
    for stream in &mut streams {
        stream.write_all(b"two ").unwrap();
    }
    let error = streams[0].read(&mut received).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "nothing arrives");
    proxy.set(Network::Pass);
    for stream in &mut streams {
        wait_for("the delayed bytes", || stream.read_exact(&mut received).ok());
        assert_eq!(&received, b"two ");
    }
    proxy.set(Network::Delay(Duration::from_millis(60)));
    let begin = now();
    streams[0].write_all(b"slow").unwrap();
    wait_for("the late bytes", || streams[0].read_exact(&mut received).ok());
    assert!(now().duration_since(begin) >= Duration::from_millis(120), "delayed both ways");
    proxy.set(Network::Reset);
    for stream in &mut streams {
        let error = wait_for("the reset", || match stream.read(&mut received) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => None,
            other => Some(other.unwrap_err()),
        });
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    let mut late = client();
    drop(late.write_all(b"new "));
    assert!(late.read_exact(&mut received).is_err(), "a new connection is refused");
}

/// An objective that is missed as soon as a ticket waits too long, and met as soon as none does.
const AGREEMENT: &str = "\
team: billing
objectives:
  - name: limit
    measure: first_reply
    none_over: 1s
    alerts: { missed: { for: 1s, keep_firing_for: 0s } }
  - name: longer
    measure: first_reply
    none_over: 6s
    alerts: { missed: { for: 1s, keep_firing_for: 0s } }
";

/// The longest wait after a short outage. The refresh each minute comes later.
const BACK_WITHIN: Duration = Duration::from_secs(25);

/// A service that sends to the Alertmanagers on these ports, and reads a topic with its own group.
fn service(topic: &str, ports: &[u16]) -> Service {
    let broker = broker().unwrap();
    let group = fresh("faults");
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {group} }}");
    let urls: Vec<String> =
        ports.iter().map(|port| format!("{{ url: \"http://127.0.0.1:{port}\" }}")).collect();
    let more = format!("alertmanagers: [{}]\n", urls.join(", "));
    let service = Service::start_with(&kafka, AGREEMENT, &more);
    wait_for("the service to be ready", || service.get("/-/ready"));
    service
}

/// Whether the alert of an objective fires.
fn is_firing(service: &Service, objective: &str) -> bool {
    let series = format!(
        "vaste_alerts{{team=\"billing\",objective=\"{objective}\",\
         alertname=\"VasteObjectiveMissed\",severity=\"critical\",state=\"firing\"}}"
    );
    service.metrics().value(&series).is_some()
}

/// A metric of the first Alertmanager.
fn of_first(service: &Service, name: &str) -> f64 {
    let config = std::fs::read_to_string(service.folder.path().join("vaste.yaml")).unwrap();
    let (_, rest) = config.split_once("url: \"").unwrap();
    let (url, _) = rest.split_once('"').unwrap();
    let series = format!("vaste_alertmanager_{name}{{alertmanager=\"{url}\"}}");
    service.metrics().value(&series).unwrap()
}

/// Waits long enough for an Alertmanager to send another notification, if it had one.
fn let_pass(ms: i64) {
    let begin = wall_clock();
    wait_for("time to pass", || (wall_clock().since(begin).ms() > ms).then_some(()));
}

/// Notifications of `limit` at the webhook: firing, and resolved.
fn notifications(webhook: &Webhook) -> (u32, u32) {
    webhook.counts().get("limit").copied().unwrap_or_default()
}

/// The alert fires, the network fails until this many alerts have failed, and the alert ends
/// meanwhile.
fn cut_while_it_fires(what: &str, network: Network, failures: f64) {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let proxy = Proxy::before(alertmanager.port());
    let topic = fresh("cut");
    create_topic(&broker, &topic, 1);
    let service = service(&topic, &[proxy.port()]);
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    wait_for("the page", || (notifications(&webhook) == (1, 0)).then_some(()));
    proxy.set(network);
    assert!(service.publish(&record(2, "agent_replied", "T-1")).status.success());
    wait_for("the alert to end", || (!is_firing(&service, "limit")).then_some(()));
    wait_for("requests to fail", || {
        (of_first(&service, "alerts_failed_total") >= failures).then_some(())
    });
    proxy.set(Network::Pass);
    let healed = now();
    wait_for("the resolved notification", || (notifications(&webhook) == (1, 1)).then_some(()));
    assert!(now().duration_since(healed) < BACK_WITHIN, "{what}");
    wait_for("no pending notices", || (of_first(&service, "pending_alerts") < 1.0).then_some(()));
    let_pass(2_500);
    assert_eq!(notifications(&webhook), (1, 1), "{what}");
    assert!(alertmanager.held().is_empty(), "{what}");
    assert!(of_first(&service, "alerts_dropped_total") < 1.0, "{what}");
}

#[test]
fn an_alert_that_ends_while_the_network_stalls_pages_once_and_ends_once() {
    cut_while_it_fires("stall", Network::Stall, 1.0);
}

#[test]
fn an_alert_that_ends_while_connections_are_reset_pages_once_and_ends_once() {
    cut_while_it_fires("reset", Network::Reset, 2.0);
}

#[test]
fn an_alert_that_ends_while_the_network_is_slow_pages_once_and_ends_once() {
    cut_while_it_fires("slow", Network::Delay(Duration::from_secs(1)), 0.0);
}

#[test]
fn an_alert_that_ends_while_answers_come_too_late_pages_once_and_ends_once() {
    // Longer than the request timeout: the request arrives, and its answer comes too late.
    cut_while_it_fires("too slow", Network::Delay(Duration::from_secs(11)), 1.0);
}

#[test]
fn a_notice_delayed_by_a_network_failure_does_not_page_after_the_alert_ended() {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let proxy = Proxy::before(alertmanager.port());
    let topic = fresh("held-back");
    create_topic(&broker, &topic, 1);
    let service = service(&topic, &[proxy.port()]);
    proxy.set(Network::Stall);
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    let failed = |count: f64| {
        wait_for("requests to fail", || {
            (of_first(&service, "alerts_failed_total") >= count).then_some(())
        });
    };
    failed(1.0);
    assert!(service.publish(&record(2, "agent_replied", "T-1")).status.success());
    wait_for("the alert to end", || (!is_firing(&service, "limit")).then_some(()));
    let so_far = of_first(&service, "alerts_failed_total");
    failed(so_far + 1.0);
    proxy.set(Network::Pass);
    wait_for("no pending notices", || (of_first(&service, "pending_alerts") < 1.0).then_some(()));
    let_pass(2_500);
    assert!(alertmanager.held().is_empty(), "the alert has ended: {:?}", alertmanager.held());
    let (firing, resolved) = notifications(&webhook);
    println!("{firing} notifications");
    assert_eq!(firing, resolved, "each firing notification has a resolved one");
}

#[test]
fn an_alertmanager_that_was_down_misses_no_alert_and_notifies_once() {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(mut alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let topic = fresh("away");
    create_topic(&broker, &topic, 1);
    let service = service(&topic, &[alertmanager.port()]);
    alertmanager.kill();
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    for objective in ["limit", "longer"] {
        wait_for("the alert to fire", || is_firing(&service, objective).then_some(()));
    }
    wait_for("requests to fail", || {
        (of_first(&service, "alerts_failed_total") >= 2.0).then_some(())
    });
    alertmanager.start_again();
    let back = now();
    let all_held = |alertmanager: &Alertmanager| {
        wait_for("Alertmanager to hold all", || (alertmanager.held().len() == 2).then_some(()));
    };
    all_held(&alertmanager);
    assert!(now().duration_since(back) < BACK_WITHIN);
    // Alertmanager holds them before the service has read its answer.
    wait_for("the log to say so", || {
        (service.logged("alerts are delivered again after ") == 1).then_some(())
    });
    let once = |firing| ["limit", "longer"].map(|name| (name.to_owned(), (firing, 0))).into();
    wait_for("both pages", || (webhook.counts() == once(1)).then_some(()));
    let_pass(2_500);
    assert_eq!(webhook.counts(), once(1), "one notification each");
    // It shuts down cleanly, keeps its notification log, and receives all alerts again at the next
    // refresh.
    alertmanager.stop();
    alertmanager.start_again();
    assert!(alertmanager.held().is_empty(), "it does not store alerts");
    all_held(&alertmanager);
    let_pass(2_500);
    assert_eq!(webhook.counts(), once(1), "no second notification");
    assert!(of_first(&service, "alerts_dropped_total") < 1.0);
}

#[test]
fn two_services_and_two_alertmanagers_notify_once() {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let port = webhook.listen();
    let [first, second] = [free_port(), free_port()];
    let member = |own: u16, other: u16| {
        let flags = [
            format!("--cluster.listen-address=127.0.0.1:{own}"),
            format!("--cluster.peer=127.0.0.1:{other}"),
            "--cluster.settle-timeout=5s".to_owned(),
            "--cluster.peer-timeout=1s".to_owned(),
        ];
        Alertmanager::start_in_cluster(port, "10s", &flags)
    };
    let Some(one) = member(first, second) else { return };
    let Some(two) = member(second, first) else { return };
    for alertmanager in [&one, &two] {
        wait_for("the cluster", || (alertmanager.peers() == 2).then_some(()));
    }
    let topic = fresh("twice");
    create_topic(&broker, &topic, 2);
    let ports = [one.port(), two.port()];
    let services = [service(&topic, &ports), service(&topic, &ports)];
    assert!(services[0].publish(&record(1, "created", "T-1")).status.success());
    for alertmanager in [&one, &two] {
        wait_for("Alertmanager to hold the alert", || alertmanager.held().remove("limit"));
    }
    wait_for("the page", || (notifications(&webhook).0 > 0).then_some(()));
    // Longer than the second one waits for the first. It would send a change during that wait with
    // the state before it. So the alert ends between two group intervals.
    let_pass(3_000);
    assert_eq!(notifications(&webhook), (1, 0));
    assert!(services[0].publish(&record(2, "agent_replied", "T-1")).status.success());
    wait_for("the resolved notification", || (notifications(&webhook).1 > 0).then_some(()));
    let_pass(3_000);
    assert_eq!(notifications(&webhook), (1, 1));
}

#[test]
fn an_alertmanager_that_hangs_delays_no_other() {
    let Some(broker) = broker() else { return };
    let Some(alertmanager) = Alertmanager::start(Webhook::default().listen()) else { return };
    let topic = fresh("hangs");
    create_topic(&broker, &topic, 1);
    let service = service(&topic, &[hangs(), alertmanager.port()]);
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    // The second alert fires while the first one is still being sent to the hanging Alertmanager.
    for objective in ["limit", "longer"] {
        let alert =
            wait_for("Alertmanager to hold the alert", || alertmanager.held().remove(objective));
        let fires = Timestamp::parse(alert["startsAt"].as_str().unwrap()).unwrap();
        let late_ms = wall_clock().since(fires).ms();
        println!("{objective} is held {late_ms} ms after it fires");
        assert!(late_ms < 1_000, "{late_ms} ms");
    }
    assert!(of_first(&service, "alerts_sent_total") < 1.0, "the hanging one accepts nothing");
}
