//! When people work, ask and sleep.

use crate::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

/// Helsinki without summer time: a story needs no more.
const ZONE: Elapsed = Elapsed::from_ms(2 * HOUR_MS);

/// How many of a thousand of a day's tickets come in each of its hours.
const HOURLY_PER_MILLE: [i64; 24] =
    [8, 5, 4, 4, 5, 8, 20, 40, 75, 95, 95, 85, 75, 75, 75, 70, 60, 50, 42, 36, 30, 22, 14, 7];

/// How many of a hundred tickets of a weekday come on a day of the weekend.
const WEEKEND_PERCENT: i64 = 60;

/// A team's hours, every day of the week. Nobody works while the team is silent.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkingHours {
    /// From and to, on weekdays.
    pub(super) weekdays: [i64; 2],
    /// From and to, on the weekend.
    pub(super) weekends: [i64; 2],
    /// From when to when nobody answers, if ever.
    pub(super) silence: Option<[Timestamp; 2]>,
}

impl WorkingHours {
    /// When work is done that is begun at the first chance from `at` on and takes so much working time.
    pub(super) fn done(&self, at: Timestamp, work: Elapsed) -> Timestamp {
        let mut left = work;
        let mut day = day(at);
        loop {
            let [opens, closes] = self.stretch(day);
            let begins = opens.max(at);
            let capacity = closes.since(begins);
            if begins < closes && left <= capacity {
                return begins.plus(left);
            }
            left = left.less(capacity);
            day += 1;
        }
    }

    /// The working time of a day; empty where it ends before it begins.
    fn stretch(&self, day: i64) -> [Timestamp; 2] {
        let hours = if is_weekend(day) { self.weekends } else { self.weekdays };
        let [opens, closes] = hours.map(|hour| {
            Timestamp::from_ms(day * DAY_MS).minus(ZONE).plus(Elapsed::from_ms(hour * HOUR_MS))
        });
        match self.silence {
            Some([from, to]) if opens < from => {
                [opens, if to < closes { closes } else { closes.min(from) }]
            }
            Some([_, to]) => [opens.max(to), closes],
            None => [opens, closes],
        }
    }
}

/// The number of the local day that an instant lies in.
pub(super) fn day(at: Timestamp) -> i64 {
    at.plus(ZONE).ms().div_euclid(DAY_MS)
}

/// The local hour of an instant, from 0 to 23.
pub(super) fn hour(at: Timestamp) -> i64 {
    at.plus(ZONE).ms().rem_euclid(DAY_MS) / HOUR_MS
}

/// How many of a million minutes like this one bring a ticket to a team that gets so many on a weekday.
pub(super) fn tickets_per_million(at: Timestamp, per_day: i64) -> i64 {
    let hour = usize::try_from(hour(at)).unwrap_or(0);
    let percent = if is_weekend(day(at)) { WEEKEND_PERCENT } else { 100 };
    per_day * HOURLY_PER_MILLE[hour] * percent * 10 / 60
}

fn is_weekend(day: i64) -> bool {
    // The first day of 1970 was a Thursday.
    (day + 3).rem_euclid(7) >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn work_is_done_in_working_hours() {
        let silence = Some([at("2026-11-26T12:00:00+02:00"), at("2026-11-28T11:00:00+02:00")]);
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
    fn a_day_brings_as_many_tickets_as_said() {
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
