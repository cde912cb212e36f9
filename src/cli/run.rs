//! `vaste run`.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::arguments::{LogFormat, RunArgs};
use super::configuration::{ServiceConfig, check_client, print_warnings, read_service};
use super::disk::{RealDisk, today};
use super::exit::{CommandError, Exit};
use super::terminal::Terminal;
use crate::config::{Config, Service};
use crate::service::ReloadTrigger;
use crate::service::clock::Clock;
use crate::service::loaded_config::LoadedConfig;
use crate::service::log_counter::LogCounter;
use crate::service::run::{self, Reload, ReloadError};

/// Runs the service until SIGTERM or an interrupt.
pub(super) fn run(arguments: &RunArgs, terminal: &mut Terminal<'_>) -> Result<Exit, CommandError> {
    let ServiceConfig { config, mut service } =
        read_service(&arguments.config, &arguments.overrides, terminal)?;
    print_warnings(&config.diagnostics.service_warnings, terminal)?;
    if let Some(mapping) = &arguments.map {
        service.kafka.mapping = Some(Arc::clone(mapping));
    }
    if let Some(listen) = arguments.listen {
        service.http.listen = listen;
    }
    init_logging(arguments.log_format, "info");
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "vaste");
    let (file, started_with) = (arguments.config.clone(), config.service.clone());
    let mut last_hash = config.hash;
    let loaded = LoadedConfig::new(config, Arc::new(RealDisk));
    let reload: Reload =
        Box::new(move |trigger| load_again(&file, started_with.as_ref(), trigger, &mut last_hash));
    match run::run(&service, loaded, Clock::Wall, reload) {
        Ok(()) => Ok(Exit::Success),
        Err(error) if error.is_configuration() => Err(CommandError::config(error)),
        Err(error) => Err(CommandError::failed(error)),
    }
}

/// Reads the configuration again; `None` if the interval has passed and its text is that of the last time.
/// Agreements, calendars and measures take effect at once; all other settings stay as they were at the start.
fn load_again(
    file: &Path,
    started_with: Option<&Service>,
    trigger: ReloadTrigger,
    last_hash: &mut u64,
) -> Result<Option<LoadedConfig>, ReloadError> {
    let mut config = Config::read(&[file.to_owned()], &RealDisk, &today());
    let is_same = std::mem::replace(last_hash, config.hash) == config.hash;
    if is_same && trigger == ReloadTrigger::Interval {
        return Ok(None);
    }
    check_client(&mut config);
    if config.diagnostics.has_errors() {
        return Err(ReloadError::Config(Box::new(config.diagnostics)));
    }
    if config.service.as_ref() != started_with {
        tracing::warn!(
            "changes of kafka, http, alertmanagers, external_labels, waiting_alarms, state, stale_after and \
             reload take effect at the next start"
        );
    }
    Ok(Some(LoadedConfig::new(config, Arc::new(RealDisk))))
}

/// Logs to standard error. `RUST_LOG` sets the level; without it, it is `default_level`.
pub(super) fn init_logging(format: LogFormat, default_level: &str) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_level));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry().with(filter).with(LogCounter::new()).with(lines).init();
}
