//! The status of a ticket, and of its first reply.

use crate::measure::Pauses;

/// The status of a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TicketStatus {
    #[default]
    Open,
    /// Waits for the customer.
    Pending,
    /// Waits for a third party.
    OnHold,
    /// Solved or closed. An answer still counts.
    Solved,
    /// Merged, deleted or spam. Nothing counts until it is reopened.
    Gone,
}

impl TicketStatus {
    /// Whether stopwatches run: the ticket is neither solved nor gone.
    pub(super) fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Pending | Self::OnHold)
    }

    /// Whether a stopwatch with these pauses is paused in this status.
    pub(super) fn is_paused_by(self, pauses: Pauses) -> bool {
        match self {
            Self::Pending => pauses.pending,
            Self::OnHold => pauses.on_hold,
            Self::Open | Self::Solved | Self::Gone => false,
        }
    }
}

/// Whether the ticket's first reply is due or given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FirstReply {
    /// An agent created the ticket and the customer has not written yet.
    NotAsked,
    /// The customer waits for it.
    Wanted,
    /// Given. In a partial timeline, whose creation is unknown, it counts as given.
    #[default]
    Given,
}
