//! What a notice of an alert says.

use std::collections::BTreeSet;
use std::sync::Arc;

use vaste::address::TicketLinks;
use vaste::agreement::{
    About, Agreement, AlertPolicies, AlertPolicy, DecidedVerdict, Level, Objective, Owner, Target,
    VerdictState,
};
use vaste::alert::{Alerts, Notice, Sender};
use vaste::calendar::Zone;
use vaste::catalog::Catalog;
use vaste::event::Kind;
use vaste::measure::Measure;
use vaste::share::MaxShare;
use vaste::time::{Elapsed, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

use crate::alerts::{compared, one_objective, three_of_four_in_eight_hours};
use crate::generate::BEGIN_MS;
use crate::history::{Pipeline, event, of_team};

#[test]
fn a_notice_says_what_is_agreed_what_is_and_where_to_look() {
    let catalog = one_objective();
    let begin = Timestamp::from_ms(BEGIN_MS);
    let mut pipeline = Pipeline::new(&catalog, 1, begin);
    let team = "laskutus & muut";
    pipeline.apply(&of_team(event(Kind::Created, "T-1", begin, 1), team));
    let later = begin.plus(Elapsed::from_ms(3 * HOUR_MS));
    pipeline.apply(&of_team(event(Kind::Created, "T-2", later, 2), team));
    let at = begin.plus(Elapsed::from_ms(5 * HOUR_MS));
    let view = pipeline.advance(at);
    let (id, _, _) = catalog.objectives().next().unwrap();
    let mut alerts = Alerts::new(&catalog);
    let sender = Sender {
        external_url: "https://vaste.example".to_owned(),
        external_labels: vec![("cluster".into(), "eu".into()), ("region".into(), "north".into())],
        dashboard_url: Some("https://grafana.example/d/team?var-team={team}".to_owned()),
        tickets: TicketLinks::default(),
    };
    let mut notices = Vec::new();
    for seconds in [0, 10] {
        let at = at.plus(Elapsed::from_ms(seconds * SECOND_MS));
        alerts.evaluate(id, view.alert_verdicts(id), &catalog, at);
        notices
            .extend(sender.take_due(&mut alerts, view, at).into_iter().map(|(notice, _)| notice));
    }
    let names: BTreeSet<&str> = notices[0].labels.keys().map(|name| &**name).collect();
    assert!(
        !names.contains("instance") && !names.contains("replica"),
        "two instances send the same alert"
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&notices).unwrap());
}

/// A team that meets its own level but is behind the market has the market alert, and no other.
#[test]
fn a_notice_of_being_behind_the_market_says_what_others_achieve_and_who_says_so() {
    let catalog = compared(three_of_four_in_eight_hours());
    let begin = Timestamp::from_ms(BEGIN_MS);
    let mut pipeline = Pipeline::new(&catalog, 1, begin);
    for (number, minutes) in (1..).zip([20, 30, 45, 90, 120]) {
        let ticket = format!("T-{number}");
        let replied = begin.plus(Elapsed::from_ms(minutes * MINUTE_MS));
        let created = event(Kind::Created, &ticket, begin, 2 * number);
        pipeline.apply(&of_team(created, "billing"));
        let replied = event(Kind::AgentReplied, &ticket, replied, 2 * number + 1);
        pipeline.apply(&of_team(replied, "billing"));
    }
    let at = begin.plus(Elapsed::from_ms(3 * HOUR_MS));
    let view = pipeline.advance(at);
    let (id, _, _) = catalog.objectives().next().unwrap();
    let mut alerts = Alerts::new(&catalog);
    let verdicts = view.alert_verdicts(id);
    let verdict = |state, is_reached| DecidedVerdict { state, is_reached };
    assert_eq!(verdicts.own, verdict(VerdictState::Met, true));
    assert_eq!(verdicts.market, Some(verdict(VerdictState::Missed, false)));
    alerts.evaluate(id, verdicts, &catalog, at);
    let at = at.plus(Elapsed::from_ms(20 * SECOND_MS));
    alerts.evaluate(id, verdicts, &catalog, at);
    let notices = Sender::default().take_due(&mut alerts, view, at);
    let notices: Vec<_> = notices.into_iter().map(|(notice, _)| notice).collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&notices).unwrap());
}

/// The first notice of an objective, which 75 % of tickets reach within eight hours and at most 10 % may end
/// unanswered. Of its tickets so many are answered, closed at once, and marked as spam when over target.
fn notice(answered: u64, closed: u64, spam: u64, alerts: AlertPolicies) -> Option<Notice> {
    let objective = Objective {
        unanswered_max: MaxShare::from_basis_points(1_000),
        alerts,
        ..Objective::new("first-reply", Measure::FirstReply, three_of_four_in_eight_hours())
    };
    let owner = Owner::Team("billing".into());
    let about = About { name: "Billing".into(), ..About::default() };
    let agreement = Agreement { owner, hours: None, objectives: vec![objective], about };
    let catalog = Arc::new(Catalog::new(&[agreement], &[]));
    let begin = Timestamp::from_ms(BEGIN_MS);
    let mut pipeline = Pipeline::new(&catalog, 1, begin);
    let ends =
        [(Kind::AgentReplied, answered, 1), (Kind::Closed, closed, 1), (Kind::MarkedSpam, spam, 9)];
    let mut number = 0;
    for (kind, count, hours) in ends {
        for _ in 0..count {
            number += 1;
            let ticket = format!("T-{number}");
            pipeline.apply(&of_team(event(Kind::Created, &ticket, begin, 2 * number), "billing"));
            let ended = begin.plus(Elapsed::from_ms(hours * HOUR_MS));
            pipeline.apply(&event(kind, &ticket, ended, 2 * number + 1));
        }
    }
    let at = begin.plus(Elapsed::from_ms(10 * HOUR_MS));
    let view = pipeline.advance(at);
    let (id, _, _) = catalog.objectives().next().unwrap();
    let mut alerts = Alerts::new(&catalog);
    alerts.evaluate(id, view.alert_verdicts(id), &catalog, at);
    Sender::default().take_due(&mut alerts, view, at).into_iter().map(|(notice, _)| notice).next()
}

/// An alert that fires at once.
fn at_once() -> AlertPolicy {
    AlertPolicy { hold: Elapsed::ZERO, ..AlertPolicy::default() }
}

#[test]
fn a_notice_says_that_too_many_tickets_ended_without_an_answer() {
    let sure = AlertPolicies { missed: at_once(), ..AlertPolicies::default() };
    let plain = AlertPolicies { missed_confidence: None, ..sure.clone() };
    assert_eq!(notice(36, 4, 0, sure.clone()), None);
    for (policies, summary) in [
        (sure, "is missed: too many tickets ended without an answer (99% sure)."),
        (plain, "is missed: too many tickets ended without an answer."),
    ] {
        let notice = notice(28, 12, 0, policies).unwrap();
        let said = |name: &str| notice.annotations[name].as_str();
        assert_eq!(said("summary"), format!("Billing: the objective first-reply {summary}"));
        assert!(
            said("description")
                .contains("Ended without an answer: 12 of 40 (30.00%), at most 10%."),
            "{}",
            said("description")
        );
        let counts = ["unanswered", "unanswered_share", "unanswered_max", "agreed"].map(said);
        assert_eq!(
            counts,
            ["12", "30.00%", "10%", "75% first_reply within 8h, over 7d, at most 10% unanswered"]
        );
    }
}

#[test]
fn a_notice_of_being_at_risk_says_that_it_is_because_of_spam() {
    let policies = AlertPolicies { at_risk: Some(at_once()), ..AlertPolicies::default() };
    assert_eq!(notice(30, 0, 10, policies.clone()), None);
    let notice = notice(30, 0, 11, policies).unwrap();
    let said = |name: &str| notice.annotations[name].as_str();
    assert!(said("summary").contains("more tickets over target were marked as spam"));
    assert!(said("description").contains("Marked as spam while over target: 11."));
    assert_eq!(said("spam_over_target"), "11");
}

/// The clocks of Helsinki go back at 2026-10-25 01:00 UTC: 03:30 comes twice.
#[test]
fn a_notice_gives_times_in_the_zone_of_the_team() {
    let hour = Elapsed::from_ms(HOUR_MS);
    let objective = Objective {
        alerts: AlertPolicies { missed: at_once(), ..AlertPolicies::default() },
        ..Objective::new("nobody", Measure::FirstReply, Level::NoneOver(Target::calendar(hour)))
    };
    let about = About {
        name: "Billing".into(),
        zone: Zone::compiled_in("Europe/Helsinki"),
        ..About::default()
    };
    let owner = Owner::Team("billing".into());
    let agreement = Agreement { owner, hours: None, objectives: vec![objective], about };
    let catalog = Arc::new(Catalog::new(&[agreement], &[]));
    let begin = Timestamp::parse("2026-10-25T00:30:00Z").unwrap();
    let mut pipeline = Pipeline::new(&catalog, 1, begin);
    pipeline.apply(&of_team(event(Kind::Created, "T-1", begin, 1), "billing"));
    let at = Timestamp::parse("2026-10-25T01:45:00Z").unwrap();
    let view = pipeline.advance(at);
    let (id, _, _) = catalog.objectives().next().unwrap();
    let mut alerts = Alerts::new(&catalog);
    alerts.evaluate(id, view.alert_verdicts(id), &catalog, at);
    let notices = Sender::default().take_due(&mut alerts, view, at);
    let (notice, _) = notices.into_iter().next().unwrap();
    let said = &notice.annotations["description"];
    assert!(said.contains("Since 2026-10-25 03:45 EET."), "{said}");
    assert!(said.contains("longest 1h 15m, since 2026-10-25 03:30 EEST."), "{said}");
    assert_eq!(notice.annotations["window_end"], "2026-10-25T01:45:00Z");
}
