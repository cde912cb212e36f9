//! Alerts that end for another reason than a met level, and alarms about tickets that nobody has agreed to
//! answer.

use std::fmt::Write as _;
use std::sync::Arc;

use vaste::agreement::{
    About, Agreement, AlertPolicies, AlertPolicy, AlertVerdicts, DecidedVerdict, Level, Objective,
    Owner, PreviousLevel, Target, VerdictState,
};
use vaste::alert::{
    AlertStateLog, Alerts, Notice, RemovedAlerts, Sender, WaitAlarmPolicies, WaitAlarms,
};
use vaste::catalog::Catalog;
use vaste::event::{Kind, decode};
use vaste::measure::Measure;
use vaste::shard::Shard;
use vaste::share::Share;
use vaste::team_log::TeamLogs;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use vaste::view::View;

use crate::generate::BEGIN_MS;
use crate::history::{Pipeline, event, of_team};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(BEGIN_MS + seconds * SECOND_MS)
}

/// An alert policy without timers.
fn at_once(severity: &str) -> AlertPolicy {
    AlertPolicy { severity: severity.into(), hold: Elapsed::ZERO, keep_firing_for: Elapsed::ZERO }
}

/// Nine of ten first replies within these hours, with a missed alert and an at-risk one.
fn objective(hours: i64) -> Objective {
    let level = Level::Within {
        target: Target::calendar(Elapsed::from_ms(hours * HOUR_MS)),
        by_priority: [None; 4],
        share: Share::parse("90%").unwrap(),
        min_tickets: 1,
    };
    let alerts = AlertPolicies {
        missed: at_once("critical"),
        missed_confidence: None,
        at_risk: Some(at_once("warning")),
        behind_market: None,
    };
    Objective { alerts, ..Objective::new("first-reply", Measure::FirstReply, level) }
}

/// The agreements of teams.
fn catalog(teams: &[(&str, Vec<Objective>)]) -> Arc<Catalog> {
    let agreement = |(team, objectives): &(&str, Vec<Objective>)| Agreement {
        owner: Owner::Team((*team).into()),
        hours: None,
        objectives: objectives.clone(),
        about: About { name: (*team).into(), ..About::default() },
    };
    Arc::new(Catalog::new(&teams.iter().map(agreement).collect::<Vec<_>>(), &[]))
}

/// Evaluates all objectives with one state.
fn evaluate(alerts: &mut Alerts, catalog: &Catalog, state: VerdictState, at: Timestamp) {
    let is_reached = state == VerdictState::Met;
    let own = DecidedVerdict { state, is_reached };
    for (id, ..) in catalog.objectives() {
        alerts.evaluate(id, AlertVerdicts { own, market: None, belief: None }, catalog, at);
    }
}

/// The notices of an instant: name, whether it has ended, summary.
fn told(notices: &[Notice], at: Timestamp) -> String {
    let mut text = String::new();
    for notice in notices {
        let state = if notice.ends_at <= at { "ended" } else { "fires" };
        let (name, summary) = (&notice.labels["alertname"], &notice.annotations["summary"]);
        writeln!(text, "{name} {state}: {summary}").unwrap();
    }
    text
}

fn take(alerts: &mut Alerts, view: &View, at: Timestamp) -> Vec<Notice> {
    let due = Sender::default().take_due(alerts, view, at);
    due.into_iter().map(|(notice, _)| notice).collect()
}

#[test]
fn while_missed_fires_at_risk_does_not() {
    let catalog = catalog(&[("billing", vec![objective(4)])]);
    let view = View::new(Arc::clone(&catalog), at(0));
    let mut alerts = Alerts::new(&catalog);
    let mut text = String::new();
    for (second, state) in [
        (0, VerdictState::AtRisk),
        (1, VerdictState::Missed),
        // Data trouble changes nothing.
        (2, VerdictState::Frozen),
        (3, VerdictState::AtRisk),
        (4, VerdictState::Met),
    ] {
        evaluate(&mut alerts, &catalog, state, at(second));
        let notices = take(&mut alerts, &view, at(second));
        writeln!(text, "{}\n{}", state.label(), told(&notices, at(second))).unwrap();
    }
    insta::assert_snapshot!(text);
}

/// A log of alerts that fire, once they were sent.
fn log_of(catalog: &Arc<Catalog>, alerts: &Alerts, at: Timestamp) -> AlertStateLog {
    let log = AlertStateLog::of(alerts, &WaitAlarms::default(), std::iter::empty(), catalog, at);
    AlertStateLog::read(&log.bytes()).unwrap()
}

/// Earlier versions let both fire. Data that is not current ends none of them, and a missed level ends the
/// other one.
#[test]
fn at_risk_that_fires_beside_missed_ends_when_data_is_current() {
    let catalog = catalog(&[("billing", vec![objective(4)])]);
    let view = View::new(Arc::clone(&catalog), at(0));
    let fired = |state| {
        let mut alerts = Alerts::new(&catalog);
        evaluate(&mut alerts, &catalog, state, at(0));
        assert_eq!(take(&mut alerts, &view, at(0)).len(), 1);
        let log = log_of(&catalog, &alerts, at(0));
        serde_json::from_slice::<serde_json::Value>(&log.bytes()).unwrap()
    };
    let mut both = fired(VerdictState::Missed);
    let at_risk = fired(VerdictState::AtRisk)["alerts"][0].take();
    both["alerts"].as_array_mut().unwrap().push(at_risk);
    let log = AlertStateLog::read(&serde_json::to_vec(&both).unwrap()).unwrap();
    let mut alerts = Alerts::new(&catalog);
    alerts.restore(&log, &catalog);
    let mut ended = |state, second| -> Vec<String> {
        evaluate(&mut alerts, &catalog, state, at(second));
        let notices = take(&mut alerts, &view, at(second));
        let ended = notices.into_iter().filter(|notice| notice.ends_at <= at(second));
        ended.map(|notice| notice.labels["alertname"].to_string()).collect()
    };
    assert!(ended(VerdictState::Frozen, 1).is_empty());
    assert_eq!(ended(VerdictState::Missed, 2), ["VasteObjectiveAtRisk"]);
}

/// Alerts of billing and orders that fire and were sent.
fn two_firing(before: &Arc<Catalog>) -> AlertStateLog {
    let view = View::new(Arc::clone(before), at(0));
    let mut alerts = Alerts::new(before);
    evaluate(&mut alerts, before, VerdictState::Missed, at(0));
    assert_eq!(take(&mut alerts, &view, at(0)).len(), 2);
    log_of(before, &alerts, at(0))
}

#[test]
fn an_alert_that_the_agreements_have_no_longer_is_resolved_with_the_reason() {
    let before = catalog(&[("billing", vec![objective(4)]), ("orders", vec![objective(4)])]);
    let log = two_firing(&before);
    let sender = Sender { external_url: "https://vaste.example".to_owned(), ..Sender::default() };
    let without_alert = {
        let mut quiet = objective(4);
        quiet.alerts.missed.severity = "info".into();
        vec![quiet]
    };
    let mut text = String::new();
    for after in [
        catalog(&[("orders", vec![objective(4)])]),
        catalog(&[("billing", Vec::new()), ("orders", vec![objective(4)])]),
        catalog(&[("billing", without_alert), ("orders", vec![objective(4)])]),
        Arc::clone(&before),
    ] {
        let mut alerts = Alerts::new(&after);
        alerts.restore(&log, &after);
        let mut removed = RemovedAlerts::default();
        removed.add(&log, &alerts, &after, &sender);
        let notices = removed.take_due(at(10));
        text += &told(&notices, at(10));
        text.push('\n');
        if let [notice] = notices.as_slice() {
            assert_eq!(&*notice.labels["team"], "billing");
            assert_eq!(&*notice.labels["severity"], "critical");
            assert_eq!((notice.starts_at, notice.ends_at), (at(0), at(10)));
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_end_of_a_removed_alert_is_sent_for_a_quarter_of_an_hour() {
    let before = catalog(&[("billing", vec![objective(4)]), ("orders", vec![objective(4)])]);
    let log = two_firing(&before);
    let after = catalog(&[("orders", vec![objective(4)])]);
    let mut removed = RemovedAlerts::default();
    removed.add(&log, &Alerts::new(&after), &after, &Sender::default());
    let sent = |removed: &mut RemovedAlerts, seconds: std::ops::Range<i64>| {
        seconds.filter(|second| !removed.take_due(at(*second)).is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(sent(&mut removed.clone(), 0..121), [0, 60, 120]);
    assert_eq!(sent(&mut removed.clone(), 0..1_200).last(), Some(&900));
    // The agreement is there again: its alert is an alert like any other.
    sent(&mut removed, 0..10);
    let mut again = Alerts::new(&before);
    again.restore(&log, &before);
    removed.add(&log, &again, &before, &Sender::default());
    assert_eq!(sent(&mut removed, 60..1_200), [0; 0]);
}

#[test]
fn an_alert_that_a_changed_agreement_begins_or_ends_says_so() {
    let strict = catalog(&[("billing", vec![objective(4)])]);
    let mild = catalog(&[("billing", vec![objective(24)])]);
    let mut added = objective(4);
    added.name = "quick".into();
    let more = catalog(&[("billing", vec![objective(4), added])]);
    let mut text = String::new();
    for (title, before, after, [then, now]) in [
        ("a milder level ends it", &strict, &mild, [VerdictState::Missed, VerdictState::Met]),
        ("a stricter level begins it", &mild, &strict, [VerdictState::Met, VerdictState::Missed]),
        ("the same level", &strict, &strict, [VerdictState::Missed, VerdictState::Met]),
        ("one more objective", &strict, &more, [VerdictState::Missed, VerdictState::Missed]),
    ] {
        let mut alerts = Alerts::new(before);
        evaluate(&mut alerts, before, then, at(0));
        take(&mut alerts, &View::new(Arc::clone(before), at(0)), at(0));
        let log = log_of(before, &alerts, at(0));
        let mut alerts = Alerts::new(after);
        alerts.restore(&log, after);
        let view = View::new(Arc::clone(after), at(90));
        // While the new view is not whole, the alert stays.
        for (second, state) in [(60, VerdictState::Frozen), (90, now)] {
            // A second reload before that changes nothing.
            let log = log_of(after, &alerts, at(second));
            alerts.restore(&log, after);
            evaluate(&mut alerts, after, state, at(second));
        }
        writeln!(text, "{title}").unwrap();
        for notice in take(&mut alerts, &view, at(90)) {
            let (summary, description) =
                (&notice.annotations["summary"], &notice.annotations["description"]);
            writeln!(text, "  {summary}\n    {description}").unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_level_that_comes_into_force_on_its_day_says_so() {
    let mut dated = objective(4);
    let until = at(100);
    let Objective { level, over, unanswered_max, .. } = objective(24);
    dated.previous_levels = vec![PreviousLevel { until, level, over, unanswered_max }];
    let catalog = catalog(&[("billing", vec![dated])]);
    let mut alerts = Alerts::new(&catalog);
    evaluate(&mut alerts, &catalog, VerdictState::Met, at(99));
    evaluate(&mut alerts, &catalog, VerdictState::Missed, at(100));
    let view = View::new(Arc::clone(&catalog), at(100));
    let notices = take(&mut alerts, &view, at(100));
    let description = &notices[0].annotations["description"];
    assert!(
        description
            .contains("The agreement was changed; it said before: 90% first reply within 24h"),
        "{description}"
    );
    // It is said of the alert that it began, not of the next one.
    evaluate(&mut alerts, &catalog, VerdictState::Met, at(101));
    take(&mut alerts, &view, at(101));
    evaluate(&mut alerts, &catalog, VerdictState::Missed, at(102));
    let notices = take(&mut alerts, &view, at(102));
    assert!(!notices[0].annotations["description"].contains("was changed"));
}

#[test]
fn a_log_without_levels_and_labels_says_nothing_of_changes() {
    let catalog = catalog(&[("billing", vec![objective(4)])]);
    let mut alerts = Alerts::new(&catalog);
    let old = r#"{"version":1,"evaluated_at":"2026-01-05T08:00:00Z","alerts":[{"team":"gone","objective":"x",
        "alert":"VasteObjectiveMissed","active_at":"2026-01-05T08:00:00Z","fired_at":"2026-01-05T08:00:00Z",
        "resolved_at":null,"counts_from":null,"frozen_since":null,"sent":null,"told":{}}],"missed":[]}"#;
    let log = AlertStateLog::read(old.as_bytes()).unwrap();
    alerts.restore(&log, &catalog);
    let mut removed = RemovedAlerts::default();
    removed.add(&log, &alerts, &catalog, &Sender::default());
    assert_eq!(removed.take_due(at(0)), []);
    evaluate(&mut alerts, &catalog, VerdictState::Missed, at(0));
    let notices = take(&mut alerts, &View::new(Arc::clone(&catalog), at(0)), at(0));
    assert!(!notices[0].annotations["description"].contains("before"));
}

/// A ticket of no team waits from the start, one of a team without a level from two days later.
fn waiting() -> (Arc<Catalog>, Pipeline) {
    let catalog = catalog(&[("billing", vec![objective(4)]), ("press", Vec::new())]);
    let mut pipeline = Pipeline::new(&catalog, 1, at(0));
    pipeline.apply(&event(Kind::Created, "T-1", at(0), 1));
    let later = at(0).plus(Elapsed::from_ms(2 * DAY_MS));
    pipeline.apply(&of_team(event(Kind::Created, "T-2", later, 2), "press"));
    pipeline.apply(&of_team(event(Kind::Created, "T-3", at(0), 3), "billing"));
    (catalog, pipeline)
}

#[test]
fn tickets_that_nobody_has_agreed_to_answer_raise_an_alarm_after_a_while() {
    let (catalog, mut pipeline) = waiting();
    let sender = Sender { external_url: "https://vaste.example".to_owned(), ..Sender::default() };
    let mut alarms = WaitAlarms::new(WaitAlarmPolicies::default());
    let days = |days: i64| at(0).plus(Elapsed::from_ms(days * DAY_MS));
    let second = Elapsed::from_ms(SECOND_MS);
    let mut text = String::new();
    let mut step =
        |pipeline: &mut Pipeline, alarms: &mut WaitAlarms, now: Timestamp, is_current| {
            let notices = alarms.take_due(is_current, pipeline.advance(now), &sender, now);
            writeln!(text, "{now}{}", if is_current { "" } else { ", not current" }).unwrap();
            text += &told(&notices, now);
            notices
        };
    // Not at the limit, only over it.
    step(&mut pipeline, &mut alarms, days(5), true);
    let notices = step(&mut pipeline, &mut alarms, days(5).plus(second), true);
    assert_eq!(notices[0].starts_at, days(5));
    insta::assert_snapshot!(
        "an_alarm_about_unclaimed_tickets",
        serde_json::to_string_pretty(&notices).unwrap()
    );
    step(&mut pipeline, &mut alarms, days(16), true);
    step(&mut pipeline, &mut alarms, days(16).plus(second), true);
    // A restart with data that is not current yet keeps both.
    let log =
        AlertStateLog::of(&Alerts::new(&catalog), &alarms, std::iter::empty(), &catalog, days(16));
    let mut alarms = WaitAlarms::new(WaitAlarmPolicies::default());
    alarms.restore(AlertStateLog::read(&log.bytes()).unwrap().waits(), &catalog, &sender);
    let notices = step(&mut pipeline, &mut alarms, days(17), false);
    assert_eq!(notices[0].annotations["frozen_since"], days(17).to_string());
    assert_eq!(notices.iter().map(|notice| notice.starts_at).min(), Some(days(5)));
    // An answer ends one, and a team that claims the ticket the other.
    pipeline.apply(&event(Kind::AgentReplied, "T-2", days(17), 4));
    pipeline.apply(&of_team(event(Kind::Assigned, "T-1", days(17), 5), "billing"));
    let minute = Elapsed::from_ms(MINUTE_MS);
    let notices = step(&mut pipeline, &mut alarms, days(17).plus(minute), true);
    assert_eq!(alarms.firing().count(), 0);
    assert!(notices.iter().all(|notice| notice.ends_at == days(17).plus(minute)), "{notices:?}");
    insta::assert_snapshot!(text);
}

#[test]
fn an_alarm_that_is_turned_off_does_not_fire() {
    let (_, mut pipeline) = waiting();
    let policies = WaitAlarmPolicies { unclaimed: None, not_agreed: None, concerns: None };
    let mut alarms = WaitAlarms::new(policies);
    let now = at(0).plus(Elapsed::from_ms(60 * DAY_MS));
    assert_eq!(alarms.take_due(true, pipeline.advance(now), &Sender::default(), now), []);
}

/// What `billing` has said, by the records of its events.
fn said(catalog: &Arc<Catalog>, records: &[String]) -> Arc<TeamLogs> {
    let mut shard = Shard::new(Arc::clone(catalog));
    for record in records {
        shard.apply(&decode(record.as_bytes()).unwrap(), &mut ());
    }
    Arc::new(TeamLogs::merged(&[shard.team_events(Timestamp::EVENT_END)], catalog))
}

fn of_concern(id: u32, kind: &str, concern: &str, minute: i64) -> String {
    let time = at(0).plus(Elapsed::from_ms(minute * MINUTE_MS));
    format!(
        "{{\"id\":\"{id}\",\"type\":\"team.concern_{kind}\",\"time\":\"{time}\",\"team\":\"billing\",\
         \"concern\":\"{concern}\",\"text\":\"Invoices are late.\"}}"
    )
}

#[test]
fn an_alarm_about_concerns_holds_until_all_are_settled_and_says_why_it_is_over() {
    let own = catalog(&[("billing", vec![objective(4)])]);
    let sender = Sender::default();
    let minute = |minute: i64| at(0).plus(Elapsed::from_ms(minute * MINUTE_MS));
    let take = |alarms: &mut WaitAlarms, catalog: &Arc<Catalog>, logs, now, is_current| {
        let mut view = View::new(Arc::clone(catalog), now);
        view.set_team_logs(logs);
        alarms.take_due(is_current, &view, &sender, now)
    };
    let mut records = vec![of_concern(1, "raised", "c-1", 0), of_concern(2, "raised", "c-2", 5)];
    let mut alarms = WaitAlarms::new(WaitAlarmPolicies::default());
    let notices = take(&mut alarms, &own, said(&own, &records), minute(10), true);
    assert_eq!(notices.len(), 1, "one for the team");
    assert_eq!(notices[0].starts_at, minute(0), "since the oldest");
    let texts = format!("{:?}", notices[0].annotations);
    assert!(texts.contains("not settled: 2") && !texts.contains("Invoices"), "{texts}");

    // While the topic is read again nothing is known, and nothing ends.
    let notices = take(&mut alarms, &own, Arc::default(), minute(20), false);
    assert!(notices[0].ends_at > minute(20), "{notices:?}");
    records.push(of_concern(3, "settled", "c-1", 21));
    let notices = take(&mut alarms, &own, said(&own, &records), minute(30), true);
    assert!(notices[0].ends_at > minute(30), "one is still open");

    // A restart without the alarm, and an agreement that is gone, do not say that they are settled.
    let log = AlertStateLog::of(&Alerts::new(&own), &alarms, std::iter::empty(), &own, minute(30));
    let restored = |policies, catalog: &Arc<Catalog>| {
        let mut alarms = WaitAlarms::new(policies);
        alarms.restore(AlertStateLog::read(&log.bytes()).unwrap().waits(), catalog, &sender);
        alarms
    };
    let policies = WaitAlarmPolicies { concerns: None, ..WaitAlarmPolicies::default() };
    let notices = take(&mut restored(policies, &own), &own, said(&own, &records), minute(40), true);
    assert!(notices[0].annotations["summary"].contains("still open"), "{notices:?}");
    let other = catalog(&[("press", vec![objective(4)])]);
    let mut gone = restored(WaitAlarmPolicies::default(), &other);
    let notices = take(&mut gone, &other, said(&other, &records), minute(40), true);
    assert!(notices[0].annotations["summary"].contains("no agreement any more"), "{notices:?}");

    records.push(of_concern(4, "settled", "c-2", 41));
    let notices = take(&mut alarms, &own, said(&own, &records), minute(50), true);
    assert_eq!(notices[0].ends_at, minute(50));
    assert_eq!(notices[0].annotations["summary"], "All concerns are settled.");
}
