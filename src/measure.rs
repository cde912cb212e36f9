//! What is measured, in which kind of time, and which states of a ticket pause it.

use crate::amount::{Amount, Unit};
use crate::time::Elapsed;

/// What is measured. Variants are in the order of readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// From creation to the first reply of a human agent. A ticket that an agent created starts with its
    /// first customer message.
    FirstReply,
    /// From the oldest unanswered customer message to the next reply of a human agent, after the first reply.
    NextReply,
    /// From each agent reply to the next, without time pending (waiting for the customer).
    Update,
    /// From creation to solved, without time solved or pending.
    CustomerWait,
    /// From creation to solved, without time solved, pending or on hold (waiting for a third party).
    AgentWork,
    /// From creation to the first solved since creation or since the last reopening, without time solved.
    Resolution,
    /// From creation to the first solved ever.
    FirstResolution,
    /// From a team's getting the ticket (or its reopening with the team) to its leaving the team or being
    /// solved, without time pending.
    Ownership,
    /// A count: customer messages after creation, and reopenings, until the ticket is solved.
    Contacts,
}

impl Measure {
    /// All measures, in order.
    pub const ALL: [Self; 9] = [
        Self::FirstReply,
        Self::NextReply,
        Self::Update,
        Self::CustomerWait,
        Self::AgentWork,
        Self::Resolution,
        Self::FirstResolution,
        Self::Ownership,
        Self::Contacts,
    ];

    /// The measures that run without configuration.
    pub const DEFAULT: [Self; 4] =
        [Self::FirstReply, Self::NextReply, Self::Resolution, Self::FirstResolution];

    /// The name in configuration, readings and metrics. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::FirstReply => "first_reply",
            Self::NextReply => "next_reply",
            Self::Update => "update",
            Self::CustomerWait => "customer_wait",
            Self::AgentWork => "agent_work",
            Self::Resolution => "resolution",
            Self::FirstResolution => "first_resolution",
            Self::Ownership => "ownership",
            Self::Contacts => "contacts",
        }
    }

    /// The measure of that name; `None` if there is none.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.label() == label)
    }

    /// The index in [`Measure::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The unit of its samples and targets.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Contacts => Unit::Count,
            Self::FirstReply
            | Self::NextReply
            | Self::Update
            | Self::CustomerWait
            | Self::AgentWork
            | Self::Resolution
            | Self::FirstResolution
            | Self::Ownership => Unit::Time,
        }
    }

    /// The amount that the raw form of one of its samples or targets stands for.
    pub fn amount(self, raw: Elapsed) -> Amount {
        self.unit().amount(raw)
    }

    /// Whether stopwatches run for it: tickets wait for it, and hours and pauses apply. A count has none; it
    /// is known once the ticket is solved.
    pub const fn is_timed(self) -> bool {
        match self.unit() {
            Unit::Time => true,
            Unit::Count => false,
        }
    }

    /// Whether it times a customer who waits for a reply. Pauses of these need `pauses_agreed: true`.
    pub const fn is_reply(self) -> bool {
        matches!(self, Self::FirstReply | Self::NextReply)
    }

    /// What pauses its stopwatches, unless an objective has pauses of its own.
    pub const fn pauses(self) -> Pauses {
        match self {
            Self::FirstReply
            | Self::NextReply
            | Self::Resolution
            | Self::FirstResolution
            | Self::Contacts => Pauses::NEVER,
            Self::Update | Self::CustomerWait | Self::Ownership => {
                Pauses { pending: true, on_hold: false }
            }
            Self::AgentWork => Pauses { pending: true, on_hold: true },
        }
    }
}

/// The states of a ticket that pause a stopwatch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pauses {
    /// Pending: the ticket waits for the customer.
    pub pending: bool,
    /// On hold: the ticket waits for a third party.
    pub on_hold: bool,
}

impl Pauses {
    /// No state pauses it.
    pub const NEVER: Self = Self { pending: false, on_hold: false };
}

/// The kind of time that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// All time.
    Calendar,
    /// Time in which the team that holds the ticket is open.
    Open,
}

impl Basis {
    /// Both, in the order of readings.
    pub const ALL: [Self; 2] = [Self::Calendar, Self::Open];

    /// The name in readings and metrics. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Open => "open",
        }
    }

    /// The index in [`Basis::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}
