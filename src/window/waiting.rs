//! Running and paused stopwatches, in constants: nothing changes while time passes.
//!
//! A running stopwatch is its *effective start*: the instant at which it would have started had it run
//! without interruption. A paused one is the time that had elapsed. So ages, misses and the oldest wait at
//! any `now` follow without touching a ticket.
//!
//! For targets in working days, each stopwatch is also its *limit*: the cumulative open time at which it
//! exceeds the target, or, paused, the open time that it has used beyond it.

use crate::agreement::Target;
use crate::calendar::WorkingDays;
use crate::catalog::ChannelId;
use crate::event::Priority;
use crate::measure::Basis;
use crate::ticket::{Running, StopwatchPosition};
use crate::time::{Elapsed, Timestamp};

/// The maximum of numbers in one chunk; a full chunk splits.
const CHUNK_MAX: usize = 512;

/// A sorted multiset of numbers that counts how many are below another.
///
/// # Design
/// Chunks of sorted numbers: an insertion moves at most 4 kB however many wait, and a rank looks at one
/// number in each chunk. A balanced tree with counts would be faster for millions, and three times as large.
#[derive(Clone, Debug, Default)]
pub struct WaitingSet {
    chunks: Vec<Vec<i64>>,
    len: u64,
}

impl WaitingSet {
    /// Adds a number `by` times, or removes it where `by` is negative.
    pub fn add(&mut self, start: i64, by: i64) {
        for _ in 0..by.unsigned_abs() {
            if by > 0 {
                self.insert(start);
            } else {
                self.remove(start);
            }
        }
    }

    /// The number of entries.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The smallest entry.
    pub fn oldest(&self) -> Option<i64> {
        self.chunks.first().and_then(|chunk| chunk.first()).copied()
    }

    /// The largest entry.
    pub fn newest(&self) -> Option<i64> {
        self.chunks.last().and_then(|chunk| chunk.last()).copied()
    }

    /// The smallest entry at or above `at`.
    pub fn first_from(&self, at: i64) -> Option<i64> {
        let whole =
            self.chunks.partition_point(|chunk| chunk.last().is_some_and(|&last| last < at));
        let chunk = self.chunks.get(whole)?;
        chunk.get(chunk.partition_point(|&start| start < at)).copied()
    }

    /// The number of entries below `at`.
    pub fn before(&self, at: i64) -> u64 {
        let whole =
            self.chunks.partition_point(|chunk| chunk.last().is_some_and(|&last| last < at));
        let in_part =
            self.chunks.get(whole).map_or(0, |chunk| chunk.partition_point(|&start| start < at));
        let wholes: usize = self.chunks.iter().take(whole).map(Vec::len).sum();
        (wholes + in_part) as u64
    }

    /// All entries, ascending.
    pub fn iter(&self) -> impl Iterator<Item = i64> {
        self.chunks.iter().flatten().copied()
    }

    /// The chunk that holds `start` or is to hold it.
    fn chunk_of(&self, start: i64) -> usize {
        let after =
            self.chunks.partition_point(|chunk| chunk.last().is_some_and(|&last| last < start));
        after.min(self.chunks.len().saturating_sub(1))
    }

    fn insert(&mut self, start: i64) {
        self.len += 1;
        let index = self.chunk_of(start);
        let Some(chunk) = self.chunks.get_mut(index) else {
            self.chunks.push(vec![start]);
            return;
        };
        let at = chunk.partition_point(|&other| other < start);
        chunk.insert(at, start);
        if chunk.len() >= CHUNK_MAX {
            // New stopwatches have the largest starts: splitting at the end keeps chunks full.
            let keep = if at + 1 == chunk.len() { CHUNK_MAX - 1 } else { CHUNK_MAX / 2 };
            let rest = chunk.split_off(keep);
            chunk.shrink_to_fit();
            self.chunks.insert(index + 1, rest);
        }
    }

    fn remove(&mut self, start: i64) {
        let index = self.chunk_of(start);
        let Some(chunk) = self.chunks.get_mut(index) else {
            return;
        };
        let Ok(at) = chunk.binary_search(&start) else {
            debug_assert!(false, "removing an entry that was never added");
            return;
        };
        chunk.remove(at);
        self.len -= 1;
        if chunk.is_empty() {
            self.chunks.remove(index);
        }
    }
}

/// An instant in both kinds of time: calendar time, and the cumulative open time of one calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant {
    /// Calendar time.
    pub at: Timestamp,
    /// Cumulative open time of the calendar, in milliseconds.
    pub opened: i64,
}

impl Instant {
    /// The instant in that kind of time, in milliseconds.
    pub fn of(self, basis: Basis) -> i64 {
        match basis {
            Basis::Calendar => self.at.ms(),
            Basis::Open => self.opened,
        }
    }
}

/// The running and paused stopwatches of one scope and kind, by channel and priority: targets and readings
/// may differ by these.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    /// For each channel: first without a priority, then in the order of [`Priority::ALL`].
    sets: Vec<Sets>,
}

/// The stopwatches of one channel and priority, for each [`Basis`].
#[derive(Clone, Debug, Default)]
struct Sets {
    /// Running ones, by effective start.
    running: [WaitingSet; 2],
    /// Paused ones, by elapsed time.
    paused: [WaitingSet; 2],
    /// The same ones by their limits, for each number of working days that is a target.
    by_limit: Vec<WorkingDaySets>,
}

/// Stopwatches that are compared with one number of working days.
#[derive(Clone, Debug)]
struct WorkingDaySets {
    days: WorkingDays,
    /// By the limits of all the time that they allow.
    all: LimitSets,
    /// By the limits of [`DUE_SOON_PERCENT`] of it.
    most: LimitSets,
}

/// Stopwatches by a limit of their open time. A stopwatch is over it from the next millisecond on.
#[derive(Clone, Debug, Default)]
struct LimitSets {
    /// Running ones, by the cumulative open time at which they reach it.
    running: WaitingSet,
    /// Paused ones, by elapsed open time less the limit.
    paused: WaitingSet,
}

/// The open time that a number of working days allows a stopwatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenAllowance {
    /// The working days.
    pub days: WorkingDays,
    /// The open time from the start of the stopwatch to their end.
    pub open: Elapsed,
}

/// The share of a target from which a wait is due soon, in percent.
const DUE_SOON_PERCENT: i64 = 80;

/// What waits are counted beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// More than the target.
    All,
    /// At least 80 % of the target.
    Most,
}

impl Spent {
    /// The longest time in ms that is not beyond, for a target of `ms`.
    pub fn limit(self, ms: i64) -> i64 {
        match self {
            Self::All => ms,
            Self::Most => ms.saturating_mul(DUE_SOON_PERCENT) / 100 - 1,
        }
    }
}

/// The number of sets of one channel.
const BY_PRIORITY: usize = Priority::ALL.len() + 1;

impl Waiting {
    /// Adds a stopwatch `by` times, or removes it where `by` is negative. `has_open`: in open time too.
    /// `allowances` are those of all working days that are targets, always in the same order.
    pub fn add(
        &mut self,
        running: &Running,
        has_open: bool,
        allowances: &[OpenAllowance],
        by: i64,
    ) {
        let priority = running.priority.map_or(0, |priority| priority.index() + 1);
        let index = running.channel.index() * BY_PRIORITY + priority;
        if self.sets.len() <= index {
            let channels = running.channel.index() + 1;
            self.sets.resize(channels * BY_PRIORITY, Sets::default());
        }
        let sets = &mut self.sets[index];
        for (at, allowance) in allowances.iter().enumerate() {
            if sets.by_limit.len() <= at {
                sets.by_limit.push(WorkingDaySets::new(allowance.days));
            }
            sets.by_limit[at].add(running.position, allowance.open, by);
        }
        let sets = if running.position.is_paused { &mut sets.paused } else { &mut sets.running };
        sets[0].add(running.position.calendar, by);
        if has_open {
            sets[1].add(running.position.open, by);
        }
    }

    fn sets(&self) -> impl Iterator<Item = (ChannelId, Option<Priority>, &Sets)> {
        let channels = (0..).map(ChannelId::from_index);
        channels.zip(self.sets.chunks(BY_PRIORITY)).flat_map(|(channel, sets)| {
            let priorities = std::iter::once(None).chain(Priority::ALL.into_iter().map(Some));
            priorities.zip(sets).map(move |(priority, sets)| (channel, priority, sets))
        })
    }

    /// The sets of the chosen channels and priorities.
    fn sets_of(&self, filter: TicketFilter<'_>) -> impl Iterator<Item = &Sets> {
        self.sets().filter(move |(channel, priority, _)| filter(*channel, *priority)).map(|s| s.2)
    }

    /// The number that wait.
    pub fn len(&self, filter: TicketFilter<'_>) -> u64 {
        self.sets_of(filter).map(|sets| sets.running[0].len() + sets.paused[0].len()).sum()
    }

    /// The effective start of the longest wait.
    pub fn oldest(&self, filter: TicketFilter<'_>, now: Timestamp) -> Option<Timestamp> {
        let ms = self.sets_of(filter).flat_map(|sets| {
            let paused = sets.paused[0].newest().map(|elapsed| now.ms() - elapsed);
            sets.running[0].oldest().into_iter().chain(paused)
        });
        ms.min().map(Timestamp::from_ms)
    }

    /// The number that have spent a target, which may differ by priority.
    pub fn beyond(
        &self,
        target: impl Fn(Option<Priority>) -> Target,
        spent: Spent,
        now: Instant,
    ) -> u64 {
        self.sets().map(|(_, priority, sets)| sets.beyond(target(priority), spent, now)).sum()
    }

    /// The same by priority: the number of running ones, and of paused ones.
    pub fn beyond_by_priority(
        &self,
        target: impl Fn(Option<Priority>) -> Target,
        spent: Spent,
        now: Instant,
    ) -> impl Iterator<Item = (Option<Priority>, [u64; 2])> {
        let counts = move |(_, priority, sets): (ChannelId, Option<Priority>, &Sets)| {
            (priority, sets.split_beyond(target(priority), spent, now))
        };
        self.sets().map(counts)
    }

    /// The number of the chosen ones that wait longer than a target.
    pub fn part_over(&self, filter: TicketFilter<'_>, target: Target, now: Instant) -> u64 {
        self.sets_of(filter).map(|sets| sets.beyond(target, Spent::All, now)).sum()
    }

    /// For each target, the kind of time, and in it the last instant at which the running stopwatch that
    /// exceeds the target next is still within it.
    pub fn next_over(
        &self,
        target: impl Fn(Option<Priority>) -> Target,
        now: Instant,
    ) -> impl Iterator<Item = (Basis, i64)> {
        self.sets().filter_map(move |(_, priority, sets)| {
            let target = target(priority);
            Some((target.basis(), sets.next_limit(target, now)?))
        })
    }

    /// The age of each wait at `now` and at `from`, in that kind of time.
    pub fn ages(
        &self,
        filter: TicketFilter<'_>,
        basis: Basis,
        from: Instant,
        now: Instant,
    ) -> impl Iterator<Item = (Elapsed, Elapsed)> {
        let (from, now) = (from.of(basis), now.of(basis));
        self.sets_of(filter).flat_map(move |sets| {
            let pair = |age: i64, before: i64| (Elapsed::from_ms(age), Elapsed::from_ms(before));
            let running = sets.running[basis.index()].iter();
            let paused = sets.paused[basis.index()].iter();
            running
                .map(move |start| pair(now - start, from - start))
                .chain(paused.map(move |elapsed| pair(elapsed, elapsed - (now - from))))
        })
    }

    /// The effective starts, in calendar time, of running stopwatches of a priority, from the earliest on as
    /// long as `is_early` holds.
    pub fn started_while(
        &self,
        priority: Option<Priority>,
        is_early: &impl Fn(Timestamp) -> bool,
    ) -> impl Iterator<Item = Timestamp> {
        let of_priority = self.sets().filter(move |(_, of, _)| *of == priority);
        of_priority.flat_map(move |(_, _, sets)| {
            let starts = sets.running[0].iter().map(Timestamp::from_ms);
            starts.take_while(move |start| is_early(*start))
        })
    }
}

/// Chooses channels and priorities.
pub(super) type TicketFilter<'a> = &'a dyn Fn(ChannelId, Option<Priority>) -> bool;

impl Sets {
    /// The number that have spent a target.
    fn beyond(&self, target: Target, spent: Spent, now: Instant) -> u64 {
        self.split_beyond(target, spent, now).into_iter().sum()
    }

    /// The numbers of running and of paused ones that have spent a target.
    fn split_beyond(&self, target: Target, spent: Spent, now: Instant) -> [u64; 2] {
        match target {
            Target::Fixed { elapsed, basis } => {
                let limit = spent.limit(elapsed.ms());
                let (running, paused) = (&self.running[basis.index()], &self.paused[basis.index()]);
                let within = paused.before(limit.saturating_add(1));
                let running = running.before(now.of(basis).saturating_sub(limit));
                [running, paused.len() - within]
            }
            Target::WorkingDays(days) => self.limits(days).map_or([0, 0], |sets| match spent {
                Spent::All => sets.all.over(now),
                Spent::Most => sets.most.over(now),
            }),
        }
    }

    /// The last instant, in the target's kind of time, at which the running stopwatch that exceeds the target
    /// next is still within it.
    fn next_limit(&self, target: Target, now: Instant) -> Option<i64> {
        match target {
            Target::Fixed { elapsed, basis } => {
                let bound = now.of(basis).saturating_sub(elapsed.ms());
                let start = self.running[basis.index()].first_from(bound)?;
                Some(start.saturating_add(elapsed.ms()))
            }
            Target::WorkingDays(days) => self.limits(days)?.all.running.first_from(now.opened),
        }
    }

    fn limits(&self, days: WorkingDays) -> Option<&WorkingDaySets> {
        self.by_limit.iter().find(|sets| sets.days == days)
    }
}

impl WorkingDaySets {
    fn new(days: WorkingDays) -> Self {
        Self { days, all: LimitSets::default(), most: LimitSets::default() }
    }

    fn add(&mut self, position: StopwatchPosition, allowance: Elapsed, by: i64) {
        self.all.add(position, Spent::All.limit(allowance.ms()), by);
        self.most.add(position, Spent::Most.limit(allowance.ms()), by);
    }
}

impl LimitSets {
    fn add(&mut self, position: StopwatchPosition, limit: i64, by: i64) {
        if position.is_paused {
            self.paused.add(position.open.saturating_sub(limit), by);
        } else {
            self.running.add(position.open.saturating_add(limit), by);
        }
    }

    /// The numbers of running and of paused ones over their limit.
    fn over(&self, now: Instant) -> [u64; 2] {
        [self.running.before(now.opened), self.paused.len() - self.paused.before(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(crate::proptest_cases(64))]

        #[test]
        fn ranks_equal_those_of_a_sorted_list(
            steps in proptest::collection::vec((0_i64..5_000, any::<bool>()), 1..4_000),
            asked in 0_i64..5_000,
        ) {
            let mut set = WaitingSet::default();
            let mut list = Vec::new();
            for (ms, insert) in steps {
                let start = ms;
                if insert || list.is_empty() {
                    set.add(start, 1);
                    list.push(start);
                } else {
                    let gone = list.swap_remove(usize::try_from(ms).unwrap() % list.len());
                    set.add(gone, -1);
                }
            }
            list.sort_unstable();
            prop_assert_eq!(set.before(asked), list.iter().filter(|&&s| s < asked).count() as u64);
            prop_assert_eq!(set.first_from(asked), list.iter().find(|&&s| s >= asked).copied());
            prop_assert_eq!(set.oldest(), list.first().copied());
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), list);
        }
    }
}
