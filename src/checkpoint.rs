//! The checkpoint format: one shard as bytes. [`write()`] makes the bytes, [`read()`] checks and parses
//! them, and [`CheckpointName`] names the file.
//!
//! ```text
//! magic  "vaste-cp"            8 bytes
//! version                      u32, little endian like all numbers here
//! length of the body           u64
//! body   [ section: tag u8, length u64, bytes ]…
//! checksum                     u64: XXH3 of all bytes before it
//! ```
//!
//! # Design
//! Timelines are the only state. An image therefore has the timelines as they are in memory, the names that
//! they refer to, and the position in the partition. Everything else is derived after the restore, so a
//! changed agreement, calendar or measure needs no migration. The response counters are the exception: a
//! sample must not count twice.
//!
//! An image that cannot be read as a whole is refused. A partly restored state would give wrong numbers that
//! nobody notices.
//!
//! Measures and bases are stored by label; kinds, priorities and makers by the codes of packed events. Both
//! are independent of the order of the enums.

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::catalog::Catalog;
use crate::check_list::CheckDraw;
use crate::measure::{Basis, Measure};
use crate::past::{EvictedPast, HourlyTallies};
use crate::responses::{BucketImage, ResponseCountsImage, Responses};
use crate::shard::{Shard, ShardImage, Stub};
use crate::ticket::TimelineImage;
use crate::time::{Elapsed, Timestamp};

mod evicted_past;

/// The first bytes of every image.
const MAGIC: &[u8; 8] = b"vaste-cp";

/// The version that is written. Newer versions are refused: their sections may mean anything.
pub const VERSION: u32 = 8;

/// The oldest version that is still read. Version 1 had no stubs, no response counters and no instant up to
/// which samples were counted; version 2 had no id of the topic; version 3 had no tickets that take over
/// others, and no messages that need no reply; version 4 had no past of evicted tickets; version 5
/// had no decisions, notes of turns and categories of reviews; version 6 had no reviews of evicted tickets;
/// version 7 had no decisions that are moved or dropped, and no tickets that are brought without a review.
pub const VERSION_OLDEST: u32 = 1;

const HEAD_BYTES: usize = 8 + 4 + 8;
const CHECKSUM_BYTES: usize = 8;

// Tags of the sections. Stored, so they never change.
const TAG_ORIGIN: u8 = 1;
const TAG_NAMES: u8 = 2;
const TAG_TIMELINES: u8 = 3;
const TAG_STUBS: u8 = 4;
const TAG_RESPONSES: u8 = 5;
const TAG_TOPIC_ID: u8 = 6;
const TAG_TENURE: u8 = 7;
const TAG_HANDED_OVER: u8 = 8;
const TAG_EVICTED_PAST: u8 = 9;

/// The partition of an image, and how far the image goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The topic.
    pub topic: String,
    /// The id that Kafka gave the topic when it was created; `None` if it was not known. A topic of the same
    /// name that was created later has another one.
    pub topic_id: Option<String>,
    /// Who has held the partition, and since when; `None` if it was not known.
    pub tenure: Option<Tenure>,
    /// The partition.
    pub partition: i32,
    /// How often the partition had been assigned, or had lost records, when the image was written. Of two
    /// images the one with the higher epoch holds.
    pub epoch: u64,
    /// The offset of the next record to read. All records before it are in the image.
    pub position: i64,
    /// When the image was written.
    pub written_at: Timestamp,
    /// The start of the known history; `None` if it is the whole topic.
    pub history_from: Option<Timestamp>,
    /// The response counters have the samples up to this instant.
    pub counted_to: Timestamp,
    /// The last record before `position`. A reader compares it with the topic, which may have been recreated.
    /// `None` if there was no record.
    pub last_record: Option<RecordFingerprint>,
    /// Whether the process that wrote it gave the partition up with it: its counters have no later sample.
    pub is_handed_over: bool,
}

impl Origin {
    /// The name of the checkpoint with this origin.
    pub fn name(&self) -> CheckpointName {
        CheckpointName { epoch: self.epoch, position: self.position }
    }
}

/// A time during which one process has held a partition and no other has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// The process: a random number that it draws when it starts.
    pub process: u64,
    /// The epoch of the partition when the process took it over.
    pub since_epoch: u64,
}

/// Identifies one record of a topic. A recreated topic with the same name has another record at that offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordFingerprint {
    /// The offset.
    pub offset: i64,
    /// The Kafka timestamp in ms since the epoch; 0 if the record has none.
    pub timestamp: i64,
    /// The size of the value in bytes.
    pub bytes: u32,
}

/// The name of a checkpoint file. Of a partition's checkpoints, the one with the greatest name holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckpointName {
    /// See [`Origin::epoch`].
    pub epoch: u64,
    /// See [`Origin::position`].
    pub position: i64,
}

impl CheckpointName {
    /// The file name, such as `7-1042.vaste`.
    pub fn file(&self) -> String {
        format!("{}-{}.vaste", self.epoch, self.position)
    }

    /// Parses a file name; `None` if it is not one of a checkpoint.
    pub fn of_file(file: &str) -> Option<Self> {
        let (epoch, position) = file.strip_suffix(".vaste")?.split_once('-')?;
        Some(Self { epoch: epoch.parse().ok()?, position: position.parse().ok()? })
    }

    /// The checkpoints of a partition that may be deleted once `self` is durable: all but it and the one
    /// before.
    pub fn obsolete<'n>(&self, all: &'n BTreeSet<Self>) -> impl Iterator<Item = &'n Self> {
        let mut older = all.range(..self.clone()).rev();
        older.next();
        older
    }
}

/// Why an image cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// The magic bytes are missing.
    #[error("it is not a checkpoint of Vaste")]
    Foreign,
    /// The version is unknown.
    #[error(
        "it has format {found}, and this version of Vaste reads {VERSION_OLDEST} to {VERSION}: use the \
         version that wrote it, or remove it to rebuild the state from the topic"
    )]
    Version {
        /// The version of the image.
        found: u32,
    },
    /// The length differs from the length in the header.
    #[error("it has {found} bytes and should have {expected}: it is truncated or concatenated")]
    Length {
        /// The actual length in bytes.
        found: usize,
        /// The length that the header states, in bytes.
        expected: u64,
    },
    /// The bytes are not those that were written.
    #[error("its checksum is wrong: the file was changed, or the disk is failing")]
    Checksum,
    /// The image is intact, but of another partition.
    #[error("it is of partition {partition} of {topic}: the file is in the wrong folder")]
    Elsewhere {
        /// The topic of the image.
        topic: String,
        /// The partition of the image.
        partition: i32,
    },
    /// The content makes no sense, although the checksum is right. Names the part.
    #[error("{0} cannot be read")]
    Content(&'static str),
}

/// An image that was read and is intact.
#[derive(Debug)]
pub struct Checkpoint<'b> {
    /// The version of the format.
    pub version: u32,
    /// The partition of the image, and how far it goes.
    pub origin: Origin,
    names: Vec<&'b str>,
    timelines: Vec<TimelineImage<'b>>,
    stubs: Vec<Stub>,
    evicted_past: EvictedPast,
    responses: Vec<ResponseCountsImage<'b>>,
}

/// Writes the image of a shard with its response counters, which `catalog` made.
pub fn write(shard: &Shard, responses: &Responses, catalog: &Catalog, origin: &Origin) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&0_u64.to_le_bytes());
    section(TAG_ORIGIN, &mut out, |out| put_origin(origin, out));
    if let Some(id) = &origin.topic_id {
        section(TAG_TOPIC_ID, &mut out, |out| put_bytes(id.as_bytes(), out));
    }
    if let Some(Tenure { process, since_epoch }) = origin.tenure {
        section(TAG_TENURE, &mut out, |out| {
            put_u64(process, out);
            put_u64(since_epoch, out);
        });
    }
    if origin.is_handed_over {
        section(TAG_HANDED_OVER, &mut out, |_| ());
    }
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
        // Sorted, so that the same state always gives the same bytes.
        let mut stubs: Vec<Stub> = shard.stubs().collect();
        stubs.sort_unstable();
        for stub in stubs {
            put_u64(stub.key, out);
            put_time(stub.last, out);
        }
    });
    section(TAG_EVICTED_PAST, &mut out, |out| evicted_past::put(shard.evicted_past(), out));
    section(TAG_RESPONSES, &mut out, |out| {
        let images = responses.images(catalog);
        put_u64(images.len() as u64, out);
        images.iter().for_each(|image| put_response_counts(image, out));
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
/// The first fault found. The image is then not used at all.
pub fn read(bytes: &[u8]) -> Result<Checkpoint<'_>, CheckpointError> {
    let (version, body) = body_of(bytes)?;
    let (mut origin, mut names, mut timelines) = (None, None, None);
    let (mut topic_id, mut tenure) = (Some(None), Some(None));
    let (mut stubs, mut responses) = (Some(Vec::new()), Some(Vec::new()));
    let (mut is_handed_over, mut evicted_past) = (false, Some(None));
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
            TAG_EVICTED_PAST if version >= 5 => {
                evicted_past = evicted_past::of(&mut section, version).map(Some)
            }
            TAG_RESPONSES if version >= 2 => responses = responses_of(&mut section),
            TAG_TENURE if version >= 3 => tenure = tenure_of(&mut section).map(Some),
            TAG_HANDED_OVER if version >= 3 => is_handed_over = true,
            TAG_TOPIC_ID if version >= 3 => topic_id = section.text().map(|id| Some(id.to_owned())),
            _ => return Err(CheckpointError::Content("a section that this version does not know")),
        }
        if !section.0.is_empty() {
            return Err(CheckpointError::Content("what follows in a section"));
        }
    }
    let origin = origin.ok_or(CheckpointError::Content("where it is from"))?;
    let topic_id = topic_id.ok_or(CheckpointError::Content("the id of its topic"))?;
    let tenure = tenure.ok_or(CheckpointError::Content("who has held it"))?;
    let stubs = stubs.ok_or(CheckpointError::Content("its stubs"))?;
    let evicted_past =
        evicted_past.ok_or(CheckpointError::Content("the past of evicted tickets"))?;
    // Earlier versions did not keep what their evicted tickets had added to the past.
    let lost_to = || stubs.iter().map(|stub| stub.last).max();
    Ok(Checkpoint {
        version,
        origin: Origin { topic_id, tenure, is_handed_over, ..origin },
        names: names.ok_or(CheckpointError::Content("its names"))?,
        timelines: timelines.ok_or(CheckpointError::Content("its timelines"))?,
        evicted_past: evicted_past
            .unwrap_or_else(|| EvictedPast::restore(&[], lost_to(), Default::default())),
        stubs,
        responses: responses.ok_or(CheckpointError::Content("its response counters"))?,
    })
}

impl Checkpoint<'_> {
    /// The number of timelines.
    pub fn timelines(&self) -> usize {
        self.timelines.len()
    }

    /// The number of names.
    pub fn names(&self) -> usize {
        self.names.len()
    }

    /// The number of stubs of evicted tickets.
    pub fn stubs(&self) -> usize {
        self.stubs.len()
    }

    /// The number of samples in the response counters.
    pub fn samples(&self) -> u64 {
        let all = self.responses.iter().flat_map(|image| &image.buckets);
        all.fold(0, |sum, bucket| sum.saturating_add(bucket.samples))
    }

    /// The response counters in the series of `catalog`.
    pub fn responses(&self, catalog: &Catalog) -> Responses {
        Responses::restore(catalog, &self.responses)
    }

    /// Restores the shard for `catalog`. The next [`Shard::advance`] derives all of it.
    ///
    /// # Errors
    /// If an event cannot be read, or names something that the image does not have.
    pub fn restore(&self, catalog: Arc<Catalog>) -> Result<Shard, CheckpointError> {
        Shard::restore(catalog, &self.shard()).ok_or(CheckpointError::Content("an event"))
    }

    /// Adds its tickets to the past, the evicted ones included, but none of `aside`: hashes of the keys of
    /// split tickets.
    ///
    /// # Errors
    /// If an event cannot be read, or names something that the image does not have.
    pub fn add_to_past(
        &self,
        tallies: &mut HourlyTallies,
        aside: &[u64],
    ) -> Result<(), CheckpointError> {
        tallies.known_from(self.origin.history_from);
        self.shard().add_to_past(tallies, aside).ok_or(CheckpointError::Content("an event"))
    }

    /// Adds its tickets to the lists of what turns of duty check, but none of `aside`.
    ///
    /// # Errors
    /// If an event cannot be read, or names something that the image does not have.
    pub fn add_to_checks(
        &self,
        draw: &mut CheckDraw,
        aside: &[u64],
    ) -> Result<(), CheckpointError> {
        self.shard().add_to_checks(draw, aside).ok_or(CheckpointError::Content("an event"))
    }

    fn shard(&self) -> ShardImage<'_> {
        ShardImage {
            names: &self.names,
            timelines: &self.timelines,
            stubs: &self.stubs,
            evicted_past: &self.evicted_past,
            counted_to: self.origin.counted_to,
        }
    }
}

/// Checks header, length and checksum. Returns the version and the body.
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

/// Appends a section that `fill` writes.
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

fn put_response_counts(image: &ResponseCountsImage<'_>, out: &mut Vec<u8>) {
    for text in [image.team, image.measure.label(), image.basis.label()] {
        put_bytes(text.as_bytes(), out);
    }
    out.extend_from_slice(&image.sum_ms.to_le_bytes());
    put_u64(image.buckets.len() as u64, out);
    for BucketImage { bound, samples } in &image.buckets {
        out.push(u8::from(bound.is_some()));
        out.extend_from_slice(&bound.map_or(0, Elapsed::ms).to_le_bytes());
        put_u64(*samples, out);
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
        topic_id: None,
        tenure: None,
        partition,
        epoch,
        position,
        written_at,
        history_from,
        counted_to,
        last_record,
        is_handed_over: false,
    })
}

fn tenure_of(section: &mut ByteReader<'_>) -> Option<Tenure> {
    Some(Tenure { process: section.u64()?, since_epoch: section.u64()? })
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
            Some(BucketImage { bound: has_bound.then_some(bound), samples: section.u64()? })
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
    // The longest are blocks: 128 events of less than 256 KiB each.
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Reads values off the front of a byte string. Every method returns `None` if the bytes end too soon.
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
