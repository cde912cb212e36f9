//! What a team has to do itself: concerns that are not settled, and tickets that a turn checks.

use super::families::{MetricFamilies, count};
use crate::name::{UNCLAIMED, team_label};
use crate::review::ReviewedBy;
use crate::service::coordinator::published_view::PublishedView;

/// The tickets of every turn of duty that nobody has judged yet.
pub(super) fn checks(published: &PublishedView, families: &mut MetricFamilies) {
    let Some(derived) = &published.past else { return };
    for scope in published.catalog.reading_scopes() {
        let Some(list) = derived.checks.of(scope) else { continue };
        let is_open = |ticket: &str| !published.reviews.is_judged_since(ticket, list.from);
        let open = list.items.iter().filter(|item| is_open(&item.ticket)).count();
        families.gauge(
            "checks_open",
            "Items of the current check list not yet reviewed.",
            &[("team", team_label(published.catalog.scope_name(scope)))],
            count(open as u64),
        );
    }
}

/// The reviews of every team's tickets since the begin of the known history.
pub(super) fn reviewed(published: &PublishedView, families: &mut MetricFamilies) {
    let catalog = &published.catalog;
    let counts = published.reviews.counts().by_declared_team(catalog);
    for scope in catalog.ticket_scopes() {
        let name = catalog.scope_name(scope);
        for by in ReviewedBy::ALL {
            families.counter(
                "checks_reviewed_total",
                "Check list items reviewed: by self, by other.",
                &[("team", team_label(name)), ("by", by.label())],
                counts.get(name.unwrap_or(UNCLAIMED), by),
            );
        }
    }
}

/// The open concerns of every team and of the organisation.
pub(super) fn concerns(published: &PublishedView, families: &mut MetricFamilies) {
    let catalog = &published.catalog;
    for scope in catalog.reading_scopes().filter(|scope| *scope != catalog.unclaimed()) {
        let log = published.team_logs.of(scope);
        let mut open = log.into_iter().flat_map(|log| log.open_concerns());
        let oldest = open.next().map(|concern| concern.raised.at);
        let labels = [("team", team_label(catalog.scope_name(scope)))];
        families.gauge(
            "concerns_open",
            "Concerns raised and not settled.",
            &labels,
            count(u64::from(oldest.is_some()) + open.count() as u64),
        );
        if let Some(oldest) = oldest {
            families.gauge(
                "concern_oldest_timestamp_seconds",
                "Unix time of the oldest open concern. Absent while there is none.",
                &labels,
                oldest.unix_seconds(),
            );
        }
    }
}
