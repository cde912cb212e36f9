//! Vaste: rolling response times of ticket events, compared with the level that a team agreed on.
//!
//! # Architecture
//! A ticket's timeline is the only state. Everything else is derived from timelines, agreements and `now`.
//!
//! ```text
//! bytes ─► event ─► timeline ─► stopwatches ─► windows ─► readings ─► verdicts ─► alerts
//!            │      (shard)    (ticket::state) └──────── view ───────┘            │
//!        rejection                                                           notices
//! ──────────────────── pure: no clock, no files, no threads, no sockets ────────────────────
//! input (files)     service (Kafka, HTTP, Alertmanager, store, clock)     cli (arguments)
//! ```
//!
//! Readings are a function of the *set* of events, the agreements and `now`. The order of arrival, repeated
//! deliveries and the moment of a check make no difference. A late event is inserted at its place in its
//! timeline; samples derived from the old order are retracted and derived again.
//!
//! # Code map
//! The modules are in the order of the data flow. A module uses only modules above it; `tests/tidy.rs`
//! checks that.
//!
//! | module | it holds |
//! |---|---|
//! | `time`, `share`, `amount`, `measure`, `name` | the vocabulary: integers with units, bounded names |
//! | `address` | paths of the HTTP server's pages |
//! | `calendar` | opening hours: open time between two instants, due times |
//! | `duty` | turns of duty: who has one, and when the next begins |
//! | `event` | one record decoded to a checked event, or the reason why it is rejected |
//! | `mapping` | filters in jq that make events of the payloads of other products |
//! | `agreement` | what a team agreed on: objectives with levels, and when an objective is missed |
//! | `catalog` | agreements compiled to ids |
//! | `ticket` | one ticket: its packed timeline, and the state machine that derives its stopwatches |
//! | `window` | panes, sums over rolling windows, waiting stopwatches, survival curves |
//! | `waiting_list` | the tickets that wait for an objective, by id |
//! | `team_log` | what a team has said: concerns, decisions, notes of its turns of duty |
//! | `review` | how people judged tickets |
//! | `check_list` | what a turn of duty checks |
//! | `responses` | monotone counters of response times |
//! | `past` | tallies and verdicts at each whole hour of the past |
//! | `shard`, `checkpoint` | all tickets of one source partition, and their stored form |
//! | `partition` | a shard with its position in the topic: reading, snapshots, restoring |
//! | `split_tickets` | tickets whose events came in two partitions |
//! | `reading` | readings and verdicts as they are printed |
//! | `view` | all shards merged as of one instant: readings and verdicts are computed here |
//! | `alert` | alert states, and the notices that Alertmanager must get |
//! | `monitor` | view and alerts over time, and whether the data is current and complete |
//! | `past_verdicts` | verdicts at past instants by any catalog |
//! | `agreement_log` | the text of the agreements in force, and what changed in them |
//! | `agenda_log` | up to which handover the agenda of each team was posted |
//! | `config` | files to agreements and settings, with all faults of a file in one run |
//! | `explain` | one ticket: events, stretches, every stopwatch with its due time |
//! | `waiting_walk` | fills the lists of waiting tickets of one partition |
//! | `replay` | the pipeline over a whole history |
//! | `whatif` | what other levels would have meant, and levels that fit the past |
//! | `demo` | a made-up organisation with its agreements and tickets |
//! | `input` | events from files |
//! | `exposition` | metric families as text |
//! | `service` | the running service, see below |
//! | `cli` | commands, output, exit codes |
//!
//! ```text
//! service/
//!   kafka/          worker threads: consumer, partitions, checkpointer, client, dead letters
//!   coordinator/    one thread: merges workers into a view, publishes it, evaluates alerts, readiness
//!   http/           accept, routes, metrics, api, board, live
//!   alertmanager/   one thread for each Alertmanager: delivery, clock skew
//!   store           checkpoints and the alert state log, on disk or in an object store
//!   clock, shutdown, run, demo, instruments, log_counter
//! ```
//!
//! # Invariants
//! 1. Only `input`, `service` and `cli` read a clock, spawn, log, or open anything.
//! 2. The same set of events, the same agreements and the same `now` give byte-identical readings and
//!    verdicts.
//! 3. Decoding never fails the stream. Every record has exactly one outcome; outcomes add up to records.
//! 4. Segments of time are half-open, durations are integers, shares are compared exactly.
//! 5. `now` never goes back.
//! 6. Every collection has a named maximum and a documented effect on reaching it.
//! 7. Offsets are committed only after the checkpoint that holds their effect is durable.
//! 8. Label values come from closed sets or from configuration, never from events.
//! 9. Missing, late or stale data never resolves an alert.

pub mod time;
pub mod share;
pub mod amount;
pub mod measure;
pub mod name;
pub mod address;
pub mod calendar;
pub mod duty;
pub mod event;
pub mod mapping;
pub mod agreement;
pub mod catalog;
pub mod ticket;
pub mod window;
pub mod waiting_list;
pub mod team_log;
pub mod review;
pub mod check_list;
pub mod responses;
pub mod past;
pub mod shard;
pub mod checkpoint;
pub mod partition;
pub mod split_tickets;
pub mod reading;
pub mod view;
pub mod alert;
pub mod monitor;
pub mod past_verdicts;
pub mod agreement_log;
pub mod agenda_log;
pub mod config;
pub mod explain;
pub mod waiting_walk;
pub mod replay;
pub mod whatif;
pub mod demo;
pub mod input;
pub mod exposition;
pub mod service;
pub mod cli;

/// The configuration of property tests in `src`: this many cases, and no files with failures.
#[cfg(test)]
fn proptest_cases(cases: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config { cases, failure_persistence: None, ..Default::default() }
}
