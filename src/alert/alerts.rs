//! The alerts of all objectives.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AgreementNews, Alert, AlertKind, AlertStatus, Condition, SendReason, Transition};
use crate::agreement::{AlertVerdicts, Level, Objective, VerdictState};
use crate::catalog::{Catalog, ObjectiveId};
use crate::time::Timestamp;

/// The alerts of all objectives.
///
/// Use: [`Alerts::evaluate`] every objective, at whole seconds that do not go back.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// In order of objective and kind.
    pub(super) all: Vec<Alert>,
    /// The level of objectives, in words, when they were last evaluated with current data; `None` if they
    /// were not agreed then. Only of objectives whose level may be another one now.
    pub(super) levels: BTreeMap<ObjectiveId, Option<Arc<str>>>,
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
                    last_labels: Arc::default(),
                    by_change: None,
                    is_superseded: false,
                })
                .collect::<Vec<_>>()
        };
        let all = catalog.objectives().flat_map(of_objective).collect();
        Self { all, levels: BTreeMap::new() }
    }

    /// Replaces times after `now` by `now`: they are of a clock that was ahead. Timers that ran start again.
    pub fn correct_time(&mut self, now: Timestamp) {
        self.all.iter_mut().for_each(|alert| alert.correct_time(now));
    }

    /// Evaluates the alerts of one objective with its verdict at `at`. Returns those whose status has
    /// changed. While `missed` fires, `at_risk` does not: one page is enough.
    pub fn evaluate(
        &mut self,
        id: ObjectiveId,
        verdicts: AlertVerdicts,
        catalog: &Catalog,
        at: Timestamp,
    ) -> Vec<Transition> {
        let mut transitions = Vec::new();
        let is_known = verdicts.own.state != VerdictState::Frozen;
        let news = if is_known { self.news(id, catalog, at) } else { None };
        // In order of kind: `missed` is the first.
        let mut is_missed_firing = false;
        for alert in self.of_mut(id) {
            let condition = match alert.kind {
                AlertKind::AtRisk if is_known && is_missed_firing => Condition::Superseded,
                AlertKind::Missed | AlertKind::AtRisk | AlertKind::BehindMarket => {
                    alert.kind.condition(verdicts)
                }
            };
            let was_held = alert.is_held();
            if alert.evaluate(condition, at) {
                transitions.extend(alert.transition(catalog, at));
            }
            if alert.is_held() != was_held {
                alert.by_change.clone_from(&news);
            }
            is_missed_firing |= alert.kind == AlertKind::Missed
                && matches!(alert.status, AlertStatus::Firing { .. });
        }
        transitions
    }

    /// How the agreement of an objective has changed since it was last evaluated with current data.
    fn news(&mut self, id: ObjectiveId, catalog: &Catalog, at: Timestamp) -> Option<AgreementNews> {
        let before = self.levels.remove(&id);
        let (_, objective) = catalog.objective(id);
        let has_dates = !objective.previous_levels.is_empty();
        if before.is_none() && !has_dates {
            return None;
        }
        let level: Arc<str> = objective.said_at(at).into();
        let news = before.and_then(|before| match before {
            None => Some(AgreementNews::Added),
            Some(before) => (before != level).then_some(AgreementNews::Changed(before)),
        });
        if has_dates {
            self.levels.insert(id, Some(level));
        }
        news
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
