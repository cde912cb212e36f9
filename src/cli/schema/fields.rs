//! The fields of events, each with the values that Vaste reads.

use serde_json::{Map, Value, json};

use crate::event::{CATEGORIES_MAX, Kind, Maker, OptionalField, Priority, TEXT_BYTES_MAX};
use crate::name::{ALL_TEAMS, ID_BYTES_MAX, IDENTITY_BYTES_MAX, NAME_BYTES_MAX, RESERVED_TEAMS};

/// A field of some type of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SchemaField {
    /// `id`
    Id,
    /// `time`
    Time,
    /// `ticket`
    Ticket,
    /// `concern`
    Concern,
    /// `decision`
    Decision,
    /// `by` of `ticket.created`: one of three words. Every other `by` is a person.
    CreatedBy,
    /// `team` of an event about a team. Every other `team` is optional.
    ConcernedTeam,
    /// `ticket` of an event about a team.
    DiscussedTicket,
    /// A field without which an event keeps its meaning.
    Optional(OptionalField),
}

impl SchemaField {
    /// All fields.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let required = [
            Self::Id,
            Self::Time,
            Self::Ticket,
            Self::Concern,
            Self::Decision,
            Self::ConcernedTeam,
            Self::DiscussedTicket,
        ];
        let optional = OptionalField::ALL.into_iter().map(Self::Optional);
        required.into_iter().chain([Self::CreatedBy]).chain(optional)
    }

    /// The fields without which an event of this kind is rejected, besides `type`.
    pub(super) fn required(kind: Kind) -> Vec<Self> {
        let subject: &[Self] = match kind {
            Kind::ConcernRaised | Kind::ConcernSettled => &[Self::ConcernedTeam, Self::Concern],
            Kind::Decided | Kind::DecisionMoved | Kind::DecisionDone | Kind::DecisionDropped => {
                &[Self::ConcernedTeam, Self::Decision]
            }
            Kind::TurnNoted => &[Self::ConcernedTeam],
            Kind::TicketBrought | Kind::TicketDiscussed => {
                &[Self::ConcernedTeam, Self::DiscussedTicket]
            }
            Kind::Created
            | Kind::Reopened
            | Kind::Resumed
            | Kind::CustomerReplied
            | Kind::TookOver
            | Kind::BotReplied
            | Kind::AgentReplied
            | Kind::NoteAdded
            | Kind::NoReplyNeeded
            | Kind::Pending
            | Kind::OnHold
            | Kind::Solved
            | Kind::Closed
            | Kind::Merged
            | Kind::Deleted
            | Kind::MarkedSpam
            | Kind::Rated
            | Kind::Reviewed
            | Kind::Assigned => &[Self::Ticket],
        };
        [&[Self::Id, Self::Time], subject].concat()
    }

    /// The other fields that are read of an event of this kind.
    pub(super) fn optional(kind: Kind) -> Vec<Self> {
        use OptionalField as F;
        let own: &[F] = match kind {
            Kind::AgentReplied | Kind::Assigned | Kind::NoReplyNeeded => &[F::Agent],
            Kind::Merged | Kind::Deleted | Kind::MarkedSpam => &[F::Into],
            Kind::TookOver => &[F::From, F::WaitingSince],
            Kind::Rated => &[F::Score],
            Kind::Reviewed => &[F::By, F::Score, F::Categories, F::Note, F::BringToTeam],
            Kind::ConcernRaised
            | Kind::ConcernSettled
            | Kind::DecisionDone
            | Kind::DecisionDropped
            | Kind::TurnNoted
            | Kind::TicketBrought
            | Kind::TicketDiscussed => &[F::By, F::Text],
            Kind::DecisionMoved => &[F::By, F::Text, F::Due],
            Kind::Decided => &[F::By, F::Text, F::Owner, F::Due, F::Ticket],
            Kind::Created
            | Kind::Reopened
            | Kind::Resumed
            | Kind::CustomerReplied
            | Kind::BotReplied
            | Kind::NoteAdded
            | Kind::Pending
            | Kind::OnHold
            | Kind::Solved
            | Kind::Closed => &[],
        };
        let team = (!kind.is_of_team()).then_some(F::Team);
        let common = team.into_iter().chain([F::Priority, F::Channel, F::Source]);
        let created_by = (kind == Kind::Created).then_some(Self::CreatedBy);
        common.chain(own.iter().copied()).map(Self::Optional).chain(created_by).collect()
    }

    /// The key in records.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Time => "time",
            Self::Ticket => "ticket",
            Self::Concern => "concern",
            Self::Decision => "decision",
            Self::CreatedBy => "by",
            Self::ConcernedTeam => "team",
            Self::DiscussedTicket => "ticket",
            Self::Optional(field) => field.label(),
        }
    }

    /// The name of its definition: the key, unless two fields share a key.
    pub(super) const fn definition_name(self) -> &'static str {
        match self {
            Self::CreatedBy => "created_by",
            Self::ConcernedTeam => "concerned_team",
            Self::DiscussedTicket | Self::Optional(OptionalField::Ticket) => "discussed_ticket",
            Self::Id
            | Self::Time
            | Self::Ticket
            | Self::Concern
            | Self::Decision
            | Self::Optional(_) => self.key(),
        }
    }

    /// What it means, and which values Vaste reads.
    pub(super) fn definition(self) -> Value {
        match self {
            Self::Id => identity(
                "Unique id of the event, for one ticket and `source`. An event that is sent again keeps its \
                 id and counts once.",
            ),
            Self::Time => time("When it happened, not when it was sent."),
            Self::Ticket => id("Id of the ticket. Use it as the key of the record, too."),
            Self::Concern => id("Id of the concern."),
            Self::Decision => id("Id of the decision."),
            Self::CreatedBy => json!({
                "description": "Who created the ticket. Without it, the customer did.",
                "type": "string",
                "enum": Maker::ALL.map(Maker::label),
            }),
            Self::ConcernedTeam => {
                team_or_all("The team that it is about; `_all` for the whole organisation.")
            }
            Self::DiscussedTicket => id(
                "The ticket that the team is to talk about; or has talked about, and it leaves the agenda.",
            ),
            Self::Optional(field) => optional_definition(field),
        }
    }

    /// A value for examples.
    pub(super) fn example(self) -> Value {
        use OptionalField as F;
        match self {
            Self::Time => json!("2026-11-21T09:14:03.120+02:00"),
            Self::Id => json!("8f14e45f"),
            Self::Ticket => json!("T-1042"),
            Self::Concern => json!("C-7"),
            Self::Decision => json!("D-3"),
            Self::CreatedBy => json!("customer"),
            Self::ConcernedTeam => json!("billing"),
            Self::DiscussedTicket => json!("T-1042"),
            Self::Optional(field) => match field {
                F::Agent => json!("agent-8"),
                F::BringToTeam => json!(true),
                F::By => json!("aino"),
                F::Categories => json!({ "tone": 4, "facts": null }),
                F::Channel => json!("email"),
                F::Due => json!("2026-12-01"),
                F::From => json!("T-1040"),
                F::Into => json!("T-1043"),
                F::Note => json!("A clear answer."),
                F::Owner => json!("team lead"),
                F::Priority => json!("normal"),
                F::Score => json!(4),
                F::Source => json!("helpdesk"),
                F::Team => json!("billing"),
                F::Text => json!("Invoices of November are late."),
                F::Ticket => json!("T-1042"),
                F::WaitingSince => json!("2026-11-21T08:02:00+02:00"),
            },
        }
    }
}

/// A reference to the definition of each field, by key. `at` is the place of the definitions.
pub(super) fn references(fields: &[SchemaField], at: &str) -> Map<String, Value> {
    let reference = |field: &SchemaField| {
        let name = field.definition_name();
        (field.key().to_owned(), json!({ "$ref": format!("{at}/{name}") }))
    };
    fields.iter().map(reference).collect()
}

fn optional_definition(field: OptionalField) -> Value {
    match field {
        OptionalField::Agent => {
            id("The agent who replied, who got the ticket, or who says that no reply is needed.")
        }
        OptionalField::BringToTeam => json!({
            "description": "Whether the reviewer wants to discuss the review in the team.",
            "type": "boolean",
        }),
        OptionalField::By => name(
            "The person who did it: reviewed, raised or settled a concern, recorded, noted, or talked.",
        ),
        OptionalField::Categories => json!({
            "description": "The scores in the categories that the team judges by, 1 to 5; null where one \
                            does not apply.",
            "type": "object",
            "maxProperties": CATEGORIES_MAX,
            "additionalProperties": { "type": ["integer", "null"], "minimum": 1, "maximum": 5 },
        }),
        OptionalField::Channel => name("The channel of the ticket, from this event on."),
        OptionalField::Due => json!({
            "description": "The day by which it is to be done, from 1990 to 2099.",
            "type": "string",
            "format": "date",
            "pattern": "^(199[0-9]|20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
        }),
        OptionalField::From => id("The merged ticket that this ticket takes over."),
        OptionalField::Into => id("The ticket that this one was merged into."),
        OptionalField::Note => text("The note of the reviewer."),
        OptionalField::Owner => {
            name("The role that is to do it, such as \"team lead\"; without it, nobody.")
        }
        OptionalField::Priority => json!({
            "description": "The priority of the ticket, from this event on. Vaste also reads the names that \
                            `priorities` in its configuration adds.",
            "type": "string",
            "enum": Priority::ALL.map(Priority::label),
        }),
        OptionalField::Score => json!({
            "description": "The score of the rating or of the review.",
            "type": "integer",
            "minimum": 1,
            "maximum": 5,
        }),
        OptionalField::Source => {
            identity("The system that sends the event. Ids need to be unique for one source only.")
        }
        OptionalField::Team => team(
            "On `ticket.created` and `ticket.assigned`: the team that owes the answer from now on. On other \
             events: the team that acted, or the team of a ticket that has none yet.",
        ),
        OptionalField::Text => {
            text("What the concern, the decision, the note, the talk, or what became of them says.")
        }
        OptionalField::Ticket => SchemaField::DiscussedTicket.definition(),
        OptionalField::WaitingSince => time(
            "The time of the oldest unanswered customer message of the ticket that is taken over. Without \
             it, every message was answered.",
        ),
    }
}

/// An instant. The pattern is there for the validators that do not check `format`.
fn time(meaning: &str) -> Value {
    json!({
        "description": format!("{meaning} RFC 3339 with an offset, from 1990 to 2099."),
        "type": "string",
        "format": "date-time",
        "pattern": "^(199[0-9]|20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\
                    T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
    })
}

/// An id of a ticket, a concern or an agent. Many helpdesks number them.
fn id(meaning: &str) -> Value {
    json!({
        "description": format!("{meaning} 1 to {ID_BYTES_MAX} letters, digits or . _ : / @ # + -"),
        "type": ["string", "integer"],
        "pattern": "^[A-Za-z0-9._:/@#+-]+$",
        "maxLength": ID_BYTES_MAX,
    })
}

/// The id of an event or its source.
fn identity(meaning: &str) -> Value {
    json!({
        "description": format!(
            "{meaning} 1 to {IDENTITY_BYTES_MAX} bytes of text without control characters."
        ),
        "type": ["string", "integer"],
        "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]+$",
        "maxLength": IDENTITY_BYTES_MAX,
    })
}

/// A name: text that is more than blanks.
fn name(meaning: &str) -> Value {
    json!({
        "description": format!("{meaning} 1 to {NAME_BYTES_MAX} bytes of text without control characters."),
        "type": "string",
        "pattern": NAME_PATTERN,
        "maxLength": NAME_BYTES_MAX,
    })
}

fn team(meaning: &str) -> Value {
    json!({
        "description": format!(
            "{meaning} 1 to {NAME_BYTES_MAX} bytes of text without control characters, but none of the \
             reserved {}.",
            RESERVED_TEAMS.join(", ")
        ),
        "type": "string",
        "pattern": NAME_PATTERN,
        "maxLength": NAME_BYTES_MAX,
        "not": { "enum": RESERVED_TEAMS },
    })
}

/// A team, or the whole organisation.
fn team_or_all(meaning: &str) -> Value {
    let mut value = team(meaning);
    let others: Vec<&str> =
        RESERVED_TEAMS.iter().copied().filter(|name| *name != ALL_TEAMS).collect();
    value["description"] = json!(format!(
        "{meaning} 1 to {NAME_BYTES_MAX} bytes of text without control characters, but none of the reserved \
         {}.",
        others.join(", ")
    ));
    value["not"] = json!({ "enum": others });
    value
}

fn text(meaning: &str) -> Value {
    json!({
        "description": format!("{meaning} Vaste keeps the first {TEXT_BYTES_MAX} bytes."),
        "type": "string",
        "maxLength": TEXT_BYTES_MAX,
    })
}

/// Text without control characters and with at least one character that is no blank. Written so that the
/// regular expressions of every language read it.
const NAME_PATTERN: &str =
    "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x20\\x7f-\\xa0][^\\x00-\\x1f\\x7f-\\x9f]*$";
