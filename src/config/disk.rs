//! Where the text of configuration files comes from.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Reads configuration files: from the disk, or from the table of a test.
pub trait Disk: fmt::Debug {
    /// The text of a file.
    ///
    /// # Errors
    /// If the file cannot be read, or is not text: that is [`io::ErrorKind::InvalidData`], whose message says
    /// what to do.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// The bytes of a file.
    ///
    /// # Errors
    /// If the file cannot be read.
    fn read_bytes(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read(path).map(String::into_bytes)
    }

    /// The folder of the machine's time zone data (TZif files); `None` if only the compiled-in data is used.
    fn zone_folder(&self) -> Option<PathBuf> {
        None
    }

    /// The files that a pattern such as `agreements/*.yaml` matches, sorted. Empty if none matches.
    ///
    /// # Errors
    /// If the pattern is malformed.
    fn list(&self, pattern: &str) -> Result<Vec<PathBuf>, PatternError>;
}

/// The problem of a file that cannot be read, with what to do.
pub(super) fn unreadable(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::InvalidData {
        return format!("cannot be read: {error}");
    }
    format!("cannot be read: {error}; check the path and its permissions")
}

/// A malformed pattern of file names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a pattern: {reason}")]
pub struct PatternError {
    /// Which rule of patterns it breaks.
    pub reason: String,
}
