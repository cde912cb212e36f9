//! One event as a timeline keeps it: packed into a few bytes, names interned.
//!
//! ```text
//! byte 0   kind (5 bits), has team, has channel, has agent
//! byte 1   priority (3 bits, 0 = none), maker (2 bits), has detail
//! varint   milliseconds since the event before in its block (the first: since 1990)
//! 8 bytes  identity
//! varints  team, channel, agent, where it has them
//! varint   length of the detail, where it has one, and its bytes
//! ```

use std::borrow::Cow;

use crate::event::{EventDetail, Kind, Maker, Priority};
use crate::name::NameId;
use crate::time::Timestamp;

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
    /// The packed detail; empty where there is none.
    pub(crate) detail: &'t [u8],
}

const KIND_BITS: u8 = 0b1_1111;
const HAS_TEAM: u8 = 1 << 5;
const HAS_CHANNEL: u8 = 1 << 6;
const HAS_AGENT: u8 = 1 << 7;
const PRIORITY_BITS: u8 = 0b111;
const MAKER_SHIFT: u8 = 3;
const HAS_DETAIL: u8 = 1 << 5;

impl Entry<'_> {
    /// Appends this event to a block whose event before it happened at `before`.
    pub(crate) fn pack(&self, before: Timestamp, out: &mut Vec<u8>) {
        let flag = |present: bool, bit: u8| if present { bit } else { 0 };
        out.push(
            self.kind as u8
                | flag(self.team.is_some(), HAS_TEAM)
                | flag(self.channel.is_some(), HAS_CHANNEL)
                | flag(self.agent.is_some(), HAS_AGENT),
        );
        out.push(
            self.priority.map_or(0, |priority| priority as u8 + 1)
                | ((self.maker as u8) << MAKER_SHIFT)
                | flag(!self.detail.is_empty(), HAS_DETAIL),
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

/// Walks the packed events of one block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unpack<'t> {
    rest: &'t [u8],
    before: Timestamp,
}

impl<'t> Unpack<'t> {
    /// The events packed in `bytes`, the first of which counts its time from `before`.
    pub(crate) fn new(bytes: &'t [u8], before: Timestamp) -> Self {
        Self { rest: bytes, before }
    }

    /// How many bytes are left.
    pub(crate) fn bytes_left(&self) -> usize {
        self.rest.len()
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn varint(&mut self) -> Option<u64> {
        get_varint(&mut self.rest)
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
        let marks = self.byte()?;
        let after = i64::try_from(self.varint()?).unwrap_or(i64::MAX);
        let time = Timestamp::from_ms(self.before.ms().saturating_add(after));
        let (identity, rest) = self.rest.split_first_chunk::<8>()?;
        self.rest = rest;
        let team = self.name(head & HAS_TEAM != 0);
        let channel = self.name(head & HAS_CHANNEL != 0);
        let agent = self.name(head & HAS_AGENT != 0);
        let detail = if marks & HAS_DETAIL == 0 {
            &[]
        } else {
            let length = usize::try_from(self.varint()?).ok()?;
            let (detail, rest) = self.rest.split_at_checked(length)?;
            self.rest = rest;
            detail
        };
        self.before = time;
        Some(Entry {
            kind: *Kind::ALL.get(usize::from(head & KIND_BITS))?,
            time,
            identity: u64::from_le_bytes(*identity),
            team,
            channel,
            agent,
            priority: (marks & PRIORITY_BITS)
                .checked_sub(1)
                .and_then(|index| Priority::ALL.get(usize::from(index)).copied()),
            maker: match (marks >> MAKER_SHIFT) & 0b11 {
                1 => Maker::Agent,
                2 => Maker::System,
                _ => Maker::Customer,
            },
            detail,
        })
    }
}

/// Appends `value` in 7 bits a byte, the lowest first.
fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7F) as u8);
}

fn get_varint(bytes: &mut &[u8]) -> Option<u64> {
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

/// Packs a detail: a byte that says what there is, the score, then the texts with their lengths.
pub(crate) fn pack_detail(detail: &EventDetail<'_>, out: &mut Vec<u8>) {
    let flag = |present: bool, bit: u8| if present { bit } else { 0 };
    out.push(
        flag(detail.by.is_some(), DETAIL_BY)
            | flag(detail.score.is_some(), DETAIL_SCORE)
            | flag(detail.note.is_some(), DETAIL_NOTE)
            | flag(detail.bring_to_team == Some(true), DETAIL_BRINGS)
            | flag(detail.bring_to_team == Some(false), DETAIL_BRINGS_NOT)
            | flag(detail.concern.is_some(), DETAIL_CONCERN)
            | flag(detail.text.is_some(), DETAIL_TEXT)
            | flag(detail.into.is_some(), DETAIL_INTO),
    );
    out.extend(detail.score);
    let texts = [&detail.by, &detail.note, &detail.concern, &detail.text, &detail.into];
    for text in texts.into_iter().flatten() {
        put_varint(text.len() as u64, out);
        out.extend_from_slice(text.as_bytes());
    }
}

/// Unpacks what [`pack_detail`] packed; the default for no bytes.
pub(crate) fn unpack_detail(mut bytes: &[u8]) -> EventDetail<'_> {
    let Some((&flags, rest)) = bytes.split_first() else {
        return EventDetail::default();
    };
    bytes = rest;
    let score = if flags & DETAIL_SCORE == 0 {
        None
    } else {
        let (first, rest) = bytes.split_first().map_or((None, bytes), |(s, r)| (Some(*s), r));
        bytes = rest;
        first
    };
    let mut text = |bit: u8| {
        if flags & bit == 0 {
            return None;
        }
        let length = usize::try_from(get_varint(&mut bytes)?).ok()?;
        let (text, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        std::str::from_utf8(text).ok().map(Cow::Borrowed)
    };
    EventDetail {
        by: text(DETAIL_BY),
        score,
        note: text(DETAIL_NOTE),
        bring_to_team: if flags & DETAIL_BRINGS != 0 {
            Some(true)
        } else {
            (flags & DETAIL_BRINGS_NOT != 0).then_some(false)
        },
        concern: text(DETAIL_CONCERN),
        text: text(DETAIL_TEXT),
        into: text(DETAIL_INTO),
    }
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
        fn details_come_back_as_they_were(
            by in any_text(), note in any_text(), concern in any_text(), text in any_text(),
            into in any_text(), score in proptest::option::of(1_u8..=5),
            bring_to_team in proptest::option::of(any::<bool>()),
        ) {
            let detail = EventDetail { by, score, note, bring_to_team, concern, text, into };
            let mut packed = Vec::new();
            pack_detail(&detail, &mut packed);
            prop_assert_eq!(unpack_detail(&packed), detail);
        }

        #[test]
        fn events_come_back_as_they_were(
            kind in 0_usize..19, times in proptest::collection::vec(0_i64..4_000_000_000_000, 1..20),
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
                    maker: [Maker::Customer, Maker::Agent, Maker::System][maker],
                    detail: &detail,
                };
                entry.pack(before, &mut packed);
                before = entry.time;
            }
            let back: Vec<_> = Unpack::new(&packed, Timestamp::from_ms(0)).collect();
            prop_assert_eq!(back.len(), times.len());
            for (entry, ms) in back.iter().zip(&times) {
                prop_assert_eq!(entry.time.ms(), *ms);
                prop_assert_eq!(entry.kind, Kind::ALL[kind]);
                prop_assert_eq!(entry.identity, identity);
                prop_assert_eq!(entry.team.map(NameId::number), team);
                prop_assert_eq!(entry.agent.map(NameId::number), team);
                prop_assert_eq!(entry.channel, None);
                prop_assert_eq!(entry.priority.map(Priority::index), priority);
                prop_assert_eq!(entry.maker as usize, maker);
                prop_assert_eq!(entry.detail, &detail[..]);
            }
        }

        #[test]
        fn any_bytes_unpack_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let entries: Vec<_> = Unpack::new(&bytes, Timestamp::EVENT_MIN).collect();
            for entry in entries {
                let _detail = unpack_detail(entry.detail);
            }
        }
    }
}
