//! The agreement log: the text of the agreements that are in force, and what changed in them since when.
//!
//! # Design
//! A level that was made looser, or a holiday that was added afterwards, changes verdicts without a sooner
//! answer. So the service keeps the text that was in force, compares each text that it loads with it, and
//! shows what differs and what the verdicts of four weeks are by both. The log is in the store, since most
//! changes come with a new process. Settings of the service are not in it: they may hold secrets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::agreement::{
    Agreement, AgreementChanges, ObjectiveChanges, SettingChange, VerdictState,
};
use crate::calendar::{COMING_DAYS, CalendarChanges, PAST_DAYS};
use crate::name::team_label;
use crate::reading::Verdict;
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// The version that is written. Newer versions are refused.
pub const VERSION: u32 = 1;

/// Days before the loading of a text at which verdicts by both texts are compared, in order of time.
pub const COMPARED_DAYS_BEFORE: [i64; 4] = [21, 14, 7, 0];

/// How long a change is kept.
const KEPT_FOR: Elapsed = Elapsed::from_ms(90 * DAY_MS);

/// Maximum changes in a log. The oldest are dropped.
const CHANGES_MAX: usize = 2_000;

/// Maximum comparisons that wait. The oldest is given up.
const PENDING_MAX: usize = 8;

/// Settings of a whole agreement that say how tickets are counted. Each makes a change of every objective;
/// others are only listed with a change.
const COUNTED_SETTINGS: [&str; 3] = ["hours", "message_on_solved", "was_named"];

/// The log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementLog {
    version: u32,
    /// The text that is in force.
    pub in_force: ConfigText,
    /// What changed, in order of time.
    pub changes: Vec<ObjectiveChange>,
    /// The texts whose verdicts are not compared yet, in order of time.
    #[serde(default)]
    pending: Vec<PendingComparison>,
}

/// Two texts whose verdicts are to be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingComparison {
    loaded_at: String,
    /// The text that was in force before.
    pub former: ConfigText,
    /// The text that was loaded.
    pub present: ConfigText,
}

/// The text of the agreements and calendars, and the measures that the service configuration lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigText {
    /// The text of each file, by path.
    pub files: BTreeMap<String, String>,
    /// The labels of the measures.
    pub measures: Vec<String>,
}

/// What changed in one objective when a text was loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectiveChange {
    /// When the text was loaded.
    #[schema(value_type = Timestamp)]
    loaded_at: String,
    /// The label of the team: its name, or `_all` for the organisation.
    pub team: String,
    /// The name of the objective.
    pub objective: String,
    /// Whether the former text does not have the objective.
    pub is_new: bool,
    /// The settings that differ: those of the objective, of its agreement, then its open hours.
    pub settings: Vec<SettingChange>,
    /// Whether the verdicts are known.
    pub comparison: ComparisonState,
    /// The verdicts by both texts, in order of time; empty until they are known.
    pub verdicts: Vec<VerdictsByText>,
}

/// Whether the verdicts by the former text are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonState {
    /// They will be computed when the data is current. A process that ends meanwhile leaves it to the next.
    Pending,
    /// They are known.
    Done,
    /// They cannot be known: a partition has too many tickets to copy it, or texts were loaded too quickly
    /// one after the other.
    NotComputed,
}

/// The verdicts on one objective at one instant, by the former and by the present text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerdictsByText {
    /// The instant.
    #[schema(value_type = Timestamp)]
    at: String,
    /// By the former text; null if it does not have the objective.
    #[schema(required)]
    pub former: Option<VerdictThen>,
    /// By the text that was loaded.
    #[schema(required)]
    pub present: Option<VerdictThen>,
}

/// A verdict at a past instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerdictThen {
    /// The state by that text.
    #[schema(value_type = VerdictState)]
    state: String,
    /// The number of decided tickets.
    pub decided: u64,
    /// The number of decided tickets over target.
    pub missed: u64,
}

/// Why an agreement log cannot be read.
#[derive(Debug, Error)]
pub enum AgreementLogError {
    /// It is not such a JSON object.
    #[error("it is not an agreement log of Vaste: {0}")]
    Foreign(#[from] serde_json::Error),
    /// A newer version of Vaste has written it.
    #[error("it is of version {0}, and this version of Vaste reads up to {VERSION}")]
    Version(u32),
    /// A time in it is malformed.
    #[error("its time `{0}` is malformed")]
    Time(String),
    /// A verdict in it has an unknown name.
    #[error("its verdict `{0}` is unknown")]
    State(String),
}

impl AgreementLog {
    /// The log of a text that is in force, without changes.
    pub fn new(in_force: ConfigText) -> Self {
        Self { version: VERSION, in_force, changes: Vec::new(), pending: Vec::new() }
    }

    /// Parses a log.
    ///
    /// # Errors
    /// When it is not a log, is of a newer version, or has a malformed time or verdict.
    pub fn read(bytes: &[u8]) -> Result<Self, AgreementLogError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let Head { version } = serde_json::from_slice(bytes)?;
        if version > VERSION {
            return Err(AgreementLogError::Version(version));
        }
        let log: Self = serde_json::from_slice(bytes)?;
        for change in &log.changes {
            let times = change.verdicts.iter().map(|verdicts| &verdicts.at);
            let pending = log.pending.iter().map(|pending| &pending.loaded_at);
            let mut times = times.chain([&change.loaded_at]).chain(pending);
            if let Some(time) = times.find(|time| Timestamp::parse(time).is_none()) {
                return Err(AgreementLogError::Time(time.clone()));
            }
            let verdicts = change.verdicts.iter().flat_map(|both| [&both.former, &both.present]);
            let mut states = verdicts.flatten().map(|verdict| &verdict.state);
            if let Some(state) = states.find(|state| VerdictState::of_label(state).is_none()) {
                return Err(AgreementLogError::State(state.clone()));
            }
        }
        Ok(log)
    }

    /// The log as JSON.
    pub fn bytes(&self) -> Vec<u8> {
        // Strings and numbers only: serialising cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Puts a text in force that was loaded at `now`, with what it changes. Drops changes that are too old
    /// or too many.
    pub fn load(&mut self, text: ConfigText, changes: Vec<ObjectiveChange>, now: Timestamp) {
        let former = std::mem::replace(&mut self.in_force, text);
        if changes.is_empty() {
            return;
        }
        self.changes.extend(changes);
        self.changes.retain(|change| now.since(change.loaded_at()) <= KEPT_FOR);
        let excess = self.changes.len().saturating_sub(CHANGES_MAX);
        self.changes.drain(..excess);
        let present = self.in_force.clone();
        self.pending.push(PendingComparison { loaded_at: now.to_string(), former, present });
        if self.pending.len() > PENDING_MAX {
            self.compared(ComparisonState::NotComputed, |_| Vec::new());
        }
    }

    /// The next texts whose verdicts are to be compared.
    pub fn next_pending(&self) -> Option<&PendingComparison> {
        self.pending.first()
    }

    /// Ends the next comparison: sets the verdicts of its changes.
    pub fn compared(
        &mut self,
        comparison: ComparisonState,
        verdicts: impl Fn(&ObjectiveChange) -> Vec<VerdictsByText>,
    ) {
        if self.pending.is_empty() {
            return;
        }
        let loaded_at = self.pending.remove(0).loaded_at();
        for change in &mut self.changes {
            if change.loaded_at() == loaded_at && change.comparison == ComparisonState::Pending {
                change.verdicts = verdicts(change);
                change.comparison = comparison;
            }
        }
    }
}

impl PendingComparison {
    /// When the present text was loaded.
    pub fn loaded_at(&self) -> Timestamp {
        Timestamp::parse(&self.loaded_at).unwrap_or(Timestamp::EVENT_MIN)
    }
}

impl ObjectiveChange {
    /// What a text that was loaded at `loaded_at` changes in each objective that it has.
    ///
    /// Names, labels and web addresses alone make no change: no verdict depends on them. Neither do the
    /// dates of an agreement.
    pub fn between(former: &[Agreement], present: &[Agreement], loaded_at: Timestamp) -> Vec<Self> {
        let all = AgreementChanges::between(former, present, loaded_at);
        let mut changes = Vec::new();
        for agreement in present {
            let before = agreement.former_in(former);
            let hours = before.and_then(|before| before.hours_changes(agreement, loaded_at));
            let of_owner = all.iter().find(|changes| changes.owner == agreement.owner);
            let shared: Vec<SettingChange> =
                of_owner.iter().flat_map(|changes| changes.settings.clone()).collect();
            let is_counted = shared.iter().any(|setting| COUNTED_SETTINGS.contains(&&*setting.key));
            for objective in &agreement.objectives {
                let own = of_owner.and_then(|changes| {
                    changes.objectives.iter().find(|change| match change {
                        ObjectiveChanges::Added { name, .. }
                        | ObjectiveChanges::Changed { name, .. } => *name == objective.name,
                        ObjectiveChanges::Removed { .. } => false,
                    })
                });
                let is_new = matches!(own, Some(ObjectiveChanges::Added { .. }));
                let changed = hours.is_some() || is_counted;
                if own.is_none() && !changed {
                    continue;
                }
                let mut settings = match own {
                    Some(ObjectiveChanges::Changed { settings, .. }) => settings.clone(),
                    Some(ObjectiveChanges::Added { .. } | ObjectiveChanges::Removed { .. })
                    | None => Vec::new(),
                };
                if !is_new {
                    settings.extend(shared.clone());
                    settings.extend(hours.iter().flat_map(hours_settings));
                }
                changes.push(Self {
                    loaded_at: loaded_at.to_string(),
                    team: team_label(agreement.owner.team()).to_owned(),
                    objective: objective.name.to_string(),
                    is_new,
                    settings,
                    comparison: ComparisonState::Pending,
                    verdicts: Vec::new(),
                });
            }
        }
        changes
    }

    /// When the text was loaded.
    pub fn loaded_at(&self) -> Timestamp {
        Timestamp::parse(&self.loaded_at).unwrap_or(Timestamp::EVENT_MIN)
    }

    /// The instants at which verdicts by both texts are compared, in order of time.
    pub fn instants(loaded_at: Timestamp) -> [Timestamp; COMPARED_DAYS_BEFORE.len()] {
        COMPARED_DAYS_BEFORE.map(|days| loaded_at.minus(Elapsed::from_ms(days * DAY_MS)))
    }
}

impl VerdictsByText {
    /// The verdicts by both texts at an instant.
    pub fn new(at: Timestamp, former: Option<&Verdict>, present: Option<&Verdict>) -> Self {
        Self {
            at: at.to_string(),
            former: former.map(VerdictThen::of),
            present: present.map(VerdictThen::of),
        }
    }

    /// The instant.
    pub fn at(&self) -> Timestamp {
        Timestamp::parse(&self.at).unwrap_or(Timestamp::EVENT_MIN)
    }
}

impl VerdictThen {
    fn of(verdict: &Verdict) -> Self {
        let Verdict { state, decided, missed, .. } = verdict;
        Self { state: state.label().to_owned(), decided: *decided, missed: *missed }
    }

    /// The verdict.
    pub fn state(&self) -> VerdictState {
        VerdictState::of_label(&self.state).unwrap_or(VerdictState::InsufficientData)
    }
}

/// What differs in open hours, as settings: the zone, open time in total, then each date.
fn hours_settings(changes: &CalendarChanges) -> Vec<SettingChange> {
    let changed = |key: String, [former, present]: [String; 2]| SettingChange {
        key,
        former: Some(former),
        present: Some(present),
        is_looser: false,
    };
    let mut settings = Vec::new();
    if let Some(zones) = &changes.zones {
        settings.push(changed("hours.zone".to_owned(), zones.clone().map(String::from)));
    }
    let [past, coming] = changes.open_hours();
    settings.push(changed(format!("hours.last_{PAST_DAYS}_days"), past));
    settings.push(changed(format!("hours.next_{COMING_DAYS}_days"), coming));
    for day in &changes.dates {
        settings.push(changed(format!("hours.{}", day.date), day.open.clone()));
    }
    if changes.more > 0 {
        let more = format!("and {} more dates", changes.more);
        let key = "hours".to_owned();
        settings.push(SettingChange { key, former: None, present: Some(more), is_looser: false });
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{About, Level, MessageOnSolved, Objective, Owner, Target};
    use crate::measure::Measure;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    /// A team with two limits of these hours.
    fn team(name: &str, hours: [i64; 2], former_names: &[&str]) -> Agreement {
        let limit = |hours| Level::NoneOver(Target::calendar(Elapsed::from_ms(hours * 3_600_000)));
        let [first, second] = hours.map(limit);
        Agreement {
            owner: Owner::Team(name.into()),
            hours: None,
            objectives: vec![
                Objective::new("first", Measure::FirstReply, first),
                Objective::new("second", Measure::NextReply, second),
            ],
            about: About {
                name: name.into(),
                former_names: former_names.iter().map(|name| Box::from(*name)).collect(),
                ..About::default()
            },
        }
    }

    fn text(name: &str) -> ConfigText {
        let files = BTreeMap::from([("a.yaml".to_owned(), format!("team: {name}\n"))]);
        ConfigText { files, measures: vec!["first_reply".to_owned()] }
    }

    /// What changes, as `objective: settings`.
    fn between(former: &[Agreement], present: &[Agreement]) -> Vec<String> {
        let changes = ObjectiveChange::between(former, present, at("2026-11-28T10:00:00Z"));
        let shown = |change: &ObjectiveChange| {
            let settings: Vec<String> = change.settings.iter().map(ToString::to_string).collect();
            let new = if change.is_new { " (new)" } else { "" };
            format!("{}{new}: {}", change.objective, settings.join("; "))
        };
        changes.iter().map(shown).collect()
    }

    #[test]
    fn only_what_verdicts_depend_on_is_a_change() {
        let former = [team("billing", [4, 8], &[])];
        let unchanged: [String; 0] = [];
        assert_eq!(between(&former, &former), unchanged);
        let mut relabelled = team("billing", [4, 8], &[]);
        relabelled.about.runbook_url = Some("https://wiki.example/".into());
        assert_eq!(between(&former, &[relabelled]), unchanged);
        let mut asking = team("billing", [4, 8], &[]);
        asking.about.message_on_solved = MessageOnSolved::AsksAgain;
        let rule = "message_on_solved: counted → asks_again";
        assert_eq!(
            between(&former, &[asking]),
            [format!("first: {rule}"), format!("second: {rule}")]
        );
        let looser = [team("billing", [4, 9], &[])];
        assert_eq!(between(&former, &looser), ["second: none_over: 8h → 9h (looser)"]);
        let renamed = [team("money", [4, 8], &["billing"])];
        let names = "team: billing → money; was_named: – → [billing]";
        assert_eq!(
            between(&former, &renamed),
            [format!("first: {names}"), format!("second: {names}")]
        );
        let other = [team("support", [4, 8], &[])];
        assert_eq!(between(&former, &other), ["first (new): ", "second (new): "]);
    }

    /// A log after a looser level was loaded at each of these instants: 5 hours first, then 6, and so on.
    fn loaded(instants: &[&str]) -> AgreementLog {
        let mut log = AgreementLog::new(text("billing"));
        for (instant, hours) in instants.iter().zip(5..) {
            let (former, present) =
                ([team("b", [hours - 1, 8], &[])], [team("b", [hours, 8], &[])]);
            let changes = ObjectiveChange::between(&former, &present, at(instant));
            log.load(text(&format!("b{hours}")), changes, at(instant));
        }
        log
    }

    #[test]
    fn each_comparison_gives_the_changes_of_its_own_text_their_verdicts() {
        let mut log = loaded(&["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"]);
        assert_eq!(log, AgreementLog::read(&log.bytes()).unwrap());
        let pending = log.next_pending().unwrap();
        assert_eq!((&pending.former, &pending.present), (&text("billing"), &text("b5")));
        log.compared(ComparisonState::Done, |change| {
            vec![VerdictsByText::new(change.loaded_at(), None, None)]
        });
        assert_eq!(log.next_pending().unwrap().former, text("b5"));
        assert_eq!(log.in_force, text("b6"));
        let states: Vec<ComparisonState> =
            log.changes.iter().map(|change| change.comparison).collect();
        assert_eq!(states, [ComparisonState::Done, ComparisonState::Pending]);
        assert_eq!(log.changes[0].verdicts[0].at(), at("2026-11-01T00:00:00Z"));
        assert_eq!(log, AgreementLog::read(&log.bytes()).unwrap());
    }

    #[test]
    fn old_changes_and_comparisons_that_pile_up_are_given_up() {
        let log = loaded(&["2026-07-01T00:00:00Z", "2026-11-02T00:00:00Z"]);
        assert_eq!(log.changes.len(), 1, "the first is more than 90 days old");
        let days: Vec<String> = (1..=10).map(|day| format!("2026-11-{day:02}T00:00:00Z")).collect();
        let days: Vec<&str> = days.iter().map(|day| &**day).collect();
        let log = loaded(&days);
        let given_up =
            |change: &&ObjectiveChange| change.comparison == ComparisonState::NotComputed;
        assert_eq!(log.changes.iter().filter(given_up).count(), 2, "8 comparisons wait at most");
        assert_eq!(log.next_pending().unwrap().loaded_at(), at("2026-11-03T00:00:00Z"));
    }

    #[test]
    fn what_is_no_log_is_refused_with_its_reason() {
        let good = String::from_utf8(loaded(&["2026-11-01T00:00:00Z"]).bytes()).unwrap();
        let refused = |text: &str| AgreementLog::read(text.as_bytes()).unwrap_err().to_string();
        insta::assert_snapshot!(
            [
                refused("team: billing"),
                refused("{\"version\":2}"),
                refused(&good.replace("2026-11-01T00", "2026-11-01X00")),
            ]
            .join("\n"),
            @r"
        it is not an agreement log of Vaste: expected ident at line 1 column 2
        it is of version 2, and this version of Vaste reads up to 1
        its time `2026-11-01X00:00:00Z` is malformed
        "
        );
    }
}
