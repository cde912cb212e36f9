//! The strip of days by verdict, on days that are written into Prometheus beforehand.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use serde_json::Value;
use vaste::time::{DAY_MS, Elapsed, MINUTE_MS, Timestamp};

use super::{dashboards, list, substituted, text, value_of};
use crate::harness::{fetch, free_port, wait_for, wall_clock};
use crate::prometheus::prometheus;

/// Minutes of a day.
const DAY: i64 = DAY_MS / MINUTE_MS;

/// The state of an objective in a minute since the first day began: a miss of ten minutes on the second day,
/// an hour without current data on the third, none on the fourth, and at risk for the first half hour of the
/// fifth.
fn state(minute: i64) -> &'static str {
    match (minute / DAY, minute % DAY) {
        (1, 720..730) => "missed",
        (2, 0..60) | (3, _) => "frozen",
        (4, 0..30) => "at_risk",
        _ => "met",
    }
}

/// The states of four and a half days from `begin`, a sample each minute, as two instances export them.
fn samples(begin: Timestamp) -> String {
    let mut text = "# TYPE vaste_objective_state gauge\n".to_owned();
    for instance in ["one", "two"] {
        for name in ["missed", "at_risk", "met", "insufficient_data", "frozen", "not_agreed"] {
            for minute in 0..4 * DAY + DAY / 2 {
                let at = begin.plus(Elapsed::from_ms(minute * MINUTE_MS)).ms() / 1_000;
                let is_it = u8::from(state(minute) == name);
                let labels =
                    format!("job=\"vaste\",instance=\"{instance}\",team=\"t\",objective=\"o\"");
                writeln!(text, "vaste_objective_state{{{labels},state=\"{name}\"}} {is_it} {at}")
                    .unwrap();
            }
        }
    }
    text + "# EOF\n"
}

/// The numbers of the days, one for each of the five.
pub(super) fn strip(program: &str, promtool: &str) -> Vec<Vec<f64>> {
    let begin = wall_clock().minus(Elapsed::from_ms(5 * DAY_MS)).floor_to(Elapsed::from_ms(DAY_MS));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("samples.txt"), samples(begin)).unwrap();
    let mut promtool = Command::new(promtool);
    promtool.args(["tsdb", "create-blocks-from", "openmetrics", "samples.txt", "data"]);
    let output = promtool.current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let port = free_port();
    let _prometheus = prometheus(program, &folder, port, "global: {}\n");
    let all = dashboards();
    let panel = list(&all["vaste-overview"], "/panels")
        .iter()
        .find(|one| one["title"] == "Days by verdict");
    let target = &list(panel.unwrap(), "/targets")[0];
    let query = substituted(text(target, "expr"));
    let query = percent_encoding::utf8_percent_encode(&query, percent_encoding::NON_ALPHANUMERIC);
    let (from, step) = (begin.ms() / 1_000, DAY_MS / 1_000);
    let path = format!(
        "/api/v1/query_range?query={query}&start={from}&end={}&step={step}",
        from + 4 * step
    );
    wait_for("the days", || {
        let answer: Value = serde_json::from_str(&fetch(port, &path)?.1).ok()?;
        let series = answer["data"]["result"].as_array().filter(|series| !series.is_empty())?;
        Some(series.iter().map(|one| list(one, "/values").iter().map(value_of).collect()).collect())
    })
}
