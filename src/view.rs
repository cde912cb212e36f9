//! The merge of all shards at one instant: everything that is read comes from here.
//!
//! # Design
//! Shards keep timelines and say what ended and what runs; the view keeps panes, sums and those who wait,
//! once for all shards, as counts that are added and taken back. Counting commutes, so the view is a
//! function of the set of events and of `now`, whatever shard said what first.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agreement::{Knowledge, Level, Objective, State, Tally};
use crate::event::Priority;
use crate::measure::Measure;
use crate::reading::{QUANTILES_PER_MILLE, Quantiles, Reading, Seconds, Verdict, Within};
use crate::rules::{ObjectiveId, Rules, Slot, series_index};
use crate::ticket::{Ended, GivenUp, Running, Sink};
use crate::time::{Elapsed, Timestamp};
use crate::window::{Bucket, Levels, Series, Survival, Waiting, WaitingSet, WindowSum};

/// The windows and those who wait, as of one instant.
///
/// Use: [`View::advance`] to an instant, then let every shard advance to it with the view as its sink,
/// then read. The instant must not go back.
#[derive(Debug)]
pub struct View {
    rules: Arc<Rules>,
    now: Timestamp,
    /// Before this instant no window moves.
    moves_at: Timestamp,
    history_from: Option<Timestamp>,
    is_frozen: bool,
    /// By slot and measure.
    series: Vec<Option<Box<Series>>>,
    /// By slot and measure; that of the organisation stays empty.
    waiting: Vec<Option<Box<Waiting>>>,
    /// Those over an objective whatever their priority is now, see [`Running::over`].
    stuck: BTreeMap<(ObjectiveId, Slot, Option<Priority>), WaitingSet>,
}

impl Sink for View {
    fn ended(&mut self, ended: &Ended, by: i64) {
        for slot in [ended.slot, self.rules.organisation()] {
            self.series_at(slot, ended.measure);
            if let Some(series) = &mut self.series[series_index(slot, ended.measure)] {
                series.add(ended, by, &self.rules, self.now);
            }
        }
    }

    fn running(&mut self, running: &Running, by: i64) {
        let waiting = &mut self.waiting[series_index(running.slot, running.measure)];
        waiting.get_or_insert_default().add(running.priority, running.start, by);
        for &id in &running.over {
            let (owner, _) = self.rules.objective(id);
            if owner == running.slot || owner == self.rules.organisation() {
                let key = (id, running.slot, running.priority);
                let set = self.stuck.entry(key).or_default();
                set.add(running.start, by);
                if set.is_empty() {
                    self.stuck.remove(&key);
                }
            }
        }
    }
}

impl View {
    /// An empty view as of `now`.
    pub fn new(rules: Arc<Rules>, now: Timestamp) -> Self {
        let series = rules.slots() * Measure::ALL.len();
        Self {
            rules,
            now,
            moves_at: Timestamp::EVENT_END,
            history_from: None,
            is_frozen: false,
            series: std::iter::repeat_with(|| None).take(series).collect(),
            waiting: std::iter::repeat_with(|| None).take(series).collect(),
            stuck: BTreeMap::new(),
        }
    }

    /// Moves the windows on to `now`; an earlier instant than before changes nothing.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        if self.now < self.moves_at {
            return;
        }
        self.series.iter_mut().flatten().for_each(|series| series.advance(self.now));
        let moves = self.series.iter().flatten().map(|series| series.moves_at());
        self.moves_at = moves.min().unwrap_or(Timestamp::EVENT_END);
    }

    /// Says that nothing is known of the time before this instant: windows that reach further back have
    /// too little data.
    pub fn set_history_from(&mut self, history_from: Option<Timestamp>) {
        self.history_from = history_from;
    }

    /// Says whether the data can be trusted now; if not, verdicts are frozen.
    pub fn set_frozen(&mut self, is_frozen: bool) {
        self.is_frozen = is_frozen;
    }

    /// How many were given up in a window for each reason, in the order of [`GivenUp::ALL`].
    pub fn given_up(
        &self,
        slot: Slot,
        measure: Measure,
        length: Elapsed,
    ) -> [u64; GivenUp::ALL.len()] {
        let series = self.series[series_index(slot, measure)].as_deref();
        let sum = series.and_then(|series| series.sum(length));
        GivenUp::ALL.map(|reason| sum.map_or(0, |sum| sum.tally.given_up(reason)))
    }

    /// The instant that all it says is for.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The rules it is read by.
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// Readings of every team, measure and window that has samples, or someone waiting or given up: the
    /// organisation first, then teams by name, then unclaimed.
    pub fn readings(&self) -> Vec<Reading> {
        let mut readings = Vec::new();
        for slot in self.rules.reading_slots() {
            for &measure in self.rules.measures() {
                let empty;
                let series = match &self.series[series_index(slot, measure)] {
                    Some(series) => series,
                    None => {
                        empty = self.empty_series(slot, measure);
                        &empty
                    }
                };
                let sums = series.sums().iter();
                readings.extend(sums.filter_map(|sum| self.reading(slot, measure, series, sum)));
            }
        }
        readings
    }

    /// How every objective stands: the teams' in order of team and line, then the organisation's.
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.rules.objectives().map(|(id, _, _)| self.verdict(id)).collect()
    }

    /// How one objective stands.
    pub fn verdict(&self, id: ObjectiveId) -> Verdict {
        let (owner, objective) = self.rules.objective(id);
        let tally = self.tally(id);
        Verdict {
            at: self.now,
            team: self.rules.slot_name(owner).map(Into::into),
            objective: objective.name.clone(),
            decided: tally.decided,
            missed: tally.missed,
            compliance: tally.compliance_bp(),
            state: objective.judge(tally, self.knowledge(objective)),
            behind_market: false,
            history_from: self.history_from,
        }
    }

    fn knowledge(&self, objective: &Objective) -> Knowledge {
        let from = crate::window::from_of(self.now, objective.over);
        if self.is_frozen {
            Knowledge::Stale
        } else if self.history_from.is_some_and(|history| from < history) {
            Knowledge::InPart
        } else {
            Knowledge::Whole
        }
    }

    /// The state and the number of decided tickets of an objective: what alerts go by.
    pub fn state(&self, id: ObjectiveId) -> (State, u64) {
        let (_, objective) = self.rules.objective(id);
        let tally = self.tally(id);
        (objective.judge(tally, self.knowledge(objective)), tally.decided)
    }

    /// The first instant after `now` at which the tickets that an objective is judged by can change though
    /// no event comes: somebody waits beyond the target, or the window moves on. None if never.
    pub fn changes_at(&self, id: ObjectiveId) -> Option<Timestamp> {
        let (owner, objective) = self.rules.objective(id);
        let after = |at: Timestamp| at.plus(Elapsed::from_ms(1));
        let overdue = self.waiting_of(owner, objective.measure).flat_map(Waiting::sets);
        let overdue = overdue.filter_map(|(priority, set)| {
            let target = objective.target(priority);
            // The first who is not over it yet.
            set.first_from(self.now.minus(target)).map(|start| after(start.plus(target)))
        });
        let series = self.series[series_index(owner, objective.measure)].as_deref();
        let sum = series.and_then(|series| series.sum(objective.over));
        let moves =
            sum.filter(|sum| !sum.tally.is_empty()).map(|sum| after(sum.from.plus(sum.length)));
        overdue.chain(moves).min()
    }

    /// How many wait for a slot and measure, and since when the longest of them.
    pub fn waiting(&self, slot: Slot, measure: Measure) -> (u64, Option<Timestamp>) {
        let waiting = || self.waiting_of(slot, measure);
        (waiting().map(Waiting::len).sum(), waiting().filter_map(Waiting::oldest).min())
    }

    /// The tickets that an objective is judged by.
    pub fn tally(&self, id: ObjectiveId) -> Tally {
        let (owner, objective) = self.rules.objective(id);
        let waiting = self.waiting_over(id);
        let series = self.series[series_index(owner, objective.measure)].as_deref();
        let window = series.and_then(|series| Some((series, series.sum(objective.over)?)));
        let (answered, answered_over, given_up_over) = window.map_or((0, 0, 0), |(series, sum)| {
            let (answered_over, given_up_over) = sum.over_objective(series.levels(), id);
            (sum.tally.answered.total(), answered_over, given_up_over)
        });
        match objective.level {
            Level::Within { .. } => Tally {
                decided: answered + given_up_over + waiting,
                missed: answered_over + given_up_over + waiting,
            },
            // Whoever was answered in the end waits no longer.
            Level::NoneOver(_) => {
                let missed = given_up_over + waiting;
                Tally { decided: missed, missed }
            }
        }
    }

    /// Those who have used at least `percent` of the time that an objective allows, by now.
    pub fn waiting_beyond(&self, id: ObjectiveId, percent: i64) -> u64 {
        let (owner, objective) = self.rules.objective(id);
        let part = |priority| {
            let ms = objective.target(priority).ms() * percent / 100;
            // From that instant on, not only after it.
            Elapsed::from_ms(ms - 1)
        };
        self.waiting_of(owner, objective.measure).map(|waiting| waiting.over(part, self.now)).sum()
    }

    /// Those who wait longer than an objective allows.
    pub fn waiting_over(&self, id: ObjectiveId) -> u64 {
        let (owner, objective) = self.rules.objective(id);
        let over: u64 = self
            .waiting_of(owner, objective.measure)
            .map(|waiting| waiting.over(|priority| objective.target(priority), self.now))
            .sum();
        // Those who stay over count once more unless they are over the present target, too.
        let least = (id, Slot::FIRST, None);
        let of_this = self.stuck.range(least..).take_while(|((other, ..), _)| *other == id);
        let stuck = of_this.map(|((_, _, priority), set)| {
            set.len() - set.before(self.now.minus(objective.target(*priority)))
        });
        over + stuck.sum::<u64>()
    }

    /// Those who wait for a slot; for the organisation, those of all slots.
    fn waiting_of(&self, slot: Slot, measure: Measure) -> impl Iterator<Item = &Waiting> {
        let whole = slot == self.rules.organisation();
        let slots = self.rules.ticket_slots().filter(move |other| whole || *other == slot);
        slots.filter_map(move |slot| self.waiting[series_index(slot, measure)].as_deref())
    }

    fn series_at(&mut self, slot: Slot, measure: Measure) {
        let index = series_index(slot, measure);
        if self.series[index].is_none() {
            let series = self.empty_series(slot, measure);
            self.moves_at = self.moves_at.min(series.moves_at());
            self.series[index] = Some(Box::new(series));
        }
    }

    fn empty_series(&self, slot: Slot, measure: Measure) -> Series {
        Series::new(Levels::of(&self.rules, slot, measure), self.rules.windows(), self.now)
    }

    fn reading(
        &self,
        slot: Slot,
        measure: Measure,
        series: &Series,
        sum: &WindowSum,
    ) -> Option<Reading> {
        let tally = &sum.tally;
        let (waiting, oldest_waiting_since) = self.waiting(slot, measure);
        let decided = GivenUp::ALL.into_iter().filter(|reason| reason.is_decided());
        let given_up = decided.map(|reason| tally.given_up(reason)).sum();
        if tally.answered.is_empty() && waiting == 0 && given_up == 0 {
            return None;
        }
        let answered = tally.answered.total();
        let shown = |bucket: Bucket| Seconds(bucket.value());
        Some(Reading {
            at: self.now,
            team: self.rules.slot_name(slot).map(Into::into),
            measure,
            basis: "calendar",
            window: sum.length,
            from: sum.from,
            answered,
            mean: mean(tally.answered_ms, answered),
            q: QUANTILES_PER_MILLE
                .map(|per_mille| tally.answered.quantile(u64::from(per_mille)).map(shown))
                .into(),
            max: tally.answered.highest().map(shown),
            waiting,
            oldest_waiting_since,
            given_up,
            q_with_waiting: self.waiting_aware(slot, measure, series, sum),
            within: self.within(slot, measure, series, sum),
        })
    }

    fn within(
        &self,
        slot: Slot,
        measure: Measure,
        series: &Series,
        sum: &WindowSum,
    ) -> Vec<Within> {
        let levels = series.levels();
        let share = |(index, &target): (usize, &Elapsed)| {
            let waiting = self.waiting_of(slot, measure);
            let over: u64 = waiting.map(|waiting| waiting.over(|_| target, self.now)).sum();
            Within {
                target: Seconds(target),
                met: sum.answered_within(levels, index),
                of: sum.tally.answered.total() + sum.given_up_over(levels, index) + over,
            }
        };
        levels.targets().iter().enumerate().map(share).collect()
    }

    fn waiting_aware(
        &self,
        slot: Slot,
        measure: Measure,
        series: &Series,
        sum: &WindowSum,
    ) -> Quantiles<crate::window::Waited> {
        let mut survival = Survival::new(sum.from, self.now);
        survival.add_window(&sum.tally);
        for (middle, tally) in series.panes_from(sum.from, self.now) {
            survival.delay_pane(middle, tally);
        }
        for waiting in self.waiting_of(slot, measure) {
            survival.add_waiting(waiting.starts());
        }
        survival.quantiles(QUANTILES_PER_MILLE).into()
    }
}

/// The mean of so many milliseconds, rounded to the nearest; none of nothing.
fn mean(total_ms: i128, count: u64) -> Option<Seconds> {
    let count = i128::from(count);
    let rounded = (2 * total_ms + count).checked_div(2 * count)?;
    Some(Seconds(Elapsed::from_ms(i64::try_from(rounded).unwrap_or(i64::MAX))))
}
