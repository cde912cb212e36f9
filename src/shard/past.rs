//! What the tickets of a shard add to the past.

use super::Shard;
use crate::past::{EvictedPast, HourlyTallies};

impl Shard {
    /// Adds its tickets to the past, the evicted ones included. Only for a shard that was restored for the
    /// catalog of `tallies` and has not been advanced; its timelines are used up.
    pub fn add_to_past(&mut self, tallies: &mut HourlyTallies) {
        tallies.add_evicted(&self.evicted_past, self.evicted_to());
        self.lookup.resolve();
        let context = self.lookup.context();
        for timeline in self.timelines.iter_mut().flatten().filter(|timeline| !timeline.split) {
            tallies.add(timeline, context);
        }
    }

    /// What the evicted tickets have added to the past.
    pub fn evicted_past(&self) -> &EvictedPast {
        &self.evicted_past
    }
}
