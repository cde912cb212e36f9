//! The folder with the agreements of the demo.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::configuration::read;
use super::super::disk::{FilesError, RealDisk, files_of};
use super::super::exit::CommandError;
use super::super::terminal::Terminal;
use crate::demo::{AgreementFolder, agreement_files};
use crate::time::Timestamp;

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    /// It cannot be made, or its files cannot be written.
    #[error("failed to write {}: {error}; choose another folder with --agreements", path.display())]
    Write {
        /// The folder or the file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// It is a file.
    #[error("{}: is not a folder; name the folder of the agreement files", path.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
    },
    /// It has the configuration of a service.
    #[error(
        "{}: a file has settings of the service, which the demo has itself; keep only agreements and calendars \
         in this folder",
        path.display()
    )]
    HasService {
        /// The folder.
        path: PathBuf,
    },
    /// It has no files, although they were written.
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// A folder whose agreements are used.
pub(super) struct PreparedFolder {
    pub(super) folder: AgreementFolder,
    /// Whether the demo has written its agreements there.
    pub(super) is_written: bool,
}

/// Checks the files of the folder. Without any, writes those of the demo.
///
/// # Errors
/// If the folder cannot be used, or its files have errors, which are printed.
pub(super) fn prepare(
    name: &str,
    begin: Timestamp,
    terminal: &mut Terminal<'_>,
) -> Result<PreparedFolder, CommandError> {
    let path = Path::new(name);
    if path.exists() && !path.is_dir() {
        return Err(CommandError::config(FolderError::NoFolder { path: path.to_owned() }));
    }
    let is_written = !path.is_dir() || files_of(name).is_err();
    if is_written {
        write(path, begin).map_err(CommandError::failed)?;
    }
    let files = files_of(name).map_err(CommandError::config)?;
    if read(&files, terminal)?.service.is_some() {
        return Err(CommandError::config(FolderError::HasService { path: path.to_owned() }));
    }
    let folder = glob::Pattern::escape(name.trim_end_matches('/'));
    let pattern = format!("{folder}/*.y*ml");
    Ok(PreparedFolder { folder: AgreementFolder { pattern, disk: Arc::new(RealDisk) }, is_written })
}

/// Writes the agreements of the demo.
fn write(folder: &Path, begin: Timestamp) -> Result<(), FolderError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| FolderError::Write { path, error }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for (name, text) in agreement_files(begin) {
        let path = folder.join(name);
        fs::write(&path, text).map_err(failed(&path))?;
    }
    Ok(())
}
