//! Working hours of teams, and the rate of new tickets by hour and weekday.

use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

/// Helsinki without summer time, which is enough for a demo.
const ZONE: Elapsed = Elapsed::from_ms(2 * HOUR_MS);

/// Tickets in each hour of the day, of a thousand in the day.
const HOURLY_PER_MILLE: [i64; 24] =
    [8, 5, 4, 4, 5, 8, 20, 40, 75, 95, 95, 85, 75, 75, 75, 70, 60, 50, 42, 36, 30, 22, 14, 7];

/// Tickets on a day of the weekend, in percent of those on a weekday.
const WEEKEND_PERCENT: i64 = 60;

/// A period in which a team answers nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silence {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// The working hours of a team.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkingHours {
    /// Opening and closing hour on weekdays.
    pub(super) weekdays: [i64; 2],
    /// Opening and closing hour on the weekend.
    pub(super) weekends: [i64; 2],
    /// A period without work, if any.
    pub(super) silence: Option<Silence>,
}

impl WorkingHours {
    /// When work is done that takes this much working time and starts as soon as possible from `at` on.
    pub(super) fn done(&self, at: Timestamp, work: Elapsed) -> Timestamp {
        let mut left = work;
        let mut day = day(at);
        loop {
            let [opens, closes] = self.opening(day);
            let begins = opens.max(at);
            let capacity = closes.since(begins);
            if begins < closes && left <= capacity {
                return begins.plus(left);
            }
            left = left.less(capacity);
            day += 1;
        }
    }

    /// The opening and closing time of a day. Without work on that day, it closes before it opens.
    fn opening(&self, day: i64) -> [Timestamp; 2] {
        let hours = if is_weekend(day) { self.weekends } else { self.weekdays };
        let [opens, closes] = hours.map(|hour| {
            Timestamp::from_ms(day * DAY_MS).minus(ZONE).plus(Elapsed::from_ms(hour * HOUR_MS))
        });
        match self.silence {
            Some(Silence { from, to }) if opens < from => {
                [opens, if to < closes { closes } else { closes.min(from) }]
            }
            Some(Silence { to, .. }) => [opens.max(to), closes],
            None => [opens, closes],
        }
    }
}

/// The number of the local day of an instant.
pub(super) fn day(at: Timestamp) -> i64 {
    at.plus(ZONE).ms().div_euclid(DAY_MS)
}

/// The local hour of an instant, from 0 to 23.
pub(super) fn hour(at: Timestamp) -> i64 {
    at.plus(ZONE).ms().rem_euclid(DAY_MS) / HOUR_MS
}

/// Tickets in a million minutes like this one, for a team that gets `per_day` tickets on a weekday.
pub(super) fn tickets_per_million(at: Timestamp, per_day: i64) -> i64 {
    let hour = usize::try_from(hour(at)).unwrap_or(0);
    let percent = if is_weekend(day(at)) { WEEKEND_PERCENT } else { 100 };
    per_day * HOURLY_PER_MILLE[hour] * percent * 10 / 60
}

/// When a team talks next: on the first Monday after an instant, at 9:20.
pub(super) fn next_talk(after: Timestamp) -> Timestamp {
    let today = day(after);
    let monday = today + 7 - (today + 3).rem_euclid(7);
    let morning = Elapsed::from_ms(9 * HOUR_MS + 20 * MINUTE_MS);
    Timestamp::from_ms(monday * DAY_MS).minus(ZONE).plus(morning)
}

fn is_weekend(day: i64) -> bool {
    // The first day of 1970 was a Thursday.
    (day + 3).rem_euclid(7) >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_talks_on_mondays() {
        let talk = |text| next_talk(Timestamp::parse(text).unwrap()).to_string();
        assert_eq!(talk("2026-11-16T06:00:00Z"), "2026-11-23T07:20:00Z", "on a Monday");
        assert_eq!(talk("2026-11-22T21:59:59Z"), "2026-11-23T07:20:00Z", "on a Sunday");
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn work_is_done_in_working_hours() {
        let silence = Some(Silence {
            from: at("2026-11-26T12:00:00+02:00"),
            to: at("2026-11-28T11:00:00+02:00"),
        });
        let hours = WorkingHours { weekdays: [8, 18], weekends: [10, 16], silence };
        for (asked, work, done) in [
            ("2026-11-23T09:00:00+02:00", "1h", "2026-11-23T10:00:00+02:00"),
            ("2026-11-23T17:30:00+02:00", "1h", "2026-11-24T08:30:00+02:00"),
            ("2026-11-22T23:00:00+02:00", "10h", "2026-11-23T18:00:00+02:00"),
            ("2026-11-21T09:00:00+02:00", "7h", "2026-11-22T11:00:00+02:00"),
            ("2026-11-26T11:30:00+02:00", "1h", "2026-11-28T11:30:00+02:00"),
            ("2026-11-27T11:30:00+02:00", "5h", "2026-11-28T16:00:00+02:00"),
        ] {
            let work = Elapsed::parse(work).unwrap();
            assert_eq!(hours.done(at(asked), work), at(done), "{asked}");
        }
    }

    #[test]
    fn the_rates_of_a_day_sum_up_to_its_tickets() {
        assert_eq!(HOURLY_PER_MILLE.iter().sum::<i64>(), 1_000);
        let monday = at("2026-11-23T00:00:00+02:00");
        let of_day = |day: i64| -> i64 {
            let minutes = (0..24 * 60)
                .map(|minute| monday.plus(Elapsed::from_ms(day * DAY_MS + minute * HOUR_MS / 60)));
            minutes.map(|at| tickets_per_million(at, 40)).sum()
        };
        assert!((39_900_000..=40_000_000).contains(&of_day(0)), "{}", of_day(0));
        assert!((23_900_000..=24_000_000).contains(&of_day(6)), "{}", of_day(6));
    }
}
