//! Alerts in replay equal those of a naive model that is evaluated at every second. Also: when each alert is
//! sent.

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use vaste::agreement::{
    About, Agreement, AlertPolicies, AlertPolicy, AlertVerdicts, DecidedVerdict, Level, Market,
    Objective, Owner, ShareBelief, Target, VerdictState,
};
use vaste::alert::{Alerts, SendReason, Sender};
use vaste::catalog::Catalog;
use vaste::measure::Measure;
use vaste::replay::Replay;
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use vaste::view::View;
use vaste::window::from_of;

use crate::convergence::{model_of, naive_objective};
use crate::generate::{BEGIN_MS, History, SPAN_MS, history, unanswered_max};
use crate::naive;
use crate::sureness::{Asked, is_below};

/// The length of a history. It is short because the model is evaluated at every second.
const HISTORY_MS: i64 = 2 * HOUR_MS;

fn seconds(choices: &'static [i64]) -> impl Strategy<Value = Elapsed> {
    proptest::sample::select(choices).prop_map(|seconds| Elapsed::from_ms(seconds * SECOND_MS))
}

fn policy() -> impl Strategy<Value = AlertPolicy> {
    let lengths = (seconds(&[0, 1, 30, 300]), seconds(&[0, 1, 45, 600]));
    lengths.prop_map(|(hold, keep_firing_for)| AlertPolicy {
        severity: "critical".into(),
        hold,
        keep_firing_for,
    })
}

fn level() -> impl Strategy<Value = Level> {
    let within = (seconds(&[20, 90, 600]), 3_000_u32..10_000, 1_u64..4).prop_map(
        |(target, share, min_tickets)| Level::Within {
            target: Target::calendar(target),
            by_priority: [Some(Target::calendar(Elapsed::from_ms(10_001))), None, None, None],
            share: Share::from_basis_points(share).unwrap(),
            min_tickets,
        },
    );
    let none_over =
        seconds(&[20, 1_200]).prop_map(|limit| Level::NoneOver(Target::calendar(limit)));
    prop_oneof![3 => within, 1 => none_over]
}

fn objectives() -> impl Strategy<Value = Vec<Objective>> {
    let one = (
        level(),
        0_usize..4,
        policy(),
        proptest::option::of(policy()),
        proptest::option::of(5_001_u32..9_990),
        proptest::option::of((policy(), seconds(&[20, 90, 600]))),
        (proptest::sample::select(vec![HOUR_MS, HOUR_MS + 1_000, 3 * HOUR_MS]), unanswered_max()),
    );
    let one = one.prop_map(|(level, measure, missed, at_risk, confidence, behind, last)| {
        let (over, unanswered_max) = last;
        let (behind_market, market) = behind.unzip();
        let market = market.map(|within| Market {
            within: Target::calendar(within),
            source: "trade survey".into(),
            as_of: None,
        });
        Objective {
            over: Elapsed::from_ms(over),
            unanswered_max,
            at_risk: Share::from_basis_points(5_000).unwrap(),
            market,
            alerts: AlertPolicies {
                missed,
                missed_confidence: confidence.and_then(Share::from_basis_points),
                at_risk,
                behind_market,
            },
            ..Objective::new("", Measure::DEFAULT[measure], level)
        }
    });
    proptest::collection::vec(one, 1..3).prop_map(|mut all| {
        for (number, objective) in all.iter_mut().enumerate() {
            objective.name = format!("o{number}").into();
        }
        all
    })
}

/// A history of two hours, with agreements of a team and of the organisation.
fn short_history() -> impl Strategy<Value = History> {
    (history(), objectives(), objectives()).prop_map(|(mut history, team, organisation)| {
        let events = history.events.iter_mut().map(|event| &mut event.time);
        for at in events.chain(&mut history.instants) {
            let ms = i128::from(at.ms() - BEGIN_MS) * i128::from(HISTORY_MS);
            *at = Timestamp::from_ms(BEGIN_MS + i64::try_from(ms / i128::from(SPAN_MS)).unwrap());
        }
        let agreement = |owner, objectives| Agreement {
            owner,
            hours: None,
            objectives,
            about: About::default(),
        };
        history.agreements = vec![
            agreement(Owner::Team("billing".into()), team),
            agreement(Owner::Team("support".into()), Vec::new()),
            agreement(Owner::Organisation, organisation),
        ];
        history
    })
}

/// The state of one alert, named as in Prometheus (`rules/alerting.go`, `Eval`).
#[derive(Default)]
struct Active {
    firing: bool,
    active_at: i64,
    fired_at: i64,
    keep_firing_since: Option<i64>,
}

/// Evaluates an alert once. Returns its printed state if that changed.
fn prometheus(
    active: &mut Option<Active>,
    condition: Option<bool>,
    policy: &AlertPolicy,
    ts: i64,
) -> Option<(&'static str, i64, Option<i64>)> {
    if condition? {
        let is_new = active.is_none();
        let alert = active.get_or_insert_with(|| Active { active_at: ts, ..Active::default() });
        alert.keep_firing_since = None;
        if !alert.firing && ts - alert.active_at >= policy.hold.ms() {
            alert.firing = true;
            alert.fired_at = ts;
            return Some(("firing", alert.active_at, Some(ts)));
        }
        return is_new.then_some(("pending", ts, None));
    }
    let alert = active.as_mut()?;
    if alert.firing {
        let since = *alert.keep_firing_since.get_or_insert(ts);
        if ts - since < policy.keep_firing_for.ms() {
            return None;
        }
    }
    let gone = active.take()?;
    gone.firing.then_some(("resolved", gone.active_at, Some(gone.fired_at)))
}

/// Whether the condition of an alert holds, by design §7 and §8. `None` leaves the alert unchanged.
fn condition(kind: &str, verdict: &naive::Verdict) -> Option<bool> {
    let own = (verdict.state, verdict.reached);
    let is_market = kind == "VasteBehindMarket";
    let (state, reached) = if is_market { verdict.beside_market.unwrap() } else { own };
    match state {
        "missed" => Some(true),
        "at_risk" => Some(kind == "VasteObjectiveAtRisk"),
        "insufficient_data" | "met" if !reached => None,
        _ => Some(false),
    }
}

/// Whether the level is surely missed, by the confidence of an objective; `None` without one.
fn by_confidence(
    model: &naive::Model,
    named: &naive::Objective,
    objective: &Objective,
    verdict: &naive::Verdict,
    second: Timestamp,
) -> Option<Option<bool>> {
    let Level::Within { share, min_tickets, .. } = objective.level else { return None };
    let asked = Asked {
        confidence_bp: objective.alerts.missed_confidence?.basis_points(),
        share_bp: share.basis_points(),
        min_tickets,
        few_may_miss: true,
    };
    // The whole history fits into a day, so all longer windows hold the same.
    let day = model.verdict(named, from_of(second, Elapsed::from_ms(DAY_MS)).ms(), second.ms());
    let [agreed, longer] = [verdict, &day].map(|verdict| (verdict.decided, verdict.missed));
    let by_share = is_below(asked, agreed, longer);
    // A ceiling of 10 % is a share of 90 % that must be answered.
    let by_ceiling = objective.unanswered_max.map(|max| {
        let share_bp = 10_000 - max.basis_points();
        let [agreed, longer] = [verdict, &day]
            .map(|verdict| (verdict.answered + verdict.unanswered, verdict.unanswered));
        is_below(Asked { share_bp, few_may_miss: false, ..asked }, agreed, longer)
    });
    // With excess spam, a miss is never less likely than not.
    let by_spam = if verdict.has_excess_spam { None } else { Some(false) };
    let all = [by_share, by_ceiling.unwrap_or(Some(false)), by_spam];
    Some(match all {
        _ if all.contains(&Some(true)) => Some(true),
        _ if all.contains(&None) => None,
        _ => Some(false),
    })
}

/// The expected rows of an evaluation at every whole second.
fn by_second(history: &History, until: Timestamp) -> Vec<String> {
    let model = model_of(history);
    let begin = history.events.iter().map(|e| e.time).min().unwrap();
    let mut rows = Vec::new();
    for agreement in &history.agreements {
        for objective in &agreement.objectives {
            let named = naive_objective(agreement, objective);
            let mut kinds =
                vec![("VasteObjectiveMissed", &objective.alerts.missed, None::<Active>, false)];
            if let Level::Within { .. } = &objective.level {
                let AlertPolicies { at_risk, behind_market, .. } = &objective.alerts;
                kinds.extend(at_risk.iter().map(|p| ("VasteObjectiveAtRisk", p, None, false)));
                kinds.extend(behind_market.iter().map(|p| ("VasteBehindMarket", p, None, false)));
            }
            let mut held = false;
            let mut second = begin.ceil_to(Elapsed::from_ms(SECOND_MS));
            while second <= until {
                let from = from_of(second, objective.over).ms();
                let verdict = model.verdict(&named, from, second.ms());
                let belief = by_confidence(&model, &named, objective, &verdict, second);
                held = belief.map_or(held, |is_below| is_below.unwrap_or(held));
                let mut missed_fires = false;
                for (kind, policy, active, held_before) in &mut kinds {
                    let is_missed = *kind == "VasteObjectiveMissed";
                    // Excess spam neither begins nor ends an alert.
                    let is_hidden = is_missed && verdict.state == "at_risk" && !verdict.reached;
                    let condition = if is_missed && belief.is_some() {
                        Some(held)
                    } else if is_hidden {
                        Some(*held_before)
                    } else {
                        condition(kind, &verdict)
                    };
                    *held_before = condition.unwrap_or(*held_before);
                    // One page is enough: at risk is over as soon as missed fires.
                    let row = if *kind == "VasteObjectiveAtRisk" && missed_fires {
                        let gone = active.take().filter(|gone| gone.firing);
                        gone.map(|gone| ("resolved", gone.active_at, Some(gone.fired_at)))
                    } else {
                        prometheus(active, condition, policy, second.ms())
                    };
                    missed_fires |= is_missed && active.as_ref().is_some_and(|alert| alert.firing);
                    rows.extend(row.map(|(state, active_at, fired_at)| {
                        let shown = |ms: i64| format!("\"{}\"", Timestamp::from_ms(ms));
                        let team = named.team.as_ref().map_or("null".to_owned(), |t| format!("\"{t}\""));
                        format!(
                            "{{\"at\":\"{second}\",\"team\":{team},\"objective\":\"{}\",\
                             \"alert\":\"{kind}\",\"state\":\"{state}\",\"active_at\":{},\"fired_at\":{}}}",
                            named.name,
                            shown(active_at),
                            fired_at.map_or("null".to_owned(), shown)
                        )
                    }));
                }
                second = second.plus(Elapsed::from_ms(SECOND_MS));
            }
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: Some(Box::new(proptest::test_runner::FileFailurePersistence::Direct(
            "tests/regressions/alerts.txt",
        ))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn replay_prints_the_alerts_of_an_evaluation_at_every_second(history in short_history()) {
        prop_assume!(!history.events.is_empty());
        let last = history.events.iter().map(|e| e.time).max().unwrap();
        let until = last.plus(Elapsed::from_ms(20 * MINUTE_MS + 1));
        let catalog = Arc::new(Catalog::new(&history.agreements, &[]));
        let mut replay = Replay::new(Some(catalog));
        for event in &history.events {
            replay.take(Ok(event.clone()));
        }
        let mut readings = replay.into_readings();
        let mut printed = Vec::new();
        for instant in history.instants.iter().copied().filter(|at| *at < until).chain([until]) {
            let (_, transitions) = readings.at(instant);
            printed.extend(transitions.iter().map(|t| serde_json::to_string(t).unwrap()));
        }
        let mut expected = by_second(&history, until);
        printed.sort();
        expected.sort();
        prop_assert_eq!(printed, expected);
    }
}

#[test]
fn generated_histories_hold_many_alerts() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut states = [0; 3];
    let mut behind = 0;
    for _ in 0..100 {
        let history = short_history().new_tree(&mut runner).unwrap().current();
        let Some(last) = history.events.iter().map(|e| e.time).max() else { continue };
        let rows = by_second(&history, last).join("\n");
        for (count, state) in states.iter_mut().zip(["pending", "firing", "resolved"]) {
            *count += i32::from(rows.contains(&format!("\"state\":\"{state}\"")));
        }
        behind += i32::from(rows.contains("VasteBehindMarket"));
    }
    assert!(states.iter().all(|count| *count >= 15), "{states:?} of 100");
    assert!(behind >= 20, "{behind} of 100");
}

/// One objective whose alert is pending for 10 s and keeps firing for 20 s.
pub(crate) fn one_objective() -> Arc<Catalog> {
    let missed = AlertPolicy {
        severity: "critical".into(),
        hold: Elapsed::from_ms(10 * SECOND_MS),
        keep_firing_for: Elapsed::from_ms(20 * SECOND_MS),
    };
    let objective = Objective {
        alerts: AlertPolicies { missed, ..AlertPolicies::default() },
        ..Objective::new(
            "first reply/quick",
            Measure::FirstReply,
            Level::NoneOver(Target::calendar(Elapsed::from_ms(4 * HOUR_MS))),
        )
    };
    let about = About {
        name: "laskutus & muut".into(),
        names: vec![("en".into(), "Billing".into())],
        labels: vec![("tier".into(), "1".into()), ("cluster".into(), "own".into())],
        runbook_url: Some("https://wiki.example/billing".into()),
        ..About::default()
    };
    let owner = Owner::Team("laskutus & muut".into());
    Arc::new(Catalog::new(
        &[Agreement { owner, hours: None, objectives: vec![objective], about }],
        &[],
    ))
}

/// Evaluates a sequence of states, such as `m12 o3`, one a second: `m` missed, `o` met, `f` frozen,
/// `i` insufficient data below the agreed share, `.` insufficient data that reaches it; with a confidence,
/// `b` surely below the level, `u` unsure, `r` probably reached. Returns the statuses of the alert in the
/// same form: `i` inactive, `p` pending, `f` firing, `r` resolved.
fn statuses(sequence: &str) -> String {
    let catalog = one_objective();
    let mut alerts = Alerts::new(&catalog);
    let (id, _, _) = catalog.objectives().next().unwrap();
    let mut shown: Vec<(char, u32)> = Vec::new();
    let mut at = Timestamp::from_ms(BEGIN_MS);
    for run in sequence.split(' ') {
        let (state, times) = run.split_at(1);
        let (state, is_reached, belief) = match state {
            "m" => (VerdictState::Missed, false, None),
            "o" => (VerdictState::Met, true, None),
            "f" => (VerdictState::Frozen, true, Some(ShareBelief::Reached)),
            "i" => (VerdictState::InsufficientData, false, None),
            // The verdict says the opposite.
            "b" => (VerdictState::Met, true, Some(ShareBelief::Below)),
            "u" => (VerdictState::Met, true, Some(ShareBelief::Unsure)),
            "r" => (VerdictState::Missed, false, Some(ShareBelief::Reached)),
            _ => (VerdictState::InsufficientData, true, None),
        };
        for _ in 0..times.parse().unwrap() {
            alerts.evaluate(
                id,
                AlertVerdicts { own: DecidedVerdict { state, is_reached }, market: None, belief },
                &catalog,
                at,
            );
            at = at.plus(Elapsed::from_ms(SECOND_MS));
            let label = alerts.iter().next().unwrap().status().label();
            let first = label.chars().next().unwrap();
            match shown.last_mut() {
                Some((last, times)) if *last == first => *times += 1,
                _ => shown.push((first, 1)),
            }
        }
    }
    shown.iter().map(|(c, times)| format!("{c}{times}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn with_a_confidence_an_alert_starts_when_it_is_sure_and_ends_when_a_miss_is_unlikely() {
    for (sequence, shown) in [
        ("r1 b12 r25", "i1 p10 f22 r5"),
        // Unsure starts nothing, keeps pending alerts on their way, and keeps firing ones.
        ("u30", "i30"),
        ("b1 u20", "p10 f11"),
        ("b12 u60", "p10 f62"),
        // Once it is unlikely, unsure does not begin it again, nor stop `keep_firing_for`.
        ("b12 r1 u30", "p10 f22 r11"),
        ("b12 r19 b1 r21", "p10 f42 r1"),
        ("b3 r1 u5", "p3 i6"),
        // Data trouble stops all timers.
        ("b12 r1 f50 u30", "p10 f72 r11"),
    ] {
        assert_eq!(statuses(sequence), shown, "{sequence}");
    }
}

#[test]
fn an_alert_is_pending_firing_resolved_by_the_rules_of_prometheus() {
    for (sequence, shown) in [
        // Fires after 10 s, and is resolved after 20 s without the condition.
        ("o1 m12 o25", "i1 p10 f22 r5"),
        // A pending alert whose condition ends is dropped.
        ("m9 o1 m15", "p9 i1 p10 f5"),
        // The condition returns while the alert keeps firing: that time starts again.
        ("m11 o15 m1 o25", "p10 f37 r5"),
        // Fires again after it was resolved.
        ("m11 o21 m11", "p10 f21 r1 p10 f1"),
    ] {
        assert_eq!(statuses(sequence), shown, "{sequence}");
    }
}

#[test]
fn frozen_or_insufficient_data_changes_no_alert_and_stops_its_timers() {
    for (sequence, shown) in [
        ("f9", "i9"),
        // Five seconds pending, sixteen frozen, five more pending.
        ("m5 f16 m8", "p26 f3"),
        // Frozen while it fires, for any time.
        ("m12 f99 m3", "p10 f104"),
        // Frozen while it keeps firing: 10 s before and 10 s after.
        ("m11 o10 f30 o15", "p10 f51 r5"),
        // Insufficient data below the share changes nothing. If it reaches the share, the condition is false.
        ("i9", "i9"),
        ("m12 i99", "p10 f101"),
        ("m5 i12 m1", "p17 f1"),
        ("m11 .25", "p10 f21 r5"),
        (".25", "i25"),
        ("m5 .1 m11", "p5 i1 p10 f1"),
    ] {
        assert_eq!(statuses(sequence), shown, "{sequence}");
    }
}

#[test]
fn a_firing_alert_is_sent_at_once_and_every_minute_and_a_resolved_one_for_a_quarter_of_an_hour() {
    let catalog = one_objective();
    let mut alerts = Alerts::new(&catalog);
    let (id, _, _) = catalog.objectives().next().unwrap();
    let view = View::new(Arc::clone(&catalog), Timestamp::from_ms(BEGIN_MS));
    let sender = Sender::default();
    let mut sent = String::new();
    for second in 0..1_300 {
        let at = Timestamp::from_ms(BEGIN_MS + second * SECOND_MS);
        let state =
            if (5..200).contains(&second) { VerdictState::Missed } else { VerdictState::Met };
        alerts.evaluate(
            id,
            AlertVerdicts {
                own: DecidedVerdict { state, is_reached: true },
                market: None,
                belief: None,
            },
            &catalog,
            at,
        );
        for (notice, reason) in sender.take_due(&mut alerts, &view, at) {
            let ends = notice.ends_at.ms() - at.ms();
            let why = match reason {
                SendReason::Firing => "firing",
                SendReason::Refresh => "refresh",
                SendReason::Resolved => "resolved",
            };
            let starts = (notice.starts_at.ms() - BEGIN_MS) / SECOND_MS;
            writeln!(sent, "{second}: {why}, since {starts}, ends in {} s", ends / SECOND_MS)
                .unwrap();
        }
    }
    insta::assert_snapshot!(sent);
}

/// One objective that is resolved after 5 s, and whose market alert is pending for 20 s.
pub(crate) fn compared(level: Level) -> Arc<Catalog> {
    let policy = |severity, hold, keep_firing_for| AlertPolicy {
        hold: Elapsed::from_ms(hold * SECOND_MS),
        keep_firing_for: Elapsed::from_ms(keep_firing_for * SECOND_MS),
        ..AlertPolicy::of_severity(severity)
    };
    let objective = Objective {
        market: Some(Market {
            within: Target::calendar(Elapsed::from_ms(HOUR_MS)),
            source: "trade survey".into(),
            as_of: chrono::NaiveDate::from_ymd_opt(2025, 6, 1),
        }),
        alerts: AlertPolicies {
            missed: policy("critical", 0, 5),
            missed_confidence: None,
            at_risk: None,
            behind_market: Some(policy("info", 20, 0)),
        },
        ..Objective::new("first-reply", Measure::FirstReply, level)
    };
    let owner = Owner::Team("billing".into());
    let about = About { name: "Billing".into(), ..About::default() };
    let agreement = Agreement { owner, hours: None, objectives: vec![objective], about };
    Arc::new(Catalog::new(&[agreement], &[]))
}

pub(crate) fn three_of_four_in_eight_hours() -> Level {
    Level::Within {
        target: Target::calendar(Elapsed::from_ms(8 * HOUR_MS)),
        by_priority: [None; 4],
        share: Share::from_basis_points(7_500).unwrap(),
        min_tickets: 1,
    }
}

/// One alert stays firing because its data is insufficient, although its time is up. The other
/// alert must still wake up at its own time.
#[test]
fn an_alert_held_by_insufficient_data_does_not_delay_another_alert() {
    let catalog = compared(three_of_four_in_eight_hours());
    let (id, _, _) = catalog.objectives().next().unwrap();
    let at = |second: i64| Timestamp::from_ms(BEGIN_MS + second * SECOND_MS);
    let mut alerts = Alerts::new(&catalog);
    // The alert for the target fires at once. Its condition ends at 1 s, so it would be resolved at
    // 6 s, but insufficient data holds it.
    for (second, own, market) in [
        (0, VerdictState::Missed, VerdictState::Met),
        (1, VerdictState::Met, VerdictState::Met),
        (2, VerdictState::InsufficientData, VerdictState::Missed),
        (10, VerdictState::InsufficientData, VerdictState::Missed),
    ] {
        let is_reached = |state| state == VerdictState::Met;
        let verdict = |state| DecidedVerdict { state, is_reached: is_reached(state) };
        let market = Some(verdict(market));
        let verdicts = AlertVerdicts { own: verdict(own), market, belief: None };
        alerts.evaluate(id, verdicts, &catalog, at(second));
    }
    let labels: Vec<&str> = alerts.iter().map(|alert| alert.status().label()).collect();
    assert_eq!(labels, ["firing", "pending"]);
    assert_eq!(alerts.wakes_at(id, at(10)), Some(at(22)));
}

/// A `none_over` level has no share to compare, and neither has an objective without a market.
#[test]
fn only_an_objective_with_a_share_and_a_market_has_a_market_alert() {
    let names = |catalog: &Catalog| {
        Alerts::new(catalog).iter().map(|alert| alert.kind.label()).collect::<Vec<_>>()
    };
    let level = three_of_four_in_eight_hours();
    assert_eq!(names(&compared(level)), ["VasteObjectiveMissed", "VasteBehindMarket"]);
    let limit = Level::NoneOver(Target::calendar(Elapsed::from_ms(HOUR_MS)));
    assert_eq!(names(&compared(limit)), ["VasteObjectiveMissed"]);
}
