//! `vaste schema`: each schema accepts what Vaste reads, refuses what Vaste refuses, and knows every key.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Value, json};
use vaste::event::{Kind, OptionalField, decode};

use super::run::{Folder, page};

mod keys;
mod reference;
mod yaml;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What `vaste schema` prints.
fn printed(of: &str) -> Value {
    let output = Folder::new().vaste(&["schema", of]);
    assert_eq!(output.status.code(), Some(0), "{}", page(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn validator(schema: &Value) -> Validator {
    jsonschema::meta::validate(schema).unwrap();
    jsonschema::validator_for(schema).unwrap()
}

/// What is wrong with a value; empty if nothing is.
fn faults(validator: &Validator, value: &Value) -> String {
    let faults = validator.iter_errors(value);
    faults.map(|fault| format!("{}: {fault}\n", fault.instance_path())).collect()
}

/// The examples of the schema of events: one event of every type with all its fields.
fn examples(schema: &Value) -> Vec<(Kind, Value)> {
    let example = |kind: Kind| (kind, schema["$defs"][kind.label()]["examples"][0].clone());
    Kind::ALL.into_iter().map(example).collect()
}

/// Whether Vaste reads the whole event: it is not rejected, and no field is left out.
fn is_read(event: &Value) -> bool {
    decode(event.to_string().as_bytes()).is_ok_and(|event| event.ignored.is_empty())
}

#[test]
fn without_an_argument_the_schemas_are_listed() {
    let folder = Folder::new();
    let output = folder.vaste(&["schema"]);
    assert_eq!(output.status.code(), Some(2));
    let listed = page(&output);
    for name in ["event", "agenda", "asyncapi", "config", "agreement", "calendars"] {
        assert!(listed.lines().any(|line| line.trim_start().starts_with(name)), "{listed}");
        assert_eq!(folder.vaste(&["schema", name]).status.code(), Some(0));
    }
    assert_eq!(folder.vaste(&["schema", "team"]).status.code(), Some(2));
}

/// Producers validate by a copy of this schema, so a change must stay compatible: no field becomes required,
/// no type and no value of an `enum` goes, and no bound becomes narrower. Accept a change of the snapshot
/// only if that holds. What else changes is a new version of the events.
#[test]
fn the_schema_of_events_is_compatible() {
    let output = Folder::new().vaste(&["schema", "event"]);
    insta::assert_snapshot!("schema_event", String::from_utf8(output.stdout).unwrap());
}

#[test]
fn every_event_of_the_example_is_valid() {
    let validator = validator(&printed("event"));
    let events = fs::read_to_string(root().join("config/example/events.ndjson")).unwrap();
    for line in events.lines() {
        assert_eq!(faults(&validator, &serde_json::from_str(line).unwrap()), "", "{line}");
    }
    assert!(events.lines().count() > 1_000);
}

#[test]
fn the_example_of_every_type_is_valid_and_read_as_a_whole() {
    let schema = printed("event");
    let validator = validator(&schema);
    for (kind, example) in examples(&schema) {
        assert_eq!(faults(&validator, &example), "", "{example}");
        assert!(is_read(&example), "{example}");
        let required = schema["$defs"][kind.label()]["required"].as_array().unwrap();
        for key in example.as_object().unwrap().keys() {
            let mut without = example.clone();
            without.as_object_mut().unwrap().remove(key);
            let is_required = required.iter().any(|required| required == key);
            assert_eq!(validator.is_valid(&without), !is_required, "{without}");
            assert_eq!(is_read(&without), !is_required, "{without}");
        }
        let mut more = example.clone();
        more["customer"] = json!({ "id": 7 });
        assert!(validator.is_valid(&more) && is_read(&more), "{more}");
    }
}

/// A field that the decoder reads of a kind is one whose unreadable value it names.
#[test]
fn the_fields_of_every_type_are_those_that_are_read() {
    let schema = printed("event");
    for (kind, mut event) in examples(&schema) {
        let of_schema: BTreeSet<String> = schema["$defs"][kind.label()]["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        let required = &schema["$defs"][kind.label()]["required"];
        let required =
            required.as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned());
        let mut known: BTreeSet<String> = required.collect();
        for field in OptionalField::ALL.map(OptionalField::label) {
            if !known.contains(field) {
                event[field] = json!([]);
            }
        }
        let bytes = event.to_string().into_bytes();
        let ignored = decode(&bytes).unwrap().ignored;
        known.extend(ignored.iter().map(|ignored| ignored.field.label().to_owned()));
        assert_eq!(of_schema, known, "{}", kind.label());
    }
}

#[test]
fn a_value_that_vaste_cannot_read_is_invalid() {
    let schema = printed("event");
    let validator = validator(&schema);
    let long = "x".repeat(501);
    let wrong = [
        ("id", vec![json!(""), json!(true), json!("a\nb"), json!("x".repeat(257))]),
        ("type", vec![json!("ticket.creatd"), json!(1), json!(null)]),
        (
            "time",
            vec![
                json!("2026-11-21T09:14:03"),
                json!("1989-11-21T09:14:03Z"),
                json!("2100-01-01T00:00:00Z"),
                json!("2026-13-21T09:14:03Z"),
                json!("yesterday"),
                json!(1_777_874_400),
            ],
        ),
        ("ticket", vec![json!("T 1"), json!("työ"), json!(1.5), json!("x".repeat(129)), json!({})]),
        (
            "team",
            vec![json!("_unclaimed"), json!("unclaimed"), json!("a\u{7}"), json!("x".repeat(129))],
        ),
        ("concern", vec![json!("C 1"), json!(false)]),
        ("priority", vec![json!("Medium"), json!(1), json!("")]),
        ("channel", vec![json!("a\nb"), json!([])]),
        ("source", vec![json!("a\tb"), json!("x".repeat(257))]),
        ("agent", vec![json!("Agent 8"), json!(true)]),
        ("by", vec![json!("a\nb"), json!(["aino"])]),
        ("score", vec![json!(0), json!(6), json!(4.5), json!("good")]),
        ("note", vec![json!(&long), json!([])]),
        ("text", vec![json!(&long), json!(1.5)]),
        ("bring_to_team", vec![json!("yes"), json!(1)]),
        ("into", vec![json!("T 1"), json!(false)]),
        ("from", vec![json!("T 1"), json!(1.5)]),
        ("waiting_since", vec![json!("2026-11-21"), json!(7)]),
    ];
    let mut tried = BTreeSet::new();
    for (kind, example) in examples(&schema) {
        for (key, values) in wrong.iter().filter(|(key, _)| example.get(key).is_some()) {
            tried.insert(*key);
            for value in values {
                let mut event = example.clone();
                event[*key] = value.clone();
                assert!(!validator.is_valid(&event), "{}: {event}", kind.label());
                // An empty text is absent, where a field may be. The schema asks for better.
                assert!(*value == "" || !is_read(&event), "{event}");
            }
        }
    }
    assert_eq!(tried.len(), wrong.len());
    let created = json!({ "id": "1", "type": "ticket.created", "time": "2026-11-21T09:14:03Z",
        "ticket": "T-1", "by": "robot" });
    assert!(!validator.is_valid(&created) && !is_read(&created));
}

/// Ids may be whole numbers: many helpdesks number their tickets.
#[test]
fn ids_may_be_whole_numbers() {
    let event = json!({ "id": 7, "type": "ticket.agent_replied", "time": "2026-11-21T09:14:03Z",
        "ticket": 1042, "agent": 8 });
    assert!(validator(&printed("event")).is_valid(&event) && is_read(&event));
}

#[test]
fn every_reference_of_the_asyncapi_document_leads_somewhere() {
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = printed("asyncapi");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn the_messages_of_the_asyncapi_document_are_read() {
    let document = printed("asyncapi");
    let of_schema = |name: &str| {
        let reference = format!("#/components/schemas/{name}");
        validator(&json!({ "$ref": reference, "components": document["components"] }))
    };
    let messages = document["components"]["messages"].as_object().unwrap();
    assert_eq!(messages.len(), Kind::ALL.len() + 3, "CloudEvents in both modes, and the agenda");
    for kind in Kind::ALL {
        let payload = &messages[kind.label()]["examples"][0]["payload"];
        assert_eq!(faults(&of_schema(kind.label()), payload), "", "{payload}");
    }
    let structured = of_schema("cloudevent.structured");
    for (label, is_valid) in [
        ("ticket.solved", true),
        ("com.example.ticket.solved.v1", true),
        ("com.example.ticket.solvd", false),
    ] {
        let event = json!({ "specversion": "1.0", "id": "1", "source": "/desk", "type": label,
            "time": "2026-11-21T09:14:03Z", "subject": "T-1", "data": { "team": "billing" } });
        assert_eq!((structured.is_valid(&event), is_read(&event)), (is_valid, is_valid), "{event}");
    }
}

/// The files of the kinds that have a schema, in and below a folder.
fn files_below(folder: &Path, found: &mut Vec<(&'static str, PathBuf)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            let text = fs::read_to_string(&path).unwrap();
            let begins = |key: &str| text.lines().any(|line| line.starts_with(key));
            if begins("team:") || begins("organisation:") {
                found.push(("agreement", path));
            } else if begins("calendars:") && !begins("kafka:") {
                found.push(("calendars", path));
            } else if begins("kafka:") {
                found.push(("config", path));
            }
        }
    }
}

#[test]
fn every_file_of_this_repository_is_valid() {
    let mut files = Vec::new();
    for folder in ["config", "deploy"] {
        files_below(&root().join(folder), &mut files);
    }
    for of in ["agreement", "calendars", "config"] {
        let validator = validator(&printed(of));
        let files: Vec<&PathBuf> =
            files.iter().filter(|(kind, _)| *kind == of).map(|(_, path)| path).collect();
        assert!(files.len() > 1, "{of}: {files:?}");
        for path in files {
            let value = yaml::value(&fs::read_to_string(path).unwrap());
            assert_eq!(faults(&validator, &value), "", "{}", path.display());
        }
    }
}
