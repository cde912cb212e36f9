//! What producers must know: the page, the API and the metrics name the same records.

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer};
use serde_json::{Value, json};

use crate::crash::{caught_up, producer};
use crate::dead_letters::ASK_WAIT;
use crate::harness::{Service, broker, create_topic, fresh, record, wait_for};

const AGREEMENT: &str =
    "team: billing\nobjectives: [{ name: o, measure: first_reply, none_over: 1h }]\n";

/// A list of `/api/v1/stream`, by name or reason: the count and the place of the latest record.
fn notes(list: &Value, name: &str) -> Vec<(String, u64, i64, i64)> {
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| {
        let latest = |key: &str| row["latest"][key].as_i64().unwrap();
        let name = row[name].as_str().unwrap().to_owned();
        (name, row["count"].as_u64().unwrap(), latest("partition"), latest("offset"))
    })
    .collect()
}

fn api(service: &Service) -> Option<Value> {
    serde_json::from_str(&service.get("/api/v1/stream")?).ok()
}

/// Sends records of every kind that does not count as its producer meant it, to both partitions of a topic.
fn produce(broker: &str, topic: &str) {
    let producer = producer(broker);
    let send = |partition: i32, key: &str, payload: &str, source: Option<&str>| {
        let mut record =
            BaseRecord::to(topic).partition(partition).key(key).payload(payload.as_bytes());
        if let Some(source) = source {
            let attributes = [
                ("ce_specversion", "1.0"),
                ("ce_id", "100"),
                ("ce_type", "com.example.ticket.creatd"),
                ("ce_source", source),
                ("ce_time", "2026-01-01T00:00:00Z"),
                ("content-type", "application/json"),
            ];
            let headers =
                attributes.into_iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
                    headers.insert(Header { key, value: Some(value) })
                });
            record = record.headers(headers);
        }
        producer.send(record).map_err(|(error, _)| error).unwrap();
    };
    // Partition 0.
    send(0, "S-1", &record(1, "created", "S-1"), None);
    send(0, "U-1", &record(2, "commented", "U-1"), None);
    send(0, "U-2", &record(3, "commented", "U-2"), None);
    send(0, "U-3", "{\"ticket\":\"U-3\"}", Some("/desk/<b>"));
    let elsewhere = |id: u32, ticket: &str, team: &str| {
        record(id, "created", ticket).replace("\"billing\"", &format!("\"{team}\""))
    };
    send(0, "T-1", &elsewhere(4, "T-1", "biling"), None);
    // Partition 1.
    send(1, "S-1", &record(5, "agent_replied", "S-1"), None);
    send(1, "T-2", &elsewhere(6, "T-2", "biling"), None);
    send(1, "T-3", &elsewhere(7, "T-3", "<script>alert(1)</script>"), None);
    send(1, "M-1", "{", None);
    send(1, "M-2", "{", None);
    send(1, "M-3", &record(8, "created", "M-3").replace("\"time\":\"", "\"time\":\"x"), None);
    producer.flush(ASK_WAIT).unwrap();
}

/// Asserts that the metrics have the same counts as the API.
fn compare_with_metrics(service: &Service, topic: &str, stream: &Value) {
    let metrics = service.metrics();
    for (series, of_api) in [
        ("vaste_records_skipped_total{reason=\"unknown_type\"}", &stream["unknown_types"]["count"]),
        ("vaste_undeclared_team_events_total", &stream["undeclared_teams"]["count"]),
        ("vaste_records_rejected_total{reason=\"malformed\"}", &stream["rejected"]["malformed"]),
        ("vaste_tickets_split", &stream["split_tickets"]["count"]),
    ] {
        assert_eq!(metrics.value(series), of_api.as_f64(), "{series}");
    }
    for partition in stream["partitions"].as_array().unwrap() {
        let labels = format!("topic=\"{topic}\",partition=\"{}\"", partition["partition"]);
        let lag = metrics.value(&format!("vaste_kafka_consumer_lag_records{{{labels}}}"));
        assert_eq!((lag, partition["lag"].as_f64()), (Some(0.0), Some(0.0)));
        assert_eq!(partition["caught_up"], true);
    }
}

#[test]
fn page_api_and_metrics_name_what_producers_must_know() {
    let Some(broker) = broker() else { return };
    let topic = fresh("notes");
    create_topic(&broker, &topic, 2);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start(&kafka, AGREEMENT);
    produce(&broker, &topic);
    caught_up(&service, &topic, 2);
    let stream = wait_for("the split ticket to be found in both partitions", || {
        let stream = api(&service)?;
        let both = json!([{ "ticket": "S-1", "partitions": [0, 1] }]);
        (stream["split_tickets"]["tickets"] == both).then_some(stream)
    });
    let row = |name: &str, count, partition, offset| (name.to_owned(), count, partition, offset);
    assert_eq!(
        notes(&stream["unknown_types"]["names"], "name"),
        [row("com.example.ticket.creatd", 1, 0, 3), row("ticket.commented", 2, 0, 2)]
    );
    let creatd = &stream["unknown_types"]["names"][0];
    assert_eq!(creatd["latest"]["source"], "/desk/<b>");
    assert_eq!(creatd["did_you_mean"], json!(["ticket.created"]));
    assert_eq!(
        notes(&stream["undeclared_teams"]["names"], "name"),
        [row("<script>alert(1)</script>", 1, 1, 2), row("biling", 2, 1, 1)]
    );
    assert_eq!(stream["undeclared_teams"]["names"][1]["did_you_mean"], json!(["billing"]));
    assert_eq!(
        notes(&stream["rejected_records"], "reason"),
        [row("bad_timestamp", 1, 1, 5), row("malformed", 2, 1, 4)]
    );
    compare_with_metrics(&service, &topic, &stream);
    for language in ["en", "fi", "sv"] {
        let page = service.get(&format!("/stream?lang={language}")).unwrap();
        for name in ["ticket.commented", "biling", "malformed", "bad_timestamp", "S-1", "M-2"] {
            assert!(page.contains(name), "{language}: {name} in {page}");
        }
        assert!(!page.contains("<script>") && !page.contains("/desk/<b>"), "{page}");
    }
}

#[test]
fn a_team_that_gets_an_agreement_is_no_longer_named() {
    let Some(broker) = broker() else { return };
    let topic = fresh("declared");
    create_topic(&broker, &topic, 1);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start_with(&kafka, AGREEMENT, "reload: { every: 1s }\n");
    let producer = producer(&broker);
    let of_returns = record(1, "created", "T-1").replace("\"billing\"", "\"returns\"");
    crate::harness::send(&producer, &topic, "T-1", &of_returns);
    producer.flush(ASK_WAIT).unwrap();
    caught_up(&service, &topic, 1);
    let named = |service: &Service| {
        let stream = api(service)?;
        let teams = notes(&stream["undeclared_teams"]["names"], "name");
        Some(teams.into_iter().map(|(name, ..)| name).collect::<Vec<_>>())
    };
    wait_for("the team to be named", || (named(&service)? == ["returns"]).then_some(()));
    std::fs::write(service.folder.path().join("agreement-1.yaml"), "team: returns\n").unwrap();
    wait_for("the team to have an agreement", || named(&service)?.is_empty().then_some(()));
}
