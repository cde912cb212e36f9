//! Helpers for benchmarks: time, medians, and agreements of teams.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vaste::agreement::{About, Agreement, Level, Objective, Owner, Target};
use vaste::calendar::Calendar;
use vaste::catalog::Catalog;
use vaste::measure::Measure;
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS};

/// The monotonic clock.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    Instant::now()
}

/// The time that `work` takes.
pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    let start = now();
    work();
    start.elapsed()
}

/// The median of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Teams `team-0`, `team-1`, … without objectives, measured by three measures.
pub(crate) fn catalog_of_teams(teams: u64) -> Arc<Catalog> {
    let agreements: Vec<Agreement> = (0..teams)
        .map(|team| Agreement {
            hours: None,
            owner: Owner::Team(format!("team-{team}").into()),
            objectives: Vec::new(),
            about: About::default(),
        })
        .collect();
    let measures = [Measure::FirstReply, Measure::NextReply, Measure::Resolution];
    Arc::new(Catalog::new(&agreements, &measures))
}

/// A team with two objectives about first replies: a share within four hours, and a limit of five days.
pub(crate) fn two_objectives(team: &str, hours: Option<Arc<Calendar>>, over: Elapsed) -> Agreement {
    let target = |ms| match &hours {
        Some(_) => Target::open(Elapsed::from_ms(ms)),
        None => Target::calendar(Elapsed::from_ms(ms)),
    };
    let share = Level::Within {
        target: target(4 * HOUR_MS),
        by_priority: [None; 4],
        share: Share::NINETY_PERCENT,
        min_tickets: Objective::MIN_TICKETS_DEFAULT,
    };
    let limit = Level::NoneOver(target(5 * DAY_MS));
    let objective =
        |(name, level)| Objective { over, ..Objective::new(name, Measure::FirstReply, level) };
    Agreement {
        owner: Owner::Team(team.into()),
        objectives: [("share", share), ("limit", limit)].map(objective).into(),
        hours,
        about: About::default(),
    }
}
