//! Hostile records against a real topic: poison, floods of team names, and records that are far too
//! large. The service keeps its throughput and stays within its memory.

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use vaste::time::{DAY_MS, Elapsed, Timestamp};

use crate::crash::caught_up;
use crate::dead_letters::{ASK_WAIT, count_of, kafka, letters};
use crate::harness::memory::memory_bytes;
use crate::harness::{
    Metrics, Service, broker, create_topic, create_topic_with, fresh, record, send, wait_for,
    wall_clock,
};
use crate::service::AGREEMENT;

/// The memory of the service in MB: `VmRSS` is the present, `VmHWM` the maximum.
fn memory(service: &Service, what: &str) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a figure to print")]
    let bytes = memory_bytes(&service.child.id(), what) as f64;
    bytes / 1024.0 / 1024.0
}

/// A producer that accepts far too large records, in the largest possible batches.
fn large_producer(broker: &str, compression: &str) -> BaseProducer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker).set("compression.type", compression);
    config.set("message.max.bytes", "900000000").set("batch.size", "900000000");
    config.set("queue.buffering.max.kbytes", "2000000").set("linger.ms", "3000");
    config.create().unwrap()
}

/// Sends all records; waits while the queue is full.
fn send_all(producer: &BaseProducer, topic: &str, records: &[(String, String)]) {
    for (key, payload) in records {
        send(producer, topic, key, payload);
    }
    producer.flush(ASK_WAIT).unwrap();
}

/// An event from three days ago, of its own ticket and this team.
fn created(id: u32, team: &str) -> (String, String) {
    let time = wall_clock().minus(Elapsed::from_ms(3 * DAY_MS));
    let ticket = format!("T-{id}");
    let payload = format!(
        "{{\"id\":\"{id}\",\"type\":\"ticket.created\",\"time\":\"{time}\",\"ticket\":\"{ticket}\",\
         \"team\":\"{team}\"}}"
    );
    (ticket, payload)
}

const CREATED: &str = "vaste_records_applied_total{type=\"ticket.created\"}";

/// Records a second from the assignment of the partition to the last applied record, after all
/// results were checked.
fn throughput(broker: &str, topic: &str, good: u32, bad: u32) -> f64 {
    let dead = fresh("throughput.dlq");
    create_topic(broker, &dead, 1);
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {dead}, dead_letters: {dead} }}"
    );
    let service = Service::start(&kafka, AGREEMENT);
    let metrics = caught_up(&service, topic, 1);
    assert_eq!(metrics.value(CREATED), Some(f64::from(good)));
    let malformed = metrics.value("vaste_records_rejected_total{reason=\"malformed\"}");
    assert_eq!(malformed, Some(f64::from(bad)));
    wait_for("all letters", || {
        (letters(&service, "written") == Some(f64::from(bad))).then_some(())
    });
    assert_eq!(letters(&service, "lost"), Some(0.0));
    assert_eq!(count_of(broker, &dead), i64::from(bad), "one letter each");
    let log = service.log();
    let assigned = log.lines().find(|line| line.contains("assigned: reading")).unwrap();
    let began = Timestamp::parse(assigned.split_whitespace().next().unwrap()).unwrap();
    let labels = format!("{{topic=\"{topic}\",partition=\"0\"}}");
    let last = format!("vaste_last_record_applied_timestamp_seconds{labels}");
    let seconds = metrics.value(&last).unwrap() - began.unix_seconds();
    assert_eq!(service.terminate(), Some(0));
    f64::from(good + bad) / seconds
}

#[test]
fn poison_in_every_tenth_record_keeps_the_throughput_and_gives_one_letter_each() {
    // Ten times as many as take a fifth of a second, because the start of a producer takes a good
    // part of that.
    const RECORDS: u32 = 1_000_000;
    const ROUNDS: usize = 3;
    let Some(broker) = broker() else { return };
    let topics = [false, true].map(|poisoned| {
        let topic = fresh("throughput");
        create_topic(&broker, &topic, 1);
        let one = |id: u32| {
            let (key, good) = created(id, "billing");
            let cut = if poisoned && id.is_multiple_of(10) {
                good.replace("\"id\"", "\"id")
            } else {
                good
            };
            (key, cut)
        };
        let records: Vec<(String, String)> = (0..RECORDS).map(one).collect();
        send_all(&crate::crash::producer(&broker), &topic, &records);
        topic
    });
    // The best of several rounds each, in turn, because other processes use this machine.
    let mut best = [0.0_f64; 2];
    for _ in 0..ROUNDS {
        best[0] = best[0].max(throughput(&broker, &topics[0], RECORDS, 0));
        best[1] = best[1].max(throughput(&broker, &topics[1], RECORDS / 10 * 9, RECORDS / 10));
    }
    let ratio = best[1] / best[0];
    println!("{:.0} records/s, with poison {:.0}: {ratio:.2}", best[0], best[1]);
    assert!(ratio >= 0.8, "{ratio:.2} of the throughput without poison");
}

#[test]
fn a_hundred_thousand_names_of_teams_cost_little_memory_and_no_series() {
    const TICKETS: u32 = 100_000;
    let Some(broker) = broker() else { return };
    let mut seen = Vec::new();
    for distinct in [false, true] {
        let topic = fresh("names");
        create_topic(&broker, &topic, 1);
        let name =
            |id| if distinct { format!("made-up-team-{id}") } else { "made-up-team-10000".into() };
        let records: Vec<(String, String)> =
            (0..TICKETS).map(|id| created(id, &name(id))).collect();
        send_all(&crate::crash::producer(&broker), &topic, &records);
        let group = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
        let service = Service::start(&group, AGREEMENT);
        let Metrics(text) = caught_up(&service, &topic, 1);
        assert_eq!(Metrics(text.clone()).value(CREATED), Some(f64::from(TICKETS)));
        assert!(!text.contains("made-up"), "no label comes from an event");
        let series = text.lines().filter(|line| !line.starts_with('#')).count();
        seen.push((memory(&service, "VmRSS"), series));
    }
    let [(one, series_one), (many, series_many)] = seen[..] else { panic!("{seen:?}") };
    println!(
        "one name: {one:.0} MB, {series_one} series; 100 000: {many:.0} MB, {series_many} series"
    );
    assert!(many - one < 20.0, "{:.1} MB more", many - one);
    assert_eq!(series_many, series_one);
}

/// Creates a topic that accepts records of up to 10 MB.
fn create_large_topic(broker: &str, topic: &str) {
    create_topic_with(broker, topic, 1, &[("max.message.bytes", "10000000")]);
}

#[test]
fn records_of_megabytes_and_batches_that_unpack_to_a_hundred_are_skipped_within_the_memory_limit() {
    /// The most memory in MB: twice the largest batch, plus the usual memory.
    const MEMORY_MAX: f64 = 400.0;
    let Some(broker) = broker() else { return };
    let (topic, dead) = (fresh("megabytes"), fresh("megabytes.dlq"));
    create_large_topic(&broker, &topic);
    create_topic(&broker, &dead, 1);
    let service = Service::start(&kafka(&broker, &topic, &dead, ""), AGREEMENT);
    wait_for("the service to be ready", || service.get("/-/ready"));
    let before = memory(&service, "VmRSS");
    let (mut good, mut bad) = (0, 0);
    let mut after = |what: &str, compression: &str, sizes: &[usize]| {
        let producer = large_producer(&broker, compression);
        for size in sizes {
            let value = vec![b' '; *size];
            let large: BaseRecord<'_, str, [u8]> = BaseRecord::to(&topic).payload(&value);
            producer.send(large).map_err(|(error, _)| error).unwrap();
            bad += 1;
        }
        good += 1;
        let ticket = format!("T-{good}");
        let event = record(good, "created", &ticket);
        producer.send(BaseRecord::to(&topic).key(&ticket).payload(&event)).unwrap();
        producer.flush(ASK_WAIT).unwrap();
        let there = count_of(&broker, &topic);
        assert_eq!(there, i64::from(good + bad), "all records are in the topic");
        wait_for("the valid record after them", || {
            (service.metrics().value(CREATED) == Some(f64::from(good))).then_some(())
        });
        println!("{what}: at most {:.0} MB, before all {before:.0}", memory(&service, "VmHWM"));
    };
    after("1 MiB and 8 MiB", "none", &[1 << 20, 8 << 20]);
    after("90 MiB of gzip", "gzip", &[1 << 20; 90]);
    // Beyond 33 MB the client may refuse to decompress zstd, and then it makes no progress.
    after("30 MiB of zstd", "zstd", &[1 << 20; 30]);
    let rejected = service.metrics().value("vaste_records_rejected_total{reason=\"too_large\"}");
    assert_eq!(rejected, Some(f64::from(bad)));
    wait_for("all letters", || {
        (letters(&service, "written") == Some(f64::from(bad))).then_some(())
    });
    let most = memory(&service, "VmHWM");
    assert!(most < MEMORY_MAX, "{most:.0} MB");
}
