//! The operators `+ - * / %` on values, as the manual of jq describes them.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};
use std::rc::Rc;

use jaq_core::Error;
use jaq_core::ops::Math;

use super::super::limits::{charge, charge_text};
use super::{JqValue, Members};

type Computed = Result<JqValue, Error<JqValue>>;

/// The number of both; an integer if `whole` gives one.
fn number(
    (left, right): (JqValue, JqValue),
    operator: Math,
    whole: impl FnOnce(isize, isize) -> Option<isize>,
    float: impl FnOnce(f64, f64) -> f64,
) -> Computed {
    if let (JqValue::Int(a), JqValue::Int(b)) = (&left, &right)
        && let Some(result) = whole(*a, *b)
    {
        return Ok(JqValue::Int(result));
    }
    match (left.number(), right.number()) {
        (Some(a), Some(b)) => Ok(JqValue::Float(float(a, b))),
        _ => Err(Error::math(left, operator, right)),
    }
}

/// Adds the members of another object, which win. With `deep`, objects of both sides are merged as well.
fn merge(left: &Members, right: &Members, deep: bool) -> JqValue {
    let mut members = left.clone();
    for (key, part) in right {
        let merged = match (members.get(key), part) {
            (Some(JqValue::Object(a)), JqValue::Object(b)) if deep => {
                merge(&a.parts, &b.parts, deep)
            }
            _ => part.clone(),
        };
        members.insert(Rc::clone(key), merged);
    }
    JqValue::object(members)
}

impl Add for JqValue {
    type Output = Computed;

    fn add(self, other: Self) -> Computed {
        charge(1);
        match (self, other) {
            (Self::Null, value) | (value, Self::Null) => Ok(value),
            (Self::Text(a), Self::Text(b)) => {
                charge_text(a.len() + b.len());
                Ok(Self::Text([&*a, &*b].concat().into()))
            }
            (Self::Array(a), Self::Array(b)) => {
                charge((a.parts.len() + b.parts.len()) as u64);
                Ok(Self::array([&*a.parts, &*b.parts].concat()))
            }
            (Self::Object(a), Self::Object(b)) => {
                charge((a.parts.len() + b.parts.len()) as u64);
                Ok(merge(&a.parts, &b.parts, false))
            }
            both => number(both, Math::Add, isize::checked_add, |a, b| a + b),
        }
    }
}

impl Sub for JqValue {
    type Output = Computed;

    fn sub(self, other: Self) -> Computed {
        charge(1);
        match (self, other) {
            (Self::Array(a), Self::Array(b)) => {
                let left = a.parts.iter().filter(|part| !b.parts.contains(part));
                Ok(Self::array(left.cloned().collect()))
            }
            both => number(both, Math::Sub, isize::checked_sub, |a, b| a - b),
        }
    }
}

impl Mul for JqValue {
    type Output = Computed;

    fn mul(self, other: Self) -> Computed {
        charge(1);
        match (self, other) {
            (Self::Object(a), Self::Object(b)) => {
                charge(a.units.saturating_add(b.units));
                Ok(merge(&a.parts, &b.parts, true))
            }
            (Self::Text(text), Self::Int(times)) | (Self::Int(times), Self::Text(text)) => {
                let Ok(times @ 1..) = usize::try_from(times) else { return Ok(Self::Null) };
                charge_text(text.len().saturating_mul(times));
                Ok(Self::Text(text.repeat(times).into()))
            }
            both => number(both, Math::Mul, isize::checked_mul, |a, b| a * b),
        }
    }
}

impl Div for JqValue {
    type Output = Computed;

    fn div(self, other: Self) -> Computed {
        charge(1);
        match (self, other) {
            (Self::Text(text), Self::Text(separator)) => {
                charge_text(text.len());
                if text.is_empty() {
                    return Ok(Self::array(Vec::new()));
                }
                // An empty separator splits into characters.
                let parts: Vec<Self> = if separator.is_empty() {
                    text.chars().map(|one| Self::text(one.encode_utf8(&mut [0; 4]))).collect()
                } else {
                    text.split(&*separator).map(Self::text).collect()
                };
                Ok(Self::array(parts))
            }
            (left, right) if right.number() == Some(0.0) => {
                Err(Error::math(left, Math::Div, right))
            }
            both => {
                let whole = |a: isize, b| a.checked_rem(b).filter(|rest| *rest == 0).map(|_| a / b);
                number(both, Math::Div, whole, |a, b| a / b)
            }
        }
    }
}

impl Rem for JqValue {
    type Output = Computed;

    fn rem(self, other: Self) -> Computed {
        charge(1);
        if other.number() == Some(0.0) {
            return Err(Error::math(self, Math::Rem, other));
        }
        number((self, other), Math::Rem, isize::checked_rem, |a, b| a % b)
    }
}

impl Neg for JqValue {
    type Output = Computed;

    fn neg(self) -> Computed {
        Self::Int(0) - self
    }
}
