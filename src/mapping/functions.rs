//! The functions that filters may use.
//!
//! # Design
//! A list of jq's functions, not all of them:
//! - The result of a filter depends on its record alone, so there is no `now`, `env` or `input`.
//! - A filter ends, so there is no `recurse(f)`, `repeat`, `while` or `until`.
//! - jaq keeps a path as a list that is dropped recursively, and a long one would overflow the stack, so
//!   there is no `path(f)`.

use jaq_core::load::parse::Def;
use jaq_core::native::{Filter, Fun, bome, run, unary, v};
use jaq_core::{DataT, Error, RunPtr, ValR, ValT as _};

use super::limits::charge_text;
use super::value::JqValue;
use crate::time::Timestamp;

/// Functions of jaq in Rust. Filters do not call those with `_` that jq lacks; its definitions do.
const NATIVE: [&str; 28] = [
    "ascii_downcase",
    "ascii_upcase",
    "ceil",
    "endswith",
    "error_empty",
    "explode",
    "first",
    "floor",
    "group_by",
    "implode",
    "key_values",
    "keys_unsorted",
    "last",
    "limit",
    "ltrim",
    "ltrimstr",
    "max_by_or_empty",
    "min_by_or_empty",
    "range",
    "reverse",
    "round",
    "rtrim",
    "rtrimstr",
    "skip",
    "sort",
    "sort_by",
    "startswith",
    "trim",
];

/// Functions of jaq in jq.
const DEFINED: [&str; 52] = [
    "@text",
    "abs",
    "add",
    "all",
    "any",
    "arrays",
    "booleans",
    "del",
    "delpaths",
    "empty",
    "error",
    "false",
    "first",
    "from_entries",
    "getpath",
    "isarray",
    "isboolean",
    "isempty",
    "isnumber",
    "isobject",
    "isstring",
    "iterables",
    "join",
    "keys",
    "last",
    "map",
    "map_values",
    "max",
    "max_by",
    "min",
    "min_by",
    "not",
    "nth",
    "null",
    "nulls",
    "numbers",
    "objects",
    "range",
    "scalars",
    "select",
    "setpath",
    "split",
    "strings",
    "to_entries",
    "tostring",
    "true",
    "type",
    "unique",
    "unique_by",
    "values",
    "walk",
    "with_entries",
];

/// Functions of jq that filters do not have, with the reason.
const REFUSED: [(&str, &[&str]); 3] = [
    (
        "a filter has nothing but its record; take what it needs from there",
        &[
            "now",
            "env",
            "input",
            "inputs",
            "input_line_number",
            "localtime",
            "debug",
            "stderr",
            "halt",
        ],
    ),
    (
        "it may never end; `..` gives all parts of a value, and range(n) counts",
        &["recurse", "repeat", "while", "until"],
    ),
    (
        "paths are not kept; write .a.b, getpath([…]) or to_entries",
        &["path", "paths", "pick", "leaf_paths"],
    ),
];

/// The functions in jq.
pub(super) fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    let all = jaq_core::defs().chain(jaq_std::defs());
    // The other `split` has a regular expression.
    all.filter(|one| DEFINED.contains(&one.name) && (one.name != "split" || one.args.len() == 1))
}

/// The functions in Rust.
pub(super) fn natives<D>() -> impl Iterator<Item = Fun<D>>
where
    D: for<'a> DataT<V<'a> = JqValue>,
{
    let of_jaq = jaq_core::funs().chain(jaq_std::base_funs());
    of_jaq.filter(|(name, ..)| NATIVE.contains(name)).chain(own().into_iter().map(run))
}

/// All names, for the advice about one that is unknown.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let own = ["contains", "fromdate", "fromjson", "has", "length", "todate", "tojson", "tonumber"];
    NATIVE
        .into_iter()
        .filter(|name| !name.contains("_or_") && !name.ends_with("_empty"))
        .chain(DEFINED)
        .chain(own)
}

/// Why a function of jq is missing.
pub(super) fn why_refused(name: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(_, names)| names.contains(&name)).map(|(why, _)| *why)
}

/// The functions that jaq has for its own values, and those for times.
fn own<D: for<'a> DataT<V<'a> = JqValue>>() -> [Filter<RunPtr<D>>; 8] {
    [
        ("length", v(0), |cv| bome(length(&cv.1))),
        ("has", v(1), |cv| unary(cv, |value, key| Ok(value.part(&key)?.is_some().into()))),
        ("contains", v(1), |cv| unary(cv, |value, part| Ok(value.contains(&part).into()))),
        ("tojson", v(0), |cv| bome(Ok(JqValue::from(cv.1.to_json())))),
        ("fromjson", v(0), |cv| bome(from_json(&cv.1))),
        ("tonumber", v(0), |cv| bome(to_number(cv.1))),
        ("todate", v(0), |cv| bome(to_date(cv.1))),
        ("fromdate", v(0), |cv| bome(from_date(&cv.1))),
    ]
}

fn length(value: &JqValue) -> ValR<JqValue> {
    Ok(match value {
        JqValue::Null => 0_usize.into(),
        JqValue::Text(text) => {
            charge_text(text.len());
            text.chars().count().into()
        }
        JqValue::Array(_) | JqValue::Object(_) => value.parts().into(),
        JqValue::Int(whole) => whole.saturating_abs().into(),
        JqValue::Float(number) => number.abs().into(),
        JqValue::Bool(_) => {
            return Err(Error::str(format_args!("{value} has no length")));
        }
    })
}

fn from_json(value: &JqValue) -> ValR<JqValue> {
    let JqValue::Text(text) = value else { return Err(Error::typ(value.clone(), "string")) };
    charge_text(text.len());
    let json = serde_json::from_str(text);
    json.map(JqValue::of_json)
        .map_err(|error| Error::str(format_args!("this is not JSON: {error}")))
}

fn to_number(value: JqValue) -> ValR<JqValue> {
    match &value {
        JqValue::Int(_) | JqValue::Float(_) => Ok(value),
        JqValue::Text(text) => {
            charge_text(text.len());
            JqValue::from_num(text.trim())
        }
        JqValue::Null | JqValue::Bool(_) | JqValue::Array(_) | JqValue::Object(_) => {
            Err(Error::typ(value, "number"))
        }
    }
}

/// The seconds since 1970 of a time as events have it.
fn from_date(value: &JqValue) -> ValR<JqValue> {
    let JqValue::Text(text) = value else { return Err(Error::typ(value.clone(), "string")) };
    charge_text(text.len());
    let Some(at) = Timestamp::parse(text) else {
        return Err(Error::str(format_args!(
            "{text} is not a time: {}",
            Timestamp::why_unread(text)
        )));
    };
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of 2099 are below 2^53")]
    Ok(JqValue::from(at.ms() as f64 / 1000.0))
}

/// Seconds since 1970 as RFC 3339, to the millisecond.
fn to_date(value: JqValue) -> ValR<JqValue> {
    let Some(seconds) = jaq_std::ValT::as_f64(&value) else {
        return Err(Error::typ(value, "number"));
    };
    #[expect(clippy::cast_possible_truncation, reason = "a time that is far away is refused later")]
    let ms = (seconds * 1000.0).round() as i64;
    Ok(JqValue::from(Timestamp::from_ms(ms).to_string()))
}
