use chrono::{NaiveTime, Weekday};
use proptest::prelude::*;

use super::*;
use crate::agreement::{About, Agreement, Owner};
use crate::duty::{Duty, TurnLength};
use crate::time::DAY_MS;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Weekly turns that change on Mondays at this hour, UTC.
fn duty(hour: u32) -> Duty {
    Duty {
        members: ["aino", "mikko"].map(Into::into).into(),
        since: "2026-11-02".parse().unwrap(),
        every: TurnLength::Weeks { count: 1, from: Weekday::Mon },
        handover: NaiveTime::from_hms_opt(hour, 0, 0).unwrap(),
        zone: None,
        swaps: Vec::new(),
        absences: Vec::new(),
        check: 10,
    }
}

fn agreement(owner: Owner, duty: Option<Duty>, former: &[&str]) -> Agreement {
    let former_names = former.iter().map(|name| (*name).into()).collect();
    let about = About { duty, former_names, ..About::default() };
    Agreement { owner, hours: None, objectives: Vec::new(), about }
}

/// Billing and the organisation have turns; shop has none.
fn catalog() -> Catalog {
    let all = [
        agreement(Owner::Team("billing".into()), Some(duty(7)), &[]),
        agreement(Owner::Team("shop".into()), None, &[]),
        agreement(Owner::Organisation, Some(duty(9)), &[]),
    ];
    Catalog::new(&all, &[])
}

/// Posts what is due. Returns the ids.
fn post(log: &mut AgendaLog, catalog: &Catalog, now: &str) -> Vec<String> {
    let due = log.take_due(catalog, at(now));
    due.iter().for_each(|due| log.posted(*due, catalog));
    let id = |due: &DueAgenda| event_id(team_label(catalog.scope_name(due.scope)), due.handover);
    due.iter().map(id).collect()
}

/// The log as another process reads it.
fn restarted(log: &AgendaLog) -> AgendaLog {
    AgendaLog::read(&log.bytes()).unwrap()
}

#[test]
fn nothing_is_posted_of_the_time_before_the_first_look_and_each_handover_after_it_once() {
    let catalog = catalog();
    let mut log = AgendaLog::default();
    assert!(post(&mut log, &catalog, "2026-11-18T12:00:00Z").is_empty(), "no flood of the past");
    assert!(post(&mut log, &catalog, "2026-11-23T06:59:59.999Z").is_empty());
    let id = "team.agenda/billing/2026-11-23T07:00:00Z";
    assert_eq!(post(&mut log, &catalog, "2026-11-23T07:00:00Z"), [id]);
    assert!(post(&mut log, &catalog, "2026-11-23T07:00:01Z").is_empty());
    let id = "team.agenda/_all/2026-11-23T09:00:00Z";
    assert_eq!(post(&mut restarted(&log), &catalog, "2026-11-24T00:00:00Z"), [id]);
    assert_eq!(post(&mut log, &catalog, "2026-11-24T00:00:00Z"), [id], "by any instance");
    assert!(post(&mut restarted(&log), &catalog, "2026-11-24T00:00:01Z").is_empty());
}

#[test]
fn of_handovers_that_were_missed_the_latest_is_posted() {
    let catalog = catalog();
    let mut log = AgendaLog::default();
    post(&mut log, &catalog, "2026-11-18T12:00:00Z");
    let ids = ["team.agenda/_all/2026-12-14T09:00:00Z", "team.agenda/billing/2026-12-14T07:00:00Z"];
    assert_eq!(post(&mut restarted(&log), &catalog, "2026-12-16T00:00:00Z"), ids);
}

#[test]
fn what_is_due_stays_due_until_it_is_posted() {
    let catalog = catalog();
    let mut log = AgendaLog::default();
    log.take_due(&catalog, at("2026-11-23T06:00:00Z"));
    let due = log.take_due(&catalog, at("2026-11-23T07:30:00Z"));
    assert_eq!(due, restarted(&log).take_due(&catalog, at("2026-11-23T08:00:00Z")));
    assert_eq!(due.len(), 1);
}

#[test]
fn a_new_team_begins_with_its_next_handover_and_a_renamed_one_goes_on() {
    let team = |name: &str, former: &[&str]| {
        Catalog::new(&[agreement(Owner::Team(name.into()), Some(duty(7)), former)], &[])
    };
    let mut log = AgendaLog::default();
    post(&mut log, &team("billing", &[]), "2026-11-18T12:00:00Z");
    assert!(post(&mut restarted(&log), &team("orders", &[]), "2026-11-24T00:00:00Z").is_empty());
    let renamed = team("invoices", &["billing"]);
    let id = "team.agenda/invoices/2026-11-23T07:00:00Z";
    assert_eq!(post(&mut log, &renamed, "2026-11-24T00:00:00Z"), [id]);
}

#[test]
fn a_clock_that_was_ahead_holds_back_no_later_handover() {
    let catalog = catalog();
    let mut log = AgendaLog::default();
    post(&mut log, &catalog, "2026-11-18T12:00:00Z");
    post(&mut log, &catalog, "2027-02-01T12:00:00Z");
    assert!(post(&mut log, &catalog, "2026-11-19T12:00:00Z").is_empty());
    let id = "team.agenda/billing/2026-11-23T07:00:00Z";
    assert_eq!(post(&mut log, &catalog, "2026-11-23T08:00:00Z"), [id]);
}

#[test]
fn an_instance_whose_clock_is_behind_does_not_post_again() {
    let catalog = catalog();
    let mut log = AgendaLog::default();
    post(&mut log, &catalog, "2026-11-18T12:00:00Z");
    assert_eq!(post(&mut log, &catalog, "2026-11-23T07:00:00Z").len(), 1);
    let mut behind = restarted(&log);
    assert!(post(&mut behind, &catalog, "2026-11-23T06:59:57Z").is_empty());
    assert!(post(&mut behind, &catalog, "2026-11-23T07:00:01Z").is_empty());
}

#[test]
fn a_log_that_cannot_be_read_says_why() {
    let problem = |bytes: &[u8]| AgendaLog::read(bytes).unwrap_err().to_string();
    assert!(problem(b"{}").starts_with("it is not an agenda log of Vaste: missing field"));
    assert_eq!(
        problem(br#"{"version":2,"teams":[]}"#),
        "it is of version 2, and this version of Vaste reads up to 1"
    );
    assert_eq!(
        problem(br#"{"version":1,"posted_to":{"a":"soon"}}"#),
        "its time `soon` is malformed"
    );
}

proptest! {
    #![proptest_config(crate::proptest_cases(200))]

    /// However often it looks, whichever instance does, and whoever is restarted in between: every handover
    /// at which someone looked before the next one is posted once.
    #[test]
    fn each_handover_is_posted_once(
        steps in prop::collection::vec((0..10 * DAY_MS, any::<bool>(), any::<bool>()), 1..40),
    ) {
        let catalog = catalog();
        let mut now = at("2026-11-18T12:00:00Z");
        let mut logs = [AgendaLog::default(), AgendaLog::default()];
        let mut stored = AgendaLog::default();
        let mut posted: Vec<DueAgenda> = Vec::new();
        stored.take_due(&catalog, now);
        for (passed, is_other, is_restarted) in steps {
            now = now.plus(Elapsed::from_ms(passed));
            let log = &mut logs[usize::from(is_other)];
            if is_restarted {
                *log = AgendaLog::default();
            }
            log.merge(stored.clone());
            for due in log.take_due(&catalog, now) {
                prop_assert!(!posted.contains(&due));
                let turn = catalog.duty(due.scope).and_then(|duty| duty.turn_at(now)).unwrap();
                prop_assert_eq!(due.handover, turn.starts, "the latest");
                log.posted(due, &catalog);
                posted.push(due);
            }
            stored = restarted(log);
            let present = ["billing", "_all"].map(|team| {
                let scope = catalog.scope_by_label(team).unwrap();
                DueAgenda { scope, handover: catalog.duty(scope).unwrap().turn_at(now).unwrap().starts }
            });
            let first = at("2026-11-18T12:00:00Z");
            let mut after_first = present.iter().filter(|due| due.handover > first);
            prop_assert!(after_first.all(|due| posted.contains(due)));
        }
    }
}
