//! The group `waiting_alarms` of the service's file.

use super::fields::{Field, Fields, File};
use crate::alert::{WaitAlarm, WaitAlarmPolicies};
use crate::name;
use crate::time::Elapsed;

/// Reads the group.
pub(super) fn read(group: &Field<'_>, file: &mut File<'_>) -> WaitAlarmPolicies {
    let mut policies = WaitAlarmPolicies::default();
    let Some(mut fields) = group.fields(file) else { return policies };
    for (key, alarm) in [
        ("unclaimed", &mut policies.unclaimed),
        ("not_agreed", &mut policies.not_agreed),
        ("concerns", &mut policies.concerns),
    ] {
        if let Some(mut keys) = fields.take(key).and_then(|field| field.fields(file)) {
            *alarm = alarm.take().and_then(|default| read_alarm(&mut keys, default, file));
            keys.finish(file);
        }
    }
    fields.finish(file);
    policies
}

/// Reads one alarm; `None` if it never fires.
fn read_alarm(
    keys: &mut Fields<'_>,
    mut alarm: WaitAlarm,
    file: &mut File<'_>,
) -> Option<WaitAlarm> {
    if let Some(field) = keys.take("severity") {
        let problem = "cannot be a severity; write, for example, critical, warning or info";
        let severity = field.parse(file, problem, |text| name::is_id(text).then(|| text.into()));
        alarm.severity = severity.unwrap_or_default();
    }
    if let Some(field) = keys.take("after") {
        let problem = "is not a duration; write, for example, 5d, or never for no alarm";
        let after = field.parse(file, problem, |text| match text {
            "never" => Some(None),
            text => Elapsed::parse(text).map(Some),
        });
        alarm.after = after.flatten()?;
    }
    Some(alarm)
}
