//! Cases of open time from public test suites. They are not part of the project: these tests are
//! skipped where the suites are missing. All cases are questions to `vaste calendar ask`, in one
//! batch.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::run::Folder;

/// Cases that Vaste decides differently, and why.
const LEFT_OUT: [(&str, &str); 2] = [
    (
        "chatwoot-deadline-allclosed",
        "a calendar without any opening is refused; the source falls back to calendar time",
    ),
    ("wh-between-5", "open time is never negative; the source counts backwards"),
];
/// The most cases that may be skipped.
const LEFT_OUT_MAX: usize = 5;

/// A file of cases, if it exists.
pub(crate) fn vectors(name: &str) -> Option<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors");
    let text = std::fs::read_to_string(folder.join(name)).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// The calendars of the cases as a calendar file. `always` is built in, and a calendar that is
/// never open would be a fault.
pub(crate) fn calendar_file(calendars: &Value) -> String {
    let mut file = "calendars:\n".to_owned();
    for (name, calendar) in calendars.as_object().unwrap() {
        let never_open = calendar["weekly"].as_object().unwrap().is_empty();
        if name == "always" || never_open {
            continue;
        }
        let zone = calendar["tz"].as_str().unwrap();
        let openings = |value: &Value| {
            let all = value.as_array().unwrap().iter();
            let written = all.map(|one| {
                let [start, end] = [&one[0], &one[1]].map(|time| time.as_str().unwrap());
                format!("\"{start}-{end}\"")
            });
            written.collect::<Vec<_>>().join(", ")
        };
        let group = |key: &str| {
            let entries = calendar[key].as_object().into_iter().flatten();
            let written = entries.map(|(key, value)| format!("{key}: [{}]", openings(value)));
            written.collect::<Vec<_>>().join(", ")
        };
        let dates = ["holidays", "annual_holidays"].map(|key| {
            let dates = calendar[key].as_array().into_iter().flatten();
            dates.map(|date| date.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        });
        writeln!(
            file,
            "  {name}:\n    zone: {zone}\n    week: {{ {} }}\n    holidays: [{}]\n    special: {{ {} }}\n    \
             breaks: {{ {} }}",
            group("weekly"),
            dates.concat().join(", "),
            group("date_overrides"),
            group("breaks"),
        )
        .unwrap();
    }
    file
}

/// A case as a question with its expected answer. `None` for cases that are not asked.
fn question(case: &Value) -> Option<(Value, Value)> {
    let calendar = &case["calendar"];
    Some(match case["kind"].as_str().unwrap() {
        "elapsed" => (
            json!({ "calendar": calendar, "ask": "elapsed", "from": case["from"], "to": case["to"] }),
            json!({ "elapsed": case["expect_seconds"] }),
        ),
        "add" if case["seconds"].as_i64().unwrap() >= 0 => {
            // A due time at closing time stays there, whichever of two equal instants the source
            // expects.
            let closing = case["expect_other_convention"].get("close-instant");
            let due = closing.unwrap_or(&case["expect"]);
            let (from, target) = (&case["from"], &case["seconds"]);
            (
                json!({ "calendar": calendar, "ask": "due", "from": from, "target": target }),
                json!({ "due": due }),
            )
        }
        "in_hours" => (
            json!({ "calendar": calendar, "ask": "open", "at": case["at"] }),
            json!({ "open": case["expect"] }),
        ),
        "next_open" => (
            json!({ "calendar": calendar, "ask": "open", "at": case["at"] }),
            json!({ "next_open": case["expect"] }),
        ),
        _ => return None,
    })
}

#[test]
fn cases_of_public_test_suites_are_answered_as_expected() {
    let Some(vectors) = vectors("businesstime.json") else {
        println!("left out: ../shared/vectors is not there");
        return;
    };
    let folder = Folder::new();
    let asked: Vec<(&str, Value, Value)> = vectors["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|case| {
            let (question, expected) = question(case)?;
            Some((case["id"].as_str().unwrap(), question, expected))
        })
        .collect();
    assert!(asked.len() > 140, "{} cases", asked.len());
    let input: String = asked.iter().map(|(_, question, _)| format!("{question}\n")).collect();
    folder.write("calendars.yaml", calendar_file(&vectors["calendars"]));
    let output =
        folder.vaste_fed(&["calendar", "ask", "--calendars", "calendars.yaml"], input.as_bytes());
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(!printed.contains("error: "), "{printed}");
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(answers.len(), asked.len());

    let mut left_out: BTreeMap<&str, &str> = LEFT_OUT.into_iter().collect();
    assert!(left_out.len() <= LEFT_OUT_MAX);
    let mut wrong = String::new();
    for ((id, question, expected), answer) in asked.iter().zip(&answers) {
        let fits = expected.as_object().unwrap().iter().all(|(key, value)| answer[key] == *value);
        match (fits, left_out.remove(id)) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(why)) => writeln!(wrong, "{id} is left out ({why}), and passes").unwrap(),
            (false, None) => {
                writeln!(wrong, "{id}: {question} gives {answer}, not {expected}").unwrap();
            }
        }
    }
    assert_eq!(wrong, "");
    assert!(left_out.is_empty(), "missing cases: {left_out:?}");
    println!("{} cases asked, {} left out", asked.len(), LEFT_OUT.len());
}
