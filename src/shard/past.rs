//! What the tickets of a shard add to the past.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::lookup::NameLookup;
use super::{Shard, ShardImage};
use crate::name::Names;
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
        let names = Names::from_ordered(self.names)?;
        let mut lookup = NameLookup::new(Arc::clone(tallies.catalog()), names);
        lookup.resolve();
        let context = lookup.context();
        for image in self.timelines {
            let mut timeline = Timeline::from_image(image, |entry| self.has_names_of(entry))?;
            if aside.is_empty() || !aside.contains(&xxh3_64(image.key)) {
                tallies.add(&mut timeline, context);
            }
        }
        Some(())
    }
}
