//! `config/reference/agreement.yaml` has every key that an agreement may have.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::super::run::page;
use super::{keys, printed, root, yaml};

const REFERENCE: &str = "config/reference/agreement.yaml";

/// A key that cannot stand beside another one of the same file; a comment shows it.
const COMMENTED: &str = "organisation";

/// Every key of a schema, as the place of its group and its name.
fn all_keys(schema: &Value) -> BTreeSet<String> {
    let mut groups = BTreeSet::new();
    keys::closed_groups(schema, "", &mut groups);
    let keys_of = |group: &String| {
        let keys = schema.pointer(group).unwrap()["properties"].as_object().unwrap();
        keys.keys().map(|key| format!("{group}/{key}")).collect::<Vec<_>>()
    };
    groups.iter().flat_map(keys_of).collect()
}

/// Adds the keys that a value has, by its schema at a place.
fn keys_of_value(schema: &Value, place: &str, value: &Value, found: &mut BTreeSet<String>) {
    let at = schema.pointer(place).unwrap();
    if let Some(reference) = at.get("$ref") {
        let place = reference.as_str().unwrap().trim_start_matches('#');
        return keys_of_value(schema, place, value, found);
    }
    if let Some(list) = value.as_array() {
        let items = format!("{place}/items");
        let items = schema.pointer(&items).map(|_| items);
        for (item, items) in list.iter().zip(items.iter().cycle()) {
            keys_of_value(schema, items, item, found);
        }
    }
    let Some(map) = value.as_object() else { return };
    let is_chosen = |choice: &Value| {
        let required = choice["required"].as_array();
        required.into_iter().flatten().all(|key| map.contains_key(key.as_str().unwrap()))
    };
    let choices = at.get("oneOf").and_then(Value::as_array).into_iter().flatten().enumerate();
    let chosen = choices.filter(|(_, choice)| is_chosen(choice));
    let mut places: Vec<String> = chosen.map(|(n, _)| format!("{place}/oneOf/{n}")).collect();
    places.push(place.to_owned());
    for (key, value) in map {
        found.insert(format!("{place}/{key}"));
        let of_key = places.iter().map(|place| format!("{place}/properties/{key}"));
        for place in of_key.filter(|place| schema.pointer(place).is_some()) {
            keys_of_value(schema, &place, value, found);
        }
    }
}

#[test]
fn the_reference_agreement_has_every_key() {
    let schema = printed("agreement");
    let text = fs::read_to_string(root().join(REFERENCE)).unwrap();
    let mut written = BTreeSet::new();
    keys_of_value(&schema, "", &yaml::value(&text), &mut written);
    let all = all_keys(&schema);
    assert!(all.len() > 70, "{all:?}");
    let absent: Vec<&String> = all.difference(&written).collect();
    assert_eq!(absent, [&format!("/{COMMENTED}")]);
    let is_comment = |line: &str| line.starts_with(&format!("# {COMMENTED}: "));
    assert_eq!(text.lines().filter(|line| is_comment(line)).count(), 1);
}

/// Warnings depend on the day: dates of the file pass.
#[test]
fn the_reference_agreement_has_no_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["check", "config/calendars.yaml", REFERENCE])
        .current_dir(root())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", page(&output));
}
