//! The alert state log: the state of alerts, which cannot be derived from timelines.
//!
//! Only the process that evaluated an alert knows since when it holds and whether it was sent. The log is one
//! small JSON object. The latest evaluation wins.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{AgreementNews, Alert, AlertStatus, Alerts, LabelSet, LastSent, WaitAlarms, WaitEntry};
use crate::agreement::Objective;
use crate::catalog::{Catalog, ObjectiveId};
use crate::name::team_label;
use crate::time::Timestamp;

/// The version that is written. Newer versions are refused.
pub const VERSION: u32 = 1;

/// Maximum alerts in a log: those of 2 000 teams with five objectives. More are left out.
const ALERTS_MAX: usize = 20_000;

/// The state of all alerts at one evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertStateLog {
    version: u32,
    /// The instant of the evaluation.
    evaluated_at: String,
    /// Whether it is the last one of a process that shut down.
    #[serde(default)]
    is_last: bool,
    alerts: Vec<AlertStateEntry>,
    /// The objectives that are missed, as team and name.
    missed: Vec<(String, String)>,
    /// The level by which each objective was last evaluated.
    #[serde(default)]
    agreed: Vec<AgreedEntry>,
    /// The alarms about tickets that nobody has agreed to answer.
    #[serde(default)]
    waits: Vec<WaitEntry>,
}

/// The level of an objective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AgreedEntry {
    team: String,
    objective: String,
    /// In words.
    level: Arc<str>,
}

/// One alert that is not inactive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AlertStateEntry {
    pub(super) team: String,
    pub(super) objective: String,
    pub(super) alert: String,
    active_at: String,
    fired_at: Option<String>,
    resolved_at: Option<String>,
    /// Start of the running timer.
    counts_from: Option<String>,
    frozen_since: Option<String>,
    /// When it was last sent, and whether as resolved.
    sent: Option<(String, bool)>,
    /// Its last annotations.
    pub(super) told: BTreeMap<String, String>,
    /// Its last labels; empty if it was not sent.
    #[serde(default)]
    pub(super) labels: LabelSet,
    /// The change of the agreement by which its condition last began or cleared.
    #[serde(default)]
    by_change: Option<AgreementNews>,
}

/// Why an alert state log cannot be read.
#[derive(Debug, Error)]
pub enum StateLogError {
    /// It is not such a JSON object.
    #[error("it is not an alert state log of Vaste: {0}")]
    Foreign(#[from] serde_json::Error),
    /// A newer version of Vaste has written it.
    #[error("it is of version {0}, and this version of Vaste reads up to {VERSION}")]
    Version(u32),
    /// A time in it is malformed.
    #[error("its time `{0}` is malformed")]
    Time(String),
}

impl AlertStateLog {
    /// The log of these alerts at `at`. `missed` are the objectives that are missed.
    pub fn of(
        alerts: &Alerts,
        waits: &WaitAlarms,
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
        let agreed = catalog.objectives().filter_map(|(id, _, agreed)| {
            let (team, objective) = name(id);
            let level = match alerts.levels.get(&id) {
                Some(evaluated) => Arc::clone(evaluated.as_ref()?),
                None => agreed.said_at(at).into(),
            };
            Some(AgreedEntry { team, objective, level })
        });
        Self {
            version: VERSION,
            evaluated_at: at.to_string(),
            is_last: false,
            alerts: lines.take(ALERTS_MAX).collect(),
            missed: missed.map(name).collect(),
            agreed: agreed.take(ALERTS_MAX).collect(),
            waits: waits.entries(),
        }
    }

    /// Marks it as the last one of a process that shuts down.
    #[must_use]
    pub fn last(self) -> Self {
        Self { is_last: true, ..self }
    }

    /// Whether it is the last one of a process that shut down. Otherwise that process was killed, or still
    /// runs.
    pub fn is_last(&self) -> bool {
        self.is_last
    }

    /// Parses a log.
    ///
    /// # Errors
    /// When it is not a log, is of a newer version, or has a malformed time.
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

    /// The log as JSON.
    pub fn bytes(&self) -> Vec<u8> {
        // Strings and numbers only: serialising cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The instant of the evaluation.
    pub fn evaluated_at(&self) -> Timestamp {
        time(&self.evaluated_at).unwrap_or(Timestamp::EVENT_MIN)
    }

    /// The alerts that were not inactive.
    pub(super) fn entries(&self) -> impl Iterator<Item = &AlertStateEntry> {
        self.alerts.iter()
    }

    /// The alarms that fired about tickets that nobody has agreed to answer.
    pub fn waits(&self) -> &[WaitEntry] {
        &self.waits
    }

    /// The level of each objective of a catalog when the log was written; `None` for one that was not agreed.
    /// Nothing is known from a log without levels, and with more objectives than it holds.
    fn levels(&self, catalog: &Catalog) -> BTreeMap<ObjectiveId, Option<Arc<str>>> {
        if self.agreed.is_empty() || self.agreed.len() == ALERTS_MAX {
            return BTreeMap::new();
        }
        let by_name: BTreeMap<_, _> = (self.agreed.iter())
            .map(|entry| ((&*entry.team, &*entry.objective), Arc::clone(&entry.level)))
            .collect();
        let before = |(id, owner, objective): (ObjectiveId, _, &Objective)| {
            let team = team_label(catalog.scope_name(owner));
            (id, by_name.get(&(team, &*objective.name)).cloned())
        };
        catalog.objectives().map(before).collect()
    }

    /// Whether this objective was missed.
    pub fn was_missed(&self, id: ObjectiveId, catalog: &Catalog) -> bool {
        let (owner, objective) = catalog.objective(id);
        self.missed.iter().any(|(team, name)| {
            **name == *objective.name && catalog.scope_by_label(team) == Some(owner)
        })
    }
}

impl Alerts {
    /// Restores the alerts from a log. Alerts of objectives that are still agreed get their status back; all
    /// others are inactive. Timers stand still until the first evaluation with current data.
    pub fn restore(&mut self, log: &AlertStateLog, catalog: &Catalog) {
        let at = log.evaluated_at();
        for alert in &mut self.all {
            alert.status = AlertStatus::Inactive;
            (alert.counts_from, alert.frozen_since, alert.last_sent) = (None, None, None);
            alert.not_ready_since = None;
            alert.by_change = None;
        }
        self.levels = log.levels(catalog);
        for line in &log.alerts {
            let alert = self.all.iter_mut().find(|alert| {
                let (owner, objective) = catalog.objective(alert.objective);
                line.alert == alert.kind.label()
                    && *line.objective == *objective.name
                    && catalog.scope_by_label(&line.team) == Some(owner)
            });
            if let (Some(alert), Ok(status)) = (alert, line.status()) {
                alert.status = status;
                alert.counts_from = line.counts_from.as_deref().and_then(Timestamp::parse);
                let frozen = line.frozen_since.as_deref().and_then(Timestamp::parse);
                alert.frozen_since = Some(frozen.unwrap_or(at));
                alert.not_ready_since = alert.frozen_since;
                let sent = line.sent.as_ref();
                alert.last_sent = sent.and_then(|(at, as_resolved)| {
                    Some(LastSent { at: Timestamp::parse(at)?, as_resolved: *as_resolved })
                });
                // A firing alert is sent again at once: the downtime may have been long.
                alert.make_stale();
                alert.last_annotations = Arc::new(line.told.clone());
                alert.last_labels = Arc::new(line.labels.clone());
                alert.by_change.clone_from(&line.by_change);
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
            sent: alert.last_sent.map(|sent| (text(sent.at), sent.as_resolved)),
            told: BTreeMap::clone(&alert.last_annotations),
            labels: BTreeMap::clone(&alert.last_labels),
            by_change: alert.by_change.clone(),
        })
    }

    /// Since when it fires; `None` if it does not.
    pub(super) fn firing_since(&self) -> Option<Timestamp> {
        match self.status() {
            Ok(AlertStatus::Firing { fired_at, .. }) => Some(fired_at),
            Ok(
                AlertStatus::Inactive | AlertStatus::Pending { .. } | AlertStatus::Resolved { .. },
            )
            | Err(_) => None,
        }
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
