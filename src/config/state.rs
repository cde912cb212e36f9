//! The group `state` of the service's file.

use std::time::Duration;

use super::fields::{Field, File};
use crate::time::{DAY_MS, Elapsed};

/// Where checkpoints are kept, and how long a ticket is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateConfig {
    /// A folder, or a URL such as `s3://bucket/vaste`. `None` for no checkpoints: every start reads the topic
    /// from its beginning.
    pub store: Option<String>,
    /// How long after its last event a ticket may still be reopened. It is remembered at least that long.
    /// Default 28 d.
    pub reopen_within: Elapsed,
    /// Minimum time between two checkpoints of a partition. Default 30 s. The time is longer if writing them
    /// would take more than 5 % of it.
    pub checkpoint_every: Duration,
}

impl Default for StateConfig {
    fn default() -> Self {
        Self {
            store: None,
            reopen_within: Elapsed::from_ms(28 * DAY_MS),
            checkpoint_every: Duration::from_secs(30),
        }
    }
}

/// Reads the group.
pub(super) fn read(group: &Field<'_>, file: &mut File<'_>) -> StateConfig {
    let mut state = StateConfig::default();
    let Some(mut fields) = group.fields(file) else { return state };
    if let Some(field) = fields.take("store") {
        let problem = "is not a storage location; write, for example, file:///var/lib/vaste";
        let place = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        state.store = field.parse(file, problem, place);
    }
    if let Some(field) = fields.take("reopen_within")
        && let Some(elapsed) = field.duration(file)
    {
        state.reopen_within = elapsed;
    }
    if let Some(field) = fields.take("checkpoint_every") {
        let problem = "is not a duration; write, for example, 30s, or 0s for as often as 5 % of the time \
                       allows";
        let elapsed = field.parse(file, problem, |text| {
            if text == "0s" { Some(Elapsed::ZERO) } else { Elapsed::parse(text) }
        });
        let elapsed = elapsed.map(|elapsed| Duration::from_millis(elapsed.ms().unsigned_abs()));
        state.checkpoint_every = elapsed.unwrap_or(state.checkpoint_every);
    }
    if let Some(field) = fields.take("windows_max") {
        file.warn(field.node.at, &field.key, "is ignored: this version does not support it");
    }
    fields.finish(file);
    state
}
