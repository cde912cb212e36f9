//! Configuration files on the disk, and what day it is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::config::{Disk, Kafka};

/// The disk itself.
#[derive(Debug)]
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn read(&self, path: &Path) -> Result<String, String> {
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }

    fn list(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let found = glob::glob(pattern).map_err(|error| format!("is not a pattern: {error}"))?;
        let mut paths: Vec<PathBuf> =
            found.filter_map(Result::ok).filter(|p| p.is_file()).collect();
        paths.sort();
        Ok(paths)
    }
}

/// Reads the secrets of Kafka from the files and variables that they stand in.
pub(super) fn read_secrets(kafka: &mut Kafka) -> Result<(), String> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    kafka.read_secrets(|path| RealDisk.read(path), std::env::vars_os().filter_map(text))
}

/// The files that an argument means: those of a folder or a pattern, or the file itself.
pub(super) fn files_of(argument: &str) -> Result<Vec<PathBuf>, String> {
    let path = Path::new(argument);
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    if path.is_dir() {
        let folder = glob::Pattern::escape(argument.trim_end_matches('/'));
        for ending in ["yaml", "yml"] {
            files.extend(RealDisk.list(&format!("{folder}/*.{ending}"))?);
        }
        files.sort();
    } else {
        files = RealDisk.list(argument)?;
    }
    if files.is_empty() {
        return Err(format!(
            "failed to find anything at {argument}: name a file, a folder of .yaml files \
                            or a pattern"
        ));
    }
    Ok(files)
}

/// Today in UTC, `YYYY-MM-DD`: only to warn of dates gone by.
pub(super) fn today() -> String {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the clock")]
    let now = std::time::SystemTime::now();
    chrono::DateTime::<chrono::Utc>::from(now).format("%Y-%m-%d").to_string()
}
