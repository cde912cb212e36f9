//! `vaste schema asyncapi`: the topic of events as an AsyncAPI document.

use serde_json::{Map, Value, json};

use super::{agenda, event};
use crate::agenda_log::EVENT_TYPE;
use crate::event::Kind;

/// The version of AsyncAPI.
const ASYNCAPI: &str = "3.0.0";
/// The version of AsyncAPI's bindings of Kafka.
const BINDING: &str = "0.5.0";
/// The place of schemas in the document.
const SCHEMAS: &str = "#/components/schemas";
/// The name of the message of a CloudEvent in structured mode.
const STRUCTURED: &str = "cloudevent.structured";
/// The name of the message of a CloudEvent in binary mode.
const BINARY: &str = "cloudevent.binary";

/// The document: one channel for each topic, and one message for each type of event.
pub(super) fn document() -> Value {
    let names: Vec<&str> =
        Kind::ALL.into_iter().map(Kind::label).chain([STRUCTURED, BINARY]).collect();
    let of_channel = |name: &&str| {
        ((*name).to_owned(), json!({ "$ref": format!("#/components/messages/{name}") }))
    };
    let in_channel: Map<String, Value> = names.iter().map(of_channel).collect();
    let of_operation =
        |name: &&str| json!({ "$ref": format!("#/channels/events/messages/{name}") });
    let in_operation: Vec<Value> = names.iter().map(of_operation).collect();
    json!({
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Vaste",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The Kafka topic of ticket events that Vaste reads, and the topic of agendas \
                            that it writes.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "events": {
                "address": "ticket-events",
                "title": "Ticket events",
                "description": "The topic that `kafka.topic` names in the configuration of Vaste. Every \
                                record is one event: bare JSON, or a CloudEvent in structured or in \
                                binary mode.",
                "messages": in_channel,
                "bindings": { "kafka": { "topic": "ticket-events", "bindingVersion": BINDING } },
            },
            "agendas": {
                "address": "team-agendas",
                "title": "Agendas",
                "description": "The topic that `agendas.topic` names in the configuration of Vaste, if it \
                                names one.",
                "messages": {
                    EVENT_TYPE: { "$ref": format!("#/components/messages/{EVENT_TYPE}") },
                },
                "bindings": { "kafka": { "topic": "team-agendas", "bindingVersion": BINDING } },
            },
        },
        "operations": {
            "readEvents": {
                "action": "receive",
                "channel": { "$ref": "#/channels/events" },
                "summary": "Vaste reads events in any order. One that is sent again counts once.",
                "messages": in_operation,
            },
            "postAgendas": {
                "action": "send",
                "channel": { "$ref": "#/channels/agendas" },
                "summary": "Vaste posts the agenda of each handover of a turn of duty at least once. One \
                            that it posts again has the same id.",
                "messages": [{ "$ref": format!("#/channels/agendas/messages/{EVENT_TYPE}") }],
            },
        },
        "components": { "messages": messages(), "schemas": schemas() },
    })
}

fn messages() -> Map<String, Value> {
    let of_kind = |kind: Kind| {
        let message = json!({
            "name": kind.label(),
            "title": kind.label(),
            "summary": event::meaning(kind),
            "payload": { "$ref": format!("{SCHEMAS}/{}", kind.label()) },
            "bindings": bindings(key(kind.is_of_team())),
            "examples": [{ "payload": event::example(kind) }],
        });
        (kind.label().to_owned(), message)
    };
    let structured = json!({
        "name": STRUCTURED,
        "title": "CloudEvent in structured mode",
        "summary": "Any event as a CloudEvent: its attributes and, in `data`, the other fields.",
        "contentType": "application/cloudevents+json",
        "payload": { "$ref": format!("{SCHEMAS}/{STRUCTURED}") },
        "bindings": bindings(key(false)),
    });
    let binary = json!({
        "name": BINARY,
        "title": "CloudEvent in binary mode",
        "summary": "Any event as a CloudEvent: its attributes in headers, the other fields in the value.",
        "headers": { "$ref": format!("{SCHEMAS}/cloudevent.headers") },
        "payload": { "$ref": format!("{SCHEMAS}/cloudevent.data") },
        "bindings": bindings(key(false)),
    });
    let agenda = json!({
        "name": EVENT_TYPE,
        "title": EVENT_TYPE,
        "summary": agenda::MEANING,
        "contentType": "application/cloudevents+json",
        "payload": { "$ref": format!("{SCHEMAS}/{EVENT_TYPE}") },
        "bindings": bindings("The team; `_all` for the whole organisation."),
    });
    let cloud_events = [
        (STRUCTURED.to_owned(), structured),
        (BINARY.to_owned(), binary),
        (EVENT_TYPE.to_owned(), agenda),
    ];
    Kind::ALL.into_iter().map(of_kind).chain(cloud_events).collect()
}

fn bindings(key: &str) -> Value {
    let key = json!({ "type": "string", "description": key });
    json!({ "kafka": { "key": key, "bindingVersion": BINDING } })
}

/// What the key of a record is.
const fn key(is_of_team: bool) -> &'static str {
    if is_of_team {
        "The team that the event is about."
    } else {
        "The id of the ticket that the event is about, so that all its events are in one partition."
    }
}

fn schemas() -> Map<String, Value> {
    let mut schemas = event::definitions(SCHEMAS);
    schemas.extend(agenda::definitions(SCHEMAS));
    schemas.insert(EVENT_TYPE.to_owned(), agenda::event(SCHEMAS));
    let attribute = |name: &str| json!({ "$ref": format!("{SCHEMAS}/{name}") });
    schemas.insert(
        "cloudevent.type".to_owned(),
        json!({
            "description": "The type of the event. It may begin with your domain and end with a version.",
            "type": "string",
            "pattern": type_pattern(),
            "examples": ["ticket.created", "com.example.ticket.created.v1"],
        }),
    );
    schemas.insert(
        "cloudevent.subject".to_owned(),
        json!({
            "description": "The id of the ticket, unless `ticket` in the data names it.",
            "type": "string",
        }),
    );
    schemas.insert(
        "cloudevent.data".to_owned(),
        json!({
            "description": "The fields of the event that are no attributes of the CloudEvent, as in the bare \
                            event of the same type. Without any, `subject` is the ticket.",
            "type": "object",
            "additionalProperties": true,
        }),
    );
    schemas.insert(
        STRUCTURED.to_owned(),
        json!({
            "type": "object",
            "required": ["specversion", "id", "source", "type", "time"],
            "properties": {
                "specversion": { "type": "string", "examples": ["1.0"] },
                "id": attribute("id"),
                "source": attribute("source"),
                "type": attribute("cloudevent.type"),
                "time": attribute("time"),
                "subject": attribute("cloudevent.subject"),
                "data": attribute("cloudevent.data"),
            },
            "additionalProperties": true,
        }),
    );
    schemas.insert(
        "cloudevent.headers".to_owned(),
        json!({
            "type": "object",
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"],
            "properties": {
                "content-type": { "type": "string", "examples": ["application/json"] },
                "ce_specversion": { "type": "string", "examples": ["1.0"] },
                "ce_id": attribute("id"),
                "ce_source": attribute("source"),
                "ce_type": attribute("cloudevent.type"),
                "ce_time": attribute("time"),
                "ce_subject": attribute("cloudevent.subject"),
            },
            "additionalProperties": true,
        }),
    );
    schemas
}

/// The pattern of types of CloudEvents.
fn type_pattern() -> String {
    let labels = Kind::ALL.map(|kind| kind.label().replace('.', "[.]")).join("|");
    format!("^(.+[.])?({labels})([.]v[0-9]+)?$")
}
