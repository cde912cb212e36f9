//! Alarms about what waits without an objective: tickets that nobody has agreed to answer, which are
//! unclaimed or of a team without a level, and concerns that are not settled.
//!
//! # Design
//! No objective covers these, so nothing else would ever turn red. A wait grows by itself and ends at once,
//! so there is no timer: the alarm holds while the longest wait is over the limit. As with other alerts, data
//! that is not current starts and ends none.
//!
//! An alarm about concerns does not say what they are about: that is for the team's page only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::named_tickets::{self, NamedTickets};
use super::notice::{ENDS_AFTER, Notice, Sender};
use super::notice_text::team_name;
use super::{LabelSet, REFRESH_EVERY, RESOLVED_FOR};
use crate::address;
use crate::catalog::{Catalog, ScopeId};
use crate::measure::Measure;
use crate::name::team_label;
use crate::time::{DAY_MS, Elapsed, Timestamp};
use crate::view::{View, WaitingNow};
use crate::waiting_list::ListOf;

/// When one kind of these alarms fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitAlarm {
    /// The longest wait that is not reported.
    pub after: Elapsed,
    /// The label `severity`.
    pub severity: Box<str>,
}

/// When these alarms fire; `None` for never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitAlarmPolicies {
    /// About unclaimed tickets. Default after 5 days, `info`.
    pub unclaimed: Option<WaitAlarm>,
    /// About tickets of a team without objectives. Default after 14 days, `info`.
    pub not_agreed: Option<WaitAlarm>,
    /// About concerns that are not settled. Default at once, `info`.
    pub concerns: Option<WaitAlarm>,
}

impl Default for WaitAlarmPolicies {
    fn default() -> Self {
        let after_days = |days| {
            let after = Elapsed::from_ms(days * DAY_MS);
            Some(WaitAlarm { after, severity: "info".into() })
        };
        Self { unclaimed: after_days(5), not_agreed: after_days(14), concerns: after_days(0) }
    }
}

/// What a customer waits for: an answer.
const MEASURES: [Measure; 2] = [Measure::FirstReply, Measure::NextReply];

/// The label `alertname` about unclaimed tickets.
const UNCLAIMED: &str = "VasteUnclaimedWaiting";

/// The label `alertname` about the tickets of a team without objectives.
const NOT_AGREED: &str = "VasteNotAgreedWaiting";

/// The label `alertname` about concerns.
const CONCERN: &str = "VasteConcernRaised";

/// What to look at for an alarm.
struct Watched {
    key: WaitKey,
    scope: ScopeId,
    alarm: WaitAlarm,
    waiting: WaitingNow,
}

/// Which alarm it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct WaitKey {
    alertname: &'static str,
    /// The label `team`.
    team: Box<str>,
}

/// An alarm that fires.
#[derive(Clone, Debug)]
struct FiringWait {
    fired_at: Timestamp,
    /// When it was last sent; [`Timestamp::EVENT_MIN`] if it was not.
    sent_at: Timestamp,
    severity: Box<str>,
    labels: Arc<LabelSet>,
    annotations: Arc<BTreeMap<String, String>>,
}

/// An alarm that is over.
#[derive(Clone, Debug)]
struct ResolvedWait {
    firing: FiringWait,
    resolved_at: Timestamp,
}

/// An alarm that fires, for the alert state log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitEntry {
    team: String,
    alert: String,
    severity: String,
    fired_at: String,
    /// Its last annotations.
    told: BTreeMap<String, String>,
}

/// The alarms, and since when they fire.
#[derive(Clone, Debug, Default)]
pub struct WaitAlarms {
    policies: WaitAlarmPolicies,
    firing: BTreeMap<WaitKey, FiringWait>,
    over: BTreeMap<WaitKey, ResolvedWait>,
    /// Since when the data is not current; `None` while it is.
    frozen_since: Option<Timestamp>,
}

/// An alarm that fires.
#[derive(Clone, Copy, Debug)]
pub struct FiringAlarm<'a> {
    /// The name of its alert.
    pub alertname: &'static str,
    /// The label of the team.
    pub team: &'a str,
    /// How urgent it is.
    pub severity: &'a str,
    /// Since when it fires.
    pub since: Timestamp,
}

impl WaitAlarms {
    /// No alarm fires yet.
    pub fn new(policies: WaitAlarmPolicies) -> Self {
        Self { policies, ..Self::default() }
    }

    /// When they fire.
    pub fn policies(&self) -> &WaitAlarmPolicies {
        &self.policies
    }

    /// The alarms that fire.
    pub fn firing(&self) -> impl Iterator<Item = FiringAlarm<'_>> {
        self.firing.iter().map(|(key, firing)| FiringAlarm {
            alertname: key.alertname,
            team: &key.team,
            severity: &firing.severity,
            since: firing.fired_at,
        })
    }

    /// Whether an alarm about tickets of a team fires, or about unclaimed ones.
    pub fn has_waiting_tickets(&self, team: &str) -> bool {
        self.firing().any(|alarm| alarm.team == team && alarm.alertname != CONCERN)
    }

    /// Since when their conditions are not known; `None` while they are.
    pub fn frozen_since(&self) -> Option<Timestamp> {
        self.frozen_since
    }

    /// Restores the alarms that fired when an alert state log was written. They are evaluated with the first
    /// current data.
    pub fn restore(&mut self, entries: &[WaitEntry], catalog: &Catalog, sender: &Sender) {
        for entry in entries {
            let alertname =
                [UNCLAIMED, NOT_AGREED, CONCERN].into_iter().find(|name| *name == entry.alert);
            let (Some(alertname), Some(fired_at)) = (alertname, Timestamp::parse(&entry.fired_at))
            else {
                continue;
            };
            let key = WaitKey { alertname, team: entry.team.as_str().into() };
            let severity: Box<str> = entry.severity.as_str().into();
            let scope = catalog.scope_by_label(&entry.team);
            let firing = FiringWait {
                fired_at,
                sent_at: Timestamp::EVENT_MIN,
                labels: labels(&key, &severity, scope, catalog, sender),
                severity,
                annotations: told(entry, sender),
            };
            self.firing.insert(key, firing);
        }
    }

    /// The alarms that fire, for the alert state log.
    pub(super) fn entries(&self) -> Vec<WaitEntry> {
        let entry = |(key, firing): (&WaitKey, &FiringWait)| WaitEntry {
            team: key.team.to_string(),
            alert: key.alertname.to_owned(),
            severity: firing.severity.to_string(),
            fired_at: firing.fired_at.to_string(),
            told: BTreeMap::clone(&firing.annotations),
        };
        self.firing.iter().map(entry).collect()
    }

    /// Replaces times after `now` by `now`: they are of a clock that was ahead.
    pub fn correct_time(&mut self, now: Timestamp) {
        self.frozen_since = self.frozen_since.map(|at| at.min(now));
        let over = self.over.values_mut().map(|over| {
            over.resolved_at = over.resolved_at.min(now);
            &mut over.firing
        });
        for firing in self.firing.values_mut().chain(over) {
            firing.fired_at = firing.fired_at.min(now);
            firing.sent_at = firing.sent_at.min(now);
        }
    }

    /// The notices to send at `at`, the instant of the view. They count as sent. While the data is not
    /// current, the alarms that fire are refreshed, and nothing else changes.
    pub fn take_due(
        &mut self,
        is_current: bool,
        view: &View,
        sender: &Sender,
        at: Timestamp,
    ) -> Vec<Notice> {
        if is_current {
            self.frozen_since = None;
            self.evaluate(view, sender, at);
        } else {
            self.frozen_since.get_or_insert(at);
        }
        let is_due = |firing: &FiringWait| firing.sent_at.plus(REFRESH_EVERY) <= at;
        let mut notices = Vec::new();
        for (key, firing) in self.firing.iter_mut().filter(|(_, firing)| is_due(firing)) {
            firing.sent_at = at;
            let mut notice = notice(key, firing, at.plus(ENDS_AFTER), sender);
            if let Some(since) = self.frozen_since {
                let annotations = Arc::make_mut(&mut notice.annotations);
                annotations.insert("frozen_since".to_owned(), since.to_string());
                notice.not_ready_since = Some(since);
            }
            notices.push(notice);
        }
        self.over.retain(|_, over| at <= over.resolved_at.plus(RESOLVED_FOR));
        for (key, over) in self.over.iter_mut().filter(|(_, over)| is_due(&over.firing)) {
            over.firing.sent_at = at;
            notices.push(notice(key, &over.firing, over.resolved_at, sender));
        }
        notices
    }

    /// Starts and ends alarms.
    fn evaluate(&mut self, view: &View, sender: &Sender, at: Timestamp) {
        let catalog = view.catalog();
        let mut holding = BTreeSet::new();
        for Watched { key, scope, alarm, waiting } in self.watched(view) {
            let Some(since) = waiting.oldest_since else { continue };
            let over_since = since.plus(alarm.after);
            if over_since >= at {
                continue;
            }
            let annotations = Arc::new(annotations(&key, scope, &alarm, waiting, view, sender));
            let labels = labels(&key, &alarm.severity, Some(scope), catalog, sender);
            self.over.remove(&key);
            let firing = self.firing.entry(key.clone()).or_insert_with(|| FiringWait {
                fired_at: over_since,
                sent_at: Timestamp::EVENT_MIN,
                severity: alarm.severity.clone(),
                labels: Arc::clone(&labels),
                annotations: Arc::clone(&annotations),
            });
            (firing.labels, firing.annotations) = (labels, annotations);
            firing.severity = alarm.severity;
            holding.insert(key);
        }
        for (key, mut firing) in self.firing.extract_if(.., |key, _| !holding.contains(key)) {
            firing.sent_at = Timestamp::EVENT_MIN;
            let annotations = Arc::make_mut(&mut firing.annotations);
            annotations.remove("frozen_since");
            annotations.insert("summary".to_owned(), why_over(&key, view).to_owned());
            for name in ["description", "tickets", "ticket_urls"] {
                annotations.remove(name);
            }
            self.over.insert(key, ResolvedWait { firing, resolved_at: at });
        }
    }

    /// What to look at.
    fn watched(&self, view: &View) -> Vec<Watched> {
        let catalog = view.catalog();
        let mut agreed = BTreeSet::new();
        agreed.extend(catalog.objectives().map(|(_, owner, _)| owner));
        let key = |alertname, scope| {
            let team = team_label(catalog.scope_name(scope)).into();
            WaitKey { alertname, team }
        };
        let tickets = |scope: ScopeId| {
            let (alertname, alarm) = if scope == catalog.unclaimed() {
                (UNCLAIMED, self.policies.unclaimed.as_ref()?)
            } else {
                (NOT_AGREED, self.policies.not_agreed.as_ref()?)
            };
            let (key, waiting) = (key(alertname, scope), longest(view, scope));
            Some(Watched { key, scope, alarm: alarm.clone(), waiting })
        };
        let concerns = |scope: ScopeId| {
            let alarm = self.policies.concerns.clone()?;
            let mut open = view.team_logs().of(scope)?.open_concerns();
            let oldest = open.next()?.raised.at;
            let waiting = WaitingNow { count: 1 + open.count() as u64, oldest_since: Some(oldest) };
            Some(Watched { key: key(CONCERN, scope), scope, alarm, waiting })
        };
        let not_agreed = catalog.ticket_scopes().filter(|scope| !agreed.contains(scope));
        let of_tickets = not_agreed.filter_map(tickets);
        of_tickets.chain(catalog.reading_scopes().filter_map(concerns)).collect()
    }
}

/// Why an alarm is over.
fn why_over(key: &WaitKey, view: &View) -> &'static str {
    if key.alertname != CONCERN {
        return "No such ticket waits for too long any more.";
    }
    let Some(scope) = view.catalog().scope_by_label(&key.team) else {
        return "The team has no agreement any more, so no page shows its concerns.";
    };
    match view.team_logs().of(scope) {
        Some(log) if log.open_concerns().next().is_some() => {
            "The alarm is turned off (waiting_alarms.concerns); concerns are still open."
        }
        Some(_) => "All concerns are settled.",
        None => "No event of a concern of the team is known any more.",
    }
}

/// The last annotations of an alarm, without tickets if ids are no longer shown.
fn told(entry: &WaitEntry, sender: &Sender) -> Arc<BTreeMap<String, String>> {
    let mut told = Arc::new(entry.told.clone());
    named_tickets::hide(&mut told, &sender.tickets);
    told
}

/// The tickets of a scope that wait for an answer.
fn longest(view: &View, scope: ScopeId) -> WaitingNow {
    let all = MEASURES.map(|measure| view.waiting(scope, measure));
    WaitingNow {
        // A ticket waits for its first reply or for the next one.
        count: all.iter().map(|waiting| waiting.count).sum(),
        oldest_since: all.iter().filter_map(|waiting| waiting.oldest_since).min(),
    }
}

fn labels(
    key: &WaitKey,
    severity: &str,
    scope: Option<ScopeId>,
    catalog: &Catalog,
    sender: &Sender,
) -> Arc<LabelSet> {
    let declared =
        scope.and_then(|scope| catalog.about(scope)).map_or(&[][..], |about| &about.labels);
    let mut labels: LabelSet = sender.external_labels.iter().chain(declared).cloned().collect();
    for (label, value) in
        [("alertname", key.alertname), ("team", &*key.team), ("severity", severity)]
    {
        labels.insert(label.into(), value.into());
    }
    Arc::new(labels)
}

fn annotations(
    key: &WaitKey,
    scope: ScopeId,
    alarm: &WaitAlarm,
    waiting: WaitingNow,
    view: &View,
    sender: &Sender,
) -> BTreeMap<String, String> {
    let limit = alarm.after.in_words();
    let longest = waiting.oldest_since.map_or(Elapsed::ZERO, |since| view.now().since(since));
    let about = view.catalog().about(scope);
    let team = team_name(scope, view.catalog());
    if key.alertname == CONCERN {
        let summary = format!("{team}: someone is worried about something.");
        let description = format!(
            "Concerns that are not settled: {}, the oldest for {}. Read them on the team's page, and talk about \
             them.",
            waiting.count,
            longest.in_words()
        );
        return BTreeMap::from([
            ("summary".to_owned(), summary),
            ("description".to_owned(), description),
            ("page_url".to_owned(), page(key, sender)),
        ]);
    }
    let (summary, advice) = if key.alertname == UNCLAIMED {
        (
            format!("Tickets that no team has claimed wait for longer than {limit}."),
            "Give each of them a team, and declare in an agreement the teams that tickets name."
                .to_owned(),
        )
    } else {
        (
            format!("{team}: no level is agreed on, and tickets wait for longer than {limit}."),
            "Answer the oldest ones first. Then agree on a level, and write it into the team's agreement as an \
             objective."
                .to_owned(),
        )
    };
    let named = NamedTickets::of(ListOf::Scope(scope), view, &sender.tickets);
    let first = named.as_ref().map_or_else(String::new, |named| format!("{} ", named.sentence));
    let description = format!(
        "Waiting for an answer: {}, the longest for {}. {first}{advice}",
        waiting.count,
        longest.in_words()
    );
    let mut annotations = BTreeMap::from([
        ("summary", summary),
        ("description", description),
        ("waiting", waiting.count.to_string()),
        ("longest_wait", longest.to_string()),
        ("page_url", page(key, sender)),
    ]);
    let runbook = about.and_then(|about| about.runbook_url.as_deref());
    annotations.extend(named.into_iter().flat_map(|named| named.annotations));
    annotations.extend(runbook.map(|url| ("runbook_url", url.to_owned())));
    annotations.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn page(key: &WaitKey, sender: &Sender) -> String {
    format!("{}{}", sender.external_url, address::team_by_label(&key.team))
}

fn notice(key: &WaitKey, firing: &FiringWait, ends_at: Timestamp, sender: &Sender) -> Notice {
    Notice {
        labels: Arc::clone(&firing.labels),
        annotations: Arc::clone(&firing.annotations),
        starts_at: firing.fired_at,
        ends_at,
        generator_url: page(key, sender),
        not_ready_since: None,
    }
}
