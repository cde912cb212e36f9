//! Reads the configuration again while the service runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::{Config, Diagnostics};
use crate::service::loaded_config::LoadedConfig;
use crate::service::shutdown::ReloadTrigger;

/// Reads the configuration again; `None` if there is no need to.
pub type Reload = Box<dyn FnMut(ReloadTrigger) -> Result<Option<LoadedConfig>, ReloadError> + Send>;

/// Why the configuration cannot be loaded again.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The files have errors.
    #[error("{}", .0.errors_in_one_line())]
    Config(Box<Diagnostics>),
    /// The agreements of the demo are in memory.
    #[error("the demo has no files without --agreements")]
    Demo,
}

/// Reads the configuration again by `read`, and checks by `check` what it has read. Files whose text is that
/// of the last time are left alone if only the interval has passed. `first` is the configuration that the
/// service starts with. Warnings that were not there the last time are logged.
///
/// Agreements, calendars and measures take effect at once; all other settings stay as they were at the start.
pub fn reload_by(
    first: &LoadedConfig,
    mut read: impl FnMut() -> Config + Send + 'static,
    check: fn(&mut Config),
) -> Reload {
    let (disk, mut last_hash) = (Arc::clone(&first.disk), first.config.hash);
    let started_with = first.config.service.clone();
    let mut warned = warnings(&first.config);
    let mut had_errors = false;
    Box::new(move |trigger| {
        let mut config = read();
        let is_same = std::mem::replace(&mut last_hash, config.hash) == config.hash;
        if is_same && trigger == ReloadTrigger::Interval {
            return Ok(None);
        }
        check(&mut config);
        let had_errors = std::mem::replace(&mut had_errors, config.diagnostics.has_errors());
        if config.diagnostics.has_errors() {
            return Err(ReloadError::Config(Box::new(config.diagnostics)));
        }
        if had_errors {
            tracing::info!("the configuration has no errors any more and is loaded");
        }
        let before = std::mem::replace(&mut warned, warnings(&config));
        warned.difference(&before).for_each(|warning| tracing::warn!("{warning}"));
        if config.service != started_with {
            tracing::warn!(
                "changes of kafka, http, alertmanagers, external_labels, waiting_alarms, state, stale_after \
                 and reload take effect at the next start"
            );
        }
        Ok(Some(LoadedConfig::new(config, Arc::clone(&disk))))
    })
}

/// The warnings about the files of a configuration.
fn warnings(config: &Config) -> BTreeSet<String> {
    config.diagnostics.warnings.iter().map(ToString::to_string).collect()
}
