//! The pure modules of Vaste alone, so that a fuzzer builds in a minute without Kafka.

#![expect(missing_docs, dead_code, reason = "the modules are documented where they belong")]

// The paths of the modules are relative to this folder.
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

/// A catalog with all measures and no team.
pub fn catalog() -> Arc<catalog::Catalog> {
    Arc::new(catalog::Catalog::new(&[], &measure::Measure::ALL))
}
