//! The parts of a test: a topic, a running service, and how to look at it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{BaseProducer, BaseRecord};
use vaste::time::Timestamp;

#[path = "../support/memory.rs"]
pub(crate) mod memory;
#[path = "../support/process.rs"]
pub(crate) mod process;

pub(crate) use process::{ChildProcess, fetch, free_port, wait_for};

/// The broker, if there is one.
pub(crate) fn broker() -> Option<String> {
    let broker = std::env::var("VASTE_TEST_KAFKA").ok();
    if broker.is_none() {
        println!("left out: no broker in VASTE_TEST_KAFKA; tests/run starts one");
    }
    broker
}

/// A name that no other test has used.
pub(crate) fn fresh(what: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{what}-{}-{number}", std::process::id())
}

/// Makes a topic.
pub(crate) fn create_topic(broker: &str, topic: &str, partitions: i32) {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    let made = runtime.block_on(admin.create_topics(&[new], &AdminOptions::new())).unwrap();
    made.into_iter().for_each(|topic| {
        topic.unwrap();
    });
}

/// The wall clock.
pub(crate) fn wall_clock() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "a test of the running service")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap())
}

/// An event of one of billing's tickets, happening now.
pub(crate) fn record(id: u32, kind: &str, ticket: &str) -> String {
    let time = wall_clock();
    format!(
        "{{\"id\":\"{id}\",\"type\":\"ticket.{kind}\",\"time\":\"{time}\",\"ticket\":\"{ticket}\",\
         \"team\":\"billing\"}}"
    )
}

/// The ticket of a record, which is the key of its message.
pub(crate) fn key(record: &str) -> &str {
    let (_, rest) = record.split_once("\"ticket\":\"").unwrap();
    rest.split_once('"').unwrap().0
}

/// Hands a message to the client; waits while its queue is full.
pub(crate) fn send(producer: &BaseProducer, topic: &str, key: &str, payload: &str) {
    let mut message = BaseRecord::to(topic).key(key).payload(payload);
    while let Err((error, refused)) = producer.send(message) {
        assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::QueueFull));
        message = refused;
        producer.poll(Duration::from_millis(10));
    }
}

/// A service in a folder of its own, ended with the test.
pub(crate) struct Service {
    pub(crate) folder: tempfile::TempDir,
    port: u16,
    pub(crate) child: ChildProcess,
}

impl Service {
    /// Starts `vaste run` with this configuration of Kafka and one agreement.
    pub(crate) fn start(kafka: &str, agreement: &str) -> Self {
        Self::start_with(kafka, agreement, "")
    }

    /// Starts `vaste run` with more in its configuration.
    pub(crate) fn start_with(kafka: &str, agreement: &str, more: &str) -> Self {
        Self::start_all(kafka, &[agreement.to_owned()], more)
    }

    /// Starts `vaste run` beside these files.
    pub(crate) fn start_holding(kafka: &str, agreement: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        Self::start_in(folder, kafka, &[agreement.to_owned()], "")
    }

    /// Starts `vaste run` with any number of agreements.
    pub(crate) fn start_all(kafka: &str, agreements: &[String], more: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), kafka, agreements, more)
    }

    fn start_in(folder: tempfile::TempDir, kafka: &str, agreements: &[String], more: &str) -> Self {
        let port = free_port();
        for (number, agreement) in agreements.iter().enumerate() {
            fs::write(folder.path().join(format!("agreement-{number}.yaml")), agreement).unwrap();
        }
        let config = format!(
            "kafka: {kafka}\nagreements: [agreement-*.yaml]\nhttp: {{ listen: \"127.0.0.1:{port}\" }}\n\
             {more}"
        );
        fs::write(folder.path().join("vaste.yaml"), config).unwrap();
        let child = spawn(folder.path());
        let service = Self { folder, port, child };
        wait_for("the service to listen", || service.get("/-/healthy"));
        service
    }

    /// Ends it as a crash does: at once, in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        self.child.kill();
    }

    /// Starts it again in its folder, once it has ended; does not wait for it.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(self.folder.path());
    }

    /// Publishes the lines of a text.
    pub(crate) fn publish(&self, lines: &str) -> Output {
        let path = self.folder.path().join("events.ndjson");
        fs::write(&path, lines).unwrap();
        Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(["publish", "--config", "vaste.yaml", "events.ndjson"])
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// Status and body of a page; none if nobody answers.
    pub(crate) fn page(&self, path: &str) -> Option<(u16, String)> {
        fetch(self.port, path)
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The body of a page that answers well.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        self.page(path).filter(|(status, _)| *status == 200).map(|(_, body)| body)
    }

    /// The metrics.
    pub(crate) fn metrics(&self) -> Metrics {
        Metrics(self.get("/metrics").unwrap())
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Asks it to end, and waits until it has; the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        self.stop()
    }

    /// The same of one that may be started again.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.child.terminate()
    }
}

/// Runs the service in a folder; its log grows with every run.
fn spawn(folder: &Path) -> ChildProcess {
    let log = fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
    vaste.args(["run", "--config", "vaste.yaml"]).current_dir(folder);
    ChildProcess::start(vaste.stdout(Stdio::null()).stderr(log))
}

/// One scrape.
pub(crate) struct Metrics(pub(crate) String);

impl Metrics {
    /// The value of a series, given as it stands there, name and labels.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        process::sample(&self.0, series)
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
