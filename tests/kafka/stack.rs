//! The processes of `deploy/compose/compose.yaml`, started without Docker: with its arguments, environment
//! and configuration files, in which only addresses and paths are replaced.
//!
//! | service | here |
//! |---|---|
//! | `kafka` | Kafka's jars; the test makes a file of the environment and formats the storage, as the image does |
//! | `topics` | its script; Kafka's command line tools are started from the jars |
//! | `events`, `producer`, `vaste` | the script and the binary; for `vaste`, the command of the Dockerfile |
//! | `prometheus`, `alertmanager` | the programs of this machine, told to listen on loopback only |
//! | `grafana` | not started: no package has it. `dashboards::` runs its queries, `tests/deploy` reads its files |

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::process::free_ports;
use crate::harness::{ChildProcess, fetch, root, wait_for};
use crate::own_broker::java;
use crate::rules::results;
use crate::yaml;

/// Where the tools of Kafka are in its image.
const KAFKA_BIN: &str = "/opt/kafka/bin";

/// The tools of Kafka that compose.yaml calls, and their classes.
const KAFKA_TOOLS: [(&str, &str); 2] = [
    ("kafka-topics.sh", "org.apache.kafka.tools.TopicCommand"),
    ("kafka-broker-api-versions.sh", "org.apache.kafka.tools.BrokerApiVersionsCommand"),
];

/// The compose file with all that its services mount, in one folder.
struct Stack {
    folder: tempfile::TempDir,
    services: Value,
    libs: String,
    /// Addresses of the compose file, and those that stand for them here.
    addresses: Vec<(String, String)>,
    /// Paths of containers that are in the folder here, the longest first.
    mounts: Vec<String>,
    vaste_port: u16,
    prometheus_port: u16,
    alertmanager_port: u16,
}

impl Stack {
    fn new(libs: String) -> Self {
        let compose = fs::read_to_string(root().join("deploy/compose/compose.yaml")).unwrap();
        let services = yaml::documents(&compose).unwrap()[0]["services"].clone();
        let [inside, outside, controller, vaste_port, prometheus_port, alertmanager_port] =
            free_ports();
        let addresses = [
            (&["//:19092", "kafka:19092", "localhost:19092"][..], inside),
            (&["//:9092", "127.0.0.1:9092"], outside),
            (&["//:9093", "kafka:9093"], controller),
            (&["vaste:9464", "0.0.0.0:9464", "127.0.0.1:9464"], vaste_port),
            (&["localhost:9090"], prometheus_port),
            (&["alertmanager:9093", "localhost:9093"], alertmanager_port),
        ];
        let addresses = addresses.into_iter().flat_map(|(written, port)| {
            written.iter().map(move |address| {
                let slashes = if address.starts_with("//") { "//" } else { "" };
                ((*address).to_owned(), format!("{slashes}127.0.0.1:{port}"))
            })
        });
        let mut stack = Self {
            folder: tempfile::tempdir().unwrap(),
            services,
            libs,
            addresses: addresses.collect(),
            mounts: vec![KAFKA_BIN.to_owned()],
            vaste_port,
            prometheus_port,
            alertmanager_port,
        };
        stack.mount_all();
        stack
    }

    /// Puts what the services mount into the folder. Grafana is left out.
    fn mount_all(&mut self) {
        let mut copied = Vec::new();
        for (name, service) in self.services.as_object().unwrap() {
            for volume in words(&service["volumes"]).iter().filter(|_| name != "grafana") {
                let mut parts = volume.split(':');
                let (source, target) = (parts.next().unwrap(), parts.next().unwrap());
                self.mounts.push(target.to_owned());
                copied.push((source.to_owned(), target.to_owned()));
            }
        }
        self.mounts.sort_by_key(|path| std::cmp::Reverse(path.len()));
        for (source, target) in copied {
            if source.starts_with('.') {
                self.copy(&root().join("deploy/compose").join(source), &target);
            } else {
                fs::create_dir_all(self.at(&target)).unwrap();
            }
        }
        fs::create_dir_all(self.at(KAFKA_BIN)).unwrap();
        for (tool, class) in KAFKA_TOOLS {
            let script = format!(
                "#!/bin/sh\nexec java -XX:TieredStopAtLevel=1 -cp '{}/*' {class} \"$@\"\n",
                self.libs
            );
            let path = self.at(&format!("{KAFKA_BIN}/{tool}"));
            fs::write(&path, script).unwrap();
            let made = Command::new("chmod").arg("+x").arg(path).status().unwrap();
            assert!(made.success());
        }
    }

    fn copy(&self, source: &Path, target: &str) {
        if source.is_dir() {
            for entry in fs::read_dir(source).unwrap() {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                self.copy(&entry.path(), &format!("{target}/{name}"));
            }
            return;
        }
        let path = self.at(target);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, self.here(&fs::read_to_string(source).unwrap())).unwrap();
    }

    /// Where a path of a container is.
    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    /// A text of the compose file or of a file that it mounts, with the addresses and paths of this machine.
    fn here(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (written, here) in &self.addresses {
            text = text.replace(written, here);
        }
        for path in &self.mounts {
            let mut replaced = String::new();
            let mut rest = text.as_str();
            while let Some((before, after)) = rest.split_once(path.as_str()) {
                let is_end = |c: char| !c.is_alphanumeric() && c != '-' && c != '.';
                let begins = before.ends_with("://")
                    || before.chars().next_back().is_none_or(|c| is_end(c) && c != '/');
                let is_path = begins && after.chars().next().is_none_or(is_end);
                let here = self.at(path);
                let written = if is_path { here.to_str().unwrap() } else { path };
                write!(replaced, "{before}{written}").unwrap();
                rest = after;
            }
            text = replaced + rest;
        }
        text
    }

    /// A list of words of a service, such as `command`. Compose writes `$` as `$$`.
    fn words(&self, service: &str, key: &str) -> Vec<String> {
        let words = words(&self.services[service][key]);
        words.iter().map(|word| self.here(&word.replace("$$", "$"))).collect()
    }

    /// The environment of a service.
    fn environment(&self, service: &str) -> Vec<(String, String)> {
        let all = self.services[service]["environment"].as_object().into_iter().flatten();
        all.map(|(name, value)| (name.clone(), self.here(value.as_str().unwrap()))).collect()
    }

    /// A program with further words, and the environment of a service.
    fn command(&self, service: &str, program: &str, words: &[String]) -> Command {
        let mut command = Command::new(program);
        command.args(words).envs(self.environment(service)).current_dir(self.folder.path());
        command
    }

    /// Starts a program with the environment of a service. What it prints is in a file.
    fn start(&self, service: &str, program: &str, words: &[String], folder: &str) -> ChildProcess {
        let log = fs::File::create(self.folder.path().join(format!("{service}.log"))).unwrap();
        let mut command = self.command(service, program, words);
        command.current_dir(self.at(folder)).stdout(log.try_clone().unwrap()).stderr(log);
        ChildProcess::start(&mut command)
    }

    /// Runs a service that ends by itself: its entry point and its command.
    fn run(&self, service: &str, entry: &[String], folder: &str) {
        let words = [entry, &self.words(service, "command")].concat();
        let mut command = self.command(service, &words[0], &words[1..]);
        let output = command.current_dir(self.at(folder)).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{service}: {said}");
    }

    /// Makes a configuration file of the environment, as the image does, and starts the broker.
    fn start_kafka(&self) -> ChildProcess {
        let mut file = String::new();
        let mut cluster = String::new();
        for (name, value) in self.environment("kafka") {
            match name.strip_prefix("KAFKA_") {
                Some(key) => {
                    writeln!(file, "{}={value}", key.to_lowercase().replace('_', ".")).unwrap();
                }
                None => cluster = value,
            }
        }
        fs::write(self.folder.path().join("server.properties"), file).unwrap();
        let formatted = java(&self.libs, self.folder.path())
            .args(["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", &cluster])
            .args(["-c", "server.properties"])
            .output()
            .unwrap();
        assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stderr));
        let mut broker = java(&self.libs, self.folder.path());
        broker.args(["kafka.Kafka", "server.properties"]);
        let broker = ChildProcess::start(broker.stdout(Stdio::null()).stderr(Stdio::null()));
        let healthy = self.healthcheck("kafka");
        wait_for("Kafka to be healthy", || {
            let checked = Command::new(&healthy[1]).args(&healthy[2..]).output().unwrap();
            checked.status.success().then_some(())
        });
        broker
    }

    /// The command by which compose tells whether a service is healthy.
    fn healthcheck(&self, service: &str) -> Vec<String> {
        let test = words(&self.services[service]["healthcheck"]["test"]);
        test.iter().map(|word| self.here(word)).collect()
    }

    /// Waits until the page of a service's healthcheck answers.
    fn wait_until_healthy(&self, service: &str, port: u16) {
        let test = self.healthcheck(service);
        let address = format!("http://127.0.0.1:{port}");
        let page = test.last().unwrap().strip_prefix(&address).unwrap();
        wait_for(service, || fetch(port, page).filter(|(status, _)| *status == 200));
    }

    /// What the API of a program answers as JSON.
    fn api(port: u16, path: &str) -> Option<Value> {
        let (status, body) = fetch(port, path)?;
        (status == 200).then(|| serde_json::from_str(&body).ok())?
    }
}

/// A list of texts.
fn words(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(|word| word.as_str().unwrap()).collect()
}

/// The words of `ENTRYPOINT` or `CMD` in the Dockerfile.
fn of_dockerfile(instruction: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("deploy/Dockerfile")).unwrap();
    let words = text.lines().find_map(|line| line.strip_prefix(instruction)).unwrap();
    serde_json::from_str(words).unwrap()
}

#[test]
fn the_services_of_the_compose_file_work_together() {
    let variables = ["VASTE_TEST_KAFKA_LIBS", "VASTE_TEST_PROMETHEUS", "VASTE_TEST_ALERTMANAGER"];
    let [Ok(libs), Ok(prometheus), Ok(alertmanager)] = variables.map(std::env::var) else {
        println!("left out: Kafka's jars, Prometheus or Alertmanager; tests/run finds them");
        return;
    };
    let stack = Stack::new(libs);
    let names: Vec<&str> = stack.services.as_object().unwrap().keys().map(String::as_str).collect();
    let known =
        ["alertmanager", "events", "grafana", "kafka", "producer", "prometheus", "topics", "vaste"];
    assert_eq!(names, known, "start each service that is new");

    let _kafka = stack.start_kafka();
    stack.run("topics", &stack.words("topics", "entrypoint"), "/");
    assert_eq!(of_dockerfile("ENTRYPOINT"), ["/usr/bin/vaste"]);
    let vaste = env!("CARGO_BIN_EXE_vaste");
    let arguments: Vec<String> = of_dockerfile("CMD").iter().map(|word| stack.here(word)).collect();
    let mut service = stack.start("vaste", vaste, &arguments, "/etc/vaste");
    let listen = |port: u16| vec![format!("--web.listen-address=127.0.0.1:{port}")];
    let arguments = [stack.words("prometheus", "command"), listen(stack.prometheus_port)].concat();
    let _prometheus = stack.start("prometheus", &prometheus, &arguments, "/");
    let arguments =
        [stack.words("alertmanager", "command"), listen(stack.alertmanager_port)].concat();
    let _alertmanager = stack.start("alertmanager", &alertmanager, &arguments, "/");
    stack.run("events", &stack.words("events", "entrypoint"), "/");
    // The second start of the stack finds the file.
    let moved = fs::read(stack.at("/events/events.ndjson")).unwrap();
    stack.run("events", &stack.words("events", "entrypoint"), "/");
    assert_eq!(fs::read(stack.at("/events/events.ndjson")).unwrap(), moved);
    stack.run("producer", &[vaste.to_owned()], "/etc/vaste");

    stack.wait_until_healthy("prometheus", stack.prometheus_port);
    stack.wait_until_healthy("alertmanager", stack.alertmanager_port);
    check_prometheus(&stack);
    check_alertmanager(&stack);
    assert_eq!(service.terminate(), Some(0));
}

/// Every target is up, every rule evaluates, Alertmanager is known, and the tickets of the events are there.
fn check_prometheus(stack: &Stack) {
    let port = stack.prometheus_port;
    wait_for("every target to be up", || {
        let targets = Stack::api(port, "/api/v1/targets")?;
        let targets = targets["data"]["activeTargets"].as_array()?;
        let mut up = targets.iter().filter(|target| target["health"] == "up");
        let jobs = ["vaste", "prometheus", "alertmanager"];
        (targets.len() == jobs.len()
            && up.by_ref().count() == jobs.len()
            && jobs.iter().all(|job| targets.iter().any(|one| one["labels"]["job"] == *job)))
        .then_some(())
    });
    let text = fs::read_to_string(root().join("deploy/prometheus/vaste.rules.yaml")).unwrap();
    let written = &yaml::documents(&text).unwrap()[0]["groups"];
    let written = written.as_array().unwrap().iter();
    let written: usize = written.map(|group| group["rules"].as_array().unwrap().len()).sum();
    wait_for("every rule to be evaluated", || {
        let groups = Stack::api(port, "/api/v1/rules")?;
        let groups = groups["data"]["groups"].as_array()?.iter();
        let rules = groups.flat_map(|group| group["rules"].as_array().into_iter().flatten());
        (rules.filter(|rule| rule["health"] == "ok").count() == written).then_some(())
    });
    let managers = Stack::api(port, "/api/v1/alertmanagers").unwrap();
    let address = format!("http://127.0.0.1:{}/api/v2/alerts", stack.alertmanager_port);
    assert_eq!(managers["data"]["activeAlertmanagers"][0]["url"], address.as_str(), "{managers}");
    // The example has three teams.
    let query = "vaste_window_tickets{job=\"vaste\", measure=\"first_reply\", window=\"28d\"} > 0";
    wait_for("tickets of every team in Prometheus", || {
        let found = results(port, query, None)?;
        let teams = ["billing", "press", "support"];
        let has = |team: &&str| found.iter().any(|one| one["metric"]["team"] == **team);
        teams.iter().all(has).then_some(())
    });
}

/// The alert that fires as long as Vaste runs on current data is there, and goes to its own receiver.
fn check_alertmanager(stack: &Stack) {
    let port = stack.alertmanager_port;
    let status = Stack::api(port, "/api/v2/status").unwrap();
    assert_eq!(status["cluster"]["status"], "disabled", "{status}");
    let (page, _) = fetch(stack.vaste_port, "/-/ready").unwrap();
    assert_eq!(page, 200);
    let watchdog = wait_for("the watchdog of Vaste at Alertmanager", || {
        let alerts = Stack::api(port, "/api/v2/alerts")?;
        let is_watchdog = |alert: &&Value| alert["labels"]["alertname"] == "VasteWatchdog";
        alerts.as_array()?.iter().find(is_watchdog).cloned()
    });
    assert_eq!(watchdog["receivers"], serde_json::json!([{ "name": "watchdog" }]), "{watchdog}");
    let board = format!("http://127.0.0.1:{}/", stack.vaste_port);
    assert!(watchdog["generatorURL"].as_str().unwrap().starts_with(&board), "{watchdog}");
}
