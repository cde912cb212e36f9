//! One ticket's events in total order, packed.
//!
//! # Design
//! Most tickets have a handful of events: these are one byte string, its key in front, 16 bytes of pointer
//! and length beside it, and are looked through as a whole. A ticket beyond [`BLOCK_EVENTS_MAX`] events
//! becomes a row of blocks, each with its time span and the stopwatches' state before it, and an index of
//! identities, so that an event costs the same however many came before.

use hashbrown::HashTable;

use super::entry::{Entry, Unpack};
use super::order;
use super::state::TicketState;
use crate::name::{NameId, Names};
use crate::time::Timestamp;

/// Events one ticket holds at most; further ones are skipped as `ticket_full`, and counted.
///
/// The busiest ticket of real logs has 145; a runaway bot writes one a second for two days.
pub const EVENTS_PER_TICKET_MAX: usize = 200_000;

/// Events of one block at most, and so of a timeline that is a single byte string.
pub(super) const BLOCK_EVENTS_MAX: usize = 128;

/// What the first event of a block counts its time from.
const BLOCK_EPOCH: Timestamp = Timestamp::EVENT_MIN;

/// A place between events: before the event `entry` of block `block`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(super) block: u16,
    pub(super) entry: u16,
}

/// One ticket's events, and up to where the windows know them.
#[derive(Debug)]
pub(crate) struct Timeline {
    pub(super) log: Log,
    /// The events before it are in the windows.
    pub(super) done: Spot,
    /// Whether the ticket waits to be derived.
    pub(crate) marked: bool,
    /// Whether it is from a checkpoint and has not been derived since: its samples were counted then.
    pub(crate) restored: bool,
    /// Whether an earlier part of it was forgotten, and a stub says up to when.
    pub(crate) resumed: bool,
    /// Whether other events of this ticket are in another partition: it is then not counted.
    pub(crate) split: bool,
}

#[derive(Debug)]
pub(super) enum Log {
    /// The key with its length in front, then the events.
    Short(Box<[u8]>),
    Long(Box<Long>),
}

/// A timeline of many events.
#[derive(Debug)]
pub(super) struct Long {
    key: Box<[u8]>,
    pub(super) blocks: Vec<Block>,
    /// The time of each event by its identity.
    index: HashTable<(u64, Timestamp)>,
}

#[derive(Debug)]
pub(super) struct Block {
    bytes: Box<[u8]>,
    first: Timestamp,
    last: Timestamp,
    count: u16,
    /// The stopwatches before this block; kept for every block that `done` has entered.
    pub(super) before: TicketState,
}

/// One timeline as a checkpoint has it: its key, and its blocks of packed events.
#[derive(Debug)]
pub(crate) struct TimelineImage<'b> {
    pub(crate) key: &'b [u8],
    pub(crate) blocks: Vec<&'b [u8]>,
    /// Whether an earlier part of it was forgotten.
    pub(crate) is_resumed: bool,
}

/// What a timeline makes of an event that wants in.
#[derive(Debug)]
pub(crate) enum Placement {
    /// It is there already.
    Duplicate,
    /// One of the same identity is there with other content, and sorts first.
    Loses,
    /// One of the same identity is there with other content, and this one sorts first.
    Wins,
    /// There is no room for it.
    Full,
    /// It belongs here.
    Insert(InsertPoint),
}

/// Where an event belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InsertPoint {
    pub(crate) spot: Spot,
    /// Bytes of the block before it.
    offset: usize,
    /// The time of the event before it in its block.
    before: Timestamp,
}

/// What looking through one block found.
struct Scan {
    point: InsertPoint,
    /// The event of the same identity: its number, and whether it is the same.
    twin: Option<(u16, bool)>,
}

impl Timeline {
    /// An empty timeline. The key is at most 128 bytes, which [`crate::name`] sees to.
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

    /// Its key.
    pub(crate) fn key(&self) -> &[u8] {
        match &self.log {
            Log::Short(bytes) => bytes
                .split_first()
                .map_or(&[], |(&length, rest)| rest.get(..usize::from(length)).unwrap_or_default()),
            Log::Long(long) => &long.key,
        }
    }

    /// Its image.
    pub(crate) fn image(&self) -> TimelineImage<'_> {
        let blocks = match &self.log {
            Log::Short(bytes) => vec![events_of(bytes)],
            Log::Long(long) => long.blocks.iter().map(|block| &*block.bytes).collect(),
        };
        TimelineImage { key: self.key(), blocks, is_resumed: self.resumed }
    }

    /// A timeline from its image; none where an event in it cannot be read, or where `is_known` says of one
    /// that it names what is not there. The windows know none of it yet.
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

    /// The teams that its events name, as numbers of names.
    pub(crate) fn teams(&self) -> impl Iterator<Item = u32> + use<'_> {
        self.events().filter_map(|entry| entry.team.map(NameId::number))
    }

    /// When its events happened, ascending.
    pub(crate) fn times(&self) -> impl Iterator<Item = Timestamp> + use<'_> {
        self.events().map(|entry| entry.time)
    }

    /// When its last event was; none while it has none.
    pub(crate) fn last_time(&self) -> Option<Timestamp> {
        match &self.log {
            Log::Short(bytes) => unpack(events_of(bytes)).last().map(|event| event.time),
            Log::Long(long) => long.blocks.last().map(|block| block.last),
        }
    }

    pub(super) fn events(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..).map_while(|index| self.block(index)).flatten()
    }

    /// Where `event` belongs, or why it does not.
    pub(crate) fn find(&self, event: &Entry<'_>, names: &Names) -> Placement {
        let scan = match &self.log {
            Log::Short(bytes) => scan(events_of(bytes), 0, event, names),
            Log::Long(long) => match long.find(event, names) {
                Ok(found) => return found,
                Err(scan) => scan,
            },
        };
        match scan.twin {
            Some((_, true)) => Placement::Duplicate,
            // It sorts first if its place is before the twin or at it.
            Some((twin, false)) if scan.point.spot.entry <= twin => Placement::Wins,
            Some((_, false)) => Placement::Loses,
            None => Placement::Insert(scan.point),
        }
    }

    /// From where on the windows must know nothing before the twin of an event that [`Placement::Wins`] is
    /// taken out: the block before its place, since the twin's own block may vanish.
    pub(crate) fn spot_to_replace(&self, event: &Entry<'_>, names: &Names) -> Spot {
        let point = match &self.log {
            Log::Short(bytes) => scan(events_of(bytes), 0, event, names).point,
            Log::Long(long) => long.insert_point(event, names),
        };
        Spot { block: point.spot.block.saturating_sub(1), entry: 0 }
    }

    /// Puts an event in its place. The windows must not know what comes after.
    pub(crate) fn insert(&mut self, point: InsertPoint, event: &Entry<'_>) {
        match &mut self.log {
            Log::Short(bytes) => {
                let head = bytes.len() - events_of(bytes).len();
                let packed = std::mem::take(bytes).into_vec();
                *bytes = insert_packed(packed, head, point, event);
                // Counting takes a walk; a timeline short in bytes is short in events.
                if bytes.len() > BLOCK_EVENTS_MAX * ENTRY_BYTES_MIN
                    && unpack(events_of(bytes)).count() > BLOCK_EVENTS_MAX
                {
                    self.lengthen();
                }
            }
            Log::Long(long) => {
                long.insert(point, event);
            }
        }
    }

    /// Takes out the event with the identity of `event`. The windows must not know it.
    pub(crate) fn remove_twin(&mut self, event: &Entry<'_>, names: &Names) {
        match &mut self.log {
            Log::Short(bytes) => {
                let Some((twin, _)) = scan(events_of(bytes), 0, event, names).twin else {
                    return;
                };
                let head = bytes.len() - events_of(bytes).len();
                *bytes = without(bytes, head, twin);
            }
            Log::Long(long) => long.remove_twin(event, names),
        }
    }

    /// The spot at which the block of `spot` begins: as far back as an unwinding must go.
    pub(super) fn block_start(spot: Spot) -> Spot {
        Spot { block: spot.block, entry: 0 }
    }

    /// Whether the windows know events that inserting at `point` comes before, or moves to another block.
    pub(crate) fn disturbs(&self, point: InsertPoint) -> bool {
        let splits = match &self.log {
            Log::Short(_) => false,
            Log::Long(long) => long.splits(point),
        };
        self.is_late(point) || (splits && point.spot.block <= self.done.block)
    }

    /// Whether the windows know events that come after `point`.
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

    /// Turns the one byte string into blocks. What is done stays done.
    fn lengthen(&mut self) {
        let Log::Short(bytes) = &self.log else { return };
        let mut long = Long {
            key: self.key().into(),
            blocks: vec![Block::of(events_of(bytes).into(), TicketState::default())],
            index: HashTable::new(),
        };
        let entries: Vec<(u64, Timestamp)> =
            unpack(events_of(bytes)).map(|entry| (entry.identity, entry.time)).collect();
        for known in entries {
            long.index.insert_unique(known.0, known, |known| known.0);
        }
        self.log = Log::Long(Box::new(long));
    }
}

impl Long {
    /// A long timeline from its blocks, none of which may be empty.
    fn from_blocks(key: &[u8], blocks: &[&[u8]]) -> Option<Self> {
        if blocks.len() > usize::from(u16::MAX) {
            return None;
        }
        let mut index = HashTable::new();
        for entry in blocks.iter().flat_map(|block| unpack(block)) {
            let known = (entry.identity, entry.time);
            index.insert_unique(known.0, known, |known| known.0);
        }
        let blocks: Vec<Block> =
            blocks.iter().map(|&block| Block::of(block.into(), TicketState::default())).collect();
        let is_whole = blocks.iter().all(|block| block.count > 0);
        is_whole.then(|| Self { key: key.into(), blocks, index })
    }

    /// What is found by identity, or else what a look at the block that the event belongs to says.
    fn find(&self, event: &Entry<'_>, names: &Names) -> Result<Placement, Scan> {
        let known = self.index.find(event.identity, |known| known.0 == event.identity);
        if let Some(&(_, time)) = known {
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

    /// The blocks that hold events of that time.
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
            // In order: no need to look through the block.
            return InsertPoint {
                spot: Spot { block: number, entry: block.count },
                offset: block.bytes.len(),
                before: if block.count == 0 { BLOCK_EPOCH } else { block.last },
            };
        }
        scan(&block.bytes, number, event, names).point
    }

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
        let known = (event.identity, event.time);
        self.index.insert_unique(known.0, known, |known| known.0);
        let index = usize::from(point.spot.block);
        let splits = self.splits(point);
        if !splits && usize::from(self.blocks[index].count) >= BLOCK_EVENTS_MAX {
            // At the end of a full last block begins a new one.
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
        let found = self.index.find_entry(event.identity, |known| known.0 == event.identity);
        let Ok(known) = found else { return };
        let ((_, time), _) = known.remove();
        let from = self.blocks.partition_point(|block| block.last < time);
        for index in from..self.blocks.len() {
            let block = &mut self.blocks[index];
            let Some((twin, _)) = scan(&block.bytes, 0, event, names).twin else {
                continue;
            };
            let before = std::mem::take(&mut block.before);
            *block = Block::of(without(&block.bytes, 0, twin), before);
            if block.count == 0 && self.blocks.len() > 1 {
                self.blocks.remove(index);
            }
            return;
        }
    }
}

impl Block {
    fn of(bytes: Box<[u8]>, before: TicketState) -> Self {
        let mut block = Self { first: BLOCK_EPOCH, last: BLOCK_EPOCH, count: 0, before, bytes };
        for entry in unpack(&block.bytes) {
            block.first = if block.count == 0 { entry.time } else { block.first };
            block.last = entry.time;
            block.count += 1;
        }
        block
    }

    /// Keeps the first half and returns the second.
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

/// The smallest event: two bytes of marks, one of time, the identity.
const ENTRY_BYTES_MIN: usize = 11;
/// What most events fit in.
const ENTRY_BYTES_USUAL: usize = 24;

fn unpack(bytes: &[u8]) -> Unpack<'_> {
    Unpack::new(bytes, BLOCK_EPOCH)
}

/// The events of a short timeline, without the key.
fn events_of(bytes: &[u8]) -> &[u8] {
    let length = bytes.first().map_or(0, |&length| usize::from(length) + 1);
    bytes.get(length..).unwrap_or_default()
}

/// Looks through a block for an event's place and twin.
fn scan(bytes: &[u8], block: u16, event: &Entry<'_>, names: &Names) -> Scan {
    let mut point = None;
    let mut twin = None;
    let mut before = BLOCK_EPOCH;
    let mut events = unpack(bytes);
    let mut number = 0;
    loop {
        let offset = bytes.len() - events.bytes_left();
        let Some(entry) = events.next() else {
            let end = InsertPoint { spot: Spot { block, entry: number }, offset, before };
            return Scan { point: point.unwrap_or(end), twin };
        };
        if entry.identity == event.identity {
            twin = Some((number, order::is_same(&entry, event, names)));
        }
        if point.is_none()
            && event.time <= entry.time
            && order::compare(event, &entry, names).is_lt()
        {
            point = Some(InsertPoint { spot: Spot { block, entry: number }, offset, before });
        }
        before = entry.time;
        number += 1;
    }
}

/// The bytes with an event put in its place, which counts from `head`.
fn insert_packed(
    mut bytes: Vec<u8>,
    head: usize,
    point: InsertPoint,
    event: &Entry<'_>,
) -> Box<[u8]> {
    let at = head + point.offset;
    if at == bytes.len() {
        // In order: room for a usual event, in one step.
        bytes.reserve_exact(ENTRY_BYTES_USUAL);
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

/// The bytes without their event of that number; the events begin at `head`.
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
