//! What happened to a ticket, and when.
//!
//! Records come in as bytes and leave as an [`Event`] or as a reason why not: decoding is total, borrows
//! from the record, and never fails the stream.

use std::borrow::Cow;
use std::fmt;

use crate::time::Timestamp;

mod decode;
mod rejection;
mod wire;

pub use decode::{
    RECORD_BYTES_MAX, TEXT_BYTES_MAX, decode, identity_hash, too_far_ahead, too_large,
};
pub use rejection::{Outcome, Outcomes, Reason, Rejection, Skip};

/// What kind of thing happened. Events of one instant are sorted in the order of these variants.
///
/// # Design
/// Messages come before the status changes they cause (an answer and a solve in one save is an answer),
/// whatever sets a ticket going again comes before the messages, and assignments come last, so that the
/// team that answered has answered before the ticket is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The ticket exists.
    Created,
    /// A solved, closed, merged, deleted or spam ticket is open again.
    Reopened,
    /// It waits neither for the customer nor for a third party any more.
    Resumed,
    /// A message from the customer.
    CustomerReplied,
    /// An automatic message to the customer: never an answer.
    BotReplied,
    /// A message of a human agent that reaches the customer.
    AgentReplied,
    /// An internal note: never an answer.
    NoteAdded,
    /// It waits for the customer.
    Pending,
    /// It waits for a third party.
    OnHold,
    /// It is solved.
    Solved,
    /// It is closed.
    Closed,
    /// It went into another ticket.
    Merged,
    /// It was deleted.
    Deleted,
    /// It was spam.
    MarkedSpam,
    /// The customer rated it.
    Rated,
    /// Someone judged how it was handled.
    Reviewed,
    /// A team or agent owes the answer from now on.
    Assigned,
    /// Someone in a team is worried about something.
    ConcernRaised,
    /// A concern is settled.
    ConcernSettled,
}

impl Kind {
    /// All kinds, in order.
    pub const ALL: [Self; 19] = [
        Self::Created,
        Self::Reopened,
        Self::Resumed,
        Self::CustomerReplied,
        Self::BotReplied,
        Self::AgentReplied,
        Self::NoteAdded,
        Self::Pending,
        Self::OnHold,
        Self::Solved,
        Self::Closed,
        Self::Merged,
        Self::Deleted,
        Self::MarkedSpam,
        Self::Rated,
        Self::Reviewed,
        Self::Assigned,
        Self::ConcernRaised,
        Self::ConcernSettled,
    ];

    /// Its `type` in a record.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Created => "ticket.created",
            Self::Reopened => "ticket.reopened",
            Self::Resumed => "ticket.resumed",
            Self::CustomerReplied => "ticket.customer_replied",
            Self::BotReplied => "ticket.bot_replied",
            Self::AgentReplied => "ticket.agent_replied",
            Self::NoteAdded => "ticket.note_added",
            Self::Pending => "ticket.pending",
            Self::OnHold => "ticket.on_hold",
            Self::Solved => "ticket.solved",
            Self::Closed => "ticket.closed",
            Self::Merged => "ticket.merged",
            Self::Deleted => "ticket.deleted",
            Self::MarkedSpam => "ticket.marked_spam",
            Self::Rated => "ticket.rated",
            Self::Reviewed => "ticket.reviewed",
            Self::Assigned => "ticket.assigned",
            Self::ConcernRaised => "team.concern_raised",
            Self::ConcernSettled => "team.concern_settled",
        }
    }

    /// The kind with that `type`.
    pub fn from_label(label: &str) -> Option<Self> {
        // A match compares by length first; a search over `ALL` would compare every prefix.
        Some(match label {
            "ticket.created" => Self::Created,
            "ticket.reopened" => Self::Reopened,
            "ticket.resumed" => Self::Resumed,
            "ticket.customer_replied" => Self::CustomerReplied,
            "ticket.bot_replied" => Self::BotReplied,
            "ticket.agent_replied" => Self::AgentReplied,
            "ticket.note_added" => Self::NoteAdded,
            "ticket.pending" => Self::Pending,
            "ticket.on_hold" => Self::OnHold,
            "ticket.solved" => Self::Solved,
            "ticket.closed" => Self::Closed,
            "ticket.merged" => Self::Merged,
            "ticket.deleted" => Self::Deleted,
            "ticket.marked_spam" => Self::MarkedSpam,
            "ticket.rated" => Self::Rated,
            "ticket.reviewed" => Self::Reviewed,
            "ticket.assigned" => Self::Assigned,
            "team.concern_raised" => Self::ConcernRaised,
            "team.concern_settled" => Self::ConcernSettled,
            _ => return None,
        })
    }

    /// Whether it is about a team, not about a ticket.
    pub const fn is_of_team(self) -> bool {
        matches!(self, Self::ConcernRaised | Self::ConcernSettled)
    }
}

/// How urgent a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// `low`
    Low,
    /// `normal`
    Normal,
    /// `high`
    High,
    /// `urgent`
    Urgent,
}

impl Priority {
    /// All priorities, from low to urgent.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// Its name in records and configuration.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// The priority of that name.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.label() == label)
    }

    /// Its place in [`Priority::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Who made a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Maker {
    /// The customer, which is also what an absent `by` means.
    #[default]
    Customer,
    /// An agent, for instance with a call to the customer.
    Agent,
    /// A machine.
    System,
}

impl Maker {
    /// All makers.
    pub const ALL: [Self; 3] = [Self::Customer, Self::Agent, Self::System];

    /// The maker with that name in `by`.
    pub fn from_label(label: &str) -> Option<Self> {
        match label {
            "customer" => Some(Self::Customer),
            "agent" => Some(Self::Agent),
            "system" => Some(Self::System),
            _ => None,
        }
    }
}

/// What an event is about; it decides which timeline the event enters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject<'a> {
    /// The ticket of that id.
    Ticket(Cow<'a, str>),
    /// The team of that name.
    Team(Cow<'a, str>),
}

/// One thing that happened, decoded and checked. Borrows from its record where it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// What happened.
    pub kind: Kind,
    /// When it happened.
    pub time: Timestamp,
    /// Hash of `source` and `id`: two events of one timeline with the same are one and the same.
    pub identity: u64,
    /// What it is about.
    pub subject: Subject<'a>,
    /// On `created` and `assigned`, or while the ticket has none, the team that owes the answer; else the
    /// one that acted.
    pub team: Option<Cow<'a, str>>,
    /// The ticket's priority from this event on.
    pub priority: Option<Priority>,
    /// The ticket's channel from this event on.
    pub channel: Option<Cow<'a, str>>,
    /// The agent who replied or was assigned.
    pub agent: Option<Cow<'a, str>>,
    /// Who made the ticket; meaningful on `created`.
    pub maker: Maker,
    /// What only few kinds carry.
    pub detail: Option<Box<EventDetail<'a>>>,
}

/// `ticket.solved of T-1042 at 2026-11-21T07:14:03.120Z`
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Subject::Ticket(subject) | Subject::Team(subject)) = &self.subject;
        write!(f, "{} of {subject} at {}", self.kind.label(), self.time)
    }
}

/// What only few kinds of events carry. In the order in which it decides the order of events.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventDetail<'a> {
    /// Who reviewed, raised or settled.
    pub by: Option<Cow<'a, str>>,
    /// The score of a rating or a review, 1 to 5.
    pub score: Option<u8>,
    /// The reviewer's note.
    pub note: Option<Cow<'a, str>>,
    /// Whether the review is to be talked about in the team.
    pub bring_to_team: Option<bool>,
    /// The id of the concern.
    pub concern: Option<Cow<'a, str>>,
    /// What the concern is about.
    pub text: Option<Cow<'a, str>>,
    /// The ticket that this one went into; for explanation only, it decides nothing.
    pub into: Option<Cow<'a, str>>,
}
