//! A suggestion as an agreement's file.

use std::fmt::Write as _;

use chrono::{Days, NaiveDate};

use super::{LevelSuggestion, SuggestedKind, SuggestionRun};
use crate::agreement::{
    Agreement, NAME_PLACEHOLDER as PLACEHOLDER, Objective, Owner, yaml_list, yaml_text,
};
use crate::calendar::{Calendar, Zone};

/// The days until a written agreement is to be looked at again.
const LOOK_AGAIN_DAYS: u64 = 90;

/// An agreement's file with a suggested level.
#[derive(Debug)]
pub struct WrittenAgreement<'a> {
    /// The agreement of the owner as it is: its names, hours and labels are kept.
    pub present: &'a Agreement,
    /// The objective as it is; `None` if it is new.
    pub replaced: Option<&'a Objective>,
    /// The levels.
    pub run: &'a SuggestionRun,
    /// The level that is written.
    pub level: &'a LevelSuggestion,
    /// Which one it is.
    pub kind: SuggestedKind,
    /// The day of the agreement.
    pub today: NaiveDate,
}

impl WrittenAgreement<'_> {
    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let Agreement { owner, hours, objectives, about } = self.present;
        let zone = hours
            .as_ref()
            .map_or(Zone::UTC, |hours: &std::sync::Arc<Calendar>| hours.zone().clone());
        let has_hours = hours.is_some();
        self.write_head(text)?;
        match owner {
            Owner::Team(name) => writeln!(text, "team: {}", yaml_text(name))?,
            Owner::Organisation => writeln!(text, "organisation: {}", yaml_text(&about.name))?,
        }
        if !about.names.is_empty() {
            let names = about.names.iter();
            let names: Vec<String> =
                names.map(|(code, name)| format!("{code}: {}", yaml_text(name))).collect();
            writeln!(text, "name: {{ {} }}", names.join(", "))?;
        }
        if !about.former_names.is_empty() {
            let names = about.former_names.iter().map(|name| &**name);
            writeln!(text, "was_named: {}", yaml_list(names))?;
        }
        let look_again = self.today.checked_add_days(Days::new(LOOK_AGAIN_DAYS));
        let look_again = look_again.unwrap_or(self.today);
        let today = self.today;
        writeln!(
            text,
            "agreed: {{ on: {today}, by: [{PLACEHOLDER}, {PLACEHOLDER}], look_again: {look_again} }}"
        )?;
        if let Some(hours) = &about.hours {
            writeln!(text, "hours: {}", yaml_text(hours))?;
        }
        if let Some(zone) = &about.zone {
            writeln!(text, "zone: {}", yaml_text(zone.name()))?;
        }
        if let Some(value) = about.message_on_solved.written() {
            writeln!(text, "message_on_solved: {value}")?;
        }
        text.push_str("objectives:\n");
        let level = self.objective(&zone);
        text.push_str(&level.lines(has_hours, &zone));
        for objective in objectives {
            let is_replaced = self.replaced.is_some_and(|replaced| replaced.name == objective.name);
            if !is_replaced {
                text.push_str(&objective.lines(has_hours, &zone));
            }
        }
        let limits = |objective: &Objective| objective.level.is_limit();
        if !objectives.iter().any(limits) {
            self.write_limit(text, has_hours, &zone)?;
        }
        if !about.labels.is_empty() {
            let labels = about.labels.iter();
            let labels: Vec<String> =
                labels.map(|(name, value)| format!("{name}: {}", yaml_text(value))).collect();
            writeln!(text, "labels: {{ {} }}", labels.join(", "))?;
        }
        if let Some(url) = &about.runbook_url {
            writeln!(text, "runbook_url: {}", yaml_text(url))?;
        }
        Ok(())
    }

    /// What the levels would have meant, and what is left to do.
    fn write_head(&self, text: &mut String) -> std::fmt::Result {
        let weeks = &self.run.weeks;
        if let (Some(first), Some(last)) = (weeks.first(), weeks.last()) {
            writeln!(text, "# Levels that fit the weeks {} to {}:", first.week, last.week)?;
        }
        for (kind, level) in &self.run.found {
            let target = level.objective.shown(level.objective.level.target(None));
            let is_written = if *kind == self.kind { " (in this file)" } else { "" };
            writeln!(
                text,
                "#   {}: {target}, reached in {} of {} weeks with enough tickets{is_written}",
                kind.in_words(),
                level.reached(),
                level.known()
            )?;
        }
        writeln!(
            text,
            "# Before the team agrees: put those who agreed in place of {PLACEHOLDER}, and see that the date of\n\
             # `look_again` suits you. `vaste check` says what is left. Other keys, such as `duty`, can be\n\
             # added; config/reference/agreement.yaml has them all."
        )
    }

    /// The objective with the written level. The past is judged by the level that held then.
    fn objective(&self, zone: &Zone) -> Objective {
        let level = &self.level.objective;
        let Some(replaced) = self.replaced else { return level.clone() };
        let previous_levels = replaced.levels_before(level, self.today, zone);
        Objective { previous_levels, hours: replaced.hours.clone(), ..level.clone() }
    }

    fn write_limit(&self, text: &mut String, has_hours: bool, zone: &Zone) -> std::fmt::Result {
        let limit = &self.run.limit;
        let (weeks, missed) = (limit.verdicts.len(), limit.verdicts.len() - limit.reached());
        writeln!(
            text,
            "  # Somebody waited longer than this at the end of {missed} of the last {weeks} weeks."
        )?;
        text.push_str(&limit.objective.lines(has_hours, zone));
        Ok(())
    }
}
