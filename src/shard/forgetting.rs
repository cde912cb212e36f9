//! Evicts tickets that are at rest.

use xxhash_rust::xxh3::xxh3_64;

use super::Shard;
use super::keys::timeline_at;
use super::reviews::counts_of;
use super::stubs::Stub;
use crate::event::Kind;
use crate::ticket::{Timeline, unpack_detail};
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// How long a ticket is kept that was brought to its team, so that it stays on the agenda until somebody says
/// that it was talked about.
const BROUGHT_FOR: Elapsed = Elapsed::from_ms(365 * DAY_MS);

impl Shard {
    /// Considers the next `most` timelines in turn, and evicts those whose last event was before `horizon`
    /// and that have no stopwatch running or paused. No window that begins at or after `horizon` has
    /// anything of them. Returns how many were evicted; each leaves a stub.
    pub fn forget_some(&mut self, horizon: Timestamp, most: usize) -> usize {
        let numbers = u32::try_from(self.register.len() + self.vacant.len()).unwrap_or(u32::MAX);
        let mut evicted = 0;
        for _ in 0..most.min(numbers as usize) {
            let number = self.next_considered;
            self.next_considered = if number + 1 < numbers { number + 1 } else { 0 };
            evicted += usize::from(self.forget(number, horizon));
        }
        self.stubs.prune(self.advanced_to, self.bounds.stubs);
        let windows = self.lookup.context().catalog.windows();
        let longest = windows.last().copied().unwrap_or(Elapsed::ZERO);
        self.evicted_past.prune(self.advanced_to, longest);
        evicted
    }

    /// The latest event of the tickets that were evicted: windows that begin after it lack none of them.
    /// `None` if none was.
    pub fn evicted_to(&self) -> Option<Timestamp> {
        self.stubs.latest()
    }

    /// The number of stubs.
    pub fn stub_count(&self) -> usize {
        self.stubs.len()
    }

    /// The approximate memory of the stubs, in bytes.
    pub fn stub_bytes(&self) -> usize {
        self.stubs.bytes()
    }

    /// The number of stubs that were dropped because of the maximum.
    pub fn stubs_evicted(&self) -> u64 {
        self.stubs.evicted()
    }

    /// Evicts one timeline if it is at rest. Returns whether it was evicted.
    fn forget(&mut self, number: u32, horizon: Timestamp) -> bool {
        let context = self.lookup.context();
        let Some(timeline) = timeline_at(&mut self.timelines, number) else { return false };
        // Concerns belong to a team, so a team's timeline stays.
        if timeline.marked || timeline.restored || timeline.key().first().is_none_or(|b| *b == b' ')
        {
            return false;
        }
        let Some(last) = timeline.at_rest_since(context).filter(|last| *last < horizon) else {
            return false;
        };
        let brought_since = self.advanced_to.minus(BROUGHT_FOR);
        if self.reviews.timelines.contains(&number) && was_brought(timeline, brought_since) {
            return false;
        }
        let key = xxh3_64(timeline.key());
        let has_review = self.reviews.timelines.remove(&number);
        self.reviews.has_changed |= has_review;
        // A split ticket is counted nowhere.
        if !timeline.split {
            self.evicted_past.add(timeline, context);
            if has_review {
                let names = self.lookup.names();
                self.evicted_past.add_reviews(&counts_of(timeline, names, context.catalog));
            }
        }
        *timeline = Timeline::new(&[]);
        if let Ok(entry) = self.register.find_entry(key, |other| *other == number) {
            entry.remove();
        }
        self.vacant.push(number);
        self.retracted.remove(&number);
        self.stubs.put(Stub { key, last });
        true
    }
}

/// Whether somebody has brought a ticket to its team since an instant.
fn was_brought(timeline: &Timeline, since: Timestamp) -> bool {
    let reviews = timeline.events().filter(|entry| entry.kind == Kind::Reviewed);
    let mut recent = reviews.filter(|entry| entry.time >= since);
    recent.any(|entry| unpack_detail(entry.detail).bring_to_team == Some(true))
}
