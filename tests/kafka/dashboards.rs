//! The dashboards of Grafana: their form, and every query on a real Prometheus that scrapes a running
//! service. Grafana itself is not run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::time::Duration;

use rdkafka::producer::Producer;
use serde_json::Value;
use vaste::time::{Elapsed, MINUTE_MS, Timestamp};

use crate::crash::producer;
use crate::harness::{
    ChildProcess, Metrics, Service, broker, create_topic, fetch, free_port, fresh, root, send,
    wait_for, wall_clock,
};
use crate::notified::Webhook;
use crate::prometheus::prometheus;

mod days;
mod lint;

/// The dashboards, by their uids.
const DASHBOARDS: [&str; 4] = ["vaste-overview", "vaste-team", "vaste-engine", "vaste-alerts"];

/// Queries that may have an empty answer here, by panel and query, each with its reason.
const EMPTY: [(&str, &str, &str); 2] = [
    ("Errors of the Kafka client", "A", "a series exists only after an error"),
    ("History is whole since", "A", "the series exists only after records were deleted unread"),
];

/// Families that the running service of this test does not export, each with its reason.
const NOT_EXPORTED: [(&str, &str); 2] = [
    ("vaste_kafka_broker_errors_total", "a series exists only after an error"),
    ("vaste_history_start_timestamp_seconds", "exists only after records were deleted unread"),
];

/// Exported families that no dashboard and no rule uses, each with its reason.
const NOT_USED: [(&str, &str); 0] = [];

/// A target with a share, one that allows no ticket beyond a limit, one in working days, one of all teams.
const AGREEMENTS: [&str; 3] = [
    "\
team: billing
agreed: { on: 2026-01-05, by: [aino, mikko], look_again: 2030-01-05 }
duty: { members: [aino, mikko], since: 2026-01-05, every: 52w }
objectives:
  - name: quick
    measure: first_reply
    within: 4h
    share: 80%
    min_tickets: 3
    alerts: { missed: { for: 0s, keep_firing_for: 0s, confidence: plain } }
    market: { within: 24h, source: trade survey, as_of: 2026-01-05 }
  - name: nobody-forgotten
    measure: first_reply
    none_over: 5d
    alerts: { missed: { for: 0s, keep_firing_for: 0s } }
",
    "\
team: parcels
hours: desk
objectives:
  - { name: days, measure: first_reply, within: 2 working days, share: 50%, min_tickets: 1 }
",
    "\
organisation: Example Oy
objectives:
  - { name: all, measure: first_reply, within: 24h always, share: 50%, min_tickets: 2 }
",
];

/// Open day and night.
const CALENDARS: &str = "\
calendars:
  desk:
    zone: UTC
    week: { mon: [\"00:00-24:00\"], tue: [\"00:00-24:00\"], wed: [\"00:00-24:00\"], thu: [\"00:00-24:00\"],
            fri: [\"00:00-24:00\"], sat: [\"00:00-24:00\"], sun: [\"00:00-24:00\"] }
";

/// Each row: ticket, team, minutes since it was created, minutes until the answer (0 for none).
///
/// Billing answers eight of ten in time and forgets one ticket. Two tickets belong to no team.
const TICKETS: [(&str, &str, i64, i64); 15] = [
    ("B-1", "billing", 2_000, 20),
    ("B-2", "billing", 2_000, 30),
    ("B-3", "billing", 2_000, 45),
    ("B-4", "billing", 2_000, 60),
    ("B-5", "billing", 2_000, 90),
    ("B-6", "billing", 2_000, 120),
    ("B-7", "billing", 2_000, 150),
    ("B-8", "billing", 2_000, 180),
    ("B-9", "billing", 2_000, 300),
    ("B-10", "billing", 2_000, 1_700),
    ("B-11", "billing", 9_000, 0),
    ("P-1", "parcels", 600, 100),
    ("P-2", "parcels", 500, 0),
    ("N-1", "", 400, 0),
    ("N-2", "", 300, 0),
];

/// A query of a dashboard.
struct DashboardQuery {
    dashboard: String,
    /// The title of the panel, or the name of the variable or of the annotation.
    title: String,
    reference: String,
    expression: String,
    legend: String,
}

/// The dashboards as they are in their files, by their uids.
fn dashboards() -> BTreeMap<String, Value> {
    let folder = root().join("deploy/grafana/dashboards");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
        })
        .collect()
}

/// A list in a dashboard.
fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    assert!(value[key].is_string(), "no text `{key}` in {value}");
    value[key].as_str().unwrap()
}

/// The queries of all panels, variables and annotations.
fn queries() -> Vec<DashboardQuery> {
    let mut found = Vec::new();
    for (dashboard, content) in dashboards() {
        let mut add = |title: &str, reference: &str, expression: String, legend: &str| {
            found.push(DashboardQuery {
                dashboard: dashboard.clone(),
                title: title.to_owned(),
                reference: reference.to_owned(),
                expression,
                legend: legend.to_owned(),
            });
        };
        for panel in list(&content, "/panels") {
            for target in list(panel, "/targets") {
                let expression = text(target, "expr").to_owned();
                add(
                    text(panel, "title"),
                    text(target, "refId"),
                    expression,
                    text(target, "legendFormat"),
                );
            }
        }
        for variable in
            list(&content, "/templating/list").iter().filter(|one| one["type"] == "query")
        {
            let query = text(&variable["query"], "query");
            let inside =
                query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
            let (selector, label) = inside.and_then(|inside| inside.rsplit_once(", ")).unwrap();
            add(text(variable, "name"), "variable", format!("group by ({label}) ({selector})"), "");
        }
        for annotation in list(&content, "/annotations/list") {
            let legend = text(annotation, "textFormat");
            add(
                text(annotation, "name"),
                "annotation",
                text(annotation, "expr").to_owned(),
                legend,
            );
        }
    }
    found
}

/// An expression with values in place of the variables of Grafana.
fn substituted(expression: &str) -> String {
    let mut expression = expression.to_owned();
    for (variable, value) in [
        ("$__rate_interval", "5s"),
        ("$__interval", "5s"),
        ("$__range", "1h"),
        ("$job", ".+"),
        ("$instance", ".+"),
        ("$team", ".+"),
        ("$measure", "first_reply"),
        ("$window", "7d"),
    ] {
        expression = expression.replace(variable, value);
    }
    assert!(!expression.contains('$'), "a variable without a value here: {expression}");
    expression
}

/// The words of an expression that are names of families, without the suffixes of histograms.
fn families(expression: &str, histograms: &BTreeSet<String>) -> BTreeSet<String> {
    let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let names = words.filter(|word| word.starts_with("vaste_"));
    names
        .map(|name| {
            let histogram =
                ["_bucket", "_sum", "_count"].iter().filter_map(|end| name.strip_suffix(end));
            histogram.into_iter().find(|base| histograms.contains(*base)).unwrap_or(name).to_owned()
        })
        .collect()
}

/// A Prometheus with the rules of `vaste rules`. It scrapes the service every second as two instances, so
/// that a query that adds instances gives twice the number.
struct Scraping {
    port: u16,
    _process: ChildProcess,
    _folder: tempfile::TempDir,
}

impl Scraping {
    fn start(program: &str, service: &Service) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rules.yaml"), rules()).unwrap();
        let target = format!("targets: [\"127.0.0.1:{}\"]", service.port());
        let config = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [rules.yaml]\n\
             scrape_configs: [{{ job_name: vaste, static_configs: [{{ {target} }}, {{ {target}, labels: {{ \
             instance: twin }} }}] }}]"
        );
        let port = free_port();
        let process = prometheus(program, &folder, port, &config);
        Self { port, _process: process, _folder: folder }
    }

    /// The answer of Prometheus to a query: its series, or its error.
    fn ask(&self, expression: &str) -> Result<Vec<Value>, String> {
        let set = percent_encoding::NON_ALPHANUMERIC;
        let query = percent_encoding::utf8_percent_encode(expression, set);
        let (_, body) =
            fetch(self.port, &format!("/api/v1/query?query={query}")).ok_or("no answer")?;
        let answer: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
        match answer["data"]["result"].as_array() {
            Some(series) => Ok(series.clone()),
            None => Err(answer["error"].to_string()),
        }
    }

    /// The only number of an answer.
    fn number(&self, expression: &str) -> f64 {
        let series = self.ask(expression).unwrap();
        assert_eq!(series.len(), 1, "{expression}: {series:?}");
        value(&series[0])
    }
}

/// The value of a series of an answer.
fn value(series: &Value) -> f64 {
    value_of(&series["value"])
}

/// The value of a sample, which is an instant and a value.
fn value_of(sample: &Value) -> f64 {
    sample[1].as_str().unwrap().parse().unwrap()
}

/// The rules that `vaste rules` prints.
fn rules() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_vaste")).args(["rules"]).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// The events of [`TICKETS`], a rating, a review, a ticket that an agent wrote, one that ended
/// unanswered, and a concern.
fn events(now: Timestamp) -> Vec<String> {
    let event = |id: &str, kind: &str, minutes: i64, ticket: &str, more: &str| {
        let time = now.minus(Elapsed::from_ms(minutes * MINUTE_MS));
        format!(
            "{{\"id\":\"{id}\",\"type\":\"ticket.{kind}\",\"time\":\"{time}\",\"ticket\":\"{ticket}\"{more}}}"
        )
    };
    let mut events = Vec::new();
    for (ticket, team, created, answered) in TICKETS {
        let team = if team.is_empty() { String::new() } else { format!(",\"team\":\"{team}\"") };
        events.push(event(&format!("c-{ticket}"), "created", created, ticket, &team));
        if answered > 0 {
            let at = created - answered;
            events.push(event(
                &format!("a-{ticket}"),
                "agent_replied",
                at,
                ticket,
                ",\"agent\":\"one\"",
            ));
        }
    }
    events.push(event("r", "rated", 60, "B-1", ",\"score\":4"));
    events.push(event("v", "reviewed", 60, "B-2", ",\"by\":\"two\",\"score\":5"));
    let by_agent = ",\"team\":\"billing\",\"by\":\"agent\"";
    events.push(event("o", "created", 50, "B-12", by_agent));
    events.push(event("e", "created", 480, "P-3", ",\"team\":\"parcels\""));
    events.push(event("f", "closed", 470, "P-3", ""));
    let concern = event("w", "concern", 30, "billing", ",\"team\":\"billing\",\"concern\":\"c-1\"");
    events.push(concern.replace("ticket.concern", "team.concern_raised"));
    events
}

/// A service that has read the events and writes checkpoints, alerts and dead letters.
fn service(broker: &str) -> (Service, String) {
    let (topic, dead) = (fresh("seen"), fresh("seen-rejected"));
    create_topic(broker, &topic, 2);
    create_topic(broker, &dead, 1);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("calendars.yaml"), CALENDARS).unwrap();
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, dead_letters: {dead} }}"
    );
    let more = format!(
        "calendars: [calendars.yaml]\nstate: {{ store: state, checkpoint_every: 1s }}\n\
         alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}]\n",
        Webhook::default().listen()
    );
    let service = Service::start_in(folder, &kafka, &AGREEMENTS.map(str::to_owned), &more);
    service.wait_until_ready();
    let published = service.publish(&events(wall_clock()).join("\n"));
    assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
    wait_for("the tickets", || {
        let metrics = service.metrics();
        let answered = "vaste_objective_tickets{team=\"_all\",objective=\"all\"}";
        let firing = "vaste_alerts{team=\"billing\",objective=\"nobody-forgotten\"";
        (metrics.value(answered) >= Some(12.0) && metrics.0.contains(firing)).then_some(())
    });
    (service, topic)
}

#[test]
fn the_form_of_dashboards_is_the_classic_one_and_nobody_edits_them_in_the_browser() {
    lint::form();
}

#[test]
fn every_dashboard_asks_for_the_data_source_the_job_and_the_instance() {
    lint::variables();
}

#[test]
fn every_panel_has_a_title_a_description_a_unit_and_a_place_of_its_own() {
    lint::panels();
}

#[test]
fn every_query_selects_job_and_instance_and_never_adds_the_organisation_to_its_teams() {
    lint::expressions();
}

#[test]
fn grafana_reads_the_dashboards_from_files_and_keeps_no_changes() {
    lint::provider();
}

#[test]
fn the_strip_of_days_shows_the_worst_verdict_of_each_day() {
    let Ok(program) = std::env::var("VASTE_TEST_PROMETHEUS") else { return };
    let Ok(promtool) = std::env::var("VASTE_TEST_PROMTOOL") else { return };
    // Met, missed, met (with an hour frozen), frozen, at risk. Two instances are one row.
    assert_eq!(days::strip(&program, &promtool), [[3.0, 5.0, 3.0, 1.0, 4.0]]);
}

#[test]
fn every_query_has_an_answer_and_the_numbers_are_those_of_the_api() {
    let Some(broker) = broker() else { return };
    let Ok(program) = std::env::var("VASTE_TEST_PROMETHEUS") else { return };
    let (service, topic) = service(&broker);
    let scraping = Scraping::start(&program, &service);
    wait_for("two instances", || {
        let series =
            scraping.ask("vaste_records_rejected_total{reason=\"malformed\"} offset 3s").ok()?;
        (series.len() == 2).then_some(())
    });
    // A record that is refused raises an alert about Vaste itself. Its counter was there before.
    let producer = producer(&broker);
    send(&producer, &topic, "B-1", "no event");
    producer.flush(Duration::from_secs(30)).unwrap();
    let fires = "ALERTS{alertname=\"VasteEventsRejected\", alertstate=\"firing\"}";
    wait_for("the alert", || (scraping.ask(fires).ok()?.len() == 2).then_some(()));

    every_query_has_an_answer(&scraping);
    numbers_are_those_of_the_api(&scraping, &service);
    let Metrics(metrics) = service.metrics();
    every_family_is_used_and_every_name_exists(&metrics);
}

fn every_query_has_an_answer(scraping: &Scraping) {
    let mut wrong = Vec::new();
    let mut unused: BTreeSet<_> =
        EMPTY.iter().map(|(panel, reference, _)| (*panel, *reference)).collect();
    let queries = queries();
    assert!(queries.len() > 150, "only {} queries", queries.len());
    for query in &queries {
        let DashboardQuery { dashboard, title, reference, .. } = query;
        let expression = substituted(&query.expression);
        let series = match scraping.ask(&expression) {
            Ok(series) => series,
            Err(error) => {
                wrong.push(format!("{dashboard}, {title}, {reference}: {error}: {expression}"));
                continue;
            }
        };
        let may_be_empty = EMPTY
            .iter()
            .any(|(panel, query, _)| (*panel, *query) == (title.as_str(), reference.as_str()));
        if may_be_empty {
            unused.remove(&(title.as_str(), reference.as_str()));
        } else if series.is_empty() {
            wrong.push(format!("{dashboard}, {title}, {reference}: no series: {expression}"));
        }
        // Nothing happens now, so a quantile of the last seconds is not a number.
        let is_quantile = expression.starts_with("histogram_quantile(");
        if !is_quantile && series.iter().any(|one| value(one).is_nan()) {
            wrong.push(format!("{dashboard}, {title}, {reference}: NaN: {expression}"));
        }
        // A legend without one of the labels has several series of the same name.
        let names: BTreeSet<String> = series.iter().map(|one| legend(&query.legend, one)).collect();
        if query.legend != "__auto" && !query.legend.is_empty() && names.len() < series.len() {
            wrong.push(format!("{dashboard}, {title}, {reference}: same names: {names:?}"));
        }
        let of_engine = dashboard == "vaste-engine" || query.legend.contains("{{instance}}");
        let is_data = !["job", "instance"].contains(&title.as_str());
        if !of_engine && is_data && series.iter().any(|one| !one["metric"]["instance"].is_null()) {
            wrong.push(format!(
                "{dashboard}, {title}, {reference}: one series per instance: {expression}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} queries:\n{}",
        wrong.len(),
        queries.len(),
        wrong.join("\n")
    );
    assert!(unused.is_empty(), "no such queries, but they may be empty: {unused:?}");
}

/// The name of a series by the legend of its query.
fn legend(format: &str, series: &Value) -> String {
    let labels = series["metric"].as_object().unwrap();
    labels.iter().fold(format.to_owned(), |name, (label, value)| {
        name.replace(&format!("{{{{{label}}}}}"), value.as_str().unwrap())
    })
}

/// The expression of a panel by the title of its column, or by the legend of its query.
fn column(dashboard: &str, panel: &str, name: &str) -> String {
    let all = dashboards();
    let found = list(&all[dashboard], "/panels").iter().find(|one| one["title"] == panel);
    assert!(found.is_some(), "no panel `{panel}` in {dashboard}");
    let panel = found.unwrap();
    let renamed = list(panel, "/transformations")
        .iter()
        .find_map(|one| one["options"]["renameByName"].as_object());
    let field = renamed
        .into_iter()
        .flatten()
        .find(|(_, shown)| *shown == name)
        .map(|(field, _)| field.as_str());
    let reference = field.and_then(|field| field.strip_prefix("Value #"));
    let target = list(panel, "/targets").iter().find(|target| {
        reference.map_or(target["legendFormat"] == name, |reference| target["refId"] == reference)
    });
    assert!(target.is_some(), "no column `{name}`");
    substituted(text(target.unwrap(), "expr"))
}

/// The API rounds shares to four decimals.
fn same(shown: f64, expected: f64, context: &str) {
    assert!((shown - expected).abs() < 0.000_1, "{shown}, not {expected}: {context}");
}

fn numbers_are_those_of_the_api(scraping: &Scraping, service: &Service) {
    let shares = "Objectives, least error budget first";
    let limits = "Objectives that allow no ticket beyond a limit";
    let objectives = [
        ("billing", "quick", shares, 0.8),
        ("billing", "nobody-forgotten", limits, f64::NAN),
        ("parcels", "days", shares, 0.5),
        ("_all", "all", shares, 0.5),
    ];
    let mut missed_objectives = 0.0;
    for (team, objective, panel, agreed) in objectives {
        let body = service.get(&format!("/api/v1/teams/{team}/objectives/{objective}")).unwrap();
        let shown: Value = serde_json::from_str(&body).unwrap();
        let is_missed = shown["state"] == "missed" && team != "_all";
        missed_objectives += f64::from(u8::from(is_missed));
        for dashboard in ["vaste-overview", "vaste-team"] {
            let cell = |name: &str| {
                let all = scraping.ask(&column(dashboard, panel, name)).unwrap();
                let is_it = |one: &&Value| {
                    one["metric"]["team"] == team && one["metric"]["objective"] == objective
                };
                let found: Vec<_> = all.iter().filter(is_it).collect();
                assert_eq!(found.len(), 1, "{name} of {team}, {objective}: {all:?}");
                value(found[0])
            };
            let same =
                |name: &str, expected: f64| same(cell(name), expected, &format!("{name}: {shown}"));
            let number = |value: &Value| value.as_f64().unwrap();
            let state = ["not_agreed", "frozen", "insufficient_data", "met", "at_risk", "missed"];
            let code =
                state.iter().zip(0_u8..).find(|(state, _)| shown["state"] == **state).unwrap().1;
            same("State", f64::from(code));
            same("Missed", number(&shown["missed"]));
            if panel == shares {
                let decided = number(&shown["decided"]);
                same("Decided", decided);
                same("Within target", number(&shown["compliance"]));
                same("Low", number(&shown["interval"]["low"]));
                same("High", number(&shown["interval"]["high"]));
                same("Agreed", agreed);
                same("Budget left", 1.0 - number(&shown["missed"]) / ((1.0 - agreed) * decided));
            }
        }
    }
    assert!(missed_objectives >= 2.0, "billing misses both of its objectives");
    // Two instances export everything, and each number is there once.
    let overview = |panel: &str, name: &str| column("vaste-overview", panel, name);
    same(
        scraping.number(&overview("Objectives", "missed")),
        missed_objectives,
        "missed objectives",
    );
    let first_reply = |panel: &str| {
        let all = scraping.ask(&overview(panel, "{{measure}}")).unwrap();
        value(all.iter().find(|one| one["metric"]["measure"] == "first_reply").unwrap())
    };
    same(first_reply("Waiting tickets of the teams"), 2.0, "B-11 and P-2");
    same(first_reply("Unclaimed tickets that wait"), 2.0, "N-1 and N-2");
    let oldest = first_reply("Longest wait of an unclaimed ticket");
    assert!((24_000.0..24_600.0).contains(&oldest), "N-1 has waited 400 minutes: {oldest}");
    same(scraping.number(&overview("Number of teams", "teams")), 2.0, "billing and parcels");
}

fn every_family_is_used_and_every_name_exists(metrics: &str) {
    let types =
        metrics.lines().filter_map(|line| line.strip_prefix("# TYPE vaste_")?.split_once(' '));
    let types: Vec<_> = types.map(|(name, kind)| (format!("vaste_{name}"), kind)).collect();
    let histograms: BTreeSet<_> = types
        .iter()
        .filter(|(_, kind)| *kind == "histogram")
        .map(|(name, _)| name.clone())
        .collect();
    let mut exported: BTreeSet<String> = types.into_iter().map(|(name, _)| name).collect();
    for (name, reason) in NOT_EXPORTED {
        assert!(exported.insert(name.to_owned()), "{name} is exported here, but: {reason}");
    }
    // Comments of rules name families, too; only their expressions count.
    let rules = rules();
    let of_rules = rules.lines().filter(|line| !line.trim_start().starts_with('#'));
    let expressions = queries().into_iter().map(|query| query.expression);
    let used: BTreeSet<String> = expressions
        .chain(of_rules.map(str::to_owned))
        .flat_map(|expression| families(&expression, &histograms))
        .collect();
    let unknown: Vec<_> = used.difference(&exported).collect();
    assert!(unknown.is_empty(), "no family of Vaste: {unknown:?}");
    let mut unused: BTreeSet<_> = exported.difference(&used).map(String::as_str).collect();
    for (name, reason) in NOT_USED {
        assert!(unused.remove(name), "{name} is used, but: {reason}");
    }
    assert!(unused.is_empty(), "in no dashboard and no rule: {unused:?}");
}
