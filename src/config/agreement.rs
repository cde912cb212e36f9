//! An agreement file: whose it is, and its objectives.

use std::path::Path;

use super::Calendars;
use super::diagnostic::Diagnostics;
use super::fields::{Field, Fields, File};
use super::objective::{self, TeamHours};
use super::yaml::{Node, YamlValue};
use crate::agreement::{About, Agreement, Level, Objective, Owner};
use crate::name;

/// Labels that Vaste sets itself.
const LABELS_RESERVED: [&str; 4] = ["alertname", "team", "objective", "severity"];

/// Reads an agreement; `None` if it is not clear whose it is.
pub(super) fn read(
    node: &Node,
    path: &Path,
    calendars: &Calendars,
    today: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Agreement> {
    let mut file = File { path, diagnostics };
    let file = &mut file;
    let mut fields = Field::root(node).fields(file)?;
    let mut about = About::default();
    let owner = owner(&mut fields, &mut about, file);
    names(&mut fields, &mut about, file);
    agreed(&mut fields, &mut about, file, today);
    let hours = TeamHours::read(&mut fields, calendars, file);
    about.hours.clone_from(&hours.name);
    let objectives = objectives(&mut fields, &hours, today, file);
    duty(&mut fields, file);
    if let Some(group) = fields.take("labels").and_then(|labels| labels.fields(file)) {
        about.labels = labels(&group, file);
    }
    about.runbook_url = fields.take("runbook_url").and_then(|url| {
        let problem = "is not a web address; write such as https://wiki.example/billing";
        url.parse(file, problem, |text| is_web_address(text).then(|| text.into()))
    });
    let limits_waiting = |objective: &Objective| matches!(objective.level, Level::NoneOver(_));
    if !objectives.is_empty() && !objectives.iter().any(limits_waiting) {
        let problem = "no objective has `none_over`: one ticket may wait for ever unseen; add a line such \
                       as `none_over: 5d`";
        file.warn(fields.at(), "objectives", problem);
    }
    fields.finish(file);
    Some(Agreement { owner: owner?, hours: hours.calendar, objectives, about })
}

/// Whether a text is a web address that an alert may carry: `http` or `https`, a host, no spaces.
pub(super) fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain = |c: char| c.is_ascii_graphic() && !"<>\"\\^`{|}".contains(c);
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(is_plain)
    })
}

fn owner(fields: &mut Fields<'_>, about: &mut About, file: &mut File<'_>) -> Option<Owner> {
    let team = fields.take("team");
    let organisation = fields.take("organisation");
    match (team, organisation) {
        (Some(team), None) => {
            let problem = "cannot be a team's name; write 1 to 128 bytes of text, not one of the reserved \
                           unclaimed, _all, _unclaimed, nor a dot or two";
            let name = |text: &str| {
                (name::is_team(text) && name::is_path_segment(text)).then(|| Box::from(text))
            };
            about.name = team.parse(file, problem, name)?;
            Some(Owner::Team(about.name.clone()))
        }
        (None, Some(organisation)) => {
            let problem = "cannot be a name; write 1 to 128 bytes of text";
            let name = |text: &str| name::is_name(text).then(|| Box::from(text));
            about.name = organisation.parse(file, problem, name)?;
            Some(Owner::Organisation)
        }
        (Some(_), Some(organisation)) => {
            let problem =
                "stands beside `team`; write one file for the organisation and one a team";
            organisation.fault(file, problem);
            None
        }
        (None, None) => {
            let problem = "is missing; say whose agreement it is: `team: billing`";
            file.fault(fields.at(), "team", problem);
            None
        }
    }
}

fn names(fields: &mut Fields<'_>, about: &mut About, file: &mut File<'_>) {
    let Some(mut names) = fields.take("name").and_then(|names| names.fields(file)) else {
        return;
    };
    for language in ["fi", "en"] {
        if let Some(field) = names.take(language) {
            let problem = "cannot be a name; write 1 to 128 bytes of text";
            let name = field.parse(file, problem, |text| name::is_name(text).then(|| text.into()));
            about.names.extend(name.map(|name| (language, name)));
        }
    }
    names.finish(file);
}

fn agreed(fields: &mut Fields<'_>, about: &mut About, file: &mut File<'_>, today: &str) {
    let Some(mut agreed) = fields.take("agreed").and_then(|agreed| agreed.fields(file)) else {
        return;
    };
    let on = agreed
        .require("on", file, "write the day it was agreed, such as 2026-11-02")
        .and_then(|on| on.date(file));
    let by = agreed.require("by", file, "name who agreed, such as [aino, mikko]").map(|by| {
        let people = people(&by, file);
        if people == 1 {
            file.warn(by.node.at, &by.key, "one name only: an agreement takes the team");
        }
        people
    });
    about.agreed = on.zip(by);
    if let Some(look_again) = agreed.take("look_again")
        && let Some(date) = look_again.date(file)
    {
        about.look_again = Some(date);
        if date.to_string().as_str() < today {
            let problem = format!("`{date}` has gone by: look at the agreement again");
            file.warn(look_again.node.at, &look_again.key, problem);
        }
    }
    agreed.finish(file);
}

/// A list of people's names, of which there must be one; how many there are.
fn people(field: &Field<'_>, file: &mut File<'_>) -> usize {
    let list = field.list(file);
    if list.is_empty() && matches!(field.node.value, YamlValue::List(_)) {
        file.fault(field.node.at, &field.key, "is empty; name at least one");
    }
    for person in &list {
        person.parse(file, PERSON_FORM, |text| name::is_id(text).then_some(()));
    }
    list.len()
}

const PERSON_FORM: &str =
    "cannot be a member's name; write 1 to 128 letters, digits or . _ : / @ # + -";

fn objectives(
    fields: &mut Fields<'_>,
    hours: &TeamHours<'_>,
    today: &str,
    file: &mut File<'_>,
) -> Vec<Objective> {
    let list = fields.take("objectives").map_or_else(Vec::new, |list| list.list(file));
    let mut objectives: Vec<Objective> = Vec::new();
    for item in list {
        let Some(objective) = objective::read(&item, hours, today, file) else {
            continue;
        };
        if objectives.iter().any(|other| other.name == objective.name) {
            let at = item.node.value_of("name").map_or(item.node.at, |name| name.at);
            let problem = format!("`{}` comes twice; give every objective its own", objective.name);
            file.fault(at, &format!("{}.name", item.key), problem);
        }
        objectives.push(objective);
    }
    objectives
}

fn duty(fields: &mut Fields<'_>, file: &mut File<'_>) {
    let Some(mut duty) = fields.take("duty").and_then(|duty| duty.fields(file)) else {
        return;
    };
    if let Some(members) = duty.require("members", file, "name who takes turns, such as [aino]") {
        let people = people(&members, file);
        if people == 1 {
            let problem = "one member only: nobody takes turns, and nobody when they are away";
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
        let problem = "is not a time of the week; write such as \"Mon 09:00 Europe/Helsinki\"";
        handover.parse(file, problem, |text| is_handover(text).then_some(()));
    }
    exceptions(&mut duty, "swaps", &["on", "from", "to"], file);
    exceptions(&mut duty, "away", &["who", "from", "to"], file);
    if let Some(check) = duty.take("check") {
        let problem = "is not a number of tickets; write a whole number from 1 to 100";
        check.parse(file, problem, |text| {
            text.parse().ok().filter(|count| (1..=100_u32).contains(count))
        });
    }
    duty.finish(file);
}

/// A list of groups of which the one named `who`, or `from` and `to` beside `on`, are people.
fn exceptions(
    duty: &mut Fields<'_>,
    list: &'static str,
    keys: &[&'static str; 3],
    file: &mut File<'_>,
) {
    for item in duty.take(list).map_or_else(Vec::new, |field| field.list(file)) {
        let Some(mut fields) = item.fields(file) else {
            continue;
        };
        for &key in keys {
            let Some(field) = fields.require(key, file, "write all three") else {
                continue;
            };
            let is_person = key == "who" || (keys.contains(&"on") && key != "on");
            if is_person {
                field.parse(file, PERSON_FORM, |text| name::is_id(text).then_some(()));
            } else {
                field.date(file);
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

/// Labels of alerts, checked.
pub(super) fn labels(labels: &Fields<'_>, file: &mut File<'_>) -> Vec<(Box<str>, Box<str>)> {
    let mut read = Vec::new();
    for (key, field) in labels.all() {
        if LABELS_RESERVED.contains(&key.text.as_str()) {
            file.fault(
                key.at,
                &field.key,
                "is a label that Vaste sets itself; choose another name",
            );
        } else if !is_label(&key.text) {
            let problem = "cannot be a label; write letters, digits and _, not beginning with a digit \
                           or with __";
            file.fault(key.at, &field.key, problem);
        }
        let value = field.parse(file, "cannot be a label's value; write a text", |text| {
            name::is_name(text).then(|| text.into())
        });
        read.extend(value.map(|value| (key.text.as_str().into(), value)));
    }
    read
}

fn is_label(text: &str) -> bool {
    let word = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    word && !text.is_empty()
        && !text.starts_with("__")
        && !text.starts_with(|first: char| first.is_ascii_digit())
}
