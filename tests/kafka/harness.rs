//! A test harness: topics, records, and a running service with its metrics.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{BaseProducer, BaseRecord};
use vaste::time::Timestamp;

#[path = "../support/memory.rs"]
pub(crate) mod memory;
#[path = "../support/process.rs"]
pub(crate) mod process;

pub(crate) use process::{ChildProcess, fetch, free_port, wait_for};

/// The broker's address. `None` if there is no broker.
pub(crate) fn broker() -> Option<String> {
    let broker = std::env::var("VASTE_TEST_KAFKA").ok();
    if broker.is_none() {
        println!("left out: no broker in VASTE_TEST_KAFKA; tests/run starts one");
    }
    broker
}

/// A name that no other test uses.
pub(crate) fn fresh(what: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{what}-{}-{number}", std::process::id())
}

/// A client that administers the broker.
pub(crate) fn admin(broker: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", broker).create().unwrap()
}

/// A runtime for the calls of [`admin`].
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Gives a topic this number of partitions.
pub(crate) fn add_partitions(broker: &str, topic: &str, count: usize) {
    let admin = admin(broker);
    let more = [NewPartitions::new(topic, count)];
    let made = runtime().block_on(admin.create_partitions(&more, &AdminOptions::new())).unwrap();
    made.into_iter().for_each(|one| drop(one.unwrap()));
}

/// Creates a topic.
pub(crate) fn create_topic(broker: &str, topic: &str, partitions: i32) {
    create_topic_with(broker, topic, partitions, &[]);
}

/// Creates a topic with settings of its own.
pub(crate) fn create_topic_with(
    broker: &str,
    topic: &str,
    partitions: i32,
    settings: &[(&str, &str)],
) {
    let mut new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    for (name, value) in settings {
        new = new.set(name, value);
    }
    let admin = admin(broker);
    let created = runtime().block_on(admin.create_topics(&[new], &AdminOptions::new())).unwrap();
    created.into_iter().for_each(|topic| drop(topic.unwrap()));
}

/// Waits until a group is stable with this many members, each of which has partitions.
pub(crate) fn wait_for_members(broker: &str, group: &str, members: usize) {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
    wait_for("the members of the group to share its partitions", || {
        let groups = consumer.fetch_group_list(Some(group), Duration::from_secs(5)).ok()?;
        let group = groups.groups().iter().find(|found| found.name() == group)?;
        let assigned = group.members().iter().filter(|member| {
            member.assignment().is_some_and(|assignment| partitions_assigned(assignment) > 0)
        });
        (group.state() == "Stable" && assigned.count() == members).then_some(())
    });
}

/// The number of partitions in an assignment of one topic, as the consumer protocol writes it: a version (2
/// bytes), the number of topics (4), the name of the topic with its length (2), the number of partitions (4).
fn partitions_assigned(assignment: &[u8]) -> u32 {
    let after_topics = assignment.get(6..).unwrap_or_default();
    let Some((length, rest)) = after_topics.split_first_chunk::<2>() else { return 0 };
    let after_name = rest.get(usize::from(u16::from_be_bytes(*length))..).unwrap_or_default();
    after_name.first_chunk::<4>().map_or(0, |count| u32::from_be_bytes(*count))
}

/// The wall clock.
pub(crate) fn wall_clock() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "a test of the running service")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap())
}

/// An event of one of billing's tickets, at this instant.
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

/// A running service in a temporary folder, killed when the test ends.
pub(crate) struct Service {
    pub(crate) folder: tempfile::TempDir,
    port: u16,
    pub(crate) child: ChildProcess,
    variables: Vec<(String, String)>,
}

impl Service {
    /// Starts `vaste run` with this `kafka` section and one agreement.
    pub(crate) fn start(kafka: &str, agreement: &str) -> Self {
        Self::start_with(kafka, agreement, "")
    }

    /// The same with further lines of configuration.
    pub(crate) fn start_with(kafka: &str, agreement: &str, more: &str) -> Self {
        Self::start_all(kafka, &[agreement.to_owned()], more)
    }

    /// The same with further files in its folder.
    pub(crate) fn start_with_files(kafka: &str, agreement: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        Self::start_in(folder, kafka, &[agreement.to_owned()], "")
    }

    /// The same with any number of agreements and further lines of configuration.
    pub(crate) fn start_all(kafka: &str, agreements: &[String], more: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), kafka, agreements, more)
    }

    /// The same with environment variables.
    pub(crate) fn start_with_variables(
        kafka: &str,
        agreement: &str,
        more: &str,
        variables: &[(&str, String)],
    ) -> Self {
        Self::start_all_with_variables(kafka, &[agreement.to_owned()], more, variables)
    }

    /// The same with any number of agreements.
    pub(crate) fn start_all_with_variables(
        kafka: &str,
        agreements: &[String],
        more: &str,
        variables: &[(&str, String)],
    ) -> Self {
        let owned = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
        let variables = variables.iter().map(owned).collect();
        Self::start_fully(tempfile::tempdir().unwrap(), kafka, agreements, more, variables)
    }

    /// A second process with the same configuration on another port. It stores nothing.
    pub(crate) fn start_twin(&self) -> ChildProcess {
        let listen = format!("127.0.0.1:{}", free_port());
        let config = fs::read_to_string(self.folder.path().join("vaste.yaml")).unwrap();
        let lines = config
            .lines()
            .filter(|line| !line.starts_with("state:") && !line.starts_with("alertmanagers:"));
        let config: Vec<&str> = lines.collect();
        fs::write(self.folder.path().join("twin.yaml"), config.join("\n") + "\n").unwrap();
        let log = fs::File::create(self.folder.path().join("twin.log")).unwrap();
        let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
        vaste.args(["run", "--config", "twin.yaml", "--listen", &listen]);
        vaste.current_dir(self.folder.path());
        ChildProcess::start(vaste.stdout(Stdio::null()).stderr(log))
    }

    /// The same in a folder that has further files.
    pub(crate) fn start_in(
        folder: tempfile::TempDir,
        kafka: &str,
        agreements: &[String],
        more: &str,
    ) -> Self {
        Self::start_fully(folder, kafka, agreements, more, Vec::new())
    }

    fn start_fully(
        folder: tempfile::TempDir,
        kafka: &str,
        agreements: &[String],
        more: &str,
        variables: Vec<(String, String)>,
    ) -> Self {
        let port = free_port();
        for (number, agreement) in agreements.iter().enumerate() {
            fs::write(folder.path().join(format!("agreement-{number}.yaml")), agreement).unwrap();
        }
        let config = format!(
            "kafka: {kafka}\nagreements: [agreement-*.yaml]\nhttp: {{ listen: \"127.0.0.1:{port}\" }}\n\
             {more}"
        );
        fs::write(folder.path().join("vaste.yaml"), config).unwrap();
        let child = spawn(folder.path(), &variables);
        let service = Self { folder, port, child, variables };
        wait_for("the service to listen", || service.get("/-/healthy"));
        service
    }

    /// Kills it as a crash does.
    pub(crate) fn kill(&mut self) {
        self.child.kill();
    }

    /// Starts it again in its folder, and does not wait until it listens.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(self.folder.path(), &self.variables);
    }

    /// Publishes records, one on each line.
    pub(crate) fn publish(&self, lines: &str) -> Output {
        let path = self.folder.path().join("events.ndjson");
        fs::write(&path, lines).unwrap();
        Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(["publish", "--config", "vaste.yaml", "events.ndjson"])
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// Status and body of a page. `None` if there is no answer.
    pub(crate) fn page(&self, path: &str) -> Option<(u16, String)> {
        fetch(self.port, path)
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The body of a page with status 200.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        self.page(path).filter(|(status, _)| *status == 200).map(|(_, body)| body)
    }

    /// A scrape.
    pub(crate) fn metrics(&self) -> Metrics {
        Metrics(self.get("/metrics").unwrap())
    }

    /// Waits until it is ready.
    pub(crate) fn wait_until_ready(&self) {
        wait_for("the service to be ready", || self.get("/-/ready"));
    }

    /// Waits until it is not ready for a reason that contains this text. Returns the reason.
    pub(crate) fn wait_for_reason(&self, part: &str) -> String {
        wait_for(part, || {
            let (status, text) = self.page("/-/ready")?;
            (status == 503 && text.contains(part)).then_some(text)
        })
    }

    /// The number of lines in its log that contain this text.
    pub(crate) fn logged(&self, part: &str) -> usize {
        self.log().lines().filter(|line| line.contains(part)).count()
    }

    /// Its log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Sends `SIGTERM` and waits. Returns the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        self.stop()
    }

    /// The same for a service that is started again later.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.child.terminate()
    }
}

/// A test that fails shows what the service said.
impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the log of the service:\n{}", self.log());
        }
    }
}

/// Runs the service in a folder, and appends to its log.
fn spawn(folder: &Path, variables: &[(String, String)]) -> ChildProcess {
    let log = fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
    vaste.args(["run", "--config", "vaste.yaml"]).current_dir(folder);
    vaste.envs(variables.iter().cloned());
    ChildProcess::start(vaste.stdout(Stdio::null()).stderr(log))
}

/// A scrape of the metrics.
pub(crate) struct Metrics(pub(crate) String);

impl Metrics {
    /// The value of a series, by its name with its labels.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        process::sample(&self.0, series)
    }
}

/// The texts of a page without its tags, with ` | ` between them.
pub(crate) fn page_text(page: &str) -> String {
    let texts = page.split('<').filter_map(|rest| Some(rest.split_once('>')?.1.trim()));
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" | ")
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
