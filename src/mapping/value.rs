//! A JSON value as filters use it: shared, with its size, and bounded.
//!
//! # Design
//! The values of `jaq-json` have no bound: a sum of texts or a product can take all memory. Here each value
//! knows how many parts it has, counted once for each place where it stands. Shared parts take no memory
//! twice, but whoever walks through a value meets them again, so the work is charged by that size. Numbers
//! are integers of 64 bits or floating-point, as in jq, so they do not grow.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use jaq_core::box_iter::BoxIter;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::limits::{LimitReached, charge, charge_text, end, units_of_text};

mod arithmetic;
mod jq;

/// Maximum depth of a value. serde_json reads records that are at most 127 deep.
const DEPTH_MAX: u32 = 200;

/// The units that an object costs besides its parts: even a small one takes half a kilobyte.
const OBJECT_UNITS: u64 = 10;

/// Maximum bytes of a text that a message shows.
const TEXT_BYTES_SHOWN: usize = 40;

/// A JSON value.
#[derive(Clone, Debug, Default)]
pub(super) enum JqValue {
    #[default]
    Null,
    Bool(bool),
    Int(isize),
    Float(f64),
    Text(Rc<str>),
    Array(Rc<Counted<Vec<Self>>>),
    Object(Rc<Counted<Members>>),
}

/// The members of an object.
pub(super) type Members = BTreeMap<Rc<str>, JqValue>;

/// The parts of a value, with their size.
#[derive(Clone, Debug)]
pub(super) struct Counted<T> {
    parts: T,
    /// What it costs to walk through all parts.
    units: u64,
    /// How deep the parts are nested; 1 if none of them has parts.
    depth: u32,
}

impl<T> Counted<T> {
    fn new(parts: T, each: impl FnOnce(&T) -> BoxIter<'_, &JqValue>) -> Self {
        let (mut units, mut depth) = (1_u64, 0);
        for part in each(&parts) {
            charge(1);
            units = units.saturating_add(part.units());
            depth = depth.max(part.depth());
        }
        if depth >= DEPTH_MAX {
            end(LimitReached::Depth);
        }
        Self { parts, units, depth: depth + 1 }
    }
}

impl JqValue {
    pub(super) fn text(text: &str) -> Self {
        charge_text(text.len());
        Self::Text(text.into())
    }

    pub(super) fn array(parts: Vec<Self>) -> Self {
        Self::Array(Rc::new(Counted::new(parts, |parts| Box::new(parts.iter()))))
    }

    pub(super) fn object(parts: Members) -> Self {
        charge(OBJECT_UNITS);
        Self::Object(Rc::new(Counted::new(parts, |parts| Box::new(parts.values()))))
    }

    /// The value of a record.
    pub(super) fn of_json(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Bool(flag),
            serde_json::Value::Number(number) => {
                let whole = number.as_i64().and_then(|whole| isize::try_from(whole).ok());
                whole.map_or_else(|| Self::Float(number.as_f64().unwrap_or_default()), Self::Int)
            }
            serde_json::Value::String(text) => Self::text(&text),
            serde_json::Value::Array(parts) => {
                Self::array(parts.into_iter().map(Self::of_json).collect())
            }
            serde_json::Value::Object(members) => {
                let members = members.into_iter();
                Self::object(members.map(|(key, part)| (key.into(), Self::of_json(part))).collect())
            }
        }
    }

    /// What it costs to walk through the value.
    fn units(&self) -> u64 {
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) => 1,
            Self::Text(text) => units_of_text(text.len()),
            Self::Array(array) => array.units,
            Self::Object(object) => object.units,
        }
    }

    fn depth(&self) -> u32 {
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Text(_) => 0,
            Self::Array(array) => array.depth,
            Self::Object(object) => object.depth,
        }
    }

    /// The number of parts of an array or object.
    pub(super) fn parts(&self) -> usize {
        match self {
            Self::Array(array) => array.parts.len(),
            Self::Object(object) => object.parts.len(),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Text(_) => 0,
        }
    }

    /// Whether each part of `other` is in this value: texts in texts, and the parts of arrays and objects.
    pub(super) fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => {
                charge_text(a.len());
                a.contains(&**b)
            }
            (Self::Array(a), Self::Array(b)) => {
                b.parts.iter().all(|b| a.parts.iter().any(|a| a.contains(b)))
            }
            (Self::Object(a), Self::Object(b)) => {
                let mut members = b.parts.iter();
                members.all(|(key, b)| a.parts.get(key).is_some_and(|a| a.contains(b)))
            }
            (a, b) => a == b,
        }
    }

    /// The text of a JSON document.
    pub(super) fn to_json(&self) -> String {
        charge(self.units());
        // Writing to a text cannot fail, and all keys are texts.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "jq's numbers are floating-point")]
            Self::Int(whole) => Some(*whole as f64),
            Self::Float(number) => Some(*number),
            Self::Null | Self::Bool(_) | Self::Text(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The place of the type in jq's order of values.
    const fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(false) => 1,
            Self::Bool(true) => 2,
            Self::Int(_) | Self::Float(_) => 3,
            Self::Text(_) => 4,
            Self::Array(_) => 5,
            Self::Object(_) => 6,
        }
    }

    /// jq's order of values, without a charge.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Array(a), Self::Array(b)) => {
                let pairs = a.parts.iter().zip(&b.parts);
                let unequal = pairs.map(|(a, b)| a.order(b)).find(|order| order.is_ne());
                unequal.unwrap_or_else(|| a.parts.len().cmp(&b.parts.len()))
            }
            (Self::Object(a), Self::Object(b)) => {
                a.parts.keys().cmp(b.parts.keys()).then_with(|| {
                    let pairs = a.parts.values().zip(b.parts.values());
                    pairs
                        .map(|(a, b)| a.order(b))
                        .find(|order| order.is_ne())
                        .unwrap_or(Ordering::Equal)
                })
            }
            (a, b) => match (a.number(), b.number()) {
                // A number that is none is less than any other.
                (Some(a), Some(b)) => {
                    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
                }
                _ => a.rank().cmp(&b.rank()),
            },
        }
    }
}

impl Ord for JqValue {
    fn cmp(&self, other: &Self) -> Ordering {
        charge(self.units().min(other.units()));
        self.order(other)
    }
}

impl PartialOrd for JqValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for JqValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for JqValue {}

impl Serialize for JqValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Int(whole) => serializer.serialize_i64(*whole as i64),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(array) => serializer.collect_seq(&array.parts),
            Self::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.parts.len()))?;
                for (key, part) in &object.parts {
                    map.serialize_entry(&**key, part)?;
                }
                map.end()
            }
        }
    }
}

/// The value in a message. Records hold what customers write, so only texts that look like a name are shown.
impl fmt::Display for JqValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) => {
                f.write_str(&self.to_json())
            }
            Self::Text(text) => {
                let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
                if text.len() <= TEXT_BYTES_SHOWN && text.bytes().all(is_of_name) {
                    write!(f, "\"{text}\"")
                } else {
                    f.write_str("a text")
                }
            }
            Self::Array(_) => f.write_str("an array"),
            Self::Object(_) => f.write_str("an object"),
        }
    }
}
