//! Families that the test against a real Prometheus does not cover.

use crate::service::scenario::{assert_snapshot, fetch, full_agreement, serve};

/// The lines of some families, with their help.
fn lines(text: &str, families: &[&str]) -> String {
    let is_of = |line: &&str| {
        let name = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
        let name = name.split(['{', ' ']).next().unwrap_or_default();
        families.iter().any(|family| name.trim_start_matches("vaste_") == *family)
    };
    text.lines().filter(is_of).map(|line| line.to_owned() + "\n").collect()
}

#[test]
fn families_of_market_and_ratings_and_the_level_in_force() {
    let (_runtime, address) = serve(full_agreement().publish());
    let (_, text) = fetch(address, "GET /metrics", "");
    let families = [
        "market_compliance_ratio",
        "objective_behind_market",
        "objective_target_seconds",
        "objective_window_seconds",
        "objective_info",
    ];
    let objectives = lines(&text, &families);
    let ratings = lines(&text, &["rating_mean_score", "ratings"]);
    let is_shown = |line: &&str| line.contains("\"28d\"") || line.starts_with('#');
    let shown: Vec<&str> = ratings.lines().filter(is_shown).collect();
    assert_snapshot("metrics", &format!("{objectives}{}\n", shown.join("\n")));
    // Two teams, the organisation and unclaimed tickets; two kinds; four windows.
    assert_eq!(ratings.matches("\nvaste_ratings{").count(), 4 * 2 * 4);
}

#[test]
fn a_target_in_working_days_has_a_series_of_its_own() {
    let (_runtime, address) = serve(crate::service::scenario::working_days().publish());
    let (_, text) = fetch(address, "GET /metrics", "");
    let families = ["objective_target_seconds", "objective_target_working_days", "objective_info"];
    assert_snapshot("metrics_working_days", &lines(&text, &families));
}

#[test]
fn no_series_without_a_market_or_ratings() {
    let (_runtime, address) = serve(crate::service::scenario::teams_in_every_state().publish());
    let (_, text) = fetch(address, "GET /metrics", "");
    assert_eq!(lines(&text, &["market_compliance_ratio", "rating_mean_score"]), "");
    assert!(text.contains("vaste_ratings{team=\"billing\",window=\"1h\",kind=\"rated\"} 0\n"));
}
