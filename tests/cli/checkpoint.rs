//! `vaste checkpoint inspect`: the contents of a checkpoint, or the reason why it cannot be read.

use std::fmt::Write as _;
use std::sync::Arc;

use vaste::catalog::Catalog;
use vaste::checkpoint::{self, Origin};
use vaste::event::decode;
use vaste::measure::Measure;
use vaste::responses::Responses;
use vaste::shard::Shard;
use vaste::time::Timestamp;

use super::run::{Folder, page};

/// A checkpoint of two tickets.
fn written() -> Vec<u8> {
    let catalog = Arc::new(Catalog::new(&[], &Measure::DEFAULT));
    let mut shard = Shard::new(Arc::clone(&catalog));
    for record in [
        r#"{"id":"1","type":"ticket.created","time":"2026-11-20T12:30:00Z","ticket":"T-1","team":"billing"}"#,
        r#"{"id":"2","type":"ticket.agent_replied","time":"2026-11-20T12:40:00Z","ticket":"T-1","agent":"aino"}"#,
        r#"{"id":"3","type":"ticket.created","time":"2026-11-20T12:50:00Z","ticket":"T-2"}"#,
    ] {
        shard.apply(&decode(record.as_bytes()).unwrap(), &mut ());
    }
    let origin = Origin {
        topic: "ticket-events".into(),
        partition: 2,
        epoch: 5,
        position: 1_042,
        written_at: Timestamp::parse("2026-11-20T13:00:00Z").unwrap(),
        topic_id: None,
        tenure: None,
        history_from: None,
        counted_to: Timestamp::parse("2026-11-20T12:59:59Z").unwrap(),
        last_record: None,
        is_handed_over: false,
    };
    checkpoint::write(&shard, &Responses::new(&catalog), &catalog, &origin)
}

#[test]
fn inspect_prints_the_contents_of_a_checkpoint_or_why_it_cannot_be_read() {
    let folder = Folder::new();
    let whole = written();
    let mut flipped = whole.clone();
    flipped[40] ^= 1;
    let mut newer = whole.clone();
    newer[8] = 9;
    let mut printed = String::new();
    for (name, bytes) in [
        ("whole", whole.as_slice()),
        ("flipped", flipped.as_slice()),
        ("cut", &whole[..whole.len() - 1]),
        ("newer", newer.as_slice()),
        ("foreign", b"team: billing\n".as_slice()),
    ] {
        folder.write(name, bytes);
        let output = folder.vaste(&["checkpoint", "inspect", name]);
        write!(printed, "=== {name}\n{}", page(&output)).unwrap();
    }
    let output = folder.vaste(&["checkpoint", "inspect", "gone"]);
    write!(printed, "=== gone\n{}", page(&output)).unwrap();
    insta::assert_snapshot!("checkpoint_inspect", printed);
}
