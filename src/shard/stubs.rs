//! Stubs: the remains of evicted tickets, so that their old events are recognised if they arrive again.

use hashbrown::HashTable;

use crate::time::{DAY_MS, Elapsed, Timestamp};

/// Maximum stubs of one shard: 256 MiB. Beyond it the oldest are dropped and counted.
pub const STUBS_MAX: usize = 16_000_000;

/// How long a stub is kept after the last event of its ticket. Topics keep their records for less.
pub const STUBS_FOR: Elapsed = Elapsed::from_ms(400 * DAY_MS);

/// One evicted ticket, in 16 bytes.
///
/// Two tickets of one shard with the same hash are less likely than a disk error that no checksum detects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stub {
    /// The hash of the ticket's key.
    pub(crate) key: u64,
    /// The time of the ticket's last event.
    pub(crate) last: Timestamp,
}

/// The stubs of a shard.
#[derive(Debug, Default)]
pub(super) struct Stubs {
    all: HashTable<Stub>,
    /// When expired stubs were last removed.
    pruned_at: Option<Timestamp>,
    evicted: u64,
}

impl Stubs {
    /// The last event time of the evicted ticket with that key; `None` if there is no stub.
    pub(super) fn last_of(&self, key: u64) -> Option<Timestamp> {
        self.all.find(key, |stub| stub.key == key).map(|stub| stub.last)
    }

    /// Adds a stub. If the ticket already has one, the later time holds.
    pub(super) fn put(&mut self, stub: Stub) {
        match self.all.find_mut(stub.key, |other| other.key == stub.key) {
            Some(known) => known.last = known.last.max(stub.last),
            None => {
                self.all.insert_unique(stub.key, stub, |stub| stub.key);
            }
        }
    }

    /// Removes expired stubs once a day, and drops the oldest beyond `most`.
    pub(super) fn prune(&mut self, now: Timestamp, most: usize) {
        let day = Elapsed::from_ms(DAY_MS);
        let is_due = self.pruned_at.is_none_or(|at| at.plus(day) <= now);
        if is_due {
            self.pruned_at = Some(now);
            self.all.retain(|stub| stub.last.plus(STUBS_FOR) > now);
        }
        let mut days = STUBS_FOR.ms() / DAY_MS;
        while self.all.len() > most && days > 0 {
            // A whole day of stubs at a time: each pass reads the whole table.
            days -= 1;
            let oldest = now.minus(Elapsed::from_ms(days * DAY_MS));
            let before = self.all.len();
            self.all.retain(|stub| stub.last > oldest);
            self.evicted += (before - self.all.len()) as u64;
        }
    }

    /// The latest event of any evicted ticket; `None` if there are no stubs.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        self.all.iter().map(|stub| stub.last).max()
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

    /// The approximate memory of all stubs, in bytes.
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
    fn expired_stubs_are_removed_and_the_oldest_beyond_the_maximum_are_counted() {
        let mut stubs = Stubs::default();
        for day in 0..500 {
            stubs.put(Stub { key: day, last: days(i64::try_from(day).unwrap()) });
        }
        stubs.prune(days(500), 1_000);
        assert_eq!(stubs.len(), 399, "the stubs of the last 400 days");
        assert_eq!(stubs.evicted(), 0);
        stubs.prune(days(500), 100);
        assert_eq!(stubs.len(), 100);
        assert_eq!(stubs.evicted(), 299);
        assert_eq!(stubs.last_of(399), None);
        assert_eq!(stubs.last_of(400), Some(days(400)));
        stubs.put(Stub { key: 400, last: days(450) });
        stubs.put(Stub { key: 400, last: days(449) });
        assert_eq!(stubs.last_of(400), Some(days(450)), "the later time holds");
    }
}
