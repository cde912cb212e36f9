//! Secrets are never printed: not in logs, not on pages, not in faults.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::abuse::Service;
use crate::process::{fetch, wait_for};

const KAFKA: &str = "{ brokers: [\"127.0.0.1:1\"], topic: events, properties: { \
    security.protocol: SASL_SSL, sasl.mechanisms: PLAIN, sasl.username: vaste, \
    sasl.password: { file: sasl }, ssl.keystore.password: { file: keystore } } }";

const ALERTMANAGERS: &str = "alertmanagers:
  - { url: \"http://127.0.0.1:1\", basic_auth: { username: vaste, password_file: basic } }
  - { url: \"http://127.0.0.1:2\", authorization: { credentials_file: bearer } }
";

#[test]
fn none_of_six_secrets_is_ever_printed() {
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str| format!("planted-{name}-7f3a");
    for name in ["sasl", "keystore", "basic", "bearer"] {
        fs::write(folder.path().join(name), secret(name) + "\n").unwrap();
    }
    let key = secret("key");
    let client = secret("client");
    let variables =
        [("VASTE_KAFKA_PROPERTIES_SSL_KEY_PASSWORD", key.as_str()), ("RUST_LOG", "trace")];
    // A property that the client refuses: its error message contains the value.
    let refused = ("VASTE_KAFKA_PROPERTIES_SASL_OAUTHBEARER_CLIENT_SECRET", client.as_str());
    let service = Service::start_in(folder, KAFKA, ALERTMANAGERS, &variables);
    wait_for("the broker to be reported missing", || service.log().contains("ERROR").then_some(()));
    let mut printed = String::new();
    for path in [
        "/",
        "/teams/billing",
        "/teams/billing/objectives/o",
        "/api/v1/teams/billing/objectives/o",
        "/metrics",
        "/-/ready",
        "/-/healthy",
    ] {
        printed += &fetch(service.port, path).unwrap().1;
    }
    for (arguments, code) in [
        (vec!["check", "vaste.yaml"], 78),
        (vec!["publish", "--config", "vaste.yaml", "agreement.yaml"], 78),
        (vec!["run", "--config", "vaste.yaml", "--listen", "127.0.0.1:0"], 78),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(arguments)
            .envs(variables)
            .env(refused.0, refused.1)
            .current_dir(service.folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code));
        printed += &String::from_utf8_lossy(&output.stdout);
        printed += &String::from_utf8_lossy(&output.stderr);
    }
    assert!(printed.contains("vaste_ready 0"), "the pages were read");
    assert_eq!(printed.matches("is refused by the Kafka client").count(), 3, "{printed}");
    let log = service.log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log is verbose");
    printed += &log;
    assert!(!printed.contains("planted"), "{printed}");
    let encoded = BASE64.encode(format!("vaste:{}", secret("basic")));
    assert!(!printed.contains(&encoded), "{printed}");
}

#[test]
fn a_secret_in_the_file_is_refused_without_being_printed() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("sasl.password", "planted"),
        ("ssl.key.pem", "planted"),
        ("sasl.oauthbearer.client.secret", "[planted]"),
        ("sasl.jaas.config", "planted"),
        ("SASL.Password", "planted"),
    ] {
        let config = format!(
            "kafka: {{ brokers: [\"a:1\"], topic: t, properties: {{ {name}: {value} }} }}\n"
        );
        fs::write(folder.path().join("vaste.yaml"), config).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(["check", "vaste.yaml"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let printed =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{printed}");
        assert!(!printed.contains("planted"), "{printed}");
        let variable = name.to_uppercase().replace('.', "_");
        assert!(printed.contains(&format!("VASTE_KAFKA_PROPERTIES_{variable}")), "{printed}");
    }
}
