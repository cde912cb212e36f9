//! The lists of waiting tickets of a worker's partitions.

use std::collections::BTreeMap;

use crate::partition::Partition;
use crate::time::Timestamp;
use crate::waiting_list::WaitingLists;
use crate::waiting_walk::WaitingWalk;

/// One walk for each partition; none where ids of tickets are not shown.
#[derive(Debug, Default)]
pub(super) struct WaitingWalks {
    shows_ids: bool,
    walks: BTreeMap<i32, WaitingWalk>,
}

impl WaitingWalks {
    pub(super) fn new(shows_ids: bool) -> Self {
        Self { shows_ids, walks: BTreeMap::new() }
    }

    /// Begins the lists of a partition that was taken up.
    pub(super) fn begin(&mut self, number: i32, partition: &mut Partition) {
        if self.shows_ids {
            self.walks.insert(number, WaitingWalk::new(partition.shard_mut()));
        }
    }

    pub(super) fn end(&mut self, number: i32) {
        self.walks.remove(&number);
    }

    /// The lists of a partition, which was just advanced to `now`.
    pub(super) fn follow(
        &mut self,
        number: i32,
        partition: &mut Partition,
        now: Timestamp,
    ) -> Option<WaitingLists> {
        let walk = self.walks.get_mut(&number)?;
        walk.follow(partition.shard_mut(), now);
        Some(walk.lists().clone())
    }

    /// Looks at some more timelines of a partition.
    pub(super) fn go_on(&mut self, number: i32, partition: &mut Partition, now: Timestamp) {
        if let Some(walk) = self.walks.get_mut(&number) {
            walk.go_on(partition.shard_mut(), now);
        }
    }
}
