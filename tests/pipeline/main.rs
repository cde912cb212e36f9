//! Tests of the whole pure pipeline: events in, readings and verdicts out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod alerts;
mod calendar;
mod checkpoints;
mod regressions;
mod explain;
#[path = "../support/simulated_team.rs"]
mod simulated_team;
mod forgetting;
mod gaming;
mod generate;
mod floods;
mod history;
mod hostile;
mod convergence;
mod measures;
mod naive;
mod naive_check;
mod open_time;
mod real_logs;
mod scenario;
mod stored_format;
mod verdicts;
mod waiting;
