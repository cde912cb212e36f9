//! Writes a checkpoint of a day's records as a seed for the fuzzer: `seed RECORDS CHECKPOINT`.

use std::sync::Arc;

use vaste_fuzz::partition::{Partition, Published, Record};
use vaste_fuzz::catalog;
use vaste_fuzz::time::Timestamp;

fn main() -> std::io::Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let records = std::fs::read(&paths[0])?;
    let mut partition = Partition::new(catalog(), &Arc::from("t"), 0, 1);
    for (offset, payload) in (0..).zip(records.split(|byte| *byte == b'\n')) {
        let record = Record {
            offset,
            key: None,
            attributes: &[],
            payload: Some(payload),
            mapping: None,
            published: Published::Unknown,
        };
        partition.take(&record, &mut ());
    }
    let now = Timestamp::from_ms(1_795_252_443_000);
    while partition.advance_some(now, usize::MAX, &mut ()) {}
    let image = partition.image(now).map(|(_, bytes)| bytes);
    std::fs::write(&paths[1], image.unwrap_or_default())
}
