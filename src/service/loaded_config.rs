//! A configuration as the service takes it over.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::config::{Config, Disk};

/// A configuration that has been loaded.
#[derive(Clone, Debug)]
pub struct LoadedConfig {
    /// What the files hold.
    pub config: Arc<Config>,
    /// Its agreements, compiled.
    pub catalog: Arc<Catalog>,
    /// Where it was read from.
    pub disk: Arc<dyn Disk + Send + Sync>,
}

impl LoadedConfig {
    /// Compiles what the files hold.
    pub fn new(config: Config, disk: Arc<dyn Disk + Send + Sync>) -> Self {
        let catalog = Arc::new(config.catalog());
        Self { config: Arc::new(config), catalog, disk }
    }
}
