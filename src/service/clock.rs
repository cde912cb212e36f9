//! The clock of the service: that of the wall, or that of a story that is told faster.

use std::time::{Duration, Instant, SystemTime};

use crate::time::{Elapsed, MINUTE_MS, Timestamp};

/// What time it is for events, windows and alerts.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The wall clock.
    Wall,
    /// A story's.
    Story(Story),
}

/// A story that began some time ago and is told faster than it happened, until it reaches the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story {
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
            Self::Story(story) => story.at(wall),
        }
    }
}

impl Story {
    /// How far the story is told when the wall clock says so: never ahead of it.
    pub fn at(self, wall: Timestamp) -> Timestamp {
        let told = wall.since(self.began).ms().saturating_mul(self.speed.max(1));
        self.from.plus(Elapsed::from_ms(told)).min(wall)
    }
}

/// How far the wall clock may be from what the time that has passed says, before it is doubted.
pub(super) const JUMP_MAX: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);

/// How long a clock that has jumped must stay there before it is believed.
const SETTLES: Duration = Duration::from_secs(60);

/// Holds the wall clock against the time that has passed: one that jumps ahead would empty every window at
/// once, and `now` never goes back.
#[derive(Debug, Default)]
pub(super) struct Steady {
    /// The clock when it was last believed.
    latest: Option<(Timestamp, Instant)>,
    jumped_at: Option<Instant>,
}

impl Steady {
    /// What time it is when the clock says `wall`, and whether that can be trusted. While it cannot, it is
    /// what the time that has passed says.
    pub(super) fn look(&mut self, wall: Timestamp, at: Instant) -> (Timestamp, bool) {
        if let Some((last, last_at)) = self.latest {
            let passed = at.saturating_duration_since(last_at).as_millis();
            let expected = last.plus(Elapsed::from_ms(i64::try_from(passed).unwrap_or(i64::MAX)));
            let jump = wall.since(expected).max(expected.since(wall));
            if jump > JUMP_MAX {
                let since = *self.jumped_at.get_or_insert_with(|| {
                    tracing::error!("the clock of this machine says {wall}, and should say {expected}");
                    at
                });
                if at.saturating_duration_since(since) < SETTLES {
                    return (expected, false);
                }
                tracing::warn!("the clock of this machine stays at {wall}: going by it");
            }
        }
        self.jumped_at = None;
        self.latest = Some((wall, at));
        (wall, true)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY_MS;

    #[test]
    fn a_clock_that_jumps_is_believed_once_it_has_stayed_there() {
        let wall = Timestamp::from_ms(100 * DAY_MS);
        let begin = instant();
        let after = |seconds: i64| wall.plus(Elapsed::from_ms(seconds * 1_000));
        let mut steady = Steady::default();
        let mut look = |seconds: u64, says: Timestamp| {
            steady.look(says, begin + Duration::from_secs(seconds))
        };
        assert_eq!(look(0, wall), (wall, true));
        assert_eq!(look(10, after(12)), (after(12), true), "a little off is nothing");
        let ahead = |seconds: i64| after(seconds + 86_400);
        assert_eq!(look(20, ahead(20)), (after(22), false), "what has passed is what counts");
        assert_eq!(look(30, after(30)), (after(30), true), "it came back, and nothing was lost");
        assert_eq!(look(40, ahead(40)), (after(40), false));
        assert_eq!(look(99, ahead(99)), (after(99), false));
        assert_eq!(look(100, ahead(100)), (ahead(100), true), "a minute: it is meant");
        assert_eq!(look(101, ahead(101)), (ahead(101), true));
        assert_eq!(look(110, after(110)), (ahead(110), false), "back again is a jump, too");
        assert_eq!(look(170, after(170)), (after(170), true));
    }

    #[test]
    fn a_story_catches_up_with_the_wall_clock_and_stays_with_it() {
        let began = Timestamp::from_ms(100 * DAY_MS);
        let from = began.minus(Elapsed::from_ms(7 * DAY_MS));
        let story = Story { began, from, speed: 673 };
        let told = |minutes| story.at(began.plus(Elapsed::from_ms(minutes * MINUTE_MS)));
        assert_eq!(told(-5), from.min(began.minus(Elapsed::from_ms(5 * MINUTE_MS))));
        assert_eq!(told(0), from);
        assert_eq!(told(5), from.plus(Elapsed::from_ms(5 * 673 * MINUTE_MS)));
        assert_eq!(told(15), began.plus(Elapsed::from_ms(15 * MINUTE_MS)), "it has caught up");
        assert_eq!(told(60), began.plus(Elapsed::from_ms(60 * MINUTE_MS)));
    }
}
