//! What is left of tickets that were forgotten: enough to know their old events when they come again.

use hashbrown::HashTable;

use crate::time::{DAY_MS, Elapsed, Timestamp};

/// Stubs of one shard at most: 256 MiB. Beyond it the oldest go, and are counted.
pub const STUBS_MAX: usize = 16_000_000;

/// How long a stub is kept after the last event of its ticket: longer than topics keep records.
pub const STUBS_FOR: Elapsed = Elapsed::from_ms(400 * DAY_MS);

/// One forgotten ticket: 16 bytes. That two tickets of one shard have the same hash is less likely than that
/// the disk lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stub {
    /// The hash of its key.
    pub(crate) key: u64,
    /// When its last event was.
    pub(crate) last: Timestamp,
}

/// The stubs of a shard.
#[derive(Debug, Default)]
pub(super) struct Stubs {
    all: HashTable<Stub>,
    /// When those that are too old were last looked for.
    pruned_at: Option<Timestamp>,
    evicted: u64,
}

impl Stubs {
    /// Up to when the ticket of that key was forgotten; none where it never was.
    pub(super) fn last_of(&self, key: u64) -> Option<Timestamp> {
        self.all.find(key, |stub| stub.key == key).map(|stub| stub.last)
    }

    /// Keeps a stub; that of a ticket that was forgotten before moves on.
    pub(super) fn put(&mut self, stub: Stub) {
        match self.all.find_mut(stub.key, |other| other.key == stub.key) {
            Some(known) => known.last = known.last.max(stub.last),
            None => {
                self.all.insert_unique(stub.key, stub, |stub| stub.key);
            }
        }
    }

    /// Drops those that are too old, once a day, and those beyond the bound.
    pub(super) fn prune(&mut self, now: Timestamp, most: usize) {
        let day = Elapsed::from_ms(DAY_MS);
        let is_due = self.pruned_at.is_none_or(|at| at.plus(day) <= now);
        if is_due {
            self.pruned_at = Some(now);
            self.all.retain(|stub| stub.last.plus(STUBS_FOR) > now);
        }
        let mut days = STUBS_FOR.ms() / DAY_MS;
        while self.all.len() > most && days > 0 {
            // Whole days at a time, the oldest first: a walk over all for each single one would never end.
            days -= 1;
            let oldest = now.minus(Elapsed::from_ms(days * DAY_MS));
            let before = self.all.len();
            self.all.retain(|stub| stub.last > oldest);
            self.evicted += (before - self.all.len()) as u64;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Stub> {
        self.all.iter().copied()
    }

    /// About how many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        self.all.capacity() * (size_of::<Stub>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(count: i64) -> Timestamp {
        Timestamp::EVENT_MIN.plus(Elapsed::from_ms(count * DAY_MS))
    }

    #[test]
    fn the_oldest_go_beyond_the_bound_and_are_counted_and_the_too_old_just_go() {
        let mut stubs = Stubs::default();
        for day in 0..500 {
            stubs.put(Stub { key: day, last: days(i64::try_from(day).unwrap()) });
        }
        stubs.prune(days(500), 1_000);
        assert_eq!(stubs.len(), 399, "those of the last 400 days");
        assert_eq!(stubs.evicted(), 0);
        stubs.prune(days(500), 100);
        assert_eq!(stubs.len(), 100);
        assert_eq!(stubs.evicted(), 299);
        assert_eq!(stubs.last_of(399), None);
        assert_eq!(stubs.last_of(400), Some(days(400)));
        stubs.put(Stub { key: 400, last: days(450) });
        stubs.put(Stub { key: 400, last: days(449) });
        assert_eq!(stubs.last_of(400), Some(days(450)), "it moves on, never back");
    }
}
