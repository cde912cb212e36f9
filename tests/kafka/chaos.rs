//! Chaos: faults of every kind, drawn at random, while a producer that knows the truth goes on. Every
//! reason that the service gives is one of the fault that is under way, nobody is paged falsely, and at
//! rest `/metrics` equals the naive model.
//!
//! `VASTE_CHAOS_SECONDS=1800 VASTE_CHAOS_SEED=1 cargo test --release --test kafka chaos -- --nocapture` runs
//! for half an hour. `VASTE_CHAOS_LOGS=FOLDER` keeps the log of each fault in a file of its own, and at the
//! end what was published, the last scrape and the checkpoints; `VASTE_CHAOS_FAULTS=Paused,Killed` draws from
//! these faults only.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, Producer};
use vaste::event::{Event, decode};

use crate::clock::Clock;
use crate::crash::{caught_up, instant, producer, publish, records};
use crate::dead_letters::ASK_WAIT;
use crate::deleted::{asking, delete_records};
use crate::harness::process::now;
use crate::harness::{Service, create_topic, key, record, wait_for};
use crate::naive;
use crate::notified::{Alertmanager, Webhook};
use crate::own_broker::Broker;
use crate::proxy::Network;
use crate::random::Random;
use crate::service::{AGREEMENT, compare_objectives, compare_windows, objectives};
use crate::transactions::{begin, send_in};

/// The length of the run in seconds; `VASTE_CHAOS_SECONDS` overrides it.
const SECONDS: u64 = 60;

/// Tickets of this team are answered within a second, so no alert is true.
const WATCHED: &str = "\
team: watched
objectives:
  - { name: limit, measure: first_reply, none_over: 8s, alerts: { missed: { for: 0s } } }
";

const PARTITIONS: i32 = 3;

/// How long the service may take to be ready after a fault.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reasons that may follow any fault: it is over, and the service reads what came meanwhile.
const RECOVERING: [&str; 5] = [
    "has just started",
    "has not returned the topic's partitions yet",
    "are assigned to this instance",
    "not read to their end yet",
    "has not answered within seconds",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Killed,
    Restarted,
    Paused,
    Stalled,
    Reset,
    Delayed,
    BrokerKilled,
    TransactionOpen,
    TransactionAborted,
    ClockAhead,
    ClockBehind,
    Fenced,
    ReadRecordsDeleted,
    CheckpointDamaged,
}

impl Fault {
    const ALL: [Self; 14] = [
        Self::Killed,
        Self::Restarted,
        Self::Paused,
        Self::Stalled,
        Self::Reset,
        Self::Delayed,
        Self::BrokerKilled,
        Self::TransactionOpen,
        Self::TransactionAborted,
        Self::ClockAhead,
        Self::ClockBehind,
        Self::Fenced,
        Self::ReadRecordsDeleted,
        Self::CheckpointDamaged,
    ];

    /// The reasons that are true while it lasts, in addition to those of [`RECOVERING`].
    fn reasons(self) -> &'static [&'static str] {
        match self {
            Self::Killed
            | Self::Restarted
            | Self::Paused
            | Self::Delayed
            | Self::ReadRecordsDeleted
            | Self::CheckpointDamaged => &[],
            Self::Stalled => &["does not answer"],
            Self::Reset | Self::BrokerKilled => &[
                "does not answer",
                "cannot be reached at its own address",
                "can be reached at",
                "closes the connection",
                "cannot be read",
            ],
            Self::TransactionOpen | Self::TransactionAborted => &["transaction in partition"],
            Self::ClockAhead | Self::ClockBehind => &["clock of this machine has jumped"],
            Self::Fenced => &["another process uses group.instance.id"],
        }
    }
}

/// Everything of a run.
struct Scene {
    broker: Broker,
    service: Service,
    clock: Clock,
    webhook: Webhook,
    _alertmanager: Alertmanager,
    producer: BaseProducer,
    past: std::vec::IntoIter<String>,
    published: Vec<String>,
    tickets: u32,
    /// Whether the process is stopped, and answers no request.
    is_stopped: bool,
    under_way: Option<Fault>,
    last: Option<Fault>,
    /// Reasons that were no reason of the fault under way, and of none that has just ended.
    untrue: Vec<String>,
}

fn scene(seed: u64) -> Option<Scene> {
    let broker = Broker::start()?;
    let webhook = Webhook::default();
    let alertmanager = Alertmanager::start(webhook.listen())?;
    create_topic(&broker.address(), "events", PARTITIONS);
    let clock = Clock::new(0);
    let kafka = format!(
        "{{ brokers: [\"{}\"], topic: events, group: chaos, properties: {{ group.instance.id: one, \
         session.timeout.ms: \"6000\", reconnect.backoff.max.ms: \"500\" }} }}",
        broker.address_cut()
    );
    let more = format!(
        "alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}]\n\
         state: {{ store: state, checkpoint_every: 1s }}\n",
        alertmanager.port()
    );
    let agreements = [AGREEMENT.to_owned(), WATCHED.to_owned()];
    let service = Service::start_all_with_variables(&kafka, &agreements, &more, &clock.variables());
    let mut past = records();
    // Each run has its own part of the past.
    past.rotate_left(usize::try_from(seed).unwrap() % 7);
    past.truncate(12_000);
    let producer = producer(&broker.address());
    Some(Scene {
        broker,
        service,
        clock,
        webhook,
        _alertmanager: alertmanager,
        producer,
        past: past.into_iter(),
        published: Vec::new(),
        tickets: 0,
        is_stopped: false,
        under_way: None,
        last: None,
        untrue: Vec::new(),
    })
}

impl Scene {
    /// Publishes some of the past, and a ticket that was answered at once.
    fn publish_some(&mut self) {
        let mut some: Vec<String> = self.past.by_ref().take(40).collect();
        self.tickets += 1;
        let ticket = format!("W-{}", self.tickets);
        let watched = |id, kind| record(id, kind, &ticket).replace("billing", "watched");
        some.push(watched(self.tickets * 2, "created"));
        publish(&self.producer, "events", &some);
        self.published.extend(some);
        self.pass(Duration::from_millis(300));
        let answer = watched(self.tickets * 2 + 1, "agent_replied");
        publish(&self.producer, "events", std::slice::from_ref(&answer));
        self.published.push(answer);
    }

    /// Waits, and looks at the reasons that the service gives meanwhile.
    fn pass(&mut self, span: Duration) {
        let begun = now();
        while now().duration_since(begun) < span {
            self.look();
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    fn look(&mut self) {
        if self.is_stopped {
            return;
        }
        let Some((503, reason)) = self.service.page("/-/ready") else { return };
        let of_faults = [self.under_way, self.last].into_iter().flatten().flat_map(Fault::reasons);
        let is_true = RECOVERING.iter().chain(of_faults).any(|part| reason.contains(part));
        if !is_true {
            self.untrue.push(format!("{:?} after {:?}: {reason}", self.under_way, self.last));
        }
    }

    /// Publishes for a while.
    fn publish_for(&mut self, span: Duration) {
        let begun = now();
        while now().duration_since(begun) < span {
            self.publish_some();
        }
    }

    fn wait_until_ready(&mut self, what: Fault) {
        let begun = now();
        while self.service.get("/-/ready").is_none() {
            self.look();
            let waited = now().duration_since(begun);
            assert!(waited < PATIENCE, "{what:?}: {}", self.positions());
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// How far each partition was read.
    fn positions(&self) -> String {
        let page = self.service.get("/metrics").unwrap_or_default();
        let lines =
            page.lines().filter(|line| line.starts_with("vaste_kafka_consumer_lag_records{"));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn suffer(&mut self, fault: Fault, random: &mut Random) {
        self.under_way = Some(fault);
        let span = Duration::from_millis(1_500 + random.below(7_000).unsigned_abs());
        match fault {
            Fault::Killed => {
                self.service.kill();
                self.publish_some();
                self.service.start_again();
            }
            Fault::Restarted => {
                assert_eq!(self.service.stop(), Some(0));
                self.publish_some();
                self.service.start_again();
            }
            Fault::Paused => {
                self.service.child.signal("STOP");
                self.is_stopped = true;
                self.publish_for(span);
                self.is_stopped = false;
                self.service.child.signal("CONT");
            }
            Fault::Stalled => self.with_network(Network::Stall, span),
            Fault::Reset => self.with_network(Network::Reset, span),
            Fault::Delayed => {
                self.with_network(Network::Delay(Duration::from_millis(300)), span);
            }
            Fault::BrokerKilled => {
                self.broker.kill();
                self.pass(span);
                self.broker.start_again();
            }
            Fault::TransactionOpen | Fault::TransactionAborted => {
                let open = begin(&self.broker.address());
                let note = record(self.tickets + 500_000, "note_added", "T-open");
                send_in(&open, "events", &note);
                self.publish_for(span);
                if fault == Fault::TransactionOpen {
                    open.commit_transaction(ASK_WAIT).unwrap();
                    self.published.push(note);
                } else {
                    open.abort_transaction(ASK_WAIT).unwrap();
                }
            }
            Fault::ClockAhead | Fault::ClockBehind => {
                self.clock.set(if fault == Fault::ClockAhead { 1 } else { -1 });
                self.publish_for(span);
                self.clock.set(0);
            }
            Fault::Fenced => {
                let mut other = self.service.start_twin();
                self.publish_for(Duration::from_secs(4));
                assert_eq!(other.terminate(), Some(0));
                drop(other);
            }
            Fault::ReadRecordsDeleted => {
                caught_up(&self.service, "events", PARTITIONS);
                self.wait_until_durable();
                for partition in 0..PARTITIONS {
                    delete_records(&self.broker.address(), "events", partition, -1);
                }
            }
            Fault::CheckpointDamaged => {
                assert_eq!(self.service.stop(), Some(0));
                self.damage_a_checkpoint();
                self.service.start_again();
            }
        }
        self.wait_until_ready(fault);
        self.last = self.under_way.take();
        self.publish_some();
        self.pass(Duration::from_millis(1_500));
    }

    /// Waits until all records are in a checkpoint: their offsets are committed then. A kill cannot lose
    /// them.
    fn wait_until_durable(&self) {
        let asking: BaseConsumer = asking(&self.broker.address(), "chaos").create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_range("events", 0, PARTITIONS - 1);
        wait_for("the offsets to be committed", || {
            let committed = asking.committed_offsets(list.clone(), ASK_WAIT).ok()?;
            committed
                .elements()
                .iter()
                .all(|partition| {
                    let (_, end) =
                        asking.fetch_watermarks("events", partition.partition(), ASK_WAIT).unwrap();
                    end == 0 || partition.offset().to_raw() == Some(end)
                })
                .then_some(())
        });
    }

    fn with_network(&mut self, network: Network, span: Duration) {
        self.broker.network().set(network);
        self.publish_for(span);
        self.broker.network().set(Network::Pass);
    }

    /// Cuts the latest checkpoint of one partition.
    fn damage_a_checkpoint(&self) {
        let folder = self.service.folder.path().join("state/checkpoints/chaos/events/0");
        let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let latest = files
            .filter(|path| path.extension().is_some_and(|end| end == "vaste"))
            .max_by_key(|path| fs::metadata(path).and_then(|about| about.modified()).ok());
        if let Some(latest) = latest {
            let bytes = fs::read(&latest).unwrap();
            fs::write(latest, &bytes[..bytes.len() / 2]).unwrap();
        }
    }

    /// Compares `/metrics` with the naive model.
    fn compare(&mut self) {
        let rest: Vec<String> = self.past.by_ref().collect();
        publish(&self.producer, "events", &rest);
        self.published.extend(rest);
        let metrics = caught_up(&self.service, "events", PARTITIONS);
        if let Ok(folder) = std::env::var("VASTE_CHAOS_LOGS") {
            fs::write(format!("{folder}/published.ndjson"), self.published.join("\n")).unwrap();
            fs::write(format!("{folder}/metrics.txt"), &metrics.0).unwrap();
            let state = self.service.folder.path().join("state");
            assert!(
                Command::new("cp").arg("-r").arg(state).arg(&folder).status().unwrap().success()
            );
        }
        let events: Vec<Event<'_>> =
            self.published.iter().map(|record| decode(record.as_bytes()).unwrap()).collect();
        let model = naive::Model::new(&["billing", "watched"], objectives(), &events);
        compare_windows(&metrics, &model, instant(&metrics));
        compare_objectives(&metrics, &model, instant(&metrics));
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn whatever_fails_every_reason_is_true_nobody_is_paged_falsely_and_nothing_is_lost() {
    let (seconds, seed) = (number("VASTE_CHAOS_SECONDS", SECONDS), number("VASTE_CHAOS_SEED", 1));
    let logs = std::env::var("VASTE_CHAOS_LOGS").ok();
    let only = std::env::var("VASTE_CHAOS_FAULTS").unwrap_or_default();
    let is_chosen = |fault: &Fault| only.is_empty() || only.contains(&format!("{fault:?}"));
    let faults: Vec<Fault> = Fault::ALL.into_iter().filter(is_chosen).collect();
    let Some(mut scene) = scene(seed) else { return };
    wait_for("the service to be ready", || scene.service.get("/-/ready"));
    let mut random = Random::new(seed);
    let begun: Instant = now();
    let mut suffered = Vec::new();
    while now().duration_since(begun) < Duration::from_secs(seconds) {
        let fault = faults[random.index(faults.len())];
        let before = scene.service.log().len();
        let at = now();
        scene.suffer(fault, &mut random);
        println!("{fault:?}: {:.1} s", now().duration_since(at).as_secs_f64());
        suffered.push(fault);
        if let Some(folder) = &logs {
            let log = scene.service.log();
            let path = format!("{folder}/{:02}.log", suffered.len());
            fs::write(path, &log.as_bytes()[before..]).unwrap();
            fs::write(format!("{folder}/{:02}.fault", suffered.len()), format!("{fault:?}\n"))
                .unwrap();
        }
    }
    scene.compare();
    println!("{} faults, {} records", suffered.len(), scene.published.len());
    assert!(scene.untrue.is_empty(), "{:#?}", scene.untrue);
    assert_eq!(scene.webhook.counts().get("limit"), None, "{}", scene.service.log());
    assert!(scene.published.iter().all(|record| !key(record).is_empty()));
}
