//! What `vaste whatif` prints, writes and refuses, over files and over a running service.

use std::fmt::Write as _;

use serde_json::Value;

use super::demo::Demo;
use super::process::wait_for;
use super::run::{Folder, page};
use super::whatif::{AGREEMENT, desk, folder, rows};

#[test]
fn help_says_what_the_rules_are() {
    insta::assert_snapshot!("help", page(&Folder::new().vaste(&["whatif", "--help"])));
}

#[test]
fn a_table_says_what_each_level_would_have_meant() {
    let folder = folder();
    let head = ["whatif", "--team", "invoices", "--measure", "first_reply", "--within"];
    let agreed = ["--agreements", "billing.yaml", "--calendars", "calendars.yaml", "events.ndjson"];
    let mut printed = page(&folder.vaste(&[&head[..], &["2h,8h,12h always"], &agreed].concat()));
    let plain = ["whatif", "--team", "sales", "--measure", "resolution", "--within", "1d,2d"];
    printed += &page(&folder.vaste(&[&plain[..], &["events.ndjson"]].concat()));
    let own = ["--share", "80%", "--over", "28d", "--min-tickets", "5", "--format", "json"];
    printed += &page(&folder.vaste(&[&plain[..], &own, &["events.ndjson"]].concat()));
    let count = ["whatif", "--team", "billing", "--measure", "contacts", "--within", "0,1"];
    printed += &page(&folder.vaste(&[&count[..], &agreed].concat()));
    insta::assert_snapshot!("tables", printed);
}

#[test]
fn a_suggested_level_is_written_and_accepted() {
    let folder = folder();
    let head = ["whatif", "--measure", "first_reply", "--suggest"];
    let agreed = ["--agreements", "billing.yaml", "--calendars", "calendars.yaml", "events.ndjson"];
    let team = |team| ["--team", team];
    let run = |arguments: &[&[&str]]| folder.vaste(&arguments.concat());
    let mut printed = page(&run(&[&head, &team("support"), &["events.ndjson"]]));
    printed += &page(&run(&[&head, &team("sales"), &["--format", "json"], &["events.ndjson"]]));
    for (file, level) in [("now.yaml", "now"), ("better.yaml", "better"), ("market.yaml", "market")]
    {
        let write = ["--write", file, "--level", level];
        printed += &page(&run(&[&head, &team("billing"), &write, &agreed]));
        let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
        let today = text.split("on: ").nth(1).unwrap().split(',').next().unwrap().to_owned();
        let look_again = text.split("look_again: ").nth(1).unwrap().split(' ').next().unwrap();
        printed += &text.replace(&today, "TODAY").replace(look_again, "LOOK_AGAIN");
        let checked = folder.vaste(&["check", file, "calendars.yaml"]);
        assert_eq!(checked.status.code(), Some(0), "{}", page(&checked));
        printed += &page(&checked);
        // The file can be used as it is, and says of the past what was said of the suggestion.
        let replayed = folder.vaste(&[
            "replay",
            "--agreements",
            file,
            "--calendars",
            "calendars.yaml",
            "events.ndjson",
        ]);
        assert_eq!(replayed.status.code(), Some(0), "{}", page(&replayed));
        // What stands for people is named, and nothing else is left.
        folder.write(file, text.replacen("NAME, NAME", "aino, mikko", 1).replace("NAME", "names"));
        let finished = folder.vaste(&["check", file, "calendars.yaml"]);
        assert!(!page(&finished).contains("warning"), "{}", page(&finished));
        let again = run(&[&head, &team("billing"), &write, &agreed]);
        assert_eq!(again.status.code(), Some(1));
        printed += &page(&again);
    }
    let write = ["--write", "support.yaml"];
    printed += &page(&run(&[&head, &team("support"), &write, &["events.ndjson"]]));
    let checked = folder.vaste(&["check", "support.yaml"]);
    assert_eq!(checked.status.code(), Some(0), "{}", page(&checked));
    printed += &page(&checked);
    insta::assert_snapshot!("suggestions", printed);
}

/// Arguments, separated by `|`, and the exit code. `OK`, `SUGGEST` and `MANY` stand for arguments.
const FAULTS: [(&str, i32); 27] = [
    ("--team|biling|--measure|first_reply|--within|4h|events.ndjson", 1),
    ("--team|nobody|--measure|first_reply|--within|4h|events.ndjson", 1),
    ("--team|_all|--measure|first_reply|--within|4h|events.ndjson", 1),
    ("--team|billing|--measure|first_response|--within|4h|events.ndjson", 2),
    ("--team|billing|--measure|first_reply|--within|4 hours|events.ndjson", 1),
    ("--team|billing|--measure|first_reply|--within|4h,|events.ndjson", 1),
    ("--team|billing|--measure|first_reply|--within|2 working days|events.ndjson", 1),
    ("--team|billing|--measure|contacts|--within|4h|events.ndjson", 1),
    ("--team|billing|--measure|first_reply|--within|MANY|events.ndjson", 1),
    ("--team|billing|--measure|first_reply|--within|4h|new.ndjson", 1),
    ("OK|--share|0.9|events.ndjson", 2),
    ("OK|--over|100d|events.ndjson", 2),
    ("OK|--min-tickets|0|events.ndjson", 2),
    ("OK|empty.ndjson", 1),
    ("OK|rejected.ndjson", 1),
    ("OK|nowhere.ndjson", 1),
    ("OK|--agreements|bad.yaml|events.ndjson", 78),
    ("OK", 2),
    ("--team|billing|--measure|first_reply|events.ndjson", 2),
    ("SUGGEST|day.ndjson", 1),
    ("SUGGEST|--min-tickets|5000|events.ndjson", 1),
    ("SUGGEST|--write|no/folder.yaml|events.ndjson", 1),
    ("SUGGEST|--level|now|events.ndjson", 2),
    ("SUGGEST|--within|4h|events.ndjson", 2),
    ("OK|--write|new.yaml|events.ndjson", 2),
    ("OK|--url|http://127.0.0.1:9464|events.ndjson", 2),
    ("OK|--url|127.0.0.1:9464", 1),
];

#[test]
fn faulty_input_is_named_with_a_way_out() {
    let folder = folder();
    folder.write("empty.ndjson", "");
    folder.write("rejected.ndjson", "{}\n");
    let created = desk()
        .lines()
        .filter(|line| line.contains("created"))
        .take(3)
        .collect::<Vec<_>>()
        .join("\n");
    folder.write("new.ndjson", created);
    folder.write(
        "day.ndjson",
        desk().lines().take(40).fold(String::new(), |all, line| all + line + "\n"),
    );
    folder.write("bad.yaml", AGREEMENT.replace("8h", "soon"));
    let many: Vec<String> = (1..=21).map(|hours| format!("{hours}h")).collect();
    let mut printed = String::new();
    for (arguments, code) in FAULTS {
        let arguments = arguments
            .replace("OK", "--team|billing|--measure|first_reply|--within|4h")
            .replace("SUGGEST", "--team|billing|--measure|first_reply|--suggest")
            .replace("MANY", &many.join(","));
        let arguments: Vec<&str> = arguments.split('|').collect();
        let output = folder.vaste(&[&["whatif"][..], &arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {}", page(&output));
        writeln!(printed, "$ vaste whatif {}\n{}", arguments.join(" "), page(&output)).unwrap();
    }
    insta::assert_snapshot!("faults", printed);
}

#[test]
fn a_running_service_tells_what_it_has_tried() {
    let demo = Demo::start(&["--seed", "7"]);
    let metrics = demo.metrics();
    for family in ["agreement_look_again", "market_as_of"] {
        let series = format!("vaste_{family}_timestamp_seconds{{team=\"");
        let is_date = |line: &str| {
            let value = line.split("} ").nth(1).and_then(|value| value.parse::<f64>().ok());
            line.starts_with(&series) && value.is_some_and(|seconds| seconds > 1.7e9)
        };
        assert!(metrics.lines().any(is_date), "{family}");
    }
    let path = "/api/v1/teams/deliveries/objectives/first-reply/history";
    let history = wait_for("the past", || {
        let history: Value = serde_json::from_str(&demo.get(path)?).ok()?;
        (!history["tried"].as_array()?.is_empty()).then_some(history)
    });
    let folder = Folder::new();
    let url = format!("http://127.0.0.1:{}/", demo.port);
    let head = ["whatif", "--url", &url, "--measure", "first_reply", "--team"];
    let run = |arguments: &[&str]| folder.vaste(&[&head[..], arguments].concat());
    let output = run(&["deliveries", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", page(&output));
    let printed = rows(&output.stdout);
    let tried = history["tried"].as_array().unwrap();
    let weeks: usize = tried.iter().map(|one| one["weeks"].as_array().unwrap().len()).sum();
    assert_eq!(printed.len(), weeks);
    for one in tried {
        for week in one["weeks"].as_array().unwrap() {
            let is_it =
                |row: &&Value| row["within"] == one["target"] && row["week"] == week["week"];
            let row = printed.iter().find(is_it).unwrap();
            assert_eq!((&row["team"], &row["alert_seconds"]), (&"deliveries".into(), &Value::Null));
            // The last week goes on while the demo runs.
            if week != one["weeks"].as_array().unwrap().last().unwrap() {
                for key in ["decided", "missed", "state"] {
                    assert_eq!(row[key], week[key], "{row} {week}");
                }
            }
        }
    }
    // Nineteen targets, in tables that fit a line.
    let wide = run(&["deliveries"]);
    let wide = String::from_utf8(wide.stdout).unwrap();
    for line in wide.lines() {
        assert!(line.trim_end().chars().count() <= 100, "{line}\n{wide}");
    }
    assert!(wide.matches("\n week ").count() > 1, "{wide}");
    assert!(wide.contains("\ntried: one target for all tickets\n"), "{wide}");
    let own = run(&["billing"]);
    let own = String::from_utf8(own.stdout).unwrap();
    let stay = "\ntried: the general target; targets by priority stay as agreed: urgent 20h\n";
    assert!(own.contains(stay), "{own}");
    let table = page(&run(&["deliveries", "--within", "16h,24h"]));
    assert!(table.contains("deliveries: 90% first_reply over 7d"), "{table}");
    assert!(table.contains("16h of open time") || table.contains(" 16h "), "{table}");
    let mut faults = String::new();
    for arguments in [
        &["deliverys"][..],
        &["returns"],
        &["deliveries", "--within", "5h"],
        &["deliveries", "--within", "soon"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", page(&output));
        writeln!(faults, "{}\n{}", arguments.join(" "), page(&output)).unwrap();
    }
    let port = demo.port;
    drop(demo);
    let gone = run(&["deliveries"]);
    assert_eq!(gone.status.code(), Some(1));
    writeln!(faults, "gone\n{}", page(&gone)).unwrap();
    insta::assert_snapshot!("faults_of_a_service", faults.replace(&port.to_string(), "PORT"));
}

/// A server that is no Vaste, or does not answer like one.
#[test]
fn a_server_that_is_no_vaste_is_refused_with_what_it_says() {
    let folder = Folder::new();
    let mut faults = String::new();
    for answer in [
        "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
        "HTTP/1.0 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 18\r\n\r\n{\"objectives\":[]}\n",
        "no HTTP at all\r\n\r\n",
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut line = String::new();
            let mut reader = std::io::BufReader::new(stream.try_clone().unwrap());
            while std::io::BufRead::read_line(&mut reader, &mut line).unwrap() > 2 {
                line.clear();
            }
            std::io::Write::write_all(&mut stream, answer.as_bytes()).unwrap();
        });
        let url = format!("http://127.0.0.1:{port}");
        let output = folder.vaste(&[
            "whatif",
            "--url",
            &url,
            "--team",
            "billing",
            "--measure",
            "first_reply",
        ]);
        served.join().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", page(&output));
        writeln!(faults, "{}", page(&output).replace(&port.to_string(), "PORT")).unwrap();
    }
    insta::assert_snapshot!("no_vaste", faults);
}
