//! Configuration files as they are written, checked into what the stream works by.
//!
//! All faults of all files are found in one run; each names file, line, column, key, value and way out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::agreement::{Agreement, Owner};
use crate::catalog::{Catalog, TEAMS_MAX};
use crate::measure::Measure;

mod agreement;
mod alertmanager;
mod calendars;
mod diagnostic;
mod disk;
mod duty;
mod fields;
mod hours;
mod http;
mod kafka;
mod labels;
mod objective;
mod people;
mod property;
mod service;
mod state;
mod yaml;

pub use alertmanager::{Alertmanager, Credentials};
pub use calendars::Calendars;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use disk::{Disk, PatternError};
pub use http::Http;
pub use kafka::{Kafka, SecretError};
pub use property::Property;
pub use service::Service;
pub use state::StateConfig;

/// What the files say together.
#[derive(Debug, Default)]
pub struct Config {
    /// All agreements.
    pub agreements: Vec<Agreement>,
    /// All calendars that files define, by name; the built-in `always` is not among them. One that has faults
    /// is there, always open.
    pub calendars: Calendars,
    /// The measures that run beside those that the agreements name.
    pub measures: Vec<Measure>,
    /// What the service is told beside; absent where no file of the service was read.
    pub service: Option<Service>,
    /// What is wrong, and what is only worth a look.
    pub diagnostics: Diagnostics,
    /// The files that were read, in order.
    pub files: Vec<PathBuf>,
    /// A hash of all that stands in them.
    pub hash: u64,
}

/// What a file is, by its keys.
enum Content {
    Agreement,
    Calendars,
    Service,
}

impl Config {
    /// Reads files of any kind, and what they refer to. `read` gives the text of a path; `list` the paths
    /// that a pattern matches; `today` is `YYYY-MM-DD`, for dates gone by.
    pub fn read(paths: &[PathBuf], disk: &dyn Disk, today: &str) -> Self {
        let mut config = Self { measures: Measure::DEFAULT.to_vec(), ..Self::default() };
        let mut waiting: Vec<PathBuf> = paths.iter().rev().cloned().collect();
        let mut agreements = Vec::new();
        while let Some(path) = waiting.pop() {
            if !config.files.contains(&path) {
                let read = config.read_file(&path, disk, &mut agreements);
                waiting.extend(read.into_iter().rev());
                config.files.push(path);
            }
        }
        // Last, since they name calendars.
        for (path, node) in agreements {
            let diagnostics = &mut config.diagnostics;
            if let Some(read) = agreement::read(&node, &path, &config.calendars, today, diagnostics)
            {
                diagnostics.owner(&read.owner, &path);
                config.agreements.push(read);
            }
        }
        config.check_together();
        config
    }

    /// The rules to work by.
    pub fn catalog(&self) -> Catalog {
        Catalog::new(&self.agreements, &self.measures)
    }

    /// Reads one file, an agreement only as YAML; returns the files that it refers to.
    fn read_file(
        &mut self,
        path: &Path,
        disk: &dyn Disk,
        agreements: &mut Vec<(PathBuf, yaml::Node)>,
    ) -> Vec<PathBuf> {
        let text = match disk.read(path) {
            Ok(text) => text,
            Err(error) => {
                let way_out = format!("cannot be read: {error}; name a file that is there");
                self.diagnostics.fault(Diagnostic::of_file(path, way_out));
                return Vec::new();
            }
        };
        self.hash = self.hash.rotate_left(1) ^ xxh3_64(text.as_bytes());
        let node = match yaml::parse(&text) {
            Ok(node) => node,
            Err((at, problem)) => {
                self.diagnostics.fault(Diagnostic::new(path, at, String::new(), problem));
                return Vec::new();
            }
        };
        match content_of(&node) {
            Content::Agreement => {
                agreements.push((path.to_owned(), node));
                Vec::new()
            }
            Content::Calendars => {
                let read = calendars::read(&node, path, disk, &mut self.diagnostics);
                for (name, at, calendar) in read.calendars {
                    self.diagnostics.calendar(&name, path, at);
                    self.calendars.insert(name, Arc::new(calendar));
                }
                for (path, text) in read.texts {
                    self.hash = self.hash.rotate_left(1) ^ xxh3_64(text.as_bytes());
                    if !self.files.contains(&path) {
                        self.files.push(path);
                    }
                }
                Vec::new()
            }
            Content::Service => {
                let read = service::read(&node, path, disk, &mut self.diagnostics);
                if let Some(measures) = read.measures {
                    self.measures = measures;
                }
                self.service = read.service;
                read.files
            }
        }
    }

    /// What only all files together show.
    fn check_together(&mut self) {
        self.agreements.sort_by(|a, b| a.owner.cmp(&b.owner));
        let teams = self.agreements.iter().filter(|a| matches!(a.owner, Owner::Team(_))).count();
        if teams > TEAMS_MAX {
            let problem = format!(
                "{teams} teams are declared; at most {TEAMS_MAX} are told apart: run a second Vaste for \
                 the others"
            );
            self.diagnostics.fault(Diagnostic::of_file(Path::new("agreements"), problem));
        }
        if self.calendars.len() > calendars::CALENDARS_MAX {
            let problem = format!(
                "{} calendars are defined; at most {} are kept: leave out those that no \
                 agreement names",
                self.calendars.len(),
                calendars::CALENDARS_MAX
            );
            self.diagnostics.fault(Diagnostic::of_file(Path::new("calendars"), problem));
        }
    }
}

fn content_of(node: &yaml::Node) -> Content {
    if node.has_key("team") || node.has_key("organisation") || node.has_key("objectives") {
        Content::Agreement
    } else if node.value_of("calendars").is_some_and(yaml::Node::is_map) {
        Content::Calendars
    } else {
        Content::Service
    }
}
