//! The clock of the service: the wall clock, or one of the demo that is behind it and catches up.

use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crate::time::{Elapsed, Timestamp};

/// Interval between checks whether a thread has ended.
const JOIN_POLL: Duration = Duration::from_millis(20);

/// The source of the time for events, windows and alerts.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The wall clock.
    Wall,
    /// The clock of the demo.
    Accelerated(AcceleratedTime),
    /// The clock of the demo that people move on by hand. It lives as long as the process.
    Stepped(&'static SteppedTime),
}

/// A clock that is behind the wall clock and runs at the same speed, and that is moved on in steps.
#[derive(Debug)]
pub struct SteppedTime {
    behind_ms: AtomicI64,
}

/// A clock that starts in the past and runs faster than the wall clock until it reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceleratedTime {
    /// The wall clock at the start.
    pub began: Timestamp,
    /// The time that this clock showed at the start.
    pub from: Timestamp,
    /// How many times as fast as the wall clock it runs; at least 1.
    pub speed: i64,
}

impl Clock {
    /// The current time.
    pub fn now(self) -> Timestamp {
        let wall = wall();
        match self {
            Self::Wall => wall,
            Self::Accelerated(accelerated) => accelerated.at(wall),
            Self::Stepped(stepped) => stepped.at(wall),
        }
    }
}

impl AcceleratedTime {
    /// The time at this wall clock time, never ahead of it.
    pub fn at(self, wall: Timestamp) -> Timestamp {
        let passed = wall.since(self.began).ms().saturating_mul(self.speed.max(1));
        self.from.plus(Elapsed::from_ms(passed)).min(wall)
    }
}

impl SteppedTime {
    /// A clock that is so far behind the wall clock.
    pub fn new(behind: Elapsed) -> Self {
        Self { behind_ms: AtomicI64::new(behind.ms()) }
    }

    /// The time at this wall clock time, never ahead of it.
    pub fn at(&self, wall: Timestamp) -> Timestamp {
        wall.minus(self.behind())
    }

    /// How far it is behind the wall clock.
    pub fn behind(&self) -> Elapsed {
        Elapsed::from_ms(self.behind_ms.load(Ordering::Relaxed))
    }

    /// Moves it on, at most to the wall clock. Only one thread does so.
    pub fn step(&self, by: Elapsed) {
        let behind = self.behind().less(by).ms();
        self.behind_ms.store(behind, Ordering::Relaxed);
    }
}

/// The wall clock.
pub(super) fn wall() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the service reads the wall clock"
    )]
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The monotonic clock, to measure durations and to schedule retries.
pub(super) fn instant() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the service reads the monotonic clock"
    )]
    Instant::now()
}

/// Waits until threads have ended, at most `timeout` for all of them together.
pub(super) fn join(threads: Vec<JoinHandle<()>>, timeout: Duration) {
    let until = instant() + timeout;
    for thread in threads {
        let name = thread.thread().name().unwrap_or_default().to_owned();
        while !thread.is_finished() && instant() < until {
            thread::park_timeout(JOIN_POLL);
        }
        if !thread.is_finished() {
            tracing::error!("the thread {name} has not ended in time; its pending work is lost");
        } else if thread.join().is_err() {
            tracing::error!("the thread {name} failed before shutdown");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY_MS, MINUTE_MS};

    #[test]
    fn an_accelerated_clock_catches_up_with_the_wall_clock_and_stays_with_it() {
        let began = Timestamp::from_ms(100 * DAY_MS);
        let from = began.minus(Elapsed::from_ms(7 * DAY_MS));
        let clock = AcceleratedTime { began, from, speed: 673 };
        let at = |minutes| clock.at(began.plus(Elapsed::from_ms(minutes * MINUTE_MS)));
        assert_eq!(at(-5), from.min(began.minus(Elapsed::from_ms(5 * MINUTE_MS))));
        assert_eq!(at(0), from);
        assert_eq!(at(5), from.plus(Elapsed::from_ms(5 * 673 * MINUTE_MS)));
        assert_eq!(at(15), began.plus(Elapsed::from_ms(15 * MINUTE_MS)), "it has caught up");
        assert_eq!(at(60), began.plus(Elapsed::from_ms(60 * MINUTE_MS)));
    }

    #[test]
    fn a_stepped_clock_is_moved_on_and_never_overtakes_the_wall_clock() {
        let wall = Timestamp::from_ms(100 * DAY_MS);
        let days = |days| Elapsed::from_ms(days * DAY_MS);
        let clock = SteppedTime::new(days(3));
        assert_eq!(clock.at(wall), wall.minus(days(3)));
        clock.step(days(2));
        assert_eq!(clock.at(wall.plus(days(1))), wall);
        clock.step(days(2));
        assert_eq!(clock.at(wall), wall);
    }
}
