//! Forms of time next to RFC 3339, and what is wrong with those that stay unread.
//!
//! Only what has one meaning is read. A time without an offset has none: it may be of any zone.

use chrono::{NaiveDate, NaiveTime};

/// The parts of `2026-11-21 09:14:03 +0200`.
struct TimeParts<'t> {
    date: &'t str,
    clock: &'t str,
    offset: &'t str,
}

impl<'t> TimeParts<'t> {
    /// The parts of a text that begins like a date with a time of day; `None` for other texts.
    fn of(text: &'t str) -> Option<Self> {
        let text = text.trim();
        // Java writes the zone in brackets after the offset.
        let text =
            text.strip_suffix(']').and_then(|rest| rest.split_once('[')).map_or(text, |(t, _)| t);
        let (date, rest) = text.split_at_checked(10)?;
        let clock = rest.strip_prefix(['T', 't', ' '])?.trim_start();
        let end =
            clock.find(|c: char| !c.is_ascii_digit() && !":.,".contains(c)).unwrap_or(clock.len());
        let (clock, offset) = clock.split_at(end);
        Some(Self { date, clock, offset: offset.trim_start() })
    }
}

/// The same instant in RFC 3339; `None` if the text is not next to it.
pub(super) fn as_rfc3339(text: &str) -> Option<String> {
    let TimeParts { date, clock, offset } = TimeParts::of(text)?;
    let hour_digits = clock.find(':')?;
    let zero = if hour_digits == 1 { "0" } else { "" };
    let clock = clock.replace(',', ".");
    let seconds = if clock.matches(':').count() == 1 { ":00" } else { "" };
    let offset = offset_of(offset)?;
    Some(format!("{date}T{zero}{clock}{seconds}{offset}"))
}

/// An offset as RFC 3339 writes it; `None` if the text is none.
fn offset_of(text: &str) -> Option<String> {
    if ["Z", "UTC", "GMT"].iter().any(|utc| utc.eq_ignore_ascii_case(text)) {
        return Some("Z".to_owned());
    }
    let digits = text.strip_prefix(['+', '-'])?;
    let sign = text.strip_suffix(digits)?;
    if !digits.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        return None;
    }
    match (digits.len(), digits.split_at_checked(2)?) {
        (2, (hours, _)) => Some(format!("{sign}{hours}:00")),
        (4, (hours, minutes)) => Some(format!("{sign}{hours}:{minutes}")),
        (5, _) => Some(text.to_owned()),
        _ => None,
    }
}

/// What is wrong with a time that is not read.
pub(super) fn why_unread(text: &str) -> &'static str {
    let text = text.trim();
    if text.is_empty() {
        return "it is empty";
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !text.contains("..") {
        return "it is a number, which may count seconds or milliseconds";
    }
    if is_date(text) {
        return "it is a date without a time of day";
    }
    let Some(TimeParts { date, clock, offset }) = TimeParts::of(text) else {
        return "it does not begin with a date such as 2026-11-21 and a time of day";
    };
    if !is_date(date) {
        let has_form = date
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
        return if has_form {
            "there is no such day"
        } else {
            "it does not begin with a date such as 2026-11-21 and a time of day"
        };
    }
    if !is_clock(clock) {
        return "there is no such time of day";
    }
    if offset.is_empty() {
        "it has no offset, so it may be of any zone"
    } else if offset_of(offset).is_none() && offset.starts_with(|c: char| c.is_ascii_alphabetic()) {
        "it ends with the name of a zone instead of an offset"
    } else {
        "there is no such offset"
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

fn is_clock(text: &str) -> bool {
    let text = text.replace(',', ".");
    ["%H:%M", "%H:%M:%S%.f"].iter().any(|form| NaiveTime::parse_from_str(&text, form).is_ok())
}

#[cfg(test)]
mod tests {
    use super::super::Timestamp;

    #[test]
    fn forms_next_to_rfc_3339_are_read() {
        let at = |text| Timestamp::parse(text);
        for text in [
            "2026-11-21T09:14:00+0200",
            "2026-11-21T09:14:00+02",
            "2026-11-21 09:14:00 +02:00",
            "2026-11-21 09:14+02:00",
            "2026-11-21T07:14Z",
            "2026-11-21 07:14:00 UTC",
            "2026-11-21 7:14 UTC",
            "2026-11-21 07:14:00 gmt",
            "2026-11-21T09:14:00,000+02:00",
            "2026-11-21T09:14+02:00[Europe/Helsinki]",
            " 2026-11-21T07:14:00Z ",
            "2026-11-21t02:44:00-0430",
        ] {
            assert_eq!(at(text), at("2026-11-21T07:14:00Z"), "{text}");
            assert!(at(text).is_some());
        }
        assert_eq!(at("2026-11-21 09:14:03,1209 +0200"), at("2026-11-21T07:14:03.120Z"));
        assert_eq!(at("2016-12-31 23:59:60 UTC"), at("2017-01-01T00:00:00Z"));
    }

    #[test]
    fn what_is_wrong_with_a_time_is_said() {
        for (text, why) in [
            ("", "it is empty"),
            ("1763716443", "it is a number"),
            ("2026-11-21", "without a time of day"),
            ("21.11.2026 09:14", "does not begin with a date"),
            ("11/21/2026 09:14:03Z", "does not begin with a date"),
            ("yesterday", "does not begin with a date"),
            ("2026-13-21T09:14:03Z", "no such day"),
            ("2026-02-30 09:14:03Z", "no such day"),
            ("2026-11-21T24:00:00Z", "no such time of day"),
            ("2026-11-21T9:14:61Z", "no such time of day"),
            ("2026-11-21T09:14:03", "no offset"),
            ("2026-11-21 09:14", "no offset"),
            ("2026-11-21 09:14:03 EET", "the name of a zone"),
            ("2026-11-21 09:14:03 Europe/Helsinki", "the name of a zone"),
            ("2026-11-21T09:14:03+99:99", "no such offset"),
            ("2026-11-21T09:14:03+2", "no such offset"),
            ("ääääääääääääääää", "does not begin with a date"),
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
            let said = Timestamp::why_unread(text);
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
