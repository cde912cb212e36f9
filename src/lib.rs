//! Vaste: rolling response times of ticket events, held against the level a team agreed on.

pub mod time;
pub mod share;
pub mod measure;
pub mod name;
pub mod event;
pub mod agreement;
pub mod rules;
pub mod ticket;
pub mod window;
pub mod shard;
pub mod reading;
pub mod view;
pub mod config;
pub mod replay;
pub mod input;
pub mod cli;

/// Property tests of this many cases; their failures are kept with the tests, not beside the source.
#[cfg(test)]
fn proptest_cases(cases: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config { cases, failure_persistence: None, ..Default::default() }
}
