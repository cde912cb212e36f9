//! The pure modules of Vaste alone: a fuzzer needs no Kafka, and builds in a minute without it.

#![expect(missing_docs, dead_code, reason = "the modules are documented where they belong")]

// Files are looked for from here on.
#[path = "../../src"]
mod pure {
    pub mod time;
    pub mod share;
    pub mod measure;
    pub mod name;
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
    pub mod reading;
    pub mod view;
}

use std::sync::Arc;

pub use self::pure::*;

/// What is measured of whom while fuzzing: everything, of nobody in particular.
pub fn catalog() -> Arc<catalog::Catalog> {
    Arc::new(catalog::Catalog::new(&[], &measure::Measure::ALL))
}
