//! An agreement file: whose it is, and its objectives.

use std::path::Path;

use super::fault::Notes;
use super::fields::{Field, Fields, File};
use super::yaml::{Node, Value};
use crate::agreement::{About, Agreement, AlertPolicy, Alerts, Level, Objective, Owner};
use crate::event::Priority;
use crate::measure::Measure;
use crate::name;
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed};

/// The longest target.
const TARGET_MAX: Elapsed = Elapsed::from_ms(90 * DAY_MS);
/// `min_tickets` at most: beyond it a week of any team is insufficient data.
const MIN_TICKETS_MAX: u64 = 1_000_000;
/// The default of `alerts.at_risk.budget_spent`.
const AT_RISK_DEFAULT_BP: u32 = 8_000;

/// Keys that later versions read. To pass over them would give other verdicts than the file asks for.
const LATER: [(&str, &str); 5] = [
    ("market", "what others achieve is not compared by this version; leave it out"),
    ("pauses", "pauses of its own are not read by this version; leave it out"),
    ("pauses_agreed", "pauses of its own are not read by this version; leave it out"),
    ("split", "readings are not split by this version; leave it out"),
    ("was", "earlier levels are not read by this version; leave it out"),
];

/// Labels that Vaste sets itself.
const LABELS_RESERVED: [&str; 4] = ["alertname", "team", "objective", "severity"];

/// Reads an agreement; `None` if it is not clear whose it is.
pub(super) fn read(node: &Node, path: &Path, today: &str, notes: &mut Notes) -> Option<Agreement> {
    let mut file = File { path, notes };
    let file = &mut file;
    let mut fields = Field::root(node).fields(file)?;
    let mut about = About::default();
    let owner = owner(&mut fields, &mut about, file);
    names(&mut fields, &mut about, file);
    agreed(&mut fields, &mut about, file, today);
    if let Some(hours) = fields.take("hours") {
        let problem = "is a calendar, and calendars are not read by this version; write `always`";
        hours.parse(file, problem, |text| (text == "always").then_some(()));
    }
    let objectives = objectives(&mut fields, file);
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
    Some(Agreement { owner: owner?, objectives, about })
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
    if list.is_empty() && matches!(field.node.value, Value::List(_)) {
        file.fault(field.node.at, &field.key, "is empty; name at least one");
    }
    for person in &list {
        person.parse(file, PERSON_FORM, |text| name::is_id(text).then_some(()));
    }
    list.len()
}

const PERSON_FORM: &str =
    "cannot be a member's name; write 1 to 128 letters, digits or . _ : / @ # + -";

fn objectives(fields: &mut Fields<'_>, file: &mut File<'_>) -> Vec<Objective> {
    let list = fields.take("objectives").map_or_else(Vec::new, |list| list.list(file));
    let mut objectives: Vec<Objective> = Vec::new();
    for item in list {
        let Some(objective) = objective(&item, file) else {
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

fn objective(item: &Field<'_>, file: &mut File<'_>) -> Option<Objective> {
    let mut fields = item.fields(file)?;
    for (key, problem) in LATER {
        if let Some(field) = fields.take(key) {
            file.fault(field.node.at, &field.key, problem);
        }
    }
    let name = fields.require("name", file, "write such as `name: first-reply`").and_then(|name| {
        let problem =
            "cannot be an objective's name; write 1 to 128 letters, digits or . _ : / @ # + -";
        let is_name = |text: &str| name::is_id(text) && name::is_path_segment(text);
        name.parse(file, problem, |text| is_name(text).then(|| Box::from(text)))
    });
    let measure = fields
        .require("measure", file, "write what is measured, such as `measure: first_reply`")
        .and_then(|field| measure(&field, file));
    let over = match fields.take("over") {
        Some(over) => window(&over, file),
        None => Some(Objective::OVER_DEFAULT),
    };
    let alerts = alerts(&mut fields, file);
    let level = level(&mut fields, file);
    if let (Some(Level::NoneOver(_)), Some((_, Alerts { at_risk: Some(_), .. }))) =
        (&level, &alerts)
    {
        let problem =
            "nobody over the limit is all or nothing: this never fires; leave at_risk out";
        file.warn(fields.at(), &fields.path("alerts.at_risk"), problem);
    }
    fields.finish(file);
    let (at_risk, alerts) = alerts?;
    Some(Objective { name: name?, measure: measure?, level: level?, over: over?, at_risk, alerts })
}

/// A measure's name.
pub(super) fn measure(field: &Field<'_>, file: &mut File<'_>) -> Option<Measure> {
    let known = Measure::ALL.map(Measure::label).join(", ");
    let problem = format!("is not a measure of this version; write one of {known}");
    field.parse(file, &problem, Measure::from_label)
}

fn window(field: &Field<'_>, file: &mut File<'_>) -> Option<Elapsed> {
    let over = field.duration(file)?;
    let problem = if over < Objective::OVER_MIN {
        "is shorter than the shortest window; use at least 1h"
    } else if over > Objective::OVER_MAX {
        "is longer than the longest window; use at most 90d"
    } else {
        return Some(over);
    };
    field.fault(file, problem);
    None
}

fn level(fields: &mut Fields<'_>, file: &mut File<'_>) -> Option<Level> {
    let within = fields.take("within");
    let none_over = fields.take("none_over");
    let share = fields.take("share");
    let min_tickets = fields.take("min_tickets");
    let by_priority = fields.take("by_priority");
    match (within, none_over) {
        (Some(within), None) => {
            let target = target(&within, file);
            let share = match share {
                Some(share) => share.parse(
                    file,
                    "is not a share; write a percentage from 0.01% to 100%, such as 90%",
                    Share::parse,
                ),
                None => Share::from_basis_points(9_000),
            };
            let min_tickets = match min_tickets {
                Some(least) => least.parse(
                    file,
                    "is not a number of tickets; write a whole number of at least 1",
                    |text| text.parse().ok().filter(|n| (1..=MIN_TICKETS_MAX).contains(n)),
                ),
                None => Some(Objective::MIN_TICKETS_DEFAULT),
            };
            let by_priority = by_priority.map_or([None; 4], |group| targets(&group, file));
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
                    "does not go with `none_over`, which holds for every ticket; leave it out";
                field.fault(file, problem);
            }
            target(&none_over, file).map(Level::NoneOver)
        }
        (Some(_), Some(none_over)) => {
            none_over.fault(file, "stands beside `within`; write an objective for each");
            None
        }
        (None, None) => {
            let problem = "is missing; write the level, such as `within: 4h`";
            file.fault(fields.at(), &fields.path("within"), problem);
            None
        }
    }
}

/// A target: a duration, with or without `always`, which is calendar time in so many words.
fn target(field: &Field<'_>, file: &mut File<'_>) -> Option<Elapsed> {
    let problem = "is not a target; write a duration of at most 90d, such as `4h` or `24h always`";
    field.parse(file, problem, |text| {
        let duration = text.strip_suffix(" always").map_or(text, str::trim_end);
        Elapsed::parse(duration).filter(|target| *target <= TARGET_MAX)
    })
}

fn targets(group: &Field<'_>, file: &mut File<'_>) -> [Option<Elapsed>; Priority::ALL.len()] {
    let mut targets = [None; Priority::ALL.len()];
    let Some(mut fields) = group.fields(file) else {
        return targets;
    };
    for priority in Priority::ALL {
        if let Some(field) = fields.take(priority.label()) {
            targets[priority.index()] = target(&field, file);
        }
    }
    fields.finish(file);
    targets
}

/// The share of the error budget at which an objective is at risk, and its alerts.
fn alerts(fields: &mut Fields<'_>, file: &mut File<'_>) -> Option<(Share, Alerts)> {
    let spent = Share::from_basis_points(AT_RISK_DEFAULT_BP);
    let Some(mut alerts) = fields.take("alerts").and_then(|alerts| alerts.fields(file)) else {
        return spent.map(|spent| (spent, Alerts::default()));
    };
    let mut missed = AlertPolicy::default();
    if let Some(mut keys) = alerts.take("missed").and_then(|alert| alert.fields(file)) {
        policy(&mut keys, &mut missed, file);
        keys.finish(file);
    }
    let mut at_risk = None;
    let mut budget_spent = spent;
    if let Some(mut keys) = alerts.take("at_risk").and_then(|alert| alert.fields(file)) {
        policy(&mut keys, at_risk.insert(AlertPolicy::of_severity("warning")), file);
        if let Some(field) = keys.take("budget_spent") {
            let problem = "is not a share of the error budget; write a percentage such as 80%";
            budget_spent = field.parse(file, problem, Share::parse);
        }
        keys.finish(file);
    }
    alerts.finish(file);
    Some((budget_spent?, Alerts { missed, at_risk }))
}

fn policy(alert: &mut Fields<'_>, policy: &mut AlertPolicy, file: &mut File<'_>) {
    if let Some(severity) = alert.take("severity") {
        let problem = "cannot be a severity; write such as critical, warning or info";
        let parsed = severity.parse(file, problem, |text| name::is_id(text).then(|| text.into()));
        policy.severity = parsed.unwrap_or_default();
    }
    for (key, length) in
        [("for", &mut policy.hold), ("keep_firing_for", &mut policy.keep_firing_for)]
    {
        if let Some(field) = alert.take(key) {
            *length = field.duration_or_none(file).unwrap_or_default();
        }
    }
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
