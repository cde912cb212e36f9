//! Changes of tickets, recorded by a worker and applied to the view by the coordinator.

use crate::ticket::{Change, EffectLog, Sink};

/// All changes of tickets in order, and counts of late events.
#[derive(Debug, Default)]
pub(in crate::service) struct Effects {
    log: EffectLog,
    late: LateEventCounts,
}

/// Late events since the batch began. Counted: a log entry for each would cost as much as an ending.
#[derive(Debug, Default)]
struct LateEventCounts {
    correcting: i64,
    harmless: i64,
}

impl Sink for Effects {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        match change {
            Change::Ended(_)
            | Change::Running(_)
            | Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_) => self.log.apply(change, by),
            // The worker has counted it: its response counters belong to the partition.
            Change::NewSample(_) => {}
            Change::LateEvent { corrects: true } => self.late.correcting += by,
            Change::LateEvent { corrects: false } => self.late.harmless += by,
        }
    }
}

impl Effects {
    /// Passes all changes on to `sink`.
    pub(in crate::service) fn apply_to(self, sink: &mut dyn Sink) {
        self.log.apply_to(sink);
        let LateEventCounts { correcting, harmless } = self.late;
        for (corrects, events) in [(true, correcting), (false, harmless)] {
            if events > 0 {
                sink.apply(Change::LateEvent { corrects }, events);
            }
        }
    }
}
