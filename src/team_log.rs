//! What a team has said: its concerns, its decisions, the notes of its turns of duty, and which tickets it
//! has talked about.
//!
//! # Design
//! As with tickets, the events are the only state. A log follows from the set of a team's events: their order
//! of arrival, duplicates, and the partition that they came in make no difference. So several people may
//! settle one concern at once, and a form may be sent twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use xxhash_rust::xxh3::xxh3_64;

use crate::catalog::{Catalog, ScopeId};
use crate::event::Kind;
use crate::name;
use crate::time::Timestamp;

/// Maximum settled concerns, ended decisions, notes, and brought tickets that were talked about, that a log
/// keeps of a team: the latest of each. What is open stays, however old it is.
pub const LOGGED_MAX: usize = 200;

/// Maximum talks about tickets that a log keeps of a team: the latest. A ticket that was brought before all
/// of them counts as talked about, so that nothing comes back to the agenda.
pub const DISCUSSED_MAX: usize = 1_000;

/// One event of a team.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TeamEvent {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: Kind,
    /// Hash of its source and id.
    pub identity: u64,
    /// The id of the concern or of the decision.
    pub id: Option<Arc<str>>,
    /// Who did it.
    pub by: Option<Arc<str>>,
    /// What they said.
    pub text: Option<Arc<str>>,
    /// The ticket that they talked about.
    pub ticket: Option<Arc<str>>,
    /// The role that is to do what was decided.
    pub owner: Option<Arc<str>>,
    /// The day by which it is to be done.
    pub due: Option<NaiveDate>,
}

/// The events of the teams of one partition up to an instant, by the name in the events.
pub type TeamEvents = BTreeMap<Arc<str>, Vec<TeamEvent>>;

/// Who said something, when, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// Who; `None` if the event does not say.
    pub by: Option<Arc<str>>,
    /// What; `None` without words.
    pub text: Option<Arc<str>>,
}

/// A concern that someone raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// Its id.
    pub id: Arc<str>,
    /// Who raised it last, when, and what it is about; of one that was settled before, why it is open again.
    pub raised: Said,
    /// Who settled it, when, and what came of it; `None` while it is open.
    pub settled: Option<Said>,
    /// What was said before it was raised again; `None` if it was not settled before.
    pub before: Option<ConcernBefore>,
}

/// What was said of a concern before it was raised again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcernBefore {
    /// Who raised it first, when, and what it is about.
    pub raised: Said,
    /// Who settled it last, when, and what came of it.
    pub settled: Said,
}

impl Concern {
    /// Takes over that it was raised again. While it is open, only a text counts.
    fn raise_again(&mut self, said: Said) {
        let Some(settled) = self.settled.take() else {
            self.raised.text = said.text.or(self.raised.text.take());
            return;
        };
        let last = std::mem::replace(&mut self.raised, said);
        let raised = self.before.take().map_or(last, |before| before.raised);
        self.before = Some(ConcernBefore { raised, settled });
    }
}

/// A new day for what was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The day before; `None` if there was none.
    pub from: Option<NaiveDate>,
    /// Who moved it, when, and why.
    pub said: Said,
}

/// Something that a team decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its id.
    pub id: Arc<str>,
    /// Who recorded it, when, and what was decided.
    pub decided: Said,
    /// The ticket that it is about; `None` without one.
    pub ticket: Option<Arc<str>>,
    /// The role that is to do it; `None` if nobody in particular.
    pub owner: Option<Arc<str>>,
    /// The day by which it is to be done; `None` without one.
    pub due: Option<NaiveDate>,
    /// The last time that the day was moved; `None` if it is the one that was decided.
    pub moved: Option<Moved>,
    /// Who recorded that it is done, when, and what they said; `None` while it is not.
    pub done: Option<Said>,
    /// Who recorded that the team no longer wants it, when, and why; `None` if it does.
    pub dropped: Option<Said>,
}

impl Decision {
    /// Who recorded that it is done or dropped; `None` while it is open.
    pub fn ended(&self) -> Option<&Said> {
        self.done.as_ref().or(self.dropped.as_ref())
    }

    /// Takes over another event about it. What was decided again while it is open replaces the text, the
    /// ticket, the role and the day; what is done or dropped changes no more until it is decided again.
    fn take(&mut self, kind: Kind, event: Self) {
        let is_open = self.ended().is_none();
        if kind == Kind::Decided && !is_open {
            *self = event;
        } else if kind == Kind::Decided {
            self.decided.text = event.decided.text.or(self.decided.text.take());
            (self.ticket, self.owner, self.due) = (event.ticket, event.owner, event.due);
            self.moved = None;
        } else if !is_open {
            // The first one who ended it counts.
        } else if kind == Kind::DecisionDone {
            self.done = Some(event.decided);
        } else if kind == Kind::DecisionDropped {
            self.dropped = Some(event.decided);
        } else if event.due.is_some() && event.due != self.due {
            self.moved = Some(Moved { from: self.due, said: event.decided });
            self.due = event.due;
        }
    }
}

/// What a team has said up to an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamLog {
    /// The open ones, the oldest first, then those settled last.
    pub concerns: Vec<Concern>,
    /// Those neither done nor dropped, the oldest first, then those that ended last.
    pub decisions: Vec<Decision>,
    /// The notes of turns, the latest first.
    pub notes: Vec<Said>,
    /// The tickets that were brought without a review, the oldest first: those that the team has not talked
    /// about, and the last of the others.
    pub brought: Vec<TicketBrought>,
    /// The talks about tickets, the latest first.
    discussed: Vec<(Arc<str>, Said)>,
}

/// A ticket that was brought to the team without a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketBrought {
    /// Its id.
    pub ticket: Arc<str>,
    /// Who brought it, when, and why.
    pub said: Said,
    /// Hash of the source and id of the event.
    pub identity: u64,
}

/// Whether a team has talked about a ticket since it was brought to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discussion<'a> {
    /// Nobody has said so.
    Open,
    /// The first talk since then.
    Recorded(&'a Said),
    /// It was brought before all talks that are kept.
    Dropped,
}

impl TeamLog {
    /// The log that follows from these events, whatever their order.
    ///
    /// - A concern is open from the first event that raises it. Raised again while open, it keeps its time
    ///   and takes the later text; raised again when settled, it is open again, and keeps what was said.
    /// - The first event that settles an open concern counts. One before it was raised has no effect.
    /// - The same holds for decisions: the first event that says that an open one is done or dropped counts.
    ///   The last day that it is given while it is open holds.
    /// - A decision that names a ticket is a talk about it, too.
    /// - A ticket that is brought is open until the first talk about it since then.
    pub fn of(mut events: Vec<TeamEvent>) -> Self {
        events.sort_unstable();
        events.dedup_by_key(|event| (event.at, event.kind, event.identity));
        let mut concerns: BTreeMap<Arc<str>, Concern> = BTreeMap::new();
        let mut decisions: BTreeMap<Arc<str>, Decision> = BTreeMap::new();
        let mut notes = Vec::new();
        let mut brought = Vec::new();
        let mut discussed = Vec::new();
        for event in events {
            let TeamEvent { at, kind, identity, id, by, text, ticket, owner, due } = event;
            let said = Said { at, by, text };
            if kind == Kind::TicketBrought {
                brought.extend(ticket.map(|ticket| TicketBrought { ticket, said, identity }));
                continue;
            }
            if let Some(ticket) = &ticket {
                discussed.push((Arc::clone(ticket), said.clone()));
            }
            if kind == Kind::TurnNoted {
                notes.push(said);
                continue;
            }
            let Some(id) = id else { continue };
            if kind == Kind::ConcernRaised {
                if let Some(known) = concerns.get_mut(&id) {
                    known.raise_again(said);
                } else {
                    let new =
                        Concern { id: Arc::clone(&id), raised: said, settled: None, before: None };
                    concerns.insert(id, new);
                }
            } else if kind == Kind::ConcernSettled {
                if let Some(known) = concerns.get_mut(&id) {
                    known.settled.get_or_insert(said);
                }
            } else if kind.is_of_decision() {
                let (decided, moved, done, dropped) = (said, None, None, None);
                let of_id = Arc::clone(&id);
                let event = Decision { id, decided, ticket, owner, due, moved, done, dropped };
                match decisions.get_mut(&of_id) {
                    Some(known) => known.take(kind, event),
                    None if kind == Kind::Decided => drop(decisions.insert(of_id, event)),
                    None => {}
                }
            }
        }
        let mut concerns: Vec<Concern> = concerns.into_values().collect();
        let mut decisions: Vec<Decision> = decisions.into_values().collect();
        concerns.sort_by_key(|one| {
            order(one.settled.as_ref().map(|said| said.at), one.raised.at, &one.id)
        });
        let open = concerns.iter().filter(|one| one.settled.is_none()).count();
        concerns.truncate(open + LOGGED_MAX);
        decisions
            .sort_by_key(|one| order(one.ended().map(|said| said.at), one.decided.at, &one.id));
        let open = decisions.iter().filter(|one| one.ended().is_none()).count();
        decisions.truncate(open + LOGGED_MAX);
        notes.reverse();
        notes.truncate(LOGGED_MAX);
        discussed.reverse();
        discussed.truncate(DISCUSSED_MAX);
        let mut log = Self { concerns, decisions, notes, brought: Vec::new(), discussed };
        log.brought = log.kept_of(brought);
        log
    }

    /// What is kept of the tickets that were brought, the oldest first.
    fn kept_of(&self, brought: Vec<TicketBrought>) -> Vec<TicketBrought> {
        let is_open =
            |one: &TicketBrought| self.discussion(&one.ticket, one.said.at) == Discussion::Open;
        let talked_about = brought.iter().filter(|one| !is_open(one)).count();
        let mut to_leave_out = talked_about.saturating_sub(LOGGED_MAX);
        let is_kept = |one: &TicketBrought| {
            if to_leave_out == 0 || is_open(one) {
                return true;
            }
            to_leave_out -= 1;
            false
        };
        let mut kept = brought;
        kept.retain(is_kept);
        kept
    }

    /// The concerns that are open, the oldest first.
    pub fn open_concerns(&self) -> impl Iterator<Item = &Concern> {
        self.concerns.iter().filter(|concern| concern.settled.is_none())
    }

    /// Whether the team has talked about a ticket that was brought to it at an instant.
    pub fn discussion(&self, ticket: &str, brought: Timestamp) -> Discussion<'_> {
        let since = self.discussed.iter().take_while(|(_, said)| said.at >= brought);
        if let Some((_, said)) = since.filter(|(of, _)| **of == *ticket).last() {
            return Discussion::Recorded(said);
        }
        let oldest = self.discussed.get(DISCUSSED_MAX - 1);
        match oldest {
            Some((_, oldest)) if brought < oldest.at => Discussion::Dropped,
            Some(_) | None => Discussion::Open,
        }
    }

    /// The decisions that are neither done nor dropped, the oldest first.
    pub fn open_decisions(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| decision.ended().is_none())
    }
}

/// Sorts what is open by its begin, then what is ended, the latest first.
fn order(ended: Option<Timestamp>, begun: Timestamp, id: &Arc<str>) -> (i64, Timestamp, Arc<str>) {
    (ended.map_or(i64::MIN, |at| at.ms().saturating_neg()), begun, Arc::clone(id))
}

/// The logs of all teams and of the organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamLogs {
    logs: BTreeMap<ScopeId, TeamLog>,
    digest: u64,
}

impl TeamLogs {
    /// Merges the events of all partitions. What is said about a team without an agreement is left out, as
    /// nobody would see it.
    pub fn merged(partitions: &[Arc<TeamEvents>], catalog: &Catalog) -> Self {
        let mut by_scope: BTreeMap<ScopeId, Vec<TeamEvent>> = BTreeMap::new();
        for (team, events) in partitions.iter().flat_map(|events| &**events) {
            let scope = if **team == *name::ALL_TEAMS {
                catalog.organisation()
            } else {
                catalog.scope_of_team(team)
            };
            if scope != catalog.unclaimed() {
                by_scope.entry(scope).or_default().extend(events.iter().cloned());
            }
        }
        let logs: BTreeMap<ScopeId, TeamLog> =
            by_scope.into_iter().map(|(scope, events)| (scope, TeamLog::of(events))).collect();
        let digest = xxh3_64(format!("{logs:?}").as_bytes());
        Self { logs, digest }
    }

    /// A number that changes with what is said.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// The log of a team, or of the organisation; `None` if it has said nothing.
    pub fn of(&self, scope: ScopeId) -> Option<&TeamLog> {
        self.logs.get(&scope)
    }
}

#[cfg(test)]
mod tests;
