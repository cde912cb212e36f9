//! Configuration files, read and reported.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::arguments::KafkaOverrides;
use super::disk::{RealDisk, read_secrets, today, variables};
use super::exit::CommandError;
use super::terminal::Terminal;
use crate::config::{Alertmanager, Config, Diagnostic, Service};
use crate::service::{refuse_client, refuse_connection, refuse_property};

/// Configuration with the settings of the service.
pub(super) struct ServiceConfig {
    /// All files, as they are written.
    pub(super) config: Config,
    /// The settings, with secrets and overrides.
    pub(super) service: Service,
}

/// The file has no `kafka`, which the service needs.
#[derive(Debug, thiserror::Error)]
#[error("{}: kafka: is missing; write kafka.brokers and kafka.topic", file.display())]
struct NoKafka {
    file: PathBuf,
}

/// Reads files and prints their errors, and the warnings that concern every command.
///
/// # Errors
/// If nothing can be printed.
pub(super) fn load(files: &[PathBuf], terminal: &mut Terminal<'_>) -> io::Result<Config> {
    let mut config = Config::read(files, &RealDisk, &today());
    check_client(&mut config);
    for error in &config.diagnostics.errors {
        writeln!(terminal.diagnostics, "error: {error}")?;
    }
    print_warnings(&config.diagnostics.warnings, terminal)?;
    Ok(config)
}

/// Prints warnings.
///
/// # Errors
/// If nothing can be printed.
pub(super) fn print_warnings(
    warnings: &[Diagnostic],
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    for warning in warnings {
        writeln!(terminal.diagnostics, "warning: {warning}")?;
    }
    Ok(())
}

/// Has the Kafka client check its properties, as it does when the service starts.
pub(super) fn check_client(config: &mut Config) {
    let before = config.diagnostics.errors.len();
    config.diagnostics.check_properties(refuse_property);
    check_alertmanagers(config);
    let Some(mut kafka) = config.service.as_ref().map(|service| service.kafka.clone()) else {
        return;
    };
    if let Err(error) = kafka.set_from_variables(variables()) {
        config.diagnostics.refuse_properties(error.to_string());
    }
    if let Some(missing) = kafka.missing_credential() {
        config.diagnostics.warn_of_properties(missing.to_string());
    }
    if let Some(missing) = kafka.no_static_member() {
        config.diagnostics.warn_of_properties(missing);
    }
    if config.diagnostics.errors.len() == before
        && let Some(problem) = refuse_client(&kafka)
    {
        config.diagnostics.refuse_properties(problem);
    }
}

/// Reads the files that the Alertmanagers need. Secrets may come later: they are read for every request.
fn check_alertmanagers(config: &mut Config) {
    let alertmanagers = config.service.iter().flat_map(|service| &service.alertmanagers);
    for Alertmanager { url, http, place } in alertmanagers {
        if let Some(problem) = refuse_connection(url, http) {
            config.diagnostics.errors.push(Diagnostic { problem, ..place.clone() });
        }
        for file in http.secret_files() {
            if let Err(error) = File::open(file) {
                let problem = format!(
                    "{} cannot be read: {error}; until it can, no alert is sent there",
                    file.display()
                );
                let warning = Diagnostic { problem, ..place.clone() };
                config.diagnostics.service_warnings.push(warning);
            }
        }
    }
}

/// Reads files that must have no errors.
///
/// # Errors
/// If they have any, which are printed.
pub(super) fn read(files: &[PathBuf], terminal: &mut Terminal<'_>) -> Result<Config, CommandError> {
    let config = load(files, terminal)?;
    if config.diagnostics.has_errors() {
        return Err(CommandError::InvalidConfig);
    }
    Ok(config)
}

/// Reads the file of the service, its secrets and the overrides of the command line.
///
/// # Errors
/// If the file has errors, lacks `kafka`, or names a secret that cannot be read.
pub(super) fn read_service(
    file: &Path,
    overrides: &KafkaOverrides,
    terminal: &mut Terminal<'_>,
) -> Result<ServiceConfig, CommandError> {
    let config = read(&[file.to_owned()], terminal)?;
    let Some(mut service) = config.service.clone() else {
        return Err(CommandError::config(NoKafka { file: file.to_owned() }));
    };
    overrides.apply_to(&mut service.kafka);
    read_secrets(&mut service.kafka).map_err(CommandError::config)?;
    if let Some(missing) = service.kafka.missing_credential() {
        return Err(CommandError::config(missing));
    }
    Ok(ServiceConfig { config, service })
}
