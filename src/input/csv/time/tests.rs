use super::*;

fn rules(format: Option<&str>, zone: Option<&str>) -> TimeRules {
    TimeRules {
        format: format.map(|format| ExportTimeFormat::parse(format).unwrap()),
        zone: zone.map(|zone| ExportZone::parse(zone).unwrap()),
    }
}

/// The instant, and `?` if UTC was only assumed; or the error.
fn read(rules: &TimeRules, text: &str) -> String {
    match rules.read(text) {
        Ok(CellTime { at, is_assumed_utc }) => {
            format!("{at}{}", if is_assumed_utc { "?" } else { "" })
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn forms_that_mean_one_instant_are_read_without_a_name() {
    let rules = rules(None, None);
    for (text, instant) in [
        ("2026-11-21T09:14:03.120+02:00", "2026-11-21T07:14:03.120Z"),
        ("2026-11-21 09:14:03 +0200", "2026-11-21T07:14:03Z"),
        ("2026-11-21 09:14-05", "2026-11-21T14:14:00Z"),
        ("2026-11-21t09:14z", "2026-11-21T09:14:00Z"),
        ("2026-11-21 09:14:03 UTC", "2026-11-21T09:14:03Z"),
        ("2026-11-21 09:14:03 GMT+03:30", "2026-11-21T05:44:03Z"),
        ("2026/11/1 9:14", "2026-11-01T09:14:00Z?"),
        ("2026-11-21  09:14:03,5", "2026-11-21T09:14:03.500Z?"),
        ("2016-12-31 23:59:60 UTC", "2017-01-01T00:00:00Z"),
        ("Sat, 21 Nov 2026 09:14:03 +0200", "2026-11-21T07:14:03Z"),
        ("1795270440", "2026-11-21T14:14:00Z"),
        ("1795270440.25", "2026-11-21T14:14:00.250Z"),
        ("1795270440120", "2026-11-21T14:14:00.120Z"),
    ] {
        assert_eq!(read(&rules, text), instant, "{text}");
    }
}

#[test]
fn what_is_ambiguous_or_incomplete_is_refused_with_the_way_out() {
    let rules = rules(None, Some("Europe/Helsinki"));
    for (text, error) in [
        (
            "1/2/2026 9:14 AM",
            "add time=%d/%m/%Y %I:%M %p (day first) or time=%m/%d/%Y %I:%M %p (month first)",
        ),
        ("21.11.2026 9.14", "add time=%d.%m.%Y %H.%M to"),
        ("11/21/26, 09:14:03", "add time=%m/%d/%y %H:%M:%S to"),
        ("21.11.2026", "no time of day"),
        ("2026-11-21", "no time of day"),
        ("46347.38", "number of a spreadsheet"),
        ("20261121", "write RFC 3339"),
        ("202611210914", "write a time from 1990 to 2099"),
        ("21.11.2026 klo 9.14", "name the form with time="),
        ("2026-11-21 24:00", "write RFC 3339"),
        ("2026-11-21 09:1", "write RFC 3339"),
        ("2026-11-21 09:14 EET", "write RFC 3339"),
        ("2026-11-21 09:14+2", "write RFC 3339"),
        ("2026-02-30 09:14", "write RFC 3339"),
        ("0021-11-20 09:14", "write a time from 1990 to 2099"),
        ("2026-10-25 03:30", "comes twice in Europe/Helsinki"),
        ("2026-03-29 03:30", "does not exist in Europe/Helsinki"),
    ] {
        let refused = read(&rules, text);
        assert!(refused.contains(error), "{text}: {refused}");
    }
}

#[test]
fn a_zone_moves_only_times_without_an_offset() {
    for (zone, instant) in [
        ("Europe/Helsinki", "2026-07-01T06:00:00Z"),
        ("-03:30", "2026-07-01T12:30:00Z"),
        ("+0200", "2026-07-01T07:00:00Z"),
        ("UTC", "2026-07-01T09:00:00Z"),
    ] {
        let rules = rules(None, Some(zone));
        assert_eq!(read(&rules, "2026-07-01 09:00"), instant, "{zone}");
        assert_eq!(read(&rules, "2026-07-01 09:00Z"), "2026-07-01T09:00:00Z", "{zone}");
    }
    // The hour that comes twice is unambiguous with its offset.
    let helsinki = rules(None, Some("Europe/Helsinki"));
    assert_eq!(read(&helsinki, "2026-10-25 03:30+02:00"), "2026-10-25T01:30:00Z");
    for (zone, advice) in [
        ("Helsinki", "did you mean Europe/Helsinki?"),
        ("Europe/Helsinky", "did you mean Europe/Helsinki?"),
        ("FLE", "an IANA name"),
    ] {
        let refused = ExportZone::parse(zone).unwrap_err().to_string();
        assert!(refused.contains(advice), "{refused}");
    }
}

#[test]
fn a_named_form_is_read_beside_those_that_it_cannot_be_taken_for() {
    for (format, text, instant) in [
        ("%d.%m.%Y klo %H.%M", "2.11.2026 klo 9.14", "2026-11-02T09:14:00Z?"),
        ("%m/%d/%Y %I:%M %p", "11/2/2026 1:14 PM", "2026-11-02T13:14:00Z?"),
        ("%m/%d/%y %H:%M:%S %z", "11/02/26 09:14:00 +0200", "2026-11-02T07:14:00Z"),
        ("%s", "1795270440", "2026-11-21T14:14:00Z"),
        ("%b %d, %Y %H:%M", "Nov 2, 2026 09:14", "2026-11-02T09:14:00Z?"),
    ] {
        let rules = rules(Some(format), None);
        assert_eq!(read(&rules, text), instant, "{format}");
        assert_eq!(read(&rules, "2026-11-02 09:14"), "2026-11-02T09:14:00Z?", "{format}");
        let other = read(&rules, "2/11-2026 9:14");
        assert!(other.contains("is not of the form"), "{format}: {other}");
    }
    let rules = rules(Some("%Y-%d-%m %H:%M"), None);
    assert_eq!(read(&rules, "2026-02-11 09:14"), "2026-11-02T09:14:00Z?");
    let other = read(&rules, "2026-02-13 09:14");
    assert!(other.contains("is not of the form"), "the month would be the day: {other}");
}

#[test]
fn a_form_that_gives_no_instant_is_refused() {
    for (format, error) in [
        ("%d.%m.%Y", TimeFormatError::Incomplete),
        ("%m/%d/%Y %I:%M", TimeFormatError::Incomplete),
        ("%d.%m. %H:%M", TimeFormatError::Incomplete),
        ("", TimeFormatError::Incomplete),
        ("%d.%m.%Y %H:%M %Q", TimeFormatError::Unknown),
        ("%d.%m.%Y %H:%M %Z", TimeFormatError::ZoneName),
    ] {
        assert_eq!(ExportTimeFormat::parse(format), Err(error), "{format}");
    }
}
