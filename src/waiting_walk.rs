//! Fills the lists of waiting tickets of one partition, a few timelines at a time.
//!
//! # Design
//! The stream must not become slower, so nothing here runs while an event is applied. After each advance,
//! [`WaitingWalk::follow`] looks at the timelines that were derived since the last call, and
//! [`WaitingWalk::go_on`] at some others in turn until it has seen each. From then on the derived ones
//! suffice: only an event changes what a ticket's place in a list depends on. All are walked again when a
//! list has become short and others had been left out of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::agreement::Target;
use crate::catalog::{Catalog, ObjectiveId};
use crate::explain;
use crate::measure::{Basis, Measure};
use crate::shard::{Derived, Shard};
use crate::ticket::Running;
use crate::time::Timestamp;
use crate::waiting_list::{ListOf, ListOrder, ListPlace, WaitingLists, WaitingTicket};

/// Maximum waiting timelines that one call looks at.
const WAITING_AT_ONCE: usize = 2_000;

/// Maximum timelines that one call passes, with those that nothing waits for.
const PASSED_AT_ONCE: u32 = 200_000;

/// Keeps the lists of one partition.
#[derive(Debug)]
pub struct WaitingWalk {
    lists: WaitingLists,
    /// The places of each listed ticket, by the number of its timeline.
    places: BTreeMap<u32, SmallVec<[ListPlace; 4]>>,
    /// The next timeline to look at; `None` once all were.
    next: Option<u32>,
    /// Whether a list is to be filled again.
    is_short: bool,
    /// The next instant at which another level comes into force; `None` if none will.
    level_changes_at: Option<Timestamp>,
}

/// A ticket with a place in a list.
struct Candidate {
    place: ListPlace,
    ticket: WaitingTicket,
}

impl WaitingWalk {
    /// A walk that has seen no ticket. Has the shard note from now on which timelines it derives.
    pub fn new(shard: &mut Shard) -> Self {
        shard.take_derived();
        Self::of(Arc::clone(shard.catalog()))
    }

    fn of(catalog: Arc<Catalog>) -> Self {
        Self {
            lists: WaitingLists::new(catalog),
            places: BTreeMap::new(),
            next: Some(0),
            is_short: false,
            level_changes_at: None,
        }
    }

    /// The lists. Their tickets are as they were at the last call of [`WaitingWalk::follow`].
    pub fn lists(&self) -> &WaitingLists {
        &self.lists
    }

    /// Looks at the timelines that changed. Called after the shard was advanced to `now`.
    pub fn follow(&mut self, shard: &mut Shard, now: Timestamp) {
        let is_other_catalog = !Arc::ptr_eq(self.lists.catalog(), shard.catalog());
        let derived = shard.take_derived();
        let is_other_level = self.level_changes_at.is_some_and(|at| at <= now);
        if is_other_catalog || is_other_level || derived == Derived::TooMany {
            *self = Self::of(Arc::clone(shard.catalog()));
        } else if let Derived::Numbers(numbers) = derived {
            self.look_at_derived(shard, &numbers, now);
        }
        self.level_changes_at = next_level(shard.catalog(), now);
    }

    /// Looks at some more timelines, until all were looked at.
    pub fn go_on(&mut self, shard: &mut Shard, now: Timestamp) {
        if self.is_short && self.next.is_none() {
            self.is_short = false;
            self.lists.begin_filling();
            self.next = Some(0);
        }
        if let Some(first) = self.next {
            self.walk(shard, first, now);
        }
    }

    /// Looks at timelines that were derived. Of very many, only at those that are listed: the walk finds the
    /// others.
    fn look_at_derived(&mut self, shard: &mut Shard, numbers: &[u32], now: Timestamp) {
        let has_room = numbers.len() <= WAITING_AT_ONCE;
        self.is_short |= !has_room;
        for &number in numbers {
            let is_new = || has_room && shard.waits(number);
            if self.places.contains_key(&number) || is_new() {
                self.look_at(shard, number, now);
            }
        }
    }

    fn walk(&mut self, shard: &mut Shard, first: u32, now: Timestamp) {
        let count = shard.numbers();
        let mut waiting = 0;
        let last = count.min(first.saturating_add(PASSED_AT_ONCE));
        for number in first..last {
            if !shard.waits(number) {
                continue;
            }
            if waiting == WAITING_AT_ONCE {
                self.next = Some(number);
                return;
            }
            waiting += 1;
            self.look_at(shard, number, now);
        }
        self.next = (last < count).then_some(last);
        if self.next.is_none() {
            self.lists.set_whole();
        }
    }

    /// Puts a ticket in its present places.
    fn look_at(&mut self, shard: &mut Shard, number: u32, now: Timestamp) {
        let candidates = candidates(&mut self.lists, shard, number, now);
        let before = self.places.remove(&number).unwrap_or_default();
        for place in before {
            let is_same =
                |one: &Candidate| one.place == place && self.lists.at(place) == Some(&one.ticket);
            if !candidates.iter().any(is_same) {
                self.is_short |= self.lists.remove(place);
            }
        }
        let mut places = SmallVec::new();
        for Candidate { place, ticket } in candidates {
            places.push(place);
            if self.lists.at(place).is_some() {
                continue;
            }
            let Some(out) = self.lists.add(place, ticket) else { continue };
            if out.number == number {
                places.retain(|place| *place != out);
            } else if let Some(others) = self.places.get_mut(&out.number) {
                others.retain(|place| *place != out);
                if others.is_empty() {
                    self.places.remove(&out.number);
                }
            }
        }
        if !places.is_empty() {
            self.places.insert(number, places);
        }
    }
}

/// The next instant after `now` at which an objective gets another level; `None` if none does.
fn next_level(catalog: &Catalog, now: Timestamp) -> Option<Timestamp> {
    let all = catalog.objectives().flat_map(|(_, _, objective)| &objective.previous_levels);
    all.map(|previous| previous.until).filter(|until| *until > now).min()
}

/// The places of a ticket that the lists admit.
fn candidates(
    lists: &mut WaitingLists,
    shard: &mut Shard,
    number: u32,
    now: Timestamp,
) -> Vec<Candidate> {
    let catalog = Arc::clone(shard.catalog());
    let mut found = Vec::new();
    let Some(waits) = shard.waits_of(number) else { return found };
    for running in &waits.running {
        for of in lists_of(running, &catalog) {
            let mut ticket = WaitingTicket {
                id: Arc::default(),
                holder: running.scope,
                priority: running.priority,
                location: waits.location,
                stopwatch_kind: running.stopwatch_kind,
                started: running.started,
                position: running.position,
                allowance: None,
                due_at: None,
                stays_over: false,
            };
            let (order, key) = match of {
                ListOf::Objective(id) => {
                    set_target(&mut ticket, id, running, &catalog, now);
                    // After a pause, a move or a takeover only the history of the wait has the due time.
                    let is_plain = running.breakdown_so_far.is_none() && !waits.has_taken_over;
                    if !is_plain && is_used_up(&ticket, &catalog, now) {
                        ticket.due_at = shard
                            .steps_of(number, now)
                            .and_then(|steps| explain::due_of(&steps, id, running, &catalog, now));
                    }
                    place_of(&ticket, &catalog, now)
                }
                ListOf::Scope(_) if running.position.is_paused => {
                    (ListOrder::Left, running.position.calendar.saturating_neg())
                }
                ListOf::Scope(_) => (ListOrder::Due, running.position.calendar),
            };
            let place = ListPlace { of, order, key, number };
            if lists.at(place).is_some() || lists.admits(place) {
                ticket.id = shard.id_of(number).into();
                found.push(Candidate { place, ticket });
            }
        }
    }
    found
}

/// The lists that a waiting stopwatch belongs to.
fn lists_of(running: &Running, catalog: &Catalog) -> SmallVec<[ListOf; 4]> {
    let kind = running.stopwatch_kind;
    let judging = [running.scope, catalog.organisation()]
        .into_iter()
        .flat_map(|scope| catalog.judging(scope, kind))
        .map(|id| ListOf::Objective(*id));
    let has_objectives = || catalog.objectives().any(|(_, owner, _)| owner == running.scope);
    let is_answer = matches!(running.measure, Measure::FirstReply | Measure::NextReply)
        && catalog.is_standard(kind);
    let of_scope = (is_answer && !has_objectives()).then_some(ListOf::Scope(running.scope));
    judging.chain(of_scope).collect()
}

/// Sets the target of an objective, and when it is used up if the wait goes on.
fn set_target(
    ticket: &mut WaitingTicket,
    id: ObjectiveId,
    running: &Running,
    catalog: &Catalog,
    now: Timestamp,
) {
    let (_, objective) = catalog.objective(id);
    let target: Target = objective.level_at(now).target(running.priority);
    let (kind, scope) = (running.stopwatch_kind, running.scope);
    let allowance = catalog.allowance(target, kind, scope, running.started);
    let basis = target.basis();
    ticket.allowance = Some((basis, allowance));
    ticket.stays_over = running.over.contains(&id);
    let limit = running.position.of(basis).saturating_add(allowance.ms());
    ticket.due_at = match basis {
        _ if running.position.is_paused => None,
        Basis::Calendar => Some(Timestamp::from_ms(limit)),
        Basis::Open => catalog.calendar(catalog.calendar_id_of(kind, scope)).reaches(limit),
    };
}

/// Whether its target is used up at `now`.
fn is_used_up(ticket: &WaitingTicket, catalog: &Catalog, now: Timestamp) -> bool {
    ticket.left_ms(catalog, now).is_some_and(|left| left <= 0)
}

/// The order and the key of a ticket in the list of an objective.
fn place_of(ticket: &WaitingTicket, catalog: &Catalog, now: Timestamp) -> (ListOrder, i64) {
    let left = ticket.left_ms(catalog, now).unwrap_or(i64::MAX);
    match ticket.due_at {
        _ if ticket.stays_over && left >= 0 => (ListOrder::StaysOver, ticket.started.ms()),
        Some(due) => (ListOrder::Due, due.ms()),
        None => (ListOrder::Left, left),
    }
}
