//! Targets in working days, and targets in days that were probably meant so.

use crate::agreement::Target;
use crate::calendar::WorkingDays;
use crate::config::fields::{Field, File};
use crate::config::yaml::YamlValue;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS};

/// What is written before `working days`; `None` if a target is not written so.
pub(super) fn count(text: &str) -> Option<&str> {
    let (count, rest) = text.split_once(" working day")?;
    let rest = rest.strip_prefix('s').unwrap_or(rest);
    matches!(rest, "" | " always").then_some(count)
}

/// Reads a target in working days, of which `count` is written before the words. Without opening hours there
/// are none.
pub(super) fn read(
    field: &Field<'_>,
    count: &str,
    has_hours: bool,
    file: &mut File<'_>,
) -> Option<Target> {
    let days = count.parse().ok().and_then(WorkingDays::new);
    let Some(days) = days else {
        let problem = format!(
            "is not a number of working days; write a whole number from 1 to {}, such as \
             `2 working days`, or hours of open time, such as `4h`",
            WorkingDays::MAX
        );
        field.error(file, &problem);
        return None;
    };
    let is_always =
        matches!(&field.node.value, YamlValue::Scalar(text) if text.ends_with("always"));
    if is_always {
        let problem = format!(
            "cannot be: working days go by opening hours; write `{days}`, or `{}d always`",
            days.count()
        );
        field.error(file, &problem);
        return None;
    }
    if !has_hours {
        let problem = format!("needs opening hours; set `hours`, or write `{}d`", days.count());
        field.error(file, &problem);
        return None;
    }
    Some(Target::WorkingDays(days))
}

/// Warns of a target of open time that is written in days, where an open day is shorter than 24 hours: the
/// author probably meant working days. `usual_day` is the open time of an open day.
pub(super) fn warn_of_days(
    field: &Field<'_>,
    target: Elapsed,
    usual_day: Elapsed,
    file: &mut File<'_>,
) {
    let YamlValue::Scalar(text) = &field.node.value else { return };
    let is_of_days = !text.contains(['h', 'm', 's']);
    if !is_of_days || usual_day.ms() >= DAY_MS {
        return;
    }
    let days = target.ms() / DAY_MS;
    let tenths = (target.ms() * 10 + usual_day.ms() / 2) / usual_day.ms();
    let amount = match (tenths / 10, tenths % 10) {
        (1, 0) => "1 working day".to_owned(),
        (whole, 0) => format!("{whole} working days"),
        (whole, tenth) => format!("about {whole}.{tenth} working days"),
    };
    let meant = u8::try_from(days).ok().and_then(WorkingDays::new);
    let meant = meant.map_or_else(String::new, |days| format!("`{days}` or "));
    let problem = format!(
        "of open time are {} hours: {amount} here; write {meant}`{}`",
        target.ms() / HOUR_MS,
        in_hours(days * usual_day.ms())
    );
    field.warn(file, &problem);
}

/// A duration as configuration writes it, in hours and minutes: `16h`, `15h12m`.
fn in_hours(ms: i64) -> String {
    let (hours, minutes) = (ms / HOUR_MS, ms % HOUR_MS / MINUTE_MS);
    match (hours, minutes) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h{minutes}m"),
    }
}
