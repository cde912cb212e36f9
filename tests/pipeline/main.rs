//! Tests of the whole pure pipeline, from events to readings and verdicts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod alerts;
mod calendar;
mod check_lists;
mod checkpoints;
mod convergence;
mod duty_turns;
mod ended_alerts;
mod explain;
mod finished;
mod flags;
mod floods;
mod forgetting;
mod gaming;
mod generate;
mod history;
mod hostile;
mod mapped;
mod measures;
mod naive;
mod naive_check;
mod notices;
mod open_time;
mod past;
mod past_verdicts;
#[path = "../support/random.rs"]
mod random;
mod real_logs;
mod regressions;
mod scenario;
#[path = "../support/simulated_team.rs"]
mod simulated_team;
mod stored_format;
mod sureness;
mod team_talk;
mod verdicts;
mod waiting;
mod waiting_lists;
mod whatif;
mod working_days;
