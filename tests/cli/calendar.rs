//! Calendar files with all their faults, and `vaste calendar`.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::sample::Index;
use vaste::calendar::Calendar;
use vaste::config::Config;
use vaste::time::{Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

use super::check::{diagnostics_text, read};
use super::run::{Folder, page};

const GOOD: &str = "\
calendars:
  office-fi:
    zone: Europe/Helsinki
    week: { mon: [\"08:00-16:00\"], tue: [\"08:00-11:30\", \"12:00-16:00\"], sat: [\"22:00-02:00\"] }
    holidays: [12-06, 2026-12-24..2026-12-26]
    holidays_ics: [finland.ics]
    special: { 2026-12-23: [\"08:00-12:00\"] }
    breaks: { 2026-06-16: [\"11:00-12:00\"] }
";

/// An event of one day in 2027, and a yearly one.
const GOOD_ICS: &str = "\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//vaste//test//EN\r
BEGIN:VEVENT\r
UID:1@example\r
DTSTART;VALUE=DATE:20270208\r
DTEND;VALUE=DATE:20270209\r
SUMMARY:A day that is closed\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2@example\r
DTSTART;VALUE=DATE:20260622\r
DURATION:P2D\r
RRULE:FREQ=YEARLY\r
SUMMARY:Two days in June\r
END:VEVENT\r
END:VCALENDAR\r
";

/// A part of [`GOOD`], and the faulty text that replaces it. The fault must suggest the original.
const FAULTS: [(&str, &str); 31] = [
    ("  office-fi:\n", "  always:\n"),
    ("  office-fi:\n", "  office fi:\n"),
    ("calendars:\n", "timezone: x\ncalendars:\n"),
    ("    zone: Europe/Helsinki\n", ""),
    ("Europe/Helsinki", "Europe/Helsinky"),
    ("Europe/Helsinki", "helsinki"),
    ("Europe/Helsinki", "New York"),
    ("Europe/Helsinki", "UTC+2"),
    ("Europe/Helsinki", "[Europe/Helsinki]"),
    ("mon: [", "monday: ["),
    ("mon: [", "mom: ["),
    ("[\"08:00-16:00\"]", "08:00-16:00"),
    ("\"08:00-16:00\"", "\"8-16\""),
    ("\"08:00-16:00\"", "\"08:00-25:00\""),
    ("\"08:00-16:00\"", "\"24:00-25:00\""),
    ("\"08:00-16:00\"", "\"08:60-16:00\""),
    ("\"08:00-16:00\"", "\"09:00-09:00\""),
    ("\"08:00-16:00\"", "{ from: 08:00 }"),
    ("\"12:00-16:00\"", "\"11:00-16:00\""),
    ("12-06", "12-32"),
    ("12-06", "02-30"),
    ("12-06", "6.12."),
    ("2026-12-24..2026-12-26", "2026-12-26..2026-12-24"),
    ("2026-12-24..2026-12-26", "12-24..2026-12-26"),
    ("2026-12-24..2026-12-26", "2126-12-24..2126-12-26"),
    ("[finland.ics]", "[gone.ics]"),
    ("[finland.ics]", "[notes.txt]"),
    ("[finland.ics]", "[cut.ics]"),
    ("2026-12-23:", "23.12.2026:"),
    ("\"11:00-12:00\"", "\"11:00\""),
    ("    breaks:", "    pauses:"),
];

/// Good files next to those of a test.
fn files<'t>(name: &'static str, text: &'t str) -> Vec<(&'static str, &'t str)> {
    let cut = GOOD_ICS.split_once("END:VCALENDAR").unwrap().0;
    vec![(name, text), ("finland.ics", GOOD_ICS), ("notes.txt", "call mother\n"), ("cut.ics", cut)]
}

fn good() -> Config {
    read(&files("c.yaml", GOOD), &["c.yaml"])
}

/// The open minutes on a date in Helsinki, by its winter midnights.
fn minutes_on(calendar: &Calendar, date: &str) -> i64 {
    let midnight = Timestamp::parse(&format!("{date}T00:00:00+02:00")).unwrap();
    let open = calendar.open_time(midnight, midnight.plus(Elapsed::from_ms(24 * HOUR_MS)));
    open.ms() / MINUTE_MS
}

#[test]
fn the_good_file_is_read_completely() {
    let config = good();
    assert_eq!(diagnostics_text(&config), "");
    let files: Vec<String> = config.files.iter().map(|file| file.display().to_string()).collect();
    assert_eq!(files, ["finland.ics", "c.yaml"]);
    let office = &config.calendars["office-fi"];
    for (date, minutes, why) in [
        ("2026-11-23", 480, "a Monday"),
        ("2026-11-24", 450, "a Tuesday, without lunch"),
        ("2026-11-25", 0, "no opening on Wednesdays"),
        ("2026-11-28", 120, "Saturday, before midnight"),
        ("2026-11-29", 120, "Saturday, after midnight"),
        ("2027-12-06", 0, "6 December, a Monday"),
        ("2026-12-26", 0, "the last day of the range, a Saturday"),
        ("2026-12-23", 240, "special hours on a Wednesday"),
        ("2026-06-16", 420, "a Tuesday with a break from 11 to 12, of which half is lunch"),
        ("2027-02-08", 0, "an event, a Monday"),
        ("2027-02-09", 450, "the end of an event is excluded"),
        ("2026-06-22", 0, "a yearly event, its first day, a Monday"),
        ("2026-06-23", 0, "its second day, a Tuesday"),
        ("2037-06-22", 0, "years later, a Monday"),
        ("2037-06-29", 480, "the Monday after it"),
    ] {
        assert_eq!(minutes_on(office, date), minutes, "{date}: {why}");
    }
}

#[test]
fn every_calendar_fault_names_its_position_and_a_fix_that_works() {
    let mut page = String::new();
    for (part, bad) in FAULTS {
        assert_eq!(GOOD.matches(part).count(), 1, "{part}");
        let text = GOOD.replace(part, bad);
        let config = read(&files("c.yaml", &text), &["c.yaml"]);
        assert!(config.diagnostics.has_errors(), "{bad} passes");
        writeln!(page, "{}\n{}", bad.trim_matches('\n').escape_debug(), diagnostics_text(&config))
            .unwrap();
    }
    insta::assert_snapshot!("faults", page);
}

#[test]
fn wholly_wrong_calendar_files_are_faults() {
    let zone = "zone: Europe/Helsinki";
    let mut page = String::new();
    for text in [
        format!("calendars: {{ a: {{ {zone} }} }}\n"),
        format!("calendars: {{ a: {{ {zone}, week: {{ mon: [] }} }} }}\n"),
        format!(
            "calendars: {{ a: {{ {zone}, special: {{ 2026-01-01: [\"08:00-09:00\"] }}, holidays: [2026-01-01] }} }}\n"
        ),
        format!(
            "calendars: {{ a: {{ {zone}, week: {{ mon: [{}] }} }} }}\n",
            "\"00:00-00:01\", ".repeat(25)
        ),
        "calendars: { a: Europe/Helsinki }\n".to_owned(),
        format!(
            "calendars: {{ a: {{ {zone}, week: {{ mon: [\"08:00-09:00\"] }} }}, a: {{ {zone} }} }}\n"
        ),
    ] {
        writeln!(
            page,
            "{}\n{}",
            text.trim_end(),
            diagnostics_text(&read(&[("c.yaml", &text)], &["c.yaml"]))
        )
        .unwrap();
    }
    let two = [("c.yaml", GOOD), ("d.yaml", GOOD), ("finland.ics", GOOD_ICS)];
    writeln!(page, "two files\n{}", diagnostics_text(&read(&two, &["c.yaml", "d.yaml"]))).unwrap();
    let many: String = (0..257).fold("calendars:\n".to_owned(), |text, number| {
        format!("{text}  c{number}: {{ {zone}, week: {{ mon: [\"08:00-16:00\"] }} }}\n")
    });
    writeln!(page, "257 calendars\n{}", diagnostics_text(&read(&[("c.yaml", &many)], &["c.yaml"])))
        .unwrap();
    insta::assert_snapshot!("files", page);
}

/// An iCalendar file of one event with these lines.
fn event(lines: &str) -> String {
    let lines = lines.replace('\n', "\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1@example\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// The dates from June 2026 to 2031 that an event closes.
fn closed(event: &str) -> (Vec<String>, String) {
    let day = |name: &str| format!("{name}: [\"00:00-24:00\"]");
    let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(day).join(", ");
    let yaml =
        format!("calendars: {{ c: {{ zone: UTC, holidays_ics: [e.ics], week: {{ {week} }} }} }}\n");
    let config = read(&[("f/c.yaml", &yaml), ("f/e.ics", event)], &["f/c.yaml"]);
    assert!(!config.diagnostics.has_errors(), "{}", diagnostics_text(&config));
    let mut dates = Vec::new();
    for year in 2026..2032 {
        for day in 1..=30 {
            let date = format!("{year}-06-{day:02}");
            let noon = Timestamp::parse(&format!("{date}T12:00:00Z")).unwrap();
            if !config.calendars["c"].is_open(noon) {
                dates.push(date);
            }
        }
    }
    (dates, diagnostics_text(&config))
}

#[test]
fn all_day_events_close_their_dates_and_recur() {
    let day = "DTSTART;VALUE=DATE:20260619";
    for (lines, expected) in [
        (day.to_owned(), &["2026-06-19"][..]),
        (format!("{day}\nDTEND;VALUE=DATE:20260621"), &["2026-06-19", "2026-06-20"]),
        (format!("{day}\nDTEND;VALUE=DATE:20260619"), &["2026-06-19"]),
        (format!("{day}\nDURATION:P2D"), &["2026-06-19", "2026-06-20"]),
        ("DTSTART;VALUE=DATE:2026\n 0619".to_owned(), &["2026-06-19"]),
        (
            format!("{day}\nRRULE:FREQ=YEARLY"),
            &["2026-06-19", "2027-06-19", "2028-06-19", "2029-06-19", "2030-06-19", "2031-06-19"],
        ),
        (format!("{day}\nRRULE:FREQ=YEARLY;COUNT=2"), &["2026-06-19", "2027-06-19"]),
        (
            format!("{day}\nRRULE:FREQ=YEARLY;UNTIL=20280619"),
            &["2026-06-19", "2027-06-19", "2028-06-19"],
        ),
        (format!("{day}\nRRULE:FREQ=YEARLY;UNTIL=20280618"), &["2026-06-19", "2027-06-19"]),
        (format!("{day}\nRRULE:FREQ=YEARLY;UNTIL=20270619T000000Z"), &["2026-06-19", "2027-06-19"]),
        (
            // Midsummer Eve: the Friday from 19 to 25 June.
            format!(
                "{day}\nRRULE:FREQ=YEARLY;BYMONTH=6;BYDAY=FR;BYMONTHDAY=19,20,21,22,23,24,25;COUNT=3"
            ),
            &["2026-06-19", "2027-06-25", "2028-06-23"],
        ),
        (
            format!("{day}\nRRULE:FREQ=YEARLY;COUNT=4\nEXDATE;VALUE=DATE:20270619,20280619"),
            &["2026-06-19", "2029-06-19"],
        ),
        (
            format!("{day}\nRDATE;VALUE=DATE:20270625,20280623"),
            &["2026-06-19", "2027-06-25", "2028-06-23"],
        ),
        (format!("{day}\nRRULE:FREQ=YEARLY;INTERVAL=4;COUNT=2"), &["2026-06-19", "2030-06-19"]),
    ] {
        assert_eq!(
            closed(&event(&lines)),
            (expected.iter().map(|d| (*d).to_owned()).collect(), String::new()),
            "{lines}"
        );
    }
}

#[test]
fn unsupported_icalendar_events_are_warnings_that_name_the_event() {
    let mut page = String::new();
    let day = "DTSTART;VALUE=DATE:20260619";
    for lines in [
        "DTSTART:20260619T080000Z\nSUMMARY:Training".to_owned(),
        "DTSTART;TZID=Europe/Helsinki:20260619T000000\nSUMMARY:Night\\, long".to_owned(),
        format!("{day}\nDTEND:20260619T120000Z"),
        format!("{day}\nDURATION:PT12H"),
        format!("{day}\nDTEND;VALUE=DATE:20260601"),
        format!("{day}\nRRULE:FREQ=NEVER"),
        format!("{day}\nRRULE:FREQ=HOURLY;COUNT=3"),
        format!("{day}\nRRULE:FREQ=YEARLY;BYMONTH=13"),
        format!("{day}\nRRULE:FREQ=YEARLY\nRRULE:FREQ=MONTHLY"),
        format!("{day}\nRRULE:FREQ=YEARLY\nEXRULE:FREQ=YEARLY;INTERVAL=2"),
        format!("{day}\nRECURRENCE-ID;VALUE=DATE:20260620"),
        format!("{day}\nSTATUS:CANCELLED"),
        "SUMMARY:Some day".to_owned(),
        "DTSTART;VALUE=DATE:20260631".to_owned(),
    ] {
        let (dates, warning) = closed(&event(&lines));
        assert!(dates.is_empty(), "{lines}: {dates:?}");
        assert!(!warning.is_empty(), "{lines} has no warning");
        writeln!(page, "{}\n{warning}", lines.escape_debug()).unwrap();
    }
    let text = "calendars: { a: { zone: UTC, week: { thu: [\"08:00-16:00\"] }, holidays: [2026-12-24], \
                special: { 2026-12-24: [\"08:00-09:00\"] } } }\n";
    writeln!(page, "{}", diagnostics_text(&read(&[("c.yaml", text)], &["c.yaml"]))).unwrap();
    insta::assert_snapshot!("warnings", page);
}

#[test]
fn yearly_holidays_may_span_the_new_year_and_be_leap_days() {
    let text = "calendars: { c: { zone: UTC, week: { mon: [\"00:00-24:00\"], tue: [\"00:00-24:00\"], \
                wed: [\"00:00-24:00\"], thu: [\"00:00-24:00\"] }, holidays: [12-30..01-02, 02-29] } }\n";
    let config = read(&[("c.yaml", text)], &["c.yaml"]);
    assert_eq!(diagnostics_text(&config), "");
    let open = |date: &str| {
        config.calendars["c"].is_open(Timestamp::parse(&format!("{date}T12:00:00Z")).unwrap())
    };
    assert!(open("2025-12-29") && !open("2025-12-30") && !open("2025-12-31"));
    assert!(!open("2026-01-01") && open("2026-01-05") && !open("2029-01-02") && open("2029-01-03"));
    assert!(!open("2024-02-29") && open("2023-02-28") && open("2023-03-01"));
}

#[test]
fn the_hash_of_a_configuration_includes_its_icalendar_files() {
    let other = GOOD_ICS.replace("P2D", "P3D");
    let changed = read(&[("c.yaml", GOOD), ("finland.ics", &other)], &["c.yaml"]);
    assert_eq!(diagnostics_text(&changed), "");
    assert_ne!(good().hash, changed.hash);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// Reading an iCalendar file ends in holidays, warnings or a fault, whatever it contains.
    #[test]
    fn any_icalendar_text_is_read_or_refused(
        places in prop::collection::vec((any::<Index>(), "[0-9A-Z:;=,\\-\r\n \"ä]{0,6}"), 1..6),
        rule in concat!(
            "(FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY))?",
            "(;(COUNT|INTERVAL|BYDAY|BYMONTH|BYMONTHDAY|BYSETPOS|BYWEEKNO|BYYEARDAY|UNTIL)",
            "=-?[0-9]{0,9}(MO|FR)?){0,4}",
        ),
    ) {
        let mut text: Vec<char> =
            GOOD_ICS.replace("FREQ=YEARLY", &rule).replace("\r\n", "\n").chars().collect();
        for (place, written) in places {
            let place = place.index(text.len());
            let end = text.len().min(place + written.chars().count());
            text.splice(place..end, written.chars());
        }
        let text: String = text.into_iter().collect();
        read(&[("c.yaml", GOOD), ("finland.ics", &text)], &["c.yaml"]);
    }
}

#[test]
fn help_describes_the_questions() {
    let folder = Folder::new();
    let mut printed = String::new();
    for arguments in [
        vec!["calendar", "--help"],
        vec!["calendar", "elapsed", "--help"],
        vec!["calendar", "due", "--help"],
        vec!["calendar", "open", "--help"],
        vec!["calendar", "days", "--help"],
        vec!["calendar", "ask", "--help"],
    ] {
        printed += &page(&folder.vaste(&arguments));
    }
    insta::assert_snapshot!("help", printed);
}

#[test]
fn one_question_is_answered_for_people() {
    let folder = Folder::new();
    folder.write("c.yaml", GOOD);
    folder.write("finland.ics", GOOD_ICS);
    folder.write("bad.yaml", GOOD.replace("Europe/Helsinki", "Europe/Helsinky"));
    let at = ["2026-11-23T07:00:00Z", "2026-11-30T12:00:00.250Z"];
    let mut printed = String::new();
    for (words, code) in [
        (vec!["elapsed", "--calendars", "c.yaml", "office-fi", at[0], at[1]], 0),
        (vec!["elapsed", "--calendars", "c.yaml", "office-fi", at[1], at[0]], 0),
        (vec!["elapsed", "always", at[0], at[1]], 0),
        (vec!["due", "--calendars", "c.yaml", "office-fi", at[0], "7h"], 0),
        (vec!["due", "--calendars", "c.yaml", "office-fi", at[0], "7h1s"], 0),
        (vec!["due", "always", at[0], "40000d"], 0),
        (vec!["open", "--calendars", "c.yaml", "office-fi", at[0]], 0),
        (vec!["open", "--calendars", "c.yaml", "office-fi", "2026-11-29T00:00:00Z"], 0),
        (vec!["open", "--calendars", "c.yaml", "office-fi", "2099-12-31T23:00:00Z"], 0),
        (vec!["open", "--calendars", "c.yaml", "office", at[0]], 1),
        (vec!["open", "office-fi", at[0]], 1),
        (vec!["open", "--calendars", "bad.yaml", "office-fi", at[0]], 78),
        (vec!["open", "--calendars", "gone.yaml", "office-fi", at[0]], 78),
        (vec!["open", "always", "2126-11-23T07:00:00Z"], 2),
        (vec!["due", "always", at[0], "4 hours"], 2),
        (vec![], 2),
    ] {
        let output = folder.vaste(&[vec!["calendar"], words.clone()].concat());
        assert_eq!(output.status.code(), Some(code), "{words:?}");
        writeln!(printed, "{}\n{}", words.join(" "), page(&output)).unwrap();
    }
    insta::assert_snapshot!("answers", printed);
}

const QUESTIONS: &str = r#"{"calendar":"office-fi","ask":"elapsed","from":"2026-11-23T00:00:00Z","to":"2026-11-30T00:00:00Z"}
{"calendar":"office-fi","ask":"elapsed","from":"2026-11-30T00:00:00Z","to":"2026-11-23T00:00:00Z"}
{"calendar":"office-fi","ask":"elapsed","from":"2026-11-23T08:00:00+02:00","to":"2026-11-23T06:00:00.250Z"}
{"calendar":"office-fi","ask":"due","from":"2026-11-23T08:00:00+02:00","target":28800}
{"calendar":"office-fi","ask":"due","from":"2026-11-23T06:00:00Z","target":0.25}
{"calendar":"office-fi","ask":"due","from":"2026-11-29T12:00:00Z","target":0}
{"calendar":"office-fi","ask":"due","from":"2099-11-23T06:00:00Z","target":28800000}
{"calendar":"office-fi","ask":"open","at":"2026-11-23T06:00:00Z"}
{"calendar":"office-fi","ask":"open","at":"2026-11-23T14:00:00Z"}
{"calendar":"office-fi","ask":"open","at":"2099-12-31T23:00:00Z"}
{"calendar":"always","ask":"open","at":"2026-11-23T14:00:00.5Z"}

"#;

const BAD_QUESTIONS: &str = r#"
when?
[1]
{"ask":"open","at":"2026-11-23T06:00:00Z"}
{"calendar":"office","ask":"open","at":"2026-11-23T06:00:00Z"}
{"calendar":3,"ask":"open","at":"2026-11-23T06:00:00Z"}
{"calendar":"always","at":"2026-11-23T06:00:00Z"}
{"calendar":"always","ask":"shut","at":"2026-11-23T06:00:00Z"}
{"calendar":"always","ask":"open","at":"yesterday"}
{"calendar":"always","ask":"open","at":"2100-01-01T00:00:00Z"}
{"calendar":"always","ask":"open","at":1795413600}
{"calendar":"always","ask":"elapsed","from":"2026-11-23T06:00:00Z"}
{"calendar":"always","ask":"due","from":"2026-11-23T06:00:00Z"}
{"calendar":"always","ask":"due","from":"2026-11-23T06:00:00Z","target":"2h"}
{"calendar":"always","ask":"due","from":"2026-11-23T06:00:00Z","target":-1}
{"calendar":"always","ask":"due","from":"2026-11-23T06:00:00Z","target":1e300}
{"calendar":"always","ask":"open","at":"2026-11-23T06:00:00Z"}"#;

#[test]
fn every_line_gets_one_answer_and_a_bad_one_exits_with_1() {
    let folder = Folder::new();
    folder.write("c.yaml", GOOD);
    folder.write("finland.ics", GOOD_ICS);
    let ask = ["calendar", "ask", "--calendars", "c.yaml"];
    let good = folder.vaste_fed(&ask, QUESTIONS.trim_end().as_bytes());
    assert_eq!(good.status.code(), Some(0));
    insta::assert_snapshot!("ask", page(&good));
    let bad = folder.vaste_fed(&ask, BAD_QUESTIONS.as_bytes());
    assert_eq!(bad.status.code(), Some(1));
    insta::assert_snapshot!("ask_errors", page(&bad));
    for input in [QUESTIONS, BAD_QUESTIONS] {
        let answers = folder.vaste_fed(&ask, input.as_bytes()).stdout;
        assert_eq!(String::from_utf8(answers).unwrap().lines().count(), input.lines().count());
    }
    // A line that is too long is skipped to its end.
    let long = format!("{}\n{{\"calendar\":\"always\"", "x".repeat(200_000));
    let output = folder.vaste_fed(&["calendar", "ask"], long.as_bytes());
    insta::assert_snapshot!("ask_too_long", page(&output));
}

#[test]
fn an_answer_is_printed_before_the_next_question() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["calendar", "ask"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        let question =
            r#"{"calendar":"always","ask":"due","from":"2026-11-23T06:00:00Z","target":60}"#;
        writeln!(questions, "{question}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "{\"due\":\"2026-11-23T06:01:00Z\"}\n");
    }
    drop(questions);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn replay_accepts_calendars_with_agreements_and_not_with_a_configuration() {
    let folder = Folder::new();
    folder.write("c.yaml", GOOD);
    folder.write("finland.ics", GOOD_ICS);
    folder.write("events.ndjson", "");
    folder.write("bad.yaml", GOOD.replace("Europe/Helsinki", "Europe/Helsinky"));
    for (calendars, code) in [("c.yaml", 0), ("bad.yaml", 78), ("gone.yaml", 78)] {
        let output = folder.vaste(&["replay", "--calendars", calendars, "events.ndjson"]);
        assert_eq!(output.status.code(), Some(code), "{calendars}: {}", page(&output));
    }
    let both = ["replay", "--calendars", "c.yaml", "--config", "v.yaml", "events.ndjson"];
    assert_eq!(folder.vaste(&both).status.code(), Some(2));
    // Calendars alone declare no team, so every team of the file is taken.
    let event = r#"{"id":"1","type":"ticket.created","time":"2026-11-16T08:00:00Z","ticket":"T-1","team":"billing"}"#;
    folder.write("events.ndjson", event);
    let output =
        folder.vaste(&["replay", "--format", "json", "--calendars", "c.yaml", "events.ndjson"]);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("\"team\":\"billing\""),
        "{}",
        page(&output)
    );
}
