//! Fuzzes records: any lines are records of one partition. Each has one outcome, and the partition
//! can be read and saved.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use vaste_fuzz::partition::{Partition, Published, Record, Taken};
use vaste_fuzz::time::Timestamp;
use vaste_fuzz::{checkpoint, catalog};

fuzz_target!(|data: &[u8]| {
    let catalog = catalog();
    let topic = Arc::from("t");
    let mut partition = Partition::new(Arc::clone(&catalog), &topic, 0, 1);
    let mut records = 0;
    for payload in data.split(|byte| *byte == b'\n') {
        let published = Published::Unknown;
        let record = Record {
            offset: records,
            key: None,
            attributes: &[],
            payload: Some(payload),
            mapping: None,
            published,
        };
        records += 1;
        let taken = partition.take(&record, &mut ());
        assert!(matches!(taken, Taken::Processed(_)), "{taken:?}");
        assert_eq!(partition.position(), records);
    }
    let now = Timestamp::from_ms(1_795_252_443_000);
    while partition.advance_some(now, usize::MAX, &mut ()) {}
    let (_, bytes) = partition.image(now).expect("all is brought up to now");
    let image = checkpoint::read(&bytes).expect("what was written reads");
    let restored = Partition::restore(&image, catalog, &topic, 0, 2).expect("and restores");
    assert_eq!(restored.shard().timelines(), partition.shard().timelines());
});
