//! The schemas of the three kinds of files know the keys and the values that the readers of files know.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::Value;
use vaste::cli::exit::EXIT_CONFIG;

use super::super::run::{Folder, page};
use super::{faults, printed, validator, yaml};

/// A key that no reader knows, and none is similar to.
const UNKNOWN: &str = "zzzzzzzzzzzzzzzzzzzz";

/// Every group of keys: its schema, its place in the schema, and a file with `?` for a key of the group.
#[rustfmt::skip]
const GROUPS: [(&str, &str, &str); 35] = [
    ("agreement", "", "{ team: a, ? }"),
    ("agreement", "/properties/agreed", "{ team: a, agreed: { ? } }"),
    ("agreement", "/$defs/objective", "{ team: a, objectives: [{ ? }] }"),
    ("agreement", "/$defs/objective/properties/alerts", "{ team: a, objectives: [{ alerts: { ? } }] }"),
    ("agreement", "/$defs/objective/properties/alerts/properties/missed",
        "{ team: a, objectives: [{ alerts: { missed: { ? } } }] }"),
    ("agreement", "/$defs/objective/properties/alerts/properties/at_risk",
        "{ team: a, objectives: [{ alerts: { at_risk: { ? } } }] }"),
    ("agreement", "/$defs/objective/properties/alerts/properties/behind_market",
        "{ team: a, objectives: [{ alerts: { behind_market: { ? } } }] }"),
    ("agreement", "/$defs/objective/properties/split", "{ team: a, objectives: [{ split: { ? } }] }"),
    ("agreement", "/$defs/objective/properties/market", "{ team: a, objectives: [{ market: { ? } }] }"),
    ("agreement", "/$defs/earlierLevel", "{ team: a, objectives: [{ within: 4h, was: [{ ? }] }] }"),
    ("agreement", "/$defs/earlierLimit", "{ team: a, objectives: [{ none_over: 4h, was: [{ ? }] }] }"),
    ("agreement", "/$defs/byPriority", "{ team: a, objectives: [{ within: 4h, by_priority: { ? } }] }"),
    ("agreement", "/$defs/duty", "{ team: a, duty: { ? } }"),
    ("agreement", "/$defs/duty/properties/swaps/items", "{ team: a, duty: { swaps: [{ ? }] } }"),
    ("agreement", "/$defs/duty/properties/away/items", "{ team: a, duty: { away: [{ ? }] } }"),
    ("calendars", "", "{ calendars: {}, ? }"),
    ("calendars", "/$defs/calendar", "{ calendars: { a: { ? } } }"),
    ("calendars", "/$defs/calendar/properties/week", "{ calendars: { a: { week: { ? } } } }"),
    ("calendars", "/$defs/calendar/properties/holidays_ics/items/anyOf/1",
        "{ calendars: { a: { holidays_ics: [{ ? }] } } }"),
    ("calendars", "/$defs/calendar/properties/special/additionalProperties/anyOf/1",
        "{ calendars: { a: { special: { 2026-12-23: { ? } } } } }"),
    ("config", "", "{ ? }"),
    ("config", "/properties/http", "{ http: { ? } }"),
    ("config", "/properties/agendas", "{ agendas: { ? } }"),
    ("config", "/properties/state", "{ state: { ? } }"),
    ("config", "/properties/reload", "{ reload: { ? } }"),
    ("config", "/properties/waiting_alarms", "{ waiting_alarms: { ? } }"),
    ("config", "/$defs/waitingAlarm", "{ waiting_alarms: { unclaimed: { ? } } }"),
    ("config", "/$defs/kafka", "{ kafka: { ? } }"),
    ("config", "/$defs/secretFile", "{ kafka: { properties: { a: { ? } } } }"),
    ("config", "/$defs/alertmanager", "{ alertmanagers: [{ ? }] }"),
    ("config", "/$defs/alertmanager/properties/basic_auth", "{ alertmanagers: [{ basic_auth: { ? } }] }"),
    ("config", "/$defs/alertmanager/properties/authorization",
        "{ alertmanagers: [{ authorization: { ? } }] }"),
    ("config", "/$defs/alertmanager/properties/oauth2", "{ alertmanagers: [{ oauth2: { ? } }] }"),
    ("config", "/$defs/alertmanager/properties/http_headers/additionalProperties",
        "{ alertmanagers: [{ http_headers: { a: { ? } } }] }"),
    ("config", "/$defs/tls", "{ alertmanagers: [{ tls_config: { ? } }] }"),
];

/// The places of all groups of a schema that allow no other keys.
pub(super) fn closed_groups(value: &Value, place: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if map.get("additionalProperties") == Some(&Value::Bool(false)) {
                found.insert(place.to_owned());
            }
            for (key, value) in map {
                closed_groups(value, &format!("{place}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                closed_groups(value, &format!("{place}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What `vaste check` prints about a file.
fn checked(text: &str) -> (Option<i32>, String) {
    let folder = Folder::new();
    folder.write("file.yaml", text);
    let output = folder.vaste(&["check", "file.yaml"]);
    (output.status.code(), page(&output))
}

/// Whoever adds a key to a reader of files must add it to the schema: the readers list their keys.
#[test]
fn each_schema_has_exactly_the_keys_that_are_read() {
    let mut schemas = BTreeMap::new();
    for (of, place, file) in GROUPS {
        let schema: &Value = schemas.entry(of).or_insert_with(|| printed(of));
        let (_, checked) = checked(&file.replace('?', &format!("{UNKNOWN}: 1")));
        let (_, known) = checked
            .lines()
            .find_map(|line| line.split_once(&format!("{UNKNOWN}: unknown key; valid keys are ")))
            .unwrap_or_else(|| unreachable!("{file}: {checked}"));
        let known: BTreeSet<&str> = known.split(", ").collect();
        let group = schema.pointer(place).unwrap()["properties"].as_object().unwrap();
        let of_schema: BTreeSet<&str> = group.keys().map(String::as_str).collect();
        assert_eq!(of_schema, known, "{of}{place}");
    }
    for (of, schema) in &schemas {
        let mut all = BTreeSet::new();
        closed_groups(schema, "", &mut all);
        let named = GROUPS.iter().filter(|(named, ..)| named == of);
        let named: BTreeSet<String> = named.map(|(_, place, _)| (*place).to_owned()).collect();
        assert_eq!(all, named, "{of}");
    }
}

const OBJECTIVE: &str = "name: a, measure: first_reply";

/// Values of agreements, in place of `?` in an objective.
#[rustfmt::skip]
const OBJECTIVES: [(&str, bool); 41] = [
    ("within: 4h", true),
    ("within: 24h always", true),
    ("within: 1h30m", true),
    ("within: 0h", false),
    ("within: 4 h", false),
    ("within: four", false),
    ("within: 4h, none_over: 5d", false),
    ("none_over: 5d", true),
    ("none_over: 5d, share: 90%", false),
    ("none_over: 5d, was: [{ until: 2026-01-01, none_over: 6d }]", true),
    ("none_over: 5d, was: [{ until: 2026-01-01, within: 6d }]", false),
    ("within: 5d, was: [{ until: 2026-01-01, within: 6d, share: 80%, hours: always }]", true),
    ("within: 5d, was: [{ within: 6d }]", false),
    ("within: 5d, was: [{ until: soon }]", false),
    ("share: 90%", false),
    ("within: 4h, share: 92.5%", true),
    ("within: 4h, share: 0%", false),
    ("within: 4h, share: 100.01%", false),
    ("within: 4h, share: 0.9", false),
    ("within: 4h, over: 14d", true),
    ("within: 4h, over: 14", false),
    ("within: 4h, min_tickets: 1000000", true),
    ("within: 4h, min_tickets: 0", false),
    ("within: 4h, min_tickets: 1000001", false),
    ("within: 4h, unanswered_max: none", true),
    ("within: 4h, unanswered_max: 0%", true),
    ("within: 4h, unanswered_max: 100%", false),
    ("within: 4h, alerts: { missed: { confidence: 99.9%, for: 0s } }", true),
    ("within: 4h, alerts: { missed: { confidence: 50.01% } }", true),
    ("within: 4h, alerts: { missed: { confidence: plain } }", true),
    ("within: 4h, alerts: { missed: { confidence: 50% } }", false),
    ("within: 4h, alerts: { missed: { confidence: 99.91% } }", false),
    ("within: 4h, alerts: { missed: { for: 0m } }", false),
    ("within: 4h, pauses: [pending], pauses_agreed: true", true),
    ("within: 4h, pauses: [closed], pauses_agreed: true", false),
    ("within: 4h, pauses_agreed: maybe", false),
    ("within: 4h, split: { priority: true, channel: [email] }", true),
    ("within: 4h, split: { channel: [other] }", false),
    ("within: 4h, market: { within: 24h, source: trade survey, as_of: 2026-06-01 }", true),
    ("within: 4h, market: { within: 24h }", false),
    ("within: 4h, by_priority: { urgent: often }", false),
];

/// Values of whole files.
#[rustfmt::skip]
const FILES: [(&str, &str, bool); 87] = [
    ("agreement", "{ team: a, organisation: b }", false),
    ("agreement", "{ organisation: b }", true),
    ("agreement", "{ organisation: b, was_named: [a] }", false),
    ("agreement", "{ objectives: [] }", false),
    ("agreement", "{ team: _all }", false),
    ("agreement", "{ team: 7, was_named: [a, b] }", true),
    ("agreement", "{ team: a, was_named: b }", false),
    ("agreement", "{ team: a, name: { fi: a, en: b } }", true),
    ("agreement", "{ team: a, name: { sv: a, smn: b } }", true),
    ("agreement", "{ team: a, name: { swedish: a } }", false),
    ("agreement", "{ team: a, agreed: { on: 2026-09-01, by: [a, b] } }", true),
    ("agreement", "{ team: a, agreed: { on: 1.9.2026, by: [a, b] } }", false),
    ("agreement", "{ team: a, agreed: { on: 2026-09-01, by: [] } }", false),
    ("agreement", "{ team: a, agreed: { on: 2026-09-01, by: [Aino A] } }", false),
    ("agreement", "{ team: a, zone: Europe/Helsinki }", true),
    ("agreement", "{ team: a, zone: '' }", false),
    ("agreement", "{ team: a, zone: [Europe/Helsinki] }", false),
    ("agreement", "{ team: a, message_on_solved: asks_again }", true),
    ("agreement", "{ team: a, message_on_solved: counts }", false),
    ("agreement", "{ team: a, labels: { severity: page } }", false),
    ("agreement", "{ team: a, labels: { __x: page } }", false),
    ("agreement", "{ team: a, labels: { 1x: page } }", false),
    ("agreement", "{ team: a, labels: { _x: page, y1: 2 } }", true),
    ("agreement", "{ team: a, runbook_url: 'https://wiki.example/a' }", true),
    ("agreement", "{ team: a, runbook_url: wiki.example }", false),
    ("agreement", "{ team: a, duty: { members: [a, b], since: 2026-09-07, handover: Mon 09:00 UTC } }", true),
    ("agreement", "{ team: a, duty: { members: [a, b], since: 2026-09-07, handover: monday } }", false),
    ("agreement", "{ team: a, review_categories: [tone, facts] }", true),
    ("agreement", "{ team: a, review_categories: [tone, tone] }", false),
    ("agreement", "{ team: a, review_categories: tone }", false),
    ("agreement", "{ team: a, duty: { members: [a, b], since: 2026-09-07, check: 101 } }", false),
    ("agreement", "{ team: a, objectives: [{ name: a b, measure: first_reply, within: 4h }] }", false),
    ("agreement", "{ team: a, objectives: [{ name: a, measure: reply, within: 4h }] }", false),
    ("agreement", "{ team: a, objectives: [{ name: a, measure: contacts, within: 2 }] }", true),
    ("agreement", "{ team: a, objectives: [{ name: a, measure: contacts, within: 1001 }] }", false),
    ("calendars", "{ calendars: { a: { zone: UTC, week: { mon: ['22:00-02:00'] } } } }", true),
    ("calendars", "{ calendars: { a: { week: { mon: ['22:00-02:00'] } } } }", false),
    ("calendars", "{ calendars: { always: { zone: UTC, week: { mon: ['22:00-02:00'] } } } }", false),
    ("calendars", "{ calendars: { a: { zone: UTC, week: { mon: ['8-16'] } } } }", false),
    ("calendars", "{ calendars: { a: { zone: UTC, week: { mon: '08:00-16:00' } } } }", false),
    ("calendars", "{ calendars: { a: { zone: UTC, week: { mon: ['24:00-25:00'] } } } }", false),
    ("calendars",
        "{ calendars: { a: { zone: UTC, week: { mon: ['08:00-24:00'] }, holidays: [12-06] } } }", true),
    ("calendars",
        "{ calendars: { a: { zone: UTC, week: { mon: ['08:00-24:00'] }, holidays: [6.12.] } } }", false),
    ("calendars",
        "{ calendars: { a: { zone: UTC, week: { mon: ['08:00-24:00'] }, breaks: { 12-06: [] } } } }", false),
    ("config", "{ kafka: { brokers: ['a:1'], topic: t } }", true),
    ("config", "{ kafka: { brokers: ['[::1]:9092'], topic: t, workers: 64, dead_letters: d } }", true),
    ("config", "{ kafka: { topic: t } }", false),
    ("config", "{ kafka: { brokers: [], topic: t } }", false),
    ("config", "{ kafka: { brokers: ['http://a:1'], topic: t } }", false),
    ("config", "{ kafka: { brokers: [a], topic: t } }", false),
    ("config", "{ kafka: { brokers: ['a:1'], topic: t t } }", false),
    ("config", "{ kafka: { brokers: ['a:1'], topic: t, workers: 65 } }", false),
    ("config", "{ kafka: { brokers: ['a:1'], topic: t, properties: { sasl.password: x } } }", false),
    ("config", "{ kafka: { brokers: ['a:1'], topic: t, properties: { client.rack: [x] } } }", false),
    ("config", "{ measures: [first_reply, contacts], priorities: { P1: urgent } }", true),
    ("config", "{ measures: [reply] }", false),
    ("config", "{ priorities: { P1: fast } }", false),
    ("config", "{ http: { listen: 'localhost:9464' } }", false),
    ("config", "{ http: { listen: '[::1]:9464', external_url: 'https://vaste.example' } }", true),
    ("config", "{ http: { external_url: vaste.example } }", false),
    ("config",
        "{ alertmanagers: [{ url: 'http://a:9093', basic_auth: { username: a, password_file: b } }] }", true),
    ("config", "{ alertmanagers: [{ url: 'http://u:p@a:9093' }] }", false),
    ("config", "{ alertmanagers: [{ url: 'http://a:9093', follow_redirects: true }] }", false),
    ("config", "{ alertmanagers: [{ url: 'http://a:9093', tls_config: { cert_file: a } }] }", false),
    ("config", "{ state: { store: 'file:///a', checkpoint_every: 0s, reopen_within: 56d } }", true),
    ("config", "{ state: { reopen_within: 56 }, stale_after: 0s }", false),
    ("config", "{ reload: { endpoint: true, every: 30s } }", true),
    ("config", "{ waiting_alarms: { unclaimed: { after: 3d, severity: warning } } }", true),
    ("config", "{ waiting_alarms: { not_agreed: { after: never } } }", true),
    ("config", "{ waiting_alarms: { unclaimed: { after: 0s } } }", false),
    ("config", "{ waiting_alarms: { unclaimed: off } }", false),
    ("config", "{ waiting_alarms: { unclaimed: { severity: 'very high' } } }", false),
    ("config", "{ http: { dashboard_url: 'https://g.example/d/team?var-team={team}' } }", true),
    ("config", "{ http: { dashboard_url: team } }", false),
    ("config", "{ http: { ticket_url: 'https://desk.example/tickets/{id}', ticket_ids: false } }", true),
    ("config", "{ http: { ticket_url: 'https://desk.example/tickets/' } }", false),
    ("config", "{ http: { ticket_url: 'javascript:alert({id})' } }", false),
    ("config", "{ http: { ticket_ids: 'off' } }", false),
    ("config", "{ http: { writing: false, person_header: X-Forwarded-User } }", true),
    ("config", "{ http: { writing: 'no one' } }", false),
    ("config", "{ http: { person_header: 'who is it?' } }", false),
    ("config", "{ agendas: { topic: team-agendas, language: sv } }", true),
    ("config", "{ agendas: { language: sv } }", false),
    ("config", "{ agendas: { topic: team agendas } }", false),
    ("config", "{ agendas: { topic: team-agendas, language: de } }", false),
    ("config", "{ waiting_alarms: { concerns: { severity: warning } } }", true),
    ("config", "{ reload: { endpoint: soon } }", false),
];

/// How the schema and `vaste check` judge a file where that is not as expected.
fn misjudged(schema: &Validator, text: &str, is_good: bool) -> Option<String> {
    let judged = faults(schema, &yaml::value(text));
    let (code, checked) = checked(text);
    let is_as_expected =
        judged.is_empty() == is_good && code == Some(if is_good { 0 } else { EXIT_CONFIG.into() });
    (!is_as_expected)
        .then(|| format!("{text}, good: {is_good}\nschema: {judged}\ncheck: {checked}\n"))
}

#[test]
fn schemas_and_check_refuse_the_same_values() {
    let objectives = OBJECTIVES.map(|(keys, is_good)| {
        let text = format!("{{ team: a, objectives: [{{ {OBJECTIVE}, {keys} }}] }}");
        ("agreement", text, is_good)
    });
    let files = FILES.map(|(of, text, is_good)| (of, text.to_owned(), is_good));
    let mut wrong = String::new();
    for of in ["agreement", "calendars", "config"] {
        let schema = validator(&printed(of));
        for (_, text, is_good) in objectives.iter().chain(&files).filter(|(named, ..)| *named == of)
        {
            wrong.extend(misjudged(&schema, text, *is_good));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Properties of Kafka and labels that Vaste sets itself.
#[test]
fn names_that_vaste_keeps_for_itself_are_refused() {
    let schema = printed("config");
    let reserved = |place: &str| {
        let names = schema.pointer(place).unwrap()["propertyNames"]["not"]["enum"].clone();
        serde_json::from_value::<Vec<String>>(names).unwrap()
    };
    let properties = reserved("/$defs/kafka/properties/properties");
    let labels = reserved("/properties/external_labels");
    assert_eq!((properties.len(), labels.len()), (10, 4));
    let validator = validator(&schema);
    let properties = properties.iter().map(|name| {
        format!("{{ kafka: {{ brokers: ['a:1'], topic: t, properties: {{ {name}: 1 }} }} }}")
    });
    let labels = labels.iter().map(|name| format!("{{ external_labels: {{ {name}: a }} }}"));
    let wrong: String =
        properties.chain(labels).filter_map(|text| misjudged(&validator, &text, false)).collect();
    assert!(wrong.is_empty(), "{wrong}");
}
