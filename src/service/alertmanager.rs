//! Delivery: every Alertmanager is told of every alert, on a thread of its own.
//!
//! # Design
//! For each Alertmanager the latest state of each alert is kept, not a queue: a stale *firing* that came
//! after the *resolved* would page again. One request is under way at a time, so no older state ever follows
//! a newer one; one that hangs delays no other. The client is ureq: blocking suits a thread of its own, and
//! its native TLS is the OpenSSL that the Kafka client is built with, so there is one TLS to keep patched.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::fs;
use std::hash::BuildHasher;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::clock;
use super::instruments::Delivered;
use crate::alert::Notice;
use crate::config::{Alertmanager, Credentials};
use crate::time::Timestamp;

/// Alerts of one request at most (Prometheus' `DefaultMaxBatchSize`).
const BATCH_MAX: usize = 256;

/// Alerts that wait for one Alertmanager at most; beyond it the one that waits longest is dropped, and
/// counted (`--alertmanager.notification-queue-capacity`).
const PENDING_MAX: usize = 10_000;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The first wait after a failure; it doubles up to [`BACKOFF_MAX`], and a random part of it is waited.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// The wait after an answer that only another configuration can change.
const REFUSED_WAIT: Duration = Duration::from_secs(60);

/// The longest wait that an Alertmanager may ask for.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// An answer of an Alertmanager is cut to this many bytes in the log.
const SAID_MAX: u64 = 300;

/// What identifies an alert.
type Labels = BTreeMap<Box<str>, Box<str>>;

/// All Alertmanagers.
#[derive(Debug)]
pub(super) struct Delivery {
    waiting: Vec<Arc<Waiting>>,
    threads: Vec<thread::JoinHandle<()>>,
}

/// What waits for one Alertmanager.
#[derive(Debug, Default)]
struct Waiting {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The latest of each alert, with when it came, as a number.
    notices: BTreeMap<Labels, (u64, Notice)>,
    came: u64,
    is_stopping: bool,
}

impl Delivery {
    /// Starts a thread for each Alertmanager.
    ///
    /// # Errors
    /// When certificates cannot be read or the system refuses threads.
    pub(super) fn start(
        alertmanagers: &[Alertmanager],
        delivered: &[Arc<Delivered>],
    ) -> io::Result<Self> {
        let mut delivery = Self { waiting: Vec::new(), threads: Vec::new() };
        for (alertmanager, delivered) in alertmanagers.iter().zip(delivered) {
            let waiting = Arc::new(Waiting::default());
            let endpoint = Endpoint {
                agent: agent(alertmanager)?,
                alertmanager: alertmanager.clone(),
                waiting: Arc::clone(&waiting),
                delivered: Arc::clone(delivered),
            };
            let thread = thread::Builder::new().name(delivered.name.clone());
            delivery.threads.push(thread.spawn(move || endpoint.run())?);
            delivery.waiting.push(waiting);
        }
        Ok(delivery)
    }

    /// Hands alerts to every Alertmanager's thread; returns at once.
    pub(super) fn send(&self, notices: &[Notice], delivered: &[Arc<Delivered>]) {
        for (waiting, delivered) in self.waiting.iter().zip(delivered) {
            let mut state = waiting.lock();
            for notice in notices {
                state.put(notice.clone(), delivered);
            }
            delivered.pending.set(state.len());
            drop(state);
            waiting.changed.notify_all();
        }
    }

    /// Ends the threads: what waits is sent once more, and what then fails is left.
    pub(super) fn stop(self) {
        for waiting in &self.waiting {
            waiting.lock().is_stopping = true;
            waiting.changed.notify_all();
        }
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread that delivers alerts had failed before the end");
            }
        }
    }
}

impl State {
    fn len(&self) -> i64 {
        i64::try_from(self.notices.len()).unwrap_or(i64::MAX)
    }

    fn put(&mut self, notice: Notice, delivered: &Delivered) {
        self.came += 1;
        self.notices.insert(notice.labels.clone(), (self.came, notice));
        if self.notices.len() > PENDING_MAX {
            let oldest = self.notices.iter().min_by_key(|(_, (came, _))| *came);
            if let Some(labels) = oldest.map(|(labels, _)| labels.clone()) {
                self.notices.remove(&labels);
                delivered.dropped.inc();
            }
        }
    }

    /// Takes those that have waited longest.
    fn take_batch(&mut self) -> Vec<Notice> {
        let mut by_age: Vec<(u64, Labels)> =
            self.notices.iter().map(|(labels, (came, _))| (*came, labels.clone())).collect();
        by_age.sort_unstable();
        by_age.truncate(BATCH_MAX);
        let notices = by_age.iter().filter_map(|(_, labels)| self.notices.remove(labels));
        notices.map(|(_, notice)| notice).collect()
    }

    /// Puts back what was not delivered, unless there is something newer.
    fn put_back(&mut self, notices: Vec<Notice>) {
        for notice in notices {
            self.notices.entry(notice.labels.clone()).or_insert((0, notice));
        }
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One Alertmanager and what is sent to it.
struct Endpoint {
    agent: Agent,
    alertmanager: Alertmanager,
    waiting: Arc<Waiting>,
    delivered: Arc<Delivered>,
}

/// What became of one request.
enum Answer {
    Accepted,
    /// It may be otherwise next time, at the earliest after this.
    Later(String, Option<Duration>),
    /// One of the alerts is refused.
    BadAlert(String),
    /// This Alertmanager wants other credentials or another path.
    Misconfigured(String),
}

impl Endpoint {
    fn run(self) {
        let mut failures: u32 = 0;
        let mut not_before: Option<Instant> = None;
        while let Some(batch) = self.next_batch(not_before) {
            match self.deliver(batch) {
                None => {
                    failures = 0;
                    not_before = None;
                }
                Some(wait) => {
                    failures = failures.saturating_add(1);
                    not_before = Some(clock::instant() + wait.unwrap_or_else(|| backoff(failures)));
                }
            }
        }
    }

    /// Waits for something to send, and for the time after a failure; none when it ends.
    fn next_batch(&self, not_before: Option<Instant>) -> Option<Vec<Notice>> {
        let mut state = self.waiting.lock();
        loop {
            let wait = not_before.and_then(|at| at.checked_duration_since(clock::instant()));
            let is_time = wait.is_none() || state.is_stopping;
            if is_time && !state.notices.is_empty() {
                // A second failure at the end would only keep the process.
                if state.is_stopping && not_before.is_some() {
                    return None;
                }
                return Some(state.take_batch());
            }
            if state.is_stopping {
                return None;
            }
            let patience = wait.unwrap_or(REFUSED_WAIT);
            let woken = self.waiting.changed.wait_timeout(state, patience);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Sends a batch. None if it is done with; else how long to wait, if the Alertmanager says so.
    fn deliver(&self, batch: Vec<Notice>) -> Option<Option<Duration>> {
        let count = batch.len() as u64;
        let wait = match self.post(&batch) {
            Answer::Accepted => {
                self.delivered.sent.inc_by(count);
                self.delivered.last_success.set(seconds(clock::wall()));
                None
            }
            Answer::BadAlert(said) => {
                self.delivered.failed.inc_by(count);
                self.deliver_halves(batch, &said)
            }
            Answer::Later(said, wait) => {
                self.delivered.failed.inc_by(count);
                self.say(&said, "trying again");
                self.waiting.lock().put_back(batch);
                Some(wait)
            }
            Answer::Misconfigured(said) => {
                self.delivered.failed.inc_by(count);
                self.say(
                    &said,
                    "check alertmanagers in the configuration; trying again every minute",
                );
                self.waiting.lock().put_back(batch);
                Some(Some(REFUSED_WAIT))
            }
        };
        self.delivered.pending.set(self.waiting.lock().len());
        wait
    }

    /// One alert must not sink a batch: the halves go alone, down to the one that is refused.
    fn deliver_halves(&self, mut batch: Vec<Notice>, said: &str) -> Option<Option<Duration>> {
        if batch.len() <= 1 {
            self.delivered.rejected.inc();
            for notice in batch {
                self.say(said, &format!("the alert {:?} is left out", notice.labels));
            }
            return None;
        }
        let rest = batch.split_off(batch.len() / 2);
        let first = self.deliver(batch);
        if first.is_some() {
            self.waiting.lock().put_back(rest);
            return first;
        }
        self.deliver(rest)
    }

    fn say(&self, said: &str, then: &str) {
        tracing::error!(
            alertmanager = self.delivered.name,
            "alerts are not delivered: {said}; {then}"
        );
    }

    fn post(&self, batch: &[Notice]) -> Answer {
        let credentials = match self.alertmanager.credentials.as_ref().map(header).transpose() {
            Ok(credentials) => credentials,
            Err(said) => return Answer::Misconfigured(said),
        };
        let url = format!("{}/api/v2/alerts", self.alertmanager.url);
        let mut request = self.agent.post(url).content_type("application/json");
        if let Some(credentials) = credentials {
            request = request.header("Authorization", credentials);
        }
        let body = match serde_json::to_vec(batch) {
            Ok(body) => body,
            Err(error) => return Answer::BadAlert(error.to_string()),
        };
        let began = clock::instant();
        let answered = request.send(&body[..]);
        self.delivered.duration.observe(began.elapsed().as_secs_f64());
        let mut response = match answered {
            Ok(response) => response,
            Err(error) => return Answer::Later(error.to_string(), None),
        };
        if let Some(date) = text_header(&response, "date").and_then(|text| skew(&text)) {
            self.delivered.skew.set(date);
        }
        let status = response.status().as_u16();
        let wait = text_header(&response, "retry-after").and_then(|text| text.parse().ok());
        let body =
            response.body_mut().with_config().limit(SAID_MAX).lossy_utf8(true).read_to_string();
        let said = format!("it answers {status} {}", body.unwrap_or_default().escape_debug());
        match status {
            200..=299 => Answer::Accepted,
            // However long it asks to be left alone: a firing alert that is not sent again would end.
            429 | 500..=599 => {
                Answer::Later(said, wait.map(|wait| Duration::from_secs(wait).min(WAIT_MAX)))
            }
            400 | 413 | 422 => Answer::BadAlert(said),
            _ => Answer::Misconfigured(said),
        }
    }
}

fn text_header(response: &ureq::http::Response<ureq::Body>, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// Our clock minus that of a `Date` header, in seconds.
fn skew(date: &str) -> Option<f64> {
    let theirs = chrono::DateTime::parse_from_rfc2822(date).ok()?.timestamp_millis();
    Some(seconds(clock::wall()) - seconds(Timestamp::from_ms(theirs)))
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact to 2^53")]
fn seconds(at: Timestamp) -> f64 {
    at.ms() as f64 / 1_000.0
}

/// The header that says who Vaste is; files are read anew, so that a new password needs no restart.
fn header(credentials: &Credentials) -> Result<String, String> {
    let read = |path: &std::path::Path| {
        let text = fs::read_to_string(path);
        let text = text.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Ok::<String, String>(text.trim_end().to_owned())
    };
    match credentials {
        Credentials::Basic { username, password_file } => {
            let pair = format!("{username}:{}", read(password_file)?);
            Ok(format!("Basic {}", BASE64.encode(pair)))
        }
        Credentials::Token { scheme, credentials_file } => {
            Ok(format!("{scheme} {}", read(credentials_file)?))
        }
    }
}

fn agent(alertmanager: &Alertmanager) -> io::Result<Agent> {
    let roots = match &alertmanager.ca_file {
        None => RootCerts::PlatformVerifier,
        Some(path) => {
            let unusable = |problem: &dyn fmt::Display| {
                let file = path.display();
                let way_out =
                    "name a file of PEM certificates in alertmanagers: tls_config: ca_file";
                io::Error::other(format!("{file} cannot be used: {problem}; {way_out}"))
            };
            let pem = fs::read(path).map_err(|error| unusable(&error))?;
            let certificates = parse_pem(&pem).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
                // A key beside them, or what a later version of the format knows.
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            });
            let certificates: Vec<Certificate<'static>> =
                certificates.collect::<Result<_, _>>().map_err(|error| unusable(&error))?;
            if certificates.is_empty() {
                return Err(unusable(&"it holds no certificate"));
            }
            RootCerts::from(certificates)
        }
    };
    let tls = TlsConfig::builder()
        .provider(TlsProvider::NativeTls)
        .root_certs(roots)
        .disable_verification(alertmanager.insecure_skip_verify)
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        // An answer from elsewhere is not this Alertmanager's, and credentials stay here.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .build();
    Ok(config.into())
}

/// A random part of a wait that doubles with every failure: many clients must not come back together.
fn backoff(failures: u32) -> Duration {
    let whole =
        BACKOFF_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(5)).min(BACKOFF_MAX);
    let random = RandomState::new().hash_one(failures);
    whole.mul_f64(f64::from(u32::try_from(random >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;

    use super::*;
    use crate::service::instruments::Instruments;

    fn notice(objective: &str) -> Notice {
        Notice {
            labels: BTreeMap::from([("objective".into(), objective.into())]),
            annotations: BTreeMap::new(),
            starts_at: Timestamp::from_ms(0),
            ends_at: Timestamp::from_ms(300_000),
            generator_url: "http://127.0.0.1/".to_owned(),
        }
    }

    /// Listens on loopback and answers each request by its body; the bodies come out of the channel.
    fn answers(
        answer: impl Fn(&str) -> &'static str + Send + 'static,
    ) -> (String, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (bodies, came) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut length = 0;
                let mut line = String::new();
                while reader.read_line(&mut line).unwrap() > 2 {
                    if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let body = String::from_utf8(body).unwrap();
                let status = answer(&body);
                // Before the answer: who has it looks for the body.
                if bodies.send(body).is_err() {
                    return;
                }
                let head = "Content-Length: 0\r\nConnection: close\r\n\r\n";
                write!(stream, "HTTP/1.1 {status}\r\n{head}").unwrap();
            }
        });
        (url, came)
    }

    fn endpoint(url: String) -> Endpoint {
        let rules = crate::rules::Rules::new(&[], &[]);
        let instruments = Instruments::new(1, &rules, (0, Timestamp::from_ms(0))).unwrap();
        let alertmanager =
            Alertmanager { url, credentials: None, ca_file: None, insecure_skip_verify: false };
        Endpoint {
            agent: agent(&alertmanager).unwrap(),
            alertmanager,
            waiting: Arc::default(),
            delivered: Arc::clone(&instruments.delivered[0]),
        }
    }

    fn batch(count: usize) -> Vec<Notice> {
        (0..count).map(|number| notice(&format!("o{number}"))).collect()
    }

    #[test]
    fn one_bad_alert_does_not_sink_a_batch() {
        let bad = "\"o77\"";
        let (url, came) =
            answers(move |body| if body.contains(bad) { "400 Bad Request" } else { "200 OK" });
        let endpoint = endpoint(url);
        assert!(endpoint.deliver(batch(256)).is_none(), "it is done with");
        assert_eq!((endpoint.delivered.sent.get(), endpoint.delivered.rejected.get()), (255, 1));
        let accepted: usize = came
            .try_iter()
            .filter(|body| !body.contains(bad))
            .map(|body| body.matches("startsAt").count())
            .sum();
        assert_eq!(accepted, 255);
        assert_eq!(endpoint.waiting.lock().len(), 0);
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_only_configuration_changes_after_a_minute() {
        for (status, wait) in [
            ("500 Internal Server Error", None),
            ("503 Service Unavailable", None),
            ("429 Too Many Requests\r\nRetry-After: 7", Some(Duration::from_secs(7))),
            ("503 Later\r\nRetry-After: 18446744073709551615", Some(WAIT_MAX)),
            ("401 Unauthorized", Some(REFUSED_WAIT)),
            ("404 Not Found", Some(REFUSED_WAIT)),
            ("415 Unsupported Media Type", Some(REFUSED_WAIT)),
            ("302 Found\r\nLocation: http://127.0.0.1:1/", Some(REFUSED_WAIT)),
        ] {
            let (url, came) = answers(move |_| status);
            let endpoint = endpoint(url);
            assert_eq!(endpoint.deliver(batch(3)), Some(wait), "{status}");
            assert_eq!(came.try_iter().count(), 1, "one request, and no other place is asked");
            assert_eq!(endpoint.waiting.lock().len(), 3, "{status}");
            assert_eq!(endpoint.delivered.failed.get(), 3, "{status}");
        }
        let nobody = endpoint("http://127.0.0.1:1".to_owned());
        assert_eq!(nobody.deliver(batch(1)), Some(None));
    }

    #[test]
    fn the_latest_state_of_an_alert_wins_and_the_oldest_goes_where_there_are_too_many() {
        let endpoint = endpoint("http://127.0.0.1:1".to_owned());
        let mut state = endpoint.waiting.lock();
        let old = notice("o0");
        let newer = Notice { ends_at: Timestamp::from_ms(1), ..old.clone() };
        state.put(newer.clone(), &endpoint.delivered);
        state.put_back(vec![old]);
        assert_eq!(state.take_batch(), [newer], "what failed before does not follow what is newer");
        for number in 0..=PENDING_MAX {
            state.put(notice(&number.to_string()), &endpoint.delivered);
        }
        assert_eq!(state.notices.len(), PENDING_MAX);
        assert_eq!(endpoint.delivered.dropped.get(), 1);
        assert!(!state.notices.contains_key(&notice("0").labels), "the first came first");
        assert_eq!(state.take_batch().len(), BATCH_MAX);
    }

    #[test]
    fn a_wait_after_failures_grows_to_half_a_minute_at_most() {
        for failures in 1..100 {
            assert!(backoff(failures) <= BACKOFF_MAX);
            assert!(backoff(1) <= BACKOFF_FIRST);
        }
    }
}
