//! The key `alerts` of an objective.

use crate::agreement::{AlertPolicies, AlertPolicy, Objective};
use crate::config::fields::{Fields, File};
use crate::name;
use crate::share::Share;

/// The alerts of an objective, and when it is at risk.
pub(super) struct ObjectiveAlerts {
    /// The share of the error budget from which the objective is at risk.
    pub(super) at_risk: Share,
    /// When each alert fires.
    pub(super) policies: AlertPolicies,
}

/// Reads the group.
pub(super) fn read(fields: &mut Fields<'_>, file: &mut File<'_>) -> Option<ObjectiveAlerts> {
    let default = Objective::AT_RISK_DEFAULT;
    let Some(mut alerts) = fields.take("alerts").and_then(|alerts| alerts.fields(file)) else {
        return Some(ObjectiveAlerts { at_risk: default, policies: AlertPolicies::default() });
    };
    let mut missed = AlertPolicy::default();
    let mut missed_confidence = Some(Objective::CONFIDENCE_DEFAULT);
    if let Some(mut keys) = alerts.take("missed").and_then(|alert| alert.fields(file)) {
        policy(&mut keys, &mut missed, file);
        if let Some(field) = keys.take("confidence") {
            let problem = "is not a confidence; write a percentage above 50% and up to 99.9%, such as 90%, \
                           or `plain`: the alert then follows the verdict";
            missed_confidence = field.parse(file, problem, confidence).flatten();
        }
        keys.finish(file);
    }
    let mut at_risk = None;
    let mut budget_spent = Some(default);
    if let Some(mut keys) = alerts.take("at_risk").and_then(|alert| alert.fields(file)) {
        policy(&mut keys, at_risk.insert(AlertPolicy::of_severity("warning")), file);
        if let Some(field) = keys.take("budget_spent") {
            let problem = "is not a share of the error budget; write a percentage from 0.01% to 100%, such \
                           as 80%";
            budget_spent = field.parse(file, problem, Share::parse);
        }
        keys.finish(file);
    }
    let mut behind_market = None;
    if let Some(mut keys) = alerts.take("behind_market").and_then(|alert| alert.fields(file)) {
        policy(&mut keys, behind_market.insert(AlertPolicy::of_severity("info")), file);
        keys.finish(file);
    }
    alerts.finish(file);
    let policies = AlertPolicies { missed, missed_confidence, at_risk, behind_market };
    Some(ObjectiveAlerts { at_risk: budget_spent?, policies })
}

/// A confidence, or `None` for the plain rule.
fn confidence(text: &str) -> Option<Option<Share>> {
    if text == "plain" {
        return Some(None);
    }
    let is_allowed = |share: &Share| (5_001..=9_990).contains(&share.basis_points());
    Share::parse(text).filter(is_allowed).map(Some)
}

/// Reads what every kind of alert has: severity and durations.
fn policy(alert: &mut Fields<'_>, policy: &mut AlertPolicy, file: &mut File<'_>) {
    if let Some(severity) = alert.take("severity") {
        let problem = "cannot be a severity; write, for example, critical, warning or info";
        let parsed = severity.parse(file, problem, |text| name::is_id(text).then(|| text.into()));
        policy.severity = parsed.unwrap_or_default();
    }
    for (key, length) in
        [("for", &mut policy.hold), ("keep_firing_for", &mut policy.keep_firing_for)]
    {
        if let Some(field) = alert.take(key) {
            *length = field.duration_or_zero(file).unwrap_or_default();
        }
    }
}
