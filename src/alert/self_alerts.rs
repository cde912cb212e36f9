//! What Vaste says of itself: that its data cannot be trusted, and that it is there at all.

use std::collections::BTreeMap;

use super::notice::{ENDS_AFTER, Notice, Sender};
use super::{REFRESH_EVERY, RESOLVED_FOR};
use crate::time::{Elapsed, Timestamp};

/// Fires while the data has not been trusted for long: no miss would be seen meanwhile.
const DATA_STALE: &str = "VasteDataStale";

/// Fires always, but only while Vaste knows what it says: who hears of it no more, knows that the watch is
/// gone or blind.
const WATCHDOG: &str = "VasteWatchdog";

/// The alerts of Vaste about itself. They have no team.
#[derive(Clone, Debug)]
pub struct SelfAlerts {
    stale_after: Elapsed,
    /// Since when the data is not trusted.
    not_ready_since: Option<Timestamp>,
    /// Since when that is told, and when last.
    stale: Option<(Timestamp, Timestamp)>,
    /// When it was over, and when that was last told, with since when it fired.
    over: Option<(Timestamp, Timestamp, Timestamp)>,
    /// Since when the watchdog is told, and when last.
    watchdog: Option<(Timestamp, Timestamp)>,
}

impl SelfAlerts {
    /// Nothing to say yet. It says that data is stale after so long.
    pub fn new(stale_after: Elapsed) -> Self {
        Self { stale_after, not_ready_since: None, stale: None, over: None, watchdog: None }
    }

    /// Since when it tells that data is stale; none while it does not.
    pub fn stale_since(&self) -> Option<Timestamp> {
        self.stale.map(|(fired_at, _)| fired_at)
    }

    /// What must be sent at `at`; it counts as sent. `not_ready` is why the data cannot be trusted;
    /// `None` where it can.
    pub fn take_due(
        &mut self,
        not_ready: Option<&str>,
        sender: &Sender,
        at: Timestamp,
    ) -> Vec<Notice> {
        let mut notices = Vec::new();
        match not_ready {
            Some(not_ready) => {
                let since = *self.not_ready_since.get_or_insert(at);
                if since.plus(self.stale_after) <= at {
                    self.over = None;
                    let (fired_at, sent) = self.stale.unwrap_or((at, Timestamp::EVENT_MIN));
                    if sent.plus(REFRESH_EVERY) <= at {
                        self.stale = Some((fired_at, at));
                        let ends_at = at.plus(ENDS_AFTER);
                        notices.push(stale(sender, (fired_at, ends_at), Some((not_ready, since))));
                    }
                }
            }
            None => {
                self.not_ready_since = None;
                if let Some((fired_at, _)) = self.stale.take() {
                    self.over = Some((at, Timestamp::EVENT_MIN, fired_at));
                }
                if let Some((over_at, sent, fired_at)) = self.over {
                    if at > over_at.plus(RESOLVED_FOR) {
                        self.over = None;
                    } else if sent.plus(REFRESH_EVERY) <= at {
                        self.over = Some((over_at, at, fired_at));
                        notices.push(stale(sender, (fired_at, over_at), None));
                    }
                }
                let (since, sent) = self.watchdog.unwrap_or((at, Timestamp::EVENT_MIN));
                if sent.plus(REFRESH_EVERY) <= at {
                    self.watchdog = Some((since, at));
                    notices.push(watchdog(sender, since, at));
                }
            }
        }
        notices
    }
}

fn stale(
    sender: &Sender,
    (starts_at, ends_at): (Timestamp, Timestamp),
    doubted: Option<(&str, Timestamp)>,
) -> Notice {
    let summary = match doubted {
        Some(_) => "The data of Vaste is not up to date: no miss would be seen now.",
        None => "The data of Vaste is up to date again.",
    };
    let mut annotations = BTreeMap::from([("summary".to_owned(), summary.to_owned())]);
    if let Some((not_ready, since)) = doubted {
        let kept = "Verdicts and alerts stay as they were until it is over.";
        annotations.insert("description".to_owned(), format!("Since {since}: {not_ready}. {kept}"));
        annotations.insert("frozen_since".to_owned(), since.to_string());
    }
    notice(sender, [DATA_STALE, "critical"], annotations, (starts_at, ends_at))
}

fn watchdog(sender: &Sender, since: Timestamp, at: Timestamp) -> Notice {
    let summary =
        "Vaste watches, and knows what it says. This always fires: be told when it does not.";
    let annotations = BTreeMap::from([("summary".to_owned(), summary.to_owned())]);
    notice(sender, [WATCHDOG, "none"], annotations, (since, at.plus(ENDS_AFTER)))
}

fn notice(
    sender: &Sender,
    [name, severity]: [&str; 2],
    mut annotations: BTreeMap<String, String>,
    (starts_at, ends_at): (Timestamp, Timestamp),
) -> Notice {
    let mut labels: BTreeMap<Box<str>, Box<str>> = sender.external_labels.iter().cloned().collect();
    labels.insert("alertname".into(), name.into());
    labels.insert("severity".into(), severity.into());
    let page = format!("{}/", sender.external_url);
    annotations.insert("page_url".to_owned(), page.clone());
    Notice { labels, annotations, starts_at, ends_at, generator_url: page, not_ready_since: None }
}
