//! Dead letters: each rejected record is copied to its topic unchanged, with the reason. No
//! committed record is copied twice.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::crash::{caught_up, producer};
use crate::harness::{Service, broker, create_topic, fresh, record, wait_for};
use crate::random::Random;
use crate::service::AGREEMENT;

/// The longest that a request to the broker may take.
pub(crate) const ASK_WAIT: Duration = Duration::from_secs(20);

/// A consumer that commits nothing.
fn reader(broker: &str, group: &str) -> BaseConsumer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker).set("group.id", group);
    config.set("fetch.message.max.bytes", "20000000");
    config.set("enable.auto.commit", "false").create().unwrap()
}

/// All messages of a topic of one partition, in order.
pub(crate) fn all_of(broker: &str, topic: &str) -> Vec<OwnedMessage> {
    let consumer = reader(broker, &fresh("reader"));
    let (first, end) = consumer.fetch_watermarks(topic, 0, ASK_WAIT).unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
    consumer.assign(&list).unwrap();
    let mut all = Vec::new();
    while first + i64::try_from(all.len()).unwrap() < end {
        all.push(consumer.poll(ASK_WAIT).unwrap().unwrap().detach());
    }
    all
}

/// The number of messages in a topic of one partition.
pub(crate) fn count_of(broker: &str, topic: &str) -> i64 {
    let (first, end) =
        reader(broker, &fresh("reader")).fetch_watermarks(topic, 0, ASK_WAIT).unwrap();
    end - first
}

/// The last header of this name.
fn header<'m>(letter: &'m OwnedMessage, name: &str) -> Option<&'m str> {
    let headers = letter.headers()?;
    let last = headers.iter().filter(|header| header.key == name).last()?;
    Some(std::str::from_utf8(last.value?).unwrap())
}

/// A header that describes the error.
pub(crate) fn error_header<'m>(letter: &'m OwnedMessage, name: &str) -> &'m str {
    header(letter, &format!("__connect.errors.{name}")).unwrap()
}

pub(crate) fn kafka(broker: &str, topic: &str, dead_letters: &str, more: &str) -> String {
    format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, dead_letters: {dead_letters}{more} }}"
    )
}

/// The dead letters with this result: `written` or `lost`.
pub(crate) fn letters(service: &Service, result: &str) -> Option<f64> {
    service.metrics().value(&format!("vaste_dead_letters_total{{result=\"{result}\"}}"))
}

/// Sends one record unchanged.
fn send(producer: &BaseProducer, record: BaseRecord<'_, [u8], [u8]>) {
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(ASK_WAIT).unwrap();
}

#[test]
fn a_dead_letter_is_the_unchanged_record_with_the_reason() {
    let Some(broker) = broker() else { return };
    let (topic, dead) = (fresh("letters"), fresh("letters.dlq"));
    create_topic(&broker, &topic, 1);
    create_topic(&broker, &dead, 1);
    let producer = producer(&broker);
    let secret = "{\"id\":\"7\",\"type\":\"ticket.created\",\"time\":\"yesterday\",\"ticket\":\"T\",\
                  \"text\":\"ein Geheimnis\"}";
    let bytes = [&b"\x00\xFF\xC3 a Geheimnis\n"[..], secret.as_bytes()];
    // The first record has no key and no headers. The second has a key that is not text, an empty
    // header, one without a value, a repeated one, and one that looks like ours.
    send(&producer, BaseRecord::to(&topic).payload(bytes[0]).timestamp(1_700_000_000_123));
    let own = OwnedHeaders::new()
        .insert(Header { key: "trace", value: Some(&b"\x00\x01"[..]) })
        .insert(Header { key: "empty", value: Some(&b""[..]) })
        .insert(Header::<&[u8]> { key: "none", value: None })
        .insert(Header { key: "trace", value: Some(&b"again"[..]) })
        .insert(Header { key: "__connect.errors.topic", value: Some(&b"elsewhere"[..]) });
    let with_all =
        BaseRecord::to(&topic).key(&b"\xFFkey"[..]).payload(bytes[1]).headers(own.clone());
    send(&producer, with_all.timestamp(1_700_000_000_456));
    // Neither of these is rejected.
    let good = record(1, "created", "T-1");
    send(&producer, BaseRecord::to(&topic).key(&b"T-1"[..]).payload(good.as_bytes()));
    let mut tombstone: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&topic);
    tombstone.key = Some(b"T-1");
    send(&producer, tombstone);
    let service = Service::start(&kafka(&broker, &topic, &dead, ""), AGREEMENT);
    wait_for("two letters", || (letters(&service, "written") == Some(2.0)).then_some(()));
    caught_up(&service, &topic, 1);
    let all = all_of(&broker, &dead);
    assert_eq!(all.len(), 2);
    let expected =
        [("unsupported_encoding", 1_700_000_000_123), ("bad_timestamp", 1_700_000_000_456)];
    for (offset, (letter, (reason, timestamp))) in all.iter().zip(expected).enumerate() {
        assert_eq!(letter.payload(), Some(bytes[offset]));
        assert_eq!(letter.timestamp().to_millis(), Some(timestamp));
        assert_eq!(error_header(letter, "topic"), topic);
        assert_eq!(error_header(letter, "partition"), "0");
        assert_eq!(error_header(letter, "offset"), offset.to_string());
        assert_eq!(error_header(letter, "stage"), "VALUE_CONVERTER");
        assert_eq!(error_header(letter, "exception.class.name"), reason);
        assert!(!error_header(letter, "exception.message").is_empty());
        assert!(!error_header(letter, "exception.message").contains("Geheimnis"));
    }
    assert_eq!((all[0].key(), all[1].key()), (None, Some(&b"\xFFkey"[..])));
    assert_eq!(all[0].headers().unwrap().count(), 6);
    let headers = all[1].headers().unwrap();
    assert_eq!(headers.count(), own.count() + 6);
    for (kept, came) in headers.iter().zip(own.iter()) {
        assert_eq!(
            (kept.key, kept.value),
            (came.key, came.value),
            "the original headers are unchanged and come first"
        );
    }
    assert!(!service.log().contains("Geheimnis"), "the contents of a record are not logged");
    assert_eq!(letters(&service, "lost"), Some(0.0));
    assert_eq!(service.terminate(), Some(0));
}

#[test]
fn without_the_topic_letters_are_lost_and_counted_and_the_stream_goes_on() {
    let Some(broker) = broker() else { return };
    let topic = fresh("no-letters");
    create_topic(&broker, &topic, 1);
    let producer = producer(&broker);
    let more = "state: { store: state, checkpoint_every: 0s }\n";
    let dead = format!("{topic}.not-there");
    let agreements = [AGREEMENT.to_owned()];
    let service = Service::start_all(&kafka(&broker, &topic, &dead, ""), &agreements, more);
    wait_for("the service to be ready", || service.get("/-/ready"));
    let mut id = 0;
    let mut burst = || {
        for _ in 0..200 {
            id += 1;
            let good = record(id, "created", &format!("T-{id}"));
            let bad: BaseRecord<'_, str, str> = BaseRecord::to(&topic).payload("nonsense");
            producer.send(bad).map_err(|(error, _)| error).unwrap();
            producer.send(BaseRecord::to(&topic).key(&format!("T-{id}")).payload(&good)).unwrap();
        }
        producer.flush(ASK_WAIT).unwrap();
    };
    let series = "vaste_records_applied_total{type=\"ticket.created\"}";
    let applied = |count| {
        wait_for("the valid records", || {
            (service.metrics().value(series) == Some(count)).then_some(())
        });
    };
    burst();
    applied(200.0);
    wait_for("the first losses", || {
        let before = committed(&broker, &topic);
        let lost = letters(&service, "lost").unwrap();
        assert!(
            lost > 0.0 || before.is_none_or(|at| at == 0),
            "{before:?} is committed while letters are on their way"
        );
        (lost >= 200.0).then_some(())
    });
    // After the letters are given up, the position is saved and committed.
    wait_for("the commit", || (committed(&broker, &topic) == Some(400)).then_some(()));
    burst();
    applied(400.0);
    wait_for("the next losses", || (letters(&service, "lost") == Some(400.0)).then_some(()));
    assert_eq!(letters(&service, "written"), Some(0.0));
    let log = service.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("dead letter lost")).collect();
    assert!(
        (10..20).contains(&lines.len()),
        "the tenth, then less and less often: {}",
        lines.len()
    );
    assert!(lines[0].contains("check that the topic kafka.dead_letters exists"), "{}", lines[0]);
    // The topic can be created without a restart of the service.
    create_topic(&broker, &dead, 1);
    wait_for("a letter", || {
        let bad: BaseRecord<'_, str, str> = BaseRecord::to(&topic).payload("nonsense");
        producer.send(bad).map_err(|(error, _)| error).unwrap();
        producer.flush(ASK_WAIT).unwrap();
        letters(&service, "written").filter(|written| *written > 0.0)
    });
    wait_for("the end in words", || {
        (service.logged("dead letters are written again after ") == 1).then_some(())
    });
}

#[test]
fn a_value_that_does_not_fit_is_replaced_by_its_hash_and_size() {
    let Some(broker) = broker() else { return };
    let (topic, dead) = (fresh("large"), fresh("large.dlq"));
    create_topic(&broker, &topic, 1);
    create_topic(&broker, &dead, 1);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &broker).set("message.max.bytes", "20000000");
    let producer: BaseProducer = config.create().unwrap();
    // A topic accepts 1 MiB. A record that fits there with its headers need not fit here with ours.
    let just = vec![b'a'; 999_900];
    let over = vec![b'a'; 1_000_100];
    let wide =
        OwnedHeaders::new().insert(Header { key: "wide", value: Some(&vec![b'h'; 600_000]) });
    send(&producer, BaseRecord::to(&topic).key(&b"k"[..]).payload(&just[..]));
    send(&producer, BaseRecord::to(&topic).key(&b"k"[..]).payload(&over[..]));
    let both = BaseRecord::to(&topic).key(&just[..500_000]).payload(&b"no"[..]);
    // Key and headers alone exceed the limit of a letter. The broker accepted them compressed.
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &broker).set("message.max.bytes", "20000000");
    let packing: BaseProducer = config.set("compression.type", "zstd").create().unwrap();
    send(&packing, both.headers(wide));
    let service = Service::start(&kafka(&broker, &topic, &dead, ""), AGREEMENT);
    wait_for("three letters", || (letters(&service, "written") == Some(3.0)).then_some(()));
    let all = all_of(&broker, &dead);
    assert_eq!(all[0].payload(), Some(&just[..]));
    assert_eq!(header(&all[0], "vaste.dead_letter.too_large"), None);
    // sha256sum of a million and a hundred times `a`.
    let stand_in =
        |sha256: &str, bytes: usize| format!("{{\"sha256\":\"{sha256}\",\"bytes\":{bytes}}}");
    let sha256 = "38f1d375b54ed5363e59e994eba099b8a7d062cb044127948ee501cc0e2502e8";
    assert_eq!(all[1].payload(), Some(stand_in(sha256, 1_000_100).as_bytes()));
    assert_eq!(all[1].key(), Some(&b"k"[..]));
    assert_eq!(header(&all[1], "vaste.dead_letter.too_large"), Some("value"));
    assert_eq!(error_header(&all[1], "exception.class.name"), "too_large");
    let sha256 = "9390298f3fb0c5b160498935d79cb139aef28e1c47358b4bbba61862b9c26e59";
    assert_eq!(all[2].payload(), Some(stand_in(sha256, 2).as_bytes()));
    assert_eq!((all[2].key(), header(&all[2], "wide")), (None, None));
    let too_large = header(&all[2], "vaste.dead_letter.too_large");
    assert_eq!(too_large, Some("key, headers and value"));
    assert_eq!(letters(&service, "lost"), Some(0.0));
}

/// The committed offset of a group for partition 0.
fn committed(broker: &str, topic: &str) -> Option<i64> {
    let consumer = reader(broker, topic);
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, 0);
    let committed = consumer.committed_offsets(list, ASK_WAIT).unwrap();
    let offset = committed.elements().first()?.offset();
    if let Offset::Offset(offset) = offset { Some(offset) } else { None }
}

#[test]
fn after_many_kills_every_rejected_record_has_a_letter_and_committed_ones_have_one() {
    const ROUNDS: i64 = 12;
    const RECORDS: i64 = 400;
    let Some(broker) = broker() else { return };
    let (topic, dead) = (fresh("killed-letters"), fresh("killed-letters.dlq"));
    create_topic(&broker, &topic, 1);
    create_topic(&broker, &dead, 1);
    let producer = producer(&broker);
    // With a static group id the member rejoins at once, and the group need not wait for its
    // session timeout.
    let kafka = kafka(&broker, &topic, &dead, ", properties: { group.instance.id: one }");
    let more = "state: { store: state, checkpoint_every: 0s }\n";
    let mut service = Service::start_all(&kafka, &[AGREEMENT.to_owned()], more);
    let mut random = Random::new(5);
    // For each kill: the committed offset before it, and the number of letters then.
    let mut kills = Vec::new();
    for round in 0..ROUNDS {
        for number in 0..RECORDS {
            let id = u32::try_from(round * RECORDS + number).unwrap();
            let ticket = format!("T-{id}");
            let good = record(id, "created", &ticket);
            let payload = if number % 3 == 0 { "nonsense" } else { good.as_str() };
            producer.send(BaseRecord::to(&topic).key(&ticket).payload(payload)).unwrap();
            if number % 50 == 0 {
                producer.flush(ASK_WAIT).unwrap();
            }
        }
        producer.flush(ASK_WAIT).unwrap();
        // At any moment: before anything is read, in the middle, or after the commit.
        let floor = round * RECORDS + random.below(RECORDS + 1);
        if round % 3 != 0 {
            wait_for("a commit", || (committed(&broker, &topic) >= Some(floor)).then_some(()));
        }
        service.kill();
        kills.push((committed(&broker, &topic).unwrap_or(0), count_of(&broker, &dead)));
        service.start_again();
    }
    caught_up(&service, &topic, 1);
    wait_for("the last commit", || {
        (committed(&broker, &topic) == Some(ROUNDS * RECORDS)).then_some(())
    });
    let all = all_of(&broker, &dead);
    let mut times: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for letter in &all {
        let offset: i64 = error_header(letter, "offset").parse().unwrap();
        times.entry(offset).or_default().push(letter.offset());
    }
    let rejected: Vec<i64> =
        (0..ROUNDS * RECORDS).filter(|offset| offset % RECORDS % 3 == 0).collect();
    assert_eq!(
        times.keys().copied().collect::<Vec<_>>(),
        rejected,
        "each rejected record has a letter"
    );
    for (committed, letters) in &kills {
        for (offset, written) in times.range(..committed) {
            let below = written.iter().filter(|at| *at < letters).count();
            assert!(
                below > 0,
                "{offset} was committed at {committed} before its letter was written"
            );
            let after = written.len() - below;
            assert_eq!(after, 0, "{offset} has another letter, although {committed} was committed");
        }
    }
    let twice = all.len() - rejected.len();
    let committed: Vec<i64> = kills.iter().map(|(committed, _)| *committed).collect();
    println!(
        "{} letters, {twice} of them repeated; committed at the kills: {committed:?}",
        all.len()
    );
    assert_eq!(service.stop(), Some(0));
}

#[test]
fn a_service_writes_its_letters_before_it_shuts_down_or_gives_up_partitions() {
    let Some(broker) = broker() else { return };
    let (topic, dead) = (fresh("left-letters"), fresh("left-letters.dlq"));
    create_topic(&broker, &topic, 1);
    create_topic(&broker, &dead, 1);
    let producer = producer(&broker);
    let more = "state: { store: state, checkpoint_every: 1h }\n";
    let kafka = kafka(&broker, &topic, &dead, "");
    let mut service = Service::start_all(&kafka, &[AGREEMENT.to_owned()], more);
    wait_for("the service to be ready", || service.get("/-/ready"));
    for _ in 0..5_000 {
        let bad: BaseRecord<'_, str, str> = BaseRecord::to(&topic).payload("nonsense");
        producer.send(bad).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(ASK_WAIT).unwrap();
    caught_up(&service, &topic, 1);
    assert_eq!(service.stop(), Some(0));
    assert_eq!((committed(&broker, &topic), count_of(&broker, &dead)), (Some(5_000), 5_000));
    service.start_again();
    caught_up(&service, &topic, 1);
    assert_eq!(service.stop(), Some(0));
    assert_eq!(count_of(&broker, &dead), 5_000, "no letter is written twice");
}
