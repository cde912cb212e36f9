//! A real Alertmanager with a webhook. `tests/run` names its programs in `VASTE_TEST_ALERTMANAGER`
//! and `VASTE_TEST_AMTOOL`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::harness::{ChildProcess, fetch, free_port, wait_for};

/// A receiver of notifications, which keeps them as JSON.
#[derive(Clone, Default)]
pub(crate) struct Webhook(Arc<Mutex<Vec<Value>>>);

impl Webhook {
    /// Listens on a port of loopback until the test ends.
    pub(crate) fn listen(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let received = received.clone();
                thread::spawn(move || {
                    // An Alertmanager that is killed during a request sends it again.
                    drop(received.take(&stream.unwrap()));
                });
            }
        });
        port
    }

    fn take(&self, mut stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line)? > 2 {
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        // Stored before the answer, because the sender may exit after it.
        self.0.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }

    /// All notifications, in order of arrival.
    pub(crate) fn received(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    /// The number of firing and of resolved alerts, by objective. Alerts without an objective are
    /// left out.
    pub(crate) fn counts(&self) -> BTreeMap<String, (u32, u32)> {
        let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        for notification in self.received() {
            for alert in notification["alerts"].as_array().unwrap() {
                let Some(objective) = objective(alert) else { continue };
                let (firing, resolved) = counts.entry(objective).or_default();
                match alert["status"].as_str().unwrap() {
                    "firing" => *firing += 1,
                    _ => *resolved += 1,
                }
            }
        }
        counts
    }
}

/// The objective of an alert. `None` for alerts about the service itself.
fn objective(alert: &Value) -> Option<String> {
    alert["labels"]["objective"].as_str().map(str::to_owned)
}

/// A running Alertmanager in a temporary folder, killed when the test ends.
pub(crate) struct Alertmanager {
    folder: tempfile::TempDir,
    port: u16,
    /// Its flags, for another start.
    flags: Vec<String>,
    child: ChildProcess,
}

impl Alertmanager {
    /// Starts one that notifies the webhook. `None` if the program is missing.
    pub(crate) fn start(webhook: u16) -> Option<Self> {
        Self::start_in_cluster(webhook, "1s", &["--cluster.listen-address=".to_owned()])
    }

    /// Starts one with this group interval and these cluster flags.
    pub(crate) fn start_in_cluster(
        webhook: u16,
        group_interval: &str,
        cluster: &[String],
    ) -> Option<Self> {
        let route = format!(
            "group_by: [alertname, team, objective], group_wait: 0s, group_interval: {group_interval}"
        );
        Self::start_with_route(webhook, &route, cluster)
    }

    /// Starts one that holds alerts and notifies nobody.
    pub(crate) fn start_silent() -> Option<Self> {
        let alone = ["--cluster.listen-address=".to_owned()];
        Self::start_with_route(free_port(), "group_by: [], group_wait: 1h", &alone)
    }

    /// Starts one with a file of `--web.config.file`, which only those whom it admits can ask.
    pub(crate) fn start_guarded(webhook: u16, web: &Path) -> Option<Self> {
        let web = format!("--web.config.file={}", web.display());
        let flags = ["--cluster.listen-address=".to_owned(), web];
        Self::spawn_with_route(webhook, "group_by: [], group_wait: 0s", &flags)
    }

    fn start_with_route(webhook: u16, route: &str, flags: &[String]) -> Option<Self> {
        let alertmanager = Self::spawn_with_route(webhook, route, flags)?;
        alertmanager.wait_until_ready();
        Some(alertmanager)
    }

    fn spawn_with_route(webhook: u16, route: &str, flags: &[String]) -> Option<Self> {
        let Ok(amtool) = std::env::var("VASTE_TEST_AMTOOL") else {
            println!("left out: no Alertmanager in VASTE_TEST_ALERTMANAGER; tests/run finds one");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "route: {{ receiver: team, {route}, repeat_interval: 1h }}\n\
             receivers: [{{ name: team, webhook_configs: [{{ url: \"http://127.0.0.1:{webhook}/\" }}] }}]\n"
        );
        let path = folder.path().join("alertmanager.yml");
        fs::write(&path, config).unwrap();
        let checked = Command::new(amtool).arg("check-config").arg(&path).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        let port = free_port();
        let child = spawn(&folder, port, flags)?;
        Some(Self { folder, port, flags: flags.to_vec(), child })
    }

    fn wait_until_ready(&self) {
        wait_for("Alertmanager to listen", || {
            fetch(self.port, "/-/ready").filter(|(status, _)| *status == 200)
        });
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Kills it as a crash does: its memory is lost.
    pub(crate) fn kill(&mut self) {
        self.child.kill();
    }

    /// Sends `SIGTERM` and waits: its notification log is saved.
    pub(crate) fn stop(&mut self) {
        self.child.terminate();
    }

    /// Starts it again on its port with its saved state.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&self.folder, self.port, &self.flags).unwrap();
        self.wait_until_ready();
    }

    /// The number of members of its cluster.
    pub(crate) fn peers(&self) -> usize {
        let (_, body) = fetch(self.port, "/api/v2/status").unwrap();
        let status: Value = serde_json::from_str(&body).unwrap();
        status["cluster"]["peers"].as_array().map_or(0, Vec::len)
    }

    /// The alerts that it holds, by objective. Alerts without an objective are left out.
    pub(crate) fn held(&self) -> BTreeMap<String, Value> {
        let (_, body) = fetch(self.port, "/api/v2/alerts").unwrap();
        let all: Vec<Value> = serde_json::from_str(&body).unwrap();
        all.into_iter().filter_map(|alert| Some((objective(&alert)?, alert))).collect()
    }
}

fn spawn(folder: &tempfile::TempDir, port: u16, flags: &[String]) -> Option<ChildProcess> {
    let program = std::env::var("VASTE_TEST_ALERTMANAGER").ok()?;
    let log =
        fs::File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    let mut alertmanager = Command::new(program);
    alertmanager
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(["--config.file=alertmanager.yml", "--storage.path=data"])
        .args(flags)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(log);
    Some(ChildProcess::start(&mut alertmanager))
}

/// A listener that accepts connections and never answers.
pub(crate) fn hangs() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let held: Vec<_> = listener.incoming().collect();
        drop(held);
    });
    port
}
