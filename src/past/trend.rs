//! Whether an objective is getting better or worse.

use super::PastPoint;
use crate::agreement::{Level, VerdictState};
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed};

/// The least change of a share that counts, in basis points: two percentage points.
const CHANGE_MIN_BP: i64 = 200;

/// The least number of tickets that the change is made of.
const TICKETS_MIN: i64 = 3;

/// Where an objective is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Getting better.
    Better,
    /// Neither.
    Steady,
    /// Getting worse.
    Worse,
}

impl Trend {
    /// How much earlier the point is that the present one is compared with: a week, or a day where the window
    /// is shorter than a week.
    pub const fn compared_with(over: Elapsed) -> Elapsed {
        let days = if over.ms() < 7 * DAY_MS { 1 } else { 7 };
        Elapsed::from_ms(days * DAY_MS)
    }

    /// The trend from an earlier point to the present one. `None` if one of them has no verdict, or nothing
    /// decided.
    ///
    /// # Design
    /// A share gets better or worse if it differs by at least two percentage points, and if at least three
    /// tickets more, or fewer, are over target than the earlier share would give. Without the second
    /// condition, one ticket of a small team would be a trend; without the first, a thousandth of a large
    /// one. A limit gets better or worse with the number of tickets over it.
    pub fn between(before: PastPoint, now: PastPoint, level: &Level) -> Option<Self> {
        let is_known = |point: PastPoint| point.state != VerdictState::InsufficientData;
        if !is_known(before) || !is_known(now) {
            return None;
        }
        let [before_missed, missed] = [before.missed, now.missed].map(i64::from);
        let more = match level {
            Level::NoneOver(_) => missed - before_missed,
            Level::Within { .. } => {
                let [of_before, of] = [before.decided, now.decided].map(i64::from);
                if of_before == 0 || of == 0 {
                    return None;
                }
                // Both in basis points of tickets, to compare without rounding.
                let whole = i64::from(Share::WHOLE_BP);
                let change_bp = missed * whole / of - before_missed * whole / of_before;
                let more = missed - before_missed * of / of_before;
                let is_clear = change_bp.abs() >= CHANGE_MIN_BP && more.abs() >= TICKETS_MIN;
                if is_clear { more } else { 0 }
            }
        };
        Some(match more.signum() {
            1 => Self::Worse,
            -1 => Self::Better,
            _ => Self::Steady,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::Target;

    fn point(missed: u32, decided: u32) -> PastPoint {
        PastPoint { decided, missed, state: VerdictState::Met, arrived: 0, answered: 0 }
    }

    #[test]
    fn a_share_has_a_trend_from_two_points_and_three_tickets_on() {
        let level = Level::Within {
            target: Target::calendar(Elapsed::from_ms(1)),
            by_priority: [None; 4],
            share: Share::EIGHTY_PERCENT,
            min_tickets: 1,
        };
        let trend = |before: (u32, u32), now: (u32, u32)| {
            Trend::between(point(before.0, before.1), point(now.0, now.1), &level)
        };
        assert_eq!(trend((10, 100), (13, 100)), Some(Trend::Worse));
        assert_eq!(trend((10, 100), (12, 100)), Some(Trend::Steady), "two tickets");
        assert_eq!(trend((100, 1_000), (119, 1_000)), Some(Trend::Steady), "1.9 points");
        assert_eq!(trend((100, 1_000), (80, 1_000)), Some(Trend::Better));
        assert_eq!(trend((1, 10), (3, 30)), Some(Trend::Steady), "the same share");
        assert_eq!(trend((1, 10), (0, 0)), None);
    }

    #[test]
    fn a_limit_has_a_trend_by_the_tickets_over_it() {
        let level = Level::NoneOver(Target::calendar(Elapsed::from_ms(1)));
        let trend = |before, now| Trend::between(point(before, before), point(now, now), &level);
        assert_eq!(trend(2, 3), Some(Trend::Worse));
        assert_eq!(trend(1, 0), Some(Trend::Better));
        assert_eq!(trend(0, 0), Some(Trend::Steady));
        let unknown = PastPoint { state: VerdictState::InsufficientData, ..point(0, 0) };
        assert_eq!(Trend::between(unknown, point(1, 1), &level), None);
    }
}
