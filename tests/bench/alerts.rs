//! How well rules for the alert `missed` tell a bad share from bad luck: simulated teams with a known true
//! share, judged every hour by the crate's own rules.
//!
//! `cargo bench --bench alerts`, or `-- 20` for 20 teams instead of 200 in each cell.
//!
//! # Design
//! Tickets are decided at random times, the same number a week on average. Each is missed at random, so
//! that the share within target is the true share in the long run. In the second table one day in ten is
//! bad, with three times the misses. The level is 90 %, the window 7 days. Alerts have no `for` and no
//! `keep_firing_for`: the figures are those of the rules.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics when it cannot go on"
)]
#![expect(clippy::cast_precision_loss, reason = "figures to print")]

#[expect(dead_code, reason = "the simulation draws uniform numbers only")]
#[path = "../support/random.rs"]
mod random;

use std::sync::Arc;

use random::Random;
use vaste::agreement::{
    About, Agreement, AlertVerdicts, Completeness, DecidedVerdict, Level, Objective, Owner, Tally,
    Target,
};
use vaste::alert::Alerts;
use vaste::catalog::{Catalog, ObjectiveId};
use vaste::measure::Measure;
use vaste::share::Share;
use vaste::time::{Elapsed, HOUR_MS, Timestamp};

/// Simulated teams for each volume and true share.
const TEAMS: u64 = 200;

/// Tickets decided in a week.
const VOLUMES: [u32; 5] = [5, 15, 30, 60, 400];

/// True shares in percent. The level is 90.
const SHARES: [u32; 6] = [80, 85, 90, 93, 95, 97];

/// The rules, by their name in the file.
const RULES: [&str; 3] = ["plain", "90%", "95%"];

const DAY_H: f64 = 24.0;
const WEEK_H: usize = 7 * 24;

/// The windows are full before anything counts.
const WARM_UP_H: usize = 4 * WEEK_H;

/// Counted hours of each team.
const COUNTED_H: usize = 26 * WEEK_H;

/// How long a drop is looked for.
const DROP_H: usize = 12 * WEEK_H;

fn main() {
    // Cargo passes `--bench`.
    let teams = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(TEAMS);
    let catalog = catalog();
    for (title, bad_days) in [("every day alike", 0.0), ("one day in ten is bad", 0.1)] {
        println!("{title}, {teams} teams");
        println!(
            "rule    tickets  falsely red: at 93 %  93 to 97 %  blind: 80, 85 %  red at 90 %  \
             flips a month  97 to 60 %: half of the teams  nine in ten"
        );
        for (rule, (id, ..)) in RULES.iter().zip(catalog.objectives()) {
            for volume in VOLUMES {
                let simulation = Simulation { catalog: &catalog, id, volume, bad_days };
                println!("{rule:<7} {volume:>7}  {}", simulation.figures(teams));
            }
        }
    }
}

/// One objective for each rule.
fn catalog() -> Arc<Catalog> {
    let objective = |rule: &&str| {
        let level = Level::Within {
            target: Target::calendar(Elapsed::from_ms(HOUR_MS)),
            by_priority: [None; 4],
            share: Share::NINETY_PERCENT,
            min_tickets: Objective::MIN_TICKETS_DEFAULT,
        };
        let mut objective = Objective::new(rule, Measure::FirstReply, level);
        objective.alerts.missed_confidence = Share::parse(rule);
        objective.alerts.missed.hold = Elapsed::ZERO;
        objective.alerts.missed.keep_firing_for = Elapsed::ZERO;
        objective
    };
    let agreement = Agreement {
        owner: Owner::Team("simulated".into()),
        hours: None,
        objectives: RULES.iter().map(objective).collect(),
        about: About::default(),
    };
    Arc::new(Catalog::new(&[agreement], &[]))
}

/// One rule, for teams of one volume.
struct Simulation<'a> {
    catalog: &'a Arc<Catalog>,
    id: ObjectiveId,
    volume: u32,
    /// The part of days on which three times as many tickets are missed.
    bad_days: f64,
}

/// A ticket that is decided: the hour, and whether it is over target.
#[derive(Clone, Copy)]
struct Decided {
    hour: f64,
    is_missed: bool,
}

/// What the alert of one team did.
#[derive(Clone, Copy, Default)]
struct Course {
    hours: usize,
    red: usize,
    /// How often it turned red.
    turns: usize,
    /// The first red hour.
    first_red: Option<usize>,
}

impl Simulation<'_> {
    /// The figures of a row.
    fn figures(&self, teams: u64) -> String {
        let hours = WARM_UP_H + COUNTED_H;
        let courses: Vec<Course> = SHARES
            .iter()
            .map(|&percent| {
                let mut sum = Course::default();
                for team in 0..teams {
                    let mut random = self.random(team, percent);
                    let all = self.tickets(&mut random, hours, |_| f64::from(percent) / 100.0);
                    let one = self.course(&all, hours);
                    sum.hours += one.hours;
                    sum.red += one.red;
                    sum.turns += one.turns;
                }
                sum
            })
            .collect();
        let red = |of: &[u32]| {
            let chosen = SHARES.iter().zip(&courses).filter(|(percent, _)| of.contains(percent));
            let shares: Vec<f64> = chosen.map(|(_, c)| c.red as f64 / c.hours as f64).collect();
            100.0 * shares.iter().sum::<f64>() / shares.len() as f64
        };
        let near = courses[3];
        let flips = near.turns as f64 * 30.0 * DAY_H / near.hours as f64;
        let (half, most) = self.drop(teams);
        format!(
            "{:>20.1} %  {:>8.1} %  {:>13.1} %  {:>9.1} %  {flips:>13.2}  {half:>24} h  {most:>9} h",
            red(&[93]),
            red(&[93, 95, 97]),
            100.0 - red(&[80, 85]),
            red(&[90]),
        )
    }

    /// The hours until half and until nine in ten of the teams are red after a drop from 97 to 60 %. Teams
    /// that never are count as the longest time.
    fn drop(&self, teams: u64) -> (usize, usize) {
        let hours = WARM_UP_H + DROP_H;
        let begin = WARM_UP_H as f64;
        let mut all: Vec<usize> = (0..teams)
            .map(|team| {
                let mut random = self.random(team, 0);
                let share = |hour: f64| if hour < begin { 0.97 } else { 0.6 };
                let tickets = self.tickets(&mut random, hours, share);
                self.course(&tickets, hours).first_red.unwrap_or(DROP_H)
            })
            .collect();
        all.sort_unstable();
        (all[all.len() / 2], all[all.len() * 9 / 10])
    }

    /// The same team gets the same tickets under every rule.
    fn random(&self, team: u64, percent: u32) -> Random {
        Random::new(team * 1_000_003 + u64::from(percent) * 1_009 + u64::from(self.volume))
    }

    fn tickets(
        &self,
        random: &mut Random,
        hours: usize,
        share_at: impl Fn(f64) -> f64,
    ) -> Vec<Decided> {
        let each = WEEK_H as f64 / f64::from(self.volume);
        let (mut hour, mut day_end, mut is_bad) = (0.0, 0.0, false);
        let mut all = Vec::new();
        while hour < hours as f64 {
            hour -= random.uniform().ln() * each;
            while day_end <= hour {
                day_end += DAY_H;
                is_bad = random.uniform() < self.bad_days;
            }
            let missed = 1.0 - share_at(hour);
            let on_bad_days = (missed * 3.0).min(1.0);
            let on_others = (missed - self.bad_days * on_bad_days) / (1.0 - self.bad_days);
            let chance = if is_bad { on_bad_days } else { on_others };
            all.push(Decided { hour, is_missed: random.uniform() < chance });
        }
        all
    }

    /// Judges a team every hour, and follows its alert.
    fn course(&self, tickets: &[Decided], hours: usize) -> Course {
        let begin = Timestamp::parse("2026-01-05T00:00:00Z").unwrap();
        let (_, objective) = self.catalog.objective(self.id);
        let lengths = objective.alert_windows(begin).chain([Elapsed::from_ms(28 * 24 * HOUR_MS)]);
        let mut windows: Vec<Window> = lengths.map(Window::new).collect();
        let mut alerts = Alerts::new(self.catalog);
        let (mut course, mut was_red, mut next) = (Course::default(), false, 0);
        for hour in 0..hours {
            let new = tickets[next..].iter().take_while(|ticket| ticket.hour <= hour as f64);
            next += new.count();
            windows.iter_mut().for_each(|window| window.advance(tickets, next, hour));
            if hour + WEEK_H < WARM_UP_H {
                continue;
            }
            let now = begin.plus(Elapsed::from_ms(i64::try_from(hour).unwrap() * HOUR_MS));
            let tally_of = |length| windows.iter().find(|w| w.length == length).map(|w| w.tally);
            let own = windows[0].tally;
            let state = objective.judge(own, Completeness::Whole, now);
            let verdicts = AlertVerdicts {
                own: DecidedVerdict {
                    state,
                    is_reached: objective.is_reached(own, Completeness::Whole, now),
                },
                market: None,
                belief: objective.evidence(now, tally_of).map(|evidence| evidence.belief),
            };
            alerts.evaluate(self.id, verdicts, self.catalog, now);
            let mut own_alerts = alerts.iter().filter(|alert| alert.objective == self.id);
            let is_red = own_alerts.any(|alert| alert.status().is_active());
            if hour >= WARM_UP_H {
                course.hours += 1;
                course.red += usize::from(is_red);
                course.turns += usize::from(is_red && !was_red && hour > WARM_UP_H);
                course.first_red = course.first_red.or(is_red.then(|| hour - WARM_UP_H));
            }
            was_red = is_red;
        }
        course
    }
}

/// A rolling window over the tickets of a team.
struct Window {
    length: Elapsed,
    first: usize,
    next: usize,
    tally: Tally,
}

impl Window {
    fn new(length: Elapsed) -> Self {
        Self { length, first: 0, next: 0, tally: Tally::default() }
    }

    /// Moves on to an hour, with all tickets before `next` decided.
    fn advance(&mut self, tickets: &[Decided], next: usize, hour: usize) {
        let begin = hour as f64 - self.length.ms() as f64 / HOUR_MS as f64;
        for ticket in &tickets[self.next..next] {
            self.tally.decided += 1;
            self.tally.missed += u64::from(ticket.is_missed);
        }
        self.next = next;
        while let Some(ticket) = tickets.get(self.first).filter(|ticket| ticket.hour < begin) {
            self.tally.decided -= 1;
            self.tally.missed -= u64::from(ticket.is_missed);
            self.first += 1;
        }
    }
}
