//! What a turn of duty checks: tickets that were missed or got no answer, then a fair draw, and for each
//! member a draw of their own answers.
//!
//! # Design
//! A list is about the turn before: tickets whose waits ended in it, as they were at the handover. So it
//! stays the same during the turn, and follows from the events like everything else; an event that comes
//! late corrects it.
//!
//! The draw is fair and can be done again by anyone: tickets are ordered by [`draw_rank`], a hash of the
//! team, the handover and the ticket's id, and the first ones are drawn. Nobody chooses, and nobody is
//! compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::agreement::Objective;
use crate::catalog::{Catalog, ScopeId};
use crate::event::Kind;
use crate::name::team_label;
use crate::ticket::{
    Change, CountedFor, DerivationContext, Ended, Ending, Running, Sink, Timeline,
};
use crate::time::{Elapsed, Timestamp};

/// The number of their own answered tickets that each member gets in a turn.
pub const OWN_MAX: usize = 3;

/// In one turn out of this many, one ticket goes to several members.
const TOGETHER_EVERY: u32 = 4;

/// The number of members who judge the same ticket.
const TOGETHER_MAX: usize = 3;

/// Why a ticket is on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckReason {
    /// A wait of it ended over target.
    Missed,
    /// It ended without an answer, or still waited over target at the handover.
    Unanswered,
    /// It was drawn.
    Drawn,
}

impl CheckReason {
    /// All reasons, in the order in which tickets are listed.
    pub const ALL: [Self; 3] = [Self::Missed, Self::Unanswered, Self::Drawn];

    /// Its value in the API.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Unanswered => "unanswered",
            Self::Drawn => "drawn",
        }
    }
}

/// A ticket on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckItem {
    /// Its id.
    pub ticket: Arc<str>,
    /// Why it is there.
    pub reason: CheckReason,
}

/// What a team checks in a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckList {
    /// The begin of the turn before: waits that ended from here on are considered.
    pub from: Timestamp,
    /// The handover: the end of what is considered, and the begin of the turn that checks.
    pub to: Timestamp,
    /// The number of tickets of each reason that could have been listed, in the order of
    /// [`CheckReason::ALL`].
    pub candidates: [usize; CheckReason::ALL.len()],
    /// The turn's tickets: missed ones first, then unanswered ones, then drawn ones.
    pub items: Vec<CheckItem>,
    /// The ticket that several members judge, with their names; `None` in most turns.
    pub together: Option<(Arc<str>, Vec<Arc<str>>)>,
    /// The tickets that each member judges themselves: some that they have answered.
    pub own: BTreeMap<Arc<str>, Vec<Arc<str>>>,
}

impl CheckList {
    /// The members who are asked to judge a ticket: those who judge it together, and those whose own answers
    /// it has.
    pub fn asked(&self, ticket: &str) -> BTreeSet<&str> {
        let together = self.together.iter().filter(|(of, _)| **of == *ticket);
        let together = together.flat_map(|(_, judges)| judges.iter().map(|judge| &**judge));
        let own = self.own.iter().filter(|(_, tickets)| tickets.iter().any(|of| **of == *ticket));
        together.chain(own.map(|(member, _)| &**member)).collect()
    }
}

/// The lists of all teams with turns of duty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckLists {
    lists: BTreeMap<ScopeId, CheckList>,
    /// When the first of the turns ends; `None` without turns.
    until: Option<Timestamp>,
}

impl CheckLists {
    /// The list of a team, or of the organisation; `None` without a turn of duty.
    pub fn of(&self, scope: ScopeId) -> Option<&CheckList> {
        self.lists.get(&scope)
    }

    /// Whether all lists are those of the turns at `now`.
    pub fn are_of(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The place of a ticket in a draw: XXH3 (64 bits) of the team's label, the handover in RFC 3339 (UTC) and
/// the ticket's id, with a space between them; in a member's own draw, with the member before the ticket. The
/// lowest are drawn.
pub fn draw_rank(team: &str, handover: Timestamp, member: Option<&str>, ticket: &str) -> u64 {
    let member = member.map_or_else(String::new, |member| format!("{member} "));
    xxh3_64(format!("{team} {handover} {member}{ticket}").as_bytes())
}

/// A turn whose list is made.
#[derive(Debug)]
struct DrawnTurn {
    scope: ScopeId,
    label: String,
    from: Timestamp,
    to: Timestamp,
    index: u32,
    /// The maximum length of the list.
    count: usize,
    /// All members, from the one who has the turn on.
    members: Vec<Arc<str>>,
    candidates: [LowestRanks; CheckReason::ALL.len()],
    own: BTreeMap<Arc<str>, LowestRanks>,
}

/// The tickets with the lowest ranks.
#[derive(Debug, Default)]
struct LowestRanks {
    seen: usize,
    lowest: BTreeSet<(u64, Arc<str>)>,
}

impl LowestRanks {
    fn add(&mut self, rank: u64, ticket: &str, most: usize) {
        self.seen += 1;
        self.lowest.insert((rank, ticket.into()));
        if self.lowest.len() > most {
            self.lowest.pop_last();
        }
    }
}

/// Draws the lists of all teams.
///
/// Use: add the tickets of every partition, each once, then read [`CheckDraw::into_lists`].
#[derive(Debug)]
pub struct CheckDraw {
    catalog: Arc<Catalog>,
    /// In order of handovers.
    turns: Vec<DrawnTurn>,
    until: Option<Timestamp>,
}

impl CheckDraw {
    /// The lists of the turns at `now`; no ticket yet.
    pub fn new(catalog: Arc<Catalog>, now: Timestamp) -> Self {
        let mut until: Option<Timestamp> = None;
        let mut turns = Vec::new();
        for scope in catalog.reading_scopes() {
            let Some(duty) = catalog.duty(scope) else { continue };
            let next = duty.next_handover(now);
            until = [until, next].into_iter().flatten().min();
            let Some(turn) = duty.turn_at(now) else { continue };
            // Before the first turn nobody had duty, so its list is about as long a time.
            let before = duty.turn_at(turn.starts.minus(Elapsed::from_ms(1)));
            let from = before.map_or_else(
                || turn.starts.minus(turn.ends.since(turn.starts)),
                |before| before.starts,
            );
            let first = duty.members.iter().position(|one| turn.member == Some(&**one));
            let in_order = duty.members.iter().cycle().skip(first.unwrap_or_default());
            let members: Vec<Arc<str>> =
                in_order.take(duty.members.len()).map(|member| (&**member).into()).collect();
            turns.push(DrawnTurn {
                scope,
                label: team_label(catalog.scope_name(scope)).to_owned(),
                from,
                to: turn.starts,
                index: turn.index,
                count: usize::try_from(duty.check).unwrap_or(usize::MAX),
                own: members.iter().map(|one| (Arc::clone(one), LowestRanks::default())).collect(),
                members,
                candidates: Default::default(),
            });
        }
        turns.sort_by_key(|turn| turn.to);
        Self { catalog, turns, until }
    }

    /// The catalog by which tickets are counted.
    pub(crate) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Whether a ticket may be on a list, by the time of its first event.
    pub(crate) fn may_list(&self, first: Timestamp) -> bool {
        self.turns.last().is_some_and(|turn| first < turn.to)
    }

    /// Adds a ticket of which nothing is derived yet. `names`: the names of its events, in order of id.
    pub(crate) fn add(
        &mut self,
        timeline: &mut Timeline,
        names: &[&str],
        context: DerivationContext<'_>,
    ) {
        let Ok(ticket) = std::str::from_utf8(timeline.key()).map(str::to_owned) else { return };
        let mut waits = CollectedWaits::default();
        for turn in &mut self.turns {
            timeline.advance(turn.to.minus(Elapsed::from_ms(1)), context, &mut waits);
            if let Some(reason) = waits.reason(turn, &self.catalog) {
                let rank = draw_rank(&turn.label, turn.to, None, &ticket);
                turn.candidates[reason as usize].add(rank, &ticket, turn.count);
            }
            if !waits.has_answer(turn, &self.catalog) {
                continue;
            }
            for agent in agents(timeline, turn, names) {
                if let Some(own) = turn.own.get_mut(agent) {
                    let rank = draw_rank(&turn.label, turn.to, Some(agent), &ticket);
                    own.add(rank, &ticket, OWN_MAX);
                }
            }
        }
    }

    /// The lists.
    pub fn into_lists(self) -> CheckLists {
        let until = self.until;
        let lists = self.turns.into_iter().map(|turn| (turn.scope, turn.into_list())).collect();
        CheckLists { lists, until }
    }
}

/// The people who answered a ticket in the time that a list is about, each once.
fn agents<'n>(timeline: &Timeline, turn: &DrawnTurn, names: &[&'n str]) -> BTreeSet<&'n str> {
    let answers = timeline.events().filter(|entry| {
        entry.kind == Kind::AgentReplied && entry.time >= turn.from && entry.time < turn.to
    });
    answers.filter_map(|entry| names.get(entry.agent?.index()).copied()).collect()
}

impl DrawnTurn {
    fn into_list(self) -> CheckList {
        let candidates = self.candidates.each_ref().map(|ranks| ranks.seen);
        let mut items: Vec<CheckItem> = Vec::new();
        for (reason, ranks) in CheckReason::ALL.into_iter().zip(self.candidates) {
            let room = self.count.saturating_sub(items.len());
            let drawn = ranks.lowest.into_iter().take(room);
            items.extend(drawn.map(|(_, ticket)| CheckItem { ticket, reason }));
        }
        let is_shared = self.index.is_multiple_of(TOGETHER_EVERY) && self.members.len() > 1;
        let shared = items.last().filter(|_| is_shared).map(|item| Arc::clone(&item.ticket));
        let judges = || self.members.iter().take(TOGETHER_MAX).cloned().collect();
        let own = self.own.into_iter().map(|(member, ranks)| {
            (member, ranks.lowest.into_iter().map(|(_, ticket)| ticket).collect())
        });
        CheckList {
            from: self.from,
            to: self.to,
            candidates,
            together: shared.map(|ticket| (ticket, judges())),
            own: own.collect(),
            items,
        }
    }
}

/// The waits of one ticket as of an instant.
#[derive(Default)]
struct CollectedWaits {
    ended: Vec<Ended>,
    running: Vec<Running>,
}

impl Sink for CollectedWaits {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        match change {
            Change::Ended(ended) => keep(&mut self.ended, ended, by),
            Change::Running(running) => keep(&mut self.running, running, by),
            Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_)
            | Change::LateEvent { .. }
            | Change::NewSample(_) => {}
        }
    }
}

/// Adds a change, or removes one that is taken back.
fn keep<T: Clone + PartialEq>(all: &mut Vec<T>, one: &T, by: i64) {
    if by > 0 {
        all.push(one.clone());
    } else if let Some(index) = all.iter().position(|other| other == one) {
        all.swap_remove(index);
    }
}

impl CollectedWaits {
    /// Why the ticket may be on the list of a turn; `None` if it may not.
    fn reason(&self, turn: &DrawnTurn, catalog: &Catalog) -> Option<CheckReason> {
        let ended = self.ended.iter().filter(|ended| is_of(ended, turn, catalog));
        let of_ended = ended.filter_map(|ended| match ended.ending {
            Ending::Answered if ended.missed.is_empty() => Some(CheckReason::Drawn),
            Ending::Answered => Some(CheckReason::Missed),
            Ending::GivenUp(reason) => {
                reason.is_counted_given_up().then_some(CheckReason::Unanswered)
            }
        });
        let is_over = |running: &&Running| {
            let is_here = running.scope == turn.scope || turn.scope == catalog.organisation();
            is_here && is_over(running, catalog, turn.to)
        };
        let waits = self.running.iter().any(|running| is_over(&running));
        of_ended.chain(waits.then_some(CheckReason::Unanswered)).min()
    }

    /// Whether a wait ended with an answer in the time that the list is about.
    fn has_answer(&self, turn: &DrawnTurn, catalog: &Catalog) -> bool {
        let mut ended = self.ended.iter().filter(|ended| is_of(ended, turn, catalog));
        ended.any(|ended| ended.ending == Ending::Answered)
    }
}

/// Whether an ending counts for the team of a turn, in the time that its list is about.
fn is_of(ended: &Ended, turn: &DrawnTurn, catalog: &Catalog) -> bool {
    let is_whole = turn.scope == catalog.organisation()
        && ended.counted_for == CountedFor::TeamAndOrganisation;
    let kind = ended.stopwatch_kind;
    let judges = |scope| !catalog.judging(scope, kind).is_empty();
    let is_kept =
        catalog.is_standard(kind) || judges(ended.scope) || judges(catalog.organisation());
    is_kept
        && (ended.scope == turn.scope || is_whole)
        && ended.at >= turn.from
        && ended.at < turn.to
}

/// Whether a wait is over a target of its team or of the organisation at an instant.
fn is_over(running: &Running, catalog: &Catalog, now: Timestamp) -> bool {
    let kind = running.stopwatch_kind;
    let calendar = catalog.calendar(catalog.calendar_id_of(kind, running.scope));
    let elapsed = running.position.elapsed(now, calendar.cumulative(now));
    let exceeds = |objective: &Objective| {
        let target = objective.level_at(now).target(running.priority);
        elapsed.of(target.basis()) > catalog.allowance(target, kind, running.scope, running.started)
    };
    let judging = [running.scope, catalog.organisation()];
    let mut judging = judging.into_iter().flat_map(|scope| catalog.judging(scope, kind));
    judging.any(|id| running.over.contains(id) || exceeds(catalog.objective(*id).1))
}
