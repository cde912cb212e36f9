//! One event as a timeline stores it: packed into a few bytes, names interned.
//!
//! ```text
//! byte 0   kind (5 bits), has team, has channel, has agent
//! byte 1   priority (3 bits, 0 = none), maker (2 bits), has detail, is sent twice
//! varint   milliseconds since the previous event of its block; for the first, since 1990
//! 8 bytes  identity
//! varints  team, channel, agent: those that are present
//! varint   length of the detail and its bytes, if present
//! ```
//!
//! Checkpoints hold these bytes as they are, so they are a stored format: [`super::code`] has the numbers
//! of kind, priority and maker.

use std::borrow::Cow;

use chrono::{Days, NaiveDate};

use super::code::{KIND_BITS, MAKER_BITS, PRIORITY_BITS};
use crate::event::{EventDetail, Kind, Maker, Priority};
use crate::name::NameId;
use crate::time::{Elapsed, Timestamp};

/// One event of a timeline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'t> {
    pub(crate) kind: Kind,
    pub(crate) time: Timestamp,
    pub(crate) identity: u64,
    pub(crate) team: Option<NameId>,
    pub(crate) channel: Option<NameId>,
    pub(crate) agent: Option<NameId>,
    pub(crate) priority: Option<Priority>,
    pub(crate) maker: Maker,
    /// Whether another event was sent with the same identity, which sorts after this one.
    pub(crate) is_sent_twice: bool,
    /// The packed detail; empty if there is none.
    pub(crate) detail: &'t [u8],
}

// Byte 0.
const KIND_MASK: u8 = (1 << KIND_BITS) - 1;
const HAS_TEAM: u8 = 1 << 5;
const HAS_CHANNEL: u8 = 1 << 6;
const HAS_AGENT: u8 = 1 << 7;
const _: () = assert!(KIND_MASK & (HAS_TEAM | HAS_CHANNEL | HAS_AGENT) == 0);

// Byte 1.
const PRIORITY_MASK: u8 = (1 << PRIORITY_BITS) - 1;
const MAKER_SHIFT: u32 = PRIORITY_BITS;
const MAKER_MASK: u8 = ((1 << MAKER_BITS) - 1) << MAKER_SHIFT;
const HAS_DETAIL: u8 = 1 << 5;
/// 0 in checkpoints of versions that did not count this. They skip the bit.
const IS_SENT_TWICE: u8 = 1 << 6;
const _: () = assert!((PRIORITY_MASK | MAKER_MASK) & (HAS_DETAIL | IS_SENT_TWICE) == 0);

impl Entry<'_> {
    /// The same event with another place of its detail, as one that was sent twice.
    pub(crate) fn sent_twice<'d>(&self, detail: &'d [u8]) -> Entry<'d> {
        let Self { kind, time, identity, team, channel, agent, priority, maker, .. } = *self;
        let is_sent_twice = true;
        Entry { kind, time, identity, team, channel, agent, priority, maker, is_sent_twice, detail }
    }

    /// The number of bytes that [`Entry::pack`] appends.
    pub(crate) fn packed_len(&self, before: Timestamp) -> usize {
        let names = [self.team, self.channel, self.agent].into_iter().flatten();
        let names: usize = names.map(|name| varint_len(u64::from(name.number()))).sum();
        let detail = match self.detail.len() {
            0 => 0,
            length => varint_len(length as u64) + length,
        };
        let time = varint_len(self.time.since(before).ms().unsigned_abs());
        2 + time + size_of_val(&self.identity) + names + detail
    }

    /// Appends this event to a block whose previous event happened at `before`.
    pub(crate) fn pack(&self, before: Timestamp, out: &mut Vec<u8>) {
        let flag = |present: bool, bit: u8| if present { bit } else { 0 };
        out.push(
            self.kind.code()
                | flag(self.team.is_some(), HAS_TEAM)
                | flag(self.channel.is_some(), HAS_CHANNEL)
                | flag(self.agent.is_some(), HAS_AGENT),
        );
        out.push(
            self.priority.map_or(0, Priority::code)
                | (self.maker.code() << MAKER_SHIFT)
                | flag(!self.detail.is_empty(), HAS_DETAIL)
                | flag(self.is_sent_twice, IS_SENT_TWICE),
        );
        put_varint(self.time.since(before).ms().unsigned_abs(), out);
        out.extend_from_slice(&self.identity.to_le_bytes());
        for name in [self.team, self.channel, self.agent].into_iter().flatten() {
            put_varint(u64::from(name.number()), out);
        }
        if !self.detail.is_empty() {
            put_varint(self.detail.len() as u64, out);
            out.extend_from_slice(self.detail);
        }
    }
}

/// Iterates over the packed events of one block. Ends early at an event that cannot be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unpack<'t> {
    rest: &'t [u8],
    before: Timestamp,
}

impl<'t> Unpack<'t> {
    /// The events packed in `bytes`. The time of the first is stored relative to `before`.
    pub(crate) fn new(bytes: &'t [u8], before: Timestamp) -> Self {
        Self { rest: bytes, before }
    }

    /// Bytes not read yet. Not zero after the last event if the bytes are damaged.
    pub(crate) fn bytes_left(&self) -> usize {
        self.rest.len()
    }

    /// Skips the next event, and returns its time and identity.
    #[inline]
    pub(crate) fn skim(&mut self) -> Option<(Timestamp, u64)> {
        let head = self.byte()?;
        let flags = self.byte()?;
        let (time, identity) = self.time_and_identity()?;
        for _ in 0..(head & (HAS_TEAM | HAS_CHANNEL | HAS_AGENT)).count_ones() {
            self.varint()?;
        }
        self.detail(flags)?;
        self.before = time;
        Some((time, identity))
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn varint(&mut self) -> Option<u64> {
        get_varint(&mut self.rest)
    }

    fn time_and_identity(&mut self) -> Option<(Timestamp, u64)> {
        let after = i64::try_from(self.varint()?).unwrap_or(i64::MAX);
        let time = Timestamp::from_ms(self.before.ms().saturating_add(after));
        let (identity, rest) = self.rest.split_first_chunk::<8>()?;
        self.rest = rest;
        Some((time, u64::from_le_bytes(*identity)))
    }

    fn detail(&mut self, flags: u8) -> Option<&'t [u8]> {
        if flags & HAS_DETAIL == 0 {
            return Some(&[]);
        }
        let length = usize::try_from(self.varint()?).ok()?;
        let (detail, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(detail)
    }

    fn name(&mut self, present: bool) -> Option<NameId> {
        if !present {
            return None;
        }
        let number = self.varint()?;
        Some(NameId::from_index(u32::try_from(number).unwrap_or(u32::MAX)))
    }
}

impl<'t> Iterator for Unpack<'t> {
    type Item = Entry<'t>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'t>> {
        let head = self.byte()?;
        let flags = self.byte()?;
        let (time, identity) = self.time_and_identity()?;
        let team = self.name(head & HAS_TEAM != 0);
        let channel = self.name(head & HAS_CHANNEL != 0);
        let agent = self.name(head & HAS_AGENT != 0);
        let detail = self.detail(flags)?;
        let priority = match flags & PRIORITY_MASK {
            0 => None,
            code => Some(Priority::from_code(code)?),
        };
        self.before = time;
        Some(Entry {
            kind: Kind::from_code(head & KIND_MASK)?,
            time,
            identity,
            team,
            channel,
            agent,
            priority,
            maker: Maker::from_code((flags & MAKER_MASK) >> MAKER_SHIFT)?,
            is_sent_twice: flags & IS_SENT_TWICE != 0,
            detail,
        })
    }
}

/// The bytes of `value` as a varint.
fn varint_len(value: u64) -> usize {
    let bits = u64::BITS - value.leading_zeros();
    bits.div_ceil(7).max(1) as usize
}

/// Appends `value` as a varint: 7 bits a byte, the lowest first.
fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7F) as u8);
}

/// Reads a varint off the front of `bytes`; `None` if they end within it.
#[inline]
fn get_varint(bytes: &mut &[u8]) -> Option<u64> {
    // Most are of one byte.
    if let Some((&byte @ ..0x80, rest)) = bytes.split_first() {
        *bytes = rest;
        return Some(u64::from(byte));
    }
    get_long_varint(bytes)
}

fn get_long_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    let mut shift = 0_u32;
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        shift += 7;
    }
}

const DETAIL_BY: u8 = 1;
const DETAIL_SCORE: u8 = 1 << 1;
const DETAIL_NOTE: u8 = 1 << 2;
const DETAIL_BRINGS: u8 = 1 << 3;
const DETAIL_BRINGS_NOT: u8 = 1 << 4;
const DETAIL_CONCERN: u8 = 1 << 5;
const DETAIL_TEXT: u8 = 1 << 6;
const DETAIL_INTO: u8 = 1 << 7;

// Bits of a second byte, which follows where the first has both `DETAIL_BRINGS` and `DETAIL_BRINGS_NOT`.
const DETAIL_MORE: u8 = DETAIL_BRINGS | DETAIL_BRINGS_NOT;
const MORE_BRINGS: u8 = 1;
const MORE_BRINGS_NOT: u8 = 1 << 1;
const MORE_FROM: u8 = 1 << 2;
const MORE_WAITING_SINCE: u8 = 1 << 3;
const MORE_DECISION: u8 = 1 << 4;
const MORE_OWNER: u8 = 1 << 5;
const MORE_DUE: u8 = 1 << 6;
const MORE_CATEGORIES: u8 = 1 << 7;

/// The day that days are counted from in packed details.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap();

fn get_text<'t>(bytes: &mut &'t [u8]) -> Option<Cow<'t, str>> {
    let length = usize::try_from(get_varint(bytes)?).ok()?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(text).ok().map(Cow::Borrowed)
}

/// Packs a detail: flags for the fields that are present, the score, each text with its length, and the time
/// as a varint of milliseconds since 1990.
pub(crate) fn pack_detail(detail: &EventDetail<'_>, out: &mut Vec<u8>) {
    let flag = |present: bool, bit: u8| if present { bit } else { 0 };
    let brings = |yes: u8, no: u8| match detail.bring_to_team {
        None => 0,
        Some(true) => yes,
        Some(false) => no,
    };
    let more = flag(detail.from.is_some(), MORE_FROM)
        | flag(detail.waiting_since.is_some(), MORE_WAITING_SINCE)
        | flag(detail.decision.is_some(), MORE_DECISION)
        | flag(detail.owner.is_some(), MORE_OWNER)
        | flag(detail.due.is_some(), MORE_DUE)
        | flag(!detail.categories.is_empty(), MORE_CATEGORIES);
    let first = if more == 0 { brings(DETAIL_BRINGS, DETAIL_BRINGS_NOT) } else { DETAIL_MORE };
    out.push(
        flag(detail.by.is_some(), DETAIL_BY)
            | flag(detail.score.is_some(), DETAIL_SCORE)
            | flag(detail.note.is_some(), DETAIL_NOTE)
            | first
            | flag(detail.concern.is_some(), DETAIL_CONCERN)
            | flag(detail.text.is_some(), DETAIL_TEXT)
            | flag(detail.into.is_some(), DETAIL_INTO),
    );
    if more != 0 {
        out.push(more | brings(MORE_BRINGS, MORE_BRINGS_NOT));
    }
    out.extend(detail.score);
    let texts = [
        &detail.by,
        &detail.note,
        &detail.concern,
        &detail.text,
        &detail.into,
        &detail.from,
        &detail.decision,
        &detail.owner,
    ];
    for text in texts.into_iter().flatten() {
        put_varint(text.len() as u64, out);
        out.extend_from_slice(text.as_bytes());
    }
    if let Some(since) = detail.waiting_since {
        put_varint(since.since(Timestamp::EVENT_MIN).ms().unsigned_abs(), out);
    }
    if let Some(due) = detail.due {
        put_varint(due.signed_duration_since(FIRST_DAY).num_days().unsigned_abs(), out);
    }
    if !detail.categories.is_empty() {
        put_varint(detail.categories.len() as u64, out);
        for (name, score) in &detail.categories {
            put_varint(name.len() as u64, out);
            out.extend_from_slice(name.as_bytes());
            out.push(score.unwrap_or(0));
        }
    }
}

/// Unpacks what [`pack_detail`] packed; the default if `bytes` is empty.
pub(crate) fn unpack_detail(mut bytes: &[u8]) -> EventDetail<'_> {
    let Some((&flags, rest)) = bytes.split_first() else {
        return EventDetail::default();
    };
    bytes = rest;
    let (brings, more) = if flags & DETAIL_MORE == DETAIL_MORE {
        let Some((&more, rest)) = bytes.split_first() else { return EventDetail::default() };
        bytes = rest;
        ((more & MORE_BRINGS, more & MORE_BRINGS_NOT), more)
    } else {
        ((flags & DETAIL_BRINGS, flags & DETAIL_BRINGS_NOT), 0)
    };
    let score = if flags & DETAIL_SCORE == 0 {
        None
    } else {
        let (first, rest) = bytes.split_first().map_or((None, bytes), |(s, r)| (Some(*s), r));
        bytes = rest;
        first
    };
    let mut text = |is_present: bool| if is_present { get_text(&mut bytes) } else { None };
    let mut detail = EventDetail {
        by: text(flags & DETAIL_BY != 0),
        score,
        note: text(flags & DETAIL_NOTE != 0),
        bring_to_team: if brings.0 != 0 { Some(true) } else { (brings.1 != 0).then_some(false) },
        concern: text(flags & DETAIL_CONCERN != 0),
        text: text(flags & DETAIL_TEXT != 0),
        into: text(flags & DETAIL_INTO != 0),
        from: text(more & MORE_FROM != 0),
        waiting_since: None,
        decision: text(more & MORE_DECISION != 0),
        owner: text(more & MORE_OWNER != 0),
        due: None,
        categories: Vec::new(),
    };
    if more & MORE_WAITING_SINCE != 0 {
        let since = get_varint(&mut bytes).and_then(|ms| i64::try_from(ms).ok());
        detail.waiting_since = since.map(|ms| Timestamp::EVENT_MIN.plus(Elapsed::from_ms(ms)));
    }
    if more & MORE_DUE != 0 {
        let days = get_varint(&mut bytes).map(Days::new);
        detail.due = days.and_then(|days| FIRST_DAY.checked_add_days(days));
    }
    if more & MORE_CATEGORIES != 0 {
        for _ in 0..get_varint(&mut bytes).unwrap_or(0) {
            let Some(name) = get_text(&mut bytes) else { break };
            let Some((&score, rest)) = bytes.split_first() else { break };
            bytes = rest;
            detail.categories.push((name, Some(score).filter(|score| *score > 0)));
        }
    }
    detail
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_text() -> impl Strategy<Value = Option<Cow<'static, str>>> {
        proptest::option::of("\\PC{0,20}".prop_map(Cow::Owned))
    }

    proptest! {
        #![proptest_config(crate::proptest_cases(500))]

        #[test]
        fn a_packed_detail_unpacks_to_the_same(
            by in any_text(), note in any_text(), concern in any_text(), text in any_text(),
            into in any_text(), from in any_text(), since in proptest::option::of(0_i64..1 << 41),
            score in proptest::option::of(1_u8..=5),
            bring_to_team in proptest::option::of(any::<bool>()),
            decision in any_text(), owner in any_text(), days in proptest::option::of(0_u64..40_000),
            categories in proptest::collection::btree_map(
                "\\PC{0,20}", proptest::option::of(1_u8..=5), 0..4
            ),
        ) {
            let waiting_since = since.map(|ms| Timestamp::EVENT_MIN.plus(Elapsed::from_ms(ms)));
            let detail = EventDetail {
                by, score, note, bring_to_team, concern, text, into, from, waiting_since, decision, owner,
                due: days.and_then(|days| FIRST_DAY.checked_add_days(Days::new(days))),
                categories: categories.into_iter().map(|(name, score)| (name.into(), score)).collect(),
            };
            let mut packed = Vec::new();
            pack_detail(&detail, &mut packed);
            prop_assert_eq!(unpack_detail(&packed), detail);
        }

        #[test]
        fn packed_events_unpack_to_the_same(
            kind in 0_usize..Kind::ALL.len(),
            times in proptest::collection::vec(0_i64..4_000_000_000_000, 1..20),
            identity in any::<u64>(), team in proptest::option::of(0_u32..1_000_000),
            priority in proptest::option::of(0_usize..4), maker in 0_usize..3,
            detail in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut times = times;
            times.sort_unstable();
            let mut packed = Vec::new();
            let mut before = Timestamp::from_ms(0);
            for &ms in &times {
                let entry = Entry {
                    kind: Kind::ALL[kind],
                    time: Timestamp::from_ms(ms),
                    identity,
                    team: team.map(NameId::from_index),
                    channel: None,
                    agent: team.map(NameId::from_index),
                    priority: priority.map(|index| Priority::ALL[index]),
                    maker: Maker::ALL[maker],
                    is_sent_twice: identity % 2 == 0,
                    detail: &detail,
                };
                let length = packed.len() + entry.packed_len(before);
                entry.pack(before, &mut packed);
                prop_assert_eq!(packed.len(), length);
                before = entry.time;
            }
            let unpacked: Vec<_> = Unpack::new(&packed, Timestamp::from_ms(0)).collect();
            prop_assert_eq!(unpacked.len(), times.len());
            let mut skimmed = Unpack::new(&packed, Timestamp::from_ms(0));
            for (entry, ms) in unpacked.iter().zip(&times) {
                prop_assert_eq!(skimmed.skim(), Some((entry.time, entry.identity)));
                prop_assert_eq!(entry.time.ms(), *ms);
                prop_assert_eq!(entry.kind, Kind::ALL[kind]);
                prop_assert_eq!(entry.identity, identity);
                prop_assert_eq!(entry.team.map(NameId::number), team);
                prop_assert_eq!(entry.agent.map(NameId::number), team);
                prop_assert_eq!(entry.channel, None);
                prop_assert_eq!(entry.priority.map(Priority::index), priority);
                prop_assert_eq!(entry.maker, Maker::ALL[maker]);
                prop_assert_eq!(entry.is_sent_twice, identity % 2 == 0);
                prop_assert_eq!(entry.detail, &detail[..]);
            }
        }

        #[test]
        fn any_bytes_unpack_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let entries: Vec<_> = Unpack::new(&bytes, Timestamp::EVENT_MIN).collect();
            for entry in entries {
                let _detail = unpack_detail(entry.detail);
            }
        }
    }
}
