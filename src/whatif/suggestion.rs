//! Levels that fit the past of a team, and the rules by which they are found.
//!
//! # Design
//! A first level should be one that the team can keep, and see itself keep: *what you do now*. A second one
//! should be harder, but not a wish: *better* is what the team already did in half of its weeks. The third is
//! what customers get elsewhere: *the market*. Each rule counts whole weeks and not one quantile of eight
//! weeks together, since a level is judged week by week: a team with seven quick weeks and a bad one would
//! get a level that it misses whenever that week comes again.

use super::{TriedVerdict, TriedWeek, WhatIf};
use crate::agreement::{Agreement, Level, Objective, Owner, Target, VerdictState};
use crate::measure::{Basis, Measure};
use crate::past::usual_targets;
use crate::replay::Replay;
use crate::time::{DAY_MS, Elapsed};

/// The number of ended weeks that suggestions rest on.
pub const SUGGESTED_WEEKS: usize = 8;

/// Weeks with enough tickets below which a longer window is taken.
const WEEKS_ENOUGH: usize = 4;

/// The window that is taken where the given one has too few tickets in most weeks.
const LONGER_OVER: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// The limit that is suggested for tickets that wait longest.
pub const LIMIT_TRIED: Target = Target::calendar(Elapsed::from_ms(5 * DAY_MS));

/// What others achieve, where the agreement does not say: a day.
const MARKET_DEFAULT: Target = Target::calendar(Elapsed::from_ms(DAY_MS));

/// Which of the suggested levels it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuggestedKind {
    /// What the team does now.
    Now,
    /// What it did in its better weeks.
    Better,
    /// What others achieve.
    Market,
}

impl SuggestedKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Now, Self::Better, Self::Market];

    /// The name in arguments and JSON.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Better => "better",
            Self::Market => "market",
        }
    }

    /// For people.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Now => "what you do now",
            Self::Better => "better",
            Self::Market => "the market",
        }
    }

    /// The rule by which it is found.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Now => {
                "the shortest round target that was reached in each ended week with enough tickets, of the last 8 at most"
            }
            Self::Better => {
                "the shortest round target that was reached in at least half of these weeks; where that is \
                 what you do now, the next shorter one"
            }
            Self::Market => {
                "`market` of the agreement; without one, a day of all time for first_reply and next_reply"
            }
        }
    }
}

/// One suggested level with the weeks that it was tried on.
#[derive(Clone, Debug)]
pub struct LevelSuggestion {
    /// The level, as an objective.
    pub objective: Objective,
    /// By week, as [`SuggestionRun::weeks`].
    pub verdicts: Vec<TriedVerdict>,
}

impl LevelSuggestion {
    /// The weeks with enough tickets for a verdict.
    pub fn known(&self) -> usize {
        self.verdicts.iter().filter(|one| is_known(one)).count()
    }

    /// Those in which it was reached.
    pub fn reached(&self) -> usize {
        self.verdicts.iter().filter(|one| is_reached(one)).count()
    }
}

/// Levels that fit the last weeks of a team.
#[derive(Debug)]
pub struct SuggestionRun {
    /// The last ended weeks, at most [`SUGGESTED_WEEKS`]. Their verdicts are those of all levels that were
    /// tried.
    pub weeks: Vec<TriedWeek>,
    /// Whether a longer window was taken, since most weeks had too few tickets in the given one.
    pub is_longer: bool,
    /// The longest window that was tried.
    pub over: Elapsed,
    /// Which levels were found.
    pub found: Vec<(SuggestedKind, LevelSuggestion)>,
    /// The limit for tickets that wait longest.
    pub limit: LevelSuggestion,
}

/// All levels that are tried for one window.
struct TriedWindow {
    over: Elapsed,
    /// Ascending by target.
    rounds: Vec<LevelSuggestion>,
    market: Option<LevelSuggestion>,
}

/// The round targets that are tried for a measure.
pub fn targets_to_try(measure: Measure, has_hours: bool) -> Vec<Target> {
    let is_open = has_hours && measure.is_timed();
    usual_targets(if is_open { Basis::Open } else { Basis::Calendar }, measure)
}

impl SuggestionRun {
    /// Tries round targets over a history. `base` has the share, the window and the other settings.
    pub fn new(agreements: &[Agreement], owner: &Owner, base: &Objective, replay: Replay) -> Self {
        let has_hours = agreements.iter().any(|one| one.owner == *owner && one.hours.is_some());
        let mut candidates = vec![limit()];
        let mut overs = vec![base.over];
        overs.extend((base.over < LONGER_OVER).then_some(LONGER_OVER));
        let rounds = targets_to_try(base.measure, has_hours);
        let market = market_of(base);
        for over in &overs {
            for target in rounds.iter().copied().chain(market) {
                candidates.push(Objective { over: *over, ..suggested(base, target) });
            }
        }
        let what_if = WhatIf::new(agreements, owner, &candidates);
        let mut weeks = what_if.weeks(replay);
        // The week of the last event has not ended.
        if weeks.last().is_some_and(|week| week.at < week.week.end(what_if.zone())) {
            weeks.pop();
        }
        let weeks = weeks.split_off(weeks.len().saturating_sub(SUGGESTED_WEEKS));
        let verdicts_of = |number: usize| -> Vec<TriedVerdict> {
            weeks.iter().filter_map(|week| week.verdicts.get(number).copied()).collect()
        };
        let tried = candidates.into_iter().enumerate();
        let mut tried = tried.map(|(number, objective)| LevelSuggestion {
            objective,
            verdicts: verdicts_of(number),
        });
        let limit = tried.next();
        let mut windows = overs.into_iter().map(|over| TriedWindow {
            over,
            rounds: tried.by_ref().take(rounds.len()).collect(),
            market: market.and_then(|_| tried.next()),
        });
        let given = windows.next();
        let longer = windows.next();
        let is_longer = longer.is_some() && given.as_ref().is_none_or(|one| !one.is_enough());
        let window = if is_longer { longer } else { given };
        let over = window.as_ref().map_or(base.over, |window| window.over);
        let found = window.map_or_else(Vec::new, TriedWindow::found);
        let limit = limit
            .unwrap_or_else(|| LevelSuggestion { objective: self::limit(), verdicts: Vec::new() });
        Self { weeks, is_longer, over, found, limit }
    }

    /// One of the levels; `None` if it was not found.
    pub fn level(&self, kind: SuggestedKind) -> Option<&LevelSuggestion> {
        self.found.iter().find(|(found, _)| *found == kind).map(|(_, level)| level)
    }
}

impl TriedWindow {
    /// Whether most weeks have enough tickets. The longest target is not missed by a few of them.
    fn is_enough(&self) -> bool {
        self.rounds.last().is_some_and(|level| level.known() >= WEEKS_ENOUGH)
    }

    fn found(self) -> Vec<(SuggestedKind, LevelSuggestion)> {
        let Self { rounds, market, .. } = self;
        let first = |holds: &dyn Fn(&LevelSuggestion) -> bool| {
            rounds.iter().position(|level| level.known() > 0 && holds(level))
        };
        let now = first(&|level| level.reached() == level.known());
        let better = first(&|level| level.reached() * 2 >= level.known());
        // A better level is shorter than the present one.
        let better = if better == now { now.and_then(|at| at.checked_sub(1)) } else { better };
        let round = |at: Option<usize>| at.and_then(|at| rounds.get(at)).cloned();
        let found = [
            (SuggestedKind::Now, round(now)),
            (SuggestedKind::Better, round(better)),
            (SuggestedKind::Market, market),
        ];
        found.into_iter().filter_map(|(kind, level)| Some((kind, level?))).collect()
    }
}

/// What others achieve; `None` where that is not known.
fn market_of(base: &Objective) -> Option<Target> {
    let agreed = base.market.as_ref().map(|market| market.within);
    agreed.or_else(|| base.measure.is_reply().then_some(MARKET_DEFAULT))
}

/// The objective with a target. A priority keeps a target of its own only if that is shorter.
fn suggested(base: &Objective, target: Target) -> Objective {
    let mut objective = base.with_target(target);
    if let Level::Within { by_priority, .. } = &mut objective.level {
        for own in by_priority {
            let is_alike = own.is_some_and(|own| {
                own.basis() == target.basis()
                    && own.working_days().is_some() == target.working_days().is_some()
            });
            *own = own.filter(|own| !is_alike || *own < target);
        }
    }
    objective
}

/// The limit for tickets that wait longest.
fn limit() -> Objective {
    Objective::new("nobody-forgotten", Measure::FirstReply, Level::NoneOver(LIMIT_TRIED))
}

fn is_known(verdict: &TriedVerdict) -> bool {
    is_reached(verdict) || verdict.state == VerdictState::Missed
}

fn is_reached(verdict: &TriedVerdict) -> bool {
    matches!(verdict.state, VerdictState::Met | VerdictState::AtRisk)
}
