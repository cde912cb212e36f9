//! Alerts that a change of the agreements has removed: they are resolved, and say so.
//!
//! # Design
//! Alertmanager ends an alert that nobody refreshes, after five minutes and without a reason. So the last
//! notice of a removed alert is kept, and sent as resolved for as long as that of any resolved alert.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::notice::{Notice, Sender};
use super::state_log::AlertStateEntry;
use super::{AlertStateLog, Alerts, LabelSet, REFRESH_EVERY, RESOLVED_FOR};
use crate::address;
use crate::catalog::Catalog;
use crate::time::Timestamp;

/// The alerts that fired when their agreement was changed, and that it has no longer, by their labels.
#[derive(Clone, Debug, Default)]
pub struct RemovedAlerts(BTreeMap<Arc<LabelSet>, RemovedAlert>);

#[derive(Clone, Debug)]
struct RemovedAlert {
    annotations: Arc<BTreeMap<String, String>>,
    page: String,
    fired_at: Timestamp,
    /// When its end was first sent; `None` until then.
    resolved_at: Option<Timestamp>,
    /// When that was last sent; [`Timestamp::EVENT_MIN`] if it was not.
    sent_at: Timestamp,
}

impl RemovedAlerts {
    /// Adds the alerts of a log that fire and are not among `alerts`, which are those of the catalog in force
    /// since. One that is there again is no longer removed. Returns what has ended and why, one line each.
    pub fn add(
        &mut self,
        log: &AlertStateLog,
        alerts: &Alerts,
        catalog: &Catalog,
        sender: &Sender,
    ) -> Vec<String> {
        let mut news = Vec::new();
        let present = alerts.iter().map(|alert| sender.labels(alert, catalog));
        let present: BTreeSet<_> = present.collect();
        self.0.retain(|labels, _| !present.contains(&**labels));
        for entry in log.entries().filter(|entry| !present.contains(&entry.labels)) {
            // An alert that was never sent has no labels yet, and one of the past is over.
            let Some(fired_at) = entry.firing_since() else { continue };
            if entry.labels.is_empty() {
                continue;
            }
            let reason = reason(entry, alerts, catalog);
            let owner = catalog.scope_by_label(&entry.team);
            let page = address::team_by_label(owner.map_or("_unclaimed", |_| &*entry.team));
            let page = format!("{}{page}", sender.external_url);
            let mut annotations = annotations(entry, &reason, owner.is_none());
            annotations.insert("page_url".to_owned(), page.clone());
            news.push(format!("{}: {reason}", entry.alert));
            let removed = RemovedAlert {
                annotations: Arc::new(annotations),
                page,
                fired_at,
                resolved_at: None,
                sent_at: Timestamp::EVENT_MIN,
            };
            self.0.insert(Arc::new(entry.labels.clone()), removed);
        }
        news
    }

    /// The notices to send at `at`. They count as sent.
    pub fn take_due(&mut self, at: Timestamp) -> Vec<Notice> {
        let mut notices = Vec::new();
        self.0.retain(|labels, removed| {
            let resolved_at = *removed.resolved_at.get_or_insert(at);
            if removed.sent_at.plus(REFRESH_EVERY) <= at {
                removed.sent_at = at;
                notices.push(Notice {
                    labels: Arc::clone(labels),
                    annotations: Arc::clone(&removed.annotations),
                    starts_at: removed.fired_at,
                    ends_at: resolved_at,
                    generator_url: removed.page.clone(),
                    not_ready_since: None,
                });
            }
            at <= resolved_at.plus(RESOLVED_FOR)
        });
        notices
    }

    /// Replaces times after `now` by `now`: they are of a clock that was ahead.
    pub fn correct_time(&mut self, now: Timestamp) {
        for removed in self.0.values_mut() {
            removed.fired_at = removed.fired_at.min(now);
            removed.resolved_at = removed.resolved_at.map(|at| at.min(now));
            removed.sent_at = removed.sent_at.min(now);
        }
    }
}

/// Why an alert is no longer there, as a sentence.
fn reason(entry: &AlertStateEntry, alerts: &Alerts, catalog: &Catalog) -> String {
    let team = &entry.team;
    let objective = &entry.objective;
    let owner = catalog.scope_by_label(team);
    let is_of = |id| {
        let (of, named) = catalog.objective(id);
        Some(of) == owner && *named.name == **objective
    };
    if owner.is_none() {
        format!("No agreement declares the team {team} any more")
    } else if !catalog.objectives().any(|(id, _, _)| is_of(id)) {
        format!("The agreement of {team} no longer has the objective {objective}")
    } else if !alerts
        .iter()
        .any(|alert| is_of(alert.objective) && alert.kind.label() == entry.alert)
    {
        format!("The agreement of {team} no longer asks for this alert")
    } else {
        format!("The agreement of {team} now gives this alert other labels")
    }
}

/// What has happened. The last numbers would be those of another time.
fn annotations(
    entry: &AlertStateEntry,
    reason: &str,
    is_unclaimed: bool,
) -> BTreeMap<String, String> {
    let kept = ["agreed", "runbook_url"].into_iter();
    let kept = kept.filter_map(|name| Some((name.to_owned(), entry.told.get(name)?.clone())));
    let mut annotations: BTreeMap<String, String> = kept.collect();
    let tickets =
        if is_unclaimed { " Those of its tickets that wait are unclaimed now." } else { "" };
    let description =
        format!("Whether the level is met is not known: it is not judged any more.{tickets}");
    annotations.insert("summary".to_owned(), format!("{reason}, so this alert has ended."));
    annotations.insert("description".to_owned(), description);
    annotations
}
