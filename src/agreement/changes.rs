//! What differs between two texts of an agreement, setting by setting.
//!
//! # Design
//! Both texts are written out as lists of settings, in the keys and words of the file, and the lists are
//! compared. So a key is compared once it is listed, whatever its type. The comparison does not judge. It
//! marks a setting as looser only where that is certain: a longer target of the same kind of time, a smaller
//! share, more tickets needed for a verdict, a higher ceiling, more pauses, messages on solved tickets that
//! no longer ask again.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    About, Agreement, AlertPolicy, Level, Market, MessageOnSolved, Objective, Owner, PreviousLevel,
    Split, Target,
};
use crate::calendar::{Calendar, CalendarChanges, Zone};
use crate::duty::{Duty, TurnLength};
use crate::event::Priority;
use crate::measure::{Basis, Pauses};
use crate::share::{MaxShare, Share};
use crate::time::Timestamp;

/// What differs between the former and the present agreement of one owner. Its text is one line for each
/// difference, with the owner first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementChanges {
    /// The owner, by its present name.
    pub owner: Owner,
    /// The number of former and of present objectives; `None` where there was or is no agreement.
    pub objective_counts: [Option<usize>; 2],
    /// The settings of the whole agreement that differ.
    pub settings: Vec<SettingChange>,
    /// What the hours change, where the agreement names another calendar.
    pub hours: Option<CalendarChanges>,
    /// The objectives that differ: present ones in their order, then those that were removed.
    pub objectives: Vec<ObjectiveChanges>,
}

/// What differs in one objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectiveChanges {
    /// It is new.
    Added {
        /// Its name.
        name: Box<str>,
        /// What it asks for.
        level: String,
    },
    /// It is gone.
    Removed {
        /// Its name.
        name: Box<str>,
        /// What it asked for.
        level: String,
    },
    /// Settings differ.
    Changed {
        /// Its name.
        name: Box<str>,
        /// The settings.
        settings: Vec<SettingChange>,
    },
}

/// A setting that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettingChange {
    /// The key as files write it, such as `share` or `alerts.missed.for`.
    pub key: String,
    /// The former value in the words of the file; null if there was none.
    #[schema(required)]
    pub former: Option<String>,
    /// The present value; null if there is none.
    #[schema(required)]
    pub present: Option<String>,
    /// Whether the present value is certain to make the level looser.
    pub is_looser: bool,
}

/// A setting as a file would write it.
struct Setting {
    key: String,
    value: String,
    strictness: Option<Strictness>,
}

/// How strict a value is, compared with other values of the same kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// More is stricter.
    AtLeast(u64),
    /// Less is stricter.
    AtMost(u64),
    /// A target of calendar or of open time. Less is stricter.
    Target(Target),
}

impl AgreementChanges {
    /// Compares all agreements of two texts around `now`, in the order of the present ones, then those that
    /// were removed. Agreements without a difference are left out.
    ///
    /// A team is the same if its name is the same, or if the present text lists the former name in
    /// `was_named`.
    pub fn between(former: &[Agreement], present: &[Agreement], now: Timestamp) -> Vec<Self> {
        let mut changes: Vec<Self> = present
            .iter()
            .map(|present| match present.former_in(former) {
                Some(former) => Self::of(former, present, now),
                None => Self {
                    owner: present.owner.clone(),
                    objective_counts: [None, Some(present.objectives.len())],
                    settings: Vec::new(),
                    hours: None,
                    objectives: objectives(&[], &present.objectives, |_| Vec::new()),
                },
            })
            .filter(Self::is_any)
            .collect();
        let kept: Vec<&Owner> = present
            .iter()
            .filter_map(|present| present.former_in(former).map(|former| &former.owner))
            .collect();
        let gone = former.iter().filter(|former| !kept.contains(&&former.owner));
        changes.extend(gone.map(|gone| Self {
            owner: gone.owner.clone(),
            objective_counts: [Some(gone.objectives.len()), None],
            settings: Vec::new(),
            hours: None,
            objectives: objectives(&gone.objectives, &[], |_| Vec::new()),
        }));
        changes
    }

    fn of(former: &Agreement, present: &Agreement, now: Timestamp) -> Self {
        let hours =
            (former.about.hours != present.about.hours).then(|| former.hours_changes(present, now));
        let differing = |pair: [&Objective; 2]| {
            let [before, after] = pair;
            let mut changes = differences(
                objective_settings(before, former),
                &objective_settings(after, present),
            );
            changes.extend(earlier_hours(before, after, former, present));
            changes
        };
        Self {
            owner: present.owner.clone(),
            objective_counts: [former, present].map(|one| Some(one.objectives.len())),
            settings: differences(agreement_settings(former), &agreement_settings(present)),
            hours: hours.flatten(),
            objectives: objectives(&former.objectives, &present.objectives, differing),
        }
    }

    fn is_any(&self) -> bool {
        let is_new = matches!(self.objective_counts, [None, _] | [_, None]);
        is_new || !self.settings.is_empty() || !self.objectives.is_empty()
    }
}

impl Agreement {
    /// What the present agreement of the same owner changes in the open hours around `now`; `None` if
    /// nothing.
    pub fn hours_changes(&self, present: &Self, now: Timestamp) -> Option<CalendarChanges> {
        let always = Calendar::always();
        CalendarChanges::between(
            self.hours.as_deref().unwrap_or(&always),
            present.hours.as_deref().unwrap_or(&always),
            now,
        )
    }

    /// The agreement of the same owner in a former text. A team that has another name now is found by
    /// `was_named`.
    pub fn former_in<'a>(&self, former: &'a [Self]) -> Option<&'a Self> {
        let of = |owner: &Owner| former.iter().find(|former| former.owner == *owner);
        let former_names = self.about.former_names.iter();
        of(&self.owner).or_else(|| former_names.cloned().find_map(|name| of(&Owner::Team(name))))
    }
}

fn objectives(
    former: &[Objective],
    present: &[Objective],
    differing: impl Fn([&Objective; 2]) -> Vec<SettingChange>,
) -> Vec<ObjectiveChanges> {
    let named = |all: &'_ [Objective], name: &str| all.iter().position(|one| *one.name == *name);
    // Earlier levels are listed with the settings; here the present one counts.
    let level = |objective: &Objective| {
        let level = objective.said_at(Timestamp::EVENT_END);
        match &objective.level {
            Level::Within { min_tickets, .. } => format!("{level}, min_tickets {min_tickets}"),
            Level::NoneOver(_) => level,
        }
    };
    let changed = present.iter().filter_map(|after| {
        let before = named(former, &after.name).and_then(|index| former.get(index));
        let name = after.name.clone();
        let Some(before) = before else {
            return Some(ObjectiveChanges::Added { name, level: level(after) });
        };
        let settings = differing([before, after]);
        (!settings.is_empty()).then_some(ObjectiveChanges::Changed { name, settings })
    });
    let gone = former.iter().filter(|before| named(present, &before.name).is_none());
    let removed = gone.map(|before| ObjectiveChanges::Removed {
        name: before.name.clone(),
        level: level(before),
    });
    changed.chain(removed).collect()
}

/// The settings that differ: present ones in their order, then those that are gone.
fn differences(mut former: Vec<Setting>, present: &[Setting]) -> Vec<SettingChange> {
    let mut changes = Vec::new();
    for setting in present {
        let index = former.iter().position(|former| former.key == setting.key);
        let before = index.map(|index| former.remove(index));
        if before.as_ref().is_some_and(|before| before.value == setting.value) {
            continue;
        }
        let strictness = before.as_ref().and_then(|before| before.strictness);
        let is_looser = strictness
            .zip(setting.strictness)
            .is_some_and(|(before, after)| after.is_looser_than(before));
        changes.push(SettingChange {
            key: setting.key.clone(),
            former: before.map(|before| before.value),
            present: Some(setting.value.clone()),
            is_looser,
        });
    }
    changes.extend(former.into_iter().map(|gone| SettingChange {
        key: gone.key,
        former: Some(gone.value),
        present: None,
        is_looser: false,
    }));
    changes
}

impl Strictness {
    /// Whether it is certain that this is less strict.
    fn is_looser_than(self, former: Self) -> bool {
        match (former, self) {
            (Self::AtLeast(before), Self::AtLeast(after)) => after < before,
            (Self::AtMost(before), Self::AtMost(after)) => after > before,
            (Self::Target(before), Self::Target(after)) => match (before, after) {
                (Target::Fixed { .. }, Target::Fixed { .. }) => {
                    before.basis() == after.basis() && after > before
                }
                (Target::WorkingDays(before), Target::WorkingDays(after)) => after > before,
                // Which one is longer depends on when a wait begins.
                (Target::Fixed { .. }, Target::WorkingDays(_))
                | (Target::WorkingDays(_), Target::Fixed { .. }) => false,
            },
            (Self::AtLeast(_) | Self::AtMost(_) | Self::Target(_), _) => false,
        }
    }
}

/// Settings while they are collected.
#[derive(Default)]
struct Settings(Vec<Setting>);

impl Settings {
    fn add(&mut self, key: impl Into<String>, value: impl ToString) {
        self.0.push(Setting { key: key.into(), value: value.to_string(), strictness: None });
    }

    fn add_if(&mut self, key: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(key, value);
        }
    }

    fn add_strict(&mut self, key: impl Into<String>, value: impl ToString, strictness: Strictness) {
        let (key, value) = (key.into(), value.to_string());
        self.0.push(Setting { key, value, strictness: Some(strictness) });
    }
}

fn agreement_settings(agreement: &Agreement) -> Vec<Setting> {
    // Destructured, so that a new key asks for its place here.
    let About {
        name,
        hours,
        zone,
        former_names,
        names,
        message_on_solved,
        agreed,
        look_again,
        duty,
        review_categories,
        labels,
        runbook_url,
    } = &agreement.about;
    let mut settings = Settings::default();
    match agreement.owner {
        Owner::Team(_) => settings.add("team", name),
        Owner::Organisation => settings.add("organisation", name),
    }
    for (language, name) in names {
        settings.add(format!("name.{language}"), name);
    }
    settings.add_if("was_named", list(former_names.iter().map(|name| &**name)));
    if let Some(agreed) = agreed {
        settings.add("agreed.on", agreed.date);
        settings.add("agreed.by", format!("{} people", agreed.people));
    }
    settings.add_if("agreed.look_again", *look_again);
    settings.add("hours", hours.as_deref().unwrap_or("always"));
    settings.add_if("zone", zone.as_ref().map(Zone::name));
    let asks = u64::from(*message_on_solved == MessageOnSolved::AsksAgain);
    let (value, strictness) = (message_on_solved.label(), Strictness::AtLeast(asks));
    settings.add_strict("message_on_solved", value, strictness);
    if let Some(duty) = duty {
        duty_settings(duty, &mut settings);
    }
    settings.add_if("review_categories", list(review_categories.iter().map(|name| &**name)));
    for (label, value) in labels {
        settings.add(format!("labels.{label}"), value);
    }
    settings.add_if("runbook_url", runbook_url.as_ref());
    settings.0
}

/// Settings of duty, without names of people.
fn duty_settings(duty: &Duty, settings: &mut Settings) {
    let Duty { members, since, every, handover, zone, swaps, absences, check } = duty;
    settings.add("duty.members", format!("{} people", members.len()));
    settings.add("duty.since", since);
    settings.add("duty.every", every);
    let day = match every {
        TurnLength::Weeks { from, .. } => format!("{from} "),
        TurnLength::Days(_) => String::new(),
    };
    let zone = zone.as_ref().map_or_else(String::new, |zone| format!(" {}", zone.name()));
    settings.add("duty.handover", format!("{day}{}{zone}", handover.format("%H:%M")));
    let count = |count: usize| (count > 0).then_some(count);
    settings.add_if("duty.swaps", count(swaps.len()));
    settings.add_if("duty.away", count(absences.len()));
    settings.add("duty.check", check);
}

fn objective_settings(objective: &Objective, agreement: &Agreement) -> Vec<Setting> {
    let Objective {
        name: _,
        measure,
        level,
        over,
        unanswered_max,
        previous_levels,
        pauses,
        hours: _,
        split: Split { priority, channels },
        market,
        at_risk,
        alerts,
    } = objective;
    let written = |target: Target| written(target, objective, agreement);
    let mut settings = Settings::default();
    settings.add("measure", measure.label());
    match level {
        Level::Within { target, by_priority, share, min_tickets } => {
            settings.add_strict("within", written(*target), Strictness::Target(*target));
            for (priority, target) in Priority::ALL.into_iter().zip(by_priority) {
                let key = format!("by_priority.{}", priority.label());
                if let Some(target) = target {
                    settings.add_strict(key, written(*target), Strictness::Target(*target));
                }
            }
            let least = Strictness::AtLeast(share.basis_points().into());
            settings.add_strict("share", share, least);
            settings.add_strict("min_tickets", min_tickets, Strictness::AtMost(*min_tickets));
        }
        Level::NoneOver(limit) => {
            settings.add_strict("none_over", written(*limit), Strictness::Target(*limit));
        }
    }
    settings.add("over", over);
    let unanswered_bp = unanswered_max.map_or(Share::WHOLE_BP, MaxShare::basis_points);
    let most = Strictness::AtMost(unanswered_bp.into());
    settings.add_strict("unanswered_max", ceiling(*unanswered_max), most);
    let Pauses { pending, on_hold } = pauses.unwrap_or_else(|| measure.pauses());
    let names = [(pending, "pending"), (on_hold, "on_hold")];
    let named: Vec<&str> = names.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
    let count = u64::from(pending) + u64::from(on_hold);
    settings.add_strict("pauses", format!("[{}]", named.join(", ")), Strictness::AtMost(count));
    for previous in previous_levels {
        let (key, value) = previous_level(previous, agreement, &written);
        settings.add(key, value);
    }
    if *priority {
        settings.add("split.priority", true);
    }
    settings.add_if("split.channel", list(channels.iter().map(|name| &**name)));
    if let Some(Market { within, source, as_of }) = market {
        settings.add("market.within", written(*within));
        settings.add("market.source", source);
        settings.add_if("market.as_of", *as_of);
    }
    settings.add("alerts.at_risk.budget_spent", at_risk);
    alert_settings("missed", Some(&alerts.missed), &mut settings);
    if let Level::Within { .. } = level {
        let confidence = alerts.missed_confidence.map_or("plain".to_owned(), |c| c.to_string());
        settings.add("alerts.missed.confidence", confidence);
    }
    alert_settings("at_risk", alerts.at_risk.as_ref(), &mut settings);
    alert_settings("behind_market", alerts.behind_market.as_ref(), &mut settings);
    settings.0
}

/// A ceiling as the file writes it.
fn ceiling(max: Option<MaxShare>) -> String {
    max.map_or("none".to_owned(), |max| max.to_string())
}

/// The key and the value of an earlier level.
fn previous_level(
    previous: &PreviousLevel,
    agreement: &Agreement,
    written: &impl Fn(Target) -> String,
) -> (String, String) {
    let PreviousLevel { until, level, over, unanswered_max } = previous;
    let zone = agreement.hours.as_ref().map_or(Zone::UTC, |hours| hours.zone().clone());
    let date = zone.local_time(*until).map(|local| local.date_naive().to_string());
    let level = match level {
        Level::Within { target, by_priority, share, min_tickets } => {
            let mut text = format!("within {}", written(*target));
            for (priority, target) in Priority::ALL.into_iter().zip(by_priority) {
                if let Some(target) = target {
                    text = format!("{text}, {} {}", priority.label(), written(*target));
                }
            }
            format!("{text}, share {share}, min_tickets {min_tickets}")
        }
        Level::NoneOver(limit) => format!("none_over {}", written(*limit)),
    };
    let key = format!("was until {}", date.unwrap_or_else(|| until.to_string()));
    let value = format!("{level}, over {over}");
    let value = match unanswered_max {
        Some(max) => format!("{value}, unanswered_max {max}"),
        None => value,
    };
    (key, value)
}

fn alert_settings(alert: &str, policy: Option<&AlertPolicy>, settings: &mut Settings) {
    if let Some(AlertPolicy { severity, hold, keep_firing_for }) = policy {
        settings.add(format!("alerts.{alert}.severity"), severity);
        settings.add(format!("alerts.{alert}.for"), hold);
        settings.add(format!("alerts.{alert}.keep_firing_for"), keep_firing_for);
    }
}

/// A target as the file writes it: `4h`, or `24h always` for calendar time of a team that has hours.
fn written(target: Target, objective: &Objective, agreement: &Agreement) -> String {
    let shown = target.shown(objective.measure);
    let has_hours = agreement.hours.is_some() || objective.hours.is_some();
    match target.basis() {
        Basis::Calendar if has_hours && objective.measure.is_timed() => format!("{shown} always"),
        Basis::Calendar | Basis::Open => shown.to_string(),
    }
}

/// The hours of earlier levels, where they differ and the team's own do not.
fn earlier_hours(
    before: &Objective,
    after: &Objective,
    former: &Agreement,
    present: &Agreement,
) -> Option<SettingChange> {
    if before.hours == after.hours || former.hours != present.hours {
        return None;
    }
    let value = |hours: bool, words: &str| hours.then(|| words.to_owned());
    Some(SettingChange {
        key: "was.hours".to_owned(),
        former: value(before.hours.is_some(), "hours of their own"),
        present: value(after.hours.is_some(), "other hours of their own"),
        is_looser: false,
    })
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| format!("[{}]", names.join(", ")))
}

impl fmt::Display for AgreementChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = match &self.owner {
            Owner::Team(name) => name,
            Owner::Organisation => "the organisation",
        };
        match self.objective_counts {
            [None, _] => writeln!(f, "{owner}: added")?,
            [_, None] => writeln!(f, "{owner}: removed")?,
            [Some(_), Some(_)] => writeln!(f, "{owner}")?,
        }
        for setting in &self.settings {
            writeln!(f, "  {setting}")?;
        }
        if let Some(hours) = &self.hours {
            for line in hours.to_string().lines() {
                writeln!(f, "    {line}")?;
            }
        }
        for objective in &self.objectives {
            match objective {
                ObjectiveChanges::Added { name, level } => {
                    writeln!(f, "  objective {name}: added ({level})")?;
                }
                ObjectiveChanges::Removed { name, level } => {
                    writeln!(f, "  objective {name}: removed ({level})")?;
                }
                ObjectiveChanges::Changed { name, settings } => {
                    writeln!(f, "  objective {name}")?;
                    for setting in settings {
                        writeln!(f, "    {setting}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// `share: 90% → 80% (looser)`.
impl fmt::Display for SettingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |value: &'_ Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        write!(f, "{}: {} → {}", self.key, value(&self.former), value(&self.present))?;
        f.write_str(if self.is_looser { " (looser)" } else { "" })
    }
}
