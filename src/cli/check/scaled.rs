//! Levels that the past would hardly have missed, or never reached.
//!
//! # Design
//! Each level is tried twice more over the same events: with half of its targets and with twice as long ones.
//! Where half of the target was reached at every instant, customers could wait twice as long without a miss.
//! Where twice the target was missed at every instant, the team is not near the level.

use std::io;

use super::past::VerdictsByObjective;
use crate::agreement::{Agreement, Level, Objective, Target, VerdictState};
use crate::calendar::WorkingDays;
use crate::catalog::Catalog;
use crate::cli::table::{PastVerdict, percent, team_name};
use crate::cli::terminal::Terminal;
use crate::config::Config;
use crate::share::Share;
use crate::time::Elapsed;

/// What separates the name of an objective from that of its scale. No name has it.
const SEPARATOR: char = '\u{1f}';

/// The instants with enough tickets below which a level is not called easy.
const KNOWN_MIN: usize = 2;

/// How much longer the targets of a level are.
#[derive(Clone, Copy)]
enum TargetScale {
    Half,
    Double,
}

impl TargetScale {
    const ALL: [Self; 2] = [Self::Half, Self::Double];

    fn name(self, objective: &Objective) -> Box<str> {
        let scale = match self {
            Self::Half => "half",
            Self::Double => "double",
        };
        format!("{}{SEPARATOR}{scale}", objective.name).into()
    }

    /// A target of that scale; `None` where there is none.
    fn of(self, target: Target) -> Option<Target> {
        match (self, target) {
            (Self::Half, Target::Fixed { elapsed, basis }) => {
                let elapsed = Elapsed::from_ms(elapsed.ms() / 2);
                Some(Target::Fixed { elapsed, basis }).filter(|half| *half != target)
            }
            (Self::Double, Target::Fixed { elapsed, basis }) => {
                let elapsed = Elapsed::from_ms(elapsed.ms().saturating_mul(2));
                Some(Target::Fixed { elapsed, basis }).filter(|double| *double != target)
            }
            (Self::Half, Target::WorkingDays(days)) => {
                WorkingDays::new(days.count() / 2).map(Target::WorkingDays)
            }
            (Self::Double, Target::WorkingDays(days)) => {
                WorkingDays::new(days.count().saturating_mul(2)).map(Target::WorkingDays)
            }
        }
    }

    /// The objective with targets of that scale; `None` for a limit, and where a target has none.
    fn objective(self, objective: &Objective) -> Option<Objective> {
        let Level::Within { target, by_priority, share, min_tickets } = &objective.level else {
            return None;
        };
        let mut scaled = [None; 4];
        for (scaled, own) in scaled.iter_mut().zip(by_priority) {
            *scaled = own.map(|own| self.of(own).ok_or(())).transpose().ok()?;
        }
        let level = Level::Within {
            target: self.of(*target)?,
            by_priority: scaled,
            share: *share,
            min_tickets: *min_tickets,
        };
        let (name, previous_levels) = (self.name(objective), Vec::new());
        Some(Objective { name, level, previous_levels, market: None, ..objective.clone() })
    }
}

/// The agreements with every level in each scale, compiled.
pub(super) fn catalog(config: &Config) -> Catalog {
    let with_scales = |agreement: &Agreement| {
        let scaled = agreement.objectives.iter().flat_map(|objective| {
            TargetScale::ALL.into_iter().filter_map(|scale| scale.objective(objective))
        });
        let objectives = agreement.objectives.iter().cloned().chain(scaled).collect();
        Agreement { objectives, ..agreement.clone() }
    };
    let agreements: Vec<Agreement> = config.agreements.iter().map(with_scales).collect();
    Catalog::new(&agreements, &config.measures).with_priority_names(config.priority_names.clone())
}

/// Whether an objective is one of [`catalog`] that no agreement has.
pub(super) fn is_scaled(objective: &str) -> bool {
    objective.contains(SEPARATOR)
}

/// Warns of levels that the past would hardly have missed, or never reached, with the figures.
pub(super) fn warn_of_levels(
    config: &Config,
    verdicts: &VerdictsByObjective,
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    for agreement in &config.agreements {
        for objective in &agreement.objectives {
            let of_scale = |scale: TargetScale| {
                let key = (agreement.owner.team().map(Box::from), scale.name(objective));
                let target = scale.of(objective.level.target(None))?;
                Some((objective.shown(target), verdicts.get(&key)?.as_slice()))
            };
            let name = format!("{} {}", team_name(agreement.owner.team()), objective.name);
            let share = objective.level.share().map_or_else(String::new, |share| share.to_string());
            if let Some((target, verdicts)) = of_scale(TargetScale::Half)
                && let Some((known, least)) = always_reached(verdicts)
            {
                writeln!(
                    terminal.diagnostics,
                    "warning: {name}: can hardly be missed: {share} is agreed, and {least} were \
                     within {target}, half of the target, at each of the {known} instants 7 days apart that \
                     have enough tickets; choose a shorter `within`, or a higher `share`"
                )?;
            }
            if let Some((target, verdicts)) = of_scale(TargetScale::Double)
                && let Some(most) = never_reached(verdicts)
            {
                writeln!(
                    terminal.diagnostics,
                    "warning: {name}: is far from what the team does: {share} is agreed, and at most {most} \
                     were within {target}, twice the target, at any of the {} instants 7 days apart; start \
                     with a longer `within`: `vaste whatif --suggest` finds one",
                    verdicts.len()
                )?;
            }
        }
    }
    Ok(())
}

/// The number of instants with enough tickets and the lowest share at them in words, if the level was reached
/// at all of them.
fn always_reached(verdicts: &[PastVerdict]) -> Option<(usize, String)> {
    let is_known = |past: &&PastVerdict| past.verdict.state != VerdictState::InsufficientData;
    let known = || verdicts.iter().filter(is_known);
    let is_reached =
        |past: &PastVerdict| matches!(past.verdict.state, VerdictState::Met | VerdictState::AtRisk);
    if known().count() < KNOWN_MIN || !known().all(is_reached) {
        return None;
    }
    let least = known().filter_map(|past| past.verdict.compliance).min()?;
    let is_all = least == Share::WHOLE_BP;
    let least = if is_all { "all".to_owned() } else { format!("at least {}", percent(least)) };
    Some((known().count(), least))
}

/// The highest share, if the level was missed at every instant.
fn never_reached(verdicts: &[PastVerdict]) -> Option<String> {
    let is_missed = |past: &PastVerdict| past.verdict.state == VerdictState::Missed;
    let most = verdicts.iter().filter_map(|past| past.verdict.compliance).max()?;
    verdicts.iter().all(is_missed).then(|| percent(most))
}
