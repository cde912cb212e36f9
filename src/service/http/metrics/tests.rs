//! Families that the test against a real Prometheus does not cover.

use crate::service::scenario::{
    assert_snapshot, fetch, flagged, full_agreement, serve, teams_in_every_state, working_days,
};

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
    let (_runtime, address) = serve(working_days().publish());
    let (_, text) = fetch(address, "GET /metrics", "");
    let families = ["objective_target_seconds", "objective_target_working_days", "objective_info"];
    assert_snapshot("metrics_working_days", &lines(&text, &families));
}

#[test]
fn no_series_without_a_market_or_ratings() {
    let (_runtime, address) = serve(teams_in_every_state().publish());
    let (_, text) = fetch(address, "GET /metrics", "");
    assert_eq!(lines(&text, &["market_compliance_ratio", "rating_mean_score"]), "");
    assert!(text.contains("vaste_ratings{team=\"billing\",window=\"1h\",kind=\"rated\"} 0\n"));
}

/// What a Prometheus sends that prefers OpenMetrics.
const PROMETHEUS: &str = "accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                          application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,\
                          */*;q=0.2\r\n";

#[test]
fn the_format_is_negotiated() {
    let (_runtime, address) = serve(full_agreement().publish());
    let (text_head, text) = fetch(address, "GET /metrics", "accept: text/html,*/*;q=0.8\r\n");
    let (open_head, open) = fetch(address, "GET /metrics", PROMETHEUS);
    assert!(
        text_head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"),
        "{text_head}"
    );
    let open_type = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(open_head.contains(open_type), "{open_head}");
    assert!(text_head.contains("vary: accept\r\n") && open_head.contains("vary: accept\r\n"));
    assert!(open.ends_with("\n# EOF\n") && !text.contains("# EOF"));
    // A gauge reads the same in both.
    let samples = |page: &str| -> Vec<String> {
        let is_gauge = |line: &&str| {
            line.starts_with("vaste_window_tickets{") || line.starts_with("vaste_objective_")
        };
        page.lines().filter(is_gauge).map(str::to_owned).collect()
    };
    assert_eq!(samples(&text), samples(&open));
    assert!(samples(&text).len() > 50);
    // Only OpenMetrics names a counter without its suffix, and each counter has it.
    assert!(text.contains("# TYPE vaste_responses_total counter\n"));
    assert!(open.contains("# TYPE vaste_responses counter\n"));
    let mut counters = text.lines().filter(|line| line.ends_with(" counter"));
    assert!(counters.all(|line| line.ends_with("_total counter")));
}

#[test]
fn quantiles_stand_under_their_usual_label() {
    let (_runtime, address) = serve(full_agreement().publish());
    let (_, text) = fetch(address, "GET /metrics", "");
    assert!(text.contains("# TYPE vaste_window_response_seconds summary\n"));
    let of = |quantile: &str| {
        let label = format!("quantile=\"{quantile}\"}} ");
        let is_of = |line: &&str| {
            line.starts_with("vaste_window_response_seconds{") && line.contains(&label)
        };
        text.lines().filter(is_of).count()
    };
    assert!(of("0.5") > 0);
    assert_eq!([of("0.9"), of("0.95"), of("0.99")], [of("0.5"); 3]);
    // A window's sum and count would go down.
    assert!(!text.contains("vaste_window_response_seconds_"));
}

#[test]
fn reasons_without_tickets_have_no_series() {
    let (_runtime, address) = serve(flagged().publish());
    let (_, text) = fetch(address, "GET /metrics", "");
    let mut given_up =
        text.lines().filter(|line| line.starts_with("vaste_window_given_up_tickets{"));
    let zeros = given_up.clone().filter(|line| line.ends_with(" 0"));
    assert_eq!(zeros.collect::<Vec<_>>(), Vec::<&str>::new());
    let spam = "vaste_window_given_up_tickets{team=\"orders\",measure=\"first_reply\",window=\"7d\",\
                reason=\"spam\",basis=\"calendar\"} 1";
    assert!(given_up.any(|line| line == spam), "{text}");
}

#[test]
fn a_limit_has_no_share_in_any_state() {
    let (_runtime, address) = serve(teams_in_every_state().publish());
    let (_, text) = fetch(address, "GET /metrics", "");
    let is_limit = |line: &&str| line.contains("objective=\"nobody-forgotten\"");
    let limits: Vec<&str> = text.lines().filter(is_limit).collect();
    for state in ["met", "missed"] {
        let held = format!("state=\"{state}\"}} 1");
        assert!(limits.iter().any(|line| line.ends_with(&held)), "{state}: {limits:#?}");
    }
    assert!(!limits.iter().any(|line| line.contains("compliance")), "{limits:#?}");
    assert!(text.contains("\nvaste_objective_compliance_ratio{"));
}
