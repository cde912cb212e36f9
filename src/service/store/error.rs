//! Why the store cannot be used.

use std::io;
use std::path::PathBuf;

use object_store::path::Path;

use crate::agenda_log::AgendaLogError;
use crate::agreement_log::AgreementLogError;
use crate::alert::StateLogError;
use crate::checkpoint::CheckpointError;

/// Why the store cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be created or written to.
    #[error(
        "state.store: the folder {} cannot be used: {error}; name one that Vaste may write in",
        folder.display()
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The error of the system or of the object store.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The address names no bucket that can be used.
    #[cfg(feature = "cloud")]
    #[error("state.store: {address} cannot be used: {error}; write such as s3://bucket/vaste")]
    Bucket {
        /// The address.
        address: String,
        /// The error of the parser or of the object store.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The build has no support for buckets.
    #[cfg(not(feature = "cloud"))]
    #[error(
        "state.store: {0} is a cloud address, and this build supports folders only: name a folder, or build \
         with --features cloud"
    )]
    NoCloud(String),
    /// The runtime of the store cannot start.
    #[error("state.store: {0}")]
    Runtime(io::Error),
    /// A checkpoint cannot be listed or fetched.
    #[error("the checkpoint {path} cannot be read: {error}; check state.store")]
    CheckpointUnreadable {
        /// The checkpoint, or the folder of its partition.
        path: Path,
        /// The error of the object store.
        error: object_store::Error,
    },
    /// A checkpoint was written by a newer version of Vaste.
    #[error("the checkpoint {path} is not read: {error}")]
    CheckpointRefused {
        /// The checkpoint.
        path: Path,
        /// Which versions these are.
        error: CheckpointError,
    },
    /// The checkpoints are of another cluster.
    #[error(
        "state.store: the checkpoints are of the cluster {found} (as {path} says), and kafka.brokers \
         leads to the cluster {cluster}: use a store of its own for each cluster; if the cluster has \
         moved, remove the folder of the group, and the state is rebuilt from the topic"
    )]
    OtherCluster {
        /// The file that names the cluster.
        path: Path,
        /// The cluster of the checkpoints.
        found: String,
        /// The cluster of the brokers.
        cluster: String,
    },
    /// The alert state log cannot be listed or fetched.
    #[error("the alert state log in {folder} cannot be read: {error}; check state.store")]
    StateLogUnreadable {
        /// Its folder.
        folder: Path,
        /// The error of the object store.
        error: object_store::Error,
    },
    /// The alert state log was written by a newer version of Vaste.
    #[error(
        "the alert state log {path} is not read: {error}: use the version of Vaste that wrote it, or remove it"
    )]
    StateLogRefused {
        /// The alert state log.
        path: Path,
        /// Which versions these are.
        error: StateLogError,
    },
    /// The agreement log cannot be listed or fetched.
    #[error("the agreement log in {folder} cannot be read: {error}; check state.store")]
    AgreementLogUnreadable {
        /// Its folder.
        folder: Path,
        /// The error of the object store.
        error: object_store::Error,
    },
    /// The agreement log was written by a newer version of Vaste.
    #[error(
        "the agreement log {path} is not read: {error}: use the version of Vaste that wrote it, or remove it, \
         and changes of agreements are shown from then on"
    )]
    AgreementLogRefused {
        /// The agreement log.
        path: Path,
        /// Which versions these are.
        error: AgreementLogError,
    },
    /// The agenda log cannot be listed or fetched.
    #[error("the agenda log in {folder} cannot be read: {error}; check state.store")]
    AgendaLogUnreadable {
        /// Its folder.
        folder: Path,
        /// The error of the object store.
        error: object_store::Error,
    },
    /// The agenda log was written by a newer version of Vaste.
    #[error(
        "the agenda log {path} is not read: {error}: use the version of Vaste that wrote it, or remove it, \
         and agendas are posted from the next handover on"
    )]
    AgendaLogRefused {
        /// The agenda log.
        path: Path,
        /// Which versions these are.
        error: AgendaLogError,
    },
}
