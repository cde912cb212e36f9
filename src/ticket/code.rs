//! Stored codes: the numbers that stand for kinds, priorities and makers in packed events.
//!
//! # Design
//! Checkpoints hold these numbers, and every later version must read them. A code therefore never changes
//! and is never given to another variant; a new variant takes the next free one. The order of the variants
//! decides how events of one instant are sorted: it may change, and the codes do not follow it.

use crate::event::{Kind, Maker, Priority};

/// Bits that a packed event has for the kind.
pub(super) const KIND_BITS: u32 = 5;
/// Bits that a packed event has for the priority; code 0 means that it has none.
pub(super) const PRIORITY_BITS: u32 = 3;
/// Bits that a packed event has for the maker.
pub(super) const MAKER_BITS: u32 = 2;

impl Kind {
    /// The stored code, at most [`KIND_BITS`] wide.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Created => 0,
            Self::Reopened => 1,
            Self::Resumed => 2,
            Self::CustomerReplied => 3,
            Self::BotReplied => 4,
            Self::AgentReplied => 5,
            Self::NoteAdded => 6,
            Self::Pending => 7,
            Self::OnHold => 8,
            Self::Solved => 9,
            Self::Closed => 10,
            Self::Merged => 11,
            Self::Deleted => 12,
            Self::MarkedSpam => 13,
            Self::Rated => 14,
            Self::Reviewed => 15,
            Self::Assigned => 16,
            Self::ConcernRaised => 17,
            Self::ConcernSettled => 18,
            Self::TookOver => 19,
            Self::NoReplyNeeded => 20,
            Self::Decided => 21,
            Self::DecisionDone => 22,
            Self::TurnNoted => 23,
            Self::TicketDiscussed => 24,
            Self::DecisionMoved => 25,
            Self::DecisionDropped => 26,
            Self::TicketBrought => 27,
        }
    }

    /// The kind with that stored code; `None` for a code that this version does not know.
    pub(super) const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Created,
            1 => Self::Reopened,
            2 => Self::Resumed,
            3 => Self::CustomerReplied,
            4 => Self::BotReplied,
            5 => Self::AgentReplied,
            6 => Self::NoteAdded,
            7 => Self::Pending,
            8 => Self::OnHold,
            9 => Self::Solved,
            10 => Self::Closed,
            11 => Self::Merged,
            12 => Self::Deleted,
            13 => Self::MarkedSpam,
            14 => Self::Rated,
            15 => Self::Reviewed,
            16 => Self::Assigned,
            17 => Self::ConcernRaised,
            18 => Self::ConcernSettled,
            19 => Self::TookOver,
            20 => Self::NoReplyNeeded,
            21 => Self::Decided,
            22 => Self::DecisionDone,
            23 => Self::TurnNoted,
            24 => Self::TicketDiscussed,
            25 => Self::DecisionMoved,
            26 => Self::DecisionDropped,
            27 => Self::TicketBrought,
            _ => return None,
        })
    }
}

impl Priority {
    /// The stored code, at most [`PRIORITY_BITS`] wide and never 0.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Low => 1,
            Self::Normal => 2,
            Self::High => 3,
            Self::Urgent => 4,
        }
    }

    /// The priority with that stored code; `None` for a code that this version does not know.
    pub(super) const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Low,
            2 => Self::Normal,
            3 => Self::High,
            4 => Self::Urgent,
            _ => return None,
        })
    }
}

impl Maker {
    /// The stored code, at most [`MAKER_BITS`] wide.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Customer => 0,
            Self::Agent => 1,
            Self::System => 2,
        }
    }

    /// The maker with that stored code; `None` for a code that this version does not know.
    pub(super) const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Customer,
            1 => Self::Agent,
            2 => Self::System,
            _ => return None,
        })
    }
}

// Every code fits its bits and reads back as its own variant.
const _: () = {
    let mut index = 0;
    while index < Kind::ALL.len() {
        let kind = Kind::ALL[index];
        assert!(kind.code() < 1 << KIND_BITS);
        assert!(matches!(Kind::from_code(kind.code()), Some(read) if read as u8 == kind as u8));
        index += 1;
    }
    let mut index = 0;
    while index < Priority::ALL.len() {
        let priority = Priority::ALL[index];
        assert!(priority.code() != 0 && priority.code() < 1 << PRIORITY_BITS);
        let read = Priority::from_code(priority.code());
        assert!(matches!(read, Some(read) if read as u8 == priority as u8));
        index += 1;
    }
    let mut index = 0;
    while index < Maker::ALL.len() {
        let maker = Maker::ALL[index];
        assert!(maker.code() < 1 << MAKER_BITS);
        assert!(matches!(Maker::from_code(maker.code()), Some(read) if read as u8 == maker as u8));
        index += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Checkpoints hold these numbers. A line may be added; no line may ever change.
    #[test]
    fn the_stored_codes_are_frozen() {
        let kinds = [
            (Kind::Created, 0),
            (Kind::Reopened, 1),
            (Kind::Resumed, 2),
            (Kind::CustomerReplied, 3),
            (Kind::BotReplied, 4),
            (Kind::AgentReplied, 5),
            (Kind::NoteAdded, 6),
            (Kind::Pending, 7),
            (Kind::OnHold, 8),
            (Kind::Solved, 9),
            (Kind::Closed, 10),
            (Kind::Merged, 11),
            (Kind::Deleted, 12),
            (Kind::MarkedSpam, 13),
            (Kind::Rated, 14),
            (Kind::Reviewed, 15),
            (Kind::Assigned, 16),
            (Kind::ConcernRaised, 17),
            (Kind::ConcernSettled, 18),
            (Kind::TookOver, 19),
            (Kind::NoReplyNeeded, 20),
            (Kind::Decided, 21),
            (Kind::DecisionDone, 22),
            (Kind::TurnNoted, 23),
            (Kind::TicketDiscussed, 24),
            (Kind::DecisionMoved, 25),
            (Kind::DecisionDropped, 26),
            (Kind::TicketBrought, 27),
        ];
        assert_eq!(kinds.len(), Kind::ALL.len());
        for (kind, code) in kinds {
            assert_eq!((kind.code(), Kind::from_code(code)), (code, Some(kind)));
        }
        let priorities =
            [(Priority::Low, 1), (Priority::Normal, 2), (Priority::High, 3), (Priority::Urgent, 4)];
        assert_eq!(priorities.len(), Priority::ALL.len());
        for (priority, code) in priorities {
            assert_eq!((priority.code(), Priority::from_code(code)), (code, Some(priority)));
        }
        let makers = [(Maker::Customer, 0), (Maker::Agent, 1), (Maker::System, 2)];
        assert_eq!(makers.len(), Maker::ALL.len());
        for (maker, code) in makers {
            assert_eq!((maker.code(), Maker::from_code(code)), (code, Some(maker)));
        }
        let unknown = (Kind::from_code(28), Priority::from_code(0), Maker::from_code(3));
        assert_eq!(unknown, (None, None, None));
    }
}
