//! The past of an objective: its days, the plot, the trend, the hours of the week, and other targets.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Timelike};

use super::*;
use crate::calendar::Zone;
use crate::time::{DAY_MS, HOUR_MS};

/// One day, from the points of the API.
#[derive(Debug)]
pub(super) struct ShownDay {
    date: NaiveDate,
    /// The verdict of most of its hours; of two that are as common, the worse one.
    pub(super) state: String,
    /// Its last point.
    last: Value,
}

/// The history of an objective as the API gives it.
pub(super) struct PastShown<'a> {
    site: &'a Site<'a>,
    path: String,
    zone: Zone,
    /// The objective.
    objective: Value,
    pub(super) shown: Value,
}

fn instant(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().unwrap()).unwrap()
}

/// The label of the state that has a class.
pub(super) fn state_of(class: &str) -> &'static str {
    match class {
        "missed" => "missed",
        "at-risk" => "at_risk",
        "met" => "met",
        "insufficient" => "insufficient_data",
        other => panic!("{other}"),
    }
}

fn words_of(state: &str) -> &'static str {
    match state {
        "missed" => "Missed",
        "at_risk" => "At risk",
        "met" => "Met",
        "insufficient_data" => "Insufficient data",
        other => panic!("{other}"),
    }
}

fn most_common(states: &[&str]) -> String {
    // The worse ones come last.
    let order = ["insufficient_data", "met", "at_risk", "missed"];
    let count = |state: &&&str| states.iter().filter(|other| other == state).count();
    (*order.iter().max_by_key(count).unwrap()).to_owned()
}

/// A share with at most one decimal, from counts.
fn share_of(point: &Value) -> String {
    let [decided, missed] = ["decided", "missed"].map(|key| point[key].as_u64().unwrap());
    let tenths = ((decided - missed) * 1_000).checked_div(decided);
    tenths.map_or_else(|| "–".to_owned(), |tenths| percent(tenths as f64))
}

impl<'a> PastShown<'a> {
    pub(super) fn of(site: &'a Site<'a>, label: &str, name: &str) -> Self {
        let path = format!("/teams/{label}/objectives/{name}");
        let shown = api(site.address, &format!("/api/v1{path}/history"));
        let objective = api(site.address, &format!("/api/v1{path}"));
        let zone = Zone::compiled_in(shown["zone"].as_str().unwrap()).unwrap();
        Self { site, path, zone, objective, shown }
    }

    fn points(&self) -> &[Value] {
        self.shown["points"].as_array().unwrap()
    }

    fn date(&self, at: Timestamp) -> NaiveDate {
        self.zone.local_time(at).unwrap().date_naive()
    }

    fn has_share(&self) -> bool {
        self.objective["level"]["share"].is_number()
    }

    /// The days in order.
    pub(super) fn days(&self) -> Vec<ShownDay> {
        let mut by_date: BTreeMap<NaiveDate, Vec<&Value>> = BTreeMap::new();
        for point in self.points() {
            by_date.entry(self.date(instant(&point["at"]))).or_default().push(point);
        }
        let day = |(date, points): (NaiveDate, Vec<&Value>)| {
            let states: Vec<_> =
                points.iter().map(|point| point["state"].as_str().unwrap()).collect();
            let last = (*points.last().unwrap()).clone();
            ShownDay { date, state: most_common(&states), last }
        };
        by_date.into_iter().map(day).collect()
    }

    /// The large strip, and the table with the same days.
    fn check_days(&self, page: &str) -> usize {
        let days = self.days();
        let days = &days[days.len().saturating_sub(30)..];
        let strip = page.split("class=\"strip large\"").nth(1).unwrap();
        let strip = strip.split("</svg>").next().unwrap();
        let marks: Vec<_> = elements(strip, "title").iter().map(|mark| bare(mark)).collect();
        let date = |day: &ShownDay| bare(&self.site.texts.date(day.date));
        let expected = days.iter().map(|day| format!("{}: {}", date(day), words_of(&day.state)));
        assert_eq!(marks, expected.collect::<Vec<_>>(), "{}", self.path);
        let caption = elements(page, "figcaption").join(" ");
        assert!(caption.contains(&format!("the last {} days", days.len())), "{caption}");
        let table = page.split(">Day</th>").nth(1).unwrap().split("</table>").next().unwrap();
        let rows: Vec<_> = table.split("<tr>").skip(1).collect();
        assert_eq!(rows.len(), days.len());
        for (row, day) in rows.iter().zip(days.iter().rev()) {
            let count = |key: &str| day.last[key].to_string();
            let cells = if self.has_share() {
                vec![share_of(&day.last), count("missed"), count("decided")]
            } else {
                vec![count("missed")]
            };
            let last = words_of(day.last["state"].as_str().unwrap());
            let states = [words_of(&day.state), last].map(str::to_owned);
            let expected = [vec![date(day)], states.to_vec(), cells].concat();
            let shown = [elements(row, "th"), elements(row, "td")].concat();
            let shown: Vec<_> = shown.iter().map(|cell| bare(cell)).collect();
            assert_eq!(shown, expected, "{}", self.path);
        }
        rows.len()
    }

    /// Since when the verdict holds, and the two figures of the trend.
    fn check_trend(&self, page: &str) {
        let section = page.split("<h2>How it has been</h2>").nth(1).unwrap();
        let before_strip = section.split("<figure").next().unwrap();
        let last = self.points().last().unwrap();
        let since = &self.shown["unchanged_since"];
        if since.is_string() && last["state"] == self.objective["state"] {
            let at = self.site.texts.instant(instant(since), self.site.at, &self.zone);
            let state = words_of(last["state"].as_str().unwrap());
            let since = format!("{state} since {}.", bare(&at));
            assert!(bare(before_strip).contains(&since), "{since} in {before_strip}");
        } else {
            assert!(!before_strip.contains(" since "), "{before_strip}");
        }
        let trend = elements(before_strip, "strong");
        let Some(word) = self.shown["trend"].as_str() else {
            assert!(trend.is_empty(), "{trend:?}");
            return;
        };
        let over = Elapsed::parse(self.objective["level"]["over"].as_str().unwrap()).unwrap();
        let days = if over.ms() < 7 * DAY_MS { 1 } else { 7 };
        let earlier = instant(&self.shown["to"]).minus(Elapsed::from_ms(days * DAY_MS));
        let before = earlier.to_string();
        let before = self.points().iter().find(|point| point["at"] == *before).unwrap();
        let shown = |point: &Value| {
            if self.has_share() { share_of(point) } else { point["missed"].to_string() }
        };
        let word = if word == "steady" { word.to_owned() } else { format!("getting {word}") };
        let at = |at| bare(&self.site.texts.instant(at, self.site.at, &self.zone));
        let [then, now] = [at(earlier), at(instant(&self.shown["to"]))];
        let expected = format!("{word}: {} ({then}) → {} ({now})", shown(before), shown(last));
        assert_eq!(trend.iter().map(|text| bare(text)).collect::<Vec<_>>(), [expected]);
    }

    /// The level in force at an instant, as a share.
    fn agreed_at(&self, at: Timestamp) -> Option<f64> {
        let previous = self.objective["previous_levels"].as_array().unwrap();
        let level = previous.iter().find(|level| at < instant(&level["until"]));
        level.unwrap_or(&self.objective["level"])["share"].as_f64()
    }

    /// Each point of each line of the plot. The scale is read from the labels beside it.
    fn check_plot(&self, page: &str) -> usize {
        let section = page.split("<h2>How it has been</h2>").nth(1).unwrap();
        let section = section.split("</section>").next().unwrap();
        let Some(plot) = section.split("plot-area").nth(1) else { return 0 };
        let labels = of_class(plot, "plot-y").unwrap();
        let labels: Vec<f64> = labels
            .split_whitespace()
            .map(|label| label.trim_end_matches('%').parse().unwrap())
            .collect();
        let unit = if self.has_share() { 100.0 } else { 1.0 };
        let (top, bottom) = (labels[0] * unit, labels[labels.len() - 1] * unit);
        let value = |point: &Value, key: &str| match (self.has_share(), key) {
            (true, "agreed") => Some((self.agreed_at(instant(&point["at"]))? * 10_000.0).round()),
            (true, key) => Some((point[key].as_f64()? * 10_000.0).round()),
            (false, "compliance") => point["missed"].as_f64(),
            (false, _) => None,
        };
        let known = self.points().iter().skip_while(|point| value(point, "compliance").is_none());
        let from = instant(&self.shown["to"]).minus(Elapsed::from_ms(90 * DAY_MS));
        let known: Vec<_> = known.filter(|point| instant(&point["at"]) >= from).collect();
        let first = instant(&known[0]["at"]);
        let hours = |from: Timestamp, to: Timestamp| to.since(from).ms() / HOUR_MS;
        let all = hours(first, instant(&self.shown["to"]));
        let mut compared = 0;
        for (class, key) in
            [("own", "compliance"), ("agreed", "agreed"), ("market", "market_compliance")]
        {
            let drawn = plot.split(&format!("<path class=\"{class}\"")).nth(1).unwrap();
            let drawn = attribute(drawn, "d");
            let steps = drawn.split(['M', 'L']).filter(|step| !step.is_empty());
            let drawn: BTreeMap<i64, i64> = steps
                .map(|step| step.split_once(' ').unwrap())
                .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
                .collect();
            let by_x: BTreeMap<i64, Vec<i64>> =
                known.iter().fold(BTreeMap::new(), |mut by_x, point| {
                    let x = hours(first, instant(&point["at"])) * 1_000 / all;
                    let y = value(point, key).map(|value| {
                        (300.0 - ((value - bottom) * 300.0 / (top - bottom)).floor()) as i64
                    });
                    by_x.entry(x).or_insert_with(Vec::new).extend(y);
                    by_x
                });
            for (x, y) in &drawn {
                let is_found = by_x.get(x).is_some_and(|all| all.contains(y));
                assert!(is_found, "{} {class}: {x} {y}, {:?}", self.path, by_x.get(x));
            }
            let is_known = known.iter().any(|point| value(point, key).is_some());
            assert_eq!(!drawn.is_empty(), is_known, "{} {class}", self.path);
            compared += drawn.len();
        }
        compared
    }

    /// Each hour of the week, and the sums.
    fn check_week(&self, page: &str) -> usize {
        let Some(week) = page.split("class=\"weeks\"").nth(1) else { return 0 };
        let mut sums = [[[0_u64; 2]; 24]; 7];
        let from = instant(&self.shown["to"]).minus(Elapsed::from_ms(28 * DAY_MS));
        for point in self.points().iter().filter(|point| instant(&point["at"]) > from) {
            let began = instant(&point["at"]).minus(Elapsed::from_ms(1));
            let at = self.zone.local_time(began).unwrap();
            let hour = &mut sums[at.weekday().num_days_from_monday() as usize][at.hour() as usize];
            hour[0] += point["arrived"].as_u64().unwrap();
            hour[1] += point["answered"].as_u64().unwrap();
        }
        let mut compared = 0;
        for (kind, grid) in week.split("<svg").skip(1).take(2).enumerate() {
            let grid = grid.split("</svg>").next().unwrap();
            let mut rects = grid.split("<rect ").skip(1);
            for (day, hours) in sums.iter().enumerate() {
                for (hour, counts) in hours.iter().enumerate() {
                    let title = elements(rects.next().unwrap(), "title");
                    let shown = title.first().map(|title| numbers(title)).unwrap_or_default();
                    let all = [hour as u64, hour as u64 + 1, counts[0], counts[1]];
                    let expected =
                        if counts[kind] > 0 { all.map(|n| n as f64).to_vec() } else { vec![] };
                    assert_eq!(shown, expected, "{} day {day}", self.path);
                    compared += usize::from(counts[kind] > 0);
                }
            }
        }
        let hours = sums.as_flattened();
        let all: u64 = hours.iter().map(|[arrived, _]| arrived).sum();
        let unheard: u64 =
            hours.iter().filter(|[_, answered]| *answered == 0).map(|[n, _]| n).sum();
        let text = page.split("when they are answered</h2>").nth(1).unwrap();
        let text = &elements(text, "p")[0];
        assert_eq!(numbers(text), [all as f64, unheard as f64], "{text}");
        compared
    }

    /// The targets that were tried: the table, the sentences and the curve.
    fn check_tried(&self, page: &str) -> usize {
        let Some(section) = page.split("class=\"plot tried\"").nth(1) else { return 0 };
        let tried = self.shown["tried"].as_array().unwrap();
        let table = section.split("<table class=\"tried-table\">").nth(1).unwrap();
        let table = table.split("</table>").next().unwrap();
        let rows: Vec<_> = table.split("<tr ").skip(1).collect();
        assert_eq!(rows.len(), tried.len(), "{}", self.path);
        let mut curve = Vec::new();
        for (at, (row, one)) in rows.iter().zip(tried).enumerate() {
            let count = |key: &str| one[key].as_u64().unwrap();
            let [decided, missed, days, known] =
                ["decided", "missed", "days_missed", "days_known"].map(count);
            let of_days = format!("{days} of {known}");
            let cells: Vec<_> = elements(row, "td").iter().map(|cell| bare(cell)).collect();
            let share = self.has_share().then(|| share_of(one));
            let expected = share.iter().cloned().chain([missed.to_string(), of_days]);
            assert_eq!(cells, expected.collect::<Vec<_>>(), "{}", self.path);
            assert_eq!(row.contains("aria-current"), one["is_agreed"] == true);
            let sentence = bare(&attribute(row, "data-text"));
            // Open time is shown in hours.
            let is_open = self.objective["level"]["basis"] == "open";
            let seconds = one["target"].as_u64().filter(|seconds| is_open && *seconds >= 3_600);
            let target = match seconds {
                Some(seconds) => format!("{} h", seconds / 3_600),
                None => bare(&self.site.amount(&self.objective, &one["target"])),
            };
            let now = match &share {
                Some(share) => format!(": {share} of {decided} tickets."),
                None => format!(": {missed} ticket"),
            };
            assert!(sentence.contains(&now) && sentence.contains(&target), "{sentence}: {one}");
            if known > 0 {
                let days = format!("missed on {days} of the {known} days");
                assert!(sentence.contains(&days), "{sentence}");
            }
            let x = at * 1_000 / (tried.len() - 1);
            let within = ((decided - missed) * 10_000).checked_div(decided).unwrap_or(0);
            curve.push(format!("{x} {}", 300 - within * 300 / 10_000));
        }
        if self.has_share() {
            let drawn = section.split("<path class=\"own\"").nth(1).unwrap();
            assert_eq!(attribute(drawn, "d"), format!("M{}", curve.join("L")), "{}", self.path);
        }
        rows.len()
    }
}

/// Compares the past on the page of an objective. Returns the number of compared figures by part: days,
/// points of the plot, hours of the week, tried targets.
pub(super) fn compare(site: &Site<'_>, label: &str, name: &str) -> [usize; 4] {
    let past = PastShown::of(site, label, name);
    let page = get(site.address, &format!("{}?lang=en", past.path));
    if past.days().is_empty() {
        assert!(!page.contains("How it has been"), "{}", past.path);
        return [0; 4];
    }
    past.check_trend(&page);
    [
        past.check_days(&page),
        past.check_plot(&page),
        past.check_week(&page),
        past.check_tried(&page),
    ]
}
