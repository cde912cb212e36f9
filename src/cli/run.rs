//! `vaste run`.

use std::io;
use std::slice;
use std::sync::Arc;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::arguments::{LogFormat, RunArgs};
use super::configuration::{ServiceConfig, check_client, print_warnings, read_service};
use super::disk::{RealDisk, today};
use super::exit::{CommandError, Exit};
use super::terminal::Terminal;
use crate::config::Config;
use crate::service::clock::Clock;
use crate::service::loaded_config::LoadedConfig;
use crate::service::log_counter::LogCounter;
use crate::service::reload::reload_by;
use crate::service::run;

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
    let loaded = LoadedConfig::new(config, Arc::new(RealDisk));
    let file = arguments.config.clone();
    let read = move || Config::read(slice::from_ref(&file), &RealDisk, &today());
    let reload = reload_by(&loaded, read, check_client);
    match run::run(&service, loaded, Clock::Wall, reload) {
        Ok(()) => Ok(Exit::Success),
        Err(error) if error.is_configuration() => Err(CommandError::config(error)),
        Err(error) => Err(CommandError::failed(error)),
    }
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
