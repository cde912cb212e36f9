//! Checkpoints: a restored shard equals the saved one byte for byte, and a damaged checkpoint is
//! refused.

use std::sync::Arc;

use proptest::prelude::*;
use vaste::catalog::Catalog;
use vaste::checkpoint::{self, CheckpointError, Origin, RecordFingerprint, Tenure};
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
        topic_id: Some("bXktdG9waWM".into()),
        tenure: Some(Tenure { process: 17, since_epoch: 5 }),
        partition: 3,
        epoch: 7,
        position: 1_234,
        written_at: Timestamp::from_ms(BEGIN_MS),
        history_from: Some(Timestamp::from_ms(BEGIN_MS - 1)),
        counted_to: Timestamp::from_ms(BEGIN_MS - 2),
        last_record: Some(RecordFingerprint { offset: 1_233, timestamp: BEGIN_MS - 3, bytes: 141 }),
        is_handed_over: true,
    }
}

/// The checkpoint of a shard with empty counters.
fn written(shard: &Shard, catalog: &Arc<Catalog>) -> Vec<u8> {
    checkpoint::write(shard, &Responses::new(catalog), catalog, &origin())
}

/// All readings and verdicts of a shard at these instants.
fn readings_at(shard: &mut Shard, catalog: &Arc<Catalog>, instants: &[Timestamp]) -> Vec<String> {
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

/// Saves a shard after some of the events, at any cut, and restores it. With the rest of the events
/// it equals a shard of all events. Events from before the cut are duplicates.
fn check(history: &History, cut: prop::sample::Index) -> Result<(), TestCaseError> {
    let catalog = Arc::new(Catalog::new(&history.agreements, &Measure::ALL));
    let whole = readings_at(&mut shard_of(&history.events, &catalog), &catalog, &history.instants);
    let cut = if history.events.is_empty() { 0 } else { cut.index(history.events.len()) };
    let (before, after) = history.events.split_at(cut);
    let mut first = shard_of(before, &catalog);
    if history.seed.is_multiple_of(2) {
        // As in the service: readings were taken before the checkpoint.
        readings_at(&mut first, &catalog, &history.instants[..1]);
    }
    let bytes = written(&first, &catalog);
    let image = checkpoint::read(&bytes).unwrap();
    prop_assert_eq!(&image.origin, &origin());
    prop_assert_eq!(image.timelines(), first.timelines());
    let mut restored = image.restore(Arc::clone(&catalog)).unwrap();
    prop_assert_eq!(written(&restored, &catalog), bytes, "a restored shard saves the same bytes");
    // Events from the checkpoint on, and some records from before it again.
    for event in before.iter().rev().take(3).chain(after) {
        restored.apply(event, &mut ());
    }
    prop_assert_eq!(readings_at(&mut restored, &catalog, &history.instants), whole);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_shard_restored_from_any_point_equals_one_that_never_stopped(
        history in history(), cut in any::<prop::sample::Index>(),
    ) {
        check(&history, cut)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_restored_ticket_of_hundreds_of_events_equals_one_that_never_stopped(
        history in long_history(), cut in any::<prop::sample::Index>(),
    ) {
        check(&history, cut)?;
    }
}

/// The checkpoint of a small shard.
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
    assert!(bytes.len() > 200, "the checkpoint is not empty");
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(checkpoint::read(&flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn every_truncated_or_extended_checkpoint_is_refused() {
    let mut bytes = small();
    for length in 0..bytes.len() {
        assert!(checkpoint::read(&bytes[..length]).is_err(), "{length} bytes");
    }
    bytes.push(0);
    assert!(matches!(checkpoint::read(&bytes), Err(CheckpointError::Length { .. })));
}

/// A checkpoint written by the code of version 1: three events of two tickets.
const VERSION_1: &[u8] = include_bytes!("version-1.vaste");

#[test]
fn an_older_version_is_read_and_saved_as_the_newest() {
    let records = [
        r#"{"id":"1","type":"ticket.created","time":"2026-11-20T12:30:00Z","ticket":"T-1","team":"billing"}"#,
        r#"{"id":"2","type":"ticket.agent_replied","time":"2026-11-20T12:40:00Z","ticket":"T-1","agent":"aino"}"#,
        r#"{"id":"3","type":"ticket.created","time":"2026-11-20T12:50:00Z","ticket":"T-2"}"#,
    ];
    let catalog = Arc::new(Catalog::new(&[], &Measure::DEFAULT));
    let events: Vec<Event<'static>> =
        records.iter().map(|record| decode(record.as_bytes()).unwrap()).collect();
    let instants = [Timestamp::parse("2026-11-20T13:00:00Z").unwrap()];
    let plain = readings_at(&mut shard_of(&events, &catalog), &catalog, &instants);
    assert!(!plain.is_empty());
    let image = checkpoint::read(VERSION_1).unwrap();
    assert_eq!((image.version, image.timelines(), image.stubs(), image.samples()), (1, 2, 0, 0));
    assert_eq!((image.origin.epoch, image.origin.position), (5, 1_042));
    assert_eq!(image.origin.last_record, None, "version 1 has no fingerprint of the last record");
    let mut restored = image.restore(Arc::clone(&catalog)).unwrap();
    assert_eq!(readings_at(&mut restored, &catalog, &instants), plain);
    // Version 1 had no counters. So all its samples are counted now.
    let newest = written(&restored, &catalog);
    assert_eq!(checkpoint::read(&newest).unwrap().version, checkpoint::VERSION);
    let again = checkpoint::read(&newest).unwrap().restore(Arc::clone(&catalog));
    assert_eq!(readings_at(&mut again.unwrap(), &catalog, &instants), plain);
}

#[test]
fn the_error_for_a_newer_or_foreign_checkpoint_says_what_to_do() {
    let mut newer = small();
    newer[8..12].copy_from_slice(&(checkpoint::VERSION + 1).to_le_bytes());
    let error = checkpoint::read(&newer).unwrap_err().to_string();
    assert_eq!(
        error,
        "it has format 9, and this version of Vaste reads 1 to 8: use the version that wrote it, or remove \
         it to rebuild the state from the topic"
    );
    assert_eq!(checkpoint::read(b"#!/bin/sh").unwrap_err(), CheckpointError::Foreign);
    assert_eq!(checkpoint::read(b"").unwrap_err(), CheckpointError::Foreign);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    /// Any bytes with a correct checksum, because anybody can write one.
    #[test]
    fn no_bytes_make_the_reader_panic(
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
