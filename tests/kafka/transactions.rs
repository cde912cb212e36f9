//! Producers that use transactions: open ones hide what comes after them, and their markers take
//! offsets that no reader is given.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, TopicPartitionList};

use crate::crash::{producer, publish};
use crate::dead_letters::ASK_WAIT;
use crate::deleted::asking;
use crate::harness::{Service, broker, create_topic, fresh, key, record, wait_for};
use crate::notified::{Alertmanager, Webhook};

const AGREEMENT: &str = "\
team: billing
objectives:
  - { name: limit, measure: first_reply, none_over: 6s, alerts: { missed: { for: 0s } } }
";

/// A producer that has begun a transaction.
pub(crate) fn begin(broker: &str) -> BaseProducer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker).set("transactional.id", fresh("transaction"));
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(ASK_WAIT).unwrap();
    producer.begin_transaction().unwrap();
    producer
}

/// Sends a record in the transaction of a producer.
pub(crate) fn send_in(producer: &BaseProducer, topic: &str, payload: &str) {
    producer
        .send(BaseRecord::to(topic).key(key(payload)).payload(payload))
        .map_err(|(error, _)| error)
        .unwrap();
    producer.flush(ASK_WAIT).unwrap();
}

#[test]
fn an_open_transaction_freezes_with_the_number_of_records_behind_it_and_pages_nobody() {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let topic = fresh("open-transaction");
    create_topic(&broker, &topic, 1);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let more = format!(
        "alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}]\nstale_after: 2s\n",
        alertmanager.port()
    );
    let service = Service::start_with(&kafka, AGREEMENT, &more);
    service.wait_until_ready();
    let plain = producer(&broker);
    publish(&plain, &topic, &[record(1, "created", "T-1")]);
    // Its answer comes behind a transaction that stays open.
    let open = begin(&broker);
    send_in(&open, &topic, &record(2, "note_added", "T-2"));
    publish(&plain, &topic, &[record(3, "agent_replied", "T-1")]);
    let reason = service.wait_for_reason("transaction in partition 0 is open");
    assert!(reason.contains("and 2 records wait behind it"), "{reason}");
    assert_eq!(service.logged("transaction in partition 0 is open"), 1, "{}", service.log());
    wait_for("the stale-data alert", || {
        let (_, body) = crate::harness::fetch(alertmanager.port(), "/api/v2/alerts")?;
        body.contains("VasteDataStale").then_some(())
    });
    // Longer than the target and its alert.
    let since = crate::harness::wall_clock();
    wait_for("the target to pass", || {
        (crate::harness::wall_clock().since(since).ms() > 7_000).then_some(())
    });
    assert_eq!(service.metrics().value("vaste_ready"), Some(0.0));
    open.commit_transaction(ASK_WAIT).unwrap();
    service.wait_until_ready();
    let answered = "vaste_window_tickets{team=\"billing\",measure=\"first_reply\",window=\"1h\",\
                    basis=\"calendar\"}";
    wait_for("the answer", || (service.metrics().value(answered) == Some(1.0)).then_some(()));
    assert_eq!(webhook.counts().get("limit"), None, "nobody was paged");
    assert_eq!(service.logged("data is current again"), 1, "{}", service.log());
}

#[test]
fn lag_is_zero_and_commits_step_over_markers_once_all_that_can_be_read_is_read() {
    let Some(broker) = broker() else { return };
    let topic = fresh("markers");
    create_topic(&broker, &topic, 1);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let more = "state: { store: state, checkpoint_every: 0s }\n";
    let service = Service::start_with(&kafka, AGREEMENT, more);
    service.wait_until_ready();
    let lag = format!("vaste_kafka_consumer_lag_records{{topic=\"{topic}\",partition=\"0\"}}");
    let is_whole = |records: f64| {
        let metrics = service.metrics();
        let applied = "vaste_records_applied_total{type=\"ticket.created\"}";
        let is_read = metrics.value(applied) == Some(records);
        (is_read && metrics.value(&lag) == Some(0.0)).then_some(())
    };
    let one = begin(&broker);
    send_in(&one, &topic, &record(1, "created", "T-1"));
    one.commit_transaction(ASK_WAIT).unwrap();
    wait_for("the committed record", || is_whole(1.0));
    let aborted = begin(&broker);
    send_in(&aborted, &topic, &record(2, "created", "T-2"));
    send_in(&aborted, &topic, &record(3, "created", "T-3"));
    aborted.abort_transaction(ASK_WAIT).unwrap();
    wait_for("the aborted records to be passed", || is_whole(1.0));
    let asking: BaseConsumer = asking(&broker, &topic).create().unwrap();
    let (_, end) = asking.fetch_watermarks(&topic, 0, ASK_WAIT).unwrap();
    assert_eq!(end, 5, "three records and two markers");
    wait_for("the commit behind the last marker", || {
        let mut list = TopicPartitionList::new();
        list.add_partition(&topic, 0);
        let committed = asking.committed_offsets(list, Duration::from_secs(5)).ok()?;
        (committed.elements()[0].offset().to_raw() == Some(end)).then_some(())
    });
    service.wait_until_ready();
}
