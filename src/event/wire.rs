//! The JSON of a record: one object with known keys. No other module knows this JSON.
//!
//! # Design
//! A derived `Deserialize` accepts an array as an object, and its errors say little about a value of the
//! wrong type. Here every known key keeps its value, whatever the type, so that the decoder can name the key,
//! the value and the correction. Values of unknown keys are skipped without recursion: deep nesting costs
//! nothing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The known keys of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKey {
    Id,
    Type,
    Time,
    Ticket,
    Team,
    Channel,
    Priority,
    Source,
    Agent,
    By,
    Score,
    Note,
    BringToTeam,
    Concern,
    Text,
    Into,
    From,
    WaitingSince,
}

impl EventKey {
    const COUNT: usize = 18;

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Type => "type",
            Self::Time => "time",
            Self::Ticket => "ticket",
            Self::Team => "team",
            Self::Channel => "channel",
            Self::Priority => "priority",
            Self::Source => "source",
            Self::Agent => "agent",
            Self::By => "by",
            Self::Score => "score",
            Self::Note => "note",
            Self::BringToTeam => "bring_to_team",
            Self::Concern => "concern",
            Self::Text => "text",
            Self::Into => "into",
            Self::From => "from",
            Self::WaitingSince => "waiting_since",
        }
    }

    fn from_label(label: &str) -> Option<Self> {
        Some(match label {
            "id" => Self::Id,
            "type" => Self::Type,
            "time" => Self::Time,
            "ticket" => Self::Ticket,
            "team" => Self::Team,
            "channel" => Self::Channel,
            "priority" => Self::Priority,
            "source" => Self::Source,
            "agent" => Self::Agent,
            "by" => Self::By,
            "score" => Self::Score,
            "note" => Self::Note,
            "bring_to_team" => Self::BringToTeam,
            "concern" => Self::Concern,
            "text" => Self::Text,
            "into" => Self::Into,
            "from" => Self::From,
            "waiting_since" => Self::WaitingSince,
            _ => return None,
        })
    }
}

/// A value of a known key, before it is checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum EventValue<'a> {
    /// The key is missing, or its value is `null`.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    /// A whole number without a fraction or an exponent, from -2^63 to below 2^64.
    Integer(i128),
    Bool(bool),
    /// Any other number.
    Number(f64),
    /// The key comes more than once.
    Repeated,
    Array,
    Object,
}

/// The values of a record's known keys.
#[derive(Debug)]
pub(super) struct Wire<'a> {
    values: [Option<EventValue<'a>>; EventKey::COUNT],
}

impl<'a> Wire<'a> {
    /// Takes the value of a key out; [`EventValue::Absent`] if the record has none.
    pub(super) fn take(&mut self, key: EventKey) -> EventValue<'a> {
        self.values[key as usize].take().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Wire<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WireVisitor)
    }
}

struct WireVisitor;

impl<'de> Visitor<'de> for WireVisitor {
    type Value = Wire<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Wire<'de>, A::Error> {
        let mut wire = Wire { values: [const { None }; EventKey::COUNT] };
        while let Some(AnyKey(key)) = map.next_key()? {
            let Some(key) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = &mut wire.values[key as usize];
            if value.is_some() {
                map.next_value::<IgnoredAny>()?;
                *value = Some(EventValue::Repeated);
            } else {
                *value = Some(map.next_value()?);
            }
        }
        Ok(wire)
    }
}

/// A key; `None` if it is unknown.
struct AnyKey(Option<EventKey>);

impl<'de> Deserialize<'de> for AnyKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = AnyKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<AnyKey, E> {
                Ok(AnyKey(EventKey::from_label(text)))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

impl<'de> Deserialize<'de> for EventValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = EventValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<EventValue<'de>, E> {
        Ok(EventValue::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<EventValue<'de>, E> {
        Ok(EventValue::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<EventValue<'de>, E> {
        Ok(EventValue::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<EventValue<'de>, E> {
        Ok(EventValue::Integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<EventValue<'de>, E> {
        Ok(EventValue::Integer(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<EventValue<'de>, E> {
        Ok(EventValue::Number(value))
    }

    fn visit_unit<E: Error>(self) -> Result<EventValue<'de>, E> {
        Ok(EventValue::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<EventValue<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(EventValue::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventValue<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(EventValue::Object)
    }
}
