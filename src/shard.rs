//! A shard: all state that comes from one source partition. It does no I/O and has no clock or threads.
//!
//! Use: [`Shard::apply`] events in any order, then [`Shard::advance`] to an instant. The sink then has all
//! changes up to that instant. `now` must not go back.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::catalog::Catalog;
use crate::event::{Event, Kind, Outcome, Skip, Subject};
use crate::measure::Measure;
use crate::name::{NameId, Names};
use crate::past::EvictedPast;
use crate::shard::keys::{CHUNK, is_resumed, key_at, key_of, number_of, timeline_at};
use crate::shard::lookup::{NameLookup, NameRole};
use crate::ticket::{
    Advanced, Change, Entry, JudgedSink, NewSampleFilter, Placement, RetractionRecorder, Sink,
    Timeline, TimelineImage, pack_detail,
};
use crate::time::Timestamp;

mod forgetting;
mod keys;
mod lookup;
mod past;
mod replace;
mod reviews;
mod stubs;
mod team_events;
mod trace;
mod waiting;

pub(crate) use stubs::Stub;
pub use stubs::{STUBS_FOR, STUBS_MAX};
pub(crate) use waiting::Derived;

/// Maximum timelines of one shard: about 2 GB. Beyond it new tickets are skipped as `ticket_full`.
pub const TIMELINES_MAX: usize = 8_000_000;

/// The state of one source partition.
#[derive(Debug)]
pub struct Shard {
    lookup: NameLookup,
    /// Timelines by number, in chunks.
    timelines: Vec<Vec<Timeline>>,
    /// Numbers of timelines by key. The keys are stored in the timelines only.
    register: HashTable<u32>,
    /// Timelines that must be derived: they have events without changes in the sink.
    marked: Vec<u32>,
    /// Timelines whose next event is after `now`, by the time of that event.
    ahead: BTreeSet<(Timestamp, u32)>,
    /// The measures of retracted samples that may come back, by timeline.
    retracted: BTreeMap<u32, Vec<Measure>>,
    /// Numbers of evicted timelines, free for new ones.
    vacant: Vec<u32>,
    stubs: stubs::Stubs,
    /// What the evicted tickets have added to the past.
    evicted_past: EvictedPast,
    bounds: Bounds,
    /// Whether a new ticket was ever skipped because the shard was full.
    is_full: bool,
    /// The instant that all timelines were last advanced to.
    advanced_to: Timestamp,
    /// The response counters of the checkpoint have all samples of its timelines up to this instant.
    counted_to: Timestamp,
    /// The timeline that eviction considers next.
    next_considered: u32,
    /// The tickets that were opened since the last question, as hashes of their keys. `None` until the first
    /// question.
    opened: Option<Vec<u64>>,
    /// The timelines that were derived, and which of them wait.
    derived: waiting::DerivedNotes,
    /// The events of teams.
    team_events: team_events::CollectedTeamEvents,
    /// The reviews of tickets.
    reviews: reviews::CollectedReviews,
    /// A buffer for packed details, kept to save allocations.
    scratch: Vec<u8>,
}

/// The maximum size of a shard.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Maximum timelines. Beyond it new tickets are skipped.
    pub timelines: usize,
    /// Maximum stubs of evicted tickets. Beyond it the oldest are dropped.
    pub stubs: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { timelines: TIMELINES_MAX, stubs: STUBS_MAX }
    }
}

/// The content of a shard as a checkpoint has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShardImage<'b> {
    /// All names, in order of id.
    pub(crate) names: &'b [&'b str],
    pub(crate) timelines: &'b [TimelineImage<'b>],
    pub(crate) stubs: &'b [Stub],
    pub(crate) evicted_past: &'b EvictedPast,
    /// The instant up to which samples were counted.
    pub(crate) counted_to: Timestamp,
}

impl ShardImage<'_> {
    /// Whether it has the names of an event.
    fn has_names_of(&self, entry: &Entry<'_>) -> bool {
        let named = [entry.team, entry.channel, entry.agent];
        named.into_iter().flatten().all(|name| name.index() < self.names.len())
    }
}

impl Shard {
    /// An empty shard with the default bounds.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self::bounded(catalog, Bounds::default())
    }

    /// An empty shard with these bounds.
    pub fn bounded(catalog: Arc<Catalog>, bounds: Bounds) -> Self {
        Self {
            lookup: NameLookup::new(catalog, Names::new()),
            timelines: Vec::new(),
            register: HashTable::new(),
            marked: Vec::new(),
            ahead: BTreeSet::new(),
            retracted: BTreeMap::new(),
            vacant: Vec::new(),
            stubs: stubs::Stubs::default(),
            evicted_past: EvictedPast::default(),
            bounds,
            is_full: false,
            advanced_to: Timestamp::EVENT_MIN,
            counted_to: Timestamp::EVENT_MIN,
            next_considered: 0,
            opened: None,
            derived: waiting::DerivedNotes::default(),
            team_events: team_events::CollectedTeamEvents::default(),
            reviews: reviews::CollectedReviews::default(),
            scratch: Vec::new(),
        }
    }

    /// Applies one event. If it is late, the changes of later events of its timeline are taken back from the
    /// sink; the next [`Shard::advance`] sends the new ones.
    pub fn apply(&mut self, event: &Event<'_>, sink: &mut dyn Sink) -> Outcome {
        let number = match self.timeline_of(&event.subject, event.time) {
            Ok(number) => number,
            Err(skip) => return Outcome::Skipped(skip),
        };
        self.team_events.has_changed |= matches!(event.subject, Subject::Team(_));
        if event.kind == Kind::Reviewed {
            self.reviews.timelines.insert(number);
        }
        // A late event changes who held a ticket, and who had answered it, when it was judged.
        self.reviews.has_changed |= self.reviews.timelines.contains(&number);
        let mut detail = std::mem::take(&mut self.scratch);
        detail.clear();
        if let Some(content) = &event.detail {
            pack_detail(content, &mut detail);
        }
        let mut name = |text: &Option<Cow<'_, str>>, role| {
            text.as_ref().map(|text| self.lookup.intern(text, role))
        };
        let entry = Entry {
            kind: event.kind,
            time: event.time,
            identity: event.identity,
            team: name(&event.team, NameRole::Team),
            channel: name(&event.channel, NameRole::Channel),
            agent: name(&event.agent, NameRole::Agent),
            priority: event.priority,
            maker: event.maker,
            is_sent_twice: false,
            detail: &detail,
        };
        let outcome = self.enter(number, &entry, sink);
        self.scratch = detail;
        outcome
    }

    /// Advances to `now`: the sink then has the changes of all events at or before it, and of none after.
    pub fn advance(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        while self.advance_some(now, usize::MAX, sink) {}
    }

    /// Like [`Shard::advance`], but derives at most `most` timelines. Returns whether some are left. For a
    /// sink that passes changes on in batches of bounded size.
    pub fn advance_some(&mut self, now: Timestamp, most: usize, sink: &mut dyn Sink) -> bool {
        self.derive_some(now, most, sink, None)
    }

    /// Like [`Shard::advance`], and sends what objectives are judged by to `judged`, event by event. Events
    /// of different timelines come in no order.
    pub(crate) fn advance_by_event(
        &mut self,
        now: Timestamp,
        sink: &mut dyn Sink,
        judged: &mut dyn JudgedSink,
    ) {
        while self.derive_some(now, usize::MAX, sink, Some(judged)) {}
    }

    /// Derives at most `most` timelines to `now`, and returns whether some are left.
    fn derive_some(
        &mut self,
        now: Timestamp,
        most: usize,
        sink: &mut dyn Sink,
        mut judged: Option<&mut dyn JudgedSink>,
    ) -> bool {
        self.lookup.resolve();
        while let Some(&(time, number)) = self.ahead.first().filter(|(time, _)| *time <= now) {
            self.ahead.remove(&(time, number));
            self.mark(number);
        }
        let rest = self.marked.len().saturating_sub(most);
        for number in self.marked.split_off(rest) {
            let context = self.lookup.context();
            let Some(timeline) = timeline_at(&mut self.timelines, number) else {
                continue;
            };
            timeline.marked = false;
            if timeline.split {
                continue;
            }
            if timeline.restored {
                timeline.restored = now < self.counted_to;
                let Advanced { next, waits } =
                    timeline.advance(self.counted_to.min(now), context, sink);
                self.derived.note(number, waits);
                if next.is_none_or(|next| next > now) {
                    self.ahead.extend(next.map(|next| (next, number)));
                    continue;
                }
            }
            let retracted = self.retracted.remove(&number).unwrap_or_default();
            let mut new_samples =
                NewSampleFilter { sink: &mut *sink, catalog: context.catalog, retracted };
            let Advanced { next, waits } = match &mut judged {
                None => timeline.advance(now, context, &mut new_samples),
                Some(judged) => {
                    timeline.advance_by_event(now, context, &mut new_samples, &mut **judged)
                }
            };
            self.derived.note(number, waits);
            let NewSampleFilter { retracted, .. } = new_samples;
            if let Some(next) = next {
                self.ahead.insert((next, number));
            }
            // A restored shard may be advanced to an instant before the one up to which its checkpoint
            // counted. What a late event retracted from in between comes back later, and is no new sample
            // then.
            if now < self.counted_to && !retracted.is_empty() {
                self.retracted.insert(number, retracted);
            }
        }
        if rest == 0 {
            self.advanced_to = self.advanced_to.max(now);
        }
        rest > 0
    }

    /// Corrects what is dated after `now`, if a wrong clock had taken the shard, or the checkpoint that it
    /// was restored from, further ahead. All changes are taken back; the sink must start empty. Returns
    /// whether there was anything to correct.
    pub fn correct_time(&mut self, now: Timestamp) -> bool {
        let is_ahead = self.advanced_to > now || self.counted_to > now;
        self.counted_to = self.counted_to.min(now);
        if self.advanced_to > now {
            self.withdraw(&mut ());
            self.ahead.clear();
            self.mark_all();
            self.advanced_to = Timestamp::EVENT_MIN;
        }
        is_ahead
    }

    /// The team of the last event, if it has no agreement; `None` if that was returned before.
    pub fn take_undeclared_last(&mut self) -> Option<&str> {
        self.lookup.take_undeclared_last()
    }

    /// The names of teams without an agreement that events have had since the last call, each once.
    pub fn take_undeclared(&mut self) -> Vec<String> {
        self.lookup.take_undeclared()
    }

    /// The last instant that is fully processed, for a checkpoint. `None` while events are pending, and while
    /// a restored shard has not reached the instant up to which its checkpoint counted samples: samples in
    /// between would be taken for counted.
    pub fn settled_at(&self) -> Option<Timestamp> {
        let is_settled = self.marked.is_empty() && self.advanced_to >= self.counted_to;
        is_settled.then_some(self.advanced_to)
    }

    /// The instant up to which samples are counted, here or by the checkpoint. `None` before the first
    /// advance.
    pub fn counted_to(&self) -> Option<Timestamp> {
        let latest = self.advanced_to.max(self.counted_to);
        (latest > Timestamp::EVENT_MIN).then_some(latest)
    }

    /// The tickets that were opened since the last call, as hashes of their keys. Another partition may have
    /// them, too. The first call returns none and starts the list.
    pub fn take_opened(&mut self) -> Vec<u64> {
        self.opened.replace(Vec::new()).unwrap_or_default()
    }

    /// The id of the ticket with that hash; `None` if the shard has none.
    pub fn ticket_of(&self, key: u64) -> Option<&str> {
        let number = number_of(&self.register, &self.timelines, key)?;
        std::str::from_utf8(key_at(&self.timelines, number)).ok()
    }

    /// Leaves the ticket with that hash out of all counts, because another partition has other events of it:
    /// no partition can derive the whole ticket. Returns whether the shard has the ticket.
    pub fn set_aside(&mut self, key: u64, sink: &mut dyn Sink) -> bool {
        let Some(number) = number_of(&self.register, &self.timelines, key) else { return false };
        self.lookup.resolve();
        let context = self.lookup.context();
        if let Some(timeline) = timeline_at(&mut self.timelines, number)
            && !timeline.split
        {
            timeline.unwind_all(context, sink);
            timeline.split = true;
            self.reviews.has_changed = true;
            self.derived.note(number, false);
            // A split ticket is never derived again, not even up to `counted_to`.
            timeline.restored = false;
        }
        true
    }

    /// The tickets that were set aside, as hashes of their keys.
    pub fn tickets_aside(&self) -> Vec<u64> {
        let all = self.timelines.iter().flatten();
        all.filter(|timeline| timeline.split).map(|timeline| xxh3_64(timeline.key())).collect()
    }

    /// The time of the first event after the instant that was advanced to; `None` if there is none.
    pub fn next_event(&self) -> Option<Timestamp> {
        self.ahead.first().map(|(time, _)| *time)
    }

    /// Takes all changes back from the sink, as when the partition is revoked.
    pub fn withdraw(&mut self, sink: &mut dyn Sink) {
        self.lookup.resolve();
        let context = self.lookup.context();
        for (number, timeline) in (0..).zip(self.timelines.iter_mut().flatten()) {
            let mut retracted = Vec::new();
            let catalog = context.catalog;
            let mut retractions =
                RetractionRecorder { sink: &mut *sink, catalog, retracted: &mut retracted };
            timeline.unwind_all(context, &mut retractions);
            if !retracted.is_empty() {
                self.retracted.entry(number).or_default().extend(retracted);
            }
        }
    }

    /// Switches to another catalog. All changes are taken back from the sink, and the next [`Shard::advance`]
    /// sends those of the new catalog.
    pub fn adopt(&mut self, catalog: Arc<Catalog>, sink: &mut dyn Sink) {
        self.withdraw(sink);
        self.lookup.adopt(catalog);
        self.ahead.clear();
        self.mark_all();
    }

    /// The teams that its events name, in order of first arrival.
    pub fn team_names(&self) -> impl Iterator<Item = &str> {
        self.timelines
            .iter()
            .flatten()
            .flat_map(Timeline::teams)
            .collect::<BTreeSet<u32>>()
            .into_iter()
            .map(|number| self.names().text(NameId::from_index(number)))
    }

    /// The times of the first and the last event; `None` if there are no events.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let mut times = self.timelines.iter().flatten().flat_map(Timeline::times);
        let first = times.next()?;
        Some(times.fold((first, first), |(from, to), at| (from.min(at), to.max(at))))
    }

    /// The catalog that it derives by.
    pub(crate) fn catalog(&self) -> &Arc<Catalog> {
        self.lookup.catalog()
    }

    /// The names that its timelines refer to.
    pub(crate) fn names(&self) -> &Names {
        self.lookup.names()
    }

    /// All timelines as a checkpoint stores them: key and blocks of packed events.
    pub(crate) fn images(&self) -> impl Iterator<Item = TimelineImage<'_>> {
        let held = self.timelines.iter().flatten().filter(|timeline| !timeline.key().is_empty());
        held.map(Timeline::image)
    }

    /// The stubs of evicted tickets, in no order.
    pub(crate) fn stubs(&self) -> impl Iterator<Item = Stub> {
        self.stubs.iter()
    }

    /// Whether a new ticket was ever skipped because the shard was full.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Restores a shard from its image. `None` if an event cannot be read, or names something that the image
    /// does not have.
    pub(crate) fn restore(catalog: Arc<Catalog>, image: &ShardImage<'_>) -> Option<Self> {
        let ShardImage { names, timelines, stubs, evicted_past, counted_to } = image;
        let mut shard = Self {
            lookup: NameLookup::new(Arc::clone(&catalog), Names::from_ordered(names)?),
            evicted_past: (*evicted_past).clone(),
            counted_to: *counted_to,
            opened: Some(Vec::with_capacity(timelines.len())),
            ..Self::new(catalog)
        };
        stubs.iter().for_each(|stub| shard.stubs.put(*stub));
        shard.register.reserve(timelines.len(), |_| 0);
        for one in *timelines {
            let has_review = Cell::new(false);
            let mut timeline = Timeline::from_image(one, |entry| {
                has_review.set(has_review.get() || entry.kind == Kind::Reviewed);
                image.has_names_of(entry)
            })?;
            timeline.restored = true;
            let number = shard.push(timeline, xxh3_64(one.key));
            if has_review.get() {
                shard.reviews.timelines.insert(number);
                shard.reviews.has_changed = true;
            }
            shard.mark(number);
        }
        Some(shard)
    }

    /// The number of timelines.
    pub fn timelines(&self) -> usize {
        self.register.len()
    }

    /// Puts an event into its timeline.
    fn enter(&mut self, number: u32, entry: &Entry<'_>, sink: &mut dyn Sink) -> Outcome {
        self.lookup.resolve();
        if let Some(team) = entry.team {
            self.lookup.note_team(team);
        }
        let context = self.lookup.context();
        let Some(timeline) = timeline_at(&mut self.timelines, number) else {
            return Outcome::Skipped(Skip::TicketFull);
        };
        if timeline.restored {
            // Samples that the checkpoint counted must be derived before the event: they are not new.
            timeline.restored = false;
            if let Some(next) = timeline.advance(self.counted_to, context, sink).next {
                self.ahead.insert((next, number));
            }
        }
        let names = self.lookup.names();
        let point = match timeline.find(entry, names) {
            Placement::Insert(point) => point,
            Placement::Duplicate => return Outcome::Duplicate,
            Placement::Full => return Outcome::Skipped(Skip::TicketFull),
            Placement::Wins => {
                let kept = Entry { is_sent_twice: true, ..*entry };
                self.replace(number, &kept, sink);
                return Outcome::Skipped(Skip::Conflicting);
            }
            Placement::Loses => {
                let first = timeline.twin_of(entry).filter(|twin| !twin.is_sent_twice);
                if let Some(twin) = first {
                    let detail = twin.detail.to_vec();
                    let kept = twin.sent_twice(&detail);
                    self.replace(number, &kept, sink);
                }
                return Outcome::Skipped(Skip::Conflicting);
            }
        };
        if timeline.disturbs(point) {
            let is_late = timeline.is_late(point);
            let mut retracted = Vec::new();
            let mut retractions = RetractionRecorder {
                sink: &mut *sink,
                catalog: context.catalog,
                retracted: &mut retracted,
            };
            timeline.unwind(point.spot, context, &mut retractions);
            if is_late {
                sink.apply(Change::LateEvent { corrects: !retracted.is_empty() }, 1);
            }
            if !retracted.is_empty() {
                self.retracted.entry(number).or_default().extend(retracted);
            }
        }
        timeline.insert(point, entry);
        self.mark(number);
        Outcome::Applied
    }

    /// The number of a subject's timeline for an event at `at`. Opens a new timeline if the subject has none.
    fn timeline_of(&mut self, subject: &Subject<'_>, at: Timestamp) -> Result<u32, Skip> {
        let mut buffer = [0_u8; 256];
        let key = key_of(subject, &mut buffer);
        let hash = xxh3_64(key);
        let timelines = &self.timelines;
        let known = |&number: &u32| key_at(timelines, number) == key;
        let number = self.register.find(hash, known).copied();
        let is_resumed = number.is_none_or(|number| is_resumed(timelines, number));
        let evicted_to = if is_resumed { self.stubs.last_of(hash) } else { None };
        if evicted_to.is_some_and(|last| at <= last) {
            return Err(Skip::TooOld);
        }
        if let Some(number) = number {
            return Ok(number);
        }
        if self.register.len() >= self.bounds.timelines {
            self.is_full = true;
            return Err(Skip::TicketFull);
        }
        let mut timeline = Timeline::new(key);
        timeline.resumed = evicted_to.is_some();
        Ok(self.push(timeline, hash))
    }

    /// Adds a timeline and returns its number. `hash` is the hash of its key.
    fn push(&mut self, timeline: Timeline, hash: u64) -> u32 {
        if let Some(number) = self.vacant.pop()
            && let Some(point) = timeline_at(&mut self.timelines, number)
        {
            *point = timeline;
            self.register(number, hash);
            return number;
        }
        let number = u32::try_from(self.register.len()).unwrap_or(u32::MAX);
        if self.timelines.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.timelines.push(Vec::with_capacity(CHUNK));
        }
        if let Some(chunk) = self.timelines.last_mut() {
            chunk.push(timeline);
        }
        self.register(number, hash);
        number
    }

    fn register(&mut self, number: u32, hash: u64) {
        let timelines = &self.timelines;
        // A team may raise concerns in any partition, so team timelines are never split.
        if key_at(timelines, number).first() == Some(&b' ') {
            self.team_events.timelines.push(number);
            self.team_events.has_changed = true;
        } else if let Some(opened) = &mut self.opened {
            opened.push(hash);
        }
        self.register.insert_unique(hash, number, |&number| xxh3_64(key_at(timelines, number)));
    }

    /// Queues all timelines to be derived.
    fn mark_all(&mut self) {
        for number in 0..self.register.len() + self.vacant.len() {
            self.mark(u32::try_from(number).unwrap_or(u32::MAX));
        }
    }

    /// Queues a timeline to be derived.
    fn mark(&mut self, number: u32) {
        if let Some(timeline) = timeline_at(&mut self.timelines, number)
            && !timeline.marked
        {
            timeline.marked = true;
            self.marked.push(number);
        }
    }
}

#[cfg(test)]
mod tests;
