//! The text of configuration files that were read before.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{Disk, PatternError};

/// The text of files, by path.
pub type FileTexts = BTreeMap<PathBuf, String>;

/// Files with the text that they had. Other files do not exist. Time zone data is the present one.
#[derive(Debug)]
pub struct FormerFiles<'a> {
    /// The text of each file.
    pub texts: &'a FileTexts,
    /// Has the time zone data.
    pub disk: &'a dyn Disk,
}

impl Disk for FormerFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let text = self.texts.get(path).cloned();
        text.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn read_bytes(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.zone_folder() {
            Some(folder) if path.starts_with(&folder) => self.disk.read_bytes(path),
            Some(_) | None => self.read(path).map(String::into_bytes),
        }
    }

    fn zone_folder(&self) -> Option<PathBuf> {
        self.disk.zone_folder()
    }

    fn list(&self, _pattern: &str) -> Result<Vec<PathBuf>, PatternError> {
        Ok(Vec::new())
    }
}
