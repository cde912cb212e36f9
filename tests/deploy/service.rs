//! The service with the configuration of the compose file, without a broker and without an Alertmanager.

use std::fs;
use std::process::Stdio;

use crate::compose;
use crate::files::{document, text};
use crate::process::{ChildProcess, fetch, free_port, wait_for};

/// What probes and Prometheus ask for answers, whatever is down.
#[test]
fn without_kafka_the_service_is_alive_and_not_ready() {
    let container = compose::vaste();
    let port = free_port();
    let config = container.at("/etc/vaste/vaste.yaml");
    let mut words = fs::read_to_string(&config).unwrap();
    for (place, here) in [
        ("kafka:19092", "127.0.0.1:1".to_owned()),
        ("http://alertmanager:9093", "http://127.0.0.1:1".to_owned()),
        ("0.0.0.0:9464", format!("127.0.0.1:{port}")),
    ] {
        assert!(words.contains(place), "{place}");
        words = words.replace(place, &here);
    }
    fs::write(&config, words).unwrap();
    let mut command = container.vaste(&["run", "--config", "vaste.yaml"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut service = ChildProcess::start(&mut command);
    let status = |path: &str| fetch(port, path).map(|(status, _)| status);
    wait_for("the service to serve HTTP", || status(vaste::address::HEALTHY));
    for (path, expected) in [
        (vaste::address::HEALTHY, 200),
        (vaste::address::READY, 503),
        (vaste::address::METRICS, 200),
        (vaste::address::TEAMS, 200),
    ] {
        assert_eq!(status(path), Some(expected), "{path}");
    }
    assert!(container.at("/var/lib/vaste/store").is_dir());
    assert_eq!(service.terminate(), Some(0));
}

/// The seconds of a constant in the source.
fn seconds(path: &str, constant: &str) -> u64 {
    let begin = format!("const {constant}: Duration = Duration::from_secs(");
    let text = text(path);
    let (_, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{path} has no {constant}"));
    rest.split(')').next().unwrap().parse().unwrap()
}

/// Whoever stops the service waits longer than it may take.
#[test]
fn every_stop_is_longer_than_a_shutdown() {
    let shutdown = seconds("src/service/http/accept.rs", "IO_TIMEOUT")
        + seconds("src/service/run.rs", "SHUTDOWN_TIMEOUT")
        + seconds("src/service/run.rs", "STORE_TIMEOUT_MIN");
    assert_eq!(shutdown, 19, "the comments of deploy/ have this figure");
    let set = document("deploy/kubernetes/base/statefulset.yaml");
    let compose = document("deploy/compose/compose.yaml");
    let unit = text("deploy/systemd/vaste.service");
    let unit = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap();
    for stop in [
        set["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].as_str().unwrap(),
        compose["services"]["vaste"]["stop_grace_period"].as_str().unwrap().trim_end_matches('s'),
        unit,
    ] {
        assert!(stop.parse::<u64>().unwrap() > shutdown + 5, "{stop} s");
    }
}

/// A configuration with errors does not become right by starting again.
#[test]
fn systemd_does_not_repeat_a_start_that_cannot_succeed() {
    let unit = text("deploy/systemd/vaste.service");
    let codes = [vaste::cli::exit::EXIT_USAGE, vaste::cli::exit::EXIT_CONFIG];
    let line = format!("RestartPreventExitStatus={} {}", codes[0], codes[1]);
    assert!(unit.lines().any(|found| found == line), "{line}");
}
