//! Changes of tickets, recorded by a worker and applied to the view by the coordinator.

use crate::ticket::{Ended, Rated, Running, Sink};

/// Recorded changes, in order.
#[derive(Debug, Default)]
pub(in crate::service) struct Effects {
    all: Vec<Effect>,
    /// Late events: those that corrected samples, and the others.
    late: [u64; 2],
}

#[derive(Debug)]
enum Effect {
    Ended(Ended, i64),
    Running(Running, i64),
    Rated(Rated, i64),
}

impl Sink for Effects {
    fn ended(&mut self, ended: &Ended, by: i64) {
        self.all.push(Effect::Ended(ended.clone(), by));
    }

    fn running(&mut self, running: &Running, by: i64) {
        self.all.push(Effect::Running(running.clone(), by));
    }

    fn rated(&mut self, rated: &Rated, by: i64) {
        self.all.push(Effect::Rated(rated.clone(), by));
    }

    fn came_late(&mut self, corrects: bool) {
        self.late[usize::from(!corrects)] += 1;
    }
}

impl Effects {
    /// Applies all of them to a sink.
    pub(in crate::service) fn apply(self, sink: &mut dyn Sink) {
        for effect in self.all {
            match effect {
                Effect::Ended(ended, by) => sink.ended(&ended, by),
                Effect::Running(running, by) => sink.running(&running, by),
                Effect::Rated(rated, by) => sink.rated(&rated, by),
            }
        }
        for (corrects, events) in [true, false].into_iter().zip(self.late) {
            (0..events).for_each(|_| sink.came_late(corrects));
        }
    }
}
