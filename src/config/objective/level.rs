//! The level of an objective: its target, share and window.

use std::path::Path;

use super::working_days;
use crate::agreement::{Level, Objective, Target};
use crate::amount::Unit;
use crate::config::diagnostic::Diagnostics;
use crate::config::fields::{Field, Fields, File};
use crate::config::yaml::{Node, SourcePosition, YamlValue};
use crate::event::Priority;
use crate::measure::{Basis, Measure};
use crate::share::{MaxShare, Share};
use crate::time::{DAY_MS, Elapsed};

/// The longest target: as long as the longest window.
const TARGET_MAX: Elapsed = Elapsed::from_ms(90 * DAY_MS);

/// The largest target of a count, such as of `contacts`.
const COUNT_MAX: Elapsed = Unit::count(1_000);

/// A share of half, below which a level is a warning.
const HALF_BP: u32 = Share::WHOLE_BP / 2;

/// The largest `min_tickets`: no team gets more tickets in a week.
const MIN_TICKETS_MAX: u64 = 1_000_000;

/// How the targets of an objective are written.
#[derive(Clone, Copy)]
pub(super) struct TargetUnit {
    /// Whether targets are durations or counts.
    pub(super) unit: Unit,
    /// The kind of time of a target without `always`.
    pub(super) basis: Basis,
    /// Whether there are opening hours, and so working days.
    pub(super) has_hours: bool,
    /// The open time of one of the team's days, against which a target in days is checked; `None` if it is
    /// not to be checked.
    pub(super) usual_day: Option<Elapsed>,
}

impl TargetUnit {
    /// Targets without a check of those in days. They count open time where there are opening hours.
    pub(super) fn new(unit: Unit, has_hours: bool) -> Self {
        let basis = if has_hours && unit == Unit::Time { Basis::Open } else { Basis::Calendar };
        Self { unit, basis, has_hours, usual_day: None }
    }

    /// How targets beside the `within` of an objective are written, those by priority and the market's: what
    /// `within` counts, they count too.
    pub(super) fn beside(self, within: Option<Target>) -> Self {
        Self { basis: within.map_or(self.basis, Target::basis), ..self }
    }
}

/// Reads the level: `within` with its share, or `none_over`.
pub(super) fn read(
    fields: &mut Fields<'_>,
    unit: TargetUnit,
    file: &mut File<'_>,
) -> Option<Level> {
    let within = fields.take("within");
    let none_over = fields.take("none_over");
    let share = fields.take("share");
    let min_tickets = fields.take("min_tickets");
    let by_priority = fields.take("by_priority");
    match (within, none_over) {
        (Some(within), None) => {
            let target = target(&within, unit, file);
            let share = share.map_or(Share::from_basis_points(9_000), |f| {
                let share = self::share(&f, file);
                if share.is_some_and(|share| share.basis_points() < HALF_BP) {
                    f.warn(file, "is less than half of the tickets; most of them may be late then");
                }
                share
            });
            let min_tickets = min_tickets
                .map_or(Some(Objective::MIN_TICKETS_DEFAULT), |f| self::min_tickets(&f, file));
            let by_priority = by_priority.map_or([None; 4], |group| {
                let targets = targets(&group, unit.beside(target), file);
                warn_of_mixed(&group, target, &targets, file);
                warn_of_slower(&group, target, &targets, file);
                targets
            });
            Some(Level::Within {
                target: target?,
                by_priority,
                share: share?,
                min_tickets: min_tickets?,
            })
        }
        (None, Some(none_over)) => {
            for field in [share, min_tickets, by_priority].into_iter().flatten() {
                let problem =
                    "cannot be combined with `none_over`, which holds for every ticket; remove it";
                field.error(file, problem);
            }
            if unit.unit == Unit::Count {
                let problem = "cannot be used with a count, which is only known when the ticket is solved; \
                               use `within`";
                none_over.error(file, problem);
                return None;
            }
            target(&none_over, unit, file).map(Level::NoneOver)
        }
        (Some(_), Some(none_over)) => {
            none_over.error(file, "cannot be combined with `within`; write one objective for each");
            None
        }
        (None, None) => {
            let problem = "is missing; write the level, such as `within: 4h`";
            file.error(fields.at(), &fields.path("within"), problem);
            None
        }
    }
}

/// Reads the length of the window that the level holds over.
pub(super) fn over(field: &Field<'_>, file: &mut File<'_>) -> Option<Elapsed> {
    let over = field.duration(file)?;
    let problem = if over < Objective::OVER_MIN {
        "is shorter than the shortest window; use at least 1h"
    } else if over > Objective::OVER_MAX {
        "is longer than the longest window; use at most 90d"
    } else {
        return Some(over);
    };
    field.error(file, problem);
    None
}

/// Reads a share.
pub(super) fn share(field: &Field<'_>, file: &mut File<'_>) -> Option<Share> {
    let problem = "is not a share; write a percentage from 0.01% to 100%, such as 90%";
    field.parse(file, problem, Share::parse)
}

/// Reads the ceiling of waits that end unanswered; `Some(None)` for none. A key that is left out is
/// `present`.
pub(super) fn unanswered_max(
    fields: &mut Fields<'_>,
    present: Option<MaxShare>,
    file: &mut File<'_>,
) -> Option<Option<MaxShare>> {
    let Some(field) = fields.take("unanswered_max") else { return Some(present) };
    let problem =
        "is not a share below 100%; write a percentage from 0% to 99.99%, such as 10%, or `none`";
    field.parse(file, problem, |text| {
        if text == "none" { Some(None) } else { MaxShare::parse(text).map(Some) }
    })
}

/// Reads a minimum number of tickets.
pub(super) fn min_tickets(field: &Field<'_>, file: &mut File<'_>) -> Option<u64> {
    let problem = "is not a number of tickets; write a whole number from 1 to 1000000";
    field.parse(file, problem, |text| {
        text.parse().ok().filter(|n| (1..=MIN_TICKETS_MAX).contains(n))
    })
}

/// Reads a target: a number if it is a count, else a duration or working days. `always` after a duration
/// means calendar time.
pub(super) fn target(field: &Field<'_>, unit: TargetUnit, file: &mut File<'_>) -> Option<Target> {
    if unit.unit == Unit::Count {
        let problem = "is not a target of a count; write a whole number of at most 1000, such as 2";
        return field.parse(file, problem, |text| {
            let count = Unit::Count.parse(text).filter(|count| *count <= COUNT_MAX)?;
            Some(Target::calendar(count))
        });
    }
    if let YamlValue::Scalar(text) = &field.node.value
        && let Some(count) = working_days::count(text)
    {
        return working_days::read(field, count, unit.has_hours, file);
    }
    let problem = "is not a target; write a duration of at most 90d, such as `4h` or `24h always`, or, with \
                   opening hours, `2 working days`";
    let target = field.parse(file, problem, |text| {
        let always = text.strip_suffix(" always");
        let duration = always.map_or(text, str::trim_end);
        let basis = if always.is_some() { Basis::Calendar } else { unit.basis };
        let elapsed = Unit::Time.parse(duration).filter(|target| *target <= TARGET_MAX)?;
        Some(Target::Fixed { elapsed, basis })
    });
    if let (Some(Target::Fixed { elapsed, basis: Basis::Open }), Some(usual_day)) =
        (target, unit.usual_day)
    {
        working_days::warn_of_days(field, elapsed, usual_day, file);
    }
    target
}

/// Reads a target that is in no file, for a team that has opening hours or has none.
///
/// # Errors
/// What a file with this target would be refused for.
pub fn read_target(text: &str, measure: Measure, has_hours: bool) -> Result<Target, String> {
    let node = Node { at: SourcePosition::default(), value: YamlValue::Scalar(text.to_owned()) };
    let field = Field { key: String::new(), node: &node };
    let mut diagnostics = Diagnostics::default();
    let mut file = File { path: Path::new(""), diagnostics: &mut diagnostics };
    let read = target(&field, TargetUnit::new(measure.unit(), has_hours), &mut file);
    read.ok_or_else(|| {
        let problems = diagnostics.errors.into_iter().map(|error| error.problem);
        problems.collect::<Vec<_>>().join("; ")
    })
}

/// Warns of priorities whose targets count other time than `within`.
fn warn_of_mixed(
    group: &Field<'_>,
    within: Option<Target>,
    by_priority: &[Option<Target>; Priority::ALL.len()],
    file: &mut File<'_>,
) {
    let Some(within) = within else { return };
    let others: Vec<String> = Priority::ALL
        .into_iter()
        .filter_map(|priority| Some((priority, by_priority[priority.index()]?)))
        .filter(|(_, target)| target.basis() != within.basis())
        .map(|(priority, target)| format!("{} in {}", priority.label(), time_of(target)))
        .collect();
    if others.is_empty() {
        return;
    }
    let problem = format!(
        "targets of different kinds: {}, `within` in {}; use one kind unless this is meant",
        others.join(", "),
        time_of(within)
    );
    file.warn(group.node.at, &group.key, problem);
}

/// Warns of a pressing priority whose target is longer than that of a less pressing one.
fn warn_of_slower(
    group: &Field<'_>,
    within: Option<Target>,
    by_priority: &[Option<Target>; Priority::ALL.len()],
    file: &mut File<'_>,
) {
    let of = |priority: Priority| by_priority[priority.index()];
    let normal = match of(Priority::Normal) {
        Some(normal) => Some((normal, "that of normal tickets")),
        None => within.map(|within| (within, "`within`")),
    };
    let high = of(Priority::High).map(|high| (high, "that of high tickets"));
    let compared = [(Priority::High, [normal, None]), (Priority::Urgent, [normal, high])];
    for (priority, others) in compared {
        let (Some(target), Some(node)) = (of(priority), group.node.value_of(priority.label()))
        else {
            continue;
        };
        let mut others = others.into_iter().flatten();
        let Some((_, name)) = others.find(|(other, _)| is_longer(target, *other)) else { continue };
        let label = priority.label();
        let problem = format!(
            "is longer than {name}: customers with {label} tickets may wait longer than others; write a \
             shorter target, or leave `{label}` out"
        );
        let key = format!("{}.{label}", group.key);
        Field { key, node }.warn(file, &problem);
    }
}

/// Whether a target is longer than another one of the same kind of time.
fn is_longer(target: Target, other: Target) -> bool {
    let is_alike = target.basis() == other.basis()
        && target.working_days().is_some() == other.working_days().is_some();
    is_alike && target > other
}

/// What a target counts, in words.
fn time_of(target: Target) -> &'static str {
    match (target, target.basis()) {
        (Target::WorkingDays(_), _) => "working days",
        (Target::Fixed { .. }, Basis::Calendar) => "all time",
        (Target::Fixed { .. }, Basis::Open) => "open time",
    }
}

/// A target of the present level as an earlier one has it that does not name it: in the time that a target
/// counts there. `written` is what the file says.
pub(super) fn inherited(target: Target, written: Option<&Node>, basis: Basis) -> Target {
    match target {
        Target::WorkingDays(_) => target,
        Target::Fixed { elapsed, .. } => {
            let text = written.map(|node| &node.value);
            let is_always =
                matches!(text, Some(YamlValue::Scalar(text)) if text.ends_with(" always"));
            let basis = if is_always { Basis::Calendar } else { basis };
            Target::Fixed { elapsed, basis }
        }
    }
}

/// The same of targets by priority. They count what the `within` of that earlier level counts.
pub(super) fn inherited_by_priority(
    mut targets: [Option<Target>; Priority::ALL.len()],
    written: Option<&Node>,
    within: Target,
) -> [Option<Target>; Priority::ALL.len()] {
    for (priority, target) in Priority::ALL.into_iter().zip(&mut targets) {
        let written = written.and_then(|group| group.value_of(priority.label()));
        *target = target.map(|target| inherited(target, written, within.basis()));
    }
    targets
}

/// Reads targets by priority. Without `always` they count what `within` counts.
pub(super) fn earlier_targets(
    group: &Field<'_>,
    unit: TargetUnit,
    within: Option<Target>,
    file: &mut File<'_>,
) -> [Option<Target>; Priority::ALL.len()] {
    targets(group, unit.beside(within), file)
}

/// Reads targets by priority.
fn targets(
    group: &Field<'_>,
    unit: TargetUnit,
    file: &mut File<'_>,
) -> [Option<Target>; Priority::ALL.len()] {
    let mut targets = [None; Priority::ALL.len()];
    let Some(mut fields) = group.fields(file) else {
        return targets;
    };
    for priority in Priority::ALL {
        if let Some(field) = fields.take(priority.label()) {
            targets[priority.index()] = target(&field, unit, file);
        }
    }
    fields.finish(file);
    targets
}
