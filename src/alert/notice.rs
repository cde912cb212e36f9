//! One alert as it must be sent now: labels that identify it, annotations that say how it is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Alert, AlertKind, AlertStatus, Alerts, REFRESH_EVERY, SendReason};
use crate::address;
use crate::agreement::{Level, Market, Objective, Tally};
use crate::catalog::ScopeId;
use crate::name;
use crate::reading::Verdict;
use crate::time::{Elapsed, MINUTE_MS, Timestamp};
use crate::view::{View, WaitingNow};
use crate::window::from_of;

/// A firing alert that is not sent again ends by itself after this long: four times the refresh, at least
/// five minutes. Three times was not enough for Prometheus (its issue 5277).
pub(super) const ENDS_AFTER: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);
/// The same for one that is sent as the process ends: another one is hoped to take over within this time, and
/// a deploy must not end alerts.
const ENDS_AFTER_LEAVING: Elapsed = Elapsed::from_ms(15 * MINUTE_MS);
const _: () = assert!(ENDS_AFTER.ms() >= 4 * REFRESH_EVERY.ms(), "it must outlast lost refreshes");

/// One alert in the words of Alertmanager's `POST /api/v2/alerts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// What identifies it: the same from firing to resolved.
    pub labels: BTreeMap<Box<str>, Box<str>>,
    /// How it is.
    pub annotations: BTreeMap<String, String>,
    /// Since when it fires.
    pub starts_at: Timestamp,
    /// When it was resolved, or when it ends by itself unless it is sent again.
    pub ends_at: Timestamp,
    /// The page of its objective.
    #[serde(rename = "generatorURL")]
    pub generator_url: String,
    /// Since when nobody here knows whether it still fires; absent where that is known. It is then only sent
    /// where nobody else knows better, see [`super::is_handled_elsewhere`].
    #[serde(skip)]
    pub not_ready_since: Option<Timestamp>,
}

/// What all notices have in common.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    /// Where people reach the pages, without a slash at the end.
    pub external_url: String,
    /// Labels that every alert carries unless it has them.
    pub external_labels: Vec<(Box<str>, Box<str>)>,
}

impl Sender {
    /// What must be sent at `at`, the instant of the view, and why; it counts as sent.
    pub fn take_due(
        &self,
        alerts: &mut Alerts,
        view: &View,
        at: Timestamp,
    ) -> Vec<(Notice, SendReason)> {
        let due = alerts.take_due(at);
        let notice = |(alert, reason): (&mut Alert, _)| {
            Some((self.notice(alert, view, at.plus(ENDS_AFTER))?, reason))
        };
        due.filter_map(notice).collect()
    }

    /// What must be sent at `at` by a process that ends: all that fire, to last until somebody else watches.
    pub fn final_notices(&self, alerts: &mut Alerts, view: &View, at: Timestamp) -> Vec<Notice> {
        let ends_at = at.plus(ENDS_AFTER_LEAVING);
        alerts.firing().filter_map(|alert| self.notice(alert, view, ends_at)).collect()
    }

    fn notice(&self, alert: &mut Alert, view: &View, lasts_to: Timestamp) -> Option<Notice> {
        let (starts_at, ends_at) = match alert.status() {
            AlertStatus::Inactive | AlertStatus::Pending { .. } => return None,
            AlertStatus::Firing { fired_at, .. } => (fired_at, lasts_to),
            AlertStatus::Resolved { fired_at, resolved_at, .. } => (fired_at, resolved_at),
        };
        let catalog = view.catalog();
        let (owner, objective) = catalog.objective(alert.objective);
        let path = address::objective(catalog.scope_name(owner), &objective.name);
        let page = format!("{}{path}", self.external_url);
        // While its condition is not known, what the view has may be nothing at all.
        if alert.frozen_since().is_none() || alert.told.is_empty() {
            alert.told = annotations(alert, view, &page);
        }
        let mut annotations = alert.told.clone();
        if let Some(since) = alert.frozen_since() {
            annotations.insert("frozen_since".to_owned(), since.to_string());
        }
        Some(Notice {
            labels: self.labels(alert, owner, objective, view),
            annotations,
            starts_at,
            ends_at,
            generator_url: page,
            not_ready_since: match alert.status() {
                AlertStatus::Firing { .. } => alert.not_ready_since,
                AlertStatus::Inactive
                | AlertStatus::Pending { .. }
                | AlertStatus::Resolved { .. } => None,
            },
        })
    }

    fn labels(
        &self,
        alert: &Alert,
        owner: ScopeId,
        objective: &Objective,
        view: &View,
    ) -> BTreeMap<Box<str>, Box<str>> {
        let catalog = view.catalog();
        let declared = catalog.about(owner).map_or(&[][..], |about| &about.labels);
        let mut labels: BTreeMap<Box<str>, Box<str>> =
            self.external_labels.iter().chain(declared).cloned().collect();
        for (label, value) in [
            ("alertname", alert.kind.label()),
            ("team", name::team_label(catalog.scope_name(owner))),
            ("objective", &*objective.name),
            ("severity", &*alert.policy.severity),
        ] {
            labels.insert(label.into(), value.into());
        }
        labels
    }
}

fn annotations(alert: &Alert, view: &View, page: &str) -> BTreeMap<String, String> {
    let catalog = view.catalog();
    let (owner, objective) = catalog.objective(alert.objective);
    let verdict = view.verdict(alert.objective);
    let about = catalog.about(owner);
    let team =
        about.map_or(name::team_label(catalog.scope_name(owner)), |about| about.name_in("en"));
    let said = match alert.kind {
        AlertKind::Missed => "is missed",
        AlertKind::AtRisk => "is at risk: most of its error budget is spent",
        AlertKind::BehindMarket => {
            "is behind the market: fewer than agreed are within what others achieve"
        }
    };
    let over = view.waiting_over(alert.objective);
    let WaitingNow { count: waiting, oldest_since: oldest } =
        view.waiting(owner, objective.measure);
    let mut annotations = BTreeMap::from([
        ("summary", format!("{team}: the objective {} {said}.", objective.name)),
        ("description", description(alert, &verdict, view, (waiting, over, oldest))),
        ("agreed", objective.said_at(view.now())),
        ("decided", verdict.decided.to_string()),
        ("missed", verdict.missed.to_string()),
        ("waiting", waiting.to_string()),
        ("waiting_overdue", over.to_string()),
        ("window_start", from_of(view.now(), objective.over_at(view.now())).to_string()),
        ("window_end", view.now().to_string()),
        ("page_url", page.to_owned()),
    ]);
    let more = [
        ("compliance", verdict.compliance.map(percent)),
        ("longest_wait", oldest.map(|since| view.now().since(since).to_string())),
        ("runbook_url", about.and_then(|about| about.runbook_url.as_deref()).map(str::to_owned)),
    ];
    annotations.extend(more.into_iter().filter_map(|(name, value)| Some((name, value?))));
    if let (AlertKind::BehindMarket, Some(market)) = (alert.kind, &objective.market) {
        let tally = view.market(alert.objective).unwrap_or_default();
        annotations.extend(beside_others(objective, market, tally));
    }
    annotations.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What others achieve, who says so, and how the objective's tickets stand beside it.
fn beside_others(
    objective: &Objective,
    market: &Market,
    tally: Tally,
) -> impl Iterator<Item = (&'static str, String)> {
    let all = [
        ("market_target", Some(objective.shown(market.within))),
        ("market_source", Some(market.source.to_string())),
        ("market_as_of", market.as_of.map(|day| day.to_string())),
        ("market_decided", Some(tally.decided.to_string())),
        ("market_missed", Some(tally.missed.to_string())),
        ("market_compliance", tally.compliance_bp().map(percent)),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

fn percent(bp: u32) -> String {
    format!("{}.{:02}%", bp / 100, bp % 100)
}

/// What is agreed, what is, how many wait and how long the longest, in sentences.
fn description(
    alert: &Alert,
    verdict: &Verdict,
    view: &View,
    (waiting, over, oldest): (u64, u64, Option<Timestamp>),
) -> String {
    let (_, objective) = view.catalog().objective(alert.objective);
    let Verdict { decided, missed, .. } = verdict;
    let now = match (&objective.level, verdict.compliance) {
        (Level::Within { .. }, Some(bp)) => {
            format!("{}, {missed} of {decided} missed", percent(bp))
        }
        (Level::Within { .. }, None) => "no ticket is decided".to_owned(),
        (Level::NoneOver(_), _) => format!("{missed} over it"),
    };
    let waits = oldest.map_or("Nobody waits.".to_owned(), |since| {
        let longest = view.now().since(since).in_words();
        format!("{waiting} waiting, {over} of them over target, the longest for {longest}.")
    });
    let agreed = objective.said_at(view.now());
    let others = match alert.kind {
        AlertKind::Missed | AlertKind::AtRisk => String::new(),
        AlertKind::BehindMarket => others_in_words(alert, view).unwrap_or_default(),
    };
    format!("Agreed: {agreed}. Now: {now}. {others}{waits}")
}

/// What others achieve, and how many are within it of how many that were agreed on, in sentences.
fn others_in_words(alert: &Alert, view: &View) -> Option<String> {
    let (_, objective) = view.catalog().objective(alert.objective);
    let market = objective.market.as_ref()?;
    let Level::Within { share, .. } = objective.level_at(view.now()) else { return None };
    let tally = view.market(alert.objective)?;
    let (target, source) = (objective.shown(market.within), &market.source);
    let as_of = market.as_of.map_or(String::new(), |day| format!(", as of {day}"));
    let within = tally.compliance_bp().map_or("none".to_owned(), percent);
    let decided = tally.decided;
    Some(format!(
        "Others achieve {target} ({source}{as_of}): {within} of {decided} are within that, agreed are {share}. "
    ))
}
