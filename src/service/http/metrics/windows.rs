//! Windows, objectives and alerts.

use std::collections::BTreeMap;

use super::families::{MeasureLabels, MetricFamilies, ObjectiveLabels, count, flag};
use super::market;
use crate::agreement::{Level, Objective, TargetShown, VerdictState};
use crate::alert::{DUTY_SEVERITY, DUTY_TURN, FiringAlarm, turns_begun};
use crate::name::team_label;
use crate::reading::{IntervalShown, Reading, Verdict};
use crate::service::coordinator::published_view::PublishedView;
use crate::share::Share;
use crate::ticket::{Flag, GivenUp};
use crate::time::{Elapsed, Timestamp};
use crate::window::WaitedQuantile;

/// The windows and waiting tickets of every team and measure.
pub(super) fn windows(published: &PublishedView, families: &mut MetricFamilies) {
    let by_key: BTreeMap<_, &Reading> = published
        .readings_shown()
        .map(|reading| ((reading.team.as_deref(), reading.measure, reading.window), reading))
        .collect();
    let catalog = &published.catalog;
    for scope in catalog.reading_scopes() {
        let team = catalog.scope_name(scope);
        for &measure in catalog.measures() {
            let basis = catalog.basis_shown(scope, measure);
            let labels = MeasureLabels { team: team_label(team), measure, basis };
            let mut waiting = None;
            for &window in catalog.windows() {
                let reading = by_key.get(&(team, measure, window)).copied();
                waiting = waiting.or(reading);
                window_gauges(labels, window, reading, families);
            }
            families.gauge_by_team(
                "waiting_tickets",
                "Open tickets still waiting for this response.",
                &labels.pairs(),
                waiting.map_or(0.0, |reading| count(reading.waiting)),
            );
            if let Some(since) = waiting.and_then(|reading| reading.oldest_waiting_since) {
                families.gauge_by_team(
                    "waiting_oldest_start_timestamp_seconds",
                    "Unix time at which the longest waiting open ticket started to wait. Absent while none \
                     waits.",
                    &labels.pairs(),
                    since.unix_seconds(),
                );
            }
        }
    }
}

/// Tickets given up in every window that has any, by reason.
pub(super) fn given_up(published: &PublishedView, families: &mut MetricFamilies) {
    for (scope, measure, window, by_reason) in &published.given_up {
        let window = window.to_string();
        let labels = MeasureLabels {
            team: team_label(published.catalog.scope_name(*scope)),
            measure: *measure,
            basis: published.catalog.basis_shown(*scope, *measure),
        };
        let by_reason = GivenUp::ALL.into_iter().zip(by_reason);
        for (reason, tickets) in by_reason.filter(|(_, tickets)| **tickets > 0) {
            families.gauge_by_team(
                "window_given_up_tickets",
                "Tickets that ended unanswered in the rolling window: solved, closed, merged, deleted, spam, \
                 no_reply_needed; or reopened: ended, reopened and not solved again. Absent while there are \
                 none.",
                &labels.with_window_and(&window, ("reason", reason.label())),
                count(*tickets),
            );
        }
    }
}

/// Acts that change figures without a sooner answer, in every window that has any.
pub(super) fn flags(published: &PublishedView, families: &mut MetricFamilies) {
    for (scope, measure, window, counts) in &published.flags {
        let window = window.to_string();
        let labels = MeasureLabels {
            team: team_label(published.catalog.scope_name(*scope)),
            measure: *measure,
            basis: published.catalog.basis_shown(*scope, *measure),
        };
        for flag in Flag::ALL.into_iter().filter(|flag| counts.of(*flag) > 0) {
            families.gauge_by_team(
                "window_flagged_tickets",
                "Acts in the rolling window that change figures without a sooner answer, by flag. Absent \
                 while there are none.",
                &labels.with_window_and(&window, ("flag", flag.label())),
                count(counts.of(flag)),
            );
        }
    }
}

/// The gauges of one window. An empty window has only its count.
fn window_gauges(
    labels: MeasureLabels<'_>,
    window: Elapsed,
    reading: Option<&Reading>,
    families: &mut MetricFamilies,
) {
    let window = window.to_string();
    let base = labels.with_window(&window);
    families.gauge_by_team(
        "window_tickets",
        "Tickets answered in the rolling window.",
        &base,
        reading.map_or(0.0, |reading| count(reading.answered)),
    );
    let Some(reading) = reading else { return };
    if let Some(mean) = reading.mean {
        families.gauge_by_team(
            "window_response_mean_seconds",
            "Mean response time of tickets answered in the rolling window. Absent while the window holds \
             none.",
            &base,
            mean.as_f64(),
        );
    }
    let (answered, waited) = (reading.q, reading.q_with_waiting);
    let quantiles = [
        (0.5, answered.p50, waited.p50),
        (0.9, answered.p90, waited.p90),
        (0.95, answered.p95, waited.p95),
        (0.99, answered.p99, waited.p99),
    ];
    families.quantiles_by_team(
        "window_response_seconds",
        "Response time quantile of tickets answered in the rolling window. Absent while the window holds none.",
        &base,
        quantiles.iter().filter_map(|(rank, answered, _)| Some((*rank, answered.as_ref()?.as_f64()))),
    );
    let waited = quantiles.iter().filter_map(|(rank, _, waited)| match waited {
        WaitedQuantile::Value(waited) => Some((*rank, waited.as_f64())),
        WaitedQuantile::MoreThan(_) | WaitedQuantile::TooFew(_) => None,
    });
    families.quantiles_by_team(
        "window_wait_seconds",
        "Response time quantile with those still waiting counted as such (Kaplan-Meier). Absent where the \
         curve does not reach it.",
        &base,
        waited,
    );
}

/// Every objective with its verdict.
pub(super) fn objectives(published: &PublishedView, families: &mut MetricFamilies) {
    let all = published.catalog.objectives().zip(&published.verdicts).zip(&published.details);
    for (((_, _, objective), verdict), detail) in all {
        let labels = ObjectiveLabels {
            team: team_label(verdict.team.as_deref()),
            objective: &verdict.objective,
        };
        info(objective, verdict.at, labels, families);
        let mut gauge = |name, help, value| families.gauge(name, help, &labels.pairs(), value);
        gauge(
            "waiting_overdue_tickets",
            "Open tickets already waiting longer than the objective allows.",
            count(detail.overdue),
        );
        gauge(
            "waiting_due_soon_tickets",
            "Open tickets that have used at least 80 percent of the time the objective allows.",
            count(detail.used_most),
        );
        match target(objective, verdict.at) {
            TargetShown::Amount(amount) => gauge(
                "objective_target_seconds",
                "Agreed response time. Absent for a target in working days.",
                amount.as_f64(),
            ),
            TargetShown::WorkingDays(days) => gauge(
                "objective_target_working_days",
                "Agreed response time in working days, for targets that are written so.",
                days.count().into(),
            ),
        }
        gauge(
            "objective_window_seconds",
            "Length of the agreed rolling window.",
            objective.over_at(verdict.at).seconds(),
        );
        gauge(
            "objective_tickets",
            "Decided tickets in the objective window.",
            count(verdict.decided),
        );
        gauge(
            "objective_missed_tickets",
            "Decided tickets in the objective window that missed the threshold.",
            count(verdict.missed),
        );
        if verdict.compliance.is_some() {
            let met = count(verdict.decided - verdict.missed);
            gauge(
                "objective_compliance_ratio",
                "Share of decided tickets that met the threshold. Absent while there are none, and for none_over.",
                met / count(verdict.decided),
            );
        }
        market::market(detail.market, verdict.behind_market, labels, families);
        share(objective, verdict, labels, families);
        endings(verdict, labels, families);
        states(verdict.state, labels, families);
    }
}

/// The waits that ended unanswered, and those that ended as spam.
fn endings(verdict: &Verdict, labels: ObjectiveLabels<'_>, families: &mut MetricFamilies) {
    let ended = verdict.tally().ended();
    if ended > 0 {
        families.gauge(
            "objective_unanswered_ratio",
            "Share of waits in the objective window that ended unanswered: solved, closed or merged, within the \
             threshold or over it. Absent while none ended.",
            &labels.pairs(),
            count(verdict.unanswered) / count(ended),
        );
    }
    families.gauge(
        "objective_spam_over_target",
        "Tickets in the objective window that were over the threshold when they were marked as spam. They are \
         not decided.",
        &labels.pairs(),
        count(verdict.spam_over_target),
    );
}

/// The target in force at an instant, for tickets without a priority.
fn target(objective: &Objective, at: Timestamp) -> TargetShown {
    objective.level_at(at).target(None).shown(objective.measure)
}

/// The level in force at an instant, as labels.
fn info(
    objective: &Objective,
    at: Timestamp,
    labels: ObjectiveLabels<'_>,
    families: &mut MetricFamilies,
) {
    let (window, threshold) =
        (objective.over_at(at).to_string(), target(objective, at).to_string());
    let [team, name] = labels.pairs();
    families.gauge(
        "objective_info",
        "What was agreed, as labels; always 1.",
        &[
            team,
            name,
            ("measure", objective.measure.label()),
            ("window", &window),
            ("threshold", &threshold),
            ("severity", &objective.alerts.missed.severity),
        ],
        1.0,
    );
}

/// The families of a level that is a share.
fn share(
    objective: &Objective,
    verdict: &Verdict,
    labels: ObjectiveLabels<'_>,
    families: &mut MetricFamilies,
) {
    let Level::Within { share, min_tickets, .. } = objective.level_at(verdict.at) else { return };
    let agreed = f64::from(share.basis_points()) / f64::from(Share::WHOLE_BP);
    families.gauge(
        "objective_agreed_share_ratio",
        "Share of tickets that must be within target.",
        &labels.pairs(),
        agreed,
    );
    families.gauge(
        "objective_minimum_tickets",
        "Decided tickets needed before a verdict is given.",
        &labels.pairs(),
        count(*min_tickets),
    );
    if let Some(IntervalShown { low, high }) = verdict.interval {
        let ratio = |bp| f64::from(bp) / f64::from(Share::WHOLE_BP);
        families.gauge(
            "objective_compliance_low_ratio",
            "Lower bound of the true share within target: with so few tickets it may be as low as this. 90 % \
             interval. Absent while there are no tickets.",
            &labels.pairs(),
            ratio(low),
        );
        families.gauge(
            "objective_compliance_high_ratio",
            "Upper bound of the true share within target. 90 % interval. Absent while there are no tickets.",
            &labels.pairs(),
            ratio(high),
        );
    }
    let budget = (1.0 - agreed) * count(verdict.decided);
    if budget > 0.0 {
        families.gauge(
            "objective_error_budget_remaining_ratio",
            "Unspent share of the error budget; negative when overspent. Absent while there are no tickets.",
            &labels.pairs(),
            1.0 - count(verdict.missed) / budget,
        );
    }
}

/// One series for each state: 1 for the current one.
fn states(state: VerdictState, labels: ObjectiveLabels<'_>, families: &mut MetricFamilies) {
    let [team, name] = labels.pairs();
    for other in [
        VerdictState::Met,
        VerdictState::AtRisk,
        VerdictState::Missed,
        VerdictState::InsufficientData,
        VerdictState::Frozen,
        VerdictState::NotAgreed,
    ] {
        families.gauge(
            "objective_state",
            "1 for the state the objective is in, 0 for the others: met, at_risk, missed, \
             insufficient_data, frozen, not_agreed.",
            &[team, name, ("state", other.label())],
            flag(other == state),
        );
    }
}

/// The alerts that are pending or firing, and those that were when their condition froze.
pub(super) fn alerts(published: &PublishedView, families: &mut MetricFamilies) {
    let mut add = |labels: [(&'static str, &str); 4], state: &str, is_frozen: bool| {
        let [team, objective, alertname, severity] = labels;
        for state in std::iter::once(state).chain(is_frozen.then_some("frozen")) {
            families.gauge(
                "alerts",
                "Alerts held by this instance; 1 for each, by state: pending, firing; and frozen as well while \
                 the data is not current.",
                &[team, objective, alertname, severity, ("state", state)],
                1.0,
            );
        }
    };
    for alert in published.alerts.iter().filter(|alert| alert.status().is_active()) {
        let (owner, objective) = published.catalog.objective(alert.objective);
        let labels = [
            ("team", team_label(published.catalog.scope_name(owner))),
            ("objective", &*objective.name),
            ("alertname", alert.kind.label()),
            ("severity", &*alert.policy.severity),
        ];
        add(labels, alert.status().label(), alert.frozen_since().is_some());
    }
    let alarms = &published.wait_alarms;
    for FiringAlarm { alertname, team, severity, since: _ } in alarms.firing() {
        let labels =
            [("team", team), ("objective", ""), ("alertname", alertname), ("severity", severity)];
        add(labels, "firing", alarms.frozen_since().is_some());
    }
    for (scope, ..) in published.at.into_iter().flat_map(|at| turns_begun(&published.catalog, at)) {
        let team = team_label(published.catalog.scope_name(scope));
        let labels = [
            ("team", team),
            ("objective", ""),
            ("alertname", DUTY_TURN),
            ("severity", DUTY_SEVERITY),
        ];
        add(labels, "firing", false);
    }
}
