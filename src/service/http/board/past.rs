//! The past of objectives as pictures: a strip of days, the share over time, the hours of the week.
//!
//! # Design
//! Pictures are SVG from the server. A plotting library of npm would need a script for a page that otherwise
//! needs none, would draw on a canvas that no screen reader reads, and could not be part of a snapshot. The
//! pictures stretch with the page, so their texts are HTML beside them. Each has a table with the same
//! figures, or a text for each mark.

use std::fmt::Write as _;

use chrono::{DateTime, FixedOffset, NaiveDate};
use maud::{Markup, html};

use super::components::state_class;
use super::components::state_key;
use super::view_model::{Board, ObjectiveView, share_shown};
use super::week;
use crate::address;
use crate::agreement::{Level, Tally, VerdictState};
use crate::calendar::Zone;
use crate::past::{Hour, Past, PastPoint, Trend};
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// The days of a strip.
pub(super) const STRIP_DAYS: usize = 30;

/// How long a past the plot shows.
const PLOT_FOR: Elapsed = Elapsed::from_ms(90 * DAY_MS);

/// Maximum points of a line. More would not be seen.
const LINE_POINTS_MAX: usize = 400;

/// The width and the height of the coordinates of a plot.
pub(super) const WIDTH: u64 = 1_000;
pub(super) const HEIGHT: u64 = 300;

/// One day of an objective: the verdict that held for most of its hours, and its last point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service::http) struct PastDay {
    pub(super) date: NaiveDate,
    pub(in crate::service::http) state: VerdictState,
    pub(super) last: PastPoint,
    /// When the last point was.
    pub(super) at: Timestamp,
}

/// The last `most` days of an objective in a zone, in order of time.
pub(in crate::service::http) fn days(
    points: impl DoubleEndedIterator<Item = (Hour, PastPoint)>,
    zone: &Zone,
    most: usize,
) -> Vec<PastDay> {
    let mut days: Vec<PastDay> = Vec::new();
    let mut hours: Vec<VerdictState> = Vec::new();
    for (hour, point) in points.rev() {
        let Some(date) = local(zone, hour.start()).map(|at| at.date_naive()) else { continue };
        if days.last().is_none_or(|day| day.date != date) {
            if days.len() == most {
                break;
            }
            hours.clear();
            days.push(PastDay { date, state: point.state, last: point, at: hour.start() });
        }
        hours.push(point.state);
        if let Some(day) = days.last_mut() {
            day.state = most_common(&hours);
        }
    }
    days.reverse();
    days
}

/// The state that most of these are; of two that are as common, the worse one.
pub(super) fn most_common(states: &[VerdictState]) -> VerdictState {
    let count = |state: VerdictState| states.iter().filter(|other| **other == state).count();
    let order = [
        VerdictState::Missed,
        VerdictState::AtRisk,
        VerdictState::Met,
        VerdictState::InsufficientData,
    ];
    let best = order.into_iter().rev().max_by_key(|state| count(*state));
    best.unwrap_or(VerdictState::InsufficientData)
}

fn local(zone: &Zone, at: Timestamp) -> Option<DateTime<FixedOffset>> {
    zone.local_time(at)
}

/// The days of an objective as a strip of marks, with a text that counts them; empty without a past.
pub(super) fn strip(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let Some(derived) = board.past else { return html! {} };
    let days = days(derived.past.points_of(view.id), &board.zone, STRIP_DAYS);
    let texts = board.texts;
    let count = |state| days.iter().filter(|day| day.state == state).count() as u64;
    let label = texts.format(
        "strip-label",
        &[
            ("days", (days.len() as u64).into()),
            ("missed", count(VerdictState::Missed).into()),
            ("at-risk", count(VerdictState::AtRisk).into()),
            ("met", count(VerdictState::Met).into()),
        ],
    );
    // The first day is on the right as in all strips, so that they can be compared.
    let first = STRIP_DAYS - days.len();
    html! {
        @if !days.is_empty() {
            svg class="strip" viewBox={ "0 0 " (STRIP_DAYS * 10) " 30" } preserveAspectRatio="none"
                role="img" aria-label=(label) {
                @for (state, path) in runs(first, &days) { path class=(state_class(state)) d=(path) {} }
            }
        }
    }
}

/// The days of each state as one path. Days of one state that follow each other are one mark: with a mark for
/// each day, the page of 200 teams would be twice as long.
fn runs(first: usize, days: &[PastDay]) -> Vec<(VerdictState, String)> {
    let mut paths: Vec<(VerdictState, String)> = Vec::new();
    let mut at = first;
    for run in days.chunk_by(|one, next| one.state == next.state) {
        let Some(state) = run.first().map(|day| day.state) else { continue };
        let (x, width, height) = (at * 10, run.len() * 10 - 1, height_of(state));
        let mark = format!("M{x} {}h{width}v{height}h-{width}z", 30 - height);
        match paths.iter_mut().find(|(other, _)| *other == state) {
            Some((_, path)) => path.push_str(&mark),
            None => paths.push((state, mark)),
        }
        at += run.len();
    }
    paths
}

/// The height of a mark: a state has a colour and a height.
const fn height_of(state: VerdictState) -> usize {
    match state {
        VerdictState::Missed => 30,
        VerdictState::AtRisk => 20,
        VerdictState::Met => 10,
        VerdictState::InsufficientData | VerdictState::Frozen | VerdictState::NotAgreed => 4,
    }
}

/// The mark of one day.
fn mark(index: usize, state: VerdictState, title: &Markup) -> Markup {
    let height = height_of(state);
    html! {
        rect class=(state_class(state)) x=(index * 10) y=(30 - height) width="9" height=(height) { (title) }
    }
}

/// Where an objective is going, as a word; `None` where that is not known.
pub(super) fn trend_word(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let derived = board.past?;
    let key = match derived.past.trend(view.id, board.catalog)? {
        Trend::Better => "trend-better",
        Trend::Steady => "trend-steady",
        Trend::Worse => "trend-worse",
    };
    Some(board.texts.text(key))
}

/// Since when the objective has the state that it has now; `None` if that is not known.
fn since(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let past = &board.past?.past;
    let is_same = past.point(view.id, past.last)?.state == view.last_state();
    let since = past.unchanged_since(view.id).filter(|_| is_same)?;
    let state = board.texts.text(state_key(view.last_state()));
    let at = board.instant(since.start());
    Some(board.texts.format("past-since", &[("state", state.into()), ("at", at.into())]))
}

/// Where an objective is going, with the figures that are compared; `None` where that is not known.
fn trend(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let past = &board.past?.past;
    let (hour, before) = past.compared_point(view.id, board.catalog)?;
    let now = past.point(view.id, past.last)?;
    let shown = |point: PastPoint, at: Hour| {
        if view.has_share() {
            share_of(board, view, point, at.start())
        } else {
            y_label(board, view, point.missed.into())
        }
    };
    let args = [
        ("trend", trend_word(board, view)?.into()),
        ("before", shown(before, hour).into()),
        ("then", board.instant(hour.start()).into()),
        ("now", shown(now, past.last).into()),
        ("at", board.instant(past.last.start()).into()),
    ];
    Some(board.texts.format("trend-figures", &args))
}

/// The past of an objective: its days, its share over time, and the hours of the week.
pub(super) fn section(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let Some(derived) = board.past else { return html! {} };
    let past = &derived.past;
    let days = days(past.points_of(view.id), &board.zone, STRIP_DAYS);
    let rule = Trend::compared_with(view.over);
    html! {
        @if !days.is_empty() {
            section class="whole" {
                h2 { (texts.text("heading-past")) }
                @if let Some(since) = since(board, view) { p { (since) } }
                @if let Some(trend) = trend(board, view) {
                    p {
                        strong { (trend) } " "
                        span class="detail" {
                            (texts.format("trend-rule", &[("length", texts.duration(rule).into())]))
                        }
                    }
                }
                (calendar_strip(board, &days))
                (plot(board, view, past))
                (day_table(board, view, &days))
                p class="more" { (download(board, view)) }
            }
            (week::section(board, view, past))
        }
    }
}

/// The link to the past hour by hour.
fn download(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let name = board.catalog.scope_name(view.scope);
    let path = address::objective_history_csv(name, &view.objective.name);
    html! { a href=(path) download { (board.texts.text("past-csv")) } }
}

/// The days as a large strip; each mark has a text.
fn calendar_strip(board: &Board<'_>, days: &[PastDay]) -> Markup {
    let texts = board.texts;
    let first = STRIP_DAYS - days.len();
    let ends = [days.first(), days.last()].map(|day| day.map(|day| texts.date(day.date)));
    html! {
        figure class="plot" {
            figcaption { (texts.format("strip-caption", &[("days", (days.len() as u64).into())])) }
            svg class="strip large" viewBox={ "0 0 " (STRIP_DAYS * 10) " 30" } preserveAspectRatio="none"
                role="img" aria-label=(texts.text("strip-see-table")) {
                @for (index, day) in days.iter().enumerate() {
                    (mark(first + index, day.state, &html! {
                        title { (texts.date(day.date)) ": " (texts.text(state_key(day.state))) }
                    }))
                }
            }
            div class="plot-x" aria-hidden="true" {
                @for end in ends.into_iter().flatten() { span { (end) } }
            }
        }
    }
}

/// The days as a table.
fn day_table(board: &Board<'_>, view: ObjectiveView<'_>, days: &[PastDay]) -> Markup {
    let texts = board.texts;
    let count = |count: u32| texts.format("count", &[("count", u64::from(count).into())]);
    html! {
        details {
            summary { (texts.text("as-table")) }
            p class="legend" { (texts.text("days-explained")) }
            div class="scroll" tabindex="0" role="region" aria-label=(texts.text("heading-past")) {
                table {
                    thead {
                        tr {
                            th scope="col" { (texts.text("column-day")) }
                            th scope="col" { (texts.text("column-day-verdict")) }
                            th scope="col" { (texts.text("column-last-verdict")) }
                            @if view.has_share() { th scope="col" { (texts.text("column-past-share")) } }
                            th scope="col" { (texts.text("column-over-target")) }
                            @if view.has_share() { th scope="col" { (texts.text("column-decided")) } }
                        }
                    }
                    tbody {
                        @for day in days.iter().rev() {
                            tr {
                                th scope="row" { (texts.date(day.date)) }
                                td { (texts.text(state_key(day.state))) }
                                td { (texts.text(state_key(day.last.state))) }
                                @if view.has_share() { td { (share_of(board, view, day.last, day.at)) } }
                                td { (count(day.last.missed)) }
                                @if view.has_share() { td { (count(day.last.decided)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The share of a point as text, by the level in force then.
pub(super) fn share_of(
    board: &Board<'_>,
    view: ObjectiveView<'_>,
    point: PastPoint,
    at: Timestamp,
) -> String {
    let texts = board.texts;
    let shown = match view.objective.level_at(at) {
        Level::Within { share, .. } => share_shown(tally(point), *share),
        Level::NoneOver(_) => None,
    };
    shown.map_or_else(|| texts.text("none"), |bp| texts.percent(bp))
}

fn tally(point: PastPoint) -> Tally {
    Tally { decided: point.decided.into(), missed: point.missed.into(), ..Tally::default() }
}

/// The values of a line at each of its hours; `None` where nothing is known.
type LineValues = Vec<(Hour, Option<u64>)>;

/// The share, or the number of tickets over a limit, over time. With lines for what is agreed, what the
/// market's target would have given, and for changes of the level.
fn plot(board: &Board<'_>, view: ObjectiveView<'_>, past: &Past) -> Markup {
    let texts = board.texts;
    let first = Hour::from(past.last.start().minus(PLOT_FOR)).max(past.first);
    let shown = past.points_of(view.id).filter(|(hour, _)| *hour >= first);
    let points: Vec<_> = shown.skip_while(|(_, point)| value(view, *point).is_none()).collect();
    let first = points.first().map_or(first, |(hour, _)| *hour);
    let hours = past.last.since(first).unwrap_or(0);
    let step = (points.len() / LINE_POINTS_MAX).max(1);
    // From the end, so that the last point is always there.
    let mut kept: Vec<_> = points.into_iter().rev().step_by(step).collect();
    kept.reverse();
    let own: LineValues = kept.iter().map(|(hour, point)| (*hour, value(view, *point))).collect();
    let agreed = kept.iter().map(|(hour, _)| (*hour, agreed_at(view, *hour)));
    let agreed: LineValues = agreed.filter(|_| view.has_share()).collect();
    let market = market_line(board, view);
    let scale = Scale::of([&own, &agreed, &market], view.has_share(), first, hours);
    let changes = view.objective.previous_levels.iter().map(|previous| Hour::from(previous.until));
    let changes: Vec<Hour> = changes.filter(|hour| (first..past.last).contains(hour)).collect();
    let key = if view.has_share() { "plot-share" } else { "plot-over" };
    let caption = texts.format(key, &[("window", texts.window(view.over).into())]);
    html! {
        @if kept.len() > 1 {
            figure class="plot" {
                figcaption { (caption) }
                div class="plot-area" {
                    div class="plot-y" aria-hidden="true" {
                        @for value in scale.labels() { span { (y_label(board, view, value)) } }
                    }
                    svg class={ "lines " (state_class(view.last_state())) }
                        viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img"
                        aria-label={ (caption) ". " (texts.text("strip-see-table")) } {
                        @for y in [0, HEIGHT / 2, HEIGHT] { path class="grid" d={ "M0 " (y) "H" (WIDTH) } {} }
                        @for change in &changes {
                            path class="change" d={ "M" (scale.x(*change)) " 0V" (HEIGHT) } {}
                        }
                        path class="market" d=(scale.path(&market)) {}
                        path class="agreed" d=(scale.path(&agreed)) {}
                        path class="own" d=(scale.path(&own)) {}
                    }
                }
                div class="plot-x" aria-hidden="true" {
                    @for hour in [first, first.plus(hours / 2), past.last] {
                        span { (date(board, hour.start())) }
                    }
                }
                p class="legend keys" {
                    (key_of("own", &texts.text(if view.has_share() { "key-share" } else { "key-over" })))
                    @if view.has_share() { (key_of("agreed", &texts.text("key-agreed"))) }
                    @if !market.is_empty() { (key_of("market", &texts.text("key-market"))) }
                    @if !changes.is_empty() { (key_of("change", &texts.text("key-change"))) }
                }
            }
        }
    }
}

/// A line of the legend.
pub(super) fn key_of(class: &str, text: &str) -> Markup {
    html! {
        span class="key" {
            svg class={ "lines " (class) } viewBox="0 0 20 10" width="20" height="10" aria-hidden="true" {
                path class=(class) d="M0 5H20" {}
            }
            " " (text)
        }
    }
}

/// A day in the zone of the page.
fn date(board: &Board<'_>, at: Timestamp) -> String {
    local(&board.zone, at).map_or_else(String::new, |at| board.texts.date(at.date_naive()))
}

fn y_label(board: &Board<'_>, view: ObjectiveView<'_>, value: u64) -> String {
    if view.has_share() {
        board.texts.percent(u32::try_from(value).unwrap_or(Share::WHOLE_BP))
    } else {
        board.texts.format("count", &[("count", value.into())])
    }
}

/// The value of a point in a plot: a share in basis points, or the number over a limit.
fn value(view: ObjectiveView<'_>, point: PastPoint) -> Option<u64> {
    if view.has_share() {
        tally(point).compliance_bp().map(u64::from)
    } else {
        Some(point.missed.into())
    }
}

fn agreed_at(view: ObjectiveView<'_>, hour: Hour) -> Option<u64> {
    match view.objective.level_at(hour.start()) {
        Level::Within { share, .. } => Some(share.basis_points().into()),
        Level::NoneOver(_) => None,
    }
}

/// The share within the market's target over time; empty without a market, or where it was not tried.
fn market_line(board: &Board<'_>, view: ObjectiveView<'_>) -> LineValues {
    let Some((derived, market)) = board.past.zip(view.objective.market.as_ref()) else {
        return Vec::new();
    };
    let tried = &derived.tried;
    let within = tried.targets_of(view.id).iter().find(|tried| tried.target == market.within);
    let points = within.into_iter().flat_map(|within| tried.past.points_of(within.id));
    let known = points.filter(|(_, point)| point.state != VerdictState::InsufficientData);
    known.map(|(hour, point)| (hour, value(view, point))).collect()
}

/// The scales of a plot.
struct Scale {
    first: Hour,
    hours: u64,
    least: u64,
    most: u64,
}

impl Scale {
    /// Shares reach up to 100 % and down to the whole ten per cent below the least; counts begin at 0.
    fn of(lines: [&LineValues; 3], is_share: bool, first: Hour, hours: usize) -> Self {
        let all = || lines.into_iter().flatten().filter_map(|(_, value)| *value);
        let whole = u64::from(Share::WHOLE_BP);
        let (least, most) = if is_share {
            let least = all().min().unwrap_or(0);
            (least.saturating_sub(1) / 1_000 * 1_000, whole)
        } else {
            (0, all().max().unwrap_or(0).max(2).next_multiple_of(2))
        };
        Self { first, hours: hours.max(1) as u64, least, most }
    }

    /// The values at the top, in the middle and at the bottom.
    fn labels(&self) -> [u64; 3] {
        [self.most, u64::midpoint(self.most, self.least), self.least]
    }

    fn x(&self, hour: Hour) -> u64 {
        hour.since(self.first).unwrap_or(0) as u64 * WIDTH / self.hours
    }

    fn y(&self, value: u64) -> u64 {
        let range = (self.most - self.least).max(1);
        HEIGHT - value.clamp(self.least, self.most).saturating_sub(self.least) * HEIGHT / range
    }

    /// The line through all known values. It has gaps where none is known.
    fn path(&self, values: &LineValues) -> String {
        let mut path = String::new();
        let mut is_drawing = false;
        for (hour, value) in values {
            let Some(value) = value.filter(|_| *hour >= self.first) else {
                is_drawing = false;
                continue;
            };
            let command = if is_drawing { 'L' } else { 'M' };
            is_drawing = true;
            // Writing to a string cannot fail.
            let _written = write!(path, "{command}{} {}", self.x(*hour), self.y(value));
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_as_most_of_its_hours_and_the_worse_of_two() {
        use VerdictState::{AtRisk, InsufficientData, Met, Missed};
        assert_eq!(most_common(&[Met, Met, Missed]), Met);
        assert_eq!(most_common(&[Met, Missed]), Missed);
        assert_eq!(most_common(&[AtRisk, Met, InsufficientData]), AtRisk);
        assert_eq!(most_common(&[InsufficientData, InsufficientData, Missed]), InsufficientData);
    }

    #[test]
    fn days_of_one_state_that_follow_each_other_are_one_mark() {
        let day = |state| PastDay {
            date: NaiveDate::default(),
            state,
            last: PastPoint { decided: 1, missed: 0, state, arrived: 0, answered: 0 },
            at: Timestamp::EVENT_MIN,
        };
        let [met, missed] = [VerdictState::Met, VerdictState::Missed].map(day);
        let days = [vec![met; 3], vec![missed; 2], vec![met; 1]].concat();
        let marks = runs(24, &days);
        let expected = [
            (VerdictState::Met, "M240 20h29v10h-29zM290 20h9v10h-9z"),
            (VerdictState::Missed, "M270 0h19v30h-19z"),
        ];
        assert_eq!(marks, expected.map(|(state, path)| (state, path.to_owned())));
    }

    #[test]
    fn a_day_is_one_of_the_zone_of_the_page() {
        let zone = Zone::compiled_in("Europe/Helsinki").unwrap();
        let point = |state| PastPoint { decided: 1, missed: 0, state, arrived: 0, answered: 0 };
        let hour = |text: &str| Hour::from(Timestamp::parse(text).unwrap());
        let points = [
            (hour("2026-11-20T21:00:00Z"), point(VerdictState::Met)),
            (hour("2026-11-20T22:00:00Z"), point(VerdictState::Missed)),
            (hour("2026-11-20T23:00:00Z"), point(VerdictState::Missed)),
        ];
        let days = days(points.into_iter(), &zone, 30);
        let shown: Vec<_> = days.iter().map(|day| (day.date.to_string(), day.state)).collect();
        assert_eq!(
            shown,
            [
                ("2026-11-20".to_owned(), VerdictState::Met),
                ("2026-11-21".to_owned(), VerdictState::Missed)
            ]
        );
    }
}
