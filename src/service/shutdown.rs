//! Signals: SIGTERM and SIGINT shut the service down, SIGHUP reloads the configuration. So do requests, and
//! the interval that the configuration may have.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;

/// A request to reload. It is answered with the error if the configuration was not loaded.
pub(super) type ReloadRequest = oneshot::Sender<Result<(), String>>;

/// Why the configuration is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadTrigger {
    /// A signal or a request asks for it: the configuration is loaded.
    Asked,
    /// The interval has passed: it is loaded if its files differ from those of the last time.
    Interval,
}

/// The signals that the service handles.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Installs the handlers. Call it within a tokio runtime.
    ///
    /// # Errors
    /// When a handler cannot be installed.
    pub(super) fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Calls `reload` at each SIGHUP, for each request and at the interval; returns at the first SIGTERM or
    /// SIGINT.
    pub(super) async fn until_shutdown(
        mut self,
        mut requests: mpsc::Receiver<ReloadRequest>,
        every: Option<Duration>,
        mut reload: impl FnMut(ReloadTrigger) -> Result<(), String>,
    ) {
        let mut interval = every.map(tokio::time::interval);
        if let Some(interval) = &mut interval {
            // After a standstill the files are read once, and not once for every interval that has passed.
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        loop {
            let tick = async {
                match &mut interval {
                    Some(interval) => interval.tick().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                // What went wrong is logged.
                _ = self.hang_up.recv() => drop(reload(ReloadTrigger::Asked)),
                _ = tick => drop(reload(ReloadTrigger::Interval)),
                Some(request) = requests.recv() => {
                    // The client may have gone.
                    drop(request.send(reload(ReloadTrigger::Asked)));
                }
            }
        }
        tracing::info!("shutting down");
    }
}
