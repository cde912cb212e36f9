//! What is agreed, as the model reads it.

use vaste::event::Priority;
use vaste::measure::{Measure, Pauses};

use super::life::Exclusions;

/// Which time is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// Calendar time.
    Calendar,
    /// The open time of the holder of the ticket.
    Open,
}

/// The longest time that is still within the level. For `contacts`, a count in either basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The same for every ticket.
    Fixed {
        /// In milliseconds.
        ms: i64,
        /// Of this time.
        basis: Basis,
    },
    /// Open days after the one in which the wait began.
    WorkingDays(usize),
}

impl Target {
    /// A target of calendar time.
    pub(crate) fn calendar(ms: i64) -> Self {
        Self::Fixed { ms, basis: Basis::Calendar }
    }

    /// A target of open time.
    pub(crate) fn open(ms: i64) -> Self {
        Self::Fixed { ms, basis: Basis::Open }
    }
}

/// An objective of a team, or of the whole organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Objective {
    /// The team; `None` is the whole organisation.
    pub team: Option<String>,
    /// Its name.
    pub name: String,
    /// Its measure.
    pub measure: Measure,
    /// Its own pauses, where they differ from those of the measure.
    pub pauses: Option<Pauses>,
    /// The level to reach.
    pub level: Level,
    /// The length of its window. The caller uses it to find the window's begin.
    pub over_ms: i64,
    /// The share of ended waits that may be given up, in basis points; `None` for all.
    pub unanswered_max_bp: Option<u64>,
    /// The levels before that one, ascending.
    pub previous_levels: Vec<Epoch>,
    /// The target that others achieve.
    pub market: Option<Target>,
}

/// A level that was in force until another one followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    /// The first instant at which it was no longer in force.
    pub until_ms: i64,
    /// The length of the window then.
    pub over_ms: i64,
    /// The share of ended waits that might be given up then, in basis points; `None` for all.
    pub unanswered_max_bp: Option<u64>,
    /// The level then.
    pub level: Level,
}

impl Objective {
    /// The level in force at an instant.
    pub(crate) fn level_at(&self, at: i64) -> &Level {
        self.epoch_at(at).map_or(&self.level, |epoch| &epoch.level)
    }

    /// The length of the window in force at an instant.
    pub(crate) fn over_ms_at(&self, at: i64) -> i64 {
        self.epoch_at(at).map_or(self.over_ms, |epoch| epoch.over_ms)
    }

    /// The ceiling in force at an instant.
    pub(crate) fn unanswered_max_bp_at(&self, at: i64) -> Option<u64> {
        self.epoch_at(at).map_or(self.unanswered_max_bp, |epoch| epoch.unanswered_max_bp)
    }

    fn epoch_at(&self, at: i64) -> Option<&Epoch> {
        self.previous_levels.iter().find(|epoch| at < epoch.until_ms)
    }

    pub(super) fn exclusions(&self) -> Exclusions {
        Exclusions::of(self.measure, self.pauses)
    }
}

/// The level of an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// A share of the waits must be within the target.
    Within {
        /// The target of priorities without their own.
        target: Target,
        /// The targets of single priorities.
        by_priority: Vec<(Priority, Target)>,
        /// The share to reach, in basis points.
        share_bp: u64,
        /// With fewer decided tickets than this there is no verdict.
        min_tickets: u64,
        /// The spent part of the budget, in basis points, at which the objective is at risk.
        at_risk_spent_bp: u64,
    },
    /// No ticket may wait longer than this.
    NoneOver(Target),
}

impl Level {
    pub(super) fn differs_by_priority(&self) -> bool {
        matches!(self, Self::Within { by_priority, .. } if !by_priority.is_empty())
    }

    pub(super) fn target_of(&self, priority: Option<Priority>) -> Target {
        match self {
            Self::NoneOver(limit) => *limit,
            Self::Within { target, by_priority, .. } => {
                let own = by_priority.iter().find(|(of, _)| Some(*of) == priority);
                own.map_or(*target, |(_, target)| *target)
            }
        }
    }
}
