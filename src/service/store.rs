//! Durable storage of checkpoints, the alert state log, the agreement log and the agenda log.
//!
//! | module | what it does |
//! |---|---|
//! | `open` | opens a folder, or with the feature `cloud` a bucket |
//! | `objects` | reads and writes checkpoints and logs, and removes obsolete ones |
//! | `writer` | the thread that carries out writes |
//! | `error` | why the store cannot be used |
//!
//! # Design
//! `object_store` gives folders and buckets one interface. In a folder it writes a temporary file, syncs it,
//! renames it and syncs the folder, so a file with its final name is complete and durable. Writes have a
//! thread of their own: a slow disk must not hold up the stream.
//!
//! Two objects of each kind are kept. A damaged object is skipped for the one before. An object of a newer
//! version is an error: the one before would restore a state that is out of date.

mod error;
mod objects;
mod open;
mod writer;

pub(super) use self::error::StoreError;
pub(super) use self::objects::{Store, StoredPartition};
pub(super) use self::writer::{Job, Writer, Written};
