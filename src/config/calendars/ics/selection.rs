//! Which events of an iCalendar file are holidays.
//!
//! # Design
//! A feed of holidays also has observances, such as Mother's Day, on which people work. Feeds tell the two
//! apart in different ways:
//!
//! - Google describes each event (`DESCRIPTION:Public holiday`, `Public holiday in Bavaria` or
//!   `Observance`), and marks all of them as free time (`TRANSP:TRANSPARENT`). A description of this form
//!   therefore decides, whatever the transparency.
//! - Hebcal and date-holidays mark only the observances as free time. Without such a description, the
//!   transparency decides.
//! - Some feeds mark every event as free time and describe none. Nothing tells the two apart, so no date is
//!   closed, and a warning names `close_transparent: true`, which ignores the transparency. To close all of
//!   them without being asked would lengthen every target that runs in open time.
//!
//! A public holiday of some regions closes no date in a feed that also has holidays of the whole country:
//! most of its users are not in that region. A warning names these events.

use calcard::icalendar::{
    ICalendarComponent, ICalendarProperty, ICalendarTransparency, ICalendarValue,
};

/// Regional holidays that a warning names at most.
const NAMED_MAX: usize = 5;

/// The holidays among the events of a file.
pub(super) struct Selection {
    /// Whether each event is a holiday, in the order of the events.
    pub(super) is_holiday: Vec<bool>,
    pub(super) warnings: Vec<String>,
}

/// What an event says that it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HolidayKind {
    Public,
    /// A public holiday of some regions.
    Regional,
    Observance,
    /// Nothing, and its time is free.
    Free,
    /// Nothing, and its time is busy.
    Busy,
}

/// Selects the holidays of a file. `close_transparent` ignores whether events are free time.
pub(super) fn select(
    events: &[ICalendarComponent],
    file: &str,
    close_transparent: bool,
) -> Selection {
    let kinds: Vec<HolidayKind> = events.iter().map(kind).collect();
    let has_national = kinds.contains(&HolidayKind::Public);
    let is_holiday = |kind: &HolidayKind| match kind {
        HolidayKind::Public | HolidayKind::Busy => true,
        HolidayKind::Regional => !has_national,
        HolidayKind::Observance => false,
        HolidayKind::Free => close_transparent,
    };
    let is_holiday: Vec<bool> = kinds.iter().map(is_holiday).collect();
    let mut warnings = Vec::new();
    if has_national {
        let regional =
            events.iter().zip(&kinds).filter(|(_, kind)| **kind == HolidayKind::Regional);
        warnings.extend(regional_warning(regional.map(|(event, _)| event)));
    }
    if !events.is_empty() && !is_holiday.contains(&true) {
        warnings.push(if kinds.contains(&HolidayKind::Free) {
            format!(
                "every event is free time (TRANSP:TRANSPARENT) and none is described as \"Public holiday\", so \
                 the file closes no date; if they are holidays, write {{ file: {file}, close_transparent: \
                 true }}, and list those that are none under `except`"
            )
        } else {
            "every event is an observance, so the file closes no date; remove it, or list the dates that are \
             closed under `holidays`"
                .to_owned()
        });
    }
    Selection { is_holiday, warnings }
}

/// The name of an event: its summary, or else its identifier.
pub(super) fn name(event: &ICalendarComponent) -> Option<String> {
    event
        .property(&ICalendarProperty::Summary)
        .or(event.property(&ICalendarProperty::Uid))
        .and_then(|name| name.values.first()?.as_text())
        .map(|name| name.escape_debug().to_string())
}

fn kind(event: &ICalendarComponent) -> HolidayKind {
    let description = event
        .property(&ICalendarProperty::Description)
        .and_then(|entry| entry.values.first().and_then(ICalendarValue::as_text))
        .map(|text| text.trim_start().to_lowercase())
        .unwrap_or_default();
    if let Some(rest) = description.strip_prefix("public holiday") {
        if rest.starts_with(" in ") { HolidayKind::Regional } else { HolidayKind::Public }
    } else if description.starts_with("observance") {
        HolidayKind::Observance
    } else if event.transparency() == Some(&ICalendarTransparency::Transparent) {
        HolidayKind::Free
    } else {
        HolidayKind::Busy
    }
}

fn regional_warning<'e>(events: impl Iterator<Item = &'e ICalendarComponent>) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for event in events {
        let name = name(event).unwrap_or_else(|| "one without a name".to_owned());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return None;
    }
    let others = match names.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    names.truncate(NAMED_MAX);
    Some(format!(
        "holidays of some regions close no date: {}{others}; list those of your region under `holidays`",
        names.join(", ")
    ))
}
