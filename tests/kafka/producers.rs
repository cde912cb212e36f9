//! What producers do wrong: timestamps that are no publishing time, misspelt types and teams.

use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer};
use vaste::time::{DAY_MS, Elapsed, HOUR_MS};

use crate::crash::{caught_up, producer};
use crate::dead_letters::{ASK_WAIT, all_of, error_header};
use crate::harness::{
    Service, broker, create_topic, create_topic_with, fresh, key, record, wait_for, wall_clock,
};
use crate::service::AGREEMENT;

#[test]
fn the_producers_timestamp_refuses_no_answer_and_the_brokers_does() {
    let Some(broker) = broker() else { return };
    let producer = producer(&broker);
    let ahead = wall_clock().plus(Elapsed::from_ms(HOUR_MS));
    let future = format!(
        "{{\"id\":\"9\",\"type\":\"ticket.created\",\"time\":\"{ahead}\",\"ticket\":\"T-9\",\
         \"team\":\"billing\"}}"
    );
    let send = |topic: &str, payload: &str, timestamp: i64| {
        let message = BaseRecord::to(topic).key(key(payload)).payload(payload);
        producer.send(message.timestamp(timestamp)).map_err(|(error, _)| error).unwrap();
        producer.flush(ASK_WAIT).unwrap();
    };
    let run = |clock: &str| {
        let topic = fresh("timestamps");
        create_topic_with(&broker, &topic, 1, &[("message.timestamp.type", clock)]);
        let now = wall_clock();
        send(&topic, &record(1, "created", "T-1"), now.ms());
        // The creation of the ticket, seconds instead of milliseconds, next to nothing.
        send(&topic, &record(2, "agent_replied", "T-1"), now.ms() - 3 * DAY_MS);
        send(&topic, &record(3, "created", "T-2"), now.ms() / 1_000);
        send(&topic, &record(4, "created", "T-3"), 1);
        send(&topic, &future, now.ms());
        let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
        let service = Service::start(&kafka, AGREEMENT);
        (caught_up(&service, &topic, 1), service)
    };
    let answered = "vaste_window_tickets{team=\"billing\",measure=\"first_reply\",window=\"1h\",\
                    basis=\"calendar\"}";
    let waiting =
        "vaste_waiting_tickets{team=\"billing\",measure=\"first_reply\",basis=\"calendar\"}";
    let refused = "vaste_records_rejected_total{reason=\"future\"}";
    let (metrics, service) = run("CreateTime");
    assert_eq!(metrics.value(answered), Some(1.0), "the answer counts");
    assert_eq!(metrics.value(waiting), Some(2.0), "T-9 waits for its time");
    assert_eq!(metrics.value(refused), Some(0.0));
    let mismatched =
        |fault: &str| metrics.value(&format!("vaste_mismatched_times_total{{fault=\"{fault}\"}}"));
    assert_eq!((mismatched("record"), mismatched("event")), (Some(3.0), Some(1.0)));
    assert_eq!(service.logged("which its producer has set"), 3, "{}", service.log());
    assert_eq!(service.logged("is ahead of the clock, and it counts from then on"), 1);
    let (metrics, service) = run("LogAppendTime");
    assert_eq!(metrics.value(answered), Some(1.0));
    assert_eq!(metrics.value(waiting), Some(2.0));
    assert_eq!(metrics.value(refused), Some(1.0), "the broker's clock is right");
    assert_eq!(service.logged("after the broker stored the record at"), 1, "{}", service.log());
}

/// One ticket as bare JSON, one as CloudEvents in structured and one in binary mode; then a binary one that
/// is refused, whose dead letter keeps its headers.
#[test]
fn cloud_events_in_both_modes_count_as_bare_json_does() {
    let Some(broker) = broker() else { return };
    let (topic, dead) = (fresh("enveloped"), fresh("enveloped.dlq"));
    create_topic(&broker, &topic, 1);
    create_topic(&broker, &dead, 1);
    let producer = producer(&broker);
    let send = |key: &str, payload: &str, headers: &[(&str, &str)]| {
        let start = OwnedHeaders::new();
        let headers = headers.iter().fold(start, |headers, &(key, value)| {
            headers.insert(Header { key, value: Some(value) })
        });
        let message = BaseRecord::to(&topic).key(key).payload(payload).headers(headers);
        producer.send(message).map_err(|(error, _)| error).unwrap();
    };
    for (id, kind) in [(1, "created"), (2, "agent_replied")] {
        send("T-1", &record(id, kind, "T-1"), &[]);
        let bare: serde_json::Value = serde_json::from_str(&record(id, kind, "T-2")).unwrap();
        let [time, team] = ["time", "team"].map(|key| bare[key].as_str().unwrap());
        let structured = serde_json::json!({
            "specversion": "1.0", "id": id.to_string(), "source": "/desk", "subject": "T-2",
            "type": format!("com.example.ticket.{kind}"), "time": time, "data": { "team": team },
        });
        let content = [("content-type", "application/cloudevents+json; charset=UTF-8")];
        send("T-2", &structured.to_string(), &content);
        let (id, kind) = (id.to_string(), format!("com.example.ticket.{kind}.v1"));
        let attributes = [
            ("content-type", "application/json"),
            ("ce_specversion", "1.0"),
            ("ce_id", &*id),
            ("ce_source", "/desk"),
            ("ce_type", &*kind),
            ("ce_time", time),
            ("ce_subject", "T-3"),
            ("ce_unknown", "x"),
        ];
        send("T-3", &serde_json::json!({ "team": team, "id": "own" }).to_string(), &attributes);
    }
    let nameless = [
        ("ce_specversion", "1.0"),
        ("ce_id", "9"),
        ("ce_type", "ticket.created"),
        ("ce_time", "yesterday"),
        ("ce_subject", "T-9"),
    ];
    send("T-9", "", &nameless);
    producer.flush(ASK_WAIT).unwrap();
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, dead_letters: {dead} }}"
    );
    let service = Service::start(&kafka, AGREEMENT);
    let metrics = caught_up(&service, &topic, 1);
    let value = |series: &str| metrics.value(series);
    let answered = "vaste_response_duration_seconds_count{team=\"billing\",measure=\"first_reply\",\
                    basis=\"calendar\"}";
    assert_eq!(value(answered), Some(3.0));
    assert_eq!(value("vaste_records_applied_total{type=\"ticket.agent_replied\"}"), Some(3.0));
    assert_eq!(value("vaste_records_rejected_total{reason=\"bad_timestamp\"}"), Some(1.0));
    assert_eq!(value("vaste_key_mismatch_total"), Some(0.0));
    let letters = wait_for("the dead letter", || {
        let letters = all_of(&broker, &dead);
        (!letters.is_empty()).then_some(letters)
    });
    let headers = letters[0].headers().unwrap();
    assert!(headers.iter().any(|header| header.key == "ce_subject"), "{headers:?}");
}

#[test]
fn the_log_and_the_dead_letter_say_what_check_events_says() {
    let Some(broker) = broker() else { return };
    let (topic, dead) = (fresh("misspelt"), fresh("misspelt.dlq"));
    create_topic(&broker, &topic, 1);
    create_topic(&broker, &dead, 1);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, dead_letters: {dead} }}"
    );
    let service = Service::start(&kafka, AGREEMENT);
    let lines = [
        record(1, "created", "T-1").replace("ticket.created", "ticket.craeted"),
        record(2, "created", "T-2").replace("\"billing\"", "\"Biling\""),
        record(3, "created", "T-3").replace("\"team\":\"billing\"", "\"priority\":\"Medium\""),
        record(4, "created", "T-4").replace("2026", "26"),
    ];
    let producer = producer(&broker);
    for line in &lines {
        producer
            .send(BaseRecord::to(&topic).key(key(line)).payload(line))
            .map_err(|(error, _)| error)
            .unwrap();
    }
    producer.flush(ASK_WAIT).unwrap();
    caught_up(&service, &topic, 1);
    let file = service.folder.path().join("events.ndjson");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let checked = std::process::Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["check-events", "--config", "vaste.yaml", "events.ndjson"])
        .current_dir(service.folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(checked.stdout).unwrap();
    for sentence in [
        "`type` is \"ticket.craeted\": did you mean \"ticket.created\"?",
        "did you mean \"billing\"? correct the `team` of the events",
        "`priority` is \"Medium\": write low, normal, high or urgent, or name it under `priorities:`",
        "it does not begin with a date such as 2026-11-21 and a time of day; write RFC 3339",
    ] {
        assert!(said.contains(sentence), "{said}");
        wait_for("the sentence in the log", || service.log().contains(sentence).then_some(()));
    }
    let rejected = service.log();
    let rejected = rejected.lines().find(|line| line.contains("record rejected")).unwrap();
    for field in ["partition=0", "offset=3", "ticket=\"T-4\"", "reason=\"bad_timestamp\""] {
        assert!(rejected.contains(field), "{rejected}");
    }
    let left_out = service.log();
    let left_out = left_out.lines().find(|line| line.contains("field left out")).unwrap();
    for field in ["offset=2", "ticket=\"T-3\"", "field=\"priority\"", "the event counts"] {
        assert!(left_out.contains(field), "{left_out}");
    }
    let ignored = service.metrics().value("vaste_fields_ignored_total{field=\"priority\"}");
    assert_eq!(ignored, Some(1.0));
    let letters = wait_for("the letter", || {
        let letters = all_of(&broker, &dead);
        (letters.len() == 1).then_some(letters)
    });
    let message = error_header(&letters[0], "exception.message");
    assert!(said.contains(message), "{message}");
}

#[test]
fn check_events_judges_the_live_topic() {
    let Some(broker) = broker() else { return };
    let topic = fresh("live");
    create_topic(&broker, &topic, 2);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start(&kafka, AGREEMENT);
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["check-events", "--config", "vaste.yaml", "--live", "--records", "3"])
        .current_dir(service.folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = crate::harness::ChildProcess(child);
    // It reads from now on; nobody can know when it has begun but by its first line.
    let mut first = [0];
    std::io::Read::read_exact(child.0.stderr.as_mut().unwrap(), &mut first).unwrap();
    let producer = producer(&broker);
    for line in [
        record(1, "created", "T-1"),
        record(2, "created", "T-2").replace("\"billing\"", "\"Biling\""),
        record(3, "created", "T-3").replace("ticket.created", "ticket.craeted"),
    ] {
        producer
            .send(BaseRecord::to(&topic).key(key(&line)).payload(&line))
            .map_err(|(error, _)| error)
            .unwrap();
    }
    producer.flush(ASK_WAIT).unwrap();
    let mut said = String::new();
    std::io::Read::read_to_string(child.0.stdout.as_mut().unwrap(), &mut said).unwrap();
    assert!(said.contains(&format!("{topic}[")), "{said}");
    for part in
        ["applied: ", "did you mean \"billing\"", "did you mean \"ticket.created\"", "3 records"]
    {
        assert!(said.contains(part), "{said}");
    }
}
