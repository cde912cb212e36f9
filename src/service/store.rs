//! Where checkpoints and the watch log are kept: a folder, or with the feature `cloud` an object store.
//!
//! # Design
//! `object_store` gives both one face; its folder writes beside, syncs, renames and syncs the folder, so what
//! has its name is whole and stays. Writing has a thread of its own: a slow disk must not hold up the stream.
//! Two of each kind are kept. What is damaged is passed over for the one before; what is of a newer version
//! is not passed over, since the one before would bring back a past that somebody has moved on from.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::runtime::Runtime;

use crate::alert::{AlertStateLog, StateLogError};
use crate::catalog::Catalog;
use crate::checkpoint::{self, CheckpointError};
use crate::partition::{Name, Partition};
use crate::service::clock;
use crate::service::instruments::Instruments;

/// A file that has been being written for so long is of a process that is gone.
const STAGED_MAX: Duration = Duration::from_secs(600);

/// Versions of the watch log that are kept.
const WATCH_LOGS: usize = 2;

/// Something to be made durable.
pub(super) enum Job {
    /// A partition's checkpoint.
    Checkpoint {
        /// Whose it is.
        partition: i32,
        /// Under which name.
        name: Name,
        /// What it holds.
        bytes: Vec<u8>,
        /// Who is told.
        done: Sender<Written>,
    },
    /// The watch log, written at that instant in ms.
    AlertStateLog {
        /// Its name: later ones hold.
        at: i64,
        /// What it holds.
        bytes: Vec<u8>,
    },
    /// Reads the watch log that somebody may have written meanwhile.
    ReadAlertStateLog {
        /// Who is told: nothing where there is none that can be read.
        done: Sender<Option<AlertStateLog>>,
    },
}

/// What became of a checkpoint.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) partition: i32,
    pub(super) position: i64,
    pub(super) is_durable: bool,
    pub(super) took: Duration,
}

/// The store of one service.
pub(super) struct Store {
    objects: Arc<dyn ObjectStore>,
    runtime: Runtime,
    /// What its folders begin with: services of other groups keep theirs beside.
    group: String,
}

/// What was found of a partition.
pub(super) struct StoredPartition {
    /// What is known of it; absent where no checkpoint can be used.
    pub(super) partition: Option<Partition>,
    /// Higher than that of any checkpoint.
    pub(super) epoch: u64,
    /// Whether there were checkpoints, all of them damaged.
    pub(super) is_damaged: bool,
}

/// Hands jobs to the store's thread.
pub(super) struct Writer {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

impl Store {
    /// Opens a store: a folder, which is made if it is not there, or an address.
    ///
    /// # Errors
    /// In words, with the way out.
    pub(super) fn open(place: &str, group: &str) -> Result<Self, String> {
        let objects = objects(place)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("state.store: {error}"))?;
        Ok(Self { objects, runtime, group: group.to_owned() })
    }

    fn folder(&self, topic: &str, partition: i32) -> Path {
        Path::from(format!("checkpoints/{}/{topic}/{partition}", self.group))
    }

    fn watch_folder(&self) -> Path {
        Path::from(format!("watch/{}", self.group))
    }

    fn files(&self, folder: &Path) -> Result<Vec<String>, object_store::Error> {
        let list = self.runtime.block_on(self.objects.list_with_delimiter(Some(folder)))?;
        let names = list.objects.into_iter();
        Ok(names.filter_map(|object| object.location.filename().map(str::to_owned)).collect())
    }

    fn get(&self, path: &Path) -> Result<Vec<u8>, object_store::Error> {
        self.runtime.block_on(async { Ok(self.objects.get(path).await?.bytes().await?.into()) })
    }

    /// What the latest usable checkpoint of a partition holds.
    ///
    /// # Errors
    /// When the store cannot be read, or what it holds is of a newer version: in words, with the way out.
    pub(super) fn find(
        &self,
        catalog: &Arc<Catalog>,
        topic: &Arc<str>,
        partition: i32,
    ) -> Result<StoredPartition, String> {
        let folder = self.folder(topic, partition);
        let unreadable = |path: &Path, error: &dyn std::fmt::Display| {
            format!("the checkpoint {path} cannot be read: {error}; check state.store")
        };
        let files = self.files(&folder).map_err(|error| unreadable(&folder, &error))?;
        let names: BTreeSet<Name> = files.iter().filter_map(|file| Name::of_file(file)).collect();
        let epoch = names.last().map_or(1, |name| name.epoch.saturating_add(1));
        for name in names.iter().rev() {
            let path = folder.clone().join(name.file());
            let bytes = self.get(&path).map_err(|error| unreadable(&path, &error))?;
            let read = checkpoint::read(&bytes).and_then(|image| {
                Partition::restore(&image, Arc::clone(catalog), topic, partition, epoch)
            });
            match read {
                Ok(restored) => {
                    return Ok(StoredPartition {
                        partition: Some(restored),
                        epoch,
                        is_damaged: false,
                    });
                }
                Err(damage @ CheckpointError::Version { .. }) => {
                    return Err(format!("the checkpoint {path} is not read: {damage}"));
                }
                Err(damage) => {
                    tracing::error!("the checkpoint {path} is passed over: {damage}");
                }
            }
        }
        Ok(StoredPartition { partition: None, epoch, is_damaged: !names.is_empty() })
    }

    /// The latest watch log that can be read; none where there is none.
    ///
    /// # Errors
    /// When the store cannot be read, or what it holds is of a newer version: in words, with the way out.
    pub(super) fn alert_state_log(&self) -> Result<Option<AlertStateLog>, String> {
        let folder = self.watch_folder();
        let unreadable = |error: object_store::Error| {
            format!("the watch log in {folder} cannot be read: {error}; check state.store")
        };
        let files = self.files(&folder).map_err(unreadable)?;
        let mut names: Vec<i64> = files.iter().filter_map(|file| watch_log_at(file)).collect();
        names.sort_unstable();
        for at in names.iter().rev() {
            let path = folder.clone().join(watch_log_file(*at));
            match AlertStateLog::read(&self.get(&path).map_err(unreadable)?) {
                Ok(log) => return Ok(Some(log)),
                Err(damage @ StateLogError::Version(_)) => {
                    let way_out = "use the version of Vaste that wrote it, or remove it";
                    return Err(format!("the watch log {path} is not read: {damage}: {way_out}"));
                }
                Err(damage) => tracing::error!("the watch log {path} is passed over: {damage}"),
            }
        }
        Ok(None)
    }

    fn write(&self, path: &Path, bytes: Vec<u8>) -> Result<(), object_store::Error> {
        self.runtime.block_on(self.objects.put(path, bytes.into())).map(drop)
    }

    fn remove(&self, path: &Path) {
        if let Err(error) = self.runtime.block_on(self.objects.delete(path)) {
            tracing::warn!("{path} is no longer needed and cannot be removed: {error}");
        }
    }

    fn keep_checkpoint(
        &self,
        folder: &Path,
        name: &Name,
        bytes: Vec<u8>,
    ) -> Result<(), object_store::Error> {
        self.write(&folder.clone().join(name.file()), bytes)?;
        let names = self.files(folder)?;
        let names: BTreeSet<Name> = names.iter().filter_map(|file| Name::of_file(file)).collect();
        for old in name.obsolete(&names) {
            self.remove(&folder.clone().join(old.file()));
        }
        Ok(())
    }

    fn keep_watch_log(&self, at: i64, bytes: Vec<u8>) -> Result<(), object_store::Error> {
        let folder = self.watch_folder();
        self.write(&folder.clone().join(watch_log_file(at)), bytes)?;
        let files = self.files(&folder)?;
        let mut names: Vec<i64> = files.iter().filter_map(|file| watch_log_at(file)).collect();
        names.sort_unstable();
        for old in names.iter().rev().skip(WATCH_LOGS) {
            self.remove(&folder.clone().join(watch_log_file(*old)));
        }
        Ok(())
    }
}

fn watch_log_file(at: i64) -> String {
    format!("{at}.json")
}

fn watch_log_at(file: &str) -> Option<i64> {
    file.strip_suffix(".json")?.parse().ok()
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system refuses one.
    pub(super) fn start(
        store: Store,
        topic: &str,
        instruments: &Arc<Instruments>,
    ) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel();
        let writing =
            Writing { store, topic: topic.to_owned(), instruments: Arc::clone(instruments) };
        let thread = thread::Builder::new().name("store".into());
        let thread = thread.spawn(move || writing.run(&waiting))?;
        Ok(Self { jobs, thread })
    }

    /// A way to hand over jobs.
    pub(super) fn jobs(&self) -> Sender<Job> {
        self.jobs.clone()
    }
}

impl Writer {
    /// Ends it, when what was handed over is written, or after so long.
    pub(super) fn finish(self, patience: Duration) {
        let Self { jobs, thread } = self;
        drop(jobs);
        clock::join(vec![thread], patience);
    }
}

/// The store's thread.
struct Writing {
    store: Store,
    topic: String,
    instruments: Arc<Instruments>,
}

impl Writing {
    fn run(&self, jobs: &Receiver<Job>) {
        while let Ok(mut job) = jobs.recv() {
            // Of the watch log only the latest matters.
            while let Job::AlertStateLog { .. } = job
                && let Ok(next) = jobs.try_recv()
            {
                if !matches!(next, Job::AlertStateLog { .. }) {
                    self.carry_out(job);
                }
                job = next;
            }
            self.carry_out(job);
        }
    }

    fn carry_out(&self, job: Job) {
        match job {
            Job::Checkpoint { partition, name, bytes, done } => {
                let (is_durable, took) = self.checkpoint(partition, &name, bytes);
                let written = Written { partition, position: name.position, is_durable, took };
                if done.send(written).is_err() {
                    tracing::debug!(partition, "nobody waits for this checkpoint any more");
                }
            }
            Job::AlertStateLog { at, bytes } => {
                if let Err(error) = self.store.keep_watch_log(at, bytes) {
                    tracing::error!("the watch log cannot be kept: {error}; check state.store");
                }
            }
            Job::ReadAlertStateLog { done } => {
                let log = self.store.alert_state_log().unwrap_or_else(|said| {
                    tracing::error!("{said}");
                    None
                });
                if done.send(log).is_err() {
                    tracing::debug!("nobody waits for the watch log any more");
                }
            }
        }
    }

    fn checkpoint(&self, partition: i32, name: &Name, bytes: Vec<u8>) -> (bool, Duration) {
        let began = clock::instant();
        let size = bytes.len();
        let folder = self.store.folder(&self.topic, partition);
        let kept = self.store.keep_checkpoint(&folder, name, bytes);
        let took = began.elapsed();
        let checkpoints = &self.instruments.checkpoints;
        checkpoints.duration.observe(took.as_secs_f64());
        match kept {
            Ok(()) => {
                checkpoints.last_success.set(clock::wall().unix_seconds());
                checkpoints.size.set(i64::try_from(size).unwrap_or(i64::MAX));
                tracing::debug!(partition, size, ?took, "checkpoint {}", name.file());
                (true, took)
            }
            Err(error) => {
                checkpoints.failures.inc();
                tracing::error!(
                    partition,
                    "a checkpoint cannot be kept: {error}; trying again; check state.store"
                );
                (false, took)
            }
        }
    }
}

/// The objects at a place.
fn objects(place: &str) -> Result<Arc<dyn ObjectStore>, String> {
    let folder = match place.split_once("://") {
        None => Some(PathBuf::from(place)),
        Some(("file", path)) => Some(PathBuf::from(path)),
        Some(_) => None,
    };
    match folder {
        Some(folder) => local(&folder)
            .map(|objects| Arc::new(objects) as Arc<dyn ObjectStore>)
            .map_err(|error| {
                let folder = folder.display();
                format!(
                    "state.store: the folder {folder} cannot be used: {error}; name one that Vaste may write in"
                )
            }),
        None => cloud(place),
    }
}

/// A folder, for its owner alone: what customers wrote is not in it, but who waits for what is.
fn local(folder: &FilePath) -> Result<LocalFileSystem, String> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    if !folder.exists() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| error.to_string())?;
    }
    let mode = fs::metadata(folder).map_err(|error| error.to_string())?.permissions().mode();
    if mode & 0o007 != 0 {
        let folder = folder.display();
        tracing::warn!("others may look into {folder}, where the state is kept: chmod o-rwx it");
    }
    let probe = folder.join(".probe");
    fs::write(&probe, b"").map_err(|error| error.to_string())?;
    // Others that share the folder look at the same time.
    fs::remove_file(&probe).or_else(absent).map_err(|error| error.to_string())?;
    remove_staged(folder);
    let objects = LocalFileSystem::new_with_prefix(folder).map_err(|error| error.to_string())?;
    Ok(objects.with_fsync(true))
}

/// Who was first has removed it.
fn absent(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Removes what crashes left behind: files that were being written, which nobody else writes any more.
fn remove_staged(folder: &FilePath) {
    let pattern = format!("{}/**/*#*", glob::Pattern::escape(&folder.to_string_lossy()));
    let paths = glob::glob(&pattern).into_iter().flatten().flatten();
    for path in paths {
        let age = fs::metadata(&path).and_then(|about| about.modified());
        let age = age.ok().and_then(|at| at.elapsed().ok()).unwrap_or_default();
        if age < STAGED_MAX {
            continue;
        }
        if let Err(error) = fs::remove_file(&path).or_else(absent) {
            let path = path.display();
            tracing::warn!("{path} was left by a crash and cannot be removed: {error}");
        }
    }
}

#[cfg(feature = "cloud")]
fn cloud(place: &str) -> Result<Arc<dyn ObjectStore>, String> {
    let bad = |error: &dyn std::fmt::Display| {
        format!("state.store: {place} cannot be used: {error}; write such as s3://bucket/vaste")
    };
    let url = url::Url::parse(place).map_err(|error| bad(&error))?;
    // Credentials from the environment, as every tool of these clouds has them.
    let (objects, prefix) =
        object_store::parse_url_opts(&url, std::env::vars()).map_err(|error| bad(&error))?;
    Ok(Arc::new(object_store::prefix::PrefixStore::new(objects, prefix)))
}

#[cfg(not(feature = "cloud"))]
fn cloud(place: &str) -> Result<Arc<dyn ObjectStore>, String> {
    Err(format!(
        "state.store: {place} is in a cloud, which this build knows nothing of: write a folder, or build with \
         --features cloud"
    ))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn what_a_crash_left_goes_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("state");
        let store = Store::open(place.to_str().unwrap(), "group").unwrap();
        let of_partition = store.folder("topic", 3);
        let name = Name { epoch: 1, position: 7 };
        store.keep_checkpoint(&of_partition, &name, b"kept".to_vec()).unwrap();
        let inside = place.join(of_partition.as_ref());
        let [old, fresh] = ["1-9.vaste#1", "1-11.vaste#2"].map(|file| inside.join(file));
        for path in [&old, &fresh] {
            fs::write(path, b"half").unwrap();
        }
        let modified = fs::metadata(&old).unwrap().modified().unwrap();
        File::options()
            .write(true)
            .open(&old)
            .unwrap()
            .set_modified(modified - STAGED_MAX)
            .unwrap();
        let again = Store::open(place.to_str().unwrap(), "group").unwrap();
        assert!(!old.exists(), "nobody writes it any more");
        assert!(fresh.exists(), "somebody may be writing it");
        assert_eq!(again.get(&of_partition.join(name.file())).unwrap(), b"kept");
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn many_may_open_one_folder_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("state").display().to_string();
        let opened = |_| {
            let place = place.clone();
            thread::spawn(move || (0..50).try_for_each(|_| Store::open(&place, "g").map(drop)))
        };
        let all: Vec<_> = (0..8).map(opened).collect();
        for one in all {
            assert_eq!(one.join().unwrap(), Ok(()));
        }
    }
}
