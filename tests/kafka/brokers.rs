//! Brokers that cannot be reached as they say, that take rights away, or that fail one of two.

use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};

use crate::crash::{producer, publish};
use crate::harness::{Service, admin, broker, create_topic, fresh, record, runtime, wait_for};
use crate::own_broker::{Broker, Cluster};
use crate::service::AGREEMENT;

const CREATED: &str = "vaste_records_applied_total{type=\"ticket.created\"}";

#[test]
fn an_advertised_name_that_cannot_be_resolved_is_named_and_not_the_configured_address() {
    let Some(broker) = Broker::start() else { return };
    create_topic(&broker.address(), "events", 1);
    let address = broker.address_external();
    let service =
        Service::start(&format!("{{ brokers: [\"{address}\"], topic: events }}"), AGREEMENT);
    let reason = service.wait_for_reason("kafka-internal.invalid");
    assert!(reason.contains("correct its advertised.listeners"), "{reason}");
    assert!(!reason.contains("check kafka.brokers"), "{reason}");
}

#[test]
fn a_listener_that_wants_another_protocol_is_named() {
    let Some(_) = broker() else { return };
    let guarded = |name| std::env::var(format!("VASTE_TEST_KAFKA_{name}"));
    let (Ok(sasl), Ok(tls)) = (guarded("SASL"), guarded("TLS")) else { return };
    for address in [sasl, tls] {
        let service =
            Service::start(&format!("{{ brokers: [\"{address}\"], topic: events }}"), AGREEMENT);
        let reason = service.wait_for_reason("another security.protocol");
        assert!(reason.contains("than PLAINTEXT, such as SASL_PLAINTEXT"), "{reason}");
    }
}

#[test]
fn rights_that_are_taken_and_given_back_stop_it_for_seconds_only() {
    let Some(broker) = Broker::start() else { return };
    create_topic(&broker.address(), "events", 2);
    let group = fresh("rights");
    broker.allow("topic", "events", true);
    broker.allow("group", &group, true);
    let kafka = format!(
        "{{ brokers: [\"{}\"], topic: events, group: {group}, properties: {{ security.protocol: \
         SASL_PLAINTEXT, sasl.mechanisms: PLAIN, sasl.username: vaste, group.instance.id: one }} }}",
        broker.address_sasl()
    );
    let secret = ("VASTE_KAFKA_PROPERTIES_SASL_PASSWORD", "right-secret".to_owned());
    let service = Service::start_with_variables(&kafka, AGREEMENT, "", &[secret]);
    service.wait_until_ready();
    broker.allow("topic", "events", false);
    service.wait_for_reason("does not let this user read");
    publish(&producer(&broker.address()), "events", &[record(1, "created", "T-1")]);
    broker.allow("topic", "events", true);
    let given = crate::harness::wall_clock();
    service.wait_until_ready();
    let seconds = crate::harness::wall_clock().since(given).seconds();
    println!("ready again after {seconds} s");
    assert!(seconds < 15.0, "{seconds} s");
    wait_for("the record", || (service.metrics().value(CREATED) == Some(1.0)).then_some(()));
}

/// A cluster of two brokers, each of which leads one of two partitions, and a service that reads them.
fn two() -> Option<(Cluster, Service)> {
    let cluster = Cluster::start()?;
    let address = cluster.address();
    let placed: [&[i32]; 2] = [&[1], &[2]];
    let new = NewTopic::new("events", 2, TopicReplication::Variable(&placed));
    let made =
        runtime().block_on(admin(&address).create_topics(&[new], &AdminOptions::new())).unwrap();
    made.into_iter().for_each(|one| drop(one.unwrap()));
    let kafka = format!(
        "{{ brokers: [\"{address}\"], topic: events, properties: {{ group.instance.id: one }} }}"
    );
    let service = Service::start(&kafka, AGREEMENT);
    service.wait_until_ready();
    Some((cluster, service))
}

#[test]
fn one_of_two_brokers_that_dies_freezes_and_is_named() {
    let Some((mut cluster, service)) = two() else { return };
    cluster.second.kill();
    let reason = service.wait_for_reason("partition 1 cannot be read: broker 2 at 127.0.0.1:");
    assert!(reason.contains("check that broker"), "{reason}");
    cluster.start_second_again();
    service.wait_until_ready();
}

#[test]
fn one_of_two_brokers_that_hangs_freezes_and_is_named() {
    let Some((cluster, service)) = two() else { return };
    cluster.second.signal("STOP");
    service.wait_for_reason("partition 1 cannot be read: broker 2 at 127.0.0.1:");
    // It stays so: an answer in that partition cannot be read.
    for _ in 0..20 {
        assert_eq!(service.metrics().value("vaste_ready"), Some(0.0));
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
    cluster.second.signal("CONT");
    service.wait_until_ready();
}
