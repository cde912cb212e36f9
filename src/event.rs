//! What happened to a ticket, and when.
//!
//! [`decode_with`] turns the bytes of a record into an [`Event`], or into the outcome that explains why not.
//! It handles any bytes, borrows from the record, and never stops the stream.

use std::borrow::Cow;
use std::fmt;

use chrono::NaiveDate;

use crate::time::Timestamp;

mod decode;
mod ignored;
mod optional;
mod rejection;
mod unknown_type;
mod usual_record;
mod utc_time;
mod wire;

pub use decode::{
    RECORD_BYTES_MAX, decode, decode_with, identity_hash, json_of, too_far_ahead, too_large,
};
pub use ignored::{IgnoredField, OptionalField, PriorityNames};
pub use optional::{CATEGORIES_MAX, TEXT_BYTES_MAX};
pub use rejection::{Outcome, Outcomes, Reason, Rejection, Skip};
pub use unknown_type::{similar_types, type_of, unknown_type_advice};

/// What kind of thing happened. Events of one instant are sorted in the order of these variants.
///
/// # Design
/// A helpdesk often saves several changes in one instant:
/// - Messages come before the status changes that they cause: an answer and a solve in one save is an answer.
/// - Reopening and resuming come before the messages, so that a message meets an open ticket.
/// - A ticket that takes over another one gets its customer's wait before the answers.
/// - Assignments come late, so that the team that answered still holds the ticket when it answers.
///
/// Stored bytes do not follow this order: packed events have codes of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The ticket was created.
    Created,
    /// A solved, closed, merged, deleted or spam ticket is open again.
    Reopened,
    /// The ticket no longer waits for the customer or for a third party.
    Resumed,
    /// A message from the customer.
    CustomerReplied,
    /// This ticket takes over another one that was merged into it, and with it the customer's wait.
    TookOver,
    /// An automatic message to the customer: never an answer.
    BotReplied,
    /// A message from a human agent to the customer.
    AgentReplied,
    /// An internal note: never an answer.
    NoteAdded,
    /// An agent says that the customer's last message needs no reply.
    NoReplyNeeded,
    /// The ticket waits for the customer.
    Pending,
    /// The ticket waits for a third party.
    OnHold,
    /// The ticket was solved.
    Solved,
    /// The ticket was closed.
    Closed,
    /// The ticket was merged into another one.
    Merged,
    /// The ticket was deleted.
    Deleted,
    /// The ticket was marked as spam.
    MarkedSpam,
    /// The customer rated the ticket.
    Rated,
    /// Someone reviewed how the ticket was handled.
    Reviewed,
    /// A team or agent owes the answer from now on.
    Assigned,
    /// Someone raised a concern in a team.
    ConcernRaised,
    /// A concern was settled.
    ConcernSettled,
    /// A team decided something.
    Decided,
    /// What a team had decided was given another day.
    DecisionMoved,
    /// What a team had decided was done.
    DecisionDone,
    /// A team no longer wants what it had decided.
    DecisionDropped,
    /// The member on duty left a note about their turn.
    TurnNoted,
    /// Someone brought a ticket to a team, which is to talk about it.
    TicketBrought,
    /// A team talked about a ticket that was brought to it.
    TicketDiscussed,
}

impl Kind {
    /// All kinds, in order.
    pub const ALL: [Self; 28] = [
        Self::Created,
        Self::Reopened,
        Self::Resumed,
        Self::CustomerReplied,
        Self::TookOver,
        Self::BotReplied,
        Self::AgentReplied,
        Self::NoteAdded,
        Self::NoReplyNeeded,
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
        Self::Decided,
        Self::DecisionMoved,
        Self::DecisionDone,
        Self::DecisionDropped,
        Self::TurnNoted,
        Self::TicketBrought,
        Self::TicketDiscussed,
    ];

    /// The `type` of a record.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Created => "ticket.created",
            Self::Reopened => "ticket.reopened",
            Self::Resumed => "ticket.resumed",
            Self::CustomerReplied => "ticket.customer_replied",
            Self::TookOver => "ticket.took_over",
            Self::BotReplied => "ticket.bot_replied",
            Self::AgentReplied => "ticket.agent_replied",
            Self::NoteAdded => "ticket.note_added",
            Self::NoReplyNeeded => "ticket.no_reply_needed",
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
            Self::Decided => "team.decided",
            Self::DecisionMoved => "team.decision_moved",
            Self::DecisionDone => "team.decision_done",
            Self::DecisionDropped => "team.decision_dropped",
            Self::TurnNoted => "team.turn_noted",
            Self::TicketBrought => "team.ticket_brought",
            Self::TicketDiscussed => "team.ticket_discussed",
        }
    }

    /// The kind with that `type`.
    pub fn from_label(label: &str) -> Option<Self> {
        // A match compares lengths first. A search over `ALL` would compare the common prefix every time.
        Some(match label {
            "ticket.created" => Self::Created,
            "ticket.reopened" => Self::Reopened,
            "ticket.resumed" => Self::Resumed,
            "ticket.customer_replied" => Self::CustomerReplied,
            "ticket.took_over" => Self::TookOver,
            "ticket.bot_replied" => Self::BotReplied,
            "ticket.agent_replied" => Self::AgentReplied,
            "ticket.note_added" => Self::NoteAdded,
            "ticket.no_reply_needed" => Self::NoReplyNeeded,
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
            "team.decided" => Self::Decided,
            "team.decision_moved" => Self::DecisionMoved,
            "team.decision_done" => Self::DecisionDone,
            "team.decision_dropped" => Self::DecisionDropped,
            "team.turn_noted" => Self::TurnNoted,
            "team.ticket_brought" => Self::TicketBrought,
            "team.ticket_discussed" => Self::TicketDiscussed,
            _ => return None,
        })
    }

    /// Whether events of this kind are about a team instead of a ticket.
    pub const fn is_of_team(self) -> bool {
        matches!(
            self,
            Self::ConcernRaised
                | Self::ConcernSettled
                | Self::Decided
                | Self::DecisionMoved
                | Self::DecisionDone
                | Self::DecisionDropped
                | Self::TurnNoted
                | Self::TicketBrought
                | Self::TicketDiscussed
        )
    }

    /// Whether events of this kind are about a decision of a team.
    pub const fn is_of_decision(self) -> bool {
        matches!(
            self,
            Self::Decided | Self::DecisionMoved | Self::DecisionDone | Self::DecisionDropped
        )
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

    /// The name in records and configuration.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// The priority with that name, in whatever case.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.label().eq_ignore_ascii_case(label))
    }

    /// The index in [`Priority::ALL`], for arrays in memory. Never stored.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Who created a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Maker {
    /// The customer. Also the meaning of an absent `by`.
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

    /// The name in `by`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Agent => "agent",
            Self::System => "system",
        }
    }

    /// The maker with that name in `by`.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|maker| maker.label() == label)
    }
}

/// The ticket or team that an event is about. It decides which timeline the event enters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject<'a> {
    /// The ticket with that id.
    Ticket(Cow<'a, str>),
    /// The team with that name.
    Team(Cow<'a, str>),
}

/// One event, decoded and checked. Borrows from its record where possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// What happened.
    pub kind: Kind,
    /// When it happened.
    pub time: Timestamp,
    /// Hash of `source` and `id`. A timeline holds at most one event with the same identity.
    pub identity: u64,
    /// The ticket or team that it is about.
    pub subject: Subject<'a>,
    /// On `created` and `assigned`, and while the ticket has no team: the team that owes the answer.
    /// Otherwise the team that acted.
    pub team: Option<Cow<'a, str>>,
    /// The ticket's priority from this event on.
    pub priority: Option<Priority>,
    /// The ticket's channel from this event on.
    pub channel: Option<Cow<'a, str>>,
    /// The agent who replied, was assigned, or says that no reply is needed.
    pub agent: Option<Cow<'a, str>>,
    /// Who created the ticket. Only meaningful on `created`.
    pub maker: Maker,
    /// Fields that few kinds have.
    pub detail: Option<Box<EventDetail<'a>>>,
    /// Fields of the record that were left out because their values cannot be read.
    pub ignored: Vec<IgnoredField>,
}

/// `ticket.solved of T-1042 at 2026-11-21T07:14:03.120Z`
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Subject::Ticket(subject) | Subject::Team(subject)) = &self.subject;
        write!(f, "{} of {subject} at {}", self.kind.label(), self.time)
    }
}

/// Fields that few kinds of events have. Events that are otherwise equal are sorted by these, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventDetail<'a> {
    /// Who reviewed the ticket, raised or settled the concern, recorded the decision, left the note, or says
    /// that the ticket was talked about.
    pub by: Option<Cow<'a, str>>,
    /// The score of a rating or a review, 1 to 5.
    pub score: Option<u8>,
    /// The reviewer's note.
    pub note: Option<Cow<'a, str>>,
    /// Whether the reviewer wants to discuss the review in the team.
    pub bring_to_team: Option<bool>,
    /// The id of the concern.
    pub concern: Option<Cow<'a, str>>,
    /// The text of the concern, of its settlement, of the decision, of what became of it, of the note, or of
    /// the talk.
    pub text: Option<Cow<'a, str>>,
    /// The ticket that this one was merged into, which is only shown; of an event of a team, the ticket that
    /// it is about.
    pub into: Option<Cow<'a, str>>,
    /// The merged ticket that this one takes over.
    pub from: Option<Cow<'a, str>>,
    /// The time of the oldest unanswered customer message of the ticket that is taken over.
    pub waiting_since: Option<Timestamp>,
    /// The id of the decision.
    pub decision: Option<Cow<'a, str>>,
    /// The role that is to do what was decided.
    pub owner: Option<Cow<'a, str>>,
    /// The day by which it is to be done.
    pub due: Option<NaiveDate>,
    /// The reviewer's scores in the categories of the team, sorted by name: 1 to 5, or `None` where the
    /// category does not apply. Empty without any.
    pub categories: Vec<(Cow<'a, str>, Option<u8>)>,
}
