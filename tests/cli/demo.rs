//! `vaste demo` as a newcomer meets it: one command, nothing else needed.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{ChildStdout, Command, Stdio};

use crate::process::{ChildProcess, fetch, sample, wait_for};

/// A running demo, ended with the test.
struct Demo {
    child: ChildProcess,
    out: BufReader<ChildStdout>,
    /// What it printed on its own, with the port taken out.
    said: String,
    port: u16,
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
        vaste
            .args(["demo", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = ChildProcess::start(&mut vaste);
        let mut out = BufReader::new(child.0.stdout.take().unwrap());
        let mut said = String::new();
        while !said.ends_with("Ctrl-C.\n") {
            assert!(out.read_line(&mut said).unwrap() > 0, "it ended early: {said}");
        }
        let (_, rest) = said.split_once("http://127.0.0.1:").unwrap();
        let port = rest.split('/').next().unwrap().to_owned();
        let said = said.replace(&port, "PORT");
        Self { child, out, said, port: port.parse().unwrap() }
    }

    /// The body of a page; none if nobody answers.
    fn get(&self, path: &str) -> Option<String> {
        fetch(self.port, path).map(|(_, body)| body)
    }

    /// The first page of metrics that can be trusted.
    fn metrics(&self) -> String {
        wait_for("the demo to be ready", || {
            self.get("/metrics").filter(|page| page.lines().any(|line| line == "vaste_ready 1"))
        })
    }

    /// Asks it to end, and waits until it has; the exit code, and what it said at last.
    fn terminate(mut self) -> (Option<i32>, String) {
        let code = self.child.terminate();
        let mut last = String::new();
        self.out.read_to_string(&mut last).unwrap();
        self.child.0.stderr.take().unwrap().read_to_string(&mut last).unwrap();
        (code, last)
    }
}

/// The value of a series, given as it stands there, name and labels.
fn value(page: &str, series: &str) -> f64 {
    sample(page, series).unwrap_or_else(|| unreachable!("no {series}"))
}

fn stands(page: &str, team: &str, objective: &str, state: &str) -> bool {
    let labels = format!("team=\"{team}\",objective=\"{objective}\",state=\"{state}\"");
    value(page, &format!("vaste_objective_state{{{labels}}}")) > 0.5
}

#[test]
fn the_demo_shows_the_drifting_team_missed_and_calm_it_is_met() {
    let demos = [Demo::start(&["--seed", "7"]), Demo::start(&["--seed", "7", "--calm"])];
    let pages = [demos[0].metrics(), demos[1].metrics()];
    for (page, drift) in pages.iter().zip(["missed", "met"]) {
        assert!(stands(page, "deliveries", "first-reply", drift), "{drift}");
        assert!(stands(page, "deliveries", "next-reply", drift), "{drift}");
        assert!(stands(page, "billing", "first-reply", "met"));
        assert!(stands(page, "technical", "nobody-forgotten", "missed"));
    }
    for ((demo, page), name) in demos.into_iter().zip(pages).zip(["demo", "demo_calm"]) {
        insta::assert_snapshot!(name, demo.said);
        // The story is told faster than it happens, and nothing of it lies ahead of its clock.
        let told = |page: &str| value(page, "vaste_view_timestamp_seconds");
        wait_for("ten minutes of the story", || {
            let later = demo.get("/metrics")?;
            let partitions = (0..4).map(|partition| {
                let name = "vaste_event_time_max_timestamp_seconds";
                let labels = format!("topic=\"ticket-events\",partition=\"{partition}\"");
                value(&later, &format!("{name}{{{labels}}}"))
            });
            let newest = partitions.fold(0.0, f64::max);
            // The story goes on while the page is made: one tick at its speed.
            assert!(newest <= told(&later) + 300.0, "{newest} {}", told(&later));
            (told(&later) > told(&page) + 600.0).then_some(())
        });
        assert_eq!(demo.terminate(), (Some(0), String::new()));
    }
}

/// The states that a page shows, by team and objective, as a browser has them after reading it.
fn shown(chromium: &str, url: &str) -> BTreeMap<(String, String), String> {
    let profile = tempfile::tempdir().unwrap();
    let folder = profile.path().join("profile");
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", folder.display()))
        .arg(url)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    let tags = page.split('<').filter_map(|rest| rest.split('>').next());
    let states = tags.filter_map(|tag| {
        let place = (attribute(tag, "data-team")?, attribute(tag, "data-objective")?);
        Some((place, attribute(tag, "data-state")?))
    });
    states.collect()
}

/// The states of all objectives by the metrics.
fn states(page: &str) -> BTreeMap<(String, String), String> {
    let of = |line: &str| {
        let labels = line.strip_prefix("vaste_objective_state{")?.strip_suffix("} 1")?;
        let values: Vec<&str> = labels.split('"').skip(1).step_by(2).collect();
        Some(((values[0].to_owned(), values[1].to_owned()), values[2].to_owned()))
    };
    page.lines().filter_map(of).collect()
}

#[test]
fn a_browser_shows_the_same_states_as_the_metrics_in_both_languages() {
    let Ok(chromium) = std::env::var("VASTE_TEST_CHROMIUM") else {
        println!("left out: no browser in VASTE_TEST_CHROMIUM; tests/run finds one");
        return;
    };
    let demo = Demo::start(&["--seed", "7"]);
    demo.metrics();
    for language in ["en", "fi"] {
        // The story goes on: a state may be that of just before or just after.
        wait_for("a picture that stays while the browser reads it", || {
            let before = states(&demo.get("/metrics")?);
            let url = format!("http://127.0.0.1:{}/?lang={language}", demo.port);
            let mut shown = shown(&chromium, &url);
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
fn a_port_that_is_taken_is_said_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["demo", "--listen", &address])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap().replace(&address, "ADDRESS");
    insta::assert_snapshot!("demo_port_taken", said);
}
