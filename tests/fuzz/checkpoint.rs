//! Fuzzes checkpoints: any bytes are refused, or restored to a partition that can be read and
//! saved. The input gets a correct length and checksum, so that the code behind them is reached.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use vaste_fuzz::partition::Partition;
use vaste_fuzz::time::Timestamp;
use vaste_fuzz::{checkpoint, catalog};
use xxhash_rust::xxh3::xxh3_64;

/// Magic, version and length.
const HEAD: usize = 20;

fuzz_target!(|data: &[u8]| {
    // Unchanged input, which is rarely a whole checkpoint.
    drop(checkpoint::read(data));
    if data.len() < HEAD + 8 {
        return;
    }
    let mut bytes = data[..data.len() - 8].to_vec();
    bytes[..8].copy_from_slice(b"vaste-cp");
    let body = (bytes.len() - HEAD) as u64;
    bytes[12..HEAD].copy_from_slice(&body.to_le_bytes());
    let checksum = xxh3_64(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    let Ok(image) = checkpoint::read(&bytes) else { return };
    let catalog = catalog();
    let topic: Arc<str> = Arc::from(&*image.origin.topic);
    let number = image.origin.partition;
    let Ok(mut partition) = Partition::restore(&image, Arc::clone(&catalog), &topic, number, 2)
    else {
        return;
    };
    let now = Timestamp::from_ms(1_795_252_443_000);
    while partition.advance_some(now, usize::MAX, &mut ()) {}
    if let Some((_, again)) = partition.image(now) {
        let image = checkpoint::read(&again).expect("what was written reads");
        Partition::restore(&image, catalog, &topic, number, 3).expect("and restores");
    }
});
