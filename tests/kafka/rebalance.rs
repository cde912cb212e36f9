//! Partitions that are rebalanced, added, truncated, or recreated.

use std::fs;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::admin::AdminOptions;
use rdkafka::topic_partition_list::Offset;

use crate::crash::{caught_up, compare, counted, producer, publish, records};
use crate::harness::process::now;
use crate::harness::{
    Metrics, Service, add_partitions, admin, broker, create_topic, fresh, record, runtime, wait_for,
};
use crate::notified::{Alertmanager, Webhook};
use crate::service::AGREEMENT;

const PARTITIONS: i32 = 6;

/// The length of the test in seconds; `VASTE_REBALANCE_SECONDS` overrides it.
const SECONDS: u64 = 120;

/// How often a member leaves or joins.
const EVERY: Duration = Duration::from_secs(5);

#[test]
fn a_rebalance_every_five_seconds_under_load_loses_nothing_and_counts_nothing_twice() {
    let Some(broker) = broker() else { return };
    let seconds = std::env::var("VASTE_REBALANCE_SECONDS").ok().and_then(|s| s.parse().ok());
    let seconds = seconds.unwrap_or(SECONDS);
    let topic = fresh("handed");
    create_topic(&broker, &topic, PARTITIONS);
    let state = tempfile::tempdir().unwrap();
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ session.timeout.ms: \"6000\" }} }}"
    );
    let more = format!(
        "state: {{ store: \"{}\", checkpoint_every: 1s }}\n",
        state.path().join("state").display()
    );
    let start = || Service::start_all(&kafka, &[AGREEMENT.to_owned()], &more);
    let mut services = [start(), start(), start()];
    let records = records();
    let producer = producer(&broker);
    let rounds = usize::try_from(seconds / EVERY.as_secs()).unwrap().max(1);
    let mut chunks = records.chunks(records.len().div_ceil(rounds));
    let begin = now();
    for round in 0..rounds {
        let one = &mut services[round % 3];
        if round % 6 == 5 {
            one.kill();
        } else {
            assert_eq!(one.stop(), Some(0));
        }
        publish(&producer, &topic, chunks.next().unwrap_or_default());
        one.start_again();
        let until = EVERY * u32::try_from(round + 1).unwrap();
        while let Some(rest) = until.checked_sub(now().duration_since(begin)) {
            std::thread::park_timeout(rest);
        }
    }
    chunks.for_each(|rest| publish(&producer, &topic, rest));
    let [mut last, second, third] = services;
    assert_eq!(second.terminate(), Some(0));
    assert_eq!(third.terminate(), Some(0));
    compare(&caught_up(&last, &topic, PARTITIONS), &records);
    // One of several shows what it has counted itself; one that begins with all shows what the checkpoints
    // have.
    assert_eq!(last.stop(), Some(0));
    let rounds_seen = last.log().matches("restored from its checkpoint").count();
    last.start_again();
    wait_for("its counters", || {
        (!counted(&Metrics(last.get("/metrics")?)).is_empty()).then_some(())
    });
    let metrics = caught_up(&last, &topic, PARTITIONS);
    compare(&metrics, &records);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}-whole }}");
    let whole = Service::start(&kafka, AGREEMENT);
    let metrics_whole = caught_up(&whole, &topic, PARTITIONS);
    for (line, line_whole) in counted(&metrics).iter().zip(counted(&metrics_whole)) {
        assert_eq!(*line, line_whole);
    }
    assert!(rounds_seen > rounds / 3);
    assert_eq!(last.stop(), Some(0));
}

#[test]
fn added_partitions_split_open_tickets_and_all_others_count() {
    let Some(broker) = broker() else { return };
    let topic = fresh("added");
    create_topic(&broker, &topic, 1);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ topic.metadata.refresh.interval.ms: \"500\" }} }}"
    );
    let agreement =
        "team: billing\nobjectives: [{ name: o, measure: first_reply, none_over: 1h }]\n";
    let service = Service::start_with(&kafka, agreement, "");
    let created = |from: u32, to: u32| {
        let all = (from..to).map(|n| record(n, "created", &format!("T-{n}")));
        all.collect::<Vec<_>>()
    };
    let answered = |from: u32, to: u32| {
        let all = (from..to).map(|n| record(n + 1_000, "agent_replied", &format!("T-{n}")));
        all.collect::<Vec<_>>()
    };
    // Each new producer asks the broker how many partitions there are.
    let send = |records: &[String]| publish(&producer(&broker), &topic, records);
    send(&created(0, 40));
    send(&answered(0, 10));
    caught_up(&service, &topic, 1);
    add_partitions(&broker, &topic, 4);
    wait_for("the new partitions to be assigned", || {
        let assigned = format!("vaste_kafka_assigned_partitions{{topic=\"{topic}\"}}");
        (service.metrics().value(&assigned) == Some(4.0)).then_some(())
    });
    // Tickets that are opened now are complete. An answer to an earlier ticket may go to another
    // partition.
    send(&created(100, 140));
    send(&answered(100, 140));
    send(&answered(10, 40));
    caught_up(&service, &topic, 4);
    let (answered, split) = wait_for("all answers to be counted", || {
        let metrics = service.metrics();
        let labels = "team=\"billing\",measure=\"first_reply\",window=\"1h\",basis=\"calendar\"";
        let answered = metrics.value(&format!("vaste_window_tickets{{{labels}}}"))?;
        let split = metrics.value("vaste_tickets_split")?;
        // Every ticket is answered in one partition, or split.
        (answered + split >= 80.0).then_some((answered, split))
    });
    assert!((50.0..80.0).contains(&answered), "{answered} answered, {split} split");
    assert!(split > 0.0 && answered + split <= 80.0, "{answered} answered, {split} split");
    let waiting =
        "vaste_waiting_tickets{team=\"billing\",measure=\"first_reply\",basis=\"calendar\"}";
    assert_eq!(service.metrics().value(waiting), Some(0.0), "no split ticket waits for ever");
    assert!(service.log().contains("events in two partitions and are not counted"));
    // A service that starts later finds the same.
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}-later }}");
    let later = Service::start(&kafka, agreement);
    caught_up(&later, &topic, 4);
    wait_for("the later service to find them", || {
        (later.metrics().value("vaste_tickets_split") == Some(split)).then_some(())
    });
}

/// Deletes the records of a partition before an offset.
fn truncate(broker: &str, topic: &str, before: i64) {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Offset(before)).unwrap();
    runtime().block_on(admin(broker).delete_records(&list, &AdminOptions::new())).unwrap();
}

#[test]
fn records_deleted_before_they_were_read_are_reported_and_windows_know_where_history_begins() {
    let Some(broker) = broker() else { return };
    let topic = fresh("gone");
    create_topic(&broker, &topic, 1);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    );
    let agreement =
        "team: billing\nobjectives: [{ name: o, measure: first_reply, none_over: 1h }]\n";
    let more = "state: { store: state, checkpoint_every: 0s }\n";
    let mut service = Service::start_with(&kafka, agreement, more);
    let producer = producer(&broker);
    let one = |n: u32| record(n, "created", &format!("T-{n}"));
    publish(&producer, &topic, &[one(1), one(2)]);
    caught_up(&service, &topic, 1);
    assert_eq!(service.stop(), Some(0));
    // While it is stopped two more records come, and all four are deleted. Then one comes that
    // stays.
    publish(&producer, &topic, &[one(3), one(4)]);
    truncate(&broker, &topic, 4);
    publish(&producer, &topic, &[one(5)]);
    service.start_again();
    let metrics = caught_up(&service, &topic, 1);
    let tracked = "vaste_tickets_tracked{state=\"remembered\"}";
    assert_eq!(metrics.value(tracked), Some(3.0), "known tickets stay");
    assert_eq!(metrics.value("vaste_kafka_broker_errors_total{code=\"HistoryGap\"}"), Some(1.0));
    let history =
        format!("vaste_history_start_timestamp_seconds{{topic=\"{topic}\",partition=\"0\"}}");
    assert!(metrics.value(&history) > Some(1_700_000_000.0), "{:?}", metrics.value(&history));
    let state =
        "vaste_objective_state{team=\"billing\",objective=\"o\",state=\"insufficient_data\"}";
    assert_eq!(metrics.value(state), Some(1.0), "the window begins before the known history");
    assert!(service.log().contains("records were deleted before they were read"));
    assert_eq!(service.stop(), Some(0));

    // The topic is deleted and recreated under the same name, with more records than before.
    let admin = admin(&broker);
    let gone = runtime().block_on(admin.delete_topics(&[&topic], &AdminOptions::new())).unwrap();
    gone.into_iter().for_each(|one| drop(one.unwrap()));
    wait_for("the topic to be gone", || {
        let metadata = producer_metadata(&broker, &topic);
        (metadata == 0).then_some(())
    });
    create_topic(&broker, &topic, 1);
    let again: Vec<String> = (10..30).map(one).collect();
    publish(&self::producer(&broker), &topic, &again);
    service.start_again();
    let metrics = caught_up(&service, &topic, 1);
    assert!(service.log().contains("the topic was deleted and recreated"), "{}", service.log());
    assert_eq!(metrics.value(tracked), Some(23.0), "old and new tickets");
    assert!(metrics.value("vaste_kafka_broker_errors_total{code=\"HistoryGap\"}") > Some(0.0));
    assert_eq!(service.stop(), Some(0));

    // Its checkpoints are lost: all records of the topic are read again, from the first one on.
    fs::remove_dir_all(service.folder.path().join("state")).unwrap();
    service.start_again();
    let metrics = caught_up(&service, &topic, 1);
    assert_eq!(metrics.value(tracked), Some(20.0));
    assert_eq!(metrics.value(&history), None, "the history is complete");
    truncate(&broker, &topic, 5);
    assert_eq!(service.stop(), Some(0));
    fs::remove_dir_all(service.folder.path().join("state")).unwrap();
    service.start_again();
    let metrics = caught_up(&service, &topic, 1);
    assert_eq!(metrics.value(tracked), Some(15.0));
    assert!(metrics.value(&history) > Some(1_700_000_000.0), "the history is cut");
}

/// The number of partitions of a topic according to the broker.
fn producer_metadata(broker: &str, topic: &str) -> usize {
    let metadata = admin(broker).inner().fetch_metadata(None, Duration::from_secs(5)).unwrap();
    let topics = metadata.topics().iter().filter(|one| one.name() == topic);
    topics.map(|one| one.partitions().len()).sum()
}

#[test]
fn an_alert_that_is_due_while_partitions_are_added_fires() {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let topic = fresh("fires");
    create_topic(&broker, &topic, 1);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ topic.metadata.refresh.interval.ms: \"500\" }} }}"
    );
    let agreement = "team: billing\nobjectives: [{ name: limit, measure: first_reply, none_over: 2s, \
                     alerts: { missed: { for: 0s } } }]\n";
    let more =
        format!("alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}]\n", alertmanager.port());
    let service = Service::start_with(&kafka, agreement, &more);
    wait_for("the service to be ready", || service.get("/-/ready"));
    publish(&producer(&broker), &topic, &[record(1, "created", "T-1")]);
    // Before the alert is due.
    add_partitions(&broker, &topic, 4);
    wait_for("the page", || (webhook.counts().get("limit") == Some(&(1, 0))).then_some(()));
    wait_for("the new partitions to be assigned", || {
        let assigned = format!("vaste_kafka_assigned_partitions{{topic=\"{topic}\"}}");
        (service.metrics().value(&assigned) == Some(4.0)).then_some(())
    });
    wait_for("the service to be ready", || service.get("/-/ready"));
    assert_eq!(webhook.counts().get("limit"), Some(&(1, 0)));
}
