//! The service's own file: where events come from, which agreements and measures there are.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Disk;
use super::agreement;
use super::alertmanager;
use super::diagnostic::Diagnostics;
use super::fields::{Field, Fields, File};
use super::objective;
use super::property::{self, Property};
use super::yaml::Node;
use crate::measure::Measure;
use crate::time::{DAY_MS, Elapsed, MINUTE_MS};

/// What the service is told beside agreements and measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Where events come from.
    pub kafka: Kafka,
    /// Where it listens.
    pub http: Http,
    /// Who is told of alerts: each of them, of all.
    pub alertmanagers: Vec<Alertmanager>,
    /// Labels that every alert carries unless it has them, such as `cluster`.
    pub external_labels: Vec<(Box<str>, Box<str>)>,
    /// What is kept, and where.
    pub state: StateConfig,
    /// After how long without data that can be trusted `VasteDataStale` fires. Default 5 m.
    pub stale_after: Elapsed,
}

/// What is kept across restarts, and for how long a ticket is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateConfig {
    /// A folder, or an address such as `s3://bucket/vaste`; absent where nothing is kept, and every start
    /// reads the topic from its beginning.
    pub store: Option<String>,
    /// How long a ticket at rest is remembered at least, so that it can be reopened. Default 28 d.
    pub reopen_within: Elapsed,
    /// The shortest time between two checkpoints of a partition. Default 30 s; they are rarer where they
    /// would take more than 5 % of the time.
    pub checkpoint_every: Duration,
}

impl Default for StateConfig {
    fn default() -> Self {
        Self {
            store: None,
            reopen_within: Elapsed::from_ms(28 * DAY_MS),
            checkpoint_every: Duration::from_secs(30),
        }
    }
}

/// The default of [`Service::stale_after`].
const STALE_AFTER: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);

/// One Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alertmanager {
    /// Its address, without a slash at the end.
    pub url: String,
    /// How Vaste says who it is.
    pub credentials: Option<Credentials>,
    /// Certificates that it is trusted by; absent for those of the system.
    pub ca_file: Option<PathBuf>,
    /// Whether its certificate is not looked at.
    pub insecure_skip_verify: bool,
}

/// How Vaste says who it is. Secrets stand in files, read for every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A user and a password.
    Basic {
        /// The user.
        username: String,
        /// Where the password stands.
        password_file: PathBuf,
    },
    /// A token, such as `Bearer`.
    Token {
        /// The word before it.
        scheme: String,
        /// Where it stands.
        credentials_file: PathBuf,
    },
}

/// Where events come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kafka {
    /// Brokers to begin with, `host:port`.
    pub brokers: Vec<String>,
    /// The topic of the events.
    pub topic: String,
    /// The consumer group. Default `vaste`.
    pub group: String,
    /// Consumers in this process. Default 1; more use more cores.
    pub workers: usize,
    /// Properties for librdkafka, such as `security.protocol`.
    pub properties: Vec<(String, Property)>,
    /// The topic that rejected records are written to; absent where they are only logged and counted.
    pub dead_letters: Option<String>,
}

/// Where the service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Default `127.0.0.1:9464`.
    pub listen: SocketAddr,
    /// The address that people reach the pages at, without a slash at the end, where the file says it.
    pub external_url: Option<String>,
}

impl Http {
    /// What links in alerts begin with: the address that people reach the pages at, else the one that is
    /// listened on.
    pub fn external_url(&self, listening: SocketAddr) -> String {
        self.external_url.clone().unwrap_or_else(|| format!("http://{listening}"))
    }
}

/// Properties of librdkafka that Vaste sets itself, and why.
const PROPERTIES_OWNED: [(&str, &str); 10] = [
    ("auto.offset.reset", "an offset that is gone must be noticed, not passed over"),
    ("bootstrap.servers", "write kafka.brokers"),
    ("client.id", "it tells the workers apart"),
    ("debug", "it would print secrets"),
    ("enable.auto.commit", "offsets follow the state, not the clock"),
    ("enable.auto.offset.store", "offsets follow the state, not the clock"),
    ("enable.partition.eof", "it says when a partition is caught up"),
    ("group.id", "write kafka.group"),
    ("partition.assignment.strategy", "partitions must stay where their tickets are"),
    ("statistics.interval.ms", "metrics need it"),
];

/// Why a property is Vaste's own; none if it is free.
pub(super) fn why_owned(name: &str) -> Option<&'static str> {
    PROPERTIES_OWNED.iter().find(|(owned, _)| *owned == name).map(|(_, why)| *why)
}

/// `workers` at most: a partition has one consumer, and a core one worker.
const WORKERS_MAX: usize = 64;

/// What one file of the service says.
#[derive(Debug, Default)]
pub(super) struct ServiceFile {
    /// The files of the agreements and of the calendars.
    pub(super) files: Vec<PathBuf>,
    /// The measures that run; absent where the file does not say.
    pub(super) measures: Option<Vec<Measure>>,
    /// The rest; absent where the file has no `kafka`.
    pub(super) service: Option<Service>,
}

pub(super) fn read(
    node: &Node,
    path: &Path,
    disk: &dyn Disk,
    diagnostics: &mut Diagnostics,
) -> ServiceFile {
    let mut file = File { path, diagnostics };
    let file = &mut file;
    let mut read = ServiceFile::default();
    let Some(mut fields) = Field::root(node).fields(file) else { return read };
    for (key, example) in
        [("agreements", "config/agreements/*.yaml"), ("calendars", "config/calendars.yaml")]
    {
        if let Some(list) = fields.take(key) {
            read.files.extend(files(&list, example, file, disk));
        }
    }
    if let Some(list) = fields.take("measures") {
        let measures = list.list(file);
        read.measures =
            Some(measures.iter().filter_map(|field| objective::measure(field, file)).collect());
    }
    let kafka = fields.take("kafka").map(|group| kafka(&group, file));
    let http = http(&mut fields, file);
    let alertmanagers = alertmanager::list(&mut fields, file);
    if let Some(http) = &http
        && http.listen.ip().is_unspecified()
        && http.external_url.is_none()
        && !alertmanagers.is_empty()
    {
        let problem =
            "is missing: links in alerts would lead to no machine; write where people reach it";
        file.warn(fields.at(), "http.external_url", problem);
    }
    let external_labels = fields
        .take("external_labels")
        .and_then(|labels| labels.fields(file))
        .map_or_else(Vec::new, |labels| agreement::labels(&labels, file));
    let state = fields.take("state").map_or_else(StateConfig::default, |group| state(&group, file));
    if let Some(Some(Kafka { dead_letters: Some(_), .. })) = &kafka
        && state.store.is_none()
    {
        let problem = "is there and state.store is not: every start reads the topic from its beginning, and \
                       writes all rejected records once more; write where to keep checkpoints";
        file.warn(fields.at(), "kafka.dead_letters", problem);
    }
    let stale_after = fields.take("stale_after").and_then(|field| duration(&field, file));
    read.service = kafka.flatten().zip(http).map(|(kafka, http)| Service {
        kafka,
        http,
        alertmanagers,
        external_labels,
        state,
        stale_after: stale_after.unwrap_or(STALE_AFTER),
    });
    fields.finish(file);
    read
}

fn duration(field: &Field<'_>, file: &mut File<'_>) -> Option<Elapsed> {
    let problem = "is not a length of time; write such as 5m, 2h or 28d";
    field.parse(file, problem, |text| {
        Elapsed::parse(text).filter(|elapsed| *elapsed > Elapsed::ZERO)
    })
}

fn state(group: &Field<'_>, file: &mut File<'_>) -> StateConfig {
    let mut state = StateConfig::default();
    let Some(mut fields) = group.fields(file) else { return state };
    if let Some(field) = fields.take("store") {
        let problem = "is not a place; write a folder such as file:///var/lib/vaste";
        let place = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        state.store = field.parse(file, problem, place);
    }
    if let Some(field) = fields.take("reopen_within")
        && let Some(elapsed) = duration(&field, file)
    {
        state.reopen_within = elapsed;
    }
    if let Some(field) = fields.take("checkpoint_every") {
        let problem =
            "is not a length of time; write such as 30s; 0s is as often as 5 % of the time allow";
        let elapsed = field.parse(file, problem, |text| {
            if text == "0s" { Some(Elapsed::ZERO) } else { Elapsed::parse(text) }
        });
        let elapsed = elapsed.map(|elapsed| Duration::from_millis(elapsed.ms().unsigned_abs()));
        state.checkpoint_every = elapsed.unwrap_or(state.checkpoint_every);
    }
    if let Some(field) = fields.take("windows_max") {
        file.warn(field.node.at, &field.key, "is not read by this version, and not checked");
    }
    fields.finish(file);
    state
}

/// The files that a list of files and patterns means.
fn files(list: &Field<'_>, example: &str, file: &mut File<'_>, disk: &dyn Disk) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for pattern in list.list(file) {
        let problem = format!("is not a file or a pattern; write such as {example}");
        let Some(text) = pattern.parse(file, &problem, |text| Some(text.to_owned())) else {
            continue;
        };
        match disk.list(&text) {
            Ok(paths) if paths.is_empty() => {
                let problem = "matches no file; name files that are there, from where you start";
                pattern.fault(file, problem);
            }
            Ok(paths) => files.extend(paths),
            Err(problem) => pattern.fault(file, &problem),
        }
    }
    files
}

fn kafka(group: &Field<'_>, file: &mut File<'_>) -> Option<Kafka> {
    let mut fields = group.fields(file)?;
    let brokers = fields
        .require("brokers", file, "write such as [\"localhost:9092\"]")
        .map(|field| brokers(&field, file));
    let topic = fields
        .require("topic", file, "write such as ticket-events")
        .and_then(|field| name_of(&field, "topic", file));
    let group =
        fields.take("group").map_or(Some("vaste".to_owned()), |f| name_of(&f, "group", file));
    let workers = fields.take("workers").map_or(Some(1), |field| {
        let problem = "is not a number of workers; write a whole number from 1 to 64";
        let in_range = |count: &usize| (1..=WORKERS_MAX).contains(count);
        field.parse(file, problem, |text| text.parse().ok().filter(in_range))
    });
    let properties = fields.take("properties").map_or_else(Vec::new, |f| properties(&f, file));
    let dead_letters =
        fields.take("dead_letters").map(|field| dead_letters(&field, topic.as_deref(), file));
    fields.finish(file);
    let dead_letters = match dead_letters {
        Some(name) => Some(name?),
        None => None,
    };
    Some(Kafka {
        brokers: brokers?,
        topic: topic?,
        group: group?,
        workers: workers?,
        properties,
        dead_letters,
    })
}

fn brokers(field: &Field<'_>, file: &mut File<'_>) -> Vec<String> {
    let list = field.list(file);
    let problem = "is not a broker; write host:port, such as \"localhost:9092\"";
    let is_broker = |text: &str| {
        let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
        port.and_then(|port| port.parse::<u16>().ok()).map(|_| text.to_owned())
    };
    list.iter().filter_map(|broker| broker.parse(file, problem, is_broker)).collect()
}

fn name_of(field: &Field<'_>, what: &str, file: &mut File<'_>) -> Option<String> {
    // Kafka's own rule for topics; groups are held to it, too.
    let problem = format!("cannot be a {what}; write 1 to 249 letters, digits or . _ -");
    field.parse(file, &problem, |text| {
        let legal = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        (legal && (1..=249).contains(&text.len())).then(|| text.to_owned())
    })
}

/// The topic of rejected records. Not the one that is read: each would come back for ever.
fn dead_letters(field: &Field<'_>, topic: Option<&str>, file: &mut File<'_>) -> Option<String> {
    let name = name_of(field, "topic", file)?;
    if topic == Some(name.as_str()) {
        let problem = "is the topic that is read: every rejected record would come back for ever; name \
                       another one, such as ticket-events.dlq";
        field.fault(file, problem);
        return None;
    }
    Some(name)
}

fn properties(group: &Field<'_>, file: &mut File<'_>) -> Vec<(String, Property)> {
    let Some(fields) = group.fields(file) else { return Vec::new() };
    let mut properties = Vec::new();
    for (key, field) in fields.all() {
        if let Some(why) = why_owned(&key.text) {
            file.fault(key.at, &field.key, format!("is set by Vaste itself: {why}; leave it out"));
            continue;
        }
        let value = property::read(key, &field, file);
        properties.extend(value.map(|value| (key.text.clone(), value)));
    }
    properties
}

fn http(fields: &mut Fields<'_>, file: &mut File<'_>) -> Option<Http> {
    let default = SocketAddr::from(([127, 0, 0, 1], 9464));
    let Some(mut http) = fields.take("http").and_then(|http| http.fields(file)) else {
        return Some(Http { listen: default, external_url: None });
    };
    let listen = http.take("listen").map_or(Some(default), |field| {
        let problem = "is not an address to listen on; write such as \"127.0.0.1:9464\"";
        field.parse(file, problem, |text| text.parse().ok())
    });
    let external_url = http.take("external_url").map(|field| {
        let problem = "is not a web address; write such as https://vaste.example";
        let whole = |text: &str| agreement::is_web_address(text).then(|| text.to_owned());
        field.parse(file, problem, whole)
    });
    if let Some(field) = http.take("ticket_url") {
        file.warn(field.node.at, &field.key, "is not read by this version, and not checked");
    }
    http.finish(file);
    let external_url = match external_url {
        Some(url) => Some(url?.trim_end_matches('/').to_owned()),
        None => None,
    };
    Some(Http { listen: listen?, external_url })
}
