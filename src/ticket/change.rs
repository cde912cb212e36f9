//! What comes out of a ticket: stopwatches that ended, those that run, and ratings.

use smallvec::SmallVec;

use super::breakdown::{Breakdown, BreakdownSoFar};
use crate::catalog::{ChannelId, ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::{Basis, Measure};
use crate::time::{Elapsed, Timestamp};

/// A stopwatch that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which kind of stopwatch.
    pub stopwatch_kind: StopwatchKindId,
    /// What it measured.
    pub measure: Measure,
    /// How it ended.
    pub ending: Ending,
    /// Whom it counts for: the team that answered; the holder where it was given up.
    pub scope: ScopeId,
    /// The priority in force just before.
    pub priority: Option<Priority>,
    /// The channel in force just before.
    pub channel: ChannelId,
    /// When it started.
    pub started: Timestamp,
    /// When it ended.
    pub at: Timestamp,
    /// How long it ran in calendar time, or the count, in the raw form of [`crate::amount`].
    pub elapsed: Elapsed,
    /// How long it ran in open time, or the count, likewise.
    pub open: Elapsed,
    /// The objectives whose target it was over: of the one whom it counts for, and of the organisation.
    pub missed: SmallVec<[ObjectiveId; 2]>,
    /// Where the waiting went; only of one that was over some target.
    pub breakdown: Option<Box<Breakdown>>,
}

impl Ended {
    /// How long it ran in that kind of time.
    pub fn elapsed_in(&self, basis: Basis) -> Elapsed {
        match basis {
            Basis::Calendar => self.elapsed,
            Basis::Open => self.open,
        }
    }
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
    /// Solved without a word.
    Solved,
    /// Closed without a word.
    Closed,
    /// Merged into another ticket.
    Merged,
    /// Deleted.
    Deleted,
    /// Spam.
    Spam,
}

impl GivenUp {
    /// All reasons.
    pub const ALL: [Self; 5] =
        [Self::Solved, Self::Closed, Self::Merged, Self::Deleted, Self::Spam];

    /// The `reason` label. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Solved => "solved",
            Self::Closed => "closed",
            Self::Merged => "merged",
            Self::Deleted => "deleted",
            Self::Spam => "spam",
        }
    }

    /// Whether one that was over target then is decided and missed. Deleted and spam are no miss.
    pub const fn is_decided(self) -> bool {
        match self {
            Self::Solved | Self::Closed | Self::Merged => true,
            Self::Deleted | Self::Spam => false,
        }
    }

    /// Whether the customer was still waiting then: such a wait is known to have lasted at least so long.
    pub const fn is_censored(self) -> bool {
        match self {
            Self::Solved | Self::Closed => true,
            Self::Merged | Self::Deleted | Self::Spam => false,
        }
    }
}

/// A stopwatch that runs or is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Which kind of stopwatch.
    pub stopwatch_kind: StopwatchKindId,
    /// What it measures.
    pub measure: Measure,
    /// Who holds the ticket.
    pub scope: ScopeId,
    /// The ticket's priority.
    pub priority: Option<Priority>,
    /// The ticket's channel.
    pub channel: ChannelId,
    /// When it started.
    pub started: Timestamp,
    /// How far it is.
    pub position: StopwatchPosition,
    /// The objectives whose target it was over just before its priority changed: it stays over those.
    pub over: Vec<ObjectiveId>,
    /// Where the waiting went until now; absent where it all is with the holder since the start, or where
    /// nobody agreed on anything.
    pub breakdown_so_far: Option<Box<BreakdownSoFar>>,
}

/// How far a stopwatch is, in constants: nothing changes while time goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StopwatchPosition {
    /// Whether it stands still.
    pub is_paused: bool,
    /// Running: the instant, in ms, at which it would have started had it run without interruption.
    /// Paused: the calendar time that has elapsed, in ms.
    pub calendar: i64,
    /// Running: what the holder's calendar had opened in all, in ms, when it would have started had it run
    /// in its hours alone. Paused: the open time that has elapsed, in ms.
    pub open: i64,
}

impl StopwatchPosition {
    /// What sorts before all others.
    pub const LEAST: Self = Self { is_paused: false, calendar: i64::MIN, open: i64::MIN };

    /// Its constant in that kind of time.
    pub fn of(self, basis: Basis) -> i64 {
        match basis {
            Basis::Calendar => self.calendar,
            Basis::Open => self.open,
        }
    }

    /// How long it has run, in both kinds of time, at an instant until which the holder's calendar has
    /// opened so much.
    pub fn elapsed(self, at: Timestamp, opened: i64) -> [Elapsed; 2] {
        let [calendar, open] = self.elapsed_ms(at, opened);
        [Elapsed::from_ms(calendar), Elapsed::from_ms(open)]
    }

    pub(super) fn started(at: Timestamp, opened: i64) -> Self {
        Self { is_paused: false, calendar: at.ms(), open: opened }
    }

    pub(super) fn elapsed_ms(self, at: Timestamp, opened: i64) -> [i64; 2] {
        if self.is_paused {
            [self.calendar, self.open]
        } else {
            [at.ms().saturating_sub(self.calendar), opened.saturating_sub(self.open)]
        }
    }

    /// Stands still from `at` on, or runs, if it does not already.
    pub(super) fn set_paused(&mut self, is_paused: bool, at: Timestamp, opened: i64) {
        if self.is_paused == is_paused {
            return;
        }
        // Either way the constants of one state are `at` less those of the other.
        let [calendar, open] = [at.ms() - self.calendar, opened - self.open];
        *self = Self { is_paused, calendar, open };
    }

    /// Goes by another calendar from an instant at which the two had opened so much.
    pub(super) fn change_calendar(&mut self, opened_before: i64, opened_after: i64) {
        if !self.is_paused {
            self.open += opened_after - opened_before;
        }
    }
}

/// A customer's rating, or someone's judgement of how a ticket was handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    /// Whose it is.
    pub kind: RatingKind,
    /// The team that it is for.
    pub scope: ScopeId,
    /// When it was given.
    pub at: Timestamp,
    /// 1 to 5.
    pub score: u8,
    /// By objective of the team and of the organisation: how long the ticket's last finished wait was beside
    /// its target.
    pub bands: SmallVec<[(ObjectiveId, Band); 2]>,
}

/// Whose rating it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RatingKind {
    /// The customer's.
    Rated,
    /// A reviewer's: first of all of one's own work.
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

/// How long a wait was beside its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Up to half of it.
    UpToHalf,
    /// More than half of it, within it.
    Within,
    /// Over it, up to twice as long.
    UpToDouble,
    /// More than twice as long.
    Beyond,
}

impl Band {
    /// All, from short to long.
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

/// Where what comes out of tickets goes. Each comes with `by`: +1 to count it, −1 to take it back.
pub trait Sink {
    /// A stopwatch ended.
    fn ended(&mut self, ended: &Ended, by: i64);
    /// A stopwatch runs, or is paused.
    fn running(&mut self, running: &Running, by: i64);
    /// A ticket was rated.
    fn rated(&mut self, rated: &Rated, by: i64);
    /// The sample that just ended is one that was never there before, not one that was taken back and made
    /// again. Counters that never step back count these.
    fn sample_made(&mut self, _: &Ended) {}
    /// An event came late: later ones of its ticket were known already; whether samples were taken back.
    fn came_late(&mut self, _corrects: bool) {}
}

/// Nowhere: for a shard that has not been advanced yet, and so has nothing to take back.
impl Sink for () {
    fn ended(&mut self, _: &Ended, _: i64) {}
    fn running(&mut self, _: &Running, _: i64) {}
    fn rated(&mut self, _: &Rated, _: i64) {}
}
