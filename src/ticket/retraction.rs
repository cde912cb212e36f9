//! Tells new samples from samples that a late event retracted and that come back.
//!
//! A late event takes its ticket back to an earlier state and derives it again. Most of the retracted
//! samples then come back, perhaps with another duration. Counters that only grow must not count those
//! twice: [`RetractionRecorder`] notes what was retracted, [`NewSampleFilter`] compares with that.

use super::change::{Ended, Ending};
use super::sink::{Change, Sink};
use crate::catalog::Catalog;
use crate::measure::Measure;

/// Passes all changes on, and notes the measure of each sample that is retracted.
pub(crate) struct RetractionRecorder<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) catalog: &'a Catalog,
    pub(crate) retracted: &'a mut Vec<Measure>,
}

/// Whether this is a sample of the measure's standard stopwatch. Stopwatches with an objective's own pauses
/// or hours measure the same waits again, so they add no samples.
fn is_sample(ended: &Ended, catalog: &Catalog) -> bool {
    ended.ending == Ending::Answered && catalog.is_standard(ended.stopwatch_kind)
}

impl Sink for RetractionRecorder<'_> {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        match change {
            Change::Ended(ended) => {
                if by < 0 && is_sample(ended, self.catalog) {
                    self.retracted.push(ended.measure);
                }
            }
            Change::Running(_)
            | Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_)
            | Change::NewSample(_)
            | Change::LateEvent { .. } => {}
        }
        self.sink.apply(change, by);
    }
}

/// Passes all changes on, and adds [`Change::NewSample`] after each sample that replaces no retracted one.
pub(crate) struct NewSampleFilter<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) catalog: &'a Catalog,
    /// The measures of retracted samples that have not come back yet.
    pub(crate) retracted: Vec<Measure>,
}

impl Sink for NewSampleFilter<'_> {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        self.sink.apply(change, by);
        match change {
            Change::Ended(ended) => {
                if by > 0 && is_sample(ended, self.catalog) {
                    match self.retracted.iter().position(|measure| *measure == ended.measure) {
                        Some(replaced) => {
                            self.retracted.swap_remove(replaced);
                        }
                        None => self.sink.apply(Change::NewSample(ended), 1),
                    }
                }
            }
            Change::Running(_)
            | Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_)
            | Change::NewSample(_)
            | Change::LateEvent { .. } => {}
        }
    }
}
