//! Which timelines wait, and what they wait for.

use super::Shard;
use super::keys::{key_at, timeline_at};
use crate::ticket::{Step, Waits};
use crate::time::Timestamp;

/// Maximum derived timelines that are noted between two calls: 256 KB.
const NOTED_MAX: usize = 65_536;

/// The timelines that were derived since the last call, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Derived {
    /// These.
    Numbers(Vec<u32>),
    /// More than are noted.
    TooMany,
}

/// Notes which timelines are derived, and which of them wait.
#[derive(Debug, Default)]
pub(super) struct DerivedNotes {
    /// `None` until the first call of [`Shard::take_derived`].
    numbers: Option<Vec<u32>>,
    /// One bit for each timeline.
    waits: Vec<u64>,
}

impl DerivedNotes {
    /// Notes that a timeline was derived, and whether anything of it runs or is paused.
    pub(super) fn note(&mut self, number: u32, waits: bool) {
        let Some(numbers) = &mut self.numbers else { return };
        // One more than the maximum shows that some are missing.
        if numbers.len() <= NOTED_MAX {
            numbers.push(number);
        }
        let (word, bit) = (number as usize / 64, 1_u64 << (number % 64));
        if self.waits.len() <= word {
            self.waits.resize(word + 1, 0);
        }
        let bits = &mut self.waits[word];
        *bits = if waits { *bits | bit } else { *bits & !bit };
    }
}

impl Shard {
    /// The timelines that were derived since the last call. The first call returns none and starts the list.
    pub(crate) fn take_derived(&mut self) -> Derived {
        let numbers = self.derived.numbers.replace(Vec::new()).unwrap_or_default();
        if numbers.len() > NOTED_MAX { Derived::TooMany } else { Derived::Numbers(numbers) }
    }

    /// One more than the highest number of a timeline.
    pub(crate) fn numbers(&self) -> u32 {
        u32::try_from(self.register.len() + self.vacant.len()).unwrap_or(u32::MAX)
    }

    /// Whether a stopwatch of that timeline ran or was paused when it was last derived.
    pub(crate) fn waits(&self, number: u32) -> bool {
        let word = self.derived.waits.get(number as usize / 64);
        word.is_some_and(|bits| bits & (1 << (number % 64)) != 0)
    }

    /// What a ticket waits for, as of the last advance. One that another partition has too waits for nothing.
    pub(crate) fn waits_of(&mut self, number: u32) -> Option<Waits> {
        self.lookup.resolve();
        let context = self.lookup.context();
        timeline_at(&mut self.timelines, number).map(|timeline| timeline.waits(context))
    }

    /// The events of a ticket by number; see [`Shard::trace`].
    pub(crate) fn steps_of(&mut self, number: u32, now: Timestamp) -> Option<Vec<Step>> {
        self.lookup.resolve();
        let context = self.lookup.context();
        let timeline = timeline_at(&mut self.timelines, number)?;
        Some(timeline.trace(now, self.lookup.names(), context))
    }

    /// The id of a ticket.
    pub(crate) fn id_of(&self, number: u32) -> &str {
        std::str::from_utf8(key_at(&self.timelines, number)).unwrap_or_default()
    }
}
