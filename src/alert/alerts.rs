//! The alerts of all objectives.

use std::sync::Arc;

use super::{Alert, AlertKind, AlertStatus, SendReason, Transition};
use crate::agreement::{AlertVerdicts, Level, Objective};
use crate::catalog::{Catalog, ObjectiveId};
use crate::time::Timestamp;

/// The alerts of all objectives.
///
/// Use: [`Alerts::evaluate`] every objective, at whole seconds that do not go back.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// In order of objective and kind.
    pub(super) all: Vec<Alert>,
}

impl Alerts {
    /// The alerts of the objectives, all inactive. A `none_over` objective has no error budget to be at
    /// risk, and no share to compare with a market.
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
                    last_sent: None,
                    last_annotations: Arc::default(),
                })
                .collect::<Vec<_>>()
        };
        Self { all: catalog.objectives().flat_map(of_objective).collect() }
    }

    /// Replaces times after `now` by `now`: they are of a clock that was ahead. Timers that ran start again.
    pub fn correct_time(&mut self, now: Timestamp) {
        self.all.iter_mut().for_each(|alert| alert.correct_time(now));
    }

    /// Evaluates the alerts of one objective with its verdict at `at`. Returns those whose status has
    /// changed.
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

    /// The first instant after `now` at which the status of an alert of this objective changes if its
    /// verdict stays the same; `None` if never. An alert whose timer has run out changes with the next
    /// verdict only: too few tickets below the agreed share hold it where it is.
    pub fn wakes_at(&self, id: ObjectiveId, now: Timestamp) -> Option<Timestamp> {
        let first = self.all.partition_point(|alert| alert.objective < id);
        let all = self.all.iter().skip(first).take_while(|alert| alert.objective == id);
        all.filter_map(Alert::wakes_at).filter(|at| *at > now).min()
    }

    /// All alerts, in order of objective and kind.
    pub fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.all.iter()
    }

    /// The alerts to send at `at`. They count as sent.
    pub(super) fn take_due(
        &mut self,
        at: Timestamp,
    ) -> impl Iterator<Item = (&mut Alert, SendReason)> {
        self.all.iter_mut().filter_map(move |alert| {
            let reason = alert.due(at)?;
            alert.mark_sent(at);
            Some((alert, reason))
        })
    }

    /// The alerts that fire.
    pub(super) fn firing(&mut self) -> impl Iterator<Item = &mut Alert> {
        self.all.iter_mut().filter(|alert| matches!(alert.status, AlertStatus::Firing { .. }))
    }

    fn of_mut(&mut self, id: ObjectiveId) -> impl Iterator<Item = &mut Alert> {
        let first = self.all.partition_point(|alert| alert.objective < id);
        self.all.iter_mut().skip(first).take_while(move |alert| alert.objective == id)
    }
}
