//! The front page: each number of each row, and of what opens in it.

use super::past::{PastShown, state_of};
use super::*;
use crate::measure::Measure;

/// One team of the front page: its row, and what the API says of it.
struct TeamRow<'a> {
    site: &'a Site<'a>,
    label: &'a str,
    row: &'a str,
    team: Value,
    /// In the order of the agreement.
    objectives: Vec<Value>,
}

impl TeamRow<'_> {
    /// The text of an element of the row with this class.
    fn text(&self, class: &str) -> String {
        of_class(self.row, class).unwrap_or_else(|| panic!("{class} in {}", self.row))
    }

    /// The reading of all tickets of a measure that has the number of waiting tickets.
    fn reading(&self, measure: &str) -> Option<&Value> {
        whole_readings(&self.team).into_iter().find(|reading| reading["measure"] == measure)
    }

    /// The objective that the row is about: the first of those in the most urgent state.
    fn worst(&self) -> Option<&Value> {
        let urgency = |one: &&Value| {
            ["missed", "at_risk", "frozen", "insufficient_data", "not_agreed", "met"]
                .iter()
                .position(|state| one["state"] == *state)
        };
        self.objectives.iter().min_by_key(urgency)
    }

    /// The longest wait as text; `None` if nobody waits for one of these measures.
    fn longest(&self, measures: &[&str]) -> Option<String> {
        let since = |measure: &&str| {
            let since = self.reading(measure)?["oldest_waiting_since"].as_str()?.to_owned();
            let since = Timestamp::parse(&since).unwrap();
            let labels = [("team", self.label), ("measure", *measure)];
            let exported =
                metric(self.site.metrics, "waiting_oldest_start_timestamp_seconds", &labels);
            assert_eq!(exported, Some(since.unix_seconds()), "{labels:?}");
            Some(since)
        };
        let since = measures.iter().filter_map(since).min()?;
        Some(bare(&self.site.texts.wait(self.site.at.since(since))))
    }

    fn check(&self) -> usize {
        let count = |key: &str, value: &Value| value[key].as_u64().unwrap();
        assert!(
            self.row
                .contains(&format!("data-team-state=\"{}\"", self.team["state"].as_str().unwrap()))
        );
        let Some(worst) = self.worst() else { return self.check_without_objectives() };
        let [missed, decided] = ["missed", "decided"].map(|key| count(key, worst));
        let share = share_shown(worst);
        let agreed = worst["level"]["share"].as_f64().map(floored);
        // The state: how many objectives are in it.
        let same = self.objectives.iter().filter(|one| one["state"] == worst["state"]).count();
        let words = self.text("row-state");
        let expected = match same {
            1 if worst["state"] == "met" => vec![],
            2 if worst["state"] == "met" => vec![],
            same => vec![same as f64],
        };
        assert_eq!(numbers(&words), expected, "{words}");
        let history = PastShown::of(self.site, self.label, worst["objective"].as_str().unwrap());
        let trend = history.shown["trend"].as_str().map(|trend| match trend {
            "steady" => "steady".to_owned(),
            other => format!("getting {other}"),
        });
        assert!(words.ends_with(&trend.unwrap_or_default()), "{words}");
        // The reason.
        let why = self.text("row-why");
        let window = Elapsed::parse(worst["level"]["over"].as_str().unwrap()).unwrap();
        assert!(why.ends_with(&format!(", {}", bare(&self.site.texts.window(window)))), "{why}");
        let target = self.site.target(worst);
        let parts = match (worst["state"].as_str().unwrap(), &share) {
            ("insufficient_data", Some(share)) if why.contains(" of ") => {
                let minimum = count("min_tickets", &worst["level"]);
                let agreed = agreed.clone().unwrap();
                vec![
                    format!(": {share} of {decided} ticket"),
                    format!("; agreed {agreed};"),
                    format!("needs {minimum} tickets"),
                ]
            }
            ("insufficient_data", _) => vec![],
            (_, Some(_)) => vec![format!(": {missed} of {decided} over {target}")],
            (_, None) if worst["level"]["share"].is_null() => {
                vec![format!(": {missed} over {target}")]
            }
            (_, None) => vec![],
        };
        for part in &parts {
            assert!(why.contains(part), "{part} in {why}");
        }
        // The share next to the level, or the number over the limit.
        let expected = match agreed {
            Some(agreed) => format!("{} agreed {agreed}", share.unwrap_or_else(|| "–".to_owned())),
            None => format!("{missed} over {target}"),
        };
        assert_eq!(self.text("row-share"), expected);
        let measures = self.objectives.iter().map(|one| one["measure"].as_str().unwrap());
        let measures: Vec<&str> = measures.filter(|measure| *measure != "contacts").collect();
        self.check_wait(if measures.is_empty() { &REPLIES } else { &measures });
        self.check_strip(&history);
        self.objectives.iter().map(|one| self.check_objective(one)).sum::<usize>()
            + self.check_waiting()
            + 4
    }

    fn check_without_objectives(&self) -> usize {
        let waiting =
            |measure| self.reading(measure).map_or(0, |one| one["waiting"].as_u64().unwrap());
        let count: u64 = REPLIES.iter().map(|measure| waiting(measure)).sum();
        let why = self.text("row-why");
        let expected = if why.contains("wait") && count > 0 { vec![count as f64] } else { vec![] };
        assert_eq!(numbers(&why), expected, "{why}");
        self.check_wait(&REPLIES);
        self.check_waiting() + 1
    }

    fn check_wait(&self, measures: &[&str]) {
        let longest = self.longest(measures).map(|wait| format!("{wait} longest wait"));
        let longest = longest.unwrap_or_else(|| "nobody waits".to_owned());
        assert_eq!(self.text("row-wait"), longest, "{}", self.label);
    }

    /// The strip: its text counts the days, its marks are their runs.
    fn check_strip(&self, past: &PastShown<'_>) {
        let days = past.days();
        let days = &days[days.len().saturating_sub(30)..];
        let strip = self.row.split("class=\"row-strip\"").nth(1).unwrap();
        let label = attribute(strip, "aria-label");
        let count = |state| days.iter().filter(|day| day.state == state).count() as f64;
        let counts = ["missed", "at_risk", "met"].map(count);
        assert_eq!(numbers(&label), [&[days.len() as f64], &counts[..]].concat(), "{label}");
        // Each run of days is `M<x> …h<width>v`, ten wide for each day.
        let mut marks: Vec<(usize, &str)> = Vec::new();
        let paths = strip.split("</svg>").next().unwrap().split("<path class=\"").skip(1);
        for path in paths {
            let class = path.split('"').next().unwrap();
            let drawn = attribute(path, "d");
            for run in drawn.split('M').skip(1) {
                let start: usize = run.split(' ').next().unwrap().parse().unwrap();
                let width = run.split('h').nth(1).unwrap().split('v').next().unwrap();
                let width: usize = width.parse().unwrap();
                marks.extend((0..=width / 10).map(|day| (start / 10 + day, state_of(class))));
            }
        }
        marks.sort_unstable();
        let first = 30 - days.len();
        let expected: Vec<_> =
            days.iter().enumerate().map(|(at, day)| (first + at, &*day.state)).collect();
        assert_eq!(marks, expected, "{}", self.label);
    }

    /// An objective of the opened row. Returns the number of compared numbers.
    fn check_objective(&self, one: &Value) -> usize {
        let name = one["objective"].as_str().unwrap();
        let mark = format!("data-objective=\"{name}\" data-state=");
        let mut items = self.row.split("<li class=\"objective\"").skip(1);
        let item = items.find(|item| item.contains(&mark)).unwrap();
        let count = |key: &str| one[key].as_u64().unwrap();
        let reason = of_class(item, "reason").unwrap_or_default();
        let [missed, decided] = ["missed", "decided"].map(count);
        let expected = match share_shown(one) {
            Some(share) => format!("{share} of {decided} ticket"),
            None if one["level"]["share"].is_null() && missed > 0 => format!("{missed} ticket"),
            None => String::new(),
        };
        assert!(reason.starts_with(&expected) || reason.starts_with("The data"), "{reason}");
        if one["level"]["share"].is_null() && missed > 0 {
            let waiting = match count("overdue") {
                0 => "none still waiting".to_owned(),
                overdue => format!("{overdue} still waiting"),
            };
            assert!(reason.contains(&waiting), "{reason}");
        }
        let detail = of_class(item, "detail").unwrap_or_default();
        let waiting = [("overdue", "over target"), ("due_soon", "due soon")];
        for (key, words) in waiting {
            let shown = format!("{} {words}", count(key));
            assert_eq!(detail.contains(&shown), count(key) > 0, "{shown}: {detail}");
        }
        2
    }

    /// The waiting tickets of the opened row. Returns the number of compared rows.
    fn check_waiting(&self) -> usize {
        let table = self.row.split("<table class=\"waiting\">").nth(1).unwrap();
        let table = table.split("</table>").next().unwrap();
        let rows: Vec<_> = table.split("<tr>").skip(2).collect();
        for row in &rows {
            let name = &elements(row, "th")[0];
            let measures = Measure::ALL.iter().map(|measure| measure.label());
            let named = |measure: &&str| {
                self.site.texts.format("measure", &[("measure", (*measure).into())]) == *name
            };
            let measure = measures.into_iter().find(named).unwrap();
            let waiting = self.reading(measure).map_or(0, |one| one["waiting"].as_u64().unwrap());
            let longest = self.longest(&[measure]).unwrap_or_else(|| "–".to_owned());
            let cells: Vec<_> = elements(row, "td").iter().map(|cell| bare(cell)).collect();
            assert_eq!(cells, [waiting.to_string(), longest], "{} {measure}", self.label);
            let labels = [("team", self.label), ("measure", measure)];
            let exported = metric(self.site.metrics, "waiting_tickets", &labels);
            assert_eq!(exported, Some(waiting as f64), "{labels:?}");
        }
        rows.len()
    }
}

/// Compares the front page, and the same on a wall. Returns the number of compared numbers.
pub(super) fn compare(site: &Site<'_>) -> usize {
    let page = get(site.address, "/?lang=en");
    let rows: Vec<_> = page.split("<li class=\"team-row ").skip(1).collect();
    let wall = get(site.address, "/?lang=en&wall");
    let cards: Vec<_> = wall.split("<li class=\"wall-team ").skip(1).collect();
    assert_eq!(rows.len(), cards.len());
    let mut compared = 0;
    for (row, card) in rows.iter().zip(cards) {
        let label = row.split("data-key=\"").nth(1).unwrap().split('"').next().unwrap();
        let team = api(site.address, &format!("/api/v1/teams/{label}"));
        let objectives = api(site.address, &format!("/api/v1/teams/{label}/objectives"));
        let objectives = objectives["objectives"].as_array().unwrap().clone();
        compared += TeamRow { site, label, row, team, objectives }.check();
        for (part, of_wall) in
            [("row-why", "wall-why"), ("row-share", "wall-share"), ("row-wait", "wall-wait")]
        {
            assert_eq!(of_class(row, part), of_class(card, of_wall), "{label}: {part}");
        }
        assert_eq!(of_class(row, "row-state"), of_class(card, "row-state"), "{label}");
    }
    compared
}
