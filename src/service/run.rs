//! `vaste run`: wiring.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::alert;
use crate::catalog::Catalog;
use crate::config::Service;
use crate::service::alertmanager::Delivery;
use crate::service::clock::{self, Clock};
use crate::service::coordinator::published_view::{PublishedView, Shared};
use crate::service::coordinator::{Alerting, Coordinator};
use crate::service::http::accept;
use crate::service::http::routes;
use crate::service::instruments::Instruments;
use crate::service::kafka::worker::{Batch, Worker, WorkerCommand, WorkerConfig};
use crate::service::shutdown::Signals;
use crate::service::store::{Store, Writer};

/// Batches of effects on their way from workers at most.
const BATCHES_MAX: usize = 2;

/// How long threads may take to end.
const LEAVE_WAIT: Duration = Duration::from_secs(20);

/// Reads the configuration anew: the rules and the hash, or why not, in words.
pub type Reload = Box<dyn Fn() -> Result<(Arc<Catalog>, u64), String> + Send>;

/// Why the service ended or could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A client refuses its configuration.
    #[error("{0}; correct the configuration")]
    Client(String),
    /// The address cannot be listened on.
    #[error(
        "failed to listen on {address}: {error}; is another Vaste running? write another http.listen"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// Two metrics have one name.
    #[error("failed to set up metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The system refuses threads, signals or sockets.
    #[error("failed to run: {0}")]
    System(#[from] io::Error),
}

/// Runs until SIGTERM or an interrupt, by this clock. `hash` is that of the configuration.
///
/// # Errors
/// When it cannot begin, or the system fails it.
pub fn run(
    service: &Service,
    catalog: Arc<Catalog>,
    hash: u64,
    clock: Clock,
    reload: Reload,
) -> Result<(), RunError> {
    run_on(listen(service.http.listen)?, service, catalog, (hash, reload), clock)
}

/// Listens, before anything else begins: a port that is taken is a fault to say at once.
///
/// # Errors
/// When the address cannot be listened on.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, RunError> {
    TcpListener::bind(address).map_err(|error| RunError::Listen { address, error })
}

/// Like [`run`], on an address that is listened on already.
pub(super) fn run_on(
    listener: TcpListener,
    service: &Service,
    catalog: Arc<Catalog>,
    (hash, reload): (u64, Reload),
    clock: Clock,
) -> Result<(), RunError> {
    let published = PublishedView::new(&catalog, clock::wall(), &service.kafka.topic);
    let instruments = Instruments::new(service.alertmanagers.len(), (hash, clock::wall()))?;
    let shared = Shared {
        published: Arc::new(ArcSwap::from_pointee(published)),
        instruments: Arc::new(instruments),
    };
    let (writer, log) = match &service.state.store {
        Some(place) => {
            let store = Store::open(place, &service.kafka.group).map_err(RunError::Client)?;
            let log = store.alert_state_log().map_err(RunError::Client)?;
            (Some(Writer::start(store, &service.kafka.topic, &shared.instruments)?), log)
        }
        None => (None, None),
    };
    let (reloaded, reloads) = mpsc::channel();
    let alerting = Alerting {
        reloads,
        stale_after: service.stale_after,
        log,
        jobs: writer.as_ref().map(Writer::jobs),
        sender: alert::Sender {
            external_url: service.http.external_url(listener.local_addr()?),
            external_labels: service.external_labels.clone(),
        },
        delivery: Delivery::start(&service.alertmanagers, &shared.instruments.delivered)?,
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    listener.set_nonblocking(true)?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    // A worker that has much to say waits until it is heard.
    let (to_coordinator, batches) = mpsc::sync_channel(BATCHES_MAX);
    let config = WorkerConfig {
        kafka: &service.kafka,
        state: &service.state,
        catalog: &catalog,
        clock,
        instruments: &shared.instruments,
        jobs: writer.as_ref().map(Writer::jobs),
    };
    let (commands, mut threads) = start_workers(&config, &to_coordinator)?;
    drop((config, to_coordinator));
    let coordinator = Coordinator::new(catalog, clock, commands, batches, alerting, &shared);
    let (stop, stopped) = mpsc::channel();
    threads.push(
        thread::Builder::new()
            .name("coordinator".into())
            .spawn(move || coordinator.run(&stopped))?,
    );
    let served = runtime.block_on(async {
        let signals = Signals::install()?;
        let instruments = Arc::clone(&shared.instruments);
        let ended = async move {
            signals.until_shutdown(|| load_again(&reload, &reloaded, &instruments)).await;
            // At once: the last notices go out before the last page is served.
            drop(stop);
        };
        let listener = tokio::net::TcpListener::from_std(listener)?;
        accept::serve(listener, routes::routes(shared), ended).await;
        Ok::<(), io::Error>(())
    });
    // A client of a Kafka that is gone may wait for it for a minute: nobody else has to.
    clock::join(threads, LEAVE_WAIT);
    // After the workers: what they handed over last is written first.
    if let Some(writer) = writer {
        writer.finish(LEAVE_WAIT);
    }
    Ok(served?)
}

/// Goes by the configuration as it is now, or by the one before where it has faults.
fn load_again(reload: &Reload, reloaded: &Sender<Arc<Catalog>>, instruments: &Instruments) {
    match reload() {
        Ok((catalog, hash)) => {
            instruments.config.accept(hash, clock::wall());
            if reloaded.send(catalog).is_err() {
                tracing::debug!("nobody judges any more");
            }
        }
        Err(said) => {
            instruments.config.refuse();
            tracing::error!(
                "the configuration is not loaded, the one before stays in force: {said}"
            );
        }
    }
}

/// Threads that were started, and how to command them.
type Started = (Vec<Sender<WorkerCommand>>, Vec<JoinHandle<()>>);

/// Starts the workers.
fn start_workers(
    config: &WorkerConfig<'_>,
    to_coordinator: &SyncSender<Batch>,
) -> Result<Started, RunError> {
    let (mut commands, mut threads) = (Vec::new(), Vec::new());
    for number in 0..config.kafka.workers {
        let worker = Worker::new(number, config)
            .map_err(|error| RunError::Client(config.kafka.without_secrets(&error)))?;
        let (to_worker, orders) = mpsc::channel();
        let answers = to_coordinator.clone();
        let thread = thread::Builder::new().name(format!("worker-{number}"));
        threads.push(thread.spawn(move || worker.run(&orders, &answers))?);
        commands.push(to_worker);
    }
    Ok((commands, threads))
}
