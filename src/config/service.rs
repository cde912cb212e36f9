//! The service's own file: which agreements and measures there are.

use std::path::{Path, PathBuf};

use super::Disk;
use super::agreement;
use super::fault::Notes;
use super::fields::{Field, File};
use super::yaml::Node;
use crate::measure::Measure;

/// What the service's file says.
#[derive(Debug, Default)]
pub(super) struct Service {
    /// The files of the agreements.
    pub(super) agreements: Vec<PathBuf>,
    /// The measures that run; absent where the file does not say.
    pub(super) measures: Option<Vec<Measure>>,
}

pub(super) fn read(node: &Node, path: &Path, disk: &dyn Disk, notes: &mut Notes) -> Service {
    let mut file = File { path, notes };
    let file = &mut file;
    let mut service = Service::default();
    let Some(mut fields) = Field::root(node).fields(file) else {
        return service;
    };
    for pattern in fields.take("agreements").map_or_else(Vec::new, |list| list.list(file)) {
        let problem = "is not a file or a pattern; write such as config/agreements/*.yaml";
        let Some(text) = pattern.parse(file, problem, |text| Some(text.to_owned())) else {
            continue;
        };
        match disk.list(&text) {
            Ok(paths) if paths.is_empty() => {
                pattern.fault(
                    file,
                    "matches no file; name files that are there, from where you start",
                );
            }
            Ok(paths) => service.agreements.extend(paths),
            Err(problem) => pattern.fault(file, &problem),
        }
    }
    if let Some(list) = fields.take("measures") {
        let measures = list.list(file);
        service.measures =
            Some(measures.iter().filter_map(|field| agreement::measure(field, file)).collect());
    }
    for key in ["kafka", "http", "alertmanagers", "state", "calendars"] {
        if let Some(field) = fields.take(key) {
            file.warn(field.node.at, &field.key, "is not read by this version, and not checked");
        }
    }
    fields.finish(file);
    service
}
