//! The merge of all shards at one instant: everything that is read comes from here.
//!
//! # Design
//! Shards keep timelines and say what ended and what runs; the view keeps panes, sums and those who wait,
//! once for all shards, as counts that are added and taken back. Counting commutes, so the view is a
//! function of the set of events and of `now`, whatever shard said what first.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::Priority;
use crate::measure::Measure;
use crate::rules::{ChannelId, CourseId, ObjectiveId, Rules, Slot};
use crate::ticket::{Band, Ended, GivenUp, Hands, Rated, RatingKind, Running, Sink};
use crate::time::{Elapsed, Timestamp};
use crate::window::{Instant, Levels, Part, Ring, Scores, Series, Waiting};

mod judged;
mod readings;
mod went;

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
    /// By slot and course.
    series: Vec<Option<Box<Series>>>,
    /// The parts of those that some reading is split by.
    parts: BTreeMap<(Slot, CourseId, Part), Series>,
    /// By slot and course; that of the organisation stays empty.
    waiting: Vec<Option<Box<Waiting>>>,
    /// Those over an objective whatever their priority is now, see [`Running::over`]; how many.
    stuck: BTreeMap<(ObjectiveId, Slot, Option<Priority>, Hands), u64>,
    /// Those whose waiting went elsewhere, too, or who are stuck, by course, slot, priority and hands.
    wandering: BTreeMap<(CourseId, Slot, Option<Priority>, Hands), Vec<Running>>,
    ratings: BTreeMap<(Slot, RatingKind), Ring<Scores>>,
    /// The customers' ratings, by how long they had waited beside the target.
    bands: BTreeMap<ObjectiveId, Ring<[Scores; Band::ALL.len()]>>,
}

impl Sink for View {
    fn ended(&mut self, ended: &Ended, by: i64) {
        for slot in [ended.slot, self.rules.organisation()] {
            if !self.is_asked(slot, ended.course) {
                continue;
            }
            self.series_at(slot, ended.course);
            let index = self.rules.series_index(slot, ended.course);
            if let Some(series) = &mut self.series[index] {
                series.add(ended, by, &self.rules, self.now);
            }
            if self.rules.has_splits() && self.rules.is_standard(ended.course) {
                self.count_parts(slot, ended, by);
            }
        }
    }

    fn running(&mut self, running: &Running, by: i64) {
        let rules = Arc::clone(&self.rules);
        let organisation = rules.organisation();
        if !self.is_asked(running.slot, running.course)
            && !self.is_asked(organisation, running.course)
        {
            return;
        }
        let index = rules.series_index(running.slot, running.course);
        let waiting = self.waiting[index].get_or_insert_default();
        waiting.add(running, rules.has_calendars(), by);
        let Running { course, slot, priority, hands, .. } = *running;
        for &id in &running.over {
            let (owner, _) = rules.objective(id);
            if rules.course_judged(id) == course && (owner == slot || owner == organisation) {
                let key = (id, slot, priority, hands);
                let count = self.stuck.entry(key).or_default();
                *count = count.saturating_add_signed(by);
                if *count == 0 {
                    self.stuck.remove(&key);
                }
            }
        }
        if running.wandering.is_some() || !running.over.is_empty() {
            self.keep_wandering(running, by);
        }
    }

    fn rated(&mut self, rated: &Rated, by: i64) {
        let (windows, now) = (self.rules.windows(), self.now);
        for slot in [rated.slot, self.rules.organisation()] {
            let ring = self.ratings.entry((slot, rated.kind));
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
    pub fn new(rules: Arc<Rules>, now: Timestamp) -> Self {
        let series = rules.slots() * rules.courses().len();
        Self {
            rules,
            now,
            moves_at: Timestamp::EVENT_END,
            history_from: None,
            is_frozen: false,
            series: std::iter::repeat_with(|| None).take(series).collect(),
            parts: BTreeMap::new(),
            waiting: std::iter::repeat_with(|| None).take(series).collect(),
            stuck: BTreeMap::new(),
            wandering: BTreeMap::new(),
            ratings: BTreeMap::new(),
            bands: BTreeMap::new(),
        }
    }

    /// Moves the windows on to `now`; an earlier instant than before changes nothing.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        let now = self.now;
        if now < self.moves_at {
            return;
        }
        let mut next = Timestamp::EVENT_END;
        let series = self.series.iter_mut().flatten().map(|series| &mut **series);
        for series in series.chain(self.parts.values_mut()) {
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
        self.moves_at = next;
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

    /// The instant that all it says is for.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The rules it is read by.
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// How many were given up in a window for each reason, in the order of [`GivenUp::ALL`].
    pub fn given_up(
        &self,
        slot: Slot,
        measure: Measure,
        length: Elapsed,
    ) -> [u64; GivenUp::ALL.len()] {
        let series = self.rules.standard(measure).and_then(|course| self.series(slot, course));
        let sum = series.and_then(|series| series.ring().sum(length));
        GivenUp::ALL.map(|reason| sum.map_or(0, |sum| sum.tally.given_up(reason)))
    }

    /// The scores of a slot's ratings in a window.
    pub fn ratings(&self, slot: Slot, kind: RatingKind, length: Elapsed) -> Scores {
        let ring = self.ratings.get(&(slot, kind));
        ring.and_then(|ring| ring.sum(length)).map_or(Scores::default(), |sum| sum.tally)
    }

    /// The customers' ratings in an objective's window by how long their last finished wait had been beside
    /// its target, in the order of [`Band::ALL`]: is this level fine for them?
    pub fn rating_bands(&self, id: ObjectiveId) -> [Scores; Band::ALL.len()] {
        let over = self.rules.objective(id).1.over_at(self.now);
        let sum = self.bands.get(&id).and_then(|ring| ring.sum(over));
        sum.map_or_else(Default::default, |sum| sum.tally)
    }

    /// Whether anything is said of a slot and course: a measure's own is read, others are judged.
    fn is_asked(&self, slot: Slot, course: CourseId) -> bool {
        self.rules.is_standard(course) || !self.rules.judging(slot, course).is_empty()
    }

    fn series(&self, slot: Slot, course: CourseId) -> Option<&Series> {
        self.series[self.rules.series_index(slot, course)].as_deref()
    }

    fn series_at(&mut self, slot: Slot, course: CourseId) {
        let index = self.rules.series_index(slot, course);
        if self.series[index].is_none() {
            let series = self.empty_series(slot, course, false);
            self.moves_at = self.moves_at.min(series.ring().moves_at());
            self.series[index] = Some(Box::new(series));
        }
    }

    fn empty_series(&self, slot: Slot, course: CourseId, is_part: bool) -> Series {
        let levels = Levels::of(&self.rules, slot, course, is_part);
        Series::new(levels, &self.rules, self.now)
    }

    /// Counts an ending in the parts that readings of a slot are split by; where the organisation's are, in
    /// those of every slot, since open time is each team's own.
    fn count_parts(&mut self, slot: Slot, ended: &Ended, by: i64) {
        let rules = Arc::clone(&self.rules);
        let whose = [slot, rules.organisation()];
        let asked = whose.into_iter().filter_map(|slot| rules.split(slot, ended.measure));
        let mut parts: Vec<Part> = Vec::new();
        for split in asked {
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
            let key = (slot, ended.course, part);
            if !self.parts.contains_key(&key) {
                let series = self.empty_series(slot, ended.course, true);
                self.moves_at = self.moves_at.min(series.ring().moves_at());
                self.parts.insert(key, series);
            }
            if let Some(series) = self.parts.get_mut(&key) {
                series.add(ended, by, &rules, self.now);
            }
        }
    }

    fn keep_wandering(&mut self, running: &Running, by: i64) {
        let key = (running.course, running.slot, running.priority, running.hands);
        let all = self.wandering.entry(key).or_default();
        if by > 0 {
            all.push(running.clone());
        } else if let Some(at) = all.iter().position(|other| other == running) {
            all.swap_remove(at);
        }
        if all.is_empty() {
            self.wandering.remove(&key);
        }
    }

    /// An instant as a kind of stopwatch of a slot goes by it.
    fn instant(&self, slot: Slot, course: CourseId, at: Timestamp) -> Instant {
        let opened = if self.rules.has_calendars() {
            self.rules.calendar(self.rules.calendar_id_of(course, slot)).cumulative(at)
        } else {
            0
        };
        Instant { at, opened }
    }

    /// Those who wait for a slot, by the slot that holds them; for the organisation, those of all slots.
    fn waiting_of(&self, slot: Slot, course: CourseId) -> impl Iterator<Item = (Slot, &Waiting)> {
        let whole = slot == self.rules.organisation();
        let slots = self.rules.ticket_slots().filter(move |other| whole || *other == slot);
        slots.filter_map(move |slot| {
            Some((slot, self.waiting[self.rules.series_index(slot, course)].as_deref()?))
        })
    }

    /// Whether a part of a slot's readings holds those of a channel and priority.
    fn is_in(
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
