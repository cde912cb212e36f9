//! Opens the object store at the address of `state.store`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use super::error::StoreError;

/// Age of a temporary file from which on its writer is assumed to have crashed.
pub(super) const STAGED_MAX: Duration = Duration::from_secs(600);

/// An object store, and its folder if it is one.
pub(super) struct OpenedStore {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) folder: Option<PathBuf>,
}

/// Opens a folder, which is created if it is missing, or a bucket.
///
/// # Errors
/// When the folder or the bucket cannot be used.
pub(super) fn open(address: &str) -> Result<OpenedStore, StoreError> {
    let folder = match address.split_once("://") {
        None => Some(PathBuf::from(address)),
        Some(("file", path)) => Some(PathBuf::from(path)),
        Some(_) => None,
    };
    match folder {
        Some(folder) => match local(&folder) {
            Ok(objects) => Ok(OpenedStore { objects: Arc::new(objects), folder: Some(folder) }),
            Err(error) => Err(StoreError::Folder { folder, error }),
        },
        None => Ok(OpenedStore { objects: cloud(address)?, folder: None }),
    }
}

/// Opens a folder for its owner alone: checkpoints contain which tickets wait for what, though no text that
/// customers wrote.
fn local(folder: &Path) -> Result<LocalFileSystem, Box<dyn std::error::Error + Send + Sync>> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    if !folder.exists() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o007 != 0 {
        let folder = folder.display();
        tracing::warn!("other users can read the state in {folder}: run chmod o-rwx {folder}");
    }
    try_to_write(folder)?;
    remove_staged(folder);
    Ok(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true))
}

/// Creates a file and removes it. The file is new: one that exists might be a link to something else.
fn try_to_write(folder: &Path) -> io::Result<()> {
    static PROBES: AtomicU64 = AtomicU64::new(0);
    let number = PROBES.fetch_add(1, Ordering::Relaxed);
    let probe = folder.join(format!(".probe-{}-{number}", std::process::id()));
    let create = || fs::File::options().write(true).create_new(true).open(&probe);
    match create() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&probe)?;
            drop(create()?);
        }
        created => drop(created?),
    }
    fs::remove_file(&probe).or_else(ignore_missing)
}

/// Accepts that another process has removed the file first.
fn ignore_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Removes temporary files that crashed processes left behind.
fn remove_staged(folder: &Path) {
    let pattern = format!("{}/**/*#*", glob::Pattern::escape(&folder.to_string_lossy()));
    let paths = glob::glob(&pattern).into_iter().flatten().flatten();
    for path in paths {
        let age = fs::symlink_metadata(&path).and_then(|about| about.modified());
        let age = age.ok().and_then(|at| at.elapsed().ok()).unwrap_or_default();
        if age < STAGED_MAX {
            continue;
        }
        if let Err(error) = fs::remove_file(&path).or_else(ignore_missing) {
            let path = path.display();
            tracing::warn!(
                "the temporary file {path} of a crashed process cannot be removed: {error}"
            );
        }
    }
}

#[cfg(feature = "cloud")]
fn cloud(address: &str) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let bad = |error: Box<dyn std::error::Error + Send + Sync>| StoreError::Bucket {
        address: address.to_owned(),
        error,
    };
    let url = url::Url::parse(address).map_err(|error| bad(error.into()))?;
    // Credentials come from the environment, as for the clouds' own tools.
    let (objects, prefix) =
        object_store::parse_url_opts(&url, std::env::vars()).map_err(|error| bad(error.into()))?;
    Ok(Arc::new(object_store::prefix::PrefixStore::new(objects, prefix)))
}

#[cfg(not(feature = "cloud"))]
fn cloud(address: &str) -> Result<Arc<dyn ObjectStore>, StoreError> {
    Err(StoreError::NoCloud(address.to_owned()))
}
