//! What a team undertook: objectives with their levels, and whether they hold.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::calendar::Calendar;
use crate::event::Priority;
use crate::measure::{Basis, Measure, Pauses};
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

mod verdict;

pub use verdict::{Completeness, Judgement, Tally, VerdictState};

/// Whose agreement it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// Of one team.
    Team(Box<str>),
    /// Of the whole organisation: over all teams and what nobody answers for.
    Organisation,
}

/// What a team or the organisation agreed on: one file.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// Whose it is.
    pub owner: Owner,
    /// When the team is open; absent where it is always. That of the organisation is for tickets that
    /// nobody answers for.
    pub hours: Option<Arc<Calendar>>,
    /// Its lines; none where nothing is agreed on yet.
    pub objectives: Vec<Objective>,
    /// What else the file says.
    pub about: About,
}

/// What an agreement says beside its objectives: for people, and for the routing of alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What it is called where no language's name is given.
    pub name: Box<str>,
    /// The name of the calendar of its hours; absent where it is always open.
    pub hours: Option<Box<str>>,
    /// Names by language, such as `fi`.
    pub names: Vec<(&'static str, Box<str>)>,
    /// The day it was agreed on, and by how many.
    pub agreed: Option<(NaiveDate, usize)>,
    /// When the team wants to look at it again.
    pub look_again: Option<NaiveDate>,
    /// Labels that its alerts carry beside those that identify them.
    pub labels: Vec<(Box<str>, Box<str>)>,
    /// What to do when it is missed: a web address.
    pub runbook_url: Option<Box<str>>,
}

impl About {
    /// What it is called in a language.
    pub fn name_in(&self, language: &str) -> &str {
        let named = self.names.iter().find(|(code, _)| *code == language);
        named.map_or(&self.name, |(_, name)| name)
    }
}

/// One line of an agreement.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its name, unique within the agreement.
    pub name: Box<str>,
    /// What it measures.
    pub measure: Measure,
    /// The level.
    pub level: Level,
    /// The length of the rolling window that it is judged over. Default `7d`.
    pub over: Elapsed,
    /// Earlier levels, so that the past is judged by what held then; ascending by their ends.
    pub previous_levels: Vec<PreviousLevel>,
    /// What pauses its stopwatches, where that differs from the measure's own: then it has stopwatches of
    /// its own.
    pub pauses: Option<Pauses>,
    /// The hours that its own stopwatches go by, where earlier ones differ from the team's.
    pub hours: Option<Arc<Calendar>>,
    /// What the readings of its measure are split by, for its owner.
    pub split: Split,
    /// What others achieve.
    pub market: Option<Market>,
    /// How much of the error budget may be spent before the objective is at risk. Default `80%`.
    pub at_risk: Share,
    /// Who is told, and when.
    pub alerts: AlertPolicies,
}

/// An earlier level of an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousLevel {
    /// The first instant at which it held no longer.
    pub until: Timestamp,
    /// The level.
    pub level: Level,
    /// The length of its window.
    pub over: Elapsed,
}

/// What readings are split by, each on its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// By priority.
    pub priority: bool,
    /// By these channels; all others are one.
    pub channels: Vec<Box<str>>,
}

/// What others achieve, to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// The time within which they answer.
    pub within: Target,
    /// Who says so.
    pub source: Box<str>,
    /// The day of which they say it.
    pub as_of: Option<NaiveDate>,
}

/// How long something may take, and in which kind of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The longest time that is within, in the raw form of [`crate::amount`].
    pub elapsed: Elapsed,
    /// Of this kind of time.
    pub basis: Basis,
}

/// The alerts of one objective.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertPolicies {
    /// When the objective is missed.
    pub missed: AlertPolicy,
    /// When most of the error budget is spent; absent unless the agreement asks for it.
    pub at_risk: Option<AlertPolicy>,
    /// When others achieve more than the objective's share does; absent unless the agreement asks for it.
    pub behind_market: Option<AlertPolicy>,
}

/// How one alert behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertPolicy {
    /// The label that it is routed by. Default `critical`; at risk `warning`.
    pub severity: Box<str>,
    /// How long the condition must hold before it fires. Default `10m`.
    pub hold: Elapsed,
    /// How long the condition must be clear before it is resolved. Default `30m`.
    pub keep_firing_for: Elapsed,
}

impl AlertPolicy {
    /// The defaults, with this severity.
    pub fn of_severity(severity: &str) -> Self {
        Self {
            severity: severity.into(),
            hold: Elapsed::from_ms(10 * MINUTE_MS),
            keep_firing_for: Elapsed::from_ms(30 * MINUTE_MS),
        }
    }
}

impl Default for AlertPolicy {
    fn default() -> Self {
        Self::of_severity("critical")
    }
}

/// The level that an objective asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Level {
    /// A share of tickets within a target.
    Within {
        /// The target where the priority has none of its own.
        target: Target,
        /// Targets by priority, in the order of [`Priority::ALL`].
        by_priority: [Option<Target>; Priority::ALL.len()],
        /// The share of decided tickets that must be within target. Default `90%`.
        share: Share,
        /// Decided tickets needed before a verdict is given. Default 20.
        min_tickets: u64,
    },
    /// Nobody waits longer than this.
    NoneOver(Target),
}

impl Level {
    /// The target for a ticket of this priority.
    pub fn target(&self, priority: Option<Priority>) -> Target {
        match self {
            Self::NoneOver(limit) => *limit,
            Self::Within { target, by_priority, .. } => {
                priority.and_then(|priority| by_priority[priority.index()]).unwrap_or(*target)
            }
        }
    }

    /// Whether the target depends on the priority.
    pub fn differs_by_priority(&self) -> bool {
        match self {
            Self::NoneOver(_) => false,
            Self::Within { by_priority, .. } => by_priority.iter().any(Option::is_some),
        }
    }

    /// All its targets, in no order, some perhaps twice.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        std::iter::once(None)
            .chain(Priority::ALL.into_iter().map(Some))
            .map(|priority| self.target(priority))
    }
}

impl Objective {
    /// The default of `over`.
    pub const OVER_DEFAULT: Elapsed = Elapsed::from_ms(7 * DAY_MS);
    /// The shortest window.
    pub const OVER_MIN: Elapsed = Elapsed::from_ms(HOUR_MS);
    /// The longest window. It decides how long panes and finished tickets are kept.
    pub const OVER_MAX: Elapsed = Elapsed::from_ms(90 * DAY_MS);
    /// The default of `at_risk`.
    pub const AT_RISK_DEFAULT: Share = Share::EIGHTY_PERCENT;
    /// The default of `min_tickets`: at a true share of 95 % and a level of 90 %, 20 tickets miss by chance
    /// in 7.5 of 100 windows, 5 in 22.6.
    pub const MIN_TICKETS_DEFAULT: u64 = 20;

    /// An objective with the defaults for all that is not said.
    pub fn new(name: &str, measure: Measure, level: Level) -> Self {
        Self {
            name: name.into(),
            measure,
            level,
            over: Self::OVER_DEFAULT,
            previous_levels: Vec::new(),
            pauses: None,
            hours: None,
            split: Split::default(),
            market: None,
            at_risk: Self::AT_RISK_DEFAULT,
            alerts: AlertPolicies::default(),
        }
    }

    /// One of its targets as people read it: `4h`, `4h of open time`, or the number of a count.
    pub fn shown(&self, target: Target) -> String {
        let amount = self.measure.amount(target.elapsed);
        match target.basis {
            Basis::Calendar => amount.to_string(),
            Basis::Open => format!("{amount} of open time"),
        }
    }

    /// What it asks for at an instant: `90% first_reply within 4h, over 7d`, as the file has it, without the
    /// priorities.
    pub fn said_at(&self, at: Timestamp) -> String {
        let measure = self.measure.label();
        match self.level_at(at) {
            Level::Within { target, share, .. } => {
                let (target, over) = (self.shown(*target), self.over_at(at));
                format!("{share} {measure} within {target}, over {over}")
            }
            Level::NoneOver(limit) => format!("no {measure} over {}", self.shown(*limit)),
        }
    }

    /// The level in force at an instant.
    pub fn level_at(&self, at: Timestamp) -> &Level {
        self.was_at(at).map_or(&self.level, |was| &was.level)
    }

    /// The length of the window in force at an instant.
    pub fn over_at(&self, at: Timestamp) -> Elapsed {
        self.was_at(at).map_or(self.over, |was| was.over)
    }

    /// The lengths of all its windows, earlier ones too.
    pub fn overs(&self) -> impl Iterator<Item = Elapsed> {
        self.previous_levels.iter().map(|was| was.over).chain([self.over])
    }

    /// All its levels, earlier ones first.
    pub fn levels(&self) -> impl Iterator<Item = &Level> {
        self.previous_levels.iter().map(|was| &was.level).chain([&self.level])
    }

    fn was_at(&self, at: Timestamp) -> Option<&PreviousLevel> {
        self.previous_levels.iter().find(|was| at < was.until)
    }
}

impl Target {
    /// So much calendar time.
    pub const fn calendar(elapsed: Elapsed) -> Self {
        Self { elapsed, basis: Basis::Calendar }
    }

    /// So much open time.
    pub const fn open(elapsed: Elapsed) -> Self {
        Self { elapsed, basis: Basis::Open }
    }
}
