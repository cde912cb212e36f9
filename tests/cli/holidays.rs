//! Holidays that are left out, half holidays, observances, and the list of a year.

use std::fmt::Write as _;

use vaste::config::Config;
use vaste::time::Timestamp;

use crate::check::{diagnostics_text, read};
use crate::run::{Folder, page};

/// A feed: two holidays, an observance, and a meeting that closes no date.
const FEED: &str = "\
BEGIN:VCALENDAR\r
BEGIN:VEVENT\r
UID:1@example\r
DTSTART;VALUE=DATE:20270625\r
SUMMARY:Midsummer Eve\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2@example\r
DTSTART;VALUE=DATE:20271224\r
DTEND;VALUE=DATE:20271227\r
TRANSP:OPAQUE\r
SUMMARY:Christmas\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3@example\r
DTSTART;VALUE=DATE:20270510\r
TRANSP:TRANSPARENT\r
SUMMARY:Day after Mother's Day\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:4@example\r
DTSTART:20270511T090000Z\r
SUMMARY:Meeting\r
END:VEVENT\r
END:VCALENDAR\r
";

/// A calendar that is open from 8 to 16 UTC on weekdays, with these lines.
fn calendar(name: &str, lines: &str) -> String {
    let week = ["mon", "tue", "wed", "thu", "fri"].map(|day| format!("{day}: [\"08:00-16:00\"]"));
    format!("  {name}:\n    zone: UTC\n    week: {{ {} }}\n{lines}", week.join(", "))
}

fn config(lines: &str) -> Config {
    let text = format!("calendars:\n{}", calendar("c", lines));
    read(&[("c.yaml", &text), ("f.ics", FEED)], &["c.yaml"])
}

fn is_open(config: &Config, at: &str) -> bool {
    config.calendars["c"].is_open(Timestamp::parse(at).unwrap())
}

const FEED_LINE: &str = "    holidays_ics: [f.ics]\n";

#[test]
fn a_date_left_out_is_no_holiday() {
    let config = config(&format!(
        "{FEED_LINE}    holidays: [12-06..12-08, 2027-03-26]\n    except: [2027-06-25, 12-07, 2027-03-26]\n"
    ));
    assert!(!config.diagnostics.has_errors(), "{}", diagnostics_text(&config));
    for (date, open) in [
        ("2027-06-25", true),
        ("2027-12-24", false),
        ("2027-12-06", false),
        ("2027-12-07", true),
        ("2028-12-07", true),
        ("2027-12-08", false),
        ("2027-03-26", true),
    ] {
        assert_eq!(is_open(&config, &format!("{date}T12:00:00Z")), open, "{date}");
    }
}

/// A date of an iCalendar file, of every year, and of a range of every year; then the date itself and a range
/// of dates.
#[test]
fn special_hours_of_a_date_win_over_holidays_that_do_not_list_that_date() {
    let [plain, group, even, not_even] = [
        "[\"09:00-12:00\"]",
        "{ openings: [\"09:00-12:00\"] }",
        "{ openings: [\"09:00-12:00\"], even_on_holidays: true }",
        "{ openings: [\"09:00-12:00\"], even_on_holidays: false }",
    ];
    for (holidays, open) in [
        (FEED_LINE, [true, true, true, false]),
        ("    holidays: [12-24]\n", [true, true, true, false]),
        ("    holidays: [12-20..01-06]\n", [true, true, true, false]),
        ("    holidays: [2027-12-24]\n", [false, false, true, false]),
        ("    holidays: [2027-12-20..2027-12-24, 12-24]\n", [false, false, true, false]),
        ("    holidays: [2027-12-23]\n", [true; 4]),
    ] {
        for (value, open) in [plain, group, even, not_even].into_iter().zip(open) {
            let config = config(&format!("{holidays}    special: {{ 2027-12-24: {value} }}\n"));
            let hour = |hour: u32| is_open(&config, &format!("2027-12-24T{hour:02}:00:00Z"));
            let hours: Vec<u32> = (0..24).filter(|at| hour(*at)).collect();
            assert_eq!(
                hours,
                if open { vec![9, 10, 11] } else { Vec::new() },
                "{holidays} {value}"
            );
            let warns = diagnostics_text(&config).contains("special.2027-12-24: is a holiday");
            assert_eq!(warns, !open && value != not_even, "{holidays} {value}");
        }
        let closed = config(&format!("{holidays}    special: {{ 2027-12-24: [] }}\n"));
        assert!(!is_open(&closed, "2027-12-24T10:00:00Z"), "{holidays}");
    }
}

/// Two minutes on a yearly holiday, by special hours: an answer after the weekend is in time or is not.
#[test]
fn a_wait_counts_the_special_hours_of_a_yearly_holiday() {
    let folder = Folder::new();
    let lines = "    holidays: [12-24..12-26]\n    special: { 2027-12-24: [\"09:00-12:00\"] }\n";
    folder.write("c.yaml", format!("calendars:\n{}", calendar("c", lines)));
    let from = ["2027-12-24T11:58:00Z", "2027-12-27T08:30:00Z"];
    let elapsed = ["calendar", "elapsed", "--calendars", "c.yaml", "c"];
    let said = page(&folder.vaste(&[&elapsed[..], &from].concat()));
    assert!(said.contains("32m open"), "{said}");
    let due = ["calendar", "due", "--calendars", "c.yaml", "c", from[0], "32m"];
    let said = page(&folder.vaste(&due));
    assert!(said.contains("due 2027-12-27T08:30:00Z"), "{said}");
}

#[test]
fn observances_close_no_date() {
    let config = config(FEED_LINE);
    assert!(is_open(&config, "2027-05-10T12:00:00Z"));
    assert!(!diagnostics_text(&config).contains("Mother"), "{}", diagnostics_text(&config));
}

/// An event of one day.
fn event(date: &str, name: &str, lines: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{date}\r\nDTSTART;VALUE=DATE:{date}\r\nSUMMARY:{name}\r\n{lines}END:VEVENT\r\n"
    )
}

fn feed(events: &[String]) -> String {
    format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", events.concat())
}

/// The days of February 2027 that a feed closes, and the diagnostics.
fn closed_by(entry: &str, feed: &str) -> (Vec<u32>, String) {
    let lines = format!("    holidays_ics: [{entry}]\n");
    let text = format!("calendars:\n{}", calendar("c", &lines));
    let config = read(&[("c.yaml", &text), ("g.ics", feed)], &["c.yaml"]);
    let weekdays = (1..=28).filter(|day| !matches!(day % 7, 6 | 0));
    let is_closed = |day: &u32| !is_open(&config, &format!("2027-02-{day:02}T12:00:00Z"));
    (weekdays.filter(is_closed).collect(), diagnostics_text(&config))
}

const FREE: &str = "TRANSP:TRANSPARENT\r\n";

#[test]
fn a_description_tells_holidays_from_observances_where_every_event_is_free_time() {
    let described = |date, name, text| event(date, name, &format!("DESCRIPTION:{text}\r\n{FREE}"));
    let national = [
        described("20270201", "Founding Day", "Public holiday"),
        described("20270202", "Feast", "Public holiday\\nDate is tentative and may change"),
        described("20270203", "Mothers", "Observance\\nTo hide observances\\, go to Settings"),
        described("20270204", "Undescribed", ""),
    ];
    let regional = [
        described("20270208", "Epiphany", "Public holiday in Bavaria\\, Saxony-Anhalt"),
        described("20270209", "Reformation Day", "Public holiday in Saxony"),
    ];
    assert_eq!(closed_by("g.ics", &feed(&national)), (vec![1, 2], String::new()));
    let all = feed(&[&national[..], &regional].concat());
    let (closed, said) = closed_by("g.ics", &all);
    assert_eq!(closed, [1, 2]);
    insta::assert_snapshot!("regional", said);
    // A feed may say for every event in which country it is a holiday.
    assert_eq!(closed_by("g.ics", &feed(&regional)), (vec![8, 9], String::new()));
    let busy_observance = event("20270203", "Mothers", "DESCRIPTION:observance - for all\r\n");
    let two = feed(&[busy_observance, event("20270205", "Holiday", "")]);
    assert_eq!(closed_by("g.ics", &two), (vec![5], String::new()));
}

#[test]
fn a_feed_whose_events_are_all_free_time_closes_dates_only_if_the_entry_says_so() {
    let events = [event("20270201", "Founding Day", FREE), event("20270202", "Mothers", FREE)];
    let all = feed(&events);
    let (closed, said) = closed_by("g.ics", &all);
    assert_eq!(closed, [0; 0]);
    assert!(said.contains("{ file: g.ics, close_transparent: true }"), "{said}");
    let (closed, said) = closed_by("{ file: g.ics, close_transparent: true }", &all);
    assert_eq!((closed, said), (vec![1, 2], String::new()));
    let (closed, _) = closed_by("{ file: g.ics, close_transparent: false }", &all);
    assert_eq!(closed, [0; 0]);
    let mixed = feed(&[&events[..], &[event("20270203", "Busy", "")]].concat());
    assert_eq!(closed_by("{ file: g.ics }", &mixed), (vec![3], String::new()));
    let mut faults = String::new();
    for entry in
        ["{ close_transparent: true }", "{ file: g.ics, close_transparent: closes, at: 1 }"]
    {
        faults += &closed_by(entry, &all).1;
    }
    insta::assert_snapshot!("feed_entries", faults);
}

#[test]
fn faults_and_warnings_of_holidays_are_said_once() {
    let two = |lines: &str| format!("calendars:\n{}{}", calendar("a", lines), calendar("b", lines));
    let observances =
        FEED.replace("TRANSP:OPAQUE\r\n", "").replace("UID:", "TRANSP:TRANSPARENT\r\nUID:");
    let mut said = String::new();
    for (what, text) in [
        ("two calendars with the same feed", two(FEED_LINE)),
        ("two entries of the same feed", two("    holidays_ics: [f.ics, f.ics]\n")),
        ("only observances", two("    holidays_ics: [o.ics]\n")),
        (
            "special hours on holidays",
            format!(
                "calendars:\n{}",
                calendar(
                    "a",
                    &format!(
                        "{FEED_LINE}    holidays: [2027-06-25, 2027-12-24..2027-12-25]\n    \
                         special: {{ 2027-06-25: [\"09:00-10:00\"], 2027-06-28: [], \
                         2027-12-24: [\"09:00-10:00\"], 2027-12-25: [\"09:00-10:00\"] }}\n"
                    )
                )
            ),
        ),
        (
            "exceptions of nothing",
            two("    holidays: [12-06]\n    except: [2027-12-07, 01-01, 2027-12-01..2027-12-06]\n"),
        ),
        ("not dates", two("    except: [never]\n    special: { 2027-01-01: { open: [] } }\n")),
        (
            "not a boolean",
            two("    special: { 2027-01-01: { openings: [\"8-9\"], even_on_holidays: maybe } }\n"),
        ),
    ] {
        let config =
            read(&[("c.yaml", &text), ("f.ics", FEED), ("o.ics", &observances)], &["c.yaml"]);
        writeln!(said, "# {what}\n{}", diagnostics_text(&config)).unwrap();
    }
    insta::assert_snapshot!("said_once", said);
}

#[test]
fn the_days_of_a_year_are_listed_with_their_reasons() {
    let folder = Folder::new();
    folder.write("f.ics", FEED.replace("DTSTART:20270511T090000Z", "DTSTART;VALUE=DATE:20270511"));
    let lines = "    holidays: [01-01, 12-06]
    except: [2027-06-25]
    special:
      2027-12-23: [\"08:00-12:00\", \"22:00-02:00\"]
      2027-12-24: { openings: [\"09:00-12:00\"], even_on_holidays: true }
      2027-05-12: []
    breaks: { 2027-05-13: [\"12:00-13:00\"], 2027-12-06: [\"12:00-13:00\"] }
";
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let week = days.map(|day| format!("{day}: [\"00:00-24:00\"]")).join(", ");
    let text = format!(
        "calendars:\n{}  plain: {{ zone: Europe/Helsinki, week: {{ {week} }} }}\n",
        calendar("office", &format!("{FEED_LINE}{lines}"))
    );
    folder.write("c.yaml", text);
    let mut said = String::new();
    for (arguments, code) in [
        (&["--calendars", "c.yaml", "--year", "2027"][..], 0),
        (&["--calendars", "c.yaml", "office", "--year", "2028"], 0),
        (&["--calendars", "c.yaml", "plain", "--year", "2028"], 0),
        (&["--calendars", "c.yaml", "elsewhere", "--year", "2027"], 1),
        (&["always", "--year", "2027"], 0),
        (&["--year", "2027"], 0),
        (&["--calendars", "c.yaml", "--year", "2100"], 2),
        (&["--calendars", "c.yaml"], 2),
    ] {
        let output = folder.vaste(&[&["calendar", "days"], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        writeln!(said, "vaste calendar days {}\n{}", arguments.join(" "), page(&output)).unwrap();
    }
    insta::assert_snapshot!("days", said);
}
