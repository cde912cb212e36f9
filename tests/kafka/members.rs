//! Members of the group: two processes with one id, a dead one that has not expired, workers that start.

use crate::crash::{producer, publish};
use crate::harness::process::now;
use crate::harness::{Service, broker, create_topic, fresh, record, wait_for};
use crate::own_broker::Broker;
use crate::proxy::Network;
use crate::service::AGREEMENT;

const CREATED: &str = "vaste_records_applied_total{type=\"ticket.created\"}";

#[test]
fn a_process_that_another_one_fences_says_so_and_goes_on_when_the_other_has_gone() {
    let Some(broker) = broker() else { return };
    let topic = fresh("fenced");
    create_topic(&broker, &topic, 2);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one, session.timeout.ms: \"6000\" }} }}"
    );
    let first = Service::start(&kafka, AGREEMENT);
    first.wait_until_ready();
    let second = Service::start(&kafka, AGREEMENT);
    first.wait_for_reason("uses group.instance.id `one`");
    second.wait_until_ready();
    publish(&producer(&broker), &topic, &[record(1, "created", "T-1")]);
    wait_for("the second to read", || (second.metrics().value(CREATED) == Some(1.0)).then_some(()));
    assert_eq!(first.metrics().value("vaste_ready"), Some(0.0), "it never is, meanwhile");
    assert_eq!(second.terminate(), Some(0));
    first.wait_until_ready();
    publish(&producer(&broker), &topic, &[record(2, "created", "T-2")]);
    wait_for("the first to read again", || {
        (first.metrics().value(CREATED) == Some(2.0)).then_some(())
    });
    assert_eq!(first.logged("a new Kafka client joins the group"), 1, "{}", first.log());
    assert_eq!(first.terminate(), Some(0));
}

#[test]
fn a_member_whose_requests_to_join_arrive_twice_after_a_cut_blames_no_other_process() {
    let Some(broker) = Broker::start() else { return };
    create_topic(&broker.address(), "events", 2);
    let kafka = format!(
        "{{ brokers: [\"{}\"], topic: events, group: cut, properties: {{ group.instance.id: one, \
         session.timeout.ms: \"6000\", reconnect.backoff.max.ms: \"500\" }} }}",
        broker.address_cut()
    );
    let service = Service::start(&kafka, AGREEMENT);
    service.wait_until_ready();
    let rejoined = "the group has taken an earlier request of this client for another member";
    for cut in 1..=4 {
        broker.network().set(Network::Stall);
        wait_for("the session to end", || {
            (service.logged("revoked partition=0") >= cut).then_some(())
        });
        let over = now();
        wait_for("two seconds", || (now().duration_since(over).as_secs() >= 2).then_some(()));
        broker.network().set(Network::Pass);
        wait_for("data to be current", || {
            let (status, reason) = service.page("/-/ready")?;
            assert!(!reason.contains("another process"), "{reason}");
            (status == 200).then_some(())
        });
        println!("cut {cut}: {} times", service.logged(rejoined));
        if service.logged(rejoined) > 0 {
            return;
        }
    }
}

#[test]
fn a_dead_member_that_has_not_expired_is_named_and_no_broker_is_blamed() {
    let Some(broker) = broker() else { return };
    let topic = fresh("expires");
    create_topic(&broker, &topic, 1);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ session.timeout.ms: \"15000\" }} }}"
    );
    let mut service = Service::start(&kafka, AGREEMENT);
    service.wait_until_ready();
    service.kill();
    service.start_again();
    let reason = service.wait_for_reason("session.timeout.ms");
    assert!(reason.contains("0 of 1 partitions"), "{reason}");
    service.wait_until_ready();
    assert!(!service.log().contains("check kafka.brokers"), "{}", service.log());
}

#[test]
fn workers_that_start_together_read_each_partition_once() {
    let Some(broker) = broker() else { return };
    let topic = fresh("together");
    create_topic(&broker, &topic, 4);
    let records: Vec<String> = (0..400).map(|n| record(n, "created", &format!("T-{n}"))).collect();
    publish(&producer(&broker), &topic, &records);
    for round in 0..3 {
        let kafka = format!(
            "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}-{round}, workers: 2, \
             properties: {{ group.instance.id: one }} }}"
        );
        let service = Service::start(&kafka, AGREEMENT);
        service.wait_until_ready();
        let metrics = service.metrics();
        assert_eq!(metrics.value(CREATED), Some(400.0));
        assert_eq!(metrics.value("vaste_records_duplicate_total"), Some(0.0));
        assert_eq!(service.logged("assigned: reading from its start"), 4, "{}", service.log());
        assert_eq!(service.terminate(), Some(0));
    }
}
