//! The clock of the service: that of the wall, or that of a story that is told faster.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crate::time::{Elapsed, Timestamp};

/// How often it is looked whether a thread has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What time it is for events, windows and alerts.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The wall clock.
    Wall,
    /// A story's.
    Accelerated(AcceleratedTime),
}

/// A story that began some time ago and is told faster than it happened, until it reaches the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceleratedTime {
    /// When the telling began, by the wall clock.
    pub began: Timestamp,
    /// Where in the story the telling began.
    pub from: Timestamp,
    /// How many times as fast it is told; at least 1.
    pub speed: i64,
}

impl Clock {
    /// What time it is.
    pub fn now(self) -> Timestamp {
        let wall = wall();
        match self {
            Self::Wall => wall,
            Self::Accelerated(story) => story.at(wall),
        }
    }
}

impl AcceleratedTime {
    /// How far the story is told when the wall clock says so: never ahead of it.
    pub fn at(self, wall: Timestamp) -> Timestamp {
        let told = wall.since(self.began).ms().saturating_mul(self.speed.max(1));
        self.from.plus(Elapsed::from_ms(told)).min(wall)
    }
}

/// The wall clock.
pub(super) fn wall() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the service reads the clock"
    )]
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// For how long something takes, and when to try again.
pub(super) fn instant() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "the one place where the service takes the time")]
    Instant::now()
}

/// Waits until threads have ended, or so long.
pub(super) fn join(threads: Vec<JoinHandle<()>>, patience: Duration) {
    let until = instant() + patience;
    for thread in threads {
        let name = thread.thread().name().unwrap_or_default().to_owned();
        while !thread.is_finished() && instant() < until {
            thread::park_timeout(LOOK_EVERY);
        }
        if !thread.is_finished() {
            tracing::error!(
                "the thread {name} does not end: what it was about to do is left undone"
            );
        } else if thread.join().is_err() {
            tracing::error!("the thread {name} had failed before the end");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY_MS, MINUTE_MS};

    #[test]
    fn a_story_catches_up_with_the_wall_clock_and_stays_with_it() {
        let began = Timestamp::from_ms(100 * DAY_MS);
        let from = began.minus(Elapsed::from_ms(7 * DAY_MS));
        let story = AcceleratedTime { began, from, speed: 673 };
        let told = |minutes| story.at(began.plus(Elapsed::from_ms(minutes * MINUTE_MS)));
        assert_eq!(told(-5), from.min(began.minus(Elapsed::from_ms(5 * MINUTE_MS))));
        assert_eq!(told(0), from);
        assert_eq!(told(5), from.plus(Elapsed::from_ms(5 * 673 * MINUTE_MS)));
        assert_eq!(told(15), began.plus(Elapsed::from_ms(15 * MINUTE_MS)), "it has caught up");
        assert_eq!(told(60), began.plus(Elapsed::from_ms(60 * MINUTE_MS)));
    }
}
