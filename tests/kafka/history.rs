//! `vaste replay --format openmetrics`: the past in a real Prometheus.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, io};

use serde_json::Value;

use crate::harness::{ChildProcess, free_port, root, wait_for};
use crate::rules::results;

/// Prints a replay of the example log every six hours.
fn replayed(format: &str) -> Vec<u8> {
    let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
    vaste.args(["replay", "--every", "6h", "--agreements", "config/example/agreements"]);
    vaste.args(["--format", format, "config/example/events.ndjson"]);
    let output = vaste.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A Prometheus whose only data are the blocks of that text.
fn with_blocks(
    prometheus: &str,
    promtool: &str,
    folder: &Path,
    text: &[u8],
) -> (ChildProcess, u16) {
    fs::write(folder.join("past.om"), text).unwrap();
    fs::write(folder.join("prometheus.yml"), "scrape_configs: []\n").unwrap();
    let mut import = Command::new(promtool);
    import.args(["tsdb", "create-blocks-from", "openmetrics", "past.om", "data"]);
    let output = import.current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    let port = free_port();
    let mut command = Command::new(prometheus);
    command
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
        .arg("--storage.tsdb.retention.time=50y")
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    (ChildProcess::start(&mut command), port)
}

/// The value of a verdict's field at each instant, by team and objective.
type Values = BTreeMap<(String, String), BTreeMap<i64, f64>>;

/// What the query of a dashboard must give: the fields of the verdicts that `replay` prints as JSON.
fn printed(field: &str) -> Values {
    let text = String::from_utf8(replayed("json")).unwrap();
    let mut values = Values::new();
    for row in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let Some(value) = row[field].as_f64().filter(|_| row["decided"].is_u64()) else { continue };
        let at = chrono::DateTime::parse_from_rfc3339(row["at"].as_str().unwrap()).unwrap();
        // The last instant is that of the last event, between two steps.
        if at.timestamp() % 3_600 == 0 {
            let team = row["team"].as_str().unwrap_or("_all").to_owned();
            let objective = row["objective"].as_str().unwrap().to_owned();
            values.entry((team, objective)).or_default().insert(at.timestamp(), value);
        }
    }
    values
}

#[test]
fn a_query_over_the_past_returns_what_replay_prints() {
    let Ok(prometheus) = std::env::var("VASTE_TEST_PROMETHEUS") else { return };
    let Ok(promtool) = std::env::var("VASTE_TEST_PROMTOOL") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (_prometheus, port) =
        with_blocks(&prometheus, &promtool, folder.path(), &replayed("openmetrics"));
    for (field, family) in [
        ("decided", "vaste_objective_tickets"),
        ("missed", "vaste_objective_missed_tickets"),
        ("compliance", "vaste_objective_compliance_ratio"),
    ] {
        let printed = printed(field);
        let instants = printed.values().flat_map(BTreeMap::keys);
        let (first, last) = (instants.clone().min().unwrap(), instants.max().unwrap());
        assert!(last - first > 20 * 86_400, "weeks are imported");
        let query =
            format!("max by (team, objective) ({family}{{job=~\"vaste\", instance=~\".+\"}})");
        let range = format!("{first}&end={last}&step=21600");
        let series = wait_for("the blocks", || {
            results(port, &query, Some(&range)).filter(|series| !series.is_empty())
        });
        let mut queried = Values::new();
        for one in series {
            let label = |name: &str| one["metric"][name].as_str().unwrap().to_owned();
            let of = queried.entry((label("team"), label("objective"))).or_default();
            for value in one["values"].as_array().unwrap() {
                let number: f64 = value[1].as_str().unwrap().parse().unwrap();
                // `replay` prints four decimals.
                let rounded = (number * 1e4).round() / 1e4;
                of.insert(value[0].as_i64().unwrap(), rounded);
            }
        }
        assert_eq!(queried, printed, "{family}");
    }
}

/// Names with quotes, backslashes and letters of other scripts come back as they are.
#[test]
fn names_in_the_past_are_escaped() -> io::Result<()> {
    let Ok(prometheus) = std::env::var("VASTE_TEST_PROMETHEUS") else { return Ok(()) };
    let Ok(promtool) = std::env::var("VASTE_TEST_PROMTOOL") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let team = "O\"Neill \\ n\\n{Länsi},=";
    let event = serde_json::json!({
        "id": 1, "type": "ticket.created", "time": "2026-01-05T08:00:00Z", "ticket": "T", "team": team,
    });
    fs::write(folder.path().join("events.ndjson"), event.to_string())?;
    let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
    vaste.args(["replay", "--format", "openmetrics", "--job", "a\"b", "events.ndjson"]);
    let output = vaste.current_dir(folder.path()).output()?;
    let (_prometheus, port) = with_blocks(&prometheus, &promtool, folder.path(), &output.stdout);
    let found = wait_for("the block", || {
        let range = "1767600000&end=1767600000&step=60";
        let found =
            results(port, "vaste_waiting_tickets{measure=\"first_reply\"} == 1", Some(range))?;
        (!found.is_empty()).then_some(found)
    });
    let teams: BTreeSet<&str> =
        found.iter().filter_map(|one| one["metric"]["team"].as_str()).collect();
    assert_eq!(teams, BTreeSet::from([team, "_all"]));
    assert!(found.iter().all(|one| one["metric"]["job"] == "a\"b"), "{found:?}");
    Ok(())
}
