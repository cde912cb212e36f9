//! Exports with one row per ticket, as helpdesks and spreadsheets write them.

use std::fmt::Write as _;

use serde_json::Value;

use super::run::{AFTER_ALL, Folder, page};

const COLUMNS: &str = "created=Opened,first_reply=Answered,solved=Done,team=Queue,ticket=No";

/// The lines of `check-events` for a table.
fn checked(table: impl AsRef<[u8]>, more: &str) -> String {
    let folder = Folder::new();
    folder.write("desk.csv", table);
    let columns = format!("{COLUMNS}{more}");
    page(&folder.vaste(&["check-events", "--at", AFTER_ALL, "--csv", &columns, "desk.csv"]))
}

#[test]
fn the_delimiter_is_found_or_given() {
    let rows = "No,Opened,Answered,Done,Queue\n7,2026-05-04 08:00Z,2026-05-04 09:00Z,,stores\n";
    let expected = checked(rows, "");
    assert!(expected.contains("desk.csv:2: applied: ticket.agent_replied of 7"), "{expected}");
    for delimiter in [";", "\t", "|"] {
        assert_eq!(checked(rows.replace(',', delimiter), ""), expected, "{delimiter}");
    }
    // Excel names it in a line of its own.
    let excel = checked(format!("sep=^\r\n{}", rows.replace(',', "^").replace('\n', "\r\n")), "");
    assert_eq!(excel, expected.replace("csv:2:", "csv:3:"));
    assert_eq!(checked(rows.replace(',', "~"), ",delimiter=~"), expected);
    // One that is given holds, and another one of the header is a part of a name.
    let other = checked(rows, ",delimiter=tab");
    assert!(other.contains("no column `Opened`; the columns are No,Opened,Answered"), "{other}");
    let twice = checked(rows.replace("Done", "Opened"), "");
    assert!(twice.contains("there are two columns `Opened`"), "{twice}");
}

#[test]
fn times_follow_the_named_form_and_zone() {
    let table = "No;Opened;Answered;Done;Queue\n\
                 1;4.5.2026 klo 8.00;4.5.2026 klo 9.30;-;stores\n\
                 2;2026-05-04T06:00:00+0200;1777874400;2026-05-05 06:00:00 UTC;stores\n";
    let output = checked(table, ",time=%d.%m.%Y klo %H.%M,zone=Europe/Helsinki");
    for time in [
        "ticket.created of 1 at 2026-05-04T05:00:00Z",
        "ticket.agent_replied of 1 at 2026-05-04T06:30:00Z",
        "ticket.created of 2 at 2026-05-04T04:00:00Z",
        "ticket.agent_replied of 2 at 2026-05-04T06:00:00Z",
        "ticket.solved of 2 at 2026-05-05T06:00:00Z",
    ] {
        assert!(output.contains(time), "{time}: {output}");
    }
    assert!(output.starts_with("exit 0") && !output.contains("note:"), "{output}");
}

#[test]
fn times_that_were_taken_as_utc_are_noted_once() {
    let folder = Folder::new();
    let table = "No,Opened,Answered,Done,Queue\n\
                 1,2026-05-04 08:00Z,,,stores\n2,2026-05-04 08:00,,,stores\n3,2026-05-04 08:10,,,stores\n";
    folder.write("desk.csv", table);
    let note = "note: times without an offset, such as at desk.csv:3, were taken as UTC";
    for command in [&["check-events"][..], &["replay"], &["explain", "2"]] {
        let csv = [command, &["--csv", COLUMNS, "desk.csv"]].concat();
        let output = folder.vaste(&csv);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(
            String::from_utf8_lossy(&output.stderr).matches(note).count(),
            1,
            "{}",
            page(&output)
        );
        let zone = format!("{COLUMNS},zone=UTC");
        let output = folder.vaste(&[command, &["--csv", &zone, "desk.csv"]].concat());
        assert!(!page(&output).contains("note:"), "{}", page(&output));
    }
}

#[test]
fn the_usual_words_for_nothing_are_an_empty_cell() {
    let mut table = "No,Opened,Answered,Done,Queue\n".to_owned();
    let words = [
        "",
        " ",
        "-",
        "–",
        "N/A",
        "NA",
        "#N/A",
        "NULL",
        "(null)",
        "None",
        "0000-00-00 00:00:00",
        "\\N",
    ];
    for (number, word) in (1..).zip(words) {
        writeln!(table, "{number},2026-05-04 08:00Z,{word},{word},stores").unwrap();
    }
    table += "90,2026-05-04 08:00Z,,,N/A\n,,,,\n";
    let output = checked(&table, "");
    assert!(
        output.contains("\n13 records: 13 applied, 0 duplicate, 0 skipped, 0 rejected\n"),
        "{output}"
    );
}

#[test]
fn a_row_counts_as_a_whole_or_not_at_all() {
    let folder = Folder::new();
    let table = "No,Opened,Answered,Done,Queue\n\
                 1,2026-05-04 08:00Z,soon,2026-05-04 12:00Z,stores\n\
                 2,2026-05-04 08:00Z,2026-05-04 08:30Z,,stores\n\
                 3,2026-05-04 08:00Z,soon,later,stores\n\
                 4,,2026-05-04 08:30Z,,stores\n\
                 5,2026-05-04 08:00Z,,,stores, 2nd floor\n\
                 6,2026-05-04 08:00Z,1/2/2026 8:30,,stores\n";
    folder.write("desk.csv", table);
    let arguments = ["replay", "--format", "json", "--csv", COLUMNS, "desk.csv"];
    let output = folder.vaste(&arguments);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let replies =
        rows.iter().find(|row| row["measure"] == "first_reply" && row["team"] == "stores");
    let replies = replies.unwrap();
    assert_eq!((&replies["answered"], &replies["waiting"]), (&1.into(), &0.into()), "{replies}");
    assert_eq!(rows.last().unwrap()["records"]["rejected"], 5);
    insta::assert_snapshot!("half_rows", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn local_times_that_come_twice_or_never_are_refused_with_their_place() {
    let table = "No,Opened,Answered,Done,Queue\n\
                 1,2026-10-25 01:30,2026-10-25 03:30,,stores\n\
                 2,2026-03-29 02:30,2026-03-29 03:30,,stores\n\
                 3,2026-10-25 01:30,2026-10-25 03:30+0200,,stores\n";
    let output = checked(table, ",zone=Europe/Helsinki");
    for refused in [
        "desk.csv:2: rejected (bad_timestamp): `Answered` is \"2026-10-25 03:30\": this time comes twice",
        "desk.csv:3: rejected (bad_timestamp): `Answered` is \"2026-03-29 03:30\": this time does not exist",
    ] {
        assert!(output.contains(refused), "{output}");
    }
    assert!(output.contains("2 applied, 0 duplicate, 0 skipped, 2 rejected"), "{output}");
}

#[test]
fn priorities_are_mapped_and_an_unknown_one_loses_no_ticket() {
    let folder = Folder::new();
    let table = "No,Opened,Answered,Done,Queue,Class\n\
                 1,2026-05-04 08:00Z,,,stores,P1\n2,2026-05-04 08:00Z,,,stores,3 - Normal\n\
                 3,2026-05-04 08:00Z,,,stores,URGENT\n4,2026-05-04 08:00Z,,,stores,P9\n\
                 5,2026-05-04 08:00Z,,,stores,-\n6,2026-05-04 08:00Z,,,stores,P8\n";
    folder.write("desk.csv", table);
    folder.write(
        "stores.yaml",
        "team: stores\nobjectives: [{ name: o, measure: first_reply, within: 4h, split: { priority: true } }]\n",
    );
    let columns = format!("{COLUMNS},priority=Class,priorities=p1:urgent;3 - Normal:normal");
    let output = folder.vaste(&[
        "replay",
        "--format",
        "json",
        "--agreements",
        "stores.yaml",
        "--csv",
        &columns,
        "desk.csv",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", page(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let waiting = |split: &str| {
        let mut rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let of = |row: &Value| row["measure"] == "first_reply" && row.to_string().contains(split);
        rows.find(of).map(|row| row["waiting"].clone())
    };
    assert_eq!(waiting("\"urgent\""), Some(2.into()), "{text}");
    let notes = String::from_utf8_lossy(&output.stderr);
    let note = "note: rows with an unknown priority, which count without one: 2 (\"P9; P8\"); name it in \
                --csv, such as priorities=P9:normal\n";
    assert!(notes.contains(note), "{notes}");
    assert!(notes.contains("6 records: 6 applied"), "{notes}");
}

#[test]
fn a_table_that_is_not_whole_is_refused_or_its_last_row_is() {
    let whole = "No,Opened,Answered,Done,Queue\n\
                 1,2026-05-04 08:00Z,,,\"stores\"\n2,2026-05-04 09:00Z,,,stores\n";
    assert!(checked(whole, "").starts_with("exit 0"));
    assert!(checked(whole.trim_end(), "").starts_with("exit 0"), "no line end is needed");
    let (cut, _) = whole.rsplit_once(",,,").unwrap();
    let output = checked(cut, "");
    assert!(
        output
            .contains("desk.csv:3: rejected (malformed): the file ends in the middle of this row"),
        "{output}"
    );
    // With its line end, such a row is one that a spreadsheet has shortened.
    assert!(checked(format!("{cut}\n"), "").starts_with("exit 0"));
    let open = whole.replace("\"stores\"", "\"stores");
    let output = checked(open, "");
    assert!(
        output.contains("a quote in the row of line 2 is not closed")
            && output.starts_with("exit 1"),
        "{output}"
    );
    let endless = format!("{whole}3,2026-05-04 10:00Z,,,\"{}", "stores\n".repeat(2_000_000));
    let output = checked(endless, "");
    assert!(output.contains("a quote in the row of line 4 is not closed"), "{output}");
}

#[test]
fn faults_of_the_columns_say_what_to_write() {
    let folder = Folder::new();
    let mut printed = String::new();
    for more in [
        "time=%d.%m.%Y",
        "time=%H:%M %Z",
        "zone=Helsinki",
        "delimiter=x",
        "priorities=P1",
        "team=Queue",
        "ticket=\"No",
    ] {
        let output = folder.vaste(&["replay", "--csv", &format!("{COLUMNS},{more}"), "x"]);
        assert_eq!(output.status.code(), Some(2), "{more}");
        let notes = String::from_utf8_lossy(&output.stderr);
        writeln!(printed, "{}", notes.lines().next().unwrap()).unwrap();
    }
    insta::assert_snapshot!("columns_faults", printed);
}
