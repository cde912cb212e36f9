//! The published view, and the readers that wait for the next one.
//!
//! # Design
//! The readings of many waiting tickets are expensive, and most of the time nobody looks at them. So the
//! coordinator computes a view when a reader asks, at most once for each tick, and every few seconds without
//! being asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::watch;
use tokio::time::timeout;

use super::published_view::PublishedView;
use crate::agreement_log::ObjectiveChange;
use crate::service::derived_past::{OldestEvent, SharedPast};
use crate::service::instruments::Instruments;

/// How long a reader waits for a new view. One that waits longer gets the last one: the coordinator has much
/// to do, or its machine has.
const RENEW_TIMEOUT: Duration = Duration::from_millis(500);

/// The state that the coordinator shares with the HTTP server.
#[derive(Clone, Debug)]
pub(in crate::service) struct Shared {
    pub(in crate::service) published: Arc<Publication>,
    pub(in crate::service) instruments: Arc<Instruments>,
    /// What changed in the agreements, in order of time.
    pub(in crate::service) changes: Arc<ArcSwap<Vec<ObjectiveChange>>>,
    /// The past of all objectives.
    pub(in crate::service) past: SharedPast,
    /// The earliest event that was applied since the past was derived.
    pub(in crate::service) oldest_event: Arc<OldestEvent>,
}

/// A message to the coordinator's thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum CoordinatorMessage {
    /// A reader waits for a view as of the last tick.
    Publish,
    /// Send the final notices, stop the workers and end.
    Stop,
}

/// The published view.
#[derive(Debug)]
pub(in crate::service) struct Publication {
    view: ArcSwap<PublishedView>,
    /// Whether the coordinator has ticked since it published the view.
    is_outdated: AtomicBool,
    /// Whether a reader has asked for a new view since then.
    is_wanted: AtomicBool,
    to_coordinator: Sender<CoordinatorMessage>,
    /// Wakes the readers that wait.
    renewed: watch::Sender<()>,
}

/// Stops the coordinator when it is dropped.
#[derive(Debug)]
pub(in crate::service) struct CoordinatorStopper(Sender<CoordinatorMessage>);

impl Drop for CoordinatorStopper {
    fn drop(&mut self) {
        if self.0.send(CoordinatorMessage::Stop).is_err() {
            tracing::debug!("the coordinator has ended before");
        }
    }
}

impl Publication {
    /// A publication that begins with this view, and the messages of its readers.
    pub(in crate::service) fn new(view: PublishedView) -> (Self, Receiver<CoordinatorMessage>) {
        let (to_coordinator, messages) = mpsc::channel();
        let publication = Self {
            view: ArcSwap::from_pointee(view),
            is_outdated: AtomicBool::new(false),
            is_wanted: AtomicBool::new(false),
            to_coordinator,
            renewed: watch::channel(()).0,
        };
        (publication, messages)
    }

    /// Stops the coordinator when it is dropped.
    pub(in crate::service) fn stopper(&self) -> CoordinatorStopper {
        CoordinatorStopper(self.to_coordinator.clone())
    }

    /// The view that was published last.
    pub(in crate::service) fn load(&self) -> Guard<Arc<PublishedView>> {
        self.view.load()
    }

    /// The same, to be kept.
    pub(in crate::service) fn load_full(&self) -> Arc<PublishedView> {
        self.view.load_full()
    }

    /// Waits until the view is as of the last tick, for at most [`RENEW_TIMEOUT`].
    pub(in crate::service) async fn renew(&self) {
        if !self.is_outdated.load(Ordering::Acquire) {
            return;
        }
        // Before the question, so that the answer is not missed.
        let mut renewed = self.renewed.subscribe();
        let is_first = !self.is_wanted.swap(true, Ordering::AcqRel);
        if is_first && self.to_coordinator.send(CoordinatorMessage::Publish).is_err() {
            return;
        }
        drop(timeout(RENEW_TIMEOUT, renewed.changed()).await);
    }

    /// Notes that there is something newer than the view.
    pub(super) fn outdate(&self) {
        self.is_outdated.store(true, Ordering::Release);
    }

    /// Whether a reader waits for a new view.
    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::Acquire)
    }

    /// Publishes a view.
    pub(super) fn publish(&self, view: PublishedView) {
        self.view.store(Arc::new(view));
        self.is_outdated.store(false, Ordering::Release);
        self.answer();
    }

    /// Lets the readers that wait go on with the view that is there.
    pub(super) fn answer(&self) {
        self.is_wanted.store(false, Ordering::Release);
        self.renewed.send_replace(());
    }
}

#[cfg(test)]
impl Shared {
    /// The shared state of a service that has just started.
    pub(in crate::service) fn new(catalog: &Arc<crate::catalog::Catalog>) -> Self {
        use crate::time::Timestamp;
        let instruments = Instruments::new(&[], 0, "2026a", Timestamp::EVENT_MIN);
        let view = PublishedView::new(catalog, Timestamp::EVENT_MIN, "");
        Self {
            published: Arc::new(Publication::new(view).0),
            instruments: Arc::new(instruments.unwrap()),
            changes: Arc::default(),
            past: SharedPast::default(),
            oldest_event: Arc::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::catalog::Catalog;
    use crate::time::Timestamp;

    fn view(tickets_split: u64) -> PublishedView {
        let catalog = Arc::new(Catalog::new(&[], &[]));
        PublishedView { tickets_split, ..PublishedView::new(&catalog, Timestamp::EVENT_MIN, "") }
    }

    fn block_on(future: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(future);
    }

    #[test]
    fn many_readers_ask_once_and_all_get_the_next_view() {
        let (publication, messages) = Publication::new(view(1));
        block_on(publication.renew());
        assert!(messages.try_recv().is_err(), "the first view is not outdated");
        publication.outdate();
        thread::scope(|scope| {
            let readers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        block_on(publication.renew());
                        publication.load().tickets_split
                    })
                })
                .collect();
            assert_eq!(messages.recv(), Ok(CoordinatorMessage::Publish));
            publication.publish(view(2));
            for reader in readers {
                assert_eq!(reader.join().unwrap(), 2);
            }
        });
        // A reader may have asked just after it was published.
        assert!(messages.try_iter().count() <= 1);
    }

    #[test]
    fn a_reader_gets_the_last_view_where_no_new_one_comes() {
        let (publication, messages) = Publication::new(view(1));
        publication.outdate();
        block_on(publication.renew());
        assert_eq!(publication.load().tickets_split, 1);
        assert_eq!(messages.try_iter().count(), 1);
        drop(messages);
        publication.answer();
        block_on(publication.renew());
        assert_eq!(publication.load().tickets_split, 1, "without a coordinator");
    }
}
