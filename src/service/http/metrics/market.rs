//! Families beyond response times: the market, dates of agreements, and ratings.

use super::families::{MetricFamilies, ObjectiveLabels, count, flag};
use crate::agreement::Tally;
use crate::calendar::local_midnight;
use crate::name::team_label;
use crate::service::coordinator::published_view::PublishedView;

/// An objective compared with the market. The share is absent without a comparison or decided
/// tickets.
pub(super) fn market(
    tally: Option<Tally>,
    is_behind: bool,
    labels: ObjectiveLabels<'_>,
    families: &mut MetricFamilies,
) {
    families.gauge(
        "objective_behind_market",
        "1 when the share within what others achieve is below the agreed share.",
        &labels.pairs(),
        flag(is_behind),
    );
    if let Some(Tally { decided, missed, .. }) = tally.filter(|tally| tally.decided > 0) {
        families.gauge(
            "market_compliance_ratio",
            "Share of decided tickets within what others achieve.",
            &labels.pairs(),
            count(decided - missed) / count(decided),
        );
    }
}

/// The dates that agreements go by: when a team looks at its agreement again, and how old a market's figure
/// is. Each is 00:00 in the team's time zone.
pub(super) fn dates(published: &PublishedView, families: &mut MetricFamilies) {
    let catalog = &published.catalog;
    for scope in catalog.reading_scopes() {
        let Some(date) = catalog.about(scope).and_then(|about| about.look_again) else { continue };
        families.gauge(
            "agreement_look_again_timestamp_seconds",
            "Unix time at which the team said it would look at its agreement again.",
            &[("team", team_label(catalog.scope_name(scope)))],
            local_midnight(catalog.zone_of(scope), date).unix_seconds(),
        );
    }
    for (_, scope, objective) in catalog.objectives() {
        let Some(date) = objective.market.as_ref().and_then(|market| market.as_of) else {
            continue;
        };
        let team = team_label(catalog.scope_name(scope));
        families.gauge(
            "market_as_of_timestamp_seconds",
            "Unix time from which the figure is that the objective compares with.",
            &ObjectiveLabels { team, objective: &objective.name }.pairs(),
            local_midnight(catalog.zone_of(scope), date).unix_seconds(),
        );
    }
}

/// The number of ratings of every team, and their mean if there are any.
pub(super) fn ratings(published: &PublishedView, families: &mut MetricFamilies) {
    for (scope, kind, window, scores) in &published.ratings {
        let window = window.to_string();
        let labels = [
            ("team", team_label(published.catalog.scope_name(*scope))),
            ("window", window.as_str()),
            ("kind", kind.label()),
        ];
        if scores.count > 0 {
            families.gauge_by_team(
                "rating_mean_score",
                "Mean of customer ratings and of reviews in the window: kind rated, reviewed.",
                &labels,
                count(scores.sum) / count(scores.count),
            );
        }
        families.gauge_by_team(
            "ratings",
            "Number of ratings in the window, by kind: rated, reviewed.",
            &labels,
            count(scores.count),
        );
    }
}
