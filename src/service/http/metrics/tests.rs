//! Families that the snapshot of a real scrape does not fill.

use crate::service::scenario::{answer, care, serve, snapshot};

/// The lines of families, with their help.
fn lines(text: &str, families: &[&str]) -> String {
    let is_of = |line: &&str| {
        let name = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
        let name = name.split(['{', ' ']).next().unwrap_or_default();
        families.iter().any(|family| name.trim_start_matches("vaste_") == *family)
    };
    text.lines().filter(is_of).map(|line| line.to_owned() + "\n").collect()
}

#[test]
fn the_market_and_ratings_have_their_families_and_a_level_is_that_in_force() {
    let (_runtime, address) = serve(care().published());
    let (_, text) = answer(address, "GET /metrics", "");
    let families = [
        "market_compliance_ratio",
        "objective_behind_market",
        "objective_target_seconds",
        "objective_window_seconds",
        "objective_info",
    ];
    let beside = lines(&text, &families);
    let ratings = lines(&text, &["rating_mean_score", "ratings"]);
    let is_shown = |line: &&str| line.contains("\"28d\"") || line.starts_with('#');
    let shown: Vec<&str> = ratings.lines().filter(is_shown).collect();
    snapshot("metrics", &format!("{beside}{}\n", shown.join("\n")));
    // Every team, the organisation and what nobody answers for; both kinds; four windows.
    assert_eq!(ratings.matches("\nvaste_ratings{").count(), 4 * 2 * 4);
}

#[test]
fn nothing_is_compared_or_rated_where_nothing_is() {
    let (_runtime, address) = serve(crate::service::scenario::story().published());
    let (_, text) = answer(address, "GET /metrics", "");
    assert_eq!(lines(&text, &["market_compliance_ratio", "rating_mean_score"]), "");
    assert!(text.contains("vaste_ratings{team=\"billing\",window=\"1h\",kind=\"rated\"} 0\n"));
}
