//! Quantiles that count running waits, on a simulated queue whose true waits are known.

use std::sync::Arc;

use vaste::amount::Amount;
use vaste::catalog::Catalog;
use vaste::event::Kind;
use vaste::reading::Reading;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};
use vaste::window::WaitedQuantile;

use crate::history::{Pipeline, event, of_team};
use crate::random::Random;

#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^52")]
fn whole(ms: f64) -> i64 {
    ms.round() as i64
}

/// One ticket: its creation, and how long its customer waits. `None` if it is never answered.
struct Ticket {
    team: usize,
    created: Timestamp,
    waits: Option<Elapsed>,
}

const TEAMS: usize = 30;
const DAYS: i64 = 40;

/// Thirty teams of different size and speed. Waits are log-normal, and 4 % are never answered.
fn tickets() -> Vec<Ticket> {
    let mut random = Random::new(42);
    let begin = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let mut tickets = Vec::new();
    for team in 0..TEAMS {
        #[expect(clippy::cast_precision_loss, reason = "30 teams")]
        let size = team as f64;
        let (a_day, median_hours) = (120.0 + 25.0 * size, 0.5 + size / 10.0);
        #[expect(clippy::cast_precision_loss, reason = "days of a month")]
        let day = DAY_MS as f64;
        let mut at = 0.0;
        loop {
            at -= random.uniform().ln() * day / a_day;
            if whole(at) > DAYS * DAY_MS {
                break;
            }
            #[expect(clippy::cast_precision_loss, reason = "an hour")]
            let waits = HOUR_MS as f64 * median_hours * (1.2 * random.normal()).exp();
            let answered = random.uniform() > 0.04;
            tickets.push(Ticket {
                team,
                created: begin.plus(Elapsed::from_ms(whole(at))),
                waits: answered.then(|| Elapsed::from_ms(whole(waits))),
            });
        }
    }
    tickets
}

/// The p90 of all waits of a team's tickets created in a period, including their later answers.
fn truth(tickets: &[Ticket], team: usize, from: Timestamp, to: Timestamp) -> i64 {
    let mut waits: Vec<i64> = tickets
        .iter()
        .filter(|ticket| ticket.team == team && (from..to).contains(&ticket.created))
        .map(|ticket| ticket.waits.map_or(i64::MAX, Elapsed::ms))
        .collect();
    waits.sort_unstable();
    waits[(waits.len() * 9).div_ceil(10) - 1]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn pipeline(tickets: &[Ticket]) -> Pipeline {
    let names: Vec<String> = (0..TEAMS).map(|team| format!("team-{team}")).collect();
    let catalog = Arc::new(Catalog::from_observed_teams(names.iter().map(String::as_str)).catalog);
    let mut pipeline =
        Pipeline::new(&catalog, 2, Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
    for (number, ticket) in (0_u64..).zip(tickets) {
        let key = format!("T-{number}");
        let created = event(Kind::Created, &key, ticket.created, 2 * number);
        pipeline.apply(&of_team(created, &names[ticket.team]));
        if let Some(waits) = ticket.waits {
            let replied = ticket.created.plus(waits);
            pipeline.apply(&event(Kind::AgentReplied, &key, replied, 2 * number + 1));
        }
    }
    pipeline
}

fn of_team_and_day(readings: &[Reading], team: usize) -> &Reading {
    let name = format!("team-{team}");
    readings
        .iter()
        .find(|reading| {
            reading.team.as_deref() == Some(&*name)
                && reading.measure.label() == "first_reply"
                && reading.window == Elapsed::from_ms(DAY_MS)
        })
        .unwrap()
}

#[test]
fn only_the_waiting_aware_quantile_is_unbiased_on_tickets_whose_true_waits_are_known() {
    let tickets = tickets();
    let mut pipeline = pipeline(&tickets);
    let mut aware = Vec::new();
    let mut naive = Vec::new();
    for moment in 0..7 {
        let now = Timestamp::parse("2026-02-01T07:00:00Z").unwrap();
        let now = now.plus(Elapsed::from_ms(moment * 31 * HOUR_MS));
        let readings = pipeline.advance(now).readings();
        for team in 0..TEAMS {
            let reading = of_team_and_day(&readings, team);
            let truth = truth(&tickets, team, reading.from, now);
            #[expect(clippy::cast_precision_loss, reason = "whole milliseconds, far below 2^52")]
            let error = |shown: Amount| shown.thousandths() as f64 / truth as f64 - 1.0;
            if let WaitedQuantile::Value(shown) = reading.q_with_waiting.p90 {
                aware.push(error(shown));
            }
            naive.push(error(reading.q.p90.unwrap()));
        }
    }
    assert!(aware.len() >= 200, "{} of 210 moments have a quantile", aware.len());
    let (aware, naive) = (median(aware), median(naive));
    assert!(aware.abs() <= 0.03, "waiting-aware: {:+.1} % in the median", aware * 100.0);
    assert!(naive < -0.10, "answered only: {:+.1} % in the median", naive * 100.0);
}

#[test]
fn when_a_team_stops_answering_only_the_waiting_aware_quantile_rises() {
    let mut tickets = tickets();
    let stop = Timestamp::parse("2026-02-01T00:00:00Z").unwrap();
    for ticket in &mut tickets {
        let answered = ticket.waits.map(|waits| ticket.created.plus(waits));
        if ticket.team == 3 && answered.is_some_and(|at| at >= stop) {
            ticket.waits = None;
        }
    }
    let mut pipeline = pipeline(&tickets);
    let mut at = |hours: i64| {
        let now = stop.plus(Elapsed::from_ms(hours * HOUR_MS));
        of_team_and_day(&pipeline.advance(now).readings(), 3).clone()
    };
    let (before, after) = (at(0), at(12));
    let ms = |reading: &Reading| reading.q.p90.unwrap().thousandths();
    assert!(ms(&after) <= ms(&before) * 13 / 10);
    let WaitedQuantile::Value(before) = before.q_with_waiting.p90 else { panic!("{before:?}") };
    let after = match after.q_with_waiting.p90 {
        WaitedQuantile::Value(wait) | WaitedQuantile::MoreThan(wait) => wait,
        WaitedQuantile::TooFew(_) => panic!("{after:?}"),
    };
    assert!(after.thousandths() > 2 * before.thousandths(), "{before} to {after}");
}
