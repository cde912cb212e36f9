//! The agenda log: up to which handover the agenda of each team was posted.
//!
//! # Design
//! Which agendas were posted cannot be derived from events, so the log is stored: one small JSON
//! object. It holds an instant for each team with turns of duty. A handover after that instant is still to be
//! posted, and of several of them only the latest.
//!
//! - A team that is not in the log is noted with the present instant. So nothing is posted of the time before
//!   Vaste first looked at the team.
//! - An instant more than `AHEAD_MAX` ahead was noted by a clock that was ahead. The present one replaces
//!   it. Less than that is the difference of the clocks of two instances.
//!
//! The event of a handover has an id that follows from team and handover ([`event_id`]). So it is the same
//! event whoever posts it, and however often.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::catalog::{Catalog, ScopeId};
use crate::name::team_label;
use crate::time::{Elapsed, HOUR_MS, Timestamp};

/// The version that is written. Newer versions are refused.
pub const VERSION: u32 = 1;

/// The type of the event that has an agenda.
pub const EVENT_TYPE: &str = "team.agenda";

/// How far the clock of another instance may be ahead.
const AHEAD_MAX: Elapsed = Elapsed::from_ms(HOUR_MS);

/// Up to which handover the agenda of each team was posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgendaLog {
    /// By the label of the team: handovers after this are still to be posted. The teams that the catalog has
    /// at [`AgendaLog::take_due`], so there are no more than it may have.
    posted_to: BTreeMap<String, Timestamp>,
}

/// A handover whose agenda is to be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueAgenda {
    /// The team, or the organisation.
    pub scope: ScopeId,
    /// The handover that its present turn began with.
    pub handover: Timestamp,
}

/// The log as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredAgendaLog {
    version: u32,
    posted_to: BTreeMap<String, String>,
}

/// Why an agenda log cannot be read.
#[derive(Debug, Error)]
pub enum AgendaLogError {
    /// It is not such a JSON object.
    #[error("it is not an agenda log of Vaste: {0}")]
    Foreign(#[from] serde_json::Error),
    /// A newer version of Vaste has written it.
    #[error("it is of version {0}, and this version of Vaste reads up to {VERSION}")]
    Version(u32),
    /// A time in it is malformed.
    #[error("its time `{0}` is malformed")]
    Time(String),
}

/// The id of the event that has the agenda of a handover. `team`: the label of the team.
pub fn event_id(team: &str, handover: Timestamp) -> String {
    format!("{EVENT_TYPE}/{team}/{handover}")
}

impl AgendaLog {
    /// The handovers whose agendas are to be posted at `now`, in the order of the catalog. Teams that are new
    /// are noted, and those that the catalog no longer has are forgotten.
    pub fn take_due(&mut self, catalog: &Catalog, now: Timestamp) -> Vec<DueAgenda> {
        let known: BTreeMap<ScopeId, Timestamp> = std::mem::take(&mut self.posted_to)
            .into_iter()
            .filter_map(|(team, at)| Some((catalog.scope_by_label(&team)?, at)))
            .collect();
        let mut due = Vec::new();
        for scope in catalog.reading_scopes() {
            let Some(duty) = catalog.duty(scope) else { continue };
            let posted_to = known.get(&scope).filter(|at| **at <= now.plus(AHEAD_MAX));
            let posted_to = posted_to.copied().unwrap_or(now);
            let turn = duty.turn_at(now).filter(|turn| turn.starts > posted_to);
            due.extend(turn.map(|turn| DueAgenda { scope, handover: turn.starts }));
            let team = team_label(catalog.scope_name(scope));
            self.posted_to.insert(team.to_owned(), posted_to);
        }
        due
    }

    /// Notes that an agenda was posted.
    pub fn posted(&mut self, due: DueAgenda, catalog: &Catalog) {
        let team = team_label(catalog.scope_name(due.scope));
        self.posted_to.insert(team.to_owned(), due.handover);
    }

    /// Adds what another instance has noted. The later instant of each team holds.
    pub fn merge(&mut self, other: Self) {
        for (team, theirs) in other.posted_to {
            let ours = self.posted_to.entry(team).or_insert(theirs);
            *ours = theirs.max(*ours);
        }
    }

    /// Parses a log.
    ///
    /// # Errors
    /// When it is not a log, is of a newer version, or has a malformed time.
    pub fn read(bytes: &[u8]) -> Result<Self, AgendaLogError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let Head { version } = serde_json::from_slice(bytes)?;
        if version > VERSION {
            return Err(AgendaLogError::Version(version));
        }
        let StoredAgendaLog { version: _, posted_to } = serde_json::from_slice(bytes)?;
        let one = |(team, at): (String, String)| {
            Timestamp::parse(&at).map(|at| (team, at)).ok_or(AgendaLogError::Time(at))
        };
        Ok(Self { posted_to: posted_to.into_iter().map(one).collect::<Result<_, _>>()? })
    }

    /// The log as JSON.
    pub fn bytes(&self) -> Vec<u8> {
        let posted_to = self.posted_to.iter().map(|(team, at)| (team.clone(), at.to_string()));
        let stored = StoredAgendaLog { version: VERSION, posted_to: posted_to.collect() };
        // Strings and numbers only: serialising cannot fail.
        serde_json::to_vec(&stored).unwrap_or_default()
    }
}

/// The next handover of any team after an instant; `None` without one.
pub fn next_handover(catalog: &Catalog, after: Timestamp) -> Option<Timestamp> {
    let duties = catalog.reading_scopes().filter_map(|scope| catalog.duty(scope));
    duties.filter_map(|duty| duty.next_handover(after)).min()
}

#[cfg(test)]
mod tests;
