//! The image of one shard as it is kept: pure, bytes in and out.
//!
//! ```text
//! magic  "vaste-cp"            8 bytes
//! version                      u32, little endian, as all numbers here
//! length of the body           u64
//! body   [ section: tag u8, length u64, bytes ]…
//! checksum                     u64: XXH3 of all before it
//! ```
//!
//! # Design
//! A timeline is the only state, so an image is timelines as they stand in memory, with the names that they
//! number, and where in the partition they end. Of what is derived only the response counters are kept, which
//! must not count twice: other rules, another calendar or a repaired measure need no migration. What cannot
//! be read whole is refused: an image that is half right would be wrong numbers that nobody sees.

use std::sync::Arc;

use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::catalog::Catalog;
use crate::measure::{Basis, Measure};
use crate::responses::{ResponseCountsImage, Responses};
use crate::shard::{Shard, Stub};
use crate::ticket::TimelineImage;
use crate::time::{Elapsed, Timestamp};

/// What every image begins with.
const MAGIC: &[u8; 8] = b"vaste-cp";

/// The version that is written. A reader refuses what is newer: it could not know what it passes over.
pub const VERSION: u32 = 2;

/// The oldest version that can still be read. Version 1 had no stubs and no counters, and did not say up to
/// when its samples were counted.
pub const VERSION_OLDEST: u32 = 1;

const HEAD_BYTES: usize = 8 + 4 + 8;
const CHECKSUM_BYTES: usize = 8;

/// Sections of the body.
const TAG_ORIGIN: u8 = 1;
const TAG_NAMES: u8 = 2;
const TAG_TIMELINES: u8 = 3;
const TAG_STUBS: u8 = 4;
const TAG_RESPONSES: u8 = 5;

/// Where an image is from, and up to where it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// How often the partition had been taken over when it was written: of two images the later epoch holds.
    pub epoch: u64,
    /// The offset of the next record to read: all before it are in the image.
    pub position: i64,
    /// When it was written.
    pub written_at: Timestamp,
    /// Where the known history begins; absent where it is the whole topic.
    pub history_from: Option<Timestamp>,
    /// The samples up to this instant are in the response counters.
    pub counted_to: Timestamp,
    /// The record before `position`, to know the topic by when it is read again; absent where there was none.
    pub last_record: Option<RecordFingerprint>,
}

/// What one record of a topic is known by: another topic of the same name has another one at its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordFingerprint {
    /// Its offset.
    pub offset: i64,
    /// Its Kafka timestamp, in ms.
    pub timestamp: i64,
    /// The bytes of its value.
    pub bytes: u32,
}

/// Why an image is not read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// It begins with something else.
    #[error("it is not a checkpoint of Vaste")]
    Foreign,
    /// It is of a version that this one does not know.
    #[error(
        "it is of format {found}, and this version reads {VERSION_OLDEST} to {VERSION}: use the version of \
         Vaste that wrote it, or remove it and let the state be rebuilt from the topic"
    )]
    Version {
        /// Its version.
        found: u32,
    },
    /// It ends too soon, or goes on too long.
    #[error("it has {found} bytes and should have {expected}: it was cut, or is two")]
    Length {
        /// The bytes that are there.
        found: usize,
        /// The bytes that it says it has.
        expected: u64,
    },
    /// Its bytes are not those that were written.
    #[error("its checksum is wrong: it was changed, or the disk is failing")]
    Checksum,
    /// It is whole, and of another partition.
    #[error("it is of partition {partition} of {topic}: it was put in the wrong place")]
    Elsewhere {
        /// The topic that it is of.
        topic: String,
        /// The partition that it is of.
        partition: i32,
    },
    /// What it says makes no sense, though its checksum is right.
    #[error("{0} cannot be read")]
    Content(&'static str),
}

/// An image, read and found whole.
#[derive(Debug)]
pub struct Checkpoint<'b> {
    /// The version of its format.
    pub version: u32,
    /// Where it is from.
    pub origin: Origin,
    names: Vec<&'b str>,
    timelines: Vec<TimelineImage<'b>>,
    stubs: Vec<Stub>,
    responses: Vec<ResponseCountsImage<'b>>,
}

/// Writes the image of a shard, of which so much was counted by those rules.
pub fn write(shard: &Shard, responses: &Responses, catalog: &Catalog, origin: &Origin) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&0_u64.to_le_bytes());
    section(TAG_ORIGIN, &mut out, |out| put_origin(origin, out));
    section(TAG_NAMES, &mut out, |out| {
        let names = shard.names();
        put_u64(names.len() as u64, out);
        names.iter().for_each(|name| put_bytes(name.as_bytes(), out));
    });
    section(TAG_TIMELINES, &mut out, |out| {
        put_u64(shard.timelines() as u64, out);
        for image in shard.images() {
            put_bytes(image.key, out);
            out.push(u8::from(image.is_resumed));
            put_u64(image.blocks.len() as u64, out);
            image.blocks.iter().for_each(|block| put_bytes(block, out));
        }
    });
    section(TAG_STUBS, &mut out, |out| {
        put_u64(shard.stub_count() as u64, out);
        // In order: one state, one image.
        let mut stubs: Vec<Stub> = shard.stubs().collect();
        stubs.sort_unstable();
        for stub in stubs {
            put_u64(stub.key, out);
            put_time(stub.last, out);
        }
    });
    section(TAG_RESPONSES, &mut out, |out| {
        let images = responses.images(catalog);
        put_u64(images.len() as u64, out);
        images.iter().for_each(|image| put_counted(image, out));
    });
    let body = (out.len() - HEAD_BYTES) as u64;
    out[12..HEAD_BYTES].copy_from_slice(&body.to_le_bytes());
    let checksum = xxh3_64(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    out
}

/// Reads an image.
///
/// # Errors
/// Whatever is wrong with it: it is then not read at all.
pub fn read(bytes: &[u8]) -> Result<Checkpoint<'_>, CheckpointError> {
    let (version, body) = body_of(bytes)?;
    let (mut origin, mut names, mut timelines) = (None, None, None);
    let (mut stubs, mut responses) = (Some(Vec::new()), Some(Vec::new()));
    let mut rest = ByteReader(body);
    while !rest.0.is_empty() {
        let tag = rest.byte().ok_or(CheckpointError::Content("a section"))?;
        let length = rest.u64().ok_or(CheckpointError::Content("a section's length"))?;
        let length =
            usize::try_from(length).map_err(|_| CheckpointError::Content("a section's length"))?;
        let mut section =
            ByteReader(rest.take(length).ok_or(CheckpointError::Content("a section"))?);
        match tag {
            TAG_ORIGIN => origin = origin_of(&mut section, version),
            TAG_NAMES => names = names_of(&mut section),
            TAG_TIMELINES => timelines = timelines_of(&mut section, version),
            TAG_STUBS if version >= 2 => stubs = stubs_of(&mut section),
            TAG_RESPONSES if version >= 2 => responses = responses_of(&mut section),
            _ => return Err(CheckpointError::Content("a section that this version does not know")),
        }
        if !section.0.is_empty() {
            return Err(CheckpointError::Content("what follows in a section"));
        }
    }
    Ok(Checkpoint {
        version,
        origin: origin.ok_or(CheckpointError::Content("where it is from"))?,
        names: names.ok_or(CheckpointError::Content("its names"))?,
        timelines: timelines.ok_or(CheckpointError::Content("its timelines"))?,
        stubs: stubs.ok_or(CheckpointError::Content("its stubs"))?,
        responses: responses.ok_or(CheckpointError::Content("its response counters"))?,
    })
}

impl Checkpoint<'_> {
    /// How many timelines it holds.
    pub fn timelines(&self) -> usize {
        self.timelines.len()
    }

    /// How many names it holds.
    pub fn names(&self) -> usize {
        self.names.len()
    }

    /// How many stubs of forgotten tickets it holds.
    pub fn stubs(&self) -> usize {
        self.stubs.len()
    }

    /// How many samples it has counted.
    pub fn samples(&self) -> u64 {
        let all = self.responses.iter().flat_map(|image| &image.buckets);
        all.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The response counters, by these rules.
    pub fn responses(&self, catalog: &Catalog) -> Responses {
        Responses::restore(catalog, &self.responses)
    }

    /// The shard that it is the image of, to be judged by these rules: the next [`Shard::advance`] derives
    /// all of it.
    ///
    /// # Errors
    /// When an event in it cannot be read, or names something that the image does not have.
    pub fn restore(&self, catalog: Arc<Catalog>) -> Result<Shard, CheckpointError> {
        let forgotten = (self.stubs.as_slice(), self.origin.counted_to);
        Shard::restore(catalog, &self.names, &self.timelines, forgotten)
            .ok_or(CheckpointError::Content("an event"))
    }
}

/// The version of an image that is whole, and its body.
fn body_of(bytes: &[u8]) -> Result<(u32, &[u8]), CheckpointError> {
    let Some((magic, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(CheckpointError::Foreign);
    };
    if magic != MAGIC {
        return Err(CheckpointError::Foreign);
    }
    let mut head = ByteReader(rest);
    let found = head
        .u32()
        .ok_or(CheckpointError::Length { found: bytes.len(), expected: HEAD_BYTES as u64 })?;
    if !(VERSION_OLDEST..=VERSION).contains(&found) {
        return Err(CheckpointError::Version { found });
    }
    let length = head
        .u64()
        .ok_or(CheckpointError::Length { found: bytes.len(), expected: HEAD_BYTES as u64 })?;
    let expected = length.saturating_add((HEAD_BYTES + CHECKSUM_BYTES) as u64);
    if expected != bytes.len() as u64 {
        return Err(CheckpointError::Length { found: bytes.len(), expected });
    }
    let (before, checksum) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
    if xxh3_64(before).to_le_bytes() != *checksum {
        return Err(CheckpointError::Checksum);
    }
    Ok((found, before.get(HEAD_BYTES..).unwrap_or_default()))
}

fn section(tag: u8, out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    let at = out.len();
    put_u64(0, out);
    fill(out);
    let length = (out.len() - at - 8) as u64;
    out[at..at + 8].copy_from_slice(&length.to_le_bytes());
}

fn put_origin(origin: &Origin, out: &mut Vec<u8>) {
    put_bytes(origin.topic.as_bytes(), out);
    out.extend_from_slice(&origin.partition.to_le_bytes());
    put_u64(origin.epoch, out);
    out.extend_from_slice(&origin.position.to_le_bytes());
    put_time(origin.written_at, out);
    out.push(u8::from(origin.history_from.is_some()));
    put_time(origin.history_from.unwrap_or(Timestamp::from_ms(0)), out);
    put_time(origin.counted_to, out);
    out.push(u8::from(origin.last_record.is_some()));
    let last =
        origin.last_record.unwrap_or(RecordFingerprint { offset: 0, timestamp: 0, bytes: 0 });
    out.extend_from_slice(&last.offset.to_le_bytes());
    out.extend_from_slice(&last.timestamp.to_le_bytes());
    out.extend_from_slice(&last.bytes.to_le_bytes());
}

fn put_counted(image: &ResponseCountsImage<'_>, out: &mut Vec<u8>) {
    for text in [image.team, image.measure.label(), image.basis.label()] {
        put_bytes(text.as_bytes(), out);
    }
    out.extend_from_slice(&image.sum_ms.to_le_bytes());
    put_u64(image.buckets.len() as u64, out);
    for (bound, count) in &image.buckets {
        out.push(u8::from(bound.is_some()));
        out.extend_from_slice(&bound.map_or(0, Elapsed::ms).to_le_bytes());
        put_u64(*count, out);
    }
}

fn origin_of(section: &mut ByteReader<'_>, version: u32) -> Option<Origin> {
    let topic = section.text()?.to_owned();
    let partition = section.u32()?.cast_signed();
    let epoch = section.u64()?;
    let position = section.u64()?.cast_signed();
    let written_at = section.time()?;
    let has_begin = section.byte()? != 0;
    let begin = section.time()?;
    let history_from = has_begin.then_some(begin);
    let (mut counted_to, mut last_record) = (Timestamp::EVENT_MIN, None);
    if version >= 2 {
        counted_to = section.time()?;
        let has_last = section.byte()? != 0;
        let (offset, timestamp) = (section.u64()?.cast_signed(), section.u64()?.cast_signed());
        let fingerprint = RecordFingerprint { offset, timestamp, bytes: section.u32()? };
        last_record = has_last.then_some(fingerprint);
    }
    Some(Origin {
        topic,
        partition,
        epoch,
        position,
        written_at,
        history_from,
        counted_to,
        last_record,
    })
}

fn names_of<'b>(section: &mut ByteReader<'b>) -> Option<Vec<&'b str>> {
    let count = section.u64()?;
    (0..count).map(|_| section.text()).collect()
}

fn timelines_of<'b>(section: &mut ByteReader<'b>, version: u32) -> Option<Vec<TimelineImage<'b>>> {
    let count = section.u64()?;
    let one = |_| {
        let key = section.bytes()?;
        let is_resumed = version >= 2 && section.byte()? != 0;
        let count = section.u64()?;
        let blocks = (0..count).map(|_| section.bytes()).collect::<Option<Vec<_>>>()?;
        Some(TimelineImage { key, blocks, is_resumed })
    };
    (0..count).map(one).collect()
}

fn stubs_of(section: &mut ByteReader<'_>) -> Option<Vec<Stub>> {
    let count = section.u64()?;
    (0..count).map(|_| Some(Stub { key: section.u64()?, last: section.time()? })).collect()
}

fn responses_of<'b>(section: &mut ByteReader<'b>) -> Option<Vec<ResponseCountsImage<'b>>> {
    let count = section.u64()?;
    let one = |_| {
        let team = section.text()?;
        let measure = Measure::from_label(section.text()?)?;
        let basis = section.text()?;
        let basis = Basis::ALL.into_iter().find(|known| known.label() == basis)?;
        let sum_ms = section.u64()?.cast_signed();
        let count = section.u64()?;
        let bucket = |_| {
            let has_bound = section.byte()? != 0;
            let bound = Elapsed::from_ms(section.u64()?.cast_signed());
            Some((has_bound.then_some(bound), section.u64()?))
        };
        let buckets = (0..count).map(bucket).collect::<Option<Vec<_>>>()?;
        Some(ResponseCountsImage { team, measure, basis, sum_ms, buckets })
    };
    (0..count).map(one).collect()
}

fn put_time(at: Timestamp, out: &mut Vec<u8>) {
    out.extend_from_slice(&at.ms().to_le_bytes());
}

fn put_u64(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    // An event is below 256 KiB, and a block has 128 of them.
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Reads from the front of bytes.
struct ByteReader<'b>(&'b [u8]);

impl<'b> ByteReader<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(first)
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self) -> Option<u8> {
        self.chunk::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Option<u32> {
        self.chunk().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.chunk().map(u64::from_le_bytes)
    }

    fn time(&mut self) -> Option<Timestamp> {
        self.u64().map(|ms| Timestamp::from_ms(ms.cast_signed()))
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        self.take(length)
    }

    fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}
