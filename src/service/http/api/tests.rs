//! Responses of the API, from published views and over HTTP.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::body::json;
use super::labels::NamesInPath;
use super::*;
use crate::name::team_label;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::coordinator::readiness::NotReady;
use crate::service::scenario::{
    assert_snapshot, changes, duty, fetch, fetch_bytes, flagged, full_agreement, serve,
    teams_in_every_state, with_duty,
};

fn found(published: &PublishedView, team: &str, objective: &str) -> String {
    let names = NamesInPath { team: team.to_owned(), objective: objective.to_owned() };
    json(&objectives::objective(published, &names).unwrap_or_else(|why| panic!("{why:?}")))
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_response_is_the_row_of_replay_plus_the_numbers_of_the_page() {
    let published = full_agreement().publish();
    let bodies = ["first-reply", "asked-once"].map(|name| found(&published, "care", name));
    assert_snapshot("api", &bodies.concat());
    for verdict in &published.verdicts {
        let team = team_label(verdict.team.as_deref());
        let row = serde_json::to_string(verdict).unwrap();
        let body = found(&published, team, &verdict.objective);
        assert!(body.starts_with(row.trim_end_matches('}')), "{body}");
    }
}

#[test]
fn the_list_of_teams_and_a_team_are_complete() {
    let (_runtime, address) = serve(full_agreement().publish());
    let pages = ["teams", "teams/care"].map(|path| {
        let (_, body) = fetch(address, &format!("GET /api/v1/{path}"), "");
        serde_json::to_string_pretty(&value(&body)).unwrap() + "\n"
    });
    assert_snapshot("api_teams", &pages.concat());
}

/// The description with its objects closed: a value may have no field that they do not describe.
fn strict(description: &Value) -> Value {
    let mut description = description.clone();
    let schemas = description["components"]["schemas"].as_object_mut().unwrap();
    let parts: BTreeSet<String> = schemas
        .values()
        .filter_map(|schema| schema["allOf"].as_array())
        .flatten()
        .filter_map(|part| Some(part["$ref"].as_str()?.rsplit('/').next()?.to_owned()))
        .collect();
    for (name, schema) in schemas {
        let is_object = schema.get("allOf").or(schema.get("properties")).is_some();
        if is_object && !parts.contains(name) {
            schema["unevaluatedProperties"] = false.into();
        }
    }
    description
}

/// Asserts that a body is what the description says of this path and status.
fn follows(description: &Value, path: &str, status: &str, body: &Value) {
    let content = &description["paths"][path]["get"]["responses"][status]["content"];
    let (_, content) = content.as_object().unwrap().iter().next().unwrap();
    let mut schema = content["schema"].clone();
    schema["components"] = description["components"].clone();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(body).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{path} {status}: {errors:#?} in {body:#}");
}

/// Further requests: path, template and status.
const OTHERS: [(&str, &str, &str); 10] = [
    ("/api/v1/teams/no-such-team", address::API_TEAM, "404"),
    ("/api/v1/teams/unclaimed", address::API_TEAM, "404"),
    ("/api/v1/teams/%ff", address::API_TEAM, "404"),
    ("/api/v1/teams/%ff/duty", address::API_DUTY, "404"),
    ("/api/v1/teams/%ff/objectives", address::API_OBJECTIVES, "404"),
    ("/api/v1/teams/_all/objectives/nothing", address::API_OBJECTIVE, "404"),
    ("/api/v1/teams/_all/objectives/nothing/history", address::API_HISTORY, "404"),
    ("/api/v1/teams/_all/objectives/nothing/history?to=1", address::API_HISTORY, "400"),
    ("/api/v1/teams/_all/objectives/nothing/tickets", address::API_OBJECTIVE_TICKETS, "404"),
    ("/api/v1/teams/%5Fall", address::API_TEAM, "200"),
];

#[test]
fn responses_match_the_openapi_description() {
    let mut view = full_agreement().publish();
    view.changes = Arc::new(changes());
    let with_duty = with_duty(duty("Europe/Helsinki")).publish();
    let views = [view, teams_in_every_state().publish(), flagged().publish(), with_duty];
    for (number, published) in views.into_iter().enumerate() {
        let labels = published.catalog.reading_scopes();
        let labels: Vec<_> = labels
            .map(|scope| team_label(published.catalog.scope_name(scope)).to_owned())
            .collect();
        let (_runtime, address) = serve(published);
        let (head, description) = fetch(address, "GET /api/v1/openapi.json", "");
        assert!(head.contains("content-type: application/json"), "{head}");
        let description = strict(&value(&description));
        let get = |template: &str, path: &str, status: &str| {
            let (head, body) = fetch(address, &format!("GET {path}"), "");
            assert!(head.starts_with(&format!("http/1.0 {status} ")), "{path}: {head}");
            let media_type = match status {
                "200" => "content-type: application/json",
                _ => "content-type: application/problem+json",
            };
            assert!(head.contains(media_type), "{path}: {head}");
            assert!(head.contains("x-content-type-options: nosniff"), "{path}: {head}");
            let body = value(&body);
            follows(&description, template, status, &body);
            body
        };
        get(address::API_TEAMS, address::API_TEAMS, "200");
        get(address::API_STREAM, address::API_STREAM, "200");
        let (mut objectives, mut listed) = (0, 0);
        for label in &labels {
            let team = format!("/api/v1/teams/{label}");
            get(address::API_TEAM, &team, "200");
            get(address::API_DUTY, &format!("{team}/duty"), "200");
            let has_agenda = label != "_unclaimed";
            let status = if has_agenda { "200" } else { "404" };
            let agenda = get(address::API_AGENDA, &format!("{team}/agenda?lang=fi"), status);
            assert!(!has_agenda || agenda["language"] == "fi", "{agenda}");
            let all = get(address::API_OBJECTIVES, &format!("{team}/objectives"), "200");
            for one in all["objectives"].as_array().unwrap() {
                let path = format!("{team}/objectives/{}", one["objective"].as_str().unwrap());
                assert_eq!(&get(address::API_OBJECTIVE, &path, "200"), one);
                get(address::API_HISTORY, &format!("{path}/history"), "200");
                let tickets = format!("{path}/tickets");
                let tickets = get(address::API_OBJECTIVE_TICKETS, &tickets, "200");
                assert_eq!(tickets["over_target"], one["overdue"]);
                assert_eq!(tickets["due_soon"], one["due_soon"]);
                listed += tickets["tickets"].as_array().unwrap().len();
                objectives += 1;
            }
        }
        assert!(objectives > 1, "{number}");
        assert!(listed > 0 || number >= 2, "{number}");
        for (path, template, status) in OTHERS {
            get(template, path, status);
        }
    }
}

#[test]
fn every_operation_field_and_parameter_is_described() {
    let (_, description) = described();
    let description = serde_json::to_value(description).unwrap();
    for (path, item) in description["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            assert!(operation["summary"].is_string(), "{path}");
            assert!(operation["operationId"].is_string(), "{path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{path}: {parameter}");
            }
        }
    }
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        let parts = schema["allOf"].as_array().into_iter().flatten();
        for part in parts.chain([schema]) {
            for (field, described) in part["properties"].as_object().into_iter().flatten() {
                let choice = &described["oneOf"][0];
                let texts = [&described["description"], &choice["description"], &described["$ref"]];
                let text = texts.into_iter().find_map(Value::as_str);
                assert!(
                    text.is_some() || name.ends_with("Quantiles"),
                    "{name}.{field}: {described}"
                );
                let text = text.unwrap_or_default();
                assert!(!text.contains("[`") && !text.contains("`None`"), "{name}.{field}: {text}");
            }
        }
    }
}

#[test]
fn an_error_says_what_was_asked_for_and_what_there_is() {
    let (_runtime, address) = serve(full_agreement().publish());
    let get = |path: &str| fetch(address, &format!("GET {path}"), "").1;
    let long = "x".repeat(1_000);
    let bodies = [
        get("/api/v1/teams/caer"),
        get("/api/v1/teams/%3Cscript%3E"),
        get("/api/v1/teams/care/objectives/first-repyl"),
        get(&format!("/api/v1/teams/care/objectives/{long}")),
        get("/api/v1/nothing"),
        get("/api/v1/teams/care/objectives/first-reply/history?from=yesterday"),
        get("/api/v1/teams/care/objectives/first-reply/history?to=2026-11-21"),
        get("/api/v1/teams/care/objectives/first-reply/history?from=2026-11-21T09:00:00+02:00"),
        fetch(address, "DELETE /api/v1/teams", "").1,
    ];
    assert_snapshot("api_problems", &bodies.concat());
    let (head, _) = fetch(address, "DELETE /api/v1/teams", "");
    assert!(head.starts_with("http/1.0 405 ") && head.contains("allow: get,head"), "{head}");
    let (_, metrics) = fetch(address, "GET /metrics", "");
    for (route, code, count) in [
        (address::API_TEAM, "404", 2),
        (address::API_OBJECTIVE, "404", 2),
        (address::API_TEAMS, "405", 2),
    ] {
        let series =
            format!("vaste_http_requests_total{{code=\"{code}\",route=\"{route}\"}} {count}");
        assert!(metrics.contains(&series), "{series}");
    }
}

#[test]
fn the_past_of_a_period_is_a_part_of_the_whole_past() {
    let (_runtime, address) = serve(full_agreement().publish());
    let path = "/teams/care/objectives/first-reply/history";
    let points = |query: &str| {
        let (head, body) = fetch(address, &format!("GET /api/v1{path}{query}"), "");
        assert!(head.starts_with("http/1.0 200 "), "{head}");
        value(&body)["points"].as_array().unwrap().clone()
    };
    let all = points("");
    let at = |index: usize| all[index]["at"].as_str().unwrap();
    assert!(all.len() > 100, "{}", all.len());
    // The start is included, and the end is not. Offsets of zones are read.
    assert_eq!(points(&format!("?from={}&to={}", at(20), at(60))), all[20..60]);
    assert_eq!(points(&format!("?lang=fi&from={}", at(20))), all[20..]);
    assert_eq!(points(&format!("?to={}", at(20))), all[..20]);
    assert_eq!(points(&format!("?from={}&to={}", at(60), at(20))), [Value::Null; 0]);
    let local = at(20).replace('Z', "%2B02:00");
    assert_eq!(points(&format!("?from={local}")), all[18..]);
    // The same as comma-separated values.
    let (head, csv) = fetch(address, &format!("GET {path}.csv?from={}&to={}", at(20), at(60)), "");
    assert!(head.contains("content-type: text/csv; charset=utf-8; header=present"), "{head}");
    assert!(head.contains("content-disposition: attachment; filename=\"history.csv\""), "{head}");
    let mut lines = csv.split("\r\n");
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let fields: Vec<&str> = all[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(BTreeSet::from_iter(names.clone()), BTreeSet::from_iter(fields));
    let text = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if value.is_null() { String::new() } else { text }
    };
    let row = |point: &Value| names.iter().map(|name| text(&point[*name])).collect::<Vec<_>>();
    for point in &all[20..60] {
        assert_eq!(
            lines.next().unwrap().replace(".0,", ","),
            row(point).join(",").replace(".0,", ",")
        );
    }
    assert_eq!((lines.next(), lines.next()), (Some(""), None));
    for (path, status) in [
        (format!("{path}.csv?from=1"), "400"),
        ("/teams/care/objectives/nothing/history.csv".to_owned(), "404"),
        ("/teams/nobody/objectives/first-reply/history.csv".to_owned(), "404"),
    ] {
        let (head, _) = fetch(address, &format!("GET {path}"), "");
        assert!(head.starts_with(&format!("http/1.0 {status} ")), "{path}: {head}");
    }
}

#[test]
fn while_frozen_a_response_has_the_last_trusted_numbers_and_the_reason() {
    let not_ready = || Some(NotReady::Behind { behind: 1, all: 3 });
    let trusted = Arc::new(teams_in_every_state().publish());
    let mut later = teams_in_every_state();
    later.view.set_frozen(true);
    later.add_waiting(Some("orders"), "of unknown state", 600);
    let mut frozen =
        PublishedView { frozen: not_ready(), trusted: Some(trusted), ..later.publish() };
    let body = value(&found(&frozen, "orders", "first-reply"));
    assert_eq!((&body["state"], &body["decided"]), (&"frozen".into(), &30.into()));
    assert!(body["frozen"].as_str().unwrap().starts_with("1 of 3 partitions"), "{body}");
    let trusted = frozen.trusted.take();
    let (_runtime, address) = serve(frozen);
    for path in ["teams", "teams/orders", "teams/orders/objectives/first-reply"] {
        let (head, body) = fetch(address, &format!("GET /api/v1/{path}"), "");
        assert!(head.starts_with("http/1.0 503 "), "{head}");
        assert_eq!(value(&body)["type"], "urn:vaste:problem:not-ready");
        assert!(
            value(&body)["detail"].as_str().unwrap().starts_with("1 of 3 partitions"),
            "{body}"
        );
    }
    let frozen = PublishedView { frozen: not_ready(), trusted, ..later.publish() };
    let (_runtime, address) = serve(frozen);
    let body = value(&fetch(address, "GET /api/v1/teams", "").1);
    let states = body["teams"].as_array().unwrap().iter().map(|team| team["state"].as_str());
    let states: BTreeSet<_> = states.flatten().collect();
    assert_eq!(states, BTreeSet::from(["frozen", "not_agreed"]));
}

#[test]
fn a_client_that_has_a_response_gets_it_again_only_when_it_has_changed() {
    let (_runtime, address) = serve(full_agreement().publish());
    let (_other_runtime, other) = serve(teams_in_every_state().publish());
    let tag_of = |head: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix("etag: "));
        line.map(str::to_owned).unwrap_or_else(|| panic!("{head}"))
    };
    for path in ["/api/v1/teams", "/", "/teams/_all?lang=fi", "/assets/board.css"] {
        let (head, body) = fetch(address, &format!("GET {path}"), "");
        let tag = tag_of(&head);
        assert!(tag.starts_with("w/\""), "{tag}");
        let (of_head, nothing) = fetch(address, &format!("HEAD {path}"), "");
        assert_eq!((tag_of(&of_head), &*nothing), (tag.clone(), ""), "{path}");
        let (compressed, _) =
            fetch_bytes(address, &format!("GET {path}"), "accept-encoding: gzip\r\n");
        assert_eq!(tag_of(&compressed), tag, "{path}");
        let strong = tag.replace("w/", "");
        for known in [&*tag, &*strong, &format!("\"other\", {tag}"), "*"] {
            let tag = known.replace("w/", "W/");
            let (head, nothing) =
                fetch(address, &format!("GET {path}"), &format!("if-none-match: {tag}\r\n"));
            assert!(head.starts_with("http/1.0 304 "), "{path} {known}: {head}");
            assert_eq!(nothing, "");
            assert!(head.contains("etag: w/\"") && !head.contains("\ncontent-type"), "{head}");
        }
        let (head, again) = fetch(address, &format!("GET {path}"), "if-none-match: W/\"0123\"\r\n");
        assert!(head.starts_with("http/1.0 200 "), "{head}");
        assert_eq!(again, body);
        if path != "/assets/board.css" {
            assert_ne!(tag_of(&fetch(other, &format!("GET {path}"), "").0), tag, "{path}");
        }
    }
    // An error has no tag: it may be over at any time.
    let (head, _) = fetch(address, "GET /api/v1/teams/nobody", "if-none-match: *\r\n");
    assert!(head.starts_with("http/1.0 404 ") && !head.contains("etag"), "{head}");
}
