//! What the tickets of a shard add to the past.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::lookup::NameMeanings;
use super::{Shard, ShardImage};
use crate::check_list::CheckDraw;
use crate::past::{EvictedPast, HourlyTallies};
use crate::ticket::Timeline;

impl Shard {
    /// What the evicted tickets have added to the past.
    pub fn evicted_past(&self) -> &EvictedPast {
        &self.evicted_past
    }
}

impl ShardImage<'_> {
    /// Adds its tickets to the past, the evicted ones included, but none of `aside`: hashes of keys. Only one
    /// ticket at a time is in memory, besides the image. `None` if an event cannot be read, or names
    /// something that the image does not have.
    pub(crate) fn add_to_past(&self, tallies: &mut HourlyTallies, aside: &[u64]) -> Option<()> {
        tallies.add_evicted(self.evicted_past, self.stubs.iter().map(|stub| stub.last).max());
        let catalog = Arc::clone(tallies.catalog());
        let meanings = NameMeanings::of(self.names, &catalog);
        let context = meanings.context(&catalog);
        for image in self.timelines {
            let mut timeline = Timeline::from_image(image, |entry| self.has_names_of(entry))?;
            if aside.is_empty() || !aside.contains(&xxh3_64(image.key)) {
                tallies.add(&mut timeline, context);
            }
        }
        Some(())
    }

    /// Adds its tickets to the lists of what turns of duty check, in the same way. A ticket that is evicted
    /// has had no event for weeks, so no list has it.
    pub(crate) fn add_to_checks(&self, draw: &mut CheckDraw, aside: &[u64]) -> Option<()> {
        let catalog = Arc::clone(draw.catalog());
        let meanings = NameMeanings::of(self.names, &catalog);
        for image in self.timelines {
            let is_of_team = image.key.first() == Some(&b' ');
            if is_of_team || aside.contains(&xxh3_64(image.key)) {
                continue;
            }
            let mut timeline = Timeline::from_image(image, |entry| self.has_names_of(entry))?;
            let first = timeline.times().next();
            if first.is_some_and(|first| draw.may_list(first)) {
                draw.add(&mut timeline, self.names, meanings.context(&catalog));
            }
        }
        Some(())
    }
}
