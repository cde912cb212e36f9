//! The keys of one group, taken one by one. A key that is left over is unknown, and an error.
//!
//! # Design
//! Written by hand, not derived with serde: every error needs the position, the path of the key and advice,
//! and reading goes on after an error, so that one run reports all of them.
//!
//! Durations are read by [`Elapsed::parse`], not by a crate such as humantime. Those also accept units that
//! are ambiguous or that no key can use: months and years of an average length, nanoseconds, zero.

use std::path::Path;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::yaml::{Node, SourcePosition, YamlKey, YamlValue};
use crate::measure::Measure;
use crate::time::Elapsed;

/// The file that is read, and where its errors go.
pub(super) struct File<'f> {
    pub(super) path: &'f Path,
    pub(super) diagnostics: &'f mut Diagnostics,
}

impl File<'_> {
    /// Adds an error.
    pub(super) fn error(&mut self, at: SourcePosition, key: &str, problem: impl Into<String>) {
        self.diagnostics.error(Diagnostic::new(self.path, at, key.to_owned(), problem.into()));
    }

    /// Adds a warning.
    pub(super) fn warn(&mut self, at: SourcePosition, key: &str, problem: impl Into<String>) {
        self.diagnostics.warn(Diagnostic::new(self.path, at, key.to_owned(), problem.into()));
    }

    /// Adds a warning that concerns only the running service.
    pub(super) fn warn_service(&mut self, at: SourcePosition, key: &str, problem: &str) {
        let warning = Diagnostic::new(self.path, at, key.to_owned(), problem.to_owned());
        self.diagnostics.service_warnings.push(warning);
    }
}

/// A value with the path of its key.
#[derive(Clone)]
pub(super) struct Field<'n> {
    pub(super) key: String,
    pub(super) node: &'n Node,
}

impl<'n> Field<'n> {
    /// The whole file as one value.
    pub(super) fn root(node: &'n Node) -> Self {
        Self { key: String::new(), node }
    }

    /// Adds an error about the value.
    pub(super) fn error(&self, file: &mut File<'_>, problem: &str) {
        file.error(self.node.at, &self.key, format!("{} {problem}", self.node.shown()));
    }

    /// Adds a warning about the value.
    pub(super) fn warn(&self, file: &mut File<'_>, problem: &str) {
        file.warn(self.node.at, &self.key, format!("{} {problem}", self.node.shown()));
    }

    /// The value that `accept` makes of the text. If it makes none, `problem` is an error.
    pub(super) fn parse<T>(
        &self,
        file: &mut File<'_>,
        problem: &str,
        accept: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = match &self.node.value {
            YamlValue::Scalar(text) => accept(text),
            YamlValue::Null | YamlValue::List(_) | YamlValue::Map(_) => None,
        };
        if parsed.is_none() {
            self.error(file, problem);
        }
        parsed
    }

    /// A duration greater than zero.
    pub(super) fn duration(&self, file: &mut File<'_>) -> Option<Elapsed> {
        self.parse(
            file,
            "is not a duration; write, for example, 90s, 30m, 4h or 5d",
            Elapsed::parse,
        )
    }

    /// A duration, or `0s`.
    pub(super) fn duration_or_zero(&self, file: &mut File<'_>) -> Option<Elapsed> {
        self.parse(file, "is not a duration; write, for example, 0s, 30m or 4h", |text| {
            if text == "0s" { Some(Elapsed::ZERO) } else { Elapsed::parse(text) }
        })
    }

    /// A date.
    pub(super) fn date(&self, file: &mut File<'_>) -> Option<chrono::NaiveDate> {
        self.parse(file, "is not a date; write, for example, 2026-11-02", |text| {
            chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
        })
    }

    /// A date, without an error if it is none: another reader of the same key adds it.
    pub(super) fn date_quietly(&self) -> Option<chrono::NaiveDate> {
        match &self.node.value {
            YamlValue::Scalar(text) => chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
            YamlValue::Null | YamlValue::List(_) | YamlValue::Map(_) => None,
        }
    }

    /// The name of a measure.
    pub(super) fn measure(&self, file: &mut File<'_>) -> Option<Measure> {
        let known = Measure::ALL.map(Measure::label).join(", ");
        let problem = format!("is not a measure; write one of {known}");
        self.parse(file, &problem, Measure::from_label)
    }

    /// The items of a list; none if it is not a list.
    pub(super) fn list(&self, file: &mut File<'_>) -> Vec<Self> {
        let YamlValue::List(items) = &self.node.value else {
            self.error(file, "is not a list; write, for example, [one, two]");
            return Vec::new();
        };
        let key = |index| format!("{}[{index}]", self.key);
        items.iter().enumerate().map(|(i, node)| Self { key: key(i), node }).collect()
    }

    /// The keys of a group. A key that comes twice is an error.
    pub(super) fn fields(&self, file: &mut File<'_>) -> Option<Fields<'n>> {
        let YamlValue::Map(entries) = &self.node.value else {
            self.error(file, "is not a group of keys; write `key: value` lines below it");
            return None;
        };
        for (index, (key, _)) in entries.iter().enumerate() {
            if entries.iter().take(index).any(|(other, _)| other.text == key.text) {
                let path = joined(&self.key, &key.text);
                file.error(key.at, &path, "is given twice; keep one");
            }
        }
        Some(Fields {
            path: self.key.clone(),
            at: self.node.at,
            entries,
            known: Vec::new(),
            refused: Vec::new(),
        })
    }
}

/// The keys of one group.
pub(super) struct Fields<'n> {
    /// The path of the group; empty for the whole file.
    path: String,
    at: SourcePosition,
    entries: &'n [(YamlKey, Node)],
    /// The keys that were asked for.
    known: Vec<&'static str>,
    /// The keys that are refused with a reason of their own.
    refused: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The value of a key; `None` if it is missing or null.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Field<'n>> {
        self.known.push(key);
        let (_, node) = self.entries.iter().find(|(name, _)| name.text == key)?;
        (!node.is_null()).then(|| Field { key: joined(&self.path, key), node })
    }

    /// The value of a key that is refused with a reason of its own; `None` if it is missing or null. It is
    /// not among the valid keys.
    pub(super) fn take_refused(&mut self, key: &'static str) -> Option<Field<'n>> {
        let found = self.take(key);
        self.known.pop();
        self.refused.push(key);
        found
    }

    /// The value of a key; an error if it is missing or null.
    pub(super) fn require(
        &mut self,
        key: &'static str,
        file: &mut File<'_>,
        advice: &str,
    ) -> Option<Field<'n>> {
        let found = self.take(key);
        if found.is_none() {
            file.error(self.at, &joined(&self.path, key), format!("is missing; {advice}"));
        }
        found
    }

    /// All keys with their values, for a group whose keys are names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'n YamlKey, Field<'n>)> + use<'n> {
        let path = self.path.clone();
        self.entries
            .iter()
            .map(move |(key, node)| (key, Field { key: joined(&path, &key.text), node }))
    }

    /// The position of the group.
    pub(super) fn at(&self) -> SourcePosition {
        self.at
    }

    /// The path of a key of the group.
    pub(super) fn path(&self, key: &str) -> String {
        joined(&self.path, key)
    }

    /// Adds an error for every unknown key.
    pub(super) fn finish(self, file: &mut File<'_>) {
        for (key, _) in self.entries {
            let is_known = |known: &&str| **known == key.text;
            if !self.known.iter().chain(&self.refused).any(is_known) {
                let advice = match nearest(&key.text, &self.known) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => format!("valid keys are {}", self.known.join(", ")),
                };
                file.error(
                    key.at,
                    &joined(&self.path, &key.text),
                    format!("unknown key; {advice}"),
                );
            }
        }
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The known key with the smallest edit distance, if that is at most 2.
fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let close = |known: &&'static str| strsim::damerau_levenshtein(key, known);
    known.iter().copied().min_by_key(close).filter(|known| close(known) <= 2)
}

/// Whether a text is a web address that an alert may link to: `http` or `https`, a host, no spaces.
pub(super) fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain = |c: char| c.is_ascii_graphic() && !"<>\"\\^`{|}".contains(c);
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(is_plain)
    })
}

/// Reads `true` or `false`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    text.parse().ok()
}
