//! `vaste demo` as a new user runs it: one command, with no other services.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::browser::Browser;
use crate::process::{ChildProcess, fetch, sample, wait_for};

/// A running demo that is killed when the test ends.
pub(crate) struct Demo {
    child: ChildProcess,
    /// The lines of its output.
    out: Receiver<String>,
    /// Its output at the start, with the port replaced.
    printed: String,
    pub(crate) port: u16,
}

impl Demo {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
        vaste
            .args(["demo", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_remove("RUST_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = ChildProcess::start(&mut vaste);
        let stdout = BufReader::new(child.0.stdout.take().unwrap());
        let (line, out) = mpsc::channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|l| line.send(l)));
        let mut printed = String::new();
        while !printed.ends_with("Ctrl-C.\n") {
            printed += &next_line(&out);
            printed.push('\n');
        }
        let (_, rest) = printed.split_once("http://127.0.0.1:").unwrap();
        let port = rest.split('/').next().unwrap().to_owned();
        let printed = printed.replace(&port, "PORT");
        Self { child, out, printed, port: port.parse().unwrap() }
    }

    /// The body of a page. `None` if there is no answer.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        fetch(self.port, path).map(|(_, body)| body)
    }

    /// Writes a line to a demo in steps. Returns what it says.
    pub(crate) fn say(&mut self, line: &str) -> String {
        writeln!(self.child.0.stdin.as_mut().unwrap(), "{line}").unwrap();
        next_line(&self.out)
    }

    /// The metrics, once the demo is ready.
    pub(crate) fn metrics(&self) -> String {
        wait_for("the demo to be ready", || {
            self.get("/metrics").filter(|page| page.lines().any(|line| line == "vaste_ready 1"))
        })
    }

    /// Sends `SIGTERM` and waits. Returns the exit code and the rest of the output.
    pub(crate) fn terminate(mut self) -> (Option<i32>, String) {
        let code = self.child.terminate();
        let mut last: String = self.out.iter().map(|line| line + "\n").collect();
        self.child.0.stderr.take().unwrap().read_to_string(&mut last).unwrap();
        (code, last)
    }
}

/// The next line of the output of a demo.
fn next_line(out: &Receiver<String>) -> String {
    let line = out.recv_timeout(Duration::from_secs(60));
    line.unwrap_or_else(|error| unreachable!("the demo says nothing: {error}"))
}

/// The value of a series, by its name with its labels.
fn value(page: &str, series: &str) -> f64 {
    sample(page, series).unwrap_or_else(|| unreachable!("no {series}"))
}

fn is_in_state(page: &str, team: &str, objective: &str, state: &str) -> bool {
    let labels = format!("team=\"{team}\",objective=\"{objective}\",state=\"{state}\"");
    value(page, &format!("vaste_objective_state{{{labels}}}")) > 0.5
}

#[test]
fn the_demo_shows_the_drifting_team_missed_and_with_calm_met() {
    let demos = [Demo::start(&["--seed", "7"]), Demo::start(&["--seed", "7", "--calm"])];
    let pages = [demos[0].metrics(), demos[1].metrics()];
    for (page, drift) in pages.iter().zip(["missed", "met"]) {
        assert!(is_in_state(page, "deliveries", "first-reply", drift), "{drift}");
        assert!(is_in_state(page, "deliveries", "next-reply", drift), "{drift}");
        assert!(is_in_state(page, "billing", "first-reply", "met"));
        assert!(is_in_state(page, "technical", "nobody-forgotten", "missed"));
    }
    // One ticket has events with two keys.
    for demo in &demos {
        let stream = wait_for("the ticket in two partitions", || {
            demo.get("/stream?lang=en").filter(|page| page.contains("One ticket is not counted."))
        });
        assert!(stream.contains("T-4712"), "{stream}");
        let page = "/teams/billing/objectives/first-reply?lang=en";
        wait_for("the hours in which nobody answers", || {
            demo.get(page).filter(|page| page.contains("Nobody answered from "))
        });
    }
    for ((demo, page), name) in demos.into_iter().zip(pages).zip(["demo", "demo_calm"]) {
        insta::assert_snapshot!(name, demo.printed);
        // The scenario runs faster than real time, and none of its events lies ahead of its clock.
        let view_time = |page: &str| value(page, "vaste_view_timestamp_seconds");
        wait_for("ten minutes of the scenario", || {
            let later = demo.get("/metrics")?;
            let partitions = (0..4).map(|partition| {
                let name = "vaste_event_time_max_timestamp_seconds";
                let labels = format!("topic=\"ticket-events\",partition=\"{partition}\"");
                value(&later, &format!("{name}{{{labels}}}"))
            });
            let newest = partitions.fold(0.0, f64::max);
            // The scenario goes on while the page is rendered, by one tick.
            assert!(newest <= view_time(&later) + 300.0, "{newest} {}", view_time(&later));
            (view_time(&later) > view_time(&page) + 600.0).then_some(())
        });
        let (code, said) = demo.terminate();
        assert_eq!(code, Some(0));
        let is_of_split = |line: &str| line.contains("tickets have events in two partitions");
        assert!(said.lines().count() == 1 && said.lines().all(is_of_split), "{said}");
    }
}

#[test]
fn time_passes_by_hand() {
    let mut demo = Demo::start(&["--steps"]);
    demo.metrics();
    insta::assert_snapshot!("demo_steps", demo.printed);
    let time = |said: &str| {
        let at = said.strip_prefix("it is ").and_then(vaste::time::Timestamp::parse);
        at.unwrap_or_else(|| unreachable!("{said}"))
    };
    let first = time(&demo.say(""));
    let second = time(&demo.say(" 2 "));
    // Between steps time runs at its normal speed.
    let days = |from: vaste::time::Timestamp, to: vaste::time::Timestamp| {
        (to.since(from).ms() + vaste::time::HOUR_MS / 2) / vaste::time::DAY_MS
    };
    assert_eq!(days(first, second), 2);
    for wrong in ["0", "29", "soon"] {
        assert_eq!(
            demo.say(wrong),
            "press Enter for a day, or write a number of days from 1 to 28"
        );
    }
    let third = time(&demo.say("20"));
    assert_eq!(days(second, third), 20);
    let mut at_the_end = |step: &str| {
        let said = demo.say(step);
        let (now, end) = said.split_once(", ").unwrap();
        assert_eq!(
            end,
            "the present: time moves on by itself only; start the demo again to see the weeks again"
        );
        time(now)
    };
    let now = at_the_end("28");
    assert_eq!(days(third, now), 5, "it is real time, and no later");
    assert_eq!(days(now, at_the_end("")), 0);
    wait_for("the service to be there, too", || {
        let view = value(&demo.get("/metrics")?, "vaste_view_timestamp_seconds");
        (view >= f64::from(u32::try_from(now.ms() / 1_000).unwrap())).then_some(())
    });
    let (code, _) = demo.terminate();
    assert_eq!(code, Some(0));
}

/// The level and the state of an objective of the demo, by the API.
fn level_and_state(demo: &Demo, objective: &str) -> Option<(Value, Value)> {
    let objective = demo.get(&format!("/api/v1/teams/deliveries/objectives/{objective}"))?;
    let mut objective: Value = serde_json::from_str(&objective).ok()?;
    Some((objective["level"]["target"].take(), objective["state"].take()))
}

#[test]
fn agreements_in_a_folder_take_effect_when_they_are_changed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("agreed [new]");
    let name = folder.to_str().unwrap();
    let demo = Demo::start(&["--steps", "--agreements", name]);
    demo.metrics();
    insta::assert_snapshot!("demo_agreements", demo.printed.replace(name, "DIR"));
    let wait_until = |target: u64, state: &str| {
        wait_for("the level", || {
            let now = level_and_state(&demo, "first-reply")?;
            (now == (target.into(), state.into())).then_some(())
        });
    };
    wait_until(24 * 3_600, "missed");
    let file = folder.join("deliveries.yaml");
    let agreed = std::fs::read_to_string(&file).unwrap();
    assert!(!agreed.contains('$'), "dates are filled in: {agreed}");
    std::fs::write(&file, agreed.replacen("within: 24h", "within: 9d", 1)).unwrap();
    wait_until(9 * 24 * 3_600, "met");
    for page in
        ["/teams/deliveries/objectives/first-reply?lang=en", "/teams/deliveries/agenda?lang=en"]
    {
        wait_for("the page to say so", || {
            let page = demo.get(page)?;
            let (_, change) = page.split_once("The agreement changed ")?;
            change.split('<').next()?.contains(": within 24h → 9d.").then_some(())
        });
    }
    // A faulty file is named, and the level stays.
    let is_good = || value(&demo.metrics(), "vaste_config_last_reload_successful") > 0.5;
    std::fs::write(&file, agreed.replacen("share: 90%", "share: 190%", 1)).unwrap();
    wait_for("the fault", || (!is_good()).then_some(()));
    wait_until(9 * 24 * 3_600, "met");
    std::fs::write(&file, &agreed).unwrap();
    wait_until(24 * 3_600, "missed");
    assert!(is_good());
    // So is a level that `vaste check` warns of, which holds all the same.
    let low =
        agreed.replacen("within: 24h", "within: 8d", 1).replacen("share: 90%", "share: 40%", 1);
    std::fs::write(&file, low).unwrap();
    wait_until(8 * 24 * 3_600, "met");
    let (code, said) = demo.terminate();
    assert_eq!(code, Some(0));
    let fault = format!("{}:10:12: objectives[0].share: `190%`", file.display());
    assert_eq!(said.matches(&fault).count(), 1, "{said}");
    assert!(said.contains("the agreement has changed: within: 24h → 9d"), "{said}");
    assert_eq!(said.matches("the configuration has no errors any more").count(), 1, "{said}");
    let warning = format!("{}:10:12: objectives[0].share: `40%` is less than half", file.display());
    assert_eq!(said.matches(&warning).count(), 1, "{said}");
    // The next demo uses the files as they are.
    std::fs::write(&file, agreed.replacen("within: 24h", "within: 8d", 1)).unwrap();
    let next = Demo::start(&["--agreements", name]);
    assert!(next.printed.contains(&format!("uses the agreements in {name};")), "{}", next.printed);
    next.metrics();
    let now = level_and_state(&next, "first-reply").unwrap();
    assert_eq!(now.0, Value::from(8 * 24 * 3_600));
}

#[test]
fn a_folder_that_the_demo_cannot_use_is_refused_with_the_reason() {
    let parent = tempfile::tempdir().unwrap();
    let refused = |files: &[(&str, &str)], name: &str| {
        files
            .iter()
            .for_each(|(file, text)| std::fs::write(parent.path().join(file), text).unwrap());
        let path = parent.path().join(name);
        let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(["demo", "--listen", "127.0.0.1:0", "--agreements", path.to_str().unwrap()])
            .output()
            .unwrap();
        assert!(output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        let said = said.replace(parent.path().to_str().unwrap(), "DIR");
        format!("exit {}\n{said}", output.status.code().unwrap())
    };
    let faulty =
        [("billing.yaml", "team: billing\nobjectives: [{ name: a, measure: first_repl }]\n")];
    let own = [
        ("billing.yaml", "team: billing\n"),
        ("vaste.yaml", "kafka: { topic: t, brokers: [b:9092] }\n"),
    ];
    let all = [refused(&faulty, ""), refused(&faulty, "billing.yaml"), refused(&own, "")];
    insta::assert_snapshot!("demo_agreements_refused", all.join("\n"));
}

/// The states that a page shows in a browser, by team and objective.
fn shown(browser: &mut Browser, url: &str) -> BTreeMap<(String, String), String> {
    browser.open(url);
    let states = browser.evaluate(
        "[...document.querySelectorAll('[data-objective][data-state]')]
           .map(({ dataset: { team, objective, state } }) => [team, objective, state])",
    );
    let states: Vec<[String; 3]> = serde_json::from_value(states).unwrap();
    states.into_iter().map(|[team, objective, state]| ((team, objective), state)).collect()
}

/// The states of all objectives in the metrics.
fn states(page: &str) -> BTreeMap<(String, String), String> {
    let of = |line: &str| {
        let labels = line.strip_prefix("vaste_objective_state{")?.strip_suffix("} 1")?;
        let values: Vec<&str> = labels.split('"').skip(1).step_by(2).collect();
        Some(((values[0].to_owned(), values[1].to_owned()), values[2].to_owned()))
    };
    page.lines().filter_map(of).collect()
}

#[test]
fn a_browser_shows_the_same_states_as_the_metrics_in_every_language() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = Demo::start(&["--seed", "7"]);
    demo.metrics();
    let page = demo.get("/").unwrap();
    // The page links to all languages but its own.
    let languages: Vec<&str> = std::iter::once("en")
        .chain(page.split("hreflang=\"").skip(1).filter_map(|rest| rest.split('"').next()))
        .collect();
    assert!(languages.len() > 1, "{page}");
    for language in languages {
        // The scenario goes on, so a state may be from just before or just after.
        wait_for("states that do not change while the browser reads them", || {
            let before = states(&demo.get("/metrics")?);
            let url = format!("http://127.0.0.1:{}/?lang={language}", demo.port);
            let mut shown = shown(&mut browser, &url);
            let after = states(&demo.get("/metrics")?);
            for team in ["returns", "_unclaimed"] {
                let without = shown.remove(&(team.to_owned(), String::new()));
                assert_eq!(without.as_deref(), Some("not_agreed"));
            }
            assert_eq!(shown.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
            assert!(shown.len() >= 12, "{shown:?}");
            (before == after).then(|| assert_eq!(shown, before))
        });
    }
}

#[test]
fn schemathesis_finds_that_the_api_keeps_to_its_description() {
    let Ok(schemathesis) = std::env::var("VASTE_TEST_SCHEMATHESIS") else {
        println!("left out: no VASTE_TEST_SCHEMATHESIS; tests/run --all fetches it");
        return;
    };
    let demo = Demo::start(&["--seed", "7"]);
    demo.metrics();
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(schemathesis)
        .args(["run", "--checks", "all", "--max-examples", "50", "--seed", "7", "--no-color"])
        .arg(format!("http://127.0.0.1:{}/api/v1/openapi.json", demo.port))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_error_for_a_port_in_use_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["demo", "--listen", &address])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let printed = String::from_utf8(output.stderr).unwrap().replace(&address, "ADDRESS");
    insta::assert_snapshot!("demo_port_taken", printed);
}
