//! What a team undertook: objectives with their levels, and whether they hold.

use std::fmt;

use chrono::NaiveDate;

use crate::event::Priority;
use crate::measure::Measure;
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS};

mod verdict;

pub use verdict::{Knowledge, State, Tally};

/// Whose agreement it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// Of one team.
    Team(Box<str>),
    /// Of the whole organisation: over all teams and what nobody answers for.
    Organisation,
}

/// What a team or the organisation agreed on: one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Whose it is.
    pub owner: Owner,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objective {
    /// Its name, unique within the agreement.
    pub name: Box<str>,
    /// What it measures.
    pub measure: Measure,
    /// The level.
    pub level: Level,
    /// The length of the rolling window that it is judged over. Default `7d`.
    pub over: Elapsed,
    /// How much of the error budget may be spent before the objective is at risk. Default `80%`.
    pub at_risk: Share,
    /// Who is told, and when.
    pub alerts: Alerts,
}

/// The alerts of one objective.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// When the objective is missed.
    pub missed: AlertPolicy,
    /// When most of the error budget is spent; absent unless the agreement asks for it.
    pub at_risk: Option<AlertPolicy>,
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
        target: Elapsed,
        /// Targets by priority, in the order of [`Priority::ALL`].
        by_priority: [Option<Elapsed>; Priority::ALL.len()],
        /// The share of decided tickets that must be within target. Default `90%`.
        share: Share,
        /// Decided tickets needed before a verdict is given. Default 20.
        min_tickets: u64,
    },
    /// Nobody waits longer than this.
    NoneOver(Elapsed),
}

impl Objective {
    /// The default of `over`.
    pub const OVER_DEFAULT: Elapsed = Elapsed::from_ms(7 * DAY_MS);
    /// The shortest window.
    pub const OVER_MIN: Elapsed = Elapsed::from_ms(HOUR_MS);
    /// The longest window. It decides how long panes and finished tickets are kept.
    pub const OVER_MAX: Elapsed = Elapsed::from_ms(90 * DAY_MS);
    /// The default of `min_tickets`: at a true share of 95 % and a level of 90 %, 20 tickets miss by chance
    /// in 7.5 of 100 windows, 5 in 22.6.
    pub const MIN_TICKETS_DEFAULT: u64 = 20;

    /// The target for a ticket of this priority.
    pub fn target(&self, priority: Option<Priority>) -> Elapsed {
        match &self.level {
            Level::NoneOver(limit) => *limit,
            Level::Within { target, by_priority, .. } => {
                priority.and_then(|priority| by_priority[priority.index()]).unwrap_or(*target)
            }
        }
    }

    /// Whether the target depends on the priority.
    pub fn differs_by_priority(&self) -> bool {
        match &self.level {
            Level::NoneOver(_) => false,
            Level::Within { by_priority, .. } => by_priority.iter().any(Option::is_some),
        }
    }

    /// All its targets, in no order, some perhaps twice.
    pub fn targets(&self) -> impl Iterator<Item = Elapsed> {
        std::iter::once(None)
            .chain(Priority::ALL.into_iter().map(Some))
            .map(|priority| self.target(priority))
    }
}

/// `90% first_reply within 4h, over 7d`: as the file has it, without the priorities.
impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measure = self.measure.label();
        match &self.level {
            Level::Within { target, share, .. } => {
                write!(f, "{share} {measure} within {target}, over {}", self.over)
            }
            Level::NoneOver(limit) => write!(f, "no {measure} over {limit}"),
        }
    }
}
