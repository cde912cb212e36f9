//! The content of changes: stopwatches that ended, stopwatches that run, and ratings.

use smallvec::SmallVec;

use super::breakdown::{Breakdown, BreakdownSoFar};
use crate::agreement::Target;
use crate::catalog::{Catalog, ChannelId, ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::{Basis, Measure};
use crate::time::{Elapsed, Timestamp};

/// A stopwatch that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The kind of stopwatch.
    pub stopwatch_kind: StopwatchKindId,
    /// What it measured.
    pub measure: Measure,
    /// How it ended.
    pub ending: Ending,
    /// The team that it counts for: the one that answered; the holder if it was given up.
    pub scope: ScopeId,
    /// The priority in force just before.
    pub priority: Option<Priority>,
    /// The channel in force just before.
    pub channel: ChannelId,
    /// When it started.
    pub started: Timestamp,
    /// When it ended.
    pub at: Timestamp,
    /// Whose numbers it is part of.
    pub counted_for: CountedFor,
    /// How long it ran in calendar time, or the count, in the raw form of [`crate::amount`].
    pub elapsed: Elapsed,
    /// How long it ran in open time, or the count, likewise.
    pub open: Elapsed,
    /// The objectives whose target it exceeded: of the team that it counts for, and of the organisation.
    pub missed: SmallVec<[ObjectiveId; 2]>,
    /// Where the ticket waited, and how long; absent if it exceeded no target.
    pub breakdown: Option<Box<Breakdown>>,
}

impl Ended {
    /// How long it ran in this kind of time.
    pub fn elapsed_in(&self, basis: Basis) -> Elapsed {
        match basis {
            Basis::Calendar => self.elapsed,
            Basis::Open => self.open,
        }
    }

    /// Whether it ran longer than a target allows, by the calendar of the team that it counts for.
    pub fn exceeds(&self, target: Target, catalog: &Catalog) -> bool {
        let allowance = catalog.allowance(target, self.stopwatch_kind, self.scope, self.started);
        self.elapsed_in(target.basis()) > allowance
    }
}

/// Whose numbers an ending is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedFor {
    /// Its team's only: for the organisation, a later wait of the same ticket counts in its place.
    Team,
    /// Its team's and the organisation's.
    TeamAndOrganisation,
}

/// How a stopwatch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// With a sample.
    Answered,
    /// Without one.
    GivenUp(GivenUp),
}

/// Why a stopwatch ended without a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GivenUp {
    /// Solved without an answer.
    Solved,
    /// Closed without an answer.
    Closed,
    /// Merged into another ticket.
    Merged,
    /// Deleted.
    Deleted,
    /// Spam.
    Spam,
    /// An agent said that the customer's last message needs no reply.
    NoReplyNeeded,
    /// It had finished, and the ticket was reopened and not solved again. It counts at the instant at which
    /// it had finished, while no later wait of the ticket counts in its place.
    Reopened,
}

impl GivenUp {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::Solved,
        Self::Closed,
        Self::Merged,
        Self::Deleted,
        Self::Spam,
        Self::NoReplyNeeded,
        Self::Reopened,
    ];

    /// The `reason` label. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Solved => "solved",
            Self::Closed => "closed",
            Self::Merged => "merged",
            Self::Deleted => "deleted",
            Self::Spam => "spam",
            Self::NoReplyNeeded => "no_reply_needed",
            Self::Reopened => "reopened",
        }
    }

    /// Whether such an ending over target counts as decided and missed. Spam and messages that need no reply
    /// do not.
    pub const fn is_decided(self) -> bool {
        match self {
            Self::Solved | Self::Closed | Self::Merged | Self::Deleted | Self::Reopened => true,
            Self::Spam | Self::NoReplyNeeded => false,
        }
    }

    /// Whether it counts as given up in readings. The other reasons are shown each by itself.
    pub const fn is_counted_given_up(self) -> bool {
        match self {
            Self::Solved | Self::Closed | Self::Merged => true,
            Self::Deleted | Self::Spam | Self::NoReplyNeeded | Self::Reopened => false,
        }
    }

    /// Whether the customer was still waiting: the wait is then censored, known only to have lasted at least
    /// this long.
    pub const fn is_censored(self) -> bool {
        match self {
            Self::Solved | Self::Closed => true,
            Self::Merged | Self::Deleted | Self::Spam | Self::NoReplyNeeded | Self::Reopened => {
                false
            }
        }
    }
}

/// A stopwatch that runs or is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The kind of stopwatch.
    pub stopwatch_kind: StopwatchKindId,
    /// What it measures.
    pub measure: Measure,
    /// The team that holds the ticket.
    pub scope: ScopeId,
    /// The ticket's priority.
    pub priority: Option<Priority>,
    /// The ticket's channel.
    pub channel: ChannelId,
    /// When it started.
    pub started: Timestamp,
    /// How long it has run, in constants.
    pub position: StopwatchPosition,
    /// The objectives whose target it exceeded just before the priority changed. It stays over these,
    /// whatever the new priority allows.
    pub over: Vec<ObjectiveId>,
    /// Where the ticket has waited since the start. Absent if that is with the holder only, and if no
    /// agreement has an objective.
    pub breakdown_so_far: Option<Box<BreakdownSoFar>>,
}

/// How long a stopwatch has run, as constants that stay the same while time passes.
///
/// # Design
/// A window holds thousands of running stopwatches. It sorts them by these constants, and needs no update
/// when `now` moves: elapsed time is `now` less the constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StopwatchPosition {
    /// Whether it is paused.
    pub is_paused: bool,
    /// If running: the effective start in ms, which is the start moved forward by all pauses. If paused: the
    /// elapsed calendar time in ms.
    pub calendar: i64,
    /// If running: the total open time of the holder's calendar at the effective start, in ms. If paused:
    /// the elapsed open time in ms.
    pub open: i64,
}

impl StopwatchPosition {
    /// The position that sorts before all others.
    pub const LEAST: Self = Self { is_paused: false, calendar: i64::MIN, open: i64::MIN };

    /// The constant for this kind of time.
    pub fn of(self, basis: Basis) -> i64 {
        match basis {
            Basis::Calendar => self.calendar,
            Basis::Open => self.open,
        }
    }

    /// How long it has run at `at`, when the holder's calendar has been open for `opened` ms in total.
    pub fn elapsed(self, at: Timestamp, opened: i64) -> ElapsedByBasis {
        let (calendar, open) = if self.is_paused {
            (self.calendar, self.open)
        } else {
            (at.ms().saturating_sub(self.calendar), opened.saturating_sub(self.open))
        };
        ElapsedByBasis { calendar: Elapsed::from_ms(calendar), open: Elapsed::from_ms(open) }
    }

    pub(super) fn started(at: Timestamp, opened: i64) -> Self {
        Self { is_paused: false, calendar: at.ms(), open: opened }
    }

    pub(super) fn paused(elapsed: ElapsedByBasis) -> Self {
        Self { is_paused: true, calendar: elapsed.calendar.ms(), open: elapsed.open.ms() }
    }

    /// Adds milliseconds to the elapsed time of both kinds.
    pub(super) fn add_elapsed(&mut self, calendar: i64, open: i64) {
        let sign = if self.is_paused { 1 } else { -1 };
        self.calendar += sign * calendar;
        self.open += sign * open;
    }

    /// Pauses it at `at`, or lets it run again. Does nothing if it already is so.
    pub(super) fn set_paused(&mut self, is_paused: bool, at: Timestamp, opened: i64) {
        if self.is_paused == is_paused {
            return;
        }
        // In both directions the new constant is `at` less the old one.
        *self = Self { is_paused, calendar: at.ms() - self.calendar, open: opened - self.open };
    }

    /// Switches to another calendar. The arguments are the total open time of both calendars at that
    /// instant, in ms.
    pub(super) fn change_calendar(&mut self, opened_before: i64, opened_after: i64) {
        if !self.is_paused {
            self.open += opened_after - opened_before;
        }
    }
}

/// A stopwatch's elapsed time in both kinds of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElapsedByBasis {
    /// Calendar time.
    pub calendar: Elapsed,
    /// Time in which the holder was open.
    pub open: Elapsed,
}

impl ElapsedByBasis {
    /// No time.
    pub const ZERO: Self = Self { calendar: Elapsed::ZERO, open: Elapsed::ZERO };

    /// The elapsed time in one kind of time.
    pub fn of(self, basis: Basis) -> Elapsed {
        match basis {
            Basis::Calendar => self.calendar,
            Basis::Open => self.open,
        }
    }
}

/// A customer's rating, or a review of how a ticket was handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    /// Who gave it.
    pub kind: RatingKind,
    /// The team that it is for.
    pub scope: ScopeId,
    /// When it was given.
    pub at: Timestamp,
    /// 1 to 5.
    pub score: u8,
    /// For each objective of the team and of the organisation: the ticket's last finished wait, compared with
    /// the target.
    pub bands: SmallVec<[(ObjectiveId, Band); 2]>,
}

/// Who gave a rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RatingKind {
    /// The customer.
    Rated,
    /// A reviewer, usually the agent who handled the ticket.
    Reviewed,
}

impl RatingKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Rated, Self::Reviewed];

    /// Its name in metrics. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Rated => "rated",
            Self::Reviewed => "reviewed",
        }
    }
}

/// A finished wait, for the ratings that come after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FinishedWait {
    pub(super) stopwatch_kind: StopwatchKindId,
    /// The team that it counts for.
    scope: ScopeId,
    started: Timestamp,
    pub(super) at: Timestamp,
    pub(super) priority: Option<Priority>,
    elapsed: ElapsedByBasis,
}

impl FinishedWait {
    pub(super) fn of(ended: &Ended) -> Self {
        Self {
            stopwatch_kind: ended.stopwatch_kind,
            scope: ended.scope,
            started: ended.started,
            at: ended.at,
            priority: ended.priority,
            elapsed: ElapsedByBasis { calendar: ended.elapsed, open: ended.open },
        }
    }

    /// Its length, compared with a target.
    pub(super) fn band(&self, target: Target, catalog: &Catalog) -> Band {
        let allowance = catalog.allowance(target, self.stopwatch_kind, self.scope, self.started);
        Band::of(self.elapsed.of(target.basis()), allowance)
    }
}

/// The length of a wait, compared with its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Up to half of the target.
    UpToHalf,
    /// More than half of the target, and within it.
    Within,
    /// Over the target, and up to twice as long.
    UpToDouble,
    /// More than twice the target.
    Beyond,
}

impl Band {
    /// All bands, from short to long.
    pub const ALL: [Self; 4] = [Self::UpToHalf, Self::Within, Self::UpToDouble, Self::Beyond];

    /// The band of a wait.
    pub fn of(elapsed: Elapsed, target: Elapsed) -> Self {
        let (elapsed, target) = (elapsed.ms(), target.ms());
        if elapsed.saturating_mul(2) <= target {
            Self::UpToHalf
        } else if elapsed <= target {
            Self::Within
        } else if elapsed <= target.saturating_mul(2) {
            Self::UpToDouble
        } else {
            Self::Beyond
        }
    }

    /// Its name in the API.
    pub const fn label(self) -> &'static str {
        match self {
            Self::UpToHalf => "up_to_half",
            Self::Within => "within",
            Self::UpToDouble => "up_to_double",
            Self::Beyond => "beyond",
        }
    }
}
