//! Vaste's alerts about itself: its data is not current, and it is running at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::notice::{ENDS_AFTER, Notice, Sender};
use super::{LabelSet, REFRESH_EVERY, RESOLVED_FOR};
use crate::time::{Elapsed, Timestamp};

/// Fires when the data has not been current for long: missed objectives would not be noticed.
const DATA_STALE: &str = "VasteDataStale";

/// Fires all the time while the data is current. When it stops, Vaste is down or its data is stale.
const WATCHDOG: &str = "VasteWatchdog";

/// The alerts of Vaste about itself. They have no team.
#[derive(Clone, Debug)]
pub struct SelfAlerts {
    stale_after: Elapsed,
    /// Since when the data is not current.
    not_ready_since: Option<Timestamp>,
    /// `VasteDataStale`, while it fires.
    stale: Option<Firing>,
    /// `VasteDataStale`, while its end is sent.
    over: Option<Resolved>,
    /// `VasteWatchdog`, once it has fired.
    watchdog: Option<Firing>,
}

/// An alert that fires.
#[derive(Clone, Copy, Debug)]
struct Firing {
    fired_at: Timestamp,
    /// When it was last sent; [`Timestamp::EVENT_MIN`] if it was not.
    sent_at: Timestamp,
}

impl Firing {
    /// An alert that begins to fire.
    const fn new(fired_at: Timestamp) -> Self {
        Self { fired_at, sent_at: Timestamp::EVENT_MIN }
    }
}

/// An alert that is resolved.
#[derive(Clone, Copy, Debug)]
struct Resolved {
    fired_at: Timestamp,
    resolved_at: Timestamp,
    /// When that was last sent; [`Timestamp::EVENT_MIN`] if it was not.
    sent_at: Timestamp,
}

/// The name and the severity of an alert.
#[derive(Clone, Copy, Debug)]
struct AlertIdentity {
    name: &'static str,
    severity: &'static str,
}

/// The time that a notice covers.
#[derive(Clone, Copy, Debug)]
struct NoticePeriod {
    starts_at: Timestamp,
    ends_at: Timestamp,
}

/// Why the data is not current, and since when.
#[derive(Clone, Copy, Debug)]
struct NotCurrent<'a> {
    reason: &'a str,
    since: Timestamp,
}

impl SelfAlerts {
    /// No alert fires yet. `VasteDataStale` fires once the data has not been current for `stale_after`.
    pub fn new(stale_after: Elapsed) -> Self {
        Self { stale_after, not_ready_since: None, stale: None, over: None, watchdog: None }
    }

    /// Since when `VasteDataStale` fires; `None` while it does not.
    pub fn stale_since(&self) -> Option<Timestamp> {
        self.stale.map(|stale| stale.fired_at)
    }

    /// Replaces times after `now` by `now`: they are of a clock that was ahead.
    pub fn correct_time(&mut self, now: Timestamp) {
        self.not_ready_since = self.not_ready_since.map(|at| at.min(now));
        for firing in [&mut self.stale, &mut self.watchdog].into_iter().flatten() {
            firing.fired_at = firing.fired_at.min(now);
            firing.sent_at = firing.sent_at.min(now);
        }
        if let Some(over) = &mut self.over {
            over.fired_at = over.fired_at.min(now);
            over.resolved_at = over.resolved_at.min(now);
            over.sent_at = over.sent_at.min(now);
        }
    }

    /// The notices to send at `at`. They count as sent. `not_ready` is why the data is not current;
    /// `None` if it is.
    pub fn take_due(
        &mut self,
        not_ready: Option<&str>,
        sender: &Sender,
        at: Timestamp,
    ) -> Vec<Notice> {
        match not_ready {
            Some(reason) => self.while_stale(reason, sender, at).into_iter().collect(),
            None => self.while_current(sender, at),
        }
    }

    fn while_stale(&mut self, reason: &str, sender: &Sender, at: Timestamp) -> Option<Notice> {
        let since = *self.not_ready_since.get_or_insert(at);
        if since.plus(self.stale_after) > at {
            return None;
        }
        self.over = None;
        let firing = self.stale.get_or_insert(Firing::new(at));
        if !is_due(firing.sent_at, at) {
            return None;
        }
        firing.sent_at = at;
        let period = NoticePeriod { starts_at: firing.fired_at, ends_at: at.plus(ENDS_AFTER) };
        Some(stale(sender, period, Some(NotCurrent { reason, since })))
    }

    fn while_current(&mut self, sender: &Sender, at: Timestamp) -> Vec<Notice> {
        let mut notices = Vec::new();
        self.not_ready_since = None;
        if let Some(Firing { fired_at, .. }) = self.stale.take() {
            let sent_at = Timestamp::EVENT_MIN;
            self.over = Some(Resolved { fired_at, resolved_at: at, sent_at });
        }
        self.over = self.over.filter(|over| at <= over.resolved_at.plus(RESOLVED_FOR));
        if let Some(over) = &mut self.over
            && is_due(over.sent_at, at)
        {
            over.sent_at = at;
            let period = NoticePeriod { starts_at: over.fired_at, ends_at: over.resolved_at };
            notices.push(stale(sender, period, None));
        }
        let firing = self.watchdog.get_or_insert(Firing::new(at));
        if is_due(firing.sent_at, at) {
            firing.sent_at = at;
            let period = NoticePeriod { starts_at: firing.fired_at, ends_at: at.plus(ENDS_AFTER) };
            notices.push(watchdog(sender, period));
        }
        notices
    }
}

/// Whether an alert that was last sent at `sent_at` needs a refresh.
fn is_due(sent_at: Timestamp, at: Timestamp) -> bool {
    sent_at.plus(REFRESH_EVERY) <= at
}

/// The notice of `VasteDataStale`: resolved without an outage.
fn stale(sender: &Sender, period: NoticePeriod, outage: Option<NotCurrent<'_>>) -> Notice {
    let summary = match outage {
        Some(_) => "The data of Vaste is not current. Missed objectives are not noticed.",
        None => "The data of Vaste is current again.",
    };
    let mut annotations = BTreeMap::from([("summary".to_owned(), summary.to_owned())]);
    if let Some(NotCurrent { reason, since }) = outage {
        let effect = "Verdicts and alerts stay as they were until the data is current again.";
        annotations.insert("description".to_owned(), format!("Since {since}: {reason}. {effect}"));
        annotations.insert("frozen_since".to_owned(), since.to_string());
    }
    let identity = AlertIdentity { name: DATA_STALE, severity: "critical" };
    notice(sender, identity, annotations, period)
}

fn watchdog(sender: &Sender, period: NoticePeriod) -> Notice {
    let summary = "Vaste is running on current data. This alert always fires: have someone notified when it \
                   stops.";
    let annotations = BTreeMap::from([("summary".to_owned(), summary.to_owned())]);
    notice(sender, AlertIdentity { name: WATCHDOG, severity: "none" }, annotations, period)
}

fn notice(
    sender: &Sender,
    AlertIdentity { name, severity }: AlertIdentity,
    mut annotations: BTreeMap<String, String>,
    NoticePeriod { starts_at, ends_at }: NoticePeriod,
) -> Notice {
    let mut labels: LabelSet = sender.external_labels.iter().cloned().collect();
    labels.insert("alertname".into(), name.into());
    labels.insert("severity".into(), severity.into());
    let page = format!("{}/", sender.external_url);
    annotations.insert("page_url".to_owned(), page.clone());
    Notice {
        labels: Arc::new(labels),
        annotations: Arc::new(annotations),
        starts_at,
        ends_at,
        generator_url: page,
        not_ready_since: None,
    }
}
