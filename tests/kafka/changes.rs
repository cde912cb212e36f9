//! Changes of an agreement while the service runs and between two runs: what changed, since when, and the
//! verdicts of the weeks before by both texts, on the page and in the API.

use std::fs;
use std::process::Command;

use serde_json::Value;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

use crate::harness::{Service, broker, create_topic, fresh, wait_for, wall_clock};
use crate::simulated_team::{Team, log};

fn agreement(within: &str, share: &str) -> String {
    format!(
        "team: billing\nhours: office\nobjectives:\n  - {{ name: quick, measure: first_reply, within: {within}, share:          {share} }}\n"
    )
}

const CALENDAR: &str = "\
calendars:
  office:
    zone: Europe/Helsinki
    week:
      mon: [\"07:00-19:00\"]
      tue: [\"07:00-19:00\"]
      wed: [\"07:00-19:00\"]
      thu: [\"07:00-19:00\"]
      fri: [\"07:00-19:00\"]
";

/// The last weeks of a team that slows down, up to now.
fn events() -> Vec<String> {
    let team = Team {
        name: "billing",
        every_minutes: 120,
        answers_minutes: 100,
        slows_percent: 300,
        forgets_one_of: 30,
    };
    let begin = wall_clock().minus(Elapsed::from_ms(26 * DAY_MS));
    log(&[team], begin.floor_to(Elapsed::from_ms(HOUR_MS)), 26, 5)
}

fn changes(service: &Service) -> Option<Vec<Value>> {
    let body = service.get("/api/v1/teams/billing/objectives/quick")?;
    let body: Value = serde_json::from_str(&body).unwrap();
    Some(body["changes"].as_array().unwrap().clone())
}

/// Waits until this many changes have their verdicts, and returns the last.
fn compared(service: &Service, count: usize) -> Value {
    wait_for("the verdicts by both texts", || {
        let changes = changes(service)?;
        let is_done = changes.iter().all(|change| change["comparison"] == "done");
        (changes.len() == count && is_done).then(|| changes.last().unwrap().clone())
    })
}

/// The verdicts that `vaste check --against` prints for the same texts, events and instant.
fn of_check(service: &Service, change: &Value) -> Vec<String> {
    let checked = Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["check", "agreement-0.yaml", "calendars.yaml"])
        .args(["--against", "former.yaml", "--against", "former-calendars.yaml"])
        .args(["--history", "events.ndjson", "--at", change["loaded_at"].as_str().unwrap()])
        .current_dir(service.folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(checked.stdout).unwrap();
    let errors = String::from_utf8_lossy(&checked.stderr);
    let table = text.lines().skip_while(|line| !line.contains("former verdict"));
    let words = |line: &str| {
        let line =
            line.replace("too few tickets", "insufficient_data").replace("at risk", "at_risk");
        let cells: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let [_, _, at, former, _, decided, missed, present, _, decided_now, missed_now] =
            &cells[..]
        else {
            unreachable!("{line}")
        };
        format!("{at} {former} {missed} of {decided}, {present} {missed_now} of {decided_now}")
    };
    let rows: Vec<String> =
        table.skip(1).filter(|line| line.contains("quick")).map(words).collect();
    assert!(!rows.is_empty(), "{text}\n{errors}");
    rows
}

/// The same from the API.
fn of_service(change: &Value) -> Vec<String> {
    let shown = |verdict: &Value| {
        let state = verdict["state"].as_str().unwrap();
        format!("{state} {} of {}", verdict["missed"], verdict["decided"])
    };
    let verdicts = change["verdicts"].as_array().unwrap();
    verdicts
        .iter()
        .map(|both| {
            let at = Timestamp::parse(both["at"].as_str().unwrap()).unwrap();
            format!("{at} {}, {}", shown(&both["former"]), shown(&both["present"]))
        })
        .collect()
}

#[test]
fn a_level_that_is_loosened_and_tightened_again_is_shown_with_the_verdicts_by_both_texts() {
    let Some(broker) = broker() else { return };
    let topic = fresh("changes");
    create_topic(&broker, &topic, 3);
    let kafka =
        format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, workers: 2 }}");
    let state = "calendars: [calendars.yaml]\nstate: { store: state, reopen_within: 56d }\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("calendars.yaml"), CALENDAR).unwrap();
    let mut service = Service::start_in(folder, &kafka, &[agreement("4h", "90%")], state);
    assert!(service.publish(&events().join("\n")).status.success());
    let path = |name: &str| service.folder.path().join(name);
    let [present, former, calendar, former_calendar] =
        ["agreement-0.yaml", "former.yaml", "calendars.yaml", "former-calendars.yaml"].map(path);
    service.wait_until_ready();
    wait_for("the first view", || changes(&service).filter(Vec::is_empty));

    // While it runs: looser.
    fs::copy(&present, &former).unwrap();
    fs::copy(&calendar, &former_calendar).unwrap();
    fs::write(&present, agreement("12h", "60%")).unwrap();
    service.child.signal("HUP");
    let loosened = compared(&service, 1);
    let settings = loosened["settings"].as_array().unwrap();
    assert_eq!((settings.len(), &settings[1]["key"]), (2, &"share".into()), "{settings:?}");
    assert_eq!((&settings[1]["former"], &settings[1]["present"]), (&"90%".into(), &"60%".into()));
    assert_eq!(settings[1]["is_looser"], true);
    assert_eq!(of_service(&loosened), of_check(&service, &loosened));
    let states = |which: &str, change: &Value| -> Vec<String> {
        let verdicts = change["verdicts"].as_array().unwrap();
        verdicts.iter().map(|both| both[which]["state"].as_str().unwrap().to_owned()).collect()
    };
    assert!(states("former", &loosened).contains(&"missed".to_owned()), "{loosened}");
    assert_ne!(states("former", &loosened), states("present", &loosened));
    let page = service.get("/teams/billing/objectives/quick").unwrap();
    assert!(page.contains("Changes of the agreement") && page.contains("looser"), "{page}");

    // Between two runs, the first of which is killed: tightened again, and the team closes two weeks.
    service.kill();
    fs::copy(&present, &former).unwrap();
    fs::write(&present, agreement("4h", "90%")).unwrap();
    let day = |days: i64| {
        let at = wall_clock().minus(Elapsed::from_ms(days * DAY_MS)).to_string();
        at.split('T').next().unwrap().to_owned()
    };
    let closed = format!("{CALENDAR}    holidays: [\"{}..{}\"]\n", day(14), day(3));
    fs::write(&calendar, closed).unwrap();
    service.start_again();
    service.wait_until_ready();
    let tightened = compared(&service, 2);
    assert_eq!(of_service(&tightened), of_check(&service, &tightened));
    let keys: Vec<&str> = tightened["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|setting| setting["key"].as_str().unwrap())
        .collect();
    assert!(keys.contains(&"within") && keys.contains(&"hours.last_28_days"), "{keys:?}");
    assert_eq!(changes(&service).unwrap()[0], loosened, "the first change stays");

    // A restart without a change shows no third one.
    assert_eq!(service.stop(), Some(0));
    service.start_again();
    service.wait_until_ready();
    assert_eq!(compared(&service, 2), tightened);
    assert_eq!(service.logged("the agreement has changed"), 2, "{}", service.log());
}
