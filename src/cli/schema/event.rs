//! `vaste schema event`: the JSON Schema of every type of event.

use serde_json::{Map, Value, json};

use super::DIALECT;
use super::fields::{SchemaField, references};
use crate::event::Kind;

/// The place of the definitions in the schema.
const DEFINITIONS: &str = "#/$defs";

/// The schema: one definition for each type of event and for each field.
pub(super) fn schema() -> Value {
    let types = Kind::ALL.map(|kind| json!({ "$ref": format!("{DEFINITIONS}/{}", kind.label()) }));
    json!({
        "$schema": DIALECT,
        "title": "Vaste event",
        "description": "One event, as Vaste reads it best: bare JSON, the value of one Kafka record. Vaste \
                        ignores further fields, and takes null as a field that is left out.",
        "oneOf": types,
        "$defs": definitions(DEFINITIONS),
    })
}

/// The definitions of all types and fields, by name. `at` is their place.
pub(super) fn definitions(at: &str) -> Map<String, Value> {
    let fields =
        SchemaField::all().map(|field| (field.definition_name().to_owned(), field.definition()));
    let types = Kind::ALL.map(|kind| (kind.label().to_owned(), of_kind(kind, at)));
    fields.chain(types).collect()
}

/// The schema of the events of one kind.
fn of_kind(kind: Kind, at: &str) -> Value {
    let required = SchemaField::required(kind);
    let mut keys: Vec<&str> = required.iter().map(|field| field.key()).collect();
    keys.insert(1, "type");
    let mut properties = references(&[required, SchemaField::optional(kind)].concat(), at);
    properties.insert("type".to_owned(), json!({ "const": kind.label() }));
    json!({
        "title": kind.label(),
        "description": meaning(kind),
        "type": "object",
        "required": keys,
        "properties": properties,
        "additionalProperties": true,
        "examples": [example(kind)],
    })
}

/// An event with all fields of its kind.
pub(super) fn example(kind: Kind) -> Value {
    let fields = [SchemaField::required(kind), SchemaField::optional(kind)].concat();
    let of_field = |field: &SchemaField| (field.key().to_owned(), field.example());
    let mut event: Map<String, Value> = fields.iter().map(of_field).collect();
    event.insert("type".to_owned(), json!(kind.label()));
    Value::Object(event)
}

/// What happened.
pub(super) const fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Created => "A ticket was created.",
        Kind::Reopened => "A solved, closed, merged, deleted or spam ticket is open again.",
        Kind::Resumed => "A ticket no longer waits for the customer or for a third party.",
        Kind::CustomerReplied => "The customer sent a message.",
        Kind::TookOver => {
            "A ticket takes over one that was merged into it, and with it the wait of its customer."
        }
        Kind::BotReplied => "The customer got an automatic message. It is never an answer.",
        Kind::AgentReplied => "A human agent sent a message to the customer.",
        Kind::NoteAdded => "Someone added an internal note. It is never an answer.",
        Kind::NoReplyNeeded => "An agent says that the customer's last message needs no reply.",
        Kind::Pending => "A ticket waits for the customer.",
        Kind::OnHold => "A ticket waits for a third party.",
        Kind::Solved => "A ticket was solved.",
        Kind::Closed => "A ticket was closed.",
        Kind::Merged => {
            "A ticket was merged into another one. Send `ticket.took_over` on the other one, too."
        }
        Kind::Deleted => "A ticket was deleted.",
        Kind::MarkedSpam => "A ticket was marked as spam.",
        Kind::Rated => "The customer rated a ticket.",
        Kind::Reviewed => "Someone reviewed how a ticket was handled.",
        Kind::Assigned => "A team or an agent owes the answer from now on.",
        Kind::ConcernRaised => "Someone raised a concern in a team.",
        Kind::ConcernSettled => "A concern was settled.",
        Kind::Decided => "A team decided something.",
        Kind::DecisionMoved => {
            "What a team had decided was given another day. Without `due`, nothing changes."
        }
        Kind::DecisionDone => "What a team had decided was done.",
        Kind::DecisionDropped => "A team no longer wants what it had decided.",
        Kind::TurnNoted => "The member on duty left a note about their turn.",
        Kind::TicketBrought => "Someone brought a ticket to a team, which is to talk about it.",
        Kind::TicketDiscussed => "A team talked about a ticket that was brought to it.",
    }
}
