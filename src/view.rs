//! All shards merged as of one instant: readings and verdicts are computed here.
//!
//! ```text
//! shard 0 ─┐ ended, running, rated (+1, −1)   ┌─► readings   (view::readings)
//! shard 1 ─┼────────────► View ───────────────┼─► verdicts   (view::verdicts)
//! shard 2 ─┘   panes, sums, waiting sets      └─► breakdowns (view::breakdown)
//! ```
//!
//! # Design
//! Shards keep timelines. The view keeps panes, window sums and waiting sets, once for all shards, as counts
//! that are added and retracted. Counting commutes, so the view is a function of the set of events and of
//! `now`, whichever shard reports first.

use std::collections::BTreeMap;
use std::sync::Arc;

use self::merged::MergedTickets;
use crate::agreement::Target;
use crate::catalog::{Catalog, ChannelId, ObjectiveId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::Measure;
use crate::team_log::TeamLogs;
use crate::ticket::{
    Band, Change, CountedFor, Ended, Flagged, GivenUp, MergedWait, Rated, RatingKind, Running,
    Sink, StopwatchPosition, TakenOver,
};
use crate::time::{Elapsed, Timestamp};
use crate::waiting_list::{self, ListOf, TicketList, WaitingLists};
use crate::window::{
    FlagCounts, Instant, Levels, OpenAllowance, PaneContent, Part, Ring, Scores, Series, Waiting,
};

mod verdicts;
mod readings;
mod breakdown;
mod merged;

pub use verdicts::{AGE_EDGES, AGE_GROUPS, OverdueCauses};

#[cfg(test)]
mod tests;

/// The windows and the waiting tickets, as of one instant.
///
/// Use: [`View::advance`] to an instant, advance every shard to it with the view as its sink, then read. The
/// instant never goes back.
#[derive(Debug)]
pub struct View {
    catalog: Arc<Catalog>,
    now: Timestamp,
    /// The first instant at which anything leaves a window.
    moves_at: Timestamp,
    /// The same of each of `series`: one array, since there may be ten thousand of them.
    series_move_at: Vec<Timestamp>,
    history_from: Option<Timestamp>,
    is_frozen: bool,
    /// By [`Catalog::series_index`]: whether anything has changed that its objectives are judged by.
    touched: Vec<bool>,
    /// Whether readings are made of it. Otherwise it counts what objectives are judged by, and nothing else.
    has_readings: bool,
    /// By [`Catalog::series_index`]; `None` until something ends.
    series: Vec<Option<Box<Series>>>,
    /// The parts of series that readings are split into.
    parts: BTreeMap<(ScopeId, StopwatchKindId, Part), Series>,
    /// By [`Catalog::series_index`]. The organisation has none: its tickets are those of all scopes.
    waiting: Vec<Option<Box<Waiting>>>,
    /// The number of stopwatches that stay over an objective after a change of priority; see
    /// [`Running::over`].
    sticky_overdue: BTreeMap<StickyKey, u64>,
    /// Stopwatches whose breakdown does not follow from their start: their tickets waited elsewhere too, or
    /// they stay over an objective.
    tracked: BTreeMap<TrackedKey, Vec<Running>>,
    ratings: BTreeMap<(ScopeId, RatingKind), Ring<Scores>>,
    flags: BTreeMap<(ScopeId, Measure), Ring<FlagCounts>>,
    merged: MergedTickets,
    /// The lists of waiting tickets of each partition.
    waiting_lists: Vec<WaitingLists>,
    team_logs: Arc<TeamLogs>,
    /// Customers' ratings by objective and by wait compared with its target.
    bands: BTreeMap<ObjectiveId, Ring<[Scores; Band::ALL.len()]>>,
}

/// The key of stopwatches that stay over an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct StickyKey {
    objective: ObjectiveId,
    holder: ScopeId,
    priority: Option<Priority>,
    started: Timestamp,
    position: StopwatchPosition,
}

/// The key of stopwatches whose breakdown is kept: first their group, then their position in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TrackedKey {
    group: WaitingGroup,
    position: StopwatchPosition,
}

/// Waiting stopwatches that share a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct WaitingGroup {
    stopwatch_kind: StopwatchKindId,
    holder: ScopeId,
    priority: Option<Priority>,
}

/// The tickets that wait for a scope and measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitingNow {
    /// The number of running and paused stopwatches.
    pub count: u64,
    /// The effective start of the longest wait; `None` if none waits.
    pub oldest_since: Option<Timestamp>,
}

impl Sink for View {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        match change {
            Change::Ended(ended) => self.count_ended(ended, by),
            Change::Running(running) => self.count_running(running, by),
            Change::Rated(rated) => self.count_rated(rated, by),
            Change::Flagged(flagged) => self.count_flagged(flagged, by),
            Change::Merged { ticket, wait } => {
                let left_behind = self.merged.merged(ticket, wait, by);
                self.count_left_behind(&left_behind);
            }
            Change::TookOver(taken) => {
                let left_behind = self.merged.took_over(taken, by);
                self.count_left_behind(&left_behind);
            }
            // Windows correct themselves: only counters that never decrease need these.
            Change::NewSample(_) | Change::LateEvent { .. } => {}
        }
    }
}

impl View {
    fn count_ended(&mut self, ended: &Ended, by: i64) {
        let organisation = match ended.counted_for {
            CountedFor::Team => None,
            CountedFor::TeamAndOrganisation => Some(self.catalog.organisation()),
        };
        for scope in [Some(ended.scope), organisation].into_iter().flatten() {
            if !self.is_read(scope, ended.stopwatch_kind) {
                continue;
            }
            self.touch(scope, ended.stopwatch_kind);
            self.create_series(scope, ended.stopwatch_kind);
            let index = self.catalog.series_index(scope, ended.stopwatch_kind);
            if let Some(series) = &mut self.series[index] {
                series.add(ended, by, &self.catalog, self.now);
                self.series_move_at[index] = series.ring().moves_at();
                self.moves_at = self.moves_at.min(series.ring().moves_at());
            }
            let has_parts = self.has_readings && self.catalog.has_splits();
            if has_parts && self.catalog.is_standard(ended.stopwatch_kind) {
                self.count_parts(scope, ended, by);
            }
        }
    }

    fn count_flagged(&mut self, flagged: &Flagged, by: i64) {
        let (windows, now) = (self.catalog.windows(), self.now);
        for scope in [flagged.scope, self.catalog.organisation()] {
            let ring = self.flags.entry((scope, flagged.measure));
            let ring = ring.or_insert_with(|| Ring::new(windows, now));
            ring.add(flagged.at, now, |counts| counts.add(flagged.flag, by));
            self.moves_at = self.moves_at.min(ring.moves_at());
        }
    }

    /// Counts the merges that were left behind before (−1) and after (+1) something was learnt about them.
    fn count_left_behind(&mut self, [before, after]: &[Vec<MergedWait>; 2]) {
        if before == after {
            return;
        }
        for (waits, by) in [(before, -1), (after, 1)] {
            for wait in waits {
                if self.catalog.is_measured(wait.measure) {
                    self.count_flagged(&wait.flagged(), by);
                }
            }
        }
    }

    fn count_running(&mut self, running: &Running, by: i64) {
        let catalog = Arc::clone(&self.catalog);
        let organisation = catalog.organisation();
        if !self.is_read(running.scope, running.stopwatch_kind)
            && !self.is_read(organisation, running.stopwatch_kind)
        {
            return;
        }
        self.touch(running.scope, running.stopwatch_kind);
        self.touch(organisation, running.stopwatch_kind);
        let index = catalog.series_index(running.scope, running.stopwatch_kind);
        let Running { stopwatch_kind, scope, priority, started, position, .. } = *running;
        let waiting = self.waiting[index].get_or_insert_default();
        let days = catalog.working_days(scope, stopwatch_kind).iter();
        let allowances: Vec<OpenAllowance> = days
            .map(|&days| {
                let target = Target::WorkingDays(days);
                let open = catalog.allowance(target, stopwatch_kind, scope, started);
                OpenAllowance { days, open }
            })
            .collect();
        waiting.add(running, catalog.has_calendars(), &allowances, by);
        for &id in &running.over {
            let (owner, _) = catalog.objective(id);
            if catalog.stopwatch_kind_of(id) == stopwatch_kind
                && (owner == scope || owner == organisation)
            {
                let key = StickyKey { objective: id, holder: scope, priority, started, position };
                let count = self.sticky_overdue.entry(key).or_default();
                *count = count.saturating_add_signed(by);
                if *count == 0 {
                    self.sticky_overdue.remove(&key);
                }
            }
        }
        let is_tracked = running.breakdown_so_far.is_some() || !running.over.is_empty();
        if self.has_readings && is_tracked {
            self.track(running, by);
        }
    }

    fn count_rated(&mut self, rated: &Rated, by: i64) {
        let (windows, now) = (self.catalog.windows(), self.now);
        for scope in [rated.scope, self.catalog.organisation()] {
            let ring = self.ratings.entry((scope, rated.kind));
            let ring = ring.or_insert_with(|| Ring::new(windows, now));
            ring.add(rated.at, now, |scores| scores.add(rated.score, by));
            self.moves_at = self.moves_at.min(ring.moves_at());
        }
        for (id, band) in &rated.bands {
            let ring = self.bands.entry(*id).or_insert_with(|| Ring::new(windows, now));
            ring.add(rated.at, now, |bands| bands[*band as usize].add(rated.score, by));
            self.moves_at = self.moves_at.min(ring.moves_at());
        }
    }
}

impl View {
    /// An empty view as of `now`.
    pub fn new(catalog: Arc<Catalog>, now: Timestamp) -> Self {
        let series = catalog.scope_count() * catalog.stopwatch_kinds().len();
        Self {
            catalog,
            now,
            moves_at: Timestamp::EVENT_END,
            series_move_at: vec![Timestamp::EVENT_END; series],
            history_from: None,
            is_frozen: false,
            touched: vec![true; series],
            has_readings: true,
            series: std::iter::repeat_with(|| None).take(series).collect(),
            parts: BTreeMap::new(),
            waiting: std::iter::repeat_with(|| None).take(series).collect(),
            sticky_overdue: BTreeMap::new(),
            tracked: BTreeMap::new(),
            ratings: BTreeMap::new(),
            flags: BTreeMap::new(),
            merged: MergedTickets::default(),
            waiting_lists: Vec::new(),
            team_logs: Arc::default(),
            bands: BTreeMap::new(),
        }
    }

    /// An empty view as of `now` that is for the verdicts of alerts only: it counts what objectives are
    /// judged by, and has no readings and no breakdowns.
    pub(crate) fn for_alerts(catalog: Arc<Catalog>, now: Timestamp) -> Self {
        Self { has_readings: false, ..Self::new(catalog, now) }
    }

    /// Moves the windows on to `now`. An earlier instant changes nothing.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        let now = self.now;
        let longest = self.catalog.windows().last().copied().unwrap_or(Elapsed::ZERO);
        self.merged.prune(now, now.minus(longest));
        if now < self.moves_at {
            return;
        }
        let mut next = Timestamp::EVENT_END;
        for (at, series) in self.series_move_at.iter_mut().zip(&mut self.series) {
            if *at <= now
                && let Some(series) = series
            {
                series.advance(now);
                *at = series.ring().moves_at();
            }
            next = next.min(*at);
        }
        for series in self.parts.values_mut() {
            series.advance(now);
            next = next.min(series.ring().moves_at());
        }
        for ring in self.ratings.values_mut() {
            ring.advance(now);
            next = next.min(ring.moves_at());
        }
        for ring in self.bands.values_mut() {
            ring.advance(now);
            next = next.min(ring.moves_at());
        }
        for ring in self.flags.values_mut() {
            ring.advance(now);
            next = next.min(ring.moves_at());
        }
        self.moves_at = next;
    }

    /// Sets where the known history begins. Windows that begin before it have insufficient data.
    pub fn set_history_from(&mut self, history_from: Option<Timestamp>) {
        if self.history_from != history_from {
            self.history_from = history_from;
            self.touched.fill(true);
        }
    }

    /// Where the known history begins; `None` if all of it is known.
    pub fn history_from(&self) -> Option<Timestamp> {
        self.history_from
    }

    /// Sets the lists of waiting tickets of all partitions, as of the instant of the view.
    pub fn set_waiting_lists(&mut self, lists: Vec<WaitingLists>) {
        self.waiting_lists = lists;
    }

    /// The lists of waiting tickets of each partition.
    pub fn waiting_lists(&self) -> &[WaitingLists] {
        &self.waiting_lists
    }

    /// Sets what the teams have said up to the instant of the view.
    pub fn set_team_logs(&mut self, logs: Arc<TeamLogs>) {
        self.team_logs = logs;
    }

    /// What the teams have said.
    pub fn team_logs(&self) -> &Arc<TeamLogs> {
        &self.team_logs
    }

    /// The first waiting tickets of a list.
    pub fn waiting_tickets(&self, of: ListOf) -> TicketList {
        waiting_list::merged(&self.waiting_lists, of, &self.catalog, self.now)
    }

    /// Freezes all verdicts while the data is not current or not complete.
    pub fn set_frozen(&mut self, is_frozen: bool) {
        if self.is_frozen != is_frozen {
            self.is_frozen = is_frozen;
            self.touched.fill(true);
        }
    }

    /// The instant of the view.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The catalog that it is read by.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The number given up in a window by reason, in the order of [`GivenUp::ALL`].
    pub fn given_up(
        &self,
        scope: ScopeId,
        measure: Measure,
        length: Elapsed,
    ) -> [u64; GivenUp::ALL.len()] {
        let series = self
            .catalog
            .standard(measure)
            .and_then(|stopwatch_kind| self.series(scope, stopwatch_kind));
        let sum = series.and_then(|series| series.ring().sum(length));
        GivenUp::ALL.map(|reason| sum.map_or(0, |sum| sum.tally.given_up(reason)))
    }

    /// The flagged acts in a window.
    pub fn flags(&self, scope: ScopeId, measure: Measure, length: Elapsed) -> FlagCounts {
        let ring = self.flags.get(&(scope, measure));
        ring.and_then(|ring| ring.sum(length)).map_or_else(FlagCounts::default, |sum| sum.tally)
    }

    /// The latest takeover of a merged ticket, whether or not it settles the merge; `None` without any.
    pub fn takeover_of(&self, ticket: &str) -> Option<&TakenOver> {
        self.merged.takeover_of(ticket)
    }

    /// All windows with flagged acts.
    pub fn all_flags(&self) -> impl Iterator<Item = (ScopeId, Measure, Elapsed, FlagCounts)> {
        self.flags.iter().flat_map(|((scope, measure), ring)| {
            let sums = ring.sums().iter().filter(|sum| !sum.tally.is_empty());
            sums.map(|sum| (*scope, *measure, sum.length, sum.tally))
        })
    }

    /// The tickets that were merged while they waited, and whose waits no ticket goes on with.
    pub fn merged_waiting(&self) -> impl Iterator<Item = (&str, &MergedWait)> {
        self.merged.left_behind()
    }

    /// A scope's ratings in a window.
    pub fn ratings(&self, scope: ScopeId, kind: RatingKind, length: Elapsed) -> Scores {
        let ring = self.ratings.get(&(scope, kind));
        ring.and_then(|ring| ring.sum(length)).map_or(Scores::default(), |sum| sum.tally)
    }

    /// Customers' ratings in an objective's window, by their last finished wait compared with its target,
    /// in the order of [`Band::ALL`]. They show whether the level satisfies customers.
    pub fn rating_bands(&self, id: ObjectiveId) -> [Scores; Band::ALL.len()] {
        let over = self.catalog.objective(id).1.over_at(self.now);
        let sum = self.bands.get(&id).and_then(|ring| ring.sum(over));
        sum.map_or_else(Default::default, |sum| sum.tally)
    }

    /// Whether anything has changed since [`View::forget_touched`] that an objective is judged by, apart from
    /// the time.
    pub fn is_touched(&self, id: ObjectiveId) -> bool {
        let (owner, _) = self.catalog.objective(id);
        self.touched[self.catalog.series_index(owner, self.catalog.stopwatch_kind_of(id))]
    }

    /// Begins again to note what changes.
    pub fn forget_touched(&mut self) {
        self.touched.fill(false);
    }

    fn touch(&mut self, scope: ScopeId, stopwatch_kind: StopwatchKindId) {
        self.touched[self.catalog.series_index(scope, stopwatch_kind)] = true;
    }

    /// Whether readings or verdicts need a series: a measure's own kind has readings, others have objectives.
    fn is_read(&self, scope: ScopeId, stopwatch_kind: StopwatchKindId) -> bool {
        self.has_readings && self.catalog.is_standard(stopwatch_kind)
            || !self.catalog.judging(scope, stopwatch_kind).is_empty()
    }

    fn series(&self, scope: ScopeId, stopwatch_kind: StopwatchKindId) -> Option<&Series> {
        self.series[self.catalog.series_index(scope, stopwatch_kind)].as_deref()
    }

    /// Creates the series unless it exists.
    fn create_series(&mut self, scope: ScopeId, stopwatch_kind: StopwatchKindId) {
        let index = self.catalog.series_index(scope, stopwatch_kind);
        if self.series[index].is_none() {
            let series = self.empty_series(scope, stopwatch_kind, false);
            self.series[index] = Some(Box::new(series));
        }
    }

    fn empty_series(
        &self,
        scope: ScopeId,
        stopwatch_kind: StopwatchKindId,
        is_part: bool,
    ) -> Series {
        let levels = Levels::of(&self.catalog, scope, stopwatch_kind, is_part);
        if self.has_readings {
            Series::new(levels, &self.catalog, self.now)
        } else {
            Series::for_alerts(levels, &self.catalog, self.now)
        }
    }

    /// Counts an ending in the parts that the readings of a scope are split into. Parts of the organisation
    /// are counted for every scope, since open time is each team's own.
    fn count_parts(&mut self, scope: ScopeId, ended: &Ended, by: i64) {
        let catalog = Arc::clone(&self.catalog);
        let owners = [scope, catalog.organisation()];
        let splits = owners.into_iter().filter_map(|scope| catalog.split(scope, ended.measure));
        let mut parts: Vec<Part> = Vec::new();
        for split in splits {
            if split.priority {
                parts.push(Part::Priority(ended.priority));
            }
            if !split.channels.is_empty() {
                let channel = Some(ended.channel).filter(|own| split.channels.contains(own));
                parts.push(Part::Channel(channel.unwrap_or_default()));
            }
        }
        parts.sort_unstable();
        parts.dedup();
        for part in parts {
            let key = (scope, ended.stopwatch_kind, part);
            if !self.parts.contains_key(&key) {
                let series = self.empty_series(scope, ended.stopwatch_kind, true);
                self.parts.insert(key, series);
            }
            if let Some(series) = self.parts.get_mut(&key) {
                series.add(ended, by, &catalog, self.now);
                self.moves_at = self.moves_at.min(series.ring().moves_at());
            }
        }
    }

    fn track(&mut self, running: &Running, by: i64) {
        let group = WaitingGroup {
            stopwatch_kind: running.stopwatch_kind,
            holder: running.scope,
            priority: running.priority,
        };
        let key = TrackedKey { group, position: running.position };
        let all = self.tracked.entry(key).or_default();
        if by > 0 {
            all.push(running.clone());
        } else if let Some(at) = all.iter().position(|other| other == running) {
            all.swap_remove(at);
        }
        if all.is_empty() {
            self.tracked.remove(&key);
        }
    }

    /// An instant by the calendar that a kind of stopwatch goes by while a scope holds the ticket.
    fn instant(&self, scope: ScopeId, stopwatch_kind: StopwatchKindId, at: Timestamp) -> Instant {
        let opened = if self.catalog.has_calendars() {
            self.catalog.calendar(self.catalog.calendar_id_of(stopwatch_kind, scope)).cumulative(at)
        } else {
            0
        };
        Instant { at, opened }
    }

    /// The waiting stopwatches of a scope, by holder; for the organisation, those of all scopes.
    fn waiting_of(
        &self,
        scope: ScopeId,
        stopwatch_kind: StopwatchKindId,
    ) -> impl Iterator<Item = (ScopeId, &Waiting)> {
        let whole = scope == self.catalog.organisation();
        let all = whole.then(|| self.catalog.ticket_scopes()).into_iter().flatten();
        let one = (!whole).then_some(scope);
        one.into_iter().chain(all).filter_map(move |scope| {
            Some((
                scope,
                self.waiting[self.catalog.series_index(scope, stopwatch_kind)].as_deref()?,
            ))
        })
    }

    /// Chooses the channels and priorities of a part of readings.
    fn filter_of(
        &self,
        part: Option<Part>,
        split: &[ChannelId],
    ) -> impl Fn(ChannelId, Option<Priority>) -> bool {
        let named: Vec<ChannelId> = split.to_vec();
        move |channel, priority| match part {
            None => true,
            Some(Part::Priority(of)) => priority == of,
            Some(Part::Channel(ChannelId::OTHER)) => {
                channel == ChannelId::OTHER || !named.contains(&channel)
            }
            Some(Part::Channel(of)) => channel == of,
        }
    }
}
