//! Where the text of configuration files comes from.

use std::io;
use std::path::{Path, PathBuf};

/// Reads configuration files: from the disk, or from the table of a test.
pub trait Disk {
    /// The text of a file.
    ///
    /// # Errors
    /// If the file cannot be read or is not UTF-8.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// The files that a pattern such as `agreements/*.yaml` matches, sorted. Empty if none matches.
    ///
    /// # Errors
    /// If the pattern is malformed.
    fn list(&self, pattern: &str) -> Result<Vec<PathBuf>, PatternError>;
}

/// A malformed pattern of file names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a pattern: {reason}")]
pub struct PatternError {
    /// Which rule of patterns it breaks.
    pub reason: String,
}
