//! The hours of the week as pictures: when customers ask, and when they are answered.

use chrono::{Datelike, Timelike};
use maud::{Markup, html};

use super::view_model::{Board, ObjectiveView};
use crate::calendar::Zone;
use crate::past::Past;
use crate::time::{DAY_MS, Elapsed};

/// The weeks that the hours of the week are counted over.
const WEEKS: i64 = 4;

/// With fewer answers, hours without one say nothing.
const ANSWERS_MIN: u64 = 40;

/// A shorter time without an answer is no night.
const SILENT_HOURS_MIN: usize = 3;

/// The number of shades for hours of the week in which something happened.
const SHADES: u64 = 4;

/// Waits that began and that were answered, by hour of the week.
struct WeekHours {
    /// By weekday, then by hour.
    arrived: [[u64; 24]; 7],
    answered: [[u64; 24]; 7],
    /// Whether the past reaches back over all weeks.
    is_whole: bool,
}

impl WeekHours {
    fn of(past: &Past, view: ObjectiveView<'_>, zone: &Zone) -> Self {
        let from = past.last.start().minus(Elapsed::from_ms(WEEKS * 7 * DAY_MS));
        let is_whole = past.first.start() <= from;
        let mut all = Self { arrived: [[0; 24]; 7], answered: [[0; 24]; 7], is_whole };
        let points = past.points_of(view.id).rev().take_while(|(hour, _)| hour.start() > from);
        for (hour, point) in points {
            // A point has what happened in the hour before it.
            let began = hour.start().minus(Elapsed::from_ms(1));
            let Some(at) = zone.local_time(began) else { continue };
            let (day, hour) = (at.weekday().num_days_from_monday() as usize, at.hour() as usize);
            for (table, count) in
                [(&mut all.arrived, point.arrived), (&mut all.answered, point.answered)]
            {
                if let Some(sum) = table.get_mut(day).and_then(|hours| hours.get_mut(hour)) {
                    *sum += u64::from(count);
                }
            }
        }
        all
    }

    /// The waits that began in an hour of the week in which nothing was answered, and all that began.
    fn unheard(&self) -> (u64, u64) {
        let both = self.arrived.iter().flatten().zip(self.answered.iter().flatten());
        both.fold((0, 0), |(unheard, all), (arrived, answered)| {
            (unheard + if *answered == 0 { *arrived } else { 0 }, all + arrived)
        })
    }
}

/// When nobody answers.
#[derive(Debug, PartialEq, Eq)]
struct UnansweredHours {
    /// The weekdays without an answer, from 0 for Monday.
    days: Vec<usize>,
    /// The longest time of the day in which nobody answers on any day: its first hour, and the one after its
    /// last. It may go on after midnight.
    hours: Option<[usize; 2]>,
}

impl UnansweredHours {
    /// From the answers by weekday and hour; empty with fewer than [`ANSWERS_MIN`].
    fn of(answered: &[[u64; 24]; 7]) -> Self {
        let is_silent = |day: &[u64; 24]| day.iter().all(|count| *count == 0);
        if answered.iter().flatten().sum::<u64>() < ANSWERS_MIN {
            return Self { days: Vec::new(), hours: None };
        }
        let days = answered.iter().enumerate().filter(|(_, day)| is_silent(day));
        let in_hour =
            |hour: usize| answered.iter().filter_map(|day| day.get(hour % 24)).sum::<u64>();
        let length = |from: usize| (from..from + 24).take_while(|hour| in_hour(*hour) == 0).count();
        // Of two that are as long, the earlier one.
        let longest = (0..24).rev().max_by_key(|from| length(*from)).unwrap_or(0);
        let hours = [longest, (longest + length(longest)) % 24];
        let is_long = length(longest) >= SILENT_HOURS_MIN;
        Self { days: days.map(|(day, _)| day).collect(), hours: is_long.then_some(hours) }
    }
}

/// When nobody answers, in sentences; empty if somebody always does, and until the past has all weeks.
fn silence(board: &Board<'_>, hours: &WeekHours) -> String {
    let texts = board.texts;
    if !hours.is_whole {
        return String::new();
    }
    let UnansweredHours { days, hours } = UnansweredHours::of(&hours.answered);
    let of_hours = hours.map(|[from, to]| {
        texts.format("week-silent-hours", &[("from", from.into()), ("to", to.into())])
    });
    let names = days.iter().map(|day| weekday(board, *day)).collect::<Vec<_>>();
    let of_days = (!names.is_empty()).then(|| {
        let names = names.join(&texts.text("list-mark"));
        texts.format("week-silent-days", &[("days", names.into())])
    });
    of_hours.into_iter().chain(of_days).collect::<Vec<_>>().join(" ")
}

fn weekday(board: &Board<'_>, day: usize) -> String {
    board.texts.format("weekday", &[("number", (day as u64 + 1).into())])
}

/// When customers ask and when they are answered, by hour of the week.
pub(super) fn section(board: &Board<'_>, view: ObjectiveView<'_>, past: &Past) -> Markup {
    let texts = board.texts;
    let hours = WeekHours::of(past, view, &board.zone);
    let (unheard, all) = hours.unheard();
    let silence = silence(board, &hours);
    let measure = || ("measure", view.objective.measure.label().into());
    html! {
        @if all > 0 && view.objective.measure.is_timed() {
            section class="whole" {
                h2 { (texts.text("heading-week")) }
                p {
                    (texts.format("week-unheard", &[("count", unheard.into()), ("all", all.into())]))
                }
                div class="weeks" {
                    (week_grid(board, &hours, &hours.arrived, &texts.format("week-arrived", &[measure()])))
                    (week_grid(board, &hours, &hours.answered, &texts.format("week-answered", &[measure()])))
                }
                @if !silence.is_empty() { p { (silence) } }
                p class="legend" { (texts.text("week-legend")) }
            }
        }
    }
}

/// The hours of the week as a grid of shades.
fn week_grid(
    board: &Board<'_>,
    hours: &WeekHours,
    shown: &[[u64; 24]; 7],
    caption: &str,
) -> Markup {
    let most = shown.iter().flatten().copied().max().unwrap_or(0).max(1);
    html! {
        figure class="plot week" {
            figcaption { (caption) }
            div class="plot-area" {
                div class="plot-y" aria-hidden="true" { @for day in 0..7 { span { (weekday(board, day)) } } }
                svg class="heat" viewBox="0 0 240 70" preserveAspectRatio="none" role="img"
                    aria-label=(caption) {
                    @for (day, row) in shown.iter().enumerate() {
                        @for (hour, count) in row.iter().enumerate() {
                            rect class={ "h" (shade(*count, most)) } x=(hour * 10) y=(day * 10)
                                width="9.4" height="9.2" {
                                @if *count > 0 { title { (hour_text(board, hours, day, hour)) } }
                            }
                        }
                    }
                }
            }
            div class="plot-x hours" aria-hidden="true" {
                @for hour in [0, 6, 12, 18, 24] { span { (hour) } }
            }
        }
    }
}

/// What happened in an hour of the week.
fn hour_text(board: &Board<'_>, hours: &WeekHours, day: usize, hour: usize) -> String {
    let texts = board.texts;
    let count = |table: &[[u64; 24]; 7]| {
        table.get(day).and_then(|hours| hours.get(hour)).copied().unwrap_or(0)
    };
    texts.format(
        "week-hour",
        &[
            ("weekday", weekday(board, day).into()),
            ("from", (hour as u64).into()),
            ("to", (hour as u64 + 1).into()),
            ("arrived", count(&hours.arrived).into()),
            ("answered", count(&hours.answered).into()),
        ],
    )
}

/// The shade of a count: 0 for nothing, else by its part of the largest.
fn shade(count: u64, most: u64) -> u64 {
    (count * SHADES).div_ceil(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_answers_in_the_longest_time_without_an_answer_on_any_day() {
        let mut answered = [[0; 24]; 7];
        for day in &mut answered[..5] {
            day[8..18].fill(1);
        }
        let silence = |days: &[usize], hours| UnansweredHours { days: days.to_vec(), hours };
        assert_eq!(UnansweredHours::of(&answered), silence(&[5, 6], Some([18, 8])));
        // One answer on one evening.
        answered[2][22] = 1;
        assert_eq!(UnansweredHours::of(&answered), silence(&[5, 6], Some([23, 8])));
        answered[6][6] = 1;
        assert_eq!(UnansweredHours::of(&answered), silence(&[5], Some([23, 6])));
        // Two hours are no night.
        for hour in (0..24).step_by(3) {
            answered[5][hour] = 1;
        }
        assert_eq!(UnansweredHours::of(&answered), silence(&[], None));
    }

    #[test]
    fn few_answers_say_nothing_of_the_hours_without_one() {
        let mut answered = [[0; 24]; 7];
        answered[0][9] = ANSWERS_MIN - 1;
        assert_eq!(
            UnansweredHours::of(&answered),
            UnansweredHours { days: Vec::new(), hours: None }
        );
        answered[0][9] += 1;
        assert_eq!(UnansweredHours::of(&answered).hours, Some([10, 9]));
    }
}
