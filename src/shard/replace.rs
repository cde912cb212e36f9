//! Two different events with one identity.
//!
//! # Design
//! The timeline keeps the one that sorts first, whichever came first, and notes in it that there was another.
//! So a team sees it if an event is sent again with an earlier time. The other one is not stored.

use super::Shard;
use super::keys::timeline_at;
use crate::ticket::{Entry, Placement, RetractionRecorder, Sink};

impl Shard {
    /// Puts an event in the place of the one with the same identity. The timeline notes that the identity was
    /// sent twice, whichever of the two came first.
    pub(super) fn replace(&mut self, number: u32, kept: &Entry<'_>, sink: &mut dyn Sink) {
        let context = self.lookup.context();
        let names = self.lookup.names();
        let Some(timeline) = timeline_at(&mut self.timelines, number) else { return };
        let spot = timeline.spot_to_replace(kept, names);
        let mut retracted = Vec::new();
        let catalog = context.catalog;
        let mut retractions =
            RetractionRecorder { sink: &mut *sink, catalog, retracted: &mut retracted };
        timeline.unwind(spot, context, &mut retractions);
        timeline.remove_twin(kept, names);
        if let Placement::Insert(point) = timeline.find(kept, names) {
            timeline.unwind(point.spot, context, &mut retractions);
            timeline.insert(point, kept);
        }
        if !retracted.is_empty() {
            self.retracted.entry(number).or_default().extend(retracted);
        }
        self.mark(number);
    }
}
