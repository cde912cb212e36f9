//! Settings of agreements next to their levels: hours, earlier levels, pauses, splits, the market,
//! and the measures that run.

use std::fs;
use std::process::Command;

use vaste::agreement::{Agreement, Level, Objective, Target};
use vaste::measure::{Basis, Measure, Pauses};
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

use crate::check::{CALENDARS, diagnostics_text, read, read_with_calendars};

fn agreement(text: &str) -> Agreement {
    let mut config = read_with_calendars(text);
    assert!(!config.diagnostics.has_errors(), "{}", diagnostics_text(&config));
    config.agreements.remove(0)
}

/// The only objective of an agreement with these hours and lines.
fn objective(hours: &str, lines: &str) -> Objective {
    let text = format!("team: billing\nhours: {hours}\nobjectives:\n  - name: o\n{lines}");
    agreement(&text).objectives.remove(0)
}

fn hours(hours: i64) -> Elapsed {
    Elapsed::from_ms(hours * HOUR_MS)
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn targets_are_of_open_time_where_the_team_has_hours_and_of_calendar_time_by_always() {
    let lines = "    measure: first_reply\n    within: 4h\n    \
                 by_priority: { high: 2h, urgent: 1h always }\n";
    let Level::Within { target, by_priority, .. } = objective("office-fi", lines).level else {
        unreachable!("it has a share");
    };
    assert_eq!(target, Target::open(hours(4)));
    assert_eq!(by_priority[vaste::event::Priority::High.index()], Some(Target::open(hours(2))));
    let urgent = by_priority[vaste::event::Priority::Urgent.index()];
    assert_eq!(urgent, Some(Target::calendar(hours(1))));
    assert_eq!(objective("always", lines).level.target(None), Target::calendar(hours(4)));
    let limit = |hours| {
        objective(hours, "    measure: first_reply\n    none_over: 5d\n").level.target(None)
    };
    assert_eq!(limit("office-fi").basis(), Basis::Open);
    assert_eq!(limit("always").basis(), Basis::Calendar);
}

#[test]
fn hours_that_cannot_be_read_are_one_fault() {
    let text = "team: billing\nhours: nowhere\nobjectives:\n  - { name: o, measure: first_reply, \
                none_over: 2 working days }\n";
    let config = read_with_calendars(text);
    let faults = diagnostics_text(&config);
    assert_eq!(faults.matches("error: ").count(), 1, "{faults}");
    assert!(faults.contains("nowhere"), "{faults}");
}

/// Without any hours there is no open time: a target of it would never be exceeded.
#[test]
fn earlier_hours_that_are_always_open_like_the_present_ones_leave_calendar_time() {
    let lines = "    measure: first_reply\n    within: 4h\n    \
                 was: [{ within: 8h, hours: always, until: 2026-11-02 }]\n";
    let objective = objective("always", lines);
    assert_eq!(objective.level.target(None), Target::calendar(hours(4)));
    let earlier = objective.level_at(at("2026-10-01T00:00:00Z")).target(None);
    assert_eq!((earlier, objective.hours), (Target::calendar(hours(8)), None));
}

#[test]
fn a_calendar_that_is_always_open_works_like_any_other() {
    let always = "calendars: { whole: { zone: Europe/Helsinki, week: { mon: [\"00:00-24:00\"], \
                  tue: [\"00:00-24:00\"], wed: [\"00:00-24:00\"], thu: [\"00:00-24:00\"], \
                  fri: [\"00:00-24:00\"], sat: [\"00:00-24:00\"], sun: [\"00:00-24:00\"] } } }\n";
    let text =
        "team: billing\nhours: whole\nobjectives: [{ name: o, measure: update, within: 4h }]\n";
    let files = [("billing.yaml", text), ("calendars.yaml", always)];
    let config = read(&files, &["billing.yaml", "calendars.yaml"]);
    assert!(!config.diagnostics.has_errors(), "{}", diagnostics_text(&config));
    let agreement = &config.agreements[0];
    assert_eq!(agreement.about.hours.as_deref(), Some("whole"));
    assert_eq!(agreement.objectives[0].level.target(None).basis(), Basis::Open);
    let (from, to) = (at("2026-11-21T00:00:00Z"), at("2026-11-23T00:00:00Z"));
    assert_eq!(agreement.hours.as_ref().unwrap().open_time(from, to), hours(48));
}

#[test]
fn a_count_has_whole_targets_and_ignores_hours() {
    let lines = "    measure: contacts\n    within: 2\n    \
                 was: [{ within: 3, hours: night-fi, until: 2026-11-02 }]\n";
    let objective = objective("office-fi", lines);
    assert_eq!(objective.level.target(None), Target::calendar(Elapsed::from_ms(2)));
    assert_eq!(
        objective.previous_levels[0].level.target(None),
        Target::calendar(Elapsed::from_ms(3))
    );
    assert_eq!(objective.said_at(at("2026-11-03T00:00:00Z")), "90% contacts within 2, over 7d");
    assert_eq!(objective.said_at(Timestamp::EVENT_MIN), "90% contacts within 3, over 7d");
    assert!(objective.hours.is_none(), "a count needs no stopwatches of its own");
}

#[test]
fn an_earlier_level_takes_unnamed_settings_from_the_present_one() {
    let lines = "    measure: first_reply
    within: 4h
    share: 95%
    over: 14d
    min_tickets: 7
    by_priority: { urgent: 1h }
    was:
      - { share: 85%, until: 2026-11-02 }
      - { within: 8h always, over: 28d, min_tickets: 9, by_priority: {}, until: 2026-10-01 }
";
    let objective = objective("office-fi", lines);
    let by_priority = {
        let mut targets = [None; 4];
        targets[vaste::event::Priority::Urgent.index()] = Some(Target::open(hours(1)));
        targets
    };
    let share = |bp| Share::from_basis_points(bp).unwrap();
    let target = Target::open(hours(4));
    let now = Level::Within { target, by_priority, share: share(9_500), min_tickets: 7 };
    let second = Level::Within { target, by_priority, share: share(8_500), min_tickets: 7 };
    let first = Level::Within {
        target: Target::calendar(hours(8)),
        by_priority: [None; 4],
        share: share(9_500),
        min_tickets: 9,
    };
    assert_eq!(objective.level, now);
    let was: Vec<_> = objective.previous_levels.iter().map(|was| (&was.level, was.over)).collect();
    let days = |days| Elapsed::from_ms(days * DAY_MS);
    assert_eq!(was, [(&first, days(28)), (&second, days(14))], "sorted by their ends");
    assert!(objective.hours.is_none(), "it has the hours of the team");
}

#[test]
fn an_earlier_level_holds_until_midnight_in_the_time_zone_of_the_team() {
    let lines =
        "    measure: first_reply\n    within: 4h\n    was: [{ within: 8h, until: 2026-11-02 }]\n";
    let objective_fi = objective("office-fi", lines);
    assert_eq!(objective_fi.previous_levels[0].until, at("2026-11-01T22:00:00Z"));
    assert_eq!(objective("always", lines).previous_levels[0].until, at("2026-11-02T00:00:00Z"));
    let level = |text| objective_fi.level_at(at(text)).target(None).elapsed().unwrap();
    assert_eq!(level("2026-11-01T21:59:59.999Z"), hours(8));
    assert_eq!(level("2026-11-01T22:00:00Z"), hours(4));
}

#[test]
fn earlier_hours_hold_until_their_end_and_then_those_of_the_team() {
    let lines = "    measure: first_reply\n    within: 4h\n    \
                 was: [{ hours: night-fi, until: 2026-11-03 }]\n";
    let objective = objective("office-fi", lines);
    let hours_of = objective.hours.unwrap();
    // Monday the 2nd by night: 20:00 to midnight, when the earlier hours end. Tuesday the 3rd by
    // day.
    assert_eq!(
        hours_of.open_time(at("2026-11-01T22:00:00Z"), at("2026-11-02T22:00:00Z")),
        hours(4)
    );
    assert_eq!(
        hours_of.open_time(at("2026-11-02T22:00:00Z"), at("2026-11-03T22:00:00Z")),
        hours(8)
    );
}

#[test]
fn pauses_splits_and_the_market_are_read_from_the_file() {
    let of = |measure: &str, lines: &str| {
        objective("office-fi", &format!("    measure: {measure}\n    within: 4h\n{lines}"))
    };
    let pending = Pauses { pending: true, on_hold: false };
    assert_eq!(
        of("first_reply", "    pauses: [pending]\n    pauses_agreed: true\n").pauses,
        Some(pending)
    );
    assert_eq!(of("resolution", "    pauses: [pending]\n").pauses, Some(pending));
    assert_eq!(
        of("resolution", "    pauses: []\n").pauses,
        None,
        "these are the pauses of its measure"
    );
    assert_eq!(of("customer_wait", "    pauses: [pending]\n").pauses, None, "likewise");
    assert_eq!(of("customer_wait", "    pauses: []\n").pauses, Some(Pauses::NEVER));
    assert_eq!(
        of("first_reply", "    pauses: []\n").pauses,
        None,
        "these are the pauses of its measure"
    );
    let both = of("update", "    pauses: [on_hold, pending]\n").pauses;
    assert_eq!(both, Some(Pauses { pending: true, on_hold: true }));

    let split =
        of("update", "    split: { priority: true, channel: [phone, chat, phone] }\n").split;
    assert!(split.priority);
    assert_eq!(split.channels, ["chat".into(), "phone".into()]);

    let lines = "    market: { within: 24h always, source: trade survey, as_of: 2026-06-01 }\n    \
                 alerts: { behind_market: { for: 1d } }\n";
    let read = of("first_reply", lines);
    let market = read.market.unwrap();
    assert_eq!((market.within, &*market.source), (Target::calendar(hours(24)), "trade survey"));
    assert_eq!(market.as_of.unwrap().to_string(), "2026-06-01");
    let alert = read.alerts.behind_market.unwrap();
    assert_eq!((&*alert.severity, alert.hold), ("info", hours(24)));
    let market = of("first_reply", "    market: { within: 6h, source: all }\n").market.unwrap();
    assert_eq!(market.within, Target::open(hours(6)));
}

#[test]
fn all_measures_can_be_enabled_and_the_default_ones_run() {
    let all = Measure::ALL.map(Measure::label).join(", ");
    let text = format!("measures: [{all}]\n");
    let config = read(&[("vaste.yaml", &text)], &["vaste.yaml"]);
    assert_eq!(diagnostics_text(&config), "");
    assert_eq!(config.catalog().measures(), Measure::ALL);
    let usual = read(&[("vaste.yaml", "agreements: []\n")], &["vaste.yaml"]);
    assert_eq!(usual.catalog().measures(), Measure::DEFAULT);
}

/// Asked at 10 in the evening, answered at 9 in the morning in Helsinki: one hour by day, six by
/// night.
const NIGHT: &str = r#"{"id":"1","type":"ticket.created","time":"2026-11-02T22:00:00+02:00","ticket":"T-1","team":"billing"}
{"id":"2","type":"ticket.agent_replied","time":"2026-11-03T09:00:00+02:00","ticket":"T-1","team":"billing"}
{"id":"3","type":"ticket.created","time":"2026-11-09T22:00:00+02:00","ticket":"T-2","team":"billing"}
{"id":"4","type":"ticket.agent_replied","time":"2026-11-10T09:00:00+02:00","ticket":"T-2","team":"billing"}
"#;

#[test]
fn waits_are_judged_by_the_hours_in_force_at_their_time() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("calendars.yaml", CALENDARS);
    write("events.ndjson", NIGHT);
    let agreement = "\
team: billing
hours: office-fi
objectives:
  - name: o
    measure: first_reply
    within: 2h
    min_tickets: 1
";
    write("day.yaml", agreement);
    let was = "    was: [{ hours: night-fi, until: 2026-11-04 }]\n";
    write("moved.yaml", &format!("{agreement}{was}"));
    write("night.yaml", &agreement.replace("office-fi", "night-fi"));
    let verdicts = |file: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(["replay", "--format", "json", "--calendars", "calendars.yaml"])
            .args(["--agreements", file, "--at", "2026-11-03T12:00:00Z"])
            .args(["--at", "2026-11-10T12:00:00Z", "events.ndjson"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        let lines = text.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
        let all = lines.filter(|line| line["objective"] == "o" && line["decided"].is_u64());
        let all =
            all.map(|line| (line["decided"].as_u64().unwrap(), line["missed"].as_u64().unwrap()));
        all.collect::<Vec<_>>()
    };
    assert_eq!(verdicts("day.yaml"), [(1, 0), (1, 0)]);
    assert_eq!(verdicts("night.yaml"), [(1, 1), (1, 1)]);
    assert_eq!(verdicts("moved.yaml"), [(1, 1), (1, 0)], "the first by night, the second by day");
}
