//! The tickets that wait for an objective, by id: those over target, and those due soon.
//!
//! # Design
//! A view counts waiting tickets and does not know their ids. Each partition keeps the first tickets of every
//! objective in these lists. A list holds constants, like a stopwatch: while nothing happens to a ticket, its
//! place in the list stays the same, and elapsed times follow from `now`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::{Catalog, ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::Basis;
use crate::ticket::{StopwatchPosition, WaitLocation};
use crate::time::{Elapsed, Timestamp};
use crate::window::Spent;

/// Maximum tickets of a list that is shown. The number of all is the objective's count.
pub const LISTED_MAX: usize = 100;

/// Maximum tickets that are kept of each order. More than are shown: when some are answered, the next move
/// up.
const KEPT_MAX: usize = 2 * LISTED_MAX;

/// With fewer tickets a list that others were left out of is filled again.
const REFILL_BELOW: usize = LISTED_MAX + LISTED_MAX / 2;

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListOf {
    /// The tickets that an objective judges.
    Objective(ObjectiveId),
    /// The tickets of a scope without objectives that wait for an answer.
    Scope(ScopeId),
}

/// The order that a ticket is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ListOrder {
    /// By due time; in the list of a scope, by effective start.
    Due,
    /// Paused and within target: by the time left; in the list of a scope, the longest wait first.
    Left,
    /// It stays over target although its present target is not used up; see
    /// [`Running::over`](crate::ticket::Running::over).
    StaysOver,
}

impl ListOrder {
    const ALL: [Self; 3] = [Self::Due, Self::Left, Self::StaysOver];
}

/// The place of a ticket in the lists of its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ListPlace {
    pub(crate) of: ListOf,
    pub(crate) order: ListOrder,
    /// The lower, the earlier.
    pub(crate) key: i64,
    /// The number of the ticket's timeline.
    pub(crate) number: u32,
}

/// One waiting ticket, in constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingTicket {
    /// Its id.
    pub id: Arc<str>,
    /// The scope that holds it.
    pub holder: ScopeId,
    /// Its priority.
    pub priority: Option<Priority>,
    /// Where it waits.
    pub location: WaitLocation,
    /// The kind of its stopwatch.
    pub stopwatch_kind: StopwatchKindId,
    /// When its wait started.
    pub started: Timestamp,
    /// How long it has waited, in constants.
    pub position: StopwatchPosition,
    /// The kind of time of its target, and how long it may wait; `None` in the list of a scope.
    pub allowance: Option<(Basis, Elapsed)>,
    /// When its target is or was used up. `None` while it is paused within target, without a target, and
    /// where the calendar has no such instant.
    pub due_at: Option<Timestamp>,
    /// Whether it stays over target after a change of priority or team.
    pub stays_over: bool,
}

/// A ticket of a list, as of an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTicket {
    /// The ticket.
    pub ticket: WaitingTicket,
    /// How long it has waited, in the kind of time of its target.
    pub waited: Elapsed,
    /// The milliseconds left until its target is used up, in the same kind of time; negative once it is over
    /// target. `None` without a target.
    pub left_ms: Option<i64>,
    /// Whether it is over target.
    pub is_over: bool,
}

/// The first tickets of a list, as of an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketList {
    /// Those over target, then those due soon; in each the earliest due time first. At most [`LISTED_MAX`].
    pub tickets: Vec<ListedTicket>,
    /// Whether all waiting tickets were considered. Until then earlier ones may be missing.
    pub is_whole: bool,
}

/// The tickets of one list and order, the earliest first.
#[derive(Clone, Debug, Default)]
struct OrderedTickets {
    tickets: BTreeMap<(i64, u32), WaitingTicket>,
    /// The lowest key that was left out for lack of room; `None` if none was. Later ones are left out, too,
    /// until the list is filled again.
    left_out_from: Option<(i64, u32)>,
}

/// The tickets of one list, by order.
#[derive(Clone, Debug, Default)]
struct TicketPools([OrderedTickets; ListOrder::ALL.len()]);

/// The lists of one partition.
#[derive(Clone, Debug)]
pub struct WaitingLists {
    catalog: Arc<Catalog>,
    /// By [`WaitingLists::index`].
    pools: Arc<Vec<Arc<TicketPools>>>,
    is_whole: bool,
}

impl OrderedTickets {
    /// Whether a ticket with this key has room.
    fn admits(&self, key: (i64, u32)) -> bool {
        self.left_out_from.is_none_or(|first| key < first)
            && (self.tickets.len() < KEPT_MAX
                || self.tickets.last_key_value().is_some_and(|(last, _)| key < *last))
    }

    fn leave_out(&mut self, key: (i64, u32)) {
        self.left_out_from = Some(self.left_out_from.map_or(key, |first| first.min(key)));
    }
}

impl WaitingLists {
    /// Empty lists for a catalog.
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        let count = catalog.objectives().count() + catalog.scope_count();
        let pools = std::iter::repeat_with(Arc::default).take(count).collect();
        Self { catalog, pools: Arc::new(pools), is_whole: false }
    }

    /// The catalog whose ids they have.
    pub(crate) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    fn index(&self, of: ListOf) -> usize {
        match of {
            ListOf::Objective(id) => id.index(),
            ListOf::Scope(scope) => self.pools.len() - self.catalog.scope_count() + scope.index(),
        }
    }

    fn pool_mut(&mut self, of: ListOf, order: ListOrder) -> Option<&mut OrderedTickets> {
        let index = self.index(of);
        let pools = Arc::make_mut(&mut self.pools).get_mut(index)?;
        Some(&mut Arc::make_mut(pools).0[order as usize])
    }

    fn pool(&self, of: ListOf, order: ListOrder) -> Option<&OrderedTickets> {
        Some(&self.pools.get(self.index(of))?.0[order as usize])
    }

    /// Whether a ticket would be kept at this place. Notes that it is left out if not.
    pub(crate) fn admits(&mut self, place: ListPlace) -> bool {
        let key = (place.key, place.number);
        let Some(pool) = self.pool(place.of, place.order) else { return false };
        let admits = pool.admits(key);
        if !admits
            && pool.left_out_from.is_none_or(|first| key < first)
            && let Some(pool) = self.pool_mut(place.of, place.order)
        {
            pool.leave_out(key);
        }
        admits
    }

    /// The ticket at a place.
    pub(crate) fn at(&self, place: ListPlace) -> Option<&WaitingTicket> {
        self.pool(place.of, place.order)?.tickets.get(&(place.key, place.number))
    }

    /// Adds a ticket at a place that [`WaitingLists::admits`] it. Returns the place of the ticket that gives
    /// way.
    pub(crate) fn add(&mut self, place: ListPlace, ticket: WaitingTicket) -> Option<ListPlace> {
        let pool = self.pool_mut(place.of, place.order)?;
        pool.tickets.insert((place.key, place.number), ticket);
        if pool.tickets.len() <= KEPT_MAX {
            return None;
        }
        let (key, _) = pool.tickets.pop_last()?;
        pool.leave_out(key);
        let (key, number) = key;
        Some(ListPlace { key, number, ..place })
    }

    /// Removes a ticket. Returns whether the list is to be filled again: others were left out, and few are
    /// left.
    pub(crate) fn remove(&mut self, place: ListPlace) -> bool {
        let Some(pool) = self.pool_mut(place.of, place.order) else { return false };
        pool.tickets.remove(&(place.key, place.number));
        pool.left_out_from.is_some() && pool.tickets.len() < REFILL_BELOW
    }

    /// Prepares to fill the lists again: tickets that were left out are admitted where there is room.
    pub(crate) fn begin_filling(&mut self) {
        for pools in Arc::make_mut(&mut self.pools) {
            if pools.0.iter().any(|pool| pool.left_out_from.is_some()) {
                for pool in &mut Arc::make_mut(pools).0 {
                    pool.left_out_from = None;
                }
            }
        }
    }

    /// All waiting tickets were considered.
    pub(crate) fn set_whole(&mut self) {
        self.is_whole = true;
    }
}

impl WaitingTicket {
    /// How long it has waited at `now`, in the kind of time of its target.
    fn waited(&self, catalog: &Catalog, now: Timestamp) -> Elapsed {
        let opened = if catalog.has_calendars() {
            let calendar = catalog.calendar_id_of(self.stopwatch_kind, self.holder);
            catalog.calendar(calendar).cumulative(now)
        } else {
            0
        };
        let elapsed = self.position.elapsed(now, opened);
        elapsed.of(self.allowance.map_or(Basis::Calendar, |(basis, _)| basis))
    }

    /// The milliseconds left at `now`, in the kind of time of its target; negative once it is over target.
    /// `None` without a target.
    pub(crate) fn left_ms(&self, catalog: &Catalog, now: Timestamp) -> Option<i64> {
        let (_, allowance) = self.allowance?;
        Some(allowance.ms().saturating_sub(self.waited(catalog, now).ms()))
    }

    /// The ticket as of `now`.
    fn listed(&self, catalog: &Catalog, now: Timestamp) -> ListedTicket {
        let (waited, left_ms) = (self.waited(catalog, now), self.left_ms(catalog, now));
        let is_over = self.stays_over || left_ms.is_some_and(|left| left < 0);
        ListedTicket { ticket: self.clone(), waited, left_ms, is_over }
    }
}

impl ListedTicket {
    /// Whether it has used most of its target.
    fn is_due_soon(&self) -> bool {
        self.ticket
            .allowance
            .is_some_and(|(_, allowance)| self.waited.ms() > Spent::Most.limit(allowance.ms()))
    }

    /// The order in which a list is shown: those over target first, then by due time. A paused ticket stands
    /// where it would be due if it went on now.
    fn shown_order(&self, now: Timestamp) -> impl Ord + use<> {
        let paused = || self.left_ms.map(|left| Timestamp::from_ms(now.ms().saturating_add(left)));
        let due = self.ticket.due_at.or_else(paused).unwrap_or(Timestamp::EVENT_END);
        (!self.is_over, due, self.ticket.started, Arc::clone(&self.ticket.id))
    }
}

/// The tickets of a list over target or due soon at `now`, merged over all partitions. `lists` of another
/// catalog are ignored: the configuration has just been reloaded.
pub fn merged(
    lists: &[WaitingLists],
    of: ListOf,
    catalog: &Arc<Catalog>,
    now: Timestamp,
) -> TicketList {
    let own = || lists.iter().filter(|lists| Arc::ptr_eq(&lists.catalog, catalog));
    let orders = ListOrder::ALL.into_iter();
    let pools = own().flat_map(|lists| orders.clone().filter_map(|order| lists.pool(of, order)));
    let listed = pools.flat_map(|pool| pool.tickets.values()).map(|one| one.listed(catalog, now));
    let is_whole = lists.iter().all(|one| one.is_whole && Arc::ptr_eq(&one.catalog, catalog));
    let mut tickets: Vec<ListedTicket> = match of {
        ListOf::Objective(_) => listed.filter(|one| one.is_over || one.is_due_soon()).collect(),
        ListOf::Scope(_) => listed.collect(),
    };
    match of {
        ListOf::Objective(_) => tickets.sort_by_cached_key(|one| one.shown_order(now)),
        ListOf::Scope(_) => tickets
            .sort_by(|a, b| b.waited.cmp(&a.waited).then_with(|| a.ticket.id.cmp(&b.ticket.id))),
    }
    tickets.truncate(LISTED_MAX);
    TicketList { tickets, is_whole }
}
