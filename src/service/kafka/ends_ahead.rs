//! The ends of a partition that the brokers have reported, until they are reached.

use std::collections::VecDeque;
use std::time::Instant;

use crate::service::clock;
use crate::service::kafka::probe::EndAt;

/// Ends of a partition that are known and not reached yet. A partition that is further behind is not current
/// anyway.
const ENDS_AHEAD_MAX: usize = 16;

/// The ends of one partition that are not reached yet.
pub(super) struct EndsAhead {
    /// When the partition was assigned, or began again. Only ends that were asked for later count.
    since: Instant,
    ends: VecDeque<EndAt>,
}

impl EndsAhead {
    pub(super) fn new() -> Self {
        Self { since: clock::instant(), ends: VecDeque::new() }
    }

    /// Adds an end unless it is known or too old.
    pub(super) fn add(&mut self, end: EndAt) {
        let last = self.ends.back().map_or(self.since, |last| last.asked_at);
        if end.asked_at > last {
            self.ends.push_back(end);
            if self.ends.len() > ENDS_AHEAD_MAX {
                self.ends.pop_front();
            }
        }
    }

    /// Removes the ends up to this position. Returns when the last of them was asked for.
    pub(super) fn reach(&mut self, position: i64) -> Option<Instant> {
        let mut reached = None;
        while let Some(end) = self.ends.pop_front_if(|end| end.end <= position) {
            reached = Some(end.asked_at);
        }
        if let Some(at) = reached {
            self.since = at;
        }
        reached
    }
}
