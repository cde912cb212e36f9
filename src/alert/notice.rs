//! Notices: alerts as they are sent, with labels that identify them and annotations that describe them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::{Alert, AlertKind, AlertStatus, Alerts, REFRESH_EVERY, SendReason};
use crate::address;
use crate::agreement::{
    EvidenceSubject, Level, Market, Objective, ShareBelief, ShareEvidence, Tally,
};
use crate::catalog::ScopeId;
use crate::name;
use crate::reading::Verdict;
use crate::time::{Elapsed, MINUTE_MS, Timestamp};
use crate::view::{View, WaitingNow};
use crate::window::from_of;

/// A firing alert that is not refreshed ends after this time: at least four refreshes. Three were not
/// enough for Prometheus (its issue 5277).
pub(super) const ENDS_AFTER: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);
/// On shutdown, firing alerts are sent once more with `endsAt` this far ahead, so that a deploy does not
/// end them.
const ENDS_AFTER_SHUTDOWN: Elapsed = Elapsed::from_ms(15 * MINUTE_MS);
const _: () = assert!(ENDS_AFTER.ms() >= 4 * REFRESH_EVERY.ms(), "it must outlast lost refreshes");

/// One alert as Alertmanager's `POST /api/v2/alerts` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The labels that identify it: the same from firing to resolved. Shared, as annotations are: thousands
    /// of notices wait for each Alertmanager when many objectives are missed at once.
    pub labels: Arc<BTreeMap<Box<str>, Box<str>>>,
    /// Its numbers and texts.
    pub annotations: Arc<BTreeMap<String, String>>,
    /// Since when it fires.
    pub starts_at: Timestamp,
    /// When it was resolved, or when it ends unless it is refreshed.
    pub ends_at: Timestamp,
    /// The page of its objective.
    #[serde(rename = "generatorURL")]
    pub generator_url: String,
    /// Since when this instance does not know whether it still fires; `None` if it does. Such a notice is
    /// not sent to an Alertmanager where another instance handles it, see
    /// [`super::is_handled_elsewhere`].
    #[serde(skip)]
    pub not_ready_since: Option<Timestamp>,
}

/// The sender of notices: what they all have in common.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    /// The URL of the board, without a slash at the end.
    pub external_url: String,
    /// Labels that are added to every alert. The alert's own labels take precedence.
    pub external_labels: Vec<(Box<str>, Box<str>)>,
}

impl Sender {
    /// The notices to send at `at`, the instant of the view, with the reason. They count as sent.
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

    /// The notices to send on shutdown: all firing alerts, with `endsAt` 15 minutes ahead.
    pub fn final_notices(&self, alerts: &mut Alerts, view: &View, at: Timestamp) -> Vec<Notice> {
        let ends_at = at.plus(ENDS_AFTER_SHUTDOWN);
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
        // While its condition is not known, the view may be empty.
        if alert.frozen_since().is_none() || alert.last_annotations.is_empty() {
            alert.last_annotations = Arc::new(annotations(alert, view, &page));
        }
        let mut annotations = Arc::clone(&alert.last_annotations);
        if let Some(since) = alert.frozen_since() {
            Arc::make_mut(&mut annotations).insert("frozen_since".to_owned(), since.to_string());
        }
        Some(Notice {
            labels: Arc::new(self.labels(alert, owner, objective, view)),
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
    let evidence = sure_of_miss(alert, view);
    let certainty = evidence.map(|evidence| format!("{}%", evidence.percent()));
    let why = why_unanswered(objective, &verdict, evidence);
    let has_excess_spam = objective.has_excess_spam(view.tally(alert.objective), view.now());
    let said = match (alert.kind, &certainty) {
        (AlertKind::Missed, Some(certainty)) => format!("is missed{why} ({certainty} sure)"),
        (AlertKind::Missed, None) => format!("is missed{why}"),
        (AlertKind::AtRisk, _) if has_excess_spam => {
            "is at risk: more tickets over target were marked as spam than its level allows"
                .to_owned()
        }
        (AlertKind::AtRisk, _) => {
            "is at risk: most of the misses that its level allows are used up".to_owned()
        }
        (AlertKind::BehindMarket, _) => {
            "is behind the market: fewer tickets than agreed reach what others achieve".to_owned()
        }
    };
    let max = objective.unanswered_max_at(view.now());
    let spam = Some(verdict.spam_over_target).filter(|spam| *spam > 0);
    let over = view.waiting_over(alert.objective);
    let now = view.waiting(owner, objective.measure);
    let mut annotations = BTreeMap::from([
        ("summary", format!("{team}: the objective {} {said}.", objective.name)),
        ("description", description(alert, &verdict, view, now, over)),
        ("agreed", objective.said_at(view.now())),
        ("decided", verdict.decided.to_string()),
        ("missed", verdict.missed.to_string()),
        ("waiting", now.count.to_string()),
        ("waiting_overdue", over.to_string()),
        ("window_start", from_of(view.now(), objective.over_at(view.now())).to_string()),
        ("window_end", view.now().to_string()),
        ("page_url", page.to_owned()),
    ]);
    let more = [
        ("compliance", verdict.compliance.map(percent)),
        ("certainty", certainty),
        ("spam_over_target", spam.map(|spam| spam.to_string())),
        ("unanswered", max.map(|_| verdict.unanswered.to_string())),
        ("unanswered_share", max.and(verdict.unanswered_share).map(percent)),
        ("unanswered_max", max.map(|max| max.to_string())),
        ("longest_wait", now.oldest_since.map(|since| view.now().since(since).to_string())),
        ("runbook_url", about.and_then(|about| about.runbook_url.as_deref()).map(str::to_owned)),
    ];
    annotations.extend(more.into_iter().filter_map(|(name, value)| Some((name, value?))));
    if let (AlertKind::BehindMarket, Some(market)) = (alert.kind, &objective.market) {
        let tally = view.market(alert.objective).unwrap_or_default();
        annotations.extend(market_annotations(objective, market, tally));
    }
    annotations.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// That too many tickets ended without an answer, after "is missed"; empty if that is not why.
fn why_unanswered(
    objective: &Objective,
    verdict: &Verdict,
    evidence: Option<ShareEvidence>,
) -> &'static str {
    let is_sure = evidence.is_some_and(|evidence| evidence.subject == EvidenceSubject::Answered);
    if !is_sure && !objective.exceeds_unanswered_max(verdict.tally(), verdict.at) {
        ""
    } else if objective.misses_level(verdict.tally(), verdict.at) {
        ", also because too many tickets ended without an answer"
    } else {
        ": too many tickets ended without an answer"
    }
}

/// The annotations of the market: its target and source, and the tickets compared with it.
fn market_annotations(
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

/// The agreed level, the present one and the waiting tickets, in sentences.
fn description(
    alert: &Alert,
    verdict: &Verdict,
    view: &View,
    waiting: WaitingNow,
    over: u64,
) -> String {
    let (_, objective) = view.catalog().objective(alert.objective);
    let Verdict { decided, missed, spam_over_target, .. } = verdict;
    let now = match (&objective.level, verdict.compliance) {
        (Level::Within { .. }, Some(bp)) => {
            format!("{} within target, {missed} of {decided} tickets missed", percent(bp))
        }
        (Level::Within { .. }, None) => "no tickets counted yet".to_owned(),
        (Level::NoneOver(_), _) => format!("{missed} over the limit"),
    };
    let count = waiting.count;
    let waits = waiting.oldest_since.map_or("Nobody is waiting.".to_owned(), |since| {
        let longest = view.now().since(since).in_words();
        format!("Waiting: {count}, {over} of them over target, longest {longest}.")
    });
    let agreed = objective.said_at(view.now());
    let others = match alert.kind {
        AlertKind::Missed => describe_certainty(alert, view).unwrap_or_default(),
        AlertKind::AtRisk => String::new(),
        AlertKind::BehindMarket => describe_market(alert, view).unwrap_or_default(),
    };
    let spam = match spam_over_target {
        0 => String::new(),
        count => format!("Marked as spam while over target: {count}. "),
    };
    let unanswered = match (objective.unanswered_max_at(view.now()), verdict.unanswered_share) {
        (Some(max), Some(share)) => {
            let (unanswered, ended) = (verdict.unanswered, verdict.tally().ended());
            let share = percent(share);
            format!("Ended without an answer: {unanswered} of {ended} ({share}), at most {max}. ")
        }
        _ => String::new(),
    };
    format!("Agreed: {agreed}. Now: {now}. {others}{unanswered}{spam}{waits}")
}

/// What a missed alert rests on, while it is more likely than not that the level is missed. Excess spam says
/// nothing of that.
fn sure_of_miss(alert: &Alert, view: &View) -> Option<ShareEvidence> {
    let evidence = (alert.kind == AlertKind::Missed).then(|| view.evidence(alert.objective))?;
    evidence
        .filter(|evidence| evidence.belief > ShareBelief::Reached && evidence.probability >= 0.5)
}

/// How sure it is that the level is missed, and by which window, in a sentence.
fn describe_certainty(alert: &Alert, view: &View) -> Option<String> {
    let (_, objective) = view.catalog().objective(alert.objective);
    let Level::Within { share, .. } = objective.level_at(view.now()) else { return None };
    let evidence = sure_of_miss(alert, view)?;
    let (sure, window) = (evidence.percent(), evidence.window);
    let Tally { decided, missed, .. } = evidence.tally;
    Some(match evidence.subject {
        EvidenceSubject::WithinTarget => format!(
            "It is {sure}% sure that the true share is below {share}: {missed} of {decided} tickets missed in \
             {window}. "
        ),
        EvidenceSubject::Answered => format!(
            "It is {sure}% sure that in the long run too many end without an answer: {missed} of {decided} did \
             in {window}. "
        ),
    })
}

/// The market's target and the share of tickets within it, in a sentence.
fn describe_market(alert: &Alert, view: &View) -> Option<String> {
    let (_, objective) = view.catalog().objective(alert.objective);
    let market = objective.market.as_ref()?;
    let Level::Within { share, .. } = objective.level_at(view.now()) else { return None };
    let tally = view.market(alert.objective)?;
    let (target, source) = (objective.shown(market.within), &market.source);
    let as_of = market.as_of.map_or(String::new(), |day| format!(", as of {day}"));
    let within = tally.compliance_bp().map_or("none".to_owned(), percent);
    let decided = tally.decided;
    Some(format!(
        "Others achieve {target} ({source}{as_of}); {within} of {decided} tickets reach that, {share} is agreed. "
    ))
}
