//! `vaste run`

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::disk::{self, RealDisk, today};
use super::{Exit, LogFormat, RunArgs, Terminal, check};
use crate::config::{Config, Service};
use crate::service::clock::Clock;
use crate::service::log_counter::LogCounter;
use crate::service::run::{self, LoadedConfig, Reload, ReloadError};

pub(super) fn run(arguments: &RunArgs, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let config = Config::read(std::slice::from_ref(&arguments.config), &RealDisk, &today());
    check::say(&config.diagnostics, terminal)?;
    if config.diagnostics.has_errors() {
        return Ok(Exit::Config);
    }
    let Some(mut service) = config.service.clone() else {
        let file = arguments.config.display();
        let problem = "kafka: is missing; write kafka.brokers and kafka.topic";
        writeln!(terminal.diagnostics, "error: {file}: {problem}")?;
        return Ok(Exit::Config);
    };
    arguments.overrides.put_into(&mut service.kafka);
    if let Err(problem) = disk::read_secrets(&mut service.kafka) {
        writeln!(terminal.diagnostics, "error: {problem}")?;
        return Ok(Exit::Config);
    }
    if let Some(listen) = arguments.listen {
        service.http.listen = listen;
    }
    log(arguments.log_format, "info");
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "vaste");
    let (file, own) = (arguments.config.clone(), config.service.clone());
    let reload: Reload = Box::new(move || load_again(&file, own.as_ref()));
    let loaded = LoadedConfig { catalog: Arc::new(config.catalog()), hash: config.hash };
    match run::run(&service, loaded, Clock::Wall, &reload) {
        Ok(()) => Ok(Exit::Good),
        Err(error) => {
            writeln!(terminal.diagnostics, "error: {error}")?;
            Ok(if error.is_configuration() { Exit::Config } else { Exit::Failed })
        }
    }
}

/// Reads the configuration anew. Agreements, calendars and measures take effect; the rest is that of the
/// start.
fn load_again(file: &PathBuf, own: Option<&Service>) -> Result<LoadedConfig, ReloadError> {
    let config = Config::read(std::slice::from_ref(file), &RealDisk, &today());
    if config.diagnostics.has_errors() {
        let faults: Vec<String> =
            config.diagnostics.errors.iter().map(ToString::to_string).collect();
        return Err(ReloadError::Faults(faults));
    }
    if config.service.as_ref() != own {
        tracing::warn!(
            "kafka, http, alertmanagers, external_labels, state and stale_after need a restart"
        );
    }
    Ok(LoadedConfig { catalog: Arc::new(config.catalog()), hash: config.hash })
}

/// Logs to standard error; `RUST_LOG` says how much, where it is not `usual`.
pub(super) fn log(format: LogFormat, usual: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry().with(filter).with(LogCounter::new()).with(lines).init();
}
