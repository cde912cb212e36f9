//! Objectives as the lines of an agreement's file.

use std::fmt::Write as _;

use chrono::NaiveDate;

use super::{AlertPolicy, Level, Market, MessageOnSolved, Objective, PreviousLevel, Split, Target};
use crate::calendar::{Zone, local_midnight};
use crate::event::Priority;
use crate::measure::{Basis, Measure};
use crate::share::MaxShare;
use crate::time::{Elapsed, Timestamp};

/// What a written file has where a person must be named.
pub const NAME_PLACEHOLDER: &str = "NAME";

/// The indentation of the keys of an objective.
const INDENT: &str = "    ";

/// A text as a value in YAML: quoted, unless it is one plain word.
pub fn yaml_text(text: &str) -> String {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !["null", "true", "false"].contains(&text.to_ascii_lowercase().as_str());
    if is_word {
        text.to_owned()
    } else {
        // A string of JSON is one of YAML.
        serde_json::Value::from(text).to_string()
    }
}

/// A list of texts in one line.
pub fn yaml_list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(yaml_text).collect::<Vec<_>>().join(", "))
}

impl Target {
    /// As the file of a team writes it that has opening hours, or has none.
    pub fn written(self, measure: Measure, has_hours: bool) -> String {
        let shown = self.shown(measure);
        let is_open_elsewise = has_hours && measure.is_timed();
        match self {
            Self::Fixed { basis: Basis::Calendar, .. } if is_open_elsewise => {
                format!("{shown} always")
            }
            Self::Fixed { .. } | Self::WorkingDays(_) => shown.to_string(),
        }
    }
}

impl Level {
    /// Its keys with their values, in the order of the reference.
    fn keys(
        &self,
        measure: Measure,
        over: Elapsed,
        has_hours: bool,
    ) -> Vec<(&'static str, String)> {
        match self {
            Self::NoneOver(limit) => {
                vec![("none_over", limit.written(measure, has_hours)), ("over", over.to_string())]
            }
            Self::Within { target, by_priority, share, min_tickets } => {
                let mut keys = vec![
                    ("within", target.written(measure, has_hours)),
                    ("share", share.to_string()),
                    ("over", over.to_string()),
                    ("min_tickets", min_tickets.to_string()),
                ];
                // Beside a target of all time, these count all time, too.
                let has_hours = has_hours && target.basis() == Basis::Open;
                let own = Priority::ALL.into_iter().zip(by_priority);
                let own: Vec<String> = own
                    .filter_map(|(priority, target)| {
                        let written = (*target)?.written(measure, has_hours);
                        Some(format!("{}: {written}", priority.label()))
                    })
                    .collect();
                if !own.is_empty() {
                    keys.push(("by_priority", format!("{{ {} }}", own.join(", "))));
                }
                keys
            }
        }
    }
}

impl Objective {
    /// The earlier levels of another level that replaces this one on a date, so that the past is judged by
    /// what held then. `zone` is the zone of the owner's calendar.
    pub fn levels_before(&self, next: &Self, date: NaiveDate, zone: &Zone) -> Vec<PreviousLevel> {
        let mut levels = self.previous_levels.clone();
        if (&self.level, self.over) != (&next.level, next.over) {
            levels.push(PreviousLevel {
                until: local_midnight(zone, date),
                level: self.level.clone(),
                over: self.over,
                unanswered_max: self.unanswered_max,
            });
        }
        levels
    }

    /// The lines of its level and of its earlier levels, as they stand in its item of the file. `has_hours`
    /// says whether its owner has opening hours, and `zone` is that of its calendar.
    pub fn level_lines(&self, has_hours: bool, zone: &Zone) -> String {
        let keys = self.level.keys(self.measure, self.over, has_hours);
        format!("{}{}", lines(&keys), self.previous_lines(has_hours, zone))
    }

    /// Its item in the file. `until` is a date in `zone`, the zone of the owner's calendar.
    pub fn lines(&self, has_hours: bool, zone: &Zone) -> String {
        let mut keys = vec![("measure", self.measure.label().to_owned())];
        keys.extend(self.level.keys(self.measure, self.over, has_hours));
        keys.extend(self.unanswered_max.map(|max| ("unanswered_max", max.to_string())));
        if let Some(pauses) = self.pauses {
            let states = [("pending", pauses.pending), ("on_hold", pauses.on_hold)];
            let states = states.into_iter().filter(|(_, is_in)| *is_in).map(|(state, _)| state);
            keys.push(("pauses", yaml_list(states)));
            if self.measure.is_reply() {
                keys.push(("pauses_agreed", "true".to_owned()));
            }
        }
        keys.extend(self.split.written().map(|split| ("split", split)));
        keys.extend(
            self.market.as_ref().map(|market| ("market", self.market_written(market, has_hours))),
        );
        let alerts = self.alerts_written();
        let mut item = format!("  - name: {}\n{}", yaml_text(&self.name), lines(&keys));
        if !alerts.is_empty() {
            item.push_str("    alerts:\n");
            item.push_str(&alerts);
        }
        item.push_str(&self.previous_lines(has_hours, zone));
        item
    }

    /// The lines of its earlier levels; none without any.
    fn previous_lines(&self, has_hours: bool, zone: &Zone) -> String {
        let previous = self.previous_levels.iter();
        let levels: String = previous
            .map(|previous| {
                format!("      - {}\n", self.previous_written(previous, has_hours, zone))
            })
            .collect();
        if levels.is_empty() {
            return levels;
        }
        // The names of earlier hours are not known here.
        let note = match self.hours {
            Some(_) => "    # Add the `hours` that earlier levels have in your file.\n",
            None => "",
        };
        format!("{note}    was:\n{levels}")
    }

    fn market_written(&self, market: &Market, has_hours: bool) -> String {
        let Market { within, source, as_of } = market;
        let is_open = self.level.target(None).basis() == Basis::Open;
        let within = within.written(self.measure, has_hours && is_open);
        let as_of = as_of.map_or_else(String::new, |day| format!(", as_of: {day}"));
        format!("{{ within: {within}, source: {}{as_of} }}", yaml_text(source))
    }

    /// The alerts that differ from the defaults.
    fn alerts_written(&self) -> String {
        let mut alerts = String::new();
        let default = AlertPolicy::default();
        let mut missed = policy_written(&self.alerts.missed, &default);
        match self.alerts.missed_confidence {
            None => missed.push("confidence: plain".to_owned()),
            Some(share) if share != Self::CONFIDENCE_DEFAULT => {
                missed.push(format!("confidence: {share}"));
            }
            Some(_) => {}
        }
        let mut add = |name: &str, keys: Vec<String>| {
            let _ = writeln!(alerts, "      {name}: {{ {} }}", keys.join(", "));
        };
        if !missed.is_empty() {
            add("missed", missed);
        }
        if let Some(policy) = &self.alerts.at_risk {
            let mut keys = vec![format!("severity: {}", yaml_text(&policy.severity))];
            keys.extend(durations_written(policy, &default));
            keys.push(format!("budget_spent: {}", self.at_risk));
            add("at_risk", keys);
        }
        if let Some(policy) = &self.alerts.behind_market {
            let mut keys = vec![format!("severity: {}", yaml_text(&policy.severity))];
            keys.extend(durations_written(policy, &default));
            add("behind_market", keys);
        }
        alerts
    }

    fn previous_written(&self, previous: &PreviousLevel, has_hours: bool, zone: &Zone) -> String {
        let PreviousLevel { until, level, over, unanswered_max } = previous;
        let mut keys = level.keys(self.measure, *over, has_hours);
        let max = unanswered_max.map_or_else(|| "none".to_owned(), |max: MaxShare| max.to_string());
        keys.push(("unanswered_max", max));
        keys.push(("until", date_in(zone, *until).to_string()));
        let keys: Vec<String> =
            keys.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
        format!("{{ {} }}", keys.join(", "))
    }
}

impl MessageOnSolved {
    /// As the file writes it; `None` for the default.
    pub fn written(self) -> Option<&'static str> {
        (self != Self::default()).then(|| self.label())
    }
}

impl Split {
    /// As the file writes it; `None` where nothing is split.
    fn written(&self) -> Option<String> {
        let mut keys = Vec::new();
        if self.priority {
            keys.push("priority: true".to_owned());
        }
        if !self.channels.is_empty() {
            let channels = yaml_list(self.channels.iter().map(|channel| &**channel));
            keys.push(format!("channel: {channels}"));
        }
        (!keys.is_empty()).then(|| format!("{{ {} }}", keys.join(", ")))
    }
}

/// The date of an instant in a zone.
fn date_in(zone: &Zone, at: Timestamp) -> NaiveDate {
    zone.local_time(at).map_or(NaiveDate::MIN, |local| local.date_naive())
}

/// What differs from the default.
fn policy_written(policy: &AlertPolicy, default: &AlertPolicy) -> Vec<String> {
    let mut keys = Vec::new();
    if policy.severity != default.severity {
        keys.push(format!("severity: {}", yaml_text(&policy.severity)));
    }
    keys.extend(durations_written(policy, default));
    keys
}

fn durations_written(policy: &AlertPolicy, default: &AlertPolicy) -> impl Iterator<Item = String> {
    let durations = [
        ("for", policy.hold, default.hold),
        ("keep_firing_for", policy.keep_firing_for, default.keep_firing_for),
    ];
    let other = durations.into_iter().filter(|(_, length, default)| length != default);
    other.map(|(key, length, _)| format!("{key}: {length}"))
}

fn lines(keys: &[(&str, String)]) -> String {
    keys.iter().map(|(key, value)| format!("{INDENT}{key}: {value}\n")).collect()
}
