//! The past of all objectives as the service shares it between threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwapOption;

use crate::catalog::Catalog;
use crate::check_list::CheckLists;
use crate::past::{Past, TriedPast};
use crate::time::Timestamp;

/// The past of the objectives of a catalog.
#[derive(Debug)]
pub(in crate::service) struct DerivedPast {
    /// The catalog whose objectives it is of.
    pub(in crate::service) catalog: Arc<Catalog>,
    /// Their points.
    pub(in crate::service) past: Past,
    /// The same with other targets.
    pub(in crate::service) tried: TriedPast,
    /// What the turns of duty check.
    pub(in crate::service) checks: CheckLists,
}

/// The past that was derived last; `None` before the first.
pub(in crate::service) type SharedPast = Arc<ArcSwapOption<DerivedPast>>;

/// The earliest of the times that were noted since they were last taken.
#[derive(Debug)]
pub(in crate::service) struct OldestEvent(AtomicI64);

impl Default for OldestEvent {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MAX))
    }
}

impl OldestEvent {
    /// Notes the time of an event.
    pub(in crate::service) fn note(&self, at: Timestamp) {
        self.0.fetch_min(at.ms(), Ordering::Relaxed);
    }

    /// The earliest time; `None` if none was noted.
    pub(in crate::service) fn get(&self) -> Option<Timestamp> {
        Some(self.0.load(Ordering::Relaxed)).filter(|ms| *ms < i64::MAX).map(Timestamp::from_ms)
    }

    /// The same, and forgets it.
    pub(in crate::service) fn take(&self) -> Option<Timestamp> {
        let ms = self.0.swap(i64::MAX, Ordering::Relaxed);
        Some(ms).filter(|ms| *ms < i64::MAX).map(Timestamp::from_ms)
    }
}
