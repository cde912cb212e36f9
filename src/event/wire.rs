//! The JSON of a record: one object with known keys. No other module knows this JSON.
//!
//! # Design
//! A derived `Deserialize` accepts an array as an object, and its errors say little about a value of the
//! wrong type. Here every known key keeps its value, whatever the type, so that the decoder can name the key,
//! the value and the correction. Values of unknown keys are skipped without recursion: deep nesting costs
//! nothing.
//!
//! A record may also be a CloudEvent: its attributes stand beside `data`, an object with the other keys.
//! [`Wire::into_flat`] makes the two forms one.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::SmallVec;

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
    Decision,
    Owner,
    Due,
    Categories,
    /// Of a CloudEvent: the version of the specification.
    SpecVersion,
    /// Of a CloudEvent: what it is about.
    Subject,
    /// Of a CloudEvent: data that is not JSON.
    DataBase64,
}

impl EventKey {
    const ALL: [Self; 25] = [
        Self::Id,
        Self::Type,
        Self::Time,
        Self::Ticket,
        Self::Team,
        Self::Channel,
        Self::Priority,
        Self::Source,
        Self::Agent,
        Self::By,
        Self::Score,
        Self::Note,
        Self::BringToTeam,
        Self::Concern,
        Self::Text,
        Self::Into,
        Self::From,
        Self::WaitingSince,
        Self::Decision,
        Self::Owner,
        Self::Due,
        Self::Categories,
        Self::SpecVersion,
        Self::Subject,
        Self::DataBase64,
    ];

    /// The attributes that CloudEvents defines.
    const OF_ENVELOPE: [Self; 7] = [
        Self::Id,
        Self::Type,
        Self::Time,
        Self::Source,
        Self::SpecVersion,
        Self::Subject,
        Self::DataBase64,
    ];

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
            Self::Decision => "decision",
            Self::Owner => "owner",
            Self::Due => "due",
            Self::Categories => "categories",
            Self::SpecVersion => "specversion",
            Self::Subject => "subject",
            Self::DataBase64 => "data_base64",
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
            "decision" => Self::Decision,
            "owner" => Self::Owner,
            "due" => Self::Due,
            "categories" => Self::Categories,
            "specversion" => Self::SpecVersion,
            "subject" => Self::Subject,
            "data_base64" => Self::DataBase64,
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
    /// The JSON of an object whose content is read later, since few records have one.
    Unread(&'a str),
}

/// The number of values that a usual record has.
const VALUES_USUAL: usize = 8;

/// The values of a record's known keys.
///
/// # Design
/// A record has a few of the keys, so the values stand in the order of the record, and each key has a place
/// of one byte. A list with room for every key would be filled, moved and dropped with each record.
#[derive(Debug, Default)]
pub(super) struct Wire<'a> {
    /// By key: one more than the index in `values`; 0 if the record does not have the key.
    places: [u8; EventKey::ALL.len()],
    values: SmallVec<[EventValue<'a>; VALUES_USUAL]>,
    /// The object `data`, of a CloudEvent.
    data: Option<Box<Self>>,
}

impl<'a> Wire<'a> {
    /// A CloudEvent from its attributes and its data. An attribute that is no known key is left out.
    pub(super) fn of_cloud_event(attributes: &[(&'a str, &'a str)], data: Self) -> Self {
        let mut wire = Self { data: Some(Box::new(data)), ..Self::default() };
        for (name, text) in attributes {
            if let Some(key) = EventKey::from_label(name) {
                wire.put(key, EventValue::Text(Cow::Borrowed(text)));
            }
        }
        wire
    }

    /// The index of a key's value; `None` if the record does not have the key.
    fn index_of(&self, key: EventKey) -> Option<usize> {
        usize::from(self.places[key as usize]).checked_sub(1)
    }

    /// Adds the value of a key, as the record has it.
    pub(super) fn add(&mut self, key: EventKey, value: EventValue<'a>) {
        match self.index_of(key) {
            Some(index) => self.values[index] = EventValue::Repeated,
            None => self.push(key, value),
        }
    }

    /// Sets the value of a key.
    fn put(&mut self, key: EventKey, value: EventValue<'a>) {
        match self.index_of(key) {
            Some(index) => self.values[index] = value,
            None => self.push(key, value),
        }
    }

    /// Adds the value of a key that the record did not have.
    fn push(&mut self, key: EventKey, value: EventValue<'a>) {
        self.values.push(value);
        // There are fewer keys than 255.
        self.places[key as usize] = u8::try_from(self.values.len()).unwrap_or(u8::MAX);
    }

    /// Takes the value of a key out; [`EventValue::Absent`] if the record has none.
    pub(super) fn take(&mut self, key: EventKey) -> EventValue<'a> {
        match self.index_of(key) {
            Some(index) => std::mem::take(&mut self.values[index]),
            None => EventValue::Absent,
        }
    }

    /// Whether it is a CloudEvent: only these have a version of the specification.
    pub(super) fn is_cloud_event(&self) -> bool {
        self.has_value(EventKey::SpecVersion)
    }

    /// Whether the record has a key with a value.
    fn has_value(&self, key: EventKey) -> bool {
        self.index_of(key).is_some_and(|index| self.values[index] != EventValue::Absent)
    }

    /// The keys of a CloudEvent's data beside its attributes. What identifies and describes the event is in
    /// its attributes, since data may have an `id` or `subject` of its own; the subject is the ticket, unless
    /// data names one, or the event is about a team.
    pub(super) fn into_flat(mut self, is_of_team: bool) -> Self {
        if let Some(mut data) = self.data.take() {
            for key in EventKey::OF_ENVELOPE {
                data.take(key);
            }
            for key in EventKey::ALL {
                let of_data = data.take(key);
                if of_data != EventValue::Absent {
                    self.put(key, of_data);
                }
            }
        }
        let subject = self.take(EventKey::Subject);
        if !is_of_team && !self.has_value(EventKey::Ticket) {
            self.put(EventKey::Ticket, subject);
        }
        self
    }
}

impl<'de> Deserialize<'de> for Wire<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WireVisitor { has_data: true })
    }
}

struct WireVisitor {
    /// Whether `data` is a known key. Within `data` it is not.
    has_data: bool,
}

impl<'de> Visitor<'de> for WireVisitor {
    type Value = Wire<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Wire<'de>, A::Error> {
        let mut wire = Wire::default();
        while let Some(key) = map.next_key()? {
            let key = match key {
                AnyKey::Known(key) => key,
                AnyKey::Data if self.has_data => {
                    let Data(data) = map.next_value()?;
                    wire.data = data;
                    continue;
                }
                AnyKey::Data | AnyKey::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let value = if wire.index_of(key).is_some() {
                map.next_value::<IgnoredAny>()?;
                EventValue::Absent
            } else if key == EventKey::Categories {
                let raw: &RawValue = map.next_value()?;
                if raw.get().starts_with('{') {
                    EventValue::Unread(raw.get())
                } else {
                    serde_json::from_str(raw.get()).map_err(A::Error::custom)?
                }
            } else {
                map.next_value()?
            };
            wire.add(key, value);
        }
        Ok(wire)
    }
}

/// The value of `data`; `None` if it is not an object.
struct Data<'a>(Option<Box<Wire<'a>>>);

impl<'de> Deserialize<'de> for Data<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DataVisitor;
        impl<'de> Visitor<'de> for DataVisitor {
            type Value = Data<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Data<'de>, E> {
                Ok(Data(None))
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Data<'de>, E> {
                Ok(Data(None))
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Data<'de>, E> {
                Ok(Data(None))
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Data<'de>, E> {
                Ok(Data(None))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Data<'de>, E> {
                Ok(Data(None))
            }

            fn visit_unit<E: Error>(self) -> Result<Data<'de>, E> {
                Ok(Data(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Data<'de>, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Data(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Data<'de>, A::Error> {
                Ok(Data(Some(Box::new(WireVisitor { has_data: false }.visit_map(map)?))))
            }
        }
        deserializer.deserialize_any(DataVisitor)
    }
}

/// A key of an object.
pub(super) enum AnyKey {
    Known(EventKey),
    Data,
    Unknown,
}

impl AnyKey {
    pub(super) fn of(text: &str) -> Self {
        match EventKey::from_label(text) {
            Some(key) => Self::Known(key),
            None if text == "data" => Self::Data,
            None => Self::Unknown,
        }
    }
}

impl<'de> Deserialize<'de> for AnyKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = AnyKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<AnyKey, E> {
                Ok(AnyKey::of(text))
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
