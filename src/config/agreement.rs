//! An agreement file: its owner, its objectives and its other keys.

use std::path::Path;

use super::calendars::{self, Calendars};
use super::diagnostic::Diagnostics;
use super::duty;
use super::fields::{Field, Fields, File, is_web_address};
use super::hours::TeamHours;
use super::labels;
use super::objective;
use super::people;
use super::yaml::Node;
use super::zones::ZoneFinder;
use crate::address;
use crate::agreement::{About, AgreedOn, Agreement, Level, MessageOnSolved, Objective, Owner};
use crate::event::CATEGORIES_MAX;
use crate::name;

/// Reads an agreement; `None` if its owner is missing or ambiguous.
pub(super) fn read(
    node: &Node,
    path: &Path,
    calendars: &Calendars,
    zones: &mut ZoneFinder<'_>,
    today: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Agreement> {
    let mut file = File { path, diagnostics };
    let file = &mut file;
    let mut fields = Field::root(node).fields(file)?;
    let mut about = About::default();
    let owner = owner(&mut fields, &mut about, file);
    about.former_names = former_names(&mut fields, owner.as_ref(), file);
    names(&mut fields, &mut about, file);
    agreed(&mut fields, &mut about, file, today);
    let hours = TeamHours::read(&mut fields, calendars, file);
    about.hours.clone_from(&hours.name);
    about.zone = fields.take("zone").and_then(|zone| calendars::zone::read(&zone, file, zones));
    message_on_solved(&mut fields, &mut about, file);
    let objectives = objectives(&mut fields, &hours, today, file);
    about.duty = duty::read(&mut fields, zones, today, file);
    about.review_categories = review_categories(&mut fields, file);
    if let Some(group) = fields.take("labels").and_then(|labels| labels.fields(file)) {
        about.labels = labels::read(&group, file);
    }
    about.runbook_url = fields.take("runbook_url").and_then(|url| {
        let problem = "is not a web address; write, for example, https://wiki.example/billing";
        url.parse(file, problem, |text| is_web_address(text).then(|| text.into()))
    });
    let limits_waiting = |objective: &Objective| matches!(objective.level, Level::NoneOver(_));
    if !objectives.is_empty() && !objectives.iter().any(limits_waiting) {
        let problem = "no objective has `none_over`, so a single ticket may wait for ever unnoticed; add an \
                       objective with, for example, `none_over: 5d always`";
        file.warn(fields.at(), "objectives", problem);
    }
    fields.finish(file);
    Some(Agreement { owner: owner?, hours: hours.calendar, objectives, about })
}

fn owner(fields: &mut Fields<'_>, about: &mut About, file: &mut File<'_>) -> Option<Owner> {
    let team = fields.take("team");
    let organisation = fields.take("organisation");
    match (team, organisation) {
        (Some(team), None) => {
            let problem = "cannot be a team's name; write 1 to 128 bytes of text, but none of the reserved \
                           `unclaimed`, `_all`, `_unclaimed`, `.` and `..`";
            let name = |text: &str| {
                let name = name::normal(text);
                (name::is_team(&name) && address::is_segment(&name)).then(|| Box::from(&*name))
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
            let problem = "cannot be combined with `team`; write one file for the organisation and one \
                           per team";
            organisation.error(file, problem);
            None
        }
        (None, None) => {
            let problem = "is missing; name the team, for example `team: billing`";
            file.error(fields.at(), "team", problem);
            None
        }
    }
}

/// Reads `review_categories`: what the team judges by.
fn review_categories(fields: &mut Fields<'_>, file: &mut File<'_>) -> Vec<Box<str>> {
    let mut categories: Vec<Box<str>> = Vec::new();
    for field in fields.take("review_categories").map_or_else(Vec::new, |list| list.list(file)) {
        let problem = "cannot be a category; write 1 to 128 bytes of text, such as tone";
        let name = |text: &str| name::is_name(text).then(|| Box::from(text));
        let Some(category) = field.parse(file, problem, name) else { continue };
        if categories.contains(&category) {
            field.error(file, "is listed twice; keep one");
        } else if categories.len() == CATEGORIES_MAX {
            let problem = format!("is one too many; list at most {CATEGORIES_MAX} categories");
            field.error(file, &problem);
        } else {
            categories.push(category);
        }
    }
    categories
}

/// Reads `was_named`: the names that the team had before.
fn former_names(
    fields: &mut Fields<'_>,
    owner: Option<&Owner>,
    file: &mut File<'_>,
) -> Vec<Box<str>> {
    let Some(list) = fields.take("was_named") else { return Vec::new() };
    if matches!(owner, Some(Owner::Organisation)) {
        let problem = "is for teams: no event names the organisation; remove it";
        file.error(list.node.at, &list.key, problem);
        return Vec::new();
    }
    let mut names: Vec<Box<str>> = Vec::new();
    for field in list.list(file) {
        let problem =
            "cannot be a team's name; write 1 to 128 bytes of text, none of the reserved names";
        let name = field.parse(file, problem, |text| {
            let name = name::normal(text);
            (name::is_team(&name) && address::is_segment(&name)).then(|| Box::<str>::from(&*name))
        });
        let Some(name) = name else { continue };
        if owner == Some(&Owner::Team(name.clone())) {
            field.error(file, "is the team's present name; list only names that it had before");
        } else if names.contains(&name) {
            field.error(file, "is listed twice; keep one");
        } else {
            names.push(name);
        }
    }
    names
}

/// Reads `name`: the display names by language. Any language may have one: the board shows those of its own
/// languages.
fn names(fields: &mut Fields<'_>, about: &mut About, file: &mut File<'_>) {
    let Some(names) = fields.take("name").and_then(|names| names.fields(file)) else { return };
    for (key, field) in names.all() {
        if !is_language(&key.text) {
            let problem = "is not a language; write its code in two or three small letters, such as en, \
                           fi or sv";
            file.error(key.at, &field.key, problem);
        }
        if field.node.is_null() {
            continue;
        }
        let problem = "cannot be a name; write 1 to 128 bytes of text";
        let name = field.parse(file, problem, |text| name::is_name(text).then(|| text.into()));
        about.names.extend(name.map(|name| (key.text.as_str().into(), name)));
    }
    about.names.sort_unstable();
}

/// Whether a text is the code of a language as in ISO 639, such as `sv`.
fn is_language(text: &str) -> bool {
    matches!(text.len(), 2 | 3) && text.bytes().all(|b| b.is_ascii_lowercase())
}

fn message_on_solved(fields: &mut Fields<'_>, about: &mut About, file: &mut File<'_>) {
    let Some(field) = fields.take("message_on_solved") else { return };
    let problem = "is not what a customer's message on a solved ticket can be; write `counted` (the default) \
                   or `asks_again`, which lets the wait for a reply run";
    let value = field.parse(file, problem, |text| {
        MessageOnSolved::ALL.into_iter().find(|value| value.label() == text)
    });
    about.message_on_solved = value.unwrap_or_default();
}

fn agreed(fields: &mut Fields<'_>, about: &mut About, file: &mut File<'_>, today: &str) {
    let Some(mut agreed) = fields.take("agreed").and_then(|agreed| agreed.fields(file)) else {
        return;
    };
    let on = agreed
        .require("on", file, "write the day of the agreement, such as 2026-11-02")
        .and_then(|on| on.date(file));
    let by = agreed.require("by", file, "name the people, such as [aino, mikko]").map(|by| {
        let people = people::read(&by, file).len();
        if people == 1 {
            file.warn(by.node.at, &by.key, "only one name; the whole team should agree");
        }
        people
    });
    about.agreed = on.zip(by).map(|(date, people)| AgreedOn { date, people });
    if let Some(look_again) = agreed.take("look_again")
        && let Some(date) = look_again.date(file)
    {
        about.look_again = Some(date);
        if date.to_string().as_str() < today {
            let problem =
                format!("`{date}` has passed; look at the agreement again and set a new date");
            file.warn(look_again.node.at, &look_again.key, problem);
        }
    }
    agreed.finish(file);
}

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
            let problem =
                format!("`{}` is used twice; give every objective its own name", objective.name);
            file.error(at, &format!("{}.name", item.key), problem);
        }
        objectives.push(objective);
    }
    objectives
}
