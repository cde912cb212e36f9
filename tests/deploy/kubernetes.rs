//! The Kubernetes manifests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::container::Container;
use crate::files::{document, file_name, text, texts, words};

const BASE: &str = "deploy/kubernetes/base";
const OVERLAYS: [&str; 2] =
    ["deploy/kubernetes/overlays/example", "deploy/kubernetes/overlays/two-instances"];

/// The name under which selectors find the pods.
fn selected() -> Value {
    json!({ "app.kubernetes.io/name": "vaste" })
}

fn pod(set: &Value) -> &Value {
    &set["spec"]["template"]["spec"]
}

fn set() -> Value {
    document(format!("{BASE}/statefulset.yaml"))
}

/// The generated ConfigMaps of a folder by their names: the files in each.
fn config_maps(folder: &str) -> BTreeMap<String, Vec<PathBuf>> {
    let kustomization = document(format!("{folder}/kustomization.yaml"));
    let map = |map: &Value| {
        let files = words(&map["files"]);
        let paths = files.into_iter().map(|file| Path::new(folder).join(file)).collect();
        (map["name"].as_str().unwrap().to_owned(), paths)
    };
    kustomization["configMapGenerator"].as_array().into_iter().flatten().map(map).collect()
}

/// The files of a pod: the ConfigMaps of the base, replaced by those of the overlay, where the base mounts
/// them.
fn container(overlay: Option<&str>) -> Container {
    let mut maps = config_maps(BASE);
    maps.extend(overlay.map(config_maps).unwrap_or_default());
    let set = set();
    let pod = pod(&set);
    let container = Container::new();
    for volume in pod["volumes"].as_array().unwrap() {
        let files = &maps[volume["configMap"]["name"].as_str().unwrap()];
        let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
        let mount = mounts.iter().find(|mount| mount["name"] == volume["name"]).unwrap();
        for file in files {
            let path = format!("{}/{}", mount["mountPath"].as_str().unwrap(), file_name(file));
            container.mount(file, &path);
        }
    }
    container
}

/// The file that a pod is told to use.
#[test]
fn vaste_accepts_every_configuration() {
    container(None).assert_accepts("/etc/vaste/config/vaste.yaml", 1);
    container(Some(OVERLAYS[0])).assert_accepts("/etc/vaste/config/vaste.yaml", 2);
    let two = container(Some(OVERLAYS[1]));
    two.assert_accepts("/etc/vaste/config/vaste-0.yaml", 1);
    two.assert_accepts("/etc/vaste/config/vaste-1.yaml", 1);
    assert_eq!(words(&pod(&set())["containers"][0]["args"])[2], "/etc/vaste/config/vaste.yaml");
}

#[test]
fn two_instances_differ_in_their_names_only() {
    let overlay = OVERLAYS[1];
    let [mut first, mut second] =
        [0, 1].map(|pod| document(format!("{overlay}/config/vaste-{pod}.yaml")));
    for (number, config) in [&mut first, &mut second].into_iter().enumerate() {
        let name = format!("vaste-{number}");
        assert_eq!(config["kafka"]["group"], name.as_str());
        assert_eq!(config["kafka"]["properties"]["group.instance.id"], name.as_str());
        config["kafka"]["group"] = Value::Null;
        config["kafka"]["properties"]["group.instance.id"] = Value::Null;
    }
    assert_eq!(first, second);
    assert!(!first["alertmanagers"].as_array().unwrap().is_empty());
    let patch = document(format!("{overlay}/statefulset.yaml"));
    assert_eq!(patch["spec"]["replicas"], "2");
    let environment = &pod(&patch)["containers"][0]["env"];
    assert_eq!(environment[1]["value"], "/etc/vaste/config/$(POD_NAME).yaml");
}

#[test]
fn probes_and_scrapes_ask_for_pages_that_exist() {
    let set = set();
    let container = &pod(&set)["containers"][0];
    assert_eq!(container["ports"], json!([{ "name": "http", "containerPort": "9464" }]));
    for (probe, path) in [
        ("startupProbe", vaste::address::HEALTHY),
        ("livenessProbe", vaste::address::HEALTHY),
        ("readinessProbe", vaste::address::READY),
    ] {
        assert_eq!(container[probe]["httpGet"], json!({ "path": path, "port": "http" }), "{probe}");
    }
    let monitor = document("deploy/kubernetes/components/prometheus-operator/servicemonitor.yaml");
    assert_eq!(monitor["spec"]["endpoints"][0]["path"], vaste::address::METRICS);
    assert_eq!(monitor["spec"]["endpoints"][0]["port"], "http");
    for folder in [BASE, OVERLAYS[0], OVERLAYS[1]] {
        for config in config_maps(folder).remove("vaste-config").unwrap() {
            assert_eq!(document(config)["http"]["listen"], "0.0.0.0:9464");
        }
    }
}

#[test]
fn every_selector_finds_the_pods() {
    let base = document(format!("{BASE}/kustomization.yaml"));
    assert_eq!(base["labels"][0]["pairs"], selected());
    // Kustomize adds the selector of a Service and of a StatefulSet, and not these.
    let budget = document(format!("{BASE}/poddisruptionbudget.yaml"));
    assert_eq!(budget["spec"]["selector"]["matchLabels"], selected());
    let policy = document(format!("{BASE}/networkpolicy.yaml"));
    assert_eq!(policy["spec"]["podSelector"]["matchLabels"], selected());
    let any = document(format!("{}/board-any.yaml", OVERLAYS[1]));
    assert_eq!(any["spec"]["selector"], selected());
    let monitor = document("deploy/kubernetes/components/prometheus-operator/servicemonitor.yaml");
    let service = document(format!("{BASE}/service.yaml"));
    let component = "app.kubernetes.io/component";
    let matched = &monitor["spec"]["selector"]["matchLabels"];
    assert_eq!(matched[component], service["metadata"]["labels"][component]);
    // The job of the scrape is the name of the Service: the rules ask for it.
    assert_eq!(service["metadata"]["name"], "vaste");
}

#[test]
fn the_board_and_the_metrics_are_there_while_the_data_is_not_current() {
    for file in ["service.yaml", "board.yaml"] {
        let service = document(format!("{BASE}/{file}"));
        assert_eq!(service["spec"]["publishNotReadyAddresses"], "true", "{file}");
    }
    let any = document(format!("{}/board-any.yaml", OVERLAYS[1]));
    assert_eq!(any["spec"]["publishNotReadyAddresses"], "true");
}

#[test]
fn the_pod_may_do_what_it_needs_and_no_more() {
    let set = set();
    let pod = pod(&set);
    assert_eq!(pod["automountServiceAccountToken"], "false");
    assert_eq!(pod["securityContext"]["runAsNonRoot"], "true");
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let user = pod["securityContext"]["runAsUser"].as_str().unwrap();
    let image = text("deploy/Dockerfile");
    assert!(image.contains(&format!("\nUSER {user}:{user}\n")), "the image has another user");
    let container = &pod["containers"][0];
    let expected = json!({
        "allowPrivilegeEscalation": "false",
        "readOnlyRootFilesystem": "true",
        "capabilities": { "drop": ["ALL"] },
    });
    assert_eq!(container["securityContext"], expected);
    let account = document(format!("{BASE}/serviceaccount.yaml"));
    assert_eq!(account["automountServiceAccountToken"], "false");
    let writable: Vec<&Value> = container["volumeMounts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|mount| mount["readOnly"] != "true")
        .collect();
    assert_eq!(writable, [&json!({ "name": "store", "mountPath": "/var/lib/vaste" })]);
}

#[test]
fn the_rules_of_the_component_are_those_of_prometheus() {
    let rule = document("deploy/kubernetes/components/prometheus-operator/prometheusrule.yaml");
    let rules = document("deploy/prometheus/vaste.rules.yaml");
    assert_eq!(rule["spec"], rules);
    let mut alerts = 0;
    let tests = text("deploy/prometheus/vaste.rules_test.yaml");
    texts(&rules, &mut |text| {
        if text.starts_with("Vaste") && !text.contains(' ') {
            alerts += 1;
            assert!(tests.contains(&format!("alertname=\"{text}\"")), "{text} has no test");
        }
    });
    assert!(alerts >= 9, "{alerts} alerts");
}
