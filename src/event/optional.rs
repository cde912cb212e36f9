//! Reads fields without which an event keeps its meaning, and says what is wrong with a value.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::ignored::{IgnoredField, OptionalField};
use super::wire::{EventKey, EventValue, Wire};
use super::{Maker, Priority};
use crate::name;
use crate::time::Timestamp;

/// Maximum bytes of a `text` or `note`.
pub const TEXT_BYTES_MAX: usize = 500;

/// Maximum categories of a review.
pub const CATEGORIES_MAX: usize = 12;

const CATEGORIES_FORM: &str = "write at most 12 categories, each with a whole number from 1 to 5, or null \
                               where it does not apply: {\"tone\": 4, \"facts\": null}";

/// Maximum characters of a refused value that its rejection repeats.
const EXCERPT_CHARS_MAX: usize = 60;

/// The key of a field in a record.
pub(super) const fn key_of(field: OptionalField) -> EventKey {
    match field {
        OptionalField::Agent => EventKey::Agent,
        OptionalField::BringToTeam => EventKey::BringToTeam,
        OptionalField::By => EventKey::By,
        OptionalField::Categories => EventKey::Categories,
        OptionalField::Channel => EventKey::Channel,
        OptionalField::Due => EventKey::Due,
        OptionalField::From => EventKey::From,
        OptionalField::Into => EventKey::Into,
        OptionalField::Note => EventKey::Note,
        OptionalField::Owner => EventKey::Owner,
        OptionalField::Priority => EventKey::Priority,
        OptionalField::Score => EventKey::Score,
        OptionalField::Source => EventKey::Source,
        OptionalField::Team => EventKey::Team,
        OptionalField::Text => EventKey::Text,
        OptionalField::Ticket => EventKey::Ticket,
        OptionalField::WaitingSince => EventKey::WaitingSince,
    }
}

/// Reads fields without which the event keeps its meaning. What cannot be read is left out and listed.
pub(super) struct OptionalFields<'w, 'a> {
    pub(super) wire: &'w mut Wire<'a>,
    pub(super) ignored: Vec<IgnoredField>,
}

impl<'a> OptionalFields<'_, 'a> {
    /// A text, or a whole number as text.
    fn raw(&mut self, field: OptionalField, form: &str) -> Option<Cow<'a, str>> {
        match self.wire.take(key_of(field)) {
            EventValue::Text(text) => Some(text),
            EventValue::Integer(number) => Some(number.to_string().into()),
            EventValue::Absent => None,
            value @ (EventValue::Bool(_)
            | EventValue::Number(_)
            | EventValue::Repeated
            | EventValue::Array
            | EventValue::Object
            | EventValue::Unread(_)) => {
                self.leave_out(field, wrong_text(key_of(field), &value, form));
                None
            }
        }
    }

    /// The same without blanks around it. An empty text is absent: forms send it for nothing.
    fn trimmed(&mut self, field: OptionalField, form: &str) -> Option<Cow<'a, str>> {
        let text = match self.raw(field, form)? {
            Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        (!text.is_empty()).then_some(text)
    }

    /// The source, as it is: the identity of events that are stored contains it.
    pub(super) fn source(&mut self) -> Option<Cow<'a, str>> {
        let field = OptionalField::Source;
        let source = self.raw(field, IDENTITY_FORM).filter(|source| !source.is_empty())?;
        if name::is_identity(&source) {
            return Some(source);
        }
        self.leave_out(field, bad_text(key_of(field), &source, IDENTITY_FORM));
        None
    }

    pub(super) fn text(
        &mut self,
        field: OptionalField,
        is_valid: impl FnOnce(&str) -> bool,
        form: &str,
    ) -> Option<Cow<'a, str>> {
        let text = self.trimmed(field, form)?;
        if is_valid(&text) {
            return Some(text);
        }
        self.leave_out(field, bad_text(key_of(field), &text, form));
        None
    }

    /// A name, in the form in which names are compared.
    pub(super) fn name(
        &mut self,
        field: OptionalField,
        is_valid: impl FnOnce(&str) -> bool,
        form: &str,
    ) -> Option<Cow<'a, str>> {
        let text = self.trimmed(field, form)?;
        let normal = name::into_normal(text.clone());
        if is_valid(&normal) {
            return Some(normal);
        }
        self.leave_out(field, bad_text(key_of(field), &text, form));
        None
    }

    /// A text of at most [`TEXT_BYTES_MAX`]; of a longer one, its beginning.
    pub(super) fn bounded_text(&mut self, field: OptionalField) -> Option<Cow<'a, str>> {
        let text = self.trimmed(field, "write a text")?;
        if text.len() <= TEXT_BYTES_MAX {
            return Some(text);
        }
        let way_out =
            format!("it has {} bytes and only {TEXT_BYTES_MAX} are kept: shorten it", text.len());
        self.leave_out(field, bad_text(key_of(field), &text, &way_out));
        let end = text.floor_char_boundary(TEXT_BYTES_MAX);
        Some(match text {
            Cow::Borrowed(text) => text.split_at_checked(end).map_or(text, |(kept, _)| kept).into(),
            Cow::Owned(mut text) => {
                text.truncate(end);
                text.into()
            }
        })
    }

    pub(super) fn priority(&mut self) -> Option<Priority> {
        const FORM: &str = "write low, normal, high or urgent, or name it under `priorities:` in the \
                            configuration";
        let field = OptionalField::Priority;
        let text = self.trimmed(field, FORM)?;
        let priority = Priority::from_label(&text);
        if priority.is_none() {
            let advice = bad_text(EventKey::Priority, &text, FORM);
            self.ignored.push(IgnoredField { field, advice, text: Some((&*text).into()) });
        }
        priority
    }

    pub(super) fn maker(&mut self) -> Maker {
        const FORM: &str =
            "write customer, agent or system; without it, the customer made the ticket";
        let Some(text) = self.trimmed(OptionalField::By, FORM) else { return Maker::Customer };
        Maker::from_label(&text).unwrap_or_else(|| {
            self.leave_out(OptionalField::By, bad_text(EventKey::By, &text, FORM));
            Maker::Customer
        })
    }

    pub(super) fn score(&mut self) -> Option<u8> {
        let value = self.wire.take(EventKey::Score);
        let score = match &value {
            EventValue::Integer(score) => u8::try_from(*score).ok(),
            // As PHP sends the numbers of a form.
            EventValue::Text(text) => text.trim().parse().ok(),
            EventValue::Absent
            | EventValue::Bool(_)
            | EventValue::Number(_)
            | EventValue::Repeated
            | EventValue::Array
            | EventValue::Object
            | EventValue::Unread(_) => None,
        };
        if let Some(1..=5) = score {
            return score;
        }
        self.unless_absent(OptionalField::Score, &value, "write a whole number from 1 to 5");
        None
    }

    pub(super) fn bring_to_team(&mut self) -> Option<bool> {
        let value = self.wire.take(EventKey::BringToTeam);
        if let EventValue::Bool(flag) = value {
            return Some(flag);
        }
        self.unless_absent(OptionalField::BringToTeam, &value, "write true or false");
        None
    }

    /// Scores by category, sorted by name.
    pub(super) fn categories(&mut self) -> Vec<(Cow<'a, str>, Option<u8>)> {
        let field = OptionalField::Categories;
        let value = self.wire.take(EventKey::Categories);
        if let EventValue::Unread(json) = value {
            let read = serde_json::from_str::<BTreeMap<String, Option<u8>>>(json).ok();
            let read = read.filter(|read| {
                read.len() <= CATEGORIES_MAX
                    && read.iter().all(|(name, score)| {
                        name::is_name(name) && score.is_none_or(|score| (1..=5).contains(&score))
                    })
            });
            if let Some(read) = read {
                return read.into_iter().map(|(name, score)| (name.into(), score)).collect();
            }
            self.leave_out(field, bad_text(key_of(field), json, CATEGORIES_FORM));
        } else {
            self.unless_absent(field, &value, CATEGORIES_FORM);
        }
        Vec::new()
    }

    pub(super) fn due(&mut self) -> Option<NaiveDate> {
        const FORM: &str = "write a day from 1990 to 2099, such as 2026-12-01";
        let field = OptionalField::Due;
        let text = self.trimmed(field, FORM)?;
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        let day = day.filter(|day| text.len() == 10 && (1990..=2099).contains(&day.year()));
        if day.is_none() {
            self.leave_out(field, bad_text(key_of(field), &text, FORM));
        }
        day
    }

    /// Since when the customer of a merged ticket waits. One after the event itself counts as the event's
    /// time.
    pub(super) fn waiting_since(&mut self, event: Timestamp) -> Option<Timestamp> {
        let field = OptionalField::WaitingSince;
        let text = self.trimmed(field, TIME_FORM)?;
        let way_out = match Timestamp::parse(&text) {
            Some(at) if at > event && at.is_event_time() => {
                let way_out = format!(
                    "it is after the event itself, so the wait counts from {event} on; write the time of the \
                     oldest unanswered message"
                );
                self.leave_out(field, bad_text(key_of(field), &text, &way_out));
                return Some(event);
            }
            Some(at) if at.is_event_time() => return Some(at),
            Some(_) => "write a time from 1990 to 2099".to_owned(),
            None => format!("{}; {TIME_FORM}", Timestamp::why_unread(&text)),
        };
        self.leave_out(field, bad_text(key_of(field), &text, &way_out));
        None
    }

    fn unless_absent(&mut self, field: OptionalField, value: &EventValue<'_>, form: &str) {
        if *value != EventValue::Absent {
            self.leave_out(field, wrong_text(key_of(field), value, form));
        }
    }

    fn leave_out(&mut self, field: OptionalField, advice: String) {
        self.ignored.push(IgnoredField { field, advice, text: None });
    }
}

/// [`str::trim`], at once where nothing is to be trimmed.
fn trim(text: &str) -> &str {
    let is_visible = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if is_visible(bytes.first()) && is_visible(bytes.last()) { text } else { text.trim() }
}

pub(super) const IDENTITY_FORM: &str = "write 1 to 256 bytes of text without control characters";
pub(super) const ID_FORM: &str = "write 1 to 128 letters, digits or . _ : / @ # + -";
pub(super) const NAME_FORM: &str = "write 1 to 128 bytes of text without control characters";
pub(super) const TEAM_FORM: &str = "write 1 to 128 bytes of text without control characters, not one of the \
                         reserved unclaimed, _all, _unclaimed";
pub(super) const TIME_FORM: &str =
    "write RFC 3339 with an offset, such as \"2026-11-21T09:14:03.120+02:00\"";

pub(super) fn bad_text(key: EventKey, text: &str, way_out: &str) -> String {
    format!("`{}` is {}: {way_out}", key.label(), excerpt(text))
}

pub(super) fn wrong_text(key: EventKey, value: &EventValue<'_>, way_out: &str) -> String {
    let label = key.label();
    let what = match value {
        EventValue::Absent => "missing".to_owned(),
        EventValue::Text(text) => excerpt(text),
        EventValue::Integer(number) => format!("the number {number}"),
        EventValue::Number(number) => {
            let problem = "a number with a fraction or an exponent, or a very large one";
            return format!(
                "`{label}` is {number:?}, {problem}: {way_out}, without them or in quotes"
            );
        }
        EventValue::Bool(flag) => flag.to_string(),
        EventValue::Repeated => return format!("`{label}` is there more than once: keep one"),
        EventValue::Array => "an array".to_owned(),
        EventValue::Object | EventValue::Unread(_) => "an object".to_owned(),
    };
    format!("`{label}` is {what}: {way_out}")
}

/// A value in quotes, shortened and with control characters escaped, fit for terminals and logs.
pub(super) fn excerpt(text: &str) -> String {
    let mut cut: String = text.chars().take(EXCERPT_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}
