//! Whole tickets from public test suites. They are not part of the project: these tests are skipped
//! where the suites are missing. Each case is written as events, an agreement and a calendar, and
//! `vaste explain` is run on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use vaste::time::Timestamp;

use super::run::{Folder, page};
use super::vectors::{calendar_file, vectors};

/// Cases that Vaste decides differently, although they rest on no rule of one product, and why.
const DECIDED_OTHERWISE: [(&str, &str); 13] = [
    ("chatwoot-reply-time", ASKED_ONCE),
    ("zammad-esc-only-customer", ASKED_ONCE),
    ("zammad-esc-stat-upd", ASKED_ONCE),
    ("zammad-art-web-holiday", ASKED_ONCE),
    ("chatwoot-sla-nrt", MESSAGE_FIRST),
    ("chatwoot-sla-multi", MESSAGE_FIRST),
    ("zammad-esc-close-deadline", REOPENED_FIRST),
    ("zammad-esc-calc-time", NO_WINDOW),
    ("zammad-esc-minutes", NO_WINDOW),
    ("zammad-dest-2", NO_WINDOW),
    ("zammad-break-multi", NO_PAUSES),
    ("zammad-break-5days", NO_PAUSES),
    (
        "zammad-policy-no-longer-matches",
        "a priority has another target, not none: an objective holds for all tickets of its team",
    ),
];
const ASKED_ONCE: &str =
    "before the first reply the customer waits only for that: one wait is one miss, not two";
const MESSAGE_FIRST: &str =
    "at the same instant the message sorts before the reply, which answers it";
const REOPENED_FIRST: &str =
    "at the same instant reopened sorts before closed, so the resolution is a sample";
const NO_WINDOW: &str = "no interface shows the time between any two instants";
const NO_PAUSES: &str = "no interface lists pauses; they show in the elapsed time";

/// Cases that rest on a rule of one product where Vaste has another: the rule, and why ours is
/// better for customers.
const RULES_OTHERWISE: [(&str, &str); 10] = [
    ("zammad-std-fresh", ASKED_ONCE),
    (
        "zammad-susp-reopened",
        "rule 4: when a ticket closed without an answer is reopened, its first reply goes on as if \
         never given up: closing too early gives no extra time",
    ),
    ("zammad-period-1", NO_PERIOD),
    ("zammad-period-4", NO_PERIOD),
    ("chatwoot-first-after-handoff", SINCE_CREATION),
    ("chatwoot-frtstart-handoff", SINCE_CREATION),
    (
        "chatwoot-frtstart-botresolved",
        "rules 1 and 4: a ticket that a bot closes without an answer counts as given up",
    ),
    ("chatwoot-frtstart-reopen", SINCE_CREATION),
    ("chatwoot-frtstart-mixed", SINCE_CREATION),
    ("chatwoot-frtstart-reopenings", SINCE_CREATION),
];
const NO_PERIOD: &str =
    "no interface shows the time between any two instants, only the wait of the customer";
const SINCE_CREATION: &str =
    "rules 1 and 4: bots and reopenings do not shorten the customer's wait for a person";

/// These are no histories: the attributes of a row contradict each other as events.
const NO_HISTORY: [(&str, &str); 1] = [(
    "zammad-std-upd-late",
    "the source sets attributes one by one, and there is no next reply before the first one",
)];

/// The measures of the cases, and ours.
const MEASURES: [(&str, &str); 3] =
    [("first_response", "first_reply"), ("next_reply", "next_reply"), ("resolution", "resolution")];

/// The rows that `explain` prints for one instant.
type Rows = Vec<Value>;

#[test]
fn tickets_of_public_test_suites_are_explained_as_expected() {
    let Some(vectors) = vectors("tickets.json") else {
        println!("left out: ../shared/vectors is not there");
        return;
    };
    let calendars = calendar_file(&vectors["calendars"]);
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 59, "{} cases", cases.len());
    let mut otherwise: BTreeMap<&str, &str> =
        [&DECIDED_OTHERWISE[..], &RULES_OTHERWISE, &NO_HISTORY].concat().into_iter().collect();
    let mut wrong = String::new();
    let mut passed = 0;
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let table: &[(&str, &str)] = match (case.get("product_rules"), case.get("attribute_level"))
        {
            (Some(_), _) => &RULES_OTHERWISE,
            (None, None) => &DECIDED_OTHERWISE,
            (None, Some(_)) => &NO_HISTORY,
        };
        let listed = table.iter().any(|(listed, _)| *listed == id);
        let differs = differences(case, &calendars);
        let why = otherwise.remove(id);
        match (differs.is_empty(), listed) {
            (true, false) => passed += 1,
            (false, true) => println!("{id}: {}\n{differs}", why.unwrap_or_default()),
            (true, true) => writeln!(wrong, "{id} is in a table, and passes").unwrap(),
            (false, false) => writeln!(wrong, "{id}:\n{differs}").unwrap(),
        }
    }
    assert_eq!(wrong, "");
    assert!(otherwise.is_empty(), "missing cases: {otherwise:?}");
    println!("{passed} of {} pass", cases.len());
}

/// All differences from the expected result of a case.
fn differences(case: &Value, calendars: &str) -> String {
    let folder = Folder::new();
    folder.write("calendars.yaml", calendars);
    folder.write("team.yaml", agreement(case, "team"));
    folder.write("bot.yaml", agreement(case, "bot"));
    folder.write(
        "vaste.yaml",
        "agreements: [team.yaml, bot.yaml]\ncalendars: [calendars.yaml]\n\
         measures: [first_reply, next_reply, update, resolution, ownership]\n",
    );
    let looks = case["looks"].as_array().unwrap();
    let mut differs = String::new();
    for (index, look) in looks.iter().enumerate() {
        let after = usize::try_from(look["after"].as_u64().unwrap()).unwrap();
        let facts = &case["events"].as_array().unwrap()[..after];
        let mut expect = look["expect"].as_object().unwrap().clone();
        if let Some(exact) = case.get("exact_engine_expect").filter(|_| index + 1 == looks.len()) {
            merge(&mut expect, exact.as_object().unwrap());
        }
        closing_time_stays(&mut expect);
        let seen = Seen::new(&folder, case, facts, look["at"].as_str());
        for (key, expected) in &expect {
            let actual = seen.compare(key, expected);
            if actual != *expected {
                writeln!(differs, "  after {after}, {key}: {actual}, not {expected}").unwrap();
            }
        }
    }
    differs
}

/// Merges the results of an exact engine over those of the source.
fn merge(expect: &mut Map<String, Value>, exact: &Map<String, Value>) {
    for (measure, values) in exact {
        let before = expect.get_mut(measure).unwrap().as_object_mut().unwrap();
        before.extend(values.as_object().unwrap().clone());
    }
}

/// A due time at closing time stays there, whichever of two equal instants the source has.
fn closing_time_stays(expect: &mut Map<String, Value>) {
    let mut next = expect.get("next_deadline").cloned();
    for values in expect.values_mut().filter_map(Value::as_object_mut) {
        let Some(other) = values.remove("deadline_other_convention") else { continue };
        if let Some(closing) = other.get("close-instant") {
            let opening = values.insert("deadline".to_owned(), closing.clone());
            if next == opening {
                next = Some(closing.clone());
            }
        }
    }
    if let Some(next) = next {
        expect.insert("next_deadline".to_owned(), next);
    }
}

/// The agreement of a team, with an objective for each target.
fn agreement(case: &Value, team: &str) -> String {
    let hours = case["calendar"].as_str().unwrap();
    let mut file = format!("team: {team}\nhours: {hours}\nobjectives:\n");
    // A `null` target has a window and no target.
    let targets = case["targets_s"].as_object().unwrap();
    for (theirs, ours) in MEASURES {
        let Some(target) = targets.get(theirs).and_then(Value::as_u64) else { continue };
        write!(file, "  - {{ name: {ours}, measure: {ours}, within: {target}s").unwrap();
        let names = |key: &str, name: &str| {
            let list = case["pause"][key].as_array();
            list.is_some_and(|list| list.contains(&json!(name)))
        };
        if names("applies_to", theirs) {
            let statuses = [("waiting", "pending"), ("on_hold", "on_hold")];
            let pauses = statuses.iter().filter(|(status, _)| names("statuses", status));
            let pauses: Vec<&str> = pauses.map(|(_, pause)| *pause).collect();
            write!(file, ", pauses: [{}], pauses_agreed: true", pauses.join(", ")).unwrap();
        }
        file += " }\n";
    }
    // Otherwise it is an empty list.
    if file.ends_with("objectives:\n") { file.replace("objectives:\n", "") } else { file }
}

/// The output of `explain` as of one instant.
struct Seen<'c> {
    case: &'c Value,
    at: Timestamp,
    /// By measure of the case: the rows of the relevant history.
    rows: BTreeMap<&'static str, Rows>,
}

impl<'c> Seen<'c> {
    fn new(folder: &Folder, case: &'c Value, facts: &[Value], at: Option<&str>) -> Self {
        let instants =
            facts.iter().map(|fact| fact["value"].as_str().or(fact["t"].as_str()).unwrap());
        // RFC 3339 in UTC sorts by time.
        let at = at.or(instants.max()).unwrap();
        let explain = |alone: Option<&str>| -> Rows {
            folder.write("events.ndjson", events(facts, alone));
            let arguments =
                ["explain", "T-1", "--format", "json", "--config", "vaste.yaml", "--at", at];
            let output = folder.vaste(&[&arguments[..], &["events.ndjson"]].concat());
            assert_eq!(output.status.code(), Some(0), "{}: {}", case["id"], page(&output));
            let text = String::from_utf8(output.stdout).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        // Where attributes are set one by one, each measure has a history of its own.
        let rows = if case.get("attribute_level").is_some() {
            MEASURES.map(|(measure, _)| (measure, explain(Some(measure))))
        } else {
            let rows = explain(None);
            MEASURES.map(|(measure, _)| (measure, rows.clone()))
        };
        Self { case, at: Timestamp::parse(at).unwrap(), rows: rows.into_iter().collect() }
    }

    /// The actual value of one expected key, in the form of the expected one.
    fn compare(&self, key: &str, expected: &Value) -> Value {
        match key {
            "first_response" | "next_reply" | "resolution" => self.measure(key, expected),
            "next_deadline" => {
                let due = MEASURES.iter().flat_map(|(theirs, ours)| self.of(theirs, ours));
                let due = due.filter(|row| row["state"] == "running");
                let due = due.filter_map(|row| row["due_at"].as_str()).min();
                json!(due)
            }
            "breaches" => {
                let over = |theirs: &str| {
                    let (_, ours) =
                        MEASURES.iter().find(|(measure, _)| *measure == theirs).unwrap();
                    self.of(theirs, ours).filter(|row| row["over"] == true).count()
                };
                let asked = expected.as_object().unwrap().keys();
                asked.map(|measure| (measure.clone(), json!(over(measure)))).collect()
            }
            "ticket_verdict" => {
                let missed = self.rows["resolution"].iter().any(|row| row["over"] == true);
                let solved =
                    self.of("resolution", "resolution").any(|row| row["state"] == "stopped");
                json!(match (solved, missed) {
                    (false, false) => "open_no_misses",
                    (false, true) => "open_with_misses",
                    (true, false) => "hit",
                    (true, true) => "missed",
                })
            }
            // A stretch of `update` begins with each reply.
            "last_agent_contact" => {
                let last = self.of("first_response", "update").last();
                last.map_or(Value::Null, |row| row["started_at"].clone())
            }
            // The first pause began when that much had elapsed, and it lasted for the rest.
            "on_hold_since" => {
                let mut paused =
                    self.of("resolution", "resolution").filter(|r| r["state"] == "paused");
                paused.next().map_or(Value::Null, |row| json!(started(row).plus(elapsed(row))))
            }
            "hold_total_s" => {
                let row = self.of("resolution", "resolution").next().unwrap();
                json!(self.at.since(started(row)).less(elapsed(row)).ms() / 1_000)
            }
            // A bot is a team, and transfers the ticket.
            "time_with_bot" => {
                let mut stints =
                    self.of("resolution", "ownership").filter(|row| row["team"] == "bot");
                stints.next().map_or(Value::Null, |row| json!({ "elapsed_s": row["elapsed_open"] }))
            }
            // `window` and `paused_intervals`.
            _ => Value::Null,
        }
    }

    /// The rows of one of our measures in the history of one of theirs.
    fn of(&self, theirs: &str, ours: &str) -> impl Iterator<Item = &Value> {
        self.rows[theirs].iter().filter(move |row| row["measure"] == ours)
    }

    /// The actual values of a measure, for each expected key.
    fn measure(&self, theirs: &str, expected: &Value) -> Value {
        let (_, ours) = MEASURES.iter().find(|(measure, _)| *measure == theirs).unwrap();
        let rows: Vec<&Value> = self.of(theirs, ours).collect();
        let last = rows.last().copied();
        let field = |key: &str| last.map_or(Value::Null, |row| row[key].clone());
        let target = self.case["targets_s"][theirs].as_i64();
        let margin = |elapsed: Option<i64>| json!(target.zip(elapsed).map(|(t, e)| t - e));
        let exchanges = self.exchanges();
        let worst = exchanges.iter().copied().max();
        let actual = |key: &str| match key {
            "state" => json!(state(last, self.case)),
            "elapsed_s" => field("elapsed_open"),
            "calendar_elapsed_s" => field("elapsed_calendar"),
            "margin_s" => margin(field("elapsed_open").as_i64()),
            "deadline" => field("due_at"),
            "clock_start" => field("started_at"),
            "exchanges_s" => json!(exchanges),
            "worst_answered_s" => json!(worst),
            "worst_margin_s" => margin(worst),
            _ => Value::Null,
        };
        let asked = expected.as_object().unwrap().keys();
        asked.map(|key| (key.clone(), actual(key))).collect()
    }

    /// The length of each finished wait from a customer's message to its answer. `created` has no
    /// message by itself: without one, the first reply is no exchange.
    fn exchanges(&self) -> Vec<i64> {
        let events = self.case["events"].as_array().unwrap();
        let opens =
            |event: &Value| event["kind"] == "customer_message" && event["t"] == events[0]["t"];
        let has_opening = events.iter().any(opens);
        let first = self.of("next_reply", "first_reply").filter(|_| has_opening);
        let all = first.chain(self.of("next_reply", "next_reply"));
        let finished = all.filter(|row| row["state"] == "stopped");
        finished.map(|row| row["elapsed_open"].as_i64().unwrap()).collect()
    }
}

fn started(row: &Value) -> Timestamp {
    Timestamp::parse(row["started_at"].as_str().unwrap()).unwrap()
}

fn elapsed(row: &Value) -> vaste::time::Elapsed {
    vaste::time::Elapsed::from_ms(row["elapsed_calendar"].as_i64().unwrap() * 1_000)
}

/// The state of a measure by its last stopwatch, in the words of the cases.
fn state(last: Option<&Value>, case: &Value) -> &'static str {
    let Some(row) = last else { return "not_started" };
    // Where a case has targets, a measure without one is not compared.
    let has_targets = case["targets_s"].as_object().is_some_and(|targets| !targets.is_empty());
    match row["state"].as_str().unwrap() {
        _ if has_targets && row["target"].is_null() => "off",
        "running" => "running",
        "paused" => "paused",
        "stopped" => "answered",
        _ => "given up",
    }
}

/// Facts as events. If attributes are set one by one, only those relevant for one measure.
fn events(facts: &[Value], alone: Option<&str>) -> String {
    let has_bot = facts.iter().any(|fact| fact["kind"] == "handoff_to_human");
    let opening = json!([facts[0]["t"], "customer_message", facts[0]["by"]]);
    let mut written = BTreeSet::new();
    let mut status = "open";
    let mut lines = String::new();
    for fact in facts {
        let kind = fact["kind"].as_str().unwrap();
        // `created` itself carries the opening message.
        if json!([fact["t"], kind, "customer"]) == opening {
            continue;
        }
        let to = fact["to"].as_str().unwrap_or_default();
        let field = fact["field"].as_str().unwrap_or_default();
        let kind = match (kind, to, field) {
            ("created", ..) => "created",
            ("customer_message", ..) => "customer_replied",
            ("agent_reply", ..) => "agent_replied",
            ("agent_note" | "priority", ..) => "note_added",
            ("handoff_to_human", ..) => "assigned",
            ("resolved_by_bot", ..) | ("status", "resolved", _) => "solved",
            ("opened", ..) => "reopened",
            ("status", "waiting", _) => "pending",
            ("status", "on_hold", _) => "on_hold",
            ("status", "closed", _) => "closed",
            ("status", "new" | "open", _) => match status {
                "solved" | "closed" => "reopened",
                "pending" | "on_hold" => "resumed",
                _ => continue,
            },
            ("fact", _, "first_response_at") if alone.is_none_or(|a| a == "first_response") => {
                "agent_replied"
            }
            ("fact", _, "last_agent_contact_at") if alone.is_none_or(|a| a == "next_reply") => {
                "agent_replied"
            }
            ("fact", _, "last_customer_contact_at") if alone.is_none_or(|a| a == "next_reply") => {
                "customer_replied"
            }
            ("fact", _, "closed_at") if alone.is_none_or(|a| a == "resolution") => "closed",
            ("fact", ..) => continue,
            _ => unreachable!("a fact that this test cannot write: {fact}"),
        };
        if matches!(kind, "pending" | "on_hold" | "solved" | "closed" | "reopened" | "resumed") {
            status = kind;
        }
        let time = if field.is_empty() { &fact["t"] } else { &fact["value"] };
        // A fact that only repeats an event adds nothing.
        if !written.insert((kind, time.to_string())) {
            continue;
        }
        let team = if has_bot && kind == "created" { "bot" } else { "team" };
        let event = json!({
            "id": written.len().to_string(), "type": format!("ticket.{kind}"), "time": time,
            "ticket": "T-1", "team": team, "by": fact["by"], "channel": fact["channel"],
            "priority": priority(fact),
        });
        writeln!(lines, "{event}").unwrap();
    }
    lines
}

/// The name of a priority in Vaste.
fn priority(fact: &Value) -> Option<&'static str> {
    let named = fact.get("priority").or(fact.get("to").filter(|_| fact["kind"] == "priority"))?;
    Some(match named.as_str().unwrap() {
        "Urgent" | "1" => "urgent",
        "High" | "2" => "high",
        "3" => "normal",
        _ => "low",
    })
}
