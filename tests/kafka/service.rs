//! The metrics of a running service on a real topic.

use std::time::Duration;

use vaste::event::{Event, decode};
use vaste::measure::Measure;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};
use vaste::window::from_of;

use crate::harness::{
    Metrics, Service, broker, create_topic, create_topic_with, fresh, record, wait_for,
    wait_for_members, wall_clock,
};
use crate::naive;
use crate::random::Random;
use crate::simulated_team::{Team, log};

pub(crate) const AGREEMENT: &str = "\
team: billing
objectives:
  - { name: quick, measure: first_reply, within: 2h, share: 80%, over: 24h, by_priority: { urgent: 30m } }
  - { name: solved, measure: resolution, within: 8h, share: 50% }
  - { name: nobody-forgotten, measure: first_reply, none_over: 20h }
";

/// A hundred thousand events of the last days, 5 % of them twice and 5 % late.
fn delivery() -> Vec<String> {
    let team = |name| Team {
        name,
        every_minutes: 2,
        answers_minutes: 70,
        slows_percent: 80,
        forgets_one_of: 50,
    };
    let begin =
        wall_clock().minus(Elapsed::from_ms(9 * DAY_MS)).floor_to(Elapsed::from_ms(HOUR_MS));
    let records = log(&[team("billing"), team("support"), team("ghost")], begin, 9, 3);
    let mut random = Random::new(11);
    let mut below = |bound| random.index(bound);
    let mut delivery = records.clone();
    for _ in 0..records.len() / 20 {
        let (twice, late) = (below(records.len()), below(delivery.len()));
        delivery.insert(late, records[twice].clone());
        let moved = delivery.remove(below(delivery.len()));
        let later = (late + below(5_000)).min(delivery.len());
        delivery.insert(later, moved);
    }
    delivery
}

fn close(shown: Option<f64>, exact_ms: i64, context: &str) {
    #[expect(clippy::cast_precision_loss, reason = "whole milliseconds, far below 2^52")]
    let exact = exact_ms as f64 / 1_000.0;
    let shown = shown.unwrap_or(f64::NAN);
    assert!((shown - exact).abs() <= exact * 0.01 + 1e-9, "{shown} for {exact}: {context}");
}

#[expect(clippy::cast_precision_loss, reason = "counts of tickets")]
fn same(shown: Option<f64>, count: u64, context: &str) {
    assert!(shown == Some(count as f64), "{shown:?} for {count}: {context}");
}

/// Compares every window of every team and measure with the model at the instant of the scrape.
pub(crate) fn compare_windows(metrics: &Metrics, model: &naive::Model, now: Timestamp) {
    for (team, label) in
        [(None, "_all"), (Some("billing"), "billing"), (Some("unclaimed"), "_unclaimed")]
    {
        for measure in Measure::DEFAULT {
            for window in ["1h", "24h", "7d", "28d"] {
                let length = Elapsed::parse(window).unwrap();
                let from = from_of(now, length).ms();
                let basis = naive::Basis::Calendar;
                let expected = model.reading(team, measure, basis, None, from, now.ms(), &[]);
                let base = format!("team=\"{label}\",measure=\"{}\"", measure.label());
                let context = format!("{base} {window} at {now}");
                let series = |name: &str, more: &str| {
                    metrics.value(&format!("vaste_{name}{{{base}{more}}}"))
                };
                let basis = ",basis=\"calendar\"";
                let in_window = format!(",window=\"{window}\"{basis}");
                same(
                    series("window_tickets", &in_window),
                    expected.answered.len() as u64,
                    &context,
                );
                same(series("waiting_tickets", basis), expected.waiting.len() as u64, &context);
                let given_up = ["solved", "closed", "merged"].map(|reason| {
                    let labels = format!(",window=\"{window}\",reason=\"{reason}\"{basis}");
                    series("window_given_up_tickets", &labels).unwrap_or_default()
                });
                same(Some(given_up.iter().sum()), expected.given_up, &context);
                for (q, percent) in [("0.5", 50), ("0.9", 90), ("0.95", 95), ("0.99", 99)] {
                    let rank = (expected.answered.len() * percent).div_ceil(100);
                    let Some(exact) = expected.answered.get(rank.wrapping_sub(1)) else { continue };
                    let labels = format!("{in_window},quantile=\"{q}\"");
                    close(series("window_response_seconds", &labels), *exact, &context);
                }
            }
        }
    }
}

pub(crate) fn objectives() -> Vec<naive::Objective> {
    let objective = |name: &str, measure, level, over_ms| naive::Objective {
        team: Some("billing".to_owned()),
        name: name.to_owned(),
        measure,
        pauses: None,
        level,
        over_ms,
        unanswered_max_bp: None,
        previous_levels: Vec::new(),
        market: None,
    };
    let all_time = naive::Target::calendar;
    let within = |target_ms, by_priority, share_bp| naive::Level::Within {
        target: all_time(target_ms),
        by_priority,
        share_bp,
        min_tickets: 20,
        at_risk_spent_bp: 8_000,
    };
    let urgent = vec![(vaste::event::Priority::Urgent, all_time(HOUR_MS / 2))];
    vec![
        objective("quick", Measure::FirstReply, within(2 * HOUR_MS, urgent, 8_000), DAY_MS),
        objective(
            "solved",
            Measure::Resolution,
            within(8 * HOUR_MS, Vec::new(), 5_000),
            7 * DAY_MS,
        ),
        objective(
            "nobody-forgotten",
            Measure::FirstReply,
            naive::Level::NoneOver(all_time(20 * HOUR_MS)),
            7 * DAY_MS,
        ),
    ]
}

pub(crate) fn compare_objectives(metrics: &Metrics, model: &naive::Model, now: Timestamp) {
    for objective in objectives() {
        let from = from_of(now, Elapsed::from_ms(objective.over_ms)).ms();
        let expected = model.verdict(&objective, from, now.ms());
        let labels = format!("team=\"billing\",objective=\"{}\"", objective.name);
        let series = |name: &str| metrics.value(&format!("vaste_objective_{name}{{{labels}}}"));
        same(series("tickets"), expected.decided, &labels);
        same(series("missed_tickets"), expected.missed, &labels);
        let state = format!("vaste_objective_state{{{labels},state=\"{}\"}}", expected.state);
        same(metrics.value(&state), 1, &labels);
    }
}

#[test]
fn metrics_of_a_real_topic_equal_the_naive_model_at_the_instant_of_the_view() {
    let Some(broker) = broker() else { return };
    let topic = fresh("events");
    create_topic(&broker, &topic, 6);
    let kafka =
        format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, workers: 2 }}");
    let service = Service::start(&kafka, AGREEMENT);
    // A partition that moves to the second worker is read again, and its duplicates count again.
    wait_for_members(&broker, &topic, 2);
    let delivery = delivery();
    assert!(delivery.len() > 100_000, "{} records", delivery.len());
    let published = service.publish(&delivery.join("\n"));
    let printed = String::from_utf8_lossy(&published.stdout).into_owned();
    assert_eq!(
        printed,
        format!("{} delivered to {topic}, 0 failed, 0 not published\n", delivery.len())
    );
    let metrics = wait_for("all records to be consumed", || {
        let metrics = service.metrics();
        let of = |partition: i32| {
            let labels = format!("{{topic=\"{topic}\",partition=\"{partition}\"}}");
            metrics.value(&format!("vaste_kafka_records_consumed_total{labels}"))
        };
        let consumed: f64 = (0..6).filter_map(of).sum();
        #[expect(clippy::cast_precision_loss, reason = "counts of records")]
        let all = delivery.len() as f64;
        (consumed >= all && metrics.value("vaste_ready") == Some(1.0)).then_some(metrics)
    });
    let events: Vec<Event<'_>> =
        delivery.iter().map(|record| decode(record.as_bytes()).unwrap()).collect();
    let model = naive::Model::new(&["billing"], objectives(), &events);
    let seconds = metrics.value("vaste_view_timestamp_seconds").unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^52")]
    let now = Timestamp::from_ms((seconds * 1_000.0).round() as i64);
    compare_windows(&metrics, &model, now);
    compare_objectives(&metrics, &model, now);
    let twice = metrics.value("vaste_records_duplicate_total").unwrap();
    assert!(twice > 4_000.0, "{twice} duplicates");
    assert_eq!(service.terminate(), Some(0), "SIGTERM shuts down cleanly");
    // A service that starts later finds all records in the topic, and reads each partition from its
    // first record.
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}-later }}");
    let later = Service::start(&kafka, AGREEMENT);
    wait_for("the later service to be ready", || later.get("/-/ready"));
    let metrics_later = later.metrics();
    for series in [
        "vaste_tickets_tracked{state=\"remembered\"}",
        "vaste_records_duplicate_total",
        "vaste_records_applied_total{type=\"ticket.created\"}",
        "vaste_records_applied_total{type=\"ticket.agent_replied\"}",
        "vaste_records_applied_total{type=\"ticket.solved\"}",
    ] {
        assert!(metrics.value(series) > Some(0.0), "{series}");
        assert_eq!(metrics_later.value(series), metrics.value(series), "{series}");
    }
}

#[test]
fn an_objective_is_missed_by_time_alone_and_met_again_after_an_answer() {
    let Some(broker) = broker() else { return };
    let topic = fresh("quick");
    create_topic(&broker, &topic, 2);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let agreement =
        "team: billing\nobjectives: [{ name: o, measure: first_reply, none_over: 2s }]\n";
    let service = Service::start(&kafka, agreement);
    wait_for("the service to be ready", || service.get("/-/ready"));
    let state = |state: &str| {
        let labels = format!("{{team=\"billing\",objective=\"o\",state=\"{state}\"}}");
        let series = format!("vaste_objective_state{labels}");
        (service.metrics().value(&series) == Some(1.0)).then_some(())
    };
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    // No further event comes.
    wait_for("the miss", || state("missed"));
    assert!(service.publish(&record(2, "agent_replied", "T-1")).status.success());
    wait_for("the answer", || state("met"));
}

#[test]
fn poison_oversized_empty_and_unkeyed_records_are_counted_and_the_stream_goes_on() {
    let Some(broker) = broker() else { return };
    let topic = fresh("poison");
    // With the producers' own timestamps nothing would be refused as too far ahead.
    let clock = ("message.timestamp.type", "LogAppendTime");
    create_topic_with(&broker, &topic, 1, &[clock]);
    produce_poison(&broker, &topic);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start(&kafka, AGREEMENT);
    wait_for("the service to be ready", || service.get("/-/ready"));
    let metrics = wait_for("all records", || {
        let metrics = service.metrics();
        let series = "vaste_records_applied_total{type=\"ticket.created\"}";
        (metrics.value(series) == Some(2.0)).then_some(metrics)
    });
    for (series, count) in [
        ("vaste_records_rejected_total{reason=\"malformed\"}", 1),
        ("vaste_records_rejected_total{reason=\"too_large\"}", 1),
        ("vaste_records_rejected_total{reason=\"future\"}", 1),
        ("vaste_records_skipped_total{reason=\"tombstone\"}", 1),
        ("vaste_records_skipped_total{reason=\"unknown_type\"}", 1),
        ("vaste_key_mismatch_total", 1),
    ] {
        same(metrics.value(series), count, series);
    }
    // The record from the future has not moved `now`.
    let now = metrics.value("vaste_view_timestamp_seconds").unwrap();
    #[expect(clippy::cast_precision_loss, reason = "whole milliseconds, far below 2^52")]
    let wall = wall_clock().ms() as f64 / 1_000.0;
    assert!(now <= wall, "{now} after {wall}");
}

/// Publishes invalid records, and two valid ones after them.
fn produce_poison(broker: &str, topic: &str) {
    use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
    let producer: BaseProducer =
        rdkafka::config::ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
    let time = wall_clock();
    let good = |id: u32, kind: &str, at: Timestamp| {
        format!(
            "{{\"id\":\"{id}\",\"type\":\"ticket.{kind}\",\"time\":\"{at}\",\"ticket\":\"T-{id}\"}}"
        )
    };
    let future = good(3, "created", time.plus(Elapsed::from_ms(3 * HOUR_MS)));
    let large = format!("\"{}\"", "x".repeat(300 * 1024));
    let unknown = good(4, "escalated", time);
    let (first, second) = (good(5, "created", time), good(6, "created", time));
    for (key, payload) in [
        (Some("T-1"), Some("nonsense")),
        (Some("T-1"), Some(large.as_str())),
        (Some("T-1"), None),
        (Some("T-3"), Some(future.as_str())),
        (Some("T-4"), Some(unknown.as_str())),
        (Some("T-5"), Some(first.as_str())),
        (None, Some(second.as_str())),
    ] {
        let mut record: BaseRecord<'_, str, str> = BaseRecord::to(topic);
        record.key = key;
        record.payload = payload;
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(Duration::from_secs(20)).unwrap();
}

#[test]
fn publishing_to_a_missing_topic_or_broker_prints_one_error() {
    let Some(broker) = broker() else { return };
    let lines: Vec<String> =
        (0..1_000).map(|id| record(id, "created", &format!("T-{id}"))).collect();
    let printed = |broker: &str| {
        let kafka = format!("{{ brokers: [\"{broker}\"], topic: not-there }}");
        let output = Service::start(&kafka, AGREEMENT).publish(&lines.join("\n"));
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap().replace(broker, "BROKER")
    };
    insta::assert_snapshot!("publish_troubles", printed(&broker) + &printed("127.0.0.1:1"));
}

#[test]
fn with_the_right_certificate_the_topic_is_read() {
    let Some(broker) = broker() else { return };
    let (Ok(guarded), Ok(authority)) =
        (std::env::var("VASTE_TEST_KAFKA_TLS"), std::env::var("VASTE_TEST_KAFKA_CA"))
    else {
        return;
    };
    let topic = fresh("guarded");
    create_topic(&broker, &topic, 1);
    let kafka = format!(
        "{{ brokers: [\"{guarded}\"], topic: {topic}, group: {topic}, properties: {{ security.protocol: \
         SSL, ssl.ca.location: \"{authority}\" }} }}"
    );
    let service = Service::start(&kafka, AGREEMENT);
    wait_for("the service to be ready", || service.get("/-/ready"));
}

#[test]
fn the_error_for_a_wrong_broker_topic_password_or_certificate_says_what_to_do() {
    let Some(broker) = broker() else { return };
    let look = |what: &str, broker: &str, more: &str| {
        let kafka = format!("{{ brokers: [\"{broker}\"]{more} }}");
        let service =
            Service::start_with_files(&kafka, AGREEMENT, &[("password", "wrong-secret\n")]);
        let logged = wait_for("a line in the log", || {
            let log = service.log();
            log.lines().find(|line| line.contains("ERROR")).map(str::to_owned)
        });
        let expected = logged.split_once("verdicts are frozen: ").unwrap().1.to_owned();
        // The readiness page has the text of the log.
        let status = wait_for(what, || {
            let (status, text) = service.page("/-/ready")?;
            (text == format!("not ready: {expected}\n")).then_some(status)
        });
        assert_eq!(status, 503);
        assert_eq!(service.metrics().value("vaste_ready"), Some(0.0));
        assert!(!service.log().contains("wrong-secret"), "a password is never printed");
        format!("{what}\n{expected}\n\n").replace(broker, "BROKER")
    };
    let mut page = look("a wrong topic", &broker, ", topic: not-there");
    page += &look("a wrong broker", "127.0.0.1:1", ", topic: events");
    let guarded = |name| std::env::var(format!("VASTE_TEST_KAFKA_{name}"));
    if let (Ok(sasl), Ok(tls)) = (guarded("SASL"), guarded("TLS")) {
        let password = ", topic: events, properties: { security.protocol: SASL_PLAINTEXT, \
                        sasl.mechanisms: PLAIN, sasl.username: vaste, sasl.password: { file: password } }";
        page += &look("a wrong password", &sasl, password);
        let certificate = ", topic: events, properties: { security.protocol: SSL }";
        page += &look("a certificate that is not trusted", &tls, certificate);
        insta::assert_snapshot!("troubles", page);
    }
}
