//! Flags: what changes a team's figures without a sooner answer, and merges of tickets that still wait.
//!
//! # Design
//! Each of these is an ordinary act of a helpdesk, and each can also be used to look better. Vaste does not
//! judge which it was: it counts the act for the team that did it, so that the team and its reviewers see it.

use crate::catalog::ScopeId;
use crate::measure::Measure;
use crate::time::{Elapsed, MINUTE_MS, SECOND_MS, Timestamp};

/// The longest time before a ticket's creation at which an agent's reply still answers it: clocks differ,
/// helpdesks cut off minutes, and calls are logged afterwards.
pub(super) const EARLY_REPLY_MAX: Elapsed = Elapsed::from_ms(60 * MINUTE_MS);

/// The longest time after an earlier event of a ticket at which its creation is not late.
pub(super) const CREATED_LATE_MAX: Elapsed = Elapsed::from_ms(MINUTE_MS);

/// The measures whose stopwatches start at the creation.
pub(super) const FROM_CREATION: [Measure; 5] = [
    Measure::FirstReply,
    Measure::CustomerWait,
    Measure::AgentWork,
    Measure::Resolution,
    Measure::FirstResolution,
];

/// The longest time between a reopening and the customer's message that belongs to it.
pub(super) const ONE_CONTACT_MAX: Elapsed = Elapsed::from_ms(MINUTE_MS);

/// Nobody reads and answers a message in this time: the answer may be automatic.
pub const AT_ONCE_MAX: Elapsed = Elapsed::from_ms(10 * SECOND_MS);

/// The percentage of a target from which on an answer within it is close to it.
pub const NEAR_TARGET_PERCENT: i64 = 90;

/// Maximum merged tickets that one ticket takes over. The waits of further ones go on, too, but these merges
/// stay counted as waiting.
pub const TAKEN_OVER_MAX: usize = 100;

/// Something that changes figures without a sooner answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// An agent's reply up to an hour before the ticket's creation answered it: 0 s.
    AnsweredBeforeCreated,
    /// A customer's message was answered within [`AT_ONCE_MAX`].
    AnsweredAtOnce,
    /// An answer was within a target of its team, and took more than [`NEAR_TARGET_PERCENT`] of it.
    AnsweredNearTarget,
    /// The event of an answer named a team that is not declared: it counts for the holder of the ticket.
    AnsweredByUndeclaredTeam,
    /// An answer names another team than the one that holds the ticket: the wait is that team's.
    AnsweredByOtherTeam,
    /// A ticket was worked on, and its creation is not known: its first reply counts as given, and what
    /// starts at the creation does not run.
    CreatedMissing,
    /// An earlier event of the ticket is more than a minute older than its creation, and counts for nothing.
    CreatedLate,
    /// Two different events were sent with one id. The earlier one counts, and the stopwatch ran then.
    IdSentTwice,
    /// An agent created the ticket, so no first reply is due until the customer writes.
    MadeByAgent,
    /// A waiting ticket was merged, and no ticket took over its wait.
    MergedWaiting,
    /// A ticket that waited moved from a team to another one, or to a team that is not declared.
    MovedWaiting,
    /// The stopwatch was paused.
    Paused,
    /// The stopwatch was paused while the customer waited for a reply.
    PausedUnanswered,
    /// The time in which the ticket was open was left out, because an agent said that what reopened it needs
    /// no reply.
    ReopenedForNothing,
    /// The priority of a ticket that waited was lowered. A ticket without a priority counts as normal.
    PriorityLowered,
    /// The customer wrote on a ticket that is solved or closed, and it was not reopened: nobody's wait for a
    /// reply runs. Of several messages the first counts.
    WroteAfterSolved,
}

impl Flag {
    /// All flags.
    pub const ALL: [Self; 16] = [
        Self::AnsweredBeforeCreated,
        Self::AnsweredAtOnce,
        Self::AnsweredNearTarget,
        Self::AnsweredByUndeclaredTeam,
        Self::AnsweredByOtherTeam,
        Self::CreatedMissing,
        Self::CreatedLate,
        Self::IdSentTwice,
        Self::MadeByAgent,
        Self::MergedWaiting,
        Self::MovedWaiting,
        Self::Paused,
        Self::PausedUnanswered,
        Self::ReopenedForNothing,
        Self::PriorityLowered,
        Self::WroteAfterSolved,
    ];

    /// The `flag` label. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::AnsweredBeforeCreated => "answered_before_created",
            Self::AnsweredAtOnce => "answered_at_once",
            Self::AnsweredNearTarget => "answered_near_target",
            Self::AnsweredByUndeclaredTeam => "answered_by_undeclared_team",
            Self::AnsweredByOtherTeam => "answered_by_other_team",
            Self::CreatedMissing => "created_missing",
            Self::CreatedLate => "created_late",
            Self::IdSentTwice => "id_sent_twice",
            Self::MadeByAgent => "made_by_agent",
            Self::MergedWaiting => "merged_waiting",
            Self::MovedWaiting => "moved_waiting",
            Self::Paused => "paused",
            Self::PausedUnanswered => "paused_unanswered",
            Self::ReopenedForNothing => "reopened_for_nothing",
            Self::PriorityLowered => "priority_lowered",
            Self::WroteAfterSolved => "wrote_after_solved",
        }
    }
}

/// One act that is flagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flagged {
    /// What was done.
    pub flag: Flag,
    /// The measure whose figures it changes.
    pub measure: Measure,
    /// The team that it counts for.
    pub scope: ScopeId,
    /// When it was done.
    pub at: Timestamp,
}

/// The wait of a ticket that was merged before it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergedWait {
    /// What it waited for: the first reply or the next.
    pub measure: Measure,
    /// The oldest unanswered message of the customer.
    pub since: Timestamp,
    /// When it was merged.
    pub at: Timestamp,
    /// The team that held it.
    pub scope: ScopeId,
}

/// A ticket's word that it goes on with the wait of a merged one. It is sent while that wait runs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOver {
    /// The merged ticket.
    pub from: Box<str>,
    /// Since when the customer waits, by this event.
    pub waiting_since: Timestamp,
    /// When it was taken over.
    pub at: Timestamp,
}

/// What happened to a ticket before its creation, or while that is unknown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BeforeCreation {
    /// The first message of the customer, assignment or change of status.
    pub(super) first_act: Option<Timestamp>,
    /// Whether it was flagged that the creation is missing.
    pub(super) is_missed: bool,
}

/// One merged ticket that this one took over.
#[derive(Clone, Debug)]
pub(super) struct Takeover {
    /// The merged ticket; `None` if the event does not name it.
    pub(super) from: Option<Box<str>>,
    /// Since when the customer waits; `None` if it was answered, or if the event does not say.
    pub(super) waiting_since: Option<Timestamp>,
    pub(super) at: Timestamp,
    /// Whether it was sent that this ticket goes on with the wait.
    pub(super) is_sent: bool,
}

impl MergedWait {
    /// The flag of a merge that no ticket took over.
    pub(crate) fn flagged(&self) -> Flagged {
        let Self { measure, scope, at, .. } = *self;
        Flagged { flag: Flag::MergedWaiting, measure, scope, at }
    }
}
