//! Which samples are new, and which only come back after a late event was put in its place.

use super::effect::{Ended, Ending, Rated, Running, Sink};
use crate::measure::Measure;
use crate::rules::Rules;

/// Passes on what is taken back, and keeps the measures of the samples among it.
pub(crate) struct TakingBack<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) rules: &'a Rules,
    pub(crate) taken: &'a mut Vec<Measure>,
}

/// Whether it is a sample of the measure's own stopwatch: those of objectives' own are not counted twice.
fn is_sample(ended: &Ended, rules: &Rules) -> bool {
    ended.ending == Ending::Answered && rules.is_standard(ended.course)
}

impl Sink for TakingBack<'_> {
    fn ended(&mut self, ended: &Ended, by: i64) {
        if by < 0 && is_sample(ended, self.rules) {
            self.taken.push(ended.measure);
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
pub(crate) struct Making<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) rules: &'a Rules,
    pub(crate) taken: Vec<Measure>,
}

impl Sink for Making<'_> {
    fn ended(&mut self, ended: &Ended, by: i64) {
        self.sink.ended(ended, by);
        if by > 0 && is_sample(ended, self.rules) {
            match self.taken.iter().position(|measure| *measure == ended.measure) {
                Some(again) => {
                    self.taken.swap_remove(again);
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
