//! Changes of the derived state, and the sinks that receive them.

use super::change::{Ended, Rated, Running};
use super::flag::{Flagged, MergedWait, TakenOver};
use crate::time::Timestamp;

/// One change of what the timelines of a shard say.
///
/// Each comes with a weight `by`: how often to count it. Negative weights take back what was counted.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// A stopwatch ended.
    Ended(&'a Ended),
    /// A stopwatch runs or is paused.
    Running(&'a Running),
    /// A ticket was rated or reviewed.
    Rated(&'a Rated),
    /// Something changed figures without a sooner answer.
    Flagged(&'a Flagged),
    /// A ticket was merged while it waited. Whether another ticket took its wait over is known only where
    /// the changes of all tickets meet.
    Merged {
        /// The merged ticket.
        ticket: &'a str,
        /// Its wait.
        wait: &'a MergedWait,
    },
    /// A ticket goes on with the wait of a merged one.
    TookOver(&'a TakenOver),
    /// The sample of the [`Change::Ended`] just before this one is counted for the first time: no late event
    /// retracted it earlier. For counters that only grow, so its weight is never negative.
    NewSample(&'a Ended),
    /// An event arrived after later events of its ticket had been applied. Its weight is never negative.
    LateEvent {
        /// Whether the event retracted samples.
        corrects: bool,
    },
}

/// Receives the changes of one or more shards.
pub trait Sink {
    /// Counts `change` `by` times: +1 adds it, −1 takes it back.
    fn apply(&mut self, change: Change<'_>, by: i64);
}

/// Receives what objectives are judged by: stopwatches of their kinds that end or run. Each change comes with
/// the time of the event that makes it.
pub(crate) trait JudgedSink {
    /// Counts `change` `by` times, as [`Sink::apply`] does.
    fn apply_at(&mut self, at: Timestamp, change: Change<'_>, by: i64);
}

/// Discards every change. For a shard that was never advanced and so has nothing to take back.
impl Sink for () {
    fn apply(&mut self, _: Change<'_>, _: i64) {}
}

/// A [`Change`] that owns its content.
#[derive(Clone, Debug)]
pub enum Effect {
    /// See [`Change::Ended`].
    Ended(Ended),
    /// See [`Change::Running`].
    Running(Running),
    /// See [`Change::Rated`].
    Rated(Rated),
    /// See [`Change::Flagged`].
    Flagged(Flagged),
    /// See [`Change::Merged`].
    Merged {
        /// The merged ticket.
        ticket: Box<str>,
        /// Its wait.
        wait: MergedWait,
    },
    /// See [`Change::TookOver`].
    TookOver(TakenOver),
    /// See [`Change::NewSample`].
    NewSample(Ended),
    /// See [`Change::LateEvent`].
    LateEvent {
        /// Whether the event retracted samples.
        corrects: bool,
    },
}

impl Effect {
    /// The change that this effect is a copy of.
    pub fn change(&self) -> Change<'_> {
        match self {
            Self::Ended(ended) => Change::Ended(ended),
            Self::Running(running) => Change::Running(running),
            Self::Rated(rated) => Change::Rated(rated),
            Self::Flagged(flagged) => Change::Flagged(flagged),
            Self::Merged { ticket, wait } => Change::Merged { ticket, wait },
            Self::TookOver(taken) => Change::TookOver(taken),
            Self::NewSample(ended) => Change::NewSample(ended),
            Self::LateEvent { corrects } => Change::LateEvent { corrects: *corrects },
        }
    }
}

impl From<Change<'_>> for Effect {
    fn from(change: Change<'_>) -> Self {
        match change {
            Change::Ended(ended) => Self::Ended(ended.clone()),
            Change::Running(running) => Self::Running(running.clone()),
            Change::Rated(rated) => Self::Rated(rated.clone()),
            Change::Flagged(flagged) => Self::Flagged(*flagged),
            Change::Merged { ticket, wait } => Self::Merged { ticket: ticket.into(), wait: *wait },
            Change::TookOver(taken) => Self::TookOver(taken.clone()),
            Change::NewSample(ended) => Self::NewSample(ended.clone()),
            Change::LateEvent { corrects } => Self::LateEvent { corrects },
        }
    }
}

/// Effects in the order in which they occurred, each with its weight.
#[derive(Debug, Default)]
pub struct EffectLog(Vec<(Effect, i64)>);

impl EffectLog {
    /// Passes all effects on to another sink, in order.
    pub fn apply_to(self, sink: &mut dyn Sink) {
        for (effect, by) in self.0 {
            sink.apply(effect.change(), by);
        }
    }

    /// Takes all effects back from a sink, the last first: an effect that was retracted on the way must be
    /// there again before it can be taken away.
    pub fn take_back(&self, sink: &mut dyn Sink) {
        for (effect, by) in self.0.iter().rev() {
            sink.apply(effect.change(), -by);
        }
    }
}

impl Sink for EffectLog {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        self.0.push((change.into(), by));
    }
}

impl IntoIterator for EffectLog {
    type Item = (Effect, i64);
    type IntoIter = std::vec::IntoIter<(Effect, i64)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
