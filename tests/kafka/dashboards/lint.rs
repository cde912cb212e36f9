//! The rules that every dashboard follows, read from the files alone. Most are those of Grafana's
//! `dashboard-linter`.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::{DASHBOARDS, dashboards, list, queries, text};
use crate::harness::root;

/// The selector of every series. In dashboards of teams, a team follows.
const SELECTOR: &str = "{job=~\"$job\", instance=~\"$instance\"";

/// Families with a series for each team and one for all of them. Adding both counts everything twice.
const ADDITIVE: [&str; 7] = [
    "vaste_waiting_",
    "vaste_window_",
    "vaste_responses_",
    "vaste_response_duration_",
    "vaste_ratings",
    "vaste_objective_tickets",
    "vaste_objective_missed_tickets",
];

/// The form is the classic one, and nobody edits dashboards in the browser.
pub(super) fn form() {
    let all = dashboards();
    assert_eq!(all.keys().map(String::as_str).collect::<BTreeSet<_>>(), DASHBOARDS.into());
    for (name, dashboard) in &all {
        let field = |key: &str, value: Value| assert_eq!(dashboard[key], value, "{key} of {name}");
        field("uid", json!(name));
        field("id", Value::Null);
        field("editable", json!(false));
        field("tags", json!(["vaste"]));
        field("timezone", json!(""));
        field("graphTooltip", json!(1));
        field("refresh", json!("1m"));
        field("__inputs", Value::Null);
        let version = dashboard["schemaVersion"].as_i64().unwrap();
        assert!((39..=42).contains(&version), "schemaVersion {version} of {name}");
        assert!(!text(dashboard, "description").is_empty(), "{name}");
        let links = list(dashboard, "/links");
        let to_all =
            |link: &Value| link["type"] == "dashboards" && link["tags"] == json!(["vaste"]);
        assert!(links.iter().any(to_all), "{name} has no links to the others");
        // Other links name the dashboard that they open.
        let content = dashboard.to_string();
        for link in content.split("\"/d/").skip(1) {
            let uid = link.split(['/', '?', '"']).next().unwrap();
            assert!(DASHBOARDS.contains(&uid), "{name} links to {uid}");
        }
    }
}

/// Each dashboard has variables for the data source, the job and the instance, and shows alerts.
pub(super) fn variables() {
    for (name, dashboard) in dashboards() {
        let variables = list(&dashboard, "/templating/list");
        let variable = |wanted: &str| {
            let found = variables.iter().find(|one| one["name"] == wanted);
            assert!(found.is_some(), "{name} has no variable `{wanted}`");
            found.unwrap()
        };
        let source = variable("datasource");
        assert_eq!(
            (text(source, "type"), text(source, "query")),
            ("datasource", "prometheus"),
            "{name}"
        );
        for wanted in ["job", "instance"] {
            let one = variable(wanted);
            let form = (&one["type"], &one["multi"], &one["includeAll"], &one["allValue"]);
            let expected = (&json!("query"), &json!(true), &json!(true), &json!(".+"));
            assert_eq!(form, expected, "{wanted} of {name}");
        }
        let annotations = list(&dashboard, "/annotations/list");
        assert!(!annotations.is_empty(), "{name} shows no alerts");
        let queried = variables.iter().filter(|one| one["type"] == "query").chain(annotations);
        queried.for_each(|one| assert_source(one, &name));
    }
}

fn assert_source(value: &Value, context: &str) {
    let expected = json!({ "type": "prometheus", "uid": "${datasource}" });
    assert_eq!(value["datasource"], expected, "{context}: {value}");
}

/// Each panel has a title, a description, a unit, a place of its own, and queries.
pub(super) fn panels() {
    for (name, dashboard) in dashboards() {
        let panels = list(&dashboard, "/panels");
        let (mut ids, mut titles, mut cells) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for panel in panels {
            let title = text(panel, "title");
            let context = format!("{name}, {title}");
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{context}: an id twice");
            assert!(!title.is_empty() && titles.insert(title), "{context}: a title twice");
            let side = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            let (x, y) = (side("x"), side("y"));
            assert!(x + side("w") <= 24, "{context}: wider than the page");
            for cell in (x..x + side("w")).flat_map(|x| (y..y + side("h")).map(move |y| (x, y))) {
                assert!(cells.insert(cell), "{context}: over another panel");
            }
            if panel["type"] == "row" {
                continue;
            }
            assert!(!text(panel, "description").is_empty(), "{context}: no description");
            assert!(
                !text(&panel["fieldConfig"]["defaults"], "unit").is_empty(),
                "{context}: no unit"
            );
            assert_source(panel, &context);
            panel_targets(panel, &context);
        }
    }
}

fn panel_targets(panel: &Value, context: &str) {
    let targets = list(panel, "/targets");
    assert!(!targets.is_empty(), "{context}: no query");
    let references: BTreeSet<_> = targets.iter().map(|target| text(target, "refId")).collect();
    assert_eq!(references.len(), targets.len(), "{context}: two queries of the same name");
    targets.iter().for_each(|target| assert_source(target, context));
    // Quantiles are approximate, and say so.
    let is_quantile = |target: &&Value| {
        let expression = text(target, "expr");
        expression.contains("histogram_quantile") || expression.contains("by (team, q)")
    };
    for target in targets.iter().filter(is_quantile) {
        let says = text(panel, "title").contains("approximate")
            && text(target, "legendFormat").contains('≈');
        assert!(
            says,
            "{context}: quantiles are approximate, and the title and the legend do not say so"
        );
    }
    // Columns and styles belong to queries that exist.
    for options in list(panel, "/transformations").iter().map(|one| &one["options"]) {
        let renamed = options["renameByName"].as_object().into_iter().flatten();
        for (field, _) in renamed {
            let reference = field.strip_prefix("Value #");
            assert!(reference.is_none_or(|one| references.contains(one)), "{context}: {field}");
        }
    }
    for change in list(panel, "/fieldConfig/overrides") {
        let matcher = &change["matcher"];
        let is_there =
            matcher["id"] != "byFrameRefID" || references.contains(text(matcher, "options"));
        assert!(is_there, "{context}: {matcher}");
    }
}

/// Each query selects the job and the instance. None adds the organisation to its teams.
pub(super) fn expressions() {
    for query in queries() {
        let expression = query.expression.as_str();
        let context =
            format!("{}, {}, {}: {expression}", query.dashboard, query.title, query.reference);
        // The variables `job` and `instance` choose what the others select.
        let chooses = ["job", "instance"].contains(&query.title.as_str());
        for name in ["vaste_", "process_", "ALERTS"] {
            for rest in expression.split(name).skip(1).filter(|_| !chooses) {
                let rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
                assert!(rest.starts_with(SELECTOR), "without job and instance: {context}");
            }
        }
        let range = |function: &str, allowed: &[&str]| {
            for call in expression.split(function).skip(1) {
                let range = call.split(['[', ']']).nth(1).unwrap();
                assert!(allowed.contains(&range), "{function} over {range}: {context}");
            }
        };
        range("rate(", &["$__rate_interval"]);
        range("increase(", &["$__rate_interval", "$__range"]);
        let is_additive = ADDITIVE.iter().any(|name| expression.contains(name));
        let adds_teams = expression.split("sum").skip(1).any(|sum| {
            !sum.starts_with(" by (team") && (sum.starts_with('(') || sum.starts_with(" by ("))
        });
        let leaves_out =
            ["team!=\"_all\"", "team!~\"_all|_unclaimed\""].map(|part| expression.contains(part));
        assert!(
            !(is_additive && adds_teams) || leaves_out.contains(&true),
            "adds `_all`: {context}"
        );
    }
}

/// Grafana reads the dashboards from files and keeps no changes.
pub(super) fn provider() {
    let path = root().join("deploy/grafana/provisioning/dashboards/vaste.yaml");
    let provider = fs::read_to_string(path).unwrap();
    for line in [
        "apiVersion: 1",
        "type: file",
        "allowUiUpdates: false",
        "disableDeletion: true",
        "updateIntervalSeconds: 30",
        "path: /var/lib/grafana/dashboards",
        "foldersFromFilesStructure: true",
    ] {
        assert!(provider.lines().any(|one| one.trim() == line), "{line}");
    }
}
