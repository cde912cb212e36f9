//! The service's own file: Kafka, HTTP, Alertmanagers, state, and the paths of the other files.

use std::path::{Path, PathBuf};

use super::agendas::{self, AgendaTopic};
use super::alertmanager::{self, Alertmanager};
use super::diagnostic::Diagnostics;
use super::disk::Disk;
use super::fields::{Field, Fields, File};
use super::http::{self, Http};
use super::kafka::{self, Kafka};
use super::labels;
use super::priorities;
use super::reload::{self, ReloadConfig};
use super::state::{self, StateConfig};
use super::waiting_alarms;
use super::yaml::Node;
use crate::alert::WaitAlarmPolicies;
use crate::event::PriorityNames;
use crate::measure::Measure;
use crate::time::{Elapsed, MINUTE_MS};

/// The settings of the service, without agreements, calendars and measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The source of events.
    pub kafka: Kafka,
    /// Its addresses.
    pub http: Http,
    /// The Alertmanagers. Each gets every alert.
    pub alertmanagers: Vec<Alertmanager>,
    /// Labels added to every alert that does not have them, such as `cluster`.
    pub external_labels: Vec<(Box<str>, Box<str>)>,
    /// Alarms about tickets that nobody has agreed to answer.
    pub waiting_alarms: WaitAlarmPolicies,
    /// Where agendas are posted at handovers; `None` for nowhere.
    pub agendas: Option<AgendaTopic>,
    /// Checkpoints and the memory of tickets.
    pub state: StateConfig,
    /// `VasteDataStale` fires after this time without current data. Default 5 m.
    pub stale_after: Elapsed,
    /// When the configuration is read again.
    pub reload: ReloadConfig,
}

/// The default of [`Service::stale_after`].
const STALE_AFTER: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);

/// The content of one file of the service.
#[derive(Debug, Default)]
pub(super) struct ServiceFile {
    /// The files of agreements and calendars that it names.
    pub(super) files: Vec<PathBuf>,
    /// The measures that run; `None` if the file does not name them.
    pub(super) measures: Option<Vec<Measure>>,
    /// The organisation's own names of priorities.
    pub(super) priority_names: PriorityNames,
    /// The other keys; `None` if the file has no `kafka`.
    pub(super) service: Option<Service>,
}

/// Reads the file.
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
        read.measures = Some(measures.iter().filter_map(|field| field.measure(file)).collect());
    }
    if let Some(group) = fields.take("priorities").and_then(|group| group.fields(file)) {
        read.priority_names = priorities::read(&group, file);
    }
    let kafka = fields.take("kafka").map(|group| kafka::read(&group, file, disk));
    let http = http::read(&mut fields, file);
    let alertmanagers = alertmanager::read(&mut fields, file);
    if let Some(http) = &http
        && http.external_url.is_none()
        && !alertmanagers.is_empty()
    {
        let problem = "is missing, so links in alerts do not work on other machines; set it to the address \
                       of the board";
        file.warn_service(fields.at(), "http.external_url", problem);
    }
    let external_labels = fields
        .take("external_labels")
        .and_then(|labels| labels.fields(file))
        .map_or_else(Vec::new, |labels| labels::read(&labels, file));
    let waiting_alarms = fields
        .take("waiting_alarms")
        .map_or_else(WaitAlarmPolicies::default, |group| waiting_alarms::read(&group, file));
    let state =
        fields.take("state").map_or_else(StateConfig::default, |group| state::read(&group, file));
    let kafka_read = kafka.as_ref().and_then(Option::as_ref);
    let agendas = fields.take("agendas").and_then(|group| agendas::read(&group, kafka_read, file));
    if state.store.is_none() {
        warn_without_store(&fields, kafka_read, agendas.as_ref(), file);
    }
    let stale_after = fields.take("stale_after").and_then(|field| field.duration(file));
    let reload = fields
        .take("reload")
        .map_or_else(ReloadConfig::default, |group| reload::read(&group, file));
    read.service = kafka.flatten().zip(http).map(|(kafka, http)| Service {
        kafka,
        http,
        alertmanagers,
        external_labels,
        waiting_alarms,
        agendas,
        state,
        stale_after: stale_after.unwrap_or(STALE_AFTER),
        reload,
    });
    fields.finish(file);
    read
}

/// Warns of what loses something at a restart without a store.
fn warn_without_store(
    fields: &Fields<'_>,
    kafka: Option<&Kafka>,
    agendas: Option<&AgendaTopic>,
    file: &mut File<'_>,
) {
    if kafka.is_some_and(|kafka| kafka.dead_letters.is_some()) {
        let problem = "is set without state.store, so every start reads the topic from its beginning and \
                       writes all rejected records again; set state.store";
        file.warn_service(fields.at(), "kafka.dead_letters", problem);
    }
    if agendas.is_some() {
        let problem = "is set without state.store, so the agenda of a handover at which Vaste does not run \
                       is never posted; set state.store";
        file.warn_service(fields.at(), "agendas.topic", problem);
    }
}

/// The files that a list of names and patterns matches.
fn files(list: &Field<'_>, example: &str, file: &mut File<'_>, disk: &dyn Disk) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for pattern in list.list(file) {
        let problem = format!("is not a file or a pattern; write, for example, {example}");
        let Some(text) = pattern.parse(file, &problem, |text| Some(text.to_owned())) else {
            continue;
        };
        match disk.list(&text) {
            Ok(paths) if paths.is_empty() => {
                let problem = "matches no file; check the path, which starts at the folder in which Vaste \
                               is started";
                pattern.error(file, problem);
            }
            Ok(paths) => files.extend(paths),
            Err(error) => pattern.error(file, &error.to_string()),
        }
    }
    files
}
