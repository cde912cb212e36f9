//! `vaste run`: creates the parts of the service and connects them.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{self, Runtime};

use crate::agreement_log::AgreementLog;
use crate::alert::{self, AlertStateLog};
use crate::catalog::Catalog;
use crate::config::{Config, Service};
use crate::service::agenda_poster::{AgendaPoster, AgendaPosterError};
use crate::service::alertmanager::{Delivery, DeliveryError};
use crate::service::clock::{self, Clock};
use crate::service::comparer::{self, ComparerInputs};
use crate::service::coordinator::publication::{CoordinatorMessage, Publication, Shared};
use crate::service::coordinator::published_view::PublishedView;
use crate::service::coordinator::{Alerting, Coordinator, Inputs};
use crate::service::derived_past::SharedPast;
use crate::service::http::accept;
use crate::service::http::live::LiveStreams;
use crate::service::http::lookup::TicketLookup;
use crate::service::http::routes::{self, Served};
use crate::service::http::writing::EventWriting;
use crate::service::instruments::Instruments;
use crate::service::kafka::event_writer::EventWriter;
use crate::service::kafka::probe::{Probe, ProbeError};
use crate::service::kafka::worker::{Batch, Worker, WorkerCommand, WorkerConfig, WorkerError};
use crate::service::loaded_config::LoadedConfig;
use crate::service::partition_copies::PartitionCopies;
use crate::service::past_keeper;
use crate::service::reload::{Reload, ReloadError};
use crate::service::shutdown::Signals;
use crate::service::store::{Job, Store, StoreError, Writer};

/// Maximum batches of effects in flight from workers to the coordinator.
const BATCHES_MAX: usize = 2;

/// How long all threads together may take to end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(8);

/// How long the store may take at least, however long the other threads took.
const STORE_TIMEOUT_MIN: Duration = Duration::from_secs(1);

/// Maximum requests to reload that wait.
const RELOAD_REQUESTS_MAX: usize = 16;

/// Why the service ended or could not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A worker cannot start with its configuration.
    #[error("{0}; correct the configuration")]
    Worker(#[from] WorkerError),
    /// The probe cannot start with its configuration.
    #[error("{0}; correct the configuration")]
    Probe(#[from] ProbeError),
    /// The store cannot be used.
    #[error("{0}; correct the configuration")]
    Store(#[from] StoreError),
    /// Agendas cannot be posted.
    #[error("{0}; correct the configuration")]
    Agendas(#[from] AgendaPosterError),
    /// Alert delivery cannot start.
    #[error("failed to run: {0}")]
    Delivery(#[from] DeliveryError),
    /// The address cannot be listened on.
    #[error(
        "failed to listen on {address}: {error}; is another Vaste running? write another http.listen"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the system.
        error: io::Error,
    },
    /// Two metrics have the same name.
    #[error("failed to set up metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The system refuses threads, signals or sockets.
    #[error("failed to run: {0}")]
    System(#[from] io::Error),
}

impl RunError {
    /// Whether the operator must correct the configuration.
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::Worker(_) | Self::Store(_) | Self::Probe(_) | Self::Agendas(_) => true,
            Self::Delivery(_) | Self::Listen { .. } | Self::Metrics(_) | Self::System(_) => false,
        }
    }
}

/// Runs by this clock until SIGTERM or SIGINT. It calls `reload` at SIGHUP, and as `service.reload` says.
///
/// # Errors
/// When it cannot start, or the system fails.
pub fn run(
    service: &Service,
    config: LoadedConfig,
    clock: Clock,
    reload: Reload,
) -> Result<(), RunError> {
    run_on(listen(service.http.listen)?, service, config, clock, reload)
}

/// Listens. Called before anything else starts, to report a port that is in use at once.
///
/// # Errors
/// When the address cannot be listened on.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, RunError> {
    TcpListener::bind(address).map_err(|error| RunError::Listen { address, error })
}

/// What all notices have in common.
fn sender(service: &Service, listening: SocketAddr) -> alert::Sender {
    alert::Sender {
        external_url: service.http.external_url(listening),
        external_labels: service.external_labels.clone(),
        dashboard_url: service.http.dashboard_url.clone(),
        tickets: service.http.ticket_links(),
    }
}

/// Like [`run`], on a listener that exists already.
pub(super) fn run_on(
    listener: TcpListener,
    service: &Service,
    config: LoadedConfig,
    clock: Clock,
    mut reload: Reload,
) -> Result<(), RunError> {
    let listening = listener.local_addr()?;
    let catalog = Arc::clone(&config.catalog);
    let (shared, messages) = shared(service, &config)?;
    let StoredState { writer, log, agreement_log } = open_store(service, &shared.instruments)?;
    let jobs = writer.as_ref().map(Writer::jobs);
    let alerting = Alerting {
        stale_after: service.stale_after,
        wait_alarms: service.waiting_alarms.clone(),
        log,
        jobs: jobs.clone(),
        sender: sender(service, listening),
        delivery: Delivery::start(&service.alertmanagers, &shared.instruments.delivered)?,
    };
    let runtime = http_runtime()?;
    listener.set_nonblocking(true)?;
    tracing::info!(address = %listening, "listening");
    // Bounded: a worker with many effects waits for the coordinator.
    let (to_coordinator, batches) = mpsc::sync_channel(BATCHES_MAX);
    let probe = Probe::start(&service.kafka, service.agendas.as_ref())?;
    let worker_config = WorkerConfig {
        kafka: &service.kafka,
        state: &service.state,
        catalog: &catalog,
        clock,
        instruments: &shared.instruments,
        jobs: jobs.clone(),
        answers: probe.answers(),
        process: RandomState::new().hash_one(std::process::id()),
        shows_ids: service.http.tickets.shows_ids,
    };
    let WorkerThreads { commands, mut threads } = start_workers(&worker_config, &to_coordinator)?;
    drop((worker_config, to_coordinator));
    let (reloaded, reloads) = mpsc::channel();
    let copies = PartitionCopies::new(&commands, &service.kafka.topic);
    let poster = AgendaPoster::start(service, (listening, clock), &shared, jobs.clone())?;
    let log = (agreement_log, jobs);
    let readers = PartitionReaders::start(config, copies, (log, clock), &shared)?;
    let lookup = TicketLookup::new(commands.clone());
    let writing = writing(service, (listening, clock), lookup.clone())?;
    let loaded = Loaded { catalogs: reloaded, configs: readers.configs.clone() };
    let inputs = Inputs { commands, batches, reloads, answers: probe.answers() };
    let coordinator = Coordinator::new(catalog, clock, inputs, alerting, &shared);
    let stopper = shared.published.stopper();
    let thread = thread::Builder::new().name("coordinator".into());
    threads.push(thread.spawn(move || coordinator.run(&messages))?);
    let served = runtime.block_on(async {
        let signals = Signals::install()?;
        let instruments = Arc::clone(&shared.instruments);
        let (to_reload, requests) = tokio::sync::mpsc::channel(RELOAD_REQUESTS_MAX);
        let every = service.reload.every;
        let (live, closer) = LiveStreams::new(&shared.published);
        let ended = async move {
            let load = |trigger| load_again(reload(trigger), &loaded, &instruments);
            signals.until_shutdown(requests, every, load).await;
            // Stops the coordinator now, so that the final notices go out while requests are still served.
            drop((stopper, closer));
        };
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let to_reload = service.reload.endpoint.then_some(to_reload);
        let served = Served { shared, live, lookup, to_reload, writing };
        accept::serve(listener, routes::routes(served), ended).await;
        Ok::<(), io::Error>(())
    });
    // A Kafka client may wait a minute for a broker that is gone, and a disk may hang. The process does not.
    let until = clock::instant() + SHUTDOWN_TIMEOUT;
    threads.push(probe.stop());
    threads.extend(readers.stop());
    threads.extend(poster.map(AgendaPoster::stop));
    clock::join(threads, SHUTDOWN_TIMEOUT);
    // After the workers, to write their last checkpoints.
    if let Some(writer) = writer {
        writer.finish(until.saturating_duration_since(clock::instant()).max(STORE_TIMEOUT_MIN));
    }
    Ok(served?)
}

/// Writes what people say, where they may.
fn writing(
    service: &Service,
    listening: (SocketAddr, Clock),
    tickets: TicketLookup,
) -> Result<Arc<EventWriting>, RunError> {
    let has_foreign_records = service.kafka.mapping.is_some();
    let writer = || EventWriter::new(&service.kafka);
    let writing = EventWriting::new(&service.http, listening, has_foreign_records, tickets, writer);
    Ok(Arc::new(writing.map_err(WorkerError::from)?))
}

/// The threads of the HTTP server.
fn http_runtime() -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// The state that the coordinator and the HTTP server share, before anything was read, and what the server
/// asks the coordinator for.
fn shared(
    service: &Service,
    loaded: &LoadedConfig,
) -> Result<(Shared, Receiver<CoordinatorMessage>), prometheus::Error> {
    let Config { hash, zone_data, .. } = &*loaded.config;
    let ticket_links = Arc::new(service.http.ticket_links());
    let published = PublishedView {
        ticket_links,
        ..PublishedView::new(&loaded.catalog, clock::wall(), &service.kafka.topic)
    };
    let alertmanagers: Vec<String> =
        service.alertmanagers.iter().map(|am| am.url.clone()).collect();
    let instruments = Instruments::new(&alertmanagers, *hash, zone_data.release(), clock::wall())?;
    tracing::info!("time zones: {zone_data}");
    let (published, messages) = Publication::new(published);
    let shared = Shared {
        published: Arc::new(published),
        instruments: Arc::new(instruments),
        changes: Arc::default(),
        past: SharedPast::default(),
        oldest_event: Arc::default(),
    };
    Ok((shared, messages))
}

/// The store's thread and what the store holds; all `None` without `state.store`.
#[derive(Default)]
struct StoredState {
    writer: Option<Writer>,
    log: Option<AlertStateLog>,
    agreement_log: Option<AgreementLog>,
}

fn open_store(service: &Service, instruments: &Arc<Instruments>) -> Result<StoredState, RunError> {
    let Some(address) = &service.state.store else {
        return Ok(StoredState::default());
    };
    let store = Store::open(address, &service.kafka.group)?;
    let agreement_log = store.agreement_log()?;
    let log = store.alert_state_log()?;
    if let Some(log) = &log {
        let at = log.evaluated_at();
        if log.is_last() {
            tracing::info!("the last process of this group shut down at {at}");
        } else {
            tracing::warn!(
                "the last process of this group did not shut down after {at}: it was killed, has crashed, could not \
                 read Kafka at its end, or still runs"
            );
        }
    }
    let writer = Writer::start(store, &service.kafka.topic, instruments)?;
    Ok(StoredState { writer: Some(writer), log, agreement_log })
}

/// Whoever must know of a configuration that is loaded while the service runs.
struct Loaded {
    /// The coordinator.
    catalogs: Sender<Arc<Catalog>>,
    /// The comparer and the thread that derives the past.
    configs: [Sender<LoadedConfig>; 2],
}

/// Passes on a configuration that was loaded again. If it has errors, the one in force stays.
///
/// # Errors
/// The errors of the configuration.
fn load_again(
    reloaded: Result<Option<LoadedConfig>, ReloadError>,
    to: &Loaded,
    instruments: &Instruments,
) -> Result<(), String> {
    let loaded = match reloaded {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return Ok(()),
        Err(error) => {
            instruments.config.refuse();
            let problem =
                format!("the configuration is not loaded, the one before stays in force: {error}");
            tracing::error!("{problem}");
            return Err(problem);
        }
    };
    let Config { hash, zone_data, .. } = &*loaded.config;
    instruments.config.accept(*hash, zone_data.release(), clock::wall());
    tracing::info!("time zones: {zone_data}");
    let is_taken = to.catalogs.send(Arc::clone(&loaded.catalog)).is_ok();
    let are_taken = to.configs.each_ref().map(|to| to.send(loaded.clone()).is_ok());
    if !is_taken || are_taken.contains(&false) {
        tracing::debug!("a thread that must know of the configuration has ended");
    }
    Ok(())
}

/// The threads that derive the past from copies of the partitions.
struct PartitionReaders {
    /// Where configurations go that are loaded while the service runs.
    configs: [Sender<LoadedConfig>; 2],
    is_stopping: Arc<AtomicBool>,
    threads: [JoinHandle<()>; 2],
}

impl PartitionReaders {
    /// Starts the threads with the configuration that the service starts with. `log`: the agreement log of
    /// the last run, the store's thread, and the clock.
    fn start(
        config: LoadedConfig,
        copies: PartitionCopies,
        ((log, jobs), clock): ((Option<AgreementLog>, Option<Sender<Job>>), Clock),
        shared: &Shared,
    ) -> io::Result<Self> {
        let is_stopping = Arc::clone(&copies.is_stopping);
        let (to_past, past) = past_keeper::start(config.clone(), copies.clone(), shared.clone())?;
        let inputs = ComparerInputs { log, jobs, clock, copies, shared: shared.clone() };
        let (to_comparer, comparer) = comparer::start(config, inputs)?;
        let (configs, threads) = ([to_past, to_comparer], [past, comparer]);
        Ok(Self { configs, is_stopping, threads })
    }

    /// Ends the threads soon. Verdicts that are not computed yet are left to the next process.
    fn stop(self) -> [JoinHandle<()>; 2] {
        self.is_stopping.store(true, Ordering::Relaxed);
        self.threads
    }
}

/// Worker threads, and the channels that command them.
struct WorkerThreads {
    commands: Vec<Sender<WorkerCommand>>,
    threads: Vec<JoinHandle<()>>,
}

fn start_workers(
    config: &WorkerConfig<'_>,
    to_coordinator: &SyncSender<Batch>,
) -> Result<WorkerThreads, RunError> {
    let mut workers = WorkerThreads { commands: Vec::new(), threads: Vec::new() };
    for number in 0..config.kafka.workers {
        let worker = Worker::new(number, config)?;
        let (commands, receiver) = mpsc::channel();
        let to_coordinator = to_coordinator.clone();
        let thread = thread::Builder::new().name(format!("worker-{number}"));
        workers.threads.push(thread.spawn(move || worker.run(&receiver, &to_coordinator))?);
        workers.commands.push(commands);
    }
    Ok(workers)
}
