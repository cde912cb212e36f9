//! Tests of the whole pure pipeline: events in, readings and verdicts out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod alerts;
mod calendar;
mod checkpoints;
mod corners;
mod explain;
#[path = "../support/desk.rs"]
mod desk;
mod forgetting;
mod gaming;
mod generate;
mod floods;
mod history;
mod hostile;
mod law;
mod measures;
mod naive;
mod naive_check;
mod open_time;
mod real_logs;
mod story;
mod verdicts;
mod waiting;
