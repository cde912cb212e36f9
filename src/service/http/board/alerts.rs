//! Whether an alert about an objective fires, and since when.

use super::view_model::{Board, ObjectiveView};
use crate::alert::{Alert, AlertKind, AlertStatus};

/// The alerts that fire or are pending as sentences. Without any, that there is none.
pub(super) fn of_objective(board: &Board<'_>, view: ObjectiveView<'_>) -> String {
    let active: Vec<&Alert> =
        board.alerts(view).filter(|alert| alert.status().is_active()).collect();
    // A missed objective is at risk, too. That alert says less while it is pending.
    let is_missed = active.iter().any(|alert| alert.kind == AlertKind::Missed);
    let says_more =
        |alert: &&&Alert| alert.kind != AlertKind::AtRisk || !is_missed || is_firing(alert);
    let sentences = active.iter().filter(says_more).filter_map(|alert| sentence(board, alert));
    let sentences: Vec<String> = sentences.collect();
    if sentences.is_empty() { board.texts.text("alert-none") } else { sentences.join(" ") }
}

/// The alerts that fire as sentences; `None` without any.
pub(super) fn firing(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let firing = board.alerts(view).filter(is_firing);
    let firing: Vec<String> = firing.filter_map(|alert| sentence(board, alert)).collect();
    (!firing.is_empty()).then(|| firing.join(" "))
}

fn is_firing(alert: &&Alert) -> bool {
    matches!(alert.status(), AlertStatus::Firing { .. })
}

/// What an alert says; `None` if it neither fires nor is pending.
fn sentence(board: &Board<'_>, alert: &Alert) -> Option<String> {
    let since = alert.status().since()?;
    let key = if is_firing(&alert) { "alert-firing" } else { "alert-pending" };
    let kind = match alert.kind {
        AlertKind::Missed => "missed",
        AlertKind::AtRisk => "at_risk",
        AlertKind::BehindMarket => "behind_market",
    };
    let since = ("at", board.instant(since).into());
    let hold = ("hold", board.texts.duration(alert.policy.hold).into());
    Some(board.texts.format(key, &[("kind", kind.into()), since, hold]))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::tests::text;
    use super::super::{Language, PageLanguage, Route, page};
    use crate::agreement::{AlertVerdicts, DecidedVerdict, VerdictState};
    use crate::service::scenario::{fetch, serve, teams_in_every_state};
    use crate::time::{Elapsed, HOUR_MS};

    #[test]
    fn pages_say_whether_an_alert_fires_and_since_when() {
        let mut published = teams_in_every_state().publish();
        let now = published.at.unwrap();
        let catalog = Arc::clone(&published.catalog);
        let mut objectives = catalog.objectives();
        let is_of_billing = |(_, scope, objective): &(_, _, &crate::agreement::Objective)| {
            catalog.scope_name(*scope) == Some("billing") && *objective.name == *"first-reply"
        };
        let (id, ..) = objectives.find(is_of_billing).unwrap();
        let lines = |published: &_| {
            let route = |team: &str, name: Option<&str>| match name {
                Some(name) => Route::Objective { team: team.to_owned(), name: name.to_owned() },
                None => Route::Team(team.to_owned()),
            };
            let language = Language::from_tag("en").unwrap();
            let reader = PageLanguage { language, is_asked: false };
            let line = |route| {
                let html = page(published, &route, reader).html.into_string();
                let page = text(&html);
                let found = page.lines().find(|line| {
                    ["Alert since", "No alert"].iter().any(|begin| line.contains(begin))
                });
                found.unwrap_or_default().to_owned()
            };
            [line(route("billing", Some("first-reply"))), line(route("billing", None))]
        };
        assert_eq!(lines(&published), ["| No alert.", ""]);
        let own = DecidedVerdict { state: VerdictState::Missed, is_reached: false };
        let missed = AlertVerdicts { own, market: None, belief: None };
        let hour = Elapsed::from_ms(HOUR_MS);
        published.alerts.evaluate(id, missed, &catalog, now.minus(hour));
        let pending = "No alert yet. One follows when the objective has been missed for 10 min, \
                       counted from Mon 23 Nov 08:00.";
        let [objective, team] = lines(&published);
        assert_eq!([objective, team], [format!("| {pending}"), String::new()]);
        published.alerts.evaluate(id, missed, &catalog, now);
        let firing = "Alert since Mon 23 Nov 09:00: the objective is missed.";
        assert_eq!(lines(&published), [format!("| {firing}"), firing.to_owned()]);
        let (_runtime, address) = serve(published);
        let (_, team) = fetch(address, "GET /api/v1/teams/billing", "");
        let team: serde_json::Value = serde_json::from_str(&team).unwrap();
        assert_eq!(team["alerts"][0]["since"], now.to_string());
    }
}
