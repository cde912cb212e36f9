//! One objective of an agreement: what is measured, the level, and its earlier levels.

use super::fields::{Field, Fields, File, boolean};
use super::hours::TeamHours;
use super::yaml::SourcePosition;
use crate::address;
use crate::agreement::{Level, Objective, Split};
use crate::amount::Unit;
use crate::measure::{Measure, Pauses};
use crate::name;
use crate::time::{DAY_MS, Elapsed};

mod alerts;
mod level;
mod market;
mod previous_levels;
mod working_days;

pub use level::read_target;

/// Maximum channels by which the readings of one objective are split. Each channel needs its own windows.
const CHANNELS_MAX: usize = 20;

/// Window, below which an objective is a warning.
const OVER_USUAL_MIN: Elapsed = Elapsed::from_ms(DAY_MS);

/// Reads one objective.
pub(super) fn read(
    item: &Field<'_>,
    hours: &TeamHours<'_>,
    today: &str,
    file: &mut File<'_>,
) -> Option<Objective> {
    let mut fields = item.fields(file)?;
    let name = fields.require("name", file, "add one like `name: first-reply`").and_then(|name| {
        let problem =
            "cannot be an objective's name; write 1 to 128 letters, digits or . _ : / @ # + -";
        let is_name = |text: &str| name::is_id(text) && address::is_segment(text);
        name.parse(file, problem, |text| is_name(text).then(|| Box::from(text)))
    });
    let measure = fields
        .require("measure", file, "write what is measured, such as `measure: first_reply`")
        .and_then(|field| field.measure(file));
    let over = over(&mut fields, file);
    let unanswered_max = level::unanswered_max(&mut fields, None, file);
    let previous_levels = fields.take("was").map_or_else(Vec::new, |list| list.list(file));
    let unit = measure.map_or(Unit::Time, Measure::unit);
    // A count has no hours.
    let own_hours = hours.with_earlier(&previous_levels, file).filter(|_| unit == Unit::Time);
    let usual_day = hours.calendar.as_ref().map(|calendar| calendar.usual_day());
    let unit = level::TargetUnit { usual_day, ..level::TargetUnit::new(unit, hours.has_hours()) };
    let alerts = alerts::read(&mut fields, file);
    let level = level::read(&mut fields, unit, file);
    let policies = alerts.as_ref().map(|alerts| &alerts.policies);
    if matches!(level, Some(Level::NoneOver(_))) {
        let has_at_risk = policies.is_some_and(|policies| policies.at_risk.is_some());
        warn_of_share_alerts(item, &fields, has_at_risk, file);
    }
    let pauses = pauses(&mut fields, measure, file);
    let split = split(&mut fields, file);
    let market = market::read(&mut fields, level.as_ref(), unit, today, file);
    // From the node: a market with errors of its own is not missing.
    let compares = item.node.value_of("market").is_some_and(|market| !market.is_null());
    if !compares && policies.is_some_and(|p| p.behind_market.is_some()) {
        let problem =
            "has nothing to compare with; add `market` to the objective, or remove this alert";
        let at = position_of_alert(item, "behind_market");
        file.error(at, &fields.path("alerts.behind_market"), problem);
    }
    let previous_levels = level.as_ref().zip(over).map_or_else(Vec::new, |(level, over)| {
        let current = previous_levels::CurrentLevel {
            level,
            over,
            unanswered_max: unanswered_max.flatten(),
            unit: unit.unit,
            hours,
            written: item.node,
            today,
        };
        previous_levels::read(&previous_levels, item, current, file)
    });
    fields.finish(file);
    let alerts = alerts?;
    Some(Objective {
        name: name?,
        measure: measure?,
        level: level?,
        over: over?,
        unanswered_max: unanswered_max?,
        previous_levels,
        pauses,
        hours: own_hours,
        split,
        market,
        at_risk: alerts.at_risk,
        alerts: alerts.policies,
    })
}

/// Reads `over`, and warns of a short window.
fn over(fields: &mut Fields<'_>, file: &mut File<'_>) -> Option<Elapsed> {
    let Some(field) = fields.take("over") else { return Some(Objective::OVER_DEFAULT) };
    let over = level::over(&field, file);
    if over.is_some_and(|over| over < OVER_USUAL_MIN) {
        field.warn(file, "is less than a day: a miss is forgotten before anyone may see it");
    }
    over
}

/// Warns of settings of alerts that say nothing for a limit.
fn warn_of_share_alerts(
    item: &Field<'_>,
    fields: &Fields<'_>,
    has_at_risk: bool,
    file: &mut File<'_>,
) {
    if has_at_risk {
        let problem =
            "never fires: a `none_over` limit has no error budget to be at risk; remove it";
        file.warn(position_of_alert(item, "at_risk"), &fields.path("alerts.at_risk"), problem);
    }
    if let Some(at) = position_of_confidence(item) {
        let problem =
            "has no effect: a `none_over` limit is missed with the first ticket; remove it";
        file.warn(at, &fields.path("alerts.missed.confidence"), problem);
    }
}

/// The position of an alert of an objective.
fn position_of_alert(item: &Field<'_>, alert: &str) -> SourcePosition {
    let node = item.node.value_of("alerts").and_then(|alerts| alerts.value_of(alert));
    node.unwrap_or(item.node).at
}

/// The position of the confidence of an objective's alert `missed`; `None` unless it is written.
fn position_of_confidence(item: &Field<'_>) -> Option<SourcePosition> {
    let missed = item.node.value_of("alerts").and_then(|alerts| alerts.value_of("missed"))?;
    missed.value_of("confidence").map(|node| node.at)
}

/// Reads `pauses` and `pauses_agreed`. `None` if they are those of the measure.
fn pauses(
    fields: &mut Fields<'_>,
    measure: Option<Measure>,
    file: &mut File<'_>,
) -> Option<Pauses> {
    let agreed = fields.take("pauses_agreed").is_some_and(|field| {
        // A bad value is one error. The default `true` avoids a second one for `pauses`.
        field.parse(file, "must be true or false", boolean).unwrap_or(true)
    });
    let field = fields.take("pauses")?;
    let mut pauses = Pauses::NEVER;
    for status in field.list(file) {
        let problem = "is not a pause; write pending or on_hold";
        let known = |text: &str| ["pending", "on_hold"].iter().position(|known| *known == text);
        match status.parse(file, problem, known) {
            Some(0) => pauses.pending = true,
            Some(_) => pauses.on_hold = true,
            None => {}
        }
    }
    let measure = measure?;
    if measure.unit() == Unit::Count {
        file.error(field.node.at, &field.key, "cannot be used with a count; remove it");
        return None;
    }
    if measure.is_reply() && pauses != Pauses::NEVER && !agreed {
        let problem = format!(
            "stops the clock while a customer waits for a reply ({}); remove it, or add \
             `pauses_agreed: true` if everyone has agreed to that",
            measure.label()
        );
        file.error(field.node.at, &field.key, problem);
    }
    (pauses != measure.pauses()).then_some(pauses)
}

/// Reads `split`: by what the readings are split.
fn split(fields: &mut Fields<'_>, file: &mut File<'_>) -> Split {
    let mut split = Split::default();
    let Some(mut keys) = fields.take("split").and_then(|split| split.fields(file)) else {
        return split;
    };
    if let Some(field) = keys.take("priority") {
        split.priority = field.parse(file, "must be true or false", boolean).unwrap_or_default();
    }
    if let Some(field) = keys.take("channel") {
        for channel in field.list(file) {
            let problem = "cannot be a channel; write 1 to 128 bytes of text, but not `other`, which stands \
                           for all channels that are not listed";
            let name = |text: &str| {
                let name = name::normal(text);
                (name::is_name(&name) && name != "other").then(|| (&*name).into())
            };
            split.channels.extend(channel.parse(file, problem, name));
        }
        split.channels.sort_unstable();
        split.channels.dedup();
        if split.channels.len() > CHANNELS_MAX {
            let problem = format!(
                "lists {} channels; at most {CHANNELS_MAX} are allowed: remove those with few tickets",
                split.channels.len()
            );
            file.error(field.node.at, &field.key, problem);
        }
    }
    keys.finish(file);
    split
}
