//! `vaste demo`: a mock broker in this process, a thread that publishes generated events, and the service.
//!
//! # Design
//! The service is the real one, with an accelerated clock. The broker is librdkafka's mock cluster, which
//! speaks Kafka's protocol on the loopback interface. It keeps 5 MB or 100 000 records per partition and
//! drops older ones. The generated five weeks are 6 MB in 4 partitions, and later records have been read
//! long before they are dropped.
//!
//! Past events are published before the service starts. From then on a thread publishes each event once the
//! clock reaches it. Where people move the clock on by hand, the same thread does so, in parts of a few
//! hours, each after the events of these hours: nothing looks unanswered because its answer is not published
//! yet.

use std::io;
use std::iter::Peekable;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};

use crate::config::Diagnostics;
use crate::demo::{
    AgreementFolder, BACKLOG, DemoFiles, DemoRecord, EventGenerator, PLAY, PLAY_BY_HAND, Scenario,
    TOPIC,
};
use crate::service::clock::{self, AcceleratedTime, Clock, SteppedTime};
use crate::service::kafka::send::{drain, send_when_room};
use crate::service::loaded_config::LoadedConfig;
use crate::service::reload::{Reload, ReloadError, reload_by};
use crate::service::run::{self, RunError};
use crate::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

/// Partitions of the topic.
const PARTITIONS: i32 = 4;

/// Speed of the accelerated clock: its 7 days reach the wall clock after 15 minutes.
const SPEED: i64 = 673;

/// Interval between publications.
const TICK: Duration = Duration::from_millis(200);

/// A part of a step by hand.
const STEP_PART: Elapsed = Elapsed::from_ms(3 * HOUR_MS);

/// The time that the service has to read the events of a part before the clock moves on.
const STEP_PAUSE: Duration = Duration::from_millis(25);

/// How long the broker may take to accept all past events.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(30);

/// The options of the demo.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Seed of the random generator.
    pub seed: u64,
    /// Whether the team that slows down keeps its level instead.
    pub calm: bool,
    /// The address to listen on; port 0 chooses a free port.
    pub listen: SocketAddr,
}

/// Steps by which somebody moves the clock on.
#[derive(Debug)]
pub struct Steps {
    /// The number of days of each step.
    pub days: Receiver<u16>,
    /// Gets the time after each step.
    pub done: Sender<Stepped>,
}

/// The time after a step.
#[derive(Clone, Copy, Debug)]
pub struct Stepped {
    /// The time of the demo.
    pub now: Timestamp,
    /// Whether it has come up with the wall clock, so that no step moves it on any more.
    pub is_present: bool,
}

/// Why the demo ended or could not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The mock broker fails.
    #[error("failed to run the broker of the demo: {0}")]
    Broker(#[from] KafkaError),
    /// Its configuration has errors. In memory, that is a bug.
    #[error("the configuration of the demo has errors: {}", .0.errors_in_one_line())]
    Config(Box<Diagnostics>),
    /// The address cannot be listened on.
    #[error(
        "failed to listen on {address}: {error}; is another Vaste running? choose another address with \
         --listen, such as --listen 127.0.0.1:0 for any port that is free"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the system.
        error: io::Error,
    },
    /// The service fails.
    #[error(transparent)]
    Run(RunError),
    /// The system refuses a thread.
    #[error("failed to run the demo: {0}")]
    System(#[from] io::Error),
}

/// A demo that listens and has not started.
#[derive(Debug)]
pub struct Demo {
    scenario: Scenario,
    /// When its time begins to pass.
    from: Timestamp,
    listener: TcpListener,
    address: SocketAddr,
    steps: Option<Steps>,
}

impl Demo {
    /// Listens on the address. With `steps`, time runs at its normal speed, and each step moves it on.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn new(options: Options, steps: Option<Steps>) -> Result<Self, DemoError> {
        let Options { seed, calm, listen } = options;
        let listener = run::listen(listen).map_err(adapt_error)?;
        let address = listener.local_addr()?;
        let play = if steps.is_some() { PLAY_BY_HAND } else { PLAY };
        let from = clock::wall().minus(play);
        let scenario = Scenario { seed, calm, begin: from.minus(BACKLOG) };
        Ok(Self { scenario, from, listener, address, steps })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// When its first events are.
    pub fn begin(&self) -> Timestamp {
        self.scenario.begin
    }

    /// Runs until SIGTERM or SIGINT. The agreements are those of a folder, if there is one.
    ///
    /// # Errors
    /// When the broker, the service or the system fails, or the agreements have errors.
    pub fn run(self, folder: Option<AgreementFolder>) -> Result<(), DemoError> {
        let Self { scenario, from, listener, address, steps } = self;
        // Dropped last: the service leaves its group at shutdown, which needs the broker.
        let cluster = MockCluster::new(1)?;
        cluster.create_topic(TOPIC, PARTITIONS, 1)?;
        let brokers = cluster.bootstrap_servers();
        let is_in_memory = folder.is_none();
        let files = Arc::new(match folder {
            None => DemoFiles::new(scenario.begin, address, &brokers),
            Some(folder) => DemoFiles::in_folder(folder, address, &brokers),
        });
        let config = files.read_config(from);
        let service = match config.service.clone() {
            Some(service) if !config.diagnostics.has_errors() => service,
            Some(_) | None => return Err(DemoError::Config(Box::new(config.diagnostics))),
        };
        let mut publisher = EventPublisher::new(scenario, &brokers)?;
        publisher.publish_until(from)?;
        publisher.producer.flush(FLUSH_TIMEOUT)?;
        tracing::info!("past events are in the topic");
        let (stop, stopped) = mpsc::channel();
        let (clock, thread) = publisher.start(from, steps, stopped)?;
        let loaded = LoadedConfig::new(config, Arc::<DemoFiles>::clone(&files));
        let reload: Reload = if is_in_memory {
            Box::new(|_| Err(ReloadError::Demo))
        } else {
            reload_by(&loaded, move || files.read_config(clock.now()), |_| ())
        };
        let ended = run::run_on(listener, &service, loaded, clock, reload);
        drop(stop);
        if thread.join().is_err() {
            tracing::error!("the thread that publishes events failed before shutdown");
        }
        ended.map_err(adapt_error)
    }
}

/// Replaces advice about the configuration file by advice about the flags of the demo.
fn adapt_error(error: RunError) -> DemoError {
    match error {
        RunError::Listen { address, error } => DemoError::Listen { address, error },
        RunError::Worker(_)
        | RunError::Probe(_)
        | RunError::Store(_)
        | RunError::Agendas(_)
        | RunError::Delivery(_)
        | RunError::Metrics(_)
        | RunError::System(_) => DemoError::Run(error),
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
            tracing::error!("a generated event is not published: {error}");
        }
    }
}

/// Publishes generated events to the topic.
struct EventPublisher {
    event_generator: Peekable<EventGenerator>,
    producer: ThreadedProducer<DemoContext>,
}

impl EventPublisher {
    fn new(scenario: Scenario, brokers: &str) -> Result<Self, KafkaError> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers).set("linger.ms", "5");
        // Retries must not change the order within a ticket.
        config.set("enable.idempotence", "true");
        let producer = config.create_with_context(DemoContext)?;
        Ok(Self { event_generator: EventGenerator::new(scenario).peekable(), producer })
    }

    /// Starts the thread that publishes from then on, until the sender of `stop` is dropped. Returns its
    /// clock.
    fn start(
        self,
        from: Timestamp,
        steps: Option<Steps>,
        stop: Receiver<()>,
    ) -> io::Result<(Clock, JoinHandle<()>)> {
        let thread = thread::Builder::new().name("publisher".into());
        let Some(steps) = steps else {
            let accelerated = AcceleratedTime { began: clock::wall(), from, speed: SPEED };
            let clock = Clock::Accelerated(accelerated);
            return Ok((clock, thread.spawn(move || self.run(clock, &stop))?));
        };
        let behind = clock::wall().since(from);
        let time: &SteppedTime = Box::leak(Box::new(SteppedTime::new(behind)));
        let run = move || self.run_in_steps(time, &steps, &stop);
        Ok((Clock::Stepped(time), thread.spawn(run)?))
    }

    /// Publishes events as the clock reaches them, until the sender of `stop` is dropped.
    fn run(mut self, clock: Clock, stop: &Receiver<()>) {
        while stop.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            if let Err(error) = self.publish_until(clock.now()) {
                tracing::error!("a generated event is not published: {error}");
            }
        }
    }

    /// The same, and moves the clock on by each step.
    fn run_in_steps(mut self, time: &'static SteppedTime, steps: &Steps, stop: &Receiver<()>) {
        let clock = Clock::Stepped(time);
        while stop.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            if let Err(error) = self.publish_until(clock.now()) {
                tracing::error!("a generated event is not published: {error}");
            }
            let Ok(days) = steps.days.try_recv() else { continue };
            if let Err(error) = self.step(days, time, stop) {
                tracing::error!("a generated event is not published: {error}");
            }
            // Whoever asked for the step may be gone.
            let is_present = time.behind() == Elapsed::ZERO;
            steps.done.send(Stepped { now: clock.now(), is_present }).ok();
        }
    }

    /// Moves the clock on by days, at most to the wall clock.
    fn step(
        &mut self,
        days: u16,
        time: &SteppedTime,
        stop: &Receiver<()>,
    ) -> Result<(), KafkaError> {
        let parts = i64::from(days) * DAY_MS / STEP_PART.ms();
        for _ in 0..parts {
            let part = STEP_PART.min(time.behind());
            let is_over = part == Elapsed::ZERO;
            if is_over || stop.recv_timeout(STEP_PAUSE) != Err(RecvTimeoutError::Timeout) {
                break;
            }
            self.publish_until(time.at(clock::wall()).plus(part))?;
            self.producer.flush(FLUSH_TIMEOUT)?;
            time.step(part);
        }
        Ok(())
    }

    /// Publishes the events that are delivered at or before this instant.
    fn publish_until(&mut self, now: Timestamp) -> Result<(), KafkaError> {
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
