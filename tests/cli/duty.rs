//! Every fault of the turns of duty that `vaste check` reports, as it is printed. Its suggested fix works.

use std::fmt::Write as _;

use super::check::{diagnostics_text, read};

/// A good agreement. Turns of four start on Mondays; mikko has the one of 2026-11-30, sara the next.
const GOOD: &str = "\
team: billing
duty:
  members: [aino, mikko, sara, ville]
  since: 2026-11-25
  every: 1w
  handover: \"Mon 09:00 Europe/Helsinki\"
  swaps: [{ on: 2026-12-21, from: aino, to: sara }]
  away: [{ who: ville, from: 2026-12-14, to: 2026-12-15 }]
  check: 10
";

/// A part of [`GOOD`], the faulty text that replaces it, and the fix that the message suggests.
const FAULTS: [(&str, &str, &str); 28] = [
    (
        "[aino, mikko, sara, ville]",
        "[aino, mikko, aino, sara, ville]",
        "[aino, mikko, sara, ville]",
    ),
    ("[aino, mikko, sara, ville]", "aino", "[aino, mikko, sara, ville]"),
    ("  since: 2026-11-25\n", "", "  since: 2026-11-25\n"),
    ("2026-11-25", "2026-11-31", "2026-11-25"),
    ("2026-11-25", "1926-11-25", "2026-11-25"),
    ("2026-11-25", "2062-11-25", "2026-11-25"),
    ("every: 1w", "every: 36h", "every: 1w"),
    ("every: 1w", "every: 0d", "every: 1w"),
    ("every: 1w", "every: 53w", "every: 52w"),
    ("every: 1w", "every: 3d", "every: 1w"),
    ("Mon 09:00 Europe/Helsinki", "09:00 Europe/Helsinki", "Mon 09:00 Europe/Helsinki"),
    ("Mon 09:00 Europe/Helsinki", "09:00", "Mon 09:00"),
    ("Mon 09:00 Europe/Helsinki", "Mon 24:30 Europe/Helsinki", "Mon 23:30 Europe/Helsinki"),
    ("Mon 09:00 Europe/Helsinki", "Mon 09:00 Europe/Helsinky", "Mon 09:00 Europe/Helsinki"),
    ("Mon 09:00 Europe/Helsinki", "Mon 09:00 +02:00", "Mon 09:00 Europe/Helsinki"),
    ("Mon 09:00 Europe/Helsinki", "Monday 09:00", "Mon 09:00"),
    ("on: 2026-12-21", "on: 2026-11-22", "on: 2026-12-21"),
    ("on: 2026-12-21", "on: 2026-12-28", "on: 2026-12-21"),
    ("from: aino, to: sara", "from: aina, to: sara", "from: aino, to: sara"),
    ("from: aino, to: sara", "from: aino, to: pekka", "from: aino, to: sara"),
    ("from: aino, to: sara", "from: aino, to: aino", "from: aino, to: sara"),
    (
        "swaps: [{ on: 2026-12-21, from: aino, to: sara }]",
        "swaps: [{ on: 2026-12-21, from: aino, to: sara }, { on: 2026-12-27, from: sara, to: ville }]",
        "swaps: [{ on: 2026-12-21, from: aino, to: sara }]",
    ),
    ("ville, from: 2026-12-14, to", "sara, from: 2026-12-21, to", "ville, from: 2026-12-14, to"),
    (
        "ville, from: 2026-12-14, to: 2026-12-15",
        "sara, from: 2026-12-21, to: 2026-12-21",
        "sara, from: 2026-12-22, to: 2026-12-22",
    ),
    ("to: 2026-12-15", "to: 2026-12-13", "to: 2026-12-14"),
    ("who: ville", "who: pekka", "who: ville"),
    ("check: 10", "check: 0", "check: 1"),
    ("check: 10", "checks: 10", "check: 10"),
];

fn checked(text: &str) -> vaste::config::Config {
    read(&[("billing.yaml", text)], &["billing.yaml"])
}

#[test]
fn every_fault_of_duty_names_its_position_and_a_fix_that_works() {
    assert_eq!(diagnostics_text(&checked(GOOD)), "");
    let mut page = String::new();
    for (good, bad, mended) in FAULTS {
        assert_eq!(GOOD.matches(good).count(), 1, "{good}");
        let config = checked(&GOOD.replace(good, bad));
        assert!(config.diagnostics.has_errors(), "{bad} passes");
        writeln!(page, "{bad}\n{}", diagnostics_text(&config)).unwrap();
        let config = checked(&GOOD.replace(good, mended));
        assert_eq!(diagnostics_text(&config), "", "the fix for {bad}");
    }
    insta::assert_snapshot!("faults_of_duty", page);
}

#[test]
fn lists_of_duty_have_a_maximum() {
    let members = |count: usize| (0..count).map(|m| format!("m{m}")).collect::<Vec<_>>().join(", ");
    let absences = vec!["{ who: m0, from: 2026-12-01, to: 2026-12-01 }"; 1_001].join(", ");
    let page = [
        format!("team: t\nduty: {{ members: [{}], since: 2026-11-25 }}\n", members(100)),
        format!("team: t\nduty: {{ members: [{}], since: 2026-11-25 }}\n", members(101)),
        format!("team: t\nduty: {{ members: [m0, m1], since: 2026-11-25, away: [{absences}] }}\n"),
        format!(
            "team: t\nduty: {{ members: [{}], since: 2026-11-25,\n  \
             away: [{{ who: m100, from: 2026-12-01, to: 2026-12-01 }}] }}\n",
            members(12)
        ),
    ]
    .map(|text| diagnostics_text(&checked(&text)));
    insta::assert_snapshot!("many_members_and_absences", page.join("\n"));
}

#[test]
fn a_turn_that_nobody_can_take_is_a_warning_once() {
    let text = |away: &str| {
        format!("team: t\nduty:\n  members: [aino, mikko]\n  since: 2026-11-02\n  away:\n{away}")
    };
    let both = |from: &str, to: &str| {
        ["aino", "mikko"]
            .map(|who| format!("    - {{ who: {who}, from: {from}, to: {to} }}\n"))
            .concat()
    };
    let page = [
        // The first and the last turn are past. One turn is now, two to come.
        both("2026-11-02", "2026-11-09"),
        both("2026-11-02", "2026-11-16"),
        both("2026-12-19", "2027-01-02"),
        // No turn starts within these.
        both("2026-12-22", "2026-12-27"),
    ]
    .map(|away| diagnostics_text(&checked(&text(&away))));
    insta::assert_snapshot!("turns_that_nobody_takes", page.join("\n"));
}

#[test]
fn the_organisation_may_have_duty_and_handovers_are_in_its_zone() {
    let text = "organisation: Example Oy\nzone: Australia/Sydney\n\
                duty: { members: [aino, mikko], since: 2026-11-25, every: 2w, handover: Wed 10:00 }\n";
    let config = checked(text);
    assert_eq!(diagnostics_text(&config), "");
    let catalog = vaste::catalog::Catalog::new(&config.agreements, &[]);
    let duty = catalog.duty(catalog.organisation()).unwrap();
    // 10:00 in Sydney, in summer time.
    assert_eq!(duty.turn(0).starts.to_string(), "2026-11-24T23:00:00Z");
    assert_eq!((duty.turn(1).member, duty.check), (Some("mikko"), 10));
}
