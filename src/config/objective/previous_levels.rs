//! The key `was` of an objective: its earlier levels.

use super::level::{self, TargetUnit};
use crate::agreement::{Level, PreviousLevel};
use crate::amount::Unit;
use crate::calendar::{Zone, local_midnight};
use crate::config::fields::{Field, File};
use crate::config::hours::TeamHours;
use crate::config::yaml::Node;
use crate::share::MaxShare;
use crate::time::Elapsed;

/// Maximum earlier levels of one objective: a change a month for eight years.
const WAS_MAX: usize = 100;

/// The level in force. An earlier level has the same values, except those that it names.
#[derive(Clone, Copy)]
pub(super) struct CurrentLevel<'l> {
    /// Target and share.
    pub(super) level: &'l Level,
    /// The length of the window.
    pub(super) over: Elapsed,
    /// The ceiling of waits that end unanswered.
    pub(super) unanswered_max: Option<MaxShare>,
    /// Whether targets are durations or counts.
    pub(super) unit: Unit,
    /// The hours of the team, whose time zone dates are in.
    pub(super) hours: &'l TeamHours<'l>,
    /// The objective as it is written.
    pub(super) written: &'l Node,
    /// Today's date.
    pub(super) today: &'l str,
}

/// An earlier level as it is read.
struct ReadLevel<'n> {
    previous: PreviousLevel,
    /// The field `until`, where an error of its date belongs.
    until: Field<'n>,
}

/// Reads the items of the list that `objective` has, in ascending order of their ends.
pub(super) fn read(
    list: &[Field<'_>],
    objective: &Field<'_>,
    current: CurrentLevel<'_>,
    file: &mut File<'_>,
) -> Vec<PreviousLevel> {
    let levels = list.iter().filter_map(|item| previous_level(item, current, file)).collect();
    ascending(levels, objective, file)
}

fn previous_level<'n>(
    item: &Field<'n>,
    current: CurrentLevel<'_>,
    file: &mut File<'_>,
) -> Option<ReadLevel<'n>> {
    let unit = TargetUnit::new(current.unit, current.hours.has_hours_in(item));
    let written = |key| current.written.value_of(key);
    let mut fields = item.fields(file)?;
    let ends = "write the first day on which this level no longer held, such as 2026-11-02";
    let until =
        fields.require("until", file, ends).and_then(|field| Some((field.date(file)?, field)));
    // `TeamHours::with_earlier` reads the hours of all earlier levels together.
    fields.take("hours");
    let over = fields.take("over").map_or(Some(current.over), |field| level::over(&field, file));
    let unanswered_max = level::unanswered_max(&mut fields, current.unanswered_max, file);
    let level =
        match current.level {
            Level::NoneOver(limit) => {
                let read = match fields.take("none_over") {
                    Some(field) => level::target(&field, unit, file),
                    None => Some(level::inherited(*limit, written("none_over"), unit.basis)),
                };
                read.map(Level::NoneOver)
            }
            Level::Within { target: target_now, by_priority, share, min_tickets } => {
                let target = match fields.take("within") {
                    Some(field) => level::target(&field, unit, file),
                    None => Some(level::inherited(*target_now, written("within"), unit.basis)),
                };
                let share = fields.take("share").map_or(Some(*share), |f| level::share(&f, file));
                let min_tickets = fields
                    .take("min_tickets")
                    .map_or(Some(*min_tickets), |f| level::min_tickets(&f, file));
                let by_priority = match (fields.take("by_priority"), target) {
                    (Some(field), target) => level::earlier_targets(&field, unit, target, file),
                    (None, Some(target)) => {
                        level::inherited_by_priority(*by_priority, written("by_priority"), target)
                    }
                    (None, None) => *by_priority,
                };
                target.zip(share).zip(min_tickets).map(|((target, share), min_tickets)| {
                    Level::Within { target, by_priority, share, min_tickets }
                })
            }
        };
    fields.finish(file);
    let calendar = current.hours.calendar.as_ref();
    let zone = calendar.map_or(Zone::UTC, |calendar| calendar.zone().clone());
    let (date, until) = until?;
    if date.to_string().as_str() > current.today {
        until
            .warn(file, "is to come: until that day this level holds, and not the objective's own");
    }
    let previous = PreviousLevel {
        until: local_midnight(&zone, date),
        level: level?,
        over: over?,
        unanswered_max: unanswered_max?,
    };
    Some(ReadLevel { previous, until })
}

/// Sorts levels by their ends. Two levels that end on the same day are an error.
fn ascending(
    mut levels: Vec<ReadLevel<'_>>,
    objective: &Field<'_>,
    file: &mut File<'_>,
) -> Vec<PreviousLevel> {
    levels.sort_by_key(|level| level.previous.until);
    for pair in levels.windows(2) {
        let [first, second] = pair else { continue };
        if first.previous.until == second.previous.until {
            second
                .until
                .error(file, "is also the end of another earlier level; keep one of the two");
        }
    }
    if levels.len() > WAS_MAX {
        let node = objective.node;
        let at = node.value_of("was").map_or(node.at, |was| was.at);
        let problem = format!(
            "has {} earlier levels; at most {WAS_MAX} are allowed: remove the oldest",
            levels.len()
        );
        file.error(at, &format!("{}.was", objective.key), problem);
    }
    levels.into_iter().map(|level| level.previous).collect()
}
