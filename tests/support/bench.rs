//! Helpers for benchmarks: time, medians, and a catalog of teams without objectives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vaste::agreement::{About, Agreement, Owner};
use vaste::catalog::Catalog;
use vaste::measure::Measure;

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
