//! Delivers every notice to every Alertmanager, each on a thread of its own.
//!
//! | module | what it does |
//! |---|---|
//! | `authorization` | the `Authorization` header: password, token, OAuth 2.0 |
//! | `api` | what an endpoint needs of an Alertmanager: list alerts, post notices |
//! | `client` | the same over HTTP: requests, and the meaning of the responses |
//! | `endpoint` | the delivery loop of one Alertmanager: batches, retries, back-off |
//! | `pending` | the notices that wait for one Alertmanager |
//! | `server` | connections: TLS, client certificate, proxy |
//! | `skew` | the difference between our clock and an Alertmanager's |
//!
//! # Design
//! Each Alertmanager has the latest notice of each alert pending, not a queue: a stale *firing* that arrives
//! after the *resolved* would page again. One request is in flight at a time, so an older notice never
//! follows a newer one. An Alertmanager that hangs delays no other. An Alertmanager compares times with its
//! own clock. If its clock is far from ours, it would drop alerts silently, so it gets corrected times.
//!
//! The client is ureq: blocking calls suit a thread. Its native TLS is the OpenSSL that the Kafka client is
//! built with, so there is one TLS library to patch.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use self::authorization::Authorization;
use self::client::Client;
use self::endpoint::Endpoint;
use self::pending::PendingNotices;
use self::server::{ConnectionError, Server};
use crate::alert::Notice;
use crate::config::{Alertmanager, HttpClient};
use crate::service::clock;
use crate::service::instruments::Delivered;

mod api;
mod authorization;
mod client;
mod endpoint;
mod pending;
mod server;
mod skew;

/// How long the last notices may take. An Alertmanager that hangs does not hold up the shutdown.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a server cannot be connected to as configured; `None` if the files and the proxy can be used. Connects
/// to nothing.
pub fn refuse_connection(url: &str, http: &HttpClient) -> Option<String> {
    let server = Server::new(url.to_owned(), http.connection.clone());
    let authorization = Authorization::new(http.credentials.clone());
    let checked = server.agent().map(drop).and_then(|()| authorization.check());
    checked.err().map(|error| error.to_string())
}

/// The delivery threads, one for each Alertmanager in the order of the configuration.
#[derive(Debug)]
pub(super) struct Delivery {
    pending: Vec<Arc<PendingNotices>>,
    threads: Vec<thread::JoinHandle<()>>,
}

/// Why delivery cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// An Alertmanager cannot be connected to as configured.
    #[error("alertmanagers: {url}: {error}")]
    Connection {
        /// Its URL.
        url: String,
        /// What is wrong.
        error: ConnectionError,
    },
    /// The system refuses a thread.
    #[error(transparent)]
    Thread(#[from] io::Error),
}

impl Delivery {
    /// Starts a thread for each Alertmanager.
    ///
    /// # Errors
    /// When certificates or a proxy cannot be used, or the system refuses a thread.
    pub(super) fn start(
        alertmanagers: &[Alertmanager],
        delivered: &[Arc<Delivered>],
    ) -> Result<Self, DeliveryError> {
        let mut delivery = Self { pending: Vec::new(), threads: Vec::new() };
        for (alertmanager, delivered) in alertmanagers.iter().zip(delivered) {
            let pending = Arc::new(PendingNotices::default());
            let client = Client::new(alertmanager, delivered).map_err(|error| {
                DeliveryError::Connection { url: alertmanager.url.clone(), error }
            })?;
            let endpoint = Endpoint::new(client, Arc::clone(&pending), Arc::clone(delivered));
            let thread = thread::Builder::new().name("alertmanager".to_owned());
            delivery.threads.push(thread.spawn(move || endpoint.run())?);
            delivery.pending.push(pending);
        }
        Ok(delivery)
    }

    /// Queues notices for every Alertmanager. Returns at once.
    pub(super) fn send(&self, notices: &[Notice], delivered: &[Arc<Delivered>]) {
        for (pending, delivered) in self.pending.iter().zip(delivered) {
            pending.add(notices, delivered);
        }
    }

    /// Ends the threads. Pending notices are sent once more; those that fail then are dropped.
    pub(super) fn stop(self) {
        for pending in &self.pending {
            pending.stop();
        }
        clock::join(self.threads, STOP_TIMEOUT);
    }
}
