//! What jaq needs of a value: making it, and reading and updating its parts.

use std::ops::Range;
use std::rc::Rc;

use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::path::Opt;
use jaq_core::{Error, Exn, ValR, ValT, ValX};

use super::super::limits::{charge, charge_text};
use super::{JqValue, Members};

impl From<bool> for JqValue {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<isize> for JqValue {
    fn from(whole: isize) -> Self {
        charge(1);
        Self::Int(whole)
    }
}

impl From<usize> for JqValue {
    fn from(whole: usize) -> Self {
        Self::from(isize::try_from(whole).unwrap_or(isize::MAX))
    }
}

impl From<f64> for JqValue {
    fn from(number: f64) -> Self {
        charge(1);
        Self::Float(number)
    }
}

impl From<String> for JqValue {
    fn from(text: String) -> Self {
        Self::text(&text)
    }
}

impl From<Range<Option<Self>>> for JqValue {
    fn from(range: Range<Option<Self>>) -> Self {
        let bound = |key: &str, bound: Option<Self>| Some((key.into(), bound?));
        let bounds = [bound("start", range.start), bound("end", range.end)];
        Self::object(bounds.into_iter().flatten().collect())
    }
}

impl FromIterator<Self> for JqValue {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        Self::array(parts.into_iter().inspect(|_| charge(1)).collect())
    }
}

impl JqValue {
    /// The part at an index; `None` if there is none.
    pub(in super::super) fn part(&self, index: &Self) -> Result<Option<Self>, Error<Self>> {
        match (self, index) {
            (Self::Object(object), Self::Text(key)) => Ok(object.parts.get(key).cloned()),
            (Self::Array(array), Self::Int(_) | Self::Float(_)) => {
                let at = index.position(array.parts.len());
                Ok(at.and_then(|at| array.parts.get(at)).cloned())
            }
            (Self::Null, Self::Text(_) | Self::Int(_) | Self::Float(_)) => Ok(None),
            _ => Err(Error::index(self.clone(), index.clone())),
        }
    }

    /// The position that a number stands for in `length` parts; a negative one counts from the end.
    fn position(&self, length: usize) -> Option<usize> {
        let at = jaq_std::ValT::as_isize(self)?;
        if at < 0 { length.checked_sub(at.unsigned_abs()) } else { usize::try_from(at).ok() }
    }

    /// The part of `length` parts that a range stands for.
    fn bounds(range: &Range<Option<&Self>>, length: usize) -> Result<Range<usize>, Error<Self>> {
        let bound = |bound: Option<&Self>, otherwise: usize| match bound {
            None | Some(Self::Null) => Ok(otherwise),
            Some(number @ (Self::Int(_) | Self::Float(_))) => {
                Ok(number.position(length).unwrap_or(0).min(length))
            }
            Some(other) => Err(Error::typ(other.clone(), "integer")),
        };
        let start = bound(range.start, 0)?;
        Ok(start..bound(range.end, length)?.max(start))
    }
}

/// The first output of a filter; `None` if it has none.
fn first<'a>(
    mut outputs: impl Iterator<Item = ValX<'a, JqValue>>,
) -> Result<Option<JqValue>, Exn<'a, JqValue>> {
    outputs.next().transpose()
}

fn fail<'a>(opt: Opt, value: JqValue, kind: &'static str) -> ValX<'a, JqValue> {
    opt.fail(value, |value| Exn::from(Error::typ(value, kind)))
}

const PARTED: &str = "array or object";

impl ValT for JqValue {
    fn from_num(text: &str) -> ValR<Self> {
        let whole = text.parse().ok().map(Self::Int);
        let number = whole.or_else(|| text.parse().ok().map(Self::Float));
        number.ok_or_else(|| Error::str(format_args!("{text} is not a number")))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(members: I) -> ValR<Self> {
        let member = |(key, part)| {
            if let Self::Text(key) = key { Ok((key, part)) } else { Err(Error::typ(key, "string")) }
        };
        Ok(Self::object(members.into_iter().map(member).collect::<Result<_, _>>()?))
    }

    fn key_values(self) -> BoxIter<'static, ValR<(Self, Self), Self>> {
        match self {
            Self::Array(array) => {
                charge(array.parts.len() as u64);
                let indexes = (0_usize..).map(Self::from);
                Box::new(indexes.zip(array.parts.clone()).map(Ok))
            }
            Self::Object(object) => {
                charge(object.parts.len() as u64);
                Box::new(
                    object.parts.clone().into_iter().map(|(key, part)| Ok((Self::Text(key), part))),
                )
            }
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Text(_) => {
                box_once(Err(Error::typ(self, PARTED)))
            }
        }
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR<Self>>> {
        match self {
            Self::Array(array) => {
                charge(array.parts.len() as u64);
                Box::new(array.parts.clone().into_iter().map(Ok))
            }
            Self::Object(object) => {
                charge(object.parts.len() as u64);
                Box::new(object.parts.clone().into_values().map(Ok))
            }
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Text(_) => {
                box_once(Err(Error::typ(self, PARTED)))
            }
        }
    }

    fn index(self, index: &Self) -> ValR<Self> {
        Ok(self.part(index)?.unwrap_or_default())
    }

    fn range(self, range: Range<Option<&Self>>) -> ValR<Self> {
        match self {
            Self::Null => Ok(Self::Null),
            Self::Array(array) => {
                let bounds = Self::bounds(&range, array.parts.len())?;
                Ok(array.parts.get(bounds).unwrap_or_default().iter().cloned().collect())
            }
            Self::Text(text) => {
                charge_text(text.len());
                let bounds = Self::bounds(&range, text.chars().count())?;
                let characters = text.chars().skip(bounds.start).take(bounds.len());
                Ok(Self::Text(characters.collect::<String>().into()))
            }
            Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Object(_) => {
                Err(Error::typ(self, "array or string"))
            }
        }
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        match self {
            Self::Array(array) => array.parts.iter().cloned().flat_map(f).collect(),
            Self::Object(object) => {
                let mut members = object.parts.clone();
                for (key, part) in &object.parts {
                    match first(f(part.clone()))? {
                        Some(part) => members.insert(Rc::clone(key), part),
                        None => members.remove(key),
                    };
                }
                Ok(Self::object(members))
            }
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Text(_) => {
                fail(opt, self, PARTED)
            }
        }
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        match (self, index) {
            (array @ Self::Array(_), Self::Object(range)) => {
                let bounds = range.parts.get("start")..range.parts.get("end");
                array.map_range(bounds, opt, f)
            }
            (Self::Array(array), number) => {
                charge(array.parts.len() as u64);
                let mut parts = array.parts.clone();
                let at = number.position(parts.len()).filter(|at| *at < parts.len());
                let Some((at, part)) = at.and_then(|at| Some((at, parts.get_mut(at)?))) else {
                    let problem =
                        |_| Exn::from(Error::str(format_args!("there is no part {number}")));
                    return opt.fail(Self::Array(array), problem);
                };
                match first(f(std::mem::take(part)))? {
                    Some(new) => *part = new,
                    None => drop(parts.remove(at)),
                }
                Ok(Self::array(parts))
            }
            (object @ (Self::Object(_) | Self::Null), Self::Text(key)) => {
                let mut members = Members::new();
                if let Self::Object(object) = object {
                    members.clone_from(&object.parts);
                }
                charge(members.len() as u64);
                match first(f(members.remove(key).unwrap_or_default()))? {
                    Some(part) => members.insert(Rc::clone(key), part),
                    None => None,
                };
                Ok(Self::object(members))
            }
            (other, _) => fail(opt, other, PARTED),
        }
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        range: Range<Option<&Self>>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        let Self::Array(array) = self else { return fail(opt, self, "array") };
        let bounds = match Self::bounds(&range, array.parts.len()) {
            Ok(bounds) => bounds,
            Err(error) => return opt.fail(Self::Array(array), |_| Exn::from(error)),
        };
        charge(array.parts.len() as u64);
        let mut parts = array.parts.clone();
        let part = parts.get(bounds.clone()).unwrap_or_default().iter().cloned().collect();
        let new = match first(f(part))? {
            Some(Self::Array(new)) => new.parts.clone(),
            Some(other) => return fail(opt, other, "array"),
            None => Vec::new(),
        };
        parts.splice(bounds, new);
        Ok(Self::array(parts))
    }

    fn as_bool(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    fn into_string(self) -> Self {
        if let Self::Text(_) = self { self } else { Self::Text(self.to_json().into()) }
    }
}

impl jaq_std::ValT for JqValue {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        let Self::Array(array) = self else { return Err(self) };
        charge(array.parts.len() as u64);
        Ok(array.parts.iter().cloned().collect())
    }

    fn is_int(&self) -> bool {
        matches!(self, Self::Int(_))
    }

    fn as_isize(&self) -> Option<isize> {
        match self {
            Self::Int(whole) => Some(*whole),
            #[expect(clippy::cast_possible_truncation, reason = "an index is rounded to zero")]
            Self::Float(number) => Some(*number as isize),
            Self::Null | Self::Bool(_) | Self::Text(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        self.number()
    }

    fn is_utf8_str(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        let Self::Text(text) = self else { return None };
        charge_text(text.len());
        Some(text.as_bytes())
    }

    fn as_sub_str(&self, part: &[u8]) -> Self {
        Self::text(&String::from_utf8_lossy(part))
    }

    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        Self::text(&String::from_utf8_lossy(bytes.as_ref()))
    }
}
