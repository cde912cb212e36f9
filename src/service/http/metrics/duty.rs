//! Turns of duty.

use super::families::MetricFamilies;
use crate::name::team_label;
use crate::service::coordinator::published_view::PublishedView;

/// When the turns of each team change next.
pub(super) fn handovers(published: &PublishedView, families: &mut MetricFamilies) {
    let Some(at) = published.at else { return };
    for scope in published.catalog.reading_scopes() {
        let duty = published.catalog.duty(scope);
        let Some(handover) = duty.and_then(|duty| duty.next_handover(at)) else { continue };
        families.gauge(
            "duty_handover_timestamp_seconds",
            "Unix time of the next handover of the turn.",
            &[("team", team_label(published.catalog.scope_name(scope)))],
            handover.unix_seconds(),
        );
    }
}
