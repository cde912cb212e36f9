//! One ticket's events in total order, packed. This is where a late event is put in its place.
//!
//! Use: [`Timeline::find`] says whether an event is new and where it belongs; [`Timeline::insert`] puts it
//! there. If the sink already has changes of later events, [`Timeline::unwind`] takes these back first.
//!
//! # Design
//! Most tickets have a handful of events. They are stored as one byte string with the ticket's key in front,
//! and a search reads all of it. A ticket with more than [`BLOCK_EVENTS_MAX`] events is stored as blocks.
//! Each block has its time span and the ticket's state before it, and an index of identities covers all
//! blocks. So the cost of an event does not grow with the number of earlier events.

use hashbrown::HashTable;

use super::entry::{Entry, Unpack};
use super::order;
use super::state::TicketState;
use crate::name::{NameId, Names};
use crate::time::Timestamp;

/// Maximum events of one ticket. Further events are skipped as `ticket_full` and counted.
///
/// The busiest ticket of real logs has 145 events. The maximum holds a runaway bot that writes one event a
/// second for two days.
pub const EVENTS_PER_TICKET_MAX: usize = 200_000;

/// Maximum events of one block, and of a timeline that is a single byte string.
pub(super) const BLOCK_EVENTS_MAX: usize = 128;

/// The first event of a block stores its time relative to this instant.
const BLOCK_EPOCH: Timestamp = Timestamp::EVENT_MIN;

/// A spot between two events: just before event `entry` of block `block`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(super) block: u16,
    pub(super) entry: u16,
}

/// One ticket's events, and how far they are derived.
#[derive(Debug)]
pub(crate) struct Timeline {
    pub(super) log: Log,
    /// The sink has the changes of all events before this spot.
    pub(super) done: Spot,
    /// Whether it is queued to be derived.
    pub(crate) marked: bool,
    /// Whether it comes from a checkpoint and was not derived since. Its samples are already in the response
    /// counters.
    pub(crate) restored: bool,
    /// Whether an earlier part of it was evicted. A tombstone then says up to when.
    pub(crate) resumed: bool,
    /// Whether other events of this ticket are in another partition. It is then not counted.
    pub(crate) split: bool,
}

#[derive(Debug)]
pub(super) enum Log {
    /// One byte string: the key's length, the key, the events.
    Short(Box<[u8]>),
    /// Blocks of events.
    Long(Box<Long>),
}

/// The events of a long timeline.
#[derive(Debug)]
pub(super) struct Long {
    key: Box<[u8]>,
    pub(super) blocks: Vec<Block>,
    /// All events by identity.
    index: HashTable<IndexedEvent>,
}

/// One event in the index of a long timeline. Its time leads to the block that holds it.
#[derive(Clone, Copy, Debug)]
struct IndexedEvent {
    identity: u64,
    time: Timestamp,
}

#[derive(Debug)]
pub(super) struct Block {
    bytes: Box<[u8]>,
    first: Timestamp,
    last: Timestamp,
    count: u16,
    /// The ticket's state before this block. Valid for every block that `done` has entered.
    pub(super) before: TicketState,
}

/// One timeline as a checkpoint stores it: its key, and its blocks of packed events.
#[derive(Debug)]
pub(crate) struct TimelineImage<'b> {
    pub(crate) key: &'b [u8],
    pub(crate) blocks: Vec<&'b [u8]>,
    /// Whether an earlier part of it was evicted.
    pub(crate) is_resumed: bool,
}

/// Whether an event enters a timeline, and where.
#[derive(Debug)]
pub(crate) enum Placement {
    /// The timeline already has it.
    Duplicate,
    /// The timeline has an event with the same identity and other content, which sorts first and stays.
    Loses,
    /// The timeline has an event with the same identity and other content. This one sorts first and replaces
    /// it.
    Wins,
    /// The timeline has [`EVENTS_PER_TICKET_MAX`] events.
    Full,
    /// It is new and belongs here.
    Insert(InsertPoint),
}

/// Where an event is inserted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InsertPoint {
    pub(crate) spot: Spot,
    /// Bytes of its block that come before it.
    offset: usize,
    /// The time of the previous event of its block.
    before: Timestamp,
}

/// The result of a search through one block.
struct Scan {
    point: InsertPoint,
    /// The event with the same identity, if the block has it.
    twin: Option<Twin>,
}

/// An event with the same identity as another.
struct Twin {
    /// Its number in the block.
    entry: u16,
    /// Whether it has the same content, too.
    is_same: bool,
}

impl Timeline {
    /// An empty timeline. The key has at most 129 bytes: [`crate::name`] bounds ids and names.
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(key.len() + 1);
        bytes.push(u8::try_from(key.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(key);
        Self {
            log: Log::Short(bytes.into()),
            done: Spot::default(),
            marked: false,
            restored: false,
            resumed: false,
            split: false,
        }
    }

    /// The key: a ticket's id, or the marked name of a team.
    pub(crate) fn key(&self) -> &[u8] {
        match &self.log {
            Log::Short(bytes) => bytes
                .split_first()
                .map_or(&[], |(&length, rest)| rest.get(..usize::from(length)).unwrap_or_default()),
            Log::Long(long) => &long.key,
        }
    }

    /// The image for a checkpoint.
    pub(crate) fn image(&self) -> TimelineImage<'_> {
        let blocks = match &self.log {
            Log::Short(bytes) => vec![events_of(bytes)],
            Log::Long(long) => long.blocks.iter().map(|block| &*block.bytes).collect(),
        };
        TimelineImage { key: self.key(), blocks, is_resumed: self.resumed }
    }

    /// Restores a timeline from its image. Nothing of it is derived yet. `None` if an event cannot be read,
    /// or if `is_known` refuses one because it names something that does not exist.
    pub(crate) fn from_image(
        image: &TimelineImage<'_>,
        is_known: impl Fn(&Entry<'_>) -> bool,
    ) -> Option<Self> {
        let TimelineImage { key, blocks, is_resumed } = image;
        if key.len() > usize::from(u8::MAX) {
            return None;
        }
        for block in blocks {
            let mut events = unpack(block);
            if !events.by_ref().all(|event| is_known(&event)) || events.bytes_left() > 0 {
                return None;
            }
        }
        let mut timeline = Self::new(key);
        let is_short = |block: &[u8]| unpack(block).count() <= BLOCK_EVENTS_MAX;
        match blocks.as_slice() {
            [] => {}
            [only] if is_short(only) => {
                let Log::Short(bytes) = &mut timeline.log else { return None };
                let mut whole = std::mem::take(bytes).into_vec();
                whole.reserve_exact(only.len());
                whole.extend_from_slice(only);
                *bytes = whole.into_boxed_slice();
            }
            many => timeline.log = Log::Long(Box::new(Long::from_blocks(key, many)?)),
        }
        timeline.resumed = *is_resumed;
        Some(timeline)
    }

    /// The teams that its events name, as name ids.
    pub(crate) fn teams(&self) -> impl Iterator<Item = u32> + use<'_> {
        self.events().filter_map(|entry| entry.team.map(NameId::number))
    }

    /// The times of its events, ascending.
    pub(crate) fn times(&self) -> impl Iterator<Item = Timestamp> + use<'_> {
        self.events().map(|entry| entry.time)
    }

    /// The time of its last event; `None` if it has none.
    pub(crate) fn last_time(&self) -> Option<Timestamp> {
        match &self.log {
            Log::Short(bytes) => unpack(events_of(bytes)).last().map(|event| event.time),
            Log::Long(long) => long.blocks.last().map(|block| block.last),
        }
    }

    /// All its events, in order.
    pub(crate) fn events(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..).map_while(|index| self.block(index)).flatten()
    }

    /// Where `event` belongs, or why it does not enter.
    pub(crate) fn find(&self, event: &Entry<'_>, names: &Names) -> Placement {
        let scan = match &self.log {
            Log::Short(bytes) => scan(events_of(bytes), 0, event, names),
            Log::Long(long) => match long.find(event, names) {
                Ok(found) => return found,
                Err(scan) => scan,
            },
        };
        match scan.twin {
            Some(Twin { is_same: true, .. }) => Placement::Duplicate,
            // It sorts first if it would be inserted at the twin or before it.
            Some(twin) if scan.point.spot.entry <= twin.entry => Placement::Wins,
            Some(_) => Placement::Loses,
            None => Placement::Insert(scan.point),
        }
    }

    /// The event with the identity of `event`.
    pub(crate) fn twin_of(&self, event: &Entry<'_>) -> Option<Entry<'_>> {
        let is_twin = |twin: &Entry<'_>| twin.identity == event.identity;
        match &self.log {
            Log::Short(bytes) => unpack(events_of(bytes)).find(is_twin),
            Log::Long(long) => {
                let known =
                    long.index.find(event.identity, |one| one.identity == event.identity)?;
                long.spanning(known.time).find_map(|block| unpack(&block.bytes).find(is_twin))
            }
        }
    }

    /// The spot to unwind to before the twin of an event that [`Placement::Wins`] is removed: one block
    /// before the event, because the removal may delete the twin's block.
    pub(crate) fn spot_to_replace(&self, event: &Entry<'_>, names: &Names) -> Spot {
        let point = match &self.log {
            Log::Short(bytes) => scan(events_of(bytes), 0, event, names).point,
            Log::Long(long) => long.insert_point(event, names),
        };
        Spot { block: point.spot.block.saturating_sub(1), entry: 0 }
    }

    /// Inserts an event. The sink must not have changes of later events.
    pub(crate) fn insert(&mut self, point: InsertPoint, event: &Entry<'_>) {
        match &mut self.log {
            Log::Short(bytes) => {
                let head = bytes.len() - events_of(bytes).len();
                let packed = std::mem::take(bytes).into_vec();
                *bytes = insert_packed(packed, head, point, event);
                // Counting reads the whole timeline: skip it if the bytes rule out too many events.
                if bytes.len() > BLOCK_EVENTS_MAX * ENTRY_BYTES_MIN
                    && unpack(events_of(bytes)).count() > BLOCK_EVENTS_MAX
                {
                    self.split_into_blocks();
                }
            }
            Log::Long(long) => long.insert(point, event),
        }
    }

    /// Removes the event with the identity of `event`. The sink must not have its changes.
    pub(crate) fn remove_twin(&mut self, event: &Entry<'_>, names: &Names) {
        match &mut self.log {
            Log::Short(bytes) => {
                let Some(twin) = scan(events_of(bytes), 0, event, names).twin else {
                    return;
                };
                let head = bytes.len() - events_of(bytes).len();
                *bytes = without(bytes, head, twin.entry);
            }
            Log::Long(long) => long.remove_twin(event, names),
        }
    }

    /// The spot at the start of the block of `spot`.
    pub(super) fn block_start(spot: Spot) -> Spot {
        Spot { block: spot.block, entry: 0 }
    }

    /// Whether the sink has changes of events that an insertion at `point` moves: later ones, or those that
    /// go to another block because the block splits.
    pub(crate) fn disturbs(&self, point: InsertPoint) -> bool {
        let splits = match &self.log {
            Log::Short(_) => false,
            Log::Long(long) => long.splits(point),
        };
        self.is_late(point) || (splits && point.spot.block <= self.done.block)
    }

    /// Whether the sink has changes of events after `point`.
    pub(crate) fn is_late(&self, point: InsertPoint) -> bool {
        point.spot < self.done
    }

    /// The events of one block; `None` beyond the last.
    pub(super) fn block(&self, index: u16) -> Option<Unpack<'_>> {
        match &self.log {
            Log::Short(bytes) => (index == 0).then(|| unpack(events_of(bytes))),
            Log::Long(long) => {
                long.blocks.get(usize::from(index)).map(|block| unpack(&block.bytes))
            }
        }
    }

    /// Turns the single byte string into blocks. What is derived stays derived.
    fn split_into_blocks(&mut self) {
        let Log::Short(bytes) = &self.log else { return };
        let long = Long {
            key: self.key().into(),
            blocks: vec![Block::of(events_of(bytes).into(), TicketState::default())],
            index: index_of(unpack(events_of(bytes))),
        };
        self.log = Log::Long(Box::new(long));
    }
}

impl Long {
    /// A long timeline from its blocks. `None` if a block is empty, or if there are too many.
    fn from_blocks(key: &[u8], blocks: &[&[u8]]) -> Option<Self> {
        if blocks.len() > usize::from(u16::MAX) {
            return None;
        }
        let index = index_of(blocks.iter().flat_map(|block| unpack(block)));
        let blocks: Vec<Block> =
            blocks.iter().map(|&block| Block::of(block.into(), TicketState::default())).collect();
        let is_whole = blocks.iter().all(|block| block.count > 0);
        is_whole.then(|| Self { key: key.into(), blocks, index })
    }

    /// The placement of an event whose identity is known, or that finds no room; otherwise a scan of the
    /// block that it belongs to.
    fn find(&self, event: &Entry<'_>, names: &Names) -> Result<Placement, Scan> {
        let known = self.index.find(event.identity, |known| known.identity == event.identity);
        if let Some(&IndexedEvent { time, .. }) = known {
            for block in self.spanning(time) {
                let Some(twin) = unpack(&block.bytes).find(|e| e.identity == event.identity) else {
                    continue;
                };
                return Ok(if order::is_same(&twin, event, names) {
                    Placement::Duplicate
                } else if order::compare(event, &twin, names).is_lt() {
                    Placement::Wins
                } else {
                    Placement::Loses
                });
            }
            debug_assert!(false, "the index names an event that no block holds");
        }
        if self.index.len() >= EVENTS_PER_TICKET_MAX {
            return Ok(Placement::Full);
        }
        let point = self.insert_point(event, names);
        Err(Scan { point, twin: None })
    }

    /// The blocks whose time span includes `time`.
    fn spanning(&self, time: Timestamp) -> impl Iterator<Item = &Block> {
        let from = self.blocks.partition_point(|block| block.last < time);
        self.blocks[from..].iter().take_while(move |block| block.first <= time)
    }

    fn insert_point(&self, event: &Entry<'_>, names: &Names) -> InsertPoint {
        let after = self.blocks.partition_point(|block| block.first <= event.time);
        let mut index = after.saturating_sub(1);
        while index > 0
            && self.blocks[index].first == event.time
            && unpack(&self.blocks[index].bytes)
                .next()
                .is_some_and(|first| order::compare(event, &first, names).is_lt())
        {
            index -= 1;
        }
        let block = &self.blocks[index];
        let number = u16::try_from(index).unwrap_or(u16::MAX);
        if event.time > block.last {
            // The event is in order: it goes to the end of the block, without a scan.
            return InsertPoint {
                spot: Spot { block: number, entry: block.count },
                offset: block.bytes.len(),
                before: if block.count == 0 { BLOCK_EPOCH } else { block.last },
            };
        }
        scan(&block.bytes, number, event, names).point
    }

    /// Whether an insertion at `point` splits a full block.
    fn splits(&self, point: InsertPoint) -> bool {
        let block = usize::from(point.spot.block);
        let full = self.blocks.get(block).is_some_and(|b| usize::from(b.count) >= BLOCK_EVENTS_MAX);
        full && !self.is_end(point.spot)
    }

    fn is_end(&self, spot: Spot) -> bool {
        usize::from(spot.block) + 1 == self.blocks.len()
            && self.blocks.last().is_some_and(|block| block.count == spot.entry)
    }

    fn insert(&mut self, point: InsertPoint, event: &Entry<'_>) {
        add_to_index(&mut self.index, event);
        let index = usize::from(point.spot.block);
        let splits = self.splits(point);
        if !splits && usize::from(self.blocks[index].count) >= BLOCK_EVENTS_MAX {
            // The last block is full: the event starts a new one.
            let mut packed = Vec::new();
            event.pack(BLOCK_EPOCH, &mut packed);
            self.blocks.push(Block::of(packed.into(), TicketState::default()));
            return;
        }
        let block = &mut self.blocks[index];
        let packed = std::mem::take(&mut block.bytes).into_vec();
        block.bytes = insert_packed(packed, 0, point, event);
        block.count += 1;
        block.first = if point.spot.entry == 0 { event.time } else { block.first };
        block.last = block.last.max(event.time);
        if splits {
            let second = block.split();
            self.blocks.insert(index + 1, second);
        }
    }

    fn remove_twin(&mut self, event: &Entry<'_>, names: &Names) {
        let found = self.index.find_entry(event.identity, |known| known.identity == event.identity);
        let Ok(known) = found else { return };
        let (IndexedEvent { time, .. }, _) = known.remove();
        let from = self.blocks.partition_point(|block| block.last < time);
        for index in from..self.blocks.len() {
            let block = &mut self.blocks[index];
            let Some(twin) = scan(&block.bytes, 0, event, names).twin else {
                continue;
            };
            let before = std::mem::take(&mut block.before);
            *block = Block::of(without(&block.bytes, 0, twin.entry), before);
            if block.count == 0 && self.blocks.len() > 1 {
                self.blocks.remove(index);
            }
            return;
        }
    }
}

impl Block {
    /// A block of packed events; `before` is the ticket's state before it.
    fn of(bytes: Box<[u8]>, before: TicketState) -> Self {
        let mut block = Self { first: BLOCK_EPOCH, last: BLOCK_EPOCH, count: 0, before, bytes };
        for entry in unpack(&block.bytes) {
            block.first = if block.count == 0 { entry.time } else { block.first };
            block.last = entry.time;
            block.count += 1;
        }
        block
    }

    /// Keeps the first half of the events and returns the second half as a new block.
    fn split(&mut self) -> Self {
        let mut halves = [Vec::new(), Vec::new()];
        let mut before = [BLOCK_EPOCH; 2];
        for (number, entry) in (0_u16..).zip(unpack(&self.bytes)) {
            let half = usize::from(number >= self.count / 2);
            entry.pack(before[half], &mut halves[half]);
            before[half] = entry.time;
        }
        let [first, second] = halves;
        *self = Self::of(first.into(), std::mem::take(&mut self.before));
        Self::of(second.into(), TicketState::default())
    }
}

/// Bytes of the smallest event: two of flags, one of time, eight of identity.
const ENTRY_BYTES_MIN: usize = 11;
/// Bytes that most events fit in.
const ENTRY_BYTES_USUAL: usize = 24;

fn unpack(bytes: &[u8]) -> Unpack<'_> {
    Unpack::new(bytes, BLOCK_EPOCH)
}

fn index_of<'t>(events: impl Iterator<Item = Entry<'t>>) -> HashTable<IndexedEvent> {
    let mut index = HashTable::new();
    events.for_each(|event| add_to_index(&mut index, &event));
    index
}

fn add_to_index(index: &mut HashTable<IndexedEvent>, event: &Entry<'_>) {
    let known = IndexedEvent { identity: event.identity, time: event.time };
    index.insert_unique(known.identity, known, |known| known.identity);
}

/// The events of a short timeline, without its key.
fn events_of(bytes: &[u8]) -> &[u8] {
    let length = bytes.first().map_or(0, |&length| usize::from(length) + 1);
    bytes.get(length..).unwrap_or_default()
}

/// Searches a block for the place of an event and for its twin.
fn scan(bytes: &[u8], block: u16, event: &Entry<'_>, names: &Names) -> Scan {
    let mut point = None;
    let mut twin = None;
    let mut before = BLOCK_EPOCH;
    let mut events = unpack(bytes);
    let mut number = 0;
    loop {
        let offset = bytes.len() - events.bytes_left();
        let mut here = events;
        let Some((time, identity)) = events.skim() else {
            let end = InsertPoint { spot: Spot { block, entry: number }, offset, before };
            return Scan { point: point.unwrap_or(end), twin };
        };
        if identity == event.identity || (point.is_none() && event.time <= time) {
            let Some(entry) = here.next() else { continue };
            if identity == event.identity {
                twin = Some(Twin { entry: number, is_same: order::is_same(&entry, event, names) });
            }
            if point.is_none() && order::compare(event, &entry, names).is_lt() {
                point = Some(InsertPoint { spot: Spot { block, entry: number }, offset, before });
            }
        }
        before = time;
        number += 1;
    }
}

/// The bytes with an event inserted. The offset of `point` counts from `head`, where the events begin.
fn insert_packed(
    mut bytes: Vec<u8>,
    head: usize,
    point: InsertPoint,
    event: &Entry<'_>,
) -> Box<[u8]> {
    let at = head + point.offset;
    if at == bytes.len() {
        // The event is in order: append it, with one allocation that has no room left.
        bytes.reserve_exact(event.packed_len(point.before));
        event.pack(point.before, &mut bytes);
        return bytes.into_boxed_slice();
    }
    let mut packed = Vec::with_capacity(2 * ENTRY_BYTES_USUAL);
    event.pack(point.before, &mut packed);
    let mut rest = Unpack::new(bytes.get(at..).unwrap_or_default(), point.before);
    if let Some(next) = rest.next() {
        next.pack(event.time, &mut packed);
    }
    let after = bytes.len() - rest.bytes_left();
    bytes.splice(at..after, packed);
    bytes.into_boxed_slice()
}

/// The bytes without event `number`. The events begin at `head`.
fn without(bytes: &[u8], head: usize, number: u16) -> Box<[u8]> {
    let mut out = bytes.get(..head).unwrap_or_default().to_vec();
    let mut before = BLOCK_EPOCH;
    let events = Unpack::new(bytes.get(head..).unwrap_or_default(), BLOCK_EPOCH);
    for (_, entry) in (0_u16..).zip(events).filter(|(index, _)| *index != number) {
        entry.pack(before, &mut out);
        before = entry.time;
    }
    out.into_boxed_slice()
}

#[cfg(test)]
mod tests;
