//! Checkpoints: what was kept reads as what was there, to the byte; what is damaged is never read.

use std::sync::Arc;

use proptest::prelude::*;
use vaste::catalog::Catalog;
use vaste::checkpoint::{self, CheckpointError, Origin, RecordFingerprint};
use vaste::event::{Event, decode};
use vaste::measure::Measure;
use vaste::responses::Responses;
use vaste::shard::Shard;
use vaste::time::Timestamp;
use vaste::view::View;

use crate::generate::{BEGIN_MS, History, history, long_history};

fn origin() -> Origin {
    Origin {
        topic: "ticket-events".into(),
        partition: 3,
        epoch: 7,
        position: 1_234,
        written_at: Timestamp::from_ms(BEGIN_MS),
        history_from: Some(Timestamp::from_ms(BEGIN_MS - 1)),
        counted_to: Timestamp::from_ms(BEGIN_MS - 2),
        last_record: Some(RecordFingerprint { offset: 1_233, timestamp: BEGIN_MS - 3, bytes: 141 }),
    }
}

/// The image of a shard that has counted nothing.
fn written(shard: &Shard, catalog: &Arc<Catalog>) -> Vec<u8> {
    checkpoint::write(shard, &Responses::new(catalog), catalog, &origin())
}

/// All that a shard says at the instants of a history.
fn told(shard: &mut Shard, catalog: &Arc<Catalog>, instants: &[Timestamp]) -> Vec<String> {
    let mut view = View::new(Arc::clone(catalog), Timestamp::from_ms(BEGIN_MS));
    let mut lines = Vec::new();
    for &now in instants {
        view.advance(now);
        shard.advance(now, &mut view);
        lines.extend(view.readings().iter().map(|r| serde_json::to_string(r).unwrap()));
        lines.extend(view.verdicts().iter().map(|v| serde_json::to_string(v).unwrap()));
    }
    lines
}

fn shard_of(events: &[Event<'static>], catalog: &Arc<Catalog>) -> Shard {
    let mut shard = Shard::new(Arc::clone(catalog));
    for event in events {
        shard.apply(event, &mut ());
    }
    shard
}

/// Whatever the cut: kept after some events and read back, with the rest it reads as the whole; and what it
/// kept already is recognised when it comes again.
fn check(history: &History, cut: prop::sample::Index) -> Result<(), TestCaseError> {
    let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
    let whole = told(&mut shard_of(&history.events, &catalog), &catalog, &history.instants);
    let cut = if history.events.is_empty() { 0 } else { cut.index(history.events.len()) };
    let (before, after) = history.events.split_at(cut);
    let mut first = shard_of(before, &catalog);
    if history.seed.is_multiple_of(2) {
        // As in the service: it has been read from meanwhile.
        told(&mut first, &catalog, &history.instants[..1]);
    }
    let bytes = written(&first, &catalog);
    let image = checkpoint::read(&bytes).unwrap();
    prop_assert_eq!(&image.origin, &origin());
    prop_assert_eq!(image.timelines(), first.timelines());
    let mut restored = image.restore(Arc::clone(&catalog)).unwrap();
    prop_assert_eq!(written(&restored, &catalog), bytes, "kept again, it is the same");
    // From the offset of the checkpoint on, and some records from before it once more.
    for event in before.iter().rev().take(3).chain(after) {
        restored.apply(event, &mut ());
    }
    prop_assert_eq!(told(&mut restored, &catalog, &history.instants), whole);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn kept_anywhere_and_read_back_it_reads_as_if_it_had_never_stopped(
        history in history(), cut in any::<prop::sample::Index>(),
    ) {
        check(&history, cut)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..Default::default() })]

    #[test]
    fn so_does_a_ticket_of_hundreds_of_events(
        history in long_history(), cut in any::<prop::sample::Index>(),
    ) {
        check(&history, cut)?;
    }
}

/// The image of a small shard.
fn small() -> Vec<u8> {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let history = history().new_tree(&mut runner).unwrap().current();
    let catalog = Arc::new(Catalog::new(&[], &Measure::DEFAULT));
    written(&shard_of(&history.events, &catalog), &catalog)
}

#[test]
fn every_flipped_bit_is_refused() {
    let bytes = small();
    assert!(bytes.len() > 200, "there is something to flip");
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(checkpoint::read(&flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn every_truncation_and_every_byte_too_many_is_refused() {
    let mut bytes = small();
    for length in 0..bytes.len() {
        assert!(checkpoint::read(&bytes[..length]).is_err(), "{length} bytes");
    }
    bytes.push(0);
    assert!(matches!(checkpoint::read(&bytes), Err(CheckpointError::Length { .. })));
}

/// Written by the code of version 1, of three events of two tickets.
const VERSION_1: &[u8] = include_bytes!("version-1.vaste");

#[test]
fn every_older_version_is_read_as_it_was_meant_and_written_as_the_newest() {
    let records = [
        r#"{"id":"1","type":"ticket.created","time":"2026-11-20T12:30:00Z","ticket":"T-1","team":"billing"}"#,
        r#"{"id":"2","type":"ticket.agent_replied","time":"2026-11-20T12:40:00Z","ticket":"T-1","agent":"aino"}"#,
        r#"{"id":"3","type":"ticket.created","time":"2026-11-20T12:50:00Z","ticket":"T-2"}"#,
    ];
    let catalog = Arc::new(Catalog::new(&[], &Measure::DEFAULT));
    let events: Vec<Event<'static>> =
        records.iter().map(|record| decode(record.as_bytes()).unwrap()).collect();
    let instants = [Timestamp::parse("2026-11-20T13:00:00Z").unwrap()];
    let plain = told(&mut shard_of(&events, &catalog), &catalog, &instants);
    assert!(!plain.is_empty());
    let image = checkpoint::read(VERSION_1).unwrap();
    assert_eq!((image.version, image.timelines(), image.stubs(), image.samples()), (1, 2, 0, 0));
    assert_eq!((image.origin.epoch, image.origin.position), (5, 1_042));
    assert_eq!(image.origin.last_record, None, "it did not say");
    let mut restored = image.restore(Arc::clone(&catalog)).unwrap();
    assert_eq!(told(&mut restored, &catalog, &instants), plain);
    // Nothing of it was counted: version 1 had no counters. So all that it holds counts now.
    let newest = written(&restored, &catalog);
    assert_eq!(checkpoint::read(&newest).unwrap().version, checkpoint::VERSION);
    let again = checkpoint::read(&newest).unwrap().restore(Arc::clone(&catalog));
    assert_eq!(told(&mut again.unwrap(), &catalog, &instants), plain);
}

#[test]
fn what_is_newer_or_of_somebody_else_says_so_with_a_way_out() {
    let mut newer = small();
    newer[8..12].copy_from_slice(&(checkpoint::VERSION + 1).to_le_bytes());
    let said = checkpoint::read(&newer).unwrap_err().to_string();
    assert_eq!(
        said,
        "it is of format 3, and this version reads 1 to 2: use the version of Vaste that wrote it, or remove \
         it and let the state be rebuilt from the topic"
    );
    assert_eq!(checkpoint::read(b"#!/bin/sh").unwrap_err(), CheckpointError::Foreign);
    assert_eq!(checkpoint::read(b"").unwrap_err(), CheckpointError::Foreign);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    /// Even what carries a right checksum: whoever writes it may be anybody.
    #[test]
    fn nothing_that_is_read_panics(
        body in proptest::collection::vec(any::<u8>(), 0..400),
        at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let sealed = |version: u32, body: &[u8]| {
            let mut bytes = b"vaste-cp".to_vec();
            bytes.extend_from_slice(&version.to_le_bytes());
            bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
            bytes.extend_from_slice(body);
            let checksum = xxhash_rust::xxh3::xxh3_64(&bytes);
            bytes.extend_from_slice(&checksum.to_le_bytes());
            bytes
        };
        let catalog = Arc::new(Catalog::new(&[], &Measure::ALL));
        let mut forged = small();
        let end = forged.len() - 8;
        let index = 20 + at.index(end - 20);
        forged[index] = byte;
        for bytes in [sealed(checkpoint::VERSION, &body), sealed(checkpoint::VERSION, &forged[20..end])] {
            if let Ok(image) = checkpoint::read(&bytes)
                && let Ok(mut shard) = image.restore(Arc::clone(&catalog))
            {
                let mut view = View::new(Arc::clone(&catalog), Timestamp::EVENT_MIN);
                shard.advance(Timestamp::EVENT_END, &mut view);
                view.readings();
            }
        }
    }
}
