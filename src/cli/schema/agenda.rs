//! `vaste schema agenda`: the JSON Schema of the event that has an agenda.

use serde_json::{Map, Value, json};

use super::DIALECT;
use crate::agenda_log::{EVENT_TYPE, event_id};
use crate::service::agenda_schemas;
use crate::time::Timestamp;

/// The place of the definitions in the schema.
const DEFINITIONS: &str = "#/$defs";

/// What the event is.
pub(super) const MEANING: &str =
    "The agenda of a team's talk, posted once its turn of duty is handed over.";

/// The schema: the event, and one definition for each part of its data.
pub(super) fn schema() -> Value {
    let mut schema = json!({ "$schema": DIALECT, "title": "Vaste agenda" });
    if let (Some(schema), Value::Object(event)) = (schema.as_object_mut(), event(DEFINITIONS)) {
        schema.extend(event);
        schema.insert("$defs".to_owned(), definitions(DEFINITIONS).into());
    }
    schema
}

/// The definitions of all parts of the data, by name. `at` is their place.
pub(super) fn definitions(at: &str) -> Map<String, Value> {
    agenda_schemas(at)
}

/// The schema of the event.
pub(super) fn event(at: &str) -> Value {
    let about = "A CloudEvent in structured mode. Further attributes may be added.";
    let id =
        "It follows from the team and the handover, so an event that comes again has the same one.";
    let handover = Timestamp::from_ms(1_795_417_200_000);
    json!({
        "description": format!("{MEANING} {about}"),
        "type": "object",
        "required": [
            "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"
        ],
        "properties": {
            "specversion": { "const": "1.0" },
            "id": {
                "description": id,
                "type": "string",
                "pattern": format!("^{}/", EVENT_TYPE.replace('.', "[.]")),
                "examples": [event_id("billing", handover)],
            },
            "source": { "const": "vaste" },
            "type": { "const": EVENT_TYPE },
            "subject": {
                "description": "Label of the team; `_all` for the whole organisation. It is the key of the \
                                record, too.",
                "type": "string",
                "examples": ["billing", "_all"],
            },
            "time": { "description": "The handover.", "type": "string", "format": "date-time" },
            "datacontenttype": { "const": "application/json" },
            "data": { "$ref": format!("{at}/AgendaPosted") },
        },
        "additionalProperties": true,
    })
}
