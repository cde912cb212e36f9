//! A topic of another product's payloads: a filter makes events of them.

use rdkafka::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use vaste::time::{Elapsed, Timestamp};

use crate::crash::{caught_up, producer};
use crate::dead_letters::{ASK_WAIT, all_of, error_header, kafka, letters};
use crate::harness::{Service, broker, create_topic, fresh, wait_for, wall_clock};
use crate::service::AGREEMENT;

/// A webhook of GitHub about issue 12, whose label names the team `billing`.
fn issue(action: &str, created: Timestamp, now: Timestamp, more: &str) -> String {
    format!(
        r#"{{"action":"{action}","issue":{{"id":7012,"number":12,"user":{{"login":"mlehto","type":"User"}},
        "author_association":"NONE","labels":[{{"name":"team/billing"}}],"created_at":"{created}",
        "updated_at":"{now}"}},"repository":{{"name":"shop","full_name":"acme/shop"}}{more}}}"#
    )
}

fn send(producer: &BaseProducer, topic: &str, payload: &str) {
    let record = BaseRecord::to(topic).key("acme/shop#12").payload(payload);
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(ASK_WAIT).unwrap();
}

// Goal: payloads count as events of their tickets, and what the filter cannot read is a dead letter.
// Method: an issue that is opened, delivered again, answered after an hour and labelled; a ping, a payload
// that the filter fails on, and one whose event is rejected.
#[test]
fn payloads_of_github_are_counted_and_dead_lettered() {
    let Some(broker) = broker() else { return };
    let (topic, dead) = (fresh("github"), fresh("github.dlq"));
    create_topic(&broker, &topic, 1);
    create_topic(&broker, &dead, 1);
    let producer = producer(&broker);
    let replied = wall_clock().minus(Elapsed::from_ms(60_000));
    let created = replied.minus(Elapsed::from_ms(3_600_000));
    let opened = issue("opened", created, created, "");
    let comment = format!(
        r#","comment":{{"id":9012,"user":{{"login":"aino","type":"User"}},"author_association":"MEMBER",
        "created_at":"{replied}"}}"#
    );
    let endless = r#"{"action":"opened","issue":"a Geheimnis"}"#;
    let timeless = r#"{"action":"opened","issue":{"id":1,"number":13},"repository":{"full_name":"acme/shop"}}"#;
    for payload in [
        &*opened,
        &opened,
        &issue("created", created, replied, &comment),
        &issue("labeled", created, replied, r#","label":{"id":3,"name":"bug"}"#),
        r#"{"zen":"Keep it small.","repository":{"full_name":"acme/shop"}}"#,
        endless,
        timeless,
    ] {
        send(&producer, &topic, payload);
    }
    let service = Service::start(&kafka(&broker, &topic, &dead, ", map: github"), AGREEMENT);
    wait_for("two letters", || (letters(&service, "written") == Some(2.0)).then_some(()));
    caught_up(&service, &topic, 1);
    let metrics = service.metrics();
    let value = |series: &str| metrics.value(series);
    assert_eq!(value(r#"vaste_records_applied_total{type="ticket.created"}"#), Some(1.0));
    assert_eq!(value(r#"vaste_records_applied_total{type="ticket.agent_replied"}"#), Some(1.0));
    assert_eq!(value("vaste_records_duplicate_total"), Some(1.0));
    assert_eq!(value(r#"vaste_records_skipped_total{reason="no_event"}"#), Some(2.0));
    assert_eq!(value(r#"vaste_records_rejected_total{reason="filter_failed"}"#), Some(1.0));
    assert_eq!(value(r#"vaste_records_rejected_total{reason="bad_timestamp"}"#), Some(0.0));
    assert_eq!(value(r#"vaste_records_rejected_total{reason="bad_schema"}"#), Some(1.0));
    assert_eq!(value("vaste_key_mismatch_total"), Some(0.0));
    wait_for("the reply in the window", || {
        let series =
            r#"vaste_responses_total{team="billing",measure="first_reply",basis="calendar"}"#;
        (service.metrics().value(series) == Some(1.0)).then_some(())
    });
    let written = all_of(&broker, &dead);
    assert_eq!(written.len(), 2);
    for (letter, (payload, reason)) in
        written.iter().zip([(endless, "filter_failed"), (timeless, "bad_schema")])
    {
        assert_eq!(letter.payload(), Some(payload.as_bytes()));
        assert_eq!(error_header(letter, "exception.class.name"), reason);
    }
    let log = service.log();
    assert!(log.contains("the filter github fails on this record: cannot index"), "{log}");
    assert!(log.contains("event 1 of 1 that the filter github gives: `time` is missing"), "{log}");
    assert!(!log.contains("Geheimnis"), "{log}");
    assert_eq!(service.terminate(), Some(0));
}

#[test]
fn a_filter_that_never_ends_rejects_its_records_and_blocks_nothing() {
    let Some(broker) = broker() else { return };
    let (topic, dead) = (fresh("endless"), fresh("endless.dlq"));
    create_topic(&broker, &topic, 1);
    create_topic(&broker, &dead, 1);
    let producer = producer(&broker);
    for _ in 0..20 {
        send(&producer, &topic, "{}");
    }
    let kafka = kafka(&broker, &topic, &dead, ", map: endless.jq");
    let files = [("endless.jq", "[range(1e12)] | {id: length}")];
    let service = Service::start_with_files(&kafka, AGREEMENT, &files);
    caught_up(&service, &topic, 1);
    service.wait_until_ready();
    let rejected = r#"vaste_records_rejected_total{reason="filter_failed"}"#;
    assert_eq!(service.metrics().value(rejected), Some(20.0));
    let log = service.log();
    assert!(log.contains("the filter endless.jq takes more than 1000000 steps"), "{log}");
    assert_eq!(service.terminate(), Some(0));
}
