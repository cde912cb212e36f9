//! The group `reload` of the service's file.

use std::time::Duration;

use super::fields::{Field, File, boolean};

/// The shortest and the longest interval at which files are read again.
const EVERY_MIN: Duration = Duration::from_secs(1);
const EVERY_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// When the configuration is read again, besides at SIGHUP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReloadConfig {
    /// Whether `POST /-/reload` reads it. Default no.
    pub endpoint: bool,
    /// The interval at which the files are read, and loaded if they differ: 1 s to 1 d. Default never.
    pub every: Option<Duration>,
}

/// Reads the group.
pub(super) fn read(group: &Field<'_>, file: &mut File<'_>) -> ReloadConfig {
    let mut reload = ReloadConfig::default();
    let Some(mut fields) = group.fields(file) else { return reload };
    if let Some(field) = fields.take("endpoint") {
        let problem = "is neither true nor false; write one of the two";
        reload.endpoint = field.parse(file, problem, boolean).unwrap_or_default();
    }
    if let Some(field) = fields.take("every")
        && let Some(elapsed) = field.duration(file)
    {
        let every = Duration::from_millis(u64::try_from(elapsed.ms()).unwrap_or_default());
        if (EVERY_MIN..=EVERY_MAX).contains(&every) {
            reload.every = Some(every);
        } else {
            field.error(file, "is not an interval from 1s to 1d; write, for example, 30s");
        }
    }
    fields.finish(file);
    reload
}
