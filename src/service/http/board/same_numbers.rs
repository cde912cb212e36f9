//! Each number on a page equals the one of the API and of `/metrics` at the same instant.
//!
//! The rows of a page are found by their English labels. A row that this test does not know fails it.
//!
//! | file | it compares |
//! |---|---|
//! | `front` | the front page, its opened rows, and the wall |
//! | `details` | where the time went, ratings, splits, lengths of waits, waiting tickets |
//! | `past` | days, the plot, the trend, the hours of the week, other targets |
//! | this one | the facts of objectives, and the tables of readings |

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::string_slice,
    reason = "numbers are small, and pages are cut at their tags"
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;

use super::Language;
use super::i18n::Translator;
use crate::amount::Unit;
use crate::service::scenario::{
    fetch, flagged, full_agreement, serve, teams_in_every_state, working_days,
};
use crate::time::{Elapsed, Timestamp};

mod details;
mod front;
mod past;

/// What a customer waits for: an answer.
const REPLIES: [&str; 2] = ["first_reply", "next_reply"];

/// Rows of words and dates.
const OF_WORDS: [&str; 11] = [
    "Why",
    "Period",
    "Agreed on",
    "To be looked at again",
    "What to do",
    "Name in the file",
    "Opening hours",
    "Source",
    "As of",
    "Others achieve",
    "Others achieve at most",
];

fn get(address: SocketAddr, path: &str) -> String {
    fetch(address, &format!("GET {path}"), "").1
}

fn api(address: SocketAddr, path: &str) -> Value {
    serde_json::from_str(&get(address, path)).unwrap()
}

/// The value of the series of a family that has these labels.
fn metric(metrics: &str, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let has = |line: &str| labels.iter().all(|(k, v)| line.contains(&format!("{k}=\"{v}\"")));
    let start = format!("vaste_{family}{{");
    let mut lines = metrics.lines().filter(|line| line.starts_with(&start) && has(line));
    lines.next()?.rsplit(' ').next()?.parse().ok()
}

/// The text of each element with a tag, without the elements in it.
fn elements(html: &str, tag: &str) -> Vec<String> {
    let (start, end) = (format!("<{tag}"), format!("</{tag}>"));
    let found = html.split(&start).skip(1).filter(|rest| rest.starts_with([' ', '>']));
    found
        .map(|rest| {
            let inner = rest.split(&end).next().unwrap();
            // What follows each `>` up to the next `<` is text.
            inner.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text)).collect()
        })
        .collect()
}

/// A text without marks of writing direction, with plain spaces.
fn bare(text: &str) -> String {
    let text = text.replace(['\u{2068}', '\u{2069}'], "").replace('\u{a0}', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text in the first element of this class, up to its end.
fn of_class(html: &str, class: &str) -> Option<String> {
    let is_class = |quoted: &str| quoted.split('"').next().unwrap().split(' ').any(|c| c == class);
    let at = html.match_indices("class=\"").find(|(at, open)| is_class(&html[at + open.len()..]));
    let start = html[..at?.0].rfind('<').unwrap();
    let tag = html[start + 1..].split([' ', '>']).next().unwrap();
    let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
    let (mut depth, mut text) = (0, String::new());
    for part in html[start..].split_inclusive('>') {
        let (before, markup) = part.split_once('<').unwrap_or((part, ""));
        text.push_str(before);
        let markup = format!("<{markup}");
        depth += i32::from(markup.starts_with(&open)) - i32::from(markup == close);
        if depth == 0 {
            break;
        }
        // Elements that follow each other are words of their own.
        text.push(' ');
    }
    Some(bare(&text))
}

/// The value of an attribute, from its first occurrence on.
fn attribute(html: &str, name: &str) -> String {
    let value = html.split(&format!("{name}=\"")).nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

/// The readings of all tickets of a team, not of a part of them.
fn whole_readings(team: &Value) -> Vec<&Value> {
    let all = team["readings"].as_array().unwrap().iter();
    all.filter(|reading| reading.get("split").is_none()).collect()
}

/// The share of an objective as the page shows it; `None` without one.
fn share_shown(objective: &Value) -> Option<String> {
    let [decided, missed] = ["decided", "missed"].map(|key| objective[key].as_u64().unwrap());
    let share = objective["compliance"].as_f64()?;
    // The API has four decimals.
    assert!((share - (decided - missed) as f64 / decided as f64).abs() < 0.000_1, "{objective}");
    Some(percent(((decided - missed) * 1_000 / decided) as f64))
}

/// The pages, API and metrics of one published view.
struct Site<'a> {
    address: SocketAddr,
    metrics: &'a str,
    texts: &'static Translator,
    at: Timestamp,
    /// The names of the teams by their labels.
    names: BTreeMap<String, String>,
}

impl<'a> Site<'a> {
    fn of(address: SocketAddr, metrics: &'a str, teams: &Value) -> Self {
        let at = Timestamp::parse(teams["at"].as_str().unwrap()).unwrap();
        let text =
            |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let mut names = BTreeMap::new();
        for team in teams["teams"].as_array().unwrap() {
            let label = text(&team["label"]).unwrap();
            let name = text(&team["names"]["en"]).or_else(|| text(&team["name"]));
            let name = name.unwrap_or_else(|| match &*label {
                "_all" => "Whole organisation".to_owned(),
                "_unclaimed" => "Unclaimed".to_owned(),
                label => label.to_owned(),
            });
            names.insert(label, name);
        }
        Self { address, metrics, texts: Language::DEFAULT.texts(), at, names }
    }

    fn name_of(&self, label: &str) -> String {
        self.names.get(label).map_or(label, |name| name).to_owned()
    }

    /// The common target of an objective, as text.
    fn target(&self, objective: &Value) -> String {
        bare(&self.amount(objective, &objective["level"]["target"]))
    }

    /// A target of an objective's measure as text.
    fn amount(&self, objective: &Value, target: &Value) -> String {
        match (target.as_i64(), target["working_days"].as_i64()) {
            (Some(count), _) if objective["measure"] == "contacts" => count.to_string(),
            (Some(seconds), _) => self.texts.duration(Elapsed::from_ms(seconds * 1_000)),
            (None, days) => self.texts.format("working-days", &[("count", days.unwrap().into())]),
        }
    }

    /// The cells of a reading.
    fn cells(&self, reading: &Value) -> Vec<String> {
        // The raw form of a count is the count, that of a time is milliseconds.
        let (unit, raw) = match reading["measure"].as_str().unwrap() {
            "contacts" => (Unit::Count, 1.0),
            _ => (Unit::Time, 1_000.0),
        };
        let amount = |value: &Value| {
            let raw = format!("{:.0}", value.as_f64().unwrap() * raw);
            self.texts.amount(unit.amount(Elapsed::from_ms(raw.parse().unwrap())))
        };
        let quantile = |value: &Value| if value.is_null() { "–".into() } else { amount(value) };
        let waited = &reading["q_with_waiting"]["0.9"];
        let waited = match (waited.get("more_than"), waited.get("too_few")) {
            (Some(longest), _) => format!("over {}", amount(longest)),
            (_, Some(count)) => format!("too few tickets waited that long ({count})"),
            (None, None) => amount(waited),
        };
        let cells = [
            reading["answered"].to_string(),
            quantile(&reading["q"]["0.5"]),
            quantile(&reading["q"]["0.9"]),
            waited,
            reading["given_up"].to_string(),
        ];
        cells.iter().map(|cell| bare(cell)).collect()
    }
}

/// The whole numbers in a text.
fn numbers(text: &str) -> Vec<f64> {
    let digits = text.split(|c: char| !c.is_ascii_digit());
    digits.filter_map(|digits| digits.parse().ok()).collect()
}

/// A share as the page shows it: with one decimal if it is not whole.
fn percent(tenths: f64) -> String {
    let text = format!("{:.1}%", tenths / 10.0);
    text.replace(".0%", "%")
}

/// A share that is rounded down to one decimal. Floats of exact tenths may be a little smaller.
fn floored(share: f64) -> String {
    percent((share * 1_000.0 + 1e-9).floor())
}

fn is_same(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

/// The page of an objective with what API and metrics say of it.
struct ObjectiveNumbers<'a> {
    address: SocketAddr,
    metrics: &'a str,
    label: &'a str,
    name: &'a str,
    shown: Value,
}

impl ObjectiveNumbers<'_> {
    fn api(&self, pointer: &str) -> f64 {
        let found = self.shown.pointer(pointer).and_then(Value::as_f64);
        found.unwrap_or_else(|| panic!("{pointer} in {}", self.shown))
    }

    fn exported(&self, family: &str) -> f64 {
        let labels = [("team", self.label), ("objective", self.name)];
        let found = metric(self.metrics, family, &labels);
        found.unwrap_or_else(|| panic!("{family} of {} {}", self.label, self.name))
    }

    /// The counts of a row: of the API and of the metrics; `None` if it is no row of counts.
    fn counts(&self, row: &str) -> Option<Vec<(f64, f64)>> {
        let missed = || self.exported("objective_missed_tickets");
        let allowed = || self.api("/allowance/allowed");
        Some(match row {
            "Tickets counted" => vec![(self.api("/decided"), self.exported("objective_tickets"))],
            "Over target" | "Over the agreed number" => vec![(self.api("/missed"), missed())],
            "Waiting over target" => {
                vec![(self.api("/overdue"), self.exported("waiting_overdue_tickets"))]
            }
            "Due soon" => {
                let used_most = self.exported("waiting_due_soon_tickets");
                let within = used_most - self.exported("waiting_overdue_tickets");
                vec![(self.api("/due_soon"), within)]
            }
            "Allowance" => {
                let decided = self.exported("objective_tickets");
                let among = decided.max(self.exported("objective_minimum_tickets"));
                let budget = 1.0 - self.exported("objective_agreed_share_ratio");
                let misses = (budget * among + 1e-9).floor();
                vec![(allowed(), misses), (self.api("/allowance/among"), among)]
            }
            "Over the allowance" => {
                vec![(self.api("/missed") - allowed(), missed() - allowed())]
            }
            "Allowance left" => vec![(allowed() - self.api("/missed"), allowed() - missed())],
            "Waiting now" | "With the team now" => vec![self.waiting()],
            "Marked as spam while over target" => {
                vec![(self.api("/spam_over_target"), self.api("/spam_over_target"))]
            }
            row if row.starts_with("Ended ") => {
                let unanswered = self.api("/unanswered");
                let ended = self.api("/answered") + unanswered;
                vec![(unanswered, unanswered), (ended, ended)]
            }
            _ => return None,
        })
    }

    /// The tickets that wait now.
    fn waiting(&self) -> (f64, f64) {
        let team = api(self.address, &format!("/api/v1/teams/{}", self.label));
        let measure = self.shown["measure"].as_str().unwrap();
        let mut readings = team["readings"].as_array().unwrap().iter();
        let is_whole =
            |reading: &&Value| reading["measure"] == measure && reading.get("split").is_none();
        let reading = readings.find(is_whole);
        let of_api = reading.map_or(0.0, |reading| reading["waiting"].as_f64().unwrap());
        let labels = [("team", self.label), ("measure", measure)];
        (of_api, metric(self.metrics, "waiting_tickets", &labels).unwrap())
    }

    /// The text of a row of shares; `None` if it is no such row.
    fn shares(&self, row: &str) -> Option<String> {
        Some(match row {
            "Within target" if self.shown["compliance"].is_null() => "–".to_owned(),
            "Within target" => {
                let share = self.exported("objective_compliance_ratio");
                // The API has four decimals.
                assert!((self.api("/compliance") - share).abs() < 0.000_1, "{share}");
                floored(share)
            }
            "Agreed level" => {
                let share = self.exported("objective_agreed_share_ratio");
                assert!(is_same(self.api("/level/share"), share), "{share}");
                percent((share * 1_000.0).round())
            }
            "Agreed at most" => percent((self.api("/level/unanswered_max") * 1_000.0).round()),
            "Our tickets within that" => {
                let decided = self.api("/market/decided");
                let share = self.exported("market_compliance_ratio");
                let met = decided - self.api("/market/missed");
                assert!(is_same(met / decided, share), "{met} of {decided}: {share}");
                format!("{} of {decided}", floored(share))
            }
            _ => return None,
        })
    }
}

/// Compares the rows of one objective's page. Returns the number of rows with numbers.
fn objective(address: SocketAddr, metrics: &str, label: &str, name: &str) -> usize {
    let path = format!("/teams/{label}/objectives/{name}");
    let shown = api(address, &format!("/api/v1{path}"));
    let page = get(address, &format!("{path}?lang=en"));
    let of = ObjectiveNumbers { address, metrics, label, name, shown };
    let (labels, values) = (elements(&page, "dt"), elements(&page, "dd"));
    assert_eq!(labels.len(), values.len(), "{page}");
    let mut compared = 0;
    let rows = labels.iter().zip(&values).filter(|(row, _)| !OF_WORDS.contains(&&***row));
    for (row, value) in rows {
        if *row == "Alert" {
            let team = api(address, &format!("/api/v1/teams/{label}"));
            let mut alerts = team["alerts"].as_array().unwrap().iter();
            assert_eq!(alerts.all(|alert| alert["objective"] != name), value == "No alert.");
        } else if let Some(text) = of.shares(row) {
            assert_eq!(*value, text, "{path}: {row}");
        } else {
            let expected = of.counts(row);
            let expected =
                expected.unwrap_or_else(|| panic!("{path}: {row:?} is compared with nothing"));
            let found = if value == "nobody" { vec![0.0] } else { numbers(value) };
            for (number, (of_api, exported)) in expected.into_iter().enumerate() {
                assert!(is_same(found[number], of_api), "{path}: {row} {value}, API {of_api}");
                assert!(is_same(of_api, exported), "{path}: {row} {of_api}, metrics {exported}");
            }
        }
        compared += 1;
    }
    compared
}

/// Compares the tables of readings of one team's page. Returns the number of cells.
fn readings(site: &Site<'_>, label: &str) -> usize {
    let (metrics, shown) = (site.metrics, api(site.address, &format!("/api/v1/teams/{label}")));
    let page = get(site.address, &format!("/teams/{label}?lang=en"));
    let page = page.split("<h2>How long customers wait</h2>").nth(1).unwrap_or_default();
    let mut sections = page.split("<h3>").skip(1);
    let mut compared = 0;
    let whole = whole_readings(&shown);
    for of_measure in whole.chunk_by(|one, other| one["measure"] == other["measure"]) {
        let table = sections.next().unwrap().split("</table>").next().unwrap();
        let rows: Vec<_> = table.split("<tr>").skip(2).map(|row| elements(row, "td")).collect();
        assert_eq!(rows.len(), of_measure.len(), "{label}");
        for (cells, reading) in rows.iter().zip(of_measure) {
            let measure = reading["measure"].as_str().unwrap();
            let window = reading["window"].as_str().unwrap();
            let labels = [("team", label), ("measure", measure), ("window", window)];
            let cells: Vec<_> = cells.iter().map(|cell| bare(cell)).collect();
            assert_eq!(cells, site.cells(reading), "{label} {measure} {window}");
            let exported = metric(metrics, "window_tickets", &labels);
            assert_eq!(exported, reading["answered"].as_f64(), "{label} {measure} {window}");
            for rank in ["0.5", "0.9"] {
                let labels = [&labels[..], &[("quantile", rank)]].concat();
                let exported = metric(metrics, "window_response_seconds", &labels);
                assert_eq!(exported, reading["q"][rank].as_f64(), "{label} {measure} {window}");
                let exported = metric(metrics, "window_wait_seconds", &labels);
                assert_eq!(exported, reading["q_with_waiting"][rank].as_f64(), "{labels:?}");
            }
            compared += cells.len();
        }
    }
    compared
}

/// Adds up the numbers of compared figures by part.
fn add<const N: usize>(sums: &mut [usize; N], compared: [usize; N]) {
    sums.iter_mut().zip(compared).for_each(|(sum, compared)| *sum += compared);
}

#[test]
fn each_number_on_a_page_is_the_one_of_the_api_and_of_metrics() {
    // How much is compared in all views, so that no part of a page is left out unseen.
    let (mut past, mut details, mut of_teams) = ([0; 4], [0; 4], [0; 3]);
    for mut builder in [full_agreement(), teams_in_every_state(), flagged(), working_days()] {
        let (_runtime, address) = serve(builder.publish());
        let metrics = get(address, "/metrics");
        let teams = api(address, "/api/v1/teams");
        let site = Site::of(address, &metrics, &teams);
        let (mut rows, mut cells) = (0, 0);
        for team in teams["teams"].as_array().unwrap() {
            let label = team["label"].as_str().unwrap();
            for one in team["objectives"].as_array().unwrap() {
                let name = one["objective"].as_str().unwrap();
                rows += objective(address, &metrics, label, name);
                add(&mut past, past::compare(&site, label, name));
                add(&mut details, details::of_objective(&site, label, name));
            }
            cells += readings(&site, label);
            add(&mut of_teams, details::of_team(&site, label));
        }
        let front = front::compare(&site);
        assert!(
            rows > 10 && cells > 10 && front > 10,
            "{rows} rows, {cells} cells, {front} of front"
        );
    }
    let [days, points, hours, tried] = past;
    assert!(days > 100 && points > 1_000 && hours > 100 && tried > 50, "{past:?}");
    let [places, ratings, lengths, tickets] = details;
    assert!(places > 5 && ratings >= 4 && lengths >= 9 && tickets > 5, "{details:?}");
    let [splits, ratings, longest] = of_teams;
    assert!(splits > 5 && ratings > 2 && longest > 1, "{of_teams:?}");
}
