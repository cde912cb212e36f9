//! What one run compares.

use crate::agreement::{Agreement, Level, Objective, Owner, Target};
use crate::cli::arguments::WhatIfArgs;
use crate::share::Share;
use crate::time::Elapsed;
use crate::whatif::TriedWeek;

/// What one run compares: candidates of one owner, and their weeks.
pub(super) struct TriedLevels {
    pub(super) owner: Owner,
    /// The candidates, in the order of the weeks' verdicts.
    pub(super) candidates: Vec<Objective>,
    pub(super) weeks: Vec<TriedWeek>,
    /// The name of the time zone of the weeks.
    pub(super) zone: String,
}

/// What the candidates have in common: the first objective of the measure with a share, or the defaults, with
/// what the arguments override.
pub(super) fn base(arguments: &WhatIfArgs, present: &Agreement) -> Objective {
    let of_measure = |objective: &&Objective| objective.measure == arguments.measure;
    let mut with_share = present.objectives.iter().filter(of_measure);
    let agreed = with_share.find(|objective| !objective.level.is_limit());
    let (target, by_priority, share, min_tickets) = match agreed.map(|agreed| &agreed.level) {
        Some(Level::Within { target, by_priority, share, min_tickets }) => {
            (*target, *by_priority, *share, *min_tickets)
        }
        Some(Level::NoneOver(_)) | None => (
            Target::calendar(Elapsed::ZERO),
            [None; 4],
            Share::NINETY_PERCENT,
            Objective::MIN_TICKETS_DEFAULT,
        ),
    };
    let level = Level::Within {
        target,
        by_priority,
        share: arguments.share.unwrap_or(share),
        min_tickets: arguments.min_tickets.unwrap_or(min_tickets),
    };
    let name = arguments.measure.label().replace('_', "-");
    let base =
        agreed.cloned().unwrap_or_else(|| Objective::new(&name, arguments.measure, level.clone()));
    // A level is tried for the whole past, with the hours of today.
    Objective {
        level,
        over: arguments.over.unwrap_or(base.over),
        previous_levels: Vec::new(),
        hours: None,
        ..base
    }
}
