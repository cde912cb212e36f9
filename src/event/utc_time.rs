//! The form in which nearly every producer writes a time.

use chrono::NaiveDate;

use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

/// Reads `2026-11-21T07:14:03Z` and `2026-11-21T07:14:03.120Z`. `None` for every other text, also for other
/// forms of a time: [`Timestamp::parse`] reads those, and takes twice as long.
pub(super) fn utc_time(text: &str) -> Option<Timestamp> {
    let (clock, ms) = match text.as_bytes() {
        [clock @ .., b'.', a, b, c, b'Z'] => (clock, number(&[*a, *b, *c])?),
        [clock @ .., b'Z'] => (clock, 0),
        _ => return None,
    };
    let &[y, e, a, r, b'-', m, o, b'-', d, t, b'T', h, i, b':', n, u, b':', s, c] =
        clock.first_chunk::<19>().filter(|_| clock.len() == 19)?
    else {
        return None;
    };
    let (hour, minute, second) = (number(&[h, i])?, number(&[n, u])?, number(&[s, c])?);
    // Second 60 is a leap second.
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let year = i32::try_from(number(&[y, e, a, r])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(&[m, o])?, number(&[d, t])?)?;
    let days = i64::from(date.to_epoch_days());
    let clock_ms = i64::from(hour) * HOUR_MS
        + i64::from(minute) * MINUTE_MS
        + i64::from(second) * SECOND_MS
        + i64::from(ms);
    Some(Timestamp::from_ms(days * DAY_MS + clock_ms))
}

/// A number of a few decimal digits.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then_some(10 * number + u32::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_usual_form_is_read() {
        let at = |text| utc_time(text).map(Timestamp::ms);
        assert_eq!(at("1970-01-01T00:00:01Z"), Some(1_000));
        assert_eq!(at("2026-11-21T07:14:03.120Z"), Some(1_795_245_243_120));
        for text in [
            "",
            "Z",
            "2026-11-21T07:14:03",
            "2026-11-21T07:14:03.12Z",
            "2026-11-21T07:14:03.1204Z",
            "2026-11-21T07:14:03+00:00",
            "2026-11-21 07:14:03Z",
            "2016-12-31T23:59:60Z",
            "2026-02-29T07:14:03Z",
            "2026-00-01T07:14:03Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T07:60:00Z",
            "2026-1\u{e4}-21T07:14:03Z",
            " 2026-11-21T07:14:03Z",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(crate::proptest_cases(2_000))]

        #[test]
        fn it_is_read_as_every_other_form(
            year in 0_u32..10_000, month in 0_u32..14, day in 0_u32..33, hour in 0_u32..25,
            minute in 0_u32..61, second in 0_u32..62, ms in proptest::option::of(0_u32..1_000),
        ) {
            let ms = ms.map_or_else(String::new, |ms| format!(".{ms:03}"));
            let text =
                format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{ms}Z");
            let parsed = Timestamp::parse(&text);
            let usual = utc_time(&text);
            if second < 60 {
                prop_assert_eq!(usual, parsed);
            } else {
                prop_assert_eq!(usual, None);
            }
        }
    }
}
