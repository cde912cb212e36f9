//! What a team agreed on: objectives with their levels, and the verdict on each.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::amount::Amount;
use crate::calendar::{Calendar, WorkingDays, Zone};
use crate::duty::Duty;
use crate::event::Priority;
use crate::measure::{Basis, Measure, Pauses};
use crate::share::{MaxShare, Share};
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

mod changes;
mod confidence;
mod verdict;
mod written;

pub use changes::{AgreementChanges, ObjectiveChanges, SettingChange};
pub use confidence::{EvidenceSubject, ShareEvidence, ShareInterval};
pub use verdict::{AlertVerdicts, Completeness, DecidedVerdict, ShareBelief, Tally, VerdictState};
pub use written::{NAME_PLACEHOLDER, yaml_list, yaml_text};

/// The owner of an agreement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// One team, by name.
    Team(Box<str>),
    /// The whole organisation: all teams and unclaimed tickets.
    Organisation,
}

impl Owner {
    /// The name of the team; `None` for the organisation.
    pub fn team(&self) -> Option<&str> {
        match self {
            Self::Team(name) => Some(name),
            Self::Organisation => None,
        }
    }
}

/// The agreement of a team or of the organisation: one file.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// The owner.
    pub owner: Owner,
    /// The opening hours; `None` where always open. Those of the organisation apply to unclaimed tickets.
    pub hours: Option<Arc<Calendar>>,
    /// The objectives; empty where the team has not agreed on any yet.
    pub objectives: Vec<Objective>,
    /// The rest of the file.
    pub about: About,
}

/// What a customer's message on a solved ticket is, until someone reopens the ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageOnSolved {
    /// It is counted, and nobody's wait runs.
    #[default]
    Counted,
    /// The customer asks again: the wait for a reply runs.
    AsksAgain,
}

impl MessageOnSolved {
    /// All values.
    pub const ALL: [Self; 2] = [Self::Counted, Self::AsksAgain];

    /// Its value in an agreement's file.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::AsksAgain => "asks_again",
        }
    }
}

/// The rest of an agreement: what is for people and for alert routing, and its rules beside the objectives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The display name where none is given for the language.
    pub name: Box<str>,
    /// The name of its calendar; `None` where always open.
    pub hours: Option<Box<str>>,
    /// The time zone of the texts about it, where its file names one.
    pub zone: Option<Zone>,
    /// The names that the team had before. Events with one of them count for the team.
    pub former_names: Vec<Box<str>>,
    /// Display names by language code, such as `fi`, in the order of the codes.
    pub names: Vec<(Box<str>, Box<str>)>,
    /// What a customer's message on a solved ticket of the team is. The organisation's value is for unclaimed
    /// tickets.
    pub message_on_solved: MessageOnSolved,
    /// When and by how many people it was agreed on; `None` if the file does not say.
    pub agreed: Option<AgreedOn>,
    /// When the team wants to review it.
    pub look_again: Option<NaiveDate>,
    /// The turns of duty; `None` if the file has none.
    pub duty: Option<Duty>,
    /// The categories by which the team judges how tickets were handled, in its order.
    pub review_categories: Vec<Box<str>>,
    /// Labels that its alerts have in addition to those that identify them.
    pub labels: Vec<(Box<str>, Box<str>)>,
    /// The web address of its runbook.
    pub runbook_url: Option<Box<str>>,
}

/// When an agreement was made, and by how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgreedOn {
    /// The date.
    pub date: NaiveDate,
    /// The number of people.
    pub people: usize,
}

impl About {
    /// Whether the day has passed on which the team wanted to review the agreement.
    pub fn is_review_due(&self, today: NaiveDate) -> bool {
        self.look_again.is_some_and(|date| date < today)
    }

    /// The display name in a language.
    pub fn name_in(&self, language: &str) -> &str {
        let named = self.names.iter().find(|(code, _)| **code == *language);
        named.map_or(&self.name, |(_, name)| name)
    }
}

/// One objective of an agreement.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its name, unique within the agreement.
    pub name: Box<str>,
    /// What it measures.
    pub measure: Measure,
    /// The level.
    pub level: Level,
    /// The length of the rolling window of its verdict. Default `7d`.
    pub over: Elapsed,
    /// The largest share of ended waits that may end unanswered; `None` without a ceiling. Default none.
    pub unanswered_max: Option<MaxShare>,
    /// Earlier levels, by which the past is judged; ascending by their ends.
    pub previous_levels: Vec<PreviousLevel>,
    /// What pauses its stopwatches, where that differs from the measure's own pauses. It then has stopwatches
    /// of its own.
    pub pauses: Option<Pauses>,
    /// The opening hours of its own stopwatches, where its earlier hours differ from the team's present ones.
    pub hours: Option<Arc<Calendar>>,
    /// How its owner's readings of the measure are split.
    pub split: Split,
    /// What the market achieves; `None` where the objective does not compare.
    pub market: Option<Market>,
    /// The share of the error budget that may be spent before the objective is at risk. Default `80%`.
    pub at_risk: Share,
    /// When alerts fire, and with which severity.
    pub alerts: AlertPolicies,
}

/// An earlier level of an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousLevel {
    /// The first instant at which it is no longer in force.
    pub until: Timestamp,
    /// The level.
    pub level: Level,
    /// The length of its window.
    pub over: Elapsed,
    /// Its ceiling of waits that end unanswered.
    pub unanswered_max: Option<MaxShare>,
}

/// How readings are split: by priority, by channel, or by each of both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// By priority.
    pub priority: bool,
    /// By these channels; all others are one part.
    pub channels: Vec<Box<str>>,
}

/// What the market achieves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// The time within which the market answers.
    pub within: Target,
    /// The source of that claim.
    pub source: Box<str>,
    /// The date of that claim.
    pub as_of: Option<NaiveDate>,
}

impl Market {
    /// The age in days above which the figure is out of date.
    const DAYS_MAX: i64 = 365;

    /// Whether the figure is more than a year old on a day.
    pub fn is_old(&self, today: NaiveDate) -> bool {
        self.as_of.is_some_and(|date| (today - date).num_days() > Self::DAYS_MAX)
    }
}

/// The longest time (or highest count) that is within an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The same for every ticket.
    Fixed {
        /// The longest time that is within, in the raw form of [`crate::amount`].
        elapsed: Elapsed,
        /// The kind of time.
        basis: Basis,
    },
    /// Up to the closing time of an open day. Only where the owner has opening hours.
    ///
    /// # Design
    /// It is an amount of open time, as any other target, but one that depends on when the wait started: the
    /// open time from then to the closing time, by [`Calendar::working_time`]. So pauses, transfers and
    /// reopened tickets mean the same for it as for `16h`. A ticket that was pending for five open hours has
    /// five open hours more. After a transfer the start stays. The days are working days of the team that
    /// answered the ticket, or that holds it now.
    WorkingDays(WorkingDays),
}

/// A target as people and programs read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetShown {
    /// A time or a count.
    Amount(Amount),
    /// Working days: they have no fixed length.
    WorkingDays(WorkingDays),
}

/// As configuration writes it: `4h`, `2`, `2 working days`.
impl fmt::Display for TargetShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(amount) => amount.fmt(f),
            Self::WorkingDays(days) => days.fmt(f),
        }
    }
}

/// The alerts of one objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertPolicies {
    /// When the objective is missed.
    pub missed: AlertPolicy,
    /// How sure it must be that the true share is below the level before `missed` starts: above 50 %, at
    /// most 99.9 %. `None` for the plain rule: the alert follows the verdict. Default 90 %; without effect
    /// for a `none_over` limit.
    pub missed_confidence: Option<Share>,
    /// When most of the error budget is spent; `None` unless the agreement asks for it.
    pub at_risk: Option<AlertPolicy>,
    /// When the market achieves more than the agreed share; `None` unless the agreement asks for it.
    pub behind_market: Option<AlertPolicy>,
}

impl Default for AlertPolicies {
    fn default() -> Self {
        Self {
            missed: AlertPolicy::default(),
            missed_confidence: Some(Objective::CONFIDENCE_DEFAULT),
            at_risk: None,
            behind_market: None,
        }
    }
}

/// How one alert behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertPolicy {
    /// The `severity` label. Default `critical`; `warning` for at risk.
    pub severity: Box<str>,
    /// How long the condition must hold before it fires. Default `10m`.
    pub hold: Elapsed,
    /// How long the condition must be clear before it is resolved. Default `30m`.
    pub keep_firing_for: Elapsed,
}

impl AlertPolicy {
    /// The defaults with this severity.
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
    /// At least a share of tickets must be within a target.
    Within {
        /// The target of priorities without a target of their own.
        target: Target,
        /// Targets by priority, in the order of [`Priority::ALL`].
        by_priority: [Option<Target>; Priority::ALL.len()],
        /// The share of decided tickets that must be within target. Default `90%`.
        share: Share,
        /// The number of decided tickets needed for a verdict. Default 20.
        min_tickets: u64,
    },
    /// No ticket may wait longer than this.
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

    /// The share that must be within target; `None` for a limit.
    pub const fn share(&self) -> Option<Share> {
        match self {
            Self::Within { share, .. } => Some(*share),
            Self::NoneOver(_) => None,
        }
    }

    /// The number of decided tickets that a verdict needs; `None` for a limit.
    pub const fn min_tickets(&self) -> Option<u64> {
        match self {
            Self::Within { min_tickets, .. } => Some(*min_tickets),
            Self::NoneOver(_) => None,
        }
    }

    /// Whether no ticket may wait longer.
    pub const fn is_limit(&self) -> bool {
        matches!(self, Self::NoneOver(_))
    }

    /// Whether the target depends on the priority.
    pub fn differs_by_priority(&self) -> bool {
        match self {
            Self::NoneOver(_) => false,
            Self::Within { by_priority, .. } => by_priority.iter().any(Option::is_some),
        }
    }

    /// All its targets, unordered and with repetitions.
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
    /// The longest window. It bounds how long panes and finished tickets are kept.
    pub const OVER_MAX: Elapsed = Elapsed::from_ms(90 * DAY_MS);
    /// The default of `at_risk`.
    pub const AT_RISK_DEFAULT: Share = Share::EIGHTY_PERCENT;
    /// The default of `min_tickets`. At a true share of 95 % and a level of 90 %, 20 tickets miss by chance
    /// in 7.5 of 100 windows, 5 tickets in 22.6.
    pub const MIN_TICKETS_DEFAULT: u64 = 20;

    /// An objective with defaults for everything else.
    pub fn new(name: &str, measure: Measure, level: Level) -> Self {
        Self {
            name: name.into(),
            measure,
            level,
            over: Self::OVER_DEFAULT,
            unanswered_max: None,
            previous_levels: Vec::new(),
            pauses: None,
            hours: None,
            split: Split::default(),
            market: None,
            at_risk: Self::AT_RISK_DEFAULT,
            alerts: AlertPolicies::default(),
        }
    }

    /// The same with another target for all priorities without one of their own. Targets by priority that
    /// count what the former target counts then count what this one counts, as in a file.
    #[must_use]
    pub fn with_target(&self, target: Target) -> Self {
        let level = match self.level.clone() {
            Level::Within { target: former, by_priority, share, min_tickets } => {
                let by_priority = by_priority.map(|own| match own? {
                    Target::Fixed { elapsed, basis } if basis == former.basis() => {
                        Some(Target::Fixed { elapsed, basis: target.basis() })
                    }
                    other @ (Target::Fixed { .. } | Target::WorkingDays(_)) => Some(other),
                });
                Level::Within { target, by_priority, share, min_tickets }
            }
            Level::NoneOver(_) => Level::NoneOver(target),
        };
        Self { level, ..self.clone() }
    }

    /// One of its targets as people read it: `4h`, `4h of open time`, `2 working days`, or the number of a
    /// count.
    pub fn shown(&self, target: Target) -> String {
        let shown = target.shown(self.measure);
        match target {
            Target::Fixed { basis: Basis::Open, .. } => format!("{shown} of open time"),
            Target::Fixed { basis: Basis::Calendar, .. } | Target::WorkingDays(_) => {
                shown.to_string()
            }
        }
    }

    /// What it asks for at an instant, such as `90% first_reply within 4h, over 7d, at most 10% unanswered`,
    /// without targets by priority.
    pub fn said_at(&self, at: Timestamp) -> String {
        let measure = self.measure.label();
        let level = match self.level_at(at) {
            Level::Within { target, share, .. } => {
                let (target, over) = (self.shown(*target), self.over_at(at));
                format!("{share} {measure} within {target}, over {over}")
            }
            Level::NoneOver(limit) => format!("no {measure} over {}", self.shown(*limit)),
        };
        match self.unanswered_max_at(at) {
            Some(max) => format!("{level}, at most {max} unanswered"),
            None => level,
        }
    }

    /// The level in force at an instant.
    pub fn level_at(&self, at: Timestamp) -> &Level {
        self.previous_at(at).map_or(&self.level, |previous| &previous.level)
    }

    /// The length of the window in force at an instant.
    pub fn over_at(&self, at: Timestamp) -> Elapsed {
        self.previous_at(at).map_or(self.over, |previous| previous.over)
    }

    /// The ceiling of waits that end unanswered in force at an instant; `None` without one.
    pub fn unanswered_max_at(&self, at: Timestamp) -> Option<MaxShare> {
        self.previous_at(at).map_or(self.unanswered_max, |previous| previous.unanswered_max)
    }

    /// The lengths of all its windows, earlier ones included.
    pub fn overs(&self) -> impl Iterator<Item = Elapsed> {
        self.previous_levels.iter().map(|previous| previous.over).chain([self.over])
    }

    /// All its levels, earlier ones first.
    pub fn levels(&self) -> impl Iterator<Item = &Level> {
        self.previous_levels.iter().map(|previous| &previous.level).chain([&self.level])
    }

    fn previous_at(&self, at: Timestamp) -> Option<&PreviousLevel> {
        self.previous_levels.iter().find(|previous| at < previous.until)
    }
}

impl Target {
    /// A target of calendar time.
    pub const fn calendar(elapsed: Elapsed) -> Self {
        Self::Fixed { elapsed, basis: Basis::Calendar }
    }

    /// A target of open time.
    pub const fn open(elapsed: Elapsed) -> Self {
        Self::Fixed { elapsed, basis: Basis::Open }
    }

    /// The kind of time that it is compared with.
    pub const fn basis(self) -> Basis {
        match self {
            Self::Fixed { basis, .. } => basis,
            Self::WorkingDays(_) => Basis::Open,
        }
    }

    /// The longest time that is within, in raw form; `None` if that depends on the start of the wait.
    pub const fn elapsed(self) -> Option<Elapsed> {
        match self {
            Self::Fixed { elapsed, .. } => Some(elapsed),
            Self::WorkingDays(_) => None,
        }
    }

    /// The number of working days; `None` if the target is the same for every ticket.
    pub const fn working_days(self) -> Option<WorkingDays> {
        match self {
            Self::Fixed { .. } => None,
            Self::WorkingDays(days) => Some(days),
        }
    }

    /// The target as it is read.
    pub fn shown(self, measure: Measure) -> TargetShown {
        match self {
            Self::Fixed { elapsed, .. } => TargetShown::Amount(measure.amount(elapsed)),
            Self::WorkingDays(days) => TargetShown::WorkingDays(days),
        }
    }
}
