//! A made-up organisation: what its teams agreed on, and its tickets as the records that a helpdesk would
//! publish. Pure: who tells the story hands in when it begins, and keeps the pace.
//!
//! # Design
//! The plot is written down, the days are drawn by lot: each team behaves in one way that a verdict can
//! tell, and every ticket of it has a life of its own. Every team and every ticket has its own generator,
//! so that what one of them does never changes another: without the drift the story is the same but for
//! the team that drifts. The generator is `rand_pcg`, whose values are part of its promise; the standard
//! generators of the ecosystem may change theirs with any release.
//!
//! Agents keep hours, customers sleep and have weekends, by the clock of Helsinki without summer time.
//! Agreed levels count calendar time, so they leave room for a night.

mod event_generator;
mod hours;
mod ticket_simulator;
mod organisation;
mod random;

pub use event_generator::{DemoRecord, EventGenerator};
pub use organisation::{ORGANISATION, TOPIC, cast, config};

use crate::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

/// How long the story has gone on when somebody begins to look.
pub const BACKLOG: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// How much of it is played faster than it happened.
pub const PLAY: Elapsed = Elapsed::from_ms(7 * DAY_MS);

/// When the team that stops answering stops, and when it goes on.
const SILENCE: [Elapsed; 2] =
    [Elapsed::from_ms(28 * DAY_MS + 2 * HOUR_MS), Elapsed::from_ms(33 * DAY_MS)];

/// What makes one story differ from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What is drawn by lot follows from it.
    pub seed: u64,
    /// Whether the drifting team behaves.
    pub calm: bool,
    /// When the story begins.
    pub begin: Timestamp,
}
