//! Objectives as they are written into a file: read again, they are the same.

use vaste::agreement::{Objective, yaml_text};
use vaste::calendar::Zone;

use super::check::{GOOD, diagnostics_text, read_with_calendars};

/// Objectives with every key, beside those of [`GOOD`].
const MORE: &str = "\
team: billing
hours: office-fi
objectives:
  - name: every-key
    measure: next_reply
    within: 2 working days
    share: 92.5%
    over: 14d
    min_tickets: 30
    unanswered_max: 10%
    by_priority: { urgent: 30m, high: 2h always, low: 3 working days }
    pauses: [pending, on_hold]
    pauses_agreed: true
    split: { priority: true, channel: [email, \"live: chat\"] }
    market: { within: 24h always, source: \"https://survey.example/2026\" }
    alerts:
      missed: { severity: page, for: 0s, keep_firing_for: 2h, confidence: plain }
      at_risk: { severity: info, for: 1h, keep_firing_for: 0s, budget_spent: 75% }
      behind_market: { severity: warning, for: 1d }
    was:
      - { until: 2026-11-02, within: 8h, share: 85%, over: 7d, min_tickets: 20, unanswered_max: none, by_priority: { urgent: 1h } }
  - { name: always, measure: resolution, within: 24h always, by_priority: { high: 4h }, pauses: [] }
  - { name: count, measure: contacts, within: 0, split: { channel: [email] } }
  - { name: \"1e3\", measure: update, none_over: 3 working days, over: 90d, unanswered_max: 0%, was: [{ none_over: 5d always, until: 2026-01-01 }] }
";

/// All that an objective holds, but its hours: those of earlier levels are not named.
fn said(objective: &Objective) -> String {
    format!("{:?}", Objective { hours: None, ..objective.clone() })
}

#[test]
fn an_objective_that_is_written_and_read_again_is_the_same() {
    let zone = Zone::compiled_in("Europe/Helsinki").unwrap();
    let plain = MORE
        .replace("hours: office-fi\n", "")
        .replace("2 working days", "2d")
        .replace("3 working days", "3d");
    for text in [GOOD, MORE, &plain] {
        let mut read = read_with_calendars(text);
        assert!(!read.diagnostics.has_errors(), "{}", diagnostics_text(&read));
        let agreement = read.agreements.remove(0);
        let has_hours = agreement.hours.is_some();
        let zone = if has_hours { zone.clone() } else { Zone::UTC };
        let hours = if has_hours { "hours: office-fi\n" } else { "" };
        for objective in &agreement.objectives {
            let lines = objective.lines(has_hours, &zone);
            let written = format!("team: billing\n{hours}objectives:\n{lines}");
            let again = read_with_calendars(&written);
            assert!(!again.diagnostics.has_errors(), "{written}\n{}", diagnostics_text(&again));
            assert_eq!(said(&again.agreements[0].objectives[0]), said(objective), "{written}");
        }
    }
}

#[test]
fn a_text_is_quoted_unless_it_is_one_plain_word() {
    for (text, written) in [
        ("billing", "billing"),
        ("office-fi", "office-fi"),
        ("Asiakaspalvelu Länsi", "\"Asiakaspalvelu Länsi\""),
        ("null", "\"null\""),
        ("True", "\"True\""),
        ("2026", "\"2026\""),
        ("a: \"b\" # c", "\"a: \\\"b\\\" # c\""),
        ("", "\"\""),
    ] {
        assert_eq!(yaml_text(text), written);
        let name = format!("team: {written}\n");
        if !text.is_empty() {
            let read = read_with_calendars(&name);
            assert_eq!(read.agreements[0].owner.team(), Some(text), "{name}");
        }
    }
}
