//! The kinds of response time, of time itself, and which pauses stop their stopwatches.

use crate::amount::{Amount, Unit};
use crate::time::Elapsed;

/// What a stopwatch measures. In the order in which readings list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// From creation (by the customer or the system), or from the first customer message of a ticket that
    /// an agent made, to the first reply of a human agent.
    FirstReply,
    /// From the oldest customer message since the last agent reply to the next agent reply, once a first
    /// reply has been given.
    NextReply,
    /// From each agent reply to the next, without the time it waited for the customer.
    Update,
    /// From creation to solved, without the time it was solved or waited for the customer.
    CustomerWait,
    /// From creation to solved, without the time it was solved, waited for the customer or for a third
    /// party.
    AgentWork,
    /// From creation to the first solved since creation or since the last reopened, without the time it
    /// was solved.
    Resolution,
    /// From creation to the first solved.
    FirstResolution,
    /// From the instant a team gets the ticket, or it is reopened with the team, to the instant it leaves
    /// the team or is solved, without the time it waited for the customer.
    Ownership,
    /// Not a time but a count: how often the customer had to ask until the ticket was solved.
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

    /// The measures that run where no file says which.
    pub const DEFAULT: [Self; 4] =
        [Self::FirstReply, Self::NextReply, Self::Resolution, Self::FirstResolution];

    /// Its name in configuration, readings and metrics. A closed set: changing one is a breaking change.
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

    /// The measure of that name.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.label() == label)
    }

    /// Its place in [`Measure::ALL`].
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

    /// Whether it is about a customer who waits for a reply: nothing pauses these unless a team agrees on
    /// that in so many words.
    pub const fn is_reply(self) -> bool {
        matches!(self, Self::FirstReply | Self::NextReply)
    }

    /// What pauses its stopwatches where an objective does not say otherwise.
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

/// Which states of a ticket pause a stopwatch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pauses {
    /// While it waits for the customer.
    pub pending: bool,
    /// While it waits for a third party.
    pub on_hold: bool,
}

impl Pauses {
    /// Nothing pauses it.
    pub const NEVER: Self = Self { pending: false, on_hold: false };
}

/// The kind of time that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// All of it.
    Calendar,
    /// That in which the team that holds the ticket is open.
    Open,
}

impl Basis {
    /// Both, in the order of readings.
    pub const ALL: [Self; 2] = [Self::Calendar, Self::Open];

    /// Its name in readings and metrics. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Open => "open",
        }
    }

    /// Its place in [`Basis::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}
