//! Responses of the API, from published views and over HTTP.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::name::team_label;
use crate::service::coordinator::readiness::NotReady;
use crate::service::scenario::{
    assert_snapshot, fetch, full_agreement, serve, teams_in_every_state,
};

fn found(published: &PublishedView, team: &str, name: &str) -> String {
    match objective(published, team, name) {
        ApiResponse::Found(body) => body,
        ApiResponse::Missing(why) => panic!("{team} {name}: {why:?}"),
    }
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

/// Resolves a `$ref` within the OpenAPI description.
fn resolved<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => description.pointer(path.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Asserts that a value has exactly the keys and types that its schema describes, at every level.
fn follows(description: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = resolved(description, schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        let is_null = |choice: &&Value| choice["type"] == "null";
        let choice = choices.iter().find(|choice| is_null(choice) == value.is_null()).unwrap();
        return follows(description, choice, value, at);
    }
    let types = &schema["type"];
    let types = types.as_array().cloned().unwrap_or_else(|| vec![types.clone()]);
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() || !types.contains(&"integer".into()) => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(types.contains(&kind.into()), "{at} is of type {kind}, described as {types:?}");
    let choices = schema["enum"].as_array();
    assert!(choices.is_none_or(|choices| choices.contains(value)), "{at}: {value}");
    for item in value.as_array().into_iter().flatten() {
        follows(description, &schema["items"], item, at);
    }
    let Some(fields) = value.as_object() else { return };
    if let Some(each) = schema.get("additionalProperties") {
        fields.values().for_each(|field| follows(description, each, field, at));
        return;
    }
    let described = schema["properties"].as_object().unwrap();
    let names = |keys: &mut dyn Iterator<Item = &String>| keys.cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&mut fields.keys()), names(&mut described.keys()), "{at}");
    let required = schema["required"].as_array().unwrap().iter();
    let required: BTreeSet<String> = required.map(|key| key.as_str().unwrap().to_owned()).collect();
    assert_eq!(required, names(&mut described.keys()), "{at}");
    for (key, field) in fields {
        follows(description, &described[key], field, &format!("{at}.{key}"));
    }
}

#[test]
fn responses_match_the_openapi_description() {
    let (_runtime, address) = serve(full_agreement().publish());
    let (head, description) = fetch(address, "GET /api/v1/openapi.json", "");
    assert!(head.contains("content-type: application/json"), "{head}");
    let description = value(&description);
    let described = &description["paths"][address::API_OBJECTIVE]["get"]["responses"];
    for (path, status) in [
        ("care/objectives/first-reply", "200"),
        ("care/objectives/handled", "200"),
        ("%63are/objectives/asked-once", "200"),
        ("_all/objectives/first-reply", "200"),
        ("care/objectives/nothing", "404"),
        ("_unclaimed/objectives/first-reply", "404"),
        ("unclaimed/objectives/first-reply", "404"),
        ("%ff/objectives/first-reply", "404"),
    ] {
        let (head, body) = fetch(address, &format!("GET /api/v1/teams/{path}"), "");
        assert!(head.starts_with(&format!("http/1.0 {status} ")), "{path}: {head}");
        assert!(head.contains("content-type: application/json"), "{path}: {head}");
        assert!(head.contains("cache-control: no-store"), "{path}: {head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{path}: {head}");
        let schema = &described[status]["content"]["application/json"]["schema"];
        follows(&description, schema, &value(&body), path);
    }
    let (_, metrics) = fetch(address, "GET /metrics", "");
    for (code, count) in [("200", 4), ("404", 4)] {
        let series = format!(
            "vaste_http_requests_total{{code=\"{code}\",route=\"{}\"}} {count}",
            address::API_OBJECTIVE
        );
        assert!(metrics.contains(&series), "{series}");
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
    frozen.trusted = None;
    let (_runtime, address) = serve(frozen);
    let path = "GET /api/v1/teams/orders/objectives/first-reply";
    let (head, body) = fetch(address, path, "");
    assert!(head.starts_with("http/1.0 503 "), "{head}");
    assert_eq!(body, "{\"error\":\"no data yet: see /-/ready\"}\n");
}
