//! The compose file.

use std::path::Path;

use serde_json::Value;

use crate::container::Container;
use crate::files::{document, root, text, words};

const FILE: &str = "deploy/compose/compose.yaml";

/// Puts the files that a service mounts into a container. Named volumes are empty.
fn container(service: &Value) -> Container {
    let container = Container::new();
    for volume in words(&service["volumes"]) {
        let [source, target] = {
            let mut parts = volume.split(':');
            [parts.next().unwrap(), parts.next().unwrap()]
        };
        if source.starts_with('.') {
            container.mount(&Path::new("deploy/compose").join(source), target);
        }
    }
    container
}

/// The service `vaste` with its files.
pub(crate) fn vaste() -> Container {
    container(&document(FILE)["services"]["vaste"])
}

#[test]
fn vaste_accepts_its_configuration() {
    vaste().assert_accepts("/etc/vaste/vaste.yaml", 3);
}

#[test]
fn every_port_is_open_on_this_machine_only() {
    let compose = document(FILE);
    let mut ports = 0;
    for (name, service) in compose["services"].as_object().unwrap() {
        for port in words(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
            ports += 1;
        }
        assert_ne!(service["network_mode"], "host", "{name}");
    }
    assert!(ports >= 5, "{ports} ports");
}

#[test]
fn every_file_that_is_mounted_exists() {
    let compose = document(FILE);
    for (name, service) in compose["services"].as_object().unwrap() {
        for volume in words(&service["volumes"]) {
            let source = volume.split(':').next().unwrap();
            // Its dashboards come with the folder deploy/grafana.
            if source.starts_with('.') && source != "../grafana/dashboards" {
                assert!(root().join("deploy/compose").join(source).exists(), "{name}: {source}");
            } else if !source.starts_with('.') {
                assert!(compose["volumes"].get(source).is_some(), "{name}: {source}");
            }
        }
    }
}

#[test]
fn the_topics_are_those_of_the_configuration() {
    let config = document("deploy/compose/vaste.yaml");
    let compose = document(FILE);
    let script = compose["services"]["topics"]["command"][0].as_str().unwrap();
    for topic in [&config["kafka"]["topic"], &config["kafka"]["dead_letters"]] {
        let topic = topic.as_str().unwrap();
        assert!(script.contains(&format!("create {topic} ")), "{topic}: {script}");
    }
    assert!(script.contains("message.timestamp.type=LogAppendTime"), "{script}");
}

#[test]
fn addresses_name_services_and_their_ports() {
    let compose = document(FILE);
    let services = compose["services"].as_object().unwrap();
    let config = document("deploy/compose/vaste.yaml");
    let prometheus = document("deploy/compose/prometheus.yml");
    let mut addresses = Vec::from(["prometheus:9090".to_owned()]);
    addresses.extend(words(&config["kafka"]["brokers"]).into_iter().map(str::to_owned));
    addresses.push(
        config["alertmanagers"][0]["url"]
            .as_str()
            .unwrap()
            .trim_start_matches("http://")
            .to_owned(),
    );
    for job in prometheus["scrape_configs"].as_array().unwrap() {
        let targets = words(&job["static_configs"][0]["targets"]);
        addresses.extend(targets.into_iter().map(str::to_owned));
    }
    assert!(
        text("deploy/grafana/provisioning/datasources/prometheus.yaml")
            .contains("//prometheus:9090")
    );
    for address in addresses {
        let (host, port) = address.split_once(':').unwrap();
        if host == "localhost" {
            continue;
        }
        let service = services.get(host).unwrap_or_else(|| panic!("no service {host}"));
        let listeners = service["environment"]["KAFKA_LISTENERS"].as_str().unwrap_or_default();
        let is_open =
            words(&service["ports"]).iter().any(|open| open.ends_with(&format!(":{port}")));
        assert!(is_open || listeners.contains(&format!(":{port}")), "{address}");
    }
}
