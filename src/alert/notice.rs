//! Notices: alerts as they are sent, with labels that identify them and annotations that describe them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::named_tickets;
use super::notice_text::annotations;
use super::{Alert, AlertStatus, Alerts, LabelSet, REFRESH_EVERY, SendReason};
use crate::address::{self, TicketLinks};
use crate::catalog::Catalog;
use crate::name;
use crate::time::{Elapsed, MINUTE_MS, Timestamp};
use crate::view::View;

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
    pub labels: Arc<LabelSet>,
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
    /// The URL of a team's dashboard, with `{team}` and `{objective}` where their names belong.
    pub dashboard_url: Option<String>,
    /// How notices name tickets.
    pub tickets: TicketLinks,
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
            let mut about = annotations(alert, view, &self.tickets);
            let team = name::team_label(catalog.scope_name(owner));
            let dashboard = self.dashboard_url.as_deref();
            let dashboard = dashboard.map(|url| address::with_names(url, team, &objective.name));
            about.extend(dashboard.map(|url| ("dashboard_url".to_owned(), url)));
            about.insert("page_url".to_owned(), page.clone());
            alert.last_annotations = Arc::new(about);
        }
        alert.last_labels = Arc::new(self.labels(alert, catalog));
        named_tickets::hide(&mut alert.last_annotations, &self.tickets);
        let mut annotations = Arc::clone(&alert.last_annotations);
        if let Some(since) = alert.frozen_since() {
            Arc::make_mut(&mut annotations).insert("frozen_since".to_owned(), since.to_string());
        }
        Some(Notice {
            labels: Arc::clone(&alert.last_labels),
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

    /// The labels of an alert.
    pub(super) fn labels(&self, alert: &Alert, catalog: &Catalog) -> LabelSet {
        let (owner, objective) = catalog.objective(alert.objective);
        let declared = catalog.about(owner).map_or(&[][..], |about| &about.labels);
        let mut labels: LabelSet = self.external_labels.iter().chain(declared).cloned().collect();
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
