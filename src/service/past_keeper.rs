//! The thread that derives the past of all objectives, for pages and the API.
//!
//! # Design
//! The past follows from the tickets ([`crate::past`]), so it is derived from copies of the partitions: when
//! a new hour or a turn of duty has begun, when an event of an hour that was derived has come, and when other
//! agreements are in force. Of its time it derives for at most one part in [`REST`], so that the stream is
//! not slowed down: with a million tickets a late event is in the past after some minutes.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::check_list::CheckDraw;
use crate::past::{Hour, HourlyTallies, TriedCatalog};
use crate::service::clock;
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::derived_past::DerivedPast;
use crate::service::loaded_config::LoadedConfig;
use crate::service::partition_copies::{Obstacle, PartitionCopies};
use crate::time::Timestamp;

/// Interval between two looks whether the past is up to date.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// After it has derived, the thread rests for this many times as long.
const REST: u32 = 20;

/// Where the past cannot be derived, the thread tries again after this time: tickets may have been evicted.
const RETRY: Duration = Duration::from_secs(600);

/// The state of the thread.
struct PastKeeper {
    copies: PartitionCopies,
    shared: Shared,
    tried: TriedCatalog,
    loaded: LoadedConfig,
    /// The number of split tickets that the past leaves out.
    split: u64,
    /// When it may derive again.
    rests_until: Instant,
    /// Whether it was said that the past cannot be derived.
    has_given_up: bool,
}

/// Starts the thread. It ends soon after [`PartitionCopies::is_stopping`]. Configurations that are loaded go
/// to the sender.
///
/// # Errors
/// When the system refuses a thread.
pub(super) fn start(
    loaded: LoadedConfig,
    copies: PartitionCopies,
    shared: Shared,
) -> io::Result<(Sender<LoadedConfig>, JoinHandle<()>)> {
    let (loads, receiver) = mpsc::channel();
    let mut keeper = PastKeeper {
        copies,
        shared,
        tried: tried_catalog(&loaded),
        loaded,
        split: 0,
        rests_until: clock::instant(),
        has_given_up: false,
    };
    let thread = thread::Builder::new().name("past".into());
    Ok((loads, thread.spawn(move || keeper.run(&receiver))?))
}

fn tried_catalog(loaded: &LoadedConfig) -> TriedCatalog {
    let config = &loaded.config;
    TriedCatalog::new(&config.agreements, &config.measures, &config.priority_names)
}

impl PastKeeper {
    fn run(&mut self, loads: &Receiver<LoadedConfig>) {
        while !self.copies.is_stopping() {
            match loads.recv_timeout(LOOK_EVERY) {
                Ok(loaded) => {
                    self.tried = tried_catalog(&loaded);
                    self.loaded = loaded;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.look();
        }
    }

    /// Derives the past if it is not up to date.
    fn look(&mut self) {
        if clock::instant() < self.rests_until {
            return;
        }
        let published = self.shared.published.load_full();
        let Some((hour, at)) = self.due(&published) else { return };
        let oldest = self.shared.oldest_event.take();
        let began = clock::instant();
        let mut rest = Duration::ZERO;
        match self.derive(&published, hour, at) {
            Ok(derived) => {
                tracing::debug!(took = ?began.elapsed(), %hour, "the past is derived");
                self.shared.past.store(Some(Arc::new(derived)));
                self.split = published.tickets_split;
                self.has_given_up = false;
            }
            Err(obstacle) => {
                if let Some(oldest) = oldest {
                    self.shared.oldest_event.note(oldest);
                }
                if let Obstacle::Never(why) = obstacle {
                    rest = RETRY;
                    if !std::mem::replace(&mut self.has_given_up, true) {
                        tracing::warn!(
                            "pages show no past, or an old one, until this is mended: {why}"
                        );
                    }
                }
            }
        }
        self.rests_until = clock::instant() + rest.max(began.elapsed() * REST);
    }

    /// The hour up to which the past must be derived, and the instant of the view; `None` if nothing has
    /// changed, and while data is not current.
    fn due(&self, published: &PublishedView) -> Option<(Hour, Timestamp)> {
        if published.frozen.is_some() || !Arc::ptr_eq(&published.catalog, &self.loaded.catalog) {
            return None;
        }
        let at = published.at?;
        let hour = Hour::until(at);
        let is_current = self.shared.past.load().as_ref().is_some_and(|derived| {
            let has_old_events =
                self.shared.oldest_event.get().is_some_and(|oldest| oldest <= hour.start());
            Arc::ptr_eq(&derived.catalog, &published.catalog)
                && derived.past.last == hour
                && derived.checks.are_of(at)
                && self.split == published.tickets_split
                && !has_old_events
        });
        (!is_current).then_some((hour, at))
    }

    /// The past up to an hour, and the lists of the turns at an instant of that hour.
    fn derive(
        &self,
        published: &PublishedView,
        hour: Hour,
        at: Timestamp,
    ) -> Result<DerivedPast, Obstacle> {
        let catalog = &self.loaded.catalog;
        let mut tallies = HourlyTallies::new(Arc::clone(catalog), hour.start());
        let mut tried = self.tried.tallies(hour.start());
        let mut draw = CheckDraw::new(Arc::clone(catalog), at);
        for number in published.stream.partitions.keys().copied() {
            self.copies.copy_of(number)?.add_to([&mut tallies, &mut tried], &mut draw)?;
        }
        let tried = self.tried.past(tried, catalog);
        Ok(DerivedPast {
            catalog: Arc::clone(catalog),
            past: tallies.into_past(),
            tried,
            checks: draw.into_lists(),
        })
    }
}
