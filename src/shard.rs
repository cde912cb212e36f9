//! All state that comes from one source partition: a pure state machine without I/O, clock or threads.
//!
//! Use: [`Shard::apply`] events in any order, then [`Shard::advance`] to an instant: the sink then knows
//! what the timelines say as of it. `now` must not go back.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::catalog::{Catalog, ChannelId, ScopeId};
use crate::event::{Event, Outcome, Skip, Subject};
use crate::measure::Measure;
use crate::name::{NameId, Names};
use crate::ticket::{
    DerivationContext, Entry, NewSampleFilter, Placement, RetractionRecorder, Sink, Step, Timeline,
    TimelineImage, pack_detail,
};
use crate::time::Timestamp;

mod stubs;

pub(crate) use stubs::Stub;
pub use stubs::{STUBS_FOR, STUBS_MAX};

/// Timelines of one shard at most: about 2 GB. Beyond it new tickets are refused as `ticket_full`.
pub const TIMELINES_MAX: usize = 8_000_000;

/// Timelines in one chunk of the register: growing must not copy them all.
const CHUNK: usize = 4_096;

/// The state of one source partition.
#[derive(Debug)]
pub struct Shard {
    catalog: Arc<Catalog>,
    names: Names,
    /// The slot of each name as a team's.
    scopes: Vec<ScopeId>,
    /// The same as a channel's.
    channels: Vec<ChannelId>,
    timelines: Vec<Vec<Timeline>>,
    /// Timelines by key. A table of numbers: the keys stand in the timelines.
    register: HashTable<u32>,
    /// Timelines with events that the windows do not know yet.
    marked: Vec<u32>,
    /// Timelines whose next event lies after `now`, by its time.
    ahead: BTreeSet<(Timestamp, u32)>,
    /// The measures of samples that were taken back and may come again, by timeline.
    retracted: BTreeMap<u32, Vec<Measure>>,
    /// Numbers of timelines that were forgotten, to be given again.
    vacant: Vec<u32>,
    stubs: stubs::Stubs,
    bounds: Bounds,
    /// Whether a ticket was refused for want of room.
    is_full: bool,
    /// The instant that it was brought up to as a whole.
    advanced_to: Timestamp,
    /// The samples up to here of timelines from a checkpoint were counted when that was written.
    counted_to: Timestamp,
    /// The timeline that is looked at next for whether it can be forgotten.
    looks_at: u32,
    /// Tickets that were opened since that was last asked, as hashes of their keys; absent where nobody asks.
    opened: Option<Vec<u64>>,
    /// Where details are packed, kept to save allocations.
    scratch: Vec<u8>,
}

/// How much a shard holds at most.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Timelines; beyond it new tickets are refused.
    pub timelines: usize,
    /// Stubs of forgotten tickets; beyond it the oldest go.
    pub stubs: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { timelines: TIMELINES_MAX, stubs: STUBS_MAX }
    }
}

impl Shard {
    /// An empty shard.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self::bounded(catalog, Bounds::default())
    }

    /// An empty shard that holds at most so much.
    pub fn bounded(catalog: Arc<Catalog>, bounds: Bounds) -> Self {
        Self {
            catalog,
            names: Names::new(),
            scopes: Vec::new(),
            channels: Vec::new(),
            timelines: Vec::new(),
            register: HashTable::new(),
            marked: Vec::new(),
            ahead: BTreeSet::new(),
            retracted: BTreeMap::new(),
            vacant: Vec::new(),
            stubs: stubs::Stubs::default(),
            bounds,
            is_full: false,
            advanced_to: Timestamp::EVENT_MIN,
            counted_to: Timestamp::EVENT_MIN,
            looks_at: 0,
            opened: None,
            scratch: Vec::new(),
        }
    }

    /// Takes in one event. What the sink knew of later events of that timeline is taken back from it;
    /// [`Shard::advance`] brings all up to date.
    pub fn apply(&mut self, event: &Event<'_>, sink: &mut dyn Sink) -> Outcome {
        let number = match self.timeline_of(&event.subject, event.time) {
            Ok(number) => number,
            Err(skip) => return Outcome::Skipped(skip),
        };
        let mut detail = std::mem::take(&mut self.scratch);
        detail.clear();
        if let Some(content) = &event.detail {
            pack_detail(content, &mut detail);
        }
        let mut name =
            |text: &Option<Cow<'_, str>>| text.as_ref().map(|text| self.names.intern(text));
        let entry = Entry {
            kind: event.kind,
            time: event.time,
            identity: event.identity,
            team: name(&event.team),
            channel: name(&event.channel),
            agent: name(&event.agent),
            priority: event.priority,
            maker: event.maker,
            detail: &detail,
        };
        let outcome = self.enter(number, &entry, sink);
        self.scratch = detail;
        outcome
    }

    /// Brings the sink up to `now`: it then knows the events at or before it, and none after.
    pub fn advance(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        while self.advance_some(now, usize::MAX, sink) {}
    }

    /// Like [`Shard::advance`], but derives at most so many timelines; whether some are left. For a sink
    /// that hands on what it is told before it grows large.
    pub fn advance_some(&mut self, now: Timestamp, most: usize, sink: &mut dyn Sink) -> bool {
        self.resolve_names();
        while let Some(&(time, number)) = self.ahead.first().filter(|(time, _)| *time <= now) {
            self.ahead.remove(&(time, number));
            self.mark(number);
        }
        let rest = self.marked.len().saturating_sub(most);
        for number in self.marked.split_off(rest) {
            let context = DerivationContext {
                catalog: &self.catalog,
                scopes: &self.scopes,
                channels: &self.channels,
            };
            let Some(timeline) = timeline_at(&mut self.timelines, number) else {
                continue;
            };
            timeline.marked = false;
            if timeline.split {
                continue;
            }
            if timeline.restored {
                timeline.restored = now < self.counted_to;
                let next = timeline.advance(self.counted_to.min(now), context, sink);
                if next.is_none_or(|next| next > now) {
                    self.ahead.extend(next.map(|next| (next, number)));
                    continue;
                }
            }
            let retracted = self.retracted.remove(&number).unwrap_or_default();
            let mut new_samples =
                NewSampleFilter { sink: &mut *sink, catalog: &self.catalog, retracted };
            if let Some(next) = timeline.advance(now, context, &mut new_samples) {
                self.ahead.insert((next, number));
            }
        }
        if rest == 0 {
            self.advanced_to = self.advanced_to.max(now);
        }
        rest > 0
    }

    /// The instant that the whole of it was brought up to, where it has taken in nothing since, and where
    /// that is not before the one up to which its samples had been counted when it was restored: what
    /// happened in between would be taken for counted.
    pub fn settled_at(&self) -> Option<Timestamp> {
        let is_settled = self.marked.is_empty() && self.advanced_to >= self.counted_to;
        is_settled.then_some(self.advanced_to)
    }

    /// The instant up to which the samples of what it was restored from, or was brought up to, were counted;
    /// none before the first.
    pub fn counted_to(&self) -> Option<Timestamp> {
        let latest = self.advanced_to.max(self.counted_to);
        (latest > Timestamp::EVENT_MIN).then_some(latest)
    }

    /// Looks at so many timelines in turn, and forgets those whose last event was before `horizon` and of
    /// which no stopwatch runs or is paused: nothing in any window that begins at or after `horizon` is of
    /// them. How many are forgotten.
    pub fn forget_some(&mut self, horizon: Timestamp, most: usize) -> usize {
        let scopes = u32::try_from(self.register.len() + self.vacant.len()).unwrap_or(u32::MAX);
        let mut forgotten = 0;
        for _ in 0..most.min(scopes as usize) {
            let number = self.looks_at;
            self.looks_at = if number + 1 < scopes { number + 1 } else { 0 };
            forgotten += usize::from(self.forget(number, horizon));
        }
        self.stubs.prune(self.advanced_to, self.bounds.stubs);
        forgotten
    }

    /// The tickets that were opened since this was last asked, as hashes of their keys: what another
    /// partition may have, too. Those before it is asked for the first time are not noted.
    pub fn take_opened(&mut self) -> Vec<u64> {
        self.opened.replace(Vec::new()).unwrap_or_default()
    }

    /// Leaves the ticket with that hash out of the counts, since other events of it are in another partition:
    /// neither has all, and two halves are not one. Whether it is here.
    pub fn set_aside(&mut self, key: u64, sink: &mut dyn Sink) -> bool {
        let timelines = &self.timelines;
        let is_it = |&number: &u32| xxh3_64(key_at(timelines, number)) == key;
        let Some(&number) = self.register.find(key, is_it) else { return false };
        self.resolve_names();
        let context = DerivationContext {
            catalog: &self.catalog,
            scopes: &self.scopes,
            channels: &self.channels,
        };
        if let Some(timeline) = timeline_at(&mut self.timelines, number)
            && !timeline.split
        {
            timeline.unwind_all(context, sink);
            timeline.split = true;
            // Nor is it brought up to where it was counted, whatever comes.
            timeline.restored = false;
        }
        true
    }

    fn forget(&mut self, number: u32, horizon: Timestamp) -> bool {
        let context = DerivationContext {
            catalog: &self.catalog,
            scopes: &self.scopes,
            channels: &self.channels,
        };
        let Some(timeline) = timeline_at(&mut self.timelines, number) else { return false };
        // A concern is about a team, and stays with it.
        if timeline.marked || timeline.restored || timeline.key().first().is_none_or(|b| *b == b' ')
        {
            return false;
        }
        let Some(last) = timeline.at_rest_since(context).filter(|last| *last < horizon) else {
            return false;
        };
        let key = xxh3_64(timeline.key());
        *timeline = Timeline::new(&[]);
        if let Ok(entry) = self.register.find_entry(key, |other| *other == number) {
            entry.remove();
        }
        self.vacant.push(number);
        self.retracted.remove(&number);
        self.stubs.put(Stub { key, last });
        true
    }

    /// The time of the next event after the instant that it was brought up to; none if there is none.
    pub fn next_event(&self) -> Option<Timestamp> {
        self.ahead.first().map(|(time, _)| *time)
    }

    /// Takes everything back from the sink, as when the partition goes to another instance.
    pub fn withdraw(&mut self, sink: &mut dyn Sink) {
        self.resolve_names();
        let context = DerivationContext {
            catalog: &self.catalog,
            scopes: &self.scopes,
            channels: &self.channels,
        };
        for (number, timeline) in (0..).zip(self.timelines.iter_mut().flatten()) {
            let mut retracted = Vec::new();
            let catalog = &self.catalog;
            let mut retractions =
                RetractionRecorder { sink: &mut *sink, catalog, retracted: &mut retracted };
            timeline.unwind_all(context, &mut retractions);
            if !retracted.is_empty() {
                self.retracted.entry(number).or_default().extend(retracted);
            }
        }
    }

    /// Judges by other rules from now on: all is taken back from the sink, and brought back by the next
    /// [`Shard::advance`].
    pub fn adopt(&mut self, catalog: Arc<Catalog>, sink: &mut dyn Sink) {
        self.withdraw(sink);
        self.catalog = catalog;
        self.scopes.clear();
        self.channels.clear();
        self.ahead.clear();
        for number in 0..self.register.len() + self.vacant.len() {
            self.mark(u32::try_from(number).unwrap_or(u32::MAX));
        }
    }

    /// A ticket's events up to `now`, each with what it did; none where no ticket has that id.
    pub fn trace(&mut self, ticket: &str, now: Timestamp) -> Option<Vec<Step>> {
        self.resolve_names();
        let subject = Subject::Ticket(Cow::Borrowed(ticket));
        let mut buffer = [0_u8; 256];
        let key = key_of(&subject, &mut buffer);
        let known = |&number: &u32| key_at(&self.timelines, number) == key;
        let number = *self.register.find(xxh3_64(key), known)? as usize;
        let timeline = self.timelines.get(number / CHUNK)?.get(number % CHUNK)?;
        let context = DerivationContext {
            catalog: &self.catalog,
            scopes: &self.scopes,
            channels: &self.channels,
        };
        Some(timeline.trace(now, &self.names, context))
    }

    /// The ids of tickets that differ least from one that is not there, a few, in order of difference.
    pub fn similar_tickets(&self, ticket: &str, most: usize) -> Vec<String> {
        let keys = self.timelines.iter().flatten().map(Timeline::key);
        let ids = keys.filter_map(|key| std::str::from_utf8(key).ok());
        let mut near: Vec<(usize, &str)> = ids
            .filter(|id| !id.starts_with(' '))
            .map(|id| (strsim::damerau_levenshtein(id, ticket), id))
            .filter(|(distance, _)| *distance <= 2)
            .collect();
        near.sort_unstable();
        near.into_iter().take(most).map(|(_, id)| id.to_owned()).collect()
    }

    /// The names of teams that events carried, in no order, and among them those of channels and agents.
    pub fn team_names(&self) -> impl Iterator<Item = &str> {
        self.timelines
            .iter()
            .flatten()
            .flat_map(Timeline::teams)
            .collect::<BTreeSet<u32>>()
            .into_iter()
            .map(|number| self.names.text(NameId::from_index(number)))
    }

    /// The times of the first and the last event; none while there is no event.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let mut times = self.timelines.iter().flatten().flat_map(Timeline::times);
        let first = times.next()?;
        Some(times.fold((first, first), |(from, to), at| (from.min(at), to.max(at))))
    }

    /// The names that its timelines number.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// All timelines as a checkpoint keeps them: key and blocks of packed events.
    pub(crate) fn images(&self) -> impl Iterator<Item = TimelineImage<'_>> {
        let held = self.timelines.iter().flatten().filter(|timeline| !timeline.key().is_empty());
        held.map(Timeline::image)
    }

    /// What is left of the tickets that it forgot.
    pub(crate) fn stubs(&self) -> impl Iterator<Item = Stub> {
        self.stubs.iter()
    }

    /// How many tickets it forgot and would know again.
    pub fn stub_count(&self) -> usize {
        self.stubs.len()
    }

    /// About how many bytes the stubs hold.
    pub fn stub_bytes(&self) -> usize {
        self.stubs.bytes()
    }

    /// How many stubs were dropped for want of room.
    pub fn stubs_evicted(&self) -> u64 {
        self.stubs.evicted()
    }

    /// Whether it has refused a ticket for want of room.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// A shard from the image of one; none where an event cannot be read, or names what is not there.
    pub(crate) fn restore(
        catalog: Arc<Catalog>,
        names: &[&str],
        timelines: &[TimelineImage<'_>],
        (stubs, counted_to): (&[Stub], Timestamp),
    ) -> Option<Self> {
        let names_restored = Names::from_ordered(names)?;
        let opened = Some(Vec::with_capacity(timelines.len()));
        let mut shard = Self { names: names_restored, counted_to, opened, ..Self::new(catalog) };
        stubs.iter().for_each(|stub| shard.stubs.put(*stub));
        let known = names.len();
        let is_known = |entry: &Entry<'_>| {
            let named = [entry.team, entry.channel, entry.agent];
            named.into_iter().flatten().all(|name| name.index() < known)
        };
        shard.register.reserve(timelines.len(), |_| 0);
        for image in timelines {
            let mut timeline = Timeline::from_image(image, is_known)?;
            timeline.restored = true;
            let number = shard.push(timeline, xxh3_64(image.key));
            shard.mark(number);
        }
        Some(shard)
    }

    /// How many timelines there are.
    pub fn timelines(&self) -> usize {
        self.register.len()
    }

    fn enter(&mut self, number: u32, entry: &Entry<'_>, sink: &mut dyn Sink) -> Outcome {
        self.resolve_names();
        let context = DerivationContext {
            catalog: &self.catalog,
            scopes: &self.scopes,
            channels: &self.channels,
        };
        let Some(timeline) = timeline_at(&mut self.timelines, number) else {
            return Outcome::Skipped(Skip::TicketFull);
        };
        if timeline.restored {
            // What was counted before must not be mistaken for what this event brings.
            timeline.restored = false;
            if let Some(next) = timeline.advance(self.counted_to, context, sink) {
                self.ahead.insert((next, number));
            }
        }
        let (point, outcome) = match timeline.find(entry, &self.names) {
            Placement::Insert(point) => (point, Outcome::Applied),
            Placement::Duplicate => return Outcome::Duplicate,
            Placement::Loses => return Outcome::Skipped(Skip::Conflicting),
            Placement::Full => return Outcome::Skipped(Skip::TicketFull),
            Placement::Wins => {
                let spot = timeline.spot_to_replace(entry, &self.names);
                timeline.unwind(spot, context, sink);
                timeline.remove_twin(entry, &self.names);
                let Placement::Insert(point) = timeline.find(entry, &self.names) else {
                    return Outcome::Skipped(Skip::TicketFull);
                };
                (point, Outcome::Skipped(Skip::Conflicting))
            }
        };
        if timeline.disturbs(point) {
            let is_late = timeline.is_late(point);
            let mut retracted = Vec::new();
            let mut retractions = RetractionRecorder {
                sink: &mut *sink,
                catalog: &self.catalog,
                retracted: &mut retracted,
            };
            timeline.unwind(point.spot, context, &mut retractions);
            if is_late {
                sink.came_late(!retracted.is_empty());
            }
            if !retracted.is_empty() {
                self.retracted.entry(number).or_default().extend(retracted);
            }
        }
        timeline.insert(point, entry);
        self.mark(number);
        outcome
    }

    /// The number of the timeline of a subject to which something happened at that time, a new one if it has
    /// none.
    fn timeline_of(&mut self, subject: &Subject<'_>, at: Timestamp) -> Result<u32, Skip> {
        let mut buffer = [0_u8; 256];
        let key = key_of(subject, &mut buffer);
        let hash = xxh3_64(key);
        let timelines = &self.timelines;
        let known = |&number: &u32| key_at(timelines, number) == key;
        let number = self.register.find(hash, known).copied();
        let is_resumed = number.is_none_or(|number| is_resumed(timelines, number));
        let forgotten = if is_resumed { self.stubs.last_of(hash) } else { None };
        if forgotten.is_some_and(|last| at <= last) {
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
        timeline.resumed = forgotten.is_some();
        Ok(self.push(timeline, hash))
    }

    /// Takes in a timeline that is not there yet, with the hash of its key; returns its number.
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
        // What a team raised is said of the team, wherever it came.
        if let Some(opened) = &mut self.opened
            && key_at(timelines, number).first() != Some(&b' ')
        {
            opened.push(hash);
        }
        self.register.insert_unique(hash, number, |&number| xxh3_64(key_at(timelines, number)));
    }

    fn mark(&mut self, number: u32) {
        if let Some(timeline) = timeline_at(&mut self.timelines, number)
            && !timeline.marked
        {
            timeline.marked = true;
            self.marked.push(number);
        }
    }

    /// Looks up what names that are new mean as teams and as channels.
    fn resolve_names(&mut self) {
        for index in self.scopes.len()..self.names.len() {
            let id = NameId::from_index(u32::try_from(index).unwrap_or(u32::MAX));
            let name = self.names.text(id);
            self.scopes.push(self.catalog.scope_of_team(name));
            self.channels.push(self.catalog.channel(name));
        }
    }
}

fn timeline_at(timelines: &mut [Vec<Timeline>], number: u32) -> Option<&mut Timeline> {
    let number = number as usize;
    timelines.get_mut(number / CHUNK)?.get_mut(number % CHUNK)
}

fn key_at(timelines: &[Vec<Timeline>], number: u32) -> &[u8] {
    let number = number as usize;
    timelines
        .get(number / CHUNK)
        .and_then(|chunk| chunk.get(number % CHUNK))
        .map_or(&[], Timeline::key)
}

/// Whether an earlier part of that ticket was forgotten.
fn is_resumed(timelines: &[Vec<Timeline>], number: u32) -> bool {
    let number = number as usize;
    timelines
        .get(number / CHUNK)
        .and_then(|chunk| chunk.get(number % CHUNK))
        .is_some_and(|timeline| timeline.resumed)
}

/// The key of a subject: a ticket's id; a team's name with a byte in front that no ticket id has.
fn key_of<'b>(subject: &'b Subject<'_>, buffer: &'b mut [u8; 256]) -> &'b [u8] {
    match subject {
        Subject::Ticket(id) => id.as_bytes(),
        Subject::Team(name) => {
            let length = name.len().min(crate::name::NAME_BYTES_MAX);
            buffer[0] = b' ';
            buffer[1..=length].copy_from_slice(&name.as_bytes()[..length]);
            &buffer[..=length]
        }
    }
}
