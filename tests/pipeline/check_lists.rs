//! What a turn of duty checks: the same list whatever the order of the events, with the tickets that
//! `explain` gives for the time of the turn before.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};
use proptest::prelude::*;
use vaste::agreement::{About, Agreement, Owner};
use vaste::catalog::Catalog;
use vaste::check_list::{CheckDraw, CheckItem, CheckList, CheckReason, OWN_MAX, draw_rank};
use vaste::checkpoint::{self, Origin};
use vaste::duty::{Duty, TurnLength};
use vaste::event::{Event, Kind};
use vaste::explain::Explained;
use vaste::measure::Measure;
use vaste::responses::Responses;
use vaste::review::ReviewCounts;
use vaste::shard::Shard;
use vaste::time::{DAY_MS, Timestamp};

use crate::generate::{BEGIN_MS, History, cases, history};
use crate::random::Random;

/// The agreements with turns of duty for `billing`, each of some days, from the begin of the history on.
fn with_duty(agreements: &[Agreement], days: u16, check: u32) -> Vec<Agreement> {
    let begin = chrono::DateTime::from_timestamp_millis(BEGIN_MS).unwrap().date_naive();
    let duty = Duty {
        members: vec!["aino".into(), "a".into(), "b".into()],
        since: NaiveDate::from_ymd_opt(begin.year(), begin.month(), begin.day()).unwrap(),
        every: if days == 7 {
            TurnLength::Weeks { count: 1, from: Weekday::Mon }
        } else {
            TurnLength::Days(days)
        },
        handover: NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
        zone: None,
        swaps: Vec::new(),
        absences: Vec::new(),
        check,
    };
    let mut all = agreements.to_vec();
    match all.iter_mut().find(|one| one.owner == Owner::Team("billing".into())) {
        Some(billing) => billing.about.duty = Some(duty),
        None => all.push(Agreement {
            owner: Owner::Team("billing".into()),
            hours: None,
            objectives: Vec::new(),
            about: About { duty: Some(duty), ..About::default() },
        }),
    }
    all
}

fn shard_of(events: &[Event<'static>], catalog: &Arc<Catalog>) -> Shard {
    let mut shard = Shard::new(Arc::clone(catalog));
    for event in events {
        shard.apply(event, &mut ());
    }
    shard
}

fn list_of(shard: &Shard, catalog: &Arc<Catalog>, now: Timestamp) -> Option<CheckList> {
    let origin = Origin {
        topic: "events".into(),
        topic_id: None,
        tenure: None,
        partition: 0,
        epoch: 1,
        position: 0,
        written_at: now,
        history_from: None,
        counted_to: Timestamp::from_ms(BEGIN_MS),
        last_record: None,
        is_handed_over: false,
    };
    let bytes = checkpoint::write(shard, &Responses::new(catalog), catalog, &origin);
    let mut draw = CheckDraw::new(Arc::clone(catalog), now);
    checkpoint::read(&bytes).unwrap().add_to_checks(&mut draw, &[]).unwrap();
    draw.into_lists().of(catalog.scope_of_team("billing")).cloned()
}

/// What `explain` says of the tickets of `billing` at the end of a time.
#[derive(Default)]
struct ExplainedTickets {
    /// Those with a wait that ended with an answer in the time.
    answered: BTreeSet<String>,
    /// Those with a wait that ended without one in the time.
    given_up: BTreeSet<String>,
    /// Those with a wait that goes on.
    waiting: BTreeSet<String>,
    /// Those with an answer that `explain` calls late. It compares each wait with one objective only.
    late: BTreeSet<String>,
}

fn explained(shard: &mut Shard, catalog: &Arc<Catalog>, list: &CheckList) -> ExplainedTickets {
    let at = Timestamp::from_ms(list.to.ms() - 1);
    let mut found = ExplainedTickets::default();
    for ticket in (0..5).map(|number| format!("T-{number}")) {
        let Some(steps) = shard.trace(&ticket, at) else { continue };
        let rows = Explained::new(&ticket, steps, catalog, at).rows().to_vec();
        for row in rows.iter().filter(|row| &*row.team == "billing") {
            let is_in_time =
                row.stopped_at.is_some_and(|stopped| stopped >= list.from && stopped < list.to);
            match row.state {
                "stopped" if is_in_time => {
                    found.answered.insert(ticket.clone());
                    if row.over {
                        found.late.insert(ticket.clone());
                    }
                }
                "given_up" if is_in_time => {
                    found.given_up.insert(ticket.clone());
                }
                "running" | "paused" => {
                    found.waiting.insert(ticket.clone());
                }
                _ => {}
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(600),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Reviews are collected after each event: what was collected before a late event must not stay.
    #[test]
    fn reviews_count_the_same_in_any_order_with_any_duplicates(history in history()) {
        let History { mut events, agreements, seed, .. } = history;
        let catalog = Arc::new(Catalog::new(&agreements, &Measure::ALL));
        let now = Timestamp::from_ms(BEGIN_MS + 400 * DAY_MS);
        let whole = shard_of(&events, &catalog).reviews(now);
        let mut random = Random::new(seed);
        let repeated: Vec<_> = events.iter().take(3).cloned().collect();
        events.extend(repeated);
        random.shuffle(&mut events);
        let mut shuffled = Shard::new(Arc::clone(&catalog));
        for event in &events {
            shuffled.apply(event, &mut ());
            shuffled.reviews(now);
        }
        let mut parts = [whole, shuffled.reviews(now)].map(|reviews| reviews.to_vec());
        parts.iter_mut().for_each(|reviews| reviews.sort());
        let [whole, shuffled] = parts;
        prop_assert_eq!(ReviewCounts::of(whole.iter()), ReviewCounts::of(shuffled.iter()));
        prop_assert_eq!(whole, shuffled);
    }

    #[test]
    fn the_list_of_a_turn_follows_from_the_events_alone(
        history in history(), days in 1_u16..8, check in 1_u32..5, at in 0_i64..40,
    ) {
        let History { mut events, agreements, seed, .. } = history;
        let agreements = with_duty(&agreements, days, check);
        let catalog = Arc::new(Catalog::new(&agreements, &Measure::ALL));
        let now = Timestamp::from_ms(BEGIN_MS + at * DAY_MS + 9_000_000);
        let Some(list) = list_of(&shard_of(&events, &catalog), &catalog, now) else { return Ok(()) };

        // In another order, with duplicates, and with events that come after the handover.
        let mut random = Random::new(seed);
        let repeated: Vec<_> = events.iter().take(3).cloned().collect();
        events.extend(repeated);
        random.shuffle(&mut events);
        let mut shuffled = shard_of(&events, &catalog);
        prop_assert_eq!(list_of(&shuffled, &catalog, now), Some(list.clone()));
        events.retain(|event| event.time < list.to);
        prop_assert_eq!(
            list_of(&shard_of(&events, &catalog), &catalog, now), Some(list.clone()),
            "what comes after the handover changes nothing"
        );

        // The tickets that `explain` has, the first ones by reason and rank.
        let found = explained(&mut shuffled, &catalog, &list);
        for CheckItem { ticket, reason } in &list.items {
            let has = |tickets: &BTreeSet<String>| tickets.contains(&**ticket);
            let is_right = match reason {
                CheckReason::Missed => has(&found.answered),
                CheckReason::Unanswered => has(&found.given_up) || has(&found.waiting),
                CheckReason::Drawn => has(&found.answered) && !has(&found.late),
            };
            prop_assert!(is_right, "{ticket} {reason:?}");
        }
        let ended: BTreeSet<&String> = found.answered.union(&found.given_up).collect();
        let all = list.candidates.iter().sum::<usize>();
        prop_assert!(all >= ended.len(), "{all} of {ended:?}");
        prop_assert!(all <= ended.into_iter().chain(&found.waiting).collect::<BTreeSet<_>>().len());
        prop_assert_eq!(list.items.len(), all.min(usize::try_from(check).unwrap()));
        let rank = |ticket: &str| draw_rank("billing", list.to, None, ticket);
        for pair in list.items.windows(2) {
            let key = |index: usize| (pair[index].reason, rank(&pair[index].ticket));
            prop_assert!(key(0) < key(1), "{:?}", list.items);
        }

        // Own answers are of the agent.
        for (member, own) in &list.own {
            prop_assert!(own.len() <= OWN_MAX);
            for ticket in own {
                let answered = events.iter().any(|event| {
                    event.kind == Kind::AgentReplied
                        && event.agent.as_deref() == Some(&**member)
                        && event.time >= list.from && event.time < list.to
                        && matches!(&event.subject, vaste::event::Subject::Ticket(id) if **id == **ticket)
                });
                prop_assert!(answered, "{member} answered {ticket}");
            }
        }
    }
}
