//! Tests of the command line and of all texts that people read.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics, and one that is left out says so"
)]

mod alertmanagers;
mod abuse;
mod acts;
mod agenda;
mod against;
mod board;
#[path = "../support/browser.rs"]
mod browser;
mod calendar;
mod check;
mod check_events;
mod checkpoint;
mod cloud_events;
mod confidence;
mod demo;
mod duty;
mod explain;
mod exports;
mod fair;
mod fair_flags;
mod fair_solved;
mod files;
mod followed_up;
mod holidays;
mod levels;
#[path = "../support/memory.rs"]
mod memory;
#[path = "../support/process.rs"]
mod process;
mod maps;
mod names;
mod readme;
mod rejected;
mod remembered;
mod run;
mod schema;
mod secrets;
mod spam;
mod tickets;
mod tried;
mod unanswered;
mod vectors;
mod way_out;
mod whatif;
mod whatif_pages;
mod working_days;
mod written;
mod zones;
