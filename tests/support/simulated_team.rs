//! Simulated teams: their tickets as records of a helpdesk. The same seed gives the same log.

use vaste::time::{Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

use crate::random::Random;

/// The behaviour of one team.
#[derive(Clone, Copy)]
pub(crate) struct Team {
    /// Its name.
    pub(crate) name: &'static str,
    /// Mean minutes between its tickets.
    pub(crate) every_minutes: i64,
    /// The usual wait for an answer, in minutes.
    pub(crate) answers_minutes: i64,
    /// How much slower it answers at the end than at the beginning, in percent.
    pub(crate) slows_percent: i64,
    /// Every n-th ticket is never answered. Zero is none.
    pub(crate) forgets_one_of: i64,
}

/// All records of these teams over a number of days from `begin` on, in order of time.
pub(crate) fn log(teams: &[Team], begin: Timestamp, days: i64, seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let span = days * 24 * HOUR_MS;
    let mut records = Vec::new();
    let mut number = 0;
    for team in teams {
        let mut at = 0;
        loop {
            at += random.below(2 * team.every_minutes * MINUTE_MS);
            if at >= span {
                break;
            }
            number += 1;
            ticket(*team, number, at, span, &mut random, &mut |offset, text| {
                if offset < span {
                    let time = begin.plus(Elapsed::from_ms(offset));
                    let ticket = format!("T-{number}");
                    let id = records.len();
                    let record = format!(
                        "{{\"id\":\"e-{id:07}\",{text},\"time\":\"{time}\",\"ticket\":\"{ticket}\",\
                         \"team\":\"{}\",\"channel\":\"email\"}}",
                        team.name
                    );
                    records.push((offset, record));
                }
            });
        }
    }
    records.sort();
    records.into_iter().map(|(_, record)| record).collect()
}

/// The events of one ticket.
fn ticket(
    team: Team,
    number: i64,
    created: i64,
    span: i64,
    random: &mut Random,
    happens: &mut dyn FnMut(i64, &str),
) {
    let priority = ["low", "normal", "normal", "normal", "high", "urgent"];
    let priority = priority[usize::try_from(random.below(6)).unwrap_or(0)];
    let slower = 100 + team.slows_percent * created / span;
    let usual = team.answers_minutes * MINUTE_MS * slower / 100;
    happens(created, &format!("\"type\":\"ticket.created\",\"priority\":\"{priority}\""));
    let mut at = created + random.below(MINUTE_MS);
    happens(at, "\"type\":\"ticket.assigned\"");
    if team.forgets_one_of > 0 && number % team.forgets_one_of == 0 {
        return;
    }
    for _ in 0..=random.below(3) {
        at += wait(random, usual);
        let agent = random.below(9);
        happens(at, &format!("\"type\":\"ticket.agent_replied\",\"agent\":\"agent-{agent}\""));
        if random.below(2) == 0 {
            at += wait(random, 90 * MINUTE_MS);
            happens(at, "\"type\":\"ticket.customer_replied\"");
        }
    }
    at += wait(random, 2 * usual);
    happens(at, "\"type\":\"ticket.solved\"");
    if number % 25 == 0 {
        at += wait(random, 10 * HOUR_MS);
        happens(at, "\"type\":\"ticket.reopened\"");
        at += wait(random, usual);
        happens(at, "\"type\":\"ticket.agent_replied\"");
        happens(at, "\"type\":\"ticket.solved\"");
    }
}

/// A wait around `median`: often shorter, sometimes eight times as long.
pub(crate) fn wait(random: &mut Random, median: i64) -> i64 {
    let scale = 1_i64 << random.below(7);
    (median / 8).max(1) * scale * (500 + random.below(1_000)) / 1_000
}
