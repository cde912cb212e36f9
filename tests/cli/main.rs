//! Tests of the command line and of everything that people read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod check;
mod check_events;
mod demo;
mod readme;
mod run;
