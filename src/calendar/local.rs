//! The one rule for opening hours and midnights at local times that do not exist or exist twice.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::zone::Zone;
use crate::time::{SECOND_MS, Timestamp};

/// The maximum of hours by which a local time is moved until it exists. The longest gap is a day: Samoa had
/// no 2011-12-30.
const GAP_HOURS_MAX: usize = 48;

/// 00:00 of a date in a time zone. A local time that does not exist moves one hour later until it does; one
/// that exists twice means the first.
pub fn local_midnight(zone: &Zone, date: NaiveDate) -> Timestamp {
    let second = unix_second(zone, date.and_time(chrono::NaiveTime::MIN));
    Timestamp::from_ms(second.saturating_mul(SECOND_MS))
}

/// Seconds since 1970 of a local time, by the same rule.
pub(super) fn unix_second(zone: &Zone, local: NaiveDateTime) -> i64 {
    let mut moved = local;
    for _ in 0..GAP_HOURS_MAX {
        if let Some(ahead) = zone.seconds_ahead(moved) {
            return moved.and_utc().timestamp().saturating_sub(ahead);
        }
        moved = moved.checked_add_signed(TimeDelta::hours(1)).unwrap_or(NaiveDateTime::MAX);
    }
    local.and_utc().timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::compiled_in(name).unwrap()
    }

    /// The instant of a local time, in UTC.
    fn utc(zone: &Zone, local: &str) -> String {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
        Timestamp::from_ms(unix_second(zone, local).saturating_mul(SECOND_MS)).to_string()
    }

    #[test]
    fn a_local_time_that_does_not_exist_is_taken_one_hour_later() {
        let helsinki = &zone("Europe/Helsinki");
        assert_eq!(utc(helsinki, "2026-03-29 02:59"), "2026-03-29T00:59:00Z");
        // The clocks go from 03:00 to 04:00.
        assert_eq!(utc(helsinki, "2026-03-29 03:30"), "2026-03-29T01:30:00Z");
        assert_eq!(utc(helsinki, "2026-03-29 04:30"), "2026-03-29T01:30:00Z");
        // Lord Howe moves its clocks by half an hour, from 02:00 to 02:30, on 2026-10-04.
        let lord_howe = &zone("Australia/Lord_Howe");
        assert_eq!(utc(lord_howe, "2026-10-04 02:15"), utc(lord_howe, "2026-10-04 03:15"));
        // In São Paulo midnight did not exist.
        let sao_paulo = &zone("America/Sao_Paulo");
        assert_eq!(utc(sao_paulo, "2018-11-04 00:00"), "2018-11-04T03:00:00Z");
    }

    #[test]
    fn a_day_that_does_not_exist_moves_until_it_does() {
        let apia = &zone("Pacific/Apia");
        assert_eq!(utc(apia, "2011-12-30 09:00"), utc(apia, "2011-12-31 00:00"));
        let date = NaiveDate::from_ymd_opt(2011, 12, 30).unwrap();
        assert_eq!(local_midnight(apia, date).to_string(), "2011-12-30T10:00:00Z");
    }

    #[test]
    fn a_local_time_that_exists_twice_means_the_first() {
        assert_eq!(utc(&zone("Europe/Helsinki"), "2026-10-25 03:30"), "2026-10-25T00:30:00Z");
        assert_eq!(utc(&zone("America/New_York"), "2026-11-01 01:30"), "2026-11-01T05:30:00Z");
    }

    #[test]
    fn rules_for_summer_time_go_on_to_the_end_of_the_century() {
        assert_eq!(utc(&zone("Europe/Helsinki"), "2099-07-01 12:00"), "2099-07-01T09:00:00Z");
        assert_eq!(utc(&zone("Europe/Helsinki"), "2099-12-01 12:00"), "2099-12-01T10:00:00Z");
    }
}
