//! `/live`: server-sent events that say when pages show something else than before.
//!
//! # Design
//! An event has no content. The script of a page fetches the page again, so that a reader always sees a page
//! as the server renders it. A fingerprint of the published view decides whether anything changed. It is
//! computed at most once for each published view, and only while a page is open.

use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};
use xxhash_rust::xxh3::Xxh3;

use crate::reading::{Reading, Verdict};
use crate::service::coordinator::publication::Publication;
use crate::service::coordinator::published_view::PublishedView;
use crate::time::SECOND_MS;

/// Maximum open streams; a quarter of all connections. One more is answered with 503, and its page fetches
/// itself every 30 seconds.
const CLIENTS_MAX: usize = 64;

/// Interval between checks, and so the minimum time between two events.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// Checks between two heartbeats.
const HEARTBEAT_CHECKS: u32 = 5;

/// Checks after which a stream ends. The client opens the next one. A connection does not live much longer.
const CHECKS_MAX: u32 = 50;

/// Steps in which waits move on with the clock while nothing else changes.
const CLOCK_STEP_MS: i64 = 10 * SECOND_MS;

/// The time after which a client opens the next stream.
const RETRY: &str = "retry: 1000\n\n";

/// All streams of the server.
#[derive(Clone, Debug)]
pub(in crate::service) struct LiveStreams {
    published: Arc<Publication>,
    /// The last view that was looked at, with its fingerprint.
    last: Arc<Mutex<Option<FingerprintOf>>>,
    places: Arc<Semaphore>,
    closed: watch::Receiver<bool>,
}

/// A view and its fingerprint.
type FingerprintOf = (Arc<PublishedView>, u64);

/// Ends all streams when it is dropped.
#[derive(Debug)]
pub(in crate::service) struct LiveCloser(watch::Sender<bool>);

impl Drop for LiveCloser {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

impl LiveStreams {
    /// Streams of a view that is published again and again, and what ends them at shutdown.
    pub(in crate::service) fn new(published: &Arc<Publication>) -> (Self, LiveCloser) {
        let (closer, closed) = watch::channel(false);
        let streams = Self {
            published: Arc::clone(published),
            last: Arc::default(),
            places: Arc::new(Semaphore::new(CLIENTS_MAX)),
            closed,
        };
        (streams, LiveCloser(closer))
    }

    /// Answers a request with a stream; 503 while there are too many or the server shuts down.
    pub(super) fn answer(self, headers: &HeaderMap) -> Response {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let (Ok(place), false) = (place, *self.closed.borrow()) else {
            let busy = "too many pages are open; they refresh every 30 seconds\n";
            return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "30")], busy).into_response();
        };
        let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
        let mut checks = interval(CHECK_EVERY);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let client = LiveClient {
            last_seen: last_seen.and_then(|id| u64::from_str_radix(id, 16).ok()),
            streams: self,
            checks,
            checked: 0,
            _place: place,
        };
        let events = stream::unfold(client, |mut client: LiveClient| async move {
            let event = client.next().await?;
            Some((Ok::<_, Infallible>(event), client))
        });
        let headers = [
            (CONTENT_TYPE, "text/event-stream"),
            (CACHE_CONTROL, "no-store"),
            // nginx buffers responses without it.
            (HeaderName::from_static("x-accel-buffering"), "no"),
        ];
        (headers, Body::from_stream(events)).into_response()
    }

    /// The fingerprint of what pages show now.
    fn fingerprint(&self) -> u64 {
        let published = self.published.load_full();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, fingerprint)) =
            last.as_ref().filter(|(view, _)| Arc::ptr_eq(view, &published))
        {
            return *fingerprint;
        }
        let fingerprint = fingerprint(&published);
        *last = Some((published, fingerprint));
        fingerprint
    }
}

/// One open stream.
struct LiveClient {
    streams: LiveStreams,
    /// The fingerprint that the client was told last.
    last_seen: Option<u64>,
    checks: Interval,
    checked: u32,
    _place: OwnedSemaphorePermit,
}

impl LiveClient {
    /// The next event or heartbeat; `None` at the end of the stream.
    async fn next(&mut self) -> Option<String> {
        loop {
            let mut closed = self.streams.closed.clone();
            tokio::select! {
                _ = closed.wait_for(|is_closed| *is_closed) => return None,
                _ = self.checks.tick() => {}
            }
            self.checked += 1;
            if self.checked > CHECKS_MAX {
                return None;
            }
            let start = if self.checked == 1 { RETRY } else { "" };
            self.streams.published.renew().await;
            let fingerprint = self.streams.fingerprint();
            if self.last_seen != Some(fingerprint) {
                self.last_seen = Some(fingerprint);
                return Some(format!(
                    "{start}id: {fingerprint:x}\nevent: changed\ndata: changed\n\n"
                ));
            }
            if self.checked == 1 || self.checked.is_multiple_of(HEARTBEAT_CHECKS) {
                return Some(format!("{start}:\n\n"));
            }
        }
    }
}

/// Hashes what is written to it.
struct HashWriter(Xxh3);

impl fmt::Write for HashWriter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

impl HashWriter {
    fn add(&mut self, value: &dyn fmt::Debug) {
        let _infallible = write!(self, "{value:?};");
    }
}

/// A fingerprint of everything that pages show. Views that differ only in their instant have the same one,
/// within a step of the clock.
fn fingerprint(published: &PublishedView) -> u64 {
    let mut hash = HashWriter(Xxh3::new());
    hash.add(&published.frozen);
    hash.add(&published.changes);
    let Some(shown) = published.shown() else { return hash.0.digest() };
    // Destructured, so that a new field asks whether pages show it.
    let PublishedView {
        at,
        catalog,
        readings,
        verdicts,
        details,
        given_up,
        flags,
        ratings,
        wait_alarms,
        team_logs,
        reviews,
        past,
        // A ticket comes and goes with the counts.
        waiting_lists: _,
        ticket_links,
        alerts,
        stream: _,
        topic: _,
        responses: _,
        responses_at_first: _,
        tickets_split: _,
        started: _,
        caught_up_at: _,
        frozen: _,
        changes: _,
        trusted: _,
    } = shown;
    hash.add(&at.map(|at| at.ms() / CLOCK_STEP_MS));
    hash.add(&Arc::as_ptr(catalog));
    readings.iter().for_each(|reading| add_reading(&mut hash, reading));
    verdicts.iter().for_each(|verdict| add_verdict(&mut hash, verdict));
    hash.add(&(details, given_up, flags, ratings));
    hash.add(&past.as_ref().map(Arc::as_ptr));
    hash.add(&(team_logs.digest(), reviews.digest()));
    hash.add(ticket_links);
    alerts.iter().for_each(|alert| hash.add(&alert.status()));
    wait_alarms.firing().for_each(|alarm| hash.add(&(alarm.alertname, alarm.team)));
    hash.0.digest()
}

/// Adds the figures of a reading. Its place in the list says the rest.
fn add_reading(hash: &mut HashWriter, reading: &Reading) {
    let Reading { answered, mean: _, q, waiting, oldest_waiting_since, given_up, .. } = reading;
    hash.add(&(answered, q, waiting, oldest_waiting_since, given_up));
    hash.add(&reading.q_with_waiting);
}

/// Adds the figures of a verdict.
fn add_verdict(hash: &mut HashWriter, verdict: &Verdict) {
    let Verdict { interval, below_level, behind_market, state, history_from, .. } = verdict;
    hash.add(&(verdict.tally(), state, behind_market, interval, below_level, history_from));
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpStream};

    use super::*;
    use crate::service::coordinator::readiness::NotReady;
    use crate::service::scenario::{serve, teams_in_every_state};
    use crate::time::Elapsed;

    /// Asks for events and reads until `end` has come.
    fn listen(address: SocketAddr, headers: &str, end: &str) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(stream, "GET /live HTTP/1.1\r\nhost: board\r\n{headers}\r\n").unwrap();
        let (mut answer, mut bytes) = (String::new(), [0; 4096]);
        while !answer.contains(end) {
            let count = stream.read(&mut bytes).unwrap();
            assert!(count > 0, "{answer}");
            answer.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        }
        (stream, answer)
    }

    #[test]
    fn a_stream_begins_with_news_unless_the_client_has_it() {
        let (_runtime, address) = serve(teams_in_every_state().publish());
        let (_stream, answer) = listen(address, "", "data: changed");
        assert!(answer.contains("content-type: text/event-stream\r\n"), "{answer}");
        assert!(answer.contains("retry: 1000\n\nid: "), "{answer}");
        let (_, id) = answer.split_once("id: ").unwrap();
        let id = id.lines().next().unwrap();
        let (_stream, answer) =
            listen(address, &format!("last-event-id: {id}\r\n"), "retry: 1000\n\n:\n\n");
        assert!(!answer.contains("data:"), "{answer}");
    }

    #[test]
    fn streams_beyond_the_maximum_are_refused_until_one_ends() {
        let (_runtime, address) = serve(teams_in_every_state().publish());
        let open: Vec<_> = (0..CLIENTS_MAX).map(|_| listen(address, "", "data: changed")).collect();
        let (_, refused) = listen(address, "", "\r\n\r\n");
        assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
        assert!(refused.contains("retry-after: 30\r\n"), "{refused}");
        drop(open);
        // The server notices with the next heartbeat.
        while listen(address, "", "\r\n\r\n").1.starts_with("HTTP/1.1 503") {
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    #[test]
    fn the_end_of_the_server_ends_all_streams() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let published = Arc::new(Publication::new(teams_in_every_state().publish()).0);
        let (streams, closer) = LiveStreams::new(&published);
        let body = streams.clone().answer(&HeaderMap::new()).into_body();
        drop(closer);
        let read = runtime.block_on(axum::body::to_bytes(body, usize::MAX)).unwrap();
        assert!(read.is_empty(), "{read:?}");
        assert_eq!(streams.answer(&HeaderMap::new()).status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[test]
    fn only_what_pages_show_changes_the_fingerprint() {
        let published = || teams_in_every_state().publish();
        let plain = published();
        // One catalog and one past, as in the service. Others may have other content.
        let with = |change: fn(&mut PublishedView)| {
            let (catalog, past) = (Arc::clone(&plain.catalog), plain.past.clone());
            let mut other = PublishedView { catalog, past, ..published() };
            change(&mut other);
            fingerprint(&other)
        };
        let same = with(|_| {});
        assert_eq!(same, fingerprint(&plain));
        assert_eq!(same, with(|view| view.tickets_split = 7));
        assert_eq!(same, with(|view| view.at = view.at.map(|at| at.plus(Elapsed::from_ms(1)))));
        let others = [
            with(|view| view.at = view.at.map(|at| at.plus(Elapsed::from_ms(CLOCK_STEP_MS)))),
            with(|view| view.readings[0].answered += 1),
            with(|view| view.readings[0].oldest_waiting_since = None),
            with(|view| view.verdicts[0].missed += 1),
            with(|view| view.details[0].overdue += 1),
            with(|view| view.frozen = Some(NotReady::Starting)),
            with(|view| view.changes = Arc::new(crate::service::scenario::changes())),
        ];
        assert!(others.iter().all(|other| *other != same), "{same} {others:?}");
    }
}
