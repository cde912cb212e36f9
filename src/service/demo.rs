//! `vaste demo`: a broker inside this process, a story fed into it, and the service itself reading it.
//!
//! # Design
//! The service is the real one: the same consumer, shards, viewer and pages, only with the clock of a
//! story. The broker is librdkafka's own stand-in, which speaks Kafka's protocol on the loopback
//! interface. It keeps 5 MB or 100 000 records a partition and drops what is older; the story's five
//! weeks are 6 MB in 4 partitions, and what comes after has long been read when it is dropped.
//!
//! What has happened is put into the topic at once, before the service begins. From then on a thread
//! publishes what the clock of the story has reached, and nothing that lies ahead of it.

use std::io;
use std::iter::Peekable;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};

use crate::demo::{BACKLOG, DemoRecord, EventGenerator, PLAY, Scenario, TOPIC, config};
use crate::service::clock::{self, AcceleratedTime, Clock};
use crate::service::kafka::send::{drain, send_when_room};
use crate::service::run::{self, RunError};
use crate::time::Timestamp;

/// Partitions of the topic.
const PARTITIONS: i32 = 4;

/// How many times as fast the play is told: its 7 days reach the wall clock after 15 minutes.
const SPEED: i64 = 673;

/// How often the story is published up to its clock.
const TICK: Duration = Duration::from_millis(200);

/// How long the broker may take for all that has happened.
const FLUSH_WAIT: Duration = Duration::from_secs(30);

/// What is told, and where.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What is drawn by lot follows from it.
    pub seed: u64,
    /// Whether the drifting team behaves.
    pub calm: bool,
    /// Where the service listens; port 0 is any that is free.
    pub listen: SocketAddr,
}

/// Why the demo ended or could not begin.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The broker inside fails.
    #[error("failed to run the broker of the demo: {0}")]
    Broker(#[from] KafkaError),
    /// The configuration of the demo is not as the service wants it.
    #[error("the demo's own configuration is bad: {0}")]
    Config(String),
    /// The address cannot be listened on.
    #[error(
        "failed to listen on {address}: {error}; is another Vaste running? choose another address with \
         --listen, such as --listen 127.0.0.1:0 for any port that is free"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The service fails.
    #[error(transparent)]
    Run(RunError),
    /// The system refuses a thread.
    #[error("failed to run the demo: {0}")]
    System(#[from] io::Error),
}

/// A demo that listens already and has not begun.
#[derive(Debug)]
pub struct Demo {
    options: Options,
    listener: TcpListener,
    address: SocketAddr,
}

impl Demo {
    /// Listens.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn new(options: Options) -> Result<Self, DemoError> {
        let listener = run::listen(options.listen).map_err(own_words)?;
        let address = listener.local_addr()?;
        Ok(Self { options, listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells the story until SIGTERM or an interrupt.
    ///
    /// # Errors
    /// When broker, service or system fail.
    pub fn run(self) -> Result<(), DemoError> {
        // Dropped last: the service leaves its group in the end, and somebody must answer.
        let cluster = MockCluster::new(1)?;
        cluster.create_topic(TOPIC, PARTITIONS, 1)?;
        let brokers = cluster.bootstrap_servers();
        let from = clock::wall().minus(PLAY);
        let Options { seed, calm, .. } = self.options;
        let scenario = Scenario { seed, calm, begin: from.minus(BACKLOG) };
        let config = config(scenario.begin, self.address, &brokers);
        let service = config.service.as_ref().filter(|_| !config.diagnostics.has_errors());
        let service =
            service.ok_or_else(|| DemoError::Config(config.diagnostics.errors_in_one_line()))?;
        let mut feed = Feed::new(scenario, &brokers)?;
        feed.up_to(from)?;
        feed.producer.flush(FLUSH_WAIT)?;
        tracing::info!("what has happened so far is in the topic");
        let clock =
            Clock::Accelerated(AcceleratedTime { began: clock::wall(), from, speed: SPEED });
        let (stop, stopped) = mpsc::channel();
        let feeder = thread::Builder::new().name("story".into());
        let feeder = feeder.spawn(move || feed.run(clock, &stopped))?;
        // It has no files that could change.
        let loaded: (u64, run::Reload) =
            (config.hash, Box::new(|| Err("the demo has none".to_owned())));
        let ended = run::run_on(self.listener, service, Arc::new(config.catalog()), loaded, clock);
        drop(stop);
        if feeder.join().is_err() {
            tracing::error!("the story had broken off before the end");
        }
        ended.map_err(own_words)
    }
}

/// What the service says of its file, as the demo says it of its flags.
fn own_words(error: RunError) -> DemoError {
    match error {
        RunError::Listen { address, error } => DemoError::Listen { address, error },
        RunError::Client(_) | RunError::Metrics(_) | RunError::System(_) => DemoError::Run(error),
    }
}

struct DemoContext;

impl ClientContext for DemoContext {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason);
    }
}

impl ProducerContext for DemoContext {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            tracing::error!("a record of the story is lost: {error}");
        }
    }
}

/// The story on its way into the topic.
struct Feed {
    event_generator: Peekable<EventGenerator>,
    producer: ThreadedProducer<DemoContext>,
}

impl Feed {
    fn new(scenario: Scenario, brokers: &str) -> Result<Self, KafkaError> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers).set("linger.ms", "5");
        // Restarted deliveries must not change the order within a ticket.
        config.set("enable.idempotence", "true");
        let producer = config.create_with_context(DemoContext)?;
        Ok(Self { event_generator: EventGenerator::new(scenario).peekable(), producer })
    }

    /// Publishes as time goes by until `stop` hangs up.
    fn run(mut self, clock: Clock, stop: &Receiver<()>) {
        while stop.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            if let Err(error) = self.up_to(clock.now()) {
                tracing::error!("a record of the story is lost: {error}");
            }
        }
    }

    /// Publishes what is delivered at or before this instant.
    fn up_to(&mut self, now: Timestamp) -> Result<(), KafkaError> {
        while let Some(record) = self.event_generator.next_if(|record| record.delivered <= now) {
            self.send(&record)?;
        }
        Ok(())
    }

    /// Sends one record. Waits while the producer's queue is full.
    fn send(&self, record: &DemoRecord) -> Result<(), KafkaError> {
        let message = BaseRecord::to(TOPIC)
            .key(record.key.as_bytes())
            .payload(record.payload.as_bytes())
            .timestamp(record.time.ms());
        let producer = &self.producer;
        send_when_room(
            message,
            |message| producer.send(message).err(),
            |pause| drain(producer, pause),
        )
    }
}
