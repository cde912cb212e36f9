//! The status of a ticket, and of its first reply.

/// Whether a ticket is open, waits, or is solved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TicketStatus {
    #[default]
    Open,
    /// It waits for the customer.
    Pending,
    /// It waits for a third party.
    OnHold,
    /// Solved or closed: an answer still counts.
    Solved,
    /// Merged, deleted or spam: nothing runs until it is reopened.
    Gone,
}

impl TicketStatus {
    /// Whether stopwatches start and end: neither solved nor gone.
    pub(super) fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Pending | Self::OnHold)
    }
}

/// How far the ticket is with its first reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FirstReply {
    /// An agent made the ticket and the customer has not written yet.
    NotAsked,
    /// It is asked for.
    Wanted,
    /// Given; and in a partial timeline it counts as given.
    #[default]
    Given,
}
