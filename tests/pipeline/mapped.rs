//! Records of which a filter makes events.

use std::sync::Arc;

use vaste::catalog::Catalog;
use vaste::event::{Outcome, Reason, Skip};
use vaste::mapping::Mapping;
use vaste::partition::{Partition, ProcessedRecord, Published, Record, Taken};
use vaste::time::Timestamp;

const APPENDED: &str = "2026-11-02T09:00:00Z";

/// A partition, and a filter whose records are arrays of events.
struct Mapped {
    partition: Partition,
    mapping: Mapping,
}

impl Mapped {
    fn new() -> Self {
        let catalog = Arc::new(Catalog::new(&[], &[]));
        Self {
            partition: Partition::new(catalog, &"topic".into(), 0, 1),
            mapping: Mapping::compile("test.jq", ".[]").unwrap(),
        }
    }

    fn take_at(&mut self, offset: i64, payload: Option<&str>) -> Taken {
        let record = Record {
            offset,
            key: Some(b"T-1"),
            attributes: &[],
            payload: payload.map(str::as_bytes),
            mapping: Some(&self.mapping),
            published: Published::Appended(Timestamp::parse(APPENDED).unwrap()),
        };
        self.partition.take(&record, &mut ())
    }

    /// Takes the next record, an array of these events.
    fn take(&mut self, events: &[&str]) -> ProcessedRecord {
        let offset = self.partition.position();
        let taken = self.take_at(offset, Some(&format!("[{}]", events.join(","))));
        assert_eq!(self.partition.position(), offset + 1);
        let Taken::Processed(processed) = taken else { unreachable!("{taken:?}") };
        processed
    }
}

/// An event of a ticket at a time of the day.
fn event(ticket: &str, kind: &str, time: &str) -> String {
    format!(
        r#"{{"id":"{ticket}-{kind}","type":"ticket.{kind}","time":"2026-11-02T{time}Z","ticket":"{ticket}"}}"#
    )
}

fn reason(processed: &ProcessedRecord) -> Reason {
    let Outcome::Rejected(rejection) = &processed.outcome else { unreachable!("{processed:?}") };
    rejection.reason
}

// Goal: a record has one outcome, and each event that can be is applied.
#[test]
fn a_record_of_several_events_has_one_outcome() {
    let mut mapped = Mapped::new();
    let [one, two, three, four] =
        ["T-1", "T-2", "T-3", "T-4"].map(|id| event(id, "created", "08:00:00"));
    let (unknown, wrong) = (event("T-1", "escalated", "08:01:00"), event("T-1", "solved", "soon"));
    let late = event("T-1", "solved", "09:06:00");

    let taken = mapped.take(&[&one, &event("T-1", "agent_replied", "08:30:00")]);
    assert_eq!((&taken.outcome, taken.applied.len()), (&Outcome::Applied, 2));
    assert!(!taken.is_misplaced);
    let taken = mapped.take(&[&one, &one]);
    assert_eq!((&taken.outcome, taken.applied.len()), (&Outcome::Duplicate, 0));
    let taken = mapped.take(&[]);
    assert_eq!((&taken.outcome, taken.applied.len()), (&Outcome::Skipped(Skip::NoEvent), 0));
    let taken = mapped.take(&[&unknown]);
    assert_eq!(taken.outcome, Outcome::Skipped(Skip::UnknownType));
    let taken = mapped.take(&[&one, &unknown]);
    assert_eq!(taken.outcome, Outcome::Duplicate);
    let taken = mapped.take(&[&unknown, &two, &one]);
    assert_eq!((&taken.outcome, taken.applied.len()), (&Outcome::Applied, 1));
    assert!(taken.is_misplaced, "T-2 is not the key");

    // The good events of a rejected record count, whichever comes first.
    let taken = mapped.take(&[&wrong, &three]);
    assert_eq!((reason(&taken), taken.applied.len()), (Reason::BadTimestamp, 1));
    let taken = mapped.take(&[&four, &wrong]);
    assert_eq!((reason(&taken), taken.applied.len()), (Reason::BadTimestamp, 1));
    let taken = mapped.take(&[&late]);
    assert_eq!((reason(&taken), taken.applied.len()), (Reason::Future, 0));
    let taken = mapped.take(&[&one, "5"]);
    assert_eq!((reason(&taken), taken.applied.len()), (Reason::FilterFailed, 0));
    assert_eq!(mapped.partition.shard().timelines(), 4);

    let offset = mapped.partition.position();
    let Taken::Processed(tombstone) = mapped.take_at(offset, None) else { unreachable!() };
    assert_eq!(tombstone.outcome, Outcome::Skipped(Skip::Tombstone));
    assert_eq!(mapped.take_at(0, Some("[]")), Taken::AlreadyRead);
}
