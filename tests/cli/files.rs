//! Files in other encodings and of other kinds: read where that is unambiguous, else refused by name.

use std::fmt::Write as _;
use std::io::Write as _;

use super::run::{Folder, page};

const CREATED: &str =
    r#"{"id":"a","type":"ticket.created","time":"2026-05-04T08:00:00Z","ticket":"9","team":"työ"}"#;
const REPLIED: &str =
    r#"{"id":"b","type":"ticket.agent_replied","time":"2026-05-04T09:00:00Z","ticket":"9"}"#;

fn events() -> String {
    format!("{CREATED}\n{REPLIED}\n")
}

fn replay(bytes: impl AsRef<[u8]>, more: &[&str]) -> String {
    let folder = Folder::new();
    folder.write("desk", bytes);
    page(&folder.vaste(&[&["replay", "--format", "json", "desk"], more].concat()))
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|symbol| u8::try_from(u32::from(symbol)).unwrap()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn events_read_the_same_in_every_unicode_encoding() {
    let plain = replay(events(), &[]);
    assert!(plain.starts_with("exit 0") && plain.contains("\"team\":\"työ\""), "{plain}");
    let marked = format!("\u{feff}{}", events());
    for (name, bytes) in [
        ("UTF-8 with a mark", marked.clone().into_bytes()),
        ("UTF-16LE", utf16(&marked, u16::to_le_bytes)),
        ("UTF-16BE", utf16(&marked, u16::to_be_bytes)),
        ("UTF-16LE without a mark", utf16(&events(), u16::to_le_bytes)),
        ("compressed UTF-16", gzip(&utf16(&marked, u16::to_le_bytes))),
    ] {
        assert_eq!(replay(bytes, &[]), plain, "{name}");
    }
    let mut half = utf16(&marked, u16::to_le_bytes);
    half.pop();
    let refused = replay(half, &[]);
    assert!(
        refused.starts_with("exit 1") && refused.contains("it is not valid UTF-16LE"),
        "{refused}"
    );
}

#[test]
fn an_8_bit_encoding_is_named_or_the_file_is_refused() {
    let plain = replay(events(), &[]);
    let bytes = windows_1252(&events());
    for encoding in ["windows-1252", "latin1"] {
        assert_eq!(replay(&bytes, &["--encoding", encoding]), plain, "{encoding}");
    }
    let refused = replay(&bytes, &[]);
    assert!(refused.starts_with("exit 1\n--- out\n--- notes\n"), "{refused}");
    assert!(
        refused.contains("line 1 is not UTF-8 (byte 0xF6)")
            && refused.contains("--encoding windows-1252"),
        "{refused}"
    );
    // One damaged line of a file in UTF-8 is only a rejected record.
    let damaged = [events().as_bytes(), b"{\"id\":\"\xF6\"}\n"].concat();
    let rejected = replay(damaged, &[]);
    assert!(rejected.contains("desk:3: rejected (malformed): byte 8 is not UTF-8"), "{rejected}");
    assert!(replay("", &["--encoding", "utf-9"]).contains("write the name of an encoding"));

    let folder = Folder::new();
    let table = "No;Opened;Answered;Done;Jono;Text\n1;2026-05-04 08:00Z;;;työ;hyvä\n";
    folder.write("desk.csv", windows_1252(table));
    let check = |columns: &str, more: &[&str]| {
        let arguments = ["check-events", "--csv", columns, "desk.csv"];
        page(&folder.vaste(&[&arguments[..], more].concat()))
    };
    let columns = "created=Opened,first_reply=Answered,solved=Done,team=Jono,ticket=No";
    let refused = check(columns, &[]);
    assert!(refused.contains("line 2 is not UTF-8 (byte 0xF6)"), "{refused}");
    assert!(check(columns, &["--encoding", "windows-1252"]).starts_with("exit 0"));
    // Cells that nobody reads may be anything.
    assert!(check(&columns.replace("Jono", "Answered"), &[]).starts_with("exit 0"));
}

#[test]
fn an_array_and_objects_over_several_lines_are_events_too() {
    let plain = replay(events(), &[]);
    let pretty = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    };
    let (created, replied) = (pretty(CREATED), pretty(REPLIED));
    for (name, text) in [
        ("array on one line", format!("[{CREATED},{REPLIED}]")),
        ("array with one element a line", format!("[\n{CREATED},\n{REPLIED}\n]\n")),
        ("pretty array", format!("\n[{created}, {replied}]\n")),
        ("pretty objects", format!("{created}\n{replied}\n")),
        ("pretty objects without line ends", format!("{created}{replied}")),
    ] {
        assert_eq!(replay(text, &[]), plain, "{name}");
    }
    // A record is named by the line on which it begins, and a wrong one takes no other along.
    let text = format!("[\n{created},\n17,\n{{\"id\":\n\"x]\\\"\"}},\n{replied}]");
    let output = replay(text, &[]);
    let line = created.lines().count() + 2;
    assert!(
        output.contains(&format!(
            "desk:{line}: rejected (bad_schema): the record is not a JSON object"
        ))
    );
    assert!(
        output.contains(&format!("desk:{}: rejected (bad_schema): `type` is missing", line + 1)),
        "{output}"
    );
    assert!(output.contains("4 records: 2 applied"), "{output}");
}

#[test]
fn half_a_file_never_counts_as_a_whole() {
    let pretty = serde_json::to_string_pretty(
        &serde_json::from_str::<Vec<serde_json::Value>>(&format!("[{CREATED},{REPLIED}]")).unwrap(),
    );
    let pretty = pretty.unwrap();
    let cut = |text: &str, by: usize| text.split_at(text.len() - by).0.to_owned();
    let objects = pretty.trim_matches(['[', ']']).replace("},", "}");
    for text in [cut(&pretty, 1), cut(&pretty, 12), cut(&objects, 14), "[".to_owned()] {
        let output = replay(&text, &[]);
        assert!(output.starts_with("exit 1\n--- out\n--- notes\n"), "{text}: {output}");
        assert!(output.contains("it ends in the middle of the JSON"), "{text}: {output}");
    }
    let output = replay(format!("[{CREATED}]\n{REPLIED}\n"), &[]);
    assert!(output.contains("line 2 belongs to no element of its JSON array"), "{output}");
    let output = replay(format!("[{CREATED}\n{REPLIED}]\n"), &[]);
    assert!(output.contains("line 2 belongs to no element of its JSON array"), "{output}");
    // The last line without its end: a record all the same if it is whole.
    assert_eq!(replay(events().trim_end(), &[]), replay(events(), &[]));
    let output = replay(cut(&events(), 9), &[]);
    assert!(output.starts_with("exit 1"), "{output}");
    assert!(
        output.contains("desk:2: rejected (malformed): the file ends in the middle of this record"),
        "{output}"
    );
}

#[test]
fn a_broken_first_line_is_a_rejected_record_of_a_file_of_lines() {
    for first in
        ["{\"id\":\"x\",", "{\"id\":\"x", "ticket 9, created, by phone", "{", "{\"id\":[{\"x\":1},"]
    {
        let output = replay(format!("{first}\n{}", events()), &[]);
        assert!(output.contains("desk:1: rejected (malformed)"), "{first}: {output}");
        assert!(output.contains("3 records: 2 applied"), "{first}: {output}");
    }
}

#[test]
fn other_kinds_of_files_are_refused_by_name() {
    let zip = |name: &str| [b"PK\x03\x04".as_slice(), &[20; 26], name.as_bytes()].concat();
    let table = "No,Opened,Answered\n1,2026-05-04 08:00,\n";
    let tar = [b"desk.ndjson".as_slice(), &[0; 246], b"ustar\0"].concat();
    let mut printed = String::new();
    for (name, bytes) in [
        ("workbook", zip("[Content_Types].xml")),
        ("old workbook", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0".to_vec()),
        ("archive", zip("desk.ndjson")),
        ("tar.gz", gzip(&tar)),
        ("gzip twice", gzip(&gzip(events().as_bytes()))),
        ("xz", b"\xFD7zXZ\0\0".to_vec()),
        ("PDF", b"%PDF-1.7\n".to_vec()),
        ("Parquet", b"PAR1\x15\x04".to_vec()),
        ("UTF-32", b"\xFF\xFE\0\0{\0\0\0".to_vec()),
        ("web page", b"\n<!DOCTYPE html>\n<html><body>log in</body></html>".to_vec()),
        ("XML", b"<?xml version=\"1.0\"?><tickets/>".to_vec()),
        ("calendar", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".to_vec()),
        ("table", table.into()),
        ("table of Excel", b"sep=;\r\nNo;Opened\r\n".to_vec()),
    ] {
        let output = replay(&bytes, &[]);
        assert!(output.starts_with("exit 1\n--- out\n--- notes\nerror: "), "{name}: {output}");
        writeln!(printed, "{name}: {}", output.lines().last().unwrap()).unwrap();
        let csv = ["--csv", "created=Opened,first_reply=Answered,solved=Done,team=Queue"];
        let output = replay(&bytes, &csv);
        assert!(output.starts_with("exit 1\n--- out\n--- notes\nerror: "), "{name}: {output}");
        writeln!(printed, "with --csv: {}", output.lines().last().unwrap()).unwrap();
    }
    let json = replay(events(), &["--csv", "created=a,first_reply=b,solved=c,team=d"]);
    writeln!(printed, "JSON with --csv: {}", json.lines().last().unwrap()).unwrap();
    insta::assert_snapshot!("kinds", printed);
}

#[test]
fn configuration_and_calendars_read_in_unicode_encodings_and_are_else_refused_by_name() {
    let folder = Folder::new();
    let agreement = "team: työ\nhours: office\n\
                     objectives: [{ name: o, measure: first_reply, none_over: 5d }]\n";
    let calendar = "calendars: { office: { zone: Europe/Helsinki, \
                    week: { mon: [\"08:00-16:00\"] }, holidays_ics: [days.ics] } }\n";
    let days = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Pyhäinpäivä\r\n\
                DTSTART;VALUE=DATE:20261031\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let marked = |text: &str| format!("\u{feff}{text}");
    let write = |files: [(&str, Vec<u8>); 3]| {
        for (name, bytes) in files {
            folder.write(name, bytes);
        }
        page(&folder.vaste(&["check", "team.yaml", "calendars.yaml"]))
    };
    let plain = write([
        ("team.yaml", agreement.into()),
        ("calendars.yaml", calendar.into()),
        ("days.ics", days.into()),
    ]);
    assert!(plain.starts_with("exit 0"), "{plain}");
    let unicode = write([
        ("team.yaml", utf16(&marked(agreement), u16::to_le_bytes)),
        ("calendars.yaml", marked(calendar).into()),
        ("days.ics", utf16(&marked(days), u16::to_be_bytes)),
    ]);
    assert_eq!(unicode, plain);
    let refused = write([
        ("team.yaml", windows_1252(agreement)),
        ("calendars.yaml", calendar.into()),
        ("days.ics", b"<!doctype html><html>not found</html>".into()),
    ]);
    let workbook = write([
        ("team.yaml", gzip(agreement.as_bytes())),
        ("calendars.yaml", [b"PK\x03\x04".as_slice(), b"xl/"].concat()),
        ("days.ics", windows_1252(days)),
    ]);
    insta::assert_snapshot!("configuration", format!("{refused}{workbook}"));
}

#[test]
fn a_pattern_that_the_shell_has_expanded_is_named() {
    let folder = Folder::new();
    folder.write("events.ndjson", events());
    for name in ["a.yaml", "b.yaml"] {
        folder.write(name, "team: a\nobjectives: []\n");
    }
    let page =
        page(&folder.vaste(&["replay", "--agreements", "a.yaml", "b.yaml", "events.ndjson"]));
    let advice = "b.yaml is YAML, and events are JSON or a table: write a pattern of agreements in quotes, \
                  --agreements \"*.yaml\", or name the folder";
    assert!(page.starts_with("exit 1") && page.contains(advice), "{page}");
}
