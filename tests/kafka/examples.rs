//! The producers of `deploy/examples`, started by the commands that their files and their README name.
//! `tests/run` fetches the clients. It names a folder of programs for Python and kcat, the folder with the
//! packages of Node.js, and Kafka's jars.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::harness::{Metrics, Service, broker, create_topic, fresh, page_text, root, wait_for};
use crate::prometheus::AGREEMENT;

/// The value of a variable by which `tests/run` names what it has found. If it found nothing, it says so.
fn found(variable: &str) -> Option<String> {
    let value = std::env::var(variable).ok();
    if value.is_none() {
        println!("left out: {variable} is not set; tests/run finds what it names");
    }
    value
}

/// The command in the header of an example, such as `python3 publish.py localhost:9092 ticket-events`.
fn command_of(file: &str) -> String {
    let text = fs::read_to_string(root().join("deploy/examples").join(file)).unwrap();
    let is_command = |line: &&str| line.ends_with(" localhost:9092 ticket-events");
    let line = text.lines().find(is_command).unwrap();
    line.trim_start_matches(['/', ' ']).to_owned()
}

/// The command with kcat in the README of the examples.
fn kcat_command() -> String {
    let text = fs::read_to_string(root().join("deploy/examples/README.md")).unwrap();
    let block = text.split("```").find(|block| block.contains("kcat -P ")).unwrap();
    block.strip_prefix("text\n").unwrap().to_owned()
}

/// What the ticket of a producer changes.
#[derive(Clone, Copy)]
enum Effect {
    Answered,
    Waits,
}

/// Runs a command as a user does, next to the files of the examples, on a topic that a service reads. Then
/// the ticket is in the metrics and on the page of its team.
fn run(broker: &str, command: &str, programs: &str, modules: Option<&str>, effect: Effect) {
    let topic = fresh("example");
    create_topic(broker, &topic, 3);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start(&kafka, AGREEMENT);
    service.wait_until_ready();
    let folder = tempfile::tempdir().unwrap();
    for file in ["publish.py", "publish.mjs", "Publish.java"] {
        fs::copy(root().join("deploy/examples").join(file), folder.path().join(file)).unwrap();
    }
    if let Some(modules) = modules {
        symlink(modules, folder.path().join("node_modules")).unwrap();
    }
    let command = command.replace("localhost:9092", broker).replace("ticket-events", &topic);
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    let output = shell.args(["-euc", &command]).env("PATH", path).current_dir(&folder).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command}: {said}");

    let labels = "team=\"billing\",measure=\"first_reply\"";
    let (series, shown) = match effect {
        Effect::Answered => (
            format!("vaste_window_tickets{{{labels},window=\"1h\",basis=\"calendar\"}}"),
            "| the last hour | 1 |",
        ),
        Effect::Waits => (
            format!("vaste_waiting_tickets{{{labels},basis=\"calendar\"}}"),
            "| Waiting now: | 1, longest",
        ),
    };
    wait_for("the ticket in the metrics", || {
        (service.metrics().value(&series) == Some(1.0)).then_some(())
    });
    wait_for("the ticket on the board", || {
        let text = page_text(&service.get("/teams/billing")?);
        text.contains(shown).then_some(())
    });
    let Metrics(metrics) = service.metrics();
    let rejected = metrics.lines().filter(|line| line.starts_with("vaste_records_rejected_total{"));
    assert!(
        rejected.clone().count() > 0 && rejected.clone().all(|line| line.ends_with(" 0")),
        "{metrics}"
    );
}

#[test]
fn a_ticket_of_the_python_example_counts() {
    let Some(broker) = broker() else { return };
    let Some(programs) = found("VASTE_TEST_PYTHON_BIN") else { return };
    run(&broker, &command_of("publish.py"), &programs, None, Effect::Answered);
}

#[test]
fn a_ticket_of_the_node_example_counts() {
    let Some(broker) = broker() else { return };
    let Some(modules) = found("VASTE_TEST_NODE_MODULES") else { return };
    run(&broker, &command_of("publish.mjs"), "", Some(&modules), Effect::Answered);
}

#[test]
fn a_ticket_of_the_java_example_counts() {
    let Some(broker) = broker() else { return };
    let Some(libs) = found("VASTE_TEST_KAFKA_LIBS") else { return };
    let written = "kafka-clients-4.1.1.jar:…";
    let command = command_of("Publish.java");
    assert!(command.contains(written), "{command}");
    let command = command.replace(written, &format!("{libs}/*"));
    run(&broker, &command, "", None, Effect::Answered);
}

#[test]
fn a_ticket_of_the_kcat_example_counts() {
    let Some(broker) = broker() else { return };
    let Some(programs) = found("VASTE_TEST_KCAT_BIN") else { return };
    run(&broker, &kcat_command(), &programs, None, Effect::Waits);
}
