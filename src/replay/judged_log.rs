//! What objectives are judged by, in the order of time.

use crate::ticket::{Change, Effect, Ended, JudgedSink, Running};
use crate::time::Timestamp;

/// Changes of different timelines, which come in no order and are read in the order of time.
///
/// Use: [`JudgedLog::sort`] what was added, read all of it, then [`JudgedLog::clear`].
#[derive(Debug, Default)]
pub(super) struct JudgedLog {
    changes: Vec<LoggedChange>,
    /// The time and the index of each change, in the order of both: a timeline sends its changes in order.
    order: Vec<(Timestamp, usize)>,
    /// The number of changes that were read.
    read: usize,
}

/// One change.
#[derive(Debug)]
pub(super) struct LoggedChange {
    at: Timestamp,
    effect: Effect,
    by: i64,
}

impl LoggedChange {
    /// The change, and its weight.
    pub(super) fn content(&self) -> (Change<'_>, i64) {
        (self.effect.change(), self.by)
    }
}

impl JudgedLog {
    /// The number of changes.
    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Puts all changes in the order of time.
    pub(super) fn sort(&mut self) {
        let times = self.changes.iter().map(|change| change.at);
        self.order = times.zip(0..).collect();
        self.order.sort_by_key(|(at, _)| *at);
    }

    /// The time of the next change that was not read.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.order.get(self.read).map(|(at, _)| *at)
    }

    /// Reads the next change, if it is at or before `until`.
    pub(super) fn next_until(&mut self, until: Timestamp) -> Option<&LoggedChange> {
        let (_, index) = self.order.get(self.read).filter(|(at, _)| *at <= until)?;
        self.read += 1;
        self.changes.get(*index)
    }

    /// Drops all changes.
    pub(super) fn clear(&mut self) {
        self.changes.clear();
        self.order.clear();
        self.read = 0;
    }
}

impl JudgedSink for JudgedLog {
    fn apply_at(&mut self, at: Timestamp, change: Change<'_>, by: i64) {
        let effect = match change {
            // Verdicts need no breakdowns.
            Change::Ended(ended) => {
                Effect::Ended(Ended { missed: ended.missed.clone(), breakdown: None, ..*ended })
            }
            Change::Running(running) => {
                let over = running.over.clone();
                Effect::Running(Running { over, breakdown_so_far: None, ..*running })
            }
            // No objective is judged by these.
            Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_)
            | Change::NewSample(_)
            | Change::LateEvent { .. } => return,
        };
        self.changes.push(LoggedChange { at, effect, by });
    }
}
