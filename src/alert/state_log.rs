//! The watch log: what is a fact about the watching, and cannot be derived from timelines.
//!
//! Since when an alert holds, and whether it was told, is known by whoever watched and by nobody else. It is
//! kept in one small object, as JSON, and the latest evaluation wins.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Alert, AlertStatus, Alerts};
use crate::catalog::{Catalog, ObjectiveId};
use crate::name::team_label;
use crate::time::Timestamp;

/// The version that is written; newer ones are refused.
pub const VERSION: u32 = 1;

/// Alerts that one log holds at most: those of 2 000 teams with five objectives. What is beyond is not kept.
const ALERTS_MAX: usize = 20_000;

/// What is known of all alerts at one evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertStateLog {
    version: u32,
    /// When they were evaluated.
    evaluated_at: String,
    alerts: Vec<AlertStateEntry>,
    /// The objectives that were missed, as team and name.
    missed: Vec<(String, String)>,
}

/// One alert that is not inactive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AlertStateEntry {
    team: String,
    objective: String,
    alert: String,
    active_at: String,
    fired_at: Option<String>,
    resolved_at: Option<String>,
    /// From when the time counts that it must hold or be clear.
    counts_from: Option<String>,
    frozen_since: Option<String>,
    /// When it was last sent, and whether as resolved.
    sent: Option<(String, bool)>,
    /// What was last said of it.
    told: BTreeMap<String, String>,
}

/// Why a watch log is not read.
#[derive(Debug, Error)]
pub enum StateLogError {
    /// It is no such JSON.
    #[error("it is not a watch log of Vaste: {0}")]
    Foreign(#[from] serde_json::Error),
    /// It is of a version that this one does not know.
    #[error("it is of version {0}, and this version of Vaste reads up to {VERSION}")]
    Version(u32),
    /// A time in it cannot be read.
    #[error("its time `{0}` cannot be read")]
    Time(String),
}

impl AlertStateLog {
    /// What these alerts are at `at`; `missed` are the objectives that are missed.
    pub fn of(
        alerts: &Alerts,
        missed: impl Iterator<Item = ObjectiveId>,
        catalog: &Catalog,
        at: Timestamp,
    ) -> Self {
        let name = |id| {
            let (owner, objective) = catalog.objective(id);
            (team_label(catalog.scope_name(owner)).to_owned(), objective.name.to_string())
        };
        let lines =
            alerts.iter().filter_map(|alert| AlertStateEntry::of(alert, name(alert.objective)));
        Self {
            version: VERSION,
            evaluated_at: at.to_string(),
            alerts: lines.take(ALERTS_MAX).collect(),
            missed: missed.map(name).collect(),
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it is something else, of a newer version, or holds a time that cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Self, StateLogError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let Head { version } = serde_json::from_slice(bytes)?;
        if version > VERSION {
            return Err(StateLogError::Version(version));
        }
        let log: Self = serde_json::from_slice(bytes)?;
        time(&log.evaluated_at)?;
        log.alerts.iter().try_for_each(|line| line.status().map(drop))?;
        Ok(log)
    }

    /// As it is kept.
    pub fn bytes(&self) -> Vec<u8> {
        // A map of texts and numbers: there is nothing that JSON could not hold.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// When it was written.
    pub fn evaluated_at(&self) -> Timestamp {
        time(&self.evaluated_at).unwrap_or(Timestamp::EVENT_MIN)
    }

    /// Whether this objective was missed when it was last known.
    pub fn was_missed(&self, id: ObjectiveId, catalog: &Catalog) -> bool {
        let (owner, objective) = catalog.objective(id);
        let team = team_label(catalog.scope_name(owner));
        self.missed.iter().any(|(of, name)| of == team && **name == *objective.name)
    }
}

impl Alerts {
    /// Goes on from a watch log: the alerts of objectives that are still agreed stand where they stood, all
    /// others are inactive, and time between then and the first evaluation that can be trusted does not
    /// count.
    pub fn restore(&mut self, log: &AlertStateLog, catalog: &Catalog) {
        let at = log.evaluated_at();
        for alert in &mut self.all {
            alert.status = AlertStatus::Inactive;
            (alert.counts_from, alert.frozen_since, alert.sent) = (None, None, None);
            alert.not_ready_since = None;
        }
        for line in &log.alerts {
            let alert = self.all.iter_mut().find(|alert| {
                let (owner, objective) = catalog.objective(alert.objective);
                line.alert == alert.kind.label()
                    && *line.objective == *objective.name
                    && line.team == team_label(catalog.scope_name(owner))
            });
            if let (Some(alert), Ok(status)) = (alert, line.status()) {
                alert.status = status;
                alert.counts_from = line.counts_from.as_deref().and_then(Timestamp::parse);
                let frozen = line.frozen_since.as_deref().and_then(Timestamp::parse);
                alert.frozen_since = Some(frozen.unwrap_or(at));
                alert.not_ready_since = alert.frozen_since;
                let sent = line.sent.as_ref();
                let sent = sent.and_then(|(at, over)| Some((Timestamp::parse(at)?, *over)));
                alert.sent = sent;
                // Who was told that it fires is told again at once: nobody knows how long we were away.
                alert.make_stale();
                alert.told = line.told.clone();
            }
        }
    }
}

impl AlertStateEntry {
    fn of(alert: &Alert, (team, objective): (String, String)) -> Option<Self> {
        let (active_at, fired_at, resolved_at) = match alert.status {
            AlertStatus::Inactive => return None,
            AlertStatus::Pending { active_at } => (active_at, None, None),
            AlertStatus::Firing { active_at, fired_at } => (active_at, Some(fired_at), None),
            AlertStatus::Resolved { active_at, fired_at, resolved_at } => {
                (active_at, Some(fired_at), Some(resolved_at))
            }
        };
        let text = |at: Timestamp| at.to_string();
        Some(Self {
            team,
            objective,
            alert: alert.kind.label().to_owned(),
            active_at: text(active_at),
            fired_at: fired_at.map(text),
            resolved_at: resolved_at.map(text),
            counts_from: alert.counts_from.map(text),
            frozen_since: alert.frozen_since.map(text),
            sent: alert.sent.map(|(at, is_over)| (text(at), is_over)),
            told: alert.told.clone(),
        })
    }

    fn status(&self) -> Result<AlertStatus, StateLogError> {
        let active_at = time(&self.active_at)?;
        let fired_at = self.fired_at.as_deref().map(time).transpose()?;
        let resolved_at = self.resolved_at.as_deref().map(time).transpose()?;
        Ok(match (fired_at, resolved_at) {
            (None, _) => AlertStatus::Pending { active_at },
            (Some(fired_at), None) => AlertStatus::Firing { active_at, fired_at },
            (Some(fired_at), Some(resolved_at)) => {
                AlertStatus::Resolved { active_at, fired_at, resolved_at }
            }
        })
    }
}

fn time(text: &str) -> Result<Timestamp, StateLogError> {
    Timestamp::parse(text).ok_or_else(|| StateLogError::Time(text.to_owned()))
}
