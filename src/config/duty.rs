//! The key `duty` of an agreement file: the members of the rotation and its turns. It is checked, but not
//! used yet.

use super::fields::{Fields, File};
use super::people;

/// Checks the group.
pub(super) fn read(fields: &mut Fields<'_>, file: &mut File<'_>) {
    let Some(mut duty) = fields.take("duty").and_then(|duty| duty.fields(file)) else {
        return;
    };
    if let Some(members) = duty.require("members", file, "name people, such as [aino, mikko]") {
        let people = people::read(&members, file);
        if people == 1 {
            let problem = "only one member, so nobody takes over when they are away; add another";
            file.warn(members.node.at, &members.key, problem);
        }
    }
    if let Some(since) = duty.require("since", file, "write the day of the first turn") {
        since.date(file);
    }
    if let Some(every) = duty.take("every") {
        every.duration(file);
    }
    if let Some(handover) = duty.take("handover") {
        let problem =
            "is not a time of the week; write, for example, \"Mon 09:00 Europe/Helsinki\"";
        handover.parse(file, problem, |text| is_handover(text).then_some(()));
    }
    let swap = [ExceptionKey::Date("on"), ExceptionKey::Person("from"), ExceptionKey::Person("to")];
    exceptions(&mut duty, "swaps", &swap, file);
    let absence =
        [ExceptionKey::Person("who"), ExceptionKey::Date("from"), ExceptionKey::Date("to")];
    exceptions(&mut duty, "away", &absence, file);
    if let Some(check) = duty.take("check") {
        let problem = "is not a number of tickets; write a whole number from 1 to 100";
        check.parse(file, problem, |text| {
            text.parse().ok().filter(|count| (1..=100_u32).contains(count))
        });
    }
    duty.finish(file);
}

/// A key of a swap or of an absence, by what its value is.
enum ExceptionKey {
    Date(&'static str),
    Person(&'static str),
}

/// Checks a list of swaps or absences.
fn exceptions(
    duty: &mut Fields<'_>,
    list: &'static str,
    keys: &[ExceptionKey; 3],
    file: &mut File<'_>,
) {
    for item in duty.take(list).map_or_else(Vec::new, |field| field.list(file)) {
        let Some(mut fields) = item.fields(file) else {
            continue;
        };
        for key in keys {
            let (ExceptionKey::Date(name) | ExceptionKey::Person(name)) = key;
            let Some(field) = fields.require(name, file, "write all three keys") else {
                continue;
            };
            match key {
                ExceptionKey::Date(_) => drop(field.date(file)),
                ExceptionKey::Person(_) => people::check(&field, file),
            }
        }
        fields.finish(file);
    }
}

fn is_handover(text: &str) -> bool {
    let parts: Vec<&str> = text.split(' ').collect();
    let [day, time, zone] = parts.as_slice() else {
        return false;
    };
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(day)
        && chrono::NaiveTime::parse_from_str(time, "%H:%M").is_ok()
        && !zone.is_empty()
}
