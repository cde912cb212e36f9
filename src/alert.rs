//! Alerts: inactive, pending, firing, resolved, from verdicts and the instant of each evaluation.
//!
//! # Design
//! Prometheus' own alert generator is the model (`catalog/alerting.go`, and the alert generator compliance
//! specification): a condition that holds makes an alert pending; once it has held `for`, it fires; once it
//! has been clear `keep_firing_for`, it is resolved. Where it differs, data decides: *data trouble never
//! resolves an alert*. While verdicts are frozen every timer stands still, and too little data starts
//! nothing and ends nothing before the window is empty.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::agreement::{
    AlertPolicy, AlertVerdicts, DecidedVerdict, Level, Objective, VerdictState,
};
use crate::catalog::{Catalog, ObjectiveId};
use crate::time::{Elapsed, MINUTE_MS, Timestamp};

mod handled_elsewhere;
mod state_log;
mod notice;
mod self_alerts;

pub use handled_elsewhere::{Listed, is_handled_elsewhere};
pub use notice::{Notice, Sender};
pub use self_alerts::SelfAlerts;
pub use state_log::{AlertStateLog, StateLogError, VERSION as LOG_VERSION};

/// A firing alert is sent again after this long, so that it does not end by itself: Prometheus'
/// `--catalog.alert.resend-delay`.
pub const REFRESH_EVERY: Elapsed = Elapsed::from_ms(MINUTE_MS);

/// A resolved alert is sent again for this long, as Prometheus does (`resolvedRetention`): an Alertmanager
/// that was away must hear of it.
pub const RESOLVED_FOR: Elapsed = Elapsed::from_ms(15 * MINUTE_MS);

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertKind {
    /// The objective is missed.
    Missed,
    /// Most of the error budget is spent, or all of it and more.
    AtRisk,
    /// Others achieve more: the share within what they achieve is below the agreed share.
    BehindMarket,
}

impl AlertKind {
    /// The label `alertname`. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Missed => "VasteObjectiveMissed",
            Self::AtRisk => "VasteObjectiveAtRisk",
            Self::BehindMarket => "VasteBehindMarket",
        }
    }

    /// What a verdict means for it. A missed objective has spent its budget, too: whoever hears of both
    /// mutes this one while the other fires. Where nothing is compared, nobody is behind.
    fn condition(self, verdicts: AlertVerdicts) -> Condition {
        let not_agreed = DecidedVerdict { state: VerdictState::NotAgreed, decided: 0 };
        let DecidedVerdict { state, decided } = match self {
            Self::Missed | Self::AtRisk => verdicts.own,
            Self::BehindMarket => verdicts.market.unwrap_or(not_agreed),
        };
        match (state, self) {
            (VerdictState::Frozen, _) => Condition::Unknown,
            (VerdictState::Missed, _) | (VerdictState::AtRisk, Self::AtRisk) => Condition::Holds,
            (VerdictState::InsufficientData, _) if decided > 0 => Condition::TooFew,
            (VerdictState::InsufficientData | VerdictState::Met | VerdictState::NotAgreed, _)
            | (VerdictState::AtRisk, Self::Missed | Self::BehindMarket) => Condition::Clear,
        }
    }
}

/// What is known of an alert's condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Clear,
    Holds,
    /// Starts nothing, ends nothing.
    TooFew,
    /// Starts nothing, ends nothing, and timers stand still.
    Unknown,
}

/// Where an alert is, in order of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertStatus {
    /// The condition does not hold.
    Inactive,
    /// It holds, not for long enough yet.
    Pending {
        /// Since when it holds.
        active_at: Timestamp,
    },
    /// It has held long enough, and has not been clear for long enough since.
    Firing {
        /// Since when it held.
        active_at: Timestamp,
        /// Since when it fires.
        fired_at: Timestamp,
    },
    /// It fired, and is over.
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
    /// Its name in rows and metrics. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending { .. } => "pending",
            Self::Firing { .. } => "firing",
            Self::Resolved { .. } => "resolved",
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
    /// Whose it is.
    pub objective: ObjectiveId,
    /// What it is about.
    pub kind: AlertKind,
    /// How it behaves.
    pub policy: AlertPolicy,
    status: AlertStatus,
    /// From when the time counts that it must hold, or must be clear; later than it began to where it was
    /// frozen in between. Absent while neither counts.
    counts_from: Option<Timestamp>,
    /// Since when its condition is not known; absent while it is.
    frozen_since: Option<Timestamp>,
    /// Since when nobody here has seen its condition hold while it could be seen: since it froze, or since
    /// the watch log that it is from. Absent where it has been seen since.
    not_ready_since: Option<Timestamp>,
    /// When it was last sent, and whether as resolved.
    sent: Option<(Timestamp, bool)>,
    /// What was said of it when its condition was last known: said again while it is not.
    told: BTreeMap<String, String>,
}

/// An alert that went from one status to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// When: the instant of the evaluation.
    pub at: Timestamp,
    /// The team; none for the whole organisation.
    pub team: Option<Box<str>>,
    /// The name of the objective.
    pub objective: Box<str>,
    /// What it is about.
    #[serde(serialize_with = "kind_label")]
    pub alert: AlertKind,
    /// `pending`, `firing` or `resolved`.
    pub state: &'static str,
    /// Since when the condition held.
    pub active_at: Timestamp,
    /// Since when it fires; none while it is pending.
    pub fired_at: Option<Timestamp>,
}

fn kind_label<S: Serializer>(kind: &AlertKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.label())
}

/// Why an alert is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendReason {
    /// It has begun to fire.
    Firing,
    /// It was sent so long ago that it would end by itself, or be forgotten.
    Refresh,
    /// It is over.
    Resolved,
}

impl Alert {
    /// Where it is.
    pub fn status(&self) -> AlertStatus {
        self.status
    }

    /// Since when its condition is not known; none while it is.
    pub fn frozen_since(&self) -> Option<Timestamp> {
        self.frozen_since
    }

    /// Moves on with what is known at `at`; says whether the status is another one.
    fn evaluate(&mut self, condition: Condition, at: Timestamp) -> bool {
        if condition == Condition::Unknown {
            if self.frozen_since.is_none() {
                self.frozen_since = Some(at);
                self.not_ready_since.get_or_insert(at);
                // Said at once: what is still on its way says that it is sure.
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
            Condition::Holds => {
                self.not_ready_since = None;
                self.hold(at);
            }
            Condition::Clear => self.clear(at),
            Condition::TooFew | Condition::Unknown => {}
        }
        before.label() != self.status.label()
    }

    fn hold(&mut self, at: Timestamp) {
        match self.status {
            AlertStatus::Inactive | AlertStatus::Resolved { .. } => {
                self.status = AlertStatus::Pending { active_at: at };
                self.counts_from = Some(at);
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

    fn clear(&mut self, at: Timestamp) {
        match self.status {
            AlertStatus::Inactive | AlertStatus::Resolved { .. } => {}
            AlertStatus::Pending { .. } => {
                self.status = AlertStatus::Inactive;
                self.counts_from = None;
            }
            AlertStatus::Firing { active_at, fired_at } => {
                self.counts_from.get_or_insert(at);
                if self.has_counted(self.policy.keep_firing_for, at) {
                    self.status = AlertStatus::Resolved { active_at, fired_at, resolved_at: at };
                    self.counts_from = None;
                }
            }
        }
    }

    fn has_counted(&self, length: Elapsed, at: Timestamp) -> bool {
        self.counts_from.is_some_and(|from| from.plus(length) <= at)
    }

    /// When it would move on if its condition stayed as it is; none if never.
    fn wakes_at(&self) -> Option<Timestamp> {
        let length = match self.status {
            AlertStatus::Inactive | AlertStatus::Resolved { .. } => return None,
            AlertStatus::Pending { .. } => self.policy.hold,
            AlertStatus::Firing { .. } => self.policy.keep_firing_for,
        };
        self.counts_from.map(|from| from.plus(length))
    }

    /// Whether it must be sent at `at`, and why: when it begins to fire, when it is over, and again before
    /// it is forgotten.
    pub fn due(&self, at: Timestamp) -> Option<SendReason> {
        let stale = |sent: Timestamp| sent.plus(REFRESH_EVERY) <= at;
        match (self.status, self.sent) {
            (AlertStatus::Inactive | AlertStatus::Pending { .. }, _)
            | (AlertStatus::Resolved { .. }, None) => None,
            (AlertStatus::Firing { .. }, None | Some((_, true))) => Some(SendReason::Firing),
            (AlertStatus::Firing { .. }, Some((sent, false))) => {
                stale(sent).then_some(SendReason::Refresh)
            }
            (AlertStatus::Resolved { .. }, Some((_, false))) => Some(SendReason::Resolved),
            (AlertStatus::Resolved { resolved_at, .. }, Some((sent, true))) => {
                let is_kept = at <= resolved_at.plus(RESOLVED_FOR);
                (is_kept && stale(sent)).then_some(SendReason::Refresh)
            }
        }
    }

    /// Has it sent again at once if it was sent as firing.
    fn make_stale(&mut self) {
        if let Some((at, false)) = &mut self.sent {
            *at = Timestamp::EVENT_MIN;
        }
    }

    /// Takes note that it is sent.
    fn sent(&mut self, at: Timestamp) {
        self.sent = Some((at, matches!(self.status, AlertStatus::Resolved { .. })));
    }

    fn transition(&self, catalog: &Catalog, at: Timestamp) -> Option<Transition> {
        let (active_at, fired_at) = match self.status {
            // A pending alert that clears was nobody's.
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

/// The alerts of all objectives.
///
/// Use: [`Alerts::evaluate`] every objective, at whole seconds that do not go back.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// In order of objective and kind.
    all: Vec<Alert>,
}

impl Alerts {
    /// The alerts that the objectives ask for, all inactive. Who waits beyond a limit for all is either
    /// over it or not: there is no at risk, and no share to compare.
    pub fn new(catalog: &Catalog) -> Self {
        let of_objective = |(id, _, objective): (ObjectiveId, _, &Objective)| {
            let alerts = &objective.alerts;
            let (at_risk, behind_market) = match objective.level {
                Level::Within { .. } => (alerts.at_risk.clone(), alerts.behind_market.clone()),
                Level::NoneOver(_) => (None, None),
            };
            let behind_market = behind_market.filter(|_| objective.market.is_some());
            let missed = std::iter::once((AlertKind::Missed, alerts.missed.clone()));
            missed
                .chain(at_risk.map(|policy| (AlertKind::AtRisk, policy)))
                .chain(behind_market.map(|policy| (AlertKind::BehindMarket, policy)))
                .map(move |(kind, policy)| Alert {
                    objective: id,
                    kind,
                    policy,
                    status: AlertStatus::Inactive,
                    counts_from: None,
                    frozen_since: None,
                    not_ready_since: None,
                    sent: None,
                    told: BTreeMap::new(),
                })
                .collect::<Vec<_>>()
        };
        Self { all: catalog.objectives().flat_map(of_objective).collect() }
    }

    /// Moves the alerts of one objective on with its verdict at `at`; what went from one status to the next.
    pub fn evaluate(
        &mut self,
        id: ObjectiveId,
        verdicts: AlertVerdicts,
        catalog: &Catalog,
        at: Timestamp,
    ) -> Vec<Transition> {
        let mut transitions = Vec::new();
        for alert in self.of_mut(id) {
            if alert.evaluate(alert.kind.condition(verdicts), at) {
                transitions.extend(alert.transition(catalog, at));
            }
        }
        transitions
    }

    /// The first instant after `now` at which an alert of this objective would move on if its verdict stayed
    /// as it is; none if never. One whose time is up moves on with the next change only: too little data
    /// holds it where it is.
    pub fn wakes_at(&self, id: ObjectiveId, now: Timestamp) -> Option<Timestamp> {
        let first = self.all.partition_point(|alert| alert.objective < id);
        let all = self.all.iter().skip(first).take_while(|alert| alert.objective == id);
        all.filter_map(Alert::wakes_at).filter(|at| *at > now).min()
    }

    /// All alerts, in order of objective and kind.
    pub fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.all.iter()
    }

    /// Those that must be sent at `at`; they count as sent.
    fn take_due(&mut self, at: Timestamp) -> impl Iterator<Item = (&mut Alert, SendReason)> {
        self.all.iter_mut().filter_map(move |alert| {
            let reason = alert.due(at)?;
            alert.sent(at);
            Some((alert, reason))
        })
    }

    /// Those that fire.
    fn firing(&mut self) -> impl Iterator<Item = &mut Alert> {
        self.all.iter_mut().filter(|alert| matches!(alert.status, AlertStatus::Firing { .. }))
    }

    fn of_mut(&mut self, id: ObjectiveId) -> impl Iterator<Item = &mut Alert> {
        let first = self.all.partition_point(|alert| alert.objective < id);
        self.all.iter_mut().skip(first).take_while(move |alert| alert.objective == id)
    }
}
