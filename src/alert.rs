//! Alerts: inactive, pending, firing or resolved, from verdicts and the instant of each evaluation.
//!
//! # Design
//! The model is Prometheus (`rules/alerting.go`, and its alert generator compliance specification). A
//! condition that holds makes an alert pending. Once it has held for `for`, the alert fires. Once it has
//! been clear for `keep_firing_for`, the alert is resolved. One rule is added: *data trouble never
//! resolves an alert*. While verdicts are frozen, every timer stands still. Too few tickets start no alert.
//! They end one when they reach the agreed share, as an empty window does.
//!
//! With a confidence ([`crate::agreement::Objective::evidence`]), the condition of `missed` begins when a
//! miss is sure, and ends when it is unlikely. Between, it stays as it is: that follows from the status and
//! the running timer, so it survives a restart with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::agreement::{AlertPolicy, AlertVerdicts, DecidedVerdict, ShareBelief, VerdictState};
use crate::catalog::{Catalog, ObjectiveId};
use crate::time::{Elapsed, MINUTE_MS, Timestamp};

mod alerts;
mod handled_elsewhere;
mod state_log;
mod named_tickets;
mod notice;
mod notice_text;
mod removed;
mod self_alerts;
mod duty_turns;
mod wait_alarms;

pub use alerts::Alerts;
pub use duty_turns::{DUTY_SEVERITY, DUTY_TURN, DutyTurns, turns_begun};
pub use handled_elsewhere::{Listed, is_handled_elsewhere};
pub use notice::{Notice, Sender};
pub use removed::RemovedAlerts;
pub use self_alerts::SelfAlerts;
pub use state_log::{AlertStateLog, StateLogError, VERSION as LOG_VERSION};
pub use wait_alarms::{FiringAlarm, WaitAlarm, WaitAlarmPolicies, WaitAlarms, WaitEntry};

/// Labels of an alert, by name.
pub type LabelSet = BTreeMap<Box<str>, Box<str>>;

/// Interval between refreshes of a firing alert, which would end by itself otherwise (Prometheus'
/// `--rules.alert.resend-delay`).
pub const REFRESH_EVERY: Elapsed = Elapsed::from_ms(MINUTE_MS);

/// How long a resolved alert is refreshed, for an Alertmanager that was down (Prometheus'
/// `resolvedRetention`).
pub const RESOLVED_FOR: Elapsed = Elapsed::from_ms(15 * MINUTE_MS);

/// The condition of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertKind {
    /// The objective is missed.
    Missed,
    /// Most of the error budget is spent, or all of it and more.
    AtRisk,
    /// The share of tickets within the market's target is below the agreed share.
    BehindMarket,
}

impl AlertKind {
    /// The label `alertname`. Changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Missed => "VasteObjectiveMissed",
            Self::AtRisk => "VasteObjectiveAtRisk",
            Self::BehindMarket => "VasteBehindMarket",
        }
    }

    /// The condition by a verdict. A missed objective has spent its budget, so at-risk holds, too, until
    /// missed fires: [`Alerts::evaluate`]. Without a market, behind-market is clear. With a confidence,
    /// missed goes by how sure it is, unless the data is not known. Excess spam ends no missed alert.
    fn condition(self, verdicts: AlertVerdicts) -> Condition {
        if let (Self::Missed, Some(belief)) = (self, verdicts.belief)
            && verdicts.own.state != VerdictState::Frozen
        {
            return match belief {
                ShareBelief::Below => Condition::Holds,
                ShareBelief::Unsure => Condition::Unsure,
                ShareBelief::Reached => Condition::Clear,
            };
        }
        let not_agreed = DecidedVerdict { state: VerdictState::NotAgreed, is_reached: true };
        let DecidedVerdict { state, is_reached } = match self {
            Self::Missed | Self::AtRisk => verdicts.own,
            Self::BehindMarket => verdicts.market.unwrap_or(not_agreed),
        };
        match (state, self) {
            (VerdictState::Frozen, _) => Condition::Unknown,
            (VerdictState::Missed, _) | (VerdictState::AtRisk, Self::AtRisk) => Condition::Holds,
            (VerdictState::InsufficientData | VerdictState::Met, _) if !is_reached => {
                Condition::TooFew
            }
            (VerdictState::AtRisk, _) if !is_reached => Condition::Unsure,
            (VerdictState::InsufficientData | VerdictState::Met | VerdictState::NotAgreed, _)
            | (VerdictState::AtRisk, Self::Missed | Self::BehindMarket) => Condition::Clear,
        }
    }
}

/// The state of an alert's condition at one evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Clear,
    Holds,
    /// Likely but not sure, or hidden by excess spam: what has begun goes on. An alert whose condition held
    /// still holds, one whose condition had cleared stays clear.
    Unsure,
    /// Too few tickets, whose share is below the agreed one, or above the ceiling, or not known: starts and
    /// ends no alert.
    TooFew,
    /// Not known: starts and ends no alert, and timers stand still.
    Unknown,
    /// Another alert of the objective says more: this one ends at once.
    Superseded,
}

/// How a change of the agreement concerns an objective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreementNews {
    /// It was added.
    Added,
    /// Its level was changed. The level before, in words.
    Changed(Arc<str>),
}

/// The status of an alert, in order of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertStatus {
    /// The condition does not hold.
    Inactive,
    /// The condition holds, but not for long enough yet.
    Pending {
        /// Since when it holds.
        active_at: Timestamp,
    },
    /// The condition has held for long enough, and has not been clear for long enough since.
    Firing {
        /// Since when it held.
        active_at: Timestamp,
        /// Since when it fires.
        fired_at: Timestamp,
    },
    /// The alert fired and is over.
    Resolved {
        /// Since when it held.
        active_at: Timestamp,
        /// Since when it fired.
        fired_at: Timestamp,
        /// When it was over.
        resolved_at: Timestamp,
    },
}

impl AlertStatus {
    /// Its name in rows and metrics. Changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending { .. } => "pending",
            Self::Firing { .. } => "firing",
            Self::Resolved { .. } => "resolved",
        }
    }

    /// Since when it fires; while it is pending, since when its condition holds; `None` otherwise.
    pub const fn since(self) -> Option<Timestamp> {
        match self {
            Self::Pending { active_at } => Some(active_at),
            Self::Firing { fired_at, .. } => Some(fired_at),
            Self::Inactive | Self::Resolved { .. } => None,
        }
    }

    /// Whether it is pending or firing.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Pending { .. } | Self::Firing { .. })
    }
}

/// One alert of one objective.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Its objective.
    pub objective: ObjectiveId,
    /// Its condition.
    pub kind: AlertKind,
    /// Its timers and severity.
    pub policy: AlertPolicy,
    status: AlertStatus,
    /// Start of the running timer, `for` or `keep_firing_for`. Moved forward by the time that the alert
    /// was frozen. `None` while no timer runs.
    counts_from: Option<Timestamp>,
    /// Since when its condition is not known; `None` while it is.
    frozen_since: Option<Timestamp>,
    /// Since when this instance has not seen the condition hold: since it froze, or since the alert state log
    /// that it was restored from. `None` once it has seen it hold again.
    not_ready_since: Option<Timestamp>,
    /// The last notice; `None` if there was none.
    last_sent: Option<LastSent>,
    /// The annotations of the last notice with a known condition. They are sent again while it is not known.
    last_annotations: Arc<BTreeMap<String, String>>,
    /// The labels of the last notice; empty if there was none.
    last_labels: Arc<LabelSet>,
    /// The change of the agreement by which its condition last began or cleared; `None` if that was not why.
    by_change: Option<AgreementNews>,
    /// Whether it ended because another alert of the objective says more.
    is_superseded: bool,
}

/// When an alert was last sent, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LastSent {
    at: Timestamp,
    as_resolved: bool,
}

/// A change of an alert's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The instant of the evaluation.
    pub at: Timestamp,
    /// The team; `None` for the whole organisation.
    pub team: Option<Box<str>>,
    /// The name of the objective.
    pub objective: Box<str>,
    /// The condition.
    #[serde(serialize_with = "kind_label")]
    pub alert: AlertKind,
    /// `pending`, `firing` or `resolved`.
    pub state: &'static str,
    /// Since when the condition held.
    pub active_at: Timestamp,
    /// Since when it fires; `None` while it is pending.
    pub fired_at: Option<Timestamp>,
}

impl Transition {
    /// Whether the alert begins to fire.
    pub fn is_firing(&self) -> bool {
        self.state == "firing"
    }
}

fn kind_label<S: Serializer>(kind: &AlertKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.label())
}

/// Why an alert is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendReason {
    /// It has begun to fire.
    Firing,
    /// It would end by itself or be forgotten unless it is sent again.
    Refresh,
    /// It is over.
    Resolved,
}

impl Alert {
    /// Its status.
    pub fn status(&self) -> AlertStatus {
        self.status
    }

    /// Since when its condition is not known; `None` while it is.
    pub fn frozen_since(&self) -> Option<Timestamp> {
        self.frozen_since
    }

    /// Evaluates the condition at `at`. Returns whether the status has changed.
    fn evaluate(&mut self, condition: Condition, at: Timestamp) -> bool {
        if condition == Condition::Unknown {
            if self.frozen_since.is_none() {
                self.frozen_since = Some(at);
                self.not_ready_since.get_or_insert(at);
                // Sent again now: the pending notice has no `frozen_since`.
                self.make_stale();
            }
            return false;
        }
        if let Some(since) = self.frozen_since.take() {
            let stood_still = at.since(since);
            self.counts_from = self.counts_from.map(|from| from.plus(stood_still));
        }
        let before = self.status;
        match condition {
            Condition::Unsure if !self.is_held() => self.condition_clears(at),
            Condition::Holds | Condition::Unsure => {
                self.not_ready_since = None;
                self.condition_holds(at);
            }
            Condition::Clear => self.condition_clears(at),
            Condition::Superseded => {
                self.is_superseded = self.is_held() || self.is_superseded;
                self.end(at);
            }
            Condition::TooFew | Condition::Unknown => {}
        }
        before.label() != self.status.label()
    }

    /// Whether its condition held when it was last evaluated: it is pending, or it fires and no
    /// `keep_firing_for` runs.
    fn is_held(&self) -> bool {
        match self.status {
            AlertStatus::Inactive | AlertStatus::Resolved { .. } => false,
            AlertStatus::Pending { .. } => true,
            AlertStatus::Firing { .. } => self.counts_from.is_none(),
        }
    }

    fn condition_holds(&mut self, at: Timestamp) {
        match self.status {
            AlertStatus::Inactive | AlertStatus::Resolved { .. } => {
                self.status = AlertStatus::Pending { active_at: at };
                self.counts_from = Some(at);
                self.is_superseded = false;
            }
            AlertStatus::Pending { .. } => {}
            AlertStatus::Firing { .. } => self.counts_from = None,
        }
        if let AlertStatus::Pending { active_at } = self.status
            && self.has_counted(self.policy.hold, at)
        {
            self.status = AlertStatus::Firing { active_at, fired_at: at };
            self.counts_from = None;
        }
    }

    fn condition_clears(&mut self, at: Timestamp) {
        match self.status {
            AlertStatus::Inactive | AlertStatus::Resolved { .. } => {}
            AlertStatus::Pending { .. } => self.end(at),
            AlertStatus::Firing { .. } => {
                self.counts_from.get_or_insert(at);
                if self.has_counted(self.policy.keep_firing_for, at) {
                    self.end(at);
                }
            }
        }
    }

    fn end(&mut self, at: Timestamp) {
        match self.status {
            AlertStatus::Inactive | AlertStatus::Resolved { .. } => return,
            AlertStatus::Pending { .. } => self.status = AlertStatus::Inactive,
            AlertStatus::Firing { active_at, fired_at } => {
                self.status = AlertStatus::Resolved { active_at, fired_at, resolved_at: at };
            }
        }
        self.counts_from = None;
    }

    fn has_counted(&self, length: Elapsed, at: Timestamp) -> bool {
        self.counts_from.is_some_and(|from| from.plus(length) <= at)
    }

    /// When its status changes if its condition stays the same; `None` if never.
    fn wakes_at(&self) -> Option<Timestamp> {
        let length = match self.status {
            AlertStatus::Inactive | AlertStatus::Resolved { .. } => return None,
            AlertStatus::Pending { .. } => self.policy.hold,
            AlertStatus::Firing { .. } => self.policy.keep_firing_for,
        };
        self.counts_from.map(|from| from.plus(length))
    }

    /// Why to send it at `at`: it fires, it is resolved, or it needs a refresh. `None` if there is no reason.
    pub fn due(&self, at: Timestamp) -> Option<SendReason> {
        let is_stale = |sent: LastSent| sent.at.plus(REFRESH_EVERY) <= at;
        match (self.status, self.last_sent) {
            (AlertStatus::Inactive | AlertStatus::Pending { .. }, _)
            | (AlertStatus::Resolved { .. }, None) => None,
            (AlertStatus::Firing { .. }, None | Some(LastSent { as_resolved: true, .. })) => {
                Some(SendReason::Firing)
            }
            (AlertStatus::Firing { .. }, Some(sent)) => {
                is_stale(sent).then_some(SendReason::Refresh)
            }
            (AlertStatus::Resolved { .. }, Some(LastSent { as_resolved: false, .. })) => {
                Some(SendReason::Resolved)
            }
            (AlertStatus::Resolved { resolved_at, .. }, Some(sent)) => {
                let is_kept = at <= resolved_at.plus(RESOLVED_FOR);
                (is_kept && is_stale(sent)).then_some(SendReason::Refresh)
            }
        }
    }

    /// Makes the next evaluation send it again, if it was last sent as firing.
    fn make_stale(&mut self) {
        if let Some(LastSent { at, as_resolved: false }) = &mut self.last_sent {
            *at = Timestamp::EVENT_MIN;
        }
    }

    /// Replaces times after `now` by `now`.
    fn correct_time(&mut self, now: Timestamp) {
        let corrected = |at: Timestamp| at.min(now);
        self.status = match self.status {
            AlertStatus::Inactive => AlertStatus::Inactive,
            AlertStatus::Pending { active_at } => {
                AlertStatus::Pending { active_at: corrected(active_at) }
            }
            AlertStatus::Firing { active_at, fired_at } => AlertStatus::Firing {
                active_at: corrected(active_at),
                fired_at: corrected(fired_at),
            },
            AlertStatus::Resolved { active_at, fired_at, resolved_at } => AlertStatus::Resolved {
                active_at: corrected(active_at),
                fired_at: corrected(fired_at),
                resolved_at: corrected(resolved_at),
            },
        };
        for at in [&mut self.counts_from, &mut self.frozen_since, &mut self.not_ready_since] {
            *at = at.map(corrected);
        }
        // Sent again now: a time after `now` would keep it from being refreshed.
        if self.last_sent.is_some_and(|sent| sent.at > now) {
            self.make_stale();
        }
    }

    /// Records that it is sent.
    fn mark_sent(&mut self, at: Timestamp) {
        let as_resolved = matches!(self.status, AlertStatus::Resolved { .. });
        self.last_sent = Some(LastSent { at, as_resolved });
    }

    fn transition(&self, catalog: &Catalog, at: Timestamp) -> Option<Transition> {
        let (active_at, fired_at) = match self.status {
            // A pending alert that clears was never sent.
            AlertStatus::Inactive => return None,
            AlertStatus::Pending { active_at } => (active_at, None),
            AlertStatus::Firing { active_at, fired_at }
            | AlertStatus::Resolved { active_at, fired_at, .. } => (active_at, Some(fired_at)),
        };
        let (owner, objective) = catalog.objective(self.objective);
        Some(Transition {
            at,
            team: catalog.scope_name(owner).map(Into::into),
            objective: objective.name.clone(),
            alert: self.kind,
            state: self.status.label(),
            active_at,
            fired_at,
        })
    }
}
