//! Detects jumps of the wall clock.

use crate::time::{Elapsed, MINUTE_MS, Timestamp};

/// The largest difference between the wall clock and the time expected from the elapsed time that is no jump.
pub(super) const JUMP_MAX: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);

/// How long a clock that has jumped must stay at its new time before it is accepted.
const SETTLE_TIME: Elapsed = Elapsed::from_ms(MINUTE_MS);

/// Compares the wall clock with the elapsed time. A clock that jumps ahead would empty every window at
/// once, and `now` never goes back.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClockGuard {
    /// The last reading that was accepted.
    accepted: Option<AcceptedReading>,
    /// The jump that has not been accepted yet.
    jump: Option<Jump>,
}

/// A wall clock time, and the elapsed time when it was read.
#[derive(Clone, Copy, Debug)]
struct AcceptedReading {
    wall: Timestamp,
    elapsed: Elapsed,
}

/// A jump of the clock.
#[derive(Clone, Copy, Debug)]
struct Jump {
    /// The elapsed time when it was noticed.
    since: Elapsed,
    /// Its size in milliseconds; negative if the clock went back.
    size_ms: i64,
}

/// The current time by the guarded clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardedTime {
    /// The wall clock, or during a jump the time expected from the elapsed time.
    pub now: Timestamp,
    /// Whether the clock is steady: it has not jumped, or has settled since.
    pub is_steady: bool,
}

impl ClockGuard {
    /// Reads the clock. `wall` is the wall clock time; `elapsed` is the monotonic time since a fixed start.
    pub fn look(&mut self, wall: Timestamp, elapsed: Elapsed) -> GuardedTime {
        if let Some(accepted) = self.accepted {
            let expected = accepted.wall.plus(elapsed.less(accepted.elapsed));
            let size_ms = wall.ms().saturating_sub(expected.ms());
            if size_ms.abs() > JUMP_MAX.ms() {
                // Another jump in between starts the settle time again.
                let is_same = |jump: &Jump| (size_ms - jump.size_ms).abs() <= JUMP_MAX.ms();
                let jump = self.jump.filter(is_same).unwrap_or(Jump { since: elapsed, size_ms });
                if elapsed.less(jump.since) < SETTLE_TIME {
                    self.jump = Some(jump);
                    return GuardedTime { now: expected, is_steady: false };
                }
            }
        }
        self.jump = None;
        self.accepted = Some(AcceptedReading { wall, elapsed });
        GuardedTime { now: wall, is_steady: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY_MS, SECOND_MS};

    #[test]
    fn a_jump_is_accepted_once_the_clock_has_stayed_there_for_a_minute() {
        let wall = Timestamp::from_ms(100 * DAY_MS);
        let seconds = |count: i64| Elapsed::from_ms(count * SECOND_MS);
        let after = |count| wall.plus(seconds(count));
        let ahead = |count: i64| after(count + 86_400);
        let steady = |now| GuardedTime { now, is_steady: true };
        let jumped = |now| GuardedTime { now, is_steady: false };
        let mut clock_guard = ClockGuard::default();
        let mut look = |elapsed, shown| clock_guard.look(shown, seconds(elapsed));
        assert_eq!(look(0, wall), steady(wall));
        assert_eq!(look(10, after(12)), steady(after(12)), "a small difference is no jump");
        assert_eq!(look(20, ahead(20)), jumped(after(22)), "the elapsed time counts");
        assert_eq!(look(30, after(30)), steady(after(30)), "it came back, and nothing was lost");
        assert_eq!(look(40, ahead(40)), jumped(after(40)));
        assert_eq!(look(70, ahead(7_070)), jumped(after(70)), "this is another jump");
        assert_eq!(look(80, ahead(80)), jumped(after(80)));
        assert_eq!(look(139, ahead(139)), jumped(after(139)));
        assert_eq!(look(140, ahead(140)), steady(ahead(140)), "it has settled for a minute");
        assert_eq!(look(141, ahead(141)), steady(ahead(141)));
        assert_eq!(look(150, after(150)), jumped(ahead(150)), "going back is a jump, too");
        assert_eq!(look(210, after(210)), steady(after(210)));
    }
}
