//! Which samples are new, and which only come back after a late event was put in its place.

use super::change::{Ended, Ending, Rated, Running, Sink};
use crate::catalog::Catalog;
use crate::measure::Measure;

/// Passes on what is taken back, and keeps the measures of the samples among it.
pub(crate) struct RetractionRecorder<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) catalog: &'a Catalog,
    pub(crate) retracted: &'a mut Vec<Measure>,
}

/// Whether it is a sample of the measure's own stopwatch: those of objectives' own are not counted twice.
fn is_sample(ended: &Ended, catalog: &Catalog) -> bool {
    ended.ending == Ending::Answered && catalog.is_standard(ended.stopwatch_kind)
}

impl Sink for RetractionRecorder<'_> {
    fn ended(&mut self, ended: &Ended, by: i64) {
        if by < 0 && is_sample(ended, self.catalog) {
            self.retracted.push(ended.measure);
        }
        self.sink.ended(ended, by);
    }

    fn running(&mut self, running: &Running, by: i64) {
        self.sink.running(running, by);
    }

    fn rated(&mut self, rated: &Rated, by: i64) {
        self.sink.rated(rated, by);
    }
}

/// Passes on what is made, and says of a sample that it is new unless one of its measure was taken back.
pub(crate) struct NewSampleFilter<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) catalog: &'a Catalog,
    pub(crate) retracted: Vec<Measure>,
}

impl Sink for NewSampleFilter<'_> {
    fn ended(&mut self, ended: &Ended, by: i64) {
        self.sink.ended(ended, by);
        if by > 0 && is_sample(ended, self.catalog) {
            match self.retracted.iter().position(|measure| *measure == ended.measure) {
                Some(again) => {
                    self.retracted.swap_remove(again);
                }
                None => self.sink.sample_made(ended),
            }
        }
    }

    fn running(&mut self, running: &Running, by: i64) {
        self.sink.running(running, by);
    }

    fn rated(&mut self, rated: &Rated, by: i64) {
        self.sink.rated(rated, by);
    }
}
