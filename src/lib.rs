//! Vaste: rolling response times of ticket events, held against the level a team agreed on.
//!
//! # Architecture
//! A ticket's timeline is the only state. Everything else is derived.
//!
//! ```text
//! bytes ─► event ─► timeline ─► stopwatches ─► windows ─► readings ─► verdicts ─► alerts
//!            │       (shard)                    └────── view ──────┘
//!         rejection
//! ─────────────────────────── pure: no clock, no files, no threads ───────────────────────────
//! input (files)    service (Kafka, metrics, board, Alertmanager, clock)    cli (arguments, clock)
//! ```
//!
//! Readings are a function of the *set* of events, the agreements and `now`: not of the order in which
//! events arrive, nor of how often, nor of when somebody looks. An event that is late goes to its place in
//! its timeline, and what followed from the old order is taken back and redone.
//!
//! The modules below stand in the order of the data flow, and a module uses only those above it; a test
//! holds that. In words:
//!
//! | module | what it is |
//! |---|---|
//! | `time`, `share`, `measure`, `name` | the vocabulary: integers and bounded names |
//! | `address` | paths of the HTTP server's pages |
//! | `calendar` | when a team is open; open time and due times |
//! | `event` | bytes to one checked event, or to the reason why not |
//! | `agreement`, `catalog` | what teams undertook; the same compiled for the stream |
//! | `ticket` | one timeline, packed, and its stopwatches as a fold over it |
//! | `window` | buckets, panes, sums, those waiting, the survival curve |
//! | `responses` | samples counted once each, never taken back |
//! | `shard`, `checkpoint` | all timelines of one source partition, and its image |
//! | `partition` | a shard with its place in the topic: what is read, kept, taken up again |
//! | `split` | tickets whose events came in two partitions |
//! | `reading`, `view` | what all shards together say at one instant |
//! | `alert` | what must be told, to whom, and why |
//! | `watch` | view and alerts as time goes on, and whether they can be trusted |
//! | `config` | files to agreements: all faults in one run |
//! | `explain` | one ticket: events, stretches, every stopwatch with its due time |
//! | `replay` | the pipeline over a whole history |
//! | `demo` | a made-up organisation and its tickets, for who wants to see all of it at work |
//! | `input`, `service`, `cli` | the shell |
//!
//! # Invariants
//! 1. Nothing above `input` reads a clock, spawns, logs, or opens anything.
//! 2. The same set of events, the same agreements and the same `now` give byte-identical readings and
//!    verdicts.
//! 3. Decoding never fails the stream: every record yields one outcome; outcomes add up to records.
//! 4. Every duration is an integer; every share is compared exactly.
//! 5. `now` never goes back.
//! 6. Every collection has a named bound and a documented effect on reaching it.
//! 7. Label values come from closed sets or from configuration, never from events.
//! 8. Data trouble never resolves an alert.

pub mod time;
pub mod share;
pub mod amount;
pub mod measure;
pub mod name;
pub mod address;
pub mod calendar;
pub mod event;
pub mod agreement;
pub mod catalog;
pub mod ticket;
pub mod window;
pub mod responses;
pub mod shard;
pub mod checkpoint;
pub mod partition;
pub mod split_tickets;
pub mod reading;
pub mod view;
pub mod alert;
pub mod monitor;
pub mod config;
pub mod explain;
pub mod replay;
pub mod demo;
pub mod input;
pub mod service;
pub mod cli;

/// Property tests of this many cases; their failures are kept with the tests, not beside the source.
#[cfg(test)]
fn proptest_cases(cases: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config { cases, failure_persistence: None, ..Default::default() }
}
