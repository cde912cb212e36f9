//! The lists of waiting tickets have the tickets that the view counts, with the times that `explain` gives.
//!
//! Method: generated histories, delivered in parts and in any order. After each part the lists, which follow
//! the changes only, equal those of a walk over all tickets.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use vaste::address::TicketLinks;
use vaste::agreement::{About, Agreement, Level, Objective, Owner, Target};
use vaste::alert::{Alerts, Sender, WaitAlarmPolicies, WaitAlarms};
use vaste::amount::Amount;
use vaste::catalog::{Catalog, ObjectiveId};
use vaste::event::{Event, Kind};
use vaste::explain::{Explained, StopwatchRow};
use vaste::measure::{Basis, Measure};
use vaste::shard::Shard;
use vaste::time::{Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use vaste::view::{OverdueCauses, View};
use vaste::waiting_list::{ListOf, ListedTicket, TicketList, WaitingLists, merged};
use vaste::waiting_walk::WaitingWalk;

use crate::generate::{BEGIN_MS, History, cases, history};
use crate::history::{event, of_team};
use crate::random::Random;

/// Histories of the property test.
const CASES: u32 = 3_000;

/// A shard whose waiting tickets are listed.
struct ListedShard {
    catalog: Arc<Catalog>,
    shard: Shard,
    walk: WaitingWalk,
    view: View,
}

impl ListedShard {
    fn new(catalog: &Arc<Catalog>, now: Timestamp) -> Self {
        let mut shard = Shard::new(Arc::clone(catalog));
        let walk = WaitingWalk::new(&mut shard);
        let view = View::new(Arc::clone(catalog), now);
        Self { catalog: Arc::clone(catalog), shard, walk, view }
    }

    fn apply(&mut self, event: &Event<'_>) {
        self.shard.apply(event, &mut self.view);
    }

    /// Advances as a worker does.
    fn advance(&mut self, now: Timestamp) {
        self.view.advance(now);
        self.shard.advance(now, &mut self.view);
        self.walk.follow(&mut self.shard, now);
        self.view.set_waiting_lists(vec![self.walk.lists().clone()]);
    }

    /// The same, and some steps of the walk.
    fn advance_and_walk(&mut self, now: Timestamp) {
        self.advance(now);
        for _ in 0..3 {
            self.walk.go_on(&mut self.shard, now);
        }
        self.view.set_waiting_lists(vec![self.walk.lists().clone()]);
    }

    /// The lists of a new walk over all tickets.
    fn walked_anew(&self, events: &[Event<'static>], now: Timestamp) -> WaitingLists {
        let mut other = Self::new(&self.catalog, now);
        events.iter().for_each(|event| other.apply(event));
        other.advance_and_walk(now);
        other.walk.lists().clone()
    }

    fn rows(&mut self, ticket: &str, now: Timestamp) -> Vec<StopwatchRow> {
        let steps = self.shard.trace(ticket, now).unwrap();
        Explained::new(ticket, steps, &self.catalog, now).rows().to_vec()
    }
}

fn lists_of(catalog: &Catalog) -> Vec<ListOf> {
    let objectives = catalog.objectives().map(|(id, ..)| ListOf::Objective(id));
    objectives.chain(catalog.ticket_scopes().map(ListOf::Scope)).collect()
}

#[test]
fn lists_have_the_tickets_that_the_view_counts_with_the_times_of_explain() {
    let seen = Cell::new([0_usize; 4]);
    let law = |history: History| {
        let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
        let mut listed = ListedShard::new(&catalog, Timestamp::from_ms(BEGIN_MS));
        let mut random = Random::new(history.seed);
        let mut rest = history.events.clone();
        let mut applied = Vec::new();
        for &now in &history.instants {
            for _ in 0..rest.len() / 2 {
                applied.push(rest.swap_remove(random.index(rest.len())));
                listed.apply(&applied[applied.len() - 1]);
            }
            // The walk is over after the first part. Later ones only follow, unless another level is in
            // force.
            listed.advance(now);
            let unclaimed = ListOf::Scope(catalog.unclaimed());
            if !listed.view.waiting_tickets(unclaimed).is_whole {
                listed.advance_and_walk(now);
            }
            let anew = listed.walked_anew(&applied, now);
            for of in lists_of(&catalog) {
                let list = listed.view.waiting_tickets(of);
                prop_assert_eq!(
                    &list,
                    &merged(std::slice::from_ref(&anew), of, &catalog, now),
                    "{:?}",
                    of
                );
                prop_assert!(list.is_whole);
                let ListOf::Objective(id) = of else { continue };
                let over = list.tickets.iter().filter(|one| one.is_over).count() as u64;
                prop_assert_eq!(over, listed.view.waiting_over(id), "over {:?} at {}", id, now);
                let all = list.tickets.len() as u64;
                prop_assert_eq!(all, listed.view.waiting_due_soon(id), "{:?} at {}", id, now);
                prop_assert_eq!(listed.view.overdue_causes(id), causes(&list, &catalog, now));
                for one in &list.tickets {
                    let explained = explained(&mut listed, id, one, now);
                    let Some(row) = explained else { continue };
                    prop_assert_eq!(row.due_at, one.ticket.due_at, "{:?}\n{:?}", row, one);
                    prop_assert_eq!(row.over, one.is_over, "{:?}\n{:?}", row, one);
                    let (basis, _) = one.ticket.allowance.unwrap();
                    let elapsed = match basis {
                        Basis::Calendar => row.elapsed_calendar,
                        Basis::Open => row.elapsed_open,
                    };
                    prop_assert_eq!(elapsed, Amount::Time(one.waited), "{:?}\n{:?}", row, one);
                    let [rows, over, paused, open] = seen.get();
                    seen.set([
                        rows + 1,
                        over + usize::from(row.over),
                        paused + usize::from(row.state == "paused"),
                        open + usize::from(basis == Basis::Open),
                    ]);
                }
            }
        }
        Ok(())
    };
    let config = ProptestConfig {
        cases: cases(CASES),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/regressions/waiting_lists.txt",
        ))),
        ..ProptestConfig::default()
    };
    TestRunner::new(config).run(&history(), law).unwrap();
    let least = cases(CASES) as usize / 20;
    assert!(seen.get().into_iter().all(|seen| seen > least), "too few cases: {:?}", seen.get());
}

/// The causes that the tickets over target have, counted one by one.
fn causes(list: &TicketList, catalog: &Catalog, now: Timestamp) -> OverdueCauses {
    let mut causes = OverdueCauses::default();
    for ListedTicket { ticket, .. } in list.tickets.iter().filter(|one| one.is_over) {
        let is_closed = !catalog.calendar(catalog.hours_of(ticket.holder)).is_open(now);
        causes.unclaimed += u64::from(ticket.holder == catalog.unclaimed());
        causes.paused += u64::from(ticket.position.is_paused);
        causes.closed += u64::from(is_closed && !ticket.position.is_paused);
        if let Some(priority) = ticket.priority {
            causes.by_priority[priority as usize] += 1;
        }
    }
    causes
}

/// The row of `explain` for a listed ticket; `None` where that row is compared with another objective.
fn explained(
    listed: &mut ListedShard,
    id: ObjectiveId,
    one: &ListedTicket,
    now: Timestamp,
) -> Option<StopwatchRow> {
    let catalog = Arc::clone(&listed.catalog);
    let (_, objective) = catalog.objective(id);
    let target = objective.level_at(now).target(one.ticket.priority);
    let is_it = |row: &StopwatchRow| {
        row.measure == objective.measure
            && row.started_at == one.ticket.started
            && ["running", "paused"].contains(&row.state)
            && row.target == Some(target.shown(objective.measure))
            && row.pauses.is_some() == objective.pauses.is_some()
    };
    // Two kinds of time may have targets of the same length.
    let mut rows = listed.rows(&one.ticket.id, now).into_iter().filter(is_it);
    let kinds = catalog.objectives().filter(|(_, _, other)| {
        other.measure == objective.measure
            && other.level_at(now).target(one.ticket.priority).shown(other.measure)
                == target.shown(objective.measure)
    });
    if kinds.count() == 1 { rows.next() } else { None }
}

/// `billing` answers within four hours.
fn billing() -> Arc<Catalog> {
    let level = Level::NoneOver(Target::calendar(Elapsed::from_ms(4 * HOUR_MS)));
    let agreement = Agreement {
        owner: Owner::Team("billing".into()),
        hours: None,
        objectives: vec![Objective::new("first-reply", Measure::FirstReply, level)],
        about: About::default(),
    };
    Arc::new(Catalog::new(&[agreement], &[]))
}

fn minute(number: i64) -> Timestamp {
    Timestamp::from_ms(BEGIN_MS + number * MINUTE_MS)
}

/// One ticket a minute, the last one first.
fn queue(listed: &mut ListedShard, count: i64) {
    for number in (0..count).rev() {
        let identity = u64::try_from(number).unwrap();
        let created = event(Kind::Created, &format!("T-{number}"), minute(number), identity);
        listed.apply(&of_team(created, "billing"));
    }
}

fn ids(list: &TicketList) -> Vec<String> {
    list.tickets.iter().map(|one| one.ticket.id.to_string()).collect()
}

fn tickets(numbers: std::ops::Range<i64>) -> Vec<String> {
    numbers.map(|number| format!("T-{number}")).collect()
}

#[test]
fn the_earliest_due_times_are_listed_and_the_next_move_up_when_tickets_are_answered() {
    let catalog = billing();
    let (id, ..) = catalog.objectives().next().unwrap();
    let mut listed = ListedShard::new(&catalog, minute(0));
    queue(&mut listed, 1_000);
    let now = minute(2_000);
    listed.advance_and_walk(now);
    let list = listed.view.waiting_tickets(ListOf::Objective(id));
    assert_eq!(ids(&list), tickets(0..100));
    assert_eq!(listed.view.waiting_over(id), 1_000, "the count is of all");
    assert_eq!(list.tickets[0].ticket.due_at, Some(minute(240)));
    assert_eq!(list.tickets[0].left_ms, Some((240 - 2_000) * MINUTE_MS));
    for answered in 0..300 {
        let at = minute(2_000 + answered);
        let identity = 10_000 + u64::try_from(answered).unwrap();
        listed.apply(&event(Kind::AgentReplied, &format!("T-{answered}"), at, identity));
        listed.advance(at);
        let list = listed.view.waiting_tickets(ListOf::Objective(id));
        assert_eq!(ids(&list), tickets(answered + 1..answered + 101));
        listed.walk.go_on(&mut listed.shard, at);
    }
}

#[test]
fn a_list_is_filled_in_steps_and_says_so_until_all_tickets_were_looked_at() {
    let catalog = billing();
    let (id, ..) = catalog.objectives().next().unwrap();
    let mut listed = ListedShard::new(&catalog, minute(0));
    queue(&mut listed, 5_000);
    let now = minute(6_000);
    listed.advance(now);
    let mut steps = 0;
    loop {
        listed.walk.go_on(&mut listed.shard, now);
        listed.view.set_waiting_lists(vec![listed.walk.lists().clone()]);
        steps += 1;
        if listed.view.waiting_tickets(ListOf::Objective(id)).is_whole {
            break;
        }
    }
    assert_eq!(steps, 3, "a step looks at no more than 2000 waiting tickets");
    let list = listed.view.waiting_tickets(ListOf::Objective(id));
    assert_eq!(ids(&list), tickets(0..100));
}

#[test]
fn a_ticket_that_another_partition_has_too_is_not_listed() {
    let catalog = billing();
    let (id, ..) = catalog.objectives().next().unwrap();
    let mut listed = ListedShard::new(&catalog, minute(0));
    queue(&mut listed, 3);
    let opened = listed.shard.take_opened();
    assert!(opened.is_empty(), "the first call starts the list");
    let created = of_team(event(Kind::Created, "T-3", minute(1), 99), "billing");
    listed.apply(&created);
    listed.advance_and_walk(minute(600));
    let is_listed = |listed: &ListedShard| {
        ids(&listed.view.waiting_tickets(ListOf::Objective(id))).contains(&"T-3".to_owned())
    };
    assert!(is_listed(&listed));
    let key = listed.shard.take_opened()[0];
    listed.shard.set_aside(key, &mut listed.view);
    listed.advance(minute(601));
    assert!(!is_listed(&listed));
}

#[test]
fn unclaimed_tickets_are_listed_by_wait_as_no_objective_covers_them() {
    let catalog = billing();
    let mut listed = ListedShard::new(&catalog, minute(0));
    let unclaimed = ListOf::Scope(catalog.unclaimed());
    for (number, id) in (0_u16..).zip(["U-2", "U-0", "U-1"]) {
        let created = minute(i64::from(number) * 10);
        listed.apply(&event(Kind::Created, id, created, u64::from(number)));
    }
    listed.advance_and_walk(minute(60));
    let list = listed.view.waiting_tickets(unclaimed);
    assert_eq!(ids(&list), ["U-2", "U-0", "U-1"]);
    assert_eq!(list.tickets[0].waited, Elapsed::from_ms(HOUR_MS));
    assert_eq!(list.tickets[0].ticket.due_at, None);
}

#[test]
fn lists_of_another_catalog_are_not_read() {
    let (catalog, other) = (billing(), billing());
    let (id, ..) = catalog.objectives().next().unwrap();
    let mut listed = ListedShard::new(&catalog, minute(0));
    queue(&mut listed, 5);
    listed.advance_and_walk(minute(600));
    let lists = [listed.walk.lists().clone()];
    let (of, now) = (ListOf::Objective(id), minute(600));
    assert_eq!(merged(&lists, of, &catalog, now).tickets.len(), 5);
    assert_eq!(merged(&lists, of, &other, now), TicketList::default());
    // The next advance lists by the new one.
    listed.shard.adopt(Arc::clone(&other), &mut listed.view);
    listed.view = View::new(Arc::clone(&other), now);
    listed.advance_and_walk(now);
    let lists = [listed.walk.lists().clone()];
    assert_eq!(merged(&lists, of, &catalog, now), TicketList::default());
    assert_eq!(merged(&lists, of, &other, now).tickets.len(), 5);
}

/// The annotations of the first notice about late tickets of `billing`.
fn annotations(links: &TicketLinks) -> BTreeMap<String, String> {
    let catalog = billing();
    let (id, ..) = catalog.objectives().next().unwrap();
    let mut listed = ListedShard::new(&catalog, minute(0));
    queue(&mut listed, 5);
    let now = minute(600);
    listed.advance_and_walk(now);
    let mut alerts = Alerts::new(&catalog);
    let sender = Sender { tickets: links.clone(), ..Sender::default() };
    let mut notices = Vec::new();
    for minutes in [0, 20] {
        let at = now.plus(Elapsed::from_ms(minutes * MINUTE_MS));
        alerts.evaluate(id, listed.view.alert_verdicts(id), &catalog, at);
        notices.extend(sender.take_due(&mut alerts, &listed.view, at));
    }
    let (notice, _) = &notices[0];
    BTreeMap::clone(&notice.annotations)
}

#[test]
fn a_notice_names_up_to_three_tickets_that_are_due_first() {
    let url = Some("https://desk.example/t/{id}".to_owned());
    let told = annotations(&TicketLinks { url, shows_ids: true, ..TicketLinks::default() });
    let description = &told["description"];
    let sentence = "Due first: T-0 (waiting for 10h), T-1 (9h 59m), T-2 (9h 58m).";
    assert!(description.contains(sentence), "{description}");
    assert_eq!(told["tickets"], "T-0, T-1, T-2");
    let urls = "https://desk.example/t/T-0 https://desk.example/t/T-1 https://desk.example/t/T-2";
    assert_eq!(told["ticket_urls"], urls);
    let told = annotations(&TicketLinks::default());
    assert!(told.contains_key("tickets") && !told.contains_key("ticket_urls"));
    let told = annotations(&TicketLinks { url: None, shows_ids: false, ..TicketLinks::default() });
    assert!(!told.values().any(|text| text.contains("T-0")), "{told:?}");
}

#[test]
fn an_alarm_about_unclaimed_tickets_names_those_that_wait_longest() {
    let catalog = billing();
    let mut listed = ListedShard::new(&catalog, minute(0));
    for (number, id) in (0_u16..).zip(["U-0", "U-1", "U-2", "U-3"]) {
        let created = minute(i64::from(number) * 60);
        listed.apply(&event(Kind::Created, id, created, u64::from(number)));
    }
    let now = minute(7 * 24 * 60);
    listed.advance_and_walk(now);
    let mut alarms = WaitAlarms::new(WaitAlarmPolicies::default());
    let notices = alarms.take_due(true, &listed.view, &Sender::default(), now);
    let told = &notices[0].annotations;
    let sentence = "Waiting longest: U-0 (waiting for 7d), U-1 (6d 23h), U-2 (6d 22h).";
    assert!(told["description"].contains(sentence), "{}", told["description"]);
    assert_eq!(told["tickets"], "U-0, U-1, U-2");
}
