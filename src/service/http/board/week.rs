//! The hours of the week as pictures: when customers ask, and when they are answered.

use chrono::{Datelike, Timelike};
use maud::{Markup, html};

use super::view_model::{Board, ObjectiveView};
use crate::calendar::Zone;
use crate::past::Past;
use crate::time::{DAY_MS, Elapsed};

/// The weeks that the hours of the week are counted over.
const WEEKS: i64 = 4;

/// The number of shades for hours of the week in which something happened.
const SHADES: u64 = 4;

/// Waits that began and that were answered, by hour of the week.
struct WeekHours {
    /// By weekday, then by hour.
    arrived: [[u64; 24]; 7],
    answered: [[u64; 24]; 7],
}

impl WeekHours {
    fn of(past: &Past, view: ObjectiveView<'_>, zone: &Zone) -> Self {
        let mut all = Self { arrived: [[0; 24]; 7], answered: [[0; 24]; 7] };
        let from = past.last.start().minus(Elapsed::from_ms(WEEKS * 7 * DAY_MS));
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

/// When customers ask and when they are answered, by hour of the week.
pub(super) fn section(board: &Board<'_>, view: ObjectiveView<'_>, past: &Past) -> Markup {
    let texts = board.texts;
    let hours = WeekHours::of(past, view, &board.zone);
    let (unheard, all) = hours.unheard();
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
    let texts = board.texts;
    let most = shown.iter().flatten().copied().max().unwrap_or(0).max(1);
    let weekday = |day: usize| texts.format("weekday", &[("number", (day as u64 + 1).into())]);
    html! {
        figure class="plot week" {
            figcaption { (caption) }
            div class="plot-area" {
                div class="plot-y" aria-hidden="true" { @for day in 0..7 { span { (weekday(day)) } } }
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
            ("weekday", texts.format("weekday", &[("number", (day as u64 + 1).into())]).into()),
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
