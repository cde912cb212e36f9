//! The demo organisation: the agreements of its teams, and its tickets as the records of a helpdesk.
//! Pure: the caller has the clock.
//!
//! | module | what it does |
//! |---|---|
//! | `organisation` | the teams: their behaviour and hours |
//! | `files` | the configuration and the agreements of the teams |
//! | `event_generator` | all records in the order in which they are delivered |
//! | `ticket_simulator` | the events of one ticket |
//! | `hours` | working hours, and when tickets are created |
//! | `random` | the random generator |
//!
//! # Design
//! Each team has one behaviour that a verdict can show; the rest is random. Every team and every ticket
//! has a random generator of its own, so that a change to one does not change the others. With `calm`,
//! only the team that slows down has other events. The generator is `rand_pcg`, which guarantees its
//! values; the standard generators may change with any release.
//!
//! Agents work, and customers sleep, by the time of Helsinki without summer time. The agreements count
//! calendar time, so their targets leave room for a night.

mod event_generator;
mod hours;
mod ticket_simulator;
mod organisation;
mod files;
mod random;

pub use event_generator::{DemoRecord, EventGenerator};
pub use files::{AgreementFolder, DemoFiles, RELOAD_SECONDS, agreement_files, config};
pub use organisation::{ORGANISATION, TOPIC, cast};

use self::hours::Silence;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

/// Length of the history that is generated before the demo starts.
pub const BACKLOG: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// Length of the time after it that is played by an accelerated clock.
pub const PLAY: Elapsed = Elapsed::from_ms(7 * DAY_MS);

/// The same where people move the clock on by hand.
pub const PLAY_BY_HAND: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// When one team answers nothing, after the begin of the scenario: from, to.
const SILENCE: [Elapsed; 2] =
    [Elapsed::from_ms(28 * DAY_MS + 2 * HOUR_MS), Elapsed::from_ms(33 * DAY_MS)];

/// The parameters of the generated events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Seed of the random generator.
    pub seed: u64,
    /// Whether the team that slows down keeps its level instead.
    pub calm: bool,
    /// The instant of the first events.
    pub begin: Timestamp,
}

impl Scenario {
    /// When one team answers nothing.
    fn silence(self) -> Silence {
        let [from, to] = SILENCE.map(|after| self.begin.plus(after));
        Silence { from, to }
    }
}
