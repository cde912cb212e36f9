//! `vaste rules`: promtool tests its rules, a real Prometheus evaluates them on a running service, and amtool
//! routes alerts by its routes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::{Service, broker, create_topic, fetch, free_port, fresh, root, wait_for};
use crate::prometheus::{AGREEMENT, prometheus};

/// The rules of `vaste rules`, on made-up series: each alert fires, and is silent where it should be.
#[test]
fn the_rules_fire_and_stay_silent_as_their_tests_say() {
    let Ok(promtool) = std::env::var("VASTE_TEST_PROMTOOL") else { return };
    let folder = tempfile::tempdir().unwrap();
    write_rules(folder.path());
    let cases = "vaste.rules_test.yaml";
    fs::copy(root().join("deploy/prometheus").join(cases), folder.path().join(cases)).unwrap();
    for arguments in
        [&["check", "rules", "vaste.rules.yaml", "teams.rules.yaml"][..], &["test", "rules", cases]]
    {
        let mut promtool = Command::new(&promtool);
        let output = promtool.args(arguments).current_dir(folder.path()).output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&printed));
    }
}

/// Writes what `vaste rules` prints for Prometheus to a folder.
fn write_rules(folder: &Path) {
    for (format, file) in [("prometheus", "vaste.rules.yaml"), ("team-alerts", "teams.rules.yaml")]
    {
        let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
        let output = vaste.args(["rules", "--format", format]).output().unwrap();
        assert!(output.status.success());
        fs::write(folder.join(file), output.stdout).unwrap();
    }
}

/// Two teams: the ticket that billing has forgotten goes to support. A real Prometheus evaluates the rules
/// every second on scrapes of every second. Its alerts are those of Vaste, at most two seconds later, and the
/// counts that Vaste exports give its verdicts.
#[test]
fn the_alerts_of_prometheus_are_those_of_vaste() {
    let Some(broker) = broker() else { return };
    let Ok(program) = std::env::var("VASTE_TEST_PROMETHEUS") else { return };
    let topic = fresh("ruled");
    create_topic(&broker, &topic, 1);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let agreements = ["billing", "support"].map(|team| AGREEMENT.replace("billing", team));
    let at_once = "alerts: { missed: { for: 0s, keep_firing_for: 0s } } }";
    let agreements = agreements.map(|text| text.replace(" }", &format!(", {at_once}")));
    let service = Service::start_all(&kafka, &agreements, "");
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    write_rules(folder.path());
    let config = format!(
        "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [\"*.rules.yaml\"]\n\
         scrape_configs: [{{ job_name: vaste, static_configs: [{{ targets: [\"127.0.0.1:{}\"] }}] }}]",
        service.port()
    );
    let _prometheus = prometheus(&program, &folder, port, &config);
    let fires = |team: &str, is_wanted: bool| {
        wait_for(&format!("the alert of {team}: {is_wanted}"), || {
            let query = format!("ALERTS{{alertname=\"VasteObjectiveMissed\", team=\"{team}\"}}");
            (results(port, &query, None)?.len() == if is_wanted { 2 } else { 0 }).then_some(())
        });
    };
    let event = |id: u32, kind: &str, time: &str, team: &str| {
        let record = format!(
            "{{\"id\":{id},\"type\":\"ticket.{kind}\",\"time\":\"{time}\",\"ticket\":\"T-1\",\"team\":\"{team}\"}}"
        );
        assert!(service.publish(&record).status.success());
    };
    event(1, "created", "2026-01-05T08:00:00Z", "billing");
    fires("billing", true);
    fires("support", false);
    event(2, "assigned", "2026-01-06T08:00:00Z", "support");
    fires("support", true);
    fires("billing", false);

    let (now, held) = wait_for("all four alerts in the range", || {
        let now = results(port, "floor(vector(time()))", None)?;
        let now: i64 = now[0]["value"][1].as_str()?.parse().ok()?;
        let held = range(port, "max by (team, objective) (vaste_alerts{state=\"firing\"})", now);
        (held.len() == 4).then_some((now, held))
    });
    let range = |query: &str| range(port, query, now);
    let raised = range("max by (team, objective) (ALERTS{alertname=\"VasteObjectiveMissed\"})");
    for (name, held) in &held {
        let raised = raised.get(name).cloned().unwrap_or_default();
        let near = |all: &BTreeSet<i64>, at: i64, back: i64, ahead: i64| {
            all.range(at - back..=at + ahead).next().is_some()
        };
        let late = raised.iter().find(|at| !near(held, **at, 2, 0));
        let early = held.iter().find(|at| **at < now - 2 && !near(&raised, **at, 0, 2));
        assert_eq!((late, early), (None, None), "{name}: {held:?}\n{raised:?}");
    }
    let counted = range(
        "max by (team, objective) (sgn(round(vaste_objective_missed_tickets * 10000) > \
         round((1 - vaste_objective_agreed_share_ratio) * 10000) * \
         (vaste_objective_tickets >= vaste_objective_minimum_tickets or vaste_objective_minimum_tickets)))",
    );
    let judged = range("max by (team, objective) (vaste_objective_state{state=\"missed\"})");
    for team in ["billing", "support"] {
        let name = format!("\"{team}\" \"first-reply\"");
        assert_eq!(counted.get(&name), judged.get(&name), "{name}");
    }
}

/// The results of a query now, or over a range: its first second, `&end=`, its last, and `&step=`.
pub(crate) fn results(
    port: u16,
    query: &str,
    range: Option<&str>,
) -> Option<Vec<serde_json::Value>> {
    let query = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
    let path = match range {
        None => format!("/api/v1/query?query={query}"),
        Some(range) => format!("/api/v1/query_range?query={query}&start={range}"),
    };
    let (_, body) = fetch(port, &path)?;
    let answer: serde_json::Value = serde_json::from_str(&body).ok()?;
    answer["data"]["result"].as_array().cloned()
}

/// The seconds of the last ten minutes in which a query gives 1, by team and objective.
fn range(port: u16, query: &str, now: i64) -> BTreeMap<String, BTreeSet<i64>> {
    let all = results(port, query, Some(&format!("{}&end={now}&step=1", now - 600)));
    let series = all.unwrap_or_default().into_iter().map(|series| {
        let metric = &series["metric"];
        let values = series["values"].as_array().unwrap().iter();
        let instants = values.filter(|value| value[1] == "1");
        let instants = instants.map(|value| value[0].as_i64().unwrap());
        (format!("{} {}", metric["team"], metric["objective"]), instants.collect())
    });
    series.collect()
}

/// Names with all that a matcher, YAML or a regular expression could read as its own.
#[test]
fn every_alert_is_routed_to_the_team_that_owns_it() {
    let Ok(amtool) = std::env::var("VASTE_TEST_AMTOOL") else { return };
    let folder = tempfile::tempdir().unwrap();
    let teams = ["billing", "O'Neill & \"Söhne\" \\ {a}, [b]: .*|#=~", "true"];
    for (number, team) in teams.iter().enumerate() {
        let text = format!("team: {}\n", serde_json::Value::from(*team));
        fs::write(folder.path().join(format!("{number}.yaml")), text).unwrap();
    }
    fs::write(folder.path().join("all.yaml"), "organisation: Example Oy\n").unwrap();
    let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
    vaste.args(["rules", "--format", "alertmanager", "."]).current_dir(folder.path());
    let output = vaste.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(folder.path().join("routes.yml"), output.stdout).unwrap();
    let amtool = |arguments: &[&str]| {
        let mut amtool = Command::new(&amtool);
        let output = amtool.args(arguments).current_dir(folder.path()).output().unwrap();
        let (out, err) = (output.stdout, String::from_utf8_lossy(&output.stderr).into_owned());
        assert!(output.status.success(), "{arguments:?}: {err}");
        String::from_utf8(out).unwrap()
    };
    amtool(&["check-config", "routes.yml"]);
    let routed = |labels: &[&str]| {
        let test = ["config", "routes", "test", "--config.file=routes.yml"];
        amtool(&[&test, labels].concat()).trim_end().to_owned()
    };
    for team in teams.into_iter().chain(["_all"]) {
        for alert in ["VasteObjectiveMissed", "VasteObjectiveAtRisk", "VasteBehindMarket"] {
            let team_label = format!("team={}", serde_json::Value::from(team));
            let labels = [&format!("alertname={alert}"), "severity=critical", &*team_label];
            assert_eq!(routed(&labels), format!("vaste-team {team}"), "{alert}");
        }
    }
    assert_eq!(routed(&["alertname=VasteWatchdog", "severity=none"]), "vaste-watchdog");
    assert_eq!(routed(&["alertname=VasteDataStale", "severity=warning"]), "vaste-operators");
    assert_eq!(routed(&["alertname=VasteObjectiveMissed", "team=gone"]), "vaste-operators");
    assert_eq!(routed(&["alertname=VasteUnclaimedWaiting", "team=_unclaimed"]), "vaste-operators");
}
