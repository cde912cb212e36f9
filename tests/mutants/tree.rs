//! The copy of the tree that is mutated.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3Default;

/// Folders that are not copied, at any depth.
const LEFT_OUT: [&str; 2] = [".git", "target"];

/// All files of a tree at one moment, by their path in it.
#[derive(Debug)]
pub(crate) struct Snapshot(BTreeMap<PathBuf, Vec<u8>>);

impl Snapshot {
    /// Reads a tree.
    pub(crate) fn take(root: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for path in paths(root)? {
            files.insert(path.clone(), fs::read(root.join(path))?);
        }
        Ok(Self(files))
    }

    /// The text of one file; `None` where there is no such file or it is not UTF-8.
    pub(crate) fn text(&self, path: &Path) -> Option<&str> {
        self.0.get(path).and_then(|bytes| str::from_utf8(bytes).ok())
    }

    /// A hash of everything but the files below a folder.
    pub(crate) fn fingerprint_without(&self, folder: &Path) -> u64 {
        let mut hash = Xxh3Default::new();
        for (path, bytes) in self.0.iter().filter(|(path, _)| !path.starts_with(folder)) {
            hash.update(path.as_os_str().as_encoded_bytes());
            hash.update(&bytes.len().to_le_bytes());
            hash.update(bytes);
        }
        hash.digest()
    }

    /// Makes a folder equal to the snapshot. Writes only files that differ, because Cargo builds again
    /// what is newer than its last build.
    pub(crate) fn restore(&self, root: &Path) -> io::Result<()> {
        fs::create_dir_all(root)?;
        for path in paths(root)?.iter().filter(|path| !self.0.contains_key(*path)) {
            fs::remove_file(root.join(path))?;
        }
        for (path, bytes) in &self.0 {
            let path = root.join(path);
            if fs::read(&path).is_ok_and(|present| present == *bytes) {
                continue;
            }
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(path, bytes)?;
        }
        Ok(())
    }
}

/// The paths of all files below a folder, relative to it.
fn paths(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            if LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}
