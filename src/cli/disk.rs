//! The disk, the environment and the clock, for configuration.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::{Disk, Kafka, PatternError, SecretError};
use crate::input::read_text;
use crate::time::Timestamp;

/// Configuration files on the disk.
#[derive(Debug)]
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn read(&self, path: &Path) -> io::Result<String> {
        read_text(path)
    }

    fn read_bytes(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn zone_folder(&self) -> Option<PathBuf> {
        let folder = std::env::var_os("TZDIR").filter(|folder| !folder.is_empty());
        Some(folder.map_or_else(|| PathBuf::from("/usr/share/zoneinfo"), PathBuf::from))
    }

    fn list(&self, pattern: &str) -> Result<Vec<PathBuf>, PatternError> {
        let found =
            glob::glob(pattern).map_err(|error| PatternError { reason: error.to_string() })?;
        let mut paths: Vec<PathBuf> =
            found.filter_map(Result::ok).filter(|p| p.is_file()).collect();
        paths.sort();
        Ok(paths)
    }
}

/// Reads the secrets of the Kafka client from files and environment variables. Variables that are not UTF-8
/// are ignored.
pub(super) fn read_secrets(kafka: &mut Kafka) -> Result<(), SecretError> {
    // The bytes of a secret are taken as they are.
    kafka.read_secrets(|path| std::fs::read_to_string(path), variables())
}

/// The environment variables that are text.
pub(super) fn variables() -> impl Iterator<Item = (String, String)> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text)
}

/// Why an argument names no files.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilesError {
    /// Nothing has that name.
    #[error(
        "failed to find anything at {argument}: name a file, a folder of .yaml files or a pattern"
    )]
    NotFound {
        /// The argument.
        argument: String,
    },
    /// It is neither a file nor a folder, and not a pattern either.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

/// The files that an argument names: a file, those of a folder, or those that a pattern matches.
///
/// # Errors
/// If there are none.
pub(super) fn files_of(argument: &str) -> Result<Vec<PathBuf>, FilesError> {
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
        return Err(FilesError::NotFound { argument: argument.to_owned() });
    }
    Ok(files)
}

/// The files that several arguments name. An argument that names none stands for itself: a file that does
/// not exist is reported with the other errors of the configuration.
pub(super) fn files_named(arguments: &[String]) -> Vec<PathBuf> {
    let named = arguments
        .iter()
        .map(|argument| files_of(argument).unwrap_or_else(|_| vec![argument.into()]));
    named.flatten().collect()
}

/// Today in UTC, `YYYY-MM-DD`: to warn of dates in the past.
pub(super) fn today() -> String {
    let now = chrono::DateTime::from_timestamp_millis(now().ms()).unwrap_or_default();
    now.format("%Y-%m-%d").to_string()
}

/// The present instant.
pub(super) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the clock")]
    let now = std::time::SystemTime::now();
    Timestamp::from_ms(chrono::DateTime::<chrono::Utc>::from(now).timestamp_millis())
}
