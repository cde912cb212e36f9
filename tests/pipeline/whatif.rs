//! Levels that are tried together: equal to a replay with each of them alone in the agreement.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use vaste::agreement::{Agreement, Level, Objective, Target};
use vaste::alert::AlertKind;
use vaste::catalog::Catalog;
use vaste::event::Event;
use vaste::replay::Replay;
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};
use vaste::whatif::{IsoWeek, TriedVerdict, WhatIf};

use crate::generate::{History, cases, history};

/// Histories of a few tickets: a verdict needs two.
fn candidates(agreement: &Agreement, base: &Objective) -> Vec<Objective> {
    let hours = [0, 1, 4, 30, 24 * 6].map(|hours| Elapsed::from_ms(hours * HOUR_MS));
    let targets =
        hours.into_iter().flat_map(|elapsed| [Target::calendar(elapsed), Target::open(elapsed)]);
    let targets = targets.filter(|target| {
        agreement.hours.is_some() || *target == Target::calendar(target.elapsed().unwrap())
    });
    let level = |target| Level::Within {
        target,
        by_priority: [None; 4],
        share: Share::NINETY_PERCENT,
        min_tickets: 2,
    };
    let mut all: Vec<Objective> = targets
        .map(|target| Objective {
            name: "tried".into(),
            level: level(target),
            previous_levels: Vec::new(),
            hours: None,
            ..base.clone()
        })
        .collect();
    let limit = Level::NoneOver(Target::calendar(Elapsed::from_ms(5 * DAY_MS)));
    if base.measure.is_timed() {
        all.push(Objective {
            name: "limit".into(),
            level: limit,
            previous_levels: Vec::new(),
            hours: None,
            market: None,
            ..base.clone()
        });
    }
    all
}

fn replay(events: &[Event<'static>], agreements: &[Agreement]) -> Replay {
    let mut replay = Replay::new(Some(Arc::new(Catalog::new(agreements, &[]))));
    for event in events {
        replay.take(Ok(event.clone()));
    }
    replay
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(100).min(400),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/regressions/whatif.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn levels_that_are_tried_together_are_as_each_of_them_alone(history in history(), which in 0_usize..3) {
        let History { events, agreements, .. } = history;
        let agreement = &agreements[which];
        let base = agreement.objectives.first();
        prop_assume!(base.is_some());
        let base = base.unwrap();
        let candidates = candidates(agreement, base);
        let what_if = WhatIf::new(&agreements, &agreement.owner, &candidates);
        let zone = what_if.zone().clone();
        let weeks = what_if.weeks(replay(&events, &agreements));
        let first = replay(&events, &agreements).span().unwrap().0;
        for (number, candidate) in candidates.iter().enumerate() {
            let alone: Vec<Agreement> = agreements
                .iter()
                .map(|one| {
                    let own = (one.owner == agreement.owner).then(|| candidate.clone());
                    Agreement { objectives: Vec::from_iter(own), ..one.clone() }
                })
                .collect();
            let mut readings = replay(&events, &alone).into_readings();
            let mut fired: Vec<(Timestamp, Option<Timestamp>)> = Vec::new();
            let mut from = first;
            for week in &weeks {
                let (view, transitions) = readings.at(week.at);
                for change in transitions.iter().filter(|one| one.alert == AlertKind::Missed) {
                    match change.state {
                        "firing" => fired.push((change.at, None)),
                        "resolved" => fired.last_mut().unwrap().1 = Some(change.at),
                        _ => {}
                    }
                }
                let verdict = view.verdicts().remove(0);
                // Alerts of weeks before the first count in none.
                let monday = if from == first { first_of(week.week, &zone).max(first) } else { from };
                let firing: i64 = fired
                    .iter()
                    .map(|(began, ended)| {
                        let ended = ended.unwrap_or(week.at).min(week.at);
                        ended.since((*began).max(monday)).ms().max(0)
                    })
                    .sum();
                let TriedVerdict { tally, state, alert } = week.verdicts[number];
                prop_assert_eq!((tally, state), (verdict.tally(), verdict.state));
                prop_assert_eq!(alert.unwrap().firing.ms(), firing);
                from = week.at;
            }
        }
    }
}

/// The first instant of a week: weeks have 167 to 169 hours.
fn first_of(week: IsoWeek, zone: &vaste::calendar::Zone) -> Timestamp {
    let near = week.end(zone).minus(Elapsed::from_ms(7 * DAY_MS));
    let before = IsoWeek::of(near.minus(Elapsed::from_ms(2 * HOUR_MS)), zone);
    before.end(zone)
}
