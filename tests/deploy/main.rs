//! The files of `deploy/` against Vaste itself: its configuration, flags, variables, pages and metrics.
//! `deploy/check` holds them against the tools of their makers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

mod compose;
mod container;
mod files;
mod kubernetes;
mod names;
#[expect(dead_code, reason = "these tests use a part of the helpers")]
#[path = "../support/process.rs"]
mod process;
mod service;
mod yaml;
