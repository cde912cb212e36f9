//! `vaste whatif`: what other levels would have meant. Its figures are those of `vaste replay`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use vaste::calendar::Zone;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use vaste::whatif::IsoWeek;

use super::check::CALENDARS;
use super::run::{Folder, page};

/// An agreement with hours and a level of its own.
pub(crate) const AGREEMENT: &str = "\
team: billing
name: { fi: Laskutus }
was_named: [invoices]
agreed: { on: 2026-01-05, by: [aino, mikko] }
hours: office-fi
objectives:
  - name: first-reply
    measure: first_reply
    within: 8h
    share: 80%
    min_tickets: 5
    unanswered_max: 30%
    by_priority: { urgent: 1h }
    market: { within: 12h always, source: \"trade: survey\", as_of: 2026-01-01 }
    alerts: { missed: { severity: warning, for: 0s, confidence: plain } }
  - { name: contacts, measure: contacts, within: 2, min_tickets: 5 }
labels: { tier: \"1\" }
";

/// A desk with three teams in nine weeks of 2026. Billing is slow in some of them; sales has few tickets.
pub(crate) fn desk() -> String {
    let mut log = String::new();
    let begin = Timestamp::parse("2026-01-05T07:00:00Z").unwrap();
    let mut event =
        |ticket: u64, team: &str, number: u64, kind: &str, at: Timestamp, more: &str| {
            writeln!(
                log,
                "{{\"id\":\"{ticket}-{number}\",\"type\":\"ticket.{kind}\",\"time\":\"{at}\",\
             \"ticket\":\"T-{ticket}\",\"team\":\"{team}\"{more}}}"
            )
            .unwrap();
        };
    for ticket in 0_u64..640 {
        let team = match ticket % 10 {
            0 => "sales",
            1..=4 => "support",
            _ => "billing",
        };
        let created = begin.plus(Elapsed::from_ms((ticket * 137 * 60_000).cast_signed()));
        let urgent = if ticket % 7 == 0 { ",\"priority\":\"urgent\"" } else { "" };
        event(ticket, team, 0, "created", created, urgent);
        let week = created.since(begin).ms() / (7 * DAY_MS);
        let is_slow = matches!(week, 2 | 5 | 6) && ticket % 3 != 0;
        let wait = (ticket * 7_919 % 240).cast_signed() * MINUTE_MS;
        let wait = if is_slow { 5 * wait + 6 * HOUR_MS } else { wait };
        let answered = created.plus(Elapsed::from_ms(wait));
        if ticket % 41 == 40 {
            event(ticket, team, 2, "solved", created.plus(Elapsed::from_ms(30 * HOUR_MS)), "");
            continue;
        }
        event(ticket, team, 1, "agent_replied", answered, "");
        if ticket % 5 == 0 {
            event(
                ticket,
                team,
                3,
                "customer_replied",
                answered.plus(Elapsed::from_ms(HOUR_MS)),
                "",
            );
        }
        event(ticket, team, 4, "solved", answered.plus(Elapsed::from_ms(DAY_MS)), "");
    }
    log
}

pub(crate) fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("events.ndjson", desk());
    folder.write("billing.yaml", AGREEMENT);
    folder.write("calendars.yaml", CALENDARS);
    folder
}

pub(crate) fn rows(printed: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(printed);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of `whatif`, by target and week.
fn tried(folder: &Folder, arguments: &[&str]) -> BTreeMap<(String, String), Value> {
    let arguments = [&["whatif", "--format", "json"], arguments].concat();
    let output = folder.vaste(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", page(&output));
    let key = |row: &Value| (row["within"].to_string(), row["week"].as_str().unwrap().to_owned());
    rows(&output.stdout).into_iter().map(|row| (key(&row), row)).collect()
}

/// What `replay` says of the only objective with a share at the end of each week: decided, missed, share,
/// verdict, and the seconds for which its alert fired in that week.
fn replayed(
    folder: &Folder,
    arguments: &[&str],
    weeks: &[String],
    zone: &Zone,
    last: Timestamp,
) -> BTreeMap<String, [Value; 5]> {
    let ends: Vec<Timestamp> =
        weeks.iter().map(|week| IsoWeek::parse(week).unwrap().end(zone).min(last)).collect();
    let at: Vec<String> = ends.iter().map(ToString::to_string).collect();
    let mut all = vec!["replay", "--format", "json"];
    all.extend(at.iter().flat_map(|at| ["--at", at]));
    all.extend(arguments);
    let output = folder.vaste(&all);
    assert_eq!(output.status.code(), Some(0), "{}", page(&output));
    let rows = rows(&output.stdout);
    let is_of = |row: &Value| row["objective"] == "tried";
    let time = |value: &Value| Timestamp::parse(value.as_str().unwrap()).unwrap();
    // Stretches in which the alert fired.
    let mut fired: Vec<(Timestamp, Timestamp)> = Vec::new();
    for row in rows.iter().filter(|row| is_of(row) && row["alert"] == "VasteObjectiveMissed") {
        match row["state"].as_str().unwrap() {
            "firing" => fired.push((time(&row["at"]), last)),
            "resolved" => fired.last_mut().unwrap().1 = time(&row["at"]),
            _ => {}
        }
    }
    let mut found = BTreeMap::new();
    for (week, end) in weeks.iter().zip(&ends) {
        let is_at =
            |row: &&Value| is_of(row) && row.get("decided").is_some() && time(&row["at"]) == *end;
        let verdict = rows.iter().find(is_at).unwrap();
        let monday = IsoWeek::parse(week).unwrap().end(zone).minus(Elapsed::from_ms(7 * DAY_MS));
        // Weeks of tests have no change of the clocks.
        assert_eq!(IsoWeek::of(monday, zone).to_string(), *week);
        let of_week = |(from, to): &(Timestamp, Timestamp)| {
            (*to).min(*end).since((*from).max(monday)).ms().max(0)
        };
        let seconds: i64 = fired.iter().map(of_week).sum::<i64>() / 1_000;
        let [decided, missed, share, state] =
            ["decided", "missed", "compliance", "state"].map(|key| verdict[key].clone());
        found.insert(week.clone(), [decided, missed, share, state, seconds.into()]);
    }
    found
}

/// Compares the weeks of each target with replays by an agreement that has it.
fn compare(
    folder: &Folder,
    tried: &BTreeMap<(String, String), Value>,
    zone: &Zone,
    last: &str,
    replay_of: impl Fn(&str) -> Vec<String>,
) -> usize {
    let targets: BTreeSet<&str> = tried.keys().map(|(target, _)| target.as_str()).collect();
    let mut compared = 0;
    for target in targets {
        let of_target = || tried.iter().filter(|((of, _), _)| of == target);
        let weeks: Vec<String> = of_target().map(|((_, week), _)| week.clone()).collect();
        let arguments = replay_of(target);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let last = Timestamp::parse(last).unwrap();
        let replayed = replayed(folder, &arguments, &weeks, zone, last);
        for ((_, week), row) in of_target() {
            let ours = ["decided", "missed", "compliance", "state", "alert_seconds"]
                .map(|key| row[key].clone());
            assert_eq!(ours, replayed[week], "{target} in {week}");
            compared += 1;
        }
    }
    compared
}

#[test]
fn every_week_is_as_replay_with_that_agreement_written_out() {
    let folder = folder();
    let zone = Zone::compiled_in("Europe/Helsinki").unwrap();
    let common = ["--agreements", "billing.yaml", "--calendars", "calendars.yaml", "events.ndjson"];
    let targets = "30m,2h,8h,24h,12h always,2 working days";
    let head = ["--team", "billing", "--measure", "first_reply", "--within", targets];
    let all = tried(&folder, &[&head[..], &common[..]].concat());
    let written = BTreeMap::from([
        ("1800", "30m"),
        ("7200", "2h"),
        ("28800", "8h"),
        ("86400", "24h"),
        ("43200", "12h always"),
        ("{\"working_days\":2}", "2 working days"),
    ]);
    let last = rows(desk().as_bytes());
    let last = last.iter().map(|row| row["time"].as_str().unwrap()).max().unwrap();
    let compared = compare(&folder, &all, &zone, last, |target| {
        let text = AGREEMENT
            .replace("first-reply", "tried")
            .replace("within: 8h", &format!("within: {}", written[target]));
        let file = format!("{}.yaml", written[target].replace(' ', "-"));
        folder.write(&file, text);
        let rest = ["--calendars", "calendars.yaml", "events.ndjson"];
        let all = [&["--agreements", &file], &rest[..]].concat();
        all.into_iter().map(str::to_owned).collect()
    });
    assert_eq!(compared, all.len());
    let has = |holds: &dyn Fn(&Value) -> bool| all.values().any(holds);
    assert!(has(&|row| row["state"] == "missed") && has(&|row| row["state"] == "met"));
    assert!(has(&|row| row["alert_seconds"].as_i64().unwrap() > 0));
}

fn log() -> Option<PathBuf> {
    let log = "../shared/data/helpdesk_italian.ndjson.gz";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(log);
    if !path.is_file() {
        println!("left out: {log} is missing");
        return None;
    }
    Some(path)
}

#[test]
fn every_week_of_a_real_log_is_as_replay_with_that_agreement_written_out() {
    let Some(path) = log() else { return };
    let path = path.to_str().unwrap();
    let folder = Folder::new();
    let targets =
        BTreeMap::from([("14400", "4h"), ("28800", "8h"), ("86400", "24h"), ("259200", "72h")]);
    for team in ["Workgroup 1", "Workgroup 2", "Workgroup 4"] {
        let all = tried(
            &folder,
            &["--team", team, "--measure", "first_reply", "--within", "4h,8h,24h,72h", path],
        );
        let compared = compare(&folder, &all, &Zone::UTC, "2014-01-03T13:20:58Z", |target| {
            let teams: Vec<String> = (1..=4).map(|number| format!("Workgroup {number}")).collect();
            for (number, name) in teams.iter().enumerate() {
                let mut text = format!("team: {name}\n");
                if name == team {
                    let within = targets[target];
                    writeln!(
                        text,
                        "objectives: [{{ name: tried, measure: first_reply, within: {within} }}]"
                    )
                    .unwrap();
                }
                folder.write(&format!("team-{number}.yaml"), text);
            }
            vec!["--agreements".to_owned(), "team-*.yaml".to_owned(), path.to_owned()]
        });
        assert!(compared > 4 * 150, "{team}: {compared}");
    }
}

/// An export of a log: one row for each ticket, with its team, its first reply and its last solve.
fn export(log: &str) -> String {
    #[derive(Default)]
    struct Row {
        team: String,
        times: BTreeMap<&'static str, String>,
    }
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| event[key].as_str().unwrap().to_owned();
        let row = rows.entry(text("ticket")).or_default();
        match event["type"].as_str().unwrap() {
            "ticket.created" => {
                row.team = text("team");
                row.times.insert("created", text("time"));
            }
            "ticket.agent_replied" => {
                row.times.entry("first_reply").or_insert_with(|| text("time"));
            }
            "ticket.solved" => {
                row.times.insert("solved", text("time"));
            }
            _ => {}
        }
    }
    let mut table = "ticket,team,created,first_reply,solved\n".to_owned();
    for (ticket, Row { team, times }) in rows {
        let [created, reply, solved] = ["created", "first_reply", "solved"]
            .map(|column| times.get(column).map_or("", String::as_str));
        writeln!(table, "{ticket},{team},{created},{reply},{solved}").unwrap();
    }
    table
}

/// Tickets that changed their team or were opened again are left out: an export has one row for each.
#[test]
fn an_export_of_a_real_log_gives_the_figures_of_the_log() {
    let Some(path) = log() else { return };
    let folder = Folder::new();
    let text = zcat(&path);
    let mut teams: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let of = |key: &str| event[key].as_str().map(str::to_owned);
        let teams = teams.entry(of("ticket").unwrap()).or_default();
        teams.extend(of("team"));
        teams.extend(of("type").filter(|kind| kind == "ticket.reopened"));
    }
    let is_kept = |line: &&str| {
        let event: Value = serde_json::from_str(line).unwrap();
        teams[event["ticket"].as_str().unwrap()].len() == 1
    };
    let kept: String = text.lines().filter(is_kept).map(|line| format!("{line}\n")).collect();
    folder.write("log.ndjson", &kept);
    folder.write("export.csv", export(&kept));
    let columns = "created=created,first_reply=first_reply,solved=solved,team=team,ticket=ticket";
    for team in ["Workgroup 1", "Workgroup 2"] {
        let head = ["--team", team, "--measure", "first_reply", "--within", "4h,24h,72h"];
        let of_log = tried(&folder, &[&head[..], &["log.ndjson"]].concat());
        let of_export = tried(&folder, &[&head[..], &["--csv", columns, "export.csv"]].concat());
        // The log goes on after the last solve: the last week is read at another instant.
        let last = of_export.keys().map(|(_, week)| week).max().unwrap();
        let mut differ = Vec::new();
        for (key, row) in &of_log {
            if key.1 < *last && of_export.get(key).is_none_or(|other| other != row) {
                differ.push(format!("{row} {:?}", of_export.get(key)));
            }
        }
        assert!(
            differ.is_empty(),
            "{team}: {} of {}: {:#?}",
            differ.len(),
            of_log.len(),
            &differ[..2]
        );
        assert!(of_export.len() > 450, "{}", of_export.len());
    }
}

fn zcat(path: &std::path::Path) -> String {
    use std::io::Read as _;
    let mut text = String::new();
    let source = vaste::input::InputSource::File(path.to_owned());
    source.open(None, |_| {}).unwrap().read_to_string(&mut text).unwrap();
    text
}
