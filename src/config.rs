//! Configuration files, read and checked.
//!
//! One run finds all errors of all files. Each error has file, line, column, key, value and advice.
//!
//! `config/service.rs`, `config/agreement.rs` and `config/calendars.rs` read whole files. Every group of keys
//! that they have is read in a file of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::agreement::{Agreement, Owner};
use crate::catalog::{Catalog, TEAMS_MAX};
use crate::event::PriorityNames;
use crate::measure::Measure;

mod agendas;
mod agreement;
mod alertmanager;
mod calendars;
mod diagnostic;
mod disk;
mod duty;
mod fields;
mod file_texts;
mod hours;
mod http;
mod http_client;
mod kafka;
mod labels;
mod objective;
mod people;
mod priorities;
mod property;
mod reload;
mod service;
mod state;
mod waiting_alarms;
mod yaml;
mod zones;

pub use agendas::{AgendaTopic, LANGUAGES};
pub use alertmanager::Alertmanager;
pub use calendars::{ALWAYS, CalendarRules, Calendars, NamedHoliday};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use disk::{Disk, PatternError};
pub use file_texts::{FileTexts, FormerFiles};
pub use http::Http;
pub use http_client::{
    Connection, Credentials, HttpClient, HttpHeader, OAuth2, OwnCertificate, ProxySettings,
    TextOrFile, TlsSettings,
};
pub use kafka::{Kafka, MissingCredential, SecretError, is_broker};
pub use objective::read_target;
pub use property::Property;
pub use reload::ReloadConfig;
pub use service::Service;
pub use state::StateConfig;
pub use zones::ZoneData;

/// The content of all configuration files.
#[derive(Debug, Default)]
pub struct Config {
    /// All agreements.
    pub agreements: Vec<Agreement>,
    /// All calendars that files define, by name, without the built-in `always`. A calendar with errors is
    /// always open.
    pub calendars: Calendars,
    /// What each calendar follows from.
    pub calendar_rules: BTreeMap<Box<str>, CalendarRules>,
    /// The measures that run in addition to those of the agreements.
    pub measures: Vec<Measure>,
    /// The organisation's own names of priorities.
    pub priority_names: PriorityNames,
    /// The settings of the service; `None` if no file has them.
    pub service: Option<Service>,
    /// Errors and warnings of all files.
    pub diagnostics: Diagnostics,
    /// The files that were read, in the order of reading.
    pub files: Vec<PathBuf>,
    /// The text of the files with agreements and calendars, by path. The service configuration is not among
    /// them: it may hold secrets.
    pub texts: FileTexts,
    /// A hash of the text of all files.
    pub hash: u64,
    /// The time zone data that the calendars use.
    pub zone_data: ZoneData,
}

/// The kinds of files.
enum Content {
    Agreement,
    Calendars,
    Service,
}

/// An agreement file, parsed and not yet checked.
struct AgreementFile {
    path: PathBuf,
    node: yaml::Node,
}

impl Config {
    /// Reads files of any kind, and the files that they name. `today` is `YYYY-MM-DD`, to warn of dates in
    /// the past.
    pub fn read(paths: &[PathBuf], disk: &dyn Disk, today: &str) -> Self {
        Self::read_with(paths, disk, today, None)
    }

    /// Reads the former text of files whose present text has been read. The agreements, the calendars or
    /// the settings are the present ones if no former file has any.
    pub fn read_former(paths: &[PathBuf], disk: &dyn Disk, today: &str, present: &Self) -> Self {
        Self::read_with(paths, disk, today, Some(present))
    }

    fn read_with(paths: &[PathBuf], disk: &dyn Disk, today: &str, present: Option<&Self>) -> Self {
        let mut config = Self { measures: Measure::DEFAULT.to_vec(), ..Self::default() };
        let mut waiting: Vec<PathBuf> = paths.iter().rev().cloned().collect();
        let mut agreements = Vec::new();
        let mut sources = calendars::CalendarSources::new(disk);
        while let Some(path) = waiting.pop() {
            if !config.files.contains(&path) {
                let read = config.read_file(&path, disk, &mut agreements, &mut sources);
                waiting.extend(read.into_iter().rev());
                config.files.push(path);
            }
        }
        let mut named = config.calendars.clone();
        if let Some(present) = present {
            for (name, calendar) in &present.calendars {
                named.entry(name.clone()).or_insert_with(|| Arc::clone(calendar));
            }
            config.complete_from(present, disk, &mut agreements);
        }
        // Agreements come last: they name calendars.
        for AgreementFile { path, node } in agreements {
            let diagnostics = &mut config.diagnostics;
            let zones = sources.zones();
            if let Some(read) = agreement::read(&node, &path, &named, zones, today, diagnostics) {
                diagnostics.register_owner(&read.owner, &path);
                config.agreements.push(read);
            }
        }
        config.zone_data = sources.into_zone_data();
        config.check_together();
        config
    }

    /// Takes from the present text the kinds of content that no former file has.
    fn complete_from(
        &mut self,
        present: &Self,
        disk: &dyn Disk,
        agreements: &mut Vec<AgreementFile>,
    ) {
        if self.calendars.is_empty() {
            self.calendars.clone_from(&present.calendars);
        }
        if self.service.is_none() {
            self.measures.clone_from(&present.measures);
            self.priority_names.clone_from(&present.priority_names);
        }
        if agreements.is_empty() {
            agreements.extend(present.files.iter().filter_map(|path| {
                let node = yaml::parse(&disk.read(path).ok()?).ok()?;
                let is_agreement = matches!(content_of(&node), Content::Agreement);
                is_agreement.then(|| AgreementFile { path: path.clone(), node })
            }));
        }
    }

    /// The agreements, compiled to ids for the pipeline.
    pub fn catalog(&self) -> Catalog {
        Catalog::new(&self.agreements, &self.measures)
            .with_priority_names(self.priority_names.clone())
    }

    /// Reads one file; returns the files that it names. An agreement is only parsed, into `agreements`.
    fn read_file(
        &mut self,
        path: &Path,
        disk: &dyn Disk,
        agreements: &mut Vec<AgreementFile>,
        sources: &mut calendars::CalendarSources<'_>,
    ) -> Vec<PathBuf> {
        let text = match disk.read(path) {
            Ok(text) => text,
            Err(error) => {
                let advice = disk::unreadable(&error);
                self.diagnostics.error(Diagnostic::of_file(path, advice));
                return Vec::new();
            }
        };
        self.hash = self.hash.rotate_left(1) ^ xxh3_64(text.as_bytes());
        let node = match yaml::parse(&text) {
            Ok(node) => node,
            Err(yaml::YamlError { at, kind }) => {
                let problem = kind.to_string();
                self.diagnostics.error(Diagnostic::new(path, at, String::new(), problem));
                return Vec::new();
            }
        };
        match content_of(&node) {
            Content::Agreement => {
                self.texts.insert(path.to_owned(), text);
                agreements.push(AgreementFile { path: path.to_owned(), node });
                Vec::new()
            }
            Content::Calendars => {
                let read = calendars::read(&node, path, sources, &mut self.diagnostics);
                for calendars::ReadCalendar { name, at, calendar, rules } in read {
                    self.diagnostics.register_calendar(&name, path, at);
                    self.calendar_rules.extend(rules.map(|rules| (name.clone(), rules)));
                    self.calendars.insert(name, Arc::new(calendar));
                }
                for calendars::IcsFile { path, text } in sources.take_ics_files() {
                    self.hash = self.hash.rotate_left(1) ^ xxh3_64(text.as_bytes());
                    self.texts.insert(path.clone(), text);
                    if !self.files.contains(&path) {
                        self.files.push(path);
                    }
                }
                self.texts.insert(path.to_owned(), text);
                Vec::new()
            }
            Content::Service => {
                let read = service::read(&node, path, disk, &mut self.diagnostics);
                if let Some(measures) = read.measures {
                    self.measures = measures;
                }
                self.priority_names = read.priority_names;
                self.service = read.service;
                let kafka = self.service.as_ref().map(|service| &service.kafka);
                if let Some(mapping) = kafka.and_then(|kafka| kafka.mapping.as_ref()) {
                    self.hash = self.hash.rotate_left(1) ^ xxh3_64(mapping.text().as_bytes());
                }
                read.files
            }
        }
    }

    /// A name that two teams could mean is refused: whose tickets would they be?
    fn check_former_names(&mut self) {
        let mut owners: BTreeMap<&str, &Owner> = BTreeMap::new();
        for agreement in &self.agreements {
            if let Owner::Team(name) = &agreement.owner {
                owners.insert(name, &agreement.owner);
            }
        }
        let mut doubtful = Vec::new();
        for agreement in &self.agreements {
            for name in &agreement.about.former_names {
                let other = owners.insert(name, &agreement.owner);
                if let Some(Owner::Team(other)) = other.filter(|other| **other != agreement.owner) {
                    let problem = format!(
                        "was_named: `{name}` is also a name of the team `{other}`; keep it with one of them"
                    );
                    doubtful.push((agreement.owner.clone(), problem));
                }
            }
        }
        for (owner, problem) in doubtful {
            self.diagnostics.error_of_owner(&owner, problem);
        }
    }

    /// Checks that need all files.
    fn check_together(&mut self) {
        self.agreements.sort_by(|a, b| a.owner.cmp(&b.owner));
        let teams = self.agreements.iter().filter(|a| matches!(a.owner, Owner::Team(_))).count();
        if teams > TEAMS_MAX {
            let problem = format!(
                "{teams} teams are declared; at most {TEAMS_MAX} are supported: run a second Vaste for \
                 the others"
            );
            self.diagnostics.error(Diagnostic::of_file(Path::new("agreements"), problem));
        }
        self.check_former_names();
        if self.calendars.len() > calendars::CALENDARS_MAX {
            let problem = format!(
                "{} calendars are defined; at most {} are supported: remove those that no agreement \
                 names",
                self.calendars.len(),
                calendars::CALENDARS_MAX
            );
            self.diagnostics.error(Diagnostic::of_file(Path::new("calendars"), problem));
        }
    }
}

/// The kind of a file, by its keys.
fn content_of(node: &yaml::Node) -> Content {
    if node.has_key("team") || node.has_key("organisation") || node.has_key("objectives") {
        Content::Agreement
    } else if node.value_of("calendars").is_some_and(yaml::Node::is_map) {
        Content::Calendars
    } else {
        Content::Service
    }
}
