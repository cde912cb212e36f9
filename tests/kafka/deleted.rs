//! Records that are deleted before they are read, and topics that are deleted and recreated while
//! the service runs or is stopped.

use rdkafka::admin::AdminOptions;
use rdkafka::topic_partition_list::Offset;
use rdkafka::{ClientConfig, TopicPartitionList};

use crate::crash::{caught_up, producer, publish};
use crate::harness::{
    Metrics, Service, admin, broker, create_topic, create_topic_with, fresh, record, runtime,
    wait_for, wall_clock,
};
use crate::service::AGREEMENT;

const CREATED: &str = "vaste_records_applied_total{type=\"ticket.created\"}";
const GAPS: &str = "vaste_kafka_broker_errors_total{code=\"HistoryGap\"}";

/// Creations of tickets `prefix-from` to `prefix-to`.
fn created(prefix: &str, tickets: std::ops::Range<u32>) -> Vec<String> {
    tickets.map(|n| record(n, "created", &format!("{prefix}-{n}"))).collect()
}

fn service(broker: &str, topic: &str, more: &str) -> Service {
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    );
    let service = Service::start_with(&kafka, AGREEMENT, more);
    service.wait_until_ready();
    service
}

/// Waits until this many tickets were created since the service started, and it is ready.
fn has_read(service: &Service, tickets: f64) {
    wait_for("all tickets to be read", || {
        let metrics = Metrics(service.get("/metrics")?);
        let ready = metrics.value("vaste_ready") == Some(1.0);
        (metrics.value(CREATED) == Some(tickets) && ready).then_some(())
    });
}

/// Deletes the records of a partition before an offset; all of them for -1.
pub(crate) fn delete_records(broker: &str, topic: &str, partition: i32, before: i64) {
    let mut list = TopicPartitionList::new();
    let offset = if before < 0 { Offset::End } else { Offset::Offset(before) };
    list.add_partition_offset(topic, partition, offset).unwrap();
    let deleted =
        runtime().block_on(admin(broker).delete_records(&list, &AdminOptions::new())).unwrap();
    deleted.elements().iter().for_each(|element| element.error().unwrap());
}

/// Deletes the topic and recreates it with this many partitions.
fn create_anew(broker: &str, topic: &str, partitions: i32) {
    let admin = admin(broker);
    let deleted = runtime().block_on(admin.delete_topics(&[topic], &AdminOptions::new())).unwrap();
    deleted.into_iter().for_each(|one| drop(one.unwrap()));
    // The broker may still be deleting it.
    wait_for("the topic to be created", || {
        use rdkafka::admin::{NewTopic, TopicReplication};
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        let made = runtime().block_on(admin.create_topics(&[new], &AdminOptions::new())).unwrap();
        made.into_iter().next()?.ok()
    });
}

#[test]
fn retention_that_overtakes_a_sleeping_reader_costs_only_the_records_that_are_gone() {
    let Some(broker) = broker() else { return };
    let topic = fresh("overtaken");
    create_topic(&broker, &topic, 1);
    let service = service(&broker, &topic, "");
    let producer = producer(&broker);
    publish(&producer, &topic, &created("T", 0..5));
    has_read(&service, 5.0);
    service.child.signal("STOP");
    // The broker answers the request that was under way, if there was one, and then there is none. The answer
    // is an event that is known already.
    publish(&producer, &topic, &created("T", 4..5));
    publish(&producer, &topic, &created("T", 6..20));
    delete_records(&broker, &topic, 0, 15);
    service.child.signal("CONT");
    has_read(&service, 10.0);
    assert_eq!(service.metrics().value(GAPS), Some(1.0));
    assert_eq!(service.logged("records were deleted before they were read"), 1);
    assert!(service.logged("ERROR") <= 3, "{}", service.log());
    let start =
        format!("vaste_history_start_timestamp_seconds{{topic=\"{topic}\",partition=\"0\"}}");
    assert!(service.metrics().value(&start).is_some());
    // It goes on.
    publish(&producer, &topic, &created("T", 20..25));
    has_read(&service, 15.0);
}

/// Chaos found that the service asked for the last record that it had read, which was gone, and stood still.
#[test]
fn records_that_were_read_and_then_deleted_stop_no_restart() {
    let Some(broker) = broker() else { return };
    let topic = fresh("quiet");
    create_topic(&broker, &topic, 1);
    let mut service = service(&broker, &topic, "state: { store: state, checkpoint_every: 0s }\n");
    let producer = producer(&broker);
    publish(&producer, &topic, &created("T", 0..5));
    has_read(&service, 5.0);
    assert_eq!(service.stop(), Some(0));
    delete_records(&broker, &topic, 0, -1);
    service.start_again();
    wait_for("the service to be ready", || service.get("/-/ready"));
    publish(&producer, &topic, &created("T", 5..8));
    has_read(&service, 3.0);
    assert_eq!(service.metrics().value(GAPS), None, "nothing is lost");
}

#[test]
fn a_gap_begins_history_when_it_is_noticed_whatever_the_first_record_left_says() {
    let Some(broker) = broker() else { return };
    let topic = fresh("gap");
    create_topic(&broker, &topic, 1);
    let mut service = service(&broker, &topic, "state: { store: state, checkpoint_every: 0s }\n");
    let producer = producer(&broker);
    publish(&producer, &topic, &created("T", 0..5));
    has_read(&service, 5.0);
    assert_eq!(service.stop(), Some(0));
    publish(&producer, &topic, &created("T", 5..35));
    // The first record that is left has the time and the timestamp of an event of long ago.
    let ago = "2026-01-05T08:00:00Z";
    let old = format!(
        "{{\"id\":\"900\",\"type\":\"ticket.created\",\"time\":\"{ago}\",\"ticket\":\"T-old\",\
         \"team\":\"billing\"}}"
    );
    let message = rdkafka::producer::BaseRecord::to(&topic).key("T-old").payload(&old);
    producer.send(message.timestamp(1_767_600_000_000)).map_err(|(error, _)| error).unwrap();
    publish(&producer, &topic, &[]);
    delete_records(&broker, &topic, 0, 35);
    let before = wall_clock();
    service.start_again();
    has_read(&service, 1.0);
    let start =
        format!("vaste_history_start_timestamp_seconds{{topic=\"{topic}\",partition=\"0\"}}");
    let start = service.metrics().value(&start).unwrap();
    assert!(start >= before.unix_seconds().floor(), "{start} before the gap was noticed");
}

fn a_recreated_topic(before: i32, after: i32, is_running: bool) {
    let Some(broker) = broker() else { return };
    let topic = fresh("recreated");
    create_topic(&broker, &topic, before);
    let mut service = service(&broker, &topic, "state: { store: state, checkpoint_every: 0s }\n");
    // New producers, because they keep the number of partitions.
    publish(&producer(&broker), &topic, &created("old", 0..10));
    has_read(&service, 10.0);
    caught_up(&service, &topic, before);
    if !is_running {
        assert_eq!(service.stop(), Some(0));
    }
    create_anew(&broker, &topic, after);
    // Longer than what was read of the topic before.
    publish(&producer(&broker), &topic, &created("new", 100..140));
    let read_before = if is_running {
        10.0
    } else {
        service.start_again();
        0.0
    };
    has_read(&service, read_before + 40.0);
    assert!(service.logged("deleted and recreated") >= 1, "{}", service.log());
    assert!(service.metrics().value(GAPS) >= Some(1.0));
    publish(&producer(&broker), &topic, &created("new", 140..150));
    has_read(&service, read_before + 50.0);
}

#[test]
fn a_recreated_topic_and_longer_is_read_from_its_start() {
    a_recreated_topic(2, 2, true);
}

#[test]
fn a_recreated_topic_with_more_partitions_is_read_from_its_start() {
    a_recreated_topic(1, 3, true);
}

#[test]
fn a_recreated_topic_with_fewer_partitions_is_read_from_its_start() {
    a_recreated_topic(3, 1, true);
}

#[test]
fn a_recreated_topic_while_the_service_is_stopped_is_read_from_its_start() {
    a_recreated_topic(2, 2, false);
    a_recreated_topic(1, 3, false);
}

#[test]
fn a_recreated_topic_and_shorter_is_read_from_its_start() {
    let Some(broker) = broker() else { return };
    let topic = fresh("shorter");
    create_topic(&broker, &topic, 1);
    let service = service(&broker, &topic, "");
    publish(&producer(&broker), &topic, &created("old", 0..10));
    has_read(&service, 10.0);
    create_anew(&broker, &topic, 1);
    publish(&producer(&broker), &topic, &created("new", 100..103));
    has_read(&service, 13.0);
    assert!(service.logged("ERROR") <= 4, "{}", service.log());
}

#[test]
fn a_compacted_topic_is_named_and_has_no_history_from_before() {
    let Some(broker) = broker() else { return };
    let topic = fresh("compacted");
    create_topic_with(&broker, &topic, 1, &[("cleanup.policy", "compact")]);
    let service = service(&broker, &topic, "");
    let warning = wait_for("the warning", || {
        service.get("/-/ready").filter(|text| text.contains("cleanup.policy"))
    });
    assert!(warning.starts_with("ready\nwarning: "), "{warning}");
    let compacted = format!("vaste_kafka_topic_compacted{{topic=\"{topic}\"}}");
    assert_eq!(service.metrics().value(&compacted), Some(1.0));
    assert_eq!(service.logged("cleanup.policy=delete"), 1);
    let start =
        format!("vaste_history_start_timestamp_seconds{{topic=\"{topic}\",partition=\"0\"}}");
    wait_for("history to begin now", || service.metrics().value(&start));
    let plain = fresh("kept");
    create_topic(&broker, &plain, 1);
    let service = self::service(&broker, &plain, "");
    let compacted = format!("vaste_kafka_topic_compacted{{topic=\"{plain}\"}}");
    wait_for("the policy to be known", || service.metrics().value(&compacted));
    assert_eq!(service.metrics().value(&compacted), Some(0.0));
    assert_eq!(service.get("/-/ready").as_deref(), Some("ready\n"));
}

/// A consumer's configuration that asks the broker only.
pub(crate) fn asking(broker: &str, group: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker).set("group.id", group);
    config
}
