//! Checkpoints and logs as objects.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::runtime::Runtime;

use super::error::StoreError;
use super::open::{OpenedStore, open};
use crate::agenda_log::{AgendaLog, AgendaLogError};
use crate::agreement_log::{AgreementLog, AgreementLogError};
use crate::alert::{AlertStateLog, StateLogError};
use crate::catalog::Catalog;
use crate::checkpoint::{self, CheckpointError, CheckpointName};
use crate::partition::Partition;

/// The file that names the cluster of the checkpoints in its folder.
const CLUSTER_FILE: &str = "cluster";

/// The latest damaged checkpoint of a partition, kept for those who look for the cause.
const DAMAGED_FILE: &str = "damaged";

/// Number of logs of each kind that are kept.
const LOGS_KEPT: usize = 2;

/// The store of one consumer group.
pub(in crate::service) struct Store {
    objects: Arc<dyn ObjectStore>,
    /// The folder, if it is one and no bucket.
    folder: Option<PathBuf>,
    runtime: Runtime,
    /// First part of every path: groups that share a store have separate folders.
    group: String,
}

/// The stored state of a partition.
pub(in crate::service) struct StoredPartition {
    /// The restored partition; `None` without a usable checkpoint.
    pub(in crate::service) partition: Option<Partition>,
    /// The epoch to write with: higher than that of every checkpoint.
    pub(in crate::service) epoch: u64,
    /// Whether checkpoints exist and all of them are damaged.
    pub(in crate::service) is_damaged: bool,
}

/// Something in the folder that Vaste has not made.
#[derive(Debug, thiserror::Error)]
#[error("{} is a link or a pipe and no file: Vaste does not follow it; remove it", .0.display())]
struct NotPlain(PathBuf);

impl Store {
    /// Opens the store at an address: a folder, which is created if it is missing, or a bucket.
    ///
    /// # Errors
    /// When the folder or the bucket cannot be used.
    pub(in crate::service) fn open(address: &str, group: &str) -> Result<Self, StoreError> {
        let OpenedStore { objects, folder } = open(address)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(StoreError::Runtime)?;
        Ok(Self { objects, folder, runtime, group: group.to_owned() })
    }

    /// The folder of a partition's checkpoints.
    pub(super) fn checkpoint_folder(&self, topic: &str, partition: i32) -> Path {
        Path::from(format!("checkpoints/{}/{topic}/{partition}", self.group))
    }

    fn state_log_folder(&self) -> Path {
        Path::from(format!("watch/{}", self.group))
    }

    fn agreement_log_folder(&self) -> Path {
        Path::from(format!("agreements/{}", self.group))
    }

    fn agenda_log_folder(&self) -> Path {
        Path::from(format!("agendas/{}", self.group))
    }

    fn cluster_file(&self) -> Path {
        Path::from(format!("checkpoints/{}/{CLUSTER_FILE}", self.group))
    }

    /// Refuses the store if its checkpoints are of another cluster: their offsets and tickets say nothing
    /// about this one. Returns whether it is claimed; the first cluster that uses it claims it.
    ///
    /// # Errors
    /// When it is of another cluster, or cannot be read.
    pub(in crate::service) fn check_cluster(&self, cluster: &str) -> Result<bool, StoreError> {
        let path = self.cluster_file();
        let unusable = |error| StoreError::CheckpointUnreadable { path: path.clone(), error };
        match self.get(&path) {
            Ok(found) => {
                let found = String::from_utf8_lossy(&found).trim().to_owned();
                if found == cluster {
                    return Ok(true);
                }
                let cluster = cluster.to_owned();
                Err(StoreError::OtherCluster { path, found, cluster })
            }
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(unusable(error)),
        }
    }

    /// Claims the store for a cluster.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(super) fn claim_for_cluster(&self, cluster: &str) -> Result<(), object_store::Error> {
        self.write(&self.cluster_file(), format!("{cluster}\n").into_bytes())
    }

    fn files(&self, folder: &Path) -> Result<Vec<String>, object_store::Error> {
        self.refuse_links(folder)?;
        let list = self.runtime.block_on(self.objects.list_with_delimiter(Some(folder)))?;
        let names = list.objects.into_iter();
        let is_plain = |path: &Path| match self.refuse_links(path) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!("{error}");
                false
            }
        };
        let plain = names.filter(|object| is_plain(&object.location));
        Ok(plain.filter_map(|object| object.location.filename().map(str::to_owned)).collect())
    }

    /// Refuses links and pipes in the folder. A link may lead to anything, and a pipe blocks whoever reads
    /// it.
    fn refuse_links(&self, path: &Path) -> Result<(), object_store::Error> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut place = folder.clone();
        for part in path.parts() {
            place.push(part.as_ref());
            let Ok(found) = fs::symlink_metadata(&place) else { return Ok(()) };
            if !found.is_file() && !found.is_dir() {
                let source = Box::new(NotPlain(place));
                return Err(object_store::Error::Generic { store: "folder", source });
            }
        }
        Ok(())
    }

    fn get(&self, path: &Path) -> Result<Vec<u8>, object_store::Error> {
        self.refuse_links(path)?;
        self.runtime.block_on(async { Ok(self.objects.get(path).await?.bytes().await?.into()) })
    }

    /// Restores a partition from its latest usable checkpoint.
    ///
    /// # Errors
    /// When the store cannot be read, or the checkpoint is of a newer version.
    pub(in crate::service) fn find(
        &self,
        catalog: &Arc<Catalog>,
        topic: &Arc<str>,
        partition: i32,
    ) -> Result<StoredPartition, StoreError> {
        let folder = self.checkpoint_folder(topic, partition);
        let unreadable =
            |path: &Path, error| StoreError::CheckpointUnreadable { path: path.clone(), error };
        let files = self.files(&folder).map_err(|error| unreadable(&folder, error))?;
        let names: BTreeSet<CheckpointName> =
            files.iter().filter_map(|file| CheckpointName::of_file(file)).collect();
        let epoch = names.last().map_or(1, |name| name.epoch.saturating_add(1));
        for name in names.iter().rev() {
            let path = folder.clone().join(name.file());
            let bytes = self.get(&path).map_err(|error| unreadable(&path, error))?;
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
                Err(error @ CheckpointError::Version { .. }) => {
                    return Err(StoreError::CheckpointRefused { path, error });
                }
                Err(error) => {
                    tracing::error!("the checkpoint {path} is skipped: {error}");
                    self.set_aside(&path, &folder.clone().join(DAMAGED_FILE));
                }
            }
        }
        Ok(StoredPartition { partition: None, epoch, is_damaged: !names.is_empty() })
    }

    /// Reads the latest usable alert state log; `None` if there is none.
    ///
    /// # Errors
    /// When the store cannot be read, or the log is of a newer version.
    pub(in crate::service) fn alert_state_log(&self) -> Result<Option<AlertStateLog>, StoreError> {
        let folder = self.state_log_folder();
        let unreadable = |error| StoreError::StateLogUnreadable { folder: folder.clone(), error };
        let files = self.files(&folder).map_err(unreadable)?;
        for number in log_numbers(&files).rev() {
            let path = folder.clone().join(log_file(number));
            match AlertStateLog::read(&self.get(&path).map_err(unreadable)?) {
                Ok(log) => return Ok(Some(log)),
                Err(error @ StateLogError::Version(_)) => {
                    return Err(StoreError::StateLogRefused { path, error });
                }
                Err(error) => tracing::error!("the alert state log {path} is skipped: {error}"),
            }
        }
        Ok(None)
    }

    /// Reads the latest usable agreement log; `None` if there is none.
    ///
    /// # Errors
    /// When the store cannot be read, or the log is of a newer version.
    pub(in crate::service) fn agreement_log(&self) -> Result<Option<AgreementLog>, StoreError> {
        let folder = self.agreement_log_folder();
        let unreadable =
            |error| StoreError::AgreementLogUnreadable { folder: folder.clone(), error };
        let files = self.files(&folder).map_err(unreadable)?;
        for number in log_numbers(&files).rev() {
            let path = folder.clone().join(log_file(number));
            match AgreementLog::read(&self.get(&path).map_err(unreadable)?) {
                Ok(log) => return Ok(Some(log)),
                Err(error @ AgreementLogError::Version(_)) => {
                    return Err(StoreError::AgreementLogRefused { path, error });
                }
                Err(error) => tracing::error!("the agreement log {path} is skipped: {error}"),
            }
        }
        Ok(None)
    }

    /// Reads the latest usable agenda log; `None` if there is none.
    ///
    /// # Errors
    /// When the store cannot be read, or the log is of a newer version.
    pub(super) fn agenda_log(&self) -> Result<Option<AgendaLog>, StoreError> {
        let folder = self.agenda_log_folder();
        let unreadable = |error| StoreError::AgendaLogUnreadable { folder: folder.clone(), error };
        let files = self.files(&folder).map_err(unreadable)?;
        for number in log_numbers(&files).rev() {
            let path = folder.clone().join(log_file(number));
            match AgendaLog::read(&self.get(&path).map_err(unreadable)?) {
                Ok(log) => return Ok(Some(log)),
                Err(error @ AgendaLogError::Version(_)) => {
                    return Err(StoreError::AgendaLogRefused { path, error });
                }
                Err(error) => tracing::error!("the agenda log {path} is skipped: {error}"),
            }
        }
        Ok(None)
    }

    fn write(&self, path: &Path, bytes: Vec<u8>) -> Result<(), object_store::Error> {
        self.refuse_links(path)?;
        self.runtime.block_on(self.objects.put(path, bytes.into())).map(drop)
    }

    /// Renames a damaged checkpoint. It must not count as one of the two that stay, in place of a good one.
    fn set_aside(&self, path: &Path, aside: &Path) {
        let renamed = self
            .refuse_links(aside)
            .and_then(|()| self.runtime.block_on(self.objects.rename(path, aside)));
        match renamed {
            Ok(()) => tracing::info!("the damaged {path} is kept as {aside}"),
            Err(error) => tracing::warn!("the damaged {path} cannot be renamed: {error}"),
        }
    }

    fn remove(&self, path: &Path) {
        if let Err(error) = self.runtime.block_on(self.objects.delete(path)) {
            tracing::warn!("the obsolete {path} cannot be removed: {error}");
        }
    }

    /// Writes a checkpoint and removes those that it makes obsolete.
    ///
    /// # Errors
    /// When the store cannot be written or listed.
    pub(super) fn write_checkpoint(
        &self,
        folder: &Path,
        name: &CheckpointName,
        bytes: Vec<u8>,
    ) -> Result<(), object_store::Error> {
        self.write(&folder.clone().join(name.file()), bytes)?;
        let names = self.files(folder)?;
        let names: BTreeSet<CheckpointName> =
            names.iter().filter_map(|file| CheckpointName::of_file(file)).collect();
        for old in name.obsolete(&names) {
            self.remove(&folder.clone().join(old.file()));
        }
        Ok(())
    }

    /// Writes an alert state log, and removes all but the latest two.
    ///
    /// # Errors
    /// When the store cannot be written or listed.
    pub(super) fn write_state_log(&self, bytes: Vec<u8>) -> Result<(), object_store::Error> {
        self.write_log(&self.state_log_folder(), bytes)
    }

    /// Writes an agreement log, and removes all but the latest two.
    ///
    /// # Errors
    /// When the store cannot be written or listed.
    pub(super) fn write_agreement_log(&self, bytes: Vec<u8>) -> Result<(), object_store::Error> {
        self.write_log(&self.agreement_log_folder(), bytes)
    }

    /// Writes an agenda log, and removes all but the latest two.
    ///
    /// # Errors
    /// When the store cannot be written or listed.
    pub(super) fn write_agenda_log(&self, bytes: Vec<u8>) -> Result<(), object_store::Error> {
        self.write_log(&self.agenda_log_folder(), bytes)
    }

    /// Writes a log into a folder, and removes all but the latest two.
    ///
    /// Logs are numbered, and the highest number holds. A time would not do: a clock that was ahead once
    /// would hide every later log.
    fn write_log(&self, folder: &Path, bytes: Vec<u8>) -> Result<(), object_store::Error> {
        let before = self.files(folder)?;
        let next = log_numbers(&before).next_back().map_or(1, |last| last.saturating_add(1));
        self.write(&folder.clone().join(log_file(next)), bytes)?;
        let obsolete = log_numbers(&before).rev().skip(LOGS_KEPT - 1);
        for old in obsolete {
            self.remove(&folder.clone().join(log_file(old)));
        }
        Ok(())
    }
}

fn log_file(number: i64) -> String {
    format!("{number}.json")
}

/// The numbers of the logs among these files, ascending.
fn log_numbers(files: &[String]) -> impl DoubleEndedIterator<Item = i64> + use<> {
    let numbers = files.iter().filter_map(|file| file.strip_suffix(".json")?.parse().ok());
    numbers.collect::<BTreeSet<i64>>().into_iter()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::thread;

    use super::*;
    use crate::service::store::open::STAGED_MAX;
    use crate::time::Timestamp;

    #[test]
    fn old_temporary_files_are_removed_and_fresh_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("state");
        let store = Store::open(place.to_str().unwrap(), "group").unwrap();
        let of_partition = store.checkpoint_folder("topic", 3);
        let name = CheckpointName { epoch: 1, position: 7 };
        store.write_checkpoint(&of_partition, &name, b"kept".to_vec()).unwrap();
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
        assert!(!old.exists(), "its writer has crashed");
        assert!(fresh.exists(), "its writer may be running");
        assert_eq!(again.get(&of_partition.join(name.file())).unwrap(), b"kept");
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn two_checkpoints_damaged_one_after_the_other_leave_the_good_one_before_them() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("state");
        let store = Store::open(place.to_str().unwrap(), "group").unwrap();
        let of_partition = store.checkpoint_folder("topic", 3);
        let (catalog, topic) = (Arc::new(Catalog::new(&[], &[])), Arc::from("topic"));
        let now = Timestamp::from_ms(1_800_000_000_000);
        let write = |epoch| {
            let mut partition = Partition::new(Arc::clone(&catalog), &topic, 3, epoch);
            while partition.advance_some(now, usize::MAX, &mut ()) {}
            let (origin, bytes) = partition.image(now).unwrap();
            store.write_checkpoint(&of_partition, &origin.name(), bytes).unwrap();
            place.join(of_partition.as_ref()).join(origin.name().file())
        };
        write(1);
        let mut epoch = 2;
        for _ in 0..3 {
            let newest = write(epoch);
            let bytes = fs::read(&newest).unwrap();
            fs::write(&newest, &bytes[..bytes.len() / 2]).unwrap();
            let found = store.find(&catalog, &topic, 3).unwrap();
            assert!(found.partition.is_some() && !found.is_damaged, "the first is good");
            assert!(found.epoch > epoch);
            epoch = found.epoch;
        }
        let kept = fs::read(place.join(of_partition.as_ref()).join(DAMAGED_FILE)).unwrap();
        assert!(checkpoint::read(&kept).is_err(), "the damaged one is kept for a look");
    }

    #[test]
    fn many_processes_may_open_one_folder_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("state").display().to_string();
        let opened = |_| {
            let place = place.clone();
            thread::spawn(move || (0..50).try_for_each(|_| Store::open(&place, "g").map(drop)))
        };
        let all: Vec<_> = (0..8).map(opened).collect();
        for one in all {
            one.join().unwrap().unwrap();
        }
    }
}
