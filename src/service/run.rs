//! `vaste run`: wiring.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use arc_swap::ArcSwap;
use tokio::signal::unix::{SignalKind, signal};

use super::alertmanager::Delivery;
use super::clock::{self, Clock};
use super::http;
use super::instruments::Instruments;
use super::picture::{Picture, Shared};
use super::server;
use super::store::{Store, Writer};
use super::stream::{Setting, Worker};
use super::viewer::{Alerting, Viewer};
use crate::alert::Sender;
use crate::config::Service;
use crate::rules::Rules;

/// Batches of effects on their way from workers at most.
const BATCHES_MAX: usize = 2;

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
pub fn run(service: &Service, rules: Arc<Rules>, hash: u64, clock: Clock) -> Result<(), RunError> {
    run_on(listen(service.http.listen)?, service, rules, hash, clock)
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
    rules: Arc<Rules>,
    hash: u64,
    clock: Clock,
) -> Result<(), RunError> {
    let picture = Picture::new(&rules, clock::wall(), &service.kafka.topic);
    let instruments = Instruments::new(service.alertmanagers.len(), (hash, clock::wall()))?;
    let shared = Shared {
        picture: Arc::new(ArcSwap::from_pointee(picture)),
        instruments: Arc::new(instruments),
    };
    let alerting = Alerting {
        sender: Sender {
            external_url: service.http.external_url(listener.local_addr()?),
            external_labels: service.external_labels.clone(),
        },
        delivery: Delivery::start(&service.alertmanagers, &shared.instruments.delivered)?,
    };
    let writer = match &service.state.store {
        Some(place) => {
            let store = Store::open(place, &service.kafka.group).map_err(RunError::Client)?;
            Some(Writer::start(store, &service.kafka.topic, &shared.instruments)?)
        }
        None => None,
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    listener.set_nonblocking(true)?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    // A worker that has much to say waits until it is heard.
    let (to_viewer, batches) = mpsc::sync_channel(BATCHES_MAX);
    let mut commands = Vec::new();
    let mut threads = Vec::new();
    for number in 0..service.kafka.workers {
        let setting = Setting {
            kafka: &service.kafka,
            state: &service.state,
            rules: Arc::clone(&rules),
            clock,
            instruments: &shared.instruments,
            jobs: writer.as_ref().and_then(Writer::jobs),
        };
        let worker = Worker::new(number, setting)
            .map_err(|error| RunError::Client(service.kafka.without_secrets(&error)))?;
        let (to_worker, orders) = mpsc::channel();
        let answers = to_viewer.clone();
        let name = format!("worker-{number}");
        threads
            .push(thread::Builder::new().name(name).spawn(move || worker.run(&orders, &answers))?);
        commands.push(to_worker);
    }
    let viewer = Viewer::new(rules, clock, commands, batches, alerting, &shared);
    let (stop, stopped) = mpsc::channel();
    threads.push(thread::Builder::new().name("viewer".into()).spawn(move || viewer.run(&stopped))?);
    let served = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let ended = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping");
        };
        let listener = tokio::net::TcpListener::from_std(listener)?;
        server::serve(listener, http::routes(shared), ended).await;
        Ok::<(), io::Error>(())
    });
    drop(stop);
    for thread in threads {
        if thread.join().is_err() {
            tracing::error!("a thread had failed before the end");
        }
    }
    // After the workers: what they handed over last is written first.
    drop(writer);
    Ok(served?)
}
