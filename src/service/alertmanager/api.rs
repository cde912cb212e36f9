//! What an endpoint needs of an Alertmanager, so that tests can stand in for one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::alert::{Listed, Notice};
use crate::time::Timestamp;

/// The labels that identify an alert.
pub(super) type AlertLabels = Arc<BTreeMap<Box<str>, Box<str>>>;

/// The alerts that an Alertmanager holds.
pub(super) struct Listing {
    /// When the Alertmanager started, by our clock.
    pub(super) started_at: Timestamp,
    pub(super) alerts: BTreeMap<AlertLabels, Listed>,
}

/// The outcome of one request. The text says what the Alertmanager answered, for the log.
pub(super) enum RequestOutcome {
    Accepted,
    /// The request may succeed later, at the earliest after the given wait.
    Later(String, Option<Duration>),
    /// The Alertmanager refuses one of the alerts.
    BadAlert(String),
    /// The Alertmanager needs other credentials or another path.
    Misconfigured(String),
}

/// The requests that an endpoint makes of its Alertmanager.
pub(super) trait AlertmanagerApi {
    /// Lists its alerts.
    ///
    /// # Errors
    /// The outcome, which is never [`RequestOutcome::Accepted`].
    fn list(&self) -> Result<Listing, RequestOutcome>;

    /// Sends one batch.
    fn post(&self, batch: &[Notice]) -> RequestOutcome;

    /// Whether the correction of times has changed since the last call: notices that were sent before it
    /// carry wrong times there.
    fn take_correction_changed(&self) -> bool;
}
