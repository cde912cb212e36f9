//! The shell of the service: threads, sockets, the clock. One concern a file.
//!
//! ```text
//! worker threads ── effects ─► viewer thread ── picture ─► /metrics, /-/ready, board, API
//! (consumer, shards)         (one view, alerts) (immutable)
//!       │                           └────────── notices ─► a thread for each Alertmanager
//!       └── checkpoints ─► store thread ◄── watch log ──┘
//! ```
//!
//! # Design
//! A worker is a plain thread with one consumer and the shards of its partitions; it decodes and applies
//! inline, on the borrowed payload. A few times a second the viewer hands one `now` to all workers; each
//! brings its shards up to it and hands back what ended and what runs as a list. Lists instead of a shared
//! view: counting commutes, so the workers never wait for each other or for a reader.

mod alertmanager;
pub mod clock;
mod coordinator;
pub mod demo;
mod http;
mod instruments;
mod kafka;
pub mod log_counter;
pub mod run;
#[cfg(test)]
#[path = "../tests/board/scenario.rs"]
mod scenario;
mod shutdown;
mod store;

pub use kafka::client_config;
pub(crate) use kafka::send::{drain, send_when_room};
