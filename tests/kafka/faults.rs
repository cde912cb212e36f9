//! What happens while the network, or an Alertmanager, is away.

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

/// The webhook's thread stands for any server: it answers what was said.
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
    let mut said = [0; 4];
    let mut streams: Vec<TcpStream> = (0..20).map(|_| client()).collect();
    for stream in &mut streams {
        stream.write_all(b"one ").unwrap();
        stream.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"one ");
    }
    proxy.set(Network::Stall);
    streams.push(client());
    for stream in &mut streams {
        stream.write_all(b"two ").unwrap();
    }
    let error = streams[0].read(&mut said).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "nothing comes");
    proxy.set(Network::Pass);
    for stream in &mut streams {
        wait_for("what was on its way", || stream.read_exact(&mut said).ok());
        assert_eq!(&said, b"two ");
    }
    proxy.set(Network::Delay(Duration::from_millis(60)));
    let begin = now();
    streams[0].write_all(b"slow").unwrap();
    wait_for("what comes late", || streams[0].read_exact(&mut said).ok());
    assert!(now().duration_since(begin) >= Duration::from_millis(120), "there and back");
    proxy.set(Network::Reset);
    for stream in &mut streams {
        let error = wait_for("the reset", || match stream.read(&mut said) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => None,
            other => Some(other.unwrap_err()),
        });
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    let mut late = client();
    drop(late.write_all(b"new "));
    assert!(late.read_exact(&mut said).is_err(), "who comes now is refused");
}

/// It is missed as soon as somebody waits too long, and met as soon as nobody does.
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

/// After a short while away no wait is longer than this. What is sent again each minute anyway comes later.
const BACK_WITHIN: Duration = Duration::from_secs(25);

/// A service that tells the Alertmanagers on these ports, and reads this topic as a group of its own.
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

/// Whether an objective's alert fires.
fn is_firing(service: &Service, objective: &str) -> bool {
    let series = format!(
        "vaste_alerts{{team=\"billing\",objective=\"{objective}\",\
         alertname=\"VasteObjectiveMissed\",severity=\"critical\",state=\"firing\"}}"
    );
    service.metrics().value(&series).is_some()
}

/// A number of the first Alertmanager.
fn of_first(service: &Service, name: &str) -> f64 {
    let series = format!("vaste_alertmanager_{name}{{alertmanager=\"am-0\"}}");
    service.metrics().value(&series).unwrap()
}

/// Long enough for an Alertmanager to tell more, if it had more to tell.
fn look_on(ms: i64) {
    let begin = wall_clock();
    wait_for("time to pass", || (wall_clock().since(begin).ms() > ms).then_some(()));
}

/// What the webhook was told of `limit`: firing, and resolved.
fn told(webhook: &Webhook) -> (u32, u32) {
    webhook.counts().get("limit").copied().unwrap_or_default()
}

/// It fires, the network does this until so many alerts failed, and it is over meanwhile.
fn cut_while_it_fires(what: &str, network: Network, failures: f64) {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let proxy = Proxy::before(alertmanager.port());
    let topic = fresh("cut");
    create_topic(&broker, &topic, 1);
    let service = service(&topic, &[proxy.port()]);
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    wait_for("the page", || (told(&webhook) == (1, 0)).then_some(()));
    proxy.set(network);
    assert!(service.publish(&record(2, "agent_replied", "T-1")).status.success());
    wait_for("it to be over", || (!is_firing(&service, "limit")).then_some(()));
    wait_for("requests to fail", || {
        (of_first(&service, "alerts_failed_total") >= failures).then_some(())
    });
    proxy.set(Network::Pass);
    let healed = now();
    wait_for("the end of it", || (told(&webhook) == (1, 1)).then_some(()));
    assert!(now().duration_since(healed) < BACK_WITHIN, "{what}");
    wait_for("nothing to wait any more", || {
        (of_first(&service, "pending_alerts") < 1.0).then_some(())
    });
    look_on(2_500);
    assert_eq!(told(&webhook), (1, 1), "{what}");
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
    // Longer than a request may take: it arrives, and its answer is not heard.
    cut_while_it_fires("too slow", Network::Delay(Duration::from_secs(11)), 1.0);
}

#[test]
fn what_a_cut_held_back_does_not_page_after_the_end() {
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
    wait_for("it to be over", || (!is_firing(&service, "limit")).then_some(()));
    let so_far = of_first(&service, "alerts_failed_total");
    failed(so_far + 1.0);
    proxy.set(Network::Pass);
    wait_for("nothing to wait any more", || {
        (of_first(&service, "pending_alerts") < 1.0).then_some(())
    });
    look_on(2_500);
    assert!(alertmanager.held().is_empty(), "it is over: {:?}", alertmanager.held());
    let (firing, resolved) = told(&webhook);
    println!("told {firing} times");
    assert_eq!(firing, resolved, "who was told of it was told of its end");
}

#[test]
fn an_alertmanager_that_is_away_misses_nothing_and_tells_nothing_twice() {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(mut alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let topic = fresh("away");
    create_topic(&broker, &topic, 1);
    let service = service(&topic, &[alertmanager.port()]);
    alertmanager.kill();
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    for objective in ["limit", "longer"] {
        wait_for("it to fire", || is_firing(&service, objective).then_some(()));
    }
    wait_for("requests to fail", || {
        (of_first(&service, "alerts_failed_total") >= 2.0).then_some(())
    });
    alertmanager.start_again();
    let back = now();
    let all_held = |alertmanager: &Alertmanager| {
        wait_for("all to be held", || (alertmanager.held().len() == 2).then_some(()));
    };
    all_held(&alertmanager);
    assert!(now().duration_since(back) < BACK_WITHIN);
    let once = |firing| ["limit", "longer"].map(|name| (name.to_owned(), (firing, 0))).into();
    wait_for("both pages", || (webhook.counts() == once(1)).then_some(()));
    look_on(2_500);
    assert_eq!(webhook.counts(), once(1), "one page each");
    // It ends in order, keeps what it told, and hears of all again when it is time.
    alertmanager.stop();
    alertmanager.start_again();
    assert!(alertmanager.held().is_empty(), "it keeps no alerts");
    all_held(&alertmanager);
    look_on(2_500);
    assert_eq!(webhook.counts(), once(1), "no second page");
    assert!(of_first(&service, "alerts_dropped_total") < 1.0);
}

#[test]
fn two_services_and_two_alertmanagers_tell_once() {
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
        wait_for("it to be held", || alertmanager.held().remove("limit"));
    }
    wait_for("the page", || (told(&webhook).0 > 0).then_some(()));
    // Longer than the second of them waits for the first. What changes while it waits it would tell as it was
    // before: so the end comes between two looks at the group.
    look_on(3_000);
    assert_eq!(told(&webhook), (1, 0));
    assert!(services[0].publish(&record(2, "agent_replied", "T-1")).status.success());
    wait_for("its end", || (told(&webhook).1 > 0).then_some(()));
    look_on(3_000);
    assert_eq!(told(&webhook), (1, 1));
}

#[test]
fn an_alertmanager_that_hangs_delays_no_other() {
    let Some(broker) = broker() else { return };
    let Some(alertmanager) = Alertmanager::start(Webhook::default().listen()) else { return };
    let topic = fresh("hangs");
    create_topic(&broker, &topic, 1);
    let service = service(&topic, &[hangs(), alertmanager.port()]);
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    // The second fires while the first is still on its way to the one that hangs.
    for objective in ["limit", "longer"] {
        let alert = wait_for("it to be held", || alertmanager.held().remove(objective));
        let fires = Timestamp::parse(alert["startsAt"].as_str().unwrap()).unwrap();
        let late_ms = wall_clock().since(fires).ms();
        println!("{objective} is held {late_ms} ms after it fires");
        assert!(late_ms < 1_000, "{late_ms} ms");
    }
    assert!(of_first(&service, "alerts_sent_total") < 1.0, "it hangs");
}
